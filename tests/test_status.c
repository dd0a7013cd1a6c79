/* test_status.c -- names of status codes, this thread's last error, the version.
 * SPDX-License-Identifier: MIT
 */
#include "status.h"

#include "support/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void every_status_has_its_name(void **state) {
    (void)state;
    static const char *const names[] = {
        "RAPTORS_OK",          "RAPTORS_ERROR_NULL",    "RAPTORS_ERROR_DTYPE", "RAPTORS_ERROR_SHAPE",
        "RAPTORS_ERROR_AXIS",  "RAPTORS_ERROR_OVERLAP", "RAPTORS_ERROR_VALUE", "RAPTORS_ERROR_UNSUPPORTED",
        "RAPTORS_ERROR_NOMEM", "RAPTORS_ERROR_IO"};
    for (int s = 0; s <= RAPTORS_ERROR_IO; s++)
        assert_string_equal(raptors_status_name((raptors_status)s), names[s]);
    assert_string_equal(raptors_status_name((raptors_status)(RAPTORS_ERROR_IO + 1)), "RAPTORS_ERROR_UNKNOWN");
    assert_string_equal(raptors_status_name((raptors_status)-1), "RAPTORS_ERROR_UNKNOWN");
}

static void an_error_is_kept_as_it_was_said(void **state) {
    (void)state;
    errno = 77;
    assert_int_equal(rp_fail(RAPTORS_ERROR_AXIS, "raptors_sum", "axis %d of %s", 3, "x"), RAPTORS_ERROR_AXIS);
    assert_string_equal(raptors_last_error(), "raptors_sum: axis 3 of x");
    assert_int_equal(errno, 77);
    rp_fail(RAPTORS_ERROR_IO, "raptors_profile_load", "no");
    assert_string_equal(raptors_last_error(), "raptors_profile_load: no");
}

static void too_long_an_error_is_cut(void **state) {
    (void)state;
    char text[4000];
    memset(text, 'q', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    rp_fail(RAPTORS_ERROR_IO, "raptors_add", "%s", text);
    assert_int_equal(strlen(raptors_last_error()), 511);
    assert_memory_equal(raptors_last_error(), "raptors_add: qqq", 16);
    rp_fail(RAPTORS_ERROR_IO, text, "%s", "x");
    assert_int_equal(strlen(raptors_last_error()), 511);
}

/* A text that cannot be converted makes printf fail and set errno. */
static void a_failing_message_keeps_errno(void **state) {
    (void)state;
    static const wchar_t unpaired[] = {0xd800, 0};
    errno = 77;
    assert_int_equal(rp_fail(RAPTORS_ERROR_IO, "raptors_add", "%ls", unpaired), RAPTORS_ERROR_IO);
    assert_int_equal(errno, 77);
    assert_memory_equal(raptors_last_error(), "raptors_add: ", 13);
}

static void *fail_elsewhere(void *seen) {
    strcpy(seen, raptors_last_error());
    rp_fail(RAPTORS_ERROR_NULL, "elsewhere", "its own");
    return NULL;
}

static void each_thread_has_its_own_error(void **state) {
    (void)state;
    char seen[512] = "not looked at";
    pthread_t thread;
    rp_fail(RAPTORS_ERROR_NULL, "here", "mine");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen, "");
    assert_string_equal(raptors_last_error(), "here: mine");
}

static void the_version_is_the_headers(void **state) {
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", RAPTORS_VERSION_MAJOR, RAPTORS_VERSION_MINOR,
             RAPTORS_VERSION_PATCH);
    assert_string_equal(raptors_version(), text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name),     cmocka_unit_test(an_error_is_kept_as_it_was_said),
        cmocka_unit_test(a_failing_message_keeps_errno), cmocka_unit_test(too_long_an_error_is_cut),
        cmocka_unit_test(each_thread_has_its_own_error), cmocka_unit_test(the_version_is_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
