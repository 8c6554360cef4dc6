/* fit_lines.c - the star grid without its lines of metals, and isochrones, for scripts/dev/fit_lines.py. Not part of the library.
 *   cc -std=gnu11 -O2 -fopenmp -fPIC -shared -Iinclude -Isrc scripts/dev/fit_lines.c -o build/fit_lines.so -Wl,--whole-archive
 *   build/libgalua.a -Wl,--no-whole-archive $(pkg-config --libs luajit gsl hdf5 cfitsio libxxhash zlib) -lhdf5_hl
 *   -lchealpix -lsharp -ldl -lm */
#include "stars/isochrone.h"
#include "stars/lines.h"
#include "stars/stargrid.h"

#include <math.h>
#include <string.h>

enum { NSTAR = GAL_LINES_NZ * GAL_LINES_NTEFF * GAL_LINES_NLOGG };
static gal_stargrid *grid;

/* Number of wavelengths, or 0. */
int lines_setup(const char *cache)
{
    return gal_stargrid_create(&grid, cache, NULL, NULL) == GAL_OK ? (int)gal_stargrid_nwave(grid) : 0;
}

/* wave[n] [A]; lnf[NSTAR][n]: ln(F_lambda / sigma Teff^4) without the lines of lines.c. */
void lines_nodes(double *wave, float *lnf)
{
    size_t n = gal_stargrid_nwave(grid), first;
    const float *with = gal_stargrid_nodes(grid, &first);
    memcpy(wave, gal_stargrid_wave(grid), n * sizeof *wave);
    memcpy(lnf, with, NSTAR * n * sizeof *lnf);
    for (size_t k = 0; k < NSTAR; k++) {
        float c[GAL_LINES_NWAVE] = {0};
        gal_lines_add(k / (GAL_LINES_NTEFF * GAL_LINES_NLOGG), k / GAL_LINES_NLOGG % GAL_LINES_NTEFF, k % GAL_LINES_NLOGG, c);
        for (size_t j = 0; j < GAL_LINES_NWAVE; j++)
            lnf[k * n + first + j] -= c[j];
    }
}

/* Stars of an isochrone: rows of weight x L [Lsun per Msun formed], log Teff, log g in out[most][3]. Their number, or -1. */
int lines_isochrone(double z, double age, const char *name, double *out, int most)
{
    static double z_made;
    static gal_tracks *tracks;
    static gal_iso iso;
    gal_imf imf;
    gal_imf_table *t = NULL;
    int n = 0;
    if (z != z_made) {
        gal_tracks_free(tracks);
        tracks = NULL;
        z_made = z;
        if (gal_tracks_create(&tracks, &z, 1) != GAL_OK)
            return -1;
    }
    if (gal_imf_named(name, &imf) != GAL_OK || gal_imf_table_create(&t, &imf) != GAL_OK)
        return -1;
    gal_isochrone(&iso, tracks, 0, age, t, false);
    gal_imf_table_free(t);
    for (size_t i = 0; i < iso.n && n < most; i++) {
        const gal_iso_star *s = iso.star + i;
        if (!isfinite(s->logl))
            continue;
        double *row = out + 3 * n++;
        row[0] = s->w * pow(10, s->logl);
        row[1] = s->logteff;
        row[2] = s->logg;
    }
    return n;
}
