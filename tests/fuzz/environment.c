/* environment.c -- fuzzes the values of the RAPTORS_ variables: understood or left alone, and said on one
 * line.
 * SPDX-License-Identifier: MIT
 *
 * The first byte chooses the variable, the rest is its value.
 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "choose.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define must(condition) ((condition) ? (void)0 : abort())

/* In place of the real list: names of every length are known. */
bool rp_backend_known(const char *name) {
    return name[0] == 's' || name[0] == 'a';
}

static const char *const names[] = {"RAPTORS_THREADS", "RAPTORS_SIMD",    "RAPTORS_TELEMETRY",
                                    "RAPTORS_PROFILE", "RAPTORS_VERBOSE", "RAPTORS_OTHER"};
enum { NAMES = sizeof names / sizeof names[0] };

static void check_fields(const rp_environment *e) {
    must(e->threads >= 0 && e->threads <= RP_MAX_THREADS);
    must(memchr(e->simd, '\0', sizeof e->simd) != NULL && e->simd[0] != '\0');
    must(e->mode == RAPTORS_LEARN || e->mode == RAPTORS_FREEZE || e->mode == RAPTORS_OFF);
    must(e->profile == RP_PROFILE_NONE || e->profile == RP_PROFILE_AUTO || e->profile == RP_PROFILE_PATH);
    must(memchr(e->profile_path, '\0', sizeof e->profile_path) != NULL);
    must(e->profile == RP_PROFILE_AUTO || /* has its path once all is loaded */
         (e->profile == RP_PROFILE_PATH) == (e->profile_path[0] != '\0'));
}

static void check_complaint(const char *complaint, const char *name) {
    must(memchr(complaint, '\0', RP_MAX_COMPLAINT) != NULL);
    must(strcmp(name, "RAPTORS_OTHER") == 0 || strstr(complaint, name) != NULL);
    for (const char *c = complaint; *c != '\0'; c++) {
        must(*c >= ' ' && *c <= '~');
    }
}

/* The whole way, from the process's own variable; the line on stderr goes where the fuzzer sends it. */
static void load(const char *name, const char *value) {
    must(setenv(name, value, 1) == 0);
    rp_environment_load();
    check_fields(rp_environment_get());
    must(unsetenv(name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static rp_environment e, before; /* never reset: values come one upon another */
    static bool begun;
    if (!begun) {
        rp_environment_default(&e);
        begun = true;
    }
    if (size == 0) {
        return 0;
    }
    const char *name = names[bytes[0] % NAMES];
    char *value = strndup((const char *)bytes + 1, size - 1);
    char complaint[RP_MAX_COMPLAINT];
    must(value != NULL);
    memset(complaint, '\x7f', sizeof complaint);
    before = e;
    if (!rp_environment_set(&e, name, value, complaint)) {
        must(memcmp(&e, &before, sizeof e) == 0);
        check_complaint(complaint, name);
    }
    check_fields(&e);
    load(name, value);
    free(value);
    return 0;
}
