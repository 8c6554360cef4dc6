/* Exact folded weights.
 *
 * The age range [0, age] is cut at the SSP ages, at the kinks of the escape function (tau_esc, 2 tau_esc), at quenching, at the
 * kinks of the history (edges of bins, bursts, nodes of a table), and at log-spaced times since the onset (where histories rise
 * steeply). In each piece the mass is the difference of the closed-form cumulative mass; a 3-point Gauss rule, weighted with psi, only
 * distributes it over age, metallicity and escape. So sum w0 = M(age) holds to rounding whatever the quadrature does.
 *
 * Most pieces are whole cells of the table, whose points and hats are made once. Arrays hold point q of piece k at [q cap + k], so that
 * every step runs over pieces side by side (csp_kern.c); what is left to a loop of its own is to add the results to the weights. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { NLOG = GAL_CSP_TEN, NEXTRA = NLOG + 2, Q = GAL_CSP_POINTS };

/* Points and hats of cell i + 1, between ages i and i + 1; cell 0 is below the first age. */
static void prepare_cells(gal_csp *c)
{
    const gal_ssp *s = c->ssp;
    const double *gw, *gw2, *gx = gal_gauss_nodes(Q, &gw), *px = gal_gauss_nodes(GAL_CSP_PAIR, &gw2);
    size_t n = s->nage;
    for (size_t i = 0; i < n; i++) {
        double lo = i > 0 ? s->age[i - 1] : 0, hi = s->age[i], mid = 0.5 * (lo + hi), half = 0.5 * (hi - lo);
        double mean = 0, tilt = 0, square = 0;
        c->width[i] = hi - lo;
        for (size_t q = 0; q < Q; q++) {
            double a = c->cell_a[q * n + i] = mid + half * gx[q];
            double f = c->cell_f[q * n + i] = i == 0              ? 0
                                              : s->age[i - 1] > 0 ? (log(a) - c->lnage[i - 1]) * c->inv_dln[i - 1]
                                                                  : a / s->age[i];
            mean += 0.5 * gw[q] * f;
            tilt += 0.5 * gw[q] * f * gx[q];
            square += 0.5 * gw[q] * f * gx[q] * gx[q];
        }
        c->bend[i] = 1.5 * (square - mean / 3);
        for (size_t q = 0; q < GAL_CSP_PAIR; q++) { /* as if the hat were linear, with the same moments */
            c->pair_a[q * n + i] = mid + half * px[q];
            c->pair_f[q * n + i] = mean + 3 * tilt * px[q];
        }
    }
}

gal_status gal_csp_init(gal_csp *c, const gal_ssp *ssp, double logu, size_t nbreak)
{
    gal_status st = GAL_OK;
    *c = (gal_csp){.ssp = ssp, .cap = (ssp->nage + NEXTRA + nbreak + 2 + 7) & ~(size_t)7};
    size_t nw = ssp->nz * ssp->nage, cap = c->cap;
    c->w0 = GAL_NEWN(double, nw);
    c->w1 = GAL_NEWN(double, nw);
    c->first = GAL_NEWN(uint32_t, 4 * ssp->nz);
    c->last = c->first + ssp->nz;
    c->had = c->last + ssp->nz;
    c->lnage = GAL_NEWN(double, ssp->nage);
    c->inv_dln = GAL_NEWN(double, ssp->nage);
    c->inv_dz = GAL_NEWN(double, ssp->nz);
    c->cell_a = GAL_NEWN(double, (2 * (Q + GAL_CSP_PAIR) + 3) * ssp->nage);
    c->cell_f = c->cell_a + Q * ssp->nage;
    c->pair_a = c->cell_f + Q * ssp->nage;
    c->pair_f = c->pair_a + GAL_CSP_PAIR * ssp->nage;
    c->width = c->pair_f + GAL_CSP_PAIR * ssp->nage;
    c->bend = c->width + ssp->nage;
    c->whole = c->bend + ssp->nage;
    c->kink = GAL_NEWN(double, nbreak + NEXTRA + 1);
    c->brk = GAL_NEWN(double, (2 + 12 * Q) * cap);
    c->smooth = GAL_NEWN(double, GAL_CSP_SMOOTH *cap);
    c->cell = GAL_NEWN(uint32_t, 3 * cap);
    c->col = GAL_NEWN(const float *, 2 * nw);
    c->colw = GAL_NEWN(double, 2 * nw);
    c->row = GAL_NEWN(uint32_t, 2 * nw + 8);
    c->roww = GAL_NEWN(float, 2 * nw + 8);
    if (!c->w0 || !c->w1 || !c->first || !c->lnage || !c->inv_dln || !c->inv_dz || !c->cell_a || !c->kink || !c->brk ||
        !c->smooth || !c->cell || !c->col || !c->colw || !c->row || !c->roww)
        GAL_TRY(GAL_ENOMEM);
    c->mass = c->brk + cap;
    double **point[] = {&c->a, &c->fa, &c->t, &c->psi, &c->z, &c->m, &c->iz, &c->fz};
    for (size_t i = 0; i < sizeof point / sizeof *point; i++)
        *point[i] = c->brk + (2 + Q * i) * cap;
    c->fold = c->brk + (2 + Q * 8) * cap; /* 4 sums, and as many for lists of points */
    c->loose = c->cell + cap;
    c->side = c->loose + cap;
    for (size_t i = 0; i < ssp->nage; i++)
        c->lnage[i] = ssp->age[i] > 0 ? log(ssp->age[i]) : -INFINITY;
    for (size_t i = 0; i + 1 < ssp->nage; i++)
        c->inv_dln[i] = ssp->age[i] > 0 ? 1 / (c->lnage[i + 1] - c->lnage[i]) : 0;
    for (size_t i = 0; i + 1 < ssp->nz; i++)
        c->inv_dz[i] = 1 / (ssp->z[i + 1] - ssp->z[i]);
    prepare_cells(c);
    if (ssp->nu > 1) {
        c->iu = gal_search(ssp->logu, ssp->nu, logu);
        double f = (logu - ssp->logu[c->iu]) / (ssp->logu[c->iu + 1] - ssp->logu[c->iu]);
        c->frac_u = f < 0 ? 0 : f > 1 ? 1 : f;
    }
out:
    if (st != GAL_OK)
        gal_csp_clear(c);
    return st;
}

void gal_csp_clear(gal_csp *c)
{
    gal_free(c->w0);
    gal_free(c->w1);
    gal_free(c->first);
    gal_free(c->lnage);
    gal_free(c->inv_dln);
    gal_free(c->inv_dz);
    gal_free(c->cell_a);
    gal_free(c->kink);
    gal_free(c->brk);
    gal_free(c->smooth);
    gal_free(c->cell);
    gal_free(c->col);
    gal_free(c->colw);
    gal_free(c->row);
    gal_free(c->roww);
    *c = (gal_csp){0};
}

double gal_escape(double age, double tau_esc, bool sharp)
{
    if (age <= tau_esc)
        return 1;
    return !sharp && age < 2 * tau_esc ? 2 - age / tau_esc : 0;
}

const double gal_csp_ten[GAL_CSP_TEN] = {
    0.46415888336127792,   0.21544346900318839,   0.1,   0.046415888336127795,  0.021544346900318839,  0.01,
    0.0046415888336127799, 0.0021544346900318843, 0.001, 4.6415888336127789e-4, 2.1544346900318845e-4, 1e-4};

/* Cuts inside (lo, age) besides the table's ages, ascending, into c->kink. Returns their number. */
size_t csp_cuts(gal_csp *c, const gal_history *h, double lo, double tau_esc)
{
    double *v = c->kink, age = h->age, span = age - lo; /* stars form at times 0 .. span */
    size_t n = 0, nkink = gal_history_breaks(h, v);
    for (size_t k = 0; k < nkink / 2; k++) { /* from times, usually ascending, to ages, usually ascending */
        double x = v[k];
        v[k] = v[nkink - 1 - k];
        v[nkink - 1 - k] = x;
    }
    for (size_t k = 0; k < nkink; k++)
        v[k] = age - v[k];
    size_t m = nkink;
    for (int k = 0; k < NLOG; k++)
        v[m++] = age - span * gal_csp_ten[k];
    v[m++] = tau_esc;
    v[m++] = 2 * tau_esc;
    for (size_t k = 0; k < m; k++) { /* insert in order */
        double x = v[k];
        if (!(x > lo && x < age))
            continue;
        size_t i = n++;
        for (; i > 0 && v[i - 1] > x; i--)
            v[i] = v[i - 1];
        v[i] = x;
    }
    return n;
}

/* Breakpoints in age, ascending, from lo (0, or age - tau_quench) to age, and the cell (see prepare_cells) of the piece behind each;
 * nage: beyond the last age. Returns their number. */
static size_t breakpoints(gal_csp *c, const gal_history *h, double lo, double tau_esc)
{
    const double *ages = c->ssp->age;
    size_t n = 0, nage = c->ssp->nage, extra = csp_cuts(c, h, lo, tau_esc), e = 0, j = 0;
    double *b = c->brk, age = h->age;
    if (lo >= ages[0])
        j = lo >= ages[nage - 1] ? nage : gal_search(ages, nage, lo) + 1;
    b[n] = lo;
    c->cell[n++] = (uint32_t)j;
    for (;;) {
        bool more = j < nage && ages[j] < age;
        double next;
        if (e < extra && (!more || c->kink[e] < ages[j])) {
            next = c->kink[e++];
            if (next == b[n - 1])
                continue;
        } else if (more) {
            next = ages[j++];
        } else {
            break;
        }
        b[n] = next;
        c->cell[n++] = (uint32_t)j;
    }
    b[n++] = age;
    return n;
}

/* Points of every piece with their hats. */
static void place_points(gal_csp *c, size_t np, const double *gx)
{
    const double *ages = c->ssp->age;
    size_t nage = c->ssp->nage, cap = c->cap, m = 0;
    for (size_t k = 0; k < np; k++) {
        size_t i = c->cell[k];
        double lo = c->brk[k], hi = c->brk[k + 1];
        if (i < nage && hi == ages[i] && lo == (i > 0 ? ages[i - 1] : 0)) {
            for (size_t q = 0; q < Q; q++) {
                c->a[q * cap + k] = c->cell_a[q * nage + i];
                c->fa[q * cap + k] = c->cell_f[q * nage + i];
            }
            continue;
        }
        double mid = 0.5 * (lo + hi), half = 0.5 * (hi - lo);
        for (size_t q = 0; q < Q; q++)
            c->a[q * cap + k] = mid + half * gx[q];
        if (i > 0 && i < nage && ages[i - 1] > 0)
            c->loose[m++] = (uint32_t)k;
        else
            for (size_t q = 0; q < Q; q++)
                c->fa[q * cap + k] = i == 0 ? 0 : i == nage ? 1 : c->a[q * cap + k] / ages[i];
    }
    double *a = c->fold, *ln = a + cap, *inv = ln + cap, *f = inv + cap;
    for (size_t q = 0; q < Q; q++) {
        for (size_t j = 0; j < m; j++) {
            size_t k = c->loose[j], i = c->cell[k] - 1;
            a[j] = c->a[q * cap + k];
            ln[j] = c->lnage[i];
            inv[j] = c->inv_dln[i];
        }
        GAL_KERN_PICK(csp_kern)->hats(m, a, ln, inv, f);
        for (size_t j = 0; j < m; j++)
            c->fa[q * cap + c->loose[j]] = f[j];
    }
}

/* Node of the metallicity axis below each point and the share of the next one; clamped, never extrapolated (D26). With one metallicity
 * for all, one point stands for them. */
static void place_metals(gal_csp *c, const gal_history *h, size_t np, bool at_zstar)
{
    const gal_ssp *s = c->ssp;
    c->one_z = gal_history_one_z(h, c->z);
    for (size_t q = 0; q < (c->one_z ? 1 : Q); q++) {
        size_t at = q * c->cap;
        if (!c->one_z && at_zstar)
            gal_history_zstar(h, c->t + at, np, c->z + at);
        else if (!c->one_z)
            gal_history_zgas(h, c->t + at, np, c->z + at);
        GAL_KERN_PICK(csp_kern)->bracket(c->one_z ? 1 : np, s->nz, s->z, c->inv_dz, c->z + at, c->iz + at, c->fz + at);
    }
}

/* Forget the weights, where there are any. */
static void clear_weights(gal_csp *c)
{
    size_t nage = c->ssp->nage;
    for (size_t iz = 0; iz < c->ssp->nz; iz++) {
        size_t at = iz * nage + c->first[iz], n = c->last[iz] - c->first[iz];
        memset(c->w0 + at, 0, n * sizeof *c->w0);
        memset(c->w1 + at, 0, n * sizeof *c->w1);
        c->first[iz] = c->last[iz] = 0;
    }
    c->formed = c->age_mass = c->z_mass = c->returned = 0;
    c->inside = 0;
}

/* One piece point by point: `factor` on the mass of each. */
static void add_points(gal_csp *c, double *w, size_t k, size_t ia, const double factor[Q])
{
    for (size_t q = 0; q < Q; q++) {
        size_t at = q * c->cap + k, zat = c->one_z ? 0 : at;
        double m = c->m[at] * factor[q], fa = c->fa[at], fz = c->fz[zat];
        csp_add(c, w, (size_t)c->iz[zat], ia, m * (1 - fa) * (1 - fz), m * fa * (1 - fz), m * (1 - fa) * fz,
                m * fa * fz);
    }
}

static void add_pieces(gal_csp *c, size_t np, double tau_esc)
{
    static const double one[Q] = {1, 1, 1};
    size_t nage = c->ssp->nage, cap = c->cap;
    const double *b = c->fold;
    for (size_t k = 0; k < np; k++) {
        if (!(c->mass[k] - c->mass[k + 1] > 0))
            continue;
        size_t i = c->cell[k], ia = i == 0 || nage < 2 ? 0 : i - 1 < nage - 2 ? i - 1 : nage - 2;
        double mid = 0.5 * (c->brk[k] + c->brk[k + 1]);
        const double *iz = c->iz + (c->one_z ? 0 : k);
        bool together = c->one_z || (iz[0] == iz[cap] && iz[0] == iz[2 * cap]), inside = mid < tau_esc;
        if (together) {
            csp_add(c, c->w0, (size_t)iz[0], ia, b[k], b[cap + k], b[2 * cap + k], b[3 * cap + k]);
            if (inside)
                csp_add(c, c->w1, (size_t)iz[0], ia, b[k], b[cap + k], b[2 * cap + k], b[3 * cap + k]);
        } else {
            add_points(c, c->w0, k, ia, one);
            if (inside)
                add_points(c, c->w1, k, ia, one);
        }
        if (!inside && !c->sharp && mid < 2 * tau_esc) {
            double eta[Q];
            for (size_t q = 0; q < Q; q++)
                eta[q] = gal_escape(c->a[q * cap + k], tau_esc, c->sharp);
            add_points(c, c->w1, k, ia, eta);
        }
    }
}

void csp_place(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar, double sums[3])
{
    const double *gw, *gx = gal_gauss_nodes(Q, &gw);
    size_t cap = c->cap;
    double tq = h->quench, age = h->age, lo = age > tq ? age - tq : 0;
    if (gal_history_at_once(h))
        lo = age; /* one piece without length, where all the mass is */
    size_t nb = c->nbrk = breakpoints(c, h, lo, tau_esc), np = nb - 1;
    for (size_t k = 0; k < nb; k++)
        c->t[k] = age - c->brk[k];
    gal_history_mass(h, c->t, nb, c->mass);
    if (lo == age && gal_history_at_once(h))
        gal_history_mass(h, &age, 1, c->mass);
    place_points(c, np, gx);
    for (size_t q = 0; q < Q; q++) {
        for (size_t k = 0; k < np; k++)
            c->t[q * cap + k] = age - c->a[q * cap + k];
        gal_history_rate(h, c->t + q * cap, np, c->psi + q * cap);
    }
    place_metals(c, h, np, at_zstar);
    for (size_t k = 0; k < np; k++)
        c->fold[k] = c->mass[k] - c->mass[k + 1];
    GAL_KERN_PICK(csp_kern)->shares(np, cap, gw, c->fold, c->psi, c->a, c->one_z ? NULL : c->z, c->m, sums);
}

/* The weights of one population, added to those there are. */
void csp_add_population(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar)
{
    size_t cap = c->cap, np;
    double sums[3];
    csp_place(c, h, tau_esc, at_zstar, sums);
    np = c->nbrk - 1;
    c->formed += sums[0];
    c->age_mass += sums[1];
    c->z_mass += c->one_z ? sums[0] * c->z[0] : sums[2];
    for (size_t q = 0; !c->ssp->mass && q < Q; q++)
        for (size_t k = 0; k < np; k++)
            c->returned += c->m[q * cap + k] * 0.05 * log1p(2.5e-6 * c->a[q * cap + k]);
    GAL_KERN_PICK(csp_kern)->fold(np, cap, c->one_z, c->m, c->fa, c->fz, c->fold);
    add_pieces(c, np, tau_esc);
}

void csp_populations(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar, csp_population_fn *add)
{
    size_t n, nz = c->ssp->nz;
    const gal_history *part = gal_history_parts(h, &n);
    clear_weights(c);
    for (size_t i = 0; i < n; i++) {
        for (size_t iz = 0; i > 0 && iz < nz; iz++) { /* what a population has is found from nothing */
            c->had[iz] = c->first[iz];
            c->had[nz + iz] = c->last[iz];
            c->first[iz] = c->last[iz] = 0;
        }
        add(c, &part[i], tau_esc > 0 ? tau_esc : 0, at_zstar);
        for (size_t iz = 0; i > 0 && iz < nz; iz++) {
            uint32_t first = c->had[iz], last = c->had[nz + iz];
            if (last && (!c->last[iz] || first < c->first[iz]))
                c->first[iz] = first;
            if (last > c->last[iz])
                c->last[iz] = last;
        }
    }
    if (n > 1)
        c->nbrk = 0; /* the breakpoints are those of the last one only */
}

void gal_csp_weights(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar)
{
    csp_populations(c, h, tau_esc, at_zstar, csp_add_population);
}
