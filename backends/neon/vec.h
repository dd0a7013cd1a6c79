/* neon/vec.h -- 16-byte vectors, aarch64's Advanced SIMD.
 * SPDX-License-Identifier: MIT
 */
#include <arm_neon.h>

#define RP_VECTOR_BYTES 16
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return vsqrtq_f32(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return vsqrtq_f64(x);
}

#define RP_OWN_BITS
RP_INLINE unsigned v_bits_32(v_i32 m) {
    const uint32x4_t weights = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32((uint32x4_t)m, weights));
}
RP_INLINE unsigned v_bits_64(v_i64 m) {
    const uint64x2_t weights = {1, 2};
    return (unsigned)vaddvq_u64(vandq_u64((uint64x2_t)m, weights));
}
