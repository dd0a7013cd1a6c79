/* everywhere.c -- one public call on every backend that runs here.
 * SPDX-License-Identifier: MIT
 */
#include "check.h"
#include "everywhere.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "sum of float32 (3, 64), axes 1": what a failure tells. */
static const char *described(const ts_trial *t) {
    static char text[400];
    int used = snprintf(text, sizeof text, "%s of %s (", t->op->name, ts_types[t->a->dtype].name);
    for (int k = 0; k < t->a->ndim; k++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%" PRId64 ",", t->a->shape[k]);
    snprintf(text + used, sizeof text - (size_t)used, "), axes %#x, to %s: %s", (unsigned)t->extra.axes,
             ts_types[t->out->view.dtype].name, t->what);
    return text;
}

static void call_on(const ts_trial *t, const char *backend, const unsigned char *before, void *result) {
    memcpy(t->out->memory, before, (size_t)t->out->bytes);
    ts_check(raptors_set_backend(backend) == RAPTORS_OK, "%s: %s", backend, raptors_last_error());
    raptors_status s = ts_call(t->op, t->a, t->b, t->extra, &t->out->view);
    ts_check(s == RAPTORS_OK, "%s on %s: %s", described(t), backend, raptors_last_error());
    ts_check(ts_canaries_alive(t->out), "%s on %s: wrote outside of its output", described(t), backend);
    ts_gather(&t->out->view, result);
}

static void *allocate(size_t bytes) {
    void *p = malloc(bytes + 1);
    if (!p)
        abort();
    return p;
}

void ts_same_everywhere(const ts_trial *t) {
    int n;
    const ts_backend *backends = ts_backends(&n);
    size_t size = (size_t)(ts_count(&t->out->view) * ts_types[t->out->view.dtype].size);
    unsigned char *before = allocate((size_t)t->out->bytes), *wanted = allocate(size), *got = allocate(size);
    memcpy(before, t->out->memory, (size_t)t->out->bytes);
    call_on(t, backends[0].name, before, wanted);
    for (int i = 1; i < n; i++) {
        call_on(t, backends[i].name, before, got);
        ts_check(!memcmp(wanted, got, size), "%s on %s differs from %s", described(t), backends[i].name,
                 backends[0].name);
    }
    free(before);
    free(wanted);
    free(got);
    raptors_set_backend("auto");
}

static int is_empty(const raptors_array *x, raptors_axes axes) {
    for (int k = 0; k < x->ndim; k++)
        if ((axes & RAPTORS_AXIS(k)) && x->shape[k] == 0)
            return 1;
    return 0;
}

void ts_reduce_everywhere(const raptors_array *x, raptors_axes axes, const char *what) {
    int64_t shape[RAPTORS_MAX_NDIM];
    int ndim = ts_reduced_shape(x, axes, 0, shape);
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        raptors_dtype dtypes[2];
        int has_no_empty = op->result == TS_SAME || op->result == TS_INDEX;
        if (!ts_is_reduction(op) || (has_no_empty && is_empty(x, axes)))
            continue;
        for (int k = ts_result_dtypes(op, x->dtype, dtypes); k-- > 0;) {
            ts_array out = ts_new(dtypes[k], ndim, shape, TS_C, 0);
            ts_trial trial = {op, x, NULL, {axes, 1}, &out, what};
            ts_blank(&out.view);
            ts_same_everywhere(&trial);
            ts_free(&out);
        }
    }
}
