/* Nebular emission of an ionisation-bounded H II region in case B.
 *
 * Hydrogen lines: emissivities of Storey & Hummer 1995 (MNRAS 272, 41), n_e = 100 cm-3, over the recombination coefficient
 * alpha_B = 2.59e-13 T4^-0.833 cm3/s. Other lines and Lyman alpha: fitted ratios to H beta (nebular_lines.h).
 * Continuum: free-bound and free-free of H+ and He+,
 *   gamma_nu = 6.84e-38 T^-1/2 e^{-h nu/kT} [g_ff + sum_{n>=2, lambda<=lambda_n} 2I/(n^3 kT) g_bf e^{I/(n^2 kT)}] (1 + y),
 * per ion and electron [erg/s/Hz cm3]; free-free Gaunt factor: Draine 2011, eq. 10.9. Two-photon decay of 2s: Nussbaumer &
 * Schmutz 1984, effective recombination 0.838e-13 T4^-0.728. Recombinations to n = 1 are absorbed on the spot.
 * Units inside: erg/s and A. Thread-safe. */
#include "stars/nebular.h"

#include "galua/const.h"
#include "galua/num.h"
#include "num/dot.h"
#include "stars/nebular_kern.h"
#include "stars/nebular_lines.h"

#include <math.h>
#include <string.h>

static const double rydberg = 1.0967758e-3; /* 1/A, hydrogen */
static const double lyman_alpha = 1215.67;
static const double z_fit = 0.019; /* the solar metallicity of the fitted models */
static const double helium = 0.085;
static const double line_width = 100e5 / GAL_C_CGS; /* dispersion */

typedef struct hydrogen_line {
    unsigned char n, m;
    float e5, e10, e20; /* emissivity at 5000, 10000, 20000 K [1e-27 erg cm3/s] */
    const char *name;
} hydrogen_line;

// clang-format off
static const hydrogen_line hydrogen[] = {
    {2, 3, 668.7f, 353.6f, 180.7f, "H alpha"}, {2, 4, 219.9f, 123.5f, 65.79f, "H beta"}, {2, 5, 100.8f, 57.84f, 31.28f, "H gamma"},
    {2, 6, 55.30f, 31.98f, 17.39f, "H delta"}, {2, 7, 33.88f, 19.64f, 10.69f, "H epsilon"}, {2, 8, 22.37f, 12.97f, 7.058f, "H 8"},
    {2, 9, 15.60f, 9.031f, 4.908f, "H 9"}, {2, 10, 11.33f, 6.549f, 3.553f, "H 10"}, {2, 11, 8.507f, 4.905f, 2.656f, "H 11"},
    {2, 12, 6.555f, 3.771f, 2.039f, "H 12"}, {2, 13, 5.163f, 2.963f, 1.599f, "H 13"}, {2, 14, 4.141f, 2.372f, 1.278f, "H 14"},
    {2, 15, 3.374f, 1.928f, 1.037f, "H 15"}, {2, 16, 2.787f, 1.589f, 0.8538f, "H 16"},
    {3, 4, 90.29f, 41.82f, 18.69f, "Pa alpha"}, {3, 5, 40.47f, 20.16f, 9.543f, "Pa beta"}, {3, 6, 21.72f, 11.17f, 5.414f, "Pa gamma"},
    {3, 7, 13.11f, 6.849f, 3.360f, "Pa delta"}, {3, 8, 8.577f, 4.516f, 2.229f, "Pa 8"}, {3, 9, 5.939f, 3.141f, 1.555f, "Pa 9"},
    {3, 10, 4.294f, 2.276f, 1.129f, "Pa 10"}, {3, 11, 3.211f, 1.703f, 0.8453f, "Pa 11"}, {3, 12, 2.467f, 1.309f, 0.6496f, "Pa 12"},
    {4, 5, 22.98f, 9.906f, 4.123f, "Br alpha"}, {4, 6, 12.24f, 5.615f, 2.456f, "Br beta"}, {4, 7, 7.255f, 3.435f, 1.540f, "Br gamma"},
    {4, 8, 4.680f, 2.255f, 1.025f, "Br delta"}, {4, 9, 3.208f, 1.563f, 0.7162f, "Br 9"}, {4, 10, 2.303f, 1.129f, 0.5200f, "Br 10"},
    {4, 11, 1.712f, 0.8431f, 0.3896f, "Br 11"}, {4, 12, 1.310f, 0.6467f, 0.2995f, "Br 12"},
    {5, 6, 7.631f, 3.152f, 1.260f, "Pf alpha"}, {5, 7, 4.605f, 2.000f, 0.8316f, "Pf beta"}, {5, 8, 2.946f, 1.316f, 0.5597f, "Pf gamma"},
    {5, 9, 2.003f, 0.9104f, 0.3924f, "Pf delta"}, {5, 10, 1.428f, 0.6562f, 0.2853f, "Pf 10"},
    {6, 7, 2.998f, 1.205f, 0.4702f, "Hu alpha"}, {6, 8, 1.987f, 0.8308f, 0.3343f, "Hu beta"}, {6, 9, 1.351f, 0.5789f, 0.2374f, "Hu gamma"}};
// clang-format on
enum { NHYDROGEN = sizeof hydrogen / sizeof *hydrogen, HBETA = 1 };

/* ------------------------------------------------------------------ state of the gas */
typedef struct gas {
    double term[NEBULAR_NTERM]; /* of the fits */
    double t, alpha_b, y;       /* temperature, recombination coefficient, He+/H+ */
} gas;

static double fitted(const gas *g, const float *c)
{
    double s = 0;
    for (int k = 0; k < NEBULAR_NTERM; k++)
        s += (double)c[k] * g->term[k];
    return s;
}

static double clamp(double x, double lo, double hi)
{
    return fmin(fmax(x, lo), hi);
}

static gas gas_state(double qh, double qhei, double z, double logu)
{
    enum { TOP = 4 };
    gas g;
    double v[3] = {clamp(logu, -4, -1) + 2.5, clamp(log10(fmax(z, 1e-10) / z_fit), -1.98, 0.2), 0};
    double hardest = fmin(nebular_x_hi, -0.65 - 0.16 * v[1]); /* of the fitted models: -0.7 at solar metallicity */
    v[2] = clamp(log10(fmax(qhei, 1e-30) / fmax(qh, 1e-20)), nebular_x_lo, hardest);
    double power[3][TOP + 1];
    for (int i = 0; i < 3; i++) {
        power[i][0] = 1;
        for (int k = 1; k <= TOP; k++)
            power[i][k] = power[i][k - 1] * v[i];
    }
    for (int k = 0; k < NEBULAR_NTERM; k++)
        g.term[k] = power[0][nebular_power[k][0]] * power[1][nebular_power[k][1]] * power[2][nebular_power[k][2]];
    g.t = clamp(exp(fitted(&g, nebular_te)), 5000, 20000);
    g.alpha_b = 2.59e-13 * pow(g.t / 1e4, -0.833);
    g.y = fmin(helium, pow(10, v[2])); /* the He+ zone is smaller than the H+ zone when the spectrum is soft */
    return g;
}

double gal_nebular_temperature(double qh, double qhei, double z, double logu)
{
    return gas_state(qh, qhei, z, logu).t;
}

/* ------------------------------------------------------------------ lines */
/* erg per ionising photon; quadratic in ln T through the three tabulated temperatures. */
static double hydrogen_energy(const gas *g, const hydrogen_line *h)
{
    double x = log(g->t / 1e4) / M_LN2, a = log((double)h->e5 / h->e10), b = log((double)h->e20 / h->e10);
    return 1e-27 * h->e10 * exp(0.5 * (b - a) * x + 0.5 * (a + b) * x * x) / g->alpha_b;
}

static double two_photon_rate(const gas *g) /* decays per recombination */
{
    return 0.838e-13 * pow(g->t / 1e4, -0.728) / g->alpha_b;
}

/* Lyman alpha of recombinations alone [Lsun]: those that do not end in 2s. */
static double case_b_lya(const gas *g, double qion)
{
    return qion / GAL_LSUN * (GAL_H_CGS * GAL_C_AA / lyman_alpha) * (1 - two_photon_rate(g));
}

size_t gal_nebular_nline(void)
{
    return NHYDROGEN + NEBULAR_NLINE;
}

static void line_list(const gas *g, double qion, gal_nebular_line *out)
{
    double hbeta = hydrogen_energy(g, &hydrogen[HBETA]), scale = qion / GAL_LSUN;
    for (int k = 0; k < NHYDROGEN; k++) {
        const hydrogen_line *h = &hydrogen[k];
        double wave = 1 / (rydberg * (1.0 / (h->n * h->n) - 1.0 / (h->m * h->m)));
        out[k] = (gal_nebular_line){wave, 0, scale * hydrogen_energy(g, h), h->name};
    }
    for (int k = 0; k < NEBULAR_NLINE; k++) {
        double ratio = exp(clamp(fitted(g, nebular_line[k].c), -30, 5));
        out[NHYDROGEN + k] = (gal_nebular_line){(double)nebular_line[k].wave, (double)nebular_line[k].rms,
                                                scale * hbeta * ratio, nebular_line[k].name};
    }
    /* Lyman alpha: at least every recombination that does not end in 2s; collisions add to it in hot, metal-poor gas */
    gal_nebular_line *lya = &out[NHYDROGEN];
    lya->lum = fmax(lya->lum, case_b_lya(g, qion));
}

/* Lines that carry heat away: neither recombination lines of hydrogen and helium nor the part of Lyman alpha that recombinations make. */
static double heat_of(size_t k, double lum, double lya)
{
    if (k < NHYDROGEN)
        return 0.0;
    const char *name = nebular_line[k - NHYDROGEN].name;
    if (name[0] == 'H' && name[1] == 'e')
        return 0.0;
    return k == NHYDROGEN ? fmax(0.0, lum - lya) : lum;
}

/* The gas emits what it absorbs. The fitted ratios know one spectrum of the stars at each hardness; where that of the population at hand
 * brings less energy per photon (10-60 Myr) they would radiate up to 2.4 times what comes in, where it brings more (bare hot
 * cores) less than half. The lines that carry heat are scaled so that emitted/absorbed stays within .5 .. 1: what is
 * missing to 1 leaves in lines that are not in the list (far infrared, auroral, highly ionised) and is not in the spectrum. Energies in Lsun;
 * line: luminosities, `stride` doubles from one to the next. Returns what to multiply the continuum by, as the lines have been: 1, or a
 * little less where recombinations alone would give more than comes in (gas a thousand times poorer in metals than soft stars: .98). */
static double balance(const gas *g, double qion, double absorbed, double continuum, double *line, size_t stride)
{
    const double least = 0.51;
    double lya = case_b_lya(g, qion), fixed = continuum, heat = 0.0;
    for (size_t k = 0; k < NHYDROGEN + NEBULAR_NLINE; k++) {
        double h = heat_of(k, line[k * stride], lya);
        heat += h;
        fixed += line[k * stride] - h;
    }
    if (!(heat > 0.0 && absorbed > 0.0))
        return 1.0;
    double scale = clamp(1.0, (least * absorbed - fixed) / heat, fmax(0.0, (absorbed - fixed) / heat));
    double all = fmin(1.0, absorbed / fixed);
    for (size_t k = 0; k < NHYDROGEN + NEBULAR_NLINE; k++)
        line[k * stride] = all * (line[k * stride] + (scale - 1.0) * heat_of(k, line[k * stride], lya));
    return all;
}

void gal_nebular_lines(double qion, double qh, double qhei, double z, double logu, gal_nebular_line *out)
{
    gas g = gas_state(qh, qhei, z, logu);
    line_list(&g, qion, out);
}

/* ------------------------------------------------------------------ continuum */
enum { NLEVEL = 64 };

typedef struct continuum {
    double c0[NLEVEL + 1],
        c2[NLEVEL + 1]; /* sums over levels >= n of 2I/(n^3 kT) e^{I/(n^2 kT)}, and of the same / n^2 */
    double scale, kt;   /* erg/s/Hz; erg */
} continuum;

static continuum continuum_state(const gas *g, double qion)
{
    continuum c;
    double kt_ev = GAL_KB_EV * g->t, x = 13.598 / kt_ev;
    c.c0[NLEVEL] = c.c2[NLEVEL] = 0;
    for (int n = NLEVEL - 1; n >= 2; n--) {
        double v = 2 * x / ((double)n * n * n) * exp(x / (n * n));
        c.c0[n] = c.c0[n + 1] + v;
        c.c2[n] = c.c2[n + 1] + v / (n * n);
    }
    c.kt = GAL_KB_CGS * g->t;
    c.scale = qion / g->alpha_b * 6.84e-38 / sqrt(g->t) * (1 + g->y);
    return c;
}

/* Nussbaumer & Schmutz 1984: A(y) [1/s], y = nu/nu_Ly alpha; the integral over y is 2 x 8.2249 /s. */
static double two_photon_profile(double y)
{
    if (y <= 0 || y >= 1)
        return 0;
    double w = y * (1 - y), w4 = pow(4 * w, 0.8);
    return 202.0 * (w * (1 - w4) + 0.88 * pow(w, 1.53) * w4);
}

static double continuum_nu(const continuum *c, double wave, double t)
{
    double nu = GAL_C_AA / wave, e = exp(-fmin(GAL_H_CGS * nu / c->kt, 600.0)), lr = wave * rydberg;
    int n = (int)ceil(sqrt(lr) * (1 - 1e-12));
    n = n < 2 ? 2 : n > NLEVEL ? NLEVEL : n;
    double k = 0.3456 / cbrt(lr), bf = c->c0[n] * (1 + 0.5 * k) - k * lr * c->c2[n];
    double nu9 = nu * 1e-9, t4 = t * 1e-4;
    double gff = log(exp(5.960 - sqrt(3.0) / M_PI * log(nu9 / (t4 * sqrt(t4)))) + M_E);
    return c->scale * e * (gff + bf);
}

/* Energy below the Lyman limit: trapezoid, and the last value as far as the limit, for the next one lies beyond the edge. */
static double lyman_energy(const double *wave, size_t n, const double *lum)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < n && wave[i] < GAL_LYMAN_AA; i++)
        sum += wave[i + 1] < GAL_LYMAN_AA ? 0.5 * (lum[i] + lum[i + 1]) * (wave[i + 1] - wave[i])
                                          : lum[i] * (GAL_LYMAN_AA - wave[i]);
    return sum;
}

/* Adds `share` of the continuum to lum; its luminosity [Lsun]. */
static double add_continuum(const gas *g, double qion, double share, const double *wave, size_t n, double *lum)
{
    continuum c = continuum_state(g, qion);
    double nu_lya = GAL_C_AA / lyman_alpha, two = qion * two_photon_rate(g) * GAL_H_CGS / (8.2249 * nu_lya), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (wave[i] < GAL_LYMAN_AA)
            continue;
        double nu = GAL_C_AA / wave[i],
               lnu = continuum_nu(&c, wave[i], g->t) + two * nu * two_photon_profile(nu / nu_lya);
        double add = share * lnu * nu / wave[i] / GAL_LSUN;
        lum[i] += add;
        sum += add * 0.5 * (wave[i + 1 < n ? i + 1 : i] - wave[i > 0 ? i - 1 : 0]);
    }
    return sum;
}

void gal_nebular_add(const double *wave, size_t n, double qh, double qhei, double z, double logu, double fesc,
                     double fdust, double *lum, gal_nebular_line *line)
{
    double qion = qh * (1 - fesc - fdust);
    double absorbed = n < 3 ? 0.0 : (1 - fesc - fdust) * lyman_energy(wave, n, lum);
    for (size_t i = 0; i < n && wave[i] < GAL_LYMAN_AA; i++)
        lum[i] *= fesc;
    if (!(qion > 0) || n < 3) {
        gal_nebular_lines(0.0, qh, qhei, z, logu, line);
        return;
    }
    gas g = gas_state(qh, qhei, z, logu);
    double energy = add_continuum(&g, qion, 1.0, wave, n, lum);
    line_list(&g, qion, line);
    double all = balance(&g, qion, absorbed, energy, &line->lum, sizeof *line / sizeof line->lum);
    if (all < 1.0)
        add_continuum(&g, qion, all - 1.0, wave, n, lum);
    for (size_t k = 0; k < gal_nebular_nline(); k++)
        nebular_add_line(wave, n, &line[k], line_width, lum);
}

/* ------------------------------------------------------------------ tabulated on a grid */
enum { NTEMP = 49 };
static const double coolest = 5000, hottest = 20000;

struct gal_nebular_grid {
    size_t n, lyman;
    double *cont; /* [NTEMP][n] per ionising photon/s and (1 + y): Lsun/A */
    double *two;  /* [n] per decay/s: Lsun/A */
    gal_nebular_profiles *profiles;
    double coef[NEBULAR_NTERM * NEBULAR_NLINE];             /* of the fits, lines fastest */
    double e[NHYDROGEN], slope[NHYDROGEN], bend[NHYDROGEN]; /* hydrogen: energy at 1e4 K, its run with log2(T/1e4 K) */
    double cont_energy[NTEMP], two_energy;                  /* integrals of cont and two [Lsun] */
};

void gal_nebular_grid_free(gal_nebular_grid *g)
{
    if (!g)
        return;
    gal_free(g->cont);
    gal_free(g->two);
    gal_nebular_profiles_free(g->profiles);
    gal_free(g);
}

static gal_status make_profiles(gal_nebular_grid *g, const double *wave, double sigma)
{
    gal_nebular_line all[NHYDROGEN + NEBULAR_NLINE];
    double wave0[NHYDROGEN + NEBULAR_NLINE];
    gas state = gas_state(1, 0.1, z_fit, -2.5);
    line_list(&state, 1, all);
    for (size_t k = 0; k < gal_nebular_nline(); k++)
        wave0[k] = all[k].wave;
    return gal_nebular_profiles_create(&g->profiles, wave, g->n, wave0, gal_nebular_nline(), sigma);
}

gal_status gal_nebular_grid_create(gal_nebular_grid **out, const double *wave, size_t n, double sigma)
{
    gal_status st = GAL_OK;
    gal_nebular_grid *g = GAL_NEW(gal_nebular_grid);
    *out = NULL;
    if (!g)
        return GAL_ENOMEM;
    g->n = n;
    g->cont = GAL_NEWN(double, n *NTEMP);
    g->two = GAL_NEWN(double, n);
    if (!g->cont || !g->two)
        GAL_TRY(GAL_ENOMEM);
    while (g->lyman < n && wave[g->lyman] < GAL_LYMAN_AA)
        g->lyman++;
    double nu_lya = GAL_C_AA / lyman_alpha;
    for (int i = 0; i < NTEMP; i++) {
        double t = coolest * pow(hottest / coolest, (double)i / (NTEMP - 1));
        gas state = {.t = t, .alpha_b = 2.59e-13 * pow(t / 1e4, -0.833)};
        continuum c = continuum_state(&state, 1);
        for (size_t k = g->lyman; k < n; k++)
            g->cont[(size_t)i * n + k] = continuum_nu(&c, wave[k], t) * GAL_C_AA / (wave[k] * wave[k]) / GAL_LSUN;
        g->cont_energy[i] = gal_trapz(wave, g->cont + (size_t)i * n, n);
    }
    for (size_t k = g->lyman; k < n; k++) {
        double nu = GAL_C_AA / wave[k];
        g->two[k] = GAL_H_CGS / (8.2249 * nu_lya) * nu * two_photon_profile(nu / nu_lya) * nu / wave[k] / GAL_LSUN;
    }
    g->two_energy = gal_trapz(wave, g->two, n);
    for (int l = 0; l < NEBULAR_NLINE; l++)
        for (int k = 0; k < NEBULAR_NTERM; k++)
            g->coef[k * NEBULAR_NLINE + l] = (double)nebular_line[l].c[k];
    for (int l = 0; l < NHYDROGEN; l++) {
        const hydrogen_line *h = &hydrogen[l];
        double a = log((double)h->e5 / (double)h->e10), b = log((double)h->e20 / (double)h->e10);
        g->e[l] = 1e-27 * (double)h->e10;
        g->slope[l] = 0.5 * (b - a);
        g->bend[l] = 0.5 * (a + b);
    }
    GAL_TRY(make_profiles(g, wave, sigma));
    *out = g;
    g = NULL;
out:
    gal_nebular_grid_free(g);
    return st;
}

gal_status gal_nebular_grid_pick(gal_nebular_grid **out, const gal_nebular_grid *g, const uint32_t *at, size_t n)
{
    gal_nebular_grid *p = *out = GAL_NEW(gal_nebular_grid);
    if (!p)
        return GAL_ENOMEM;
    *p = *g;
    p->n = n;
    p->profiles = NULL;
    p->cont = GAL_NEWN(double, n *NTEMP);
    p->two = GAL_NEWN(double, n);
    if (!p->cont || !p->two || gal_nebular_profiles_pick(&p->profiles, g->profiles, at, n) != GAL_OK) {
        gal_nebular_grid_free(p);
        *out = NULL;
        return GAL_ENOMEM;
    }
    for (p->lyman = 0; p->lyman < n && at[p->lyman] < g->lyman;)
        p->lyman++;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < NTEMP; i++)
            p->cont[i * n + k] = g->cont[i * g->n + at[k]];
        p->two[k] = g->two[at[k]];
    }
    return GAL_OK;
}

/* Luminosities as line_list has them, from the tables. */
static void line_luminosities(const gal_nebular_grid *g, const gas *s, double qion, double *line)
{
    const struct nebular_kern *kern = GAL_KERN_PICK(nebular_kern);
    double scale = qion / GAL_LSUN, *other = line + NHYDROGEN;
    kern->hydrogen(NHYDROGEN, log(s->t / 1e4) / M_LN2, g->e, g->slope, g->bend, line);
    kern->ratios(NEBULAR_NLINE, NEBULAR_NTERM, g->coef, s->term, other);
    for (int l = 0; l < NHYDROGEN; l++)
        line[l] *= scale / s->alpha_b;
    for (int l = 0; l < NEBULAR_NLINE; l++)
        other[l] *= line[HBETA];
    other[0] = fmax(other[0], case_b_lya(s, qion));
}

void gal_nebular_grid_eval(const gal_nebular_grid *g, double qion, double qh, double qhei, double absorbed, double z,
                           double logu, double *lum, double *line, double *t)
{
    gas s = gas_state(qh, qhei, z, logu);
    double x = log(s.t / coolest) / log(hottest / coolest) * (NTEMP - 1);
    size_t i = (size_t)clamp(x - 0.5, 0, NTEMP - 3), m = g->lyman;
    double f = x - (double)i - 1, a = qion * (1 + s.y), two = qion * two_photon_rate(&s);
    double c[3] = {a * 0.5 * f * (f - 1), a * (1 - f * f), a * 0.5 * f * (f + 1)};
    const double *at = g->cont + i * g->n + m, *e = g->cont_energy + i;
    *t = s.t;
    line_luminosities(g, &s, qion, line);
    double all = balance(&s, qion, absorbed, c[0] * e[0] + c[1] * e[1] + c[2] * e[2] + two * g->two_energy, line, 1);
    for (size_t k = 0; k < 3; k++)
        c[k] *= all;
    for (size_t k = 0; k < m; k++)
        lum[k] = 0;
    GAL_KERN_PICK(nebular_kern)->continuum(g->n - m, c, at, at + g->n, at + 2 * g->n, all * two, g->two + m, lum + m);
    gal_nebular_profiles_add(g->profiles, line, lum);
}

/* ------------------------------------------------------------------ derivatives along a direction */
typedef struct change {
    double term[NEBULAR_NTERM], lnt, y;
} change;

/* Of the state with d = { qh, qhei, z, logu }; clamped numbers do not move. */
static change gas_change(const gas *g, double qh, double qhei, double z, double logu, const double d[4])
{
    change c = {.lnt = 0};
    double v[3] = {clamp(logu, -4, -1) + 2.5, log10(fmax(z, 1e-10) / z_fit),
                   log10(fmax(qhei, 1e-30) / fmax(qh, 1e-20))};
    double dv[3] = {logu >= -4 && logu <= -1 ? d[3] : 0, v[1] >= -1.98 && v[1] <= 0.2 ? d[2] / (z * M_LN10) : 0, 0};
    v[1] = clamp(v[1], -1.98, 0.2);
    double edge = -0.65 - 0.16 * v[1];
    if (v[2] > fmin(nebular_x_hi, edge)) {
        dv[2] = edge < nebular_x_hi ? -0.16 * dv[1] : 0;
        v[2] = fmin(nebular_x_hi, edge);
    } else if (v[2] >= nebular_x_lo) {
        dv[2] = (d[1] / qhei - d[0] / qh) / M_LN10;
    } else {
        v[2] = nebular_x_lo;
    }
    for (int k = 0; k < NEBULAR_NTERM; k++)
        for (int i = 0; i < 3; i++) {
            int p = nebular_power[k][i];
            double x = p > 0 && dv[i] != 0 ? p * dv[i] : 0;
            for (int j = 0; x != 0 && j < 3; j++)
                for (int m = j == i ? 1 : 0; m < nebular_power[k][j]; m++)
                    x *= v[j];
            c.term[k] += x;
        }
    gas moved = *g;
    memcpy(moved.term, c.term, sizeof c.term);
    c.lnt = g->t > 5000 && g->t < 20000 ? fitted(&moved, nebular_te) : 0;
    c.y = pow(10, v[2]) < helium ? M_LN10 * g->y * dv[2] : 0;
    return c;
}

/* Of line_luminosities; q: ln of the photons */
static void line_changes(const gal_nebular_grid *g, const gas *s, const change *c, double dlnq, double qion,
                         const double *line, double *dline)
{
    double x = log(s->t / 1e4) / M_LN2, dx = c->lnt / M_LN2, all = dlnq + 0.833 * c->lnt;
    for (int l = 0; l < NHYDROGEN; l++)
        dline[l] = line[l] * (all + (g->slope[l] + 2 * x * g->bend[l]) * dx);
    double dhb = line[HBETA] > 0 ? dline[HBETA] / line[HBETA] : 0;
    for (int l = 0; l < NEBULAR_NLINE; l++) {
        double sum = fitted(s, nebular_line[l].c), d = 0;
        for (int k = 0; k < NEBULAR_NTERM; k++)
            d += (double)nebular_line[l].c[k] * c->term[k];
        dline[NHYDROGEN + l] = line[NHYDROGEN + l] * (dhb + (sum > -30 && sum < 5 ? d : 0));
    }
    double ratio = exp(clamp(fitted(s, nebular_line[0].c), -30, 5));
    if (ratio * line[HBETA] < case_b_lya(s, qion)) /* line[NHYDROGEN] is that */
        dline[NHYDROGEN] = case_b_lya(s, qion) * dlnq -
                           qion / GAL_LSUN * (GAL_H_CGS * GAL_C_AA / lyman_alpha) * two_photon_rate(s) * 0.105 * c->lnt;
}

/* Of balance, before which the lines are line; returns the change of what the continuum is multiplied by, *all is that. */
static double balance_change(const gas *s, const change *c, double qion, double dlnq, double absorbed, double dabsorbed,
                             double energy, double denergy, double *line, double *dline, double *all)
{
    enum { N = NHYDROGEN + NEBULAR_NLINE };
    const double least = 0.51;
    double lya = case_b_lya(s, qion), heat = 0, dheat = 0, fixed = energy, dfixed = denergy, h[N], dh[N];
    double dlya =
        lya * dlnq - qion / GAL_LSUN * (GAL_H_CGS * GAL_C_AA / lyman_alpha) * two_photon_rate(s) * 0.105 * c->lnt;
    for (size_t k = 0; k < N; k++) {
        h[k] = heat_of(k, line[k], lya);
        dh[k] = h[k] > 0 ? dline[k] - (k == NHYDROGEN ? dlya : 0) : 0;
        heat += h[k];
        dheat += dh[k];
        fixed += line[k] - h[k];
        dfixed += dline[k] - dh[k];
    }
    *all = 1;
    if (!(heat > 0 && absorbed > 0))
        return 0;
    double lo = (least * absorbed - fixed) / heat, hi = (absorbed - fixed) / heat, scale = 1, dscale = 0, dall = 0;
    if (fmax(1, lo) > fmax(0, hi)) {
        scale = fmax(0, hi);
        dscale = hi > 0 ? (dabsorbed - dfixed - hi * dheat) / heat : 0;
    } else if (lo > 1) {
        scale = lo;
        dscale = (least * dabsorbed - dfixed - lo * dheat) / heat;
    }
    if (absorbed < fixed) {
        *all = absorbed / fixed;
        dall = (dabsorbed - *all * dfixed) / fixed;
    }
    for (size_t k = 0; k < N; k++) {
        double now = line[k] + (scale - 1) * h[k];
        dline[k] = dall * now + *all * (dline[k] + dscale * h[k] + (scale - 1) * dh[k]);
    }
    return dall;
}

/* What the light is made of: the continuum at temperature i, i + 1, i + 2 times c[3], two-photon decay times two, the lines; changes along d. */
static size_t sum_changes(const gal_nebular_grid *g, const double arg[6], const double d[6], double dc[3], double *dtwo,
                          double *dline, double *dt)
{
    double qion = arg[0], qh = arg[1], qhei = arg[2], absorbed = arg[3], z = arg[4], logu = arg[5];
    double line[NHYDROGEN + NEBULAR_NLINE], dlnq = qion > 0 ? d[0] / qion : 0, all;
    gas s = gas_state(qh, qhei, z, logu);
    change c = gas_change(&s, qh, qhei, z, logu, (double[4]){d[1], d[2], d[4], d[5]});
    double per = (NTEMP - 1) / log(hottest / coolest), x = log(s.t / coolest) * per, dx = c.lnt * per;
    size_t i = (size_t)clamp(x - 0.5, 0, NTEMP - 3);
    double f = x - (double)i - 1, a = qion * (1 + s.y), da = d[0] * (1 + s.y) + qion * c.y;
    double two = qion * two_photon_rate(&s), more = two * (dlnq + 0.105 * c.lnt);
    double w[3] = {0.5 * f * (f - 1), 1 - f * f, 0.5 * f * (f + 1)},
           dw[3] = {(f - 0.5) * dx, -2 * f * dx, (f + 0.5) * dx};
    const double *e = g->cont_energy + i;
    double energy = two * g->two_energy, denergy = more * g->two_energy, k3[3];
    for (int k = 0; k < 3; k++) {
        k3[k] = a * w[k];
        dc[k] = da * w[k] + a * dw[k];
        energy += k3[k] * e[k];
        denergy += dc[k] * e[k];
    }
    line_luminosities(g, &s, qion, line);
    line_changes(g, &s, &c, dlnq, qion, line, dline);
    double dall = balance_change(&s, &c, qion, dlnq, absorbed, d[3], energy, denergy, line, dline, &all);
    for (int k = 0; k < 3; k++)
        dc[k] = all * dc[k] + dall * k3[k];
    *dtwo = all * more + dall * two;
    *dt = s.t * c.lnt;
    return i;
}

void gal_nebular_grid_jvp(const gal_nebular_grid *g, const double arg[6], const double d[6], double *dlum,
                          double *dline, double *dt)
{
    double dc[3], dtwo;
    size_t i = sum_changes(g, arg, d, dc, &dtwo, dline, dt), m = g->lyman;
    const double *at = g->cont + i * g->n + m;
    for (size_t k = 0; k < m; k++)
        dlum[k] = 0;
    GAL_KERN_PICK(nebular_kern)->continuum(g->n - m, dc, at, at + g->n, at + 2 * g->n, dtwo, g->two + m, dlum + m);
    gal_nebular_profiles_add(g->profiles, dline, dlum);
}

void gal_nebular_grid_vjp(const gal_nebular_grid *g, const double arg[6], const double *glum, const double *gline,
                          double garg[6])
{
    enum { N = NHYDROGEN + NEBULAR_NLINE };
    double by[N], dline[N], dc[3], gc[3] = {0}, dtwo, dt;
    size_t m = g->lyman, n = g->n - m;
    double gtwo = num_dot(glum + m, g->two + m, n);
    gal_nebular_profiles_back(g->profiles, glum, by);
    for (int k = 0; k < N; k++)
        by[k] += gline[k];
    for (int j = 0; j < 6; j++) {
        double d[6] = {0};
        d[j] = 1;
        size_t i = sum_changes(g, arg, d, dc, &dtwo, dline, &dt);
        for (size_t k = 0; j == 0 && k < 3; k++)
            gc[k] = num_dot(glum + m, g->cont + (i + k) * g->n + m, n);
        garg[j] = gtwo * dtwo + num_dot(by, dline, N);
        for (int k = 0; k < 3; k++)
            garg[j] += gc[k] * dc[k];
    }
}
