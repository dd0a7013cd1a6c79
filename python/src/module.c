/* module.c -- raptors._core: the extension as Python sees it.
 * SPDX-License-Identifier: MIT
 */
#define RP_OWNS_NUMPY_API
#include "extension.h"

/* __all__: whatever the lists gave. */
static int add_methods(PyObject *module, PyObject *all, PyMethodDef *methods) {
    for (PyMethodDef *method = methods; method->ml_name; method++) {
        PyObject *name = PyUnicode_FromString(method->ml_name);
        int failed = !name || PyList_Append(all, name) < 0;
        Py_XDECREF(name);
        if (failed) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, methods);
}

static int add_all(PyObject *module) {
    PyMethodDef *const lists[] = {rp_map_methods, rp_reduce_methods, rp_control_methods};
    PyObject *all = PyList_New(0);
    int failed = all ? 0 : -1;
    for (size_t i = 0; !failed && i < sizeof lists / sizeof *lists; i++) {
        failed = add_methods(module, all, lists[i]);
    }
    failed = failed ? failed : PyModule_AddObjectRef(module, "__all__", all);
    Py_XDECREF(all);
    return failed;
}

static int start(PyObject *module) {
    /* NumPy's own extension holds for one interpreter only, and so do the objects kept here. */
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "raptors cannot be used in a sub-interpreter");
        return -1;
    }
    if (PyArray_ImportNumPyAPI() < 0 || PyUFunc_ImportUFuncAPI() < 0) {
        return -1;
    }
    if (rp_convert_start() < 0 || rp_pool_start() < 0 || rp_map_start() < 0 || rp_reduce_start() < 0 ||
        rp_control_start() < 0) {
        return -1;
    }
    return add_all(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, __extension__(void *) start},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030d0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "raptors._core",
    .m_doc = "The functions of raptors, in C.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
