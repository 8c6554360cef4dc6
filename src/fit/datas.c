/* Sets of data in a fit: the classes, one line each, and the sums over the sets of an observation. See galua/data.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"

/* clang-format off */
#define DATAS(X) \
    X(bands)     \
    X(measures)  \
    X(spectrum)
/* clang-format on */
#define DECLARE(name) extern const gal_data_class gal_##name##_data;
#define LIST(name)    &gal_##name##_data,
DATAS(DECLARE)
static const gal_data_class *const CLASSES[] = {DATAS(LIST) NULL};

const gal_data_class *const *gal_data_classes(void)
{
    return CLASSES;
}

gal_status gal_data_find(const gal_data_class **out, const char *name)
{
    const char *names[sizeof CLASSES / sizeof *CLASSES];
    char hint[96];
    size_t n = 0;
    for (size_t i = 0; CLASSES[i]; i++) {
        if (!CLASSES[i]->doc)
            continue;
        if (strcmp(CLASSES[i]->name, name) == 0)
            return *out = CLASSES[i], GAL_OK;
        names[n++] = CLASSES[i]->name;
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "observation: there is no kind of data '%s'%s", name, hint);
}

/* Set i of class c; those of o:data() are in the order of the observation */
static gal_status create(gal_fit *f, const gal_fit_opts *o, const gal_data_class *c, size_t i, fit_set *s)
{
    s->class = c;
    if (c->create)
        return c->create(&s->self, f, o, i);
    for (size_t k = 0; k < f->obs->ndata; k++)
        if (f->obs->data[k].class == c && i-- == 0)
            s->self = (void *)(uintptr_t)&f->obs->data[k];
    return GAL_OK;
}

static size_t count(const gal_data_class *c, const gal_obs *o)
{
    size_t n = 0;
    for (size_t k = 0; !c->count && k < o->ndata; k++)
        n += o->data[k].class == c;
    return c->count ? c->count(o) : n;
}

gal_status fit_sets_create(gal_fit *f, const gal_fit_opts *o)
{
    size_t all = 0;
    for (const gal_data_class *const *c = CLASSES; *c; c++)
        all += count(*c, f->obs);
    if (all == 0)
        return gal_fail(GAL_EINVAL, "fit: observation '%s' has no band to fit", f->obs->name);
    if (!(f->set = GAL_NEWN(fit_set, all)))
        return GAL_ENOMEM;
    for (const gal_data_class *const *c = CLASSES; *c; c++) {
        size_t n = count(*c, f->obs);
        gal_status st = n == 0 && (*c)->none ? (*c)->none(f, o) : GAL_OK;
        if (st == GAL_OK && n > 0 && (*c)->light && (f->amplitude || f->custom.lnlike))
            return gal_fail(GAL_EINVAL,
                            "fit: %s cannot be combined with a spectrum, indices or lines: leave one of them out",
                            f->amplitude ? "a marginalised amplitude" : "a custom likelihood");
        f->light |= n > 0 && (*c)->light;
        for (size_t i = 0; st == GAL_OK && i < n; i++)
            st = create(f, o, *c, i, &f->set[f->nset++]);
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

void fit_sets_free(gal_fit *f)
{
    for (size_t i = 0; i < f->nset; i++)
        if (f->set[i].class->free && f->set[i].self)
            f->set[i].class->free(f->set[i].self);
    gal_free(f->set);
}

const fit_set *fit_set_of(const gal_fit *f, const char *class, size_t i)
{
    for (size_t k = 0; k < f->nset; k++)
        if (strcmp(f->set[k].class->name, class) == 0 && i-- == 0)
            return &f->set[k];
    return NULL;
}

const void *gal_fit_set(const gal_fit *f, const char *class, size_t i)
{
    const fit_set *s = fit_set_of(f, class, i);
    return s ? s->self : NULL;
}

gal_status fit_set_open(const gal_fit *f, const fit_set *s, void **local)
{
    *local = NULL;
    return s->class->open ? s->class->open(local, s->self, f) : GAL_OK;
}

void fit_set_close(const fit_set *s, void *local)
{
    if (local && s->class->close)
        s->class->close(local);
}

gal_status fit_sets_open(const gal_fit *f, worker *w)
{
    gal_status st = (w->local = GAL_NEWN(void *, f->nset)) ? GAL_OK : GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < f->nset; i++)
        st = fit_set_open(f, &f->set[i], &w->local[i]);
    return st;
}

void fit_sets_close(const gal_fit *f, worker *w)
{
    for (size_t i = 0; w->local && i < f->nset; i++)
        fit_set_close(&f->set[i], w->local[i]);
    gal_free(w->local);
}

gal_data_at fit_at(const gal_fit *f, worker *w, const double *x)
{
    return (gal_data_at){.g = f->galaxy, .ws = w->ws, .theta = w->theta, .x = x, .w = w, .u = 0.5};
}

gal_status fit_sets_dry(const gal_fit *f, worker *w)
{
    if (!f->light || gal_galaxy_check(f->galaxy, w->theta) != GAL_OK ||
        gal_galaxy_eval(f->galaxy, w->ws, w->theta) != GAL_OK)
        return GAL_OK;
    gal_data_at at = fit_at(f, w, NULL);
    gal_status st = GAL_OK;
    for (size_t i = 0; st == GAL_OK && i < f->nset; i++)
        if (f->set[i].class->dry)
            st = f->set[i].class->dry(f, f->set[i].self, w->local[i], &at);
    return st == GAL_OK ? st : gal_fail_prefix(st, "fit: observation '%s'", f->obs->name);
}

gal_status fit_sets_lnlike(const gal_fit *f, const gal_data_at *at, double *lnl)
{
    gal_status st = GAL_OK;
    *lnl = 0;
    for (size_t i = 0; st == GAL_OK && i < f->nset; i++) {
        st = f->set[i].class->lnlike(f, f->set[i].self, at->w->local[i], at, lnl);
        if (f->set[i].class->light && (st == GAL_EDOMAIN || st == GAL_EMATH)) { /* no model there */
            *lnl = -INFINITY;
            return GAL_OK;
        }
    }
    return st;
}

gal_status fit_sets_slopes(const gal_fit *f, const gal_data_at *at, double *lnl, const gal_data_slopes *out)
{
    gal_status st = GAL_OK;
    *lnl = 0;
    for (size_t i = 0; st == GAL_OK && !(*lnl == -INFINITY) && i < f->nset; i++)
        st = f->set[i].class->slopes(f, f->set[i].self, at->w->local[i], at, lnl, out);
    return st;
}

bool fit_sets_exact(const gal_fit *f)
{
    for (size_t i = 0; i < f->nset; i++) {
        const gal_data_class *c = f->set[i].class;
        if (!c->slopes || (c->exact && !c->exact(f->set[i].self)))
            return false;
    }
    return true;
}

size_t fit_sets_room(const gal_fit *f)
{
    size_t most = 0;
    for (size_t i = 0; i < f->nset; i++) {
        size_t n = f->set[i].class->room ? f->set[i].class->room(f, f->set[i].self) : 0;
        most = n > most ? n : most;
    }
    return most;
}

gal_hash fit_sets_hash(const gal_fit *f, gal_hash h)
{
    for (size_t i = 0; i < f->nset; i++)
        if (f->set[i].class->hash)
            h = f->set[i].class->hash(f, f->set[i].self, h);
    return h;
}
