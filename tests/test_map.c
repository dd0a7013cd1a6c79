/* test_map.c -- planning of elementwise calls: every element of tables that lie any way, in whatever order units run.
 * SPDX-License-Identifier: MIT
 * labels: fixed
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "map.h"
#include "prng.h"

enum { MOST = 1 << 18, BORDER = 16, CANARY = 0x5a5a5a5a };

static int32_t *left, *right, *got, *wanted;

/* One way for an operand to cover rows x cols elements: in order, one row, one column, by columns, upside down. */
static raptors_array table(int32_t *p, int way, int64_t rows, int64_t cols) {
    static const int64_t item = sizeof *p;
    const int64_t strides[][2] = {
        {cols * item, item}, {0, item}, {item, 0}, {item, rows * item}, {-cols * item, item},
    };
    raptors_array a = {.data = way == 4 ? p + (rows - 1) * cols : p, .dtype = RAPTORS_INT32, .ndim = 2};
    memcpy(a.shape, ((int64_t[]){rows, cols}), 2 * sizeof(int64_t));
    memcpy(a.strides, strides[way], sizeof strides[way]);
    return a;
}

static int32_t at(const raptors_array *a, int64_t i, int64_t j) {
    int32_t item;
    memcpy(&item, (const char *)a->data + i * a->strides[0] + j * a->strides[1], sizeof item);
    return item;
}

static void work_out(const raptors_array *a, const raptors_array *b, int64_t rows, int64_t cols,
                     int64_t from) {
    for (int64_t i = 0; i < MOST; i++)
        wanted[i] = got[i] = CANARY;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            wanted[from + i * cols + j] = at(a, i, j) + (b ? at(b, i, j) : 0);
}

static void one_table(const ts_backend *backend, ts_prng *g) {
    const int64_t cols = 1 + ts_below(g, 80),
                  rows = 1 + ts_below(g, (MOST - 2 * BORDER) / cols / (1 + ts_below(g, 40)));
    const int ways[] = {(int)ts_below(g, 5), (int)ts_below(g, 5)}, inputs = 1 + (int)ts_below(g, 2);
    const int64_t from = ts_below(g, BORDER);
    const raptors_array a = table(left, ways[0], rows, cols), b = table(right, ways[1], rows, cols),
                        out = table(got + from, 0, rows, cols), *second = inputs == 2 ? &b : NULL;
    rp_map m;
    work_out(&a, second, rows, cols, from);
    rp_map_plan(&m, backend->kernels, inputs == 2 ? (int)RP_MAP2_add : (int)RP_MAP1_copy, &a, second, &out);
    m.how = (ts_below(g, 2) ? RP_STREAM : 0) | (ts_below(g, 2) ? RP_OUTER : 0);
    m.asks = m.turned;
    const int64_t cut = ts_below(g, m.units + 1);
    rp_map_run(&m, cut, m.units);
    rp_map_run(&m, 0, cut);
    ts_check(!memcmp(got, wanted, MOST * sizeof *got),
             "%s: %d x %d, inputs %d of ways %d, %d, out %d items on, how %u", backend->name, (int)rows,
             (int)cols, inputs, ways[0], ways[1], (int)from, m.how);
}

static void every_element_is_worked_out_and_no_other(void **state) {
    (void)state;
    int count;
    const ts_backend *backends = ts_backends(&count);
    ts_prng g = {11};
    for (int i = 0; i < 2000 * count; i++)
        one_table(&backends[i % count], &g);
}

static int allocate(void **state) {
    (void)state;
    int32_t **const all[] = {&left, &right, &got, &wanted};
    for (int k = 0; k < 4; k++) {
        *all[k] = aligned_alloc(64, MOST * sizeof **all[k]);
        if (!*all[k])
            return -1;
        for (int32_t i = 0; i < MOST; i++)
            (*all[k])[i] = (k + 1) * i;
    }
    return 0;
}

static int release(void **state) {
    (void)state;
    free(left), free(right), free(got), free(wanted);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_element_is_worked_out_and_no_other)};
    return cmocka_run_group_tests(tests, allocate, release);
}
