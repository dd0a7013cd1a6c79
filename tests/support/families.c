/* families.c -- the families of hard inputs for sums.
 * SPDX-License-Identifier: MIT
 */
#include "families.h"
#include "prng.h"

#include <math.h>

const char *const ts_family_names[TS_FAMILIES] = {"uniform", "centred",     "cancelling", "lognormal",
                                                  "top",     "alternating", "offset",     "wide",
                                                  "ones",    "nearly one"};

/* Number i of the generator that starts at seed. */
static uint64_t random_at(uint64_t seed, int64_t i) {
    ts_prng g = {seed + (uint64_t)i * 0x9e3779b97f4a7c15u};
    return ts_next(&g);
}

static double unit_of(uint64_t r) {
    return (double)(r >> 11) * 0x1p-53;
}

/* 2^k for a k that is nearly normal around 0, from `bits` coins. */
static double power_of(uint64_t r, int bits) {
    return ldexp(1 + unit_of(r), __builtin_popcountll(r & ((1u << bits) - 1)) - bits / 2);
}

/* The second half takes the first half back, in reverse, so that no tree of neighbours meets a pair. */
static double cancelling(uint64_t seed, int64_t i, int64_t n) {
    int64_t mirror = n - 1 - i;
    if (i < mirror)
        return (unit_of(random_at(seed, i)) + 1) * 0x1p16;
    double rest = unit_of(random_at(seed, i)) * 0x1p-4;
    return i == mirror ? rest : rest - (unit_of(random_at(seed, mirror)) + 1) * 0x1p16;
}

static double value(ts_family family, raptors_dtype t, uint64_t seed, int64_t i, int64_t n) {
    uint64_t r = random_at(seed, i);
    switch (family) {
    case TS_UNIFORM:
        return unit_of(r);
    case TS_CENTRED:
        return unit_of(r) - 0.5;
    case TS_CANCELLING:
        return cancelling(seed, i, n);
    case TS_LOGNORMAL:
        return power_of(r, 24);
    case TS_TOP:
        return (t == RAPTORS_FLOAT32 ? 0x1p24 : 0x1p53) + 2 * (double)(r % 64);
    case TS_ALTERNATING:
        return (i % 2 ? -1 : 1) * (1 + unit_of(r)) * 0x1p20;
    case TS_OFFSET:
        return 10000 + unit_of(r);
    case TS_SPREAD_OUT:
        return (r >> 63 ? -1 : 1) * power_of(r, 24) * power_of(r >> 24, 24);
    case TS_NEARLY_ONE:
        return 1 + (unit_of(r) - 0.5) * 0x1p-6;
    default:
        return 1;
    }
}

void ts_family_fill(void *p, raptors_dtype t, ts_family family, uint64_t seed, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double x = value(family, t, seed, i, n);
        if (t == RAPTORS_FLOAT32)
            ((float *)p)[i] = (float)x;
        else
            ((double *)p)[i] = x;
    }
}
