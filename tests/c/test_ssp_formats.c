/* Files of SSP tables: every format there and back bit for bit, and published files. */
#include "ssp_files.h"

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

/* a table in the folder that DSPS_DRN names is found by its base name; one that is here, or has a whole path, is not looked for there */
static void dsps_folder(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1), *b;
    OK(gal_ssp_write(a, at("only_there.dsps.h5"), GAL_SSP_DSPS));
    char folder[4096], *old = getenv("DSPS_DRN") ? strdup(getenv("DSPS_DRN")) : NULL;
    snprintf(folder, sizeof folder, "%s", at("only_there.dsps.h5"));
    *strrchr(folder, '/') = '\0';
    unsetenv("DSPS_DRN");
    assert_int_equal(gal_ssp_read(&b, "only_there.dsps.h5"), GAL_ENOTFOUND);
    setenv("DSPS_DRN", folder, 1);
    OK(gal_ssp_read(&b, "only_there.dsps.h5"));
    assert_true(b->nage == a->nage && b->lum[3] > 0);
    gal_ssp_unref(b);
    assert_int_equal(gal_ssp_read(&b, "/only_there.dsps.h5"), GAL_ENOTFOUND);
    if (old)
        setenv("DSPS_DRN", old, 1);
    else
        unsetenv("DSPS_DRN");
    free(old);
    gal_ssp_unref(a);
    assert_int_equal(gal_mem_live(), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_formats_keep_everything),
        cmocka_unit_test(every_format_settles_after_one_conversion),
        cmocka_unit_test(same_table_same_bytes),
        cmocka_unit_test(dsps_folder),
        cmocka_unit_test(dsps_keeps_lines_and_units),
        cmocka_unit_test(writers_refuse_what_they_cannot_hold),
        cmocka_unit_test(maraston_files_read),
        cmocka_unit_test(bc03_files_read),
        cmocka_unit_test(bpass_files_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
