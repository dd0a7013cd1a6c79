/* draw.c -- random calls: shapes, layouts, places in memory, values; and what must be refused of them.
 * SPDX-License-Identifier: MIT
 */
#include "draw.h"

#include <math.h>
#include <string.h>

_Alignas(64) unsigned char td_arena[TD_ARENA];

static int one_in(ts_prng *g, int64_t n) {
    return ts_below(g, n) == 0;
}

static int64_t count_of(const raptors_array *x) {
    int64_t n = 1;
    for (int k = 0; k < x->ndim; k++)
        n *= x->shape[k];
    return n;
}

td_walk td_walk_of(const raptors_array *x, const raptors_array *shape) {
    td_walk w = {.ndim = shape->ndim, .left = count_of(shape), .at = x->data};
    for (int k = 0; k < w.ndim; k++) {
        int from = k - (shape->ndim - x->ndim);
        w.shape[k] = shape->shape[k];
        w.strides[k] = from < 0 || x->shape[from] == 1 ? 0 : x->strides[from];
    }
    return w;
}

void td_next(td_walk *w) {
    w->left--;
    for (int k = w->ndim - 1; k >= 0; k--) {
        w->at += w->strides[k];
        if (++w->index[k] < w->shape[k])
            return;
        w->at -= w->strides[k] * w->shape[k];
        w->index[k] = 0;
    }
}

/* ---- shapes ------------------------------------------------------------------------------------------ */

static void draw_shape(raptors_array *x, ts_prng *g) {
    int64_t room = one_in(g, 3000) ? 120000 : one_in(g, 200) ? 12000 : one_in(g, 4) ? 800 : 80;
    x->ndim = (int)ts_below(g, TD_MOST_NDIM + 1);
    for (int k = 0; k < x->ndim; k++)
        x->shape[k] = 1;
    for (int left = x->ndim; left > 0; left--) {
        int k = (int)ts_below(g, x->ndim);
        int64_t n = one_in(g, 60) ? 0 : 1 + ts_below(g, one_in(g, 3) ? room : 5);
        if (x->shape[k] != 1 || n > room)
            continue;
        x->shape[k] = n;
        room /= n > 0 ? n : 1;
    }
}

/* A shape that broadcasts to this one. */
static void draw_operand(raptors_array *x, const raptors_array *full, ts_prng *g) {
    int drop = one_in(g, 4) ? (int)ts_below(g, full->ndim + 1) : 0;
    int repeats = one_in(g, 3);
    x->ndim = full->ndim - drop;
    for (int k = 0; k < x->ndim; k++)
        x->shape[k] = repeats && one_in(g, 3) ? 1 : full->shape[k + drop];
}

static void spoil_shape(raptors_array *x, ts_prng *g) {
    if (x->ndim > 0 && one_in(g, 2))
        x->shape[ts_below(g, x->ndim)] += 1 + ts_below(g, 2);
    else
        x->shape[x->ndim++] = 2;
}

/* ---- layouts ----------------------------------------------------------------------------------------- */

typedef struct reach {
    int64_t low, high;
} reach;

static reach reach_of(const raptors_array *x) {
    reach r = {0, count_of(x) ? ts_types[x->dtype].size : 0};
    for (int k = 0; k < x->ndim && r.high; k++) {
        int64_t way = (x->shape[k] - 1) * x->strides[k];
        *(way < 0 ? &r.low : &r.high) += way;
    }
    return r;
}

/* Axes one inside another in any order, with gaps, either way round; `repeats` where a stride may be 0. */
static void lay_nested(raptors_array *x, int plain, int repeats, ts_prng *g) {
    int64_t stride = ts_types[x->dtype].size;
    int order[TD_MOST_NDIM + 1];
    for (int k = 0; k < x->ndim; k++) {
        int at = plain ? 0 : (int)ts_below(g, k + 1); /* plain: the last axis first */
        memmove(order + at + 1, order + at, (size_t)(k - at) * sizeof *order);
        order[at] = k;
    }
    for (int k = 0; k < x->ndim; k++) {
        int axis = order[k];
        int64_t step = plain || ts_below(g, 3) ? 1 : 1 + ts_below(g, 4);
        x->strides[axis] = stride * step * (!plain && one_in(g, 4) ? -1 : 1);
        stride *= step * (x->shape[axis] > 0 ? x->shape[axis] : 1);
        if (repeats && one_in(g, 10))
            x->strides[axis] = 0;
    }
}

static void lay(raptors_array *x, int is_out, ts_prng *g) {
    int kind = (int)ts_below(g, is_out ? 30 : 10);
    if (kind >= 2)
        lay_nested(x, kind % 2, !is_out, g);
    else /* elements may lie upon each other, kind 0: in part */
        for (int k = 0; k < x->ndim; k++)
            x->strides[k] = (ts_below(g, 9) - 4) * (kind == 0 ? 1 : ts_types[x->dtype].size);
    reach r = reach_of(x);
    if (r.high - r.low > TD_ARENA / 4)
        lay_nested(x, 1, 0, g);
}

/* Beyond all that is used, aligned, off by items or off by bytes. */
static void place_apart(td_case *c, raptors_array *x, ts_prng *g) {
    static const int64_t units[] = {0, 0, 4, 8, 1};
    reach r = reach_of(x);
    int64_t start = (c->used + 63) / 64 * 64 + 64 + ts_below(g, 64) * units[ts_below(g, 5)];
    x->data = td_arena + start - r.low;
    c->used = start + r.high - r.low;
}

/* Onto another view, or near it. */
static void place_on(td_case *c, raptors_array *x, const raptors_array *y, ts_prng *g) {
    reach r = reach_of(x), other = reach_of(y);
    int64_t unit = one_in(g, 3) ? 1 : ts_types[x->dtype].size;
    int64_t start = (unsigned char *)y->data - td_arena + other.low;
    if (x->ndim == y->ndim && !memcmp(x->shape, y->shape, sizeof x->shape) && ts_below(g, 3)) {
        memcpy(x->strides, y->strides, sizeof x->strides);
        r = reach_of(x);
    } else {
        start += (ts_below(g, other.high - other.low + 1) - ts_below(g, r.high - r.low + 1)) / unit * unit;
    }
    start = start < 0 ? 0 : start;
    x->data = td_arena + start - r.low;
    if (c->used < start + r.high - r.low)
        c->used = start + r.high - r.low;
}

static void fill(const raptors_array *x, ts_prng *g) {
    ts_flavour flavour = (ts_flavour)ts_below(g, TS_FLAVOURS);
    for (td_walk w = td_walk_of(x, x); w.left > 0; td_next(&w))
        ts_write(w.at, x->dtype, flavour, g);
}

/* ---- what must be refused ---------------------------------------------------------------------------- */

enum { OWNER_OUT = 1 };

/* Whether out meets itself, and whether a byte of it is an input's. */
static int out_meets_itself(const raptors_array *out, unsigned char *owner) {
    int twice = 0;
    for (td_walk w = td_walk_of(out, out); w.left > 0; td_next(&w))
        for (int64_t k = 0; k < ts_types[out->dtype].size; k++) {
            unsigned char *byte = &owner[w.at - td_arena + k];
            twice |= *byte;
            *byte = OWNER_OUT;
        }
    return twice;
}

static int meets(const raptors_array *x, const unsigned char *owner) {
    int met = 0;
    for (td_walk w = td_walk_of(x, x); w.left > 0; td_next(&w))
        for (int64_t k = 0; k < ts_types[x->dtype].size; k++)
            met |= owner[w.at - td_arena + k];
    return met;
}

static int broadcasts(const raptors_array *x, const raptors_array *out) {
    int fits = x->ndim <= out->ndim;
    for (int k = 1; k <= x->ndim && fits; k++)
        fits = x->shape[x->ndim - k] == 1 || x->shape[x->ndim - k] == out->shape[out->ndim - k];
    return fits;
}

/* Each element of out is its own operand. */
static int is_out(const raptors_array *x, const raptors_array *out) {
    td_walk w = td_walk_of(x, out), v = td_walk_of(out, out);
    int same = x->dtype == out->dtype;
    for (; v.left > 0 && same; td_next(&w), td_next(&v))
        same = w.at == v.at;
    return same;
}

static unsigned bit(raptors_status s) {
    return 1u << s;
}

static unsigned judge_memory(const td_case *c, int in_place) {
    static unsigned char owner[TD_ARENA];
    memset(owner, 0, (size_t)c->used);
    unsigned found = out_meets_itself(&c->out, owner) ? bit(RAPTORS_ERROR_OVERLAP) : 0;
    if (meets(&c->a, owner) && !(in_place && is_out(&c->a, &c->out)))
        found |= bit(RAPTORS_ERROR_OVERLAP);
    if (c->op->kind == TS_MAP2 && meets(&c->b, owner) && !(in_place && is_out(&c->b, &c->out)))
        found |= bit(RAPTORS_ERROR_OVERLAP);
    return found;
}

static int is_value_of(double factor, raptors_dtype t) {
    double bound = t == RAPTORS_INT32 ? 0x1p31 : 0x1p63;
    return ts_types[t].is_float || (factor >= -bound && factor < bound && factor == trunc(factor));
}

static unsigned judge_map(const td_case *c) {
    unsigned found = 0;
    int two = c->op->kind == TS_MAP2,
        fits = broadcasts(&c->a, &c->out) && (!two || broadcasts(&c->b, &c->out));
    if (!ts_takes(c->op, c->out.dtype) || c->a.dtype != c->out.dtype || (two && c->b.dtype != c->out.dtype))
        found |= bit(RAPTORS_ERROR_DTYPE);
    if (!fits)
        found |= bit(RAPTORS_ERROR_SHAPE);
    if (c->op->kind == TS_SCALE && !is_value_of(c->extra.number, c->a.dtype))
        found |= bit(RAPTORS_ERROR_VALUE);
    return found | judge_memory(c, fits);
}

static int reduces_to(const raptors_array *x, raptors_axes axes, const raptors_array *out) {
    raptors_array kept = {.ndim = 0}, dropped = {.ndim = 0};
    for (int k = 0; k < x->ndim; k++) {
        kept.shape[kept.ndim++] = axes & RAPTORS_AXIS(k) ? 1 : x->shape[k];
        if (!(axes & RAPTORS_AXIS(k)))
            dropped.shape[dropped.ndim++] = x->shape[k];
    }
    return (out->ndim == kept.ndim && !memcmp(out->shape, kept.shape, sizeof kept.shape)) ||
           (out->ndim == dropped.ndim && !memcmp(out->shape, dropped.shape, sizeof dropped.shape));
}

/* As NumPy has it, also where out is empty too. */
static int reduces_nothing(const raptors_array *x, raptors_axes axes) {
    int nothing = 0;
    for (int k = 0; k < x->ndim; k++)
        nothing |= (axes & RAPTORS_AXIS(k)) && x->shape[k] == 0;
    return nothing;
}

static unsigned judge_reduction(const td_case *c) {
    raptors_dtype right[2];
    unsigned found = 0;
    int rights = ts_result_dtypes(c->op, c->a.dtype, right);
    raptors_axes axes = c->extra.axes;
    if (!ts_takes(c->op, c->a.dtype) ||
        (c->out.dtype != right[0] && (rights < 2 || c->out.dtype != right[1])))
        found |= bit(RAPTORS_ERROR_DTYPE);
    if (axes != RAPTORS_ALL_AXES && axes >> c->a.ndim)
        return found | bit(RAPTORS_ERROR_AXIS) | bit(RAPTORS_ERROR_SHAPE) | judge_memory(c, 0);
    if (!reduces_to(&c->a, axes, &c->out))
        found |= bit(RAPTORS_ERROR_SHAPE);
    if ((c->op->result == TS_SAME || c->op->result == TS_INDEX) && reduces_nothing(&c->a, axes))
        found |= bit(RAPTORS_ERROR_VALUE);
    if (c->op->kind == TS_SPREAD && isnan(c->extra.number))
        found |= bit(RAPTORS_ERROR_VALUE);
    return found | judge_memory(c, 0);
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static double draw_factor(raptors_dtype t, ts_prng *g) {
    float f;
    if (!ts_types[t].is_float)
        return one_in(g, 30)   ? 0.5
               : one_in(g, 30) ? 0x1p63
                               : (double)(ts_below(g, 2001) - 1000) * (one_in(g, 5) ? 0x1p20 : 1);
    ts_write(&f, RAPTORS_FLOAT32, (ts_flavour)ts_below(g, TS_FLAVOURS), g);
    return (double)f * (1 + ts_unit(g));
}

static void draw_map(td_case *c, ts_prng *g) {
    draw_shape(&c->out, g);
    draw_operand(&c->a, &c->out, g);
    draw_operand(&c->b, &c->out, g);
    c->b.dtype = c->out.dtype = c->a.dtype;
    c->extra.number = draw_factor(c->a.dtype, g);
    if (one_in(g, 50))
        *(one_in(g, 2) ? &c->b.dtype : &c->out.dtype) = (raptors_dtype)ts_below(g, RP_TYPE_COUNT);
}

static void draw_reduction(td_case *c, ts_prng *g) {
    static const double ddofs[] = {0, 0, 1, 1, 2, 0.5, -1, 40, NAN};
    raptors_dtype right[2];
    int keep = one_in(g, 2);
    draw_shape(&c->a, g);
    for (int k = 0; k < c->a.ndim; k++)
        c->extra.axes |= one_in(g, 2) ? RAPTORS_AXIS(k) : 0;
    if (one_in(g, 5))
        c->extra.axes = RAPTORS_ALL_AXES;
    for (int k = 0; k < c->a.ndim; k++)
        if (!(c->extra.axes & RAPTORS_AXIS(k)))
            c->out.shape[c->out.ndim++] = c->a.shape[k];
        else if (keep)
            c->out.shape[c->out.ndim++] = 1;
    c->out.dtype = right[ts_below(g, ts_result_dtypes(c->op, c->a.dtype, right))];
    c->extra.number = ddofs[ts_below(g, 9)];
    if (one_in(g, 50))
        c->out.dtype = (raptors_dtype)ts_below(g, RP_TYPE_COUNT);
    if (one_in(g, 50))
        c->extra.axes |= RAPTORS_AXIS(ts_below(g, 32));
}

void td_draw(td_case *c, uint64_t seed) {
    ts_prng g = {seed};
    memset(c, 0, sizeof *c);
    c->op = &ts_ops[ts_below(&g, ts_op_count)];
    do
        c->a.dtype = (raptors_dtype)ts_below(&g, RP_TYPE_COUNT);
    while (!ts_takes(c->op, c->a.dtype) && !one_in(&g, 20));
    if (ts_is_reduction(c->op))
        draw_reduction(c, &g);
    else
        draw_map(c, &g);
    if (one_in(&g, 40)) {
        raptors_array *some[] = {&c->a, &c->b, &c->out};
        spoil_shape(some[ts_below(&g, 3)], &g);
    }
    lay(&c->a, 0, &g), lay(&c->b, 0, &g), lay(&c->out, 1, &g);
    place_apart(c, &c->a, &g), place_apart(c, &c->b, &g), place_apart(c, &c->out, &g);
    if (one_in(&g, 4))
        place_on(c, &c->out, one_in(&g, 2) ? &c->a : &c->b, &g);
    c->used += 64;
    memset(td_arena, 0xc5, (size_t)c->used);
    fill(&c->out, &g), fill(&c->a, &g), fill(&c->b, &g);
    c->refusals = ts_is_reduction(c->op) ? judge_reduction(c) : judge_map(c);
}
