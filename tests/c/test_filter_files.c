/* Filter files: formats, damage; of other programs: what is not one curve is refused, units and columns that are not named are
 * told, words for energy. */
#include "filter_tests.h"

#include "io/h5.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

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

static void file_formats(void **state)
{
    (void)state;
    gal_filter *f = reads("t_plain.dat", "# a box\n# photon\n1000 1\n2000 1\n");
    assert_string_equal(f->name, "t_plain");
    assert_false(f->energy);
    near_rel(f->norm, 1 / log(2), 1e-14);
    gal_filter_unref(f);
    f = reads("t_energy.dat", "# a box\n# energy\n1000 1\n2000 1\n");
    assert_true(f->energy);
    near_rel(f->trans[1] / f->trans[0], 0.5, 1e-14);
    gal_filter_unref(f);
    f = reads("t_um.txt", "wave[um], trans\n0.1, 1\n0.2, 1\n");
    near_rel(f->norm, 1 / log(2), 1e-14);
    near_rel(f->mean, 1500, 1e-14);
    gal_filter_unref(f);
    f = reads("t.ecsv",
              "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: response, datatype: float64}\n"
              "# - {name: wavelength, unit: nm, datatype: float64}\n# meta: {name: My.band, convention: energy}\n"
              "response wavelength\n1 200.0\n1 100.0\n");
    assert_string_equal(f->name, "My.band");
    assert_true(f->energy);
    near_rel(f->wave[0], 1000, 1e-14);
    gal_filter_unref(f);
    f = reads("t.xml", "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.1\"><RESOURCE><TABLE>"
                       "<PARAM name=\"DetectorType\" value=\"0\" datatype=\"char\"/>"
                       "<FIELD name=\"Wavelength\" unit=\"AA\" datatype=\"float\"><DESCRIPTION>w</DESCRIPTION></FIELD>"
                       "<FIELD name=\"Transmission\" unit=\"\" datatype=\"float\"/><DATA><TABLEDATA>"
                       "<TR><TD>1000</TD><TD>1</TD></TR>\n<TR><TD>2000</TD><TD>1</TD></TR></TABLEDATA></DATA></TABLE></"
                       "RESOURCE></VOTABLE>");
    assert_true(f->energy);
    near_rel(f->wave[1], 2000, 1e-14);
    gal_filter_unref(f);
}

static void write_curve(const char *path, double at)
{
    const double wave[3] = {at - 100, at, at + 100}, trans[3] = {0, 0.4, 0};
    gal_h5 *h;
    OK(gal_h5_create(&h, path));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 1, (size_t[]){3}, wave, NULL));
    OK(gal_h5_write(h, "transmission", GAL_H5_F64, 1, (size_t[]){3}, trans, NULL));
    gal_h5_close(h);
}

/* $DSPS_DRN/filters: by the whole name of the file, by its beginning, by a pattern; what is embedded comes first */
static void dsps_folder(void **state)
{
    (void)state;
    char *old = getenv("DSPS_DRN") ? strdup(getenv("DSPS_DRN")) : NULL;
    gal_filter **f = NULL;
    size_t n = 0;
    mkdir("build/drn", 0777);
    mkdir("build/drn/filters", 0777);
    write_curve("build/drn/filters/mine_r_transmission.h5", 6000);
    write_curve("build/drn/filters/mine_g_transmission.h5", 5000);
    unsetenv("DSPS_DRN");
    assert_int_equal(gal_filters_find("mine_g", &f, &n), GAL_ENOTFOUND);
    setenv("DSPS_DRN", "build/drn", 1);
    OK(gal_filters_find("mine_g", &f, &n));
    OK(gal_filters_find("mine_g_transmission.h5", &f, &n));
    OK(gal_filters_find("mine_*", &f, &n));
    OK(gal_filters_find("LSST.g", &f, &n));
    assert_int_equal(n, 5);
    const char *const name[5] = {"mine_g", "mine_g", "mine_g", "mine_r", "LSST.g"};
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(f[i]->name, name[i]);
        gal_filter_unref(f[i]);
    }
    near_rel(f[3]->wave[1], 6000, 1e-12);
    gal_free(f);
    f = NULL, n = 0;
    assert_int_equal(gal_filters_find("mine_z", &f, &n), GAL_ENOTFOUND);
    assert_int_equal(gal_filters_find("/mine_g_transmission.h5", &f, &n), GAL_ENOTFOUND);
    if (old)
        setenv("DSPS_DRN", old, 1);
    else
        unsetenv("DSPS_DRN");
    free(old);
}

static void rejects(const char *name, const char *text, gal_status code, const char *message)
{
    gal_filter *f;
    char *path = scratch(name, text);
    gal_status st = gal_filter_read(&f, path);
    remove(path);
    FAILS(st, code, message);
    assert_null(f);
}

static void bad_files(void **state)
{
    (void)state;
    rejects("b.dat", "1000\n2000\n", GAL_EFORMAT,
            "build/b.dat: one column, a filter needs two: wavelength and transmission");
    rejects("b.dat", "1000 1\n2000 x\n", GAL_EFORMAT, "build/b.dat, line 2: column 'col2': 'x' is not a number");
    rejects("b.dat", "1000 1\n2000\n", GAL_EFORMAT, "build/b.dat, line 2: 1 cell, but 2 columns are expected");
    rejects("b.dat", "1e-7 1\n2e-7 1\n", GAL_EDOMAIN,
            "build/b.dat: filter 'b': pivot wavelength 1.47107e-07 A is outside 0.1 .. 1e11 A; wavelengths are in "
            "Angstrom (these "
            "look like metre or centimetre)");
    rejects("b.dat", "# wave[furlong] trans\n1 1\n2 1\n", GAL_EINVAL,
            "build/b.dat: wavelength column: unknown unit 'furlong'");
    rejects("b.dat", "# wave[GHz] trans\n1 1\n2 1\n", GAL_EINVAL,
            "build/b.dat: wavelength column: unit 'GHz' (frequency) does not convert to 'A' (length)");
    rejects("b.dat", "# convention: both\n1 1\n2 1\n", GAL_EFORMAT,
            "build/b.dat: convention is 'both', it must be energy or photon");
    rejects("b.dat", "", GAL_EFORMAT, "build/b.dat: is empty");
    rejects("b.dat", "1000 nan\n2000 1\n", GAL_EINVAL,
            "build/b.dat: filter 'b': transmission nan at node 1 is not a number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_files), cmocka_unit_test(energy_words), cmocka_unit_test(file_formats),
        cmocka_unit_test(dsps_folder),   cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
