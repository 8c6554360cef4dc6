/* Two-phase dust; formulas in galua/galaxy.h and dust.h. */
#include "dust/dust.h"
#include "dust/dust_kern.h"
#include "galua/const.h"
#include "galua/num.h"

#include <math.h>

#define V_BAND     5500.0
#define BREAK      1e6               /* A: 100 micron */
#define MAG_TO_TAU 0.921034037197618 /* 0.4 ln 10 */

const gal_dust_const gal_dust_modern = {GAL_H_CGS, GAL_KB_CGS};
const gal_dust_const gal_dust_galapy = {6.626196e-27, 1.380622e-16};

/* The nodes of the power integral, one after the other: in a plan they are few. */
static gal_status pack_power(gal_dust_grid *g)
{
    size_t m = 0;
    for (size_t i = 0; i < g->n; i++)
        m += g->tw[i] != 0;
    if (m > GAL_DUST_PACKED)
        return GAL_OK;
    if (!(g->p_tw = GAL_NEWN(double, 3 * m + 1)) || !(g->p_at = GAL_NEWN(uint32_t, m + 1)))
        return GAL_ENOMEM;
    g->p_b5 = g->p_tw + m;
    g->p_hck = g->p_b5 + m;
    for (size_t i = 0; i < g->n; i++)
        if (g->tw[i] != 0) {
            g->p_at[g->np] = (uint32_t)i;
            g->p_b5[g->np] = g->b5[i];
            g->p_hck[g->np] = g->hck[i];
            g->p_tw[g->np++] = g->tw[i];
        }
    return GAL_OK;
}

static gal_status fill_nodes(gal_dust_grid *g, const double *wave, const double *tw, size_t n, gal_dust_const k)
{
    *g = (gal_dust_grid){.n = n, .wave = wave, .tw = tw, .k = k};
    if (!(g->lnx = GAL_NEWN(double, 5 * n)))
        return GAL_ENOMEM;
    g->b5 = g->lnx + n;
    g->hck = g->lnx + 2 * n;
    g->pah = g->lnx + 3 * n;
    g->warm = g->lnx + 4 * n;
    for (size_t i = 0; i < n; i++) {
        double cm = wave[i] * 1e-8;
        g->lnx[i] = log(wave[i] / V_BAND);
        g->b5[i] = 2 * k.h * GAL_C_CGS * GAL_C_CGS / pow(cm, 5) * 1e-8;
        g->hck[i] = k.h * GAL_C_CGS / (k.kb * cm);
    }
    return GAL_OK;
}

void gal_dust_warm(const double *b5, const double *hck, const double *wave, size_t n, double *p)
{
    enum { STEPS = 32 };
    for (size_t i = 0; i < n; i++)
        p[i] = 0;
    for (int j = 0; j <= STEPS; j++) {
        double t = 18 * pow(10, (2 + 4. * j / STEPS) / 6), power = pow(t, 6); /* int lambda^-2 B dlambda ~ T^6 */
        for (size_t i = 0; i < n; i++) {
            double x = hck[i] / t;
            if (x < 80)
                p[i] += (j % STEPS ? 1 : 0.5) * b5[i] / (wave[i] * wave[i] * power * expm1(x));
        }
    }
}

gal_status gal_dust_grid_init(gal_dust_grid *g, const double *wave, const double *tw, size_t n, gal_dust_const k,
                              const double *pah_wave, const double *pah, size_t npah)
{
    if (fill_nodes(g, wave, tw, n, k) != GAL_OK)
        return GAL_ENOMEM;
    double sum = 0;
    if (pah_wave)
        for (size_t i = 0; i < n; i++)
            g->pah[i] = gal_interp(pah_wave, pah, npah, wave[i], GAL_ZERO);
    else
        gal_pah_drude(wave, n, g->pah);
    for (size_t i = 0; i < n; i++)
        sum += tw[i] * g->pah[i];
    if (!(sum > 0)) {
        gal_dust_grid_clear(g);
        return gal_fail(GAL_EDOMAIN, "PAH template: nothing of it lies on the wavelength grid %g .. %g A", wave[0],
                        wave[n - 1]);
    }
    /* a user's (parity) template keeps its own normalisation, the built-in one is closed on this grid */
    for (size_t i = 0; !pah_wave && i < n; i++)
        g->pah[i] /= sum;
    double power = 0;
    gal_dust_warm(g->b5, g->hck, wave, n, g->warm);
    for (size_t i = 0; i < n; i++)
        power += tw[i] * g->warm[i];
    for (size_t i = 0; i < n; i++)
        g->warm[i] = power > 0 ? g->warm[i] / power : 0;
    return GAL_OK;
}

gal_status gal_dust_grid_on(gal_dust_grid *g, const gal_wavegrid *w, gal_dust_const k, const double *pah_wave,
                            const double *pah, size_t npah)
{
    gal_dust_grid whole;
    if (!w->whole)
        return gal_dust_grid_init(g, w->wave, w->tw, w->n, k, pah_wave, pah, npah);
    gal_status st = gal_dust_grid_init(&whole, w->whole->wave, w->whole->tw, w->whole->n, k, pah_wave, pah, npah);
    if (st == GAL_OK && (st = fill_nodes(g, w->wave, w->tw, w->n, k)) == GAL_OK)
        for (size_t i = 0; i < w->n; i++) {
            g->pah[i] = whole.pah[w->at[i]];
            g->warm[i] = whole.warm[w->at[i]];
        }
    if (st == GAL_OK)
        st = pack_power(g);
    gal_dust_grid_clear(&whole);
    return st;
}

void gal_dust_grid_clear(gal_dust_grid *g)
{
    gal_free(g->lnx);
    gal_free(g->p_tw);
    gal_free(g->p_at);
    *g = (gal_dust_grid){0};
}

double gal_dust_curve_at(double wave, double low, double upp)
{
    double lnx = log(wave / V_BAND), lnb = log(BREAK / V_BAND);
    return exp(wave <= BREAK ? -low * lnx : -upp * lnx + (upp - low) * lnb);
}

void gal_dust_curve(const gal_dust_grid *g, double low, double upp, double *curve)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    size_t split = 0, n = g->n;
    if (n > 0 && g->wave[n - 1] <= BREAK)
        split = n;
    else if (n > 1 && g->wave[0] <= BREAK)
        split = gal_search(g->wave, n, BREAK) + 1;
    kern->power_law(split, low, g->lnx, curve);
    kern->power_law(n - split, upp, g->lnx + split, curve + split);
    double join = exp((upp - low) * log(BREAK / V_BAND));
    for (size_t k = split; k < n; k++)
        curve[k] *= join;
}

void gal_dust_attenuation(const gal_dust_grid *g, double av, const double *curve, double *att, double *absorbed)
{
    GAL_KERN_PICK(dust_kern)->screen(g->n, MAG_TO_TAU * av, curve, att, absorbed);
}

double gal_dust_av_mc(double norm, double zgas, double f_mc, double mgas, double n_mc, double r_mc, bool galapy)
{
    if (!(mgas > 0) || !(f_mc > 0))
        return 0;
    return 2.56e-4 * norm * (zgas / GAL_ZSUN) * f_mc * mgas / (n_mc + (galapy ? 1e-7 : 0)) / (r_mc * r_mc);
}

double gal_dust_av_dd(double norm, double f_mc, double mdust, double r_dust)
{
    return 2e-2 * norm * (1 - f_mc) * mdust / (r_dust * r_dust);
}

double gal_dust_surface(double r_pc, double count)
{
    double r = r_pc * GAL_PC_CM;
    return 16 * M_PI * M_PI / 3 * r * r * count;
}

/* Below this wavelength x = hc/(k lambda T) > 80: the Wien tail carries less than 1e-30 of the power. */
static size_t wien_start(const gal_dust_grid *g, double t)
{
    double wave = g->hck[0] * g->wave[0] / (80 * t);
    return wave > g->wave[0] ? gal_search(g->wave, g->n, wave) : 0;
}

double gal_dust_power(const gal_dust_grid *g, double surface, const double *absorbed, double t, double *slope)
{
    double s, d, few[GAL_DUST_PACKED];
    if (g->np > 0) {
        for (size_t i = 0; i < g->np; i++)
            few[i] = absorbed[g->p_at[i]];
        GAL_KERN_PICK(dust_kern)->planck_sum(g->np, 1 / t, g->p_tw, g->p_b5, g->p_hck, few, &s, &d);
    } else {
        size_t i = wien_start(g, t);
        GAL_KERN_PICK(dust_kern)->planck_sum(g->n - i, 1 / t, g->tw + i, g->b5 + i, g->hck + i, absorbed + i, &s, &d);
    }
    if (slope)
        *slope = d / s;
    return surface * s;
}

gal_status gal_dust_temperature(const gal_dust_grid *g, double surface, const double *absorbed, double e, double *t)
{
    double lt = log(30.),
           le = log(e); /* ln power is concave and monotone in ln T with slope 3.. 7: Newton cannot fail */
    for (int it = 0; it < 60; it++) {
        double slope, p = gal_dust_power(g, surface, absorbed, exp(lt), &slope);
        double step = (le - log(p)) / slope;
        step = step > 1 ? 1 : step < -1 ? -1 : step;
        if (!isfinite(step))
            break;
        lt += step;
        if (fabs(step) < (g->np > 0 ? 1e-6 : 1e-11)) { /* the next would be its square: few nodes are not worth it */
            *t = exp(lt);
            if (*t < 1e-3 || *t > 1e5)
                break;
            return GAL_OK;
        }
    }
    *t = NAN;
    return gal_fail(GAL_EMATH,
                    "no dust temperature in 0.001 .. 1e5 K radiates %.3g erg/s: radius or number of clouds too small",
                    e);
}

double gal_dust_temperature_galapy(gal_dust_const k, double surface, double av, double low, double upp, double e)
{
    enum { N = 200 };
    double l[N], emis[N], temp[N], h[N];
    gal_logspace(1, 1e10, N, l);
    gal_logspace(0.1, 1e4, N, temp);
    for (int j = 0; j < N; j++)
        emis[j] = 1 - pow(10, -0.4 * av * gal_dust_curve_at(l[j], low, upp));
    for (int i = 0; i < N; i++) {
        double s = 0;
        for (int j = 1; j < N; j++) {
            double cm = l[j] * 1e-8, x = k.h * GAL_C_CGS / (k.kb * cm * temp[i]);
            double b = x < 700 ? 2 * k.h * GAL_C_CGS * GAL_C_CGS / pow(cm, 5) / expm1(x) * 1e-8 : 0;
            s += (l[j] - l[j - 1]) * surface * emis[j] * b;
        }
        h[i] = s / e - 199. / 200;
    }
    size_t i = gal_search(h, N, 0);
    return temp[i] + (temp[i + 1] - temp[i]) * (0 - h[i]) / (h[i + 1] - h[i]);
}

void gal_dust_greybody(const gal_dust_grid *g, double surface, const double *absorbed, double t, double *lum)
{
    size_t i = wien_start(g, t);
    GAL_KERN_PICK(dust_kern)->planck_add(g->n - i, 1 / t, surface / GAL_LSUN, g->b5 + i, g->hck + i, absorbed + i,
                                         lum + i);
}

/* ------------------------------------------------------------------ derivatives */
void gal_dust_curve_jvp(const gal_dust_grid *g, const double *curve, double dlow, double dupp, double *dcurve)
{
    double lnb = log(BREAK / V_BAND);
    for (size_t k = 0; k < g->n; k++)
        dcurve[k] = curve[k] * (g->wave[k] <= BREAK ? -dlow * g->lnx[k] : -dupp * g->lnx[k] + (dupp - dlow) * lnb);
}

void gal_dust_screen_jvp(size_t n, double av, double dav, const double *curve, const double *dcurve, const double *att,
                         double *datt, double *dabsorbed)
{
    for (size_t k = 0; k < n; k++) {
        double d = att[k] * MAG_TO_TAU *
                   (dav * curve[k] + (dcurve ? av * dcurve[k] : 0)); /* att = 0: opaque, nothing changes */
        datt[k] = -d;
        dabsorbed[k] = d;
    }
}

double gal_dust_temperature_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t,
                                double dsurface, const double *dabsorbed, double de)
{
    double slope, change, power = gal_dust_power(g, surface, absorbed, t, &slope);
    change = gal_dust_power(g, surface, dabsorbed, t, NULL);
    return (de - dsurface - change / power) / slope;
}

void gal_dust_greybody_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double dsurface,
                           const double *dabsorbed, double dlnt, double *dlum)
{
    for (size_t k = wien_start(g, t); k < g->n; k++) {
        double x = g->hck[k] / t, e = exp(-x), one = -expm1(-x), b = surface / GAL_LSUN * g->b5[k] * e / one;
        dlum[k] += b * (dabsorbed[k] + absorbed[k] * (dsurface + x / one * dlnt));
    }
}

double gal_dust_screen_vjp(size_t n, double av, const double *curve, const double *att, const double *gatt,
                           const double *gabsorbed, double *gcurve)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        double gx = MAG_TO_TAU * att[k] * (gabsorbed[k] - gatt[k]);
        sum += gx * curve[k];
        gcurve[k] = gx * av;
    }
    return sum;
}

void gal_dust_curve_vjp(const gal_dust_grid *g, const double *curve, const double *gcurve, double *glow, double *gupp)
{
    double lnb = log(BREAK / V_BAND);
    for (size_t k = 0; k < g->n; k++) {
        double x = gcurve[k] * curve[k];
        *glow -= x * (g->wave[k] <= BREAK ? g->lnx[k] : lnb);
        *gupp -= x * (g->wave[k] <= BREAK ? 0 : g->lnx[k] - lnb);
    }
}

double gal_dust_balance_vjp(const gal_dust_grid *g, double surface, const double *absorbed, double t,
                            const double *glum, double gt, double *gabsorbed, double *ge)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    double slope, power = gal_dust_power(g, surface, absorbed, t, &slope), scale = surface / GAL_LSUN, seen, by_t;
    size_t first = wien_start(g, t), n = g->n - first;
    const double *b5 = g->b5 + first, *hck = g->hck + first;
    kern->planck_sum(n, 1 / t, glum + first, b5, hck, absorbed + first, &seen, &by_t);
    kern->planck_add(n, 1 / t, scale, b5, hck, glum + first, gabsorbed + first);
    double gsurface = scale * seen, glnt = gt * t + scale * by_t;
    glnt /= slope; /* d ln T = (d ln e - d ln surface - d power at fixed T / power)/slope */
    kern->planck_add(n, 1 / t, -glnt * surface / power, b5, hck, g->tw + first, gabsorbed + first);
    *ge = glnt;
    return gsurface - glnt;
}
