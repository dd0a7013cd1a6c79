/* test_kernels.c -- every entry of every kernel table gives the bits of scalar's, and writes nothing beside its output.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include "catalog.h"
#include "faults.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

enum { CANARY = 0xa5, MARGIN = 64, DENSE = 257, FIELDS = 8, ITEMS = 1 << 16 };

typedef struct buffer {
    unsigned char memory[(DENSE + 16) * 8 + 3 * MARGIN];
    unsigned char *data; /* MARGIN + 0 .. 63 bytes into memory */
    size_t bytes;
} buffer;

/* Misaligned addresses too, though no plan hands a kernel one; a sanitizer does not like it. */
enum { UNIT = TS_SANITIZED ? 8 : 1 };

static ts_prng g = {99};
static char *inputs[2]; /* ITEMS of 8 bytes each, refilled for each type */

static void make_output(buffer *b, int64_t offset, size_t bytes) {
    memset(b->memory, CANARY, sizeof b->memory);
    b->data = b->memory + MARGIN + offset;
    b->bytes = bytes;
}

static int untouched_beside(const buffer *b) {
    for (const unsigned char *p = b->memory; p < b->memory + sizeof b->memory; p++)
        if ((p < b->data || p >= b->data + b->bytes) && *p != CANARY)
            return 0;
    return 1;
}

static void compare(const buffer *got, buffer *wanted, raptors_dtype t, const char *what,
                    const char *backend) {
    unsigned char canonical[sizeof got->memory];
    int64_t size = ts_types[t].size;
    memcpy(canonical, got->data, got->bytes);
    for (size_t i = 0; i < got->bytes; i += (size_t)size) {
        ts_canonical(canonical + i, t);
        ts_canonical(wanted->data + i, t);
    }
    ts_check(untouched_beside(got), "%s of %s on %s wrote beside its output", what, ts_types[t].name,
             backend);
    ts_check(!memcmp(canonical, wanted->data, got->bytes), "%s of %s on %s differs from scalar", what,
             ts_types[t].name, backend);
}

static void refill(raptors_dtype t, ts_flavour flavour) {
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < ITEMS; i++)
            ts_write(inputs[k] + i * ts_types[t].size, t, flavour, &g);
}

/* ---- maps -------------------------------------------------------------------------------------------- */

typedef struct map_case {
    const ts_op *op;
    raptors_dtype t;
    int64_t n;
    rp_steps steps;
    unsigned how;
    int64_t offset; /* of the output in bytes */
    const char *a, *b;
} map_case;

static void run_map(const map_case *c, const rp_kernels *k, buffer *out) {
    make_output(out, c->offset, (size_t)(c->n * ts_types[c->t].size));
    if (c->op->kind == TS_MAP2)
        k->map2[c->op->kernel][c->t](out->data, c->a, c->b, c->n, c->steps, c->how);
    else
        k->map1[c->op->kernel][c->t](out->data, c->a, c->n, c->steps.a, c->how);
}

static buffer map_wanted, map_got;

static void check_map(const map_case *c) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    run_map(c, backends[0].kernels, &map_wanted);
    for (int i = 1; i < n; i++) {
        run_map(c, backends[i].kernels, &map_got);
        compare(&map_got, &map_wanted, c->t, c->op->name, backends[i].name);
    }
}

/* Somewhere in an input, aligned to the item where elements are apart, as dispatch sees to it. */
static const char *first_of(const char *input, const map_case *c, int64_t step) {
    const int64_t size = ts_types[c->t].size;
    const bool apart = c->steps.a < 0 || c->steps.a > 1 || c->steps.b < 0 || c->steps.b > 1;
    const int64_t at = apart ? ts_below(&g, 100) * size : ts_below(&g, 1000) / UNIT * UNIT;
    return input + at + (step < 0 ? c->n * -step * size : 0);
}

static void every_map(void **state) {
    (void)state;
    static const struct {
        rp_steps steps;
        unsigned how;
    } ways[] = {{{1, 1}, 0},
                {{0, 1}, 0},
                {{1, 0}, 0},
                {{1, 1}, RP_STREAM},
                {{0, 1}, RP_STREAM},
                {{1, 1}, RP_AHEAD},
                {{1, 0}, RP_AHEAD | RP_STREAM},
                {{1, 0}, RP_STREAM},
                {{2, 1}, 0},
                {{-1, 1}, 0},
                {{1, 2}, 0},
                {{2, -1}, 0},
                {{0, 2}, 0},
                {{-1, 2}, RP_STREAM},
                {{3, 1}, 0},
                {{-7, 0}, 0},
                {{-1, 3}, RP_STREAM},
                {{-2, 5}, 0}};
    enum { WAYS = sizeof ways / sizeof *ways };
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        refill((raptors_dtype)t, TS_WILD);
        for (int64_t i = 0; i < ts_op_count * (DENSE + 1) * WAYS; i++) {
            const ts_op *op = &ts_ops[i % ts_op_count];
            map_case c = {.op = op, .t = (raptors_dtype)t, .n = i / ts_op_count % (DENSE + 1)};
            c.steps = ways[i / ts_op_count / (DENSE + 1)].steps;
            c.how = ways[i / ts_op_count / (DENSE + 1)].how;
            int has_kernel = (op->kind == TS_MAP2 || op->kind == TS_MAP1) && ts_takes(op, c.t);
            if (!has_kernel)
                continue;
            c.a = first_of(inputs[0], &c, c.steps.a);
            c.b = first_of(inputs[1], &c, c.steps.b);
            c.offset = i / ts_op_count % 2 ? ts_below(&g, 64) / UNIT * UNIT : ts_below(&g, 8) * 8;
            check_map(&c);
        }
    }
}

/* In an input, so many bytes before the output's place in some page. */
static const char *before_output(const char *input, int64_t offset, int64_t ahead) {
    const uintptr_t page = 4096, output = (uintptr_t)(map_got.memory + MARGIN + offset);
    return input + (output - (uintptr_t)ahead - (uintptr_t)input) % page;
}

/* Where what is stored would be taken for what is loaded next, loops go down. */
static void maps_that_go_down(void **state) {
    (void)state;
    static const struct {
        rp_steps steps;
        int64_t ahead[2];
    } ways[] = {{{1, 1}, {16, 0}}, {{1, 1}, {0, 16}},  {{1, 1}, {8, 48}},
                {{1, 0}, {48, 0}}, {{0, 1}, {0, 104}}, {{1, 1}, {-16, 16}}};
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        refill((raptors_dtype)t, TS_WILD);
        for (int64_t i = 0; i < ts_op_count * (DENSE + 1) * (int64_t)(sizeof ways / sizeof *ways); i++) {
            const ts_op *op = &ts_ops[i % ts_op_count];
            const int64_t way = i / ts_op_count / (DENSE + 1), offset = ts_below(&g, 8) * 8;
            if ((op->kind != TS_MAP2 && op->kind != TS_MAP1) || !ts_takes(op, (raptors_dtype)t))
                continue;
            map_case c = {.op = op, .t = (raptors_dtype)t, .n = i / ts_op_count % (DENSE + 1)};
            c.steps = ways[way].steps;
            c.how = (ts_below(&g, 2) ? RP_STREAM : 0) | (i % 2 ? RP_AHEAD : 0);
            c.offset = offset;
            c.a = before_output(inputs[0], offset, ways[way].ahead[0]);
            c.b = before_output(inputs[1], offset, ways[way].ahead[1]);
            check_map(&c);
        }
    }
}

/* ---- folds ------------------------------------------------------------------------------------------- */

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
static void run_fold(const fold_case *c, const ts_backend *b, buffer *out) {
    enum { BEFORE = 2 };
    static int64_t states[2][FIELDS * (DENSE + 8)];
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
    make_output(out, 0, (size_t)((c->cols + BEFORE) * out_stride));
    fold->finish(states[0], pitch, 0, c->cols + BEFORE, out->data, out_stride, c->result, divisor,
                 !strcmp(c->op->name, "std"));
}

static void check_fold(const fold_case *c) {
    static buffer wanted, got;
    int n;
    const ts_backend *backends = ts_backends(&n);
    run_fold(c, &backends[0], &wanted);
    for (int i = 1; i < n; i++) {
        run_fold(c, &backends[i], &got);
        compare(&got, &wanted, c->result, c->op->name, backends[i].name);
    }
}

/* Lines of n elements each, somewhere in the input; the runs of arg folds are also walked downwards. */
static rp_lines draw_lines(const ts_op *op, raptors_dtype t, int64_t n, int as_runs) {
    const int64_t size = ts_types[t].size, at = ts_below(&g, 64) / UNIT * UNIT;
    int64_t apart = 1 + ts_below(&g, as_runs && op->result == TS_INDEX ? 3 : 2);
    const int64_t back = apart == 3 && n > 0 ? (n - 1) * size : 0;
    apart = apart == 3 ? -1 : apart;
    const int64_t line = (n + ts_below(&g, 3)) * (apart < 0 ? 1 : apart);
    return (rp_lines){inputs[0] + at + back, line * size, apart, (rp_distance)ts_below(&g, 3)};
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
            refill((raptors_dtype)t, (ts_flavour)flavour);
            for (int64_t rows = 0; rows <= 3 * RP_BLOCK + 1; rows++)
                for (int64_t cols = 1; cols <= DENSE; cols += cols < 36 ? 1 : 31)
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
            refill((raptors_dtype)t, (ts_flavour)flavour);
            for (int64_t n = 0; n <= 2 * DENSE; n++) {
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
            refill((raptors_dtype)t, (ts_flavour)flavour);
            for (int i = 0; i < ts_op_count; i++)
                if (ts_fold_of(&backends[0], &ts_ops[i], (raptors_dtype)t))
                    visit(&ts_ops[i], (raptors_dtype)t);
        }
}

/* Few rows straight to results: as by way of a state. */
static void shallow_of(const ts_backend *b, const ts_op *op, raptors_dtype t, int64_t rows, int64_t cols) {
    static int64_t state[FIELDS * DENSE];
    static buffer wanted, got;
    const rp_fold *fold = ts_fold_of(b, op, t);
    const int64_t stride = (cols + 1) * ts_types[t].size;
    const double divisor = op->result == TS_REAL ? (double)(rows - 1 + ts_below(&g, 2)) : 1;
    const int root = !strcmp(op->name, "std");
    const char *x = inputs[0] + ts_below(&g, 64) / UNIT * UNIT;
    raptors_dtype results[2];
    ts_result_dtypes(op, t, results);
    if (!fold->shallow || (t == RAPTORS_INT32 && results[0] == RAPTORS_FLOAT64))
        return; /* a mean of int32 goes another way */
    make_output(&wanted, 0, (size_t)(cols * ts_types[results[0]].size));
    make_output(&got, 0, (size_t)(cols * ts_types[results[0]].size));
    fold->init(state, DENSE, cols, 0);
    fold->rows(state, DENSE, 0, (rp_lines){x, stride, 1, RP_FAR}, rows, cols, (rp_index){0, 1});
    fold->finish(state, DENSE, 0, cols, wanted.data, ts_types[results[0]].size, results[0], divisor, root);
    fold->shallow(got.data, x, stride, rows, cols, divisor, root);
    compare(&got, &wanted, results[0], op->name, b->name);
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
    static buffer wanted, got;
    raptors_dtype results[2];
    int n;
    const ts_backend *backends = ts_backends(&n);
    ts_result_dtypes(op, t, results);
    int64_t pitch = RP_LANES * cols, size = ts_types[t].size, out_size = ts_types[results[0]].size;
    for (int i = 0; i < n; i++) {
        const rp_fold *fold = ts_fold_of(&backends[i], op, t);
        buffer *out = i ? &got : &wanted;
        make_output(out, 0, (size_t)(cols * out_size));
        fold->init(state, pitch, pitch, 0);
        fold->rows(state, pitch, 0, (rp_lines){inputs[0], pitch * size, 1, RP_NEAR}, rows, pitch,
                   (rp_index){0, 1});
        fold->lanes(state, pitch, cols);
        fold->finish(state, pitch, 0, cols, out->data, out_size, results[0], 1, 0);
        if (i)
            compare(&got, &wanted, results[0], op->name, backends[i].name);
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

/* ---- copies ------------------------------------------------------------------------------------------ */

static const raptors_dtype items[2] = {RAPTORS_INT32, RAPTORS_INT64};

/* An n0 x n1 plane copied between two layouts: against a loop of memcpy. */
static void move_case(const ts_backend *b, int wide, const int64_t n[2], const int64_t to[2],
                      const int64_t from[2]) {
    enum { PLANE = 40 * 40 * 3 * 8 };
    static unsigned char wanted[PLANE + 128], got[PLANE + 128];
    const char *src = inputs[0] + PLANE / 2;
    size_t size = wide ? 8 : 4;
    memset(wanted, CANARY, sizeof wanted);
    memset(got, CANARY, sizeof got);
    int64_t lowest = (to[0] < 0 ? to[0] * (1 - n[0]) : 0) + (to[1] < 0 ? to[1] * (1 - n[1]) : 0);
    for (int64_t i = 0; i < n[0]; i++)
        for (int64_t j = 0; j < n[1]; j++)
            memcpy(wanted + 61 + lowest + i * to[0] + j * to[1], src + i * from[0] + j * from[1], size);
    b->kernels->move[wide](got + 61 + lowest, to[0], to[1], src, from[0], from[1], n[0], n[1]);
    ts_check(!memcmp(wanted, got, sizeof got), "move of %d x %d items of %d bytes on %s", (int)n[0],
             (int)n[1], (int)size, b->name);
}

static void strides_of(int which, const int64_t n[2], int64_t size, int64_t strides[2]) {
    int64_t choices[][2] = {{n[1] * size, size},
                            {size, n[0] * size},
                            {-n[1] * size, -size},
                            {2 * n[1] * size, 2 * size},
                            {size + 1, n[0] * (size + 1)},
                            {-size, n[0] * size},
                            {size, 0},
                            {-2 * size, 0}}; /* the last two only to read from */
    memcpy(strides, choices[which], sizeof choices[which]);
}

static void every_move(void **state) {
    (void)state;
    static const int64_t extents[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 40};
    enum { COUNT = sizeof extents / sizeof extents[0] };
    int count;
    const ts_backend *backends = ts_backends(&count);
    refill(RAPTORS_INT64, TS_PLAIN);
    for (int64_t i = 0; i < (int64_t)count * 2 * COUNT * COUNT * 6 * 8; i++) {
        int64_t j = i / count / 2, n[2] = {extents[j % COUNT], extents[j / COUNT % COUNT]}, to[2], from[2];
        int wide = (int)(i / count % 2);
        strides_of((int)(j / COUNT / COUNT % 6), n, ts_types[items[wide]].size, to);
        strides_of((int)(j / COUNT / COUNT / 6), n, ts_types[items[wide]].size, from);
        move_case(&backends[i % count], wide, n, to, from);
    }
}

static void widen_case(const ts_backend *b, raptors_dtype t, int64_t apart, int64_t n) {
    static buffer out, wanted;
    const char *x = inputs[0] + n % 16 * ts_types[t].size;
    make_output(&out, n % 8 * 8, (size_t)n * sizeof(double));
    make_output(&wanted, 0, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        double value = ts_read(x + i * apart * ts_types[t].size, t);
        memcpy(wanted.data + i * 8, &value, sizeof value);
    }
    b->kernels->widen[t]((double *)(void *)out.data, x, apart, n);
    compare(&out, &wanted, RAPTORS_FLOAT64, "widening", b->name);
}

static void every_widening(void **state) {
    (void)state;
    int count;
    const ts_backend *backends = ts_backends(&count);
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        refill((raptors_dtype)t, TS_WILD);
        for (int64_t i = 0; i < 2 * count * (DENSE + 1); i++)
            widen_case(&backends[i % count], (raptors_dtype)t, 1 + i / count % 2, i / count / 2);
    }
}

static int allocate_inputs(void **state) {
    (void)state;
    inputs[0] = aligned_alloc(64, ITEMS * 8 + 64);
    inputs[1] = aligned_alloc(64, ITEMS * 8 + 64);
    return !inputs[0] || !inputs[1];
}

static int free_inputs(void **state) {
    (void)state;
    free(inputs[0]);
    free(inputs[1]);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_map),           cmocka_unit_test(maps_that_go_down),
        cmocka_unit_test(every_fold_of_rows),  cmocka_unit_test(every_fold_of_long_rows),
        cmocka_unit_test(every_fold_of_runs),  cmocka_unit_test(every_fold_of_few_rows),
        cmocka_unit_test(every_fold_of_lanes), cmocka_unit_test(every_move),
        cmocka_unit_test(every_widening),
    };
    ts_print_skipped();
    return cmocka_run_group_tests(tests, allocate_inputs, free_inputs);
}
