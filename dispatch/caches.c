/* caches.c -- see caches.h.
 * SPDX-License-Identifier: MIT
 */
#include "caches.h"

#include <stdio.h>
#include <unistd.h>

enum { GUESS = 8 << 20, MOST_INDEXES = 8 };

static int64_t last_level = GUESS;

/* The first number in a file that describes the cache; 0 if there is none. */
static long long read_number(int index, const char *file) {
    char path[96];
    long long number = 0;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, file);
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return 0;
    }
    if (fscanf(f, "%lld", &number) != 1) {
        number = 0;
    }
    fclose(f);
    return number;
}

/* The kernel's word comes first: glibc multiplies the size of AMD's last level by the domains that it believes in. */
static int64_t by_kernel(void) {
    long long level = 0, kib = 0;
    for (int i = 0; i < MOST_INDEXES; i++) {
        long long here = read_number(i, "level");
        if (here > level) {
            level = here;
            kib = read_number(i, "size");
        }
    }
    return kib * 1024;
}

static int64_t by_libc(void) {
    const long sizes[] = {sysconf(_SC_LEVEL4_CACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_SIZE),
                          sysconf(_SC_LEVEL2_CACHE_SIZE)};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] > 0)
            return sizes[i];
    return 0;
}

void rp_caches_load(void) {
    const int64_t kernel = by_kernel(), libc = kernel > 0 ? kernel : by_libc();
    last_level = libc > 0 ? libc : GUESS;
}

int64_t rp_cache_last_level(void) {
    return last_level;
}
