/* fold.h -- one fold of one type: sum, total, prod, min or max. Included once for each, with the type's macros (type.h) and
 *   RP_FOLD_OP    sum ..
 *   RP_W, RP_WC   suffix and C type of the state
 *   RP_STEP(a, b), RP_STEP_ONE(a, b)   one step on vectors and on elements of the state's type
 *   RP_STEP_IN(a, b)   the same on vectors of elements
 *   RP_START      the empty state
 *   RP_LIFT       0: elements are of the state's type; 1: widened first; 2: widened after each tree
 *   RP_COMPENSATED  1: the state keeps what its additions lost (Knuth's two-sum), and gives it back at the end
 *   RP_EXACT      1: the state sums the elements, wrapping, and their upper halves beside: together the sum in 128 bits
 * SPDX-License-Identifier: MIT
 *
 * The order, for each column: blocks of RP_BLOCK rows from the first row of the call; in a block two trees of
 * RP_TREE rows, ((0+1)+(2+3))+((4+5)+(6+7)), then one added to the other, and the result to the state. A last
 * block that is short takes a tree if it can, then its other rows one by one. An exact sum has no order.
 */
#define V RP_CAT(v_, RP_T)
#define W RP_CAT(v_, RP_W)
#define F(name) RP_CAT(RP_CAT(name##_, RP_FOLD_OP), RP_CAT(_, RP_T))
#define TYPE(name) RP_CAT(name##_, RP_T)
#define WIDE(name) RP_CAT(name##_, RP_W)

enum {
    F(halves) = RP_LIFT ? v_halves : 1,
    F(fields) = RP_COMPENSATED || RP_EXACT ? 2 : 1,
    F(parts) = RP_EXACT ? 2 : 1, /* of an element that enter the state, each its own field */
    F(lane_vectors) = RP_LANES / (int)TYPE(v_count),
    /* read from a row in one go: as many as registers hold a tree of */
    F(strip_vectors) = RP_LIFT == 1 ? RP_REGISTERS / 16 : 4,
    F(most_vectors) = F(lane_vectors) > F(strip_vectors) ? F(lane_vectors) : F(strip_vectors),
    F(line_vectors) = RP_LINE / (int)sizeof(V),
    F(sweep_vectors) = F(line_vectors) < F(strip_vectors) ? F(line_vectors) : F(strip_vectors),
    F(terms) = RP_LIFT == 1 ? F(halves) : F(parts),      /* of a vector, where steps are taken */
    F(made) = F(halves) * F(parts),                      /* of a vector, in the state's type */
    F(sweep) = RP_SWEEP / (F(terms) * (int)sizeof(RP_C)) /* columns of a sweep */
};

/* What steps are taken on inside a block: the state's type where elements are widened first. */
#if RP_LIFT == 1
#define E RP_CAT(v_, RP_W)
#define RP_TERM(a, b) RP_STEP(a, b)
#else
#define E V
#define RP_TERM(a, b) RP_STEP_IN(a, b)
#endif

#include "trees.h"

/* The parts of a vector into the fields of the state. */
RP_INLINE void F(enter)(W *s, W *lost, const W *p) {
#if RP_COMPENSATED
    W sum = *s + *p, back = sum - *s;
    *lost = *lost + ((*s - (sum - back)) + (*p - back));
    *s = sum;
#else
    if (F(parts) > 1)
        *lost = RP_STEP(*lost, p[1]);
    *s = RP_STEP(*s, *p);
#endif
}

/* `vectors` vectors of columns (known where this is inlined), or k columns where k is above 0. `asked` bytes a block are
   those of one stream: rp_ask_lines. */
RP_INLINE void F(strip)(RP_WC *state, int64_t pitch, const char *x, int64_t stride, int64_t apart,
                        int64_t asked, int64_t rows, int vectors, int64_t k) {
    enum { MOST = F(most_vectors), H = F(halves), N = WIDE(v_count) };
    W s[MOST * H], lost[MOST * H], p[MOST * F(made)];
    RP_WC part[2][H * N];
    RP_WC *sums = state, *rests = state + (F(fields) - 1) * pitch;
    int64_t r = 0;
    if (k > 0) {
        memset(part, 0, sizeof part);
        memcpy(part[0], sums, (size_t)k * sizeof(RP_WC));
        memcpy(part[1], rests, (size_t)k * sizeof(RP_WC));
        sums = part[0];
        rests = part[1];
    }
    for (int i = 0; i < vectors * H; i++) {
        s[i] = WIDE(v_load)(sums + i * N);
        lost[i] = WIDE(v_load)(rests + i * N);
    }
    for (; r < rows; r += RP_BLOCK, x += RP_BLOCK * stride) {
        rp_ask_lines(x, asked);
        if (r + RP_BLOCK <= rows)
            F(whole_block)(p, x, stride, apart, vectors, k);
        else
            F(last_block)(p, x, stride, apart, rows - r, vectors, k);
        for (int i = 0; i < vectors * H; i++)
            F(enter)(&s[i], &lost[i], p + i * F(parts));
    }
    for (int i = 0; i < vectors * H; i++) {
        if (F(fields) > 1)
            WIDE(v_store)(rests + i * N, lost[i]);
        WIDE(v_store)(sums + i * N, s[i]);
    }
    if (k > 0) {
        memcpy(state + (F(fields) - 1) * pitch, part[1], (size_t)k * sizeof(RP_WC));
        memcpy(state, part[0], (size_t)k * sizeof(RP_WC));
    }
}

RP_INLINE void F(fill)(RP_WC *state, int64_t pitch, int64_t cols) {
    for (int64_t i = 0; i < cols; i++) {
        if (F(fields) > 1)
            state[pitch + i] = 0;
        state[i] = RP_START;
    }
}

static void F(init)(void *state, int64_t pitch, int64_t cols, int64_t index) {
    (void)index;
    F(fill)(state, pitch, cols);
}

/* The first `asked` bytes of n rows, asked for while others are read: hardware that fetches ahead stops at a page's end, and
   each of these rows would wait for memory anew. `offset` bytes into them; behind the last row this is no fault. */
RP_INLINE void F(ask)(const char *x, int64_t row, int64_t n, int64_t stride, int64_t offset, int64_t asked) {
    for (int64_t r = row; offset < asked && r < row + n; r++)
        __builtin_prefetch((const void *)((uintptr_t)x + (uintptr_t)(r * stride + offset)), 0, 2);
}

/* One block of rows so long that no more than a block of them is near: no more than a line of each in turn, or some lose
   theirs before all of it is read. */
RP_INLINE void F(sweep_rows)(RP_WC *state, int64_t pitch, const char *x, int64_t stride, int64_t apart,
                             int64_t asked, int64_t cols) {
    const int64_t item = apart * (int64_t)sizeof(RP_C);
    for (int64_t c = 0; c < cols; c += F(sweep_vectors) * TYPE(v_count)) {
        F(ask)(x, RP_BLOCK, RP_BLOCK, stride, c * item, asked);
        F(strip)(state + c, pitch, x + c * item, stride, apart, 0, RP_BLOCK, F(sweep_vectors), 0);
    }
}

/* The same, where one set of the nearest cache holds no line of each row: a tree in a sweep, in the same order. The first
   tree's sums are kept three quarters of RP_ALIAS behind the columns they are of: loads wait for stores whose addresses
   differ from theirs by a multiple of it. */
RP_INLINE void F(sweep_trees)(RP_WC *state, int64_t pitch, const char *x, int64_t stride, int64_t apart,
                              int64_t asked, int64_t cols) {
    const int64_t item = apart * (int64_t)sizeof(RP_C);
    enum {
        VECTORS = F(sweep_vectors),
        WIDTH = VECTORS * (int)TYPE(v_count),
        STEP = VECTORS * F(terms),
        H = F(halves)
    };
    E room[F(sweep) / WIDTH * STEP + RP_ALIAS / (int)sizeof(E)], second[STEP];
    E *first = room + ((uintptr_t)x + 3 * RP_ALIAS / 4 - (uintptr_t)room) % RP_ALIAS / sizeof(E);
    for (int64_t c = 0; c < cols; c += WIDTH) {
        F(ask)(x, RP_TREE, RP_TREE, stride, c * item, asked);
        F(tree)(first + c / WIDTH * STEP, x + c * item, stride, apart, VECTORS, 0);
    }
    for (int64_t c = 0; c < cols; c += WIDTH) {
        W p[VECTORS * F(made)], q[VECTORS * F(made)];
        F(ask)(x, RP_BLOCK, RP_TREE, stride, c * item, asked);
        F(tree)(second, x + RP_TREE * stride + c * item, stride, apart, VECTORS, 0);
        F(lift)(p, first + c / WIDTH * STEP, VECTORS);
        F(lift)(q, second, VECTORS);
        for (int i = 0; i < VECTORS * F(made); i++)
            p[i] = RP_STEP(p[i], q[i]);
        for (int i = 0; i < VECTORS * H; i++) {
            RP_WC *at = state + c + i * (int)WIDE(v_count);
            W s = WIDE(v_load)(at), lost = WIDE(v_load)(at + (F(fields) - 1) * pitch);
            F(enter)(&s, &lost, p + i * F(parts));
            if (F(fields) > 1)
                WIDE(v_store)(at + pitch, lost);
            WIDE(v_store)(at, s);
        }
    }
}

/* k columns, fewer than a vector has, or as many where the neighbour of the last must not be read. */
RP_APART void F(part)(RP_WC *state, int64_t pitch, const char *x, int64_t stride, int64_t rows, int64_t k) {
    F(strip)(state, pitch, x, stride, 1, 0, rows, 1, k);
}

#include "rest.h"

/* Columns from c on: in strips, in vectors, and what is left. */
RP_INLINE void F(strips)(RP_WC *s, int64_t pitch, const char *row, int64_t stride, int64_t apart,
                         int64_t rows, int64_t c, int64_t cols) {
    const int64_t wide = F(strip_vectors) * TYPE(v_count), one = TYPE(v_count),
                  item = apart * (int64_t)sizeof(RP_C);
    for (; apart == 1 && c + wide <= cols; c += wide)
        F(strip)(s + c, pitch, row + c * item, stride, 1, 0, rows, F(strip_vectors), 0);
    for (; c + one + RP_BEYOND(apart) <= cols; c += one)
        F(strip)(s + c, pitch, row + c * item, stride, apart, 0, rows, 1, 0);
    if (c < cols)
        F(rest)(s + c, pitch, row + c * item, stride, apart, rows, cols - c);
}

/* A tree in a sweep also where 16 registers cannot hold what two trees are made of: both at once take 1.05 to 1.4 of the time
   on a Zen 3. Where elements are widened, one tree's sums are a detour; and with 32 registers both at once are the faster. */
RP_INLINE void F(sweeps)(RP_WC *s, int64_t pitch, const char *row, int64_t stride, int64_t apart,
                         int64_t asked, int64_t cols) {
    for (int64_t c = 0; c < cols; c += F(sweep)) {
        const char *x = row + c * apart * (int64_t)sizeof(RP_C);
        const int64_t width = cols - c < F(sweep) ? cols - c : F(sweep);
        if (rp_rows_collide(stride) || (RP_REGISTERS < 32 && !RP_LIFT && !RP_EXACT))
            F(sweep_trees)(s + c, pitch, x, stride, apart, asked, width);
        else
            F(sweep_rows)(s + c, pitch, x, stride, apart, asked, width);
    }
}

RP_INLINE void F(fold_rows)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t rows, int64_t cols, rp_index index) {
    const int64_t wide = F(sweep_vectors) * TYPE(v_count), item = apart * (int64_t)sizeof(RP_C);
    const int64_t pass = rp_rows_in_l1(cols * item);
    const int64_t first = pass == RP_BLOCK ? rp_unaligned(x, stride, sizeof(V), item) : 0;
    const int64_t whole = cols - first - RP_BEYOND(apart);
    const int64_t swept = pass == RP_BLOCK && whole > 0 ? whole / wide * wide : 0;
    const int64_t asked = distance == RP_NEAR ? 0 : RP_ASKED;
    RP_WC *s = (RP_WC *)state + column;
    (void)index;
    for (int64_t r = 0; r < rows; r += pass) {
        const char *row = x + r * stride;
        const int64_t n = rows - r < pass ? rows - r : pass;
        int64_t c = 0;
        if (n == RP_BLOCK && swept) {
            F(strips)(s, pitch, row, stride, apart, n, 0, first);
            F(sweeps)(s + first, pitch, row + first * item, stride, apart, asked, swept);
            c = first + swept;
        }
        F(strips)(s, pitch, row, stride, apart, n, c, cols);
    }
}

RP_INLINE void F(join)(RP_WC *state, int64_t pitch, const RP_WC *other, int64_t other_pitch, int64_t cols) {
    for (int64_t i = 0; i < cols; i++) {
#if RP_COMPENSATED
        RP_WC a = state[i], b = other[i], sum = a + b, back = sum - a;
        state[pitch + i] = (state[pitch + i] + other[other_pitch + i]) + ((a - (sum - back)) + (b - back));
        state[i] = sum;
#else
        if (F(parts) > 1)
            state[pitch + i] = RP_STEP_ONE(state[pitch + i], other[other_pitch + i]);
        state[i] = RP_STEP_ONE(state[i], other[i]);
        (void)pitch;
        (void)other_pitch;
#endif
    }
}

static void F(merge)(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                     int64_t other_column, int64_t cols) {
    F(join)((RP_WC *)state + column, pitch, (const RP_WC *)other + other_column, other_pitch, cols);
}

static void F(lanes)(void *state, int64_t pitch, int64_t cols) {
    RP_WC *s = state;
    for (int64_t half = RP_LANES / 2; half; half /= 2)
        F(join)(s, pitch, s + half * cols, pitch, half * cols);
}

/* The row that ends a run, and is short: the lanes it lacks get the empty state, which changes nothing. */
RP_INLINE void F(last_lanes)(RP_WC *lane, const RP_C *x, int64_t n) {
    enum { N = TYPE(v_count), H = F(halves), M = WIDE(v_count) };
    const V empty = TYPE(v_set)((RP_C)RP_START);
    for (int v = 0; v < F(lane_vectors) && v * N < n; v++) {
        const V y = n - v * N < N ? TYPE(v_load_over)(x + v * N, n - v * N, empty) : TYPE(v_load)(x + v * N);
        for (int h = 0; h < H; h++) {
            RP_WC *at = lane + v * N + h * M, *rest = at + (F(fields) - 1) * RP_LANES;
            W s = WIDE(v_load)(at), lost = WIDE(v_load)(rest);
#if RP_LIFT
            const W p[] = {TYPE(v_widen)(y, h)};
#elif RP_EXACT
            const W p[] = {y, y >> 32};
#else
            const W p[] = {y};
#endif
            F(enter)(&s, &lost, p);
            if (F(fields) > 1)
                WIDE(v_store)(rest, lost);
            WIDE(v_store)(at, s);
        }
    }
}

#include "joinlanes.h"

/* Rows of RP_LANES elements into lanes: elements one after another, .. */
RP_APART void F(lane_rows)(RP_WC *lane, const RP_C *x, int64_t asked, int64_t rows) {
    enum { ROW = RP_LANES * (int)sizeof(RP_C) };
    F(strip)(lane, RP_LANES, (const char *)x, ROW, 1, asked, rows, F(lane_vectors), RP_OF_A_RUN);
}

/* .. and 2 apart, where the last has a neighbour. */
RP_APART void F(lane_rows_apart)(RP_WC *lane, const RP_C *x, int64_t asked, int64_t rows) {
    enum { ROW = 2 * RP_LANES * (int)sizeof(RP_C) };
    F(strip)(lane, RP_LANES, (const char *)x, ROW, 2, asked, rows, F(lane_vectors), RP_OF_A_RUN);
}

/* Of so many rows, those of whole blocks after which there is another row: of elements 2 apart only there a vector's loads may
   read on. */
RP_INLINE int64_t F(rows_before_end)(int64_t rows) {
    return rows > RP_BLOCK ? (rows - 1) / RP_BLOCK * RP_BLOCK : 0;
}

/* Rows of elements 2 apart, of which the last has no neighbour. */
RP_INLINE void F(lane_rows_to_end)(RP_WC *lane, const RP_C *x, int64_t asked, int64_t rows) {
    enum { ROW = 2 * RP_LANES * (int)sizeof(RP_C) };
    const int64_t before = F(rows_before_end)(rows);
    const char *end = (const char *)x + before * ROW;
    if (before)
        F(lane_rows_apart)(lane, x, asked, before);
    F(strip)(lane, RP_LANES, end, ROW, 2, 0, rows - before, F(lane_vectors), RP_AT_ITS_END);
}

/* Whole blocks of two runs in turn; how many rows of each that was. */
RP_APART int64_t F(lane_rows_of_two)(RP_WC (*lanes)[2 * RP_LANES], const char *x, int64_t stride,
                                     int64_t rows) {
    enum { ROW = RP_LANES * (int)sizeof(RP_C) };
    const int64_t whole = rows - rows % RP_BLOCK;
    for (int64_t r = 0; r < whole; r += RP_BLOCK, x += RP_BLOCK * ROW) {
        F(strip)(lanes[0], RP_LANES, x, ROW, 1, 0, RP_BLOCK, F(lane_vectors), RP_OF_A_RUN);
        F(strip)(lanes[1], RP_LANES, x + stride, ROW, 1, 0, RP_BLOCK, F(lane_vectors), RP_OF_A_RUN);
    }
    return whole;
}

RP_INLINE int64_t F(rows_of_two_apart)(RP_WC (*lanes)[2 * RP_LANES], const char *x, int64_t stride,
                                       int64_t rows) {
    enum { ROW = 2 * RP_LANES * (int)sizeof(RP_C) };
    const int64_t whole = F(rows_before_end)(rows);
    for (int64_t r = 0; r < whole; r += RP_BLOCK, x += RP_BLOCK * ROW) {
        F(lane_rows_apart)(lanes[0], (const RP_C *)(const void *)x, 0, RP_BLOCK);
        F(lane_rows_apart)(lanes[1], (const RP_C *)(const void *)(x + stride), 0, RP_BLOCK);
    }
    return whole;
}

/* What is left of a run of n elements after `done` rows of lanes, into lanes that are not joined yet. */
RP_INLINE void F(run_on)(RP_WC *lane, const RP_C *x, int64_t apart, rp_distance distance, int64_t n,
                         int64_t done) {
    enum { ROW = RP_LANES * (int)sizeof(RP_C) };
    const int64_t rows = n / RP_LANES - done, past = n % RP_LANES;
    const int64_t asked = distance == RP_FAR ? RP_BLOCK * apart * ROW : 0;
    const RP_C *from = x + done * apart * RP_LANES, *rest = from + rows * apart * RP_LANES;
    RP_C last[RP_LANES];
    if (rows && apart == 1)
        F(lane_rows)(lane, from, asked, rows);
    else if (rows)
        F(lane_rows_to_end)(lane, from, asked, rows);
    if (past && apart > 1) {
        TYPE(gather)(last, rest, past, apart);
        rest = last;
    }
    if (past)
        F(last_lanes)(lane, rest, past);
}

RP_INLINE void F(fold_runs)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t runs, int64_t n, rp_index index) {
    RP_WC lanes[F(group)][2 * RP_LANES], sums[2 * F(group)];
    const int in_turn = rp_runs_in_turn(n * apart * (int64_t)sizeof(RP_C), distance);
    (void)index;
    for (int64_t j = 0; j < runs; j += F(group)) {
        const int64_t group = runs - j < F(group) ? runs - j : F(group);
        for (int64_t i = 0; i < group; i++)
            F(fill)(lanes[i], RP_LANES, RP_LANES);
        for (int64_t i = 0, done = 0; i < group; i++) {
            const char *run = x + (j + i) * stride;
            if (i % 2 == 0) {
                const int two = in_turn && i + 1 < group;
                done = !two         ? 0
                       : apart == 1 ? F(lane_rows_of_two)(lanes + i, run, stride, n / RP_LANES)
                                    : F(rows_of_two_apart)(lanes + i, run, stride, n / RP_LANES);
            }
            F(run_on)(lanes[i], (const RP_C *)(const void *)run, apart, distance, n, done);
        }
        F(join_group)(sums, lanes, group);
        F(join)((RP_WC *)state + column + j, pitch, sums, F(group), group);
    }
}

#include "lines.h"

#if RP_IS_FLOAT
typedef RP_C F(result);
#else
typedef RP_WC F(result);
#endif

/* What the state stands for. Past overflow the rest is meaningless; a rest of zero must not change a -0.0. */
RP_INLINE RP_WC F(value)(const RP_WC *state, int64_t pitch) {
#if RP_COMPENSATED
    RP_WC sum = state[0], rest = state[pitch];
    return rest == 0 || !(sum - sum == 0) ? sum : sum + rest;
#else
    (void)pitch;
    return *state;
#endif
}

RP_INLINE void F(write)(const RP_WC *s, int64_t pitch, int64_t cols, char *out, int64_t out_stride,
                        int divides, double divisor) {
    for (int64_t i = 0; i < cols; i++) {
#if RP_IS_FLOAT
        RP_C result =
            (RP_C)(divides ? (double)F(value)(s + i, pitch) / divisor : (double)F(value)(s + i, pitch));
#else
        double result = v_real(F(value)(s + i, pitch)) / divisor;
        if (!divides) {
            memcpy(out + i * out_stride, s + i, sizeof *s);
            continue;
        }
#endif
        memcpy(out + i * out_stride, &result, sizeof result);
    }
    if (RP_EXACT)
        rp_mend_totals((const int64_t *)s, (const int64_t *)s + pitch, cols, out, out_stride, divisor);
    if (!RP_IS_FLOAT && divides)
        v_mend_zeros(out, out_stride, cols);
}

/* The usual cases are written out: results one after another, and no division by 1. */
static void F(finish)(const void *state, int64_t pitch, int64_t column, int64_t cols, void *out,
                      int64_t out_stride, raptors_dtype dtype, double divisor, int root) {
    const int divides = RP_IS_FLOAT ? divisor != 1 : dtype == RAPTORS_FLOAT64;
    const int64_t item = divides && !RP_IS_FLOAT ? (int64_t)sizeof(double) : (int64_t)sizeof(F(result));
    const RP_WC *s = (const RP_WC *)state + column;
    (void)root;
    if (out_stride != item) {
        F(write)(s, pitch, cols, out, out_stride, divides, divisor);
    } else if (divides) {
        enum { DIVIDED = RP_IS_FLOAT ? sizeof(RP_C) : sizeof(double) };
        F(write)(s, pitch, cols, out, DIVIDED, 1, divisor);
    } else {
        F(write)(s, pitch, cols, out, sizeof(F(result)), 0, divisor);
    }
}

#if RP_EXACT
/* Fewer than RP_BLOCK rows straight to results that lie one after another, by a state that stays in the nearest cache beside them. */
static void F(shallow)(void *out, const void *x, int64_t stride, int64_t rows, int64_t cols, double divisor,
                       int root) {
    enum { COLUMNS = 256 };
    RP_WC state[F(fields) * COLUMNS];
    (void)root;
    for (int64_t c = 0; c < cols; c += COLUMNS) {
        const int64_t n = cols - c < COLUMNS ? cols - c : COLUMNS;
        F(fill)(state, COLUMNS, n);
        F(strips)(state, COLUMNS, (const char *)((const RP_C *)x + c), stride, 1, rows, 0, n);
        F(write)(state, COLUMNS, n, (char *)((double *)out + c), sizeof(double), 1, divisor);
    }
}
#else
/* The results of `vectors` vectors of columns (known where this is inlined), or of k columns where k is above 0. */
RP_INLINE void F(shallow_strip)(void *out, const char *x, int64_t stride, int64_t rows, W by, int divides,
                                int vectors, int64_t k) {
    enum { N = TYPE(v_count), H = F(halves) };
    W p[F(most_vectors) * H];
    F(result) results[N];
    F(last_block)(p, x, stride, 1, rows, vectors, k);
    for (int i = 0; i < vectors * H && divides; i++)
        p[i] = p[i] / by;
    for (int v = 0; v < vectors; v++) {
#if RP_IS_FLOAT && RP_LIFT
        TYPE(v_store)(results, TYPE(v_narrow)(p + v * H));
#else
        memcpy(results, p + v * H, sizeof results);
#endif
        memcpy((F(result) *)out + v * N, results, k > 0 ? (size_t)k * sizeof *results : sizeof results);
    }
}

RP_APART void F(shallow_part)(void *out, const char *x, int64_t stride, int64_t rows, W by, int divides,
                              int64_t k) {
    F(shallow_strip)(out, x, stride, rows, by, divides, 1, k);
}

/* Fewer than RP_BLOCK rows straight to results that lie one after another: what init, rows and finish give, which
   for a single block is the block itself. */
static void F(shallow)(void *out, const void *x, int64_t stride, int64_t rows, int64_t cols, double divisor,
                       int root) {
    const int64_t one = TYPE(v_count), wide = F(strip_vectors) * one;
    const int divides = RP_IS_FLOAT && divisor != 1;
    const W by = WIDE(v_set)((RP_WC)(divides ? divisor : 1));
    const RP_C *from = x;
    F(result) *to = out;
    int64_t c = 0;
    (void)root;
    for (; c + wide <= cols; c += wide)
        F(shallow_strip)(to + c, (const char *)(from + c), stride, rows, by, divides, F(strip_vectors), 0);
    for (; c + one <= cols; c += one)
        F(shallow_strip)(to + c, (const char *)(from + c), stride, rows, by, divides, 1, 0);
    if (c < cols)
        F(shallow_part)(to + c, (const char *)(from + c), stride, rows, by, divides, cols - c);
}
#endif

#undef V
#undef W
#undef E
#undef RP_TERM
#undef F
#undef TYPE
#undef WIDE
#undef RP_FOLD_OP
#undef RP_W
#undef RP_WC
#undef RP_STEP
#undef RP_STEP_IN
#undef RP_STEP_ONE
#undef RP_TAKES_FIRST
#undef RP_START
#undef RP_LIFT
#undef RP_COMPENSATED
#undef RP_EXACT
