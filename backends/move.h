/* move.h -- copies between any two layouts of a plane of items: the only kernel that knows strides.
 * Included once per item size, with RP_T (i32, i64) and RP_C defined.
 * SPDX-License-Identifier: MIT
 *
 * Items are read and written by memcpy, so they may lie at any address. Where one side runs along rows and the
 * other along columns, squares of one vector by as many are turned in registers.
 */
#define V RP_CAT(v_, RP_T)
#define F(name) RP_CAT(name##_, RP_T)

RP_INLINE void F(move_item)(char *dst, const char *src) {
    RP_C item;
    memcpy(&item, src, sizeof item);
    memcpy(dst, &item, sizeof item);
}

#if RP_VECTOR_BYTES
/* Every second item, or all of them backwards, into a run; how many were done. Loads stay inside what the source
   spans: the last vector of a line of every second item would not. */
RP_INLINE int64_t F(move_vectors)(char *dst, const char *src, int64_t src_stride, int64_t n) {
    enum { N = F(v_count), ITEM = sizeof(RP_C) };
    int64_t i = 0;
    V a, b;
    if (src_stride == 2 * ITEM) {
        for (; i + N < n; i += N) {
            memcpy(&a, src + 2 * i * ITEM, sizeof a);
            memcpy(&b, src + (2 * i + N) * ITEM, sizeof b);
            a = RP_EVENS(a, b);
            memcpy(dst + i * ITEM, &a, sizeof a);
        }
    } else if (src_stride == -ITEM) {
        for (; i + N <= n; i += N) {
            memcpy(&a, src - (i + N - 1) * ITEM, sizeof a);
            a = RP_REVERSED(a);
            memcpy(dst + i * ITEM, &a, sizeof a);
        }
    }
    return i;
}
#else
RP_INLINE int64_t F(move_vectors)(char *dst, const char *src, int64_t src_stride, int64_t n) {
    (void)dst;
    (void)src;
    (void)src_stride;
    (void)n;
    return 0;
}
#endif

static void F(move_line)(char *dst, int64_t dst_stride, const char *src, int64_t src_stride, int64_t n) {
    const int64_t item = sizeof(RP_C);
    if (dst_stride == item && src_stride == item) {
        memcpy(dst, src, (size_t)n * sizeof(RP_C));
    } else if (dst_stride == item) {
        for (int64_t i = F(move_vectors)(dst, src, src_stride, n); i < n; i++)
            F(move_item)(dst + i * item, src + i * src_stride);
    } else {
        for (int64_t i = 0; i < n; i++)
            F(move_item)(dst + i * dst_stride, src + i * src_stride);
    }
}

#if RP_VECTOR_BYTES
/* dst[j][i] = src[i][j] for one square of v_count by v_count, of which `columns` of src are wanted: a vector is put together from
   RP_TURN_PARTS rows as far apart, so that log2(v_count / RP_TURN_PARTS) rounds of zips inside its parts are left to do. */
RP_INLINE void F(turn)(char *dst, int64_t dst_stride, const char *src, int64_t src_stride, int64_t columns) {
    enum { M = F(v_count) / RP_TURN_PARTS, ITEM = sizeof(RP_C) };
    for (int part = 0; part < RP_TURN_PARTS; part++) {
        V a[M], b[M];
#pragma GCC unroll 16 /* this and what follows: or the vectors live in memory, not in registers */
        for (int i = 0; i < M; i++)
            a[i] = (V)RP_LOAD_PARTS(src + i * src_stride + part * M * ITEM, M * src_stride);
#pragma GCC unroll 4
        for (int round = 1; round < M; round *= 2) {
#pragma GCC unroll 8
            for (int i = 0; i < M / 2; i++) {
                b[2 * i] = RP_ZIP_LO_IN(a[i], a[i + M / 2]);
                b[2 * i + 1] = RP_ZIP_HI_IN(a[i], a[i + M / 2]);
            }
#pragma GCC unroll 16
            for (int i = 0; i < M; i++)
                a[i] = b[i];
        }
#pragma GCC unroll 16
        for (int i = 0; i < M; i++)
            if (part * M + i < columns)
                memcpy(dst + (part * M + i) * dst_stride, &a[i], sizeof(V));
    }
}
#else
RP_INLINE void F(turn)(char *dst, int64_t dst_stride, const char *src, int64_t src_stride, int64_t columns) {
    (void)dst_stride;
    (void)src_stride;
    (void)columns;
    F(move_item)(dst, src);
}
#endif

/* Of n0 rows with `columns` left, fewer than a vector has: those that may be read as whole vectors, since they end before the
   last row does. Few columns are not worth it. */
RP_INLINE int64_t F(rows_to_turn)(int64_t n0, int64_t stride, int64_t columns) {
    enum { N = F(v_count) };
    const int64_t beyond = (N - columns) * (int64_t)sizeof(RP_C);
    const int64_t rows = stride > 0 ? n0 - (beyond + stride - 1) / stride : 0;
    return columns < 3 || 4 * columns < N || rows < 0 ? 0 : rows;
}

/* Where squares of whole rows end, if they begin anew at `first` and reach no further than `rows`. */
RP_INLINE int64_t F(turned_to)(int64_t first, int64_t rows) {
    enum { N = F(v_count) };
    const int64_t from = rows < first + N ? 0 : first;
    return from + (rows - from) / N * N;
}

/* dst[j][i] = src[i][j], i < n0, j < n1, both contiguous along their last axis: a line of dst's rows at a time, each filled before
   the next is begun, as lines that lie a multiple of 4 KB apart push each other out. What comes before dst's first whole line is
   turned with the rows that follow, which are turned again. */
static void F(transpose)(char *dst, int64_t dst_stride, const char *src, int64_t src_stride, int64_t n0,
                         int64_t n1) {
    enum { N = F(v_count), LINE = RP_LINE / (int)sizeof(RP_C) };
    const int64_t item = sizeof(RP_C), before = rp_unaligned(dst, dst_stride, RP_LINE, item);
    const int64_t first = before + N <= n0 ? before : 0, m0 = F(turned_to)(first, n0), m1 = n1 / N * N;
    const int64_t whole = F(rows_to_turn)(n0, src_stride, n1 - m1), turned = F(turned_to)(first, whole);
    for (int64_t i = 0, next; i < m0; i = next) {
        next = i < first ? first : i + LINE < m0 ? i + LINE : m0;
        for (int64_t j = 0; j < m1; j += N)
            for (int64_t k = i; k < next; k += N) {
                const char *from = src + k * src_stride + j * item;
                F(turn)(dst + j * dst_stride + k * item, dst_stride, from, src_stride, N);
            }
        for (int64_t k = i; k < next && k + N <= whole; k += N) {
            const char *from = src + k * src_stride + m1 * item;
            F(turn)(dst + m1 * dst_stride + k * item, dst_stride, from, src_stride, n1 - m1);
        }
    }
    for (int64_t j = 0; j < n1; j++)
#pragma GCC unroll 4 /* as short a loop hangs on where it happens to lie */
        for (int64_t i = j < m1 ? m0 : turned; i < n0; i++)
            F(move_item)(dst + j * dst_stride + i * item, src + i * src_stride + j * item);
}

/* Each of n0 items n1 times, one after another: a vector at a time, of which the next item's overwrites what is too much. */
static void F(spread)(char *dst, const char *src, int64_t s0, int64_t n0, int64_t n1) {
    enum { N = F(v_count), ITEM = sizeof(RP_C) };
    const int64_t beyond = n1 % N == 0 ? 0 : N - n1 % N, room = beyond / n1 + (beyond % n1 != 0);
    int64_t i = 0;
    for (; i < n0 - room; i++, src += s0)
        for (int64_t j = 0; j < n1; j += N) {
            RP_C one;
            memcpy(&one, src, sizeof one);
            const V all = F(v_set)(one);
            memcpy(dst + (i * n1 + j) * ITEM, &all, sizeof all);
        }
    for (; i < n0; i++, src += s0)
        for (int64_t j = 0; j < n1; j++)
            F(move_item)(dst + (i * n1 + j) * ITEM, src);
}

static void F(move)(void *dst, int64_t d0, int64_t d1, const void *src, int64_t s0, int64_t s1, int64_t n0,
                    int64_t n1) {
    const int64_t item = sizeof(RP_C);
    if (s1 == 0 && n1 > 1 && d1 == item && d0 == n1 * item) {
        F(spread)(dst, src, s0, n0, n1);
    } else if (d1 == item && s0 == item && s1 != item && n0 > 1) {
        F(transpose)(dst, d0, src, s1, n1, n0);
    } else if (d0 == item && s1 == item && d1 != item && n1 > 1) {
        F(transpose)(dst, d1, src, s0, n0, n1);
    } else if (n0 > n1) {
        for (int64_t j = 0; j < n1; j++)
            F(move_line)((char *)dst + j * d1, d0, (const char *)src + j * s1, s0, n0);
    } else {
        for (int64_t i = 0; i < n0; i++)
            F(move_line)((char *)dst + i * d0, d1, (const char *)src + i * s0, s1, n1);
    }
}

#undef V
#undef F
#undef RP_T
#undef RP_C
#undef RP_ZIP_LO_IN
#undef RP_ZIP_HI_IN
#undef RP_EVENS
#undef RP_REVERSED
