/* Star formation histories: their choices and parameters. The laws are in history_NAME.c and metals_NAME.c, evaluation in history.c. */
#include "sfh/sfh_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gal_status gal_sfh_find(const char *name, const gal_sfh_class **out)
{
    const gal_sfh_class *const *list = gal_sfh_classes();
    const char *names[64];
    char known[400] = "", hint[80];
    size_t used = 0, n = 0;
    for (; n < 64 && list[n]; n++) {
        if (strcmp(name, names[n] = list[n]->name) == 0) {
            *out = list[n];
            return GAL_OK;
        }
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", names[n]);
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "unknown star formation history '%s'%s (known:%s)", name, hint, known);
}

gal_status gal_metals_find(const char *name, const gal_metals_class **out)
{
    const gal_metals_class *const *list = gal_metals_classes();
    const char *names[64];
    char hint[80];
    size_t n = 0;
    for (; n < 64 && list[n]; n++)
        if (strcmp(name, names[n] = list[n]->name) == 0) {
            *out = list[n];
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "unknown metallicity history '%s'%s", name, hint);
}

// clang-format off
/*   name          unit       doc                                                     value  lo     hi     plo   phi   log    free */
static const gal_param p_quench =
    {"tau_quench", "yr",      "star formation stops at this galaxy time",              1e20, 1e5,   1e21,  1e7,  1.4e10, true, false};
const gal_param gal_sfh_dust =
    {"Mdust",      "Msun",    "dust mass",                                             1e8,  0,     1e13,  1e5,  1e10, true,  true};
const gal_param gal_sfh_formed =
    {"mass",       "Msun",    "mass of all stars formed until the age, those of a burst on top included", 1e10, 0, 1e15, 1e7, 1e13, true, true};
// clang-format on

void gal_sfh_add(gal_sfh *s, const gal_param *p, size_t n)
{
    memcpy(s->par + s->npar, p, n * sizeof *p);
    s->npar += n;
}

const gal_option_value *gal_sfh_option(const gal_sfh *s, const char *name)
{
    for (size_t i = 0; i < s->class->noption; i++)
        if (strcmp(s->class->option[i].name, name) == 0)
            return &s->option[i];
    return NULL;
}

gal_status gal_sfh_positive(const gal_sfh *s, const char *name, double *out)
{
    double v = *out = gal_sfh_option(s, name)->number;
    return v > 0 && isfinite(v)
               ? GAL_OK
               : gal_fail(GAL_EDOMAIN, "sfh.%s: %s = %g must be a number above 0", s->class->name, name, v);
}

gal_status gal_sfh_init(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    const gal_sfh_class *k = o->class ? o->class : gal_sfh_classes()[0];
    *s = (gal_sfh){.class = k, .o = *o};
    if (k->metals && o->metals && o->metals != k->metals)
        return gal_fail(GAL_EINVAL, "sfh.%s: has its own metal evolution, leave 'metallicity' out", k->name);
    s->metals = k->metals ? k->metals : o->metals ? o->metals : gal_metals_classes()[0];
    s->o.class = k;
    s->o.metals = s->metals;
    s->o.custom = NULL;
    s->o.part = NULL;
    s->o.npart = 0;
    s->o.by_mass = o->by_mass && !(k->is & GAL_SFH_HAS_MASS);
    if (k->noption)
        GAL_TRY(gal_options_copy(&s->option, k->option, o->option, k->noption));
    s->o.option = s->option;
    gal_sfh_add(s, k->par, k->npar);
    if (k->create)
        GAL_TRY(k->create(s, o));
    if (s->o.by_mass && k->is & GAL_SFH_ADDS_MASS)
        gal_sfh_add(s, &gal_sfh_formed, 1);
    else if (s->o.by_mass)
        s->par[0] = gal_sfh_formed;
    s->nown = s->npar;
    gal_sfh_add(s, gal_burst_par(), gal_burst_npar(o->burst));
    s->iquench = s->npar;
    if (!(k->is & GAL_SFH_COMPOSED))
        gal_sfh_add(s, &p_quench, 1);
    if (!k->metals)
        gal_sfh_add(s, &gal_sfh_dust, 1);
    s->imetals = s->npar;
    gal_sfh_add(s, s->metals->par, s->metals->npar);
out:
    if (st != GAL_OK)
        gal_sfh_clear(s);
    return st;
}

void gal_sfh_clear(gal_sfh *s)
{
    if (s->self && s->class->destroy)
        s->class->destroy(s->self);
    if (s->class)
        gal_options_free(s->option, s->class->noption);
    *s = (gal_sfh){0};
}

size_t gal_sfh_quench_index(const gal_sfh *s)
{
    return s->iquench;
}

size_t gal_sfh_metallicities(const gal_sfh *s, size_t *index, size_t most)
{
    if (s->class->metallicities)
        return s->class->metallicities(s, index, most);
    if (!s->metals->now || most < 1)
        return 0;
    index[0] = s->imetals + s->metals->now - 1;
    return 1;
}

/* Place of the metallicity in the list: files have the number. One that is not in the list, a class's own, counts as the first. */
static int metals_number(const gal_sfh *s)
{
    const gal_metals_class *const *list = gal_metals_classes();
    for (int i = 0; list[i]; i++)
        if (list[i] == s->metals)
            return i;
    return 0;
}

gal_hash gal_sfh_hash_of(const gal_sfh *s, const char *tail)
{
    char text[500];
    int n = snprintf(text, sizeof text, "%s %d %d %s", s->class->name, metals_number(s), (int)s->o.burst, tail);
    gal_hash h = gal_hash_bytes(text, (size_t)n);
    return s->o.by_mass ? gal_hash_combine(h, gal_hash_bytes("mass", 4)) : h;
}

gal_hash gal_sfh_hash(const gal_sfh *s)
{
    if (s->class->hash)
        return s->class->hash(s);
    gal_hash h = gal_sfh_hash_of(s, GAL_SFH_NO_CHOICES);
    for (size_t i = 0; i < s->class->noption; i++) {
        const gal_option_value *v = &s->option[i];
        const char *name = s->class->option[i].name;
        if (!v->given)
            continue;
        h = gal_hash_combine(h, gal_hash_bytes(name, strlen(name)));
        h = gal_hash_combine(h, gal_hash_bytes(&v->number, sizeof v->number));
        if (v->text)
            h = gal_hash_combine(h, gal_hash_bytes(v->text, strlen(v->text)));
        if (v->nvec)
            h = gal_hash_combine(h, gal_hash_bytes(v->vec, v->nvec * sizeof *v->vec));
    }
    return h;
}

const char *gal_sfh_prior(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    buf[0] = '\0';
    return s->class->prior ? s->class->prior(s, i, buf, size) : buf;
}

size_t gal_sfh_max_breaks(const gal_sfh *s)
{
    return (s->class->nbreak ? s->class->nbreak(s) : 0) + s->metals->nbreak + (s->o.burst ? GAL_BURST_BREAKS : 0) + 1;
}
