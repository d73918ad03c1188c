/* Rows of a virtual table while they are filled. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proxy/mesh_table.h"

static struct cell *next_cell(struct mesh_rows *r)
{
    static struct cell none; /* written, never read */
    if (!r->row && !r->full) {
        r->row = arena_zalloc(&r->arena, sizeof *r->row + r->n_columns * sizeof(struct cell));
        r->full = !r->row;
        r->at = 0;
    }
    return r->full || r->at == r->n_columns ? &none : &r->row->cells[r->at++];
}

void rows_text(struct mesh_rows *r, const char *s)
{
    const char *copy = s ? arena_copy(&r->arena, s, strlen(s)) : NULL;
    if (s && !copy)
        r->full = true;
    *next_cell(r) = (struct cell){.kind = copy ? CELL_TEXT : CELL_NULL, .text = copy};
}

void rows_int(struct mesh_rows *r, int64_t i)
{
    *next_cell(r) = (struct cell){.kind = CELL_INT, .i = i};
}

void rows_double(struct mesh_rows *r, double d)
{
    *next_cell(r) = (struct cell){.kind = CELL_DOUBLE, .d = d};
}

void rows_bool(struct mesh_rows *r, bool b)
{
    rows_int(r, b);
}

void rows_null(struct mesh_rows *r)
{
    *next_cell(r) = (struct cell){.kind = CELL_NULL};
}

void rows_time(struct mesh_rows *r, uint64_t ms)
{
    char text[40], all[64];
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    if (!ms || !gmtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm)) {
        rows_null(r);
        return;
    }
    snprintf(all, sizeof all, "%s.%03u", text, (unsigned)(ms % 1000));
    rows_text(r, all);
}

void rows_end(struct mesh_rows *r)
{
    if (r->full)
        return;
    next_cell(r); /* a row is there even if no cell was set */
    *r->last = r->row;
    r->last = &r->row->next;
    r->row = NULL;
}
