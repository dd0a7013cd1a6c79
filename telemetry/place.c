/* place.c -- models, estimates and duels.
 * SPDX-License-Identifier: MIT
 */
#include "place.h"

#include <math.h>

enum {
    LEND = 6,      /* half octaves that a ratio reaches */
    FEW_WAKES = 24 /* whose mean is not relied on */
};

static const float CALL = 30;           /* ns of a call of no size */
static const float FIRST_SLOPE = 0.05F; /* ns a byte, before a class has been measured */
static const float EFFICIENCY = 0.85F;  /* of each member, before a team has been measured */
static const float LEAST_GAIN = 0.05F, MOST_GAIN = 0.25F, PRIOR_GAIN = 0.1F; /* that adopt a team */
static const float FADING = 256; /* calls in which what few wakes have cost on the average fades */
static const float BACK = 1.02F; /* times the time alone: too much to go on with a team */

int64_t rp_bucket_start(int bucket) {
    return (int64_t)(2 + bucket % 2) * (RP_GATE_FLOOR / 2) << bucket / 2;
}

/* ---- estimates ------------------------------------------------------------------------------------------- */

rp_arm rp_arm_group(rp_arm arm) {
    return arm >= RP_ARM_hot ? RP_ARM_hot : arm == RP_ARM_alone_plain ? RP_ARM_alone : arm;
}

float rp_model(const rp_learner *l, int class_index, float bytes, rp_arm arm) {
    float slope = atomic_load_explicit(&l->classes[class_index].slope, memory_order_relaxed);
    float work = (slope > 0 ? slope : FIRST_SLOPE) * bytes;
    if (rp_arm_group(arm) == RP_ARM_alone) {
        return CALL + work;
    }
    return (arm == RP_ARM_cold ? l->region.cold : l->region.hot) + work / (EFFICIENCY * (float)l->team);
}

float rp_cell_today(const rp_learner *l, const rp_cell *c, rp_arm arm) {
    float ratio = rp_cell_guess(c);
    return ratio > 0 ? ratio * l->level[rp_arm_group(arm)] / c->level : 0;
}

bool rp_cell_is_of_today(const rp_learner *l, const rp_cell *c, rp_arm arm) {
    return c->batches > 0 && c->level == l->level[rp_arm_group(arm)];
}

bool rp_cell_sure(const rp_learner *l, const rp_cell *c, rp_arm arm) {
    return rp_cell_settled(c) && rp_cell_is_of_today(l, c, arm);
}

bool rp_cell_take(rp_learner *l, rp_cell *c, rp_arm arm, float ratio) {
    float level = l->level[rp_arm_group(arm)];
    if (c->level != level) {
        if (c->batches > 0) {
            rp_cell_assume(c, rp_cell_today(l, c, arm));
        }
        c->opened = 0;
        c->level = level;
    }
    return rp_cell_add(c, ratio);
}

float rp_ratio(const rp_learner *l, rp_spot s, rp_arm arm) {
    const rp_place *row = l->places[s.class_index];
    float own = rp_cell_today(l, &row[s.bucket].arm[arm], arm);
    for (int d = 1; own <= 0 && d <= LEND; d++) {
        for (int side = -d; side <= d && own <= 0; side += 2 * d) {
            int b = s.bucket + side;
            if (b >= 0 && b < RP_BUCKETS && rp_cell_guess(&row[b].arm[arm]) > 0) {
                own = rp_cell_today(l, &row[b].arm[arm], arm);
            }
        }
    }
    return own;
}

float rp_usual_wake(const rp_learner *l) {
    float usual = rp_cell_guess(&l->wake);
    return (usual > 0 ? usual : 1) * (l->region.cold - l->region.hot);
}

/* ns to wake a team, by what it costs on the average: most wakes may be quick, and the rest take a scheduler's tick. */
static float waking(const rp_learner *l) {
    return fmaxf(rp_usual_wake(l), l->mean_wake * (l->region.cold - l->region.hot));
}

void rp_fade_wakes(rp_learner *l, int calls) {
    float usual = rp_cell_guess(&l->wake), median = usual > 0 ? usual : 1;
    if (l->wakes < FEW_WAKES && l->mean_wake > median) {
        l->mean_wake += (median - l->mean_wake) * fminf(1, (float)calls / FADING);
    }
}

/* ns of a hot team, each of whose members does so much of what one alone would. */
static float shared_out(const rp_learner *l, float alone, float efficiency) {
    return l->region.hot + alone / (efficiency * (float)l->team);
}

float rp_hoped(const rp_learner *l, float alone) {
    return shared_out(l, alone, EFFICIENCY);
}

rp_estimate rp_estimate_untried(const rp_learner *l, float alone) {
    float efficiency = rp_cell_settled(&l->efficiency) ? l->efficiency.median : 0;
    rp_estimate e = {.alone = alone};
    e.hot = shared_out(l, alone, efficiency > 0 ? efficiency : EFFICIENCY);
    e.cold = e.hot + waking(l);
    return e;
}

/* A drift has scaled it, or a profile says it. */
static bool is_guess(const rp_learner *l, const rp_cell *c, rp_arm arm) {
    return !rp_cell_sure(l, c, arm) && (c->assumed || !rp_cell_is_of_today(l, c, arm));
}

rp_estimate rp_estimate_at(const rp_learner *l, rp_spot s, float bytes) {
    rp_decision d = rp_decision_unpack(rp_decided(l, s));
    rp_arm alone = d.known ? d.alone_arm : RP_ARM_alone, hot = d.known ? d.hot_arm : RP_ARM_hot;
    float r_alone = rp_ratio(l, s, alone), r_hot = rp_ratio(l, s, hot);
    rp_estimate e =
        rp_estimate_untried(l, (r_alone > 0 ? r_alone : 1) * rp_model(l, s.class_index, bytes, alone));
    if (r_hot > 0) {
        e.hot = r_hot * rp_model(l, s.class_index, bytes, hot);
    }
    const rp_place *p = &l->places[s.class_index][s.bucket];
    if (is_guess(l, &p->arm[hot], hot)) {
        e.hot = fminf(e.hot, rp_estimate_untried(l, e.alone).hot);
    }
    if (!rp_cell_sure(l, &p->arm[hot], hot)) {
        /* what a neighbour lends, a drift has scaled or a profile says is not better than what work there is, shared */
        e.hot = fmaxf(e.hot, e.alone / (float)l->team);
    } else if (!rp_cell_sure(l, &p->arm[alone], alone)) {
        /* nor is working alone, so known, slower than the work that is seen to be done, done by one */
        e.alone = fminf(e.alone, e.hot * (float)l->team);
    }
    e.cold = e.hot + waking(l);
    if (rp_cell_sure(l, &p->arm[RP_ARM_cold], RP_ARM_cold)) {
        float own = rp_cell_today(l, &p->arm[RP_ARM_cold], RP_ARM_cold) *
                    rp_model(l, s.class_index, bytes, RP_ARM_cold);
        if (rp_cell_sure(l, &p->arm[hot], hot)) {
            /* a few wakes here say less of what a wake costs than all of them .. */
            e.cold = fmaxf(e.cold, own);
        } else {
            /* .. but more of the work than a guess; and no team is slower for being awake */
            e.cold = own + waking(l) - rp_usual_wake(l);
            e.hot = fminf(e.hot, e.cold);
        }
    }
    return e;
}

/* ---- decisions ------------------------------------------------------------------------------------------- */

uint64_t rp_decision_pack(rp_decision d) {
    uint32_t alone, hot;
    memcpy(&alone, &d.alone, sizeof alone);
    memcpy(&hot, &d.hot, sizeof hot);
    uint32_t low = (uint32_t)d.known | (uint32_t)d.quiet << 1 | (uint32_t)d.team[0] << 2 |
                   (uint32_t)d.team[1] << 3 | (uint32_t)d.adopted[0] << 4 | (uint32_t)d.adopted[1] << 5 |
                   (uint32_t)d.reason[0] << 8 | (uint32_t)d.reason[1] << 12 | (uint32_t)d.alone_arm << 16 |
                   (uint32_t)d.hot_arm << 20;
    return (uint64_t)(alone & 0xffff0000u) << 32 | (uint64_t)(hot >> 16) << 32 | low;
}

/* How much faster a challenger must be: more than the noise of both. */
static float margin(const rp_place *p, rp_arm a, rp_arm b) {
    float noise = p->arm[a].spread + p->arm[b].spread;
    if (rp_arm_group(a) != rp_arm_group(b)) {
        noise += p->imbalance.spread;
    }
    return fminf(fmaxf(LEAST_GAIN, noise), MOST_GAIN);
}

/* Among the arms first .. last, whose model is one, the one to use: the first, unless another is known to be better. */
static rp_arm best_variant(const rp_learner *l, const rp_place *p, rp_arm first, rp_arm last, rp_arm used) {
    for (rp_arm v = first; v <= last; v++) {
        if (v == used || !rp_cell_sure(l, &p->arm[v], v) || !rp_cell_sure(l, &p->arm[used], used)) {
            continue;
        }
        float old = rp_cell_today(l, &p->arm[used], used), new = rp_cell_today(l, &p->arm[v], v);
        if (v == first ? old > BACK * new : new *(1 + margin(p, used, v)) < old) {
            used = v;
        }
    }
    return used;
}

/* The team against working alone; `team` takes `with`, which takes `without` alone. */
static void duel(rp_decision *d, int hot, float with, float without, float least, bool settled) {
    bool was = d->team[hot];
    bool take = with * (1 + least) < without;
    uint8_t reason = take || with >= without ? RP_REASON_measured : RP_REASON_tie;
    if (!settled) {
        if (d->adopted[hot]) {
            return; /* too little is known to change what was adopted */
        }
        take = with * (1 + PRIOR_GAIN) < without;
        reason = RP_REASON_prior;
    } else if (d->adopted[hot] && was && !take && with <= BACK * without) {
        take = true;
        reason = RP_REASON_hysteresis;
    }
    d->team[hot] = take;
    d->reason[hot] = reason;
    d->adopted[hot] |= settled;
}

rp_decision rp_judge(rp_learner *l, rp_spot s) {
    rp_place *p = rp_place_at(l, s);
    rp_decision d = rp_decision_unpack(rp_decided(l, s));
    if (!d.known) {
        d.alone_arm = RP_ARM_alone;
        d.hot_arm = RP_ARM_hot;
        d.known = true;
    }
    d.alone_arm = (uint8_t)best_variant(l, p, RP_ARM_alone, RP_ARM_alone_plain, d.alone_arm);
    d.hot_arm = (uint8_t)best_variant(l, p, RP_ARM_hot, RP_ARM_COUNT - 1, d.hot_arm);
    rp_decision before = d;
    float bytes = 1.2F * (float)rp_bucket_start(s.bucket);
    atomic_store_explicit(&l->decided[s.class_index][s.bucket], rp_decision_pack(d), memory_order_relaxed);
    rp_estimate e = rp_estimate_at(l, s, bytes);
    bool alone = rp_cell_sure(l, &p->arm[d.alone_arm], d.alone_arm);
    d.quiet = p->samples >= rp_learning(rp_bucket_start(s.bucket));
    for (int hot = 0; hot < 2; hot++) {
        rp_arm arm = hot ? d.hot_arm : RP_ARM_cold;
        duel(&d, hot, hot ? e.hot : e.cold, e.alone, margin(p, d.alone_arm, arm),
             alone && rp_cell_sure(l, &p->arm[arm], arm));
        p->flips = (uint16_t)(p->flips + (before.adopted[hot] && before.team[hot] != d.team[hot]));
    }
    d.alone = e.alone / bytes;
    d.hot = e.hot / bytes;
    atomic_store_explicit(&l->decided[s.class_index][s.bucket], rp_decision_pack(d), memory_order_relaxed);
    return d;
}
