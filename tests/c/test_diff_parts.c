/* Parts of the DSPS chain: grids, mass-metallicity relation, dust curves, bursts, surviving mass, cosmology - golden values of an independent
 * float64 implementation, the data of upstream's own tests (tests/ref/dsps), derivatives against differences, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"
#include "slopes.h"

#include "galua/dsps.h"
#include "galua/num.h"

static void edges(void **state)
{
    (void)state;
    const double x[5] = {-3.7, -3.1, -2.6, -2.0, -1.5}, want[6] = {-10, -3.375, -2.875, -2.275, -1.7625, 10};
    double e[6], w[5], p[5], dx[5], ds[5], q[5], h = 1e-5;
    gal_dsps_met_edges(x, 5, e);
    for (int i = 0; i < 6; i++)
        CLOSE(e[i], want[i], 1e-14);
    gal_dsps_cells(x, 5, w);
    CLOSE(w[0], 0.6, 1e-14);
    CLOSE(w[2], 0.55, 1e-14);
    CLOSE(w[4], 0.5 / 2 + 1.1 / 4, 1e-14);
    /* the weights use these edges; they sum to 1, and their derivatives to 0 */
    assert_int_equal(gal_dsps_met_weights(-2.2, 0.3, 5, x, p, dx, ds), GAL_OK);
    double s[3] = {0};
    for (int m = 0; m < 5; m++) {
        CLOSE(p[m] + 1, 1 + gal_tw_cdf((-2.2 - e[m]) / 0.3) - gal_tw_cdf((-2.2 - e[m + 1]) / 0.3), 1e-14);
        s[0] += p[m], s[1] += dx[m], s[2] += ds[m];
    }
    CLOSE(s[0], 1, 1e-14);
    assert_true(fabs(s[1]) < 1e-14 && fabs(s[2]) < 1e-14);
    double up[5];
    gal_dsps_met_weights(-2.2 + h, 0.3, 5, x, up, NULL, NULL);
    gal_dsps_met_weights(-2.2 - h, 0.3, 5, x, q, NULL, NULL);
    for (int m = 0; m < 5; m++)
        assert_true(fabs(dx[m] - (up[m] - q[m]) / (2 * h)) < 1e-8);
    gal_dsps_met_weights(-2.2, 0.3 + h, 5, x, up, NULL, NULL);
    gal_dsps_met_weights(-2.2, 0.3 - h, 5, x, q, NULL, NULL);
    for (int m = 0; m < 5; m++)
        assert_true(fabs(ds[m] - (up[m] - q[m]) / (2 * h)) < 1e-8);
    /* mass beyond the grid piles up on its ends */
    gal_dsps_met_weights(-6, 0.2, 5, x, p, NULL, NULL);
    assert_true(p[0] == 1);
    gal_dsps_met_weights(-0.6, 0.2, 5, x, p, NULL, NULL);
    assert_true(p[4] == 1);
}

typedef struct mode {
    bool fixed;
} mode;
static double mzr_of(const double *x, void *ctx) /* parameters, logsm, t */
{
    return gal_mzr(x[GAL_MZR_N], x[GAL_MZR_N + 1], x, ((mode *)ctx)->fixed, NULL, NULL, NULL);
}

static void mass_metallicity(void **state)
{
    (void)state;
    static const double t[4] = {13.8, 10, 5, 2};
    static const double want[5][4] = {{-2.8139251189, -2.9366869804, -3.1191407546, -4.0689605351},
                                      {-2.3887272682, -2.4730049757, -2.5872819211, -3.3790574453},
                                      {-2.0141876536, -2.0599812071, -2.1060813236, -2.7398125916},
                                      {-1.7641876536, -1.7714970531, -1.7641876536, -2.2251073525},
                                      {-1.6387272682, -1.6387272682, -1.6387272682, -1.8349417280}};
    double x[GAL_MZR_N + 2], d[GAL_MZR_N + 2];
    for (int i = 0; i < GAL_MZR_N; i++)
        x[i] = gal_mzr_params()[i].def;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 4; j++) {
            CLOSE(gal_mzr(8 + i, t[j], x, false, NULL, NULL, NULL), want[i][j], 1e-10);
            CLOSE(gal_mzr(8 + i, t[j], x, true, NULL, NULL, NULL), want[i][j],
                  1e-10); /* one relation at the defaults */
            for (int fixed = 0; fixed < 2; fixed++) {
                x[GAL_MZR_N] = 8.1 + i, x[GAL_MZR_N + 1] = t[j];
                gal_mzr(8.1 + i, t[j], x, fixed, d + GAL_MZR_N, d + GAL_MZR_N + 1, d);
                assert_true(slopes_agree(mzr_of, &(mode){fixed}, x, GAL_MZR_N + 2, d, 1e-6));
            }
        }
}

typedef struct curve {
    gal_dust_curve c;
    bool k;
} curve;
static double dust_of(const double *x, void *ctx)
{
    curve *c = ctx;
    gal_dust_par p = {x[0], x[1], x[2], x[3], x[4], x[5]};
    return c->k ? gal_dust_k(c->c, &p, x[6], NULL) : gal_dust_transmission(c->c, &p, x[6], NULL);
}

static void dust(void **state)
{
    (void)state;
    static const double row[10][6] = {
        {0.1, 13.8802, 23.156248377060795, 23.162073775402114, 14.12537544622754, 0.05490553895202507},
        {0.1499, 10.315932818866251, 15.278923203308299, 15.299297769164136, 10.85543521946158, 0.07942348788730479},
        {0.1501, 10.329943330504697, 15.293822530838119, 15.31431854900491, 10.845998428895511, 0.07932395974094815},
        {0.2175, 8.478641970025953, 12.199466242485103, 12.520369552481908, 8.487829307231543, 0.10927042624279115},
        {0.3, 6.9254622962962955, 8.363595380885299, 8.374969582559979, 6.770377816385543, 0.19180433044089534},
        {0.55, 4.0478903801652875, 4.053548305561274, 4.053548305561274, 4.014876870707054, 0.4278967486577357},
        {0.63, 3.501697317460317, 3.3658659831010938, 3.3657077946108607, 3.4697173205694862, 0.49186784322029564},
        {0.8, 2.568937, 2.2980332432447943, 2.297796485565857, 2.590900136314055, 0.6133228386019598},
        {1.5, 0.9558103333333334, 0.7079483675084937, 0.7078007983639972, 0.9243028251854878, 0.8587285572271627},
        {3.0, 0.03402366666666712, 0.020590370861465163, 0.02053551327339992, 0.18271300433404072, 0.9955619517515057}};
    const gal_dust_par p = {.av = 1, .delta = -0.3, .bump = 1, .funo = 0.05, .x0 = 0.2175, .width = 0.035};
    double d[GAL_DUST_N];
    for (int i = 0; i < 10; i++) {
        double x = row[i][0];
        CLOSE(gal_dust_k(GAL_DUST_BASE, &p, x, NULL), row[i][1], 1e-11); /* k(3.0): 4 minus 3.97 */
        CLOSE(gal_dust_k(GAL_DUST_SALIM18, &p, x, NULL), row[i][2], 1e-11);
        CLOSE(gal_dust_k(GAL_DUST_NOLL09, &p, x, NULL), row[i][3], 1e-11);
        CLOSE(gal_dust_k(GAL_DUST_TRIWEIGHT, &p, x, NULL), row[i][4], 1e-12);
        CLOSE(gal_dust_transmission(GAL_DUST_SALIM18, &p, x, NULL), row[i][5], 1e-12);
    }
    CLOSE(gal_dust_bump_of_slope(-0.3), 1.42, 1e-14);
    for (int c = 0; c <= GAL_DUST_TRIWEIGHT; c++)
        for (double x = 0.11; x < 2.5; x *= 1.37) {
            double v[7] = {0.7, -0.3, 1.2, 0.06, 0.2175, 0.035, x};
            gal_dust_par q = {v[0], v[1], v[2], v[3], v[4], v[5]};
            gal_dust_k((gal_dust_curve)c, &q, x, d);
            assert_true(slopes_agree(dust_of, &(curve){(gal_dust_curve)c, true}, v, 7, d, 1e-6));
            gal_dust_transmission((gal_dust_curve)c, &q, x, d);
            assert_true(slopes_agree(dust_of, &(curve){(gal_dust_curve)c, false}, v, 7, d, 1e-6));
        }
    /* no dust yet: light still falls with the first of it; where k < 0 (Calzetti beyond 3.11 micron) nothing happens */
    gal_dust_par none = p;
    none.av = 0;
    CLOSE(gal_dust_transmission(GAL_DUST_SALIM18, &none, 0.55, d), 1, 1e-15);
    CLOSE(d[GAL_DUST_AV], -0.4 * log(10) * 0.95 * 4.053548305561274 / 4.05, 1e-12);
    assert_true(gal_dust_transmission(GAL_DUST_CALZETTI00, &p, 3.5, d) == 1 && d[GAL_DUST_AV] == 0);
    assert_true(gal_dust_transmission(GAL_DUST_SALIM18, &p, 3.5, d) == 1 && d[GAL_DUST_DELTA] == 0);
    none.bump = 0; /* a bump that is not there yet has a slope */
    gal_dust_k(GAL_DUST_SALIM18, &none, 0.2175, d);
    CLOSE(d[GAL_DUST_BUMP], 1, 1e-14);
}

/* upstream's own test data, made with the package dust_attenuation: 178 - 3 rows */
static void dust_data(void **state)
{
    (void)state;
    static const char *const name[] = {"calzetti", "leitherer", "noll", "salim"};
    static const gal_dust_curve curves[] = {GAL_DUST_CALZETTI00, GAL_DUST_LEITHERER02, GAL_DUST_NOLL09,
                                            GAL_DUST_SALIM18};
    FILE *f = fopen("tests/ref/dsps/curves.txt", "r");
    assert_non_null(f);
    char line[300], word[20];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        gal_dust_par p = {0};
        double x, k, A;
        if (sscanf(line, "%19s %lf %lf %lf %lf %lf %lf %lf %lf", word, &p.x0, &p.width, &p.bump, &p.delta, &p.av, &x,
                   &k, &A) != 9)
            continue;
        for (int c = 0; c < 4; c++)
            if (strcmp(word, name[c]) == 0) {
                CLOSE(gal_dust_k(curves[c], &p, x, NULL), k, 1e-12);
                CLOSE(gal_dust_transmission(curves[c], &p, x, NULL), pow(10, -0.4 * A), 1e-12);
                n++;
            }
    }
    fclose(f);
    assert_int_equal(n, 175);
}

static double weighted_burst(const double *q, void *ctx)
{
    double w[97], s = 0, *g = ctx;
    assert_int_equal(gal_burst_weights(q, 97, g, g + 97, w), GAL_OK);
    for (int j = 0; j < 97; j++)
        s += w[j] * g[194 + j];
    return s;
}

static void bursts(void **state)
{
    (void)state;
    static const int at[5] = {0, 5, 10, 20, 30};
    static const double want[5] = {0.07035174657815486, 0.06465044441311706, 0.049410280175603956, 0.012063056683497064,
                                   0};
    double q[3] = {0, 5.5, 7.0}, w[97], all[291], gq[3], gs[97], sum = 0; /* ages, smooth weights, adjoints */
    for (int j = 0; j < 97; j++) {
        all[j] = 5.5 - 9 + 0.05 * j;
        all[97 + j] = 1. / 97;
        all[194 + j] = cos(0.1 * j);
    }
    assert_int_equal(gal_burst_weights(q, 97, all, all + 97, w), GAL_OK); /* everything in the burst */
    for (int i = 0; i < 5; i++)
        assert_true(fabs(w[at[i]] - want[i]) < 1e-12);
    q[0] = -1.3, q[2] = 7.3;
    gal_burst_weights(q, 97, all, all + 97, w);
    for (int j = 0; j < 97; j++)
        sum += w[j];
    CLOSE(sum, 1, 1e-13);
    assert_int_equal(gal_burst_weights_vjp(q, 97, all, all + 97, all + 194, gq, gs), GAL_OK);
    assert_true(slopes_agree(weighted_burst, all, q, 3, gq, 1e-6));
    CLOSE(gs[3], (1 - pow(10, -1.3)) * cos(0.3), 1e-14);
    q[2] = 5.4;
    assert_int_equal(gal_burst_weights(q, 97, all, all + 97, w), GAL_EDOMAIN);
}

static double survive(const double *x, void *ctx)
{
    return *(int *)ctx < 4 ? gal_surviving(x[0], (gal_survival_imf) * (int *)ctx, NULL)
                           : gal_remnants(x[0], (gal_survival_imf)(*(int *)ctx - 4), NULL);
}

static void surviving(void **state)
{
    (void)state;
    static const double row[6][3] = {
        {5.5, .9956071505081996, .0004265800145741965}, {6.5, .9750500289543936, .008583829209957695},
        {7, .9003219528464188, .038018939632056124},    {8, .7751194659204907, .06026288757945252},
        {9, .6675974870568304, .09549925959926661},     {10.15, .5560040474507737, .1621810097359199}};
    for (int i = 0; i < 6; i++) {
        CLOSE(gal_surviving(row[i][0], GAL_SURVIVAL_CHABRIER, NULL), row[i][1], 1e-12);
        CLOSE(gal_remnants(row[i][0], GAL_SURVIVAL_CHABRIER, NULL), row[i][2], 1e-12);
        for (int k = 0; k < 8; k++) {
            double d, x = row[i][0] + 0.03;
            if (k < 4)
                gal_surviving(x, (gal_survival_imf)k, &d);
            else
                gal_remnants(x, (gal_survival_imf)(k - 4), &d);
            assert_true(slopes_agree(survive, &k, &x, 1, &d, 1e-5)); /* 10^lgk1 = 10 is steep */
        }
    }
}

/* the fits against the FSPS tables that they were made for: 0.02 of mass that survives, 0.05 of remnants */
static void surviving_data(void **state)
{
    (void)state;
    FILE *f = fopen("tests/ref/dsps/surviving.txt", "r");
    assert_non_null(f);
    char line[300];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        double x, v[8];
        if (sscanf(line, "%lf %lf %lf %lf %lf %lf %lf %lf %lf", &x, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6,
                   v + 7) != 9)
            continue;
        for (int i = 0; i < 4; i++) {
            assert_true(fabs(gal_surviving(x, (gal_survival_imf)i, NULL) - v[2 * i]) < 0.02);
            assert_true(fabs(gal_remnants(x, (gal_survival_imf)i, NULL) - (v[2 * i] - v[2 * i + 1])) < 0.05);
        }
        n++;
    }
    fclose(f);
    assert_int_equal(n, 32);
}

typedef double (*cosmic_law)(double, const double[4], double *);
static const cosmic_law laws[] = {gal_w0wa_comoving,    gal_w0wa_luminosity, gal_w0wa_angular,       gal_w0wa_dimming,
                                  gal_w0wa_hubble_time, gal_w0wa_lookback,   gal_w0wa_age,           gal_w0wa_rho_crit,
                                  gal_w0wa_overdensity, gal_w0wa_volume,     gal_w0wa_crossing_time, gal_w0wa_modulus};
static double cosmic(const double *x, void *ctx)
{
    return laws[*(int *)ctx](x[0], x + 1, NULL);
}

static void cosmology(void **state)
{
    (void)state;
    static const double p[4] = {0.3075, -1, 0, 0.6774}, q[4] = {0.3, -0.9, 0.2, 0.7};
    static const double row[6][5] = {
        {0.1, 432.17344450239955, 38.38525381348799, 1.3440011635845253, 12.477263736321833},
        {0.5, 1946.5879851990126, 42.32682648767578, 5.19636127068738, 8.624903629218979},
        {1, 3398.9941453222, 44.16190206093445, 7.94164660567614, 5.879618294230219},
        {2, 5318.648063579265, 46.01461254302198, 10.525666187592385, 3.295598712313973},
        {5, 7969.575372726685, 48.39793216367014, 12.64205884413843, 1.1792060557679278},
        {10, 9669.238761788, 50.13392484761859, 13.345766400999626, 0.4754984989067328}};
    for (int i = 0; i < 6; i++) {
        double z = row[i][0];
        CLOSE(gal_w0wa_comoving(z, p, NULL), row[i][1], 1e-12);
        CLOSE(gal_w0wa_modulus(z, p, NULL), row[i][2], 1e-13);
        CLOSE(gal_w0wa_lookback(z, p, NULL), row[i][3], 1e-12);
        CLOSE(gal_w0wa_age(z, p, NULL), row[i][4], 1e-11);
        CLOSE(gal_w0wa_luminosity(z, p, NULL), (1 + z) * row[i][1], 1e-12);
        CLOSE(gal_w0wa_angular(z, p, NULL), row[i][1] / (1 + z), 1e-12);
        for (int k = 0; k < (int)(sizeof laws / sizeof *laws); k++) { /* each of them by z, Om0, w0, wa and h */
            double x[5] = {z, q[0], q[1], q[2], q[3]}, d[5];
            assert_true(laws[k](z, q, d) == laws[k](z, q, NULL));
            assert_true(slopes_agree(cosmic, &k, x, 5, d, 1e-8));
        }
    }
    CLOSE(gal_w0wa_age(0, p, NULL), 13.821264899906359, 1e-13);
    CLOSE(gal_w0wa_comoving(1, q, NULL), 3211.345576871846, 1e-12);
    CLOSE(gal_w0wa_modulus(1, q, NULL), 44.03858519355971, 1e-13);
    CLOSE(gal_w0wa_lookback(1, q, NULL), 7.518037534628633, 1e-12);
    CLOSE(gal_w0wa_age(0, q, NULL), 13.127692306027136, 1e-12);
    CLOSE(gal_w0wa_age(0, (double[]){0.277, -1, 0, 0.702}, NULL), 13.730484503699136, 1e-12);
    CLOSE(gal_w0wa_age(0, (double[]){0.27, -1, 0, 0.72}, NULL), 13.481984009972747, 1e-12);
    CLOSE(gal_w0wa_volume(1, p, NULL), 28797102753.550346, 1e-12);
    CLOSE(gal_w0wa_crossing_time(0, p, NULL), 4.039282259370905, 1e-12);
    CLOSE(gal_w0wa_rho_crit(0, p, NULL), 127.35344295932651, 1e-12);
    CLOSE(gal_w0wa_hubble_time(0, p, NULL), 14.434796728335996, 1e-13);
    CLOSE(gal_w0wa_overdensity(0, p, NULL), 102.16518546960845, 1e-12);
    CLOSE(gal_w0wa_overdensity(500, p, NULL), 177.6528777511038, 1e-12);
}

/* two lines on smooth continua; the derivative by the flux is exact: EW is a ratio of two linear forms */
static void equivalent_widths(void **state)
{
    (void)state;
    static double wave[500], flux[500], line[500], cont[500];
    for (int k = 0; k < 2; k++) {
        size_t n = k ? 481 : 500;
        gal_ew_windows w = k ? (gal_ew_windows){5008.24 - 15, 5008.24 + 15, 5008.24,      5008.24 - 100,
                                                5008.24 - 50, 5008.24 + 50, 5008.24 + 100}
                             : (gal_ew_windows){4 - 0.3, 4 + 0.3, 4, 4 - 1.25, 4 - 0.5, 4 + 0.5, 4 + 1.25};
        for (size_t i = 0; i < n; i++) {
            double x = wave[i] = k ? 4880 + 240. * (double)i / 480 : pow(10, log10(2) - 2 + 3. * (double)i / 499);
            flux[i] = k ? 1e-3 * (1 + 2e-4 * (x - 5000) + 3e-7 * (x - 5000) * (x - 5000)) +
                              0.02 * gal_tw_pdf((x - 5008.24) / 2.5) / 2.5
                        : 3.2 * exp(-(x - 2) * (x - 2) / 200) + 0.04 * gal_tw_pdf((x - 4) / 0.05) / 0.05;
        }
        assert_int_equal(gal_dsps_ew_weights(&w, n, wave, line, cont), GAL_OK);
        double f = 0, c = 0;
        int used = 0;
        for (size_t i = 0; i < n; i++) {
            f += line[i] * flux[i];
            c += cont[i] * flux[i];
            used += cont[i] != 0;
        }
        CLOSE(f, k ? 0.019999950021800193 : 0.03996950293958671,
              1e-10); /* a difference of integrals 100 times larger */
        CLOSE(c, k ? 0.001001668369279997 : 3.1366714407312815, 1e-12);
        CLOSE(f / c, k ? 19.966638295842596 : 0.012742648917754755, 1e-10);
        assert_int_equal(used, k ? 200 : 29);
        w.lo1 = w.hi1 + 1;
        assert_int_equal(gal_dsps_ew_weights(&w, n, wave, line, cont), GAL_EDOMAIN);
    }
}

static void refused(gal_status st, const char *word)
{
    assert_true(st == GAL_EDOMAIN || st == GAL_EFORMAT);
    if (!strstr(gal_error_message(), word))
        printf("no '%s' in: %s\n", word, gal_error_message());
    assert_non_null(strstr(gal_error_message(), word));
    assert_null(strchr(gal_error_message(), '\n'));
}

/* What users of such tables get wrong is said, never silently clamped */
static void bad_input(void **state)
{
    (void)state;
    double t[4] = {0.5, 1, 2, 3}, s[4] = {1, 2, 1, 0.5}, la[3] = {-3, -1, 1}, lz[3] = {-4, -2, -1.5}, w[4], m,
           rel[3] = {-2, 0, 0.3};
    refused(gal_dsps_met_weights(0.02, 0.2, 3, lz, w, NULL, NULL), "Zsun");
    refused(gal_dsps_met_weights(-2, 0.2, 3, rel, w, NULL, NULL), "Zsun");
    refused(gal_dsps_met_weights(-2, 0, 3, lz, w, NULL, NULL), "scatter");
    refused(gal_dsps_met_weights(NAN, 0.2, 3, lz, w, NULL, NULL), "log10 Z");
    refused(gal_dsps_met_weights(-9.9, 0.2, 3, lz, w, NULL, NULL), "-10");
    refused(gal_dsps_age_weights(4, t, s, 3, la, 3.5, w, &m), "t_obs");
    refused(gal_dsps_age_weights(4, t, s, 3, la, 0.4, w, &m), "t_obs");
    refused(gal_dsps_age_weights(4, t, s, 3, la, NAN, w, &m), "t_obs");
    la[2] = 10;
    refused(gal_dsps_age_weights(4, t, s, 3, la, 2.5, w, &m), "subtract 9");
    la[2] = 1, s[1] = -1;
    refused(gal_dsps_age_weights(4, t, s, 3, la, 2.5, w, &m), "rate -1");
    s[1] = NAN;
    refused(gal_dsps_mass(4, t, s, 1e-14, w), "node 2");
    memset(s, 0, sizeof s);
    refused(gal_dsps_mass(4, t, s, 1e-14, w), "no stars");
    s[2] = 1; /* rates of 0 before and after are legal */
    assert_int_equal(gal_dsps_mass(4, t, s, 1e-14, w), GAL_OK);
    t[2] = 0.7;
    refused(gal_dsps_mass(4, t, s, 1e-14, w), "times of the history");
    t[2] = 2, t[0] = 0.001;
    refused(gal_dsps_mass(4, t, s, 1e-14, w), "first");
}

/* Reverse of the age weights against differences, where birth times meet the first node, the clip at 0.001 Gyr and just after a node */
typedef struct probe {
    int n;
    const double *t, *lgage, *g;
    double gm;
} probe;
static double functional(const double *x, void *ctx)
{
    probe *p = ctx;
    double w[60], m, s = 0;
    assert_int_equal(gal_dsps_age_weights((size_t)p->n, p->t, x, 47, p->lgage, x[p->n], w, &m), GAL_OK);
    for (int a = 0; a < 47; a++)
        s += w[a] * p->g[a];
    return s + p->gm * m;
}

static void age_weight_reverse(void **state)
{
    (void)state;
    double t[20], la[47], g[47], x[21], gs[21];
    gal_linspace(0.3, 13.5, 20, t);
    for (int a = 0; a < 47; a++)
        la[a] = -3.5 + 0.1 * a, g[a] = sin(2. * a);
    const double tobs[4] = {1.2, 6.1, 13.1, t[7] + 3e-2};
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 20; k++)
            x[k] = t[k] * exp(-0.3 * t[k]) + 0.1;
        x[20] = tobs[i];
        probe p = {20, t, la, g, 1e-10};
        assert_int_equal(gal_dsps_age_weights_vjp(20, t, x, 47, la, tobs[i], g, p.gm, gs, gs + 20), GAL_OK);
        assert_true(slopes_agree(functional, &p, x, 20, gs, 1e-8));
        double h = 1e-5, up, down; /* t_obs moves edges over nodes: a small step */
        x[20] = tobs[i] + h, up = functional(x, &p);
        x[20] = tobs[i] - h, down = functional(x, &p);
        assert_true(fabs((up - down) / (2 * h) - gs[20]) < 1e-6 * (fabs(gs[20]) + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),          cmocka_unit_test(mass_metallicity),   cmocka_unit_test(dust),
        cmocka_unit_test(bursts),         cmocka_unit_test(equivalent_widths),  cmocka_unit_test(dust_data),
        cmocka_unit_test(surviving_data), cmocka_unit_test(surviving),          cmocka_unit_test(cosmology),
        cmocka_unit_test(bad_input),      cmocka_unit_test(age_weight_reverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
