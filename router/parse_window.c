/* Window specifications: OVER and the WINDOW clause. */
#include "router/parse_int.h"

/* UNBOUNDED PRECEDING | CURRENT ROW | bit (PRECEDING | FOLLOWING) */
static void frame_bound(struct parser *p)
{
    if (accept_words(p, KW_CURRENT, KW_ROW)) {
        return;
    }
    if (!accept_word(p, KW_UNBOUNDED)) {
        parse_bit_expr(p);
    }
    if (!accept_word(p, KW_PRECEDING) && !accept_word(p, KW_FOLLOWING)) {
        parse_fail(p);
    }
}

/* (ROWS | RANGE | GROUPS) (bound | BETWEEN bound AND bound) [EXCLUDE ...] */
static struct span parse_frame(struct parser *p)
{
    uint32_t start = here(p);
    if (!accept_word(p, KW_ROWS) && !accept_word(p, KW_RANGE) && !accept_word(p, KW_GROUPS)) {
        return (struct span){0, 0};
    }
    bool between = accept_word(p, KW_BETWEEN);
    frame_bound(p);
    if (between && expect_word(p, KW_AND)) {
        frame_bound(p);
    }
    if (accept_word(p, KW_EXCLUDE)) {
        while (at(p, TK_WORD)) {
            advance(p);
        }
    }
    return span_from(p, start);
}

/* ( [name] [PARTITION BY list] [ORDER BY list] [frame] ) */
struct window *parse_window_spec(struct parser *p)
{
    struct window *w = parse_alloc(p, sizeof *w);
    uint32_t start = here(p);
    if (!w || !expect(p, TK_LPAREN)) {
        return NULL;
    }
    if (is_ident(p, p->tok) && !at_word(p, KW_ROWS) && !at_word(p, KW_RANGE) && !at_word(p, KW_GROUPS)) {
        parse_ident(p, &w->base);
    }
    if (accept_words(p, KW_PARTITION, KW_BY)) {
        w->partition = parse_exprs(p);
    }
    if (at_word(p, KW_ORDER)) {
        w->order = parse_order_by(p);
    }
    w->frame = parse_frame(p);
    if (!expect(p, TK_RPAREN)) {
        return NULL;
    }
    w->span = span_from(p, start);
    return w;
}

/* OVER (name | spec) */
struct window *parse_over(struct parser *p)
{
    if (at(p, TK_LPAREN)) {
        return parse_window_spec(p);
    }
    struct window *w = parse_alloc(p, sizeof *w);
    if (!w || !parse_ident(p, &w->base)) {
        return NULL;
    }
    w->span = w->base;
    return w;
}
