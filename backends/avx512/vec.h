/* avx512/vec.h -- 64-byte vectors, x86-64-v4.
 * SPDX-License-Identifier: MIT
 */
#include <immintrin.h>

#define RP_VECTOR_BYTES 64
#define RP_REGISTERS 32
#include "registers.h"

RP_INLINE v_f32 v_sqrt_f32(v_f32 x) {
    return _mm512_sqrt_ps(x);
}
RP_INLINE v_f64 v_sqrt_f64(v_f64 x) {
    return _mm512_sqrt_pd(x);
}

#define RP_OWN_STREAM
#define v_stream(p, v) _mm512_stream_si512((__m512i *)(void *)(p), (__m512i)(v))
RP_INLINE void v_stream_end(void) {
    _mm_sfence();
}

/* The processor's own min(a, b) is a where a < b, else b. */
#define RP_OWN_LEAST
#define RP_OWN_EXTREMES
#define RP_AVX512_LEAST(name, order, t, s)                                                                   \
    RP_INLINE v_##t v_##order##_##t(v_##t a, v_##t b) {                                                      \
        return _mm512_##name##_##s(a, b);                                                                    \
    }                                                                                                        \
    RP_INLINE v_##t v_##name##_##t(v_##t a, v_##t b) {                                                       \
        return _mm512_mask_mov_##s(_mm512_##name##_##s(a, b), _mm512_cmp_##s##_mask(a, a, _CMP_UNORD_Q), a); \
    }
RP_AVX512_LEAST(min, least, f32, ps)
RP_AVX512_LEAST(max, greatest, f32, ps)
RP_AVX512_LEAST(min, least, f64, pd)
RP_AVX512_LEAST(max, greatest, f64, pd)
/* Zen 4 keeps more lines on their way from the outer caches when each is asked for in parts: by quarters where one operand
   is read, up to a quarter faster than as a whole; by halves, stores too, where two are. An Emerald Rapids does not care; from
   the nearest cache it takes up to twice as long in parts. */
#define RP_OWN_TAKES
#define RP_AVX512_TAKE(t, T)                                                                                 \
    RP_INLINE v_##t v_take_alone_##t(const T *p) {                                                           \
        const __m128i *q = (const __m128i *)(const void *)p;                                                 \
        __m512i v = _mm512_castsi128_si512(_mm_loadu_si128(q));                                              \
        v = _mm512_inserti64x2(v, _mm_loadu_si128(q + 1), 1);                                                \
        v = _mm512_inserti64x2(v, _mm_loadu_si128(q + 2), 2);                                                \
        return (v_##t)_mm512_inserti64x2(v, _mm_loadu_si128(q + 3), 3);                                      \
    }                                                                                                        \
    RP_INLINE v_##t v_take_##t(const T *p) {                                                                 \
        __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);                                  \
        __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)p + 1);                             \
        return (v_##t)_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);                              \
    }                                                                                                        \
    RP_INLINE void v_give_##t(T *p, v_##t v) {                                                               \
        _mm256_storeu_si256((__m256i *)(void *)p, _mm512_castsi512_si256((__m512i)v));                       \
        _mm256_storeu_si256((__m256i *)(void *)p + 1, _mm512_extracti64x4_epi64((__m512i)v, 1));             \
    }
RP_AVX512_TAKE(f32, float)
RP_AVX512_TAKE(f64, double)
RP_AVX512_TAKE(i32, int32_t)
RP_AVX512_TAKE(i64, int64_t)

RP_INLINE v_f64 v_widen_f32(v_f32 v, int half) {
    return _mm512_cvtps_pd(half ? _mm512_extractf32x8_ps(v, 1) : _mm512_castps512_ps256(v));
}
RP_INLINE v_f64 v_load_wide_f32(const void *p, int half) {
    return _mm512_cvtps_pd(_mm256_loadu_ps((const float *)p + half * 8));
}
RP_INLINE v_i64 v_widen_i32(v_i32 v, int half) {
    const __m512i x = (__m512i)v;
    return (v_i64)_mm512_cvtepi32_epi64(half ? _mm512_extracti64x4_epi64(x, 1) : _mm512_castsi512_si256(x));
}
RP_INLINE v_i64 v_load_wide_i32(const void *p, int half) {
    return (v_i64)_mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)p + half));
}
RP_INLINE v_f32 v_narrow_f32(const v_f64 *halves) {
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(halves[0])), _mm512_cvtpd_ps(halves[1]),
                              1);
}

#define RP_OWN_REAL

/* Lane i takes part where i < k. */
#define RP_OWN_PARTS
#define RP_AVX512_PART(t, T, M, s, I)                                                                        \
    RP_INLINE v_##t v_load_over_##t(const T *p, int64_t k, v_##t over) {                                     \
        return (v_##t)_mm512_mask_loadu_##s((I)over, (M)((1u << k) - 1), p);                                 \
    }                                                                                                        \
    RP_INLINE void v_store_part_##t(T *p, v_##t v, int64_t k) {                                              \
        _mm512_mask_storeu_##s(p, (M)((1u << k) - 1), (I)v);                                                 \
    }
RP_AVX512_PART(f32, float, __mmask16, ps, __m512)
RP_AVX512_PART(f64, double, __mmask8, pd, __m512d)
RP_AVX512_PART(i32, int32_t, __mmask16, epi32, __m512i)
RP_AVX512_PART(i64, int64_t, __mmask8, epi64, __m512i)

#define RP_OWN_INTEGER_LEAST
#define RP_AVX512_INTEGER_LEAST(name, order, t, s)                                                           \
    RP_INLINE v_##t v_##order##_##t(v_##t a, v_##t b) {                                                      \
        return (v_##t)_mm512_##name##_##s((__m512i)a, (__m512i)b);                                           \
    }
RP_AVX512_INTEGER_LEAST(min, least, i32, epi32)
RP_AVX512_INTEGER_LEAST(max, greatest, i32, epi32)
RP_AVX512_INTEGER_LEAST(min, least, i64, epi64)
RP_AVX512_INTEGER_LEAST(max, greatest, i64, epi64)

#define RP_OWN_LANE_BITS
#define RP_OWN_BITS
#define RP_OWN_ANY_ODD
#define RP_AVX512_FLOAT_BITS(t, s)                                                                           \
    RP_INLINE unsigned v_equal_bits_##t(v_##t a, v_##t b) {                                                  \
        return _mm512_cmp_##s##_mask(a, b, _CMP_EQ_OQ);                                                      \
    }                                                                                                        \
    RP_INLINE unsigned v_odd_bits_##t(v_##t a) {                                                             \
        return _mm512_cmp_##s##_mask(a, a, _CMP_UNORD_Q);                                                    \
    }                                                                                                        \
    RP_INLINE int v_any_odd_##t(v_##t a, v_##t b, v_##t c, v_##t d) {                                        \
        return !_kortestz_mask16_u8(_mm512_cmp_##s##_mask(a, b, _CMP_UNORD_Q),                               \
                                    _mm512_cmp_##s##_mask(c, d, _CMP_UNORD_Q));                              \
    }
#define RP_AVX512_INTEGER_BITS(t, s)                                                                         \
    RP_INLINE unsigned v_equal_bits_##t(v_##t a, v_##t b) {                                                  \
        return _mm512_cmpeq_##s##_mask((__m512i)a, (__m512i)b);                                              \
    }                                                                                                        \
    RP_INLINE unsigned v_odd_bits_##t(v_##t a) {                                                             \
        (void)a;                                                                                             \
        return 0;                                                                                            \
    }
RP_AVX512_FLOAT_BITS(f32, ps)
RP_AVX512_FLOAT_BITS(f64, pd)
RP_AVX512_INTEGER_BITS(i32, epi32)
RP_AVX512_INTEGER_BITS(i64, epi64)
