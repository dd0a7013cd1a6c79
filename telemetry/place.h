/* place.h -- classes and sizes, what a call there would take, and what is decided.
 * SPDX-License-Identifier: MIT
 *
 * All of it under the learner's lock, but for the words.
 */
#ifndef RP_PLACE_H
#define RP_PLACE_H

#include <string.h>

#include "learner.h"

typedef struct rp_spot {
    int class_index, bucket;
} rp_spot;

/* Half octaves from the floor: a double's exponent and the first bit after it, exact up to far beyond the last bucket. */
static inline int rp_bucket_of(int64_t bytes) {
    enum { BIAS = 1023, FLOOR = 14, FRACTION = 52 };
    _Static_assert(RP_GATE_FLOOR == 1 << FLOOR, "the first bucket begins at the floor");
    double size = (double)(bytes < RP_GATE_FLOOR ? RP_GATE_FLOOR : bytes);
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    int bucket = (int)(bits >> (FRACTION - 1)) - 2 * (BIAS + FLOOR);
    return bucket < RP_BUCKETS ? bucket : RP_BUCKETS - 1;
}

int64_t rp_bucket_start(int bucket);

static inline rp_spot rp_spot_of(const rp_question *q) {
    return (rp_spot){q->class_index, rp_bucket_of(q->bytes)};
}

static inline rp_place *rp_place_at(rp_learner *l, rp_spot s) {
    return &l->places[s.class_index][s.bucket];
}

/* ---- estimates ------------------------------------------------------------------------------------------- */

/* Expected ns. */
typedef struct rp_estimate {
    float alone, hot, cold;
} rp_estimate;

float rp_model(const rp_learner *l, int class_index, float bytes, rp_arm arm);
/* An arm's ratio to its model: its own, or that of a neighbour in size; 0: nobody knows. */
float rp_ratio(const rp_learner *l, rp_spot s, rp_arm arm);
/* The cell's median in the present epoch; 0: none. */
float rp_cell_today(const rp_learner *l, const rp_cell *c, rp_arm arm);
/* Whether its last sample came in the present epoch. */
bool rp_cell_is_of_today(const rp_learner *l, const rp_cell *c, rp_arm arm);
/* Whether it has enough batches, all of the present epoch. */
bool rp_cell_sure(const rp_learner *l, const rp_cell *c, rp_arm arm);
/* Take a sample, after bringing what was known before into the present epoch; true if a batch is full. */
bool rp_cell_take(rp_learner *l, rp_cell *c, rp_arm arm, float ratio);
/* The arm whose epochs this one shares: alone, cold or hot. */
rp_arm rp_arm_group(rp_arm arm);
/* With the arms in use. */
rp_estimate rp_estimate_at(const rp_learner *l, rp_spot s, float bytes);
/* What a team would take if nothing were known of it but what regions cost and how well members work. */
rp_estimate rp_estimate_untried(const rp_learner *l, float alone);
/* ns that a hot team is hoped to take, whatever was seen of others. */
float rp_hoped(const rp_learner *l, float alone);
/* ns that most wakes of a team stay under or near to: their median. */
float rp_usual_wake(const rp_learner *l);

/* So many calls have not woken the team. Until many wakes have been seen, their mean goes back to their median: a late one among
 * the first would else keep the team asleep, and nobody would see better ones. */
void rp_fade_wakes(rp_learner *l, int calls);

/* ---- decisions ------------------------------------------------------------------------------------------- */

/* What one word holds. */
typedef struct rp_decision {
    float alone, hot;  /* ns a byte, to the precision of a word's quarter; 0: unknown */
    bool known, quiet; /* judged at all; enough seen to measure only some calls */
    bool team[2];      /* cold, hot: take the team? */
    bool adopted[2];   /* by enough batches of both */
    uint8_t reason[2]; /* rp_reason */
    uint8_t alone_arm; /* alone or alone_plain */
    uint8_t hot_arm;   /* hot .. hot_quarter */
} rp_decision;

uint64_t rp_decision_pack(rp_decision d);

/* Known and quiet, and no team either hot or cold: the lowest four bits say it. */
static inline bool rp_word_is_settled_alone(uint64_t word) {
    return (word & 15) == 3;
}

/* The parts of a word, one by one: unpacking it all takes longer than a settled call may. */
static inline bool rp_word_known(uint64_t word) {
    return word & 1;
}
static inline bool rp_word_quiet(uint64_t word) {
    return word >> 1 & 1;
}
static inline bool rp_word_team(uint64_t word, int hot) {
    return word >> (2 + hot) & 1;
}
/* It takes the team, but would not wake it for its own sake. */
static inline bool rp_word_only_hot(uint64_t word) {
    return (word >> 2 & 3) == 2;
}
static inline unsigned rp_word_reason(uint64_t word, int hot) {
    return word >> (8 + 4 * hot) & 15;
}
static inline rp_arm rp_word_alone_arm(uint64_t word) {
    return (rp_arm)(word >> 16 & 15);
}
static inline rp_arm rp_word_hot_arm(uint64_t word) {
    return (rp_arm)(word >> 20 & 15);
}
static inline float rp_word_float(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
static inline float rp_word_alone(uint64_t word) {
    return rp_word_float((uint32_t)(word >> 32) & 0xffff0000u);
}
static inline float rp_word_hot(uint64_t word) {
    return rp_word_float((uint32_t)(word >> 32) << 16);
}

static inline rp_decision rp_decision_unpack(uint64_t word) {
    return (rp_decision){.alone = rp_word_alone(word),
                         .hot = rp_word_hot(word),
                         .known = rp_word_known(word),
                         .quiet = rp_word_quiet(word),
                         .team = {rp_word_team(word, 0), rp_word_team(word, 1)},
                         .adopted = {word >> 4 & 1, word >> 5 & 1},
                         .reason = {(uint8_t)rp_word_reason(word, 0), (uint8_t)rp_word_reason(word, 1)},
                         .alone_arm = (uint8_t)rp_word_alone_arm(word),
                         .hot_arm = (uint8_t)rp_word_hot_arm(word)};
}

static inline uint64_t rp_decided(const rp_learner *l, rp_spot s) {
    return atomic_load_explicit(&l->decided[s.class_index][s.bucket], memory_order_relaxed);
}

/* Decide by what is known now, and publish. */
rp_decision rp_judge(rp_learner *l, rp_spot s);

#endif
