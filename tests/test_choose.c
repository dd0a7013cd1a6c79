/* test_choose.c -- the choice of a backend: false CPUs, this one, and raptors_set_backend.
 * SPDX-License-Identifier: MIT
 */
#include "choose.h"

#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "features.h"

#define RP_BACKEND(name, condition) #name,
static const char *const built[] = {
#include "backends.def"
};
enum { BUILT = sizeof built / sizeof built[0] };

/* What the choice would be on a CPU: the first row that runs. */
static const char *best_on(const rp_features *f) {
    for (int i = 0; i < BUILT; i++) {
        if (rp_backend_runs(built[i], f)) {
            return built[i];
        }
    }
    return "none";
}

static void a_cpu_of_nothing_runs_scalar(void **state) {
    (void)state;
    rp_features nothing;
    memset(&nothing, 0, sizeof nothing);
    assert_string_equal(best_on(&nothing), "scalar");
}

static void a_cpu_of_everything_runs_the_best(void **state) {
    (void)state;
    rp_features all;
    memset(&all, 0xff, sizeof all);
    for (int i = 0; i < BUILT; i++) {
        assert_true(rp_backend_runs(built[i], &all));
    }
    assert_string_equal(best_on(&all), built[0]);
    assert_string_equal(built[BUILT - 1], "scalar");
}

static void other_architectures_are_known_and_never_run(void **state) {
    (void)state;
    rp_features all;
    memset(&all, 0xff, sizeof all);
#define RP_BACKEND_ELSEWHERE(name)                                                                           \
    assert_true(rp_backend_known(#name));                                                                    \
    assert_false(rp_backend_runs(#name, &all));
#include "backends.def"
    assert_false(rp_backend_known("auto"));
    assert_false(rp_backend_known(""));
    assert_false(rp_backend_runs("mmx", &all));
}

#if defined(__x86_64__)

/* The levels x86-64-v1 to v4, as far as cpu_features tells, and what lies between them. */
static rp_features level(int v) {
    rp_features f;
    memset(&f, 0, sizeof f);
    f.sse = f.sse2 = f.cx8 = -1;
    if (v >= 2) {
        f.sse3 = f.ssse3 = f.sse4_1 = f.sse4_2 = f.popcnt = f.cx16 = -1;
    }
    if (v >= 3) {
        f.avx = f.avx2 = f.fma3 = f.f16c = f.bmi1 = f.bmi2 = f.movbe = -1;
    }
    if (v >= 4) {
        f.avx512f = f.avx512bw = f.avx512cd = f.avx512dq = f.avx512vl = -1;
    }
    return f;
}

/* A build may lack some; then the next one serves. */
static const char *as_built(const char *best) {
    static const char *const all[] = {"avx512", "avx2", "sse", "scalar"};
    int i = 0;
    while (strcmp(all[i], best) != 0) {
        i++;
    }
    while (!rp_backend_known(all[i])) {
        i++;
    }
    return all[i];
}

#define BEST_IS(name) assert_string_equal(best_on(&f), as_built(name))

static void levels_and_what_lies_between(void **state) {
    (void)state;
    rp_features f = level(1);
    BEST_IS("scalar");
    f = level(2);
    BEST_IS("sse");
    f = level(3);
    BEST_IS("avx2");
    f = level(4);
    BEST_IS("avx512");

    f = level(2), f.avx = -1; /* Sandy Bridge */
    BEST_IS("sse");
    f = level(2), f.sse4_2 = 0; /* Penryn */
    BEST_IS("scalar");
    f = level(3), f.avx512f = -1, f.avx512cd = -1; /* Knights Landing: F without BW, DQ, VL */
    BEST_IS("avx2");
#define WITHOUT(v, feature, expected)                                                                        \
    f = level(v), f.feature = 0;                                                                             \
    ts_check(strcmp(best_on(&f), as_built(expected)) == 0, "level %d without " #feature " gives %s", v,      \
             best_on(&f));
    WITHOUT(4, avx512f, "avx2")
    WITHOUT(4, avx512bw, "avx2")
    WITHOUT(4, avx512cd, "avx2")
    WITHOUT(4, avx512dq, "avx2")
    WITHOUT(4, avx512vl, "avx2")
    WITHOUT(3, avx2, "sse")
    WITHOUT(3, fma3, "sse")
    WITHOUT(3, f16c, "sse")
    WITHOUT(3, bmi1, "sse")
    WITHOUT(3, bmi2, "sse")
    WITHOUT(3, movbe, "sse")
    WITHOUT(2, sse3, "scalar")
    WITHOUT(2, ssse3, "scalar")
    WITHOUT(2, sse4_1, "scalar")
    WITHOUT(2, popcnt, "scalar")
    WITHOUT(2, cx16, "scalar")
#undef WITHOUT
}

/* The compiler asks CPUID and XCR0 by code of its own; cpu_features must not promise more. */
static void this_cpu_as_the_compiler_sees_it(void **state) {
    (void)state;
    rp_features f = rp_features_read();
    __builtin_cpu_init();
#define AGREE(feature, name)                                                                                 \
    ts_check(!f.feature || __builtin_cpu_supports(name), "cpu_features alone sees " name);
    AGREE(sse4_2, "sse4.2")
    AGREE(avx2, "avx2")
    AGREE(fma3, "fma")
    AGREE(avx512f, "avx512f")
    AGREE(avx512bw, "avx512bw")
    AGREE(avx512dq, "avx512dq")
    AGREE(avx512vl, "avx512vl")
#undef AGREE
}

#else

static void levels_and_what_lies_between(void **state) {
    (void)state;
    skip();
}

static void this_cpu_as_the_compiler_sees_it(void **state) {
    (void)state;
    skip();
}

#endif

static void those_that_run_here_are_listed_best_first(void **state) {
    (void)state;
    const rp_features here = rp_features_read();
    const char *const *names = raptors_backends();
    int listed = 0;
    for (int i = 0; i < BUILT; i++) {
        if (rp_backend_runs(built[i], &here)) {
            assert_string_equal(names[listed++], built[i]);
        }
    }
    assert_null(names[listed]);
    assert_string_equal(names[listed - 1], "scalar");
}

static void each_can_be_set_and_auto_is_the_best(void **state) {
    (void)state;
    for (const char *const *name = raptors_backends(); *name != NULL; name++) {
        assert_int_equal(raptors_set_backend(*name), RAPTORS_OK);
        assert_string_equal(raptors_backend(), *name);
        assert_string_equal(rp_backend()->name, *name);
    }
    assert_int_equal(raptors_set_backend("auto"), RAPTORS_OK);
    assert_string_equal(raptors_backend(), raptors_backends()[0]);
}

static void refused(const char *name, raptors_status expected) {
    errno = 4711;
    assert_int_equal(raptors_set_backend(name), expected);
    assert_int_equal(errno, 4711);
    assert_string_equal(raptors_backend(), "scalar");
    assert_memory_equal(raptors_last_error(), "raptors_set_backend: ", 21);
    ts_check(name == NULL || strlen(name) > 40 || strstr(raptors_last_error(), name) != NULL,
             "no name in: %s", raptors_last_error());
}

static void what_cannot_be_set_is_left_alone(void **state) {
    (void)state;
    const rp_features here = rp_features_read();
    assert_int_equal(raptors_set_backend("scalar"), RAPTORS_OK);
    refused(NULL, RAPTORS_ERROR_NULL);
    refused("", RAPTORS_ERROR_VALUE);
    refused("AVX2", RAPTORS_ERROR_VALUE);
    refused("a name that is far longer than any message about it would care to be", RAPTORS_ERROR_VALUE);
#define RP_BACKEND(name, condition)                                                                          \
    if (!rp_backend_runs(#name, &here)) {                                                                    \
        refused(#name, RAPTORS_ERROR_UNSUPPORTED);                                                           \
    }
#define RP_BACKEND_ELSEWHERE(name) refused(#name, RAPTORS_ERROR_UNSUPPORTED);
#include "backends.def"
    assert_int_equal(raptors_set_backend("auto"), RAPTORS_OK);
}

/* Where the program around the test knows what the CPU is (an emulator), it says what must have been chosen. */
static void what_was_chosen_is_what_is_expected(void **state) {
    (void)state;
    const char *expected = getenv("TEST_BACKEND");
    if (expected != NULL) {
        assert_string_equal(raptors_backends()[0], expected);
    }
    printf("chosen: %s\n", raptors_backends()[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cpu_of_nothing_runs_scalar),
        cmocka_unit_test(a_cpu_of_everything_runs_the_best),
        cmocka_unit_test(other_architectures_are_known_and_never_run),
        cmocka_unit_test(levels_and_what_lies_between),
        cmocka_unit_test(this_cpu_as_the_compiler_sees_it),
        cmocka_unit_test(those_that_run_here_are_listed_best_first),
        cmocka_unit_test(each_can_be_set_and_auto_is_the_best),
        cmocka_unit_test(what_cannot_be_set_is_left_alone),
        cmocka_unit_test(what_was_chosen_is_what_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
