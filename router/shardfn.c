/* See shardfn.h. Where NULL lives: hash, the shard of slot 0; range, the first rule's shard, since NULL sorts first;
 * list, the shard of "everything else", or the first; mod and date, the first shard. */
#include "router/shardfn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAX_ENUMERATED 64 /* keys of an integer range that are looked up one by one */

/* ---- sets ---- */

bool shard_set_init(struct shard_set *s, size_t n_shards, struct arena *arena)
{
    s->n_words = (n_shards + 63) / 64;
    s->words = arena_alloc(arena, s->n_words * sizeof *s->words);
    if (!s->words) {
        return false;
    }
    memset(s->words, 0, s->n_words * sizeof *s->words);
    return true;
}

void shard_set_fill(struct shard_set *s, size_t n_shards)
{
    memset(s->words, 0xff, s->n_words * sizeof *s->words);
    if (n_shards % 64) {
        s->words[s->n_words - 1] = (1ull << (n_shards % 64)) - 1;
    }
}

void shard_set_and(struct shard_set *s, const struct shard_set *other)
{
    for (size_t i = 0; i < s->n_words; i++) {
        s->words[i] &= other->words[i];
    }
}

void shard_set_or(struct shard_set *s, const struct shard_set *other)
{
    for (size_t i = 0; i < s->n_words; i++) {
        s->words[i] |= other->words[i];
    }
}

size_t shard_set_count(const struct shard_set *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_words; i++) {
        n += (size_t)__builtin_popcountll(s->words[i]);
    }
    return n;
}

int shard_set_first(const struct shard_set *s)
{
    for (size_t i = 0; i < s->n_words; i++) {
        if (s->words[i]) {
            return (int)(i * 64) + __builtin_ctzll(s->words[i]);
        }
    }
    return -1;
}

/* ---- dates ---- */

static int64_t number(const char *s, size_t n)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2; /* the year begins in March: the leap day is its last */
    int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* The number of the day, Monday's week, month or year that a canonical date or datetime falls in. */
static int64_t date_unit(enum conf_date_unit unit, struct lex_slice s)
{
    int64_t year = number(s.ptr, 4), month = number(s.ptr + 5, 2), day = number(s.ptr + 8, 2);
    switch (unit) {
    case CONF_DATE_YEAR:
        return year;
    case CONF_DATE_MONTH:
        return year * 12 + month - 1;
    case CONF_DATE_WEEK:
        return floor_div(days_since_epoch(year, month, day) + 3, 7);
    default:
        return days_since_epoch(year, month, day);
    }
}

/* ---- making ready ---- */

static const char *rule_value(struct lex_slice *out, const char *text, const struct canon_column *column,
                              struct arena *arena)
{
    struct route_value v = {.kind = ROUTE_TEXT, .text = text, .len = strlen(text)};
    struct route_facts facts = {.charset = 45}; /* the configuration is UTF-8 */
    struct lex_slice ask;
    switch (canon_value(column, &v, false, &facts, arena, out, &ask)) {
    case CANON_OK:
        out->ptr = arena_copy(arena, out->ptr, out->len);
        return out->ptr ? NULL : "";
    case CANON_NO_MEMORY:
        return "";
    default:
        break;
    }
    size_t size = strlen(text) + 80;
    char *why = arena_alloc(arena, size);
    if (!why) {
        return "";
    }
    snprintf(why, size, "the rule's value '%s' is none that the column can be compared with exactly", text);
    return why;
}

static const char *make_rules(struct shardfn *out, const struct topo_function *f, const struct canon_column *column,
                              struct arena *arena)
{
    out->rules = arena_zalloc(arena, (f->n_rules + 1) * sizeof *out->rules);
    if (!out->rules) {
        return "";
    }
    out->n_rules = f->n_rules;
    for (size_t i = 0; i < f->n_rules; i++) {
        const struct conf_rule *c = &f->rules[i];
        struct shardfn_rule *r = &out->rules[i];
        *r = (struct shardfn_rule){arena_zalloc(arena, (c->n_values + 1) * sizeof *r->values), c->n_values,
                                   f->rule_shards[i]};
        if (!r->values) {
            return "";
        }
        for (size_t k = 0; k < c->n_values; k++) {
            const char *why = rule_value(&r->values[k], c->values[k], column, arena);
            if (why) {
                return why;
            }
        }
    }
    return NULL;
}

const char *shardfn_init(struct shardfn *out, const struct topo *t, const struct topo_function *f,
                         const struct canon_column *columns, struct arena *arena)
{
    *out = (struct shardfn){.by = f->by,
                            .unit = f->unit,
                            .n_key = f->n_key,
                            .n_shards = t->n_shards,
                            .n_slots = t->n_slots,
                            .slot_map = t->slot_map};
    if (f->by != CONF_BY_HASH && f->n_key != 1) {
        return "only hash takes a key of several columns";
    }
    switch (f->by) {
    case CONF_BY_MOD:
        return columns[0].class == COLUMN_INT ? NULL : "'by: mod' wants an integer column";
    case CONF_BY_DATE:
        return columns[0].class == COLUMN_DATE || columns[0].class == COLUMN_DATETIME
                   ? NULL
                   : "'by: date' wants a DATE or DATETIME column";
    case CONF_BY_RANGE:
    case CONF_BY_LIST:
        return make_rules(out, f, &columns[0], arena);
    default:
        return NULL;
    }
}

void shardfn_all(const struct shardfn *fn, struct shard_set *out)
{
    if (fn->by != CONF_BY_RANGE && fn->by != CONF_BY_LIST) {
        shard_set_fill(out, fn->n_shards);
        return;
    }
    for (size_t i = 0; i < fn->n_rules; i++) {
        shard_set_add(out, fn->rules[i].shard);
    }
    shard_set_add(out, (uint16_t)shardfn_null(fn));
}

/* ---- one key ---- */

static int hash_shard(const struct shardfn *fn, const struct lex_slice *values, struct arena *arena)
{
    if (fn->n_key == 1) {
        return fn->slot_map[XXH3_64bits(values[0].ptr, values[0].len) % fn->n_slots];
    }
    size_t size = 0;
    for (size_t i = 0; i < fn->n_key; i++) {
        size += 4 + values[i].len;
    }
    unsigned char *p = arena_alloc(arena, size), *z = p;
    if (!p) {
        return SHARDFN_MEMORY;
    }
    for (size_t i = 0; i < fn->n_key; i++) {
        for (int b = 0; b < 4; b++) {
            *z++ = (unsigned char)(values[i].len >> (8 * b));
        }
        memcpy(z, values[i].ptr, values[i].len);
        z += values[i].len;
    }
    return fn->slot_map[XXH3_64bits(p, size) % fn->n_slots];
}

static int mod_shard(const struct shardfn *fn, const struct canon_column *column, struct lex_slice value)
{
    int64_t v = canon_integer(value);
    if (column->is_unsigned) {
        return (int)((uint64_t)v % fn->n_shards);
    }
    int64_t n = (int64_t)fn->n_shards;
    return (int)((v % n + n) % n);
}

static int range_shard(const struct shardfn *fn, const struct canon_column *column, struct lex_slice value)
{
    for (size_t i = 0; i < fn->n_rules; i++) {
        const struct shardfn_rule *r = &fn->rules[i];
        if (r->n_values == 0 || canon_compare(column, value, r->values[0]) < 0) {
            return r->shard;
        }
    }
    return SHARDFN_NONE;
}

static int list_shard(const struct shardfn *fn, const struct canon_column *column, struct lex_slice value)
{
    for (size_t i = 0; i < fn->n_rules; i++) {
        const struct shardfn_rule *r = &fn->rules[i];
        for (size_t k = 0; k < r->n_values; k++) {
            if (canon_compare(column, value, r->values[k]) == 0) {
                return r->shard;
            }
        }
        if (r->n_values == 0) {
            return r->shard;
        }
    }
    return SHARDFN_NONE;
}

int shardfn_null(const struct shardfn *fn)
{
    switch (fn->by) {
    case CONF_BY_HASH:
        return fn->slot_map[0];
    case CONF_BY_RANGE:
        return fn->n_rules ? fn->rules[0].shard : 0;
    case CONF_BY_LIST:
        return fn->n_rules && fn->rules[fn->n_rules - 1].n_values == 0 ? fn->rules[fn->n_rules - 1].shard : 0;
    default:
        return 0;
    }
}

int shardfn_apply(const struct shardfn *fn, const struct canon_column *columns, const struct lex_slice *values,
                  struct arena *arena)
{
    for (size_t i = 0; i < fn->n_key; i++) {
        if (!values[i].ptr) {
            return shardfn_null(fn);
        }
    }
    switch (fn->by) {
    case CONF_BY_HASH:
        return hash_shard(fn, values, arena);
    case CONF_BY_MOD:
        return mod_shard(fn, &columns[0], values[0]);
    case CONF_BY_RANGE:
        return range_shard(fn, &columns[0], values[0]);
    case CONF_BY_LIST:
        return list_shard(fn, &columns[0], values[0]);
    case CONF_BY_DATE:
        break;
    }
    int64_t n = (int64_t)fn->n_shards, unit = date_unit(fn->unit, values[0]);
    return (int)((unit % n + n) % n);
}

/* ---- keys between two bounds ---- */

static bool integers_between(const struct shardfn *fn, const struct canon_column *column, struct lex_slice lo,
                             struct lex_slice hi, bool open, struct shard_set *out)
{
    if (column->class != COLUMN_INT || !lo.ptr || !hi.ptr) {
        return false;
    }
    if (canon_compare(column, lo, hi) >= (open ? 0 : 1)) {
        return true;
    }
    uint64_t from = (uint64_t)canon_integer(lo), n = (uint64_t)canon_integer(hi) - from;
    n -= open; /* the upper bound itself is not meant */
    if (n >= MAX_ENUMERATED) {
        return false;
    }
    for (uint64_t v = from;; v++) {
        unsigned char bytes[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (unsigned char)(v >> (8 * i));
        }
        struct lex_slice key = {(const char *)bytes, 8};
        shard_set_add(out, (uint16_t)(fn->by == CONF_BY_MOD ? mod_shard(fn, column, key) : hash_shard(fn, &key, NULL)));
        if (v == from + n) {
            return true;
        }
    }
}

static bool dates_between(const struct shardfn *fn, struct lex_slice lo, struct lex_slice hi, struct shard_set *out)
{
    if (!lo.ptr || !hi.ptr) {
        return false;
    }
    int64_t n = (int64_t)fn->n_shards, from = date_unit(fn->unit, lo), to = date_unit(fn->unit, hi);
    if (to - from >= n) {
        return false;
    }
    for (int64_t u = from; u <= to; u++) {
        shard_set_add(out, (uint16_t)((u % n + n) % n));
    }
    return true;
}

static bool ranges_between(const struct shardfn *fn, const struct canon_column *column, struct lex_slice lo,
                           struct lex_slice hi, bool hi_open, struct shard_set *out)
{
    struct lex_slice floor = {NULL, 0}; /* keys below it belong to earlier rules */
    for (size_t i = 0; i < fn->n_rules; i++) {
        const struct shardfn_rule *r = &fn->rules[i];
        int above = floor.ptr && hi.ptr ? canon_compare(column, hi, floor) : 1;
        bool reached = above > 0 || (above == 0 && !hi_open);
        bool left = lo.ptr && r->n_values && canon_compare(column, lo, r->values[0]) >= 0;
        if (reached && !left) {
            shard_set_add(out, r->shard);
        }
        if (r->n_values == 0) {
            break;
        }
        if (!floor.ptr || canon_compare(column, r->values[0], floor) > 0) {
            floor = r->values[0];
        }
    }
    return true;
}

static bool lists_between(const struct shardfn *fn, const struct canon_column *column, struct lex_slice lo,
                          struct lex_slice hi, struct shard_set *out)
{
    for (size_t i = 0; i < fn->n_rules; i++) {
        const struct shardfn_rule *r = &fn->rules[i];
        bool in = r->n_values == 0;
        for (size_t k = 0; k < r->n_values; k++) {
            in = in || ((!lo.ptr || canon_compare(column, r->values[k], lo) >= 0) &&
                        (!hi.ptr || canon_compare(column, r->values[k], hi) <= 0));
        }
        if (in) {
            shard_set_add(out, r->shard);
        }
    }
    return true;
}

bool shardfn_between(const struct shardfn *fn, const struct canon_column *column, struct lex_slice lo, bool lo_open,
                     struct lex_slice hi, bool hi_open, struct shard_set *out)
{
    (void)lo_open; /* one key more at the lower end: never wrong, seldom another shard */
    if (fn->n_key != 1 || (column->class == COLUMN_TEXT && column->text == CANON_TEXT_SERVER)) {
        return false;
    }
    switch (fn->by) {
    case CONF_BY_HASH:
    case CONF_BY_MOD:
        return integers_between(fn, column, lo, hi, hi_open, out);
    case CONF_BY_RANGE:
        return ranges_between(fn, column, lo, hi, hi_open, out);
    case CONF_BY_LIST:
        return lists_between(fn, column, lo, hi, out);
    case CONF_BY_DATE:
        break;
    }
    return dates_between(fn, lo, hi, out);
}
