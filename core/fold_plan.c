/* fold_plan.c -- which axes of a reduction run through kernels, and where it is cut.
 * SPDX-License-Identifier: MIT
 */
#include "array.h"
#include "fold.h"

static const rp_axis none = {.extent = 1};

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static int64_t most(int64_t a, int64_t b) {
    return a > b ? a : b;
}
static int64_t pieces_of(int64_t n, int64_t size) {
    return (n + size - 1) / size;
}

static int innermost(const rp_nest *n, bool reduced) {
    int k = n->ndim - 1;
    while (k >= 0 && n->axis[k].reduced != reduced)
        k--;
    return k;
}

static rp_axis take_innermost_reduced(rp_nest *n) {
    int k = innermost(n, true);
    return k < 0 ? none : rp_nest_take(n, k);
}

/* Axes that x has as one and the output as several count as one, so that the output's strides decide nothing. */
static int64_t columns_ending_at(const rp_nest *n, int k) {
    int64_t columns = n->axis[k].extent;
    for (; n->axis[k].continues; k--)
        columns *= n->axis[k - 1].extent;
    return columns;
}

static void take_columns(rp_fold_plan *p, rp_nest *n, int k) {
    p->cols = p->parts[0] = none;
    p->nparts = 1;
    if (k < 0)
        return;
    const int64_t columns = columns_ending_at(n, k);
    int first = k;
    while (n->axis[first].continues)
        first--;
    p->nparts = k - first + 1;
    for (int i = 0; i < p->nparts; i++)
        p->parts[i] = rp_nest_take(n, first);
    p->cols = p->parts[p->nparts - 1];
    p->cols.extent = columns;
}

/* The longest kept axis, where the innermost axes are too short to work along. */
static int longest_kept(const rp_nest *n) {
    int best = innermost(n, false);
    for (int k = best; k >= 0; k--)
        if (!n->axis[k].reduced && columns_ending_at(n, k) > columns_ending_at(n, best))
            best = k;
    return best;
}

/* Gathered runs are one run to the kernel, so their indices must follow one another. */
static bool may_gather(const rp_fold_plan *p, const rp_nest *n) {
    const int k = innermost(n, true);
    return !p->indexed ||
           (k >= 0 && n->axis[k].stride[RP_INDEX] == p->rows.extent * p->rows.stride[RP_INDEX]);
}

static void choose_axes(rp_fold_plan *p, rp_nest *n, rp_fold_op op) {
    const bool sums = op == RP_FOLD_sum, moments = op == RP_FOLD_moments;
    const int last = n->ndim - 1, kept = innermost(n, false);
    const int64_t few = moments ? RP_SHORT_MOMENTS : RP_SHORT;
    p->runs = last >= 0 && n->axis[last].reduced && (kept < 0 || n->axis[last].extent >= few);
    p->gather = none;
    p->rows = take_innermost_reduced(n);
    if (p->runs && kept < 0 && p->rows.extent < RP_GATHER / 8 && may_gather(p, n))
        p->gather = take_innermost_reduced(n);
    int columns = innermost(n, false);
    if (!p->runs && kept >= 0 && p->rows.extent < RP_SHORT && columns_ending_at(n, columns) < RP_NARROW)
        columns = longest_kept(n);
    take_columns(p, n, columns);
    /* Few columns cannot keep the machine busy with trees alone, so float64 sums are compensated row by row there. */
    p->one_by_one = sums && !p->runs && p->cols.extent < RP_NARROW && p->folded == RAPTORS_FLOAT64;
    p->wide = !p->runs && p->cols.extent < RP_NARROW && p->rows.extent >= RP_SHORT;
}

static void choose_pieces(rp_fold_plan *p) {
    int64_t along = p->rows.extent, size = 1, outer = 1;
    if (p->gather.extent > 1) {
        along = p->gather.extent;
        p->piece = RP_GATHER / p->rows.extent;
        size = RP_CHUNK / RP_GATHER;
    } else if (p->runs) {
        p->piece = least(along, RP_CHUNK);
        size = RP_CHUNK / p->piece;
    } else {
        int64_t rows = pieces_of(pieces_of(RP_CHUNK, p->cols.extent), RP_CHUNK_ROWS) * RP_CHUNK_ROWS;
        p->piece = least(along, rows);
        size = rows / p->piece;
    }
    for (int k = 0; k < p->reduced.ndim; k++)
        outer *= p->reduced.axis[k].extent;
    p->pieces_along = pieces_of(along, p->piece);
    p->pieces = outer * p->pieces_along;
    p->chunk = size;
    p->chunks = pieces_of(p->pieces, size);
}

/* Columns of a unit: as many as the state has room for, fewer where members would stand idle. */
static void choose_units(rp_fold_plan *p, int members) {
    enum { FEWEST = 64 };
    const int64_t room = RP_STATE / 8 / p->fold->fields / RP_LANES * RP_LANES;
    const int64_t share = pieces_of(pieces_of(p->cols.extent, members), RP_LANES) * RP_LANES;
    p->tiles = pieces_of(p->cols.extent, least(room, most(share, FEWEST)));
    p->tile = pieces_of(pieces_of(p->cols.extent, p->tiles), RP_LANES) * RP_LANES;
    p->pitch = p->tile + RP_STATE_GAP;
    p->units = p->tiles;
    for (int k = 0; k < p->kept.ndim; k++)
        p->units *= p->kept.axis[k].extent;
}

/* In how many items from one element to the next the kernel can read x where it lies; 0: it cannot. */
static int64_t apart_as_read(const rp_fold_plan *p) {
    const rp_axis *along = p->runs ? &p->rows : &p->cols;
    const int64_t item = p->item;
    if (p->widened || !p->aligned || p->gather.extent > 1)
        return 0;
    if (p->wide && p->rows.stride[0] != p->cols.extent * item)
        return 0;
    if (along->stride[0] == item || along->extent == 1)
        return 1;
    if (along->stride[0] == -item && p->runs && p->indexed)
        return -1;
    return along->stride[0] == 2 * item && !p->wide ? 2 : 0;
}

static void choose_fold(rp_fold_plan *p, const rp_fold_call *call, raptors_dtype in, raptors_dtype out,
                        double count) {
    /* int64 could not hold the sums that means of int64 are made of; float64 holds most of what a total cannot. */
    const bool divided = call->op == RP_FOLD_sum && call->divides && in == RAPTORS_INT64;
    p->op = divided && count < RP_EXACT_COUNT ? RP_FOLD_total : call->op;
    const bool inexact = call->op == RP_FOLD_moments || (divided && p->op != RP_FOLD_total);
    p->in = in;
    p->out = out;
    p->item = rp_itemsize(in);
    p->widened = in != RAPTORS_FLOAT64 && (inexact ? in != RAPTORS_FLOAT32 : false);
    p->widened |= in == RAPTORS_FLOAT32 && out == RAPTORS_FLOAT64;
    p->folded = p->widened ? RAPTORS_FLOAT64 : in;
    p->fold = &p->kernels->fold[p->op][p->folded];
    p->folded_item = rp_itemsize(p->folded);
    p->indexed = call->indexed;
    p->roots = call->roots;
}

/* Whether the kernel that skips the state serves: one short block of rows, and results that lie as it writes them. */
static bool can_be_shallow(const rp_fold_plan *p) {
    const int64_t item = rp_itemsize(p->out);
    const raptors_dtype of_integers = p->op == RP_FOLD_total ? RAPTORS_FLOAT64 : RAPTORS_INT64;
    const bool own = p->out == p->folded || p->out == of_integers;
    return p->fold->shallow && own && p->apart != 2 && !p->one_by_one && !p->runs && !p->wide &&
           p->pieces == 1 && p->rows.extent < RP_BLOCK && p->nparts == 1 && p->cols.stride[1] == item &&
           rp_nest_aligned(&p->kept, 1, item);
}

void rp_fold_plan_make(rp_fold_plan *p, const rp_kernels *kernels, const rp_fold_call *call,
                       const raptors_array *x, raptors_axes axes, const raptors_array *out, int members) {
    int64_t out_strides[RAPTORS_MAX_NDIM], place = 1;
    rp_nest n;
    double count = 1;
    rp_axis axis[RAPTORS_MAX_NDIM];
    rp_reduced_strides(x, axes, out, out_strides);
    for (int k = x->ndim - 1; k >= 0; k--) {
        const bool reduced = rp_axes_of(x, axes) & RAPTORS_AXIS(k);
        axis[k] = (rp_axis){x->shape[k],
                            {x->strides[k], out_strides[k], reduced && call->indexed ? place : 0},
                            reduced,
                            false};
        count *= reduced ? (double)x->shape[k] : 1;
        place *= reduced ? x->shape[k] : 1;
    }
    rp_nest_start(&n, 3, x->data, out->data, x->data);
    for (int k = 0; k < x->ndim; k++)
        rp_nest_add(&n, axis[k].extent, axis[k].stride, axis[k].reduced);
    p->kernels = kernels;
    choose_fold(p, call, x->dtype, out->dtype, count);
    p->divisor = !call->divides ? 1 : count > call->ddof ? count - call->ddof : 0;
    rp_nest_arrange(&n, call->indexed);
    p->aligned = rp_nest_aligned(&n, 0, p->item);
    choose_axes(p, &n, call->op);
    rp_nest_start(&p->kept, 3, n.data[0], n.data[1], n.data[2]);
    rp_nest_start(&p->reduced, 3, n.data[0], n.data[1], n.data[2]);
    for (int k = 0; k < n.ndim; k++)
        rp_nest_add(n.axis[k].reduced ? &p->reduced : &p->kept, n.axis[k].extent, n.axis[k].stride, false);
    choose_pieces(p);
    choose_units(p, members);
    p->apart = apart_as_read(p);
    p->direct = p->apart != 0;
    p->chunks_are_runs = p->runs && p->direct && !p->indexed && p->chunk == 1 && p->cols.extent == 1;
    p->distance = RP_CACHED;
    p->shallow = can_be_shallow(p);
}
