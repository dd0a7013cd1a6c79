/* test_folds.c -- every fold of every kernel table gives the bits of scalar's, and writes nothing beside its results.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include "catalog.h"
#include "faults.h"
#include "outputs.h"

#include <stdlib.h>
#include <string.h>

/* Misaligned addresses too, though no plan hands a kernel one; a sanitizer does not like it. */
enum { UNIT = TS_SANITIZED ? 8 : 1, FIELDS = 8 };

static ts_prng g = {99};

typedef struct fold_case {
    const ts_op *op;
    raptors_dtype t, result;
    int64_t rows, cols; /* runs: cols runs of `rows` elements */
    rp_lines x;
    rp_index index;
    int as_runs;
} fold_case;

/* Two parts folded on their own, the second merged into the first: all that dispatch does with a state. The columns
   before the first stay empty. */
static void run_fold(const fold_case *c, const ts_backend *b, ts_output *out) {
    enum { BEFORE = 2 };
    static int64_t states[2][FIELDS * (TS_DENSE + 8)];
    const rp_fold *fold = ts_fold_of(b, c->op, c->t);
    const int64_t pitch = c->cols + BEFORE + 1, first = c->rows / 3, out_stride = ts_types[c->result].size;
    const double divisor = c->op->result == TS_REAL ? (double)(c->rows > 0 ? c->rows : 1) : 1;
    assert_true(fold->fields <= FIELDS);
    for (int part = 0; part < 2; part++) {
        const int64_t column = part ? 0 : BEFORE, base = part ? first : 0,
                      rows = part ? c->rows - first : first;
        const int64_t step = c->as_runs ? c->x.apart * ts_types[c->t].size : c->x.stride;
        const rp_lines x = {(const char *)c->x.first + base * step, c->x.stride, c->x.apart, c->x.distance};
        const rp_index index = {c->index.first + base * c->index.step, c->index.step};
        fold->init(states[part], pitch, c->cols + column, index.first);
        if (c->as_runs)
            fold->runs(states[part], pitch, column, x, c->cols, rows, index);
        else
            fold->rows(states[part], pitch, column, x, rows, c->cols, index);
    }
    fold->merge(states[0], pitch, BEFORE, states[1], pitch, 0, c->cols);
    ts_output_make(out, 0, (size_t)((c->cols + BEFORE) * out_stride));
    fold->finish(states[0], pitch, 0, c->cols + BEFORE, out->data, out_stride, c->result, divisor,
                 !strcmp(c->op->name, "std"));
}

static void check_fold(const fold_case *c) {
    static ts_output wanted, got;
    int n;
    const ts_backend *backends = ts_backends(&n);
    run_fold(c, &backends[0], &wanted);
    for (int i = 1; i < n; i++) {
        run_fold(c, &backends[i], &got);
        ts_output_compare(&got, &wanted, c->result, c->op->name, backends[i].name);
    }
}

/* Lines of n elements each, somewhere in the input; the runs of arg folds are also walked downwards. */
static rp_lines draw_lines(const ts_op *op, raptors_dtype t, int64_t n, int as_runs) {
    const int64_t size = ts_types[t].size, at = ts_below(&g, 64) / UNIT * UNIT;
    int64_t apart = 1 + ts_below(&g, as_runs && op->result == TS_INDEX ? 3 : 2);
    const int64_t back = apart == 3 && n > 0 ? (n - 1) * size : 0;
    apart = apart == 3 ? -1 : apart;
    const int64_t line = (n + ts_below(&g, 3)) * (apart < 0 ? 1 : apart);
    return (rp_lines){ts_inputs[0] + at + back, line * size, apart, (rp_distance)ts_below(&g, 3)};
}

/* Check each reduction that has a kernel for a type, with its own dtype of result. */
static void for_folds(raptors_dtype t, int64_t rows, int64_t cols, int as_runs) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    for (int i = 0; i < ts_op_count; i++) {
        raptors_dtype results[2];
        const ts_op *op = &ts_ops[i];
        if (!ts_fold_of(&backends[0], op, t))
            continue;
        ts_result_dtypes(op, t, results);
        const rp_lines x = draw_lines(op, t, as_runs ? rows : cols, as_runs);
        check_fold(&(fold_case){
            op, t, results[0], rows, cols, x, {ts_below(&g, 100), 1 + ts_below(&g, 1000)}, as_runs});
    }
}

static void every_fold_of_rows(void **state) {
    (void)state;
    for (int t = 0; t < RP_TYPE_COUNT; t++)
        for (int flavour = 0; flavour < TS_FLAVOURS; flavour++) {
            ts_inputs_fill((raptors_dtype)t, (ts_flavour)flavour, &g);
            for (int64_t rows = 0; rows <= 3 * RP_BLOCK + 1; rows++)
                for (int64_t cols = 1; cols <= TS_DENSE; cols += cols < 36 ? 1 : 31)
                    for_folds((raptors_dtype)t, rows, cols, 0);
        }
}

/* Rows too long for the nearest cache: as if they were folded a few columns at a time by the scalar backend. */
static void long_rows_of(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t cols, rp_lines x) {
    enum { ROWS = 35, FEW = 48, MOST = 2200 };
    static int64_t states[2][FIELDS * MOST];
    static double wanted[MOST], got[MOST];
    const rp_fold *fold = ts_fold_of(b, op, t), *scalar = ts_fold_of(ts_backends(&(int){0}), op, t);
    const int64_t size = ts_types[t].size;
    raptors_dtype results[2];
    ts_result_dtypes(op, t, results);
    const int64_t out_size = ts_types[results[0]].size;
    scalar->init(states[0], MOST, cols, 0);
    fold->init(states[1], MOST, cols, 0);
    for (int64_t c = 0; c < cols; c += FEW) {
        const rp_lines from = {(const char *)x.first + c * x.apart * size, x.stride, x.apart, x.distance};
        scalar->rows(states[0], MOST, c, from, ROWS, cols - c < FEW ? cols - c : FEW, (rp_index){0, 1});
    }
    fold->rows(states[1], MOST, 0, x, ROWS, cols, (rp_index){0, 1});
    scalar->finish(states[0], MOST, 0, cols, wanted, out_size, results[0], ROWS, 0);
    fold->finish(states[1], MOST, 0, cols, got, out_size, results[0], ROWS, 0);
    for (int64_t i = 0; i < cols * out_size; i += out_size) {
        ts_canonical((unsigned char *)wanted + i, results[0]);
        ts_canonical((unsigned char *)got + i, results[0]);
    }
    ts_check(!memcmp(got, wanted, (size_t)(cols * out_size)), "%s of %s on %s, long rows %ld bytes apart",
             op->name, ts_types[t].name, b->name, (long)x.stride);
}

static void every_fold_of_long_rows(void **state) {
    (void)state;
    enum { ASIDE = 64, ROOM = 48 * 3 * (1 << 14) };
    int n;
    const ts_backend *backends = ts_backends(&n);
    char *x = aligned_alloc(4096, ROOM);
    assert_non_null(x);
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        const int64_t size = ts_types[t].size;
        for (int64_t i = 0; i < ROOM / size; i++)
            ts_write(x + i * size, (raptors_dtype)t, TS_PLAIN, &g);
        for (int i = 0; i < n * ts_op_count; i++)
            for (int how = 0; how < 8 && ts_fold_of(&backends[i % n], &ts_ops[i / n], (raptors_dtype)t);
                 how++) {
                const int64_t apart = 1 + how % 2, cols = how & 4 ? 2048 + 13 : 1024 + 7;
                const int64_t line = (cols * apart * size + 4095) / 4096 * 4096 + (how & 2 ? ASIDE : 0);
                long_rows_of(&backends[i % n], &ts_ops[i / n], (raptors_dtype)t, cols,
                             (rp_lines){x + ts_below(&g, 8) * size, line, apart, RP_FAR});
            }
    }
    free(x);
}

static void every_fold_of_runs(void **state) {
    (void)state;
    for (int t = 0; t < RP_TYPE_COUNT; t++)
        for (int flavour = 0; flavour < TS_FLAVOURS; flavour++) {
            ts_inputs_fill((raptors_dtype)t, (ts_flavour)flavour, &g);
            for (int64_t n = 0; n <= 2 * TS_DENSE; n++) {
                const int64_t many = n % 8 ? 5 : 33; /* kernels may take up to 16 at once */
                for (int64_t runs = 1; runs <= many; runs += runs < 5 ? 2 : 14)
                    for_folds((raptors_dtype)t, n, runs, 1);
            }
        }
}

/* Visit each fold that there is of each type, on each flavour of inputs. */
static void each_fold(void (*visit)(const ts_op *, raptors_dtype)) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    for (int t = 0; t < RP_TYPE_COUNT; t++)
        for (int flavour = 0; flavour < TS_FLAVOURS; flavour++) {
            ts_inputs_fill((raptors_dtype)t, (ts_flavour)flavour, &g);
            for (int i = 0; i < ts_op_count; i++)
                if (ts_fold_of(&backends[0], &ts_ops[i], (raptors_dtype)t))
                    visit(&ts_ops[i], (raptors_dtype)t);
        }
}

/* Few rows straight to results: as by way of a state. */
static void shallow_of(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t rows, int64_t cols) {
    static int64_t state[FIELDS * TS_DENSE];
    static ts_output wanted, got;
    const rp_fold *fold = ts_fold_of(b, op, t);
    const int64_t stride = (cols + 1) * ts_types[t].size;
    const double divisor = op->result == TS_REAL ? (double)(rows - 1 + ts_below(&g, 2)) : 1;
    const int root = !strcmp(op->name, "std");
    const char *x = ts_inputs[0] + ts_below(&g, 64) / UNIT * UNIT;
    raptors_dtype results[2];
    ts_result_dtypes(op, t, results);
    if (!fold->shallow || (t == RAPTORS_INT32 && results[0] == RAPTORS_FLOAT64))
        return; /* a mean of int32 goes another way */
    ts_output_make(&wanted, 0, (size_t)(cols * ts_types[results[0]].size));
    ts_output_make(&got, 0, (size_t)(cols * ts_types[results[0]].size));
    fold->init(state, TS_DENSE, cols, 0);
    fold->rows(state, TS_DENSE, 0, (rp_lines){x, stride, 1, RP_FAR}, rows, cols, (rp_index){0, 1});
    fold->finish(state, TS_DENSE, 0, cols, wanted.data, ts_types[results[0]].size, results[0], divisor, root);
    fold->shallow(got.data, x, stride, rows, cols, divisor, root);
    ts_output_compare(&got, &wanted, results[0], op->name, b->name);
}

static void few_rows(const ts_op *op, raptors_dtype t) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    for (int i = 0; i < n; i++)
        for (int64_t rows = 1; rows < RP_BLOCK; rows++)
            for (int64_t cols = 1; cols < 40; cols += cols < 9 ? 1 : 8)
                shallow_of(&backends[i], op, t, rows, cols);
}

static void every_fold_of_few_rows(void **state) {
    (void)state;
    each_fold(few_rows);
}

/* Lanes laid side by side, folded into the first. */
static void lanes_of(const ts_op *op, raptors_dtype t, int64_t rows, int64_t cols) {
    static int64_t state[FIELDS * RP_LANES * 16];
    static ts_output wanted, got;
    raptors_dtype results[2];
    int n;
    const ts_backend *backends = ts_backends(&n);
    ts_result_dtypes(op, t, results);
    int64_t pitch = RP_LANES * cols, size = ts_types[t].size, out_size = ts_types[results[0]].size;
    for (int i = 0; i < n; i++) {
        const rp_fold *fold = ts_fold_of(&backends[i], op, t);
        ts_output *out = i ? &got : &wanted;
        ts_output_make(out, 0, (size_t)(cols * out_size));
        fold->init(state, pitch, pitch, 0);
        fold->rows(state, pitch, 0, (rp_lines){ts_inputs[0], pitch * size, 1, RP_NEAR}, rows, pitch,
                   (rp_index){0, 1});
        fold->lanes(state, pitch, cols);
        fold->finish(state, pitch, 0, cols, out->data, out_size, results[0], 1, 0);
        if (i)
            ts_output_compare(&got, &wanted, results[0], op->name, backends[i].name);
    }
}

static void few_lanes(const ts_op *op, raptors_dtype t) {
    for (int64_t rows = 1; rows < 40; rows += 3)
        for (int64_t cols = 1; cols <= 9; cols++)
            lanes_of(op, t, rows, cols);
}

static void every_fold_of_lanes(void **state) {
    (void)state;
    each_fold(few_lanes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fold_of_rows), cmocka_unit_test(every_fold_of_long_rows),
        cmocka_unit_test(every_fold_of_runs), cmocka_unit_test(every_fold_of_few_rows),
        cmocka_unit_test(every_fold_of_lanes)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, ts_inputs_allocate, ts_inputs_free);
}
