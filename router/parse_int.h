/* Shared by the parser's files: the token array, the cursor, and who parses what.
 *
 * The statement is cut into tokens once, before the descent: each literal token gets its number there, and each "("
 * learns its partner and whether a query begins behind it, so that the descent never has to guess and go back.
 *
 * Errors are sticky: parse_fail() keeps the first one and moves the cursor to the END token, where no rule matches and
 * every loop stops. Functions return NULL after an error; lists may be incomplete then. */
#ifndef ROUTER_PARSE_INT_H
#define ROUTER_PARSE_INT_H

#include "router/ast.h"
#include "router/parse.h"

enum ptoken_flag {
    PT_QUERY = 2,     /* of "(": a query expression in parentheses */
    PT_COMMA = 4,     /* of "(": has a comma of its own */
    PT_STRUCTURE = 8, /* of a literal: part of the shape */
};

struct ptoken {
    uint8_t kind;
    uint8_t flags; /* enum token_flag, enum ptoken_flag */
    uint16_t word;
    struct span span;
    uint32_t n; /* literal: its number; "?": its ordinal; "(": the index of its ")" */
};

/* A CTE that can be seen from here. */
struct visible {
    struct visible *outer;
    struct cte *cte;
};

struct parser {
    const char *sql;
    uint32_t len;
    struct lex_mode mode;
    struct arena *arena;
    struct ptoken *tokens; /* [0] is a sentinel, the first token is [1]; behind the last are END tokens */
    uint32_t ntokens;      /* without sentinels */
    struct ptoken *tok;    /* the cursor */
    struct ptoken *end;    /* the first END token */
    struct literal *literals;
    uint32_t nliterals, nparams;
    int error;
    uint32_t error_at;
    uint32_t text_end; /* behind the last token, closing brackets of executed comments included */
    unsigned depth;
    unsigned tall; /* height of the tallest expression of the query being parsed */
    unsigned sub;  /* height of the subquery parsed last */
    unsigned in_with, nctes;
    struct stmt *stmt;
    struct block *block; /* the innermost query block being parsed */
    struct visible *visible;
    struct table_ref **table_tail;
    struct call **call_tail;
};

/* Cuts the text into p->tokens (parse_token.c). */
void parse_read_tokens(struct parser *p);

/* ---- cursor (parse_core.c) ---- */

/* Notes the first error, at the cursor, and moves to the END token. Returns NULL for callers' convenience. */
void *parse_fail(struct parser *p);
void *parse_fail_code(struct parser *p, int error);

static inline bool at(const struct parser *p, enum token_kind kind)
{
    return p->tok->kind == kind;
}

static inline bool at_word(const struct parser *p, enum keyword word)
{
    return p->tok->kind == TK_WORD && p->tok->word == word;
}

/* n tokens on: at most 4. */
static inline bool ahead(const struct parser *p, unsigned n, enum token_kind kind)
{
    return p->tok[n].kind == kind;
}

static inline bool ahead_word(const struct parser *p, unsigned n, enum keyword word)
{
    return p->tok[n].kind == TK_WORD && p->tok[n].word == word;
}

static inline void advance(struct parser *p)
{
    p->tok += p->tok != p->end;
}

static inline bool accept(struct parser *p, enum token_kind kind)
{
    bool yes = at(p, kind);
    p->tok += yes && p->tok != p->end;
    return yes;
}

static inline bool accept_word(struct parser *p, enum keyword word)
{
    bool yes = at_word(p, word);
    p->tok += yes;
    return yes;
}

/* Both words, or neither is taken. */
bool accept_words(struct parser *p, enum keyword first, enum keyword second);
bool expect(struct parser *p, enum token_kind kind);
bool expect_word(struct parser *p, enum keyword word);

static inline uint32_t here(const struct parser *p)
{
    return p->tok->span.off;
}

/* From an offset to the end of the token before the cursor; empty when nothing was taken. */
static inline struct span span_from(const struct parser *p, uint32_t start)
{
    uint32_t end = span_end(p->tok[-1].span);
    return (struct span){start, end > start ? end - start : 0};
}

/* Each nesting construct brackets itself with these; false: too deep. */
bool parse_enter(struct parser *p);
static inline void parse_leave(struct parser *p)
{
    p->depth--;
}

/* Cleared memory of the arena, or NULL after noting the error. */
void *parse_alloc(struct parser *p, size_t size);

/* A list that grows: push, then take. */
struct vec {
    void **v;
    uint32_t n, cap;
};
void vec_push(struct parser *p, struct vec *v, void *item);

/* ---- names (parse_core.c) ---- */

bool is_ident(const struct parser *p, const struct ptoken *t);
bool parse_ident(struct parser *p, struct span *out);
/* An identifier or a string. */
bool parse_ident_or_text(struct parser *p, struct span *out);
/* [schema .] name */
bool parse_qualified(struct parser *p, struct span *schema, struct span *name, struct span *whole);
/* ident {, ident} */
struct name_list *parse_names(struct parser *p);
/* ( ident {, ident} ) */
struct name_list *parse_names_in_parens(struct parser *p, struct span *whole);
/* [AS] alias; string: may be a string; false: there is none. */
bool parse_alias(struct parser *p, bool string, struct span *alias);
/* Takes tokens to the end of the statement, parentheses balanced or not. */
void parse_skip_all(struct parser *p);
/* At "(": takes all up to and with its ")". */
void parse_skip_parens(struct parser *p);
/* user: name [@ host], CURRENT_USER [()] */
bool parse_account(struct parser *p, struct span *out);

/* ---- tables (parse_from.c) ---- */

/* A reference that is added to the statement's list. access: enum table_access. */
struct table_ref *parse_new_table(struct parser *p, uint8_t kind, uint8_t access);
/* [schema .] name as a base table, no alias. */
struct table_ref *parse_table_name(struct parser *p, uint8_t access);
/* name {, name} */
bool parse_table_names(struct parser *p, uint8_t access);
struct from *parse_table_references(struct parser *p);
/* One table with alias, partitions, hints. */
struct from *parse_table_factor(struct parser *p);
void parse_partitions(struct parser *p, struct table_ref *t);

/* ---- queries (parse_select.c, parse_clause.c, parse_window.c) ---- */

bool starts_query(const struct parser *p);
struct query *parse_query(struct parser *p);
/* At a "(" with PT_QUERY: the query in it. */
struct query *parse_subquery(struct parser *p, struct span *with_parens);
struct with *parse_with(struct parser *p);
void parse_where(struct parser *p, struct expr **where, struct span *span);
struct order_list *parse_order_by(struct parser *p);
/* The items behind the words; start is the first word's offset. */
struct order_list *parse_order_items(struct parser *p, uint32_t start);
struct limit *parse_limit(struct parser *p);
struct select_item *parse_select_items(struct parser *p, uint32_t *n, struct span *span);
struct span parse_hints(struct parser *p);
struct window *parse_window_spec(struct parser *p);
struct window *parse_over(struct parser *p);
struct into *parse_into(struct parser *p);
struct locking *parse_locking(struct parser *p);
bool at_locking(const struct parser *p);
bool at_limit(const struct parser *p);

/* ---- expressions (parse_expr.c, parse_primary.c, parse_func.c, parse_type.c) ---- */

struct expr *parse_expr(struct parser *p);
struct expr *parse_bit_expr(struct parser *p);
/* without binary operators */
struct expr *parse_simple_expr(struct parser *p);
struct expr *parse_primary(struct parser *p);
/* expr {, expr} */
struct expr_list *parse_exprs(struct parser *p);
/* At a name and "(" */
struct expr *parse_call(struct parser *p);
bool starts_call(const struct parser *p);
struct expr *parse_interval(struct parser *p);
bool parse_interval_unit(struct parser *p, struct span *unit);
bool parse_type(struct parser *p, struct type_name *type, bool attributes);
struct expr *parse_literal(struct parser *p);
bool is_literal(const struct parser *p);
/* A column's name, as EX_COLUMN: [[schema .] table .] name */
struct expr *parse_column(struct parser *p);

/* A new node of a kind, with n args; its span begins at start. */
struct expr *expr_new(struct parser *p, enum expr_kind kind, uint32_t start, uint32_t nargs);
/* Sets the node's span to end at the last taken token, and its flags and height from its args. */
struct expr *expr_done(struct parser *p, struct expr *e);
struct expr *expr_op(struct parser *p, enum op op, struct expr *left, struct expr *right);
/* Counts a call for facts, lists and flags. */
void expr_note_call(struct parser *p, struct expr *e, enum func func);

/* ---- statements ---- */

/* Parses what follows the cursor as a whole statement, into s, whose lists are already set up. */
bool parse_statement(struct parser *p, struct stmt *s);
/* A statement inside a statement (EXPLAIN, SET STATEMENT): shares the outer's tables and facts. */
struct stmt *parse_inner(struct parser *p, struct stmt *outer);

/* column = value {, column = value} */
struct assignment *parse_assignments(struct parser *p);
void parse_returning(struct parser *p, struct stmt *s);

void parse_insert(struct parser *p, struct stmt *s);
void parse_update(struct parser *p, struct stmt *s);
void parse_delete(struct parser *p, struct stmt *s);
void parse_load(struct parser *p, struct stmt *s);
void parse_call_stmt(struct parser *p, struct stmt *s);
void parse_do(struct parser *p, struct stmt *s);
void parse_handler(struct parser *p, struct stmt *s);
void parse_set(struct parser *p, struct stmt *s);
void parse_show(struct parser *p, struct stmt *s);
void parse_explain(struct parser *p, struct stmt *s);
void parse_trx(struct parser *p, struct stmt *s);
void parse_xa(struct parser *p, struct stmt *s);
void parse_lock(struct parser *p, struct stmt *s);
void parse_unlock(struct parser *p, struct stmt *s);
void parse_prepare(struct parser *p, struct stmt *s);
void parse_kill(struct parser *p, struct stmt *s);
void parse_ddl(struct parser *p, struct stmt *s);
void parse_create_table(struct parser *p, struct stmt *s, struct ddl *d);
void parse_alter_table(struct parser *p, struct stmt *s, struct ddl *d);
void parse_table_admin(struct parser *p, struct stmt *s);
void parse_flush(struct parser *p, struct stmt *s);
void parse_diagnostics(struct parser *p, struct stmt *s);
void parse_transaction_modes(struct parser *p, struct trx *t);

#endif
