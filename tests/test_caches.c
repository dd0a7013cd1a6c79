/* test_caches.c -- what follows from the sizes of caches, on machines that this one is not.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include "caches.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

static void each_size_has_its_distance(void) {
    const int64_t own = rp_cache_own(), reach = rp_cache_reach();
    assert_true(own < reach && reach <= rp_cache_keeps());
    assert_int_equal(rp_cache_distance(0), RP_NEAR);
    assert_int_equal(rp_cache_distance(own), RP_NEAR);
    assert_int_equal(rp_cache_distance(own + 1), RP_CACHED);
    assert_int_equal(rp_cache_distance(reach - 1), RP_CACHED);
    assert_int_equal(rp_cache_distance(reach), RP_FAR);
    assert_int_equal(rp_cache_distance(INT64_MAX), RP_FAR);
}

/* A guest is told of all that its host has, and is one of many. */
static void a_huge_last_level_is_not_believed(void **state) {
    (void)state;
    rp_caches_are(300 * MIB, 2 * MIB);
    assert_int_equal(rp_cache_own(), 2 * MIB);
    assert_int_equal(rp_cache_keeps(), 200 * MIB);
    assert_int_equal(rp_cache_reach(), 32 * MIB);
    each_size_has_its_distance();
}

/* However little a core has to itself: a Zen 3's, a small client's. */
static void a_last_level_of_few_is_used_whole(void **state) {
    (void)state;
    rp_caches_are(33 * MIB, 512 * KIB);
    assert_int_equal(rp_cache_keeps(), 22 * MIB);
    assert_int_equal(rp_cache_reach(), 22 * MIB);
    each_size_has_its_distance();
    rp_caches_are(6 * MIB, 256 * KIB);
    assert_int_equal(rp_cache_reach(), 4 * MIB);
    each_size_has_its_distance();
}

static void this_machine_has_caches(void **state) {
    (void)state;
    rp_caches_load();
    assert_in_range(rp_cache_first(), 1 * KIB, rp_cache_own());
    assert_true(rp_cache_own() > 0 && rp_cache_reach() <= rp_cache_keeps());
    assert_int_equal(rp_cache_distance(0), RP_NEAR);
    assert_int_equal(rp_cache_distance(INT64_MAX), RP_FAR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_huge_last_level_is_not_believed),
        cmocka_unit_test(a_last_level_of_few_is_used_whole),
        cmocka_unit_test(this_machine_has_caches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
