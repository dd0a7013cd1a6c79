/* raptors.h -- NumPy's array arithmetic as fast as the machine allows: the public interface.
 * SPDX-License-Identifier: MIT
 *
 * C11, also C++. A program needs this header and -llraptors, nothing else.
 *
 * Every array is a view: the caller owns the memory, and keeps it alive and unchanged during the call.
 * Every function may be called from any thread at any time, on distinct outputs. None prints, exits,
 * changes errno, or leaves the floating-point environment changed (exception flags are raised as the
 * arithmetic raises them). On an error nothing has been written.
 *
 * A result's bits depend on the operation, the dtype, the shape and the strides, and on nothing else: not
 * on the instruction set, the threads, the compiler, nor what was learned. (A NaN is a NaN: its sign and
 * payload are not promised.)
 */
#ifndef RAPTORS_H
#define RAPTORS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RAPTORS_VERSION_MAJOR 0
#define RAPTORS_VERSION_MINOR 1
#define RAPTORS_VERSION_PATCH 0

#if defined(RAPTORS_BUILD)
#define RAPTORS_API __attribute__((visibility("default")))
#else
#define RAPTORS_API
#endif

/* ---- vocabulary -------------------------------------------------------------------------------------- */

typedef enum raptors_dtype {
    RAPTORS_FLOAT32 = 0, /* IEEE 754 binary32 */
    RAPTORS_FLOAT64 = 1, /* IEEE 754 binary64 */
    RAPTORS_INT32 = 2,
    RAPTORS_INT64 = 3
} raptors_dtype;

typedef enum raptors_status {
    RAPTORS_OK = 0,
    RAPTORS_ERROR_NULL,    /* a NULL view, or NULL data where there are elements */
    RAPTORS_ERROR_DTYPE,   /* an unknown dtype, or one that the operation does not take */
    RAPTORS_ERROR_SHAPE,   /* rank, extent or size out of range; shapes that do not broadcast or fit */
    RAPTORS_ERROR_AXIS,    /* an axis that the array does not have */
    RAPTORS_ERROR_OVERLAP, /* the output shares memory with an input (without being it) or with itself */
    RAPTORS_ERROR_VALUE,   /* a value that has no meaning here: an empty min, a fractional integer factor */
    RAPTORS_ERROR_UNSUPPORTED, /* a backend that this machine cannot run */
    RAPTORS_ERROR_NOMEM,       /* no memory */
    RAPTORS_ERROR_IO           /* a file that cannot be read, written or believed */
} raptors_status;

typedef enum raptors_mode {
    RAPTORS_LEARN = 0, /* decide and go on learning (the default) */
    RAPTORS_FREEZE,    /* decide by what was learned, learn no more */
    RAPTORS_OFF        /* decide by the fixed prior */
} raptors_mode;

enum { RAPTORS_MAX_NDIM = 16 };

typedef struct raptors_array {         /* a view: the caller owns the memory */
    void *data;                        /* the element at index 0, 0, ... */
    raptors_dtype dtype;               /* one of RAPTORS_FLOAT32 .. */
    int ndim;                          /* 0 .. RAPTORS_MAX_NDIM; 0 is a scalar */
    int64_t shape[RAPTORS_MAX_NDIM];   /* elements along each axis, >= 0 */
    int64_t strides[RAPTORS_MAX_NDIM]; /* bytes from one element to the next: any sign, 0 to repeat */
} raptors_array;

typedef uint32_t raptors_axes; /* a set of axes: RAPTORS_AXIS(0) | RAPTORS_AXIS(2) */
#define RAPTORS_AXIS(k) ((raptors_axes)1 << (k))
#define RAPTORS_ALL_AXES ((raptors_axes)0xffffffffu)

/* ---- making views ------------------------------------------------------------------------------------ */

/* n elements one after another: shape (n,). */
RAPTORS_API raptors_array raptors_vector(raptors_dtype dtype, const void *data, int64_t n);
/* rows x cols elements in C order: shape (rows, cols). */
RAPTORS_API raptors_array raptors_matrix(raptors_dtype dtype, const void *data, int64_t rows, int64_t cols);
/* The same memory with its axes in reverse order, as NumPy's x.T. */
RAPTORS_API raptors_array raptors_transpose(raptors_array x);

/* ---- arithmetic -------------------------------------------------------------------------------------- */

/* Two inputs: a and b broadcast against each other as in NumPy, to out's shape; all three of one dtype. out may
 * be exactly a or exactly b; any other sharing of memory is RAPTORS_ERROR_OVERLAP.
 * One input: x broadcasts to out's shape, and out may be exactly x.
 * Reductions: x is reduced over the axes in the set; RAPTORS_ALL_AXES is all, and 0 is none. out has those axes
 * dropped, or kept as 1. Dtypes are NumPy's; out of a float32 sum, prod, mean, var or std may also be float64, and
 * is then computed in float64. Floating-point sums follow the fixed order in docs/reduction-order.md, from -0.0.
 * Errors: NULL, DTYPE, SHAPE, AXIS, OVERLAP, VALUE. */
#define RP_MAP2(name, types, text)                                                                           \
    RAPTORS_API raptors_status raptors_##name(const raptors_array *a, const raptors_array *b,                \
                                              const raptors_array *out);
#define RP_MAP1(name, types, text)                                                                           \
    RAPTORS_API raptors_status raptors_##name(const raptors_array *x, const raptors_array *out);
#define RP_FOLD(name, kernel, result, text)                                                                  \
    RAPTORS_API raptors_status raptors_##name(const raptors_array *x, raptors_axes axes,                     \
                                              const raptors_array *out);
#define RP_SPREAD(name, kernel, result, text)                                                                \
    RAPTORS_API raptors_status raptors_##name(const raptors_array *x, raptors_axes axes, double ddof,        \
                                              const raptors_array *out);
#include "ops.def"

/* x * factor. The factor is rounded to x's dtype; for integers it must be integral and in range, else VALUE. */
RAPTORS_API raptors_status raptors_scale(const raptors_array *x, double factor, const raptors_array *out);

/* ---- errors ------------------------------------------------------------------------------------------ */

/* "RAPTORS_ERROR_SHAPE"; "RAPTORS_ERROR_UNKNOWN" for a number that is no status. */
RAPTORS_API const char *raptors_status_name(raptors_status s);
/* What this thread's last failing call found, naming the argument and the value:
 * "raptors_add: shapes (3, 4) and (5,) do not broadcast". "" before any error. Valid until the next. */
RAPTORS_API const char *raptors_last_error(void);
/* The version of the library that is loaded: "0.1.0". */
RAPTORS_API const char *raptors_version(void);

/* ---- how it runs: never what it gives ---------------------------------------------------------------- */

/* The backend in use: "avx512". */
RAPTORS_API const char *raptors_backend(void);
/* The backends that this machine can run, best first, NULL at the end. */
RAPTORS_API const char *const *raptors_backends(void);
/* "auto", or one of raptors_backends(); else UNSUPPORTED (known, not runnable here) or VALUE. For the process. */
RAPTORS_API raptors_status raptors_set_backend(const char *name);
/* This thread's upper bound on the threads of a call; 0: automatic. VALUE below 0 or above 1024. */
RAPTORS_API raptors_status raptors_set_threads(int n);
/* The threads that a call from this thread may use, >= 1. */
RAPTORS_API int raptors_get_threads(void);

/* JSON, written as snprintf writes: the length it needs, whatever the size of the buffer. */
RAPTORS_API size_t raptors_explain(char *buffer, size_t size); /* why this thread's last call ran as it did */
RAPTORS_API size_t raptors_telemetry(char *buffer, size_t size); /* all that was learned */
RAPTORS_API raptors_status raptors_telemetry_mode(raptors_mode mode);
RAPTORS_API void raptors_telemetry_reset(void);
/* What was learned, to and from a file; IO if it cannot be written, read or believed. */
RAPTORS_API raptors_status raptors_profile_save(const char *path);
RAPTORS_API raptors_status raptors_profile_load(const char *path);

#ifdef __cplusplus
}
#endif

#endif
