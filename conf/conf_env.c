/* ${NAME} in values.
 *
 * A value is filled in after YAML has been parsed, so whatever a variable holds stays one value. But YAML itself gives
 * braces a meaning: in {password: ${NAME}} the parser would see another mapping. So a well-formed ${NAME} goes through
 * the parser in disguise, its braces replaced by two code points from the private use area, and is restored in what
 * comes out; hide and show are exact inverses.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mempcpy */
#endif
#include "conf/conf_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUE = 64 * 1024, MAX_NAME = 200 };

/* In place of "${" and "}": U+E000 and U+E001. */
static const char open_mark[] = "\xEE\x80\x80", close_mark[] = "\xEE\x80\x81";
enum { MARK = sizeof(open_mark) - 1 };

static bool is_env_name(const char *s, size_t len)
{
    if (len == 0 || len > MAX_NAME || isdigit((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_')
            return false;
    return true;
}

/* ---- disguise ---- */

/* The length of a ${NAME} at `s`, or 0. */
static size_t reference_length(const char *s, const char *end)
{
    const char *close;

    if (end - s < 4 || s[0] != '$' || s[1] != '{')
        return 0;
    close = memchr(s, '}', end - s > MAX_NAME + 3 ? MAX_NAME + 3 : (size_t)(end - s));
    return close && is_env_name(s + 2, (size_t)(close - s) - 2) ? (size_t)(close - s) + 1 : 0;
}

char *conf_env_hide(const char *text, size_t len, size_t *hidden_len)
{
    char *out = conf_calloc(2, len + 1), *to = out; /* a reference of 4 bytes or more grows by 3 */
    const char *end = text + len;

    while (text < end) {
        size_t n = reference_length(text, end);

        if (end - text >= 3 && memcmp(text, "$${", 3) == 0) {
            to = mempcpy(to, text, 3);
            text += 3;
        } else if (n) {
            to = mempcpy(to, open_mark, MARK);
            to = mempcpy(to, text + 2, n - 3);
            to = mempcpy(to, close_mark, MARK);
            text += n;
        } else {
            *to++ = *text++;
        }
    }
    *hidden_len = (size_t)(to - out);
    return out;
}

void conf_env_show(char *text)
{
    char *to = text;

    while (*text) {
        if (strncmp(text, open_mark, MARK) == 0) {
            *to++ = '$';
            *to++ = '{';
            text += MARK;
        } else if (strncmp(text, close_mark, MARK) == 0) {
            *to++ = '}';
            text += MARK;
        } else {
            *to++ = *text++;
        }
    }
    *to = 0;
}

/* ---- filling in ---- */

/* The value of the variable at `s`, which starts with "${"; *used gets the length of the reference. NULL after a
 * problem. */
static const char *env_value(struct conf_ctx *ctx, const struct conf_node *node, const char *s, size_t *used)
{
    const char *end = strchr(s, '}'), *value;
    char name[MAX_NAME + 1];

    if (!end || !is_env_name(s + 2, (size_t)(end - s) - 2)) {
        conf_problem(ctx, node, "'${' starts no variable: write ${NAME}, or $${ for the two characters themselves");
        return NULL;
    }
    *used = (size_t)(end - s) + 1;
    memcpy(name, s + 2, *used - 3);
    name[*used - 3] = 0;
    value = getenv(name);
    if (!value)
        conf_problem(ctx, node, "the environment variable %s is not set", name);
    return value;
}

void conf_env_expand(struct conf_ctx *ctx, struct conf_node *node)
{
    char *in = node->text, *out;
    size_t len = 0;

    if (!strstr(in, "${"))
        return;
    out = conf_calloc(1, MAX_VALUE + 1);
    for (const char *s = in; *s;) {
        const char *piece = s;
        size_t used = 1, n = 1;

        if (strncmp(s, "$${", 3) == 0) {
            piece = s + 1;
            used = 3;
            n = 2;
        } else if (strncmp(s, "${", 2) == 0) {
            node->expanded = true;
            piece = env_value(ctx, node, s, &used);
            if (!piece) {
                node->bad = true;
                break;
            }
            n = strlen(piece);
        }
        if (n > MAX_VALUE - len) {
            conf_problem(ctx, node, "the value is too long");
            node->bad = true;
            break;
        }
        memcpy(out + len, piece, n);
        len += n;
        s += used;
    }
    node->text = conf_strdup(out);
    explicit_bzero(out, len);
    free(out);
    explicit_bzero(in, strlen(in));
    free(in);
}
