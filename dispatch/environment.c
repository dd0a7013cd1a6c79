/* environment.c -- strict parsing of the RAPTORS_ variables.
 * SPDX-License-Identifier: MIT
 */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choose.h"
#include "user_cache.h"

static rp_environment environment;

void rp_environment_default(rp_environment *e) {
    *e = (rp_environment){.simd = "auto", .mode = RAPTORS_LEARN};
}

static bool set_threads(rp_environment *e, const char *value) {
    size_t digits = strspn(value, "0123456789");
    if (strcmp(value, "auto") == 0) {
        e->threads = 0;
        return true;
    }
    if (digits == 0 || digits > 4 || value[digits] != '\0') {
        return false;
    }
    int threads = (int)strtol(value, NULL, 10);
    if (threads > RP_MAX_THREADS) {
        return false;
    }
    e->threads = threads;
    return true;
}

static bool set_simd(rp_environment *e, const char *value) {
    const char *name = strcmp(value, "1") == 0 ? "auto" : strcmp(value, "0") == 0 ? "scalar" : value;
    if (strlen(name) >= sizeof e->simd || (strcmp(name, "auto") != 0 && !rp_backend_known(name))) {
        return false;
    }
    strcpy(e->simd, name);
    return true;
}

static bool set_telemetry(rp_environment *e, const char *value) {
    static const char *const names[] = {
        [RAPTORS_LEARN] = "learn", [RAPTORS_FREEZE] = "freeze", [RAPTORS_OFF] = "off"};
    for (int mode = RAPTORS_LEARN; mode <= RAPTORS_OFF; mode++) {
        if (strcmp(value, names[mode]) == 0) {
            e->mode = (raptors_mode)mode;
            return true;
        }
    }
    return false;
}

static bool set_profile(rp_environment *e, const char *value) {
    size_t length = strlen(value);
    if (length == 0 || length >= sizeof e->profile_path) {
        return false;
    }
    e->profile = strcmp(value, "off") == 0    ? RP_PROFILE_NONE
                 : strcmp(value, "auto") == 0 ? RP_PROFILE_AUTO
                                              : RP_PROFILE_PATH;
    strcpy(e->profile_path, e->profile == RP_PROFILE_PATH ? value : "");
    return true;
}

static bool set_verbose(rp_environment *e, const char *value) {
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
        return false;
    }
    e->verbose = value[0] == '1';
    return true;
}

static const struct variable {
    const char *name;
    bool (*set)(rp_environment *e, const char *value);
    const char *accepted;
    bool is_path;
} variables[] = {
    {"RAPTORS_THREADS", set_threads, "0, auto, or 1 to 1024", false},
    {"RAPTORS_SIMD", set_simd, "auto, 1, 0, or the name of a backend", false},
    {"RAPTORS_TELEMETRY", set_telemetry, "learn, freeze or off", false},
    {"RAPTORS_PROFILE", set_profile, "off, auto, or a path shorter than PATH_MAX", true},
    {"RAPTORS_VERBOSE", set_verbose, "0 or 1", false},
};

/* The head of a value, fit to be shown: a terminal must not obey what stands in a variable. */
static void show(char shown[64], const char *value) {
    size_t i = 0;
    for (; i < 60 && value[i] != '\0'; i++) {
        shown[i] = value[i] >= ' ' && value[i] <= '~' ? value[i] : '?';
    }
    strcpy(shown + i, value[i] == '\0' ? "" : "...");
}

bool rp_environment_set(rp_environment *e, const char *variable, const char *value,
                        char complaint[RP_MAX_COMPLAINT]) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (strcmp(variable, variables[i].name) != 0) {
            continue;
        }
        if (variables[i].set(e, value)) {
            return true;
        }
        char shown[64];
        show(shown, value);
        snprintf(complaint, RP_MAX_COMPLAINT, "%s=\"%s\" is not understood and ignored; accepted: %s",
                 variable, shown, variables[i].accepted);
        return false;
    }
    snprintf(complaint, RP_MAX_COMPLAINT, "no variable of that name");
    return false;
}

void rp_complain(const char *line) {
    char text[RP_MAX_COMPLAINT + 16];
    int length = snprintf(text, sizeof text, "raptors: %.*s\n", RP_MAX_COMPLAINT, line);
    ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written; /* there is nobody left to tell */
}

void rp_environment_load(void) {
    char complaint[RP_MAX_COMPLAINT];
    rp_environment_default(&environment);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *name = variables[i].name;
        const char *value = variables[i].is_path ? secure_getenv(name) : getenv(name);
        if (value != NULL && !rp_environment_set(&environment, name, value, complaint)) {
            rp_complain(complaint);
        }
    }
    if (environment.profile == RP_PROFILE_AUTO && !rp_user_cache_path(environment.profile_path, "profile")) {
        environment.profile = RP_PROFILE_NONE;
        rp_complain(
            "RAPTORS_PROFILE=\"auto\" is ignored: neither XDG_CACHE_HOME nor HOME is an absolute path");
    }
}

const rp_environment *rp_environment_get(void) {
    return &environment;
}
