/* telemetry.c -- replays streams of calls for telemetry.py: a worker that plays a segment for each line on stdin.
 * SPDX-License-Identifier: MIT
 *
 * worker ARRAYS sequential | learned | frozen PROFILE
 * ARRAYS is a file that all workers map, so that none has better pages than another.
 * A line is "<stream> <seed> <calls>"; the answer is one line, "operation octave seconds" for each call. The line
 * "team <operation>.<octave> ..." tells which calls alone may have the frozen profile's team from now on. The last line
 * may be "explain", which is answered by raptors_telemetry.
 */
#include <raptors.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { LEAST = 12, MOST = 24, COLUMNS = 512, OPERATIONS = 4, BURST = 32 };

static float *input, *output, row[COLUMNS];
static bool told, team[OPERATIONS][MOST + 1];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static unsigned long long next(unsigned long long *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void call(int operation, long elements) {
    raptors_array x = raptors_vector(RAPTORS_FLOAT32, input, elements);
    raptors_array out = raptors_vector(RAPTORS_FLOAT32, output, elements);
    raptors_array table = raptors_matrix(RAPTORS_FLOAT32, input, elements / COLUMNS, COLUMNS);
    raptors_array result = raptors_matrix(RAPTORS_FLOAT32, output, elements / COLUMNS, COLUMNS);
    raptors_array line = raptors_vector(RAPTORS_FLOAT32, operation == 1 ? output : row, COLUMNS);
    raptors_array number = {.data = output, .dtype = RAPTORS_FLOAT32};
    raptors_status s = operation == 0   ? raptors_sum(&x, RAPTORS_ALL_AXES, &number)
                       : operation == 1 ? raptors_mean(&table, RAPTORS_AXIS(0), &line)
                       : operation == 2 ? raptors_scale(&x, 1.0000001, &out)
                                        : raptors_add(&table, &line, &result);
    if (s != RAPTORS_OK) {
        fprintf(stderr, "%s\n", raptors_last_error());
        exit(1);
    }
}

static void pause_before(const char *stream, int i) {
    struct timespec pause = {.tv_nsec = 8000000};
    if (strcmp(stream, "cold") == 0 || (strcmp(stream, "bursty") == 0 && i % BURST == 0)) {
        nanosleep(&pause, NULL);
    }
}

static void play(const char *stream, unsigned long long seed, int calls) {
    for (int i = 0; i < calls; i++) {
        int operation = (int)(next(&seed) % OPERATIONS),
            octave = LEAST + (int)(next(&seed) % (MOST - LEAST + 1));
        pause_before(stream, i);
        if (told) {
            raptors_set_threads(team[operation][octave] ? 0 : 1);
        }
        double start = now();
        call(operation, 1L << octave);
        printf("%d %d %.9f ", operation, octave, now() - start);
    }
    printf("\n");
}

static void hear_who_has_the_team(const char *list) {
    int operation, octave, length;
    told = true;
    memset(team, 0, sizeof team);
    for (; sscanf(list, " %d.%d%n", &operation, &octave, &length) == 2; list += length) {
        if (operation >= 0 && operation < OPERATIONS && octave >= 0 && octave <= MOST) {
            team[operation][octave] = true;
        }
    }
    puts("heard");
}

static void explain(void) {
    size_t size = raptors_telemetry(NULL, 0) + 4096;
    char *json = malloc(size);
    raptors_telemetry(json, size);
    puts(json);
    free(json);
}

/* The same for every worker that maps the file. */
static bool map_arrays(const char *path) {
    size_t size = 2 * sizeof(float) << MOST;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)size) != 0) {
        return false;
    }
    void *both = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (both == MAP_FAILED) {
        return false;
    }
    input = both;
    output = input + (1L << MOST);
    for (long i = 0; i < 1L << MOST; i++) {
        input[i] = output[i] = 1 + (float)(i % 1000) / 1000;
    }
    for (int i = 0; i < COLUMNS; i++) {
        row[i] = input[i];
    }
    return true;
}

int main(int argc, char **argv) {
    char line[512], stream[32];
    unsigned long long seed;
    int calls;
    if (argc < 3 || !map_arrays(argv[1])) {
        fprintf(stderr, "worker ARRAYS sequential | learned | frozen PROFILE\n");
        return 2;
    }
    if (strcmp(argv[2], "sequential") == 0) {
        raptors_set_threads(1);
    } else if (strcmp(argv[2], "frozen") == 0) {
        if (argc < 4 || raptors_profile_load(argv[3]) != RAPTORS_OK) {
            fprintf(stderr, "%s\n", raptors_last_error());
            return 1;
        }
        raptors_telemetry_mode(RAPTORS_FREEZE);
    }
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%31s %llu %d", stream, &seed, &calls) == 3) {
            play(stream, seed, calls);
        } else if (strncmp(line, "save ", 5) == 0) {
            line[strcspn(line, "\n")] = '\0';
            puts(raptors_status_name(raptors_profile_save(line + 5)));
        } else if (strncmp(line, "team", 4) == 0) {
            hear_who_has_the_team(line + 4);
        } else {
            explain();
        }
        fflush(stdout);
    }
    return 0;
}
