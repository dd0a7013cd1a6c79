/* rest.h -- the columns at a row's end that no whole vector covers. Included once for each fold whose columns are apart,
 * with F, TYPE and F(part)(state, pitch, x, stride, rows, k), which folds k <= v_count columns that follow one another.
 * SPDX-License-Identifier: MIT
 *
 * Of elements 2 apart, a block at a time is gathered first: a vector's loads would read behind the last.
 */
RP_INLINE void F(rest)(void *state, int64_t pitch, const char *x, int64_t stride, int64_t apart, int64_t rows,
                       int64_t k) {
    enum { N = TYPE(v_count) };
    if (apart == 1) {
        F(part)(state, pitch, x, stride, rows, k);
        return;
    }
    for (int64_t r = 0; r < rows; r += RP_BLOCK) {
        RP_C block[RP_BLOCK * N];
        const int64_t n = rows - r < RP_BLOCK ? rows - r : RP_BLOCK;
        for (int64_t i = 0; i < n; i++)
            TYPE(gather)(block + i * N, (const RP_C *)(const void *)(x + (r + i) * stride), k, apart);
        F(part)(state, pitch, (const char *)block, N * (int)sizeof(RP_C), n, k);
    }
}
