/* SPDX-License-Identifier: MIT */
/* FNV-1a, 64 bits (RFC 9923): one sum for saved solvers, what the run store holds, and
 * the fingerprints of data. It finds what changed by accident, not what somebody
 * forged. */
#ifndef COD_CHECKSUM_H
#define COD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of no bytes. */
#define COD_CHECKSUM_BEGIN UINT64_C(0xcbf29ce484222325)

/* That of what `sum` is of, followed by `size` bytes. */
static inline uint64_t cod_checksum(uint64_t sum, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t k = 0; k < size; k++)
        sum = (sum ^ byte[k]) * UINT64_C(0x100000001b3);
    return sum;
}

#endif
