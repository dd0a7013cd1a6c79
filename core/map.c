/* map.c -- planning and walking an elementwise call.
 * SPDX-License-Identifier: MIT
 *
 * Kernels read rows of items any number of items apart, and repeated scalars, and write items one after another. Whatever else an
 * operand is (turned, misaligned, of short rows) passes through a scratch tile that stays in the nearest cache.
 */
#include "map.h"

#include <string.h>

#include "array.h"

enum {
    SCRATCH = 1 << 14, /* bytes of an operand's tile */
    STRIP = 1 << 11,   /* bytes packed before they are used: so few that reading on overlaps with writing */
    UNIT = 1 << 16,    /* bytes of a unit of direct rows: enough to hide the cost of finding it */
    SHORT_ROW = 64,    /* rows shorter than this are gathered into tiles rather than run one by one */
    TURNED_COLUMNS = 128, /* of a tile that is turned: long stretches here, whole cache lines across */
    LINE = 64             /* bytes that memory moves at a time */
};

static void add_axes(rp_map *m, const raptors_array *a, const raptors_array *b, const raptors_array *out) {
    int64_t as[RAPTORS_MAX_NDIM], bs[RAPTORS_MAX_NDIM];
    rp_broadcast_strides(a, out, as);
    if (b)
        rp_broadcast_strides(b, out, bs);
    rp_nest_start(&m->nest, b ? 3 : 2, out->data, a->data, b ? b->data : NULL);
    for (int k = 0; k < out->ndim; k++)
        rp_nest_add(&m->nest, out->shape[k], (int64_t[]){out->strides[k], as[k], b ? bs[k] : 0}, false);
}

/* Whether the rows of operand k are nearer to each other than the items of a row. */
static bool runs_across(const rp_map *m, int k) {
    const int64_t s0 = m->axis[0].stride[k], s1 = m->axis[1].stride[k];
    return m->axis[0].extent > 1 && s0 != 0 && (s0 < 0 ? -s0 : s0) < (s1 < 0 ? -s1 : s1);
}

static rp_access access_of(const rp_map *m, int k, bool aligned, bool gathered) {
    int64_t s0 = m->axis[0].stride[k], s1 = m->axis[1].stride[k];
    bool row_alone = m->axis[0].extent == 1;
    if (!aligned)
        return RP_PACKED;
    if (s1 == 0 && k > 0)
        return gathered && s0 != 0 ? RP_PACKED : RP_REPEATED;
    if (s1 != m->item && m->axis[1].extent > 1)
        return k > 0 && !gathered && !runs_across(m, k) ? RP_STEPPED : RP_PACKED;
    return gathered && !row_alone && s0 != m->axis[1].extent * m->item ? RP_PACKED : RP_DIRECT;
}

static int64_t step_of(const rp_map *m, int k) {
    return m->access[k] == RP_REPEATED ? 0 : m->access[k] == RP_STEPPED ? m->axis[1].stride[k] / m->item : 1;
}

static void choose_access(rp_map *m, const bool *aligned) {
    const bool gathered = m->axis[1].extent < SHORT_ROW && m->axis[0].extent > 1;
    for (int k = 0; k < m->nest.operands; k++) {
        m->access[k] = access_of(m, k, aligned[k], gathered);
        m->turned |= m->access[k] == RP_PACKED && runs_across(m, k);
    }
    if (m->access[1] == RP_REPEATED && m->access[2] == RP_REPEATED && m->nest.operands == 3)
        m->access[2] = RP_PACKED; /* a kernel repeats one operand at most */
    m->steps = (rp_steps){step_of(m, 1), m->nest.operands == 3 ? step_of(m, 2) : 1};
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Strips of whole rows are whole lines where they can be, and tiles whole strips: what passes the cache does so in lines. */
static void choose_strip(rp_map *m, bool packs) {
    const int64_t lines = LINE / m->item;
    m->strip[0] = m->tile[0];
    m->strip[1] = packs ? m->tile[1] : m->axis[1].extent;
    if (!packs || m->turned)
        return;
    m->strip[1] = least(m->tile[1], STRIP / m->item);
    m->strip[0] = least(m->tile[0], STRIP / m->item / m->strip[1]);
    m->strip[0] -= m->strip[0] > lines ? m->strip[0] % lines : 0;
    m->tile[0] -= m->tile[0] % m->strip[0];
}

static void choose_tile(rp_map *m) {
    const int64_t n0 = m->axis[0].extent, n1 = m->axis[1].extent;
    bool packs = false;
    for (int k = 0; k < m->nest.operands; k++)
        packs |= m->access[k] == RP_PACKED;
    const int64_t room = (m->turned ? SCRATCH : UNIT) / m->item;
    m->tile[1] = least(n1, m->turned ? TURNED_COLUMNS : room);
    m->tile[0] = least(n0, room / m->tile[1]);
    choose_strip(m, packs);
    m->whole = true;
    for (int k = 0; k < m->nest.operands; k++) {
        int64_t s0 = m->axis[0].stride[k], s1 = m->axis[1].stride[k];
        bool follows = m->tile[1] == n1 && s0 == n1 * s1;
        m->whole &=
            m->tile[0] == 1 || m->access[k] == RP_PACKED || (m->access[k] == RP_REPEATED ? s0 == 0 : follows);
    }
    m->units = 1;
    for (int k = 0; k < 2; k++) {
        m->grid[k] = (m->axis[k].extent + m->tile[k] - 1) / m->tile[k];
        m->units *= m->grid[k];
    }
    for (int k = 0; k < m->nest.ndim; k++)
        m->units *= m->nest.axis[k].extent;
}

void rp_map_plan(rp_map *m, const rp_kernels *kernels, int op, const raptors_array *a, const raptors_array *b,
                 const raptors_array *out) {
    static const rp_axis none = {.extent = 1};
    bool aligned[RP_MAX_OPERANDS];
    m->kernels = kernels;
    m->map2 = b ? kernels->map2[op][out->dtype] : 0;
    m->map1 = b ? 0 : kernels->map1[op][out->dtype];
    m->item = rp_itemsize(out->dtype);
    m->turned = false;
    m->how = 0;
    m->asks = false;
    m->whole = true; /* an empty call is described too */
    for (int k = 0; k < RP_MAX_OPERANDS; k++)
        m->access[k] = RP_DIRECT;
    add_axes(m, a, b, out);
    if (m->nest.empty) {
        m->units = 0;
        return;
    }
    rp_nest_arrange(&m->nest, false);
    for (int k = 0; k < m->nest.operands; k++)
        aligned[k] = rp_nest_aligned(&m->nest, k, m->item);
    m->axis[1] = m->nest.ndim ? rp_nest_take(&m->nest, m->nest.ndim - 1) : none;
    m->axis[0] = m->nest.ndim ? rp_nest_take(&m->nest, m->nest.ndim - 1) : none;
    choose_access(m, aligned);
    choose_tile(m);
    m->copies = !b && op == RP_MAP1_copy;
    m->moves = m->copies && (m->access[0] == RP_PACKED || m->access[1] == RP_PACKED);
}

/* ---- walking ----------------------------------------------------------------------------------------- */

/* What the scratch tiles hold: the same short row repeated, `rows` times or fewer, is packed once. */
typedef struct tiles {
    _Alignas(64) char scratch[RP_MAX_OPERANDS][SCRATCH];
    const char *held[RP_MAX_OPERANDS];
    int64_t rows[RP_MAX_OPERANDS];
} tiles;

static void move_plane(const rp_map *m, char *dst, const int64_t *d, const char *src, const int64_t *s,
                       int64_t n0, int64_t n1) {
    m->kernels->move[m->item == 8](dst, d[0], d[1], src, s[0], s[1], n0, n1);
}

static const char *pack(const rp_map *m, tiles *t, int k, const char *p, int64_t n0, int64_t n1) {
    const int64_t s[2] = {m->axis[0].stride[k], m->axis[1].stride[k]};
    if (s[0] == 0 && t->held[k] == p && t->rows[k] >= n0 && m->grid[1] == 1)
        return t->scratch[k];
    move_plane(m, t->scratch[k], (int64_t[]){n1 * m->item, m->item}, p, s, n0, n1);
    t->held[k] = p;
    t->rows[k] = n0;
    return t->scratch[k];
}

static void call(const rp_map *m, char *const *p, int64_t n) {
    /* the C library knows ways to copy that no kernel has; out may be x */
    if (m->copies && !(m->how & RP_STREAM) && m->steps.a == 1)
        memmove(p[0], p[1], (size_t)(n * m->item));
    else if (m->map2)
        m->map2(p[0], p[1], p[2], n, m->steps, m->how);
    else
        m->map1(p[0], p[1], n, m->steps.a, m->how);
}

/* As much of a row again as a strip has of it, before it is wanted: hardware does not see that stretches this short will go
   on. Behind the row's end this is no fault. */
static void ask_beyond(const char *row, int64_t bytes) {
    for (int64_t b = bytes; b < 2 * bytes; b += LINE)
        __builtin_prefetch((const void *)((uintptr_t)row + (uintptr_t)b));
}

static void call_rows(const rp_map *m, char **p, const int64_t *step, int64_t n0, int64_t n1) {
    const bool asks = m->asks && !(m->how & RP_STREAM);
    for (int64_t i = 0; i < n0; i++) {
        call(m, p, n1);
        if (asks)
            ask_beyond(p[0], n1 * m->item);
        for (int k = 0; k < m->nest.operands; k++)
            p[k] += step[k];
    }
}

static void run_strip(const rp_map *m, tiles *t, char *const *at, int64_t n0, int64_t n1) {
    char *p[RP_MAX_OPERANDS];
    int64_t step[RP_MAX_OPERANDS];
    const int64_t s[2] = {m->axis[0].stride[0], m->axis[1].stride[0]};
    if (m->moves) {
        for (int64_t i = 0; m->asks && i < n0; i++)
            ask_beyond(at[0] + i * s[0], n1 * m->item);
        move_plane(m, at[0], s, at[1], (int64_t[]){m->axis[0].stride[1], m->axis[1].stride[1]}, n0, n1);
        return;
    }
    for (int k = 0; k < m->nest.operands; k++) {
        bool packed = m->access[k] == RP_PACKED;
        step[k] = packed ? n1 * m->item : m->axis[0].stride[k];
        p[k] = !packed ? at[k] : k == 0 ? t->scratch[0] : (char *)(uintptr_t)pack(m, t, k, at[k], n0, n1);
    }
    if (m->whole)
        call(m, p, n0 * n1);
    else
        call_rows(m, p, step, n0, n1);
    if (m->access[0] == RP_PACKED)
        move_plane(m, at[0], s, t->scratch[0], (int64_t[]){n1 * m->item, m->item}, n0, n1);
}

/* Rows of a strip that are left out of a tile's first one, so that the next begins with a line of the output. */
static int64_t rows_left_out(const rp_map *m, const char *out) {
    const int64_t row = m->axis[1].extent * m->item;
    int64_t rows = m->strip[0];
    if (!(m->how & RP_STREAM) || !m->whole || m->strip[0] == m->tile[0])
        return 0;
    while (rows > m->strip[0] - LINE / m->item && ((uintptr_t)out + (uintptr_t)(rows * row)) % LINE != 0)
        rows--;
    return rows > 0 ? m->strip[0] - rows : 0;
}

/* n0 x n1 elements from `at` on, strip by strip. */
static void run_strips(const rp_map *m, tiles *t, char *const *at, int64_t n0, int64_t n1) {
    int64_t rows = m->strip[0] - rows_left_out(m, at[0]);
    for (int64_t i = 0; i < n0; i += rows, rows = m->strip[0])
        for (int64_t j = 0; j < n1; j += m->strip[1]) {
            char *from[RP_MAX_OPERANDS];
            for (int k = 0; k < m->nest.operands; k++)
                from[k] = at[k] + i * m->axis[0].stride[k] + j * m->axis[1].stride[k];
            run_strip(m, t, from, least(rows, n0 - i), least(m->strip[1], n1 - j));
        }
}

/* Units from this one on that are one stretch of a row: the kernel takes them as one run, as every new run costs. */
static int64_t units_in_a_row(const rp_map *m, int64_t unit, int64_t to) {
    return m->tile[0] == 1 ? least(to - unit, m->grid[1] - unit % m->grid[1]) : 1;
}

void rp_map_run(const rp_map *m, int64_t from, int64_t to) {
    tiles t;
    for (int k = 0; k < RP_MAX_OPERANDS; k++)
        t.held[k] = 0;
    for (int64_t unit = from, n; unit < to; unit += n) {
        const int64_t j = unit % m->grid[1] * m->tile[1], rest = unit / m->grid[1];
        const int64_t i = rest % m->grid[0] * m->tile[0], outer = rest / m->grid[0];
        char *at[RP_MAX_OPERANDS];
        for (int k = 0; k < m->nest.operands; k++)
            at[k] = m->nest.data[k] + rp_axes_offset(m->nest.axis, m->nest.ndim, k, outer) +
                    i * m->axis[0].stride[k] + j * m->axis[1].stride[k];
        n = units_in_a_row(m, unit, to);
        run_strips(m, &t, at, least(m->tile[0], m->axis[0].extent - i),
                   least(n * m->tile[1], m->axis[1].extent - j));
    }
    if (m->how & RP_STREAM)
        m->kernels->settle();
}
