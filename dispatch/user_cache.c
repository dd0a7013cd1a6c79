/* user_cache.c -- see user_cache.h.
 * SPDX-License-Identifier: MIT
 */
#include "user_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The variable's folder; NULL where it says none. By XDG's rule a relative path means nothing. */
static const char *folder_in(const char *variable) {
    const char *value = secure_getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

bool rp_user_cache_path(char path[PATH_MAX], const char *name) {
    const char *cache = folder_in("XDG_CACHE_HOME"), *home = folder_in("HOME");
    if (cache == NULL && home == NULL) {
        return false;
    }
    int length = cache ? snprintf(path, PATH_MAX, "%s/raptors/%s", cache, name)
                       : snprintf(path, PATH_MAX, "%s/.cache/raptors/%s", home, name);
    return length > 0 && length < PATH_MAX;
}

void rp_user_cache_make(const char *path) {
    const int kept = errno;
    char folder[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const size_t length = (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = '\0';
        mkdir(folder, 0700); /* most are there already; if one cannot be made, neither can the file */
    }
    errno = kept;
}
