/* Hot loops of the ionised gas; see nebular_kern.h. */
#include "stars/nebular_kern.h"
#include "num/vexp.h"

static void continuum(size_t n, const double *a, const double *restrict c0, const double *restrict c1,
                      const double *restrict c2, double two, const double *restrict pair, double *restrict lum)
{
    const double a0 = a[0], a1 = a[1], a2 = a[2];
    for (size_t k = 0; k < n; k++)
        lum[k] = (a0 * c0[k] + a1 * c1[k]) + (a2 * c2[k] + two * pair[k]);
}

static void ratios(size_t n, size_t nterm, const double *restrict coef, const double *restrict term,
                   double *restrict out)
{
    for (size_t l = 0; l < n; l++)
        out[l] = 0;
    for (size_t t = 0; t < nterm; t++) {
        const double *restrict c = coef + t * n;
        const double x = term[t];
        for (size_t l = 0; l < n; l++)
            out[l] += c[l] * x;
    }
    for (size_t l = 0; l < n; l++) {
        double s = out[l];
        s = s < -30 ? -30 : s > 5 ? 5 : s;
        out[l] = gal_vexp(s);
    }
}

static void hydrogen(size_t n, double x, const double *restrict e, const double *restrict p, const double *restrict q,
                     double *restrict out)
{
    for (size_t l = 0; l < n; l++)
        out[l] = e[l] * gal_vexp(x * (p[l] + x * q[l]));
}

const struct nebular_kern GAL_KERN(nebular_kern) = {continuum, ratios, hydrogen};
