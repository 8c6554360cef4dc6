/* catalogue.c - catalogues of point sources in HDF5, in upstream's layout: theta, phi [rad], logpolycoefflux and logpolycoefpolflux [Jy] of
 * [power][source], highest power of ln(nu/GHz) first. */
#include "galua/skysim.h"
#include "io/h5.h"

#include <math.h>
#include <string.h>

static gal_status numbers(gal_h5 *h, const char *name, const char *unit, int rank, size_t *dims, double **out)
{
    gal_status st = GAL_OK;
    char *text = NULL;
    GAL_TRY(gal_h5_read_alloc(h, name, GAL_H5_F64, rank, dims, (void **)out));
    GAL_TRY(gal_h5_check_finite(h, name, *out, rank == 2 ? dims[0] * dims[1] : dims[0]));
    if (gal_h5_attr_has(h, name, "units")) {
        GAL_TRY(gal_h5_attr_get_string(h, name, "units", &text));
        if (strcmp(text, unit) != 0)
            GAL_THROW(GAL_EFORMAT, "%s: %s is in '%.40s', expected '%s'", gal_h5_path(h), name, text, unit);
    }
out:
    gal_free(text);
    return st;
}

gal_status gal_catalogue_read(gal_catalogue *out, const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    size_t dims[2] = {0, 0};
    memset(out, 0, sizeof *out);
    GAL_TRY(gal_h5_open(&h, path));
    GAL_TRY(numbers(h, "theta", "rad", 1, dims, &out->theta));
    out->n = dims[0];
    if (!out->n)
        GAL_THROW(GAL_EFORMAT, "%s: the catalogue is empty", path);
    GAL_TRY(numbers(h, "phi", "rad", 1, dims, &out->phi));
    for (size_t i = 0; i < out->n; i++)
        if (!(out->theta[i] >= 0 && out->theta[i] <= M_PI))
            GAL_THROW(GAL_EFORMAT, "%s: theta of source %zu is %g, expected 0 to pi", path, i + 1, out->theta[i]);
    size_t shape[2] = {0, out->n};
    GAL_TRY(numbers(h, "logpolycoefflux", "Jy", 2, shape, &out->flux));
    out->ncoef = shape[0];
    if (!out->ncoef)
        GAL_THROW(GAL_EFORMAT, "%s: logpolycoefflux has no coefficients", path);
    if (gal_h5_has(h, "logpolycoefpolflux"))
        GAL_TRY(numbers(h, "logpolycoefpolflux", "Jy", 2, shape, &out->polflux));
out:
    gal_h5_abandon(h);
    if (st != GAL_OK)
        gal_catalogue_free(out);
    return st;
}

void gal_catalogue_free(gal_catalogue *c)
{
    gal_free(c->theta);
    gal_free(c->phi);
    gal_free(c->flux);
    gal_free(c->polflux);
    memset(c, 0, sizeof *c);
}
