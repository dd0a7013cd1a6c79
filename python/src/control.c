/* control.c -- how the library runs, and what it says of itself.
 * SPDX-License-Identifier: MIT
 */
#include "extension.h"

#include <limits.h>
#include <string.h>

static PyObject *read_json; /* json.loads */

/* The bound that this thread set: the library only tells what comes of it. */
static _Thread_local int thread_bound;

static PyObject *raise(PyObject *type) {
    PyErr_SetString(type, raptors_last_error());
    return NULL;
}

static PyObject *raise_status(raptors_status status) {
    switch (status) {
    case RAPTORS_ERROR_IO:
        return raise(PyExc_OSError);
    case RAPTORS_ERROR_NOMEM:
        return PyErr_NoMemory();
    default:
        return raise(PyExc_ValueError);
    }
}

static PyObject *done(raptors_status status) {
    return status == RAPTORS_OK ? Py_NewRef(Py_None) : raise_status(status);
}

static PyObject *set_threads(PyObject *module, PyObject *count) {
    (void)module;
    int overflow = 0;
    long asked = count == Py_None ? 0 : PyLong_AsLongAndOverflow(count, &overflow);
    if (asked == -1 && PyErr_Occurred()) {
        return NULL;
    }
    int bound = overflow || asked < INT_MIN || asked > INT_MAX ? -1 : (int)asked;
    raptors_status status = raptors_set_threads(bound);
    if (status != RAPTORS_OK) {
        return raise_status(status);
    }
    int before = thread_bound;
    thread_bound = bound;
    return PyLong_FromLong(before);
}

static PyObject *get_threads(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    return PyLong_FromLong(raptors_get_threads());
}

static PyObject *backend(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    return PyUnicode_FromString(raptors_backend());
}

static PyObject *backends(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    PyObject *list = PyList_New(0);
    for (const char *const *name = raptors_backends(); list && *name; name++) {
        PyObject *text = PyUnicode_FromString(*name);
        if (!text || PyList_Append(list, text) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(text);
    }
    return list;
}

static PyObject *set_backend(PyObject *module, PyObject *name) {
    (void)module;
    const char *text = PyUnicode_AsUTF8(name);
    if (!text) {
        return NULL;
    }
    raptors_status status = raptors_set_backend(text);
    if (status == RAPTORS_OK) {
        rp_map_learn_flags();
    }
    return done(status);
}

/* What one of the library's JSON functions writes, read. It may grow between two calls. */
static PyObject *read_report(size_t (*report)(char *, size_t)) {
    size_t size = 4096, length;
    char *text = NULL;
    for (;;) {
        char *larger = PyMem_Realloc(text, size);
        if (!larger) {
            PyMem_Free(text);
            return PyErr_NoMemory();
        }
        text = larger;
        length = report(text, size);
        if (length < size) {
            break;
        }
        size = length + length / 4 + 1;
    }
    PyObject *dictionary = PyObject_CallFunction(read_json, "s#", text, (Py_ssize_t)length);
    PyMem_Free(text);
    return dictionary;
}

static PyObject *telemetry(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    return read_report(raptors_telemetry);
}

static PyObject *explain(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    if (rp_passed_on) {
        return Py_BuildValue("{s:s,s:s}", "operation", rp_passed_on, "by", "numpy");
    }
    PyObject *dictionary = read_report(raptors_explain);
    PyObject *by = dictionary && PyDict_Check(dictionary) ? PyUnicode_FromString("raptors") : NULL;
    if (by && PyDict_SetItemString(dictionary, "by", by) < 0) {
        Py_CLEAR(dictionary);
    }
    Py_XDECREF(by);
    return dictionary;
}

static PyObject *telemetry_mode(PyObject *module, PyObject *mode) {
    (void)module;
    static const char *const modes[] = {
        [RAPTORS_LEARN] = "learn", [RAPTORS_FREEZE] = "freeze", [RAPTORS_OFF] = "off"};
    const char *text = PyUnicode_AsUTF8(mode);
    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(text, modes[i]) == 0) {
            return done(raptors_telemetry_mode((raptors_mode)i));
        }
    }
    return PyErr_Format(PyExc_ValueError, "raptors.telemetry_mode: %R is not 'learn', 'freeze' or 'off'",
                        mode);
}

static PyObject *telemetry_reset(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    raptors_telemetry_reset();
    Py_RETURN_NONE;
}

static PyObject *with_path(PyObject *path, raptors_status (*use)(const char *)) {
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes)) {
        return NULL;
    }
    raptors_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = use(PyBytes_AS_STRING(bytes));
    Py_END_ALLOW_THREADS;
    Py_DECREF(bytes);
    return done(status);
}

static PyObject *profile_save(PyObject *module, PyObject *path) {
    (void)module;
    return with_path(path, raptors_profile_save);
}

static PyObject *profile_load(PyObject *module, PyObject *path) {
    (void)module;
    return with_path(path, raptors_profile_load);
}

static PyObject *version(PyObject *module, PyObject *none) {
    (void)module;
    (void)none;
    return PyUnicode_FromString(raptors_version());
}

int rp_control_start(void) {
    PyObject *json = PyImport_ImportModule("json");
    read_json = json ? PyObject_GetAttrString(json, "loads") : NULL;
    Py_XDECREF(json);
    return read_json ? 0 : -1;
}

PyMethodDef rp_control_methods[] = {
    {"set_threads", set_threads, METH_O,
     "set_threads(n, /)\n--\n\n"
     "Let this thread's calls use at most n threads; 0 or None: as many as pay. Returns the bound before.\n"
     "ValueError below 0 or above 1024."},
    {"get_threads", get_threads, METH_NOARGS,
     "get_threads()\n--\n\nHow many threads a call from this thread may use."},
    {"backend", backend, METH_NOARGS, "backend()\n--\n\nThe instruction set in use: 'avx512'."},
    {"backends", backends, METH_NOARGS, "backends()\n--\n\nWhat this machine can run, best first."},
    {"set_backend", set_backend, METH_O,
     "set_backend(name, /)\n--\n\n"
     "Use another instruction set, for the whole process: 'auto', or one of backends(); else ValueError.\n"
     "No result changes."},
    {"explain", explain, METH_NOARGS,
     "explain()\n--\n\n"
     "Why this thread's last call ran as it did, as a dict; 'by' is 'numpy' if it was passed on to NumPy."},
    {"telemetry", telemetry, METH_NOARGS, "telemetry()\n--\n\nAll that was learned, as a dict."},
    {"telemetry_mode", telemetry_mode, METH_O,
     "telemetry_mode(mode, /)\n--\n\n"
     "'learn', 'freeze' (decide by what was learned) or 'off' (decide by the fixed prior); else ValueError."},
    {"telemetry_reset", telemetry_reset, METH_NOARGS,
     "telemetry_reset()\n--\n\nForget all that was learned."},
    {"profile_save", profile_save, METH_O,
     "profile_save(path, /)\n--\n\nWrite what was learned to a file; OSError if it cannot be written."},
    {"profile_load", profile_load, METH_O,
     "profile_load(path, /)\n--\n\nLearn from a file; OSError if it cannot be read or believed."},
    {"pool", rp_pool_report, METH_NOARGS,
     "pool()\n--\n\nThe memory kept for large results to come: limit and held in bytes, and the number of "
     "blocks."},
    {"set_pool_limit", rp_pool_limit, METH_O,
     "set_pool_limit(bytes, /)\n--\n\nKeep at most so much memory for large results to come; 0: none."},
    {"version", version, METH_NOARGS, "version()\n--\n\nThe version of the library that is loaded."},
    {NULL, NULL, 0, NULL},
};
