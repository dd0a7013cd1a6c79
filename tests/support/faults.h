/* faults.h -- hazards tried one by one, each in a process of its own, which may be killed, hang or exit.
 * SPDX-License-Identifier: MIT
 *
 * A fault's function does to the library what has broken others, and returns 0 if it was survived: alive, with the
 * right answers. ts_faults runs this program anew for each (a forked child would be one that has forked).
 */
#ifndef TS_FAULTS_H
#define TS_FAULTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ts_fault {
    const char *name;
    int (*run)(void);
    const char *environment[3]; /* "NAME=value" that the process is started with */
} ts_fault;

/* A row: the function, under its own name, and the environment or NULL. */
#define TS_FAULT(function, ...)                                                                              \
    {                                                                                                        \
#function, function, {                                                                               \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

enum { TS_SURVIVED = 0, TS_BROKEN = 1, TS_SKIPPED = 77 };

/* To be returned by main. With the arguments --only NAME: that fault alone; with NAME: in this very process. */
int ts_faults(int argc, char **argv, const ts_fault *faults, size_t count);

/* The threads of this process, but a sanitizer's or an emulator's. */
int ts_thread_count(void);

/* Whether every other thread of this process blocks all signals but those that instructions raise. */
int ts_others_block_signals(void);

/* Wait for a child, and kill it once it has slept for so many seconds, or computed for four times as many. 0 if it exited
   with 0. */
int ts_wait(int child, int seconds, const char *what);

/* What this process has in memory and no file backs: a first look at a static table is no growth. */
long ts_own_pages(void);

/* From now on this process can have no more than so many bytes, or create no process or thread; 0 if done. */
int ts_limit_memory(size_t more);
int ts_limit_processes(void);

/* The bits of the control word that flush subnormal numbers to zero. */
uint64_t ts_flush_to_zero(void);

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define TS_NO_OWN_MALLOC
enum { TS_SANITIZED = 1, TS_SANITIZER_THREADS = 1 }; /* it has a thread of its own */
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define TS_NO_OWN_MALLOC
enum { TS_SANITIZED = 1, TS_SANITIZER_THREADS = 0 };
#else
enum { TS_SANITIZED = 0, TS_SANITIZER_THREADS = 0 };
#endif

#define TS_NEED(condition, ...)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf("%s:%d: ", __FILE__, __LINE__);                                                           \
            printf(__VA_ARGS__);                                                                             \
            printf("\n");                                                                                    \
            return TS_BROKEN;                                                                                \
        }                                                                                                    \
    } while (0)

#define TS_SKIP(...)                                                                                         \
    do {                                                                                                     \
        printf("SKIPPED ");                                                                                  \
        printf(__VA_ARGS__);                                                                                 \
        printf("\n");                                                                                        \
        return TS_SKIPPED;                                                                                   \
    } while (0)

#endif
