/* Dust emission from template libraries, built in (data/dust, cut by scripts/dev/cut_grids.py) or from files in their usual layouts:
 *
 * dust.dl07    Draine & Li 2007 (ApJ 657, 810), built in; files DL07_MW3.1_00.dat .. _60.dat: a column of wavelengths [micron], then for each
 *              of 22 U_min a pair of L_nu: dust heated by U = U_min alone, and by U_min < U < 1e6 (dM/dU ~ U^-2)
 * dust.themis  Jones et al. 2017 (A&A 602, A46), built in; files THEMIS_MW3.1_00.dat .. _100.dat, the same with 37 U_min
 * dust.dale14  Dale et al. 2014 (ApJ 784, 83), one file: wavelengths [micron], then log10 nu L_nu for alpha = 0.0625 .. 4
 *
 * Spectra are normalised to unit power and interpolated linearly in q, ln U_min (or alpha); the mixture of the two heatings,
 * (1 - gamma) and gamma by dust mass as published, is taken before normalisation. A unit of dust mass at U = 1 emits P_0 (Draine & Li: power per H of the
 * models over the dust mass per H of their table 3), in the mixture P_0 <U>, so the power emitted weighs the dust: Mdust_em. Beyond the
 * library: log-log extrapolation towards long wavelengths, nothing below. All of the absorbed power is re-emitted. */
#include "dust/dust.h"
#include "galua/component.h"
#include "galua/num.h"
#include "io/h5.h"
#include "num/dot.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAXQ = 11, MAXU = 64 };

/* lum[(q * nu + u) * npair + heating][wave], L_lambda up to one factor for all */
typedef struct library {
    size_t nq, nu, npair, nwave;
    double q[MAXQ], lnu[MAXU]; /* the axes */
    double p0[MAXQ];           /* Lsun per Msun of dust at U = 1; 0: unknown */
    double *wave;              /* A */
    double *lum;
} library;

static void library_free(void *self)
{
    library *l = self;
    if (l) {
        gal_free(l->wave);
        gal_free(l->lum);
    }
    gal_free(l);
}

/* Numbers of one file, row by row; *ncol is 0 at first and then the same for every row. Caller frees. */
static gal_status read_numbers(const char *path, double **out, size_t *nrow, size_t *ncol)
{
    gal_status st = GAL_OK;
    char *text = NULL;
    size_t size, n = 0, room = 0, line = 0;
    double *x = NULL;
    *nrow = 0;
    GAL_TRY(gal_read_file(path, &text, &size));
    for (char *p = text, *next; *p; p = next) {
        char *end = strchr(p, '\n');
        next = end ? end + 1 : p + strlen(p);
        if (end)
            *end = '\0';
        line++;
        size_t count = 0;
        if (*p == '#')
            continue;
        for (char *stop;; p = stop) {
            double v = strtod(p, &stop);
            if (stop == p)
                break;
            if (n == room) {
                double *grown = GAL_NEWN(double, room = room ? 2 * room : 65536);
                if (!grown)
                    GAL_TRY(GAL_ENOMEM);
                if (n)
                    memcpy(grown, x, n * sizeof *x);
                gal_free(x);
                x = grown;
            }
            x[n++] = v;
            count++;
        }
        if (count <= 1) { /* a blank line, or the wavelength count of a header */
            n -= count;
            continue;
        }
        if (*ncol == 0)
            *ncol = count;
        if (count != *ncol)
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu numbers, %zu expected", path, line, count, *ncol);
        (*nrow)++;
    }
    if (*nrow < 2)
        GAL_THROW(GAL_EFORMAT, "%s: not a table of dust spectra", path);
    *out = x;
    x = NULL;
out:
    gal_free(text);
    gal_free(x);
    return st;
}

static gal_status start_library(library **out, size_t nq, size_t nu, size_t npair, size_t nwave)
{
    library *l = GAL_NEW(library);
    *out = l;
    if (!l)
        return GAL_ENOMEM;
    *l = (library){.nq = nq, .nu = nu, .npair = npair, .nwave = nwave};
    l->wave = GAL_NEWN(double, nwave);
    l->lum = GAL_NEWN(double, nq *nu *npair *nwave);
    return l->wave && l->lum ? GAL_OK : GAL_ENOMEM;
}

/* A row's wavelength must be that of the first file, ascending; a spectrum's values must not be negative. */
static gal_status check_row(const library *l, const char *path, size_t row, double micron, bool first)
{
    double w = micron * 1e4;
    if (first && !(w > 0 && (row == 0 || w > l->wave[row - 1])))
        return gal_fail(GAL_EFORMAT, "%s: wavelength %g micron of row %zu does not ascend", path, micron, row + 1);
    if (!first && !(fabs(w / l->wave[row] - 1) < 1e-4))
        return gal_fail(GAL_EFORMAT, "%s: wavelength %g micron of row %zu differs from the other files'", path, micron,
                        row + 1);
    return GAL_OK;
}

typedef struct layout {
    const char *name, *stem;
    size_t nq, nu;
    const int *file;  /* number in the file's name */
    const double *q;  /* [nq] percent */
    const double *u;  /* [nu] */
    const double *p0; /* [nq] Lsun per Msun of dust at U = 1 */
} layout;

static gal_status read_builtin(void **self, const layout *y)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    library *l = NULL;
    double *wave = NULL, *lum = NULL;
    char name[40], path[4096];
    size_t nwave = 0, dims[4] = {y->nq, y->nu, 2, 0};
    snprintf(name, sizeof name, "dust/%s.h5", y->name);
    GAL_TRY(gal_data_path(name, path, sizeof path));
    GAL_TRY(gal_h5_open(&h, path));
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &nwave, (void **)&wave));
    dims[3] = nwave;
    GAL_TRY(gal_h5_read_alloc(h, "lum", GAL_H5_F64, 4, dims, (void **)&lum));
    GAL_TRY(gal_check_ascending("wavelengths of dust templates", wave, nwave));
    if (!(l = GAL_NEW(library)))
        GAL_TRY(GAL_ENOMEM);
    *l = (library){.nq = y->nq, .nu = y->nu, .npair = 2, .nwave = nwave, .wave = wave, .lum = lum};
    wave = lum = NULL;
    memcpy(l->q, y->q, y->nq * sizeof *y->q);
    memcpy(l->p0, y->p0, y->nq * sizeof *y->p0);
    for (size_t u = 0; u < y->nu; u++)
        l->lnu[u] = log(y->u[u]);
    *self = l;
    l = NULL;
out:
    gal_free(wave);
    gal_free(lum);
    library_free(l);
    gal_h5_abandon(h);
    return st;
}

static gal_status read_pairs(void **self, const char *folder, const layout *y)
{
    gal_status st = GAL_OK;
    library *l = NULL;
    double *x = NULL;
    if (!folder)
        return read_builtin(self, y);
    for (size_t iq = 0; iq < y->nq; iq++) {
        char path[1200];
        size_t nrow, ncol = 0;
        snprintf(path, sizeof path, "%s/%s%02d.dat", folder, y->stem, y->file[iq]);
        GAL_TRY(read_numbers(path, &x, &nrow, &ncol));
        if (ncol != 1 + 2 * y->nu)
            GAL_THROW(GAL_EFORMAT, "%s: %zu columns, %zu expected (wavelength and two for each of %zu U_min)", path,
                      ncol, 1 + 2 * y->nu, y->nu);
        if (iq == 0)
            GAL_TRY(start_library(&l, y->nq, y->nu, 2, nrow));
        if (nrow != l->nwave)
            GAL_THROW(GAL_EFORMAT, "%s: %zu wavelengths, the other files have %zu", path, nrow, l->nwave);
        for (size_t k = 0; k < nrow; k++) {
            const double *row = x + k * ncol;
            GAL_TRY(check_row(l, path, k, row[0], iq == 0));
            if (iq == 0)
                l->wave[k] = row[0] * 1e4;
            for (size_t c = 0; c < 2 * y->nu; c++) {
                if (!(row[1 + c] >= 0 && isfinite(row[1 + c])))
                    GAL_THROW(GAL_EFORMAT, "%s: value %g in row %zu, column %zu", path, row[1 + c], k + 1, c + 2);
                l->lum[(iq * 2 * y->nu + c) * nrow + k] = row[1 + c] / (l->wave[k] * l->wave[k]);
            }
        }
        gal_free(x);
        x = NULL;
        l->q[iq] = y->q[iq];
        l->p0[iq] = y->p0[iq];
    }
    for (size_t u = 0; u < y->nu; u++)
        l->lnu[u] = log(y->u[u]);
    *self = l;
    l = NULL;
out:
    gal_free(x);
    library_free(l);
    return st;
}

// clang-format off
static const int dl07_file[7] = {0, 10, 20, 30, 40, 50, 60};
static const double dl07_q[7] = {0.47, 1.12, 1.77, 2.50, 3.19, 3.90, 4.58};
static const double dl07_u[22] = {0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.70, 0.80, 1.00, 1.20, 1.50, 2.00, 2.50, 3.00, 4.00, 5.00,
                                  7.00, 8.00, 12.0, 15.0, 20.0, 25.0};
static const int themis_file[11] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
/* mass fraction of hydrocarbon solids smaller than 1.5 nm in units of the diffuse ISM's 17 %/2.2 */
static const double themis_q[11] = {0.02 / 2.2 * 100, 0.06 / 2.2 * 100, 0.10 / 2.2 * 100, 0.14 / 2.2 * 100, 0.17 / 2.2 * 100,
                                    0.20 / 2.2 * 100, 0.24 / 2.2 * 100, 0.28 / 2.2 * 100, 0.32 / 2.2 * 100, 0.36 / 2.2 * 100,
                                    0.40 / 2.2 * 100};
static const double themis_u[37] = {0.10, 0.12, 0.15, 0.17, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50, 0.60, 0.70, 0.80, 1.00, 1.20, 1.50,
                                    1.70, 2.00, 2.50, 3.00, 3.50, 4.00, 5.00, 6.00, 7.00, 8.00, 10.0, 12.0, 15.0, 17.0, 20.0, 25.0,
                                    30.0, 35.0, 40.0, 50.0, 80.0};
/* erg/s per H at U = 1 over the dust mass per H: Draine & Li 2007, table 3, .0100 .. .0104; THEMIS .0074 */
static const double dl07_p0[7] = {138.7, 137.4, 136.6, 135.4, 136.5, 135.5, 136.0};
static const double themis_p0[11] = {195.8, 203.3, 210.8, 218.4, 224.0, 229.6, 237.1, 244.6, 252.1, 259.6, 267.1};
static const layout dl07 = {"dl07", "DL07_MW3.1_", 7, 22, dl07_file, dl07_q, dl07_u, dl07_p0};
static const layout themis = {"themis", "THEMIS_MW3.1_", 11, 37, themis_file, themis_q, themis_u, themis_p0};

static const gal_param dl07_par[] = {
    {"q_PAH", "%", "mass fraction of the dust in PAH",                              2.5,  0.47, 4.58, 0.47, 4.58, false, true},
    {"U_min", "",  "weakest starlight intensity (1 = solar neighbourhood)",         1.0,  0.1,  25,   0.1,  25,   true,  true},
    {"gamma", "",  "share of the dust mass heated by U_min < U < 1e6",              0.01, 0,    1,    0,    0.15, false, true}};
static const gal_param themis_par[] = {
    {"q_hac", "%", "mass fraction of the dust in small hydrocarbon solids",         7.7,  0.91, 18.18, 0.91, 18.18, false, true},
    {"U_min", "",  "weakest starlight intensity (1 = solar neighbourhood)",         1.0,  0.1,  80,   0.1,  80,   true,  true},
    {"gamma", "",  "share of the dust mass heated by U_min < U",                    0.01, 0,    1,    0,    0.15, false, true}};
static const gal_param dale14_par[] = {
    {"alpha", "",  "exponent of the distribution of starlight intensity, dM/dU ~ U^-alpha", 2.0, 0.0625, 4, 1, 3, false, true}};
// clang-format on

static gal_status create_dl07(void **self, const gal_option_value *v)
{
    return read_pairs(self, v[0].text, &dl07);
}

static gal_status create_themis(void **self, const gal_option_value *v)
{
    return read_pairs(self, v[0].text, &themis);
}

/* One file: log10 nu L_nu, so L_lambda ~ 10^v / lambda. */
static gal_status create_dale14(void **self, const gal_option_value *v)
{
    gal_status st = GAL_OK;
    library *l = NULL;
    double *x = NULL;
    size_t nrow, ncol = 0;
    const char *path = v[0].text;
    if (!path)
        return gal_fail(GAL_EINVAL,
                        "dust.dale14: needs path =, the file of templates (wavelength, 64 columns of log nu L_nu)");
    GAL_TRY(read_numbers(path, &x, &nrow, &ncol));
    if (ncol != 65)
        GAL_THROW(GAL_EFORMAT, "%s: %zu columns, 65 expected (wavelength and 64 values of alpha)", path, ncol);
    GAL_TRY(start_library(&l, 1, 64, 1, nrow));
    for (size_t k = 0; k < nrow; k++) {
        GAL_TRY(check_row(l, path, k, x[k * ncol], true));
        l->wave[k] = x[k * ncol] * 1e4;
        for (size_t u = 0; u < 64; u++)
            l->lum[u * nrow + k] = pow(10, x[k * ncol + 1 + u]) / l->wave[k];
    }
    for (size_t u = 0; u < 64; u++)
        l->lnu[u] = 0.0625 * (double)(u + 1);
    *self = l;
    l = NULL;
out:
    gal_free(x);
    library_free(l);
    return st;
}

/* ------------------------------------------------------------------ on a galaxy's grid */
typedef struct grid_table {
    size_t n, first; /* nothing below node `first` */
    double *lum;     /* as in the library, [..][n] */
    double *power;   /* int L dlambda of each */
} grid_table;

static void teardown(void *table)
{
    grid_table *t = table;
    if (!t)
        return;
    gal_free(t->lum);
    gal_free(t->power);
    gal_free(t);
}

static grid_table *empty(const library *l, size_t n, size_t *ns)
{
    grid_table *t = GAL_NEW(grid_table);
    *ns = l->nq * l->nu * l->npair;
    if (t && (t->lum = GAL_NEWN(double, *ns *n)) && (t->power = GAL_NEWN(double, *ns))) {
        t->n = n;
        return t;
    }
    return teardown(t), NULL;
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    const library *l = self;
    size_t ns;
    grid_table *t = empty(l, g->n, &ns);
    if (!t)
        return GAL_ENOMEM;
    double last = l->wave[l->nwave - 1], before = l->wave[l->nwave - 2];
    for (size_t k = 0; k < g->n; k++) { /* every template has the same nodes */
        double w = g->wave[k];
        size_t i = gal_search(l->wave, l->nwave, w);
        double f = (w - l->wave[i]) / (l->wave[i + 1] - l->wave[i]);
        for (size_t s = 0; w >= l->wave[0] && w <= last && s < ns; s++) {
            const double *from = l->lum + s * l->nwave + i;
            t->lum[s * g->n + k] = from[0] + f * (from[1] - from[0]);
        }
    }
    for (size_t s = 0; s < ns; s++) {
        const double *from = l->lum + s * l->nwave;
        double *to = t->lum + s * g->n;
        double a = from[l->nwave - 1], b = from[l->nwave - 2],
               slope = a > 0 && b > 0 ? log(a / b) / log(last / before) : -6;
        slope = slope > -3 ? -3 : slope;
        for (size_t k = 0; k < g->n; k++) {
            if (g->wave[k] > last)
                to[k] = a * pow(g->wave[k] / last, slope);
            t->power[s] += g->tw[k] * to[k];
        }
        if (!(t->power[s] > 0)) {
            teardown(t);
            return gal_fail(GAL_EDOMAIN, "dust templates: nothing of them lies on the wavelength grid");
        }
    }
    while (t->first < g->n && g->wave[t->first] < l->wave[0])
        t->first++;
    *table = t;
    return GAL_OK;
}

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    const grid_table *from = whole;
    size_t ns, n = nodes->n;
    grid_table *t = empty(self, n, &ns);
    if (!t)
        return GAL_ENOMEM;
    memcpy(t->power, from->power, ns * sizeof *t->power);
    for (size_t s = 0; s < ns; s++)
        for (size_t k = 0; k < n; k++)
            t->lum[s * n + k] = from->lum[s * from->n + nodes->at[k]];
    while (t->first < n && nodes->at[t->first] < from->first)
        t->first++;
    *table = t;
    return GAL_OK;
}

/* Position on an axis: index and fraction of the next. */
static size_t locate(const double *axis, size_t n, double v, double *f)
{
    if (n == 1)
        return *f = 0, 0;
    size_t i = gal_search(axis, n, v);
    double x = (v - axis[i]) / (axis[i + 1] - axis[i]);
    *f = x < 0 ? 0 : x > 1 ? 1 : x;
    return i;
}

/* Sum of the (at most eight) templates around, each with its weight; unit power, then times what was absorbed. */
static gal_status add_templates(const gal_stage *s, double q, double u, double gamma)
{
    const library *l = s->self;
    const grid_table *t = s->table;
    double *lum = s->lum[0], fq, fu, power = s->view->e_mc + s->view->e_dd;
    size_t iq = locate(l->q, l->nq, q, &fq), iu = locate(l->lnu, l->nu, u, &fu);
    double per_mass = 0; /* Lsun per Msun of dust */
    memset(lum, 0, t->n * sizeof *lum);
    for (int c = 0; c < 4; c++) {
        double w = (c & 1 ? fu : 1 - fu) * (c & 2 ? fq : 1 - fq);
        if (!(w > 0))
            continue;
        size_t at = ((iq + (c >> 1)) * l->nu + iu + (c & 1)) * l->npair;
        const double *a = t->lum + at * t->n;
        if (l->npair == 1) {
            double x = w * power / t->power[at];
            for (size_t k = t->first; k < t->n; k++)
                lum[k] += x * a[k];
        } else {
            double all = (1 - gamma) * t->power[at] + gamma * t->power[at + 1], x = w * power / all;
            double at_unit = t->power[at] / exp(l->lnu[iu + (size_t)(c & 1)]); /* of U = 1 */
            per_mass += w * l->p0[iq + (size_t)(c >> 1)] * all / at_unit;
            const double *b = a + t->n;
            for (size_t k = t->first; k < t->n; k++)
                lum[k] += x * ((1 - gamma) * a[k] + gamma * b[k]);
        }
    }
    if (l->npair == 2)
        s->derived[0] = per_mass > 0 ? power / per_mass : 0;
    return GAL_OK;
}

static gal_status reemit_pairs(const gal_stage *s, gal_emission *out)
{
    (void)out; /* no single temperature */
    return add_templates(s, s->p[0], log(s->p[1]), s->p[2]);
}

static gal_status reemit_dale14(const gal_stage *s, gal_emission *out)
{
    (void)out;
    return add_templates(s, 0, s->p[0], 0);
}

/* ------------------------------------------------------------------ derivatives
 * A unit of template c is T = [(1 - gamma) a + gamma b]/all, all the power of that; lum = power sum w T over the four around. */
typedef struct around {
    size_t at[4]; /* templates */
    double w[4], by_q[4], by_u[4];
} around;

static double step_slope(const double *axis, size_t n, size_t i, double v)
{
    return n > 1 && v >= axis[0] && v <= axis[n - 1] ? 1 / (axis[i + 1] - axis[i]) : 0; /* beyond: its edge */
}

static around around_of(const library *l, double q, double u)
{
    around r;
    double fq, fu;
    size_t iq = locate(l->q, l->nq, q, &fq), iu = locate(l->lnu, l->nu, u, &fu);
    double sq = step_slope(l->q, l->nq, iq, q), su = step_slope(l->lnu, l->nu, iu, u);
    for (int c = 0; c < 4; c++) {
        bool q1 = c >> 1, u1 = c & 1;
        double wq = q1 ? fq : 1 - fq, wu = u1 ? fu : 1 - fu;
        r.w[c] = wq * wu;
        r.by_q[c] = (q1 ? sq : -sq) * wu;
        r.by_u[c] = (u1 ? su : -su) * wq;
        r.at[c] = r.w[c] != 0 || r.by_q[c] != 0 || r.by_u[c] != 0
                      ? ((iq + (size_t)q1) * l->nu + iu + (size_t)u1) * l->npair
                      : SIZE_MAX;
    }
    return r;
}

/* The mixture of heatings: shares of the two templates in a unit, and their derivatives with gamma */
static void mixture(const library *l, const grid_table *t, size_t at, double gamma, double share[2], double slope[2])
{
    share[0] = 1 / t->power[at];
    share[1] = slope[0] = slope[1] = 0;
    if (l->npair == 1)
        return;
    double a = t->power[at], b = t->power[at + 1], all = (1 - gamma) * a + gamma * b, more = (b - a) / all;
    share[0] = (1 - gamma) / all;
    share[1] = gamma / all;
    slope[0] = -1 / all - share[0] * more;
    slope[1] = 1 / all - share[1] * more;
}

static gal_status jvp(const gal_stage *s, const gal_stage *d, double q, double u, double gamma, double dq, double du,
                      double dgamma)
{
    const library *l = s->self;
    const grid_table *t = s->table;
    double power = s->view->e_mc + s->view->e_dd, dpower = d->view->e_mc + d->view->e_dd, *dlum = d->lum[0];
    around r = around_of(l, q, u);
    memset(dlum, 0, t->n * sizeof *dlum);
    for (int c = 0; c < 4; c++) {
        double share[2], slope[2], dw = dpower * r.w[c] + power * (r.by_q[c] * dq + r.by_u[c] * du);
        if (r.at[c] == SIZE_MAX)
            continue;
        mixture(l, t, r.at[c], gamma, share, slope);
        const double *a = t->lum + r.at[c] * t->n, *b = l->npair == 2 ? a + t->n : a;
        double x = dw * share[0] + power * r.w[c] * slope[0] * dgamma,
               y = dw * share[1] + power * r.w[c] * slope[1] * dgamma;
        for (size_t k = t->first; k < t->n; k++)
            dlum[k] += x * a[k] + y * b[k];
    }
    return GAL_OK;
}

/* Derivatives with respect to q, u, gamma and, twice, the power */
static void vjp(const gal_stage *s, const double *glum, double q, double u, double gamma, double g[3], gal_view *gv)
{
    const library *l = s->self;
    const grid_table *t = s->table;
    double power = s->view->e_mc + s->view->e_dd, gpower = 0;
    around r = around_of(l, q, u);
    size_t n = t->n - t->first;
    g[0] = g[1] = g[2] = 0;
    for (int c = 0; c < 4; c++) {
        double share[2], slope[2], a, b = 0;
        if (r.at[c] == SIZE_MAX)
            continue;
        mixture(l, t, r.at[c], gamma, share, slope);
        const double *from = t->lum + r.at[c] * t->n + t->first;
        a = num_dot(glum + t->first, from, n);
        if (l->npair == 2)
            b = num_dot(glum + t->first, from + t->n, n);
        double unit = share[0] * a + share[1] * b;
        gpower += r.w[c] * unit;
        g[0] += power * r.by_q[c] * unit;
        g[1] += power * r.by_u[c] * unit;
        g[2] += power * r.w[c] * (slope[0] * a + slope[1] * b);
    }
    gv->e_mc += gpower;
    gv->e_dd += gpower;
}

static gal_status reemit_pairs_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out,
                                   gal_emission *change)
{
    const double *p = s->p, *dp = d->p;
    (void)out;
    (void)change;
    return jvp(s, d, p[0], log(p[1]), p[2], dp[0], dp[1] / p[1], dp[2]);
}

static gal_status reemit_dale14_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out,
                                    gal_emission *change)
{
    (void)out;
    (void)change;
    return jvp(s, d, 0, s->p[0], 0, 0, d->p[0], 0);
}

static gal_status reemit_pairs_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp,
                                   gal_view *gv, gal_screen *gscreen)
{
    double g[3];
    (void)out;
    (void)gscreen;
    vjp(s, glum[0], s->p[0], log(s->p[1]), s->p[2], g, gv);
    gp[0] += g[0];
    gp[1] += g[1] / s->p[1];
    gp[2] += g[2];
    return GAL_OK;
}

static gal_status reemit_dale14_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp,
                                    gal_view *gv, gal_screen *gscreen)
{
    double g[3];
    (void)out;
    (void)gscreen;
    vjp(s, glum[0], 0, s->p[0], 0, g, gv);
    gp[0] += g[1];
    return GAL_OK;
}

static const char *const spectra[] = {"dust"};
static const gal_quantity weighed[] = {
    {"Mdust_em", "Msun", "mass of the dust that emits, by the templates: power over that of a unit of mass"}};
static const gal_option folder[] = {
    {"path", "", "folder with the library's files; none: built in", GAL_OPTION_STRING, NULL, 0, NULL}};
static const gal_option file[] = {{"path", "", "file of the library", GAL_OPTION_STRING, NULL, 0, NULL}};

#define TEMPLATE(symbol, name, text, params, n, options, reader, function, quantities)                                 \
    const gal_component_class symbol = {                                                                               \
        .group = "dust",                                                                                               \
        .kind = name,                                                                                                  \
        .doc = text,                                                                                                   \
        .par = params,                                                                                                 \
        .npar = n,                                                                                                     \
        .option = options,                                                                                             \
        .noption = 1,                                                                                                  \
        .spectra = spectra,                                                                                            \
        .nspectra = 1,                                                                                                 \
        .derived = weighed,                                                                                            \
        .nderived = quantities,                                                                                        \
        .needs = GAL_NEED_ABSORBED,                                                                                    \
        .on_nodes = GAL_NODES_TABLED,                                                                                  \
        .create = reader,                                                                                              \
        .destroy = library_free,                                                                                       \
        .setup = setup,                                                                                                \
        .pick = pick,                                                                                                  \
        .teardown = teardown,                                                                                          \
        .reemit = function,                                                                                            \
        .reemit_jvp = function##_jvp,                                                                                  \
        .reemit_vjp = function##_vjp,                                                                                  \
    }
TEMPLATE(
    gal_dust_dl07, "dl07",
    "Templates of Draine & Li 2007 (ApJ 657, 810), Milky Way dust, built in or from files DL07_MW3.1_*.dat; energy as "
    "absorbed. Mdust_em: what that dust weighs.",
    dl07_par, 3, folder, create_dl07, reemit_pairs, 1);
TEMPLATE(gal_dust_themis, "themis",
         "THEMIS templates (Jones et al. 2017, A&A 602, A46), built in or from files THEMIS_MW3.1_*.dat; energy as "
         "absorbed. Mdust_em: what that dust weighs.",
         themis_par, 3, folder, create_themis, reemit_pairs, 1);
TEMPLATE(gal_dust_dale14, "dale14",
         "Templates of Dale et al. 2014 (ApJ 784, 83) from one file of 64 log nu L_nu; energy as absorbed.", dale14_par,
         1, file, create_dale14, reemit_dale14, 0);
