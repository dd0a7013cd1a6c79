/* runs.h -- runs of a fold: rows of RP_LANES elements into lanes, one run after another or two in turn. Included once for each
 * fold, by fold.h, behind what lanes come to (joinlanes.h).
 * SPDX-License-Identifier: MIT
 */
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
