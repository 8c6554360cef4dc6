/* Spectra in FITS: one-dimensional images with their dispersion in the header (linear, logarithmic, IRAF, SDSS DR7), errors and masks in
 * extensions, and the vectors of a single row (ESO phase 3, SDSS). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "galua/obs.h"
#include "galua/spectrum.h"
#include "io/fits.h"

#define OK(e)                                                                                                          \
    do {                                                                                                               \
        if ((e) != GAL_OK)                                                                                             \
            fail_msg("%s: %s", #e, gal_error_message());                                                               \
    } while (0)

enum { N = 40 };
static const char PATH[] = "build/t_spectrum.fits";

static void near_rel(double a, double b, double rel)
{
    if (!(fabs(a - b) <= rel * fabs(b)))
        fail_msg("%.16g differs from %.16g", a, b);
}

/* "KEY=number" and "KEY='text'" into the current header */
static void cards(gal_fits *f, const char *const *card)
{
    for (; card && *card; card++) {
        char key[16], *end;
        const char *value = strchr(*card, '=') + 1;
        snprintf(key, sizeof key, "%.*s", (int)(value - 1 - *card), *card);
        double x = strtod(value, &end);
        if (*value == '\'' || *end) {
            char text[80];
            snprintf(text, sizeof text, "%.*s", (int)(strlen(value) - 2 * (*value == '\'')), value + (*value == '\''));
            OK(gal_fits_set_string(f, key, text, NULL));
        } else if (x == (double)(int64_t)x && !strchr(value, '.')) {
            OK(gal_fits_set_i64(f, key, (int64_t)x, NULL));
        } else {
            OK(gal_fits_set_f64(f, key, x, NULL));
        }
    }
}

typedef struct extension {
    const char *name;
    double value, last; /* of the first pixels, of the last five */
} extension;

/* flux 1 .. N in `rows` lines (line k: k + 1 times the first), with cards and extensions */
static void write_image(size_t rows, const char *const *card, const extension *e)
{
    gal_fits *f;
    double v[4 * N];
    size_t dims[2] = {rows, N};
    for (size_t k = 0; k < rows; k++)
        for (size_t i = 0; i < N; i++)
            v[k * N + i] = k == 3 ? i >= N - 5 : (double)(k + 1) * (double)(i + 1);
    OK(gal_fits_create(&f, PATH));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, rows > 1 ? 2 : 1, rows > 1 ? dims : dims + 1, v, NULL));
    cards(f, card);
    for (; e && e->name; e++) {
        for (size_t i = 0; i < N; i++)
            v[i] = i >= N - 5 ? e->last : e->value;
        OK(gal_fits_write_image(f, e->name, GAL_FITS_F64, 1, dims + 1, v, NULL));
    }
    OK(gal_fits_close(f));
}

static gal_spectrum *spectrum(const gal_spectrum_opts *o)
{
    gal_spectrum *s;
    gal_status st = gal_spectrum_read(&s, PATH, o);
    remove(PATH);
    OK(st);
    return s;
}

static const extension ERRORS[] = {{"ERR", 0.5, 0.5}, {NULL, 0, 0}};

static void dispersions(void **state)
{
    (void)state;
    static const struct {
        const char *card[8];
        double first, last;
    } CASE[] = {
        {{"CRVAL1=4000.", "CDELT1=2.", "CUNIT1='Angstrom'"}, 4000, 4000 + 39 * 2.},
        {{"CRVAL1=4000.", "CD1_1=2.", "CRPIX1=11.", "CUNIT1='Angstrom'"}, 3980, 3980 + 39 * 2.},
        {{"CRVAL1=0.4", "CDELT1=0.0002", "CUNIT1='um'", "CTYPE1='WAVE'"}, 4000, 4000 + 39 * 2.},
        {{"CRVAL1=4e-7", "CDELT1=2e-10", "CTYPE1='WAVE'"}, 4000, 4000 + 39 * 2.}, /* metres, as the standard has it */
        {{"CRVAL1=3.6", "CDELT1=0.0001", "DC-FLAG=1", "WAT1_001='wtype=linear label=Wavelength units=angstroms'"},
         3981.0717055349733,
         4016.983057462358 /* 10^3.6039 */},
        {{"CRVAL1=4000.", "CDELT1=2.", "CTYPE1='WAVE-LOG'", "CUNIT1='Angstrom'"},
         4000,
         4078.7654674426335 /* 4000 exp(78/4000) */},
        {{"CTYPE1='MULTISPE'", "WAT1_001='wtype=multispec label=Wavelength units=angstroms'",
          "WAT2_001='wtype=multispec spec1 = \"1 1 0 4000. 2. 40 0. 1.0 40.0\"'"},
         4000,
         4078},
    };
    for (size_t k = 0; k < sizeof CASE / sizeof *CASE; k++) {
        const char *card[12] = {"BUNIT='mJy'"};
        size_t n = 1;
        for (size_t i = 0; i < 8 && CASE[k].card[i]; i++)
            card[n++] = CASE[k].card[i];
        write_image(1, card, ERRORS);
        gal_spectrum *s = spectrum(NULL);
        assert_int_equal(s->n, N);
        near_rel(gal_spec_wave(s->spec)[0], CASE[k].first, 1e-8);
        near_rel(gal_spec_wave(s->spec)[N - 1], CASE[k].last, 1e-8);
        near_rel(s->flux[9], 10, 1e-14);
        near_rel(s->err[9], 0.5, 1e-14);
        gal_spectrum_free(s);
    }
}

/* what the header says of medium, resolution, frame, source */
static void header(void **state)
{
    (void)state;
    const char *const card[] = {"BUNIT='erg/s/cm2/Angstrom'",
                                "CRVAL1=5000.",
                                "CDELT1=1.",
                                "CTYPE1='AWAV'",
                                "CUNIT1='Angstrom'",
                                "SPEC_RES=2000.",
                                "OBJECT='NGC 3898'",
                                "REDSHIFT=0.004",
                                NULL};
    gal_obs *o;
    write_image(1, card, ERRORS);
    gal_status st = gal_obs_read(&o, PATH);
    remove(PATH);
    OK(st);
    assert_string_equal(o->name, "NGC 3898");
    assert_true(o->redshift == 0.004);
    const gal_spectrum *s = o->spectrum[0];
    double lo = gal_spec_lo(s->spec)[10], hi = gal_spec_hi(s->spec)[10], vac = gal_air_to_vac(GAL_AIR_CIDDOR, 5010);
    near_rel(0.5 * (lo + hi), vac, 1e-8);
    near_rel(gal_spec_sigma(s->spec, vac) * 2.3548200450309493, vac / 2000, 1e-3);
    near_rel(s->flux[10], 11 * lo * hi / 2.99792458e18 * 1e26, 1e-12);
    gal_obs_free(o);
    const char *const vacuum[] = {"BUNIT='mJy'",       "CRVAL1=5000.",   "CDELT1=1.",
                                  "CUNIT1='Angstrom'", "AIRORVAC='vac'", NULL};
    write_image(1, vacuum, ERRORS);
    gal_spectrum *v = spectrum(NULL);
    near_rel(0.5 * (gal_spec_lo(v->spec)[10] + gal_spec_hi(v->spec)[10]), 5010, 1e-12);
    gal_spectrum_free(v);
}

static void extensions(void **state)
{
    (void)state;
    const char *const card[] = {"BUNIT='mJy'", "CRVAL1=5000.", "CDELT1=1.", "CUNIT1='Angstrom'", NULL};
    const extension var[] = {{"STAT", 0.25, 0.25}, {"DQ", 0, 5}, {NULL, 0, 0}}, ivar[] = {{"IVAR", 4, 0}, {NULL, 0, 0}};
    write_image(1, card, var);
    gal_spectrum *s = spectrum(NULL);
    near_rel(s->err[0], 0.5, 1e-14);
    assert_int_equal(s->nused, N - 5);
    gal_spectrum_free(s);
    gal_spectrum_opts o = gal_spectrum_defaults();
    o.some_bits = true;
    o.bits = 2; /* bit 1, and the cells are 101 */
    write_image(1, card, var);
    s = spectrum(&o);
    assert_int_equal(s->nused, N);
    gal_spectrum_free(s);
    write_image(1, card, ivar);
    s = spectrum(NULL);
    near_rel(s->err[0], 0.5, 1e-14);
    assert_int_equal(s->nused, N - 5); /* zero inverse variance masks */
    gal_spectrum_free(s);
    /* SDSS before DR8: lines of flux, continuum subtracted, error, mask */
    const char *const sdss[] = {"BUNIT='1.0E-17 erg/cm/s/Ang'", "COEFF0=3.6", "COEFF1=0.0001", NULL};
    gal_spectrum_opts u = gal_spectrum_defaults();
    (void)u;
    const char *const good[] = {"BUNIT='1.0E-17 erg/cm2/s/Ang'", "COEFF0=3.6", "COEFF1=0.0001", NULL};
    write_image(4, good, NULL);
    s = spectrum(NULL);
    near_rel(gal_spec_wave(s->spec)[20], pow(10, 3.602), 1e-12);
    near_rel(s->err[7] / s->flux[7], 3, 1e-12);
    assert_int_equal(s->nused, N - 5);
    gal_spectrum_free(s);
    write_image(4, sdss, NULL); /* what DR7 files really write is no flux density: an error names it */
    gal_status st = gal_spectrum_read(&s, PATH, NULL);
    remove(PATH);
    assert_true(st != GAL_OK);
    assert_non_null(strstr(gal_error_message(), "erg/cm/s/Ang"));
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        size_t rows;
        const char *card[6], *message;
    } CASE[] = {
        {1, {"BUNIT='mJy'"}, "an image without wavelengths (CRVAL1, CDELT1 or CD1_1)"},
        {1, {"BUNIT='mJy'", "CTYPE1='FREQ'", "CRVAL1=1e14", "CDELT1=1e10"}, "the axis of the image is 'FREQ'"},
        {2, {"BUNIT='mJy'", "CRVAL1=5000.", "CDELT1=1."}, "an image of 40 x 2: a spectrum has one dimension"},
        {1, {"CRVAL1=5000.", "CDELT1=1.", "CUNIT1='Angstrom'"}, "column 'flux' has no unit"},
        {1,
         {"CTYPE1='MULTISPE'", "WAT2_001='wtype=multispec spec1 = \"1 1 2 4000. 2. 40 0. 1. 0. 1 3\"'"},
         "neither linear nor log-linear"},
    };
    for (size_t k = 0; k < sizeof CASE / sizeof *CASE; k++) {
        gal_spectrum *s;
        write_image(CASE[k].rows, CASE[k].card, ERRORS);
        gal_status st = gal_spectrum_read(&s, PATH, NULL);
        remove(PATH);
        if (st == GAL_OK || !strstr(gal_error_message(), CASE[k].message))
            fail_msg("'%s' was expected, not '%s'", CASE[k].message, st == GAL_OK ? "" : gal_error_message());
    }
    const char *const card[] = {"BUNIT='mJy'", "CRVAL1=5000.", "CDELT1=1.", "CUNIT1='Angstrom'", NULL};
    gal_spectrum *s;
    write_image(1, card, NULL);
    gal_status st = gal_spectrum_read(&s, PATH, NULL);
    remove(PATH);
    assert_true(st != GAL_OK);
    assert_non_null(strstr(gal_error_message(), "a spectrum needs columns flux and err"));
}

/* ESO phase 3: one row whose cells are WAVE, FLUX, ERR, QUAL */
static void one_row(void **state)
{
    (void)state;
    double wave[N], flux[N], err[N], qual[N], snr = 31;
    for (int i = 0; i < N; i++) {
        wave[i] = 500 + 0.1 * i;
        flux[i] = i + 1;
        err[i] = 0.5;
        qual[i] = i >= N - 5 ? 2 : 0;
    }
    const gal_fits_column c[] = {{"WAVE", "nm", GAL_FITS_F64, N, wave},
                                 {"FLUX", "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", GAL_FITS_F64, N, flux},
                                 {"ERR", "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", GAL_FITS_F64, N, err},
                                 {"QUAL", "", GAL_FITS_F64, N, qual},
                                 {"SNR", "", GAL_FITS_F64, 1, &snr}};
    gal_fits *f;
    OK(gal_fits_create(&f, PATH));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL));
    OK(gal_fits_set_string(f, "OBJECT", "HD 1", NULL));
    OK(gal_fits_set_f64(f, "SPEC_RES", 5000, NULL));
    OK(gal_fits_write_table(f, "SPECTRUM", 1, 5, c));
    OK(gal_fits_close(f));
    gal_obs *o;
    gal_status st = gal_obs_read(&o, PATH);
    remove(PATH);
    OK(st);
    const gal_spectrum *s = o->spectrum[0];
    assert_non_null(s);
    assert_int_equal(s->n, N);
    assert_int_equal(s->nused, N - 5);
    assert_string_equal(o->name, "HD 1");
    near_rel(gal_spec_wave(s->spec)[10], 5010, 1e-12);
    near_rel(s->flux[10] / s->err[10], 22, 1e-12);
    near_rel(s->flux[10], 11e-16 * gal_spec_lo(s->spec)[10] * gal_spec_hi(s->spec)[10] / 2.99792458e18 * 1e26, 1e-9);
    near_rel(gal_spec_sigma(s->spec, 5010) * 2.3548200450309493, 5010 / 5000., 1e-3);
    gal_obs_free(o);
}

/* SDSS since DR8: rows of loglam, flux, ivar, and_mask, or_mask, wdisp; the unit in the primary header */
static void sdss_rows(void **state)
{
    (void)state;
    double loglam[N], flux[N], ivar[N], and_mask[N], or_mask[N], wdisp[N];
    for (int i = 0; i < N; i++) {
        loglam[i] = 3.6 + 1e-4 * i;
        flux[i] = i + 1;
        ivar[i] = i < 3 ? 0 : 4;
        and_mask[i] = i >= N - 5 ? 1 << 20 : 0;
        or_mask[i] = 1;
        wdisp[i] = 1.1;
    }
    const gal_fits_column c[] = {{"flux", "", GAL_FITS_F64, 1, flux},       {"loglam", "", GAL_FITS_F64, 1, loglam},
                                 {"ivar", "", GAL_FITS_F64, 1, ivar},       {"and_mask", "", GAL_FITS_F64, 1, and_mask},
                                 {"or_mask", "", GAL_FITS_F64, 1, or_mask}, {"wdisp", "", GAL_FITS_F64, 1, wdisp}};
    gal_fits *f;
    OK(gal_fits_create(&f, PATH));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL));
    OK(gal_fits_set_string(f, "BUNIT", "1E-17 erg/cm^2/s/Ang", NULL));
    OK(gal_fits_write_table(f, "COADD", N, 6, c));
    OK(gal_fits_close(f));
    gal_spectrum *s = spectrum(NULL);
    assert_int_equal(s->nused, N - 8);
    near_rel(s->flux[10], 11e-17 * gal_spec_lo(s->spec)[10] * gal_spec_hi(s->spec)[10] / 2.99792458e18 * 1e26, 1e-9);
    near_rel(s->err[10] / s->flux[10], 0.5 / 11, 1e-12);
    double w = gal_spec_wave(s->spec)[10];
    near_rel(gal_spec_sigma(s->spec, w), 1.1 * w * (pow(10, 1e-4) - 1), 1e-3);
    gal_spectrum_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dispersions), cmocka_unit_test(header),
                                       cmocka_unit_test(extensions),  cmocka_unit_test(refused),
                                       cmocka_unit_test(one_row),     cmocka_unit_test(sdss_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
