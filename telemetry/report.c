/* report.c -- what was learned, and why the last call ran as it did, as JSON.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "place.h"
#include "process.h"

typedef struct report {
    char *buffer;
    size_t size, used; /* used: what it would take, whatever the size */
} report;

static __attribute__((format(printf, 2, 3))) void say(report *r, const char *format, ...) {
    bool room = r->used < r->size;
    va_list values;
    va_start(values, format);
    int n = vsnprintf(room ? r->buffer + r->used : NULL, room ? r->size - r->used : 0, format, values);
    va_end(values);
    r->used += n > 0 ? (size_t)n : 0;
}

static void say_text(report *r, const char *name, const char *text) {
    say(r, "\"%s\": \"", name);
    for (const char *c = text ? text : ""; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            say(r, "\\%c", *c);
        } else if ((unsigned char)*c < ' ') {
            say(r, "\\u%04x", (unsigned)*c);
        } else {
            say(r, "%c", *c);
        }
    }
    say(r, "\"");
}

/* A number, or null where there is none. */
static void say_time(report *r, const char *name, float ns) {
    if (ns > 0 && isfinite(ns)) {
        say(r, "\"%s\": %.0f", name, (double)ns);
    } else {
        say(r, "\"%s\": null", name);
    }
}

/* ---- places ----------------------------------------------------------------------------------------------- */

static void say_arm(report *r, const rp_learner *l, rp_spot s, rp_arm arm, float bytes) {
    const rp_cell *c = &l->places[s.class_index][s.bucket].arm[arm];
    float ratio = rp_cell_today(l, c, arm);
    say(r, "\"%s\": {", rp_arm_name(arm));
    say_time(r, "ns", ratio * rp_model(l, s.class_index, bytes, arm));
    say(r, ", \"spread\": %.3f, \"batches\": %d, \"today\": %s}", (double)c->spread, (int)c->batches,
        rp_cell_is_of_today(l, c, arm) ? "true" : "false");
}

static void say_decision(report *r, const rp_decision *d, int hot) {
    say(r, "\"%s\": {\"team\": %s, \"reason\": \"%s\", \"adopted\": %s}", hot ? "when_hot" : "when_cold",
        d->team[hot] ? "true" : "false", rp_reason_name((rp_reason)d->reason[hot]),
        d->adopted[hot] ? "true" : "false");
}

/* What is known of a place, at the size in its middle. */
static void say_place(report *r, const rp_learner *l, rp_spot s) {
    const rp_place *p = &l->places[s.class_index][s.bucket];
    rp_decision d = rp_decision_unpack(rp_decided(l, s));
    float bytes = sqrtf((float)rp_bucket_start(s.bucket) * (float)rp_bucket_start(s.bucket + 1));
    say(r, "{\"bytes\": %.0f, \"samples\": %d, \"flips\": %d, ", (double)bytes, (int)p->samples,
        (int)p->flips);
    for (int arm = 0; arm < RP_ARM_COUNT; arm++) {
        if (arm == RP_ARM_alone || arm == RP_ARM_cold || arm == RP_ARM_hot || p->arm[arm].batches > 0) {
            say_arm(r, l, s, (rp_arm)arm, bytes);
            say(r, ", ");
        }
    }
    say_decision(r, &d, 0);
    say(r, ", ");
    say_decision(r, &d, 1);
    say(r, ", \"alone_arm\": \"%s\", \"team_arm\": \"%s\", ", rp_arm_name((rp_arm)d.alone_arm),
        rp_arm_name((rp_arm)d.hot_arm));
    float imbalance = rp_cell_guess(&p->imbalance);
    say(r, "\"imbalance\": ");
    say(r, imbalance > 0 ? "%.3f}" : "null}", (double)imbalance);
}

/* Bytes from which on a team is taken; 0: nowhere. */
static int64_t cutover(const rp_learner *l, int class_index, int hot) {
    int64_t from = 0;
    for (int b = RP_BUCKETS - 1; b >= 0; b--) {
        rp_decision d = rp_decision_unpack(rp_decided(l, (rp_spot){class_index, b}));
        if (d.known && !d.team[hot]) {
            break;
        }
        from = d.known ? rp_bucket_start(b) : from;
    }
    return from;
}

static void say_cutover(report *r, const rp_learner *l, int class_index, int hot) {
    int64_t from = cutover(l, class_index, hot);
    say(r, "\"cutover_%s\": ", hot ? "hot" : "cold");
    say(r, from > 0 ? "%lld, " : "null, ", (long long)from);
}

static void say_class(report *r, const rp_learner *l, int c, const char *before) {
    const char *comma = "";
    say(r, "%s{\"operation\": \"%s\", \"dtype\": \"%s\", \"layout\": \"%s\", ", before,
        rp_call_name(rp_class_op(c)), rp_type_name(rp_class_dtype(c)),
        rp_layout_name((rp_layout)(c % RP_LAYOUT_COUNT)));
    say_cutover(r, l, c, 1);
    say_cutover(r, l, c, 0);
    say(r, "\"places\": [");
    for (int b = 0; b < RP_BUCKETS; b++) {
        if (rp_decision_unpack(rp_decided(l, (rp_spot){c, b})).known) {
            say(r, "%s", comma);
            say_place(r, l, (rp_spot){c, b});
            comma = ", ";
        }
    }
    say(r, "]}");
}

/* ---- the process ------------------------------------------------------------------------------------------ */

static void say_process(report *r, rp_process *p) {
    const rp_facts *f = &p->facts;
    say_text(r, "version", raptors_version());
    say(r, ", \"mode\": \"%s\", ",
        rp_mode_name(atomic_load_explicit(&p->learner.mode, memory_order_relaxed)));
    say(r, "\"cpus\": {\"usable\": %d, ", f->usable);
    say_text(r, "why", f->usable_why);
    say(r, "}, \"backend\": {");
    say_text(r, "name", atomic_load_explicit(&p->backend, memory_order_relaxed));
    say(r, ", ");
    say_text(r, "why", atomic_load_explicit(&p->backend_why, memory_order_relaxed));
    say(r, "}, ");
    say_text(r, "machine", f->machine);
    say(r, ", \"profile\": {");
    say_text(r, "path", f->profile);
    say(r, ", ");
    say_text(r, "state",
             rp_profile_state_name(atomic_load_explicit(&p->profile_state, memory_order_relaxed)));
    say(r, ", ");
    say_text(r, "reason", atomic_load_explicit(&p->profile_reason, memory_order_relaxed));
    say(r, "}, ");
}

static void say_learner(report *r, rp_learner *l) {
    uint64_t now = l->clock();
    say(r, "\"team\": %d, \"floor\": %d, ", l->team, (int)RP_GATE_FLOOR);
    say(r, "\"region_ns\": {\"hot\": %.0f, \"cold\": %.0f, \"first\": %.0f, \"calibrated\": %s}, ",
        (double)l->region.hot, (double)rp_estimate_untried(l, 0).cold, (double)l->region.first,
        l->region.calibrated ? "true" : "false");
    say(r, "\"exploration\": {\"tokens_ns\": %.0f, \"spent_ns\": %.0f, \"probes\": %u, \"ignitions\": %u}, ",
        (double)l->tokens, (double)l->spent, l->probes, l->ignitions);
    say(r, "\"ledger_ns\": %lld, \"breaker\": {\"open\": %s, \"trips\": %u, \"premium_ns\": %u}, ",
        (long long)atomic_load_explicit(&l->ledger.balance, memory_order_relaxed),
        rp_ledger_open(&l->ledger) ? "false" : "true",
        atomic_load_explicit(&l->ledger.trips, memory_order_relaxed), rp_ledger_premium(&l->ledger, now));
    say(r, "\"epochs\": %u, \"classes\": [", l->epochs);
    const char *comma = "";
    for (int c = 0; c < RP_CLASSES; c++) {
        if (l->classes[c].seen > 0) {
            say_class(r, l, c, comma);
            comma = ", ";
        }
    }
    say(r, "]");
}

size_t raptors_telemetry(char *buffer, size_t size) {
    rp_process *p = rp_process_get();
    report r = {buffer, buffer ? size : 0, 0};
    say(&r, "{");
    say_process(&r, p);
    rp_learner_lock(&p->learner);
    say_learner(&r, &p->learner);
    rp_learner_unlock(&p->learner);
    say(&r, "}");
    return r.used;
}

/* ---- the last call ---------------------------------------------------------------------------------------- */

static void say_row(report *r, rp_learner *l, const rp_last_call *last) {
    rp_spot s = {last->class_index, rp_bucket_of(last->bytes)};
    bool row = last->bytes >= RP_GATE_FLOOR && rp_decision_unpack(rp_decided(l, s)).known;
    float expected = last->expected;
    rp_learner_lock(l);
    if (expected <= 0 && row) {
        rp_estimate e = rp_estimate_at(l, s, (float)last->bytes);
        expected = last->members == 1 ? e.alone : last->hot ? e.hot : e.cold;
    }
    say_time(r, "predicted_ns", expected);
    say(r, ", ");
    say_time(r, "measured_ns", last->measured);
    say(r, ", \"place\": ");
    if (row) {
        say_place(r, l, s);
    } else {
        say(r, "null");
    }
    rp_learner_unlock(l);
}

size_t raptors_explain(char *buffer, size_t size) {
    rp_process *p = rp_process_get();
    const rp_last_call last = *rp_last_call_get();
    report r = {buffer, buffer ? size : 0, 0};
    if (!last.known) {
        say(&r, "{\"operation\": null}");
        return r.used;
    }
    say(&r, "{\"operation\": \"%s\", \"dtype\": \"%s\", \"layout\": \"%s\", ",
        rp_call_name(rp_class_op(last.class_index)), rp_type_name(rp_class_dtype(last.class_index)),
        rp_layout_name(rp_class_layout(last.class_index)));
    say(&r, "\"bytes\": %lld, \"members\": %d, \"team\": %d, \"tile\": %lld, \"stream\": %s, ",
        (long long)last.bytes, last.members, last.team, (long long)last.tile, last.stream ? "true" : "false");
    say(&r, "\"temperature\": \"%s\", \"reason\": \"%s\", ", last.hot ? "hot" : "cold",
        rp_reason_name((rp_reason)last.reason));
    say_text(&r, "backend", atomic_load_explicit(&p->backend, memory_order_relaxed));
    say(&r, ", ");
    say_row(&r, &p->learner, &last);
    say(&r, "}");
    return r.used;
}
