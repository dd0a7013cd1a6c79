/* clock.c -- the CPU's counter where its rate never changes, the system's monotonic clock elsewhere.
 * SPDX-License-Identifier: MIT
 *
 * The counter's rate is measured against the system's clock between load and the first reading a while later, so
 * that loading takes no time; until then the system's clock serves.
 */
#include "clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

enum { LONG_ENOUGH = 20 * 1000 * 1000 }; /* ns; two readings' noise is then a part in 10^5 */

static uint64_t first_count, first_time;
/* ns a tick, times 2^32; 0: the counter is not used (yet) */
static _Atomic uint64_t rate;
static bool counter_is_steady;

static uint64_t system_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#if defined(__x86_64__)
static uint64_t count(void) {
    return __rdtsc();
}

static bool find_steady_counter(void) {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d >> 8 & 1);
}
#elif defined(__aarch64__)
static uint64_t count(void) {
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static bool find_steady_counter(void) {
    return true;
}
#else
static uint64_t count(void) {
    return 0;
}

static bool find_steady_counter(void) {
    return false;
}
#endif

void rp_clock_load(void) {
    counter_is_steady = find_steady_counter();
    first_count = count();
    first_time = system_time();
}

/* a * b / 2^32 */
static uint64_t scaled(uint64_t a, uint64_t b) {
    return (a >> 32) * b + ((a & 0xffffffffu) * b >> 32);
}

/* Apart, so that reading the counter needs no room for a time of the system's. */
static __attribute__((cold, noinline)) uint64_t measure_rate(void) {
    uint64_t now = system_time(), ticks = count() - first_count;
    if (counter_is_steady && now - first_time >= LONG_ENOUGH && ticks > 0) {
        double exact = (double)(now - first_time) / (double)ticks;
        atomic_store_explicit(&rate, (uint64_t)(exact * 0x1p32), memory_order_relaxed);
    }
    return now;
}

uint64_t rp_clock(void) {
    uint64_t r = atomic_load_explicit(&rate, memory_order_relaxed);
    return r != 0 ? first_time + scaled(count() - first_count, r) : measure_rate();
}
