/* view.c -- fuzzes the judgement of array descriptors: what is accepted can be computed with, and no check
 * crashes, whatever the descriptor.
 * SPDX-License-Identifier: MIT
 */
#include "array.h"

#include <stdlib.h>
#include <string.h>

#include "overlap.h"
#include "status.h"
#include "support/believable.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define must(condition) ((condition) ? (void)0 : abort())

typedef struct input {
    const uint8_t *at, *end;
} input;

static int byte_of(input *in) {
    return in->at < in->end ? *in->at++ : 0;
}

/* A byte says how many more make the number: small ones, powers of two and their neighbours are common. */
static int64_t number_of(input *in) {
    int kind = byte_of(in);
    uint64_t value = (uint64_t)byte_of(in);
    switch (kind >> 5) {
    case 0:
        return (int64_t)((UINT64_C(1) << (kind & 31) << (value & 31)) + (value >> 5) - 4);
    case 1:
        return -(int64_t)(value + 1);
    case 2:
        for (int k = 0; k < 7; k++) {
            value = value << 8 | (uint64_t)byte_of(in);
        }
        return (int64_t)value;
    default:
        return (int64_t)(value & 15);
    }
}

static raptors_array view_of(input *in) {
    raptors_array x = {.dtype = (raptors_dtype)(byte_of(in) % 6), .ndim = byte_of(in) % 19 - 1};
    x.data = (void *)(uintptr_t)number_of(in);
    for (int k = 0; k < x.ndim && k < RAPTORS_MAX_NDIM; k++) {
        x.shape[k] = number_of(in);
        x.strides[k] = number_of(in);
    }
    return x;
}

static void judge(const raptors_array *x) {
    must((rp_check_view("f", "x", x) == RAPTORS_OK) == ts_believable(x));
    raptors_array t = raptors_transpose(*x);
    must((rp_check_view("f", "x", &t) == RAPTORS_OK) == ts_believable(x));
}

/* Checks that need not agree with each other must at least agree with themselves. */
static void relate(const raptors_array *a, const raptors_array *b) {
    rp_sharing sharing = rp_share(a, b), turned = rp_share(b, a);
    must(sharing == turned || sharing == RP_UNDECIDED || turned == RP_UNDECIDED);
    must(rp_count(a) == 0 || rp_share(a, a) != RP_APART);
    raptors_status s = rp_check_map1("f", a, b);
    must(s != RAPTORS_ERROR_NULL && s != RAPTORS_ERROR_AXIS);
    must(s == RAPTORS_OK || strncmp(raptors_last_error(), "f: ", 3) == 0);
    if (s == RAPTORS_OK) {
        int64_t strides[RAPTORS_MAX_NDIM];
        rp_broadcast_strides(a, b, strides);
        must(rp_shares_itself(b) == RP_APART);
    }
}

static void reduce(const raptors_array *x, const raptors_array *out, raptors_axes axes) {
    int64_t strides[RAPTORS_MAX_NDIM];
    if (rp_check_axes("f", x, axes) != RAPTORS_OK) {
        must(axes != RAPTORS_ALL_AXES && axes >> x->ndim != 0);
    } else if (rp_check_reduced("f", x, axes, out) == RAPTORS_OK) {
        must(rp_count(x) == 0 || rp_count(out) <= rp_count(x));
        rp_reduced_strides(x, axes, out, strides);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    input in = {bytes, bytes + size};
    raptors_axes axes = (raptors_axes)number_of(&in);
    raptors_array a = view_of(&in), b = view_of(&in), out = view_of(&in);
    judge(&a), judge(&b), judge(&out);
    raptors_array v = raptors_vector(a.dtype, a.data, a.shape[0]);
    raptors_array m = raptors_matrix(a.dtype, a.data, a.shape[0], a.shape[1]);
    judge(&v), judge(&m);
    raptors_status s = rp_check_map2("f", &a, &b, &out);
    if (!ts_believable(&a) || !ts_believable(&b) || !ts_believable(&out)) {
        must(s != RAPTORS_OK);
        return 0;
    }
    relate(&a, &out), relate(&b, &out), relate(&a, &b);
    reduce(&a, &out, axes), reduce(&a, &b, axes);
    return 0;
}
