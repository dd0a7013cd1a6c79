/* learner.c -- asks: by the word alone where all is settled, else by what the cells say.
 * SPDX-License-Identifier: MIT
 */
#include "learner.h"

#include <sched.h>
#include <string.h>

#include "answer.h"
#include "explore.h"
#include "place.h"

enum {
    HOT = 2 * 1000 * 1000, /* ns for which a team stays awake */
    PATIENCE = 100000,     /* turns of the scheduler that a report waits for a fold of microseconds */
    STRANGERS = 64         /* calls in a row with another team than was learned, before that is the team */
};

static const rp_region_costs PRIOR_COSTS = {.hot = 800, .cold = 60000, .first = 5000000};
static const uint64_t BEGAN = (uint64_t)1 << 32;

/* ---- life ------------------------------------------------------------------------------------------------- */

void rp_learner_reset(rp_learner *l) {
    rp_ledger_start(&l->ledger);
    l->strangers = 0;
    l->region = PRIOR_COSTS;
    memset(&l->wake, 0, sizeof l->wake);
    l->mean_wake = 1;
    l->wakes = RP_CELL_BATCH;
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

bool rp_learner_try_lock(rp_learner *l) {
    return !atomic_flag_test_and_set_explicit(&l->lock, memory_order_acquire);
}

void rp_learner_lock(rp_learner *l) {
    /* In a child of fork nobody is left to unlock it, and nobody to race with. */
    for (int i = 0; i < PATIENCE && !rp_learner_try_lock(l); i++) {
        sched_yield();
    }
}

void rp_learner_unlock(rp_learner *l) {
    atomic_flag_clear_explicit(&l->lock, memory_order_release);
}

/* ---- asking ----------------------------------------------------------------------------------------------- */

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
static void decide(rp_moment *m, rp_answer *a) {
    rp_learner *l = m->l;
    rp_class *k = &l->classes[m->spot.class_index];
    note_team(l, m->q->team);
    a->timed = true;
    bool known = rp_cell_guess(&m->place->arm[m->decided.known ? m->decided.alone_arm : RP_ARM_alone]) > 0;
    if (k->seen < RP_FIRST_CALLS || m->place->doubted > 0 || !known) {
        /* what a team gains is told by what was measured here: sizes have slopes of their own */
        m->place->doubted = (uint8_t)(m->place->doubted - (m->place->doubted > 0));
        rp_answer_alone(a, m->q, RP_ARM_alone, RP_REASON_prior);
        return;
    }
    rp_place *p = m->place;
    bool news = p->samples >= rp_learning(m->q->bytes) && outdated(l, p);
    p->since = (uint16_t)(p->since + rp_stands_for(m->decided.quiet, m->t->tick, m->q->bytes));
    bool alone = !m->decided.team[0] && !m->decided.team[1];
    if (m->decided.quiet && alone && !news && p->since < RP_GAP_KNOWN && !rp_explore_run_goes_on(l)) {
        rp_answer_alone(a, m->q, m->decided.alone_arm, m->decided.reason[m->hot]);
        return;
    }
    if (news) {
        p->samples = 0;
    }
    if (news || !m->decided.quiet) {
        m->decided = rp_judge(l, m->spot);
    }
    if (!m->hot && !m->decided.team[0]) {
        rp_fade_wakes(l, rp_stands_for(m->decided.quiet, m->t->tick, m->q->bytes));
    }
    m->e = rp_estimate_at(l, m->spot, (float)m->q->bytes);
    a->alone = m->e.alone;
    rp_ignition_call(&l->ignition, m->now, m->e.cold - m->e.hot);
    bool team = m->decided.team[m->hot];
    float premium = (float)rp_ledger_premium(&l->ledger, m->now);
    if (premium > 0) {
        m->e.hot += premium;
        m->e.cold += premium;
        team = team && rp_moment_time(m, true) < m->e.alone;
    }
    if (!rp_ledger_open(&l->ledger)) {
        rp_answer_alone(a, m->q, m->decided.alone_arm, RP_REASON_breaker);
    } else if (!rp_have_pool(m->t)) {
        if (!rp_explore_make_pool(m, a)) {
            rp_answer_alone(a, m->q, m->decided.alone_arm, RP_REASON_prior);
        }
    } else if (rp_explore_ignite(m, a) || rp_explore_run(m, a) || rp_explore_probe(m, a, team)) {
        return;
    } else if (team) {
        rp_answer_team(a, m->q, m->decided.hot_arm, m->decided.reason[m->hot]);
    } else {
        bool late = m->decided.team[m->hot];
        rp_answer_alone(a, m->q, m->decided.alone_arm, late ? RP_REASON_breaker : m->decided.reason[m->hot]);
    }
    if (p->since >=
        RP_GAP_KNOWN) { /* looked at without a probe; where much is known, not again for a while */
        p->since = m->decided.quiet ? 0 : RP_GAP_KNOWN;
    }
}

static void start_watch(rp_learner *l, rp_answer *a) {
    uint64_t measured = atomic_fetch_add_explicit(&l->measured, BEGAN | 1, memory_order_relaxed);
    a->watched = true;
    a->disturbed = (uint32_t)measured != 0;
    a->serial = (uint32_t)(measured >> 32);
    a->regions = atomic_load_explicit(&l->regions, memory_order_relaxed);
}

/* A call that is measured, or may wake the team. False: somebody else has the lock. */
static __attribute__((noinline)) bool ask_closely(rp_learner *l, rp_thread *t, const rp_question *q,
                                                  rp_spot spot, rp_answer *a) {
    if (!rp_learner_try_lock(l)) {
        return false;
    }
    rp_moment m = {.l = l, .t = t, .q = q, .spot = spot, .place = rp_place_at(l, spot), .now = a->start};
    m.decided = rp_decision_unpack(rp_decided(l, spot));
    m.hot = a->hot;
    decide(&m, a);
    rp_learner_unlock(l);
    a->first = a->members > 1 && !rp_have_pool(t);
    if (m.e.alone > 0) {
        a->expected = rp_moment_time(&m, a->members > 1);
    }
    start_watch(l, a);
    return true;
}

static void alone_by_word(rp_answer *a, const rp_question *q, uint64_t word) {
    rp_arm arm = rp_word_known(word) ? rp_word_alone_arm(word) : RP_ARM_alone;
    rp_answer_alone(a, q, arm, (rp_reason)rp_word_reason(word, a->hot));
}

/* Without the lock, and without unpacking more of the word than is asked. */
static void answer_by_word(rp_learner *l, const rp_thread *t, const rp_question *q, uint64_t word,
                           rp_answer *a) {
    if (!rp_word_team(word, a->hot)) {
        alone_by_word(a, q, word);
    } else if (!rp_ledger_open(&l->ledger)) {
        rp_answer_alone(a, q, rp_word_alone_arm(word), RP_REASON_breaker);
    } else {
        float bytes = (float)q->bytes;
        rp_answer_team(a, q, rp_word_hot_arm(word), (rp_reason)rp_word_reason(word, a->hot));
        a->first = !rp_have_pool(t);
        a->alone = rp_word_alone(word) * bytes;
        a->expected = a->hot ? rp_word_hot(word) * bytes : a->alone;
        /* One team at a time writes it. */
        uint32_t regions = atomic_load_explicit(&l->regions, memory_order_relaxed);
        atomic_store_explicit(&l->regions, regions + 1, memory_order_relaxed);
    }
}

/* Blocked, switched off, or frozen before anything was known. */
static bool answer_without_learning(rp_answer *a, const rp_question *q, uint64_t word, int mode) {
    if (q->blocked != RP_BLOCK_none || q->team < 2 || q->parts < 2) {
        alone_by_word(a, q, word);
        a->reason = (uint8_t)(q->blocked != RP_BLOCK_none ? why_blocked(q->blocked) : RP_REASON_bound);
        return true;
    }
    if (mode == RAPTORS_OFF || (mode == RAPTORS_FREEZE && !rp_word_known(word))) {
        rp_answer_prior(a, q, mode == RAPTORS_OFF ? RP_REASON_off : RP_REASON_prior);
        return true;
    }
    return false;
}

/* A hot team's call like the ones before, which were close: no reading of the clock. */
static inline bool may_go_on(const rp_learner *l, const rp_thread *t, const rp_question *q, uint64_t word) {
    return rp_word_team(word, 1) &&
           rp_account_may_go_on(&t->account, &l->ledger, rp_word_alone(word) * (float)q->bytes);
}

void rp_learner_ask(rp_learner *l, rp_thread *t, const rp_question *q, rp_answer *a) {
    int mode = atomic_load_explicit(&l->mode, memory_order_relaxed);
    rp_spot spot = rp_spot_of(q);
    uint64_t word = rp_decided(l, spot);
    *a = (rp_answer){.members = 1, .team = 1, .word = word};
    if (answer_without_learning(a, q, word, mode)) {
        return;
    }
    bool learns = mode == RAPTORS_LEARN;
    bool measure =
        learns && (!rp_word_quiet(word) || rp_is_its_turn(++t->tick, q->bytes) || rp_explore_run_goes_on(l));
    if (!measure && !rp_word_team(word, 0) && !rp_word_team(word, 1)) {
        alone_by_word(a, q, word);
        return;
    }
    if (!measure && may_go_on(l, t, q, word)) {
        a->hot = true;
        answer_by_word(l, t, q, word, a);
        a->timed = false;
        rp_account_go_on(&t->account, a->alone);
        return;
    }
    a->start = l->clock();
    if (rp_account_is_open(&t->account)) {
        rp_account_settle(&t->account, &l->ledger, &l->ignition, a->start);
    }
    a->hot = team_is_hot(t, a->start);
    bool sleeping = !a->hot && rp_word_only_hot(word);
    bool closely = learns && (measure || sleeping || rp_ledger_premium(&l->ledger, a->start) > 0);
    if (!closely || !ask_closely(l, t, q, spot, a)) {
        answer_by_word(l, t, q, word, a);
        a->timed &= learns;
    }
}
