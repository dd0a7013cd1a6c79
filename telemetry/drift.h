/* drift.h -- notices that the machine has changed: how far off the estimates have been of late.
 * SPDX-License-Identifier: MIT
 *
 * A cell sees only its own few samples. The residuals (measured / estimated) of many places together show within ten
 * of them that all are out of date, and by how much. A place has one voice in a batch, its newest residual: that one of
 * them has changed, because its data lie elsewhere now, is its own cell's affair.
 */
#ifndef RP_DRIFT_H
#define RP_DRIFT_H

#include <stdint.h>

enum { RP_DRIFT_BATCH = 5 };

typedef struct rp_drift {
    float open[RP_DRIFT_BATCH];
    int place[RP_DRIFT_BATCH]; /* whose they are; all different */
    float usual;               /* how far single residuals are off, a running mean of batches' medians */
    float last;                /* the newest batch, if it was off; else 1 */
    uint8_t opened;
    uint64_t closed; /* ns: when the newest batch was full */
} rp_drift;

/* How far from 1: as many times too long, or too short, less one. */
static inline float rp_drift_distance(float ratio) {
    return (ratio > 1 ? ratio : 1 / ratio) - 1;
}

/* Take a residual of the place of that number. 1, or at the start of a new epoch the factor by which all estimates change. */
float rp_drift_add(rp_drift *d, uint64_t now, int place, float residual);

#endif
