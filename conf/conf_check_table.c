/* The rules of schemas and tables.
 *
 * Ranges are compared without knowing the column's type, which only an instance knows: values that are all numbers by
 * number; others, dates among them, by bytes or, when that does not rise, without regard to case. What the column
 * cannot hold is found when the rules meet the schema.
 */
#include "conf/conf_int.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEY_COLUMNS = 16 }; /* more do not fit into an index */

/* Where a table stands, for messages. */
struct place {
    struct conf_ctx *ctx;
    const struct conf *c;
    const struct conf_schema *schema;
    const struct conf_table *table;
    const struct conf_name *shards, *tables; /* sorted */
    size_t n_shards, n_tables;
};

static void __attribute__((format(printf, 4, 5)))
complain(const struct place *p, unsigned line, const char *key, const char *fmt, ...)
{
    char what[600];
    char *path = conf_format("schemas[%s].%s%s%s%s", p->schema->name ? p->schema->name : "?",
                             p->table ? "tables[" : "others", p->table ? p->table->name : "", p->table ? "]" : "", key);
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    conf_problem_at(p->ctx, line, path, "%s", what);
    free(path);
}

/* ---- the form of one table ---- */

void conf_check_table_form(struct conf_ctx *ctx, const struct conf_node *node, const struct conf_table *t)
{
    bool sharded = t->kind == CONF_TABLE_SHARDED, single = t->kind == CONF_TABLE_SINGLE, own = sharded && !t->with;
    const struct {
        const char *key;
        bool fits, needed;
        const char *where;
    } rows[] = {
        {"key", sharded, sharded, "kind: sharded"},
        {"with", sharded, false, "kind: sharded"},
        {"by", own, false, "kind: sharded without 'with'"},
        {"unit", own && t->by == CONF_BY_DATE, false, "by: date"},
        {"ranges", own && t->by == CONF_BY_RANGE, own && t->by == CONF_BY_RANGE, "by: range"},
        {"lists", own && t->by == CONF_BY_LIST, own && t->by == CONF_BY_LIST, "by: list"},
        {"shard", single, single, "kind: single"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct conf_node *child = conf_node_get(node, rows[i].key);

        if (child && !rows[i].fits)
            conf_problem(ctx, child, "does not fit here: it is for %s", rows[i].where);
        else if (!child && rows[i].needed && strcmp(rows[i].key, "key") == 0)
            conf_problem(ctx, node, "'key' is missing (or say kind: global, or kind: single)");
        else if (!child && rows[i].needed)
            conf_problem(ctx, node, "'%s' is missing: %s needs it", rows[i].key, rows[i].where);
    }
}

/* ---- values ---- */

/* number = [sign] digits [ "." digits ] */
static bool is_number(const char *s)
{
    s += *s == '-' || *s == '+';
    if (!isdigit((unsigned char)*s))
        return false;
    s += strspn(s, "0123456789");
    if (*s == '.' && isdigit((unsigned char)s[1]))
        s += 1 + strspn(s + 1, "0123456789");
    return *s == 0;
}

/* Compares two numbers without their signs, of any length. */
static int compare_digits(const char *a, const char *b)
{
    size_t n, m;
    int c;

    a += strspn(a, "0");
    b += strspn(b, "0");
    n = strspn(a, "0123456789");
    m = strspn(b, "0123456789");
    if (n != m)
        return n > m ? 1 : -1;
    c = memcmp(a, b, n);
    if (c)
        return c > 0 ? 1 : -1;
    a += n + (a[n] == '.');
    b += m + (b[m] == '.');
    for (; *a || *b; a += *a != 0, b += *b != 0) { /* a missing digit is a 0 */
        int x = *a ? *a : '0', y = *b ? *b : '0';

        if (x != y)
            return x > y ? 1 : -1;
    }
    return 0;
}

static bool is_zero(const char *digits)
{
    return digits[strspn(digits, "0.")] == 0;
}

static int compare_numbers(const char *a, const char *b)
{
    bool minus_a = *a == '-', minus_b = *b == '-';

    a += *a == '-' || *a == '+';
    b += *b == '-' || *b == '+';
    minus_a = minus_a && !is_zero(a);
    minus_b = minus_b && !is_zero(b);
    if (minus_a != minus_b)
        return minus_a ? -1 : 1;
    return minus_a ? -compare_digits(a, b) : compare_digits(a, b);
}

/* Numbers before texts; 5, +5 and 5.0 are the same. */
static int compare_values(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    bool number_x = is_number(x), number_y = is_number(y);

    if (number_x && number_y)
        return compare_numbers(x, y);
    return number_x != number_y ? number_y - number_x : strcmp(x, y);
}

/* ---- rules ---- */

static bool rising(const struct conf_rule *rules, size_t n, int (*compare)(const char *, const char *), size_t *at)
{
    for (*at = 1; *at < n; ++*at)
        if (compare(rules[*at - 1].values[0], rules[*at].values[0]) >= 0)
            return false;
    return true;
}

static void check_ranges(const struct place *p, const struct conf_rule *rules, size_t n)
{
    size_t bounds = n ? n - 1 : 0, numbers = 0, at;

    if (n == 0 || rules[n - 1].n_values)
        complain(p, p->table->line, ".ranges", "the last row must be the rest, a shard without 'below'");
    for (size_t i = 0; i < bounds; i++) {
        if (rules[i].n_values == 0) {
            complain(p, rules[i].line, ".ranges", "'below' is missing: only the last row goes without");
            return;
        }
        numbers += is_number(rules[i].values[0]);
    }
    if (numbers && numbers < bounds)
        complain(p, p->table->line, ".ranges", "the bounds are partly numbers and partly not");
    else if (numbers ? !rising(rules, bounds, compare_numbers, &at)
                     : !rising(rules, bounds, strcasecmp, &at) && !rising(rules, bounds, strcmp, &at))
        complain(p, rules[at].line, ".ranges", "the bounds must rise: '%s' is not above '%s'", rules[at].values[0],
                 rules[at - 1].values[0]);
}

static void check_lists(const struct place *p, const struct conf_rule *rules, size_t n)
{
    size_t total = 0, k = 0;
    char **all;

    for (size_t i = 0; i < n; i++) {
        if (rules[i].n_values == 0 && i + 1 < n)
            complain(p, rules[i].line, ".lists", "'values' is missing: only the last row goes without");
        total += rules[i].n_values;
    }
    if (n == 0)
        complain(p, p->table->line, ".lists", "needs at least one row");
    all = conf_calloc(total, sizeof(*all));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < rules[i].n_values; j++)
            all[k++] = rules[i].values[j];
    if (k > 1)
        qsort(all, k, sizeof(*all), compare_values);
    for (size_t i = 1; i < k; i++)
        if (compare_values(&all[i - 1], &all[i]) == 0)
            complain(p, p->table->line, ".lists", "the value '%s' is given twice", all[i]);
    free(all);
}

static void check_shard(const struct place *p, unsigned line, const char *key, const char *name)
{
    struct conf_hint hint = {.word = name};

    if (!name || p->n_shards == 0 || conf_names_find(p->shards, p->n_shards, name))
        return;
    for (size_t i = 0; i < p->n_shards; i++)
        conf_hint_offer(&hint, p->shards[i].name, strlen(p->shards[i].name));
    if (hint.best)
        complain(p, line, key, "there is no shard '%s'; did you mean '%s'?", name, hint.best);
    else
        complain(p, line, key, "there is no shard '%s'", name);
}

/* ---- tables ---- */

static void check_key(const struct place *p)
{
    const struct conf_table *t = p->table;

    if (t->n_key == 0 || t->n_key > MAX_KEY_COLUMNS)
        complain(p, t->line, ".key", "needs 1 to %d columns", MAX_KEY_COLUMNS);
    for (size_t i = 0; i < t->n_key && t->n_key <= MAX_KEY_COLUMNS; i++) {
        if (!*t->key[i])
            complain(p, t->line, ".key", "a column's name is empty");
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(t->key[i], t->key[j]) == 0)
                complain(p, t->line, ".key", "the column '%s' is given twice", t->key[i]);
    }
    if (t->n_key > 1 && t->by != CONF_BY_HASH && !t->with)
        complain(p, t->line, ".key", "several columns go only by: hash");
}

static void check_with(const struct place *p)
{
    const struct conf_table *t = p->table, *to;
    const struct conf_name *found = conf_names_find(p->tables, p->n_tables, t->with);
    struct conf_hint hint = {.word = t->with};

    if (!found) {
        for (size_t i = 0; i < p->n_tables; i++)
            conf_hint_offer(&hint, p->tables[i].name, strlen(p->tables[i].name));
        if (hint.best)
            complain(p, t->line, ".with", "this schema lists no table '%s'; did you mean '%s'?", t->with, hint.best);
        else
            complain(p, t->line, ".with", "this schema lists no table '%s'", t->with);
        return;
    }
    to = &p->schema->tables[found->index];
    if (to == t)
        complain(p, t->line, ".with", "names the table itself");
    else if (to->kind != CONF_TABLE_SHARDED)
        complain(p, t->line, ".with", "'%s' is not a sharded table", to->name);
    else if (to->with)
        complain(p, t->line, ".with", "'%s' is itself bound: name '%s'", to->name, to->with);
    else if (to->n_key != t->n_key)
        complain(p, t->line, ".with", "'%s' has %zu key columns, this table %zu", to->name, to->n_key, t->n_key);
}

static void check_table(const struct place *p)
{
    const struct conf_table *t = p->table;

    check_shard(p, t->line, ".shard", t->shard);
    for (size_t i = 0; i < t->n_rules && !conf_hopeless(p->ctx); i++)
        check_shard(p, t->rules[i].line, t->by == CONF_BY_LIST ? ".lists" : ".ranges", t->rules[i].shard);
    if (t->kind != CONF_TABLE_SHARDED)
        return;
    check_key(p);
    if (t->with)
        check_with(p);
    else if (t->by == CONF_BY_RANGE)
        check_ranges(p, t->rules, t->n_rules);
    else if (t->by == CONF_BY_LIST)
        check_lists(p, t->rules, t->n_rules);
}

static void check_tables(struct place *p)
{
    const struct conf_schema *s = p->schema;
    struct conf_name *names = conf_calloc(s->n_tables, sizeof(*names));
    char *path = conf_format("schemas[%s].tables", s->name ? s->name : "?");

    p->n_tables = 0;
    for (size_t i = 0; i < s->n_tables; i++)
        if (s->tables[i].name)
            names[p->n_tables++] = (struct conf_name){s->tables[i].name, s->tables[i].line, i};
    conf_names_check(p->ctx, names, p->n_tables, path, "the table");
    free(path);
    p->tables = names;
    for (size_t i = 0; i < s->n_tables && !conf_hopeless(p->ctx); i++) {
        p->table = &s->tables[i];
        if (p->table->name)
            check_table(p);
    }
    p->table = NULL;
    free(names);
}

static void check_others(const struct place *p)
{
    const struct conf_others *o = &p->schema->others;

    if (o->kind == CONF_TABLE_GLOBAL)
        complain(p, p->schema->line, ".kind", "must be single or sharded: a global table is listed by name");
    else if (o->kind == CONF_TABLE_SHARDED && o->shard)
        complain(p, p->schema->line, ".shard", "does not fit here: it is for kind: single");
    check_shard(p, p->schema->line, ".shard", o->shard);
}

/* ---- schemas ---- */

static bool of_the_servers(const char *name)
{
    static const char *const names[] = {"information_schema", "mysql", "performance_schema", "sys", "mesh",
                                        "shardwire"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

void conf_check_schemas(struct conf_ctx *ctx, const struct conf *c)
{
    struct conf_name *names = conf_calloc(c->n_schemas, sizeof(*names));
    struct conf_name *shards = conf_calloc(c->n_shards, sizeof(*shards));
    struct place p = {.ctx = ctx, .c = c, .shards = shards};
    size_t k = 0;

    for (size_t i = 0; i < c->n_shards; i++)
        if (c->shards[i].name)
            shards[p.n_shards++] = (struct conf_name){c->shards[i].name, c->shards[i].line, i};
    conf_names_sort(shards, p.n_shards);
    for (size_t i = 0; i < c->n_schemas && !conf_hopeless(ctx); i++) {
        const struct conf_schema *s = &c->schemas[i];

        p.schema = s;
        check_tables(&p);
        check_others(&p);
        if (!s->name)
            continue;
        names[k++] = (struct conf_name){s->name, s->line, i};
        if (of_the_servers(s->name))
            conf_problem_at(ctx, s->line, "schemas", "'%s' belongs to the servers or to the mesh itself", s->name);
    }
    conf_names_check(ctx, names, k, "schemas", "the name");
    free(names);
    free(shards);
}
