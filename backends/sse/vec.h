/* sse/vec.h -- 16-byte vectors, x86-64-v2.
 * SPDX-License-Identifier: MIT
 */
#include <smmintrin.h>

#define RP_VECTOR_BYTES 16
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return _mm_sqrt_ps(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return _mm_sqrt_pd(x);
}

#define RP_OWN_STREAM
#define v_stream(p, v) _mm_stream_si128((__m128i *)(void *)(p), (__m128i)(v))
RP_INLINE void v_stream_end(void) {
    _mm_sfence();
}

#define RP_OWN_EXTREMES
#define RP_SSE_EXTREME(name, t, s)                                                                           \
    RP_INLINE v_##t v_##name##_##t(v_##t a, v_##t b) {                                                       \
        return _mm_blendv_##s(_mm_##name##_##s(a, b), a, _mm_cmpunord_##s(a, a));                            \
    }
RP_SSE_EXTREME(min, f32, ps)
RP_SSE_EXTREME(max, f32, ps)
RP_SSE_EXTREME(min, f64, pd)
RP_SSE_EXTREME(max, f64, pd)

#define RP_OWN_ANY
#define v_any(m) (_mm_movemask_epi8((__m128i)(m)) != 0)
