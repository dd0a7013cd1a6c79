/* families.h -- the families of hard inputs for sums: the same numbers here and in record_golden.py.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_FAMILIES_H
#define TS_FAMILIES_H

#include "raptors.h"

typedef enum ts_family {
    TS_UNIFORM,     /* 0 to 1 */
    TS_CENTRED,     /* -1/2 to 1/2 */
    TS_CANCELLING,  /* large numbers, later their negatives, and a little more */
    TS_LOGNORMAL,   /* positive, over 24 powers of two */
    TS_TOP,         /* integers just above 2^24 (float64: 2^53), where every second one is missing */
    TS_ALTERNATING, /* large, of alternating sign */
    TS_OFFSET,      /* 10,000 and a little: a large mean, a small variance */
    TS_SPREAD_OUT,  /* both signs, over 48 powers of two */
    TS_ONES,        /* nothing else */
    TS_NEARLY_ONE,  /* within 1/128 of it: for products */
    TS_FAMILIES
} ts_family;

extern const char *const ts_family_names[TS_FAMILIES];

/* Write n numbers of a family, float32 or float64. */
void ts_family_fill(void *p, raptors_dtype t, ts_family family, uint64_t seed, int64_t n);

#endif
