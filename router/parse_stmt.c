/* Which statement is it? The first word decides, and each kind has its function. */
#include "router/parse_int.h"

/* WITH ... (SELECT | UPDATE | DELETE), (SELECT ...), SELECT, TABLE, VALUES */
static void parse_select(struct parser *p, struct stmt *s)
{
    s->kind = STMT_SELECT;
    s->query = parse_query(p);
}

/* A WITH before UPDATE or DELETE belongs to the statement; before anything else to its query. The CTEs' parentheses
 * tell where they end. */
static void parse_with_stmt(struct parser *p, struct stmt *s)
{
    const struct ptoken *t = p->tok + 1;
    while (t < p->end) {
        if (t->kind == TK_LPAREN) {
            if (t->n == UINT32_MAX) {
                break;
            }
            t = p->tokens + t->n + 1;
            continue;
        }
        if (t->kind == TK_WORD && (t->word == KW_UPDATE || t->word == KW_DELETE || t->word == KW_SELECT)) {
            break;
        }
        t++;
    }
    if (t->kind != TK_WORD || t->word == KW_SELECT) {
        parse_select(p, s);
        return;
    }
    struct with *with = parse_with(p);
    if (at_word(p, KW_UPDATE)) {
        parse_update(p, s);
    } else if (at_word(p, KW_DELETE)) {
        parse_delete(p, s);
    } else {
        parse_fail(p);
    }
    s->with = with;
}

static void parse_use(struct parser *p, struct stmt *s)
{
    s->kind = STMT_USE;
    s->use_ = parse_alloc(p, sizeof *s->use_);
    advance(p);
    if (s->use_) {
        parse_ident(p, &s->use_->schema);
    }
}

/* Recognised by kind alone. */
static void parse_words(struct parser *p, struct stmt *s, enum stmt_kind kind)
{
    s->kind = (uint8_t)kind;
    parse_skip_all(p);
}

/* Words that begin statements we know by name only (STMT_OTHER). Anything else is an error. */
static bool known_verb(unsigned word)
{
    switch (word) {
    case KW_BACKUP:
    case KW_BINLOG:
    case KW_CHANGE:
    case KW_CLONE:
    case KW_IMPORT:
    case KW_INSTALL:
    case KW_PURGE:
    case KW_RESET:
    case KW_RESTART:
    case KW_SHUTDOWN:
    case KW_STOP:
    case KW_START:
    case KW_UNINSTALL:
    case KW_RETURN:
    case KW_IF:
    case KW_LOOP:
    case KW_WHILE:
    case KW_REPEAT:
    case KW_CASE:
    case KW_FOR:
        return true;
    default:
        return false;
    }
}

static void parse_rows(struct parser *p, struct stmt *s)
{
    switch (p->tok->word) {
    case KW_WITH:
        parse_with_stmt(p, s);
        break;
    case KW_INSERT:
    case KW_REPLACE:
        parse_insert(p, s);
        break;
    case KW_UPDATE:
        parse_update(p, s);
        break;
    case KW_DELETE:
        parse_delete(p, s);
        break;
    default:
        parse_select(p, s);
    }
}

static void parse_by_word(struct parser *p, struct stmt *s)
{
    switch (p->tok->word) {
    case KW_SELECT:
    case KW_WITH:
    case KW_TABLE:
    case KW_VALUES:
    case KW_INSERT:
    case KW_REPLACE:
    case KW_UPDATE:
    case KW_DELETE:
        parse_rows(p, s);
        break;
    case KW_LOAD:
        parse_load(p, s);
        break;
    case KW_CALL:
        parse_call_stmt(p, s);
        break;
    case KW_DO:
        parse_do(p, s);
        break;
    case KW_HANDLER:
        parse_handler(p, s);
        break;
    case KW_SET:
        parse_set(p, s);
        break;
    case KW_USE:
        parse_use(p, s);
        break;
    case KW_SHOW:
        parse_show(p, s);
        break;
    case KW_EXPLAIN:
    case KW_DESCRIBE:
    case KW_DESC:
        parse_explain(p, s);
        break;
    case KW_ANALYZE:
        if (ahead_word(p, 1, KW_TABLE) || ahead_word(p, 1, KW_TABLES) || ahead_word(p, 1, KW_LOCAL) ||
            ahead_word(p, 1, KW_NO_WRITE_TO_BINLOG)) {
            parse_table_admin(p, s);
        } else {
            parse_explain(p, s);
        }
        break;
    case KW_OPTIMIZE:
    case KW_CHECK:
    case KW_REPAIR:
    case KW_CHECKSUM:
        parse_table_admin(p, s);
        break;
    case KW_BEGIN:
    case KW_COMMIT:
    case KW_ROLLBACK:
    case KW_SAVEPOINT:
    case KW_RELEASE:
        parse_trx(p, s);
        break;
    case KW_START:
        if (ahead_word(p, 1, KW_TRANSACTION)) {
            parse_trx(p, s);
        } else {
            parse_words(p, s, STMT_OTHER);
        }
        break;
    case KW_XA:
        parse_xa(p, s);
        break;
    case KW_LOCK:
        parse_lock(p, s);
        break;
    case KW_UNLOCK:
        parse_unlock(p, s);
        break;
    case KW_PREPARE:
    case KW_EXECUTE:
    case KW_DEALLOCATE:
        parse_prepare(p, s);
        break;
    case KW_KILL:
        parse_kill(p, s);
        break;
    case KW_GET:
    case KW_SIGNAL:
    case KW_RESIGNAL:
        parse_diagnostics(p, s);
        break;
    case KW_DROP:
        if (ahead_word(p, 1, KW_PREPARE)) {
            parse_prepare(p, s);
        } else {
            parse_ddl(p, s);
        }
        break;
    case KW_CREATE:
    case KW_ALTER:
    case KW_RENAME:
    case KW_TRUNCATE:
        parse_ddl(p, s);
        break;
    case KW_FLUSH:
        parse_flush(p, s);
        break;
    case KW_GRANT:
        parse_words(p, s, STMT_GRANT);
        break;
    case KW_REVOKE:
        parse_words(p, s, STMT_REVOKE);
        break;
    case KW_HELP:
        parse_words(p, s, STMT_HELP);
        break;
    case KW_CACHE:
        parse_words(p, s, STMT_CACHE_INDEX);
        break;
    default:
        if (known_verb(p->tok->word)) {
            parse_words(p, s, STMT_OTHER);
        } else {
            parse_fail(p);
        }
    }
}

bool parse_statement(struct parser *p, struct stmt *s)
{
    if (!parse_enter(p)) {
        return false;
    }
    if (at(p, TK_LPAREN) && starts_query(p)) {
        parse_select(p, s);
    } else if (at(p, TK_WORD)) {
        parse_by_word(p, s);
    } else {
        parse_fail(p);
    }
    parse_leave(p);
    return !p->error;
}

struct stmt *parse_inner(struct parser *p, struct stmt *outer)
{
    struct stmt *s = parse_alloc(p, sizeof *s);
    struct table_ref **tables = p->table_tail;
    struct call **calls = p->call_tail;
    uint32_t start = here(p), ntables = p->stmt->ntables;
    if (!s) {
        return NULL;
    }
    for (unsigned i = 0; i < 3 && p->tok[i].kind == TK_WORD; i++) {
        s->words[i] = p->tok[i].word;
    }
    if (!parse_statement(p, s)) {
        return NULL;
    }
    s->span = span_from(p, start);
    s->tables = *tables;
    s->calls = *calls;
    s->ntables = p->stmt->ntables - ntables;
    s->nparams = p->nparams;
    s->facts |= p->stmt->facts;
    outer->facts |= s->facts;
    return s;
}
