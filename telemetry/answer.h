/* answer.h -- the answers that there are: alone, or the team, in one of its ways.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_ANSWER_H
#define RP_ANSWER_H

#include "learner.h"

enum { RP_TILE_1 = 1 << 18, RP_TILE_2 = 1 << 16 }; /* bytes */

static inline void rp_answer_alone(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = a->team = 1;
    a->tile = 0;
    a->arm = (uint8_t)arm;
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_alone_plain;
}

static inline int rp_answer_members(const rp_question *q, rp_arm arm) {
    int members = arm == RP_ARM_hot_half ? q->team / 2 : arm == RP_ARM_hot_quarter ? q->team / 4 : q->team;
    if (members < 2) {
        members = 2;
    }
    return q->parts < members ? (int)q->parts : members;
}

/* a->hot says which cell the call will speak for. */
static inline void rp_answer_team(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = rp_answer_members(q, arm);
    a->team = q->team;
    a->tile = arm == RP_ARM_hot_tile_1 ? RP_TILE_1 : arm == RP_ARM_hot_tile_2 ? RP_TILE_2 : 0;
    a->arm = (uint8_t)(a->hot ? arm : RP_ARM_cold);
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_hot_plain;
    a->timed = true;
}

/* Without anything learned, and without measuring. */
void rp_answer_prior(rp_answer *a, const rp_question *q, rp_reason reason);

#endif
