/* test_hazards_threads.c -- the host's own threads and regions, all of them calling.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "everything.h"
#include "faults.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static double sum_of_ones(float *ones, int64_t n) {
    double result = -1;
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, ones, n);
    const raptors_array out = {.data = &result, .dtype = RAPTORS_FLOAT64};
    raptors_sum(&x, RAPTORS_ALL_AXES, &out);
    return result;
}

static uint64_t right;

static int inside_the_callers_regions(void) {
    int wrong = 0;
    right = ts_everything_alone(&ts_usual_inputs);
    ts_have_a_team();
    omp_set_max_active_levels(8);
#pragma omp parallel num_threads(3) reduction(+ : wrong)
    {
        raptors_set_threads(TS_TEAM);
        wrong += ts_everything(&ts_usual_inputs) != right;
        wrong += ts_thread_count() != 3;
    }
    TS_NEED(wrong == 0, "%d times other bits, or threads beside the caller's", wrong);
    return TS_SURVIVED;
}

static void *call_everything(void *unused) {
    raptors_set_threads(TS_TEAM);
    return ts_everything(&ts_usual_inputs) == right ? unused : &right;
}

static int eight_threads_call_everything(void) {
    pthread_t thread[8];
    int wrong = 0;
    right = ts_everything_alone(&ts_usual_inputs);
    ts_have_a_team();
    for (int i = 0; i < 8; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, call_everything, NULL) == 0, "no thread");
    }
    for (int i = 0; i < 8; i++) {
        void *broken;
        pthread_join(thread[i], &broken);
        wrong += broken != NULL;
    }
    TS_NEED(wrong == 0, "%d of 8 threads got other bits", wrong);
    return TS_SURVIVED;
}

static pthread_barrier_t together;

/* A first call of everything that has a state, with others in theirs. */
static void *first_call(void *number) {
    enum { N = 1 << 19 };
    const double whole = N;
    const size_t me = (size_t)number;
    char text[256], path[64];
    float *ones = malloc(N * sizeof *ones);
    for (int i = 0; ones != NULL && i < N; i++) {
        ones[i] = 1;
    }
    snprintf(path, sizeof path, "/tmp/raptors-first-%d-%zu", (int)getpid(), me % 2);
    pthread_barrier_wait(&together);
    for (int i = 0; i < 1000 && me % 4 != 0; i++) { /* no lock orders these, but the pointer's own */
        if (me % 2 != 0) {
            raptors_set_backend("scalar");
        } else {
            raptors_backend();
        }
    }
    double first = sum_of_ones(ones, N);
    for (int i = 0; i < 10 && first == whole; i++) {
        switch ((me + (size_t)i) % 10) {
        case 0:
            raptors_set_backend(i % 2 ? "auto" : "scalar");
            break;
        case 1:
            raptors_explain(text, sizeof text);
            break;
        case 2:
            raptors_telemetry(text, sizeof text);
            break;
        case 3:
            raptors_set_threads(i);
            break;
        case 4:
            raptors_telemetry_mode(i % 2 ? RAPTORS_LEARN : RAPTORS_FREEZE);
            break;
        case 5:
            raptors_telemetry_reset();
            break;
        case 6:
            raptors_set_backend("no such backend");
            break;
        case 7:
            raptors_profile_save(path);
            break;
        case 8:
            raptors_profile_load(path);
            break;
        default:
            first = raptors_backend() != NULL && raptors_backends()[0] != NULL ? first : -1;
        }
        first = sum_of_ones(ones, N) == whole ? first : -1;
    }
    free(ones);
    unlink(path);
    return first == whole ? NULL : &together;
}

static int sixteen_threads_in_their_first_call(void) {
    pthread_t thread[16];
    int wrong = 0;
    pthread_barrier_init(&together, NULL, 16);
    for (size_t i = 0; i < 16; i++) {
        TS_NEED(pthread_create(&thread[i], NULL, first_call, (void *)i) == 0, "no thread");
    }
    for (int i = 0; i < 16; i++) {
        void *broken;
        pthread_join(thread[i], &broken);
        wrong += broken != NULL;
    }
    TS_NEED(wrong == 0, "%d of 16 threads were wrong", wrong);
    return TS_SURVIVED;
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(inside_the_callers_regions, NULL),
        TS_FAULT(eight_threads_call_everything, NULL),
        TS_FAULT(sixteen_threads_in_their_first_call, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
