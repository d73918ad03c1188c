/* Data cases of the SQL front end: tests/sql/{lex,shape,parse}_*.sql. A case is a statement and what must come of it,
 * cases are apart by an empty line:
 *
 *   -- mode: mysql ansi_quotes          (for this and the following cases of the file)
 *   select 1
 *   => tree (SELECT (SELECT (items #0=1)))
 *
 *   => tokens    kind:text of each token
 *   => shape     what the plan cache compares           => digest    the text for statistics
 *   => literals  kind:text of each literal              => split     each statement, <in brackets>
 *   => tree      ast_dump()                             => error     the offset, and near ... as MySQL says it
 *
 * Every statement is also checked for what must hold for all: parser and fingerprint number literals alike, spans nest,
 * and the text of each expression's span parses to the same expression again.
 * With UPDATE_SQL_CASES=1 in the environment the files are written anew from what comes out: read the difference. */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/parse.h"

static struct arena arena;
static struct lex_mode mode;
static FILE *rewritten;

/* ---- modes ---- */

static const struct {
    const char *name;
    uint8_t flag;
} flags[] = {
    {"ansi_quotes", LEX_ANSI_QUOTES},         {"no_backslash_escapes", LEX_NO_BACKSLASH_ESCAPES},
    {"pipes_as_concat", LEX_PIPES_AS_CONCAT}, {"high_not_precedence", LEX_HIGH_NOT_PRECEDENCE},
    {"ignore_space", LEX_IGNORE_SPACE},
};

static const struct {
    const char *name;
    uint8_t charset;
} charsets[] = {
    {"latin1", LEX_CS_SINGLE}, {"utf8", LEX_CS_UTF8}, {"gbk", LEX_CS_GBK},
    {"sjis", LEX_CS_SJIS},     {"big5", LEX_CS_BIG5}, {"euc", LEX_CS_EUC},
};

static void read_mode_word(const char *word)
{
    bool known = false;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(word, flags[i].name) == 0) {
            mode.flags |= flags[i].flag;
            known = true;
        }
    }
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
        if (strcmp(word, charsets[i].name) == 0) {
            mode.charset = charsets[i].charset;
            known = true;
        }
    }
    if (strcmp(word, "mysql") == 0) {
        mode.dialect = LEX_MYSQL;
        mode.version = 90000;
        known = true;
    }
    ck_assert_msg(known || strcmp(word, "mariadb") == 0, "mode %s", word);
}

static void read_mode(const char *line)
{
    char copy[256], *save, *word;
    snprintf(copy, sizeof copy, "%s", line);
    mode = (struct lex_mode){.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
    for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        read_mode_word(word);
    }
}

/* ---- what comes of a statement ---- */

struct text {
    char *buf;
    size_t len;
    FILE *f;
};

static void text_open(struct text *t)
{
    *t = (struct text){0};
    t->f = open_memstream(&t->buf, &t->len);
    ck_assert_ptr_nonnull(t->f);
}

static void write_piece(FILE *f, const char *label, const char *bytes, size_t len)
{
    fprintf(f, " %s:%.*s", label, (int)len, bytes);
}

static void tokens_of(FILE *f, const char *sql, uint32_t len)
{
    struct lexer lx;
    struct token tok;
    lex_init(&lx, sql, len, &mode);
    while (lex_next(&lx, &tok) != TK_END) {
        const char *label = tok.kind == TK_WORD && tok.word ? "kw" : token_kind_name((enum token_kind)tok.kind);
        write_piece(f, label, sql + tok.span.off, tok.span.len);
        if (tok.kind == TK_ERROR) {
            break;
        }
    }
}

static void shape_of(FILE *f, const char *sql, uint32_t len, const char *what)
{
    static const char *const kinds[] = {"int", "decimal", "float", "string", "nstring", "hex", "bit", "limit"};
    struct fingerprint fp;
    int result = fingerprint_sql(sql, len, &mode, &arena, &fp);
    uint32_t digest_len;
    if (result != FINGERPRINT_OK) {
        fprintf(f, " %s", result == FINGERPRINT_EMPTY ? "empty" : "bad");
    } else if (strcmp(what, "shape") == 0) {
        fprintf(f, " %.*s", (int)fp.shape_len, fp.shape);
    } else if (strcmp(what, "digest") == 0) {
        fprintf(f, " %s", fingerprint_digest(fp.shape, fp.shape_len, 4096, &arena, &digest_len));
    } else {
        for (uint32_t i = 0; i < fp.nliterals; i++) {
            write_piece(f, kinds[fp.literals[i].kind], sql + fp.literals[i].span.off, fp.literals[i].span.len);
        }
    }
}

static void split_of(FILE *f, const char *sql, uint32_t len)
{
    uint32_t pos = 0;
    struct span s;
    while (lex_split(sql, len, &mode, &pos, &s)) {
        fprintf(f, " <%.*s>", (int)s.len, sql + s.off);
    }
}

static void parsed(FILE *f, const char *sql, uint32_t len, const char *what)
{
    struct parse_result res;
    char near[256];
    parse_sql(sql, len, &mode, &arena, &res);
    if (res.error) {
        parse_near(&res, sql, len, near, sizeof near);
        fprintf(f, strcmp(what, "error") ? " error %u %s" : " %u %s", res.offset, near);
    } else {
        fprintf(f, strcmp(what, "tree") ? " none %s" : " %s", ast_dump(res.stmt, sql, &arena));
    }
}

static void outcome(struct text *t, const char *what, const char *sql, uint32_t len)
{
    text_open(t);
    if (strcmp(what, "tokens") == 0) {
        tokens_of(t->f, sql, len);
    } else if (strcmp(what, "split") == 0) {
        split_of(t->f, sql, len);
    } else if (strcmp(what, "tree") == 0 || strcmp(what, "error") == 0) {
        parsed(t->f, sql, len, what);
    } else {
        ck_assert_msg(!strcmp(what, "shape") || !strcmp(what, "digest") || !strcmp(what, "literals"), "=> %s", what);
        shape_of(t->f, sql, len, what);
    }
    fclose(t->f);
}

/* ---- what must hold for every statement ---- */

static const char *current;
static bool commented; /* brackets of executed comments may lie inside a span, and only one of a pair */

/* Dumps with the numbers of literals and parameters left out, and CTEs as the tables that they are without WITH. */
static char *dump_without_numbers(struct expr *e, const char *sql)
{
    char *text = ast_dump_expr(e, sql, &arena), *out = text;
    ck_assert_ptr_nonnull(text);
    for (char *p = text; *p; p++) {
        *out++ = *p;
        while ((*p == '#' || *p == '?') && p[1] >= '0' && p[1] <= '9') {
            memmove(p + 1, p + 2, strlen(p + 1));
        }
    }
    *out = 0;
    for (char *p = text; (p = strstr(p, "(cte ")) != NULL;) {
        memcpy(p, "(tab ", 5);
    }
    for (char *p = text; (p = strstr(p, "(table ")) != NULL;) {
        memcpy(p, "(tab ", 5);
        memmove(p + 5, p + 7, strlen(p + 6));
    }
    return text;
}

/* Can an expression of this kind stand alone? */
static bool stands_alone(const struct expr *e)
{
    switch (e->kind) {
    case EX_STAR:
    case EX_KEYWORD:
    case EX_INTERVAL:
    case EX_VALUES: /* VALUES(a) alone may begin a query */
    case EX_STRUCTURE:
        return false;
    default:
        return true;
    }
}

/* The text of a node's span, in parentheses, parses to that node again. */
static void check_again(struct expr *e, const char *sql)
{
    char *again = arena_alloc(&arena, e->outer.len + 16);
    struct parse_result res;
    int n = sprintf(again, "DO (%.*s)", (int)e->outer.len, sql + e->outer.off);
    parse_sql(again, (uint32_t)n, &mode, &arena, &res);
    ck_assert_msg(res.error == PARSE_OK, "%s\n  span does not parse: %s", current, again);
    ck_assert_str_eq(dump_without_numbers(res.stmt->values->v[0], again), dump_without_numbers(e, sql));
}

static bool inside(struct span in, struct span around)
{
    return in.off >= around.off && span_end(in) <= span_end(around);
}

static enum walk on_expr(struct walker *w, struct expr *e)
{
    const char *sql = w->ctx;
    ck_assert_msg(e->span.len > 0, "%s: empty span", current);
    ck_assert_msg(inside(e->span, e->outer), "%s: outer", current);
    uint32_t last = 0;
    for (uint32_t i = 0; i < e->nargs; i++) {
        ck_assert_msg(inside(e->args[i]->outer, e->span), "%s: arg outside", current);
        ck_assert_msg(e->args[i]->outer.off >= last, "%s: args out of order", current);
        last = span_end(e->args[i]->outer);
        ck_assert_uint_lt(e->args[i]->height, e->height);
    }
    if (e->query) { /* a union: only some kinds have one */
        bool has = e->kind == EX_IN || e->kind == EX_SUBQUERY || e->kind == EX_EXISTS || e->kind == EX_QUANTIFIED;
        ck_assert_msg(!has || inside(e->query->outer, e->span), "%s: query outside", current);
    }
    if (stands_alone(e) && !commented) {
        check_again(e, sql);
    }
    return WALK_CONTINUE;
}

static enum walk on_query(struct walker *w, struct query *q)
{
    (void)w;
    ck_assert_msg(q->span.len > 0 && inside(q->span, q->outer), "%s: query span", current);
    ck_assert_msg(!q->block || inside(q->block->span, q->span), "%s: block span", current);
    return WALK_CONTINUE;
}

static enum walk on_from(struct walker *w, struct from *f)
{
    (void)w;
    ck_assert_msg(f->span.len > 0, "%s: from span", current);
    ck_assert_msg(!f->table || inside(f->table->span, f->table->whole), "%s: table span", current);
    ck_assert_msg(!f->left || (inside(f->left->span, f->span) && inside(f->right->span, f->span)), "%s: join", current);
    return WALK_CONTINUE;
}

static void check_tables(const struct stmt *s)
{
    uint32_t n = 0;
    for (const struct table_ref *t = s->tables; t; t = t->next) {
        ck_assert_uint_eq(t->index, n++);
        ck_assert_uint_gt(t->span.len, 0);
    }
    ck_assert_uint_eq(n, s->ntables);
}

static void check_laws(const char *sql, uint32_t len)
{
    struct parse_result res;
    struct fingerprint fp;
    current = sql;
    if (parse_sql(sql, len, &mode, &arena, &res) != PARSE_OK) {
        return;
    }
    ck_assert_int_eq(fingerprint_sql(sql, len, &mode, &arena, &fp), FINGERPRINT_OK);
    ck_assert_uint_eq(fp.nliterals, res.nliterals);
    ck_assert_uint_eq(fp.nparams, res.nparams);
    ck_assert_uint_eq(fp.end, res.end);
    for (uint32_t i = 0; i < fp.nliterals; i++) {
        ck_assert_uint_eq(fp.literals[i].span.off, res.literals[i].span.off);
        ck_assert_uint_eq(fp.literals[i].span.len, res.literals[i].span.len);
        ck_assert_uint_eq(fp.literals[i].kind, res.literals[i].kind);
    }
    check_tables(res.stmt);
    commented = (res.stmt->facts & FACT_VERSION_COMMENT) != 0;
    struct walker w = {on_expr, on_query, on_from, (void *)sql};
    ck_assert(walk_stmt(&w, res.stmt));
}

/* ---- files ---- */

/* sql is cut off at its exact end, in memory of its own, so that reading past it is seen. */
static void run_line(const char *path, unsigned line, const char *text, const char *sql, uint32_t len)
{
    char what[32];
    struct text t;
    const char *expected = text + 3 + strcspn(text + 3, " ");
    snprintf(what, sizeof what, "%.*s", (int)strcspn(text + 3, " "), text + 3);
    outcome(&t, what, sql, len);
    if (rewritten) {
        fprintf(rewritten, "=> %s%s\n", what, t.buf);
    } else {
        ck_assert_msg(strcmp(t.buf, expected) == 0, "%s:%u: %.*s\n  expected%s\n  got     %s", path, line, (int)len,
                      sql, expected, t.buf);
    }
    free(t.buf);
}

struct cases {
    const char *path;
    char *sql;
    size_t len;
    unsigned line;
    bool answered; /* a "=>" line was seen for the statement */
};

static void add_sql(struct cases *c, const char *line, size_t n)
{
    if (c->answered) {
        c->len = 0;
        c->answered = false;
    }
    c->sql = realloc(c->sql, c->len + n + 2);
    if (c->len) {
        c->sql[c->len++] = '\n';
    }
    memcpy(c->sql + c->len, line, n);
    c->len += n;
}

static void take_line(struct cases *c, const char *line, size_t n)
{
    if (n >= 9 && memcmp(line, "-- mode: ", 9) == 0) {
        read_mode(line + 9);
    } else if (n >= 3 && memcmp(line, "=> ", 3) == 0) {
        char *exact = malloc(c->len ? c->len : 1);
        memcpy(exact, c->sql, c->len);
        run_line(c->path, c->line, line, exact, (uint32_t)c->len);
        c->sql[c->len] = 0;
        check_laws(c->sql, (uint32_t)c->len);
        free(exact);
        c->answered = true;
        arena_reset(&arena);
        return;
    } else if (n) {
        add_sql(c, line, n);
    }
    if (rewritten) {
        fprintf(rewritten, "%s\n", line);
    }
}

static void run_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    struct cases c = {.path = path};
    ck_assert_msg(f != NULL, "%s", path);
    read_mode("mariadb");
    struct text t = {0};
    if (getenv("UPDATE_SQL_CASES")) {
        text_open(&t);
        rewritten = t.f;
    }
    while ((n = getline(&line, &cap, f)) > 0) {
        c.line++;
        n -= line[n - 1] == '\n';
        line[n] = 0;
        take_line(&c, line, (size_t)n);
    }
    ck_assert_msg(c.answered, "%s: the last statement has no answer", path);
    fclose(f);
    free(line);
    free(c.sql);
    if (rewritten) {
        fclose(rewritten);
        rewritten = NULL;
        f = fopen(path, "w");
        ck_assert_ptr_nonnull(f);
        fwrite(t.buf, 1, t.len, f);
        fclose(f);
        free(t.buf);
    }
}

static void run_files(const char *pattern)
{
    glob_t g;
    ck_assert_msg(glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc > 0, "no %s: run from the top of the repository",
                  pattern);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        run_file(g.gl_pathv[i]);
    }
    globfree(&g);
}

START_TEST(test_lex_cases)
{
    run_files("tests/sql/lex_*.sql");
}
END_TEST

START_TEST(test_shape_cases)
{
    run_files("tests/sql/shape_*.sql");
}
END_TEST

START_TEST(test_parse_cases)
{
    run_files("tests/sql/parse_*.sql");
}
END_TEST

static void setup(void)
{
    arena_init(&arena, 65536, (size_t)1 << 26);
}

static void teardown(void)
{
    arena_deinit(&arena);
}

int main(void)
{
    Suite *suite = suite_create("sql_cases");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_lex_cases);
    tcase_add_test(t, test_shape_cases);
    tcase_add_test(t, test_parse_cases);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
