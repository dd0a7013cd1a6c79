/* execute.c -- see execute.h.
 * SPDX-License-Identifier: MIT
 */
#include "execute.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "array.h"
#include "caches.h"
#include "environment.h"
#include "map.h"
#include "team.h"

/* Work that is cut into pieces. Each member has an equal contiguous stretch of them, and then helps those that are
 * late: a sleeping worker must not hold up a call that others can finish. */
typedef struct job {
    void (*run)(const struct job *job, int64_t from, int64_t to);
    const void *plan;
    char *states; /* of a fold's parts */
    int64_t pieces;
    int members;
    int64_t grain;         /* pieces that are taken at a time; 0: all of a stretch */
    _Atomic int64_t *next; /* of each member's stretch, the first piece that nobody has taken */
    uint64_t *busy;        /* what each member worked; NULL: nobody asks */
} job;

/* Where the stretch of member m begins; for m = members, where all ends. */
static int64_t stretch_start(const job *j, int64_t m) {
    /* pieces / members first: the product of pieces and members could overflow */
    const int64_t each = j->pieces / j->members, more = j->pieces % j->members;
    return m * each + (m < more ? m : more);
}

static void work_off(const job *j, int m) {
    const int64_t end = stretch_start(j, m + 1), grain = j->grain ? j->grain : end;
    while (atomic_load_explicit(&j->next[m], memory_order_relaxed) < end) {
        const int64_t from = atomic_fetch_add_explicit(&j->next[m], grain, memory_order_relaxed);
        if (from < end)
            j->run(j, from, end - from < grain ? end : from + grain);
    }
}

static void share(void *context, int member, int members) {
    const job *j = context;
    (void)members; /* may be fewer than there are stretches: they do the rest too */
    if (member >= j->members)
        return;
    const uint64_t start = j->busy ? rp_gate_now() : 0;
    for (int k = 0; k < j->members; k++)
        work_off(j, (member + k) % j->members);
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

/* How many members worked. */
static int run_on_team(const rp_question *q, const rp_answer *a, job *j) {
    _Atomic int64_t next[RP_MAX_THREADS];
    const int64_t piece = q->bytes / j->pieces + 1;
    j->members = a->members;
    j->grain = (a->tile + piece - 1) / piece;
    j->next = next;
    for (int m = 0; m < j->members; m++) {
        atomic_init(&next[m], stretch_start(j, m));
        if (j->busy)
            j->busy[m] = 0;
    }
    const int members = rp_team_run(a->team, share, j);
    return members < a->members ? members : a->members;
}

/* Run the job as answered, and tell. */
static void run_job(const rp_question *q, const rp_answer *a, job *j) {
    uint64_t busy[RP_MAX_THREADS];
    int members = 1;
    if (a->members > 1) {
        j->busy = a->watched ? busy : NULL;
        members = run_on_team(q, a, j);
    } else {
        j->run(j, 0, j->pieces);
    }
    rp_team_leave();
    rp_gate_tell(q, a, &(rp_outcome){.members = members, .busy = members > 1 ? j->busy : NULL});
}

static rp_question question(int class_index, int64_t bytes, int64_t parts, int team) {
    rp_team_enter(); /* run_job leaves */
    return (rp_question){
        .class_index = class_index,
        .blocked = parts > 1 ? block_of((rp_team_reason)rp_team_blocked()) : RP_BLOCK_bound,
        .tileable = true,
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
        if (m->access[k] == RP_PACKED || m->access[k] == RP_STEPPED)
            return m->turned ? RP_LAYOUT_mixed : RP_LAYOUT_strided;
        if (m->access[k] == RP_REPEATED || !m->whole)
            layout = RP_LAYOUT_rows;
    }
    return layout;
}

/* Whether the output had better be written past the cache, if it is not read back in this very call: what the call touches
 * leaves little of the cache to others, or so much is written that nobody finds it there. The gate learns where that is
 * wrong. What is turned is written in stretches too short for it: each begins and ends inside a line, and a part of a line
 * that passes the cache waits for memory by itself. A copy in one run that no cache could keep is left to the C library,
 * which passes the cache by itself then, some pages at a time. */
static bool may_stream(const rp_map *m, int64_t bytes, int64_t written, const raptors_array *a,
                       const raptors_array *b, const raptors_array *out) {
    const bool large = bytes > rp_cache_keeps() || written >= rp_cache_reach();
    const bool librarys = m->copies && m->whole && m->access[1] == RP_DIRECT && written > rp_cache_keeps();
    return large && !librarys && !m->turned && m->access[0] == RP_DIRECT && a->data != out->data &&
           (!b || b->data != out->data);
}

/* Whether the kernels read one operand, element by element. Of two, each gives the other's lines time to come, and asking
 * costs 1-4 %; copies are the C library's. */
static bool one_stream(const rp_map *m) {
    int direct = 0;
    for (int k = 1; k < m->nest.operands; k++)
        direct += m->access[k] == RP_DIRECT;
    return direct == 1 && !m->copies;
}

void rp_execute_map(rp_call_op call, const rp_kernels *kernels, int op, const raptors_array *a,
                    const raptors_array *b, const raptors_array *out) {
    rp_map plan;
    rp_map_plan(&plan, kernels, op, a, b, out);
    const int64_t written = rp_count(out) * plan.item;
    const int64_t bytes = written + (rp_count(a) + (b ? rp_count(b) : 0)) * plan.item;
    const int class_index = rp_class_of(call, out->dtype, map_layout(&plan));
    const bool streamable = may_stream(&plan, bytes, written, a, b, out);
    plan.asks = plan.turned && plan.access[0] == RP_DIRECT && bytes > rp_cache_own();
    plan.how = bytes > rp_cache_first() ? RP_OUTER : 0;
    plan.how |= rp_cache_distance(bytes) == RP_FAR && one_stream(&plan) ? RP_AHEAD : 0;
    if (rp_gate_under_floor(bytes)) {
        rp_map_run(&plan, 0, plan.units);
        rp_gate_small(class_index, bytes);
    } else if (!streamable && rp_gate_alone(class_index, bytes)) {
        rp_map_run(&plan, 0, plan.units);
    } else {
        rp_question q = question(class_index, bytes, plan.units, rp_team_size());
        q.streamable = streamable;
        rp_answer answer;
        rp_gate_ask(&q, &answer);
        plan.how |= answer.stream ? RP_STREAM : 0;
        run_job(&q, &answer, &(job){.run = run_map, .plan = &plan, .pieces = plan.units});
    }
}

/* ---- reductions -------------------------------------------------------------------------------------- */

static void run_units(const job *j, int64_t from, int64_t to) {
    rp_fold_run(j->plan, from, to);
}

static void run_parts(const job *j, int64_t from, int64_t to) {
    rp_fold_parts(j->plan, from, to, j->states);
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

/* Cut for the team, if the gate gives it; else as it was. */
static void run_fold(const rp_question *q, const rp_answer *a, const rp_fold_plan *alone,
                     const rp_fold_plan *shared) {
    const bool enough = shared->units >= q->team;
    rp_answer answer = *a;
    if (a->members > 1 && !enough && run_in_parts(q, a, shared))
        return;
    if (!enough)
        answer.members = 1;
    const rp_fold_plan *p = answer.members > 1 ? shared : alone;
    run_job(q, &answer, &(job){.run = run_units, .plan = p, .pieces = p->units});
}

void rp_execute_fold(rp_call_op call, const rp_kernels *kernels, const rp_fold_call *fold,
                     const raptors_array *x, raptors_axes axes, const raptors_array *out) {
    rp_fold_plan alone, shared;
    const int64_t bytes = rp_count(x) * rp_itemsize(x->dtype);
    rp_fold_plan_make(&alone, kernels, fold, x, axes, out, 1);
    alone.distance = rp_cache_distance(bytes);
    const int class_index = rp_class_of(call, x->dtype, fold_layout(&alone));
    if (rp_gate_under_floor(bytes)) {
        rp_fold_run(&alone, 0, alone.units);
        rp_gate_small(class_index, bytes);
    } else if (rp_gate_alone(class_index, bytes)) {
        rp_fold_run(&alone, 0, alone.units);
    } else {
        const int team = rp_team_size();
        rp_fold_plan_make(&shared, kernels, fold, x, axes, out, team);
        shared.distance = alone.distance;
        const int64_t parts = shared.units >= team ? shared.units : shared.units * shared.chunks;
        const rp_question q = question(class_index, bytes, parts, team);
        rp_answer answer;
        rp_gate_ask(&q, &answer);
        run_fold(&q, &answer, &alone, &shared);
    }
}
