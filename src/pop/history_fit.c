/* Fits of Diffmah and Diffstar to tabulated histories. Targets and weights: galua/historyfit.h. */
#include "galua/historyfit.h"
#include "galua/dsps.h"
#include "galua/num.h"
#include "galua/rng.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046
enum { NH = GAL_DIFFMAH_N - 1, NS = GAL_DIFFSTAR_N, TRIES = 10, STEPS = 200 };

/* ------------------------------------------------------------------ halos */
typedef struct halo {
    size_t n; /* times that count */
    double *t, *logm, *model, *d;
    double lt0, tpeak;
} halo;

static void halo_params(const halo *h, const double *u, double *p, double *jac)
{
    double all[GAL_DIFFMAH_N] = {0};
    memcpy(all, u, NH * sizeof *u);
    gal_soft_bounded(gal_diffmah_params(), GAL_DIFFMAH_N, all, p, jac);
    p[GAL_MAH_TPEAK] = h->tpeak;
}

static bool halo_residuals(void *self, const double *u, double *r, double *J)
{
    halo *h = self;
    double p[GAL_DIFFMAH_N], jac[GAL_DIFFMAH_N * GAL_DIFFMAH_N];
    halo_params(h, u, p, J ? jac : NULL);
    gal_diffmah(p, h->lt0, h->n, h->t, h->model, NULL, J ? h->d : NULL, NULL);
    bool fine = true;
    for (size_t k = 0; k < h->n; k++) {
        r[k] = (h->model[k] - h->logm[k]) / sqrt((double)h->n);
        fine = fine && isfinite(r[k]);
        for (size_t a = 0; J && a < NH; a++) {
            J[k * NH + a] = 0;
            for (size_t b = 0; b < NH; b++)
                J[k * NH + a] += h->d[k * GAL_DIFFMAH_N + b] * jac[b * GAL_DIFFMAH_N + a] / sqrt((double)h->n);
        }
    }
    return fine;
}

gal_status gal_diffmah_fit(size_t nt, const double *t, const double *logm, double least, double lt0, double *p,
                           gal_history_fit *info)
{
    gal_status st = GAL_OK;
    halo h = {.lt0 = lt0};
    double u[GAL_DIFFMAH_N], most = -INFINITY;
    if (nt < 1 || !(t[0] > 0))
        return gal_fail(GAL_EDOMAIN, "diffmah fit: %zu times from %g Gyr on; times > 0 are needed", nt, nt ? t[0] : 0);
    GAL_TRY(gal_check_ascending("diffmah fit: times", t, nt));
    GAL_TRY(gal_check_finite("diffmah fit: log10 masses", logm, nt));
    if (!(h.t = GAL_NEWN(double, nt *(3 + GAL_DIFFMAH_N)))) {
        st = GAL_ENOMEM;
        goto out;
    }
    h.logm = h.t + nt, h.model = h.logm + nt, h.d = h.model + nt;
    for (size_t k = 0; k < nt; k++)
        if (logm[k] > most) {
            most = logm[k];
            h.tpeak = t[k];
        }
    double last = most;
    most = -INFINITY;
    for (size_t k = 0; k < nt; k++) {
        most = fmax(most, logm[k]);
        if (t[k] >= 1 && most > last - 2.5 && most > least) {
            h.t[h.n] = t[k];
            h.logm[h.n++] = most;
        }
    }
    if (h.n < 3) {
        st = gal_fail(GAL_EDOMAIN,
                      "diffmah fit: %zu times after 1 Gyr with a mass within 2.5 dex of the last; 3 are needed", h.n);
        goto out;
    }
    double start[GAL_DIFFMAH_N];
    for (int i = 0; i < GAL_DIFFMAH_N; i++)
        start[i] = gal_diffmah_params()[i].def;
    start[GAL_MAH_LOGM0] = fmin(fmax(last, 1), 16);
    GAL_TRY(gal_soft_unbounded("diffmah", gal_diffmah_params(), GAL_DIFFMAH_N, start, u));
    h.tpeak = fmin(fmax(h.tpeak, 0.06), 19.9);
    *info = (gal_history_fit){.npoint = h.n, .tries = 1};
    GAL_TRY(gal_least_squares(halo_residuals, &h, NH, h.n, STEPS, u, &info->loss));
    halo_params(&h, u, p, NULL);
out:
    gal_free(h.t);
    return st;
}

/* ------------------------------------------------------------------ stars */
/* M at time x, linear between times: the place k and the share of k + 1; before the first time the first mass */
static size_t place(size_t nt, const double *t, double x, double *u)
{
    size_t k = 0;
    *u = 0;
    if (x <= t[0])
        return 0;
    while (k < nt - 2 && t[k + 1] <= x)
        k++;
    *u = fmin((x - t[k]) / (t[k + 1] - t[k]), 1);
    return k;
}

void gal_fstar(size_t nt, const double *t, const double *mass, double span, double *fstar)
{
    for (size_t k = 0; k < nt; k++) {
        double u;
        size_t j = place(nt, t, t[k] - span, &u);
        double before = mass[j] + (nt > 1 ? u * (mass[j + 1 < nt ? j + 1 : j] - mass[j]) : 0);
        fstar[k] = fmax((mass[k] - before) / span * 1e-9, 0);
    }
}

typedef struct star {
    const double *mah, *t;
    size_t nt;
    double lt0, fb, late;                  /* log10 of the time of the largest fstar */
    double *logm, *logf, *sfr, *m, *w, *v; /* [nt] targets, weights; w, v = 0: does not count */
    double *model, *d, *mass, *dm, *f;     /* [nt], [nt][GAL_HISTORY_N], [nt], [nt][NS], [nt] */
    size_t nm, nf;                         /* times that count */
} star;

/* mass and its derivatives from rates and theirs */
static void cumulate(const star *s, bool slopes)
{
    double tp = GAL_DSPS_T_BIRTH, sp = GAL_DSPS_SFR_MIN, m = 0;
    for (size_t k = 0; k < s->nt; k++) {
        double h = 0.5e9 * (s->t[k] - tp);
        m += h * (s->model[k] + sp);
        s->mass[k] = m;
        for (size_t a = 0; slopes && a < NS; a++) {
            double now = s->d[k * GAL_HISTORY_N + GAL_DIFFMAH_N + a];
            double before = k ? s->d[(k - 1) * GAL_HISTORY_N + GAL_DIFFMAH_N + a] : 0;
            s->dm[k * NS + a] = (k ? s->dm[(k - 1) * NS + a] : 0) + h * (now + before);
        }
        tp = s->t[k], sp = s->model[k];
    }
}

/* three residuals a time, then the last fstar and the ridge */
static bool star_residuals(void *self, const double *u, double *r, double *J)
{
    star *s = self;
    const size_t nt = s->nt, m = 3 * nt + 2;
    double p[NS], jac[NS * NS], wm = 1 / sqrt((double)s->nm), wf = 1 / sqrt((double)s->nf);
    gal_soft_bounded(gal_diffstar_params(), NS, u, p, J ? jac : NULL);
    gal_diffstar(s->mah, p, s->lt0, s->fb, nt, s->t, s->model, J ? s->d : NULL);
    cumulate(s, J != NULL);
    gal_fstar(nt, s->t, s->mass, 1, s->f);
    memset(r, 0, m * sizeof *r);
    if (J)
        memset(J, 0, m * NS * sizeof *J);
    for (size_t k = 0; k < nt; k++) {
        double share, floor = 1e-13 * s->mass[k], f = fmax(s->f[k], floor);
        size_t j = place(nt, s->t, s->t[k] - 1, &share), last = k == nt - 1;
        double x = 1e8 * (s->model[k] - s->sfr[k]) / s->m[k];
        if (s->w[k] > 0) {
            r[k] = sqrt(30.) * wm * (log10(s->mass[k]) - s->logm[k]) / s->w[k];
            r[2 * nt + k] = wm * fmin(fmax(x, -1), 1) / s->w[k];
        }
        if (s->v[k] > 0)
            r[nt + k] = wf * (log10(f) - s->logf[k]) / s->v[k];
        if (last && s->v[k] > 0)
            r[3 * nt] = sqrt(0.5) * (log10(f) - s->logf[k]);
        for (size_t a = 0; J && a < NS; a++) {
            double before = s->dm[j * NS + a] + share * (s->dm[(j + 1) * NS + a] - s->dm[j * NS + a]), df;
            df = s->f[k] > floor ? (s->dm[k * NS + a] - before) * 1e-9 : 1e-13 * s->dm[k * NS + a];
            df /= f * LN10;
            if (s->w[k] > 0) {
                J[k * NS + a] = sqrt(30.) * wm / s->w[k] * s->dm[k * NS + a] / (s->mass[k] * LN10);
                if (fabs(x) < 1)
                    J[(2 * nt + k) * NS + a] =
                        wm / s->w[k] * 1e8 / s->m[k] * s->d[k * GAL_HISTORY_N + GAL_DIFFMAH_N + a];
            }
            if (s->v[k] > 0)
                J[(nt + k) * NS + a] = wf / s->v[k] * df;
            if (last && s->v[k] > 0)
                J[3 * nt * NS + a] = sqrt(0.5) * df;
        }
    }
    double g = gal_logistic(-50 * (p[GAL_STAR_QT] - s->late));
    r[3 * nt + 1] = 10 * sqrt(g);
    if (J)
        J[(3 * nt + 1) * NS + GAL_STAR_QT] = -250 * sqrt(g) * (1 - g);
    bool fine = true;
    for (size_t i = 0; i < m; i++)
        fine = fine && isfinite(r[i]);
    for (size_t i = 0; J && i < m; i++) { /* to unbounded parameters */
        double row[NS];
        memcpy(row, J + i * NS, sizeof row);
        for (size_t a = 0; a < NS; a++) {
            J[i * NS + a] = 0;
            for (size_t b = 0; b < NS; b++)
                J[i * NS + a] += row[b] * jac[b * NS + a];
        }
    }
    return fine;
}

/* targets and weights of the history; GAL_EDOMAIN: nothing counts */
static gal_status star_targets(star *s, const double *sfr)
{
    const size_t nt = s->nt;
    memcpy(s->sfr, sfr, nt * sizeof *sfr);
    gal_status st = gal_dsps_mass(nt, s->t, sfr, GAL_DSPS_SFR_MIN, s->m);
    if (st != GAL_OK)
        return st;
    gal_fstar(nt, s->t, s->m, 1, s->logf);
    double most = 0, last = log10(s->m[nt - 1]);
    for (size_t k = 0; k < nt; k++)
        if (s->logf[k] > most) {
            most = s->logf[k];
            s->late = log10(s->t[k]);
        }
    for (size_t k = 0; k < nt; k++) {
        double f = fmax(s->logf[k], fmax(1e-12 * s->m[k], most * 1e-3));
        s->logm[k] = log10(s->m[k]);
        s->logf[k] = log10(f);
        bool counts = s->t[k] >= 1 && s->logm[k] > 7 && s->logm[k] > last - 3.5;
        s->w[k] = !counts ? 0 : s->logm[k] > last - 0.1 ? 0.5 : 1;
        s->v[k] = !counts || !(s->t[k] > s->t[0] + 1) ? 0 : s->logf[k] > log10(most) - 0.1 ? 0.5 : 1;
        s->nm += s->w[k] > 0;
        s->nf += s->v[k] > 0;
    }
    if (s->nm < 3 || s->nf < 3)
        return gal_fail(GAL_EDOMAIN,
                        "diffstar fit: %zu times after 1 Gyr with more than 1e7 Msun and within 3.5 dex of the last "
                        "mass; 3 are needed",
                        s->nm);
    return GAL_OK;
}

static gal_status star_fit(star *s, uint64_t seed, double *p, gal_history_fit *info)
{
    static const double spread[NS] = {.5, .5, 1, 1, .3, .5, .3, .3};
    double first[NS], u0[NS], m = s->logm[s->nt - 1];
    for (int i = 0; i < NS; i++)
        first[i] = gal_diffstar_params()[i].def;
    first[GAL_STAR_LGMCRIT] = fmin(fmax(.3 * (m - 11) + 11.4, 11), 13);
    first[GAL_STAR_LGY] = fmin(fmax(.2 * (m - 11) - 9.7, -10.5), -9.2);
    first[GAL_STAR_LO] = fmin(fmax(.7 * (m - 11) - .3, .2), 3);
    gal_status st = gal_soft_unbounded("diffstar", gal_diffstar_params(), NS, first, u0);
    info->loss = INFINITY;
    for (int k = 0; st == GAL_OK && k < TRIES && !(info->loss <= 0.1); k++) {
        double u[NS], loss;
        gal_rng r;
        gal_rng_init(&r, seed, 0x66697473, (uint64_t)k, 0, 0);
        for (int i = 0; i < NS; i++)
            u[i] = u0[i] + (k ? spread[i] * gal_rng_normal(&r) : 0);
        st = gal_least_squares(star_residuals, s, NS, 3 * s->nt + 2, STEPS, u, &loss);
        info->tries = k + 1;
        if (st == GAL_OK && loss < info->loss) {
            info->loss = loss;
            gal_soft_bounded(gal_diffstar_params(), NS, u, p, NULL);
        }
    }
    return st;
}

gal_status gal_diffstar_fit(const double *mah, size_t nt, const double *t, const double *sfr, double lt0, double fb,
                            uint64_t seed, double *p, gal_history_fit *info)
{
    if (nt < 3)
        return gal_fail(GAL_EDOMAIN, "diffstar fit: %zu times; 3 are needed", nt);
    star s = {.mah = mah, .t = t, .nt = nt, .lt0 = lt0, .fb = fb};
    gal_status st = gal_diffmah_check(mah);
    if (st != GAL_OK)
        return st;
    double *x = GAL_NEWN(double, nt *(9 + GAL_HISTORY_N + NS));
    if (!x)
        return GAL_ENOMEM;
    s.logm = x, s.logf = x + nt, s.sfr = x + 2 * nt, s.m = x + 3 * nt, s.w = x + 4 * nt, s.v = x + 5 * nt,
    s.model = x + 6 * nt, s.mass = x + 7 * nt, s.f = x + 8 * nt, s.d = x + 9 * nt, s.dm = s.d + nt * GAL_HISTORY_N;
    *info = (gal_history_fit){.npoint = 0};
    st = star_targets(&s, sfr);
    info->npoint = s.nm;
    if (st == GAL_OK)
        st = star_fit(&s, seed, p, info);
    gal_free(x);
    return st;
}
