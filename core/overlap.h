/* overlap.h -- whether two views, or two elements of one view, share a byte: exact, in bounded work.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_OVERLAP_H
#define RP_OVERLAP_H

#include "raptors.h"

typedef enum rp_sharing { RP_APART, RP_SHARED, RP_UNDECIDED } rp_sharing;

/* The views passed rp_check_view. UNDECIDED when the work allowed was not enough. */
rp_sharing rp_share(const raptors_array *a, const raptors_array *b);
rp_sharing rp_shares_itself(const raptors_array *x);

#endif
