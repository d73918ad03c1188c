/* Where statements go: runs the cases of tests/sql/route/ (format: see that folder's README.md), and tests what a case
 * cannot say. With SHARDWIRE_UPDATE_CASES=1 the cases' answers are written anew; look at the difference before
 * believing them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>

#include "tests/unit/route_help.h"

#define FOLDER "tests/sql/route"

static struct topo *topo;
static struct catalog *catalog;
static struct arena arena;

static const char *folder(void)
{
    const char *root = getenv("SHARDWIRE_ROOT");
    static char path[500];
    snprintf(path, sizeof path, "%s%s" FOLDER, root ? root : "", root ? "/" : "");
    return path;
}

static void setup(void)
{
    char path[600];
    snprintf(path, sizeof path, "%s/mesh.yaml", folder());
    char *yaml = help_read(path);
    snprintf(path, sizeof path, "%s/tables.sql", folder());
    char *tables = help_read(path);
    topo = help_topo(yaml);
    catalog = help_catalog(tables);
    free(yaml);
    free(tables);
    arena_init(&arena, 1 << 14, 1 << 24);
}

static void teardown(void)
{
    catalog_unref(catalog);
    topo_unref(topo);
    arena_deinit(&arena);
}

/* ---- one case ---- */

struct circumstances {
    char schema[50];
    bool ansi, mysql;
    uint16_t charset;
    struct route_value params[16];
    size_t n_params;
    char param_text[16][64];
    char variable[32];
    struct route_value value;
    char value_text[64];
    bool weights;
    int force; /* shard of the temporary table "temp", or -1 */
};

static const char *const flag_names[] = {"writes",
                                         "primary",
                                         "commits",
                                         "temporary",
                                         "lock",
                                         "handler",
                                         "calc_found_rows",
                                         "sets_last_id",
                                         "inserts",
                                         "assigns",
                                         "reads_variables",
                                         "infile",
                                         "session_functions",
                                         "distinct_rows",
                                         "scatters",
                                         "writes_all",
                                         "drops_temporary",
                                         "rows"};

static const char *const action_names[] = {"REFUSE",        "RUN",          "DDL",
                                           "BEGIN",         "COMMIT",       "ROLLBACK",
                                           "SAVEPOINT",     "ROLLBACK_TO",  "RELEASE_SAVEPOINT",
                                           "SET",           "USE",          "LOCK_TABLES",
                                           "UNLOCK_TABLES", "PREPARE",      "EXECUTE",
                                           "DEALLOCATE",    "KILL",         "PROCESSLIST",
                                           "DIAGNOSTICS",   "EXPLAIN_ROUTE"};

static bool get_variable(void *arg, const char *name, size_t len, struct route_value *out)
{
    struct circumstances *s = arg;
    if (strlen(s->variable) != len || memcmp(s->variable, name, len) != 0) {
        return false;
    }
    *out = s->value;
    return true;
}

/* A server's weights, as far as the cases need them: the text in capitals. */
static bool get_weight(void *arg, const char *charset, const char *collation, const char *text, size_t len,
                       uint16_t client_charset, struct lex_slice *out)
{
    (void)charset;
    (void)collation;
    (void)client_charset;
    struct circumstances *s = arg;
    if (!s->weights) {
        return false;
    }
    char *p = arena_alloc(&arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        p[i] = (char)toupper((unsigned char)text[i]);
    }
    *out = (struct lex_slice){p, len};
    return true;
}

static void print_flags(char *out, size_t size, const struct plan *plan)
{
    size_t n = strlen(out);
    uint32_t shown = plan->flags & ~(uint32_t)(PLAN_PRIMARY | PLAN_RETURNS_ROWS | PLAN_SCATTERS);
    const char *sep = " [";
    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++) {
        if (shown >> i & 1) {
            n += (size_t)snprintf(out + n, size - n, "%s%s", sep, flag_names[i]);
            sep = " ";
        }
    }
    for (size_t i = 0; i < plan->n_assigned; i++) {
        n += (size_t)snprintf(out + n, size - n, " @%s", plan->assigned[i]);
    }
    if (shown) {
        snprintf(out + n, size - n, "]");
    }
}

static void print_route(char *out, size_t size, const struct plan *plan, enum route_status s, const struct route *r)
{
    size_t n = (size_t)snprintf(out, size, "%s", action_names[plan->action]);
    if (s == ROUTE_REFUSED) {
        snprintf(out, size, "REFUSE %u %s", r->error.number, r->error.text);
    } else if (s == ROUTE_NEEDS_WEIGHT) {
        snprintf(out, size, "WEIGHT %s %.*s", r->needs.collation, (int)r->needs.len, r->needs.text);
    } else if (r->n_targets) {
        bool any = !strcmp(r->rung, "any shard"), every = !strcmp(r->rung, "every shard");
        n += (size_t)snprintf(out + n, size - n, " %s %s", r->role == ROUTE_PRIMARY ? "primary" : "replica", r->rung);
        for (size_t i = 0; !any && !every && i < r->n_targets; i++) {
            n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "," : ": ",
                                  topo->shards[r->targets[i].shard].conf->name);
        }
        print_flags(out, size, plan);
    } else {
        print_flags(out, size, plan);
    }
    for (size_t i = 0; i < plan->n_edits; i++) {
        size_t len = strlen(out);
        snprintf(out + len, size - len, " edit@%u+%u%s", plan->edits[i].span.off, plan->edits[i].span.len,
                 plan->edits[i].needs_alias ? " alias" : "");
    }
}

static void run_case(const char *sql, struct circumstances *set, char *out, size_t size)
{
    struct lex_mode mode = {.flags = set->ansi ? LEX_ANSI_QUOTES : 0,
                            .charset = LEX_CS_UTF8,
                            .dialect = set->mysql ? LEX_MYSQL : LEX_MARIADB,
                            .version = set->mysql ? 90000 : 101100};
    struct plan_env env = {topo, catalog, strcmp(set->schema, "-") ? set->schema : NULL, mode};
    struct fingerprint shape;
    struct plan *plan;
    struct plan_needs needs = {NULL, NULL};
    struct route r;
    arena_reset(&arena);
    int f = fingerprint_sql(sql, (uint32_t)strlen(sql), &mode, &arena, &shape);
    if (f != FINGERPRINT_OK) {
        memset(&shape, 0, sizeof shape);
    }
    struct catalog *c = catalog_ref(catalog);
    enum plan_status s;
    for (int asked = 0;; asked++) { /* what the catalog does not know does not exist */
        env.catalog = c;
        s = plan_build(&env, sql, strlen(sql), f == FINGERPRINT_OK ? &shape : NULL, &arena, &plan, &needs);
        if (s != PLAN_NEEDS_TABLE || asked > 20) {
            break;
        }
        struct catalog *more = catalog_with(c, table_info_new(needs.schema, needs.name));
        catalog_unref(c);
        c = more;
    }
    ck_assert_msg(s == PLAN_OK, "status %d: %s", s, sql);
    struct plan_cache *cache = plan_cache_new(10, 0);
    struct plan *used = plan->cacheable ? plan_cache_put(cache, &shape, env.schema, &mode, plan) : plan;
    struct route_facts facts = {.topo = topo,
                                .catalog = c,
                                .sql = sql,
                                .sql_len = strlen(sql),
                                .shape = &shape,
                                .mode = mode,
                                .charset = set->charset,
                                .params = set->params,
                                .n_params = set->n_params,
                                .variable = get_variable,
                                .arg = set,
                                .prefer = -1,
                                .weight = get_weight};
    const struct plan_table temporary = {"shop", "temp", false};
    enum route_status rs = set->force < 0 ? route_bind(used, &facts, &arena, &r)
                                          : route_force(used, (uint16_t)set->force, &temporary, 1, &facts, &arena, &r);
    size_t n_lines;
    ck_assert_ptr_nonnull(route_explain(used, &facts, rs, &r, &arena, &n_lines));
    print_route(out, size, used, rs, &r);
    plan_unref(used);
    plan_cache_free(cache);
    catalog_unref(c);
}

/* ---- the files ---- */

static void read_value(const char *word, struct route_value *v, char *text)
{
    size_t len = strlen(word);
    *v = (struct route_value){.kind = ROUTE_NULL};
    if (*word == '\'') {
        snprintf(text, 64, "%.*s", (int)len - 2, word + 1);
        *v = (struct route_value){.kind = ROUTE_TEXT, .text = text, .len = len - 2};
    } else if (!strcmp(word, "?")) {
        v->kind = ROUTE_UNKNOWN;
    } else if (strchr(word, '.')) {
        snprintf(text, 64, "%s", word);
        *v = (struct route_value){.kind = ROUTE_DECIMAL, .text = text, .len = len};
    } else if (strcmp(word, "NULL") != 0) {
        *v = (struct route_value){.kind = ROUTE_INT, .i = strtoll(word, NULL, 10)};
    }
}

static void directive(struct circumstances *s, char *line)
{
    char *save = NULL, *word = strtok_r(line, " ", &save), *arg = strtok_r(NULL, " ", &save);
    if (!strcmp(word, "@schema")) {
        snprintf(s->schema, sizeof s->schema, "%s", arg);
    } else if (!strcmp(word, "@ansi")) {
        s->ansi = true;
    } else if (!strcmp(word, "@mysql")) {
        s->mysql = true;
    } else if (!strcmp(word, "@weights")) {
        s->weights = true;
    } else if (!strcmp(word, "@charset")) {
        s->charset = (uint16_t)atoi(arg);
    } else if (!strcmp(word, "@force")) {
        s->force = atoi(arg);
    } else if (!strcmp(word, "@params")) {
        for (s->n_params = 0; arg; arg = strtok_r(NULL, " ", &save), s->n_params++) {
            read_value(arg, &s->params[s->n_params], s->param_text[s->n_params]);
        }
    } else if (!strcmp(word, "@var")) {
        char *value = strchr(arg, '=');
        *value = '\0';
        snprintf(s->variable, sizeof s->variable, "%s", arg);
        read_value(value + 1, &s->value, s->value_text);
    } else {
        ck_abort_msg("unknown directive %s", word);
    }
}

static const struct circumstances initial = {.schema = "shop", .charset = 45, .force = -1};

struct tally {
    size_t cases, wrong;
};

static void run_file(const char *path, bool update, struct tally *tally)
{
    char *text = help_read(path), *save = NULL, sql[4000] = "", actual[4000];
    struct circumstances fixed = initial, now = initial;
    FILE *f = update ? fopen(path, "wb") : NULL;
    size_t number = 0;
    bool file_wide = true;
    for (char *next = text, *line; (line = strsep(&next, "\n")) && (next || *line);) {
        number++;
        if (!strncmp(line, "=>", 2)) {
            run_case(sql, &now, actual, sizeof actual);
            const char *expected = strlen(line) > 3 ? line + 3 : "";
            tally->cases++;
            if (strcmp(actual, expected) != 0 && !update) {
                tally->wrong++;
                fprintf(stderr, "%s:%zu: %s\n  want %s\n  got  %s\n", path, number, sql, expected, actual);
            }
            if (f) {
                fprintf(f, "=> %s\n", actual);
            }
            *sql = '\0';
            now = fixed;
            file_wide = false;
            continue;
        }
        if (f) {
            fprintf(f, "%s\n", line);
        }
        if (*line == '@') {
            directive(&now, strdupa(line));
            if (file_wide) {
                fixed = now;
            }
        } else if (*line != '#' && *line) {
            size_t n = strlen(sql);
            snprintf(sql + n, sizeof sql - n, "%s%s", n ? "\n" : "", line);
            file_wide = false;
        }
    }
    if (f) {
        fclose(f);
    }
    (void)save;
    free(text);
}

START_TEST(test_cases)
{
    DIR *d = opendir(folder());
    struct tally tally = {0, 0};
    const char *only = getenv("SHARDWIRE_CASES");
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        char path[800];
        if (n < 5 || strcmp(e->d_name + n - 5, ".case") != 0 || (only && !strstr(e->d_name, only))) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder(), e->d_name);
        run_file(path, getenv("SHARDWIRE_UPDATE_CASES") != NULL, &tally);
    }
    closedir(d);
    fprintf(stderr, "%zu route cases, %zu wrong\n", tally.cases, tally.wrong);
    ck_assert_uint_eq(tally.wrong, 0);
    ck_assert_uint_ge(tally.cases, only ? 1 : 300);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("route");
    TCase *t = tcase_create("route");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_cases);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
