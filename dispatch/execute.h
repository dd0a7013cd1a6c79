/* execute.h -- a checked call: planned, put to the gate, run by one thread or a team, and recorded.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_EXECUTE_H
#define RP_EXECUTE_H

#include "fold.h"
#include "gate.h"

/* out = op(a, b), or op(a) where b is NULL; op is an rp_map2_op or an rp_map1_op. */
void rp_execute_map(rp_call_op call, const rp_kernels *kernels, int op, const raptors_array *a,
                    const raptors_array *b, const raptors_array *out);

/* x reduced; there are elements to reduce, and outputs. */
void rp_execute_fold(rp_call_op call, const rp_kernels *kernels, const rp_fold_call *fold,
                     const raptors_array *x, raptors_axes axes, const raptors_array *out);

#endif
