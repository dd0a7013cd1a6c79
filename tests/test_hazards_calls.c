/* test_hazards_calls.c -- what breaks libraries inside other people's processes, tried on every operation.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 * RAPTORS_HAZARDS_LONG=1: what takes minutes, too.
 */
#include "again.h"
#include "everything.h"
#include "faults.h"

#include <dlfcn.h>
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
#include "team.h"

/* ---- fork ------------------------------------------------------------------------------------------------ */

static uint64_t right;

static int child_calls_everything(const ts_inputs *in, int seconds) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const uint64_t hash = ts_everything(in);
        _exit(hash == right && ts_thread_count() == 1 ? 0 : 1);
    }
    return child < 0 ? TS_BROKEN : ts_wait(child, seconds, "a child of fork");
}

static void *fork_here(void *unused) {
    for (int i = 0; i < 3; i++) {
        if (child_calls_everything(&ts_usual_inputs, TS_SANITIZED ? 40 : 10) != 0) {
            return &right;
        }
    }
    return unused;
}

static int every_operation_after_fork(void) {
    pthread_t other;
    void *broken;
    right = ts_everything_alone(&ts_usual_inputs);
    ts_have_a_team();
    TS_NEED(ts_everything(&ts_usual_inputs) == right, "other bits on a team");
    TS_NEED_THAT_A_TEAM_WORKED();
    TS_NEED(fork_here(NULL) == NULL, "from the main thread");
    TS_NEED(pthread_create(&other, NULL, fork_here, NULL) == 0, "no thread");
    TS_NEED(ts_everything(&ts_usual_inputs) == right, "other bits in the parent meanwhile");
    pthread_join(other, &broken);
    TS_NEED(broken == NULL, "from another thread");
    return TS_SURVIVED;
}

static int every_operation_on_16_million_after_fork(void) {
    const ts_inputs many = {.rows = 4099, .cols = 4093, .flavour = TS_WILD};
    if (getenv("RAPTORS_HAZARDS_LONG") == NULL || TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("16 million elements after fork (only with RAPTORS_HAZARDS_LONG=1)");
    }
    right = ts_everything_alone(&many);
    ts_have_a_team();
    TS_NEED(ts_everything(&many) == right, "other bits on a team");
    TS_NEED_THAT_A_TEAM_WORKED();
    return child_calls_everything(&many, 200);
}

/* ---- loading --------------------------------------------------------------------------------------------- */

static int loading_touches_nothing(void) {
    sigset_t mask[2] = {0};
    cpu_set_t cpus[2];
    struct sigaction fault[2];
    rp_float_state s = rp_float_read();
    fesetround(FE_UPWARD);
    s.control = rp_float_read().control;
    rp_float_write(s);
    const int threads = ts_thread_count(); /* this program's copy has been loaded, too */
    sigprocmask(SIG_SETMASK, NULL, &mask[0]);
    sched_getaffinity(0, sizeof cpus[0], &cpus[0]);
    sigaction(SIGSEGV, NULL, &fault[0]);
    errno = 4711;
    void *handle = dlopen(RP_BUILD_DIR "/liblraptors.so", RTLD_NOW | RTLD_LOCAL);
    const int number = errno;
    const rp_float_state now = rp_float_read();
    sigprocmask(SIG_SETMASK, NULL, &mask[1]);
    sched_getaffinity(0, sizeof cpus[1], &cpus[1]);
    sigaction(SIGSEGV, NULL, &fault[1]);
    fesetround(FE_TONEAREST);
    TS_NEED(handle != NULL, "not loaded");
    TS_NEED(now.control == s.control, "the control word changed");
    TS_NEED(now.flags == s.flags, "flags %#llx", (unsigned long long)now.flags);
    TS_NEED(threads == 1 && ts_thread_count() == 1, "a thread was created");
    TS_NEED(memcmp(&mask[0], &mask[1], sizeof mask[0]) == 0, "the signal mask changed");
    TS_NEED(CPU_EQUAL(&cpus[0], &cpus[1]), "the affinity changed");
    TS_NEED(fault[0].sa_handler == fault[1].sa_handler, "a handler was installed");
    TS_NEED(number == 4711, "errno became %d", number);
    return TS_SURVIVED;
}

/* ---- no threads, no memory ------------------------------------------------------------------------------- */

static int every_operation_without_threads(void) {
    if (TS_SANITIZED) {
        TS_SKIP("process limit (a sanitizer looks for leaks in a thread)");
    }
    right = ts_everything_alone(&ts_usual_inputs);
    TS_NEED(ts_limit_processes() == 0, "no limit");
    ts_have_a_team();
    TS_NEED(ts_everything(&ts_usual_inputs) == right, "other bits");
    TS_NEED(ts_thread_count() == 1 && raptors_get_threads() == 1, "%d threads", ts_thread_count());
    return TS_SURVIVED;
}

/* Allocations of this program, the library's among them: the k-th fails. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
static atomic_long until_failure = -1, allocations;

#ifndef TS_NO_OWN_MALLOC
static bool fails(void) {
    atomic_fetch_add(&allocations, 1);
    return atomic_load(&until_failure) >= 0 && atomic_fetch_sub(&until_failure, 1) == 0;
}

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails() ? NULL : __libc_calloc(count, size);
}
#endif

static int the_kth_allocation_fails(void) {
    int tried = 0;
    if (TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("failing allocations (a sanitizer has its own, an emulator takes too long)");
    }
    ts_tables m = ts_tables_new(&ts_usual_inputs);
    ts_have_a_team();
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        const long before = atomic_load(&allocations);
        const uint64_t hash = ts_everything_of((raptors_dtype)t, &ts_usual_inputs, &m, NULL);
        const long made = atomic_load(&allocations) - before;
        for (long k = 0; k < made; k++, tried++) {
            atomic_store(&until_failure, k);
            const uint64_t without = ts_everything_of((raptors_dtype)t, &ts_usual_inputs, &m, NULL);
            atomic_store(&until_failure, -1);
            TS_NEED(without == hash, "type %d: other bits without allocation %ld", t, k);
        }
    }
    TS_NEED_THAT_A_TEAM_WORKED();
    TS_NEED(tried > 0, "nothing was allocated");
    ts_tables_free(&m);
    return TS_SURVIVED;
}

/* ---- floating-point state -------------------------------------------------------------------------------- */

static int every_rounding_mode_gives_one_answer(void) {
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    ts_inputs wild = ts_usual_inputs;
    uint64_t first = 0;
    int differ = 0;
    if (TS_EMULATED) {
        TS_SKIP("every operation in every rounding mode (an emulator takes too long)");
    }
    wild.flavour = TS_WILD;
    ts_have_a_team();
    ts_everything(&wild); /* the pool is made in the default mode */
    TS_NEED_THAT_A_TEAM_WORKED();
    for (int i = 0; i < 8; i++) {
        uint64_t hash[2];
        for (int together = 0; together < 2; together++) {
            raptors_set_threads(together ? TS_TEAM : 1);
            fesetround(modes[i % 4]);
            rp_float_state s = rp_float_read();
            s.control |= i < 4 ? 0 : ts_flush_to_zero();
            rp_float_write(s);
            hash[together] = ts_everything(&wild);
            const rp_float_state after = rp_float_read();
            fesetenv(FE_DFL_ENV);
            TS_NEED(after.control == s.control, "the control word changed");
        }
        TS_NEED(hash[0] == hash[1], "mode %d: a team's bits differ from one thread's", i);
        first = i == 0 ? hash[0] : first;
        differ += hash[0] != first;
    }
    TS_NEED(differ > 0, "no mode had an effect");
    return TS_SURVIVED;
}

/* Where zeros are rounded downwards, what has no sign might get one. */
static int means_of_zeros_are_zero_in_every_rounding_mode(void) {
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const double nothing[4 * 40];
    static double means[40];
    int count;
    const ts_backend *backends = ts_backends(&count);
    for (int i = 0; i < 4 * 2 * count; i++) {
        const raptors_dtype t = i % 2 ? RAPTORS_INT64 : RAPTORS_INT32;
        raptors_array x = raptors_matrix(t, (void *)(uintptr_t)nothing, 4, 40);
        const raptors_array out = raptors_vector(RAPTORS_FLOAT64, means, 40);
        memset(means, 1, sizeof means);
        TS_NEED(raptors_set_backend(backends[i / 8].name) == RAPTORS_OK, "no %s", backends[i / 8].name);
        fesetround(modes[i / 2 % 4]);
        const raptors_status s = raptors_mean(&x, RAPTORS_AXIS(0), &out);
        fesetround(FE_TONEAREST);
        TS_NEED(s == RAPTORS_OK && !memcmp(means, nothing, sizeof means),
                "mode %d, type %d: a mean of zeros on %s", i / 2 % 4, t, backends[i / 8].name);
    }
    raptors_set_backend("auto");
    return TS_SURVIVED;
}

static uint64_t control;

static bool nothing_was_disturbed(const ts_op *op) {
    const int number = errno, flags = fetestexcept(FE_ALL_EXCEPT & ~FE_INEXACT);
    if (rp_float_read().control != control || flags != 0 || number != 4711) {
        printf("%s: control %#llx, flags %#x, errno %d\n", op->name,
               (unsigned long long)rp_float_read().control, flags, number);
        return false;
    }
    return true;
}

/* Values near 1: nothing overflows, nothing is invalid, whatever lies in the lanes that no element fills. */
static int harmless_data_disturbs_nothing(void) {
    ts_inputs harmless = ts_usual_inputs;
    ts_tables m = ts_tables_new(&harmless);
    harmless.flavour = TS_NEAR_ONE;
    harmless.positive = true;
    for (int threads = 1; threads <= TS_TEAM; threads += TS_TEAM - 1) {
        ts_have_a_team();
        raptors_set_threads(threads);
        control = rp_float_read().control;
        feclearexcept(FE_ALL_EXCEPT);
        errno = 4711;
        for (int t = 0; t < RP_TYPE_COUNT; t++) {
            TS_NEED(ts_everything_of((raptors_dtype)t, &harmless, &m, nothing_was_disturbed) != 0,
                    "on %d threads", threads);
        }
    }
    TS_NEED_THAT_A_TEAM_WORKED();
    ts_tables_free(&m);
    return TS_SURVIVED;
}

static int a_division_by_zero_in_a_worker_is_seen(void) {
    const int64_t n = ts_usual_inputs.rows * ts_usual_inputs.cols;
    ts_tables m = ts_tables_new(&ts_usual_inputs);
    double *a = (void *)m.a, *b = (void *)m.b;
    ts_have_a_team();
    for (int64_t i = 0; i < n; i++) {
        a[i] = b[i] = 1;
    }
    const raptors_array x = raptors_vector(RAPTORS_FLOAT64, a, n), y = raptors_vector(RAPTORS_FLOAT64, b, n),
                        out = raptors_vector(RAPTORS_FLOAT64, m.out, n);
    feclearexcept(FE_ALL_EXCEPT);
    TS_NEED(raptors_divide(&x, &y, &out) == RAPTORS_OK, "not divided");
    TS_NEED_THAT_A_TEAM_WORKED();
    TS_NEED(fetestexcept(FE_ALL_EXCEPT) == 0, "flags from 1 / 1: %#x", fetestexcept(FE_ALL_EXCEPT));
    b[n - 1] = 0; /* the last member's */
    TS_NEED(raptors_divide(&x, &y, &out) == RAPTORS_OK, "not divided");
    TS_NEED(fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO, "flags from 1 / 0: %#x",
            fetestexcept(FE_ALL_EXCEPT));
    ts_tables_free(&m);
    return TS_SURVIVED;
}

/* ---- signals --------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t handled, wrong_in_handler;
static pid_t main_thread;

static double sum_of_ones(float *ones, int64_t n) {
    double result = -1;
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, ones, n);
    const raptors_array out = {.data = &result, .dtype = RAPTORS_FLOAT64};
    raptors_sum(&x, RAPTORS_ALL_AXES, &out);
    return result;
}

/* The host's handler calls the library too, in whatever it has interrupted. */
static void call_from_a_handler(int number) {
    (void)number;
    float few[100];
    for (int i = 0; i < 100; i++) {
        few[i] = 1;
    }
    handled = handled + 1;
    wrong_in_handler = wrong_in_handler + (gettid() != main_thread || sum_of_ones(few, 100) != 100);
}

static int a_storm_of_signals(void) {
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    if (TS_SANITIZER_THREADS || TS_EMULATED) {
        TS_SKIP("storm of signals (a sanitizer or emulator holds them back)");
    }
    right = ts_everything_alone(&ts_usual_inputs);
    main_thread = gettid();
    ts_have_a_team();
    signal(SIGALRM, call_from_a_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 3 || handled < 100; i++) {
        TS_NEED(ts_everything(&ts_usual_inputs) == right, "other bits");
    }
    setitimer(ITIMER_REAL, &never, NULL);
    TS_NEED_THAT_A_TEAM_WORKED();
    TS_NEED(wrong_in_handler == 0, "%d wrong in the handler, or not on the caller", (int)wrong_in_handler);
    TS_NEED(ts_others_block_signals(), "a worker listens");
    return TS_SURVIVED;
}

/* ---- another OpenMP ----------------------------------------------------------------------------------------- */

/* The same program with LLVM's OpenMP in libgomp's place, as a host that is built with clang brings it. */
static int with_another_openmp_runtime(void) {
    static const char *const names[] = {"libomp.so.5", "libomp.so", "libiomp5.so"};
    for (int i = 0; i < 3 && getenv("LD_PRELOAD") == NULL; i++) {
        void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (handle != NULL) {
            setenv("LD_PRELOAD", names[i], 1);
            execl("/proc/self/exe", "fault", __func__, (char *)NULL);
        }
    }
    if (getenv("LD_PRELOAD") == NULL) {
        TS_SKIP("LLVM's OpenMP (not installed)");
    }
    right = ts_everything_alone(&ts_usual_inputs);
    ts_have_a_team();
    TS_NEED(ts_everything(&ts_usual_inputs) == right, "other bits");
    TS_NEED_THAT_A_TEAM_WORKED();
    TS_NEED(child_calls_everything(&ts_usual_inputs, TS_SANITIZED ? 40 : 10) == 0, "its child of fork");
    return TS_SURVIVED;
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(every_operation_after_fork, NULL),
        TS_FAULT(every_operation_on_16_million_after_fork, NULL),
        TS_FAULT(loading_touches_nothing, NULL),
        TS_FAULT(every_operation_without_threads, NULL),
        TS_FAULT(the_kth_allocation_fails, NULL),
        TS_FAULT(every_rounding_mode_gives_one_answer, NULL),
        TS_FAULT(means_of_zeros_are_zero_in_every_rounding_mode, NULL),
        TS_FAULT(harmless_data_disturbs_nothing, NULL),
        TS_FAULT(a_division_by_zero_in_a_worker_is_seen, NULL),
        TS_FAULT(a_storm_of_signals, NULL),
        TS_FAULT(with_another_openmp_runtime, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
