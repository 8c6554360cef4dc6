/* Coefficients a_lm: the object, filters, beams, spectra, matrices of coordinate systems (galua/alm.h). */
#include "galua/alm.h"

#include <math.h>
#include <string.h>

void gal_alm_free(gal_alm *a)
{
    if (!a)
        return;
    for (int k = 0; k < GAL_SKYMAP_MAX; k++)
        gal_free(a->a[k]);
    gal_free(a);
}

gal_status gal_alm_create(gal_alm **out, int lmax, int ncomp)
{
    gal_status st = GAL_OK;
    gal_alm *a = NULL;
    *out = NULL;
    if (lmax < 0 || lmax > GAL_ALM_LMAX)
        GAL_THROW(GAL_EINVAL, "alm: lmax = %d: expected 0 to %d", lmax, GAL_ALM_LMAX);
    if (ncomp < 1 || ncomp > GAL_SKYMAP_MAX)
        GAL_THROW(GAL_EINVAL, "alm: %d components: expected 1 to %d", ncomp, GAL_SKYMAP_MAX);
    if (!(a = GAL_NEW(gal_alm)))
        GAL_TRY(GAL_ENOMEM);
    a->lmax = lmax;
    a->ncomp = ncomp;
    a->teb = ncomp == 3;
    for (int k = 0; k < ncomp; k++)
        if (!(a->a[k] = gal_calloc(2 * gal_alm_size(lmax), sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    *out = a;
    a = NULL;
out:
    gal_alm_free(a);
    return st;
}

gal_status gal_alm_copy(gal_alm **out, const gal_alm *a, int lmax)
{
    gal_status st = gal_alm_create(out, lmax, a->ncomp);
    if (st != GAL_OK)
        return st;
    (*out)->teb = a->teb;
    (*out)->coord = a->coord;
    int common = lmax < a->lmax ? lmax : a->lmax;
    for (int k = 0; k < a->ncomp; k++)
        for (int m = 0; m <= common; m++)
            memcpy((*out)->a[k] + 2 * gal_alm_index(lmax, m, m), a->a[k] + 2 * gal_alm_index(a->lmax, m, m),
                   2 * (size_t)(common - m + 1) * sizeof(double));
    return GAL_OK;
}

void gal_beam_gaussian(double fwhm, int spin, int lmax, double *b)
{
    double sigma = fwhm / sqrt(8 * log(2.));
    for (int l = 0; l <= lmax; l++)
        b[l] = exp(-0.5 * ((double)l * (l + 1) - spin * spin) * sigma * sigma);
}

void gal_alm_filter(gal_alm *a, const double *const *b)
{
    for (int k = 0; k < a->ncomp; k++)
        for (int m = 0; b[k] && m <= a->lmax; m++) {
            double *x = a->a[k] + 2 * gal_alm_index(a->lmax, m, m);
            for (int l = m; l <= a->lmax; l++, x += 2) {
                x[0] *= b[k][l];
                x[1] *= b[k][l];
            }
        }
}

gal_status gal_alm_cross(const gal_alm *a, int ca, const gal_alm *b, int cb, double *cl)
{
    if (ca < 0 || ca >= a->ncomp || cb < 0 || cb >= b->ncomp)
        return gal_fail(GAL_EINVAL, "spectrum of components %d and %d: the coefficients have %d and %d", ca + 1, cb + 1,
                        a->ncomp, b->ncomp);
    int lmax = a->lmax < b->lmax ? a->lmax : b->lmax;
    for (int l = 0; l <= lmax; l++) {
        double sum = 0;
        for (int m = 0; m <= l; m++) {
            const double *x = a->a[ca] + 2 * gal_alm_index(a->lmax, l, m),
                         *y = b->a[cb] + 2 * gal_alm_index(b->lmax, l, m);
            sum += (m ? 2 : 1) * (x[0] * y[0] + x[1] * y[1]);
        }
        cl[l] = sum / (2 * l + 1);
    }
    return GAL_OK;
}

/* Galactic to equatorial (FK5, J2000; pole 192.85948, 27.12825, Perryman et al. 1997), galactic to ecliptic (mean, J2000), ecliptic to
 * equatorial, to the digits that the field's software uses. */
gal_status gal_coord_matrix(gal_coordsys from, gal_coordsys to, double R[9])
{
    static const struct {
        gal_coordsys from, to;
        double r[9];
    } known[3] = {
        {GAL_GALACTIC,
         GAL_EQUATORIAL,
         {-0.054875539395714594, 0.49410945362336384, -0.86766613568587037, -0.87343710472743363, -0.44482959429881663,
          -0.19807638961094989, -0.48383499177032258, 0.74698224870204988, 0.45598379451756921}},
        {GAL_GALACTIC,
         GAL_ECLIPTIC,
         {-0.054875634866283121, 0.49410952885789716, -0.86766608680404933, -0.99382135238917368, -0.11099097203832778,
          -0.00035165514701408318, -0.096476858538084784, 0.86228578651037413, 0.49714730025296094}},
        {GAL_ECLIPTIC,
         GAL_EQUATORIAL,
         {0.99999999999999056, -8.6513146001637118e-08, -9.8385834649956543e-08, 4.02386553932528e-08,
          0.9174821682916503, -0.39777691092728013, 1.2468018087495808e-07, 0.39777691092727269, 0.91748216829164642}}};
    for (int i = 0; i < 9; i++)
        R[i] = i % 4 == 0;
    if (from == GAL_COORD_NONE || to == GAL_COORD_NONE)
        return gal_fail(GAL_EINVAL, "rotation of coordinates: the system of the %s is not known",
                        from == GAL_COORD_NONE ? "map" : "output");
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 9; i++) {
            if (known[k].from == from && known[k].to == to)
                R[i] = known[k].r[i];
            if (known[k].from == to && known[k].to == from)
                R[i] = known[k].r[3 * (i % 3) + i / 3];
        }
    return GAL_OK;
}
