/* part.c - parts of a sky: an emission law over fields; see galua/sky.h. */
#include "sky/part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Number of the list `in`, or its default; lists are complete afterwards */
static gal_status complete(const char *what, size_t n, const gal_sky_input *in, const double *given, double *out)
{
    for (size_t i = 0; i < n; i++) {
        double v = given ? given[i] : NAN;
        if (isnan(v))
            v = in[i].value == INFINITY ? (i ? out[i - 1] : NAN) : in[i].value;
        if (isnan(v))
            return gal_fail(GAL_EINVAL, "%s: %s is required", what, in[i].name);
        if (!(v >= in[i].lo && v <= in[i].hi))
            return gal_fail(GAL_EDOMAIN, "%s: %s = %g %s is outside %g .. %g", what, in[i].name, v, in[i].unit,
                            in[i].lo, in[i].hi);
        out[i] = v;
    }
    return GAL_OK;
}

static gal_status take_parameter(gal_sky_part *p, size_t i, gal_field *given)
{
    const gal_sky_input *in = &p->law->par[i];
    double lo, hi;
    if (!given) {
        if (isnan(in->value))
            return gal_fail(GAL_EINVAL, "%s: %s is required, a number or a map", p->name, in->name);
        return gal_field_number(&p->par[i], in->value);
    }
    gal_status st = gal_field_range(given, &lo, &hi);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "%s: %s", p->name, in->name);
    if (!(lo <= hi))
        return gal_fail(GAL_EDOMAIN, "%s: %s has no good pixel", p->name, in->name);
    if (!(lo >= in->lo && hi <= in->hi))
        return gal_fail(GAL_EDOMAIN, "%s: %s of the map is %g .. %g %s; it must be in %g .. %g", p->name, in->name, lo,
                        hi, in->unit, in->lo, in->hi);
    p->par[i] = gal_field_ref(given);
    return GAL_OK;
}

/* Ranges of working variables: work() is monotonic and takes each parameter on its own */
static void ranges(gal_sky_part *p)
{
    size_t np = p->law->npar;
    double w[GAL_SKY_MAXPAR][LAW_BLOCK] __attribute__((aligned(64)));
    double *par[GAL_SKY_MAXPAR] = {NULL};
    for (size_t i = 0; i < np; i++) {
        double lo = 0, hi = 0;
        gal_field_range(p->par[i], &lo, &hi); /* was read before */
        par[i] = w[i];
        for (int k = 0; k < LAW_BLOCK; k++)
            w[i][k] = k ? hi : lo;
    }
    if (p->law->work)
        p->law->work(p->self, LAW_BLOCK, par);
    for (size_t i = 0; i < np; i++) {
        p->lo[i] = fmin(w[i][0], w[i][1]);
        p->hi[i] = fmax(w[i][0], w[i][1]);
        p->number[i] = w[i][0];
        if (p->lo[i] < p->hi[i])
            p->map[p->nmap++] = (int)i;
    }
}

static gal_status check_sizes(const gal_sky_part *p)
{
    size_t n = 0;
    for (int i = 0; i < 3 + GAL_SKY_MAXPAR; i++) {
        const gal_field *f = i < 3 ? p->amplitude[i] : p->par[i - 3];
        size_t m = f ? gal_field_size(f) : 0;
        if (m && n && m != n)
            return gal_fail(GAL_EINVAL, "%s: maps of %zu and %zu pixels in one part", p->name, n, m);
        n = m ? m : n;
    }
    return GAL_OK;
}

gal_status gal_sky_part_adopt(gal_sky_part **out, const gal_sky_part_args *a, void *self)
{
    gal_status st = GAL_OK;
    gal_sky_part *p = GAL_NEW(gal_sky_part);
    *out = NULL;
    if (!p) {
        if (a->law->destroy)
            a->law->destroy(self);
        return GAL_ENOMEM;
    }
    atomic_init(&p->refs, 1);
    snprintf(p->name, sizeof p->name, "%s", a->name ? a->name : a->law->name);
    p->law = a->law;
    p->self = self;
    if (!a->amplitude[0] && !a->amplitude[1] && !a->amplitude[2])
        GAL_THROW(GAL_EINVAL, "%s: a template of I, or of Q and U, is required", p->name);
    if (!a->amplitude[1] != !a->amplitude[2])
        GAL_THROW(GAL_EINVAL, "%s: templates of Q and U go together", p->name);
    for (int i = 0; i < 3; i++)
        p->amplitude[i] = gal_field_ref(a->amplitude[i]);
    for (size_t i = 0; i < a->law->npar; i++)
        GAL_TRY(take_parameter(p, i, a->par[i]));
    GAL_TRY(check_sizes(p));
    ranges(p);
    *out = p;
    p = NULL;
out:
    gal_sky_part_unref(p);
    return st;
}

gal_status gal_sky_part_create(gal_sky_part **out, const gal_sky_part_args *a)
{
    double opt[16];
    void *self = NULL;
    const char *name = a->name ? a->name : a->law->name;
    *out = NULL;
    gal_status st = complete(name, a->law->nopt, a->law->opt, a->opt, opt);
    for (size_t i = 0; i < a->law->ntable && st == GAL_OK; i++)
        if (!a->table || !a->table[i].x)
            st = gal_fail(GAL_EINVAL, "%s: the table '%s' is required", name, a->law->table[i]);
    if (st == GAL_OK && a->law->create && (st = a->law->create(&self, opt, a->table)) != GAL_OK)
        gal_fail_prefix(st, "%s", name);
    return st == GAL_OK ? gal_sky_part_adopt(out, a, self) : st;
}

gal_sky_part *gal_sky_part_ref(gal_sky_part *p)
{
    if (p)
        atomic_fetch_add(&p->refs, 1);
    return p;
}

void gal_sky_part_unref(gal_sky_part *p)
{
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    if (p->law && p->law->destroy)
        p->law->destroy(p->self);
    for (int i = 0; i < 3; i++)
        gal_field_unref(p->amplitude[i]);
    for (int i = 0; i < GAL_SKY_MAXPAR; i++)
        gal_field_unref(p->par[i]);
    gal_free(p->block);
    gal_free(p);
}

const char *gal_sky_part_name(const gal_sky_part *p)
{
    return p->name;
}

gal_status gal_sky_part_scale(const gal_sky_part *p, int which, const gal_band *band, const double *par, double *out)
{
    const gal_sky_law *l = p->law;
    double w[GAL_SKY_MAXPAR][LAW_BLOCK] __attribute__((aligned(64))), f[LAW_BLOCK] __attribute__((aligned(64)));
    double *work[GAL_SKY_MAXPAR] = {w[0], w[1], w[2], w[3]};
    const double *in[GAL_SKY_MAXPAR] = {w[0], w[1], w[2], w[3]};
    size_t n = gal_band_size(band);
    void *local = NULL;
    double *factor = GAL_NEWN(double, n), norm = 1;
    gal_status st = GAL_OK;
    if (!l)
        GAL_THROW(GAL_EINVAL, "%s: point sources have no emission law", p->name);
    if (!factor)
        GAL_THROW(GAL_ENOMEM, "%s: no memory", p->name);
    if (l->band) {
        st = l->band(p->self, which, band, out);
        goto out;
    }
    for (size_t i = 0; i < l->npar; i++)
        for (int k = 0; k < LAW_BLOCK; k++)
            w[i][k] = par[i];
    if (l->work)
        l->work(p->self, LAW_BLOCK, work);
    for (size_t i = 0; i < n; i++)
        factor[i] = 1;
    if (l->factors)
        GAL_TRY(l->factors(p->self, which, n, gal_band_nu(band), factor));
    if (l->open)
        GAL_TRY(l->open(&local, p->self));
    if (l->norm) {
        l->norm(p->self, which, LAW_BLOCK, in, f);
        norm = f[0];
    }
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        GAL_TRY(l->shape(p->self, local, which, gal_band_nu(band)[i], LAW_BLOCK, in, f));
        *out += gal_band_coef(band)[i] * factor[i] * f[0] * norm;
    }
out:
    if (local)
        l->close(local);
    gal_free(factor);
    return st;
}
