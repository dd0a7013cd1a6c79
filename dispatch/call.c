/* call.c -- the way in: every public operation, from the views it is given to the work it hands out.
 * SPDX-License-Identifier: MIT
 *
 * check -> plan -> gate -> execute -> record. Small dense calls go from the check straight to the kernel.
 */
#include <math.h>

#include "array.h"
#include "choose.h"
#include "execute.h"
#include "gate.h"
#include "status.h"

typedef enum result_rule { RP_RESULT_SAME, RP_RESULT_WIDE, RP_RESULT_REAL, RP_RESULT_INDEX } result_rule;

/* What a row of ops.def says of a reduction. */
typedef struct reduction {
    const char *function;
    rp_call_op op;
    rp_fold_op fold;
    result_rule result;
} reduction;

/* ---- elementwise ------------------------------------------------------------------------------------- */

/* Elements of x if it and out lie alike, one element after another, at addresses a kernel can take; else 0. */
static inline int64_t dense(const raptors_array *x, const raptors_array *out, int64_t item) {
    int64_t n = 1;
    if (x->ndim != out->ndim || ((uintptr_t)x->data | (uintptr_t)out->data) % (uintptr_t)item)
        return 0;
    for (int k = out->ndim - 1; k >= 0; k--) {
        if (x->shape[k] != out->shape[k] || x->strides[k] != n * item || out->strides[k] != n * item)
            return 0;
        n *= out->shape[k];
    }
    return n;
}

static raptors_status refuse_dtype(const char *function, raptors_dtype dtype) {
    return rp_fail(RAPTORS_ERROR_DTYPE, function, "dtype %s is not float32 or float64", rp_dtype_name(dtype));
}

/* Whether a view has one element, at an address a kernel can take. */
static inline bool single(const raptors_array *x, int64_t item) {
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] != 1)
            return false;
    return (uintptr_t)x->data % (uintptr_t)item == 0;
}

/* Elements of a call whose operands all lie densely, or are one element for all: `steps` says which. 0 for any other. */
static inline int64_t dense2(const raptors_array *a, const raptors_array *b, const raptors_array *out,
                             int64_t item, rp_steps *steps) {
    const int64_t n = dense(a, out, item);
    *steps = (rp_steps){1, 1};
    if (n && dense(b, out, item))
        return n;
    *steps = n ? (rp_steps){1, 0} : (rp_steps){0, 1};
    return single(n ? b : a, item) ? (n ? n : dense(b, out, item)) : 0;
}

static raptors_status run_map2(rp_call_op op, rp_map2_op kernel, const raptors_array *a,
                               const raptors_array *b, const raptors_array *out) {
    const rp_kernels *kernels = rp_backend();
    const int64_t item = rp_itemsize(out->dtype);
    rp_steps steps;
    const int64_t n = dense2(a, b, out, item, &steps), bytes = n * item * (1 + steps.a + steps.b);
    if (n && rp_gate_under_floor(bytes)) {
        kernels->map2[kernel][out->dtype](out->data, a->data, b->data, n, steps, 0);
        rp_gate_small(rp_class_of(op, out->dtype, RP_LAYOUT_contiguous), bytes);
        return RAPTORS_OK;
    }
    rp_execute_map(op, kernels, (int)kernel, a, b, out);
    return RAPTORS_OK;
}

static raptors_status map2(const char *function, rp_call_op op, rp_map2_op kernel, const raptors_array *a,
                           const raptors_array *b, const raptors_array *out) {
    raptors_status s = rp_check_map2(function, a, b, out);
    if (s)
        return s;
    if (!rp_backend()->map2[kernel][out->dtype])
        return refuse_dtype(function, out->dtype);
    return run_map2(op, kernel, a, b, out);
}

static raptors_status map1(const char *function, rp_call_op op, rp_map1_op kernel, const raptors_array *x,
                           const raptors_array *out) {
    raptors_status s = rp_check_map1(function, x, out);
    if (s)
        return s;
    const rp_kernels *kernels = rp_backend();
    if (!kernels->map1[kernel][out->dtype])
        return refuse_dtype(function, out->dtype);
    const int64_t item = rp_itemsize(out->dtype), n = dense(x, out, item), bytes = n * item * 2;
    if (n && rp_gate_under_floor(bytes)) {
        kernels->map1[kernel][out->dtype](out->data, x->data, n, 1, 0);
        rp_gate_small(rp_class_of(op, out->dtype, RP_LAYOUT_contiguous), bytes);
    } else {
        rp_execute_map(op, kernels, (int)kernel, x, NULL, out);
    }
    return RAPTORS_OK;
}

#define RP_MAP2(name, types, text)                                                                           \
    raptors_status raptors_##name(const raptors_array *a, const raptors_array *b,                            \
                                  const raptors_array *out) {                                                \
        return map2("raptors_" #name, RP_CALL_##name, RP_MAP2_##name, a, b, out);                            \
    }
#define RP_MAP1(name, types, text)                                                                           \
    raptors_status raptors_##name(const raptors_array *x, const raptors_array *out) {                        \
        return map1("raptors_" #name, RP_CALL_##name, RP_MAP1_##name, x, out);                               \
    }
#include "ops.def"

typedef union element {
    float f32;
    double f64;
    int32_t i32;
    int64_t i64;
} element;

/* The factor as an element; false if an integer dtype has no such value. The bounds are powers of two, so exact. */
static bool element_of(raptors_dtype dtype, double factor, element *e) {
    const double bound = dtype == RAPTORS_INT32 ? 0x1p31 : 0x1p63;
    if (dtype == RAPTORS_FLOAT32)
        e->f32 = (float)factor;
    else if (dtype == RAPTORS_FLOAT64)
        e->f64 = factor;
    else if (!(factor >= -bound && factor < bound) || factor != trunc(factor))
        return false;
    else if (dtype == RAPTORS_INT32)
        e->i32 = (int32_t)factor;
    else
        e->i64 = (int64_t)factor;
    return true;
}

raptors_status raptors_scale(const raptors_array *x, double factor, const raptors_array *out) {
    static const char function[] = "raptors_scale";
    element e;
    raptors_status s = rp_check_map1(function, x, out);
    if (s)
        return s;
    if (!element_of(x->dtype, factor, &e))
        return rp_fail(RAPTORS_ERROR_VALUE, function, "factor: %.17g is not a value of %s", factor,
                       rp_dtype_name(x->dtype));
    const raptors_array scalar = {.data = &e, .dtype = x->dtype};
    return run_map2(RP_CALL_scale, RP_MAP2_multiply, x, &scalar, out);
}

/* ---- reductions -------------------------------------------------------------------------------------- */

static raptors_status check_result(const reduction *r, const raptors_array *x, const raptors_array *out) {
    const bool integer = x->dtype == RAPTORS_INT32 || x->dtype == RAPTORS_INT64;
    raptors_dtype want = x->dtype;
    if (r->result == RP_RESULT_INDEX || (integer && r->result == RP_RESULT_WIDE))
        want = RAPTORS_INT64;
    else if (integer && r->result == RP_RESULT_REAL)
        want = RAPTORS_FLOAT64;
    const bool wider = x->dtype == RAPTORS_FLOAT32 && out->dtype == RAPTORS_FLOAT64 &&
                       (r->result == RP_RESULT_WIDE || r->result == RP_RESULT_REAL);
    if (out->dtype == want || wider)
        return RAPTORS_OK;
    return rp_fail(RAPTORS_ERROR_DTYPE, r->function, "out: dtype %s, and the result of %s is %s",
                   rp_dtype_name(out->dtype), rp_dtype_name(x->dtype), rp_dtype_name(want));
}

static raptors_status check_fold(const reduction *r, const raptors_array *x, raptors_axes axes, double ddof,
                                 const raptors_array *out) {
    raptors_status s;
    if ((s = rp_check_view(r->function, "x", x)) || (s = rp_check_view(r->function, "out", out)) ||
        (s = rp_check_axes(r->function, x, axes)) || (s = rp_check_reduced(r->function, x, axes, out)) ||
        (s = check_result(r, x, out)) || (s = rp_check_out(r->function, out)) ||
        (s = rp_check_overlap(r->function, out, x, "x", 0)))
        return s;
    if (isnan(ddof))
        return rp_fail(RAPTORS_ERROR_VALUE, r->function, "ddof: nan is not a number");
    return RAPTORS_OK;
}

/* What reducing nothing gives; false if it has no meaning. */
static bool of_nothing(const reduction *r, double ddof, raptors_dtype out, element *e) {
    double value = 0;
    if (r->result == RP_RESULT_SAME || r->result == RP_RESULT_INDEX)
        return false;
    if (r->fold == RP_FOLD_prod)
        value = 1;
    else if (r->result == RP_RESULT_REAL)
        value = ddof < 0 ? 0 : NAN;
    return element_of(out, value, e);
}

static bool reduces_nothing(const raptors_array *x, raptors_axes axes) {
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] == 0 && (rp_axes_of(x, axes) & RAPTORS_AXIS(k)))
            return true;
    return false;
}

/* The view without the axes in the set, which are all 1 where they are there at all. */
static raptors_array without_axes(const raptors_array *x, raptors_axes axes) {
    raptors_array y = {.data = x->data, .dtype = x->dtype};
    for (int k = 0; k < x->ndim; k++)
        if (!(axes & RAPTORS_AXIS(k))) {
            y.shape[y.ndim] = x->shape[k];
            y.strides[y.ndim++] = x->strides[k];
        }
    return y;
}

/* Whether each output is one element itself: a fold of one that keeps the dtype changes nothing. */
static bool reduces_to_itself(const reduction *r, const raptors_array *x, raptors_axes axes,
                              const raptors_array *out) {
    if (r->fold == RP_FOLD_moments || r->result == RP_RESULT_INDEX || x->dtype != out->dtype)
        return false;
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] != 1 && (rp_axes_of(x, axes) & RAPTORS_AXIS(k)))
            return false;
    return true;
}

static raptors_status reduce(const reduction *r, const raptors_array *x, raptors_axes axes, double ddof,
                             const raptors_array *out) {
    raptors_status s = check_fold(r, x, axes, ddof, out);
    if (s)
        return s;
    const rp_kernels *kernels = rp_backend();
    if (rp_count(x) == 0) {
        element e;
        const raptors_array nothing = {.data = &e, .dtype = out->dtype};
        if (!of_nothing(r, ddof, out->dtype, &e) && reduces_nothing(x, axes))
            return rp_fail(RAPTORS_ERROR_VALUE, r->function, "x: no elements to reduce");
        if (rp_count(out) == 0)
            return RAPTORS_OK;
        rp_execute_map(r->op, kernels, RP_MAP1_copy, &nothing, NULL, out);
        return RAPTORS_OK;
    }
    if (reduces_to_itself(r, x, axes, out)) {
        const raptors_axes reduced = rp_axes_of(x, axes);
        const raptors_array from = without_axes(x, reduced);
        const raptors_array to = out->ndim == x->ndim ? without_axes(out, reduced) : *out;
        rp_execute_map(r->op, kernels, RP_MAP1_copy, &from, NULL, &to);
        return RAPTORS_OK;
    }
    const rp_fold_call call = {
        .op = r->fold,
        .indexed = r->result == RP_RESULT_INDEX,
        .divides = r->result == RP_RESULT_REAL,
        .roots = r->op == RP_CALL_std,
        .ddof = ddof,
    };
    rp_execute_fold(r->op, kernels, &call, x, axes, out);
    return RAPTORS_OK;
}

#define RP_FOLD(name, kernel, result, text)                                                                  \
    raptors_status raptors_##name(const raptors_array *x, raptors_axes axes, const raptors_array *out) {     \
        static const reduction r = {"raptors_" #name, RP_CALL_##name, RP_FOLD_##kernel, RP_RESULT_##result}; \
        return reduce(&r, x, axes, 0, out);                                                                  \
    }
#define RP_SPREAD(name, kernel, result, text)                                                                \
    raptors_status raptors_##name(const raptors_array *x, raptors_axes axes, double ddof,                    \
                                  const raptors_array *out) {                                                \
        static const reduction r = {"raptors_" #name, RP_CALL_##name, RP_FOLD_##kernel, RP_RESULT_##result}; \
        return reduce(&r, x, axes, ddof, out);                                                               \
    }
#include "ops.def"
