/* Folded weights of histories that are smooth over most cells of the table, for plans.
 *
 * weights.c cuts the age axis for every history and takes three points of every piece. Here the pieces are the cells of the table, which do
 * not change: points and hats are made once, and two points a cell are enough where both agree with the mass that the closed form says the
 * cell has - for a rate that changes by e^k over a cell the rule is wrong by k^4/4320 in the mass, which is not taken from it, and by
 * k^3/1080 in how the mass is shared by the two ages, which hardly differ; metallicity and the share in clouds add a square to
 * the mass over a cell (gal_csp.bend). Cells where it is not so, where the history has a kink, where
 * stars leave their clouds or the metallicity passes a node of the table, and those at both ends are done as there, in pieces: both agree to
 * about 1e-7 of the light. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { Q = GAL_CSP_POINTS, P = GAL_CSP_PAIR };
#define AGREE  3e-9  /* of the mass of a cell: k = 0.06 */
#define ROUNDS 1e-15 /* of all mass: what is lost in the difference of two masses */
#define EVEN   0.017 /* of both rates, k = 0.06: where less than that formed, they tell alone */
#define LEAVES 0.008 /* of both rates; twice that of the way between two metallicities: where stars leave clouds */
#define STEEP  0.01  /* of both rates, times the way between two metallicities: both change near the onset */

/* Arrays over cells, then over pieces, in c->smooth. */
enum {
    T,
    PSI = T + P,
    Z = PSI + P,
    IZ = Z + P,
    FZ = IZ + P,
    M = FZ + P,
    OK = M + P,
    OUT,
    FORMED = OUT + 4,
    LO,
    HI,
    DM,
    FA,
    SIDE = FA + Q
};
_Static_assert((int)SIDE <= (int)GAL_CSP_SMOOTH, "room for all");

static double *row(const gal_csp *c, int i)
{
    return c->smooth + (size_t)i * c->cap;
}

/* The cells of a history: first .. first + n - 1 are whole, between its youngest and its oldest stars. */
typedef struct cells {
    size_t first, n, stride, ncut, npiece;
    double lo, age, tau;
    size_t inside, leave, gone; /* the first `inside` of them in clouds, leave .. gone - 1 where stars leave them */
} cells;

/* ------------------------------------------------------------------ whole cells */
static size_t count_below(const double *x, size_t n, double v, bool equal)
{
    if (v < x[0] || (!equal && v == x[0]))
        return 0;
    size_t i = n > 1 && v < x[n - 1] ? gal_search(x, n, v) : n - 1;
    return i + (equal || x[i] < v ? 1 : 0);
}

/* Cells with a kink, or where stars begin or cease to leave their clouds, are not taken whole. */
static void exclude(gal_csp *c, const cells *e, double age)
{
    const double *ages = c->ssp->age;
    size_t j = count_below(ages, c->ssp->nage, age, true); /* ages at or below: the cell */
    if (j >= e->first && j < e->first + e->n && ages[j - 1] < age)
        c->whole[j] = 0;
}

static void find_cells(gal_csp *c, const gal_history *h, cells *e)
{
    const double *ages = c->ssp->age;
    size_t nage = c->ssp->nage, end = count_below(ages, nage, e->age, true);
    e->first = count_below(ages, nage, e->lo, false) + 1; /* its younger edge is at or above lo */
    e->n = end > e->first ? end - e->first : 0;
    e->stride = (e->n + 7) & ~(size_t)7;
    if (e->n == 0)
        return;
    GAL_KERN_PICK(csp_kern)->pair_fill(e->n, 1, c->whole + e->first);
    for (size_t i = 0; e->lo > 0 && i < 4 && i < e->n; i++) /* the youngest are all the light in the ultraviolet */
        c->whole[e->first + i] = 0;
    size_t nkink = gal_history_breaks(h, c->a);
    for (size_t i = 0; i < nkink; i++)
        exclude(c, e, e->age - c->a[i]);
    e->inside = e->leave = e->gone = 0;
    if (!(e->tau > 0))
        return;
    exclude(c, e, e->tau);
    const double *edge = ages + e->first; /* older edges */
    e->inside = count_below(edge, e->n, e->tau, true);
    if (!c->sharp) {
        exclude(c, e, 2 * e->tau);
        e->leave = count_below(edge - 1, e->n, e->tau, false);
        e->gone = count_below(edge, e->n, 2 * e->tau, true);
    }
}

/* What formed in the cells, rates and metallicities at the points; the history's own way, which cancels nothing, or by its functions:
 * the mass formed before the edges is then in c->mass. */
static bool evaluate(gal_csp *c, const gal_history *h, const cells *e)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const double age = e->age;
    size_t n = e->n + 1, nage = c->ssp->nage, m = P * e->stride;
    double *t = c->t, *at = row(c, T), *z = row(c, Z), *iz = row(c, IZ), *fz = row(c, FZ);
    const gal_history_cells all = {.n = e->stride,
                                   .step = nage,
                                   .stride = e->stride,
                                   .a = c->pair_a + e->first,
                                   .width = c->width + e->first,
                                   .psi = row(c, PSI),
                                   .z = z,
                                   .mass = row(c, FORMED)};
    bool once = gal_history_in_cells(h, &all);
    if (!once) {
        kern->pair_times(n, age, c->ssp->age + e->first - 1, t);
        gal_history_mass(h, t, n, c->mass);
        kern->pair_formed(e->n, c->mass, all.mass);
        for (size_t q = 0; q < P; q++) {
            kern->pair_times(e->n, age, c->pair_a + q * nage + e->first, at + q * e->stride);
            kern->pair_fill(e->stride - e->n, 0, at + q * e->stride + e->n);
        }
        gal_history_rate(h, at, m, all.psi);
    }
    c->one_z = gal_history_one_z(h, z);
    if (!c->one_z && !once)
        gal_history_zgas(h, at, m, z);
    for (size_t q = 0; q < P && once; q++)
        kern->pair_fill(e->stride - e->n, z[q * e->stride + e->n - 1], z + q * e->stride + e->n);
    if (once) /* a cell with less than ROUNDS of all is not worth pieces */
        kern->pair_fill(e->n, h->formed, at);
    kern->bracket(c->one_z ? 1 : m, c->ssp->nz, c->ssp->z, c->inv_dz, z, iz, fz);
    if (c->one_z) {
        kern->pair_fill(m - 1, z[0], z + 1);
        kern->pair_fill(m - 1, iz[0], iz + 1);
        kern->pair_fill(m - 1, fz[0], fz + 1);
    }
    return once;
}

static inline void widen(gal_csp *c, size_t iz, size_t from, size_t to)
{
    if (c->last[iz] == 0 || from < c->first[iz])
        c->first[iz] = (uint32_t)from;
    if (to > c->last[iz])
        c->last[iz] = (uint32_t)to;
}

/* Cells from .. to - 1 of those that are whole, b[4][stride] to their nodes; in runs between the same metallicities. */
static void add_cells(gal_csp *c, const cells *e, const double *b, size_t from, size_t to, double *w)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    size_t nage = c->ssp->nage;
    const double *iz = row(c, IZ);
    for (size_t i = from, j; i < to; i = j) {
        for (j = i + 1; j < to && iz[j] == iz[i]; j++)
            ;
        size_t at = e->first + i - 1, z = (size_t)iz[i];
        for (size_t r = 0; r < (c->ssp->nz > 1 ? 2 : 1); r++) {
            kern->pair_add(j - i, b + 2 * r * e->stride + i, b + (2 * r + 1) * e->stride + i, w + (z + r) * nage + at);
            widen(c, z + r, at, at + j - i + 1);
        }
    }
}

/* Of opaque clouds one sees what has left them, all stars less those inside: a small difference. Cells in which rate or metallicity change while
 * stars leave are not taken whole, nor those where both change much. */
static void exclude_changes(gal_csp *c, const cells *e)
{
    const double *p0 = row(c, PSI), *p1 = p0 + e->stride, *f0 = row(c, FZ), *f1 = f0 + e->stride;
    for (size_t i = 0; i < e->n; i++)
        if (fabs((p1[i] - p0[i]) * (f1[i] - f0[i])) > STEEP * (p0[i] + p1[i]))
            c->whole[e->first + i] = 0;
    for (size_t i = e->leave; i < e->gone; i++)
        if (fabs(p1[i] - p0[i]) > LEAVES * (p0[i] + p1[i]) || fabs(f1[i] - f0[i]) > 2 * LEAVES)
            c->whole[e->first + i] = 0;
}

/* What is still in clouds of the n cells where stars leave them: the share that is, is linear in age. Its slope times that of the mass is a
 * square more than `pair_fold` sees: to the older node with the hat's curvature, and with the slopes of hat and metallicity what two points
 * miss of a fourth power (1/5 - 1/9). */
static void leave_clouds(gal_csp *c, const cells *e, size_t n)
{
    const double missed = 1. / 5 - 1. / 9;
    size_t nage = c->ssp->nage, s = e->stride, at = e->leave;
    const double *a = c->pair_a + e->first + at, *fa = c->pair_f + e->first + at, *bend = c->bend + e->first + at;
    const double *fz = row(c, FZ) + at;
    double *m = row(c, M) + at, *out = row(c, OUT) + at, *square = row(c, LO);
    for (size_t i = 0; i < n; i++)
        square[i] = (m[s + i] - m[i]) * (a[i] - a[nage + i]) / e->tau;
    for (size_t q = 0; q < P; q++)
        for (size_t i = 0; i < n; i++)
            m[q * s + i] *= 2 - a[q * nage + i] / e->tau;
    GAL_KERN_PICK(csp_kern)->pair_fold(n, s, nage, m, fa, fz, bend, out);
    for (size_t i = 0; i < n; i++) {
        double z = 0.5 * (fz[i] + fz[s + i]), old = square[i] * bend[i];
        double both = 1.125 * missed * square[i] * (fz[s + i] - fz[i]) * (fa[nage + i] - fa[i]);
        out[i] += both - old * (1 - z);
        out[s + i] += old * (1 - z) - both;
        out[2 * s + i] -= old * z + both;
        out[3 * s + i] += old * z + both;
    }
}

static void whole_cells(gal_csp *c, const cells *e, bool once, double sums[3])
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    size_t nage = c->ssp->nage, n = e->leave < e->gone ? e->gone - e->leave : 0;
    const double *a = c->pair_a + e->first, *fa = c->pair_f + e->first, *fz = row(c, FZ), *bend = c->bend + e->first;
    double *m = row(c, M), *out = row(c, OUT);
    const struct csp_pair s = {.n = e->n,
                               .stride = e->stride,
                               .step = nage,
                               .agree = AGREE,
                               .rounds = ROUNDS,
                               .even = once ? INFINITY : EVEN,
                               .first = c->ssp->z[0],
                               .last = c->ssp->z[c->ssp->nz - 1],
                               .mass = once ? row(c, T) : c->mass,
                               .formed = row(c, FORMED),
                               .width = c->width + e->first,
                               .psi = row(c, PSI),
                               .iz = row(c, IZ),
                               .fz = fz,
                               .a = a,
                               .z = row(c, Z),
                               .whole = c->whole + e->first,
                               .m = m,
                               .ok = row(c, OK)};
    exclude_changes(c, e);
    kern->pair(&s, sums);
    kern->pair_fold(e->n, e->stride, nage, m, fa, fz, bend, out);
    add_cells(c, e, out, 0, e->n, c->w0);
    add_cells(c, e, out, 0, e->inside, c->w1);
    if (n == 0)
        return;
    leave_clouds(c, e, n);
    add_cells(c, e, out, e->leave, e->gone, c->w1);
}

/* ------------------------------------------------------------------ the others, in pieces */
/* From age lo to hi: pieces of that cell. *cut: those behind are above lo. */
static void put_pieces(gal_csp *c, cells *e, size_t *cut, size_t cell, double lo, double hi)
{
    while (*cut < e->ncut && c->kink[*cut] <= lo)
        ++*cut;
    for (bool more = true; more;) {
        more = *cut < e->ncut && c->kink[*cut] < hi;
        double end = more ? c->kink[*cut] : hi;
        *cut += more;
        if (!(end > lo))
            continue;
        size_t j = e->npiece++;
        c->side[j] = (uint32_t)cell;
        row(c, LO)[j] = lo;
        row(c, HI)[j] = end;
        lo = end;
    }
}

/* Pieces with mass, by the masses formed before their ends. */
static void list_pieces(gal_csp *c, const gal_history *h, cells *e)
{
    const double *edge = c->ssp->age + e->first - 1, *ok = row(c, OK);
    double *lo = row(c, LO), *hi = row(c, HI), *t = c->t, *mass = c->psi;
    size_t cut = 0, n = e->n, m = 0;
    put_pieces(c, e, &cut, e->first - 1, e->lo, edge[0]);
    for (size_t i = 0; i < n; i++)
        if (!(ok[i] > 0))
            put_pieces(c, e, &cut, e->first + i, edge[i], edge[i + 1]);
    put_pieces(c, e, &cut, e->first + n, edge[n], e->age);
    for (size_t j = 0; j < e->npiece; j++) { /* each end once */
        if (j == 0 || lo[j] != hi[j - 1])
            t[m++] = e->age - lo[j];
        t[m++] = e->age - hi[j];
    }
    gal_history_mass(h, t, m, mass);
    m = 0;
    n = e->npiece;
    e->npiece = 0;
    for (size_t j = 0; j < n; j++) {
        m += j == 0 || lo[j] != hi[j - 1];
        double dm = mass[m - 1] - mass[m];
        m++;
        /* m - 1 is now the older end of this piece, the younger one of the next where they touch */
        if (!(dm > 0))
            continue;
        size_t k = e->npiece++;
        c->side[k] = c->side[j];
        row(c, DM)[k] = dm;
        lo[k] = lo[j];
        hi[k] = hi[j];
    }
}

/* Points of the pieces, [q stride + j], and their hats. */
static void place_points(gal_csp *c, size_t m, size_t stride, const double *gx)
{
    const double *ages = c->ssp->age, *lo = row(c, LO), *hi = row(c, HI);
    size_t nage = c->ssp->nage, n = 0;
    double *fa = row(c, FA), *x = c->fold, *ln = x + c->cap, *inv = ln + c->cap, *f = inv + c->cap;
    for (size_t q = 0; q < Q; q++)
        for (size_t j = 0; j < m; j++)
            c->a[q * stride + j] = 0.5 * (lo[j] + hi[j]) + 0.5 * (hi[j] - lo[j]) * gx[q];
    for (size_t j = 0; j < m; j++) {
        size_t i = c->side[j];
        if (i > 0 && i < nage && ages[i - 1] > 0)
            c->loose[n++] = (uint32_t)j;
        else
            for (size_t q = 0; q < Q; q++)
                fa[q * stride + j] = i == 0 ? 0 : i == nage ? 1 : c->a[q * stride + j] / ages[i];
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = c->side[c->loose[i]] - 1;
        ln[i] = c->lnage[k];
        inv[i] = c->inv_dln[k];
    }
    for (size_t q = 0; q < Q; q++) {
        for (size_t i = 0; i < n; i++)
            x[i] = c->a[q * stride + c->loose[i]];
        GAL_KERN_PICK(csp_kern)->hats(n, x, ln, inv, f);
        for (size_t i = 0; i < n; i++)
            fa[q * stride + c->loose[i]] = f[i];
    }
}

/* b[4] to the nodes of metallicities iz, iz + 1 and ages ia, ia + 1 */
static void add_nodes(gal_csp *c, double *w, size_t iz, size_t ia, double b00, double b01, double b10, double b11)
{
    size_t nage = c->ssp->nage, at = iz * nage + ia;
    w[at] += b00;
    w[at + 1] += b01;
    widen(c, iz, ia, ia + 2);
    if (b10 == 0 && b11 == 0)
        return;
    w[at + nage] += b10;
    w[at + nage + 1] += b11;
    widen(c, iz + 1, ia, ia + 2);
}

static void add_points(gal_csp *c, double *w, size_t j, size_t ia, size_t stride, const double *factor)
{
    const double *fa = row(c, FA);
    for (size_t q = 0; q < Q; q++) {
        size_t at = q * stride + j, zat = c->one_z ? 0 : at;
        double x = c->m[at] * (factor ? factor[q] : 1), f = fa[at], z = c->fz[zat];
        add_nodes(c, w, (size_t)c->iz[zat], ia, x * (1 - f) * (1 - z), x * f * (1 - z), x * (1 - f) * z, x * f * z);
    }
}

/* Piece j: its points together where they are between the same metallicities. */
static void add_piece(gal_csp *c, size_t j, size_t stride, double tau_esc)
{
    size_t i = c->side[j], nage = c->ssp->nage, ia = i == 0 ? 0 : i - 1 < nage - 2 ? i - 1 : nage - 2;
    const double *b = c->fold + j, *iz = c->iz + (c->one_z ? 0 : j);
    double mid = 0.5 * (row(c, LO)[j] + row(c, HI)[j]), eta[Q];
    bool inside = mid < tau_esc;
    for (int r = 0; r < (inside ? 2 : 1); r++) {
        double *w = r ? c->w1 : c->w0;
        if (c->one_z || (iz[0] == iz[stride] && iz[0] == iz[2 * stride]))
            add_nodes(c, w, (size_t)iz[0], ia, b[0], b[stride], b[2 * stride], b[3 * stride]);
        else
            add_points(c, w, j, ia, stride, NULL);
    }
    if (!inside && !c->sharp && mid < 2 * tau_esc) {
        for (size_t q = 0; q < Q; q++)
            eta[q] = gal_escape(c->a[q * stride + j], tau_esc, c->sharp);
        add_points(c, c->w1, j, ia, stride, eta);
    }
}

static void pieces(gal_csp *c, const gal_history *h, const cells *e, double sums[3])
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const double *gw, *gx = gal_gauss_nodes(Q, &gw);
    size_t m = e->npiece, stride = (m + 7) & ~(size_t)7;
    double one = row(c, Z)[0];
    place_points(c, m, stride, gx);
    for (size_t q = 0; q < Q; q++)
        for (size_t j = m; j < stride; j++)
            c->a[q * stride + j] = e->age;
    kern->pair_times(Q * stride, e->age, c->a, c->t);
    gal_history_rate(h, c->t, Q * stride, c->psi);
    if (c->one_z)
        c->z[0] = one;
    else
        gal_history_zgas(h, c->t, Q * stride, c->z);
    kern->bracket(c->one_z ? 1 : Q * stride, c->ssp->nz, c->ssp->z, c->inv_dz, c->z, c->iz, c->fz);
    kern->shares(m, stride, gw, row(c, DM), c->psi, c->a, c->one_z ? NULL : c->z, c->m, sums);
    kern->fold(m, stride, c->one_z, c->m, row(c, FA), c->fz, c->fold);
    for (size_t j = 0; j < m; j++)
        add_piece(c, j, stride, e->tau);
}

static void add_population(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar)
{
    cells e = {.lo = h->age > h->quench ? h->age - h->quench : 0, .age = h->age, .tau = tau_esc};
    double whole[3], other[3];
    bool few = gal_history_at_once(h) || !c->ssp->mass || c->ssp->nage < 3;
    if (!few)
        find_cells(c, h, &e);
    if (few || e.n == 0) {
        csp_add_population(c, h, tau_esc, at_zstar);
        return;
    }
    e.ncut = csp_cuts(c, h, e.lo, tau_esc);
    bool once = evaluate(c, h, &e);
    whole_cells(c, &e, once, whole);
    list_pieces(c, h, &e);
    pieces(c, h, &e, other);
    c->nbrk = 0;
    c->formed += whole[0] + other[0];
    c->age_mass += whole[1] + other[1];
    c->z_mass += c->one_z ? (whole[0] + other[0]) * c->z[0] : whole[2] + other[2];
}

void gal_csp_weights_smooth(gal_csp *c, const gal_history *h, double tau_esc)
{
    csp_populations(c, h, tau_esc, false, add_population);
    size_t in_clouds = tau_esc > 0 ? count_below(c->ssp->age, c->ssp->nage, tau_esc, true) : 0;
    c->inside = in_clouds > 1 ? in_clouds - 2 : 0;
}
