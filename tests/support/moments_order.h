/* moments_order.h -- section 5 of docs/reduction-order.md written a second time: var, one value after another.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_MOMENTS_ORDER_H
#define TS_MOMENTS_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* All zero before the first value. */
typedef struct ts_moments {
    double n, mean, mean_lost, m2, m2_lost; /* what has entered */
    double pending, sum, squares;           /* what has not */
} ts_moments;

/* `narrow`: elements are float32. n rows of one column. */
ts_moments ts_moments_rows(bool narrow, ts_moments s, const double *v, int64_t n);
/* A run of n elements, through its lanes. */
ts_moments ts_moments_run(bool narrow, ts_moments s, const double *v, int64_t n);
/* a, then b, to which nothing is pending any more. */
ts_moments ts_moments_join(bool narrow, ts_moments a, ts_moments b);

#endif
