/* outputs.c -- see outputs.h.
 * SPDX-License-Identifier: MIT
 */
#include "outputs.h"

#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "check.h"

void ts_output_make(ts_output *o, int64_t offset, size_t bytes) {
    memset(o->memory, TS_CANARY, sizeof o->memory);
    o->data = o->memory + TS_MARGIN + offset;
    o->bytes = bytes;
}

static int untouched_beside(const ts_output *o) {
    for (const unsigned char *p = o->memory; p < o->memory + sizeof o->memory; p++)
        if ((p < o->data || p >= o->data + o->bytes) && *p != TS_CANARY)
            return 0;
    return 1;
}

void ts_output_compare(const ts_output *got, ts_output *wanted, raptors_dtype t, const char *what,
                       const char *backend) {
    unsigned char canonical[sizeof got->memory];
    int64_t size = ts_types[t].size;
    memcpy(canonical, got->data, got->bytes);
    for (size_t i = 0; i < got->bytes; i += (size_t)size) {
        ts_canonical(canonical + i, t);
        ts_canonical(wanted->data + i, t);
    }
    ts_check(untouched_beside(got), "%s of %s on %s wrote beside its output", what, ts_types[t].name,
             backend);
    ts_check(!memcmp(canonical, wanted->data, got->bytes), "%s of %s on %s differs from scalar", what,
             ts_types[t].name, backend);
}

char *ts_inputs[2];

int ts_inputs_allocate(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        ts_inputs[k] = aligned_alloc(64, TS_INPUT * 8 + 64);
    return !ts_inputs[0] || !ts_inputs[1];
}

int ts_inputs_free(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        free(ts_inputs[k]);
    return 0;
}

void ts_inputs_fill(raptors_dtype t, ts_flavour flavour, ts_prng *g) {
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < TS_INPUT; i++)
            ts_write(ts_inputs[k] + i * ts_types[t].size, t, flavour, g);
}
