/* law_hd17.c - grains of Hensley & Draine (2017): T = A [eps(nu, u)/eps(nu0, u)] (nu0/nu)^2, u = log10 of the radiation field, eps = f_sil eps_sil +
 * f_car eps_car + f_fe eps_silfe with f_sil = 1 - f_fe, separately for intensity and polarisation. eps is a tensor-product cubic spline of the
 * tables in (u, wavelength); a band integral is then a cubic spline in u with the table's knots, exact at one look-up. Below 10 GHz, the end of
 * the tables, T(10 GHz) (nu/10)^1.54. */
#include "sky/law.h"
#include "galua/num.h"
#include "sky/spline.h"

#include <math.h>
#include <string.h>

typedef struct hd17 {
    double nu0[2], norm[2];
    size_t nw, nu;
    double *wave, *u;                /* micron, log10 U */
    double *eps[2], *m[2];           /* [nu][nw] emissivity of I, P, second derivatives in wavelength */
    double *norm_eps[2], *norm_m[2]; /* [nu] at nu0, second derivatives in u */
} hd17;

static const double END = 10; /* GHz */

static void destroy(void *self)
{
    hd17 *s = self;
    if (s)
        gal_free(s->wave);
    gal_free(s);
}

static double wavelength(double nu)
{
    return 299792.458 / nu; /* micron of GHz */
}

/* emissivity at every u of the table, times (1/nu)^2 and the slope below 10 GHz */
static void spectrum(const hd17 *s, int which, double nu, double *e)
{
    double at = nu < END ? END : nu;
    for (size_t i = 0; i < s->nu; i++)
        e[i] = gal_spline_value(s->nw, s->wave, s->eps[which] + i * s->nw, s->m[which] + i * s->nw, wavelength(at)) /
               (at * at) * (nu < END ? pow(nu / END, 1.54) : 1);
}

static gal_status create(void **out, const double *opt, const gal_sky_table *t)
{
    const double f[3] = {1 - opt[3], opt[2], opt[3]};
    size_t nw = t[0].rows, cols = t[0].cols, nu = cols >= 3 ? (cols - 3) / 2 : 0;
    *out = NULL;
    for (int g = 0; g < 3; g++)
        if (t[g].rows != nw || t[g].cols != cols || nu < 4 || nw < 4 || cols != 3 + 2 * nu)
            return gal_fail(
                GAL_EFORMAT,
                "hd17: table %d is %zu x %zu; expected wavelength, two columns and two blocks of equal width", g + 1,
                t[g].rows, t[g].cols);
    hd17 *s = GAL_NEW(hd17);
    double *work = GAL_NEWN(double, 2 * (nw + nu));
    if (!s || !work || !(s->wave = GAL_NEWN(double, nw + nu + 4 * nu * nw + 4 * nu))) {
        gal_free(work);
        gal_free(s);
        return GAL_ENOMEM;
    }
    double *at = s->wave + nw;
    s->nw = nw;
    s->nu = nu;
    s->u = at;
    at += nu;
    for (size_t i = 0; i < nu; i++)
        s->u[i] = (double)i * 0.1 - 3;
    for (size_t k = 0; k < nw; k++)
        s->wave[k] = t[0].x[k * cols];
    gal_status st = gal_check_ascending("hd17: wavelengths", s->wave, nw);
    for (int p = 0; p < 2 && st == GAL_OK; p++) {
        s->nu0[p] = opt[p];
        s->eps[p] = at;
        s->m[p] = at + nu * nw;
        at += 2 * nu * nw;
        for (size_t i = 0; i < nu; i++) {
            double *e = s->eps[p] + i * nw;
            for (size_t k = 0; k < nw; k++)
                for (int g = 0; g < 3; g++) /* nu I_nu / nu */
                    e[k] += f[g] * t[g].x[k * cols + 3 + (size_t)p * nu + i] * s->wave[k];
            gal_spline_prepare(nw, s->wave, e, s->m[p] + i * nw, work);
        }
    }
    for (int p = 0; p < 2 && st == GAL_OK; p++) {
        s->norm_eps[p] = at;
        s->norm_m[p] = at + nu;
        at += 2 * nu;
        spectrum(s, p, s->nu0[p], s->norm_eps[p]);
        gal_spline_prepare(nu, s->u, s->norm_eps[p], s->norm_m[p], work);
    }
    gal_free(work);
    if (st != GAL_OK) {
        destroy(s);
        return st;
    }
    *out = s;
    return GAL_OK;
}

static gal_status shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                        double *out)
{
    const hd17 *s = self;
    (void)local;
    double *e = GAL_NEWN(double, 4 * s->nu);
    if (!e)
        return GAL_ENOMEM;
    spectrum(s, which, nu, e);
    gal_spline_prepare(s->nu, s->u, e, e + s->nu, e + 2 * s->nu);
    for (size_t k = 0; k < n; k++)
        out[k] = gal_spline_value(s->nu, s->u, e, e + s->nu, par[0][k]);
    gal_free(e);
    return GAL_OK;
}

static void norm(const void *self, int which, size_t n, const double *const *par, double *out)
{
    const hd17 *s = self;
    for (size_t k = 0; k < n; k++)
        out[k] = 1 / gal_spline_value(s->nu, s->u, s->norm_eps[which], s->norm_m[which], par[0][k]);
}

static gal_status pieces(const void *self, int which, size_t nnu, const double *nu, const double *coef, double lo,
                         double hi, gal_pieces **out)
{
    const hd17 *s = self;
    size_t n = s->nu;
    (void)lo, (void)hi;
    double *sum = GAL_NEWN(double, 5 * n);
    *out = NULL;
    if (!sum)
        return GAL_ENOMEM;
    double *e = sum + n, *m = sum + 2 * n;
    if (which == LAW_NORM_I || which == LAW_NORM_P) {
        memcpy(sum, s->norm_eps[which - LAW_NORM_I], n * sizeof *sum);
    } else {
        for (size_t i = 0; i < nnu; i++) {
            spectrum(s, which, nu[i], e);
            for (size_t k = 0; k < n; k++)
                sum[k] += coef[i] * e[k];
        }
    }
    gal_spline_prepare(n, s->u, sum, m, sum + 3 * n);
    gal_status st = gal_pieces_create(out, n - 1, 3, s->u);
    for (size_t k = 0; st == GAL_OK && k + 1 < n; k++) {
        double h = s->u[k + 1] - s->u[k];
        (*out)->coef[0][k] = sum[k];
        (*out)->coef[1][k] = (sum[k + 1] - sum[k]) / h - h * (2 * m[k] + m[k + 1]) / 6;
        (*out)->coef[2][k] = m[k] / 2;
        (*out)->coef[3][k] = (m[k + 1] - m[k]) / (6 * h);
    }
    gal_free(sum);
    if (st == GAL_OK && (st = gal_pieces_index(*out)) != GAL_OK) {
        gal_pieces_free(*out);
        *out = NULL;
    }
    return st;
}

static const gal_sky_input par[] = {
    {"u", "", "log10 of the radiation field in units of Mathis et al. (1983)", NAN, -3, 5}};
static const gal_sky_input opt[] = {
    {"nu_I", "GHz", "reference frequency of I", NAN, 1e-3, 1e5},
    {"nu_P", "GHz", "reference frequency of Q and U", INFINITY, 1e-3, 1e5},
    {"f_car", "", "abundance of carbonaceous grains relative to the model", 1, 0, 10},
    {"f_fe", "", "fraction of the silicates that has iron inclusions", 0, 0, 1},
};
static const char *const table[] = {"silicate", "carbonaceous", "silicate_iron"};

const gal_sky_law gal_law_hd17 = {
    .name = "hd17",
    .doc = "dust of Hensley & Draine (2017): silicate, carbonaceous and iron-bearing grains in a radiation field",
    .par = par,
    .npar = 1,
    .opt = opt,
    .nopt = 4,
    .table = table,
    .ntable = 3,
    .split = true,
    .create = create,
    .destroy = destroy,
    .shape = shape,
    .norm = norm,
    .pieces = pieces,
};
