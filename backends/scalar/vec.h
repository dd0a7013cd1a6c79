/* scalar/vec.h -- one element at a time: the executable definition of every result.
 * SPDX-License-Identifier: MIT
 */
#define RP_VECTOR_BYTES 0
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return __builtin_sqrtf(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return __builtin_sqrt(x);
}

#define RP_OWN_ANY
#define v_any(m) ((m) != 0)
