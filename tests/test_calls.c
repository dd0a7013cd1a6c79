/* test_calls.c -- what the learner makes of single calls, by a clock that is set by hand.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 */
#include "support/worlds.h"

#include "support/check.h"

#include "place.h"

static uint64_t now, readings;

static uint64_t hand_clock(void) {
    readings++;
    return now;
}

static rp_question question(int64_t bytes) {
    return (rp_question){.class_index = rp_class_of(RP_CALL_sum, RAPTORS_FLOAT32, RP_LAYOUT_contiguous),
                         .team = 2,
                         .bytes = bytes,
                         .parts = 1000};
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

/* Readings of so many calls that are close: of those that begin with one, and two of those that are measured. */
static uint64_t few_readings(uint64_t calls, int64_t bytes) {
    return calls / (1 + RP_MOST_UNREAD) + 2 * calls / rp_measured_one_in(bytes);
}

/* Most readings are spared where calls are close. What that hides is found when the next call with one begins. */
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
    assert_in_range(readings_of(l, &t, &q, 160), 160 / (1 + RP_MOST_UNREAD), few_readings(160, q.bytes));
    const int64_t before = l->ledger.balance;
    now += 3000000;
    readings_of(l, &t, &q, 1 + RP_MOST_UNREAD);
    const int64_t lost = before - l->ledger.balance;
    assert_in_range(lost, 2900000, 3000000);
    /* and believed again after four times as many */
    assert_true(readings_of(l, &t, &q, 3 * RP_CLOSE) >= 6 * RP_CLOSE);
    readings_of(l, &t, &q, 2 * RP_CLOSE);
    assert_true(readings_of(l, &t, &q, 160) <= few_readings(160, q.bytes));
}

/* A team must still be awake when it is next looked at, and lateness is looked for at once. */
static void what_begins_without_a_reading_is_short(void **state) {
    (void)state;
    rp_ledger ledger;
    rp_account c = {.began = 1, .alone = RP_SHORT_CALL};
    rp_ledger_start(&ledger);
    assert_true(rp_account_may_go_on(&c, &ledger, RP_SHORT_CALL));
    rp_account_go_on(&c, RP_SHORT_CALL);
    assert_false(rp_account_may_go_on(&c, &ledger, RP_SHORT_CALL));
    assert_true(rp_account_may_go_on(&c, &ledger, 1000));
    ledger.premium = 1;
    assert_false(rp_account_may_go_on(&c, &ledger, 1000));
    ledger.premium = 0;
    ledger.balance = -RP_LEDGER_LIMIT;
    assert_false(rp_account_may_go_on(&c, &ledger, 1000));
    ledger.balance = 0;
    c.began = 0;
    assert_false(rp_account_may_go_on(&c, &ledger, 1000));
}

/* As if as many calls as make a batch had worked alone there. */
static void measured_alone(rp_learner *l, rp_spot spot, float ratio) {
    for (int i = 0; i < RP_CELL_BATCH; i++) {
        rp_cell_take(l, &rp_place_at(l, spot)->arm[RP_ARM_alone], RP_ARM_alone, ratio);
    }
}

/* Calls so far apart that no team stays awake, alone one time or the other in turn; how many a team did. */
static int calls_far_apart(rp_learner *l, rp_thread *t, const rp_question *q, int calls, uint64_t team,
                           const uint64_t *alone) {
    int team_calls = 0;
    for (int i = 0; i < calls; i++) {
        rp_answer a;
        now += 20000000;
        rp_learner_ask(l, t, q, &a);
        now += a.members > 1 ? team : alone[i % 2];
        team_calls += a.members > 1;
        rp_learner_tell(l, t, q, &a, &(rp_outcome){.members = a.members});
    }
    return team_calls;
}

/* Its members work less well than was guessed: waking them costs no more for that. */
static void long_calls_say_nothing_of_waking(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 27);
    rp_learner *l = ts_fresh_learner();
    const uint64_t alone[] = {10000000, 10000000};
    now = 1000000;
    rp_learner_start(l, hand_clock, NULL, 2);
    const float before = rp_estimate_untried(l, 0).cold;
    calls_far_apart(l, &t, &q, 2 * RP_FIRST_CALLS, 8000000, alone);
    measured_alone(l, rp_spot_of(&q), 10e6F / rp_model(l, q.class_index, (float)q.bytes, RP_ARM_alone));
    assert_true(calls_far_apart(l, &t, &q, 190, 8000000, alone) > 100);
    assert_true(rp_estimate_untried(l, 0).cold < 2 * before);
    assert_true(rp_estimate_untried(l, 10e6F).hot > 7e6F);
    /* what nobody has looked at is hoped for none the less */
    assert_true(rp_hoped(l, 10e6F) < 6.5e6F);
}

/* The least of a few calls is less than they take as a rule: no measure of how well a team works, nor of a wake. */
static void a_team_is_measured_beside_a_batch_alone(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 27);
    rp_learner *l = ts_fresh_learner();
    now = 1000000;
    rp_learner_start(l, hand_clock, NULL, 2);
    assert_true(calls_far_apart(l, &t, &q, 100, 7000000, (const uint64_t[]){20000000, 10000000}) > 50);
    assert_int_equal(rp_place_at(l, rp_spot_of(&q))->arm[RP_ARM_alone].batches, 0);
    assert_true(l->efficiency.opened == 0 && l->efficiency.batches == 0 && l->mean_wake == 1);
}

/* A late wake among the first keeps the team from calls that it is for; it is forgotten, and they get it again. */
static void few_late_wakes_are_forgotten(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 22);
    rp_learner *l = who_has_seen(&t, &q);
    l->mean_wake = 100;
    const float before = rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes).cold;
    for (int i = 0; i < 2000; i++) {
        now += 20000000;
        play_call(l, &t, &q, 50000);
    }
    assert_true(l->mean_wake < 50 && rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes).cold < before / 1.5F);
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
    l->level[RP_ARM_hot] *= 2;
    l->level[RP_ARM_alone] *= 8;
    scaled = rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes);
    assert_true(scaled.hot == measured.hot && scaled.alone <= 2 * scaled.hot);
}

/* Runs calls until all is known that can be; they take so long alone and by a team. */
static void live(rp_learner *l, rp_thread *t, const rp_question *q, uint64_t alone, uint64_t team,
                 int calls) {
    for (int i = 0; i < calls; i++) {
        rp_answer a;
        rp_learner_ask(l, t, q, &a);
        now += a.members > 1 ? team : alone;
        rp_learner_tell(l, t, q, &a, &(rp_outcome){.members = a.members});
        now += 1000;
    }
}

/* Arrays may lie elsewhere than the last ones of that size: what that costs says nothing of other calls. */
static void one_place_that_has_changed_is_no_drift(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 20), other = question(1 << 22);
    rp_learner *l = who_has_seen(&t, &q);
    live(l, &t, &other, 200000, 300000, 2000);
    const float before = rp_estimate_at(l, rp_spot_of(&other), (float)other.bytes).alone;
    for (int turn = 0; turn < 10; turn++) {
        live(l, &t, &q, turn % 2 ? 50000 : 100000, 300000, 500);
    }
    assert_int_equal(l->epochs, 0);
    assert_true(rp_estimate_at(l, rp_spot_of(&other), (float)other.bytes).alone == before);
}

/* And of many at once is one, by their common factor. */
static void many_places_that_have_changed_are_a_drift(void **state) {
    (void)state;
    enum {
        PLACES = 9
    }; /* odd: of the settled calls every 32nd is measured, and it must not always be the same */
    rp_thread t = {0};
    const rp_question first = question(1 << 15);
    rp_learner *l = who_has_seen(&t, &first);
    for (int i = 0; i < PLACES * 400; i++) {
        const rp_question q = question((int64_t)(1 << 15) << i % PLACES);
        live(l, &t, &q, (uint64_t)q.bytes / 20, (uint64_t)q.bytes, 1);
    }
    assert_int_equal(l->epochs, 0);
    for (int i = 0; i < PLACES * 100 && l->epochs == 0; i++) {
        const rp_question q = question((int64_t)(1 << 15) << i % PLACES);
        live(l, &t, &q, (uint64_t)q.bytes / 10, (uint64_t)q.bytes, 1);
    }
    assert_true(l->epochs == 1 && l->level[RP_ARM_alone] > 1.9F && l->level[RP_ARM_alone] < 2.1F);
    assert_true(l->level[RP_ARM_hot] == l->level[RP_ARM_alone]); /* teams, unseen, have changed alike */
}

/* Residuals of ten places, all the same, so many ns after another; what became of the level. */
static float ten_residuals(rp_drift *d, float residual, uint64_t apart) {
    float factor = 1;
    for (int place = 0; place < 2 * RP_DRIFT_BATCH; place++) {
        now += apart;
        factor *= rp_drift_add(d, now, place, residual);
    }
    return factor;
}

/* The host of a virtual machine may stop it for a while. */
static void a_mishap_is_no_drift(void **state) {
    (void)state;
    rp_drift d = {.last = 1};
    now = 1000000;
    assert_true(ten_residuals(&d, 1, 1000000) == 1);
    assert_true(ten_residuals(&d, 2, 1000000) == 1);
    assert_true(ten_residuals(&d, 2, 20000000) == 2);
}

/* Where one call takes twice another's time, half as much again at the median says nothing. */
static void who_is_always_off_is_no_drift(void **state) {
    (void)state;
    const float residuals[RP_DRIFT_BATCH] = {0.55F, 1.8F, 1, 0.55F, 1.8F};
    rp_drift d = {.last = 1};
    now = 1000000;
    for (int i = 0; i < 400; i++) {
        now += 20000000;
        assert_true(rp_drift_add(&d, now, i % 16, residuals[i % RP_DRIFT_BATCH]) == 1);
    }
    assert_true(ten_residuals(&d, 1.5F, 200000000) == 1);
}

/* A team that a drift has made out to be slow is not given up unseen. */
static void a_team_is_looked_at_again_after_a_drift(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 20);
    rp_learner *l = who_has_seen(&t, &q);
    live(l, &t, &q, 50000, 30000, 20000);
    assert_true(rp_decision_unpack(rp_decided(l, rp_spot_of(&q))).team[1]);
    l->level[RP_ARM_hot] *= 3;
    l->tokens = -1e9F; /* nothing is left for probes */
    const rp_estimate scaled = rp_estimate_at(l, rp_spot_of(&q), (float)q.bytes);
    assert_true(scaled.hot < scaled.alone);
    live(l, &t, &q, 50000, 30000, 2000);
    assert_true(rp_decision_unpack(rp_decided(l, rp_spot_of(&q))).team[1]);
}

/* What a drift has scaled too far must not be too dear to look at again. */
static void working_alone_is_looked_at_again_after_a_drift(void **state) {
    (void)state;
    rp_thread t = {0};
    const rp_question q = question(1 << 18);
    rp_learner *l = who_has_seen(&t, &q);
    live(l, &t, &q, 50000, 25000, 2000);
    assert_true(rp_decision_unpack(rp_decided(l, rp_spot_of(&q))).team[1]);
    l->level[RP_ARM_alone] *= 50;
    live(l, &t, &q, 15000, 25000, 400);
    assert_false(rp_decision_unpack(rp_decided(l, rp_spot_of(&q))).team[1]);
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
        cmocka_unit_test(the_end_of_a_close_call_is_left_open),
        cmocka_unit_test(what_begins_without_a_reading_is_short),
        cmocka_unit_test(long_calls_say_nothing_of_waking),
        cmocka_unit_test(a_team_is_measured_beside_a_batch_alone),
        cmocka_unit_test(few_late_wakes_are_forgotten),
        cmocka_unit_test(foolish_durations_are_dropped),
        cmocka_unit_test(a_blocked_call_reads_no_clock),
        cmocka_unit_test(off_and_freeze_learn_nothing),
        cmocka_unit_test(calls_that_overlap_are_not_believed),
        cmocka_unit_test(who_lost_too_much_gets_no_team),
        cmocka_unit_test(buckets_are_half_octaves),
        cmocka_unit_test(words_hold_what_is_put_in),
        cmocka_unit_test(nobody_is_believed_to_do_more_than_his_share),
        cmocka_unit_test(one_place_that_has_changed_is_no_drift),
        cmocka_unit_test(many_places_that_have_changed_are_a_drift),
        cmocka_unit_test(a_mishap_is_no_drift),
        cmocka_unit_test(who_is_always_off_is_no_drift),
        cmocka_unit_test(a_team_is_looked_at_again_after_a_drift),
        cmocka_unit_test(working_alone_is_looked_at_again_after_a_drift),
        cmocka_unit_test(a_cell_is_a_median_of_medians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
