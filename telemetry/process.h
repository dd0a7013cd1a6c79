/* process.h -- the process's one learner, what is known of the process, and the names of things.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_PROCESS_H
#define RP_PROCESS_H

#include "gate.h"
#include "learner.h"

/* What became of the profile. */
typedef enum rp_profile_state {
    RP_PROFILE_absent,
    RP_PROFILE_loaded,
    RP_PROFILE_saved,
    RP_PROFILE_ignored,
    RP_PROFILE_unsaved
} rp_profile_state;

typedef struct rp_process {
    rp_facts facts;
    _Atomic(const char *) backend, backend_why;
    _Atomic int profile_state;
    _Atomic(const char *) profile_reason; /* why it was ignored or not saved; "" */
    rp_learner learner;
} rp_process;

rp_process *rp_process_get(void);

/* This thread's last call, as raptors_explain tells it. */
typedef struct rp_last_call {
    uint16_t class_index;
    uint8_t reason, arm;
    bool hot, stream, known;
    int members, team;
    int64_t bytes, tile;
    float expected, measured; /* ns; 0: unknown */
} rp_last_call;

const rp_last_call *rp_last_call_get(void);
/* This thread's part in the learner. */
rp_thread *rp_thread_get(void);

const char *rp_call_name(rp_call_op op);
const char *rp_type_name(raptors_dtype dtype);
const char *rp_layout_name(rp_layout layout);
const char *rp_arm_name(rp_arm arm);
const char *rp_reason_name(rp_reason reason);
const char *rp_mode_name(int mode);
const char *rp_profile_state_name(int state);
/* The number of the name in such a list; -1: none. */
int rp_call_number(const char *name);
int rp_type_number(const char *name);
int rp_layout_number(const char *name);
int rp_arm_number(const char *name);

#endif
