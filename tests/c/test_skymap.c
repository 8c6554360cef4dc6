/* Maps: files there and back and those of healpy, malformed ones, orderings, resolutions, cuts. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "io/fits.h"
#include "sky_ref.h"

static char dir[] = "/tmp/galua_test_skymap_XXXXXX";

static const char *at(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[300];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static gal_skymap *example(int64_t nside, gal_ordering order, int ncomp, bool single, const int64_t *pixels, int64_t n)
{
    gal_skymap *m;
    OK(gal_skymap_create(&m, nside, order, ncomp, single, pixels, n));
    for (int k = 0; k < ncomp; k++)
        for (int64_t i = 0; i < m->npix; i++)
            gal_skymap_set(m, k, i, formula_sky(pixels ? pixels[i] : i, k));
    OK(gal_skymap_set_unit(m, "uK_CMB"));
    m->coord = GAL_GALACTIC;
    return m;
}

static void same(const gal_skymap *a, const gal_skymap *b)
{
    assert_int_equal(a->nside, b->nside);
    assert_int_equal(a->npix, b->npix);
    assert_int_equal(a->order, b->order);
    assert_int_equal(a->ncomp, b->ncomp);
    assert_int_equal(a->iqu, b->iqu);
    assert_int_equal(a->single, b->single);
    assert_int_equal(a->coord, b->coord);
    assert_int_equal(a->pixels != NULL, b->pixels != NULL);
    if (a->pixels)
        assert_memory_equal(a->pixels, b->pixels, (size_t)a->npix * sizeof *a->pixels);
    for (int k = 0; k < a->ncomp; k++) {
        assert_string_equal(a->unit[k], b->unit[k]);
        assert_memory_equal(a->data[k], b->data[k], (size_t)a->npix * (a->single ? 4 : 8));
    }
}

static void there_and_back(void **state)
{
    (void)state;
    const int64_t some[5] = {0, 3, 77, 78, 767};
    for (int q = 0; q < 32; q++) {
        bool cut = q & 1, single = q & 2, iqu = q & 4, nested = q & 8, iau = q & 16;
        gal_skymap *m = example(cut ? 8 : 16, nested, iqu ? 3 : 2, single, cut ? some : NULL, 5), *r;
        gal_skymap_set(m, 1, 2, GAL_UNSEEN);
        gal_log_set_level(GAL_LOG_ERROR); /* what is said of it: bad_values */
        OK(gal_skymap_write(m, at("a.fits"), iau ? GAL_IAU : GAL_COSMO, 1, &(gal_skymap_key){"FREQ", NULL, 143, "GHz"},
                            "line 1\nline 2"));
        const int both[2] = {0, 1};
        gal_skymap_read_opts o = GAL_SKYMAP_READ_DEFAULTS;
        if (!iqu) {
            o.fields = both;
            o.nfield = 2;
        }
        OK(gal_skymap_read(&r, at("a.fits"), &o));
        same(m, r);
        gal_skymap_free(r);
        if (iqu && iau && !cut) { /* the file has the other sign */
            gal_fits *f;
            double u[4];
            OK(gal_fits_open(&f, at("a.fits")));
            OK(gal_fits_select_number(f, 2));
            OK(gal_fits_read_elements(f, 2, GAL_FITS_F64, 0, 4, u));
            NEAR(u[3], -gal_skymap_get(m, 2, 3), 0);
            gal_fits_abandon(f);
        }
        gal_skymap_free(m);
    }
}

static void files_of_healpy(void **state)
{
    (void)state;
    gal_skymap *m;
    gal_skymap_info i;
    OK(gal_skymap_inspect(&i, "tests/ref/healpix_partial.fits"));
    assert_true(i.partial && i.polcconv == GAL_IAU && i.polcconv_given && i.iqu && !i.single);
    OK(gal_skymap_read(&m, "tests/ref/healpix_partial.fits", NULL));
    assert_int_equal(m->nside, 16);
    assert_int_equal(m->npix, 20);
    assert_int_equal(m->coord, GAL_EQUATORIAL);
    assert_string_equal(m->unit[2], "mK_CMB");
    for (int k = 0; k < 3; k++)
        for (int64_t p = 0; p < 20; p++) {
            assert_int_equal(m->pixels[p], 430 + p);
            NEAR(gal_skymap_get(m, k, p), (k == 2 ? -1 : 1) * (20 * k + (double)p - 7.5), 0); /* IAU: U turned */
        }
    assert_int_equal(gal_skymap_index(m, 449), 19);
    assert_int_equal(gal_skymap_index(m, 450), -1);
    gal_skymap_free(m);
    OK(gal_skymap_read(&m, "tests/ref/healpix_nested.fits", NULL));
    assert_int_equal(m->order, GAL_NESTED);
    assert_true(m->single && !m->iqu && m->ncomp == 1);
    assert_string_equal(m->unit[0], "MJy/sr");
    for (int64_t p = 0; p < m->npix; p++)
        NEAR(gal_skymap_get(m, 0, p), (float)formula_sky(p, 0), 0);
    gal_skymap_free(m);
}

static void blocks(void **state)
{
    (void)state;
    gal_skymap *m = example(128, GAL_RING, 3, true, NULL, 0); /* 196608 pixels: several blocks */
    gal_skymap_file *f;
    double *out[3];
    OK(gal_skymap_write(m, at("b.fits"), GAL_COSMO, 0, NULL, NULL));
    OK(gal_skymap_file_open(&f, at("b.fits"), NULL));
    for (int k = 0; k < 3; k++)
        out[k] = GAL_NEWN(double, 5000);
    const int64_t first[4] = {0, 65530, 100001, 191608};
    for (int q = 0; q < 4; q++) {
        int64_t pix[5000];
        OK(gal_skymap_file_read(f, first[q], 5000, out, pix));
        for (int k = 0; k < 3; k++)
            for (int64_t i = 0; i < 5000; i += 99) {
                assert_int_equal(pix[i], first[q] + i);
                NEAR(out[k][i], gal_skymap_get(m, k, first[q] + i), 0);
            }
    }
    FAILS(gal_skymap_file_read(f, 191609, 5000, out, NULL), GAL_EINVAL, "has 196608");
    for (int k = 0; k < 3; k++)
        gal_free(out[k]);
    gal_skymap_file_close(f);
    gal_skymap_free(m);
}

/* ------------------------------------------------------------------ malformed files: one line each */
typedef struct table {
    size_t rows, repeat;
    const char *pixtype, *ordering, *scheme, *polcconv;
    int64_t nside;
    const int64_t *pixel; /* a first column PIXEL */
    double *data;
} table;

static void put(const char *name, table t)
{
    gal_fits *f;
    gal_fits_column c[2] = {{.name = "PIXEL", .type = GAL_FITS_I64, .repeat = 1, .data = t.pixel},
                            {.name = "SIGNAL", .type = GAL_FITS_F64, .repeat = t.repeat, .data = t.data}};
    OK(gal_fits_create(&f, at(name)));
    OK(gal_fits_write_table(f, "MAP", t.rows, t.pixel ? 2 : 1, t.pixel ? c : c + 1));
    if (t.pixtype)
        OK(gal_fits_set_string(f, "PIXTYPE", t.pixtype, NULL));
    if (t.ordering)
        OK(gal_fits_set_string(f, "ORDERING", t.ordering, NULL));
    if (t.scheme)
        OK(gal_fits_set_string(f, "INDXSCHM", t.scheme, NULL));
    if (t.polcconv)
        OK(gal_fits_set_string(f, "POLCCONV", t.polcconv, NULL));
    if (t.nside)
        OK(gal_fits_set_i64(f, "NSIDE", t.nside, NULL));
    OK(gal_fits_close(f));
}

/* Overwrites the first `n` bytes of the card that begins with `old`. */
static void edit(const char *name, const char *old, const char *new)
{
    char *text;
    size_t n;
    OK(gal_read_file(at(name), &text, &n));
    char *p = memmem(text, n, old, strlen(old));
    assert_non_null(p);
    memcpy(p, new, strlen(new));
    OK(gal_write_file(at(name), text, n));
    gal_free(text);
}

static void malformed(void **state)
{
    (void)state;
    double x[768];
    int64_t twice[3] = {5, 9, 5}, outside[3] = {5, 9, 48}, fine[3] = {9, 2, 5};
    gal_skymap *m;
    for (int i = 0; i < 768; i++)
        x[i] = i;
    const struct {
        table t;
        const char *says;
    } cases[] = {
        {{48, 1, "HEALPIX", "RING", NULL, NULL, 0, NULL, x}, "no keyword NSIDE"},
        {{48, 1, "HEALPIX", "RING", NULL, NULL, 4, NULL, x}, "48 values a column, but NSIDE = 4 has 192 pixels"},
        {{48, 1, "HEALPIX", "RING", NULL, NULL, -2, NULL, x}, "keyword NSIDE: nside -2: expected 1 to 2^29"},
        {{108, 1, "HEALPIX", "NESTED", NULL, NULL, 3, NULL, x}, "keyword NSIDE: nside 3: NESTED"},
        {{48, 1, "HEALPIX", NULL, NULL, NULL, 2, NULL, x}, "no keyword ORDERING"},
        {{48, 1, "HEALPIX", "SPIRAL", NULL, NULL, 2, NULL, x}, "ordering 'SPIRAL': expected RING or NESTED"},
        {{48, 1, "CAR", "RING", NULL, NULL, 2, NULL, x}, "PIXTYPE is 'CAR', expected 'HEALPIX'"},
        {{3, 1, "HEALPIX", "RING", "EXPLICIT", NULL, 2, NULL, x}, "without an integer column PIXEL"},
        {{3, 1, "HEALPIX", "RING", "EXPLICIT", NULL, 2, twice, x}, "pixel number 5 occurs twice (rows 1 and 3)"},
        {{3, 1, "HEALPIX", "RING", "EXPLICIT", NULL, 2, outside, x}, "row 3: pixel number 48, NSIDE = 2 has 0 to 47"},
        {{48, 1, "HEALPIX", "RING", NULL, "WRONG", 2, NULL, x}, "POLCCONV is 'WRONG'"},
        {{3, 16, "HEALPIX", "RING", NULL, NULL, INT64_C(1) << 40, NULL, x}, "expected 1 to 2^29"},
    };
    for (size_t q = 0; q < sizeof cases / sizeof *cases; q++) {
        put("m.fits", cases[q].t);
        FAILS(gal_skymap_read(&m, at("m.fits"), NULL), GAL_EFORMAT, cases[q].says);
        assert_memory_equal(gal_error_message(), dir, strlen(dir)); /* names the file */
        assert_null(m);
    }
    gal_log_set_level(GAL_LOG_ERROR);
    put("m.fits", (table){3, 1, "HEALPIX", "RING", "EXPLICIT", NULL, 2, fine, x});
    OK(gal_skymap_read(&m, at("m.fits"), NULL)); /* sorted on the way */
    assert_true(m->pixels[0] == 2 && gal_skymap_get(m, 0, 0) == 1 && gal_skymap_get(m, 0, 2) == 0);
    assert_string_equal(m->unit[0], "");
    gal_skymap_free(m);
    put("m.fits", (table){12, 4, "HEALPIX", NULL, NULL, NULL, 2, NULL, x});
    gal_skymap_read_opts o = GAL_SKYMAP_READ_DEFAULTS;
    o.order = 1 + GAL_NESTED;
    OK(gal_skymap_read(&m, at("m.fits"), &o)); /* the reader says what the file does not */
    assert_int_equal(m->order, GAL_NESTED);
    gal_skymap_free(m);
    int second[1] = {1};
    o.fields = second;
    o.nfield = 1;
    FAILS(gal_skymap_read(&m, at("m.fits"), &o), GAL_EINVAL, "has 1 field, asked for field 2");
    put("m.fits", (table){768, 1, "HEALPIX", "RING", NULL, NULL, 8, NULL, x});
    edit("m.fits", "TFORM1  = '1D ", "TFORM1  = '2D ");
    FAILS(gal_skymap_read(&m, at("m.fits"), NULL), GAL_EFORMAT,
          "HDU 2: its columns (TFORM) do not fill its rows (NAXIS1)");
    put("m.fits", (table){768, 1, "HEALPIX", "RING", NULL, NULL, 8, NULL, x});
    assert_int_equal(truncate(at("m.fits"), 5760 + 2880), 0);
    FAILS(gal_skymap_read(&m, at("m.fits"), NULL), GAL_EFORMAT, "truncated");
    FAILS(gal_skymap_read(&m, "README.md", NULL), GAL_EFORMAT, "not a readable FITS file");
    FAILS(gal_skymap_read(&m, at("none.fits"), NULL), GAL_ENOTFOUND, "no such file");
    gal_fits *f;
    size_t dims[2] = {8, 96};
    OK(gal_fits_create(&f, at("image.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, 2, dims, x, NULL));
    OK(gal_fits_close(f));
    FAILS(gal_skymap_read(&m, at("image.fits"), NULL), GAL_EFORMAT, "holds no binary table");
}

static char said[4][300];
static int nsaid;
static void listen(void *ctx, gal_log_level level, const char *module, const char *text)
{
    (void)ctx, (void)module;
    if (level == GAL_LOG_WARN && nsaid < 4)
        snprintf(said[nsaid++], sizeof said[0], "%s", text);
}

/* What is wrong with values is said, a line each, and read all the same */
static void bad_values(void **state)
{
    (void)state;
    double x[48];
    gal_skymap *m;
    for (int i = 0; i < 48; i++)
        x[i] = i;
    x[3] = NAN;
    x[4] = INFINITY;
    x[5] = (float)GAL_UNSEEN;
    put("v.fits", (table){48, 1, "HEALPIX", "RING", NULL, NULL, 2, NULL, x});
    gal_log_set_sink(listen, NULL);
    gal_log_set_level(GAL_LOG_WARN);
    OK(gal_skymap_read(&m, at("v.fits"), NULL));
    assert_int_equal(nsaid, 3);
    assert_non_null(strstr(said[0], "v.fits: 2 values are not finite: taken as UNSEEN"));
    assert_non_null(strstr(said[1], "v.fits: 1 values of 48 are UNSEEN"));
    assert_non_null(strstr(said[2], "v.fits: no unit (keyword TUNIT1): say which when reading"));
    for (int i = 0; i < 48; i++) {
        bool bad = i >= 3 && i <= 5;
        assert_int_equal(gal_skymap_bad(gal_skymap_get(m, 0, i)), bad);
        NEAR(gal_skymap_get(m, 0, i), bad ? GAL_UNSEEN : i, 0);
    }
    gal_skymap_free(m);
    gal_skymap_read_opts o = GAL_SKYMAP_READ_DEFAULTS;
    o.unit = "mK_CMB"; /* the reader says: nothing more about it */
    nsaid = 0;
    OK(gal_skymap_read(&m, at("v.fits"), &o));
    assert_int_equal(nsaid, 2);
    assert_string_equal(m->unit[0], "mK_CMB");
    gal_skymap_free(m);
    gal_log_set_level(GAL_LOG_ERROR);
    gal_log_set_sink(NULL, NULL);
    assert_true(gal_skymap_bad(GAL_UNSEEN) && gal_skymap_bad((float)GAL_UNSEEN) && gal_skymap_bad(NAN));
    assert_true(!gal_skymap_bad(-1.6e30) && !gal_skymap_bad(-1e31) && !gal_skymap_bad(0));
}

/* ------------------------------------------------------------------ grids */
static void resolutions(void **state)
{
    (void)state;
    static const double down[12] = {5.5, 7.25, 9, 10.75, 21.75, 21.75, 23.75, 25.75, 36.5, 38.25, 40, 41.75};
    static const double up[12] = {0, 1, 2, 3, 0, 0, 1, 1, 2, 2, 3, 3};
    gal_skymap *m, *d, *n, *b;
    size_t count;
    OK(gal_skymap_create(&m, 2, GAL_RING, 1, false, NULL, 0));
    for (int i = 0; i < 48; i++)
        gal_skymap_set(m, 0, i, i);
    OK(gal_skymap_ud_grade(&d, m, 1, 0));
    for (int i = 0; i < 12; i++)
        NEAR(gal_skymap_get(d, 0, i), down[i], 0);
    OK(gal_skymap_reorder(&n, m, GAL_NESTED));
    OK(gal_skymap_ud_grade(&b, n, 1, 0));
    for (int i = 0; i < 12; i++)
        NEAR(gal_skymap_get(b, 0, i), gal_skymap_get(d, 0, i), 0);
    gal_skymap_free(b);
    gal_skymap_free(n);
    for (int i = 0; i < 12; i++)
        gal_skymap_set(d, 0, i, i);
    OK(gal_skymap_ud_grade(&b, d, 2, -2));
    for (int i = 0; i < 12; i++)
        NEAR(gal_skymap_get(b, 0, i), up[i] / 4, 0);
    gal_skymap_free(b);
    gal_skymap_free(d);
    gal_skymap_set(m, 0, 0, GAL_UNSEEN);
    gal_skymap_set(m, 0, 4, NAN);
    OK(gal_skymap_ud_grade(&d, m, 1, 0)); /* pixel 0 of nside 1 is made of 0, 4, 5, 13: 9 is the mean of those left */
    NEAR(gal_skymap_get(d, 0, 0), 9, 0);
    gal_skymap_free(d);
    gal_skymap_free(m);

    m = example(16, GAL_RING, 1, false, NULL, 0);
    OK(gal_skymap_ud_grade(&d, m, 4, 0));
    const double *want = ref("ud_grade_down", &count);
    for (size_t i = 0; i < count; i++)
        NEAR(gal_skymap_get(d, 0, (int64_t)i), want[i], 1e-15);
    gal_skymap_free(d);
    m->order = GAL_NESTED;
    OK(gal_skymap_ud_grade(&d, m, 8, 0));
    want = ref("ud_grade_nest", &count);
    for (size_t i = 0; i < count; i++)
        NEAR(gal_skymap_get(d, 0, 7 * (int64_t)i), want[i], 1e-15);
    FAILS(gal_skymap_ud_grade(&n, d, 3, 0), GAL_EINVAL, "power of two");
    d->order = GAL_RING;
    FAILS(gal_skymap_ud_grade(&n, d, 3, 0), GAL_EINVAL, "one must be a multiple of the other");
    gal_skymap_free(d);
    gal_skymap_free(m);
}

static void cuts(void **state)
{
    (void)state;
    gal_skymap *m = example(8, GAL_RING, 3, true, NULL, 0), *c, *u, *f, *n, *b, *w;
    double v[3] = {0.3, 0.2, 0.9};
    int64_t *list;
    size_t k;
    OK(gal_healpix_query_disc(8, GAL_RING, v, 0.4, false, &list, &k));
    OK(gal_skymap_cut(&c, m, list, (int64_t)k));
    OK(gal_skymap_full(&f, c));
    for (int64_t p = 0; p < m->npix; p++)
        NEAR(gal_skymap_get(f, 1, p), gal_skymap_index(c, p) < 0 ? (float)GAL_UNSEEN : gal_skymap_get(m, 1, p), 0);
    /* the same pixels in the other ordering and back; up and down again */
    OK(gal_skymap_reorder(&n, c, GAL_NESTED));
    OK(gal_skymap_reorder(&b, n, GAL_RING));
    same(b, c);
    gal_skymap_free(b);
    OK(gal_skymap_ud_grade(&u, n, 32, 0));
    assert_int_equal(u->npix, 16 * (int64_t)k);
    OK(gal_skymap_ud_grade(&b, u, 8, 0));
    same(b, n);
    OK(gal_skymap_ud_grade(&w, c, 2, 0));
    assert_true(w->npix < 48 && w->npix > 3 && w->pixels);
    gal_skymap_free(w);
    gal_skymap *const all[] = {m, c, u, f, n, b};
    for (int i = 0; i < 6; i++)
        gal_skymap_free(all[i]);
    int64_t wrong[2] = {7, 7}, out[1] = {768};
    FAILS(gal_skymap_create(&c, 8, GAL_RING, 1, false, wrong, 2), GAL_EINVAL, "pixel number 7 at place 2");
    FAILS(gal_skymap_create(&c, 8, GAL_RING, 1, false, out, 1), GAL_EINVAL, "pixel number 768");
    FAILS(gal_skymap_create(&c, 8, GAL_RING, 0, false, NULL, 0), GAL_EINVAL, "0 components");
    gal_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(files_of_healpy), cmocka_unit_test(blocks),
        cmocka_unit_test(malformed),      cmocka_unit_test(bad_values),      cmocka_unit_test(resolutions),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
