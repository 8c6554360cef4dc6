/* tracks.c - the grid of stellar tracks: 750 masses at each metallicity, resampled phase by phase.
 *
 * Every phase of every track is stored at the same 64 fractional times tau = 1 - (1 - x)^3 (dense where giants brighten
 * fastest), so that neighbouring masses can be interpolated at fixed phase and tau: like is compared with like.
 *
 * Z > 0.03 is outside the fits (radii break down). There ln(duration), log L, log Teff and masses of each phase at fixed
 * (mass, tau) are extrapolated linearly in ln Z from 0.02 and 0.03, each step 0.02 -> 0.03 limited to 0.1 dex; a phase that only
 * one of the two has is taken as it is at 0.03.
 *
 * Stars are followed until the first phase boundary after 30 Gyr.
 * Threads: one track per iteration, each into its own slot. */
#include "stars/isochrone.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double T_STOP = 30e3; /* Myr */

/* One resampled star. */
typedef struct star {
    double dur[GAL_SSE_HEGB + 1];           /* Myr; < 0: the star skips the phase */
    gal_track_node *node[GAL_SSE_HEGB + 1]; /* NULL when skipped */
    bool complete;
    double m_rem, l_tip;
    gal_remnant kind;
} star;

static void star_clear(star *s)
{
    for (int p = 0; p <= GAL_SSE_HEGB; p++)
        gal_free(s->node[p]);
    *s = (star){0};
}

static gal_status resample(star *s, const gal_sse_track *tr)
{
    s->complete = tr->complete;
    s->m_rem = tr->m_rem;
    s->l_tip = tr->l_tip;
    s->kind = tr->kind;
    for (int p = 0; p <= GAL_SSE_HEGB; p++)
        s->dur[p] = -1.0;
    for (size_t i = 0, j; i < tr->n; i = j) {
        int p = tr->pt[i].phase;
        for (j = i; j < tr->n && tr->pt[j].phase == p; j++)
            ;
        double t0 = tr->pt[i].t, dur = tr->pt[j - 1].t - t0;
        if (!(dur > 0.0) || s->node[p])
            continue;
        gal_track_node *g = s->node[p] = GAL_NEWN(gal_track_node, GAL_TRACK_NTAU);
        if (!g)
            return GAL_ENOMEM;
        s->dur[p] = dur;
        size_t k = i;
        for (int q = 0; q < GAL_TRACK_NTAU; q++) {
            double y = 1.0 - (double)q / (GAL_TRACK_NTAU - 1), t = t0 + dur * (1.0 - y * y * y);
            while (k + 2 < j && tr->pt[k + 1].t < t)
                k++;
            const gal_sse_point *a = tr->pt + k, *b = a + 1;
            double f = b->t > a->t ? fmin(1.0, fmax(0.0, (t - a->t) / (b->t - a->t))) : 1.0;
            g[q] = (gal_track_node){a->logl + f * (b->logl - a->logl), a->logte + f * (b->logte - a->logte),
                                    a->m + f * (b->m - a->m), a->mc + f * (b->mc - a->mc)};
        }
    }
    return GAL_OK;
}

static gal_status evolve_star(star *s, gal_sse_track *work, const gal_sse_coef *c, double m)
{
    gal_status st = gal_sse_evolve(work, c, m, T_STOP);
    return st == GAL_OK ? resample(s, work) : st;
}

static double clip(double x, double most)
{
    return fmin(most, fmax(-most, x));
}

/* a (0.03) <- extrapolation from b (0.02) through a by f steps of ln(0.03/0.02). */
static void extrapolate(star *a, const star *b, double f)
{
    for (int p = 0; p <= GAL_SSE_HEGB; p++) {
        if (!a->node[p] || !b->node[p])
            continue;
        a->dur[p] *= exp(f * clip(log(a->dur[p] / b->dur[p]), 0.1 * M_LN10));
        for (int q = 0; q < GAL_TRACK_NTAU; q++) {
            gal_track_node *x = a->node[p] + q;
            const gal_track_node *y = b->node[p] + q;
            double top = 0.1 * M_LN10;
            x->logl += f * clip(x->logl - y->logl, 0.1);
            x->logte += f * clip(x->logte - y->logte, 0.1);
            x->m *= exp(f * clip(log(x->m / y->m), top));
            if (x->mc > 0.0 && y->mc > 0.0)
                x->mc = fmin(x->m, x->mc * exp(f * clip(log(x->mc / y->mc), top)));
        }
    }
    if (a->m_rem > 0.0 && b->m_rem > 0.0 && (a->kind <= GAL_REM_ONEWD) == (b->kind <= GAL_REM_ONEWD))
        a->m_rem *= exp(f * clip(log(a->m_rem / b->m_rem), 0.1 * M_LN10));
}

/* Between about 1.85 and 2 Msun core helium burning lasts ever longer with mass, so that S(M) of the AGB turns back near
 * 1.5 Gyr and for a few Myr an SSP would shine in AGB stars of a whole range of masses (the "AGB boom", Girardi et al. 2013):
 * a spike that no table of ages resolves and that an unlucky age would hit in full. The slope -dlnS/dlnM is therefore kept
 * above 2 (it is 2.5 to 3 elsewhere): deaths are delayed by up to 5 % (spent on the main sequence), every star still lives all its phases, and the boom
 * becomes a bump 0.1 dex wide of the same total light. */
static void spread_boom(gal_track_grid *g, const double *lnm, size_t nm)
{
    const double least_slope = 2.0;
    double *s = g->start + GAL_SSE_EAGB * nm;
    for (size_t i = nm - 1; i-- > 0;) {
        if (lnm[i] > log(3.0) || lnm[i] < log(1.5) || !isfinite(s[i]))
            continue;
        double least = s[i + 1] + least_slope * (lnm[i + 1] - lnm[i]);
        if (s[i] >= least)
            continue;
        double delay = exp(least) - exp(s[i]);
        for (int p = GAL_SSE_HG; p <= GAL_SSE_WD; p++)
            g->start[(size_t)p * nm + i] = log(exp(g->start[(size_t)p * nm + i]) + delay);
    }
}

/* Start times and the compact store of one metallicity; takes the nodes of the stars. */
static gal_status assemble(gal_track_grid *g, star *s, const double *lnm, size_t nm)
{
    const size_t np = GAL_SSE_NPHASE, nn = GAL_SSE_HEGB + 1;
    size_t used = 0;
    for (size_t i = 0; i < nm; i++)
        for (size_t p = 0; p < nn; p++)
            used += s[i].node[p] != NULL;
    g->start = GAL_NEWN(double, np *nm);
    g->node = GAL_NEWN(gal_track_node *, nn * nm);
    g->store = GAL_NEWN(gal_track_node, used * GAL_TRACK_NTAU);
    g->m_rem = GAL_NEWN(double, nm);
    g->l_tip = GAL_NEWN(double, nm);
    g->kind = GAL_NEWN(gal_remnant, nm);
    if (!g->start || !g->node || !g->store || !g->m_rem || !g->l_tip || !g->kind)
        return GAL_ENOMEM;
    used = 0;
    for (size_t i = 0; i < nm; i++) {
        double t = 0.0, begin[GAL_SSE_NPHASE + 1];
        size_t last = 0;
        for (size_t p = 0; p < nn; p++) {
            begin[p] = t;
            if (!s[i].node[p])
                continue;
            t += s[i].dur[p];
            last = p;
            g->node[p * nm + i] = memcpy(g->store + used, s[i].node[p], GAL_TRACK_NTAU * sizeof(gal_track_node));
            used += GAL_TRACK_NTAU;
        }
        if (!s[i].complete) /* what follows the last phase is not known, only when it starts */
            for (size_t p = last + 2; p < nn; p++)
                begin[p] = INFINITY;
        begin[GAL_SSE_WD] = s[i].complete ? t : INFINITY;
        begin[GAL_SSE_NSBH] = s[i].complete && s[i].kind > GAL_REM_ONEWD ? t : INFINITY;
        g->m_rem[i] = s[i].m_rem;
        g->l_tip[i] = s[i].l_tip;
        g->kind[i] = s[i].kind;
        for (size_t p = 0; p < np; p++)
            g->start[p * nm + i] = p == 0 ? -INFINITY : log(1e6 * begin[p]);
    }
    spread_boom(g, lnm, nm);
    return GAL_OK;
}

static gal_status build(gal_track_grid *g, const double *m, const double *lnm, size_t nm, double z)
{
    gal_status st = GAL_OK;
    bool extra = z > 0.03;
    gal_sse_coef c3, c2;
    star *s = GAL_NEWN(star, nm);
    if (!s)
        return GAL_ENOMEM;
    g->z = z;
    gal_sse_coef_init(&c3, z);
    g->m_fgb = c3.m_fgb;
    gal_sse_coef_init(&c2, 0.02);
    double f = extra ? log(z / 0.03) / log(0.03 / 0.02) : 0.0;
    char message[256] = "";
#pragma omp parallel num_threads(gal_threads())
    {
        gal_sse_track work = {0};
        star low = {0};
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < nm; i++) {
            gal_status e = evolve_star(s + i, &work, &c3, m[i]);
            if (e == GAL_OK && extra) {
                e = evolve_star(&low, &work, &c2, m[i]);
                if (e == GAL_OK)
                    extrapolate(s + i, &low, f);
                star_clear(&low);
            }
            if (e != GAL_OK) {
#pragma omp critical
                {
                    st = e;
                    strncpy(message, gal_error_message(), sizeof message - 1);
                }
            }
        }
        gal_free(work.pt);
        star_clear(&low);
    }
    if (st != GAL_OK)
        st = gal_fail(st, "%s", message);
    else
        st = assemble(g, s, lnm, nm);
    for (size_t i = 0; i < nm; i++)
        star_clear(s + i);
    gal_free(s);
    return st;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static gal_status masses(gal_tracks *t)
{
    enum { NALL = 500, NFINE = 250 };
    t->m = GAL_NEWN(double, 2 * (NALL + NFINE));
    if (!t->m)
        return GAL_ENOMEM;
    for (int i = 0; i < NALL; i++)
        t->m[i] = i == NALL - 1 ? 100.0 : 0.08 * pow(100.0 / 0.08, i / (NALL - 1.0));
    for (int i = 0; i < NFINE; i++)
        t->m[NALL + i] = 0.75 * pow(4.0, i / (NFINE - 1.0));
    qsort(t->m, NALL + NFINE, sizeof *t->m, ascending);
    t->nm = 0;
    for (int i = 0; i < NALL + NFINE; i++) /* drop near-coincident masses */
        if (t->nm == 0 || t->m[i] > t->m[t->nm - 1] * (1.0 + 1e-6))
            t->m[t->nm++] = t->m[i];
    t->lnm = t->m + t->nm;
    for (size_t i = 0; i < t->nm; i++)
        t->lnm[i] = log(t->m[i]);
    return GAL_OK;
}

void gal_tracks_free(gal_tracks *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->grid && i < t->nz; i++) {
        gal_track_grid *g = t->grid + i;
        gal_free(g->start);
        gal_free(g->node);
        gal_free(g->store);
        gal_free(g->m_rem);
        gal_free(g->l_tip);
        gal_free(g->kind);
    }
    gal_free(t->grid);
    gal_free(t->m);
    gal_free(t);
}

gal_status gal_tracks_create(gal_tracks **out, const double *z, size_t nz)
{
    static const double usual[8] = {1e-4, 4e-4, 1e-3, 4e-3, 8e-3, 0.014, 0.02, 0.05};
    gal_status st = GAL_OK;
    *out = NULL;
    if (!z) {
        z = usual;
        nz = 8;
    }
    gal_tracks *t = GAL_NEW(gal_tracks);
    if (!t)
        return GAL_ENOMEM;
    if (nz < 1)
        GAL_THROW(GAL_EINVAL, "stellar tracks: no metallicity given");
    for (size_t i = 0; i < nz; i++)
        if (!(z[i] > 0.0 && z[i] <= 0.05))
            GAL_THROW(GAL_EDOMAIN,
                      "stellar tracks: metallicity %g (number %zu) is outside 0 < Z <= 0.05 (mass fraction)", z[i],
                      i + 1);
    t->nz = nz;
    GAL_TRY(masses(t));
    t->grid = GAL_NEWN(gal_track_grid, nz);
    if (!t->grid) {
        st = GAL_ENOMEM;
        goto out;
    }
    for (size_t i = 0; i < nz; i++)
        GAL_TRY(build(t->grid + i, t->m, t->lnm, t->nm, z[i]));
out:
    if (st != GAL_OK) {
        gal_tracks_free(t);
        return st;
    }
    *out = t;
    return st;
}
