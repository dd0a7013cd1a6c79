/* unload.c -- the library is closed while its team lives, by a host that has no OpenMP of its own to keep it.
 * SPDX-License-Identifier: MIT
 */
#include "again.h"
#include "faults.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "raptors.h"

typedef struct library {
    void *handle;
    raptors_status (*sum)(const raptors_array *, raptors_axes, const raptors_array *);
    raptors_status (*set_threads)(int);
    raptors_status (*mode)(raptors_mode);
} library;

static void *symbol(void *handle, const char *name) {
    void *found = dlsym(handle, name);
    if (found == NULL) {
        printf("%s\n", dlerror());
        exit(TS_BROKEN);
    }
    return found;
}

static library open_library(void) {
    library l = {.handle = dlopen(RP_BUILD_DIR "/liblraptors.so", RTLD_NOW | RTLD_LOCAL)};
    if (l.handle == NULL) {
        printf("%s\n", dlerror());
        exit(TS_BROKEN);
    }
    *(void **)&l.sum = symbol(l.handle, "raptors_sum");
    *(void **)&l.set_threads = symbol(l.handle, "raptors_set_threads");
    *(void **)&l.mode = symbol(l.handle, "raptors_telemetry_mode");
    return l;
}

static double total(const library *l) {
    static float ones[1 << 20];
    double result = 0;
    ones[0] = ones[(1 << 20) - 1] = 1;
    const raptors_array x = {ones, RAPTORS_FLOAT32, 1, {1 << 20}, {sizeof(float)}};
    const raptors_array out = {.data = &result, .dtype = RAPTORS_FLOAT64};
    return l->sum(&x, RAPTORS_ALL_AXES, &out) == RAPTORS_OK ? result : -1;
}

static int opened_and_closed_a_thousand_times(void) {
    int most = 0;
    for (int i = 0; i < (TS_EMULATED ? 50 : 1000); i++) {
        library l = open_library();
        l.mode(RAPTORS_OFF);
        l.set_threads(2);
        TS_NEED(total(&l) == 2, "wrong sum, round %d", i);
        most = ts_thread_count();
        dlclose(l.handle);
    }
    if (most < 2) {
        TS_SKIP("closing a library whose team lives (one CPU)");
    }
    return TS_SURVIVED;
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(opened_and_closed_a_thousand_times, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
