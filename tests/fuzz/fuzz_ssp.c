/* Readers of SSP tables: text formats and GalaPy's by content; FITS and HDF5 through the process that reads them. */
#include "fuzz.h"

#include "galua/ssp.h"

static void ssp(const char *path, const uint8_t *data, size_t n)
{
    gal_ssp *t = NULL;
    (void)data, (void)n;
    if (gal_ssp_read(&t, path) == GAL_OK)
        gal_ssp_unref(t);
}

FUZZ_TARGET(ssp, "m62.z020.dat", ssp)
FUZZ_TARGET(ssp_files, "ssp.h5", ssp)
