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
#define RP_REVERSED RP_REVERSED_32
#else
#define RP_ZIP_LO RP_ZIP_LO_64
#define RP_ZIP_HI RP_ZIP_HI_64
#define RP_EVENS RP_EVENS_64
#define RP_REVERSED RP_REVERSED_64
#endif

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
#define RP_STEP_IN(a, b) ((a) + (b))
#define RP_STEP_ONE(a, b) ((a) + (b))
#define RP_START (RP_IS_FLOAT ? (RP_WIDE_C)-0.0 : 0)
#define RP_LIFT (RP_IS_NARROW ? (RP_IS_FLOAT ? 2 : 1) : 0)
#define RP_COMPENSATED (RP_IS_FLOAT && !RP_IS_NARROW)
#include "fold.h"

#define RP_FOLD_OP prod
#define RP_W RP_WIDE
#define RP_WC RP_WIDE_C
#define RP_STEP(a, b) ((a) * (b))
#define RP_STEP_IN(a, b) ((a) * (b))
#define RP_STEP_ONE(a, b) ((a) * (b))
#define RP_START 1
#define RP_LIFT RP_IS_NARROW
#define RP_COMPENSATED 0
#include "fold.h"

#define RP_FOLD_OP min
#define RP_W RP_T
#define RP_WC RP_C
#define RP_STEP(a, b) RP_CAT(v_min_, RP_T)(a, b)
#define RP_STEP_IN(a, b) RP_CAT(v_min_, RP_T)(a, b)
#define RP_TAKES_FIRST(a, b) (((a) < (b)) | ((a) != (a)))
#define RP_STEP_ONE(a, b) (RP_TAKES_FIRST(a, b) ? (a) : (b))
#define RP_START RP_GREATEST
#define RP_LIFT 0
#define RP_COMPENSATED 0
#include "fold.h"

#define RP_FOLD_OP max
#define RP_W RP_T
#define RP_WC RP_C
#define RP_STEP(a, b) RP_CAT(v_max_, RP_T)(a, b)
#define RP_STEP_IN(a, b) RP_CAT(v_max_, RP_T)(a, b)
#define RP_TAKES_FIRST(a, b) (((a) > (b)) | ((a) != (a)))
#define RP_STEP_ONE(a, b) (RP_TAKES_FIRST(a, b) ? (a) : (b))
#define RP_START RP_LEAST
#define RP_LIFT 0
#define RP_COMPENSATED 0
#include "fold.h"

#define RP_FOLD_OP argmin
#define RP_BETTER(a, b) RP_LESS(a, b)
#define RP_BETTER_ONE(a, b) ((a) < (b))
#define RP_WORST RP_GREATEST
#define RP_EXTREME(a, b) RP_CAT(v_min_, RP_T)(a, b)
#include "argfold.h"

#define RP_FOLD_OP argmax
#define RP_BETTER(a, b) RP_LESS(b, a)
#define RP_BETTER_ONE(a, b) ((a) > (b))
#define RP_WORST RP_LEAST
#define RP_EXTREME(a, b) RP_CAT(v_max_, RP_T)(a, b)
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
#undef RP_REVERSED
