/* Nested sampling: settings, what is chosen and why, a new run. See galua/nested.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nested_int.h"

const char *const NESTED_SAMPLE[] = {"auto", "unif", "rwalk", "slice", "rslice", NULL};
const char *const NESTED_BOUND[] = {"auto", "none", "single", "multi", NULL};
const char *const NESTED_DIRS[] = {"auto", "bound", "live", "mix", NULL};

static const char *const DIRS_TEXT[] = {"", "axes of the bound", "differences of live points",
                                        "axes of the bound, differences of live points and axes of the cube"};

/* Everything left to us, with the reason for what matters. */
static void choose(gal_nested *s)
{
    gal_nested_opt *o = &s->o;
    size_t d = s->part.dim;
    const char *why = "as asked";
    if (o->live == 0)
        o->live = 500;
    if (o->replace == 0) {
        o->replace = o->live / 20;
        o->replace = o->replace < 1 ? 1 : o->replace > 64 ? 64 : o->replace;
    }
    if (o->sample == GAL_SAMPLE_AUTO) {
        s->auto_sample = true;
        o->sample = d < 10 ? GAL_SAMPLE_UNIF : GAL_SAMPLE_RSLICE;
        why = d < 10 ? "few parameters: independent draws from the bound while they cost less than chains"
                     : "ellipsoids waste draws in this many parameters: chains";
    }
    if (o->bound == GAL_BOUND_AUTO)
        o->bound = GAL_BOUND_MULTI;
    if (o->dirs == GAL_DIRS_AUTO)
        o->dirs = o->sample == GAL_SAMPLE_RWALK || (o->sample == GAL_SAMPLE_RSLICE && o->bound == GAL_BOUND_NONE)
                      ? GAL_DIRS_LIVE
                  : o->sample == GAL_SAMPLE_RSLICE ? GAL_DIRS_MIX
                                                   : GAL_DIRS_BOUND;
    if (o->walks == 0)
        o->walks = d + 20;
    if (!(o->accept > 0))
        o->accept = o->dirs == GAL_DIRS_LIVE ? 0.35 : 0.5;
    if (o->slices == 0)
        o->slices = o->sample == GAL_SAMPLE_SLICE ? 3
                                                  : (d < 4   ? 4 * d
                                                     : d < 6 ? 2 * d
                                                             : 3 * d); /* a pass of each kind */
    if (o->bootstrap == 0 && !(o->enlarge > 0) && o->sample == GAL_SAMPLE_UNIF)
        o->bootstrap = 20;
    if (o->bootstrap < 0)
        o->bootstrap = 0;
    if (!(o->enlarge > 0))
        o->enlarge = o->bootstrap > 0 ? 1 : 1.25;
    if (o->batch == 0)
        o->batch = o->live;
    if (o->posterior == 0)
        o->posterior = 0.8;
    else if (o->posterior < 0)
        o->posterior = 0;
    if (!(o->maxfrac > 0))
        o->maxfrac = 0.8;
    if (!(o->ess > 0) && o->posterior > 0)
        o->ess = fmax(10000, (double)(d * d));
    if (!(o->lnz_err > 0) && o->posterior == 0)
        o->lnz_err = 0.1;
    if (!(o->dlogz > 0))
        o->dlogz = o->dynamic ? 0.01 : 1e-3 * (double)(o->live - 1) + 0.01;
    const char *out = reduced_name(&s->part);
    int at = snprintf(s->auto_text, sizeof s->auto_text, "%s%s%s, %zu live points, %zu replaced at once; %s", out,
                      *out ? " integrated out, " : "", o->dynamic ? "dynamic" : "static", o->live, o->replace,
                      NESTED_SAMPLE[o->sample]);
    if (o->sample == GAL_SAMPLE_RWALK)
        at += snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " of %zu steps", o->walks);
    else if (o->sample != GAL_SAMPLE_UNIF)
        at += snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " of %zu %s", o->slices,
                       o->sample == GAL_SAMPLE_SLICE ? "passes" : "slices");
    if (o->sample == GAL_SAMPLE_RWALK || o->sample == GAL_SAMPLE_RSLICE)
        at += snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " along %s", DIRS_TEXT[o->dirs]);
    at += snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " (%s); bound %s", why, NESTED_BOUND[o->bound]);
    if (o->bound != GAL_BOUND_NONE && o->bootstrap > 0)
        snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " inflated by %d bootstraps", o->bootstrap);
    else if (o->bound != GAL_BOUND_NONE)
        snprintf(s->auto_text + at, sizeof s->auto_text - (size_t)at, " enlarged in volume by %g", o->enlarge);
}

/* Uniform draws cost more than chains, or the bound is seen to leave points out. */
void nested_to_chains(gal_nested *s, const char *why)
{
    size_t at = strlen(s->auto_text);
    s->o.sample = GAL_SAMPLE_RSLICE;
    s->o.dirs = GAL_DIRS_MIX;
    snprintf(s->auto_text + at, sizeof s->auto_text - at,
             "; rslice of %zu slices along %s from iteration %llu on, where %s", s->o.slices, DIRS_TEXT[s->o.dirs],
             (unsigned long long)s->iterations, why);
}

static gal_status check(const gal_nested *s)
{
    const gal_nested_opt *o = &s->o;
    if (o->live < s->part.dim + 4 || o->live < 8)
        return gal_fail(GAL_EINVAL,
                        "nested: %zu live points are too few for %zu parameters, use at least %zu, better %zu", o->live,
                        s->part.dim, s->part.dim + 4 < 8 ? (size_t)8 : s->part.dim + 4, 25 * s->part.dim);
    if (o->replace > o->live / 2)
        return gal_fail(GAL_EINVAL, "nested: replace = %zu points of %zu at once, at most half of them", o->replace,
                        o->live);
    if (o->bootstrap > 0 && o->enlarge != 1)
        return gal_fail(GAL_EINVAL, "nested: give enlarge (%g) or bootstrap (%d), not both", o->enlarge, o->bootstrap);
    if (o->enlarge < 1 || !(o->enlarge < 1e6))
        return gal_fail(GAL_EINVAL, "nested: enlarge = %g must be at least 1", o->enlarge);
    if (!(o->accept < 1))
        return gal_fail(GAL_EINVAL, "nested: accept = %g must lie between 0 and 1", o->accept);
    if (o->dirs == GAL_DIRS_MIX && o->sample != GAL_SAMPLE_RSLICE && o->sample != GAL_SAMPLE_UNIF)
        return gal_fail(GAL_EINVAL, "nested: directions 'mix' are for sample = 'rslice', not '%s'",
                        NESTED_SAMPLE[o->sample]);
    if (o->bound == GAL_BOUND_NONE && o->sample == GAL_SAMPLE_RSLICE && o->dirs == GAL_DIRS_MIX)
        return gal_fail(GAL_EINVAL, "nested: directions 'mix' need a bound; use 'live'");
    if (o->walks < 2)
        return gal_fail(GAL_EINVAL, "nested: walks = %zu, at least 2", o->walks);
    if (!(o->posterior <= 1) || !(o->maxfrac < 1))
        return gal_fail(GAL_EINVAL, "nested: posterior = %g and maxfrac = %g must lie between 0 and 1", o->posterior,
                        o->maxfrac);
    for (size_t i = 0; s->wrap && i < s->part.dim; i++)
        if (s->wrap[i] > GAL_WRAP_REFLECTIVE)
            return gal_fail(GAL_EINVAL, "nested: wrap[%zu] = %d is not a GAL_WRAP value", i, s->wrap[i]);
    return GAL_OK;
}

gal_status nested_open(void *obj)
{
    gal_nested *s = obj;
    gal_nested_opt *o = &s->o;
    gal_status st = GAL_OK;
    if (!s->t->prior_transform)
        return gal_fail(GAL_EUNSUP, "nested: the target has no prior transform; nested sampling draws from the prior");
    if (s->restored) { /* the other settings follow */
        o->sample = GAL_SAMPLE_RSLICE;
        o->whole = (s->kept[3] & NESTED_KEPT_WHOLE) != 0;
        s->part.which = s->kept[3] >= NESTED_KEPT_WHICH ? s->kept[3] / NESTED_KEPT_WHICH - 1 : s->d;
    }
    GAL_TRY(reduced_open(&s->part, s->t, s->restored, o->whole, true));
    bool wrap = s->restored ? (s->kept[3] & NESTED_KEPT_WRAP) != 0 : o->wrap != NULL;
    if (wrap && !(s->wrap = GAL_NEWN(unsigned char, s->part.dim)))
        return GAL_ENOMEM;
    for (size_t i = 0; wrap && !s->restored && i < s->part.dim; i++)
        s->wrap[i] = o->wrap[i + (i >= s->part.which)];
    o->wrap = s->wrap;
    if (!s->restored)
        s->stretch = o->slices == 0 && o->walks == 0;
    choose(s);
    GAL_TRY(check(s));
    s->want = o->live;
    s->nscratch = o->live > o->batch ? o->live : o->batch;
    s->nscratch = s->nscratch < 512 ? 512 : s->nscratch;
    GAL_TRY(nested_alloc(s));
    s->in_cube = true;
    s->efficiency = s->scale = 1;
    if (o->sample == GAL_SAMPLE_RWALK && o->dirs == GAL_DIRS_LIVE)
        s->scale = 2.38 / sqrt(2 * (double)s->part.dim);
    s->lnz = s->last = s->lnz_total = s->range[0] = s->peak = -INFINITY;
    s->range[1] = INFINITY;
    if (o->live <= 2 * s->part.dim)
        gal_log(GAL_LOG_WARN, "nested", "%zu live points for %zu parameters: use more than %zu", o->live, s->part.dim,
                2 * s->part.dim);
out:
    return st;
}
