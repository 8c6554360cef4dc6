/* The embedded set of filters: names, pivots, flat spectra; the published reference and the files of DSPS. */
#include "filter_tests.h"

#include <strings.h>

#include "galua/num.h"
#include "galua/rng.h"
#include "io/h5.h"
#include "reference.h"

/* ------------------------------------------------------------------ the embedded set */
static void embedded_names(void **state)
{
    (void)state;
    const char *const *names;
    size_t n;
    OK(gal_filters_names(&names, &n));
    assert_int_equal(n, 166);
    for (size_t i = 1; i < n; i++)
        assert_true(strcasecmp(names[i - 1], names[i]) < 0);
}

/* pivots [A] of the curves that the published reference table and the instrument handbooks give */
static void embedded_pivots(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double pivot, rel;
    } REF[] = {
        {"GALEX.FUV", 1535.08, 1e-4},
        {"GALEX.NUV", 2300.78481, 1e-4},
        {"SDSS.g", 4702.49528, 1e-4},
        {"SDSS.r", 6175.57888, 1e-4},
        {"2MASS.H", 16494.9471, 4e-3}, /* here per photon */
        {"JWST.NIRCam.F444W", 44043.1509, 1e-3},
        {"Spitzer.MIPS.24mu", 237588.869, 8e-3}, /* per photon: 235935 */
        {"Herschel.PACS.blue", 714985.538, 1.2e-2},
        {"Herschel.SPIRE.PMW", 3510455.55, 1e-2},
        {"Bessell.B", 4371.1, 1e-3},
        {"Bessell.V", 5477.6, 1e-3},
        {"Bessell.R", 6504.6, 1e-3}, /* Bessell & Murphy 2012 */
        {"PanSTARRS.g", 4849.1, 1e-3},
        {"PanSTARRS.y", 9627.8, 1e-3},
        {"WISE.W1", 33682.2, 1e-3},
        {"WISE.W3", 120719, 1e-3},
    };
    for (size_t i = 0; i < sizeof REF / sizeof REF[0]; i++) {
        gal_filter **f = NULL;
        size_t n = 0;
        OK(gal_filters_find(REF[i].name, &f, &n));
        assert_int_equal(n, 1);
        assert_string_equal(f[0]->name, REF[i].name);
        near_rel(f[0]->pivot, REF[i].pivot, REF[i].rel);
        gal_filter_unref(f[0]);
        gal_free(f);
    }
}

/* a spectrum of constant S_nu has that flux in every band, at any redshift */
static void embedded_flat_spectrum(void **state)
{
    (void)state;
    enum { N = 60000 };
    const char *const *names;
    size_t n, nf = 0;
    gal_filter **f = NULL;
    OK(gal_filters_names(&names, &n));
    for (size_t i = 0; i < n; i++)
        OK(gal_filters_find(names[i], &f, &nf));
    assert_int_equal(nf, n);
    double *wave = gal_alloc(N * sizeof *wave), *lum = gal_alloc(N * sizeof *lum), *flux = gal_alloc(n * sizeof *flux);
    gal_logspace(100, 1e9, N, wave);
    for (int i = 0; i < N; i++)
        lum[i] = 2.5 / (wave[i] * wave[i]);
    gal_phot *p;
    OK(gal_phot_create(&p, f, nf, wave, N));
    const double z[3] = {0, 0.7, 5};
    for (int k = 0; k < 3; k++) {
        OK(gal_phot_weights(p, z[k], GAL_PHOT_EXACT));
        gal_phot_apply(p, lum, 1, flux);
        for (size_t i = 0; i < n; i++) {
            assert_true(gal_phot_covered(p)[i]);
            near_rel(flux[i], 2.5, 5e-8); /* chords of 1/l^2: (dln l)^2/2 = 3.6e-8 */
        }
    }
    gal_phot_free(p);
    gal_free(wave);
    gal_free(lum);
    gal_free(flux);
    for (size_t i = 0; i < nf; i++)
        gal_filter_unref(f[i]);
    gal_free(f);
}

static void expect_set(const char *name, const char *want)
{
    gal_filter **f = NULL;
    size_t n = 0, len = 0;
    char got[1024] = "";
    OK(gal_filters_find(name, &f, &n));
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s", i ? " " : "", f[i]->name);
        gal_filter_unref(f[i]);
    }
    gal_free(f);
    assert_string_equal(got, want);
}

static void names_and_sets(void **state)
{
    (void)state;
    expect_set("SDSS.ugriz", "SDSS.u SDSS.g SDSS.r SDSS.i SDSS.z");
    expect_set("SDSS.zu", "SDSS.z SDSS.u");
    expect_set("SDSS", "SDSS.u SDSS.g SDSS.r SDSS.i SDSS.z");
    expect_set("sdss.G", "SDSS.g");
    expect_set("LSST.ugrizy", "LSST.u LSST.g LSST.r LSST.i LSST.z LSST.y");
    expect_set("Herschel.PACS", "Herschel.PACS.blue Herschel.PACS.green Herschel.PACS.red");
    expect_set("herschel",
               "Herschel.PACS.blue Herschel.PACS.green Herschel.PACS.red Herschel.SPIRE.PSW Herschel.SPIRE.PMW "
               "Herschel.SPIRE.PLW");
    expect_set("VISTA.ZYJHKs", "VISTA.Z VISTA.Y VISTA.J VISTA.H VISTA.Ks");
    expect_set("GALEX.*", "GALEX.FUV GALEX.NUV");
    expect_set("sdss.?", "SDSS.u SDSS.g SDSS.r SDSS.i SDSS.z");
    expect_set("JWST.*.F1?0M", "JWST.NIRISS.F140M JWST.NIRCam.F140M");
    expect_set("2MASS", "2MASS.J 2MASS.H 2MASS.Ks");
    expect_set("WISE.W1W4", "WISE.W1 WISE.W4");
    expect_set("Euclid", "Euclid.VIS Euclid.Y Euclid.J Euclid.H");
    gal_filter **f = NULL;
    size_t n = 0;
    FAILS(gal_filters_find("SDSS.gg", &f, &n), GAL_ENOTFOUND, "unknown filter 'SDSS.gg': SDSS has g i r u z");
    FAILS(gal_filters_find("SDSS.q", &f, &n), GAL_ENOTFOUND, "unknown filter 'SDSS.q': SDSS has g i r u z");
    FAILS(gal_filters_find("SSDS.g", &f, &n), GAL_ENOTFOUND,
          "unknown filter 'SSDS.g', did you mean 'SDSS.g', 'SDSS.i', 'SDSS.r'? (a file is named with its folder or "
          "suffix)");
    FAILS(gal_filters_find("GALAX.*", &f, &n), GAL_ENOTFOUND,
          "no built-in filter matches 'GALAX.*': filter.names() lists them");
    FAILS(gal_filters_find("", &f, &n), GAL_EINVAL, "filter name is empty");
    FAILS(gal_filters_find("no/such.dat", &f, &n), GAL_ENOTFOUND, "no/such.dat: no such filter file");
    assert_int_equal(n, 0);
    assert_null(f);
}

/* The 25 curves of parity_bands.h5 and what GalaPy makes of them (scripts/peers/filters_galapy.py). */
enum { NREF = 25 };
typedef struct golden {
    double pivot, norm, lo, hi, flux;
    gal_filter *f;
} golden;

static void read_golden(golden *g)
{
    gal_h5 *h;
    size_t n[1] = {NREF + 1}, m[1] = {0};
    int64_t offset[NREF + 1];
    double *wave, *trans;
    char name[64];
    OK(gal_h5_open(&h, "tests/ref/parity_bands.h5"));
    OK(gal_h5_read(h, "offset", GAL_H5_I64, 1, n, offset));
    OK(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, m, (void **)&wave));
    OK(gal_h5_read_alloc(h, "trans", GAL_H5_F64, 1, m, (void **)&trans));
    OK(gal_h5_close(h));
    FILE *in = reference_open("filters_galapy.csv");
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%*[^\n]"), 0);
    for (int i = 0; i < NREF; i++) {
        assert_int_equal(
            fscanf(in, " %63[^,],%lf,%lf,%lf,%lf,%lf", name, &g[i].pivot, &g[i].norm, &g[i].lo, &g[i].hi, &g[i].flux),
            6);
        OK(gal_filter_create(&g[i].f, name, wave + offset[i], trans + offset[i], (size_t)(offset[i + 1] - offset[i]),
                             false, "tests/ref/parity_bands.h5"));
    }
    fclose(in);
    gal_free(wave);
    gal_free(trans);
}

/* The parity rule through real curves, against GalaPy: S_nu = 1 .. 1e5 mJy at 2000 wavelengths 1e3 .. 1e10 A. */
static void golden_parity(void **state)
{
    (void)state;
    enum { N = 2000 };
    static double wave[N], lum[N];
    golden g[NREF];
    read_golden(g);
    gal_logspace(1e3, 1e10, N, wave);
    gal_logspace(1, 1e5, N, lum);
    for (int i = 0; i < N; i++)
        lum[i] /= wave[i] * wave[i];
    for (int i = 0; i < NREF; i++) {
        double flux;
        band_fluxes(g[i].f, wave, lum, N, 0, GAL_PHOT_GALAPY, &flux);
        near_rel(flux, g[i].flux, 1e-9);
        gal_filter_unref(g[i].f);
    }
}

/* pivot, norm and end wavelengths: exact integrals of the piecewise linear curves, against fine trapezia */
static void golden_pivots(void **state)
{
    (void)state;
    golden g[NREF];
    read_golden(g);
    for (int i = 0; i < NREF; i++) {
        const gal_filter *f = g[i].f;
        near_rel(f->pivot, g[i].pivot, 2e-5);
        near_rel(f->norm, g[i].norm, 4e-5);
        near_rel(f->wave[0], g[i].lo, 1e-8);
        near_rel(f->wave[f->n - 1], g[i].hi, 1e-8);
        gal_filter_unref(g[i].f);
    }
}

static void dsps_file(void **state)
{
    (void)state;
    const char *path = "build/my_u_transmission.h5";
    const double wave[3] = {3000, 3500, 4000}, trans[3] = {0, 0.5, 0};
    size_t n = 3;
    gal_h5 *h;
    gal_filter *f;
    for (int complete = 0; complete < 2; complete++) {
        OK(gal_h5_create(&h, path));
        OK(gal_h5_write(h, "wave", GAL_H5_F64, 1, &n, wave, NULL));
        if (complete)
            OK(gal_h5_write(h, "transmission", GAL_H5_F32, 1, &n, (const float[]){0, 0.5F, 0}, NULL));
        OK(gal_h5_close(h));
        if (!complete)
            FAILS(gal_filter_read(&f, path), GAL_EFORMAT,
                  "build/my_u_transmission.h5: a filter in HDF5 needs the datasets 'wave' and 'transmission'");
    }
    OK(gal_filter_read(&f, path));
    assert_string_equal(f->name, "my_u");
    for (size_t i = 0; i < 3; i++)
        assert_true(f->wave[i] == wave[i] && f->trans[i] == trans[i]);
    gal_filter_unref(f);
    remove(path);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedded_names), cmocka_unit_test(embedded_pivots), cmocka_unit_test(embedded_flat_spectrum),
        cmocka_unit_test(names_and_sets), cmocka_unit_test(golden_parity),   cmocka_unit_test(golden_pivots),
        cmocka_unit_test(dsps_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
