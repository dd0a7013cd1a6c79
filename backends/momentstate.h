/* momentstate.h -- the state of moments, the same for every type: empty, and one joined to another.
 * SPDX-License-Identifier: MIT
 */

/* a + b, and into *rest what rounding lost: exact (Knuth's two-sum). */
RP_INLINE v_f64 two_sum(v_f64 a, v_f64 b, v_f64 *rest) {
    v_f64 sum = a + b, back = sum - a;
    *rest = *rest + ((a - (sum - back)) + (b - back));
    return sum;
}

/* The first five are what has entered. `pending` values more have been summed about the mean so far, rounded to the elements'
   type; before anything has entered the mean is that of which they are summed about. */
enum {
    moments_n,
    moments_mean,
    moments_low,
    moments_m2,
    moments_rest,
    moments_entered,
    moments_pending = moments_entered,
    moments_sum,
    moments_squares,
    moments_fields
};
_Static_assert((int)moments_fields <= (int)RP_MOST_FIELDS, "core has room for them");
_Static_assert((int)RP_GATHER % ((int)RP_BLOCK_MOMENTS * (int)RP_LANES) == 0,
               "a run may be given by so many");

static void moments_init(void *state, int64_t pitch, int64_t cols, int64_t index) {
    (void)index;
    for (int f = 0; f < moments_fields; f++)
        memset((double *)state + f * pitch, 0, (size_t)cols * sizeof(double));
}

RP_INLINE v_f64 moments_or_one(v_f64 n) {
    return v_select_f64(v_equal_f64(n, v_set_f64(0)), v_set_f64(1), n);
}

/* m values, their sum and that of their squares about `about`, into what has entered: the update of Chan, Golub and LeVeque
   (1979), for s = sum(x - mean), q = sum((x - mean)^2). */
RP_INLINE void moments_enter(v_f64 *a, v_f64 m, v_f64 about, v_f64 sum, v_f64 squares) {
    const v_f64 total = a[moments_n] + m, e = (a[moments_mean] - about) + a[moments_low];
    const v_f64 s = sum - m * e, q = squares - e * (sum + s), more = s / moments_or_one(total);
    a[moments_n] = total;
    a[moments_mean] = two_sum(a[moments_mean], more, &a[moments_low]);
    a[moments_m2] = two_sum(a[moments_m2], q - s * more, &a[moments_rest]);
}

/* The same authors' update of a by b, to which nothing is pending; an empty side leaves the other as it is, to the bit. */
RP_INLINE void moments_update(v_f64 *a, const v_f64 *b) {
    const v_f64 zero = v_set_f64(0), n = a[moments_n] + b[moments_n];
    const m_f64 no_a = v_equal_f64(a[moments_n], zero), no_b = v_equal_f64(b[moments_n], zero);
    const v_f64 share = b[moments_n] / moments_or_one(n);
    const v_f64 apart = (b[moments_mean] - a[moments_mean]) + (b[moments_low] - a[moments_low]);
    v_f64 c[moments_entered] = {n, a[moments_mean], a[moments_low], a[moments_m2],
                                a[moments_rest] + b[moments_rest]};
    c[moments_mean] = two_sum(c[moments_mean], apart * share, &c[moments_low]);
    c[moments_m2] = two_sum(c[moments_m2], b[moments_m2], &c[moments_rest]);
    c[moments_m2] = two_sum(c[moments_m2], apart * apart * (a[moments_n] * share), &c[moments_rest]);
    for (int f = 0; f < moments_entered; f++)
        a[f] = v_select_f64(no_a, b[f], v_select_f64(no_b, a[f], c[f]));
}
