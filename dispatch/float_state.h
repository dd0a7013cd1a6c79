/* float_state.h -- a thread's floating-point control (rounding, flush to zero, traps) and exception flags.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_FLOAT_STATE_H
#define RP_FLOAT_STATE_H

#include <stdint.h>

typedef struct rp_float_state {
    uint64_t control, flags;
} rp_float_state;

#if defined(__x86_64__)
#include <xmmintrin.h>

enum { RP_MXCSR_FLAGS = 0x3f };

static inline rp_float_state rp_float_read(void) {
    unsigned state = _mm_getcsr();
    return (rp_float_state){state & ~(unsigned)RP_MXCSR_FLAGS, state & RP_MXCSR_FLAGS};
}

static inline void rp_float_write(rp_float_state s) {
    _mm_setcsr((unsigned)(s.control | s.flags));
}

#elif defined(__aarch64__)

static inline rp_float_state rp_float_read(void) {
    rp_float_state s;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(s.control), "=r"(s.flags)::"memory");
    return s;
}

static inline void rp_float_write(rp_float_state s) {
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" ::"r"(s.control), "r"(s.flags) : "memory");
}

#else
#include <fenv.h>

static inline rp_float_state rp_float_read(void) {
    return (rp_float_state){(uint64_t)fegetround(), (uint64_t)fetestexcept(FE_ALL_EXCEPT)};
}

static inline void rp_float_write(rp_float_state s) {
    fesetround((int)s.control);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept((int)s.flags);
}

#endif

#endif
