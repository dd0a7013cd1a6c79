/* prng.h -- splitmix64: the same numbers on every machine, and in golden/record_golden.py.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_PRNG_H
#define TS_PRNG_H

#include <stdint.h>

typedef struct ts_prng {
    uint64_t state;
} ts_prng;

static inline uint64_t ts_next(ts_prng *g) {
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. n - 1, n > 0; the bias is of no importance here. */
static inline int64_t ts_below(ts_prng *g, int64_t n) {
    return (int64_t)(ts_next(g) % (uint64_t)n);
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double ts_unit(ts_prng *g) {
    return (double)(ts_next(g) >> 11) * 0x1p-53;
}

#endif
