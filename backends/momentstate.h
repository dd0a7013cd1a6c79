/* momentstate.h -- the state of moments, the same for every type: empty, and one joined to another.
 * SPDX-License-Identifier: MIT
 */

/* a + b, and into *rest what rounding lost: exact (Knuth's two-sum). */
RP_INLINE double two_sum_one(double a, double b, double *rest) {
    double sum = a + b, back = sum - a;
    *rest += (a - (sum - back)) + (b - back);
    return sum;
}

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

static void moments_init(void *state, int64_t pitch, int64_t cols, int64_t base) {
    (void)base;
    moments_fill(state, pitch, cols);
}

/* Chan, Golub and LeVeque's pairwise update; an empty side leaves the other as it is, to the bit. */
RP_INLINE void moments_join(double *state, int64_t pitch, const double *other, int64_t other_pitch,
                            int64_t cols) {
    for (int64_t i = 0; i < cols; i++) {
        double a[moments_fields], b[moments_fields];
        for (int f = 0; f < moments_fields; f++) {
            a[f] = state[f * pitch + i];
            b[f] = other[f * other_pitch + i];
        }
        if (a[moments_n] == 0)
            memcpy(a, b, sizeof a);
        else if (b[moments_n] > 0) {
            double n = a[moments_n] + b[moments_n], share = b[moments_n] / n;
            double apart = (b[moments_mean] - a[moments_mean]) + (b[moments_low] - a[moments_low]);
            double rest = a[moments_rest] + b[moments_rest];
            double m2 = two_sum_one(a[moments_m2], b[moments_m2], &rest);
            a[moments_m2] = two_sum_one(m2, apart * apart * (a[moments_n] * share), &rest);
            a[moments_rest] = rest;
            a[moments_mean] = two_sum_one(a[moments_mean], apart * share, &a[moments_low]);
            a[moments_n] = n;
        }
        for (int f = 0; f < moments_fields; f++)
            state[f * pitch + i] = a[f];
    }
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
