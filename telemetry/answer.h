/* answer.h -- the answers that there are: alone, or the team, in one of its ways.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_ANSWER_H
#define RP_ANSWER_H

#include "learner.h"

enum { RP_TILE_1 = 1 << 18, RP_TILE_2 = 1 << 16 }; /* bytes */

void rp_answer_alone(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason);
/* a->hot says which cell the call will speak for. */
void rp_answer_team(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason);
/* Without anything learned, and without measuring. */
void rp_answer_prior(rp_answer *a, const rp_question *q, rp_reason reason);
int rp_answer_members(const rp_question *q, rp_arm arm);

#endif
