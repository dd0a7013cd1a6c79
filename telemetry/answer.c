/* answer.c -- filling in answers.
 * SPDX-License-Identifier: MIT
 */
#include "answer.h"

enum { PRIOR_CUTOVER = 1 << 20 }; /* bytes; between where hot and where cold teams break even */

void rp_answer_prior(rp_answer *a, const rp_question *q, rp_reason reason) {
    rp_answer_alone(a, q, RP_ARM_alone, reason);
    if (q->bytes >= PRIOR_CUTOVER) {
        rp_answer_team(a, q, RP_ARM_hot, reason);
        a->timed = false;
    }
}
