/* Readers of tables: by suffix and content. Every cell is looked at, rows become observations, the table becomes a spectrum. */
#include "fuzz.h"

#include <string.h>

#include "galua/obs.h"
#include "galua/spectrum.h"
#include "galua/table.h"

static void use(gal_table *t)
{
    char buf[GAL_CELL_TEXT];
    double x;
    int64_t i;
    gal_cell what;
    for (size_t c = 0; c < t->ncol && c < 50; c++)
        for (size_t r = 0; r < t->nrow && r < 50; r++) {
            gal_table_cell(&t->col[c], r, &x);
            gal_table_text(&t->col[c], r, buf);
            gal_table_number(t, &t->col[c], r, &x, &what);
            gal_table_truth(t, &t->col[c], r, &x);
            gal_table_int64(t, &t->col[c], r, &i);
        }
    gal_obs_layout layout;
    gal_obs_layout_defaults(&layout);
    for (size_t r = 0; r < t->nrow && r < 3; r++) {
        gal_obs *o = NULL;
        if (gal_obs_from_row(&o, t, r, &layout) == GAL_OK)
            gal_obs_free(o);
    }
    gal_obs *o = NULL;
    if (gal_obs_from_table(&o, t, NULL, NULL) == GAL_OK)
        gal_obs_free(o);
    gal_spectrum *s = NULL;
    if (gal_spectrum_from_table(&s, t, NULL) == GAL_OK)
        gal_spectrum_free(s);
}

static void table(const char *path, const uint8_t *data, size_t n)
{
    gal_table *t = NULL;
    (void)data, (void)n;
    if (gal_table_read(&t, path) != GAL_OK)
        return;
    use(t);
    gal_table_free(t);
}

static void observation(const char *path, const uint8_t *data, size_t n)
{
    gal_obs *o = NULL;
    (void)data, (void)n;
    if (gal_obs_read(&o, path) == GAL_OK)
        gal_obs_free(o);
}

FUZZ_TARGET(csv, "x.csv", table)
FUZZ_TARGET(ecsv, "x.ecsv", table)
FUZZ_TARGET(votable, "x.vot", table)
FUZZ_TARGET(ascii, "x.dat", table)
FUZZ_TARGET(fits, "x.fits", table)
FUZZ_TARGET(observation, "o.ecsv", observation)
