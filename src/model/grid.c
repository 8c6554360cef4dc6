/* The wavelength grid of a model: SSP nodes plus what dust emission needs, interpolation from the SSP's own nodes, and the
 * components' tables on it. Making one costs milliseconds and it depends on the table only, so living grids are kept in a list and
 * shared; the list holds no reference: a grid goes with its last galaxy. Thread-safe. */
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_int.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* How far apart nodes may be [dex], from `from` [A] on, so that bands of light that is linear between them are right to 0.2 %: grey
 * bodies; PAH features, of which the one at 3.3 micron is 0.012 wide; dust beyond 1 mm, where lambda^-6 with a step of 0.005 dex errs
 * by 7e-4. Beyond a centimetre gas and electrons shine, with shallower slopes. */
static const struct {
    double from, dex;
} step[] = {{2.4e4, 0.004}, {2.9e4, 0.002}, {3.8e4, 0.004}, {3e5, 0.015}, {1e7, 0.005}, {1e8, 0.02}, {1e10, 0}};
enum { NSTEP = sizeof step / sizeof *step };

/* Nodes strictly between a and b, their number: equally spaced in ln where the width is one, and where it changes. out = NULL only
 * counts. */
static size_t put_between(double a, double b, double *out)
{
    size_t n = 0;
    for (int i = 0; i + 1 < NSTEP; i++) {
        double lo = fmax(a, step[i].from), hi = fmin(b, step[i + 1].from);
        double pieces = hi > lo ? ceil(log10(hi / lo) / step[i].dex - 1e-9) : 0;
        for (double k = 1; k <= pieces; k++) {
            double x = k < pieces ? lo * pow(hi / lo, k / pieces) : hi;
            if (!(x < b))
                break;
            if (out)
                out[n] = x;
            n++;
        }
    }
    return n;
}

/* The nodes in order; out = NULL only counts. Beyond the SSP: 1 A .. first node (16 per dex), last node .. 1e10 A. */
static size_t lay_grid(const gal_ssp *s, double *out)
{
    const double end = step[NSTEP - 1].from;
    size_t n = 0;
    double first = s->wave[0], last = s->wave[s->nwave - 1];
    if (first > 1) {
        size_t m = (size_t)ceil(16 * log10(first));
        for (size_t i = 0; i < m; i++, n++)
            if (out)
                out[n] = pow(first, (double)i / (double)m);
    }
    for (size_t k = 0; k < s->nwave; k++) {
        if (out)
            out[n] = s->wave[k];
        n++;
        if (k + 1 < s->nwave)
            n += put_between(s->wave[k], s->wave[k + 1], out ? out + n : NULL);
    }
    if (last < end) {
        n += put_between(last, end, out ? out + n : NULL);
        if (out)
            out[n] = end;
        n++;
    }
    return n;
}

/* Stellar light between SSP nodes is linear in L (in lambda^4 L beyond 2.5 micron, the Rayleigh-Jeans side); beyond the last
 * node it falls as lambda^-4, below the first it is zero. */
static gal_status make_grid(gal_model_grid *g, const gal_ssp *s, const gal_compat *compat)
{
    g->same = compat->ssp_grid;
    g->n = g->same ? s->nwave : lay_grid(s, NULL);
    g->wave = GAL_NEWN(double, g->n);
    g->tw = GAL_NEWN(double, g->n);
    g->ga = GAL_NEWN(double, g->n);
    g->gb = GAL_NEWN(double, g->n);
    g->gj = GAL_NEWN(uint32_t, g->n);
    if (!g->wave || !g->tw || !g->ga || !g->gb || !g->gj)
        return GAL_ENOMEM;
    if (g->same)
        memcpy(g->wave, s->wave, g->n * sizeof *g->wave);
    else
        lay_grid(s, g->wave);
    gal_trapz_weights(g->wave, g->n, g->tw);
    double first = s->wave[0], last = s->wave[s->nwave - 1];
    for (size_t k = 0; k < g->n; k++) {
        double l = g->wave[k];
        size_t j = gal_search(s->wave, s->nwave, l);
        double x0 = s->wave[j], x1 = s->wave[j + 1], f = (l - x0) / (x1 - x0);
        double r0 = l > 2.5e4 ? pow(x0 / l, 4) : 1, r1 = l > 2.5e4 ? pow(x1 / l, 4) : 1;
        g->gj[k] = (uint32_t)j;
        if (l < first) {
            g->ga[k] = g->gb[k] = 0;
        } else if (l > last) {
            g->gb[k] = pow(last / l, 4);
        } else {
            g->ga[k] = f <= 0 ? 1 : f >= 1 ? 0 : (1 - f) * r0;
            g->gb[k] = f <= 0 ? 0 : f >= 1 ? 1 : f * r1;
        }
    }
    if (g->n == s->nwave)
        g->same = true; /* the table is fine and wide enough as it is */
    g->i_v = gal_search(g->wave, g->n, 5500);
    g->i_nuv = gal_search(g->wave, g->n, 2300);
    g->i_fuv = gal_search(g->wave, g->n, 1500);
    g->i_radio = gal_search(g->wave, g->n, GAL_C_AA / 1.4e9);
    g->n_lyman = gal_search(g->wave, g->n, compat->nodes_lyman ? 912 : GAL_LYMAN_AA) + 1;
    g->view = (gal_wavegrid){.n = g->n, .wave = g->wave, .tw = g->tw, .compat = *compat};
    g->tw_stars = g->tw_sources = g->tw;
    return GAL_OK;
}

/* Weights of int L dlambda over lo .. hi for L linear between nodes; nothing when the grid does not cover it. */
static gal_status make_range(gal_range *r, const gal_model_grid *g, double lo, double hi)
{
    *r = (gal_range){0};
    if (g->wave[0] > lo || g->wave[g->n - 1] < hi)
        return GAL_OK;
    r->first = gal_search(g->wave, g->n, lo);
    r->count = gal_search(g->wave, g->n, hi) + 2 - r->first;
    if (!(r->w = GAL_NEWN(double, r->count)))
        return GAL_ENOMEM;
    for (size_t i = 0; i + 1 < r->count; i++) {
        double x0 = g->wave[r->first + i], x1 = g->wave[r->first + i + 1], a = fmax(x0, lo), b = fmin(x1, hi);
        if (!(b > a))
            continue;
        double right = (0.5 * (a + b) - x0) / (x1 - x0);
        r->w[i] += (b - a) * (1 - right);
        r->w[i + 1] += (b - a) * right;
    }
    return GAL_OK;
}

/* Photons per second of nodes 0 .. last: int L lambda/(h c) dlambda, L in Lsun/A. */
static gal_status make_photons(double **out, size_t *n, const gal_model_grid *g, size_t last)
{
    double h = g->view.compat.old_constants ? 6.6262e-27 : GAL_H_CGS, unit = GAL_LSUN * 1e-8 / (h * GAL_C_CGS);
    *n = g->wave[0] < 912 ? last + 1 : 0;
    if (!(*out = GAL_NEWN(double, *n + 1)))
        return GAL_ENOMEM;
    for (size_t k = 0; k + 1 < *n; k++) {
        double half = 0.5 * unit * (g->wave[k + 1] - g->wave[k]);
        (*out)[k] += half * g->wave[k];
        (*out)[k + 1] += half * g->wave[k + 1];
    }
    return GAL_OK;
}

/* Ranges and photon counts that derived quantities take. Windows of Calzetti, Kinney & Storchi-Bergmann 1994 (ApJ 429, 582), table 2. */
static gal_status make_ranges(gal_model_grid *g)
{
    static const double window[NBETA][2] = {{1268, 1284}, {1309, 1316}, {1342, 1371}, {1407, 1515}, {1562, 1583},
                                            {1677, 1740}, {1760, 1833}, {1866, 1890}, {1930, 1950}, {2400, 2580}};
    gal_status st = GAL_OK;
    GAL_TRY(make_photons(&g->photons, &g->n_photons, g, g->n_lyman - 1));
    GAL_TRY(make_photons(&g->photons_he, &g->n_photons_he, g, gal_search(g->wave, g->n, GAL_HEI_AA)));
    GAL_TRY(make_range(&g->ir, g, 8e4, 1e7));
    for (int i = 0; i < NBETA; i++) {
        double lo = window[i][0], hi = window[i][1];
        GAL_TRY(make_range(&g->beta[i], g, lo, hi));
        for (size_t k = 0; k < g->beta[i].count; k++)
            g->beta[i].w[k] /= hi - lo;
        g->beta_lnwave[i] = log(0.5 * (lo + hi));
    }
out:
    return st;
}

/* What the SSP's single populations contribute to supernovae and to the light near the V band. */
static gal_status make_population(gal_model_grid *g, const gal_ssp *s, const gal_compat *compat)
{
    size_t m = s->nz * s->nage, j0 = gal_search(s->wave, s->nwave, 5000), j1 = gal_search(s->wave, s->nwave, 6000);
    g->sn = GAL_NEWN(float, m);
    g->light = GAL_NEWN(float, 3 * s->nu * m);
    if (!g->sn || !g->light)
        return GAL_ENOMEM;
    g->light_age = g->light + s->nu * m;
    g->light_z = g->light_age + s->nu * m;
    bool own = s->rate_cc && !compat->sn_no_cut;
    for (size_t iz = 0; iz < s->nz; iz++)
        for (size_t ia = 0; ia < s->nage; ia++) {
            size_t k = iz * s->nage + ia;
            g->sn[k] = own ? s->rate_cc[k] : (float)gal_csp_ccsn_rate(s->age[ia], s->z[iz], compat->sn_no_cut);
            for (size_t iu = 0; iu < s->nu; iu++) {
                const float *l = gal_ssp_spec(s, iu, iz, ia);
                double sum = 0;
                for (size_t j = j0; j <= j1; j++)
                    sum += 0.5 * ((double)l[j] + (double)l[j + 1]) * (s->wave[j + 1] - s->wave[j]);
                sum /= s->wave[j1 + 1] - s->wave[j0];
                g->light[iu * m + k] = (float)sum;
                g->light_age[iu * m + k] = (float)(sum * s->age[ia]);
                g->light_z[iu * m + k] = (float)(sum * s->z[iz]);
            }
        }
    return GAL_OK;
}

static void destroy(gal_model_grid *g)
{
    gal_free(g->photons);
    gal_free(g->photons_he);
    gal_free(g->ir.w);
    for (int i = 0; i < NBETA; i++)
        gal_free(g->beta[i].w);
    gal_free(g->sn);
    gal_free(g->light);
    gal_free(g->wave);
    gal_free(g->tw);
    gal_free(g->ga);
    gal_free(g->gb);
    gal_free(g->gj);
    if (g->whole) { /* a plan's */
        gal_free(g->at);
        gal_mix_free(g->mix);
        gal_free(g->cell_bol);
        gal_free((double *)(uintptr_t)g->tw_stars);
        gal_free((double *)(uintptr_t)g->tw_sources);
    }
    gal_free(g);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gal_model_grid *living;

static gal_model_grid *find(const gal_galaxy_opts *o)
{
    for (gal_model_grid *g = living; g; g = g->next)
        if (memcmp(&g->ssp, &o->ssp->hash, sizeof g->ssp) == 0 &&
            memcmp(&g->view.compat, &o->compat, sizeof o->compat) == 0)
            return g;
    return NULL;
}

static gal_status create(gal_model_grid **out, const gal_galaxy_opts *o)
{
    gal_status st = GAL_OK;
    gal_model_grid *g = GAL_NEW(gal_model_grid);
    if (!g)
        return GAL_ENOMEM;
    g->ssp = o->ssp->hash;
    g->refs = 1;
    GAL_TRY(make_grid(g, o->ssp, &o->compat));
    GAL_TRY(make_ranges(g));
    GAL_TRY(make_population(g, o->ssp, &o->compat));
    *out = g;
    g = NULL;
out:
    if (g)
        destroy(g);
    return st;
}

/* A component's tables: at most one set per component and grid. */
gal_status gal_model_table_get(const gal_model_table **out, gal_model_grid *g, gal_component *c)
{
    gal_status st = GAL_OK;
    const gal_component_class *k = gal_component_class_of(c);
    const gal_model_table *whole = NULL;
    gal_hash h = gal_component_hash(c);
    *out = NULL;
    if (g->whole && k->pick && (st = gal_model_table_get(&whole, g->whole, c)) != GAL_OK)
        return st;
    pthread_mutex_lock(&lock);
    gal_model_table *t = g->tables;
    for (; t; t = t->next) {
        gal_hash other = gal_component_hash(t->component);
        if (memcmp(&h, &other, sizeof h) == 0)
            break;
    }
    if (t) {
        t->refs++;
    } else if (!(t = GAL_NEW(gal_model_table))) {
        st = GAL_ENOMEM;
    } else {
        *t = (gal_model_table){.refs = 1, .next = g->tables};
        if (whole)
            st = k->pick(&t->table, whole->table, gal_component_self(c), &g->view);
        else if (k->setup)
            st = k->setup(&t->table, gal_component_self(c), &g->view);
        if (st == GAL_OK) {
            t->component = gal_component_ref(c);
            g->tables = t;
        } else {
            gal_free(t);
            t = NULL;
        }
    }
    pthread_mutex_unlock(&lock);
    if (whole)
        gal_model_table_drop(g->whole, whole);
    *out = t;
    return st;
}

void gal_model_table_drop(gal_model_grid *g, const gal_model_table *drop)
{
    gal_model_table *gone = NULL;
    pthread_mutex_lock(&lock);
    for (gal_model_table **p = &g->tables; *p; p = &(*p)->next)
        if (*p == drop) {
            if (--(*p)->refs == 0) {
                gone = *p;
                *p = gone->next;
            }
            break;
        }
    pthread_mutex_unlock(&lock);
    if (!gone)
        return;
    const gal_component_class *k = gal_component_class_of(gone->component);
    if (k->teardown && gone->table)
        k->teardown(gone->table);
    gal_component_unref(gone->component);
    gal_free(gone);
}

gal_status gal_model_grid_get(gal_model_grid **out, const gal_galaxy_opts *o)
{
    gal_status st = GAL_OK;
    pthread_mutex_lock(&lock);
    gal_model_grid *g = find(o);
    if (g) {
        g->refs++;
    } else {
        st = create(&g, o);
        if (st == GAL_OK) {
            g->next = living;
            living = g;
        }
    }
    pthread_mutex_unlock(&lock);
    *out = st == GAL_OK ? g : NULL;
    return st;
}

void gal_model_grid_drop(gal_model_grid *g)
{
    if (!g)
        return;
    pthread_mutex_lock(&lock);
    bool last = --g->refs == 0;
    for (gal_model_grid **p = &living; last && *p; p = &(*p)->next)
        if (*p == g) {
            *p = g->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    if (last)
        destroy(g);
}
