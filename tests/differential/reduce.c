/* reduce.c -- the exact results of reductions, and how far off the fixed order may be.
 * SPDX-License-Identifier: MIT
 *
 * In a sum a value goes through at most 3 additions of its own type, or of float64 where that is asked for
 * (4 where a block is short), and then through compensated or float64 ones. Near overflow and underflow
 * only NaNs are judged here; that every backend has scalar's bits is always judged.
 */
#include "reference.h"

#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

__extension__ typedef __int128 wide;

enum { PRECISION = 2400 }; /* any sum of finite float64 is exact */

/* The elements that are reduced to one output, in C order. */
typedef struct group {
    int64_t n;
    const double *real; /* floats, and integers where results are floats */
    const int64_t *whole;
    raptors_dtype in, out;
    double ddof;
} group;

static td_expect between(double low, double high) {
    return (td_expect){.kind = TD_BETWEEN, .low = low, .high = high};
}

static td_expect of_kind(td_kind kind, double value) {
    return (td_expect){.kind = kind, .low = value};
}

/* ---- facts about a group ----------------------------------------------------------------------------- */

typedef struct facts {
    int nan, plus, minus, zero; /* is there one? */
    int negative_zeros;         /* nothing else */
    double most;                /* the greatest finite magnitude */
    double total;               /* of all finite magnitudes; an upper bound */
    double logs;                /* sum of |log2 |x|| */
} facts;

static facts facts_of(const group *g) {
    facts f = {.negative_zeros = g->n > 0};
    for (int64_t i = 0; i < g->n; i++) {
        double x = g->real[i];
        f.nan |= isnan(x);
        f.plus |= x == INFINITY;
        f.minus |= x == -INFINITY;
        f.zero |= x == 0;
        f.negative_zeros &= x == 0 && signbit(x);
        if (isfinite(x)) {
            f.most = fmax(f.most, fabs(x));
            f.total += fabs(x) * (1 + 0x1p-40);
            f.logs += x == 0 ? 0 : fabs(log2(fabs(x)));
        }
    }
    return f;
}

/* The unit of rounding of the type that the first additions are made in. */
static double unit_of(const group *g) {
    return g->in == RAPTORS_FLOAT32 && g->out == RAPTORS_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

static double greatest(raptors_dtype t) {
    return t == RAPTORS_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
}

static double least(raptors_dtype t) {
    return t == RAPTORS_FLOAT32 ? (double)FLT_TRUE_MIN : DBL_TRUE_MIN;
}

/* The exact value less and more `error`, and the rounding to the output. */
static td_expect around(const group *g, const mpfr_t exact, double error) {
    mpfr_t low, high;
    mpfr_inits2(PRECISION, low, high, (mpfr_ptr)0);
    error +=
        fabs(mpfr_get_d(exact, MPFR_RNDN)) * (g->out == RAPTORS_FLOAT32 ? 0x1p-23 : 0x1p-52) + least(g->out);
    mpfr_sub_d(low, exact, error, MPFR_RNDD);
    mpfr_add_d(high, exact, error, MPFR_RNDU);
    td_expect e = between(mpfr_get_d(low, MPFR_RNDD), mpfr_get_d(high, MPFR_RNDU));
    mpfr_clears(low, high, (mpfr_ptr)0);
    return e;
}

static void exact_sum(mpfr_t sum, const group *g) {
    mpfr_set_zero(sum, 1);
    for (int64_t i = 0; i < g->n; i++)
        mpfr_add_d(sum, sum, g->real[i], MPFR_RNDN);
}

/* ---- sums and products ------------------------------------------------------------------------------- */

static td_expect sum_of(const group *g, int mean) {
    facts f = facts_of(g);
    double divisor = mean ? (double)g->n : 1;
    if (f.nan || (f.plus && f.minus) || (mean && g->n == 0))
        return of_kind(TD_NAN, 0);
    if (f.total >= greatest(g->in) / 2)
        return of_kind(TD_ANY, 0);
    if (f.plus || f.minus)
        return of_kind(TD_BITS, f.plus ? (double)INFINITY : (double)-INFINITY);
    if (f.negative_zeros || g->n == 0)
        return of_kind(TD_BITS, g->n == 0 ? 0 : -0.0);
    mpfr_t sum;
    mpfr_init2(sum, PRECISION);
    exact_sum(sum, g);
    mpfr_div_d(sum, sum, divisor, MPFR_RNDN);
    td_expect e = around(g, sum, 8 * unit_of(g) * f.total / divisor);
    mpfr_clear(sum);
    return e;
}

static td_expect product_of(const group *g) {
    facts f = facts_of(g);
    if (f.nan || (f.zero && (f.plus || f.minus)))
        return of_kind(TD_NAN, 0);
    if (f.logs > (g->in == RAPTORS_FLOAT32 ? 120 : 1000) || f.plus || f.minus)
        return of_kind(TD_ANY, 0);
    if (f.zero)
        return of_kind(TD_EQUAL, 0);
    mpfr_t product;
    mpfr_init2(product, PRECISION);
    mpfr_set_d(product, 1, MPFR_RNDN);
    for (int64_t i = 0; i < g->n; i++)
        mpfr_mul_d(product, product, g->real[i], MPFR_RNDN);
    td_expect e = around(g, product, 2 * (double)g->n * unit_of(g) * fabs(mpfr_get_d(product, MPFR_RNDN)));
    mpfr_clear(product);
    return e;
}

/* The exact result, less what does not fit in 64 bits. */
static td_expect wrapped(wide exact) {
    return (td_expect){.kind = TD_INTEGER, .integer = (int64_t)(uint64_t)exact};
}

static td_expect whole_sum(const group *g) {
    wide sum = 0;
    for (int64_t i = 0; i < g->n; i++)
        sum = sum + g->whole[i];
    return wrapped(sum);
}

static td_expect whole_product(const group *g) {
    td_expect e = wrapped(1);
    for (int64_t i = 0; i < g->n; i++)
        e = wrapped((wide)e.integer * g->whole[i]);
    return e;
}

/* ---- extremes ---------------------------------------------------------------------------------------- */

/* The first NaN, or else the first of the least (greatest). */
static int64_t extreme_of(const group *g, int greatest_wanted) {
    int64_t at = 0;
    for (int64_t i = 1; i < g->n; i++) {
        if (ts_types[g->in].is_float) {
            if (isnan(g->real[at]))
                return at;
            if (isnan(g->real[i]) || (greatest_wanted ? g->real[i] > g->real[at] : g->real[i] < g->real[at]))
                at = i;
        } else if (greatest_wanted ? g->whole[i] > g->whole[at] : g->whole[i] < g->whole[at]) {
            at = i;
        }
    }
    return at;
}

static td_expect extreme_value(const group *g, int greatest_wanted) {
    int64_t at = extreme_of(g, greatest_wanted);
    if (!ts_types[g->in].is_float)
        return (td_expect){.kind = TD_INTEGER, .integer = g->whole[at]};
    return of_kind(isnan(g->real[at]) ? TD_NAN : TD_EQUAL, g->real[at]);
}

static td_expect extreme_index(const group *g, int greatest_wanted) {
    return (td_expect){.kind = TD_INTEGER, .integer = extreme_of(g, greatest_wanted)};
}

/* ---- variance ---------------------------------------------------------------------------------------- */

/* The sum of squared distances from the mean. */
static void exact_squares(mpfr_t squares, const group *g) {
    mpfr_t mean, distance;
    mpfr_inits2(PRECISION, mean, distance, (mpfr_ptr)0);
    exact_sum(mean, g);
    mpfr_div_d(mean, mean, (double)g->n, MPFR_RNDN);
    mpfr_set_zero(squares, 1);
    for (int64_t i = 0; i < g->n; i++) {
        mpfr_d_sub(distance, g->real[i], mean, MPFR_RNDN);
        mpfr_sqr(distance, distance, MPFR_RNDN);
        mpfr_add(squares, squares, distance, MPFR_RNDN);
    }
    mpfr_clears(mean, distance, (mpfr_ptr)0);
}

static td_expect root_of(td_expect e, raptors_dtype out) {
    double more = out == RAPTORS_FLOAT32 ? 0x1p-22 : 0x1p-51;
    e.low = e.low > 0 ? sqrt(e.low) * (1 - more) : 0;
    e.high = sqrt(e.high) * (1 + more);
    return e;
}

/* Distances are taken from a mean rounded to the input's type, or from that of the elements before. */
static td_expect spread_of(const group *g, int root) {
    facts f = facts_of(g);
    double divisor = (double)g->n - g->ddof, n = (double)g->n, u = unit_of(g);
    if (f.nan || f.plus || f.minus || (g->n == 0 && !(divisor > 0)))
        return of_kind(TD_NAN, 0);
    if (g->n == 0)
        return of_kind(TD_EQUAL, 0);
    if (f.most > (g->in == RAPTORS_FLOAT32 && g->out == RAPTORS_FLOAT32 ? 0x1p50 : 0x1p400))
        return of_kind(TD_ANY, 0);
    if (divisor <= 0)
        return of_kind(TD_NOT_FINITE, 0);
    mpfr_t squares;
    mpfr_init2(squares, PRECISION);
    exact_squares(squares, g);
    double about = 4 * u * f.most;
    double error =
        64 * u * (2 + log2(n)) * (mpfr_get_d(squares, MPFR_RNDU) + n * about * about) + 4 * n * least(g->out);
    mpfr_div_d(squares, squares, divisor, MPFR_RNDN);
    td_expect e = around(g, squares, error / divisor);
    mpfr_clear(squares);
    e.low = e.low < 0 ? 0 : e.low;
    return root ? root_of(e, g->out) : e;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static td_expect expect_of(const char *name, const group *g) {
    int floats = ts_types[g->in].is_float;
    if (!strcmp(name, "sum"))
        return floats ? sum_of(g, 0) : whole_sum(g);
    if (!strcmp(name, "mean"))
        return sum_of(g, 1);
    if (!strcmp(name, "prod"))
        return floats ? product_of(g) : whole_product(g);
    if (!strcmp(name, "min") || !strcmp(name, "max"))
        return extreme_value(g, name[1] == 'a');
    if (!strcmp(name, "argmin") || !strcmp(name, "argmax"))
        return extreme_index(g, name[4] == 'a');
    if (!strcmp(name, "var") || !strcmp(name, "std"))
        return spread_of(g, name[0] == 's');
    return of_kind(TD_ANY, 0);
}

/* Sort the elements by the output they go to. */
void td_reduce(const td_case *c, td_expect *expects) {
    static double real[TD_MOST];
    static int64_t whole[TD_MOST], filled[TD_MOST];
    raptors_array place = {.ndim = c->a.ndim}; /* its strides count outputs */
    raptors_axes axes = c->extra.axes;
    int64_t outputs = 1, each = 1;
    for (int k = c->a.ndim - 1; k >= 0; k--) {
        int reduced = axes == RAPTORS_ALL_AXES || (axes & RAPTORS_AXIS(k));
        place.shape[k] = c->a.shape[k];
        place.strides[k] = reduced ? 0 : outputs;
        *(reduced ? &each : &outputs) *= c->a.shape[k];
    }
    memset(filled, 0, (size_t)outputs * sizeof *filled);
    place.data = td_arena; /* addresses to count with, never read */
    td_walk to = td_walk_of(&place, &place);
    for (td_walk w = td_walk_of(&c->a, &c->a); w.left > 0; td_next(&w), td_next(&to)) {
        int64_t o = to.at - td_arena, i = o * each + filled[o]++;
        real[i] = ts_read(w.at, c->a.dtype);
        if (c->a.dtype == RAPTORS_INT64)
            memcpy(&whole[i], w.at, sizeof whole[i]);
        else if (c->a.dtype == RAPTORS_INT32)
            whole[i] = (int64_t)real[i];
    }
    for (int64_t o = 0; o < outputs; o++) {
        group g = {each, real + o * each, whole + o * each, c->a.dtype, c->out.dtype, c->extra.number};
        expects[o] = expect_of(c->op->name, &g);
    }
}
