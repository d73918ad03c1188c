/* The clauses that follow a SELECT or another statement about rows: WHERE, ORDER BY, LIMIT, INTO, locking. */
#include "router/parse_int.h"

struct span parse_hints(struct parser *p)
{
    struct span s = {0, 0};
    if (at(p, TK_HINT)) {
        s = p->tok->span;
        advance(p);
    }
    return s;
}

/* WHERE expr */
void parse_where(struct parser *p, struct expr **where, struct span *span)
{
    uint32_t start = here(p);
    if (accept_word(p, KW_WHERE)) {
        *where = parse_expr(p);
        *span = span_from(p, start);
    }
}

/* expr [ASC | DESC] {, expr [ASC | DESC]} */
struct order_list *parse_order_items(struct parser *p, uint32_t start)
{
    struct order_list *list = parse_alloc(p, sizeof *list);
    uint32_t cap = 0;
    do {
        uint32_t first = here(p);
        struct order_item item = {.expr = parse_expr(p)};
        if (!accept_word(p, KW_ASC)) {
            item.desc = accept_word(p, KW_DESC);
        }
        if (!list || !item.expr) {
            return NULL;
        }
        item.span = span_from(p, first);
        if (list->n == cap) {
            uint32_t bigger = cap ? cap * 2 : 4;
            list->v = arena_grow(p->arena, list->v, cap * sizeof item, bigger * sizeof item);
            cap = bigger;
            if (!list->v) {
                return parse_fail_code(p, PARSE_MEMORY);
            }
        }
        list->v[list->n++] = item;
    } while (accept(p, TK_COMMA));
    list->span = span_from(p, start);
    return list;
}

/* ORDER BY items */
struct order_list *parse_order_by(struct parser *p)
{
    uint32_t start = here(p);
    if (!expect_word(p, KW_ORDER) || !expect_word(p, KW_BY)) {
        return NULL;
    }
    return parse_order_items(p, start);
}

/* A row count: a number, a parameter, or a routine's variable */
static struct expr *limit_value(struct parser *p)
{
    if (at(p, TK_INT) || at(p, TK_PARAM) || at(p, TK_HEX)) {
        return parse_primary(p);
    }
    return is_ident(p, p->tok) && !ahead(p, 1, TK_LPAREN) ? parse_column(p) : parse_fail(p);
}

static bool accept_row_word(struct parser *p)
{
    return accept_word(p, KW_ROW) || accept_word(p, KW_ROWS);
}

/* [OFFSET n (ROW|ROWS)] FETCH (FIRST|NEXT) [n] (ROW|ROWS) (ONLY | WITH TIES) */
static void fetch_clause(struct parser *p, struct limit *l)
{
    if (accept_word(p, KW_OFFSET)) {
        l->offset = limit_value(p);
        accept_row_word(p);
    }
    if (!accept_word(p, KW_FETCH)) {
        return;
    }
    if (!accept_word(p, KW_FIRST) && !accept_word(p, KW_NEXT)) {
        parse_fail(p);
        return;
    }
    if (!at_word(p, KW_ROW) && !at_word(p, KW_ROWS)) {
        l->count = limit_value(p);
    }
    if (!accept_row_word(p)) {
        parse_fail(p);
    }
    if (accept_word(p, KW_WITH)) {
        l->with_ties = expect_word(p, KW_TIES);
    } else {
        expect_word(p, KW_ONLY);
    }
}

/* LIMIT count [(, | OFFSET) n] [ROWS EXAMINED n] | fetch */
struct limit *parse_limit(struct parser *p)
{
    struct limit *l = parse_alloc(p, sizeof *l);
    uint32_t start = here(p);
    if (!l) {
        return NULL;
    }
    if (!accept_word(p, KW_LIMIT)) {
        fetch_clause(p, l);
    } else if (!at_word(p, KW_ROWS)) {
        l->count = limit_value(p);
        if (accept(p, TK_COMMA)) {
            l->offset = l->count;
            l->count = limit_value(p);
        } else if (accept_word(p, KW_OFFSET)) {
            l->offset = limit_value(p);
        }
    }
    if (accept_words(p, KW_ROWS, KW_EXAMINED)) {
        l->rows_examined = limit_value(p);
    }
    l->span = span_from(p, start);
    return p->error ? NULL : l;
}

/* Words and strings up to the end of FIELDS/LINES clauses of OUTFILE and LOAD DATA. */
static void export_options(struct parser *p)
{
    if (accept_word(p, KW_CHARACTER)) {
        expect_word(p, KW_SET);
        advance(p);
    }
    while (at_word(p, KW_FIELDS) || at_word(p, KW_COLUMNS) || at_word(p, KW_LINES)) {
        advance(p);
        while (at_word(p, KW_TERMINATED) || at_word(p, KW_OPTIONALLY) || at_word(p, KW_ENCLOSED) ||
               at_word(p, KW_ESCAPED) || at_word(p, KW_STARTING)) {
            while (at(p, TK_WORD)) {
                advance(p);
            }
            parse_literal(p);
        }
    }
}

/* INTO (OUTFILE 'f' [options] | DUMPFILE 'f' | var {, var}) */
struct into *parse_into(struct parser *p)
{
    struct into *i = parse_alloc(p, sizeof *i);
    uint32_t start = here(p);
    if (!i || !expect_word(p, KW_INTO)) {
        return NULL;
    }
    p->stmt->facts |= FACT_INTO;
    bool outfile = accept_word(p, KW_OUTFILE);
    if (outfile || accept_word(p, KW_DUMPFILE)) {
        i->kind = outfile ? INTO_OUTFILE : INTO_DUMPFILE;
        i->file = p->tok->span;
        if (!expect(p, TK_STRING)) {
            return NULL;
        }
        export_options(p);
    } else {
        uint32_t before = p->stmt->facts;
        i->kind = INTO_VARS;
        i->vars = parse_exprs(p);
        p->stmt->facts = (p->stmt->facts & ~(uint32_t)FACT_VAR_READ) | (before & FACT_VAR_READ);
        for (uint32_t k = 0; i->vars && k < i->vars->n; k++) {
            if (i->vars->v[k]->kind == EX_USERVAR) {
                p->stmt->facts |= FACT_VAR_WRITE;
            } else if (i->vars->v[k]->kind != EX_COLUMN) {
                return parse_fail(p);
            }
        }
    }
    i->span = span_from(p, start);
    return i;
}

/* FOR (UPDATE | SHARE) [OF names] [wait] | LOCK IN SHARE MODE */
struct locking *parse_locking(struct parser *p)
{
    struct locking *l = parse_alloc(p, sizeof *l);
    uint32_t start = here(p);
    if (!l) {
        return NULL;
    }
    if (accept_word(p, KW_LOCK)) {
        expect_word(p, KW_IN);
        expect_word(p, KW_SHARE);
        expect_word(p, KW_MODE);
        l->strength = LOCK_SHARE_MODE;
    } else {
        expect_word(p, KW_FOR);
        l->strength = at_word(p, KW_UPDATE) ? LOCK_UPDATE : LOCK_SHARE;
        if (!accept_word(p, KW_UPDATE) && !accept_word(p, KW_SHARE)) {
            return parse_fail(p);
        }
        if (accept_word(p, KW_OF)) {
            l->of = parse_names(p);
        }
    }
    if (accept_word(p, KW_NOWAIT)) {
        l->wait = LOCK_NOWAIT;
    } else if (accept_words(p, KW_SKIP, KW_LOCKED)) {
        l->wait = LOCK_SKIP_LOCKED;
    } else if (accept_word(p, KW_WAIT)) {
        l->wait = LOCK_WAIT_N;
        parse_literal(p);
    }
    p->stmt->facts |= FACT_LOCKING;
    l->span = span_from(p, start);
    return l;
}

bool at_locking(const struct parser *p)
{
    return (at_word(p, KW_FOR) && (ahead_word(p, 1, KW_UPDATE) || ahead_word(p, 1, KW_SHARE))) ||
           (at_word(p, KW_LOCK) && ahead_word(p, 1, KW_IN));
}

bool at_limit(const struct parser *p)
{
    return at_word(p, KW_LIMIT) || at_word(p, KW_FETCH) ||
           (at_word(p, KW_OFFSET) && (ahead(p, 1, TK_INT) || ahead(p, 1, TK_PARAM) || ahead(p, 1, TK_WORD)));
}
