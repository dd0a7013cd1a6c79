/* map.h -- an elementwise call as a nest of kernel calls, cut into units that may run in any order.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_MAP_H
#define RP_MAP_H

#include "kernels.h"
#include "nest.h"

/* How an operand meets the kernel, which wants items one after another. */
typedef enum rp_access {
    RP_DIRECT,   /* as it lies */
    RP_REPEATED, /* one element for the whole row */
    RP_STEPPED,  /* as it lies: some items apart, or downwards */
    RP_PACKED    /* through a scratch tile, by the move kernel */
} rp_access;

typedef struct rp_map {
    rp_nest nest; /* operands out, a, b (or out, x); the axes outside of the tile */
    const rp_kernels *kernels;
    rp_map2_fn *map2; /* or */
    rp_map1_fn *map1;
    int64_t item;
    rp_axis axis[2]; /* the plane that tiles cover: axis[1] runs fastest */
    rp_access access[RP_MAX_OPERANDS];
    rp_steps steps; /* of a and b along a row, as the kernel meets them */
    int64_t tile[2], grid[2];
    int64_t strip[2]; /* of a tile, taken through the kernel at once */
    int64_t units;    /* tiles in all */
    bool whole;       /* a strip is one run for the kernel */
    bool turned;      /* some operand runs across the others */
    bool copies;      /* out gets the items of x as they are */
    bool moves;       /* which is done by moving items from where they lie to where they go */
    bool asks;        /* for the lines of a turned call that are written next; the caller may set it */
    unsigned how;     /* RP_STREAM, RP_AHEAD and RP_OUTER, or 0; the caller sets them */
} rp_map;

/* The views passed their checks; b is NULL for one input. */
void rp_map_plan(rp_map *m, const rp_kernels *kernels, int op, const raptors_array *a, const raptors_array *b,
                 const raptors_array *out);

/* Run units [from, to). */
void rp_map_run(const rp_map *m, int64_t from, int64_t to);

#endif
