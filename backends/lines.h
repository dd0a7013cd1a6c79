/* lines.h -- a fold's kernels of rows and of runs, each built twice: for elements one after another, and 2 apart;
 * with RP_RUNS_BACK, runs also backwards. Included once for each fold, with F and what the fold does where `apart` is known:
 *   F(fold_rows)(state, pitch, column, x, stride, apart, distance, rows, cols, index)
 *   F(fold_runs)(state, pitch, column, x, stride, apart, distance, runs, n, index)
 * SPDX-License-Identifier: MIT
 */
RP_APART void F(rows_apart)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t rows,
                            int64_t cols, rp_index index) {
    F(fold_rows)(state, pitch, column, x.first, x.stride, 2, x.distance, rows, cols, index);
}

static void F(rows)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t rows, int64_t cols,
                    rp_index index) {
    if (x.apart == 2)
        F(rows_apart)(state, pitch, column, x, rows, cols, index);
    else
        F(fold_rows)(state, pitch, column, x.first, x.stride, 1, x.distance, rows, cols, index);
}

RP_APART void F(runs_apart)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t runs, int64_t n,
                            rp_index index) {
    F(fold_runs)(state, pitch, column, x.first, x.stride, 2, x.distance, runs, n, index);
}

#ifdef RP_RUNS_BACK
RP_APART void F(runs_back)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t runs, int64_t n,
                           rp_index index) {
    F(fold_runs)(state, pitch, column, x.first, x.stride, -1, x.distance, runs, n, index);
}
#endif

static void F(runs)(void *state, int64_t pitch, int64_t column, rp_lines x, int64_t runs, int64_t n,
                    rp_index index) {
#ifdef RP_RUNS_BACK
    if (x.apart < 0)
        F(runs_back)(state, pitch, column, x, runs, n, index);
    else
#endif
        if (x.apart == 2)
        F(runs_apart)(state, pitch, column, x, runs, n, index);
    else
        F(fold_runs)(state, pitch, column, x.first, x.stride, 1, x.distance, runs, n, index);
}
