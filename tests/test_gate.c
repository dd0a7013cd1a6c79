/* test_gate.c -- the process's gate: no clock under the floor, one line a call, JSON; and that no result depends on it.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 */
#include "gate.h"

#include "support/check.h"
#include "support/prng.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "place.h"
#include "process.h"
#include "team.h"

static uint64_t readings;

static uint64_t counted_clock(void) {
    readings++;
    return rp_clock();
}

/* ---- what the gate costs ---------------------------------------------------------------------------------- */

/* I2: a thousand random calls read no clock, open no region and leave all that is learned byte for byte as it was. */
static void under_the_floor_nothing_is_done(void **state) {
    (void)state;
    static float x[RP_GATE_FLOOR / 4];
    double sum;
    rp_learner *l = &rp_process_get()->learner;
    rp_learner *before = malloc(sizeof *before);
    assert_non_null(before);
    raptors_array out = {.data = &sum, .dtype = RAPTORS_FLOAT64};
    ts_prng g = {3};
    uint64_t (*usual)(void) = l->clock;
    l->clock = counted_clock;
    memcpy(before, l, sizeof *l);
    readings = 0;
    for (int i = 0; i < 1000; i++) {
        raptors_array a = raptors_vector(RAPTORS_FLOAT32, x, 1 + ts_below(&g, RP_GATE_FLOOR / 4 - 1));
        raptors_array b = raptors_vector(RAPTORS_FLOAT32, x, 1 + ts_below(&g, RP_GATE_FLOOR / 12));
        assert_int_equal(raptors_sum(&a, RAPTORS_ALL_AXES, &out), RAPTORS_OK);
        assert_int_equal(rp_last_call_get()->members, 1);
        assert_int_equal(raptors_add(&b, &b, &b), RAPTORS_OK);
        assert_int_equal(rp_last_call_get()->members, 1);
    }
    assert_int_equal(readings, 0);
    assert_memory_equal(before, l, sizeof *l);
    l->clock = usual;
    free(before);
}

/* A call that takes no time; what it is told to have taken lies before it. */
static void one_call(const rp_question *q, uint64_t alone, uint64_t team) {
    if (!rp_gate_alone(q->class_index, q->bytes)) {
        rp_answer a;
        rp_gate_ask(q, &a);
        a.start -= a.members > 1 ? team : alone;
        rp_gate_tell(q, &a, &(rp_outcome){.members = a.members});
    }
}

/* Of the calls that go by the word, and of all. */
typedef struct price {
    double by_word, all; /* ns */
} price;

/* In turns of which the first call is measured. */
static price price_of(rp_layout layout, int64_t bytes, uint64_t alone, uint64_t team) {
    enum { TRIES = 7, TURNS = 2000 };
    const rp_question q = {.class_index = rp_class_of(RP_CALL_square, RAPTORS_FLOAT32, layout),
                           .team = 2,
                           .bytes = bytes,
                           .parts = 100};
    const int turn = (int)rp_measured_one_in(bytes);
    price least = {1e9, 1e9};
    for (int try = 0; try < TRIES; try++) {
        uint64_t by_word = 0, began = rp_clock();
        for (int i = 0; i < TURNS; i++) {
            rp_thread_get()->tick = (uint32_t)turn - 1;
            one_call(&q, alone, team);
            const uint64_t start = rp_clock();
            for (int k = 1; k < turn; k++) {
                one_call(&q, alone, team);
            }
            by_word += rp_clock() - start;
        }
        const double all = (double)(rp_clock() - began) / (TURNS * turn);
        const double words = (double)by_word / (TURNS * (turn - 1));
        least.all = all < least.all ? all : least.all;
        least.by_word = words < least.by_word ? words : least.by_word;
    }
    return least;
}

static double price_under_the_floor(void) {
    const int square = rp_class_of(RP_CALL_square, RAPTORS_FLOAT32, RP_LAYOUT_contiguous);
    double least = 1e9;
    for (int try = 0; try < 5; try++) {
        const uint64_t start = rp_clock();
        for (int i = 0; i < 1000000; i++) {
            rp_gate_small(square, i);
        }
        const double each = (double)(rp_clock() - start) / 1e6;
        least = each < least ? each : least;
    }
    return least;
}

/* No figure is asserted: the machine may be busy. The best of some tries is printed. */
static void what_asking_costs_is_printed(void **state) {
    (void)state;
    rp_learner *l = &rp_process_get()->learner;
    uint64_t (*const region)(void) = l->empty_region;
    raptors_telemetry_reset();
    l->empty_region = NULL;
    const double small = price_under_the_floor();
    const price parallel = price_of(RP_LAYOUT_rows, 1 << 19, 100000, 50000);
    assert_int_equal(rp_last_call_get()->members, 2);
    const price settled = price_of(RP_LAYOUT_contiguous, 1 << 15, 1000, 3000);
    assert_int_equal(rp_last_call_get()->members, 1);
    printf(
        "ns a call: under the floor %.1f (5 at most), settled %.1f (10; %.1f with those that are measured), "
        "parallel %.1f (35; %.1f)\n",
        small, settled.by_word, settled.all, parallel.by_word, parallel.all);
    l->empty_region = region;
    raptors_telemetry_reset();
}

/* ---- what it says ----------------------------------------------------------------------------------------- */

/* Brackets match, strings end: enough to see that nothing was cut or left open. */
static void looks_like_json(const char *s) {
    int depth = 0;
    bool text = false;
    for (; *s; s++) {
        if (text && *s == '\\') {
            s++;
        } else if (*s == '"') {
            text = !text;
        } else if (!text) {
            depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
        }
    }
    assert_int_equal(depth, 0);
    assert_false(text);
}

static void reports_are_written_as_snprintf_writes(void **state) {
    (void)state;
    static float x[1 << 16];
    static char whole[1 << 18], part[1 << 18];
    float sum;
    raptors_array a = raptors_vector(RAPTORS_FLOAT32, x, 1 << 16),
                  out = {.data = &sum, .dtype = RAPTORS_FLOAT32};
    for (int i = 0; i < 100; i++) {
        raptors_sum(&a, RAPTORS_ALL_AXES, &out);
    }
    raptors_telemetry_mode(RAPTORS_FREEZE);
    size_t (*const reports[])(char *, size_t) = {raptors_explain, raptors_telemetry};
    for (int k = 0; k < 2; k++) {
        size_t length = reports[k](whole, sizeof whole);
        assert_int_equal(strlen(whole), length);
        looks_like_json(whole);
        assert_int_equal(reports[k](NULL, 0), length);
        for (size_t size = 1; size < length; size += 1 + length / 50) {
            memset(part, 'x', sizeof part);
            assert_int_equal(reports[k](part, size), length);
            assert_int_equal(strlen(part), size - 1);
            assert_memory_equal(part, whole, size - 1);
            assert_int_equal(part[size], 'x');
        }
    }
    raptors_telemetry_mode(RAPTORS_LEARN);
    raptors_explain(whole, sizeof whole);
    assert_non_null(
        strstr(whole, "\"operation\": \"sum\", \"dtype\": \"float32\", \"layout\": \"contiguous\""));
    raptors_telemetry_reset();
    raptors_telemetry(whole, sizeof whole);
    assert_non_null(strstr(whole, "\"classes\": []"));
}

/* Start the gate anew, as RAPTORS_VERBOSE would have it. */
static void start_gate(bool verbose) {
    rp_facts facts = rp_process_get()->facts;
    facts.verbose = verbose;
    rp_gate_start(&facts);
}

/* One call under the floor and one above it, with what they write on stderr. */
static size_t lines_of_two_calls(bool verbose, char *text, size_t size) {
    static float x[1 << 16];
    float sum;
    int ends[2], kept = dup(STDERR_FILENO);
    raptors_array out = {.data = &sum, .dtype = RAPTORS_FLOAT32};
    raptors_array small = raptors_vector(RAPTORS_FLOAT32, x, 16),
                  big = raptors_vector(RAPTORS_FLOAT32, x, 1 << 16);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    start_gate(verbose);
    raptors_sum(&small, RAPTORS_ALL_AXES, &out);
    raptors_sum(&big, RAPTORS_ALL_AXES, &out);
    start_gate(false);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t length = read(ends[0], text, size - 1);
    close(ends[0]);
    text[length] = '\0';
    return (size_t)length;
}

static void a_verbose_process_writes_one_line_a_call(void **state) {
    (void)state;
    static char text[1 << 14];
    static const char start[] = "raptors: {\"operation\": \"sum\", \"dtype\": \"float32\"";
    assert_int_equal(lines_of_two_calls(false, text, sizeof text), 0);
    size_t length = lines_of_two_calls(true, text, sizeof text);
    char *second = strchr(text, '\n') + 1;
    assert_memory_equal(text, start, sizeof start - 1);
    assert_memory_equal(second, start, sizeof start - 1);
    assert_ptr_equal(strchr(second, '\n'), text + length - 1);
    assert_non_null(strstr(text, "\"bytes\": 64, "));
    assert_non_null(strstr(second, "\"bytes\": 262144, "));
}

static void modes_that_there_are_not_are_refused(void **state) {
    (void)state;
    assert_int_equal(raptors_telemetry_mode((raptors_mode)3), RAPTORS_ERROR_VALUE);
    assert_int_equal(raptors_telemetry_mode((raptors_mode)-1), RAPTORS_ERROR_VALUE);
    assert_int_equal(raptors_profile_save(NULL), RAPTORS_ERROR_NULL);
    assert_int_equal(raptors_profile_load(NULL), RAPTORS_ERROR_NULL);
    assert_int_equal(raptors_profile_load("/no/such/profile"), RAPTORS_ERROR_IO);
    assert_string_equal(raptors_last_error(), "raptors_profile_load: /no/such/profile: no such file");
}

/* ---- I1: no result depends on a decision ------------------------------------------------------------------ */

enum { MOST = 1 << 18, CALLS = 10000, MINDS = 1000 };

static float *input[2], *output;

static uint64_t hash_of(const float *x, int64_t n) {
    uint64_t h = 14695981039346656037u;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 1099511628211u;
    }
    return h;
}

/* A call of some kind and size; a hash of its result. */
static uint64_t random_call(ts_prng *g) {
    int64_t rows = 1 + ts_below(g, 500), columns = 1 + ts_below(g, MOST / 500);
    raptors_array x = raptors_matrix(RAPTORS_FLOAT32, input[0], rows, columns);
    raptors_array y = raptors_matrix(RAPTORS_FLOAT32, input[1], rows, columns);
    raptors_array out = raptors_matrix(RAPTORS_FLOAT32, output, rows, columns);
    raptors_array line = raptors_vector(RAPTORS_FLOAT32, output, columns),
                  one = {.data = output, .dtype = RAPTORS_FLOAT32};
    switch (ts_below(g, 5)) {
    case 0:
        raptors_sum(&x, RAPTORS_ALL_AXES, &one);
        return hash_of(output, 1);
    case 1:
        raptors_mean(&x, RAPTORS_AXIS(0), &line);
        return hash_of(output, columns);
    case 2:
        raptors_var(&x, RAPTORS_AXIS(0), 1, &line);
        return hash_of(output, columns);
    case 3:
        raptors_scale(&x, 1.25, &out);
        return hash_of(output, rows * columns);
    default:
        raptors_multiply(&x, &y, &out);
        return hash_of(output, rows * columns);
    }
}

/* A random state of mind: each place takes the team or not, in one of the ways there are, and gains by whatever it does,
 * so that neither the ledger nor a busy machine keeps it from doing so. */
static void decide_at_random(ts_prng *g) {
    rp_learner *l = &rp_process_get()->learner;
    rp_decision d = {.alone = 1e3F, .hot = 1e3F, .known = true, .quiet = true};
    rp_ledger_start(&l->ledger); /* what slow calls before have cost is forgotten */
    for (int c = 0; c < RP_CLASSES; c++) {
        for (int b = 0; b < RP_BUCKETS; b++) {
            const int bits = (int)ts_below(g, 8);
            d.team[0] = bits & 1;
            d.team[1] = bits & 2;
            d.alone_arm = bits & 4 ? RP_ARM_alone_plain : RP_ARM_alone;
            d.hot_arm = (uint8_t)(RP_ARM_hot + ts_below(g, RP_ARM_COUNT - RP_ARM_hot));
            l->decided[c][b] = rp_decision_pack(d);
        }
    }
}

/* A hash of the results of CALLS calls; or of the same on 1 to 8 threads, in a thousand states of mind, and the calls
 * that a team did are counted. */
static uint64_t hash_of_all(long *on_teams) {
    ts_prng g = {11}, mind = {13};
    uint64_t all = 0;
    for (int i = 0; i < CALLS; i++) {
        if (on_teams && i % (CALLS / MINDS) == 0) {
            rp_team_pretend(1 + i * 8 / CALLS);
            decide_at_random(&mind);
        }
        all = all * 31 + random_call(&g);
        if (on_teams) {
            *on_teams += rp_last_call_get()->members > 1;
        }
    }
    return all;
}

/* I1, in 1,000 random states in each mode. */
static void no_result_depends_on_what_was_learned(void **state) {
    (void)state;
    ts_prng g = {5};
    for (int k = 0; k < 2; k++) {
        input[k] = malloc(MOST * sizeof(float));
        assert_non_null(input[k]);
        for (int i = 0; i < MOST; i++) {
            input[k][i] = (float)(ts_unit(&g) - 0.3) * 1000;
        }
    }
    output = malloc(MOST * sizeof(float));
    assert_non_null(output);
    raptors_set_threads(1);
    const uint64_t first = hash_of_all(NULL);
    raptors_set_threads(0);
    for (int mode = RAPTORS_LEARN; mode <= RAPTORS_OFF; mode++) {
        long on_teams = 0;
        raptors_telemetry_mode((raptors_mode)mode);
        assert_int_equal(hash_of_all(&on_teams), first);
        printf("%s: %d calls on 1 to 8 threads, %ld of them by a team, the same bits as alone\n",
               rp_mode_name(mode), (int)CALLS, on_teams);
        ts_check(on_teams >= CALLS / 20, "%s: %ld calls by a team", rp_mode_name(mode), on_teams);
    }
    rp_team_pretend(0);
    raptors_telemetry_mode(RAPTORS_LEARN);
    free(input[0]);
    free(input[1]);
    free(output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_the_floor_nothing_is_done),
        cmocka_unit_test(what_asking_costs_is_printed),
        cmocka_unit_test(reports_are_written_as_snprintf_writes),
        cmocka_unit_test(a_verbose_process_writes_one_line_a_call),
        cmocka_unit_test(modes_that_there_are_not_are_refused),
        cmocka_unit_test(no_result_depends_on_what_was_learned),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
