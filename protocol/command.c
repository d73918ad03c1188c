#include "protocol/command.h"

#include "protocol/const.h"

/* COM_QUERY under CLIENT_QUERY_ATTRIBUTES: count, number of sets (1), and when the count is not 0 the parameters with
 * their types and names, then the SQL. */
static bool read_attributes(struct reader *r, struct command *c)
{
    const uint8_t *from = r->p;
    uint64_t n = rd_lenenc(r), sets = rd_lenenc(r);
    if (r->bad || sets != 1 || n > UINT16_MAX)
        return false;
    c->n_attributes = (uint32_t)n;
    if (n) {
        struct stmt_params p;
        struct bytes name;
        uint16_t type;
        struct value v;
        if (!stmt_params_begin(&p, r, (uint32_t)n, true) || !p.bound)
            return false;
        while (stmt_params_next(&p, &name, &type, &v))
            ;
        if (p.values.bad)
            return false;
        *r = p.values;
    }
    c->attributes = (struct bytes){from, (size_t)(r->p - from)};
    return true;
}

void command_attributes(const struct command *c, struct stmt_params *p)
{
    struct reader r = rd_init(c->attributes.p, c->attributes.len);
    *p = (struct stmt_params){0};
    if (!c->n_attributes)
        return;
    rd_lenenc(&r);
    rd_lenenc(&r);
    stmt_params_begin(p, &r, c->n_attributes, true);
}

static void read_stmt(struct reader *r, struct command *c)
{
    c->statement = rd_u32(r);
    switch (c->kind) {
    case COM_STMT_EXECUTE: /* the rest: stmt_read_execute() */
        c->number = rd_u8(r);
        rd_u32(r);
        break;
    case COM_STMT_FETCH:
        c->number = rd_u32(r);
        break;
    case COM_STMT_SEND_LONG_DATA:
        c->number = rd_u16(r);
        c->text = rd_rest(r);
        break;
    default:
        break;
    }
}

enum command_status command_read(const uint8_t *payload, size_t len, uint32_t caps, struct command *c)
{
    struct reader r = rd_init(payload, len);
    *c = (struct command){0};
    if (!len)
        return COMMAND_MALFORMED;
    c->kind = rd_u8(&r);
    switch (c->kind) {
    case COM_QUERY:
        if ((caps & CLIENT_QUERY_ATTRIBUTES) && !read_attributes(&r, c))
            return COMMAND_MALFORMED;
        c->text = rd_rest(&r);
        break;
    case COM_INIT_DB:
    case COM_CREATE_DB:
    case COM_DROP_DB:
    case COM_STMT_PREPARE:
    case COM_CHANGE_USER:
        c->text = rd_rest(&r);
        break;
    case COM_FIELD_LIST:
        c->text = rd_str_nul(&r);
        c->wildcard = rd_rest(&r);
        break;
    case COM_STMT_EXECUTE:
    case COM_STMT_FETCH:
    case COM_STMT_SEND_LONG_DATA:
    case COM_STMT_CLOSE:
    case COM_STMT_RESET:
        read_stmt(&r, c);
        break;
    case COM_PROCESS_KILL:
        c->number = rd_u32(&r);
        break;
    case COM_SET_OPTION:
        c->number = rd_u16(&r);
        break;
    case COM_REFRESH:
        c->number = rd_u8(&r);
        break;
    case COM_QUIT:
    case COM_STATISTICS:
    case COM_PROCESS_INFO:
    case COM_DEBUG:
    case COM_PING:
    case COM_RESET_CONNECTION:
    case COM_SHUTDOWN:
        break;
    default:
        return COMMAND_UNKNOWN;
    }
    return r.bad ? COMMAND_MALFORMED : COMMAND_OK;
}

const char *command_name(uint8_t kind)
{
    static const char *const names[] = {
        [COM_SLEEP] = "Sleep",
        [COM_QUIT] = "Quit",
        [COM_INIT_DB] = "Init DB",
        [COM_QUERY] = "Query",
        [COM_FIELD_LIST] = "Field List",
        [COM_CREATE_DB] = "Create DB",
        [COM_DROP_DB] = "Drop DB",
        [COM_REFRESH] = "Refresh",
        [COM_SHUTDOWN] = "Shutdown",
        [COM_STATISTICS] = "Statistics",
        [COM_PROCESS_INFO] = "Processlist",
        [COM_CONNECT] = "Connect",
        [COM_PROCESS_KILL] = "Kill",
        [COM_DEBUG] = "Debug",
        [COM_PING] = "Ping",
        [COM_CHANGE_USER] = "Change user",
        [COM_BINLOG_DUMP] = "Binlog Dump",
        [COM_STMT_PREPARE] = "Prepare",
        [COM_STMT_EXECUTE] = "Execute",
        [COM_STMT_SEND_LONG_DATA] = "Long Data",
        [COM_STMT_CLOSE] = "Close stmt",
        [COM_STMT_RESET] = "Reset stmt",
        [COM_SET_OPTION] = "Set option",
        [COM_STMT_FETCH] = "Fetch",
        [COM_RESET_CONNECTION] = "Reset connection",
    };
    return kind < sizeof names / sizeof *names && names[kind] ? names[kind] : "Unknown";
}

bool command_has_reply(uint8_t kind)
{
    return kind != COM_QUIT && kind != COM_STMT_CLOSE && kind != COM_STMT_SEND_LONG_DATA;
}

enum result_command command_result(uint8_t kind)
{
    switch (kind) {
    case COM_QUERY:
    case COM_PROCESS_INFO:
        return RESULT_OF_QUERY;
    case COM_STMT_EXECUTE:
        return RESULT_OF_EXECUTE;
    case COM_STMT_PREPARE:
        return RESULT_OF_PREPARE;
    case COM_STMT_FETCH:
        return RESULT_OF_FETCH;
    case COM_FIELD_LIST:
        return RESULT_OF_FIELD_LIST;
    case COM_STATISTICS:
        return RESULT_OF_STATISTICS;
    default:
        return RESULT_OF_SIMPLE;
    }
}

static size_t begin(struct buf *b, uint8_t kind)
{
    size_t mark = packet_begin(b);
    wr_u8(b, kind);
    return mark;
}

static void end(struct buf *b, size_t mark)
{
    uint8_t seq = 0;
    packet_end(b, mark, &seq);
}

void command_write(struct buf *b, uint8_t kind)
{
    end(b, begin(b, kind));
}

void command_write_text(struct buf *b, uint8_t kind, const void *text, size_t n)
{
    size_t mark = begin(b, kind);
    wr_bytes(b, text, n);
    end(b, mark);
}

void command_write_query(struct buf *b, uint32_t caps, struct bytes attributes, const void *sql, size_t n)
{
    size_t mark = begin(b, COM_QUERY);
    if ((caps & CLIENT_QUERY_ATTRIBUTES) && attributes.len)
        wr_bytes(b, attributes.p, attributes.len);
    else if (caps & CLIENT_QUERY_ATTRIBUTES)
        wr_bytes(b, "\x00\x01", 2);
    wr_bytes(b, sql, n);
    end(b, mark);
}

void command_write_stmt(struct buf *b, uint8_t kind, uint32_t statement)
{
    size_t mark = begin(b, kind);
    wr_u32(b, statement);
    end(b, mark);
}

void command_write_fetch(struct buf *b, uint32_t statement, uint32_t rows)
{
    size_t mark = begin(b, COM_STMT_FETCH);
    wr_u32(b, statement);
    wr_u32(b, rows);
    end(b, mark);
}

void command_write_long_data(struct buf *b, uint32_t statement, uint16_t param, const void *p, size_t n)
{
    size_t mark = begin(b, COM_STMT_SEND_LONG_DATA);
    wr_u32(b, statement);
    wr_u16(b, param);
    wr_bytes(b, p, n);
    end(b, mark);
}

void command_write_field_list(struct buf *b, struct bytes table, struct bytes wildcard)
{
    size_t mark = begin(b, COM_FIELD_LIST);
    wr_bytes(b, table.p, table.len);
    wr_u8(b, 0);
    wr_bytes(b, wildcard.p, wildcard.len);
    end(b, mark);
}

void command_write_set_option(struct buf *b, uint16_t operand)
{
    size_t mark = begin(b, COM_SET_OPTION);
    wr_u16(b, operand);
    end(b, mark);
}
