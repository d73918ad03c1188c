/* Any bytes as a stream of packets: what is found lies inside, is written back as it was, and the limit holds. The
 * first byte chooses the limit.
 */
#include <stdlib.h>

#include "protocol/packet.h"
#include "protocol/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t max = data[0] & 1 ? 64u << 20 : data[0], n = size - 1, at = 0;
    uint8_t *p = malloc(n ? n : 1);
    require(p);
    memcpy(p, data + 1, n);
    struct packet packet;
    enum packet_status status;
    while ((status = packet_next(p + at, n - at, max, &packet)) == PACKET_OK) {
        require(packet.len <= max && packet.raw <= n - at);
        require(packet.data == p + at + PACKET_HEADER);
        struct buf b;
        buf_init(&b, 80u << 20);
        uint8_t seq = packet.seq;
        packet_write(&b, packet.data, packet.len, &seq);
        require(!b.bad && buf_len(&b) == packet.raw && (uint8_t)(packet.last + 1) == seq);
        require(packet.len >= PACKET_MAX || !memcmp(buf_ptr(&b), data + 1 + at, packet.raw));
        buf_deinit(&b);
        at += packet.raw;
    }
    if (status == PACKET_MORE)
        require(packet_want(p + at, n - at) > n - at);
    free(p);
    return 0;
}
