/* fold.c -- walking a reduction.
 * SPDX-License-Identifier: MIT
 *
 * What the kernels cannot read where it lies is packed, block by block, into scratch that stays in the nearest cache.
 * A block holds whole RP_BLOCKs of rows, so packing changes no sum.
 */
#include "fold.h"

enum {
    PACK = RP_GATHER, /* items packed at a time, at most */
    NEAR = 1 << 13,   /* bytes of rows packed at a time: the state stays in the nearest cache beside them */
    WIDE = RP_LANES * RP_NARROW /* columns of a wide state, at most */
};

typedef struct scratch {
    _Alignas(64) double folded[PACK];
    _Alignas(64) double raw[PACK];
    _Alignas(64) double lanes[RP_MOST_FIELDS * WIDE];
} scratch;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* n0 x n1 elements, one after another, in the type that the fold reads. */
static const void *pack(const rp_fold_plan *p, scratch *s, const char *x, int64_t s0, int64_t s1, int64_t n0,
                        int64_t n1) {
    const int64_t apart = s1 == 2 * p->item ? 2 : 1;
    const bool in_lines = s1 == apart * p->item && p->aligned && (s0 == n1 * s1 || n1 >= RP_LANES);
    if (!p->widened) {
        p->kernels->move[p->item == 8](s->folded, n1 * p->item, p->item, x, s0, s1, n0, n1);
    } else if (in_lines) {
        const int64_t lines = s0 == n1 * s1 ? 1 : n0, length = n0 / lines * n1;
        for (int64_t i = 0; i < lines; i++)
            p->kernels->widen[p->in](s->folded + i * length, x + i * s0, apart, length);
    } else {
        p->kernels->move[p->item == 8](s->raw, n1 * p->item, p->item, x, s0, s1, n0, n1);
        p->kernels->widen[p->in](s->folded, s->raw, 1, n0 * n1);
    }
    return s->folded;
}

/* Lanes count rows from 0. */
static void name_rows(const rp_fold_plan *p, void *state, int64_t pitch, int64_t cols, rp_index index) {
    if (p->indexed)
        for (int64_t i = 0; i < cols; i++) {
            int64_t *at = (int64_t *)state + pitch + i;
            *at = index.first + *at * index.step;
        }
}

static rp_index after(rp_index index, int64_t rows) {
    return (rp_index){index.first + rows * index.step, index.step};
}

static void fold_rows(const rp_fold_plan *p, void *state, int64_t pitch, int64_t column, rp_lines x,
                      int64_t rows, int64_t cols, rp_index index) {
    const int64_t step = p->one_by_one ? 1 : rows;
    for (int64_t r = 0; r < rows; r += step) {
        const rp_lines from = {(const char *)x.first + r * x.stride, x.stride, x.apart, x.distance};
        p->fold->rows(state, pitch, column, from, step, cols, after(index, r));
    }
}

/* RP_LANES rows of `cols` columns side by side; rows of x that lie row_stride apart, columns col_stride. */
static void fold_wide(const rp_fold_plan *p, scratch *s, void *state, int64_t pitch, int64_t column,
                      const char *x, int64_t row_stride, int64_t col_stride, int64_t rows, int64_t cols,
                      rp_index index) {
    const int64_t width = RP_LANES * cols, item = p->folded_item;
    const rp_distance distance = p->direct ? p->distance : RP_NEAR; /* packed */
    const int64_t block = p->direct ? rows : PACK / width / RP_BLOCK * RP_BLOCK * RP_LANES;
    p->fold->init(s->lanes, WIDE, width, 0);
    for (int64_t r = 0; r < rows; r += block) {
        const int64_t n = least(block, rows - r), whole = n / RP_LANES, past = n % RP_LANES;
        const char *from = x + r * row_stride;
        const rp_index here = {r / RP_LANES, 1};
        if (!p->direct)
            from = pack(p, s, from, row_stride, col_stride, n, cols);
        fold_rows(p, s->lanes, WIDE, 0, (rp_lines){from, width * item, 1, distance}, whole, width, here);
        if (past)
            p->fold->rows(s->lanes, WIDE, 0, (rp_lines){from + whole * width * item, 0, 1, distance}, 1,
                          past * cols, after(here, whole));
    }
    p->fold->lanes(s->lanes, WIDE, cols);
    name_rows(p, s->lanes, WIDE, cols, index);
    p->fold->merge(state, pitch, column, s->lanes, WIDE, 0, cols);
}

static void fold_packed_run(const rp_fold_plan *p, scratch *s, void *state, int64_t pitch, int64_t column,
                            const char *x, int64_t n, rp_index index) {
    const int64_t stride = p->rows.stride[0];
    if (!p->fold->runs_go_on) {
        fold_wide(p, s, state, pitch, column, x, stride, p->item, n, 1, index);
        return;
    }
    for (int64_t i = 0; i < n; i += PACK) {
        const int64_t m = least(PACK, n - i);
        const void *packed = pack(p, s, x + i * stride, m * stride, stride, 1, m);
        p->fold->runs(state, pitch, column, (rp_lines){packed, 0, 1, RP_NEAR}, 1, m, index);
    }
}

/* Runs that cannot be read where they lie: several at a time where they are short, else each by itself. */
static void fold_packed_runs(const rp_fold_plan *p, scratch *s, void *state, int64_t pitch, const char *x,
                             int64_t n, int64_t cols, rp_index index) {
    const int64_t together = n <= PACK ? PACK / n : 1;
    for (int64_t c = 0; c < cols; c += together) {
        const int64_t m = least(together, cols - c);
        const char *run = x + c * p->cols.stride[0];
        if (n <= PACK) {
            const void *packed = pack(p, s, run, p->cols.stride[0], p->rows.stride[0], m, n);
            p->fold->runs(state, pitch, c, (rp_lines){packed, n * p->folded_item, 1, RP_NEAR}, m, n, index);
        } else {
            fold_packed_run(p, s, state, pitch, c, run, n, index);
        }
    }
}

static void fold_packed_rows(const rp_fold_plan *p, scratch *s, void *state, int64_t pitch, const char *x,
                             int64_t n, int64_t cols, rp_index index) {
    const int64_t rows = least(n, RP_BLOCK), width = NEAR / p->folded_item / rows / RP_LANES * RP_LANES;
    for (int64_t r = 0; r < n; r += rows)
        for (int64_t c = 0; c < cols; c += width) {
            const int64_t m = least(rows, n - r), w = least(width, cols - c);
            const char *from = x + r * p->rows.stride[0] + c * p->cols.stride[0];
            const void *packed = pack(p, s, from, p->rows.stride[0], p->cols.stride[0], m, w);
            fold_rows(p, state, pitch, c, (rp_lines){packed, w * p->folded_item, 1, RP_NEAR}, m, w,
                      after(index, r));
        }
}

/* One piece, for `cols` columns from x on, into the state. */
static void fold_piece(const rp_fold_plan *p, scratch *s, void *state, int64_t pitch, const char *x,
                       int64_t n, int64_t cols, rp_index index) {
    if (p->gather.extent > 1) {
        const int64_t run = p->rows.extent;
        const void *packed = pack(p, s, x, p->gather.stride[0], p->rows.stride[0], n, run);
        p->fold->runs(state, pitch, 0, (rp_lines){packed, 0, 1, RP_NEAR}, 1, n * run, index);
    } else if (p->runs) {
        if (p->direct)
            p->fold->runs(state, pitch, 0, (rp_lines){x, p->cols.stride[0], p->apart, p->distance}, cols, n,
                          index);
        else
            fold_packed_runs(p, s, state, pitch, x, n, cols, index);
    } else if (p->wide) {
        fold_wide(p, s, state, pitch, 0, x, p->rows.stride[0], p->cols.stride[0], n, cols, index);
    } else if (p->direct) {
        fold_rows(p, state, pitch, 0, (rp_lines){x, p->rows.stride[0], p->apart, p->distance}, n, cols,
                  index);
    } else {
        fold_packed_rows(p, s, state, pitch, x, n, cols, index);
    }
}

typedef struct place {
    int64_t first, cols; /* columns of the unit */
    const char *x;       /* its first element */
    char *out;           /* of the first column of all */
} place;

static place place_of(const rp_fold_plan *p, int64_t unit) {
    const int64_t first = unit % p->tiles * p->tile, outer = unit / p->tiles;
    return (place){
        .first = first,
        .cols = least(p->tile, p->cols.extent - first),
        .x = p->kept.data[0] + rp_axes_offset(p->kept.axis, p->kept.ndim, 0, outer) +
             first * p->cols.stride[0],
        .out = p->kept.data[1] + rp_axes_offset(p->kept.axis, p->kept.ndim, 1, outer),
    };
}

typedef struct piece {
    const char *x;
    int64_t n; /* rows, or gathered runs */
    rp_index index;
} piece;

static piece piece_of(const rp_fold_plan *p, const place *at, int64_t number) {
    const rp_axis *along = p->gather.extent > 1 ? &p->gather : &p->rows;
    const int64_t outer = number / p->pieces_along, r = number % p->pieces_along * p->piece;
    return (piece){
        .x = at->x + rp_axes_offset(p->reduced.axis, p->reduced.ndim, 0, outer) + r * along->stride[0],
        .n = least(p->piece, along->extent - r),
        .index = {rp_axes_offset(p->reduced.axis, p->reduced.ndim, RP_INDEX, outer) +
                      r * along->stride[RP_INDEX],
                  p->rows.stride[RP_INDEX]},
    };
}

static void fold_chunk(const rp_fold_plan *p, scratch *s, const place *at, int64_t chunk, void *state) {
    const int64_t from = chunk * p->chunk, to = least(from + p->chunk, p->pieces);
    for (int64_t number = from; number < to; number++) {
        const piece one = piece_of(p, at, number);
        if (number == from)
            p->fold->init(state, p->pitch, at->cols, one.index.first);
        fold_piece(p, s, state, p->pitch, one.x, one.n, at->cols, one.index);
    }
}

/* Two chunks that are a run each, where there are such before `to`, into two columns of a state: kernels read two runs faster
   than one. */
static bool fold_two(const rp_fold_plan *p, const place *at, int64_t chunk, int64_t to, void *state) {
    if (!p->chunks_are_runs || chunk + 1 >= to)
        return false;
    const piece a = piece_of(p, at, chunk), b = piece_of(p, at, chunk + 1);
    if (a.n != b.n)
        return false;
    p->fold->init(state, p->pitch, 2, 0);
    p->fold->runs(state, p->pitch, 0, (rp_lines){a.x, b.x - a.x, p->apart, p->distance}, 2, a.n, a.index);
    return true;
}

/* All chunks, in their order. */
static void fold_chunks(const rp_fold_plan *p, scratch *s, const place *at, void *total) {
    _Alignas(64) char part[RP_STATE_BYTES];
    int64_t chunk = 0;
    if (p->chunks_are_runs)
        p->fold->init(total, p->pitch, at->cols, 0);
    else
        fold_chunk(p, s, at, chunk++, total);
    for (int64_t n; chunk < p->chunks; chunk += n) {
        n = fold_two(p, at, chunk, p->chunks, part) ? 2 : 1;
        if (n == 1)
            fold_chunk(p, s, at, chunk, part);
        for (int64_t i = 0; i < n; i++)
            p->fold->merge(total, p->pitch, 0, part, p->pitch, i, at->cols);
    }
}

/* The results of a unit, one stretch of an output axis at a time. */
static void finish(const rp_fold_plan *p, const place *at, const void *state) {
    const rp_axis *along = &p->parts[p->nparts - 1];
    for (int64_t c = 0, n; c < at->cols; c += n) {
        const int64_t column = at->first + c;
        n = least(along->extent - column % along->extent, at->cols - c);
        p->fold->finish(state, p->pitch, c, n, at->out + rp_axes_offset(p->parts, p->nparts, 1, column),
                        along->stride[1], p->out, p->divisor, p->roots);
    }
}

static void run_shallow(const rp_fold_plan *p, scratch *s, const place *at) {
    const int64_t rows = p->rows.extent;
    const int64_t width = p->direct ? at->cols : PACK / rows / RP_LANES * RP_LANES;
    const int64_t item = p->parts[0].stride[1];
    char *out = at->out + at->first * item;
    for (int64_t c = 0; c < at->cols; c += width) {
        const int64_t w = least(width, at->cols - c);
        const void *from = at->x + c * p->cols.stride[0];
        int64_t stride = p->rows.stride[0];
        if (!p->direct) {
            from = pack(p, s, from, stride, p->cols.stride[0], rows, w);
            stride = w * p->folded_item;
        }
        p->fold->shallow(out + c * item, from, stride, rows, w, p->divisor, p->roots);
    }
}

void rp_fold_run(const rp_fold_plan *p, int64_t from, int64_t to) {
    scratch s;
    _Alignas(64) char total[RP_STATE_BYTES];
    for (int64_t unit = from; unit < to; unit++) {
        const place at = place_of(p, unit);
        if (p->shallow) {
            run_shallow(p, &s, &at);
            continue;
        }
        if (p->chunks == 1)
            fold_chunk(p, &s, &at, 0, total);
        else
            fold_chunks(p, &s, &at, total);
        finish(p, &at, total);
    }
}

size_t rp_fold_state_bytes(const rp_fold_plan *p) {
    return (size_t)(p->fold->fields * p->pitch * 8);
}

void rp_fold_parts(const rp_fold_plan *p, int64_t from, int64_t to, void *states) {
    scratch s;
    _Alignas(64) char two[RP_STATE_BYTES];
    const int64_t bytes = (int64_t)rp_fold_state_bytes(p);
    for (int64_t i = from, n; i < to; i += n) {
        const place at = place_of(p, i / p->chunks);
        const int64_t chunk = i % p->chunks;
        char *state = (char *)states + i * bytes;
        n = fold_two(p, &at, chunk, least(p->chunks, chunk + to - i), two) ? 2 : 1;
        if (n == 1)
            fold_chunk(p, &s, &at, chunk, state);
        for (int64_t k = 0; n == 2 && k < n; k++) {
            p->fold->init(state + k * bytes, p->pitch, at.cols, 0);
            p->fold->merge(state + k * bytes, p->pitch, 0, two, p->pitch, k, at.cols);
        }
    }
}

void rp_fold_join(const rp_fold_plan *p, int64_t unit, const void *states) {
    _Alignas(64) char total[RP_STATE_BYTES];
    const place at = place_of(p, unit);
    const size_t bytes = rp_fold_state_bytes(p);
    const char *state = states;
    p->fold->init(total, p->pitch, at.cols, 0);
    for (int64_t chunk = 0; chunk < p->chunks; chunk++)
        p->fold->merge(total, p->pitch, 0, state + (size_t)chunk * bytes, p->pitch, 0, at.cols);
    finish(p, &at, total);
}
