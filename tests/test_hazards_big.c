/* test_hazards_big.c -- more elements than 32 bits count, in every kind of loop.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 *
 * An input repeats one element by stride 0, or lies, as the outputs do, in an address range of gigabytes that is one
 * piece of memory mapped again and again, but for its end.
 */
#include "again.h"
#include "faults.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "raptors.h"

static const int64_t N = ((int64_t)1 << 31) + 17;

enum { PIECE = 64 << 20, CANARY = 0x5a };

typedef struct range {
    char *start, *end; /* the end of the memory, past that of the array */
    size_t bytes;
} range;

/* Room for an array of so many bytes. The last piece is memory of its own, full of canaries. */
static range range_of(int64_t bytes) {
    const size_t whole = ((size_t)bytes / PIECE + 2) * PIECE;
    range r = {.bytes = whole};
    const int file = memfd_create("piece", MFD_CLOEXEC);
    r.start = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (file < 0 || ftruncate(file, PIECE) != 0 || r.start == MAP_FAILED) {
        return (range){NULL, NULL, 0};
    }
    r.end = r.start + whole;
    const size_t shared = (size_t)bytes / PIECE * PIECE;
    for (size_t at = 0; at < shared; at += PIECE) {
        if (mmap(r.start + at, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) ==
            MAP_FAILED) {
            return (range){NULL, NULL, 0};
        }
    }
    close(file);
    memset(r.start + shared, CANARY, whole - shared);
    return r;
}

static void fill(const range *r, float value) {
    float *piece = (void *)r->start, *end = (void *)(r->end - 2 * PIECE);
    for (int64_t i = 0; i < PIECE / 4; i++) {
        piece[i] = value;
    }
    for (int64_t i = 0; i < 2 * PIECE / 4; i++) {
        end[i] = value;
    }
}

/* The piece, and what of the array lies past it. */
static int is_full_of(const range *r, int64_t n, int32_t value) {
    const int32_t *x = (const void *)r->start;
    for (int64_t i = 0; i < n; i = i == PIECE / 4 ? n / (PIECE / 4) * (PIECE / 4) : i + 1) {
        TS_NEED(x[i] == value, "element %lld is %d", (long long)i, x[i]);
    }
    for (const char *c = (const char *)(x + n); c < r->end; c++) {
        TS_NEED(*c == CANARY, "written %td bytes past the end", c - (const char *)(x + n));
    }
    return 0;
}

#define NEED_OK(call) TS_NEED((call) == RAPTORS_OK, "%s", raptors_last_error())

#define NEED_RANGE(r)                                                                                        \
    do {                                                                                                     \
        if ((r).start == NULL) {                                                                             \
            TS_SKIP("2^31 elements (no address range for them)");                                            \
        }                                                                                                    \
    } while (0)

#define NEED_SPEED()                                                                                         \
    do {                                                                                                     \
        if (TS_SANITIZED || TS_EMULATED) {                                                                   \
            TS_SKIP("2^31 elements (a sanitizer or emulator takes too long)");                               \
        }                                                                                                    \
    } while (0)

static raptors_array repeated(raptors_dtype dtype, const void *one) {
    raptors_array x = raptors_vector(dtype, one, N);
    x.strides[0] = 0;
    return x;
}

/* ---- maps -------------------------------------------------------------------------------------------------- */

static int a_map(void) {
    const int32_t three = 3, four = 4;
    NEED_SPEED();
    const range r = range_of(N * 4);
    NEED_RANGE(r);
    const raptors_array a = repeated(RAPTORS_INT32, &three), b = repeated(RAPTORS_INT32, &four);
    const raptors_array out = raptors_vector(RAPTORS_INT32, r.start, N);
    NEED_OK(raptors_add(&a, &b, &out));
    TS_NEED(is_full_of(&r, N, 7) == 0, "add");
    NEED_OK(raptors_add(&out, &out, &out)); /* the piece doubles as often as it is met; the end, once */
    const int32_t *last = (const int32_t *)(void *)r.start + N - 1;
    TS_NEED(*last == 14, "the last element is %d", *last);
    return TS_SURVIVED;
}

static int a_map_backwards(void) {
    const int32_t seven = 7;
    NEED_SPEED();
    const range r = range_of(N * 4);
    NEED_RANGE(r);
    const raptors_array x = repeated(RAPTORS_INT32, &seven);
    raptors_array out = raptors_vector(RAPTORS_INT32, (int32_t *)(void *)r.start + N - 1, N);
    out.strides[0] = -4;
    NEED_OK(raptors_negative(&x, &out));
    return is_full_of(&r, N, -7);
}

/* As many rows as that, of one element and of three: through the tile that turns them. */
static int a_map_of_rows(void) {
    const int32_t row[3] = {7, 7, 7};
    NEED_SPEED();
    const range r = range_of(N * 12);
    NEED_RANGE(r);
    raptors_array x = raptors_matrix(RAPTORS_INT32, row, N, 3), out = x;
    x.strides[0] = 0;
    out.data = r.start;
    out.strides[0] = 4;
    out.strides[1] = N * 4;
    NEED_OK(raptors_copy(&x, &out));
    return is_full_of(&r, 3 * N, 7);
}

/* ---- runs -------------------------------------------------------------------------------------------------- */

static int a_run_of_one_element(void) {
    const int32_t one = 1;
    const float ones = 1;
    int64_t integers = 0;
    double mean = 0;
    NEED_SPEED();
    const raptors_array x = repeated(RAPTORS_INT32, &one), y = repeated(RAPTORS_FLOAT32, &ones);
    const raptors_array i = {.data = &integers, .dtype = RAPTORS_INT64},
                        m = {.data = &mean, .dtype = RAPTORS_FLOAT64};
    NEED_OK(raptors_sum(&x, RAPTORS_ALL_AXES, &i));
    NEED_OK(raptors_mean(&y, RAPTORS_ALL_AXES, &m));
    TS_NEED(integers == N && mean == 1, "sum %lld, mean %.17g", (long long)integers, mean);
    return TS_SURVIVED;
}

/* So many lower halves, of 32 bits each, that their sum takes more than 64. */
static int a_mean_of_more_than_2_to_the_32(void) {
    const int64_t value = -1;
    double mean = 0;
    NEED_SPEED();
    raptors_array x = raptors_vector(RAPTORS_INT64, &value, ((int64_t)1 << 32) + 2);
    x.strides[0] = 0;
    const raptors_array m = {.data = &mean, .dtype = RAPTORS_FLOAT64};
    NEED_OK(raptors_mean(&x, RAPTORS_ALL_AXES, &m));
    TS_NEED(mean == -1, "mean %.17g", mean);
    return TS_SURVIVED;
}

static int a_run_in_memory(void) {
    double sum = 0, variance = -1;
    int64_t place = 0;
    NEED_SPEED();
    const range r = range_of(N * 4);
    NEED_RANGE(r);
    fill(&r, 1);
    ((float *)(void *)r.start)[N - 3] = 2;
    const raptors_array x = raptors_vector(RAPTORS_FLOAT32, r.start, N);
    const raptors_array s = {.data = &sum, .dtype = RAPTORS_FLOAT64},
                        v = {.data = &variance, .dtype = RAPTORS_FLOAT64},
                        at = {.data = &place, .dtype = RAPTORS_INT64};
    NEED_OK(raptors_sum(&x, RAPTORS_ALL_AXES, &s));
    NEED_OK(raptors_argmax(&x, RAPTORS_ALL_AXES, &at));
    NEED_OK(raptors_var(&x, RAPTORS_ALL_AXES, 0, &v));
    TS_NEED(sum == (double)N + 1, "sum %.17g", sum);
    TS_NEED(place == N - 3, "the greatest at %lld", (long long)place);
    TS_NEED(variance > 0.99 / (double)N && variance < 1.01 / (double)N, "variance %.17g", variance);
    return TS_SURVIVED;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static int rows_of_one_row(void) {
    const float row[2] = {1, 2};
    double sum[2] = {0};
    int64_t place[2] = {9, 9};
    NEED_SPEED();
    raptors_array x = raptors_matrix(RAPTORS_FLOAT32, row, N, 2);
    x.strides[0] = 0;
    const raptors_array s = raptors_vector(RAPTORS_FLOAT64, sum, 2),
                        at = raptors_vector(RAPTORS_INT64, place, 2);
    NEED_OK(raptors_sum(&x, RAPTORS_AXIS(0), &s));
    NEED_OK(raptors_argmin(&x, RAPTORS_AXIS(0), &at));
    for (int i = 0; i < 2; i++) {
        TS_NEED(sum[i] == (double)N * row[i] && place[i] == 0, "column %d: sum %.17g, least at %lld", i,
                sum[i], (long long)place[i]);
    }
    return TS_SURVIVED;
}

static int rows_in_memory(void) {
    double sum[3] = {0};
    int64_t place[3] = {0};
    NEED_SPEED();
    const range r = range_of(N * 12);
    NEED_RANGE(r);
    fill(&r, 1);
    ((float *)(void *)r.start)[3 * (N - 2) + 1] = 2;
    const raptors_array x = raptors_matrix(RAPTORS_FLOAT32, r.start, N, 3);
    const raptors_array s = raptors_vector(RAPTORS_FLOAT64, sum, 3),
                        at = raptors_vector(RAPTORS_INT64, place, 3);
    NEED_OK(raptors_sum(&x, RAPTORS_AXIS(0), &s));
    NEED_OK(raptors_argmax(&x, RAPTORS_AXIS(0), &at));
    TS_NEED(sum[0] == (double)N && sum[1] == (double)N + 1 && sum[2] == (double)N, "sums %.17g %.17g %.17g",
            sum[0], sum[1], sum[2]);
    TS_NEED(place[0] == 0 && place[1] == N - 2 && place[2] == 0, "the greatest at %lld", (long long)place[1]);
    return TS_SURVIVED;
}

/* As many results as that. */
static int runs_of_one_element_each(void) {
    const int32_t row[2] = {3, 4};
    NEED_SPEED();
    const range r = range_of(N * 4);
    NEED_RANGE(r);
    raptors_array x = raptors_matrix(RAPTORS_INT32, row, N, 2);
    x.strides[0] = 0;
    const raptors_array out = raptors_vector(RAPTORS_INT32, r.start, N);
    NEED_OK(raptors_max(&x, RAPTORS_AXIS(1), &out));
    return is_full_of(&r, N, 4);
}

int main(int argc, char **argv) {
    static const ts_fault faults[] = {
        TS_FAULT(a_map, NULL),
        TS_FAULT(a_map_backwards, NULL),
        TS_FAULT(a_map_of_rows, NULL),
        TS_FAULT(a_run_of_one_element, NULL),
        TS_FAULT(a_run_in_memory, NULL),
        TS_FAULT(rows_of_one_row, NULL),
        TS_FAULT(rows_in_memory, NULL),
        TS_FAULT(runs_of_one_element_each, NULL),
        TS_FAULT(a_mean_of_more_than_2_to_the_32, NULL),
    };
    return ts_faults(argc, argv, faults, sizeof faults / sizeof faults[0]);
}
