/* cell.c -- medians of medians.
 * SPDX-License-Identifier: MIT
 */
#include "cell.h"

#include <math.h>
#include <string.h>

enum { HINTS = 3 }; /* samples that mean something before the first batch is full */

static const float DRIFT = 0.2F;

float rp_median(const float *values, int n) {
    float sorted[16];
    for (int i = 0; i < n; i++) {
        int j = i;
        for (; j > 0 && sorted[j - 1] > values[i]; j--) {
            sorted[j] = sorted[j - 1];
        }
        sorted[j] = values[i];
    }
    return sorted[(n - 1) / 2];
}

/* How far the batch lies above (+) or below (-) what the cell held, in units of what is no news. */
static float deviation(const rp_cell *c, float batch) {
    float bound = fmaxf(DRIFT, 3 * c->spread);
    return (batch / c->median - 1) / bound;
}

static void settle(rp_cell *c) {
    float distance[RP_CELL_BATCHES];
    c->median = rp_median(c->batch, c->batches);
    for (int i = 0; i < c->batches; i++) {
        distance[i] = fabsf(c->batch[i] - c->median);
    }
    c->spread = rp_median(distance, c->batches) / c->median;
}

static void push(rp_cell *c, float batch) {
    if (c->batches == RP_CELL_BATCHES) {
        memmove(c->batch, c->batch + 1, sizeof(float) * (RP_CELL_BATCHES - 1));
        c->batches--;
        c->assumed = false;
    }
    c->batch[c->batches++] = batch;
    settle(c);
}

/* Forget all but the newest batch when it and the coming one agree that the rest is no longer true. */
static void drop_outdated(rp_cell *c, float coming) {
    if (c->batches < RP_CELL_ENOUGH) {
        return;
    }
    float newest = c->batch[c->batches - 1];
    float a = deviation(c, newest), b = deviation(c, coming);
    if ((a > 1 && b > 1) || (a < -1 && b < -1)) {
        c->batch[0] = newest;
        c->batches = 1;
        c->assumed = false;
    }
}

bool rp_cell_add(rp_cell *c, float ratio) {
    c->open[c->opened++] = ratio;
    if (c->opened < RP_CELL_BATCH) {
        return false;
    }
    float batch = rp_median(c->open, RP_CELL_BATCH);
    drop_outdated(c, batch);
    push(c, batch);
    c->opened = 0;
    return true;
}

void rp_cell_assume(rp_cell *c, float ratio) {
    c->batches = 0;
    c->opened = 0;
    push(c, ratio);
    c->assumed = true;
}

float rp_cell_guess(const rp_cell *c) {
    if (c->batches > 0) {
        return c->median;
    }
    float least = c->open[0]; /* of so few the slow ones say nothing */
    for (int i = 1; i < c->opened; i++) {
        least = fminf(least, c->open[i]);
    }
    return c->opened >= HINTS ? least : 0;
}
