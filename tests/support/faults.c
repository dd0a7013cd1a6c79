/* faults.c -- see faults.h.
 * SPDX-License-Identifier: MIT
 */
#include "faults.h"

#include "again.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 1200, NAPS = 200, COMPUTING = 4 };

/* The state of a process's first thread, and the CPU time of all. */
static char state_of(int child, unsigned long *seconds) {
    char path[32], state = 'R';
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    FILE *f = fopen(path, "r");
    if (f != NULL) {
        if (fscanf(f, "%*d (%*[^)]) %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state, &user,
                   &kernel) != 3) {
            state = 'R';
        }
        fclose(f);
    }
    *seconds = (user + kernel) / (unsigned long)sysconf(_SC_CLK_TCK);
    return state;
}

/* On a busy machine a child may wait for its turn: it neither sleeps then nor computes. */
int ts_wait(int child, int seconds, const char *what) {
    const struct timespec nap = {.tv_nsec = 1000000000 / NAPS};
    int status = 0;
    long asleep = 0;
    unsigned long computed = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        asleep += state_of(child, &computed) == 'S';
        if (asleep > (long)seconds * NAPS || computed > (unsigned long)seconds * COMPUTING) {
            printf("%s: hangs, killed after %ld s asleep and %lu s of computing\n", what, asleep / NAPS,
                   computed);
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return TS_BROKEN;
        }
        nanosleep(&nap, NULL);
    }
    if (WIFSIGNALED(status)) {
        printf("%s: killed by signal %d\n", what, WTERMSIG(status));
        return TS_BROKEN;
    }
    return WEXITSTATUS(status);
}

int ts_thread_count(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return count > 1 ? count - TS_SANITIZER_THREADS - TS_EMULATED : count; /* theirs */
}

static unsigned long long blocked_by(const char *task) {
    char path[64], line[256];
    unsigned long long mask = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.16s/status", task);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "SigBlk:", 7) == 0) {
            mask = strtoull(line + 7, NULL, 16);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return mask;
}

int ts_others_block_signals(void) {
    static const int handled[] = {SIGHUP,  SIGINT,  SIGUSR1, SIGUSR2, SIGALRM,
                                  SIGTERM, SIGCHLD, SIGPROF, SIGIO};
    int all = 1;
    if (TS_EMULATED) {
        return 1; /* what /proc tells is the emulator's own masks */
    }
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;) {
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) {
            continue;
        }
        const unsigned long long mask = blocked_by(entry->d_name);
        for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
            all &= (int)(mask >> (handled[i] - 1) & 1);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return all;
}

/* Of this process: all pages, those that are resident, and of these the ones that a file backs. */
static void read_pages(long pages[3]) {
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld %ld", &pages[0], &pages[1], &pages[2]) != 3) {
        abort();
    }
    fclose(f);
}

long ts_own_pages(void) {
    long pages[3];
    read_pages(pages);
    return pages[1] - pages[2];
}

int ts_limit_memory(size_t more) {
    long pages[3];
    read_pages(pages);
    const struct rlimit limit = {(rlim_t)(pages[0] * sysconf(_SC_PAGESIZE)) + more, RLIM_INFINITY};
    return setrlimit(RLIMIT_AS, &limit);
}

/* The limit does not hold for root. */
int ts_limit_processes(void) {
    const struct rlimit none = {1, 1};
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return -1;
    }
    return setrlimit(RLIMIT_NPROC, &none);
}

uint64_t ts_flush_to_zero(void) {
#if defined(__x86_64__)
    return 0x8040; /* FTZ and DAZ */
#elif defined(__aarch64__)
    return 1 << 24; /* FZ */
#else
    return 0;
#endif
}

static int run_anew(const ts_fault *fault) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 3 && fault->environment[i] != NULL; i++) {
            putenv((char *)(size_t)fault->environment[i]);
        }
        ts_exec_again("/proc/self/exe", fault->name);
        _exit(127);
    }
    return child < 0 ? TS_BROKEN : ts_wait(child, SECONDS, fault->name);
}

int ts_faults(int argc, char **argv, const ts_fault *faults, size_t count) {
    int survived = 0, skipped = 0;
    const char *only = argc > 2 && strcmp(argv[1], "--only") == 0 ? argv[2] : NULL;
    for (size_t i = 0; argc > 1 && i < count; i++) {
        if (only != NULL && strcmp(only, faults[i].name) == 0) {
            return run_anew(&faults[i]);
        }
        if (strcmp(argv[1], faults[i].name) == 0) {
            const int result = faults[i].run();
            fflush(NULL);
            return result;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const int result = run_anew(&faults[i]);
        survived += result == TS_SURVIVED;
        skipped += result == TS_SKIPPED;
        printf("%-9s %s\n",
               result == TS_SURVIVED  ? "survived"
               : result == TS_SKIPPED ? "skipped"
                                      : "BROKEN",
               faults[i].name);
    }
    printf("%d faults tried, %d survived, %d skipped\n", (int)count - skipped, survived, skipped);
    return survived + skipped == (int)count ? 0 : 1;
}
