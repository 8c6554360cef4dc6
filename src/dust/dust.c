/* Two-phase dust; formulas in galua/galaxy.h and dust.h. */
#include "dust/dust.h"
#include "dust/dust_kern.h"
#include "galua/const.h"
#include "galua/num.h"

#include <math.h>

#define V_BAND     5500.0
#define BREAK      1e6               /* A: 100 micron */
#define LEAST      1e-5              /* of the background's temperature, that dust is above it */
#define MAG_TO_TAU 0.921034037197618 /* 0.4 ln 10 */

const gal_dust_const gal_dust_modern = {GAL_H_CGS, GAL_KB_CGS};
const gal_dust_const gal_dust_galapy = {6.626196e-27, 1.380622e-16};

/* The ladder of temperatures: 2.5 K to 2500 K. */
#define COLDEST 2.5
#define RUNG    0.1 /* in ln T */

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
    if (!(g->p_planck = GAL_NEWN(float, GAL_DUST_STEPS *m + 1)))
        return GAL_ENOMEM;
    for (size_t r = 0; r < GAL_DUST_STEPS; r++)
        for (size_t i = 0; i < m; i++)
            g->p_planck[r * m + i] =
                (float)(g->p_tw[i] * g->p_b5[i] / expm1(g->p_hck[i] / (COLDEST * exp(RUNG * (double)r))));
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

/* Dust heated by starlight of U = 1e2 .. 1e6, dM/dU ~ U^-2 (Draine & Li 2007, eq. 23): grey bodies of beta = 2, 18 K U^(1/6), of equal power per
 * ln U. On any grid [1/A], not normalised. */
static void dust_warm(const double *b5, const double *hck, const double *wave, size_t n, double *p)
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
    dust_warm(g->b5, g->hck, wave, n, g->warm);
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
    gal_free(g->p_planck);
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

static void gather(const gal_dust_grid *g, const double *absorbed, double *few)
{
    for (size_t i = 0; i < g->np; i++)
        few[i] = absorbed[g->p_at[i]];
}

/* few: the packed nodes of `absorbed`, or NULL where they are not packed */
static double power_of(const gal_dust_grid *g, double surface, const double *absorbed, const double *few, double t,
                       double *slope)
{
    double s, d;
    size_t i = few ? 0 : wien_start(g, t);
    if (few)
        GAL_KERN_PICK(dust_kern)->planck_sum(g->np, 1 / t, g->p_tw, g->p_b5, g->p_hck, few, &s, &d);
    else
        GAL_KERN_PICK(dust_kern)->planck_sum(g->n - i, 1 / t, g->tw + i, g->b5 + i, g->hck + i, absorbed + i, &s, &d);
    if (slope)
        *slope = d / s;
    return surface * s;
}

double gal_dust_power(const gal_dust_grid *g, double surface, const double *absorbed, double t, double *slope)
{
    double few[GAL_DUST_PACKED];
    gather(g, absorbed, few);
    return power_of(g, surface, absorbed, g->np > 0 ? few : NULL, t, slope);
}

/* ln of the power at a rung of the ladder, per surface */
static double rung_power(const gal_dust_grid *g, const double *few, double r)
{
    return log(GAL_KERN_PICK(dust_kern)->weigh(g->np, g->p_planck + (size_t)r * g->np, few));
}

/* ln of the temperature that radiates e^want per surface, few[np] absorbed, to some 1e-6: from rung to rung by the slope of ln power with ln T,
 * 3 to 7, then through three neighbours. NAN where it is not on the ladder. */
static double ladder(const gal_dust_grid *g, const double *few, double want)
{
    const double last = GAL_DUST_STEPS - 2;
    double at = 25, y = rung_power(g, few, at), step; /* 30 K */
    for (int it = 0; it < 12; it++) {
        step = (want - y) / (5.5 * RUNG);
        step = y <= want ? fmax(1, floor(step)) : fmin(-1, ceil(step));
        double to = at + step;
        to = to < 1 ? 1 : to > last ? last : to;
        if (!(fabs(to - at) >= 1))
            return NAN;
        double next = rung_power(g, few, to);
        if (fabs(to - at) == 1 && (y <= want) != (next <= want)) {
            double lo = fmin(at, to), ylo = at < to ? y : next, yhi = at < to ? next : y,
                   y3 = rung_power(g, few, lo - 1), u = (want - ylo) / (yhi - ylo);
            double bend = 0.5 * (yhi - 2 * ylo + y3), tilt = yhi - ylo - bend; /* ylo + tilt u + bend u^2 */
            u = (want - ylo - bend * u * u) / tilt;
            u = (want - ylo - bend * u * u) / tilt;
            return log(COLDEST) + RUNG * (lo + u);
        }
        at = to;
        y = next;
    }
    return NAN;
}

double gal_dust_background(const gal_view *v)
{
    return v->redshift > 0 && !v->grid->compat.no_background ? GAL_TCMB * (1 + v->redshift) : 0;
}

/* Power that a phase takes from the background and gives back; *slope as that of the power */
static double background_power(const gal_dust_grid *g, double surface, const double *absorbed, double t0, double *slope)
{
    *slope = 0;
    return t0 > 0 ? gal_dust_power(g, surface, absorbed, t0, slope) : 0;
}

gal_status gal_dust_temperature(const gal_dust_grid *g, double surface, const double *absorbed, double e, double t0,
                                double *t)
{
    double all_of[GAL_DUST_PACKED], slope, lt = log(fmax(30., 1.2 * t0)), *few = g->np > 0 ? all_of : NULL;
    gather(g, absorbed, all_of);
    double all = e + (t0 > 0 ? power_of(g, surface, absorbed, few, t0, &slope) : 0), share = fmax(LEAST, e / all);
    /* The next step would be a tenth of this one's square. Few nodes are not worth more than 1e-10. */
    double close = few ? 3e-5 * sqrt(share) : fmax(1e-15, 1e-11 * share),
           start = few ? ladder(g, few, log(all / surface)) : NAN;
    lt = isfinite(start) ? start : lt;
    for (int it = 0; it < 60;
         it++) { /* ln power is concave and monotone in ln T with slope 3 .. 7: Newton cannot fail */
        double p = power_of(g, surface, absorbed, few, exp(lt), &slope);
        double step = log(all / p) / slope;
        step = step > 1 ? 1 : step < -1 ? -1 : step;
        if (!isfinite(step))
            break;
        lt += step;
        if (fabs(step) < close) {
            *t = exp(lt);
            if (*t < 1e-3 || *t > 1e5)
                break;
            *t = fmax(*t, t0 * (1 + LEAST));
            return GAL_OK;
        }
    }
    *t = NAN;
    return gal_fail(GAL_EMATH,
                    "no dust temperature in 0.001 .. 1e5 K radiates %.3g erg/s: radius or number of clouds too small",
                    e);
}

double gal_dust_dimmed(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0, double e)
{
    double none;
    if (!(t0 > 0) || t > t0 * (1 + 2 * LEAST))
        return 1;
    return e / (gal_dust_power(g, surface, absorbed, t, &none) - background_power(g, surface, absorbed, t0, &none));
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

/* out[k] += scale x[k] (B(T) - B(t0)) */
static void planck_over(const gal_dust_grid *g, double t, double t0, double scale, const double *x, double *out)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    size_t i = wien_start(g, t), n = g->n - i;
    if (t0 > 0) { /* 1 - e^-38 is 1: at shorter waves the background is nothing */
        double wave = g->hck[0] * g->wave[0] * (1 / t0 - 1 / t) / 38;
        size_t m = wave > g->wave[0] ? gal_search(g->wave, g->n, wave) : 0;
        m = m > i ? m - i : 0;
        kern->planck_add(m, 1 / t, scale, g->b5 + i, g->hck + i, x + i, out + i);
        i += m;
        kern->planck_over(n - m, 1 / t, 1 / t0, scale, g->b5 + i, g->hck + i, x + i, out + i);
    } else {
        kern->planck_add(n, 1 / t, scale, g->b5 + i, g->hck + i, x + i, out + i);
    }
}

void gal_dust_greybody(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0, double *lum)
{
    planck_over(g, t, t0, surface / GAL_LSUN, absorbed, lum);
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

double gal_dust_temperature_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                                double dsurface, const double *dabsorbed, double de, double dlnt0)
{
    double slope, slope0, none, power = gal_dust_power(g, surface, absorbed, t, &slope);
    double power0 = background_power(g, surface, absorbed, t0, &slope0);
    double change = gal_dust_power(g, surface, dabsorbed, t, NULL) - background_power(g, surface, dabsorbed, t0, &none);
    return ((de - dsurface) * (power - power0) - change + power0 * slope0 * dlnt0) / (power * slope);
}

static void greybody_jvp(const gal_dust_grid *g, double scale, const double *absorbed, double t, double dsurface,
                         const double *dabsorbed, double dlnt, double *dlum)
{
    for (size_t k = wien_start(g, t); k < g->n; k++) {
        double x = g->hck[k] / t, e = exp(-x), one = -expm1(-x), b = scale * g->b5[k] * e / one;
        dlum[k] += b * (dabsorbed[k] + absorbed[k] * (dsurface + x / one * dlnt));
    }
}

void gal_dust_greybody_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                           double dsurface, const double *dabsorbed, double dlnt, double dlnt0, double *dlum)
{
    greybody_jvp(g, surface / GAL_LSUN, absorbed, t, dsurface, dabsorbed, dlnt, dlum);
    if (t0 > 0)
        greybody_jvp(g, -surface / GAL_LSUN, absorbed, t0, dsurface, dabsorbed, dlnt0, dlum);
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

/* glum and lum of a phase: sum glum x (B(T) - B(t0)), and its change with ln T and with ln t0 */
static double seen_over(const gal_dust_grid *g, const double *glum, const double *x, double t, double t0, double *by_t,
                        double *by_t0)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    double seen, seen0 = 0;
    size_t i = wien_start(g, t);
    *by_t0 = 0;
    kern->planck_sum(g->n - i, 1 / t, glum + i, g->b5 + i, g->hck + i, x + i, &seen, by_t);
    if (t0 > 0) {
        i = wien_start(g, t0);
        kern->planck_sum(g->n - i, 1 / t0, glum + i, g->b5 + i, g->hck + i, x + i, &seen0, by_t0);
    }
    *by_t0 = -*by_t0;
    return seen - seen0;
}

/* The same for a dimmed phase: its light is e times a shape that absorbed and t0 determine. */
static double dimmed_vjp(const gal_dust_grid *g, const double *absorbed, double t, double t0, double e,
                         const double *glum, double gt, double *gabsorbed, double *ge, double *glnt0)
{
    double by_t, by_t0, all_t, all_t0, seen = seen_over(g, glum, absorbed, t, t0, &by_t, &by_t0);
    double all = seen_over(g, g->tw, absorbed, t, t0, &all_t, &all_t0), scale = e / (GAL_LSUN * all);
    planck_over(g, t, t0, scale, glum, gabsorbed);
    planck_over(g, t, t0, -scale * seen / all, g->tw, gabsorbed);
    *ge = scale * seen;
    *glnt0 += gt * t + scale * (by_t + by_t0 - seen / all * (all_t + all_t0));
    return 0;
}

double gal_dust_balance_vjp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                            double e, const double *glum, double gt, double *gabsorbed, double *ge, double *glnt0)
{
    if (t0 > 0 && t <= t0 * (1 + 2 * LEAST))
        return dimmed_vjp(g, absorbed, t, t0, e, glum, gt, gabsorbed, ge, glnt0);
    double slope, slope0, power = gal_dust_power(g, surface, absorbed, t, &slope), scale = surface / GAL_LSUN;
    double power0 = background_power(g, surface, absorbed, t0, &slope0), by_t, by_t0;
    double seen = seen_over(g, glum, absorbed, t, t0, &by_t, &by_t0);
    planck_over(g, t, t0, scale, glum, gabsorbed);
    /* d ln T = ((d ln e - d ln surface) e - d of both powers at fixed T + d ln t0 of the background's)/(power slope) */
    double glnt = (gt * t + scale * by_t) / (power * slope);
    planck_over(g, t, t0, -glnt * surface, g->tw, gabsorbed);
    *ge = glnt * (power - power0);
    *glnt0 += glnt * power0 * slope0 + scale * by_t0;
    return scale * seen - *ge;
}
