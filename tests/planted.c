/* planted.c -- bugs on purpose, each made by a call of the library: what looks for such bugs must say so.
 * SPDX-License-Identifier: MIT
 *
 *   planted overflow | undefined | race | uninitialised
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"

enum { N = 1000 };

/* A view that describes one element more than the caller owns. */
static int overflow(void) {
    double *x = malloc(N * sizeof *x), sum = 0;
    if (x == NULL) {
        return 1;
    }
    memset(x, 0, N * sizeof *x);
    const raptors_array in = raptors_vector(RAPTORS_FLOAT64, x, N + 1);
    const raptors_array out = {.data = &sum, .dtype = RAPTORS_FLOAT64};
    raptors_sum(&in, RAPTORS_ALL_AXES, &out);
    free(x);
    return 0;
}

/* A kernel that is handed what no plan would hand it: a scalar at an address that no double has. */
static int undefined(void) {
    static _Alignas(double) char x[N * sizeof(double)];
    int count;
    const ts_backend *scalar = ts_backends(&count);
    const ts_op *square = ts_find_op("square");
    scalar->kernels->map1[square->kernel][RAPTORS_FLOAT64](x, x + 1, N, 0, 0);
    return 0;
}

static float shared[N];

static void *add_to_shared(void *unused) {
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, shared, N);
    for (int i = 0; i < 100; i++) {
        raptors_add(&x, &x, &x);
    }
    return unused;
}

static int race(void) {
    pthread_t other;
    if (pthread_create(&other, NULL, add_to_shared, NULL) != 0) {
        return 1;
    }
    add_to_shared(NULL);
    pthread_join(other, NULL);
    return 0;
}

/* The sum of what nobody wrote decides a branch. */
static int uninitialised(void) {
    double *volatile memory = malloc(N * sizeof(double)), *x = memory; /* the compiler would see it, too */
    double sum = 0;
    if (x == NULL) {
        return 1;
    }
    const raptors_array in = raptors_vector(RAPTORS_FLOAT64, x, N);
    const raptors_array out = {.data = &sum, .dtype = RAPTORS_FLOAT64};
    raptors_sum(&in, RAPTORS_ALL_AXES, &out);
    puts(sum > 0 ? "positive" : "not positive");
    free(x);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*plant)(void);
    } bugs[] = {
        {"overflow", overflow}, {"undefined", undefined}, {"race", race}, {"uninitialised", uninitialised}};
    for (size_t i = 0; argc > 1 && i < sizeof bugs / sizeof bugs[0]; i++) {
        if (strcmp(argv[1], bugs[i].name) == 0) {
            return bugs[i].plant();
        }
    }
    return 2;
}
