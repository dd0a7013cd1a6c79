/* execute.c -- see execute.h.
 * SPDX-License-Identifier: MIT
 */
#include "execute.h"

#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "caches.h"
#include "environment.h"
#include "map.h"
#include "team.h"

/* Work that is cut into pieces, and shared out among the members in equal contiguous parts. */
typedef struct job {
    void (*run)(const struct job *job, int64_t from, int64_t to);
    const void *plan;
    char *states; /* of a fold's parts */
    int64_t pieces;
    int members;
    uint64_t *busy; /* what each member worked; NULL: nobody asks */
} job;

static void share(void *context, int member, int members) {
    const job *j = context;
    const int sharers = members < j->members ? members : j->members;
    const uint64_t start = j->busy ? rp_gate_now() : 0;
    if (member >= sharers)
        return;
    /* pieces / sharers first: the product of pieces and members could overflow */
    const int64_t each = j->pieces / sharers, more = j->pieces % sharers;
    const int64_t from = member * each + (member < more ? member : more);
    j->run(j, from, from + each + (member < more));
    if (j->busy)
        j->busy[member] = rp_gate_now() - start;
}

static rp_block block_of(rp_team_reason reason) {
    static const rp_block blocks[] = {
        [RP_TEAM_FREE] = RP_BLOCK_none,     [RP_TEAM_ONE] = RP_BLOCK_bound,
        [RP_TEAM_FORKED] = RP_BLOCK_forked, [RP_TEAM_FAILED] = RP_BLOCK_failed,
        [RP_TEAM_NESTED] = RP_BLOCK_nested, [RP_TEAM_BUSY] = RP_BLOCK_busy,
    };
    return blocks[reason];
}

/* Ask, run the job as answered, and tell. */
static void run_job(const rp_question *q, const rp_answer *a, job *j) {
    uint64_t busy[RP_MAX_THREADS];
    int members = 1;
    j->members = a->members;
    j->busy = a->timed && a->members > 1 ? busy : NULL;
    if (a->members > 1)
        members = rp_team_run(a->team, share, j);
    else
        j->run(j, 0, j->pieces);
    if (members > a->members)
        members = a->members;
    rp_team_leave();
    rp_gate_tell(q, a, &(rp_outcome){.members = members, .busy = members > 1 ? j->busy : NULL});
}

static rp_question question(rp_call_op call, raptors_dtype dtype, rp_layout layout, int64_t bytes,
                            int64_t parts, int team) {
    rp_team_enter(); /* run_job leaves */
    return (rp_question){
        .op = call,
        .dtype = dtype,
        .layout = layout,
        .blocked = parts > 1 ? block_of((rp_team_reason)rp_team_blocked()) : RP_BLOCK_bound,
        .team = team,
        .bytes = bytes,
        .parts = parts,
    };
}

/* ---- elementwise ------------------------------------------------------------------------------------- */

static void run_map(const job *j, int64_t from, int64_t to) {
    rp_map_run(j->plan, from, to);
}

static rp_layout map_layout(const rp_map *m) {
    rp_layout layout = RP_LAYOUT_contiguous;
    for (int k = 0; k < m->nest.operands; k++) {
        if (m->access[k] == RP_PACKED)
            return m->turned ? RP_LAYOUT_mixed : RP_LAYOUT_strided;
        if (m->access[k] == RP_REPEATED || !m->whole)
            layout = RP_LAYOUT_rows;
    }
    return layout;
}

/* Whether what a call touches leaves so little of the last level to others that its output had better go past it.
 * Measured: half of a 32 MB cache loses a fifth by going past, three quarters gain as much. */
static bool passes_cache(int64_t bytes) {
    return bytes > rp_cache_last_level() / 3 * 2;
}

void rp_execute_map(rp_call_op call, const rp_kernels *kernels, int op, const raptors_array *a,
                    const raptors_array *b, const raptors_array *out) {
    rp_map plan;
    rp_map_plan(&plan, kernels, op, a, b, out);
    const int64_t bytes = rp_count(out) * plan.item * plan.nest.operands;
    const rp_layout layout = map_layout(&plan);
    job j = {.run = run_map, .plan = &plan, .pieces = plan.units};
    if (rp_gate_under_floor(bytes)) {
        rp_map_run(&plan, 0, plan.units);
        rp_gate_small(call, out->dtype, layout, bytes);
        return;
    }
    rp_question q = question(call, out->dtype, layout, bytes, plan.units, rp_team_size());
    q.streamable = plan.access[0] == RP_DIRECT && passes_cache(bytes) && a->data != out->data &&
                   (!b || b->data != out->data);
    const rp_answer answer = rp_gate_ask(&q);
    plan.how = answer.stream ? RP_STREAM : 0;
    run_job(&q, &answer, &j);
}

/* ---- reductions -------------------------------------------------------------------------------------- */

static void run_units(const job *j, int64_t from, int64_t to) {
    rp_fold_run(j->plan, from, to);
}

static void run_parts(const job *j, int64_t from, int64_t to) {
    const rp_fold_plan *p = j->plan;
    for (int64_t i = from; i < to; i++)
        rp_fold_part(p, i / p->chunks, i % p->chunks, j->states + (size_t)i * rp_fold_state_bytes(p));
}

static rp_layout fold_layout(const rp_fold_plan *p) {
    return !p->direct ? RP_LAYOUT_strided : p->runs ? RP_LAYOUT_contiguous : RP_LAYOUT_rows;
}

/* Fewer outputs than members: their chunks are shared out, and joined here. Without memory for them, one thread
 * does it all. */
static bool run_in_parts(const rp_question *q, const rp_answer *a, const rp_fold_plan *p) {
    const int kept = errno;
    const size_t bytes = rp_fold_state_bytes(p), parts = (size_t)(p->units * p->chunks);
    job j = {.run = run_parts, .plan = p, .pieces = p->units * p->chunks, .states = calloc(parts, bytes)};
    errno = kept;
    if (!j.states)
        return false;
    run_job(q, a, &j);
    for (int64_t unit = 0; unit < p->units; unit++)
        rp_fold_join(p, unit, j.states + (size_t)(unit * p->chunks) * bytes);
    free(j.states);
    errno = kept;
    return true;
}

void rp_execute_fold(rp_call_op call, const rp_kernels *kernels, const rp_fold_call *fold,
                     const raptors_array *x, raptors_axes axes, const raptors_array *out) {
    rp_fold_plan plan;
    const int64_t bytes = rp_count(x) * rp_itemsize(x->dtype);
    const bool small = rp_gate_under_floor(bytes);
    const int team = small ? 1 : rp_team_size();
    rp_fold_plan_make(&plan, kernels, fold, x, axes, out, team);
    if (small) {
        rp_fold_run(&plan, 0, plan.units);
        rp_gate_small(call, x->dtype, fold_layout(&plan), bytes);
        return;
    }
    const bool enough = plan.units >= team;
    const rp_question q = question(call, x->dtype, fold_layout(&plan), bytes,
                                   enough ? plan.units : plan.units * plan.chunks, team);
    rp_answer answer = rp_gate_ask(&q);
    if (answer.members > 1 && !enough && run_in_parts(&q, &answer, &plan))
        return;
    if (answer.members == 1 && team > 1)
        rp_fold_plan_make(&plan, kernels, fold, x, axes, out, 1);
    else if (!enough)
        answer.members = 1;
    job j = {.run = run_units, .plan = &plan, .pieces = plan.units};
    run_job(&q, &answer, &j);
}
