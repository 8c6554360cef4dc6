/* Folded weights of histories that are smooth over most cells of the table, for plans.
 *
 * weights.c takes the rate and the metallicity at three points of every piece. Where both are smooth over a piece, its edges are enough:
 * the mass of the piece and those of its neighbours give the rate, linear in age, the edges the metallicity, a parabola; means of the
 * hats times powers of age are known beforehand. What is neglected is of third order in the change of the rate over a piece and of
 * fourth in that of the metallicity. Pieces with more than that (near the onset, at kinks, where stars leave their clouds, where the
 * metallicity passes a node of the table) are done as there: both agree to about 1e-7 of the light. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { Q = GAL_CSP_POINTS };
#define STEEP 0.03 /* x^3/72 of a step of 0.1 between nodes: 4e-8 */
#define BENT  1e-5 /* a tenth of it is wrong, of which 1/12 counts: 1e-7 */

/* Arrays over pieces and edges, in c->smooth. */
enum {
    ZE,
    IE,
    FE,
    F0,
    F1,
    F2,
    INV,
    WHOLE,
    OK,
    B00,
    DM = B00 + 4,
    A,
    T = A + 3,
    PSI = T + 3,
    ZP = PSI + 3,
    FA = ZP + 3,
    AGE = FA + 3,
    METAL,
    SIDE
};
_Static_assert((int)SIDE <= (int)GAL_CSP_SMOOTH, "room for all");

static double *row(const gal_csp *c, int i)
{
    return c->smooth + (size_t)i * c->cap;
}

/* Which pieces are whole cells outside the time when stars leave their clouds, and the moments of their hats. */
static void find_cells(gal_csp *c, size_t np, double tau_esc)
{
    const gal_ssp *s = c->ssp;
    size_t nage = s->nage;
    const double *f = c->smooth + GAL_CSP_SMOOTH * c->cap, *iz = row(c, IE);
    double *f0 = row(c, F0), *f1 = row(c, F1), *f2 = row(c, F2), *inv = row(c, INV), *whole = row(c, WHOLE);
    double left = c->sharp ? tau_esc : 2 * tau_esc;
    size_t quenched = c->brk[0] > 0 ? 4 : 0; /* the youngest stars, which are all the light in the ultraviolet */
    for (size_t k = 0; k < np; k++) {
        size_t i = c->cell[k] < nage ? c->cell[k] : 0;
        double lo = c->brk[k], hi = c->brk[k + 1];
        whole[k] = i > 0 && k >= quenched && lo == s->age[i - 1] && hi == s->age[i] && (hi <= tau_esc || lo >= left);
        f0[k] = f[i];
        f1[k] = f[nage + i];
        f2[k] = f[2 * nage + i];
        inv[k] = s->nz > 1 ? c->inv_dz[(size_t)iz[k]] : 0;
    }
}

/* Points of the other pieces, m of them, [q stride + j]. */
static void place_points(gal_csp *c, const uint32_t *list, size_t m, size_t stride, const double *gx)
{
    const double *ages = c->ssp->age;
    size_t nage = c->ssp->nage;
    double *a = row(c, A), *fa = row(c, FA);
    for (size_t j = 0; j < m; j++) {
        size_t k = list[j], i = c->cell[k];
        double lo = c->brk[k], hi = c->brk[k + 1], mid = 0.5 * (lo + hi), half = 0.5 * (hi - lo);
        bool whole = i < nage && hi == ages[i] && lo == (i > 0 ? ages[i - 1] : 0);
        for (size_t q = 0; q < Q; q++) {
            double x = whole ? c->cell_a[q * nage + i] : mid + half * gx[q];
            a[q * stride + j] = x;
            fa[q * stride + j] = whole             ? c->cell_f[q * nage + i]
                                 : i == 0          ? 0
                                 : i == nage       ? 1
                                 : ages[i - 1] > 0 ? -1
                                                   : x / ages[i];
        }
    }
    double *x = c->fold, *ln = x + c->cap, *inv = ln + c->cap, *f = inv + c->cap;
    size_t n = 0;
    for (size_t j = 0; j < m; j++) /* only part of a cell */
        if (fa[j] < 0)
            c->loose[n++] = (uint32_t)j;
    for (size_t q = 0; q < Q; q++) {
        for (size_t e = 0; e < n; e++) {
            size_t j = c->loose[e], i = c->cell[list[j]] - 1;
            x[e] = a[q * stride + j];
            ln[e] = c->lnage[i];
            inv[e] = c->inv_dln[i];
        }
        GAL_KERN_PICK(csp_kern)->hats(n, x, ln, inv, f);
        for (size_t e = 0; e < n; e++)
            fa[q * stride + c->loose[e]] = f[e];
    }
}

/* The older node of cell i is ia + 1. */
static size_t node(const gal_csp *c, size_t i)
{
    size_t nage = c->ssp->nage;
    return i == 0 || nage < 2 ? 0 : i - 1 < nage - 2 ? i - 1 : nage - 2;
}

static void add_points(gal_csp *c, double *w, size_t j, size_t ia, size_t stride, const double *factor)
{
    const double *m = c->m, *fa = row(c, FA), *iz = c->iz, *fz = c->fz;
    for (size_t q = 0; q < Q; q++) {
        size_t at = q * stride + j, zat = c->one_z ? 0 : at;
        double x = m[at] * (factor ? factor[q] : 1), f = fa[at], z = fz[zat];
        csp_add(c, w, (size_t)iz[zat], ia, x * (1 - f) * (1 - z), x * f * (1 - z), x * (1 - f) * z, x * f * z);
    }
}

/* Piece k, the j-th on the list: its points together where they are between the same metallicities. */
static void add_piece(gal_csp *c, size_t k, size_t j, size_t stride, double tau_esc)
{
    size_t ia = node(c, c->cell[k]);
    const double *a = row(c, A), *b = c->fold + j, *iz = c->iz + (c->one_z ? 0 : j);
    double mid = 0.5 * (c->brk[k] + c->brk[k + 1]), eta[Q];
    bool inside = mid < tau_esc;
    for (int r = 0; r < (inside ? 2 : 1); r++) {
        double *w = r ? c->w1 : c->w0;
        if (c->one_z || (iz[0] == iz[stride] && iz[0] == iz[2 * stride]))
            csp_add(c, w, (size_t)iz[0], ia, b[0], b[stride], b[2 * stride], b[3 * stride]);
        else
            add_points(c, w, j, ia, stride, NULL);
    }
    if (!inside && !c->sharp && mid < 2 * tau_esc) {
        for (size_t q = 0; q < Q; q++)
            eta[q] = gal_escape(a[q * stride + j], tau_esc, c->sharp);
        add_points(c, c->w1, j, ia, stride, eta);
    }
}

static inline void add_run(const double *restrict young, const double *restrict old, size_t n, double *restrict w)
{
    for (size_t k = 0; k < n; k++)
        w[k] += young[k];
    for (size_t k = 0; k < n; k++)
        w[k + 1] += old[k];
}

/* Smooth pieces k .. k + n - 1: consecutive cells, the same metallicity nodes. */
static void add_smooth(gal_csp *c, double *w, size_t k, size_t n, size_t iz)
{
    size_t nage = c->ssp->nage, at = c->cell[k] - 1;
    const double *b = row(c, B00);
    for (size_t r = 0; r < (c->ssp->nz > 1 ? 2 : 1); r++) {
        add_run(b + 2 * r * c->cap + k, b + (2 * r + 1) * c->cap + k, n, w + (iz + r) * nage + at);
        if (c->last[iz + r] == 0)
            c->first[iz + r] = (uint32_t)at;
        c->last[iz + r] = (uint32_t)(at + n + 1);
    }
}

static void add_all(gal_csp *c, size_t np, size_t stride, double tau_esc)
{
    const double *ok = row(c, OK), *iz = row(c, IE);
    size_t j = 0;
    for (size_t k = 0; k < np;) {
        if (!(ok[k] > 0)) {
            if (row(c, DM)[j] > 0)
                add_piece(c, k, j, stride, tau_esc);
            j++;
            k++;
            continue;
        }
        size_t e = k + 1;
        bool inside = c->brk[k + 1] <= tau_esc;
        while (e < np && ok[e] > 0 && iz[e] == iz[k] && c->cell[e] == c->cell[e - 1] + 1 &&
               (c->brk[e + 1] <= tau_esc) == inside)
            e++;
        add_smooth(c, c->w0, k, e - k, (size_t)iz[k]);
        if (inside)
            add_smooth(c, c->w1, k, e - k, (size_t)iz[k]);
        k = e;
    }
}

/* Metallicity at the edges, [np + 1]. */
static void edges(gal_csp *c, const gal_history *h, size_t nb)
{
    const gal_ssp *s = c->ssp;
    double *z = row(c, ZE), *iz = row(c, IE), *fz = row(c, FE), one;
    c->one_z = gal_history_one_z(h, &one);
    if (c->one_z)
        z[0] = one;
    else
        gal_history_zgas(h, c->t, nb, z);
    GAL_KERN_PICK(csp_kern)->bracket(c->one_z ? 1 : nb, s->nz, s->z, c->inv_dz, z, iz, fz);
    for (size_t k = 1; c->one_z && k < nb; k++) {
        z[k] = one;
        iz[k] = iz[0];
        fz[k] = fz[0];
    }
}

/* The pieces that are not smooth, by their points: c->m, iz, fz. Returns the stride. */
static size_t other_pieces(gal_csp *c, const gal_history *h, size_t np, double sums[3])
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const double *gw, *gx = gal_gauss_nodes(Q, &gw), *ok = row(c, OK);
    double *dm = row(c, DM), *a = row(c, A), *t = row(c, T), *psi = row(c, PSI), *z = row(c, ZP);
    uint32_t *list = c->side;
    size_t m = 0;
    for (size_t k = 0; k < np; k++)
        if (!(ok[k] > 0)) {
            dm[m] = c->mass[k] - c->mass[k + 1];
            list[m++] = (uint32_t)k;
        }
    size_t stride = (m + 7) & ~(size_t)7;
    place_points(c, list, m, stride, gx);
    for (size_t q = 0; q < Q; q++)
        for (size_t j = m; j < stride; j++)
            a[q * stride + j] = h->age;
    for (size_t j = 0; j < Q * stride; j++)
        t[j] = h->age - a[j];
    gal_history_rate(h, t, Q * stride, psi);
    if (c->one_z)
        z[0] = row(c, ZE)[0];
    else
        gal_history_zgas(h, t, Q * stride, z);
    kern->bracket(c->one_z ? 1 : Q * stride, c->ssp->nz, c->ssp->z, c->inv_dz, z, c->iz, c->fz);
    kern->shares(m, stride, gw, dm, psi, a, c->one_z ? NULL : z, c->m, sums);
    kern->fold(m, stride, c->one_z, c->m, row(c, FA), c->fz, c->fold);
    return stride;
}

static void add_population(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar)
{
    double tq = h->quench, age = h->age, lo = age > tq ? age - tq : 0, smooth[3] = {0, 0, 0}, other[3];
    if (gal_history_at_once(h) || !c->ssp->mass || c->ssp->nage < 3) {
        csp_add_population(c, h, tau_esc, at_zstar);
        return;
    }
    size_t nb = c->nbrk = csp_breakpoints(c, h, lo, tau_esc), np = nb - 1;
    for (size_t k = 0; k < nb; k++)
        c->t[k] = age - c->brk[k];
    gal_history_mass(h, c->t, nb, c->mass);
    edges(c, h, nb);
    find_cells(c, np, tau_esc);
    struct csp_smooth s = {.n = np,
                           .cap = c->cap,
                           .steep = STEEP,
                           .bent = BENT,
                           .b = c->brk,
                           .mass = c->mass,
                           .z = row(c, ZE),
                           .iz = row(c, IE),
                           .fz = row(c, FE),
                           .f0 = row(c, F0),
                           .f1 = row(c, F1),
                           .f2 = row(c, F2),
                           .inv = row(c, INV),
                           .whole = row(c, WHOLE),
                           .ok = row(c, OK),
                           .b00 = row(c, B00),
                           .age = row(c, AGE),
                           .metal = row(c, METAL)};
    s.ok[0] = s.ok[np - 1] = 0;
    GAL_KERN_PICK(csp_kern)->smooth(&s, smooth);
    size_t stride = other_pieces(c, h, np, other);
    c->formed += smooth[0] + other[0];
    c->age_mass += smooth[1] + other[1];
    c->z_mass += c->one_z ? (smooth[0] + other[0]) * row(c, ZE)[0] : smooth[2] + other[2];
    add_all(c, np, stride, tau_esc);
}

void gal_csp_weights_smooth(gal_csp *c, const gal_history *h, double tau_esc)
{
    csp_populations(c, h, tau_esc, false, add_population);
}
