/* explore.c -- probes, runs of probes, ignition and the making of the pool.
 * SPDX-License-Identifier: MIT
 */
#include "explore.h"

#include <math.h>

enum {
    RUN = RP_CELL_BATCH, /* hot probes after a warm-up */
    GAP_UNKNOWN = 4      /* calls between two probes of a place */
};

static const float CHEAP = 0.0005F; /* of the tokens: what a probe may cost that has no budget */
static const float UNTRIED = 0.25F; /* of the time in use: what a variant is feared to lose */
static const float NEARBY = 0.25F;  /* of the time alone: tokens pay for no more of a team */

static bool variant_exists(const rp_question *q, rp_arm v) {
    switch (v) {
    case RP_ARM_alone_plain:
    case RP_ARM_hot_plain:
        return q->streamable;
    case RP_ARM_hot_tile_1:
        return q->tileable && q->bytes > RP_TILE_1 * q->team;
    case RP_ARM_hot_tile_2:
        return q->tileable && q->bytes > RP_TILE_2 * q->team;
    case RP_ARM_hot_half:
        return q->team >= 4;
    case RP_ARM_hot_quarter:
        return q->team >= 8;
    default:
        return true;
    }
}

/* The next arm to look at that is not in use: the other side of the duel, and in turn the variants of this one. */
static rp_arm next_challenger(const rp_moment *m, bool team) {
    rp_arm arms[RP_ARM_COUNT], used = team ? m->decided.hot_arm : m->decided.alone_arm;
    rp_arm first = team ? RP_ARM_hot : RP_ARM_alone, last = team ? RP_ARM_COUNT - 1 : RP_ARM_alone_plain;
    int count = 1;
    arms[0] = team ? m->decided.alone_arm : m->hot ? m->decided.hot_arm : RP_ARM_cold;
    for (rp_arm v = first; v <= last; v++) {
        if (v != used && variant_exists(m->q, v) && (m->hot || !team)) {
            arms[count++] = v;
        }
    }
    return arms[m->place->turn++ % count];
}

/* What looking at the arm is expected to lose. Nothing known: a guess on the high side. */
static float price_of(const rp_moment *m, rp_arm arm, bool team) {
    float used = rp_moment_time(m, team), other;
    if (arm == RP_ARM_cold) {
        return fmaxf(0, m->e.cold - used);
    }
    if ((rp_arm_group(arm) == RP_ARM_hot) != team || rp_arm_group(arm) != arm) {
        float ratio = rp_ratio(m->l, m->spot, arm);
        bool same_side = (rp_arm_group(arm) == RP_ARM_hot) == team;
        if (same_side && ratio <= 0) {
            return UNTRIED * used;
        }
        other = same_side ? ratio * rp_model(m->l, m->spot.class_index, (float)m->q->bytes, arm)
                          : rp_moment_time(m, !team);
        return fmaxf(0, other - used);
    }
    return 0;
}

/* What it would be if nothing were known of the other side but what regions cost: what was seen may have been bad luck, or
 * a drift may have scaled it too far, and must not become too dear to look at again. */
static float price_untried(const rp_moment *m, rp_arm arm, bool team) {
    if (!team) {
        return fmaxf(0, rp_hoped(m->l, m->e.alone) + (m->hot ? 0 : rp_usual_wake(m->l)) - m->e.alone);
    }
    return rp_arm_group(arm) == RP_ARM_alone ? (float)(m->l->team - 1) * m->e.hot : INFINITY;
}

/* Whether the arm needs no more samples than any: it has enough, or it is a cold team where a hot one is no use. */
static bool known(const rp_moment *m, rp_arm arm) {
    const rp_place *p = m->place;
    rp_arm hot = m->decided.hot_arm;
    bool hot_loses = m->e.hot > m->e.alone && rp_cell_sure(m->l, &p->arm[hot], hot);
    return rp_cell_sure(m->l, &p->arm[arm], arm) || (arm == RP_ARM_cold && hot_loses);
}

/* That a drift has scaled the time alone beyond what a team could gain is nobody's bad luck: no limit but the tokens keeps
 * it from being measured. */
static float most_tokens(const rp_moment *m, rp_arm arm, bool unknown) {
    if (!unknown) {
        return CHEAP * m->l->tokens;
    }
    float ratio = rp_arm_group(arm) == RP_ARM_alone ? rp_cell_today(m->l, &m->place->arm[arm], arm) : 0;
    float believed = ratio * rp_model(m->l, m->spot.class_index, (float)m->q->bytes, arm);
    bool impossible = believed > m->e.hot * (float)m->l->team;
    return impossible ? m->l->tokens : fminf(NEARBY * m->e.alone, m->l->tokens);
}

static void start_probe(rp_moment *m, rp_answer *a, rp_arm arm, bool team, int purse) {
    m->place->since = 0;
    m->l->probes++;
    a->probe = (uint8_t)purse;
    a->instead = rp_moment_time(m, team);
    if (rp_arm_group(arm) == RP_ARM_alone) {
        rp_answer_alone(a, m->q, arm, RP_REASON_probe);
        return;
    }
    if (!m->hot) {
        atomic_store_explicit(&m->l->run_left, RUN, memory_order_relaxed);
    }
    rp_answer_team(a, m->q, m->hot ? arm : (rp_arm)m->decided.hot_arm, RP_REASON_probe);
}

bool rp_explore_probe(rp_moment *m, rp_answer *a, bool team) {
    rp_place *p = m->place;
    if (p->since < GAP_UNKNOWN || m->l->tokens < 0) {
        return false;
    }
    rp_arm arm = next_challenger(m, team);
    bool unknown = !known(m, arm);
    if (!unknown && p->since < RP_GAP_KNOWN) {
        return false;
    }
    float price = price_of(m, arm, team);
    if (unknown) {
        price = fminf(price, price_untried(m, arm, team));
    }
    float *purse = arm == RP_ARM_cold ? &m->l->run_budget : &p->budget;
    if (*purse >= price) {
        *purse = price;
        start_probe(m, a, arm, team, RP_PROBE_budget);
        return true;
    }
    if (price <= most_tokens(m, arm, unknown)) {
        start_probe(m, a, arm, team, RP_PROBE_tokens);
        return true;
    }
    return false;
}

bool rp_explore_run(rp_moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    if (!rp_explore_run_goes_on(l) || l->tokens < 0) {
        return false;
    }
    int left = m->hot ? atomic_load_explicit(&l->run_left, memory_order_relaxed) - 1 : 0;
    atomic_store_explicit(&l->run_left, left, memory_order_relaxed);
    float price = m->e.hot - m->e.alone;
    bool unknown = !known(m, m->decided.hot_arm);
    float most = unknown ? fminf(NEARBY * m->e.alone, l->tokens) : CHEAP * l->tokens;
    if (!m->hot || m->decided.team[1] || price > most) {
        return false;
    }
    a->probe = RP_PROBE_tokens;
    a->instead = m->e.alone;
    rp_answer_team(a, m->q, m->decided.hot_arm, RP_REASON_probe);
    return true;
}

bool rp_explore_make_pool(rp_moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    /* Without a pool nothing can show that what a profile or an older thread said of teams is wrong. */
    rp_estimate untried = rp_estimate_untried(l, m->e.alone);
    float hot = fminf(m->e.hot, untried.hot),
          waking = fminf(m->e.cold - m->e.hot, untried.cold - untried.hot);
    bool every_call = !m->decided.quiet || m->decided.team[0] || m->decided.team[1];
    float calls = every_call ? 1 : RP_GAP_KNOWN;
    rp_ignition_alone(&l->ignition, m->now, m->e.alone, calls * fmaxf(0, m->e.alone - hot));
    if (rp_ignition_forgone(&l->ignition, waking) < l->region.first) {
        return false;
    }
    rp_ignition_pool_made(&l->ignition);
    l->ignitions++;
    rp_answer_team(a, m->q, m->decided.hot_arm, RP_REASON_ignition);
    return true;
}

bool rp_explore_ignite(rp_moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    if (m->hot || !m->decided.team[1] || m->decided.team[0]) {
        return false;
    }
    float gain = fmaxf(0, m->e.alone - m->e.hot);
    if (!rp_ignition_due(&l->ignition, m->e.cold - m->e.hot, gain)) {
        rp_ignition_alone(&l->ignition, m->now, m->e.alone, gain);
        return false;
    }
    rp_ignition_team(&l->ignition, m->now, (int64_t)gain);
    l->ignitions++;
    rp_answer_team(a, m->q, m->decided.hot_arm, RP_REASON_ignition);
    return true;
}
