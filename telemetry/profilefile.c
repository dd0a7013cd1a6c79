/* profilefile.c -- the profile's file: whom to believe, and how to replace it whole.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile.h"

static void note(rp_process *p, rp_profile_state state, const char *reason) {
    atomic_store_explicit(&p->profile_reason, reason ? reason : "", memory_order_relaxed);
    atomic_store_explicit(&p->profile_state, (int)state, memory_order_relaxed);
}

/* ---- loading ---------------------------------------------------------------------------------------------- */

/* Why this file is not to be believed; NULL: it may be. */
static const char *doubts(int file) {
    struct stat s;
    if (fstat(file, &s) != 0) {
        return "it cannot be examined";
    }
    if (!S_ISREG(s.st_mode)) {
        return "not a regular file";
    }
    if (s.st_uid != geteuid()) {
        return "not this user's file";
    }
    if (s.st_mode & (S_IWGRP | S_IWOTH)) {
        return "others may write it";
    }
    return s.st_size > RP_PROFILE_MOST ? "larger than 64 KiB" : NULL;
}

/* At most RP_PROFILE_MOST + 1 bytes, so that a file that grows meanwhile shows; -1: failed. */
static ssize_t read_all(int file, char *text) {
    size_t used = 0;
    while (used <= RP_PROFILE_MOST) {
        ssize_t n = read(file, text + used, RP_PROFILE_MOST + 1 - used);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    }
    return (ssize_t)used;
}

static const char *load_open(rp_process *p, int file) {
    const char *trouble = doubts(file);
    if (trouble) {
        return trouble;
    }
    char *text = malloc(RP_PROFILE_MOST + 1);
    if (!text) {
        return "no memory to read it";
    }
    ssize_t length = read_all(file, text);
    trouble = length < 0 ? "it cannot be read" : rp_profile_read(p, text, (size_t)length);
    free(text);
    return trouble;
}

const char *rp_profile_load_from(rp_process *p, const char *path) {
    int kept = errno;
    const char *trouble;
    /* A pipe must not block its opening, nor a terminal become ours. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        trouble = errno == ENOENT  ? "no such file"
                  : errno == ELOOP ? "a symbolic link"
                                   : "it cannot be opened";
        note(p, errno == ENOENT ? RP_PROFILE_absent : RP_PROFILE_ignored, trouble);
    } else {
        trouble = load_open(p, file);
        close(file);
        note(p, trouble ? RP_PROFILE_ignored : RP_PROFILE_loaded, trouble);
    }
    errno = kept;
    return trouble;
}

/* ---- saving ----------------------------------------------------------------------------------------------- */

static bool write_all(int file, const char *text, size_t length) {
    while (length > 0) {
        ssize_t n = write(file, text, length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        text += n;
        length -= (size_t)n;
    }
    return true;
}

/* A rename is on the disk once its folder is. */
static void sync_folder_of(char *path) {
    char *slash = strrchr(path, '/');
    if (slash) {
        slash[slash == path] = '\0';
    }
    int folder = open(slash ? path : ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

static const char *replace(const char *path, const char *text, size_t length) {
    char beside[PATH_MAX];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof beside) {
        return "the path is too long";
    }
    int file = mkostemp(beside, O_CLOEXEC);
    if (file < 0) {
        return "its folder cannot be written";
    }
    bool whole = write_all(file, text, length) && fsync(file) == 0;
    whole &= close(file) == 0;
    if (!whole || rename(beside, path) != 0) {
        unlink(beside);
        return whole ? "it cannot be replaced" : "it cannot be written";
    }
    sync_folder_of(beside);
    return NULL;
}

const char *rp_profile_save_to(rp_process *p, const char *path) {
    int kept = errno;
    const char *trouble = "no memory to write it";
    char *text = malloc(RP_PROFILE_MOST);
    if (text) {
        trouble = replace(path, text, rp_profile_write(p, text));
        free(text);
    }
    note(p, trouble ? RP_PROFILE_unsaved : RP_PROFILE_saved, trouble);
    errno = kept;
    return trouble;
}
