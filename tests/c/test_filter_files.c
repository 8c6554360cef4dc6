/* Filter files of other programs: what is not one curve is refused, units and columns that are not named are told, words for energy. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "galua/filter.h"

static void near_rel(double a, double b, double rel)
{
    if (!(fabs(a - b) <= rel * fabs(b)))
        fail_msg("%.16g differs from %.16g by %.3g relative (allowed %.1g)", a, b, a / b - 1, rel);
}
#define OK(e)                                                                                                          \
    do {                                                                                                               \
        if ((e) != GAL_OK)                                                                                             \
            fail_msg("%s: %s", #e, gal_error_message());                                                               \
    } while (0)
static char *scratch(const char *name, const char *text)
{
    static char path[256];
    snprintf(path, sizeof path, "build/%s", name);
    OK(gal_write_file(path, text, strlen(text)));
    return path;
}

static gal_filter *reads(const char *name, const char *text)
{
    gal_filter *f;
    char *path = scratch(name, text);
    gal_status st = gal_filter_read(&f, path);
    remove(path);
    OK(st);
    return f;
}

static void reads_not(const char *name, const char *text, const char *message)
{
    gal_filter *f;
    char *path = scratch(name, text);
    gal_status st = gal_filter_read(&f, path);
    remove(path);
    assert_true(st != GAL_OK);
    if (!strstr(gal_error_message(), message))
        fail_msg("'%s' does not hold '%s'", gal_error_message(), message);
}

static char said[512];
static void hear(void *ctx, gal_log_level level, const char *module, const char *text)
{
    (void)ctx;
    (void)level;
    (void)module;
    snprintf(said, sizeof said, "%s", text);
}

/* the pivot of a file's curve, and what was said about it */
static void pivots(const char *name, const char *text, double pivot, const char *word)
{
    *said = 0;
    gal_log_set_level(GAL_LOG_WARN);
    gal_log_set_sink(hear, NULL);
    gal_filter *f = reads(name, text);
    gal_log_set_sink(NULL, NULL);
    near_rel(f->pivot, pivot, 1e-12);
    if (word ? !strstr(said, word) : *said != 0)
        fail_msg("%s: said '%s', expected '%s'", name, said, word ? word : "");
    gal_filter_unref(f);
}

/* what is not one curve is refused; units and columns that the file does not name are told */
static void foreign_files(void **state)
{
    (void)state;
    double hat = sqrt(1.5e6 / log(2)); /* pivot of a box from 1000 to 2000 A: int l dl / int dl/l */
    reads_not("t.dat", "# g\n1000 0\n1500 1\n2000 0\n# r\n2100 0\n2500 1\n3000 0\n",
              "t.dat: a second curve begins at line 6");
    reads_not("t.dat", "1000 0.1\n1500 1\n2000 0.1\n\n2100 0.1\n2500 1\n3000 0.1\n",
              "t.dat: a second curve begins at line 5");
    reads_not("t.dat", "5000 0.1\n540.0 0.5\n5800 1\n6000 0\n", "the wavelength turns at node 2 (540 after 5000)");
    reads_not("t.dat", "1 0.1\n2 1\n3 0.1\n1.5 0.1\n2.5 1\n3.5 0.1\n", "the wavelength turns at node 4");
    reads_not("t.csv", "wave_parsecs,trans\n1000,1\n2000,1\n",
              "'parsecs' is no unit of a wavelength: name it wave[nm]");
    reads_not("t.csv", "nu,trans\n1,1\n2,1\n", "column 'nu' has no unit: name it nu[GHz]");
    pivots("t.dat", "# a comment in the wing is no second curve\n1000 1\n# here\n1500 1\n\n2000 1\n", hat, NULL);
    pivots("t.csv", "wave_nm,trans\n100,1\n200,1\n", hat, NULL);
    pivots("t.csv", "lambda_um,T\n0.1,1\n0.2,1\n", hat, NULL);
    pivots("t.csv", "Wavelength_A,Transmission\n1000,1\n2000,1\n", hat, NULL);
    pivots("t.csv", "wave_vac,trans\n1000,1\n2000,1\n", hat, NULL);
    pivots("t.dat", "100 1\n200 1\n", hat / 10, "if it is nm, name the column wavelength[nm]");
    pivots("t.dat", "0.1 1\n0.2 1\n", hat / 1e4, "if it is micron, name the column wavelength[um]");
    pivots("t.dat", "1 1000 1\n2 1500 1\n3 2000 1\n", hat, "column 2 is taken as the wavelength");
    pivots("t.dat", "1000 1 0.3\n1500 1 0.2\n2000 1 0.3\n", hat, "column 1 is taken as the wavelength");
    pivots("t.csv", "wave[A],trans,err\n1000,1,0.2\n2000,1,0.3\n", hat, NULL);
    gal_filter *f =
        reads("t.csv", "nu_GHz,trans\n100,1\n200,1\n"); /* a step in frequency is the same step in wavelength */
    near_rel(f->wave[0], 299792458e10 / 200e9, 1e-14);
    near_rel(f->wave[1], 299792458e10 / 100e9, 1e-14);
    gal_filter_unref(f);
}

/* the words of SVO and others for a response per energy */
static void energy_words(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool energy;
    } CASE[] = {{"# type: energy", true},
                {"# Energy counter", true},
                {"# Detector type: 0 (Energy counter)", true},
                {"# detector = energy", true},
                {"# response per unit energy", true},
                {"# DetectorType = 0", true},
                {"# Photon counter", false},
                {"# type = photon", false},
                {"# photons", false},
                {"# type: broad band", false},
                {"# the energy distribution of a star was used", false},
                {"# DetectorType = 1", false}};
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s\n1000 1\n2000 1\n", CASE[i].line);
        gal_filter *f = reads("t_words.dat", text);
        if (f->energy != CASE[i].energy)
            fail_msg("'%s' is read as %s", CASE[i].line, f->energy ? "energy" : "photon");
        gal_filter_unref(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(foreign_files), cmocka_unit_test(energy_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
