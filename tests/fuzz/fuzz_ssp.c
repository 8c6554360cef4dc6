/* Readers of SSP tables: text formats, GALAXEV's, pPXF's and GalaPy's by content; FITS and HDF5 through the process that reads them; and
 * those that look beside the file, for masses, photons or conditions. */
#define _GNU_SOURCE /* memmem */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "galua/ssp.h"

static void ssp(const char *path, const uint8_t *data, size_t n)
{
    gal_ssp *t = NULL;
    (void)data, (void)n;
    if (gal_ssp_read(&t, path) == GAL_OK)
        gal_ssp_unref(t);
}

/* What follows a line of %% goes into every file that a reader may look for. */
static void beside(const char *path, const uint8_t *data, size_t n)
{
    static const char *const from[] = {"spectra-", "spectra-", ".ised", ".spectrum"}, *const to[] = {
                                                                                          "starmass-", "ionizing-",
                                                                                          ".4color", ".output"};
    const char *split = n > 3 ? memmem(data, n, "%%\n", 3) : NULL;
    size_t first = split ? (size_t)((const uint8_t *)split - data) : n;
    FILE *f = fopen(path, "wb");
    if (!f)
        return;
    fwrite(data, 1, first, f);
    fclose(f);
    char names[4][300];
    for (int k = 0; k < 4; k++) {
        const char *at = strstr(path, from[k]);
        snprintf(names[k], sizeof names[k], "%.*s%s%s", (int)(at - path), path, to[k], at + strlen(from[k]));
        if (!split || !(f = fopen(names[k], "wb")))
            continue;
        fwrite(split + 3, 1, n - first - 3, f);
        fclose(f);
    }
    ssp(path, data, n);
    for (int k = 0; k < 4; k++)
        remove(names[k]);
}

FUZZ_TARGET(ssp, "m62.z020.dat", ssp)
FUZZ_TARGET(ssp_beside, "spectra-m62.z020.ised.spectrum1", beside)
FUZZ_TARGET(ssp_files, "ssp.h5", ssp)
