/* test_backends.c -- every operation of every type gives scalar's bits on every backend, by the public calls.
 * SPDX-License-Identifier: MIT
 *
 * All from the lists: a row that is added is tested without an edit here. test_kernels.c does the same on the tables.
 */
#include "check.h"

#include "everywhere.h"

#include <stdlib.h>
#include <string.h>

enum { DENSE = 257, EDGE_MAX = 64 };

static ts_prng g = {20240607};

/* ---- elementwise ------------------------------------------------------------------------------------- */

/* How the operands of a map of n elements lie. */
typedef enum arrangement {
    APART,
    IN_PLACE,
    IN_PLACE_OF_B,
    A_SCALAR,
    B_SCALAR,
    EVERY_SECOND,
    BACKWARDS,
    MIXED, /* each of another stride */
    ARRANGEMENTS
} arrangement;

static const char *const arrangement_names[ARRANGEMENTS] = {
    "apart", "in place", "in place of b", "a scalar", "b scalar", "every second", "backwards", "mixed"};

static const ts_layout layouts[ARRANGEMENTS][3] = {
    [EVERY_SECOND] = {TS_SECOND, TS_SECOND, TS_SECOND},
    [BACKWARDS] = {TS_REVERSED, TS_REVERSED, TS_REVERSED},
    [MIXED] = {TS_THIRD, TS_REVERSED, TS_SECOND},
};

static int takes_arrangement(const ts_op *op, arrangement how) {
    return op->kind == TS_MAP2 || (how != IN_PLACE_OF_B && how != B_SCALAR);
}

static double factor_for(raptors_dtype t, int64_t n) {
    return ts_types[t].is_float ? 1.0 / (double)(n % 7 + 3) : (double)(n % 7 - 3);
}

static void map_case(const ts_op *op, raptors_dtype t, int64_t n, arrangement how) {
    int64_t one = 1;
    ts_array a = ts_new(t, 1, how == A_SCALAR ? &one : &n, layouts[how][0], ts_below(&g, 64));
    ts_array b = ts_new(t, 1, how == B_SCALAR ? &one : &n, layouts[how][1], ts_below(&g, 64));
    ts_array out = ts_new(t, 1, &n, layouts[how][2], ts_below(&g, 64));
    ts_flavour flavour = (ts_flavour)(n % TS_FLAVOURS);
    ts_fill(&a.view, flavour, &g);
    ts_fill(&b.view, flavour, &g);
    ts_blank(&out.view);
    ts_trial trial = {op,
                      &a.view,
                      op->kind == TS_MAP2 ? &b.view : NULL,
                      {0, factor_for(t, n)},
                      &out,
                      arrangement_names[how]};
    if (how == IN_PLACE)
        trial.out = &a;
    if (how == IN_PLACE_OF_B)
        trial.out = &b;
    ts_same_everywhere(&trial);
    ts_free(&a);
    ts_free(&b);
    ts_free(&out);
}

/* Lengths around every boundary of the order, and around twice it, that 0 .. DENSE does not hold. */
static int edges(int64_t *lengths) {
    static const int64_t boundary[] = {RP_LANES * RP_BLOCK, RP_GATHER, RP_LANES * RP_CHUNK_ROWS, RP_CHUNK};
    int n = 0;
    for (size_t i = 0; i < sizeof boundary / sizeof boundary[0]; i++)
        for (int64_t times = 1; times <= 2; times++)
            for (int64_t off = -1; off <= 1; off++)
                if (boundary[i] * times + off > DENSE)
                    lengths[n++] = boundary[i] * times + off;
    return n;
}

static void for_map_ops(void (*visit)(const ts_op *op, raptors_dtype t)) {
    for (int i = 0; i < ts_op_count; i++)
        for (int t = 0; t < RP_TYPE_COUNT; t++)
            if (!ts_is_reduction(&ts_ops[i]) && ts_takes(&ts_ops[i], (raptors_dtype)t))
                visit(&ts_ops[i], (raptors_dtype)t);
}

static void map_lengths(const ts_op *op, raptors_dtype t) {
    static const int64_t longer[] = {1023, 1024, 1025, 4099, RP_CHUNK + 1};
    for (int how = 0; how < ARRANGEMENTS; how++)
        for (int64_t i = 0; i <= DENSE && takes_arrangement(op, (arrangement)how); i++)
            map_case(op, t, i, (arrangement)how);
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        map_case(op, t, longer[i], i % 2 ? BACKWARDS : APART);
}

static void maps_of_every_length(void **state) {
    (void)state;
    for_map_ops(map_lengths);
}

/* a (rows, 1) and b (1, cols), a whole and b a row, a a column and b whole, in every layout. */
static void broadcast_case(const ts_op *op, raptors_dtype t, const int64_t *shape, int which,
                           ts_layout layout) {
    int64_t column[2] = {shape[0], 1}, row[2] = {1, shape[1]};
    ts_array a = ts_new(t, 2, which == 1 ? shape : column, layout, 0);
    ts_array b = ts_new(t, 2, which == 2 ? shape : row, TS_C, 0);
    ts_array out = ts_new(t, 2, shape, which == 0 ? TS_F : TS_C, ts_below(&g, 64));
    ts_trial trial = {op, &a.view, op->kind == TS_MAP2 ? &b.view : NULL, {0, 3}, &out, "broadcast"};
    ts_fill(&a.view, TS_WILD, &g);
    ts_fill(&b.view, TS_WILD, &g);
    ts_blank(&out.view);
    ts_same_everywhere(&trial);
    ts_free(&a);
    ts_free(&b);
    ts_free(&out);
}

static void map_broadcasts(const ts_op *op, raptors_dtype t) {
    static const int64_t extents[] = {0, 1, 2, 3, 8, 17, 33, 65};
    enum { COUNT = sizeof extents / sizeof extents[0] };
    for (int i = 0; i < COUNT * COUNT; i++) {
        int64_t shape[2] = {extents[i / COUNT], extents[i % COUNT]};
        for (int which = 0; which < 3; which++)
            for (int layout = 0; layout < TS_LAYOUTS; layout++)
                broadcast_case(op, t, shape, which, (ts_layout)layout);
    }
}

static void maps_that_broadcast(void **state) {
    (void)state;
    for_map_ops(map_broadcasts);
}

/* ---- reductions -------------------------------------------------------------------------------------- */

static void reduce_shape(int ndim, const int64_t *shape, ts_layout layout, ts_flavour flavour) {
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        ts_array x = ts_new((raptors_dtype)t, ndim, shape, layout, ts_below(&g, 64));
        ts_fill(&x.view, flavour, &g);
        for (raptors_axes axes = 1; axes < RAPTORS_AXIS(ndim); axes++)
            ts_reduce_everywhere(&x.view, axes, ts_layout_names[layout]);
        ts_check(ts_canaries_alive(&x), "a reduction wrote beside its input");
        ts_free(&x);
    }
}

static void reductions_of_every_length(void **state) {
    (void)state;
    int64_t lengths[EDGE_MAX];
    int n = edges(lengths);
    for (int64_t i = 0; i <= DENSE; i++)
        for (int flavour = 0; flavour < TS_FLAVOURS; flavour++)
            reduce_shape(1, &i, (ts_layout)(i % TS_LAYOUTS), (ts_flavour)flavour);
    for (int i = 0; i < n; i++)
        reduce_shape(1, &lengths[i], (ts_layout)(i % TS_LAYOUTS), (ts_flavour)(i % TS_FLAVOURS));
}

/* Rows and columns around the boundaries: trees, blocks, lanes, narrow rows, short runs. */
static void reductions_of_tables(void **state) {
    (void)state;
    static const int64_t rows[] = {1,
                                   RP_TREE - 1,
                                   RP_TREE,
                                   RP_TREE + 1,
                                   RP_BLOCK,
                                   RP_BLOCK + 1,
                                   2 * RP_BLOCK + 5,
                                   RP_SHORT + 1,
                                   RP_CHUNK_ROWS - 1,
                                   RP_CHUNK_ROWS,
                                   RP_CHUNK_ROWS + 1,
                                   3 * RP_CHUNK_ROWS + 3};
    static const int64_t cols[] = {
        1,        2,           3, RP_NARROW - 1, RP_NARROW, RP_NARROW + 1, RP_LANES + 1, 33, RP_SHORT - 1,
        RP_SHORT, RP_SHORT + 1};
    enum { ROWS = sizeof rows / sizeof rows[0], COLS = sizeof cols / sizeof cols[0] };
    for (int i = 0; i < ROWS * COLS; i++) {
        int64_t shape[2] = {rows[i / COLS], cols[i % COLS]};
        for (int layout = 0; layout < TS_LAYOUTS; layout++)
            reduce_shape(2, shape, (ts_layout)layout, (ts_flavour)(i % TS_FLAVOURS));
    }
}

/* Tables whose columns, or all of whose elements, pass a chunk. */
static void reductions_of_chunks(void **state) {
    (void)state;
    static const int64_t shapes[][2] = {{RP_CHUNK + 1, 1}, {RP_CHUNK / 2 + 1, 2},   {RP_CHUNK / 3 + 2, 3},
                                        {RP_CHUNK + 7, 3}, {3, RP_CHUNK + 1},       {RP_CHUNK_ROWS + 1, 700},
                                        {1025, 129},       {700, RP_CHUNK_ROWS - 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        reduce_shape(2, shapes[i], i % 3 == 2 ? TS_REVERSED : TS_C, (ts_flavour)(i % TS_FLAVOURS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_of_every_length),       cmocka_unit_test(maps_that_broadcast),
        cmocka_unit_test(reductions_of_every_length), cmocka_unit_test(reductions_of_tables),
        cmocka_unit_test(reductions_of_chunks),
    };
    ts_print_skipped();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
