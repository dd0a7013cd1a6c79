/* test_kernels.c -- every map, move and widening of every kernel table gives the bits of scalar's, and writes nothing beside its
 * output.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include "catalog.h"
#include "faults.h"
#include "outputs.h"

#include <string.h>

/* Misaligned addresses too, though no plan hands a kernel one; a sanitizer does not like it. */
enum { UNIT = TS_SANITIZED ? 8 : 1 };

static ts_prng g = {99};

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

static void run_map(const map_case *c, const rp_kernels *k, ts_output *out) {
    ts_output_make(out, c->offset, (size_t)(c->n * ts_types[c->t].size));
    if (c->op->kind == TS_MAP2)
        k->map2[c->op->kernel][c->t](out->data, c->a, c->b, c->n, c->steps, c->how);
    else
        k->map1[c->op->kernel][c->t](out->data, c->a, c->n, c->steps.a, c->how);
}

static ts_output map_wanted, map_got;

static void check_map(const map_case *c) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    run_map(c, backends[0].kernels, &map_wanted);
    for (int i = 1; i < n; i++) {
        run_map(c, backends[i].kernels, &map_got);
        ts_output_compare(&map_got, &map_wanted, c->t, c->op->name, backends[i].name);
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
    } ways[] = {{{1, 1}, 0},          {{0, 1}, 0},
                {{1, 0}, 0},          {{1, 1}, RP_OUTER},
                {{0, 1}, RP_OUTER},   {{1, 0}, RP_OUTER},
                {{1, 1}, RP_STREAM},  {{0, 1}, RP_STREAM},
                {{1, 1}, RP_AHEAD},   {{1, 0}, RP_AHEAD | RP_STREAM},
                {{1, 0}, RP_STREAM},  {{2, 1}, 0},
                {{-1, 1}, 0},         {{1, 2}, 0},
                {{2, -1}, 0},         {{0, 2}, 0},
                {{-1, 2}, RP_STREAM}, {{3, 1}, 0},
                {{-7, 0}, 0},         {{-1, 3}, RP_STREAM},
                {{-2, 5}, 0}};
    enum { WAYS = sizeof ways / sizeof *ways };
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        ts_inputs_fill((raptors_dtype)t, TS_WILD, &g);
        for (int64_t i = 0; i < ts_op_count * (TS_DENSE + 1) * WAYS; i++) {
            const ts_op *op = &ts_ops[i % ts_op_count];
            map_case c = {.op = op, .t = (raptors_dtype)t, .n = i / ts_op_count % (TS_DENSE + 1)};
            c.steps = ways[i / ts_op_count / (TS_DENSE + 1)].steps;
            c.how = ways[i / ts_op_count / (TS_DENSE + 1)].how;
            int has_kernel = (op->kind == TS_MAP2 || op->kind == TS_MAP1) && ts_takes(op, c.t);
            if (!has_kernel)
                continue;
            c.a = first_of(ts_inputs[0], &c, c.steps.a);
            c.b = first_of(ts_inputs[1], &c, c.steps.b);
            c.offset = i / ts_op_count % 2 ? ts_below(&g, 64) / UNIT * UNIT : ts_below(&g, 8) * 8;
            check_map(&c);
        }
    }
}

/* In an input, so many bytes before the output's place in some page. */
static const char *before_output(const char *input, int64_t offset, int64_t ahead) {
    const uintptr_t page = 4096, output = (uintptr_t)(map_got.memory + TS_MARGIN + offset);
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
        ts_inputs_fill((raptors_dtype)t, TS_WILD, &g);
        for (int64_t i = 0; i < ts_op_count * (TS_DENSE + 1) * (int64_t)(sizeof ways / sizeof *ways); i++) {
            const ts_op *op = &ts_ops[i % ts_op_count];
            const int64_t way = i / ts_op_count / (TS_DENSE + 1), offset = ts_below(&g, 8) * 8;
            if ((op->kind != TS_MAP2 && op->kind != TS_MAP1) || !ts_takes(op, (raptors_dtype)t))
                continue;
            map_case c = {.op = op, .t = (raptors_dtype)t, .n = i / ts_op_count % (TS_DENSE + 1)};
            c.steps = ways[way].steps;
            c.how =
                (ts_below(&g, 2) ? RP_STREAM : 0) | (i % 2 ? RP_AHEAD : 0) | (ts_below(&g, 2) ? RP_OUTER : 0);
            c.offset = offset;
            c.a = before_output(ts_inputs[0], offset, ways[way].ahead[0]);
            c.b = before_output(ts_inputs[1], offset, ways[way].ahead[1]);
            check_map(&c);
        }
    }
}

/* ---- copies ------------------------------------------------------------------------------------------ */

static const raptors_dtype items[2] = {RAPTORS_INT32, RAPTORS_INT64};

/* An n0 x n1 plane copied between two layouts: against a loop of memcpy. */
static void move_case(const ts_backend *b, int wide, const int64_t n[2], const int64_t to[2],
                      const int64_t from[2]) {
    enum { PLANE = 40 * 40 * 3 * 8 };
    static unsigned char wanted[PLANE + 128], got[PLANE + 128];
    const char *src = ts_inputs[0] + PLANE / 2;
    size_t size = wide ? 8 : 4;
    memset(wanted, TS_CANARY, sizeof wanted);
    memset(got, TS_CANARY, sizeof got);
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
    ts_inputs_fill(RAPTORS_INT64, TS_PLAIN, &g);
    for (int64_t i = 0; i < (int64_t)count * 2 * COUNT * COUNT * 6 * 8; i++) {
        int64_t j = i / count / 2, n[2] = {extents[j % COUNT], extents[j / COUNT % COUNT]}, to[2], from[2];
        int wide = (int)(i / count % 2);
        strides_of((int)(j / COUNT / COUNT % 6), n, ts_types[items[wide]].size, to);
        strides_of((int)(j / COUNT / COUNT / 6), n, ts_types[items[wide]].size, from);
        move_case(&backends[i % count], wide, n, to, from);
    }
}

static void widen_case(const ts_backend *b, raptors_dtype t, int64_t apart, int64_t n) {
    static ts_output out, wanted;
    const char *x = ts_inputs[0] + n % 16 * ts_types[t].size;
    ts_output_make(&out, n % 8 * 8, (size_t)n * sizeof(double));
    ts_output_make(&wanted, 0, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        double value = ts_read(x + i * apart * ts_types[t].size, t);
        memcpy(wanted.data + i * 8, &value, sizeof value);
    }
    b->kernels->widen[t]((double *)(void *)out.data, x, apart, n);
    ts_output_compare(&out, &wanted, RAPTORS_FLOAT64, "widening", b->name);
}

static void every_widening(void **state) {
    (void)state;
    int count;
    const ts_backend *backends = ts_backends(&count);
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        ts_inputs_fill((raptors_dtype)t, TS_WILD, &g);
        for (int64_t i = 0; i < 2 * count * (TS_DENSE + 1); i++)
            widen_case(&backends[i % count], (raptors_dtype)t, 1 + i / count % 2, i / count / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_map), cmocka_unit_test(maps_that_go_down),
                                       cmocka_unit_test(every_move), cmocka_unit_test(every_widening)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, ts_inputs_allocate, ts_inputs_free);
}
