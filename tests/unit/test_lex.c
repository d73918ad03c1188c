#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "router/arena.h"
#include "router/ast.h"
#include "router/lex.h"

static struct arena arena;
static const struct lex_mode maria = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};

static void setup(void)
{
    arena_init(&arena, 1024, 1 << 20);
}

static void teardown(void)
{
    arena_deinit(&arena);
}

/* The kinds of the tokens of a text, as one string of names. */
static const char *kinds(const char *sql, size_t len, const struct lex_mode *mode)
{
    static char out[1024];
    struct lexer lx;
    struct token tok;
    out[0] = 0;
    lex_init(&lx, sql, (uint32_t)len, mode);
    do {
        lex_next(&lx, &tok);
        ck_assert_uint_lt(strlen(out), sizeof out - 32);
        strcat(out, token_kind_name((enum token_kind)tok.kind));
        strcat(out, " ");
    } while (tok.kind != TK_END && tok.kind != TK_ERROR);
    return out;
}

#define ck_kinds(mode, sql, expected) ck_assert_str_eq(kinds(sql, sizeof(sql) - 1, mode), expected)

/* ---- arena ---- */

START_TEST(test_arena_grows_and_stops_at_the_ceiling)
{
    struct arena a;
    size_t got = 0;
    arena_init(&a, 256, 10000);
    while (arena_alloc(&a, 100)) {
        got += 100;
    }
    ck_assert_uint_gt(got, 5000);
    ck_assert_uint_le(a.held, 10000);
    ck_assert_ptr_null(arena_alloc(&a, 1 << 20));
    ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
    ck_assert_ptr_null(arena_grow(&a, NULL, 0, SIZE_MAX - 3));
    arena_reset(&a);
    ck_assert_uint_le(a.held, 256);
    ck_assert_ptr_nonnull(arena_alloc(&a, 100));
    arena_deinit(&a);
    ck_assert_uint_eq(a.held, 0);
}
END_TEST

START_TEST(test_arena_steady_state_keeps_its_block)
{
    char *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    for (int i = 0; i < 1000; i++) {
        ck_assert_ptr_eq(arena_alloc(&arena, 100), first);
        arena_reset(&arena);
    }
    ck_assert_uint_eq(arena.held, 1024);
}
END_TEST

START_TEST(test_arena_grow_in_place_and_by_copy)
{
    char *p = arena_copy(&arena, "hello", 5), *q;
    ck_assert_str_eq(p, "hello");
    q = arena_grow(&arena, p, 6, 64);
    ck_assert_ptr_eq(p, q);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 8));
    q = arena_grow(&arena, p, 64, 4000);
    ck_assert_ptr_ne(p, q);
    ck_assert_str_eq(q, "hello");
    arena_trim(&arena, q, 4000, 8);
    ck_assert_ptr_eq(arena_alloc(&arena, 8), q + 8);
}
END_TEST

/* ---- keywords and functions ---- */

START_TEST(test_keyword_table_is_in_order)
{
    for (unsigned k = 1; k < KW_COUNT_OF; k++) {
        const char *name = keyword_name((enum keyword)k);
        ck_assert_msg(keyword_find(name, strlen(name)) == k, "%s is not found: wrong group?", name);
    }
    ck_assert_uint_eq(keyword_find("sElEcT", 6), KW_SELECT);
    ck_assert_uint_eq(keyword_find("selec", 5), KW_NONE);
    ck_assert_uint_eq(keyword_find("", 0), KW_NONE);
    ck_assert_uint_eq(keyword_find("\xff\xfe", 2), KW_NONE);
    ck_assert_uint_eq(keyword_find("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 49), KW_NONE);
}
END_TEST

START_TEST(test_function_table_is_in_order)
{
    for (unsigned f = 1; f < FN_COUNT_OF; f++) {
        const char *name = func_name((enum func)f);
        ck_assert_msg(func_find(name, strlen(name)) == f, "%s is not found: wrong place?", name);
    }
    ck_assert_uint_eq(func_find("count", 5), FN_COUNT);
    ck_assert_uint_eq(func_find("nosuch", 6), FN_UNKNOWN);
    ck_assert(func_classes(FN_UUID) & FC_NONDETERMINISTIC);
    ck_assert(func_classes(FN_GET_LOCK) & FC_SIDE_EFFECT);
}
END_TEST

START_TEST(test_reserved_by_dialect)
{
    struct lex_mode mysql = maria;
    mysql.dialect = LEX_MYSQL;
    ck_assert(keyword_reserved(KW_SELECT, &maria) && keyword_reserved(KW_SELECT, &mysql));
    ck_assert(!keyword_reserved(KW_RANK, &maria) && keyword_reserved(KW_RANK, &mysql));
    ck_assert(keyword_reserved(KW_RETURNING, &maria) && !keyword_reserved(KW_RETURNING, &mysql));
    ck_assert(!keyword_reserved(KW_STATUS, &maria) && !keyword_reserved(KW_NONE, &mysql));
}
END_TEST

/* ---- character sets ---- */

/* 0x5c as the second byte of a character is no backslash, and 0x60 is no quote. */
START_TEST(test_trail_bytes)
{
    struct lex_mode m = maria;
    m.charset = LEX_CS_GBK;
    ck_kinds(&m, "'\xbf\x5c' '", "string error ");
    ck_kinds(&m, "'\xbf\x5c'", "string end ");
    ck_kinds(&m, "`\x81\x60`", "quoted end ");
    ck_kinds(&m, "a\x81\x5c", "word end ");
    ck_kinds(&m, "'\\\xbf'", "string end "); /* the backslash takes one byte */
    m.charset = LEX_CS_SJIS;
    ck_kinds(&m, "'\x83\x5c'", "string end ");
    ck_kinds(&m, "'\xb1\x5c'", "error "); /* a half-width kana is one byte: the backslash is one */
    m.charset = LEX_CS_BIG5;
    ck_kinds(&m, "'\xa5\x5c'", "string end ");
    m.charset = LEX_CS_SINGLE;
    ck_kinds(&m, "'\xbf\x5c'", "error ");
    m.charset = LEX_CS_UTF8;
    ck_kinds(&m, "'\xc3\x5c'", "error ");
    m.charset = LEX_CS_EUC;
    ck_kinds(&m, "'\xb0\x5c'", "error ");
}
END_TEST

START_TEST(test_collation_ids)
{
    ck_assert_int_eq(lex_charset_of(45), LEX_CS_UTF8);  /* utf8mb4_general_ci */
    ck_assert_int_eq(lex_charset_of(255), LEX_CS_UTF8); /* utf8mb4_0900_ai_ci */
    ck_assert_int_eq(lex_charset_of(33), LEX_CS_UTF8);
    ck_assert_int_eq(lex_charset_of(8), LEX_CS_SINGLE); /* latin1_swedish_ci */
    ck_assert_int_eq(lex_charset_of(63), LEX_CS_SINGLE);
    ck_assert_int_eq(lex_charset_of(28), LEX_CS_GBK);
    ck_assert_int_eq(lex_charset_of(248), LEX_CS_GBK); /* gb18030 */
    ck_assert_int_eq(lex_charset_of(13), LEX_CS_SJIS);
    ck_assert_int_eq(lex_charset_of(95), LEX_CS_SJIS); /* cp932 */
    ck_assert_int_eq(lex_charset_of(1), LEX_CS_BIG5);
    ck_assert_int_eq(lex_charset_of(12), LEX_CS_EUC);
}
END_TEST

/* ---- edges ---- */

START_TEST(test_nul_bytes_and_ends)
{
    ck_kinds(&maria, "", "end ");
    ck_kinds(&maria, "  \n", "end ");
    ck_kinds(&maria, "'a\0b'", "string end ");
    ck_kinds(&maria, "a\0b", "word error ");
    ck_kinds(&maria, "--", "end ");
    ck_kinds(&maria, "--x", "- - word end ");
    ck_kinds(&maria, "--\x01x", "end ");
    ck_kinds(&maria, "#", "end ");
    ck_kinds(&maria, "/*", "error ");
    ck_kinds(&maria, "/*/", "error ");
    ck_kinds(&maria, "/**/", "end ");
    ck_kinds(&maria, "'\\", "error ");
    ck_kinds(&maria, "'\\'", "error ");
    ck_kinds(&maria, "@'", "error ");
    ck_kinds(&maria, "x'", "error ");
    ck_kinds(&maria, "n'", "error ");
    ck_kinds(&maria, "1.", "decimal end ");
    ck_kinds(&maria, "1e+", "word + end ");
}
END_TEST

/* Every prefix of a text, its end at a guard page: nothing is read behind it. */
START_TEST(test_reads_no_byte_behind_the_text)
{
    static const char sql[] =
        "select /*!50000 `a``b` */ 'it\\'s' \"x\"\"y\" N'z' x'41' 0x4a b'1' 0b1 1.5e-3 .5 @a @'b' "
        "@@global.x t.1a <=> != := -> ->> && || /* c */ -- d\n # e\n ? {ts '1'} _utf8'x' \\N";
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = mmap(NULL, page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(map, MAP_FAILED);
    ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
    for (size_t len = 0; len < sizeof sql; len++) {
        char *at_end = map + page - len;
        memcpy(at_end, sql, len);
        ck_assert_uint_gt(strlen(kinds(at_end, len, &maria)), 0);
    }
    munmap(map, page * 2);
}
END_TEST

START_TEST(test_final_tokens_stay)
{
    struct lexer lx;
    struct token tok;
    lex_init(&lx, "a 'b", 4, &maria);
    lex_next(&lx, &tok);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(lex_next(&lx, &tok), TK_ERROR);
        ck_assert_uint_eq(tok.span.off, 2);
    }
}
END_TEST

/* ---- texts ---- */

static struct span whole(const char *s)
{
    return (struct span){0, (uint32_t)strlen(s)};
}

static void expect_ident(const char *sql, const char *text)
{
    char out[64];
    int n = ident_text(sql, whole(sql), out, sizeof out);
    ck_assert_int_eq(n, (int)strlen(text));
    ck_assert_int_eq(memcmp(out, text, strlen(text)), 0);
    ck_assert(ident_is(sql, whole(sql), text));
}

START_TEST(test_identifiers)
{
    char out[2];
    expect_ident("abc", "abc");
    expect_ident("`abc`", "abc");
    expect_ident("`a``b`", "a`b");
    expect_ident("\"a\"\"b\"", "a\"b");
    expect_ident("``", "");
    ck_assert_int_eq(ident_text("abc", (struct span){0, 3}, out, sizeof out), -1);
    ck_assert(ident_equal("`ab` AB", (struct span){0, 4}, (struct span){5, 2}));
    ck_assert(!ident_equal("`ab` ABC", (struct span){0, 4}, (struct span){5, 3}));
    ck_assert(!ident_is("abc", (struct span){0, 3}, "abcd") && !ident_is("abc", (struct span){0, 3}, "ab"));
}
END_TEST

static void expect_text(const struct lex_mode *mode, const char *sql, const char *bytes, size_t len)
{
    struct lex_slice out;
    ck_assert_msg(literal_text(sql, whole(sql), mode, &arena, &out), "%s", sql);
    ck_assert_msg(out.len == len && memcmp(out.ptr, bytes, len) == 0, "%s -> %.*s", sql, (int)out.len, out.ptr);
}

START_TEST(test_literal_texts)
{
    struct lex_mode m = maria;
    struct lex_slice out;
    expect_text(&m, "'abc'", "abc", 3);
    expect_text(&m, "''", "", 0);
    expect_text(&m, "'it''s'", "it's", 4);
    expect_text(&m, "\"a\"\"b'c\"", "a\"b'c", 5);
    expect_text(&m, "'a\\n\\t\\0\\\\\\'\\x'", "a\n\t\0\\'x", 7);
    expect_text(&m, "'50\\%\\_'", "50\\%\\_", 6);
    expect_text(&m, "'a' 'b' /* c */ \"d\"", "abd", 3);
    expect_text(&m, "N'x''y'", "x'y", 3);
    expect_text(&m, "x'4142'", "AB", 2);
    expect_text(&m, "0x414", "\x04\x14", 2);
    expect_text(&m, "b'101000001'", "\x01\x41", 2);
    expect_text(&m, "0b1", "\x01", 1);
    expect_text(&m, "x''", "", 0);
    m.flags = LEX_NO_BACKSLASH_ESCAPES;
    expect_text(&m, "'a\\n''b'", "a\\n'b", 5);
    m.flags = 0;
    m.charset = LEX_CS_GBK;
    expect_text(&m, "'\xbf\x5c''x'", "\xbf\x5c'x", 4);
    ck_assert(!literal_text("123", whole("123"), &m, &arena, &out));
}
END_TEST

/* ---- splitting ---- */

START_TEST(test_split_positions)
{
    static const char sql[] = " select 1 ; ; select ';' -- ;\n";
    uint32_t pos = 0;
    struct span s;
    ck_assert(lex_split(sql, sizeof sql - 1, &maria, &pos, &s));
    ck_assert_uint_eq(s.off, 1);
    ck_assert_uint_eq(s.len, 8);
    ck_assert_uint_eq(pos, 11);
    ck_assert(lex_split(sql, sizeof sql - 1, &maria, &pos, &s));
    ck_assert_uint_eq(s.len, 0);
    ck_assert(lex_split(sql, sizeof sql - 1, &maria, &pos, &s));
    ck_assert_uint_eq(s.off, 14);
    ck_assert_uint_eq(s.len, 10);
    ck_assert(!lex_split(sql, sizeof sql - 1, &maria, &pos, &s));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lex");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_arena_grows_and_stops_at_the_ceiling);
    tcase_add_test(t, test_arena_steady_state_keeps_its_block);
    tcase_add_test(t, test_arena_grow_in_place_and_by_copy);
    tcase_add_test(t, test_keyword_table_is_in_order);
    tcase_add_test(t, test_function_table_is_in_order);
    tcase_add_test(t, test_reserved_by_dialect);
    tcase_add_test(t, test_trail_bytes);
    tcase_add_test(t, test_collation_ids);
    tcase_add_test(t, test_nul_bytes_and_ends);
    tcase_add_test(t, test_reads_no_byte_behind_the_text);
    tcase_add_test(t, test_final_tokens_stay);
    tcase_add_test(t, test_identifiers);
    tcase_add_test(t, test_literal_texts);
    tcase_add_test(t, test_split_positions);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
