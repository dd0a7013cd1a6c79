/* reduce.c -- the reductions, one for each RP_FOLD and RP_SPREAD row of core/ops.def.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <fenv.h>
#include <math.h>

typedef raptors_status fold_fn(const raptors_array *, raptors_axes, const raptors_array *);
typedef raptors_status spread_fn(const raptors_array *, raptors_axes, double, const raptors_array *);

enum { A, AXIS, DTYPE, OUT, DDOF, KEEPDIMS, ARGUMENTS };
static const char *const argument_texts[ARGUMENTS] = {"a", "axis", "dtype", "out", "ddof", "keepdims"};
static PyObject *argument_names[ARGUMENTS];

/* NumPy's signatures: the arguments in their order, how many may be positional, how many there are. */
typedef struct call_form {
    int order[ARGUMENTS];
    int positional, all;
} call_form;

static const call_form same_form = {{A, AXIS, OUT, KEEPDIMS}, 4, 4};
static const call_form index_form = {{A, AXIS, OUT, KEEPDIMS}, 3, 4};
static const call_form typed_form = {{A, AXIS, DTYPE, OUT, KEEPDIMS}, 5, 5};
static const call_form spread_form = {{A, AXIS, DTYPE, OUT, DDOF, KEEPDIMS}, 6, 6};

typedef enum result_class { SAME, WIDE, REAL, INDEX } result_class;

typedef struct reduce_row {
    const char *name;
    result_class result;
    const call_form *form;
    fold_fn *fold;
    spread_fn *spread;
    PyObject *numpy; /* answers what the library does not take */
} reduce_row;

#define SAME_FORM &same_form
#define WIDE_FORM &typed_form
#define REAL_FORM &typed_form
#define INDEX_FORM &index_form

enum {
#define RP_FOLD(name, kernel, result, text) ROW_##name,
#define RP_SPREAD(name, kernel, result, text) ROW_##name,
#include "ops.def"
    ROWS
};

static reduce_row rows[ROWS] = {
#define RP_FOLD(name, kernel, result, text) {#name, result, result##_FORM, raptors_##name, NULL, NULL},
#define RP_SPREAD(name, kernel, result, text) {#name, result, &spread_form, NULL, raptors_##name, NULL},
#include "ops.def"
};

/* A call, understood. */
typedef struct request {
    const reduce_row *row;
    raptors_array x;
    raptors_axes axes;
    bool keepdims;
    double ddof;
    raptors_dtype dtype; /* of the result */
    PyObject *out;
} request;

/* ---- reading the arguments ------------------------------------------------------------------------------- */

static int find_argument(const call_form *form, PyObject *name) {
    for (int i = 0; i < form->all; i++) {
        if (name == argument_names[form->order[i]]) {
            return form->order[i];
        }
    }
    for (int i = 0; i < form->all; i++) {
        if (PyUnicode_Compare(name, argument_names[form->order[i]]) == 0) {
            return form->order[i];
        }
    }
    return -1;
}

static bool sort_arguments(const rp_arguments *arguments, const call_form *form, PyObject **sorted) {
    if (arguments->positional > form->positional) {
        return false;
    }
    for (int i = 0; i < ARGUMENTS; i++) {
        sorted[i] = NULL;
    }
    for (Py_ssize_t i = 0; i < arguments->positional; i++) {
        sorted[form->order[i]] = arguments->values[i];
    }
    Py_ssize_t keywords = arguments->names ? PyTuple_GET_SIZE(arguments->names) : 0;
    for (Py_ssize_t i = 0; i < keywords; i++) {
        int found = find_argument(form, PyTuple_GET_ITEM(arguments->names, i));
        if (found < 0 || sorted[found]) {
            return false;
        }
        sorted[found] = arguments->values[arguments->positional + i];
    }
    return sorted[A] != NULL;
}

static bool add_axis(PyObject *object, int ndim, raptors_axes *axes) {
    if (!PyLong_CheckExact(object) && !PyArray_IsScalar(object, Integer)) {
        return false;
    }
    Py_ssize_t axis = PyNumber_AsSsize_t(object, NULL);
    axis += axis < 0 ? ndim : 0;
    if (axis < 0 || axis >= ndim || (*axes & RAPTORS_AXIS(axis))) {
        return false;
    }
    *axes |= RAPTORS_AXIS(axis);
    return true;
}

static bool read_axes(PyObject *object, request *call) {
    int ndim = call->x.ndim;
    call->axes = 0;
    if (!object || object == Py_None) {
        call->axes = RAPTORS_AXIS(ndim) - 1;
        return true;
    }
    if (!PyTuple_CheckExact(object)) {
        return add_axis(object, ndim, &call->axes);
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++) {
        if (!add_axis(PyTuple_GET_ITEM(object, i), ndim, &call->axes)) {
            return false;
        }
    }
    return call->axes != 0 && call->row->result != INDEX;
}

static raptors_dtype natural_dtype(result_class result, raptors_dtype x) {
    bool real = rp_is_float(x);
    switch (result) {
    case WIDE:
        return real ? x : RAPTORS_INT64;
    case REAL:
        return real ? x : RAPTORS_FLOAT64;
    case INDEX:
        return RAPTORS_INT64;
    default:
        return x;
    }
}

/* The dtype that was asked for: by name, else by the output's; -1 if the library has no such dtype. */
static int asked_dtype(PyObject *dtype, PyObject *out, int natural) {
    if (dtype && dtype != Py_None) {
        PyArray_Descr *descr = NULL;
        if (!PyArray_DescrConverter(dtype, &descr)) {
            PyErr_Clear();
            return -1;
        }
        int asked = PyArray_ISNBO(descr->byteorder) ? rp_dtype_of(descr->type_num) : -1;
        Py_DECREF(descr);
        return asked;
    }
    if (out) {
        return PyArray_CheckExact(out) ? rp_dtype_of(PyArray_TYPE((PyArrayObject *)out)) : -1;
    }
    return natural;
}

static bool read_dtype(PyObject *dtype, request *call) {
    raptors_dtype natural = natural_dtype(call->row->result, call->x.dtype);
    int asked = asked_dtype(dtype, call->out, (int)natural);
    call->dtype = (raptors_dtype)asked;
    return asked == (int)natural ||
           (asked == RAPTORS_FLOAT64 && natural == RAPTORS_FLOAT32 && call->row->result != SAME);
}

static bool read_flag(PyObject *object, bool *flag) {
    *flag = object == Py_True;
    return !object || object == Py_True || object == Py_False;
}

static bool read_ddof(PyObject *object, request *call) {
    call->ddof = 0;
    if (!object) {
        return true;
    }
    if (!PyFloat_CheckExact(object) && !PyLong_CheckExact(object)) {
        return false;
    }
    /* An integer that no C long holds is an error of NumPy's. */
    call->ddof = PyFloat_CheckExact(object) ? PyFloat_AS_DOUBLE(object) : (double)PyLong_AsLong(object);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    int64_t count = 1;
    for (int i = 0; i < call->x.ndim; i++) {
        count *= call->axes & RAPTORS_AXIS(i) ? call->x.shape[i] : 1;
    }
    /* Without a degree of freedom NumPy warns. */
    return (double)count - call->ddof > 0;
}

/* Nothing to reduce and nothing to reduce over have warnings and errors of NumPy's own. */
static bool read_request(PyObject *array, PyObject *const *sorted, request *call) {
    call->out = sorted[OUT] == Py_None ? NULL : sorted[OUT];
    return rp_view(array, &call->x) && call->x.ndim > 0 && rp_elements(&call->x) > 0 &&
           read_axes(sorted[AXIS], call) && read_dtype(sorted[DTYPE], call) &&
           read_flag(sorted[KEEPDIMS], &call->keepdims) && read_ddof(sorted[DDOF], call);
}

/* ---- the result ------------------------------------------------------------------------------------------ */

static void result_shape(const request *call, raptors_array *view) {
    view->dtype = call->dtype;
    view->ndim = 0;
    for (int i = 0; i < call->x.ndim; i++) {
        bool reduced = call->axes & RAPTORS_AXIS(i);
        if (!reduced || call->keepdims) {
            view->shape[view->ndim++] = reduced ? 1 : call->x.shape[i];
        }
    }
}

/* The order of the result's axes: that of x's memory; arg reductions give C order. */
static void result_order(const request *call, int *order) {
    int all[RAPTORS_MAX_NDIM], place[RAPTORS_MAX_NDIM], kept = 0, count = 0;
    int64_t moves[RAPTORS_MAX_NDIM];
    const int64_t *const strides[] = {moves};
    for (int i = 0; i < call->x.ndim; i++) {
        moves[i] = call->x.shape[i] == 1 || call->row->result == INDEX ? 0 : call->x.strides[i];
        place[i] = call->keepdims || !(call->axes & RAPTORS_AXIS(i)) ? kept++ : -1;
    }
    rp_keep_order(call->x.ndim, 1, strides, all);
    for (int i = 0; i < call->x.ndim; i++) {
        if (place[all[i]] >= 0) {
            order[count++] = place[all[i]];
        }
    }
}

static PyArrayObject *new_result(const request *call, raptors_array *view) {
    int order[RAPTORS_MAX_NDIM];
    result_order(call, order);
    PyArrayObject *array = rp_new_array(call->dtype, view->ndim, view->shape, order);
    if (array) {
        view->data = PyArray_DATA(array);
        for (int i = 0; i < view->ndim; i++) {
            view->strides[i] = PyArray_STRIDE(array, i);
        }
    }
    return array;
}

static PyArrayObject *given_result(const request *call, raptors_array *view) {
    raptors_array wanted = *view;
    if (!rp_view_output(call->out, view) || view->dtype != wanted.dtype || view->ndim != wanted.ndim) {
        return NULL;
    }
    for (int i = 0; i < wanted.ndim; i++) {
        if (view->shape[i] != wanted.shape[i]) {
            return NULL;
        }
    }
    return (PyArrayObject *)Py_NewRef(call->out);
}

/* ---- running --------------------------------------------------------------------------------------------- */

static raptors_status execute(const request *call, const raptors_array *out, int *raised) {
    rp_running running;
    rp_run_begin(&running, call->x.dtype, (size_t)rp_elements(&call->x) * rp_item_size(call->x.dtype));
    raptors_status status = call->row->spread ? call->row->spread(&call->x, call->axes, call->ddof, out)
                                              : call->row->fold(&call->x, call->axes, out);
    rp_run_end(&running);
    *raised = running.raised & (FE_OVERFLOW | FE_INVALID);
    return status;
}

static double extreme(const raptors_array *x, fold_fn *fold) {
    rp_item item;
    raptors_array out = {&item, x->dtype, 0, {0}, {0}};
    if (fold(x, RAPTORS_ALL_AXES, &out) != RAPTORS_OK) {
        return 0;
    }
    return x->dtype == RAPTORS_FLOAT32 ? (double)item.f32 : item.f64;
}

/* Compensated sums raise flags on their way that the sum itself would not. What counts is seen in the result: INVALID
 * makes a NaN where there was none, OVERFLOW an infinity. min and max make neither. Reached only by calls that raised a flag. */
static int meant_flags(const request *call, const raptors_array *out, int raised) {
    if (!rp_is_float(out->dtype) || call->row->result == SAME) {
        return 0;
    }
    double least = extreme(out, raptors_min), greatest = extreme(out, raptors_max);
    if (isnan(least)) {
        return raised & FE_INVALID && !isnan(extreme(&call->x, raptors_min)) ? FE_INVALID : 0;
    }
    return isinf(least) || isinf(greatest) ? raised & FE_OVERFLOW : 0;
}

/* Whether the result may be given away: the status is good, and the errstate made no error of the flags. */
static bool done(const request *call, const raptors_array *view, raptors_status status, int raised) {
    return status == RAPTORS_OK &&
           (!raised || rp_report_flags("reduce", meant_flags(call, view, raised)) == 0);
}

static PyObject *run_to_scalar(const request *call) {
    rp_item item;
    raptors_array view = {.data = &item, .dtype = call->dtype, .ndim = 0};
    int raised;
    raptors_status status = execute(call, &view, &raised);
    if (!done(call, &view, status, raised)) {
        return NULL;
    }
    PyArray_Descr *descr = PyArray_DescrFromType(rp_type_number(call->dtype));
    PyObject *scalar = PyArray_Scalar(&item, descr, NULL);
    Py_DECREF(descr);
    return scalar;
}

static PyObject *run_to_array(const request *call, raptors_array *view);

/* As NumPy does where the output overlaps the input: the result is made elsewhere, then copied. */
static PyObject *run_aside(const request *call, raptors_array *view) {
    request aside = *call;
    aside.out = NULL;
    result_shape(&aside, view);
    PyObject *fresh = run_to_array(&aside, view);
    if (!fresh) {
        return NULL;
    }
    int failed = PyArray_CopyInto((PyArrayObject *)call->out, (PyArrayObject *)fresh);
    Py_DECREF(fresh);
    return failed ? NULL : Py_NewRef(call->out);
}

static PyObject *run_to_array(const request *call, raptors_array *view) {
    PyArrayObject *result = call->out ? given_result(call, view) : new_result(call, view);
    if (!result) {
        return NULL;
    }
    int raised;
    raptors_status status = execute(call, view, &raised);
    if (done(call, view, status, raised)) {
        return (PyObject *)result;
    }
    Py_DECREF(result);
    return status == RAPTORS_ERROR_OVERLAP && call->out ? run_aside(call, view) : NULL;
}

/* The result; NULL without an error set if the call is for NumPy. */
static PyObject *run(const request *call) {
    raptors_array view;
    result_shape(call, &view);
    return view.ndim == 0 && !call->out ? run_to_scalar(call) : run_to_array(call, &view);
}

/* The input as an array: sequences and numbers are converted here, so that they are summed as arrays are. */
static PyObject *as_array(PyObject *object) {
    if (PyArray_CheckExact(object)) {
        return Py_NewRef(object);
    }
    bool plain = PyList_CheckExact(object) || PyTuple_CheckExact(object);
    return plain ? PyArray_FROM_O(object) : NULL;
}

static PyObject *reduce(const reduce_row *row, PyObject *const *values, Py_ssize_t positional,
                        PyObject *names) {
    rp_arguments arguments = {values, positional, names};
    request call;
    call.row = row;
    PyObject *sorted[ARGUMENTS], *result = NULL;
    PyObject *array = sort_arguments(&arguments, row->form, sorted) ? as_array(sorted[A]) : NULL;
    if (array && read_request(array, sorted, &call)) {
        result = run(&call);
    }
    Py_XDECREF(array);
    return result || PyErr_Occurred() ? result : rp_ask_numpy(row->numpy, row->name, &arguments);
}

int rp_reduce_start(void) {
    for (int i = 0; i < ARGUMENTS; i++) {
        argument_names[i] = PyUnicode_InternFromString(argument_texts[i]);
        if (!argument_names[i]) {
            return -1;
        }
    }
    for (int i = 0; i < ROWS; i++) {
        rows[i].numpy = rp_numpy_function(rows[i].name);
        if (!rows[i].numpy) {
            return -1;
        }
    }
    return 0;
}

/* ---- the functions --------------------------------------------------------------------------------------- */

#define DEFINE(name)                                                                                         \
    static PyObject *reduce_##name(PyObject *module, PyObject *const *values, Py_ssize_t positional,         \
                                   PyObject *names) {                                                        \
        (void)module;                                                                                        \
        return reduce(&rows[ROW_##name], values, positional, names);                                         \
    }
#define RP_FOLD(name, kernel, result, text) DEFINE(name)
#define RP_SPREAD(name, kernel, result, text) DEFINE(name)
#include "ops.def"

#define SAME_SIGNATURE "(a, axis=None, out=None, keepdims=False, **initial_where)\n--\n\n"
#define WIDE_SIGNATURE "(a, axis=None, dtype=None, out=None, keepdims=False, **initial_where)\n--\n\n"
#define REAL_SIGNATURE "(a, axis=None, dtype=None, out=None, keepdims=False, **where)\n--\n\n"
#define INDEX_SIGNATURE "(a, axis=None, out=None, *, keepdims=False)\n--\n\n"
#define SPREAD_SIGNATURE                                                                                     \
    "(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **where_mean_correction)\n--\n\n"
#define COMMON                                                                                               \
    "\n\n"                                                                                                   \
    "a is an array, or what makes one; axis an int, a tuple of ints, or None for all; the reduced axes\n"    \
    "are dropped, or kept with length 1 if keepdims. A result without axes is a NumPy scalar. out, if\n"     \
    "given, has the result's shape, and is returned. float32, float64, int32 and int64 are computed by\n"    \
    "Raptors, in a fixed order of additions that is the same on every machine; anything else is NumPy's,\n"  \
    "by the function of the same name, and so is every error: AxisError for an axis, ValueError for "        \
    "shapes\n"                                                                                               \
    "and empty input, TypeError for dtypes."
#define METHOD(name, signature, text)                                                                        \
    {#name, (PyCFunction)(void (*)(void))reduce_##name, METH_FASTCALL | METH_KEYWORDS,                       \
     #name signature text COMMON},

PyMethodDef rp_reduce_methods[] = {
#define RP_FOLD(name, kernel, result, text) METHOD(name, result##_SIGNATURE, text)
#define RP_SPREAD(name, kernel, result, text) METHOD(name, SPREAD_SIGNATURE, text)
#include "ops.def"
    {NULL, NULL, 0, NULL},
};
