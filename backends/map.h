/* map.h -- the elementwise loops of one type, for any body: included by type.h.
 * SPDX-License-Identifier: MIT
 *
 * Each broadcast case is a loop of its own: a choice inside the loop is not unswitched by every compiler.
 * Stores are brought to a vector's alignment first, so that none crosses a cache line.
 */
#define V RP_CAT(v_, RP_T)
#define F(name) RP_CAT(name##_, RP_T)

enum { F(map_ahead) = 8 * F(v_count) }; /* runs shorter than this are not worth aligning */

RP_INLINE int64_t F(map_unaligned)(const RP_C *out, int64_t n) {
    int64_t past = (int64_t)((uintptr_t)out % sizeof(V));
    if (n < F(map_ahead) || past == 0 || past % (int64_t)sizeof(RP_C) != 0)
        return 0;
    return ((int64_t)sizeof(V) - past) / (int64_t)sizeof(RP_C);
}

RP_INLINE void F(map_put)(RP_C *out, V v, int stream) {
    if (stream)
        v_stream(out, v);
    else
        F(v_store)(out, v);
}

/* out = body(a, b); a_step and b_step are 0 for a repeated scalar and 1 else, known where this is inlined. */
RP_INLINE void F(map2_loop)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, int a_step, int b_step,
                            int stream, V (*body)(V, V)) {
    const V as = F(v_set)(*a), bs = F(v_set)(*b);
    int64_t i = F(map_unaligned)(out, n);
    if (i)
        F(v_store_part)(out, body(a_step ? F(v_load_part)(a, i) : as, b_step ? F(v_load_part)(b, i) : bs), i);
    for (; i + F(v_count) <= n; i += F(v_count)) {
        F(map_put)(out + i, body(a_step ? F(v_take)(a + i) : as, b_step ? F(v_take)(b + i) : bs), stream);
    }
    if (i < n) {
        int64_t k = n - i;
        F(v_store_part)
        (out + i, body(a_step ? F(v_load_part)(a + i, k) : as, b_step ? F(v_load_part)(b + i, k) : bs), k);
    }
}

RP_INLINE void F(map2)(RP_C *out, const RP_C *a, const RP_C *b, int64_t n, unsigned how, V (*body)(V, V)) {
    int aligned = (uintptr_t)out % sizeof(RP_C) == 0;
    if (n <= 0)
        return;
    if ((how & RP_STREAM) && aligned && n >= F(map_ahead)) {
        if (how & RP_A_SCALAR)
            F(map2_loop)(out, a, b, n, 0, 1, 1, body);
        else if (how & RP_B_SCALAR)
            F(map2_loop)(out, a, b, n, 1, 0, 1, body);
        else
            F(map2_loop)(out, a, b, n, 1, 1, 1, body);
    } else if (how & RP_A_SCALAR) {
        F(map2_loop)(out, a, b, n, 0, 1, 0, body);
    } else if (how & RP_B_SCALAR) {
        F(map2_loop)(out, a, b, n, 1, 0, 0, body);
    } else {
        F(map2_loop)(out, a, b, n, 1, 1, 0, body);
    }
}

RP_INLINE void F(map1_loop)(RP_C *out, const RP_C *x, int64_t n, int stream, V (*body)(V)) {
    int64_t i = F(map_unaligned)(out, n);
    if (i)
        F(v_store_part)(out, body(F(v_load_part)(x, i)), i);
    for (; i + F(v_count) <= n; i += F(v_count)) {
        F(map_put)(out + i, body(F(v_take)(x + i)), stream);
    }
    if (i < n)
        F(v_store_part)(out + i, body(F(v_load_part)(x + i, n - i)), n - i);
}

/* A repeated scalar is worked out once, by the same body, and then only stored. */
RP_INLINE void F(map1)(RP_C *out, const RP_C *x, int64_t n, unsigned how, V (*body)(V)) {
    int stream = (how & RP_STREAM) && (uintptr_t)out % sizeof(RP_C) == 0 && n >= F(map_ahead);
    if (n <= 0)
        return;
    if (how & RP_A_SCALAR) {
        RP_C one;
        F(v_store_part)(&one, body(F(v_set)(*x)), 1);
        for (int64_t i = 0; i < n; i++)
            out[i] = one;
    } else if (stream) {
        F(map1_loop)(out, x, n, 1, body);
    } else {
        F(map1_loop)(out, x, n, 0, body);
    }
}

#undef V
#undef F
