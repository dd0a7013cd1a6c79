/* again.h -- a test program run anew in this process's place, under the emulator where one runs it.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_AGAIN_H
#define TS_AGAIN_H

#include <limits.h>
#include <unistd.h>

#ifdef RP_EMULATOR
enum { TS_EMULATED = 1 };
#else
enum { TS_EMULATED = 0 };
#define RP_EMULATOR
#endif

/* Returns only where it failed. `program` may be /proc/self/exe; only its first argument can be given. */
static inline void ts_exec_again(const char *program, const char *argument) {
    char path[PATH_MAX];
    const ssize_t length = readlink(program, path, sizeof path - 1);
    if (length > 0) { /* the emulator's own /proc/self/exe would be the emulator */
        path[length] = '\0';
        program = path;
    }
    const char *const arguments[] = {RP_EMULATOR program, argument, NULL};
    execvp(arguments[0], (char *const *)(size_t)arguments);
}

#endif
