/* nest.c -- see nest.h.
 * SPDX-License-Identifier: MIT
 */
#include "nest.h"

#include <string.h>

void rp_nest_start(rp_nest *n, int operands, void *lead, void *second, void *third) {
    n->operands = operands;
    n->ndim = 0;
    n->empty = false;
    n->data[0] = lead;
    n->data[1] = second;
    n->data[2] = third;
}

void rp_nest_add(rp_nest *n, int64_t extent, const int64_t *strides, bool reduced) {
    if (extent == 1)
        return;
    n->empty |= extent == 0;
    rp_axis *a = &n->axis[n->ndim++];
    *a = (rp_axis){.extent = extent, .reduced = reduced};
    memcpy(a->stride, strides, (size_t)n->operands * sizeof *strides);
}

static int64_t magnitude(int64_t stride) {
    return stride < 0 ? -stride : stride;
}

static void walk_upwards(rp_nest *n, rp_axis *a) {
    if (a->stride[0] >= 0)
        return;
    for (int k = 0; k < n->operands; k++) {
        n->data[k] += a->stride[k] * (a->extent - 1);
        a->stride[k] = -a->stride[k];
    }
}

static bool one_axis(const rp_axis *outer, const rp_axis *inner, int operands) {
    if (outer->reduced != inner->reduced)
        return false;
    for (int k = 0; k < operands; k++) {
        int64_t span;
        if (__builtin_mul_overflow(inner->extent, inner->stride[k], &span) || span != outer->stride[k])
            return false;
    }
    return true;
}

static void join_axes(rp_nest *n) {
    int last = 0;
    for (int k = 1; k < n->ndim; k++) {
        rp_axis *outer = &n->axis[last], inner = n->axis[k];
        if (one_axis(outer, &inner, n->operands)) {
            inner.extent *= outer->extent;
            inner.continues = outer->continues;
            *outer = inner;
        } else {
            inner.continues = one_axis(outer, &inner, 1);
            n->axis[++last] = inner;
        }
    }
    if (n->ndim)
        n->ndim = last + 1;
}

void rp_nest_arrange(rp_nest *n, bool indexed) {
    if (n->empty)
        return;
    for (int i = 0; i < n->ndim; i++)
        if (!(indexed && n->axis[i].reduced))
            walk_upwards(n, &n->axis[i]);
    for (int i = 1; i < n->ndim; i++) {
        rp_axis moving = n->axis[i];
        int k = i;
        for (; k > 0 && magnitude(n->axis[k - 1].stride[0]) < magnitude(moving.stride[0]); k--)
            n->axis[k] = n->axis[k - 1];
        n->axis[k] = moving;
    }
    join_axes(n);
}

rp_axis rp_nest_take(rp_nest *n, int k) {
    rp_axis taken = n->axis[k];
    n->ndim--;
    for (int i = k; i < n->ndim; i++)
        n->axis[i] = n->axis[i + 1];
    return taken;
}

bool rp_nest_aligned(const rp_nest *n, int operand, int64_t item) {
    uint64_t any = (uint64_t)(uintptr_t)n->data[operand];
    for (int k = 0; k < n->ndim; k++)
        any |= (uint64_t)n->axis[k].stride[operand];
    return any % (uint64_t)item == 0;
}

int64_t rp_axes_offset(const rp_axis *axis, int ndim, int operand, int64_t index) {
    int64_t offset = 0;
    for (int k = ndim - 1; k >= 0 && index; k--) {
        offset += index % axis[k].extent * axis[k].stride[operand];
        index /= axis[k].extent;
    }
    return offset;
}
