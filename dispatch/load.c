/* load.c -- what happens when the library is loaded and unloaded: environment, CPUs, backend, telemetry.
 * SPDX-License-Identifier: MIT
 *
 * No thread is created, no region opened, and errno is kept. Before this has run (a call from another library's
 * constructor), calls are right too: scalar, on one thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caches.h"
#include "choose.h"
#include "clock.h"
#include "cpus.h"
#include "environment.h"
#include "features.h"
#include "gate.h"
#include "team.h"
#include "user_cache.h"

static void no_work(void *context, int member, int members) {
    (void)context;
    (void)member;
    (void)members;
}

/* ns that a region takes in which nothing is done. */
static uint64_t empty_region(void) {
    uint64_t start = rp_clock();
    rp_team_run(rp_team_size(), no_work, NULL);
    return rp_clock() - start;
}

/* What a learned profile depends on, in one line; it outlives the library's use. */
static const char *describe_machine(void) {
    static char line[256];
    char model[128];
    const char *policy = getenv("OMP_WAIT_POLICY");
    rp_cpu_model(model, sizeof model);
    snprintf(line, sizeof line, "%s, %d CPUs, quota %d, OpenMP %d, wait policy %.16s", model,
             rp_cpus_get()->affinity, rp_cpus_get()->quota, _OPENMP, policy == NULL ? "undefined" : policy);
    for (char *c = line; *c != '\0'; c++) {
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    }
    return line;
}

static void start_telemetry(const rp_environment *e) {
    const rp_cpus *cpus = rp_cpus_get();
    const rp_facts facts = {
        .clock = rp_clock,
        .empty_region = empty_region,
        .usable = e->threads != 0 && e->threads < cpus->usable ? e->threads : cpus->usable,
        .usable_why = rp_cpus_why(cpus),
        .backend = raptors_backend(),
        .backend_why =
            strcmp(e->simd, raptors_backend()) == 0 ? "RAPTORS_SIMD" : "best that this machine can run",
        .machine = describe_machine(),
        .profile = e->profile != RP_PROFILE_NONE ? e->profile_path : NULL,
        .mode = e->mode,
        .verbose = e->verbose,
    };
    rp_gate_start(&facts);
}

__attribute__((constructor)) static void load(void) {
    const int kept = errno;
    rp_environment_load();
    const rp_environment *e = rp_environment_get();
    rp_cpus_load(e->threads);
    rp_caches_load();
    rp_choose_load(e->simd);
    rp_team_load();
    rp_clock_load();
    start_telemetry(e);
    errno = kept;
}

__attribute__((destructor)) static void unload(void) {
    if (rp_team_blocked() == RP_TEAM_FORKED) {
        return;
    }
    const rp_environment *e = rp_environment_get();
    if (e->profile == RP_PROFILE_AUTO && e->mode == RAPTORS_LEARN) {
        rp_user_cache_make(e->profile_path);
    }
    rp_gate_stop();
}
