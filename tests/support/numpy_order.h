/* numpy_order.h -- sums in NumPy's order of addition, to be compared with: written from its description.
 * SPDX-License-Identifier: MIT
 *
 * NumPy adds a contiguous run pairwise (its pairwise_sum): below 8 elements one after another from -0.0; up to
 * 128 in 8 accumulators that are added as ((0+1)+(2+3))+((4+5)+(6+7)), the rest one after another; longer runs as
 * two halves, the first a multiple of 8. The sum of a run is added to the start, +0.0. Over axis 0 of a
 * C-ordered array whole rows are added one after another; products are taken one after another on every axis.
 * test_accuracy checks this against sums recorded from NumPy itself.
 */
#ifndef TS_NUMPY_ORDER_H
#define TS_NUMPY_ORDER_H

#include "raptors.h"

typedef enum ts_np { TS_NP_SUM, TS_NP_MEAN, TS_NP_PROD, TS_NP_VAR, TS_NP_STD } ts_np;

/* Reduce a C-ordered float32 or float64 table over axis 0 or 1, with results of the same type, ddof 0. */
void ts_numpy_reduce(ts_np op, raptors_dtype t, const void *x, int64_t rows, int64_t cols, int axis,
                     void *out);

#endif
