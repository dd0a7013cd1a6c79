/* test_array.c -- what a view must be to be believed, how shapes fit, and what a refusal says.
 * SPDX-License-Identifier: MIT
 */
#include "array.h"

#include "support/check.h"
#include "support/believable.h"
#include "support/prng.h"

#include <errno.h>
#include <string.h>

static double memory[64];

/* A refusal of this kind, in these words, that leaves errno as it was. */
#define refused(call, status, message)                                                                       \
    do {                                                                                                     \
        errno = 4711;                                                                                        \
        assert_string_equal(raptors_status_name(call), #status);                                             \
        assert_string_equal(raptors_last_error(), message);                                                  \
        assert_int_equal(errno, 4711);                                                                       \
    } while (0)

#define accepted(call) assert_string_equal(raptors_status_name(call), "RAPTORS_OK")

/* The first extents, the rest of the array unset; strides C-contiguous. */
static raptors_array view(raptors_dtype dtype, int ndim, int64_t n0, int64_t n1, int64_t n2) {
    raptors_array x = {.data = memory, .dtype = dtype, .ndim = ndim, .shape = {n0, n1, n2}};
    int64_t stride = rp_itemsize(dtype);
    for (int k = ndim - 1; k >= 0; k--) {
        x.strides[k] = stride;
        __builtin_mul_overflow(stride, x.shape[k], &stride);
    }
    return x;
}

/* ---- one view ---------------------------------------------------------------------------------------- */

static void types_have_a_size_and_a_name(void **state) {
    (void)state;
#define RP_TYPE(suffix, ENUM, ctype, name)                                                                   \
    assert_int_equal(rp_itemsize(RAPTORS_##ENUM), sizeof(ctype));                                            \
    assert_string_equal(rp_dtype_name(RAPTORS_##ENUM), name);
#include "types.def"
    static const int unknown[] = {-1, 4, INT32_MAX, INT32_MIN};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(rp_itemsize((raptors_dtype)unknown[k]), 0);
        assert_string_equal(rp_dtype_name((raptors_dtype)unknown[k]), "unknown");
    }
}

static void what_is_missing_is_named(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_INT32, 2, 2, 3, 0);
    refused(rp_check_view("raptors_add", "a", NULL), RAPTORS_ERROR_NULL, "raptors_add: a is NULL");
    x.data = NULL;
    refused(rp_check_view("raptors_add", "b", &x), RAPTORS_ERROR_NULL,
            "raptors_add: b: data is NULL, and it has 6 elements");
    x.shape[1] = 0;
    accepted(rp_check_view("raptors_add", "b", &x));
    x = (raptors_array){.dtype = RAPTORS_FLOAT32};
    refused(rp_check_view("raptors_add", "b", &x), RAPTORS_ERROR_NULL,
            "raptors_add: b: data is NULL, and it has 1 elements");
}

static void a_dtype_must_be_known(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_INT64, 1, 2, 0, 0);
    x.dtype = (raptors_dtype)4;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_DTYPE, "f: x: dtype 4 is not one that is known");
    x.dtype = (raptors_dtype)-1;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_DTYPE, "f: x: dtype -1 is not one that is known");
}

static void rank_and_extents_must_be_in_range(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_INT64, 1, 2, 0, 0);
    x.ndim = 17;
    refused(rp_check_view("raptors_add", "a", &x), RAPTORS_ERROR_SHAPE,
            "raptors_add: a: ndim 17 is not in 0..16");
    x.ndim = INT32_MIN;
    refused(rp_check_view("f", "a", &x), RAPTORS_ERROR_SHAPE, "f: a: ndim -2147483648 is not in 0..16");
    x = view(RAPTORS_INT64, 2, 2, INT64_MIN, 0);
    x.strides[0] = 8;
    refused(rp_check_view("f", "a", &x), RAPTORS_ERROR_SHAPE,
            "f: a: shape[1] is -9223372036854775808, below 0");
    x.shape[0] = 0, x.shape[1] = -1; /* refused even where there is no element */
    refused(rp_check_view("f", "a", &x), RAPTORS_ERROR_SHAPE, "f: a: shape[1] is -1, below 0");
}

static void every_rank_is_taken(void **state) {
    (void)state;
    for (int ndim = 0; ndim <= RAPTORS_MAX_NDIM; ndim++) {
        raptors_array x = {.data = memory, .dtype = RAPTORS_FLOAT32, .ndim = ndim};
        for (int k = 0; k < ndim; k++)
            x.shape[k] = 1 + k % 2, x.strides[k] = 4;
        accepted(rp_check_view("f", "x", &x));
        assert_int_equal(rp_count(&x), 1 << (ndim / 2));
    }
}

#define TOO_LARGE "f: x: its elements or bytes do not fit in 64 bits"

/* Sizes at both sides of the limit. */
static void sizes_must_fit(void **state) {
    (void)state;
    const int64_t most = INT64_MAX / 4;
    raptors_array x = view(RAPTORS_FLOAT32, 1, most, 0, 0);
    x.strides[0] = 0;
    accepted(rp_check_view("f", "x", &x));
    x.shape[0] = most + 1;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
    x = (raptors_array){
        .data = memory, .dtype = RAPTORS_INT64, .ndim = 3, .shape = {INT64_C(1) << 30, 1 << 20, 1 << 10}};
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE); /* 2^60 elements of 8 bytes */
    x.shape[2] = 1 << 9;
    accepted(rp_check_view("f", "x", &x));
    x.shape[2] = INT64_C(1) << 40; /* 2^90 elements */
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
    x.shape[1] = 0; /* as in NumPy, other extents must fit all the same */
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
}

static void reaches_must_fit(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 1, 2, 0, 0);
    x.data = (void *)4;
    x.strides[0] = INT64_MAX - 4;
    accepted(rp_check_view("f", "x", &x));
    x.strides[0] = INT64_MAX - 3;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
    x.strides[0] = INT64_MIN;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE,
            TOO_LARGE); /* with the element at 0: 2^63 + 4 */
    x.shape[0] = 3, x.strides[0] = INT64_MAX / 2 + 1;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
    x = view(RAPTORS_FLOAT32, 2, 2, 2, 0);
    x.data = (void *)(UINTPTR_MAX / 2);
    x.strides[0] = INT64_MAX / 2, x.strides[1] = -INT64_MAX / 2 + 3;
    accepted(rp_check_view("f", "x", &x));
    x.strides[1] = -INT64_MAX / 2 - 5;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE, TOO_LARGE);
}

static void strides_of_short_axes_mean_nothing(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT64, 3, 1, 4, 1);
    x.strides[0] = INT64_MIN, x.strides[2] = INT64_MAX;
    accepted(rp_check_view("f", "x", &x));
    accepted(rp_check_out("f", &x));
    accepted(rp_check_map1("f", &x, &x));
    rp_range range = rp_range_of(&x);
    assert_int_equal(range.low, 0);
    assert_int_equal(range.high, 32);
    x.shape[1] = 0, x.strides[1] = INT64_MIN;
    accepted(rp_check_view("f", "x", &x));
}

static void bytes_must_be_in_the_address_space(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 1, 3, 0, 0);
    x.strides[0] = -4;
    x.data = (void *)8;
    accepted(rp_check_view("f", "x", &x));
    x.data = (void *)7;
    refused(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE,
            "f: x: bytes -8 to 4 from 0x7 leave the address space");
    x.strides[0] = 4;
    x.data = (void *)(UINTPTR_MAX - 12);
    accepted(rp_check_view("f", "x", &x));
    accepted(rp_check_map1("f", &x, &x));
    x.data = (void *)(UINTPTR_MAX - 11);
    assert_int_equal(rp_check_view("f", "x", &x), RAPTORS_ERROR_SHAPE);
    assert_int_equal(rp_check_map1("f", &x, &x), RAPTORS_ERROR_SHAPE);
    raptors_array fine = view(RAPTORS_FLOAT32, 1, 3, 0, 0);
    assert_int_equal(rp_check_map2("f", &fine, &x, &fine), RAPTORS_ERROR_SHAPE);
    assert_int_equal(rp_check_map1("f", &fine, &x), RAPTORS_ERROR_SHAPE);
}

static void ranges_go_both_ways(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_INT32, 3, 3, 4, 2);
    x.strides[0] = -100, x.strides[1] = 7, x.strides[2] = -1;
    rp_range range = rp_range_of(&x);
    assert_int_equal(range.low, -201);
    assert_int_equal(range.high, 25);
    x.shape[1] = 0;
    range = rp_range_of(&x);
    assert_int_equal(range.low, 0);
    assert_int_equal(range.high, 0);
    assert_int_equal(rp_count(&x), 0);
}

/* ---- shapes together --------------------------------------------------------------------------------- */

static void broadcasting_is_numpys(void **state) {
    (void)state;
    raptors_array scalar = view(RAPTORS_FLOAT32, 0, 0, 0, 0), row = view(RAPTORS_FLOAT32, 1, 4, 0, 0);
    raptors_array column = view(RAPTORS_FLOAT32, 2, 3, 1, 0), table = view(RAPTORS_FLOAT32, 2, 3, 4, 0);
    raptors_array five = view(RAPTORS_FLOAT32, 1, 5, 0, 0), empty = view(RAPTORS_FLOAT32, 2, 0, 4, 0);
    accepted(rp_check_broadcast2("f", &row, &column, &table));
    accepted(rp_check_broadcast2("f", &scalar, &column, &table));
    accepted(rp_check_broadcast2("f", &row, &row, &empty));
    accepted(rp_check_broadcast("f", "x", &scalar, &empty));
    refused(rp_check_broadcast2("raptors_add", &table, &five, &table), RAPTORS_ERROR_SHAPE,
            "raptors_add: shapes (3, 4) and (5,) do not broadcast");
    refused(rp_check_broadcast2("f", &scalar, &empty, &table), RAPTORS_ERROR_SHAPE,
            "f: out has shape (3, 4), a and b broadcast to (0, 4)");
    refused(rp_check_broadcast2("f", &row, &column, &scalar), RAPTORS_ERROR_SHAPE,
            "f: out has shape (), a and b broadcast to (3, 4)");
    refused(rp_check_broadcast2("f", &row, &column, &column), RAPTORS_ERROR_SHAPE,
            "f: out has shape (3, 1), a and b broadcast to (3, 4)");
    refused(rp_check_broadcast("raptors_copy", "x", &table, &five), RAPTORS_ERROR_SHAPE,
            "raptors_copy: out has shape (5,), to which x of shape (3, 4) does not broadcast");
    refused(rp_check_broadcast("raptors_copy", "x", &column, &row), RAPTORS_ERROR_SHAPE,
            "raptors_copy: out has shape (4,), to which x of shape (3, 1) does not broadcast");
}

static void broadcast_strides_repeat(void **state) {
    (void)state;
    raptors_array out = view(RAPTORS_INT64, 3, 2, 3, 4), column = view(RAPTORS_INT64, 2, 3, 1, 0);
    column.strides[0] = -24;
    int64_t strides[RAPTORS_MAX_NDIM];
    rp_broadcast_strides(&column, &out, strides);
    assert_int_equal(strides[0], 0);
    assert_int_equal(strides[1], -24);
    assert_int_equal(strides[2], 0);
}

static void the_longest_message_is_safe(void **state) {
    (void)state;
    raptors_array x = {.data = memory, .dtype = RAPTORS_INT64, .ndim = 16}, y = x;
    for (int k = 0; k < 16; k++)
        x.shape[k] = INT64_MAX, y.shape[k] = INT64_MIN; /* not a view that passes; this is about the text */
    refused(rp_check_broadcast2("f", &x, &y, &x), RAPTORS_ERROR_SHAPE, raptors_last_error());
    assert_int_equal(strlen(raptors_last_error()), 511);
}

static void dtypes_must_be_one(void **state) {
    (void)state;
    raptors_array f32 = view(RAPTORS_FLOAT32, 1, 3, 0, 0), f64 = view(RAPTORS_FLOAT64, 1, 3, 0, 0);
    refused(rp_check_map2("raptors_add", &f32, &f64, &f64), RAPTORS_ERROR_DTYPE,
            "raptors_add: a is float32, out is float64");
    refused(rp_check_map2("raptors_add", &f64, &f32, &f64), RAPTORS_ERROR_DTYPE,
            "raptors_add: b is float32, out is float64");
    f32.dtype = RAPTORS_INT32;
    refused(rp_check_map1("f", &f32, &f64), RAPTORS_ERROR_DTYPE, "f: x is int32, out is float64");
}

/* Packed operands are taken by a short way: it must refuse all that the long one does. */
static void the_short_way_is_not_laxer(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 2, 2, 3, 0), y = x,
                  negative = view(RAPTORS_FLOAT32, 2, -2, -3, 0);
    y.data = NULL;
    refused(rp_check_map2("f", &y, &x, &x), RAPTORS_ERROR_NULL, "f: a: data is NULL, and it has 6 elements");
    refused(rp_check_map2("f", &x, &y, &x), RAPTORS_ERROR_NULL, "f: b: data is NULL, and it has 6 elements");
    refused(rp_check_map1("f", &y, &y), RAPTORS_ERROR_NULL, "f: x: data is NULL, and it has 6 elements");
    refused(rp_check_map1("f", &x, &y), RAPTORS_ERROR_NULL, "f: out: data is NULL, and it has 6 elements");
    refused(rp_check_map1("f", NULL, &x), RAPTORS_ERROR_NULL, "f: x is NULL");
    refused(rp_check_map1("f", &x, NULL), RAPTORS_ERROR_NULL, "f: out is NULL");
    refused(rp_check_map1("f", &negative, &negative), RAPTORS_ERROR_SHAPE, "f: x: shape[0] is -2, below 0");
    y = view(RAPTORS_INT32, 2, 2, 3, 0);
    refused(rp_check_map1("f", &y, &x), RAPTORS_ERROR_DTYPE, "f: x is int32, out is float32");
    y = view(RAPTORS_FLOAT32, 2, 3, 3, 0);
    refused(rp_check_map1("f", &x, &y), RAPTORS_ERROR_SHAPE,
            "f: out has shape (3, 3), to which x of shape (2, 3) does not broadcast");
    y = view(RAPTORS_FLOAT32, 1, 3, 0, 0);
    accepted(rp_check_map2("f", &x, &x, &x));
    refused(rp_check_map1("f", &x, &y), RAPTORS_ERROR_SHAPE,
            "f: out has shape (3,), to which x of shape (2, 3) does not broadcast");
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static void overlap_is_named(void **state) {
    (void)state;
    raptors_array out = view(RAPTORS_FLOAT32, 1, 5, 0, 0), next = out, apart = out;
    next.data = (char *)memory + 4;
    apart.data = memory + 10;
    accepted(rp_check_map2("f", &apart, &out, &out));
    refused(rp_check_map2("raptors_add", &next, &apart, &out), RAPTORS_ERROR_OVERLAP,
            "raptors_add: out shares memory with a, and is not exactly it");
    refused(rp_check_map2("raptors_add", &out, &next, &out), RAPTORS_ERROR_OVERLAP,
            "raptors_add: out shares memory with b, and is not exactly it");
    refused(rp_check_overlap("raptors_sum", &out, &out, "x", 0), RAPTORS_ERROR_OVERLAP,
            "raptors_sum: out shares memory with x");
    out.strides[0] = 0;
    refused(rp_check_map1("f", &apart, &out), RAPTORS_ERROR_OVERLAP,
            "f: out overlaps itself: its strides put two elements in one place");
    out.strides[0] = 3;
    assert_int_equal(rp_check_map1("f", &apart, &out), RAPTORS_ERROR_OVERLAP);
    out.strides[0] = -5;
    accepted(rp_check_map1("f", &next,
                           &(raptors_array){.data = memory + 32, .ndim = 1, .shape = {5}, .strides = {-5}}));
}

/* out may be an input only where no element is read after it was written. */
static void a_broadcast_input_is_not_the_output(void **state) {
    (void)state;
    raptors_array table = view(RAPTORS_FLOAT32, 2, 3, 4, 0), row = view(RAPTORS_FLOAT32, 1, 4, 0, 0);
    raptors_array long_row = view(RAPTORS_FLOAT32, 2, 1, 4, 0), square = view(RAPTORS_FLOAT32, 2, 3, 3, 0);
    raptors_array turned = raptors_transpose(square);
    assert_int_equal(rp_check_map1("f", &row, &table), RAPTORS_ERROR_OVERLAP);
    assert_int_equal(rp_check_map1("f", &turned, &square), RAPTORS_ERROR_OVERLAP);
    accepted(rp_check_map1("f", &row, &long_row));
    accepted(rp_check_map1("f", &square, &square));
    accepted(rp_check_map1("f", &turned, &turned));
}

/* ---- reductions -------------------------------------------------------------------------------------- */

static void axes_must_be_there(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 2, 3, 4, 0), deep = {.data = memory, .ndim = 16};
    accepted(rp_check_axes("f", &x, RAPTORS_AXIS(0) | RAPTORS_AXIS(1)));
    accepted(rp_check_axes("f", &x, RAPTORS_ALL_AXES));
    accepted(rp_check_axes("f", &x, 0));
    accepted(rp_check_axes("f", &deep, RAPTORS_AXIS(15)));
    refused(rp_check_axes("raptors_sum", &x, RAPTORS_AXIS(0) | RAPTORS_AXIS(5) | RAPTORS_AXIS(9)),
            RAPTORS_ERROR_AXIS, "raptors_sum: axes: axis 5, and x has 2 dimensions");
    refused(rp_check_axes("f", &deep, RAPTORS_ALL_AXES - 1), RAPTORS_ERROR_AXIS,
            "f: axes: axis 16, and x has 16 dimensions");
    assert_int_equal(rp_axes_of(&x, RAPTORS_ALL_AXES), 3);
    assert_int_equal(rp_axes_of(&deep, RAPTORS_ALL_AXES), 0xffff);
    deep.ndim = 0;
    accepted(rp_check_axes("f", &deep, RAPTORS_ALL_AXES));
    refused(rp_check_axes("f", &deep, 1), RAPTORS_ERROR_AXIS, "f: axes: axis 0, and x has 0 dimensions");
    assert_int_equal(rp_axes_of(&deep, RAPTORS_ALL_AXES), 0);
}

static void reduced_axes_are_dropped_or_kept(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 3, 3, 4, 5), kept = view(RAPTORS_FLOAT32, 3, 1, 4, 1);
    raptors_array dropped = view(RAPTORS_FLOAT32, 1, 4, 0, 0), half = view(RAPTORS_FLOAT32, 2, 4, 1, 0);
    raptors_array scalar = view(RAPTORS_FLOAT32, 0, 0, 0, 0), ones = view(RAPTORS_FLOAT32, 3, 1, 1, 1);
    const raptors_axes axes = RAPTORS_AXIS(0) | RAPTORS_AXIS(2);
    accepted(rp_check_reduced("f", &x, axes, &kept));
    accepted(rp_check_reduced("f", &x, axes, &dropped));
    accepted(rp_check_reduced("f", &x, 0, &x));
    accepted(rp_check_reduced("f", &x, RAPTORS_ALL_AXES, &scalar));
    accepted(rp_check_reduced("f", &x, RAPTORS_ALL_AXES, &ones));
    accepted(rp_check_reduced("f", &scalar, RAPTORS_ALL_AXES, &scalar));
    refused(rp_check_reduced("raptors_sum", &x, axes, &half), RAPTORS_ERROR_SHAPE,
            "raptors_sum: out has shape (4, 1), x of shape (3, 4, 5) reduces to (4,) or (1, 4, 1)");
    refused(rp_check_reduced("f", &x, RAPTORS_ALL_AXES, &dropped), RAPTORS_ERROR_SHAPE,
            "f: out has shape (4,), x of shape (3, 4, 5) reduces to () or (1, 1, 1)");
    assert_int_equal(rp_check_reduced("f", &x, axes, &ones), RAPTORS_ERROR_SHAPE);
    assert_int_equal(rp_check_reduced("f", &x, 0, &kept), RAPTORS_ERROR_SHAPE);
}

static void both_forms_have_one_walk(void **state) {
    (void)state;
    raptors_array x = view(RAPTORS_FLOAT32, 3, 3, 4, 5), kept = view(RAPTORS_INT64, 3, 3, 1, 5);
    raptors_array dropped = view(RAPTORS_INT64, 2, 3, 5, 0);
    int64_t from_kept[RAPTORS_MAX_NDIM], from_dropped[RAPTORS_MAX_NDIM];
    rp_reduced_strides(&x, RAPTORS_AXIS(1), &kept, from_kept);
    rp_reduced_strides(&x, RAPTORS_AXIS(1), &dropped, from_dropped);
    for (int k = 0; k < 3; k++) {
        static const int64_t expected[] = {40, 0, 8};
        assert_int_equal(from_kept[k], expected[k]);
        assert_int_equal(from_dropped[k], expected[k]);
    }
    rp_reduced_strides(&x, RAPTORS_ALL_AXES, &(raptors_array){.ndim = 0}, from_dropped);
    for (int k = 0; k < 3; k++)
        assert_int_equal(from_dropped[k], 0);
}

/* ---- making views ------------------------------------------------------------------------------------ */

static void views_are_made_in_c_order(void **state) {
    (void)state;
    raptors_array v = raptors_vector(RAPTORS_INT64, memory, 7),
                  m = raptors_matrix(RAPTORS_FLOAT32, memory, 3, 5);
    assert_true(v.data == memory && v.dtype == RAPTORS_INT64 && v.ndim == 1);
    assert_true(v.shape[0] == 7 && v.strides[0] == 8);
    assert_true(m.data == memory && m.dtype == RAPTORS_FLOAT32 && m.ndim == 2);
    assert_true(m.shape[0] == 3 && m.shape[1] == 5 && m.strides[0] == 20 && m.strides[1] == 4);
    raptors_array t = raptors_transpose(m);
    assert_true(t.shape[0] == 5 && t.shape[1] == 3 && t.strides[0] == 4 && t.strides[1] == 20);
    t = raptors_transpose(t);
    assert_memory_equal(&t, &m, sizeof m);
}

/* Nonsense stays nonsense, to be refused by the call. */
static void views_of_nonsense_are_refused_later(void **state) {
    (void)state;
    raptors_array m = raptors_matrix(RAPTORS_FLOAT64, memory, INT64_C(1) << 40, INT64_C(1) << 40);
    assert_int_equal(rp_check_view("f", "x", &m), RAPTORS_ERROR_SHAPE);
    m = raptors_matrix(RAPTORS_FLOAT64, memory, 0, INT64_MAX);
    assert_int_equal(rp_check_view("f", "x", &m), RAPTORS_ERROR_SHAPE);
    m = raptors_matrix((raptors_dtype)99, memory, 2, INT64_MIN);
    assert_int_equal(rp_check_view("f", "x", &m), RAPTORS_ERROR_DTYPE);
    m.ndim = 17;
    m = raptors_transpose(m);
    m.dtype = RAPTORS_FLOAT32;
    assert_int_equal(rp_check_view("f", "x", &m), RAPTORS_ERROR_SHAPE);
}

/* ---- any descriptor at all, against arithmetic in 128 bits ------------------------------------------- */

static int64_t any_number(ts_prng *g) {
    uint64_t bits = ts_next(g) >> ts_below(g, 64);
    switch (ts_below(g, 8)) {
    case 0:
        return (int64_t)(UINT64_C(1) << ts_below(g, 64));
    case 1:
        return (int64_t)((UINT64_C(1) << ts_below(g, 64)) - 1);
    case 2:
        return (int64_t)-bits;
    default:
        return (int64_t)(bits & 63);
    case 3:
        return (int64_t)bits;
    }
}

static void hostile_descriptors_are_judged_rightly(void **state) {
    (void)state;
    ts_prng g = {11};
    int taken = 0;
    for (int n = 0; n < 200000; n++) {
        raptors_array x = {.data = (void *)(uintptr_t)any_number(&g),
                           .dtype = (raptors_dtype)(ts_below(&g, 9) - 1),
                           .ndim = (int)ts_below(&g, 20) - 1};
        for (int k = 0; k < RAPTORS_MAX_NDIM; k++)
            x.shape[k] = any_number(&g) & (ts_below(&g, 3) ? INT64_MAX : -1), x.strides[k] = any_number(&g);
        int right = ts_believable(&x);
        taken += right;
        ts_check((rp_check_view("f", "x", &x) == RAPTORS_OK) == right, "descriptor %d", n);
        if (!right) /* not by the short way either */
            ts_check(rp_check_map1("f", &x, &x) != RAPTORS_OK, "descriptor %d in a call", n);
    }
    assert_in_range(taken, 10000, 100000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_a_size_and_a_name),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_dtype_must_be_known),
        cmocka_unit_test(rank_and_extents_must_be_in_range),
        cmocka_unit_test(every_rank_is_taken),
        cmocka_unit_test(sizes_must_fit),
        cmocka_unit_test(reaches_must_fit),
        cmocka_unit_test(strides_of_short_axes_mean_nothing),
        cmocka_unit_test(bytes_must_be_in_the_address_space),
        cmocka_unit_test(ranges_go_both_ways),
        cmocka_unit_test(broadcasting_is_numpys),
        cmocka_unit_test(broadcast_strides_repeat),
        cmocka_unit_test(the_longest_message_is_safe),
        cmocka_unit_test(dtypes_must_be_one),
        cmocka_unit_test(the_short_way_is_not_laxer),
        cmocka_unit_test(overlap_is_named),
        cmocka_unit_test(a_broadcast_input_is_not_the_output),
        cmocka_unit_test(axes_must_be_there),
        cmocka_unit_test(reduced_axes_are_dropped_or_kept),
        cmocka_unit_test(both_forms_have_one_walk),
        cmocka_unit_test(views_are_made_in_c_order),
        cmocka_unit_test(views_of_nonsense_are_refused_later),
        cmocka_unit_test(hostile_descriptors_are_judged_rightly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
