/* team.c -- opening a parallel region in somebody else's process.
 * SPDX-License-Identifier: MIT
 *
 * libgomp keeps a pool of threads for each thread that opens regions, of the size of its last region: a smaller
 * one ends threads, a larger one creates them. So all regions of a thread have one size, rp_team_size(), and
 * members beyond those asked for return at once. When threads must be created, two things are done first: it is
 * tried whether they can be (libgomp ends the process if not), and signals are blocked, since the new threads
 * inherit the mask for life.
 */
#include "team.h"

#include <errno.h>
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "cpus.h"
#include "environment.h"
#include "float_state.h"
#include "status.h"

enum { LOOKS = 200 }; /* for workers that have not come, before the CPU is offered to them */

/* Why no region may ever open again in this process: RP_TEAM_FORKED or RP_TEAM_FAILED. */
static atomic_int ended;
static atomic_bool held;
static atomic_int entered; /* calls between rp_team_enter and rp_team_leave */
static atomic_int pretended;
static size_t stack_bytes; /* of libgomp's threads; 0: the system's default */

/* One thread's; of a model that does not use up the loader's small reserve of static TLS. */
static _Thread_local struct {
    int bound;  /* raptors_set_threads */
    int opened; /* size of the pool, as far as we know: that of our last region */
} self __attribute__((tls_model("global-dynamic")));

typedef struct region {
    void (*work)(void *context, int member, int members);
    void *context;
    int members; /* wanted */
    int real;    /* that worked */
    rp_float_state caller;
    atomic_int here;              /* workers that have come */
    atomic_uint_least64_t raised; /* exception flags of the workers */
} region;

/* ---- may a region open? ---------------------------------------------------------------------------------- */

const char *rp_team_reason_name(rp_team_reason reason) {
    static const char *const names[] = {
        [RP_TEAM_FREE] = "free",     [RP_TEAM_ONE] = "one",       [RP_TEAM_FORKED] = "forked",
        [RP_TEAM_FAILED] = "failed", [RP_TEAM_NESTED] = "nested", [RP_TEAM_BUSY] = "busy"};
    return names[reason];
}

static int usable_cpus(void) {
    int usable = atomic_load_explicit(&pretended, memory_order_relaxed);
    if (usable == 0) {
        usable = rp_cpus_get()->usable;
    }
    return usable < RP_MAX_THREADS ? usable : RP_MAX_THREADS;
}

int rp_team_size(void) {
    const int usable = usable_cpus(), bound = self.bound != 0 ? self.bound : rp_cpus_get()->variable;
    return bound != 0 && bound < usable ? bound : usable;
}

int rp_team_blocked(void) {
    int never = atomic_load_explicit(&ended, memory_order_relaxed);
    if (never != RP_TEAM_FREE) {
        return never;
    }
    if (rp_team_size() <= 1) {
        return RP_TEAM_ONE;
    }
    /* Also inside a region of one thread: libgomp would create and end the threads of every region there. */
    if (omp_get_level() > 0) {
        return RP_TEAM_NESTED;
    }
    const int others = atomic_load_explicit(&entered, memory_order_relaxed) - 1;
    const bool busy = atomic_load_explicit(&held, memory_order_relaxed) || others >= usable_cpus() / 2;
    return busy ? RP_TEAM_BUSY : RP_TEAM_FREE;
}

void rp_team_enter(void) {
    atomic_fetch_add_explicit(&entered, 1, memory_order_relaxed);
}

void rp_team_leave(void) {
    atomic_fetch_sub_explicit(&entered, 1, memory_order_relaxed);
}

/* ---- creating threads ------------------------------------------------------------------------------------ */

static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Whether `count` more threads can live at once, each with a stack as libgomp's. */
static bool threads_can_be_created(int count) {
    pthread_t *thread = malloc((size_t)count * sizeof *thread);
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    int created = 0;
    if (thread == NULL || pthread_attr_init(&attributes) != 0) {
        free(thread);
        return false;
    }
    if (stack_bytes != 0) {
        pthread_attr_setstacksize(&attributes, stack_bytes);
    }
    pthread_mutex_lock(&gate);
    while (created < count && pthread_create(&thread[created], &attributes, wait_for_gate, &gate) == 0) {
        created++;
    }
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < created; i++) {
        pthread_join(thread[i], NULL);
    }
    pthread_attr_destroy(&attributes);
    free(thread);
    return created == count;
}

/* All but those that an instruction raises: blocked, they would end the process without asking the host's handler. */
static sigset_t signals_to_block(void) {
    static const int by_instruction[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof by_instruction / sizeof by_instruction[0]; i++) {
        sigdelset(&set, by_instruction[i]);
    }
    return set;
}

/* ---- the region ------------------------------------------------------------------------------------------ */

/* A worker's own floating-point state dates from the day the pool was made, and may be another library's. */
static void work_as_the_caller(region *r, int member, int members) {
    const rp_float_state own = rp_float_read();
    rp_float_write((rp_float_state){r->caller.control, 0});
    r->work(r->context, member, members);
    const uint64_t raised = rp_float_read().flags;
    rp_float_write(own);
    if (raised != 0) {
        atomic_fetch_or_explicit(&r->raised, raised, memory_order_relaxed);
    }
}

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* A worker that was woken on the caller's CPU, as happens where the others sleep deeply, comes only when that is left
 * to it. It is not sent elsewhere: affinity is never set. */
static void let_workers_come(region *r, int workers) {
    for (int i = 0; atomic_load_explicit(&r->here, memory_order_relaxed) < workers; i++) {
        if (i < LOOKS) {
            pause_briefly();
        } else {
            sched_yield();
        }
    }
}

static void open_region(region *r, int size) {
#pragma omp parallel num_threads(size) default(none) shared(r)
    {
        const int member = omp_get_thread_num(), team = omp_get_num_threads();
        const int members = team < r->members ? team : r->members;
        if (member == 0) {
            r->real = members;
            r->work(r->context, 0, members);
            let_workers_come(r, team - 1);
        } else {
            atomic_fetch_add_explicit(&r->here, 1, memory_order_relaxed);
            if (member < members) {
                work_as_the_caller(r, member, members);
            }
        }
    }
}

static void no_work(void *context, int member, int members) {
    (void)context, (void)member, (void)members;
}

/* Have a pool of `size` threads, made in an empty region, so that the caller's signals wait no longer than that. */
static bool make_pool(int size) {
    region empty = {.work = no_work, .members = 1};
    sigset_t block = signals_to_block(), kept;
    if (pthread_sigmask(SIG_BLOCK, &block, &kept) != 0) {
        return false;
    }
    bool can = threads_can_be_created(size - 1);
    if (can) {
        open_region(&empty, size);
    }
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    if (!can) {
        atomic_store_explicit(&ended, RP_TEAM_FAILED, memory_order_relaxed);
    }
    return can;
}

/* With the team held. How many members worked, or 0 if there can be no team. */
static int run_on_team(int members, void (*work)(void *, int, int), void *context) {
    const int size = rp_team_size();
    if (size > self.opened && !make_pool(size)) {
        return 0;
    }
    self.opened = size;
    region r = {.work = work, .context = context, .members = members, .caller = rp_float_read()};
    open_region(&r, size);
    const uint64_t raised = atomic_load_explicit(&r.raised, memory_order_relaxed);
    if (raised != 0) {
        rp_float_state now = rp_float_read();
        now.flags |= raised;
        rp_float_write(now);
    }
    return r.real;
}

int rp_team_run(int members, void (*work)(void *context, int member, int members), void *context) {
    int real = 0;
    if (members > 1 && rp_team_blocked() == RP_TEAM_FREE &&
        !atomic_exchange_explicit(&held, true, memory_order_acquire)) {
        const int kept = errno;
        real = run_on_team(members, work, context);
        errno = kept;
        atomic_store_explicit(&held, false, memory_order_release);
    }
    if (real == 0) {
        work(context, 0, 1);
        real = 1;
    }
    return real;
}

/* ---- at load, and the caller's bound --------------------------------------------------------------------- */

static void forbid_in_child(void) {
    atomic_store_explicit(&ended, RP_TEAM_FORKED, memory_order_relaxed);
}

/* "64K", "8 M", "1024": OpenMP's OMP_STACKSIZE; 0 if it is not that. */
static size_t parse_stack_size(const char *text) {
    char *end;
    if (text == NULL) {
        return 0;
    }
    unsigned long long number = strtoull(text, &end, 10);
    while (*end == ' ') {
        end++;
    }
    const char unit = *end == '\0' ? 'K' : *end;
    const int shift = unit == 'B' || unit == 'b'   ? 0
                      : unit == 'K' || unit == 'k' ? 10
                      : unit == 'M' || unit == 'm' ? 20
                      : unit == 'G' || unit == 'g' ? 30
                                                   : 64;
    return shift == 64 || number > (SIZE_MAX >> shift) ? 0 : (size_t)number << shift;
}

int rp_team_processors(void) {
    return omp_get_num_procs();
}

int rp_team_limit(void) {
    const int limit = omp_get_thread_limit();
    return limit == INT_MAX ? 0 : limit;
}

void rp_team_load(void) {
    const char *const stack = getenv("OMP_STACKSIZE");
    stack_bytes = parse_stack_size(stack != NULL ? stack : getenv("GOMP_STACKSIZE"));
    /* Without the handler a child could not be told from its parent. */
    if (pthread_atfork(NULL, NULL, forbid_in_child) != 0) {
        atomic_store_explicit(&ended, RP_TEAM_FAILED, memory_order_relaxed);
    }
}

void rp_team_pretend(int usable) {
    atomic_store_explicit(&pretended, usable, memory_order_relaxed);
}

raptors_status raptors_set_threads(int n) {
    if (n < 0 || n > RP_MAX_THREADS) {
        return rp_fail(RAPTORS_ERROR_VALUE, "raptors_set_threads", "%d is not 0 to %d", n, RP_MAX_THREADS);
    }
    self.bound = n;
    return RAPTORS_OK;
}

int raptors_get_threads(void) {
    return atomic_load_explicit(&ended, memory_order_relaxed) == RP_TEAM_FREE ? rp_team_size() : 1;
}
