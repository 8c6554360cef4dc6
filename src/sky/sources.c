/* sources.c - point sources: fluxes that are polynomials in ln nu, added to pixels. In Jy; a pixel holds flux/(solid angle of a pixel). */
#include "sky/part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gal_status gal_sky_part_sources(gal_sky_part **out, const char *name, const gal_sky_sources *s)
{
    gal_status st = GAL_OK;
    gal_sky_part *p = GAL_NEW(gal_sky_part);
    size_t nc = s->ncoef * s->n, npol = s->polflux ? nc + s->n : 0;
    char *at;
    *out = NULL;
    if (!p)
        return GAL_ENOMEM;
    atomic_init(&p->refs, 1);
    snprintf(p->name, sizeof p->name, "%s", name);
    if (s->n < 1 || s->ncoef < 1)
        GAL_THROW(GAL_EINVAL, "%s: no sources", name);
    for (size_t k = 0; k < s->nentry; k++)
        if (s->pixel[k] >= s->npix || (k && s->pixel[k] < s->pixel[k - 1]) || s->source[k] >= s->n)
            GAL_THROW(GAL_EINVAL, "%s: entry %zu of the list of pixels is out of order or range", name, k + 1);
    p->sources = *s;
    p->block = gal_alloc((nc + npol + s->nentry) * sizeof(double) + s->nentry * (sizeof(size_t) + sizeof(uint32_t)));
    if (!p->block)
        GAL_THROW(GAL_ENOMEM, "%s: no memory", name);
    at = (char *)p->block;
    const struct {
        const void *from;
        const void **to;
        size_t bytes;
    } list[] = {
        {s->flux, (const void **)&p->sources.flux, nc * 8},
        {s->polflux, (const void **)&p->sources.polflux, s->polflux ? nc * 8 : 0},
        {s->angle, (const void **)&p->sources.angle, s->polflux ? s->n * 8 : 0},
        {s->share, (const void **)&p->sources.share, s->nentry * 8},
        {s->pixel, (const void **)&p->sources.pixel, s->nentry * sizeof(size_t)},
        {s->source, (const void **)&p->sources.source, s->nentry * sizeof(uint32_t)},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        *list[i].to = list[i].bytes ? at : NULL;
        if (list[i].bytes)
            memcpy(at, list[i].from, list[i].bytes);
        at += list[i].bytes;
    }
    *out = p;
    p = NULL;
out:
    gal_sky_part_unref(p);
    return st;
}

static double flux_at(const double *c, size_t n, size_t ncoef, size_t s, double x)
{
    double f = 0;
    for (size_t j = 0; j < ncoef; j++)
        f = f * x + c[j * n + s];
    return f > 0 ? f : 0;
}

gal_status gal_sources_plan(const gal_sky_plan *p, part_plan *q)
{
    const gal_sky_sources *s = &q->part->sources;
    gal_sky_unit jy, rj;
    gal_sky_unit_parse(&jy, "Jy/sr");
    gal_sky_unit_parse(&rj, "uK_RJ");
    for (int w = 0; w < (s->polflux ? 2 : 1); w++)
        if (!(q->flux[w] = GAL_NEWN(double, p->nch * s->n)))
            return GAL_ENOMEM;
    for (size_t c = 0; c < p->nch; c++) {
        const gal_band *b = p->band[c];
        const double *weight = s->compat ? gal_band_coef(b) : gal_band_power(b);
        double factor;
        gal_status st = gal_band_factor(b, &jy, &rj, &factor);
        if (st != GAL_OK)
            return st;
        factor *= (double)p->npix / (4 * M_PI);
        for (size_t i = 0; i < gal_band_size(b); i++) {
            double x = log(gal_band_nu(b)[i]), f = weight[i] * factor;
            for (size_t k = 0; k < s->n; k++) {
                q->flux[0][c * s->n + k] += f * flux_at(s->flux, s->n, s->ncoef, k, x);
                if (s->polflux)
                    q->flux[1][c * s->n + k] += f * flux_at(s->polflux, s->n, s->ncoef, k, x);
            }
        }
    }
    return GAL_OK;
}

void gal_sources_add(const gal_sky_part *part, const part_plan *q, size_t c, size_t first, size_t n,
                     double *const acc[3])
{
    const gal_sky_sources *s = &part->sources;
    size_t lo = 0, hi = s->nentry;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->pixel[mid] < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t k = lo; k < s->nentry && s->pixel[k] < first + n; k++) {
        size_t src = s->source[k], at = s->pixel[k] - first;
        acc[0][at] += s->share[k] * q->flux[0][c * s->n + src];
        if (s->polflux) {
            double f = s->share[k] * q->flux[1][c * s->n + src];
            acc[1][at] += f * cos(2 * s->angle[src]);
            acc[2][at] += f * sin(2 * s->angle[src]);
        }
    }
}
