/* layout.c -- in which memory order a result is made, and its making.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <stdlib.h>

/* How axis `a` must lie to axis `b`, by the strides of all operands: 1 inside it (faster), -1 outside, 0 if no operand
 * moves along both. Where operands disagree, C order wins. `a` comes before `b` in C order. */
static int inside(int operands, const int64_t *const *strides, int a, int b) {
    int answer = 0;
    for (int i = 0; i < operands; i++) {
        int64_t outer = llabs(strides[i][a]), inner = llabs(strides[i][b]);
        if (outer == 0 || inner == 0) {
            continue;
        }
        if (outer >= inner) {
            return -1;
        }
        answer = 1;
    }
    return answer;
}

void rp_keep_order(int ndim, int operands, const int64_t *const *strides, int *order) {
    /* Insertion from the last axis to the first: axis k is placed among those after it, as far inwards as a stride says. An axis
     * that no operand tells about is passed over, but not stopped at. */
    for (int axis = ndim - 1; axis >= 0; axis--) {
        int place = axis;
        for (int next = axis + 1; next < ndim; next++) {
            int answer = inside(operands, strides, axis, order[next]);
            if (answer < 0) {
                break;
            }
            if (answer > 0) {
                place = next;
            }
        }
        for (int i = axis; i < place; i++) {
            order[i] = order[i + 1];
        }
        order[place] = axis;
    }
}

PyArrayObject *rp_new_array(raptors_dtype dtype, int ndim, const int64_t *shape, const int *order) {
    npy_intp extents[RAPTORS_MAX_NDIM], strides[RAPTORS_MAX_NDIM];
    npy_intp bytes = (npy_intp)rp_item_size(dtype);
    for (int i = ndim - 1; i >= 0; i--) {
        int axis = order ? order[i] : i;
        extents[axis] = shape[axis];
        strides[axis] = bytes;
        if (shape[axis] > 0 && __builtin_mul_overflow(bytes, shape[axis], &bytes)) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    PyArray_Descr *descr = PyArray_DescrFromType(rp_type_number(dtype));
    const npy_intp *given = order ? strides : NULL;
    if ((size_t)bytes >= rp_pool_least) {
        return (PyArrayObject *)rp_pool_new(descr, ndim, extents, given, (size_t)bytes);
    }
    return (PyArrayObject *)PyArray_NewFromDescr(&PyArray_Type, descr, ndim, extents, given, NULL, 0, NULL);
}
