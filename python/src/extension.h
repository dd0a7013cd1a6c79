/* extension.h -- what the files of the extension share: NumPy's C API, and how a call passes from one to the next.
 * SPDX-License-Identifier: MIT
 *
 * A function here answers what the library takes and hands everything else, arguments untouched, to the
 * NumPy function of the same name. So errors, subclasses, rare dtypes and rare arguments are NumPy's own.
 */
#ifndef RP_EXTENSION_H
#define RP_EXTENSION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL rp_numpy_arrays
#define PY_UFUNC_UNIQUE_SYMBOL rp_numpy_ufuncs
#ifndef RP_OWNS_NUMPY_API
#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#endif
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <numpy/ufuncobject.h>

#include <stdbool.h>
#include "raptors.h"

/* The arguments of a METH_FASTCALL | METH_KEYWORDS call, as they came. */
typedef struct rp_arguments {
    PyObject *const *values;
    Py_ssize_t positional;
    PyObject *names; /* of the values after the positional ones; NULL if there are none */
} rp_arguments;

/* One element of any dtype. */
typedef union rp_item {
#define RP_TYPE(suffix, ENUM, ctype, name) ctype suffix;
#include "types.def"
} rp_item;

/* ---- convert.c: between NumPy's objects and the library's views ----------------------------------------- */

int rp_convert_start(void);
/* The NumPy type number of a dtype, and the other way round: -1 where the library has no such dtype. */
int rp_type_number(raptors_dtype dtype);
int rp_dtype_of(int type_number);
bool rp_is_float(raptors_dtype dtype);
size_t rp_item_size(raptors_dtype dtype);
/* View an object that is exactly an ndarray, of a dtype, alignment, byte order and rank that the library takes. */
bool rp_view(PyObject *object, raptors_array *view);
/* The same for an output, which must be writable too. */
bool rp_view_output(PyObject *object, raptors_array *view);
/* View a Python or NumPy scalar as one element of a dtype; false where NumPy's promotion gives another dtype. */
bool rp_view_scalar(PyObject *object, raptors_dtype dtype, rp_item *item, raptors_array *view);
int64_t rp_elements(const raptors_array *view);

/* ---- layout.c: the memory order of a result ------------------------------------------------------------- */

/* The axes from the slowest to the fastest in memory as NumPy's order='K' has it, for operands that all have
 * `ndim` axes with stride 0 wherever they repeat. */
void rp_keep_order(int ndim, int operands, const int64_t *const *strides, int *order);
/* A new array of `shape` whose memory runs through the axes in `order` (NULL: C order). Large ones come from the pool. */
PyArrayObject *rp_new_array(raptors_dtype dtype, int ndim, const int64_t *shape, const int *order);

/* ---- pool.c: recycled memory for large results ---------------------------------------------------------- */

int rp_pool_start(void);
/* From this many bytes on an array comes from the pool. */
extern const size_t rp_pool_least;
/* As PyArray_NewFromDescr (steals `descr`), for data of `bytes`, with the pool as the array's allocator. */
PyObject *rp_pool_new(PyArray_Descr *descr, int ndim, const npy_intp *shape, const npy_intp *strides,
                      size_t bytes);
PyObject *rp_pool_report(PyObject *module, PyObject *none);
PyObject *rp_pool_limit(PyObject *module, PyObject *bytes);

/* ---- call.c: one call of the library, and what surrounds it ---------------------------------------------- */

/* The state of a call while the library runs: the GIL given up on long calls, the exception flags watched. */
typedef struct rp_running {
    PyThreadState *released;
    bool watched;
    int raised;
} rp_running;

void rp_run_begin(rp_running *running, raptors_dtype dtype, size_t bytes);
void rp_run_end(rp_running *running);
/* Tell NumPy's errstate of the flags (from <fenv.h>); -1 if it made an error of them. */
int rp_report_flags(const char *name, int flags);
/* Pass the call on to NumPy. */
PyObject *rp_ask_numpy(PyObject *function, const char *name, const rp_arguments *arguments);
/* The function that this thread last passed on to NumPy since the last call that the library took; NULL if none. */
extern _Thread_local const char *rp_passed_on;
/* The NumPy function that stands behind `name`, from raptors._numpy if it has one, else from numpy; None if neither. */
PyObject *rp_numpy_function(const char *name);

/* ---- map.c, reduce.c, control.c: the functions themselves ------------------------------------------------ */

extern PyMethodDef rp_map_methods[], rp_reduce_methods[], rp_control_methods[];
int rp_map_start(void);
int rp_reduce_start(void);
int rp_control_start(void);
/* Find out anew which functions raise INVALID for a NaN that merely passes through: the backend has changed. */
void rp_map_learn_flags(void);

#endif
