/* test_guard_pages.c -- no byte outside what a view describes is touched: memory ends at pages that nobody may touch.
 * SPDX-License-Identifier: MIT
 *
 * labels: fixed
 * Each kernel of each backend for n = 0 .. 257, its memory 0 .. 63 bytes away from a forbidden page, before and
 * behind; and the public calls on strided views. A fault ends the program, after it has said what was running.
 */
#include "check.h"

#include "again.h"
#include "arrays.h"
#include "catalog.h"
#include "faults.h"
#include "guarded.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DENSE = 257, OFFSETS = 64, ROWS = 3, FIELDS = 8 };

static ts_guarded areas[4];
static ts_prng g = {7};
static const char *now[3]; /* operation, type, backend */
static int64_t now_n;
static int64_t tried;

static void say_where(int number) {
    char text[200];
    int n = snprintf(text, sizeof text, "signal %d in %s of %s on %s, n = %d\n", number, now[0], now[1],
                     now[2], (int)now_n);
    if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
        _exit(3);
    _exit(1);
}

/* CMocka sets handlers of its own before each test. */
static void watch(void) {
    signal(SIGSEGV, say_where);
    signal(SIGBUS, say_where);
    tried = 0;
}

static void set_now(const char *op, raptors_dtype t, const char *backend, int64_t n) {
    now[0] = op;
    now[1] = ts_types[t].name;
    now[2] = backend;
    now_n = n;
    tried++;
}

/* `bytes` of an area, `offset` bytes from the forbidden page behind or before it. */
static unsigned char *place(int area, int64_t bytes, int64_t offset, int behind) {
    return behind ? areas[area].end - offset - bytes : areas[area].first + offset;
}

static void refill(raptors_dtype t) {
    for (int area = 0; area < 2; area++)
        for (unsigned char *p = areas[area].first; p < areas[area].end; p += ts_types[t].size)
            ts_write(p, t, TS_PLAIN, &g);
}

/* ---- kernels ----------------------------------------------------------------------------------------- */

/* Items from the first to the last that an operand of n elements touches. */
static int64_t spanned(int64_t n, int64_t step) {
    return n == 0 ? 0 : (n - 1) * (step < 0 ? -step : step) + 1;
}

static unsigned char *place_steps(int area, int64_t n, int64_t step, int64_t size, int64_t offset,
                                  int behind) {
    unsigned char *first = place(area, spanned(n, step) * size, offset, behind);
    return step < 0 && n > 0 ? first - (n - 1) * step * size : first;
}

static void map_at(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t n, int64_t offset,
                   int behind) {
    static const struct {
        rp_steps steps;
        unsigned how;
        int64_t ahead; /* bytes from an input to the output, but for the page */
    } ways[] = {{{1, 1}, 0, 0},         {{0, 1}, 0, 0},          {{1, 0}, RP_AHEAD, 0},
                {{1, 1}, RP_STREAM, 0}, {{1, 1}, RP_STREAM, 16}, {{1, 0}, RP_AHEAD | RP_STREAM, 16},
                {{2, 1}, 0, 0},         {{-1, 2}, RP_STREAM, 0}, {{3, -1}, 0, 0},
                {{-2, 3}, 0, 0},        {{1, 1}, 0, 48},         {{0, 1}, RP_AHEAD, 24},
                {{1, 1}, RP_OUTER, 0},  {{0, 1}, RP_OUTER, 24},  {{1, 0}, RP_OUTER, 0}};
    const int64_t size = ts_types[t].size;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const rp_steps steps = ways[i].steps;
        const int64_t in_at = offset + (behind ? ways[i].ahead : 0);
        const int64_t out_at = offset + (behind ? 0 : ways[i].ahead);
        unsigned char *a = place_steps(0, n, steps.a, size, in_at, behind);
        unsigned char *b_data = place_steps(1, n, steps.b, size, in_at, behind);
        unsigned char *out = place(2, n * size, out_at, behind);
        set_now(op->name, t, b->name, n);
        if (op->kind == TS_MAP2)
            b->kernels->map2[op->kernel][t](out, a, b_data, n, steps, ways[i].how);
        else
            b->kernels->map1[op->kernel][t](out, a, n, steps.a, ways[i].how);
    }
}

/* The state is as long as it must be, and ends at a forbidden page too. */
static void fold_at(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t n, int64_t offset,
                    int behind) {
    const rp_fold *fold = ts_fold_of(b, op, t);
    raptors_dtype results[2];
    ts_result_dtypes(op, t, results);
    const int64_t size = ts_types[t].size, pitch = n > ROWS ? n : ROWS;
    void *state = place(3, FIELDS * 8 * pitch, 0, 1);
    unsigned char *out = place(2, n * ts_types[results[0]].size, offset, behind);
    assert_true(fold->fields <= FIELDS);
    state = (char *)state + (FIELDS - fold->fields) * 8 * pitch;
    set_now(op->name, t, b->name, n);
    for (int64_t apart = 1; apart <= 2; apart++) {
        const int64_t line = n ? (n - 1) * apart + 1 : 0; /* the last one ends where its last element does */
        unsigned char *x = place(0, ROWS * line * size, offset, behind);
        const rp_lines lines = {x, line * size, apart, RP_FAR};
        fold->init(state, pitch, n, 0);
        fold->rows(state, pitch, 0, lines, ROWS, n, (rp_index){0, 1});
        fold->finish(state, pitch, 0, n, out, ts_types[results[0]].size, results[0], 1, 0);
        fold->init(state, pitch, ROWS, 0);
        fold->runs(state, pitch, 0, lines, ROWS, n, (rp_index){0, 1});
    }
}

/* Runs walked downwards: each ends where it begins in memory. */
static void fold_back_at(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t n, int64_t offset,
                         int behind) {
    const rp_fold *fold = ts_fold_of(b, op, t);
    const int64_t size = ts_types[t].size;
    void *state = place(3, fold->fields * 8 * ROWS, 0, 1);
    unsigned char *x = place(0, ROWS * n * size, offset, behind);
    set_now(op->name, t, b->name, n);
    fold->init(state, ROWS, ROWS, 0);
    fold->runs(state, ROWS, 0, (rp_lines){x + (n > 0 ? n - 1 : 0) * size, n * size, -1, RP_NEAR}, ROWS, n,
               (rp_index){0, 1});
}

static void copy_at(const ts_backend *b, raptors_dtype t, int64_t n, int64_t offset, int behind) {
    const int64_t size = ts_types[t].size, wide = size == 8;
    unsigned char *x = place(0, ROWS * n * size, offset, behind);
    unsigned char *out = place(2, ROWS * n * size, offset, behind);
    double *wider = (double *)(void *)place(3, n * 8, 0, behind);
    set_now("move", t, b->name, n);
    b->kernels->move[wide](out, n * size, size, x, n * size, size, ROWS, n);
    b->kernels->move[wide](out, size, ROWS * size, x, n * size, size, ROWS, n);
    b->kernels->move[wide](out, n * size, size, x, size, ROWS * size, ROWS, n);
    b->kernels->move[wide](out, n * size, size, place(0, ROWS * size, offset, behind), size, 0, ROWS, n);
    b->kernels->widen[t](wider, x, 1, n);
    if (n > 0 && behind)
        b->kernels->widen[t](wider, place(0, (2 * n - 1) * size, offset, behind), 2, n);
}

static void every_kernel(const ts_backend *b, raptors_dtype t, int64_t n, int64_t offset, int behind) {
    if (TS_SANITIZED && offset % ts_types[t].size != 0)
        return; /* no plan hands a kernel such an address, and a sanitizer does not like it */
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        if (ts_fold_of(b, op, t))
            fold_at(b, op, t, n, offset, behind);
        else if ((op->kind == TS_MAP1 || op->kind == TS_MAP2) && ts_takes(op, t))
            map_at(b, op, t, n, offset, behind);
        for (int side = 0; side < 2 && op->result == TS_INDEX; side++)
            fold_back_at(b, op, t, n, offset, side);
    }
    copy_at(b, t, n, offset, behind);
}

/* From offset to offset: an emulator takes every fifth unless RAPTORS_HAZARDS_LONG is set, other ones for each n. Odd, so that
   both sides have their turn. */
static int64_t offset_step(void) {
    return TS_EMULATED && !getenv("RAPTORS_HAZARDS_LONG") ? 5 : 1;
}

static void kernels_at_a_page_edge(void **state) {
    (void)state;
    const int64_t step = offset_step();
    int count;
    const ts_backend *backends = ts_backends(&count);
    watch();
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        refill((raptors_dtype)t);
        for (int i = 0; i < count; i++)
            for (int64_t n = 0; n <= DENSE; n++)
                for (int64_t offset = n % step; offset < OFFSETS; offset += step)
                    every_kernel(&backends[i], (raptors_dtype)t, n, offset, (int)((n + offset) % 2));
    }
    print_message("%lld kernel calls at a page's edge\n", (long long)tried);
}

/* ---- public calls ------------------------------------------------------------------------------------ */

/* An n0 x n1 view whose furthest bytes touch the forbidden pages; strides in items, of both signs. */
static raptors_array strided(int area, raptors_dtype t, const int64_t n[2], const int64_t steps[2],
                             int64_t offset, int behind) {
    raptors_array x = {.dtype = t, .ndim = 2};
    int64_t size = ts_types[t].size, low = 0, high = size;
    for (int k = 0; k < 2; k++) {
        x.shape[k] = n[k];
        x.strides[k] = steps[k] * size;
        if (n[k] > 1)
            *(steps[k] < 0 ? &low : &high) += (n[k] - 1) * x.strides[k];
    }
    x.data = n[0] * n[1] > 0 ? place(area, high - low, offset, behind) - low : areas[area].first;
    return x;
}

static void call_all(raptors_dtype t, const char *backend, const int64_t n[2], const int64_t steps[2],
                     int64_t offset, int behind) {
    raptors_array a = strided(0, t, n, steps, offset, behind), b = strided(1, t, n, steps, offset, behind);
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        raptors_axes axes = ts_is_reduction(op) ? (raptors_axes)(1 + ts_below(&g, 3)) : 0;
        int64_t shape[2] = {axes & 1 ? 1 : n[0], axes & 2 ? 1 : n[1]}, packed[2] = {shape[1], 1};
        raptors_dtype results[2] = {t, t};
        if (ts_is_reduction(op))
            ts_result_dtypes(op, t, results);
        if (!ts_takes(op, t))
            continue;
        raptors_array out =
            strided(2, results[0], shape, ts_is_reduction(op) ? packed : steps, offset, behind);
        set_now(op->name, t, backend, n[1]);
        raptors_status s = ts_call(op, &a, &b, (ts_extra){axes, 2}, &out);
        ts_check(s == RAPTORS_OK, "%s: %s", op->name, raptors_last_error());
    }
}

static void strided_views_at_a_page_edge(void **state) {
    (void)state;
    static const int64_t steps[][2] = {{1, 1}, {1, -1}, {-1, 1}, {2, 2}, {-3, -3}, {0, -2}};
    int count;
    const ts_backend *backends = ts_backends(&count);
    watch();
    for (int i = 0; i < count * RP_TYPE_COUNT; i++) {
        raptors_dtype t = (raptors_dtype)(i % RP_TYPE_COUNT);
        raptors_set_backend(backends[i / RP_TYPE_COUNT].name);
        refill(t);
        for (int64_t j = 1; j <= DENSE * 6; j++) {
            int64_t n[2] = {1 + j % 4, (j + 5) / 6}, along = steps[j % 6][1], row = steps[j % 6][0];
            int64_t step[2] = {row == 0 ? n[1] * 2 : row * n[1] * (along < 0 ? -along : along), along};
            for (int64_t offset = 0; offset < OFFSETS; offset += 1 + ts_below(&g, 24))
                call_all(t, backends[i / RP_TYPE_COUNT].name, n, step, offset, (int)(j / 6 % 2));
        }
    }
    raptors_set_backend("auto");
    print_message("%lld calls on views at a page's edge\n", (long long)tried);
}

static int allocate(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++)
        areas[i] = ts_guarded_new(FIELDS * 8 * (DENSE + 16) + 3 * 4 * DENSE * 8);
    return 0;
}

static int release(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++)
        ts_guarded_free(areas[i]);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(kernels_at_a_page_edge),
                                       cmocka_unit_test(strided_views_at_a_page_edge)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, allocate, release);
}
