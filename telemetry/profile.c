/* profile.c -- the profile's text: written, and believed whole or not at all.
 * SPDX-License-Identifier: MIT
 */
#include "profile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "place.h"

enum {
    MOST_CELLS = 4096,
    LINE = 96,     /* more than the longest line but that of the key */
    END_LINE = 13, /* "end 01234567\n" */
    MOST_DIGITS = 10
};

static const char MAGIC[] = "raptors-profile 1\n";
static const float LEAST_RATIO = 0.01F, MOST_RATIO = 100;
static const float LEAST_REGION = 100, MOST_REGION = 1e7F; /* ns */
static const float LEAST_SLOPE = 1e-4F, MOST_SLOPE = 100;  /* ns a byte */

static uint32_t crc32_of(const char *text, size_t length) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)text[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

typedef struct writer {
    char *text;
    size_t used;
} writer;

/* False where the line might leave no room for the end. */
static __attribute__((format(printf, 2, 3))) bool put(writer *w, const char *format, ...) {
    size_t room = RP_PROFILE_MOST - w->used;
    if (room < LINE + END_LINE) {
        return false;
    }
    va_list values;
    va_start(values, format);
    int n = vsnprintf(w->text + w->used, room, format, values);
    va_end(values);
    if (n < 0 || (size_t)n >= room - END_LINE) {
        return false;
    }
    w->used += (size_t)n;
    return true;
}

static void key_of(rp_process *p, char key[512]) {
    const char *backend = atomic_load_explicit(&p->backend, memory_order_relaxed);
    snprintf(key, 512, "%d.%d.%d, %s, %d CPUs usable, %s", RAPTORS_VERSION_MAJOR, RAPTORS_VERSION_MINOR,
             RAPTORS_VERSION_PATCH, backend ? backend : "?", p->facts.usable,
             p->facts.machine ? p->facts.machine : "?");
}

static bool put_cells(writer *w, rp_learner *l, int class_index, int bucket) {
    const rp_place *place = &l->places[class_index][bucket];
    for (int arm = 0; arm < RP_ARM_COUNT; arm++) {
        const rp_cell *c = &place->arm[arm];
        if (c->batches > 0 &&
            !put(w, "cell %d %s %lld %d\n", bucket, rp_arm_name((rp_arm)arm),
                 (long long)(rp_cell_today(l, c, (rp_arm)arm) * 1000 + 0.5F), (int)c->batches)) {
            return false;
        }
    }
    return true;
}

static bool put_class(writer *w, rp_learner *l, int class_index) {
    const rp_class *k = &l->classes[class_index];
    if (k->seen < RP_FIRST_CALLS) {
        return true;
    }
    float slope = atomic_load_explicit(&k->slope, memory_order_relaxed);
    bool room = put(w, "class %s %s %s %lld\n", rp_call_name(rp_class_op(class_index)),
                    rp_type_name(rp_class_dtype(class_index)), rp_layout_name(rp_class_layout(class_index)),
                    (long long)(slope * 1e6F + 0.5F));
    for (int b = 0; room && b < RP_BUCKETS; b++) {
        room = put_cells(w, l, class_index, b);
    }
    return room;
}

size_t rp_profile_write(rp_process *p, char text[RP_PROFILE_MOST]) {
    writer w = {.text = text};
    char key[512];
    rp_learner *l = &p->learner;
    key_of(p, key);
    put(&w, "%skey %s\n", MAGIC, key);
    rp_learner_lock(l);
    put(&w, "region %lld %lld %lld\n", (long long)l->region.hot, (long long)l->region.cold,
        (long long)l->region.first);
    for (int c = 0; c < RP_CLASSES && put_class(&w, l, c); c++) {
    }
    rp_learner_unlock(l);
    int n = snprintf(text + w.used, RP_PROFILE_MOST - w.used, "end %08x\n", crc32_of(text, w.used));
    return w.used + (size_t)n;
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

typedef struct reader {
    const char *at, *end;
} reader;

static bool take_text(reader *r, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, text, length) != 0) {
        return false;
    }
    r->at += length;
    return true;
}

/* A number without sign or leading zeros, then `after`. */
static bool take_number(reader *r, long long *value, char after) {
    const char *start = r->at;
    long long v = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < MOST_DIGITS) {
        v = v * 10 + (*r->at++ - '0');
    }
    bool good = r->at > start && (*start != '0' || r->at == start + 1) && r->at < r->end && *r->at == after;
    r->at += good;
    *value = v;
    return good;
}

/* A word of a list, then a space. */
static bool take_name(reader *r, int (*number_of)(const char *), int *number) {
    char name[32];
    size_t n = 0;
    while (r->at < r->end && *r->at != ' ' && *r->at != '\n' && n < sizeof name - 1) {
        name[n++] = *r->at++;
    }
    name[n] = '\0';
    *number = number_of(name);
    return *number >= 0 && take_text(r, " ");
}

static float clamped(float value, float least, float most) {
    return value < least ? least : value > most ? most : value;
}

/* What the lines say; `apply` says whether it is for real. */
typedef struct content {
    rp_learner *l;
    bool apply;
    int class_index; /* of the last class line; -1: none */
    int cells;
} content;

static bool read_class(content *c, reader *r) {
    int op, dtype, layout;
    long long slope;
    if (!take_name(r, rp_call_number, &op) || !take_name(r, rp_type_number, &dtype) ||
        !take_name(r, rp_layout_number, &layout) || !take_number(r, &slope, '\n')) {
        return false;
    }
    c->class_index = rp_class_of((rp_call_op)op, (raptors_dtype)dtype, (rp_layout)layout);
    if (c->apply) {
        rp_class *k = &c->l->classes[c->class_index];
        k->seen = RP_FIRST_CALLS;
        k->least = clamped((float)slope / 1e6F, LEAST_SLOPE, MOST_SLOPE);
        atomic_store_explicit(&k->slope, k->least, memory_order_relaxed);
    }
    return true;
}

static bool read_cell(content *c, reader *r) {
    long long bucket, ratio, batches;
    int arm;
    if (c->class_index < 0 || ++c->cells > MOST_CELLS || !take_number(r, &bucket, ' ') ||
        bucket >= RP_BUCKETS || !take_name(r, rp_arm_number, &arm) || !take_number(r, &ratio, ' ') ||
        !take_number(r, &batches, '\n') || batches < 1 || batches > RP_CELL_BATCHES) {
        return false;
    }
    if (c->apply) {
        rp_cell *cell = &c->l->places[c->class_index][bucket].arm[arm];
        rp_cell_assume(cell, clamped((float)ratio / 1000, LEAST_RATIO, MOST_RATIO));
        cell->level = 1;
        c->l->places[c->class_index][bucket].doubted = RP_FIRST_CALLS;
    }
    return true;
}

static bool read_region(content *c, reader *r) {
    long long hot, cold, first;
    if (!take_text(r, "region ") || !take_number(r, &hot, ' ') || !take_number(r, &cold, ' ') ||
        !take_number(r, &first, '\n')) {
        return false;
    }
    if (c->apply) {
        c->l->region.hot = clamped((float)hot, LEAST_REGION, MOST_REGION);
        c->l->region.cold = clamped((float)cold, 2 * c->l->region.hot, 2 * MOST_REGION);
        c->l->region.first = clamped((float)first, LEAST_REGION, MOST_REGION);
    }
    return true;
}

static bool read_lines(content *c, reader r) {
    if (!read_region(c, &r)) {
        return false;
    }
    while (r.at < r.end) {
        bool good = take_text(&r, "class ") ? read_class(c, &r) : take_text(&r, "cell ") && read_cell(c, &r);
        if (!good) {
            return false;
        }
    }
    return true;
}

/* The words that readers load, by what the cells now say. */
static void judge_all(rp_learner *l) {
    for (int c = 0; c < RP_CLASSES; c++) {
        for (int b = 0; l->classes[c].seen > 0 && b < RP_BUCKETS; b++) {
            if (l->places[c][b].doubted > 0) {
                rp_judge(l, (rp_spot){c, b});
            }
        }
    }
}

const char *rp_profile_read(rp_process *p, const char *text, size_t length) {
    char key[512], end[END_LINE + 1];
    if (length > RP_PROFILE_MOST) {
        return "larger than 64 KiB";
    }
    reader r = {text, text + length};
    if (!take_text(&r, MAGIC)) {
        return "not a profile of this version";
    }
    if (length < sizeof MAGIC + END_LINE || memchr(text, '\0', length)) {
        return "not whole";
    }
    r.end -= END_LINE;
    snprintf(end, sizeof end, "end %08x\n", crc32_of(text, length - END_LINE));
    if (memcmp(r.end, end, END_LINE) != 0) {
        return "not whole, or its checksum is wrong";
    }
    key_of(p, key);
    if (!take_text(&r, "key ") || !take_text(&r, key) || !take_text(&r, "\n")) {
        return "of another machine, library or setting";
    }
    content c = {.l = &p->learner, .class_index = -1};
    if (!read_lines(&c, r)) {
        return "with a line that makes no sense";
    }
    rp_learner_lock(&p->learner);
    rp_learner_reset(&p->learner);
    c = (content){.l = &p->learner, .class_index = -1, .apply = true};
    read_lines(&c, r);
    judge_all(&p->learner);
    rp_learner_unlock(&p->learner);
    return NULL;
}
