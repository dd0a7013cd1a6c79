/* vector.h -- the vector vocabulary: what every kernel is written in, from a backend's register width.
 * SPDX-License-Identifier: MIT
 *
 * A backend's vec.h gives RP_VECTOR_BYTES (0: plain scalars) and RP_REGISTERS, how many vectors the CPU holds, includes
 * registers.h, and gives what the compiler cannot express:
 *   v_sqrt_t  correctly rounded square root
 *   v_widen_t(v, half)       a half of a vector of 4-byte lanes (f32, i32) as 8-byte lanes: exact
 *   v_load_wide_t(p, half)   the same from memory, of the vector at p
 *   v_narrow_f32(halves)     two vectors of f64 as one of f32, rounded
 * and may replace, with the same bits, what stands below under #ifndef RP_OWN_<name>. Arithmetic is the operators.
 */
#ifndef RP_VECTOR_H
#define RP_VECTOR_H

#include <stdint.h>
#include <string.h>

#define RP_CAT_(a, b) a##b
#define RP_CAT(a, b) RP_CAT_(a, b)

#include "vec.h"

/* What holds for every type. The part functions touch k < v_count elements; the other lanes of a part load hold
   a copy of the first, so that they raise no flag that a real element does not, and of a load over a vector its own. */
#define RP_COMMON(t, T, I)                                                                                   \
    RP_INLINE v_##t v_load_##t(const T *p) {                                                                 \
        v_##t v;                                                                                             \
        memcpy(&v, p, sizeof v);                                                                             \
        return v;                                                                                            \
    }                                                                                                        \
    RP_INLINE void v_store_##t(T *p, v_##t v) {                                                              \
        memcpy(p, &v, sizeof v);                                                                             \
    }                                                                                                        \
    RP_INLINE v_##t v_set_##t(T x) {                                                                         \
        I bits;                                                                                              \
        memcpy(&bits, &x, sizeof x);                                                                         \
        return RP_SPLAT(t, bits);                                                                            \
    }                                                                                                        \
    RP_INLINE v_##t v_select_##t(m_##t m, v_##t a, v_##t b) {                                                \
        return RP_SELECT(t, m, a, b);                                                                        \
    }                                                                                                        \
    RP_INLINE m_##t m_set_##t(I x) {                                                                         \
        return RP_MASK_OF(t, x);                                                                             \
    }                                                                                                        \
    RP_INLINE m_##t v_less_##t(v_##t a, v_##t b) {                                                           \
        return RP_MASK(t, a < b);                                                                            \
    }                                                                                                        \
    RP_INLINE m_##t v_equal_##t(v_##t a, v_##t b) {                                                          \
        return RP_MASK(t, a == b);                                                                           \
    }                                                                                                        \
    RP_INLINE m_##t v_is_nan_##t(v_##t a) {                                                                  \
        return RP_MASK(t, a != a);                                                                           \
    }
RP_COMMON(f32, float, int32_t)
RP_COMMON(f64, double, int64_t)
RP_COMMON(i32, int32_t, int32_t)
RP_COMMON(i64, int64_t, int64_t)

/* The same load and store where what is read is written again elsewhere, from the outer caches and memory: of several operands, and
   of one alone. */
#ifdef RP_OWN_TAKES
enum { RP_TAKES_PARTS = 1 };
#else
enum { RP_TAKES_PARTS = 0 };
#define RP_TAKE(t, T)                                                                                        \
    RP_INLINE v_##t v_take_alone_##t(const T *p) {                                                           \
        return v_load_##t(p);                                                                                \
    }                                                                                                        \
    RP_INLINE v_##t v_take_##t(const T *p) {                                                                 \
        return v_load_##t(p);                                                                                \
    }                                                                                                        \
    RP_INLINE void v_give_##t(T *p, v_##t v) {                                                               \
        v_store_##t(p, v);                                                                                   \
    }
RP_TAKE(f32, float)
RP_TAKE(f64, double)
RP_TAKE(i32, int32_t)
RP_TAKE(i64, int64_t)
#endif

#define RP_PART_LOAD(t, T)                                                                                   \
    RP_INLINE v_##t v_load_over_##t(const T *p, int64_t k, v_##t over) {                                     \
        T lane[v_count_##t];                                                                                 \
        v_store_##t(lane, over);                                                                             \
        for (int64_t i = 0; i < k; i++)                                                                      \
            lane[i] = p[i];                                                                                  \
        return v_load_##t(lane);                                                                             \
    }
#define RP_PART_STORE(t, T)                                                                                  \
    RP_INLINE void v_store_part_##t(T *p, v_##t v, int64_t k) {                                              \
        T lane[v_count_##t];                                                                                 \
        v_store_##t(lane, v);                                                                                \
        for (int64_t i = 0; i < k; i++)                                                                      \
            p[i] = lane[i];                                                                                  \
    }
#ifndef RP_OWN_PARTS
RP_PART_LOAD(f32, float)
RP_PART_LOAD(f64, double)
RP_PART_LOAD(i32, int32_t)
RP_PART_LOAD(i64, int64_t)
RP_PART_STORE(f32, float)
RP_PART_STORE(f64, double)
RP_PART_STORE(i32, int32_t)
RP_PART_STORE(i64, int64_t)
#endif

#define RP_PART(t, T)                                                                                        \
    RP_INLINE v_##t v_load_part_##t(const T *p, int64_t k) {                                                 \
        return v_load_over_##t(p, k, v_set_##t(*p));                                                         \
    }
RP_PART(f32, float)
RP_PART(f64, double)
RP_PART(i32, int32_t)
RP_PART(i64, int64_t)

/* least(a, b) is a where a < b, else b: NaN in a is passed over. */
#define RP_LEAST_OF(t)                                                                                       \
    RP_INLINE v_##t v_least_##t(v_##t a, v_##t b) {                                                          \
        return v_select_##t(v_less_##t(a, b), a, b);                                                         \
    }                                                                                                        \
    RP_INLINE v_##t v_greatest_##t(v_##t a, v_##t b) {                                                       \
        return v_select_##t(v_less_##t(b, a), a, b);                                                         \
    }
#ifndef RP_OWN_LEAST
RP_LEAST_OF(f32)
RP_LEAST_OF(f64)
#endif
#ifndef RP_OWN_INTEGER_LEAST
RP_LEAST_OF(i32)
RP_LEAST_OF(i64)
#endif

/* minimum(a, b) is a where a < b or a is NaN, else b: NaN propagates, and of equals (the signed zeros) the second
   is taken. maximum likewise. */
#define RP_EXTREMES(t)                                                                                       \
    RP_INLINE v_##t v_min_##t(v_##t a, v_##t b) {                                                            \
        return v_select_##t(v_is_nan_##t(a), a, v_least_##t(a, b));                                          \
    }                                                                                                        \
    RP_INLINE v_##t v_max_##t(v_##t a, v_##t b) {                                                            \
        return v_select_##t(v_is_nan_##t(a), a, v_greatest_##t(a, b));                                       \
    }
#define RP_INTEGER_EXTREMES(t)                                                                               \
    RP_INLINE v_##t v_min_##t(v_##t a, v_##t b) {                                                            \
        return v_least_##t(a, b);                                                                            \
    }                                                                                                        \
    RP_INLINE v_##t v_max_##t(v_##t a, v_##t b) {                                                            \
        return v_greatest_##t(a, b);                                                                         \
    }
#ifndef RP_OWN_EXTREMES
RP_EXTREMES(f32)
RP_EXTREMES(f64)
#endif
RP_INTEGER_EXTREMES(i32)
RP_INTEGER_EXTREMES(i64)

/* A bit for each lane of a mask, the first lane the lowest. */
#ifndef RP_OWN_BITS
#define RP_BITS(bits, I)                                                                                     \
    RP_INLINE unsigned v_bits_##bits(v_i##bits m) {                                                          \
        I lane[v_count_i##bits];                                                                             \
        unsigned set = 0;                                                                                    \
        memcpy(lane, &m, sizeof lane);                                                                       \
        for (int i = 0; i < v_count_i##bits; i++)                                                            \
            set |= (unsigned)(lane[i] & 1) << i;                                                             \
        return set;                                                                                          \
    }
RP_BITS(32, int32_t)
RP_BITS(64, int64_t)
#endif

/* Bits of the lanes that are equal, and of those that are NaN; whether some lane of four vectors is. */
#define RP_LANE_BITS(t, bits)                                                                                \
    RP_INLINE unsigned v_equal_bits_##t(v_##t a, v_##t b) {                                                  \
        return v_bits_##bits(v_equal_##t(a, b));                                                             \
    }                                                                                                        \
    RP_INLINE unsigned v_odd_bits_##t(v_##t a) {                                                             \
        return v_bits_##bits(v_is_nan_##t(a));                                                               \
    }
#ifndef RP_OWN_LANE_BITS
RP_LANE_BITS(f32, 32)
RP_LANE_BITS(f64, 64)
RP_LANE_BITS(i32, 32)
RP_LANE_BITS(i64, 64)
#endif
#define RP_ANY_ODD(t, bits)                                                                                  \
    RP_INLINE int v_any_odd_##t(v_##t a, v_##t b, v_##t c, v_##t d) {                                        \
        return v_bits_##bits((v_is_nan_##t(a) | v_is_nan_##t(b)) | (v_is_nan_##t(c) | v_is_nan_##t(d))) !=   \
               0;                                                                                            \
    }
#ifndef RP_OWN_ANY_ODD
RP_ANY_ODD(f32, 32)
RP_ANY_ODD(f64, 64)
#endif
#define v_any_odd_i32(a, b, c, d) 0
#define v_any_odd_i64(a, b, c, d) 0

RP_INLINE v_i32 v_abs_i32(v_i32 x) {
    return v_select_i32(v_less_i32(x, v_set_i32(0)), -x, x);
}
RP_INLINE v_i64 v_abs_i64(v_i64 x) {
    return v_select_i64(v_less_i64(x, v_set_i64(0)), -x, x);
}

#if RP_VECTOR_BYTES
RP_INLINE v_f32 v_abs_f32(v_f32 x) {
    return (v_f32)((v_i32)x & INT32_MAX);
}
RP_INLINE v_f64 v_abs_f64(v_f64 x) {
    return (v_f64)((v_i64)x & INT64_MAX);
}

enum { v_halves = 2 };
#else
RP_INLINE v_f32 v_abs_f32(v_f32 x) {
    return __builtin_fabsf(x);
}
RP_INLINE v_f64 v_abs_f64(v_f64 x) {
    return __builtin_fabs(x);
}
#define RP_WIDEN(t, wide)                                                                                    \
    RP_INLINE v_##wide v_widen_##t(v_##t v, int half) {                                                      \
        (void)half;                                                                                          \
        return (v_##wide)v;                                                                                  \
    }                                                                                                        \
    RP_INLINE v_##wide v_load_wide_##t(const void *p, int half) {                                            \
        (void)half;                                                                                          \
        v_##t v;                                                                                             \
        memcpy(&v, p, sizeof v);                                                                             \
        return (v_##wide)v;                                                                                  \
    }
RP_WIDEN(f32, f64)
RP_WIDEN(i32, i64)
RP_INLINE v_f32 v_narrow_f32(const v_f64 *halves) {
    return (v_f32)*halves;
}
enum { v_halves = 1 };
#endif

/* An int64 as float64, rounded once. Where no instruction converts a vector of them, a loop over this becomes one all the same:
   the halves are made the low bits of 2^84 and of 2^52, which the subtraction takes off again, both exactly, and the
   addition rounds. (Where it rounds downwards, 0 becomes -0.0: v_mend_zeros.) */
#if defined RP_OWN_REAL || !RP_VECTOR_BYTES
RP_INLINE double v_real(int64_t x) {
    return (double)x;
}
#else
RP_INLINE double v_real(int64_t x) {
    const uint64_t high_bits = ((uint64_t)x >> 32) ^ 0x4530000080000000u; /* 2^84, and 2^31 as the sign's */
    const uint64_t low_bits = ((uint64_t)x & UINT32_MAX) | 0x4330000000000000u;
    double high, low;
    memcpy(&high, &high_bits, sizeof high);
    memcpy(&low, &low_bits, sizeof low);
    return (high - (0x1p84 + 0x1p63 + 0x1p52)) + low;
}
#endif

/* What v_real, or a division after it, made of zeros, `stride` bytes apart, is 0.0 in every rounding mode. */
RP_INLINE void v_mend_zeros(void *first, int64_t stride, int64_t n) {
    const double zero = 0;
    volatile double one = 1;
    const int downwards = __builtin_signbit(one - one);
    for (int64_t i = 0; downwards && i < n; i++) {
        double real;
        memcpy(&real, (char *)first + i * stride, sizeof real);
        if (real == 0)
            memcpy((char *)first + i * stride, &zero, sizeof zero);
    }
}

/* What the compiler knows of an integer ends here, so that no loop is copied for each of its values. */
#define RP_OPAQUE(i) __asm__ volatile("" : "+r"(i))

/* A vector is worked out by this point of the program text: compilers put off what is used once, and keep all that it is made of
   waiting in registers, or beside them. */
#if RP_VECTOR_BYTES && defined(__x86_64__)
#define RP_NOW(v) __asm__("" : "+v"(v))
#elif RP_VECTOR_BYTES && defined(__aarch64__)
#define RP_NOW(v) __asm__("" : "+w"(v))
#else
#define RP_NOW(v) (void)(v)
#endif

/* No load or store crosses this point of the program text. */
#define RP_IN_ORDER() __asm__ volatile("" ::: "memory")

/* v_stream(p, v) stores past the cache, to an address aligned to the vector; v_stream_end() orders what it stored. */
#ifdef RP_OWN_STREAM
#define RP_HAS_STREAM 1
#else
#define RP_HAS_STREAM 0
#define v_stream(p, v) memcpy(p, &(v), sizeof(v))
#define v_stream_end() ((void)0)
#endif

/* Elements that lie s items apart, from the i-th on. */
#define RP_EVERY2(p, s, i) (p)[(i) * (s)], (p)[((i) + 1) * (s)]
#define RP_EVERY4(p, s, i) RP_EVERY2(p, s, i), RP_EVERY2(p, s, (i) + 2)
#define RP_EVERY8(p, s, i) RP_EVERY4(p, s, i), RP_EVERY4(p, s, (i) + 4)
#define RP_EVERY16(p, s, i) RP_EVERY8(p, s, i), RP_EVERY8(p, s, (i) + 8)

/* RP_EVENS: lanes 0, 2, .. of a then b; RP_EVENS_END: the same, where b begins a lane earlier; RP_REVERSED: last first;
   RP_ZIP: the lanes of a and b in turn: of their lower halves, and of their upper. */
#if RP_VECTOR_BYTES == 16
#define RP_EVERY_32(p, s) RP_EVERY4(p, s, 0)
#define RP_EVERY_64(p, s) RP_EVERY2(p, s, 0)
#define RP_EVENS_32(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define RP_EVENS_64(a, b) __builtin_shufflevector(a, b, 0, 2)
#define RP_EVENS_END_32(a, b) __builtin_shufflevector(a, b, 0, 2, 5, 7)
#define RP_EVENS_END_64(a, b) __builtin_shufflevector(a, b, 0, 3)
#define RP_REVERSED_32(a) __builtin_shufflevector(a, a, 3, 2, 1, 0)
#define RP_REVERSED_64(a) __builtin_shufflevector(a, a, 1, 0)
#define RP_ZIP_LO_32(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define RP_ZIP_HI_32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define RP_ZIP_LO_64(a, b) __builtin_shufflevector(a, b, 0, 2)
#define RP_ZIP_HI_64(a, b) __builtin_shufflevector(a, b, 1, 3)
#elif RP_VECTOR_BYTES == 32
#define RP_EVERY_32(p, s) RP_EVERY8(p, s, 0)
#define RP_EVERY_64(p, s) RP_EVERY4(p, s, 0)
#define RP_EVENS_32(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define RP_EVENS_64(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define RP_EVENS_END_32(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define RP_EVENS_END_64(a, b) __builtin_shufflevector(a, b, 0, 2, 5, 7)
#define RP_REVERSED_32(a) __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0)
#define RP_REVERSED_64(a) __builtin_shufflevector(a, a, 3, 2, 1, 0)
#define RP_ZIP_LO_32(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define RP_ZIP_HI_32(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define RP_ZIP_LO_64(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define RP_ZIP_HI_64(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#elif RP_VECTOR_BYTES == 64
#define RP_EVERY_32(p, s) RP_EVERY16(p, s, 0)
#define RP_EVERY_64(p, s) RP_EVERY8(p, s, 0)
#define RP_EVENS_32(a, b)                                                                                    \
    __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define RP_EVENS_64(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define RP_EVENS_END_32(a, b)                                                                                \
    __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31)
#define RP_EVENS_END_64(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define RP_REVERSED_32(a) __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define RP_REVERSED_64(a) __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0)
#define RP_ZIP_LO_32(a, b)                                                                                   \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define RP_ZIP_HI_32(a, b)                                                                                   \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define RP_ZIP_LO_64(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define RP_ZIP_HI_64(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#endif

/* Where zips cross the middle of a register only at twice the price, halves are loaded where they belong, and zipped in place.
   RP_LOAD_PARTS: RP_TURN_PARTS pieces of a vector, `far` bytes apart. */
#if RP_VECTOR_BYTES == 32
#define RP_TURN_PARTS 2
#define RP_ZIP_LO_IN_32(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define RP_ZIP_HI_IN_32(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define RP_ZIP_LO_IN_64(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define RP_ZIP_HI_IN_64(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
RP_INLINE v_i64 v_load_halves(const void *low, const void *high) {
    typedef int64_t half __attribute__((vector_size(RP_VECTOR_BYTES / 2)));
    half a, b;
    memcpy(&a, low, sizeof a);
    memcpy(&b, high, sizeof b);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3);
}
#define RP_LOAD_PARTS(p, far) v_load_halves(p, (p) + (far))
#elif RP_VECTOR_BYTES
#define RP_TURN_PARTS 1
#define RP_ZIP_LO_IN_32 RP_ZIP_LO_32
#define RP_ZIP_HI_IN_32 RP_ZIP_HI_32
#define RP_ZIP_LO_IN_64 RP_ZIP_LO_64
#define RP_ZIP_HI_IN_64 RP_ZIP_HI_64
#define RP_LOAD_PARTS(p, far) v_load_i64((const int64_t *)(const void *)(p))
#endif

#if RP_VECTOR_BYTES
#define RP_ZIPS(t, bits)                                                                                     \
    RP_INLINE v_##t v_zip_lo_##t(v_##t a, v_##t b) {                                                         \
        return RP_ZIP_LO_##bits(a, b);                                                                       \
    }                                                                                                        \
    RP_INLINE v_##t v_zip_hi_##t(v_##t a, v_##t b) {                                                         \
        return RP_ZIP_HI_##bits(a, b);                                                                       \
    }
RP_ZIPS(f32, 32)
RP_ZIPS(f64, 64)
RP_ZIPS(i32, 32)
RP_ZIPS(i64, 64)
#undef RP_ZIPS
#endif

#endif
