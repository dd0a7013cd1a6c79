/* ledger.c -- gains and losses of teams, and the breaker.
 * SPDX-License-Identifier: MIT
 */
#include "ledger.h"

#include <string.h>

enum {
    FORGIVEN_PER = 100,              /* one part in so many of the time spent in calls; .. */
    HALVED_PER = 2000000,            /* .. half of it with so many ns that were lost in all beyond .. */
    MOST_LOST = 2 * RP_LEDGER_LIMIT, /* .. these, a quarter with twice as many .. */
    MOST_HALVINGS = 6,               /* .. and so on */
    PREMIUM_MEMORY = 64,             /* calls */
    PREMIUM_FADES = 500 * 1000000,   /* ns */
    WHOLE = 1 << 16
};

static int64_t load(const _Atomic int64_t *x) {
    return atomic_load_explicit(x, memory_order_relaxed);
}

static uint64_t load_time(const _Atomic uint64_t *x) {
    return atomic_load_explicit(x, memory_order_relaxed);
}

void rp_ledger_start(rp_ledger *l) {
    memset(l, 0, sizeof *l);
    atomic_store_explicit(&l->balance, RP_LEDGER_LIMIT, memory_order_relaxed);
}

/* By what teams have lost in all. */
static int64_t halvings(const rp_ledger *l) {
    int64_t lost = RP_LEDGER_LIMIT - load(&l->balance) - load(&l->beyond);
    int64_t times = lost > MOST_LOST ? (lost - MOST_LOST) / HALVED_PER : 0;
    return times < MOST_HALVINGS ? times : MOST_HALVINGS;
}

void rp_ledger_forgive(rp_ledger *l, int64_t spent) {
    int64_t balance = load(&l->balance);
    if (balance < 0) {
        int64_t part = spent / FORGIVEN_PER >> halvings(l);
        part = part < -balance ? part : -balance;
        atomic_store_explicit(&l->balance, balance + part, memory_order_relaxed);
        atomic_store_explicit(&l->beyond, load(&l->beyond) - part, memory_order_relaxed);
    }
}

static uint32_t load_small(const _Atomic uint32_t *x) {
    return atomic_load_explicit(x, memory_order_relaxed);
}

static void note_rate(_Atomic uint32_t *rate, bool late) {
    int32_t old = (int32_t)load_small(rate);
    atomic_store_explicit(rate, (uint32_t)(old + ((late ? WHOLE : 0) - old) / RP_LEDGER_MEMORY),
                          memory_order_relaxed);
}

void rp_ledger_alone(rp_ledger *l, bool late) {
    note_rate(&l->late_alone, late);
}

uint32_t rp_ledger_faded(const rp_ledger *l, uint64_t now) {
    uint32_t premium = load_small(&l->premium);
    uint64_t noted = load_time(&l->noted);
    if (now <= noted) {
        return premium;
    }
    uint64_t age = now - noted;
    return age >= PREMIUM_FADES ? 0 : (uint32_t)((uint64_t)premium * (PREMIUM_FADES - age) / PREMIUM_FADES);
}

/* The part of a late call's loss that is the team's own; shares of few calls are rough, so the doubt is in its favour. */
static int64_t blamed_on_team(const rp_ledger *l, int64_t loss) {
    int64_t alone = load_small(&l->late_alone), team = load_small(&l->late_team);
    return 2 * alone >= team ? 0 : loss * (team - 2 * alone) / team;
}

static void note_lateness(rp_ledger *l, int64_t loss, bool late, uint64_t now) {
    int64_t premium = rp_ledger_premium(l, now);
    if (premium == 0 && !late) {
        return;
    }
    premium += ((late ? loss : 0) - premium) / PREMIUM_MEMORY;
    atomic_store_explicit(&l->premium, (uint32_t)premium, memory_order_relaxed);
}

bool rp_ledger_note_closely(rp_ledger *l, int64_t gain, bool late, uint64_t now) {
    note_rate(&l->late_team, late);
    int64_t entry = gain < -RP_LEDGER_LIMIT ? -RP_LEDGER_LIMIT : gain;
    if (late && entry < 0) {
        entry = -blamed_on_team(l, -entry);
    }
    note_lateness(l, -entry, late && entry < 0, now);
    int64_t before = load(&l->balance), balance = rp_ledger_enter(l, entry);
    atomic_store_explicit(&l->noted, now, memory_order_relaxed);
    bool trips = before > -RP_LEDGER_LIMIT && balance <= -RP_LEDGER_LIMIT;
    if (trips) {
        atomic_fetch_add_explicit(&l->trips, 1, memory_order_relaxed);
    }
    return trips;
}
