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
#include <asm/hwcap.h>
#include <sys/auxv.h>

/* Where the second word of capabilities is empty, as on a Cortex-A53, cpu_features looks for it in /proc and prints that it
 * does; the first word has all that a backend asks. */
static bool cpu_features_would_print(void) {
    return getauxval(AT_HWCAP2) == 0;
}

rp_features rp_features_read(void) {
    const unsigned long first = getauxval(AT_HWCAP);
    if (cpu_features_would_print()) {
        return (rp_features){.fp = first & HWCAP_FP ? -1 : 0, .asimd = first & HWCAP_ASIMD ? -1 : 0};
    }
    return GetAarch64Info().features;
}

int rp_cpu_model(char *buffer, size_t size) {
    if (cpu_features_would_print()) {
        return snprintf(buffer, size, "capabilities %lx", getauxval(AT_HWCAP));
    }
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
