/* answer.c -- filling in answers.
 * SPDX-License-Identifier: MIT
 */
#include "answer.h"

enum { PRIOR_CUTOVER = 1 << 20 }; /* bytes; between where hot and where cold teams break even */

void rp_answer_alone(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = a->team = 1;
    a->tile = 0;
    a->arm = (uint8_t)arm;
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_alone_plain;
}

int rp_answer_members(const rp_question *q, rp_arm arm) {
    int members = arm == RP_ARM_hot_half ? q->team / 2 : arm == RP_ARM_hot_quarter ? q->team / 4 : q->team;
    if (members < 2) {
        members = 2;
    }
    return q->parts < members ? (int)q->parts : members;
}

void rp_answer_team(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = rp_answer_members(q, arm);
    a->team = q->team;
    a->tile = arm == RP_ARM_hot_tile_1 ? RP_TILE_1 : arm == RP_ARM_hot_tile_2 ? RP_TILE_2 : 0;
    a->arm = (uint8_t)(a->hot ? arm : RP_ARM_cold);
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_hot_plain;
    a->timed = true;
}

void rp_answer_prior(rp_answer *a, const rp_question *q, rp_reason reason) {
    rp_answer_alone(a, q, RP_ARM_alone, reason);
    if (q->bytes >= PRIOR_CUTOVER) {
        rp_answer_team(a, q, RP_ARM_hot, reason);
        a->timed = false;
    }
}
