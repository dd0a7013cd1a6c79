/* test_hazards_team.c -- what breaks OpenMP inside libraries, tried on the team alone.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "team.h"

#include "again.h"
#include "everything.h"
#include "faults.h"

#include <errno.h>
#include <fenv.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "float_state.h"
#include "raptors.h"

enum { TEAM = TS_TEAM, ITEMS = 1 << 16 };

/* ---- work whose answer is known ---------------------------------------------------------------------------- */

static void add_share(void *sum, int member, int members) {
    long part = 0;
    for (long i = member; i < ITEMS; i += members) {
        part += i;
    }
    atomic_fetch_add((atomic_long *)sum, part);
}

/* A sum on a team of at most four; how many worked, or 0 if the sum is wrong. */
static int add_up(void) {
    atomic_long sum = 0;
    const int members = rp_team_run(TEAM, add_share, &sum);
    return sum == (long)ITEMS * (ITEMS - 1) / 2 ? members : 0;
}

/* ---- fork ------------------------------------------------------------------------------------------------ */

static int child_is_sequential_and_right(void) {
    const pid_t child = fork();
    if (child == 0) {
        /* A grandchild's parent never had a team, and is as dead to OpenMP. */
        _exit(rp_team_blocked() != RP_TEAM_FORKED || raptors_get_threads() != 1 || add_up() != 1);
    }
    return ts_wait(child, 10, "a child of fork");
}

static int fork_after_regions(void) {
    ts_have_a_team();
    for (int i = 0; i < 100; i++) {
        TS_NEED(add_up() == TEAM, "no team in the parent, round %d", i);
        TS_NEED(child_is_sequential_and_right() == 0, "round %d", i);
    }
    return TS_SURVIVED;
}

static void *fork_often(void *stop) {
    int broken = 0;
    for (int i = 0; i < 100 && !broken; i++) {
        const pid_t child = fork();
        if (child == 0) {
            ts_have_a_team();
            _exit(add_up() != 1);
        }
        broken = ts_wait(child, 10, "a child of another thread");
    }
    atomic_store((atomic_bool *)stop, true);
    return broken ? stop : NULL;
}

static int fork_from_another_thread_while_the_team_works(void) {
    atomic_bool stop = false;
    pthread_t other;
    void *broken;
    ts_have_a_team();
    TS_NEED(pthread_create(&other, NULL, fork_often, &stop) == 0, "no thread");
    for (long regions = 0; !atomic_load(&stop); regions++) {
        TS_NEED(add_up() == TEAM, "wrong in the parent, region %ld", regions);
    }
    pthread_join(other, &broken);
    TS_NEED(broken == NULL, "a child broke");
    return TS_SURVIVED;
}

static int fork_of_a_fork(void) {
    ts_have_a_team();
    TS_NEED(add_up() == TEAM, "no team");
    const pid_t child = fork();
    if (child == 0) {
        _exit(add_up() != 1 || child_is_sequential_and_right() != 0);
    }
    return ts_wait(child, 20, "a child that forks");
}

/* ---- no threads to be had -------------------------------------------------------------------------------- */

static int sequential_for_good(void) {
    TS_NEED(add_up() == 1, "a team, or a wrong sum, without threads");
    TS_NEED(rp_team_blocked() == RP_TEAM_FAILED, "blocked by %d", rp_team_blocked());
    TS_NEED(raptors_get_threads() == 1, "promises %d threads", raptors_get_threads());
    TS_NEED(add_up() == 1, "the second call differs");
    return TS_SURVIVED;
}

static int no_address_space_for_stacks(void) {
    if (TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("address-space limit (a sanitizer or emulator has its own)");
    }
    ts_have_a_team();
    TS_NEED(ts_limit_memory(2 << 20) == 0, "no limit");
    return sequential_for_good();
}

/* Two stacks of the three fit: trying one thread would not have been enough. */
static int address_space_for_some_stacks(void) {
    if (TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("address-space limit (a sanitizer or emulator has its own)");
    }
    ts_have_a_team();
    TS_NEED(ts_limit_memory((size_t)45 << 20) == 0, "no limit");
    return sequential_for_good();
}

static int no_processes_left(void) {
    if (TS_SANITIZED) {
        TS_SKIP("process limit (a sanitizer looks for leaks in a thread)");
    }
    ts_have_a_team();
    TS_NEED(ts_limit_processes() == 0, "no limit");
    return sequential_for_good();
}

/* ---- the caller's floating-point state ------------------------------------------------------------------- */

typedef struct float_report {
    uint64_t control[TEAM];
    double rounded[TEAM];
} float_report;

static volatile double one = 1, three = 3, tiny = 0x1p-1022, zero = 0;

static void look_at_floats(void *context, int member, int members) {
    (void)members;
    float_report *r = context;
    r->control[member] = rp_float_read().control;
    r->rounded[member] = one / three + tiny / three;
}

/* A compiler that saw through the call would move the arithmetic out of the mode. */
static void (*volatile look)(void *context, int member, int members) = look_at_floats;

static int rounding_and_flushing_reach_the_workers(void) {
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    ts_have_a_team();
    TS_NEED(add_up() == TEAM, "no team");
    for (int i = 0; i < 8; i++) {
        float_report r, alone;
        fesetround(modes[i % 4]);
        rp_float_state s = rp_float_read();
        s.control |= i < 4 ? 0 : ts_flush_to_zero();
        rp_float_write(s);
        look(&alone, 0, 1);
        const int members = rp_team_run(TEAM, look_at_floats, &r);
        const rp_float_state after = rp_float_read();
        fesetenv(FE_DFL_ENV);
        TS_NEED(members == TEAM, "%d members", members);
        TS_NEED(after.control == s.control, "the caller's control word changed");
        for (int m = 0; m < TEAM; m++) {
            TS_NEED(r.control[m] == alone.control[0], "mode %d: member %d has its own", i, m);
            TS_NEED(memcmp(&r.rounded[m], &alone.rounded[0], 8) == 0, "mode %d: member %d rounds its way", i,
                    m);
        }
    }
    return TS_SURVIVED;
}

/* The pool is the host's too: its own regions find the workers as it left them. */
static int workers_get_their_state_back(void) {
    int wrong = 0;
    ts_have_a_team();
    TS_NEED(add_up() == TEAM, "no team");
    float_report r;
    fesetround(FE_UPWARD);
    const int members = rp_team_run(TEAM, look_at_floats, &r);
    fesetround(FE_TONEAREST);
    TS_NEED(members == TEAM, "%d members", members);
#pragma omp parallel num_threads(TEAM) reduction(+ : wrong)
    wrong += fegetround() != FE_TONEAREST || (omp_get_thread_num() > 0 && fetestexcept(FE_ALL_EXCEPT) != 0);
    TS_NEED(wrong == 0, "%d workers kept the caller's mode or flags", wrong);
    return TS_SURVIVED;
}

static void divide_by_zero_in_the_last(void *context, int member, int members) {
    if (member == members - 1) {
        *(volatile double *)context = one / zero;
    }
}

static int flags_of_workers_are_raised_in_the_caller(void) {
    volatile double infinite;
    ts_have_a_team();
    TS_NEED(add_up() == TEAM, "no team");
    feclearexcept(FE_ALL_EXCEPT);
    TS_NEED(add_up() == TEAM && fetestexcept(FE_ALL_EXCEPT) == 0, "flags from nowhere");
    feraiseexcept(FE_OVERFLOW);
    TS_NEED(rp_team_run(TEAM, divide_by_zero_in_the_last, (void *)(size_t)&infinite) == TEAM, "no team");
    const int flags = fetestexcept(FE_ALL_EXCEPT & ~FE_INEXACT);
    TS_NEED(flags == (FE_DIVBYZERO | FE_OVERFLOW), "flags %#x", flags);
    feclearexcept(FE_ALL_EXCEPT);
    TS_NEED(add_up() == TEAM && fetestexcept(FE_ALL_EXCEPT) == 0, "a flag came twice");
    return TS_SURVIVED;
}

/* ---- signals --------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t handled, handled_elsewhere;
static pid_t main_thread;

static void note_signal(int number) {
    (void)number;
    handled = handled + 1;
    handled_elsewhere = handled_elsewhere + (gettid() != main_thread);
}

/* With the caller deaf to it, a signal to the process finds any thread that listens. */
static int workers_take_no_signals(void) {
    sigset_t one_signal, before = {0}, after = {0};
    main_thread = gettid();
    ts_have_a_team();
    signal(SIGUSR1, note_signal);
    sigprocmask(SIG_SETMASK, NULL, &before);
    TS_NEED(add_up() == TEAM, "no team");
    sigprocmask(SIG_SETMASK, NULL, &after);
    TS_NEED(memcmp(&before, &after, sizeof before) == 0, "the caller's mask changed");
    TS_NEED(ts_thread_count() == TEAM && ts_others_block_signals(), "a worker listens");

    sigemptyset(&one_signal);
    sigaddset(&one_signal, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one_signal, NULL);
    for (int i = 0; i < 1000; i++) {
        kill(getpid(), SIGUSR1);
        TS_NEED(add_up() == TEAM, "wrong sum");
    }
    TS_NEED(handled == 0, "%d signals handled on a worker", (int)handled);
    sigprocmask(SIG_UNBLOCK, &one_signal, NULL);
    TS_NEED(handled == 1 && handled_elsewhere == 0, "the caller handled %d", (int)handled);
    return TS_SURVIVED;
}

/* A larger team creates threads once more. */
static int workers_of_a_grown_team_take_no_signals(void) {
    rp_team_pretend(TEAM);
    raptors_set_threads(2);
    TS_NEED(add_up() == 2, "no team of two");
    raptors_set_threads(TEAM);
    TS_NEED(add_up() == TEAM, "no team");
    TS_NEED(ts_thread_count() == TEAM && ts_others_block_signals(), "a worker listens");
    return TS_SURVIVED;
}

/* A fault in a worker belongs to the host's handler for faults, which may repair it. */
static void note_fault(int number) {
    (void)number;
    _exit(0);
}

static void touch_nothing(void *context, int member, int members) {
    if (member == members - 1) {
        **(volatile int **)context = 1;
    }
}

static int a_fault_in_a_worker_reaches_the_hosts_handler(void) {
    volatile int *nowhere = NULL;
    if (TS_SANITIZED) {
        TS_SKIP("fault in a worker (the sanitizer's own handler)");
    }
    ts_have_a_team();
    signal(SIGSEGV, note_fault);
    rp_team_run(TEAM, touch_nothing, (void *)(size_t)&nowhere);
    TS_NEED(0, "no fault");
}

static void call_from_a_handler(int number) {
    (void)number;
    handled = handled + 1;
    handled_elsewhere = handled_elsewhere + (add_up() == 0 || gettid() != main_thread);
}

static int a_storm_of_signals_into_regions(void) {
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    if (TS_SANITIZER_THREADS || TS_EMULATED) {
        TS_SKIP("storm of signals (a sanitizer or emulator holds them back)");
    }
    main_thread = gettid();
    ts_have_a_team();
    TS_NEED(add_up() == TEAM, "no team");
    signal(SIGALRM, call_from_a_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 20000 || handled < 100; i++) {
        TS_NEED(add_up() >= 1, "wrong sum in region %d", i);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    TS_NEED(handled_elsewhere == 0, "wrong in the handler, or not on the caller");
    return TS_SURVIVED;
}

/* ---- other people's threads and runtimes ----------------------------------------------------------------- */

static void *short_life(void *unused) {
    (void)unused;
    raptors_set_threads(TEAM);
    return (void *)(size_t)add_up();
}

static int a_thousand_threads_each_with_a_region(void) {
    long at_hundred = 0;
    if (TS_EMULATED || TS_SANITIZED) {
        TS_SKIP("a thousand threads (a sanitizer's or emulator's memory grows)");
    }
    rp_team_pretend(TEAM);
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        void *members;
        TS_NEED(pthread_create(&thread, NULL, short_life, NULL) == 0, "no thread");
        pthread_join(thread, &members);
        TS_NEED((size_t)members == TEAM, "%d members for thread %d", (int)(size_t)members, i);
        at_hundred = i == 100 ? ts_own_pages() : at_hundred;
    }
    TS_NEED(ts_own_pages() < at_hundred + 512, "grew from %ld to %ld pages", at_hundred, ts_own_pages());
    return TS_SURVIVED;
}

static atomic_int most_threads;

static void *many_calls(void *unused) {
    (void)unused;
    raptors_set_threads(TEAM);
    for (int i = 0; i < 2000; i++) {
        if (add_up() == 0) {
            return &most_threads;
        }
        const int threads = i % 100 == 0 ? ts_thread_count() : 0;
        if (threads > atomic_load(&most_threads)) {
            atomic_store(&most_threads, threads);
        }
    }
    return NULL;
}

/* Each user thread has a pool of its own, but only one works at a time; none is wrong, none waits for another. */
static int eight_threads_call_at_once(void) {
    pthread_t thread[8];
    void *broken;
    if (TS_EMULATED) {
        TS_SKIP("eight threads at once (an emulator takes too long)");
    }
    rp_team_pretend(2);
    for (int i = 0; i < 8; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, many_calls, NULL) == 0, "no thread");
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(thread[i], &broken);
        TS_NEED(broken == NULL, "thread %d was wrong", i);
    }
    TS_NEED(most_threads <= 1 + 8 + 8, "%d threads lived at once", most_threads);
    return TS_SURVIVED;
}

static int inside_the_callers_regions_no_thread_is_created(void) {
    int wrong = 0;
    omp_set_max_active_levels(8);
    ts_have_a_team();
    for (int i = 0; i < 100; i++) {
#pragma omp parallel num_threads(3) reduction(+ : wrong)
        {
            raptors_set_threads(TEAM);
            wrong += add_up() != 1;
            raptors_set_threads(0);
        }
        wrong += ts_thread_count() != 3;
    }
    TS_NEED(wrong == 0, "%d times more threads than the caller's own", wrong);
    return TS_SURVIVED;
}

static int the_right_answer_whatever_openmp_was_told(void) {
    ts_have_a_team();
    for (int i = 0; i < 100; i++) {
        TS_NEED(add_up() >= 1, "wrong sum");
    }
    return TS_SURVIVED;
}

/* ---- limits of the machine ------------------------------------------------------------------------------- */

static int on_one_cpu_no_thread_is_created(void) {
    cpu_set_t one_cpu, now;
    sched_getaffinity(0, sizeof now, &now);
    if (CPU_COUNT(&now) > 1) { /* once more, with one */
        size_t cpu = 0;
        while (!CPU_ISSET(cpu, &now)) {
            cpu++;
        }
        CPU_ZERO(&one_cpu);
        CPU_SET(cpu, &one_cpu);
        TS_NEED(sched_setaffinity(0, sizeof one_cpu, &one_cpu) == 0, "no affinity");
        ts_exec_again("/proc/self/exe", __func__);
        TS_NEED(0, "no exec");
    }
    raptors_set_threads(8);
    TS_NEED(rp_team_blocked() == RP_TEAM_ONE && raptors_get_threads() == 1, "%d threads",
            raptors_get_threads());
    TS_NEED(add_up() == 1 && ts_thread_count() == 1, "%d threads live", ts_thread_count());
    return TS_SURVIVED;
}

static int told_to_use_one_thread_none_is_created(void) {
    TS_NEED(raptors_get_threads() == 1, "%d threads", raptors_get_threads());
    TS_NEED(add_up() == 1 && ts_thread_count() == 1, "%d threads live", ts_thread_count());
    return TS_SURVIVED;
}

static void see_affinity(void *same, int member, int members) {
    (void)members;
    cpu_set_t mine;
    ((bool *)same)[member] = sched_getaffinity(0, sizeof mine, &mine) == 0 && CPU_COUNT(&mine) > 1;
}

static int affinity_is_left_alone(void) {
    cpu_set_t before, after;
    bool wide[TEAM] = {false};
    sched_getaffinity(0, sizeof before, &before);
    ts_have_a_team();
    for (int i = 0; i < 100; i++) {
        TS_NEED(add_up() == TEAM, "no team");
    }
    TS_NEED(rp_team_run(TEAM, see_affinity, wide) == TEAM, "no team");
    sched_getaffinity(0, sizeof after, &after);
    TS_NEED(CPU_EQUAL(&before, &after), "the caller's affinity changed");
    for (int i = 0; i < TEAM && CPU_COUNT(&before) > 1; i++) {
        TS_NEED(wide[i], "member %d is bound to a CPU", i);
    }
    return TS_SURVIVED;
}

/* A stack that cannot be mapped leaves ENOMEM behind. */
static int errno_is_left_alone_without_threads(void) {
    if (TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("address-space limit (a sanitizer or emulator has its own)");
    }
    ts_have_a_team();
    TS_NEED(ts_limit_memory(2 << 20) == 0, "no limit");
    errno = 4711;
    TS_NEED(add_up() == 1 && errno == 4711, "errno became %d", errno);
    return TS_SURVIVED;
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(fork_after_regions, NULL),
        TS_FAULT(fork_from_another_thread_while_the_team_works, NULL),
        TS_FAULT(fork_of_a_fork, NULL),
        TS_FAULT(no_address_space_for_stacks, NULL),
        TS_FAULT(address_space_for_some_stacks, "OMP_STACKSIZE=20M"),
        TS_FAULT(no_processes_left, NULL),
        TS_FAULT(rounding_and_flushing_reach_the_workers, NULL),
        TS_FAULT(workers_get_their_state_back, NULL),
        TS_FAULT(flags_of_workers_are_raised_in_the_caller, NULL),
        TS_FAULT(workers_take_no_signals, NULL),
        TS_FAULT(workers_of_a_grown_team_take_no_signals, NULL),
        TS_FAULT(a_fault_in_a_worker_reaches_the_hosts_handler, NULL),
        TS_FAULT(a_storm_of_signals_into_regions, NULL),
        TS_FAULT(a_thousand_threads_each_with_a_region, NULL),
        TS_FAULT(eight_threads_call_at_once, NULL),
        TS_FAULT(inside_the_callers_regions_no_thread_is_created, NULL),
        TS_FAULT(the_right_answer_whatever_openmp_was_told, "OMP_DYNAMIC=true", "OMP_NUM_THREADS=1"),
        TS_FAULT(the_right_answer_whatever_openmp_was_told, "OMP_MAX_ACTIVE_LEVELS=0"),
        TS_FAULT(the_right_answer_whatever_openmp_was_told, "OMP_THREAD_LIMIT=2"),
        TS_FAULT(the_right_answer_whatever_openmp_was_told, "OMP_WAIT_POLICY=passive", "OMP_PROC_BIND=true"),
        TS_FAULT(on_one_cpu_no_thread_is_created, NULL),
        TS_FAULT(told_to_use_one_thread_none_is_created, "RAPTORS_THREADS=1"),
        TS_FAULT(told_to_use_one_thread_none_is_created, "OMP_THREAD_LIMIT=1"),
        TS_FAULT(affinity_is_left_alone, NULL),
        TS_FAULT(errno_is_left_alone_without_threads, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
