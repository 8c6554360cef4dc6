/* Constant in fixed bins; log psi at the bin centres is a Gaussian process with the autocovariance of the extended regulator model
 *     C(t) = sigma_reg^2 [tau_eq e^(-t/tau_eq) - tau_in e^(-t/tau_in)] / (tau_eq - tau_in) + sigma_dyn^2 e^(-t/tau_dyn)
 * (Tacchella+20, MNRAS 497, 698; Iyer+24, ApJ 961, 53; Wan+24, MNRAS 532, 4002); r = L x, L L^T = cov(r), x independent N(0, 1). */
#include "sfh/bins.h"

#include <math.h>
#include <stdio.h>

static const char *const name[GAL_SFH_MAXBIN - 1] = GAL_NUMBERED("x");
static const gal_param normal = {"x", "", "normal deviate of the rates", 0, -10, 10, -3, 3, false, true};

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    (void)o;
    GAL_TRY(gal_bins_create(s, 0, 7));
    gal_bins *b = s->self;
    GAL_TRY(gal_sfh_positive(s, "sigma_reg", &b->sigma_reg));
    GAL_TRY(gal_sfh_positive(s, "tau_eq", &b->tau_eq));
    GAL_TRY(gal_sfh_positive(s, "tau_in", &b->tau_in));
    GAL_TRY(gal_sfh_positive(s, "tau_dyn", &b->tau_dyn));
    double dyn = gal_sfh_option(s, "sigma_dyn")->number;
    b->sigma_dyn = dyn == 0 ? -1 : dyn; /* none; as results files have it */
    gal_bins_add(s, NULL, NULL);
    gal_bins_add(s, name, &normal);
out:
    return st;
}

/* Autocovariance of log10 psi at time lag t. */
static double covariance(const gal_bins *o, double t)
{
    double a = o->tau_eq, b = o->tau_in, c;
    if (fabs(a - b) < 1e-6 * a)
        c = (1 + t / a) * exp(-t / a);
    else
        c = (a * exp(-t / a) - b * exp(-t / b)) / (a - b);
    c *= o->sigma_reg * o->sigma_reg;
    return o->sigma_dyn > 0 ? c + o->sigma_dyn * o->sigma_dyn * exp(-t / o->tau_dyn) : c;
}

/* r = L x with L L^T the covariance of the differences of neighbours */
static void correlated_ratios(const gal_bins *o, const double *e, const double *x, double *r)
{
    size_t n = o->nbin, m = n - 1;
    double k[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN], l[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            k[i][j] = k[j][i] = covariance(o, 0.5 * fabs(e[i] + e[i + 1] - e[j] - e[j + 1]));
    double tiny = 1e-12 * covariance(o, 0); /* bins without width have the same centre */
    for (size_t i = 0; i < m; i++) {
        r[i] = 0;
        for (size_t j = 0; j <= i; j++) {
            double s = k[i][j] - k[i][j + 1] - k[i + 1][j] + k[i + 1][j + 1];
            for (size_t q = 0; q < j; q++)
                s -= l[i][q] * l[j][q];
            l[i][j] = i == j ? sqrt(fmax(s, 0) + tiny) : s / l[j][j];
            r[i] += l[i][j] * x[j];
        }
    }
}

static gal_status set(gal_history *h)
{
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], r[GAL_SFH_MAXBIN];
    gal_bins_fixed_edges(b, h->age, e);
    correlated_ratios(b, e, h->p + 1, r);
    gal_bins_from_ratios(r, b->nbin, ls);
    gal_bins_scale(h, h->p[0], e, ls);
    return GAL_OK;
}

/* dC/dt */
static double covariance_slope(const gal_bins *o, double t)
{
    double a = o->tau_eq, b = o->tau_in, c;
    if (fabs(a - b) < 1e-6 * a)
        c = -t / (a * a) * exp(-t / a);
    else
        c = (exp(-t / b) - exp(-t / a)) / (a - b);
    c *= o->sigma_reg * o->sigma_reg;
    return o->sigma_dyn > 0 ? c - o->sigma_dyn * o->sigma_dyn / o->tau_dyn * exp(-t / o->tau_dyn) : c;
}

/* correlated_ratios with changes: dr = L dx + dL x, dL from that of the edges */
static void ratios_diff(const gal_bins *o, const double *e, const double *de, const double *x, const double *dx,
                        double *r, double *dr)
{
    size_t n = o->nbin, m = n - 1;
    double k[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN], dk[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN], l[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN],
        dl[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN], tiny = 1e-12 * covariance(o, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double lag = 0.5 * (e[i] + e[i + 1] - e[j] - e[j + 1]),
                   dlag = 0.5 * (de[i] + de[i + 1] - de[j] - de[j + 1]);
            k[i][j] = k[j][i] = covariance(o, fabs(lag));
            dk[i][j] = dk[j][i] = covariance_slope(o, fabs(lag)) * (lag < 0 ? -dlag : dlag);
        }
    for (size_t i = 0; i < m; i++) {
        r[i] = dr[i] = 0;
        for (size_t j = 0; j <= i; j++) {
            double s = k[i][j] - k[i][j + 1] - k[i + 1][j] + k[i + 1][j + 1];
            double ds = dk[i][j] - dk[i][j + 1] - dk[i + 1][j] + dk[i + 1][j + 1];
            for (size_t q = 0; q < j; q++) {
                s -= l[i][q] * l[j][q];
                ds -= dl[i][q] * l[j][q] + l[i][q] * dl[j][q];
            }
            l[i][j] = i == j ? sqrt(fmax(s, 0) + tiny) : s / l[j][j];
            dl[i][j] = i == j ? (s > 0 ? 0.5 * ds / l[i][j] : 0) : (ds - l[i][j] * dl[j][j]) / l[j][j];
            r[i] += l[i][j] * x[j];
            dr[i] += l[i][j] * dx[j] + dl[i][j] * x[j];
        }
    }
}

static void jvp_set(gal_history_diff *d)
{
    const gal_history *h = d->h;
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], de[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], dls[GAL_SFH_MAXBIN], r[GAL_SFH_MAXBIN],
        dr[GAL_SFH_MAXBIN];
    gal_bins_fixed_diff(b, h->age, d->age, e, de);
    ratios_diff(b, e, de, h->p + 1, d->p + 1, r, dr);
    gal_bins_from_ratios(r, b->nbin, ls);
    gal_bins_from_ratios(dr, b->nbin, dls);
    gal_bins_scale_diff(d, d->p[0], e, de, ls, dls);
}

static const char *prior(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    if (i >= 1 && i < s->nown)
        snprintf(buf, size, "normal(0, 1)");
    return buf;
}

static const gal_option option[] = {
    {"sigma_reg", "", "scatter by gas flows [dex]", GAL_OPTION_NUMBER, NULL, 0.3, NULL},
    {"tau_eq", "yr", "equilibrium time", GAL_OPTION_NUMBER, NULL, 2.5e9, NULL},
    {"tau_in", "yr", "time-scale of the inflow", GAL_OPTION_NUMBER, NULL, 1.5e8, NULL},
    {"sigma_dyn", "", "scatter by giant clouds [dex]", GAL_OPTION_NUMBER, NULL, 0.03, NULL},
    {"tau_dyn", "yr", "their lifetime", GAL_OPTION_NUMBER, NULL, 2.5e7, NULL},
    GAL_BINS_N(7),
    GAL_BINS_EDGES};

const gal_sfh_class gal_sfh_stochastic = {
    .name = "stochastic",
    .args = "n =, mass =, sigma_reg =, tau_eq =, tau_in =, sigma_dyn =, tau_dyn =",
    .doc =
        "Constant rates in bins of lookback time; log10 of the rate is a Gaussian process with the covariance of the\n"
        "extended regulator model (Tacchella+20, Iyer+24, Wan+24). x1 .. x(n-1) are independent normal deviates that "
        "its\n"
        "Cholesky factor turns into correlated ratios of neighbours; prior normal(0, 1): g:priors(\"sfh\").",
    .option = option,
    .noption = 7,
    .create = create,
    .prior = prior,
    .set = set,
    .jvp_set = jvp_set,
    GAL_BINS_CLASS,
};
