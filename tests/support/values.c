/* values.c -- hard inputs for every type.
 * SPDX-License-Identifier: MIT
 */
#include "values.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *const ts_flavour_names[TS_FLAVOURS] = {"plain", "wild", "ties", "near one"};

static double sign(ts_prng *g) {
    return ts_next(g) & 1 ? 1.0 : -1.0;
}

/* C leaves the order of draws within an expression to the compiler: each stands in a statement of its own. */
static double scaled(ts_prng *g, double least, int exponents, int lowest) {
    double s = sign(g), unit = ts_unit(g);
    int exponent = (int)ts_below(g, exponents) + lowest;
    return s * ldexp(least + unit, exponent);
}

static double wild_float(raptors_dtype t, ts_prng *g) {
    int single = t == RAPTORS_FLOAT32;
    int64_t kind = ts_below(g, 24), steps = 1 + ts_below(g, 1000);
    double s = sign(g);
    switch (kind) {
    case 0:
        return NAN;
    case 1:
        return s * INFINITY;
    case 2:
    case 3:
        return s * 0.0;
    case 4:
        return s * (single ? FLT_TRUE_MIN : DBL_TRUE_MIN) * (double)steps;
    case 5:
        return s * (single ? FLT_MAX : DBL_MAX);
    case 6:
        return s * (single ? FLT_MIN : DBL_MIN);
    default:
        return scaled(g, 1, single ? 250 : 2000, single ? -125 : -1000);
    }
}

static double any_float(raptors_dtype t, ts_flavour flavour, ts_prng *g) {
    if (flavour == TS_WILD)
        return wild_float(t, g);
    if (flavour == TS_PLAIN)
        return scaled(g, 0, 17, -8);
    double s = sign(g);
    return flavour == TS_TIES ? s * (double)ts_below(g, 3) : s * (1 + (ts_unit(g) - 0.5) * 0x1p-6);
}

static int64_t any_integer(int bits, ts_flavour flavour, ts_prng *g) {
    static const int64_t extremes[] = {INT64_MIN, INT64_MAX, INT64_MIN + 1, -1, 0, 1};
    int64_t whole = (int64_t)ts_next(g) >> (64 - bits);
    switch (flavour) {
    case TS_PLAIN:
        return whole;
    case TS_WILD:
        return ts_below(g, 3) ? whole : extremes[ts_below(g, 6)] / (bits == 64 ? 1 : (int64_t)1 << 32);
    case TS_TIES:
        return ts_below(g, 5) - 2;
    default:
        return ts_next(g) & 1 ? 1 : -1;
    }
}

void ts_write(void *p, raptors_dtype t, ts_flavour flavour, ts_prng *g) {
    float f;
    double d;
    int32_t i;
    int64_t l;
    switch (t) {
    case RAPTORS_FLOAT32:
        f = (float)any_float(t, flavour, g);
        memcpy(p, &f, sizeof f);
        break;
    case RAPTORS_FLOAT64:
        d = any_float(t, flavour, g);
        memcpy(p, &d, sizeof d);
        break;
    case RAPTORS_INT32:
        i = (int32_t)any_integer(32, flavour, g);
        memcpy(p, &i, sizeof i);
        break;
    default:
        l = any_integer(64, flavour, g);
        memcpy(p, &l, sizeof l);
    }
}

double ts_read(const void *p, raptors_dtype t) {
    switch (t) {
#define RP_TYPE(suffix, ENUM, ctype, name)                                                                   \
    case RAPTORS_##ENUM: {                                                                                   \
        ctype value;                                                                                         \
        memcpy(&value, p, sizeof value);                                                                     \
        return (double)value;                                                                                \
    }
#include "types.def"
    }
    return NAN;
}

void ts_canonical(void *p, raptors_dtype t) {
    float f;
    double d;
    if (t == RAPTORS_FLOAT32) {
        memcpy(&f, p, sizeof f);
        f = isnan(f) ? NAN : f;
        memcpy(p, &f, sizeof f);
    }
    if (t == RAPTORS_FLOAT64) {
        memcpy(&d, p, sizeof d);
        d = isnan(d) ? NAN : d;
        memcpy(p, &d, sizeof d);
    }
}
