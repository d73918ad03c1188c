/* What the files of recovery share, and nobody outside them but their test includes.
 *
 *   recover_rules.c  pure: which prepared branches are ours, since when they are seen, what follows from an answer
 *   recover_log.c    the questions to one server: the log's table, its rows, the prepared branches
 *   recover.c        the thread, its rounds over all shards, what is counted
 */
#ifndef PROXY_RECOVER_INT_H
#define PROXY_RECOVER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "proxy/link.h"

enum {
    RECOVER_ID_LEN = 35,     /* "sw-" and 32 hex digits */
    RECOVER_NAME_MAX = 64,   /* bytes of a shard's name, and of a bqual */
    RECOVER_DOUBTS = 100000, /* prepared branches that are looked at in one round */
    RECOVER_TRIES = 3,       /* reads of a log row that others are writing, in one round */
};

/* ---- recover_rules.c ---- */

/* A prepared branch of ours, as XA RECOVER names it. */
struct branch {
    char id[RECOVER_ID_LEN + 1];     /* gtrid */
    char home[RECOVER_NAME_MAX + 1]; /* bqual: the shard whose log decides */
};

bool branch_is_id(const char *text, size_t len);

/* Reads a row of XA RECOVER (formatID, gtrid_length, bqual_length, data), the data as bytes or, after CONVERT XID, as
 * 0x…; false when it is not a branch of ours. */
bool branch_read(struct branch *b, char *const row[4], const unsigned long lengths[4]);

/* A branch on a shard, from the first time that it was seen there. */
struct doubt {
    struct doubt_key {
        char shard[RECOVER_NAME_MAX + 1]; /* where it is prepared */
        struct branch branch;
    } key;                 /* zeros behind each text */
    uint64_t first_seen;   /* ms, monotonic */
    uint64_t round;        /* the last one that saw it */
    unsigned told;         /* the last reason logged for its staying: an error number */
    bool ended;            /* by us: gone at the next look, unless a connection still holds it */
    UT_hash_handle hh;
};

/* Adds what is seen on a shard in a round; NULL when there are too many. */
struct doubt *doubts_see(struct doubt **doubts, const char *shard, const struct branch *b, uint64_t now,
                         uint64_t round);
/* All of the shard has been seen: what was not seen is gone. */
void doubts_forget(struct doubt **doubts, const char *shard, uint64_t round);
void doubts_clear(struct doubt **doubts);
bool doubts_have(const struct doubt *doubts, const char *id); /* on any shard */
bool doubt_is_due(const struct doubt *d, uint64_t now, uint64_t age);

enum log_state {
    LOG_NONE,
    LOG_COMMITTED, /* 'C': written by the transaction itself */
    LOG_ABANDONED, /* 'R': the tombstone */
    LOG_UNKNOWN,   /* could not be read, or is being written */
};

enum verdict {
    VERDICT_COMMIT,
    VERDICT_ROLLBACK,
    VERDICT_BURY,  /* write the tombstone */
    VERDICT_AGAIN, /* read again */
    VERDICT_WAIT,  /* for the next round */
};
enum verdict verdict_read(enum log_state s);
enum verdict verdict_buried(unsigned code); /* the error of the tombstone's INSERT, 0 none */

enum ending {
    ENDING_DONE,
    ENDING_GONE,   /* somebody else did it, or a connection still holds the branch */
    ENDING_BROKEN, /* the server rolled back what is committed elsewhere */
    ENDING_LATER,
};
enum ending ending_of(bool commit, unsigned code);

/* ---- recover_log.c: false, NULL or LOG_UNKNOWN with link->code and link->error set ---- */

/* What a connection needs before the rest: short waits for locks, UTC. */
bool log_prepare(struct link *l);
/* Is the table there? *missing: the server says that it is not. */
bool log_check(struct link *l, bool *missing);
bool log_create(struct link *l);
bool log_is_writable(struct link *l); /* false also when the server is read_only, with link->code ER_READ_ONLY */

enum { ER_READ_ONLY = 1290 };

MYSQL_RES *log_prepared(struct link *l); /* XA RECOVER */
enum log_state log_read(struct link *l, const char *id);
bool log_bury(struct link *l, const char *id); /* link->code: the INSERT's */
bool log_end(struct link *l, const struct branch *b, bool commit);

/* Rows that are old enough to be garbage if no branch is prepared; at most LOG_OLD_ROWS. */
enum { LOG_OLD_ROWS = 1000, LOG_DELETE_ROWS = 100 };
MYSQL_RES *log_old(struct link *l);
bool log_delete(struct link *l, const char (*ids)[RECOVER_ID_LEN + 1], size_t n); /* at most LOG_DELETE_ROWS */

#endif
