/* names.c -- what people and files call operations, types, layouts, arms and reasons.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "process.h"

static const char *const calls[] = {
#define RP_MAP2(name, types, text) #name,
#define RP_MAP1(name, types, text) #name,
#define RP_FOLD(name, kernel, result, text) #name,
#define RP_SPREAD(name, kernel, result, text) #name,
#include "ops.def"
    "scale"};

static const char *const types[] = {
#define RP_TYPE(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = name,
#include "types.def"
};

static const char *const layouts[] = {"contiguous", "rows", "strided", "mixed"};
static const char *const arms[] = {"alone",      "alone_plain", "cold",     "hot",        "hot_plain",
                                   "hot_tile_1", "hot_tile_2",  "hot_half", "hot_quarter"};
static const char *const reasons[] = {"prior",    "measured", "tie",    "hysteresis", "probe",
                                      "ignition", "breaker",  "floor",  "bound",      "nested",
                                      "busy",     "forked",   "failed", "off"};
static const char *const modes[] = {"learn", "freeze", "off"};
static const char *const states[] = {"none", "loaded", "saved", "ignored", "not saved"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
_Static_assert(COUNT(calls) == RP_CALL_COUNT && COUNT(layouts) == RP_LAYOUT_COUNT,
               "every call and layout has a name");
_Static_assert(COUNT(arms) == RP_ARM_COUNT && COUNT(reasons) == RP_REASON_COUNT,
               "every arm and reason has a name");

static const char *name_of(const char *const *list, size_t count, unsigned number) {
    return number < count ? list[number] : "unknown";
}

static int number_of(const char *const *list, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *rp_call_name(rp_call_op op) {
    return name_of(calls, COUNT(calls), (unsigned)op);
}

const char *rp_type_name(raptors_dtype dtype) {
    return name_of(types, COUNT(types), (unsigned)dtype);
}

const char *rp_layout_name(rp_layout layout) {
    return name_of(layouts, COUNT(layouts), (unsigned)layout);
}

const char *rp_arm_name(rp_arm arm) {
    return name_of(arms, COUNT(arms), (unsigned)arm);
}

const char *rp_reason_name(rp_reason reason) {
    return name_of(reasons, COUNT(reasons), (unsigned)reason);
}

const char *rp_mode_name(int mode) {
    return name_of(modes, COUNT(modes), (unsigned)mode);
}

const char *rp_profile_state_name(int state) {
    return name_of(states, COUNT(states), (unsigned)state);
}

int rp_call_number(const char *name) {
    return number_of(calls, COUNT(calls), name);
}

int rp_type_number(const char *name) {
    return number_of(types, COUNT(types), name);
}

int rp_layout_number(const char *name) {
    return number_of(layouts, COUNT(layouts), name);
}

int rp_arm_number(const char *name) {
    return number_of(arms, COUNT(arms), name);
}
