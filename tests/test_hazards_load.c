/* test_hazards_load.c -- eight callers at once on a machine that has other things to do: every bit right, no hang, no
 * throughput lost to teams, no memory kept.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 *
 * RAPTORS_LOAD_SECONDS: how long each of the three takes; 4 if not said.
 */
#include "again.h"
#include "everything.h"
#include "faults.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS = 8, MOST_CALLS = 256, MOST_SLOTS = 4096 };

/* ---- calls whose results are known --------------------------------------------------------------------------- */

typedef struct call {
    const ts_op *op;
    raptors_dtype type;
    raptors_axes axes;
    raptors_array out; /* without data */
    size_t bytes;
    char *right;
} call;

/* Values of which no NaN is made: its bits would not be promised. */
static const ts_inputs inputs = {.rows = 181, .cols = 1031, .flavour = TS_NEAR_ONE, .positive = true};
static ts_tables tables[RP_TYPE_COUNT];
static call calls[MOST_CALLS];
static int call_count;

static raptors_status make(const call *c, char *room) {
    const raptors_array a = raptors_matrix(c->type, tables[c->type].a, inputs.rows, inputs.cols);
    const raptors_array b = raptors_matrix(c->type, tables[c->type].b, inputs.rows, inputs.cols);
    raptors_array out = c->out;
    out.data = room;
    return ts_call(c->op, &a, &b, (ts_extra){c->axes, ts_is_reduction(c->op) ? 1 : 3}, &out);
}

static void add_call(const ts_op *op, raptors_dtype t, raptors_axes axes) {
    raptors_dtype result[2] = {t, t};
    call *c = &calls[call_count];
    if (call_count == MOST_CALLS) {
        abort();
    }
    *c = (call){.op = op, .type = t, .axes = axes, .out = raptors_matrix(t, NULL, inputs.rows, inputs.cols)};
    if (ts_is_reduction(op)) {
        ts_result_dtypes(op, t, result);
        c->out = raptors_vector(result[0], NULL, axes == RAPTORS_AXIS(0) ? inputs.cols : inputs.rows);
        c->out.ndim = axes != RAPTORS_ALL_AXES;
    }
    c->bytes = (size_t)ts_types[result[0]].size;
    for (int k = 0; k < c->out.ndim; k++) {
        c->bytes *= (size_t)c->out.shape[k];
    }
    c->right = malloc(c->bytes);
    call_count += c->right != NULL && make(c, c->right) == RAPTORS_OK;
}

/* Every operation on every type, its results made by one thread. */
static void prepare(void) {
    static const raptors_axes sets[] = {RAPTORS_ALL_AXES, RAPTORS_AXIS(0), RAPTORS_AXIS(1)};
    raptors_set_threads(1);
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        tables[t] = ts_tables_new(&inputs);
        ts_tables_fill(&tables[t], &inputs, (raptors_dtype)t);
        for (int i = 0; i < ts_op_count; i++) {
            for (int k = 0; k < (ts_is_reduction(&ts_ops[i]) ? 3 : 1); k++) {
                if (ts_takes(&ts_ops[i], (raptors_dtype)t)) {
                    add_call(&ts_ops[i], (raptors_dtype)t, sets[k]);
                }
            }
        }
    }
    raptors_set_threads(0);
}

static bool is_right(const call *c, char *room) {
    return make(c, room) == RAPTORS_OK && memcmp(room, c->right, c->bytes) == 0;
}

/* ---- eight callers ------------------------------------------------------------------------------------------- */

typedef struct crowd {
    atomic_int bound; /* of each caller's threads; 0: automatic */
    atomic_bool stop;
    atomic_long made, wrong;
} crowd;

static void call_until_stopped(crowd *c, int first) {
    char *room = malloc((size_t)(inputs.rows * inputs.cols) * 8);
    for (int i = first * call_count / CALLERS; room != NULL && !atomic_load(&c->stop); i++) {
        raptors_set_threads(atomic_load(&c->bound));
        atomic_fetch_add(&c->wrong, !is_right(&calls[i % call_count], room));
        atomic_fetch_add(&c->made, 1);
    }
    free(room);
}

static crowd the_crowd;

static void *as_a_thread(void *number) {
    call_until_stopped(&the_crowd, (int)(size_t)number);
    return NULL;
}

/* ---- what the machine has to do beside ----------------------------------------------------------------------- */

static atomic_long handled, wrong_in_handler;

static void call_from_a_handler(int number) {
    (void)number;
    float few[100];
    double sum = 0;
    for (int i = 0; i < 100; i++) {
        few[i] = 1;
    }
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, few, 100);
    const raptors_array out = {.data = &sum, .dtype = RAPTORS_FLOAT64};
    const raptors_status s = raptors_sum(&x, RAPTORS_ALL_AXES, &out);
    atomic_fetch_add(&handled, 1);
    atomic_fetch_add(&wrong_in_handler, s != RAPTORS_OK || sum != 100);
}

static pid_t a_neighbour(void) {
    const pid_t neighbour = fork();
    if (neighbour == 0) {
        for (volatile unsigned long turns = 0;; turns++) {
        }
    }
    return neighbour;
}

static int a_child_is_right(void) {
    const pid_t child = fork();
    if (child == 0) {
        char *room = malloc((size_t)(inputs.rows * inputs.cols) * 8);
        bool right = room != NULL;
        for (int i = 0; i < call_count; i += 7) {
            right = right && is_right(&calls[i], room);
        }
        _exit(!right);
    }
    return child < 0 ? TS_BROKEN : ts_wait(child, 60, "a child of fork");
}

/* ---- the minute ---------------------------------------------------------------------------------------------- */

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Calls for a second of the CPUs' time: eight callers keep every CPU busy, so this is their throughput, and a
 * neighbour takes nothing from it. */
static double throughput(int bound) {
    const struct timespec settle = {.tv_nsec = 20000000}, slot = {.tv_nsec = 230000000};
    atomic_store(&the_crowd.bound, bound);
    nanosleep(&settle, NULL);
    const double from = cpu_seconds();
    const long before = atomic_load(&the_crowd.made);
    for (struct timespec left = slot; nanosleep(&left, &left) != 0;) {
    }
    return (double)(atomic_load(&the_crowd.made) - before) / (cpu_seconds() - from);
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* However slow the machine. */
static bool is_loaded(void) {
    return atomic_load(&handled) > 100 && atomic_load(&the_crowd.made) > 1000;
}

static int report(double *ratio, int slots, long grown, int children) {
    qsort(ratio, (size_t)slots, sizeof *ratio, by_size);
    printf("%ld calls, %ld wrong; %d children, %ld signals; %ld pages more at the end than near the start\n",
           atomic_load(&the_crowd.made), atomic_load(&the_crowd.wrong), children, atomic_load(&handled),
           grown);
    printf("throughput, teams allowed / not allowed: median %.3f of %d pairs (quartiles %.3f, %.3f)\n",
           ratio[slots / 2], slots, ratio[slots / 4], ratio[slots * 3 / 4]);
    TS_NEED(atomic_load(&the_crowd.wrong) == 0 && wrong_in_handler == 0, "wrong results");
    TS_NEED(children > 0 && is_loaded(), "there was no load");
    TS_NEED(grown < 1024, "memory grows");
    /* Few pairs on a machine with other work: three of four below are needed to tell. */
    const double judged = slots < 40 ? ratio[slots * 3 / 4] : ratio[slots / 2];
    TS_NEED(TS_SANITIZED || omp_get_num_procs() < 2 || judged >= 0.95, "teams cost throughput");
    return TS_SURVIVED;
}

static int watch(void) {
    static double ratio[MOST_SLOTS];
    const char *said = getenv("RAPTORS_LOAD_SECONDS");
    const int seconds = said != NULL ? atoi(said) : 4;
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    int slots = 0, children = 0, broken = 0;
    long pages = 0;
    const pid_t neighbour = a_neighbour();
    signal(SIGALRM, call_from_a_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (const time_t end = time(NULL) + seconds;
         !broken && (time(NULL) < end || slots < 4 || !is_loaded()) && slots < MOST_SLOTS;) {
        const bool first = slots % 2;
        const double some = throughput(first), others = throughput(!first);
        ratio[slots++] = first ? others / some : some / others;
        broken = a_child_is_right();
        children++;
        pages = slots == 2 ? ts_own_pages() : pages;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    const long grown = ts_own_pages() - pages;
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
    atomic_store(&the_crowd.stop, true);
    TS_NEED(!broken, "a child of fork");
    return report(ratio, slots, grown, children);
}

/* As users get it: with learning, and every usable CPU. */
static int eight_threads_under_load(void) {
    pthread_t thread[CALLERS];
    if (TS_EMULATED || TS_SANITIZER_THREADS) {
        TS_SKIP("load (an emulator or sanitizer holds signals back)");
    }
    prepare();
    for (size_t i = 0; i < CALLERS; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, as_a_thread, (void *)i) == 0, "no thread");
    }
    const int result = watch();
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], NULL);
    }
    return result;
}

/* Learning alone would keep such calls from the team, in time. */
static int eight_threads_by_the_fixed_prior(void) {
    raptors_telemetry_mode(RAPTORS_OFF);
    return eight_threads_under_load();
}

static int a_region_of_eight_under_load(void) {
    int result = TS_BROKEN;
    if (TS_EMULATED || TS_SANITIZER_THREADS) {
        TS_SKIP("load (an emulator or sanitizer holds signals back)");
    }
    prepare();
    omp_set_max_active_levels(8);
    omp_set_dynamic(0);
#pragma omp parallel num_threads(CALLERS + 1)
    {
        if (omp_get_thread_num() == 0) {
            result = watch();
        } else {
            call_until_stopped(&the_crowd, omp_get_thread_num() - 1);
        }
    }
    return result;
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(eight_threads_under_load, NULL),
        TS_FAULT(eight_threads_by_the_fixed_prior, NULL),
        TS_FAULT(a_region_of_eight_under_load, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
