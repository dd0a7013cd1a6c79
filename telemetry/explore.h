/* explore.h -- looking at what is not in use, on a budget, and waking teams.
 * SPDX-License-Identifier: MIT
 *
 * Each of the functions answers the call, and returns true, if it has a reason to; all under the learner's lock.
 */
#ifndef RP_EXPLORE_H
#define RP_EXPLORE_H

#include "answer.h"
#include "place.h"

enum { RP_PROBE_none, RP_PROBE_budget, RP_PROBE_tokens }; /* what a probe is paid from */

enum { RP_GAP_KNOWN = 64 }; /* calls between two probes of a place where all is known */

/* All that one decision is made of. */
typedef struct rp_moment {
    rp_learner *l;
    const rp_thread *t;
    const rp_question *q;
    rp_spot spot;
    rp_place *place;
    uint64_t now;
    rp_decision decided;
    rp_estimate e;
    bool hot;
} rp_moment;

/* What the call is expected to take. */
static inline float rp_moment_time(const rp_moment *m, bool team) {
    return !team ? m->e.alone : m->hot ? m->e.hot : m->e.cold;
}

static inline bool rp_have_pool(const rp_thread *t) {
    return t->last_region != 0;
}

static inline bool rp_explore_run_goes_on(const rp_learner *l) {
    return atomic_load_explicit(&l->run_left, memory_order_relaxed) > 0;
}

/* A pool is made when all that was forgone for want of it has reached its price. */
bool rp_explore_make_pool(rp_moment *m, rp_answer *a);

/* The team is woken when this burst's rent has reached the price. */
bool rp_explore_ignite(rp_moment *m, rp_answer *a);

/* The next of a run of hot probes, whichever place it is: awake, the team is cheap to look at. */
bool rp_explore_run(rp_moment *m, rp_answer *a);

/* Look at what is not in use (`team`: the team is), if it is due and can be paid for. */
bool rp_explore_probe(rp_moment *m, rp_answer *a, bool team);

#endif
