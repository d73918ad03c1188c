/* For the tests of protocol/: bytes that end at a page that may not be touched, hexadecimal, and the cases of
 * tests/wire/ (their form is told in tests/wire/capture.py). Tests run in the repository's root.
 */
#ifndef TESTS_WIRE_HELP_H
#define TESTS_WIRE_HELP_H

#include <check.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- guard pages ---- */

struct guard {
    uint8_t *map, *p; /* p[0..n) ends where the guard page begins */
    size_t mapped, n;
};

static inline struct guard guard_new(const void *bytes, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (n + page - 1) / page * page;
    struct guard g = {.mapped = room + page, .n = n};
    g.map = mmap(NULL, g.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(g.map, MAP_FAILED);
    ck_assert_int_eq(mprotect(g.map + room, page, PROT_NONE), 0);
    g.p = g.map + room - n;
    if (n)
        memcpy(g.p, bytes, n);
    return g;
}

static inline void guard_free(struct guard *g)
{
    munmap(g->map, g->mapped);
}

/* ---- hexadecimal ---- */

/* Spaces and anything else that is no hexadecimal digit are left out. Returns the number of bytes. */
static inline size_t unhex(const char *text, uint8_t *out)
{
    size_t digits = 0;
    for (; *text; text++) {
        if (!isxdigit((unsigned char)*text))
            continue;
        int d = isdigit((unsigned char)*text) ? *text - '0' : tolower((unsigned char)*text) - 'a' + 10;
        if (digits++ % 2 == 0)
            *out = (uint8_t)(d << 4);
        else
            *out++ |= (uint8_t)d;
    }
    ck_assert_uint_eq(digits % 2, 0);
    return digits / 2;
}

static inline void assert_bytes(const void *got, size_t n, const char *hex)
{
    uint8_t want[1024];
    size_t len = unhex(hex, want);
    ck_assert_uint_eq(n, len);
    ck_assert_mem_eq(got, want, len);
}

#define assert_text(b, s) \
    do { \
        __auto_type text_ = (b); \
        ck_assert_uint_eq(text_.len, strlen(s)); \
        ck_assert(!text_.len || !memcmp(text_.p, s, text_.len)); \
    } while (0)

/* ---- cases ---- */

struct wire_case {
    const char *file;
    char name[40], command[16];
    int deprecate_eof;
    long rows, results, columns, params, error; /* -1: not said */
    uint8_t *stream;
    size_t n;
};

static const char *const wire_files[] = {"tests/wire/mariadb_eof.hex", "tests/wire/mariadb_noeof.hex",
                                         "tests/wire/mysql_eof.hex", "tests/wire/mysql_noeof.hex"};

static inline void wire_line(struct wire_case *c, const char *line)
{
    long *fields[] = {&c->rows, &c->results, &c->columns, &c->params, &c->error};
    static const char *const names[] = {"rows", "results", "columns", "params", "error"};
    char key[32] = "", value[64] = "";
    if (sscanf(line, "%31s %63s", key, value) < 2)
        return;
    if (!strcmp(key, "command"))
        snprintf(c->command, sizeof c->command, "%.15s", value);
    if (!strcmp(key, "deprecate_eof"))
        c->deprecate_eof = atoi(value);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(key, names[i]))
            *fields[i] = atol(value);
}

/* Reads one file; returns how many cases it has. Their streams are the caller's to free. */
static inline size_t wire_load(const char *path, struct wire_case *cases, size_t most)
{
    char line[512];
    size_t n = 0;
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s: tests run in the repository's root", path);
    while (fgets(line, sizeof line, f)) {
        char name[40];
        if (sscanf(line, "case %39s", name) == 1) {
            ck_assert_uint_lt(n, most);
            cases[n] =
                (struct wire_case){.file = path, .rows = -1, .results = -1, .columns = -1, .params = -1, .error = -1};
            strcpy(cases[n++].name, name);
        } else if (n && line[0] == ' ') {
            struct wire_case *c = &cases[n - 1];
            c->stream = realloc(c->stream, c->n + sizeof line);
            c->n += unhex(line, c->stream + c->n);
        } else if (n) {
            wire_line(&cases[n - 1], line);
        }
    }
    fclose(f);
    ck_assert_uint_gt(n, 0);
    return n;
}

static inline struct wire_case wire_find(const char *path, const char *name)
{
    static struct wire_file {
        struct wire_case cases[64];
        struct wire_file *next;
    } *files; /* all that were read: tests keep what they found */
    struct wire_file *f = calloc(1, sizeof *f);
    f->next = files;
    files = f;
    size_t n = wire_load(path, f->cases, 64);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(f->cases[i].name, name))
            return f->cases[i];
    ck_abort_msg("%s has no case %s", path, name);
}

/* ---- running ---- */

static inline int run_tests(const char *name, TCase *tc)
{
    Suite *s = suite_create(name);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}

#endif
