/* gate.c -- the process's gate: its learner, each thread's part in it, and what was answered last.
 * SPDX-License-Identifier: MIT
 */
#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "place.h"
#include "process.h"
#include "profile.h"
#include "status.h"

static uint64_t no_clock(void) {
    return 0;
}

/* All zero until the constructor starts it: megabytes that the library's file need not hold. */
static rp_process process;

/* Of a model that does not use up the loader's small reserve of static TLS. */
static _Thread_local struct {
    rp_last_call last;
    rp_thread thread;
} self __attribute__((tls_model("global-dynamic")));

static bool verbose;

rp_process *rp_process_get(void) {
    return &process;
}

const rp_last_call *rp_last_call_get(void) {
    return &self.last;
}

rp_thread *rp_thread_get(void) {
    return &self.thread;
}

void rp_gate_start(const rp_facts *facts) {
    process.facts = *facts;
    verbose = facts->verbose;
    rp_gate_backend(facts->backend, facts->backend_why);
    atomic_store_explicit(&process.profile_reason, "", memory_order_relaxed);
    atomic_store_explicit(&process.learner.mode, (int)facts->mode, memory_order_relaxed);
    rp_learner_start(&process.learner, facts->clock ? facts->clock : no_clock, facts->empty_region,
                     facts->usable);
    if (facts->profile) {
        rp_profile_load_from(&process, facts->profile);
    }
}

void rp_gate_stop(void) {
    if (process.facts.profile &&
        atomic_load_explicit(&process.learner.mode, memory_order_relaxed) == RAPTORS_LEARN) {
        rp_profile_save_to(&process, process.facts.profile);
    }
}

void rp_gate_backend(const char *name, const char *why) {
    atomic_store_explicit(&process.backend, name, memory_order_relaxed);
    atomic_store_explicit(&process.backend_why, why, memory_order_relaxed);
}

uint64_t rp_gate_now(void) {
    return process.learner.clock();
}

/* One line on stderr in one write; no buffer of stdio's is touched. */
static __attribute__((cold, noinline)) void say_last_call(void) {
    char line[1024] = "raptors: ";
    int kept = errno;
    size_t used = 9, length = raptors_explain(line + used, sizeof line - used - 1);
    used += length < sizeof line - used - 1 ? length : sizeof line - used - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) {
        /* nobody listens */
    }
    errno = kept;
}

static inline void note_alone(rp_last_call *last, int class_index, int64_t bytes, unsigned reason) {
    *last = (rp_last_call){.class_index = (uint16_t)class_index,
                           .reason = (uint8_t)reason,
                           .known = true,
                           .members = 1,
                           .team = 1,
                           .bytes = bytes};
    if (verbose) {
        say_last_call();
    }
}

void rp_gate_small(int class_index, int64_t bytes) {
    note_alone(&self.last, class_index, bytes, RP_REASON_floor);
}

/* Apart, as is what else a team's call does not pass: saving registers for it would be a part of what asking costs. */
static __attribute__((noinline)) bool skip(int class_index, int64_t bytes, uint64_t word) {
    rp_last_call *last = &self.last;
    rp_thread *t = &self.thread;
    if (!rp_learner_may_skip(&process.learner, t, bytes)) {
        return false;
    }
    t->tick++;
    note_alone(last, class_index, bytes, rp_word_reason(word, 0));
    return true;
}

bool rp_gate_alone(int class_index, int64_t bytes) {
    const rp_spot spot = {class_index, rp_bucket_of(bytes)};
    const uint64_t word = rp_decided(&process.learner, spot);
    return rp_word_is_settled_alone(word) && skip(class_index, bytes, word);
}

static __attribute__((cold, noinline)) void answer_before_the_start(const rp_question *q, rp_answer *a) {
    *a = (rp_answer){0};
    rp_answer_alone(a, q, RP_ARM_alone, RP_REASON_prior);
}

void rp_gate_ask(const rp_question *q, rp_answer *a) {
    if (__builtin_expect(process.learner.clock == NULL, 0)) { /* called before the constructor */
        answer_before_the_start(q, a);
        return;
    }
    rp_learner_ask(&process.learner, &self.thread, q, a);
}

void rp_gate_tell(const rp_question *q, const rp_answer *a, const rp_outcome *done) {
    float duration = rp_learner_tell(&process.learner, &self.thread, q, a, done);
    self.last = (rp_last_call){.class_index = (uint16_t)q->class_index,
                               .reason = a->reason,
                               .arm = a->arm,
                               .hot = a->hot,
                               .stream = a->stream,
                               .known = true,
                               .members = done->members,
                               .team = a->team,
                               .bytes = q->bytes,
                               .tile = a->tile,
                               .expected = a->expected,
                               .measured = duration};
    if (verbose) {
        say_last_call();
    }
}

raptors_status raptors_telemetry_mode(raptors_mode mode) {
    if (mode != RAPTORS_LEARN && mode != RAPTORS_FREEZE && mode != RAPTORS_OFF) {
        return rp_fail(RAPTORS_ERROR_VALUE, "raptors_telemetry_mode",
                       "mode %d is not RAPTORS_LEARN, RAPTORS_FREEZE or RAPTORS_OFF", (int)mode);
    }
    atomic_store_explicit(&process.learner.mode, (int)mode, memory_order_relaxed);
    return RAPTORS_OK;
}

void raptors_telemetry_reset(void) {
    rp_learner_lock(&process.learner);
    rp_learner_reset(&process.learner);
    rp_learner_unlock(&process.learner);
}

raptors_status raptors_profile_save(const char *path) {
    static const char function[] = "raptors_profile_save";
    if (path == NULL) {
        return rp_fail(RAPTORS_ERROR_NULL, function, "path is NULL");
    }
    const char *trouble = rp_profile_save_to(&process, path);
    return trouble ? rp_fail(RAPTORS_ERROR_IO, function, "%s: %s", path, trouble) : RAPTORS_OK;
}

raptors_status raptors_profile_load(const char *path) {
    static const char function[] = "raptors_profile_load";
    if (path == NULL) {
        return rp_fail(RAPTORS_ERROR_NULL, function, "path is NULL");
    }
    const char *trouble = rp_profile_load_from(&process, path);
    return trouble ? rp_fail(RAPTORS_ERROR_IO, function, "%s: %s", path, trouble) : RAPTORS_OK;
}
