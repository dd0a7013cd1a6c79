/* environment.h -- what the five RAPTORS_ variables say, read once at load.
 * SPDX-License-Identifier: MIT
 *
 * RAPTORS_THREADS    0 or auto, or 1 .. 1024: upper bound on the threads of a call
 * RAPTORS_SIMD       auto or 1, scalar or 0, or a backend's name
 * RAPTORS_TELEMETRY  learn, freeze or off
 * RAPTORS_PROFILE    the path of the learned profile; auto: in the user's cache; off
 * RAPTORS_VERBOSE    1 or 0
 *
 * The spelling is exact: no spaces, signs, units or other case. Whatever else is there is ignored, and said.
 */
#ifndef RP_ENVIRONMENT_H
#define RP_ENVIRONMENT_H

#include <limits.h>
#include <stdbool.h>

#include "raptors.h"

enum { RP_MAX_THREADS = 1024, RP_MAX_COMPLAINT = 320 };

typedef enum rp_profile_place {
    RP_PROFILE_NONE, /* off, or not said: nobody's files are written unasked */
    RP_PROFILE_AUTO, /* the user's cache */
    RP_PROFILE_PATH  /* the path that was given */
} rp_profile_place;

typedef struct rp_environment {
    int threads;   /* upper bound; 0: automatic */
    char simd[16]; /* "auto", or the name of a backend of any architecture */
    raptors_mode mode;
    bool verbose;
    rp_profile_place profile;
    char profile_path[PATH_MAX]; /* with RP_PROFILE_PATH; once read, with RP_PROFILE_AUTO too */
} rp_environment;

/* What holds where nothing is said. */
void rp_environment_default(rp_environment *e);

/* Take one variable's value into e. If it is not understood, leave e alone, write one line that names the
 * variable, the value and what is accepted (no newline; unprintable bytes as '?', cut if long) and return false. */
bool rp_environment_set(rp_environment *e, const char *variable, const char *value,
                        char complaint[RP_MAX_COMPLAINT]);

/* Read all variables of this process into the one instance, complaining on stderr. Called once, at load. A
 * program with set-id rights ignores RAPTORS_PROFILE. */
void rp_environment_load(void);

/* The instance; constant after load. */
const rp_environment *rp_environment_get(void);

/* One line on stderr in one write, with "raptors: " before it; no buffer of stdio's is touched. */
void rp_complain(const char *line);

#endif
