/* Laplace's method: a Gaussian at an optimum from the eigenvalues of the Hessian in units of the axis scales. */
#include <gsl/gsl_eigen.h>
#include <math.h>

#include "galua/optimum.h"
#include "galua/transform.h"
#include "infer/target/transform_int.h"

gal_status gal_laplace(gal_space *s, const double *z, const double *scale, double lnp, double *cov, double *lnz,
                       size_t *repaired)
{
    size_t d = gal_space_ndim(s);
    gal_status st = GAL_OK;
    gsl_matrix *a = gsl_matrix_alloc(d, d), *v = gsl_matrix_alloc(d, d);
    gsl_vector *e = gsl_vector_alloc(d);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(d);
    *repaired = 0;
    if (!a || !v || !e || !w)
        GAL_THROW(GAL_ENOMEM, "out of memory for %zu x %zu second derivatives", d, d);
    GAL_TRY(gal_space_hessian(s, z, scale, cov));
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < d; k++) {
            double h = -cov[j * d + k] * scale[j] * scale[k];
            if (!isfinite(h))
                GAL_THROW(GAL_EMATH, "second derivatives at the optimum are not finite");
            gsl_matrix_set(a, j, k, h);
        }
    if (gsl_eigen_symmv(a, e, v, w) != 0)
        GAL_THROW(GAL_EMATH, "eigenvalues of the second derivatives did not converge");
    double top = 0, lndet = 0;
    for (size_t k = 0; k < d; k++)
        top = fmax(top, fabs(gsl_vector_get(e, k)));
    if (!(top > 0))
        GAL_THROW(GAL_EMATH, "ln p is flat at the optimum: it has no curvature");
    for (size_t k = 0; k < d; k++) {
        double l = gsl_vector_get(e, k);
        if (!(l > 1e-12 * top)) {
            l = fmax(fabs(l), 1e-12 * top);
            ++*repaired;
        }
        gsl_vector_set(e, k, l);
        lndet += log(l);
    }
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k <= j; k++) {
            double c = 0;
            for (size_t i = 0; i < d; i++)
                c += gsl_matrix_get(v, j, i) * gsl_matrix_get(v, k, i) / gsl_vector_get(e, i);
            cov[j * d + k] = cov[k * d + j] = c * scale[j] * scale[k];
        }
    for (size_t k = 0; k < d; k++)
        lndet -= 2 * log(scale[k]);
    *lnz = lnp + (double)d * LN_SQRT_2PI - 0.5 * lndet;
out:
    gsl_matrix_free(a);
    gsl_matrix_free(v);
    gsl_vector_free(e);
    gsl_eigen_symmv_free(w);
    return st;
}
