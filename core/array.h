/* array.h -- views: what they describe, whether it can be believed, and how views fit together.
 * SPDX-License-Identifier: MIT
 *
 * A check returns RAPTORS_OK, or names the argument and the value through rp_fail. `function` is the
 * public name ("raptors_add"), `argument` and `name` the parameter's ("a"). rp_check_view comes first, for
 * each view; everything else may assume that the views passed it, so that no later sum or product of
 * extents and strides overflows.
 */
#ifndef RP_ARRAY_H
#define RP_ARRAY_H

#include "raptors.h"

/* The bytes from `low` to `high` (exclusive), relative to data; both 0 where there is no element. */
typedef struct rp_range {
    int64_t low, high;
} rp_range;

/* Bytes of an element; 0 for a number that is no dtype. */
static inline int64_t rp_itemsize(raptors_dtype dtype) {
    static const uint8_t sizes[] = {
#define RP_TYPE(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = sizeof(ctype),
#include "types.def"
    };
    return (unsigned)dtype < sizeof sizes ? sizes[dtype] : 0;
}

/* NumPy's name; "unknown" for a number that is no dtype. */
const char *rp_dtype_name(raptors_dtype dtype);

int64_t rp_count(const raptors_array *x);
rp_range rp_range_of(const raptors_array *x);

/* NULL, DTYPE, or SHAPE: the rank, an extent, or a size that does not fit in int64 or in the address
 * space. The product of the extents other than 0, times the itemsize, must fit even where an extent is 0.
 * Strides of axes of extent 0 or 1 mean nothing. */
raptors_status rp_check_view(const char *function, const char *argument, const raptors_array *x);

/* DTYPE unless x has out's dtype. */
raptors_status rp_check_dtype(const char *function, const char *name, const raptors_array *x,
                              const raptors_array *out);

/* SHAPE unless x broadcasts to out's shape. */
raptors_status rp_check_broadcast(const char *function, const char *name, const raptors_array *x,
                                  const raptors_array *out);

/* SHAPE unless a and b broadcast against each other, and each to out's shape. */
raptors_status rp_check_broadcast2(const char *function, const raptors_array *a, const raptors_array *b,
                                   const raptors_array *out);

/* x's stride for each axis of out, to whose shape x broadcasts: 0 where it repeats or where out has one. */
void rp_broadcast_strides(const raptors_array *x, const raptors_array *out,
                          int64_t strides[RAPTORS_MAX_NDIM]);

/* OVERLAP where a byte of out is also a byte of x, unless `same_allowed` and each element of out lies
 * exactly on its own operand. x broadcasts to out's shape if same_allowed. */
raptors_status rp_check_overlap(const char *function, const raptors_array *out, const raptors_array *x,
                                const char *name, int same_allowed);

/* OVERLAP where two elements of out share a byte. */
raptors_status rp_check_out(const char *function, const raptors_array *out);

/* All of the above for an elementwise call. */
raptors_status rp_check_map1(const char *function, const raptors_array *x, const raptors_array *out);
raptors_status rp_check_map2(const char *function, const raptors_array *a, const raptors_array *b,
                             const raptors_array *out);

/* The axes of x in the set, RAPTORS_ALL_AXES written out. */
static inline raptors_axes rp_axes_of(const raptors_array *x, raptors_axes axes) {
    return axes == RAPTORS_ALL_AXES ? RAPTORS_AXIS(x->ndim) - 1 : axes;
}

/* AXIS unless x has every axis in the set. */
raptors_status rp_check_axes(const char *function, const raptors_array *x, raptors_axes axes);

/* SHAPE unless out has x's shape with the reduced axes all dropped or all kept as 1. The axes passed their
 * check. */
raptors_status rp_check_reduced(const char *function, const raptors_array *x, raptors_axes axes,
                                const raptors_array *out);

/* out's stride for each axis of x, whichever form out has: 0 for the reduced axes. */
void rp_reduced_strides(const raptors_array *x, raptors_axes axes, const raptors_array *out,
                        int64_t strides[RAPTORS_MAX_NDIM]);

#endif
