/* choose.h -- which backend runs: the best that the CPU and the operating system carry, chosen at load.
 * SPDX-License-Identifier: MIT
 *
 * backends.def, generated from the folders of backends/, has one row for each, best first:
 *   RP_BACKEND(name, condition)  built here; its table is rp_kernels_<name>. The condition is a C expression
 *                                over `f`, an rp_features: "f.avx2 && f.fma3", or 1
 *   RP_BACKEND_ELSEWHERE(name)   of another architecture: known by name, never runnable here
 */
#ifndef RP_CHOOSE_H
#define RP_CHOOSE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "kernels.h"

/* Published with release once its table is known to run here; scalar before that. */
extern _Atomic(const rp_kernels *) rp_backend_chosen;

/* The table in use. A call reads it once, and keeps to it. */
static inline const rp_kernels *rp_backend(void) {
    return atomic_load_explicit(&rp_backend_chosen, memory_order_acquire);
}

/* Whether a backend of that name exists, on any architecture. */
bool rp_backend_known(const char *name);

/* Find out which backends run here and choose: `simd` is "auto" or a known name. If the machine lacks it, the
 * best it has is taken, with a line on stderr. Called once, at load. */
void rp_choose_load(const char *simd);

#endif
