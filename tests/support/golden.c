/* golden.c -- the recorded tables of tests/golden.
 * SPDX-License-Identifier: MIT
 */
#include "golden.h"
#include "catalog.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ts_golden ts_golden_open(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/%s", RP_SOURCE_DIR, name);
    ts_golden g = {.file = fopen(path, "r"), .text = malloc(TS_GOLDEN_LINE)};
    if (!g.file || !g.text) {
        fprintf(stderr, "cannot read %s\n", path);
        abort();
    }
    return g;
}

int ts_golden_next(ts_golden *g) {
    do {
        g->line++;
        if (!fgets(g->text, TS_GOLDEN_LINE, g->file)) {
            fclose(g->file);
            free(g->text);
            return 0;
        }
    } while (g->text[0] == '#');
    g->words = 0;
    for (char *word = strtok(g->text, " \n"); word && g->words < TS_GOLDEN_WORDS; word = strtok(NULL, " \n"))
        g->word[g->words++] = word;
    return 1;
}

const char *ts_golden_value(const ts_golden *g, const char *key) {
    size_t n = strlen(key);
    for (int i = 0; i < g->words; i++)
        if (!strncmp(g->word[i], key, n))
            return g->word[i] + n;
    return NULL;
}

raptors_dtype ts_golden_dtype(const char *name) {
    int t = 0;
    while (t < RP_TYPE_COUNT && strcmp(ts_types[t].name, name) != 0)
        t++;
    return (raptors_dtype)t;
}

static const char *parse_value(raptors_dtype t, const char *text, void *p) {
    float f = NAN;
    double d = NAN;
    char *end = NULL;
    uint64_t bits = strtoull(text, &end, 16);
    uint32_t low = (uint32_t)bits;
    int wide = ts_types[t].size == 8;
    if (!strncmp(text, "nan", 3)) {
        memcpy(p, wide ? (void *)&d : (void *)&f, wide ? sizeof d : sizeof f);
        return text + 3;
    }
    memcpy(p, wide ? (void *)&bits : (void *)&low, wide ? sizeof bits : sizeof low);
    return end;
}

const char *ts_golden_values(raptors_dtype t, const char *text, int64_t count, void *values) {
    char *p = values;
    for (int64_t i = 0; i < count; i++, p += ts_types[t].size) {
        text = parse_value(t, text, p);
        text += *text == ',';
    }
    return text;
}

raptors_array ts_golden_array(raptors_dtype t, const char *described) {
    raptors_array x = {.dtype = t};
    int64_t count = 1, stride = ts_types[t].size;
    const char *p = described;
    while (*p != ':' && *p != '-') {
        char *end;
        count *= x.shape[x.ndim++] = strtoll(p, &end, 10);
        p = end + (*end == ',');
    }
    for (int k = x.ndim - 1; k >= 0; stride *= x.shape[k--])
        x.strides[k] = stride;
    x.data = malloc((size_t)(count * ts_types[t].size + 1));
    if (!x.data)
        abort();
    ts_golden_values(t, strchr(described, ':') + 1, count, x.data);
    return x;
}

double ts_golden_number(const char *bits) {
    double number;
    ts_golden_values(RAPTORS_FLOAT64, bits, 1, &number);
    return number;
}
