/* Any bytes as a column definition and as a text and a binary row of columns of any type; what is read is printed,
 * compared, and written again as a row that reads the same. Input: number of columns, a type and flags each, then a
 * definition and the row, both from the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/const.h"
#include "protocol/row.h"
#include "protocol/stmt.h"

#define MOST 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static bool read_row(const uint8_t *p, size_t n, bool binary, const struct column *columns, size_t count,
                     struct value *values)
{
    struct row_reader row;
    row_read_begin(&row, p, n, binary, columns, count);
    for (size_t i = 0; i < count; i++)
        row_read_next(&row, &values[i]);
    return row_read_end(&row);
}

static bool is_nan(const struct value *v)
{
    return (v->kind == VALUE_FLOAT || v->kind == VALUE_DOUBLE) && v->d != v->d;
}

static void check_row(const uint8_t *p, size_t n, bool binary, const struct column *columns, size_t count)
{
    struct value values[MOST], again[MOST];
    if (!read_row(p, n, binary, columns, count, values))
        return;
    for (size_t i = 0; i < count; i++) {
        char scratch[VALUE_SCRATCH];
        struct bytes text = row_print(&columns[i], &values[i], scratch);
        require(text.p || !text.len);
        for (size_t j = 0; j < count; j++)
            require(is_nan(&values[i]) || is_nan(&values[j]) ||
                    sign(value_compare(&values[i], &values[j])) == -sign(value_compare(&values[j], &values[i])));
    }
    struct buf b;
    uint8_t seq = 0;
    buf_init(&b, 16 << 20);
    row_write(&b, &seq, binary, columns, values, count);
    require(!b.bad);
    if (binary) {
        require(read_row(buf_ptr(&b) + 4, buf_len(&b) - 4, true, columns, count, again));
        for (size_t i = 0; i < count; i++)
            require(is_nan(&values[i]) || value_compare(&values[i], &again[i]) == 0);
    }
    buf_deinit(&b);
}

static void check_column(const uint8_t *p, size_t n)
{
    struct column c, again;
    if (!column_read(p, n, &c))
        return;
    struct buf b;
    uint8_t seq = 0;
    buf_init(&b, 16 << 20);
    column_write(&b, &seq, &c);
    require(!b.bad && column_read(buf_ptr(&b) + 4, buf_len(&b) - 4, &again));
    require(!column_differs(&c, &again));
    buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct column columns[MOST];
    struct stmt_prepared prepared;
    if (size < 1)
        return 0;
    size_t count = 1 + data[0] % MOST;
    if (size < 1 + 2 * count)
        return 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t flags = data[2 + 2 * i];
        columns[i] = (struct column){
            .type = data[1 + 2 * i], .decimals = flags & 31, .charset = flags & 64 ? 63 : 45, .length = flags};
        columns[i].flags = (uint16_t)(flags & 128 ? UNSIGNED_FLAG | ZEROFILL_FLAG : 0);
    }
    const uint8_t *p = data + 1 + 2 * count;
    size_t n = size - 1 - 2 * count;
    check_row(p, n, true, columns, count);
    check_row(p, n, false, columns, count);
    check_column(p, n);
    stmt_read_prepared(p, n, &prepared);
    return 0;
}
