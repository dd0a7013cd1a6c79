/* features.c -- asks cpu_features.
 * SPDX-License-Identifier: MIT
 */
#include "features.h"

#include <stdio.h>

#if defined(__x86_64__)

rp_features rp_features_read(void) {
    return GetX86Info().features;
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
