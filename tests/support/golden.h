/* golden.h -- the recorded tables of tests/golden, read line by line; record_golden.py says what a line holds.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_GOLDEN_H
#define TS_GOLDEN_H

#include "raptors.h"

#include <stdio.h>

enum { TS_GOLDEN_WORDS = 8, TS_GOLDEN_LINE = 1 << 14 };

typedef struct ts_golden {
    FILE *file;
    int line; /* of the file, for messages */
    char *text;
    int words;                   /* how many; a line is cut at its spaces */
    char *word[TS_GOLDEN_WORDS]; /* "sum", "ties_float32", "axes=3", "=", "int64", "-:7" */
} ts_golden;

ts_golden ts_golden_open(const char *name);
/* The next line that is no comment; 0 at the end, where all is closed. */
int ts_golden_next(ts_golden *g);

/* The word that begins with `key`, behind it; NULL if there is none. */
const char *ts_golden_value(const ts_golden *g, const char *key);

raptors_dtype ts_golden_dtype(const char *name);
/* "3,4:bits,bits" as an array in C order, in memory of its own: free its data. */
raptors_array ts_golden_array(raptors_dtype t, const char *described);
/* `count` values, "bits,bits"; NaN where it says nan. What follows them is returned. */
const char *ts_golden_values(raptors_dtype t, const char *text, int64_t count, void *values);
double ts_golden_number(const char *bits);

#endif
