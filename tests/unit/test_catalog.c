/* Snapshots of what the instances say, and the reading of column types. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/catalog.h"

static const struct table_info *find(const struct catalog *c, const char *schema, const char *name)
{
    return catalog_table(c, schema, strlen(schema), name, strlen(name));
}

static struct catalog *with(struct catalog *c, const char *schema, const char *name, uint64_t mark)
{
    struct table_info *t = table_info_new(schema, name);
    t->read_at = mark;
    struct catalog *out = catalog_with(c, t);
    catalog_unref(c);
    return out;
}

START_TEST(test_snapshots)
{
    struct catalog *empty = catalog_new();
    ck_assert_ptr_null(find(empty, "s", "t"));
    struct catalog *one = catalog_with(empty, table_info_new("s", "t"));
    ck_assert_ptr_null(find(empty, "s", "t")); /* the old one is as it was */
    ck_assert_ptr_nonnull(find(one, "s", "t"));
    ck_assert(!find(one, "s", "t")->exists);
    ck_assert_ptr_null(find(one, "s", "T"));
    ck_assert_ptr_null(find(one, "st", ""));
    struct catalog *two = with(catalog_ref(one), "s", "u", 2);
    ck_assert_ptr_eq(find(one, "s", "t"), find(two, "s", "t")); /* shared */
    struct catalog *changed = with(catalog_ref(two), "s", "t", 9);
    ck_assert_uint_eq(find(changed, "s", "t")->read_at, 9);
    ck_assert_uint_eq(find(two, "s", "t")->read_at, 0);
    struct catalog *less = catalog_without(changed, "s", "t");
    ck_assert_ptr_null(find(less, "s", "t"));
    ck_assert_ptr_nonnull(find(less, "s", "u"));
    catalog_unref(empty);
    catalog_unref(one);
    catalog_unref(two);
    catalog_unref(changed);
    ck_assert_uint_eq(find(less, "s", "u")->read_at, 2); /* outlives the others */
    catalog_unref(less);
}
END_TEST

static void count(void *arg, const struct table_info *t)
{
    (void)t;
    ++*(size_t *)arg;
}

START_TEST(test_many)
{
    struct catalog *c = catalog_new();
    char name[20];
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "t%d", i % 1000);
        c = with(c, i % 2 ? "a" : "b", name, (uint64_t)i);
    }
    size_t n = 0;
    catalog_each(c, count, &n);
    ck_assert_uint_eq(n, 1000);
    ck_assert_uint_eq(find(c, "a", "t999")->read_at, 1999);
    ck_assert_uint_eq(find(c, "b", "t0")->read_at, 1000);
    struct catalog *less = catalog_without(c, "a", NULL), *none = catalog_without(c, NULL, NULL);
    n = 0;
    catalog_each(less, count, &n);
    ck_assert_uint_eq(n, 500);
    n = 0;
    catalog_each(none, count, &n);
    ck_assert_uint_eq(n, 0);
    catalog_unref(c);
    catalog_unref(less);
    catalog_unref(none);
}
END_TEST

static struct column_info classify(const char *type)
{
    struct column_info c = {.type = (char *)type};
    column_info_classify(&c);
    return c;
}

START_TEST(test_types)
{
    static const struct {
        const char *type;
        enum column_class class;
        unsigned bits, length, precision, scale;
        bool is_unsigned, fixed;
    } rows[] = {
        {"int(11)", COLUMN_INT, 32, 0, 0, 0, false, false},
        {"int", COLUMN_INT, 32, 0, 0, 0, false, false},
        {"tinyint(1)", COLUMN_INT, 8, 0, 0, 0, false, false},
        {"bigint(20) unsigned", COLUMN_INT, 64, 0, 0, 0, true, false},
        {"mediumint(8) unsigned zerofill", COLUMN_INT, 24, 0, 0, 0, true, false},
        {"smallint", COLUMN_INT, 16, 0, 0, 0, false, false},
        {"year(4)", COLUMN_INT, 16, 0, 0, 0, true, false},
        {"decimal(10,2)", COLUMN_DECIMAL, 0, 10, 10, 2, false, false},
        {"decimal(5)", COLUMN_DECIMAL, 0, 10, 5, 0, false, false},
        {"double", COLUMN_FLOAT, 0, 0, 0, 0, false, false},
        {"float(7,3)", COLUMN_FLOAT, 0, 0, 0, 0, false, false},
        {"varchar(20)", COLUMN_TEXT, 0, 20, 0, 0, false, false},
        {"char(36)", COLUMN_TEXT, 0, 36, 0, 0, false, true},
        {"text", COLUMN_TEXT, 0, 65535, 0, 0, false, false},
        {"longtext", COLUMN_TEXT, 0, UINT32_MAX, 0, 0, false, false},
        {"enum('a','b unsigned')", COLUMN_TEXT, 0, UINT32_MAX, 0, 0, false, false},
        {"binary(16)", COLUMN_BINARY, 0, 16, 0, 0, false, true},
        {"varbinary(255)", COLUMN_BINARY, 0, 255, 0, 0, false, false},
        {"blob", COLUMN_BINARY, 0, 65535, 0, 0, false, false},
        {"uuid", COLUMN_BINARY, 0, 16, 0, 0, false, true},
        {"date", COLUMN_DATE, 0, 0, 0, 0, false, false},
        {"datetime(6)", COLUMN_DATETIME, 0, 0, 0, 6, false, false},
        {"timestamp", COLUMN_DATETIME, 0, 0, 0, 0, false, false},
        {"time(3)", COLUMN_TIME, 0, 0, 0, 3, false, false},
        {"json", COLUMN_OTHER, 0, 0, 0, 0, false, false},
        {"geometry", COLUMN_OTHER, 0, 0, 0, 0, false, false},
        {"", COLUMN_OTHER, 0, 0, 0, 0, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct column_info c = classify(rows[i].type);
        ck_assert_msg(c.class == rows[i].class, "%s", rows[i].type);
        ck_assert_msg(c.bits == rows[i].bits && c.length == rows[i].length, "%s", rows[i].type);
        ck_assert_msg(c.precision == rows[i].precision && c.scale == rows[i].scale, "%s", rows[i].type);
        ck_assert_msg(c.is_unsigned == rows[i].is_unsigned && c.fixed == rows[i].fixed, "%s", rows[i].type);
    }
}
END_TEST

START_TEST(test_columns)
{
    struct table_info *t = table_info_new("s", "t");
    t->columns = calloc(2, sizeof *t->columns);
    t->n_columns = 2;
    t->columns[0].name = strdup("id");
    t->columns[1].name = strdup("Name");
    ck_assert_int_eq(table_info_column(t, "ID", 2), 0);
    ck_assert_int_eq(table_info_column(t, "name", 4), 1);
    ck_assert_int_eq(table_info_column(t, "nam", 3), -1);
    ck_assert_int_eq(table_info_column(t, "names", 5), -1);
    table_info_unref(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalog");
    TCase *t = tcase_create("catalog");
    tcase_add_test(t, test_snapshots);
    tcase_add_test(t, test_many);
    tcase_add_test(t, test_types);
    tcase_add_test(t, test_columns);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
