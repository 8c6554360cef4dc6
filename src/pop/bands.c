/* Photometry by the rule of DSPS: trapezoid over the filter's nodes, the spectrum (L_nu) linear in wavelength between its own and 0 outside.
 *   N(z) = trapz T L(lambda/(1+z))/lambda = sum_k b_k L_k AB0-normalised; exact derivative by z from the segments' slopes. */
#include "galua/dsps.h"
#include "galua/num.h"
#include "num/dot.h"

#include <math.h>
#include <string.h>

gal_status gal_dsps_band(size_t nf, const double *fwave, const double *trans, double z, size_t nwave,
                         const double *wave, double *b, double *db)
{
    gal_status st = GAL_OK;
    if (nf < 2 || nwave < 2)
        return gal_fail(GAL_EDOMAIN, "band: a filter of %zu nodes on a spectrum of %zu, at least 2 each are needed", nf,
                        nwave);
    if (!(z > -1))
        return gal_fail(GAL_EDOMAIN, "band: redshift %g must be above -1", z);
    st = gal_check_ascending("filter wavelengths", fwave, nf);
    if (st == GAL_OK)
        st = gal_check_ascending("spectrum wavelengths", wave, nwave);
    if (st != GAL_OK)
        return st;
    memset(b, 0, nwave * sizeof *b);
    if (db)
        memset(db, 0, nwave * sizeof *db);
    double norm = 0;
    for (size_t j = 0; j < nf; j++) {
        double left = j ? fwave[j] - fwave[j - 1] : 0, right = j + 1 < nf ? fwave[j + 1] - fwave[j] : 0;
        double q = 0.5 * (left + right) * trans[j] / fwave[j], x = fwave[j] / (1 + z);
        norm += q * GAL_DSPS_AB0;
        if (x < wave[0] || x > wave[nwave - 1])
            continue;
        size_t k = gal_search(wave, nwave, x);
        double h = wave[k + 1] - wave[k], u = (x - wave[k]) / h;
        b[k] += q * (1 - u);
        b[k + 1] += q * u;
        if (db) {
            double du = -q * x / ((1 + z) * h);
            db[k] -= du;
            db[k + 1] += du;
        }
    }
    if (!(norm > 0))
        return gal_fail(GAL_EDOMAIN, "band: the filter has no response");
    for (size_t k = 0; k < nwave; k++) {
        b[k] /= norm;
        if (db)
            db[k] /= norm;
    }
    return GAL_OK;
}

double gal_dsps_effective_wave(size_t nf, const double *fwave, const double *trans, double z)
{
    double up = 0, down = 0;
    for (size_t j = 0; j + 1 < nf; j++) {
        double h = fwave[j + 1] - fwave[j];
        up += h * (trans[j] * fwave[j] + trans[j + 1] * fwave[j + 1]);
        down += h * (trans[j] + trans[j + 1]);
    }
    return up / down / (1 + z);
}

void gal_dsps_cell_flux(size_t ncell, size_t nwave, const double *ssp, const double *b, double *flux)
{
    for (size_t i = 0; i < ncell; i++)
        flux[i] = num_dot(ssp + i * nwave, b, nwave);
}
