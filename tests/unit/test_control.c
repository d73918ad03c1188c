/* The control plane over stubs: no server, real threads. What users care about: an instance that fails is out at once
 * and back after one good probe, one that hangs delays nobody, and a table's definition from before a DDL statement
 * never comes back. */
#include "proxy/control_int.h"
#include "proxy/log.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- stubs ---- */

enum mode { GOOD, FAILS, FULL, HANGS };

static struct {
    pthread_mutex_t lock;
    enum mode mode[16]; /* by port */
    unsigned probes[16], fresh[16], reads;
    char gtid[32];
    bool hold_reads, exists;
    unsigned version;        /* of the table's definition: its number of columns */
    unsigned last_read_from; /* port */
} stub = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum mode stub_mode(const struct conf_instance *i, bool fresh)
{
    pthread_mutex_lock(&stub.lock);
    enum mode mode = stub.mode[i->address.port];
    stub.probes[i->address.port]++;
    stub.fresh[i->address.port] += fresh;
    pthread_mutex_unlock(&stub.lock);
    return mode;
}

static void stub_set(unsigned port, enum mode mode)
{
    pthread_mutex_lock(&stub.lock);
    stub.mode[port] = mode;
    pthread_mutex_unlock(&stub.lock);
}

static unsigned stub_probes(unsigned port)
{
    pthread_mutex_lock(&stub.lock);
    unsigned n = stub.probes[port];
    pthread_mutex_unlock(&stub.lock);
    return n;
}

static void stub_probe(struct probe *p, const struct conf *conf, const struct conf_instance *instance, bool fresh,
                       struct probe_result *r)
{
    (void)p;
    (void)conf;
    enum mode mode = stub_mode(instance, fresh);
    *r = (struct probe_result){.lag_ms = -1};
    while (mode == HANGS) {
        usleep(5000);
        pthread_mutex_lock(&stub.lock);
        mode = stub.mode[instance->address.port];
        pthread_mutex_unlock(&stub.lock);
    }
    r->ok = mode == GOOD;
    r->full = mode == FULL;
    r->replicating = r->ok && instance->role == CONF_REPLICA;
    r->lag_ms = r->replicating ? 0 : -1;
    r->version = 101114;
    if (r->ok) {
        r->gtid = strdup(stub.gtid);
    } else {
        snprintf(r->error, sizeof r->error, "stub fails");
    }
}

static struct table_info *stub_read(struct links *links, const struct conf *conf, const struct conf_instance *instance,
                                    const char *schema, const char *name, char *error, size_t size)
{
    (void)links;
    (void)conf;
    pthread_mutex_lock(&stub.lock);
    unsigned version = stub.version;
    bool fails = stub.mode[instance->address.port] != GOOD, exists = stub.exists;
    stub.last_read_from = instance->address.port;
    stub.reads++;
    while (stub.hold_reads) {
        pthread_mutex_unlock(&stub.lock);
        usleep(2000);
        pthread_mutex_lock(&stub.lock);
    }
    pthread_mutex_unlock(&stub.lock);
    if (fails) {
        snprintf(error, size, "%s: stub fails", instance->name);
        return NULL;
    }
    struct table_info *t = table_info_new(schema, name);
    t->read_at = control_now() * 1000000;
    t->exists = exists;
    t->columns = calloc(version, sizeof *t->columns);
    t->n_columns = version;
    for (unsigned i = 0; i < version; i++) {
        t->columns[i].name = strdup("c");
        t->columns[i].type = strdup("int(11)");
    }
    return t;
}

static const struct control_ops ops = {.probe = stub_probe, .read_table = stub_read};

/* ---- fixture ---- */

#define HEAD \
    "listen: {client: 127.0.0.1:3307}\nbackend: {user: mesh, password: secret-7}\nthreads: 1\n" \
    "users: [{name: app, password: x}]\nhealth: {interval: 100ms, timeout: 300ms}\n"
#define SCHEMAS "schemas: [{name: shop, tables: [{name: orders, key: id}, {name: audit, kind: single, shard: s1}]}]\n"
#define TWO_SHARDS \
    HEAD "shards:\n" \
         "- {name: s0, instances: [{address: 127.0.0.1:1, role: primary}, {address: 127.0.0.1:2, role: replica}]}\n" \
         "- {name: s1, instances: [{address: 127.0.0.1:3, role: primary}]}\n" SCHEMAS
#define OTHER_ORDER \
    HEAD "shards:\n" \
         "- {name: s1, instances: [{address: 127.0.0.1:3, role: primary}, {address: 127.0.0.1:4, role: replica}]}\n" \
         "- {name: s0, instances: [{address: 127.0.0.1:1, role: primary}]}\n" SCHEMAS

static struct control *control;
static atomic_uint published;
static atomic_bool publishing;

static void on_conf_error(void *arg, const char *message)
{
    (void)arg;
    ck_abort_msg("%s", message);
}

static struct topo *make_topo(const char *text)
{
    struct conf *conf = conf_parse("test.yaml", text, strlen(text), on_conf_error, NULL);
    ck_assert_ptr_nonnull(conf);
    struct topo *t = topo_build(conf);
    conf_unref(conf);
    return t;
}

static void on_publish(void *arg, struct snapshot *s)
{
    ck_assert(!atomic_exchange(&publishing, true)); /* one after the other */
    ck_assert_ptr_eq(arg, &published);
    ck_assert_uint_eq(s->health->n, s->topo->n_instances);
    atomic_fetch_add(&published, 1);
    snapshot_unref(s);
    atomic_store(&publishing, false);
}

static void start(const char *text)
{
    struct topo *t = make_topo(text);
    control = control_start_with(t, on_publish, &published, &ops);
    ck_assert_ptr_nonnull(control);
    ck_assert_uint_ge(atomic_load(&published), 1);
    topo_unref(t);
}

static void setup(void)
{
    log_setup(CONF_LOG_ERROR, CONF_LOG_TEXT);
    strcpy(stub.gtid, "0-1-5");
    stub.version = 1;
    stub.exists = true;
    start(TWO_SHARDS);
}

static void teardown(void)
{
    for (unsigned i = 0; i < 16; i++) {
        stub_set(i, GOOD);
    }
    control_stop(control);
}

static struct health_instance seen(unsigned index)
{
    struct snapshot *s = control_snapshot(control);
    ck_assert_uint_lt(index, s->health->n);
    struct health_instance h = s->health->instances[index];
    h.gtid = NULL;
    snapshot_unref(s);
    return h;
}

/* Waits up to two seconds; returns how long it took, ms. */
static unsigned wait_state(unsigned index, enum health_state state)
{
    for (unsigned ms = 0; ms < 2000; ms += 2) {
        if (seen(index).state == state) {
            return ms;
        }
        usleep(2000);
    }
    ck_abort_msg("instance %u is %s, not %s", index, health_state_name(seen(index).state), health_state_name(state));
}

static void wait_all_up(void)
{
    wait_state(0, HEALTH_UP);
    wait_state(1, HEALTH_UP);
    wait_state(2, HEALTH_UP);
}

struct wait_job {
    struct job job;
    atomic_bool done;
};

static void on_done(struct job *j)
{
    atomic_store(&((struct wait_job *)j)->done, true);
}

static void job_start(struct wait_job *w, enum job_kind kind, const char *schema, const char *name)
{
    memset(&w->job, 0, sizeof w->job);
    atomic_store(&w->done, false);
    w->job.kind = kind;
    w->job.done = on_done;
    snprintf(w->job.schema, sizeof w->job.schema, "%s", schema);
    snprintf(w->job.name, sizeof w->job.name, "%s", name);
    control_submit(control, &w->job);
}

static void job_wait(struct wait_job *w)
{
    for (unsigned ms = 0; !atomic_load(&w->done); ms += 2) {
        ck_assert_uint_lt(ms, 3000);
        usleep(2000);
    }
}

static void read_table(struct wait_job *w, const char *schema, const char *name)
{
    job_start(w, JOB_READ_TABLE, schema, name);
    job_wait(w);
}

/* Columns of the entry in the snapshot of now; -1: no entry; -2: known to be absent. */
static int columns_of(const char *name)
{
    struct snapshot *s = control_snapshot(control);
    const struct table_info *t = catalog_table(s->catalog, "shop", 4, name, strlen(name));
    int n = t == NULL ? -1 : !t->exists ? -2 : (int)t->n_columns;
    snapshot_unref(s);
    return n;
}

/* ---- the state machine alone ---- */

START_TEST(test_states_of_an_instance)
{
    struct health_instance h = {0};
    char *gtid = NULL;
    struct probe_result good = {.ok = true, .gtid = strdup("0-1-1"), .lag_ms = 7}, bad = {.error = "gone"};
    struct probe_result full = {.full = true, .error = "too many"};
    ck_assert(health_probed(&h, &gtid, &good, 1));
    ck_assert_int_eq(h.state, HEALTH_UP);
    ck_assert_str_eq(h.gtid, "0-1-1");
    ck_assert_int_eq(h.lag_ms, 7);
    ck_assert(health_probed(&h, &gtid, &bad, 2));
    ck_assert_int_eq(h.state, HEALTH_SUSPECT);
    ck_assert_str_eq(h.error, "gone");
    ck_assert_int_eq(h.lag_ms, -1);
    ck_assert(!health_probed(&h, &gtid, &bad, 3));
    ck_assert(health_probed(&h, &gtid, &bad, 4));
    ck_assert_int_eq(h.state, HEALTH_DOWN);
    ck_assert(!health_suspect(&h, "x")); /* DOWN stays */
    good.gtid = strdup("0-1-2");
    ck_assert(health_probed(&h, &gtid, &good, 5));
    ck_assert_int_eq(h.state, HEALTH_UP);
    ck_assert_str_eq(h.error, "");
    ck_assert(health_suspect(&h, "refused"));
    ck_assert(!health_suspect(&h, "refused"));
    ck_assert_str_eq(h.error, "refused");
    for (int i = 0; i < 10; i++) {
        health_probed(&h, &gtid, &full, 6);
    }
    ck_assert_int_eq(h.state, HEALTH_SUSPECT); /* full is not dead */
    good.gtid = NULL;
    good.read_only = true;
    ck_assert(health_probed(&h, &gtid, &good, 7));
    ck_assert(!health_probed(&h, &gtid, &good, 8));
    good.read_only = false;
    ck_assert(health_probed(&h, &gtid, &good, 9)); /* no state, yet it cannot wait */
    free(gtid);
}
END_TEST

START_TEST(test_lag_by_positions)
{
    struct lag_log l = {0};
    ck_assert_int_eq(lag_refine(&l, "0-1-1", 3000, 50), 3000);
    lag_note(&l, "0-1-10", 1000);
    lag_note(&l, "0-1-10", 1900);
    lag_note(&l, "0-1-20", 2000);
    lag_note(&l, "0-1-20", 2900);
    ck_assert_int_eq(lag_refine(&l, "0-1-20", 0, 3000), 0);
    ck_assert_int_eq(lag_refine(&l, "0-1-20", 1000, 3000), 100); /* has all: its second is rounding */
    ck_assert_int_eq(lag_refine(&l, "0-1-15", 0, 3000), 1000);   /* misses what was there a second ago */
    ck_assert_int_eq(lag_refine(&l, "0-1-15", 1050, 3000), 1050);
    ck_assert_int_eq(lag_refine(&l, "0-1-15", 9000, 3000), 1100); /* but has what was there at 1900 */
    ck_assert_int_eq(lag_refine(&l, "0-1-3", 60000, 3000), 60000);
    ck_assert_int_eq(lag_refine(&l, "0-1-20", -1, 3000), 100); /* threads stopped: how old at most */
    ck_assert_int_eq(lag_refine(&l, "0-1-3", -1, 3000), 2000);
    ck_assert_int_eq(lag_refine(&l, NULL, -1, 3000), -1);
    for (uint64_t i = 0; i < 100; i++) {
        char gtid[32];
        snprintf(gtid, sizeof gtid, "0-1-%u", (unsigned)(100 + i));
        lag_note(&l, gtid, 4000 + i * 100);
    }
    ck_assert_uint_eq(l.n, LAG_POSITIONS);
    ck_assert_int_eq(lag_refine(&l, "0-1-199", 0, 13900), 0);
    lag_clear(&l);
}
END_TEST

/* ---- probes ---- */

START_TEST(test_comes_up_goes_down_comes_back)
{
    wait_all_up();
    ck_assert_uint_eq(seen(0).version, 101114);
    ck_assert(seen(1).replicating);
    stub_set(1, FAILS);
    ck_assert_uint_le(wait_state(0, HEALTH_SUSPECT), 300); /* within an interval and some */
    wait_state(0, HEALTH_DOWN);
    ck_assert_str_eq(seen(0).error, "stub fails");
    ck_assert_int_eq(seen(2).state, HEALTH_UP);
    stub_set(1, GOOD);
    ck_assert_uint_le(wait_state(0, HEALTH_UP), 300);
}
END_TEST

START_TEST(test_a_hanging_instance_is_out_in_time_and_delays_nobody)
{
    wait_all_up();
    stub_set(3, HANGS);
    unsigned before = stub_probes(1);
    unsigned ms = wait_state(2, HEALTH_SUSPECT);
    ck_assert_uint_ge(ms, 200);
    ck_assert_uint_le(ms, 800);
    ck_assert_ptr_nonnull(strstr(seen(2).error, "no answer in 300 ms"));
    ck_assert_uint_ge(stub_probes(1), before + 2);
    stub_set(3, GOOD);
    wait_state(2, HEALTH_UP);
}
END_TEST

START_TEST(test_traffic_report_is_suspect_at_once)
{
    wait_all_up();
    stub_set(2, FAILS);
    unsigned before = atomic_load(&published);
    control_report(control, 1, false, "connection refused");
    for (unsigned ms = 0; atomic_load(&published) == before; ms++) {
        ck_assert_uint_lt(ms, 90); /* not at the next round */
        usleep(1000);
    }
    ck_assert_int_ne(seen(1).state, HEALTH_UP);
    control_report(control, 999, false, "no such instance");
    stub_set(2, GOOD);
    control_report(control, 1, true, NULL);
    wait_state(1, HEALTH_UP);
}
END_TEST

START_TEST(test_reports_do_not_cause_a_storm)
{
    wait_all_up();
    unsigned probes = stub_probes(1), snapshots = atomic_load(&published);
    for (int i = 0; i < 300; i++) {
        control_report(control, 0, false, "refused");
        usleep(1000);
    }
    ck_assert_uint_le(stub_probes(1) - probes, 20);
    ck_assert_uint_le(atomic_load(&published) - snapshots, 60);
    ck_assert_uint_gt(stub.fresh[1], 1);
}
END_TEST

START_TEST(test_full_instance_is_suspect_only)
{
    wait_all_up();
    stub_set(3, FULL);
    wait_state(2, HEALTH_SUSPECT);
    usleep(700000);
    ck_assert_int_eq(seen(2).state, HEALTH_SUSPECT);
}
END_TEST

START_TEST(test_operator)
{
    wait_all_up();
    ck_assert(control_set_admin_state(control, "127.0.0.1:3", HEALTH_DRAINING));
    ck_assert_int_eq(seen(2).state, HEALTH_DRAINING); /* published before it returned */
    ck_assert(control_set_admin_state(control, "127.0.0.1:3", HEALTH_DISABLED));
    ck_assert_int_eq(seen(2).state, HEALTH_DISABLED);
    usleep(150000);
    unsigned probes = stub_probes(3);
    usleep(400000);
    ck_assert_uint_eq(stub_probes(3), probes);
    ck_assert(control_set_admin_state(control, "127.0.0.1:3", HEALTH_UP));
    wait_state(2, HEALTH_UP);
    ck_assert(!control_set_admin_state(control, "nobody", HEALTH_DISABLED));
}
END_TEST

START_TEST(test_another_configuration)
{
    wait_all_up();
    stub_set(1, FAILS);
    wait_state(0, HEALTH_DOWN);
    struct topo *t = make_topo(OTHER_ORDER);
    control_set_topo(control, t);
    topo_unref(t);
    ck_assert_int_eq(seen(2).state, HEALTH_DOWN); /* 127.0.0.1:1 under its new number */
    ck_assert_int_eq(seen(0).state, HEALTH_UP);
    wait_state(1, HEALTH_UP); /* the new one */
    usleep(150000);
    unsigned probes = stub_probes(2);
    usleep(300000);
    ck_assert_uint_eq(stub_probes(2), probes); /* the one that is gone */
    stub_set(1, GOOD);
    wait_state(2, HEALTH_UP);
}
END_TEST

/* ---- jobs ---- */

START_TEST(test_read_table)
{
    struct wait_job w;
    wait_all_up();
    read_table(&w, "shop", "orders");
    ck_assert(!w.job.failed);
    ck_assert_int_eq(columns_of("orders"), 1);
    read_table(&w, "shop", "audit");
    ck_assert_uint_eq(stub.last_read_from, 3);
    read_table(&w, "nowhere", "t");
    ck_assert(w.job.failed);
    ck_assert_ptr_nonnull(strstr(w.job.error, "nowhere"));
}
END_TEST

START_TEST(test_read_table_goes_round_what_is_down)
{
    struct wait_job w;
    wait_all_up();
    stub_set(1, FAILS);
    wait_state(0, HEALTH_DOWN);
    stub.version = 3;
    read_table(&w, "shop", "orders");
    ck_assert(!w.job.failed);
    stub_set(3, FAILS);
    wait_state(2, HEALTH_DOWN);
    read_table(&w, "shop", "audit");
    ck_assert(w.job.failed);
    ck_assert_ptr_nonnull(strstr(w.job.error, "s1"));
}
END_TEST

START_TEST(test_absence_needs_every_shard)
{
    struct wait_job w;
    wait_all_up();
    stub.exists = false;
    read_table(&w, "shop", "orders");
    ck_assert(!w.job.failed);
    ck_assert_int_eq(columns_of("orders"), -2);
    control_forget(control, "shop", NULL);
    ck_assert_int_eq(columns_of("orders"), -1);
    stub_set(3, FAILS);
    wait_state(2, HEALTH_DOWN);
    read_table(&w, "shop", "orders");
    ck_assert(w.job.failed);
    ck_assert_int_eq(columns_of("orders"), -1);
}
END_TEST

START_TEST(test_absence_is_forgotten_after_a_while)
{
    struct wait_job w;
    wait_all_up();
    stub.exists = false;
    read_table(&w, "shop", "orders");
    ck_assert_int_eq(columns_of("orders"), -2);
    for (unsigned ms = 0; columns_of("orders") != -1; ms += 20) {
        ck_assert_uint_lt(ms, 4500);
        usleep(20000);
    }
}
END_TEST

START_TEST(test_a_definition_from_before_ddl_never_comes_back)
{
    struct wait_job w;
    wait_all_up();
    pthread_mutex_lock(&stub.lock);
    stub.hold_reads = true;
    pthread_mutex_unlock(&stub.lock);
    job_start(&w, JOB_READ_TABLE, "shop", "orders"); /* will have read version 1 */
    for (unsigned reads = 0; reads == 0; usleep(1000)) {
        pthread_mutex_lock(&stub.lock);
        reads = stub.reads;
        pthread_mutex_unlock(&stub.lock);
    }
    pthread_mutex_lock(&stub.lock);
    stub.version = 2; /* the DDL statement */
    pthread_mutex_unlock(&stub.lock);
    control_forget(control, "shop", "orders");
    pthread_mutex_lock(&stub.lock);
    stub.hold_reads = false;
    pthread_mutex_unlock(&stub.lock);
    job_wait(&w);
    ck_assert(!w.job.failed);
    ck_assert_int_eq(columns_of("orders"), 2);
}
END_TEST

START_TEST(test_the_same_definition_leaves_the_catalog_alone)
{
    struct wait_job w;
    wait_all_up();
    read_table(&w, "shop", "orders");
    struct snapshot *before = control_snapshot(control);
    usleep(5000);
    read_table(&w, "shop", "orders");
    struct snapshot *after = control_snapshot(control);
    ck_assert_ptr_eq(before->catalog, after->catalog);
    snapshot_unref(before);
    snapshot_unref(after);
}
END_TEST

START_TEST(test_probe_job)
{
    struct wait_job w;
    wait_all_up();
    stub_set(3, FAILS);
    memset(&w.job, 0, sizeof w.job);
    atomic_store(&w.done, false);
    w.job.kind = JOB_PROBE;
    w.job.done = on_done;
    w.job.instance = 2;
    control_submit(control, &w.job);
    job_wait(&w);
    ck_assert(w.job.failed);
    ck_assert_str_eq(w.job.error, "stub fails");
    w.job.instance = 77;
    atomic_store(&w.done, false);
    control_submit(control, &w.job);
    job_wait(&w);
    ck_assert(w.job.failed);
}
END_TEST

START_TEST(test_stop_finishes_every_job)
{
    struct wait_job w[20];
    wait_all_up();
    pthread_mutex_lock(&stub.lock);
    stub.hold_reads = true;
    pthread_mutex_unlock(&stub.lock);
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        job_start(&w[i], JOB_READ_TABLE, "shop", name);
    }
    usleep(20000);
    pthread_mutex_lock(&stub.lock);
    stub.hold_reads = false;
    pthread_mutex_unlock(&stub.lock);
    control_stop(control);
    for (int i = 0; i < 20; i++) {
        ck_assert(atomic_load(&w[i].done));
    }
    start(TWO_SHARDS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("control");
    TCase *pure = tcase_create("pure");
    tcase_add_test(pure, test_states_of_an_instance);
    tcase_add_test(pure, test_lag_by_positions);
    suite_add_tcase(s, pure);
    TCase *t = tcase_create("threads");
    tcase_set_timeout(t, 20);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_comes_up_goes_down_comes_back);
    tcase_add_test(t, test_a_hanging_instance_is_out_in_time_and_delays_nobody);
    tcase_add_test(t, test_traffic_report_is_suspect_at_once);
    tcase_add_test(t, test_reports_do_not_cause_a_storm);
    tcase_add_test(t, test_full_instance_is_suspect_only);
    tcase_add_test(t, test_operator);
    tcase_add_test(t, test_another_configuration);
    tcase_add_test(t, test_read_table);
    tcase_add_test(t, test_read_table_goes_round_what_is_down);
    tcase_add_test(t, test_absence_needs_every_shard);
    tcase_add_test(t, test_absence_is_forgotten_after_a_while);
    tcase_add_test(t, test_a_definition_from_before_ddl_never_comes_back);
    tcase_add_test(t, test_the_same_definition_leaves_the_catalog_alone);
    tcase_add_test(t, test_probe_job);
    tcase_add_test(t, test_stop_finishes_every_job);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
