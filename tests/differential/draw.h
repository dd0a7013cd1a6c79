/* draw.h -- a random call: its views in one arena, and the status that it must have.
 * SPDX-License-Identifier: MIT
 */
#ifndef TD_DRAW_H
#define TD_DRAW_H

#include "catalog.h"
#include "values.h"

enum { TD_ARENA = 1 << 22, TD_MOST_NDIM = 6 };

typedef struct td_case {
    const ts_op *op;
    raptors_array a, b, out; /* b where the operation has two inputs */
    ts_extra extra;
    int64_t used;      /* bytes of the arena, from its start */
    unsigned refusals; /* the statuses that are right, a bit each; 0: it must succeed */
} td_case;

extern _Alignas(64) unsigned char td_arena[TD_ARENA];

/* The same seed gives the same call and the same arena. */
void td_draw(td_case *c, uint64_t seed);

/* Walk the elements of x in C order; `shape` may be larger than x's where x broadcasts to it. */
typedef struct td_walk {
    int ndim;
    int64_t left, shape[RAPTORS_MAX_NDIM], strides[RAPTORS_MAX_NDIM], index[RAPTORS_MAX_NDIM];
    unsigned char *at;
} td_walk;

td_walk td_walk_of(const raptors_array *x, const raptors_array *shape);
void td_next(td_walk *w);

#endif
