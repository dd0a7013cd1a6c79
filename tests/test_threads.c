/* test_threads.c -- the same bits from one thread and from teams of any size, whoever does which part when.
 * SPDX-License-Identifier: MIT
 */
#include "check.h"

#include "arrays.h"
#include "catalog.h"
#include "fold.h"
#include "team.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 8 };

static ts_prng g = {31};

/* Shapes that cross the boundaries of the order in each axis; large enough for a team where so named. */
typedef struct shape {
    int ndim;
    int64_t extent[4];
} shape;

static const shape small_shapes[] = {
    {1, {RP_CHUNK + 1}},
    {1, {3 * RP_CHUNK}},
    {2, {RP_CHUNK_ROWS + 1, RP_CHUNK_ROWS + 3}},
    {2, {2 * RP_CHUNK_ROWS + 1, 129}},
    {2, {RP_CHUNK / 2 + 9, 3}},
    {2, {3, RP_CHUNK + 5}},
    {3, {41, 42, 43}},
    {3, {RP_CHUNK_ROWS * 2 + 1, 5, RP_SHORT}},
    {4, {17, 9, RP_SHORT + 1, 11}},
};

static const shape large_shapes[] = {
    {1, {301000}},    {2, {1003, 300}},  {2, {100003, 3}},
    {2, {3, 100003}}, {3, {67, 71, 65}}, {4, {19, 23, 25, 29}},
};

/* ---- parts, without threads -------------------------------------------------------------------------- */

static rp_fold_call call_of(const ts_op *op) {
    return (rp_fold_call){
        .op = (rp_fold_op)op->kernel,
        .indexed = op->result == TS_INDEX,
        .divides = op->result == TS_REAL,
        .roots = !strcmp(op->name, "std"),
        .ddof = op->kind == TS_SPREAD ? 1 : 0,
    };
}

static void run_backwards(const rp_fold_plan *p, int64_t from, int64_t to, char *states) {
    for (int64_t end = to, n; end > from; end -= n) {
        n = 1 + end % 3 < end - from ? 1 + end % 3 : end - from;
        rp_fold_parts(p, end - n, end, states);
    }
}

/* Backwards from chunk `first` of all units, then from the last, up to three at a time: an order that no team has. */
static void run_in_parts(const rp_fold_plan *p, int64_t first) {
    size_t bytes = rp_fold_state_bytes(p);
    int64_t count = p->units * p->chunks;
    char *states = calloc((size_t)count, bytes);
    assert_non_null(states);
    run_backwards(p, 0, first % count, states);
    run_backwards(p, first % count, count, states);
    for (int64_t unit = p->units; unit-- > 0;)
        rp_fold_join(p, unit, states + (size_t)(unit * p->chunks) * bytes);
    free(states);
}

/* The public call on one thread, against the plan for `members`, in parts and in units of any order. */
static void parts_agree(const ts_op *op, const raptors_array *x, raptors_axes axes, raptors_dtype result,
                        const rp_kernels *kernels, int members) {
    int64_t extents[RAPTORS_MAX_NDIM];
    int ndim = ts_reduced_shape(x, axes, 0, extents);
    ts_array wanted = ts_new(result, ndim, extents, TS_C, 0), got = ts_new(result, ndim, extents, TS_C, 0);
    rp_fold_call call = call_of(op);
    rp_fold_plan plan;
    assert_int_equal(ts_call(op, x, NULL, (ts_extra){axes, call.ddof}, &wanted.view), RAPTORS_OK);
    rp_fold_plan_make(&plan, kernels, &call, x, axes, &got.view, members);
    if (plan.units < members && !plan.shallow)
        run_in_parts(&plan, ts_below(&g, plan.units * plan.chunks));
    else
        for (int64_t unit = plan.units; unit-- > 0;)
            rp_fold_run(&plan, unit, unit + 1);
    ts_gather(&wanted.view, wanted.view.data);
    ts_gather(&got.view, got.view.data);
    ts_check(!memcmp(wanted.memory, got.memory, (size_t)got.bytes),
             "%s of %s: the parts for %d members give other bits", op->name, ts_types[x->dtype].name,
             members);
    ts_free(&wanted);
    ts_free(&got);
}

static void every_reduction_in_parts(const raptors_array *x, const rp_kernels *kernels) {
    for (int i = 0; i < ts_op_count; i++)
        for (raptors_axes axes = 1; axes < RAPTORS_AXIS(x->ndim) && ts_is_reduction(&ts_ops[i]); axes++) {
            raptors_dtype results[2];
            int n = ts_result_dtypes(&ts_ops[i], x->dtype, results);
            parts_agree(&ts_ops[i], x, axes, results[(int)axes % n], kernels,
                        2 + (int)ts_below(&g, MOST_THREADS - 1));
        }
}

static void parts_made_in_any_order(void **state) {
    (void)state;
    int n;
    const ts_backend *backends = ts_backends(&n);
    raptors_set_threads(1);
    for (size_t i = 0; i < sizeof small_shapes / sizeof small_shapes[0]; i++)
        for (int t = 0; t < RP_TYPE_COUNT; t++) {
            const shape *s = &small_shapes[i];
            ts_array x = ts_new((raptors_dtype)t, s->ndim, s->extent, (ts_layout)ts_below(&g, TS_LAYOUTS), 0);
            const ts_backend *b = &backends[(int)i % n];
            ts_fill(&x.view, (ts_flavour)ts_below(&g, TS_FLAVOURS), &g);
            raptors_set_backend(b->name);
            every_reduction_in_parts(&x.view, b->kernels);
            ts_free(&x);
        }
    raptors_set_backend("auto");
    raptors_set_threads(0);
}

/* ---- real teams -------------------------------------------------------------------------------------- */

static int members_of_last_call(void) {
    char text[4096];
    raptors_explain(text, sizeof text);
    const char *members = strstr(text, "\"members\": ");
    return members ? atoi(members + strlen("\"members\": ")) : 0;
}

typedef struct tally {
    int calls, teams;
} tally;

static void teams_agree(const ts_op *op, const raptors_array *a, const raptors_array *b, raptors_axes axes,
                        int threads, tally *seen) {
    int64_t extents[RAPTORS_MAX_NDIM];
    raptors_dtype results[2] = {a->dtype, a->dtype};
    int ndim = a->ndim;
    memcpy(extents, a->shape, sizeof a->shape);
    if (ts_is_reduction(op)) {
        ts_result_dtypes(op, a->dtype, results);
        ndim = ts_reduced_shape(a, axes, 0, extents);
    }
    ts_array wanted = ts_new(results[0], ndim, extents, TS_C, 0),
             got = ts_new(results[0], ndim, extents, TS_C, 0);
    raptors_set_threads(1);
    assert_int_equal(ts_call(op, a, b, (ts_extra){axes, 1}, &wanted.view), RAPTORS_OK);
    raptors_set_threads(threads);
    assert_int_equal(ts_call(op, a, b, (ts_extra){axes, 1}, &got.view), RAPTORS_OK);
    seen->teams += members_of_last_call() > 1;
    seen->calls++;
    ts_gather(&wanted.view, wanted.view.data);
    ts_gather(&got.view, got.view.data);
    ts_check(!memcmp(wanted.memory, got.memory, (size_t)got.bytes),
             "%s of %s, axes %u: %d threads give other bits", op->name, ts_types[a->dtype].name,
             (unsigned)axes, threads);
    ts_free(&wanted);
    ts_free(&got);
}

static void every_call_on_teams(const raptors_array *a, const raptors_array *b, tally *seen) {
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        raptors_axes last = ts_is_reduction(op) ? RAPTORS_AXIS(a->ndim) : 2;
        for (raptors_axes axes = 1; axes < last && ts_takes(op, a->dtype); axes++)
            teams_agree(op, a, b, axes, 2 + seen->calls % (MOST_THREADS - 1), seen);
    }
}

/* With telemetry off a fixed rule opens a region for every call of this size; that it did is read back. */
static void one_thread_and_teams(void **state) {
    (void)state;
    tally seen = {0};
    raptors_telemetry_mode(RAPTORS_OFF);
    rp_team_pretend(MOST_THREADS);
    for (size_t i = 0; i < sizeof large_shapes / sizeof large_shapes[0]; i++)
        for (int t = 0; t < RP_TYPE_COUNT; t++) {
            const shape *s = &large_shapes[i];
            ts_array a = ts_new((raptors_dtype)t, s->ndim, s->extent, (ts_layout)ts_below(&g, TS_LAYOUTS), 0);
            ts_array b = ts_new((raptors_dtype)t, s->ndim, s->extent, TS_C, 0);
            ts_fill(&a.view, (ts_flavour)ts_below(&g, TS_FLAVOURS), &g);
            ts_fill(&b.view, TS_PLAIN, &g);
            every_call_on_teams(&a.view, &b.view, &seen);
            ts_free(&a);
            ts_free(&b);
        }
    rp_team_pretend(0);
    raptors_set_threads(0);
    raptors_telemetry_mode(RAPTORS_LEARN);
    print_message("%d calls, %d of them by a team\n", seen.calls, seen.teams);
    ts_check(seen.teams * 10 >= seen.calls * 9, "regions did not open: %d of %d calls", seen.teams,
             seen.calls);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_made_in_any_order),
                                       cmocka_unit_test(one_thread_and_teams)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
