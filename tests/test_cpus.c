/* test_cpus.c -- usable CPUs, on machines that are laid out as files in a directory.
 * SPDX-License-Identifier: MIT
 */
#include "cpus.h"

#include "support/check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"

enum { MAX_FILES = 8 };

typedef struct machine {
    const char *what;
    int quota;
    struct {
        const char *path, *text;
    } file[MAX_FILES];
} machine;

#define GROUP "/proc/self/cgroup"
#define MOUNTS "/proc/self/mountinfo"
#define V2_AT "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_AT "31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V1_OTHERS "32 25 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define HYBRID_V2_AT "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define QUOTA(directory, text)                                                                               \
    { directory "/cpu.cfs_quota_us", text }
#define PERIOD(directory, text)                                                                              \
    { directory "/cpu.cfs_period_us", text }
#define A "/sys/fs/cgroup/a"
#define V1 "/sys/fs/cgroup/cpu,cpuacct"

static const machine machines[] = {
    {"nothing mounted, no /proc", 0, {{"/etc/hostname", "x\n"}}},
    {"v2 without a quota", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "max 100000\n"}}},
    {"v2, two CPUs", 2, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "200000 100000\n"}}},
    {"v2, two and a half are two",
     2,
     {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "250000 100000\n"}}},
    {"v2, half a CPU is one", 1, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "50000 100000\n"}}},
    {"v2, the parent is tighter",
     3,
     {{GROUP, "0::/a/b/c\n"},
      {MOUNTS, V2_AT},
      {A "/b/c/cpu.max", "800000 100000\n"},
      {A "/cpu.max", "300000 100000\n"}}},
    {"v2, the leaf is tighter",
     2,
     {{GROUP, "0::/a/b\n"},
      {MOUNTS, V2_AT},
      {A "/b/cpu.max", "20000 10000\n"},
      {A "/cpu.max", "max 100000\n"}}},
    {"v2, the mount itself (a container's own namespace)",
     4,
     {{GROUP, "0::/\n"}, {MOUNTS, V2_AT}, {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}}},
    {"v2, outside the namespace",
     4,
     {{GROUP, "0::/../other\n"}, {MOUNTS, V2_AT}, {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}}},
    {"v2, the host's names in a container",
     5,
     {{GROUP, "0::/docker/abc/x\n"},
      {MOUNTS, "29 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"},
      {"/sys/fs/cgroup/x/cpu.max", "500000 100000\n"}}},
    {"v2, a name that only starts like the mount's root",
     0,
     {{GROUP, "0::/docker/abcd\n"},
      {MOUNTS, "29 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"},
      {"/sys/fs/cgroup/d/cpu.max", "500000 100000\n"}}},
    {"v2, a mount point with a space",
     2,
     {{GROUP, "0::/a\n"},
      {MOUNTS, "29 22 0:26 / /my\\040groups rw - cgroup2 none rw\n"},
      {"/my groups/a/cpu.max", "200000 100000\n"}}},
    {"v2, garbage", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "lots of it\n"}}},
    {"v2, empty", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", ""}}},
    {"v2, one number", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "200000\n"}}},
    {"v2, units", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "200ms 100ms\n"}}},
    {"v2, a period of nothing", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "200000 0\n"}}},
    {"v2, below zero", 0, {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "-200000 100000\n"}}},
    {"v2, more than an int",
     INT_MAX,
     {{GROUP, "0::/a\n"}, {MOUNTS, V2_AT}, {A "/cpu.max", "99999999999999999999 1\n"}}},
    {"v2, a group without a mount",
     0,
     {{GROUP, "0::/a\n"}, {MOUNTS, V1_OTHERS}, {A "/cpu.max", "100000 100000\n"}}},
    {"v1, none",
     0,
     {{GROUP, "4:cpu,cpuacct:/a\n"}, {MOUNTS, V1_AT}, QUOTA(V1 "/a", "-1\n"), PERIOD(V1 "/a", "100000\n")}},
    {"v1, three",
     3,
     {{GROUP, "5:cpuset:/\n4:cpu,cpuacct:/a\n"},
      {MOUNTS, V1_OTHERS V1_AT},
      QUOTA(V1 "/a", "300000\n"),
      PERIOD(V1 "/a", "100000\n")}},
    {"v1, an ancestor is tighter",
     2,
     {{GROUP, "4:cpuacct,cpu:/a/b\n"},
      {MOUNTS, V1_AT},
      QUOTA(V1 "/a/b", "700000\n"),
      PERIOD(V1 "/a/b", "100000\n"),
      QUOTA(V1 "/a", "100000\n"),
      PERIOD(V1 "/a", "50000\n")}},
    {"v1, no period", 0, {{GROUP, "4:cpu,cpuacct:/a\n"}, {MOUNTS, V1_AT}, QUOTA(V1 "/a", "300000\n")}},
    {"v1, garbage",
     0,
     {{GROUP, "4:cpu,cpuacct:/a\n"}, {MOUNTS, V1_AT}, QUOTA(V1 "/a", "\n"), PERIOD(V1 "/a", "x\n")}},
    {"v1, cpuset and cpuacct are not cpu",
     0,
     {{GROUP, "4:cpuset:/a\n5:cpuacct:/a\n"},
      {MOUNTS, V1_AT},
      QUOTA(V1 "/a", "100000\n"),
      PERIOD(V1 "/a", "100000\n")}},
    {"hybrid, v1 has the controller",
     2,
     {{GROUP, "4:cpu,cpuacct:/a\n0::/a\n"},
      {MOUNTS, V1_AT HYBRID_V2_AT},
      QUOTA(V1 "/a", "200000\n"),
      PERIOD(V1 "/a", "100000\n")}},
    {"hybrid, both speak",
     1,
     {{GROUP, "0::/a\n4:cpu,cpuacct:/a\n"},
      {MOUNTS, V1_AT HYBRID_V2_AT},
      QUOTA(V1 "/a", "200000\n"),
      PERIOD(V1 "/a", "100000\n"),
      {"/sys/fs/cgroup/unified/a/cpu.max", "100000 100000\n"}}},
    {"lines that are none",
     0,
     {{GROUP, "\n:::\nno colon\n0:\n"}, {MOUNTS, "\n - \n1 2\n - cgroup2\na b c d e - cgroup2 x\n"}}},
};

enum { MACHINES = sizeof machines / sizeof machines[0] };

static void write_below(const char *root, const char *path, const char *text) {
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s%s", root, path);
    for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        mkdir(name, 0700);
    }
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_tree(const char *root) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

static void quota_of_every_machine(void **state) {
    (void)state;
    for (int m = 0; m < MACHINES; m++) {
        char root[] = "/tmp/raptors-cpus-XXXXXX";
        assert_non_null(mkdtemp(root));
        for (int i = 0; i < MAX_FILES && machines[m].file[i].path != NULL; i++) {
            write_below(root, machines[m].file[i].path, machines[m].file[i].text);
        }
        int quota = rp_cpus_quota(root);
        remove_tree(root);
        ts_check(quota == machines[m].quota, "%s: %d instead of %d", machines[m].what, quota,
                 machines[m].quota);
    }
    printf("%d machines\n", MACHINES);
}

/* Names too long for any buffer, and lines too long for any stack. */
static void long_lines_are_survived(void **state) {
    (void)state;
    enum { LONG = 1 << 20 };
    char root[] = "/tmp/raptors-cpus-XXXXXX", *text = malloc(LONG + 16);
    assert_non_null(mkdtemp(root));
    assert_non_null(text);
    memset(text, 'a', LONG);
    memcpy(text, "0::/", 4);
    strcpy(text + LONG, "\n");
    write_below(root, GROUP, text);
    write_below(root, MOUNTS, V2_AT);
    assert_int_equal(rp_cpus_quota(root), 0);
    write_below(root, GROUP, "0::/a\n");
    memcpy(text, "29 22 0:26 / /", 14);
    strcpy(text + LONG, " - cgroup2 x\n");
    write_below(root, MOUNTS, text);
    assert_int_equal(rp_cpus_quota(root), 0);
    remove_tree(root);
    free(text);
}

static void the_least_part_counts(void **state) {
    (void)state;
    assert_int_equal(rp_cpus_combine(8, 0, 0, 0).usable, 8);
    assert_int_equal(rp_cpus_combine(8, 3, 0, 0).usable, 3);
    assert_int_equal(rp_cpus_combine(8, 3, 2, 0).usable, 2);
    assert_int_equal(rp_cpus_combine(1, 3, 2, 0).usable, 1);
    assert_int_equal(rp_cpus_combine(0, 0, 0, 0).usable, 1);
    rp_cpus c = rp_cpus_combine(8, 3, 4, 2);
    assert_int_equal(c.usable, 3); /* RAPTORS_THREADS is a bound that raptors_set_threads may lift */
    assert_int_equal(c.affinity, 8);
    assert_int_equal(c.quota, 3);
    assert_int_equal(c.limit, 4);
    assert_int_equal(c.variable, 2);
    assert_string_equal(rp_cpus_why(&c), "RAPTORS_THREADS");
    c = rp_cpus_combine(8, 3, 4, 0);
    assert_string_equal(rp_cpus_why(&c), "quota");
    c = rp_cpus_combine(2, 3, 4, 8);
    assert_string_equal(rp_cpus_why(&c), "affinity");
    c = rp_cpus_combine(8, 0, 4, 8);
    assert_string_equal(rp_cpus_why(&c), "OMP_THREAD_LIMIT");
}

static void this_machine(void **state) {
    (void)state;
    const rp_cpus *c = rp_cpus_get();
    assert_in_range(c->usable, 1, sysconf(_SC_NPROCESSORS_CONF));
    assert_true(c->usable <= c->affinity);
    assert_int_equal(c->variable, rp_environment_get()->threads);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota_of_every_machine),
        cmocka_unit_test(long_lines_are_survived),
        cmocka_unit_test(the_least_part_counts),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
