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

enum {
    F(halves) = RP_HALVES,
    F(fields) = moments_fields,
    F(line_vectors) = RP_LINE / (int)sizeof(V) /* and 64-byte vectors fill a line */
};

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
#define RP_AT(r) (F(load)(at + (r)*stride, apart, k) - about[v])
#define RP_SQUARE_AT(r) (RP_AT(r) * RP_AT(r))

/* Sums of x - about and of its square over the rows of a block, by the trees and the rest of fold.h, from zero: of as many
   vectors as a line holds (known where this is inlined), a tree of each in turn, as no set of the nearest cache need hold
   more lines than those of a tree. */
RP_INLINE void F(block)(v_f64 *sum, v_f64 *squares, const char *x, int64_t stride, int64_t apart,
                        int64_t rows, int vectors, int64_t k, const V *about) {
    const int64_t width = TYPE(v_count) * apart * (int64_t)sizeof(RP_C);
    int64_t r = 0;
    for (int i = 0; i < vectors * F(halves); i++)
        sum[i] = squares[i] = v_set_f64(0);
    for (; r + RP_TREE <= rows; r += RP_TREE)
        for (int v = 0; v < vectors; v++) {
            const char *at = x + r * stride + v * width;
            V t = RP_TREE_OF(RP_AT), u = RP_TREE_OF(RP_SQUARE_AT);
            for (int h = 0; h < F(halves); h++) {
                sum[v * F(halves) + h] += RP_HALF(t, h);
                squares[v * F(halves) + h] += RP_HALF(u, h);
            }
        }
    for (; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            const char *at = x + r * stride + v * width;
            V d = RP_AT(0);
            for (int h = 0; h < F(halves); h++) {
                sum[v * F(halves) + h] += RP_HALF(d, h);
                squares[v * F(halves) + h] += RP_HALF(d * d, h);
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

/* A block of m values, its sums about `about`, into the state of half a vector of columns. */
RP_INLINE void F(enter)(double *state, int64_t pitch, double m, v_f64 about, v_f64 sum, v_f64 squares) {
    const double n = *state;
    const v_f64 count = v_set_f64(m), total = v_set_f64(n + m);
    v_f64 mean = n > 0 ? v_load_f64(state + moments_mean * pitch) : about;
    v_f64 low = v_load_f64(state + moments_low * pitch), m2 = v_load_f64(state + moments_m2 * pitch);
    v_f64 rest = v_load_f64(state + moments_rest * pitch);
    const v_f64 e = (mean - about) + low, s = sum - count * e;
    const v_f64 q = squares - e * (sum + s);
    mean = two_sum(mean, s / total, &low);
    m2 = two_sum(m2, q - s * (s / total), &rest);
    v_store_f64(state + moments_n * pitch, total);
    v_store_f64(state + moments_mean * pitch, mean);
    v_store_f64(state + moments_low * pitch, low);
    v_store_f64(state + moments_m2 * pitch, m2);
    v_store_f64(state + moments_rest * pitch, rest);
}

/* A block of m rows: `vectors` vectors of columns (known where this is inlined), or k columns of one where k is above 0. */
RP_INLINE void F(strip)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t apart, int64_t m,
                        int vectors, int64_t k) {
    enum { H = F(halves), N = v_count_f64, MOST = F(line_vectors) };
    V about[MOST];
    v_f64 sum[MOST * H], squares[MOST * H], mean[H];
    for (int v = 0; v < vectors; v++) {
        const double *means = state + moments_mean * pitch + v * H * N;
        for (int h = 0; h < H; h++)
            mean[h] = v_load_f64(means + h * N);
        about[v] = *state > 0 ? F(about)(mean)
                              : F(first_about)(x + v * TYPE(v_count) * apart * (int64_t)sizeof(RP_C), stride,
                                               apart, m, k);
    }
    if (m == RP_BLOCK)
        F(block)(sum, squares, x, stride, apart, RP_BLOCK, vectors, k, about);
    else
        F(block)(sum, squares, x, stride, apart, m, vectors, k, about);
    for (int i = 0; i < vectors * H; i++)
        F(enter)(state + i * N, pitch, (double)m, RP_HALF(about[i / H], i % H), sum[i], squares[i]);
}

/* k columns, fewer than a vector has, or as many where the neighbour of the last must not be read. */
RP_APART void F(part)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t rows, int64_t k) {
    enum { WIDTH = F(halves) * v_count_f64 };
    double part[F(fields)][WIDTH];
    memset(part, 0, sizeof part);
    for (int f = 0; f < F(fields); f++)
        memcpy(part[f], state + f * pitch, (size_t)k * sizeof(double));
    for (int64_t r = 0; r < rows; r += RP_BLOCK)
        F(strip)(part[0], WIDTH, x + r * stride, stride, 1, rows - r < RP_BLOCK ? rows - r : RP_BLOCK, 1, k);
    for (int f = 0; f < F(fields); f++)
        memcpy(state + f * pitch, part[f], (size_t)k * sizeof(double));
}

#include "rest.h"

/* A block of m rows, a line of each at a time: one column's sums need not wait for another's. Of a run (RP_OF_A_RUN as k)
   nothing behind the last element is read. */
RP_INLINE void F(strips)(double *s, int64_t pitch, const char *row, int64_t stride, int64_t apart, int64_t m,
                         int64_t cols, int64_t k) {
    const int64_t one = TYPE(v_count), line = F(line_vectors) * one, item = apart * (int64_t)sizeof(RP_C);
    const int64_t beyond = k == RP_OF_A_RUN ? 0 : RP_BEYOND(apart);
    int64_t c = 0;
    for (; c + line + beyond <= cols; c += line)
        F(strip)(s + c, pitch, row + c * item, stride, apart, m, F(line_vectors), k);
    for (; c + one + beyond <= cols; c += one)
        F(strip)(s + c, pitch, row + c * item, stride, apart, m, 1, k);
    if (c < cols)
        F(rest)(s + c, pitch, row + c * item, stride, apart, m, cols - c);
}

RP_INLINE void F(fold_rows)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t rows, int64_t cols, rp_index index) {
    double *s = (double *)state + column;
    (void)index;
    (void)distance;
    for (int64_t r = 0; r < rows; r += RP_BLOCK) {
        const int64_t m = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        F(strips)(s, pitch, x + r * stride, stride, apart, m, cols, 0);
    }
}

RP_INLINE void F(run)(double *lane, const RP_C *x, int64_t apart, int64_t n) {
    enum { ROW = RP_LANES * (int)sizeof(RP_C), N = TYPE(v_count) };
    const int64_t rows = n / RP_LANES, past = n % RP_LANES;
    const RP_C *rest = x + rows * apart * RP_LANES;
    RP_C last[RP_LANES];
    moments_fill(lane, RP_LANES, RP_LANES);
    for (int64_t r = 0; r < rows; r += RP_BLOCK) {
        const int64_t m = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        const char *row = (const char *)(x + r * apart * RP_LANES);
        F(strips)(lane, RP_LANES, row, apart * ROW, apart, m, RP_LANES, RP_OF_A_RUN);
    }
    if (past && apart > 1) {
        TYPE(gather)(last, rest, past, apart);
        rest = last;
    }
    for (int64_t c = 0; c < past; c += N)
        if (past - c < N)
            F(part)(lane + c, RP_LANES, (const char *)(rest + c), ROW, 1, past - c);
        else
            F(strip)(lane + c, RP_LANES, (const char *)(rest + c), ROW, 1, 1, 1, 0);
    moments_join(lane, RP_LANES, lane + 8, RP_LANES, 8);
    moments_join(lane, RP_LANES, lane + 4, RP_LANES, 4);
    moments_join(lane, RP_LANES, lane + 2, RP_LANES, 2);
    moments_join(lane, RP_LANES, lane + 1, RP_LANES, 1);
}

RP_INLINE void F(fold_runs)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t runs, int64_t n, rp_index index) {
    double lane[F(fields) * RP_LANES];
    (void)index;
    (void)distance;
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
        F(block)(sum, squares, at, stride, 1, rows, 1, k, &about);
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
