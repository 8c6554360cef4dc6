/* Nebular emission: case B numbers, photon and energy budgets, flux-conserving lines, and the photoionisation grid that the
 * ratios were fitted to (when the reference table is there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "close.h"
#include "reference.h"

#include "galua/const.h"
#include "galua/num.h"
#include "stars/nebular.h"

#include <stdlib.h>
#include <string.h>

enum { NMAX = 20000 };
static double wave[NMAX], lum[NMAX], other[NMAX];
static gal_nebular_line made[256];

static size_t make_grid(double lo, double hi, double resolution)
{
    size_t n = (size_t)(log(hi / lo) * resolution) + 2;
    assert_true(n <= NMAX);
    gal_logspace(lo, hi, n, wave);
    return n;
}

static void nebula(size_t n, double qh, double x, double z, double logu, double fesc, double fdust, double *out)
{
    memset(out, 0, n * sizeof *out);
    gal_nebular_add(wave, n, qh, qh * pow(10, x), z, logu, fesc, fdust, out, made);
}

static double line_lum(const gal_nebular_line *l, const char *name)
{
    for (size_t i = 0; i < gal_nebular_nline(); i++)
        if (strcmp(l[i].name, name) == 0)
            return l[i].lum;
    fail_msg("no line %s", name);
    return 0;
}

/* Metallicity at which the electron temperature is t. */
static double z_of_temperature(double t)
{
    double lo = 2e-4, hi = 0.03;
    assert_true(gal_nebular_temperature(1, 0.2, lo, -2.5) > t && gal_nebular_temperature(1, 0.2, hi, -2.5) < t);
    for (int i = 0; i < 60; i++) {
        double mid = sqrt(lo * hi);
        if (gal_nebular_temperature(1, 0.2, mid, -2.5) > t)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Osterbrock & Ferland 2006, table 4.4, 10^4 K and n_e = 100 cm-3; 4.78e-13 erg of H beta per photon. */
static void case_b(void **state)
{
    (void)state;
    gal_nebular_line l[256];
    assert_true(gal_nebular_nline() < 256);
    double z = z_of_temperature(1e4);
    gal_nebular_lines(1e53, 1, 0.2, z, -2.5, l);
    double hb = line_lum(l, "H beta");
    CLOSE(hb * GAL_LSUN / 1e53, 4.78e-13, 0.01);
    CLOSE(line_lum(l, "H alpha") / hb, 2.863, 0.002);
    CLOSE(line_lum(l, "H gamma") / hb, 0.468, 0.002);
    CLOSE(line_lum(l, "H delta") / hb, 0.259, 0.002);
    CLOSE(line_lum(l, "Pa alpha") / hb, 0.339, 0.003);
    CLOSE(line_lum(l, "Pa beta") / hb, 0.163, 0.003);
    CLOSE(line_lum(l, "Br gamma") / hb, 0.0278, 0.003);
    CLOSE(line_lum(l, "Br alpha") / hb, 0.0802, 0.003);
    gal_nebular_lines(1e53, 1, 0.2, z_of_temperature(15000), -2.5, l);
    double hot = line_lum(l, "H alpha") / line_lum(l, "H beta");
    assert_true(hot < 2.82 && hot > 2.74); /* 2.79 at 15000 K */
}

/* More than 40 lines from Lyman alpha to 4 um, all finite, positive, on the right side of 912 A. */
static void list_of_lines(void **state)
{
    (void)state;
    gal_nebular_line l[256];
    for (double z = 1e-5; z < 0.1; z *= 1.7)
        for (double u = -5; u <= 0; u += 0.5)
            for (double x = -6; x <= 0; x += 0.5) {
                gal_nebular_lines(1, 1, pow(10, x), z, u, l);
                double sum = 0, hb = line_lum(l, "H beta");
                for (size_t i = 0; i < gal_nebular_nline(); i++) {
                    assert_true(isfinite(l[i].lum) && l[i].lum >= 0);
                    sum += l[i].lum;
                }
                if (!(sum > 20 * hb && sum < 120 * hb))
                    fail_msg("z %g logu %g hardness %g: all lines %g times H beta", z, u, x, sum / hb);
            }
    int count = 0;
    for (size_t i = 0; i < gal_nebular_nline(); i++)
        count += l[i].wave > 912 && l[i].wave < 4.1e4;
    assert_true(count >= 40);
    printf("%zu lines, %d of them between 912 A and 4.1 um\n", gal_nebular_nline(), count);
}

/* The nebula cannot emit more energy than the ionising photons bring: 15..25 eV each for 1 Myr; it re-emits most of it. */
static void energy_budget(void **state)
{
    (void)state;
    size_t n = make_grid(91, 1e7, 1500);
    double qh = 1e53;
    const double zs[] = {4e-4, 4e-3, 0.008, 0.02};
    for (int i = 0; i < 4; i++) {
        nebula(n, qh, -0.6, zs[i], -2.5, 0, 0, lum);
        double ev = gal_trapz(wave, lum, n) * GAL_LSUN / qh / GAL_EV_ERG;
        printf("Z %.4f: T_e %.0f K, %.2f eV emitted per ionising photon\n", zs[i],
               gal_nebular_temperature(1, pow(10, -0.6), zs[i], -2.5), ev);
        assert_true(ev > 13 && ev < 25);
    }
}

/* A recombination ends in a Lyman alpha photon (0.68) or in two photons (0.32): Lyman alpha has at least the former, plus the
 * few per cent that collisions add at solar metallicity, and the continuum at half its frequency holds the latter. */
static void photon_budget(void **state)
{
    (void)state;
    gal_nebular_line l[256];
    double q = 1e53, z = 0.019;
    gal_nebular_lines(q, 1, 0.2, z, -2.5, l);
    double lya = line_lum(l, "Ly-alpha 1215") * GAL_LSUN / (GAL_H_CGS * GAL_C_AA / 1215.67) / q;
    assert_true(lya > 0.65 && lya < 0.80);
    /* at 2431 A, y = 1/2: 0.32 A(1/2)/8.2249 = 0.83 photons per recombination and unit y, and some free-bound light */
    size_t n = make_grid(1000, 5000, 3000);
    nebula(n, q, -0.7, z, -2.5, 0, 0, lum);
    double f = gal_interp(wave, lum, n, 2431.3, GAL_CLAMP) * GAL_LSUN, nu = GAL_C_AA / 2431.3;
    double photons = f * 2431.3 / nu / (GAL_H_CGS * nu) / q; /* per unit frequency and recombination */
    double peak = photons * (2 * nu);                        /* per unit y */
    assert_true(peak > 0.83 && peak < 1.5);
}

static void escape_and_dust(void **state)
{
    (void)state;
    size_t n = make_grid(91, 1e7, 300);
    for (size_t i = 0; i < n; i++)
        lum[i] = 1;
    gal_nebular_add(wave, n, 1e50, 1e49, 0.02, -2, 1, 0, lum, made);
    for (size_t i = 0; i < n; i++) /* everything escapes: nothing changes */
        assert_true(lum[i] == 1);
    gal_nebular_add(wave, n, 1e50, 1e49, 0.02, -2, 0.3, 0.7, lum, made);
    for (size_t i = 0; i < n; i++) /* dust takes the rest: no gas emission, 30 % of the Lyman continuum */
        assert_true(lum[i] == (wave[i] < 911.75 ? 0.3 : 1));
    nebula(n, 1e50, -1, 0.02, -2, 0, 0, lum);
    nebula(n, 1e50, -1, 0.02, -2, 0.2, 0.3, other);
    for (size_t i = 0; i < n; i++)
        if (wave[i] > 911.75)
            CLOSE(other[i], 0.5 * lum[i], 1e-12);
    nebula(n, 0, -1, 0.02, -2, 0, 0, lum);
    assert_true(gal_trapz(wave, lum, n) == 0);
}

/* Whatever the grid, a line keeps its flux and its centroid. */
static void lines_conserve_flux(void **state)
{
    (void)state;
    double ref = 0;
    const double resolution[] = {8000, 2000, 300, 200};
    for (int r = 0; r < 4; r++) {
        /* H alpha and [N II] on the smooth continuum: subtract the line through the ends */
        size_t n = make_grid(6440 * (1 + 5e-4 * r), 6655, resolution[r]);
        nebula(n, 1e50, -0.7, 0.019, -2.5, 0, 0, lum);
        gal_nebular_line l[256];
        gal_nebular_lines(1e50, 1, pow(10, -0.7), 0.019, -2.5, l);
        double want = 0, first = 0;
        for (size_t i = 0; i < gal_nebular_nline(); i++)
            if (l[i].wave > 6480 && l[i].wave < 6620) {
                want += l[i].lum;
                first += l[i].lum * l[i].wave;
            }
        double c0 = lum[0], c1 = lum[n - 1], flux = 0, moment = 0, quad[NMAX];
        gal_trapz_weights(wave, n, quad);
        for (size_t i = 0; i < n; i++) {
            double c = c0 + (c1 - c0) * (wave[i] - wave[0]) / (wave[n - 1] - wave[0]);
            flux += quad[i] * (lum[i] - c);
            moment += quad[i] * (lum[i] - c) * wave[i];
        }
        CLOSE(flux, want, 2e-3);
        CLOSE(moment / flux, first / want, 2e-5);
        ref = r ? ref : flux;
        CLOSE(flux, ref, 2e-3);
    }
}

/* Balmer jump of the nebular continuum and its free-free slope in the radio direction. */
static void continuum(void **state)
{
    (void)state;
    size_t n = make_grid(91, 1e7, 1500);
    nebula(n, 1e50, -0.7, z_of_temperature(1e4), -2.5, 0, 0, lum);
    double blue = gal_interp(wave, lum, n, 3640, GAL_CLAMP), red = gal_interp(wave, lum, n, 3658, GAL_CLAMP);
    assert_true(blue / red > 4 && blue / red < 12); /* gas of 10^4 K, two-photon filling included */
    double q = gal_interp(wave, lum, n, 1e7, GAL_CLAMP) / gal_interp(wave, lum, n, 5e6, GAL_CLAMP);
    /* L_nu ~ nu^-0.12..-0.16 in the sub-millimetre: L_lambda ~ lambda^-1.85 */
    assert_true(-log(q) / log(2) > 1.8 && -log(q) / log(2) < 1.92);
    /* free-free luminosity at 1 mm per photon: Murphy+ 2011: Q = 6.3e25 T4^-0.45 nu9^0.1 L_nu [erg/s/Hz] */
    double lnu = gal_interp(wave, lum, n, 9.99e6, GAL_CLAMP) * GAL_LSUN * 9.99e6 * 9.99e6 / GAL_C_AA;
    CLOSE(6.3e25 * pow(300, 0.1) * lnu, 1e50, 0.25);
    for (size_t i = 0; i < n; i++)
        assert_true(isfinite(lum[i]) && lum[i] >= 0);
}

/* Fit against the grid at 1 Myr, 5 metallicities and 3 ionisation parameters from end to end, absolute luminosity per photon. */
static void byler_lines(void **state)
{
    (void)state;
    FILE *f = reference_open("ssp_reference/byler17_lines_subset.csv");
    assert_non_null(f);
    char text[4096];
    double w[40], sum2[40] = {0}, count[40] = {0}, all = 0, nall = 0;
    int ncol = 0;
    assert_non_null(fgets(text, sizeof text, f));
    for (char *s = strtok(text, ",\n"); s; s = strtok(NULL, ",\n"), ncol++)
        w[ncol] = ncol < 3 ? 0 : atof(strrchr(s, '_') + 1);
    gal_nebular_line l[256];
    while (fgets(text, sizeof text, f)) {
        double v[40];
        int k = 0;
        for (char *s = strtok(text, ",\n"); s; s = strtok(NULL, ",\n"))
            v[k++] = atof(s);
        if (v[1] > 1)
            continue;
        double x = -0.74 - 0.17 * v[0]; /* log Q_HeI/Q_H of these young populations, to 0.03 */
        gal_nebular_lines(1, 1, pow(10, x), 0.019 * pow(10, v[0]), v[2], l);
        double hb = 0;
        for (int c = 3; c < ncol; c++)
            if (fabs(w[c] - 4862.76) < 1)
                hb = v[c];
        for (int c = 3; c < ncol; c++) {
            size_t best = 0;
            for (size_t i = 1; i < gal_nebular_nline(); i++)
                if (fabs(l[i].wave - w[c]) < fabs(l[best].wave - w[c]))
                    best = i;
            assert_true(fabs(l[best].wave - w[c]) < 3e-4 * w[c] + 0.5);
            if (v[c] < 0.02 * hb)
                continue;
            double d = log(l[best].lum * GAL_LSUN / 3.839e33 / v[c]);
            sum2[c] += d * d;
            count[c]++;
            all += d * d;
            nall++;
        }
    }
    fclose(f);
    for (int c = 3; c < ncol; c++) {
        double rms = sqrt(sum2[c] / fmax(count[c], 1));
        printf("%9.2f A: rms %.3f over %.0f models\n", w[c], rms, count[c]);
        assert_true(rms < 0.2);
    }
    printf("all lines above 2 %% of H beta: rms %.3f in ln\n", sqrt(all / nall));
    assert_true(nall > 150 && sqrt(all / nall) < 0.12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_b),        cmocka_unit_test(list_of_lines),   cmocka_unit_test(energy_budget),
        cmocka_unit_test(photon_budget), cmocka_unit_test(escape_and_dust), cmocka_unit_test(lines_conserve_flux),
        cmocka_unit_test(continuum),     cmocka_unit_test(byler_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
