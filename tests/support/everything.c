/* everything.c -- see everything.h.
 * SPDX-License-Identifier: MIT
 */
#include "everything.h"

#include <stdlib.h>
#include <string.h>

#include "team.h"

const ts_inputs ts_usual_inputs = {.rows = 513, .cols = 1031, .flavour = TS_PLAIN};

void ts_have_a_team(void) {
    raptors_telemetry_mode(RAPTORS_OFF);
    rp_team_pretend(TS_TEAM);
    raptors_set_threads(TS_TEAM);
}

/* ---- the caller's memory --------------------------------------------------------------------------------- */

ts_tables ts_tables_new(const ts_inputs *in) {
    const size_t bytes = (size_t)(in->rows * in->cols) * 8;
    ts_tables m = {malloc(bytes), malloc(bytes), malloc(bytes)};
    if (m.a == NULL || m.b == NULL || m.out == NULL) {
        abort();
    }
    return m;
}

void ts_tables_free(ts_tables *m) {
    free(m->a);
    free(m->b);
    free(m->out);
}

static void fill(char *x, const ts_inputs *in, raptors_dtype t, ts_prng *g) {
    const int64_t size = ts_types[t].size, count = in->rows * in->cols;
    for (int64_t i = 0; i < count; i++) {
        ts_write(x + i * size, t, in->flavour, g);
        if (in->positive && ts_types[t].is_float) {
            x[(i + 1) * size - 1] &= 0x7f; /* the sign, little-endian */
        }
    }
}

void ts_tables_fill(ts_tables *m, const ts_inputs *in, raptors_dtype t) {
    ts_prng g = {7};
    fill(m->a, in, t, &g);
    fill(m->b, in, t, &g);
}

/* ---- the calls ------------------------------------------------------------------------------------------- */

static uint64_t add_to_hash(uint64_t hash, char *x, raptors_dtype t, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        ts_canonical(x + i * ts_types[t].size, t);
        memcpy(&bits, x + i * ts_types[t].size, (size_t)ts_types[t].size);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static uint64_t reduce_all(uint64_t hash, const ts_op *op, const raptors_array *x, ts_tables *m) {
    static const raptors_axes sets[] = {RAPTORS_ALL_AXES, RAPTORS_AXIS(0), RAPTORS_AXIS(1)};
    for (int i = 0; i < 3; i++) {
        raptors_dtype result[2];
        ts_result_dtypes(op, x->dtype, result);
        const int64_t n = i == 0 ? 1 : x->shape[2 - i];
        raptors_array out = raptors_vector(result[0], m->out, n);
        out.ndim = i > 0;
        const raptors_status s = ts_call(op, x, NULL, (ts_extra){sets[i], 0}, &out);
        hash = s == RAPTORS_OK ? add_to_hash(hash, m->out, result[0], n) : hash + (uint64_t)s;
    }
    return hash;
}

uint64_t ts_everything_of(raptors_dtype t, const ts_inputs *in, ts_tables *m,
                          bool (*check)(const ts_op *op)) {
    uint64_t hash = t;
    const raptors_array a = raptors_matrix(t, m->a, in->rows, in->cols),
                        b = raptors_matrix(t, m->b, in->rows, in->cols),
                        out = raptors_matrix(t, m->out, in->rows, in->cols);
    ts_tables_fill(m, in, t);
    for (int i = 0; i < ts_op_count; i++) {
        const ts_op *op = &ts_ops[i];
        if (!ts_takes(op, t)) {
            continue;
        }
        if (ts_is_reduction(op)) {
            hash = reduce_all(hash, op, &a, m);
        } else {
            const raptors_status s = ts_call(op, &a, &b, (ts_extra){.number = 3}, &out);
            hash = s == RAPTORS_OK ? add_to_hash(hash, m->out, t, in->rows * in->cols) : hash + (uint64_t)s;
        }
        if (check != NULL && !check(op)) {
            return 0;
        }
    }
    return hash;
}

uint64_t ts_everything(const ts_inputs *in) {
    uint64_t hash = 0;
    ts_tables m = ts_tables_new(in);
    for (int t = 0; t < RP_TYPE_COUNT; t++) {
        hash = hash * 31 + ts_everything_of((raptors_dtype)t, in, &m, NULL);
    }
    ts_tables_free(&m);
    return hash;
}

uint64_t ts_everything_alone(const ts_inputs *in) {
    raptors_set_threads(1);
    const uint64_t hash = ts_everything(in);
    raptors_set_threads(TS_TEAM);
    return hash;
}
