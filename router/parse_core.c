/* The parser's ground: the cursor, errors, names, and parse_sql() itself. */
#include <stdio.h>
#include <string.h>

#include "router/parse_int.h"

/* ---- errors and memory ---- */

void *parse_fail_code(struct parser *p, int error)
{
    if (!p->error) {
        p->error = error;
        p->error_at = p->tok->span.off;
    }
    p->tok = p->end;
    return NULL;
}

void *parse_fail(struct parser *p)
{
    return parse_fail_code(p, PARSE_SYNTAX);
}

bool parse_enter(struct parser *p)
{
    if (++p->depth > PARSE_MAX_DEPTH) {
        parse_fail_code(p, PARSE_DEPTH);
        return false;
    }
    return true;
}

void *parse_alloc(struct parser *p, size_t size)
{
    void *q = arena_zalloc(p->arena, size);
    return q ? q : parse_fail_code(p, PARSE_MEMORY);
}

void vec_push(struct parser *p, struct vec *v, void *item)
{
    if (v->n == v->cap) {
        uint32_t cap = v->cap ? v->cap * 2 : 4;
        void **q =
            v->cap < UINT32_MAX / 4 ? arena_grow(p->arena, v->v, v->cap * sizeof *v->v, cap * sizeof *v->v) : NULL;
        if (!q) {
            parse_fail_code(p, PARSE_MEMORY);
            return;
        }
        v->v = q;
        v->cap = cap;
    }
    v->v[v->n++] = item;
}

/* ---- cursor ---- */

bool accept_words(struct parser *p, enum keyword first, enum keyword second)
{
    if (at_word(p, first) && ahead_word(p, 1, second)) {
        p->tok += 2;
        return true;
    }
    return false;
}

bool expect(struct parser *p, enum token_kind kind)
{
    if (accept(p, kind)) {
        return true;
    }
    parse_fail(p);
    return false;
}

bool expect_word(struct parser *p, enum keyword word)
{
    if (accept_word(p, word)) {
        return true;
    }
    parse_fail(p);
    return false;
}

void parse_skip_all(struct parser *p)
{
    p->tok = p->end;
}

void parse_skip_parens(struct parser *p)
{
    if (!at(p, TK_LPAREN) || p->tok->n == UINT32_MAX) {
        parse_fail(p);
        return;
    }
    p->tok = p->tokens + p->tok->n + 1;
}

/* ---- names ---- */

bool is_ident(const struct parser *p, const struct ptoken *t)
{
    if (t->kind == TK_WORD) {
        return !keyword_reserved((enum keyword)t->word, &p->mode);
    }
    return t->kind == TK_QUOTED || t->kind == TK_INTRODUCER;
}

bool parse_ident(struct parser *p, struct span *out)
{
    if (!is_ident(p, p->tok)) {
        parse_fail(p);
        return false;
    }
    *out = p->tok->span;
    advance(p);
    return true;
}

bool parse_ident_or_text(struct parser *p, struct span *out)
{
    if (at(p, TK_STRING)) {
        *out = p->tok->span;
        advance(p);
        return true;
    }
    return parse_ident(p, out);
}

bool parse_qualified(struct parser *p, struct span *schema, struct span *name, struct span *whole)
{
    uint32_t start = here(p);
    *schema = (struct span){0, 0};
    if (!parse_ident(p, name)) {
        return false;
    }
    if (accept(p, TK_DOT)) {
        *schema = *name;
        if (!parse_ident(p, name)) {
            return false;
        }
    }
    *whole = span_from(p, start);
    return true;
}

struct name_list *parse_names(struct parser *p)
{
    struct name_list *list = parse_alloc(p, sizeof *list);
    uint32_t start = here(p), cap = 0;
    do {
        struct span name;
        if (!list || !parse_ident(p, &name)) {
            return NULL;
        }
        if (list->n == cap) {
            uint32_t bigger = cap ? cap * 2 : 4;
            list->v = arena_grow(p->arena, list->v, cap * sizeof name, bigger * sizeof name);
            cap = bigger;
            if (!list->v) {
                return parse_fail_code(p, PARSE_MEMORY);
            }
        }
        list->v[list->n++] = name;
    } while (accept(p, TK_COMMA));
    list->span = span_from(p, start);
    return list;
}

struct name_list *parse_names_in_parens(struct parser *p, struct span *whole)
{
    uint32_t start = here(p);
    if (!expect(p, TK_LPAREN)) {
        return NULL;
    }
    struct name_list *list = parse_names(p);
    if (!list || !expect(p, TK_RPAREN)) {
        return NULL;
    }
    if (whole) {
        *whole = span_from(p, start);
    }
    return list;
}

bool parse_alias(struct parser *p, bool string, struct span *alias)
{
    bool as = accept_word(p, KW_AS);
    if (!as && !string && at_word(p, KW_WINDOW)) { /* MariaDB: a name, but no table's alias */
        return false;
    }
    if (is_ident(p, p->tok) || (string && at(p, TK_STRING))) {
        *alias = p->tok->span;
        advance(p);
        return true;
    }
    if (as) {
        parse_fail(p);
    }
    return false;
}

bool parse_account(struct parser *p, struct span *out)
{
    uint32_t start = here(p);
    if (accept_word(p, KW_CURRENT_USER) || accept_word(p, KW_CURRENT_ROLE)) {
        if (accept(p, TK_LPAREN) && !expect(p, TK_RPAREN)) {
            return false;
        }
    } else {
        struct span name;
        if (!parse_ident_or_text(p, &name)) {
            return false;
        }
        if (!accept(p, TK_USERVAR)) {
            accept(p, TK_AT);
        }
    }
    *out = span_from(p, start);
    return true;
}

/* ---- the entry ---- */

static void note_leading_words(struct parser *p, struct stmt *s)
{
    const struct ptoken *t = p->tokens + 1;
    while (t->kind == TK_LPAREN) {
        t++;
    }
    for (unsigned i = 0; i < 3 && t[i].kind == TK_WORD; i++) {
        s->words[i] = t[i].word;
    }
}

static uint32_t line_of(const char *sql, uint32_t offset)
{
    uint32_t line = 1;
    for (const char *q = sql; (q = memchr(q, '\n', (size_t)(sql + offset - q))) != NULL; q++) {
        line++;
    }
    return line;
}

static void run(struct parser *p)
{
    struct stmt *s = p->stmt;
    parse_read_tokens(p);
    if (p->error) {
        return;
    }
    p->tok = p->tokens + 1;
    if (p->ntokens == 0) {
        parse_fail_code(p, PARSE_EMPTY);
        return;
    }
    note_leading_words(p, s);
    s->span = span_join(p->tokens[1].span, p->end[-1].span);
    p->table_tail = &s->tables;
    p->call_tail = &s->calls;
    parse_statement(p, s);
    if (!p->error && p->tok != p->end) {
        parse_fail(p);
    }
    s->nparams = p->nparams;
}

int parse_sql(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a, struct parse_result *res)
{
    struct ptoken nowhere[2] = {{.kind = TK_END}, {.kind = TK_END}};
    struct parser p = {.sql = sql, .len = len, .mode = *mode, .arena = a, .tok = nowhere, .end = nowhere};
    *res = (struct parse_result){0};
    p.stmt = arena_zalloc(a, sizeof *p.stmt);
    if (p.stmt) {
        run(&p);
    } else {
        p.error = PARSE_MEMORY;
    }
    res->error = p.error;
    res->stmt = p.error ? NULL : p.stmt;
    res->offset = p.error ? p.error_at : 0;
    res->line = p.error ? line_of(sql, p.error_at) : 0;
    res->end = p.error ? 0 : p.text_end;
    res->literals = p.literals;
    res->nliterals = p.nliterals;
    res->nparams = p.nparams;
    return p.error;
}

void parse_near(const struct parse_result *res, const char *sql, uint32_t len, char *out, size_t cap)
{
    uint32_t left = res->offset < len ? len - res->offset : 0;
    snprintf(out, cap, "near '%.*s' at line %u", left > 80 ? 80 : (int)left, sql + (left ? res->offset : 0), res->line);
}
