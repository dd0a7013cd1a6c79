/* test_environment.c -- the RAPTORS_ variables: what is taken, what is refused and how that is said.
 * SPDX-License-Identifier: MIT
 */
#include "environment.h"

#include "support/again.h"
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choose.h"
#include "features.h"

static char complaint[RP_MAX_COMPLAINT];

static rp_environment given(const char *variable, const char *value) {
    rp_environment e;
    rp_environment_default(&e);
    ts_check(rp_environment_set(&e, variable, value, complaint), "%s=%s was refused: %s", variable, value,
             complaint);
    return e;
}

/* Refused, nothing changed, and the line has all three parts. */
static void refused(const char *variable, const char *value, const char *accepted) {
    rp_environment e, before;
    memset(&e, 0x5a, sizeof e);
    memset(&before, 0x5a, sizeof before);
    memset(complaint, 'z', sizeof complaint);
    ts_check(!rp_environment_set(&e, variable, value, complaint), "%s=\"%s\" was taken", variable, value);
    assert_memory_equal(&e, &before, sizeof e);
    ts_check(memchr(complaint, '\0', sizeof complaint) != NULL, "the line about \"%s\" has no end", value);
    ts_check(strstr(complaint, variable) != NULL, "no variable in: %s", complaint);
    ts_check(strstr(complaint, accepted) != NULL, "not what is accepted in: %s", complaint);
    if (strlen(value) < 50 && strpbrk(value, "\n\033\377") == NULL) {
        ts_check(strstr(complaint, value) != NULL, "no value in: %s", complaint);
    }
    for (const char *c = complaint; *c != '\0'; c++) {
        ts_check(*c >= ' ' && *c <= '~', "byte %d would reach the terminal", *c);
    }
}

static void what_holds_when_nothing_is_said(void **state) {
    (void)state;
    rp_environment e;
    rp_environment_default(&e);
    assert_int_equal(e.threads, 0);
    assert_string_equal(e.simd, "auto");
    assert_int_equal(e.mode, RAPTORS_LEARN);
    assert_int_equal(e.profile, RP_PROFILE_NONE);
    assert_false(e.verbose);
}

static void threads(void **state) {
    (void)state;
    assert_int_equal(given("RAPTORS_THREADS", "auto").threads, 0);
    assert_int_equal(given("RAPTORS_THREADS", "0").threads, 0);
    assert_int_equal(given("RAPTORS_THREADS", "1").threads, 1);
    assert_int_equal(given("RAPTORS_THREADS", "1024").threads, 1024);
    static const char *const junk[] = {"",     " ",    "-1",   "+1",    "1 ",
                                       " 1",   "1x",   "0x2",  "2.0",   "1e3",
                                       "two",  "AUTO", "1025", "99999", "18446744073709551617",
                                       "\0331"};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        refused("RAPTORS_THREADS", junk[i], "1 to 1024");
    }
}

static void simd(void **state) {
    (void)state;
    assert_string_equal(given("RAPTORS_SIMD", "auto").simd, "auto");
    assert_string_equal(given("RAPTORS_SIMD", "1").simd, "auto");
    assert_string_equal(given("RAPTORS_SIMD", "0").simd, "scalar");
#define RP_BACKEND(name, condition) assert_string_equal(given("RAPTORS_SIMD", #name).simd, #name);
#define RP_BACKEND_ELSEWHERE(name) assert_string_equal(given("RAPTORS_SIMD", #name).simd, #name);
#include "backends.def"
    static const char *const junk[] = {
        "",        "2",    "00",  "SCALAR", "avx",
        "avx512 ", " sse", "aut", "autoo",  "avx512f-or-something-longer-than-any-name"};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        refused("RAPTORS_SIMD", junk[i], "auto, 1, 0");
    }
}

static void telemetry(void **state) {
    (void)state;
    assert_int_equal(given("RAPTORS_TELEMETRY", "learn").mode, RAPTORS_LEARN);
    assert_int_equal(given("RAPTORS_TELEMETRY", "freeze").mode, RAPTORS_FREEZE);
    assert_int_equal(given("RAPTORS_TELEMETRY", "off").mode, RAPTORS_OFF);
    static const char *const junk[] = {"", "on", "0", "1", "Learn", "learn,off", "of"};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        refused("RAPTORS_TELEMETRY", junk[i], "learn, freeze or off");
    }
}

static void verbose(void **state) {
    (void)state;
    assert_true(given("RAPTORS_VERBOSE", "1").verbose);
    assert_false(given("RAPTORS_VERBOSE", "0").verbose);
    static const char *const junk[] = {"", "2", "yes", "true", "11", "1\n"};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        refused("RAPTORS_VERBOSE", junk[i], "0 or 1");
    }
}

static void profile(void **state) {
    (void)state;
    char longest[PATH_MAX], too_long[PATH_MAX + 1];
    memset(longest, 'p', sizeof longest);
    memset(too_long, 'p', sizeof too_long);
    longest[PATH_MAX - 1] = too_long[PATH_MAX] = '\0';

    assert_int_equal(given("RAPTORS_PROFILE", "off").profile, RP_PROFILE_NONE);
    assert_int_equal(given("RAPTORS_PROFILE", "auto").profile, RP_PROFILE_AUTO);
    rp_environment e = given("RAPTORS_PROFILE", "/some/where");
    assert_int_equal(e.profile, RP_PROFILE_PATH);
    assert_string_equal(e.profile_path, "/some/where");
    e = given("RAPTORS_PROFILE", longest);
    assert_string_equal(e.profile_path, longest);
    refused("RAPTORS_PROFILE", "", "a path");
    refused("RAPTORS_PROFILE", too_long, "a path");
}

static void huge_values_and_foreign_bytes(void **state) {
    (void)state;
    static const char *const variables[] = {"RAPTORS_THREADS", "RAPTORS_SIMD", "RAPTORS_TELEMETRY",
                                            "RAPTORS_VERBOSE"};
    size_t size = (size_t)1 << 20;
    char *huge = malloc(size), bytes[256];
    assert_non_null(huge);
    memset(huge, '1', size);
    huge[size - 1] = '\0';
    for (int i = 0; i < 255; i++) {
        bytes[i] = (char)(i + 1);
    }
    bytes[255] = '\0';
    for (size_t i = 0; i < 4; i++) {
        refused(variables[i], huge, "accepted");
        refused(variables[i], bytes, "accepted");
        refused(variables[i], "\377\376\033[2J", "accepted");
    }
    free(huge);
}

/* This program run once more with an environment: how it came out in the environment's instance, and stderr. */
static void load_with(const char *program, const char *const settings[], char *output, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        for (; *settings != NULL; settings += 2) {
            setenv(settings[0], settings[1], 1);
        }
        ts_exec_again(program, "--show");
        _exit(127);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], output + length, size - 1 - length)) > 0; length += (size_t)n) {
    }
    output[length] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    ts_check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %d: %s", status,
             output);
}

static void show(void) {
    const rp_environment *e = rp_environment_get();
    static char json[1 << 16];
    raptors_telemetry(json, sizeof json);
    printf("%.*s\n", (int)strcspn(strstr(json, "\"profile\""), "}"), strstr(json, "\"profile\""));
    printf("threads=%d simd=%s mode=%d verbose=%d profile=%d:%s backend=%s errno=%d\n", e->threads, e->simd,
           (int)e->mode, e->verbose, (int)e->profile, e->profile_path, raptors_backend(), errno);
}

static void a_process_reads_all_five(void **state) {
    (void)state;
    char output[4096];
    const char *const settings[] = {"RAPTORS_THREADS",
                                    "3",
                                    "RAPTORS_SIMD",
                                    "0",
                                    "RAPTORS_TELEMETRY",
                                    "freeze",
                                    "RAPTORS_VERBOSE",
                                    "1",
                                    "RAPTORS_PROFILE",
                                    "/no/such/profile",
                                    NULL};
    load_with("/proc/self/exe", settings, output, sizeof output);
    ts_check(
        strstr(output, "threads=3 simd=scalar mode=1 verbose=1 profile=2:/no/such/profile backend=scalar") !=
            NULL,
        "got: %s", output);
}

static void a_process_complains_once_a_variable_and_goes_on(void **state) {
    (void)state;
    char output[4096];
    const char *const settings[] = {"RAPTORS_THREADS",
                                    "many",
                                    "RAPTORS_SIMD",
                                    "mmx",
                                    "RAPTORS_TELEMETRY",
                                    "",
                                    "RAPTORS_VERBOSE",
                                    "2",
                                    "RAPTORS_PROFILE",
                                    "off",
                                    NULL};
    load_with("/proc/self/exe", settings, output, sizeof output);
    ts_check(strstr(output, "raptors: RAPTORS_THREADS=\"many\" is not understood and ignored; accepted: ") ==
                 output,
             "got: %s", output);
    ts_check(strstr(output, "threads=0 simd=auto mode=0 verbose=0 profile=0:") != NULL, "got: %s", output);
    int lines = 0;
    for (const char *c = output; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    ts_check(lines == 6, "%d lines instead of four complaints and two of results: %s", lines, output);
}

static void expect_folder_of_ours_alone(const char *path) {
    struct stat s;
    ts_check(stat(path, &s) == 0 && S_ISDIR(s.st_mode) && (s.st_mode & 0777) == 0700, "%s", path);
}

/* `cache` and `home` are what the two variables say; the profile is kept at `path`, in folders made for it. */
static void keeps_at(const char *cache, const char *home, const char *path) {
    const char *const settings[] = {"RAPTORS_PROFILE", "auto", "XDG_CACHE_HOME", cache, "HOME", home, NULL};
    char output[4096], state[PATH_MAX + 64], folder[PATH_MAX];
    load_with("/proc/self/exe", settings, output, sizeof output);
    snprintf(state, sizeof state, "\"path\": \"%s\", \"state\": \"none\"", path);
    ts_check(strstr(output, state) != NULL, "the first time: %s", output);
    load_with("/proc/self/exe", settings, output, sizeof output);
    ts_check(strstr(output, "\"state\": \"loaded\"") != NULL, "the second time: %s", output);
    assert_int_equal(unlink(path), 0);
    snprintf(folder, sizeof folder, "%s", path);
    for (int i = 0; i < 2; i++) { /* raptors, and what it lies in */
        *strrchr(folder, '/') = '\0';
        expect_folder_of_ours_alone(folder);
        assert_int_equal(rmdir(folder), 0);
    }
}

static void auto_is_the_users_cache(void **state) {
    (void)state;
    char home[] = "/tmp/raptors-home-XXXXXX", cache[64], path[128], output[4096];
    assert_non_null(mkdtemp(home));
    snprintf(cache, sizeof cache, "%s/cache", home);
    snprintf(path, sizeof path, "%s/cache/raptors/profile", home);
    keeps_at(cache, "/nobody", path);
    snprintf(path, sizeof path, "%s/.cache/raptors/profile", home);
    keeps_at("not/absolute", home, path);
    keeps_at("", home, path);
    assert_int_equal(rmdir(home), 0);
    const char *const nowhere[] = {"RAPTORS_PROFILE", "auto", "XDG_CACHE_HOME", "", "HOME", "", NULL};
    load_with("/proc/self/exe", nowhere, output, sizeof output);
    ts_check(strstr(output, "raptors: RAPTORS_PROFILE=\"auto\" is ignored: ") == output &&
                 strstr(output, "profile=0:") != NULL,
             "got: %s", output);
}

static void nobody_writes_unasked(void **state) {
    (void)state;
    char home[] = "/tmp/raptors-home-XXXXXX", output[4096];
    assert_non_null(mkdtemp(home));
    const char *const settings[] = {"XDG_CACHE_HOME", home, "HOME", home, NULL};
    load_with("/proc/self/exe", settings, output, sizeof output);
    assert_int_equal(rmdir(home), 0); /* which is empty */
}

static void a_backend_that_the_machine_lacks_gives_its_best(void **state) {
    (void)state;
    const rp_features here = rp_features_read();
    char output[4096], line[128], best[64];
    snprintf(best, sizeof best, " backend=%s ", raptors_backends()[0]);
#define RP_BACKEND(name, condition) #name,
#define RP_BACKEND_ELSEWHERE(name) #name,
    static const char *const names[] = {
#include "backends.def"
    };
    int tried = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!rp_backend_runs(names[i], &here)) {
            const char *const settings[] = {"RAPTORS_SIMD", names[i], NULL};
            load_with("/proc/self/exe", settings, output, sizeof output);
            snprintf(line, sizeof line, "raptors: RAPTORS_SIMD=\"%s\" does not run on this machine",
                     names[i]);
            ts_check(strstr(output, line) == output && strstr(output, best) != NULL, "got: %s", output);
            tried++;
        }
    }
    ts_check(tried > 0, "every machine lacks another architecture's");
}

/* A copy of this program that belongs to nobody and sets the user id: its environment is an attacker's. */
static void a_set_id_program_ignores_the_path(void **state) {
    (void)state;
    if (geteuid() != 0 || TS_EMULATED) {
        printf("SKIPPED set-id copy (not root, or emulated)\n");
        skip();
    }
    char directory[] = "/tmp/raptors-set-id-XXXXXX", copy[64], command[128], output[4096];
    assert_non_null(mkdtemp(directory));
    snprintf(copy, sizeof copy, "%s/copy", directory);
    snprintf(command, sizeof command, "cp /proc/%d/exe %s", (int)getpid(), copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chown(copy, 65534, 65534), 0);

    static const char *const values[] = {"/tmp/raptors-evil", "auto"};
    for (int i = 0; i < 2; i++) {
        const char *const settings[] = {
            "RAPTORS_PROFILE", values[i], "RAPTORS_THREADS", "2", "XDG_CACHE_HOME", "/dev/null", NULL};
        assert_int_equal(chmod(copy, 0755), 0);
        load_with(copy, settings, output, sizeof output);
        ts_check(strstr(output, "threads=2") &&
                     strstr(output,
                            i == 0 ? "profile=2:/tmp/raptors-evil " : "profile=1:/dev/null/raptors/profile "),
                 "plain: %s", output);
        assert_int_equal(chmod(copy, 04755), 0);
        load_with(copy, settings, output, sizeof output);
        ts_check(strstr(output, "threads=2") && strstr(output, "profile=0: "), "set-id: %s", output);
    }
    unlink(copy);
    rmdir(directory);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--show") == 0) {
        show();
        return 0;
    }
    unsetenv("RAPTORS_SIMD");
    unsetenv("RAPTORS_VERBOSE");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_when_nothing_is_said),
        cmocka_unit_test(threads),
        cmocka_unit_test(simd),
        cmocka_unit_test(telemetry),
        cmocka_unit_test(verbose),
        cmocka_unit_test(profile),
        cmocka_unit_test(huge_values_and_foreign_bytes),
        cmocka_unit_test(a_process_reads_all_five),
        cmocka_unit_test(a_process_complains_once_a_variable_and_goes_on),
        cmocka_unit_test(auto_is_the_users_cache),
        cmocka_unit_test(nobody_writes_unasked),
        cmocka_unit_test(a_backend_that_the_machine_lacks_gives_its_best),
        cmocka_unit_test(a_set_id_program_ignores_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
