/* map.c -- the exact results of elementwise operations, and the judgement of a result.
 * SPDX-License-Identifier: MIT
 *
 * float32 goes through float64, which rounds sums, products, quotients and roots of float32 values twice
 * without harm. An operation that has no row here is held to the scalar backend alone.
 */
#include "reference.h"

#include <math.h>
#include <string.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

typedef struct oracle {
    const char *name;
    double (*real)(double a, double b);
    wide (*whole)(wide a, wide b);
    int zeros_alike; /* which of two zeros is taken is not said */
} oracle;

#define PAIR(name, real, whole)                                                                              \
    static double name##_real(double a, double b) {                                                          \
        (void)b;                                                                                             \
        return real;                                                                                         \
    }                                                                                                        \
    static wide name##_whole(wide a, wide b) {                                                               \
        (void)b;                                                                                             \
        return whole;                                                                                        \
    }
/* clang-format off */
PAIR(add, a + b, a + b)
PAIR(subtract, a - b, a - b)
PAIR(multiply, a * b, (wide)((uwide)a * (uwide)b))
PAIR(divide, a / b, a)
PAIR(minimum, isnan(a) || isnan(b) ? (double)NAN : a < b ? a : b, a < b ? a : b)
PAIR(maximum, isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b, a > b ? a : b)
PAIR(negative, -a, -a)
PAIR(absolute, fabs(a), a < 0 ? -a : a)
PAIR(square, a * a, (wide)((uwide)a * (uwide)a))
PAIR(sqrt, sqrt(a), a)
PAIR(copy, a, a)
/* clang-format on */

#define ROW(name, zeros)                                                                                     \
    { #name, name##_real, name##_whole, zeros }
static const oracle oracles[] = {
    ROW(add, 0),     ROW(subtract, 0), ROW(multiply, 0), ROW(divide, 0),
    ROW(minimum, 1), ROW(maximum, 1),  ROW(negative, 0), ROW(absolute, 0),
    ROW(square, 0),  ROW(sqrt, 0),     ROW(copy, 0),     {"scale", multiply_real, multiply_whole, 0},
};

static const oracle *oracle_of(const ts_op *op) {
    for (size_t k = 0; k < sizeof oracles / sizeof *oracles; k++)
        if (!strcmp(oracles[k].name, op->name))
            return &oracles[k];
    return NULL;
}

static wide whole_at(const void *p, raptors_dtype t) {
    int32_t i;
    int64_t l;
    if (t == RAPTORS_INT32) {
        memcpy(&i, p, sizeof i);
        return i;
    }
    memcpy(&l, p, sizeof l);
    return l;
}

static td_expect of_reals(const oracle *o, double a, double b, raptors_dtype t) {
    double r = o->real(a, b);
    if (t == RAPTORS_FLOAT32)
        r = (double)(float)r;
    td_expect e = {.kind = isnan(r) ? TD_NAN : o->zeros_alike ? TD_EQUAL : TD_BITS, .low = r};
    return e;
}

static td_expect of_wholes(const oracle *o, wide a, wide b, raptors_dtype t) {
    int64_t r = (int64_t)(uint64_t)o->whole(a, b);
    td_expect e = {.kind = TD_INTEGER, .integer = t == RAPTORS_INT32 ? (int32_t)(uint32_t)(uint64_t)r : r};
    return e;
}

void td_map(const td_case *c, td_expect *expects) {
    const oracle *o = oracle_of(c->op);
    const raptors_dtype t = c->out.dtype;
    const int two = c->op->kind == TS_MAP2;
    double factor = t == RAPTORS_FLOAT32 ? (double)(float)c->extra.number : c->extra.number;
    td_walk a = td_walk_of(&c->a, &c->out), b = td_walk_of(two ? &c->b : &c->a, &c->out);
    for (; a.left > 0; td_next(&a), td_next(&b), expects++) {
        if (o == NULL)
            expects->kind = TD_ANY;
        else if (ts_types[t].is_float)
            *expects = of_reals(o, ts_read(a.at, t), two ? ts_read(b.at, t) : factor, t);
        else
            *expects = of_wholes(o, whole_at(a.at, t),
                                 two                       ? whole_at(b.at, t)
                                 : c->op->kind == TS_SCALE ? (wide)factor
                                                           : 0,
                                 t);
    }
}

void td_reference(const td_case *c, td_expect *expects) {
    if (ts_is_reduction(c->op))
        td_reduce(c, expects);
    else
        td_map(c, expects);
}

int td_meets(const td_expect *e, const void *p, raptors_dtype t) {
    if (e->kind == TD_ANY)
        return 1;
    if (!ts_types[t].is_float)
        return e->kind == TD_INTEGER && whole_at(p, t) == e->integer;
    double v = ts_read(p, t);
    switch (e->kind) {
    case TD_NAN:
        return isnan(v);
    case TD_NOT_FINITE:
        return !isfinite(v);
    case TD_BITS:
        return v == e->low && signbit(v) == signbit(e->low);
    case TD_EQUAL:
        return v == e->low;
    case TD_BETWEEN:
        return v >= e->low && v <= e->high;
    default:
        return 0;
    }
}
