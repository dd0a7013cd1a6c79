/* choose.c -- the table of backends, and the choice among those that run here.
 * SPDX-License-Identifier: MIT
 */
#include "choose.h"

#include <stdio.h>
#include <string.h>

#include "environment.h"
#include "features.h"
#include "gate.h"
#include "status.h"

#define RP_BACKEND(name, condition) extern const rp_kernels rp_kernels_##name;
#include "backends.def"

#define RP_BACKEND(name, condition)                                                                          \
    static bool name##_runs(const rp_features *features) {                                                   \
        const rp_features f = *features;                                                                     \
        (void)f;                                                                                             \
        return condition;                                                                                    \
    }
#include "backends.def"

/* Best first, then those of other architectures, which have no table. */
static const struct row {
    const char *name;
    const rp_kernels *table;
    bool (*runs)(const rp_features *features);
} rows[] = {
#define RP_BACKEND(name, condition) {#name, &rp_kernels_##name, name##_runs},
#define RP_BACKEND_ELSEWHERE(name) {#name, NULL, NULL},
#include "backends.def"
};

enum { ROWS = sizeof rows / sizeof rows[0] };

_Atomic(const rp_kernels *) rp_backend_chosen = &rp_kernels_scalar;

/* Those that run here, best first; constant after load. */
static const struct row *runnable[ROWS];
static const char *runnable_names[ROWS + 1];

static const struct row *find(const char *name) {
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

bool rp_backend_known(const char *name) {
    return find(name) != NULL;
}

bool rp_backend_runs(const char *name, const rp_features *f) {
    const struct row *row = find(name);
    return row != NULL && row->runs != NULL && row->runs(f);
}

/* The runnable row of that name, the best for "auto", or NULL. */
static const struct row *find_runnable(const char *name) {
    if (strcmp(name, "auto") == 0) {
        return runnable[0];
    }
    for (int i = 0; i < ROWS && runnable[i] != NULL; i++) {
        if (strcmp(runnable[i]->name, name) == 0) {
            return runnable[i];
        }
    }
    return NULL;
}

static void use(const struct row *row) {
    atomic_store_explicit(&rp_backend_chosen, row->table, memory_order_release);
}

void rp_choose_load(const char *simd) {
    const rp_features features = rp_features_read();
    for (int i = 0, n = 0; i < ROWS; i++) {
        if (rp_backend_runs(rows[i].name, &features)) {
            runnable[n] = &rows[i];
            runnable_names[n++] = rows[i].name;
        }
    }
    const struct row *row = find_runnable(simd);
    if (row == NULL) {
        char complaint[RP_MAX_COMPLAINT];
        row = runnable[0];
        snprintf(complaint, sizeof complaint, "RAPTORS_SIMD=\"%s\" does not run on this machine; using %s",
                 simd, row->name);
        rp_complain(complaint);
    }
    use(row);
}

const char *raptors_backend(void) {
    return rp_backend()->name;
}

const char *const *raptors_backends(void) {
    return runnable_names;
}

raptors_status raptors_set_backend(const char *name) {
    if (name == NULL) {
        return rp_fail(RAPTORS_ERROR_NULL, "raptors_set_backend", "name is NULL");
    }
    const struct row *row = find_runnable(name);
    if (row != NULL) {
        use(row);
        rp_gate_backend(row->name, "raptors_set_backend");
        return RAPTORS_OK;
    }
    if (rp_backend_known(name)) {
        return rp_fail(RAPTORS_ERROR_UNSUPPORTED, "raptors_set_backend", "this machine cannot run \"%s\"",
                       name);
    }
    return rp_fail(RAPTORS_ERROR_VALUE, "raptors_set_backend", "\"%.40s\" is no backend's name", name);
}
