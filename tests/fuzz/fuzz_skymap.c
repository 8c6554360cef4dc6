/* Readers of maps and of coefficients: what they take is used, too. */
#include "fuzz.h"

#include "galua/alm.h"

static void skymap(const char *path, const uint8_t *data, size_t n)
{
    gal_skymap *m = NULL, *d = NULL;
    (void)data, (void)n;
    if (gal_skymap_read(&m, path, NULL) != GAL_OK)
        return;
    if (m->nside % 2 == 0 && gal_skymap_ud_grade(&d, m, m->nside / 2, 0) == GAL_OK)
        gal_skymap_free(d);
    if (m->nside <= 16 && gal_skymap_reorder(&d, m, m->order == GAL_RING ? GAL_NESTED : GAL_RING) == GAL_OK)
        gal_skymap_free(d);
    gal_skymap_free(m);
}

static void alm(const char *path, const uint8_t *data, size_t n)
{
    gal_alm *a = NULL;
    (void)data, (void)n;
    if (gal_alm_read(&a, path, -1) == GAL_OK)
        gal_alm_free(a);
}

FUZZ_TARGET(skymap, "map.fits", skymap)
FUZZ_TARGET(alm, "alm.fits", alm)
