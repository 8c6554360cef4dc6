/* Catalogues of point sources: what is taken is painted and seen through a band. */
#include "fuzz.h"

#include "galua/skysim.h"

static void catalogue(const char *path, const uint8_t *data, size_t n)
{
    gal_catalogue c;
    size_t nentry, *pixel;
    uint32_t *source;
    double *share;
    (void)data, (void)n;
    if (gal_catalogue_read(&c, path) != GAL_OK)
        return;
    if (gal_sources_paint(4, c.n, c.theta, c.phi, 0.1, &nentry, &pixel, &source, &share) == GAL_OK) {
        gal_free(pixel);
        gal_free(source);
        gal_free(share);
    }
    gal_catalogue_free(&c);
}

FUZZ_TARGET(catalogue, "catalogue.h5", catalogue)
