/* shallow.h -- fewer than RP_BLOCK rows straight to results that lie one after another: what init, rows and finish give, which
 * for a single block is the block itself. Included once for each fold, by fold.h.
 * SPDX-License-Identifier: MIT
 */
#if RP_EXACT
/* By a state that stays in the nearest cache. */
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
