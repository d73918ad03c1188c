/* Transactions, XA, locks, PREPARE and its like, KILL, diagnostics. */
#include "router/parse_int.h"

static struct trx *new_trx(struct parser *p, struct stmt *s, enum stmt_kind kind)
{
    s->kind = (uint8_t)kind;
    return s->trx = parse_alloc(p, sizeof(struct trx));
}

static uint8_t isolation_level(struct parser *p)
{
    if (accept_words(p, KW_READ, KW_UNCOMMITTED)) {
        return ISOLATION_READ_UNCOMMITTED;
    }
    if (accept_words(p, KW_READ, KW_COMMITTED)) {
        return ISOLATION_READ_COMMITTED;
    }
    if (accept_words(p, KW_REPEATABLE, KW_READ)) {
        return ISOLATION_REPEATABLE_READ;
    }
    expect_word(p, KW_SERIALIZABLE);
    return ISOLATION_SERIALIZABLE;
}

/* mode {, mode}: ISOLATION LEVEL x | READ ONLY | READ WRITE | WITH CONSISTENT SNAPSHOT */
void parse_transaction_modes(struct parser *p, struct trx *t)
{
    do {
        if (accept_words(p, KW_ISOLATION, KW_LEVEL)) {
            t->isolation = isolation_level(p);
        } else if (accept_words(p, KW_READ, KW_ONLY)) {
            t->read_only = true;
        } else if (accept_words(p, KW_READ, KW_WRITE)) {
            t->read_write = true;
        } else if (accept_words(p, KW_WITH, KW_CONSISTENT)) {
            t->snapshot = expect_word(p, KW_SNAPSHOT);
        } else {
            parse_fail(p);
        }
    } while (accept(p, TK_COMMA));
}

/* [AND [NO] CHAIN] [[NO] RELEASE] */
static void completion(struct parser *p, struct trx *t)
{
    if (accept_word(p, KW_AND)) {
        t->chain = accept_word(p, KW_NO) ? -1 : 1;
        expect_word(p, KW_CHAIN);
    }
    if (at_word(p, KW_RELEASE) || (at_word(p, KW_NO) && ahead_word(p, 1, KW_RELEASE))) {
        t->release = accept_word(p, KW_NO) ? -1 : 1;
        advance(p);
    }
}

/* ROLLBACK [WORK] [TO [SAVEPOINT] name | completion] */
static void parse_rollback(struct parser *p, struct stmt *s)
{
    struct trx *t = new_trx(p, s, STMT_ROLLBACK);
    accept_word(p, KW_WORK);
    if (!t) {
        return;
    }
    if (accept_word(p, KW_TO)) {
        s->kind = STMT_ROLLBACK_TO;
        accept_word(p, KW_SAVEPOINT);
        parse_ident(p, &t->savepoint);
    } else {
        completion(p, t);
    }
}

/* BEGIN [WORK], START TRANSACTION [modes], COMMIT, ROLLBACK, SAVEPOINT x, RELEASE SAVEPOINT x */
void parse_trx(struct parser *p, struct stmt *s)
{
    unsigned word = p->tok->word;
    struct trx *t = NULL;
    advance(p);
    switch (word) {
    case KW_BEGIN:
        if (at_word(p, KW_NOT)) {
            s->kind = STMT_COMPOUND;
            parse_skip_all(p);
            return;
        }
        new_trx(p, s, STMT_BEGIN);
        accept_word(p, KW_WORK);
        break;
    case KW_START:
        t = new_trx(p, s, STMT_BEGIN);
        expect_word(p, KW_TRANSACTION);
        if (t && !at(p, TK_END)) {
            parse_transaction_modes(p, t);
        }
        break;
    case KW_COMMIT:
        t = new_trx(p, s, STMT_COMMIT);
        accept_word(p, KW_WORK);
        if (t) {
            completion(p, t);
        }
        break;
    case KW_ROLLBACK:
        parse_rollback(p, s);
        break;
    default: /* SAVEPOINT, RELEASE */
        t = new_trx(p, s, word == KW_SAVEPOINT ? STMT_SAVEPOINT : STMT_RELEASE_SAVEPOINT);
        if (word == KW_RELEASE) {
            expect_word(p, KW_SAVEPOINT);
        }
        if (t) {
            parse_ident(p, &t->savepoint);
        }
    }
}

/* XA verb [xid] [words] */
void parse_xa(struct parser *p, struct stmt *s)
{
    struct trx *t = new_trx(p, s, STMT_XA);
    advance(p);
    if (!t) {
        return;
    }
    t->xa_word = p->tok->word;
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_START:
    case KW_BEGIN:
    case KW_END:
    case KW_PREPARE:
    case KW_COMMIT:
    case KW_ROLLBACK:
    case KW_RECOVER:
        advance(p);
        break;
    default:
        parse_fail(p);
        return;
    }
    uint32_t start = here(p);
    while (is_literal(p) || at(p, TK_COMMA)) {
        advance(p);
    }
    t->xid = span_from(p, start);
    while (at(p, TK_WORD)) { /* JOIN, RESUME, SUSPEND FOR MIGRATE, ONE PHASE, CONVERT XID, FORMAT='SQL' */
        advance(p);
    }
    if (accept(p, TK_EQ)) {
        parse_literal(p);
    }
}

/* ---- locks ---- */

/* LOCK (TABLE | TABLES) table [[AS] alias] kind {, ...} [WAIT n | NOWAIT] */
static void lock_tables(struct parser *p)
{
    do {
        struct table_ref *t = parse_table_name(p, TABLE_LOCK);
        if (!t) {
            return;
        }
        if (!at_word(p, KW_WAIT) && !at_word(p, KW_NOWAIT)) {
            parse_alias(p, false, &t->alias);
        }
        if (accept_word(p, KW_READ)) {
            accept_word(p, KW_LOCAL);
        } else {
            t->access |= TABLE_WRITE;
            accept_word(p, KW_LOW_PRIORITY);
            if (!accept_words(p, KW_WRITE, KW_CONCURRENT)) {
                expect_word(p, KW_WRITE);
            }
        }
    } while (accept(p, TK_COMMA));
    if (accept_word(p, KW_WAIT)) {
        parse_literal(p);
    } else {
        accept_word(p, KW_NOWAIT);
    }
}

void parse_lock(struct parser *p, struct stmt *s)
{
    advance(p);
    if (accept_word(p, KW_INSTANCE)) {
        s->kind = STMT_LOCK_INSTANCE;
        parse_skip_all(p);
        return;
    }
    s->kind = STMT_LOCK_TABLES;
    if (!accept_word(p, KW_TABLES)) {
        expect_word(p, KW_TABLE);
    }
    lock_tables(p);
}

void parse_unlock(struct parser *p, struct stmt *s)
{
    advance(p);
    if (accept_word(p, KW_INSTANCE)) {
        s->kind = STMT_UNLOCK_INSTANCE;
        return;
    }
    s->kind = STMT_UNLOCK_TABLES;
    if (!accept_word(p, KW_TABLES)) {
        expect_word(p, KW_TABLE);
    }
}

/* ---- prepared statements as text ---- */

static void execute_using(struct parser *p, struct prepare *r)
{
    if (accept_word(p, KW_USING)) {
        r->using_ = parse_exprs(p);
    }
}

/* PREPARE name FROM text | EXECUTE name [USING vars] | EXECUTE IMMEDIATE text [USING ..] | (DEALLOCATE | DROP) PREPARE
 */
void parse_prepare(struct parser *p, struct stmt *s)
{
    struct prepare *r = parse_alloc(p, sizeof *r);
    if (!r) {
        return;
    }
    s->prepare = r;
    if (accept_word(p, KW_PREPARE)) {
        s->kind = STMT_PREPARE;
        parse_ident(p, &r->name);
        expect_word(p, KW_FROM);
        r->from = parse_expr(p);
    } else if (accept_words(p, KW_EXECUTE, KW_IMMEDIATE)) {
        s->kind = STMT_EXECUTE_IMMEDIATE;
        r->from = parse_expr(p);
        execute_using(p, r);
    } else if (accept_word(p, KW_EXECUTE)) {
        s->kind = STMT_EXECUTE;
        parse_ident(p, &r->name);
        execute_using(p, r);
    } else {
        s->kind = STMT_DEALLOCATE;
        advance(p);
        expect_word(p, KW_PREPARE);
        parse_ident(p, &r->name);
    }
}

/* ---- KILL ---- */

/* KILL [HARD | SOFT] [CONNECTION | QUERY [ID]] (expr | USER user) */
void parse_kill(struct parser *p, struct stmt *s)
{
    struct kill *k = parse_alloc(p, sizeof *k);
    if (!k) {
        return;
    }
    s->kind = STMT_KILL;
    s->kill = k;
    advance(p);
    k->soft = accept_word(p, KW_SOFT);
    if (!k->soft) {
        accept_word(p, KW_HARD);
    }
    if (accept_words(p, KW_QUERY, KW_ID)) {
        k->what = KILL_QUERY_ID;
    } else if (accept_word(p, KW_QUERY)) {
        k->what = KILL_QUERY;
    } else {
        accept_word(p, KW_CONNECTION);
    }
    if (accept_word(p, KW_USER)) {
        parse_account(p, &k->user);
    } else {
        k->id = parse_expr(p);
    }
}

/* ---- diagnostics ---- */

/* GET [CURRENT | STACKED] DIAGNOSTICS ... | SIGNAL ... | RESIGNAL ... */
void parse_diagnostics(struct parser *p, struct stmt *s)
{
    s->kind = at_word(p, KW_GET) ? STMT_GET_DIAGNOSTICS : at_word(p, KW_SIGNAL) ? STMT_SIGNAL : STMT_RESIGNAL;
    while (!at(p, TK_END)) {
        if (at(p, TK_USERVAR)) {
            s->facts |= s->kind == STMT_GET_DIAGNOSTICS ? FACT_VAR_WRITE : FACT_VAR_READ;
        }
        advance(p);
    }
}
