/* Values that a column calls equal have the same canonical bytes; what cannot be told is said to be unknown. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "router/canon.h"

static struct arena arena;
static struct route_facts facts;
static struct canon_column column;
static char answer[200];

static void setup(void)
{
    arena_init(&arena, 4096, 1 << 20);
    facts = (struct route_facts){.charset = 45};
}

static void teardown(void)
{
    arena_deinit(&arena);
}

static void use(const char *type, const char *collation)
{
    static struct column_info info;
    static char charset[40];
    info = (struct column_info){.type = (char *)type, .collation = (char *)collation};
    column_info_classify(&info);
    if (collation) {
        snprintf(charset, sizeof charset, "%.*s", (int)strcspn(collation, "_"), collation);
        info.charset = charset;
    }
    ck_assert_ptr_null(
        canon_column_init(&column, &info, collation && strstr(collation, "0900") ? LEX_MYSQL : LEX_MARIADB));
}

static struct route_value text(const char *s)
{
    return (struct route_value){.kind = ROUTE_TEXT, .text = s, .len = strlen(s)};
}

static struct route_value decimal(const char *s)
{
    return (struct route_value){.kind = ROUTE_DECIMAL, .text = s, .len = strlen(s)};
}

static struct route_value real(const char *s)
{
    return (struct route_value){.kind = ROUTE_DOUBLE, .text = s, .len = strlen(s)};
}

static struct route_value number(int64_t i)
{
    return (struct route_value){.kind = ROUTE_INT, .i = i};
}

/* The canonical form as text: hexadecimal for integers and texts, else as it is; or the status. */
static const char *form(struct route_value v, bool store)
{
    struct lex_slice out = {"", 0}, ask = {"", 0};
    switch (canon_value(&column, &v, store, &facts, &arena, &out, &ask)) {
    case CANON_NULL:
        return "NULL";
    case CANON_NO_MATCH:
        return "no match";
    case CANON_UNKNOWN:
        return "unknown";
    case CANON_NEEDS_WEIGHT:
        snprintf(answer, sizeof answer, "ask %.*s", (int)ask.len, ask.ptr);
        return answer;
    case CANON_NO_MEMORY:
        return "no memory";
    case CANON_OK:
        break;
    }
    if (column.class == COLUMN_INT) {
        ck_assert_uint_eq(out.len, 8);
        snprintf(answer, sizeof answer, "%lld", (long long)canon_integer(out));
    } else if (column.class == COLUMN_TEXT || column.class == COLUMN_BINARY) {
        size_t n = 0;
        answer[0] = '\0';
        for (size_t i = 0; i < out.len; i++) {
            n += (size_t)snprintf(answer + n, sizeof answer - n, "%02x", (unsigned char)out.ptr[i]);
        }
    } else {
        snprintf(answer, sizeof answer, "%.*s", (int)out.len, out.ptr);
    }
    return answer;
}

#define WHERE(v, want) ck_assert_str_eq(form(v, false), want)
#define STORE(v, want) ck_assert_str_eq(form(v, true), want)

START_TEST(test_integers)
{
    use("int(11)", NULL);
    WHERE(number(5), "5");
    WHERE(number(-5), "-5");
    WHERE(text("5"), "5");
    WHERE(text("-005"), "-5");
    WHERE(text("+5"), "5");
    WHERE(text("5.00"), "5");
    WHERE(decimal("5.0"), "5");
    WHERE(decimal("5."), "5");
    WHERE(real("5e0"), "5");
    WHERE(real("-50e-1"), "-5");
    WHERE(number(2147483647), "2147483647");
    WHERE(number(2147483648), "no match");
    WHERE(number(-2147483648LL), "-2147483648");
    WHERE(number(-2147483649LL), "no match");
    WHERE(decimal("99999999999999999999999"), "no match");
    WHERE(text("5abc"), "unknown");
    WHERE(text(" 5"), "unknown");
    WHERE(text(""), "unknown");
    WHERE(text("-"), "unknown");
    WHERE(text("."), "unknown");
    WHERE(text("5e0"), "unknown");
    WHERE(decimal("5.5"), "unknown");
    WHERE(real("5.5"), "unknown");
    WHERE(real("1e300"), "unknown");
    WHERE(((struct route_value){.kind = ROUTE_NULL}), "NULL");
    WHERE(((struct route_value){.kind = ROUTE_BINARY, .text = "5", .len = 1}), "unknown");
    WHERE(((struct route_value){.kind = ROUTE_UNKNOWN}), "unknown");
    STORE(decimal("5.5"), "6");
    STORE(decimal("5.49"), "5");
    STORE(decimal("-5.5"), "-6");
    STORE(decimal("0.5"), "1");
    STORE(text("5.5"), "unknown");
    STORE(number(2147483648), "unknown");
    use("bigint(20)", NULL);
    WHERE(text("9007199254740993"), "9007199254740993");
    WHERE(real("9007199254740992"), "unknown");
    WHERE(real("9007199254740991"), "9007199254740991");
    use("bigint(20) unsigned", NULL);
    WHERE(decimal("18446744073709551615"), "-1");
    WHERE(((struct route_value){.kind = ROUTE_UINT, .i = -1}), "-1");
    WHERE(number(-1), "no match");
    WHERE(text("-0"), "0");
    use("tinyint(3) unsigned", NULL);
    WHERE(number(255), "255");
    WHERE(number(256), "no match");
    use("year(4)", NULL);
    WHERE(number(2026), "2026");
    WHERE(number(26), "unknown");
    WHERE(text("26"), "unknown");
    WHERE(number(0), "unknown");
}
END_TEST

START_TEST(test_decimals)
{
    use("decimal(6,2)", NULL);
    WHERE(decimal("1.5"), "1.5");
    WHERE(decimal("001.50"), "1.5");
    WHERE(decimal("-0.00"), "0");
    WHERE(decimal(".25"), "0.25");
    WHERE(number(-7), "-7");
    WHERE(text("1.50"), "1.5");
    WHERE(decimal("1.555"), "unknown");
    WHERE(decimal("12345.5"), "unknown");
    WHERE(text("1.5x"), "unknown");
    WHERE(real("1.5"), "unknown");
    STORE(text("1.5"), "1.5");
    STORE(decimal("1.555"), "unknown");
    struct lex_slice a = {"-10.5", 5}, b = {"-9", 2}, c = {"0", 1}, d = {"9.25", 4}, e = {"9.3", 3}, f = {"10", 2};
    const struct lex_slice order[] = {a, b, c, d, e, f};
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < 6; k++) {
            int got = canon_compare(&column, order[i], order[k]);
            ck_assert_int_eq((got > 0) - (got < 0), (i > k) - (i < k));
        }
    }
    use("decimal(20,2)", NULL);
    WHERE(text("1.5"), "unknown"); /* compared as doubles, which do not tell such numbers apart */
}
END_TEST

START_TEST(test_text_weights)
{
    use("varchar(20)", "utf8mb4_general_ci");
    WHERE(text("aB"), "00410042");
    WHERE(text("Ab  "), "00410042");
    WHERE(text("  "), "");
    WHERE(text("a b"), "004100200042");
    WHERE(text("\xc3\xa9"), "ask \xc3\xa9");
    WHERE(text("a\t"), "ask a\t");
    WHERE(number(5), "unknown");
    STORE(number(5), "0035");
    WHERE(text("5"), "0035");
    STORE(decimal("5.0"), "unknown");
    STORE(text("123456789012345678901"), "unknown");
    STORE(text("12345678901234567890  "),
          "00310032003300340035003600370038003900300031003200330034003500360037003800390030");
    use("varchar(20)", "latin1_swedish_ci");
    WHERE(text("az"), "415a");
    use("varchar(20)", "utf8mb4_unicode_ci");
    WHERE(text("aA"), "0e330e33");
    use("varchar(20)", "utf8mb3_unicode_ci");
    WHERE(text("a"), "0e33");
    use("varchar(20)", "utf8mb4_0900_ai_ci");
    WHERE(text("a "), "1c470209"); /* no padding */
    use("char(20)", "utf8mb4_0900_ai_ci");
    WHERE(text("a "), "1c47"); /* but CHAR loses its spaces */
    use("varchar(20)", "utf8mb4_czech_ci");
    WHERE(text("a  "), "ask a");
    WHERE(text("a!"), "unknown"); /* may weigh nothing */
    use("varchar(20)", "ucs2_general_ci");
    WHERE(text("a"), "ask a");
}
END_TEST

START_TEST(test_text_binary)
{
    use("varchar(20)", "utf8mb4_bin");
    WHERE(text("aA "), "000061000041");
    WHERE(text("\xc3\xa9\xf0\x9f\x98\x80"), "0000e901f600");
    WHERE(text("\xff"), "unknown");
    WHERE(text("\xc3"), "unknown");
    use("varchar(20)", "utf8mb3_bin");
    WHERE(text("\xc3\xa9"), "00e9");
    WHERE(text("\xf0\x9f\x98\x80"), "unknown");
    use("varchar(20)", "latin1_bin");
    WHERE(text("aA "), "6141");
    WHERE(text("\xc3\xa9"), "ask \xc3\xa9");
    facts.charset = 8;
    WHERE(text("\xe9"), "e9");
    use("varchar(20)", "utf8mb4_bin");
    WHERE(text("a"), "000061");
    WHERE(text("\xe9"), "ask \xe9");
    facts.charset = 0; /* the connection has another character set */
    WHERE(text("a"), "000061");
    WHERE(text("\xc3\xa9"), "unknown");
    facts.charset = 10; /* swe7: no ASCII */
    WHERE(text("a"), "ask a");
    facts.charset = 13; /* sjis: what 0x5c is depends on whom one asks */
    WHERE(text("a\\"), "ask a\\");
    use("varchar(20)", "utf8mb4_0900_bin");
    facts.charset = 45;
    WHERE(text("a "), "6120");
}
END_TEST

static bool weight(void *arg, const char *charset, const char *collation, const char *s, size_t len, uint16_t client,
                   struct lex_slice *out)
{
    (void)arg;
    (void)client;
    ck_assert_str_eq(charset, "utf8mb4");
    ck_assert_str_eq(collation, "utf8mb4_general_ci");
    if (len != 5 || memcmp(s, "\xc3\xa9\xe3\x80\x80", 5) != 0) {
        return false;
    }
    *out = (struct lex_slice){"\0E\0 ", 4}; /* an E, and something that weighs as a space */
    return true;
}

START_TEST(test_weights_of_a_server)
{
    use("varchar(20)", "utf8mb4_general_ci");
    facts.weight = weight;
    WHERE(text("\xc3\xa9\xe3\x80\x80"), "0045");
    WHERE(text("e"), "0045");
    WHERE(text("\xc3\xa9"), "ask \xc3\xa9");
}
END_TEST

START_TEST(test_enum_and_set)
{
    use("enum('a','b')", "utf8mb4_general_ci");
    WHERE(text("A"), "0041");
    STORE(text("a"), "0041");
    STORE(text("1"), "unknown");
    STORE(number(1), "unknown");
}
END_TEST

START_TEST(test_binary)
{
    use("varbinary(4)", NULL);
    WHERE(text("ab"), "6162");
    WHERE(text("ab "), "616220");
    WHERE(text("abcde"), "no match");
    WHERE(((struct route_value){.kind = ROUTE_BINARY, .text = "\xff\0", .len = 2}), "ff00");
    WHERE(number(5), "unknown");
    use("binary(4)", NULL);
    WHERE(((struct route_value){.kind = ROUTE_BINARY, .text = "\xff\0", .len = 2}), "ff");
    use("uuid", NULL);
    WHERE(text("00112233-4455-6677-8899-AABBccddeeff"), "00112233445566778899aabbccddeeff");
    WHERE(text("00112233445566778899aabbccddeeff"), "00112233445566778899aabbccddeeff");
    WHERE(text("00112233-4455-6677-8899_AABBccddeeff"), "unknown");
    WHERE(text("x"), "unknown");
}
END_TEST

START_TEST(test_dates)
{
    use("date", NULL);
    WHERE(text("2026-01-05"), "2026-01-05");
    WHERE(text("2026-1-5"), "2026-01-05");
    WHERE(text("2024-02-29"), "2024-02-29");
    WHERE(text("2026-02-29"), "unknown");
    WHERE(text("2026-13-01"), "unknown");
    WHERE(text("0000-00-00"), "unknown");
    WHERE(text("26-01-05"), "unknown");
    WHERE(text("20260105"), "unknown");
    WHERE(text("2026-01-05 00:00:00"), "2026-01-05");
    WHERE(text("2026-01-05 00:00:01"), "unknown");
    WHERE(text("2026-01-05x"), "unknown");
    WHERE(number(20260105), "unknown");
    use("datetime(3)", NULL);
    WHERE(text("2026-01-05"), "2026-01-05 00:00:00.000000");
    WHERE(text("2026-01-05T1:02:03.5"), "2026-01-05 01:02:03.500000");
    WHERE(text("2026-01-05 01:02:03.500000"), "2026-01-05 01:02:03.500000");
    WHERE(text("2026-01-05 01:02:03.5005"), "unknown");
    WHERE(text("2026-01-05 01:02"), "unknown");
    WHERE(text("2026-01-05 24:00:00"), "unknown");
    WHERE(text("2026-01-05 01:02:03+01:00"), "unknown");
    use("time", NULL);
    WHERE(text("1:02:03"), "01:02:03.000000");
    WHERE(text("25:00:00"), "unknown");
    WHERE(text("2"), "unknown");
}
END_TEST

static const char *refusal(const char *type, const char *collation)
{
    struct column_info info = {.type = (char *)type, .collation = (char *)collation, .charset = (char *)"utf8mb4"};
    column_info_classify(&info);
    return canon_column_init(&column, &info, LEX_MARIADB);
}

START_TEST(test_no_keys)
{
    ck_assert_ptr_nonnull(refusal("double", NULL));
    ck_assert_ptr_nonnull(refusal("json", NULL));
    ck_assert_ptr_nonnull(refusal("timestamp", NULL));
    ck_assert_ptr_nonnull(refusal("bit(8)", NULL));
    ck_assert_ptr_nonnull(refusal("inet6", NULL));
    ck_assert_ptr_nonnull(refusal("set('a')", "utf8mb4_bin"));
    ck_assert_ptr_nonnull(refusal("varchar(5)", NULL));
    ck_assert_ptr_null(refusal("varchar(5)", "utf8mb4_bin"));
}
END_TEST

START_TEST(test_comparable)
{
    struct canon_column a, b;
    use("int(11)", NULL);
    a = column;
    use("bigint(20) unsigned", NULL);
    ck_assert(canon_comparable(&a, &column));
    use("decimal(5,0)", NULL);
    ck_assert(!canon_comparable(&a, &column));
    use("varchar(5)", "utf8mb4_bin");
    a = column;
    use("char(9)", "utf8mb4_bin");
    b = column;
    ck_assert(canon_comparable(&a, &b));
    use("varchar(5)", "utf8mb4_general_ci");
    ck_assert(!canon_comparable(&a, &column));
    use("binary(4)", NULL);
    a = column;
    use("varbinary(4)", NULL);
    ck_assert(!canon_comparable(&a, &column));
}
END_TEST

START_TEST(test_order_of_text)
{
    use("varchar(20)", "utf8mb4_general_ci");
    struct lex_slice a = {"\0A", 2}, aa = {"\0A\0A", 4}, tab = {"\0A\0\t", 4};
    ck_assert_int_lt(canon_compare(&column, a, aa), 0);
    ck_assert_int_gt(canon_compare(&column, aa, a), 0);
    ck_assert_int_lt(canon_compare(&column, tab, a), 0); /* a tab is below the spaces that 'a' goes on in */
    ck_assert_int_eq(canon_compare(&column, a, a), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("canon");
    TCase *t = tcase_create("canon");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_integers);
    tcase_add_test(t, test_decimals);
    tcase_add_test(t, test_text_weights);
    tcase_add_test(t, test_text_binary);
    tcase_add_test(t, test_weights_of_a_server);
    tcase_add_test(t, test_enum_and_set);
    tcase_add_test(t, test_binary);
    tcase_add_test(t, test_dates);
    tcase_add_test(t, test_no_keys);
    tcase_add_test(t, test_comparable);
    tcase_add_test(t, test_order_of_text);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
