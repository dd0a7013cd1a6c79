/* test_learner.c -- the learner in worlds that do not exist: what it loses against an oracle, and what it never does.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 * RAPTORS_TEST_SEEDS asks for more than the usual 10 seeds. What it never does in random worlds: test_invariants.c.
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

/* A neighbour takes a CPU for half of the time: a team is late where it waits for that CPU's time slice to end. */
static ts_weather square_wave(const ts_world *w, uint64_t now, uint64_t half) {
    ts_weather h = w->fair;
    h.straggle = now / half % 2 == 1 ? 0.02 : 0;
    h.late = 8e6;
    return h;
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
    ts_weather h = w->fair;
    h.straggle = 0.33;
    h.late = 110000;
    return h;
}

/* A scheduler that packs threads on one CPU now and then: a tick each time, and the team gains all the same. */
static ts_weather packed(const ts_world *w, int i, uint64_t now) {
    (void)i, (void)now;
    ts_weather h = w->fair;
    h.straggle = 0.018;
    h.late = 4.7e6;
    return h;
}

/* So seldom that each time many calls have been close to one another. */
static ts_weather seldom_late(const ts_world *w, int i, uint64_t now) {
    (void)i, (void)now;
    ts_weather h = w->fair;
    h.straggle = 0.0005;
    h.late = 8e6;
    return h;
}

static ts_weather alone_slows(const ts_world *w, int i, uint64_t now) {
    (void)now;
    ts_weather h = w->fair;
    h.alone_factor = i < w->calls / 2 ? 1 : 1.5;
    return h;
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
    {.name = "a cold team takes a tick", .limit = 1.5, .burst = 1, .pause = 8e6, .dozes = 1, .doze = 4e6},
    {.name = "one in ten wakes takes a tick",
     .limit = 3,
     .burst = 1,
     .pause = 8e6,
     .dozes = 0.1,
     .doze = 4e6},
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

/* ---- single calls ----------------------------------------------------------------------------------------- */

static uint64_t now, readings;

static uint64_t hand_clock(void) {
    readings++;
    return now;
}

static rp_question question(int64_t bytes) {
    return (rp_question){.op = RP_CALL_sum, .team = 2, .bytes = bytes, .parts = 1000};
}

static rp_answer play_call(rp_learner *l, rp_thread *t, const rp_question *q, uint64_t duration) {
    rp_answer a;
    rp_learner_ask(l, t, q, &a);
    now += duration;
    rp_learner_tell(l, t, q, &a, &(rp_outcome){.members = a.members});
    now += 1000;
    return a;
}

/* A learner that has seen some calls of one kind, each of which took 50 us. */
static rp_learner *who_has_seen(rp_thread *t, const rp_question *q) {
    rp_learner *l = ts_fresh_learner();
    now = 1000000;
    rp_learner_start(l, hand_clock, NULL, 2);
    for (int i = 0; i < 20; i++) {
        play_call(l, t, q, 50000);
    }
    return l;
}

/* Calls of a team in a loop, each of which gains: how often the clock is read for `calls` of them. */
static uint64_t readings_of(rp_learner *l, rp_thread *t, const rp_question *q, int calls) {
    const uint64_t before = readings;
    for (int i = 0; i < calls; i++) {
        play_call(l, t, q, 25000);
    }
    return readings - before;
}

/* Half of the readings are spared where calls are close. What that hides is found when the next call begins. */
static void the_end_of_a_close_call_is_left_open(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 20);
    rp_learner *l = who_has_seen(&t, &q);
    rp_place *p = rp_place_at(l, rp_spot_of(&q));
    while (p->samples < rp_learning(q.bytes) || t.last_region == 0) {
        play_call(l, &t, &q, t.last_region == 0 ? 50000 : 25000);
    }
    assert_true(readings_of(l, &t, &q, RP_CLOSE / 2) >= RP_CLOSE);
    readings_of(l, &t, &q, RP_CLOSE);
    assert_true(readings_of(l, &t, &q, 160) <= 160 + 2 * 160 / rp_measured_one_in(q.bytes));
    const int64_t before = l->ledger.balance;
    now += 3000000;
    readings_of(l, &t, &q, 1);
    const int64_t lost = before - l->ledger.balance;
    assert_in_range(lost, 2900000, 3000000);
    assert_true(readings_of(l, &t, &q, 1000) >= 2000);
}

/* Its members work less well than was guessed: waking them costs no more for that. */
static void long_calls_say_nothing_of_waking(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 27);
    rp_learner *l = ts_fresh_learner();
    int team_calls = 0;
    now = 1000000;
    rp_learner_start(l, hand_clock, NULL, 2);
    const float before = rp_estimate_untried(l, 0).cold;
    for (int i = 0; i < 200; i++) {
        rp_answer a;
        now += 20000000;
        rp_learner_ask(l, &t, &q, &a);
        now += a.members > 1 ? 8000000 : 10000000;
        team_calls += a.members > 1;
        rp_learner_tell(l, &t, &q, &a, &(rp_outcome){.members = a.members});
    }
    assert_true(team_calls > 100);
    assert_true(rp_estimate_untried(l, 0).cold < 2 * before);
    assert_true(rp_estimate_untried(l, 10e6F).hot > 7e6F);
}

/* In the cell itself; in random worlds: I11. */
static void foolish_durations_are_dropped(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 20);
    rp_learner *l = who_has_seen(&t, &q);
    rp_cell before = l->places[rp_spot_of(&q).class_index][rp_spot_of(&q).bucket].arm[RP_ARM_alone];
    static const uint64_t foolish[] = {0, (uint64_t)-5000, 10000000001u, UINT64_MAX / 2};
    for (size_t i = 0; i < 4; i++) {
        rp_answer a;
        rp_learner_ask(l, &t, &q, &a);
        uint64_t start = now;
        now += foolish[i];
        rp_learner_tell(l, &t, &q, &a, &(rp_outcome){.members = a.members});
        now = start + 1000;
    }
    rp_cell after = l->places[rp_spot_of(&q).class_index][rp_spot_of(&q).bucket].arm[RP_ARM_alone];
    assert_memory_equal(&before, &after, sizeof before);
}

static void a_blocked_call_reads_no_clock(void **state) {
    (void)state;
    static const rp_reason reasons[] = {RP_REASON_bound, RP_REASON_bound,  RP_REASON_nested,
                                        RP_REASON_busy,  RP_REASON_forked, RP_REASON_failed};
    rp_thread t = {0};
    rp_learner *l = ts_fresh_learner();
    rp_learner_start(l, hand_clock, NULL, 2);
    readings = 0;
    for (int block = 0; block <= RP_BLOCK_failed; block++) {
        rp_question q = question(1 << 26);
        q.blocked = (rp_block)block;
        q.team = block == RP_BLOCK_none ? 1 : 2;
        rp_answer a = play_call(l, &t, &q, 1000);
        assert_int_equal(a.members, 1);
        assert_int_equal(a.reason, reasons[block]);
    }
    assert_int_equal(readings, 0);
}

static void off_and_freeze_learn_nothing(void **state) {
    (void)state;
    rp_thread t = {0};
    rp_learner *l = ts_fresh_learner();
    rp_learner_start(l, hand_clock, NULL, 2);
    for (int mode = RAPTORS_FREEZE; mode <= RAPTORS_OFF; mode++) {
        l->mode = mode;
        rp_question big = question(1 << 26), small = question(1 << 15);
        assert_int_equal(play_call(l, &t, &big, 1000000).members, 2);
        assert_int_equal(play_call(l, &t, &small, 1000).members, 1);
        assert_int_equal(l->classes[rp_spot_of(&big).class_index].seen, 0);
    }
}

static void calls_that_overlap_are_not_believed(void **state) {
    (void)state;
    rp_thread t = {0}, other = {0};
    rp_learner *l = ts_fresh_learner();
    rp_question q = question(1 << 20);
    rp_learner_start(l, hand_clock, NULL, 2);
    for (int i = 0; i < 10; i++) {
        rp_answer a, b;
        rp_learner_ask(l, &t, &q, &a);
        rp_learner_ask(l, &other, &q, &b);
        now += 1000;
        rp_learner_tell(l, &other, &q, &b, &(rp_outcome){.members = 1});
        rp_learner_tell(l, &t, &q, &a, &(rp_outcome){.members = 1});
    }
    assert_int_equal((uint32_t)l->measured, 0);
    ts_check(l->classes[rp_spot_of(&q).class_index].seen == 0, "an overlapped call was taken for a sample");
}

/* From full to shut takes the ledger's whole width, and a hundredth of the time opens it again. */
static void who_lost_too_much_gets_no_team(void **state) {
    (void)state;
    rp_ledger ledger;
    uint64_t at = 1000;
    rp_ledger_start(&ledger);
    assert_false(rp_ledger_note(&ledger, -RP_LEDGER_LIMIT, false, at));
    assert_true(rp_ledger_open(&ledger));
    assert_true(rp_ledger_note(&ledger, -RP_LEDGER_LIMIT, false, at));
    assert_false(rp_ledger_open(&ledger));
    rp_ledger_forgive(&ledger, 1000000);
    assert_true(rp_ledger_open(&ledger));
    rp_ledger_note(&ledger, -RP_LEDGER_LIMIT, false, at);
    rp_ledger_forgive(&ledger, 10000000);
    assert_false(rp_ledger_open(&ledger));
}

static void buckets_are_half_octaves(void **state) {
    (void)state;
    for (int b = 0; b < RP_BUCKETS; b++) {
        assert_int_equal(rp_bucket_of(rp_bucket_start(b)), b);
        assert_int_equal(rp_bucket_of(rp_bucket_start(b + 1) - 1), b);
    }
    assert_int_equal(rp_bucket_of(0), 0);
    assert_int_equal(rp_bucket_of(INT64_MAX), RP_BUCKETS - 1);
}

static void words_hold_what_is_put_in(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4096; i++) {
        rp_decision d = {.alone = 1.5F, .hot = 0.25F, .known = i & 1, .quiet = i >> 1 & 1};
        for (int hot = 0; hot < 2; hot++) {
            d.team[hot] = i >> (2 + hot) & 1;
            d.adopted[hot] = i >> (4 + hot) & 1;
            d.reason[hot] = (uint8_t)(i % RP_REASON_COUNT);
        }
        d.alone_arm = (uint8_t)(i >> 6 & 1);
        d.hot_arm = (uint8_t)(RP_ARM_hot + i % 6);
        rp_decision back = rp_decision_unpack(rp_decision_pack(d));
        assert_int_equal(rp_decision_pack(back), rp_decision_pack(d));
        assert_true(back.alone == d.alone && back.hot == d.hot && back.quiet == d.quiet &&
                    back.known == d.known);
        assert_true(back.hot_arm == d.hot_arm && back.reason[1] == d.reason[1] && back.team[0] == d.team[0]);
    }
}

/* A machine that was slow for a while scales what it has not seen meanwhile, by too much or too little. */
static void nobody_is_believed_to_do_more_than_his_share(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 20);
    rp_learner *l = who_has_seen(&t, &q);
    rp_place *p = rp_place_at(l, rp_spot_of(&q));
    for (int i = 0; i < 15; i++) {
        rp_cell_take(l, &p->arm[RP_ARM_hot], RP_ARM_hot, 0.5F);
    }
    rp_estimate measured = rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes);
    assert_true(measured.hot < measured.alone / 2); /* it may do more, where that has been measured */
    l->level[RP_ARM_hot] *= 0.5F;
    rp_estimate scaled = rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes);
    assert_true(scaled.alone > 0 && scaled.hot >= scaled.alone / 2);
}

static void a_cell_is_a_median_of_medians(void **state) {
    (void)state;
    rp_cell c = {0};
    assert_true(rp_cell_guess(&c) == 0);
    for (int i = 0; i < 35; i++) {
        rp_cell_add(&c, i % 5 < 2 ? 1000.0F : 1.0F + (float)i / 1000); /* two outliers of five */
    }
    assert_true(rp_cell_settled(&c));
    assert_true(c.median > 1 && c.median < 1.04F && c.spread < 0.02F);
    for (int i = 0; i < 9; i++) {
        rp_cell_add(&c, 2);
    }
    assert_true(c.median < 1.04F);
    rp_cell_add(&c, 2); /* the second batch in a row that lies off */
    assert_true(c.median == 2 && c.batches == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regret_is_within_its_limit),
        cmocka_unit_test(who_is_often_a_little_late_is_stopped),
        cmocka_unit_test(what_gains_a_quarter_is_found_within_64_calls),
        cmocka_unit_test(losers_are_looked_at_again),
        cmocka_unit_test(ties_go_sequential),
        cmocka_unit_test(the_end_of_a_close_call_is_left_open),
        cmocka_unit_test(long_calls_say_nothing_of_waking),
        cmocka_unit_test(foolish_durations_are_dropped),
        cmocka_unit_test(a_blocked_call_reads_no_clock),
        cmocka_unit_test(off_and_freeze_learn_nothing),
        cmocka_unit_test(calls_that_overlap_are_not_believed),
        cmocka_unit_test(who_lost_too_much_gets_no_team),
        cmocka_unit_test(buckets_are_half_octaves),
        cmocka_unit_test(words_hold_what_is_put_in),
        cmocka_unit_test(nobody_is_believed_to_do_more_than_his_share),
        cmocka_unit_test(a_cell_is_a_median_of_medians),
    };
    int failed = cmocka_run_group_tests_name("learner", tests, NULL, NULL);
    return failed;
}
