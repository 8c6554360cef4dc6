/* From a history to magnitudes by the rules of DSPS, end to end, on a library of closed form: golden values and gradients of an independent
 * float64 implementation (forward dual numbers), with respect to all parameters of the history, the metallicity, dust, bursts, redshift and
 * cosmology. Gradients have 12 digits there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"

#include "galua/diffstar.h"
#include "galua/dsps.h"
#include "galua/num.h"

enum { NZ = 5, NA = 47, NW = 200, NT = 100, NF = 501, NB = 3 };
#define LN10  2.302585092994046
#define POGS  (-2.5 / LN10)
#define TOBS  10.0
#define LGMET (-2.2)
#define SCAT  0.2
static const double planck15[4] = {0.3075, -1, 0, 0.6774};
static const double lgmet[NZ] = {-3.70, -3.10, -2.60, -2.00, -1.50};
static double lgage[NA], wave[NW], ssp[NZ * NA][NW], fwave[NB][NF], trans[NB][NF];
static double t[NT], sfr[NT], jac[NT][GAL_HISTORY_N], w0[NA], mobs, pz[NZ], dpx[NZ], dps[NZ];

static int setup(void **state)
{
    (void)state;
    static const double mu[NB] = {3.68, 3.79, 3.875}, s[NB] = {0.04, 0.03, 0.025}, C[NB] = {20, 25, 30};
    for (int a = 0; a < NA; a++)
        lgage[a] = -3.5 + 0.1 * a;
    for (int k = 0; k < NW; k++)
        wave[k] = 1000 * pow(20, k / 199.);
    for (int m = 0; m < NZ; m++)
        for (int a = 0; a < NA; a++)
            for (int k = 0; k < NW; k++) {
                double A = lgage[a] + 9, x = log10(wave[k] / 5500);
                ssp[m * NA + a][k] =
                    pow(10, -10.5 - 0.8 * (A - 6) + 0.5 * (A - 8) * x + 0.10 * (lgmet[m] + 2) * (1 + 4 * x));
            }
    for (int b = 0; b < NB; b++) {
        gal_linspace(pow(10, mu[b] - 4 * s[b]), pow(10, mu[b] + 4 * s[b]), NF, fwave[b]);
        for (int j = 0; j < NF; j++) {
            double u = (log10(fwave[b][j]) - mu[b]) / s[b];
            trans[b][j] = exp(-0.5 * u * u) / (s[b] * sqrt(2 * 3.14159265358979323846)) / C[b];
        }
    }
    double mah[GAL_DIFFMAH_N], star[GAL_DIFFSTAR_N];
    for (int i = 0; i < GAL_DIFFMAH_N; i++)
        mah[i] = gal_diffmah_params()[i].def;
    for (int i = 0; i < GAL_DIFFSTAR_N; i++)
        star[i] = gal_diffstar_params()[i].def;
    gal_linspace(0.1, 13.8, NT, t);
    gal_diffstar(mah, star, log10(13.8), 0.156, NT, t, sfr, jac[0]);
    return gal_dsps_age_weights(NT, t, sfr, NA, lgage, TOBS, w0, &mobs) ||
           gal_dsps_met_weights(LGMET, SCAT, NZ, lgmet, pz, dpx, dps);
}

static double dot(const double *a, const double *b, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* P[m][a] of band weights b times a transmission over wavelength (NULL: none) */
static void table(const double *b, const double *T, double *P)
{
    double q[NW];
    for (int k = 0; k < NW; k++)
        q[k] = b[k] * (T ? T[k] : 1);
    gal_dsps_cell_flux(NZ * NA, NW, ssp[0], q, P);
}

static double summed(const double *P, const double *p, const double *w)
{
    double s = 0;
    for (int m = 0; m < NZ; m++)
        s += p[m] * dot(P + m * NA, w, NA);
    return s;
}

typedef struct result {
    double mag, par[GAL_HISTORY_N], t, x, s, burst[3], flux;
} result;

/* magnitude of weights on table P and its gradient; burst NULL or its parameters */
static void magnitude(const double *P, const double *burst, result *r)
{
    double w[NA], g[NA], gw[NA], gs[NT];
    memcpy(w, w0, sizeof w);
    memset(r, 0, sizeof *r);
    if (burst)
        assert_int_equal(gal_burst_weights(burst, NA, lgage, w0, w), GAL_OK);
    double f = summed(P, pz, w);
    r->flux = mobs * f;
    r->mag = -2.5 * log10(r->flux);
    for (int a = 0; a < NA; a++) {
        g[a] = 0;
        for (int m = 0; m < NZ; m++)
            g[a] += POGS / f * pz[m] * P[m * NA + a];
    }
    memcpy(gw, g, sizeof gw);
    if (burst)
        assert_int_equal(gal_burst_weights_vjp(burst, NA, lgage, w0, g, r->burst, gw), GAL_OK);
    assert_int_equal(gal_dsps_age_weights_vjp(NT, t, sfr, NA, lgage, TOBS, gw, POGS / mobs, gs, &r->t), GAL_OK);
    for (int k = 0; k < NT; k++)
        for (int i = 0; i < GAL_HISTORY_N; i++)
            r->par[i] += gs[k] * jac[k][i];
    r->x = POGS / f * summed(P, dpx, w);
    r->s = POGS / f * summed(P, dps, w);
}

static void check(const char *name, const result *r, double mag, const double *want)
{
    CLOSE(r->mag, mag, 1e-12);
    double got[15] = {r->par[0], r->par[1],  r->par[2],  r->par[3],  r->par[5], r->par[6], r->par[7], r->par[8],
                      r->par[9], r->par[10], r->par[11], r->par[12], r->t,      r->x,      r->s};
    for (int i = 0; i < 15; i++)
        if (!(fabs(got[i] - want[i]) <= 2e-10 * fabs(want[i]))) {
            printf("%s: gradient %d = %.13g, want %.13g\n", name, i, got[i], want[i]);
            assert_true(false);
        }
    assert_true(r->par[GAL_MAH_TPEAK] == 0);                           /* growth goes on at t_obs */
    CLOSE(r->par[GAL_MAH_LOGM0] + r->par[GAL_DIFFMAH_N], -2.5, 1e-10); /* a shift of both masses is one of all rates */
}

static void weights(void **state)
{
    (void)state;
    static const int at[10] = {0, 5, 10, 20, 30, 35, 40, 43, 44, 46};
    static const double want[10] = {1.986555249093231e-06,  6.282354006891968e-06,
                                    1.9869695735359883e-05, 1.9911241743781079e-04,
                                    1.981069215709972e-03,  8.19665438177856e-03,
                                    0.17113830654764217,    0.1364999858639415,
                                    0.029817956446174135,   0};
    CLOSE(mobs, 50863409865.80389, 1e-12);
    for (int i = 0; i < 10; i++)
        assert_true(fabs(w0[at[i]] - want[i]) <= 1e-14 + 1e-11 * want[i]);
    const double p[NZ] = {0, 0, 0.3653975278139119, 0.6262431386650089, 0.00835933352107926};
    double L[NW] = {0}, sum = 0;
    for (int m = 0; m < NZ; m++) {
        assert_true(fabs(pz[m] - p[m]) < 1e-14);
        for (int a = 0; a < NA; a++)
            for (int k = 0; k < NW; k++)
                L[k] += mobs * pz[m] * w0[a] * ssp[m * NA + a][k];
    }
    for (int a = 0; a < NA; a++)
        sum += w0[a] * gal_surviving(lgage[a] + 9, GAL_SURVIVAL_CHABRIER, NULL);
    CLOSE(sum * mobs, 31223226708.84213, 1e-12);
    const double S[5] = {0.0021963147608015867, 0.002120651943049434, 0.002641060597690618, 0.003831782071411441,
                         0.005966945596809703};
    for (int i = 0; i < 5; i++)
        CLOSE(L[i == 4 ? 199 : 50 * i], S[i],
              1e-11); /* the golden light of the youngest bins: differences of masses of 1e10 */
}

static void rest_and_burst(void **state)
{
    (void)state;
    static const double mag[NB] = {-25.94666792092324, -26.071969725711398, -26.178878359446895};
    static const double bmag[NB] = {-28.212960625357432, -27.961402210395903, -27.78877380285079};
    static const double g[2][15] = {{-4.08521960065, 0.826758977273, 0.106573994918, 1.17250173607, 1.58521960065, -2.5,
                                     0.176864771114, 0.0558095995021, -6.3386372827, 1.2466308848, -0.819179445472,
                                     -5.57663215803e-07, 0.176232850228, -0.215685448307, 0.030966607403},
                                    {-4.14620861191, 0.881106161374, 0.11379472039, 1.22388679768, 1.64620861191, -2.5,
                                     0.18726484146, 0.0571491030366, -6.46015132149, 1.27796016674, -0.718428437791,
                                     -4.22197150447e-07, 0.169127643058, -0.337587672683, 0.0446604174157}};
    static const double gb[15] = {
        -4.50038328883,    1.29661341379,   0.170461408489, 1.54688625473, 2.00038328883,   -2.5,
        0.266726544497,    0.0625297907766, -4.93841397257, 1.03314828705, -0.268973585807, -7.58704078966e-08,
        -0.00428927570613, -0.209967357089, 0.0302542818744};
    double b[NW], P[NZ * NA];
    const double burst[3] = {-2, 6.0, 7.2};
    result r;
    for (int i = 0; i < NB; i++) {
        assert_int_equal(gal_dsps_band(NF, fwave[i], trans[i], 0, NW, wave, b, NULL), GAL_OK);
        table(b, NULL, P);
        magnitude(P, NULL, &r);
        CLOSE(r.mag, mag[i], 1e-12);
        if (i < 2)
            check("rest", &r, mag[i], g[i]);
        magnitude(P, burst, &r);
        CLOSE(r.mag, bmag[i], 1e-12);
        if (i == 0) {
            check("burst", &r, bmag[0], gb);
            CLOSE(r.burst[0], -2.18995628867, 1e-10);
            CLOSE(r.burst[1], 0.867968984701, 1e-10);
            CLOSE(r.burst[2], 0.163754269669, 1e-10);
        }
    }
    static const double kmag[NB] = {-25.903508669817484, -26.022672872062714, -26.125693825918006};
    static const double middle[NB] = {4847.524507258167, 6210.192687485749, 7536.267769276104};
    static const double screened[NB] = {-25.393140662599055, -25.676067768447368, -25.884088134095386};
    const gal_dust_par dust = {.av = 0.5, .delta = -0.3, .bump = 1, .funo = 0.05, .x0 = 0.2175, .width = 0.035};
    for (int i = 0; i < NB; i++) {
        gal_dsps_band(NF, fwave[i], trans[i], 0.1, NW, wave, b, NULL); /* K-corrected: no dimming */
        table(b, NULL, P);
        magnitude(P, NULL, &r);
        CLOSE(r.mag, kmag[i], 1e-12);
        double x = gal_dsps_effective_wave(NF, fwave[i], trans[i], 0);
        CLOSE(x, middle[i], 1e-12); /* and dust at that wavelength */
        CLOSE(mag[i] - 2.5 * log10(gal_dust_transmission(GAL_DUST_SALIM18, &dust, x * 1e-4, NULL)), screened[i], 1e-12);
    }
    CLOSE(gal_dsps_effective_wave(NF, fwave[1], trans[1], 0.3), 4777.071298065961, 1e-12);
    double w[97], T[97]; /* on as many or more nodes the curve is the same, on few it is cut at its own ends */
    assert_int_equal(gal_dsps_resample(NF, fwave[0], trans[0], 97, w, T), GAL_OK);
    assert_true(w[0] == fwave[0][0] && w[96] == fwave[0][NF - 1] && T[96] == trans[0][NF - 1]);
    CLOSE(gal_dsps_effective_wave(97, w, T, 0), 4847.524507258167, 1e-4);
    assert_int_equal(gal_dsps_resample(NF, fwave[0], trans[0], 1, w, T), GAL_EDOMAIN);
    CLOSE(gal_blackbody_nu(5e14, 5000), 3.998430669004485e-35, 1e-13);
    CLOSE(gal_blackbody_wave(5500, 5000), 3.321059216673023e-24, 1e-13);
    /* nu B_nu = lambda B_lambda, and Rayleigh and Jeans far in the red */
    CLOSE(gal_blackbody_nu(2.99792458e18 / 7000, 6000) * 2.99792458e18 / 7000, gal_blackbody_wave(7000, 6000) * 7000,
          1e-13);
    CLOSE(gal_blackbody_nu(1e6, 5e3), 2 * 1e12 * 1.380649e-23 * 5e3 / (299792458.0 * 299792458.0) / 3.828e26, 1e-8);
}

/* dust of all ages: transmission and its derivatives at the rest wavelengths */
static void dust_at(const gal_dust_par *d, double *T, double (*dT)[GAL_DUST_N])
{
    for (int k = 0; k < NW; k++)
        T[k] = gal_dust_transmission(GAL_DUST_SALIM18, d, wave[k] * 1e-4, dT[k]);
}

static void dusty(void **state)
{
    (void)state;
    const gal_dust_par d = {.av = 0.5, .delta = -0.3, .bump = 1, .funo = 0.05, .x0 = 0.2175, .width = 0.035};
    static const double mag[NB] = {-25.386447186606404, -25.67225486159873, -25.88184772263739};
    static const double omag[NB] = {15.66703442856165, 15.364406388817763, 15.140324968099716};
    static const double g[15] = {
        -4.08664441193, 0.828006486282,  0.106739456264, 1.17369662973, 1.58664441193,   -2.5,
        0.177103625282, 0.0558414537227, -6.34216984621, 1.24748769831, -0.816794736564, -5.54323966211e-07,
        0.176103107672, -0.218372649178, 0.0312999053096};
    static const double go[15] = {
        -4.08352737554, 0.825216448291,  0.10636860865,  1.17106729392, 1.58352737554,   -2.5,
        0.176569803954, 0.0557733149105, -6.33638530649, 1.24596169509, -0.821926721775, -5.61129230063e-07,
        0.176487515911, -0.212057942043, 0.0306027696611};
    static const double gd[4] = {1.09433054053, -0.076581327246, 0.000973201155911, -0.771768075371};
    static const double god[4] = {1.11030719798, -0.0824175606385, 0.000990452056332, -0.784917075148};
    static const double gz[5] = {8.40703338875, -0.470743812386, -0.247663366115, -0.0199347221199, -3.20559847877};
    static double b[NW], db[NW], P[NZ * NA], Q[NZ * NA], T[NW], dT[NW][GAL_DUST_N];
    double q[NW], dm[5];
    result r;
    dust_at(&d, T, dT);
    for (int obs = 0; obs < 2; obs++) {
        double z = obs ? 0.3 : 0, dim = obs ? gal_w0wa_dimming(z, planck15, dm) : 0;
        for (int i = 0; i < NB; i++) {
            assert_int_equal(gal_dsps_band(NF, fwave[i], trans[i], z, NW, wave, b, db), GAL_OK);
            table(b, T, P);
            magnitude(P, NULL, &r);
            r.mag += dim;
            CLOSE(r.mag, obs ? omag[i] : mag[i], 1e-12);
            if (i != obs) /* dust_g, obs_r */
                continue;
            check(obs ? "obs" : "dust", &r, r.mag, obs ? go : g);
            for (int j = 0; j < 4; j++) {
                for (int k = 0; k < NW; k++)
                    q[k] = dT[k][j];
                table(b, q, Q);
                CLOSE(POGS * mobs * summed(Q, pz, w0) / r.flux, (obs ? god : gd)[j], 1e-10);
            }
            if (obs) {
                table(db, T, Q);
                CLOSE(POGS * mobs * summed(Q, pz, w0) / r.flux + dm[0], gz[0], 1e-10);
                for (int j = 1; j < 5; j++)
                    CLOSE(dm[j], gz[j], 1e-10);
            }
        }
    }
}

/* delta and Av that change with age */
static void dust_by_age(void **state)
{
    (void)state;
    static const double mag[NB] = {-25.440258544265596, -25.71456470411907, -25.91374558983351};
    static const double g[4][NB] = {{-.01680059568920462, .00849842928949481, .016183886782800867},
                                    {-.0512490533779644, .03069590970175838, .06433301309311144},
                                    {.19036312933274013, .12950936685941344, .09194348512359221},
                                    {.9828605817241876, .7337431728588227, .5662588046993222}};
    double b[NW];
    for (int i = 0; i < NB; i++) {
        gal_dsps_band(NF, fwave[i], trans[i], 0, NW, wave, b, NULL);
        double flux = 0, d[4] = {0};
        for (int a = 0; a < NA; a++) {
            double F, dT[GAL_DUST_N];
            gal_dust_par p = {.bump = 1, .x0 = 0.2175, .width = 0.035};
            p.delta = gal_dsps_by_age(lgage[a], -0.5, -0.1, &F);
            p.av = gal_dsps_by_age(lgage[a], 1.0, 0.3, NULL);
            for (int k = 0; k < NW; k++) {
                double T = gal_dust_transmission(GAL_DUST_SALIM18, &p, wave[k] * 1e-4, dT), L = 0;
                for (int m = 0; m < NZ; m++)
                    L += mobs * pz[m] * w0[a] * ssp[m * NA + a][k] * b[k];
                flux += L * T;
                d[0] += L * dT[GAL_DUST_DELTA] * (1 - F), d[1] += L * dT[GAL_DUST_DELTA] * F;
                d[2] += L * dT[GAL_DUST_AV] * (1 - F), d[3] += L * dT[GAL_DUST_AV] * F;
            }
        }
        CLOSE(-2.5 * log10(flux), mag[i], 1e-12);
        for (int j = 0; j < 4; j++)
            CLOSE(POGS * d[j] / flux, g[j][i], 1e-10);
    }
}

/* metallicity by history, by age, and by mass */
static void metallicities(void **state)
{
    (void)state;
    static const double hist[NB] = {-25.94700422470476, -26.067304944976616, -26.16821937600584};
    static const double byage[NB] = {-25.901019608425866, -25.993178513188937, -26.071851799863207};
    static const double gy[NB] = {-0.04124446554555124, -0.05745942549643181, -0.06718468698316307};
    static const double go[NB] = {-0.13561646363343718, -0.22095969824308406, -0.2901729496656317};
    static const double bymass[NB] = {-26.020802192640385, -26.188099564130717, -26.32739525900178};
    double tab[NT], x[NA], p[NZ], dx[NZ], b[NW], P[NZ * NA], q[NZ], par[GAL_MZR_N];
    for (int k = 0; k < NT; k++)
        tab[k] = -3 + 1.5 * (t[k] - 0.1) / 13.7;
    assert_int_equal(gal_dsps_met_at_birth(NT, t, tab, NA, lgage, TOBS, x, NULL, NULL, NULL), GAL_OK);
    CLOSE(x[0], -1.9160669532703416, 1e-13);
    CLOSE(x[20], -1.919498200910626, 1e-13);
    CLOSE(x[40], -2.2622602584068057, 1e-13);
    CLOSE(x[46], -3.0, 1e-14);
    gal_dsps_met_weights(x[40], SCAT, NZ, lgmet, q, NULL, NULL);
    CLOSE(q[2], .4767869798766089, 1e-11);
    CLOSE(q[3], .5218273184351113, 1e-11);
    CLOSE(q[4], .0013857016882797835, 1e-11);
    assert_true(q[0] == 0 && q[1] == 0);
    for (int i = 0; i < GAL_MZR_N; i++)
        par[i] = gal_mzr_params()[i].def;
    double lgz = gal_mzr(log10(mobs), TOBS, par, false, NULL, NULL, NULL);
    CLOSE(lgz, -1.8410094680494802, 1e-12);
    gal_dsps_met_weights(lgz, SCAT, NZ, lgmet, q, NULL, NULL);
    for (int i = 0; i < NB; i++) {
        gal_dsps_band(NF, fwave[i], trans[i], 0, NW, wave, b, NULL);
        table(b, NULL, P);
        double f[2] = {0}, dy = 0, dold = 0;
        for (int a = 0; a < NA; a++) {
            double F, age = gal_dsps_by_age(lgage[a], -1.8, -2.6, &F);
            for (int mode = 0; mode < 2; mode++) {
                assert_int_equal(gal_dsps_met_weights(mode ? age : x[a], SCAT, NZ, lgmet, p, dx, NULL), GAL_OK);
                for (int m = 0; m < NZ; m++) {
                    f[mode] += mobs * w0[a] * p[m] * P[m * NA + a];
                    if (mode)
                        dy += mobs * w0[a] * dx[m] * P[m * NA + a] * (1 - F),
                            dold += mobs * w0[a] * dx[m] * P[m * NA + a] * F;
                }
            }
        }
        CLOSE(-2.5 * log10(f[0]), hist[i], 1e-12);
        CLOSE(-2.5 * log10(f[1]), byage[i], 1e-12);
        CLOSE(POGS * dy / f[1], gy[i], 1e-10);
        CLOSE(POGS * dold / f[1], go[i], 1e-10);
        CLOSE(-2.5 * log10(mobs * summed(P, q, w0)), bymass[i], 1e-12);
    }
}

/* reverse of the metallicity history against differences of a linear functional */
static void history_reverse(void **state)
{
    (void)state;
    double tab[NT], x[NA], y[NA], g[NA], gtab[NT], gt, h = 1e-5, s = 0;
    for (int k = 0; k < NT; k++)
        tab[k] = -3 + 0.9 * sin(t[k]);
    for (int a = 0; a < NA; a++)
        g[a] = cos(a);
    assert_int_equal(gal_dsps_met_at_birth(NT, t, tab, NA, lgage, TOBS, x, g, gtab, &gt), GAL_OK);
    CLOSE(dot(gtab, tab, NT), dot(g, x, NA), 1e-12); /* linear in the table */
    gal_dsps_met_at_birth(NT, t, tab, NA, lgage, TOBS + h, x, NULL, NULL, NULL);
    gal_dsps_met_at_birth(NT, t, tab, NA, lgage, TOBS - h, y, NULL, NULL, NULL);
    for (int a = 0; a < NA; a++)
        s += g[a] * (x[a] - y[a]) / (2 * h);
    CLOSE(gt, s, 1e-7); /* differences of step 1e-5 */
}

static void constant_rate(void **state)
{
    (void)state;
    double tt[200], one[200], w[NA], m, mass[200];
    gal_linspace(0.01, 13.8, 200, tt);
    for (int k = 0; k < 200; k++)
        one[k] = 1;
    assert_int_equal(gal_dsps_age_weights(200, tt, one, NA, lgage, 13, w, &m), GAL_OK);
    CLOSE(w[0], 5.617911585561349e-06, 1e-9); /* differences of masses of 1e10 in the youngest bin */
    CLOSE(w[20], 5.617912662788863e-04, 1e-11);
    CLOSE(w[40], .056179122541677735, 1e-11);
    CLOSE(w[45], .17765405465163242, 1e-11);
    CLOSE(w[46], .13624733006176792, 1e-11);
    CLOSE(m, 12994499980.619976, 1e-12);
    gal_dsps_mass(200, tt, one, GAL_DSPS_SFR_MIN, mass);
    CLOSE(mass[0], 4500000.000000046, 1e-12);
    CLOSE(mass[1], 73796482.41206035, 1e-12);
    CLOSE(mass[2], 143092964.82412067, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights),       cmocka_unit_test(rest_and_burst), cmocka_unit_test(dusty),
        cmocka_unit_test(dust_by_age),   cmocka_unit_test(metallicities),  cmocka_unit_test(history_reverse),
        cmocka_unit_test(constant_rate),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
