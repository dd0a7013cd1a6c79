/* reference.h -- what each element of a result must be: exactly, or between two bounds.
 * SPDX-License-Identifier: MIT
 *
 * Elementwise operations and integers are exact, in IEEE arithmetic and in 128 bits. Floating-point
 * reductions are made exactly by MPFR, and may err by the roundings that the order of a reduction has.
 */
#ifndef TD_REFERENCE_H
#define TD_REFERENCE_H

#include "draw.h"

/* BITS and EQUAL are about `low`; with BITS the sign of a zero counts. */
typedef enum td_kind { TD_ANY, TD_NAN, TD_INTEGER, TD_BITS, TD_EQUAL, TD_BETWEEN, TD_NOT_FINITE } td_kind;

typedef struct td_expect {
    td_kind kind;
    int64_t integer;
    double low, high;
} td_expect;

/* What element i, in C order, of the output must be; `expects` has room for TD_MOST. */
enum { TD_MOST = 1 << 18 };
void td_reference(const td_case *c, td_expect *expects);

/* Whether the element at p is as expected. */
int td_meets(const td_expect *e, const void *p, raptors_dtype t);

/* Parts of it: elementwise, and reductions. */
void td_map(const td_case *c, td_expect *expects);
void td_reduce(const td_case *c, td_expect *expects);

#endif
