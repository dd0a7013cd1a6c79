/* ignition.h -- when to wake a sleeping team: rent against purchase.
 * SPDX-License-Identifier: MIT
 *
 * A cold team costs more than one call gains from it, and a burst of calls gains more than waking costs. In a burst
 * each call that runs alone pays rent, the gain that a running team would have brought; the team is woken when the
 * rent has reached the price, or at once where most of the last bursts were long enough. If they were short, it
 * takes three times the price to believe that this one is not. The making of the pool is bought the same way, with
 * what all bursts together have forgone beyond the price of waking in each.
 */
#ifndef RP_IGNITION_H
#define RP_IGNITION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RP_BURSTS = 9 };

typedef struct rp_ignition {
    _Atomic bool began;           /* a call of this burst gains from a running team */
    _Atomic int64_t worth;        /* ns that those after it gained, or would have gained */
    _Atomic uint64_t quiet_since; /* when the last call ended */
    float rent;                   /* the part that was forgone */
    float forgone;                /* rent of past bursts beyond the price of waking */
    float bursts[RP_BURSTS];      /* the last bursts' worth, without their first calls; oldest first */
    int known;                    /* of them */
} rp_ignition;

/* A call begins: the pause before it may have ended a burst. `price` is that of waking. */
void rp_ignition_call(rp_ignition *g, uint64_t now, float price);

/* A team's call has ended, and has gained. The only one that needs no lock; an entry lost in a race is no harm. */
static inline void rp_ignition_team(rp_ignition *g, uint64_t now, int64_t gain) {
    atomic_store_explicit(&g->quiet_since, now, memory_order_relaxed);
    if (atomic_load_explicit(&g->began, memory_order_relaxed)) {
        int64_t worth = atomic_load_explicit(&g->worth, memory_order_relaxed) + gain;
        atomic_store_explicit(&g->worth, worth, memory_order_relaxed);
    } else {
        atomic_store_explicit(&g->began, gain > 0, memory_order_relaxed);
    }
}

/* It will take `length` alone; a running team would gain `gain`. */
void rp_ignition_alone(rp_ignition *g, uint64_t now, float length, float gain);

/* Whether to wake the team for this call. Its own gain is known, and what the rest of a burst is worth is guessed by
 * the last bursts: where calls come one by one, that is nothing. */
bool rp_ignition_due(const rp_ignition *g, float price, float gain);

/* What has been forgone in all for want of a pool; making one pays it off. */
float rp_ignition_forgone(const rp_ignition *g, float price);
void rp_ignition_pool_made(rp_ignition *g);

#endif
