/* drift.c -- residuals in batches; two in a row, off to one side, begin a new epoch.
 * SPDX-License-Identifier: MIT
 */
#include "drift.h"

#include <math.h>

#include "cell.h"

static const float LEAST = 0.2F; /* what is news even on the quietest machine */
static const float MEMORY = 8;   /* batches */

static float close_batch(rp_drift *d) {
    float batch = rp_median(d->open, RP_DRIFT_BATCH);
    float bound = fmaxf(LEAST, 3 * d->usual);
    d->opened = 0;
    d->usual += (fminf(fabsf(batch - 1), 2 * bound) - d->usual) / MEMORY;
    return batch > 1 + bound || batch < 1 / (1 + bound) ? batch : 1;
}

/* Where the place's residual goes: over its last one, or behind all others. */
static int voice_of(const rp_drift *d, int place) {
    int i = 0;
    while (i < d->opened && d->place[i] != place) {
        i++;
    }
    return i;
}

float rp_drift_add(rp_drift *d, int place, float residual) {
    float factor = 1;
    int voice = voice_of(d, place);
    d->open[voice] = residual;
    d->place[voice] = place;
    d->opened = (uint8_t)(voice == d->opened ? voice + 1 : d->opened);
    if (d->opened < RP_DRIFT_BATCH) {
        return 1;
    }
    float batch = close_batch(d);
    if (batch > 1 && d->last > 1) {
        factor = fminf(batch, d->last);
    } else if (batch < 1 && d->last < 1 && d->last > 0) {
        factor = fmaxf(batch, d->last);
    }
    d->last = factor == 1 ? batch : 1;
    return factor;
}
