/* pool.c -- recycled memory for large results: fresh pages cost more than the arithmetic that fills them.
 * SPDX-License-Identifier: MIT
 *
 * A block is a mapping of its own: a page with its size, then the array's data. Blocks that are given back wait, at most
 * IDLE_BLOCKS of them and `limit` bytes, the oldest going first; one that waited IDLE_SECONDS goes when the pool is
 * next used. All but the last `warm_limit` bytes of them are the kernel's for the taking (MADV_FREE): asking that of
 * every block would cost the smaller ones more than their arithmetic. Nobody ever waits for the pool: who finds it
 * busy maps or unmaps a block on its own, so a thread cannot hold up another, nor the child of a fork.
 */
#include "extension.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_BLOCKS = 16, IDLE_SECONDS = 2 };

static const size_t page = 4096, huge_page = 2 << 20;
static const size_t greatest_limit = 1 << 29; /* and a sixteenth of the machine's memory, if that is less */
static const size_t warm_limit = 32 << 20;
const size_t rp_pool_least = 128 << 10;

/* What stands in the page before an array's data. The data starts with a page because NumPy's large arrays start 16
 * bytes after: a store that runs a little ahead of the loads in the low 12 bits of its address holds them up. */
typedef struct block {
    size_t bytes; /* of the mapping, this page included */
} block;

static void *data_of(block *which) {
    return (char *)which + page;
}

static block *block_of(void *data) {
    return (block *)(void *)((char *)data - page);
}

typedef struct idle {
    block *block;
    size_t bytes;
    time_t since;
    bool warm; /* not yet left to the kernel */
} idle;

static struct {
    atomic_flag busy;
    size_t limit, held, warm;
    int count;
    idle blocks[IDLE_BLOCKS]; /* oldest first */
} pool = {.busy = ATOMIC_FLAG_INIT};

static bool enter(void) {
    return !atomic_flag_test_and_set_explicit(&pool.busy, memory_order_acquire);
}

static void leave(void) {
    atomic_flag_clear_explicit(&pool.busy, memory_order_release);
}

static time_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec;
}

/* ---- mappings -------------------------------------------------------------------------------------------- */

/* A mapping whose data starts on a huge page's boundary if it can hold a huge page. */
static block *map_block(size_t bytes) {
    size_t slack = bytes >= huge_page ? huge_page : 0;
    char *start = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    if (slack) {
        size_t before = -(uintptr_t)(start + page) % huge_page, after = slack - before;
        if (before) {
            munmap(start, before);
        }
        start += before;
        munmap(start + bytes, after);
        madvise(start + page, bytes - page, MADV_HUGEPAGE);
    }
    return (block *)(void *)start;
}

static void unmap_blocks(const idle *blocks, int count) {
    for (int i = 0; i < count; i++) {
        munmap(blocks[i].block, blocks[i].bytes);
    }
}

/* ---- the idle blocks; between enter and leave ------------------------------------------------------------- */

static idle take_out(int place) {
    idle taken = pool.blocks[place];
    pool.count--;
    pool.held -= taken.bytes;
    pool.warm -= taken.warm ? taken.bytes : 0;
    memmove(&pool.blocks[place], &pool.blocks[place + 1], (size_t)(pool.count - place) * sizeof(idle));
    return taken;
}

/* Take out the blocks that are too old, and the oldest until `room` more bytes and one more block fit the bounds. */
static int evict(size_t room, time_t time, idle *evicted) {
    int count = 0;
    while (pool.count && (pool.held + room > pool.limit || (room && pool.count == IDLE_BLOCKS) ||
                          time - pool.blocks[0].since > IDLE_SECONDS)) {
        evicted[count++] = take_out(0);
    }
    return count;
}

/* Under the lock: who takes a block must not have it emptied afterwards. */
static void cool(void) {
    for (int i = 0; i < pool.count && pool.warm > warm_limit; i++) {
        idle *oldest = &pool.blocks[i];
        if (oldest->warm) {
            madvise(oldest->block, oldest->bytes, MADV_FREE);
            oldest->warm = false;
            pool.warm -= oldest->bytes;
        }
    }
}

static void put_in(idle given) {
    pool.blocks[pool.count++] = given;
    pool.held += given.bytes;
    pool.warm += given.bytes;
    cool();
}

/* The smallest block that holds `bytes` and wastes at most a quarter of them; the latest of equals is the warmest. */
static idle find(size_t bytes) {
    int best = -1;
    for (int i = 0; i < pool.count; i++) {
        size_t has = pool.blocks[i].bytes;
        if (has >= bytes && has - bytes <= bytes / 4 && (best < 0 || has <= pool.blocks[best].bytes)) {
            best = i;
        }
    }
    return best < 0 ? (idle){NULL, bytes, 0, true} : take_out(best);
}

/* ---- the C library ---------------------------------------------------------------------------------------- */

/* glibc's malloc learns from the large blocks that a program frees how much of its heap to keep, and gives back what lies
 * above that at every chance. What is freed here it never sees: whatever else the program allocates would find fresh pages
 * again and again, and lose more than the pool gains (t-SNE in scikit-learn: 600 a step, a fifth of its time). So it is
 * shown a block whenever there is a larger one than it has seen; of the smaller ones, which a program has several of at
 * once, four times as much. Nothing is written there. It learns from none of more than 32 MB. */
static void show_malloc(size_t bytes) {
    static const size_t small = 2 << 20, most = 32 << 20;
    static _Atomic size_t seen;
    size_t shown = bytes < small ? 4 * bytes : bytes < 4 * small ? 4 * small : bytes;
    size_t before = atomic_load_explicit(&seen, memory_order_relaxed);
    if (shown > before && shown < most &&
        atomic_compare_exchange_strong_explicit(&seen, &before, shown, memory_order_relaxed,
                                                memory_order_relaxed)) {
        void *volatile block = malloc(shown); /* volatile: else compilers leave both out */
        free(block);
    }
}

/* ---- NumPy's allocator ------------------------------------------------------------------------------------ */

static void *pool_malloc(void *context, size_t size) {
    (void)context;
    if (size > PTRDIFF_MAX - 2 * huge_page) {
        return NULL;
    }
    idle found = {NULL, (size + 2 * page - 1) / page * page, 0, true}, evicted[IDLE_BLOCKS];
    if (enter()) {
        found = find(found.bytes);
        int count = evict(0, now(), evicted);
        leave();
        unmap_blocks(evicted, count);
    }
    if (!found.block) {
        found.block = map_block(found.bytes);
    }
    if (!found.block) {
        return NULL;
    }
    found.block->bytes = found.bytes; /* the kernel may have taken the page with the header, too */
    return data_of(found.block);
}

static void pool_free(void *context, void *data, size_t size) {
    (void)context;
    if (!data) {
        return;
    }
    block *given = block_of(data); /* whose header knows its size, whatever NumPy believes */
    idle waiting = {given, given->bytes, now(), true}, evicted[IDLE_BLOCKS];
    if (!enter()) {
        unmap_blocks(&waiting, 1);
        return;
    }
    int count = 0;
    bool kept = waiting.bytes <= pool.limit;
    if (kept) {
        count = evict(waiting.bytes, waiting.since, evicted);
        put_in(waiting);
    }
    leave();
    unmap_blocks(evicted, count);
    unmap_blocks(&waiting, !kept);
    show_malloc(size);
}

static void *pool_calloc(void *context, size_t count, size_t size) {
    size_t bytes;
    void *data = __builtin_mul_overflow(count, size, &bytes) ? NULL : pool_malloc(context, bytes);
    return data ? memset(data, 0, bytes) : NULL;
}

static void *pool_realloc(void *context, void *data, size_t size) {
    void *moved = pool_malloc(context, size);
    if (moved && data) {
        size_t had = block_of(data)->bytes - page;
        memcpy(moved, data, had < size ? had : size);
        pool_free(context, data, had);
    }
    return moved;
}

static PyDataMem_Handler handler = {
    "raptors_pool", 1, {NULL, pool_malloc, pool_calloc, pool_realloc, pool_free}};
static PyObject *capsule;
static const unsigned trace_domain = 389047; /* numpy.lib.tracemalloc_domain */

/* The array is made around its data and given the handler afterwards: to set the handler as a context's, and back, as
 * NumPy would have it, costs 0.3 us, more than NumPy takes for the array. Traced as NumPy traces what it allocates. */
PyObject *rp_pool_new(PyArray_Descr *descr, int ndim, const npy_intp *shape, const npy_intp *strides,
                      size_t bytes) {
    void *data = pool_malloc(NULL, bytes);
    if (!data) {
        Py_DECREF(descr);
        return PyErr_NoMemory();
    }
    PyObject *array =
        PyArray_NewFromDescr(&PyArray_Type, descr, ndim, shape, strides, data, NPY_ARRAY_CARRAY, NULL);
    if (!array) {
        pool_free(NULL, data, bytes);
        return NULL;
    }
    PyTraceMalloc_Track(trace_domain, (uintptr_t)data, bytes);
    ((PyArrayObject_fields *)array)->mem_handler = Py_NewRef(capsule);
    PyArray_ENABLEFLAGS((PyArrayObject *)array, NPY_ARRAY_OWNDATA);
    return array;
}

int rp_pool_start(void) {
    if (capsule) {
        return 0;
    }
    size_t sixteenth = (size_t)sysconf(_SC_PHYS_PAGES) / 16 * (size_t)sysconf(_SC_PAGESIZE);
    pool.limit = sixteenth < greatest_limit ? sixteenth : greatest_limit;
    capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return capsule ? 0 : -1;
}

/* ---- for the caller --------------------------------------------------------------------------------------- */

/* In the child of a fork that caught the pool in use it stays busy for good. */
static int enter_or_complain(void) {
    for (int i = 0; i < 1000; i++) {
        if (enter()) {
            return 0;
        }
        sched_yield();
    }
    PyErr_SetString(PyExc_RuntimeError, "raptors: the pool is busy");
    return -1;
}

PyObject *rp_pool_report(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    if (enter_or_complain() < 0) {
        return NULL;
    }
    size_t limit = pool.limit, held = pool.held;
    int count = pool.count;
    leave();
    return Py_BuildValue("{s:n,s:n,s:i}", "limit", (Py_ssize_t)limit, "held", (Py_ssize_t)held, "blocks",
                         count);
}

PyObject *rp_pool_limit(PyObject *module, PyObject *bytes) {
    (void)module;
    size_t limit = PyLong_AsSize_t(bytes);
    if (PyErr_Occurred() || enter_or_complain() < 0) {
        return NULL;
    }
    idle evicted[IDLE_BLOCKS];
    pool.limit = limit;
    int count = evict(0, now(), evicted);
    leave();
    unmap_blocks(evicted, count);
    Py_RETURN_NONE;
}
