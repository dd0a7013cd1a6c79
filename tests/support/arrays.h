/* arrays.h -- arrays of any layout inside canaried memory, filled, read and compared element by element.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_ARRAYS_H
#define TS_ARRAYS_H

#include "values.h"

typedef enum ts_layout {
    TS_C,        /* C order */
    TS_F,        /* Fortran order */
    TS_REVERSED, /* C order, every stride negative */
    TS_SECOND,   /* every second element along the last axis */
    TS_THIRD,    /* every third along the last, backwards, and a gap between the rows */
    TS_LAYOUTS
} ts_layout;

extern const char *const ts_layout_names[TS_LAYOUTS];

typedef struct ts_array {
    raptors_array view;
    unsigned char *memory; /* the elements, what lies between them, and a margin on both sides */
    unsigned char *owner;  /* for each byte of memory: 0xff if an element of the view holds it, else 0 */
    int64_t bytes;
} ts_array;

/* Elements unset, every other byte a canary; the lowest element lies `offset` bytes past a multiple of 64. */
ts_array ts_new(raptors_dtype t, int ndim, const int64_t *shape, ts_layout layout, int64_t offset);
void ts_free(ts_array *x);

void ts_fill(const raptors_array *x, ts_flavour flavour, ts_prng *g);
/* Fill with a pattern that no result has, so that a write shows. */
void ts_blank(const raptors_array *x);

int64_t ts_count(const raptors_array *x);
/* Element i in C order; it need not be aligned. */
void *ts_at(const raptors_array *x, int64_t i);
/* The elements in C order, one after another, canonical. */
void ts_gather(const raptors_array *x, void *dense);
/* Are all bytes that are no element's as they were? */
int ts_canaries_alive(const ts_array *x);

/* The shape of a reduction's output with the axes dropped, or kept as 1; the rank is returned. */
int ts_reduced_shape(const raptors_array *x, raptors_axes axes, int keep, int64_t shape[RAPTORS_MAX_NDIM]);

#endif
