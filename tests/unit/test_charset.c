#include "protocol/charset.h"
#include "protocol/const.h"
#include "tests/unit/wire_help.h"

static const struct charset *named(const char *name)
{
    return charset_by_name(name, strlen(name));
}

static uint16_t id_of(enum charset_server server, const char *name)
{
    return collation_by_name(server, name, strlen(name));
}

START_TEST(test_known_numbers)
{
    ck_assert_str_eq(charset_by_collation(COLLATION_LATIN1_SWEDISH_CI)->name, "latin1");
    ck_assert_str_eq(charset_by_collation(COLLATION_BINARY)->name, "binary");
    ck_assert_str_eq(charset_by_collation(COLLATION_UTF8MB3_GENERAL_CI)->name, "utf8mb3");
    ck_assert_str_eq(charset_by_collation(COLLATION_UTF8MB4_0900_AI_CI)->name, "utf8mb4");
    ck_assert_str_eq(collation_name(CHARSET_OF_MYSQL, COLLATION_UTF8MB4_GENERAL_CI), "utf8mb4_general_ci");
    ck_assert_str_eq(collation_name(CHARSET_OF_MARIADB, COLLATION_UTF8MB4_BIN), "utf8mb4_bin");
    ck_assert_ptr_null(charset_by_collation(0));
    ck_assert_ptr_null(charset_by_collation(65535));
}
END_TEST

/* Numbers above 255 exist on both servers and mean different things; some below have different names. */
START_TEST(test_trap_S11_servers_differ)
{
    ck_assert_str_eq(collation_name(CHARSET_OF_MYSQL, 309), "utf8mb4_0900_bin");
    ck_assert_ptr_null(collation_name(CHARSET_OF_MARIADB, 309));
    ck_assert_ptr_null(collation_name(CHARSET_OF_MARIADB, 255));
    ck_assert_str_eq(collation_name(CHARSET_OF_MARIADB, 1070), "utf8mb4_nopad_bin");
    ck_assert_ptr_null(collation_name(CHARSET_OF_MYSQL, 1070));
    ck_assert_str_eq(collation_name(CHARSET_OF_MARIADB, 2304), "utf8mb4_uca1400_ai_ci");
    ck_assert_str_eq(charset_by_collation(2304)->name, "utf8mb4");
    ck_assert_uint_eq(id_of(CHARSET_OF_MYSQL, "utf8mb4_croatian_ci"), 245);
    ck_assert_uint_eq(id_of(CHARSET_OF_MARIADB, "utf8mb4_croatian_ci"), 608);
    ck_assert_str_eq(collation_name(CHARSET_OF_MARIADB, 245), "utf8mb4_croatian_mysql561_ci");
    ck_assert_uint_eq(named("utf8mb4")->default_collation[CHARSET_OF_MARIADB], 45);
    ck_assert_uint_eq(named("utf8mb4")->default_collation[CHARSET_OF_MYSQL], 255);
    ck_assert_uint_eq(named("gb18030")->default_collation[CHARSET_OF_MARIADB], 0);
}
END_TEST

START_TEST(test_names_go_both_ways)
{
    unsigned n[2] = {0, 0};
    for (unsigned id = 1; id < 4096; id++) {
        for (int server = 0; server < 2; server++) {
            const char *name = collation_name((enum charset_server)server, (uint16_t)id);
            if (!name)
                continue;
            n[server]++;
            ck_assert_uint_eq(id_of((enum charset_server)server, name), id);
            const char *set = charset_by_collation((uint16_t)id)->name;
            ck_assert_msg(!strncmp(name, set, strlen(set)), "%s of %s", name, set);
            ck_assert_ptr_eq(named(set), charset_by_collation((uint16_t)id));
        }
    }
    ck_assert_uint_eq(n[CHARSET_OF_MARIADB], 1242);
    ck_assert_uint_eq(n[CHARSET_OF_MYSQL], 286);
}
END_TEST

START_TEST(test_names_in_any_case_and_old_ones)
{
    ck_assert_ptr_eq(named("UTF8MB4"), named("utf8mb4"));
    ck_assert_str_eq(named("utf8")->name, "utf8mb3");
    ck_assert_uint_eq(id_of(CHARSET_OF_MARIADB, "utf8_general_ci"), 33);
    ck_assert_uint_eq(id_of(CHARSET_OF_MYSQL, "UTF8_BIN"), 83);
    ck_assert_uint_eq(id_of(CHARSET_OF_MYSQL, "utf8_"), 0);
    ck_assert_ptr_null(named("utf9"));
    ck_assert_ptr_null(charset_by_name("utf8mb4x", 8));
    ck_assert_ptr_nonnull(charset_by_name("utf8mb4x", 7));
    ck_assert_uint_eq(id_of(CHARSET_OF_MYSQL, ""), 0);
}
END_TEST

START_TEST(test_classes)
{
    ck_assert_uint_eq(named("gbk")->class, CHARSET_GBK);
    ck_assert_uint_eq(named("gb18030")->class, CHARSET_GBK);
    ck_assert_uint_eq(named("gb18030")->max_bytes, 4);
    ck_assert_uint_eq(named("cp932")->class, CHARSET_SJIS);
    ck_assert_uint_eq(named("big5")->class, CHARSET_BIG5);
    ck_assert_uint_eq(named("eucjpms")->class, CHARSET_EUC);
    ck_assert_uint_eq(named("eucjpms")->max_bytes, 3);
    ck_assert_uint_eq(named("latin7")->class, CHARSET_SINGLE);
    ck_assert(charset_for_clients(COLLATION_GBK_CHINESE_CI));
    ck_assert(!charset_for_clients(35)); /* ucs2 */
    ck_assert(!charset_for_clients(0));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("charset");
    tcase_add_test(tc, test_known_numbers);
    tcase_add_test(tc, test_trap_S11_servers_differ);
    tcase_add_test(tc, test_names_go_both_ways);
    tcase_add_test(tc, test_names_in_any_case_and_old_ones);
    tcase_add_test(tc, test_classes);
    return run_tests("charset", tc);
}
