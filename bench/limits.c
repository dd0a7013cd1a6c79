/* limits.c -- plain loops that move the same bytes as an operation: what the machine allows, measured beside it.
 * SPDX-License-Identifier: MIT
 *
 * They read one to four streams of equal length and write one or none, and do no arithmetic worth the name.
 * Built for the machine that it runs on; the library's kernels have no such luxury.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { WIDTH = 64 };
#elif defined(__AVX__)
enum { WIDTH = 32 };
#else
enum { WIDTH = 16 };
#endif

typedef uint64_t vec __attribute__((vector_size(WIDTH)));

/* A loop: streams, where the output is (NULL: only read), and how. */
typedef struct limit_loop {
    char *out;
    const char *in[4];
    int streams;
    size_t bytes;
    int past_cache; /* non-temporal stores */
} limit_loop;

int limits_can_stream(void);
double limits_seconds(const limit_loop *loop, int threads, long repeats);

static volatile uint64_t sink;

static inline vec load(const char *p) {
    vec v;
    memcpy(&v, p, WIDTH);
    return v;
}

static inline void store(char *p, vec v) {
    memcpy(p, &v, WIDTH);
}

static inline void store_past_cache(char *p, vec v) {
#if defined(__AVX512F__)
    _mm512_stream_si512((void *)p, (__m512i)v);
#elif defined(__AVX__)
    _mm256_stream_si256((__m256i *)(void *)p, (__m256i)v);
#elif defined(__SSE2__)
    _mm_stream_si128((__m128i *)(void *)p, (__m128i)v);
#else
    store(p, v);
#endif
}

int limits_can_stream(void) {
#if defined(__SSE2__)
    return 1;
#else
    return 0;
#endif
}

static void read_only(const char *p, size_t from, size_t to) {
    vec s[8] = {{0}};
    uint64_t all = 0;
    size_t i = from;
    for (; i < to && (uintptr_t)(p + i) % WIDTH; i++)
        all ^= (unsigned char)p[i];
    for (; i + 8 * WIDTH <= to; i += 8 * WIDTH) {
        s[0] ^= load(p + i);
        s[1] ^= load(p + i + WIDTH);
        s[2] ^= load(p + i + 2 * WIDTH);
        s[3] ^= load(p + i + 3 * WIDTH);
        s[4] ^= load(p + i + 4 * WIDTH);
        s[5] ^= load(p + i + 5 * WIDTH);
        s[6] ^= load(p + i + 6 * WIDTH);
        s[7] ^= load(p + i + 7 * WIDTH);
    }
    for (; i + WIDTH <= to; i += WIDTH)
        s[0] ^= load(p + i);
    s[0] ^= s[1] ^ s[2] ^ s[3] ^ s[4] ^ s[5] ^ s[6] ^ s[7];
    all ^= s[0][0] ^ s[0][1];
    for (; i < to; i++)
        all ^= (unsigned char)p[i];
    sink = all;
}

static inline vec gather(const limit_loop *loop, int streams, size_t i) {
    vec v = load(loop->in[0] + i);
    for (int k = 1; k < streams; k++)
        v ^= load(loop->in[k] + i);
    return v;
}

/* `streams` and `put` are constants where this is called: each use becomes a loop of its own. */
static inline __attribute__((always_inline)) void move(const limit_loop *loop, int streams, size_t from,
                                                       size_t to, void (*put)(char *, vec)) {
    size_t i = from;
    while (i < to && ((uintptr_t)(loop->out + i) % WIDTH || i + WIDTH > to)) {
        loop->out[i] = loop->in[0][i];
        i++;
    }
    for (; i + 4 * WIDTH <= to; i += 4 * WIDTH) {
        vec a = gather(loop, streams, i), b = gather(loop, streams, i + WIDTH);
        vec c = gather(loop, streams, i + 2 * WIDTH), d = gather(loop, streams, i + 3 * WIDTH);
        put(loop->out + i, a);
        put(loop->out + i + WIDTH, b);
        put(loop->out + i + 2 * WIDTH, c);
        put(loop->out + i + 3 * WIDTH, d);
    }
    for (; i + WIDTH <= to; i += WIDTH)
        put(loop->out + i, gather(loop, streams, i));
    for (; i < to; i++)
        loop->out[i] = loop->in[0][i];
}

#define MOVE(put)                                                                                            \
    switch (loop->streams) {                                                                                 \
    case 1:                                                                                                  \
        move(loop, 1, from, to, put);                                                                        \
        break;                                                                                               \
    case 2:                                                                                                  \
        move(loop, 2, from, to, put);                                                                        \
        break;                                                                                               \
    case 3:                                                                                                  \
        move(loop, 3, from, to, put);                                                                        \
        break;                                                                                               \
    default:                                                                                                 \
        move(loop, 4, from, to, put);                                                                        \
        break;                                                                                               \
    }

static void move_past_cache(const limit_loop *loop, size_t from, size_t to) {
    MOVE(store_past_cache)
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

static void run(const limit_loop *loop, size_t from, size_t to) {
    if (!loop->out)
        read_only(loop->in[0], from, to);
    else if (loop->past_cache)
        move_past_cache(loop, from, to);
    else
        MOVE(store)
}

static void once(const limit_loop *loop, int threads) {
    if (threads == 1) {
        run(loop, 0, loop->bytes);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int k = 0; k < threads; k++) {
        size_t lines = loop->bytes / 64, count = (size_t)threads, part = (size_t)k;
        size_t from = lines * part / count * 64, to = lines * (part + 1) / count * 64;
        run(loop, from, part + 1 == count ? loop->bytes : to);
    }
}

/* Seconds for one pass, over `repeats` passes. */
double limits_seconds(const limit_loop *loop, int threads, long repeats) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long r = 0; r < repeats; r++)
        once(loop, threads);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    return seconds / (double)repeats;
}
