/* worlds.c -- costs, calls, oracle.
 * SPDX-License-Identifier: MIT
 */
#include "worlds.h"

#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "place.h"

typedef struct run {
    const ts_world *world;
    ts_prng random;
    double now, last_region, tick;
    double wrong; /* ns that the clock is off */
    uint64_t readings;
    bool pool;
} run;

static run *current;

static uint64_t clock_at(double now, double tick) {
    return (uint64_t)(floor((1e6 + now) / tick) * tick);
}

uint64_t ts_world_clock(void) {
    current->readings++;
    return clock_at(current->now + current->wrong, current->tick);
}

static uint64_t empty_region(void) {
    current->now += current->world->hot;
    current->last_region = current->now;
    return (uint64_t)current->world->hot;
}

/* ---- costs ------------------------------------------------------------------------------------------------ */

/* ns a byte: as fast as the cache that holds it. */
static double slope_at(double bytes) {
    static const double ends[] = {1e6, 16e6}, slopes[] = {0.012, 0.02, 0.045};
    double in_l2 = 1 / (1 + pow(bytes / ends[0], 3)), in_l3 = 1 / (1 + pow(bytes / ends[1], 3));
    return slopes[2] + in_l3 * (slopes[1] - slopes[2]) + in_l2 * (slopes[0] - slopes[1]);
}

static double alone_cost(const ts_weather *h, int class_number, double bytes) {
    static const double factors[] = {1, 1.4, 2.2};
    double pace = h->pace > 0 ? h->pace : 1;
    return (30 + slope_at(bytes) * factors[class_number % 3] * bytes) * h->alone_factor * pace;
}

/* Without region and straggling. */
static double team_work(const ts_world *w, const ts_weather *h, int class_number, double bytes, int members) {
    ts_weather steady = *h;
    steady.alone_factor = 1;
    double all = alone_cost(&steady, class_number, bytes) / h->speedup;
    double share = (double)members / w->team;
    if (share >= 1) {
        return all;
    }
    return all * (w->half_members > 0 ? 1 + (w->half_members - 1) * (1 - share) * 2 : 1 / share);
}

static double best_team_work(const ts_world *w, const ts_weather *h, int class_number, double bytes) {
    double best = team_work(w, h, class_number, bytes, w->team);
    for (int share = 2; share <= 4 && w->team / share >= 2; share *= 2) {
        best = fmin(best, team_work(w, h, class_number, bytes, w->team / share));
    }
    return best;
}

static double noise(run *r) {
    const ts_world *w = r->world;
    double factor = 1;
    if (w->sigma > 0) {
        double u = 1 - ts_unit(&r->random), v = ts_unit(&r->random);
        factor = exp(w->sigma * sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
    return w->outliers > 0 && ts_unit(&r->random) < w->outliers ? 10 * factor : factor;
}

/* ---- the oracle ------------------------------------------------------------------------------------------- */

/* Least cost of all so far, ending with a cold and with a hot team; and without ever a team. */
typedef struct oracle {
    double cold, hot, never;
} oracle;

static void cool(oracle *o) {
    o->cold = fmin(o->cold, o->hot);
    o->hot = INFINITY;
}

static double waking(const ts_world *w) {
    return w->cold + w->dozes * w->doze;
}

static void oracle_call(oracle *o, const ts_world *w, double alone, double work) {
    double from_cold = o->cold + fmin(INFINITY, waking(w) + work), from_hot = o->hot + w->hot + work;
    double stays_hot = alone > w->awake ? INFINITY : o->hot + alone;
    double cold = fmin(o->cold, o->hot) + alone;
    o->hot = fmin(fmin(from_cold, from_hot), stays_hot);
    o->cold = cold;
    o->never += alone;
}

/* ---- a run ------------------------------------------------------------------------------------------------ */

/* One call, as the world has it. */
typedef struct call {
    rp_question q;
    ts_weather weather;
    int class_number;
    double alone, work; /* expected, without a region; the better way of writing */
    double lateness;    /* expected, of a team */
    double region;      /* as warm as the team is */
    double plain;       /* factor of writing through the cache */
    double took, price; /* once it has happened: its time, and what the other way was expected to take more */
} call;

typedef struct tally {
    double actual, alone, always;       /* expected costs */
    double level, low_mark, worst_call; /* behind working alone, as it really went; for windows */
} tally;

static bool region_is_hot(const run *r) {
    return r->pool && r->now - r->last_region <= r->world->awake;
}

static rp_question draw_question(run *r, int class_number) {
    const ts_world *w = r->world;
    double log_elements = w->low + (w->high - w->low) * ts_unit(&r->random);
    return (rp_question){.class_index =
                             rp_class_of((rp_call_op)(class_number % RP_CALL_COUNT), RAPTORS_FLOAT32,
                                         (rp_layout)(class_number % RP_LAYOUT_COUNT)),
                         .streamable = w->plain > 0 && log_elements > 18,
                         .team = w->team,
                         .bytes = 4 * (int64_t)exp2(log_elements),
                         .parts = 1 << 20};
}

static call draw_call(run *r, int i) {
    const ts_world *w = r->world;
    call c = {.class_number = (int)ts_below(&r->random, w->classes)};
    c.weather = w->change ? w->change(w, i, (uint64_t)r->now) : w->fair;
    c.q = draw_question(r, c.class_number);
    c.plain = c.q.streamable ? w->plain : 1;
    double bytes = (double)c.q.bytes, better = fmin(1, c.plain);
    c.alone = alone_cost(&c.weather, c.class_number, bytes) * better;
    c.work = best_team_work(w, &c.weather, c.class_number, bytes) * better;
    c.lateness = c.weather.straggle * c.weather.late;
    c.region = region_is_hot(r) ? w->hot : waking(w);
    return c;
}

/* Expected ns of the call as answered, but for lateness and the making of the pool. */
static double cost_as_answered(const run *r, const call *c, const rp_answer *a) {
    double way = c->q.streamable && !a->stream ? c->plain : 1, bytes = (double)c->q.bytes;
    if (a->members == 1) {
        return alone_cost(&c->weather, c->class_number, bytes) * way;
    }
    return team_work(r->world, &c->weather, c->class_number, bytes, a->members) * way + c->region;
}

static void note_loss(ts_result *out, tally *t, double loss, double before, double after) {
    t->low_mark = fmin(t->low_mark, t->level - 0.01 * before);
    t->worst_call = fmax(t->worst_call, loss);
    t->level += loss;
    out->behind = fmax(out->behind, t->level);
    out->excess = fmax(out->excess, t->level - 0.01 * after - t->low_mark - t->worst_call);
}

/* Let the call happen as answered; its time passes. */
static void happen(run *r, call *c, const rp_answer *a, tally *t, ts_result *out) {
    const ts_world *w = r->world;
    bool team = a->members > 1, first = team && !r->pool;
    double before = r->now, factor = noise(r), mine = cost_as_answered(r, c, a);
    bool late = team && c->lateness > 0 && ts_unit(&r->random) < c->weather.straggle;
    double making = first ? w->first : 0, real = mine * factor + making + (late ? c->weather.late : 0);
    if (team && c->region > w->hot && w->dozes > 0) {
        real += (ts_unit(&r->random) < w->dozes ? w->doze : 0) - w->dozes * w->doze;
    }
    r->now += real;
    if (team) {
        r->pool = true;
        r->last_region = r->now;
        out->team_calls++;
    }
    note_loss(out, t, real - c->alone * factor, before, r->now);
    double expected = mine + making + (team ? c->lateness : 0);
    double other = team ? c->alone : c->work + c->region + c->lateness;
    t->actual += expected;
    t->alone += c->alone;
    c->took = real;
    c->price = other - expected;
    double loss = fmax(0, real - factor * fmin(c->alone, c->work + c->region));
    out->worst = fmax(out->worst, first ? 0 : loss);
    out->explored += a->reason == RP_REASON_probe ? loss : 0;
    out->sampled += a->timed;
    out->wrong += other < 0.97 * expected && a->reason != RP_REASON_probe;
}

static void pause_before(run *r, oracle *o, int i) {
    const ts_world *w = r->world;
    r->now += 1000;
    if (w->burst > 0 && i % w->burst == 0) {
        r->now += w->pause;
        if (w->pause > w->awake) {
            cool(o);
        }
    }
}

static void sum_up(const run *r, const oracle *best, const tally *t, const rp_learner *l, ts_result *out) {
    double oracle_cost = fmin(best->never, fmin(best->cold, best->hot) + r->world->first);
    out->regret = 100 * (t->actual / oracle_cost - 1);
    out->alone = 100 * (t->alone / oracle_cost - 1);
    out->always = 100 * ((t->always + r->world->first) / oracle_cost - 1);
    out->total = t->actual;
    out->readings = r->readings;
    for (int c = 0; c < RP_CLASSES; c++) {
        for (int b = 0; l->classes[c].seen > 0 && b < RP_BUCKETS; b++) {
            out->flips += l->places[c][b].flips;
        }
    }
}

/* How wrong the clock is at the end of the call: it has gone back, stood still, or leapt. */
static double foolish_clock(run *r, const call *c) {
    if (ts_unit(&r->random) >= r->world->foolish) {
        return 0;
    }
    const double errors[] = {-c->took - 1e6, -c->took - r->tick / 2, 1.1e10, 1e15};
    return errors[ts_below(&r->random, 4)];
}

/* A call above the floor: ask, let it happen, tell. */
static rp_answer play_call(run *r, rp_learner *l, rp_thread *thread, call *c, tally *t, ts_result *out,
                           const ts_watcher *watcher) {
    rp_answer a;
    ts_event e = {.l = l, .t = thread, .q = &c->q, .a = &a};
    rp_learner_ask(l, thread, &c->q, &a);
    if (watcher && watcher->asked) {
        watcher->asked(watcher->context, &e);
    }
    happen(r, c, &a, t, out);
    r->wrong = r->world->foolish > 0 ? foolish_clock(r, c) : 0;
    rp_learner_tell(l, thread, &c->q, &a, &(rp_outcome){.members = a.members});
    e.foolish = r->wrong != 0;
    r->wrong = 0;
    e.took = c->took;
    e.price = c->price;
    if (watcher && watcher->told) {
        watcher->told(watcher->context, &e);
    }
    return a;
}

ts_result ts_play(const ts_world *w, uint64_t seed, rp_learner *l, const ts_watcher *watcher) {
    run r = {.world = w, .random = {seed}, .tick = w->tick > 0 ? (double)w->tick : 1};
    rp_thread thread = {0};
    oracle best = {.hot = INFINITY};
    tally t = {0};
    ts_result out = {0};
    current = &r;
    rp_learner_start(l, ts_world_clock, empty_region, w->team);
    if (watcher && watcher->started) {
        watcher->started(watcher->context, l);
    }
    for (int i = 0; i < w->calls; i++) {
        pause_before(&r, &best, i);
        call c = draw_call(&r, i);
        rp_answer a = {.members = 1, .stream = true};
        oracle_call(&best, w, c.alone, c.work + c.lateness);
        t.always += c.work + c.lateness + (w->burst > 0 && i % w->burst == 0 ? waking(w) : w->hot);
        if (rp_gate_under_floor(c.q.bytes)) {
            happen(&r, &c, &a, &t, &out);
        } else {
            a = play_call(&r, l, &thread, &c, &t, &out, watcher);
        }
        out.trace = (out.trace ^ (uint64_t)(a.members * 16 + a.arm)) * 0x100000001b3u + a.timed;
    }
    sum_up(&r, &best, &t, l, &out);
    return out;
}

rp_learner *ts_fresh_learner(void) {
    static rp_learner *learner;
    free(learner);
    learner = calloc(1, sizeof *learner);
    assert_non_null(learner);
    return learner;
}

rp_process *ts_new_process(uint64_t (*clock)(void)) {
    rp_process *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->facts = (rp_facts){.usable = 2, .machine = "a machine of the mind"};
    p->backend = "scalar";
    rp_learner_start(&p->learner, clock, NULL, 2);
    return p;
}
