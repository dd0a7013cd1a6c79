/* cpus.c -- affinity, control-group quota and OpenMP's limit.
 * SPDX-License-Identifier: MIT
 *
 * A quota is found in three steps: /proc/self/cgroup names this process's group in each hierarchy,
 * /proc/self/mountinfo says where that hierarchy is mounted and which group is its root there, and the group and
 * all its ancestors up to the mount are asked, since any of them may hold the process back.
 */
#include "cpus.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

static rp_cpus cpus = {.affinity = 1, .usable = 1};

typedef enum { GROUP_V1, GROUP_V2 } group_version;

static FILE *open_below(const char *root, const char *path) {
    char name[2 * PATH_MAX];
    if ((size_t)snprintf(name, sizeof name, "%s%s", root, path) >= sizeof name) {
        return NULL;
    }
    return fopen(name, "re");
}

/* Up to two decimal numbers from a one-line file; "max" counts as -1. How many were read. */
static int read_numbers(const char *root, const char *directory, const char *file, long long number[2]) {
    char path[2 * PATH_MAX], word[2][24];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, file) >= sizeof path) {
        return 0;
    }
    FILE *f = open_below(root, path);
    if (f == NULL) {
        return 0;
    }
    int words = fscanf(f, "%23s %23s", word[0], word[1]);
    fclose(f);
    for (int i = 0; i < words; i++) {
        char *end;
        number[i] = strcmp(word[i], "max") == 0 ? -1 : strtoll(word[i], &end, 10);
        if (number[i] != -1 && (*end != '\0' || end == word[i])) {
            return i;
        }
    }
    return words < 0 ? 0 : words;
}

/* The quota of one group; 0 if it has none, or none that makes sense. */
static int group_quota(const char *root, const char *directory, group_version version) {
    long long number[2] = {-1, 0}, period[2] = {0, 0};
    if (version == GROUP_V2) {
        if (read_numbers(root, directory, "cpu.max", number) != 2) {
            return 0;
        }
        period[0] = number[1];
    } else if (read_numbers(root, directory, "cpu.cfs_quota_us", number) != 1 ||
               read_numbers(root, directory, "cpu.cfs_period_us", period) != 1) {
        return 0;
    }
    if (number[0] <= 0 || period[0] <= 0) {
        return 0;
    }
    long long whole = number[0] / period[0];
    return whole < 1 ? 1 : whole > INT_MAX ? INT_MAX : (int)whole;
}

static int tighter(int a, int b) {
    return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* The least quota from `group`, below the mount point, up to the mount point itself. */
static int least_quota(const char *root, const char *mount, const char *group, group_version version) {
    char directory[2 * PATH_MAX];
    int n = snprintf(directory, sizeof directory, "%s%s", mount, group);
    if (n < 0 || (size_t)n >= sizeof directory) {
        return 0;
    }
    int least = 0;
    for (char *end = directory + n; end >= directory + strlen(mount); end--) {
        if (*end == '/' || *end == '\0') {
            *end = '\0';
            least = tighter(least, group_quota(root, directory, version));
        }
    }
    return least;
}

static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* This process's group in the hierarchy that has the cpu controller, or in the unified one. */
static bool find_group(const char *root, group_version version, char group[PATH_MAX]) {
    FILE *f = open_below(root, "/proc/self/cgroup");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (f != NULL && !found && getline(&line, &size, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (path == NULL || strlen(path + 1) >= PATH_MAX) {
            continue;
        }
        *path++ = '\0';
        controllers++;
        found = version == GROUP_V2 ? controllers[0] == '\0' : has_word(controllers, "cpu");
        if (found) {
            strcpy(group, path);
        }
    }
    free(line);
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

/* mountinfo writes a space, a tab, a newline and a backslash as three octal digits. */
static void unescape(char *text) {
    char *to = text;
    for (char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* The group's quota as one line of mountinfo shows it: id parent device root mount options ... - type source
 * super-options. A container that sees the host's group names has its own group as the mount's root. */
static int mount_quota(const char *root, char *line, const char *group, group_version version) {
    char *rest = strstr(line, " - "), *field[5], *after[3], *save;
    if (rest == NULL) {
        return 0;
    }
    *rest = '\0';
    for (int i = 0; i < 5; i++) {
        field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
    }
    for (int i = 0; i < 3; i++) {
        after[i] = strtok_r(i == 0 ? rest + 3 : NULL, " \n", &save);
    }
    if (field[4] == NULL || after[2] == NULL) {
        return 0;
    }
    bool right = version == GROUP_V2 ? strcmp(after[0], "cgroup2") == 0
                                     : strcmp(after[0], "cgroup") == 0 && has_word(after[2], "cpu");
    if (!right) {
        return 0;
    }
    unescape(field[3]);
    unescape(field[4]);
    size_t length = strcmp(field[3], "/") == 0 ? 0 : strlen(field[3]);
    bool below = strncmp(group, field[3], length) == 0 && (group[length] == '/' || group[length] == '\0') &&
                 strstr(group, "/..") == NULL;
    return least_quota(root, field[4], below ? group + length : "", version);
}

static int hierarchy_quota(const char *root, group_version version) {
    char group[PATH_MAX];
    if (!find_group(root, version, group)) {
        return 0;
    }
    FILE *f = open_below(root, "/proc/self/mountinfo");
    char *line = NULL;
    size_t size = 0;
    int least = 0;
    while (f != NULL && getline(&line, &size, f) > 0) {
        least = tighter(least, mount_quota(root, line, group, version));
    }
    free(line);
    if (f != NULL) {
        fclose(f);
    }
    return least;
}

int rp_cpus_quota(const char *root) {
    return tighter(hierarchy_quota(root, GROUP_V1), hierarchy_quota(root, GROUP_V2));
}

rp_cpus rp_cpus_combine(int affinity, int quota, int limit, int variable) {
    int usable = tighter(tighter(affinity, quota), limit);
    return (rp_cpus){affinity, quota, limit, variable, usable < 1 ? 1 : usable};
}

const char *rp_cpus_why(const rp_cpus *c) {
    if (c->variable != 0 && c->variable < c->usable) {
        return "RAPTORS_THREADS";
    }
    return c->usable == c->affinity ? "affinity" : c->usable == c->quota ? "quota" : "OMP_THREAD_LIMIT";
}

void rp_cpus_load(int variable) {
    cpus = rp_cpus_combine(rp_team_processors(), rp_cpus_quota(""), rp_team_limit(), variable);
}

const rp_cpus *rp_cpus_get(void) {
    return &cpus;
}
