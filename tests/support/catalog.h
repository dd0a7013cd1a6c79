/* catalog.h -- the operations, types and backends as rows to iterate over, expanded from the lists.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_CATALOG_H
#define TS_CATALOG_H

#include "kernels.h"

typedef enum ts_kind { TS_MAP2, TS_MAP1, TS_SCALE, TS_FOLD, TS_SPREAD } ts_kind;
typedef enum ts_result { TS_SAME, TS_WIDE, TS_REAL, TS_INDEX } ts_result;

typedef struct ts_op {
    const char *name;
    ts_kind kind;
    ts_result result; /* what a reduction gives; maps: TS_SAME */
    int floats_only;
    int kernel; /* its place in the kernel table: an rp_map2_op, rp_map1_op or rp_fold_op; -1 for scale */
    union {
        raptors_status (*map2)(const raptors_array *, const raptors_array *, const raptors_array *);
        raptors_status (*map1)(const raptors_array *, const raptors_array *);
        raptors_status (*scale)(const raptors_array *, double, const raptors_array *);
        raptors_status (*fold)(const raptors_array *, raptors_axes, const raptors_array *);
        raptors_status (*spread)(const raptors_array *, raptors_axes, double, const raptors_array *);
    } call;
} ts_op;

typedef struct ts_type {
    const char *suffix; /* "f32" */
    const char *name;   /* "float32" */
    int64_t size;
    int is_float;
} ts_type;

typedef struct ts_backend {
    const char *name;
    const rp_kernels *kernels;
} ts_backend;

extern const ts_op ts_ops[];
extern const int ts_op_count;
extern const ts_type ts_types[RP_TYPE_COUNT]; /* by raptors_dtype */

/* The backends that this machine can run, scalar first. */
const ts_backend *ts_backends(int *count);
/* Name on stdout those that were built and cannot run here; how many. */
int ts_print_skipped(void);

/* The fold that a reduction runs on a backend; NULL where the type has none (its inputs are widened first). */
const rp_fold *ts_fold_of(const ts_backend *backend, const ts_op *op, raptors_dtype t);

const ts_op *ts_find_op(const char *name);
int ts_is_reduction(const ts_op *op);
int ts_takes(const ts_op *op, raptors_dtype t);
/* The dtypes that the output may have for inputs of type t: one or two, returned as their number. */
int ts_result_dtypes(const ts_op *op, raptors_dtype t, raptors_dtype out[2]);

/* What a call needs beside its arrays; each operation takes what it knows. */
typedef struct ts_extra {
    raptors_axes axes;
    double number; /* scale's factor, var's ddof */
} ts_extra;

/* The public function of any row: b is NULL but for two inputs. */
raptors_status ts_call(const ts_op *op, const raptors_array *a, const raptors_array *b, ts_extra extra,
                       const raptors_array *out);

#endif
