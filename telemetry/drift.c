/* drift.c -- residuals in batches; two in a row, off to one side, begin a new epoch.
 * SPDX-License-Identifier: MIT
 */
#include "drift.h"

#include <math.h>

#include "cell.h"

static const float LEAST = 0.2F; /* what is news even on the quietest machine */
static const float MEMORY = 8;   /* batches */

enum { LASTS = 100 * 1000 * 1000 }; /* ns between two batches, or both may have met the same mishap */

/* Its median, if that is news beside how far single residuals usually are off; else 1. */
static float close_batch(rp_drift *d) {
    float batch = rp_median(d->open, RP_DRIFT_BATCH), off[RP_DRIFT_BATCH];
    float bound = fmaxf(LEAST, 3 * d->usual);
    for (int i = 0; i < RP_DRIFT_BATCH; i++) {
        off[i] = rp_drift_distance(d->open[i]);
    }
    d->opened = 0;
    d->usual += (fminf(rp_median(off, RP_DRIFT_BATCH), 2 * bound) - d->usual) / MEMORY;
    return rp_drift_distance(batch) > bound ? batch : 1;
}

/* Where the place's residual goes: over its last one, or behind all others. */
static int voice_of(const rp_drift *d, int place) {
    int i = 0;
    while (i < d->opened && d->place[i] != place) {
        i++;
    }
    return i;
}

float rp_drift_add(rp_drift *d, uint64_t now, int place, float residual) {
    float factor = 1;
    if (d->last != 1 && now - d->closed < LASTS) {
        return 1;
    }
    int voice = voice_of(d, place);
    d->open[voice] = residual;
    d->place[voice] = place;
    d->opened = (uint8_t)(voice == d->opened ? voice + 1 : d->opened);
    if (d->opened < RP_DRIFT_BATCH) {
        return 1;
    }
    float batch = close_batch(d);
    d->closed = now;
    if (batch > 1 && d->last > 1) {
        factor = fminf(batch, d->last);
    } else if (batch < 1 && d->last < 1 && d->last > 0) {
        factor = fmaxf(batch, d->last);
    }
    d->last = factor == 1 ? batch : 1;
    return factor;
}
