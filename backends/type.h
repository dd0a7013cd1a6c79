/* type.h -- all kernels of one type but those that know strides. Included once per type, with
 *   RP_T, RP_C        the type's suffix and C type            RP_IS_FLOAT  1 or 0
 *   RP_WIDE, RP_WIDE_C  of the 8-byte type of its family      RP_LANE      the integer as wide as an element
 *   RP_LEAST, RP_GREATEST  what min and max of nothing start from
 * SPDX-License-Identifier: MIT
 */
#if RP_IS_NARROW
#define RP_ZIP_LO RP_ZIP_LO_32
#define RP_ZIP_HI RP_ZIP_HI_32
#define RP_EVENS RP_EVENS_32
#define RP_EVENS_END RP_EVENS_END_32
#define RP_REVERSED RP_REVERSED_32
#define RP_EVERY RP_EVERY_32
#else
#define RP_ZIP_LO RP_ZIP_LO_64
#define RP_ZIP_HI RP_ZIP_HI_64
#define RP_EVENS RP_EVENS_64
#define RP_EVENS_END RP_EVENS_END_64
#define RP_REVERSED RP_REVERSED_64
#define RP_EVERY RP_EVERY_64
#endif

/* A vector of elements `apart` items apart, 1, 2 or -1: of 2, the neighbour of the last is read too. */
RP_INLINE RP_CAT(v_, RP_T) RP_CAT(load_apart_, RP_T)(const RP_C *p, int64_t apart) {
#if RP_VECTOR_BYTES
    if (apart == 2)
        return RP_EVENS(RP_CAT(v_load_, RP_T)(p), RP_CAT(v_load_, RP_T)(p + RP_CAT(v_count_, RP_T)));
    if (apart == -1)
        return RP_REVERSED(RP_CAT(v_load_, RP_T)(p - RP_CAT(v_count_, RP_T) + 1));
#endif
    (void)apart;
    return RP_CAT(v_load_, RP_T)(p);
}

/* The same of elements any number of items apart, one by one: instructions that gather are slow on many CPUs. */
RP_INLINE RP_CAT(v_, RP_T) RP_CAT(load_every_, RP_T)(const RP_C *p, int64_t apart) {
#if RP_VECTOR_BYTES
    return (RP_CAT(v_, RP_T)){RP_EVERY(p, apart)};
#else
    (void)apart;
    return *p;
#endif
}

/* The same as load_apart, and of elements 2 apart nothing behind the last: its second load begins an element earlier, and crosses a line
   where the other doesn't. */
RP_INLINE RP_CAT(v_, RP_T) RP_CAT(load_end_, RP_T)(const RP_C *p, int64_t apart) {
#if RP_VECTOR_BYTES
    if (apart == 2)
        return RP_EVENS_END(RP_CAT(v_load_, RP_T)(p), RP_CAT(v_load_, RP_T)(p + RP_CAT(v_count_, RP_T) - 1));
#endif
    return RP_CAT(load_apart_, RP_T)(p, apart);
}

/* n elements, `apart` items apart, one after another. */
RP_INLINE void RP_CAT(gather_, RP_T)(RP_C *to, const RP_C *p, int64_t n, int64_t apart) {
    const int64_t N = RP_CAT(v_count_, RP_T);
    int64_t i = 0;
    for (; i + N < n; i += N)
        RP_CAT(v_store_, RP_T)(to + i, RP_CAT(load_apart_, RP_T)(p + i * apart, apart));
    for (; i < n; i++)
        to[i] = p[i * apart];
}

/* The same as load_apart of k <= v_count elements, and no other. */
RP_INLINE RP_CAT(v_, RP_T) RP_CAT(load_some_, RP_T)(const RP_C *p, int64_t k, int64_t apart) {
    RP_C run[RP_CAT(v_count_, RP_T) + 1];
    if (apart == 1)
        return RP_CAT(v_load_part_, RP_T)(p, k);
    run[0] = *p;
    for (int64_t i = 1; i < k; i++)
        run[i] = p[i * apart];
    return RP_CAT(v_load_part_, RP_T)(run, k);
}

#include "map.h"

#define RP_LANES_OF(r) RP_CAT(m_set_, RP_T)((RP_LANE)(r))
#define RP_LESS(a, b) RP_CAT(v_less_, RP_T)(a, b)
#define RP_HALF(v, h) RP_CAT(half_, RP_T)(v, h)
#define RP_HALVES (sizeof(RP_C) == 4 ? v_halves : 1)

/* Half of a vector, in the 8-byte type: all of it where that is the type itself. */
RP_INLINE RP_CAT(v_, RP_WIDE) RP_CAT(half_, RP_T)(RP_CAT(v_, RP_T) v, int h) {
#if RP_IS_NARROW
    return RP_CAT(v_widen_, RP_T)(v, h);
#else
    (void)h;
    return v;
#endif
}

#define RP_FOLD_OP sum
#define RP_W RP_WIDE
#define RP_WC RP_WIDE_C
#define RP_STEP(a, b) ((a) + (b))
#define RP_START (RP_IS_FLOAT ? (RP_WIDE_C)-0.0 : 0)
#define RP_LIFT (RP_IS_NARROW ? (RP_IS_FLOAT ? 2 : 1) : 0)
#define RP_COMPENSATED (RP_IS_FLOAT && !RP_IS_NARROW)
#include "fold.h"

#if !RP_IS_FLOAT && !RP_IS_NARROW
#define RP_FOLD_OP total
#define RP_W RP_WIDE
#define RP_WC RP_WIDE_C
#define RP_STEP(a, b) ((a) + (b))
#define RP_START 0
#define RP_EXACT 1
#include "fold.h"
#endif

#define RP_FOLD_OP prod
#define RP_W RP_WIDE
#define RP_WC RP_WIDE_C
#define RP_STEP(a, b) ((a) * (b))
#define RP_START 1
#define RP_LIFT RP_IS_NARROW
#include "fold.h"

#define RP_FOLD_OP min
#define RP_W RP_T
#define RP_WC RP_C
#define RP_STEP(a, b) RP_CAT(v_min_, RP_T)(a, b)
#define RP_TAKES_FIRST(a, b) (((a) < (b)) | ((a) != (a)))
#define RP_STEP_ONE(a, b) (RP_TAKES_FIRST(a, b) ? (a) : (b))
#define RP_START RP_GREATEST
#include "fold.h"

#define RP_FOLD_OP max
#define RP_W RP_T
#define RP_WC RP_C
#define RP_STEP(a, b) RP_CAT(v_max_, RP_T)(a, b)
#define RP_TAKES_FIRST(a, b) (((a) > (b)) | ((a) != (a)))
#define RP_STEP_ONE(a, b) (RP_TAKES_FIRST(a, b) ? (a) : (b))
#define RP_START RP_LEAST
#include "fold.h"

#define RP_FOLD_OP argmin
#define RP_BETTER(a, b) RP_LESS(a, b)
#define RP_BETTER_ONE(a, b) ((a) < (b))
#define RP_WORST RP_GREATEST
#define RP_BEST(a, b) RP_CAT(v_least_, RP_T)(a, b)
#include "argfold.h"

#define RP_FOLD_OP argmax
#define RP_BETTER(a, b) RP_LESS(b, a)
#define RP_BETTER_ONE(a, b) ((a) > (b))
#define RP_WORST RP_LEAST
#define RP_BEST(a, b) RP_CAT(v_greatest_, RP_T)(a, b)
#include "argfold.h"

#if RP_IS_FLOAT
#include "moments.h"
#endif

#undef RP_T
#undef RP_C
#undef RP_WIDE
#undef RP_WIDE_C
#undef RP_IS_FLOAT
#undef RP_IS_NARROW
#undef RP_LANE
#undef RP_LEAST
#undef RP_GREATEST
#undef RP_LANES_OF
#undef RP_LESS
#undef RP_HALF
#undef RP_HALVES
#undef RP_ZIP_LO
#undef RP_ZIP_HI
#undef RP_EVENS
#undef RP_EVENS_END
#undef RP_REVERSED
#undef RP_EVERY
