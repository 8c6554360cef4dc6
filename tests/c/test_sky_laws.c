/* Emission laws against numbers of PySM 3 (docs/sky.md), limits and closed forms; plans: bands, polynomials, reduced channels, threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"
#include "galua/num.h"
#include "galua/rng.h"
#include "galua/sky.h"

typedef struct law_case {
    const char *law;
    double opt[6], par[3];
} law_case;

static gal_sky_part *part_of(const law_case *c, const gal_sky_table *tables)
{
    gal_field *one, *par[3] = {NULL};
    gal_sky_part *p;
    const gal_sky_law *law = gal_sky_law_find(c->law);
    const gal_sky_input *in;
    assert_non_null(law);
    assert_int_equal(gal_field_number(&one, 1), GAL_OK);
    gal_sky_part_args a = {.law = law, .amplitude = {one, one, one}, .opt = c->opt, .table = tables};
    for (size_t i = 0; i < gal_sky_law_parameters(law, &in); i++) {
        assert_int_equal(gal_field_number(&par[i], c->par[i]), GAL_OK);
        a.par[i] = par[i];
    }
    if (gal_sky_part_create(&p, &a) != GAL_OK)
        fail_msg("%s", gal_error_message());
    gal_field_unref(one);
    for (int i = 0; i < 3; i++)
        gal_field_unref(par[i]);
    return p;
}

static gal_band *tophat(double lo, double hi, size_t n)
{
    double nu[1024];
    gal_band *b;
    gal_linspace(lo, hi, n, nu);
    nu[0] = lo;
    assert_int_equal(gal_band_create(&b, "tophat", n, nu, NULL, GAL_BAND_POWER), GAL_OK);
    return b;
}

static double scale(const gal_sky_part *p, int which, const double *par, double lo, double hi, size_t n)
{
    double f;
    gal_band *b = tophat(lo, hi, n);
    if (gal_sky_part_scale(p, which, b, par, &f) != GAL_OK)
        fail_msg("%s", gal_error_message());
    gal_band_unref(b);
    return f;
}

typedef struct row {
    double nu, i, p;
} row;

static void compare(const law_case *c, const gal_sky_table *tables, const row *t, size_t n, double rel)
{
    gal_sky_part *p = part_of(c, tables);
    for (size_t k = 0; k < n; k++) {
        if (isfinite(t[k].i))
            CLOSE(scale(p, 0, c->par, t[k].nu, t[k].nu, 1), t[k].i, rel);
        if (isfinite(t[k].p))
            CLOSE(scale(p, 1, c->par, t[k].nu, t[k].nu, 1), t[k].p, rel);
    }
    gal_sky_part_unref(p);
}
#define ROWS(t) t, sizeof(t) / sizeof *(t)

static const law_case D0 = {"mbb", {545, 353}, {1.54, 20}}, D9 = {"mbb", {353, 353}, {1.48, 19.6}},
                      S0 = {"power_law", {0.408, 23}, {-3}}, S3 = {"curved_power_law", {0.408, 23, 23}, {-3, -0.052}};

static void modified_black_body(void **state)
{
    (void)state;
    static const row d0[] = {
        {30, 0.0228819933996, 0.0340653714913},
        {100, 0.134061611467, 0.199583074673},
        {143, 0.220307202719, 0.32798045921},
        {217, 0.380743977859, 0.56682933267},
        {353, 0.671708318385, 1},
        {857, 1.24935749029, 1.85997025211},
        {545, 1, 1 / 0.671708318385}}; /* the last: P at the reference of I is scaled, as everywhere */
    static const row d9[] = {{30, 0.0398576996513, 0.0398576996513},
                             {100, 0.216853602974, 0.216853602974},
                             {217, 0.586009979898, 0.586009979898},
                             {353, 1, 1},
                             {857, 1.73226152233, 1.73226152233}};
    compare(&D0, NULL, ROWS(d0), 1e-10);
    compare(&D9, NULL, ROWS(d9), 1e-10);
    gal_sky_part *p = part_of(&D0, NULL);
    CLOSE(scale(p, 0, D0.par, 140, 160, 10), 0.23604348914, 1e-10);
    CLOSE(scale(p, 1, D0.par, 140, 160, 10), 0.351407720702, 1e-10);
    static const double nu[] = {95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105},
                        w[] = {2, 3, 5, 9, 11, 11.5, 11, 9, 5, 3, 2};
    gal_band *b;
    double f;
    assert_int_equal(gal_band_create(&b, "docs", 11, nu, w, GAL_BAND_POWER), GAL_OK);
    assert_int_equal(gal_sky_part_scale(p, 0, b, D0.par, &f), GAL_OK);
    CLOSE(f, 0.134256274858, 1e-11);
    assert_int_equal(gal_sky_part_scale(p, 1, b, D0.par, &f), GAL_OK);
    CLOSE(f, 0.199872878128, 1e-11);
    gal_band_unref(b);
    /* B_400/B_100 at 20 K: the factor without (nu/nu0)^(beta - 2) */
    const law_case c = {"mbb", {100, 100}, {2, 20}};
    gal_sky_part *q = part_of(&c, NULL);
    CLOSE(scale(q, 0, c.par, 400, 400, 1), 10.77195700500034, 1e-13);
    /* h nu << k T: a power law of index beta; the next term is h (nu - nu0)/2kT = 5e-6 */
    const double hot[] = {1.7, 3e5};
    CLOSE(scale(q, 0, hot, 30, 30, 1), pow(0.3, 1.7), 1e-5);
    gal_sky_part_unref(q);
    gal_sky_part_unref(p);
}

static void power_laws(void **state)
{
    (void)state;
    static const row s0[] = {
        {30, 2.515456e-06, 0.45062962963}, {100, 6.7917312e-08, 0.012167}, {353, 1.54403227119e-09, 2.76604595947e-4}};
    static const row s3[] = {{30, 2.37043824135e-06, 0.44897835382},
                             {100, 4.46045961328e-08, 0.0108743858416},
                             {353, 5.90955607527e-10, 1.87684374458e-4}};
    compare(&S0, NULL, ROWS(s0), 2e-11);
    compare(&S3, NULL, ROWS(s3), 2e-11);
    gal_sky_part *p = part_of(&S0, NULL), *q = part_of(&S3, NULL);
    CLOSE(scale(p, 0, S0.par, 140, 160, 10), 2.01237341774e-08, 1e-11);
    CLOSE(scale(p, 1, S0.par, 140, 160, 10), 0.00360505247523, 1e-11);
    CLOSE(scale(q, 0, S3.par, 140, 160, 10), 1.13235071102e-08, 1e-11);
    CLOSE(scale(q, 1, S3.par, 140, 160, 10), 0.00300383818719, 1e-11);
    gal_sky_part_unref(q);
    const law_case f1 = {"power_law", {30, 30}, {-2.14}};
    q = part_of(&f1, NULL);
    CLOSE(scale(q, 0, f1.par, 140, 160, 10), 0.0318858571381, 1e-11);
    /* A top-hat converges to the analytic band average as 1/n^2 */
    double beta = -2.14, a = 140, b = 160, x = 30;
    double exact = 3 * (pow(b, beta + 3) - pow(a, beta + 3)) * pow(x, -beta) / ((beta + 3) * (b * b * b - a * a * a));
    double e11 = scale(q, 0, f1.par, a, b, 11) / exact - 1, e101 = scale(q, 0, f1.par, a, b, 101) / exact - 1,
           e1001 = scale(q, 0, f1.par, a, b, 1001) / exact - 1;
    CLOSE(e11 / e101, 100, 1e-3);
    CLOSE(e101 / e1001, 100, 1e-3);
    gal_sky_part_unref(q);
    gal_sky_part_unref(p);
}

static double *read_columns(const char *path, size_t *rows, size_t *cols)
{
    char *text, *end;
    size_t n, have = 0, room = 1024;
    assert_int_equal(gal_read_file(path, &text, &n), GAL_OK);
    double *x = gal_alloc(room * sizeof *x);
    *rows = *cols = 0;
    for (char *line = text; *line; line = end) {
        end = strchr(line, '\n') ? strchr(line, '\n') + 1 : line + strlen(line);
        size_t before = have;
        for (char *p = line, *q; *line != '#' && (strtod(p, &q), q > p && q <= end); p = q) {
            if (have == room)
                x = gal_realloc(x, (room *= 2) * sizeof *x);
            x[have++] = strtod(p, &q);
        }
        *cols = have > before ? have - before : *cols;
        *rows += have > before;
    }
    gal_free(text);
    return x;
}

static void spinning_dust(void **state)
{
    (void)state;
    static const struct {
        double nu, a, b;
    } t[] = {{10, 2.04332824371, 1.4600084245},          {20, 1.38216040346, 2.70741261535},
             {30, 0.312696966455, 2.11743679991},        {44, 0.0219250111015, 0.754488768038},
             {70, 3.91833107192e-4, 0.0410805037677},    {100, 1.2909814877e-05, 0.00202012638889},
             {353, 2.75312947118e-12, 3.81090277355e-09}};
    size_t rows, cols;
    double *x = read_columns("data/sky/emissivity.txt", &rows, &cols);
    gal_sky_table table = {x, rows, cols};
    assert_int_equal(rows, 1000);
    const law_case c1 = {"spdust", {22.8, 30}, {20}}, c2 = {"spdust", {41, 30}, {33.35}};
    gal_sky_part *p = part_of(&c1, &table), *q = part_of(&c2, &table);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        CLOSE(scale(p, 0, c1.par, t[i].nu, t[i].nu, 1), t[i].a, 2e-11);
        CLOSE(scale(q, 0, c2.par, t[i].nu, t[i].nu, 1), t[i].b, 2e-11);
    }
    gal_sky_part_unref(p);
    gal_sky_part_unref(q);
    gal_free(x);
}

/* d_i = r_i + sum_j L_ij g_j: r and L of the closed form at one frequency, with the draws of seed 123; exact at the reference; sample
 * covariance of two frequencies over 20000 seeds */
static void decorrelation(void **state)
{
    (void)state;
    law_case c = {"mbb_decorrelated", {545, 353, 5, 123}, {1.54, 20}};
    gal_sky_part *p = part_of(&c, NULL), *q = part_of(&D0, NULL);
    double g[] = {-1.0856306033005612, 0.9973454465835858};
    static const struct {
        int which;
        double nu, r, l;
    } t[] = {{0, 100, 0.944119770035, 0.329602578614},
             {1, 100, 0.968683402596, 0.248299145256},
             {1, 30, 0.885545721061, 0.464552231627}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        CLOSE(scale(p, t[i].which, c.par, t[i].nu, t[i].nu, 1) / scale(q, t[i].which, D0.par, t[i].nu, t[i].nu, 1),
              t[i].r + t[i].l * g[t[i].which], 1e-10);
    CLOSE(scale(p, 0, c.par, 545, 545, 1), 1, 1e-14);
    CLOSE(scale(p, 1, c.par, 353, 353, 1), 1, 1e-14);
    gal_sky_part_unref(p);
    double s[2] = {0}, v[3] = {0}, nu[] = {100, 143}, r[2];
    enum { N = 20000 };
    gal_band *b = tophat(100, 143, 2), *one[2] = {tophat(100, 100, 1), tophat(143, 143, 1)};
    double m[2], f[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gal_sky_part_scale(q, 0, one[i], D0.par, &m[i]), GAL_OK);
        r[i] = exp(-0.5 * pow(log(nu[i] / 545) / 5, 2));
    }
    for (int k = 0; k < N; k++) {
        c.opt[3] = k + 1;
        p = part_of(&c, NULL);
        /* both frequencies of one draw: the band's value and that of a band with another weight, solved for d_1, d_2 */
        const double *a = gal_band_coef(b);
        gal_band *other;
        double w2[] = {1, 3};
        assert_int_equal(gal_band_create(&other, "w", 2, nu, w2, GAL_BAND_POWER), GAL_OK);
        const double *e = gal_band_coef(other);
        assert_int_equal(gal_sky_part_scale(p, 0, b, D0.par, &f[0]), GAL_OK);
        assert_int_equal(gal_sky_part_scale(p, 0, other, D0.par, &f[1]), GAL_OK);
        double det = (a[0] * e[1] - a[1] * e[0]) * m[0] * m[1];
        double d0 = (f[0] * e[1] - f[1] * a[1]) * m[1] / det, d1 = (f[1] * a[0] - f[0] * e[0]) * m[0] / det;
        s[0] += d0 / N;
        s[1] += d1 / N;
        v[0] += (d0 - r[0]) * (d0 - r[0]) / N;
        v[1] += (d1 - r[1]) * (d1 - r[1]) / N;
        v[2] += (d0 - r[0]) * (d1 - r[1]) / N;
        gal_band_unref(other);
        gal_sky_part_unref(p);
    }
    double c00 = 1 - r[0] * r[0], c11 = 1 - r[1] * r[1], c01 = exp(-0.5 * pow(log(nu[0] / nu[1]) / 5, 2)) - r[0] * r[1];
    for (int i = 0; i < 2; i++)
        assert_true(fabs(s[i] - r[i]) < 5 * sqrt((i ? c11 : c00) / N));
    CLOSE(v[0], c00, 5 * sqrt(2. / N)); /* five standard errors */
    CLOSE(v[1], c11, 5 * sqrt(2. / N));
    CLOSE(v[2], c01, 5 * sqrt(2. / N) * sqrt(c00 * c11) / c01);
    for (int i = 0; i < 2; i++)
        gal_band_unref(one[i]);
    gal_band_unref(b);
    gal_sky_part_unref(q);
}

static void spectra(void **state)
{
    (void)state;
    static const row tsz[] = {{30, -5323795.399, NAN},  {93, -4282762.53, NAN},   {100, -4109054.963, NAN},
                              {143, -2834022.834, NAN}, {150, -2596765.311, NAN}, {217, -19348.297, NAN},
                              {280, 2733497.177, NAN},  {353, 6109390.653, NAN},  {545, 15259933.85, NAN}};
    law_case c = {"tsz", {0}, {0}}, k = {"cmb", {0}, {0}}, q = {"quadrupole", {2.72548}, {0}},
             l = {"line", {115.271}, {0}};
    gal_sky_part *p = part_of(&c, NULL), *cmb = part_of(&k, NULL), *quad = part_of(&q, NULL), *line = part_of(&l, NULL);
    for (size_t i = 0; i < sizeof tsz / sizeof *tsz; i++)
        CLOSE(scale(p, 0, NULL, tsz[i].nu, tsz[i].nu, 1) * gal_sky_g_rj(tsz[i].nu) / gal_sky_g_cmb(tsz[i].nu), tsz[i].i,
              tsz[i].nu == 217 ? 1e-7 : 1e-9); /* printed to 10 digits of the terms that cancel */
    CLOSE(1e-6 * scale(p, 0, NULL, 100, 100, 1), -3.19367136555, 1e-9);
    CLOSE(1e-6 * scale(p, 0, NULL, 140, 160, 11), -1.48673278688, 1e-9);
    CLOSE(scale(cmb, 0, NULL, 140, 160, 11), 0.574727435129, 1e-11);
    static const row f[] = {
        {80, 1.160147302, 0}, {90, 1.20102904, 0}, {100, 1.245953228, 0}, {110, 1.294700063, 0}, {353, 3.120393637, 0}};
    for (size_t i = 0; i < sizeof f / sizeof *f; i++)
        CLOSE(scale(quad, 0, NULL, f[i].nu, f[i].nu, 1) / scale(cmb, 0, NULL, f[i].nu, f[i].nu, 1), f[i].i, 1e-9);
    /* CO 1-0: 1 K_CMB, exactly on the line; in bands 1/width; outside nothing */
    CLOSE(1e6 * scale(line, 0, NULL, 115.271, 115.271, 1), 717301.873274, 1e-11);
    CLOSE(scale(line, 0, NULL, 114.271, 117.271, 4), 0.330437703995 * 0.717301873274, 1e-11);
    CLOSE(scale(line, 0, NULL, 100, 120, 2), 0.0547525409836 * 0.717301873274, 1e-11);
    assert_true(scale(line, 0, NULL, 90, 110, 11) == 0);
    gal_sky_part_unref(p);
    gal_sky_part_unref(cmb);
    gal_sky_part_unref(quad);
    gal_sky_part_unref(line);
}

/* Maps of 1 at 10, 2 at 20 GHz; 1, 2, 5 at 10, 20, 40 */
static void nodes(void **state)
{
    (void)state;
    static const double at[] = {10, 20, 40}, value[] = {1, 2, 5};
    gal_sky_part *p[3];
    for (int n = 2; n <= 3; n++) {
        for (int i = 0; i < n; i++) {
            law_case c = {"node", {at[i ? i - 1 : 0], at[i], at[i < n - 1 ? i + 1 : i], at[0], at[n - 1]}, {0}};
            p[i] = part_of(&c, NULL);
        }
        static const struct {
            int n;
            double lo, hi, want;
        } t[] = {{2, 15, 15, 1.5},  {2, 19, 19, 1.9},
                 {2, 15, 20, 1.82}, {2, 10, 12, 1.118032786885},
                 {2, 20, 20, 2},    {3, 12, 38, 4.382619647355164}};
        for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
            double sum = 0;
            if (t[k].n != n)
                continue;
            for (int i = 0; i < n; i++)
                sum += value[i] * scale(p[i], 0, NULL, t[k].lo, t[k].hi, t[k].lo < t[k].hi ? 2 : 1);
            CLOSE(sum, t[k].want, 1e-12);
        }
        gal_band *b = tophat(5, 5, 1);
        double f;
        assert_int_equal(gal_sky_part_scale(p[0], 0, b, NULL, &f), GAL_EDOMAIN);
        assert_non_null(strstr(gal_error_message(), "5 GHz is outside"));
        gal_band_unref(b);
        for (int i = 0; i < n; i++)
            gal_sky_part_unref(p[i]);
    }
}

/* ------------------------------------------------------------------ plans */
enum { NPIX = 12 * 32 * 32 };
typedef struct world {
    float i[NPIX], q[NPIX], u[NPIX], beta[NPIX], t[NPIX], peak[NPIX], bs[NPIX], out[8][3][NPIX];
    double exact[8][3][NPIX];
    double *emissivity;
} world;

static gal_field *map_of(const float *x)
{
    gal_field *f;
    assert_int_equal(gal_field_f32(&f, NPIX, x, 1, NULL, NULL), GAL_OK);
    return f;
}

static gal_sky_part *make(const char *law, const double *opt, const float *const amp[3], const float *const par[2],
                          const gal_sky_table *table)
{
    gal_sky_part *p;
    gal_sky_part_args a = {.law = gal_sky_law_find(law), .opt = opt, .table = table};
    for (int i = 0; i < 3; i++)
        a.amplitude[i] = amp[i] ? map_of(amp[i]) : NULL;
    for (int i = 0; i < 2; i++)
        a.par[i] = par[i] ? map_of(par[i]) : NULL;
    if (gal_sky_part_create(&p, &a) != GAL_OK)
        fail_msg("%s", gal_error_message());
    for (int i = 0; i < 3; i++)
        gal_field_unref(a.amplitude[i]);
    for (int i = 0; i < 2; i++)
        gal_field_unref(a.par[i]);
    return p;
}

static void fill(world *w, gal_sky_part *parts[4])
{
    gal_rng r;
    size_t rows, cols;
    gal_rng_init(&r, 7, 1, 0, 0, 0);
    for (int k = 0; k < NPIX; k++) {
        w->i[k] = (float)(100 * exp(gal_rng_normal(&r)));
        w->q[k] = (float)(5 * gal_rng_normal(&r));
        w->u[k] = (float)(5 * gal_rng_normal(&r));
        w->beta[k] = (float)(1.54 + 0.05 * tanh(gal_rng_normal(&r)));
        w->t[k] = (float)(20 + 3 * tanh(gal_rng_normal(&r)));
        w->bs[k] = (float)(-3 + 0.1 * tanh(gal_rng_normal(&r)));
        w->peak[k] = (float)(22 + 3 * tanh(gal_rng_normal(&r)));
    }
    w->emissivity = read_columns("data/sky/emissivity.txt", &rows, &cols);
    gal_sky_table table = {w->emissivity, rows, cols};
    const float *iqu[3] = {w->i, w->q, w->u}, *only[3] = {w->i};
    parts[0] = make("mbb", D0.opt, iqu, (const float *[2]){w->beta, w->t}, NULL);
    parts[1] = make("power_law", S0.opt, iqu, (const float *[2]){w->bs, NULL}, NULL);
    parts[2] = make("power_law", (double[]){30, 30}, only, (const float *[2]){w->bs, NULL}, NULL);
    parts[3] = make("spdust", (double[]){22.8, 30}, only, (const float *[2]){w->peak, NULL}, &table);
}

static gal_sky_plan *plan_of(gal_sky_part **parts, size_t n, gal_band **bands, size_t nb, double tolerance, double rank)
{
    gal_sky_channel c[256];
    gal_sky_plan *p;
    for (size_t i = 0; i < nb; i++) {
        c[i].band = bands[i];
        assert_int_equal(gal_sky_unit_parse(&c[i].unit, i % 2 ? "uK_RJ" : "uK_CMB"), GAL_OK);
    }
    gal_sky_plan_args a = {NPIX, n, nb, parts, c, tolerance, rank};
    if (gal_sky_plan_create(&p, &a) != GAL_OK)
        fail_msg("%s", gal_error_message());
    return p;
}

static void run32(const gal_sky_plan *p, world *w, size_t nb, int threads)
{
    gal_sky_output o[8];
    for (size_t c = 0; c < nb; c++)
        o[c] = (gal_sky_output){{w->out[c][0], w->out[c][1], w->out[c][2]}, true};
    gal_sky_run_args a = {.n = NPIX, .out = o, .threads = threads};
    if (gal_sky_plan_run(p, &a) != GAL_OK)
        fail_msg("%s", gal_error_message());
}

static void run64(const gal_sky_plan *p, world *w, size_t nb)
{
    gal_sky_output o[8];
    for (size_t c = 0; c < nb; c++)
        o[c] = (gal_sky_output){{w->exact[c][0], w->exact[c][1], w->exact[c][2]}, false};
    gal_sky_run_args a = {.n = NPIX, .out = o, .threads = 2};
    if (gal_sky_plan_run(p, &a) != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* Exact sums against the laws pixel by pixel; polynomials against exact sums within what they certify; threads and cuts bit for bit */
static void plans(void **state)
{
    (void)state;
    world *w = gal_calloc(1, sizeof *w);
    gal_sky_part *parts[4];
    fill(w, parts);
    gal_band *bands[3] = {tophat(25, 35, 10), tophat(90, 110, 10), tophat(340, 366, 10)};
    gal_sky_unit rj, cmb;
    gal_sky_unit_parse(&rj, "uK_RJ");
    gal_sky_unit_parse(&cmb, "uK_CMB");
    gal_sky_plan *exact = plan_of(parts, 4, bands, 3, 0, 0), *poly = plan_of(parts, 4, bands, 3, 1e-8, 0);
    assert_true(gal_sky_plan_error(exact) == 0);
    assert_true(gal_sky_plan_error(poly) > 0 && gal_sky_plan_error(poly) < 1e-8);
    run64(exact, w, 3);
    for (int k = 0; k < NPIX; k += 997)
        for (int c = 0; c < 3; c++) {
            double x[3] = {0}, f, factor = 1;
            const double p0[] = {w->beta[k], w->t[k]}, p1[] = {w->bs[k]}, p3[] = {w->peak[k]};
            const double *par[] = {p0, p1, p1, p3};
            for (int s = 0; s < 4; s++)
                for (int i = 0; i < (s < 2 ? 3 : 1); i++) {
                    assert_int_equal(gal_sky_part_scale(parts[s], i > 0, bands[c], par[s], &f), GAL_OK);
                    x[i] += f * (i == 0 ? w->i[k] : i == 1 ? w->q[k] : w->u[k]);
                }
            if (c % 2 == 0)
                assert_int_equal(gal_band_factor(bands[c], &rj, &cmb, &factor), GAL_OK);
            for (int i = 0; i < 3; i++)
                CLOSE(w->exact[c][i][k], factor * x[i], 1e-13);
        }
    run32(poly, w, 3, 1);
    float *once = gal_alloc(sizeof w->out);
    memcpy(once, w->out, sizeof w->out);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < NPIX; k++)
                CLOSE(w->out[c][i][k], w->exact[c][i][k],
                      1e-8 + 6e-8); /* certified, and the rounding of single precision */
    run32(poly, w, 3, 2);
    assert_memory_equal(once, w->out, sizeof w->out);
    /* part of the pixels */
    float part[3][500];
    gal_sky_output o[3] = {{{NULL}, true}, {{part[0], part[1], part[2]}, true}, {{NULL}, true}};
    gal_sky_run_args a = {.first = 777, .n = 500, .out = o};
    assert_int_equal(gal_sky_plan_run(poly, &a), GAL_OK);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(part[i], w->out[1][i] + 777, sizeof part[i]);
    char *text = gal_sky_plan_describe(poly);
    assert_non_null(strstr(text, "polynomial"));
    gal_free(text);
    gal_free(once);
    gal_sky_plan_free(exact);
    gal_sky_plan_free(poly);
    /* a bad pixel is bad in the result, and only it */
    w->t[5] = NAN;
    w->q[6] = -1.6375e30f;
    exact = plan_of(parts, 2, bands, 1, 0, 0);
    run32(exact, w, 1, 1);
    for (int k = 0; k < 10; k++)
        for (int i = 0; i < 3; i++)
            assert_int_equal(w->out[0][i][k] < -1e30f, k == 5 || (k == 6 && i == 1));
    gal_sky_plan_free(exact);
    for (int i = 0; i < 3; i++)
        gal_band_unref(bands[i]);
    for (int i = 0; i < 4; i++)
        gal_sky_part_unref(parts[i]);
    gal_free(w->emissivity);
    gal_free(w);
}

/* 100 detectors whose bands differ by a few per cent: a handful of maps, the others are sums of them */
static void detectors(void **state)
{
    (void)state;
    world *w = gal_calloc(1, sizeof *w);
    gal_sky_part *parts[4];
    gal_band *bands[100];
    gal_rng r;
    fill(w, parts);
    gal_rng_init(&r, 9, 1, 0, 0, 0);
    for (int d = 0; d < 100; d++) {
        double nu[20], wt[20];
        gal_linspace(88, 112, 20, nu);
        for (int i = 0; i < 20; i++)
            wt[i] = 1 / (1 + exp(-(nu[i] - 90) * 2)) / (1 + exp((nu[i] - 110) * 2)) * (1 + 0.1 * gal_rng_normal(&r));
        assert_int_equal(gal_band_create(&bands[d], "det", 20, nu, wt, GAL_BAND_POWER), GAL_OK);
    }
    gal_sky_plan *all = plan_of(parts, 4, bands, 8, 0, 0), *few = plan_of(parts, 4, bands, 100, 0, 3e-8);
    size_t n = gal_sky_plan_basis(few);
    assert_in_range(n, 3, 10);
    assert_true(gal_sky_plan_error(few) < 3e-8);
    run64(all, w, 8);
    double *basis = gal_alloc(n * 3 * NPIX * sizeof *basis);
    gal_sky_output o[20];
    for (size_t b = 0; b < n; b++)
        for (int i = 0; i < 3; i++) {
            o[b].x[i] = basis + (3 * b + (size_t)i) * NPIX;
            o[b].f32 = false;
        }
    gal_sky_run_args a = {.n = NPIX, .out = o, .only_basis = true};
    assert_int_equal(gal_sky_plan_run(few, &a), GAL_OK);
    for (size_t c = 0; c < 8; c++)
        for (int i = 0; i < 3; i++) {
            double rms = 0;
            for (int k = 0; k < NPIX; k++)
                rms += w->exact[c][i][k] * w->exact[c][i][k] / NPIX;
            for (int k = 0; k < NPIX; k++) {
                double x = 0;
                for (size_t b = 0; b < n; b++)
                    x += gal_sky_plan_coefficient(few, c, b, NULL) * basis[(3 * b + (size_t)i) * NPIX + (size_t)k];
                /* relative to the rms of the map, and to a pixel that is brighter */
                assert_true(fabs(x - w->exact[c][i][k]) <= 6e-8 * fmax(fabs(w->exact[c][i][k]), sqrt(rms)));
            }
        }
    gal_free(basis);
    gal_sky_plan_free(all);
    gal_sky_plan_free(few);
    for (int d = 0; d < 100; d++)
        gal_band_unref(bands[d]);
    for (int i = 0; i < 4; i++)
        gal_sky_part_unref(parts[i]);
    gal_free(w->emissivity);
    gal_free(w);
}

static void refused(void **state)
{
    (void)state;
    gal_field *one, *cold;
    gal_sky_part *p;
    float t[12] = {20, 20, 20, 20, 20, -3};
    for (int i = 6; i < 12; i++)
        t[i] = 20;
    assert_int_equal(gal_field_number(&one, 1), GAL_OK);
    assert_int_equal(gal_field_f32(&cold, 12, t, 1, NULL, NULL), GAL_OK);
    gal_sky_part_args a = {
        .name = "d1", .law = gal_sky_law_find("mbb"), .amplitude = {one}, .par = {one, cold}, .opt = D0.opt};
    assert_int_equal(gal_sky_part_create(&p, &a), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "d1: T of the map is -3"));
    a.par[1] = NULL;
    assert_int_equal(gal_sky_part_create(&p, &a), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "T is required"));
    a.par[1] = one;
    a.amplitude[1] = one;
    assert_int_equal(gal_sky_part_create(&p, &a), GAL_EINVAL);
    assert_null(gal_sky_law_find("power_lam"));
    assert_non_null(strstr(gal_error_message(), "power_law"));
    gal_field_unref(one);
    gal_field_unref(cold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modified_black_body),
        cmocka_unit_test(power_laws),
        cmocka_unit_test(spinning_dust),
        cmocka_unit_test(decorrelation),
        cmocka_unit_test(spectra),
        cmocka_unit_test(nodes),
        cmocka_unit_test(plans),
        cmocka_unit_test(detectors),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
