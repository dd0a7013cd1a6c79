/* moments.h -- count, mean and sum of squared distances of one float type, reading memory once.
 * Included once for each, with the type's macros (type.h).
 * SPDX-License-Identifier: MIT
 *
 * Rows are summed, with their squares, about the mean so far rounded to the elements' type (the first ones: about a value
 * near their own), by the trees of fold.h. Each RP_BLOCK_MOMENTS rows these sums enter mean and m2, in float64, which each keep
 * what their additions lose.
 */
#define V RP_CAT(v_, RP_T)
#define F(name) RP_CAT(RP_CAT(name, _moments_), RP_T)
#define TYPE(name) RP_CAT(name##_, RP_T)

enum {
    F(halves) = RP_HALVES,
    F(line_vectors) = RP_LINE / (int)sizeof(V), /* and 64-byte vectors fill a line */
    F(lane_vectors) = RP_LANES / (int)TYPE(v_count),
    F(held_vectors) = F(lane_vectors) < 4 ? F(lane_vectors) : 4, /* whose sums do not leave the registers */
    /* read from a run's row in one go: all of it if they are held, and no less than a line */
    F(run_vectors) = F(line_vectors) > F(held_vectors) ? F(line_vectors) : F(held_vectors)
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

/* Two rows' x - about and its square, each pair added. In this order few values wait in registers for others. */
RP_INLINE void F(pair)(V *sum, V *squares, const char *x, int64_t stride, int64_t apart, int64_t k, V about) {
    V a = F(load)(x, apart, k), b = F(load)(x + stride, apart, k);
    RP_NOW(a);
    RP_NOW(b);
    a = a - about;
    b = b - about;
    *sum = a + b;
    *squares = a * a + b * b;
    RP_NOW(*sum);
    RP_NOW(*squares);
}

RP_INLINE void F(four)(V *sum, V *squares, const char *x, int64_t stride, int64_t apart, int64_t k, V about) {
    V more, more_squares;
    F(pair)(sum, squares, x, stride, apart, k, about);
    F(pair)(&more, &more_squares, x + 2 * stride, stride, apart, k, about);
    *sum = *sum + more;
    *squares = *squares + more_squares;
    RP_NOW(*sum);
    RP_NOW(*squares);
}

/* Adds a tree's x - about and its square, the last addition of squares in float64. */
RP_INLINE void F(tree)(v_f64 *sum, v_f64 *squares, const char *x, int64_t stride, int64_t apart, int64_t k,
                       V about) {
    V t, u, t2, u2;
    F(four)(&t, &u, x, stride, apart, k, about);
    F(four)(&t2, &u2, x + 4 * stride, stride, apart, k, about);
    t = t + t2;
    for (int h = 0; h < F(halves); h++) {
        sum[h] += RP_HALF(t, h);
        squares[h] += RP_HALF(u, h) + RP_HALF(u2, h);
    }
}

/* Adds x - about and its square over some rows, a tree at a time, the last rows one by one, in float64: of `vectors` vectors
   (known where this is inlined), a tree of each in turn. Where rows are apart these fill a line, as then no set of the nearest
   cache need hold more lines than those of a tree. `asked` bytes a tree are those of one stream: rp_ask_lines. */
RP_INLINE void F(block)(v_f64 *sum, v_f64 *squares, const char *x, int64_t stride, int64_t apart,
                        int64_t asked, int64_t rows, int vectors, int64_t k, const V *about) {
    const int64_t width = TYPE(v_count) * apart * (int64_t)sizeof(RP_C);
    enum { H = F(halves) };
    int64_t r = 0;
    for (; r + RP_TREE <= rows; r += RP_TREE, x += RP_TREE * stride) {
        rp_ask_lines(x, asked);
        for (int v = 0; v < vectors; v++)
            F(tree)(sum + v * H, squares + v * H, x + v * width, stride, apart, k, about[v]);
    }
    for (; r < rows; r++, x += stride)
        for (int v = 0; v < vectors; v++) {
            const V one = F(load)(x + v * width, apart, k);
            for (int h = 0; h < H; h++) {
                const v_f64 d = RP_HALF(one, h) - RP_HALF(about[v], h);
                sum[v * H + h] += d;
                squares[v * H + h] += d * d;
            }
        }
}

/* A value near the mean of the first block: equal values give exactly themselves. */
RP_INLINE V F(first_about)(const char *x, int64_t stride, int64_t apart, int64_t rows, int64_t k) {
    V first = F(load)(x, apart, k), sum = first - first;
    for (int64_t r = 1; r < rows; r++)
        sum = sum + (F(load)(x + r * stride, apart, k) - first);
    return first + sum / TYPE(v_set)((RP_C)rows);
}

/* Half a vector of columns and what is pending to them; k > 0: only so many columns. */
RP_INLINE void F(settle)(v_f64 *a, const double *state, int64_t pitch, int64_t k) {
    v_f64 all[moments_fields], mean[F(halves)];
    for (int f = 0; f < moments_fields; f++)
        all[f] = k > 0 ? v_load_part_f64(state + f * pitch, k) : v_load_f64(state + f * pitch);
    for (int h = 0; h < F(halves); h++)
        mean[h] = all[moments_mean];
    for (int f = 0; f < moments_entered; f++)
        a[f] = all[f];
    moments_enter(a, all[moments_pending], RP_HALF(F(about)(mean), 0), all[moments_sum],
                  all[moments_squares]);
    const m_f64 none = v_equal_f64(all[moments_pending], v_set_f64(0));
    for (int f = 0; f < moments_entered; f++)
        a[f] = v_select_f64(none, all[f], a[f]);
}

/* m rows enter half a vector of columns. */
RP_INLINE void F(enter)(double *state, int64_t pitch, double m, v_f64 about, v_f64 sum, v_f64 squares) {
    v_f64 a[moments_entered];
    for (int f = 0; f < moments_entered; f++)
        a[f] = v_load_f64(state + f * pitch);
    moments_enter(a, v_set_f64(m), about, sum, squares);
    for (int f = 0; f < moments_entered; f++)
        v_store_f64(state + f * pitch, a[f]);
}

/* What is pending after m rows more. */
RP_INLINE int64_t F(pending)(int64_t before, int64_t m) {
    return before + m < RP_BLOCK_MOMENTS ? before + m : 0;
}

/* m rows, RP_BLOCK at most, after those pending `before`: `vectors` vectors of columns (known where this is inlined), or k columns
   of one where k is above 0. */
RP_INLINE void F(strip)(double *state, int64_t pitch, int64_t before, const char *x, int64_t stride,
                        int64_t apart, int64_t m, int vectors, int64_t k) {
    enum { H = F(halves), N = v_count_f64, MOST = F(line_vectors) };
    double *const means = state + moments_mean * pitch;
    double *const sums = state + moments_sum * pitch, *const all_squares = state + moments_squares * pitch;
    V about[MOST];
    v_f64 sum[MOST * H], squares[MOST * H], mean[H];
    for (int v = 0; v < vectors; v++) {
        if (*state == 0 && before == 0) {
            about[v] =
                F(first_about)(x + v * TYPE(v_count) * apart * (int64_t)sizeof(RP_C), stride, apart, m, k);
            for (int h = 0; h < H; h++)
                v_store_f64(means + (v * H + h) * N, RP_HALF(about[v], h));
            continue;
        }
        for (int h = 0; h < H; h++)
            mean[h] = v_load_f64(means + (v * H + h) * N);
        about[v] = F(about)(mean);
    }
    for (int i = 0; i < vectors * H; i++) {
        sum[i] = v_load_f64(sums + i * N);
        squares[i] = v_load_f64(all_squares + i * N);
    }
    if (m == RP_BLOCK)
        F(block)(sum, squares, x, stride, apart, 0, RP_BLOCK, vectors, k, about);
    else
        F(block)(sum, squares, x, stride, apart, 0, m, vectors, k, about);
    for (int i = 0; i < vectors * H; i++) {
        if (F(pending)(before, m) == 0) {
            const v_f64 a = RP_HALF(about[i / H], i % H);
            F(enter)(state + i * N, pitch, (double)(before + m), a, sum[i], squares[i]);
            sum[i] = squares[i] = v_set_f64(0);
        }
        v_store_f64(sums + i * N, sum[i]);
        v_store_f64(all_squares + i * N, squares[i]);
    }
}

/* k columns, fewer than a vector has, or as many where the neighbour of the last must not be read. */
RP_APART void F(part)(double *state, int64_t pitch, const char *x, int64_t stride, int64_t rows, int64_t k) {
    enum { WIDTH = F(halves) * v_count_f64 };
    double part[moments_fields][WIDTH];
    memset(part, 0, sizeof part);
    for (int f = 0; f < moments_fields; f++)
        memcpy(part[f], state + f * pitch, (size_t)k * sizeof(double));
    int64_t pending = (int64_t)part[moments_pending][0];
    for (int64_t r = 0; r < rows; r += RP_BLOCK) {
        const int64_t m = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        F(strip)(part[0], WIDTH, pending, x + r * stride, stride, 1, m, 1, k);
        pending = F(pending)(pending, m);
    }
    for (int i = 0; i < WIDTH; i++)
        part[moments_pending][i] = (double)pending;
    for (int f = 0; f < moments_fields; f++)
        memcpy(state + f * pitch, part[f], (size_t)k * sizeof(double));
}

#include "rest.h"

/* m rows, RP_BLOCK at most, a line of each at a time: one column's sums need not wait for another's. */
RP_INLINE void F(strips)(double *s, int64_t pitch, int64_t before, const char *row, int64_t stride,
                         int64_t apart, int64_t m, int64_t cols) {
    const int64_t one = TYPE(v_count), line = F(line_vectors) * one, item = apart * (int64_t)sizeof(RP_C);
    const int64_t beyond = RP_BEYOND(apart);
    int64_t c = 0;
    for (; c + line + beyond <= cols; c += line)
        F(strip)(s + c, pitch, before, row + c * item, stride, apart, m, F(line_vectors), 0);
    for (; c + one + beyond <= cols; c += one)
        F(strip)(s + c, pitch, before, row + c * item, stride, apart, m, 1, 0);
    if (c < cols)
        F(rest)(s + c, pitch, row + c * item, stride, apart, m, cols - c);
}

RP_INLINE void F(fold_rows)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t rows, int64_t cols, rp_index index) {
    double *s = (double *)state + column;
    (void)index;
    (void)distance;
    int64_t pending = (int64_t)s[moments_pending * pitch];
    for (int64_t r = 0; r < rows; r += RP_BLOCK) {
        const int64_t m = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        F(strips)(s, pitch, pending, x + r * stride, stride, apart, m, cols);
        pending = F(pending)(pending, m);
    }
    for (int64_t c = 0; c < cols; c++)
        s[moments_pending * pitch + c] = (double)pending;
}

/* The mean of some elements of a run, `rows` rows of lanes or fewer than one row, rounded: of equal ones exactly themselves. */
RP_INLINE RP_C F(near_mean)(const RP_C *x, int64_t apart, int64_t rows, int64_t past) {
    enum { N = TYPE(v_count) };
    const RP_C first = *x;
    RP_C lane[RP_LANES] = {0};
    for (int64_t l = 0; rows > 0 && l < RP_LANES; l += N) {
        V sum = TYPE(v_set)(0);
        for (int64_t r = 0; r < rows; r++)
            sum = sum + (F(load)((const char *)(x + (r * RP_LANES + l) * apart), apart, RP_AT_ITS_END) -
                         TYPE(v_set)(first));
        memcpy(lane + l, &sum, sizeof sum);
    }
    for (int64_t j = 0; rows == 0 && j < past; j++)
        lane[j] = x[j * apart] - first;
    for (int64_t half = RP_LANES / 2; half; half /= 2)
        for (int64_t j = 0; j < half; j++)
            lane[j] = lane[j] + lane[j + half];
    return first + lane[0] / (RP_C)(rows > 0 ? rows * RP_LANES : past);
}

/* All lanes of both added, j and j + 8 first. */
RP_INLINE void F(join_lanes)(v_f64 *sum, v_f64 *squares, double *joined) {
    enum { N = v_count_f64 };
    double lane[2][N];
    for (int n = RP_LANES / N / 2; n; n /= 2)
        for (int i = 0; i < n; i++) {
            sum[i] = sum[i] + sum[i + n];
            squares[i] = squares[i] + squares[i + n];
        }
    memcpy(lane[0], sum, sizeof lane[0]);
    memcpy(lane[1], squares, sizeof lane[1]);
    for (int half = N / 2; half; half /= 2)
        for (int j = 0; j < half; j++) {
            lane[0][j] = lane[0][j] + lane[0][j + half];
            lane[1][j] = lane[1][j] + lane[1][j + half];
        }
    joined[0] = lane[0][0];
    joined[1] = lane[1][0];
}

/* Sums about `about` of n elements and of their squares, which go through RP_LANES lanes. */
RP_INLINE void F(sum_run)(double *joined, const RP_C *x, int64_t apart, int64_t asked, int64_t n,
                          RP_C about) {
    enum { N = TYPE(v_count), MOST = F(run_vectors), H = F(halves), ROW = RP_LANES * (int)sizeof(RP_C) };
    const int64_t rows = n / RP_LANES, past = n % RP_LANES, stride = apart * ROW;
    v_f64 sum[F(lane_vectors) * H], squares[F(lane_vectors) * H];
    V all[MOST];
    RP_C rest[RP_LANES];
    for (int v = 0; v < MOST; v++)
        all[v] = TYPE(v_set)(about);
    for (int i = 0; i < F(lane_vectors) * H; i++)
        sum[i] = squares[i] = v_set_f64(0);
    for (int v = 0; v < F(lane_vectors); v += MOST) {
        const char *from = (const char *)(x + v * N * apart);
        F(block)(sum + v * H, squares + v * H, from, stride, apart, asked, rows, MOST, RP_AT_ITS_END, all);
        asked = 0; /* for whole rows, by the first */
    }
    if (past > 0)
        TYPE(gather)(rest, x + rows * RP_LANES * apart, past, apart);
    for (int v = 0; v * N < past; v++) {
        const int64_t k = past - v * N;
        const V one = k < N ? TYPE(v_load_over)(rest + v * N, k, all[0]) : TYPE(v_load)(rest + v * N);
        for (int h = 0; h < H; h++) {
            const v_f64 d = RP_HALF(one, h) - RP_HALF(all[0], h);
            sum[v * H + h] += d;
            squares[v * H + h] += d * d;
        }
    }
    F(join_lanes)(sum, squares, joined);
}

/* A run into one column, to which nothing is pending. */
RP_INLINE void F(run)(double *state, int64_t pitch, const RP_C *x, int64_t apart, int64_t asked, int64_t n) {
    enum { MOST = RP_BLOCK_MOMENTS * RP_LANES };
    double joined[2];
    v_f64 a[moments_entered], mean[F(halves)];
    for (int f = 0; f < moments_entered; f++)
        a[f] = v_set_f64(state[f * pitch]);
    for (int64_t i = 0; i < n; i += MOST) {
        const int64_t m = n - i < MOST ? n - i : MOST, rows = m / RP_LANES;
        const RP_C *from = x + i * apart;
        RP_C about;
        if (state[moments_n * pitch] == 0 && i == 0) {
            about = F(near_mean)(from, apart, rows < RP_BLOCK ? rows : RP_BLOCK, m);
            a[moments_mean] = v_set_f64((double)about);
        } else {
            for (int h = 0; h < F(halves); h++)
                mean[h] = a[moments_mean];
            const V rounded = F(about)(mean);
            memcpy(&about, &rounded, sizeof about);
        }
        F(sum_run)(joined, from, apart, asked, m, about);
        moments_enter(a, v_set_f64((double)m), v_set_f64((double)about), v_set_f64(joined[0]),
                      v_set_f64(joined[1]));
    }
    for (int f = 0; f < moments_entered; f++)
        memcpy(state + f * pitch, &a[f], sizeof(double));
}

RP_INLINE void F(fold_runs)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t runs, int64_t n, rp_index index) {
    const int64_t asked = distance == RP_FAR ? RP_TREE * RP_LANES * apart * (int64_t)sizeof(RP_C) : 0;
    double *s = (double *)state + column;
    (void)index;
    for (int64_t j = 0; j < runs; j++)
        F(run)(s + j, pitch, (const RP_C *)(const void *)(x + j * stride), apart, asked, n);
}

static void F(merge)(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                     int64_t other_column, int64_t cols) {
    enum { N = v_count_f64 };
    for (int64_t c = 0; c < cols; c += N) {
        double *at = (double *)state + column + c;
        const int64_t k = N > 1 && cols - c < N ? cols - c : 0;
        v_f64 a[moments_fields], b[moments_entered];
        F(settle)(a, at, pitch, k);
        F(settle)(b, (const double *)other + other_column + c, other_pitch, k);
        moments_update(a, b);
        for (int f = moments_entered; f < moments_fields; f++)
            a[f] = v_set_f64(0);
        for (int f = 0; f < moments_fields; f++)
            if (k > 0)
                v_store_part_f64(at + f * pitch, a[f], k);
            else
                v_store_f64(at + f * pitch, a[f]);
    }
}

static void F(lanes)(void *state, int64_t pitch, int64_t cols) {
    for (int64_t half = RP_LANES / 2; half; half /= 2)
        F(merge)(state, pitch, 0, state, pitch, half * cols, half * cols);
}

#include "lines.h"

/* Half a vector of m2, as variances or their roots. */
RP_INLINE v_f64 F(spread)(v_f64 m2, double divisor, int root) {
    const v_f64 zero = v_set_f64(0);
    const v_f64 v = v_select_f64(v_less_f64(m2, zero), zero, m2) / v_set_f64(divisor);
    return root ? v_sqrt_f64(v) : v;
}

static void F(finish)(const void *state, int64_t pitch, int64_t column, int64_t cols, void *out,
                      int64_t out_stride, raptors_dtype dtype, double divisor, int root) {
    enum { N = v_count_f64 };
    (void)dtype;
    for (int64_t c = 0; c < cols; c += N) {
        const int64_t k = cols - c < N ? cols - c : N;
        v_f64 a[moments_entered];
        double spread[N];
        F(settle)(a, (const double *)state + column + c, pitch, k < N ? k : 0);
        const v_f64 m2 = a[moments_m2], zero = v_set_f64(0);
        const v_f64 whole = v_select_f64(v_equal_f64(m2 - m2, zero), m2 + a[moments_rest], m2);
        const v_f64 result = F(spread)(whole, divisor, root);
        memcpy(spread, &result, sizeof spread);
        for (int64_t i = 0; i < k; i++) {
            const RP_C one = (RP_C)spread[i];
            memcpy((char *)out + (c + i) * out_stride, &one, sizeof one);
        }
    }
}

/* Fewer than RP_BLOCK rows straight to results that lie one after another: what init, rows and finish give, where nothing
   came before and nothing is lost. */
static void F(shallow)(void *out, const void *x, int64_t stride, int64_t rows, int64_t cols, double divisor,
                       int root) {
    enum { N = TYPE(v_count), H = F(halves) };
    const v_f64 count = v_set_f64((double)rows), zero = v_set_f64(0);
    for (int64_t c = 0; c < cols; c += N) {
        const char *at = (const char *)x + c * (int64_t)sizeof(RP_C);
        const int64_t k = N > 1 && cols - c < N ? cols - c : 0;
        const V about = F(first_about)(at, stride, 1, rows, k);
        v_f64 sum[H], squares[H], v[H];
        for (int h = 0; h < H; h++)
            sum[h] = squares[h] = zero;
        F(block)(sum, squares, at, stride, 1, 0, rows, 1, k, &about);
        for (int h = 0; h < H; h++) {
            const v_f64 mean = RP_HALF(about, h), e = mean - mean, s = sum[h] - count * e;
            const v_f64 m2 = zero + ((squares[h] - e * (sum[h] + s)) - s * (s / count));
            v[h] = F(spread)(m2, divisor, root);
        }
        const V result = F(about)(v);
        memcpy((RP_C *)out + c, &result, (size_t)(k ? k : N) * sizeof(RP_C));
    }
}

#undef V
#undef F
#undef TYPE
