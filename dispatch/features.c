/* features.c -- asks cpu_features.
 * SPDX-License-Identifier: MIT
 */
#include "features.h"

#include <stdio.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* Where there is no XSAVE, cpu_features takes the SSE levels from /proc/cpuinfo, which under an emulator speaks of
 * another CPU. */
rp_features rp_features_read(void) {
    rp_features f = GetX86Info().features;
    unsigned eax, ebx, ecx = 0, edx;
    __get_cpuid(1, &eax, &ebx, &ecx, &edx);
    f.sse3 = f.sse3 && (ecx & bit_SSE3) ? -1 : 0;
    f.ssse3 = f.ssse3 && (ecx & bit_SSSE3) ? -1 : 0;
    f.sse4_1 = f.sse4_1 && (ecx & bit_SSE4_1) ? -1 : 0;
    f.sse4_2 = f.sse4_2 && (ecx & bit_SSE4_2) ? -1 : 0;
    return f;
}

int rp_cpu_model(char *buffer, size_t size) {
    const X86Info info = GetX86Info();
    return snprintf(buffer, size, "%s family %d model %d stepping %d", info.brand_string, info.family,
                    info.model, info.stepping);
}

#elif defined(__aarch64__)

rp_features rp_features_read(void) {
    return GetAarch64Info().features;
}

int rp_cpu_model(char *buffer, size_t size) {
    const Aarch64Info info = GetAarch64Info();
    return snprintf(buffer, size, "implementer %d variant %d part %d revision %d", info.implementer,
                    info.variant, info.part, info.revision);
}

#else

rp_features rp_features_read(void) {
    return (rp_features){0};
}

int rp_cpu_model(char *buffer, size_t size) {
    return snprintf(buffer, size, "unknown");
}

#endif
