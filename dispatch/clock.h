/* clock.h -- the time that telemetry is handed: nanoseconds, cheap enough to read twice a call.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_CLOCK_H
#define RP_CLOCK_H

#include <stdint.h>

/* Called once, at load. */
void rp_clock_load(void);

/* Never goes back by more than the granularity of the counter behind it. */
uint64_t rp_clock(void);

#endif
