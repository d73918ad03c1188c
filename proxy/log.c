/* One line an event.
 *
 *   format   "peer=%s id=%u"
 *   text     time=2026-01-02T03:04:05.678Z level=info event=client_connected peer=127.0.0.1:4711 id=7
 *   JSON {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"client_connected","peer":"127.0.0.1:4711","id":7}
 *
 * The format is walked pair by pair: a value is expanded alone, and only then escaped, so nothing that a peer sent can
 * end a value, forge a pair or start a line. A value longer than VALUE_MAX bytes is cut; a pair that does not fit into
 * LINE_MAX_BYTES any more is left out, and the line says so. A line goes out in one write(2); if that fails it is lost,
 * for nobody waits for a log.
 */
#include "proxy/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { VALUE_MAX = 1024, LINE_MAX_BYTES = 8192, ESCAPED_MAX = VALUE_MAX * 6 + 2, TAIL_ROOM = 24 };

static atomic_int log_level = CONF_LOG_INFO;
static atomic_int log_format = CONF_LOG_TEXT;

static const char *const level_names[] = {"error", "warning", "info", "debug"};

struct value {
    char bytes[VALUE_MAX];
    size_t len;
    unsigned conversions;
    bool number; /* the last conversion was one */
    bool literal;
};

struct line {
    char bytes[LINE_MAX_BYTES];
    size_t len;
    bool json, cut;
};

void log_setup(enum conf_log_level level, enum conf_log_format format)
{
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&log_format, (int)format, memory_order_relaxed);
}

bool log_enabled(enum conf_log_level level)
{
    return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* ---- escaping ---- */

/* Length of the well-formed UTF-8 character at p, or 0. */
static size_t utf8_length(const unsigned char *p, size_t len)
{
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
               : (p[0] & 0xf0) == 0xe0       ? 3
               : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                             : 0;
    if (n == 0 || n > len) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return overlong || beyond ? 0 : n;
}

static size_t escape_short(unsigned char c, char *out)
{
    const char *found = memchr("\"\\\n\r\t", c, 5);
    if (found == NULL || c == '\0') {
        return 0;
    }
    out[0] = '\\';
    out[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : (char)c;
    return 2;
}

/* Writes the value between quotation marks; at most six bytes for one. */
static size_t escape(const struct value *v, bool json, char *out)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < v->len;) {
        const unsigned char *p = (const unsigned char *)v->bytes + i;
        size_t length = utf8_length(p, v->len - i);
        size_t done = escape_short(*p, out + n);
        if (done > 0) {
            n += done;
        } else if (length == 0) {
            n += (size_t)sprintf(out + n, json ? "\\ufffd" : "\\x%02x", *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            n += (size_t)sprintf(out + n, json ? "\\u%04x" : "\\x%02x", *p);
        } else {
            memcpy(out + n, p, length);
            n += length;
        }
        i += length > 0 ? length : 1;
    }
    out[n++] = '"';
    return n;
}

static bool needs_quotes(const struct value *v)
{
    for (size_t i = 0; i < v->len; i++) {
        unsigned char c = (unsigned char)v->bytes[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') {
            return true;
        }
    }
    return v->len == 0;
}

/* ---- the line ---- */

static void line_put(struct line *l, const char *bytes, size_t len)
{
    memcpy(l->bytes + l->len, bytes, len);
    l->len += len;
}

static void line_pair(struct line *l, const char *key, size_t key_len, const struct value *v)
{
    char text[ESCAPED_MAX];
    bool bare = l->json ? v->number && v->conversions == 1 && !v->literal && v->len > 0 : !needs_quotes(v);
    size_t len = v->len;
    if (bare) {
        memcpy(text, v->bytes, v->len);
    } else {
        len = escape(v, l->json, text);
    }
    if (l->len + key_len + len + 5 + TAIL_ROOM > sizeof l->bytes) {
        l->cut = true;
        return;
    }
    if (l->json) {
        line_put(l, l->len > 1 ? ",\"" : "\"", l->len > 1 ? 2 : 1);
        line_put(l, key, key_len);
        line_put(l, "\":", 2);
    } else {
        line_put(l, " ", l->len > 0);
        line_put(l, key, key_len);
        line_put(l, "=", 1);
    }
    line_put(l, text, len);
}

static void line_pair_text(struct line *l, const char *key, const char *text)
{
    struct value v = {.len = strnlen(text, VALUE_MAX)};
    memcpy(v.bytes, text, v.len);
    line_pair(l, key, strlen(key), &v);
}

static void line_start(struct line *l, enum conf_log_level level, const char *event)
{
    struct timespec now;
    struct tm tm;
    char text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
    l->json = atomic_load_explicit(&log_format, memory_order_relaxed) == CONF_LOG_JSON;
    l->cut = false;
    l->len = 0;
    if (l->json) {
        line_put(l, "{", 1);
    }
    line_pair_text(l, "time", text);
    line_pair_text(l, "level", level_names[level]);
    line_pair_text(l, "event", event);
}

static void line_finish(struct line *l)
{
    if (l->cut) {
        const char *mark = l->json ? ",\"cut\":true" : " cut=true";
        line_put(l, mark, strlen(mark));
    }
    line_put(l, l->json ? "}\n" : "\n", l->json ? 2 : 1);
    ssize_t ignored = write(STDERR_FILENO, l->bytes, l->len);
    (void)ignored;
}

/* ---- the format ---- */

struct args {
    va_list list; /* in a struct, so that it can be handed on by address */
};

/* One conversion, rebuilt with its own widths and without '*'. */
struct spec {
    char text[48];
    size_t len;
    int length; /* -2 hh, -1 h, 0, 1 l, 2 ll, 'z', 'j', 't' */
    char type;
};

static const char *spec_number(struct spec *s, const char *p, struct args *args)
{
    if (*p == '*') {
        s->len += (size_t)snprintf(s->text + s->len, 12, "%d", va_arg(args->list, int));
        return p + 1;
    }
    for (; *p >= '0' && *p <= '9' && s->len < 32; p++) {
        s->text[s->len++] = *p;
    }
    return p;
}

static const char *spec_length(struct spec *s, const char *p)
{
    for (;; p++) {
        if (*p == 'l') {
            s->length++;
        } else if (*p == 'h') {
            s->length--;
        } else if (*p == 'z' || *p == 'j' || *p == 't') {
            s->length = *p;
        } else {
            return p;
        }
        s->text[s->len++] = *p;
    }
}

/* Reads the conversion behind a '%'; returns where the format goes on. */
static const char *spec_read(struct spec *s, const char *p, struct args *args)
{
    *s = (struct spec){.text = "%", .len = 1};
    for (; *p != '\0' && strchr("-+#0", *p) != NULL && s->len < 6; p++) {
        s->text[s->len++] = *p;
    }
    p = spec_number(s, p, args);
    if (*p == '.') {
        s->text[s->len++] = *p;
        p = spec_number(s, p + 1, args);
    }
    p = spec_length(s, p);
    s->type = *p;
    s->text[s->len++] = *p;
    s->text[s->len] = '\0';
    return *p == '\0' ? p : p + 1;
}

static int print_integer(char *out, size_t room, const struct spec *s, struct args *args)
{
    switch (s->length) {
    case 1:
        return snprintf(out, room, s->text, va_arg(args->list, long));
    case 2:
        return snprintf(out, room, s->text, va_arg(args->list, long long));
    case 'z':
        return snprintf(out, room, s->text, va_arg(args->list, size_t));
    case 'j':
        return snprintf(out, room, s->text, va_arg(args->list, intmax_t));
    case 't':
        return snprintf(out, room, s->text, va_arg(args->list, ptrdiff_t));
    default:
        return snprintf(out, room, s->text, va_arg(args->list, int));
    }
}

static void value_convert(struct value *v, const struct spec *s, struct args *args)
{
    char *out = v->bytes + v->len;
    size_t room = sizeof v->bytes - v->len;
    const char *string;
    int n = 0;
    v->number = false;
    v->conversions++;
    switch (s->type) {
    case 'd':
    case 'i':
    case 'u':
        v->number = true;
        n = print_integer(out, room, s, args);
        break;
    case 'x':
    case 'X':
    case 'o':
    case 'c':
        n = print_integer(out, room, s, args);
        break;
    case 'f':
    case 'e':
    case 'g':
        n = snprintf(out, room, s->text, va_arg(args->list, double));
        v->number = n > 0 && (size_t)n < room && strspn(out, "+-.0123456789e") == (size_t)n;
        break;
    case 's':
        string = va_arg(args->list, const char *);
        n = snprintf(out, room, s->text, string != NULL ? string : "-");
        break;
    case 'p':
        n = snprintf(out, room, s->text, va_arg(args->list, void *));
        break;
    default:
        break;
    }
    if (n > 0) {
        v->len += (size_t)n < room ? (size_t)n : room - 1;
    }
}

/* Reads one value of the format up to the space or the end behind it. */
static const char *value_read(struct value *v, const char *p, struct args *args)
{
    v->len = 0;
    v->conversions = 0;
    v->number = v->literal = false;
    while (*p != '\0' && *p != ' ') {
        if (*p == '%' && p[1] != '%') {
            struct spec s;
            p = spec_read(&s, p + 1, args);
            value_convert(v, &s, args);
            continue;
        }
        p += *p == '%';
        v->literal = true;
        if (v->len < sizeof v->bytes) {
            v->bytes[v->len++] = *p;
        }
        p++;
    }
    return p;
}

void log_event(enum conf_log_level level, const char *event, const char *format, ...)
{
    if (!log_enabled(level)) {
        return;
    }
    struct line l;
    struct args args;
    line_start(&l, level, event);
    va_start(args.list, format);
    for (const char *p = format; *p != '\0';) {
        struct value v;
        size_t key_len = strcspn(p, "= ");
        if (p[key_len] != '=') {
            p += key_len + (p[key_len] == ' ');
            continue;
        }
        const char *end = value_read(&v, p + key_len + 1, &args);
        line_pair(&l, p, key_len, &v);
        p = end + (*end == ' ');
    }
    va_end(args.list);
    line_finish(&l);
}
