/* caches.h -- what the machine says of its caches.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_CACHES_H
#define RP_CACHES_H

#include <stdint.h>

/* Ask the system. Called once, at load. */
void rp_caches_load(void);

/* Bytes of the last level of cache; a modest guess where the system does not say. */
int64_t rp_cache_last_level(void);

#endif
