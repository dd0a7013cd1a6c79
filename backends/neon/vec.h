/* neon/vec.h -- 16-byte vectors, aarch64's Advanced SIMD.
 * SPDX-License-Identifier: MIT
 */
#include <arm_neon.h>

#define RP_VECTOR_BYTES 16
#define RP_REGISTERS 32
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return vsqrtq_f32(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return vsqrtq_f64(x);
}

RP_INLINE v_f64 v_widen_f32(v_f32 v, int half) {
    return half ? vcvt_high_f64_f32(v) : vcvt_f64_f32(vget_low_f32(v));
}
RP_INLINE v_i64 v_widen_i32(v_i32 v, int half) {
    return (v_i64)(half ? vmovl_high_s32(v) : vmovl_s32(vget_low_s32(v)));
}
RP_INLINE v_f64 v_load_wide_f32(const void *p, int half) {
    return vcvt_f64_f32(vld1_f32((const float *)p + 2 * half));
}
RP_INLINE v_i64 v_load_wide_i32(const void *p, int half) {
    return (v_i64)vmovl_s32(vld1_s32((const int32_t *)p + 2 * half));
}
RP_INLINE v_f32 v_narrow_f32(const v_f64 *halves) {
    return vcvt_high_f32_f64(vcvt_f32_f64(halves[0]), halves[1]);
}

#define RP_OWN_REAL

#define RP_OWN_BITS
RP_INLINE unsigned v_bits_32(v_i32 m) {
    const uint32x4_t weights = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32((uint32x4_t)m, weights));
}
RP_INLINE unsigned v_bits_64(v_i64 m) {
    const uint64x2_t weights = {1, 2};
    return (unsigned)vaddvq_u64(vandq_u64((uint64x2_t)m, weights));
}

/* There is no comparison for unordered: what equals itself is not NaN. */
#define RP_OWN_ANY_ODD
#define RP_NEON_ANY_ODD(t)                                                                                   \
    RP_INLINE int v_any_odd_##t(v_##t a, v_##t b, v_##t c, v_##t d) {                                        \
        uint32x4_t low = (uint32x4_t)(vceqq_##t(a, a) & vceqq_##t(b, b));                                    \
        uint32x4_t high = (uint32x4_t)(vceqq_##t(c, c) & vceqq_##t(d, d));                                   \
        return vminvq_u32(low & high) == 0;                                                                  \
    }
RP_NEON_ANY_ODD(f32)
RP_NEON_ANY_ODD(f64)
