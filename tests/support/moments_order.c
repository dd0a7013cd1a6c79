/* moments_order.c -- see moments_order.h.
 * SPDX-License-Identifier: MIT
 */
#include "moments_order.h"

#include "kernels.h"

static double add_keeping(double a, double b, double *lost) {
    double sum = a + b, back = sum - a;
    *lost += (a - (sum - back)) + (b - back);
    return sum;
}

static double rounded(bool narrow, double a) {
    return narrow ? (double)(float)a : a;
}

/* What is pending enters mean and m2. */
static ts_moments settled(bool narrow, ts_moments s) {
    if (s.pending == 0)
        return s;
    double n = s.n + s.pending, e = (s.mean - rounded(narrow, s.mean)) + s.mean_lost,
           sum = s.sum - s.pending * e;
    double squares = s.squares - e * (s.sum + sum), more = sum / n;
    s.mean = add_keeping(s.mean, more, &s.mean_lost);
    s.m2 = add_keeping(s.m2, squares - sum * more, &s.m2_lost);
    s.n = n;
    s.pending = s.sum = s.squares = 0;
    return s;
}

ts_moments ts_moments_join(bool narrow, ts_moments a, ts_moments b) {
    a = settled(narrow, a);
    b = settled(narrow, b);
    if (a.n == 0 || b.n == 0)
        return a.n == 0 ? b : a;
    double n = a.n + b.n, share = b.n / n, apart = (b.mean - a.mean) + (b.mean_lost - a.mean_lost);
    a.m2_lost += b.m2_lost;
    a.mean = add_keeping(a.mean, apart * share, &a.mean_lost);
    a.m2 = add_keeping(a.m2, b.m2, &a.m2_lost);
    a.m2 = add_keeping(a.m2, apart * apart * (a.n * share), &a.m2_lost);
    a.n = n;
    return a;
}

/* Rows of one column, RP_BLOCK at most: trees, then one by one. `skip` elements from one to the next. */
static void sum_about(bool narrow, double about, const double *v, int64_t rows, int64_t skip, double *sum,
                      double *squares) {
    int64_t r = 0;
    for (; r + RP_TREE <= rows; r += RP_TREE) {
        double d[RP_TREE], q[RP_TREE];
        for (int i = 0; i < RP_TREE; i++) {
            d[i] = rounded(narrow, v[(r + i) * skip] - about);
            q[i] = rounded(narrow, d[i] * d[i]);
        }
        for (int n = RP_TREE / 2; n > 0; n /= 2)
            for (int i = 0; i < n; i++) {
                d[i] = rounded(narrow, d[2 * i] + d[2 * i + 1]);
                q[i] = n > 1 ? rounded(narrow, q[2 * i] + q[2 * i + 1]) : q[2 * i] + q[2 * i + 1];
            }
        *sum += d[0];
        *squares += q[0];
    }
    for (; r < rows; r++) {
        double d = v[r * skip] - about;
        *sum += d;
        *squares += d * d;
    }
}

ts_moments ts_moments_rows(bool narrow, ts_moments s, const double *v, int64_t n) {
    for (int64_t r = 0, rows; r < n; r += rows) {
        rows = n - r < RP_BLOCK ? n - r : RP_BLOCK;
        if (s.n == 0 && s.pending == 0) {
            double sum = 0;
            for (int64_t i = 1; i < rows; i++)
                sum = rounded(narrow, sum + rounded(narrow, v[r + i] - v[r]));
            s.mean = rounded(narrow, v[r] + rounded(narrow, sum / (double)rows));
        }
        sum_about(narrow, rounded(narrow, s.mean), v + r, rows, 1, &s.sum, &s.squares);
        s.pending += (double)rows;
        if (s.pending >= RP_BLOCK_MOMENTS)
            s = settled(narrow, s);
    }
    return s;
}

static double sum_of_lanes(bool narrow, double *lane) {
    for (int half = RP_LANES / 2; half; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] = rounded(narrow, lane[j] + lane[j + half]);
    return lane[0];
}

/* The mean of the first elements of a run. */
static double mean_nearby(bool narrow, const double *v, int64_t n) {
    double lane[RP_LANES] = {0};
    int64_t all = n < RP_LANES ? n : n / RP_LANES * RP_LANES;
    all = all < RP_BLOCK * RP_LANES ? all : RP_BLOCK * RP_LANES;
    for (int64_t i = 0; i < all; i++)
        lane[i % RP_LANES] = rounded(narrow, lane[i % RP_LANES] + rounded(narrow, v[i] - v[0]));
    return rounded(narrow, v[0] + rounded(narrow, sum_of_lanes(narrow, lane) / (double)all));
}

ts_moments ts_moments_run(bool narrow, ts_moments s, const double *v, int64_t n) {
    enum { MOST = RP_BLOCK_MOMENTS * RP_LANES };
    for (int64_t from = 0, part; from < n; from += part) {
        double sum[RP_LANES] = {0}, squares[RP_LANES] = {0};
        part = n - from < MOST ? n - from : MOST;
        s.mean = s.n == 0 ? mean_nearby(narrow, v + from, part) : s.mean;
        for (int64_t j = 0; j < RP_LANES && j < part; j++)
            sum_about(narrow, rounded(narrow, s.mean), v + from + j, part / RP_LANES, RP_LANES, &sum[j],
                      &squares[j]);
        for (int64_t j = 0, rest = part / RP_LANES * RP_LANES; rest + j < part; j++) {
            double d = v[from + rest + j] - rounded(narrow, s.mean);
            sum[j] += d;
            squares[j] += d * d;
        }
        s.pending = (double)part;
        s.sum = sum_of_lanes(false, sum);
        s.squares = sum_of_lanes(false, squares);
        s = settled(narrow, s);
    }
    return s;
}
