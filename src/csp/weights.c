/* Exact folded weights.
 *
 * The age range [0, age] is cut at the SSP ages, at the kinks of the escape function (tau_esc, 2 tau_esc), at quenching, at the
 * kinks of the history (edges of bins, bursts, nodes of a table), and at log-spaced times since the onset (where histories rise steeply). In each piece the mass is
 * the difference of the closed-form cumulative mass; a 3-point Gauss rule, weighted with psi, only distributes it over age,
 * metallicity and escape. So sum w0 = M(age) holds to rounding whatever the quadrature does. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { NLOG = 12, NEXTRA = NLOG + 4 };

gal_status gal_csp_init(gal_csp *c, const gal_ssp *ssp, double logu, size_t nbreak)
{
    gal_status st = GAL_OK;
    *c = (gal_csp){.ssp = ssp, .cap = ssp->nage + NEXTRA + nbreak + 2};
    size_t nw = ssp->nz * ssp->nage;
    c->w0 = GAL_NEWN(double, nw);
    c->w1 = GAL_NEWN(double, nw);
    c->lnage = GAL_NEWN(double, ssp->nage);
    c->inv_dln = GAL_NEWN(double, ssp->nage);
    c->brk = GAL_NEWN(double, c->cap);
    c->mass = GAL_NEWN(double, c->cap);
    c->kink = GAL_NEWN(double, nbreak + 1);
    c->a = GAL_NEWN(double, 3 * c->cap);
    c->t = GAL_NEWN(double, 3 * c->cap);
    c->psi = GAL_NEWN(double, 3 * c->cap);
    c->z = GAL_NEWN(double, 3 * c->cap);
    c->col = GAL_NEWN(const float *, 2 * nw);
    c->colw = GAL_NEWN(double, 2 * nw);
    if (!c->w0 || !c->w1 || !c->lnage || !c->inv_dln || !c->brk || !c->mass || !c->kink || !c->a || !c->t || !c->psi ||
        !c->z || !c->col || !c->colw)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < ssp->nage; i++)
        c->lnage[i] = ssp->age[i] > 0 ? log(ssp->age[i]) : -INFINITY;
    for (size_t i = 0; i + 1 < ssp->nage; i++)
        c->inv_dln[i] = ssp->age[i] > 0 ? 1 / (c->lnage[i + 1] - c->lnage[i]) : 0;
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
    gal_free(c->lnage);
    gal_free(c->inv_dln);
    gal_free(c->brk);
    gal_free(c->mass);
    gal_free(c->kink);
    gal_free(c->a);
    gal_free(c->t);
    gal_free(c->psi);
    gal_free(c->z);
    gal_free(c->col);
    gal_free(c->colw);
    *c = (gal_csp){0};
}

double gal_escape(double age, double tau_esc)
{
    if (age <= tau_esc)
        return 1;
    return age < 2 * tau_esc ? 2 - age / tau_esc : 0;
}

/* Breakpoints in age, ascending, from lo (0, or age - tau_quench) to age. Returns their number. */
static size_t breakpoints(gal_csp *c, const gal_history *h, double lo, double tau_esc)
{
    double *b = c->brk, age = h->age;
    size_t n = 0, m = 0, nkink = gal_history_breaks(h, c->kink);
    double extra[NEXTRA];
    double span = age - lo; /* stars form at times 0 .. span */
    for (int k = 1; k <= NLOG; k++)
        extra[m++] = age - span * pow(10, -k / 3.);
    extra[m++] = tau_esc;
    extra[m++] = 2 * tau_esc;
    b[n++] = lo;
    for (size_t i = 0; i < c->ssp->nage; i++)
        if (c->ssp->age[i] > lo && c->ssp->age[i] < age)
            b[n++] = c->ssp->age[i];
    b[n++] = age;
    for (size_t k = 0; k < m + nkink; k++) {
        double v = k < m ? extra[k] : age - c->kink[k - m];
        if (!(v > lo && v < age))
            continue;
        size_t i = n; /* insert in order, drop duplicates */
        while (i > 0 && b[i - 1] > v)
            i--;
        if (i > 0 && b[i - 1] == v)
            continue;
        memmove(b + i + 1, b + i, (n - i) * sizeof *b);
        b[i] = v;
        n++;
    }
    return n;
}

void gal_csp_weights(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar)
{
    const gal_ssp *ssp = c->ssp;
    const size_t nage = ssp->nage, nz = ssp->nz;
    const double *gw, *gx = gal_gauss_nodes(3, &gw);
    double tq = h->quench, age = h->age, lo = age > tq ? age - tq : 0;
    size_t nb = c->nbrk = breakpoints(c, h, lo, tau_esc > 0 ? tau_esc : 0);
    memset(c->w0, 0, nz * nage * sizeof *c->w0);
    memset(c->w1, 0, nz * nage * sizeof *c->w1);
    c->formed = c->age_mass = c->z_mass = c->returned = 0;
    for (size_t k = 0; k < nb; k++)
        c->t[k] = age - c->brk[k];
    gal_history_mass(h, c->t, nb, c->mass);
    for (size_t k = 0; k + 1 < nb; k++) {
        double mid = 0.5 * (c->brk[k] + c->brk[k + 1]), half = 0.5 * (c->brk[k + 1] - c->brk[k]);
        for (int q = 0; q < 3; q++) {
            c->a[3 * k + q] = mid + half * gx[q];
            c->t[3 * k + q] = age - c->a[3 * k + q];
        }
    }
    size_t np = 3 * (nb - 1), ia = 0, iz = 0;
    gal_history_rate(h, c->t, np, c->psi);
    if (at_zstar)
        gal_history_zstar(h, c->t, np, c->z);
    else
        gal_history_zgas(h, c->t, np, c->z);
    for (size_t k = 0; k + 1 < nb; k++) {
        double dm = c->mass[k] - c->mass[k + 1];
        double f[3], sum = 0;
        for (int q = 0; q < 3; q++)
            sum += f[q] = gw[q] * c->psi[3 * k + q];
        if (!(dm > 0))
            continue;
        for (int q = 0; q < 3; q++) {
            double m = sum > 0 ? dm * f[q] / sum : dm * 0.5 * gw[q], a = c->a[3 * k + q], z = c->z[3 * k + q];
            while (ia + 2 < nage && a >= ssp->age[ia + 1])
                ia++;
            double fa = a <= ssp->age[0]          ? 0
                        : a >= ssp->age[nage - 1] ? 1
                        : ssp->age[ia] > 0        ? (log(a) - c->lnage[ia]) * c->inv_dln[ia]
                                                  : a / ssp->age[ia + 1];
            if (nage == 1)
                fa = 0;
            double fz = 0;
            if (nz > 1) {
                while (iz + 2 < nz && z >= ssp->z[iz + 1])
                    iz++;
                while (iz > 0 && z < ssp->z[iz])
                    iz--;
                fz = (z - ssp->z[iz]) / (ssp->z[iz + 1] - ssp->z[iz]);
                fz = fz < 0 ? 0 : fz > 1 ? 1 : fz; /* clamped, never extrapolated (D26) */
            }
            double eta = tau_esc > 0 ? gal_escape(a, tau_esc) : 0;
            double m00 = m * (1 - fa) * (1 - fz), m01 = m * fa * (1 - fz), m10 = m * (1 - fa) * fz, m11 = m * fa * fz;
            double *w0 = c->w0 + iz * nage + ia, *w1 = c->w1 + iz * nage + ia;
            size_t ra = nage > 1 ? 1 : 0, rz = nz > 1 ? nage : 0;
            w0[0] += m00;
            w0[ra] += m01;
            w0[rz] += m10;
            w0[rz + ra] += m11;
            w1[0] += m00 * eta;
            w1[ra] += m01 * eta;
            w1[rz] += m10 * eta;
            w1[rz + ra] += m11 * eta;
            c->formed += m;
            c->age_mass += m * a;
            c->z_mass += m * z;
            c->returned += m * 0.05 * log1p(2.5e-6 * a);
        }
    }
}

void gal_csp_sum(gal_csp *c, double *s0, double *s1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const gal_ssp *ssp = c->ssp;
    size_t nw = ssp->nz * ssp->nage, cap = 2 * nw;
    memset(s1, 0, ssp->nwave * sizeof *s1);
    /* first the clouds (w1), then the rest (w0 - w1) into a copy of it: every column is read once unless its age is escaping */
    for (int pass = 0; pass < 2; pass++) {
        double *out = pass == 0 ? s1 : s0;
        size_t n = 0;
        if (pass == 1)
            memcpy(s0, s1, ssp->nwave * sizeof *s0);
        for (int u = 0; u < (c->frac_u > 0 ? 2 : 1); u++) {
            double fu = u ? c->frac_u : 1 - c->frac_u;
            for (size_t k = 0; k < nw; k++) {
                double w = pass == 0 ? c->w1[k] : c->w0[k] - c->w1[k];
                if (w == 0 || n >= cap)
                    continue;
                c->col[n] = ssp->lum + ((c->iu + (size_t)u) * nw + k) * ssp->nwave;
                c->colw[n++] = w * fu;
            }
        }
        kern->accumulate(c->col, c->colw, n, ssp->nwave, out);
    }
}

double gal_csp_table_sum(const gal_csp *c, const float *table)
{
    return GAL_KERN_PICK(csp_kern)->table(c->ssp->nz * c->ssp->nage, c->w0, table);
}

double gal_csp_cloud_sum(const gal_csp *c, const float *table)
{
    return GAL_KERN_PICK(csp_kern)->table(c->ssp->nz * c->ssp->nage, c->w1, table);
}

/* The part x (0 .. 1) of a piece, from its older end, in which `part` of its mass formed: the rate is the parabola through the three
 * points of the Gauss rule. */
static double piece_share(const double *psi, double part)
{
    const double r = 0.3872983346207417; /* sqrt(0.6)/2: points at 1/2 - r, 1/2, 1/2 + r */
    double c0 = psi[1], c1 = (psi[0] - psi[2]) / (2 * r), c2 = (psi[0] - 2 * psi[1] + psi[2]) / (2 * r * r);
    double total =
        c0 + c2 / 12; /* int over u = -1/2 .. 1/2 of c0 + c1 u + c2 u^2, u from the older to the younger end */
    double lo = 0, hi = 1, x = part;
    if (!(total > 0))
        return part;
    for (int i = 0; i < 40 && hi - lo > 1e-12; i++) {
        double u = x - 0.5;
        double f = (c0 * x + c1 * 0.5 * (u * u - 0.25) + c2 / 3 * (u * u * u + 0.125)) / total - part;
        double slope = (c0 + u * (c1 + u * c2)) / total;
        if (f > 0)
            hi = x;
        else
            lo = x;
        double next = slope > 0 ? x - f / slope : -1;
        next = next > lo && next < hi ? next : 0.5 * (lo + hi);
        if (fabs(next - x) < 1e-13)
            break;
        x = next;
    }
    return x;
}

double gal_csp_age_of_share(const gal_csp *c, const gal_history *h, double share)
{
    if (c->nbrk < 2) { /* no breakpoints: bisection of the cumulative mass */
        double lo = 0, hi = fmin(h->age, h->quench), total, m;
        gal_history_mass(h, &hi, 1, &total);
        if (!(total > 0))
            return 0;
        for (int i = 0; i < 60; i++) {
            double t = 0.5 * (lo + hi);
            gal_history_mass(h, &t, 1, &m);
            *(m < share * total ? &lo : &hi) = t;
        }
        return h->age - 0.5 * (lo + hi);
    }
    size_t young = 0, old = c->nbrk - 1; /* mass falls from the first to the last breakpoint */
    double want = share * c->mass[0];
    if (!(c->mass[0] > 0))
        return 0;
    while (old - young > 1) {
        size_t mid = (young + old) / 2;
        if (c->mass[mid] >= want)
            young = mid;
        else
            old = mid;
    }
    double dm = c->mass[young] - c->mass[old], part = dm > 0 ? (want - c->mass[old]) / dm : 0;
    return c->brk[old] - (c->brk[old] - c->brk[young]) * piece_share(c->psi + 3 * young, part);
}
