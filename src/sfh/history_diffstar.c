/* Diffstar in a Diffmah halo (galua/diffstar.h): the clock of the history is the age of the Universe, so that a galaxy's age is that at its redshift.
 *
 * psi = fb M_halo 10^eff Q. The mass formed has no closed form: 8-point Gauss-Legendre over pieces of 0.1 dex in time (0.2 before 0.1 Gyr), cut
 * where the law is not smooth, t_peak and the beginning, depth and end of quenching, and half-way between those. Derivatives of the mass are sums of those of the rate over the same nodes. */
#include "galua/diffstar.h"
#include "sfh/sfh_int.h"

#include <math.h>

#define LN10 2.302585092994046
#define GYR  1e9
enum { NGAUSS = 8, NEARLY = 10, NEVEN = NEARLY + 25, NCUT = 6, NEDGE = NEVEN + NCUT, NPAR = 1 + GAL_HISTORY_N };
#define FIRST 1e-3 /* Gyr: nothing is born before, as in galua/dsps.h */
#define UNIT                                                                                                           \
    1e200 /* 1/Msun of rates inside: the floor of 1e-14 Msun/yr of gal_diffstar, a kink, is far below everything */

typedef struct state { /* of one thread, at the parameters of the history, fb = UNIT */
    size_t n;
    double e[NEDGE], cum[NEDGE]; /* Gyr; Msun formed until there */
    bool sloped;
    double dcum[NEDGE][GAL_HISTORY_N];
} state;

static void rate_at(const gal_history *h, double t, double *psi, double *d)
{
    gal_diffstar(h->p + 1, h->p + 1 + GAL_DIFFMAH_N, log10(h->sfh->option[0].number), UNIT, 1, &t, psi, d);
}

/* int psi dt from a to b [Gyr], Msun, and with d its derivatives added to d */
static double piece(const gal_history *h, double a, double b, double *d)
{
    static const double x[NGAUSS / 2] = {0.18343464249564981, 0.52553240991632899, 0.79666647741362674,
                                         0.96028985649753623},
                                   w[NGAUSS / 2] = {0.36268378337836199, 0.31370664587788729, 0.22238103445337448,
                                                    0.10122853629037626};
    double mid = (a + b) / 2, half = (b - a) / 2, sum = 0;
    for (int i = 0; i < NGAUSS; i++) {
        double psi, slope[GAL_HISTORY_N], q = w[i / 2] * half * GYR;
        rate_at(h, mid + (i % 2 ? half : -half) * x[i / 2], &psi, d ? slope : NULL);
        sum += q * psi;
        for (int k = 0; d && k < GAL_HISTORY_N; k++)
            d[k] += q * slope[k];
    }
    return sum;
}

static void cuts(const gal_history *h, double c[NCUT])
{
    const double *q = h->p + 1 + GAL_DIFFMAH_N;
    double reach = 3 * pow(10, q[GAL_STAR_QDT]) / 12;
    c[0] = h->p[1 + GAL_MAH_TPEAK];
    for (int i = 0; i < NCUT - 1; i++)
        c[1 + i] = pow(10, q[GAL_STAR_QT] + (i - 2) * reach);
}

static gal_status open(gal_history *h)
{
    return (h->local = GAL_NEW(state)) ? GAL_OK : GAL_ENOMEM;
}

static void close(gal_history *h)
{
    gal_free(h->local);
}

static gal_status set(gal_history *h)
{
    state *s = h->local;
    double c[NCUT];
    cuts(h, c);
    s->n = 0;
    s->sloped = false;
    for (int i = 0; i < NEVEN; i++) /* .. 25 Gyr */
        s->e[s->n++] = i < NEARLY ? FIRST * pow(10, 0.2 * i) : 0.1 * pow(10, 0.1 * (i - NEARLY));
    for (int i = 0; i < NCUT; i++) {
        size_t k = s->n;
        if (!(c[i] > s->e[0] && c[i] < s->e[s->n - 1]))
            continue;
        for (; s->e[k - 1] > c[i]; k--)
            s->e[k] = s->e[k - 1];
        s->e[k] = c[i];
        s->n++;
    }
    s->cum[0] = 0;
    for (size_t k = 1; k < s->n; k++)
        s->cum[k] = s->cum[k - 1] + piece(h, s->e[k - 1], s->e[k], NULL);
    return GAL_OK;
}

/* the last edge before t [Gyr] */
static size_t edge_before(const state *s, double t)
{
    size_t lo = 0, hi = s->n - 1;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (s->e[mid] < t)
            lo = mid;
        else
            hi = mid;
    }
    return s->e[hi] < t ? hi : lo;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    for (size_t i = 0; i < n; i++) {
        psi[i] = 0;
        if (t[i] >= FIRST * GYR)
            rate_at(h, t[i] / GYR, psi + i, NULL);
        psi[i] *= h->p[0] / UNIT;
    }
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    const state *s = h->local;
    for (size_t i = 0; i < n; i++) {
        m[i] = 0;
        if (!(t[i] > FIRST * GYR))
            continue;
        size_t k = edge_before(s, t[i] / GYR);
        m[i] = h->p[0] / UNIT * (s->cum[k] + piece(h, s->e[k], t[i] / GYR, NULL));
    }
}

/* d ln psi/d ln t, psi not at its floor; d of rate_at */
static double index_of(const gal_history *h, double t, double psi, const double *d)
{
    double logm, growth;
    const double *by = d + GAL_DIFFMAH_N;
    gal_diffmah(h->p + 1, log10(h->sfh->option[0].number), 1, &t, &logm, &growth, NULL, NULL);
    double b = growth * GYR * t / pow(10, logm);        /* d log M/d log t */
    double bend = -by[GAL_STAR_LGMCRIT] / (LN10 * psi); /* d eff/d log M */
    return (1 + bend) * b - by[GAL_STAR_QT] / (LN10 * psi);
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    state *s = h->local;
    for (int q = 0; q < NPAR + 2; q++)
        ps[q] = ms[q] = 0;
    if (t < FIRST * GYR)
        return;
    if (!s->sloped) {
        for (int q = 0; q < GAL_HISTORY_N; q++)
            s->dcum[0][q] = 0;
        for (size_t k = 1; k < s->n; k++) {
            for (int q = 0; q < GAL_HISTORY_N; q++)
                s->dcum[k][q] = s->dcum[k - 1][q];
            piece(h, s->e[k - 1], s->e[k], s->dcum[k]);
        }
        s->sloped = true;
    }
    double gyr = t / GYR, psi, d[GAL_HISTORY_N], dm[GAL_HISTORY_N], fb = h->p[0] / UNIT;
    size_t k = edge_before(s, gyr);
    rate_at(h, gyr, &psi, d);
    for (int q = 0; q < GAL_HISTORY_N; q++)
        dm[q] = s->dcum[k][q];
    ms[0] = (s->cum[k] + piece(h, s->e[k], gyr, dm)) / UNIT;
    ps[0] = psi / UNIT;
    for (int q = 0; q < GAL_HISTORY_N; q++) {
        ps[1 + q] = fb * d[q];
        ms[1 + q] = fb * dm[q];
    }
    ps[NPAR + 1] = psi > GAL_DIFFSTAR_FLOOR ? fb * psi / t * index_of(h, gyr, psi, d) : 0;
    ms[NPAR + 1] = fb * psi;
}
GAL_SLOPES_OF(slopes)

static size_t nbreak(const gal_sfh *s)
{
    (void)s;
    return NCUT + 1;
}

static size_t breaks(const gal_history *h, double *t)
{
    cuts(h, t);
    t[NCUT] = FIRST;
    for (int i = 0; i <= NCUT; i++)
        t[i] *= GYR;
    return NCUT + 1;
}

static void jvp_breaks(const gal_history_diff *d, double *dt)
{
    const double *p = d->h->p + 1 + GAL_DIFFMAH_N, *dq = d->p + 1 + GAL_DIFFMAH_N;
    double c[NCUT], reach = 3 * pow(10, p[GAL_STAR_QDT]) / 12;
    cuts(d->h, c);
    dt[NCUT] = 0;
    dt[0] = GYR * d->p[1 + GAL_MAH_TPEAK];
    for (int i = 0; i < NCUT - 1; i++)
        dt[1 + i] = GYR * LN10 * c[1 + i] * (dq[GAL_STAR_QT] + (i - 2) * reach * LN10 * dq[GAL_STAR_QDT]);
}

static void vjp_breaks(gal_history_diff *g, const double *gt)
{
    const double *p = g->h->p + 1 + GAL_DIFFMAH_N;
    double c[NCUT], reach = 3 * pow(10, p[GAL_STAR_QDT]) / 12, *gq = g->p + 1 + GAL_DIFFMAH_N;
    cuts(g->h, c);
    g->p[1 + GAL_MAH_TPEAK] += GYR * gt[0];
    for (int i = 0; i < NCUT - 1; i++) {
        double x = GYR * LN10 * c[1 + i] * gt[1 + i];
        gq[GAL_STAR_QT] += x;
        gq[GAL_STAR_QDT] += x * (i - 2) * reach * LN10;
    }
}

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    double t0;
    (void)o;
    return gal_sfh_positive(s, "t0", &t0);
}

static const gal_option option[] = {
    {"t0", "Gyr", "age of the Universe that logm0 refers to", GAL_OPTION_NUMBER, NULL, GAL_DIFFSTAR_T0, NULL}};

// clang-format off
static const gal_param par[] = {
    {"fb",           "",            "baryon fraction: a factor on the rate",              0.156,  0,    1e8,  0.01, 1,    true,  false},
    {"logm0",        "log10(Msun)", "halo mass carried on to t0",                         12.0,   0,    17,   10,   15,   false, true},
    {"logtc",        "log10(Gyr)",  "when growth turns from early to late",               0.05,   -1,   1,    -0.5, 0.7,  false, false},
    {"early_index",  "",            "power of the halo's growth at early times",          2.6137643,  0.1, 10, 1,   5,    false, false},
    {"late_index",   "",            "power of the halo's growth at late times",           0.12692805, 0.05, 5, 0.1, 0.8,  false, false},
    {"t_peak",       "Gyr",         "end of the halo's growth",                           14.0,   0.05, 20,   2,    14,   false, false},
    {"lgmcrit",      "log10(Msun)", "halo mass of the efficiency's turn",                 12.0,   9,    13.5, 11,   13,   false, true},
    {"lgy_at_mcrit", "log10(1/yr)", "efficiency at lgmcrit",                              -10.0,  -12,  -8,   -11,  -9,   false, true},
    {"indx_lo",      "",            "slope of the efficiency at low mass",                1.0,    0,    5,    0.2,  3,    false, true},
    {"indx_hi",      "",            "slope of the efficiency at high mass",               -1.0,   -5,   0,    -3,   -0.2, false, true},
    {"lg_qt",        "log10(Gyr)",  "time of deepest quenching",                          1.0,    0.1,  2,    0.3,  1.3,  false, true},
    {"qlglgdt",      "",            "log10 of the duration of quenching [dex]",           -0.50725, -3, -0.01, -1.5, -0.1, false, true},
    {"lg_drop",      "",            "log10 of the deepest fall",                          -1.01773, -3, 0,    -2.5, -0.1, false, true},
    {"lg_rejuv",     "",            "log10 of the level after rejuvenation",              -0.212307, -3, 0,   -0.9, 0,    false, true}};
// clang-format on

const gal_sfh_class gal_sfh_diffstar = {
    .name = "diffstar",
    .args = "logm0 =, lgmcrit =, lg_qt =",
    .doc = "Diffstar in a Diffmah halo (Alarcon+2023): a rate set by the halo's mass, and quenching.\n"
           "The age of the galaxy is that of the Universe at its redshift. With mass, fb follows from it.",
    .par = par,
    .npar = NPAR,
    .option = option,
    .noption = 1,
    .create = create,
    .open = open,
    .close = close,
    .set = set,
    .rate = rate,
    .mass = mass,
    .nbreak = nbreak,
    .breaks = breaks,
    .jvp = jvp,
    .vjp = vjp,
    .jvp_breaks = jvp_breaks,
    .vjp_breaks = vjp_breaks,
};
