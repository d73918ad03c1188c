/* conf/: good and bad files as data, the sample against the table of settings, secrets, and the count of processors. */
#include "conf/conf_int.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers ---- */

struct messages {
    char text[200 * 1024];
    unsigned n;
};

static void on_error(void *arg, const char *message)
{
    struct messages *m = arg;

    ck_assert_ptr_null(strchr(message, '\n'));
    ck_assert_uint_lt(strlen(m->text) + strlen(message) + 2, sizeof(m->text));
    strcat(strcat(m->text, message), "\n");
    m->n++;
}

static struct messages problems;

static struct conf *parse(const char *text)
{
    struct conf *c;

    problems.n = 0;
    problems.text[0] = 0;
    c = conf_parse("t.yaml", text, strlen(text), on_error, &problems);
    ck_assert_msg(!c == !!problems.n, "a configuration or problems, never both: %s", problems.text);
    return c;
}

static struct conf *parse_good(const char *text)
{
    struct conf *c = parse(text);

    ck_assert_msg(c != NULL, "%s", problems.text);
    return c;
}

/* A temporary folder with files in it. */
static char folder[64];

static const char *write_file(const char *name, const char *text)
{
    static char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdir(path, 0700);
    }
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void make_folder(void)
{
    strcpy(folder, "/tmp/test_conf.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

#define ACCOUNTS "backend: {user: m}\nusers: {name: u, password: p}\n"
#define SHARDS "shards:\n- {name: s0, instances: {address: 'h:1'}}\n- {name: s1, instances: {address: 'h:2'}}\n"
#define SMALL ACCOUNTS SHARDS /* five lines */

/* ---- good files ---- */

START_TEST(test_defaults)
{
    struct conf *c = parse_good(SMALL);

    ck_assert_str_eq(c->path, "t.yaml");
    ck_assert_uint_eq(c->listen.client.n, 1);
    ck_assert_str_eq(c->listen.client.at[0].host, "127.0.0.1");
    ck_assert_uint_eq(c->listen.client.at[0].port, 3307);
    ck_assert_uint_eq(c->listen.admin.at[0].port, 3308);
    ck_assert_uint_eq(c->listen.http.at[0].port, 9307);
    ck_assert_uint_eq(c->threads, 1);
    ck_assert_uint_eq(c->slots, 1024);
    ck_assert_int_eq(c->tls.mode, CONF_TLS_OFF); /* no certificate */
    ck_assert_int_eq(c->log.level, CONF_LOG_INFO);
    ck_assert_str_eq(c->backend.password, "");
    ck_assert_uint_eq(c->backend.connect_timeout, 2000);
    ck_assert_uint_eq(c->limits.max_allowed_packet, 64 << 20);
    ck_assert_uint_eq(c->limits.wait_timeout, 8 * 3600 * 1000);
    ck_assert_uint_eq(c->limits.query_timeout, 0);
    ck_assert_uint_eq(c->health.interval, 1000);
    ck_assert_int_eq(c->users[0].reads, CONF_READS_SESSION);
    ck_assert_ptr_null(c->users[0].schema);
    ck_assert_str_eq(c->shards[0].instances[0].name, "h:1");
    ck_assert_int_eq(c->shards[0].instances[0].role, CONF_PRIMARY);
    ck_assert_uint_eq(c->shards[0].instances[0].connections, 100);
    ck_assert_uint_eq(c->shards[0].instances[0].weight, 1);
    ck_assert_uint_eq(c->n_schemas, 0);
    conf_unref(c);
}
END_TEST

START_TEST(test_slots)
{
    struct conf *c = parse_good("slots: 10\n" ACCOUNTS SHARDS "- {name: s2, instances: {address: 'h:3'}}\n");
    static const unsigned first[] = {0, 4, 7}, last[] = {3, 6, 9};

    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(c->shards[i].n_slots, 1);
        ck_assert_uint_eq(c->shards[i].slots[0].first, first[i]);
        ck_assert_uint_eq(c->shards[i].slots[0].last, last[i]);
    }
    conf_unref(c);

    c = parse_good("slots: 10\n" ACCOUNTS "shards:\n- {name: a, slots: [0-3, 9, 4-8], instances: {address: 'h:1'}}\n"
                   "- {name: b, instances: {address: 'h:2'}}\n");
    ck_assert_uint_eq(c->shards[0].n_slots, 3);
    ck_assert_uint_eq(c->shards[0].slots[1].first, 9);
    ck_assert_uint_eq(c->shards[0].slots[1].last, 9);
    ck_assert_uint_eq(c->shards[1].n_slots, 0); /* a new shard, to be filled later */
    conf_unref(c);
}
END_TEST

START_TEST(test_addresses)
{
    struct conf *c = parse_good("listen:\n  client: [0.0.0.0:1, '[::1]:65535', unix:/run/s.sock]\n  admin: off\n"
                                "  http: []\n" SMALL);

    ck_assert_uint_eq(c->listen.client.n, 3);
    ck_assert_str_eq(c->listen.client.at[1].host, "::1");
    ck_assert_uint_eq(c->listen.client.at[1].port, 65535);
    ck_assert_str_eq(c->listen.client.at[2].path, "/run/s.sock");
    ck_assert_ptr_null(c->listen.client.at[2].host);
    ck_assert_uint_eq(c->listen.admin.n, 0);
    ck_assert_uint_eq(c->listen.http.n, 0);
    conf_unref(c);
}
END_TEST

START_TEST(test_tables)
{
    struct conf *c = parse_good(SMALL "schemas:\n"
                                      "- name: shop\n"
                                      "  tables:\n"
                                      "  - {name: items, key: [o, p], with: orders}\n"
                                      "  - {name: orders, key: [a, b]}\n"
                                      "  - {name: c, kind: global}\n"
                                      "  - {name: audit, kind: single, shard: s1}\n"
                                      "  - {name: r, key: k, by: range, ranges: [{below: -1.50, shard: s0},"
                                      " {below: 9, shard: s1}, {below: 10, shard: s0}, {shard: s1}]}\n"
                                      "  - {name: r2, key: k2, with: r}\n"
                                      "  - {name: l, key: k, by: list, lists: [{values: [a, B], shard: s0},"
                                      " {values: 7, shard: s1}]}\n"
                                      "  - {name: d, key: k, by: date, unit: month}\n"
                                      "- {name: other, others: {kind: sharded}}\n");
    const struct conf_table *t = c->schemas[0].tables;

    ck_assert_int_eq(t[0].kind, CONF_TABLE_SHARDED);
    ck_assert_str_eq(t[0].with, "orders");
    ck_assert_uint_eq(t[0].n_key, 2);
    ck_assert_str_eq(t[0].key[1], "p");
    ck_assert_int_eq(t[1].by, CONF_BY_HASH);
    ck_assert_int_eq(t[2].kind, CONF_TABLE_GLOBAL);
    ck_assert_int_eq(t[3].kind, CONF_TABLE_SINGLE);
    ck_assert_str_eq(t[3].shard, "s1");
    ck_assert_uint_eq(t[4].n_rules, 4);
    ck_assert_str_eq(t[4].rules[0].values[0], "-1.50");
    ck_assert_uint_eq(t[4].rules[3].n_values, 0);
    ck_assert_int_eq(t[5].by, CONF_BY_RANGE); /* taken over */
    ck_assert_uint_eq(t[5].n_rules, 4);
    ck_assert_str_eq(t[5].rules[1].values[0], "9");
    ck_assert_uint_eq(t[6].rules[0].n_values, 2);
    ck_assert_str_eq(t[6].rules[1].values[0], "7");
    ck_assert_int_eq(t[7].unit, CONF_DATE_MONTH);
    ck_assert_uint_eq(t[7].line, 16);
    ck_assert_int_eq(c->schemas[0].others.kind, CONF_TABLE_SINGLE);
    ck_assert_str_eq(c->schemas[0].others.shard, "s0");
    ck_assert_int_eq(c->schemas[1].others.kind, CONF_TABLE_SHARDED);
    ck_assert_ptr_null(c->schemas[1].others.shard);
    conf_unref(c);
}
END_TEST

/* One value of each way of writing. */
static const struct {
    const char *text;
    size_t at;
    uint64_t want;
} value_cases[] = {
    {"limits: {max_allowed_packet: 20000}", offsetof(struct conf, limits.max_allowed_packet), 20000},
    {"limits: {max_allowed_packet: 64K}", offsetof(struct conf, limits.max_allowed_packet), 65536},
    {"limits: {max_allowed_packet: 64mib}", offsetof(struct conf, limits.max_allowed_packet), 64 << 20},
    {"limits: {max_allowed_packet: 1GiB}", offsetof(struct conf, limits.max_allowed_packet), 1 << 30},
    {"limits: {wait_timeout: 500ms}", offsetof(struct conf, limits.wait_timeout), 500},
    {"limits: {wait_timeout: 10s}", offsetof(struct conf, limits.wait_timeout), 10000},
    {"limits: {wait_timeout: 5min}", offsetof(struct conf, limits.wait_timeout), 300000},
    {"limits: {wait_timeout: 5m}", offsetof(struct conf, limits.wait_timeout), 300000},
    {"limits: {wait_timeout: 1h30min}", offsetof(struct conf, limits.wait_timeout), 5400000},
    {"limits: {wait_timeout: 7d}", offsetof(struct conf, limits.wait_timeout), 604800000},
    {"limits: {wait_timeout: 0}", offsetof(struct conf, limits.wait_timeout), 0},
};

START_TEST(test_values)
{
    char text[500];
    struct conf *c;

    snprintf(text, sizeof(text), SMALL "%s\n", value_cases[_i].text);
    c = parse_good(text);
    ck_assert_uint_eq(*(uint64_t *)((char *)c + value_cases[_i].at), value_cases[_i].want);
    conf_unref(c);
}
END_TEST

/* ---- bad files: text, and the messages wanted, all of them ---- */

#define T(rest) SMALL "schemas:\n- name: d\n  tables:\n" rest /* the tables start on line 9 */

static const struct {
    const char *text, *want;
} bad[] = {
    /* YAML itself */
    {"", "t.yaml: the file is empty\n"},
    {"a: [1", "t.yaml:2: not valid YAML: did not find expected ',' or ']' (column 1)\n"},
    {"a: 1\n b: 2\n", "t.yaml:2: not valid YAML: mapping values are not allowed in this context (column 3)\n"},
    {"a: &x 1\nb: *x\n", "t.yaml:2: aliases (*name) are not supported: write the value out\n"},
    {"[a]: 1\n", "t.yaml:1: a key must be a word\n"},
    {"{a: 1}\n---\n{b: 2}\n", "t.yaml:2: a second document: the file must hold one\n"},
    {"zone: \"a\\0b\"\n", "t.yaml:1: a zero byte in a value\n"},
    {"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "t.yaml:1: nested too deeply\n"},
    {"just text", "t.yaml:1: must be a mapping of settings (key: value)\n"},
    /* keys */
    {"{}", "t.yaml:1: 'backend.user' is missing: account used on every instance\n"
           "t.yaml:1: 'users' is missing: accounts of the data port\n"
           "t.yaml:1: 'shards' is missing: groups of instances with the same data\n"},
    {SMALL "shard: 1\n", "t.yaml:6: shard: unknown setting; did you mean 'shards'?\n"},
    {SMALL "limit:\n  max_queue: 1\n", "t.yaml:6: limit: unknown setting; did you mean 'limits'?\n"},
    {SMALL "limits: {max_conections: 1}\n",
     "t.yaml:6: limits.max_conections: unknown setting; did you mean 'max_connections'?\n"},
    {SMALL "limits:\n  wait-timeout: 1s\n",
     "t.yaml:7: limits.wait-timeout: unknown setting; did you mean 'wait_timeout'?\n"},
    {SMALL "max_queue: 1\n", "t.yaml:6: max_queue: unknown setting; did you mean limits: {max_queue: …}?\n"},
    {SMALL "limits.max_queue: 1\n", "t.yaml:6: limits.max_queue: unknown setting\n"},
    {SMALL "xyzzy: 1\n", "t.yaml:6: xyzzy: unknown setting\n"},
    {SMALL "zone: a\nzone: b\n", "t.yaml:7: zone: given twice, first on line 6\n"},
    {SMALL "limits: {max_queue: 1}\nlimits: {max_queue: 2}\n", "t.yaml:7: limits: given twice, first on line 6\n"},
    {SMALL "limits: 3\n", "t.yaml:6: limits: must be a mapping of settings (key: value)\n"},
    {SMALL "zone:\n", "t.yaml:6: zone: has no value (an empty text is written \"\")\n"},
    {SMALL "zone: [a]\n", "t.yaml:6: zone: must be a single value\n"},
    /* values */
    {SMALL "threads: 0\n", "t.yaml:6: threads: '0' is out of range: from 1 to 256\n"},
    {SMALL "threads: many\n", "t.yaml:6: threads: 'many' is not a whole number, or is too large\n"},
    {SMALL "slots: 4294967297\n", "t.yaml:6: slots: '4294967297' is not a whole number, or is too large\n"},
    {SMALL "limits:\n  wait_timeout: 10\n  max_queue: -1\n",
     "t.yaml:7: limits.wait_timeout: '10' is not a duration: write 500ms, 10s, 5min, 8h or 7d\n"
     "t.yaml:8: limits.max_queue: '-1' is not a whole number, or is too large\n"},
    {SMALL "limits: {wait_timeout: 99999999999999999999d}\n",
     "t.yaml:6: limits.wait_timeout: '99999999999999999999d' is not a duration: write 500ms, 10s, 5min, 8h or 7d\n"},
    {SMALL "limits: {wait_timeout: 999999999999d}\n", "t.yaml:6: limits.wait_timeout: '999999999999d' is too large\n"},
    {SMALL "limits: {relay_buffer: 64MB}\n",
     "t.yaml:6: limits.relay_buffer: '64MB' is not a size: write 67108864, 64MiB or 20GiB\n"},
    {SMALL "limits: {relay_buffer: 2GiB}\n",
     "t.yaml:6: limits.relay_buffer: '2GiB' is out of range: from 16KiB to 1GiB\n"},
    {SMALL "limits: {relay_buffer: 99999999TiB}\n", "t.yaml:6: limits.relay_buffer: '99999999TiB' is too large\n"},
    {SMALL "log: {level: loud}\n", "t.yaml:6: log.level: 'loud' must be one of error, warning, info, debug\n"},
    {SMALL "zone: a b\n", "t.yaml:6: zone: 'a b' is not a name: at most 64 letters, digits, _ . and -\n"},
    {SMALL "zone: \"a\\nb\"\n", "t.yaml:6: zone: 'a?b' is not a name: at most 64 letters, digits, _ . and -\n"},
    {SMALL "listen: {client: here}\n",
     "t.yaml:6: listen.client: 'here' is not an address: its port is missing, host:port\n"},
    {SMALL "listen: {client: 'h:0'}\n",
     "t.yaml:6: listen.client: 'h:0' is not an address: a port is a number from 1 to 65535\n"},
    {SMALL "listen: {client: ['h:70000', '::1:80', '[]:1', 'h h:1']}\n",
     "t.yaml:6: listen.client[0]: 'h:70000' is not an address: a port is a number from 1 to 65535\n"
     "t.yaml:6: listen.client[1]: '::1:80' is not an address: an IPv6 address is written [::1]:port\n"
     "t.yaml:6: listen.client[2]: '[]:1' is not an address: write host:port, [::1]:port or unix:/path\n"
     "t.yaml:6: listen.client[3]: 'h h:1' is not an address: write host:port, [::1]:port or unix:/path\n"},
    {SMALL "listen: {client: unix:run/s}\n",
     "t.yaml:6: listen.client: 'unix:run/s' is not an address: a Unix socket is an absolute path of at most 107 bytes, "
     "unix:/path\n"},
    {SMALL "listen: {client: off}\n", "t.yaml:6: listen.client: needs at least one address\n"},
    {SMALL "listen: {admin: 'h:1', http: 'h:1'}\n", "t.yaml:6: listen: two ports have the address h:1\n"},
    /* the environment */
    {SMALL "zone: ${TEST_CONF_UNSET}\n", "t.yaml:6: zone: the environment variable TEST_CONF_UNSET is not set\n"},
    {SMALL "zone: ${x\n",
     "t.yaml:6: zone: '${' starts no variable: write ${NAME}, or $${ for the two characters themselves\n"},
    {SMALL "zone: $${x}\n", "t.yaml:6: zone: '${x}' is not a name: at most 64 letters, digits, _ . and -\n"},
    {SMALL "log: {level: '${TEST_CONF_SECRET}'}\n",
     "t.yaml:6: log.level: the value from the environment must be one of error, warning, info, debug\n"},
    /* accounts */
    {"backend: {user: m}\nusers: []\n" SHARDS, "t.yaml:2: users: needs at least one\n"},
    {"backend: {user: m}\nusers: [{name: u}]\n" SHARDS, "t.yaml:2: users[u]: 'password' is missing: its password\n"},
    {"backend: {user: m}\nusers: {name: u, password: a, password_file: f}\n" SHARDS,
     "t.yaml:2: users.password_file: give this or 'password', not both\n"},
    {"backend: {user: m}\nusers:\n- {name: u, password_file: f}\n" SHARDS,
     "t.yaml:3: users[u].password_file: cannot take the secret from the file: files are not read here\n"},
    {"backend: {user: m}\nusers:\n- {name: u, password: a}\n- {name: v, password: a}\n- {name: u, password: "
     "b}\n" SHARDS,
     "t.yaml:5: users[u]: the account is given twice, first on line 3\n"},
    {"backend: {user: m}\nusers: {name: u, password: p, schema: shpo}\nschemas: {name: shop}\n" SHARDS,
     "t.yaml:2: users[u].schema: no such schema under 'schemas'; did you mean 'shop'?\n"},
    {SMALL "admins: {name: a, password: b, reads: session}\n", "t.yaml:6: admins.reads: unknown setting\n"},
    {SMALL "admins: [a]\n", "t.yaml:6: admins[0]: must be a mapping of settings (key: value)\n"},
    /* TLS */
    {SMALL "tls: {certificate: c}\n", "t.yaml: tls: certificate and key are only of use together\n"},
    {SMALL "tls: {mode: required}\n", "t.yaml:6: tls.mode: needs tls.certificate and tls.key\n"},
    {SMALL "tls: {certificate: c, key: k, verify: ca}\n", "t.yaml: tls: verify needs ca\n"},
    {SMALL "tls: {certificate: c, key: k, ca: a, verify: full}\n",
     "t.yaml: tls: clients have no host name to check: write verify: ca\n"},
    {"backend: {user: m, tls: {mode: preferred, ca: a, verify: full}}\nusers: {name: u, password: p}\n" SHARDS,
     "t.yaml:1: backend.tls: verify needs mode: required (preferred would go on without TLS)\n"},
    {"backend: {user: m, tls: {ca: a}}\nusers: {name: u, password: p}\n" SHARDS,
     "t.yaml: backend.tls: ca, verify and certificate need mode: preferred or required\n"},
    /* shards */
    {ACCOUNTS "shards: []\n", "t.yaml:3: shards: needs at least one\n"},
    {ACCOUNTS "shards:\n- {name: s0}\n",
     "t.yaml:4: shards[s0]: 'instances' is missing: one primary and any number of replicas\n"},
    {ACCOUNTS "shards:\n- {name: s0, instances: []}\n", "t.yaml:4: shards[s0].instances: needs at least one\n"},
    {ACCOUNTS "shards:\n- {name: s0, instances: {address: 'h:1', role: replica}}\n",
     "t.yaml:4: shards[s0].instances: needs a primary: give one instance role: primary\n"},
    {ACCOUNTS "shards:\n- name: s0\n  instances:\n  - {address: 'h:1'}\n  - {address: 'h:2'}\n",
     "t.yaml:4: shards[s0].instances: has 2 primaries: give all but one role: replica\n"},
    {SMALL "- {name: s0, instances: [{address: 'h:1'}, {address: 'h:4', role: replica, wieght: 2}]}\n",
     "t.yaml:6: shards[s0].instances[1].wieght: unknown setting; did you mean 'weight'?\n"
     "t.yaml:6: shards[s0]: the name is given twice, first on line 4\n"
     "t.yaml:6: instances[h:1]: the address is given twice, first on line 4\n"},
    {ACCOUNTS "shards:\n- {name: a, instances: {name: x, address: 'h:1'}}\n"
              "- {name: b, instances: {name: x, address: 'h:2'}}\n",
     "t.yaml:5: instances[x]: the name is given twice, first on line 4\n"},
    {"slots: 1\n" SMALL, "t.yaml:1: slots: must be at least the number of shards\n"},
    {"slots: 10\n" ACCOUNTS "shards:\n- {name: a, slots: [0-3, 5], instances: {address: 'h:1'}}\n",
     "t.yaml:4: shards: no shard has the slots 4-4\nt.yaml:4: shards: no shard has the slots 6-9\n"},
    {"slots: 10\n" ACCOUNTS "shards:\n- {name: a, slots: 0-9, instances: {address: 'h:1'}}\n"
     "- {name: b, slots: [3, 10], instances: {address: 'h:2'}}\n",
     "t.yaml:6: shards[b].slots: slot 3 is given twice, to 'a' before\n"
     "t.yaml:6: shards[b].slots: 10 is no slot: there are 10, from 0\n"},
    {ACCOUNTS "shards:\n- {name: a, slots: [3-1, x, 1-2-3, 99999999999], instances: {address: 'h:1'}}\n",
     "t.yaml:4: shards[a].slots[0]: '3-1' is no slot: write 300, or 0-255\n"
     "t.yaml:4: shards[a].slots[1]: 'x' is no slot: write 300, or 0-255\n"
     "t.yaml:4: shards[a].slots[2]: '1-2-3' is no slot: write 300, or 0-255\n"
     "t.yaml:4: shards[a].slots[3]: '99999999999' is no slot: write 300, or 0-255\n"},
    /* schemas and tables */
    {SMALL "schemas:\n- {name: a}\n- {name: a}\n- {name: MySQL}\n",
     "t.yaml:9: schemas: 'MySQL' belongs to the servers or to the mesh itself\n"
     "t.yaml:8: schemas[a]: the name is given twice, first on line 7\n"},
    {SMALL "schemas: {name: a, others: {kind: global}}\n",
     "t.yaml:6: schemas[a].others.kind: must be single or sharded: a global table is listed by name\n"},
    {SMALL "schemas: {name: a, others: {kind: sharded, shard: s0}}\n",
     "t.yaml:6: schemas[a].others.shard: does not fit here: it is for kind: single\n"},
    {SMALL "schemas: {name: a, others: {shard: s9}}\n",
     "t.yaml:6: schemas[a].others.shard: there is no shard 's9'; did you mean 's0'?\n"},
    {T("  - {name: t, key: a}\n  - {name: t, key: a}\n"),
     "t.yaml:10: schemas[d].tables[t]: the table is given twice, first on line 9\n"},
    {T("  - {name: t}\n"), "t.yaml:9: schemas[d].tables[t]: 'key' is missing (or say kind: global, or kind: single)\n"
                           "t.yaml:9: schemas[d].tables[t].key: needs 1 to 16 columns\n"},
    {T("  - {name: t, kind: single}\n"), "t.yaml:9: schemas[d].tables[t]: 'shard' is missing: kind: single needs it\n"},
    {T("  - {name: t, kind: single, shard: nowhere}\n"),
     "t.yaml:9: schemas[d].tables[t].shard: there is no shard 'nowhere'\n"},
    {T("  - {name: t, kind: global, key: a, shard: s0}\n"),
     "t.yaml:9: schemas[d].tables[t].key: does not fit here: it is for kind: sharded\n"
     "t.yaml:9: schemas[d].tables[t].shard: does not fit here: it is for kind: single\n"},
    {T("  - {name: t, key: [a, b], by: mod}\n"),
     "t.yaml:9: schemas[d].tables[t].key: several columns go only by: hash\n"},
    {T("  - {name: t, key: [a, A]}\n"), "t.yaml:9: schemas[d].tables[t].key: the column 'A' is given twice\n"},
    {T("  - {name: t, key: a, unit: day}\n"),
     "t.yaml:9: schemas[d].tables[t].unit: does not fit here: it is for by: date\n"},
    {T("  - {name: t, key: a, with: orders}\n  - {name: order, key: a}\n"),
     "t.yaml:9: schemas[d].tables[t].with: this schema lists no table 'orders'; did you mean 'order'?\n"},
    {T("  - {name: t, key: a, with: t}\n"), "t.yaml:9: schemas[d].tables[t].with: names the table itself\n"},
    {T("  - {name: t, key: a, with: g}\n  - {name: g, kind: global}\n"),
     "t.yaml:9: schemas[d].tables[t].with: 'g' is not a sharded table\n"},
    {T("  - {name: t, key: a, with: u}\n  - {name: u, key: a, with: v}\n  - {name: v, key: a}\n"),
     "t.yaml:9: schemas[d].tables[t].with: 'u' is itself bound: name 'v'\n"},
    {T("  - {name: t, key: a, with: u}\n  - {name: u, key: [a, b]}\n"),
     "t.yaml:9: schemas[d].tables[t].with: 'u' has 2 key columns, this table 1\n"},
    {T("  - {name: t, key: a, with: u, by: mod}\n  - {name: u, key: a}\n"),
     "t.yaml:9: schemas[d].tables[t].by: does not fit here: it is for kind: sharded without 'with'\n"},
    /* ranges and lists */
    {T("  - {name: t, key: a, by: range}\n"),
     "t.yaml:9: schemas[d].tables[t]: 'ranges' is missing: by: range needs it\n"
     "t.yaml:9: schemas[d].tables[t].ranges: the last row must be the rest, a shard without 'below'\n"},
    {T("  - {name: t, key: a, ranges: [{shard: s0}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: does not fit here: it is for by: range\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{below: 1, shard: s0}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: the last row must be the rest, a shard without 'below'\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{shard: s0}, {shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: 'below' is missing: only the last row goes without\n"},
    {T("  - name: t\n    key: a\n    by: range\n    ranges:\n    - {below: 9, shard: s0}\n    - {below: 10, shard: "
       "s1}\n"
       "    - {below: 9.5, shard: s1}\n    - {shard: s7}\n"),
     "t.yaml:16: schemas[d].tables[t].ranges: there is no shard 's7'; did you mean 's0'?\n"
     "t.yaml:15: schemas[d].tables[t].ranges: the bounds must rise: '9.5' is not above '10'\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{below: -9, shard: s0}, {below: -10, shard: s0}, {shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: the bounds must rise: '-10' is not above '-9'\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{below: 2026-02-01, shard: s0}, {below: 2026-01-01, shard: s1}, "
       "{shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: the bounds must rise: '2026-01-01' is not above '2026-02-01'\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{below: 5, shard: s0}, {below: b, shard: s1}, {shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: the bounds are partly numbers and partly not\n"},
    {T("  - {name: t, key: a, by: range, ranges: [{below: [1, 2], shard: s0}, {shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges[0].below: must be a single value\n"
     "t.yaml:9: schemas[d].tables[t].ranges: 'below' is missing: only the last row goes without\n"},
    {T("  - {name: t, key: a, by: list, lists: [{values: [1, 2], shard: s0}, {values: [3, 02.0], shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].lists: the value '02.0' is given twice\n"},
    {T("  - {name: t, key: a, by: list, lists: [{shard: s0}, {values: [], shard: s1}]}\n"),
     "t.yaml:9: schemas[d].tables[t].lists[1].values: holds no value: leave it out to mean all other keys\n"
     "t.yaml:9: schemas[d].tables[t].lists: 'values' is missing: only the last row goes without\n"},
    {T("  - {name: t, key: a, by: list, lists: [{shard: s0}], ranges: []}\n"),
     "t.yaml:9: schemas[d].tables[t].ranges: give this or 'lists', not both\n"},
};

START_TEST(test_bad)
{
    setenv("TEST_CONF_SECRET", "s3cret", 1);
    unsetenv("TEST_CONF_UNSET");
    ck_assert_ptr_null(parse(bad[_i].text));
    ck_assert_msg(strcmp(problems.text, bad[_i].want) == 0, "for\n%s\n--- got\n%s--- want\n%s", bad[_i].text,
                  problems.text, bad[_i].want);
}
END_TEST

/* A file of nothing but mistakes ends in a bounded number of messages. */
START_TEST(test_many_problems)
{
    size_t n = 200000;
    char *text = malloc(n * 4 + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(text + i * 4, "x: \n", 5);
    ck_assert_ptr_null(parse(text));
    ck_assert_uint_eq(problems.n, CONF_MAX_PROBLEMS + 1);
    ck_assert_ptr_nonnull(strstr(problems.text, "too many problems: the rest is not shown\n"));
    free(text);
}
END_TEST

/* Every beginning of a good file is either good or explained, and never read past its end. */
START_TEST(test_cut)
{
    const char *text = T("  - {name: t, key: a, by: list, lists: [{values: [1, 2], shard: s0}, {shard: s1}]}\n");

    for (size_t n = 0; n < strlen(text); n++) {
        char *part = malloc(n + 1);
        struct conf *c;

        memcpy(part, text, n);
        problems.n = 0;
        problems.text[0] = 0;
        c = conf_parse("t.yaml", part, n, on_error, &problems);
        ck_assert(!c == !!problems.n);
        conf_unref(c);
        free(part);
    }
}
END_TEST

/* ---- secrets, files, the environment ---- */

START_TEST(test_secret_file)
{
    struct conf *c;
    char path[200];

    write_file("pw", "line one \r\n");
    write_file("cert.pem", "");
    strcpy(path, write_file("sub.yaml", "backend: {user: m, password_file: pw}\nusers: {name: u, password: p}\n"
                                        "tls: {certificate: cert.pem, key: cert.pem}\n" SHARDS));
    problems.text[0] = 0;
    c = conf_load(path, on_error, &problems);
    ck_assert_msg(c != NULL, "%s", problems.text);
    ck_assert_str_eq(c->backend.password, "line one ");
    ck_assert_uint_ge(c->threads, 1);
    ck_assert_int_eq(strncmp(c->tls.certificate, folder, strlen(folder)), 0); /* from the file's own folder */
    ck_assert_int_eq(c->tls.mode, CONF_TLS_PREFERRED);
    conf_unref(c);
}
END_TEST

START_TEST(test_secret_file_missing)
{
    char path[200], want[1000];

    strcpy(path, write_file("x.yaml", "backend: {user: m, password_file: /no/such}\nusers: {name: u, password: p}\n"
                                      "tls: {certificate: no.pem, key: no.pem}\n" SHARDS));
    problems.text[0] = 0;
    ck_assert_ptr_null(conf_load(path, on_error, &problems));
    snprintf(want, sizeof(want),
             "%s:1: backend.password_file: cannot take the secret from the file: No such file or directory\n"
             "%s:3: tls.certificate: cannot read the file: No such file or directory\n"
             "%s:3: tls.key: cannot read the file: No such file or directory\n",
             path, path, path);
    ck_assert_str_eq(problems.text, want);

    problems.text[0] = 0;
    ck_assert_ptr_null(conf_load("/no/such.yaml", on_error, &problems));
    ck_assert_str_eq(problems.text, "/no/such.yaml: cannot read the file: No such file or directory\n");
    problems.text[0] = 0;
    ck_assert_ptr_null(conf_load("/tmp", on_error, &problems));
    ck_assert_str_eq(problems.text, "/tmp: cannot read the file: Is a directory\n");
}
END_TEST

START_TEST(test_environment)
{
    struct conf *c;

    setenv("TEST_CONF_SECRET", "a: {\"b\n", 1); /* no YAML: the value is put in after parsing */
    c = parse_good("backend: {user: m, password: 'x${TEST_CONF_SECRET}y$${z}$$'}\n"
                   "users: {name: u, password: p}\n" SHARDS);
    ck_assert_str_eq(c->backend.password, "xa: {\"b\ny${z}$$");
    conf_unref(c);

    /* without quotes between braces, where YAML alone would see another mapping */
    c = parse_good("backend: {user: m, password: ${TEST_CONF_SECRET}}\n"
                   "users: [{name: u, password: a${TEST_CONF_SECRET}b}, {name: v, password: '$'}]\n" SHARDS);
    ck_assert_str_eq(c->backend.password, "a: {\"b\n");
    ck_assert_str_eq(c->users[0].password, "aa: {\"b\nb");
    conf_unref(c);
}
END_TEST

struct listing {
    const struct conf_key *next; /* the row to come */
    unsigned n, secrets;
};

static void on_row(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    struct listing *l = arg;

    ck_assert_ptr_nonnull(help);
    ck_assert_ptr_null(strstr(value, "s3cret"));
    l->n++;
    l->secrets += strcmp(value, "***") == 0;
    if (strcmp(name, "limits.max_queue") == 0)
        ck_assert_str_eq(value, "77");
    if (strcmp(name, "limits.write_timeout") == 0)
        ck_assert_str_eq(value, "1500ms");
    if (strcmp(name, "listen.client") == 0)
        ck_assert_str_eq(value, "[::1]:1, unix:/x");
    if (strcmp(name, "listen.http") == 0)
        ck_assert_str_eq(value, "off");
    if (strcmp(name, "zone") == 0)
        ck_assert_str_eq(value, "");
    if (strcmp(name, "slots") == 0)
        ck_assert(!reloadable);
}

START_TEST(test_each)
{
    struct listing l = {0};
    struct conf *c = parse_good("backend: {user: m, password: s3cret}\nusers: {name: u, password: s3cret}\n" SHARDS
                                "limits: {max_queue: 77, write_timeout: 1500ms}\n"
                                "listen: {client: ['[::1]:1', unix:/x], http: off}\n");

    conf_each(c, on_row, &l);
    ck_assert_uint_eq(l.secrets, 1);
    ck_assert_uint_gt(l.n, 40);
    conf_unref(c);
}
END_TEST

START_TEST(test_refs)
{
    struct conf *c = parse_good(SMALL);

    ck_assert_ptr_eq(conf_ref(c), c);
    conf_unref(c);
    ck_assert_str_eq(c->users[0].name, "u"); /* still there */
    conf_unref(c);
    conf_unref(NULL);
}
END_TEST

/* ---- the table, and the sample against it ---- */

/* Defaults are in range and written the way that conf_each() writes them. */
START_TEST(test_table)
{
    const struct conf_key *key = &conf_keys[_i];
    union {
        struct conf top;
        struct conf_user user;
        struct conf_shard shard;
        struct conf_instance instance;
        struct conf_table table;
    } base = {0};
    char why[200] = "", *text;

    ck_assert_uint_gt(strlen(key->help), 3);
    if (!key->def || key->def == conf_needed || key->type == CONF_T_SECRET)
        return;
    ck_assert_msg(conf_value_set(key, key->def, &base, why, sizeof(why)), "%s: %s", key->name, why);
    text = conf_value_format(key, &base);
    if (key->type != CONF_T_THREADS)
        ck_assert_str_eq(text, key->def);
    free(text);
    conf_value_free(key, &base);
}
END_TEST

static char *read_sample(void)
{
    FILE *f = fopen("conf/example.conf", "r");
    char *text = calloc(1, 100000);

    ck_assert_msg(f != NULL, "run the tests from the top folder");
    ck_assert_uint_gt(fread(text, 1, 99999, f), 0);
    fclose(f);
    setenv("MESH_PASSWORD", "a", 1);
    setenv("APP_PASSWORD", "b", 1);
    setenv("ADMIN_PASSWORD", "c", 1);
    return text;
}

/* Takes the "#" from lines that are settings; sets was_off[line] for them. */
static void uncomment(char *text, bool *was_off)
{
    unsigned n = 1;

    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL, n++) {
        char *hash = line + strspn(line, " ");

        if (hash[0] != '#' || hash[1] == ' ' || hash[1] == '\n')
            continue;
        was_off[n] = true;
        memmove(hash, hash + 1, strlen(hash));
    }
}

/* Walks the sample's nodes; marks the rows found, and compares values that were commented out with the defaults. */
static void match_sample(const struct conf_node *map, enum conf_scope scope, const char *prefix, const bool *was_off,
                         bool *found)
{
    ck_assert_int_eq(map->kind, CONF_MAP);
    for (const struct conf_node *node = map->first; node; node = node->next) {
        const struct conf_key *key = NULL;
        char name[200];

        snprintf(name, sizeof(name), "%s%s", prefix, node->key);
        for (size_t i = 0; i < CONF_N_KEYS; i++)
            if (conf_keys[i].scope == scope && strcmp(conf_keys[i].name, name) == 0)
                key = &conf_keys[i];
        if (!key) {
            ck_assert_msg(node->kind == CONF_MAP, "line %u: %s is no setting", node->line, name);
            strcat(name, ".");
            match_sample(node, scope, name, was_off, found);
            continue;
        }
        found[key - conf_keys] = true;
        if (was_off[node->line] && key->def)
            ck_assert_msg(strcmp(node->text, key->def) == 0, "line %u: %s is %s, the default is %s", node->line, name,
                          node->text, key->def);
    }
}

static void match_below(const struct conf_node *map, enum conf_scope scope, const bool *was_off, bool *found)
{
    match_sample(map, scope, "", was_off, found);
    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        enum conf_scope inside = conf_key_inside(conf_keys[i].type);
        const struct conf_node *node;

        if (conf_keys[i].scope != scope || inside == CONF_IN_NONE)
            continue;
        node = conf_node_get(map, conf_keys[i].name);
        if (node && node->kind == CONF_MAP)
            match_below(node, inside, was_off, found);
        else if (node)
            for (const struct conf_node *item = node->first; item; item = item->next)
                match_below(item, inside, was_off, found);
    }
}

START_TEST(test_sample_is_good)
{
    char *text = read_sample();
    struct conf *c = parse_good(text);

    ck_assert_uint_eq(c->n_shards, 2);
    ck_assert_uint_eq(c->shards[1].capacity, UINT64_C(20) << 30);
    conf_unref(c);
    free(text);
}
END_TEST

START_TEST(test_sample_has_all)
{
    struct conf_ctx ctx = {.file = "conf/example.conf", .on_error = on_error, .arg = &problems};
    bool was_off[2000] = {false}, found[CONF_N_KEYS] = {false};
    char *text = read_sample();
    struct conf_node *root;

    problems.text[0] = 0;
    uncomment(text, was_off);
    root = conf_tree_read(&ctx, text, strlen(text));
    ck_assert_msg(root && ctx.problems == 0, "%s", problems.text);
    match_below(root, CONF_IN_TOP, was_off, found);
    for (size_t i = 0; i < CONF_N_KEYS; i++)
        ck_assert_msg(found[i], "the sample lacks %s (scope %d)", conf_keys[i].name, conf_keys[i].scope);
    conf_tree_free(root);
    free(text);
}
END_TEST

/* ---- processors ---- */

START_TEST(test_processors)
{
    unsigned all = conf_processors_under(folder); /* nothing there: the affinity mask alone */

    ck_assert_uint_ge(all, 1);
    write_file("proc/self/cgroup", "0::/a/b\n");
    write_file("sys/fs/cgroup/a/cpu.max", "max 100000\n");
    ck_assert_uint_eq(conf_processors_under(folder), all);
    write_file("sys/fs/cgroup/a/cpu.max", "50000 100000\n"); /* half a processor, set above our own group */
    ck_assert_uint_eq(conf_processors_under(folder), 1);
    write_file("sys/fs/cgroup/a/cpu.max", "100000000 100000\n");
    ck_assert_uint_eq(conf_processors_under(folder), all);

    write_file("proc/self/cgroup", "3:cpu,cpuacct:/x\n2:memory:/x\n");
    write_file("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    write_file("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
    ck_assert_uint_eq(conf_processors_under(folder), all);
    write_file("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "100000\n");
    ck_assert_uint_eq(conf_processors_under(folder), 1);
    write_file("proc/self/cgroup", "nonsense\n0::\n1:cpu:no/slash/../..\n");
    ck_assert_uint_eq(conf_processors_under(folder), all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conf");
    TCase *good = tcase_create("good"), *wrong = tcase_create("bad"), *files = tcase_create("files");
    TCase *table = tcase_create("table");
    SRunner *runner;
    int failed;

    tcase_add_test(good, test_defaults);
    tcase_add_test(good, test_slots);
    tcase_add_test(good, test_addresses);
    tcase_add_test(good, test_tables);
    tcase_add_loop_test(good, test_values, 0, sizeof(value_cases) / sizeof(value_cases[0]));
    tcase_add_test(good, test_environment);
    tcase_add_test(good, test_each);
    tcase_add_test(good, test_refs);
    tcase_add_loop_test(wrong, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(wrong, test_many_problems);
    tcase_add_test(wrong, test_cut);
    tcase_set_timeout(wrong, 30);
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, test_secret_file);
    tcase_add_test(files, test_secret_file_missing);
    tcase_add_test(files, test_processors);
    tcase_add_loop_test(table, test_table, 0, CONF_N_KEYS);
    tcase_add_test(table, test_sample_is_good);
    tcase_add_test(table, test_sample_has_all);
    suite_add_tcase(s, good);
    suite_add_tcase(s, wrong);
    suite_add_tcase(s, files);
    suite_add_tcase(s, table);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
