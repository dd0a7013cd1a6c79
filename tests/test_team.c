/* test_team.c -- the team: every member once, whatever its real size; bounds; one call at a time.
 * SPDX-License-Identifier: MIT
 */
#include "team.h"

#include "support/check.h"

#include <errno.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpus.h"
#include "environment.h"

enum { MOST = 16 };

typedef struct tally {
    atomic_int calls[MOST];
    atomic_int members; /* what the members were told */
    atomic_int disagree;
    pthread_t thread[MOST];
} tally;

static void count(void *context, int member, int members) {
    tally *t = context;
    int told = atomic_exchange(&t->members, members);
    t->thread[member] = pthread_self();
    atomic_fetch_add(&t->disagree, told != 0 && told != members);
    atomic_fetch_add(&t->calls[member], 1);
}

/* Run and check that each member worked exactly once; how many there were. */
static int run(int members) {
    tally t;
    memset(&t, 0, sizeof t);
    errno = 4711;
    int real = rp_team_run(members, count, &t);
    assert_int_equal(errno, 4711);
    assert_int_equal(t.disagree, 0);
    assert_int_equal(t.members, real);
    assert_in_range(real, 1, members < 1 ? 1 : members);
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(t.calls[i], i < real);
    }
    assert_true(pthread_equal(t.thread[0], pthread_self()));
    return real;
}

static void every_member_works_once(void **state) {
    (void)state;
    raptors_set_threads(MOST); /* whatever the variable says */
    for (int usable = 1; usable <= 8; usable++) {
        rp_team_pretend(usable);
        for (int members = 0; members <= 10; members++) {
            int expected = members < 1 ? 1 : members < usable ? members : usable;
            assert_int_equal(run(members), expected);
        }
    }
    raptors_set_threads(0);
    rp_team_pretend(0);
}

static void the_bound_is_the_least_that_is_said(void **state) {
    (void)state;
    int variable = rp_environment_get()->threads;
    rp_team_pretend(8);
    assert_int_equal(rp_team_size(), variable != 0 && variable < 8 ? variable : 8);
    assert_int_equal(raptors_set_threads(3), RAPTORS_OK); /* wins over the variable */
    assert_int_equal(rp_team_size(), 3);
    assert_int_equal(raptors_get_threads(), 3);
    assert_int_equal(run(8), 3);
    assert_int_equal(raptors_set_threads(RP_MAX_THREADS), RAPTORS_OK);
    assert_int_equal(rp_team_size(), 8);
    assert_int_equal(raptors_set_threads(1), RAPTORS_OK);
    assert_int_equal(rp_team_blocked(), RP_TEAM_ONE);
    assert_int_equal(run(8), 1);
    assert_int_equal(raptors_set_threads(0), RAPTORS_OK);
    rp_team_pretend(0);
    assert_true(rp_team_size() <= rp_cpus_get()->usable);
    rp_team_pretend(1 << 20);
    assert_true(rp_team_size() <= RP_MAX_THREADS);
    rp_team_pretend(0);
}

static void a_bad_bound_is_refused(void **state) {
    (void)state;
    assert_int_equal(raptors_set_threads(2), RAPTORS_OK);
    static const int bad[] = {-1, RP_MAX_THREADS + 1, -2147483647 - 1, 2147483647};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", bad[i]);
        errno = 4711;
        assert_int_equal(raptors_set_threads(bad[i]), RAPTORS_ERROR_VALUE);
        assert_int_equal(errno, 4711);
        assert_non_null(strstr(raptors_last_error(), number));
    }
    rp_team_pretend(4);
    assert_int_equal(raptors_get_threads(), 2);
    rp_team_pretend(0);
    assert_int_equal(raptors_set_threads(0), RAPTORS_OK);
}

static void *bound_of_another_thread(void *unused) {
    (void)unused;
    return (void *)(intptr_t)raptors_get_threads();
}

static void a_bound_is_one_threads_own(void **state) {
    (void)state;
    pthread_t other;
    void *seen;
    rp_team_pretend(4);
    int automatic = raptors_get_threads();
    assert_int_equal(raptors_set_threads(1), RAPTORS_OK);
    assert_int_equal(pthread_create(&other, NULL, bound_of_another_thread, NULL), 0);
    pthread_join(other, &seen);
    assert_int_equal((intptr_t)seen, automatic);
    assert_int_equal(raptors_get_threads(), 1);
    raptors_set_threads(0);
    rp_team_pretend(0);
}

static void inside_a_region_there_is_no_other(void **state) {
    (void)state;
    int wrong = 0;
    rp_team_pretend(4);
    raptors_set_threads(4);
    assert_int_equal(rp_team_blocked(), RP_TEAM_FREE);
#pragma omp parallel num_threads(3) reduction(+ : wrong)
    {
        tally t;
        memset(&t, 0, sizeof t);
        raptors_set_threads(4);
        wrong += rp_team_blocked() != RP_TEAM_NESTED;
        wrong += rp_team_run(4, count, &t) != 1 || t.calls[0] != 1;
        raptors_set_threads(0);
    }
    raptors_set_threads(4);
#pragma omp parallel num_threads(1) reduction(+ : wrong)
    { wrong += rp_team_blocked() != RP_TEAM_NESTED; }
    assert_int_equal(wrong, 0);
    assert_int_equal(rp_team_blocked(), RP_TEAM_FREE);
    raptors_set_threads(0);
    rp_team_pretend(0);
}

/* Another thread tries to open a region from inside this one's. */
static void *while_the_team_is_held(void *blocked) {
    tally t;
    memset(&t, 0, sizeof t);
    raptors_set_threads(4);
    *(int *)blocked = rp_team_blocked();
    return (void *)(intptr_t)rp_team_run(4, count, &t);
}

static void hold(void *context, int member, int members) {
    (void)members;
    if (member == 0) {
        pthread_t other;
        void *real;
        assert_int_equal(pthread_create(&other, NULL, while_the_team_is_held, context), 0);
        pthread_join(other, &real);
        assert_int_equal((intptr_t)real, 1);
    }
}

static void one_call_at_a_time(void **state) {
    (void)state;
    int blocked = -1;
    rp_team_pretend(4);
    raptors_set_threads(4);
    assert_int_equal(rp_team_run(4, hold, &blocked), 4);
    assert_int_equal(blocked, RP_TEAM_BUSY);
    assert_int_equal(rp_team_blocked(), RP_TEAM_FREE);
    assert_int_equal(run(4), 4);
    raptors_set_threads(0);
    rp_team_pretend(0);
}

static void where_half_of_the_cpus_are_busy_there_is_no_team(void **state) {
    (void)state;
    rp_team_pretend(4);
    raptors_set_threads(4);
    rp_team_enter(); /* this call */
    rp_team_enter();
    assert_int_equal(rp_team_blocked(), RP_TEAM_FREE);
    rp_team_enter();
    assert_int_equal(rp_team_blocked(), RP_TEAM_BUSY);
    assert_int_equal(run(4), 1);
    rp_team_leave();
    assert_int_equal(run(4), 4);
    rp_team_leave();
    rp_team_leave();
    raptors_set_threads(0);
    rp_team_pretend(0);
}

static void every_reason_has_a_word(void **state) {
    (void)state;
    static const char *const words[] = {"free", "one", "forked", "failed", "nested", "busy"};
    for (int i = RP_TEAM_FREE; i <= RP_TEAM_BUSY; i++) {
        assert_string_equal(rp_team_reason_name((rp_team_reason)i), words[i]);
    }
}

/* OpenMP's own limits make the real team smaller than asked; the members must be told. */
static void a_team_smaller_than_asked(void **state) {
    (void)state;
    rp_team_pretend(6);
    raptors_set_threads(6);
    omp_set_dynamic(1);
    int real = run(6);
    omp_set_dynamic(0);
    ts_check(real >= 1 && real <= 6, "%d members", real);
    printf("of 6 members OpenMP gave %d\n", real);
    raptors_set_threads(0);
    rp_team_pretend(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_works_once),
        cmocka_unit_test(the_bound_is_the_least_that_is_said),
        cmocka_unit_test(a_bad_bound_is_refused),
        cmocka_unit_test(a_bound_is_one_threads_own),
        cmocka_unit_test(inside_a_region_there_is_no_other),
        cmocka_unit_test(one_call_at_a_time),
        cmocka_unit_test(where_half_of_the_cpus_are_busy_there_is_no_team),
        cmocka_unit_test(every_reason_has_a_word),
        cmocka_unit_test(a_team_smaller_than_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
