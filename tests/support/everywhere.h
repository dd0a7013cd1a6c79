/* everywhere.h -- one public call on every backend that runs here: the same bits as scalar's, and nothing written
 * but the output.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_EVERYWHERE_H
#define TS_EVERYWHERE_H

#include "arrays.h"
#include "catalog.h"

typedef struct ts_trial {
    const ts_op *op;
    const raptors_array *a, *b; /* b only where the operation has two inputs */
    ts_extra extra;
    ts_array *out;    /* may be the memory of an input: it is put back before each call */
    const char *what; /* for messages */
} ts_trial;

/* Fails the running test at the first difference. Leaves the backend on "auto", and in the output the result. */
void ts_same_everywhere(const ts_trial *trial);

/* Reduce x over the axes by every reduction that takes it, to every dtype of result, everywhere. */
void ts_reduce_everywhere(const raptors_array *x, raptors_axes axes, const char *what);

#endif
