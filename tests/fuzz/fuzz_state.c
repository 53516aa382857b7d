/* SPDX-License-Identifier: MIT */
/* Any bytes as a saved state. Damaged ones are refused and change nothing. Forged ones,
 * whose size and checksum are right, are refused too, or taken up as they are: saved
 * again they are the same bytes, and steps succeed or are refused with a word.
 *
 * Input: the solver's text, its shape, what is done; then changes of a state saved
 * after some steps, or bytes to be restored as they are. */
#include "fuzz_steps.h"

static const char *const texts[] = {
    "linear",
    "mgda",
    "mgda(normalize=log, minnorm=fw)",
    "uncertainty",
    "uncertainty(form=positive, optimizer=sgd, lr=0.1)",
    "annealing(unit=epoch, ramp=cosine)",
    "annealing(order=3:1:2, steps=5)",
    "alternation(pattern=2:2:3, period=2)",
    "alternation(unit=epoch)",
    "adaptive",
    "adaptive(by=gradients, sense=inverse)",
    "dwa(unit=step)",
    "famo",
    "gradvac",
    "graddrop(leak=0.5)",
    "trimmed-mean",
    "moco",
    "db-mtl",
    "gradnorm",
    "lr-annealing(every=3)",
    "upgrad",
    "dualproj",
    "modo",
    "sdmgrad",
    "cr-mogm(alpha=0.5, mgda)",
    "every(k=3, mgda)",
    "every(k=4, famo)",
    "schedule(target=weight:2, ramp=cyclic, steps=4, linear)",
    "schedule(target=option:temperature, from=5, to=0.5, steps=6, dwa(unit=step))",
    "warmup(k=2, alternation, mgda)",
    "switch(at=2:5, moco, famo)",
    "hv-gradient",
    "moo-svgd",
    "every(k=2, warmup(k=3, cr-mogm(mgda), switch(at=2, uncertainty, gradnorm)))",
};
#define TEXTS ((unsigned)(sizeof texts / sizeof *texts))

enum { TRUNCATE = 1, FORGE = 2, AS_THEY_ARE = 4, WRONG_SIZE = 32 };

static void put_word(unsigned char *bytes, uint64_t word)
{
    for (int k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(word >> (8 * k));
}

/* FNV-1a, as the format has it: size and checksum as if they had been saved so. */
static void forge(unsigned char *bytes, size_t size, unsigned how)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (size < 40)
        return;
    put_word(bytes + 24, how & WRONG_SIZE ? size + 8 : size);
    for (size_t k = 0; k < size - 8; k++)
        hash = (hash ^ bytes[k]) * UINT64_C(0x100000001b3);
    put_word(bytes + size - 8, hash);
}

/* Bytes and words, most of them behind the identity: places count from the end. */
static void change(fuzz_input *in, unsigned char *bytes, size_t size)
{
    while (in->at < in->size) {
        unsigned kind = fuzz_byte(in);
        size_t at = size - 1 - (size_t)fuzz_bits(in, 2) % size;
        if (kind % 2 == 0)
            bytes[at] = (unsigned char)fuzz_byte(in);
        else if (size - at >= 8)
            put_word(bytes + at, fuzz_bits(in, 8));
    }
}

/* The state of a solver that has taken `count` steps, changed as the input says. */
static unsigned char *draw_state(fuzz_input *in, cod_solver *solver, unsigned how,
                                 size_t *ret_size)
{
    if (how & AS_THEY_ARE) {
        *ret_size = in->size - in->at;
        unsigned char *bytes = fuzz_memory(*ret_size);
        memcpy(bytes, in->data + in->at, *ret_size);
        return bytes;
    }
    size_t whole;
    unsigned char *saved = save_solver(solver, &whole);
    *ret_size = how & TRUNCATE ? (size_t)fuzz_bits(in, 2) % (whole + 16) : whole;
    unsigned char *bytes = fuzz_memory(*ret_size);
    memcpy(bytes, saved, whole < *ret_size ? whole : *ret_size);
    free(saved);
    if (*ret_size > 0)
        change(in, bytes, *ret_size);
    return bytes;
}

/* The solver must hold what it held. */
static void require_saved(const cod_solver *solver, const unsigned char *bytes,
                          size_t size, const char *when)
{
    size_t its_size;
    unsigned char *its = save_solver(solver, &its_size);
    require(size == its_size && memcmp(bytes, its, size) == 0, "%s: another state",
            when);
    free(its);
}

typedef enum state_kind { WHOLE, DAMAGED, FORGED } state_kind;

static void try_restore(cod_solver *solver, const unsigned char *bytes, size_t size,
                        state_kind kind)
{
    size_t before_size;
    unsigned char *before = save_solver(solver, &before_size);
    cod_status status = cod_solver_restore(solver, bytes, size);
    cod_message message = {""};
    snprintf(message.text, sizeof message.text, "%s", cod_solver_message(solver));
    require_status(status, COD_OK, COD_ESTATE);
    require_message(status, &message);
    require(status == COD_OK || kind != WHOLE, "refused: %s", message.text);
    require(status != COD_OK || kind != DAMAGED, "damaged bytes were taken up");
    if (status == COD_OK)
        require_saved(solver, bytes, size, "taken up");
    else
        require_saved(solver, before, before_size, "refused");
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = fuzz_begin(data, size);
    const char *text = texts[fuzz_most(&in, TEXTS - 1)];
    unsigned shape = fuzz_byte(&in), how = fuzz_byte(&in), count = how >> 3 & 3;
    size_t points = 1 + (shape & 1);
    cod_solver *solver, *other;
    if (make_solver(text, points, shape & 2, &solver, NULL) != COD_OK)
        return 0;
    require(make_solver(text, points, shape & 2, &other, NULL) == COD_OK, "%s", text);
    for (unsigned k = 0; k < count; k++)
        (void)take_step(solver, &in);
    size_t state_size, whole;
    unsigned char *saved = save_solver(solver, &whole);
    unsigned char *bytes = draw_state(&in, solver, how, &state_size);
    if (how & FORGE)
        forge(bytes, state_size, how);
    int same = state_size == whole && memcmp(bytes, saved, whole) == 0;
    try_restore(other, bytes, state_size,
                same          ? WHOLE
                : how & FORGE ? FORGED
                              : DAMAGED);
    for (int k = 0; k < 3; k++) {
        (void)take_step(other, &in);
        require(cod_solver_epoch(other) == COD_OK, "an epoch");
    }
    cod_solver_reset(other);
    free(saved);
    free(bytes);
    cod_solver_free(solver);
    cod_solver_free(other);
    return 0;
}
