/* test_errors.c -- wrong arguments of every kind, to every operation: the named error, a message with the argument and
 * its value, nothing written, errno as it was.
 * SPDX-License-Identifier: MIT
 */
#include "check.h"

#include "arrays.h"
#include "catalog.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SENTINEL = 4711, ROWS = 3, COLS = 4 };

/* A call that would succeed, until a fault spoils it. */
typedef struct call {
    const ts_op *op;
    raptors_dtype t;
    ts_array memory[3];    /* of a (or x), b, out */
    raptors_array view[3]; /* what is passed */
    const raptors_array *arg[3];
    ts_extra extra;
} call;

enum { A, B, OUT };

typedef struct verdict {
    raptors_status status; /* OK: the fault does not concern this call */
    const char *says;      /* what the message must hold beside the argument's name */
} verdict;

typedef verdict fault_fn(call *c, int arg);

static const verdict no_concern = {RAPTORS_OK, ""};

static const char *name_of(const call *c, int arg) {
    if (arg == OUT)
        return "out";
    return c->op->kind == TS_MAP2 ? (arg == A ? "a" : "b") : "x";
}

static int has(const call *c, int arg) {
    return arg != B || c->op->kind == TS_MAP2;
}

static call make_call(const ts_op *op, raptors_dtype t) {
    call c = {.op = op, .t = t, .extra = {1, 1}};
    int64_t shape[2] = {ROWS, COLS}, dropped[1] = {COLS};
    raptors_dtype results[2] = {t, t};
    ts_prng g = {5};
    if (ts_is_reduction(op))
        ts_result_dtypes(op, t, results);
    for (int k = 0; k < 3; k++) {
        int small = k == OUT && ts_is_reduction(op);
        c.memory[k] = ts_new(k == OUT ? results[0] : t, small ? 1 : 2, small ? dropped : shape, TS_C, 0);
        ts_fill(&c.memory[k].view, TS_TIES, &g);
        c.view[k] = c.memory[k].view;
    }
    return c;
}

static void free_call(call *c) {
    for (int k = 0; k < 3; k++)
        ts_free(&c->memory[k]);
}

/* The arguments point at the views unless a fault has put something else there. */
static void point(call *c) {
    for (int k = 0; k < 3; k++)
        c->arg[k] = &c->view[k];
}

/* ---- the faults -------------------------------------------------------------------------------------- */

static verdict null_view(call *c, int arg) {
    c->arg[arg] = NULL;
    return (verdict){RAPTORS_ERROR_NULL, "NULL"};
}

static verdict null_data(call *c, int arg) {
    c->view[arg].data = NULL;
    return (verdict){RAPTORS_ERROR_NULL, "NULL"};
}

static verdict unknown_dtype(call *c, int arg) {
    c->view[arg].dtype = (raptors_dtype)9;
    return (verdict){RAPTORS_ERROR_DTYPE, "9"};
}

static verdict rank_too_great(call *c, int arg) {
    c->view[arg].ndim = RAPTORS_MAX_NDIM + 1;
    return (verdict){RAPTORS_ERROR_SHAPE, "17"};
}

static verdict rank_below_zero(call *c, int arg) {
    c->view[arg].ndim = -1;
    return (verdict){RAPTORS_ERROR_SHAPE, "-1"};
}

static verdict negative_extent(call *c, int arg) {
    c->view[arg].shape[0] = -7;
    return (verdict){RAPTORS_ERROR_SHAPE, "-7"};
}

static verdict too_many_bytes(call *c, int arg) {
    c->view[arg].shape[0] = INT64_MAX / 2;
    return (verdict){RAPTORS_ERROR_SHAPE, "64 bits"};
}

static verdict other_dtype(call *c, int arg) {
    c->view[arg].dtype = c->view[arg].dtype == RAPTORS_INT32 ? RAPTORS_FLOAT32 : RAPTORS_INT32;
    if (ts_is_reduction(c->op) && arg != OUT)
        return no_concern; /* x's dtype is its own affair */
    return (verdict){RAPTORS_ERROR_DTYPE, ts_types[c->view[arg].dtype].name};
}

static verdict shape_that_does_not_fit(call *c, int arg) {
    c->view[arg].shape[0] = 2;
    if (ts_is_reduction(c->op) && arg != OUT)
        return no_concern;
    return (verdict){RAPTORS_ERROR_SHAPE, "(2"};
}

static verdict output_of_fewer_axes(call *c, int arg) {
    c->view[arg].ndim--;
    return arg == OUT ? (verdict){RAPTORS_ERROR_SHAPE, "out has shape"} : no_concern;
}

static verdict axis_beyond(call *c, int arg) {
    c->extra.axes |= RAPTORS_AXIS(5);
    return arg == A && ts_is_reduction(c->op) ? (verdict){RAPTORS_ERROR_AXIS, "axis 5"} : no_concern;
}

/* The output one item past the start of an input. */
static verdict partial_overlap(call *c, int arg) {
    if (arg == OUT)
        return no_concern;
    c->view[OUT].data = (char *)c->view[arg].data + ts_types[c->t].size;
    return (verdict){RAPTORS_ERROR_OVERLAP, "out"};
}

static verdict output_on_itself(call *c, int arg) {
    c->view[OUT].strides[0] = 0;
    return arg == OUT ? (verdict){RAPTORS_ERROR_OVERLAP, "out"} : no_concern;
}

/* A reduction cannot work in place. */
static verdict output_is_the_input(call *c, int arg) {
    c->view[OUT].data = c->view[A].data;
    return arg == A && ts_is_reduction(c->op) ? (verdict){RAPTORS_ERROR_OVERLAP, "out"} : no_concern;
}

static verdict nothing_to_choose_from(call *c, int arg) {
    c->view[A].shape[0] = 0;
    if (arg != A || !ts_is_reduction(c->op) || c->op->result == TS_WIDE || c->op->result == TS_REAL)
        return no_concern;
    return (verdict){RAPTORS_ERROR_VALUE, "no elements"};
}

static verdict number(call *c, int arg, ts_kind kind, int integers_only, double value, const char *says) {
    c->extra.number = value;
    if (arg != A || c->op->kind != kind || (integers_only && ts_types[c->t].is_float))
        return no_concern;
    return (verdict){RAPTORS_ERROR_VALUE, says};
}

static verdict fractional_factor(call *c, int arg) {
    return number(c, arg, TS_SCALE, 1, 2.5, "factor: 2.5");
}

static verdict factor_out_of_range(call *c, int arg) {
    return number(c, arg, TS_SCALE, 1, -0x1p64, "factor: -1.8446744073709552e+19");
}

static verdict factor_of_nan(call *c, int arg) {
    return number(c, arg, TS_SCALE, 1, NAN, "factor: nan");
}

static verdict ddof_of_nan(call *c, int arg) {
    return number(c, arg, TS_SPREAD, 0, NAN, "ddof: nan");
}

static const struct {
    const char *name;
    fault_fn *spoil;
} faults[] = {
#define FAULT(name)                                                                                          \
    { #name, name }
    FAULT(null_view),
    FAULT(null_data),
    FAULT(unknown_dtype),
    FAULT(rank_too_great),
    FAULT(rank_below_zero),
    FAULT(negative_extent),
    FAULT(too_many_bytes),
    FAULT(other_dtype),
    FAULT(shape_that_does_not_fit),
    FAULT(output_of_fewer_axes),
    FAULT(axis_beyond),
    FAULT(partial_overlap),
    FAULT(output_on_itself),
    FAULT(output_is_the_input),
    FAULT(nothing_to_choose_from),
    FAULT(fractional_factor),
    FAULT(factor_out_of_range),
    FAULT(factor_of_nan),
    FAULT(ddof_of_nan),
#undef FAULT
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* ---- what must hold ---------------------------------------------------------------------------------- */

static void message_must_say(const call *c, int arg, const char *says, const char *fault) {
    char start[64];
    const char *message = raptors_last_error();
    snprintf(start, sizeof start, "raptors_%s: ", c->op->name);
    ts_check(!strncmp(message, start, strlen(start)), "%s: \"%s\" does not name %s", fault, message,
             c->op->name);
    const char *rest = message + strlen(start);
    ts_check(strstr(rest, says) != NULL, "%s: \"%s\" does not say %s", fault, message, says);
    ts_check(strstr(rest, name_of(c, arg)) || strstr(rest, "factor") || strstr(rest, "ddof") ||
                 strstr(rest, "shapes"),
             "%s: \"%s\" does not name %s", fault, message, name_of(c, arg));
}

static int try_fault(const ts_op *op, raptors_dtype t, int arg, int fault) {
    call c = make_call(op, t);
    unsigned char before[3][1024];
    point(&c);
    verdict v = has(&c, arg) ? faults[fault].spoil(&c, arg) : no_concern;
    if (v.status != RAPTORS_OK) {
        for (int k = 0; k < 3; k++) {
            assert_true((size_t)c.memory[k].bytes <= sizeof before[k]);
            memcpy(before[k], c.memory[k].memory, (size_t)c.memory[k].bytes);
        }
        errno = SENTINEL;
        raptors_status s = ts_call(op, c.arg[A], c.arg[B], c.extra, c.arg[OUT]);
        ts_check(errno == SENTINEL, "%s: %s changed errno", faults[fault].name, op->name);
        ts_check(s == v.status, "%s in %s of %s(%s): %s, wanted %s", faults[fault].name, name_of(&c, arg),
                 op->name, ts_types[t].name, raptors_status_name(s), raptors_status_name(v.status));
        message_must_say(&c, arg, v.says, faults[fault].name);
        for (int k = 0; k < 3; k++)
            ts_check(!memcmp(before[k], c.memory[k].memory, (size_t)c.memory[k].bytes),
                     "%s: %s wrote something", faults[fault].name, op->name);
    }
    free_call(&c);
    return v.status != RAPTORS_OK;
}

static void every_fault_of_every_operation(void **state) {
    (void)state;
    int tried = 0;
    for (int i = 0; i < ts_op_count * RP_TYPE_COUNT * 3 * FAULTS; i++) {
        const ts_op *op = &ts_ops[i / FAULTS / 3 / RP_TYPE_COUNT];
        raptors_dtype t = (raptors_dtype)(i / FAULTS / 3 % RP_TYPE_COUNT);
        if (ts_takes(op, t))
            tried += try_fault(op, t, i / FAULTS % 3, i % FAULTS);
    }
    print_message("%d wrong calls\n", tried);
    assert_true(tried > 1000);
}

static void the_call_without_a_fault_succeeds(void **state) {
    (void)state;
    for (int i = 0; i < ts_op_count * RP_TYPE_COUNT; i++) {
        call c = make_call(&ts_ops[i / RP_TYPE_COUNT], (raptors_dtype)(i % RP_TYPE_COUNT));
        point(&c);
        errno = SENTINEL;
        raptors_status s = ts_call(c.op, c.arg[A], c.arg[B], c.extra, c.arg[OUT]);
        assert_int_equal(errno, SENTINEL);
        if (ts_takes(c.op, c.t))
            assert_int_equal(s, RAPTORS_OK);
        else
            assert_int_equal(s, RAPTORS_ERROR_DTYPE);
        free_call(&c);
    }
}

/* ---- calls that have no array ------------------------------------------------------------------------ */

#define REFUSED(expression, wanted, says)                                                                    \
    do {                                                                                                     \
        errno = SENTINEL;                                                                                    \
        assert_int_equal(expression, wanted);                                                                \
        assert_int_equal(errno, SENTINEL);                                                                   \
        ts_check(strstr(raptors_last_error(), says) != NULL, "\"%s\" does not say %s", raptors_last_error(), \
                 says);                                                                                      \
    } while (0)

static void settings_out_of_range(void **state) {
    (void)state;
    int threads = raptors_get_threads();
    const char *backend = raptors_backend();
    REFUSED(raptors_set_threads(-1), RAPTORS_ERROR_VALUE, "-1");
    REFUSED(raptors_set_threads(1025), RAPTORS_ERROR_VALUE, "1025");
    REFUSED(raptors_set_backend(NULL), RAPTORS_ERROR_NULL, "NULL");
    REFUSED(raptors_set_backend("mmx"), RAPTORS_ERROR_VALUE, "mmx");
    REFUSED(raptors_set_backend(""), RAPTORS_ERROR_VALUE, "raptors_set_backend");
    REFUSED(raptors_telemetry_mode((raptors_mode)9), RAPTORS_ERROR_VALUE, "9");
    assert_int_equal(raptors_get_threads(), threads);
    assert_string_equal(raptors_backend(), backend);
}

static void a_backend_of_another_architecture(void **state) {
    (void)state;
#ifdef __x86_64__
    REFUSED(raptors_set_backend("neon"), RAPTORS_ERROR_UNSUPPORTED, "neon");
#else
    REFUSED(raptors_set_backend("avx2"), RAPTORS_ERROR_UNSUPPORTED, "avx2");
#endif
}

static void profiles_that_cannot_be(void **state) {
    (void)state;
    REFUSED(raptors_profile_save(NULL), RAPTORS_ERROR_NULL, "raptors_profile_save");
    REFUSED(raptors_profile_load(NULL), RAPTORS_ERROR_NULL, "raptors_profile_load");
    REFUSED(raptors_profile_save("/no/such/folder/profile"), RAPTORS_ERROR_IO, "/no/such/folder/profile");
    REFUSED(raptors_profile_load("/no/such/folder/profile"), RAPTORS_ERROR_IO, "/no/such/folder/profile");
    REFUSED(raptors_profile_load("/dev/null"), RAPTORS_ERROR_IO, "/dev/null");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_call_without_a_fault_succeeds),
        cmocka_unit_test(every_fault_of_every_operation),
        cmocka_unit_test(settings_out_of_range),
        cmocka_unit_test(a_backend_of_another_architecture),
        cmocka_unit_test(profiles_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
