/* ignition.c -- bursts: what they were worth, and whether this one is worth a team.
 * SPDX-License-Identifier: MIT
 */
#include "ignition.h"

#include <math.h>
#include <string.h>

#include "cell.h"

enum { PAUSE = 2 * 1000 * 1000 }; /* ns between two bursts */

static const float SURE = 1.2F, DOUBTFUL = 3;

static float worth_of(const rp_ignition *g) {
    return (float)atomic_load_explicit(&g->worth, memory_order_relaxed);
}

static bool has_begun(const rp_ignition *g) {
    return atomic_load_explicit(&g->began, memory_order_relaxed);
}

void rp_ignition_call(rp_ignition *g, uint64_t now, float price) {
    uint64_t quiet_since = atomic_load_explicit(&g->quiet_since, memory_order_relaxed);
    if (now < quiet_since || now - quiet_since <= PAUSE) {
        return;
    }
    if (has_begun(g)) {
        if (g->known == RP_BURSTS) {
            memmove(g->bursts, g->bursts + 1, sizeof(float) * (RP_BURSTS - 1));
            g->known--;
        }
        g->bursts[g->known++] = worth_of(g);
    }
    g->forgone += fmaxf(0, g->rent - price);
    g->rent = 0;
    atomic_store_explicit(&g->worth, 0, memory_order_relaxed);
    atomic_store_explicit(&g->began, false, memory_order_relaxed);
}

void rp_ignition_alone(rp_ignition *g, uint64_t now, float length, float gain) {
    rp_ignition_team(g, now + (uint64_t)length, (int64_t)gain);
    g->rent += gain;
}

bool rp_ignition_due(const rp_ignition *g, float price, float gain) {
    if (g->known < 3) {
        return g->rent >= price;
    }
    float usual = rp_median(g->bursts, g->known);
    float expected = has_begun(g) ? usual - worth_of(g) : gain + usual;
    if (expected > SURE * price) {
        return true;
    }
    return g->rent >= (usual < price ? DOUBTFUL * price : price);
}

float rp_ignition_forgone(const rp_ignition *g, float price) {
    return g->forgone + fmaxf(0, g->rent - price);
}

void rp_ignition_pool_made(rp_ignition *g) {
    g->forgone = g->rent = 0;
}
