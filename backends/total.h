/* total.h -- means of int64 from their exact sums.
 * SPDX-License-Identifier: MIT
 *
 * A total's state holds the sum of the elements, wrapping, and that of their upper halves. Of fewer than RP_EXACT_COUNT elements
 * neither the upper halves' sum wraps nor the lower ones', and the latter is what the one has more than the other.
 */

RP_INLINE uint64_t rp_lower_halves(int64_t sum, int64_t high) {
    return (uint64_t)sum - ((uint64_t)high << 32);
}

/* Whether the sum is not the total: what lies above its lower 32 bits does not fit in as many. */
RP_INLINE uint64_t rp_sum_has_wrapped(int64_t sum, int64_t high) {
    const uint64_t upper = (uint64_t)high + (rp_lower_halves(sum, high) >> 32);
    return (upper + ((uint64_t)1 << 31)) >> 32;
}

__extension__ typedef __int128 rp_int128;

/* Of a sum that has wrapped: rounded once. The bits that do not fit in 64 are among those that rounding takes away, where all that
   counts is whether any is set. */
RP_INLINE double rp_total(int64_t sum, int64_t high) {
    const rp_int128 total = (rp_int128)high * ((int64_t)1 << 32) + (rp_int128)rp_lower_halves(sum, high);
    const int past = 64 - __builtin_clrsbll((int64_t)(total >> 64));
    const uint64_t scale = (uint64_t)1 << past;
    return v_real((int64_t)(total >> past) | (((uint64_t)total & (scale - 1)) != 0)) * (double)scale;
}

/* The means of those of n columns whose sum has wrapped, out_stride bytes apart. */
RP_INLINE void rp_mend_totals(const int64_t *sum, const int64_t *high, int64_t n, char *out,
                              int64_t out_stride, double divisor) {
    uint64_t wrapped = 0;
    for (int64_t i = 0; i < n; i++)
        wrapped |= rp_sum_has_wrapped(sum[i], high[i]);
    for (int64_t i = 0; wrapped && i < n; i++)
        if (rp_sum_has_wrapped(sum[i], high[i])) {
            const double mean = rp_total(sum[i], high[i]) / divisor;
            memcpy(out + i * out_stride, &mean, sizeof mean);
        }
}
