/* argfold.h -- argmin or argmax of one type. Included once for each, with the type's macros (type.h), RP_FOLD_OP and
 *   RP_BETTER(a, b)  mask of the lanes where a goes before b        RP_BETTER_ONE(a, b)  the same of two elements
 *   RP_BEST(a, b)  the better of two vectors, lane by lane; b where a is NaN
 *   RP_WORST  what every other element is better than or equal to
 * SPDX-License-Identifier: MIT
 *
 * The state is the best element and its index; of equals the least index wins, and of NaN, which goes before all else.
 * So elements may come in any order. Within a strip, where indices rise, they are counted in lanes of the elements'
 * width, and written back once.
 */
#define V RP_CAT(v_, RP_T)
#define M RP_CAT(m_, RP_T)
#define F(name) RP_CAT(RP_CAT(name##_, RP_FOLD_OP), RP_CAT(_, RP_T))
#define TYPE(name) RP_CAT(name##_, RP_T)

enum { F(fields) = 2 };

static void F(init)(void *state, int64_t pitch, int64_t cols, int64_t index) {
    RP_C *best = state;
    int64_t *at = (int64_t *)state + pitch;
    for (int64_t i = 0; i < cols; i++) {
        best[i] = RP_WORST;
        at[i] = index;
    }
}

RP_INLINE void F(join)(RP_C *best, int64_t *index, const RP_C *other, const int64_t *other_index,
                       int64_t cols) {
    for (int64_t i = 0; i < cols; i++) {
        RP_C a = best[i], b = other[i];
        int nan_a = isnan((double)a), nan_b = isnan((double)b);
        int same = (a == b) || (nan_a && nan_b);
        if (same ? other_index[i] < index[i] : !nan_a && (nan_b || RP_BETTER_ONE(b, a))) {
            best[i] = b;
            index[i] = other_index[i];
        }
    }
}

/* `vectors` vectors of columns, or k columns where k is above 0; fewer than 2^31 rows, all of later index than what the
   state has. */
RP_INLINE void F(strip)(RP_C *best, int64_t *at, const char *x, int64_t stride, int64_t apart, int64_t rows,
                        int vectors, int64_t k, rp_index index) {
    enum { N = TYPE(v_count), MOST = 4 };
    V v[MOST];
    M last[MOST];
    for (int i = 0; i < vectors; i++) {
        v[i] = k > 0 ? TYPE(v_load_part)(best, k) : TYPE(v_load)(best + i * N);
        last[i] = RP_LANES_OF(-1);
    }
    for (int64_t r = 0; r < rows; r++, x += stride)
        for (int i = 0; i < vectors; i++) {
            const RP_C *p = (const RP_C *)(const void *)x + i * apart * N;
            const V y = k > 0 ? TYPE(load_some)(p, k, apart) : TYPE(load_apart)(p, apart);
            const M take = RP_BETTER(y, v[i]) | (TYPE(v_is_nan)(y) & ~TYPE(v_is_nan)(v[i]));
            v[i] = TYPE(v_select)(take, y, v[i]);
            last[i] = (take & RP_LANES_OF(r)) | (~take & last[i]);
        }
    for (int i = 0; i < vectors; i++) {
        RP_LANE row[N];
        memcpy(row, &last[i], sizeof row);
        for (int64_t j = 0; j < (k > 0 ? k : N); j++)
            if (row[j] >= 0)
                at[i * N + j] = index.first + row[j] * index.step;
        if (k > 0)
            TYPE(v_store_part)(best, v[i], k);
        else
            TYPE(v_store)(best + i * N, v[i]);
    }
}

RP_INLINE void F(strips)(RP_C *best, int64_t *at, const char *x, int64_t stride, int64_t apart, int64_t rows,
                         int64_t cols, rp_index index) {
    enum { N = TYPE(v_count), TOGETHER = 4 };
    const int64_t item = apart * (int64_t)sizeof(RP_C);
    int64_t c = 0;
    for (; c + TOGETHER * N + RP_BEYOND(apart) <= cols; c += TOGETHER * N)
        F(strip)(best + c, at + c, x + c * item, stride, apart, rows, TOGETHER, 0, index);
    for (; c + N + RP_BEYOND(apart) <= cols; c += N)
        F(strip)(best + c, at + c, x + c * item, stride, apart, rows, 1, 0, index);
    if (c < cols)
        F(strip)(best + c, at + c, x + c * item, stride, apart, rows, 1, cols - c, index);
}

/* Elements from the i-th on of a line of n: a vector of them, or as many as there are. */
RP_INLINE V F(load)(const RP_C *x, int64_t apart, int64_t i, int64_t n) {
    if (i + TYPE(v_count) + RP_BEYOND(apart) <= n)
        return TYPE(load_apart)(x + i * apart, apart);
    return TYPE(load_some)(x + i * apart, n - i < TYPE(v_count) ? n - i : TYPE(v_count), apart);
}

/* Whether the state has an index that the rows to come may be before. */
RP_INLINE int F(has_later)(const int64_t *at, int64_t cols, int64_t index) {
    int later = 0;
    for (int64_t i = 0; i < cols; i++)
        later |= at[i] > index;
    return later;
}

RP_INLINE void F(fold_rows)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t rows, int64_t cols, rp_index index) {
    enum { SOME = 128 };
    const int64_t item = apart * (int64_t)sizeof(RP_C), pass = rp_rows_in_l1(cols * item);
    RP_C *best = (RP_C *)state + column, *into = best, fresh[SOME];
    int64_t *at = (int64_t *)state + pitch + column, *into_at = at, fresh_at[SOME];
    (void)distance;
    for (int64_t c = 0, n = cols; c < cols; c += n) {
        const int later = F(has_later)(at + c, cols - c, index.first);
        n = later && cols - c > SOME ? SOME : cols - c;
        for (int64_t i = 0; later && i < n; i++) {
            fresh[i] = RP_WORST;
            fresh_at[i] = index.first;
        }
        into = later ? fresh : best + c;
        into_at = later ? fresh_at : at + c;
        for (int64_t r = 0; r < rows; r += pass) {
            const int64_t some = rows - r < pass ? rows - r : pass;
            const rp_index here = {index.first + r * index.step, index.step};
            F(strips)(into, into_at, x + r * stride + c * item, stride, apart, some, n, here);
        }
        if (later)
            F(join)(best + c, at + c, fresh, fresh_at, n);
    }
}

static void F(merge)(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                     int64_t other_column, int64_t cols) {
    int64_t *at = (int64_t *)state + pitch + column;
    const RP_C *later = (const RP_C *)other + other_column;
    const int64_t *later_at = (const int64_t *)other + other_pitch + other_column;
    F(join)((RP_C *)state + column, at, later, later_at, cols);
}

/* The rows of lane j were RP_LANES * index + j. */
RP_INLINE void F(fold_lanes)(RP_C *best, int64_t *index, int64_t cols) {
    for (int64_t i = 0; i < RP_LANES * cols; i++)
        index[i] = RP_LANES * index[i] + i / cols;
    for (int64_t half = RP_LANES / 2; half; half /= 2)
        F(join)(best, index, best + half * cols, index + half * cols, half * cols);
}

static void F(lanes)(void *state, int64_t pitch, int64_t cols) {
    F(fold_lanes)(state, (int64_t *)state + pitch, cols);
}

enum { F(block) = 16 * (int)TYPE(v_count) }; /* elements of a run of which only the best is kept at first */

/* The best of n elements, lane by lane; and whether some element is NaN. */
RP_INLINE V F(best_of)(const RP_C *x, int64_t apart, int64_t n, int *nan) {
    enum { N = TYPE(v_count), TOGETHER = 4 };
    V v[TOGETHER], y[TOGETHER];
    int64_t i = 0;
    *nan = 0;
    for (int j = 0; j < TOGETHER; j++)
        v[j] = TYPE(v_set)((RP_C)RP_WORST);
    for (; i + TOGETHER * N + RP_BEYOND(apart) <= n; i += TOGETHER * N) {
        for (int j = 0; j < TOGETHER; j++) {
            y[j] = TYPE(load_apart)(x + (i + j * N) * apart, apart);
            v[j] = RP_BEST(y[j], v[j]);
        }
        if (TYPE(v_any_odd)(y[0], y[1], y[2], y[3]))
            *nan = 1;
    }
    for (; i < n; i += N) {
        y[0] = F(load)(x, apart, i, n);
        v[0] = RP_BEST(y[0], v[0]);
        if (TYPE(v_odd_bits)(y[0]))
            *nan = 1;
    }
    return RP_BEST(RP_BEST(v[0], v[1]), RP_BEST(v[2], v[3]));
}

/* The first of n elements that equals `wanted`, or is NaN; n where none does. */
RP_INLINE int64_t F(find)(const RP_C *x, int64_t apart, int64_t n, V wanted, int nan) {
    for (int64_t i = 0; i < n; i += TYPE(v_count)) {
        const V y = F(load)(x, apart, i, n);
        const unsigned same = nan ? TYPE(v_odd_bits)(y) : TYPE(v_equal_bits)(y, wanted);
        if (same)
            return i + __builtin_ctz(same);
    }
    return n;
}

/* The best of all lanes, in every lane. */
RP_INLINE V F(across)(V v) {
#if RP_VECTOR_BYTES
    for (int together = TYPE(v_count); together > 1;
         together /= 2) /* each lane with the one half a vector away */
        v = RP_BEST(RP_ZIP_LO(v, v), RP_ZIP_HI(v, v));
#endif
    return v;
}

/* The first block in which a lane that has the best of all had it. */
RP_INLINE int64_t F(first_block)(V best, V wanted, M where) {
    RP_LANE lane[TYPE(v_count)], first = RP_MOST_BLOCKS;
    memcpy(lane, &where, sizeof lane);
    for (unsigned same = TYPE(v_equal_bits)(best, wanted); same; same &= same - 1) {
        const RP_LANE block = lane[__builtin_ctz(same)];
        first = block < first ? block : first;
    }
    return first;
}

/* The first element of a run that is the best or NaN. Of each block the best is found first, lane by lane, with the block
   where a lane had it first; then the element, in the one block that is the first to have it. */
RP_INLINE int64_t F(position)(const RP_C *x, int64_t apart, rp_distance distance, int64_t n) {
    const int64_t asked = distance == RP_FAR && apart > 0 ? F(block) * apart * (int64_t)sizeof(RP_C) : 0;
    V best = TYPE(v_set)((RP_C)RP_WORST), wanted;
    M where = RP_LANES_OF(0);
    int64_t from = 0;
    for (int64_t i = 0, b = 0, m; i < n; i += m, b++) {
        int nan;
        const int whole =
            n - i >= F(block) / 2 * 3; /* a length that is known makes one straight piece of code */
        m = whole ? F(block) : n - i;
        rp_ask_lines(x + i * apart, asked);
        const V y = whole ? F(best_of)(x + i * apart, apart, F(block), &nan)
                          : F(best_of)(x + i * apart, apart, m, &nan);
        if (nan)
            return i + F(find)(x + i * apart, apart, n - i, y, 1);
        const M take = RP_BETTER(y, best);
        best = TYPE(v_select)(take, y, best);
        where = (take & RP_LANES_OF(b)) | (~take & where);
    }
    wanted = F(across)(best);
    if (n >= F(block) / 2 * 3)
        from = F(first_block)(best, wanted, where) * F(block);
    return from + F(find)(x + from * apart, apart, n - from, wanted, 0);
}

/* Blocks are counted in lanes of the elements' width: a longer run is taken in stretches. */
RP_INLINE void F(fold_runs)(void *state, int64_t pitch, int64_t column, const char *x, int64_t stride,
                            int64_t apart, rp_distance distance, int64_t runs, int64_t n, rp_index index) {
    const int64_t most = (int64_t)RP_MOST_BLOCKS * F(block);
    for (int64_t j = 0; j < runs; j++)
        for (int64_t i = 0; i < n; i += most) {
            const RP_C *run = (const RP_C *)(const void *)(x + j * stride) + i * apart;
            const int64_t here = F(position)(run, apart, distance, n - i < most ? n - i : most);
            const int64_t at = index.first + (i + here) * index.step;
            const RP_C best = run[here * apart];
            F(join)((RP_C *)state + column + j, (int64_t *)state + pitch + column + j, &best, &at, 1);
        }
}

#define RP_RUNS_BACK
#include "lines.h"
#undef RP_RUNS_BACK

static void F(finish)(const void *state, int64_t pitch, int64_t column, int64_t cols, void *out,
                      int64_t out_stride, raptors_dtype dtype, double divisor, int root) {
    const int64_t *index = (const int64_t *)state + pitch + column;
    (void)dtype;
    (void)divisor;
    (void)root;
    for (int64_t i = 0; i < cols; i++)
        memcpy((char *)out + i * out_stride, index + i, sizeof *index);
}

#undef V
#undef M
#undef F
#undef TYPE
#undef RP_FOLD_OP
#undef RP_BETTER
#undef RP_BETTER_ONE
#undef RP_WORST
#undef RP_BEST
