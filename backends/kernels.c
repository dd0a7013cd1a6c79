/* kernels.c -- the one kernel source, built once for each backend; exports its table and nothing else.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "kernels.h"
#include "vector.h"

#include "ops.h"

/* Rows of a pass: a whole number of blocks that stays in the nearest cache while strips go over it, so that a
   strip's state is loaded once a pass. */
RP_INLINE int64_t rp_rows_in_l1(int64_t row_bytes) {
    enum { HALF_L1 = 16384 };
    int64_t rows = HALF_L1 / (row_bytes + 1) / RP_BLOCK * RP_BLOCK;
    return rows > RP_BLOCK ? rows : RP_BLOCK;
}

enum { RP_MAP_VECTORS = 4 };         /* of a turn of a map's loop */
enum { RP_MOST_BLOCKS = INT32_MAX }; /* of a run, counted in a lane */
enum { RP_SWEEP = 8192 };            /* bytes of the trees of a sweep, which stay in L1 beside the state */
enum { RP_LINE = 64 };               /* bytes that memory moves at a time */
enum { RP_ALIAS = 4096 };            /* bytes after which addresses look the same to a core's nearest parts */
enum { RP_PAGE = 4096 };             /* bytes up to whose end hardware fetches ahead */
enum { RP_ASKED = 4 * RP_LINE };     /* of the rows that follow, before they are reached */
enum { RP_AHEAD_BY = 2048 };         /* bytes before it is read that a line is asked for */

enum { RP_OF_A_RUN = -1, RP_AT_ITS_END = -2 }; /* in place of a number of elements: trees.h */

/* How a map's loop moves a vector, known where it is inlined. */
typedef enum rp_way {
    RP_INNER,   /* all has room in the nearest cache, or that makes no difference */
    RP_THROUGH, /* from the outer ones, or memory, and back through them */
    RP_PAST     /* written past them */
} rp_way;

/* One stream from main memory waits at each page's end until what fetches ahead has seen where it goes, and on some machines
   gets no further ahead than a few lines at any time. So each line is asked for RP_AHEAD_BY bytes before it is read. x: what
   is read next, `bytes` of it in this turn of a loop, or 0 to ask for nothing: of what is in a cache, asking costs more than
   it gains. Beyond the array this is no fault. */
RP_INLINE void rp_ask_lines(const void *x, int64_t bytes) {
    for (int64_t line = 0; line < bytes; line += RP_LINE)
        __builtin_prefetch((const void *)((uintptr_t)x + RP_AHEAD_BY + (uintptr_t)line), 0, 2);
}

/* The same where the next turn reads what lies below. */
RP_INLINE void rp_ask_lines_below(const void *x, int64_t bytes) {
    rp_ask_lines((const void *)((uintptr_t)x - 2 * RP_AHEAD_BY), bytes);
}

/* Whether two runs of so many bytes are read in turn, block by block: at a page's end one stream waits for what translates
   addresses and fetches ahead, and of two the other is read meanwhile. Short runs keep neither busy long enough. */
RP_INLINE int rp_runs_in_turn(int64_t bytes, rp_distance distance) {
    enum { PAGES = 4 };
    return distance != RP_NEAR && bytes >= PAGES * RP_PAGE;
}

/* Whether a line of each row of a block wants half the ways of a set or more: of the nearest cache, a set's lines lie
   RP_ALIAS apart, and it has 8 of them or more. */
RP_INLINE int rp_rows_collide(int64_t stride) {
    enum { HALF_THE_WAYS = 4 };
    return (stride & -stride) * RP_BLOCK >= RP_ALIAS * HALF_THE_WAYS;
}

/* Elements before the first that lies at a multiple of a vector's bytes, in every row; 0 where rows differ in that. A load
   across two lines costs two. */
RP_INLINE int64_t rp_unaligned(const void *x, int64_t stride, int64_t vector, int64_t item) {
    const int64_t past = (int64_t)((uintptr_t)x % (uintptr_t)vector);
    return past == 0 || past % item || stride % vector ? 0 : (vector - past) / item;
}

/* Of elements 2 apart, a vector's loads also read the one behind the last: there must be one more. */
#define RP_BEYOND(apart) ((apart) == 2)

/* What is called rather than built into each of its callers: a call costs little beside it, and compilers take minutes. */
#define RP_APART static __attribute__((noinline, unused))

#include "momentstate.h"
#include "total.h"

#define RP_T f32
#define RP_C float
#define RP_WIDE f64
#define RP_WIDE_C double
#define RP_IS_FLOAT 1
#define RP_IS_NARROW 1
#define RP_LANE int32_t
#define RP_LEAST -INFINITY
#define RP_GREATEST INFINITY
#include "type.h"

#define RP_T f64
#define RP_C double
#define RP_WIDE f64
#define RP_WIDE_C double
#define RP_IS_FLOAT 1
#define RP_IS_NARROW 0
#define RP_LANE int64_t
#define RP_LEAST -INFINITY
#define RP_GREATEST INFINITY
#include "type.h"

#define RP_T i32
#define RP_C int32_t
#define RP_WIDE i64
#define RP_WIDE_C int64_t
#define RP_IS_FLOAT 0
#define RP_IS_NARROW 1
#define RP_LANE int32_t
#define RP_LEAST INT32_MIN
#define RP_GREATEST INT32_MAX
#include "type.h"

#define RP_T i64
#define RP_C int64_t
#define RP_WIDE i64
#define RP_WIDE_C int64_t
#define RP_IS_FLOAT 0
#define RP_IS_NARROW 0
#define RP_LANE int64_t
#define RP_LEAST INT64_MIN
#define RP_GREATEST INT64_MAX
#include "type.h"

/* ---- the elementwise operations ---- */

#define RP_MAP2_KERNEL(op, t)                                                                                \
    RP_INLINE v_##t op##_body_##t(v_##t a, v_##t b) {                                                        \
        return RP_BODY_##op(t, a, b);                                                                        \
    }                                                                                                        \
    static void op##_##t(void *out, const void *a, const void *b, int64_t n, rp_steps steps, unsigned how) { \
        map2_##t(out, a, b, n, steps, how, op##_body_##t);                                                   \
    }
#define RP_MAP1_KERNEL(op, t)                                                                                \
    RP_INLINE v_##t op##_body_##t(v_##t x) {                                                                 \
        return RP_BODY_##op(t, x);                                                                           \
    }                                                                                                        \
    static void op##_##t(void *out, const void *x, int64_t n, int64_t step, unsigned how) {                  \
        map1_##t(out, x, n, step, how, op##_body_##t);                                                       \
    }
#define RP_FOR_FLOATS(make, op) make(op, f32) make(op, f64)
#define RP_FOR_ALL(make, op) make(op, f32) make(op, f64) make(op, i32) make(op, i64)

#define RP_MAP2(name, types, text) RP_FOR_##types(RP_MAP2_KERNEL, name)
#define RP_MAP1(name, types, text) RP_FOR_##types(RP_MAP1_KERNEL, name)
#include "ops.def"

/* ---- layout ---- */

#define RP_T i32
#define RP_C int32_t
#define RP_ZIP_LO_IN RP_ZIP_LO_IN_32
#define RP_ZIP_HI_IN RP_ZIP_HI_IN_32
#define RP_EVENS RP_EVENS_32
#define RP_REVERSED RP_REVERSED_32
#include "move.h"
#define RP_T i64
#define RP_C int64_t
#define RP_ZIP_LO_IN RP_ZIP_LO_IN_64
#define RP_ZIP_HI_IN RP_ZIP_HI_IN_64
#define RP_EVENS RP_EVENS_64
#define RP_REVERSED RP_REVERSED_64
#include "move.h"

#define RP_REAL_f32(x) ((double)(x))
#define RP_REAL_f64(x) (x)
#define RP_REAL_i32(x) ((double)(x))
#define RP_REAL_i64(x) v_real(x)
#define RP_TYPE(suffix, ENUM, ctype, name)                                                                   \
    static void widen_##suffix(double *dst, const void *src, int64_t apart, int64_t n) {                     \
        const ctype *x = src;                                                                                \
        if (apart == 1)                                                                                      \
            for (int64_t i = 0; i < n; i++)                                                                  \
                dst[i] = RP_REAL_##suffix(x[i]);                                                             \
        else                                                                                                 \
            for (int64_t i = 0; i < n; i++)                                                                  \
                dst[i] = RP_REAL_##suffix(x[2 * i]);                                                         \
        if (RAPTORS_##ENUM == RAPTORS_INT64)                                                                 \
            v_mend_zeros(dst, sizeof *dst, n);                                                               \
    }
#include "types.def"

static void settle(void) {
    v_stream_end();
}

/* ---- the table ---- */

#define RP_STRING_(x) #x
#define RP_STRING(x) RP_STRING_(x)
#define RP_INDEX_f32 RAPTORS_FLOAT32
#define RP_INDEX_f64 RAPTORS_FLOAT64
#define RP_INDEX_i32 RAPTORS_INT32
#define RP_INDEX_i64 RAPTORS_INT64
#define RP_MAP_ENTRY(op, t) [RP_INDEX_##t] = op##_##t,
#define RP_FOLD_ENTRY(op, t)                                                                                 \
    [RP_INDEX_##t] = {fields_##op##_##t, init_##op##_##t,   rows_##op##_##t,                                 \
                      runs_##op##_##t,   lanes_##op##_##t,  merge_##op##_##t,                                \
                      finish_##op##_##t, RP_SHALLOW(op, t), false},
#define RP_SHALLOW(op, t) RP_CAT(RP_SHALLOW_, op)(op, t)
#define RP_HAS_SHALLOW(op, t) shallow_##op##_##t
#define RP_NO_SHALLOW(op, t) NULL
#define RP_SHALLOW_sum RP_HAS_SHALLOW
#define RP_SHALLOW_total RP_HAS_SHALLOW
#define RP_SHALLOW_prod RP_HAS_SHALLOW
#define RP_SHALLOW_min RP_HAS_SHALLOW
#define RP_SHALLOW_max RP_HAS_SHALLOW
#define RP_SHALLOW_argmin RP_NO_SHALLOW
#define RP_SHALLOW_argmax RP_NO_SHALLOW
#define RP_MOMENTS_ENTRY(op, t)                                                                              \
    [RP_INDEX_##t] = {moments_fields,    moments_init,       rows_##op##_##t,                                \
                      runs_##op##_##t,   lanes_##op##_##t,   merge_##op##_##t,                               \
                      finish_##op##_##t, shallow_##op##_##t, true},

extern const rp_kernels RP_CAT(rp_kernels_, RP_BACKEND);
const rp_kernels RP_CAT(rp_kernels_, RP_BACKEND) = {
    .name = RP_STRING(RP_BACKEND),
    .map2 =
        {
#define RP_MAP2(name, types, text) [RP_MAP2_##name] = {RP_FOR_##types(RP_MAP_ENTRY, name)},
#include "ops.def"
        },
    .map1 =
        {
#define RP_MAP1(name, types, text) [RP_MAP1_##name] = {RP_FOR_##types(RP_MAP_ENTRY, name)},
#include "ops.def"
        },
    .fold =
        {
            [RP_FOLD_sum] = {RP_FOR_ALL(RP_FOLD_ENTRY, sum)},
            [RP_FOLD_total] = {RP_FOLD_ENTRY(total, i64)},
            [RP_FOLD_prod] = {RP_FOR_ALL(RP_FOLD_ENTRY, prod)},
            [RP_FOLD_min] = {RP_FOR_ALL(RP_FOLD_ENTRY, min)},
            [RP_FOLD_max] = {RP_FOR_ALL(RP_FOLD_ENTRY, max)},
            [RP_FOLD_argmin] = {RP_FOR_ALL(RP_FOLD_ENTRY, argmin)},
            [RP_FOLD_argmax] = {RP_FOR_ALL(RP_FOLD_ENTRY, argmax)},
            [RP_FOLD_moments] = {RP_FOR_FLOATS(RP_MOMENTS_ENTRY, moments)},
        },
    .move = {move_i32, move_i64},
    .widen =
        {
#define RP_TYPE(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = widen_##suffix,
#include "types.def"
        },
    .settle = settle,
};
