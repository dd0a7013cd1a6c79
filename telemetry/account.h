/* account.h -- a team's call goes to the ledger when the next call begins, where one follows another closely.
 * SPDX-License-Identifier: MIT
 *
 * To read the clock is half of what asking costs. In a loop of short team calls the start of the next is all that
 * need be known of the end of this one: if even by then less time has passed than the work takes alone, the call has
 * gained, and at least the rest. A few calls, short in all, may even begin without a reading, and are settled together.
 * If more has passed, one was late, or the caller paused: the ledger is told the worse of the two, and the calls of this
 * thread are timed to their ends again until many more have been close.
 */
#ifndef RP_ACCOUNT_H
#define RP_ACCOUNT_H

#include <stdint.h>

#include "gate.h"
#include "ignition.h"
#include "ledger.h"

enum {
    RP_CLOSE = 1024,      /* close calls in a row before the end of one is left open; four times as many .. */
    RP_MOST_SETBACKS = 3, /* .. after each mistake, of so many */
    RP_MOST_UNREAD = 3,   /* calls in a row that begin without a reading */
    RP_SHORT_CALL = 200 * 1000, /* ns alone; beside more, a reading of the clock is nothing */
    RP_MOST_OPEN = 500 * 1000   /* ns alone, of all that is open; a team stays awake for longer */
};

static const uint64_t RP_LONGEST = 10000000000; /* ns of a duration that is believed */

typedef struct rp_account {
    uint64_t began; /* when the call began whose end is open; 0: there is none */
    uint64_t ended; /* when the last one of a known end did */
    float alone;    /* ns that what is open would take alone */
    uint32_t close; /* calls in a row that ended within the time alone after the one before */
    uint8_t setbacks;
    uint8_t unread; /* calls since `began`, which the open account speaks for too */
    bool in_burst;  /* the open one would not have woken the team */
} rp_account;

static inline bool rp_account_is_open(const rp_account *c) {
    return c->began != 0;
}

/* A call's end is known; whether it was a team's. */
static inline void rp_account_note_end(rp_account *c, bool team, float alone, uint64_t now) {
    if (team) {
        c->close = (int64_t)(now - c->ended) <= (int64_t)alone ? c->close + 1 : 0;
    }
    c->ended = now;
}

/* Whether the end of such a call need not be looked at: one of a hot team that goes by the word. */
static inline bool rp_account_may_stay_open(const rp_account *c, const rp_ledger *l, const rp_answer *a,
                                            int members) {
    return c->close >= (uint32_t)RP_CLOSE << 2 * c->setbacks && members > 1 && a->hot && !a->watched &&
           a->alone > 0 && a->alone <= RP_SHORT_CALL &&
           atomic_load_explicit(&l->premium, memory_order_relaxed) == 0;
}

static inline void rp_account_open(rp_account *c, const rp_answer *a, bool in_burst) {
    c->began = a->start;
    c->alone = a->alone;
    c->unread = 0;
    c->in_burst = in_burst;
}

/* Whether a call of a team that takes so long alone may begin without a reading: none where another thread has tripped the
 * breaker. If the caller has paused, the team is asleep: that is found a few calls late, once in thousands. */
static inline bool rp_account_may_go_on(const rp_account *c, const rp_ledger *l, float alone) {
    return rp_account_is_open(c) && c->unread < RP_MOST_UNREAD && alone > 0 &&
           c->alone + alone <= RP_MOST_OPEN && rp_ledger_open(l) &&
           atomic_load_explicit(&l->premium, memory_order_relaxed) == 0;
}

static inline void rp_account_go_on(rp_account *c, float alone) {
    c->unread++;
    c->alone += alone;
}

/* The next call of the thread begins. */
void rp_account_settle(rp_account *c, rp_ledger *l, rp_ignition *g, uint64_t now);

#endif
