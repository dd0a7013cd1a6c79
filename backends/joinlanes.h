/* joinlanes.h -- what the RP_LANES lanes of a run come to: lane j with j + 8, j + 4, j + 2 and j + 1, of one run or of as many
 * at once as a vector has elements. Included once for each fold, by fold.h.
 * SPDX-License-Identifier: MIT
 */
enum { F(group) = RP_VECTOR_BYTES ? WIDE(v_count) : 1 };

/* Of one run: written out, so that each step becomes vector code. A choice between two elements becomes branches, and is
   spelled in masks. */
#if defined RP_TAKES_FIRST && RP_VECTOR_BYTES
#define RP_HALVE(n)                                                                                          \
    do {                                                                                                     \
        typedef RP_WC part __attribute__((vector_size(n * sizeof(RP_WC))));                                  \
        part a, b;                                                                                           \
        memcpy(&a, lane, sizeof a);                                                                          \
        memcpy(&b, lane + n, sizeof b);                                                                      \
        const __typeof__(a < b) first = RP_TAKES_FIRST(a, b);                                                \
        a = (part)(((__typeof__(a < b))a & first) | ((__typeof__(a < b))b & ~first));                        \
        memcpy(lane, &a, sizeof a);                                                                          \
    } while (0)
RP_INLINE void F(join_lanes)(RP_WC *lane) {
    RP_HALVE(8);
    RP_HALVE(4);
    RP_HALVE(2);
    F(join)(lane, RP_LANES, lane + 1, RP_LANES, 1);
}
#undef RP_HALVE
#else
RP_INLINE void F(join_lanes)(RP_WC *lane) {
    F(join)(lane, RP_LANES, lane + 8, RP_LANES, 8);
    F(join)(lane, RP_LANES, lane + 4, RP_LANES, 4);
    F(join)(lane, RP_LANES, lane + 2, RP_LANES, 2);
    F(join)(lane, RP_LANES, lane + 1, RP_LANES, 1);
}
#endif

#if RP_VECTOR_BYTES
RP_INLINE void F(join_vectors)(W *a, W *lost, W b, W b_lost) {
#if RP_COMPENSATED
    const W sum = *a + b, back = sum - *a;
    *lost = (*lost + b_lost) + ((*a - (sum - back)) + (b - back));
    *a = sum;
#else
    *a = RP_STEP(*a, b);
    *lost = F(parts) > 1 ? RP_STEP(*lost, b_lost) : b_lost;
#endif
}

/* The lanes of one run, as far as whole vectors of them are joined. */
RP_INLINE void F(join_to_vector)(W *s, W *lost, const RP_WC *lane) {
    enum { N = WIDE(v_count), VECTORS = RP_LANES / N };
    W v[VECTORS], rest[VECTORS];
    for (int i = 0; i < VECTORS; i++) {
        v[i] = WIDE(v_load)(lane + i * N);
        rest[i] = F(fields) > 1 ? WIDE(v_load)(lane + RP_LANES + i * N) : v[i];
    }
    for (int half = VECTORS / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            F(join_vectors)(&v[i], &rest[i], v[i + half], rest[i + half]);
    *s = v[0];
    *lost = rest[0];
}

/* Of v_count runs: two vectors become one, in which the lanes of both, that are joined next, alternate. Pairs of runs part
   their ways at each step, so that they end in order where they begin with their numbers' bits reversed. */
RP_INLINE void F(join_runs)(RP_WC *sums, RP_WC (*lanes)[2 * RP_LANES]) {
    enum { N = WIDE(v_count) };
    W s[N], lost[N];
    for (int i = 0, reversed = 0; i < N; i++) {
        F(join_to_vector)(&s[i], &lost[i], lanes[reversed]);
        for (int bit = N / 2; bit && ((reversed ^= bit) & bit) == 0; bit /= 2) {
        }
    }
    for (int n = N / 2; n; n /= 2)
        for (int i = 0; i < n; i++) {
            W a = s[2 * i], b = s[2 * i + 1], p = lost[2 * i], q = lost[2 * i + 1];
            s[i] = WIDE(v_zip_lo)(a, b);
            lost[i] = WIDE(v_zip_lo)(p, q);
            F(join_vectors)(&s[i], &lost[i], WIDE(v_zip_hi)(a, b), WIDE(v_zip_hi)(p, q));
        }
    WIDE(v_store)(sums, s[0]);
    WIDE(v_store)(sums + N, lost[0]);
}
#endif

/* sums[i], and what it lost in sums[F(group) + i], of run i. */
RP_INLINE void F(join_group)(RP_WC *sums, RP_WC (*lanes)[2 * RP_LANES], int64_t runs) {
#if RP_VECTOR_BYTES
    if (runs == F(group)) {
        F(join_runs)(sums, lanes);
        return;
    }
#endif
    for (int64_t i = 0; i < runs; i++) {
        F(join_lanes)(lanes[i]);
        sums[i] = lanes[i][0];
        if (F(fields) > 1)
            sums[F(group) + i] = lanes[i][RP_LANES];
    }
}
