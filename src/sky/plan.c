/* plan.c - a sky bound to bands: which frequencies, how each part is integrated over each band, which channels are computed. */
#include "sky/part.h"
#include "sky/sky_kern.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static gal_status all_frequencies(gal_sky_plan *p)
{
    size_t n = 0, m = 0;
    for (size_t c = 0; c < p->nch; c++)
        n += gal_band_size(p->band[c]);
    if (!(p->nu = GAL_NEWN(double, n)))
        return GAL_ENOMEM;
    for (size_t c = 0; c < p->nch; c++)
        for (size_t i = 0; i < gal_band_size(p->band[c]); i++)
            p->nu[m++] = gal_band_nu(p->band[c])[i];
    qsort(p->nu, n, sizeof *p->nu, ascending);
    m = 1;
    for (size_t i = 1; i < n; i++)
        if (p->nu[i] > p->nu[m - 1])
            p->nu[m++] = p->nu[i];
    p->nnu = m;
    return GAL_OK;
}

static size_t index_of(const gal_sky_plan *p, double nu)
{
    const double *at = bsearch(&nu, p->nu, p->nnu, sizeof nu, ascending);
    return (size_t)(at - p->nu);
}

/* coef[which][c][i]: the band's coefficient times the law's factor */
static gal_status coefficients(const gal_sky_plan *p, part_plan *q)
{
    gal_status st = GAL_OK;
    const gal_sky_law *l = q->part->law;
    double *factor = GAL_NEWN(double, p->nnu);
    q->same = !l->split && !l->factors;
    if (!factor || !(q->coef[0] = GAL_NEWN(double, (q->same ? 1 : 2) * p->nch * p->nnu))) {
        gal_free(factor);
        return GAL_ENOMEM;
    }
    q->coef[1] = q->same ? q->coef[0] : q->coef[0] + p->nch * p->nnu;
    for (int w = 0; w < (q->same ? 1 : 2); w++) {
        for (size_t i = 0; i < p->nnu; i++)
            factor[i] = 1;
        if (l->factors)
            GAL_TRY(l->factors(q->part->self, w, p->nnu, p->nu, factor));
        for (size_t c = 0; c < p->nch; c++)
            for (size_t i = 0; i < gal_band_size(p->band[c]); i++) {
                size_t k = index_of(p, gal_band_nu(p->band[c])[i]);
                q->coef[w][c * p->nnu + k] = gal_band_coef(p->band[c])[i] * factor[k];
            }
    }
out:
    gal_free(factor);
    return st;
}

gal_status gal_plan_sum(const gal_sky_plan *p, const part_plan *q, int which, size_t c, void *local, size_t m,
                        const double *const *w, double *out)
{
    gal_status st = GAL_OK;
    const double *coef = q->coef[which] + c * p->nnu;
    double *f = GAL_NEWN(double, m);
    if (!f)
        return GAL_ENOMEM;
    memset(out, 0, m * sizeof *out);
    for (size_t i = 0; i < p->nnu && st == GAL_OK; i++)
        if (coef[i] != 0) {
            st = q->part->law->shape(q->part->self, local, which, p->nu[i], m, w, f);
            GAL_KERN_PICK(sky_kern)->axpy(m, coef[i], f, out);
        }
    gal_free(f);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s", q->part->name);
}

gal_status gal_plan_norm(const part_plan *q, int which, size_t m, const double *const *w, double *out)
{
    if (q->part->law->norm)
        q->part->law->norm(q->part->self, which, m, w, out);
    else
        for (size_t k = 0; k < m; k++)
            out[k] = 1;
    return GAL_OK;
}

/* Value at the numbers of a part without maps of parameters */
static gal_status scalar(const gal_sky_plan *p, const part_plan *q, int which, long c, void *local, functional *f)
{
    double w[GAL_SKY_MAXPAR][LAW_BLOCK] __attribute__((aligned(64))), v[LAW_BLOCK] __attribute__((aligned(64)));
    const double *in[GAL_SKY_MAXPAR] = {w[0], w[1], w[2], w[3]};
    for (int i = 0; i < GAL_SKY_MAXPAR; i++)
        for (int k = 0; k < LAW_BLOCK; k++)
            w[i][k] = q->part->number[i];
    gal_status st = c < 0 ? gal_plan_norm(q, which, LAW_BLOCK, in, v)
                          : gal_plan_sum(p, q, which, (size_t)c, local, LAW_BLOCK, in, v);
    f->kind = v[0] == 0 ? F_ZERO : F_SCALAR;
    f->value = v[0];
    return st;
}

static gal_status piecewise(const gal_sky_plan *p, const part_plan *q, int which, long c, functional *f)
{
    const gal_sky_part *s = q->part;
    int i = s->map[0];
    f->kind = F_PIECES;
    f->inverse = c < 0;
    return s->law->pieces(s->self, c < 0 ? LAW_NORM_I + which : which, c < 0 ? 0 : p->nnu, p->nu,
                          c < 0 ? NULL : q->coef[which] + (size_t)c * p->nnu, s->lo[i], s->hi[i], &f->pieces);
}

static gal_status make_functional(const gal_sky_plan *p, part_plan *q, int which, long c, void *local, functional *f)
{
    const gal_sky_part *s = q->part;
    gal_status st = GAL_OK;
    if (c >= 0 && s->law->band) {
        st = s->law->band(s->self, which, p->band[c], &f->value);
        f->kind = f->value == 0 ? F_ZERO : F_SCALAR;
        return st;
    }
    if (s->nmap == 0 || (c < 0 && !s->law->norm))
        return scalar(p, q, which, c, local, f);
    if (s->law->pieces && s->nmap == 1)
        return piecewise(p, q, which, c, f);
    f->kind = F_EXACT;
    if (p->tolerance > 0 && !q->exact) {
        st = gal_functional_poly(p, q, which, c, local, p->tolerance, f);
        q->exact = q->exact || f->kind == F_EXACT;
    } else {
        q->exact = true;
    }
    return st;
}

/* One search for the piecewise polynomials of all channels, while they stay in the cache */
static void share_knots(const gal_sky_plan *p, part_plan *q)
{
    enum { MOST = 8192 };
    size_t n = 0, k = 0;
    gal_pieces **list = GAL_NEWN(gal_pieces *, 2 * p->nch + 2);
    for (int w = 0; w < 2 && list; w++) {
        if (q->norm[w].pieces)
            list[n++] = q->norm[w].pieces;
        for (size_t c = 0; c < p->nch; c++)
            if (q->f[w][c].pieces)
                list[n++] = q->f[w][c].pieces;
    }
    if (n > 1 && gal_pieces_share(list, n, MOST)) {
        q->shared = true;
        for (int w = 0; w < 2; w++) {
            if (q->norm[w].pieces)
                q->norm[w].pieces = list[k++];
            for (size_t c = 0; c < p->nch; c++)
                if (q->f[w][c].pieces)
                    q->f[w][c].pieces = list[k++];
        }
    }
    gal_free(list);
}

static gal_status plan_part(gal_sky_plan *p, part_plan *q)
{
    gal_status st = GAL_OK;
    const gal_sky_law *l = q->part->law;
    void *local = NULL;
    q->active = true;
    if (!l)
        return gal_sources_plan(p, q);
    if (l->open)
        GAL_TRY(l->open(&local, q->part->self));
    for (int w = 0; w < 2; w++) {
        bool wanted = w ? q->part->amplitude[1] != NULL : q->part->amplitude[0] != NULL || q->same;
        if (!(q->f[w] = GAL_NEWN(functional, p->nch)))
            GAL_THROW(GAL_ENOMEM, "%s: no memory", q->part->name);
        if (!wanted)
            continue;
        GAL_TRY(make_functional(p, q, w, -1, local, &q->norm[w]));
        for (size_t k = 0; k < p->nbasis && !(w && q->same); k++)
            GAL_TRY(make_functional(p, q, w, (long)p->basis[k], local, &q->f[w][p->basis[k]]));
    }
    if (q->exact) /* one that is exact makes all exact: the sum over frequencies is shared */
        for (int w = 0; w < 2; w++)
            for (size_t c = 0; c < p->nch; c++)
                if (q->f[w][c].kind == F_POLY) {
                    gal_functional_free(&q->f[w][c]);
                    q->f[w][c].kind = F_EXACT;
                }
    share_knots(p, q);
    q->active = false;
    for (int w = 0; w < 2; w++)
        for (size_t c = 0; c < p->nch; c++)
            q->active = q->active || q->f[w][c].kind != F_ZERO;
out:
    if (local)
        l->close(local);
    return st;
}

static gal_status bind(gal_sky_plan *p, const gal_sky_plan_args *a)
{
    gal_status st = GAL_OK;
    gal_sky_unit rj;
    gal_sky_unit_parse(&rj, "uK_RJ");
    p->band = GAL_NEWN(gal_band *, p->nch);
    p->factor = GAL_NEWN(double, p->nch);
    p->basis = GAL_NEWN(size_t, p->nch);
    p->part = GAL_NEWN(part_plan, p->nparts ? p->nparts : 1);
    if (!p->band || !p->factor || !p->basis || !p->part)
        GAL_THROW(GAL_ENOMEM, "sky: no memory for %zu channels", p->nch);
    for (size_t c = 0; c < p->nch; c++) {
        p->band[c] = gal_band_ref((gal_band *)a->channels[c].band);
        p->basis[c] = c;
        if (a->channels[c].unit.quantity == GAL_SKY_PLAIN)
            GAL_THROW(GAL_EINVAL, "sky: the unit of channel %zu is '%s'; expected K_RJ, K_CMB or Jy/sr with a prefix",
                      c + 1, a->channels[c].unit.name);
        GAL_TRY(gal_band_factor(p->band[c], &rj, &a->channels[c].unit, &p->factor[c]));
    }
    GAL_TRY(all_frequencies(p));
    for (size_t i = 0; i < p->nparts; i++) {
        const gal_sky_part *s = a->parts[i];
        p->part[i].part = gal_sky_part_ref((gal_sky_part *)s);
        for (int k = 0; k < 3 + GAL_SKY_MAXPAR; k++) {
            const gal_field *f = k < 3 ? s->amplitude[k] : s->par[k - 3];
            if (f && gal_field_size(f) && gal_field_size(f) != p->npix)
                GAL_THROW(GAL_EINVAL, "%s: a map of %zu pixels in a sky of %zu", s->name, gal_field_size(f), p->npix);
        }
        if (s->law)
            GAL_TRY(coefficients(p, &p->part[i]));
        else if (s->sources.npix != p->npix)
            GAL_THROW(GAL_EINVAL, "%s: sources on %zu pixels in a sky of %zu", s->name, s->sources.npix, p->npix);
    }
out:
    return st;
}

gal_status gal_sky_plan_create(gal_sky_plan **out, const gal_sky_plan_args *a)
{
    gal_status st = GAL_OK;
    gal_sky_plan *p = GAL_NEW(gal_sky_plan);
    *out = NULL;
    if (!p)
        return GAL_ENOMEM;
    p->npix = a->npix;
    p->nch = p->nbasis = a->nchannels;
    p->nparts = a->nparts;
    p->tolerance = a->tolerance;
    if (p->nch < 1 || p->npix < 1)
        GAL_THROW(GAL_EINVAL, "sky: a plan needs pixels and at least one channel");
    GAL_TRY(bind(p, a));
    if (a->rank_tolerance > 0 && p->nch > 2)
        GAL_TRY(gal_plan_reduce(p, a->rank_tolerance));
    for (size_t i = 0; i < p->nparts; i++)
        GAL_TRY(plan_part(p, &p->part[i]));
    *out = p;
    p = NULL;
out:
    gal_sky_plan_free(p);
    return st;
}

void gal_sky_plan_free(gal_sky_plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->part && i < p->nparts; i++) {
        part_plan *q = &p->part[i];
        for (int w = 0; w < 2; w++) {
            gal_functional_free(&q->norm[w]);
            for (size_t c = 0; q->f[w] && c < p->nch; c++)
                gal_functional_free(&q->f[w][c]);
            gal_free(q->f[w]);
            gal_free(q->flux[w]);
        }
        gal_free(q->coef[0]);
        gal_sky_part_unref((gal_sky_part *)q->part);
    }
    for (size_t c = 0; p->band && c < p->nch; c++)
        gal_band_unref(p->band[c]);
    gal_free(p->part);
    gal_free(p->band);
    gal_free(p->factor);
    gal_free(p->basis);
    gal_free(p->combination);
    gal_free(p->nu);
    gal_free(p);
}

double gal_sky_plan_error(const gal_sky_plan *p)
{
    double e = p->rank_error;
    for (size_t i = 0; i < p->nparts; i++)
        for (int w = 0; w < 2; w++) {
            e = fmax(e, p->part[i].norm[w].error);
            for (size_t c = 0; p->part[i].f[w] && c < p->nch; c++)
                e = fmax(e, p->part[i].f[w][c].error);
        }
    return e;
}

size_t gal_sky_plan_basis(const gal_sky_plan *p)
{
    return p->nbasis;
}

double gal_sky_plan_coefficient(const gal_sky_plan *p, size_t c, size_t k, size_t *which_basis)
{
    size_t b = p->basis[k];
    if (which_basis)
        *which_basis = b;
    double a = p->combination ? p->combination[c * p->nbasis + k] : c == b;
    return a * p->factor[c] / p->factor[b];
}

static char *line(char *text, const char *fmt, ...) GAL_PRINTF(2, 3);
static char *line(char *text, const char *fmt, ...)
{
    char add[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(add, sizeof add, fmt, ap);
    va_end(ap);
    char *all = text ? gal_asprintf("%s%s\n", text, add) : NULL;
    gal_free(text);
    return all;
}

char *gal_sky_plan_describe(const gal_sky_plan *p)
{
    static const char *const how[] = {"nothing", "one number", "piecewise polynomial, exact", "polynomial",
                                      "exact sum"};
    char *t = gal_strdup("");
    for (size_t i = 0; i < p->nparts; i++) {
        const part_plan *q = &p->part[i];
        if (!q->part->law) {
            t = line(t, "%-14s point sources, %zu", q->part->name, q->part->sources.n);
            continue;
        }
        for (size_t k = 0; k < p->nbasis; k++) {
            const functional *f = &q->f[q->part->amplitude[0] || q->same ? 0 : 1][p->basis[k]];
            t = line(t, "%-14s %-16s %s%s", q->part->name, gal_band_name(p->band[p->basis[k]]), how[f->kind],
                     f->kind != F_EXACT ? ""
                     : p->tolerance > 0 ? " (no polynomial reaches the tolerance)"
                                        : "");
            if (f->kind == F_POLY)
                t = line(t, "%-31s %d terms, relative error %.1e", "", f->poly.terms, f->error);
        }
    }
    if (p->combination)
        t = line(t, "%zu channels from %zu, relative error %.1e", p->nch, p->nbasis, p->rank_error);
    return t;
}
