/* worlds.h -- machines that do not exist, with a false clock, for the learner to live in.
 * SPDX-License-Identifier: MIT
 *
 * A world says what calls cost and when they come; a run plays it, asks the learner before each call and tells it
 * after, and compares what that took with an oracle that knows all costs, and with working alone.
 */
#ifndef TS_WORLDS_H
#define TS_WORLDS_H

#include "learner.h"
#include "process.h"
#include "prng.h"

/* How a machine is, at one moment. */
typedef struct ts_weather {
    double speedup;      /* of a team, its region aside */
    double straggle;     /* chance of a team's call to be late .. */
    double late;         /* .. by so many ns */
    double alone_factor; /* on the time of working alone */
    double pace;         /* factor on the time of all work; 0: 1 */
} ts_weather;

typedef struct ts_world {
    const char *name;
    double limit;      /* of the regret, in % */
    double worst;      /* limit of the worst seed; 0: none */
    double team_limit; /* of the calls that a team does, in %; 0: none */
    int calls;
    int low, high; /* log2 of elements, drawn evenly between */
    int classes;
    int team;
    ts_weather fair;
    double hot, cold, first; /* ns of a region */
    double awake;            /* ns for which a team stays hot */
    double dozes, doze;     /* chance that waking a team takes so many ns more: its CPU is the caller's own */
    double sigma, outliers; /* log-normal noise on every call; share of calls that take ten times */
    uint64_t tick;          /* ns of the clock's step */
    int burst;              /* calls in a burst; 0: one burst */
    double pause;           /* ns between bursts */
    double half_members;    /* time of half the members over that of all; 0: as the speed-up says */
    double plain;           /* time of writing through the cache over past it; 0: no streamable output */
    double foolish; /* chance that the clock is wrong by the end of a call, and right again after it */
    /* The weather at call i of the run, at `now`; NULL: fair. */
    ts_weather (*change)(const struct ts_world *w, int i, uint64_t now);
} ts_world;

typedef struct ts_result {
    double regret;   /* over the oracle, in % */
    double alone;    /* of always working alone, in % */
    double always;   /* of always taking the team, in % */
    double behind;   /* ns: the most that the run was ever behind working alone */
    double excess;   /* ns lost in the worst window beyond 1 % of it and its worst call */
    double worst;    /* ns: the most that a single call lost against the better way */
    double explored; /* ns lost on probes against the better way */
    double total;    /* ns of all calls */
    int team_calls;
    uint64_t readings; /* of the clock */
    int sampled;       /* calls that were measured */
    int wrong;         /* calls that would have been 3 % faster the other way, and were no probes */
    long flips;
    uint64_t trace; /* a hash of all answers */
} ts_result;

/* What has just happened to a call, for those who watch. */
typedef struct ts_event {
    rp_learner *l;
    const rp_thread *t;
    const rp_question *q;
    const rp_answer *a;
    double took, price; /* ns; price: what the way not taken would have taken more, as a rule */
    bool foolish;       /* and the clock was wrong */
} ts_event;

/* Each of them may be NULL. */
typedef struct ts_watcher {
    void (*started)(void *context, rp_learner *l);
    void (*asked)(void *context, const ts_event *e);
    void (*told)(void *context, const ts_event *e);
    void *context;
} ts_watcher;

/* Play it. The learner is all zero before, and belongs to the caller; watcher may be NULL. */
ts_result ts_play(const ts_world *w, uint64_t seed, rp_learner *l, const ts_watcher *watcher);

/* The clock of the run that goes on. */
uint64_t ts_world_clock(void);

/* A learner in its first hour, in place of the one given before; most of its memory is never touched. */
rp_learner *ts_fresh_learner(void);

/* A process with a learner that knows nothing and goes by this clock; the caller's to free. */
rp_process *ts_new_process(uint64_t (*clock)(void));

#endif
