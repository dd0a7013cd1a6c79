/* scalar/vec.h -- one element at a time: the executable definition of every result.
 * SPDX-License-Identifier: MIT
 */
#define RP_VECTOR_BYTES 0
#define RP_REGISTERS 16
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return __builtin_sqrtf(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return __builtin_sqrt(x);
}

/* The comparison that the processor has first, and NaN, which is rare, after it: no branch goes astray. */
#define RP_OWN_EXTREMES
#define RP_SCALAR_EXTREME(name, t, T, before)                                                                \
    RP_INLINE T v_##name##_##t(T a, T b) {                                                                   \
        T r = a before b ? a : b;                                                                            \
        return a != a ? a : r;                                                                               \
    }
RP_SCALAR_EXTREME(min, f32, float, <)
RP_SCALAR_EXTREME(max, f32, float, >)
RP_SCALAR_EXTREME(min, f64, double, <)
RP_SCALAR_EXTREME(max, f64, double, >)
