/* main.c -- random calls on every backend that runs here, against an exact reference and each other.
 * SPDX-License-Identifier: MIT
 *
 *   differential [CASES [SEED [FIRST]]]     RAPTORS_DIFFERENTIAL_CASES, RAPTORS_DIFFERENTIAL_SEED
 *
 * Case i of a seed is always the same call: a failure is repeated by the line that it prints.
 */
#include "reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned char before[TD_ARENA], first_result[TD_ARENA];
static td_expect expects[TD_MOST];
static int64_t undecided; /* calls refused because the search for an overlap was given up */

static uint64_t seed_of(uint64_t seed, int64_t index) {
    ts_prng g = {seed * 0x9e3779b97f4a7c15u + (uint64_t)index};
    return ts_next(&g);
}

/* ---- saying what failed ------------------------------------------------------------------------------ */

static void print_view(const char *name, const raptors_array *x) {
    printf("  %-3s %s shape (", name, ts_types[x->dtype].name);
    for (int k = 0; k < x->ndim; k++)
        printf("%s%" PRId64, k ? ", " : "", x->shape[k]);
    printf(") strides (");
    for (int k = 0; k < x->ndim; k++)
        printf("%s%" PRId64, k ? ", " : "", x->strides[k]);
    printf(") at byte %td\n", (unsigned char *)x->data - td_arena);
}

static int fail(const td_case *c, const char *backend, const char *what) {
    printf("FAILED %s on %s: %s\n", c->op->name, backend, what);
    print_view("a", &c->a);
    if (c->op->kind == TS_MAP2)
        print_view("b", &c->b);
    print_view("out", &c->out);
    printf("  axes %#x, factor or ddof %.17g\n", c->extra.axes, c->extra.number);
    return 0;
}

static int fail_at(const td_case *c, const char *backend, int64_t i, const td_expect *e, const void *got) {
    static const char *const kinds[] = {"anything", "NaN",     "integer",   "bits",
                                        "equal",    "between", "not finite"};
    char text[256];
    int64_t integer = 0;
    memcpy(&integer, got, (size_t)ts_types[c->out.dtype].size);
    snprintf(text, sizeof text,
             "element %" PRId64 " is %.17g (%" PRId64 "), expected %s %" PRId64 ", %.17g .. %.17g", i,
             ts_read(got, c->out.dtype), integer, kinds[e->kind], e->integer, e->low, e->high);
    return fail(c, backend, text);
}

/* ---- one case ---------------------------------------------------------------------------------------- */

static void canonical(const raptors_array *x) {
    for (td_walk w = td_walk_of(x, x); w.left > 0; td_next(&w))
        ts_canonical(w.at, x->dtype);
}

static int refused_rightly(const td_case *c, const char *backend, raptors_status s) {
    char text[128];
    if (s == RAPTORS_OK || !(c->refusals >> s & 1)) {
        snprintf(text, sizeof text, "%s, where the right ones are %#x", raptors_status_name(s), c->refusals);
        return fail(c, backend, text);
    }
    if (memcmp(td_arena, before, (size_t)c->used) != 0)
        return fail(c, backend, "refused, and something was written");
    return 1;
}

/* Scalar's result is judged by the reference, and leaves in `before` what every backend must leave in the
 * arena. */
static int scalar_is_right(const td_case *c, const char *backend) {
    int64_t i = 0, size = ts_types[c->out.dtype].size;
    canonical(&c->out);
    for (td_walk w = td_walk_of(&c->out, &c->out); w.left > 0; td_next(&w), i++)
        if (!td_meets(&expects[i], w.at, c->out.dtype))
            return fail_at(c, backend, i, &expects[i], w.at);
    memcpy(first_result, before, (size_t)c->used);
    for (td_walk w = td_walk_of(&c->out, &c->out); w.left > 0; td_next(&w))
        memcpy(first_result + (w.at - td_arena), w.at, (size_t)size);
    return 1;
}

static int run_on(const td_case *c, const char *backend, int is_first) {
    memcpy(td_arena, before, (size_t)c->used);
    if (raptors_set_backend(backend) != RAPTORS_OK)
        return fail(c, backend, "not to be set");
    raptors_set_threads((int)(c->used % 4)); /* 0: automatic */
    raptors_status s = ts_call(c->op, &c->a, &c->b, c->extra, &c->out);
    if (c->refusals)
        return refused_rightly(c, backend, s);
    if (s == RAPTORS_ERROR_OVERLAP && strstr(raptors_last_error(), "too irregular") != NULL) {
        undecided++;
        return memcmp(td_arena, before, (size_t)c->used) == 0 ||
               fail(c, backend, "refused, and something was written");
    }
    if (s != RAPTORS_OK)
        return fail(c, backend, raptors_last_error());
    if (is_first && !scalar_is_right(c, backend))
        return 0;
    canonical(&c->out);
    if (memcmp(td_arena, first_result, (size_t)c->used) != 0)
        return fail(c, backend,
                    is_first ? "written outside of the output" : "not scalar's bits, or written outside");
    return 1;
}

static int run_case(uint64_t seed, const ts_backend *backends, int count, int64_t *refused) {
    td_case c;
    td_draw(&c, seed);
    memcpy(before, td_arena, (size_t)c.used);
    *refused += c.refusals != 0;
    if (!c.refusals)
        td_reference(&c, expects);
    for (int k = 0; k < count; k++)
        if (!run_on(&c, backends[k].name, k == 0))
            return 0;
    return 1;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

/* An argument, else a variable, else what is usual. */
static int64_t number(int argc, char **argv, int at, const char *variable, int64_t usual) {
    const char *text = argc > at ? argv[at] : variable ? getenv(variable) : NULL;
    return text ? strtoll(text, NULL, 10) : usual;
}

int main(int argc, char **argv) {
    int64_t cases = number(argc, argv, 1, "RAPTORS_DIFFERENTIAL_CASES", 1000000);
    int64_t seed = number(argc, argv, 2, "RAPTORS_DIFFERENTIAL_SEED", 1),
            first = number(argc, argv, 3, NULL, 0);
    int64_t refused = 0, failed = 0;
    int count;
    const time_t start = time(NULL);
    const ts_backend *backends = ts_backends(&count);
    ts_print_skipped();
    printf("differential: %" PRId64 " cases on each of %d backends, seed %" PRId64 "\n", cases, count, seed);
    for (int64_t i = first; i < first + cases && failed < 20; i++)
        if (!run_case(seed_of((uint64_t)seed, i), backends, count, &refused)) {
            printf("  again: differential 1 %" PRId64 " %" PRId64 "\n", seed, i);
            failed++;
        }
    printf("differential: %" PRId64 " failed; %" PRId64 " cases had to be refused, and were\n", failed,
           refused);
    printf("differential: %" PRId64 " calls with strides too irregular to be told from an overlap\n",
           undecided);
    printf("differential: %.0f s\n", difftime(time(NULL), start));
    return failed != 0 || undecided > count * (1 + cases / 100000);
}
