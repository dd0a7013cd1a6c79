/* gate.h -- the one question that dispatch puts to telemetry: who does this call's work, and how?
 * SPDX-License-Identifier: MIT
 *
 * A call above the floor: ask, execute as answered, tell (always: each ask is followed by its tell, on the same
 * thread, also when the work failed). A call under the floor: rp_gate_small, which stores a few words.
 * No answer changes a result. telemetry also implements raptors_explain, raptors_telemetry,
 * raptors_telemetry_mode, raptors_telemetry_reset, raptors_profile_save and raptors_profile_load.
 */
#ifndef RP_GATE_H
#define RP_GATE_H

#include <stdbool.h>

#include "raptors.h"

/* The public call; one of the three parts of a class. */
typedef enum rp_call_op {
#define RP_MAP2(name, types, text) RP_CALL_##name,
#define RP_MAP1(name, types, text) RP_CALL_##name,
#define RP_FOLD(name, kernel, result, text) RP_CALL_##name,
#define RP_SPREAD(name, kernel, result, text) RP_CALL_##name,
#include "ops.def"
    RP_CALL_scale,
    RP_CALL_COUNT
} rp_call_op;

typedef enum rp_layout {
    RP_LAYOUT_contiguous, /* runs along memory: maps of dense arrays, folds of runs */
    RP_LAYOUT_rows,       /* folds down the rows (axis 0); maps with a broadcast operand */
    RP_LAYOUT_strided,    /* the innermost step is not one item */
    RP_LAYOUT_mixed,      /* operands that disagree: C + F */
    RP_LAYOUT_COUNT
} rp_layout;

/* What learns together: calls of one operation, dtype of the inputs and layout. One number, the layout lowest. */
enum { RP_DTYPES = 4, RP_CLASSES = RP_CALL_COUNT * RP_DTYPES * RP_LAYOUT_COUNT };

static inline int rp_class_of(rp_call_op op, raptors_dtype dtype, rp_layout layout) {
    return ((int)op * RP_DTYPES + (int)dtype) * RP_LAYOUT_COUNT + (int)layout;
}
static inline rp_call_op rp_class_op(int class_index) {
    return (rp_call_op)(class_index / RP_LAYOUT_COUNT / RP_DTYPES);
}
static inline raptors_dtype rp_class_dtype(int class_index) {
    return (raptors_dtype)(class_index / RP_LAYOUT_COUNT % RP_DTYPES);
}
static inline rp_layout rp_class_layout(int class_index) {
    return (rp_layout)(class_index % RP_LAYOUT_COUNT);
}

/* Why no region may open for this call, whatever would pay. */
typedef enum rp_block {
    RP_BLOCK_none,
    RP_BLOCK_bound,  /* one thread allowed, one CPU usable, or one piece of work */
    RP_BLOCK_nested, /* the caller is inside a parallel region */
    RP_BLOCK_busy,   /* another thread of the process holds the team */
    RP_BLOCK_forked, /* the process is a child of fork */
    RP_BLOCK_failed  /* threads could not be created */
} rp_block;

typedef struct rp_question {
    int class_index;
    rp_block blocked;
    bool streamable; /* the output is larger than the caches keep, and may be written past them */
    bool tileable;   /* rp_answer.tile makes a difference */
    int team;        /* the most members that the caller and the machine allow, >= 1 */
    int64_t bytes;   /* read and written by the call */
    int64_t parts;   /* the most pieces that the fixed order lets the work be cut into */
} rp_question;

/* The first five fields are for dispatch, the rest is telemetry's own until the tell. */
typedef struct rp_answer {
    int members;  /* 1: no region */
    int team;     /* open the region with this many (>= members); the surplus gets no work */
    int64_t tile; /* bytes in a piece of work; 0: one piece a member */
    bool stream;  /* write past the cache */
    bool timed;   /* this call's duration is looked at */
    bool hot, first;
    /* watched: measured closely. Whether other calls ran meanwhile is known at the end; dispatch fills rp_outcome.busy */
    bool watched, disturbed;
    uint32_t serial;  /* of the watched calls */
    uint32_t regions; /* that calls nobody watched have opened, at the start */
    uint8_t arm, reason, probe;
    uint64_t start, word; /* when, and by which word, it was asked */
    float expected;       /* ns; 0: unknown */
    float alone;          /* what it would take alone */
    float instead;        /* what the way that was not taken for a probe's sake would take */
} rp_answer;

typedef struct rp_outcome {
    int members;          /* that really worked; 1 where the region was refused after all */
    const uint64_t *busy; /* by rp_gate_now, what each member worked; NULL: not measured */
} rp_outcome;

/* What dispatch knows of the process. Strings outlive the library's use. */
typedef struct rp_facts {
    uint64_t (*clock)(void); /* nanoseconds since some moment */
    uint64_t (*empty_region)(
        void);              /* open and close a region without work: the ns it took; NULL: not to be had */
    int usable;             /* CPUs that this process may really use */
    const char *usable_why; /* "affinity", "quota", "RAPTORS_THREADS", .. */
    const char *backend;
    const char *backend_why; /* "best that this machine can run", "RAPTORS_SIMD", "raptors_set_backend" */
    const char *machine;     /* the profile's key: CPU, quota, OpenMP runtime, wait policy; one line */
    const char *profile;     /* RAPTORS_PROFILE: a path to load now and to save at exit, or NULL */
    raptors_mode mode;       /* RAPTORS_TELEMETRY */
    bool verbose;            /* RAPTORS_VERBOSE */
} rp_facts;

enum {
    RP_GATE_FLOOR = 1 << 14
}; /* bytes; the smallest region costs more than a part of so little could save */

/* Once, from the library's constructor, before any call. */
void rp_gate_start(const rp_facts *facts);
/* Once, from the destructor: saves the profile that rp_facts named. Not in a child of fork. */
void rp_gate_stop(void);
/* The backend in use has changed; what was learned with the other is a prior at best. */
void rp_gate_backend(const char *name, const char *why);

/* No clock, no statistic and no region below the floor. */
static inline bool rp_gate_under_floor(int64_t bytes) {
    return bytes < RP_GATE_FLOOR;
}

void rp_gate_small(int class_index, int64_t bytes);
/* Whether it is settled that such a call works alone, and this one is not to be measured. True: that is all there is
 * to ask and to tell. Not for calls whose output may be written past the caches. */
bool rp_gate_alone(int class_index, int64_t bytes);
void rp_gate_ask(const rp_question *q, rp_answer *a);
void rp_gate_tell(const rp_question *q, const rp_answer *a, const rp_outcome *done);

/* The clock that was handed in. */
uint64_t rp_gate_now(void);

#endif
