/* argfold.h -- argmin or argmax of one type. Included once for each, with the type's macros (type.h), RP_FOLD_OP and
 *   RP_BETTER(a, b)  mask of the lanes where a goes before b        RP_BETTER_ONE(a, b)  the same of two elements
 *   RP_EXTREME(a, b)  the better of two vectors, lane by lane; NaN if either is
 *   RP_WORST  what every other element is better than or equal to
 * SPDX-License-Identifier: MIT
 *
 * The state is the best element and its index; the first of equals wins, and the first NaN before all else.
 * Within a strip indices are counted in lanes of the elements' width, and written back once.
 */
#define V RP_CAT(v_, RP_T)
#define M RP_CAT(m_, RP_T)
#define F(name) RP_CAT(RP_CAT(name##_, RP_FOLD_OP), RP_CAT(_, RP_T))
#define TYPE(name) RP_CAT(name##_, RP_T)

enum { F(fields) = 2 };

static void F(init)(void *state, int64_t pitch, int64_t cols, int64_t base) {
    RP_C *best = state;
    int64_t *index = (int64_t *)state + pitch;
    for (int64_t i = 0; i < cols; i++) {
        best[i] = RP_WORST;
        index[i] = base;
    }
}

/* One vector of columns, or k columns where k is not 0; fewer than 2^31 rows. */
RP_INLINE void F(strip)(RP_C *best, int64_t *index, const char *x, int64_t stride, int64_t rows, int64_t k,
                        int64_t base) {
    V v = k ? TYPE(v_load_part)(best, k) : TYPE(v_load)(best);
    M at = RP_LANES_OF(-1);
    RP_LANE row[TYPE(v_count)];
    for (int64_t r = 0; r < rows; r++, x += stride) {
        const RP_C *p = (const RP_C *)(const void *)x;
        V y = k ? TYPE(v_load_part)(p, k) : TYPE(v_load)(p);
        M take = RP_BETTER(y, v) | (TYPE(v_is_nan)(y) & ~TYPE(v_is_nan)(v));
        v = TYPE(v_select)(take, y, v);
        at = (take & RP_LANES_OF(r)) | (~take & at);
    }
    memcpy(row, &at, sizeof row);
    for (int64_t i = 0; i < (k ? k : (int64_t)TYPE(v_count)); i++)
        if (row[i] >= 0)
            index[i] = base + row[i];
    if (k)
        TYPE(v_store_part)(best, v, k);
    else
        TYPE(v_store)(best, v);
}

static void F(rows)(void *state, int64_t pitch, int64_t column, const void *x, int64_t stride, int64_t rows,
                    int64_t cols, int64_t base) {
    const int64_t pass = 4 * rp_rows_in_l1(cols * (int64_t)sizeof(RP_C));
    RP_C *best = (RP_C *)state + column;
    int64_t *index = (int64_t *)state + pitch + column;
    for (int64_t r = 0; r < rows; r += pass) {
        const char *row = (const char *)x + r * stride;
        int64_t n = rows - r < pass ? rows - r : pass, c = 0;
        for (; c < cols; c += TYPE(v_count)) {
            int64_t k = cols - c < TYPE(v_count) ? cols - c : 0;
            F(strip)(best + c, index + c, row + c * (int64_t)sizeof(RP_C), stride, n, k, base + r);
        }
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

static void F(merge)(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                     int64_t cols) {
    F(join)
    ((RP_C *)state + column, (int64_t *)state + pitch + column, other, (const int64_t *)other + other_pitch,
     cols);
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

/* The best of n elements, NaN if any is. */
RP_INLINE RP_C F(best_of)(const RP_C *x, int64_t n) {
    enum { N = TYPE(v_count), TOGETHER = 4 };
    V v[TOGETHER];
    RP_C best;
    int64_t i = 0;
    for (int j = 0; j < TOGETHER; j++)
        v[j] = TYPE(v_set)(*x);
    for (; i + TOGETHER * N <= n; i += TOGETHER * N)
        for (int j = 0; j < TOGETHER; j++)
            v[j] = RP_EXTREME(v[j], TYPE(v_load)(x + i + j * N));
    for (; i + N <= n; i += N)
        v[0] = RP_EXTREME(v[0], TYPE(v_load)(x + i));
    if (i < n)
        v[1] = RP_EXTREME(v[1], TYPE(v_load_part)(x + i, n - i));
    v[0] = RP_EXTREME(RP_EXTREME(v[0], v[1]), RP_EXTREME(v[2], v[3]));
#if RP_VECTOR_BYTES
    for (int together = N; together > 1; together /= 2) /* each lane with the one half a vector away */
        v[0] = RP_EXTREME(RP_ZIP_LO(v[0], v[0]), RP_ZIP_HI(v[0], v[0]));
#endif
    memcpy(&best, &v[0], sizeof best);
    return best;
}

/* The first of n elements that equals `best`, or is NaN as it is; there is one. */
RP_INLINE int64_t F(find)(const RP_C *x, int64_t n, RP_C best) {
    enum { N = TYPE(v_count) };
    const V wanted = TYPE(v_set)(best);
    const int nan = isnan((double)best);
    for (int64_t i = 0; i < n; i += N) {
        V y = n - i < N ? TYPE(v_load_part)(x + i, n - i) : TYPE(v_load)(x + i);
        M same = nan ? TYPE(v_is_nan)(y) : TYPE(v_equal)(y, wanted);
        if (v_any(same)) {
            RP_LANE found[N];
            memcpy(found, &same, sizeof found);
            for (int j = 0; j < N; j++)
                if (found[j])
                    return i + j;
        }
    }
    return 0;
}

/* The best of each block first, and a search only in the block that has it; an empty run has none. */
static void F(runs)(void *state, int64_t pitch, int64_t column, const void *x, int64_t run_stride,
                    int64_t runs, int64_t n, int64_t base) {
    enum { BLOCK = 1024 };
    for (int64_t j = 0; n > 0 && j < runs; j++) {
        const RP_C *run = (const RP_C *)(const void *)((const char *)x + j * run_stride);
        RP_C best = RP_WORST;
        int64_t from = 0, index;
        for (int64_t i = 0; i < n && !isnan((double)best); i += BLOCK) {
            RP_C here = F(best_of)(run + i, n - i < BLOCK ? n - i : BLOCK);
            if (RP_BETTER_ONE(here, best) || isnan((double)here)) {
                best = here;
                from = i;
            }
        }
        index = from + F(find)(run + from, n - from < BLOCK ? n - from : BLOCK, best);
        best = run[index];
        index += base;
        F(join)((RP_C *)state + column + j, (int64_t *)state + pitch + column + j, &best, &index, 1);
    }
}

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
#undef RP_EXTREME
