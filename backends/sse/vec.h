/* sse/vec.h -- 16-byte vectors, x86-64-v2.
 * SPDX-License-Identifier: MIT
 */
#include <smmintrin.h>

#define RP_VECTOR_BYTES 16
#define RP_REGISTERS 16
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

RP_INLINE v_f64 v_widen_f32(v_f32 v, int half) {
    const __m128 x = v;
    return _mm_cvtps_pd(half ? _mm_movehl_ps(x, x) : x);
}
RP_INLINE v_i64 v_widen_i32(v_i32 v, int half) {
    const __m128i x = (__m128i)v;
    return (v_i64)_mm_cvtepi32_epi64(half ? _mm_unpackhi_epi64(x, x) : x);
}
RP_INLINE __m128i v_load_half(const void *p, int half) {
    return _mm_loadl_epi64((const __m128i *)(const void *)((const char *)p + 8 * half));
}
RP_INLINE v_f64 v_load_wide_f32(const void *p, int half) {
    return _mm_cvtps_pd((__m128)v_load_half(p, half));
}
RP_INLINE v_i64 v_load_wide_i32(const void *p, int half) {
    return (v_i64)_mm_cvtepi32_epi64(v_load_half(p, half));
}
RP_INLINE v_f32 v_narrow_f32(const v_f64 *halves) {
    return _mm_movelh_ps(_mm_cvtpd_ps(halves[0]), _mm_cvtpd_ps(halves[1]));
}

/* The processor's own min(a, b) is a where a < b, else b. All bits set are a NaN too, and an or is cheaper than a choice. */
#define RP_OWN_LEAST
#define RP_OWN_EXTREMES
#define RP_SSE_LEAST(name, order, t, s)                                                                      \
    RP_INLINE v_##t v_##order##_##t(v_##t a, v_##t b) {                                                      \
        return _mm_##name##_##s(a, b);                                                                       \
    }                                                                                                        \
    RP_INLINE v_##t v_##name##_##t(v_##t a, v_##t b) {                                                       \
        return _mm_or_##s(_mm_##name##_##s(a, b), _mm_cmpunord_##s(a, a));                                   \
    }
RP_SSE_LEAST(min, least, f32, ps)
RP_SSE_LEAST(max, greatest, f32, ps)
RP_SSE_LEAST(min, least, f64, pd)
RP_SSE_LEAST(max, greatest, f64, pd)
#define RP_OWN_BITS
RP_INLINE unsigned v_bits_32(v_i32 m) {
    return (unsigned)_mm_movemask_ps((__m128)m);
}
RP_INLINE unsigned v_bits_64(v_i64 m) {
    return (unsigned)_mm_movemask_pd((__m128d)m);
}

#define RP_OWN_ANY_ODD
#define RP_SSE_ANY_ODD(t, s)                                                                                 \
    RP_INLINE int v_any_odd_##t(v_##t a, v_##t b, v_##t c, v_##t d) {                                        \
        return _mm_movemask_##s(_mm_or_##s(_mm_cmpunord_##s(a, b), _mm_cmpunord_##s(c, d))) != 0;            \
    }
RP_SSE_ANY_ODD(f32, ps)
RP_SSE_ANY_ODD(f64, pd)
