/* ops.h -- the body of each elementwise operation, one line each, on vectors of type t.
 * SPDX-License-Identifier: MIT
 */
#define RP_BODY_add(t, a, b) ((a) + (b))
#define RP_BODY_subtract(t, a, b) ((a) - (b))
#define RP_BODY_multiply(t, a, b) ((a) * (b))
#define RP_BODY_divide(t, a, b) ((a) / (b))
#define RP_BODY_minimum(t, a, b) v_min_##t(a, b)
#define RP_BODY_maximum(t, a, b) v_max_##t(a, b)

#define RP_BODY_negative(t, x) (-(x))
#define RP_BODY_absolute(t, x) v_abs_##t(x)
#define RP_BODY_square(t, x) ((x) * (x))
#define RP_BODY_sqrt(t, x) v_sqrt_##t(x)
#define RP_BODY_copy(t, x) (x)
