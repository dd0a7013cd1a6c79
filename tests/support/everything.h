/* everything.h -- every operation on every type, its results as one number: the same on any team, or it is wrong.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_EVERYTHING_H
#define TS_EVERYTHING_H

#include <stdbool.h>

#include "catalog.h"
#include "values.h"

enum { TS_TEAM = 4 };

/* Four CPUs, whatever the machine has, and the fixed prior, by which large calls go to the team. */
void ts_have_a_team(void);

#define TS_NEED_THAT_A_TEAM_WORKED()                                                                         \
    TS_NEED(ts_thread_count() >= TS_TEAM, "%d threads: no region was opened", ts_thread_count())

typedef struct ts_inputs {
    int64_t rows, cols;
    ts_flavour flavour;
    bool positive; /* the floats */
} ts_inputs;

extern const ts_inputs ts_usual_inputs; /* large enough for a team, in rows that fit no vector */

/* One caller's memory, for any of the types. */
typedef struct ts_tables {
    char *a, *b, *out;
} ts_tables;

ts_tables ts_tables_new(const ts_inputs *in);
void ts_tables_free(ts_tables *m);
/* Write a and b; the same values every time. */
void ts_tables_fill(ts_tables *m, const ts_inputs *in, raptors_dtype t);

/* All operations of one type; 0 if `check`, which may be NULL, fails after one of them. */
uint64_t ts_everything_of(raptors_dtype t, const ts_inputs *in, ts_tables *m, bool (*check)(const ts_op *op));

/* All operations of all types, in memory of its own. */
uint64_t ts_everything(const ts_inputs *in);

/* The same without a team, for the thread that calls; it has one afterwards. */
uint64_t ts_everything_alone(const ts_inputs *in);

#endif
