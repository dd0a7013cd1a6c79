/* test_hash.c -- one hash of all results, the same for every backend, thread count, compiler and architecture.
 * SPDX-License-Identifier: MIT
 *
 * golden/hash.txt holds a hash for each operation; one that is not yet there is only compared between backends
 * and threads, and the line to add is printed.
 */
#include "check.h"

#include "arrays.h"
#include "catalog.h"
#include "golden.h"
#include "kernels.h"
#include "team.h"

#include <fenv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPS = 64, LARGE = 300007 };

typedef struct hashes {
    uint64_t op[MOST_OPS];
} hashes;

/* FNV-1a. */
static uint64_t hashed(uint64_t h, const unsigned char *p, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static void hash_call(hashes *all, int i, const raptors_array *a, const raptors_array *b, raptors_axes axes,
                      raptors_dtype result) {
    const ts_op *op = &ts_ops[i];
    int64_t shape[RAPTORS_MAX_NDIM];
    int ndim = ts_is_reduction(op) ? ts_reduced_shape(a, axes, 0, shape) : a->ndim;
    ts_array out = ts_new(result, ndim, ts_is_reduction(op) ? shape : a->shape, TS_C, 0);
    raptors_status s = ts_call(op, a, b, (ts_extra){axes, ts_is_reduction(op) ? 1 : 3}, &out.view);
    int64_t bytes = ts_count(&out.view) * ts_types[result].size;
    unsigned char *dense = malloc((size_t)bytes + 1);
    assert_non_null(dense);
    if (s == RAPTORS_OK)
        ts_gather(&out.view, dense);
    all->op[i] = hashed(all->op[i], (unsigned char *)&(unsigned char){(unsigned char)s}, 1);
    all->op[i] = hashed(all->op[i], dense, s == RAPTORS_OK ? bytes : 0);
    free(dense);
    ts_free(&out);
}

/* Every operation on a and b. */
static void hash_all(hashes *all, const raptors_array *a, const raptors_array *b) {
    for (int i = 0; i < ts_op_count; i++) {
        raptors_dtype results[2] = {a->dtype, a->dtype};
        if (!ts_is_reduction(&ts_ops[i])) {
            if (ts_takes(&ts_ops[i], a->dtype))
                hash_call(all, i, a, b, 0, a->dtype);
            continue;
        }
        int n = ts_result_dtypes(&ts_ops[i], a->dtype, results);
        for (raptors_axes axes = 1; axes < RAPTORS_AXIS(a->ndim); axes++)
            hash_call(all, i, a, NULL, axes, results[axes % 2 ? n - 1 : 0]);
    }
}

static void hash_shape(hashes *all, raptors_dtype t, int ndim, const int64_t *shape, ts_layout layout,
                       ts_flavour flavour) {
    ts_prng g = {(uint64_t)shape[0] * 1000003 + (uint64_t)t * 101 + (uint64_t)layout * 11 +
                 (uint64_t)flavour};
    ts_array a = ts_new(t, ndim, shape, layout, 0), b = ts_new(t, ndim, shape, TS_C, 0);
    ts_fill(&a.view, flavour, &g);
    ts_fill(&b.view, flavour, &g);
    hash_all(all, &a.view, &b.view);
    ts_free(&a);
    ts_free(&b);
}

static const struct {
    int ndim;
    int64_t shape[4];
} shapes[] = {
    {1, {0}},          {1, {1}},      {1, {7}},       {1, {16}},      {1, {100}},
    {1, {257}},        {1, {1000}},   {1, {5003}},    {2, {3, 70}},   {2, {100, 3}},
    {2, {5, 0}},       {2, {65, 64}}, {2, {300, 33}}, {3, {7, 8, 9}}, {3, {2, 70, 5}},
    {4, {3, 4, 5, 6}}, {2, {33, 1}},  {2, {1, 33}},   {2, {1000, 8}}, {3, {66, 2, 3}},
};

static hashes hash_of_all(bool large) {
    hashes all;
    for (int i = 0; i < ts_op_count; i++)
        all.op[i] = 0xcbf29ce484222325u;
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            for (int layout = 0; layout < TS_LAYOUTS; layout++)
                hash_shape(&all, (raptors_dtype)t, shapes[i].ndim, shapes[i].shape, (ts_layout)layout,
                           (ts_flavour)((int)(i + (size_t)layout) % TS_FLAVOURS));
        if (!large)
            continue;
        hash_shape(&all, (raptors_dtype)t, 1, (int64_t[]){LARGE}, TS_C, TS_PLAIN);
        hash_shape(&all, (raptors_dtype)t, 2, (int64_t[]){LARGE / 3, 3}, TS_C, TS_NEAR_ONE);
        hash_shape(&all, (raptors_dtype)t, 2, (int64_t[]){600, LARGE / 600}, TS_C, TS_PLAIN);
    }
    return all;
}

static uint64_t recorded(const char *op) {
    ts_golden g = ts_golden_open("hash.txt");
    uint64_t hash = 0;
    while (ts_golden_next(&g))
        if (!strcmp(g.word[0], op))
            hash = strtoull(g.word[1], NULL, 16);
    return hash;
}

/* As golden/hash.txt says, or, for an operation that is new, as `first` found it. */
static int differences(const hashes *all, const hashes *first, const char *how) {
    int count = 0;
    for (int i = 0; i < ts_op_count; i++) {
        uint64_t wanted = recorded(ts_ops[i].name);
        if (wanted == 0 && all == first)
            print_message("not recorded yet: %s %016" PRIx64 "\n", ts_ops[i].name, all->op[i]);
        if (all->op[i] != (wanted ? wanted : first->op[i])) {
            print_error("%s: results hash to %016" PRIx64 ", %s\n", ts_ops[i].name, all->op[i], how);
            count++;
        }
    }
    return count;
}

static void one_hash_of_all_results(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 8};
    int n, wrong = 0;
    const ts_backend *backends = ts_backends(&n);
    hashes first;
    assert_true(ts_op_count <= MOST_OPS);
    rp_team_pretend(8);
    for (int i = 0; i < n; i++)
        for (int k = i ? 1 + i % 3 : 0; k < (i ? 2 + i % 3 : 4); k++) {
            char how[100];
            snprintf(how, sizeof how, "on %s with %d threads", backends[i].name, threads[k]);
            raptors_set_backend(backends[i].name);
            raptors_set_threads(threads[k]);
            hashes all = hash_of_all(true);
            if (i == 0 && k == 0)
                first = all;
            wrong += differences(i + k ? &all : &first, &first, how);
        }
    print_message("hash of all results: %016" PRIx64 "\n",
                  hashed(0xcbf29ce484222325u, (unsigned char *)first.op, ts_op_count * 8));
    rp_team_pretend(0);
    raptors_set_threads(0);
    raptors_set_backend("auto");
    assert_int_equal(wrong, 0);
}

/* A backend's own way to convert or to negate must not rest on rounding to nearest. */
static void one_hash_in_each_rounding_mode(void **state) {
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    int n, wrong = 0;
    const ts_backend *backends = ts_backends(&n);
    raptors_set_threads(1);
    for (int m = 0; m < 3; m++) {
        hashes first;
        for (int i = 0; i < n; i++) {
            raptors_set_backend(backends[i].name);
            fesetround(modes[m]);
            const hashes all = hash_of_all(false);
            fesetround(FE_TONEAREST);
            if (i == 0)
                first = all;
            for (int op = 0; op < ts_op_count; op++)
                if (all.op[op] != first.op[op]) {
                    print_error("%s on %s differs from scalar in rounding mode %d\n", ts_ops[op].name,
                                backends[i].name, m);
                    wrong++;
                }
        }
    }
    raptors_set_threads(0);
    raptors_set_backend("auto");
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_hash_of_all_results),
                                       cmocka_unit_test(one_hash_in_each_rounding_mode)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
