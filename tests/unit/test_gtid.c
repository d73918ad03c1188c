/* Has a server with this executed set the transaction? A wrong yes is a stale read; a wrong no only a slower one. */
#include "router/gtid.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define U1 "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define U2 "4350f323-7565-4e59-8763-4b1b83a0ce0e"

/* Through copies without a terminating NUL, so that the sanitizer sees a read too far. */
static bool covers(const char *set, const char *gtid)
{
    size_t set_len = strlen(set), gtid_len = strlen(gtid);
    char *s = malloc(set_len + !set_len), *g = malloc(gtid_len + !gtid_len);
    memcpy(s, set, set_len);
    memcpy(g, gtid, gtid_len);
    bool answer = gtid_covers(s, set_len, g, gtid_len);
    free(s);
    free(g);
    return answer;
}

START_TEST(test_mariadb)
{
    ck_assert(covers("0-1-100", "0-1-100"));
    ck_assert(covers("0-1-100", "0-1-7"));
    ck_assert(!covers("0-1-100", "0-1-101"));
    ck_assert(covers("0-2-100", "0-1-99")); /* another server's event, the same domain: one order */
    ck_assert(!covers("1-1-100", "0-1-7"));
    ck_assert(covers("0-1-5,1-1-9,12-3-44", "12-1-44"));
    ck_assert(covers("0-1-5, 1-1-9", " 1-1-9 "));
    ck_assert(covers("0-1-5,1-1-9", "1-1-9,0-1-5"));
    ck_assert(!covers("0-1-5,1-1-9", "1-1-9,0-1-6"));
    ck_assert(covers("0-1-18446744073709551615", "0-1-18446744073709551615"));
}
END_TEST

START_TEST(test_mysql)
{
    ck_assert(covers(U1 ":1-5", U1 ":1"));
    ck_assert(covers(U1 ":1-5", U1 ":5"));
    ck_assert(!covers(U1 ":1-5", U1 ":6"));
    ck_assert(!covers(U1 ":1-5", U2 ":3"));
    ck_assert(covers(U1 ":1-5:7:9-12", U1 ":7"));
    ck_assert(!covers(U1 ":1-5:7:9-12", U1 ":8"));
    ck_assert(covers(U1 ":1-5,\n" U2 ":1-3", U2 ":2"));
    ck_assert(covers(U1 ":1-5,\n" U2 ":1-3", U2 ":2-3," U1 ":1:4"));
    ck_assert(!covers(U1 ":1-5,\n" U2 ":1-3", U2 ":2-4," U1 ":1"));
    ck_assert(!covers(U1 ":1-5:7-9", U1 ":4-8"));
    ck_assert(covers(U1 ":1-5", "3E11FA47-71CA-11E1-9E33-C80AA9429562:4"));
}
END_TEST

START_TEST(test_mysql_tags)
{
    ck_assert(covers(U1 ":1-5:blue:1-3", U1 ":blue:2"));
    ck_assert(!covers(U1 ":1-5:blue:1-3", U1 ":blue:4"));
    ck_assert(covers(U1 ":1-5:blue:1-3", U1 ":4"));
    ck_assert(!covers(U1 ":blue:1-3", U1 ":2"));
    ck_assert(!covers(U1 ":1-3", U1 ":blue:2"));
    ck_assert(covers(U1 ":1:Blue:1-3:red:7", U1 ":blue:3:red:7"));
    ck_assert(!covers(U1 ":1:blue:1-3:red:7", U1 ":red:3"));
}
END_TEST

START_TEST(test_malformed_is_not_covered)
{
    static const char *const bad[] = {
        "",
        " ",
        ",",
        "0",
        "0-1",
        "0-1-",
        "-1-1",
        "0-1-5x",
        "0-1-5-6",
        "x",
        "0-1-99999999999999999999",
        "0-1-5,",
        ",0-1-5",
        U1,
        U1 ":",
        U1 ":0",
        U1 ":x",
        U1 ":5-4",
        U1 ":1-",
        U1 ":-1",
        U1 "1:1",
        U1 ":1:",
        U1 ":1,",
        ":1",
        "3e11fa47x71ca-11e1-9e33-c80aa9429562:1",
        U1 ":a-b:1",
        "0-1-5 6",
        U1 ":1 2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!covers("0-1-999,1-1-999," U1 ":1-999", bad[i]), "covered: %s", bad[i]);
        ck_assert_msg(!covers(bad[i], U1 ":7") && !covers(bad[i], "1-1-3"), "covers: %s", bad[i]);
    }
}
END_TEST

START_TEST(test_a_bad_entry_does_not_hide_the_good_ones)
{
    ck_assert(covers("rubbish,0-1-5", "0-1-4"));
    ck_assert(covers(U2 ":zz:," U1 ":1-5", U1 ":4"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gtid");
    TCase *t = tcase_create("gtid");
    tcase_add_test(t, test_mariadb);
    tcase_add_test(t, test_mysql);
    tcase_add_test(t, test_mysql_tags);
    tcase_add_test(t, test_malformed_is_not_covered);
    tcase_add_test(t, test_a_bad_entry_does_not_hide_the_good_ones);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
