/* drift.h -- notices that the machine has changed: how far off the estimates have been of late.
 * SPDX-License-Identifier: MIT
 *
 * A cell sees only its own few samples. The residuals (measured / estimated) of all cells together show within
 * ten samples that all of them are out of date, and by how much.
 */
#ifndef RP_DRIFT_H
#define RP_DRIFT_H

#include <stdint.h>

enum { RP_DRIFT_BATCH = 5 };

typedef struct rp_drift {
    float open[RP_DRIFT_BATCH];
    float usual; /* distance of a batch's median from 1, a running mean */
    float last;  /* the newest batch, if it was off; else 1 */
    uint8_t opened;
} rp_drift;

/* Take a residual. 1, or at the start of a new epoch the factor by which all estimates change. */
float rp_drift_add(rp_drift *d, float residual);

#endif
