/* kernels.h -- the table that a backend exports: every arithmetic of every type, behind plain pointers.
 * SPDX-License-Identifier: MIT
 *
 * A kernel always succeeds: checks are core's, arithmetic is the backend's, threads are dispatch's.
 * Each gives the same bits on every backend (docs/reduction-order.md); the scalar backend defines them.
 */
#ifndef RP_KERNELS_H
#define RP_KERNELS_H

#include <stdbool.h>

#include "raptors.h"

typedef enum rp_map2_op {
#define RP_MAP2(name, types, text) RP_MAP2_##name,
#include "ops.def"
    RP_MAP2_COUNT
} rp_map2_op;

typedef enum rp_map1_op {
#define RP_MAP1(name, types, text) RP_MAP1_##name,
#include "ops.def"
    RP_MAP1_COUNT
} rp_map1_op;

/* The folds that kernels know; several public reductions share one (mean is sum and a division). */
typedef enum rp_fold_op {
    RP_FOLD_sum,
    RP_FOLD_total, /* of int64, in 128 bits: for the mean */
    RP_FOLD_prod,
    RP_FOLD_min,
    RP_FOLD_max,
    RP_FOLD_argmin,
    RP_FOLD_argmax,
    RP_FOLD_moments,
    RP_FOLD_COUNT
} rp_fold_op;

enum { RP_TYPE_COUNT = 4 };

/* The order of a reduction. No backend may change these; docs/reduction-order.md says what each is for. */
enum {
    RP_TREE = 8,            /* rows that are added as one tree */
    RP_BLOCK = 16,          /* rows that enter the state together: two trees */
    RP_BLOCK_MOMENTS = 64,  /* rows of var and std that are summed about one value, at least */
    RP_LANES = 16,          /* rows laid side by side where columns are few; the lanes of a run */
    RP_NARROW = 8,          /* fewer columns than this are few */
    RP_SHORT = 64,          /* a reduced inner axis shorter than this is folded as rows */
    RP_SHORT_MOMENTS = 256, /* the same for var and std, whose lanes cost more to join */
    RP_GATHER = 2048,       /* elements that short runs, all reduced, are gathered into */
    RP_CHUNK = 1 << 16,     /* elements that share one partial state, at least */
    RP_CHUNK_ROWS = 256     /* rows that do, at least */
};

/* How a map kernel's loop reads and writes. */
enum {
    RP_STREAM = 1, /* write past the cache; settle() before others look */
    RP_AHEAD = 2,  /* one operand is read from main memory: it is asked for ahead */
    RP_OUTER = 4   /* not all has room in the core's nearest cache */
};

/* Items from one element of an operand to its next, downwards in memory below 0; at 0 one element is repeated, of one operand
   at most. Nothing between or behind an operand's elements counts, and nothing behind the last is touched. */
typedef struct rp_steps {
    int64_t a, b;
} rp_steps;

/* Operands are aligned to their items; those of out lie one after another. */
typedef void rp_map2_fn(void *out, const void *a, const void *b, int64_t n, rp_steps steps, unsigned how);
typedef void rp_map1_fn(void *out, const void *x, int64_t n, int64_t step, unsigned how);

/* Where operands are read from, as far as their size tells: kernels ask ahead for what is not near. */
typedef enum rp_distance {
    RP_NEAR,   /* all has room in the core's own cache */
    RP_CACHED, /* in an outer one */
    RP_FAR     /* in main memory */
} rp_distance;

/* Lines of elements that lie alike: rows, or runs. */
typedef struct rp_lines {
    const void *first;
    int64_t stride; /* bytes from one line to the next */
    int64_t apart;  /* items from one element of a line to the next: 1, 2, or -1 for the runs of arg folds */
    rp_distance distance;
} rp_lines;

/* What the elements of one output are called (arg folds): that of the first row, or of a run's first element, and how much
   more each next one is; above 0. */
typedef struct rp_index {
    int64_t first, step;
} rp_index;

enum { RP_MOST_FIELDS = 8 };

/* Elements of which a total is exact: fewer than this. */
static const double RP_EXACT_COUNT = 0x1p32;

/* A fold's state is `fields` arrays, each of `pitch` 8-byte slots, one element a column. `column` is the first that a
 * function works on. */
typedef struct rp_fold {
    int fields; /* RP_MOST_FIELDS at most */
    /* Make columns 0 .. cols empty; `index` is that of the first row to come (arg folds). */
    void (*init)(void *state, int64_t pitch, int64_t cols, int64_t index);
    /* Fold `rows` rows of `cols` elements into the state, one column each. */
    void (*rows)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t rows, int64_t cols,
                 rp_index index);
    /* Fold `runs` runs of n elements, each through RP_LANES lanes into one column. */
    void (*runs)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t runs, int64_t n,
                 rp_index index);
    /* The columns hold RP_LANES groups of `cols`, the lanes of rows laid side by side: fold them into the first. Row r of
       lane j was row RP_LANES * r + j. */
    void (*lanes)(void *state, int64_t pitch, int64_t cols);
    /* Each column then other's, from other_column on, which came later in the order; arg folds go by the indices. */
    void (*merge)(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                  int64_t other_column, int64_t cols);
    /* Write the results of `cols` columns from `column` on, out_stride bytes apart, as a dtype that core allowed.
       `divisor` divides a sum (1, or the count) or is count - ddof for moments; `root` asks for the square root of a
       variance. */
    void (*finish)(const void *state, int64_t pitch, int64_t column, int64_t cols, void *out,
                   int64_t out_stride, raptors_dtype dtype, double divisor, int root);
    /* Fewer than RP_BLOCK rows straight to dense results of the fold's own dtype (a total's: float64): what init, rows and finish give. NULL
       where there is none (arg folds). */
    void (*shallow)(void *out, const void *x, int64_t row_stride, int64_t rows, int64_t cols, double divisor,
                    int root);
    bool runs_go_on; /* a run given to runs() by RP_GATHER elements at a time gives what it gives as one */
} rp_fold;

typedef struct rp_kernels {
    const char *name;
    rp_map2_fn *map2[RP_MAP2_COUNT][RP_TYPE_COUNT];
    rp_map1_fn *map1[RP_MAP1_COUNT][RP_TYPE_COUNT];
    rp_fold fold[RP_FOLD_COUNT][RP_TYPE_COUNT];
    /* dst[i][j] = src[i][j], i < n0, j < n1, strides in bytes, for items of 4 (first) and 8 bytes. */
    void (*move[2])(void *dst, int64_t dst_stride0, int64_t dst_stride1, const void *src, int64_t src_stride0,
                    int64_t src_stride1, int64_t n0, int64_t n1);
    /* n elements of a type, `apart` items apart, 1 or 2, to float64 one after another. */
    void (*widen[RP_TYPE_COUNT])(double *dst, const void *src, int64_t apart, int64_t n);
    /* What was written past the cache is ordered before all that follows. Not for every call: it waits for memory. */
    void (*settle)(void);
} rp_kernels;

#endif
