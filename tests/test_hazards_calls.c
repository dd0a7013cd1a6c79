/* test_hazards_calls.c -- what breaks libraries inside other people's processes, tried on every operation.
 * SPDX-License-Identifier: MIT
 * labels: hazards
 */
#include "again.h"
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
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "float_state.h"
#include "team.h"
#include "values.h"

enum { TEAM = 4, ROWS = 513, COLS = 1031, COUNT = ROWS * COLS };

/* ---- every operation, as one number ------------------------------------------------------------------------ */

/* One caller's arrays. */
typedef struct arrays {
    char *a, *b, *out;
} arrays;

static ts_flavour flavour = TS_PLAIN;
static bool positive; /* floats only */

static arrays make_arrays(void) {
    arrays m = {malloc(COUNT * 8), malloc(COUNT * 8), malloc(COUNT * 8)};
    if (m.a == NULL || m.b == NULL || m.out == NULL) {
        abort();
    }
    return m;
}

static void free_arrays(arrays *m) {
    free(m->a);
    free(m->b);
    free(m->out);
}

static uint64_t add_to_hash(uint64_t hash, char *x, raptors_dtype t, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        ts_canonical(x + i * ts_types[t].size, t);
        memcpy(&bits, x + i * ts_types[t].size, (size_t)ts_types[t].size);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static uint64_t reduce_all(uint64_t hash, const ts_op *op, const raptors_array *x, arrays *m) {
    static const raptors_axes sets[] = {RAPTORS_ALL_AXES, RAPTORS_AXIS(0), RAPTORS_AXIS(1)};
    for (int i = 0; i < 3; i++) {
        raptors_dtype result[2];
        ts_result_dtypes(op, x->dtype, result);
        const int64_t n = i == 0 ? 1 : x->shape[2 - i];
        raptors_array out = raptors_vector(result[0], m->out, n);
        out.ndim = i > 0;
        const raptors_status s = ts_call(op, x, NULL, (ts_extra){sets[i], 0}, &out);
        hash = s == RAPTORS_OK ? add_to_hash(hash, m->out, result[0], n) : hash + (uint64_t)s;
    }
    return hash;
}

static void fill(char *x, raptors_dtype t, ts_prng *g) {
    const int64_t size = ts_types[t].size;
    for (int64_t i = 0; i < COUNT; i++) {
        ts_write(x + i * size, t, flavour, g);
        if (positive && ts_types[t].is_float) {
            x[(i + 1) * size - 1] &= 0x7f; /* the sign, little-endian */
        }
    }
}

/* All operations of one type on one set of values; 0 if `check` fails after one of them. */
static uint64_t every_operation_of(raptors_dtype t, arrays *m, bool (*check)(const ts_op *op)) {
    uint64_t hash = t;
    ts_prng g = {7};
    const raptors_array a = raptors_matrix(t, m->a, ROWS, COLS), b = raptors_matrix(t, m->b, ROWS, COLS);
    const raptors_array out = raptors_matrix(t, m->out, ROWS, COLS);
    fill(m->a, t, &g);
    fill(m->b, t, &g);
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        if (!ts_takes(op, t)) {
            continue;
        }
        if (ts_is_reduction(op)) {
            hash = reduce_all(hash, op, &a, m);
        } else {
            const raptors_status s = ts_call(op, &a, &b, (ts_extra){.number = 3}, &out);
            hash = s == RAPTORS_OK ? add_to_hash(hash, m->out, t, COUNT) : hash + (uint64_t)s;
        }
        if (check != NULL && !check(op)) {
            return 0;
        }
    }
    return hash;
}

static uint64_t every_operation(bool (*check)(const ts_op *op)) {
    uint64_t hash = 0;
    arrays m = make_arrays();
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        const uint64_t part = every_operation_of((raptors_dtype)t, &m, check);
        if (part == 0) {
            hash = 0;
            break;
        }
        hash = hash * 31 + part;
    }
    free_arrays(&m);
    return hash;
}

static uint64_t on_one_thread(void) {
    raptors_set_threads(1);
    const uint64_t hash = every_operation(NULL);
    raptors_set_threads(TEAM);
    return hash;
}

static void have_a_team(void) {
    raptors_telemetry_mode(RAPTORS_OFF); /* the fixed prior: large calls go to the team */
    rp_team_pretend(TEAM);
    raptors_set_threads(TEAM);
}

#define A_TEAM_WORKED()                                                                                      \
    TS_NEED(ts_thread_count() >= TEAM, "%d threads: no region was opened", ts_thread_count())

/* ---- fork ------------------------------------------------------------------------------------------------ */

static uint64_t right;

static int child_calls_everything(void) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const uint64_t hash = every_operation(NULL);
        _exit(hash == right && ts_thread_count() == 1 ? 0 : 1);
    }
    return child < 0 ? TS_BROKEN : ts_wait(child, 60, "a child of fork");
}

static void *fork_here(void *unused) {
    for (int i = 0; i < 3; i++) {
        if (child_calls_everything() != 0) {
            return &right;
        }
    }
    return unused;
}

static int every_operation_after_fork(void) {
    pthread_t other;
    void *broken;
    right = on_one_thread();
    have_a_team();
    TS_NEED(every_operation(NULL) == right, "other bits on a team");
    A_TEAM_WORKED();
    TS_NEED(fork_here(NULL) == NULL, "from the main thread");
    TS_NEED(pthread_create(&other, NULL, fork_here, NULL) == 0, "no thread");
    TS_NEED(every_operation(NULL) == right, "other bits in the parent meanwhile");
    pthread_join(other, &broken);
    TS_NEED(broken == NULL, "from another thread");
    return TS_SURVIVED;
}

/* ---- loading and unloading ------------------------------------------------------------------------------- */

/* liblraptors.so beside the copy in this program. */
typedef struct library {
    void *handle;
    raptors_status (*sum)(const raptors_array *, raptors_axes, const raptors_array *);
    raptors_status (*set_threads)(int);
    raptors_status (*mode)(raptors_mode);
} library;

static void *symbol(void *handle, const char *name) {
    void *found = dlsym(handle, name);
    if (found == NULL) {
        printf("%s\n", dlerror());
        exit(TS_BROKEN);
    }
    return found;
}

static library open_library(void) {
    library l = {.handle = dlopen(RP_BUILD_DIR "/liblraptors.so", RTLD_NOW | RTLD_LOCAL)};
    if (l.handle == NULL) {
        printf("%s\n", dlerror());
        exit(TS_BROKEN);
    }
    *(void **)&l.sum = symbol(l.handle, "raptors_sum");
    *(void **)&l.set_threads = symbol(l.handle, "raptors_set_threads");
    *(void **)&l.mode = symbol(l.handle, "raptors_telemetry_mode");
    return l;
}

static double total(const library *l) {
    static float ones[1 << 20];
    double result = 0;
    ones[0] = ones[(1 << 20) - 1] = 1;
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, ones, 1 << 20);
    const raptors_array out = {.data = &result, .dtype = RAPTORS_FLOAT64};
    return l->sum(&x, RAPTORS_ALL_AXES, &out) == RAPTORS_OK ? result : -1;
}

static int opened_and_closed_a_thousand_times(void) {
    const int cpus = omp_get_num_procs();
    for (int i = 0; i < (TS_EMULATED ? 50 : 1000); i++) {
        library l = open_library();
        l.mode(RAPTORS_OFF);
        l.set_threads(2);
        TS_NEED(total(&l) == 2, "wrong sum, round %d", i);
        TS_NEED(ts_thread_count() == (cpus > 1 ? 2 : 1), "%d threads", ts_thread_count());
        dlclose(l.handle);
    }
    if (cpus < 2) {
        TS_SKIP("closing a library whose team lives (one CPU)");
    }
    return TS_SURVIVED;
}

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
    const struct rlimit none = {1, 1};
    right = on_one_thread();
    if (geteuid() == 0) {
        TS_NEED(setgid(65534) == 0 && setuid(65534) == 0, "cannot become nobody");
    }
    TS_NEED(setrlimit(RLIMIT_NPROC, &none) == 0, "no limit");
    have_a_team();
    TS_NEED(every_operation(NULL) == right, "other bits");
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
    arrays m = make_arrays();
    if (TS_SANITIZED || TS_EMULATED) {
        TS_SKIP("failing allocations (a sanitizer has its own, an emulator takes too long)");
    }
    have_a_team();
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        const long before = atomic_load(&allocations);
        const uint64_t hash = every_operation_of((raptors_dtype)t, &m, NULL);
        const long made = atomic_load(&allocations) - before;
        for (long k = 0; k < made; k++, tried++) {
            atomic_store(&until_failure, k);
            const uint64_t without = every_operation_of((raptors_dtype)t, &m, NULL);
            atomic_store(&until_failure, -1);
            TS_NEED(without == hash, "type %d: other bits without allocation %ld", t, k);
        }
    }
    A_TEAM_WORKED();
    TS_NEED(tried > 0, "nothing was allocated");
    free_arrays(&m);
    return TS_SURVIVED;
}

/* ---- floating-point state -------------------------------------------------------------------------------- */

static uint64_t flush_to_zero(void) {
#if defined(__x86_64__)
    return 0x8040; /* FTZ and DAZ */
#elif defined(__aarch64__)
    return 1 << 24; /* FZ */
#else
    return 0;
#endif
}

static int every_rounding_mode_gives_one_answer(void) {
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    uint64_t first = 0;
    int differ = 0;
    if (TS_EMULATED) {
        TS_SKIP("every operation in every rounding mode (an emulator takes too long)");
    }
    flavour = TS_WILD;
    rp_team_pretend(TEAM);
    raptors_telemetry_mode(RAPTORS_OFF);
    raptors_set_threads(TEAM);
    every_operation(NULL); /* the pool is made in the default mode */
    A_TEAM_WORKED();
    for (int i = 0; i < 8; i++) {
        uint64_t hash[2];
        for (int together = 0; together < 2; together++) {
            raptors_set_threads(together ? TEAM : 1);
            fesetround(modes[i % 4]);
            rp_float_state s = rp_float_read();
            s.control |= i < 4 ? 0 : flush_to_zero();
            rp_float_write(s);
            hash[together] = every_operation(NULL);
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
    arrays m = make_arrays();
    flavour = TS_NEAR_ONE;
    positive = true;
    for (int threads = 1; threads <= TEAM; threads += TEAM - 1) {
        have_a_team();
        raptors_set_threads(threads);
        control = rp_float_read().control;
        feclearexcept(FE_ALL_EXCEPT);
        errno = 4711;
        for (int t = 0; t < RP_TYPE_COUNT; t++) {
            TS_NEED(every_operation_of((raptors_dtype)t, &m, nothing_was_disturbed) != 0, "on %d threads",
                    threads);
        }
    }
    A_TEAM_WORKED();
    free_arrays(&m);
    return TS_SURVIVED;
}

static int a_division_by_zero_in_a_worker_is_seen(void) {
    arrays m = make_arrays();
    double *a = (void *)m.a, *b = (void *)m.b;
    have_a_team();
    for (int i = 0; i < COUNT; i++) {
        a[i] = b[i] = 1;
    }
    const raptors_array x = raptors_vector(RAPTORS_FLOAT64, a, COUNT),
                        y = raptors_vector(RAPTORS_FLOAT64, b, COUNT),
                        out = raptors_vector(RAPTORS_FLOAT64, m.out, COUNT);
    feclearexcept(FE_ALL_EXCEPT);
    TS_NEED(raptors_divide(&x, &y, &out) == RAPTORS_OK, "not divided");
    A_TEAM_WORKED();
    TS_NEED(fetestexcept(FE_ALL_EXCEPT) == 0, "flags from 1 / 1: %#x", fetestexcept(FE_ALL_EXCEPT));
    b[COUNT - 1] = 0; /* the last member's */
    TS_NEED(raptors_divide(&x, &y, &out) == RAPTORS_OK, "not divided");
    TS_NEED(fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO, "flags from 1 / 0: %#x",
            fetestexcept(FE_ALL_EXCEPT));
    free_arrays(&m);
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
    const struct itimerval often = {{0, 100}, {0, 100}};
    if (TS_SANITIZER_THREADS || TS_EMULATED) {
        TS_SKIP("storm of signals (a sanitizer or emulator holds them back)");
    }
    right = on_one_thread();
    main_thread = gettid();
    have_a_team();
    signal(SIGALRM, call_from_a_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 3; i++) {
        TS_NEED(every_operation(NULL) == right, "other bits");
    }
    A_TEAM_WORKED();
    TS_NEED(handled > 100, "%d signals", (int)handled);
    TS_NEED(wrong_in_handler == 0, "%d wrong in the handler, or not on the caller", (int)wrong_in_handler);
    TS_NEED(ts_others_block_signals(), "a worker listens");
    return TS_SURVIVED;
}

/* ---- other people's threads and runtimes ----------------------------------------------------------------- */

static int inside_the_callers_regions(void) {
    int wrong = 0;
    right = on_one_thread();
    have_a_team();
    omp_set_max_active_levels(8);
#pragma omp parallel num_threads(3) reduction(+ : wrong)
    {
        raptors_set_threads(TEAM);
        wrong += every_operation(NULL) != right;
        wrong += ts_thread_count() != 3;
    }
    TS_NEED(wrong == 0, "%d times other bits, or threads beside the caller's", wrong);
    return TS_SURVIVED;
}

static void *call_everything(void *unused) {
    raptors_set_threads(TEAM);
    return every_operation(NULL) == right ? unused : &right;
}

static int eight_threads_call_everything(void) {
    pthread_t thread[8];
    int wrong = 0;
    right = on_one_thread();
    have_a_team();
    for (int i = 0; i < 8; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, call_everything, NULL) == 0, "no thread");
    }
    for (int i = 0; i < 8; i++) {
        void *broken;
        pthread_join(thread[i], &broken);
        wrong += broken != NULL;
    }
    TS_NEED(wrong == 0, "%d of 8 threads got other bits", wrong);
    return TS_SURVIVED;
}

static pthread_barrier_t together;

/* A first call of everything that has a state, with others in theirs. */
static void *first_call(void *number) {
    enum { N = 1 << 19 };
    const size_t me = (size_t)number;
    char text[256];
    float *ones = malloc(N * sizeof *ones);
    for (int i = 0; ones != NULL && i < N; i++) {
        ones[i] = 1;
    }
    pthread_barrier_wait(&together);
    double first = sum_of_ones(ones, N);
    for (int i = 0; i < 8 && first == N; i++) {
        switch ((me + (size_t)i) % 8) {
        case 0:
            raptors_set_backend(i % 2 ? "auto" : "scalar");
            break;
        case 1:
            raptors_explain(text, sizeof text);
            break;
        case 2:
            raptors_telemetry(text, sizeof text);
            break;
        case 3:
            raptors_set_threads(i);
            break;
        case 4:
            raptors_telemetry_mode(i % 2 ? RAPTORS_LEARN : RAPTORS_FREEZE);
            break;
        case 5:
            raptors_telemetry_reset();
            break;
        case 6:
            raptors_set_backend("no such backend");
            break;
        default:
            first = raptors_backend() != NULL && raptors_backends()[0] != NULL ? first : -1;
        }
        first = sum_of_ones(ones, N) == N ? first : -1;
    }
    free(ones);
    return first == N ? NULL : &together;
}

static int sixteen_threads_in_their_first_call(void) {
    pthread_t thread[16];
    int wrong = 0;
    pthread_barrier_init(&together, NULL, 16);
    for (size_t i = 0; i < 16; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, first_call, (void *)i) == 0, "no thread");
    }
    for (int i = 0; i < 16; i++) {
        void *broken;
        pthread_join(thread[i], &broken);
        wrong += broken != NULL;
    }
    TS_NEED(wrong == 0, "%d of 16 threads were wrong", wrong);
    return TS_SURVIVED;
}

typedef struct crowd {
    int bound; /* of each caller's threads */
    atomic_bool stop;
    atomic_long calls;
} crowd;

static void *call_until_stopped(void *context) {
    crowd *c = context;
    enum { N = 1 << 19 };
    float *ones = malloc(N * sizeof *ones);
    for (int i = 0; i < N; i++) {
        ones[i] = 1;
    }
    raptors_set_threads(c->bound);
    while (!atomic_load(&c->stop)) {
        if (sum_of_ones(ones, N) != N) {
            return c;
        }
        atomic_fetch_add(&c->calls, 1);
    }
    free(ones);
    return NULL;
}

/* Calls of eight threads for a second of the CPUs' time: they keep every CPU busy, so this is their throughput, and a
 * neighbour's load takes nothing from it. */
static double throughput(int bound) {
    const struct timespec while_they_call = {.tv_nsec = 300000000};
    struct timespec from, to;
    pthread_t thread[8];
    crowd c = {.bound = bound};
    for (int i = 0; i < 8; i++) {
        if (pthread_create(&thread[i], NULL, call_until_stopped, &c) != 0) {
            abort();
        }
    }
    nanosleep(&while_they_call, NULL); /* past their start */
    const long before = atomic_load(&c.calls);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    nanosleep(&while_they_call, NULL);
    const long calls = atomic_load(&c.calls) - before;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    atomic_store(&c.stop, true);
    for (int i = 0; i < 8; i++) {
        pthread_join(thread[i], NULL);
    }
    return (double)calls / ((double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec));
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As users get it: with learning, and every usable CPU. */
static int eight_threads_lose_no_throughput(void) {
    double ratio[9];
    if (TS_SANITIZED || TS_EMULATED || raptors_get_threads() < 2) {
        TS_SKIP("throughput of eight threads (one CPU, a sanitizer or an emulator)");
    }
    for (int i = 0; i < 9; i++) {
        const double one = throughput(1), all = throughput(0);
        ratio[i] = all / one;
    }
    qsort(ratio, 9, sizeof ratio[0], by_size);
    printf("eight threads, teams allowed / not allowed: %.3f (%.3f .. %.3f)\n", ratio[4], ratio[0], ratio[8]);
    TS_NEED(ratio[6] >= 0.95, "teams cost throughput");
    return TS_SURVIVED;
}

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
    right = on_one_thread();
    have_a_team();
    TS_NEED(every_operation(NULL) == right, "other bits");
    A_TEAM_WORKED();
    TS_NEED(child_calls_everything() == 0, "its child of fork");
    return TS_SURVIVED;
}

/* ---- big numbers ----------------------------------------------------------------------------------------- */

/* More elements than 32 bits count, all of them the same one. */
static int more_than_two_to_the_31_elements(void) {
    const int64_t n = ((int64_t)1 << 31) + 17;
    int32_t one = 1;
    int64_t result = 0;
    if (TS_EMULATED) {
        TS_SKIP("2^31 elements (an emulator takes too long)");
    }
    raptors_array x = raptors_vector(RAPTORS_INT32, &one, n);
    const raptors_array out = {.data = &result, .dtype = RAPTORS_INT64};
    x.strides[0] = 0;
    TS_NEED(raptors_sum(&x, RAPTORS_ALL_AXES, &out) == RAPTORS_OK, "%s", raptors_last_error());
    TS_NEED(result == n, "the sum of %lld ones is %lld", (long long)n, (long long)result);
    return TS_SURVIVED;
}

#define FAULT(function, ...)                                                                                 \
    {                                                                                                        \
#function, function, {                                                                               \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        FAULT(every_operation_after_fork, NULL),
        FAULT(opened_and_closed_a_thousand_times, NULL),
        FAULT(loading_touches_nothing, NULL),
        FAULT(every_operation_without_threads, NULL),
        FAULT(the_kth_allocation_fails, NULL),
        FAULT(every_rounding_mode_gives_one_answer, NULL),
        FAULT(harmless_data_disturbs_nothing, NULL),
        FAULT(a_division_by_zero_in_a_worker_is_seen, NULL),
        FAULT(a_storm_of_signals, NULL),
        FAULT(inside_the_callers_regions, NULL),
        FAULT(eight_threads_call_everything, NULL),
        FAULT(sixteen_threads_in_their_first_call, NULL),
        FAULT(eight_threads_lose_no_throughput, NULL),
        FAULT(with_another_openmp_runtime, NULL),
        FAULT(more_than_two_to_the_31_elements, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
