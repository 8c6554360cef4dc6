/* sse_star.c - landmarks of one star and its state at an age within a phase (HPT00 sections 5 and 6).
 *
 * Two masses describe a star: m0 fixes time scales, luminosities and the core; the current mass mt enters the radii of
 * stars with an envelope. They differ because a wind that takes the envelope of a giant does not change its core.
 *
 * Giants burn in a shell whose luminosity is set by the core alone: L = min(B Mc^q, D Mc^p). With dMc/dt = A L this
 * integrates to  Mc(t) = [(p-1) A D (t_inf1 - t)]^(1/(1-p))  up to the crossing Mx = (B/D)^(1/(p-q)) at t_x and to the same
 * with q, B, t_inf2 beyond (eqs. 34-42). The first giant branch (A = A_H), the early AGB (A_He, CO core) and the thermally
 * pulsing AGB (A_H,He) differ only in A and in where they start: gal_sse_branch holds the three constants, branch_init
 * starts one from a time and a core mass. Naked helium giants use the same law with their own B, D, p, q.
 *
 * Core helium burning has three forms (6.2 of the comments below): low mass (m0 < M_HeF: horizontal branch), intermediate
 * (first red, then blue loop) and massive (m0 > M_FGB: no giant branch, first blue, then red).
 *
 * When little envelope is left (mu < 1, eq. 97), L and R move to those of the naked core: eqs. 99-102. Thread safe. */
#include "stars/sse.h"
#include <math.h>

#define RATE_AGB GAL_SSE_RATE_AGB
#define RATE_HE  GAL_SSE_RATE_HE

const char *gal_sse_phase_name(int phase)
{
    static const char *const name[GAL_SSE_NPHASE] = {"MS",    "HG",   "GB",   "CHeB", "EAGB",
                                                     "TPAGB", "HeMS", "HeGB", "WD",   "NS/BH"};
    return phase >= 0 && phase < GAL_SSE_NPHASE ? name[phase] : "?";
}

/* ------------------------------------------------------------------ core mass - luminosity - time */
static double core_of_lum(const gal_sse_marks *k, double lum)
{
    return lum <= k->l_x ? pow(lum / k->d, 1.0 / k->p) : pow(lum / k->b, 1.0 / k->q);
}

static double lum_of_core(const gal_sse_marks *k, double mc)
{
    return mc <= k->mx ? k->d * pow(mc, k->p) : k->b * pow(mc, k->q);
}

static void branch_init(gal_sse_branch *br, const gal_sse_marks *k, double rate, double t0, double mc0)
{
    double fp = 1.0 / ((k->p - 1.0) * rate * k->d), fq = 1.0 / ((k->q - 1.0) * rate * k->b);
    if (mc0 <= k->mx) {
        br->tinf1 = t0 + fp * pow(mc0, 1.0 - k->p);
        br->tx = br->tinf1 - fp * pow(k->mx, 1.0 - k->p);
        br->tinf2 = br->tx + fq * pow(k->mx, 1.0 - k->q);
    } else {
        br->tinf1 = br->tx = -INFINITY;
        br->tinf2 = t0 + fq * pow(mc0, 1.0 - k->q);
    }
}

static double core_at(const gal_sse_branch *br, const gal_sse_marks *k, double rate, double t)
{
    if (t <= br->tx)
        return pow((k->p - 1.0) * rate * k->d * (br->tinf1 - t), 1.0 / (1.0 - k->p));
    return pow((k->q - 1.0) * rate * k->b * fmax(br->tinf2 - t, 1e-12), 1.0 / (1.0 - k->q));
}

double gal_sse_age_of_core(const gal_sse_branch *br, const gal_sse_marks *k, double rate, double mc)
{
    if (mc <= k->mx)
        return br->tinf1 - pow(mc, 1.0 - k->p) / ((k->p - 1.0) * rate * k->d);
    return br->tinf2 - pow(mc, 1.0 - k->q) / ((k->q - 1.0) * rate * k->b);
}

/* ------------------------------------------------------------------ landmarks */
static void core_law(gal_sse_marks *k, const gal_sse_coef *c, double m) /* eqs. 32, 33, 43 */
{
    double d0 = c->log_d0, heavy = fmax(fmax(-1.0, 0.975 * d0 - 0.18 * m), 0.5 * d0 - 0.06 * m), logd;
    k->ah = pow(10.0, fmax(-4.8, fmin(-5.7 + 0.8 * m, -4.1 + 0.14 * m)));
    k->b = fmax(3e4, 500.0 + 1.75e4 * pow(m, 0.6));
    if (m <= c->m_hef) {
        k->p = 6.0;
        k->q = 3.0;
        logd = d0;
    } else if (m < 2.5) {
        double f = (m - c->m_hef) / (2.5 - c->m_hef), at = 0.975 * d0 - 0.18 * 2.5;
        k->p = 6.0 - f;
        k->q = 3.0 - f;
        logd = d0 + (at - d0) * f;
    } else {
        k->p = 5.0;
        k->q = 2.0;
        logd = heavy;
    }
    k->d = pow(10.0, logd);
    k->mx = pow(k->b / k->d, 1.0 / (k->p - k->q));
    k->l_x = k->d * pow(k->mx, k->p);
}

/* HPT00 fitted models of up to 50 Msun; beyond, their lifetimes extrapolate and fall too slowly with mass (t_MS(100)/t_MS(50) =
 * 0.80; 0.71 in Schaller et al. 1992, A&AS 96, 269, Z = 0.02, interpolated between 40, 60, 85 and 120 Msun). This factor on the
 * time of hydrogen burning follows the published ratios to 2 %. */
static double extrapolated_clock(double m)
{
    return m > 50.0 ? pow(m / 50.0, -0.19) : 1.0;
}

void gal_sse_marks_ms(gal_sse_marks *k, const gal_sse_coef *c, double m)
{
    *k = (gal_sse_marks){.m0 = m};
    double hook = gal_sse_thook_frac(c, m);
    k->t_bgb = gal_sse_tbgb(c, m) * extrapolated_clock(m);
    k->t_ms = fmax(hook, c->x_tms) * k->t_bgb; /* eq. 5 */
    k->l_zams = gal_sse_lzams(c, m);
    k->l_tms = gal_sse_ltms(c, m);
    k->r_tms = gal_sse_rtms(c, m);
    double r0 = gal_sse_rzams(c, m);
    k->ms = (gal_sse_ms){.l_alpha = gal_sse_lalpha(c, m),
                         .l_beta = gal_sse_lbeta(c, m),
                         .l_eta = gal_sse_leta(c, m),
                         .l_hook = gal_sse_lhook(c, m),
                         .l_rise = log10(k->l_tms / k->l_zams),
                         .r_alpha = gal_sse_ralpha(c, m),
                         .r_beta = gal_sse_rbeta(c, m),
                         .r_gamma = gal_sse_rgamma(c, m),
                         .r_hook = gal_sse_rhook(c, m),
                         .r_rise = log10(k->r_tms / r0),
                         .r_zams = r0,
                         .t_hook = hook * k->t_bgb};
}

void gal_sse_marks_init(gal_sse_marks *k, const gal_sse_coef *c, double m)
{
    gal_sse_marks_ms(k, c, m);
    core_law(k, c, m);
    k->l_hei = gal_sse_lhei(c, m);
    k->l_bagb = gal_sse_lbagb(c, m);
    k->mc_bagb = gal_sse_mcbagb(c, m);
    if (m <= c->m_fgb) {
        k->l_bgb = gal_sse_lbgb(c, m);
        double mc = core_of_lum(k, k->l_bgb), mc_hei = core_of_lum(k, k->l_hei);
        branch_init(&k->gb, k, k->ah, k->t_bgb, mc);
        k->t_hei = fmax(k->t_bgb, gal_sse_age_of_core(&k->gb, k, k->ah, mc_hei));
        if (m <= c->m_hef) {
            k->mc_bgb = mc;
            k->mc_hei = mc_hei;
            k->l_he = gal_sse_lzahb(c, m, mc_hei);
        } else {
            k->mc_bgb = gal_sse_mchei(c, m, c->mc4_bgb);
            k->mc_hei = gal_sse_mchei(c, m, c->mc4_hei);
            k->l_he = k->l_hei * gal_sse_lhemin_ratio(c, m);
        }
    } else {
        k->l_bgb = k->l_hei; /* the Hertzsprung gap ends with He ignition */
        k->t_hei = k->t_bgb;
        k->mc_bgb = k->mc_hei = gal_sse_mchei(c, m, c->mc4_hei);
        k->l_he = k->l_bagb;
    }
    k->t_he = gal_sse_the(c, m, k->mc_hei);
    k->t_bagb = k->t_hei + k->t_he;
    /* early AGB: the CO core grows towards the He core */
    branch_init(&k->eagb, k, RATE_HE, k->t_bagb, core_of_lum(k, k->l_bagb));
    k->mcco_bagb = core_of_lum(k, k->l_bagb);
    k->mc_tp = k->mc_bagb >= 0.8 && k->mc_bagb < 2.25 ? 0.44 * k->mc_bagb + 0.448 : k->mc_bagb; /* eq. 69 */
    k->mc_tp = fmax(k->mc_tp, k->mcco_bagb);
    k->l_tp = lum_of_core(k, k->mc_tp);
    k->t_tp = gal_sse_age_of_core(&k->eagb, k, RATE_HE, k->mc_tp);
    branch_init(&k->tpagb, k, RATE_AGB, k->t_tp, k->mc_tp);
    k->mc_sn = fmax(fmax(GAL_MCH, 0.773 * k->mc_bagb - 0.35), 1.05 * k->mcco_bagb);
    if (k->mc_bagb >= 2.25) /* carbon burns before the second dredge-up: no thermal pulses, at any mass of the fits */
        k->mc_sn = fmin(k->mc_sn, k->mc_tp);
}

void gal_sse_marks_helium(gal_sse_marks *k, double m)
{
    *k = (gal_sse_marks){.m0 = m, .helium = true};
    k->t_ms = gal_sse_themsf(m);
    k->l_zams = gal_sse_lzhe(m);
    k->l_tms = k->l_zams * (1.45 + fmax(0.0, 0.85 - 0.08 * m)); /* eq. 80 at tau = 1 */
    k->b = 4.1e4;                                               /* eq. 84 */
    k->d = 5.5e4 / (1.0 + 0.4 * m * m * m * m);
    k->p = 5.0;
    k->q = 3.0;
    k->mx = sqrt(k->b / k->d);
    k->l_x = k->d * pow(k->mx, k->p);
    branch_init(&k->gb, k, RATE_HE, k->t_ms, core_of_lum(k, k->l_tms));
    k->mc_sn = fmax(GAL_MCH, 0.773 * m - 0.35);
}

double gal_sse_hems_min(const gal_sse_coef *c)
{
    return c->mc_hef;
}

static double dredge_up(double m0) /* eq. 73 */
{
    double m2 = m0 * m0;
    return fmin(0.9, 0.3 + 0.001 * m2 * m2 * m0);
}

static double helium_core_limit(const gal_sse_marks *k, double mt, double *mtc) /* eq. 89 */
{
    *mtc = fmin(mt, 1.45 * mt - 0.31);
    if (*mtc <= 0.0)
        *mtc = mt;
    return fmin(*mtc, k->mc_sn);
}

double gal_sse_phase_end(const gal_sse_marks *k, gal_sse_phase phase, double mt)
{
    double l, mtc;
    switch (phase) {
    case GAL_SSE_MS:
    case GAL_SSE_HEMS:
        return k->t_ms;
    case GAL_SSE_HG:
        return k->t_bgb;
    case GAL_SSE_GB:
        return k->t_hei;
    case GAL_SSE_CHEB:
        return k->t_bagb;
    case GAL_SSE_EAGB:
        return fmin(k->t_tp, gal_sse_age_of_core(&k->eagb, k, RATE_HE, k->mc_sn));
    case GAL_SSE_TPAGB:
        l = dredge_up(k->m0);
        return gal_sse_age_of_core(&k->tpagb, k, RATE_AGB, (k->mc_sn - l * k->mc_tp) / (1.0 - l));
    case GAL_SSE_HEGB:
        return fmax(k->t_ms, gal_sse_age_of_core(&k->gb, k, RATE_HE, helium_core_limit(k, mt, &mtc)));
    default:
        return INFINITY;
    }
}

/* ------------------------------------------------------------------ the state within a phase */
static void main_sequence(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, double age)
{
    const gal_sse_ms *x = &k->ms;
    double m = k->m0, tau = fmin(1.0, age / k->t_ms), th = x->t_hook;
    double tau1 = fmin(1.0, age / th), tau2 = fmax(0.0, fmin(1.0, (age - 0.99 * th) / (0.01 * th)));
    double y = x->l_alpha * tau + x->l_beta * pow(tau, x->l_eta) + (x->l_rise - x->l_alpha - x->l_beta) * tau * tau -
               x->l_hook * (tau1 * tau1 - tau2 * tau2); /* eq. 12 */
    s->lum = k->l_zams * pow(10.0, y);
    double t3 = tau * tau * tau, t10 = t3 * t3 * t3 * tau;
    y = x->r_alpha * tau + x->r_beta * t10 + x->r_gamma * t10 * t10 * t10 * t10 +
        (x->r_rise - x->r_alpha - x->r_beta - x->r_gamma) * t3 -
        x->r_hook * (tau1 * tau1 * tau1 - tau2 * tau2 * tau2); /* eq. 13 */
    s->rad = x->r_zams * pow(10.0, y);
    if (m < c->m_hook - 0.3) /* degenerate low-mass stars, eq. 24 */
        s->rad = fmax(s->rad, 0.0258 * pow(1.0 + c->hydrogen, 5.0 / 3.0) / cbrt(m));
    s->mc = 0.0;
}

/* Radius at He ignition of stars that have no giant branch. `red` = giant-branch radius there. */
static double r_ignition(const gal_sse_coef *c, const gal_sse_marks *k, double mt, double rmin)
{
    if (k->m0 > 12.0) /* eq. 50: between M_FGB and 12 Msun it shrinks from R_GB to R_min */
        return rmin;
    double red = gal_sse_rgb(c, mt, k->l_hei);
    return rmin * pow(red / rmin, log(k->m0 / 12.0) / log(c->m_fgb / 12.0));
}

static void hertzsprung_gap(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, double mt, double age)
{
    double m = k->m0, tau = fmin(1.0, fmax(0.0, (age - k->t_ms) / (k->t_bgb - k->t_ms)));
    double m525 = pow(m, 5.25), rho = (1.586 + m525) / (2.434 + 1.02 * m525); /* eq. 29 */
    s->mc = ((1.0 - tau) * rho + tau) * k->mc_bgb;
    s->lum = k->l_tms * pow(k->l_bgb / k->l_tms, tau);
    double rend;
    if (m <= c->m_fgb) {
        rend = gal_sse_rgb(c, mt, k->l_bgb);
    } else {
        double ragb = gal_sse_ragb(c, mt, k->l_hei);
        rend = gal_sse_tbl(c, m) <= 0.0 ? ragb : r_ignition(c, k, mt, fmin(gal_sse_rmin(c, m), ragb));
    }
    s->rad = k->r_tms * pow(rend / k->r_tms, tau);
}

/* Blue excursion, eqs. 59-65: from rx at tau = 0 over rmin to ry at tau = 1, in ln R as the cube of a straight line. */
static double blue_radius(double rx, double rmin, double ry, double tau)
{
    double lo = rx > rmin ? cbrt(log(rx / rmin)) : 0.0;
    if (rx < rmin)
        rmin = rx;
    double hi = ry > rmin ? cbrt(log(ry / rmin)) : 0.0;
    double x = fabs(lo * (tau - 1.0) + hi * tau);
    return rmin * exp(x * x * x);
}

static double rise(double rmin, double rx) /* exponent xi of eqs. 61, 62 */
{
    return fmin(2.5, fmax(0.4, rmin / rx));
}

static void core_helium(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, double mt, double age)
{
    double m = k->m0, tau = fmin(1.0, fmax(0.0, (age - k->t_hei) / k->t_he));
    s->mc = k->mc_hei + (k->mc_bagb - k->mc_hei) * tau; /* eq. 67 */
    if (m <= c->m_hef) {
        double rx = gal_sse_rzahb(c, mt, s->mc), rg = gal_sse_rgb(c, mt, k->l_he);
        double rmin = rg * pow(c->lm_rmin, m / c->m_hef), xi = rise(rmin, rx);
        s->rad = blue_radius(rx, rmin, gal_sse_ragb(c, mt, k->l_bagb), tau);
        s->lum = k->l_he * pow(k->l_bagb / k->l_he, pow(tau, xi));
    } else if (m > c->m_fgb) {
        double bl = gal_sse_tbl(c, m), ragb = gal_sse_ragb(c, mt, k->l_hei);
        double rmin = fmin(gal_sse_rmin(c, m), ragb), rx = r_ignition(c, k, mt, rmin), xi = rise(rmin, rx);
        s->lum = k->l_hei * pow(k->l_bagb / k->l_hei, pow(tau, xi));
        if (tau < bl) {
            double ly = k->l_hei * pow(k->l_bagb / k->l_hei, pow(bl, xi));
            s->rad = blue_radius(rx, rmin, gal_sse_ragb(c, mt, ly), tau / bl);
        } else {
            s->rad = gal_sse_ragb(c, mt, s->lum);
        }
    } else {
        double red = 1.0 - gal_sse_tbl(c, m);
        if (tau < red) {
            double x = (red - tau) / red;
            s->lum = k->l_he * pow(k->l_hei / k->l_he, x * x * x);
            s->rad = gal_sse_rgb(c, mt, s->lum);
        } else {
            double x = (tau - red) / (1.0 - red), rx = gal_sse_rgb(c, mt, k->l_he), rmin = gal_sse_rmin(c, mt);
            double xi = rise(rmin, rx);
            s->rad = blue_radius(rx, rmin, gal_sse_ragb(c, mt, k->l_bagb), x);
            s->lum = k->l_he * pow(k->l_bagb / k->l_he, pow(x, xi));
        }
    }
}

/* What the star becomes when the wind has taken its envelope: luminosity and radius of the naked core. */
static void naked_core(double *lc, double *rc, const gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k,
                       gal_sse_phase phase, double age)
{
    double mc = s->mc;
    *lc = 0.0;
    *rc = 0.0;
    if ((phase == GAL_SSE_HG || phase == GAL_SSE_GB) && k->m0 > c->m_hef) {
        *lc = gal_sse_lzhe(mc);
        *rc = gal_sse_rzhe(mc);
    } else if (phase == GAL_SSE_CHEB) {
        double tau = fmin(1.0, (age - k->t_hei) / k->t_he), t2 = tau * tau;
        *lc = gal_sse_lzhe(mc) * (1.0 + 0.45 * tau + fmax(0.0, 0.85 - 0.08 * mc) * t2);
        *rc = gal_sse_rzhe(mc) * (1.0 + fmax(0.0, 0.4 - 0.22 * log10(mc)) * (tau - t2 * t2 * t2));
    } else if (phase == GAL_SSE_EAGB) {
        gal_sse_marks h;
        gal_sse_marks_helium(&h, mc);
        double end = gal_sse_phase_end(k, phase, 0.0), tau = 3.0 * (age - k->t_bagb) / (end - k->t_bagb);
        *lc = lum_of_core(&h, s->mcco);
        if (tau < 1.0)
            *lc = h.l_tms * pow(*lc / h.l_tms, fmax(0.0, tau));
        double cm = 2e-3 * pow(mc, 2.5) / (2.0 + pow(mc, 5));
        double r = gal_sse_rzhe(mc) * pow(*lc / h.l_tms, 0.2) + 0.02 * (exp(cm * *lc) - exp(cm * h.l_tms));
        *rc = fmin(r, 0.08 * pow(*lc, 0.75));
    } else {
        gal_remnant kind = phase <= GAL_SSE_GB ? GAL_REM_HEWD : GAL_REM_COWD;
        gal_wd_state(fmin(mc, 0.999 * GAL_MCH), kind, c->zwd, 0.0, lc, rc);
    }
}

static void thin_envelope(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, gal_sse_phase phase,
                          double mt, double age)
{
    double mu, mtc;
    if (phase == GAL_SSE_HEGB) {
        helium_core_limit(k, mt, &mtc);
        mu = 5.0 * (mtc - s->mc) / mtc; /* eq. 98 */
    } else {
        mu = (mt - s->mc) / mt * fmin(5.0, fmax(1.2, 1.0 / sqrt(s->lum / 7e4))); /* eq. 97 */
    }
    s->lcore = s->lum;
    s->mu = mu = fmax(mu, 0.0);
    if (mu >= 1.0)
        return;
    double lc, rc;
    naked_core(&lc, &rc, s, c, k, phase, age);
    double b = 0.002 * fmax(1.0, 2.5 / mt), x = mu / b; /* eqs. 99-102 */
    double ps = (1.0 + b * b * b) * x * x * x / (1.0 + x * x * x);
    s->lum = lc * pow(s->lum / lc, ps);
    if (s->rad <= rc) {
        s->rad = rc;
    } else if (mu > 0.0) {
        b = 0.006 * fmax(1.0, 2.5 / mt);
        x = mu / b;
        double e = fmin(0.1 / log(s->rad / rc), -14.0 / log10(mu)); /* the limit only avoids underflow */
        double pr = (1.0 + b * b * b) * x * x * x * pow(mu, e) / (1.0 + x * x * x);
        s->rad = rc * pow(s->rad / rc, pr);
    } else {
        s->rad = rc;
    }
}

void gal_sse_state_at(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, gal_sse_phase phase, double mt,
                      double age)
{
    *s = (gal_sse_state){.mu = 1.0};
    switch (phase) {
    case GAL_SSE_MS:
        main_sequence(s, c, k, age);
        return;
    case GAL_SSE_HG:
        hertzsprung_gap(s, c, k, mt, age);
        break;
    case GAL_SSE_GB: {
        double mc = core_at(&k->gb, k, k->ah, age);
        s->lum = lum_of_core(k, mc);
        s->rad = gal_sse_rgb(c, mt, s->lum);
        if (k->m0 > c->m_hef) { /* eq. 45: the real core hardly grows */
            double tau = k->t_hei > k->t_bgb ? (age - k->t_bgb) / (k->t_hei - k->t_bgb) : 1.0;
            mc = k->mc_bgb + (k->mc_hei - k->mc_bgb) * tau;
        }
        s->mc = mc;
        break;
    }
    case GAL_SSE_CHEB:
        core_helium(s, c, k, mt, age);
        break;
    case GAL_SSE_EAGB:
        s->mcco = core_at(&k->eagb, k, RATE_HE, age);
        s->mc = k->mc_bagb;
        s->lum = lum_of_core(k, s->mcco);
        s->rad = gal_sse_ragb(c, mt, s->lum);
        break;
    case GAL_SSE_TPAGB: {
        double mc = core_at(&k->tpagb, k, RATE_AGB, age);
        s->lum = lum_of_core(k, mc);
        s->mc = s->mcco = mc - dredge_up(k->m0) * (mc - k->mc_tp); /* eq. 73 */
        s->rad = gal_sse_ragb(c, mt, s->lum);
        break;
    }
    case GAL_SSE_HEMS: {
        double m = k->m0, tau = fmin(1.0, age / k->t_ms), t2 = tau * tau;
        s->lum = k->l_zams * (1.0 + 0.45 * tau + fmax(0.0, 0.85 - 0.08 * m) * t2);                    /* eq. 80 */
        s->rad = gal_sse_rzhe(mt) * (1.0 + fmax(0.0, 0.4 - 0.22 * log10(mt)) * (tau - t2 * t2 * t2)); /* eq. 81 */
        return;
    }
    case GAL_SSE_HEGB: {
        double mc = core_at(&k->gb, k, RATE_HE, age), cm = 2e-3 * pow(mt, 2.5) / (2.0 + pow(mt, 5));
        s->mc = s->mcco = mc;
        s->lum = lum_of_core(k, mc);
        double r = gal_sse_rzhe(mt) * pow(s->lum / k->l_tms, 0.2) + 0.02 * (exp(cm * s->lum) - exp(cm * k->l_tms));
        s->rad = fmin(r, 0.08 * pow(s->lum, 0.75)); /* eqs. 85-88 */
        break;
    }
    default:
        return;
    }
    thin_envelope(s, c, k, phase, mt, age);
}
