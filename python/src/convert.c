/* convert.c -- NumPy's arrays and scalars as the library's views.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <float.h>
#include <math.h>

enum {
#define RP_TYPE(suffix, ENUM, ctype, name) +1
    TYPES = 0
#include "types.def"
};

static const int type_numbers[TYPES] = {
#define RP_TYPE(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = NPY_##ENUM,
#include "types.def"
};

static const size_t item_sizes[TYPES] = {
#define RP_TYPE(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = sizeof(ctype),
#include "types.def"
};

static const bool is_float[TYPES] = {
#define RP_FLOAT(suffix, ENUM, ctype, name) [RAPTORS_##ENUM] = true,
#include "types.def"
};

/* By type number, dtype + 1: 0 is none. */
static const signed char dtypes[NPY_NTYPES_LEGACY] = {
#define RP_TYPE(suffix, ENUM, ctype, name) [NPY_##ENUM] = RAPTORS_##ENUM + 1,
#include "types.def"
};

/* NumPy's scalar types: np.float32 and so on. */
static PyTypeObject *scalar_types[TYPES];

int rp_convert_start(void) {
    for (int i = 0; i < TYPES; i++) {
        if (!scalar_types[i]) {
            scalar_types[i] = (PyTypeObject *)PyArray_TypeObjectFromType(type_numbers[i]);
        }
        if (!scalar_types[i]) {
            return -1;
        }
    }
    return 0;
}

int rp_type_number(raptors_dtype dtype) {
    return type_numbers[dtype];
}

int rp_dtype_of(int type_number) {
    return type_number >= 0 && type_number < NPY_NTYPES_LEGACY ? dtypes[type_number] - 1 : -1;
}

bool rp_is_float(raptors_dtype dtype) {
    return is_float[dtype];
}

size_t rp_item_size(raptors_dtype dtype) {
    return item_sizes[dtype];
}

int64_t rp_elements(const raptors_array *view) {
    int64_t count = 1;
    for (int i = 0; i < view->ndim; i++) {
        count *= view->shape[i];
    }
    return count;
}

bool rp_view(PyObject *object, raptors_array *view) {
    if (!PyArray_CheckExact(object)) {
        return false;
    }
    PyArrayObject *array = (PyArrayObject *)object;
    int dtype = rp_dtype_of(PyArray_TYPE(array));
    int ndim = PyArray_NDIM(array);
    if (dtype < 0 || ndim > RAPTORS_MAX_NDIM || !PyArray_ISBEHAVED_RO(array)) {
        return false;
    }
    view->data = PyArray_DATA(array);
    view->dtype = (raptors_dtype)dtype;
    view->ndim = ndim;
    const npy_intp *shape = PyArray_DIMS(array), *strides = PyArray_STRIDES(array);
    for (int i = 0; i < ndim; i++) {
        view->shape[i] = shape[i];
        view->strides[i] = strides[i];
    }
    return true;
}

bool rp_view_output(PyObject *object, raptors_array *view) {
    return rp_view(object, view) && PyArray_ISWRITEABLE((PyArrayObject *)object);
}

static bool float_item(double value, raptors_dtype dtype, rp_item *item) {
    if (dtype == RAPTORS_FLOAT64) {
        item->f64 = value;
        return true;
    }
    /* What overflows on the way is for NumPy to report. */
    if (dtype != RAPTORS_FLOAT32 || (isfinite(value) && fabs(value) > (double)FLT_MAX)) {
        return false;
    }
    item->f32 = (float)value;
    return true;
}

static bool integer_item(PyObject *object, raptors_dtype dtype, rp_item *item) {
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow) {
        return false;
    }
    if (dtype == RAPTORS_INT64) {
        item->i64 = value;
        return true;
    }
    if (dtype == RAPTORS_INT32) {
        item->i32 = (int32_t)value;
        return item->i32 == value;
    }
    return float_item((double)value, dtype, item);
}

bool rp_view_scalar(PyObject *object, raptors_dtype dtype, rp_item *item, raptors_array *view) {
    if (PyFloat_CheckExact(object)) {
        if (!is_float[dtype] || !float_item(PyFloat_AS_DOUBLE(object), dtype, item)) {
            return false;
        }
    } else if (PyLong_CheckExact(object)) {
        if (!integer_item(object, dtype, item)) {
            return false;
        }
    } else if (Py_TYPE(object) == scalar_types[dtype]) {
        PyArray_ScalarAsCtype(object, item);
    } else {
        return false;
    }
    view->data = item;
    view->dtype = dtype;
    view->ndim = 0;
    return true;
}
