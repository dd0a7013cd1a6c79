/* nest.h -- the axes of a call, brought into the order in which memory is walked.
 * SPDX-License-Identifier: MIT
 *
 * Axes of extent 1 are dropped, the others sorted by one operand's stride, the largest outermost, walked upwards in
 * its memory, and joined where two are one longer axis in every operand. Two that are one longer axis in the leading
 * operand alone stay apart, and are marked.
 */
#ifndef RP_NEST_H
#define RP_NEST_H

#include <stdbool.h>

#include "raptors.h"

enum { RP_MAX_OPERANDS = 3 };

typedef struct rp_axis {
    int64_t extent;
    int64_t stride[RP_MAX_OPERANDS]; /* bytes */
    bool reduced;
    bool continues; /* in operand 0 it is one longer axis with the one outside it */
} rp_axis;

typedef struct rp_nest {
    int operands, ndim;
    bool empty;                  /* some extent is 0 */
    char *data[RP_MAX_OPERANDS]; /* operand 0 leads: its strides decide */
    rp_axis axis[RAPTORS_MAX_NDIM];
} rp_nest;

/* No axes yet. Those that a nest does not have stay as they are: to zero all of them takes longer than a small call. */
void rp_nest_start(rp_nest *n, int operands, void *lead, void *second, void *third);

/* Add an axis inside those that are there. */
void rp_nest_add(rp_nest *n, int64_t extent, const int64_t *strides, bool reduced);

/* Sort and join. With `indexed`, reduced axes keep their direction, so that indices rise along each of them. */
void rp_nest_arrange(rp_nest *n, bool indexed);

/* Take axis k out, and return it. */
rp_axis rp_nest_take(rp_nest *n, int k);

/* Whether data and strides of an operand are multiples of its item. */
bool rp_nest_aligned(const rp_nest *n, int operand, int64_t item);

/* Bytes from an operand's data to the element that is `index`-th over axes [0, ndim), the last running fastest. */
int64_t rp_axes_offset(const rp_axis *axis, int ndim, int operand, int64_t index);

#endif
