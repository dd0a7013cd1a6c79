/* catalog.c -- the lists expanded for the tests.
 * SPDX-License-Identifier: MIT
 */
#include "catalog.h"

#include <stdio.h>
#include <string.h>

#define TS_FLOATS_ONLY(types) (#types[0] == 'F')

const ts_op ts_ops[] = {
#define RP_MAP2(name, types, text)                                                                           \
    {#name, TS_MAP2, TS_SAME, TS_FLOATS_ONLY(types), RP_MAP2_##name, {.map2 = raptors_##name}},
#define RP_MAP1(name, types, text)                                                                           \
    {#name, TS_MAP1, TS_SAME, TS_FLOATS_ONLY(types), RP_MAP1_##name, {.map1 = raptors_##name}},
#define RP_FOLD(name, kernel, result, text)                                                                  \
    {#name, TS_FOLD, TS_##result, 0, RP_FOLD_##kernel, {.fold = raptors_##name}},
#define RP_SPREAD(name, kernel, result, text)                                                                \
    {#name, TS_SPREAD, TS_##result, 0, RP_FOLD_##kernel, {.spread = raptors_##name}},
#include "ops.def"
    {"scale", TS_SCALE, TS_SAME, 0, -1, {.scale = raptors_scale}},
};
const int ts_op_count = (int)(sizeof ts_ops / sizeof ts_ops[0]);

const ts_type ts_types[RP_TYPE_COUNT] = {
#define RP_FLOAT(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = {#suffix, name, sizeof(ctype), 1},
#define RP_INTEGER(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = {#suffix, name, sizeof(ctype), 0},
#include "types.def"
};

#define RP_BACKEND(name, condition) extern const rp_kernels rp_kernels_##name;
#include "backends.def"
#undef RP_BACKEND

static const ts_backend built[] = {
#define RP_BACKEND(name, condition) {#name, &rp_kernels_##name},
#include "backends.def"
#undef RP_BACKEND
};

enum { BUILT = sizeof built / sizeof built[0] };

static int runnable(const char *name) {
    for (const char *const *p = raptors_backends(); *p; p++)
        if (!strcmp(*p, name))
            return 1;
    return 0;
}

static int is_scalar(const ts_backend *b) {
    return !strcmp(b->name, "scalar");
}

const ts_backend *ts_backends(int *count) {
    static ts_backend found[BUILT];
    static int n;
    int known = n;
    for (int pass = 0; pass < 2 && known == 0; pass++)
        for (int i = 0; i < BUILT; i++)
            if (is_scalar(&built[i]) == (pass == 0) && runnable(built[i].name))
                found[n++] = built[i];
    *count = n;
    return found;
}

int ts_print_skipped(void) {
    int skipped = 0;
    for (int i = 0; i < BUILT; i++)
        if (!runnable(built[i].name))
            skipped += printf("SKIPPED %s (no hardware)\n", built[i].name) > 0;
    return skipped;
}

const rp_fold *ts_fold_of(const ts_backend *backend, const ts_op *op, raptors_dtype t) {
    if (!ts_is_reduction(op))
        return NULL;
    const int total = op->kernel == RP_FOLD_sum && op->result == TS_REAL && t == RAPTORS_INT64;
    const rp_fold *fold = &backend->kernels->fold[total ? RP_FOLD_total : op->kernel][t];
    return fold->rows ? fold : NULL;
}

const ts_op *ts_find_op(const char *name) {
    for (int i = 0; i < ts_op_count; i++)
        if (!strcmp(ts_ops[i].name, name))
            return &ts_ops[i];
    return NULL;
}

int ts_is_reduction(const ts_op *op) {
    return op->kind == TS_FOLD || op->kind == TS_SPREAD;
}

int ts_takes(const ts_op *op, raptors_dtype t) {
    return ts_types[t].is_float || !op->floats_only;
}

int ts_result_dtypes(const ts_op *op, raptors_dtype t, raptors_dtype out[2]) {
    int widens = op->result == TS_WIDE || op->result == TS_REAL;
    out[0] = t;
    out[1] = RAPTORS_FLOAT64;
    if (op->result == TS_INDEX || (op->result == TS_WIDE && !ts_types[t].is_float))
        out[0] = RAPTORS_INT64;
    if (op->result == TS_REAL && !ts_types[t].is_float)
        out[0] = RAPTORS_FLOAT64;
    return widens && t == RAPTORS_FLOAT32 ? 2 : 1;
}

raptors_status ts_call(const ts_op *op, const raptors_array *a, const raptors_array *b, ts_extra extra,
                       const raptors_array *out) {
    switch (op->kind) {
    case TS_MAP2:
        return op->call.map2(a, b, out);
    case TS_MAP1:
        return op->call.map1(a, out);
    case TS_SCALE:
        return op->call.scale(a, extra.number, out);
    case TS_FOLD:
        return op->call.fold(a, extra.axes, out);
    default:
        return op->call.spread(a, extra.axes, extra.number, out);
    }
}
