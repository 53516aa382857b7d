/* SPDX-License-Identifier: MIT */
#include <codescent/random.h>

#include <math.h>

#include <Random123/philox.h>

/* Philox4x64-10 with the key (seed, stream) and the counter (coordinate, step, 0, 0):
 * one block of four words for each coordinate. Word 0 makes bits and uniforms, words 1
 * and 2 the normal. */
static philox4x64_ctr_t block(cod_random random, uint64_t coordinate)
{
    philox4x64_ctr_t counter = {{coordinate, random.step, 0, 0}};
    philox4x64_key_t key = {{random.seed, random.stream}};
    return philox4x64(counter, key);
}

uint64_t cod_random_bits(cod_random random, uint64_t coordinate)
{
    return block(random, coordinate).v[0];
}

double cod_random_uniform(cod_random random, uint64_t coordinate)
{
    return (double)(block(random, coordinate).v[0] >> 11) * 0x1p-53;
}

double cod_random_normal(cod_random random, uint64_t coordinate)
{
    philox4x64_ctr_t words = block(random, coordinate);
    double u = (double)((words.v[1] >> 11) + 1) * 0x1p-53; /* (0, 1]: it has a log */
    double v = (double)(words.v[2] >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* An index below `count`: the upper word of bits * count. Of the 2^64 values at most
 * `count` are dealt unevenly, which nobody can see. */
static size_t below(size_t count, uint64_t bits)
{
    uint64_t high;
    mulhilo64(bits, count, &high);
    return (size_t)high;
}

void cod_random_permutation(cod_random random, uint64_t first, size_t n,
                            size_t *ret_order)
{
    for (size_t i = 0; i < n; i++)
        ret_order[i] = i;
    for (size_t last = n; last > 1; last--) {
        size_t other = below(last, cod_random_bits(random, first + (n - last)));
        size_t kept = ret_order[last - 1];
        ret_order[last - 1] = ret_order[other];
        ret_order[other] = kept;
    }
}
