/* array.c -- views: what they describe, whether it can be believed, and how views fit together.
 * SPDX-License-Identifier: MIT
 */
#include "array.h"

#include "overlap.h"
#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *rp_dtype_name(raptors_dtype dtype) {
    switch (dtype) {
#define RP_TYPE(suffix, ENUM, ctype, name)                                                                   \
    case RAPTORS_##ENUM:                                                                                     \
        return name;
#include "types.def"
    }
    return "unknown";
}

/* ---- one view ---------------------------------------------------------------------------------------- */

/* Whether elements, bytes and reach fit in int64; the range is of all elements as if no extent were 0. */
static int measure(const raptors_array *x, rp_range *range) {
    int64_t itemsize = rp_itemsize(x->dtype), bytes = itemsize;
    range->low = 0, range->high = itemsize;
    for (int k = 0; k < x->ndim; k++) {
        int64_t last = x->shape[k] - 1, reach;
        if (last <= 0)
            continue;
        if (__builtin_mul_overflow(bytes, x->shape[k], &bytes) ||
            __builtin_mul_overflow(x->strides[k], last, &reach))
            return 0;
        int64_t *end = reach < 0 ? &range->low : &range->high;
        if (__builtin_add_overflow(*end, reach, end))
            return 0;
    }
    int64_t whole;
    return !__builtin_sub_overflow(range->high, range->low, &whole);
}

static int in_address_space(const void *data, rp_range range) {
    uintptr_t first, end;
    return !__builtin_add_overflow((uintptr_t)data, range.low, &first) &&
           !__builtin_add_overflow((uintptr_t)data, range.high, &end);
}

int64_t rp_count(const raptors_array *x) {
    int64_t count = 1;
    for (int k = 0; k < x->ndim; k++)
        count *= x->shape[k];
    return count;
}

rp_range rp_range_of(const raptors_array *x) {
    rp_range range;
    if (rp_count(x) == 0)
        return (rp_range){0, 0};
    measure(x, &range);
    return range;
}

/* Whether the extents can be believed, and whether there are elements. */
static int sane(const raptors_array *x, int *empty) {
    if (rp_itemsize(x->dtype) == 0 || x->ndim < 0 || x->ndim > RAPTORS_MAX_NDIM)
        return 0;
    *empty = 0;
    for (int k = 0; k < x->ndim; k++) {
        if (x->shape[k] < 0)
            return 0;
        *empty |= x->shape[k] == 0;
    }
    return 1;
}

/* Say what is wrong with a view in which something is. */
static __attribute__((cold)) raptors_status explain_view(const char *function, const char *argument,
                                                         const raptors_array *x) {
    if (x == NULL)
        return rp_fail(RAPTORS_ERROR_NULL, function, "%s is NULL", argument);
    if (rp_itemsize(x->dtype) == 0)
        return rp_fail(RAPTORS_ERROR_DTYPE, function, "%s: dtype %d is not one that is known", argument,
                       (int)x->dtype);
    if (x->ndim < 0 || x->ndim > RAPTORS_MAX_NDIM)
        return rp_fail(RAPTORS_ERROR_SHAPE, function, "%s: ndim %d is not in 0..%d", argument, x->ndim,
                       RAPTORS_MAX_NDIM);
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] < 0)
            return rp_fail(RAPTORS_ERROR_SHAPE, function, "%s: shape[%d] is %" PRId64 ", below 0", argument,
                           k, x->shape[k]);
    rp_range range;
    if (!measure(x, &range))
        return rp_fail(RAPTORS_ERROR_SHAPE, function, "%s: its elements or bytes do not fit in 64 bits",
                       argument);
    if (x->data == NULL)
        return rp_fail(RAPTORS_ERROR_NULL, function, "%s: data is NULL, and it has %" PRId64 " elements",
                       argument, rp_count(x));
    return rp_fail(RAPTORS_ERROR_SHAPE, function,
                   "%s: bytes %" PRId64 " to %" PRId64 " from %p leave the address space", argument,
                   range.low, range.high, x->data);
}

raptors_status rp_check_view(const char *function, const char *argument, const raptors_array *x) {
    rp_range range;
    int empty;
    if (x != NULL && sane(x, &empty) && measure(x, &range) &&
        (empty || (x->data != NULL && in_address_space(x->data, range))))
        return RAPTORS_OK;
    return explain_view(function, argument, x);
}

/* ---- views together ---------------------------------------------------------------------------------- */

/* Room for any extents whatever: 20 characters, a comma and a blank. */
typedef struct shape_text {
    char text[RAPTORS_MAX_NDIM * 22 + 3];
} shape_text;

/* As Python writes a tuple: "(3, 4)", "(5,)", "()". */
static shape_text text_of(const int64_t *shape, int ndim) {
    shape_text t;
    int used = snprintf(t.text, sizeof t.text, "(");
    for (int k = 0; k < ndim; k++)
        used += snprintf(t.text + used, sizeof t.text - (size_t)used, k == 0 ? "%" PRId64 : ", %" PRId64,
                         shape[k]);
    snprintf(t.text + used, sizeof t.text - (size_t)used, ndim == 1 ? ",)" : ")");
    return t;
}

raptors_status rp_check_dtype(const char *function, const char *name, const raptors_array *x,
                              const raptors_array *out) {
    if (x->dtype == out->dtype)
        return RAPTORS_OK;
    return rp_fail(RAPTORS_ERROR_DTYPE, function, "%s is %s, out is %s", name, rp_dtype_name(x->dtype),
                   rp_dtype_name(out->dtype));
}

static int broadcasts(const raptors_array *x, const raptors_array *out) {
    int shift = out->ndim - x->ndim;
    if (shift < 0)
        return 0;
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] != out->shape[k + shift] && x->shape[k] != 1)
            return 0;
    return 1;
}

raptors_status rp_check_broadcast(const char *function, const char *name, const raptors_array *x,
                                  const raptors_array *out) {
    if (broadcasts(x, out))
        return RAPTORS_OK;
    return rp_fail(RAPTORS_ERROR_SHAPE, function,
                   "out has shape %s, to which %s of shape %s does not broadcast",
                   text_of(out->shape, out->ndim).text, name, text_of(x->shape, x->ndim).text);
}

/* The extent of a view's axis counted from the last; 1 beyond its rank. */
static int64_t extent_from_last(const raptors_array *x, int k) {
    return k < x->ndim ? x->shape[x->ndim - 1 - k] : 1;
}

static __attribute__((cold)) raptors_status explain_broadcast(const char *function, const raptors_array *a,
                                                              const raptors_array *b,
                                                              const raptors_array *out) {
    int ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    int64_t shape[RAPTORS_MAX_NDIM];
    for (int k = 0; k < ndim; k++) {
        int64_t m = extent_from_last(a, k), n = extent_from_last(b, k);
        if (m != n && m != 1 && n != 1)
            return rp_fail(RAPTORS_ERROR_SHAPE, function, "shapes %s and %s do not broadcast",
                           text_of(a->shape, a->ndim).text, text_of(b->shape, b->ndim).text);
        shape[ndim - 1 - k] = m == 1 ? n : m;
    }
    return rp_fail(RAPTORS_ERROR_SHAPE, function, "out has shape %s, a and b broadcast to %s",
                   text_of(out->shape, out->ndim).text, text_of(shape, ndim).text);
}

raptors_status rp_check_broadcast2(const char *function, const raptors_array *a, const raptors_array *b,
                                   const raptors_array *out) {
    if (broadcasts(a, out) && broadcasts(b, out))
        return RAPTORS_OK;
    return explain_broadcast(function, a, b, out);
}

void rp_broadcast_strides(const raptors_array *x, const raptors_array *out,
                          int64_t strides[RAPTORS_MAX_NDIM]) {
    int shift = out->ndim - x->ndim;
    for (int k = 0; k < out->ndim; k++)
        strides[k] = k < shift || x->shape[k - shift] == 1 ? 0 : x->strides[k - shift];
}

/* Whether each element of out is exactly its own operand in x. */
static int same_elements(const raptors_array *out, const raptors_array *x) {
    int64_t strides[RAPTORS_MAX_NDIM];
    if (out->data != x->data || out->dtype != x->dtype)
        return 0;
    rp_broadcast_strides(x, out, strides);
    for (int k = 0; k < out->ndim; k++)
        if (out->shape[k] > 1 && out->strides[k] != strides[k])
            return 0;
    return 1;
}

raptors_status rp_check_overlap(const char *function, const raptors_array *out, const raptors_array *x,
                                const char *name, int same_allowed) {
    if (same_allowed && same_elements(out, x))
        return RAPTORS_OK;
    switch (rp_share(out, x)) {
    case RP_APART:
        return RAPTORS_OK;
    case RP_SHARED:
        return rp_fail(RAPTORS_ERROR_OVERLAP, function, "out shares memory with %s%s", name,
                       same_allowed ? ", and is not exactly it" : "");
    default:
        return rp_fail(RAPTORS_ERROR_OVERLAP, function,
                       "out may share memory with %s: their strides are too irregular to tell", name);
    }
}

raptors_status rp_check_out(const char *function, const raptors_array *out) {
    switch (rp_shares_itself(out)) {
    case RP_APART:
        return RAPTORS_OK;
    case RP_SHARED:
        return rp_fail(RAPTORS_ERROR_OVERLAP, function,
                       "out overlaps itself: its strides put two elements in one place");
    default:
        return rp_fail(RAPTORS_ERROR_OVERLAP, function,
                       "out may overlap itself: its strides are too irregular to tell");
    }
}

/* The bytes of x if it is beyond doubt and its elements lie one after another in C order; else 0. */
static int64_t packed_bytes(const raptors_array *x) {
    if (x == NULL || x->data == NULL || x->ndim < 0 || x->ndim > RAPTORS_MAX_NDIM)
        return 0;
    int64_t bytes = rp_itemsize(x->dtype);
    for (int k = x->ndim - 1; k >= 0; k--)
        if (x->shape[k] < 1 || x->strides[k] != bytes || __builtin_mul_overflow(bytes, x->shape[k], &bytes))
            return 0;
    uintptr_t end;
    return __builtin_add_overflow((uintptr_t)x->data, (uintptr_t)bytes, &end) ? 0 : bytes;
}

/* Whether x is laid out as out, whose elements are packed into these bytes, and is it or lies apart from it. */
static int goes_along(const raptors_array *x, const raptors_array *out, int64_t bytes) {
    if (x == NULL || x->data == NULL || x->dtype != out->dtype || x->ndim != out->ndim)
        return 0;
    for (int k = 0; k < out->ndim; k++)
        if (x->shape[k] != out->shape[k] || x->strides[k] != out->strides[k])
            return 0;
    uintptr_t first = (uintptr_t)x->data, out_first = (uintptr_t)out->data, end;
    if (__builtin_add_overflow(first, (uintptr_t)bytes, &end))
        return 0;
    return first == out_first || end <= out_first || out_first + (uintptr_t)bytes <= first;
}

raptors_status rp_check_map1(const char *function, const raptors_array *x, const raptors_array *out) {
    raptors_status s;
    int64_t bytes = packed_bytes(out); /* most calls end here, in a few nanoseconds */
    if (bytes > 0 && goes_along(x, out, bytes))
        return RAPTORS_OK;
    if ((s = rp_check_view(function, "x", x)) || (s = rp_check_view(function, "out", out)) ||
        (s = rp_check_dtype(function, "x", x, out)) || (s = rp_check_broadcast(function, "x", x, out)) ||
        (s = rp_check_out(function, out)) || (s = rp_check_overlap(function, out, x, "x", 1)))
        return s;
    return RAPTORS_OK;
}

raptors_status rp_check_map2(const char *function, const raptors_array *a, const raptors_array *b,
                             const raptors_array *out) {
    raptors_status s;
    int64_t bytes = packed_bytes(out);
    if (bytes > 0 && goes_along(a, out, bytes) && goes_along(b, out, bytes))
        return RAPTORS_OK;
    if ((s = rp_check_view(function, "a", a)) || (s = rp_check_view(function, "b", b)) ||
        (s = rp_check_view(function, "out", out)) || (s = rp_check_dtype(function, "a", a, out)) ||
        (s = rp_check_dtype(function, "b", b, out)) || (s = rp_check_broadcast2(function, a, b, out)) ||
        (s = rp_check_out(function, out)) || (s = rp_check_overlap(function, out, a, "a", 1)) ||
        (s = rp_check_overlap(function, out, b, "b", 1)))
        return s;
    return RAPTORS_OK;
}

/* ---- reductions -------------------------------------------------------------------------------------- */

raptors_status rp_check_axes(const char *function, const raptors_array *x, raptors_axes axes) {
    raptors_axes beyond = axes == RAPTORS_ALL_AXES ? 0 : axes >> x->ndim;
    if (beyond == 0)
        return RAPTORS_OK;
    return rp_fail(RAPTORS_ERROR_AXIS, function, "axes: axis %d, and x has %d dimensions",
                   x->ndim + __builtin_ctz(beyond), x->ndim);
}

/* Write x's shape with the axes dropped, or kept as 1; the rank. */
static int reduced_shape(const raptors_array *x, raptors_axes axes, int keep,
                         int64_t shape[RAPTORS_MAX_NDIM]) {
    int ndim = 0;
    for (int k = 0; k < x->ndim; k++) {
        if (!(axes & RAPTORS_AXIS(k)))
            shape[ndim++] = x->shape[k];
        else if (keep)
            shape[ndim++] = 1;
    }
    return ndim;
}

static int has_shape(const raptors_array *x, const int64_t *shape, int ndim) {
    return x->ndim == ndim && memcmp(x->shape, shape, (size_t)ndim * sizeof *shape) == 0;
}

raptors_status rp_check_reduced(const char *function, const raptors_array *x, raptors_axes axes,
                                const raptors_array *out) {
    int64_t dropped[RAPTORS_MAX_NDIM], kept[RAPTORS_MAX_NDIM];
    axes = rp_axes_of(x, axes);
    int few = reduced_shape(x, axes, 0, dropped);
    if (has_shape(out, dropped, few))
        return RAPTORS_OK;
    reduced_shape(x, axes, 1, kept);
    if (has_shape(out, kept, x->ndim))
        return RAPTORS_OK;
    return rp_fail(RAPTORS_ERROR_SHAPE, function, "out has shape %s, x of shape %s reduces to %s or %s",
                   text_of(out->shape, out->ndim).text, text_of(x->shape, x->ndim).text,
                   text_of(dropped, few).text, text_of(kept, x->ndim).text);
}

void rp_reduced_strides(const raptors_array *x, raptors_axes axes, const raptors_array *out,
                        int64_t strides[RAPTORS_MAX_NDIM]) {
    int kept = out->ndim == x->ndim, next = 0;
    axes = rp_axes_of(x, axes);
    for (int k = 0; k < x->ndim; k++) {
        int reduced = (axes & RAPTORS_AXIS(k)) != 0;
        strides[k] = reduced ? 0 : out->strides[next];
        next += kept || !reduced;
    }
}

/* ---- making views ------------------------------------------------------------------------------------ */

/* Sizes that do not fit wrap here, and are refused by the call that the view is given to. */
static int64_t wrapping_product(int64_t a, int64_t b) {
    int64_t product;
    __builtin_mul_overflow(a, b, &product);
    return product;
}

raptors_array raptors_vector(raptors_dtype dtype, const void *data, int64_t n) {
    return (raptors_array){
        .data = (void *)data, .dtype = dtype, .ndim = 1, .shape = {n}, .strides = {rp_itemsize(dtype)}};
}

raptors_array raptors_matrix(raptors_dtype dtype, const void *data, int64_t rows, int64_t cols) {
    int64_t itemsize = rp_itemsize(dtype);
    return (raptors_array){.data = (void *)data,
                           .dtype = dtype,
                           .ndim = 2,
                           .shape = {rows, cols},
                           .strides = {wrapping_product(cols, itemsize), itemsize}};
}

raptors_array raptors_transpose(raptors_array x) {
    if (x.ndim < 0 || x.ndim > RAPTORS_MAX_NDIM)
        return x;
    raptors_array t = x;
    for (int k = 0; k < x.ndim; k++) {
        t.shape[k] = x.shape[x.ndim - 1 - k];
        t.strides[k] = x.strides[x.ndim - 1 - k];
    }
    return t;
}
