/* user_cache.h -- where this user keeps what can be made anew: the XDG base directories.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_USER_CACHE_H
#define RP_USER_CACHE_H

#include <limits.h>
#include <stdbool.h>

/* The path of a file of ours there: $XDG_CACHE_HOME, else $HOME/.cache, /raptors/<name>. False: there is no such place,
 * or the program has set-id rights. Nothing is made. */
bool rp_user_cache_path(char path[PATH_MAX], const char *name);

/* Make the folders above such a path, for this user alone, where they are missing. errno is kept. */
void rp_user_cache_make(const char *path);

#endif
