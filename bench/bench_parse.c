/* bench_parse: what it costs to parse a statement whose plan is not in the cache. */
#include "bench/layer.h"
#include "router/parse.h"

struct tools {
    struct lex_mode mode;
    struct arena arena;
};

static int parse(void *arg, const char *sql, uint32_t len)
{
    struct tools *tools = arg;
    struct parse_result result;

    arena_reset(&tools->arena);
    return parse_sql(sql, len, &tools->mode, &tools->arena, &result);
}

int main(void)
{
    struct tools tools = {.mode = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101106}};
    int failed = 0;

    arena_init(&tools.arena, 16384, 1 << 20);
    for (int i = 0; i < STATEMENTS; i++) {
        failed |= layer_time("parse", &statements[i], parse, &tools);
    }
    arena_deinit(&tools.arena);
    return failed;
}
