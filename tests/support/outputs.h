/* outputs.h -- what kernels are tried on: inputs full of hard values, and outputs with canaries on either side.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_OUTPUTS_H
#define TS_OUTPUTS_H

#include <stddef.h>

#include "values.h"

enum {
    TS_CANARY = 0xa5,
    TS_MARGIN = 64,    /* bytes of canaries, at least */
    TS_DENSE = 257,    /* elements of 8 bytes that an output has room for, and 16 more */
    TS_INPUT = 1 << 16 /* elements of an input */
};

typedef struct ts_output {
    unsigned char memory[(TS_DENSE + 16) * 8 + 3 * TS_MARGIN];
    unsigned char *data; /* TS_MARGIN + 0 .. 63 bytes into memory */
    size_t bytes;
} ts_output;

void ts_output_make(ts_output *o, int64_t offset, size_t bytes);

/* Check that nothing beside it was written, and that it is as wanted but for the bits of NaNs, which become the same in both. */
void ts_output_compare(const ts_output *got, ts_output *wanted, raptors_dtype t, const char *what,
                       const char *backend);

/* Two inputs of TS_INPUT elements, of one type at a time. */
extern char *ts_inputs[2];
int ts_inputs_allocate(void **state);
int ts_inputs_free(void **state);
void ts_inputs_fill(raptors_dtype t, ts_flavour flavour, ts_prng *g);

#endif
