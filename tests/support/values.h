/* values.h -- hard inputs for every type, and the one form in which results are compared.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_VALUES_H
#define TS_VALUES_H

#include "raptors.h"
#include "prng.h"

typedef enum ts_flavour {
    TS_PLAIN,    /* finite, of mixed size and sign; integers over their whole range, so that they wrap */
    TS_WILD,     /* NaN, infinities, signed zeros, denormals, greatest and least among the others */
    TS_TIES,     /* few distinct small values, both zeros */
    TS_NEAR_ONE, /* products of thousands stay finite */
    TS_FLAVOURS
} ts_flavour;

extern const char *const ts_flavour_names[TS_FLAVOURS];

/* Write one value at p, which needs no alignment. */
void ts_write(void *p, raptors_dtype t, ts_flavour flavour, ts_prng *g);

/* The value at p, as a double: int64 is rounded as C rounds it. */
double ts_read(const void *p, raptors_dtype t);

/* Every NaN becomes the same NaN: sign and payload are not promised. */
void ts_canonical(void *p, raptors_dtype t);

#endif
