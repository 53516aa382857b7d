/* SPDX-License-Identifier: MIT */
/* Saving and restoring, as bytes that are the same for the same state on any machine:
 *
 *     "codescent-state\n", version, size of all,
 *     the solver's text, m, points, n, shards, groups, seed, each shard's
 *     offset and group, epoch,
 *     for each node, outermost first: steps, flags of what was fed, fed numbers,
 * fields, memory, checksum of everything before it.
 *
 * Numbers are 8 bytes, little-endian; texts are their length and their letters. */
#include <string.h>

#include "core/checksum.h"
#include "core/solver_private.h"
#include "core/spec.h"

#define STATE_VERSION 2
#define COUNT_MAX     (INT64_C(1) << 62)
static const char state_magic[16] = "codescent-state\n";

/* ---- a cursor: writes bytes, compares with bytes, or only counts ---- */

typedef struct cursor {
    unsigned char *bytes;         /* to write to, or NULL */
    const unsigned char *against; /* to compare with, or NULL */
    size_t size;                  /* of `against` */
    size_t at;
    int differs;
} cursor;

static void put_bytes(cursor *c, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    if (c->bytes != NULL)
        memcpy(c->bytes + c->at, bytes, size);
    if (c->against != NULL && !c->differs)
        c->differs = size > c->size || c->at > c->size - size ||
                     memcmp(c->against + c->at, bytes, size) != 0;
    c->at += size;
}

static void put_u64(cursor *c, uint64_t value)
{
    unsigned char bytes[8];
    for (int k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(value >> (8 * k));
    put_bytes(c, bytes, sizeof bytes);
}

static uint64_t get_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int k = 7; k >= 0; k--)
        value = value << 8 | bytes[k];
    return value;
}

/* Doubles and int64_t alike: their bit patterns. */
static void put_words(cursor *c, const void *words, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        uint64_t word;
        memcpy(&word, (const char *)words + 8 * k, sizeof word);
        put_u64(c, word);
    }
}

static const unsigned char *get_words(const unsigned char *bytes, void *words,
                                      size_t count)
{
    for (size_t k = 0; k < count; k++, bytes += 8) {
        uint64_t word = get_u64(bytes);
        memcpy((char *)words + 8 * k, &word, sizeof word);
    }
    return bytes;
}

/* ---- writing ---- */

/* A value that a wrapper drives is no part of the identity: it comes with the step. */
static void put_option(cursor *c, const cod_option *option, const void *options,
                       int driven)
{
    char value[32];
    const void *member = (const char *)options + option->offset;
    put_bytes(c, option->name, strlen(option->name));
    put_bytes(c, driven ? "*" : "=", 1);
    if (option->kind == COD_KIND_LIST) {
        put_words(c, ((const cod_list *)member)->values,
                  ((const cod_list *)member)->count);
    } else if (option->kind == COD_KIND_TEXT) {
        const char *text = *(const char *const *)member;
        put_bytes(c, text, text != NULL ? strlen(text) : 0);
    } else if (!driven) {
        cod_options_print(option, options, value, sizeof value);
        put_bytes(c, value, strlen(value));
    }
    put_bytes(c, ",", 1);
}

/* "name(option=value,inner(...))": what the state belongs to. */
static void put_identity(cursor *c, const cod_solver *node)
{
    const cod_method *method = node->method;
    size_t count;
    const cod_option *table = cod_engine_options(&count);
    put_bytes(c, method->name, strlen(method->name));
    put_bytes(c, "(", 1);
    for (size_t k = 0; k < method->option_count; k++)
        put_option(c, &method->options[k], node->options, node->driven[k]);
    for (size_t k = 0; k < count; k++)
        put_option(c, &table[k], &node->choice, 0);
    for (size_t k = 0; k < node->inner_count; k++)
        put_identity(c, node->inner[k]);
    put_bytes(c, ")", 1);
}

static size_t input_entries(const cod_solver *node)
{
    size_t entries = 0;
    for (size_t k = 0; k < node->method->input_count; k++)
        entries += cod_extent_count(node->engine, node->method->inputs[k].extent);
    return entries;
}

static void put_node(cursor *c, const cod_solver *node)
{
    put_u64(c, (uint64_t)node->step);
    put_bytes(c, node->fed, node->method->input_count);
    put_words(c, node->inputs, input_entries(node));
    put_words(c, node->fields, node->fields_size / 8);
    put_words(c, node->memory, node->memory_slots * node->engine->cut.n);
    for (size_t k = 0; k < node->inner_count; k++)
        put_node(c, node->inner[k]);
}

static void put_identity_text(cursor *c, const cod_solver *solver)
{
    cursor identity = {0};
    put_identity(&identity, solver);
    put_u64(c, identity.at);
    put_identity(c, solver);
}

/* The cut belongs to it: the memory of elements lies shard by shard, fields lie group
 * by group. */
static void put_shape(cursor *c, const cod_engine *engine)
{
    const uint64_t shape[] = {engine->m,          engine->points,     engine->cut.n,
                              engine->cut.shards, engine->cut.groups, engine->seed};
    put_words(c, shape, sizeof shape / sizeof *shape);
    for (size_t k = 0; k < engine->cut.shards; k++) {
        put_u64(c, engine->cut.offsets[k]);
        put_u64(c, engine->cut.group_of[k]);
    }
}

/* Everything but the checksum; size is that of all. */
static void put_state(cursor *c, const cod_solver *solver, size_t size)
{
    put_bytes(c, state_magic, sizeof state_magic);
    put_u64(c, STATE_VERSION);
    put_u64(c, size);
    put_identity_text(c, solver);
    put_shape(c, solver->engine);
    put_u64(c, (uint64_t)solver->engine->epoch);
    put_node(c, solver);
}

size_t cod_solver_save_size(const cod_solver *solver)
{
    if (solver == NULL || solver->root != solver)
        return 0;
    cursor c = {0};
    put_state(&c, solver, 0);
    return c.at + 8;
}

cod_status cod_solver_save(const cod_solver *solver, void *ret_bytes, size_t size)
{
    if (solver == NULL || ret_bytes == NULL || solver->root != solver)
        return COD_EARGUMENT;
    cod_message *message = &solver->engine->message;
    if (solver->engine->phase == COD_PHASE_OPEN || solver->engine->after_due)
        return cod_fail(message, COD_EORDER, "save within a step");
    size_t needed = cod_solver_save_size(solver);
    if (size < needed)
        return cod_fail(message, COD_ESHAPE, "the state takes %zu bytes, there are %zu",
                        needed, size);
    cursor c = {.bytes = ret_bytes};
    put_state(&c, solver, needed);
    put_u64(&c, cod_checksum(COD_CHECKSUM_BEGIN, ret_bytes, c.at));
    return COD_OK;
}

/* ---- reading ---- */

#define HEADER_SIZE (sizeof state_magic + 16)

/* What is wrong with the bytes as bytes, or NULL. */
static const char *damage(const unsigned char *bytes, size_t size)
{
    if (size < HEADER_SIZE + 8 || memcmp(bytes, state_magic, sizeof state_magic) != 0)
        return "these bytes are not a saved state";
    if (get_u64(bytes + sizeof state_magic) != STATE_VERSION)
        return "the state was saved by another version";
    if (get_u64(bytes + sizeof state_magic + 8) != size)
        return "the saved state is truncated, or has bytes behind it";
    if (get_u64(bytes + size - 8) != cod_checksum(COD_CHECKSUM_BEGIN, bytes, size - 8))
        return "the saved state was altered: its checksum is wrong";
    return NULL;
}

/* Whose state it is: the bytes have to go on as this solver's own would. */
static const char *mismatch(const cod_solver *solver, cursor *c)
{
    put_identity_text(c, solver);
    if (c->differs)
        return "the saved state is of another method, or of other options";
    put_shape(c, solver->engine);
    if (c->differs)
        return "the saved state is of another shape, cut or seed";
    return NULL;
}

/* Whether `count` counts go on from there without an overflow. */
static int are_counts(const unsigned char *bytes, size_t count, int64_t least)
{
    for (size_t k = 0; k < count; k++) {
        int64_t value = (int64_t)get_u64(bytes + 8 * k);
        if (value < least || value > COUNT_MAX)
            return 0;
    }
    return 1;
}

/* Steps, flags and integers of a node and of those inside it; moves `bytes` on. */
static int is_sane_node(const cod_solver *node, const unsigned char **bytes)
{
    const cod_method *method = node->method;
    const unsigned char *at = *bytes;
    int sane = are_counts(at, 1, 0);
    at += 8;
    for (size_t k = 0; k < method->input_count; k++)
        sane &= *at++ <= 1;
    at += 8 * input_entries(node);
    for (size_t k = 0; k < method->field_count; k++) {
        size_t count = cod_extent_count(node->engine, method->fields[k].extent) *
                       node->engine->cut.groups;
        sane &= !method->fields[k].integers || are_counts(at, count, -COUNT_MAX);
        at += 8 * count;
    }
    *bytes = at + 8 * node->memory_slots * node->engine->cut.n;
    for (size_t k = 0; k < node->inner_count; k++)
        sane &= is_sane_node(node->inner[k], bytes);
    return sane;
}

static int is_sane(const cod_solver *solver, const unsigned char *bytes)
{
    int sane = are_counts(bytes, 1, 0);
    bytes += 8;
    return is_sane_node(solver, &bytes) && sane;
}

static const unsigned char *get_node(cod_solver *node, const unsigned char *bytes)
{
    node->step = (int64_t)get_u64(bytes);
    bytes += 8;
    memcpy(node->fed, bytes, node->method->input_count);
    bytes += node->method->input_count;
    bytes = get_words(bytes, node->inputs, input_entries(node));
    bytes = get_words(bytes, node->fields, node->fields_size / 8);
    bytes = get_words(bytes, node->memory, node->memory_slots * node->engine->cut.n);
    for (size_t k = 0; k < node->inner_count; k++)
        bytes = get_node(node->inner[k], bytes);
    return bytes;
}

cod_status cod_solver_restore(cod_solver *solver, const void *bytes, size_t size)
{
    if (solver == NULL || bytes == NULL || solver->root != solver)
        return COD_EARGUMENT;
    cod_engine *engine = solver->engine;
    if (engine->phase == COD_PHASE_OPEN)
        return cod_fail(&engine->message, COD_EORDER, "restore within a step");
    cursor c = {.against = bytes, .size = size, .at = HEADER_SIZE};
    const char *wrong = damage(bytes, size);
    if (wrong == NULL)
        wrong = mismatch(solver, &c);
    if (wrong == NULL && size != cod_solver_save_size(solver))
        wrong = "the saved state is of another shape";
    const unsigned char *rest = (const unsigned char *)bytes + c.at;
    if (wrong == NULL && !is_sane(solver, rest))
        wrong = "the saved state holds a count or a flag that no solver saves";
    if (wrong != NULL)
        return cod_fail(&engine->message, COD_ESTATE, "%s: %s", solver->method->name,
                        wrong);
    engine->epoch = (int64_t)get_u64(rest);
    get_node(solver, rest + 8);
    engine->phase = COD_PHASE_IDLE;
    engine->after_due = 0;
    engine->message.text[0] = '\0';
    return COD_OK;
}
