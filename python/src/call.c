/* call.c -- what surrounds every call: the GIL, the floating-point flags, and the way to NumPy.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <fenv.h>

/* A call that touches fewer bytes than this is over before another thread could use the GIL. */
static const size_t long_call = 1 << 16;

static const int reported = FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID;

_Thread_local const char *rp_passed_on;

void rp_run_begin(rp_running *running, raptors_dtype dtype, size_t bytes) {
    rp_passed_on = NULL;
    running->watched = rp_is_float(dtype);
    running->raised = 0;
    /* Flags stay up until taken down: most calls find none, and clearing costs more than looking. */
    if (running->watched && fetestexcept(reported)) {
        feclearexcept(reported);
    }
    running->released = bytes >= long_call ? PyEval_SaveThread() : NULL;
}

void rp_run_end(rp_running *running) {
    if (running->watched) {
        running->raised = fetestexcept(reported);
    }
    if (running->released) {
        PyEval_RestoreThread(running->released);
    }
}

int rp_report_flags(const char *name, int flags) {
    int numpy = (flags & FE_DIVBYZERO ? NPY_FPE_DIVIDEBYZERO : 0) |
                (flags & FE_OVERFLOW ? NPY_FPE_OVERFLOW : 0) |
                (flags & FE_UNDERFLOW ? NPY_FPE_UNDERFLOW : 0) | (flags & FE_INVALID ? NPY_FPE_INVALID : 0);
    return numpy ? PyUFunc_GiveFloatingpointErrors(name, numpy) : 0;
}

PyObject *rp_ask_numpy(PyObject *function, const char *name, const rp_arguments *arguments) {
    if (function == Py_None) {
        return PyErr_Format(
            PyExc_TypeError,
            "raptors.%s does not take these arguments, and NumPy has no function of this name", name);
    }
    PyObject *answer =
        PyObject_Vectorcall(function, arguments->values, (size_t)arguments->positional, arguments->names);
    rp_passed_on = name;
    return answer;
}

PyObject *rp_numpy_function(const char *name) {
    static const char *const places[] = {"raptors._numpy", "numpy"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        PyObject *module = PyImport_ImportModule(places[i]);
        PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
        Py_XDECREF(module);
        if (function || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return function;
        }
        PyErr_Clear();
    }
    return Py_NewRef(Py_None);
}
