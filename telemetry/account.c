/* account.c -- see account.h.
 * SPDX-License-Identifier: MIT
 */
#include "account.h"

void rp_account_settle(rp_account *c, rp_ledger *l, rp_ignition *g, uint64_t now) {
    const int64_t passed = (int64_t)(now - c->began), gain = (int64_t)c->alone - passed;
    c->began = 0;
    c->ended = now;
    if (passed >= 0 && gain >= 0) {
        rp_ledger_enter(l, gain);
        if (c->in_burst) {
            rp_ignition_team(g, now, gain);
        }
        return;
    }
    c->close = 0;
    c->setbacks = (uint8_t)(c->setbacks + (c->setbacks < RP_MOST_SETBACKS));
    if (passed >= 0 && (uint64_t)passed <= RP_LONGEST) {
        rp_ledger_note_closely(l, gain, false, now);
    }
}
