/* caches.c -- see caches.h.
 * SPDX-License-Identifier: MIT
 */
#include "caches.h"

#include <stdio.h>
#include <unistd.h>

enum { GUESS = 8 << 20, GUESS_FIRST = 32 << 10, MOST_INDEXES = 8, ONE_LEVEL = 32 << 20 };

/* What is answered; a modest guess where the system does not say. A virtual machine is told the size of the whole last level,
   however many share it, and whatever it is made of: ONE_LEVEL is as much as the cores beside each other have to themselves. */
static int64_t first = GUESS_FIRST, own = GUESS / 8, keeps = GUESS / 3 * 2, reach = GUESS / 3 * 2;

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
static int64_t by_kernel(int64_t *before) {
    long long level = 0, last = 0, second = 0;
    for (int i = 0; i < MOST_INDEXES; i++) {
        long long here = read_number(i, "level");
        if (here > level) {
            second = level > 1 ? last : 0;
            level = here;
            last = read_number(i, "size");
        }
    }
    *before = (second > 0 ? second : last / 2) * 1024;
    return last * 1024;
}

static int64_t by_libc(int64_t *before) {
    const long sizes[] = {sysconf(_SC_LEVEL4_CACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_SIZE),
                          sysconf(_SC_LEVEL2_CACHE_SIZE)};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] > 0) {
            *before = i < 2 && sizes[2] > 0 ? sizes[2] : sizes[i] / 2;
            return sizes[i];
        }
    return 0;
}

void rp_caches_load(void) {
    int64_t before = 0, size = by_kernel(&before);
    if (size <= 0)
        size = by_libc(&before);
    if (size > 0)
        rp_caches_are(size, before);
    const long nearest = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    first = nearest > 0 ? nearest : GUESS_FIRST;
}

void rp_caches_are(int64_t last, int64_t before) {
    own = before;
    keeps = last / 3 * 2;
    reach = keeps < ONE_LEVEL ? keeps : ONE_LEVEL;
}

int64_t rp_cache_first(void) {
    return first;
}

int64_t rp_cache_own(void) {
    return own;
}

int64_t rp_cache_keeps(void) {
    return keeps;
}

int64_t rp_cache_reach(void) {
    return reach;
}

rp_distance rp_cache_distance(int64_t bytes) {
    return bytes <= own ? RP_NEAR : bytes < reach ? RP_CACHED : RP_FAR;
}
