/* Any bytes as a client's command; an EXECUTE also as one of a statement with some parameters, which is then written
 * for backends with and without query attributes and must read as the same values. Input: options, number of
 * parameters, payload.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/command.h"
#include "protocol/const.h"
#include "protocol/stmt.h"

#define MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

static bool same(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_FLOAT || a->kind == VALUE_DOUBLE) /* bits: a NaN is no number */
        return a->kind == b->kind && a->u == b->u;
    return a->kind == b->kind && value_compare(a, b) == 0;
}

static void write_literals(const struct value *values, size_t n, uint8_t options)
{
    static const uint16_t collations[] = {45, 28, 13, 1, 8, 63, 12, 2048};
    struct buf b;
    buf_init(&b, 16 << 20);
    for (size_t i = 0; i < n; i++)
        stmt_write_literal(&b, &values[i], collations[options % 8], options & 8);
    require(!b.bad);
    buf_deinit(&b);
}

static void read_execute(const uint8_t *p, size_t n, uint32_t caps, uint8_t options, uint16_t n_params)
{
    uint16_t at[MOST] = {0}, at2[MOST] = {0};
    struct stmt_types types = {n_params, options & 1, at}, types2 = {n_params, false, at2};
    struct value values[MOST], values2[MOST];
    struct bytes longs[MOST] = {{0}};
    struct stmt_execute e, e2;
    for (size_t i = 0; i < n_params; i++)
        at[i] = options & 2 ? MYSQL_TYPE_TINY : MYSQL_TYPE_VAR_STRING;
    if (options & 16)
        longs[0] = (struct bytes){(const uint8_t *)"long", 4};
    if (!stmt_read_execute(p, n, caps, &types, longs, &e, values))
        return;
    write_literals(values, n_params, options);
    for (int side = 0; side < 2; side++) {
        uint32_t to = side ? CLIENT_QUERY_ATTRIBUTES : 0;
        struct buf b;
        buf_init(&b, 32 << 20);
        stmt_write_execute(&b, to, 7, &e, &types);
        require(!b.bad);
        struct packet packet;
        require(packet_next(buf_ptr(&b), buf_len(&b), 32 << 20, &packet) == PACKET_OK);
        require(stmt_read_execute(packet.data, packet.len, to, &types2, longs, &e2, values2));
        require(e2.id == 7 || !n_params);
        for (size_t i = 0; i < n_params; i++)
            require(same(&values[i], &values2[i]));
        buf_deinit(&b);
    }
}

static void read_attributes(const struct command *c)
{
    struct stmt_params p;
    struct bytes name;
    uint16_t type;
    struct value v;
    uint32_t n = 0;
    command_attributes(c, &p);
    while (stmt_params_next(&p, &name, &type, &v))
        n++;
    require(n == c->n_attributes);
    struct buf b;
    buf_init(&b, 32 << 20);
    command_write_query(&b, CLIENT_QUERY_ATTRIBUTES, c->attributes, c->text.p, c->text.len);
    struct command again;
    require(!b.bad && command_read(buf_ptr(&b) + 4, buf_len(&b) - 4, CLIENT_QUERY_ATTRIBUTES, &again) == COMMAND_OK);
    require(again.n_attributes == n && again.text.len == c->text.len);
    buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    uint32_t caps = data[0] & 0x80 ? CLIENT_QUERY_ATTRIBUTES : 0;
    struct command c;
    enum command_status status = command_read(data + 2, size - 2, caps, &c);
    require(size > 2 || status == COMMAND_MALFORMED);
    if (status == COMMAND_OK && c.kind == COM_QUERY && caps)
        read_attributes(&c);
    if (status == COMMAND_OK && c.kind == COM_STMT_EXECUTE)
        read_execute(data + 2, size - 2, caps, data[0], data[1] % MOST);
    return 0;
}
