/* cell.h -- what one way of running one kind of call costs: a median of medians, and its spread.
 * SPDX-License-Identifier: MIT
 *
 * Samples come as ratios to a model, so that those of unlike sizes may share a cell. Five make a batch, whose
 * median is kept; a cell is the median of its last seven batches. One slow sample moves nothing; a change of the
 * machine shows within two batches.
 */
#ifndef RP_CELL_H
#define RP_CELL_H

#include <stdbool.h>
#include <stdint.h>

enum { RP_CELL_BATCH = 5, RP_CELL_BATCHES = 7, RP_CELL_ENOUGH = 3 };

typedef struct rp_cell {
    float batch[RP_CELL_BATCHES]; /* medians, oldest first */
    float open[RP_CELL_BATCH];    /* samples of the batch that is not yet full */
    float median;                 /* of the batches; 0: none */
    float spread;                 /* their median absolute deviation, as a share of the median */
    uint8_t batches;              /* kept */
    float level;                  /* the learner's, when the last sample came */
    uint8_t opened;
    bool assumed; /* its oldest batch is no measurement */
} rp_cell;

/* The median of n >= 1 values, n <= 16; the lower one of two. */
float rp_median(const float *values, int n);

/* Take a sample; true if it completed a batch. Two batches in a row that lie on one side of the rest, farther than
 * 20 % and three spreads, begin the cell anew with those two. */
bool rp_cell_add(rp_cell *c, float ratio);

/* The cell becomes an assumption, worth one batch. */
void rp_cell_assume(rp_cell *c, float ratio);

/* Enough to decide by. */
static inline bool rp_cell_settled(const rp_cell *c) {
    return c->batches >= RP_CELL_ENOUGH;
}

/* The best guess from this cell alone; 0: none. */
float rp_cell_guess(const rp_cell *c);

#endif
