/* Readers of population libraries on small files of their layouts: GALAXEV binary and ASCII, FSPS, BPASS with what lies beside, Starburst99,
 * pPXF, a script's HDF5; gzipped ones; and what truncated, composite, mixed files and wrong units get: one line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "galua/const.h"
#include "galua/ssp.h"
#include "io/h5.h"

#define SCRATCH "readers"
#include "scratch.h"

static void put(const char *name, const char *text)
{
    OK(gal_write_file(at(name), text, strlen(text)));
}

static void refused(const char *name, const char *words)
{
    gal_ssp *s = NULL;
    assert_int_equal(gal_ssp_read(&s, at(name)), GAL_EFORMAT);
    if (!strstr(gal_error_message(), words))
        fail_msg("'%s' is not in '%s'", words, gal_error_message());
    assert_null(strchr(gal_error_message(), '\n'));
    assert_null(s);
}

static void near(double a, double b, double rel)
{
    if (!(fabs(a - b) <= rel * fabs(b)))
        fail_msg("%.9g, expected %.9g", a, b);
}

/* ------------------------------------------------------------------ GALAXEV */
enum { NAGE = 4, NWAVE = 5 };
static const double age[NAGE] = {0, 1e6, 1e8, 1e10}, wave[NWAVE] = {91, 912, 1999, 5000, 16000};

static double flux_at(int ia, int i)
{
    return (10 + i) * pow(10, -ia);
}

/* Lists behind the spectra as csp_galaxev and bc03 write them: the second is the mass of stars, the third the rate, the tenth remnants. */
static double list_at(int list, int ia, bool composite)
{
    if (list == 1)
        return composite ? 0.1 * ia : 1 - 0.1 * ia;
    return list == 2 ? (composite ? 1e-9 : 0) : list == 9 ? 0.05 * ia : 1;
}

/* Records of 4-byte words between their lengths, `swap`: of the other byte order */
typedef struct sink {
    char *p, data[4000];
    bool swap;
} sink;

static void word(sink *s, const void *v)
{
    uint32_t w;
    memcpy(&w, v, 4);
    w = s->swap ? __builtin_bswap32(w) : w;
    memcpy(s->p, &w, 4);
    s->p += 4;
}

static void whole(sink *s, uint32_t n)
{
    word(s, &n);
}

static void record(sink *s, int n, const double *x, const char *text, int more)
{
    uint32_t len = (uint32_t)(4 + 4 * n + (text ? (int)strlen(text) : 0) + (more >= 0 ? 4 + 4 * more : 0));
    whole(s, len);
    whole(s, (uint32_t)n);
    for (int i = 0; i < n; i++)
        word(s, &(float){(float)x[i]});
    for (const char *t = text; t && *t; t++)
        *s->p++ = *t;
    if (more >= 0) {
        whole(s, (uint32_t)more);
        for (int i = 0; i < more; i++)
            word(s, &(float){0.5f});
    }
    whole(s, len);
}

static size_t ised(sink *s, bool swap, bool composite)
{
    *s = (sink){.swap = swap};
    s->p = s->data;
    double x[NWAVE];
    record(s, NAGE, age, "Padova 1994 tracks, X=0.7000, Y=0.2800, Z=0.0200, BaSeL ", -1);
    record(s, NWAVE, wave, NULL, -1);
    for (int ia = 0; ia < NAGE; ia++) {
        for (int i = 0; i < NWAVE; i++)
            x[i] = flux_at(ia, i);
        record(s, NWAVE, x, NULL, 3);
    }
    for (int l = 0; l < 10; l++) {
        for (int ia = 0; ia < NAGE; ia++)
            x[ia] = list_at(l, ia, composite);
        record(s, NAGE, x, NULL, -1);
    }
    return (size_t)(s->p - s->data);
}

static void check_galaxev(const char *name)
{
    gal_ssp *s;
    OK(gal_ssp_read(&s, at(name)));
    assert_true(s->nz == 1 && s->nage == NAGE && s->nwave == NWAVE && s->z[0] == 0.02);
    assert_true(s->age[0] == 0 && s->age[3] == 1e10 && s->wave[1] == 912);
    near(s->wave[3], 5001.394, 1e-6); /* air from 2000 A on */
    near(s->lum[2 * NWAVE + 3], flux_at(2, 3) * 3.826e33 / GAL_LSUN, 1e-6);
    assert_non_null(s->mass);
    near(s->mass[0], 1, 1e-6);
    near(s->mass[3], 0.7 + 0.15, 1e-6); /* stars and remnants */
    assert_string_equal(s->imf, "chabrier");
    gal_ssp_unref(s);
}

static void galaxev_binary(void **state)
{
    (void)state;
    sink s;
    for (int swap = 0; swap < 2; swap++) {
        size_t n = ised(&s, swap, false);
        OK(gal_write_file(at("bc2003_hr_m62_chab_ssp.ised"), s.data, n));
        check_galaxev("bc2003_hr_m62_chab_ssp.ised");
        gzFile z = gzopen(at("bc2003_hr_m62_chab_ssp.ised.gz"), "wb");
        assert_int_equal(gzwrite(z, s.data, (unsigned)n), n);
        gzclose(z);
        check_galaxev("bc2003_hr_m62_chab_ssp.ised.gz");
        OK(gal_write_file(at("cut.ised"), s.data, n - 100)); /* lists behind the spectra */
        refused("cut.ised", "truncated inside record 13, the values per age");
        OK(gal_write_file(at("cut.ised"), s.data, 250));
        refused("cut.ised", "cut.ised: truncated");
        n = ised(&s, swap, true);
        OK(gal_write_file(at("csp_m62_chab.ised"), s.data, n));
        refused("csp_m62_chab.ised", "a composite population (star formation rate 1e-09 at 1e+06 yr)");
    }
}

static void ascii(char *text, size_t n, const char *header, bool lists, bool composite)
{
    size_t k = (size_t)snprintf(text, n, "%d", NAGE);
    for (int ia = 0; ia < NAGE; ia++)
        k += (size_t)snprintf(text + k, n - k, " %g", age[ia]);
    k += (size_t)snprintf(text + k, n - k, "\n%s\n%d", header, NWAVE);
    for (int i = 0; i < NWAVE; i++)
        k += (size_t)snprintf(text + k, n - k, " %g", wave[i]);
    for (int ia = 0; ia < NAGE; ia++) {
        k += (size_t)snprintf(text + k, n - k, "\n%d", NWAVE);
        for (int i = 0; i < NWAVE; i++)
            k += (size_t)snprintf(text + k, n - k, " %.8g", flux_at(ia, i));
        k += (size_t)snprintf(text + k, n - k, " 1 0.5");
    }
    for (int l = 0; lists && l < 10; l++) {
        k += (size_t)snprintf(text + k, n - k, "\n%d", NAGE);
        for (int ia = 0; ia < NAGE; ia++)
            k += (size_t)snprintf(text + k, n - k, " %g", list_at(l, ia, composite));
    }
    snprintf(text + k, n - k, "\n");
}

static void galaxev_ascii(void **state)
{
    (void)state;
    char text[4000];
    gal_ssp *s;
    ascii(text, sizeof text, "Padova 1994, Z=0.0200", true, false);
    put("bc2003_hr_m62_chab_ssp.ised_ASCII", text);
    check_galaxev("bc2003_hr_m62_chab_ssp.ised_ASCII");
    ascii(text, sizeof text, "Padova 1994, Z=0.0200", true, true);
    put("tau_m62.ised_ASCII", text);
    refused("tau_m62.ised_ASCII", "a composite population (star formation rate");
    ascii(text, sizeof text, "Exponential e-folding time 1 Gyr, Z=0.0200", false, false);
    put("tau_m62.ised_ASCII", text);
    refused("tau_m62.ised_ASCII", "a composite population ('exponential' in its header)");
    /* no lists: masses of .4color beside it, else none */
    ascii(text, sizeof text, "Padova 1994, Z=0.0200", false, false);
    put("old_m62_salp.ised_ASCII", text);
    OK(gal_ssp_read(&s, at("old_m62_salp.ised_ASCII")));
    assert_null(s->mass);
    gal_ssp_unref(s);
    put("old_m62_salp.4color",
        "# log-age-yr Mbol Bmag Vmag Kmag M*_liv M_remnants M_ret_gas\n  6.000000 1 1 1 1 0.99 0.00 0\n"
        "  8.000000 1 1 1 1 0.80 0.05 0\n 10.000000 1 1 1 1 0.60 0.10 0\n");
    OK(gal_ssp_read(&s, at("old_m62_salp.ised_ASCII")));
    assert_non_null(s->mass);
    near(s->mass[0], 1, 0);
    near(s->mass[2], 0.85, 1e-6);
    near(s->mass[3], 0.70, 1e-6);
    gal_ssp_unref(s);
    /* two metallicities and a third of other ages */
    mkdir(at("set"), 0777);
    put("set/x_m62.ised_ASCII", text);
    put("set/x_m62.4color", "# nothing\n");
    ascii(text, sizeof text, "Padova 1994, Z=0.0040", false, false);
    put("set/x_m42.ised_ASCII", text);
    OK(gal_ssp_read(&s, at("set")));
    assert_true(s->nz == 2 && s->z[0] == 0.004);
    gal_ssp_unref(s);
    ascii(text, sizeof text, "Padova 1994, Z=0.0500", false, false);
    memcpy(strstr(text, "1e+08"), "2e+08", 5);
    put("set/x_m72.ised_ASCII", text);
    refused("set", "age 3 is 2e+08 yr, but in");
}

/* ------------------------------------------------------------------ FSPS */
#define FSPS_HEAD                                                                                                      \
    "#   Log(Z/Zsol):  %s\n#   Fraction of blue HB stars:  0.200; Ratio of BS to HB stars:  0.000\n#   IMF: 2\n"       \
    "#   Mag Zero Point: AB (not relevant for spec/indx files)\n%s\n#\n#   log(age) log(mass) Log(lbol) log(SFR) "     \
    "spectra\n 3      4\n 1000. 2000. 5000. 10000.\n"
#define FSPS_BODY                                                                                                      \
    " 6.0000 -0.0010 3.0000 -70.0000\n 1e-12 2e-12 3e-12 4e-12\n 8.0000 -0.1000 2.0000 %s\n 1e-13 2e-13 3e-13 4e-13\n" \
    "10.0000 -0.2500 1.0000 -70.0000\n 1e-14 2e-14 3e-14 4e-14\n"

static void fsps(void **state)
{
    (void)state;
    char text[3000];
    gal_ssp *s;
    snprintf(text, sizeof text, FSPS_HEAD FSPS_BODY, "-0.500", "#   Processing SSP", "-70.0000");
    put("padova_kroupa.out.spec", text);
    OK(gal_ssp_read(&s, at("padova_kroupa.out.spec")));
    assert_true(s->nz == 1 && s->nage == 3 && s->nwave == 4);
    near(s->z[0], 0.019 * pow(10, -0.5), 1e-10);
    near(s->age[1], 1e8, 1e-12);
    near(s->mass[2], pow(10, -0.25), 1e-6);
    near(s->lum[4 + 2], 3e-13 * 2.99792458e18 / 25e6 * 3.839e33 / 3.828e33, 1e-6); /* L_nu to L_lambda */
    assert_string_equal(s->imf, "kroupa");
    gal_ssp_unref(s);
    put("SSP_MIST_MILES_Z0.0250.out.spec", text);
    OK(gal_ssp_read(&s, at("SSP_MIST_MILES_Z0.0250.out.spec")));
    near(s->z[0], 0.025, 1e-12);
    gal_ssp_unref(s);
    text[strlen(text) - 20] = '\0';
    put("cut.out.spec", text);
    refused("cut.out.spec", "truncated: ends at line 15, inside the age 3 of 3");
    snprintf(text, sizeof text, FSPS_HEAD FSPS_BODY, "0.000", "#   Processing SSP", "-9.0000");
    put("rate.out.spec", text);
    refused("rate.out.spec", "a composite population (star formation rate 1e-09 at 10^8 yr)");
    snprintf(text, sizeof text, FSPS_HEAD FSPS_BODY, "0.000", "#   SFH: Tage= 14.96 Gyr, log(tau/Gyr)=  0.954",
             "-70.0");
    put("tau.out.spec", text);
    refused("tau.out.spec", "a composite population ('SFH:' in its header)");
    snprintf(text, sizeof text, FSPS_HEAD "%s", "0.000", "#   Processing SSP",
             " 1e6 0 0 -70\n 1 2 3 4\n 1e8 0 0 -70\n 1 2 3 4\n 1e9 0 0 -70\n 1 2 3 4\n");
    put("years.out.spec", text);
    refused("years.out.spec", "log age 1e+06, log10(age/yr) is expected");
}

/* ------------------------------------------------------------------ BPASS */
static void bpass_file(const char *name, const char *form, int rows, int columns)
{
    char text[20000];
    size_t k = 0;
    for (int i = 0; i < rows; i++) {
        if (columns > 4)
            k += (size_t)snprintf(text + k, sizeof text - k, "%d", i + 1);
        else
            k += (size_t)snprintf(text + k, sizeof text - k, form, 6 + 0.1 * i, 9e5 - 9000 * i, 2000. * i);
        for (int c = 1; columns > 4 && c < columns; c++)
            k += (size_t)snprintf(text + k, sizeof text - k, " 1E+6");
        k += (size_t)snprintf(text + k, sizeof text - k, "\n");
    }
    put(name, text);
}

static void bpass(void **state)
{
    (void)state;
    gal_ssp *s;
    mkdir(at("bpass"), 0777);
    bpass_file("bpass/spectra-bin-imf135_300.a+02.z020.dat", "", 4, 52);
    bpass_file("bpass/starmass-bin-imf135_300.a+02.z020.dat", "%.1f %.5E %.5E", 51, 3);
    bpass_file("bpass/ionizing-bin-imf135_300.a+02.z020.dat", "%.1f %.5E %.5E", 51, 3);
    OK(gal_ssp_read(&s, at("bpass")));
    near(s->mass[10], 0.81 + 0.02, 1e-6); /* stars and remnants */
    near(s->qh[10], 9e5 - 90000 - 6, 1e-6);
    assert_non_null(strstr(s->provenance, "[alpha/Fe] = 0.2"));
    gal_ssp_unref(s);
    bpass_file("bpass/spectra-bin-imf135_300.a+04.z010.dat", "", 4, 52);
    refused("bpass", "[alpha/Fe] = 0.4): name one set of files");
    unlink(at("bpass/spectra-bin-imf135_300.a+04.z010.dat"));
    bpass_file("bpass/starmass-bin-imf135_300.a+02.z020.dat", "%.1f %.5E %.5E", 40, 3);
    refused("bpass", "truncated: 40 rows of the 51 ages");
    bpass_file("bpass/starmass-bin-imf135_300.a+02.z020.dat", "%.1f 1e7 %.0e %.0e", 51, 4);
    refused("bpass", "masses of 1e6 Msun are expected");
}

/* ------------------------------------------------------------------ Starburst99 */
#define S99_INPUT                                                                                                      \
    "MODEL DESIGNATION:                                           [NAME]\ntest\n"                                      \
    "CONTINUOUS STAR FORMATION (>0) OR FIXED MASS (<=0):          [ISF]\n%d\n"                                         \
    "TOTAL STELLAR MASS [1E6 M_SOL] IF 'FIXED MASS' IS CHOSEN:    [TOMA]\n2.0\n"                                       \
    "NUMBER OF INTERVALS FOR THE IMF (KROUPA=2):                  [NINTERV]\n2\n"                                      \
    "IMF EXPONENTS (KROUPA=1.3,2.3):                              [XPONENT]\n1.3,2.3\n"                                \
    "METALLICITY + TRACKS:                                        [IZ]\n"                                              \
    "GENEVA STD: 11=0.001;  12=0.004; 13=0.008; 14=0.020; 15=0.040\nGENEVA V00: 51=0.001; 54=0.014\n%s\n"
#define S99_HEAD                                                                                                       \
    " MODEL DESIGNATION: test\n\n COMPUTED SYNTHETIC SPECTRUM\n TIME [YR]    WAVELENGTH [A]   LOG TOTAL  LOG STELLAR " \
    " "                                                                                                                \
    "LOG NEBULAR  [ERG/SEC/A]\n"

static void starburst99(void **state)
{
    (void)state;
    char text[3000];
    gal_ssp *s;
    const char *rows = " 1.0E+06 1000. 40.1 40.0 38.0\n 1.0E+06 5000. 39.1 39.0 38.0\n 1.0E+07 1000. 39.1 39.0 37.0\n "
                       "1.0E+07 5000. 38.1 "
                       "38.0 37.0\n";
    snprintf(text, sizeof text, S99_HEAD "%s", rows);
    put("run.spectrum1", text);
    refused("run.spectrum1", "stand in its .output1: it must be beside it");
    snprintf(text, sizeof text, S99_INPUT, -1, "54");
    put("run.output1", text);
    OK(gal_ssp_read(&s, at("run.spectrum1")));
    assert_true(s->nage == 2 && s->nwave == 2 && s->z[0] == 0.014 && !s->mass);
    near(s->lum[2], 1e39 / (GAL_LSUN * 2e6), 1e-6); /* stellar light of 2e6 Msun */
    assert_string_equal(s->imf, "kroupa");
    gal_ssp_unref(s);
    snprintf(text, sizeof text, S99_INPUT, -1, "99");
    put("run.output1", text);
    refused("run.spectrum1", "no code of tracks and metallicity");
    snprintf(text, sizeof text, S99_INPUT, 1, "14");
    put("run.output1", text);
    refused("run.spectrum1", "continuous star formation, a composite population");
    snprintf(text, sizeof text, S99_INPUT, -1, "14");
    put("run.output1", text);
    snprintf(text, sizeof text, S99_HEAD "%.*s", (int)strlen(rows) - 33, rows);
    put("run.spectrum1", text);
    refused("run.spectrum1", "truncated: 3 rows, not a multiple of the 2 wavelengths");
    put("flat.spectrum1", S99_HEAD
        " 3.0E+07 1000. 40 40 38\n 3.0E+07 5000. 40 40 38\n 3.0E+08 1000. 40 40.2 38\n 3.0E+08 5000. 40 40.2 38\n");
    put("flat.output1", text);
    snprintf(text, sizeof text, S99_INPUT, -1, "14");
    put("flat.output1", text);
    refused("flat.spectrum1", "its light grows from 3e+07 to 3e+08 yr");
}

/* ------------------------------------------------------------------ pPXF and a script's HDF5 */
static size_t npy(char *p, const char *type, const char *shape, const double *x, size_t n)
{
    char header[200];
    int len = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    memcpy(p, "\x93NUMPY\1\0", 8);
    p[8] = (char)len;
    p[9] = 0;
    memcpy(p + 10, header, (size_t)len);
    for (size_t i = 0; i < n; i++)
        if (type[2] == '4')
            memcpy(p + 10 + len + 4 * i, &(float){(float)x[i]}, 4);
        else
            memcpy(p + 10 + len + 8 * i, &x[i], 8);
    return 10 + (size_t)len + n * (size_t)(type[2] - '0');
}

static void put_le(char *p, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (char)(v >> 8 * i);
}

/* A zip of arrays, deflated when `pack`. */
typedef struct zip {
    char data[8000], list[2000];
    size_t n, nlist, count;
} zip;

static void zip_add(zip *z, const char *name, const char *bytes, size_t n, bool pack)
{
    char packed[2000];
    size_t np = n, len = strlen(name);
    memcpy(packed, bytes, n);
    if (pack) {
        z_stream s = {.next_in = (unsigned char *)(uintptr_t)bytes,
                      .avail_in = (unsigned)n,
                      .next_out = (unsigned char *)packed,
                      .avail_out = sizeof packed};
        assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
        np = s.total_out;
        deflateEnd(&s);
    }
    char *l = z->list + z->nlist, *p = z->data + z->n;
    memset(l, 0, 46);
    memcpy(l, "PK\1\2", 4);
    put_le(l + 10, pack ? 8 : 0, 2);
    put_le(l + 20, (uint32_t)np, 4);
    put_le(l + 24, (uint32_t)n, 4);
    put_le(l + 28, (uint32_t)len, 2);
    put_le(l + 42, (uint32_t)z->n, 4);
    memcpy(l + 46, name, len);
    z->nlist += 46 + len;
    memset(p, 0, 30);
    memcpy(p, "PK\3\4", 4);
    put_le(p + 26, (uint32_t)len, 2);
    memcpy(p + 30, name, len);
    memcpy(p + 30 + len, packed, np);
    z->n += 30 + len + np;
    z->count++;
}

static size_t zip_end(zip *z)
{
    size_t at_list = z->n;
    memcpy(z->data + z->n, z->list, z->nlist);
    z->n += z->nlist;
    char *p = z->data + z->n;
    memset(p, 0, 22);
    memcpy(p, "PK\5\6", 4);
    put_le(p + 8, (uint32_t)z->count, 2);
    put_le(p + 10, (uint32_t)z->count, 2);
    put_le(p + 12, (uint32_t)z->nlist, 4);
    put_le(p + 16, (uint32_t)at_list, 4);
    return z->n += 22;
}

static size_t ppxf_file(zip *z, bool pack, const double *ages, const char *shape)
{
    char a[2000];
    double t[12], masses[4] = {0.9, 0.8, 0.7, 0.6}, lam[3] = {1900, 4000, 8000}, metals[2] = {-0.4, 0.2}, fwhm = 2.51;
    for (int i = 0; i < 12; i++)
        t[i] = 12 - i;
    *z = (zip){0};
    zip_add(z, "templates.npy", a, npy(a, "<f4", shape, t, 12), pack);
    zip_add(z, "masses.npy", a, npy(a, "<f8", "2, 2", masses, 4), pack);
    zip_add(z, "lam.npy", a, npy(a, "<f8", "3,", lam, 3), pack);
    zip_add(z, "ages.npy", a, npy(a, "<f8", "2,", ages, 2), pack);
    zip_add(z, "metals.npy", a, npy(a, "<f8", "2,", metals, 2), pack);
    zip_add(z, "fwhm.npy", a, npy(a, "<f8", "", &fwhm, 1), pack);
    return zip_end(z);
}

static void ppxf(void **state)
{
    (void)state;
    static zip z;
    gal_ssp *s;
    const double gyr[2] = {1, 10};
    for (int pack = 0; pack < 2; pack++) {
        size_t n = ppxf_file(&z, pack, gyr, "3, 2, 2");
        OK(gal_write_file(at("spectra_fsps_9.0.npz"), z.data, n));
        OK(gal_ssp_read(&s, at("spectra_fsps_9.0.npz")));
        assert_true(s->nz == 2 && s->nage == 2 && s->nwave == 3);
        near(s->z[1], 0.0142 * pow(10, 0.2), 1e-10);
        near(s->age[1], 1e10, 1e-12);
        near(s->wave[1], 4001.13, 1e-5);
        near(s->lum[(1 * 2 + 0) * 3 + 2], 3, 1e-6); /* templates[2][0][1] = 12 - 9 */
        near(s->mass[1 * 2 + 0], 0.8, 1e-6);
        near(s->fwhm[2], 2.51, 1e-6);
        gal_ssp_unref(s);
        OK(gal_write_file(at("cut.npz"), z.data, n - 60));
        refused("cut.npz", "truncated: a zip file without its list of members");
    }
    const double years[2] = {1e9, 1e10};
    OK(gal_write_file(at("years.npz"), z.data, ppxf_file(&z, true, years, "3, 2, 2")));
    refused("years.npz", "Gyr are expected");
    OK(gal_write_file(at("shape.npz"), z.data, ppxf_file(&z, true, gyr, "2, 2, 3")));
    refused("shape.npz", "'templates' are not 3 wavelengths x 2 ages x 2 metallicities");
}

static void script_file(const char *name, const char *units, double last_age)
{
    gal_h5 *h;
    const size_t n[3] = {2, 2, 3};
    double lum[12], mass[4] = {0.9, 0.8, 0.7, 0.6};
    for (int i = 0; i < 12; i++)
        lum[i] = 1e-14 * (12 - i);
    OK(gal_h5_create(&h, at(name)));
    OK(gal_h5_write(h, "Z", GAL_H5_F64, 1, &n[0], (double[]){0.01, 0.02}, NULL));
    OK(gal_h5_write(h, "age", GAL_H5_F64, 1, &n[1], (double[]){last_age / 10, last_age}, NULL));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 1, &n[2], (double[]){1000, 2000, 3000}, NULL));
    OK(gal_h5_write(h, "spectra", GAL_H5_F64, 3, n, lum, NULL));
    OK(gal_h5_write(h, "mass", GAL_H5_F64, 2, n, mass, NULL));
    if (units)
        OK(gal_h5_attr_set_string(h, "spectra", "units", units));
    OK(gal_h5_attr_set_string(h, "/", "imf", "kroupa"));
    OK(gal_h5_close(h));
}

static void script(void **state)
{
    (void)state;
    gal_ssp *s;
    script_file("dump.h5", "Lsun/Hz", 1e10);
    OK(gal_ssp_read(&s, at("dump.h5")));
    near(s->lum[1 * 6 + 1 * 3 + 1], 2e-14 * 2.99792458e18 / 4e6, 1e-6);
    near(s->mass[2], 0.7, 1e-6);
    assert_string_equal(s->imf, "kroupa");
    gal_ssp_unref(s);
    script_file("dump.h5", "Lsun/Angstrom", 1e10);
    OK(gal_ssp_read(&s, at("dump.h5")));
    near(s->lum[0], 12e-14, 1e-6);
    gal_ssp_unref(s);
    script_file("dump.h5", NULL, 1e10);
    refused("dump.h5", "attribute units is missing, expected Lsun/Hz or Lsun/Angstrom");
    script_file("dump.h5", "erg/s/Hz", 1e10);
    refused("dump.h5", "attribute units is 'erg/s/Hz'");
    script_file("dump.h5", "Lsun/Hz", 10);
    refused("dump.h5", "years are expected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(galaxev_binary), cmocka_unit_test(galaxev_ascii),
                                       cmocka_unit_test(fsps),           cmocka_unit_test(bpass),
                                       cmocka_unit_test(starburst99),    cmocka_unit_test(ppxf),
                                       cmocka_unit_test(script)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
