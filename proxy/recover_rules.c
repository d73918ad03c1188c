/* Why a transaction over several shards ends the same everywhere, whoever dies.
 *
 *   its proxy       XA PREPARE on P1…Pn  ──▶  on P0: INSERT (G, 'C'), COMMIT  ──▶  XA COMMIT on P1…Pn  ──▶  DELETE G
 *   recovery                                  on P0: INSERT (G, 'R')          ──▶  XA ROLLBACK on P1…Pn
 *
 * G is the primary key of P0's log, so only one of the two INSERTs ever goes in, and P0's own changes live or die with
 * the first:
 *
 *   the log says                             so
 *   'C'                                      P0 has committed: commit
 *   'R'                                      P0 can never commit any more: roll back
 *   nothing, and 'R' goes in                 the same
 *   nothing, and 'R' finds a row             decided between the two questions: read again
 *   the row is locked                        P0 is deciding: wait
 *
 * Age is therefore no part of the proof: it only spares transactions that are being committed at this moment from being
 * rolled back. Any number of proxies may do this at once; who comes second finds no branch (XAER_NOTA).
 *
 * The row of a finished transaction is gone, and the same question would then write 'R'; but it goes only when no
 * branch is left, so that nothing is rolled back by it.
 */
#include "proxy/recover_int.h"

#include <stdlib.h>
#include <string.h>

enum {
    ER_DUP_ENTRY_ = 1062,
    ER_XAER_NOTA_ = 1397,
    ER_XA_RBROLLBACK_ = 1402,
    ER_XA_RBTIMEOUT_ = 1613,
    ER_XA_RBDEADLOCK_ = 1614,
};

/* ---- which branches are ours ---- */

static const char hex_digits[] = "0123456789abcdefABCDEF";

bool branch_is_id(const char *text, size_t len)
{
    if (len != RECOVER_ID_LEN || memcmp(text, "sw-", 3) != 0) {
        return false;
    }
    for (size_t i = 3; i < len; i++) {
        if (text[i] == '\0' || strchr(hex_digits, text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* The names that the configuration allows. */
static bool is_shard_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '.' && c != '-') {
            return false;
        }
    }
    return len > 0 && len <= RECOVER_NAME_MAX;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode_hex(char *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (char)(high << 4 | low);
    }
    return true;
}

/* A small number; -1 for anything else. */
static int number(const char *text, unsigned long len)
{
    int n = 0;
    for (unsigned long i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || i > 3) {
            return -1;
        }
        n = 10 * n + (text[i] - '0');
    }
    return len > 0 ? n : -1;
}

bool branch_read(struct branch *b, char *const row[4], const unsigned long lengths[4])
{
    char bytes[RECOVER_ID_LEN + RECOVER_NAME_MAX];
    for (int i = 0; i < 4; i++) {
        if (row[i] == NULL) {
            return false;
        }
    }
    int home_len = number(row[2], lengths[2]);
    size_t all = RECOVER_ID_LEN + (size_t)home_len;
    if (number(row[0], lengths[0]) != 1 || number(row[1], lengths[1]) != RECOVER_ID_LEN || home_len < 1 ||
        home_len > RECOVER_NAME_MAX) {
        return false;
    }
    if (lengths[3] == all) {
        memcpy(bytes, row[3], all);
    } else if (lengths[3] != 2 + 2 * all || memcmp(row[3], "0x", 2) != 0 || !decode_hex(bytes, row[3] + 2, all)) {
        return false;
    }
    if (!branch_is_id(bytes, RECOVER_ID_LEN) || !is_shard_name(bytes + RECOVER_ID_LEN, (size_t)home_len)) {
        return false;
    }
    memset(b, 0, sizeof *b);
    memcpy(b->id, bytes, RECOVER_ID_LEN);
    memcpy(b->home, bytes + RECOVER_ID_LEN, (size_t)home_len);
    return true;
}

/* ---- since when ---- */

struct doubt *doubts_see(struct doubt **doubts, const char *shard, const struct branch *b, uint64_t now, uint64_t round)
{
    struct doubt_key key;
    struct doubt *d = NULL;
    memset(&key, 0, sizeof key);
    memcpy(key.shard, shard, strnlen(shard, RECOVER_NAME_MAX));
    key.branch = *b;
    HASH_FIND(hh, *doubts, &key, sizeof key, d);
    if (d == NULL) {
        if (HASH_COUNT(*doubts) >= RECOVER_DOUBTS || (d = calloc(1, sizeof *d)) == NULL) {
            return NULL;
        }
        d->key = key;
        d->first_seen = now;
        HASH_ADD(hh, *doubts, key, sizeof d->key, d);
    }
    d->round = round;
    return d;
}

void doubts_forget(struct doubt **doubts, const char *shard, uint64_t round)
{
    struct doubt *d, *next;
    HASH_ITER(hh, *doubts, d, next)
    {
        if (d->round < round && strcmp(d->key.shard, shard) == 0) {
            HASH_DEL(*doubts, d);
            free(d);
        }
    }
}

void doubts_clear(struct doubt **doubts)
{
    struct doubt *d, *next;
    HASH_ITER(hh, *doubts, d, next)
    {
        HASH_DEL(*doubts, d);
        free(d);
    }
}

bool doubts_have(const struct doubt *doubts, const char *id)
{
    for (const struct doubt *d = doubts; d != NULL; d = d->hh.next) {
        if (strcmp(d->key.branch.id, id) == 0) {
            return true;
        }
    }
    return false;
}

bool doubt_is_due(const struct doubt *d, uint64_t now, uint64_t age)
{
    return now - d->first_seen >= age;
}

/* ---- what follows ---- */

enum verdict verdict_read(enum rlog_state s)
{
    switch (s) {
    case LOG_COMMITTED:
        return VERDICT_COMMIT;
    case LOG_ABANDONED:
        return VERDICT_ROLLBACK;
    case LOG_NONE:
        return VERDICT_BURY;
    default:
        return VERDICT_WAIT;
    }
}

enum verdict verdict_buried(unsigned code)
{
    return code == 0 ? VERDICT_ROLLBACK : code == ER_DUP_ENTRY_ ? VERDICT_AGAIN : VERDICT_WAIT;
}

enum ending ending_of(bool commit, unsigned code)
{
    switch (code) {
    case 0:
        return ENDING_DONE;
    case ER_XAER_NOTA_:
        return ENDING_GONE;
    case ER_XA_RBROLLBACK_:
    case ER_XA_RBTIMEOUT_:
    case ER_XA_RBDEADLOCK_:
        return commit ? ENDING_BROKEN : ENDING_DONE;
    default:
        return ENDING_LATER;
    }
}
