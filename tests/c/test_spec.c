/* Spectra through an instrument: flux is conserved, widths add in quadrature, air and vacuum, indices of analytic spectra, and the
 * polynomial and line amplitudes integrated out against quadrature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "galua/rng.h"
#include "galua/spec.h"

#define KMS   299792.458
#define FWHM  2.3548200450309493
#define LN2PI 1.83787706640934548

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* a grid of constant resolving power r between a and b */
static double *grid(double a, double b, double r, size_t *n)
{
    *n = (size_t)(log(b / a) * r) + 2;
    double *w = malloc(*n * sizeof *w);
    gal_logspace(a, b, *n, w);
    return w;
}

static gal_spec *linear_pixels(double a, double b, size_t n, double R)
{
    double *e = malloc((n + 1) * sizeof *e);
    gal_spec *s;
    gal_linspace(a, b, n + 1, e);
    ok(gal_spec_create(&s, &(gal_spec_opts){.n = n, .edges = e, .R = R}));
    free(e);
    return s;
}

/* Sum over pixels in the rest frame, first and second moments of wavelength */
static void moments(const gal_spec *s, const double *f, double opz, double *total, double *mean, double *sd)
{
    const double *lo = gal_spec_lo(s), *hi = gal_spec_hi(s);
    double m0 = 0, m1 = 0, m2 = 0;
    for (size_t i = 0; i < gal_spec_n(s); i++) {
        double d = (hi[i] - lo[i]) / opz, x = 0.5 * (hi[i] + lo[i]) / opz;
        m0 += f[i] * d;
        m1 += f[i] * d * x;
    }
    m1 /= m0;
    for (size_t i = 0; i < gal_spec_n(s); i++) {
        double d = (hi[i] - lo[i]) / opz, x = 0.5 * (hi[i] + lo[i]) / opz - m1;
        m2 += f[i] * d * (x * x + d * d / 12);
    }
    *total = m0;
    *mean = m1;
    *sd = sqrt(m2 / m0);
}

/* A line that the grid resolves badly, on no continuum: redshifted, broadened, its flux stays; its width is the quadratic sum. */
static void line_on_grid(void **state)
{
    (void)state;
    size_t n;
    double *w = grid(2000, 9000, 500, &n), *lum = calloc(n, sizeof *lum), out[1500], weight[64], s0 = 5007 * 60.0 / KMS;
    size_t first, count = gal_spec_line_on_grid(w, n, 5007, s0, &first, weight, 64);
    assert_true(count >= 2 && count < 6);
    double flux = 0, centre = 0, grid_var = 0;
    for (size_t k = 0; k < count; k++) {
        size_t j = first + k;
        lum[j] = weight[k];
        double tw = 0.5 * (w[j + 1] - w[j - 1]);
        flux += tw * weight[k];
        centre += tw * weight[k] * w[j];
    }
    CLOSE(flux, 1, 1e-12);
    for (size_t k = first; k < first + count; k++) { /* variance of the piecewise-linear line, segment by segment */
        double a = w[k - 1], b = w[k], c = w[k + 1], tw = 0.5 * (c - a), mean = (a + b + c) / 3;
        double var = (a * a + b * b + c * c - a * b - a * c - b * c) / 18;
        grid_var += lum[k] * tw * (var + (mean - 5007) * (mean - 5007));
    }
    const double z[] = {0, 0.3, 1.2}, sv[] = {0, 30, 220, 900};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            double opz = 1 + z[i], total, mean, sd;
            gal_spec *s = linear_pixels(4500 * opz, 5600 * opz, 1500, 1500);
            gal_spec_ws *ws;
            ok(gal_spec_ws_create(&ws, s, w, n, NULL, NULL));
            ok(gal_spec_ws_set(ws, z[i], sv[j], 0));
            gal_spec_continuum(ws, lum, NULL, out);
            moments(s, out, opz, &total, &mean, &sd);
            double si = 5007 / (1500 * FWHM), sg = 5007 * sv[j] / KMS;
            CLOSE(total, 1, 1e-9);
            assert_true(fabs(mean - centre) < 2e-3 * (si + sg) + 0.05); /* the grid's triangles are not symmetric */
            CLOSE(sd, sqrt(grid_var + si * si + sg * sg), 3e-3); /* s grows along the line: terms of order s/lambda */
            gal_spec_ws_free(ws);
            gal_spec_unref(s);
        }
    free(w);
    free(lum);
}

/* Lines given as lines: exact flux, centre and width, down to a width of zero and lines between pixels. */
static void sharp_lines(void **state)
{
    (void)state;
    size_t n;
    double *w = grid(2000, 9000, 500, &n), out[1500];
    const double at[2] = {4861.3, 5008.2}, lum[2] = {2, 5}, sv[] = {0, 3, 100, 400}, R[] = {0, 2000};
    for (int r = 0; r < 2; r++)
        for (int j = 0; j < 4; j++) {
            double total, mean, sd, opz = 1.1;
            gal_spec *s = linear_pixels(4500 * opz, 5600 * opz, 1500, R[r]);
            gal_spec_ws *ws;
            ok(gal_spec_ws_create(&ws, s, w, n, NULL, NULL));
            ok(gal_spec_ws_set(ws, 0.1, 0, 0));
            memset(out, 0, sizeof out);
            gal_spec_lines(ws, at, lum, 2, sv[j], out);
            moments(s, out, opz, &total, &mean, &sd);
            CLOSE(total, 7, 1e-12);
            memset(out, 0, sizeof out);
            gal_spec_lines(ws, at, lum, 1, sv[j], out);
            moments(s, out, opz, &total, &mean, &sd);
            double pixel = 1100.0 / 1500, si = R[r] > 0 ? at[0] / (R[r] * FWHM) : 0, sg = at[0] * sv[j] / KMS;
            double want = sqrt(si * si + sg * sg);
            if (want > 2 * pixel / sqrt(12)) { /* below: one pixel */
                CLOSE(mean, at[0], 1e-9);
                CLOSE(sd, sqrt(want * want + pixel * pixel / 6),
                      5e-2); /* a pixel adds its width: at most 1/6, at least 1/12 */
            }
            gal_spec_ws_free(ws);
            gal_spec_unref(s);
        }
    free(w);
}

/* Pixels without blur are plain means; sigma_v -> 0 goes there; constants and straight lines stay what they are. */
static void limits(void **state)
{
    (void)state;
    size_t n;
    double *w = grid(2000, 9000, 700, &n), *lum = malloc(n * sizeof *lum), *one = malloc(n * sizeof *lum), a[300],
           b[300];
    for (size_t k = 0; k < n; k++) {
        lum[k] = 2 + sin(w[k] / 37.0) + 1e-3 * w[k];
        one[k] = 3 + 2e-3 * w[k];
    }
    gal_spec *s = linear_pixels(4000, 5000, 300, 0);
    gal_spec_ws *ws;
    ok(gal_spec_ws_create(&ws, s, w, n, NULL, NULL));
    ok(gal_spec_ws_set(ws, 0.05, 0, 0));
    gal_spec_continuum(ws, lum, NULL, a);
    for (size_t i = 0; i < 300; i++) {
        double lo = gal_spec_lo(s)[i] / 1.05, hi = gal_spec_hi(s)[i] / 1.05;
        CLOSE(a[i], gal_band_integral(w, lum, n, lo, hi) / (hi - lo), 1e-10);
    }
    ok(gal_spec_ws_set(ws, 0.05, 0.01, 0));
    gal_spec_continuum(ws, lum, NULL, b);
    for (size_t i = 0; i < 300; i++)
        CLOSE(b[i], a[i], 1e-6);
    ok(gal_spec_ws_set(ws, 0.05, 400, 0));
    gal_spec_continuum(ws, one, NULL, b);
    for (size_t i = 0; i < 300; i++) { /* s(edge) tilts a slope by (s/lambda)^2 */
        double x = 0.5 * (gal_spec_lo(s)[i] + gal_spec_hi(s)[i]) / 1.05;
        CLOSE(b[i], 3 + 2e-3 * x, 3e-6);
    }
    /* a smooth feature against direct quadrature of the convolution, s at each wavelength */
    gal_spec_continuum(ws, lum, NULL, b);
    for (size_t i = 20; i < 280; i += 13) {
        double lo = gal_spec_lo(s)[i] / 1.05, hi = gal_spec_hi(s)[i] / 1.05, sum = 0, sd = 0.5 * (lo + hi) * 400 / KMS;
        for (int p = 0; p < 40; p++) {
            double x = lo + (hi - lo) * (p + 0.5) / 40, c = 0;
            for (int q = -400; q < 400; q++) {
                double u = (q + 0.5) / 50;
                c += exp(-0.5 * u * u) / sqrt(2 * M_PI) / 50 * gal_interp(w, lum, n, x + u * sd, GAL_CLAMP);
            }
            sum += c / 40;
        }
        CLOSE(b[i], sum, 5e-5); /* s at the edge or at the wavelength: s ds/dx F'/F */
    }
    /* the library's own width comes off */
    double *lib = malloc(n * sizeof *lib), c[300];
    for (size_t k = 0; k < n; k++)
        lib[k] = w[k] * 300 / KMS * FWHM;
    gal_spec_ws *sharp;
    ok(gal_spec_ws_create(&sharp, s, w, n, lib, NULL));
    ok(gal_spec_ws_set(sharp, 0.05, 500, 0));
    gal_spec_continuum(sharp, lum, NULL, c);
    for (size_t i = 0; i < 300; i++)
        CLOSE(c[i], b[i], 1e-7);
    ok(gal_spec_ws_set(sharp, 0.05, 0, 0));
    assert_true(gal_spec_ws_coarse(sharp) == 0); /* pixels only: nothing to be coarser than */
    gal_spec_ws_free(sharp);
    gal_spec_ws_free(ws);
    gal_spec *keen = linear_pixels(4000, 5000, 300, 3000);
    ok(gal_spec_ws_create(&ws, keen, w, n, lib, NULL));
    ok(gal_spec_ws_set(ws, 0.05, 0, 0));
    assert_true(gal_spec_ws_coarse(ws) == 1);
    gal_spec_unref(keen);
    gal_spec_ws_free(ws);
    gal_spec_unref(s);
    free(w);
    free(lum);
    free(one);
    free(lib);
}

/* SDSS: [O III] 5006.843 air = 5008.240 vacuum, H alpha 6562.801 = 6564.61 (www.sdss.org, air-vacuum page); Morton 2000 agrees
 * with Ciddor to 1e-8 in the optical. */
static void air(void **state)
{
    (void)state;
    const double pair[][2] = {{5006.843, 5008.240}, {4861.325, 4862.68}, {6562.801, 6564.61}, {3726.032, 3727.09}};
    for (size_t i = 0; i < 4; i++)
        for (int f = 0; f < 2; f++)
            assert_true(fabs(gal_air_to_vac((gal_air)f, pair[i][0]) - pair[i][1]) < 0.012);
    /* Ciddor 1996: n - 1 = 2.7677e-4 at 6328 A (15 C, standard air); formula by hand at 5000 A */
    CLOSE(gal_air_index(GAL_AIR_CIDDOR, 5000) - 1, 5.792105e-2 / 234.0185 + 1.67917e-3 / 53.362, 1e-12);
    CLOSE(gal_air_index(GAL_AIR_CIDDOR, 6328) - 1, 2.7652e-4, 2e-4);
    for (double v = 2001; v < 30000; v *= 1.07)
        for (int f = 0; f < 2; f++)
            CLOSE(gal_air_to_vac((gal_air)f, gal_vac_to_air((gal_air)f, v)), v, 1e-13);
    for (double v = 3000; v < 10000; v += 500)
        assert_true(fabs(gal_vac_to_air(GAL_AIR_CIDDOR, v) / gal_vac_to_air(GAL_AIR_MORTON, v) - 1) < 2e-8);
    assert_true(gal_air_to_vac(GAL_AIR_CIDDOR, 1500) == 1500 && gal_vac_to_air(GAL_AIR_CIDDOR, 1500) == 1500);
}

static void indices(void **state)
{
    (void)state;
    size_t n, ni;
    double *w = grid(1100, 8000, 3000, &n), *f = malloc(n * sizeof *f), *g = malloc(n * sizeof *f);
    const gal_index *list = gal_indices(&ni), *i;
    assert_int_equal(ni, 28);
    for (size_t k = 0; k < n; k++) {
        f[k] = 1;
        g[k] = 0.3 + 1e-3 * w[k];
    }
    for (size_t j = 0; j < ni; j++) {
        double a = gal_index_value(&list[j], w, f, n), b = gal_index_value(&list[j], w, g, n);
        if (list[j].kind < GAL_INDEX_BREAK) {
            assert_true(fabs(a) < 1e-9 && fabs(b) < 1e-9);
        } else if (list[j].kind == GAL_INDEX_SLOPE) {
            assert_true(fabs(a) < 1e-12);
        } else { /* F_lambda constant: ratio of mean lambda^2 */
            double b0 = gal_air_to_vac(GAL_AIR_CIDDOR, list[j].blue[0]),
                   b1 = gal_air_to_vac(GAL_AIR_CIDDOR, list[j].blue[1]);
            double r0 = gal_air_to_vac(GAL_AIR_CIDDOR, list[j].red[0]),
                   r1 = gal_air_to_vac(GAL_AIR_CIDDOR, list[j].red[1]);
            CLOSE(a, (r0 * r0 + r0 * r1 + r1 * r1) / (b0 * b0 + b0 * b1 + b1 * b1), 1e-9);
        }
        assert_true(list[j].kind == GAL_INDEX_SLOPE ||
                    (list[j].blue[0] < list[j].blue[1] && list[j].red[0] < list[j].red[1] &&
                     list[j].blue[1] <= list[j].red[0]));
    }
    /* a Gaussian absorption line of known width inside Hdelta_A's band, on a slope that it sees as the continuum */
    ok(gal_index_find(&i, "Hdelta_A"));
    double c = gal_air_to_vac(GAL_AIR_CIDDOR, 4102), s = 4, depth = 0.3;
    for (size_t k = 0; k < n; k++)
        f[k] = 2 * (1 + 1e-4 * (w[k] - c)) * (1 - depth * exp(-0.5 * (w[k] - c) * (w[k] - c) / (s * s)));
    CLOSE(gal_index_value(i, w, f, n), depth * s * sqrt(2 * M_PI), 2e-3); /* 1.4 A nodes */
    /* a step of a factor 2 in F_nu at 4000 A; power laws */
    for (size_t k = 0; k < n; k++) {
        f[k] = (w[k] < 4000 ? 1 : 2) / (w[k] * w[k]);
        g[k] = pow(w[k] / 2000, -2.3);
    }
    ok(gal_index_find(&i, "D4000"));
    CLOSE(gal_index_value(i, w, f, n), 2, 1e-5);
    ok(gal_index_find(&i, "Dn4000"));
    CLOSE(gal_index_value(i, w, f, n), 2, 2e-3);
    ok(gal_index_find(&i, "beta"));
    CLOSE(gal_index_value(i, w, g, n), -2.3, 1e-3);
    assert_int_equal(gal_index_find(&i, "Hdelta_B"), GAL_ENOTFOUND);
    assert_non_null(strstr(gal_error_message(), "Hdelta_"));
    ok(gal_index_find(&i, "TiO_2"));
    assert_true(isnan(gal_index_value(i, w, f, 100)));
    free(w);
    free(f);
    free(g);
}

/* ------------------------------------------------------------------ marginalised = integrated */
enum { NP = 25 };
typedef struct {
    double y[NP], e[NP], x[NP], m[NP], t[2 * NP];
} data;
static data make_data(void)
{
    data d;
    gal_rng r;
    gal_rng_init(&r, 7, 0x74657374, 0, 0, 0);
    for (int i = 0; i < NP; i++) {
        d.x[i] = -1 + 2.0 * i / (NP - 1);
        d.m[i] = 3 + sin(3 * d.x[i]);
        d.e[i] = 0.2 + 0.05 * gal_rng_uniform(&r);
        d.t[i] = exp(-0.5 * pow((i - 8) / 1.5, 2));
        d.t[NP + i] = exp(-0.5 * pow((i - 17) / 1.5, 2));
        d.y[i] = d.m[i] * (1 + 0.05 * d.x[i]) + 0.7 * d.t[i] + d.e[i] * gal_rng_normal(&r);
    }
    return d;
}

static const gal_noise SCALED = {.lnscale = 0.2}, QUOTED = {0};

static double plain(const data *d, const double *model, double lnscale)
{
    double l = 0;
    for (int i = 0; i < NP; i++) {
        double s = d->e[i] * exp(lnscale), u = (d->y[i] - model[i]) / s;
        l -= 0.5 * u * u + log(s) + 0.5 * LN2PI;
    }
    return l;
}

/* ln of the integral over c1, c2 and a1 by the midpoint rule on +-7 sigma of the prior (spectrally accurate for Gaussians) */
static double brute(const data *d, gal_poly p, double sd, double mean, double sda, double lnscale)
{
    enum { N = 60 };
    double sum = 0, model[NP], h = 14.0 / N, top = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (int a = 0; a < N; a++)
            for (int b = 0; b < N; b++)
                for (int c = 0; c < N; c++) {
                    double u = -7 + (a + 0.5) * h, v = -7 + (b + 0.5) * h, q = -7 + (c + 0.5) * h;
                    for (int i = 0; i < NP; i++)
                        model[i] = d->m[i] * (1 + sd * u * gal_poly_value(p, 1, d->x[i]) +
                                              sd * v * gal_poly_value(p, 2, d->x[i])) +
                                   (mean + sda * q) * d->t[i];
                    double l = plain(d, model, lnscale) - 0.5 * (u * u + v * v + q * q) - 1.5 * LN2PI;
                    if (pass == 0)
                        top = fmax(top, l);
                    else
                        sum += exp(l - top) * h * h * h;
                }
    return top + log(sum);
}

static void marginalised(void **state)
{
    (void)state;
    data d = make_data();
    double *work, c[3] = {0}, amp[2], fitted[NP], mean = 0.4, sd = 0.5;
    for (int p = 0; p < 2; p++) {
        gal_spec_like l = {
            .n = NP, .flux = d.y, .err = d.e, .x = d.x, .nline = 1, .profile = d.t, .mean = &mean, .sd = &sd};
        l.calib = (gal_calib){
            .mode = GAL_CALIB_MARGINALISED, .poly = (gal_poly)p, .first = 1, .order = 2, .sd = {0, 0.06, 0.06}};
        work = malloc(gal_spec_like_work(&l) * sizeof *work);
        double lnl = gal_spec_like_eval(&l, d.m, &SCALED, c, amp, fitted, work);
        assert_true(fabs(lnl - brute(&d, (gal_poly)p, 0.06, 0.4, 0.5, 0.2)) < 2e-6);
        /* the means it reports are those of the model it reports */
        for (int i = 0; i < NP; i++)
            CLOSE(fitted[i],
                  d.m[i] * (1 + c[1] * gal_poly_value((gal_poly)p, 1, d.x[i]) +
                            c[2] * gal_poly_value((gal_poly)p, 2, d.x[i])) +
                      amp[0] * d.t[i],
                  1e-12);
        /* sampled at any c: the same density, so the posterior of c at its mean exceeds the neighbours' */
        gal_spec_like one = l;
        one.nline = 0;
        one.calib.mode = GAL_CALIB_SAMPLED;
        CLOSE(gal_spec_like_eval(&one, d.m, &SCALED, (double[]){0, 0, 0}, NULL, NULL, work), plain(&d, d.m, 0.2),
              1e-12);
        /* a prior of no width is no polynomial */
        one.calib.mode = GAL_CALIB_MARGINALISED;
        one.calib.sd[1] = one.calib.sd[2] = 0;
        CLOSE(gal_spec_like_eval(&one, d.m, &SCALED, NULL, NULL, NULL, work), plain(&d, d.m, 0.2), 1e-12);
        free(work);
    }
}

/* Flat priors: the integral over amplitudes alone; profiled: the largest value over c. */
static void flat_and_profiled(void **state)
{
    (void)state;
    data d = make_data();
    double sd[2] = {INFINITY, INFINITY}, c[4], amp[2], model[NP];
    gal_spec_like l = {.n = NP, .flux = d.y, .err = d.e, .x = d.x, .nline = 2, .profile = d.t, .sd = sd};
    double *work = malloc(100 * NP * sizeof *work), lnl = gal_spec_like_eval(&l, d.m, &QUOTED, NULL, amp, NULL, work),
           sum = 0;
    double h = 0.02;
    for (int a = -150; a < 150; a++)
        for (int b = -150; b < 150; b++) {
            for (int i = 0; i < NP; i++)
                model[i] = d.m[i] + (amp[0] + a * h) * d.t[i] + (amp[1] + b * h) * d.t[NP + i];
            sum += exp(plain(&d, model, 0) - lnl) * h * h;
        }
    CLOSE(sum, 1, 1e-8);
    l.nline = 0;
    l.calib = (gal_calib){.mode = GAL_CALIB_PROFILED, .poly = GAL_POLY_CHEBYSHEV, .first = 0, .order = 3};
    double best = gal_spec_like_eval(&l, d.m, &QUOTED, c, NULL, NULL, work);
    for (int k = -1; k < 4; k++) {
        for (int i = 0; i < NP; i++) {
            double f = 1;
            for (int j = 0; j < 4; j++)
                f += (c[j] + (j == k ? 1e-3 : 0)) * gal_poly_value(GAL_POLY_CHEBYSHEV, j, d.x[i]);
            model[i] = d.m[i] * f;
        }
        if (k < 0)
            CLOSE(plain(&d, model, 0), best, 1e-10);
        else
            assert_true(plain(&d, model, 0) < best);
    }
    free(work);
}

static void messages(void **state)
{
    (void)state;
    gal_spec *s;
    const double e[] = {4000, 4010, 4005}, good[] = {4000, 4010, 4020}, r[] = {1000, -1};
    assert_int_equal(gal_spec_create(&s, &(gal_spec_opts){.n = 2, .edges = e}), GAL_EFORMAT);
    assert_int_equal(gal_spec_create(&s, &(gal_spec_opts){.n = 2, .edges = good, .res = r}), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "pixel 2"));
    assert_int_equal(gal_spec_create(&s, &(gal_spec_opts){.n = 2, .edges = good, .res = r, .R = 5}), GAL_EINVAL);
    ok(gal_spec_create(&s, &(gal_spec_opts){.n = 2, .edges = good, .R = 100}));
    gal_spec_ws *ws;
    const double w[] = {3990, 4000, 4010, 4030};
    ok(gal_spec_ws_create(&ws, s, w, 4, NULL, NULL));
    assert_int_equal(gal_spec_ws_set(ws, 0, 0, 0), GAL_EDOMAIN); /* broadened beyond the model */
    assert_non_null(strstr(gal_error_message(), "beyond the model"));
    assert_int_equal(gal_spec_ws_set(ws, 0, 6000, 0), GAL_EDOMAIN);
    gal_spec_ws_free(ws);
    gal_spec_unref(s);
    /* centres with a gap: pixels end on their own side of it; air edges move to vacuum */
    const double c[] = {5000, 5001, 5002, 5003, 6000, 6002, 6004, 6006};
    ok(gal_spec_create(&s, &(gal_spec_opts){.n = 8, .wave = c}));
    CLOSE(gal_spec_hi(s)[3], 5003.5, 1e-12);
    CLOSE(gal_spec_lo(s)[4], 5999, 1e-12);
    CLOSE(gal_spec_lo(s)[0], 4999.5, 1e-12);
    gal_spec_unref(s);
    ok(gal_spec_create(&s, &(gal_spec_opts){.n = 2, .edges = good, .air = true}));
    CLOSE(gal_spec_lo(s)[0], gal_air_to_vac(GAL_AIR_CIDDOR, 4000), 1e-15);
    gal_spec_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_on_grid),
        cmocka_unit_test(sharp_lines),
        cmocka_unit_test(limits),
        cmocka_unit_test(air),
        cmocka_unit_test(indices),
        cmocka_unit_test(marginalised),
        cmocka_unit_test(flat_and_profiled),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
