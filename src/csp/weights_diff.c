/* Derivatives of the folded weights: see weights.c for what is computed. For each point q of piece k
 *     m = (M_k - M_k+1) g_q psi_q/sum,   w0 += m h_a h_z,   w1 += m h_a h_z eta,
 * where breakpoints move with the age, the parameters of the history (its kinks) and tau_esc; the table's ages stay. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { Q = GAL_CSP_POINTS, ARRAYS = 6 + 5 * Q };

gal_status gal_csp_diff_init(gal_csp_diff *d, const gal_csp *c)
{
    size_t n = c->ssp->nz * c->ssp->nage;
    *d = (gal_csp_diff){0};
    if (!(d->w0 = GAL_NEWN(double, 2 * n)) || !(d->work = GAL_NEWN(double, ARRAYS * c->cap))) {
        gal_csp_diff_clear(d);
        return GAL_ENOMEM;
    }
    d->w1 = d->w0 + n;
    return GAL_OK;
}

void gal_csp_diff_clear(gal_csp_diff *d)
{
    gal_free(d->w0);
    gal_free(d->work);
    *d = (gal_csp_diff){0};
}

static gal_status check(const gal_history *h)
{
    char name[80];
    const char *lacks = gal_sfh_lacks_slopes(h->sfh, name, sizeof name);
    return lacks ? gal_fail(GAL_EINVAL, "%s has no derivatives", lacks) : GAL_OK;
}

/* ------------------------------------------------------------------ breakpoints */
/* Where a breakpoint comes from: the change of b is u_lo dlo + u_age dage + u_tau dtau - dkink */
typedef struct source {
    double lo, age, tau;
    int kink; /* index of a break of the history, or -1 */
} source;

/* of breakpoint b; kink[nkink]: the history's breaks, as times */
static source source_of(const gal_history *h, double b, double lo, double tau_esc, const double *kink, size_t nkink)
{
    double age = h->age, span = age - lo;
    source s = {.kink = -1};
    if (b == lo && lo > 0) {
        s.lo = 1;
        return s;
    }
    if (b == age) {
        s.age = 1;
        return s;
    }
    for (size_t k = 0; k < nkink; k++)
        if (b == age - kink[k]) {
            s.age = 1;
            s.kink = (int)k;
            return s;
        }
    for (int k = 0; k < GAL_CSP_TEN; k++)
        if (b == age - span * gal_csp_ten[k]) {
            s.age = 1 - gal_csp_ten[k];
            s.lo = gal_csp_ten[k];
            return s;
        }
    if (b == tau_esc || b == 2 * tau_esc)
        s.tau = b == tau_esc ? 1 : 2;
    return s; /* else an age of the table */
}

static bool on_table(const gal_csp *c, double b)
{
    size_t k = gal_search(c->ssp->age, c->ssp->nage, b);
    return b == c->ssp->age[k] || b == c->ssp->age[k + 1 < c->ssp->nage ? k + 1 : k];
}

/* d hat/d age at a point of piece k */
static double hat_slope(const gal_csp *c, size_t k, double a)
{
    const double *ages = c->ssp->age;
    size_t i = c->cell[k], nage = c->ssp->nage;
    if (i == 0 || i == nage)
        return 0;
    return ages[i - 1] > 0 ? c->inv_dln[i - 1] / a : 1 / ages[i];
}

/* Young and old node of a piece */
static size_t node_of(const gal_csp *c, size_t k)
{
    size_t i = c->cell[k], nage = c->ssp->nage;
    return i == 0 || nage < 2 ? 0 : i - 1 < nage - 2 ? i - 1 : nage - 2;
}

/* d share/d z of the metallicity node above; 0 where it is clamped */
static double metal_slope(const gal_csp *c, double iz, double z)
{
    const gal_ssp *s = c->ssp;
    size_t k = (size_t)iz;
    return s->nz > 1 && z > s->z[k] && z < s->z[k + 1] ? c->inv_dz[k] : 0;
}

/* eta at age a of a piece around mid, and its derivatives */
static double escape(const gal_csp *c, double mid, double a, double tau, double *d_a, double *d_tau)
{
    *d_a = *d_tau = 0;
    if (mid < tau)
        return 1;
    if (c->sharp || !(mid < 2 * tau))
        return 0;
    *d_a = -1 / tau;
    *d_tau = a / (tau * tau);
    return 2 - a / tau;
}

typedef struct pieces { /* of one population */
    const gal_history *h;
    double lo, tau;
    size_t nb, np, nkink;
    bool moving, once;         /* is lo = age - quench; do all stars form at the onset? */
    double *kink, *dkink;      /* [nkink] */
    double *b, *t, *dt, *mass; /* [nb] breakpoints' changes; times when they formed, theirs; masses' changes */
    double *a, *ta, *dta, *psi,
        *z; /* [Q][cap] points: changes of the age; time, its change; changes of rate and metallicity */
} pieces;

static pieces begin(gal_csp *c, const gal_history *h, double tau_esc, const gal_csp_diff *d)
{
    double sums[3], *w = d->work;
    size_t cap = c->cap;
    pieces p = {.h = h, .tau = tau_esc > 0 ? tau_esc : 0, .once = gal_history_at_once(h)};
    memset(w, 0, ARRAYS * cap * sizeof *w);
    csp_place(c, h, p.tau, false, sums);
    p.moving = !p.once && h->age > h->quench;
    p.lo = p.once ? h->age : p.moving ? h->age - h->quench : 0;
    p.nb = c->nbrk;
    p.np = p.nb - 1;
    double **slice[] = {&p.kink, &p.dkink, &p.b, &p.t, &p.dt, &p.mass};
    for (size_t i = 0; i < 6; i++)
        *slice[i] = w + i * cap;
    double **wide[] = {&p.a, &p.ta, &p.dta, &p.psi, &p.z};
    for (size_t i = 0; i < 5; i++)
        *wide[i] = w + (6 + Q * i) * cap;
    p.nkink = gal_history_breaks(h, p.kink);
    for (size_t k = 0; k < p.nb; k++)
        p.t[k] = h->age - c->brk[k];
    if (p.once)
        p.t[0] = h->age; /* what has formed at all */
    for (size_t q = 0; q < Q; q++)
        for (size_t k = 0; k < p.np; k++)
            p.ta[q * cap + k] = h->age - c->a[q * cap + k];
    return p;
}

/* The source of breakpoint k; what lies on the table stays there. */
static source of(const gal_csp *c, const pieces *p, size_t k)
{
    double b = c->brk[k];
    if (b != p->lo && b != p->h->age && on_table(c, b))
        return (source){.kink = -1};
    return source_of(p->h, b, p->lo, p->tau, p->kink, p->nkink);
}

/* ------------------------------------------------------------------ forward */
/* Point q of piece k to its nodes: m, its change dm, and what moves the nodes' shares */
static void add_point(const gal_csp *c, const pieces *p, size_t k, size_t q, double m, double dm, double dtau,
                      gal_csp_diff *d)
{
    size_t nage = c->ssp->nage, nz = c->ssp->nz, ra = nage > 1, at = q * c->cap + k, zat = c->one_z ? 0 : at;
    size_t iz = (size_t)c->iz[zat], i = iz * nage + node_of(c, k), up = iz + 1 < nz ? nage : 0;
    double a = c->a[at], z = c->z[zat], fa = c->fa[at], fz = c->fz[zat], da = p->a[at], dz = p->z[zat], ea, et;
    double dfa = hat_slope(c, k, a) * da, dfz = metal_slope(c, c->iz[zat], z) * dz;
    double eta = escape(c, 0.5 * (c->brk[k] + c->brk[k + 1]), a, p->tau, &ea, &et), deta = ea * da + et * dtau;
    const size_t node[4] = {i, i + ra, i + up, i + up + ra};
    const double hat[4] = {(1 - fa) * (1 - fz), fa * (1 - fz), (1 - fa) * fz, fa * fz};
    const double dhat[4] = {-dfa * (1 - fz) - (1 - fa) * dfz, dfa * (1 - fz) - fa * dfz, -dfa * fz + (1 - fa) * dfz,
                            dfa * fz + fa * dfz};
    for (int j = 0; j < 4; j++) {
        double v = m * hat[j], dv = dm * hat[j] + m * dhat[j];
        d->w0[node[j]] += dv;
        d->w1[node[j]] += dv * eta + v * deta;
    }
    d->formed += dm;
    d->age_mass += dm * a + m * da;
    d->z_mass += dm * z + m * dz;
}

static void forward(const gal_csp *c, const pieces *p, const gal_history_diff *x, double dtau, gal_csp_diff *d)
{
    const double *gw, *gx = gal_gauss_nodes(Q, &gw);
    size_t cap = c->cap;
    double dlo = p->once ? x->age : p->moving ? x->age - x->quench : 0;
    gal_history_jvp_breaks(x, p->dkink, p->nkink);
    for (size_t k = 0; k < p->nb; k++) {
        source s = of(c, p, k);
        p->b[k] = s.lo * dlo + s.age * x->age + s.tau * dtau - (s.kink >= 0 ? p->dkink[s.kink] : 0);
        p->dt[k] = p->once && k == 0 ? x->age : x->age - p->b[k];
    }
    gal_history_jvp(x, p->t, p->dt, p->nb, NULL, p->mass);
    for (size_t q = 0; q < Q; q++) {
        for (size_t k = 0; k < p->np; k++) {
            size_t at = q * cap + k;
            p->a[at] = 0.5 * (p->b[k] + p->b[k + 1]) + 0.5 * (p->b[k + 1] - p->b[k]) * gx[q];
            p->dta[at] = x->age - p->a[at];
        }
        gal_history_jvp(x, p->ta + q * cap, p->dta + q * cap, p->np, p->psi + q * cap, NULL);
        if (!c->one_z || q == 0)
            gal_history_jvp_zgas(x, p->ta + q * cap, p->dta + q * cap, c->one_z ? 1 : p->np, p->z + q * cap);
    }
    for (size_t k = 0; k < p->np; k++) {
        double mass = c->mass[k] - c->mass[k + 1], dmass = p->mass[k] - p->mass[k + 1], f[Q], sum = 0, dsum = 0;
        if (!(mass > 0) && !(p->once && k == 0))
            continue;
        for (size_t q = 0; q < Q; q++) {
            sum += f[q] = gw[q] * c->psi[q * cap + k];
            dsum += gw[q] * p->psi[q * cap + k];
        }
        for (size_t q = 0; q < Q; q++) {
            double share = sum > CSP_NO_RATE ? f[q] / sum : 0.5 * gw[q];
            double dshare = sum > CSP_NO_RATE ? (gw[q] * p->psi[q * cap + k] - share * dsum) / sum : 0;
            add_point(c, p, k, q, mass * share, dmass * share + mass * dshare, dtau, d);
        }
    }
}

gal_status gal_csp_weights_jvp(gal_csp *c, const gal_history *h, double tau_esc, const double *p, double age,
                               double tau, gal_csp_diff *d)
{
    gal_status st = check(h);
    size_t n, nw = c->ssp->nz * c->ssp->nage;
    const gal_history *part = gal_history_parts(h, &n);
    if (st != GAL_OK)
        return st;
    memset(d->w0, 0, 2 * nw * sizeof *d->w0);
    d->formed = d->age_mass = d->z_mass = 0;
    for (size_t k = 0; k < n; k++) {
        double own[GAL_SFH_MAXPAR], own_age = age;
        gal_history_diff x;
        if (h->sfh->class->split)
            h->sfh->class->split(h, k, p, age, own, &own_age);
        gal_history_jvp_begin(&x, &part[k], h->sfh->class->split ? own : p, own_age);
        pieces b = begin(c, &part[k], tau_esc, d);
        forward(c, &b, &x, tau, d);
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ backward */
/* Derivatives with respect to m, and, times m, the point's age, metallicity and tau_esc: added to p->a, p->z and *gtau */
static double point_slopes(const gal_csp *c, const pieces *p, size_t k, size_t q, double m, const gal_csp_diff *g,
                           double *gtau)
{
    size_t nage = c->ssp->nage, nz = c->ssp->nz, ra = nage > 1, at = q * c->cap + k, zat = c->one_z ? 0 : at;
    size_t iz = (size_t)c->iz[zat], i = iz * nage + node_of(c, k), up = iz + 1 < nz ? nage : 0;
    double a = c->a[at], z = c->z[zat], fa = c->fa[at], fz = c->fz[zat], ea, et, v[4], cloud = 0;
    double eta = escape(c, 0.5 * (c->brk[k] + c->brk[k + 1]), a, p->tau, &ea, &et);
    const size_t node[4] = {i, i + ra, i + up, i + up + ra};
    const double hat[4] = {(1 - fa) * (1 - fz), fa * (1 - fz), (1 - fa) * fz, fa * fz};
    double gm = g->formed + g->age_mass * a + g->z_mass * z;
    for (int j = 0; j < 4; j++) {
        v[j] = g->w0[node[j]] + eta * g->w1[node[j]];
        gm += hat[j] * v[j];
        cloud += hat[j] * g->w1[node[j]];
    }
    double gfa = (v[1] - v[0]) * (1 - fz) + (v[3] - v[2]) * fz, gfz = (v[2] - v[0]) * (1 - fa) + (v[3] - v[1]) * fa;
    p->a[at] += m * (gfa * hat_slope(c, k, a) + cloud * ea + g->age_mass);
    p->z[zat] += m * (gfz * metal_slope(c, c->iz[zat], z) + g->z_mass);
    *gtau += m * cloud * et;
    return gm;
}

static void backward(const gal_csp *c, const pieces *p, const gal_csp_diff *g, gal_history_diff *x, double *gtau)
{
    const double *gw, *gx = gal_gauss_nodes(Q, &gw);
    size_t cap = c->cap;
    double glo = 0;
    for (size_t k = 0; k < p->np; k++) {
        double mass = c->mass[k] - c->mass[k + 1], f[Q], gm[Q], sum = 0, gmass = 0;
        if (!(mass > 0) && !(p->once && k == 0))
            continue;
        for (size_t q = 0; q < Q; q++)
            sum += f[q] = gw[q] * c->psi[q * cap + k];
        for (size_t q = 0; q < Q; q++) {
            double share = sum > CSP_NO_RATE ? f[q] / sum : 0.5 * gw[q];
            gm[q] = point_slopes(c, p, k, q, mass * share, g, gtau);
            gmass += gm[q] * share;
        }
        for (size_t q = 0; q < Q && sum > CSP_NO_RATE; q++)
            p->psi[q * cap + k] = mass * gw[q] / sum * (gm[q] - gmass);
        p->mass[k] += gmass;
        p->mass[k + 1] -= gmass;
    }
    for (size_t q = 0; q < Q; q++) {
        double *gt = p->dta + q * cap;
        gal_history_vjp(x, p->ta + q * cap, p->np, p->psi + q * cap, NULL, gt);
        if (!c->one_z || q == 0)
            gal_history_vjp_zgas(x, p->ta + q * cap, c->one_z ? 1 : p->np, p->z + q * cap, gt);
        for (size_t k = 0; k < p->np; k++) {
            double ga = p->a[q * cap + k] - gt[k];
            x->age += gt[k];
            p->b[k] += 0.5 * ga * (1 - gx[q]);
            p->b[k + 1] += 0.5 * ga * (1 + gx[q]);
        }
    }
    gal_history_vjp(x, p->t, p->nb, NULL, p->mass, p->dt);
    for (size_t k = 0; k < p->nb; k++) {
        source s = of(c, p, k);
        double gb = p->b[k] - (p->once && k == 0 ? 0 : p->dt[k]);
        x->age += p->dt[k] + s.age * gb;
        glo += s.lo * gb;
        *gtau += s.tau * gb;
        if (s.kink >= 0)
            p->dkink[s.kink] -= gb;
    }
    if (p->once || p->moving)
        x->age += glo;
    if (p->moving)
        x->quench -= glo;
    gal_history_vjp_breaks(x, p->dkink, p->nkink);
}

gal_status gal_csp_weights_vjp(gal_csp *c, const gal_history *h, double tau_esc, gal_csp_diff *g, double *p,
                               double *age, double *tau)
{
    gal_status st = check(h);
    size_t n;
    const gal_history *part = gal_history_parts(h, &n);
    if (st != GAL_OK)
        return st;
    for (size_t k = 0; k < n; k++) {
        double own[GAL_SFH_MAXPAR] = {0}, own_age = 0;
        gal_history_diff x;
        gal_history_vjp_begin(&x, &part[k]);
        for (unsigned i = 0; g->wanted && !h->sfh->class->join && i < h->sfh->npar && i < 32; i++)
            x.skip |= g->wanted[i] ? 0 : 1u << i;
        pieces b = begin(c, &part[k], tau_esc, g);
        backward(c, &b, g, &x, tau);
        gal_history_vjp_end(&x, own, &own_age);
        if (h->sfh->class->join) {
            h->sfh->class->join(h, k, own, own_age, p, age);
            continue;
        }
        for (size_t i = 0; i < h->sfh->npar; i++)
            p[i] += own[i];
        *age += own_age;
    }
    return GAL_OK;
}
