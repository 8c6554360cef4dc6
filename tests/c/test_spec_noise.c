/* Noise of pixels: correlations, outliers, leave one out, against dense algebra and quadrature. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "galua/like.h"
#include "galua/num.h"
#include "galua/spec.h"

#define LN2PI 1.83787706640934548
#define CLOSE(a, b, tol)                                                                                               \
    do {                                                                                                               \
        double a_ = (a), b_ = (b), t_ = (tol);                                                                         \
        if (!(fabs(a_ - b_) <= t_ * fmax(1e-300, fabs(b_))))                                                           \
            fail_msg("%s = %.17g, expected %.17g to %g", #a, a_, b_, t_);                                              \
    } while (0)
#define NEAR(a, b, tol)                                                                                                \
    do {                                                                                                               \
        double a_ = (a), b_ = (b), t_ = (tol);                                                                         \
        if (!(fabs(a_ - b_) <= t_))                                                                                    \
            fail_msg("%s = %.17g, expected %.17g within %g", #a, a_, b_, t_);                                          \
    } while (0)

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

enum { N = 41, NL = 2, ORDER = 3, NCOL = NL + ORDER };

typedef struct {
    double y[N], e[N], x[N], m[N], lw[N], t[NL * N], mean[NL], sd[NL];
    gal_spec_like l;
} data;

static void make(data *d)
{
    gal_rng r;
    gal_rng_init(&r, 7, 1, 0, 0, 0);
    for (int i = 0; i < N; i++) {
        d->x[i] = -1 + 2.0 * i / (N - 1);
        d->lw[i] = 8.5 + 0.002 * i + (i > 20 ? 0.03 : 0) + 0.0005 * gal_rng_uniform(&r); /* a gap */
        d->m[i] = 3 + sin(3 * d->x[i]);
        d->e[i] = 0.1 + 0.05 * gal_rng_uniform(&r);
        for (int k = 0; k < NL; k++)
            d->t[k * N + i] = exp(-0.5 * pow((i - 8 - 15 * k) / 1.5, 2));
        d->y[i] = d->m[i] * (1 + 0.05 * d->x[i] + 0.1 * sin(0.9 * i)) + 0.7 * d->t[i] + d->e[i] * gal_rng_normal(&r);
    }
    memcpy(d->mean, (double[]){0.4, -0.1}, sizeof d->mean);
    memcpy(d->sd, (double[]){0.5, 0.2}, sizeof d->sd);
    d->l = (gal_spec_like){.n = N,
                           .flux = d->y,
                           .err = d->e,
                           .x = d->x,
                           .nline = NL,
                           .profile = d->t,
                           .mean = d->mean,
                           .sd = d->sd,
                           .lnwave = d->lw};
    d->l.calib = (gal_calib){
        .mode = GAL_CALIB_MARGINALISED, .poly = GAL_POLY_CHEBYSHEV, .first = 1, .order = ORDER, .sd = {0, .1, .05, .2}};
}

static const gal_noise Z = {.lnscale = 0.1, .f_cal = 0.03, .gp_amp = 0.08, .gp_len = 0.006};

/* covariance of everything, and the correlated part alone */
static void covariance(const data *d, const gal_noise *z, double *K, double *G)
{
    const gal_spec_like *l = &d->l;
    int np = l->calib.mode == GAL_CALIB_MARGINALISED ? l->calib.order : 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double g = 0, k = 0;
            if (l->kernel)
                g = z->gp_amp * z->gp_amp * d->m[i] * d->m[j] *
                    gal_kernel_value(l->kernel, (d->lw[i] - d->lw[j]) / z->gp_len);
            if (i == j)
                k += pow(d->e[i] * exp(z->lnscale), 2) + pow(z->f_cal * d->m[i], 2);
            for (int p = 1; p <= np; p++)
                k += pow(l->calib.sd[p], 2) * d->m[i] * gal_poly_value(l->calib.poly, p, d->x[i]) * d->m[j] *
                     gal_poly_value(l->calib.poly, p, d->x[j]);
            for (size_t q = 0; q < l->nline; q++)
                k += pow(l->sd[q], 2) * d->t[q * N + (size_t)i] * d->t[q * N + (size_t)j];
            K[i * N + j] = k + g;
            if (G)
                G[i * N + j] = g;
        }
}

static void residual(const data *d, double *r)
{
    for (int i = 0; i < N; i++) {
        r[i] = d->y[i] - d->m[i];
        for (size_t q = 0; q < d->l.nline; q++)
            r[i] -= d->mean[q] * d->t[q * N + (size_t)i];
    }
}

/* ln N(r; 0, K) without datum `drop`; u = K^-1 r when asked for */
static double normal(const double *r, const double *K, int drop, double *u)
{
    double a[N * N], b[N], c[N], sum = 0;
    size_t n = 0, at[N];
    for (int i = 0; i < N; i++)
        if (i != drop)
            at[n++] = (size_t)i;
    for (size_t i = 0; i < n; i++) {
        b[i] = c[i] = r[at[i]];
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = K[at[i] * N + at[j]];
    }
    ok(gal_cholesky(a, n));
    gal_chol_solve(a, n, b);
    for (size_t i = 0; i < n; i++)
        sum -= 0.5 * b[i] * c[i] + log(a[i * n + i]) + 0.5 * LN2PI;
    if (u)
        memcpy(u, b, n * sizeof *u);
    return sum;
}

static double *scratch(const gal_spec_like *l)
{
    double *w = malloc(gal_spec_like_work(l) * sizeof *w);
    assert_non_null(w);
    return w;
}

/* every kernel with every set of columns */
static void equals_dense_algebra(void **state)
{
    (void)state;
    double K[N * N], G[N * N], r[N], u[N], term[N], cdf[N], gp[N], fitted[N], c[ORDER + 1], amp[NL];
    for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++)
        for (int columns = 0; columns < 3; columns++) {
            data d;
            make(&d);
            d.l.kernel = (gal_kernel)kernel;
            if (columns < 2)
                d.l.nline = 0;
            if (columns < 1)
                d.l.calib.mode = GAL_CALIB_NONE;
            double *work = scratch(&d.l);
            covariance(&d, &Z, K, G);
            residual(&d, r);
            double want = normal(r, K, -1, u), got = gal_spec_like_eval(&d.l, d.m, &Z, c, amp, fitted, work);
            CLOSE(got, want, 1e-11);
            gal_spec_like_pointwise(&d.l, d.m, &Z, NULL, &(gal_spec_points){.term = term, .cdf = cdf, .gp = gp}, work);
            for (int i = 0; i < N; i++) {
                CLOSE(term[i], want - normal(r, K, i, NULL), 1e-9); /* a difference of sums of 40 terms */
                double b = 0, g = 0, D = 0, e[N] = {0}, v[N];
                e[i] = 1;
                normal(e, K, -1, v);
                D = v[i];
                b = u[i];
                CLOSE(cdf[i], 0.5 * erfc(-b / sqrt(D) * M_SQRT1_2), 1e-9);
                for (int j = 0; j < N; j++)
                    g += G[i * N + j] * u[j];
                NEAR(gp[i], g, 1e-12);
                /* what is fitted and the mean of G leave N u of the datum */
                double n2 = pow(d.e[i] * exp(Z.lnscale), 2) + pow(Z.f_cal * d.m[i], 2);
                NEAR(d.y[i] - fitted[i] - gp[i], n2 * u[i], 1e-12);
            }
            /* no deviates: the means; deviates: those of the conditional distribution, tested by its precision below */
            double zero[NCOL] = {0}, c2[ORDER + 1], amp2[NL];
            CLOSE(gal_spec_like_draw(&d.l, d.m, &Z, zero, c2, amp2, work), got, 0);
            for (size_t k = 0; k < d.l.nline; k++)
                CLOSE(amp2[k], amp[k], 0);
            free(work);
        }
}

/* a flat line is one of huge width, less the ln of it; a pixel that alone holds such a line has no density */
static void flat_lines(void **state)
{
    (void)state;
    for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++) {
        data d;
        double K[N * N], r[N], term[N], cdf[N];
        make(&d);
        d.l.kernel = (gal_kernel)kernel;
        d.sd[0] = d.sd[1] = INFINITY;
        double *work = scratch(&d.l), lnl = gal_spec_like_eval(&d.l, d.m, &Z, NULL, NULL, NULL, work);
        gal_spec_like_pointwise(&d.l, d.m, &Z, NULL, &(gal_spec_points){.term = term, .cdf = cdf}, work);
        d.sd[0] = d.sd[1] = 1e4;
        covariance(&d, &Z, K, NULL);
        residual(&d, r);
        double want = normal(r, K, -1, NULL);
        NEAR(lnl, want + 2 * log(1e4) + LN2PI, 1e-5);
        for (int i = 0; i < N; i++)
            NEAR(term[i], want - normal(r, K, i, NULL), 1e-5);
        d.sd[0] = INFINITY;
        for (int i = 0; i < N; i++)
            d.t[i] = i == 12;
        gal_spec_like_pointwise(&d.l, d.m, &Z, NULL, &(gal_spec_points){.term = term, .cdf = cdf}, work);
        for (int i = 0; i < N; i++)
            assert_true(isnan(term[i]) == (i == 12) && isnan(cdf[i]) == (i == 12));
        free(work);
    }
}

/* int L dy = 1 over one and two data, whatever is on */
static void normalised(void **state)
{
    (void)state;
    data d;
    make(&d);
    double work[200], sum = 0, h = 0.02;
    gal_spec_like l = d.l;
    l.n = 1;
    l.nline = 0;
    l.calib.mode = GAL_CALIB_NONE;
    const gal_noise out = {.lnscale = 0.2, .f_cal = 0.05, .f_out = 0.3, .n_out = 7};
    for (int i = -2000; i < 2000; i++) {
        double y = d.m[0] + i * h / 4;
        l.flux = &y;
        sum += exp(gal_spec_like_eval(&l, d.m, &out, NULL, NULL, NULL, work)) * h / 4;
    }
    NEAR(sum, 1, 1e-9);
    for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++) {
        l = d.l;
        l.n = 2;
        l.kernel = (gal_kernel)kernel;
        const double t[] = {0.3, 0.9, 0.2, -0.1}; /* two lines */
        l.profile = t;
        sum = 0;
        for (int i = -300; i < 300; i++)
            for (int j = -300; j < 300; j++) {
                double y[] = {d.m[0] + i * h, d.m[1] + j * h};
                l.flux = y;
                sum += exp(gal_spec_like_eval(&l, d.m, &Z, NULL, NULL, NULL, work)) * h * h;
            }
        NEAR(sum, 1, 1e-7);
    }
}

static void outliers(void **state)
{
    (void)state;
    data d;
    double term[N], cdf[N], q[N], sum = 0, *work, c[ORDER + 1] = {0, .05, -.02, .03}, m[N];
    make(&d);
    d.l.nline = 0;
    d.l.calib.mode = GAL_CALIB_SAMPLED;
    d.y[9] += 4;
    work = scratch(&d.l);
    for (int i = 0; i < N; i++) {
        m[i] = d.m[i];
        for (int k = 1; k <= ORDER; k++)
            m[i] += d.m[i] * c[k] * gal_poly_value(GAL_POLY_CHEBYSHEV, k, d.x[i]);
    }
    /* no outliers, no kernel or one without amplitude: the Gaussian to the bit, whatever else is said of them */
    gal_noise z = {.lnscale = 0.1};
    double plain = gal_spec_like_eval(&d.l, d.m, &z, c, NULL, NULL, work);
    z.n_out = 30;
    z.gp_len = 1;
    d.l.kernel = GAL_KERNEL_MATERN32;
    double *more = scratch(&d.l);
    assert_true(gal_spec_like_eval(&d.l, d.m, &z, c, NULL, NULL, more) == plain);
    free(more);
    d.l.kernel = GAL_KERNEL_NONE;
    z.f_out = 0.1;
    z.f_cal = 0.02;
    gal_spec_like_pointwise(&d.l, d.m, &z, c, &(gal_spec_points){.term = term, .cdf = cdf, .p_out = q}, work);
    for (int i = 0; i < N; i++) {
        double s = sqrt(pow(d.e[i] * exp(0.1), 2) + pow(0.02 * d.m[i], 2)), r = (d.y[i] - m[i]) / s, n = 30;
        double good = 0.9 * exp(-0.5 * r * r) / s, bad = 0.1 * exp(-0.5 * r * r / (n * n)) / (s * n);
        CLOSE(term[i], log(good + bad) - 0.5 * LN2PI, 1e-12);
        CLOSE(q[i], bad / (good + bad), 1e-12);
        CLOSE(cdf[i], 0.9 * 0.5 * erfc(-r * M_SQRT1_2) + 0.1 * 0.5 * erfc(-r / n * M_SQRT1_2), 1e-12);
        sum += term[i];
    }
    double least = 1;
    for (int i = 0; i < N; i++)
        least = fmin(least, q[i]);
    assert_true(q[9] > 0.99 && least < 0.01);
    CLOSE(gal_spec_like_eval(&d.l, d.m, &z, c, NULL, NULL, work), sum, 1e-13);
    /* what cannot be had */
    d.l.calib.mode = GAL_CALIB_MARGINALISED;
    assert_true(isnan(gal_spec_like_eval(&d.l, d.m, &z, NULL, NULL, NULL, work)));
    gal_spec_like_pointwise(&d.l, d.m, &z, NULL, &(gal_spec_points){.term = term}, work);
    assert_true(isnan(term[0]));
    d.l.calib.mode = GAL_CALIB_PROFILED;
    z.f_out = 0;
    gal_spec_like_pointwise(&d.l, d.m, &z, NULL, &(gal_spec_points){.term = term}, work);
    assert_true(isnan(term[0]) && isfinite(gal_spec_like_eval(&d.l, d.m, &z, NULL, NULL, NULL, work)));
    free(work);
}

/* many close pixels: rounding of the recursion; the bands' code has the density of the same process */
static void many_pixels(void **state)
{
    (void)state;
    enum { M = 3000 };
    double *all = malloc(6 * M * sizeof *all), *y = all, *e = y + M, *x = e + M, *m = x + M, *lw = m + M, *s2 = lw + M;
    gal_rng r;
    gal_rng_init(&r, 8, 1, 0, 0, 0);
    const double len[] = {1e-4, 0.01, 3};
    for (int t = 0; t < 3; t++) {
        const gal_noise z = {.gp_amp = 0.05, .gp_len = len[t]};
        for (int i = 0; i < M; i++) {
            lw[i] = 8.3 + 1e-4 * i;
            m[i] = 2 + cos(0.01 * i);
            e[i] = 0.02;
            x[i] = 0;
            s2[i] = e[i] * e[i];
            y[i] = m[i] * (1 + 0.05 * sin(0.02 * i)) + e[i] * gal_rng_normal(&r);
        }
        gal_spec_like l = {.n = M, .flux = y, .err = e, .x = x, .kernel = GAL_KERNEL_MATERN32, .lnwave = lw};
        double *work = scratch(&l), got = gal_spec_like_eval(&l, m, &z, NULL, NULL, NULL, work);
        for (int i = 0; i < M; i++)
            y[i] -= m[i];
        CLOSE(got, gal_gp_lnlike(GAL_KERNEL_MATERN32, M, lw, y, s2, m, z.gp_amp, z.gp_len, NULL), 1e-10);
        free(work);
    }
    free(all);
}

/* draws have the covariance that the likelihood says, outliers their share */
static void draws(void **state)
{
    (void)state;
    enum { n = 6, M = 60000 };
    data d;
    make(&d);
    d.l.n = n;
    for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++) {
        d.l.kernel = (gal_kernel)kernel;
        double *work = scratch(&d.l), e[n], C[n * n] = {0}, s[n];
        for (int k = 0; k < M; k++) {
            gal_rng r;
            gal_rng_init(&r, 9, 1, (uint64_t)k, 0, 0);
            gal_spec_like_noise(&d.l, d.m, &Z, &r, e, work);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    C[i * n + j] += e[i] * e[j] / M;
        }
        gal_spec_like_sigma(&d.l, d.m, &Z, s);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                double a2 = Z.gp_amp * Z.gp_amp, vi = s[i] * s[i] + a2 * d.m[i] * d.m[i],
                       vj = s[j] * s[j] + a2 * d.m[j] * d.m[j], want = i == j ? s[i] * s[i] : 0;
                if (kernel)
                    want += a2 * d.m[i] * d.m[j] * gal_kernel_value(d.l.kernel, (d.lw[i] - d.lw[j]) / Z.gp_len);
                NEAR(C[i * n + j], want, 5 * sqrt(2 * vi * vj / M));
            }
        free(work);
    }
    const gal_noise out = {.f_out = 0.2, .n_out = 100};
    int wild = 0;
    double e[n];
    gal_rng r;
    gal_rng_init(&r, 10, 1, 0, 0, 0);
    d.l.kernel = GAL_KERNEL_NONE;
    for (int k = 0; k < 10000; k++) {
        gal_spec_like_noise(&d.l, d.m, &out, &r, e, NULL);
        for (int i = 0; i < n; i++)
            wild += fabs(e[i]) > 5 * d.e[i];
    }
    double share = 0.2 * erfc(0.05 * M_SQRT1_2);
    NEAR(wild / 6e4, share, 5 * sqrt(share * (1 - share) / 6e4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_dense_algebra), cmocka_unit_test(flat_lines),
        cmocka_unit_test(normalised),           cmocka_unit_test(outliers),
        cmocka_unit_test(many_pixels),          cmocka_unit_test(draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
