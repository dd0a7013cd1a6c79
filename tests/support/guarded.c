/* guarded.c -- memory between two pages that nobody may touch.
 * SPDX-License-Identifier: MIT
 */
#include "guarded.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

ts_guarded ts_guarded_new(size_t bytes) {
    size_t inside = (bytes + page() - 1) / page() * page();
    unsigned char *all = mmap(NULL, inside + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page(), inside, PROT_READ | PROT_WRITE))
        abort();
    return (ts_guarded){all + page(), all + page() + inside};
}

void ts_guarded_free(ts_guarded g) {
    munmap(g.first - page(), (size_t)(g.end - g.first) + 2 * page());
}
