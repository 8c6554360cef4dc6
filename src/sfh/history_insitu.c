/* In-situ galaxy evolution: the analytic solution of Lapi et al. 2018 (ApJ 857, 22), 2020 (ApJ 897, 81) and Pantoni et al. 2019
 * (ApJ 880, 129). Condensation with time-scale s tau, star formation with tau, outflow and recycling in gamma:
 *   psi(t)   = psi_max [exp(-x) - exp(-s gamma x)],  x = t/(s tau), s = 3, gamma = 1 - R + eps_out
 *   Z_gas    = (s y_Z/f) [1 - f x/(e^{f x} - 1)],     f = s gamma - 1
 *   Z_star   = (y_Z/gamma) {1 - (s gamma/f) [e^-x - e^{-s gamma x}(1 + f x)] / [f + e^{-s gamma x} - s gamma e^-x]}
 *   D        = dust-to-gas ratio, below.
 * R = 0.45 (instantaneous recycling, Chabrier), eps_out = 3 psi_max^-0.3, y_Z = 0.04, y_D = 3.8e-4, kappa_SN = 10, eps_acc = 1e6.
 * Every 0/0 at t -> 0 is taken by series. Metals are zero before 1e5 yr. */
#include "sfh/history_kern.h"
#include "sfh/sfh_int.h"

#include <math.h>

#define S       3.0
#define Y_Z     0.04
#define Y_D     3.8e-4
#define KAPPA   10.0
#define EPS_ACC 1e6
#define T_METAL 1e5 /* yr: no metals before */

static double gamma_of(double psi_max)
{
    return 0.55 + 3 * pow(psi_max, -0.3);
}

/* The same of a history, kept with the psi_max that it is of. */
static double gamma_at(const gal_history *h)
{
    return h->kept[0] == h->p[0] && h->kept[1] > 0 ? h->kept[1] : gamma_of(h->p[0]);
}

static gal_status set(gal_history *h)
{
    h->kept[1] = gamma_of(h->kept[0] = h->p[0]);
    return GAL_OK;
}

static void insitu_rate(double psi_max, double g, double tau, const double *t, size_t n, double *psi)
{
    double a = 1 / (S * tau);
    GAL_KERN_PICK(history_kern)->growth(n, psi_max, a, g / tau - a, t, psi);
}

static void insitu_masses(double psi_max, double g, double tau, const double *t, size_t n, double *mass)
{
    GAL_KERN_PICK(history_kern)->growth_mass(n, psi_max * tau, S, g, tau, t, mass);
}

/* 1 - u/(e^u - 1), u >= 0: u/2 - u^2/12 + u^4/720 at small u */
static double metal_growth(double u)
{
    if (u < 1e-2)
        return u * (0.5 - u / 12 + u * u * u / 720);
    return u > 700 ? 1 : 1 - u / expm1(u);
}

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)m;
    double f = S * gamma_at(h) - 1;
    GAL_KERN_PICK(history_kern)->metals(n, S * Y_Z / f, f / (S * h->p[1]), T_METAL, t, z);
}

/* 1 - (sg/f) N/D with N = e^-x - e^{-sg x}(1 + f x), D = f + e^{-sg x} - sg e^-x, sg = s gamma = f + 1. Both start with x^2 and
 * their ratio with 1: below sg x = 0.5 the difference of the scaled series, N/f^2 = sum c_k x^k and D/(sg f) = sum d_k x^k. */
static double star_growth(double sg, double x)
{
    double f = sg - 1;
    if (sg * x > 0.5) {
        double ex = exp(-x), es = exp(-sg * x);
        return 1 - sg / f * (ex - es * (1 + f * x)) / (f + es - sg * ex);
    }
    double num = 0, den = 0, xk = 1, fact = 1, sgk = 1;
    for (int k = 1; k < 16; k++) {
        xk *= -x;
        fact *= k;
        double before = sgk; /* sg^(k-1) */
        sgk *= sg;
        if (k < 2)
            continue;
        double d = (sgk - sg) / (sg * f), c = (1 - sgk + k * f * before) / (f * f);
        den += xk / fact * d;
        if (k > 2)
            num += xk / fact * (d - c);
    }
    return num / den;
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)m;
    double g = gamma_at(h), tau = h->p[1];
    for (size_t i = 0; i < n; i++)
        z[i] = t[i] >= T_METAL ? Y_Z / g * star_growth(S * g, t[i] / (S * tau)) : 0;
}

/* D(t) = s^3 eps_acc y_D y_Z / [f (f + s kappa)(f + s e)] {1 - u/(e^u - 1) [1 + f/(s e) (1 - (1 - e^{-s e x})/(s e x))]},
 * u = f x, e = kappa + eps_acc s y_D / (f + s kappa). The bracket is O(x^2) at small x. */
static double dust_to_gas(double g, double tau, double t)
{
    double f = S * g - 1, x = t / (S * tau);
    double e = KAPPA + EPS_ACC * S * Y_D / (f + S * KAPPA), v = S * e * x, u = f * x;
    if (!(t > 0))
        return 0;
    double head = S * S * S * EPS_ACC * Y_D * Y_Z / (f * (f + S * KAPPA) * (f + S * e));
    double w = v < 1e-3 ? v * (0.5 - v * (1. / 6 - v / 24)) : 1 + expm1(-v) / v; /* 1 - (1 - e^-v)/v */
    /* 1 - (1 - G)(1 + q) = G - q + G q, G = metal_growth(u), q = f w/(s e) */
    double gr = metal_growth(u), q = f / (S * e) * w;
    if (v < 1e-2) { /* G - q cancels at first order: u/2 - f x/2 = 0; second order by hand */
        double second = -u * u / 12 + u * u * u * u / 720 - f / (S * e) * v * v * (-1. / 6 + v / 24 - v * v / 120);
        return head * (second + gr * q);
    }
    return head * (gr - q + gr * q);
}

/* psi_max of the in-situ model at which `mass` forms until t: it grows faster than linearly with psi_max, by a power of 1 to 1.4. */
static double insitu_psi_max(double tau, double t, double mass)
{
    double x = log(mass / fmin(t, 3 * tau)), before = x, slope = 1.2, f = 0, m;
    for (int i = 0; i < 60; i++) {
        insitu_masses(exp(x), gamma_of(exp(x)), tau, &t, 1, &m);
        double old = f;
        f = log(m / mass);
        if (i > 0 && x != before)
            slope = fmin(fmax((f - old) / (x - before), 0.8), 1.6);
        before = x;
        x -= f / slope;
        if (!(fabs(x - before) > 1e-15 * (1 + fabs(x))))
            break;
    }
    return exp(x);
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    insitu_rate(h->p[0], gamma_at(h), h->p[1], t, n, psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    insitu_masses(h->p[0], gamma_at(h), h->p[1], t, n, m);
}

static void cells(const gal_history *h, const gal_history_cells *c)
{
    double g = gamma_at(h), tau = h->p[1], f = S * g - 1, a = 1 / (S * tau);
    const double rate[5] = {h->p[0], a, f * a, S * Y_Z / f, T_METAL};
    GAL_KERN_PICK(history_kern)
        ->growth_cells(c->n, c->step, c->stride, h->age, rate, c->a, c->width, c->psi, c->z, c->mass);
}

/* 1 - (1 + y) e^-y, y >= 0 */
static double second(double y)
{
    if (y > 0.1)
        return 1 - (1 + y) * exp(-y);
    double s = 0, term = -y;
    for (int j = 2; j < 14; j++) {
        term *= -y / j;
        s += term * (j - 1);
    }
    return s;
}

/* psi = A [e^-x - e^-y], M = A tau [s (1 - e^-x) - (1 - e^-y)/gamma], y = gamma t/tau, dgamma/dA = -0.9 A^-1.3 */
static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double a = h->p[0], tau = h->p[1], g = gamma_of(a), g_a = -0.9 * pow(a, -1.3), x = t / (S * tau), y = g * t / tau;
    double ex = exp(-x), ey = exp(-y), u = -ex * expm1(x - y), mass;
    insitu_masses(a, g, tau, &t, 1, &mass);
    gal_slopes_scaled(h, t, u, g / tau * ey - ex / (S * tau), mass / a, ps, ms);
    ps[0] += a * t / tau * ey * g_a;
    ms[0] += a * tau * g_a * second(y) / (g * g);
}
GAL_SLOPES_OF(slopes)

static double growth_slope(double u)
{
    if (u < 1e-2)
        return 0.5 - u / 6 + u * u * u / 180;
    return u > 300 ? 0 : (u * exp(u) / expm1(u) - 1) / expm1(u);
}

/* z = s y_Z/f G(u), u = f t/(s tau), f = s gamma - 1, G = 1 - u/(e^u - 1): dz/df, dz/dt; and with tau -t/tau dz/dt */
static void zgas_slopes(const gal_history *h, double t, double *z_a, double *z_t)
{
    double a = h->p[0], tau = h->p[1], f = S * gamma_of(a) - 1, u = f * t / (S * tau), g, slope;
    *z_a = *z_t = 0;
    if (!(t >= T_METAL))
        return;
    g = metal_growth(u);
    slope = growth_slope(u);
    *z_t = S * Y_Z / f * slope * u / t;
    *z_a = S * Y_Z / (f * f) * (slope * u - g) * S * -0.9 * pow(a, -1.3);
}

static void jvp_zgas(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n,
                     double *dz)
{
    (void)dm;
    for (size_t i = 0; i < n; i++) {
        double z_a, z_t;
        zgas_slopes(d->h, t[i], &z_a, &z_t);
        dz[i] = z_a * d->p[0] + z_t * (dt[i] - t[i] / d->h->p[1] * d->p[1]);
    }
}

static void vjp_zgas(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    (void)gm;
    for (size_t i = 0; i < n; i++) {
        double z_a, z_t;
        zgas_slopes(g->h, t[i], &z_a, &z_t);
        g->p[0] += gz[i] * z_a;
        g->p[1] -= gz[i] * z_t * t[i] / g->h->p[1];
        gt[i] += gz[i] * z_t;
    }
}

static void normalise(gal_history *h, double end, double want)
{
    h->p[0] = want > 0 ? insitu_psi_max(h->p[1], end, want) : 0;
    h->kept[1] = gamma_of(h->kept[0] = h->p[0]);
}

static void gas(const gal_history *h, double open, double dust_exponent,
                gal_sfh_content *out) /* a burst on top does not change it */
{
    (void)dust_exponent;
    insitu_rate(h->p[0], gamma_at(h), h->p[1], &h->age, 1, &out->mgas);
    out->mgas *= h->p[1] * open;
    out->mdust = dust_to_gas(gamma_at(h), h->p[1], h->age) * out->mgas;
}

/* Derivatives of dust_to_gas with f and x, c = (f + s kappa), e as there */
static double dust_slopes(double psi_max, double tau, double t, double *by_f, double *by_x)
{
    double g = gamma_of(psi_max), f = S * g - 1, x = t / (S * tau), c = f + S * KAPPA;
    double e = KAPPA + EPS_ACC * S * Y_D / c, de = -EPS_ACC * S * Y_D / (c * c), v = S * e * x, u = f * x;
    *by_f = *by_x = 0;
    if (!(t > 0))
        return 0;
    double head = S * S * S * EPS_ACC * Y_D * Y_Z / (f * c * (f + S * e));
    double lnhead = -(1 / f + 1 / c + (1 + S * de) / (f + S * e));
    double w = v < 1e-3 ? v * (0.5 - v * (1. / 6 - v / 24)) : 1 + expm1(-v) / v;
    double dw = v < 1e-3 ? 0.5 - v * (1. / 3 - v / 8) : -(exp(-v) + expm1(-v) / v) / v;
    double gr = metal_growth(u), dgr = growth_slope(u), q = f / (S * e) * w, b = gr - q + gr * q;
    double q_v = f / (S * e) * dw, q_f = w / (S * e) - q * de / e + q_v * S * x * de, q_x = q_v * S * e;
    double b_f = dgr * x * (1 + q) - q_f * (1 - gr), b_x = dgr * f * (1 + q) - q_x * (1 - gr);
    if (v < 1e-2) {
        double k = f / (S * e), r = -1. / 6 + v / 24 - v * v / 120, r_v = v * (-1. / 3 + v / 8 - v * v / 30);
        double first = -u / 6 + u * u * u / 180;
        b = -u * u / 12 + u * u * u * u / 720 - k * v * v * r + gr * q;
        b_f = first * x - (1 / (S * e) - k * de / e) * v * v * r - k * r_v * S * x * de + dgr * x * q + gr * q_f;
        b_x = first * f - k * r_v * S * e + dgr * f * q + gr * q_x;
    }
    *by_f = head * (lnhead * b + b_f);
    *by_x = head * b_x;
    return head * b;
}

static void gas_vjp(gal_history_diff *g, double open, const gal_sfh_content *c, const gal_sfh_content *gc, double *gt)
{
    double a = g->h->p[0], tau = g->h->p[1], t = g->h->age, by_f, by_x;
    double ratio = dust_slopes(a, tau, t, &by_f, &by_x), gmass = gc->mgas + gc->mdust * ratio;
    double gpsi = gmass * tau * open, gratio = gc->mdust * c->mgas;
    vjp(g, &t, 1, &gpsi, NULL, gt);
    g->p[1] += gmass * c->mgas / tau - gratio * by_x * t / (S * tau * tau);
    g->p[0] += gratio * by_f * S * -0.9 * pow(a, -1.3);
    *gt += gratio * by_x / (S * tau);
}

static const gal_metals_class metals = {.name = "insitu",
                                        .doc = "that of the in-situ model",
                                        .zgas = zgas,
                                        .zstar = zstar,
                                        .jvp = jvp_zgas,
                                        .vjp = vjp_zgas};
// clang-format off
static const gal_param par[] = {
    {"psi_max",    "Msun/yr", "normalisation; also sets the outflow",                  100,  1e-4,  1e6,   1,    1e4,  true,  true},
    {"tau_star",   "yr",      "star formation (condensation) time-scale",              3e8,  1e5,   1e12,  1e6,  1e11, true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_insitu = {
    .name = "insitu",
    .args = "psi_max =, tau_star =",
    .doc = "In-situ galaxy evolution with gas, metals and dust (Lapi+18, 20; Pantoni+19):\n"
           "psi(t) = psi_max [exp(-t/(3 tau)) - exp(-gamma t/tau)], gamma = 0.55 + 3 psi_max^-0.3.",
    .par = par,
    .npar = 2,
    .metals = &metals,
    .set = set,
    .normalise = normalise,
    .rate = rate,
    .mass = mass,
    .cells = cells,
    .jvp = jvp,
    .vjp = vjp,
    .gas = gas,
    .gas_vjp = gas_vjp,
};
