/* caches.h -- what the machine says of its caches.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_CACHES_H
#define RP_CACHES_H

#include <stdint.h>

#include "kernels.h"

/* Ask the system. Called once, at load. */
void rp_caches_load(void);

/* The same, told the bytes of the last level and of the one before it. */
void rp_caches_are(int64_t last, int64_t before);

/* Bytes of a core's nearest cache of data. */
int64_t rp_cache_first(void);

/* Bytes of a core's own cache: the level before the last, or half of the last where that is the second. */
int64_t rp_cache_own(void);

/* Bytes that a call may touch and still leave its output in the last level of cache. Measured: of 32 MB that nobody shares,
 * half loses a fifth by going past the cache, three quarters gain as much. */
int64_t rp_cache_keeps(void);

/* Bytes of an output that is not found in the cache, whatever the last level's size is said to be; no more than it keeps.
 * Measured with 2 MB a core before a last level that others share: going past the cache, the call takes two thirds of the
 * time from 4 MB on; the call and a reader of its output, together, take a third more with 4 MB, as long with 18, a sixth
 * less with 33. With 32 MB that few share, the call itself takes twice as long with 8 MB. */
int64_t rp_cache_reach(void);

/* Where a call that touches so many bytes finds them, if its last was like it. */
rp_distance rp_cache_distance(int64_t bytes);

#endif
