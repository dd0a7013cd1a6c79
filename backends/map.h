/* map.h -- the elementwise loops of one type, for any body: included by type.h.
 * SPDX-License-Identifier: MIT
 *
 * Each broadcast case is a loop of its own: a choice inside the loop is not unswitched by every compiler.
 * Stores are brought to a vector's alignment first, so that none crosses a cache line.
 */
#define V RP_CAT(v_, RP_T)
#define F(name) RP_CAT(name##_, RP_T)

enum {
    F(map_ahead) = 8 * F(v_count),    /* runs shorter than this are not worth a look at where they lie */
    F(map_aligned) = 10 * F(v_count), /* and than this, not worth aligning: parts of a vector cost more */
    F(map_unrolled) = RP_MAP_VECTORS * F(v_count) /* elements of a turn of the loop */
};

RP_INLINE int64_t F(map_unaligned)(const RP_C *out, int64_t n) {
    int64_t past = (int64_t)((uintptr_t)out % sizeof(V));
    if (n < F(map_aligned) || past == 0 || past % (int64_t)sizeof(RP_C) != 0)
        return 0;
    return ((int64_t)sizeof(V) - past) / (int64_t)sizeof(RP_C);
}

RP_INLINE void F(map_put)(RP_C *out, V v, int stream) {
    if (stream)
        v_stream(out, v);
    else
        F(v_store)(out, v);
}

/* `count` vectors from the i-th element on, `step` items apart. A vector of every second one reads the neighbour of its last. */
RP_INLINE void F(map_take)(V *v, const RP_C *p, int64_t i, int64_t step, int count) {
    if (step == 1)
        for (int k = 0; k < count; k++)
            v[k] = F(v_take)(p + i + k * F(v_count));
    else if (step == 2)
        for (int k = 0; k < count; k++)
            v[k] = F(load_apart)(p + 2 * (i + k * F(v_count)), 2);
    else if (step == -1)
        for (int k = 0; k < count; k++)
            v[k] = F(load_apart)(p - (i + k * F(v_count)), -1);
    else if (step == 0)
        for (int k = 0; k < count; k++)
            v[k] = F(v_set)(*p);
    else
        for (int k = 0; k < count; k++)
            v[k] = F(load_every)(p + (i + k * F(v_count)) * step, step);
}

RP_INLINE V F(map_take_part)(const RP_C *p, int64_t i, int64_t step, int64_t k) {
    return F(load_some)(p + i * step, k, step);
}

/* `count` vectors, where operands do not lie one element after another. The choice stays inside the loop, lest each operation
   become 16 loops, and is made once for several vectors: once for each takes longer than their shuffles. */
RP_INLINE void F(map2_few)(RP_C *out, const RP_C *a, const RP_C *b, int64_t i, int64_t a_step, int64_t b_step,
                           int stream, V (*body)(V, V), int count) {
    V x[RP_MAP_VECTORS], y[RP_MAP_VECTORS];
    RP_OPAQUE(a_step);
    RP_OPAQUE(b_step);
    F(map_take)(x, a, i, a_step, count);
    F(map_take)(y, b, i, b_step, count);
    for (int k = 0; k < count; k++)
        F(map_put)(out + i + k * F(v_count), body(x[k], y[k]), stream);
}

RP_INLINE void F(map2_steps)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, int64_t a_step,
                             int64_t b_step, int stream, V (*body)(V, V)) {
    for (int64_t i = 0, k = F(map_unaligned)(out, n); i < n; i += k, k = 0) {
        for (; k == 0 && i + F(map_unrolled) < n; i += F(map_unrolled))
            F(map2_few)(out, a, b, i, a_step, b_step, stream, body, RP_MAP_VECTORS);
        for (; k == 0 && i + F(v_count) < n; i += F(v_count))
            F(map2_few)(out, a, b, i, a_step, b_step, stream, body, 1);
        if (k == 0)
            k = n - i;
        const V x = F(map_take_part)(a, i, a_step, k), y = F(map_take_part)(b, i, b_step, k);
        F(v_store_part)(out + i, body(x, y), k);
    }
}

/* A vector of one of several operands, or of one alone. */
RP_INLINE V F(map_get)(const RP_C *p, int alone, rp_way way) {
    return way == RP_INNER ? F(v_load)(p) : alone && way == RP_THROUGH ? F(v_take_alone)(p) : F(v_take)(p);
}

/* A vector of each operand that is not a repeated scalar (as, bs) to a vector of out. */
RP_INLINE void F(map2_vector)(RP_C *out, const RP_C *a, const RP_C *b, V as, V bs, int a_step, int b_step,
                              rp_way way, V (*body)(V, V)) {
    const int two = a_step && b_step;
    const V v = body(a_step ? F(map_get)(a, !two, way) : as, b_step ? F(map_get)(b, !two, way) : bs);
    if (two && way == RP_THROUGH)
        F(v_give)(out, v);
    else
        F(map_put)(out, v, way == RP_PAST);
}

/* Addresses that are equal but for the page are taken for equal until a store is done, and a load that comes after it waits
   (4K aliasing: Intel's optimisation manual; a Zen 3 too takes up to twice the time for stores past the cache, and up to three
   times for others). Whether loads of x going up run into what a turn of the loop has just stored to out, `ahead` of them.
   Where an operand beside x is loaded too, and stores do not pass the cache, only loads of parts of what was stored wait. */
RP_INLINE int F(map_runs_into)(uintptr_t ahead, int parts) {
    const uintptr_t past = ahead % RP_ALIAS, first = parts ? sizeof(V) : 0;
    return past > first && past < F(map_unrolled) * sizeof(RP_C) && (!parts || past % sizeof(V) != 0);
}

/* Whether a loop goes down: its loads then come before the stores that they would run into. */
RP_INLINE int F(map_goes_down)(const RP_C *out, const RP_C *a, const RP_C *b, int a_step, int b_step,
                               int stream) {
    const uintptr_t to = (uintptr_t)out, x = (uintptr_t)a, y = (uintptr_t)b;
    const int up =
        (a_step && F(map_runs_into)(to - x, !stream)) || (b_step && F(map_runs_into)(to - y, !stream));
    const int down =
        (a_step && F(map_runs_into)(x - to, !stream)) || (b_step && F(map_runs_into)(y - to, !stream));
    return up && !down;
}

/* The whole vectors of n elements, the last ones first; how many elements that were. */
RP_INLINE int64_t F(map2_down)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, int a_step, int b_step,
                               rp_way way, V (*body)(V, V)) {
    const V as = F(v_set)(*a), bs = F(v_set)(*b);
    const int64_t whole = n - n % F(v_count);
    for (int64_t i = whole - F(v_count); i >= 0; i -= F(v_count))
        F(map2_vector)(out + i, a + i * a_step, b + i * b_step, as, bs, a_step, b_step, way, body);
    return whole;
}

/* Whole turns of the loop; how many elements that was. */
RP_INLINE int64_t F(map2_turns)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, int64_t asked, int a_step,
                                int b_step, rp_way way, V (*body)(V, V)) {
    const V as = F(v_set)(*a), bs = F(v_set)(*b);
    int64_t left = n;
    for (; left >= F(map_unrolled); left -= F(map_unrolled)) {
        if (a_step != b_step)
            rp_ask_lines(a_step ? a : b, asked);
        for (int64_t k = 0; k < F(map_unrolled); k += F(v_count))
            F(map2_vector)(out + k, a + k, b + k, as, bs, a_step, b_step, way, body);
        out += F(map_unrolled), a += F(map_unrolled) * a_step, b += F(map_unrolled) * b_step;
    }
    return n - left;
}

/* The same where one operand is a repeated scalar, all loads of a turn before the first of its stores. */
RP_INLINE int64_t F(map2_turns_together)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, int64_t asked,
                                         int a_step, rp_way way, V (*body)(V, V)) {
    const V one = F(v_set)(a_step ? *b : *a);
    const RP_C *x = a_step ? a : b;
    int64_t left = n;
    for (; left >= F(map_unrolled); left -= F(map_unrolled), out += F(map_unrolled), x += F(map_unrolled)) {
        V v[RP_MAP_VECTORS];
        rp_ask_lines(x, asked);
        for (int k = 0; k < RP_MAP_VECTORS; k++)
            v[k] = F(map_get)(x + k * F(v_count), 1, way);
        for (int k = 0; k < RP_MAP_VECTORS; k++)
            F(v_store)(out + k * F(v_count), a_step ? body(v[k], one) : body(one, v[k]));
    }
    return n - left;
}

/* out = body(a, b); a_step and b_step are 0 for a repeated scalar and 1 else, known where this is inlined. Loads that would run
   into stores come before them: map1_loop. */
RP_INLINE void F(map2_loop)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, unsigned how, int a_step,
                            int b_step, rp_way way, V (*body)(V, V)) {
    const int64_t asked = how & RP_AHEAD ? F(map_unrolled) * (int64_t)sizeof(RP_C) : 0;
    const int stream = way == RP_PAST, two = a_step && b_step, together = !stream && !two;
    const V as = F(v_set)(*a), bs = F(v_set)(*b);
    int64_t i = F(map_unaligned)(out, n);
    if (i)
        F(v_store_part)(out, body(a_step ? F(v_load_part)(a, i) : as, b_step ? F(v_load_part)(b, i) : bs), i);
    out += i, a += i * a_step, b += i * b_step, n -= i;
    const uintptr_t ahead = (uintptr_t)out - (uintptr_t)(a_step ? a : b);
    if ((stream || (two && n >= F(map_ahead))) && F(map_goes_down)(out, a, b, a_step, b_step, stream))
        i = F(map2_down)(out, a, b, n, a_step, b_step, way, body);
    else if (together && n >= F(map_ahead) && F(map_runs_into)(ahead, 0))
        i = F(map2_turns_together)(out, a, b, n, asked, a_step, way, body);
    else
        i = F(map2_turns)(out, a, b, n, asked, a_step, b_step, way, body);
    out += i, a += i * a_step, b += i * b_step, n -= i;
    for (; n >= F(v_count); n -= F(v_count)) {
        F(map2_vector)(out, a, b, as, bs, a_step, b_step, way, body);
        out += F(v_count), a += F(v_count) * a_step, b += F(v_count) * b_step;
    }
    if (n)
        F(v_store_part)(out, body(a_step ? F(v_load_part)(a, n) : as, b_step ? F(v_load_part)(b, n) : bs), n);
}

/* A loop for each way that makes a difference. */
RP_INLINE void F(map2_dense)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, unsigned how, int a_step,
                             int b_step, int stream, V (*body)(V, V)) {
    if (stream)
        F(map2_loop)(out, a, b, n, how, a_step, b_step, RP_PAST, body);
    else if (RP_TAKES_PARTS && (how & RP_OUTER))
        F(map2_loop)(out, a, b, n, how, a_step, b_step, RP_THROUGH, body);
    else
        F(map2_loop)(out, a, b, n, how, a_step, b_step, RP_INNER, body);
}

RP_INLINE void F(map2)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, rp_steps steps, unsigned how,
                       V (*body)(V, V)) {
    const int stream = (how & RP_STREAM) && (uintptr_t)out % sizeof(RP_C) == 0 && n >= F(map_aligned);
    if (n <= 0)
        return;
    if ((steps.a != 0 && steps.a != 1) || (steps.b != 0 && steps.b != 1))
        F(map2_steps)(out, a, b, n, steps.a, steps.b, stream, body);
    else if (steps.a == 0)
        F(map2_dense)(out, a, b, n, how, 0, 1, stream, body);
    else if (steps.b == 0)
        F(map2_dense)(out, a, b, n, how, 1, 0, stream, body);
    else
        F(map2_dense)(out, a, b, n, how, 1, 1, stream, body);
}

RP_INLINE int64_t F(map1_down)(RP_C *out, const RP_C *x, int64_t n, unsigned how, V (*body)(V)) {
    const int64_t asked = how & RP_AHEAD ? (int64_t)sizeof(V) : 0, whole = n - n % F(v_count);
    for (int64_t i = whole - F(v_count); i >= 0; i -= F(v_count)) {
        rp_ask_lines_below(x + i, asked);
        F(map_put)(out + i, body(F(v_take)(x + i)), 1);
    }
    return whole;
}

/* Whole turns of the loop, `together` vectors loaded before the first of them is stored; how many elements that was. */
RP_INLINE int64_t F(map1_turns)(RP_C *out, const RP_C *x, int64_t n, int64_t asked, rp_way way, int together,
                                V (*body)(V)) {
    int64_t left = n;
    for (; left >= F(map_unrolled); left -= F(map_unrolled)) {
        rp_ask_lines(x, asked);
        for (int k = 0; k < F(map_unrolled); k += together * F(v_count)) {
            V v[RP_MAP_VECTORS];
            for (int j = 0; j < together; j++)
                v[j] = F(map_get)(x + k + j * F(v_count), 1, way);
            for (int j = 0; j < together; j++)
                F(map_put)(out + k + j * F(v_count), body(v[j]), way == RP_PAST);
        }
        out += F(map_unrolled), x += F(map_unrolled);
    }
    return n - left;
}

/* Loads that would run into stores come before them: all of a turn's where stores go through the cache (going down would cost
   more than it saves), and the whole loop's where they pass it. */
RP_INLINE void F(map1_loop)(RP_C *out, const RP_C *x, int64_t n, unsigned how, rp_way way, V (*body)(V)) {
    const int64_t asked = how & RP_AHEAD ? F(map_unrolled) * (int64_t)sizeof(RP_C) : 0;
    const int stream = way == RP_PAST;
    int64_t i = F(map_unaligned)(out, n);
    if (i)
        F(v_store_part)(out, body(F(v_load_part)(x, i)), i);
    out += i, x += i, n -= i;
    if (stream && F(map_goes_down)(out, x, x, 1, 0, 1))
        i = F(map1_down)(out, x, n, how, body);
    else if (!stream && n >= F(map_ahead) && F(map_runs_into)((uintptr_t)out - (uintptr_t)x, 0))
        i = F(map1_turns)(out, x, n, asked, way, RP_MAP_VECTORS, body);
    else
        i = F(map1_turns)(out, x, n, asked, way, 1, body);
    out += i, x += i, n -= i;
    for (; n >= F(v_count); n -= F(v_count)) {
        F(map_put)(out, body(F(map_get)(x, 1, way)), stream);
        out += F(v_count), x += F(v_count);
    }
    if (n)
        F(v_store_part)(out, body(F(v_load_part)(x, n)), n);
}

RP_INLINE void F(map1_few)(RP_C *out, const RP_C *x, int64_t i, int64_t step, int stream, V (*body)(V),
                           int count) {
    V v[RP_MAP_VECTORS];
    RP_OPAQUE(step);
    F(map_take)(v, x, i, step, count);
    for (int k = 0; k < count; k++)
        F(map_put)(out + i + k * F(v_count), body(v[k]), stream);
}

RP_INLINE void F(map1_steps)(RP_C *out, const RP_C *x, int64_t n, int64_t step, int stream, V (*body)(V)) {
    for (int64_t i = 0, k = F(map_unaligned)(out, n); i < n; i += k, k = 0) {
        for (; k == 0 && i + F(map_unrolled) < n; i += F(map_unrolled))
            F(map1_few)(out, x, i, step, stream, body, RP_MAP_VECTORS);
        for (; k == 0 && i + F(v_count) < n; i += F(v_count))
            F(map1_few)(out, x, i, step, stream, body, 1);
        if (k == 0)
            k = n - i;
        F(v_store_part)(out + i, body(F(map_take_part)(x, i, step, k)), k);
    }
}

/* A repeated scalar is worked out once, by the same body, and then only stored. */
RP_INLINE void F(map1)(RP_C *out, const RP_C *x, int64_t n, int64_t step, unsigned how, V (*body)(V)) {
    int stream = (how & RP_STREAM) && (uintptr_t)out % sizeof(RP_C) == 0 && n >= F(map_aligned);
    if (n <= 0)
        return;
    if (step == 0) {
        RP_C one;
        F(v_store_part)(&one, body(F(v_set)(*x)), 1);
        for (int64_t i = 0; i < n; i++)
            out[i] = one;
    } else if (step != 1) {
        F(map1_steps)(out, x, n, step, stream, body);
    } else if (stream) {
        F(map1_loop)(out, x, n, how, RP_PAST, body);
    } else if (RP_TAKES_PARTS && (how & RP_OUTER)) {
        F(map1_loop)(out, x, n, how, RP_THROUGH, body);
    } else {
        F(map1_loop)(out, x, n, how, RP_INNER, body);
    }
}

#undef V
#undef F
