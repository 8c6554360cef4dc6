/* tracks.c - the grid of stellar tracks: 750 masses at each metallicity, resampled phase by phase.
 *
 * Every phase of every track is stored at the same 64 fractional times tau = 1 - (1 - x)^3 (dense where giants brighten
 * fastest), so that neighbouring masses can be interpolated at fixed phase and tau: like is compared with like.
 *
 * Metallicity: the formulae were fitted to models of seven metallicities, and between those the radii of giants swing by up to
 * 0.05 dex. They are therefore used at the seven only; elsewhere log L, log Teff, masses and ln(duration) of each phase at
 * fixed tau are interpolated over log Z by a cubic with continuous slope, between stars of corresponding masses: the masses that
 * separate kinds of evolution (quiet helium ignition, collapse of the core) correspond to one another, and ln m runs linearly
 * between them, so that neighbours live the same phases. A phase that only one neighbour has is taken from it,
 * for a part of its time that goes to zero towards the other: every quantity is continuous in Z.
 * Z > 0.03: extrapolated linearly in ln Z from 0.02 and 0.03, each step 0.02 -> 0.03 limited to 0.1 dex; a phase that only
 * one of the two has is taken as it is at 0.03.
 *
 * Stars are followed until the first phase boundary after 30 Gyr.
 * Threads: one track per iteration, each into its own slot. */
#include "galua/num.h"
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

/* ------------------------------------------------------------------ metallicity */
enum { NFITTED = 7, NANCHOR = 2, BASE = 5 };
static const double fitted_z[NFITTED] = {1e-4, 3e-4, 1e-3, 4e-3, 0.01, 0.02, 0.03};

/* One fitted metallicity: ln of the masses that separate kinds of evolution, ascending (quiet helium ignition, collapse of the
 * core), and of the smallest without a giant branch, which changes places with them; the stars of all corresponding masses. */
typedef struct fitted {
    double anchor[NANCHOR], lnm_fgb;
    star *s; /* [nm] */
} fitted;

typedef struct fits {
    size_t nm;
    const double *lnm;    /* [nm] masses at Z = fitted_z[BASE] */
    double base[NANCHOR]; /* the anchors there */
    fitted at[NFITTED];   /* made when first needed */
} fits;

/* Smallest mass whose core collapses, by bisection. */
static gal_status collapse_mass(double *out, const gal_sse_coef *c)
{
    gal_status st = GAL_OK;
    gal_sse_track work = {0};
    double lo = 3.0, hi = 20.0;
    while (hi / lo > 1.0 + 1e-6) {
        double m = sqrt(lo * hi);
        GAL_TRY(gal_sse_evolve(&work, c, m, T_STOP));
        *(work.kind > GAL_REM_ONEWD ? &hi : &lo) = m;
    }
    *out = hi;
out:
    gal_free(work.pt);
    return st;
}

static gal_status anchors(double *a, const gal_sse_coef *c)
{
    double collapse = 1.0;
    gal_status st = collapse_mass(&collapse, c);
    a[0] = log(c->m_hef);
    a[1] = log(collapse);
    return st;
}

/* ln m[nm] at anchors `to` of the masses lnm[nm] at anchors `from`; the ends of the range are themselves. */
static void correspond(double *out, const double *lnm, size_t nm, const double *from, const double *to)
{
    for (size_t i = 0; i < nm; i++) {
        double a = lnm[0], b = lnm[0], a1 = a, b1 = b;
        for (int k = 0; k <= NANCHOR; k++) {
            a1 = k < NANCHOR ? from[k] : lnm[nm - 1];
            b1 = k < NANCHOR ? to[k] : lnm[nm - 1];
            if (lnm[i] <= a1 || k == NANCHOR)
                break;
            a = a1;
            b = b1;
        }
        out[i] = lnm[i] == a1 ? b1 : b + (lnm[i] - a) * (b1 - b) / (a1 - a);
    }
}

static gal_status fitted_make(fits *all, size_t iz)
{
    fitted *f = &all->at[iz];
    gal_sse_coef c;
    gal_status st = GAL_OK;
    char message[256] = "";
    size_t nm = all->nm;
    double *lnm = NULL;
    if (f->s)
        return GAL_OK;
    gal_sse_coef_init(&c, fitted_z[iz]);
    GAL_TRY(anchors(f->anchor, &c));
    f->lnm_fgb = log(c.m_fgb);
    lnm = GAL_NEWN(double, nm);
    f->s = GAL_NEWN(star, nm);
    if (!lnm || !f->s)
        GAL_TRY(GAL_ENOMEM);
    correspond(lnm, all->lnm, nm, all->base, f->anchor);
#pragma omp parallel num_threads(gal_threads())
    {
        gal_sse_track work = {0};
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < nm; i++) {
            gal_status e = evolve_star(f->s + i, &work, &c, exp(lnm[i]));
            if (e != GAL_OK) {
#pragma omp critical
                {
                    st = e;
                    strncpy(message, gal_error_message(), sizeof message - 1);
                }
            }
        }
        gal_free(work.pt);
    }
    if (st != GAL_OK)
        st = gal_fail(st, "%s", message);
out:
    gal_free(lnm);
    return st;
}

static void fits_free(fits *all)
{
    for (size_t z = 0; all && z < NFITTED; z++) {
        for (size_t i = 0; all->at[z].s && i < all->nm; i++)
            star_clear(all->at[z].s + i);
        gal_free(all->at[z].s);
    }
    gal_free(all);
}

/* A metallicity among the fitted ones: at[1] and at[2] enclose it, at[0] and at[3] (or NULL) lie outside; f is the fraction of the
 * way from at[1] to at[2] in ln Z. On a fitted one: at[1] alone, f = 0. Beyond the last one, at[1]: f < 0, minus the number of steps
 * from at[0] to at[1]. */
typedef struct place {
    const fitted *at[4];
    double f, w[4][4]; /* weights of the four without and with at[0] (1) and at[3] (2) */
    double anchor[NANCHOR], lnm_fgb;
} place;

static gal_status find_place(place *p, fits *all, double z)
{
    gal_status st = GAL_OK;
    double x[NFITTED], v = log(fmin(fmax(z, fitted_z[0]), 1.0));
    for (int i = 0; i < NFITTED; i++)
        x[i] = log(fitted_z[i]);
    size_t i = gal_search(x, NFITTED, v);
    *p = (place){.f = (v - x[i]) / (x[i + 1] - x[i])};
    if (p->f > 1.0 + 1e-9) { /* beyond the last */
        GAL_TRY(fitted_make(all, i));
        GAL_TRY(fitted_make(all, i + 1));
        p->at[0] = &all->at[i];
        p->at[1] = &all->at[i + 1];
        p->f = 1.0 - p->f;
        for (int k = 0; k < NANCHOR; k++)
            p->anchor[k] = p->at[1]->anchor[k] - p->f * (p->at[1]->anchor[k] - p->at[0]->anchor[k]);
        p->lnm_fgb = p->at[1]->lnm_fgb - p->f * (p->at[1]->lnm_fgb - p->at[0]->lnm_fgb);
        return GAL_OK;
    }
    if (p->f < 1e-9 || p->f > 1.0 - 1e-9) { /* at one */
        i += p->f > 0.5;
        p->f = 0.0;
        GAL_TRY(fitted_make(all, i));
        p->at[1] = &all->at[i];
        memcpy(p->anchor, p->at[1]->anchor, sizeof p->anchor);
        p->lnm_fgb = p->at[1]->lnm_fgb;
        return GAL_OK;
    }
    for (size_t k = 0; k < 4; k++)
        if (i + k >= 1 && i + k - 1 < NFITTED) {
            GAL_TRY(fitted_make(all, i + k - 1));
            p->at[k] = &all->at[i + k - 1];
        }
    for (unsigned have = 0; have < 4; have++)
        if (((have & 1) == 0 || p->at[0]) && ((have & 2) == 0 || p->at[3]))
            gal_cubic_weights(x, i, v, have & 1, have & 2, p->w[have]);
    const double *w = p->w[(p->at[0] ? 1 : 0) | (p->at[3] ? 2 : 0)];
    for (int j = 0; j < 4; j++) {
        for (int k = 0; k < NANCHOR && p->at[j]; k++)
            p->anchor[k] += w[j] * p->at[j]->anchor[k];
        p->lnm_fgb += p->at[j] ? w[j] * p->at[j]->lnm_fgb : 0.0;
    }
out:
    return st;
}

static gal_status copy_phase(star *s, const star *from, int p, double part)
{
    s->node[p] = GAL_NEWN(gal_track_node, GAL_TRACK_NTAU);
    if (!s->node[p])
        return GAL_ENOMEM;
    memcpy(s->node[p], from->node[p], GAL_TRACK_NTAU * sizeof(gal_track_node));
    s->dur[p] = part * from->dur[p];
    return GAL_OK;
}

/* Phase p of a star between y[1] and y[2], which both have it. */
static gal_status blend_phase(star *s, const star *const y[4], const place *pl, int p)
{
    unsigned have = (y[0] && y[0]->node[p] ? 1u : 0u) | (y[3] && y[3]->node[p] ? 2u : 0u);
    const double *w = pl->w[have];
    gal_track_node *g = s->node[p] = GAL_NEWN(gal_track_node, GAL_TRACK_NTAU);
    double lndur = 0.0;
    if (!g)
        return GAL_ENOMEM;
    for (int j = 0; j < 4; j++) {
        if (w[j] == 0.0)
            continue;
        const gal_track_node *n = y[j]->node[p];
        lndur += w[j] * log(y[j]->dur[p]);
        for (int q = 0; q < GAL_TRACK_NTAU; q++) {
            g[q].logl += w[j] * n[q].logl;
            g[q].logte += w[j] * n[q].logte;
            g[q].m += w[j] * n[q].m;
            g[q].mc += w[j] * n[q].mc;
        }
    }
    for (int q = 0; q < GAL_TRACK_NTAU; q++)
        g[q].mc = fmin(g[q].m, fmax(0.0, g[q].mc));
    s->dur[p] = exp(lndur);
    return GAL_OK;
}

/* Star i between fitted metallicities. */
static gal_status blend(star *s, const place *pl, size_t i)
{
    const star *y[4];
    for (int j = 0; j < 4; j++)
        y[j] = pl->at[j] ? pl->at[j]->s + i : NULL;
    const star *a = y[1], *b = y[2] ? y[2] : y[1], *near = pl->f > 0.5 ? b : a;
    for (int p = 0; p <= GAL_SSE_HEGB; p++) {
        gal_status st = GAL_OK;
        s->dur[p] = -1.0;
        if (a->node[p] && b->node[p])
            st = a == b ? copy_phase(s, a, p, 1.0) : blend_phase(s, y, pl, p);
        else if (a->node[p] || b->node[p])
            st = copy_phase(s, a->node[p] ? a : b, p, a->node[p] ? 1.0 - pl->f : pl->f);
        if (st != GAL_OK)
            return st;
    }
    s->complete = a->complete && b->complete;
    s->kind = near->kind;
    bool alike = (a->kind <= GAL_REM_ONEWD) == (b->kind <= GAL_REM_ONEWD);
    s->m_rem = alike ? a->m_rem + pl->f * (b->m_rem - a->m_rem) : near->m_rem;
    s->l_tip = a->l_tip > 0.0 && b->l_tip > 0.0 ? a->l_tip * pow(b->l_tip / a->l_tip, pl->f) : near->l_tip;
    return GAL_OK;
}

static double clip(double x, double most)
{
    return fmin(most, fmax(-most, x));
}

/* Star i beyond the last fitted metallicity: at[1] and -f steps from at[0] to it. */
static gal_status extrapolate(star *s, const place *pl, size_t i)
{
    const star *a = pl->at[1]->s + i, *b = pl->at[0]->s + i;
    const double f = -pl->f, top = 0.1 * M_LN10;
    for (int p = 0; p <= GAL_SSE_HEGB; p++) {
        s->dur[p] = -1.0;
        if (!a->node[p])
            continue;
        gal_status st = copy_phase(s, a, p, 1.0);
        if (st != GAL_OK)
            return st;
        if (!b->node[p])
            continue;
        s->dur[p] *= exp(f * clip(log(a->dur[p] / b->dur[p]), top));
        for (int q = 0; q < GAL_TRACK_NTAU; q++) {
            gal_track_node *x = s->node[p] + q;
            const gal_track_node *y = b->node[p] + q;
            x->logl += f * clip(x->logl - y->logl, 0.1);
            x->logte += f * clip(x->logte - y->logte, 0.1);
            x->m *= exp(f * clip(log(x->m / y->m), top));
            if (x->mc > 0.0 && y->mc > 0.0)
                x->mc = fmin(x->m, x->mc * exp(f * clip(log(x->mc / y->mc), top)));
        }
    }
    s->complete = a->complete;
    s->kind = a->kind;
    s->l_tip = a->l_tip;
    s->m_rem = a->m_rem;
    if (a->m_rem > 0.0 && b->m_rem > 0.0 && (a->kind <= GAL_REM_ONEWD) == (b->kind <= GAL_REM_ONEWD))
        s->m_rem *= exp(f * clip(log(a->m_rem / b->m_rem), top));
    return GAL_OK;
}

/* Between about 1.85 and 2 Msun core helium burning lasts ever longer with mass, so that S(M) of the AGB turns back near
 * 1.5 Gyr and for a few Myr an SSP would shine in AGB stars of a whole range of masses (the "AGB boom", Girardi et al. 2013):
 * a spike that no table of ages resolves and that an unlucky age would hit in full. The slope -dlnS/dlnM is therefore kept
 * above 2.3 (it is 2.5 to 3 elsewhere) and its run with mass is smoothed: deaths are delayed by up to 5 % (spent on the main
 * sequence), every star still lives all its phases, and the boom becomes a bump 0.2 dex wide, without edges, of the same total
 * light. */
static void spread_boom(gal_track_grid *g, size_t nm)
{
    enum { MOST = 2048 };
    const double *lnm = g->lnm, least_slope = 2.3, from = log(1.2), to = log(3.0), width = 0.035;
    double *s = g->start + GAL_SSE_EAGB * nm, slow[MOST], delay[MOST] = {0};
    size_t first = nm, last = 0;
    if (nm > MOST || nm < 3)
        return;
    memcpy(slow, s, nm * sizeof *s);
    for (size_t i = nm - 1; i-- > 0;)
        if (lnm[i] > from && lnm[i] < to && isfinite(slow[i + 1])) {
            double least = slow[i + 1] + least_slope * (lnm[i + 1] - lnm[i]);
            if (slow[i] < least) {
                slow[i] = least;
                first = i;
                last = last ? last : i;
            }
        }
    for (size_t i = 1; first < nm && i + 1 < nm; i++) {
        double out = fmax(0.0, fmax(lnm[first] - lnm[i], lnm[i] - lnm[last])) / width, sum = 0.0, norm = 0.0;
        if (out > 4.0 || !isfinite(s[i]))
            continue;
        for (size_t k = 1; k + 1 < nm; k++) { /* a straight line stays as it is: deviations from it only */
            double x = (lnm[k] - lnm[i]) / width;
            if (fabs(x) > 4.0 || !isfinite(slow[k]))
                continue;
            double q = exp(-0.5 * x * x) * (lnm[k + 1] - lnm[k - 1]);
            sum += q * (slow[k] + 2.8 * (lnm[k] - lnm[i]));
            norm += q;
        }
        double fade = fmin(1.0, 2.0 - 0.5 * out); /* to nothing from 2 to 4 widths outside */
        delay[i] = fade * fade * (3.0 - 2.0 * fade) * (exp(sum / norm) - exp(s[i]));
    }
    for (int p = GAL_SSE_HG; p <= GAL_SSE_WD; p++)
        for (size_t i = 0; i < nm; i++)
            if (delay[i] != 0.0)
                g->start[(size_t)p * nm + i] = log(exp(g->start[(size_t)p * nm + i]) + delay[i]);
}

/* Start times and the compact store of one metallicity; takes the nodes of the stars. */
static gal_status assemble(gal_track_grid *g, star *s, size_t nm)
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
    spread_boom(g, nm);
    return GAL_OK;
}

static gal_status build(gal_track_grid *g, fits *all, double z)
{
    gal_status st = GAL_OK;
    size_t nm = all->nm;
    place where;
    star *s = GAL_NEWN(star, nm);
    g->lnm = GAL_NEWN(double, nm);
    if (!s || !g->lnm)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(find_place(&where, all, z));
    g->z = z;
    g->m_fgb = exp(where.lnm_fgb);
    correspond(g->lnm, all->lnm, nm, all->base, where.anchor);
    for (size_t i = 0; i < nm; i++)
        GAL_TRY(where.f < 0.0 ? extrapolate(s + i, &where, i) : blend(s + i, &where, i));
    GAL_TRY(assemble(g, s, nm));
out:
    for (size_t i = 0; s && i < nm; i++)
        star_clear(s + i);
    gal_free(s);
    return st;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ln of the masses at the metallicity all others correspond to: 500 over 0.08..100 and 250 over 0.75..3 Msun, log-spaced. */
static double *masses(size_t *nm)
{
    enum { NALL = 500, NFINE = 250 };
    double *m = GAL_NEWN(double, NALL + NFINE);
    if (!m)
        return NULL;
    for (int i = 0; i < NALL; i++)
        m[i] = i == NALL - 1 ? 100.0 : 0.08 * pow(100.0 / 0.08, i / (NALL - 1.0));
    for (int i = 0; i < NFINE; i++)
        m[NALL + i] = 0.75 * pow(4.0, i / (NFINE - 1.0));
    qsort(m, NALL + NFINE, sizeof *m, ascending);
    *nm = 0;
    for (int i = 0; i < NALL + NFINE; i++) /* drop near-coincident masses */
        if (*nm == 0 || m[i] > m[*nm - 1] * (1.0 + 1e-6))
            m[(*nm)++] = m[i];
    for (size_t i = 0; i < *nm; i++)
        m[i] = log(m[i]);
    return m;
}

void gal_tracks_free(gal_tracks *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->grid && i < t->nz; i++) {
        gal_track_grid *g = t->grid + i;
        gal_free(g->lnm);
        gal_free(g->start);
        gal_free(g->node);
        gal_free(g->store);
        gal_free(g->m_rem);
        gal_free(g->l_tip);
        gal_free(g->kind);
    }
    gal_free(t->grid);
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
    fits *all = GAL_NEW(fits);
    gal_sse_coef base;
    double *lnm = NULL;
    if (!t || !all)
        GAL_TRY(GAL_ENOMEM);
    if (nz < 1)
        GAL_THROW(GAL_EINVAL, "stellar tracks: no metallicity given");
    for (size_t i = 0; i < nz; i++)
        if (!(z[i] >= fitted_z[0] && z[i] <= 0.05))
            GAL_THROW(GAL_EDOMAIN,
                      "stellar tracks: metallicity %g (number %zu) is outside 1e-4 <= Z <= 0.05 (mass fraction), where "
                      "the published tracks end",
                      z[i], i + 1);
    lnm = masses(&all->nm);
    t->grid = GAL_NEWN(gal_track_grid, nz);
    if (!lnm || !t->grid)
        GAL_TRY(GAL_ENOMEM);
    t->nz = nz;
    t->nm = all->nm;
    all->lnm = lnm;
    gal_sse_coef_init(&base, fitted_z[BASE]);
    GAL_TRY(anchors(all->base, &base));
    for (size_t i = 0; i < nz; i++)
        GAL_TRY(build(t->grid + i, all, z[i]));
    *out = t;
    t = NULL;
out:
    fits_free(all);
    gal_free(lnm);
    gal_tracks_free(t);
    return st;
}
