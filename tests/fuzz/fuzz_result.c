/* Any bytes as a reply. The follower must say the same, and pass the same bytes on, whether they come in one piece or
 * one by one. Input: command, DEPRECATE_EOF, shift of the sequence ids, then the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "protocol/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct relay {
    struct result r;
    uint8_t *in, *out;
    size_t n_in, n_out, n_events;
    uint8_t events[256];
    bool stopped;
};

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void relay_init(struct relay *y, const uint8_t *options, size_t room)
{
    memset(y, 0, sizeof *y);
    result_init(&y->r, (enum result_command)(options[0] % 7), options[1] & 1);
    y->r.seq_shift = options[2];
    y->in = malloc(room + 1);
    y->out = malloc(room + 1);
    require(y->in && y->out);
}

static void relay_free(struct relay *y)
{
    free(y->in);
    free(y->out);
}

static void relay_push(struct relay *y, const uint8_t *p, size_t n)
{
    memcpy(y->in + y->n_in, p, n);
    y->n_in += n;
    while (!y->stopped) {
        struct packet packet;
        size_t used;
        enum result_event event = result_feed(&y->r, y->in, y->n_in, &used, &packet);
        require(used <= y->n_in);
        require(!y->r.over || !y->r.skip);
        if (event != RESULT_MORE && event != RESULT_BAD)
            require(packet.data >= y->in && packet.data + packet.len == y->in + used);
        memcpy(y->out + y->n_out, y->in, used);
        y->n_out += used;
        memmove(y->in, y->in + used, y->n_in -= used);
        if (event == RESULT_MORE)
            return;
        if (y->n_events < sizeof y->events)
            y->events[y->n_events++] = (uint8_t)event;
        y->stopped = event == RESULT_BAD || y->r.over;
    }
}

/* The parts of OK, EOF and ERR packets, and session changes, from whatever the bytes are. */
static void read_replies(const uint8_t *p, size_t n, uint32_t caps)
{
    struct ok_packet ok;
    struct err_packet err;
    reply_read_err(p, n, &err);
    if (reply_read_ok(p, n, caps, &ok)) {
        struct reader r = rd_init(ok.changes.p, ok.changes.len);
        struct change c;
        while (reply_next_change(&r, &c))
            require(c.name.p && c.value.p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const uint8_t *stream = data + 3;
    size_t n = size - 3;
    struct relay whole, single;
    relay_init(&whole, data, n);
    relay_init(&single, data, n);
    relay_push(&whole, stream, n);
    for (size_t i = 0; i < n && !single.stopped; i++)
        relay_push(&single, stream + i, 1);
    require(whole.n_events == single.n_events && !memcmp(whole.events, single.events, whole.n_events));
    require(whole.n_out == single.n_out && !memcmp(whole.out, single.out, whole.n_out));
    require(!memcmp(&whole.r, &single.r, sizeof whole.r));
    relay_free(&whole);
    relay_free(&single);
    read_replies(stream, n, data[1] & 2 ? 0 : ~0u);
    return 0;
}
