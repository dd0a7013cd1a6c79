/* momentstate.h -- the state of moments, the same for every type: empty, and one joined to another.
 * SPDX-License-Identifier: MIT
 */

/* a + b, and into *rest what rounding lost: exact (Knuth's two-sum). */
RP_INLINE v_f64 two_sum(v_f64 a, v_f64 b, v_f64 *rest) {
    v_f64 sum = a + b, back = sum - a;
    *rest = *rest + ((a - (sum - back)) + (b - back));
    return sum;
}

enum { moments_n, moments_mean, moments_low, moments_m2, moments_rest, moments_fields };

RP_INLINE void moments_fill(double *state, int64_t pitch, int64_t cols) {
    for (int f = 0; f < moments_fields; f++)
        memset(state + f * pitch, 0, (size_t)cols * sizeof *state);
}

static void moments_init(void *state, int64_t pitch, int64_t cols, int64_t index) {
    (void)index;
    moments_fill(state, pitch, cols);
}

/* Chan, Golub and LeVeque's pairwise update of a by b; an empty side leaves the other as it is, to the bit. */
RP_INLINE void moments_update(v_f64 *a, const v_f64 *b) {
    const v_f64 zero = v_set_f64(0), one = v_set_f64(1), n = a[moments_n] + b[moments_n];
    const m_f64 no_a = v_equal_f64(a[moments_n], zero), no_b = v_equal_f64(b[moments_n], zero);
    const v_f64 share = b[moments_n] / v_select_f64(v_equal_f64(n, zero), one, n);
    const v_f64 apart = (b[moments_mean] - a[moments_mean]) + (b[moments_low] - a[moments_low]);
    v_f64 c[moments_fields] = {n, a[moments_mean], a[moments_low], a[moments_m2],
                               a[moments_rest] + b[moments_rest]};
    c[moments_mean] = two_sum(c[moments_mean], apart * share, &c[moments_low]);
    c[moments_m2] = two_sum(c[moments_m2], b[moments_m2], &c[moments_rest]);
    c[moments_m2] = two_sum(c[moments_m2], apart * apart * (a[moments_n] * share), &c[moments_rest]);
    for (int f = 0; f < moments_fields; f++)
        a[f] = v_select_f64(no_a, b[f], v_select_f64(no_b, a[f], c[f]));
}

RP_INLINE void moments_join(double *state, int64_t pitch, const double *other, int64_t other_pitch,
                            int64_t cols) {
    v_f64 a[moments_fields], b[moments_fields];
    int64_t i = 0;
    for (; i + v_count_f64 <= cols; i += v_count_f64) {
        for (int f = 0; f < moments_fields; f++) {
            a[f] = v_load_f64(state + f * pitch + i);
            b[f] = v_load_f64(other + f * other_pitch + i);
        }
        moments_update(a, b);
        for (int f = 0; f < moments_fields; f++)
            v_store_f64(state + f * pitch + i, a[f]);
    }
    if (i == cols)
        return;
    for (int f = 0; f < moments_fields; f++) {
        a[f] = v_load_part_f64(state + f * pitch + i, cols - i);
        b[f] = v_load_part_f64(other + f * other_pitch + i, cols - i);
    }
    moments_update(a, b);
    for (int f = 0; f < moments_fields; f++)
        v_store_part_f64(state + f * pitch + i, a[f], cols - i);
}

static void moments_merge(void *state, int64_t pitch, int64_t column, const void *other, int64_t other_pitch,
                          int64_t cols) {
    moments_join((double *)state + column, pitch, other, other_pitch, cols);
}

static void moments_lanes(void *state, int64_t pitch, int64_t cols) {
    double *s = state;
    for (int64_t half = RP_LANES / 2; half; half /= 2)
        moments_join(s, pitch, s + half * cols, pitch, half * cols);
}
