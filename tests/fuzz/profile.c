/* profile.c -- fuzzes the profile: what is believed is in range and can be written and read again, what is
 * not believed has changed nothing.
 * SPDX-License-Identifier: MIT
 *
 * First byte odd: the rest is the whole file. Even: the rest is its lines between the key and the
 * checksum, which are made right, so that mutations reach the lines.
 */
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define must(condition) ((condition) ? (void)0 : abort())

/* ---- in place of the real learner, whose reset walks megabytes ----------------------------------------- */

static int locked;

void rp_learner_lock(rp_learner *l) {
    (void)l;
    must(!locked);
    locked = 1;
}

void rp_learner_unlock(rp_learner *l) {
    (void)l;
    must(locked);
    locked = 0;
}

void rp_learner_reset(rp_learner *l) {
    must(locked);
    for (int c = 0; c < RP_CLASSES; c++)
        if (l->classes[c].seen > 0)
            memset(l->places[c], 0, sizeof l->places[c]);
    memset(l->classes, 0, sizeof l->classes);
    l->region = (rp_region_costs){.hot = 1000, .cold = 100000, .first = 200000};
}

/* ---- a profile made of lines --------------------------------------------------------------------------- */

static uint32_t crc_of(const char *text, size_t length) {
    uint32_t crc = ~UINT32_C(0);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        uint32_t differs = (crc ^ (uint32_t)((unsigned char)text[bit / 8] >> bit % 8)) & 1;
        crc = (crc >> 1) ^ (differs ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

/* The first two lines, as the library writes them: the same each time. */
static size_t put_head(rp_process *p, char *text) {
    static char head[RP_PROFILE_MOST];
    static size_t length;
    if (length == 0) {
        rp_profile_write(p, head);
        const char *key = strchr(head, '\n') + 1;
        length = (size_t)(strchr(key, '\n') + 1 - head);
    }
    memcpy(text, head, length);
    return length;
}

static size_t put_whole(rp_process *p, char *text, const uint8_t *lines, size_t size) {
    size_t used = put_head(p, text);
    memcpy(text + used, lines, size);
    used += size;
    return used + (size_t)sprintf(text + used, "end %08x\n", crc_of(text, used));
}

/* ---- what must hold ------------------------------------------------------------------------------------ */

static void check_cell(const rp_cell *c) {
    must(c->batches <= 1);
    must(c->batches == 0 || (c->median >= 0.01F && c->median <= 100));
}

static void check_learner(const rp_learner *l) {
    const rp_region_costs *r = &l->region;
    must(r->hot >= 100 && r->hot <= 1e7F && r->cold >= 2 * r->hot && r->cold <= 2e7F && r->first >= 100 &&
         r->first <= 1e7F);
    for (int c = 0; c < RP_CLASSES; c++) {
        const rp_class *k = &l->classes[c];
        if (k->seen == 0)
            continue;
        must(k->slope >= 1e-4F && k->slope <= 100 && k->seen == RP_FIRST_CALLS);
        for (int b = 0; b < RP_BUCKETS; b++)
            for (int arm = 0; arm < RP_ARM_COUNT; arm++)
                check_cell(&l->places[c][b].arm[arm]);
    }
}

static void write_and_read(rp_process *p) {
    static char text[RP_PROFILE_MOST + 1];
    size_t length = rp_profile_write(p, text);
    must(length <= RP_PROFILE_MOST);
    text[length] = '\0';
    must(rp_profile_read(p, text, length) == NULL);
    check_learner(&p->learner);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static rp_process process = {.facts = {.usable = 2, .machine = "one of a kind"}, .backend = "scalar"};
    static rp_class before[RP_CLASSES];
    if (size == 0 || size > 2 * RP_PROFILE_MOST)
        return 0;
    static char room[3 * RP_PROFILE_MOST];
    size_t length = size - 1;
    if (bytes[0] % 2)
        memcpy(room, bytes + 1, length);
    else
        length = put_whole(&process, room, bytes + 1, length);
    char *text = malloc(length + 1); /* so that a byte read beyond it shows */
    must(text != NULL);
    memcpy(text, room, length);
    text[length] = '\0';
    rp_region_costs region = process.learner.region;
    memcpy(before, process.learner.classes, sizeof before);
    if (rp_profile_read(&process, text, length) == NULL) {
        check_learner(&process.learner);
        write_and_read(&process);
    } else {
        must(memcmp(before, process.learner.classes, sizeof before) == 0);
        must(region.hot == process.learner.region.hot && region.cold == process.learner.region.cold);
    }
    must(!locked);
    free(text);
    return 0;
}
