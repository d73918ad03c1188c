/* bench_lex: what it costs to cut a statement into tokens, and to find its shape (every statement's first step). */
#include "bench/layer.h"
#include "router/fingerprint.h"

struct tools {
    struct lex_mode mode;
    struct arena arena;
};

static int lex_all(void *arg, const char *sql, uint32_t len)
{
    struct tools *tools = arg;
    struct lexer lexer;
    struct token token;
    enum token_kind kind;

    lex_init(&lexer, sql, len, &tools->mode);
    do {
        kind = lex_next(&lexer, &token);
    } while (kind != TK_END && kind != TK_ERROR);
    return kind == TK_END ? 0 : -1;
}

static int fingerprint(void *arg, const char *sql, uint32_t len)
{
    struct tools *tools = arg;
    struct fingerprint shape;

    arena_reset(&tools->arena);
    return fingerprint_sql(sql, len, &tools->mode, &tools->arena, &shape);
}

int main(void)
{
    struct tools tools = {.mode = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101106}};
    int failed = 0;

    arena_init(&tools.arena, 16384, 1 << 20);
    for (int i = 0; i < STATEMENTS; i++) {
        failed |= layer_time("lex", &statements[i], lex_all, &tools);
        failed |= layer_time("fingerprint", &statements[i], fingerprint, &tools);
    }
    arena_deinit(&tools.arena);
    return failed;
}
