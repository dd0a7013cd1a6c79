/* team.h -- the threads of a call: one OpenMP team, opened by one call at a time. The only file pair that
 * knows OpenMP.
 * SPDX-License-Identifier: MIT
 *
 * A region opens only where nothing speaks against it (rp_team_reason). Its threads run with the caller's
 * floating-point control, raise their exception flags in the caller, and take none of the host's signals.
 */
#ifndef RP_TEAM_H
#define RP_TEAM_H

/* Why no region may open now; RP_TEAM_FREE is 0: one may. */
typedef enum rp_team_reason {
    RP_TEAM_FREE,
    RP_TEAM_ONE,    /* one CPU, or a bound of one thread */
    RP_TEAM_FORKED, /* a child of fork: the team's threads are not in it, so it stays sequential for ever */
    RP_TEAM_FAILED, /* threads could not be created: sequential for ever */
    RP_TEAM_NESTED, /* inside a parallel region of the caller's */
    RP_TEAM_BUSY    /* another thread's call holds the team, or half of the CPUs have calls of their own */
} rp_team_reason;

/* One word for the JSON: "free", "one", "forked", "failed", "nested", "busy". */
const char *rp_team_reason_name(rp_team_reason reason);

/* What OpenMP counts as this process's processors, and its limit on threads (OMP_THREAD_LIMIT; 0: none). */
int rp_team_processors(void);
int rp_team_limit(void);

/* Register the fork handler. Called once, at load; creates no thread. */
void rp_team_load(void);

/* The most threads that a call from this thread may use, >= 1: the usable CPUs, and this thread's
 * raptors_set_threads or else RAPTORS_THREADS. */
int rp_team_size(void);

/* Around each call that is large enough to ask: where half of the usable CPUs have calls of their own already, a team
 * would only take them away from one another (RP_TEAM_BUSY). */
void rp_team_enter(void);
void rp_team_leave(void);

/* Whether a region may open now (an rp_team_reason). It may change until rp_team_run, which asks again. */
int rp_team_blocked(void);

/* Call work(context, member, members) once for each member 0 .. members - 1, and return how many there were: at
 * most what was asked, and 1, on the calling thread and without entering OpenMP, if asked for 1 or blocked. `work` must
 * give the right answer for every number of members. errno is kept. */
int rp_team_run(int members, void (*work)(void *context, int member, int members), void *context);

/* For tests: act as if `usable` CPUs were usable (0: as they are). Bits must be equal for teams that the machine
 * at hand does not have. */
void rp_team_pretend(int usable);

#endif
