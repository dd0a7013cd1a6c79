/* instructions.c -- every operation once between two marks, for instructions.py, which lets an emulator count.
 * SPDX-License-Identifier: MIT
 *
 * Prints a line for each: "operation dtype case elements". A case is how the input lies (dense; every second column) and, of
 * a fold, the axis.
 */
#include <raptors.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "count.h"

enum { ROWS = 160, COLUMNS = 208, ALL = -1 };

typedef struct operation {
    const char *name;
    raptors_status (*two)(const raptors_array *, const raptors_array *, const raptors_array *);
    raptors_status (*one)(const raptors_array *, const raptors_array *);
    raptors_status (*fold)(const raptors_array *, raptors_axes, const raptors_array *);
    raptors_status (*spread)(const raptors_array *, raptors_axes, double, const raptors_array *);
} operation;

static const operation operations[] = {
#define RP_MAP2(op, types, text) {.name = #op, .two = raptors_##op},
#define RP_MAP1(op, types, text) {.name = #op, .one = raptors_##op},
#define RP_FOLD(op, kernel, result, text) {.name = #op, .fold = raptors_##op},
#define RP_SPREAD(op, kernel, result, text) {.name = #op, .spread = raptors_##op},
#include "ops.def"
};

enum { MOST_BYTES = 8 }; /* of an element */

static void *input, *output;

static void fill(raptors_dtype dtype) {
    for (int i = 0; i < 2 * ROWS * COLUMNS; i++) {
        switch (dtype) {
#define RP_TYPE(suffix, DTYPE, ctype, name)                                                                  \
    case RAPTORS_##DTYPE:                                                                                    \
        ((ctype *)input)[i] = (ctype)(1 + i % 97);                                                           \
        break;
#include "types.def"
        }
    }
}

static raptors_status call(const operation *op, const raptors_array *x, int axis, const raptors_array *out) {
    const raptors_axes axes = axis == ALL ? RAPTORS_ALL_AXES : RAPTORS_AXIS(axis);
    return op->two    ? op->two(x, x, out)
           : op->one  ? op->one(x, out)
           : op->fold ? op->fold(x, axes, out)
                      : op->spread(x, axes, 0, out);
}

static void mark(void) {
    syscall(MARK);
}

/* The output that the operation has for this dtype is the first that it takes. */
static void count(const operation *op, const char *dtype, const char *name, const raptors_array *x,
                  int axis) {
    const raptors_dtype results[] = {x->dtype, RAPTORS_FLOAT64, RAPTORS_INT64};
    for (int i = 0; i < 3; i++) {
        const raptors_array matrix = raptors_matrix(results[i], output, ROWS, COLUMNS);
        raptors_array out =
            op->one || op->two ? matrix : raptors_vector(results[i], output, axis == 0 ? COLUMNS : ROWS);
        if (axis == ALL && !op->one && !op->two) {
            out.ndim = 0;
        }
        if (call(op, x, axis, &out) == RAPTORS_OK) {
            printf("%s %s %s %d\n", op->name, dtype, name, ROWS * COLUMNS);
            fflush(stdout);
            mark();
            call(op, x, axis, &out);
            mark();
            return;
        }
    }
}

static void count_all(raptors_dtype dtype, const char *name, int64_t item) {
    const raptors_array dense = raptors_matrix(dtype, input, ROWS, COLUMNS);
    raptors_array apart = dense;
    apart.strides[0] = 2 * COLUMNS * item;
    apart.strides[1] = 2 * item;
    fill(dtype);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const operation *op = &operations[i];
        if (op->one || op->two) {
            count(op, name, "dense", &dense, ALL);
            count(op, name, "::2", &apart, ALL);
            continue;
        }
        count(op, name, "dense", &dense, ALL);
        count(op, name, "dense[0]", &dense, 0);
        count(op, name, "dense[1]", &dense, 1);
        count(op, name, "::2[0]", &apart, 0);
        count(op, name, "::2[1]", &apart, 1);
    }
}

int main(void) {
    input = calloc(2 * ROWS * COLUMNS, MOST_BYTES);
    output = calloc(ROWS * COLUMNS, MOST_BYTES);
    if (!input || !output) {
        return EXIT_FAILURE;
    }
    raptors_set_threads(1);
#define RP_TYPE(suffix, DTYPE, ctype, name) count_all(RAPTORS_##DTYPE, name, sizeof(ctype));
#include "types.def"
    return EXIT_SUCCESS;
}
