/* fit_blanketing.c - model atmospheres with a changed line law, for scripts/dev/fit_blanketing.py. Not part of the library.
 *   cc -std=gnu11 -O2 -fopenmp -fPIC -shared -Iinclude -Isrc scripts/dev/fit_blanketing.c -o build/fit_blanketing.so -Wl,--whole-archive
 *   build/libgalua.a -Wl,--no-whole-archive $(pkg-config --libs luajit gsl hdf5 cfitsio readline libxxhash) -lhdf5_hl -ldl -lm */
#include "galua/const.h"
#include "galua/num.h"
#include "galua/stars.h"
#include "stars/atmosphere.h"
#include "stars/blanketing.h"

#include <math.h>

enum { MAXZ = 16, MAXWAVE = 2048 };
static size_t n;
static const double *wave;
static double quad[MAXWAVE], zrel[MAXZ];
static gal_rosseland *ross[MAXZ];

/* The wavelengths of the star grid, and mean opacities of nz metallicities relative to the Sun. 0 = good. */
int fit_setup(const char *cache, const double *z, int nz)
{
    gal_stargrid *g;
    if (nz > MAXZ || gal_stargrid_create(&g, cache, NULL, NULL) != GAL_OK)
        return 1;
    n = gal_stargrid_nwave(g);
    wave = gal_stargrid_wave(g);
    gal_trapz_weights(wave, n, quad);
    for (int i = 0; i < nz; i++) {
        zrel[i] = z[i];
        if (gal_rosseland_create(&ross[i], z[i]) != GAL_OK)
            return 1;
    }
    return 0;
}

/* Adds da and de [eV], given at the nodes ln lambda, to a0 and E0 of the law, and dc at its own nodes to that of CH. */
static void change(gal_opgrid *g, const double *ln, size_t k, const double *da, const double *de, const double *lnc,
                   size_t kc, const double *dc)
{
    for (size_t i = 0; i < g->n; i++) {
        double x = log(g->wave[i]);
        if (x > ln[0] && x < ln[k - 1]) {
            g->a[0][i] += (float)gal_interp(ln, da, k, x, GAL_CLAMP);
            g->e[0][i] += (float)(gal_interp(ln, de, k, x, GAL_CLAMP) / GAL_KB_EV);
        }
        if (x > lnc[0] && x < lnc[kc - 1])
            g->mol[1][i] *= (float)exp(gal_interp(lnc, dc, kc, x, GAL_CLAMP));
    }
}

/* out[ns][nb] = sum over wavelengths of weight[nb][n] times the spectrum (integral 1) of each star: Teff, log g, metallicity iz. */
int fit_stars(const double *ln, int k, const double *da, const double *de, const double *lnc, int kc, const double *dc,
              const double *teff, const double *logg, const int *iz, int ns, const double *weight, int nb, double *out)
{
    gal_opgrid *fine, *coarse;
    double sub[MAXWAVE];
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (i % 3 == 0 || i + 1 == n || fabs(wave[i] - 912) < 1)
            sub[m++] = wave[i];
    if (gal_opgrid_create(&fine, wave, n, true) != GAL_OK || gal_opgrid_create(&coarse, sub, m, true) != GAL_OK)
        return 1;
    change(fine, ln, (size_t)k, da, de, lnc, (size_t)kc, dc);
    change(coarse, ln, (size_t)k, da, de, lnc, (size_t)kc, dc);
#pragma omp parallel
    {
        float *work = gal_alloc((gal_atmosphere_work(fine) + n) * sizeof *work), *f = work + gal_atmosphere_work(fine);
#pragma omp for schedule(dynamic, 2)
        for (int s = 0; s < ns; s++) {
            gal_atmosphere_solve(teff[s], logg[s], zrel[iz[s]], ross[iz[s]], coarse, fine, NULL, work, f, NULL);
            double total = 0;
            for (size_t i = 0; i < n; i++)
                total += quad[i] * (double)f[i];
            for (int b = 0; b < nb; b++) {
                double v = 0;
                for (size_t i = 0; i < n; i++)
                    v += weight[(size_t)b * n + i] * (double)f[i];
                out[s * nb + b] = v / total;
            }
        }
        gal_free(work);
    }
    gal_opgrid_free(fine);
    gal_opgrid_free(coarse);
    return 0;
}
