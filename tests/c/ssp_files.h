/* What the tests of SSP files share: a folder, messages without it, a table with everything, small files of BC03 and BPASS. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galua/num.h"
#include "galua/ssp.h"
#include "io/fits.h"
#include "io/h5.h"

#define SCRATCH "ssp"
#include "scratch.h"

#define KNOWN                                                                                                          \
    "not an SSP table Galua knows (Galua, DSPS or a script's HDF5, FITS, FSPS .out.spec, Starburst99 .spectrum1, "     \
    "BPASS spectra, BC03 .ised_ASCII, Maraston .rhb, pPXF .npz, BC03 .ised, GalaPy binary)"

#define REFUSED(name, text)                                                                                            \
    do {                                                                                                               \
        gal_ssp *s_ = NULL;                                                                                            \
        FAILS(gal_ssp_read(&s_, at(name)), GAL_EFORMAT, text);                                                         \
        assert_null(s_);                                                                                               \
    } while (0)

/* A table with everything: nu logU, optional tables, lines. */
static inline gal_ssp *full_table(size_t nu)
{
    gal_ssp *s;
    OK(gal_ssp_create(&s, nu, 2, 3, 4));
    for (size_t i = 0; i < 4; i++)
        s->wave[i] = 911.75 * (double)(i + 1) / 3;
    for (size_t i = 0; i < 3; i++)
        s->age[i] = 1e6 * pow(10, (double)i / 3);
    s->z[0] = 0.0031;
    s->z[1] = 0.019;
    for (size_t i = 0; i < nu && nu > 1; i++)
        s->logu[i] = (double)i - 3.3;
    for (size_t i = 0; i < nu * 24; i++)
        s->lum[i] = 1.f / (float)(3 * i + 1);
    float **tables[5] = {&s->mass, &s->qh, &s->qhei, &s->rate_cc, &s->rate_ia};
    for (size_t k = 0; k < 5; k++) {
        *tables[k] = GAL_NEWN(float, 6);
        for (size_t i = 0; i < 6; i++)
            (*tables[k])[i] = 0.9f / (float)(7 * k + i + 1);
    }
    OK(gal_ssp_add_lines(s, 2));
    s->line_name[0] = gal_strdup("H_alpha");
    s->line_name[1] = gal_strdup("OIII_5007");
    s->line_wave[0] = 6564.6;
    s->line_wave[1] = 5008.24;
    for (size_t i = 0; i < nu * 12; i++)
        s->line_lum[i] = 1e-3f * (float)i;
    OK(gal_ssp_set_text(s, "full", "chabrier", "first line\nsecond line, \xce\xbb"));
    OK(gal_ssp_finish(s));
    return s;
}

static inline void assert_same(const gal_ssp *a,
                               const gal_ssp *b) /* the hash covers axes, values, optional tables and lines */
{
    assert_true(a->hash.lo == b->hash.lo && a->hash.hi == b->hash.hi);
    assert_memory_equal(a->lum, b->lum, a->nu * a->nz * a->nage * a->nwave * sizeof(float));
    assert_memory_equal(a->age, b->age, a->nage * sizeof(double));
}

static inline void put(const char *name, const char *text)
{
    OK(gal_write_file(at(name), text, strlen(text)));
}

#define BC03_HEAD "3 0.0 1.0E+06\n 2.0E+06\n 1 0.1 100. 2.35\n 'Padova (1994)  X=0.70, Y=0.28, %s'\n another line\n"
#define BC03_BODY                                                                                                      \
    "4 91. 1000. 5000.\n 1.6E+06\n"                                                                                    \
    "4 1.0 2.0 3.0E-130 4.0-120 2 0.1 -0.2\n"                                                                          \
    "4 5.0 6.0\n 7.0 8.0\n 2 0.3 0.4\n"                                                                                \
    "4 9.0 10.0 11.0 12.0 2 0.5 0.6\n"
#define BC03_TAIL "3 1.0 0.9\n 0.8\n"

static inline void bpass_file(const char *name, size_t nwave, double factor, size_t drop)
{
    char *text = malloc(nwave * 800), *p = text;
    for (size_t i = 0; i < nwave; i++) {
        p += sprintf(p, "%.5E", (double)(i + 1));
        for (size_t k = 0; k < 51 - (i == 2 ? drop : 0); k++)
            p += sprintf(p, " %.6E", factor * (double)(51 * i + k));
        p += sprintf(p, "\n");
    }
    put(name, text);
    free(text);
}
