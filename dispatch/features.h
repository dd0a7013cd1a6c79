/* features.h -- what the CPU can do and the operating system saves, as the backends' conditions ask it.
 * SPDX-License-Identifier: MIT
 *
 * cpu_features (0.7) reports an AVX or AVX-512 feature only where XCR0 shows that the system keeps its registers.
 */
#ifndef RP_FEATURES_H
#define RP_FEATURES_H

#if defined(__x86_64__)
#include <cpu_features/cpuinfo_x86.h>
typedef X86Features rp_features;
#elif defined(__aarch64__)
#include <cpu_features/cpuinfo_aarch64.h>
typedef Aarch64Features rp_features;
#else
typedef struct rp_features {
    int none; /* only backends whose condition is 1 run here */
} rp_features;
#endif

#include <stdbool.h>
#include <stddef.h>

/* This machine's. */
rp_features rp_features_read(void);

/* The CPU's model, in one line, as snprintf writes. */
int rp_cpu_model(char *buffer, size_t size);

/* Whether the named backend is built here and its condition holds for *f; pure, so that tests can ask of CPUs
 * that nobody has. */
bool rp_backend_runs(const char *name, const rp_features *f);

#endif
