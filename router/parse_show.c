/* SHOW, and EXPLAIN with its synonyms. */
#include "router/parse_int.h"

/* ---- SHOW ---- */

/* [LIKE pattern | WHERE expr] */
static void show_filter(struct parser *p, struct show *w)
{
    if (accept_word(p, KW_LIKE)) {
        w->like = parse_simple_expr(p);
    } else if (accept_word(p, KW_WHERE)) {
        w->where = parse_expr(p);
    }
}

/* [(FROM | IN) schema] [LIKE | WHERE] */
static void show_of_schema(struct parser *p, struct show *w)
{
    if (accept_word(p, KW_FROM) || accept_word(p, KW_IN)) {
        parse_ident(p, &w->schema);
    }
    show_filter(p, w);
}

/* (FROM | IN) table [(FROM | IN) schema] [LIKE | WHERE] */
static void show_of_table(struct parser *p, struct show *w)
{
    if (!accept_word(p, KW_FROM) && !accept_word(p, KW_IN)) {
        parse_fail(p);
        return;
    }
    w->table = parse_table_name(p, TABLE_READ);
    show_of_schema(p, w);
}

/* The rest as it stands. */
static void show_rest(struct parser *p, struct show *w)
{
    uint32_t start = here(p);
    while (!at(p, TK_END) && !at_word(p, KW_LIKE) && !at_word(p, KW_WHERE) && !at_word(p, KW_LIMIT)) {
        advance(p);
    }
    w->object = span_from(p, start);
    show_filter(p, w);
    if (at_word(p, KW_LIMIT)) {
        w->limit = parse_limit(p);
    }
}

static enum show_kind create_kind(unsigned word)
{
    switch (word) {
    case KW_TABLE:
        return SHOW_CREATE_TABLE;
    case KW_VIEW:
        return SHOW_CREATE_VIEW;
    case KW_SEQUENCE:
        return SHOW_CREATE_SEQUENCE;
    case KW_DATABASE:
    case KW_SCHEMA:
        return SHOW_CREATE_DATABASE;
    case KW_PROCEDURE:
        return SHOW_CREATE_PROCEDURE;
    case KW_FUNCTION:
        return SHOW_CREATE_FUNCTION;
    case KW_TRIGGER:
        return SHOW_CREATE_TRIGGER;
    case KW_EVENT:
        return SHOW_CREATE_EVENT;
    case KW_USER:
        return SHOW_CREATE_USER;
    default:
        return SHOW_CREATE_OTHER;
    }
}

/* SHOW CREATE (TABLE | VIEW | SEQUENCE) t, SHOW CREATE DATABASE [IF NOT EXISTS] d, ... */
static void show_create(struct parser *p, struct show *w)
{
    enum show_kind kind = create_kind(p->tok->kind == TK_WORD ? p->tok->word : KW_NONE);
    w->kind = (uint8_t)kind;
    advance(p);
    if (kind == SHOW_CREATE_TABLE || kind == SHOW_CREATE_VIEW || kind == SHOW_CREATE_SEQUENCE) {
        w->table = parse_table_name(p, TABLE_READ);
        return;
    }
    if (accept_word(p, KW_IF)) {
        w->if_exists = expect_word(p, KW_NOT) && expect_word(p, KW_EXISTS);
    }
    show_rest(p, w);
}

/* SHOW (PROCEDURE | FUNCTION | PACKAGE [BODY]) (STATUS filter | CODE name) */
static void show_routine(struct parser *p, struct show *w, enum show_kind status, enum show_kind code)
{
    accept_word(p, KW_BODY);
    if (accept_word(p, KW_STATUS)) {
        w->kind = (uint8_t)status;
        show_filter(p, w);
    } else {
        expect_word(p, KW_CODE);
        w->kind = (uint8_t)code;
        show_rest(p, w);
    }
}

/* SHOW COUNT(*) (WARNINGS | ERRORS) */
static void show_count(struct parser *p, struct show *w)
{
    advance(p);
    parse_skip_parens(p);
    w->kind = at_word(p, KW_ERRORS) ? SHOW_COUNT_ERRORS : SHOW_COUNT_WARNINGS;
    if (!accept_word(p, KW_ERRORS)) {
        expect_word(p, KW_WARNINGS);
    }
}

/* What the words of a kind are followed by. */
enum show_form { FORM_NONE, FORM_FILTER, FORM_SCHEMA, FORM_TABLE, FORM_LIMIT, FORM_REST };

struct show_row {
    uint16_t first, second; /* enum keyword; second KW_NONE: one word */
    uint8_t kind, form;
};

static const struct show_row rows[] = {
    {KW_DATABASES, 0, SHOW_DATABASES, FORM_FILTER},
    {KW_SCHEMAS, 0, SHOW_DATABASES, FORM_FILTER},
    {KW_TABLES, 0, SHOW_TABLES, FORM_SCHEMA},
    {KW_TABLE, KW_STATUS, SHOW_TABLE_STATUS, FORM_SCHEMA},
    {KW_OPEN, KW_TABLES, SHOW_OPEN_TABLES, FORM_SCHEMA},
    {KW_COLUMNS, 0, SHOW_COLUMNS, FORM_TABLE},
    {KW_FIELDS, 0, SHOW_COLUMNS, FORM_TABLE},
    {KW_INDEX, 0, SHOW_INDEX, FORM_TABLE},
    {KW_INDEXES, 0, SHOW_INDEX, FORM_TABLE},
    {KW_KEYS, 0, SHOW_INDEX, FORM_TABLE},
    {KW_TRIGGERS, 0, SHOW_TRIGGERS, FORM_SCHEMA},
    {KW_EVENTS, 0, SHOW_EVENTS, FORM_SCHEMA},
    {KW_VARIABLES, 0, SHOW_VARIABLES, FORM_FILTER},
    {KW_STATUS, 0, SHOW_STATUS, FORM_FILTER},
    {KW_WARNINGS, 0, SHOW_WARNINGS, FORM_LIMIT},
    {KW_ERRORS, 0, SHOW_ERRORS, FORM_LIMIT},
    {KW_PROCESSLIST, 0, SHOW_PROCESSLIST, FORM_NONE},
    {KW_STORAGE, KW_ENGINES, SHOW_ENGINES, FORM_NONE},
    {KW_ENGINES, 0, SHOW_ENGINES, FORM_NONE},
    {KW_ENGINE, 0, SHOW_ENGINE, FORM_REST},
    {KW_PLUGINS, 0, SHOW_PLUGINS, FORM_REST},
    {KW_PRIVILEGES, 0, SHOW_PRIVILEGES, FORM_NONE},
    {KW_GRANTS, 0, SHOW_GRANTS, FORM_REST},
    {KW_CHARACTER, KW_SET, SHOW_CHARSET, FORM_FILTER},
    {KW_CHARSET, 0, SHOW_CHARSET, FORM_FILTER},
    {KW_COLLATION, 0, SHOW_COLLATION, FORM_FILTER},
    {KW_PROFILES, 0, SHOW_PROFILES, FORM_NONE},
    {KW_PROFILE, 0, SHOW_PROFILE, FORM_REST},
    {KW_BINARY, KW_LOGS, SHOW_BINARY_LOGS, FORM_NONE},
    {KW_MASTER, KW_LOGS, SHOW_BINARY_LOGS, FORM_NONE},
    {KW_BINARY, KW_LOG, SHOW_BINARY_LOG_STATUS, FORM_REST},
    {KW_MASTER, KW_STATUS, SHOW_BINARY_LOG_STATUS, FORM_NONE},
    {KW_BINLOG, KW_STATUS, SHOW_BINARY_LOG_STATUS, FORM_NONE},
    {KW_BINLOG, KW_EVENTS, SHOW_BINLOG_EVENTS, FORM_REST},
    {KW_RELAYLOG, 0, SHOW_RELAYLOG_EVENTS, FORM_REST},
    {KW_SLAVE, KW_HOSTS, SHOW_REPLICAS, FORM_NONE},
    {KW_REPLICA, KW_HOSTS, SHOW_REPLICAS, FORM_NONE},
    {KW_REPLICAS, 0, SHOW_REPLICAS, FORM_NONE},
    {KW_SLAVE, KW_STATUS, SHOW_REPLICA_STATUS, FORM_REST},
    {KW_REPLICA, KW_STATUS, SHOW_REPLICA_STATUS, FORM_REST},
    {KW_ALL, KW_SLAVES, SHOW_REPLICA_STATUS, FORM_REST},
    {KW_ALL, KW_REPLICAS, SHOW_REPLICA_STATUS, FORM_REST},
};

static const struct show_row *find_row(const struct parser *p)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (at_word(p, (enum keyword)rows[i].first) &&
            (!rows[i].second || ahead_word(p, 1, (enum keyword)rows[i].second))) {
            return &rows[i];
        }
    }
    return NULL;
}

static void show_by_row(struct parser *p, struct show *w, const struct show_row *row)
{
    w->kind = row->kind;
    p->tok += row->second ? 2 : 1;
    switch (row->form) {
    case FORM_FILTER:
        show_filter(p, w);
        break;
    case FORM_SCHEMA:
        show_of_schema(p, w);
        break;
    case FORM_TABLE:
        show_of_table(p, w);
        break;
    case FORM_LIMIT:
        w->limit = at_word(p, KW_LIMIT) ? parse_limit(p) : NULL;
        break;
    case FORM_REST:
        show_rest(p, w);
        break;
    default:
        break;
    }
}

/* [FULL | EXTENDED | GLOBAL | SESSION | LOCAL] before the kind's own words */
static void show_modifiers(struct parser *p, struct show *w)
{
    for (;; advance(p)) {
        if (at_word(p, KW_FULL)) {
            w->full = true;
        } else if (at_word(p, KW_EXTENDED)) {
            w->extended = true;
        } else if (at_word(p, KW_GLOBAL)) {
            w->global = true;
        } else if (at_word(p, KW_SESSION) || at_word(p, KW_LOCAL)) {
            w->session = true;
        } else {
            return;
        }
    }
}

void parse_show(struct parser *p, struct stmt *s)
{
    struct show *w = parse_alloc(p, sizeof *w);
    if (!w) {
        return;
    }
    s->kind = STMT_SHOW;
    s->show = w;
    advance(p);
    struct ptoken *first = p->tok;
    show_modifiers(p, w);
    const struct show_row *row = find_row(p);
    if (row) {
        show_by_row(p, w, row);
    } else if (accept_word(p, KW_CREATE)) {
        show_create(p, w);
    } else if (accept_word(p, KW_PROCEDURE)) {
        show_routine(p, w, SHOW_PROCEDURE_STATUS, SHOW_PROCEDURE_CODE);
    } else if (accept_word(p, KW_FUNCTION)) {
        show_routine(p, w, SHOW_FUNCTION_STATUS, SHOW_FUNCTION_CODE);
    } else if (accept_word(p, KW_PACKAGE)) {
        show_routine(p, w, SHOW_PACKAGE_STATUS, SHOW_OTHER);
    } else if (at_word(p, KW_COUNT) && ahead(p, 1, TK_LPAREN)) {
        show_count(p, w);
    } else {
        p->tok = first;
        w->kind = SHOW_OTHER;
        if (at(p, TK_END)) {
            parse_fail(p);
        }
        show_rest(p, w);
    }
}

/* ---- EXPLAIN ---- */

/* Words that begin a statement that can be explained. */
static bool explainable(const struct parser *p)
{
    if (at(p, TK_LPAREN)) {
        return true;
    }
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_SELECT:
    case KW_WITH:
    case KW_TABLE:
    case KW_VALUES:
    case KW_INSERT:
    case KW_REPLACE:
    case KW_UPDATE:
    case KW_DELETE:
        return true;
    default:
        return false;
    }
}

/* EXPLAIN ROUTE takes more. ROUTE alone, or before a column's name, is a table. */
static bool at_route(const struct parser *p)
{
    if (!at_word(p, KW_ROUTE)) {
        return false;
    }
    switch (p->tok[1].kind == TK_WORD ? p->tok[1].word : KW_NONE) {
    case KW_NONE:
        return ahead(p, 1, TK_LPAREN);
    case KW_SELECT:
    case KW_WITH:
    case KW_TABLE:
    case KW_VALUES:
    case KW_INSERT:
    case KW_REPLACE:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_SET:
    case KW_SHOW:
    case KW_CALL:
    case KW_DO:
    case KW_CREATE:
    case KW_ALTER:
    case KW_DROP:
    case KW_RENAME:
    case KW_TRUNCATE:
    case KW_USE:
    case KW_LOAD:
    case KW_LOCK:
    case KW_GRANT:
    case KW_REVOKE:
    case KW_ANALYZE:
    case KW_OPTIMIZE:
    case KW_EXPLAIN:
    case KW_DESCRIBE:
    case KW_BEGIN:
    case KW_START:
    case KW_COMMIT:
    case KW_ROLLBACK:
    case KW_KILL:
        return true;
    default:
        return false;
    }
}

/* [ANALYZE] [EXTENDED | PARTITIONS] [FORMAT = x] [INTO @v] */
static void explain_options(struct parser *p, struct explain *x)
{
    for (;;) {
        if (at_word(p, KW_ANALYZE)) {
            x->analyze = true;
        } else if (at_word(p, KW_EXTENDED) && !ahead(p, 1, TK_END)) {
            x->extended = true;
        } else if (at_word(p, KW_PARTITIONS) && !ahead(p, 1, TK_END)) {
            x->partitions = true;
        } else if (at_word(p, KW_FORMAT) && ahead(p, 1, TK_EQ)) {
            p->tok += 2;
            x->format = p->tok->span;
        } else if (at_word(p, KW_INTO) && ahead(p, 1, TK_USERVAR)) {
            advance(p);
            p->stmt->facts |= FACT_VAR_WRITE;
        } else {
            return;
        }
        advance(p);
    }
}

/* table [column | 'pattern'] */
static void describe(struct parser *p, struct stmt *s, struct explain *x)
{
    s->kind = STMT_DESCRIBE;
    x->table = parse_table_name(p, TABLE_READ);
    if (x->table && !at(p, TK_END)) {
        parse_ident_or_text(p, &x->column);
    }
}

/* (EXPLAIN | DESCRIBE | DESC) ... | ANALYZE [FORMAT = x] statement, the first word taken by the caller's choice */
void parse_explain(struct parser *p, struct stmt *s)
{
    struct explain *x = parse_alloc(p, sizeof *x);
    if (!x) {
        return;
    }
    s->kind = STMT_EXPLAIN;
    s->explain = x;
    x->analyze = at_word(p, KW_ANALYZE);
    advance(p);
    if (at_route(p)) {
        s->kind = STMT_EXPLAIN_ROUTE;
        x->route = true;
        advance(p);
        x->stmt = s->inner = parse_inner(p, s);
        return;
    }
    explain_options(p, x);
    if (accept_words(p, KW_FOR, KW_CONNECTION)) {
        x->connection = parse_expr(p);
    } else if (explainable(p)) {
        x->stmt = s->inner = parse_inner(p, s);
    } else {
        describe(p, s, x);
    }
}
