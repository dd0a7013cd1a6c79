/* avx2/vec.h -- 32-byte vectors, x86-64-v3.
 * SPDX-License-Identifier: MIT
 */
#include <immintrin.h>

#define RP_VECTOR_BYTES 32
#define RP_REGISTERS 16
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return _mm256_sqrt_ps(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return _mm256_sqrt_pd(x);
}

#define RP_OWN_STREAM
#define v_stream(p, v) _mm256_stream_si256((__m256i *)(void *)(p), (__m256i)(v))
RP_INLINE void v_stream_end(void) {
    _mm_sfence();
}

RP_INLINE __m128i v_half(__m256i v, int half) {
    return half ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v);
}
RP_INLINE __m128i v_load_half(const void *p, int half) {
    return _mm_loadu_si128((const __m128i *)p + half);
}
RP_INLINE v_f64 v_widen_f32(v_f32 v, int half) {
    return _mm256_cvtps_pd((__m128)v_half((__m256i)v, half));
}
RP_INLINE v_i64 v_widen_i32(v_i32 v, int half) {
    return (v_i64)_mm256_cvtepi32_epi64(v_half((__m256i)v, half));
}
RP_INLINE v_f64 v_load_wide_f32(const void *p, int half) {
    return _mm256_cvtps_pd((__m128)v_load_half(p, half));
}
RP_INLINE v_i64 v_load_wide_i32(const void *p, int half) {
    return (v_i64)_mm256_cvtepi32_epi64(v_load_half(p, half));
}
RP_INLINE v_f32 v_narrow_f32(const v_f64 *halves) {
    return _mm256_set_m128(_mm256_cvtpd_ps(halves[1]), _mm256_cvtpd_ps(halves[0]));
}

/* The processor's own min(a, b) is a where a < b, else b. All bits set are a NaN too, and an or is cheaper than a choice. */
#define RP_OWN_LEAST
#define RP_OWN_EXTREMES
#define RP_AVX_LEAST(name, order, t, s)                                                                      \
    RP_INLINE v_##t v_##order##_##t(v_##t a, v_##t b) {                                                      \
        return _mm256_##name##_##s(a, b);                                                                    \
    }                                                                                                        \
    RP_INLINE v_##t v_##name##_##t(v_##t a, v_##t b) {                                                       \
        return _mm256_or_##s(_mm256_##name##_##s(a, b), _mm256_cmp_##s(a, a, _CMP_UNORD_Q));                 \
    }
RP_AVX_LEAST(min, least, f32, ps)
RP_AVX_LEAST(max, greatest, f32, ps)
RP_AVX_LEAST(min, least, f64, pd)
RP_AVX_LEAST(max, greatest, f64, pd)
/* Lane i takes part where i < k. */
#define RP_OWN_PARTS
RP_INLINE __m256i v_lanes_32(int64_t k) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)k), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
RP_INLINE __m256i v_lanes_64(int64_t k) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(k), _mm256_setr_epi64x(0, 1, 2, 3));
}
#define RP_AVX_PART(t, T, bits, epi, I)                                                                      \
    RP_INLINE v_##t v_load_over_##t(const T *p, int64_t k, v_##t over) {                                     \
        __m256i lanes = v_lanes_##bits(k);                                                                   \
        __m256i some = _mm256_maskload_##epi((const I *)(const void *)p, lanes);                             \
        return (v_##t)_mm256_blendv_epi8((__m256i)over, some, lanes);                                        \
    }                                                                                                        \
    RP_INLINE void v_store_part_##t(T *p, v_##t v, int64_t k) {                                              \
        _mm256_maskstore_##epi((I *)(void *)p, v_lanes_##bits(k), (__m256i)v);                               \
    }
RP_AVX_PART(f32, float, 32, epi32, int)
RP_AVX_PART(f64, double, 64, epi64, long long)
RP_AVX_PART(i32, int32_t, 32, epi32, int)
RP_AVX_PART(i64, int64_t, 64, epi64, long long)

#define RP_OWN_BITS
RP_INLINE unsigned v_bits_32(v_i32 m) {
    return (unsigned)_mm256_movemask_ps((__m256)m);
}
RP_INLINE unsigned v_bits_64(v_i64 m) {
    return (unsigned)_mm256_movemask_pd((__m256d)m);
}

#define RP_OWN_ANY_ODD
#define RP_AVX_ANY_ODD(t, s)                                                                                 \
    RP_INLINE int v_any_odd_##t(v_##t a, v_##t b, v_##t c, v_##t d) {                                        \
        return _mm256_movemask_##s(_mm256_or_##s(_mm256_cmp_##s(a, b, _CMP_UNORD_Q),                         \
                                                 _mm256_cmp_##s(c, d, _CMP_UNORD_Q))) != 0;                  \
    }
RP_AVX_ANY_ODD(f32, ps)
RP_AVX_ANY_ODD(f64, pd)
