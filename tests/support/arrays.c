/* arrays.c -- arrays of any layout inside canaried memory.
 * SPDX-License-Identifier: MIT
 */
#include "arrays.h"
#include "catalog.h"

#include <stdlib.h>
#include <string.h>

enum { CANARY = 0xa5, MARGIN = 128 };
static const uint64_t CANARIES = 0x0101010101010101u * CANARY;

const char *const ts_layout_names[TS_LAYOUTS] = {"C", "Fortran", "reversed", "every second",
                                                 "third backwards"};

/* Strides in items, and how many items the memory spans. */
static int64_t lay_out(int ndim, const int64_t *shape, ts_layout layout, int64_t *strides) {
    int64_t step = layout == TS_SECOND ? 2 : layout == TS_THIRD ? 3 : 1;
    for (int i = 0; i < ndim; i++) {
        int axis = layout == TS_F ? i : ndim - 1 - i;
        strides[axis] = step;
        step *= shape[axis] > 0 ? shape[axis] : 1;
        step += layout == TS_THIRD;
    }
    for (int i = 0; i < ndim && (layout == TS_REVERSED || layout == TS_THIRD); i++)
        strides[i] = -strides[i];
    return step;
}

/* The place of element i > 0, from that of the one before it. */
static char *after(const raptors_array *x, char *p, int64_t i) {
    int last = x->ndim - 1;
    return i % x->shape[last] ? p + x->strides[last] : ts_at(x, i);
}

/* `statement` for each element i, at p. */
#define FOR_ELEMENTS(x, statement)                                                                           \
    do {                                                                                                     \
        char *p = (x)->data;                                                                                 \
        for (int64_t i = 0, n = ts_count(x); i < n; i++) {                                                   \
            p = i ? after(x, p, i) : p;                                                                      \
            statement;                                                                                       \
        }                                                                                                    \
    } while (0)

static void mark_owned(ts_array *x, int64_t size) {
    FOR_ELEMENTS(&x->view, memset(x->owner + ((unsigned char *)p - x->memory), 0xff, (size_t)size));
}

ts_array ts_new(raptors_dtype t, int ndim, const int64_t *shape, ts_layout layout, int64_t offset) {
    ts_array x = {.view = {.dtype = t, .ndim = ndim}};
    int64_t size = ts_types[t].size, lowest = 0;
    int64_t span = lay_out(ndim, shape, layout, x.view.strides) * size;
    for (int i = 0; i < ndim; i++) {
        x.view.shape[i] = shape[i];
        x.view.strides[i] *= size;
        if (x.view.strides[i] < 0 && shape[i] > 0)
            lowest -= (shape[i] - 1) * x.view.strides[i];
    }
    x.bytes = (span + 3 * MARGIN + 63) / 64 * 64;
    x.memory = aligned_alloc(64, (size_t)x.bytes);
    x.owner = calloc(1, (size_t)x.bytes);
    if (!x.memory || !x.owner)
        abort();
    memset(x.memory, CANARY, (size_t)x.bytes);
    x.view.data = x.memory + MARGIN + lowest + offset;
    mark_owned(&x, size);
    return x;
}

void ts_free(ts_array *x) {
    free(x->memory);
    free(x->owner);
}

int64_t ts_count(const raptors_array *x) {
    int64_t n = 1;
    for (int i = 0; i < x->ndim; i++)
        n *= x->shape[i];
    return n;
}

void *ts_at(const raptors_array *x, int64_t i) {
    char *p = x->data;
    for (int axis = x->ndim - 1; axis >= 0; axis--) {
        p += i % x->shape[axis] * x->strides[axis];
        i /= x->shape[axis];
    }
    return p;
}

void ts_fill(const raptors_array *x, ts_flavour flavour, ts_prng *g) {
    FOR_ELEMENTS(x, ts_write(p, x->dtype, flavour, g));
}

void ts_blank(const raptors_array *x) {
    FOR_ELEMENTS(x, memset(p, 0x5c, (size_t)ts_types[x->dtype].size));
}

void ts_gather(const raptors_array *x, void *dense) {
    size_t size = (size_t)ts_types[x->dtype].size;
    unsigned char *to = dense;
    FOR_ELEMENTS(x, memcpy(to, p, size); ts_canonical(to, x->dtype); to += size);
}

int ts_canaries_alive(const ts_array *x) {
    uint64_t changed = 0;
    for (int64_t i = 0; i < x->bytes; i += (int64_t)sizeof changed) {
        uint64_t now, owned;
        memcpy(&now, x->memory + i, sizeof now);
        memcpy(&owned, x->owner + i, sizeof owned);
        changed |= (now ^ CANARIES) & ~owned;
    }
    return changed == 0;
}

int ts_reduced_shape(const raptors_array *x, raptors_axes axes, int keep, int64_t shape[RAPTORS_MAX_NDIM]) {
    int n = 0;
    for (int i = 0; i < x->ndim; i++) {
        int reduced = (axes & RAPTORS_AXIS(i)) != 0;
        if (!reduced || keep)
            shape[n++] = reduced ? 1 : x->shape[i];
    }
    return n;
}
