/* fold.h -- one fold of one type: sum, total, prod, min or max. Included once for each, with the type's macros (type.h) and
 *   RP_FOLD_OP    sum ..
 *   RP_W, RP_WC   suffix and C type of the state
 *   RP_STEP(a, b) one step, on vectors
 *   RP_STEP_ONE(a, b)  on elements of the state's type, where that is spelled otherwise
 *   RP_START      the empty state
 * and, 0 where it is not given,
 *   RP_LIFT       0: elements are of the state's type; 1: widened first; 2: widened after each tree
 *   RP_COMPENSATED  1: the state keeps what its additions lost (Knuth's two-sum), and gives it back at the end
 *   RP_EXACT      1: the state sums the elements, wrapping, and their upper halves beside: together the sum in 128 bits
 * SPDX-License-Identifier: MIT
 *
 * The order, for each column: blocks of RP_BLOCK rows from the first row of the call; in a block two trees of
 * RP_TREE rows, ((0+1)+(2+3))+((4+5)+(6+7)), then one added to the other, and the result to the state. A last
 * block that is short takes a tree if it can, then its other rows one by one. An exact sum has no order.
 */
#ifndef RP_STEP_ONE
#define RP_STEP_ONE(a, b) RP_STEP(a, b)
#endif
#ifndef RP_LIFT
#define RP_LIFT 0
#endif
#ifndef RP_COMPENSATED
#define RP_COMPENSATED 0
#endif
#ifndef RP_EXACT
#define RP_EXACT 0
#endif

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
#define E W
#else
#define E V
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

#include "joinlanes.h"
#include "runs.h"
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

#include "shallow.h"

#undef V
#undef W
#undef E
#undef F
#undef TYPE
#undef WIDE
#undef RP_FOLD_OP
#undef RP_W
#undef RP_WC
#undef RP_STEP
#undef RP_STEP_ONE
#undef RP_TAKES_FIRST
#undef RP_START
#undef RP_LIFT
#undef RP_COMPENSATED
#undef RP_EXACT
