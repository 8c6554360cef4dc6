/* law_decorrelated.c - modified black body that loses coherence with distance in ln nu (Vansyngel et al. 2017 as in PySM 2): each frequency is
 * multiplied by d_i = r_i + sum_j L_ij g_j, r_i = R(nu_i, nu0), R = exp(-(ln nu/nu')^2/(2 length^2)), L the symmetric root of the
 * covariance conditioned on 1 at nu0, g normal. One number a frequency for the whole sky, one set for I, one for Q and U; the frequencies
 * of all channels of a plan are drawn together. At nu0, d = 1. */
#include "sky/law_mbb.h"
#include "sky/legacy_random.h"

#include <gsl/gsl_eigen.h>
#include <math.h>

static gal_status create(void **out, const double *opt, const gal_sky_table *table)
{
    gal_status st = gal_mbb_create(out, opt, table);
    if (st == GAL_OK) {
        ((gal_mbb *)*out)->length = opt[2];
        ((gal_mbb *)*out)->seed = opt[3];
    }
    return st;
}

static double covariance(double a, double b, double length)
{
    double x = log(a / b) / length;
    return exp(-0.5 * x * x);
}

static gal_status factors(const void *self, int which, size_t n, const double *nu, double *factor)
{
    gal_status st = GAL_OK;
    const gal_mbb *m = self;
    double nu0 = which == LAW_I ? m->nu_i : m->nu_p;
    gsl_matrix *c = gsl_matrix_alloc(n, n), *v = gsl_matrix_alloc(n, n);
    gsl_vector *e = gsl_vector_alloc(n);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(n);
    gal_legacy_random *r = NULL;
    double *g = GAL_NEWN(double, 2 * n);
    if (!c || !v || !e || !w || !g)
        GAL_THROW(GAL_ENOMEM, "decorrelation of %zu frequencies: no memory", n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            gsl_matrix_set(c, i, j,
                           covariance(nu[i], nu[j], m->length) -
                               covariance(nu[i], nu0, m->length) * covariance(nu[j], nu0, m->length));
    if (gsl_eigen_symmv(c, e, v, w) != 0)
        GAL_THROW(GAL_EMATH, "decorrelation of %zu frequencies: the eigenvalues did not converge", n);
    GAL_TRY(gal_legacy_random_create(&r, (uint32_t)m->seed));
    for (size_t i = 0; i < (which == LAW_I ? n : 2 * n); i++)
        g[i] = gal_legacy_normal(r);
    const double *draw = which == LAW_I ? g : g + n;
    for (size_t i = 0; i < n; i++)
        factor[i] = covariance(nu[i], nu0, m->length);
    for (size_t k = 0; k < n; k++) {
        double dot = 0, s = sqrt(fmax(gsl_vector_get(e, k), 0));
        for (size_t j = 0; j < n; j++)
            dot += gsl_matrix_get(v, j, k) * draw[j];
        for (size_t i = 0; i < n; i++)
            factor[i] += gsl_matrix_get(v, i, k) * s * dot;
    }
out:
    gal_legacy_random_free(r);
    if (w)
        gsl_eigen_symmv_free(w);
    if (e)
        gsl_vector_free(e);
    if (v)
        gsl_matrix_free(v);
    if (c)
        gsl_matrix_free(c);
    gal_free(g);
    return st;
}

static const gal_sky_input opt[] = {
    {"nu_I", "GHz", "reference frequency of I", NAN, 1e-3, 1e6},
    {"nu_P", "GHz", "reference frequency of Q and U", INFINITY, 1e-3, 1e6},
    {"correlation_length", "", "of the emission, in ln nu", NAN, 1e-3, 1e6},
    {"seed", "", "of the draws", 1, 0, 4294967295.},
};

const gal_sky_law gal_law_mbb_decorrelated = {
    .name = "mbb_decorrelated",
    .doc = "modified black body that loses coherence with distance in ln(frequency)",
    .par = gal_mbb_par,
    .npar = 2,
    .opt = opt,
    .nopt = 4,
    .create = create,
    .destroy = gal_free,
    .work = gal_mbb_work,
    .shape = gal_mbb_shape,
    .norm = gal_mbb_normalise,
    .factors = factors,
};
