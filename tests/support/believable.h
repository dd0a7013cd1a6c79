/* believable.h -- whether a view can be believed, by arithmetic in 128 bits that cannot overflow.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_BELIEVABLE_H
#define TS_BELIEVABLE_H

#include "array.h"

__extension__ typedef __int128 ts_wide;

/* What rp_check_view must accept, and nothing else. */
static inline int ts_believable(const raptors_array *x) {
    ts_wide low = 0, high = rp_itemsize(x->dtype), bytes = high;
    int empty = 0;
    if (high == 0 || x->ndim < 0 || x->ndim > RAPTORS_MAX_NDIM) {
        return 0;
    }
    for (int k = 0; k < x->ndim; k++) {
        if (x->shape[k] < 0) {
            return 0;
        }
        empty |= x->shape[k] == 0;
        if (x->shape[k] < 2) {
            continue;
        }
        ts_wide reach = ((ts_wide)x->shape[k] - 1) * x->strides[k];
        *(reach < 0 ? &low : &high) += reach;
        bytes *= x->shape[k];
        if (bytes > INT64_MAX || high - low > INT64_MAX) {
            return 0;
        }
    }
    ts_wide data = (ts_wide)(uintptr_t)x->data;
    return empty || (data != 0 && data + low >= 0 && data + high <= (ts_wide)UINTPTR_MAX);
}

#endif
