/* ledger.h -- the safety net: what teams have gained over working alone, and when they are suspended.
 * SPDX-License-Identifier: MIT
 *
 * Medians do not see a team that straggles in two calls of a hundred and loses more there than it gains in the
 * rest. The ledger counts. Each parallel call pays in what it saved, or takes out what it lost; below the limit
 * no region opens, until the debt has been forgiven at one hundredth of the time spent in calls. So in any window no more
 * is lost than the width of the ledger, 1 % of its calls, and the one call that overdrew it. It begins full: a program
 * whose first team calls are late would else never see good ones.
 *
 * That alone would let a team that loses for ever cost 1 % for ever. So all that teams ever gained and lost is summed
 * too, and once they have lost more than the ledger's width in all, the rate halves with every few milliseconds more.
 * It never falls to nothing: a machine that has changed must be noticed.
 */
#ifndef RP_LEDGER_H
#define RP_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* ns; the balance lies between -limit (a call lower) and limit. Both sides together, and the error of the estimates
 * that the entries rest on, stay under 20 ms. */
enum { RP_LEDGER_LIMIT = 9 * 1000 * 1000, RP_LEDGER_MEMORY = 256 /* calls that a share is of */ };

/* Lateness is watched apart from the balance: a neighbour on a CPU makes one team call in fifty late by a time slice.
 * What that costs a call on the average is its premium, which a call must gain to take the team; it fades with
 * on-time calls, and within a second. Where working alone is late as often, the team is not to blame. */
typedef struct rp_ledger {
    _Atomic int64_t balance; /* ns */
    _Atomic int64_t beyond;  /* ns of gains for which a full ledger had no room, less what was forgiven */
    _Atomic uint64_t noted;  /* when the last entry was made */
    _Atomic uint32_t trips;
    _Atomic uint32_t late_alone, late_team; /* shares of calls, in 2^-16 */
    _Atomic uint32_t premium;               /* ns, as of `noted` */
} rp_ledger;

/* Whether a region may open. */
static inline bool rp_ledger_open(const rp_ledger *l) {
    return atomic_load_explicit(&l->balance, memory_order_relaxed) > -RP_LEDGER_LIMIT;
}

/* Full, as after a time of gains. */
void rp_ledger_start(rp_ledger *l);

/* So many ns have been spent in calls. Pauses forgive nothing: where calls are few, a hundredth of all time would be much
 * of theirs. */
void rp_ledger_forgive(rp_ledger *l, int64_t spent);

/* Change the balance by so much; the new one. */
static inline int64_t rp_ledger_enter(rp_ledger *l, int64_t entry) {
    int64_t balance = atomic_load_explicit(&l->balance, memory_order_relaxed) + entry;
    if (balance > RP_LEDGER_LIMIT) {
        int64_t beyond = atomic_load_explicit(&l->beyond, memory_order_relaxed);
        atomic_store_explicit(&l->beyond, beyond + (balance - RP_LEDGER_LIMIT), memory_order_relaxed);
        balance = RP_LEDGER_LIMIT;
    }
    atomic_store_explicit(&l->balance, balance, memory_order_relaxed);
    return balance;
}

/* A parallel call has ended, `gain` ns before (or after) the time it was expected to take alone. True if that has
 * tripped the breaker. Calls that race may lose an entry: they are rare, since a team serves one call at a time. */
bool rp_ledger_note_closely(rp_ledger *l, int64_t gain, bool late, uint64_t now);

/* The same; nearly all calls gain, and lateness is nearly always forgotten. */
static inline bool rp_ledger_note(rp_ledger *l, int64_t gain, bool late, uint64_t now) {
    if (late || gain < 0 || atomic_load_explicit(&l->premium, memory_order_relaxed) != 0 ||
        atomic_load_explicit(&l->late_team, memory_order_relaxed) >= RP_LEDGER_MEMORY) {
        return rp_ledger_note_closely(l, gain, late, now);
    }
    rp_ledger_enter(l, gain);
    return false;
}

/* A call that worked alone has ended. */
void rp_ledger_alone(rp_ledger *l, bool late);

/* Of a premium that is not 0, what is left of it. */
uint32_t rp_ledger_faded(const rp_ledger *l, uint64_t now);

/* ns that a team's lateness costs a call. */
static inline uint32_t rp_ledger_premium(const rp_ledger *l, uint64_t now) {
    return atomic_load_explicit(&l->premium, memory_order_relaxed) == 0 ? 0 : rp_ledger_faded(l, now);
}

#endif
