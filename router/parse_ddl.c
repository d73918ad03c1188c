/* CREATE, ALTER, DROP, RENAME, TRUNCATE of every kind of object; FLUSH and the statements about whole tables. Tables
 * and views are named in the statement's list of tables, everything else by ddl.schema and ddl.name; what follows an
 * object's name is read for tables, views and indexes only. */
#include "router/parse_int.h"

static struct ddl *new_ddl(struct parser *p, struct stmt *s, enum stmt_kind kind)
{
    s->kind = (uint8_t)kind;
    return s->ddl = parse_alloc(p, sizeof(struct ddl));
}

static void if_exists(struct parser *p, struct ddl *d)
{
    if (at_word(p, KW_IF) && ahead_word(p, 1, KW_NOT)) {
        p->tok += 2;
        d->if_not_exists = expect_word(p, KW_EXISTS);
    } else if (accept_word(p, KW_IF)) {
        d->if_exists = expect_word(p, KW_EXISTS);
    }
}

/* word = value, of DEFINER, ALGORITHM, SQL SECURITY; true: one was taken */
static bool view_option(struct parser *p)
{
    if (accept_word(p, KW_DEFINER)) {
        struct span account;
        expect(p, TK_EQ);
        parse_account(p, &account);
        return true;
    }
    if (accept_word(p, KW_ALGORITHM)) {
        expect(p, TK_EQ);
        advance(p);
        return true;
    }
    if (accept_words(p, KW_SQL, KW_SECURITY)) {
        advance(p);
        return true;
    }
    return false;
}

/* The words between the verb and the object. */
static void modifiers(struct parser *p, struct ddl *d)
{
    while (!p->error) {
        if (accept_words(p, KW_OR, KW_REPLACE)) {
            d->or_replace = true;
        } else if (accept_word(p, KW_TEMPORARY)) {
            d->temporary = true;
        } else if (at_word(p, KW_UNIQUE)) {
            d->unique = true;
            advance(p);
        } else if (accept_word(p, KW_ONLINE)) {
            d->online = true;
        } else if (!view_option(p) && !accept_word(p, KW_FULLTEXT) && !accept_word(p, KW_IGNORE) &&
                   !accept_word(p, KW_AGGREGATE) && !accept_word(p, KW_UNDO) && !accept_word(p, KW_LOADABLE) &&
                   !((at_word(p, KW_SPATIAL) || at_word(p, KW_VECTOR)) && ahead_word(p, 1, KW_INDEX) &&
                     accept_word(p, (enum keyword)p->tok->word))) {
            return;
        }
    }
}

static enum object_kind object_of(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_TABLE:
    case KW_TABLES:
        return OBJECT_TABLE;
    case KW_VIEW:
    case KW_MATERIALIZED:
        return OBJECT_VIEW;
    case KW_INDEX:
        return OBJECT_INDEX;
    case KW_DATABASE:
    case KW_SCHEMA:
        return OBJECT_DATABASE;
    case KW_PROCEDURE:
        return OBJECT_PROCEDURE;
    case KW_FUNCTION:
        return OBJECT_FUNCTION;
    case KW_TRIGGER:
        return OBJECT_TRIGGER;
    case KW_EVENT:
        return OBJECT_EVENT;
    case KW_USER:
        return OBJECT_USER;
    case KW_ROLE:
        return OBJECT_ROLE;
    case KW_SEQUENCE:
        return OBJECT_SEQUENCE;
    case KW_SERVER:
        return OBJECT_SERVER;
    case KW_TABLESPACE:
        return OBJECT_TABLESPACE;
    case KW_LOGFILE:
        return OBJECT_LOGFILE_GROUP;
    case KW_PACKAGE:
        return OBJECT_PACKAGE;
    case KW_RESOURCE:
        return OBJECT_RESOURCE_GROUP;
    case KW_SPATIAL:
        return OBJECT_SPATIAL_REFERENCE;
    case KW_INSTANCE:
        return OBJECT_INSTANCE;
    default:
        return OBJECT_OTHER;
    }
}

/* The object's word, and IF [NOT] EXISTS. */
static void object_word(struct parser *p, struct ddl *d)
{
    d->object = (uint8_t)object_of(p);
    d->object_word = p->tok->span;
    advance(p);
    if (d->object == OBJECT_PACKAGE) {
        accept_word(p, KW_BODY);
    }
    if_exists(p, d);
}

/* [schema .] name of an object that is no table, and nothing of the rest */
static void named_object(struct parser *p, struct ddl *d)
{
    struct span whole;
    if (is_ident(p, p->tok)) {
        parse_qualified(p, &d->schema, &d->name, &whole);
    }
}

/* ---- CREATE ---- */

/* VIEW name [( columns )] AS query [WITH [CASCADED | LOCAL] CHECK OPTION] */
static void create_view(struct parser *p, struct stmt *s, struct ddl *d)
{
    d->table = parse_table_name(p, TABLE_DDL);
    if (at(p, TK_LPAREN)) {
        parse_names_in_parens(p, NULL);
    }
    if (!expect_word(p, KW_AS)) {
        return;
    }
    s->query = parse_query(p);
    if (accept_word(p, KW_WITH)) {
        if (!accept_word(p, KW_CASCADED)) {
            accept_word(p, KW_LOCAL);
        }
        expect_word(p, KW_CHECK);
        expect_word(p, KW_OPTION);
    }
}

/* INDEX name [USING x] ON table ( parts ) ... */
static void create_index(struct parser *p, struct ddl *d)
{
    parse_ident(p, &d->name);
    if (accept_word(p, KW_USING)) {
        advance(p);
    }
    if (expect_word(p, KW_ON) && (d->table = parse_table_name(p, TABLE_DDL)) && at(p, TK_LPAREN)) {
        parse_skip_all(p);
    } else {
        parse_fail(p);
    }
}

/* TRIGGER name (BEFORE | AFTER) event ON table ... */
static void create_trigger(struct parser *p, struct ddl *d)
{
    named_object(p, d);
    while (!at(p, TK_END) && !at_word(p, KW_ON)) {
        advance(p);
    }
    if (expect_word(p, KW_ON)) {
        d->table = parse_table_name(p, TABLE_DDL);
        parse_skip_all(p);
    }
}

static void create(struct parser *p, struct stmt *s, struct ddl *d)
{
    switch (d->object) {
    case OBJECT_TABLE:
        parse_create_table(p, s, d);
        break;
    case OBJECT_VIEW:
        create_view(p, s, d);
        break;
    case OBJECT_INDEX:
        create_index(p, d);
        break;
    case OBJECT_TRIGGER:
        create_trigger(p, d);
        break;
    case OBJECT_SEQUENCE:
        if ((d->table = parse_table_name(p, TABLE_DDL))) {
            d->table->kind = TABLE_SEQUENCE;
        }
        parse_skip_all(p);
        break;
    default:
        named_object(p, d);
        parse_skip_all(p);
    }
}

/* ---- ALTER ---- */

static void alter(struct parser *p, struct stmt *s, struct ddl *d)
{
    switch (d->object) {
    case OBJECT_TABLE:
        parse_alter_table(p, s, d);
        break;
    case OBJECT_VIEW:
        create_view(p, s, d);
        break;
    case OBJECT_SEQUENCE:
        create(p, s, d);
        break;
    default:
        named_object(p, d);
        parse_skip_all(p);
    }
}

/* ---- DROP ---- */

static void drop(struct parser *p, struct ddl *d)
{
    switch (d->object) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_SEQUENCE: {
        struct table_ref **first = p->table_tail;
        parse_table_names(p, TABLE_DDL);
        d->table = *first;
        for (struct table_ref *t = *first; t && d->object == OBJECT_SEQUENCE; t = t->next) {
            t->kind = TABLE_SEQUENCE;
        }
        if (accept_word(p, KW_WAIT)) {
            advance(p);
        } else {
            accept_word(p, KW_NOWAIT);
        }
        if (!accept_word(p, KW_RESTRICT)) {
            accept_word(p, KW_CASCADE);
        }
        break;
    }
    case OBJECT_INDEX:
        if (at_word(p, KW_PRIMARY)) {
            d->name = p->tok->span;
            advance(p);
        } else {
            parse_ident(p, &d->name);
        }
        if (expect_word(p, KW_ON)) {
            d->table = parse_table_name(p, TABLE_DDL);
            parse_skip_all(p);
        }
        break;
    default:
        named_object(p, d);
        parse_skip_all(p);
    }
}

/* ---- RENAME, TRUNCATE ---- */

/* RENAME (TABLE | TABLES) a TO b {, c TO d} | RENAME USER ... */
static void rename_(struct parser *p, struct ddl *d)
{
    struct table_ref **first = p->table_tail;
    if (d->object != OBJECT_TABLE) {
        parse_skip_all(p);
        return;
    }
    do {
        parse_table_name(p, TABLE_DDL);
        if (accept_word(p, KW_WAIT)) {
            advance(p);
        } else {
            accept_word(p, KW_NOWAIT);
        }
        expect_word(p, KW_TO);
        parse_table_name(p, TABLE_DDL);
    } while (accept(p, TK_COMMA));
    d->table = *first;
}

static void truncate_(struct parser *p, struct ddl *d)
{
    d->object = OBJECT_TABLE;
    accept_word(p, KW_TABLE);
    d->table = parse_table_name(p, TABLE_DDL);
    if (accept_word(p, KW_WAIT)) {
        advance(p);
    } else {
        accept_word(p, KW_NOWAIT);
    }
}

void parse_ddl(struct parser *p, struct stmt *s)
{
    unsigned verb = p->tok->word;
    struct ddl *d = new_ddl(p, s,
                            verb == KW_CREATE   ? STMT_CREATE
                            : verb == KW_ALTER  ? STMT_ALTER
                            : verb == KW_DROP   ? STMT_DROP
                            : verb == KW_RENAME ? STMT_RENAME
                                                : STMT_TRUNCATE);
    advance(p);
    if (!d) {
        return;
    }
    if (verb == KW_TRUNCATE) {
        truncate_(p, d);
        return;
    }
    modifiers(p, d);
    if (!at(p, TK_WORD)) {
        parse_fail(p);
        return;
    }
    object_word(p, d);
    switch (verb) {
    case KW_CREATE:
        create(p, s, d);
        break;
    case KW_ALTER:
        alter(p, s, d);
        break;
    case KW_DROP:
        drop(p, d);
        break;
    default:
        rename_(p, d);
    }
}

/* ---- whole tables ---- */

/* (ANALYZE | OPTIMIZE | CHECK | REPAIR | CHECKSUM) [LOCAL | NO_WRITE_TO_BINLOG] (TABLE | TABLES | VIEW) names ... */
void parse_table_admin(struct parser *p, struct stmt *s)
{
    s->kind = at_word(p, KW_ANALYZE)    ? STMT_ANALYZE_TABLE
              : at_word(p, KW_OPTIMIZE) ? STMT_OPTIMIZE_TABLE
              : at_word(p, KW_CHECK)    ? STMT_CHECK_TABLE
              : at_word(p, KW_REPAIR)   ? STMT_REPAIR_TABLE
                                        : STMT_CHECKSUM_TABLE;
    uint8_t access = s->kind == STMT_CHECKSUM_TABLE || s->kind == STMT_CHECK_TABLE ? TABLE_READ : TABLE_DDL;
    advance(p);
    if (!accept_word(p, KW_LOCAL)) {
        accept_word(p, KW_NO_WRITE_TO_BINLOG);
    }
    if (!accept_word(p, KW_TABLE) && !accept_word(p, KW_TABLES) && !accept_word(p, KW_VIEW)) {
        parse_fail(p);
        return;
    }
    do {
        if (!parse_table_name(p, access)) {
            return;
        }
    } while (accept(p, TK_COMMA));
    parse_skip_all(p);
}

/* FLUSH [LOCAL | NO_WRITE_TO_BINLOG] (TABLES [names] ... | words) */
void parse_flush(struct parser *p, struct stmt *s)
{
    s->kind = STMT_FLUSH;
    advance(p);
    if (!accept_word(p, KW_LOCAL)) {
        accept_word(p, KW_NO_WRITE_TO_BINLOG);
    }
    if (at(p, TK_END)) {
        parse_fail(p);
        return;
    }
    if ((accept_word(p, KW_TABLES) || accept_word(p, KW_TABLE)) && is_ident(p, p->tok)) {
        parse_table_names(p, TABLE_LOCK);
    }
    parse_skip_all(p);
}
