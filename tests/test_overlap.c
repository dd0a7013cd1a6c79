/* test_overlap.c -- sharing of memory, against sets of bytes written out.
 * SPDX-License-Identifier: MIT
 */
#include "overlap.h"

#include "array.h"
#include "support/check.h"
#include "support/prng.h"

#include <string.h>

enum { BUFFER = 8192 };

static unsigned char buffer[BUFFER];

/* ---- the reference: bytes counted one by one --------------------------------------------------------- */

typedef struct bytes {
    unsigned char times[BUFFER]; /* how many elements cover it, at most 2 */
    int inside;                  /* no element leaves the buffer */
} bytes;

static void cover(bytes *set, const raptors_array *x, int axis, int64_t at) {
    if (axis < x->ndim) {
        for (int64_t i = 0; i < x->shape[axis]; i++)
            cover(set, x, axis + 1, at + i * x->strides[axis]);
        return;
    }
    for (int64_t byte = at; byte < at + rp_itemsize(x->dtype); byte++) {
        if (byte < 0 || byte >= BUFFER)
            set->inside = 0;
        else if (set->times[byte] < 2)
            set->times[byte]++;
    }
}

static void bytes_of(bytes *set, const raptors_array *x) {
    memset(set, 0, sizeof *set);
    set->inside = 1;
    cover(set, x, 0, (unsigned char *)x->data - buffer);
}

static int meet(const bytes *a, const bytes *b) {
    for (int k = 0; k < BUFFER; k++)
        if (a->times[k] && b->times[k])
            return 1;
    return 0;
}

static int doubled(const bytes *a) {
    return memchr(a->times, 2, BUFFER) != NULL;
}

/* ---- vectors: all there are in 12 elements ----------------------------------------------------------- */

enum { ELEMENTS = 12, MOST_VIEWS = 1000 };

typedef struct slices {
    int count;
    raptors_array view[MOST_VIEWS];
    uint64_t set[MOST_VIEWS]; /* a bit a byte: 12 elements of 4, in units of 1; of 8, in units of 2 */
} slices;

static uint64_t bits_of(const raptors_array *x, int unit) {
    uint64_t set = 0;
    int64_t item = rp_itemsize(x->dtype) / unit, at = ((unsigned char *)x->data - buffer) / unit;
    for (int64_t i = 0; i < x->shape[0]; i++)
        set |= ((UINT64_C(1) << item) - 1) << (at + i * x->strides[0] / unit);
    return set;
}

static void make_slices(slices *s, raptors_dtype dtype) {
    int64_t item = rp_itemsize(dtype);
    s->count = 0;
    for (int64_t start = 0; start < ELEMENTS; start++)
        for (int64_t step = -3; step <= 3; step++)
            for (int64_t n = 0; n <= ELEMENTS; n++) {
                int64_t last = start + (n - 1) * step;
                if (n > 0 && (last < 0 || last >= ELEMENTS))
                    break;
                raptors_array x = raptors_vector(dtype, buffer + start * item, n);
                x.strides[0] = step * item;
                assert_true(s->count < MOST_VIEWS);
                s->view[s->count] = x;
                s->set[s->count++] = bits_of(&x, (int)item / 4);
            }
}

static void every_pair_of_slices(void **state) {
    (void)state;
    static slices s;
    for (raptors_dtype dtype = RAPTORS_FLOAT32; dtype <= RAPTORS_FLOAT64; dtype++) {
        make_slices(&s, dtype);
        assert_true(s.count > 500);
        for (int i = 0; i < s.count; i++) {
            const raptors_array *a = &s.view[i];
            int repeats = a->shape[0] > 1 && a->strides[0] == 0;
            assert_int_equal(rp_shares_itself(a), repeats ? RP_SHARED : RP_APART);
            for (int j = 0; j < s.count; j++)
                ts_check(rp_share(a, &s.view[j]) == ((s.set[i] & s.set[j]) ? RP_SHARED : RP_APART),
                         "slices %d and %d of dtype %d", i, j, (int)dtype);
        }
    }
}

/* What a call makes of it: refused where elements of one length meet and are not each other. */
static void a_call_takes_slices_apart_or_the_same(void **state) {
    (void)state;
    static slices s;
    make_slices(&s, RAPTORS_INT32);
    for (int i = 0; i < s.count; i++)
        for (int j = 0; j < s.count; j++) {
            const raptors_array *out = &s.view[i], *x = &s.view[j];
            if (x->shape[0] != out->shape[0])
                continue;
            int one = out->shape[0] == 1;
            int same = out->data == x->data && (one || out->strides[0] == x->strides[0]);
            int repeats = !one && out->strides[0] == 0 && out->shape[0] > 0;
            int apart = (s.set[i] & s.set[j]) == 0;
            raptors_status expected = !repeats && (same || apart) ? RAPTORS_OK : RAPTORS_ERROR_OVERLAP;
            ts_check(rp_check_map1("f", x, out) == expected, "slices %d and %d", i, j);
            ts_check(rp_check_map2("f", x, x, out) == expected, "slices %d and %d twice", i, j);
        }
}

/* ---- any rank ---------------------------------------------------------------------------------------- */

static raptors_array random_view(ts_prng *g, int most_ndim, int64_t most_extent, int64_t most_stride) {
    raptors_array x = {.dtype = (raptors_dtype)ts_below(g, 4), .ndim = (int)ts_below(g, most_ndim + 1)};
    int64_t unit = ts_below(g, 3) == 0 ? 1 : rp_itemsize(x.dtype);
    for (int k = 0; k < x.ndim; k++) {
        x.shape[k] = ts_below(g, 40) == 0 ? 0 : 1 + ts_below(g, most_extent);
        x.strides[k] = (ts_below(g, 2 * most_stride + 1) - most_stride) * unit;
    }
    x.data = buffer + BUFFER / 2 + ts_below(g, 3 * most_stride + 1) * unit;
    return x;
}

static void compare_random_views(uint64_t seed, int times, int most_ndim, int64_t most_extent,
                                 int64_t most_stride) {
    static bytes set_a, set_b;
    ts_prng g = {seed};
    int shared = 0, apart = 0;
    for (int n = 0; n < times; n++) {
        raptors_array a = random_view(&g, most_ndim, most_extent, most_stride);
        raptors_array b = random_view(&g, most_ndim, most_extent, most_stride);
        bytes_of(&set_a, &a);
        bytes_of(&set_b, &b);
        assert_true(set_a.inside && set_b.inside);
        int meeting = meet(&set_a, &set_b);
        *(meeting ? &shared : &apart) += 1;
        ts_check(rp_share(&a, &b) == (meeting ? RP_SHARED : RP_APART), "seed %d, pair %d", (int)seed, n);
        ts_check(rp_share(&b, &a) == (meeting ? RP_SHARED : RP_APART), "seed %d, pair %d turned", (int)seed,
                 n);
        ts_check(rp_shares_itself(&a) == (doubled(&set_a) ? RP_SHARED : RP_APART), "seed %d, view %d",
                 (int)seed, n);
    }
    assert_true(shared > times / 20 && apart > times / 20); /* the pairs are worth having */
}

static void random_views_of_every_rank(void **state) {
    (void)state;
    compare_random_views(1, 20000, 2, 5, 12);
    compare_random_views(2, 10000, 3, 4, 20);
    compare_random_views(3, 5000, 4, 3, 40);
    compare_random_views(4, 5000, 2, 12, 20);
    compare_random_views(5, 2000, 6, 2, 50);
}

/* Columns of a table, in turn of each other: their ranges meet and no byte does. */
static void columns_of_one_table_lie_apart(void **state) {
    (void)state;
    raptors_array even = raptors_matrix(RAPTORS_FLOAT32, buffer, 20, 8), odd;
    even.shape[1] = 4, even.strides[1] = 8;
    odd = even;
    odd.data = buffer + 4;
    assert_int_equal(rp_share(&even, &odd), RP_APART);
    odd.data = buffer + 3; /* one byte of one element is enough */
    assert_int_equal(rp_share(&even, &odd), RP_SHARED);
    raptors_array t = raptors_transpose(even);
    assert_int_equal(rp_share(&even, &t), RP_SHARED);
    assert_int_equal(rp_shares_itself(&t), RP_APART);
}

/* ---- numbers too large to walk ----------------------------------------------------------------------- */

static raptors_array far_view(uintptr_t data, int64_t n0, int64_t s0, int64_t n1, int64_t s1) {
    return (raptors_array){
        .data = (void *)data, .dtype = RAPTORS_FLOAT64, .ndim = 2, .shape = {n0, n1}, .strides = {s0, s1}};
}

/* Two steps p, q without a common divisor: the least sums that meet are far out, and known. */
static void distant_meetings_are_found(void **state) {
    (void)state;
    const int64_t p = 100000007, q = 100000037; /* without a common divisor */
    for (int k = 0; k < 2; k++) {
        /* p i = q (j + 1) only where i is a multiple of q */
        raptors_array a = far_view(4096, q + 1 - k, 8 * p, 1, 0);
        raptors_array b = far_view(4096 + 8 * (uintptr_t)q, p, 8 * q, 1, 0);
        raptors_array both = far_view(4096, q + 1 - k, 8 * p, p + 1, 8 * q);
        assert_int_equal(rp_check_view("f", "a", &a), RAPTORS_OK);
        assert_int_equal(rp_check_view("f", "b", &b), RAPTORS_OK);
        assert_int_equal(rp_check_view("f", "both", &both), RAPTORS_OK);
        assert_int_equal(rp_share(&a, &b), k == 0 ? RP_SHARED : RP_APART);
        assert_int_equal(rp_share(&b, &a), k == 0 ? RP_SHARED : RP_APART);
        assert_int_equal(rp_shares_itself(&both), k == 0 ? RP_SHARED : RP_APART);
    }
}

/* The ends of the address space, and reaches whose sum only fits without a sign. */
static void the_greatest_reaches_are_told_apart(void **state) {
    (void)state;
    const int64_t reach = INT64_MAX / 2 / 8 * 8;
    raptors_array a = far_view(8, 3, reach, 1, 0), b = far_view(UINTPTR_MAX - 15, 3, -reach, 1, 0);
    assert_int_equal(rp_check_view("f", "a", &a), RAPTORS_OK);
    assert_int_equal(rp_check_view("f", "b", &b), RAPTORS_OK);
    assert_int_equal(rp_share(&a, &b), RP_APART); /* a ends before b's least element */
    b.data = (void *)(8 + 4 * (uintptr_t)reach);
    assert_int_equal(rp_share(&a, &b), RP_SHARED);
    b.data = (void *)(7 + 4 * (uintptr_t)reach);
    assert_int_equal(rp_share(&a, &b), RP_SHARED);
    b.data = (void *)(16 + 4 * (uintptr_t)reach);
    assert_int_equal(rp_share(&a, &b), RP_APART);
}

/* A subset-sum in disguise: refused rather than searched for hours. */
static void what_cannot_be_decided_is_refused(void **state) {
    (void)state;
    ts_prng g = {7};
    raptors_array x[2] = {{.dtype = RAPTORS_FLOAT64, .ndim = 16}, {.dtype = RAPTORS_FLOAT64, .ndim = 16}};
    for (int v = 0; v < 2; v++)
        for (int k = 0; k < 16; k++)
            x[v].shape[k] = 3, x[v].strides[k] = 8 * (INT64_C(1) << 50 | ts_below(&g, INT64_C(1) << 49));
    x[0].data = (void *)8;
    x[1].data = (void *)(uintptr_t)(INT64_C(8) << 54 | 8);
    assert_int_equal(rp_check_view("f", "a", &x[0]), RAPTORS_OK);
    assert_int_equal(rp_share(&x[0], &x[1]), RP_UNDECIDED);
    assert_int_equal(rp_shares_itself(&x[0]), RP_UNDECIDED);
    assert_int_equal(rp_check_overlap("f", &x[0], &x[1], "a", 1), RAPTORS_ERROR_OVERLAP);
    assert_int_equal(rp_check_out("f", &x[0]), RAPTORS_ERROR_OVERLAP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_slices),
        cmocka_unit_test(a_call_takes_slices_apart_or_the_same),
        cmocka_unit_test(random_views_of_every_rank),
        cmocka_unit_test(columns_of_one_table_lie_apart),
        cmocka_unit_test(distant_meetings_are_found),
        cmocka_unit_test(the_greatest_reaches_are_told_apart),
        cmocka_unit_test(what_cannot_be_decided_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
