/* Continuous opacities.
 *
 * H- : John 1988 (A&A 193, 189), bound-free and free-free.
 * H  : Kramers cross-section with Gaunt factors to first order (Menzel & Pekeris 1935), n = 1..8 one by one, n >= 9
 *      integrated; the edges are moved to where the lines of the series merge (Inglis & Teller 1939).
 * He I: ground state and n = 2 terms by power laws, n >= 3 hydrogenic; He II hydrogenic, Z = 2; He free-free.
 * Metals: 19 photoionisation edges near threshold, and Fe I in 15 groups of levels (formula of Kurucz 1970, ATLAS).
 * Scattering: Thomson, Rayleigh by H and H2 (Dalgarno 1962).
 * Wavelengths in A, cross-sections in cm2 per particle; x 1e18 in the float tables. Thread-safe after creation. */
#include "stars/opacity.h"

#include "galua/const.h"
#include "stars/blanketing.h"

#include <math.h>
#include <string.h>

static const double rydberg = 1.0968e-3; /* 1/A */
static const double ip_h = 13.598, ip_he1 = 24.587, ip_he2 = 54.418;

// clang-format off
/* John 1988 table 3: H- free-free, lambda > 0.3645 um and 0.1823 < lambda < 0.3645 um */
static const double ff_long[6][6] = {
    {0, 0, 0, 0, 0, 0},
    {2483.3460, 285.8270, -2054.2910, 2827.7760, -1341.5370, 208.9520},
    {-3449.8890, -1158.3820, 8746.5230, -11485.6320, 5303.6090, -812.9390},
    {2200.0400, 2427.7190, -13651.1050, 16755.5240, -7510.4940, 1132.7380},
    {-696.2710, -1841.4000, 8624.9700, -10051.5300, 4400.0670, -655.0200},
    {88.2830, 444.5170, -1863.8640, 2095.2880, -901.7880, 132.9850}};
static const double ff_short[6][6] = {
    {518.1021, -734.8666, 1021.1775, -479.0721, 93.1373, -6.4285},
    {473.2636, 1443.4137, -1977.3395, 922.3575, -178.9275, 12.3600},
    {-482.2089, -737.1616, 1096.8827, -521.1341, 101.7963, -7.0571},
    {115.5291, 169.6374, -245.6490, 114.2430, -21.9972, 1.5097},
    {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}};
static const double bf_john[6] = {152.519, 49.534, -118.858, 92.536, -34.194, 4.982};

typedef struct edge { int el; double g, energy, wave, sigma, power; } edge; /* eV, A, cm2 */
static const edge he_edges[5] = {{0, 1, 0, 504.3, 7.4e-18, 1.9}, {0, 3, 19.82, 2601, 5.5e-18, 1.5},
    {0, 1, 20.616, 3122, 9.3e-18, 2}, {0, 9, 20.964, 3422, 1.6e-17, 2.9}, {0, 3, 21.218, 3680, 1.35e-17, 3}};
static const edge metal_edges[19] = {
    {GAL_EL_C, 9, 0, 1101, 1.6e-17, 1.9}, {GAL_EL_C, 5, 1.264, 1240, 1.6e-17, 2}, {GAL_EL_C, 1, 2.68, 1445, 3.3e-17, 1.5},
    {GAL_EL_MG, 1, 0, 1622, 1.2e-18, 2.6}, {GAL_EL_MG, 9, 2.71, 2514, 2.0e-17, 2.7}, {GAL_EL_MG, 3, 4.35, 3757, 1.7e-17, 2.7},
    {GAL_EL_AL, 6, 0, 2076, 6.5e-17, 4.4}, {GAL_EL_AL, 2, 3.14, 4361, 1e-17, 2}, {GAL_EL_SI, 9, 0, 1526, 3.7e-17, 5},
    {GAL_EL_SI, 5, 0.78, 1682, 3.5e-17, 3}, {GAL_EL_SI, 1, 1.91, 1986, 4.6e-17, 3}, {GAL_EL_SI, 9, 5.0, 4300, 1.2e-17, 3},
    {GAL_EL_CA, 1, 0, 2028, 5e-19, 1}, {GAL_EL_CA, 9, 1.89, 2938, 2e-17, 2}, {GAL_EL_NA, 2, 0, 2412, 1.2e-19, 1},
    {GAL_EL_NA, 6, 2.1, 4083, 8e-18, 2}, {GAL_EL_N, 4, 0, 853, 1.1e-17, 1.5}, {GAL_EL_O, 9, 0, 911, 3e-18, 1},
    {GAL_EL_S, 9, 0, 1197, 2e-17, 2}};
/* Fe I: statistical weight, excitation [cm-1], threshold [cm-1] */
static const double fe_levels[15][3] = {{25, 500, 63500}, {35, 7500, 58500}, {21, 12500, 53500}, {15, 17500, 59500},
    {9, 19000, 45000}, {35, 19500, 44500}, {33, 19500, 44500}, {21, 21000, 43000}, {27, 22000, 58000}, {49, 23000, 41000},
    {9, 23000, 54000}, {21, 24000, 40000}, {27, 24000, 40000}, {9, 24500, 57500}, {9, 24700, 55500}};
// clang-format on

/* ------------------------------------------------------------------ functions of wavelength */
static double hminus_bf(double l)
{
    double um = l * 1e-4, y = 1 / um - 1 / 1.6419, f = 0;
    if (y <= 0)
        return 0;
    for (int i = 5; i >= 0; i--)
        f = f * sqrt(y) + bf_john[i];
    return 1e-18 * um * um * um * y * sqrt(y) * fmax(f, 0.0);
}

static double hminus_ff(double l, int n)
{
    double um = l * 1e-4;
    if (um < 0.1823)
        return 0;
    const double *k = um > 0.3645 ? ff_long[n] : ff_short[n];
    return um * um * k[0] + k[1] + (k[2] + (k[3] + (k[4] + k[5] / um) / um) / um) / um;
}

static double h_bf(double l, int n)
{
    double g = 1 - 0.3456 * pow(l * rydberg, -1.0 / 3) * (l * rydberg / (n * n) - 0.5), r = l * rydberg / (n * n);
    return l < 1.3 * n * n / rydberg ? 7.9407e-18 * n * r * r * r * fmax(g, 0.1) * n * n : 0;
}

static double fe_bf(double l, int j)
{
    double w = 1e8 / l, w0 = fe_levels[j][2];
    if (w < w0)
        return 0;
    double d = (w0 + 3000 - w) / w0 / 0.1;
    return 3e-18 / (1 + d * d * d * d);
}

static double edge_sigma(const edge *e, double l)
{
    return l <= e->wave ? e->sigma * pow(l / e->wave, e->power) : 0;
}

static double term_value(int k, double l)
{
    double gaunt = 0.3456 * pow(l * rydberg, -1.0 / 3);
    if (k == GAL_OP_HMINUS)
        return hminus_bf(l);
    if (k < GAL_OP_L3)
        return h_bf(l, k - GAL_OP_H1 + 1);
    if (k == GAL_OP_L3)
        return 1.045e-26 * l * l * l;
    if (k == GAL_OP_FF0)
        return 1.045e-26 * l * l * l * (1 + 0.5 * gaunt);
    if (k == GAL_OP_FF1)
        return 1.045e-26 * l * l * l * l * gaunt;
    if (k < GAL_OP_HE2)
        return edge_sigma(&he_edges[k - GAL_OP_HE1], l);
    if (k < GAL_OP_METAL) {
        int n = k - GAL_OP_HE2 + 1;
        double l0 = n * n * 227.8, r = l / l0;
        return l <= l0 ? 7.9407e-18 * n / 4.0 * r * r * r * n * n : 0;
    }
    if (k < GAL_OP_FE)
        return edge_sigma(&metal_edges[k - GAL_OP_METAL], l);
    return fe_bf(l, k - GAL_OP_FE);
}

/* ------------------------------------------------------------------ creation */
enum { NARRAY = 4 + GAL_OP_NTERM + GAL_OP_NHFF + 2 + 9 + GAL_BLANK_NQ };

static void fill_tables(gal_opgrid *g)
{
    for (int k = 0; k < GAL_OP_NTERM; k++)
        for (size_t i = 0; i < g->n; i++)
            if ((g->term[k][i] = (float)(1e18 * term_value(k, g->wave[i]))) != 0)
                g->nterm[k] = i + 1;
    for (size_t i = 0; i < g->n; i++) {
        double l = g->wave[i], cm = l * 1e-8;
        double before = i ? l - g->wave[i - 1] : g->wave[1] - l, after = i + 1 < g->n ? g->wave[i + 1] - l : before;
        g->lam[i] = (float)l;
        g->step[i] = (float)(0.125 * (before + after));
        g->x1[i] = (float)(GAL_H_CGS * GAL_C_CGS / (cm * GAL_KB_CGS));
        g->planck1[i] = (float)(2e-8 * GAL_H_CGS * GAL_C_CGS * GAL_C_CGS / pow(cm, 5));
        for (int k = 0; k < GAL_OP_NHFF; k++)
            g->hff[k][i] = (float)hminus_ff(l, k);
        double l2 = l * l, l4 = l2 * l2, ray = 5.799e-13 / l4 + 1.422e-6 / (l4 * l2) + 2.784 / (l4 * l4);
        g->ray_h[i] = l > 1216 ? (float)(1e24 * fmin(ray, 3e-22)) : 0;
        g->ray_h2[i] = l > 1300 ? (float)(1e24 * 8.14e-13 / l4) : 0;
    }
    for (int n = 1; n <= 8; n++) {
        double edge_wave = n * n / rydberg * (n == 1 ? 1.0005 : 1.0);
        size_t i = 0;
        while (i < g->n && g->wave[i] <= edge_wave)
            i++;
        g->edge[n - 1] = i;
        g->edge_end[n - 1] = n == 1 ? i : g->nterm[GAL_OP_H1 + n - 1];
    }
    g->nterm[GAL_OP_H1] = g->edge[0]; /* the Lyman continuum is not extended: the lines of the series are separate */
}

gal_status gal_opgrid_create(gal_opgrid **out, const double *wave, size_t n, bool lines)
{
    gal_status st = GAL_OK;
    size_t stride = (n + 15) / 16 * 16;
    *out = NULL;
    gal_opgrid *g = GAL_NEW(gal_opgrid);
    if (!g)
        return GAL_ENOMEM;
    g->n = n;
    g->wave = gal_alloc(n * sizeof *g->wave);
    g->block = gal_calloc(stride * NARRAY, sizeof *g->block);
    if (!g->wave || !g->block) {
        st = GAL_ENOMEM;
        goto out;
    }
    memcpy(g->wave, wave, n * sizeof *wave);
    float *p = g->block;
    float **first[] = {&g->lam, &g->step, &g->x1, &g->planck1, &g->ray_h, &g->ray_h2};
    for (size_t k = 0; k < sizeof first / sizeof *first; k++, p += stride)
        *first[k] = p;
    for (int k = 0; k < GAL_OP_NTERM; k++, p += stride)
        g->term[k] = p;
    for (int k = 0; k < GAL_OP_NHFF; k++, p += stride)
        g->hff[k] = p;
    for (int k = 0; k < 3; k++, p += 3 * stride) {
        g->a[k] = p;
        g->e[k] = p + stride;
        g->mol[k] = p + 2 * stride;
    }
    for (int k = 0; k < GAL_BLANK_NQ; k++, p += stride)
        g->spread[k] = p;
    fill_tables(g);
    gal_blanketing_tables(g);
    if (lines)
        gal_hlines_list(g);
    *out = g;
    g = NULL;
out:
    gal_opgrid_free(g);
    return st;
}

void gal_opgrid_free(gal_opgrid *g)
{
    if (!g)
        return;
    gal_free(g->block);
    gal_free(g->wave);
    gal_free(g);
}

/* ------------------------------------------------------------------ functions of the gas */
/* Coefficients below this fraction of the unit extinction are set to zero: they cannot matter, and would be denormal. */
static float flush(double c)
{
    return c > 1e-24 ? (float)c : 0;
}

void gal_opgrid_state(const gal_opgrid *g, const gal_gas *gas, double unit, gal_opstate *o)
{
    double t = gas->t, kt_ev = GAL_KB_EV * t, pe = gas->ne * GAL_KB_CGS * t, s = 1e-18 / unit;
    double ex = ip_h / kt_ev, ehe = ip_he1 / kt_ev, e2 = ip_he2 / kt_ev;
    o->t = (float)t;
    o->c[GAL_OP_HMINUS] = flush(s * 0.750 * pow(t, -2.5) * exp(1.439e4 / (1.6419 * t)) * pe * gas->h1);
    double nmax = gal_hlines_last_level(gas->ne);
    for (int n = 1; n <= 8; n++) {
        o->c[GAL_OP_H1 + n - 1] = flush(s * gas->h1 * exp(-ex * (1 - 1.0 / (n * n))));
        double m = fmax(nmax, n + 1.3);
        o->edge_wave[n - 1] = (float)(1 / (rydberg * (1.0 / (n * n) - 1 / (m * m))));
    }
    double k = 0.5 / ex; /* kT/2I */
    double high = gas->h1 * (exp(-ex * (1 - 1 / 81.0)) - exp(-ex)) + 4 * gas->he1 * (exp(ex / 9 - ehe) - exp(-ehe));
    double ion = gas->h1 * exp(-ex) + 4 * gas->he1 * exp(-ehe);
    /* He III free-free: 3.69e8 Z^2 n_e n_i g/(nu^3 sqrt T), written with the lambda^3 of the terms */
    double he3 = gas->he3 * gas->ne * 3.69e8 * 4 / sqrt(t) / pow(GAL_C_AA, 3) / 1.045e-26;
    o->c[GAL_OP_L3] = flush(s * k * high);
    o->c[GAL_OP_FF0] = flush(s * (k * ion + he3));
    o->c[GAL_OP_FF1] = flush(s * (k * ion + he3) * GAL_KB_CGS * t / (GAL_H_CGS * GAL_C_CGS * 1e8));
    for (int j = 0; j < 5; j++)
        o->c[GAL_OP_HE1 + j] = flush(s * gas->he1 * he_edges[j].g * exp(-he_edges[j].energy / kt_ev));
    for (int n = 1; n <= 9; n++)
        o->c[GAL_OP_HE2 + n - 1] = flush(s * gas->he2 * exp(-e2 * (1 - 1.0 / (n * n))));
    for (int j = 0; j < 19; j++) {
        const edge *e = &metal_edges[j];
        o->c[GAL_OP_METAL + j] =
            flush(s * gas->el[e->el][0] * e->g / gal_eos_partition(e->el, 0) * exp(-e->energy / kt_ev));
    }
    double fe = s * gas->el[GAL_EL_FE][0] / gal_eos_partition(GAL_EL_FE, 0);
    for (int j = 0; j < 15; j++)
        o->c[GAL_OP_FE + j] = flush(fe * fe_levels[j][0] * exp(-fe_levels[j][1] * 1.4388 / t));
    double th = 5040 / t;
    for (int j = 0; j < GAL_OP_NHFF; j++)
        o->hff[j] = flush(1e-29 * pe * gas->h1 * pow(th, 0.5 * (j + 2)) / unit);
    o->thomson = (float)(gas->ne * GAL_SIGMA_T / unit);
    o->ray_h = flush(gas->h1 * 1e-24 / unit);
    o->ray_h2 = flush(gas->h2 * 1e-24 / unit);
    double n[GAL_NABSORBER];
    gal_eos_absorbers(gas, n);
    for (int j = 0; j < 3; j++) {
        o->absorber[j] = (float)log(fmax(n[j] * 1e-17 / unit, 1e-30));
        o->absorber[3 + j] = flush(n[3 + j] * 1e-17 / unit * exp(-0.3 / kt_ev));
    }
    gal_hlines_state(g, gas, unit, o);
}
