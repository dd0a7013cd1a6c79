/* fold.h -- a reduction as a nest of kernel calls, in the order that docs/reduction-order.md fixes.
 * SPDX-License-Identifier: MIT
 *
 * Outputs are cut into units, which may run in any order. The elements of an output are cut into chunks, whose
 * partial states are made in any order and joined in theirs. The cuts depend on the view, never on who does the work.
 */
#ifndef RP_FOLD_H
#define RP_FOLD_H

#include "kernels.h"
#include "nest.h"

/* The third operand of a reduction's nest, after x and out: the C-order position among the reduced axes, which has a
 * stride along each of them and no memory. */
enum { RP_INDEX = 2 };

/* Bytes of a unit's state, at most, but for the gaps; a call takes two of them from its stack. The wider a unit, the longer the stretches that
 * its rows are read in, and at the end of each the hardware has fetched some lines in vain. */
enum { RP_STATE = 1 << 15 };

/* Slots between the fields of a state: a cache line, as fields that lie a power of two apart share the cache's sets. */
enum { RP_STATE_GAP = 8, RP_STATE_BYTES = RP_STATE + RP_MOST_FIELDS * RP_STATE_GAP * 8 };

/* What a public reduction asks of the fold that it shares. */
typedef struct rp_fold_call {
    rp_fold_op op;
    bool indexed; /* argmin, argmax */
    bool divides; /* by the count less ddof */
    bool roots;
    double ddof;
} rp_fold_call;

typedef struct rp_fold_plan {
    const rp_kernels *kernels;
    rp_fold_op op; /* that the kernels do */
    const rp_fold *fold;
    raptors_dtype in, folded, out; /* of x, as the fold reads it, of the result */
    double divisor;
    bool indexed, roots;
    int64_t item, folded_item;       /* bytes of an element of x, and as the fold reads it */
    bool widened;                    /* elements become float64 first */
    bool runs;                       /* reduced along memory; else rows are folded, column by column */
    bool wide;                       /* few columns: RP_LANES rows lie side by side */
    bool one_by_one;                 /* rows enter the state one by one, not in blocks */
    bool aligned;                    /* x's data and strides are multiples of its item */
    bool direct;                     /* the kernel reads x where it lies, */
    int64_t apart;                   /* in steps of so many items */
    rp_distance distance;            /* of x; whoever knows the caches sets it */
    bool shallow;                    /* so few rows that they need no state */
    rp_nest kept;                    /* outer kept axes; operands x, out */
    rp_nest reduced;                 /* outer reduced axes */
    rp_axis cols;                    /* the kept axis that runs through a unit, as x has it */
    rp_axis parts[RAPTORS_MAX_NDIM]; /* the same as the output has it, where that may be several axes */
    int nparts;
    rp_axis rows;         /* the reduced axis that runs through a piece */
    rp_axis gather;       /* runs only: a second one, whose short runs are gathered; extent 1 if none */
    int64_t piece;        /* of rows, or of gathered runs */
    bool chunks_are_runs; /* of one output, read where they lie, whose elements need no index */
    int64_t pieces_along, pieces, chunk,
        chunks;                 /* pieces in an outer step, in all, in a chunk; chunks in all */
    int64_t tile, tiles, units; /* columns of a unit; units along cols; in all */
    int64_t pitch;              /* of a unit's state */
} rp_fold_plan;

/* The views and axes passed their checks, and some element is reduced to each output. `members` may share the work. */
void rp_fold_plan_make(rp_fold_plan *p, const rp_kernels *kernels, const rp_fold_call *call,
                       const raptors_array *x, raptors_axes axes, const raptors_array *out, int members);

/* Units [from, to), each from its first element to its output. */
void rp_fold_run(const rp_fold_plan *p, int64_t from, int64_t to);

/* The same in parts: chunks [from, to) of all, counted unit by unit, into states of rp_fold_state_bytes, that of the first
 * chunk of all at `states`; and all chunks of a unit, one state after another, joined and written. */
size_t rp_fold_state_bytes(const rp_fold_plan *p);
void rp_fold_parts(const rp_fold_plan *p, int64_t from, int64_t to, void *states);
void rp_fold_join(const rp_fold_plan *p, int64_t unit, const void *states);

#endif
