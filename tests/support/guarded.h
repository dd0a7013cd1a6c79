/* guarded.h -- memory between two pages that nobody may touch: a byte read too far is a fault.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_GUARDED_H
#define TS_GUARDED_H

#include <stddef.h>

typedef struct ts_guarded {
    unsigned char *first; /* the first byte that may be touched, at a page's start */
    unsigned char *end;   /* one past the last, at a page's end */
} ts_guarded;

/* At least `bytes` of zeroed memory, in whole pages. */
ts_guarded ts_guarded_new(size_t bytes);
void ts_guarded_free(ts_guarded g);

#endif
