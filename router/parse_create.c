/* CREATE TABLE and ALTER TABLE: columns, keys and foreign keys as far as routing needs them. What has no meaning for
 * routing (defaults, comments, storage options) is passed over with its parentheses; an element that cannot be read
 * that way clears options_understood. */
#include "router/parse_int.h"

static bool at_element_end(const struct parser *p)
{
    return at(p, TK_COMMA) || at(p, TK_RPAREN) || at(p, TK_END);
}

/* Passes over anything up to the next comma or ")" of this level. */
static void skip_element(struct parser *p)
{
    while (!at_element_end(p)) {
        if (at(p, TK_LPAREN)) {
            parse_skip_parens(p);
        } else {
            advance(p);
        }
    }
}

/* ( column [(length)] [ASC | DESC] | (expr) {, ...} ) */
static struct name_list *key_parts(struct parser *p)
{
    struct name_list *list = parse_alloc(p, sizeof *list);
    uint32_t cap = 0;
    if (!list || !expect(p, TK_LPAREN)) {
        return NULL;
    }
    uint32_t first = here(p);
    do {
        uint32_t start = here(p);
        struct span part = p->tok->span;
        if (at(p, TK_LPAREN)) {
            parse_skip_parens(p);
            part = span_from(p, start);
        } else if (!parse_ident(p, &part)) {
            return NULL;
        }
        if (list->n == cap) {
            uint32_t bigger = cap ? cap * 2 : 4;
            list->v = arena_grow(p->arena, list->v, cap * sizeof part, bigger * sizeof part);
            cap = bigger;
            if (!list->v) {
                return parse_fail_code(p, PARSE_MEMORY);
            }
        }
        list->v[list->n++] = part;
        skip_element(p);
    } while (accept(p, TK_COMMA));
    list->span = span_from(p, first);
    return expect(p, TK_RPAREN) ? list : NULL;
}

/* REFERENCES table [( columns )] ... */
static void key_references(struct parser *p, struct key_def *k)
{
    if (accept_word(p, KW_REFERENCES)) {
        k->references = parse_table_name(p, TABLE_READ);
        if (at(p, TK_LPAREN)) {
            k->referenced = key_parts(p);
        }
    }
}

static uint8_t key_kind(struct parser *p)
{
    if (accept_words(p, KW_PRIMARY, KW_KEY)) {
        return KEY_PRIMARY;
    }
    if (accept_words(p, KW_FOREIGN, KW_KEY)) {
        return KEY_FOREIGN;
    }
    if (accept_word(p, KW_CHECK)) {
        return KEY_CHECK;
    }
    uint8_t kind = at_word(p, KW_UNIQUE)     ? KEY_UNIQUE
                   : at_word(p, KW_FULLTEXT) ? KEY_FULLTEXT
                   : at_word(p, KW_SPATIAL)  ? KEY_SPATIAL
                   : at_word(p, KW_VECTOR)   ? KEY_VECTOR
                                             : KEY_PLAIN;
    if (kind != KEY_PLAIN) {
        advance(p);
    }
    if (!accept_word(p, KW_INDEX)) {
        accept_word(p, KW_KEY);
    }
    return kind;
}

static bool at_key(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_CONSTRAINT:
    case KW_PRIMARY:
    case KW_UNIQUE:
    case KW_KEY:
    case KW_INDEX:
    case KW_FOREIGN:
    case KW_FULLTEXT:
    case KW_SPATIAL:
    case KW_CHECK:
        return true;
    case KW_VECTOR:
        return ahead_word(p, 1, KW_INDEX) || ahead_word(p, 1, KW_KEY);
    default:
        return false;
    }
}

/* [CONSTRAINT [name]] kind [IF NOT EXISTS] [name] [USING x] ( parts ) [REFERENCES ...] options */
static struct key_def *parse_key(struct parser *p)
{
    struct key_def *k = parse_alloc(p, sizeof *k);
    uint32_t start = here(p);
    if (!k) {
        return NULL;
    }
    if (accept_word(p, KW_CONSTRAINT) && is_ident(p, p->tok)) {
        parse_ident(p, &k->name);
    }
    k->kind = key_kind(p);
    if (k->kind == KEY_CHECK) {
        skip_element(p);
    } else {
        if (accept_words(p, KW_IF, KW_NOT)) {
            expect_word(p, KW_EXISTS);
        }
        if (is_ident(p, p->tok)) {
            parse_ident(p, &k->name);
        }
        if (accept_word(p, KW_USING)) {
            advance(p);
        }
        k->columns = key_parts(p);
        key_references(p, k);
        skip_element(p);
    }
    k->span = span_from(p, start);
    return p->error ? NULL : k;
}

/* One attribute of a column, or anything else of one token. */
static void column_attribute(struct parser *p, struct column_def *c)
{
    uint32_t start = here(p);
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_NOT:
        c->not_null |= ahead_word(p, 1, KW_NULL);
        break;
    case KW_AUTO_INCREMENT:
        c->auto_increment = true;
        break;
    case KW_SERIAL: /* SERIAL DEFAULT VALUE */
        c->auto_increment = c->not_null = c->unique_key = true;
        break;
    case KW_UNIQUE:
        c->unique_key = true;
        if (ahead_word(p, 1, KW_KEY)) {
            advance(p);
        }
        break;
    case KW_PRIMARY:
    case KW_KEY:
        c->primary_key = true;
        if (ahead_word(p, 1, KW_KEY)) {
            advance(p);
        }
        break;
    case KW_AS:
    case KW_GENERATED:
        c->generated = true;
        break;
    case KW_CHARSET:
    case KW_CHARACTER:
        p->tok += at_word(p, KW_CHARACTER) ? 2 : 1;
        c->charset = p->tok->span;
        break;
    case KW_COLLATE:
        advance(p);
        c->collation = p->tok->span;
        break;
    case KW_DEFAULT: /* its value is no attribute */
    case KW_COMMENT:
        advance(p);
        break;
    case KW_REFERENCES:
        advance(p);
        parse_table_name(p, TABLE_READ);
        if (at(p, TK_LPAREN)) {
            parse_skip_parens(p);
        }
        c->references = span_from(p, start);
        return;
    default:
        break;
    }
    if (at(p, TK_LPAREN)) {
        parse_skip_parens(p);
    } else if (!at_element_end(p)) {
        advance(p);
    }
}

/* name type {attribute} */
static struct column_def *parse_column_def(struct parser *p)
{
    struct column_def *c = parse_alloc(p, sizeof *c);
    uint32_t start = here(p);
    if (!c || !parse_ident(p, &c->name) || !parse_type(p, &c->type, false)) {
        return NULL;
    }
    if (ident_is(p->sql, c->type.word, "serial")) {
        c->auto_increment = c->not_null = c->unique_key = true;
    }
    while (at_word(p, KW_UNSIGNED) || at_word(p, KW_SIGNED) || at_word(p, KW_ZEROFILL)) {
        c->type.is_unsigned |= !at_word(p, KW_SIGNED);
        advance(p);
        c->type.span = span_from(p, c->type.span.off);
    }
    while (!at_element_end(p)) {
        column_attribute(p, c);
    }
    c->span = span_from(p, start);
    return p->error ? NULL : c;
}

struct lists {
    struct column_def **columns;
    struct key_def **keys;
};

/* A column or a key, appended to the lists. */
static void parse_element(struct parser *p, struct lists *l)
{
    if (at_word(p, KW_PERIOD) && ahead_word(p, 1, KW_FOR)) {
        skip_element(p);
    } else if (at_key(p)) {
        struct key_def *k = parse_key(p);
        if (k) {
            *l->keys = k;
            l->keys = &k->next;
        }
    } else {
        struct column_def *c = parse_column_def(p);
        if (c) {
            *l->columns = c;
            l->columns = &c->next;
        }
    }
}

/* ---- CREATE TABLE ---- */

/* ( element {, element} ) */
static void table_body(struct parser *p, struct ddl *d, struct lists *l)
{
    uint32_t start = here(p);
    advance(p);
    do {
        parse_element(p, l);
    } while (accept(p, TK_COMMA));
    expect(p, TK_RPAREN);
    d->body = span_from(p, start);
}

static bool at_as_query(const struct parser *p)
{
    return (starts_query(p) && !ahead_word(p, 1, KW_SYSTEM)) || at_word(p, KW_AS) ||
           ((at_word(p, KW_IGNORE) || at_word(p, KW_REPLACE)) &&
            (ahead_word(p, 1, KW_AS) || ahead_word(p, 1, KW_SELECT)));
}

/* Everything behind the parentheses up to AS or the end. */
static void table_options(struct parser *p, struct ddl *d)
{
    uint32_t start = here(p);
    while (!at(p, TK_END) && !at_as_query(p)) {
        if (at(p, TK_LPAREN)) {
            parse_skip_parens(p);
        } else {
            advance(p);
        }
    }
    d->options = span_from(p, start);
}

/* CREATE TABLE name (LIKE t | (LIKE t) | [body] [options] [[IGNORE | REPLACE] [AS] query]), behind TABLE */
void parse_create_table(struct parser *p, struct stmt *s, struct ddl *d)
{
    struct lists lists = {&d->columns, &d->keys};
    d->options_understood = true;
    d->table = parse_table_name(p, TABLE_DDL);
    if (!d->table) {
        return;
    }
    bool parens = at(p, TK_LPAREN) && ahead_word(p, 1, KW_LIKE);
    if (parens || at_word(p, KW_LIKE)) {
        p->tok += parens ? 2 : 1;
        d->like = parse_table_name(p, TABLE_READ);
        if (parens) {
            expect(p, TK_RPAREN);
        }
        return;
    }
    if (at(p, TK_LPAREN) && !starts_query(p)) {
        table_body(p, d, &lists);
    }
    table_options(p, d);
    if (!accept_word(p, KW_IGNORE)) {
        accept_word(p, KW_REPLACE);
    }
    if (accept_word(p, KW_AS) || starts_query(p)) {
        s->query = parse_query(p);
    }
}

/* ---- ALTER TABLE ---- */

/* ADD [COLUMN] [IF NOT EXISTS] (column [FIRST | AFTER c] | ( elements )) | ADD key | ADD PARTITION ... */
static void alter_add(struct parser *p, struct ddl *d, struct lists *l)
{
    if (at_word(p, KW_PARTITION) || at_word(p, KW_SYSTEM) || at_word(p, KW_PERIOD)) {
        skip_element(p);
        return;
    }
    accept_word(p, KW_COLUMN);
    if (accept_words(p, KW_IF, KW_NOT)) {
        expect_word(p, KW_EXISTS);
    }
    if (at(p, TK_LPAREN)) {
        struct span body = d->body;
        table_body(p, d, l);
        d->body = body;
    } else {
        parse_element(p, l);
    }
}

/* RENAME [TO | AS | =] table | RENAME (COLUMN | INDEX | KEY) a TO b */
static void alter_rename(struct parser *p, struct ddl *d)
{
    if (at_word(p, KW_COLUMN) || at_word(p, KW_INDEX) || at_word(p, KW_KEY)) {
        skip_element(p);
        return;
    }
    if (!accept_word(p, KW_TO) && !accept_word(p, KW_AS)) {
        accept(p, TK_EQ);
    }
    d->rename_to = parse_table_name(p, TABLE_DDL);
}

static void alter_action(struct parser *p, struct ddl *d, struct lists *l)
{
    if (accept_word(p, KW_ADD)) {
        alter_add(p, d, l);
    } else if (accept_word(p, KW_RENAME)) {
        alter_rename(p, d);
    } else {
        skip_element(p); /* changes no name and adds no key */
    }
}

/* ALTER TABLE [IF EXISTS] name [actions], behind TABLE */
void parse_alter_table(struct parser *p, struct stmt *s, struct ddl *d)
{
    struct lists lists = {&d->columns, &d->keys};
    (void)s;
    d->options_understood = true;
    d->table = parse_table_name(p, TABLE_DDL);
    if (!d->table) {
        return;
    }
    if (accept_word(p, KW_WAIT)) {
        advance(p);
    } else {
        accept_word(p, KW_NOWAIT);
    }
    uint32_t start = here(p);
    while (!at(p, TK_END)) {
        alter_action(p, d, &lists);
        if (!accept(p, TK_COMMA)) {
            break;
        }
    }
    if (at(p, TK_RPAREN)) {
        parse_fail(p);
    }
    d->body = span_from(p, start);
}
