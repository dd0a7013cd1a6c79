/* test_semantics.c -- every fact that NumPy was asked for (golden/semantics.txt) holds, bit for bit.
 * SPDX-License-Identifier: MIT
 *
 * Three facts are Raptors' own: a float sum or mean of nothing but -0.0 is -0.0 (NumPy starts from +0.0); the sign
 * that min and max give to a zero chosen among both zeros (NumPy's depends on the length); and NaN is one value.
 */
#include "check.h"

#include "arrays.h"
#include "catalog.h"
#include "golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARRAYS = 200 };

typedef struct named_array {
    char name[32];
    raptors_array view;
} named_array;

typedef struct fact {
    const ts_golden *line;
    const ts_op *op;
    const char *input; /* the first operand's name */
    const raptors_array *a, *b;
    ts_extra extra;
    raptors_dtype dtype;
    const char *wanted; /* "SHAPE:VALUES"; NULL for an error */
} fact;

static named_array arrays[MOST_ARRAYS];
static int array_count;
static int differences;

static const raptors_array *find_array(const char *name) {
    for (int i = 0; i < array_count; i++)
        if (!strcmp(arrays[i].name, name))
            return &arrays[i].view;
    return NULL;
}

static void keep_array(const ts_golden *g) {
    ts_check(array_count < MOST_ARRAYS && g->words == 4, "line %d: not an array", g->line);
    named_array *x = &arrays[array_count++];
    snprintf(x->name, sizeof x->name, "%s", g->word[1]);
    x->view = ts_golden_array(ts_golden_dtype(g->word[2]), g->word[3]);
}

static void forget_arrays(void) {
    while (array_count > 0)
        free(arrays[--array_count].view.data);
}

static fact read_fact(const ts_golden *g) {
    fact f = {.line = g, .op = ts_find_op(g->word[0]), .input = g->word[1], .a = find_array(g->word[1])};
    const char *axes = ts_golden_value(g, "axes="), *number = ts_golden_value(g, "number=");
    int is_error = !strcmp(g->word[g->words - 1], "error");
    ts_check(f.op && f.a && g->words >= 4, "line %d: not a fact", g->line);
    f.b = f.op->kind == TS_MAP2 ? find_array(g->word[2]) : NULL;
    f.extra.axes = axes ? (raptors_axes)atoi(axes) : 0;
    f.extra.number = number ? ts_golden_number(number) : 0;
    f.wanted = is_error ? NULL : g->word[g->words - 1];
    f.dtype = is_error ? f.a->dtype : ts_golden_dtype(g->word[g->words - 2]);
    return f;
}

static int starts_with(const char *text, const char *start) {
    return !strncmp(text, start, strlen(start));
}

/* Where Raptors' answer is its own, change what NumPy gave; `got` is consulted only for the free sign. */
static void apply_exceptions(const fact *f, raptors_array *wanted, const raptors_array *got) {
    int sums = !strcmp(f->op->name, "sum") || !strcmp(f->op->name, "mean");
    int extremes = !strcmp(f->op->name, "min") || !strcmp(f->op->name, "max");
    for (int64_t i = 0; i < ts_count(wanted); i++) {
        char *p = ts_at(wanted, i), *q = ts_at(got, i);
        int64_t last = ts_types[wanted->dtype].size - 1; /* the byte that holds the sign */
        if (sums && starts_with(f->input, "negzeros_"))
            p[last] = (char)0x80;
        if (extremes && starts_with(f->input, "zeros_"))
            p[last] = (char)((p[last] & 0x7f) | (q[last] & 0x80));
    }
}

/* Give `out` its other legal form: the reduced axes kept as 1. */
static raptors_array kept_form(const fact *f, raptors_array out) {
    int64_t stride = ts_types[out.dtype].size;
    out.ndim = ts_reduced_shape(f->a, f->extra.axes, 1, out.shape);
    for (int k = out.ndim - 1; k >= 0; stride *= out.shape[k--])
        out.strides[k] = stride;
    return out;
}

static void must_equal(const fact *f, int keep, const char *backend) {
    raptors_array wanted = ts_golden_array(f->dtype, f->wanted);
    raptors_array got = keep ? kept_form(f, wanted) : wanted;
    size_t bytes = (size_t)(ts_count(&wanted) * ts_types[f->dtype].size);
    unsigned char result[4096], expected[4096];
    assert_true(bytes <= sizeof result);
    memset(result, 0x5c, sizeof result);
    got.data = result;
    raptors_status s = ts_call(f->op, f->a, f->b, f->extra, &got);
    ts_check(s == RAPTORS_OK, "line %d, %s: %s", f->line->line, backend, raptors_last_error());
    apply_exceptions(f, &wanted, &got);
    ts_gather(&wanted, expected);
    ts_gather(&got, result);
    if (memcmp(expected, result, bytes) != 0) {
        print_error("line %d of semantics.txt, on %s: %s %s differs from NumPy\n", f->line->line, backend,
                    f->op->name, f->input);
        differences++;
    }
    free(wanted.data);
}

/* NumPy raises ValueError: shapes that do not broadcast, or a least element of nothing. */
static void must_fail(const fact *f, const char *backend) {
    raptors_dtype dtypes[2];
    unsigned char result[4096];
    raptors_array out = *f->a;
    ts_result_dtypes(f->op, f->a->dtype, dtypes);
    if (ts_is_reduction(f->op))
        out.ndim = ts_reduced_shape(f->a, f->extra.axes, 0, out.shape);
    out.dtype = dtypes[0];
    out.data = result;
    for (int k = out.ndim - 1, stride = 8; k >= 0; stride *= (int)out.shape[k--])
        out.strides[k] = stride;
    raptors_status s = ts_call(f->op, f->a, f->b, f->extra, &out);
    ts_check(s == (ts_is_reduction(f->op) ? RAPTORS_ERROR_VALUE : RAPTORS_ERROR_SHAPE),
             "line %d, %s: %s %s gave %s", f->line->line, backend, f->op->name, f->input,
             raptors_status_name(s));
}

/* NumPy's own choice of a dtype is the first that the lists allow. */
static void must_have_dtype(const fact *f) {
    raptors_dtype dtypes[2];
    int n = ts_result_dtypes(f->op, f->a->dtype, dtypes);
    int asked = strcmp(f->line->word[f->line->words - 4], "float64") == 0;
    ts_check(f->dtype == dtypes[asked ? n - 1 : 0], "line %d: %s gives %s in NumPy", f->line->line,
             f->op->name, ts_types[f->dtype].name);
}

static int check_table(const char *backend) {
    ts_golden g = ts_golden_open("semantics.txt");
    int facts = 0;
    assert_int_equal(raptors_set_backend(backend), RAPTORS_OK);
    while (ts_golden_next(&g)) {
        if (!strcmp(g.word[0], "array")) {
            keep_array(&g);
            continue;
        }
        fact f = read_fact(&g);
        facts++;
        if (!f.wanted) {
            must_fail(&f, backend);
            continue;
        }
        must_have_dtype(&f);
        must_equal(&f, 0, backend);
        if (ts_is_reduction(f.op))
            must_equal(&f, 1, backend);
    }
    forget_arrays();
    return facts;
}

static void numpy_facts(void **state) {
    (void)state;
    int n;
    const ts_backend *backends = ts_backends(&n);
    ts_print_skipped();
    for (int i = 0; i < n; i++) {
        int facts = check_table(backends[i].name);
        ts_check(facts > 1000, "only %d facts were read", facts);
        print_message("%s: %d facts\n", backends[i].name, facts);
    }
    raptors_set_backend("auto");
    assert_int_equal(differences, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numpy_facts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
