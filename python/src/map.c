/* map.c -- the elementwise functions, one for each RP_MAP1 and RP_MAP2 row of core/ops.def, and scale.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <fenv.h>
#include <math.h>

enum { MAX_INPUTS = 2 };

typedef struct map_row {
    const char *name;
    int inputs;
    bool floats_only;
    raptors_status (*two)(const raptors_array *, const raptors_array *, const raptors_array *);
    raptors_status (*one)(const raptors_array *, const raptors_array *);
    PyObject *numpy;      /* answers what the library does not take */
    _Atomic int reported; /* the exception flags that mean what NumPy means by them */
} map_row;

enum {
#define RP_MAP2(name, types, text) ROW_##name,
#define RP_MAP1(name, types, text) ROW_##name,
#include "ops.def"
    ROWS
};

#define ONLY_ALL false
#define ONLY_FLOATS true
static map_row rows[ROWS] = {
#define RP_MAP2(name, types, text) {#name, 2, ONLY_##types, raptors_##name, NULL, NULL, 0},
#define RP_MAP1(name, types, text) {#name, 1, ONLY_##types, NULL, raptors_##name, NULL, 0},
#include "ops.def"
};

static PyObject *out_name, *numpy_scale;

/* The `out` of a call with `inputs` positional arguments before it; false if there is anything else. */
static bool read_output(const rp_arguments *arguments, int inputs, PyObject **out) {
    PyObject *names = arguments->names;
    Py_ssize_t keywords = names ? PyTuple_GET_SIZE(names) : 0;
    Py_ssize_t extra = arguments->positional - inputs + keywords;
    *out = NULL;
    if (arguments->positional < inputs || extra > 1) {
        return false;
    }
    if (extra == 0) {
        return true;
    }
    if (keywords) {
        PyObject *name = PyTuple_GET_ITEM(names, 0);
        if (name != out_name && PyUnicode_Compare(name, out_name) != 0) {
            return false;
        }
    }
    *out = arguments->values[inputs];
    if (PyTuple_CheckExact(*out)) {
        if (PyTuple_GET_SIZE(*out) != 1) {
            return false;
        }
        *out = PyTuple_GET_ITEM(*out, 0);
    }
    if (*out == Py_None) {
        *out = NULL;
    }
    return true;
}

static bool view_inputs(const map_row *row, PyObject *const *values, raptors_array *views, rp_item *item) {
    bool first = rp_view(values[0], &views[0]);
    if (row->inputs == 1) {
        return first && !(row->floats_only && !rp_is_float(views[0].dtype));
    }
    bool second = rp_view(values[1], &views[1]);
    if (!first && !second) {
        return false;
    }
    raptors_dtype dtype = views[first ? 0 : 1].dtype;
    if (!first || !second) {
        int other = first ? 1 : 0;
        if (PyArray_CheckExact(values[other]) || !rp_view_scalar(values[other], dtype, item, &views[other])) {
            return false;
        }
    }
    return views[0].dtype == views[1].dtype && !(row->floats_only && !rp_is_float(dtype));
}

/* The shape to which the inputs broadcast, and their strides along its axes. */
static bool broadcast(const raptors_array *views, int inputs, raptors_array *result,
                      int64_t strides[][RAPTORS_MAX_NDIM]) {
    result->ndim = 0;
    for (int i = 0; i < inputs; i++) {
        result->ndim = views[i].ndim > result->ndim ? views[i].ndim : result->ndim;
    }
    for (int axis = 0; axis < result->ndim; axis++) {
        int64_t extent = 1;
        for (int i = 0; i < inputs; i++) {
            int own = axis - (result->ndim - views[i].ndim);
            int64_t length = own < 0 ? 1 : views[i].shape[own];
            if (length != 1 && extent != 1 && length != extent) {
                return false;
            }
            extent = length != 1 ? length : extent;
            strides[i][axis] = length != 1 ? views[i].strides[own] : 0;
        }
        result->shape[axis] = extent;
    }
    return true;
}

static void view_result(PyArrayObject *array, raptors_array *view) {
    view->data = PyArray_DATA(array);
    for (int i = 0; i < view->ndim; i++) {
        view->strides[i] = PyArray_STRIDE(array, i);
    }
}

/* A new array for the result, in NumPy's shape and memory order. */
static PyArrayObject *new_result(const raptors_array *views, int inputs, raptors_array *result) {
    int64_t strides[MAX_INPUTS][RAPTORS_MAX_NDIM];
    const int64_t *const rows_of_strides[MAX_INPUTS] = {strides[0], strides[1]};
    int order[RAPTORS_MAX_NDIM];
    result->dtype = views[0].dtype;
    /* A result without axes is a scalar, and those are quicker in NumPy's hands. */
    if (!broadcast(views, inputs, result, strides) || result->ndim == 0) {
        return NULL;
    }
    rp_keep_order(result->ndim, inputs, rows_of_strides, order);
    PyArrayObject *array = rp_new_array(result->dtype, result->ndim, result->shape, order);
    if (array) {
        view_result(array, result);
    }
    return array;
}

static PyArrayObject *given_result(PyObject *out, raptors_dtype dtype, raptors_array *view) {
    return rp_view_output(out, view) && view->dtype == dtype ? (PyArrayObject *)Py_NewRef(out) : NULL;
}

/* What to call, on views of the inputs and, after them, of the output. */
typedef struct map_task {
    const map_row *row;
    const double *factor; /* of scale, which has no row */
    int inputs;
} map_task;

static raptors_status execute(const map_task *task, const raptors_array *views, int *raised) {
    const raptors_array *out = &views[task->inputs];
    size_t bytes = (size_t)rp_elements(out) * rp_item_size(out->dtype) * (size_t)(task->inputs + 1);
    raptors_status status;
    rp_running running;
    rp_run_begin(&running, out->dtype, bytes);
    if (task->factor) {
        status = raptors_scale(&views[0], *task->factor, out);
    } else if (task->inputs == 1) {
        status = task->row->one(&views[0], out);
    } else {
        status = task->row->two(&views[0], &views[1], out);
    }
    rp_run_end(&running);
    *raised = running.raised & task->row->reported;
    return status;
}

static PyObject *run(const map_task *task, raptors_array *views, PyObject *out);

/* As NumPy does where the output overlaps an input: the result is made elsewhere, then copied. */
static PyObject *run_aside(const map_task *task, raptors_array *views, PyObject *out) {
    PyObject *fresh = run(task, views, NULL);
    if (!fresh) {
        return NULL;
    }
    int failed = PyArray_CopyInto((PyArrayObject *)out, (PyArrayObject *)fresh);
    Py_DECREF(fresh);
    return failed ? NULL : Py_NewRef(out);
}

/* The result; NULL without an error set if the call is for NumPy. */
static PyObject *run(const map_task *task, raptors_array *views, PyObject *out) {
    raptors_array *last = &views[task->inputs];
    PyArrayObject *result =
        out ? given_result(out, views[0].dtype, last) : new_result(views, task->inputs, last);
    if (!result) {
        return NULL;
    }
    int raised;
    raptors_status status = execute(task, views, &raised);
    if (status == RAPTORS_OK && (!raised || rp_report_flags(task->row->name, raised) == 0)) {
        return (PyObject *)result;
    }
    Py_DECREF(result);
    return status == RAPTORS_ERROR_OVERLAP && out ? run_aside(task, views, out) : NULL;
}

/* NumPy warns of a third argument to minimum and maximum, which many take for one more input. */
static bool is_warned_of(const map_row *row, Py_ssize_t positional) {
    return positional > 2 && (row == &rows[ROW_minimum] || row == &rows[ROW_maximum]);
}

static PyObject *map(const map_row *row, PyObject *const *values, Py_ssize_t positional, PyObject *names) {
    rp_arguments arguments = {values, positional, names};
    raptors_array views[MAX_INPUTS + 1];
    rp_item item;
    PyObject *out, *result = NULL;
    if (!is_warned_of(row, positional) && read_output(&arguments, row->inputs, &out) &&
        view_inputs(row, values, views, &item)) {
        result = run(&(map_task){row, NULL, row->inputs}, views, out);
    }
    return result || PyErr_Occurred() ? result : rp_ask_numpy(row->numpy, row->name, &arguments);
}

/* The factor as a double, if that loses nothing. */
static bool read_factor(PyObject *object, double *factor) {
    if (PyLong_CheckExact(object)) {
        static const long long exact = 1LL << 53;
        int overflow;
        long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
        *factor = (double)value;
        return !overflow && value >= -exact && value <= exact;
    }
    if (PyFloat_Check(object)) {
        *factor = PyFloat_AS_DOUBLE(object);
        return true;
    }
    return false;
}

static PyObject *scale(PyObject *module, PyObject *const *values, Py_ssize_t positional, PyObject *names) {
    (void)module;
    rp_arguments arguments = {values, positional, names};
    raptors_array views[2];
    double factor;
    PyObject *out, *result = NULL;
    if (read_output(&arguments, 2, &out) && rp_view(values[0], &views[0]) &&
        read_factor(values[1], &factor)) {
        result = run(&(map_task){&rows[ROW_multiply], &factor, 1}, views, out);
    }
    return result || PyErr_Occurred() ? result : rp_ask_numpy(numpy_scale, "scale", &arguments);
}

/* A NaN that passes through makes a comparison raise INVALID, in some kernels; NumPy keeps that to itself. */
static int flags_of_nan(const map_row *row, raptors_dtype dtype) {
    enum { LENGTH = 64 };
    union {
        float f32[LENGTH];
        double f64[LENGTH];
    } first, second, result;
    for (int i = 0; i < LENGTH; i++) {
        double a = i & 1 ? NAN : 1, b = i & 2 ? NAN : 1;
        if (dtype == RAPTORS_FLOAT32) {
            first.f32[i] = (float)a;
            second.f32[i] = (float)b;
        } else {
            first.f64[i] = a;
            second.f64[i] = b;
        }
    }
    raptors_array views[] = {raptors_vector(dtype, &first, LENGTH), raptors_vector(dtype, &second, LENGTH),
                             raptors_vector(dtype, &result, LENGTH)};
    feclearexcept(FE_ALL_EXCEPT);
    row->inputs == 1 ? row->one(&views[0], &views[2]) : row->two(&views[0], &views[1], &views[2]);
    return fetestexcept(FE_INVALID);
}

void rp_map_learn_flags(void) {
    fenv_t environment;
    feholdexcept(&environment);
    for (int i = 0; i < ROWS; i++) {
        int noise = flags_of_nan(&rows[i], RAPTORS_FLOAT32) | flags_of_nan(&rows[i], RAPTORS_FLOAT64);
        rows[i].reported = (FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID) & ~noise;
    }
    fesetenv(&environment);
}

int rp_map_start(void) {
    out_name = PyUnicode_InternFromString("out");
    numpy_scale = rp_numpy_function("scale");
    if (!out_name || !numpy_scale) {
        return -1;
    }
    for (int i = 0; i < ROWS; i++) {
        rows[i].numpy = rp_numpy_function(rows[i].name);
        if (!rows[i].numpy) {
            return -1;
        }
    }
    rp_map_learn_flags();
    return 0;
}

#define DEFINE(name)                                                                                         \
    static PyObject *map_##name(PyObject *module, PyObject *const *values, Py_ssize_t positional,            \
                                PyObject *names) {                                                           \
        (void)module;                                                                                        \
        return map(&rows[ROW_##name], values, positional, names);                                            \
    }
#define RP_MAP2(name, types, text) DEFINE(name)
#define RP_MAP1(name, types, text) DEFINE(name)
#include "ops.def"

#define KEYWORDS ", out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True)\n--\n\n"
#define COMMON                                                                                               \
    "\n\n"                                                                                                   \
    "Inputs are arrays or scalars that broadcast against each other; out, if given, is an array of the\n"    \
    "broadcast shape, and is returned. float32, float64, int32 and int64 arrays of one dtype (a Python\n"    \
    "number takes an array's dtype) are computed by Raptors; anything else is NumPy's, by the function of\n" \
    "the same name, and so is every error: ValueError for shapes, TypeError for dtypes, and what NumPy "     \
    "does\n"                                                                                                 \
    "instead of any RAPTORS_ERROR above.\n"                                                                  \
    "The result has NumPy's dtype, shape and memory order, and the same bits on every machine."
#define METHOD(name, inputs, text)                                                                           \
    {#name, (PyCFunction)(void (*)(void))map_##name, METH_FASTCALL | METH_KEYWORDS,                          \
     #name "(" inputs ", /" KEYWORDS text COMMON},

PyMethodDef rp_map_methods[] = {
#define RP_MAP2(name, types, text) METHOD(name, "x1, x2", text)
#define RP_MAP1(name, types, text) METHOD(name, "x", text)
#include "ops.def"
    {"scale", (PyCFunction)(void (*)(void))scale, METH_FASTCALL | METH_KEYWORDS,
     "scale(x, factor, /, out=None)\n--\n\n"
     "x * factor, in x's own dtype whatever the factor's.\n\n"
     "Integers take an integral factor within their range; ValueError for any other."},
    {NULL, NULL, 0, NULL},
};
