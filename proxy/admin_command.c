/* Commands of the admin port that change something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proxy/admin_int.h"
#include "proxy/local.h"
#include "proxy/log.h"
#include "proxy/settings.h"

/* ---- problems of a reload, as one error ---- */

struct problems {
    char text[400];
    unsigned n;
};

static void on_problem(void *arg, const char *message)
{
    struct problems *p = arg;
    if (!p->n++)
        snprintf(p->text, sizeof p->text, "%s", message);
}

static void fail_with_problems(struct request *q, const struct problems *p)
{
    char text[480];
    if (p->n > 1)
        snprintf(text, sizeof text, "%s (and %u more, see the log)", p->text, p->n - 1);
    else
        snprintf(text, sizeof text, "%s", p->text);
    query_fail_code(q, ERR_REFUSED, text);
}

void admin_reload(struct request *q, struct words *w)
{
    struct problems problems = {.n = 0};
    if (!words_end(w))
        admin_syntax_error(q, w);
    else if (proxy_reload(q->session->worker->proxy, on_problem, &problems))
        query_ok(q, 0, 0);
    else
        fail_with_problems(q, &problems);
}

void admin_shutdown(struct request *q, struct words *w)
{
    struct proxy *p = q->session->worker->proxy;
    if (!words_end(w)) {
        admin_syntax_error(q, w);
        return;
    }
    log_info("shutdown", "user=%s peer=%s", q->session->user->name, q->session->host);
    query_ok(q, 0, 0);
    proxy_shutdown(p);
}

/* ---- KILL ---- */

void admin_kill(struct request *q, struct words *w)
{
    char digits[24], *end;
    if (!words_take(w, "HARD"))
        words_take(w, "SOFT");
    bool query_only = words_take(w, "QUERY");
    if (!query_only)
        words_take(w, "CONNECTION");
    if (w->token.kind != TK_INT || w->token.span.len >= sizeof digits) {
        admin_syntax_error(q, w);
        return;
    }
    snprintf(digits, sizeof digits, "%.*s", (int)w->token.span.len, w->sql + w->token.span.off);
    unsigned long long id = strtoull(digits, &end, 10);
    words_next(w);
    if (*end || !words_end(w))
        admin_syntax_error(q, w);
    else
        local_kill_session(q, id, query_only);
}

/* ---- DRAIN, ENABLE, DISABLE INSTANCE ---- */

void admin_instance_state(struct request *q, struct words *w, enum health_state state)
{
    char name[300], why[400];
    struct session *s = q->session;
    if (!words_take(w, "INSTANCE") || !words_rest_name(w, name, sizeof name)) {
        admin_syntax_error(q, w);
    } else if (!control_set_admin_state(s->worker->proxy->control, name, state)) {
        snprintf(why, sizeof why, "no instance has the name '%s'", name);
        query_fail_code(q, ERR_REFUSED, why);
    } else {
        log_info("instance_set", "instance=%s state=%s user=%s", name, health_state_name(state), s->user->name);
        query_ok(q, 0, 0);
    }
}

/* ---- USE ---- */

void admin_use(struct request *q, struct words *w)
{
    char name[65 * 4];
    struct session *s = q->session;
    if (!words_name(w, name, sizeof name) || !words_end(w)) {
        admin_syntax_error(q, w);
        return;
    }
    bool here = !strcasecmp(name, "mesh") || !strcasecmp(name, "information_schema");
    if (!here && !topo_schema(s->worker->snapshot->topo, name, strlen(name))) { /* for EXPLAIN ROUTE */
        query_fail_code(q, ERR_BAD_DB, name);
        return;
    }
    session_set_settings(s, settings_with(s->settings, "",
                                          here && strcasecmp(name, "mesh") ? "information_schema"
                                          : here                           ? "mesh"
                                                                           : name));
    query_ok(q, 0, 0);
}

/* ---- SET ---- */

struct lookup {
    const char *name;
    bool found, reloadable;
};

static void on_setting(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    struct lookup *l = arg;
    (void)value, (void)help;
    if (!strcasecmp(name, l->name)) {
        l->name = name;
        l->found = true;
        l->reloadable = reloadable;
    }
}

static void fail_value(struct request *q, const char *name, const char *value, const char *why)
{
    struct error err;
    error_set(&err, ERR_WRONG_VALUE_FOR_VAR, name, value);
    size_t n = strlen(err.text);
    snprintf(err.text + n, sizeof err.text - n, ": %s", why);
    query_fail(q, &err);
}

/* A setting of Shardwire. False: the request has failed. */
static bool set_setting(struct request *q, const char *name, const char *value)
{
    struct proxy *p = q->session->worker->proxy;
    struct problems problems = {.n = 0};
    struct lookup l = {.name = name};
    struct runtime *r = proxy_runtime(p);
    conf_each(r->conf, on_setting, &l);
    runtime_unref(r);
    if (!l.found) {
        query_fail_code(q, ERR_UNKNOWN_SYSTEM_VARIABLE, name);
        return false;
    }
    if (!l.reloadable) {
        query_fail_code(q, ERR_READ_ONLY_VARIABLE, l.name);
        return false;
    }
    if (proxy_set(p, l.name, value, on_problem, &problems))
        return true;
    if (strstr(problems.text, "cannot be changed") || strstr(problems.text, "is not a setting"))
        query_fail_code(q, ERR_READ_ONLY_VARIABLE, l.name);
    else if (strstr(problems.text, l.name))
        fail_value(q, l.name, value, problems.text);
    else
        fail_with_problems(q, &problems);
    return false;
}

/* name [. name]…, in lower case */
static bool take_dotted(struct words *w, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (;;) {
        char part[100];
        if (!words_name(w, part, sizeof part))
            return false;
        int k = snprintf(out + n, size - n, "%s%s", n ? "." : "", part);
        if (k < 0 || (size_t)k >= size - n)
            return false;
        n += (size_t)k;
        if (w->token.kind != TK_DOT)
            return true;
        words_next(w);
    }
}

/* The value up to the next comma outside parentheses, unquoted when it is one string. */
static bool take_value(struct words *w, char *out, size_t size)
{
    uint32_t from = w->token.span.off, to = from;
    unsigned depth = 0, n = 0;
    bool one_string = w->token.kind == TK_STRING;
    struct words at = *w;
    for (; !words_end(w) && (depth || w->token.kind != TK_COMMA); words_next(w), n++) {
        depth += w->token.kind == TK_LPAREN;
        depth -= depth && w->token.kind == TK_RPAREN;
        to = span_end(w->token.span);
    }
    if (one_string && n == 1)
        return words_name(&at, out, size);
    if (!n || to - from >= size)
        return false;
    memcpy(out, w->sql + from, to - from);
    out[to - from] = 0;
    return true;
}

static const char *without_scope(const char *name)
{
    static const char *const scopes[] = {"session.", "global.", "local.", "persist.", "persist_only."};
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (!strncasecmp(name, scopes[i], strlen(scopes[i])))
            return name + strlen(scopes[i]);
    return name;
}

/* One assignment. What MySQL knows is accepted: clients set their usual variables at connect, and nothing here depends
 * on them. */
static bool assign(struct request *q, struct words *w)
{
    char name[300], value[400];
    if (w->token.kind == TK_USERVAR) {
        words_next(w);
        snprintf(name, sizeof name, "autocommit"); /* accepted likewise */
    } else {
        if (w->token.kind == TK_ATAT)
            words_next(w);
        else if (!words_take(w, "SESSION") && !words_take(w, "LOCAL") && !words_take(w, "PERSIST"))
            words_take(w, "GLOBAL");
        if (w->token.kind == TK_ATAT)
            words_next(w);
        if (w->token.kind == TK_DOT) /* @@session.x after SESSION was taken */
            words_next(w);
        if (!take_dotted(w, name, sizeof name)) {
            admin_syntax_error(q, w);
            return false;
        }
    }
    if (w->token.kind != TK_EQ && w->token.kind != TK_ASSIGN) {
        admin_syntax_error(q, w);
        return false;
    }
    words_next(w);
    if (!take_value(w, value, sizeof value)) {
        admin_syntax_error(q, w);
        return false;
    }
    return admin_variable_known(name) || set_setting(q, without_scope(name), value);
}

/* SET NAMES …, SET [SESSION] TRANSACTION …: nothing to do here. */
static bool is_harmless(const struct words *w)
{
    struct words at = *w;
    if (words_is(&at, "NAMES") || words_is(&at, "CHARSET") || words_is(&at, "CHARACTER") ||
        words_is(&at, "TRANSACTION"))
        return true;
    return (words_take(&at, "SESSION") || words_take(&at, "GLOBAL") || words_take(&at, "LOCAL")) &&
           words_is(&at, "TRANSACTION");
}

void admin_set(struct request *q, struct words *w)
{
    if (words_is(w, "PASSWORD") || words_is(w, "ROLE") || words_is(w, "DEFAULT")) {
        query_fail_code(q, ERR_OPTION_PREVENTS, "--read-only");
        return;
    }
    while (!is_harmless(w)) {
        if (!assign(q, w))
            return;
        if (words_end(w))
            break;
        words_next(w); /* , */
    }
    query_ok(q, 0, 0);
}
