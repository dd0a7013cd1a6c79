/* learner.c -- asks and tells: decide, explore, take in what was measured.
 * SPDX-License-Identifier: MIT
 */
#include "learner.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#include "place.h"

enum {

    HOT = 2 * 1000 * 1000, /* ns for which a team stays awake */
    SETTLED_MASK = 15,     /* one call in 16 is measured where much is known */
    RUN = RP_CELL_BATCH,   /* hot probes after a warm-up */
    GAP_UNKNOWN = 4,
    GAP_KNOWN = 64, /* calls between two probes of a place */
    EMPTY_REGIONS = 8,
    PATIENCE = 100000,       /* turns of the scheduler that a report waits for a fold of microseconds */
    STRANGERS = 64,          /* calls in a row with another team than was learned, before that is the team */
    PRIOR_CUTOVER = 1 << 20, /* bytes; between where hot and where cold teams break even */
    TILE_1 = 1 << 18,
    TILE_2 = 1 << 16
};

static const float ACCRUAL = 0.005F;          /* tokens, of the time spent */
static const float PLACE_ACCRUAL = 0.00007F;  /* budget of a place, of the time spent there */
static const float CHEAP = 0.0005F;           /* of the tokens: what a probe may cost that has no budget */
static const float LATE = 3;                  /* times what was expected */
static const float UNTRIED = 0.25F;           /* of the time in use: what a variant is feared to lose */
static const float NEARBY = 0.25F;            /* of the time alone: tokens pay for no more */
static const uint64_t LONGEST = 10000000000u; /* ns of a duration that is believed */
static const uint64_t BEGAN = (uint64_t)1 << 32;

static const float LEAST_FIRST = 1e4F, MOST_FIRST = 2e7F; /* ns to make a pool, as far as it is believed */

enum { PROBE_NONE, PROBE_BUDGET, PROBE_TOKENS };

static const rp_region_costs PRIOR_COSTS = {.hot = 800, .cold = 60000, .first = 5000000};

/* ---- life ------------------------------------------------------------------------------------------------- */

void rp_learner_reset(rp_learner *l) {
    memset(&l->ledger, 0, sizeof l->ledger);
    l->strangers = 0;
    l->region = PRIOR_COSTS;
    memset(&l->wake, 0, sizeof l->wake);
    memset(&l->efficiency, 0, sizeof l->efficiency);
    memset(&l->ignition, 0, sizeof l->ignition);
    l->tokens = l->run_budget = l->spent = 0;
    atomic_store_explicit(&l->run_left, 0, memory_order_relaxed);
    l->probes = l->ignitions = l->epochs = 0;
    memset(l->drift, 0, sizeof l->drift);
    for (int i = 0; i < RP_ARM_COUNT; i++) {
        l->level[i] = 1;
        l->drift[i].last = 1;
    }
    for (int c = 0; c < RP_CLASSES; c++) {
        if (l->classes[c].seen > 0) {
            memset(&l->classes[c], 0, sizeof l->classes[c]);
            memset(l->places[c], 0, sizeof l->places[c]);
            for (int b = 0; b < RP_BUCKETS; b++) { /* read without the lock */
                atomic_store_explicit(&l->decided[c][b], 0, memory_order_relaxed);
            }
        }
    }
}

void rp_learner_start(rp_learner *l, uint64_t (*clock)(void), uint64_t (*empty_region)(void), int team) {
    l->clock = clock;
    l->empty_region = empty_region;
    l->team = team > 1 ? team : 2;
    rp_learner_reset(l);
}

static bool try_lock(rp_learner *l) {
    return !atomic_flag_test_and_set_explicit(&l->lock, memory_order_acquire);
}

static void unlock(rp_learner *l) {
    atomic_flag_clear_explicit(&l->lock, memory_order_release);
}

void rp_learner_lock(rp_learner *l) {
    /* In a child of fork nobody is left to unlock it, and nobody to race with. */
    for (int i = 0; i < PATIENCE && !try_lock(l); i++) {
        sched_yield();
    }
}

void rp_learner_unlock(rp_learner *l) {
    unlock(l);
}

/* ---- answers ---------------------------------------------------------------------------------------------- */

static void work_alone(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = a->team = 1;
    a->tile = 0;
    a->arm = (uint8_t)arm;
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_alone_plain;
}

static int members_of(const rp_question *q, rp_arm arm) {
    int members = arm == RP_ARM_hot_half ? q->team / 2 : arm == RP_ARM_hot_quarter ? q->team / 4 : q->team;
    if (members < 2) {
        members = 2;
    }
    return q->parts < members ? (int)q->parts : members;
}

static void take_team(rp_answer *a, const rp_question *q, rp_arm arm, rp_reason reason) {
    a->members = members_of(q, arm);
    a->team = q->team;
    a->tile = arm == RP_ARM_hot_tile_1 ? TILE_1 : arm == RP_ARM_hot_tile_2 ? TILE_2 : 0;
    a->arm = (uint8_t)(a->hot ? arm : RP_ARM_cold);
    a->reason = (uint8_t)reason;
    a->stream = q->streamable && arm != RP_ARM_hot_plain;
    a->timed = true;
}

static void answer_by_prior(rp_answer *a, const rp_question *q, rp_reason reason) {
    work_alone(a, q, RP_ARM_alone, reason);
    if (q->bytes >= PRIOR_CUTOVER) {
        take_team(a, q, RP_ARM_hot, reason);
        a->timed = false;
    }
}

static rp_reason why_blocked(rp_block blocked) {
    static const rp_reason reasons[] = {
        [RP_BLOCK_bound] = RP_REASON_bound,   [RP_BLOCK_nested] = RP_REASON_nested,
        [RP_BLOCK_busy] = RP_REASON_busy,     [RP_BLOCK_forked] = RP_REASON_forked,
        [RP_BLOCK_failed] = RP_REASON_failed,
    };
    return reasons[blocked];
}

static bool team_is_hot(const rp_thread *t, uint64_t now) {
    return t->last_region != 0 && now - t->last_region < HOT;
}

static bool have_pool(const rp_thread *t) {
    return t->last_region != 0;
}

/* ---- exploring -------------------------------------------------------------------------------------------- */

/* All that one decision is made of. */
typedef struct moment {
    rp_learner *l;
    const rp_thread *t;
    const rp_question *q;
    rp_spot spot;
    rp_place *place;
    uint64_t now;
    rp_decision decided;
    rp_estimate e;
    bool hot;
} moment;

static float time_of(const moment *m, bool team) {
    return !team ? m->e.alone : m->hot ? m->e.hot : m->e.cold;
}

static bool variant_exists(const rp_question *q, rp_arm v) {
    switch (v) {
    case RP_ARM_alone_plain:
    case RP_ARM_hot_plain:
        return q->streamable;
    case RP_ARM_hot_tile_1:
        return q->tileable && q->bytes > TILE_1 * q->team;
    case RP_ARM_hot_tile_2:
        return q->tileable && q->bytes > TILE_2 * q->team;
    case RP_ARM_hot_half:
        return q->team >= 4;
    case RP_ARM_hot_quarter:
        return q->team >= 8;
    default:
        return true;
    }
}

/* The next arm to look at that is not in use: the other side of the duel, and in turn the variants of this one. */
static rp_arm next_challenger(const moment *m, bool team) {
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
static float price_of(const moment *m, rp_arm arm, bool team) {
    float used = time_of(m, team), other;
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
                          : time_of(m, !team);
        return fmaxf(0, other - used);
    }
    return 0;
}

/* Whether the arm needs no more samples than any: it has enough, or it is a cold team where a hot one is no use. */
static bool known(const moment *m, rp_arm arm) {
    const rp_place *p = m->place;
    rp_arm hot = m->decided.hot_arm;
    bool hot_loses = m->e.hot > m->e.alone && rp_cell_sure(m->l, &p->arm[hot], hot);
    return rp_cell_sure(m->l, &p->arm[arm], arm) || (arm == RP_ARM_cold && hot_loses);
}

static void start_probe(moment *m, rp_answer *a, rp_arm arm, bool team, int purse) {
    m->place->since = 0;
    m->l->probes++;
    a->probe = (uint8_t)purse;
    a->instead = time_of(m, team);
    if (rp_arm_group(arm) == RP_ARM_alone) {
        work_alone(a, m->q, arm, RP_REASON_probe);
        return;
    }
    if (!m->hot) {
        atomic_store_explicit(&m->l->run_left, RUN, memory_order_relaxed);
    }
    take_team(a, m->q, m->hot ? arm : (rp_arm)m->decided.hot_arm, RP_REASON_probe);
}

/* Look at what is not in use, if it is due and can be paid for. */
static bool probe(moment *m, rp_answer *a, bool team) {
    rp_place *p = m->place;
    if (p->since < GAP_UNKNOWN || m->l->tokens < 0) {
        return false;
    }
    rp_arm arm = next_challenger(m, team);
    bool unknown = !known(m, arm);
    if (!unknown && p->since < GAP_KNOWN) {
        return false;
    }
    float price = price_of(m, arm, team);
    if (unknown &&
        !team) { /* what was seen may have been bad luck: it must not become too dear to look again */
        rp_estimate untried = rp_estimate_untried(m->l, m->e.alone);
        price = fminf(price, fmaxf(0, (m->hot ? untried.hot : untried.cold) - m->e.alone));
    }
    float *purse = arm == RP_ARM_cold ? &m->l->run_budget : &p->budget;
    if (*purse >= price) {
        *purse = price;
        start_probe(m, a, arm, team, PROBE_BUDGET);
        return true;
    }
    float most = unknown ? fminf(NEARBY * m->e.alone, m->l->tokens) : CHEAP * m->l->tokens;
    if (price <= most) {
        start_probe(m, a, arm, team, PROBE_TOKENS);
        return true;
    }
    return false;
}

static bool run_goes_on(const rp_learner *l) {
    return atomic_load_explicit(&l->run_left, memory_order_relaxed) > 0;
}

/* The next of a run of hot probes, whichever place it is: awake, the team is cheap to look at. */
static bool go_on_with_run(moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    if (!run_goes_on(l) || l->tokens < 0) {
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
    a->probe = PROBE_TOKENS;
    a->instead = m->e.alone;
    take_team(a, m->q, m->decided.hot_arm, RP_REASON_probe);
    return true;
}

/* A pool is made when all that was forgone for want of it has reached its price. */
static bool make_pool(moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    /* Without a pool nothing can show that what a profile or an older thread said of teams is wrong. */
    rp_estimate untried = rp_estimate_untried(l, m->e.alone);
    float hot = fminf(m->e.hot, untried.hot),
          waking = fminf(m->e.cold - m->e.hot, untried.cold - untried.hot);
    bool every_call = !m->decided.quiet || m->decided.team[0] || m->decided.team[1];
    float calls = every_call ? 1 : SETTLED_MASK + 1;
    rp_ignition_alone(&l->ignition, m->now, m->e.alone, calls * fmaxf(0, m->e.alone - hot));
    if (rp_ignition_forgone(&l->ignition, waking) < l->region.first) {
        return false;
    }
    rp_ignition_pool_made(&l->ignition);
    l->ignitions++;
    take_team(a, m->q, m->decided.hot_arm, RP_REASON_ignition);
    return true;
}

static bool ignite(moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    if (m->hot || !m->decided.team[1] || m->decided.team[0]) {
        return false;
    }
    float gain = fmaxf(0, m->e.alone - m->e.hot);
    if (!rp_ignition_due(&l->ignition, m->e.cold - m->e.hot)) {
        rp_ignition_alone(&l->ignition, m->now, m->e.alone, gain);
        return false;
    }
    rp_ignition_team(&l->ignition, m->now, gain);
    l->ignitions++;
    take_team(a, m->q, m->decided.hot_arm, RP_REASON_ignition);
    return true;
}

/* ---- asking ----------------------------------------------------------------------------------------------- */

/* What is known of this place came before the machine changed. */
static bool outdated(const rp_learner *l, const rp_place *p) {
    static const rp_arm main_arms[] = {RP_ARM_alone, RP_ARM_cold, RP_ARM_hot};
    for (int i = 0; i < 3; i++) {
        const rp_cell *c = &p->arm[main_arms[i]];
        if (c->batches > 0 && c->level != l->level[main_arms[i]]) {
            return true;
        }
    }
    return false;
}

static void note_team(rp_learner *l, int team) {
    l->strangers = team == l->team ? 0 : l->strangers + 1;
    if (l->strangers >= STRANGERS) {
        float factor = (float)l->team / (float)team;
        l->level[RP_ARM_hot] *=
            factor; /* no more than a hint, but no cell is believed until measured again */
        l->level[RP_ARM_cold] *= factor;
        l->team = team;
        l->strangers = 0;
        l->epochs++;
    }
}

/* With the lock held. */
static void decide(moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    rp_class *k = &l->classes[m->spot.class_index];
    note_team(l, m->q->team);
    a->timed = true;
    if (k->seen < RP_FIRST_CALLS || m->place->doubted > 0) {
        m->place->doubted = (uint8_t)(m->place->doubted - (m->place->doubted > 0));
        work_alone(a, m->q, RP_ARM_alone, RP_REASON_prior);
        return;
    }
    if (m->place->samples >= RP_LEARNING && outdated(l, m->place)) {
        m->place->samples = 0;
    }
    m->decided = rp_judge(l, m->spot);
    m->e = rp_estimate_at(l, m->spot, (float)m->q->bytes);
    a->alone = m->e.alone;
    m->place->since = (uint16_t)(m->place->since + (m->decided.quiet ? SETTLED_MASK + 1 : 1));
    if (m->place->since > 2 * GAP_KNOWN) {
        m->place->since = 2 * GAP_KNOWN;
    }
    rp_ignition_call(&l->ignition, m->now, m->e.cold - m->e.hot);
    bool team = m->decided.team[m->hot];
    float premium = (float)rp_ledger_premium(&l->ledger, m->now);
    if (premium > 0) {
        m->e.hot += premium;
        m->e.cold += premium;
        team = team && time_of(m, true) < m->e.alone;
    }
    if (!rp_ledger_open(&l->ledger)) {
        work_alone(a, m->q, m->decided.alone_arm, RP_REASON_breaker);
    } else if (!have_pool(m->t)) {
        if (!make_pool(m, a)) {
            work_alone(a, m->q, m->decided.alone_arm, RP_REASON_prior);
        }
    } else if (ignite(m, a) || go_on_with_run(m, a) || probe(m, a, team)) {
        return;
    } else if (team) {
        take_team(a, m->q, m->decided.hot_arm, m->decided.reason[m->hot]);
    } else {
        bool late = m->decided.team[m->hot];
        work_alone(a, m->q, m->decided.alone_arm, late ? RP_REASON_breaker : m->decided.reason[m->hot]);
    }
}

/* Without the lock: by the word alone. */
static void decide_by_word(moment *m, rp_answer *a) {
    bool team = m->decided.team[m->hot];
    if (!team) {
        work_alone(a, m->q, m->decided.alone_arm, m->decided.reason[m->hot]);
    } else if (!rp_ledger_open(&m->l->ledger)) {
        work_alone(a, m->q, m->decided.alone_arm, RP_REASON_breaker);
    } else {
        take_team(a, m->q, m->decided.hot_arm, m->decided.reason[m->hot]);
        float bytes = (float)m->q->bytes;
        a->alone = m->decided.alone * rp_model(m->l, m->spot.class_index, bytes, RP_ARM_alone);
        a->expected =
            m->hot ? m->decided.hot * rp_model(m->l, m->spot.class_index, bytes, RP_ARM_hot) : a->alone;
    }
}

static void start_watch(rp_answer *a, const moment *m) {
    a->start = m->now;
    a->first = a->members > 1 && !have_pool(m->t);
    uint64_t measured = atomic_fetch_add_explicit(&m->l->measured, BEGAN | 1, memory_order_relaxed);
    a->disturbed = (uint32_t)measured != 0;
    a->serial = (uint32_t)(measured >> 32);
    if (m->e.alone > 0) {
        a->expected = time_of(m, a->members > 1);
    }
}

rp_answer rp_learner_ask(rp_learner *l, rp_thread *t, const rp_question *q) {
    rp_answer a = {.members = 1, .team = 1};
    int mode = atomic_load_explicit(&l->mode, memory_order_relaxed);
    moment m = {.l = l, .t = t, .q = q, .spot = rp_spot_of(q)};
    m.decided = rp_decision_unpack(rp_decided(l, m.spot));
    work_alone(&a, q, m.decided.known ? m.decided.alone_arm : RP_ARM_alone, m.decided.reason[0]);
    if (q->blocked != RP_BLOCK_none || q->team < 2 || q->parts < 2) {
        a.reason = (uint8_t)(q->blocked != RP_BLOCK_none ? why_blocked(q->blocked) : RP_REASON_bound);
        return a;
    }
    if (mode == RAPTORS_OFF || (mode == RAPTORS_FREEZE && !m.decided.known)) {
        answer_by_prior(&a, q, mode == RAPTORS_OFF ? RP_REASON_off : RP_REASON_prior);
        return a;
    }
    bool measure = mode == RAPTORS_LEARN && (!m.decided.quiet || (++t->tick & SETTLED_MASK) == 0);
    measure |= mode == RAPTORS_LEARN && run_goes_on(l);
    if (!measure && !m.decided.team[0] && !m.decided.team[1]) {
        return a;
    }
    m.now = l->clock();
    m.hot = a.hot = team_is_hot(t, m.now);
    bool sleeping = !m.hot && m.decided.team[1] && !m.decided.team[0];
    bool ask_all = measure || sleeping || rp_ledger_premium(&l->ledger, m.now) > 0;
    if (mode == RAPTORS_LEARN && ask_all && try_lock(l)) {
        m.place = rp_place_at(l, m.spot);
        decide(&m, &a);
        unlock(l);
    } else {
        decide_by_word(&m, &a);
    }
    a.timed &= mode == RAPTORS_LEARN;
    if (a.timed) {
        start_watch(&a, &m);
    }
    return a;
}

/* ---- telling ---------------------------------------------------------------------------------------------- */

/* A class's first calls fix the slope of its model, by their fastest: a slow one says nothing. */
static void fit_slope(rp_class *k, const rp_sample *s) {
    float slope = fmaxf(s->duration, 1) / (float)s->bytes;
    k->least = k->seen == 0 ? slope : fminf(k->least, slope);
    k->seen++;
    if (k->seen == RP_FIRST_CALLS) {
        atomic_store_explicit(&k->slope, k->least, memory_order_relaxed);
    }
}

static void note_drift(rp_learner *l, rp_spot spot, rp_arm arm, float ratio) {
    const rp_cell *c = &rp_place_at(l, spot)->arm[arm];
    float usual = rp_cell_today(l, c, arm);
    if (rp_arm_group(arm) != arm || c->batches == 0) {
        return;
    }
    float factor = rp_drift_add(&l->drift[arm], ratio / usual);
    if (factor != 1) {
        l->level[arm] *= fminf(fmaxf(factor, 0.1F), 10);
        l->epochs++;
    }
}

/* How well members work where working alone is known too: what is expected where nobody has tried a team. */
static void note_efficiency(rp_learner *l, rp_spot spot, const rp_sample *s) {
    float alone = rp_cell_today(l, &rp_place_at(l, spot)->arm[RP_ARM_alone], RP_ARM_alone);
    float work = s->duration - l->region.hot;
    if (alone > 0 && work > l->region.hot) {
        float all = alone * rp_model(l, spot.class_index, (float)s->bytes, RP_ARM_alone) / work;
        rp_cell_add(&l->efficiency, all / (float)l->team);
    }
}

static void note_wake(rp_learner *l, rp_spot spot, const rp_sample *s) {
    float hot = rp_ratio(l, spot, RP_ARM_hot);
    if (hot > 0) {
        float more = s->duration - hot * rp_model(l, spot.class_index, (float)s->bytes, RP_ARM_hot);
        rp_cell_add(&l->wake, fmaxf(more, 100) / (l->region.cold - l->region.hot));
    }
}

static void pay(rp_learner *l, rp_place *p, const rp_sample *s) {
    const rp_answer *a = &s->answer;
    float calls = p->samples >= RP_LEARNING ? SETTLED_MASK + 1 : 1;
    p->budget += PLACE_ACCRUAL * calls * s->duration;
    l->run_budget += PLACE_ACCRUAL * calls * s->duration;
    rp_ledger_forgive(&l->ledger, calls * s->duration);
    l->tokens = fminf(l->tokens + ACCRUAL * calls * s->duration, l->region.first);
    if (a->probe == PROBE_NONE || a->instead <= 0) {
        return;
    }
    float loss = fmaxf(0, s->duration - a->instead);
    l->spent += loss;
    float *purse = a->probe == PROBE_TOKENS ? &l->tokens
                   : a->arm == RP_ARM_cold  ? &l->run_budget
                                            : &p->budget;
    *purse -= loss;
    if (*purse < 0 &&
        purse != &l->tokens) { /* a late call: one debt stops all probes, so that they cannot add up */
        l->tokens += *purse;
        *purse = 0;
    }
}

static void fold(rp_learner *l, const rp_sample *s) {
    rp_arm arm = s->answer.arm;
    rp_spot spot = {s->class_index, rp_bucket_of(s->bytes)};
    rp_class *k = &l->classes[s->class_index];
    rp_place *p = rp_place_at(l, spot);
    if (s->first) {
        l->region.first = fminf(fmaxf(s->duration - s->answer.alone, LEAST_FIRST), MOST_FIRST);
        return;
    }
    if (k->seen < RP_FIRST_CALLS) {
        if (rp_arm_group(arm) == RP_ARM_alone) {
            fit_slope(k, s);
        }
        return;
    }
    pay(l, p, s);
    float ratio = s->duration / rp_model(l, s->class_index, (float)s->bytes, arm);
    note_drift(l, spot, arm, ratio);
    bool full = rp_cell_take(l, &p->arm[arm], arm, ratio);
    if (arm == RP_ARM_cold) {
        note_wake(l, spot, s);
    } else if (arm == RP_ARM_hot) {
        note_efficiency(l, spot, s);
    }
    if (rp_arm_group(arm) == RP_ARM_alone && rp_cell_sure(l, &p->arm[arm], arm)) {
        rp_ledger_alone(&l->ledger, ratio > LATE * p->arm[arm].median);
    }
    if (s->imbalance > 0) {
        rp_cell_add(&p->imbalance, s->imbalance);
    }
    if (p->samples < RP_LEARNING) {
        p->samples++;
    }
    if (full || p->samples < RP_LEARNING) {
        rp_judge(l, spot);
    }
}

/* How much longer the busiest member worked than the mean one. */
static float imbalance_of(const rp_outcome *done) {
    if (done->busy == NULL || done->members < 2) {
        return 0;
    }
    uint64_t most = 0;
    float sum = 0;
    for (int i = 0; i < done->members; i++) {
        most = done->busy[i] > most ? done->busy[i] : most;
        sum += (float)done->busy[i];
    }
    return sum > 0 ? (float)most * (float)done->members / sum : 0;
}

/* What a region costs, now that there is a pool to ask. */
static void calibrate(rp_learner *l) {
    float least = 0;
    if (l->empty_region == NULL || l->region.calibrated) {
        return;
    }
    for (int i = 0; i < EMPTY_REGIONS; i++) {
        float cost = (float)l->empty_region();
        least = i == 0 ? cost : fminf(least, cost); /* what the rest had more was somebody else's */
    }
    if (try_lock(l)) {
        l->region.hot = fminf(fmaxf(least, 100), PRIOR_COSTS.cold / 2);
        l->region.calibrated = true;
        unlock(l);
    }
}

static void hand_in(rp_learner *l, rp_thread *t, const rp_sample *s) {
    if (t->held == RP_RING) {
        memmove(t->ring, t->ring + 1, sizeof(rp_sample) * (RP_RING - 1));
        t->held--;
    }
    t->ring[t->held++] = *s;
    if (!try_lock(l)) {
        return;
    }
    for (int i = 0; i < t->held; i++) {
        fold(l, &t->ring[i]);
    }
    t->held = 0;
    unlock(l);
}

float rp_learner_tell(rp_learner *l, rp_thread *t, const rp_question *q, const rp_answer *a,
                      const rp_outcome *done) {
    if (!a->timed) {
        return 0;
    }
    uint64_t now = l->clock();
    bool sane = now > a->start && now - a->start <= LONGEST;
    float duration = sane ? (float)(now - a->start) : 0;
    uint64_t measured = atomic_fetch_sub_explicit(&l->measured, 1, memory_order_relaxed);
    bool alone_in_library = !a->disturbed && (uint32_t)(measured >> 32) == a->serial + 1;
    bool region = done->members > 1, wanted = a->members > 1;
    if (region) {
        t->last_region = now != 0 ? now : 1;
    }
    if (!sane || region != wanted) {
        return duration;
    }
    if (region && a->alone > 0) {
        bool late = !a->first && a->expected > 0 && duration > LATE * a->expected;
        rp_ledger_note(&l->ledger, (int64_t)(a->alone - duration), late, now);
    }
    bool usual_team = done->members == members_of(q, RP_ARM_hot) || a->arm >= RP_ARM_hot_half;
    rp_decision d = rp_decision_unpack(rp_decided(l, rp_spot_of(q)));
    if (region && a->hot && d.team[1] && !d.team[0]) { /* it would not have woken the team for its own sake */
        rp_ignition_team(&l->ignition, now, fmaxf(0, a->alone - duration));
    }
    bool wants_sample = a->first || a->probe || !d.quiet || (t->tick & SETTLED_MASK) == 0;
    if (alone_in_library && (!region || usual_team) && wants_sample) {
        rp_sample s = {.answer = *a,
                       .bytes = q->bytes,
                       .duration = duration,
                       .region = region,
                       .first = a->first,
                       .class_index = rp_class_of(q->op, q->dtype, q->layout),
                       .imbalance = imbalance_of(done)};
        hand_in(l, t, &s);
    }
    if (a->first) {
        calibrate(l);
        t->last_region = l->clock();
    }
    return duration;
}
