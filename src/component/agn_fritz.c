/* Active nuclei from the library of Fritz, Franceschini & Hatziminaoglou 2006 (MNRAS 366, 767; updated), in the layout in which it
 * circulates: one file per model, named ct40al0.0be-0.50ta6.0rm60ia0.001, rows of wavelength [micron] and L_lambda [erg/s/micron]:
 * total, dust, scattered, disc. Files have Fortran numbers without exponent letter in the last column; the total is clean.
 *
 *     L_AGN(lambda) = L u(lambda) + L/K(L) f_X(lambda),  L = fAGN/(1 - fAGN) (power absorbed by the galaxy's dust),
 * u the template of unit integral, K the bolometric correction of Duras et al. 2020 (A&A 636, A73), f_X a power law of photon
 * index 1.8 cut off at 300 keV. The reference code has L u + L K(L_dust) f_X (choice agn_xray, D5). Not attenuated by the galaxy. */
#include "component/xray.h"
#include "component/agn.h"
#include "galua/num.h"
#include "num/dot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double gal_agn_bolometric_correction(double lum)
{
    double x = lum > 1 ? log10(lum) / 11.93 : 0;
    return 10.96 * (1 + pow(x, 17.79));
}

double gal_agn_corona_slope(double lum)
{
    if (!(lum > 1))
        return lum > 0 ? 1 / gal_agn_bolometric_correction(lum) : 0;
    double k = gal_agn_bolometric_correction(lum), y = log10(lum) / 11.93;
    double dk = 10.96 * 17.79 * pow(y, 16.79) / (11.93 * M_LN10); /* dK/d ln L */
    return (1 - dk / k) / k;
}

typedef struct template
{
    size_t n;
    double *wave, *total; /* A, per A up to a factor */
    bool xray;
}
template;

static void destroy(void *self)
{
    template *t = self;
    if (!t)
        return;
    gal_free(t->wave);
    gal_free(t);
}

enum { O_PATH, O_CT, O_AL, O_BE, O_TA, O_RM, O_IA, O_XRAY, NOPTION };

static double nearest(const double *values, size_t n, double v)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(values[i] - v) < fabs(values[best] - v))
            best = i;
    return values[best];
}

/* The name of the library's model nearest to what was asked. */
static void model_name(const gal_option_value *v, char *name, size_t size)
{
    static const double ct[] = {20, 40, 60}, al[] = {0, 2, 4, 6}, be[] = {-1, -0.75, -0.5, -0.25, 0};
    static const double ta[] = {0.1, 0.3, 0.6, 1, 2, 3, 6, 10}, rm[] = {10, 30, 60, 100, 150};
    static const double ia[] = {0.001, 10.1, 20.1, 30.1, 40.1, 50.1, 60.1, 70.1, 80.1, 89.99};
    snprintf(name, size, "ct%.0fal%.1fbe%.2fta%.1frm%.0fia%.3f", nearest(ct, 3, v[O_CT].number),
             nearest(al, 4, v[O_AL].number), nearest(be, 5, v[O_BE].number) + 0.0, nearest(ta, 8, v[O_TA].number),
             nearest(rm, 5, v[O_RM].number), nearest(ia, 10, v[O_IA].number));
}

static gal_status read_template(template *t, const char *path)
{
    gal_status st = GAL_OK;
    char *text = NULL;
    size_t size, room = 0, line = 0;
    GAL_TRY(gal_read_file(path, &text, &size));
    for (const char *p = text; *p; p++)
        room += *p == '\n';
    if (!(t->wave = GAL_NEWN(double, 2 * (room + 1))))
        GAL_TRY(GAL_ENOMEM);
    t->total = t->wave + room + 1;
    for (char *p = text, *next; *p; p = next) {
        char *end = strchr(p, '\n'), *a, *b;
        next = end ? end + 1 : p + strlen(p);
        if (end)
            *end = '\0';
        line++;
        double w = strtod(p, &a) * 1e4, l = strtod(a, &b);
        if (a == p && strspn(p, " \t\r") == strlen(p))
            continue;
        if (a == p || b == a || !(w > 0) || !(l >= 0) || !isfinite(l) || (t->n > 0 && w <= t->wave[t->n - 1]))
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: not a row of ascending wavelength and luminosity", path, line);
        t->wave[t->n] = w;
        t->total[t->n++] = l;
    }
    if (t->n < 10)
        GAL_THROW(GAL_EFORMAT, "%s: %zu rows, not a template of the Fritz et al. 2006 library", path, t->n);
out:
    gal_free(text);
    return st;
}

static gal_status create(void **self, const gal_option_value *v)
{
    gal_status st = GAL_OK;
    char name[80], path[1200];
    template *t = GAL_NEW(template);
    if (!t)
        return GAL_ENOMEM;
    model_name(v, name, sizeof name);
    if (v[O_PATH].text) {
        snprintf(path, sizeof path, "%s/%s", v[O_PATH].text, name);
    } else {
        char relative[100];
        snprintf(relative, sizeof relative, "agn/fritz06/%s", name);
        if (gal_data_path(relative, path, sizeof path) != GAL_OK)
            GAL_THROW(GAL_ENOTFOUND,
                      "agn.fritz: template %s is not among the data files; path = names the library's folder", name);
    }
    if (!gal_file_exists(path))
        GAL_THROW(GAL_ENOTFOUND, "agn.fritz: no template %s in %s", name, v[O_PATH].text ? v[O_PATH].text : path);
    GAL_TRY(read_template(t, path));
    t->xray = v[O_XRAY].number != 0;
    *self = t;
    t = NULL;
out:
    destroy(t);
    return st;
}

/* ------------------------------------------------------------------ on a grid */
typedef struct shapes {
    double *u, *x; /* [n] 1/A */
} shapes;

static void teardown(void *table)
{
    shapes *s = table;
    gal_free(s->u);
    gal_free(s);
}

/* Linear between the template's rows, then to zero over the first of 16 log steps to the ends of the grid (as the reference code
 * extends it); unit integral over those nodes in the parity mode, over the model's grid else. */
static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    enum { PAD = 16 };
    const template *t = self;
    size_t m = t->n + 2 * PAD;
    shapes *s = GAL_NEW(shapes);
    double *w = GAL_NEWN(double, 2 * m), *y = w ? w + m : NULL;
    if (!s || !w || !(s->u = GAL_NEWN(double, 2 * g->n))) {
        gal_free(w);
        gal_free(s);
        return GAL_ENOMEM;
    }
    s->x = s->u + g->n;
    double lo = fmin(g->wave[0], t->wave[0] * 0.5), hi = fmax(g->wave[g->n - 1], t->wave[t->n - 1] * 2);
    for (int i = 0; i < PAD; i++) {
        w[i] = lo * pow(t->wave[0] / lo, (double)i / PAD);
        w[t->n + PAD + (size_t)i] = t->wave[t->n - 1] * pow(hi / t->wave[t->n - 1], (double)(i + 1) / PAD);
    }
    memcpy(w + PAD, t->wave, t->n * sizeof *w);
    memcpy(y + PAD, t->total, t->n * sizeof *y);
    double sum = g->compat.agn_xray ? gal_trapz(w, y, m) : 0;
    for (size_t k = 0; k < g->n; k++) {
        s->u[k] = gal_interp(w, y, m, g->wave[k], GAL_ZERO);
        sum += g->compat.agn_xray ? 0 : g->tw[k] * s->u[k];
    }
    gal_free(w);
    if (!(sum > 0)) {
        teardown(s);
        return gal_fail(GAL_EDOMAIN, "agn.fritz: nothing of the template lies on the model's wavelengths");
    }
    for (size_t k = 0; k < g->n; k++)
        s->u[k] /= sum;
    if (t->xray)
        gal_xray_shape(g, 1.8, 300, s->x);
    *table = s;
    return GAL_OK;
}

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    const shapes *from = whole;
    shapes *s = GAL_NEW(shapes);
    (void)self;
    if (!s || !(s->u = GAL_NEWN(double, 2 * nodes->n))) {
        gal_free(s);
        return GAL_ENOMEM;
    }
    s->x = s->u + nodes->n;
    for (size_t k = 0; k < nodes->n; k++) {
        s->u[k] = from->u[nodes->at[k]];
        s->x[k] = from->x[nodes->at[k]];
    }
    *table = s;
    return GAL_OK;
}

static gal_status emit(const gal_stage *s)
{
    const shapes *t = s->table;
    const gal_view *v = s->view;
    double f = s->p[0], dust = v->e_mc + v->e_dd, lum = f / (1 - f) * dust;
    double x = lum > 0 ? lum / gal_agn_bolometric_correction(lum) : 0;
    if (v->grid->compat.agn_xray)
        x = lum * gal_agn_bolometric_correction(dust);
    for (size_t k = 0; k < v->grid->n; k++)
        s->lum[0][k] = lum * t->u[k] + x * t->x[k];
    s->derived[0] = lum;
    s->derived[1] = ((const template *)s->self)->xray ? x : 0;
    return GAL_OK;
}

/* With the galaxy's dust and fAGN: d lum, d x */
static void slopes(const gal_stage *s, double by_dust[2], double by_f[2])
{
    const gal_view *v = s->view;
    double f = s->p[0], dust = v->e_mc + v->e_dd, lum = f / (1 - f) * dust, corona = gal_agn_corona_slope(lum);
    by_dust[0] = f / (1 - f);
    by_f[0] = dust / ((1 - f) * (1 - f));
    by_dust[1] = by_dust[0] * corona;
    by_f[1] = by_f[0] * corona;
    if (!v->grid->compat.agn_xray)
        return;
    double k = gal_agn_bolometric_correction(dust), y = dust > 1 ? log10(dust) / 11.93 : 0;
    double dk = dust > 1 ? 10.96 * 17.79 * pow(y, 16.79) / (11.93 * M_LN10 * dust) : 0;
    by_dust[1] = by_dust[0] * k + lum * dk;
    by_f[1] = by_f[0] * k;
}

static gal_status emit_jvp(const gal_stage *s, const gal_stage *d)
{
    const shapes *t = s->table;
    double by_dust[2], by_f[2], dust = d->view->e_mc + d->view->e_dd;
    slopes(s, by_dust, by_f);
    double lum = by_dust[0] * dust + by_f[0] * d->p[0], x = by_dust[1] * dust + by_f[1] * d->p[0];
    for (size_t k = 0; k < s->view->grid->n; k++)
        d->lum[0][k] = lum * t->u[k] + x * t->x[k];
    return GAL_OK;
}

static gal_status emit_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated)
{
    const shapes *t = s->table;
    size_t n = s->view->grid->n;
    double by_dust[2], by_f[2], lum = num_dot(glum[0], t->u, n), x = num_dot(glum[0], t->x, n);
    (void)gstars;
    (void)gattenuated;
    slopes(s, by_dust, by_f);
    gp[0] += lum * by_f[0] + x * by_f[1];
    gv->e_mc += lum * by_dust[0] + x * by_dust[1];
    gv->e_dd += lum * by_dust[0] + x * by_dust[1];
    return GAL_OK;
}

static const gal_param par[] = {
    {"fAGN", "", "share of the nucleus in the power of nucleus and dust", 1e-3, 0, 0.999, 1e-3, 0.99, true, true}};
static const gal_option option[NOPTION] = {
    {"path", "", "folder with the library's files (default: agn/fritz06 among the data files)", GAL_OPTION_STRING, NULL,
     0, NULL},
    {"ct", "deg", "half-aperture of the torus: 20 40 60", GAL_OPTION_NUMBER, NULL, 40, NULL},
    {"al", "", "polar exponent of the density: 0 2 4 6", GAL_OPTION_NUMBER, NULL, 0, NULL},
    {"be", "", "radial exponent of the density: -1 -0.75 -0.5 -0.25 0", GAL_OPTION_NUMBER, NULL, -0.5, NULL},
    {"ta", "", "optical depth at 9.7 micron: 0.1 0.3 0.6 1 2 3 6 10", GAL_OPTION_NUMBER, NULL, 6, NULL},
    {"rm", "", "ratio of outer to inner radius: 10 30 60 100 150", GAL_OPTION_NUMBER, NULL, 60, NULL},
    {"ia", "deg", "viewing angle from the equator: 0.001 10.1 20.1 .. 80.1 89.99", GAL_OPTION_NUMBER, NULL, 0.001,
     NULL},
    {"xray", "", "with the X-ray power law of the corona", GAL_OPTION_BOOL, NULL, 1, NULL}};
static const char *const spectra[] = {"AGN"};

const gal_component_class gal_agn_fritz = {
    .group = "agn",
    .kind = "fritz",
    .shines = GAL_SHINES_XRAY,
    .doc = "Torus templates of Fritz et al. 2006 (MNRAS 366, 767), from the library's files; the nearest model to what "
           "is asked.\n"
           "L = fAGN/(1 - fAGN) x power absorbed by the galaxy's dust; X-rays by the bolometric correction of Duras et "
           "al. 2020.",
    .par = par,
    .npar = 1,
    .option = option,
    .noption = NOPTION,
    .spectra = spectra,
    .nspectra = 1,
    .derived = gal_agn_quantities,
    .nderived = 2,
    .needs = GAL_NEED_ABSORBED,
    .on_nodes = GAL_NODES_TABLED,
    .create = create,
    .destroy = destroy,
    .setup = setup,
    .pick = pick,
    .teardown = teardown,
    .emit = emit,
    .emit_jvp = emit_jvp,
    .emit_vjp = emit_vjp,
};
