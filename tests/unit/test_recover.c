/* The pure half of recovery: which prepared branches are ours, since when they are seen, and what follows from each
 * answer. A wrong cell in these tables is a half-committed transaction. */
#include "proxy/recover_int.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "sw-0123456789abcdef0123456789ABCDEF"
#define OTHER "sw-ffffffffffffffffffffffffffffffff"

/* ---- rows of XA RECOVER ---- */

static bool read_row(struct branch *b, const char *format, const char *gtrid, const char *bqual, const char *data,
                     size_t len)
{
    char *copy = malloc(len ? len : 1); /* exact: a read behind it is seen by the sanitizer */
    memcpy(copy, data, len);
    char *row[4] = {(char *)format, (char *)gtrid, (char *)bqual, copy};
    unsigned long lengths[4] = {strlen(format), strlen(gtrid), strlen(bqual), len};
    bool ok = branch_read(b, row, lengths);
    free(copy);
    return ok;
}

static bool read_text(struct branch *b, const char *format, const char *gtrid, const char *bqual, const char *data)
{
    return read_row(b, format, gtrid, bqual, data, strlen(data));
}

START_TEST(test_branch_as_bytes)
{
    struct branch b;
    ck_assert(read_text(&b, "1", "35", "2", ID "s0"));
    ck_assert_str_eq(b.id, ID);
    ck_assert_str_eq(b.home, "s0");

    char name[65], data[256], len[8];
    memset(name, 'x', 64);
    name[64] = '\0';
    snprintf(data, sizeof data, "%s%s", ID, name);
    snprintf(len, sizeof len, "%zu", strlen(name));
    ck_assert(read_text(&b, "1", "35", len, data));
    ck_assert_str_eq(b.home, name);
}
END_TEST

START_TEST(test_branch_converted)
{
    struct branch b;
    char data[256] = "0x";
    for (const char *p = ID "eu-1.a_b"; *p; p++) {
        sprintf(data + strlen(data), p[0] % 2 ? "%02X" : "%02x", (unsigned char)*p);
    }
    ck_assert(read_text(&b, "1", "35", "8", data));
    ck_assert_str_eq(b.id, ID);
    ck_assert_str_eq(b.home, "eu-1.a_b");
    data[10] = 'g';
    ck_assert(!read_text(&b, "1", "35", "8", data));
}
END_TEST

START_TEST(test_branch_of_others)
{
    struct branch b;
    ck_assert(!read_text(&b, "2", "35", "2", ID "s0"));  /* another format */
    ck_assert(!read_text(&b, "-1", "35", "2", ID "s0")); /* the null xid */
    ck_assert(!read_text(&b, "1", "34", "3", ID "s0"));  /* cut elsewhere */
    ck_assert(!read_text(&b, "1", "35", "0", ID));
    ck_assert(!read_text(&b, "1", "35", "2", "xa-0123456789abcdef0123456789abcdefs0"));
    ck_assert(!read_text(&b, "1", "35", "2", "sw-0123456789abcdef0123456789abcdegs0")); /* no hex digit */
    ck_assert(!read_text(&b, "1", "35", "3", ID "s'0"));                                /* no shard can be called so */
    ck_assert(!read_text(&b, "1", "35", "2", ID "s\\"));
    ck_assert(!read_row(&b, "1", "35", "2", ID "s\0", 37));
    ck_assert(!read_row(&b, "1", "35", "2",
                        "sw-0123456789abcdef\0"
                        "123456789abcdefs0",
                        37));
}
END_TEST

START_TEST(test_branch_bad_rows)
{
    struct branch b;
    ck_assert(!read_text(&b, "1", "35", "2", ID "s"));   /* shorter than it says */
    ck_assert(!read_text(&b, "1", "35", "2", ID "s00")); /* longer */
    ck_assert(!read_text(&b, "1", "35", "65", ID "s0"));
    ck_assert(!read_text(&b, "1", "35", "99999999999999999999", ID "s0"));
    ck_assert(!read_text(&b, "1", "35", "-2", ID "s0"));
    ck_assert(!read_text(&b, "", "35", "2", ID "s0"));
    ck_assert(!read_text(&b, "1", "35", "2", ""));
    ck_assert(!read_text(&b, "1", "35", "2", "0x"));
    for (int i = 0; i < 4; i++) {
        char *row[4] = {"1", "35", "2", ID "s0"};
        unsigned long lengths[4] = {1, 2, 1, 37};
        ck_assert(branch_read(&b, row, lengths));
        row[i] = NULL;
        lengths[i] = 0;
        ck_assert(!branch_read(&b, row, lengths));
    }
}
END_TEST

/* ---- ageing ---- */

static struct branch branch(const char *id, const char *home)
{
    struct branch b;
    memset(&b, 0, sizeof b);
    strcpy(b.id, id);
    strcpy(b.home, home);
    return b;
}

START_TEST(test_age_counts_from_the_first_look)
{
    struct doubt *all = NULL;
    struct branch b = branch(ID, "s0");
    struct doubt *d = doubts_see(&all, "s1", &b, 1000, 1);
    ck_assert(!doubt_is_due(d, 1000, 10000));
    ck_assert_ptr_eq(doubts_see(&all, "s1", &b, 6000, 2), d);
    ck_assert(!doubt_is_due(d, 10999, 10000));
    ck_assert(doubt_is_due(d, 11000, 10000));
    ck_assert(doubt_is_due(d, 6000, 0));
    doubts_clear(&all);
    ck_assert_ptr_null(all);
}
END_TEST

START_TEST(test_what_vanishes_is_forgotten)
{
    struct doubt *all = NULL;
    struct branch one = branch(ID, "s0"), two = branch(OTHER, "s0");
    doubts_see(&all, "s1", &one, 1000, 1);
    doubts_see(&all, "s2", &one, 1000, 1);
    doubts_see(&all, "s1", &two, 1000, 1);
    /* round 2: s1 shows one alone, s2 did not answer */
    doubts_see(&all, "s1", &one, 6000, 2);
    doubts_forget(&all, "s1", 2);
    ck_assert_uint_eq(HASH_COUNT(all), 2);
    ck_assert(doubts_have(all, ID));
    ck_assert(!doubts_have(all, OTHER));
    /* round 3: it is there again, and young */
    struct doubt *d = doubts_see(&all, "s1", &two, 12000, 3);
    ck_assert(!doubt_is_due(d, 12000, 10000));
    /* s2 answers, and has had it all the time */
    d = doubts_see(&all, "s2", &one, 12000, 3);
    ck_assert(doubt_is_due(d, 12000, 10000));
    doubts_forget(&all, "s2", UINT64_MAX);
    doubts_forget(&all, "s1", UINT64_MAX);
    ck_assert_ptr_null(all);
}
END_TEST

START_TEST(test_branches_differ_by_shard_and_home)
{
    struct doubt *all = NULL;
    struct branch b = branch(ID, "s0"), elsewhere = branch(ID, "s00");
    struct doubt *d = doubts_see(&all, "s1", &b, 1, 1);
    ck_assert_ptr_ne(doubts_see(&all, "s1", &elsewhere, 1, 1), d);
    ck_assert_ptr_ne(doubts_see(&all, "s11", &b, 1, 1), d);
    ck_assert_uint_eq(HASH_COUNT(all), 3);
    doubts_clear(&all);
}
END_TEST

START_TEST(test_number_of_doubts_is_bounded)
{
    struct doubt *all = NULL;
    char id[RECOVER_ID_LEN + 1];
    for (unsigned i = 0; i < RECOVER_DOUBTS; i++) {
        snprintf(id, sizeof id, "sw-%032x", i);
        struct branch b = branch(id, "s0");
        ck_assert_ptr_nonnull(doubts_see(&all, "s1", &b, 1, 1));
    }
    struct branch b = branch(OTHER, "s0"), old = branch(id, "s0");
    ck_assert_ptr_null(doubts_see(&all, "s1", &b, 2, 2));
    ck_assert_ptr_nonnull(doubts_see(&all, "s1", &old, 2, 2)); /* known ones go on being seen */
    doubts_clear(&all);
}
END_TEST

/* ---- decisions ---- */

START_TEST(test_what_the_log_says)
{
    ck_assert_int_eq(verdict_read(LOG_COMMITTED), VERDICT_COMMIT);
    ck_assert_int_eq(verdict_read(LOG_ABANDONED), VERDICT_ROLLBACK);
    ck_assert_int_eq(verdict_read(LOG_NONE), VERDICT_BURY); /* never a rollback by absence alone */
    ck_assert_int_eq(verdict_read(LOG_UNKNOWN), VERDICT_WAIT);
}
END_TEST

START_TEST(test_what_the_tombstone_says)
{
    static const unsigned waits[] = {1205, 1213, 3572, 1290, 1836, 1142, 1146, 1317, 1053, 2013, 2006, 1665};
    ck_assert_int_eq(verdict_buried(0), VERDICT_ROLLBACK);
    ck_assert_int_eq(verdict_buried(1062), VERDICT_AGAIN);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        ck_assert_int_eq(verdict_buried(waits[i]), VERDICT_WAIT);
    }
}
END_TEST

START_TEST(test_how_a_branch_ends)
{
    for (int commit = 0; commit < 2; commit++) {
        ck_assert_int_eq(ending_of(commit, 0), ENDING_DONE);
        ck_assert_int_eq(ending_of(commit, 1397), ENDING_GONE);
        ck_assert_int_eq(ending_of(commit, 2013), ENDING_LATER);
        ck_assert_int_eq(ending_of(commit, 1290), ENDING_LATER);
        ck_assert_int_eq(ending_of(commit, 1205), ENDING_LATER);
    }
    ck_assert_int_eq(ending_of(false, 1402), ENDING_DONE);
    ck_assert_int_eq(ending_of(true, 1402), ENDING_BROKEN);
    ck_assert_int_eq(ending_of(true, 1613), ENDING_BROKEN);
    ck_assert_int_eq(ending_of(true, 1614), ENDING_BROKEN);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recover");
    TCase *t = tcase_create("recover");
    tcase_add_test(t, test_branch_as_bytes);
    tcase_add_test(t, test_branch_converted);
    tcase_add_test(t, test_branch_of_others);
    tcase_add_test(t, test_branch_bad_rows);
    tcase_add_test(t, test_age_counts_from_the_first_look);
    tcase_add_test(t, test_what_vanishes_is_forgotten);
    tcase_add_test(t, test_branches_differ_by_shard_and_home);
    tcase_add_test(t, test_number_of_doubts_is_bounded);
    tcase_add_test(t, test_what_the_log_says);
    tcase_add_test(t, test_what_the_tombstone_says);
    tcase_add_test(t, test_how_a_branch_ends);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
