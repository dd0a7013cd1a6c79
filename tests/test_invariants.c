/* test_invariants.c -- what the learner never does, in a thousand random worlds each: I1 to I11 of its design.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 * RAPTORS_TEST_WORLDS asks for another number of them; a sanitizer or an emulator gets a tenth.
 */
#include "support/worlds.h"

#include "support/check.h"
#include "support/again.h"
#include "support/faults.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "profile.h"

enum { CALLS = 3000, FEW_CALLS = 500 };

static int worlds(void) {
    const char *text = getenv("RAPTORS_TEST_WORLDS");
    return text ? atoi(text) : TS_SANITIZED || TS_EMULATED ? 100 : 1000;
}

/* ---- random worlds ---------------------------------------------------------------------------------------- */

static double between(ts_prng *g, double low, double high) {
    return low * pow(high / low, ts_unit(g));
}

static ts_weather wild(const ts_world *w, int i, uint64_t now) {
    ts_weather h = w->fair;
    if (w->classes % 2 == 0 && i > w->calls / 3) {
        h.speedup = fmax(0.3, w->team + 0.5 - h.speedup);
    }
    if (w->classes % 3 == 0 && now / 300000000u % 2 == 1) {
        h.straggle = 0.02;
    }
    return h;
}

static ts_world random_world(uint64_t seed, int calls) {
    ts_prng g = {seed * 77 + 5};
    ts_world w = {.name = "random",
                  .calls = calls,
                  .low = 8 + (int)ts_below(&g, 8),
                  .classes = 1 + (int)ts_below(&g, 6)};
    w.high = w.low + (int)ts_below(&g, 22 - w.low);
    w.team = 2 + (int)ts_below(&g, 15);
    w.fair =
        (ts_weather){.speedup = between(&g, 0.4, w.team), .alone_factor = 1, .late = between(&g, 1e5, 1e7)};
    w.hot = between(&g, 300, 20000);
    w.cold = w.hot + between(&g, 1000, 300000);
    w.first = between(&g, 5e4, 5e6);
    w.awake = ts_below(&g, 2) ? between(&g, 1e5, 1e7) : 1e18;
    w.burst = ts_below(&g, 2) ? (int)between(&g, 1, 300) : 0;
    w.pause = between(&g, 1e5, 3e7);
    w.sigma = ts_below(&g, 2) ? between(&g, 0.01, 0.3) : 0;
    w.tick = (uint64_t)between(&g, 1, 1000);
    w.change = wild;
    return w;
}

/* ---- I3, I4, I5, I7, I8 ----------------------------------------------------------------------------------- */

/* What a place looked like when it was last asked about. */
typedef struct watch {
    rp_decision decided[RP_CLASSES][RP_BUCKETS];
    long flips_without_evidence, too_many_members;
} watch;

static bool enough(const rp_learner *l, rp_spot s, const rp_decision *d, int hot) {
    const rp_place *p = &l->places[s.class_index][s.bucket];
    rp_arm team = hot ? d->hot_arm : RP_ARM_cold;
    return p->arm[d->alone_arm].batches >= RP_CELL_ENOUGH && p->arm[team].batches >= RP_CELL_ENOUGH;
}

static void look(void *context, const ts_event *e) {
    watch *w = context;
    rp_spot s = rp_spot_of(e->q);
    rp_decision *was = &w->decided[s.class_index][s.bucket], is = rp_decision_unpack(rp_decided(e->l, s));
    for (int hot = 0; hot < 2; hot++) {
        bool flipped = was->adopted[hot] && was->team[hot] != is.team[hot];
        w->flips_without_evidence += flipped && !enough(e->l, s, &is, hot);
    }
    w->too_many_members += e->a->members > e->q->team || e->a->team > e->q->team ||
                           e->a->members > e->q->parts || e->a->members < 1;
    *was = is;
}

/* A run of probes: one call to wake the team, and a batch of hot ones. */
static double a_run(const ts_result *r) {
    return (1 + RP_CELL_BATCH) * r->worst;
}

static void no_promise_is_broken(void **state) {
    (void)state;
    double excess = 0, behind = 0, share = 0;
    for (int seed = 1; seed <= worlds(); seed++) {
        const ts_world w = random_world((uint64_t)seed, 2 * CALLS);
        watch *seen = calloc(1, sizeof *seen);
        assert_non_null(seen);
        const ts_result r =
            ts_play(&w, (uint64_t)seed, ts_fresh_learner(), &(ts_watcher){.asked = look, .context = seen});
        const double explored = r.explored - 0.01 * r.total;
        excess = fmax(excess, r.excess);
        behind = fmax(behind, r.behind);
        share = fmax(share, r.worst > 0 ? explored / a_run(&r) : 0);
        ts_check(r.excess <= 20e6, "I3, world %d: %.1f ms behind in a window", seed, r.excess / 1e6);
        ts_check(r.behind <= 40e6, "world %d: %.1f ms behind in all", seed, r.behind / 1e6);
        ts_check(explored <= a_run(&r), "I4, world %d: %.2f ms spent on probes beyond 1 %%, a run is %.2f",
                 seed, explored / 1e6, a_run(&r) / 1e6);
        ts_check(seen->flips_without_evidence == 0, "I5, world %d: flips on fewer than 3 batches", seed);
        ts_check(seen->too_many_members == 0, "I8, world %d: more members than there may be", seed);
        free(seen);
    }
    printf("%d worlds: at most %.1f ms lost in a window beyond 1 %% and a call, %.1f ms behind in all, and "
           "%.2f of a "
           "run of probes beyond 1 %%\n",
           worlds(), excess / 1e6, behind / 1e6, share);
}

static void the_same_trace_gives_the_same_answers(void **state) {
    (void)state;
    for (int seed = 1; seed <= worlds(); seed++) {
        const ts_world w = random_world((uint64_t)seed, CALLS / 2);
        const uint64_t once = ts_play(&w, (uint64_t)seed, ts_fresh_learner(), NULL).trace;
        const uint64_t again = ts_play(&w, (uint64_t)seed, ts_fresh_learner(), NULL).trace;
        ts_check(once == again, "I7, world %d: other answers", seed);
    }
}

/* ---- I6 --------------------------------------------------------------------------------------------------- */

/* How long ago the way that is not in use was last looked at. */
typedef struct loser {
    bool settled, team; /* which way is in use */
    double time, price; /* ns spent in the place since; the dearest that looking would have been */
    long calls;
    double longest; /* worst of all, in units of what is allowed */
} loser;

/* Of the time spent in a place the learner saves up 6 parts in 100,000 to look at the loser there, and asks itself
 * every 64th call whether it can, for one of the arms. Twice of each is allowed. */
static double overdue(const loser *w) {
    return fmin(w->time * 6e-5 / (2 * w->price + 1), (double)w->calls / (2 * 64 * 4));
}

/* What was once dear to look at stays so until it has been looked at. */
static double believed_price(const ts_event *e, rp_spot s) {
    const rp_estimate x = rp_estimate_at(e->l, s, (float)e->q->bytes);
    return fabs((double)(e->a->hot ? x.hot : x.cold) - (double)x.alone);
}

static void note_losers(void *context, const ts_event *e) {
    loser *w = context;
    const rp_spot s = rp_spot_of(e->q);
    const rp_decision d = rp_decision_unpack(rp_decided(e->l, s));
    const bool team = d.team[e->a->hot], settled = d.quiet && d.adopted[e->a->hot];
    const bool can = e->t->last_region != 0 && e->l->tokens >= 0 && rp_ledger_open(&e->l->ledger);
    w += s.class_index;
    const bool looked = (e->a->members > 1) != team;
    if (!settled || !can || looked || team != w->team) {
        *w = (loser){.team = team, .longest = w->longest};
        return;
    }
    w->time += e->took;
    w->price = fmax(w->price, fmax(e->price, believed_price(e, s)));
    w->calls++;
    w->longest = fmax(w->longest, overdue(w));
}

/* One size in each, so that there is time to settle, and small teams: in large ones fewer members are looked at too,
 * from the same purse. */
static void every_loser_is_looked_at_again(void **state) {
    (void)state;
    double longest = 0;
    for (int seed = 1; seed <= worlds(); seed++) {
        ts_world w = random_world((uint64_t)seed, 2 * CALLS);
        w.low = w.high = 12 + seed % 11;
        w.classes = 1 + seed % 2;
        w.team = 2 + seed % 3 / 2;
        w.first = 5e4;
        loser places[RP_CLASSES] = {0};
        ts_play(&w, (uint64_t)seed, ts_fresh_learner(),
                &(ts_watcher){.told = note_losers, .context = places});
        for (int c = 0; c < RP_CLASSES; c++) {
            longest = fmax(longest, places[c].longest);
            ts_check(places[c].longest <= 1,
                     "I6, world %d: a loser not looked at for %.1f times the time allowed", seed,
                     places[c].longest);
        }
    }
    printf("%d worlds: losers looked at again after %.2f of the time allowed at the longest\n", worlds(),
           longest);
    assert_true(longest > 0.1);
}

/* ---- I9 --------------------------------------------------------------------------------------------------- */

typedef struct liar {
    rp_process *donor, *believer;
    const ts_world *world;
    ts_prng random;
    long unclamped; /* cells of more than one batch or out of bounds */
} liar;

/* A donor that believes anything: ratios far beyond what is taken from a file, regions that cost nothing or all. */
static void make_lies(liar *x) {
    rp_learner *l = &x->donor->learner;
    rp_learner_reset(l);
    l->region = (rp_region_costs){.hot = (float)between(&x->random, 1, 1e8),
                                  .cold = (float)between(&x->random, 1, 1e8),
                                  .first = (float)between(&x->random, 1, 1e8)};
    for (int k = 0; k < x->world->classes; k++) {
        const int c = rp_class_of((rp_call_op)k, RAPTORS_FLOAT32, (rp_layout)(k % RP_LAYOUT_COUNT));
        l->classes[c].seen = RP_FIRST_CALLS;
        l->classes[c].slope = (float)between(&x->random, 1e-5, 1e3);
        for (int b = 0; b < RP_BUCKETS; b++) {
            for (int arm = RP_ARM_alone; arm <= RP_ARM_hot; arm++) {
                rp_cell *cell = &l->places[c][b].arm[arm];
                rp_cell_assume(cell, (float)between(&x->random, 1e-3, 1e3));
                cell->level = 1;
            }
        }
    }
}

static long count_unclamped(const rp_learner *l) {
    long count = 0;
    for (int c = 0; c < RP_CLASSES; c++) {
        for (int b = 0; l->classes[c].seen > 0 && b < RP_BUCKETS; b++) {
            for (int arm = RP_ARM_alone; arm <= RP_ARM_hot; arm++) {
                const float ratio = l->places[c][b].arm[arm].median;
                count +=
                    l->places[c][b].arm[arm].batches > 1 || (ratio > 0 && (ratio < 0.01F || ratio > 100));
            }
        }
    }
    return count;
}

static void believe_lies(void *context, rp_learner *l) {
    static char text[RP_PROFILE_MOST + 1];
    liar *x = context;
    make_lies(x);
    const size_t length = rp_profile_write(x->donor, text);
    assert_null(rp_profile_read(x->believer, text, length));
    x->unclamped += count_unclamped(l);
}

/* Where a lie is still among four batches, it is not what the cell says. */
static void lies_are_overruled(const rp_learner *l, int seed) {
    for (int c = 0; c < RP_CLASSES; c++) {
        for (int b = 0; l->classes[c].seen > 0 && b < RP_BUCKETS; b++) {
            for (int arm = 0; arm < RP_ARM_COUNT; arm++) {
                const rp_cell *cell = &l->places[c][b].arm[arm];
                float least = cell->batch[1], most = cell->batch[1];
                for (int i = 2; i < cell->batches; i++) {
                    least = fminf(least, cell->batch[i]);
                    most = fmaxf(most, cell->batch[i]);
                }
                ts_check(cell->batches <= RP_CELL_ENOUGH || (cell->median >= least && cell->median <= most),
                         "I9, world %d: a lie outweighs three batches", seed);
            }
        }
    }
}

static void a_profile_is_a_prior(void **state) {
    (void)state;
    liar x = {.donor = ts_new_process(ts_world_clock)};
    double excess = 0;
    for (int seed = 1; seed <= worlds(); seed++) {
        const ts_world w = random_world((uint64_t)seed, CALLS);
        x.believer = ts_new_process(ts_world_clock);
        x.world = &w;
        x.random.state = (uint64_t)seed;
        const ts_result r = ts_play(&w, (uint64_t)seed, &x.believer->learner,
                                    &(ts_watcher){.started = believe_lies, .context = &x});
        excess = fmax(excess, r.excess);
        ts_check(r.excess <= 20e6, "I9 and I3, world %d: %.1f ms behind in a window", seed, r.excess / 1e6);
        ts_check(x.unclamped == 0, "I9, world %d: %ld cells out of bounds", seed, x.unclamped);
        lies_are_overruled(&x.believer->learner, seed);
        free(x.believer);
    }
    free(x.donor);
    printf("%d worlds with a lying profile: at most %.1f ms lost in a window beyond 1 %% and a call\n",
           worlds(), excess / 1e6);
}

/* ---- I10, I11 --------------------------------------------------------------------------------------------- */

static void one_thread_is_one_thread(void **state) {
    (void)state;
    for (int seed = 1; seed <= worlds(); seed++) {
        ts_world w = random_world((uint64_t)seed, FEW_CALLS);
        w.team = 1;
        const ts_result r = ts_play(&w, (uint64_t)seed, ts_fresh_learner(), NULL);
        ts_check(r.team_calls == 0 && r.readings == 0, "I10, world %d: %d teams, %llu readings of the clock",
                 seed, r.team_calls, (unsigned long long)r.readings);
    }
}

/* All that a sample could change. */
typedef struct knowledge {
    unsigned char common[offsetof(rp_learner, classes)];
    rp_class class;
    rp_place place;
    uint64_t word;
} knowledge;

typedef struct fools {
    knowledge before;
    long dropped;
    bool changed;
} fools;

static void copy_state(knowledge *s, rp_learner *l, rp_spot spot) {
    memcpy(s->common, l, sizeof s->common);
    memset(s->common + offsetof(rp_learner, measured), 0, sizeof l->measured); /* who is under way */
    memcpy(&s->class, &l->classes[spot.class_index], sizeof s->class);
    memcpy(&s->place, rp_place_at(l, spot), sizeof s->place);
    s->word = rp_decided(l, spot);
}

static void keep_state(void *context, const ts_event *e) {
    copy_state(&((fools *)context)->before, e->l, rp_spot_of(e->q));
}

static void compare_state(void *context, const ts_event *e) {
    static knowledge after;
    fools *f = context;
    if (e->foolish) {
        copy_state(&after, e->l, rp_spot_of(e->q));
        f->changed |= memcmp(&after, &f->before, sizeof after) != 0;
        f->dropped++;
    }
}

static void a_foolish_clock_teaches_nothing(void **state) {
    (void)state;
    long dropped = 0;
    static fools f;
    for (int seed = 1; seed <= worlds(); seed++) {
        ts_world w = random_world((uint64_t)seed, FEW_CALLS);
        w.foolish = 0.1;
        w.first = 5e4;
        memset(&f, 0, sizeof f);
        ts_play(&w, (uint64_t)seed, ts_fresh_learner(),
                &(ts_watcher){.asked = keep_state, .told = compare_state, .context = &f});
        ts_check(!f.changed, "I11, world %d: something was learned from a foolish duration", seed);
        dropped += f.dropped;
    }
    printf("%d worlds: %ld foolish durations dropped\n", worlds(), dropped);
    assert_true(dropped > 10 * worlds());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_promise_is_broken),
        cmocka_unit_test(every_loser_is_looked_at_again),
        cmocka_unit_test(the_same_trace_gives_the_same_answers),
        cmocka_unit_test(a_profile_is_a_prior),
        cmocka_unit_test(one_thread_is_one_thread),
        cmocka_unit_test(a_foolish_clock_teaches_nothing),
    };
    int failed = cmocka_run_group_tests_name("invariants", tests, NULL, NULL);
    return failed;
}
