/* fold.c -- tells: what a call took goes to its cell, the ledger and the purses.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "answer.h"
#include "explore.h"
#include "place.h"

enum { EMPTY_REGIONS = 8, WAKES_REMEMBERED = 64 };

static const float ACCRUAL = 0.005F;                 /* tokens, of the time spent */
static const float PLACE_ACCRUAL = 0.00006F;         /* budget of a place, of the time spent there */
static const float LEAST_PURSE = 1e6F;               /* ns that tokens may always amount to */
static const float LONG = 16;                        /* times what waking costs: it is lost in such a call */
static const float MOST_WAKE = 2;                    /* times its guess: the most that tells what is long */
static const float LATE = 3;                         /* times what was expected */
static const float LEAST_HOT = 100, MOST_HOT = 1e5F; /* ns of a hot region that is believed */
static const float LEAST_FIRST = 1e4F, MOST_FIRST = 2e7F; /* ns to make a pool, as far as it is believed */

/* A class's first calls fix the slope of its model, by their fastest: a slow one says nothing. */
static void fit_slope(rp_class *k, const rp_sample *s) {
    float slope = fmaxf(s->duration, 1) / (float)s->bytes;
    k->least = k->seen == 0 ? slope : fminf(k->least, slope);
    k->seen++;
    if (k->seen == RP_FIRST_CALLS) {
        atomic_store_explicit(&k->slope, k->least, memory_order_relaxed);
    }
}

/* What working alone shows of a change of the machine is believed of teams too, unless they have shown it themselves: their
 * levels follow where that brings them together again. Not so the other way round: a team that has become slow is left at
 * once, whatever working alone has become. */
static void change_level(rp_learner *l, rp_arm arm, float factor) {
    static const rp_arm teams[] = {RP_ARM_cold, RP_ARM_hot};
    l->level[arm] *= factor;
    for (int i = 0; arm == RP_ARM_alone && i < 2; i++) {
        float apart = l->level[teams[i]] / l->level[RP_ARM_alone];
        if (rp_drift_distance(apart * factor) < rp_drift_distance(apart)) {
            l->level[teams[i]] *= factor;
        }
    }
}

static void note_drift(rp_learner *l, rp_spot spot, const rp_sample *s, float ratio) {
    rp_arm arm = s->answer.arm;
    const rp_cell *c = &rp_place_at(l, spot)->arm[arm];
    float usual = rp_cell_today(l, c, arm);
    if (rp_arm_group(arm) != arm || !rp_cell_sure(l, c, arm)) {
        return; /* that it is not as was guessed is no news */
    }
    int place = spot.class_index * RP_BUCKETS + spot.bucket;
    float factor = rp_drift_add(&l->drift[arm], s->answer.start, place, ratio / usual);
    if (factor != 1) {
        change_level(l, arm, fminf(fmaxf(factor, 0.1F), 10));
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

/* Where calls come one by one no team is ever seen hot: long calls say how well its members work, short ones what waking
 * them costs. How much worse than was guessed they work in a long call, or how long they were kept from it, would pass for
 * the price of a wake many times over, and keep the team from all shorter calls: the more so if longer calls were then taken
 * for short ones. Where working alone was measured before the machine changed, or too few times for a batch, neither is told. */
static void note_wake(rp_learner *l, rp_spot spot, const rp_sample *s) {
    float ratio = rp_ratio(l, spot, RP_ARM_hot), waking = l->region.hot + rp_usual_wake(l);
    if (!rp_cell_is_of_today(l, &rp_place_at(l, spot)->arm[RP_ARM_alone], RP_ARM_alone)) {
        return;
    }
    if (s->answer.alone > LONG * fminf(waking, MOST_WAKE * l->region.cold)) {
        if (ratio <= 0 && s->duration > waking) {
            rp_cell_add(&l->efficiency, s->answer.alone / (s->duration - waking) / (float)l->team);
        }
        return;
    }
    float hot = ratio > 0 ? ratio * rp_model(l, spot.class_index, (float)s->bytes, RP_ARM_hot)
                          : rp_estimate_untried(l, s->answer.alone).hot;
    float more = fminf(fmaxf(s->duration - hot, 100), RP_LEDGER_LIMIT) / (l->region.cold - l->region.hot);
    rp_cell_add(&l->wake, more);
    l->wakes += l->wakes < WAKES_REMEMBERED;
    l->mean_wake += (more - l->mean_wake) / (float)l->wakes;
}

static void pay(rp_learner *l, rp_place *p, const rp_sample *s) {
    const rp_answer *a = &s->answer;
    float calls = p->samples >= rp_learning(s->bytes) ? (float)rp_measured_one_in(s->bytes) : 1;
    p->budget += PLACE_ACCRUAL * calls * s->duration;
    l->run_budget += PLACE_ACCRUAL * calls * s->duration;
    rp_ledger_forgive(&l->ledger, (int64_t)(calls * s->duration));
    l->tokens = fminf(l->tokens + ACCRUAL * calls * s->duration, fmaxf(l->region.first, LEAST_PURSE));
    if (a->probe == RP_PROBE_none || a->instead <= 0) {
        return;
    }
    float loss = fmaxf(0, s->duration - a->instead);
    l->spent += loss;
    float *purse = a->probe == RP_PROBE_tokens ? &l->tokens
                   : a->arm == RP_ARM_cold     ? &l->run_budget
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
    note_drift(l, spot, s, ratio);
    bool full = rp_cell_take(l, &p->arm[arm], arm, ratio);
    if (arm == RP_ARM_cold && s->answer.alone > 0) {
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
    if (p->samples < rp_learning(s->bytes)) {
        p->samples++;
    }
    if (full || p->samples < rp_learning(s->bytes)) {
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
    if (rp_learner_try_lock(l)) {
        l->region.calibrated = least <= MOST_HOT; /* else the CPUs were somebody else's all the time */
        l->region.hot = l->region.calibrated ? fmaxf(least, LEAST_HOT) : l->region.hot;
        rp_learner_unlock(l);
    }
}

static void hand_in(rp_learner *l, rp_thread *t, const rp_sample *s) {
    if (t->held == RP_RING) {
        memmove(t->ring, t->ring + 1, sizeof(rp_sample) * (RP_RING - 1));
        t->held--;
    }
    t->ring[t->held++] = *s;
    if (!rp_learner_try_lock(l)) {
        return;
    }
    for (int i = 0; i < t->held; i++) {
        fold(l, &t->ring[i]);
    }
    t->held = 0;
    rp_learner_unlock(l);
}

/* Whether no other call is known to have run meanwhile. */
static bool stop_watch(rp_learner *l, const rp_answer *a) {
    uint64_t measured = atomic_fetch_sub_explicit(&l->measured, 1, memory_order_relaxed);
    return !a->disturbed && (uint32_t)(measured >> 32) == a->serial + 1 &&
           atomic_load_explicit(&l->regions, memory_order_relaxed) == a->regions;
}

static bool wants_sample(const rp_thread *t, const rp_question *q, const rp_answer *a) {
    return a->first || a->probe || !rp_word_quiet(a->word) || rp_is_its_turn(t->tick, q->bytes);
}

static bool has_its_team(const rp_question *q, const rp_answer *a, const rp_outcome *done) {
    return done->members < 2 || a->arm >= RP_ARM_hot_half ||
           done->members == rp_answer_members(q, RP_ARM_hot);
}

/* Apart, so that calls by the word need no room for a sample. */
static __attribute__((noinline)) void take_sample(rp_learner *l, rp_thread *t, const rp_question *q,
                                                  const rp_answer *a, const rp_outcome *done,
                                                  float duration) {
    if (wants_sample(t, q, a) && has_its_team(q, a, done)) {
        rp_sample s = {.answer = *a,
                       .bytes = q->bytes,
                       .duration = duration,
                       .region = done->members > 1,
                       .first = a->first,
                       .class_index = q->class_index,
                       .imbalance = imbalance_of(done)};
        hand_in(l, t, &s);
    }
}

static void note_gain(rp_learner *l, const rp_answer *a, int64_t took, uint64_t now) {
    bool late = !a->first && a->expected > 0 && took > (int64_t)(LATE * a->expected);
    int64_t gain = (int64_t)a->alone - took;
    if (a->first && gain < -RP_LEDGER_LIMIT / 2) {
        gain = -RP_LEDGER_LIMIT / 2; /* paid once, whatever it is: it must not shut out what it has bought */
    }
    rp_ledger_note(&l->ledger, gain, late, now);
    if (a->hot && rp_word_only_hot(a->word)) {
        rp_ignition_team(&l->ignition, now, gain > 0 ? gain : 0);
    }
}

/* A call whose end is looked at. */
static __attribute__((noinline)) float tell_closely(rp_learner *l, rp_thread *t, const rp_question *q,
                                                    const rp_answer *a, const rp_outcome *done) {
    bool region = done->members > 1;
    uint64_t now = l->clock();
    bool undisturbed = a->watched && stop_watch(l, a);
    bool sane = now > a->start && now - a->start <= RP_LONGEST;
    rp_account_note_end(&t->account, region, a->alone, now);
    if (region) {
        t->last_region = now != 0 ? now : 1;
    }
    if (!sane) {
        return 0;
    }
    int64_t took = (int64_t)(now - a->start);
    float duration = (float)took;
    if (region != (a->members > 1)) {
        return duration;
    }
    if (region && a->alone > 0) {
        note_gain(l, a, took, now);
    }
    if (undisturbed) {
        take_sample(l, t, q, a, done, duration);
    }
    if (a->first) {
        calibrate(l);
        t->last_region = l->clock();
    }
    return duration;
}

float rp_learner_tell(rp_learner *l, rp_thread *t, const rp_question *q, const rp_answer *a,
                      const rp_outcome *done) {
    if (!a->timed) {
        return 0;
    }
    if (!rp_account_may_stay_open(&t->account, &l->ledger, a, done->members)) {
        return tell_closely(l, t, q, a, done);
    }
    rp_account_open(&t->account, a, rp_word_only_hot(a->word));
    t->last_region = a->start;
    return 0;
}
