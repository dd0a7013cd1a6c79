/* test_order.c -- docs/reduction-order.md written a second time, one element after another, and the library held to it.
 * SPDX-License-Identifier: MIT
 *
 * Sums, means, products, min, max and var of floats on every backend. (Integers have no order; argmin and argmax show
 * none; std is the root of var.)
 */
#include "check.h"

#include "arrays.h"
#include "catalog.h"
#include "moments_order.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 16 };

static ts_prng g = {12};

/* ---- section 1: axes --------------------------------------------------------------------------------- */

typedef struct axis {
    int64_t extent, stride; /* of x: the output's strides decide nothing */
    int reduced;
} axis;

typedef struct walk {
    axis axes[MOST_AXES];
    int n;
} walk;

static void remove_axis(walk *w, int k) {
    w->n--;
    memmove(&w->axes[k], &w->axes[k + 1], (size_t)(w->n - k) * sizeof(axis));
}

static int64_t size_of(int64_t stride) {
    return stride < 0 ? -stride : stride;
}

static void sort_axes(walk *w) {
    for (int i = 1; i < w->n; i++)
        for (int k = i; k > 0 && w->axes[k - 1].stride < w->axes[k].stride; k--) {
            axis other = w->axes[k];
            w->axes[k] = w->axes[k - 1];
            w->axes[k - 1] = other;
        }
}

static walk axes_of(const raptors_array *x, raptors_axes axes) {
    walk w = {.n = 0};
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] != 1)
            w.axes[w.n++] = (axis){x->shape[k], size_of(x->strides[k]), (axes & RAPTORS_AXIS(k)) != 0};
    sort_axes(&w);
    for (int k = 0; k + 1 < w.n;) {
        axis *outer = &w.axes[k], *inner = outer + 1;
        if (outer->reduced == inner->reduced && outer->stride == inner->extent * inner->stride) {
            inner->extent *= outer->extent;
            remove_axis(&w, k);
        } else {
            k++;
        }
    }
    return w;
}

static int innermost(const walk *w, int reduced) {
    for (int k = w->n - 1; k >= 0; k--)
        if (w->axes[k].reduced == reduced)
            return k;
    return -1;
}

static axis take(walk *w, int k) {
    if (k < 0)
        return (axis){.extent = 1};
    axis a = w->axes[k];
    remove_axis(w, k);
    return a;
}

static axis take_longest_kept(walk *w) {
    int best = innermost(w, 0);
    for (int k = best; k >= 0; k--)
        if (!w->axes[k].reduced && w->axes[k].extent > w->axes[best].extent)
            best = k;
    return take(w, best);
}

/* What the pattern makes of the axes: elements along `rows` (or of whole runs along `gather`) form the pieces. */
typedef struct pattern {
    int laned, few; /* few columns */
    axis rows, gather, cols;
    int64_t piece, chunk; /* rows or runs in a piece; pieces in a chunk */
} pattern;

static pattern pattern_of(walk *w, int64_t shortest_run) {
    pattern p = {.gather = {.extent = 1}};
    const int kept = innermost(w, 0);
    const int run =
        w->n > 0 && w->axes[w->n - 1].reduced && (kept < 0 || w->axes[w->n - 1].extent >= shortest_run);
    p.rows = take(w, innermost(w, 1));
    if (run && kept < 0 && p.rows.extent < RP_GATHER / 8)
        p.gather = take(w, innermost(w, 1));
    else if (!run && kept >= 0 && w->axes[innermost(w, 0)].extent < RP_NARROW && p.rows.extent < RP_SHORT)
        p.cols = take_longest_kept(w);
    else
        p.cols = take(w, innermost(w, 0));
    if (p.cols.extent == 0)
        p.cols.extent = 1;
    p.few = !run && p.cols.extent < RP_NARROW;
    p.laned = run || (p.few && p.rows.extent >= RP_SHORT);
    if (p.gather.extent > 1) {
        p.piece = RP_GATHER / p.rows.extent;
        p.chunk = RP_CHUNK / RP_GATHER;
        return p;
    }
    int64_t most = RP_CHUNK;
    if (!run) {
        most = (RP_CHUNK + p.cols.extent - 1) / p.cols.extent;
        most = (most + RP_CHUNK_ROWS - 1) / RP_CHUNK_ROWS * RP_CHUNK_ROWS;
    }
    p.piece = p.rows.extent < most ? p.rows.extent : most;
    p.chunk = most / p.piece;
    return p;
}

/* ---- sections 2 and 3: blocks and lanes -------------------------------------------------------------- */

typedef enum folding { SUM, PROD, MIN, MAX, VAR } folding;

typedef struct arithmetic {
    folding rule;
    int narrow;      /* float32 inside a tree */
    int compensated; /* the state keeps what it loses */
    int one_by_one;  /* each row is a block */
} arithmetic;

typedef struct partial {
    double value, lost;
    ts_moments moments; /* of var in place of both */
} partial;

static double step(const arithmetic *m, double a, double b, int narrow) {
    switch (m->rule) {
    case SUM:
        return narrow ? (double)((float)a + (float)b) : a + b;
    case PROD:
        return a * b;
    case MIN:
        return a < b || isnan(a) ? a : b;
    default:
        return a > b || isnan(a) ? a : b;
    }
}

static partial empty_state(const arithmetic *m) {
    static const double starts[] = {[SUM] = -0.0, [PROD] = 1, [MIN] = INFINITY, [MAX] = -INFINITY, [VAR] = 0};
    return (partial){.value = starts[m->rule]};
}

static partial enter(const arithmetic *m, partial s, double p, double lost) {
    double sum = step(m, s.value, p, 0), back = sum - s.value;
    if (m->compensated)
        s.lost = (s.lost + lost) + ((s.value - (sum - back)) + (p - back));
    s.value = sum;
    return s;
}

static double tree(const arithmetic *m, const double *v) {
    double level[RP_TREE];
    memcpy(level, v, sizeof level);
    for (int n = RP_TREE / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            level[i] = step(m, level[2 * i], level[2 * i + 1], m->narrow);
    return level[0];
}

static partial join(const arithmetic *m, partial a, partial b) {
    if (m->rule != VAR)
        return enter(m, a, b.value, b.lost);
    a.moments = ts_moments_join(m->narrow, a.moments, b.moments);
    return a;
}

static partial fold_rows(const arithmetic *m, partial s, const double *v, int64_t n) {
    if (m->rule == VAR) {
        s.moments = ts_moments_rows(m->narrow, s.moments, v, n);
        return s;
    }
    for (int64_t i = 0; m->one_by_one && i < n; i++)
        s = enter(m, s, v[i], 0);
    for (int64_t first = 0; !m->one_by_one && first < n; first += RP_BLOCK) {
        int64_t in_block = n - first < RP_BLOCK ? n - first : RP_BLOCK, r = in_block >= RP_TREE ? RP_TREE : 1;
        double p = r == RP_TREE ? tree(m, v + first) : v[first];
        if (in_block == RP_BLOCK)
            p = step(m, p, tree(m, v + first + RP_TREE), 0);
        else
            for (; r < in_block; r++)
                p = step(m, p, v[first + r], 0);
        s = enter(m, s, p, 0);
    }
    return s;
}

static partial fold_lanes(const arithmetic *m, const double *v, int64_t n) {
    partial lane[RP_LANES];
    double *rows = malloc((size_t)(n / RP_LANES + 1) * sizeof *rows);
    assert_non_null(rows);
    for (int64_t j = 0; j < RP_LANES; j++) {
        for (int64_t r = 0; r < n / RP_LANES; r++)
            rows[r] = v[r * RP_LANES + j];
        lane[j] = fold_rows(m, empty_state(m), rows, n / RP_LANES);
        if (j < n % RP_LANES) /* the last row, shorter, is a block of its own */
            lane[j] = fold_rows(m, lane[j], &v[n - n % RP_LANES + j], 1);
    }
    free(rows);
    for (int half = RP_LANES / 2; half; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] = join(m, lane[j], lane[j + half]);
    return lane[0];
}

/* ---- section 4: chunks ------------------------------------------------------------------------------- */

/* The offset of step i through the reduced axes that are left, and i runs in their C order. */
static int64_t outer_offset(const walk *w, int64_t i) {
    int64_t offset = 0;
    for (int k = w->n - 1; k >= 0; k--)
        if (w->axes[k].reduced) {
            offset += i % w->axes[k].extent * w->axes[k].stride;
            i /= w->axes[k].extent;
        }
    return offset;
}

static int64_t outer_count(const walk *w) {
    int64_t count = 1;
    for (int k = 0; k < w->n; k++)
        count *= w->axes[k].reduced ? w->axes[k].extent : 1;
    return count;
}

static partial fold_piece(const arithmetic *m, const pattern *p, partial s, const char *x, int64_t n,
                          raptors_dtype t) {
    int64_t run = p->gather.extent > 1 ? p->rows.extent : 1;
    double *v = malloc((size_t)(n * run) * sizeof *v);
    assert_non_null(v);
    for (int64_t i = 0; i < n * run; i++)
        v[i] = ts_read(p->gather.extent > 1 ? x + i / run * p->gather.stride + i % run * p->rows.stride
                                            : x + i * p->rows.stride,
                       t);
    if (p->laned && !p->few && m->rule == VAR) {
        s.moments = ts_moments_run(m->narrow, s.moments, v, n * run);
    } else if (p->laned) {
        s = join(m, s, fold_lanes(m, v, n * run));
    } else {
        s = fold_rows(m, s, v, n);
    }
    free(v);
    return s;
}

static double fold_column(const arithmetic *m, const pattern *p, const walk *w, const char *x,
                          raptors_dtype t) {
    const axis *along = p->gather.extent > 1 ? &p->gather : &p->rows;
    partial total = empty_state(m), chunk = total;
    int64_t done = 0;
    for (int64_t outer = 0; outer < outer_count(w); outer++)
        for (int64_t r = 0; r < along->extent; r += p->piece, done++) {
            if (done && done % p->chunk == 0) {
                total = join(m, total, chunk);
                chunk = empty_state(m);
            }
            int64_t n = along->extent - r < p->piece ? along->extent - r : p->piece;
            chunk = fold_piece(m, p, chunk, x + outer_offset(w, outer) + r * along->stride, n, t);
        }
    total = join(m, total, chunk);
    if (m->rule == VAR)
        total = (partial){.value = total.moments.m2, .lost = total.moments.m2_lost};
    return total.lost == 0 || !isfinite(total.value) ? total.value : total.value + total.lost;
}

/* ---- the library ------------------------------------------------------------------------------------- */

static void put(char *p, raptors_dtype t, double value) {
    float narrow = (float)value;
    if (t == RAPTORS_FLOAT32)
        memcpy(p, &narrow, sizeof narrow);
    else
        memcpy(p, &value, sizeof value);
}

/* Where in x the elements of result i start, walked upwards; i runs over the kept axes in C order. */
static const char *elements_of(const raptors_array *x, raptors_axes axes, int64_t i) {
    const char *data = x->data;
    for (int k = x->ndim - 1; k >= 0; k--)
        if (!(axes & RAPTORS_AXIS(k))) {
            data += i % x->shape[k] * x->strides[k];
            i /= x->shape[k];
        } else if (x->strides[k] < 0) {
            data += (x->shape[k] - 1) * x->strides[k];
        }
    return data;
}

static void restate(folding rule, double divisor, const raptors_array *x, raptors_axes axes,
                    const raptors_array *out) {
    walk w = axes_of(x, axes);
    pattern p = pattern_of(&w, rule == VAR ? RP_SHORT_MOMENTS : RP_SHORT);
    raptors_dtype t = out->dtype;
    int wide = t == RAPTORS_FLOAT64;
    arithmetic m = {rule, (rule == SUM || rule == VAR) && !wide, rule == SUM && wide,
                    rule == SUM && wide && p.few};
    for (int64_t i = 0; i < ts_count(out); i++) {
        double value = fold_column(&m, &p, &w, elements_of(x, axes, i), x->dtype);
        put(ts_at(out, i), t, divisor != 1 ? value / divisor : value);
    }
}

static const struct {
    const char *op;
    folding rule;
    bool divides;
} known[] = {{.op = "sum", SUM},   {.op = "mean", SUM, .divides = true},
             {.op = "prod", PROD}, {.op = "min", MIN},
             {.op = "max", MAX},   {.op = "var", VAR, .divides = true}};

static int same_elements(const raptors_array *a, const raptors_array *b) {
    for (int64_t i = 0; i < ts_count(a); i++)
        if (memcmp(ts_at(a, i), ts_at(b, i), (size_t)ts_types[a->dtype].size))
            return 0;
    return 1;
}

static void hold_to_it(int which, const raptors_array *x, raptors_axes axes, const char *what) {
    const ts_op *op = ts_find_op(known[which].op);
    int64_t shape[RAPTORS_MAX_NDIM], count = 1;
    int ndim = ts_reduced_shape(x, axes, 0, shape), n;
    raptors_dtype results[2];
    for (int k = 0; k < x->ndim; k++)
        count *= axes & RAPTORS_AXIS(k) ? x->shape[k] : 1;
    const ts_backend *backends = ts_backends(&n);
    for (int k = ts_result_dtypes(op, x->dtype, results); k-- > 0;) {
        ts_array wanted = ts_new(results[k], ndim, shape, TS_C, 0);
        restate(known[which].rule, known[which].divides ? (double)count : 1, x, axes, &wanted.view);
        for (int i = 0; i < n; i++) {
            const ts_layout layout = (ts_layout)(ts_below(&g, TS_LAYOUTS));
            ts_array got = ts_new(results[k], ndim, shape, layout, 0);
            raptors_set_backend(backends[i].name);
            assert_int_equal(ts_call(op, x, NULL, (ts_extra){axes, 0}, &got.view), RAPTORS_OK);
            ts_check(same_elements(&wanted.view, &got.view),
                     "%s of %s to %s, %d axes of extents %d, %d, .., set %u, %s to %s: %s has another order",
                     op->name, ts_types[x->dtype].name, ts_types[results[k]].name, x->ndim, (int)x->shape[0],
                     (int)x->shape[1], (unsigned)axes, what, ts_layout_names[layout], backends[i].name);
            ts_free(&got);
        }
        ts_free(&wanted);
    }
    raptors_set_backend("auto");
}

static const struct {
    int ndim;
    int64_t extent[4];
} shapes[] = {
    {1, {1}},
    {1, {7}},
    {1, {16}},
    {1, {129}},
    {1, {273}},
    {1, {1000}},
    {1, {2049}},
    {1, {RP_CHUNK + 1}},
    {1, {4 * RP_CHUNK + 600}},
    {2, {5, 9}},
    {2, {9, 5}},
    {2, {33, 8}},
    {2, {64, 7}},
    {2, {63, 7}},
    {2, {100, 3}},
    {2, {300, 2}},
    {2, {17, 63}},
    {2, {17, 64}},
    {2, {7, 65}},
    {2, {RP_CHUNK / 2 + 77, 3}},
    {2, {RP_CHUNK + 5, 2}},
    {2, {600, 300}},
    {2, {3, RP_CHUNK + 99}},
    {2, {3, 2 * RP_CHUNK}},
    {3, {5, 6, 7}},
    {3, {70, 3, 2}},
    {3, {2, 70, 66}},
    {3, {40, 3, 50}},
    {3, {600, 2, 129}},
    {4, {3, 4, 5, 6}},
    {4, {2, 65, 3, 20}},
    {4, {9, 2, 70, 3}},
};

static void every_order_is_the_documented_one(void **state) {
    (void)state;
    int tried = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int t = RAPTORS_FLOAT32; t <= RAPTORS_FLOAT64; t++)
            for (int layout = 0; layout < TS_LAYOUTS; layout++) {
                ts_array x = ts_new((raptors_dtype)t, shapes[i].ndim, shapes[i].extent, (ts_layout)layout, 0);
                ts_flavour flavour = layout % 2 ? TS_NEAR_ONE : TS_PLAIN;
                ts_fill(&x.view, flavour, &g);
                for (raptors_axes axes = 1; axes < RAPTORS_AXIS(shapes[i].ndim); axes++)
                    for (int which = 0; which < (int)(sizeof known / sizeof known[0]); which++, tried++)
                        hold_to_it(which, &x.view, axes, ts_layout_names[layout]);
                ts_free(&x);
            }
    print_message("%d reductions in the documented order\n", tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_order_is_the_documented_one)};
    ts_print_skipped();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
