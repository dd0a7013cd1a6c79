/* test_accuracy.c -- no family of inputs has a greater error, in the mean or at most, than in NumPy's order of addition.
 * SPDX-License-Identifier: MIT
 *
 * labels: accuracy
 * libraries: mpfr gmp
 * Errors are taken against MPFR, in units of the type's precision times the sum of magnitudes (for products and
 * variances: times the exact result).
 */
#include "check.h"

#include "catalog.h"
#include "families.h"
#include "golden.h"
#include "numpy_order.h"
#include "values.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION = 1024, MOST_ITEMS = 1 << 18 };

static const char *const op_names[] = {"sum", "mean", "prod", "var", "std"};
enum { OPS = sizeof op_names / sizeof op_names[0] };

static void *inputs, *ours, *numpys;
static int64_t inputs_tried;

/* ---- NumPy's order of addition is what we say it is -------------------------------------------------- */

static void our_copy_of_numpys_order(void **state) {
    (void)state;
    ts_golden g = ts_golden_open("order.txt");
    int lines = 0;
    for (; ts_golden_next(&g); lines++) {
        raptors_dtype t = ts_golden_dtype(g.word[1]);
        int op = 0, family = 0, axis = atoi(ts_golden_value(&g, "axes=")) - 1;
        while (strcmp(op_names[op], g.word[0]) != 0)
            op++;
        while (strcmp(ts_family_names[family], g.word[2]) != 0)
            family++;
        char *end;
        int64_t rows = strtoll(g.word[3], &end, 10), cols = strtoll(end + 1, NULL, 10);
        int64_t results = axis ? rows : cols, shown = results < 5 ? results : 5;
        double wanted[5];
        ts_family_fill(inputs, t, (ts_family)family, 1, rows * cols);
        ts_numpy_reduce((ts_np)op, t, inputs, rows, cols, axis, numpys);
        ts_golden_values(t, g.word[g.words - 1], shown, wanted);
        ts_check(!memcmp(wanted, numpys, (size_t)(shown * ts_types[t].size)), "line %d of order.txt: %s",
                 g.line, g.word[0]);
    }
    assert_true(lines > 400);
}

/* ---- errors ------------------------------------------------------------------------------------------ */

typedef struct column {
    int64_t first, step, n; /* in items of `inputs` */
    raptors_dtype t;
} column;

static double item(const column *c, int64_t i) {
    return ts_read((char *)inputs + (c->first + i * c->step) * ts_types[c->t].size, c->t);
}

/* Sum, or sum of squares, with no rounding. */
static void exact_sum(mpfr_t sum, const column *c, int squares) {
    mpfr_t x;
    mpfr_init2(x, PRECISION);
    mpfr_set_zero(sum, 1);
    for (int64_t i = 0; i < c->n; i++) {
        mpfr_set_d(x, item(c, i), MPFR_RNDN);
        if (squares)
            mpfr_sqr(x, x, MPFR_RNDN);
        ts_check(mpfr_add(sum, sum, x, MPFR_RNDN) == 0, "the reference itself rounds");
    }
    mpfr_clear(x);
}

static void exact_variance(mpfr_t out, const column *c) {
    mpfr_t sum;
    mpfr_init2(sum, PRECISION);
    exact_sum(sum, c, 0);
    exact_sum(out, c, 1);
    mpfr_sqr(sum, sum, MPFR_RNDN);
    mpfr_div_si(sum, sum, c->n, MPFR_RNDN);
    mpfr_sub(out, out, sum, MPFR_RNDN);
    mpfr_div_si(out, out, c->n, MPFR_RNDN);
    mpfr_clear(sum);
}

static void exact_result(mpfr_t out, int op, const column *c) {
    mpfr_set_ui(out, 1, MPFR_RNDN);
    switch (op) {
    case TS_NP_SUM:
    case TS_NP_MEAN:
        exact_sum(out, c, 0);
        break;
    case TS_NP_PROD:
        for (int64_t i = 0; i < c->n; i++)
            mpfr_mul_d(out, out, item(c, i), MPFR_RNDN);
        break;
    default:
        exact_variance(out, c);
    }
    if (op == TS_NP_MEAN)
        mpfr_div_si(out, out, c->n, MPFR_RNDN);
    if (op == TS_NP_STD)
        mpfr_sqrt(out, out, MPFR_RNDN);
}

static double unit_of_error(int op, const column *c, const mpfr_t exact) {
    double epsilon = c->t == RAPTORS_FLOAT32 ? 0x1p-24 : 0x1p-53, magnitude = 0;
    if (op != TS_NP_SUM && op != TS_NP_MEAN)
        return epsilon * (fabs(mpfr_get_d(exact, MPFR_RNDN)) + 0x1p-1000);
    for (int64_t i = 0; i < c->n; i++)
        magnitude += fabs(item(c, i));
    return epsilon * magnitude / (op == TS_NP_MEAN ? (double)c->n : 1);
}

static double error_of(double result, const mpfr_t exact) {
    mpfr_t difference;
    mpfr_init2(difference, PRECISION);
    mpfr_d_sub(difference, result, exact, MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

typedef struct errors {
    double sum[2], most[2]; /* ours, NumPy's */
} errors;

static void add_errors(errors *e, int op, const column *c, int64_t result) {
    mpfr_t exact;
    mpfr_init2(exact, PRECISION);
    exact_result(exact, op, c);
    double unit = unit_of_error(op, c, exact);
    for (int who = 0; who < 2; who++) {
        double value = ts_read((char *)(who ? numpys : ours) + result * ts_types[c->t].size, c->t);
        double error = error_of(value, exact) / unit;
        e->sum[who] += error;
        e->most[who] = fmax(e->most[who], error);
    }
    mpfr_clear(exact);
}

/* A table reduced over an axis by us and in NumPy's order; at most a few of the results are looked at. */
static void measure(errors *e, int op, raptors_dtype t, ts_family family, int64_t rows, int64_t cols,
                    int axis, uint64_t seed) {
    int64_t results = axis ? rows : cols, step = results > 4 ? results / 4 : 1;
    raptors_array x = raptors_matrix(t, inputs, rows, cols), out = raptors_vector(t, ours, results);
    ts_family_fill(inputs, t, family, seed, rows * cols);
    ts_numpy_reduce((ts_np)op, t, inputs, rows, cols, axis, numpys);
    raptors_status s = ts_call(ts_find_op(op_names[op]), &x, NULL, (ts_extra){RAPTORS_AXIS(axis), 0}, &out);
    assert_int_equal(s, RAPTORS_OK);
    for (int64_t i = 0; i < results; i += step, inputs_tried++)
        add_errors(e, op, &(column){axis ? i * cols : i, axis ? 1 : cols, axis ? cols : rows, t}, i);
}

/* The length that is reduced, and how it lies. */
typedef struct layout {
    const char *name;
    int64_t others; /* the other extent */
    int axis;
} layout;

static const layout layouts[] = {
    {"a run", 1, 1}, {"axis 0 of (n, 19)", 19, 0}, {"axis 0 of (n, 3)", 3, 0}, {"axis 1", 4, 1}};

static const int64_t lengths[] = {2,   3,   5,   9,   15,  17,   31,   64,   65,   100,
                                  128, 129, 255, 257, 999, 1025, 2049, 4097, 10007};

static int above(double a, double b) {
    return a > b * (1 + 0x1p-40); /* the errors themselves are doubles */
}

static int compare_family(int op, raptors_dtype t, ts_family family, const layout *how) {
    errors e = {{0}, {0}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (int trial = 0; trial < 12 - (int)i / 2; trial++) {
            int64_t n = lengths[i];
            measure(&e, op, t, family, how->axis ? how->others : n, how->axis ? n : how->others, how->axis,
                    (uint64_t)trial << 32 | (uint64_t)n);
        }
    if (!above(e.sum[0], e.sum[1]) && !above(e.most[0], e.most[1]))
        return 0;
    print_error("%s of %s, %s, %s: mean %.3g and at most %.3g; in NumPy's order %.3g and %.3g\n",
                op_names[op], ts_types[t].name, ts_family_names[family], how->name, e.sum[0], e.most[0],
                e.sum[1], e.most[1]);
    return 1;
}

/* Products of these families stay in range. */
static int has_products(ts_family family) {
    return family == TS_ONES || family == TS_NEARLY_ONE;
}

static int compare_all(int op, raptors_dtype t) {
    int worse = 0;
    for (int family = 0; family < TS_FAMILIES; family++)
        for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
            if (op != TS_NP_PROD || has_products((ts_family)family))
                worse += compare_family(op, t, (ts_family)family, &layouts[i]);
    return worse;
}

/* Products and variances of float64 round as often as NumPy's do, in another order: neither is better for every
   family. They are printed, not judged. */
static int is_promised(int op, raptors_dtype t) {
    return t == RAPTORS_FLOAT32 || op == TS_NP_SUM || op == TS_NP_MEAN;
}

static void never_less_accurate_than_numpy(void **state) {
    (void)state;
    int worse = 0;
    inputs_tried = 0;
    for (int op = 0; op < OPS; op++)
        for (int t = RAPTORS_FLOAT32; t <= RAPTORS_FLOAT64; t++) {
            int found = compare_all(op, (raptors_dtype)t);
            worse += is_promised(op, (raptors_dtype)t) ? found : 0;
        }
    print_message("%lld inputs against MPFR and NumPy's order\n", (long long)inputs_tried);
    assert_int_equal(worse, 0);
}

/* ---- where NumPy is wrong ---------------------------------------------------------------------------- */

static void ones_beyond_2_to_the_24(void **state) {
    (void)state;
    enum { ROWS = 20000000 };
    const int64_t more = (1 << 24) + 10;
    float *x = malloc(sizeof(float) * 2 * ROWS), result[2] = {0, 0};
    assert_non_null(x);
    for (int64_t i = 0; i < 2 * ROWS; i++)
        x[i] = 1;
    raptors_array tall = raptors_matrix(RAPTORS_FLOAT32, x, ROWS, 2),
                  out = raptors_vector(RAPTORS_FLOAT32, result, 2);
    assert_int_equal(raptors_mean(&tall, RAPTORS_AXIS(0), &out), RAPTORS_OK);
    assert_true(result[0] == 1.0f && result[1] == 1.0f);
    tall.shape[0] = more;
    assert_int_equal(raptors_sum(&tall, RAPTORS_AXIS(0), &out), RAPTORS_OK);
    assert_true(result[0] == (float)more && result[1] == (float)more);
    raptors_array wide = raptors_matrix(RAPTORS_FLOAT32, x, 2, more);
    assert_int_equal(raptors_sum(&wide, RAPTORS_AXIS(1), &out), RAPTORS_OK);
    assert_true(result[0] == (float)more && result[1] == (float)more);
    free(x);
}

/* Next to 2^40, neither a block of ones nor a chunk of them would be seen by a float32 partial. A great value meets the
   others of its tree in float32, so that up to seven are lost: far less than the result's precision. */
static void ones_after_a_great_value(void **state) {
    (void)state;
    enum { ONES = 1 << 20, MOST_COLS = 19 };
    static const int64_t cols[] = {1, 2, MOST_COLS}; /* a run, narrow rows, rows */
    const float great = 0x1p40F, right = 0x1p40F + (float)ONES;
    float *x = malloc(sizeof(float) * MOST_COLS * ONES), result[MOST_COLS];
    assert_non_null(x);
    for (size_t i = 0; i < sizeof cols / sizeof *cols; i++)
        for (int axis = 0; axis < (cols[i] == 2 ? 2 : 1); axis++) {
            raptors_array in =
                raptors_matrix(RAPTORS_FLOAT32, x, axis ? cols[i] : ONES, axis ? ONES : cols[i]);
            raptors_array out = raptors_vector(RAPTORS_FLOAT32, result, cols[i]);
            for (int64_t k = 0; k < cols[i] * ONES; k++)
                x[k] = (axis ? k % ONES == 0 : k < cols[i]) ? great : 1;
            assert_int_equal(raptors_sum(&in, RAPTORS_AXIS(axis), &out), RAPTORS_OK);
            for (int64_t k = 0; k < cols[i]; k++)
                ts_check(result[k] == right, "axis %d, result %d of %d: 2^40 + %.0f", axis, (int)k,
                         (int)cols[i], (double)result[k] - 0x1p40);
        }
    free(x);
}

/* ---- means of int64 ---------------------------------------------------------------------------------- */

/* What makes sums wrap, at once or now and then, and what does not. */
static int64_t integer_of(int family, int64_t i, ts_prng *g) {
    const int64_t any = (int64_t)ts_next(g);
    switch (family) {
    case 0:
        return any;
    case 1:
        return INT64_MAX - i % 3;
    case 2:
        return INT64_MIN + i % 5;
    case 3:
        return i % 2 ? INT64_MAX : INT64_MIN;
    case 4:
        return any >> 31; /* sums about where they begin to wrap */
    default:
        return any >> 54;
    }
}
enum { INTEGER_FAMILIES = 6 };

static double mean_of_exact_sum(const int64_t *x, int64_t step, int64_t n) {
    mpfr_t sum, one;
    mpfr_inits2(PRECISION, sum, one, (mpfr_ptr)0);
    mpfr_set_zero(sum, 1);
    for (int64_t i = 0; i < n; i++) {
        mpfr_set_sj(one, x[i * step], MPFR_RNDN);
        mpfr_add(sum, sum, one, MPFR_RNDN);
    }
    const double rounded = mpfr_get_d(sum, MPFR_RNDN);
    mpfr_clears(sum, one, (mpfr_ptr)0);
    return rounded / (double)n;
}

static void check_integer_means(int64_t rows, int64_t cols, int family) {
    int64_t *x = inputs;
    double *mean = ours;
    ts_prng g = {(uint64_t)rows * 31 + (uint64_t)cols};
    for (int64_t i = 0; i < rows * cols; i++)
        x[i] = integer_of(family, i, &g);
    const raptors_array in = raptors_matrix(RAPTORS_INT64, x, rows, cols);
    for (int axis = 0; axis < 2; axis++) {
        const int64_t results = axis ? rows : cols;
        const raptors_array out = raptors_vector(RAPTORS_FLOAT64, mean, results);
        assert_int_equal(raptors_mean(&in, RAPTORS_AXIS(axis), &out), RAPTORS_OK);
        for (int64_t i = 0; i < results; i++) {
            const double right =
                mean_of_exact_sum(x + i * (axis ? cols : 1), axis ? 1 : cols, axis ? cols : rows);
            ts_check(mean[i] == right, "family %d, %d x %d, axis %d, result %d: %.17g, not %.17g", family,
                     (int)rows, (int)cols, axis, (int)i, mean[i], right);
        }
    }
}

static void means_of_int64_round_the_exact_sum_once(void **state) {
    (void)state;
    static const int64_t shapes[][2] = {{1, 1},   {7, 5},    {15, 300}, {16, 33},  {300, 3},
                                        {100, 9}, {9, 2100}, {40, 70},  {700, 80}, {131072, 2}};
    int n;
    const ts_backend *backends = ts_backends(&n);
    for (int b = 0; b < n; b++) {
        raptors_set_backend(backends[b].name);
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (int family = 0; family < INTEGER_FAMILIES; family++)
                check_integer_means(shapes[s][0], shapes[s][1], family);
    }
    raptors_set_backend("auto");
}

static int allocate(void **state) {
    (void)state;
    inputs = malloc(MOST_ITEMS * sizeof(double));
    ours = malloc(MOST_ITEMS * sizeof(double));
    numpys = malloc(MOST_ITEMS * sizeof(double));
    return !inputs || !ours || !numpys;
}

static int release(void **state) {
    (void)state;
    free(inputs);
    free(ours);
    free(numpys);
    mpfr_free_cache();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_copy_of_numpys_order), cmocka_unit_test(never_less_accurate_than_numpy),
        cmocka_unit_test(ones_beyond_2_to_the_24), cmocka_unit_test(ones_after_a_great_value),
        cmocka_unit_test(means_of_int64_round_the_exact_sum_once)};
    return cmocka_run_group_tests(tests, allocate, release);
}
