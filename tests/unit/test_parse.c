#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "router/parse.h"

static struct arena arena;
static struct lex_mode mode;

static void setup(void)
{
    arena_init(&arena, 65536, (size_t)1 << 28);
    mode = (struct lex_mode){.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
}

static void teardown(void)
{
    arena_deinit(&arena);
}

static struct stmt *parsed(const char *sql)
{
    struct parse_result res;
    parse_sql(sql, (uint32_t)strlen(sql), &mode, &arena, &res);
    ck_assert_msg(res.error == PARSE_OK, "%s: error %d at %u", sql, res.error, res.offset);
    return res.stmt;
}

static int error_of(const char *sql)
{
    struct parse_result res;
    return parse_sql(sql, (uint32_t)strlen(sql), &mode, &arena, &res);
}

static const char *text(const char *sql, struct span s)
{
    return arena_copy(&arena, sql + s.off, s.len);
}

#define ck_text(sql, span, expected) ck_assert_str_eq(text(sql, span), expected)

/* ---- what the planner asks ---- */

START_TEST(test_point_select)
{
    static const char sql[] = "SELECT c, k AS kk FROM shop.sbtest1 AS s WHERE s.id = 12345 LIMIT 10, 5";
    struct stmt *s = parsed(sql);
    ck_assert_int_eq(s->kind, STMT_SELECT);
    ck_assert_uint_eq(s->facts, 0);
    ck_assert_uint_eq(s->ntables, 1);
    ck_text(sql, s->tables->schema, "shop");
    ck_text(sql, s->tables->name, "sbtest1");
    ck_text(sql, s->tables->alias, "s");
    ck_text(sql, s->tables->span, "shop.sbtest1");
    ck_text(sql, s->tables->whole, "shop.sbtest1 AS s");
    ck_assert_int_eq(s->tables->kind, TABLE_BASE);
    ck_assert_int_eq(s->tables->access, TABLE_READ);
    struct block *b = s->query->block;
    ck_assert_ptr_eq(s->tables->block, b);
    ck_assert_uint_eq(b->nitems, 2);
    ck_text(sql, b->items_span, "c, k AS kk");
    ck_text(sql, b->items->next->span, "k AS kk");
    ck_text(sql, b->items->next->alias, "kk");
    ck_text(sql, b->from_span, "FROM shop.sbtest1 AS s");
    ck_text(sql, b->where_span, "WHERE s.id = 12345");
    ck_assert_int_eq(b->where->kind, EX_OP);
    ck_assert_int_eq(b->where->op, OP_EQ);
    ck_text(sql, b->where->args[0]->column.table, "s");
    ck_assert_int_eq(b->where->args[1]->kind, EX_LITERAL);
    ck_assert_uint_eq(b->where->args[1]->literal.index, 0);
    ck_text(sql, s->query->limit->span, "LIMIT 10, 5");
    ck_assert_uint_eq(s->query->limit->offset->literal.index, 1);
    ck_assert_uint_eq(s->query->limit->count->literal.index, 2);
    ck_text(sql, s->query->span, sql);
}
END_TEST

START_TEST(test_insert_spans)
{
    static const char sql[] = "INSERT INTO t (a, b) VALUES (1, 'x'), ( 2 , ? ) ON DUPLICATE KEY UPDATE b = VALUES(b)";
    struct insert *i = parsed(sql)->insert;
    ck_text(sql, i->columns_span, "(a, b)");
    ck_text(sql, i->columns->span, "a, b");
    ck_assert_uint_eq(i->nrows, 2);
    ck_text(sql, i->rows_span, "(1, 'x'), ( 2 , ? )");
    ck_text(sql, i->rows[1]->span, "( 2 , ? )");
    ck_text(sql, i->rows[0]->v[1]->span, "'x'");
    ck_assert_int_eq(i->rows[1]->v[1]->kind, EX_PARAM);
    ck_text(sql, i->on_duplicate_span, "ON DUPLICATE KEY UPDATE b = VALUES(b)");
    ck_assert_int_eq(i->on_duplicate->value->kind, EX_VALUES);
    ck_assert_int_eq(i->table->access, TABLE_WRITE);
}
END_TEST

/* Which tables does a statement write? */
START_TEST(test_written_tables)
{
    static const struct {
        const char *sql;
        uint8_t access[3];
    } cases[] = {
        {"update t set a = 1", {TABLE_READ | TABLE_WRITE}},
        {"update t, u set t.a = u.a", {TABLE_READ | TABLE_WRITE, TABLE_READ}},
        {"update t x join u y using (id) set y.a = 1", {TABLE_READ, TABLE_READ | TABLE_WRITE}},
        {"update t, u set a = 1", {TABLE_READ | TABLE_MAYBE_WRITE, TABLE_READ | TABLE_MAYBE_WRITE}},
        {"delete from t where a in (select b from u)", {TABLE_READ | TABLE_WRITE, TABLE_READ}},
        {"delete x from t x, u", {TABLE_READ | TABLE_WRITE, TABLE_READ}},
        {"delete from x, y using t x join u y join v",
         {TABLE_READ | TABLE_WRITE, TABLE_READ | TABLE_WRITE, TABLE_READ}},
        {"insert into t select * from u, v", {TABLE_WRITE, TABLE_READ, TABLE_READ}},
        {"create table t as select * from u", {TABLE_DDL, TABLE_READ}},
        {"load data local infile 'x' into table t", {TABLE_WRITE}},
        {"lock tables t read, u write", {TABLE_LOCK, TABLE_LOCK | TABLE_WRITE}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned n = 0;
        for (struct table_ref *t = parsed(cases[i].sql)->tables; t; t = t->next) {
            ck_assert_msg(t->access == cases[i].access[n], "%s: table %u has %u", cases[i].sql, n, t->access);
            n++;
        }
        ck_assert_msg(n == 3 || cases[i].access[n] == 0, "%s: %u tables", cases[i].sql, n);
    }
}
END_TEST

START_TEST(test_cte_scopes)
{
    static const char sql[] = "with a as (select * from t), b as (select * from a, b) "
                              "select * from a join b join shop.a join (with t as (select 1) select * from t) x, t";
    static const uint8_t kinds[] = {TABLE_BASE, TABLE_CTE,     TABLE_BASE, TABLE_CTE, TABLE_CTE,
                                    TABLE_BASE, TABLE_DERIVED, TABLE_CTE,  TABLE_BASE};
    unsigned n = 0;
    for (struct table_ref *t = parsed(sql)->tables; t; t = t->next, n++) {
        ck_assert_msg(t->kind == kinds[n], "%u: %s", n, text(sql, t->span));
        ck_assert_int_eq(t->used_by_with, n < 3);
    }
    ck_assert_uint_eq(n, sizeof kinds);
    struct stmt *s = parsed("with recursive r as (select 1 union select * from r) select * from R");
    ck_assert_int_eq(s->tables->kind, TABLE_CTE);
    ck_assert(s->tables->cte->recursive);
    s = parsed("with r as (select * from r) select 1");
    ck_assert_int_eq(s->tables->kind, TABLE_BASE);
}
END_TEST

START_TEST(test_facts)
{
    static const struct {
        const char *sql;
        uint32_t facts;
    } cases[] = {
        {"select 1", 0},
        {"select count(*) from t", FACT_AGGREGATE},
        {"select count(*) over () from t", FACT_WINDOW},
        {"select rank() over w from t window w as (order by a)", FACT_WINDOW},
        {"select @a", FACT_VAR_READ},
        {"select @a := 1", FACT_VAR_WRITE},
        {"select 1 into @a", FACT_VAR_WRITE | FACT_INTO},
        {"set @a = 1", FACT_VAR_WRITE},
        {"set @a = @b", FACT_VAR_WRITE | FACT_VAR_READ},
        {"select @@version", FACT_SYSVAR},
        {"select last_insert_id()", FACT_LAST_INSERT_ID | FACT_SESSION_FUNCTION | FACT_SIDE_EFFECT},
        {"select found_rows()", FACT_FOUND_ROWS | FACT_SESSION_FUNCTION},
        {"select row_count()", FACT_ROW_COUNT | FACT_SESSION_FUNCTION},
        {"select connection_id()", FACT_CONNECTION_ID | FACT_SESSION_FUNCTION},
        {"do get_lock('a', 1)", FACT_LOCK_FUNCTION | FACT_SESSION_FUNCTION | FACT_SIDE_EFFECT},
        {"select sleep(1)", FACT_SLEEP | FACT_SIDE_EFFECT},
        {"select next value for s", FACT_NEXTVAL | FACT_SIDE_EFFECT},
        {"select 1 for update", FACT_LOCKING},
        {"select 1\n  lock\n in share mode", FACT_LOCKING},
        {"select * from (select a from t for update) x", FACT_LOCKING | FACT_DERIVED},
        {"select a from t into outfile 'x'", FACT_INTO},
        {"select sql_calc_found_rows a from t", FACT_CALC_FOUND_ROWS},
        {"select now()", FACT_NONDETERMINISTIC},
        {"select uuid(), current_date", FACT_NONDETERMINISTIC},
        {"select (select 1)", FACT_SUBQUERY},
        {"with c as (select 1) select * from c", FACT_CTE},
        {"select 1 union select 2", FACT_SET_OPERATION},
        {"select foo()", FACT_STORED_FUNCTION},
        {"select shop.count(1)", FACT_STORED_FUNCTION},
        {"select load_file('x')", FACT_SERVER_FUNCTION},
        {"select database()", FACT_SESSION_FUNCTION},
        {"delete a from a, b", FACT_MULTI_TABLE},
        {"select /*! 1 */", FACT_VERSION_COMMENT},
        {"select /*+ x */ 1", FACT_OPTIMIZER_HINT},
        {"explain select count(*) from t", FACT_AGGREGATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t facts = parsed(cases[i].sql)->facts;
        ck_assert_msg(facts == cases[i].facts, "%s: %x, not %x", cases[i].sql, facts, cases[i].facts);
    }
}
END_TEST

START_TEST(test_calls_in_order)
{
    static const char sql[] = "select concat(a, now()), (select foo(uuid())) from t where b = last_insert_id()";
    static const char *const expected[] = {"now()", "uuid()", "foo(uuid())", "last_insert_id()"};
    unsigned n = 0;
    struct stmt *s = parsed(sql);
    for (struct call *c = s->calls; c; c = c->next, n++) {
        ck_assert_uint_lt(n, 4);
        ck_text(sql, c->expr->span, expected[n]);
    }
    ck_assert_uint_eq(n, 4);
    ck_assert_ptr_eq(s->calls->block, s->query->block);
    ck_assert_ptr_ne(s->calls->next->block, s->query->block);
}
END_TEST

START_TEST(test_expression_flags)
{
    static const struct {
        const char *sql;
        unsigned flags;
    } cases[] = {
        {"select 1", EXPR_CONSTANT},
        {"select 1 + ?", EXPR_CONSTANT},
        {"select concat('a', abs(-1))", EXPR_CONSTANT},
        {"select now() + interval 1 day", EXPR_CONSTANT | EXPR_VOLATILE},
        {"select a + 1", 0},
        {"select sum(a) + 1", EXPR_AGGREGATE},
        {"select max(1)", EXPR_AGGREGATE},
        {"select sum(a) over ()", EXPR_WINDOW},
        {"select (select sum(a) from t)", EXPR_SUBQUERY | EXPR_PARENS},
        {"select 1 in (select 1)", EXPR_SUBQUERY},
        {"select @a", EXPR_VOLATILE},
        {"select foo(1)", EXPR_VOLATILE},
        {"select case when 1 then 2 end", EXPR_CONSTANT},
        {"select (1)", EXPR_CONSTANT | EXPR_PARENS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned flags = parsed(cases[i].sql)->query->block->items->expr->flags;
        unsigned expected = cases[i].flags;
        if (strstr(cases[i].sql, "(select sum")) { /* its parentheses are its own */
            expected &= ~(unsigned)EXPR_PARENS;
        }
        ck_assert_msg(flags == expected, "%s: %x", cases[i].sql, flags);
    }
}
END_TEST

START_TEST(test_parentheses_have_outer_spans)
{
    static const char sql[] = "select ((a + b)) * c";
    struct expr *e = parsed(sql)->query->block->items->expr;
    ck_text(sql, e->span, "((a + b)) * c");
    ck_text(sql, e->args[0]->span, "a + b");
    ck_text(sql, e->args[0]->outer, "((a + b))");
}
END_TEST

START_TEST(test_set_values)
{
    static const char sql[] = "SET NAMES 'utf8mb4', SESSION sql_mode = 'ANSI', @@global.x = ON, @u = 5, @@y := DEFAULT";
    struct setting *v = parsed(sql)->settings;
    ck_assert_int_eq(v->target, SETTING_NAMES);
    v = v->next;
    ck_assert_int_eq(v->target, SETTING_VARIABLE);
    ck_assert_int_eq(v->scope, SCOPE_SESSION);
    ck_text(sql, v->name, "sql_mode");
    v = v->next;
    ck_assert_int_eq(v->scope, SCOPE_GLOBAL);
    ck_assert_int_eq(v->value->kind, EX_KEYWORD);
    ck_text(sql, v->value->name, "ON");
    v = v->next;
    ck_assert_int_eq(v->target, SETTING_USERVAR);
    ck_text(sql, v->name, "u");
    v = v->next;
    ck_assert_int_eq(v->scope, SCOPE_SESSION);
    ck_assert_int_eq(v->value->kind, EX_DEFAULT);
    ck_assert_ptr_null(v->next);
}
END_TEST

START_TEST(test_explain_shares_tables)
{
    struct stmt *s = parsed("explain route update t set a = 1 where b = 2");
    ck_assert_int_eq(s->kind, STMT_EXPLAIN_ROUTE);
    ck_assert_int_eq(s->explain->stmt->kind, STMT_UPDATE);
    ck_assert_uint_eq(s->ntables, 1);
    ck_assert_ptr_eq(s->tables, s->explain->stmt->tables);
    s = parsed("set statement max_statement_time = 1 for select sleep(1) from t");
    ck_assert_int_eq(s->inner->kind, STMT_SELECT);
    ck_assert(s->facts & FACT_SLEEP);
    ck_assert_uint_eq(s->inner->ntables, 1);
}
END_TEST

/* R2: what is not understood is refused, nothing is dropped. */
START_TEST(test_trap_R2_no_rest_is_dropped)
{
    static const char *const cases[] = {
        "delete from t wher id=1",
        "delete from t where id=1 foo",
        "update t set a=1 whre id=1",
        "update t set a=1 where id=1 limit 1 2",
        "insert into t values (1) on duplicate key",
        "select a from t where b = 1 2",
        "select a from t where b = 1 limit 1 for",
        "select a from t; select b from t",
        "set a = 1 b = 2",
        "replace into t values (1) where a = 1",
        "truncate t where a = 1",
        "use a b",
        "commit foo",
        "drop table t where a",
        "call p(1) 2",
        "begin 1",
        "kill 5 6",
        "show tables foo bar",
        "select 1 from t where a in (1, 2",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(error_of(cases[i]) == PARSE_SYNTAX, "%s", cases[i]);
    }
}
END_TEST

/* ---- limits ---- */

static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
    char *sql = malloc(strlen(head) + strlen(piece) * n + strlen(tail) + 1), *p = stpcpy(sql, head);
    for (size_t i = 0; i < n; i++) {
        p = stpcpy(p, piece);
    }
    strcpy(p, tail);
    return sql;
}

static void expect_error(const char *head, const char *piece, size_t n, const char *tail, int error)
{
    char *sql = repeat(head, piece, n, tail);
    int got = error_of(sql);
    ck_assert_msg(got == error, "%s%s... x %zu: %d", head, piece, n, got);
    free(sql);
    arena_reset(&arena);
}

START_TEST(test_depth_is_limited)
{
    expect_error("select ", "(", 50000, "1", PARSE_DEPTH);
    expect_error("select ", "not ", 50000, "1", PARSE_DEPTH);
    expect_error("select ", "- ", 50000, "1", PARSE_DEPTH);
    expect_error("select ", "(select ", 50000, "1", PARSE_DEPTH);
    expect_error("select ", "f(", 50000, "1", PARSE_DEPTH);
    expect_error("select ", "case when ", 50000, "1", PARSE_DEPTH);
    expect_error("select 1", "+1", 50000, "", PARSE_DEPTH);
    expect_error("select 1", " between 1 and 1", 50000, "", PARSE_DEPTH);
    expect_error("select * from ", "(", 50000, "t", PARSE_DEPTH);
    expect_error("select * from t", " join t", 50000, "", PARSE_DEPTH);
    expect_error("select * from t", ", t", 50000, "", PARSE_DEPTH);
    expect_error("select * from t", " left join t on 1", 50000, "", PARSE_DEPTH);
    expect_error("select 1", " union select 1", 50000, "", PARSE_DEPTH);
    expect_error("with a as (select 1)", ", a as (select 1)", 5000, " select 1", PARSE_DEPTH);
    expect_error("", "explain route ", 5000, "select 1", PARSE_DEPTH);
    /* what applications write */
    expect_error("select 1 from t where a = 1", " or a = 1", 50000, "", PARSE_OK);
    expect_error("select 1 from t where a in (1", ", 1", 50000, ")", PARSE_OK);
    expect_error("select 1", "+1", 1000, "", PARSE_OK);
    expect_error("select 1", " union all select 1", 2000, "", PARSE_OK);
    expect_error("select * from t", " join t on 1", 200, "", PARSE_OK);
}
END_TEST

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double time_of(const char *head, const char *piece, size_t n, const char *tail)
{
    char *sql = repeat(head, piece, n, tail);
    double before = seconds();
    error_of(sql);
    double after = seconds() - before;
    free(sql);
    arena_reset(&arena);
    return after;
}

/* Eight times the text takes not much more than eight times as long, whether it parses or not. */
START_TEST(test_time_is_linear)
{
    static const struct {
        const char *head, *piece, *tail;
    } cases[] = {
        {"select ", "(", ""},
        {"select ", "((((((1)))))),", "1"},
        {"select ", "(select 1),", "1"},
        {"select 1 from t where ", "a between 1 and 2 and ", "1"},
        {"select 1 from t where a in (", "(1, 2), ", "1)"},
        {"insert into t values (1)", ", (2, 'abc')", ""},
        {"select ", "interval (1) day + ", ""},
        {"select ", "`", ""},
        {"select ", "/*", ""},
        {"select ", "'a' ", ""},
        {"set a = 1", ", b = 2", ""},
        {"create table t (a int", ", b varchar(10) default 'x'", ")"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        time_of(cases[i].head, cases[i].piece, 20000, cases[i].tail);
        double one = time_of(cases[i].head, cases[i].piece, 20000, cases[i].tail);
        double eight = time_of(cases[i].head, cases[i].piece, 160000, cases[i].tail);
        ck_assert_msg(eight < 40 * one + 0.05, "%s%s...: %f s, %f s", cases[i].head, cases[i].piece, one, eight);
    }
}
END_TEST

/* Memory ends at any point: an error each time, never a tree with holes. */
START_TEST(test_every_ceiling)
{
    static const char sql[] =
        "with c as (select a, count(*) over (order by b) from t group by 1) select /*+ x */ *, f(1) "
        "from c join (select 1) d using (a) where a in (1, 2) or exists (select 1) order by 2";
    unsigned ok = 0, refused = 0;
    for (size_t ceiling = 256; ceiling < 32768; ceiling += 64) {
        struct arena small;
        struct parse_result res;
        arena_init(&small, 256, ceiling);
        int error = parse_sql(sql, sizeof sql - 1, &mode, &small, &res);
        ck_assert(error == PARSE_OK || error == PARSE_MEMORY);
        ck_assert((res.stmt != NULL) == (error == PARSE_OK));
        ok += error == PARSE_OK;
        refused += error == PARSE_MEMORY;
        if (!error) {
            ast_dump(res.stmt, sql, &small);
        }
        arena_deinit(&small);
    }
    ck_assert_uint_gt(ok, 10);
    ck_assert_uint_gt(refused, 10);
}
END_TEST

START_TEST(test_error_text)
{
    static const char sql[] =
        "select a\nfrom t\nwhere b = = 'a long text that goes on and on and on and on and on and on "
        "and on and on and on'";
    struct parse_result res;
    char near[256];
    ck_assert_int_eq(parse_sql(sql, sizeof sql - 1, &mode, &arena, &res), PARSE_SYNTAX);
    parse_near(&res, sql, sizeof sql - 1, near, sizeof near);
    ck_assert_uint_eq(res.line, 3);
    ck_assert_str_eq(near, "near '= 'a long text that goes on and on and on and on and on and on and on and on and'"
                           " at line 3");
    ck_assert_int_eq(parse_sql(" -- x", 5, &mode, &arena, &res), PARSE_EMPTY);
}
END_TEST

/* ---- walking ---- */

struct seen {
    unsigned exprs, queries, froms, columns;
    enum walk at_query;
};

static enum walk on_expr(struct walker *w, struct expr *e)
{
    struct seen *s = w->ctx;
    s->exprs++;
    s->columns += e->kind == EX_COLUMN;
    return WALK_CONTINUE;
}

static enum walk on_query(struct walker *w, struct query *q)
{
    struct seen *s = w->ctx;
    (void)q;
    return s->queries++ ? s->at_query : WALK_CONTINUE;
}

static enum walk on_from(struct walker *w, struct from *f)
{
    struct seen *s = w->ctx;
    (void)f;
    s->froms++;
    return WALK_CONTINUE;
}

START_TEST(test_walker)
{
    struct stmt *s =
        parsed("select a, (select b from u where c = d) from t join v on e = f where g in (select h from w)");
    struct seen seen = {.at_query = WALK_CONTINUE};
    struct walker w = {on_expr, on_query, on_from, &seen};
    ck_assert(walk_stmt(&w, s));
    ck_assert_uint_eq(seen.columns, 8);
    ck_assert_uint_eq(seen.queries, 3);
    ck_assert_uint_eq(seen.froms, 5);
    seen = (struct seen){.at_query = WALK_PRUNE};
    ck_assert(walk_stmt(&w, s));
    ck_assert_uint_eq(seen.columns, 4);
    ck_assert_uint_eq(seen.queries, 3);
    seen = (struct seen){.at_query = WALK_ABORT};
    ck_assert(!walk_stmt(&w, s));
    ck_assert_uint_eq(seen.columns, 1);
    ck_assert_uint_eq(seen.queries, 2);
}
END_TEST

/* Cases and args of a window, of GROUP_CONCAT, of CASE, of assignments are all visited. */
START_TEST(test_walker_visits_everything)
{
    static const struct {
        const char *sql;
        unsigned columns;
    } cases[] = {
        {"select sum(a) over (partition by b order by c), rank() over w from t window w as (partition by d order by e)",
         5},
        {"select group_concat(distinct a order by b separator ','), case a when b then c else d end from t", 6},
        {"update t join u on a = b set c = d + 1 where e order by f", 6},
        {"insert into t (a, b) select c, d from u on duplicate key update e = f", 6},
        {"delete from t where a in (select b from u order by c) order by d", 4},
        {"with x as (select a from t) select b from x union select c from y order by d", 4},
        {"call p(a, b)", 2},
        {"do a, b", 2},
        {"insert into t values (1) returning a, b", 2},
        {"explain select a from t", 1},
        {"set statement x = 1 for select a from t", 1},
        {"create table t as select a from u", 1},
        {"select * from json_table(a, '$' columns (x int path '$')) j", 1},
        {"select match (a, b) against (c), cast(d as char), e collate utf8_bin, f between g and h, i like j from t",
         10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {.at_query = WALK_CONTINUE};
        struct walker w = {on_expr, on_query, on_from, &seen};
        ck_assert(walk_stmt(&w, parsed(cases[i].sql)));
        ck_assert_msg(seen.columns == cases[i].columns, "%s: %u", cases[i].sql, seen.columns);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parse");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, test_point_select);
    tcase_add_test(t, test_insert_spans);
    tcase_add_test(t, test_written_tables);
    tcase_add_test(t, test_cte_scopes);
    tcase_add_test(t, test_facts);
    tcase_add_test(t, test_calls_in_order);
    tcase_add_test(t, test_expression_flags);
    tcase_add_test(t, test_parentheses_have_outer_spans);
    tcase_add_test(t, test_set_values);
    tcase_add_test(t, test_explain_shares_tables);
    tcase_add_test(t, test_trap_R2_no_rest_is_dropped);
    tcase_add_test(t, test_depth_is_limited);
    tcase_add_test(t, test_time_is_linear);
    tcase_add_test(t, test_every_ceiling);
    tcase_add_test(t, test_error_text);
    tcase_add_test(t, test_walker);
    tcase_add_test(t, test_walker_visits_everything);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
