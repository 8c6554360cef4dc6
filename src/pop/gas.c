/* Gas of a Diffstar 1 history. */
#include "galua/diffstar.h"
#include "galua/dsps.h"

gal_status gal_diffstar_gas(const double *mah, double lt0, double fb, size_t nt, const double *t, const double *sfr,
                            double *gas, double *rate)
{
    gal_status st = GAL_OK;
    double *acc = gal_alloc(2 * nt * sizeof *acc);
    if (!acc)
        return GAL_ENOMEM;
    double *formed = acc + nt;
    gal_diffmah(mah, lt0, nt, t, NULL, gas, NULL, NULL);
    for (size_t k = 0; k < nt; k++)
        gas[k] *= fb;
    GAL_TRY(gal_dsps_mass(nt, t, gas, GAL_DIFFSTAR_FLOOR, acc));
    GAL_TRY(gal_dsps_mass(nt, t, sfr, GAL_DIFFSTAR_FLOOR, formed));
    for (size_t k = 0; k < nt; k++)
        gas[k] = acc[k] - formed[k];
    if (rate) {
        gal_dsps_cells(gas, nt, rate);
        gal_dsps_cells(t, nt, acc);
        for (size_t k = 0; k < nt; k++)
            rate[k] /= 1e9 * acc[k];
    }
out:
    gal_free(acc);
    return st;
}
