/* test_learner.c -- the learner in worlds that do not exist: what it loses against an oracle, and what it never does.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 * RAPTORS_TEST_SEEDS asks for more than the usual 10 seeds. What it never does in random worlds: test_invariants.c; what it
 * makes of one call: test_calls.c.
 */
#include "support/worlds.h"

#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static int setting(const char *name, int usual) {
    const char *text = getenv(name);
    return text ? atoi(text) : usual;
}

/* ---- the worlds of the table ------------------------------------------------------------------------------ */

static ts_weather lost_mid_run(const ts_world *w, int i, uint64_t now) {
    (void)now;
    ts_weather h = w->fair;
    h.speedup = i < w->calls / 2 ? h.speedup : 0.9;
    return h;
}

static ts_weather gained_mid_run(const ts_world *w, int i, uint64_t now) {
    (void)now;
    ts_weather h = w->fair;
    h.speedup = i < w->calls / 2 ? 0.9 : h.speedup;
    return h;
}

static ts_weather late_at_times(const ts_world *w, double chance, double late) {
    ts_weather h = w->fair;
    h.straggle = chance;
    h.late = late;
    return h;
}

/* A neighbour takes a CPU for half of the time: a team is late where it waits for that CPU's time slice to end. */
static ts_weather square_wave(const ts_world *w, uint64_t now, uint64_t half) {
    return late_at_times(w, now / half % 2 == 1 ? 0.02 : 0, 8e6);
}

static ts_weather late_wakes(const ts_world *w, int i, uint64_t now) {
    (void)i;
    (void)now;
    return late_at_times(w, 0.003, 9e6);
}

static ts_weather long_neighbour(const ts_world *w, int i, uint64_t now) {
    (void)i;
    return square_wave(w, now, 4000000000u);
}

static ts_weather short_neighbour(const ts_world *w, int i, uint64_t now) {
    (void)i;
    return square_wave(w, now, 1000000000u);
}

/* Never so late that one call would tell, nor at the median. */
static ts_weather often_a_little_late(const ts_world *w, int i, uint64_t now) {
    (void)i, (void)now;
    return late_at_times(w, 0.33, 110000);
}

/* A scheduler that packs threads on one CPU now and then: a tick each time, and the team gains all the same. */
static ts_weather packed(const ts_world *w, int i, uint64_t now) {
    (void)i, (void)now;
    return late_at_times(w, 0.018, 4.7e6);
}

/* So seldom that each time many calls have been close to one another. */
static ts_weather seldom_late(const ts_world *w, int i, uint64_t now) {
    (void)i, (void)now;
    return late_at_times(w, 0.0005, 8e6);
}

static ts_weather alone_slows(const ts_world *w, int i, uint64_t now) {
    (void)now;
    ts_weather h = w->fair;
    h.alone_factor = i < w->calls / 2 ? 1 : 1.5;
    return h;
}

/* Its clock rate, or what another machine leaves of the memory: working alone and teams change alike. */
static ts_weather at_pace(const ts_world *w, double pace) {
    ts_weather h = w->fair;
    h.pace = pace;
    return h;
}

static ts_weather often_slow(const ts_world *w, int i, uint64_t now) {
    (void)i;
    return at_pace(w, now / 3000000000u % 2 == 1 ? 1.7 : 1);
}

static ts_weather briefly_slow(const ts_world *w, int i, uint64_t now) {
    (void)i;
    return at_pace(w, now % 10000000000u < 400000000u ? 2.5 : 1);
}

/* A machine of two CPUs, where the world does not say otherwise. */
static ts_world complete(ts_world w) {
    w.calls = w.calls ? w.calls : 160000;
    w.low = w.low ? w.low : 8;
    w.high = w.high ? w.high : 24;
    w.classes = w.classes ? w.classes : 1;
    w.team = w.team ? w.team : 2;
    w.hot = w.hot > 0 ? w.hot : 800;
    w.cold = w.cold > 0 ? w.cold : 130000;
    w.first = w.first > 0 ? w.first : 5e6;
    w.awake = w.awake > 0 ? w.awake : 2e6;
    w.fair.speedup = w.fair.speedup > 0 ? w.fair.speedup : 1.87;
    w.fair.alone_factor = 1;
    return w;
}

#define SPEEDUP(times) .fair = {.speedup = (times)}

#define FOR_EVER 1e18 /* ns */

/* A real machine's: it changes its pace, and what a call takes depends on what the cache holds. */
#define SEGMENTS                                                                                             \
    .awake = 3e6, .low = 12, .classes = 3, .burst = 400, .pause = 500e6, .calls = 40000, SPEEDUP(1.45)

#define COLD_LIFE                                                                                            \
    .low = 12, .classes = 4, .cold = 30000, .burst = 1, .pause = 8e6, .calls = 2400, SPEEDUP(1.75)

static const ts_world worlds[] = {
    {.name = "always hot", .limit = 0.5, .awake = FOR_EVER},
    {.name = "always hot, three classes", .limit = 0.5, .awake = FOR_EVER, .classes = 3},
    {.name = "noise 0.3, 3 % outliers", .limit = 1, .awake = FOR_EVER, .sigma = 0.3, .outliers = 0.03},
    {.name = "a 1 us clock", .limit = 1, .awake = FOR_EVER, .tick = 1000},
    {.name = "8 cores", .limit = 1, .awake = FOR_EVER, .team = 8, .hot = 1500, SPEEDUP(6)},
    {.name = "always cold", .limit = 1.5, .burst = 1, .pause = 20e6},
    {.name = "bursts of 8", .limit = 1.5, .burst = 8, .pause = 20e6, .high = 18},
    {.name = "bursts of 64", .limit = 1.5, .burst = 64, .pause = 20e6, .low = 12, .high = 20},
    {.name = "parallel never pays", .limit = 1.5, .awake = FOR_EVER, SPEEDUP(0.9)},
    {.name = "speed-up lost mid-run", .limit = 3, .awake = FOR_EVER, .change = lost_mid_run},
    {.name = "speed-up gained mid-run", .limit = 3, .awake = FOR_EVER, .change = gained_mid_run},
    {.name = "a neighbour, 4 s of 8", .limit = 12, .awake = FOR_EVER, .change = long_neighbour},
    /* and worlds of our own */
    {.name = "a neighbour, 1 s of 2", .limit = 12, .awake = FOR_EVER, .change = short_neighbour},
    {.name = "sizes about the crossing", .limit = 2.5, .awake = FOR_EVER, .low = 14, .high = 17},
    {.name = "8 cores, half of them do",
     .limit = 5,
     .awake = FOR_EVER,
     .team = 8,
     .hot = 1500,
     .half_members = 0.8,
     SPEEDUP(3)},
    {.name = "writing past the cache loses", .limit = 2.5, .awake = FOR_EVER, .plain = 0.75},
    {.name = "writing past the cache wins", .limit = 1, .awake = FOR_EVER, .plain = 1.35},
    {.name = "alone slows mid-run", .limit = 3, .awake = FOR_EVER, .change = alone_slows, SPEEDUP(1)},
    {.name = "turns on a CPU that is packed",
     .limit = 4,
     .awake = 3e6,
     .low = 12,
     .burst = 400,
     .pause = 500e6,
     .dozes = 0.7,
     .doze = 4e6,
     .change = packed,
     .calls = 20000},
    {.name = "slow for 3 s of 6", .limit = 4, .worst = 8, .sigma = 0.1, .change = often_slow, SEGMENTS},
    {.name = "slow for 0.4 s of 10", .limit = 4, .worst = 8, .sigma = 0.1, .change = briefly_slow, SEGMENTS},
    {.name = "one call twice another's", .limit = 7, .worst = 15, .sigma = 0.5, SEGMENTS},
    {.name = "a cold team takes a tick", .limit = 1.5, .burst = 1, .pause = 8e6, .dozes = 1, .doze = 4e6},
    /* The first few wakes, good luck or bad, must not decide for ever. */
    {.name = "one in ten wakes takes a tick",
     .limit = 3,
     .worst = 5,
     .burst = 1,
     .pause = 8e6,
     .dozes = 0.1,
     .doze = 4e6},
    /* Short lives in which no team is ever hot: each place must go by what others have shown. */
    {.name = "2,400 cold calls, noise 0.3", .limit = 13, .worst = 20, .sigma = 0.3, COLD_LIFE},
    {.name = "2,400 cold calls at two paces",
     .limit = 18,
     .worst = 30,
     .sigma = 0.1,
     .change = often_slow,
     COLD_LIFE},
    {.name = "2,400 cold calls, some late", .limit = 11, .worst = 14, .change = late_wakes, COLD_LIFE},
    /* A second CPU that gains next to nothing is left to others, but for probes. */
    {.name = "a tie",
     .limit = 1.5,
     .team_limit = 15,
     .awake = FOR_EVER,
     .low = 23,
     .hot = 100,
     SPEEDUP(1.01)},
    {.name = "one in three a little late",
     .limit = 2,
     .low = 20,
     .high = 20,
     .awake = FOR_EVER,
     .change = often_a_little_late,
     SPEEDUP(1.25)},
    {.name = "bursts of 500, noise 0.2", .limit = 2, .burst = 500, .pause = 50e6, .sigma = 0.2},
    /* Loops so close that the ends of most calls are left open. */
    {.name = "a loop", .limit = 1, .awake = FOR_EVER, .low = 17, .high = 18},
    {.name = "a loop that pauses", .limit = 1, .burst = 20000, .pause = 20e6, .low = 17, .high = 18},
    {.name = "a loop, one in 2000 late",
     .limit = 3,
     .awake = FOR_EVER,
     .low = 17,
     .high = 17,
     .change = seldom_late},
};

static void regret_is_within_its_limit(void **state) {
    (void)state;
    int seeds = setting("RAPTORS_TEST_SEEDS", 10), failed = 0;
    printf("%-30s %9s %9s %9s %9s %9s %9s %6s %6s\n", "% over the oracle", "alone", "always", "learned",
           "worst", "limit", "behind", "flips", "team");
    for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
        const ts_world world = complete(worlds[i]), *w = &world;
        double sum = 0, worst = 0, behind = 0, team = 0;
        ts_result r = {0};
        for (int seed = 1; seed <= seeds; seed++) {
            r = ts_play(w, (uint64_t)seed, ts_fresh_learner(), NULL);
            sum += r.regret;
            worst = fmax(worst, r.regret);
            behind = fmax(behind, r.behind);
            team = fmax(team, 100.0 * r.team_calls / w->calls);
        }
        bool good = sum / seeds <= w->limit && behind <= 40e6;
        good &= w->team_limit <= 0 || team <= w->team_limit;
        good &= w->worst <= 0 || worst <= w->worst;
        printf("%-30s %9.2f %9.2f %9.2f %9.2f %9.1f %6.1f ms %6ld %4.0f %% %s\n", w->name, r.alone, r.always,
               sum / seeds, worst, w->limit, behind / 1e6, r.flips, team, good ? "" : "FAILED");
        failed += !good;
    }
    assert_int_equal(failed, 0);
}

/* No single call nor the median shows what is lost here, so nothing but the ledger's breaker ends it. */
static void who_is_often_a_little_late_is_stopped(void **state) {
    (void)state;
    const ts_world w = complete(
        (ts_world){.low = 20, .high = 20, .awake = FOR_EVER, .change = often_a_little_late, SPEEDUP(1.25)});
    for (uint64_t seed = 1; seed <= 10; seed++) {
        ts_result r = ts_play(&w, seed, ts_fresh_learner(), NULL);
        ts_check(r.excess <= 20e6, "%.1f ms behind in a window", r.excess / 1e6);
        ts_check(r.regret <= 2, "regret %.2f %%", r.regret);
        ts_check(r.behind <= 40e6, "%.1f ms behind in all", r.behind / 1e6);
    }
}

/* Streams of one size, where the team gains a quarter and more, and a pool costs next to nothing. */
static void what_gains_a_quarter_is_found_within_64_calls(void **state) {
    (void)state;
    for (int size = 17; size <= 24; size++) {
        const ts_world w =
            complete((ts_world){.calls = 4000, .low = size, .high = size, .awake = FOR_EVER, .first = 2e4});
        ts_result r = ts_play(&w, 1, ts_fresh_learner(), NULL);
        printf("2^%d elements: %d calls the wrong way\n", size, r.wrong);
        ts_check(r.wrong <= 64, "2^%d elements: %d calls of %d the wrong way", size, r.wrong, w.calls);
    }
}

/* What lost is looked at again, however long ago that was. */
static void losers_are_looked_at_again(void **state) {
    (void)state;
    for (int size = 16; size <= 22;
         size += 3) { /* seconds of calls each: waking a team must be saved up for */
        for (int wins = 0; wins < 2; wins++) {
            ts_world w = complete((ts_world){.calls = 40000,
                                             .low = size,
                                             .high = size,
                                             .awake = FOR_EVER,
                                             .first = 2e5,
                                             SPEEDUP(wins ? 1.8 : 0.8)});
            rp_learner *l = ts_fresh_learner();
            ts_play(&w, 1, l, NULL);
            uint32_t before = l->probes;
            w.calls += (int)(5e11 / (double)(4 << size));
            l = ts_fresh_learner();
            ts_result r = ts_play(&w, 1, l, NULL);
            ts_check(r.team_calls == 0 || l->probes > before + 1,
                     "2^%d elements, team %s: %u probes in %d calls", size, wins ? "wins" : "loses",
                     l->probes - before, w.calls - 40000);
        }
    }
}

/* Two equal arms are a tie, and ties go to working alone. */
static void ties_go_sequential(void **state) {
    (void)state;
    const ts_world w = complete((ts_world){
        .calls = 20000, .low = 20, .high = 20, .awake = FOR_EVER, .hot = 100, .first = 1e4, SPEEDUP(1.02)});
    rp_learner *l = ts_fresh_learner();
    ts_result r = ts_play(&w, 1, l, NULL);
    rp_spot s = {0, rp_bucket_of(4 << 20)};
    rp_decision d = rp_decision_unpack(rp_decided(l, s));
    assert_true(d.adopted[1]);
    assert_false(d.team[1]);
    assert_int_equal(d.reason[1], RP_REASON_tie);
    ts_check(r.team_calls < 2000, "%d team calls of 20,000", r.team_calls);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regret_is_within_its_limit),
        cmocka_unit_test(who_is_often_a_little_late_is_stopped),
        cmocka_unit_test(what_gains_a_quarter_is_found_within_64_calls),
        cmocka_unit_test(losers_are_looked_at_again),
        cmocka_unit_test(ties_go_sequential),
    };
    int failed = cmocka_run_group_tests_name("learner", tests, NULL, NULL);
    return failed;
}
