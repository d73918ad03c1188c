#include "proxy/after.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/row.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/trx.h"

static void next(struct target *t);

struct after {
    void (*then)(struct request *q);
    bool asked_status, asked_values;
};

static struct after *of(struct target *t)
{
    return t->query->state;
}

/* ---- the transaction's true state ---- */

static void on_status(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (a->error.number)
        b->unclean = true;
    next(t);
}

static bool ask_status(struct target *t)
{
    static const uint8_t ping = COM_PING;
    struct request *q = t->query;
    if (of(t)->asked_status || !q->failed ||
        !(trx_open(q->session) || !session_autocommit(q->session) || q->plan->kind == STMT_CALL))
        return false;
    of(t)->asked_status = true;
    backend_ask(t->backend, RESULT_OF_SIMPLE, &ping, 1, on_status);
    return true;
}

/* ---- values ---- */

static bool wants_last_id(const struct request *q)
{
    uint32_t flags = q->plan->flags;
    if (flags & PLAN_SETS_LAST_ID)
        return true;
    return flags & PLAN_INSERTS && q->insert_id && !(flags & (PLAN_GENERATES_ID | PLAN_EXPLICIT_ID));
}

static void append(struct buf *sql, const char *text)
{
    buf_append(sql, text, strlen(text));
}

static void append_name(struct buf *sql, const char *name)
{
    append(sql, "@`");
    for (; *name; name++) {
        if (*name == '`')
            append(sql, "`");
        buf_append(sql, name, 1);
    }
    append(sql, "`");
}

/* The value as a literal that needs no charset and no sql_mode: numbers as they are, strings by their bytes. */
static void literal(struct buf *sql, uint8_t type, struct bytes text, struct bytes hex, struct bytes charset,
                    struct bytes collation)
{
    switch (type) {
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_NEWDECIMAL:
        buf_append(sql, text.p, text.len);
        return;
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_FLOAT:
        buf_append(sql, text.p, text.len);
        if (!memchr(text.p, 'e', text.len))
            append(sql, "e0");
        return;
    default:
        if (charset.len == 6 && !memcmp(charset.p, "binary", 6)) {
            append(sql, "X'");
            buf_append(sql, hex.p, hex.len);
            append(sql, "'");
            return;
        }
        append(sql, "_");
        buf_append(sql, charset.p, charset.len);
        append(sql, " X'");
        buf_append(sql, hex.p, hex.len);
        append(sql, "' COLLATE ");
        buf_append(sql, collation.p, collation.len);
    }
}

static uint64_t number(struct bytes digits)
{
    uint64_t n = 0;
    for (size_t i = 0; i < digits.len && digits.p[i] >= '0' && digits.p[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(digits.p[i] - '0');
    return n;
}

static bool next_cell(struct reader *r, struct bytes *v)
{
    if (r->p < r->end && *r->p == 0xfb) {
        rd_u8(r);
        *v = (struct bytes){NULL, 0};
        return false;
    }
    *v = rd_str_lenenc(r);
    return true;
}

static void learn_variable(struct session *s, struct backend *b, const char *name, struct reader *row, uint8_t type)
{
    struct bytes text, hex, charset, collation;
    bool set = next_cell(row, &text);
    next_cell(row, &hex);
    next_cell(row, &charset);
    next_cell(row, &collation);
    if (row->bad)
        return;
    char key[260];
    struct buf sql;
    snprintf(key, sizeof key, "@%s", name);
    for (char *p = key; *p; p++) /* user variables are case-insensitive */
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    buf_init(&sql, SIZE_MAX);
    if (set)
        literal(&sql, type, text, hex, charset, collation);
    buf_append(&sql, "", 1);
    struct settings *with = settings_with(s->settings, key, set ? (const char *)buf_ptr(&sql) : NULL);
    buf_deinit(&sql);
    session_set_settings(s, with);
    settings_unref(b->settings);
    b->settings = settings_ref(s->settings);
}

/* The types of the answer's columns, in order. */
static uint8_t column_type(struct reader *r)
{
    uint8_t header[PACKET_HEADER];
    struct bytes h = rd_bytes(r, PACKET_HEADER);
    if (r->bad)
        return 0;
    memcpy(header, h.p, PACKET_HEADER);
    size_t n = (size_t)header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    struct bytes payload = rd_bytes(r, n);
    struct reader c = rd_init(payload.p, payload.len);
    for (int i = 0; i < 6; i++)
        rd_str_lenenc(&c);
    rd_lenenc(&c);
    rd_u16(&c);
    rd_u32(&c);
    return rd_u8(&c);
}

static void on_values(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    struct request *q = t->query;
    struct session *s = q->session;
    struct reader row = rd_init(buf_ptr(a->rows), buf_len(a->rows));
    struct reader columns = rd_init(buf_ptr(a->columns), buf_len(a->columns));
    if (a->error.number || a->n_rows != 1) {
        /* the variables are on this backend and nowhere else: stay with it */
        session_hold_add(s, b, t->shard, t->replica, HOLD_VARIABLE);
        b->user = &run_user;
        b->arg = t;
        next(t);
        return;
    }
    struct bytes v;
    rd_bytes(&row, PACKET_HEADER);
    column_type(&columns);
    column_type(&columns);
    if (next_cell(&row, &v) && q->plan->flags & PLAN_CALC_FOUND_ROWS)
        s->found_rows = number(v);
    if (next_cell(&row, &v) && wants_last_id(q))
        s->last_insert_id = number(v);
    for (size_t i = 0; i < q->plan->n_assigned; i++) {
        uint8_t type = column_type(&columns);
        column_type(&columns);
        column_type(&columns);
        column_type(&columns);
        learn_variable(s, b, q->plan->assigned[i], &row, type);
    }
    next(t);
}

static bool ask_values(struct target *t)
{
    struct request *q = t->query;
    if (of(t)->asked_values || !q->plan)
        return false;
    bool assigned = q->plan->flags & PLAN_ASSIGNS_VARIABLES && q->plan->n_assigned;
    if (!assigned && (q->failed || !(wants_last_id(q) || q->plan->flags & PLAN_CALC_FOUND_ROWS)))
        return false;
    of(t)->asked_values = true;
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    append(&sql, "SELECT FOUND_ROWS(), LAST_INSERT_ID()");
    for (size_t i = 0; assigned && i < q->plan->n_assigned; i++) {
        static const char *const around[][2] = {{", ", ""}, {", HEX(", ")"}, {", CHARSET(", ")"}, {", COLLATION(", ")"}};
        for (size_t k = 0; k < 4; k++) {
            append(&sql, around[k][0]);
            append_name(&sql, q->plan->assigned[i]);
            append(&sql, around[k][1]);
        }
    }
    buf_append(&sql, "", 1);
    backend_ask_sql(t->backend, (const char *)buf_ptr(&sql), on_values);
    buf_deinit(&sql);
    return true;
}

static void next(struct target *t)
{
    struct request *q = t->query;
    if (ask_status(t) || ask_values(t))
        return;
    void (*then)(struct request *) = of(t)->then;
    q->state = NULL;
    then(q);
}

void after_reply(struct target *t, void (*then)(struct request *q))
{
    struct request *q = t->query;
    if (q->failed && q->plan->kind == STMT_CALL)
        t->backend->unclean = true; /* what a procedure set before it failed, an ERR packet does not say */
    uint32_t asking = PLAN_ASSIGNS_VARIABLES | PLAN_SETS_LAST_ID | PLAN_CALC_FOUND_ROWS | PLAN_INSERTS;
    q->phase = QUERY_AFTER;
    if (!q->failed && !(q->plan->flags & asking)) {
        then(q);
        return;
    }
    struct after *a = arena_zalloc(q->arena, sizeof *a);
    if (!a)
        abort(); /* small, and the ceiling is megabytes */
    a->then = then;
    q->state = a;
    next(t);
}
