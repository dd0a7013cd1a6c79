/* overlap.c -- whether two views, or two elements of one view, share a byte: exact, in bounded work.
 * SPDX-License-Identifier: MIT
 *
 * Both questions become one: do factors x_k in 0..bound_k exist with sum(step_k * x_k) = target, steps
 * positive? Two views share a byte where low_a + sum(|s| x) + u = high_b - 1 - sum(|t| y) - v, with u and
 * v running over the bytes of an element: b is walked from its last byte down, so that all terms stand on
 * one side.
 *
 * Views that passed rp_check_view reach less than 2^63 bytes each, so that the reach of two fits in uint64_t.
 */
#include "overlap.h"
#include "array.h"

__extension__ typedef unsigned __int128 wide;

enum { MAX_TERMS = 2 * RAPTORS_MAX_NDIM, MAX_WORK = 1 << 14 };

typedef struct term {
    uint64_t step, bound;
    /* Of this term and all after it: */
    uint64_t gcd, reach; /* of the steps; the greatest sum */
    int dense;           /* every multiple of gcd up to reach is a sum */
    uint64_t inverse;    /* of the step, in units of gcd, modulo the rest's; 0 until it is asked for */
} term;

typedef struct sums {
    int count, work;
    term terms[MAX_TERMS];
} sums;

static uint64_t magnitude(int64_t value) {
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The inverse of a modulo m, gcd(a, m) = 1, m < 2^63. */
static uint64_t inverse(uint64_t a, uint64_t m) {
    int64_t x = 0, next_x = 1;
    uint64_t r = m, next_r = a % m;
    while (next_r != 0) {
        uint64_t q = r / next_r, rest = r % next_r;
        int64_t left = x - (int64_t)q * next_x;
        r = next_r, next_r = rest;
        x = next_x, next_x = left;
    }
    return x < 0 ? m - magnitude(x) : (uint64_t)x;
}

/* Keep terms in order of falling steps, one for each step. */
static void insert(sums *s, uint64_t step, uint64_t bound) {
    if (step == 0 || bound == 0)
        return;
    int at = 0;
    while (at < s->count && s->terms[at].step > step)
        at++;
    if (at < s->count && s->terms[at].step == step) {
        s->terms[at].bound += bound;
        return;
    }
    for (int k = s->count; k > at; k--)
        s->terms[k] = s->terms[k - 1];
    s->terms[at] = (term){.step = step, .bound = bound};
    s->count++;
}

static void insert_axes(sums *s, const raptors_array *x) {
    for (int k = 0; k < x->ndim; k++)
        if (x->shape[k] > 1)
            insert(s, magnitude(x->strides[k]), (uint64_t)x->shape[k] - 1);
}

/* Fill in what each term knows of those after it. */
static void finish(sums *s) {
    for (int k = s->count - 1; k >= 0; k--) {
        term *t = &s->terms[k];
        t->gcd = t->step, t->reach = t->step * t->bound, t->dense = 1;
        if (k == s->count - 1)
            continue;
        const term *after = t + 1;
        t->dense = after->dense && t->step % after->gcd == 0 && t->step - after->gcd <= after->reach;
        t->gcd = gcd(t->step, after->gcd);
        t->reach += after->reach;
    }
}

/* Whether the terms from k on make the target. The factors of term k are tried only where the rest can be
 * made as far as the rest's gcd tells; the last two terms are thus decided at once. */
static rp_sharing find(sums *s, int k, uint64_t target) {
    if (k == s->count)
        return target == 0 ? RP_SHARED : RP_APART;
    term *t = &s->terms[k];
    if (target > t->reach || target % t->gcd != 0)
        return RP_APART;
    if (t->dense)
        return RP_SHARED;
    const term *after = t + 1; /* a last term is dense */
    uint64_t spare = target > after->reach ? target - after->reach : 0;
    uint64_t least = spare / t->step + (spare % t->step != 0);
    uint64_t most = target / t->step < t->bound ? target / t->step : t->bound;
    uint64_t modulus = after->gcd / t->gcd;
    uint64_t residue = 0;
    if (modulus > 1) {
        if (t->inverse == 0)
            t->inverse = inverse(t->step / t->gcd % modulus, modulus);
        wide product = (wide)(target / t->gcd % modulus) * t->inverse;
        residue = (uint64_t)(product % modulus);
    }
    uint64_t skip = (residue + modulus - least % modulus) % modulus;
    if (least > most || skip > most - least)
        return RP_APART;
    for (uint64_t factor = least + skip;; factor += modulus) {
        if (s->work-- <= 0)
            return RP_UNDECIDED;
        rp_sharing found = find(s, k + 1, target - factor * t->step);
        if (found != RP_APART || most - factor < modulus)
            return found;
    }
}

/* Whether a sum lies in low..high. */
static rp_sharing find_between(sums *s, uint64_t low, uint64_t high) {
    for (uint64_t target = low;; target++) {
        rp_sharing found = find(s, 0, target);
        if (found != RP_APART || target == high)
            return found;
    }
}

rp_sharing rp_share(const raptors_array *a, const raptors_array *b) {
    rp_range range_a = rp_range_of(a), range_b = rp_range_of(b);
    uint64_t first_a = (uint64_t)(uintptr_t)a->data + (uint64_t)range_a.low;
    uint64_t first_b = (uint64_t)(uintptr_t)b->data + (uint64_t)range_b.low;
    uint64_t end_a = (uint64_t)(uintptr_t)a->data + (uint64_t)range_a.high;
    uint64_t end_b = (uint64_t)(uintptr_t)b->data + (uint64_t)range_b.high;
    if (range_a.low == range_a.high || range_b.low == range_b.high || end_a <= first_b || end_b <= first_a)
        return RP_APART;
    sums s;
    s.count = 0, s.work = MAX_WORK;
    insert_axes(&s, a);
    insert_axes(&s, b);
    finish(&s);
    uint64_t high = end_b - 1 - first_a;
    uint64_t slack = (uint64_t)(rp_itemsize(a->dtype) + rp_itemsize(b->dtype)) - 2;
    return find_between(&s, high > slack ? high - slack : 0, high);
}

/* Whether the axes lie one inside another, as in every slice of a C or Fortran array: then no two elements
 * meet. */
static int nested(const sums *axes, uint64_t itemsize) {
    uint64_t inside = itemsize;
    for (int k = axes->count - 1; k >= 0; k--) {
        if (axes->terms[k].step < inside)
            return 0;
        inside += axes->terms[k].step * axes->terms[k].bound;
    }
    return 1;
}

/* Two elements that meet differ by some d_k in -bound_k..bound_k. Let j be the first axis where they differ,
 * d_j > 0: with d_j = 1 + x_j and d_k = x_k - bound_k for the axes after j, all x are >= 0. */
static rp_sharing meets_from(const sums *axes, int j, uint64_t slack, int *work) {
    sums s;
    s.count = 0, s.work = *work;
    const term *t = &axes->terms[j];
    insert(&s, t->step, t->bound - 1);
    for (int k = j + 1; k < axes->count; k++)
        insert(&s, axes->terms[k].step, 2 * axes->terms[k].bound);
    finish(&s);
    uint64_t inside = t->reach - t->step * t->bound;
    uint64_t base = inside + slack;
    if (base < t->step)
        return RP_APART;
    uint64_t high = base - t->step;
    rp_sharing found = find_between(&s, high > 2 * slack ? high - 2 * slack : 0, high);
    *work = s.work;
    return found;
}

rp_sharing rp_shares_itself(const raptors_array *x) {
    int long_axes = 0;
    for (int k = 0; k < x->ndim; k++) {
        if (x->shape[k] == 0)
            return RP_APART;
        long_axes += x->shape[k] > 1;
    }
    sums axes;
    axes.count = 0;
    insert_axes(&axes, x);
    if (axes.count < long_axes) /* a stride of 0, or one step on two axes */
        return RP_SHARED;
    uint64_t itemsize = (uint64_t)rp_itemsize(x->dtype);
    if (nested(&axes, itemsize))
        return RP_APART;
    finish(&axes);
    int work = MAX_WORK;
    rp_sharing found = RP_APART;
    for (int j = 0; j < axes.count && found == RP_APART; j++)
        found = meets_from(&axes, j, itemsize - 1, &work);
    return found;
}
