/* SET in all its forms.
 *
 *   SET setting {, setting}
 *   setting = [scope] name (= | :=) value | @@[scope .] name = value | @x = expr
 *           | NAMES (charset [COLLATE collation] | DEFAULT) | (CHARACTER SET | CHARSET) charset
 *           | TRANSACTION modes | PASSWORD ... | ROLE ...
 *   SET STATEMENT setting {, setting} FOR statement */
#include "router/parse_int.h"

static enum sysvar_scope scope_at(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_GLOBAL:
        return SCOPE_GLOBAL;
    case KW_SESSION:
    case KW_LOCAL:
        return SCOPE_SESSION;
    case KW_PERSIST:
        return SCOPE_PERSIST;
    case KW_PERSIST_ONLY:
        return SCOPE_PERSIST_ONLY;
    default:
        return SCOPE_NONE;
    }
}

/* Words that are values as they stand: ON, OFF, ALL, BINARY, ROW, a charset, ... (reserved ones would be no column) */
static bool at_bare_word(const struct parser *p)
{
    if (!at(p, TK_WORD) || ahead(p, 1, TK_LPAREN) || ahead(p, 1, TK_DOT)) {
        return false;
    }
    switch (p->tok->word) {
    case KW_ON:
    case KW_ALL:
    case KW_BINARY:
    case KW_ROW:
    case KW_SYSTEM:
    case KW_FORCE:
        break;
    default:
        if (!is_ident(p, p->tok)) {
            return false;
        }
    }
    return ahead(p, 1, TK_COMMA) || ahead(p, 1, TK_END) || ahead_word(p, 1, KW_FOR);
}

static struct expr *bare_word(struct parser *p)
{
    struct expr *e = expr_new(p, EX_KEYWORD, here(p), 0);
    if (!e) {
        return NULL;
    }
    e->name = p->tok->span;
    e->flags |= EXPR_CONSTANT;
    advance(p);
    return expr_done(p, e);
}

/* expr | DEFAULT | a bare word */
static struct expr *setting_value(struct parser *p)
{
    return at_bare_word(p) ? bare_word(p) : parse_expr(p);
}

static bool accept_assign(struct parser *p)
{
    if (accept(p, TK_EQ) || accept(p, TK_ASSIGN)) {
        return true;
    }
    parse_fail(p);
    return false;
}

/* charset | 'charset' | BINARY */
static struct expr *charset_value(struct parser *p)
{
    if (at_word(p, KW_DEFAULT) || at(p, TK_STRING) || at(p, TK_PARAM) || at(p, TK_USERVAR)) {
        return parse_primary(p);
    }
    return at_word(p, KW_BINARY) || is_ident(p, p->tok) ? bare_word(p) : parse_fail(p);
}

/* NAMES ... */
static void set_names(struct parser *p, struct setting *v)
{
    v->target = SETTING_NAMES;
    v->name = p->tok->span;
    advance(p);
    v->value = charset_value(p);
    if (accept_word(p, KW_COLLATE)) {
        v->value2 = charset_value(p);
    }
}

/* [scope .] name [. name], behind @@ or alone */
static void variable_name(struct parser *p, struct setting *v)
{
    uint32_t start = here(p);
    if (scope_at(p) != SCOPE_NONE && ahead(p, 1, TK_DOT)) {
        v->scope = (uint8_t)scope_at(p);
        v->scope_word = p->tok->span;
        p->tok += 2;
        start = here(p);
    }
    bool old_new = at_word(p, KW_NEW) || at_word(p, KW_OLD);
    if (!at(p, TK_WORD) && !at(p, TK_QUOTED)) {
        parse_fail(p);
        return;
    }
    advance(p);
    if (accept(p, TK_DOT)) {
        struct span part;
        v->target = old_new ? SETTING_NEW_OLD : v->target;
        parse_ident(p, &part);
    }
    v->name = span_from(p, start);
}

static void set_variable(struct parser *p, struct setting *v)
{
    bool at_signs = accept(p, TK_ATAT);
    v->target = SETTING_VARIABLE;
    v->scope = at_signs ? SCOPE_SESSION : SCOPE_NONE;
    if (!at_signs && scope_at(p) != SCOPE_NONE && !ahead(p, 1, TK_EQ) && !ahead(p, 1, TK_ASSIGN) &&
        !ahead(p, 1, TK_DOT)) {
        v->scope = (uint8_t)scope_at(p);
        v->scope_word = p->tok->span;
        advance(p);
        if (accept(p, TK_ATAT)) { /* SET SESSION @@x is no SQL */
            parse_fail(p);
        }
    }
    if (!at_signs && !is_ident(p, p->tok)) {
        parse_fail(p);
        return;
    }
    variable_name(p, v);
    if (accept_assign(p)) {
        v->value = setting_value(p);
    }
}

static void set_uservar(struct parser *p, struct setting *v)
{
    v->target = SETTING_USERVAR;
    v->name = (struct span){p->tok->span.off + 1, p->tok->span.len - 1};
    p->stmt->facts |= FACT_VAR_WRITE;
    advance(p);
    if (accept_assign(p)) {
        v->value = parse_expr(p);
    }
}

static struct setting *parse_setting(struct parser *p)
{
    struct setting *v = parse_alloc(p, sizeof *v);
    uint32_t start = here(p);
    if (!v) {
        return NULL;
    }
    bool assigned = ahead(p, 1, TK_EQ) || ahead(p, 1, TK_ASSIGN);
    if (at(p, TK_USERVAR)) {
        set_uservar(p, v);
    } else if (at_word(p, KW_NAMES) && !assigned) {
        set_names(p, v);
    } else if (accept_words(p, KW_CHARACTER, KW_SET) || accept_words(p, KW_CHAR, KW_SET) ||
               (at_word(p, KW_CHARSET) && !assigned && accept_word(p, KW_CHARSET))) {
        v->target = SETTING_CHARSET;
        v->name = span_from(p, start);
        v->value = charset_value(p);
    } else {
        set_variable(p, v);
    }
    v->span = span_from(p, start);
    return p->error ? NULL : v;
}

static bool parse_settings(struct parser *p, struct stmt *s)
{
    struct setting **tail = &s->settings;
    do {
        struct setting *v = parse_setting(p);
        if (!v) {
            return false;
        }
        *tail = v;
        tail = &v->next;
    } while (accept(p, TK_COMMA));
    return true;
}

/* SET [scope] TRANSACTION modes */
static void set_transaction(struct parser *p, struct stmt *s)
{
    struct trx *t = parse_alloc(p, sizeof *t);
    if (!t) {
        return;
    }
    s->kind = STMT_SET_TRANSACTION;
    s->trx = t;
    t->scope = (uint8_t)scope_at(p);
    if (t->scope != SCOPE_NONE) {
        advance(p);
    }
    advance(p);
    parse_transaction_modes(p, t);
}

static bool at_transaction(const struct parser *p)
{
    unsigned skip = scope_at(p) != SCOPE_NONE;
    return ahead_word(p, skip, KW_TRANSACTION) && !ahead(p, skip + 1, TK_EQ) && !ahead(p, skip + 1, TK_ASSIGN);
}

static void set_statement(struct parser *p, struct stmt *s)
{
    s->kind = STMT_SET_STATEMENT;
    advance(p);
    if (parse_settings(p, s) && expect_word(p, KW_FOR)) {
        s->inner = parse_inner(p, s);
    }
}

void parse_set(struct parser *p, struct stmt *s)
{
    s->kind = STMT_SET;
    advance(p);
    bool assigned = ahead(p, 1, TK_EQ) || ahead(p, 1, TK_ASSIGN);
    if (at_transaction(p)) {
        set_transaction(p, s);
    } else if (at_word(p, KW_STATEMENT) && !assigned) {
        set_statement(p, s);
    } else if (at_word(p, KW_PASSWORD)) {
        s->kind = STMT_SET_PASSWORD;
        parse_skip_all(p);
    } else if ((at_word(p, KW_ROLE) && !assigned) || (at_word(p, KW_DEFAULT) && ahead_word(p, 1, KW_ROLE))) {
        s->kind = STMT_SET_ROLE;
        parse_skip_all(p);
    } else if (at_word(p, KW_RESOURCE) && ahead_word(p, 1, KW_GROUP)) {
        s->kind = STMT_SET_RESOURCE_GROUP;
        parse_skip_all(p);
    } else {
        parse_settings(p, s);
    }
}
