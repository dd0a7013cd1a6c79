/* registers.h -- vector types of the width that a backend's vec.h has named: v_t a vector, m_t its mask (all ones or
 * zero in each lane), v_count_t its lanes, for each type t. With RP_VECTOR_BYTES 0 a vector is one element.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_REGISTERS_H
#define RP_REGISTERS_H

#include <stdint.h>

#define RP_INLINE static inline __attribute__((always_inline, unused))

#if RP_VECTOR_BYTES
#define RP_REGISTER(t, T, mt)                                                                                \
    typedef T v_##t __attribute__((vector_size(RP_VECTOR_BYTES)));                                           \
    enum { v_count_##t = RP_VECTOR_BYTES / sizeof(T) };
RP_REGISTER(i32, int32_t, i32)
RP_REGISTER(i64, int64_t, i64)
RP_REGISTER(f32, float, i32)
RP_REGISTER(f64, double, i64)
typedef v_i32 m_f32, m_i32;
typedef v_i64 m_f64, m_i64;
#define RP_MASK(t, truth) ((m_##t)(truth))
#define RP_SELECT(t, m, a, b) ((v_##t)(((m) & (m_##t)(a)) | (~(m) & (m_##t)(b))))
#define RP_SPLAT(t, bits) ((v_##t)((m_##t){0} + (bits)))
#define RP_MASK_OF(t, x) ((m_##t){0} + (x))
#else
#define RP_REGISTER(t, T, mt)                                                                                \
    typedef T v_##t;                                                                                         \
    typedef int##mt##_t m_##t;                                                                               \
    enum { v_count_##t = 1 };
RP_REGISTER(i32, int32_t, 32)
RP_REGISTER(i64, int64_t, 64)
RP_REGISTER(f32, float, 32)
RP_REGISTER(f64, double, 64)
#define RP_MASK(t, truth) ((truth) ? (m_##t) - 1 : (m_##t)0)
#define RP_SELECT(t, m, a, b) ((m) ? (a) : (b))
#define RP_MASK_OF(t, x) (x)
#define RP_SPLAT(t, bits) v_load_##t((const void *)&(bits))
#endif

#endif
