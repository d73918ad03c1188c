#include "proxy/set.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/charset.h"
#include "proxy/after.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

const char *set_client_charset(const struct session *s)
{
    const struct charset *cs = charset_by_collation(s->charset);
    return cs ? cs->name : "utf8mb4";
}

bool set_variable_value(const struct session *s, const char *name, size_t len, struct route_value *out)
{
    char key[260];
    if (len + 2 > sizeof key)
        return false;
    key[0] = '@';
    memcpy(key + 1, name, len);
    key[len + 1] = 0;
    const char *v = settings_get(s->settings, key);
    size_t n = v ? strlen(v) : 0;
    *out = (struct route_value){.kind = ROUTE_UNKNOWN};
    if (!v) {
        out->kind = ROUTE_NULL;
    } else if (v[0] == '\'') {
        *out = (struct route_value){.kind = ROUTE_TEXT, .text = v + 1, .len = n - 2};
    } else if (v[strspn(v, "-0123456789")] == 0 && n < 19) {
        *out = (struct route_value){.kind = ROUTE_INT, .i = strtoll(v, NULL, 10)};
    } else if (v[strspn(v, "-0123456789.")] == 0) {
        *out = (struct route_value){.kind = ROUTE_DECIMAL, .text = v, .len = n};
    }
    return out->kind != ROUTE_UNKNOWN;
}

/* ---- plain values ---- */

/* The literal as it will be sent to backends; false: not a plain one. *null: it is NULL. */
static bool plain_value(struct request *q, const struct expr *e, struct buf *sql, bool *null)
{
    struct lex_slice text;
    *null = e->kind == EX_NULL;
    if (*null)
        return true;
    if (e->kind == EX_OP && e->op == OP_NEG && e->args[0]->kind == EX_LITERAL && e->args[0]->literal.kind <= LITERAL_FLOAT) {
        buf_append(sql, "-", 1);
        e = e->args[0];
    }
    if (e->kind != EX_LITERAL)
        return false;
    switch (e->literal.kind) {
    case LITERAL_INT:
    case LITERAL_DECIMAL:
    case LITERAL_FLOAT:
        buf_append(sql, q->sql + e->span.off, e->span.len);
        return true;
    case LITERAL_STRING:
        if (e->literal.introducer.len || !literal_text(q->sql, e->span, &q->session->mode, q->arena, &text))
            return false;
        for (size_t i = 0; i < text.len; i++)
            if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] > 0x7e || text.ptr[i] == '\'' || text.ptr[i] == '\\')
                return false;
        settings_quote(sql, text.ptr, text.len);
        return true;
    default:
        return false;
    }
}

static bool only_plain_variables(struct request *q)
{
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next) {
        struct buf sql;
        bool null;
        buf_init(&sql, SIZE_MAX);
        bool plain = p->target == SETTING_USERVAR && plain_value(q, p->value, &sql, &null);
        buf_deinit(&sql);
        if (!plain)
            return false;
    }
    return true;
}

static void assign_plain(struct request *q, const struct setting *p)
{
    struct session *s = q->session;
    struct buf sql;
    bool null;
    char name[258] = "@";
    int n = ident_text(q->sql, p->name, name + 1, sizeof name - 2);
    if (n < 0)
        return;
    for (int i = 1; i <= n; i++) /* user variables are case-insensitive */
        name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    name[n + 1] = 0;
    buf_init(&sql, SIZE_MAX);
    plain_value(q, p->value, &sql, &null);
    buf_append(&sql, "", 1);
    session_set_settings(s, settings_with(s->settings, name, null ? NULL : (const char *)buf_ptr(&sql)));
    buf_deinit(&sql);
}

/* ---- SET NAMES ---- */

static bool word_of(struct request *q, const struct expr *e, char out[65])
{
    struct lex_slice text;
    if (!e || e->span.len > 66)
        return false;
    if (e->kind == EX_LITERAL && literal_text(q->sql, e->span, &q->session->mode, q->arena, &text) && text.len < 65) {
        memcpy(out, text.ptr, text.len);
        out[text.len] = 0;
        return true;
    }
    int n = ident_text(q->sql, e->span, out, 64);
    if (n < 0)
        return false;
    out[n] = 0;
    return true;
}

static bool only_names(const struct request *q)
{
    const struct setting *p = q->plan->stmt->settings;
    return p && !p->next && p->target == SETTING_NAMES && p->value && p->value->kind != EX_DEFAULT;
}

static void set_names(struct request *q)
{
    struct session *s = q->session;
    const struct setting *p = q->plan->stmt->settings;
    char charset[65], collation[65];
    bool collated = p->value2 && p->value2->kind != EX_DEFAULT;
    if (!word_of(q, p->value, charset) || (collated && !word_of(q, p->value2, collation))) {
        query_fail_code(q, ERR_UNKNOWN_CHARACTER_SET, "");
        return;
    }
    struct settings *to = variables_names(s, charset, collated ? collation : NULL);
    if (!to) {
        if (collated && charset_by_name(charset, strlen(charset)))
            query_fail_code(q, ERR_COLLATION_CHARSET_MISMATCH, collation, charset);
        else
            query_fail_code(q, ERR_UNKNOWN_CHARACTER_SET, charset);
        return;
    }
    session_set_settings(s, to);
    query_ok(q, 0, 0);
}

/* ---- through a server ---- */

struct server_set {
    struct settings *before;
    bool memo;
    const char *text; /* as the client wrote it */
    size_t len;
};

static bool named(const struct request *q, const struct setting *p, const char *prefix)
{
    return p->target == SETTING_VARIABLE && p->name.len >= strlen(prefix) &&
           !strncasecmp(q->sql + p->name.off, prefix, strlen(prefix));
}

/* Nothing but values that mean the same every time. */
static bool repeatable(const struct request *q)
{
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next)
        if (p->target != SETTING_VARIABLE || !p->value || (p->value->kind != EX_LITERAL && p->value->kind != EX_KEYWORD && p->value->kind != EX_BOOL))
            return false;
    return q->plan->stmt->kind == STMT_SET;
}

static void free_set(void *state)
{
    settings_unref(((struct server_set *)state)->before);
}


/* The values are known: only now the client hears that it is done. */
static void on_learned(struct request *q)
{
    struct session *s = q->session;
    struct server_set *set = q->step_state;
    const struct target *t = &q->targets[0];
    struct error err = t->error;
    q->warnings = t->warnings;
    run_release(q);
    q->n_targets = 0;
    q->after_run = NULL;
    if (err.number) {
        query_fail(q, &err);
        return;
    }
    if (set->memo && !q->untracked)
        settings_memo_put(set->before, set->text, set->len, s->settings);
    query_ok(q, 0, 0);
}

static void on_set(struct request *q)
{
    struct target *t = &q->targets[0];
    if (t->backend && !t->error.number)
        after_reply(t, on_learned);
    else
        on_learned(q);
}

/* The user variables whose values only the server will know: they are read back behind the statement. */
static void learn_variables(struct request *q)
{
    size_t n = 0;
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next)
        n += p->target == SETTING_USERVAR;
    const char **names = n ? arena_alloc(q->arena, n * sizeof *names) : NULL;
    if (!names)
        return;
    n = 0;
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next) {
        if (p->target != SETTING_USERVAR)
            continue;
        char *name = arena_alloc(q->arena, p->name.len + 1);
        int len = name ? ident_text(q->sql, p->name, name, p->name.len) : -1;
        if (len < 0)
            continue;
        for (int i = 0; i < len; i++)
            name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
        name[len] = 0;
        names[n++] = name;
    }
    q->plan->assigned = names;
    q->plan->n_assigned = n;
    q->plan->flags |= PLAN_ASSIGNS_VARIABLES;
}

static bool is_tracking(const struct request *q, const struct setting *p)
{
    return named(q, p, "session_track_");
}

static bool is_bare(const struct request *q, const struct setting *p)
{
    return p->target == SETTING_VARIABLE && p->name.off == p->span.off + 2 && !memcmp(q->sql + p->span.off, "@@", 2);
}

/* The SET as a server shall see it: what it tells of changes is for us to say, so session_track_… stay as they are; and
 * SET @@x = … is SET SESSION x = …, but MariaDB reports only the latter's change. False: nothing is left to send. */
static bool rewrite(struct request *q)
{
    struct buf out;
    bool other = false, any = false;
    if (q->plan->stmt->kind != STMT_SET)
        return true;
    buf_init(&out, SIZE_MAX);
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next) {
        bool bare = is_bare(q, p);
        uint32_t from = bare ? p->name.off : p->span.off;
        other |= bare || is_tracking(q, p);
        if (is_tracking(q, p))
            continue;
        buf_append(&out, any ? ", " : "SET ", any ? 2 : 4);
        buf_append(&out, "SESSION ", bare ? 8 : 0);
        buf_append(&out, q->sql + from, span_end(p->span) - from);
        any = true;
    }
    if (other && any) {
        char *sql = arena_copy(q->arena, buf_ptr(&out), buf_len(&out));
        if (!sql)
            abort(); /* hardly longer than what is there already */
        q->sql = sql;
        q->len = buf_len(&out);
    }
    buf_deinit(&out);
    return any;
}

static void note_variables(struct request *q)
{
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next) {
        q->untracked |= p->target == SETTING_VARIABLE && !is_tracking(q, p);
    }
}

static void put_to_server(struct request *q)
{
    struct session *s = q->session;
    struct server_set *set = arena_zalloc(q->arena, sizeof *set);
    struct route_facts facts;
    if (!set)
        abort();
    query_facts(q, &facts);
    switch (route_bind(q->plan, &facts, q->arena, &q->route)) {
    case ROUTE_OK:
        break;
    case ROUTE_NEEDS_WEIGHT:
        query_ask_weight(q, put_to_server);
        return;
    default:
        query_fail_code(q, ERR_REFUSED, q->route.error.text ? q->route.error.text : "SET cannot be routed");
        return;
    }
    q->route.role = ROUTE_PRIMARY;
    if (!q->route.n_targets) { /* it names no table: any shard's server will say what it means */
        struct route_target *any = arena_zalloc(q->arena, sizeof *any);
        if (!any)
            abort();
        any->shard = facts.prefer >= 0 ? (uint16_t)facts.prefer : (uint16_t)(facts.any % facts.topo->n_shards);
        q->route.targets = any;
        q->route.n_targets = 1;
    }
    set->before = settings_ref(s->settings);
    set->memo = repeatable(q);
    learn_variables(q);
    note_variables(q);
    set->text = q->sql;
    set->len = q->len;
    q->step_state = set;
    q->step_free = free_set;
    q->after_run = on_set;
    if (q->plan->n_edits) { /* LAST_INSERT_ID() and its like are the session's */
        if (!query_edit(q))
            return;
    } else if (!rewrite(q)) {
        q->after_run = NULL;
        query_ok(q, 0, 0);
        return;
    }
    run_start(q);
}

static void set_through_server(struct request *q)
{
    struct session *s = q->session;
    struct settings *known = repeatable(q) ? settings_memo_get(s->settings, q->sql, q->len) : NULL;
    if (known) {
        session_set_settings(s, known);
        stats_add(s->worker->stats, set_memo_hits, 1);
        query_ok(q, 0, 0);
        return;
    }
    put_to_server(q);
}

static bool sets_autocommit(const struct request *q)
{
    for (const struct setting *p = q->plan->stmt->settings; p; p = p->next)
        if (named(q, p, "autocommit"))
            return true;
    return false;
}

static void set_transaction(struct request *q)
{
    struct session *s = q->session;
    if (q->plan->stmt->trx->scope != SCOPE_NONE) {
        set_through_server(q);
        return;
    }
    if (trx_open(s)) {
        query_fail_code(q, ERR_CANT_CHANGE_TX_CHARACTERISTICS);
        return;
    }
    free(s->trx.next);
    s->trx.next = strndup(q->sql, q->len);
    query_ok(q, 0, 0);
}

void set_statement(struct request *q)
{
    struct session *s = q->session;
    if (q->plan->stmt->kind == STMT_SET_TRANSACTION) {
        set_transaction(q);
    } else if (only_plain_variables(q)) {
        for (const struct setting *p = q->plan->stmt->settings; p; p = p->next)
            assign_plain(q, p);
        query_ok(q, 0, 0);
    } else if (only_names(q)) {
        set_names(q);
    } else if (sets_autocommit(q) && trx_open(s) && !session_autocommit(s)) {
        trx_commit_first(q, set_through_server); /* turning autocommit on ends the transaction */
    } else {
        set_through_server(q);
    }
}
