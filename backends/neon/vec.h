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

#define RP_OWN_ANY
#define v_any(m) (vmaxvq_u32((uint32x4_t)(m)) != 0)
