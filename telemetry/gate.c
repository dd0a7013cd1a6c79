/* gate.c -- asks and tells: the fixed prior.
 * SPDX-License-Identifier: MIT
 */
#include "gate.h"

#include <stdio.h>

enum { PRIOR_CUTOVER = 1 << 20 }; /* bytes; between where hot and where cold teams break even */

typedef struct last_call {
    rp_call_op op;
    raptors_dtype dtype;
    rp_layout layout;
    int members;
    int64_t bytes;
} last_call;

static rp_facts facts;
static _Thread_local last_call last __attribute__((tls_model("global-dynamic")));

void rp_gate_start(const rp_facts *given)
{
    facts = *given;
}

void rp_gate_stop(void)
{
}

void rp_gate_backend(const char *name, const char *why)
{
    facts.backend = name;
    facts.backend_why = why;
}

void rp_gate_small(rp_call_op op, raptors_dtype dtype, rp_layout layout, int64_t bytes)
{
    last = (last_call){op, dtype, layout, 1, bytes};
}

rp_answer rp_gate_ask(const rp_question *q)
{
    rp_answer a = {.members = 1, .team = 1};
    if (q->bytes >= PRIOR_CUTOVER && !q->blocked && q->team > 1 && q->parts > 1) {
        a.members = q->parts < q->team ? (int)q->parts : q->team;
        a.team = q->team;
    }
    a.stream = q->streamable;
    return a;
}

void rp_gate_tell(const rp_question *q, const rp_answer *a, const rp_outcome *done)
{
    (void)a;
    last = (last_call){q->op, q->dtype, q->layout, done->members, q->bytes};
}

uint64_t rp_gate_now(void)
{
    return facts.clock ? facts.clock() : 0;
}

size_t raptors_explain(char *buffer, size_t size)
{
    int n = snprintf(buffer, size, "{\"members\": %d, \"bytes\": %lld, \"reason\": \"prior\"}", last.members,
                     (long long)last.bytes);
    return n < 0 ? 0 : (size_t)n;
}

size_t raptors_telemetry(char *buffer, size_t size)
{
    int n = snprintf(buffer, size, "{\"usable\": %d, \"prior_cutover\": %d}", facts.usable, PRIOR_CUTOVER);
    return n < 0 ? 0 : (size_t)n;
}

raptors_status raptors_telemetry_mode(raptors_mode mode)
{
    if (mode != RAPTORS_LEARN && mode != RAPTORS_FREEZE && mode != RAPTORS_OFF)
        return RAPTORS_ERROR_VALUE;
    facts.mode = mode;
    return RAPTORS_OK;
}

void raptors_telemetry_reset(void)
{
}

raptors_status raptors_profile_save(const char *path)
{
    return path ? RAPTORS_ERROR_IO : RAPTORS_ERROR_NULL;
}

raptors_status raptors_profile_load(const char *path)
{
    return path ? RAPTORS_ERROR_IO : RAPTORS_ERROR_NULL;
}
