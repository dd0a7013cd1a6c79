/* moments.h -- count, mean and sum of squared distances of one float type, reading memory once.
 * Included once for each, with the type's macros (type.h).
 * SPDX-License-Identifier: MIT
 *
 * Blocks of RP_BLOCK rows, as in fold.h. A block is summed, with its squares, about the mean so far rounded to the
 * elements' type (of the first block: about its own), by the same trees, and enters the state by the update of Chan,
 * Golub and LeVeque (1979), in float64: for a block of m values with s = sum(x - mean), q = sum((x - mean)^2),
 * mean' = mean + s / n', m2' = m2 + q - s^2 / n'. Mean and m2 each keep what their additions lose.
 */
#define V RP_CAT(v_, RP_T)
#define F(name) RP_CAT(RP_CAT(name, _moments_), RP_T)
#define TYPE(name) RP_CAT(name##_, RP_T)

enum { F(halves) = RP_HALVES, F(fields) = moments_fields };

RP_INLINE V F(load)(const char *x, int64_t apart, int64_t k) {
    const RP_C *p = (const RP_C *)(const void *)x;
    return k > 0 ? TYPE(v_load_part)(p, k) : k < 0 ? TYPE(load_end)(p, apart) : TYPE(load_apart)(p, apart);
}

/* The mean, a whole vector of columns, rounded to the elements' type. */
RP_INLINE V F(about)(const v_f64 *mean) {
#if RP_IS_NARROW
    return RP_CAT(v_narrow_, RP_T)(mean);
#else
    return *mean;
#endif
}

#define RP_TREE_OF(at) (((at(0) + at(1)) + (at(2) + at(3))) + ((at(4) + at(5)) + (at(6) + at(7))))
#define RP_AT(r) (F(load)(x + (r)*stride, apart, k) - about)
#define RP_SQUARE_AT(r) (RP_AT(r) * RP_AT(r))

/* Sums of x - about and of its square over the rows of a block, by the trees and the rest of fold.h, from zero. */
RP_INLINE void F(block)(v_f64 *sum, v_f64 *squares, const char *x, int64_t stride, int64_t apart,
                        int64_t rows, int64_t k, V about) {
    int64_t r = 0;
    for (int h = 0; h < F(halves); h++)
        sum[h] = squares[h] = v_set_f64(0);
    for (; r + RP_TREE <= rows; r += RP_TREE, x += RP_TREE * stride) {
        V t = RP_TREE_OF(RP_AT), u = RP_TREE_OF(RP_SQUARE_AT);
        for (int h = 0; h < F(halves); h++) {
            sum[h] = sum[h] + RP_HALF(t, h);
            squares[h] = squares[h] + RP_HALF(u, h);
        }
    }
    for (; r < rows; r++, x += stride) {
        V d = RP_AT(0);
        for (int h = 0; h < F(halves); h++) {
            sum[h] = sum[h] + RP_HALF(d, h);
            squares[h] = squares[h] + RP_HALF(d * d, h);
        }
    }
}
#undef RP_TREE_OF
#undef RP_AT
#undef RP_SQUARE_AT

/* A value near the mean of the first block: equal values give exactly themselves. */
RP_INLINE V F(first_about)(const char *x, int64_t stride, int64_t apart, int64_t rows, int64_t k) {
    V first = F(load)(x, apart, k), sum = first - first;
    for (int64_t r = 1; r < rows; r++)
        sum = sum + (F(load)(x + r * stride, apart, k) - first);
    return first + sum / TYPE(v_set)((RP_C)rows);
}

/* One vector of columns, or k columns where k is above 0. */
RP_INLINE void F(strip)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t apart,
                        int64_t rows, int64_t k) {
    enum { H = F(halves), N = v_count_f64 };
    double part[F(fields)][H * N], *first = state, n = state[0];
    const int64_t step = k > 0 ? H * N : pitch;
    v_f64 mean[H], low[H], m2[H], rest[H];
    if (k > 0) {
        memset(part, 0, sizeof part);
        for (int f = 0; f < F(fields); f++)
            memcpy(part[f], state + f * pitch, (size_t)k * sizeof(double));
        first = part[0];
    }
    for (int h = 0; h < H; h++) {
        mean[h] = v_load_f64(first + moments_mean * step + h * N);
        low[h] = v_load_f64(first + moments_low * step + h * N);
        m2[h] = v_load_f64(first + moments_m2 * step + h * N);
        rest[h] = v_load_f64(first + moments_rest * step + h * N);
    }
    for (int64_t r = 0; r < rows; r += RP_BLOCK, x += RP_BLOCK * stride) {
        const int64_t m = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        v_f64 sum[H], squares[H];
        V about = n > 0 ? F(about)(mean) : F(first_about)(x, stride, apart, m, k);
        if (m == RP_BLOCK)
            F(block)(sum, squares, x, stride, apart, RP_BLOCK, k, about);
        else
            F(block)(sum, squares, x, stride, apart, m, k, about);
        const v_f64 count = v_set_f64((double)m), total = v_set_f64(n + (double)m);
        for (int h = 0; h < H; h++) {
            if (n == 0)
                mean[h] = RP_HALF(about, h);
            v_f64 e = (mean[h] - RP_HALF(about, h)) + low[h], s = sum[h] - count * e;
            v_f64 q = squares[h] - e * (sum[h] + s);
            mean[h] = two_sum(mean[h], s / total, &low[h]);
            m2[h] = two_sum(m2[h], q - s * (s / total), &rest[h]);
        }
        n += (double)m;
    }
    for (int h = 0; h < H; h++) {
        v_store_f64(first + moments_n * step + h * N, v_set_f64(n));
        v_store_f64(first + moments_mean * step + h * N, mean[h]);
        v_store_f64(first + moments_low * step + h * N, low[h]);
        v_store_f64(first + moments_m2 * step + h * N, m2[h]);
        v_store_f64(first + moments_rest * step + h * N, rest[h]);
    }
    for (int f = 0; k > 0 && f < F(fields); f++)
        memcpy(state + f * pitch, part[f], (size_t)k * sizeof(double));
}

RP_APART void F(one)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t rows) {
    F(strip)(state, pitch, x, stride, 1, rows, 0);
}

RP_APART void F(part)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t rows, int64_t k) {
    F(strip)(state, pitch, x, stride, 1, rows, k);
}

#include "rest.h"

RP_INLINE void F(fold_rows)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, bool near, int64_t rows, int64_t cols, rp_index index) {
    const int64_t item = apart * (int64_t)sizeof(RP_C), pass = rp_rows_in_l1(cols * item);
    double *s = (double *)state + column;
    (void)index;
    (void)near;
    for (int64_t r = 0; r < rows; r += pass) {
        const char *row = x + r * stride;
        const int64_t n = rows - r < pass ? rows - r : pass;
        int64_t c = 0;
        for (; c + TYPE(v_count) + RP_BEYOND(apart) <= cols; c += TYPE(v_count)) {
            if (apart == 1)
                F(one)(s + c, pitch, row + c * item, stride, n);
            else
                F(strip)(s + c, pitch, row + c * item, stride, apart, n, 0);
        }
        if (c < cols)
            F(rest)(s + c, pitch, row + c * item, stride, apart, n, cols - c);
    }
}

RP_INLINE void F(run)(double *lane, const RP_C *x, int64_t apart, int64_t n) {
    enum { ROW = RP_LANES * (int)sizeof(RP_C), N = TYPE(v_count) };
    const int64_t rows = n / RP_LANES, past = n % RP_LANES;
    const RP_C *rest = x + rows * apart * RP_LANES;
    RP_C last[RP_LANES];
    moments_fill(lane, RP_LANES, RP_LANES);
    for (int64_t c = 0; rows && c < RP_LANES; c += N) {
        const char *at = (const char *)(x + c * apart);
        if (apart == 1)
            F(one)(lane + c, RP_LANES, at, ROW, rows);
        else
            F(strip)(lane + c, RP_LANES, at, apart * ROW, apart, rows, RP_OF_A_RUN);
    }
    if (past && apart > 1) {
        TYPE(gather)(last, rest, past, apart);
        rest = last;
    }
    for (int64_t c = 0; c < past; c += N) {
        const char *at = (const char *)(rest + c);
        if (past - c < N)
            F(part)(lane + c, RP_LANES, at, ROW, 1, past - c);
        else
            F(one)(lane + c, RP_LANES, at, ROW, 1);
    }
    moments_join(lane, RP_LANES, lane + 8, RP_LANES, 8);
    moments_join(lane, RP_LANES, lane + 4, RP_LANES, 4);
    moments_join(lane, RP_LANES, lane + 2, RP_LANES, 2);
    moments_join(lane, RP_LANES, lane + 1, RP_LANES, 1);
}

RP_INLINE void F(fold_runs)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, bool near, int64_t runs, int64_t n, rp_index index) {
    double lane[F(fields) * RP_LANES];
    (void)index;
    (void)near;
    for (int64_t j = 0; j < runs; j++) {
        F(run)(lane, (const RP_C *)(const void *)(x + j * stride), apart, n);
        moments_join((double *)state + column + j, pitch, lane, RP_LANES, 1);
    }
}

#include "lines.h"

static void F(finish)(const void *state, int64_t pitch, int64_t column, int64_t cols, void *out,
                      int64_t out_stride, raptors_dtype dtype, double divisor, int root) {
    const double *m2 = (const double *)state + moments_m2 * pitch + column, *rest = m2 + pitch;
    (void)dtype;
    for (int64_t i = 0; i < cols; i++) {
        double v = m2[i] - m2[i] == 0 ? m2[i] + rest[i] : m2[i];
        v = (v < 0 ? 0 : v) / divisor;
        RP_C result = (RP_C)(root ? sqrt(v) : v);
        memcpy((char *)out + i * out_stride, &result, sizeof result);
    }
}

/* Fewer than RP_BLOCK rows straight to results that lie one after another: what init, rows and finish give, where nothing
   came before and nothing is lost. */
static void F(shallow)(void *out, const void *x, int64_t stride, int64_t rows, int64_t cols, double divisor,
                       int root) {
    enum { N = TYPE(v_count), H = F(halves) };
    const v_f64 count = v_set_f64((double)rows), by = v_set_f64(divisor), zero = v_set_f64(0);
    for (int64_t c = 0; c < cols; c += N) {
        const char *at = (const char *)x + c * (int64_t)sizeof(RP_C);
        const int64_t k = N > 1 && cols - c < N ? cols - c : 0;
        const V about = F(first_about)(at, stride, 1, rows, k);
        v_f64 sum[H], squares[H], v[H];
        F(block)(sum, squares, at, stride, 1, rows, k, about);
        for (int h = 0; h < H; h++) {
            const v_f64 mean = RP_HALF(about, h), e = mean - mean, s = sum[h] - count * e;
            const v_f64 m2 = zero + ((squares[h] - e * (sum[h] + s)) - s * (s / count));
            v[h] = v_select_f64(v_less_f64(m2, zero), zero, m2) / by;
            if (root)
                v[h] = v_sqrt_f64(v[h]);
        }
        const V result = F(about)(v);
        memcpy((RP_C *)out + c, &result, (size_t)(k ? k : N) * sizeof(RP_C));
    }
}

#undef V
#undef F
#undef TYPE
