/* trees.h -- what a block of rows comes to: trees of RP_TREE rows, added. Included once for each fold, by fold.h.
 * SPDX-License-Identifier: MIT
 */
/* `vectors` vectors of a row, or k elements that follow one another where k is above 0. RP_OF_A_RUN: rows are read in their
   order; RP_AT_ITS_END: and nothing behind the last element. Left to themselves, compilers sort the loads of a block by where
   its tree wants them, and along one run hardware that fetches ahead then loses the thread: half the speed from main memory.
   `apart`, here and below, is known where this is inlined. */
RP_INLINE void F(row)(E *e, const char *x, int64_t apart, int vectors, int64_t k) {
    for (int v = 0; v < vectors; v++) {
        const RP_C *p = (const RP_C *)(const void *)x + v * apart * TYPE(v_count);
#if RP_LIFT == 1
        for (int h = 0; h < F(halves); h++)
            e[v * F(halves) + h] = k > 0                ? TYPE(v_widen)(TYPE(v_load_part)(p, k), h)
                                   : apart == 1         ? TYPE(v_load_wide)(p, h)
                                   : k == RP_AT_ITS_END ? TYPE(v_widen)(TYPE(load_end)(p, apart), h)
                                                        : TYPE(v_widen)(TYPE(load_apart)(p, apart), h);
#else
        e[v * F(terms)] = k > 0                ? TYPE(v_load_part)(p, k)
                          : k == RP_AT_ITS_END ? TYPE(load_end)(p, apart)
                                               : TYPE(load_apart)(p, apart);
#endif
#if RP_EXACT
        e[v * F(terms) + 1] = e[v * F(terms)] >> 32;
#endif
    }
    if (k < 0)
        RP_IN_ORDER();
}

RP_INLINE void F(steps)(E *a, const E *b, int vectors) {
    for (int i = 0; i < vectors * F(terms); i++) {
        a[i] = RP_STEP(a[i], b[i]);
#ifndef RP_TAKES_FIRST /* min and max gain nothing by it */
        RP_NOW(a[i]);
#endif
    }
}

/* (0+1)+(2+3) of the rows from x on: half a tree. */
RP_INLINE void F(half_tree)(E *t, const char *x, int64_t stride, int64_t apart, int vectors, int64_t k) {
    E a[F(most_vectors) * F(terms)], b[F(most_vectors) * F(terms)];
    F(row)(t, x, apart, vectors, k);
    F(row)(a, x + stride, apart, vectors, k);
    F(steps)(t, a, vectors);
    F(row)(a, x + 2 * stride, apart, vectors, k);
    F(row)(b, x + 3 * stride, apart, vectors, k);
    F(steps)(a, b, vectors);
    F(steps)(t, a, vectors);
}

RP_INLINE void F(tree)(E *t, const char *x, int64_t stride, int64_t apart, int vectors, int64_t k) {
    E other[F(most_vectors) * F(terms)];
    F(half_tree)(t, x, stride, apart, vectors, k);
    F(half_tree)(other, x + RP_TREE / 2 * stride, stride, apart, vectors, k);
    F(steps)(t, other, vectors);
}

RP_INLINE void F(lift)(W *w, const E *e, int vectors) {
    for (int v = 0; v < vectors; v++)
        for (int h = 0; h < F(made); h++)
#if RP_LIFT == 2
            w[v * F(made) + h] = TYPE(v_widen)(e[v], h);
#else
            w[v * F(made) + h] = e[v * F(terms) + h];
#endif
}

/* The block that ends a call: fewer than RP_BLOCK rows. */
RP_INLINE void F(last_block)(W *p, const char *x, int64_t stride, int64_t apart, int64_t rows, int vectors,
                             int64_t k) {
    E t[F(most_vectors) * F(terms)];
    W q[F(most_vectors) * F(made)];
    const int64_t first = rows >= RP_TREE && !RP_EXACT ? RP_TREE : 1;
    if (first == RP_TREE)
        F(tree)(t, x, stride, apart, vectors, k);
    else
        F(row)(t, x, apart, vectors, k);
    F(lift)(p, t, vectors);
    for (int64_t r = first; r < rows; r++) {
        F(row)(t, x + r * stride, apart, vectors, k);
        F(lift)(q, t, vectors);
        for (int i = 0; i < vectors * F(made); i++)
            p[i] = RP_STEP(p[i], q[i]);
    }
}

RP_INLINE void F(whole_block)(W *p, const char *x, int64_t stride, int64_t apart, int vectors, int64_t k) {
    E t[F(most_vectors) * F(terms)];
    W q[F(most_vectors) * F(made)];
    if (RP_EXACT) {
        F(last_block)(p, x, stride, apart, RP_BLOCK, vectors, k);
        return;
    }
    F(tree)(t, x, stride, apart, vectors, k);
    F(lift)(p, t, vectors);
    F(tree)(t, x + RP_TREE * stride, stride, apart, vectors, k);
    F(lift)(q, t, vectors);
    for (int i = 0; i < vectors * F(made); i++)
        p[i] = RP_STEP(p[i], q[i]);
}
