/* Fuzzes the parser: any bytes under any mode give a tree or an error, quickly. The first two bytes choose the mode.
 * What must hold for a tree: literals and parameters are numbered as the fingerprint does, spans lie in their parents',
 * the table list is complete, and the dump of the statement's own span, parsed again, is the same. */
#include <stdlib.h>
#include <string.h>

#include "router/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool inside(struct span in, struct span around)
{
    return in.off >= around.off && span_end(in) <= span_end(around);
}

static enum walk on_expr(struct walker *w, struct expr *e)
{
    (void)w;
    must(e->span.len > 0 && inside(e->span, e->outer));
    for (uint32_t i = 0; i < e->nargs; i++) {
        must(inside(e->args[i]->outer, e->span) && e->args[i]->height < e->height);
    }
    return WALK_CONTINUE;
}

static enum walk on_query(struct walker *w, struct query *q)
{
    (void)w;
    must(q->span.len > 0 && inside(q->span, q->outer));
    return WALK_CONTINUE;
}

static enum walk on_from(struct walker *w, struct from *f)
{
    (void)w;
    must(f->table ? inside(f->table->span, f->table->whole) : inside(f->left->span, f->span));
    return WALK_CONTINUE;
}

static void check_tree(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a,
                       const struct parse_result *res)
{
    struct fingerprint f;
    uint32_t n = 0;
    must(fingerprint_sql(sql, len, mode, a, &f) == FINGERPRINT_OK);
    must(f.nliterals == res->nliterals && f.nparams == res->nparams && f.end == res->end);
    must(f.nliterals == 0 ||
         memcmp(&f.literals[f.nliterals - 1].span, &res->literals[f.nliterals - 1].span, sizeof(struct span)) == 0);
    for (const struct table_ref *t = res->stmt->tables; t; t = t->next) {
        must(t->index == n++ && span_end(t->span) <= len);
    }
    must(n == res->stmt->ntables);
    struct walker w = {on_expr, on_query, on_from, NULL};
    must(walk_stmt(&w, res->stmt));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct parse_result res, again;
    if (size < 2 || size > 1 << 20) {
        return 0;
    }
    struct lex_mode mode = {
        .flags = data[0] & 31,
        .charset = data[1] % 6,
        .dialect = data[1] & 64 ? LEX_MYSQL : LEX_MARIADB,
        .version = data[1] & 64 ? 90000 : 101100,
    };
    const char *sql = (const char *)data + 2;
    uint32_t len = (uint32_t)size - 2;
    arena_init(&a, 4096, (size_t)1 << 28);
    if (parse_sql(sql, len, &mode, &a, &res) == PARSE_OK) {
        check_tree(sql, len, &mode, &a, &res);
        /* two dashes at the end would become a comment; an executed comment cut by a ';' has no end */
        char *dump = ast_dump(res.stmt, sql, &a);
        if (sql[res.end - 1] != '-' && parse_sql(sql, res.end, &mode, &a, &again) == PARSE_OK) {
            char *dump_again = ast_dump(again.stmt, sql, &a);
            must(!dump || !dump_again || strcmp(dump, dump_again) == 0);
        }
    } else {
        char near[128];
        must(res.stmt == NULL && res.offset <= len);
        parse_near(&res, sql, len, near, sizeof near);
    }
    arena_deinit(&a);
    return 0;
}
