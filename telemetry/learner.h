/* learner.h -- learns from what calls cost who should run the next: a function of (now, class, bytes, duration).
 * SPDX-License-Identifier: MIT
 *
 * A learner is an object; the process has one, tests have many. A class is (operation, dtype, layout); a place is a
 * class at a size, in half octaves of bytes. For each place there are ways to run a call, the arms, each with a cell
 * of measurements, and one word that says what was decided, which readers load without a lock.
 */
#ifndef RP_LEARNER_H
#define RP_LEARNER_H

#include <stdatomic.h>

#include "account.h"
#include "cell.h"
#include "drift.h"
#include "gate.h"
#include "ignition.h"
#include "ledger.h"

enum {
    RP_FIRST_CALLS = 5, /* of a class: alone */
    RP_BUCKETS = 48,    /* from the floor; the last one has no upper end */
    RP_RING = 8         /* samples that a thread holds while another one folds */
};

/* The ways to run a call. A team is hot if its last region ended a moment ago; what differs from HOT in one point is
 * tried while it is hot. Streamable outputs are written past the cache but for the PLAIN arms. */
typedef enum rp_arm {
    RP_ARM_alone,
    RP_ARM_alone_plain,
    RP_ARM_cold,
    RP_ARM_hot,
    RP_ARM_hot_plain,
    RP_ARM_hot_tile_1, /* pieces of 256 KiB, 64 KiB */
    RP_ARM_hot_tile_2,
    RP_ARM_hot_half, /* half and a quarter of the members */
    RP_ARM_hot_quarter,
    RP_ARM_COUNT
} rp_arm;

/* Why a call ran as it did. */
typedef enum rp_reason {
    RP_REASON_prior,
    RP_REASON_measured,
    RP_REASON_tie,
    RP_REASON_hysteresis,
    RP_REASON_probe,
    RP_REASON_ignition,
    RP_REASON_breaker,
    RP_REASON_floor,
    RP_REASON_bound,
    RP_REASON_nested,
    RP_REASON_busy,
    RP_REASON_forked,
    RP_REASON_failed,
    RP_REASON_off,
    RP_REASON_COUNT
} rp_reason;

typedef struct rp_place {
    rp_cell arm[RP_ARM_COUNT];
    rp_cell imbalance; /* greatest share of the work's time over the mean share, of the members */
    float budget;      /* ns that may be lost here on looking at what was not chosen */
    uint16_t since;    /* asks since the last such look */
    uint16_t samples;  /* in this epoch, up to rp_learning */
    uint16_t flips;    /* of adopted decisions */
    uint8_t turn;      /* the challenger that is looked at next */
    uint8_t doubted;   /* calls to work alone yet, before what a profile said of it is relied on */
} rp_place;

typedef struct rp_class {
    _Atomic float slope; /* ns a byte, alone: the least of the first calls */
    float least;
    uint8_t seen; /* of the first calls */
} rp_class;

/* What is fixed or measured once for the process. */
typedef struct rp_region_costs {
    float hot, cold, first; /* ns to open and close a region */
    bool calibrated;        /* hot was measured with empty regions */
} rp_region_costs;

typedef struct rp_learner {
    uint64_t (*clock)(void);
    uint64_t (*empty_region)(void); /* ns that it took; NULL: not to be had */
    _Atomic int mode;               /* raptors_mode */
    atomic_flag lock;               /* of all that is not atomic; only ever tried by calls */
    rp_ledger ledger;
    _Atomic uint64_t
        measured; /* calls: in the high half those that began, in the low half those that go on */
    _Atomic uint32_t
        regions;   /* calls that the team did by the word, which no count of measured calls shows */
    int team;      /* members that the cells speak of */
    int strangers; /* calls in a row that had another team */
    rp_region_costs region;
    rp_cell efficiency; /* of a member of a hot team, or of a cold one in a long call */
    rp_cell wake;       /* cold less hot, as a share of region.cold */
    float mean_wake;    /* of the last so many; a batch of them is as the prior has it */
    int wakes;
    rp_ignition ignition; /* wakes the team */
    float tokens;         /* ns that may be lost on looking at what nobody knows yet */
    float run_budget;     /* ns that may be lost on waking a team to look at it */
    float spent;          /* on looking */
    _Atomic int run_left; /* hot probes to come, of a run */
    uint32_t probes, ignitions, epochs;
    rp_drift drift[RP_ARM_COUNT];
    float level[RP_ARM_COUNT]; /* the product of all drifts; cells remember theirs */
    rp_class classes[RP_CLASSES];
    _Atomic uint64_t decided[RP_CLASSES][RP_BUCKETS];
    rp_place places[RP_CLASSES][RP_BUCKETS];
} rp_learner;

/* A measured call, on its way from the thread that made it. */
typedef struct rp_sample {
    rp_answer answer;
    int64_t bytes;
    int class_index;
    float duration, imbalance; /* imbalance 0: not measured */
    bool region, first;
} rp_sample;

/* One for each thread; it is only ever used by that thread. OpenMP keeps a pool for each thread that opens regions, so
 * that the team's temperature is the thread's own. */
typedef struct rp_thread {
    uint64_t last_region; /* when it ended, or began if that is open; 0: there was none, and no pool */
    uint32_t tick;
    int held;
    rp_account account;
    rp_sample ring[RP_RING];
} rp_thread;

/* All zero before; `team` is the greatest that will be asked for. */
void rp_learner_start(rp_learner *l, uint64_t (*clock)(void), uint64_t (*empty_region)(void), int team);
/* What is not atomic, for those who must have it: reports and profiles. Calls never wait for them. */
bool rp_learner_try_lock(rp_learner *l);
void rp_learner_lock(rp_learner *l);
void rp_learner_unlock(rp_learner *l);
/* Back to the day of its start; keeps the mode. */
void rp_learner_reset(rp_learner *l);

/* Of so many calls one is measured where much is known; to measure takes 0.1 us, so the short ones are left in peace. */
static inline uint32_t rp_measured_one_in(int64_t bytes) {
    return bytes < 1 << 20 ? 32 : 16;
}

/* Samples of a place before only some calls are measured: where that costs nothing, both ways may become known first. */
static inline int rp_learning(int64_t bytes) {
    return bytes < 1 << 20 ? 64 : 256;
}

static inline bool rp_is_its_turn(uint32_t tick, int64_t bytes) {
    return (tick & (rp_measured_one_in(bytes) - 1)) == 0;
}

/* For how many calls of its kind a measured one stands: where all are measured, or this one was for a reason of its own,
 * for itself. */
static inline int rp_stands_for(bool quiet, uint32_t tick, int64_t bytes) {
    return quiet && rp_is_its_turn(tick, bytes) ? (int)rp_measured_one_in(bytes) : 1;
}

/* Whether a settled call is one that nobody measures. */
static inline bool rp_learner_may_skip(const rp_learner *l, const rp_thread *t, int64_t bytes) {
    return atomic_load_explicit(&l->mode, memory_order_relaxed) != RAPTORS_OFF &&
           !rp_is_its_turn(t->tick + 1, bytes) &&
           atomic_load_explicit(&l->run_left, memory_order_relaxed) <= 0;
}

void rp_learner_ask(rp_learner *l, rp_thread *t, const rp_question *q, rp_answer *a);
/* The duration in ns; 0: the call was not timed. */
float rp_learner_tell(rp_learner *l, rp_thread *t, const rp_question *q, const rp_answer *a,
                      const rp_outcome *done);

#endif
