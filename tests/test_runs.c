/* test_runs.c -- runs so long that a kernel reads two of them in turn come to what each of them comes to by itself.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include "again.h"
#include "catalog.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

enum {
    LONG = 1 << 14, /* bytes, about the least that are read in turn */
    RUNS = 9,
    ROOM = 2 * LONG,
    PITCH = 16
};

static ts_prng g = {20261128};

/* The results of some runs, as one call of a backend or as one of scalar's for each. */
static void results_of(const rp_fold *fold, raptors_dtype result, rp_lines x, int64_t runs, int64_t n,
                       bool together, unsigned char *out) {
    static int64_t state[RP_MOST_FIELDS * PITCH];
    const rp_index index = {7, 3};
    const int64_t size = ts_types[result].size, at_once = together ? runs : 1;
    fold->init(state, PITCH, runs, index.first);
    for (int64_t j = 0; j < runs; j += at_once) {
        const rp_lines from = {(const char *)x.first + j * x.stride, x.stride, x.apart, x.distance};
        fold->runs(state, PITCH, j, from, at_once, n, index);
    }
    fold->finish(state, PITCH, 0, runs, out, size, result, 1, 0);
    for (int64_t j = 0; j < runs; j++)
        ts_canonical(out + j * size, result);
}

static void one_case(const ts_backend *b, const ts_op *op, raptors_dtype t, char *items) {
    const ts_backend *scalar = &ts_backends(&(int){0})[0];
    const int64_t size = ts_types[t].size, runs = 1 + ts_below(&g, RUNS), apart = ts_below(&g, 4) ? 1 : 2,
                  n = LONG / size / apart - 300 + ts_below(&g, 900);
    const int64_t stride = (n * apart + ts_below(&g, 3)) * size;
    const rp_lines x = {items + ts_below(&g, 16) * size, stride, apart, (rp_distance)ts_below(&g, 3)};
    unsigned char wanted[RUNS * 8] = {0}, got[RUNS * 8] = {0};
    raptors_dtype results[2];
    ts_result_dtypes(op, t, results);
    results_of(ts_fold_of(scalar, op, t), results[0], x, runs, n, false, wanted);
    results_of(ts_fold_of(b, op, t), results[0], x, runs, n, true, got);
    ts_check(!memcmp(got, wanted, sizeof got), "%s of %s on %s: %ld runs of %ld, %ld bytes apart", op->name,
             ts_types[t].name, b->name, (long)runs, (long)n, (long)stride);
}

static void runs_in_turn(void **state) {
    (void)state;
    int n;
    const ts_backend *backends = ts_backends(&n);
    const int rounds = TS_EMULATED ? 3 : 20;
    char *items = malloc((RUNS + 1) * 2 * ROOM);
    assert_non_null(items);
    for (int t = 0; t < RP_TYPE_COUNT; t++)
        for (int flavour = 0; flavour < TS_FLAVOURS; flavour++) {
            const int64_t size = ts_types[t].size;
            for (int64_t i = 0; i < (RUNS + 1) * 2 * ROOM / size; i++)
                ts_write(items + i * size, (raptors_dtype)t, (ts_flavour)flavour, &g);
            for (int i = 0; i < rounds * n * ts_op_count; i++)
                if (ts_fold_of(&backends[i % n], &ts_ops[i / n % ts_op_count], (raptors_dtype)t))
                    one_case(&backends[i % n], &ts_ops[i / n % ts_op_count], (raptors_dtype)t, items);
        }
    free(items);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_in_turn)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
