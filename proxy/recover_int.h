/* What the files of recovery share, and nobody outside them but their test includes.
 *
 *   recover_rules.c  pure: which prepared branches are ours, since when they are seen, what follows from an answer
 *   recover_log.c    the questions to one server: the log's table, its rows, the prepared branches
 *   recover_round.c  one round over all shards
 *   recover.c        the thread, the topology, the tables
 */
#ifndef PROXY_RECOVER_INT_H
#define PROXY_RECOVER_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "proxy/control.h"
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
    unsigned reason, told; /* why it stayed, an error number: last, and as last logged */
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

enum rlog_state {
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
enum verdict verdict_read(enum rlog_state s);
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
bool rlog_prepare(struct link *l);
/* Is the table there? *missing: the server says that it is not. */
bool rlog_check(struct link *l, bool *missing);
bool rlog_create(struct link *l);
bool rlog_is_writable(struct link *l); /* false also when the server is read_only, with link->code ER_READ_ONLY */

enum { ER_READ_ONLY = 1290 };

MYSQL_RES *rlog_prepared(struct link *l); /* XA RECOVER */
enum rlog_state rlog_read(struct link *l, const char *id);
bool rlog_bury(struct link *l, const char *id); /* link->code: the INSERT's */
bool rlog_end(struct link *l, const struct branch *b, bool commit);

/* Rows that are old enough to be garbage if no branch is prepared; at most LOG_OLD_ROWS. */
enum { LOG_OLD_ROWS = 1000, LOG_DELETE_ROWS = 100 };
MYSQL_RES *rlog_old(struct link *l);
bool rlog_delete(struct link *l, const char (*ids)[RECOVER_ID_LEN + 1], size_t n); /* at most LOG_DELETE_ROWS */

/* ---- recover_round.c ---- */

/* What is known of a shard. */
struct place {
    char shard[RECOVER_NAME_MAX + 1];
    char primary[512]; /* name and address: another one is checked again */
    bool check;        /* the table is to be looked for as soon as the primary is up */
    uint64_t check_at;
    unsigned told_check, told_ask; /* error numbers of the last failures logged */
};

struct recover {
    struct control *control;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t wake;
    atomic_bool stopping;
    atomic_bool ready[TOPO_MAX_SHARDS];
    atomic_uint_least64_t committed, rolled_back, in_doubt;

    struct topo *topo; /* what places belong to; a reference */
    struct place *places;
    struct doubt *doubts;
    uint64_t round, next_round, next_sweep;
    unsigned seed;
};

/* One look at all shards. */
struct round {
    struct recover *r;
    struct snapshot *s;
    struct peer {
        struct link link;
        bool out;
    } *peers; /* by shard */
    bool all_asked;
    struct old_row {
        uint16_t shard;
        char id[RECOVER_ID_LEN + 1];
    } *old;
    size_t n_old;
    bool more_old;
};

const struct conf_instance *round_primary(const struct snapshot *s, uint16_t shard);
bool round_is_up(const struct snapshot *s, uint16_t shard);
/* The connection to a shard's primary, NULL when there is none in this round. */
struct link *round_link(struct round *rd, uint16_t shard);
/* Logs a failure of a shard's once, until it is another one. */
void round_tell(unsigned *told, const char *event, const struct place *p, const struct link *l);
void round_run(struct round *rd, uint64_t now);
void round_deinit(struct round *rd);

#endif
