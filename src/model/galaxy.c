/* The galaxy object: options, parameter list, checks. The wavelength grid is in grid.c, evaluation in eval.c. */
#include "galua/galaxy.h"
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_int.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

void gal_galaxy_defaults(gal_galaxy_opts *o)
{
    *o = (gal_galaxy_opts){.dust = true, .emission = true, .logu = -2.5};
}

// clang-format off
/*   name         unit  doc                                                             value  lo     hi     plo   phi   log    free */
static const gal_param global[P_SFH - P_REDSHIFT] = { /* after the age, or what stands for it: onset.c */
    {"redshift",  "",   "redshift",                                                     0,     -0.01, 30,    0,    10,   false, false}, /* peculiar motions */
    {"distance",  "Mpc", "luminosity distance; 0 = from the redshift",                  0,     0,     1e6,   0.1,  1e4,  true,  false}};
// clang-format on

/* ------------------------------------------------------------------ making one */
static size_t class_rank(const gal_component_class *k)
{
    const gal_component_class *const *c = gal_component_classes();
    size_t i = 0;
    while (c[i] && c[i] != k)
        i++;
    return i;
}

/* The standard class of those that attenuate, or of those that only re-emit, joins the galaxy. */
static gal_status add_standard(gal_galaxy *g, bool screen)
{
    gal_component *made = NULL;
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++)
        if ((*c)->standard && (screen ? (*c)->screen != NULL : !(*c)->screen && (*c)->reemit)) {
            gal_status st = gal_component_create(&made, *c, NULL);
            if (st != GAL_OK)
                return st;
            g->part[g->npart++] = (gal_part){.c = made, .class = *c};
            break;
        }
    return GAL_OK;
}

/* Components in the order of the registry, those made at run time last, in the order given. */
static gal_status take_components(gal_galaxy *g, const gal_galaxy_opts *o)
{
    gal_status st = GAL_OK;
    bool screen = false, own = false, emits = false;
    if (o->ncomponent + 2 >= MAXCOMP)
        return gal_fail(GAL_EINVAL, "galaxy: %zu components, at most %d are possible", o->ncomponent, MAXCOMP - 2);
    for (size_t i = 0; i < o->ncomponent; i++) {
        const gal_component_class *k = gal_component_class_of(o->component[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(gal_component_class_of(o->component[j])->group, k->group) == 0)
                return gal_fail(GAL_EINVAL, "galaxy: two components of the group '%s' (%s and %s)", k->group,
                                gal_component_class_of(o->component[j])->kind, k->kind);
        screen |= k->screen != NULL;
        own |= k->screen && k->reemit;
        emits |= !k->screen && k->reemit;
        gal_part *part = g->part + g->npart++;
        part->c = gal_component_ref(o->component[i]);
        part->class = k;
    }
    if (o->dust && !screen)
        GAL_TRY(add_standard(g, true));
    if (screen && !own && !emits && o->emission)
        GAL_TRY(add_standard(g, false));
    for (size_t i = 1; i < g->npart; i++) /* stable */
        for (size_t j = i; j > 0 && class_rank(g->part[j - 1].class) > class_rank(g->part[j].class); j--) {
            gal_part t = g->part[j];
            g->part[j] = g->part[j - 1];
            g->part[j - 1] = t;
        }
    gal_part *emission = NULL;
    for (size_t i = 0; i < g->npart; i++) {
        gal_part *p = &g->part[i];
        if (p->class->screen && g->screen)
            GAL_THROW(GAL_EINVAL, "galaxy: '%s' and '%s' both attenuate: give one of them", g->screen->class->group,
                      p->class->group);
        if (p->class->screen)
            g->screen = p;
        if (p->class->reemit && (!emission || emission->class->screen))
            emission = p; /* a component made for it goes before the screen's own */
        if (p->class->source && p->class->nspectra > MAXLUM)
            GAL_THROW(GAL_EINVAL, "galaxy: component '%s' has %zu spectra, at most %d", p->class->group,
                      p->class->nspectra, MAXLUM);
    }
    if (emission)
        emission->reemit = true;
    for (size_t i = 0; i < g->npart; i++)
        g->shines |=
            g->part[i].class->source || g->part[i].class->emit || g->part[i].class->open; /* Lua may read all */
    for (size_t i = 0; i < g->npart; i++) {
        gal_part *p = &g->part[i];
        p->npar = p->class->npar;
        p->nlum = p->class->nspectra;
        if (p->class->screen && p->class->reemit && !p->reemit) { /* its own emission is not used */
            p->npar -= p->class->nemission;
            p->nlum = 0;
        }
    }
out:
    return st;
}

static gal_status list_parameters(gal_galaxy *g)
{
    enum { LEN = 48 };
    g->npar = P_SFH + g->sfh.npar;
    for (size_t i = 0; i < g->npart; i++) {
        g->part[i].par = g->npar;
        g->npar += g->part[i].npar;
    }
    g->cosmo_par = g->npar;
    g->ncosmo = !g->o.cosmo_free ? 0 : isnan(gal_cosmo_get(g->o.cosmo)->ol0) ? 2 : GAL_COSMO_FREE;
    g->npar += g->ncosmo;
    if (g->ncosmo && g->o.compat.flux_table)
        return gal_fail(GAL_EINVAL,
                        "galaxy: parameters of the cosmology do not go with compat = 'galapy': its table of "
                        "distances is of one cosmology");
    if (g->npar > MAXPAR)
        return gal_fail(GAL_EINVAL, "galaxy: %zu parameters, at most %d are possible", g->npar, MAXPAR);
    g->par = GAL_NEWN(gal_param, g->npar);
    g->names = GAL_NEWN(char, g->npar *LEN);
    if (!g->par || !g->names)
        return GAL_ENOMEM;
    g->par[P_AGE] = *gal_onset_param(g->o.onset);
    memcpy(g->par + P_REDSHIFT, global, sizeof global);
    memcpy(g->par + P_SFH, g->sfh.par, g->sfh.npar * sizeof *g->par);
    for (size_t i = 0; i < g->npart; i++)
        for (size_t k = 0; k < g->part[i].npar; k++)
            g->par[g->part[i].par + k] = g->part[i].class->par[k];
    const gal_cosmo_params *c = gal_cosmo_get(g->o.cosmo);
    const double now[GAL_COSMO_FREE] = {c->h0, c->om0, c->ol0};
    for (size_t i = 0; i < g->ncosmo; i++) {
        g->par[g->cosmo_par + i] = gal_cosmo_par[i];
        g->par[g->cosmo_par + i].value = now[i];
    }
    for (size_t i = P_SFH, part = 0; i < g->npar; i++) {
        char *name = g->names + i * LEN;
        while (part < g->npart && i >= g->part[part].par + g->part[part].npar)
            part++;
        const char *group = i < P_SFH + g->sfh.npar ? "sfh" : i >= g->cosmo_par ? "cosmo" : g->part[part].class->group;
        snprintf(name, LEN, "%s.%s", group, g->par[i].name);
        g->par[i].name = name;
    }
    return GAL_OK;
}

/* What the radio luminosity is of: groups of components that shine there and are not in this galaxy are named. */
static void describe_radio(gal_galaxy *g)
{
    size_t n = 0, cap = sizeof g->radio_doc, before = 0;
    const gal_component_class *const *all = gal_component_classes();
    n += (size_t)snprintf(g->radio_doc, cap, "%s", gal_derived_radio.doc);
    for (size_t i = 0; all[i] && n < cap; i++) {
        bool seen = !(gal_component_shines(all[i]->group) & GAL_SHINES_RADIO) || gal_galaxy_group(g, all[i]->group);
        for (size_t j = 0; j < i; j++)
            seen = seen || strcmp(all[j]->group, all[i]->group) == 0;
        if (!seen)
            n += (size_t)snprintf(g->radio_doc + n, cap - n, "%s%s", before++ ? ", " : "; this galaxy is without ",
                                  all[i]->group);
    }
    g->quantity[g->radio_quantity] = (gal_quantity){gal_derived_radio.name, gal_derived_radio.unit, g->radio_doc};
}

/* Names of spectra, derived quantities and lines. */
static gal_status list_results(gal_galaxy *g)
{
    enum { LEN = 40 };
    size_t report = 0;
    unsigned shines = 0;
    g->nlum = GAL_COMPS;
    g->nderived = GAL_NDERIVED;
    for (size_t i = 0; i < g->npart; i++) {
        gal_part *p = &g->part[i];
        p->lum = g->nlum;
        p->derived = g->nderived;
        p->line = g->nlines;
        g->nlum += p->nlum;
        g->nderived += p->class->nderived;
        g->nlines += p->class->nlines;
        shines |= gal_component_shines(p->class->group);
        for (size_t k = 0; k < p->class->nlines; k++)
            report += p->class->line[k].report;
    }
    if (shines & GAL_SHINES_RADIO)
        g->radio_quantity = g->nderived++;
    if (shines & GAL_SHINES_XRAY)
        g->xray_quantity = g->nderived++;
    if (g->o.onset != GAL_ONSET_AGE) {
        g->onset_quantity = g->nderived;
        g->nderived += 2;
    }
    g->line_quantity = g->nderived;
    g->nderived += report;
    g->lum_name = GAL_NEWN(const char *, g->nlum);
    g->quantity = GAL_NEWN(gal_quantity, g->nderived);
    g->lines = GAL_NEWN(const gal_line *, g->nlines + 1);
    g->line_names = GAL_NEWN(char, LEN *report + 1);
    if (!g->lum_name || !g->quantity || !g->lines || !g->line_names)
        return GAL_ENOMEM;
    g->lum_name[GAL_COMP_STELLAR] = "stellar";
    g->lum_name[GAL_COMP_EXTINCT] = "extinct";
    g->lum_name[GAL_COMP_TOTAL] = "total";
    memcpy(g->quantity, gal_derived(), GAL_NDERIVED * sizeof *g->quantity);
    if (g->radio_quantity)
        describe_radio(g);
    if (g->xray_quantity)
        g->quantity[g->xray_quantity] = gal_derived_xray;
    for (size_t k = GAL_ONSET_AGE, q = g->onset_quantity; q && k < GAL_ONSETS; k++)
        if (k != (size_t)g->o.onset) {
            const gal_param *p = gal_onset_param((gal_onset)k);
            g->quantity[q++] = (gal_quantity){p->name, p->unit, p->doc};
        }
    size_t q = g->line_quantity;
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *p = &g->part[i];
        for (size_t k = 0; k < p->nlum; k++)
            g->lum_name[p->lum + k] = p->class->spectra[k];
        for (size_t k = 0; k < p->class->nderived; k++)
            g->quantity[p->derived + k] = p->class->derived[k];
        for (size_t k = 0; k < p->class->nlines; k++) {
            const gal_line *l = &p->class->line[k];
            g->lines[p->line + k] = l;
            if (!l->report)
                continue;
            char *name = g->line_names + LEN * (q - g->line_quantity);
            size_t n = 2;
            memcpy(name, "L_", 3);
            for (const char *c = l->name; *c && n < LEN - 1;
                 c++) /* brackets and dashes are no part of a variable's name */
                if (*c != '[' && *c != ']' && *c != '-')
                    name[n++] = *c;
            name[n] = '\0';
            g->quantity[q++] = (gal_quantity){name, "Lsun", "luminosity of the emission line after dust"};
        }
    }
    return GAL_OK;
}

/* Where the lines are on the grid. */
static gal_status place_lines(gal_galaxy *g)
{
    const double *wave = g->grid->wave;
    if (!(g->line_at = gal_alloc((g->nlines + 1) * sizeof *g->line_at)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < g->nlines; i++) {
        double l = g->lines[i]->wave;
        size_t k = gal_search(wave, g->grid->n, l);
        g->line_at[i].k = k;
        g->line_at[i].f = (l - wave[k]) / (wave[k + 1] - wave[k]);
    }
    return GAL_OK;
}

static void destroy(gal_galaxy *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->npart; i++) {
        if (g->part[i].table)
            gal_model_table_drop(g->part[i].picked ? g->grid->whole : g->grid, g->part[i].table);
        gal_component_unref(g->part[i].c);
    }
    gal_ssp_unref(g->o.ssp);
    gal_cosmo_unref(g->o.cosmo);
    gal_sfh_clear(&g->sfh);
    gal_model_grid_drop(g->grid);
    gal_free(g->par);
    gal_free(g->names);
    gal_free(g->lum_name);
    gal_free(g->quantity);
    gal_free(g->lines);
    gal_free(g->line_names);
    gal_free(g->line_at);
    gal_free(g);
}

gal_status gal_galaxy_create(gal_galaxy **out, const gal_galaxy_opts *o)
{
    return gal_galaxy_create_on(out, o, NULL);
}

gal_status gal_galaxy_create_on(gal_galaxy **out, const gal_galaxy_opts *o, gal_model_grid *grid)
{
    gal_status st = GAL_OK;
    gal_galaxy *g = NULL;
    *out = NULL;
    if (!o->ssp || !o->cosmo)
        return gal_fail(GAL_EINVAL, "galaxy: needs an SSP table and a cosmology");
    if (o->ssp->nage < 2 || o->ssp->nwave < 2)
        return gal_fail(GAL_EINVAL, "galaxy: SSP table '%s' has %zu ages x %zu wavelengths, at least 2 x 2 are needed",
                        o->ssp->name ? o->ssp->name : "", o->ssp->nage, o->ssp->nwave);
    if (o->ssp->nu > 1 && !(o->logu >= o->ssp->logu[0] && o->logu <= o->ssp->logu[o->ssp->nu - 1]))
        return gal_fail(GAL_EDOMAIN, "galaxy: logU = %g is outside the table's %g .. %g", o->logu, o->ssp->logu[0],
                        o->ssp->logu[o->ssp->nu - 1]);
    if (!(g = GAL_NEW(gal_galaxy)))
        return GAL_ENOMEM;
    g->refs = 1;
    g->o = *o;
    g->o.component = NULL; /* kept in part */
    g->o.ncomponent = 0;
    g->o.ssp = gal_ssp_ref(o->ssp);
    g->o.cosmo = gal_cosmo_ref(o->cosmo);
    g->mpc_cm = o->compat.old_constants ? 3.086e24 : GAL_MPC_CM;
    GAL_TRY(gal_sfh_init(&g->sfh, &o->sfh));
    g->o.sfh = g->sfh.o; /* the caller's arrays are copied */
    GAL_TRY(take_components(g, o));
    GAL_TRY(list_parameters(g));
    GAL_TRY(list_results(g));
    if (grid)
        g->grid = grid;
    else
        GAL_TRY(gal_model_grid_get(&g->grid, o));
    GAL_TRY(place_lines(g));
    for (size_t i = 0; i < g->npart; i++) {
        gal_part *p = &g->part[i];
        if (!grid && p->class->needs & GAL_NEED_IONISING) { /* a reduced grid was made of one that has it */
            char what[120];
            snprintf(what, sizeof what, "galaxy: the ionising light that %s.%s needs", p->class->group, p->class->kind);
            GAL_TRY(gal_galaxy_check_ionising(g, what));
        }
        p->picked = grid && p->class->on_nodes == GAL_NODES_PICKED;
        GAL_TRY(gal_model_table_get(&p->table, p->picked ? grid->whole : g->grid, p->c));
    }
    *out = g;
    g = NULL;
out:
    destroy(g);
    return st;
}

gal_galaxy *gal_galaxy_ref(gal_galaxy *g)
{
    __atomic_fetch_add(&g->refs, 1, __ATOMIC_RELAXED);
    return g;
}

void gal_galaxy_unref(gal_galaxy *g)
{
    if (g && __atomic_fetch_sub(&g->refs, 1, __ATOMIC_ACQ_REL) == 1)
        destroy(g);
}

size_t gal_galaxy_npar(const gal_galaxy *g)
{
    return g->npar;
}

bool gal_galaxy_param_absent(const gal_galaxy *g, size_t i, double value)
{
    for (size_t k = 0; k < g->npart; k++) {
        const gal_part *p = &g->part[k];
        size_t first = p->par + p->class->npar - p->class->nparlater;
        if (i >= first && i < p->par + p->npar)
            return value == g->par[i].lo;
    }
    return false;
}

size_t gal_galaxy_ncomponent(const gal_galaxy *g)
{
    return g->npart;
}

const gal_component *gal_galaxy_component(const gal_galaxy *g, size_t i)
{
    return i < g->npart ? g->part[i].c : NULL;
}

const gal_component *gal_galaxy_group(const gal_galaxy *g, const char *group)
{
    for (size_t i = 0; i < g->npart; i++)
        if (strcmp(g->part[i].class->group, group) == 0)
            return g->part[i].c;
    return NULL;
}

size_t gal_galaxy_nspectra(const gal_galaxy *g)
{
    return g->nlum;
}

bool gal_galaxy_spectrum_has_lines(const gal_galaxy *g, size_t i)
{
    for (size_t k = 0; k < g->npart; k++)
        if (g->part[k].class->nlines && i >= g->part[k].lum && i < g->part[k].lum + g->part[k].nlum)
            return true;
    return i == GAL_COMP_TOTAL && g->nlines > 0;
}

const char *gal_galaxy_spectrum_name(const gal_galaxy *g, size_t i)
{
    return i < g->nlum ? g->lum_name[i] : "?";
}

gal_status gal_galaxy_find_spectrum(const gal_galaxy *g, const char *name, size_t *out)
{
    char known[200] = "", hint[60];
    size_t used = 0;
    for (size_t i = 0; i < g->nlum; i++) {
        if (strcmp(g->lum_name[i], name) == 0) {
            *out = i;
            return GAL_OK;
        }
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", g->lum_name[i]);
    }
    gal_did_you_mean(hint, sizeof hint, name, g->lum_name, g->nlum);
    return gal_fail(GAL_ENOTFOUND, "this galaxy has no spectrum '%s'%s (known:%s)", name, hint, known);
}

size_t gal_galaxy_nderived(const gal_galaxy *g)
{
    return g->nderived;
}

const gal_quantity *gal_galaxy_derived_info(const gal_galaxy *g, size_t i)
{
    return i < g->nderived ? &g->quantity[i] : NULL;
}

size_t gal_galaxy_nlines(const gal_galaxy *g)
{
    return g->nlines;
}

const gal_line *gal_galaxy_line(const gal_galaxy *g, size_t i)
{
    return i < g->nlines ? g->lines[i] : NULL;
}

const gal_param *gal_galaxy_par(const gal_galaxy *g, size_t i)
{
    return i < g->npar ? &g->par[i] : NULL;
}

gal_status gal_galaxy_find(const gal_galaxy *g, const char *name, size_t *out)
{
    const char *names[MAXPAR];
    for (size_t i = 0; i < g->npar; i++) {
        names[i] = g->par[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = i;
            return GAL_OK;
        }
    }
    for (int k = 0; k < GAL_ONSETS; k++)
        if (strcmp(name, gal_onset_param((gal_onset)k)->name) == 0)
            return gal_fail(
                GAL_ENOTFOUND,
                "'%s' is not a parameter of this galaxy, its age is given by '%s': make it with galaxy{ %s = ... }",
                name, names[P_AGE], name);
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name, names, g->npar);
    return gal_fail(GAL_ENOTFOUND, "this galaxy has no parameter '%s'%s", name, hint);
}

size_t gal_galaxy_nwave(const gal_galaxy *g)
{
    return g->grid->n;
}

const double *gal_galaxy_wave(const gal_galaxy *g)
{
    return g->grid->wave;
}

const gal_ssp *gal_galaxy_ssp(const gal_galaxy *g)
{
    return g->o.ssp;
}

const gal_cosmo *gal_galaxy_cosmo(const gal_galaxy *g)
{
    return g->o.cosmo;
}

const gal_sfh *gal_galaxy_sfh(const gal_galaxy *g)
{
    return &g->sfh;
}

const gal_galaxy_opts *gal_galaxy_options(const gal_galaxy *g)
{
    return &g->o;
}

gal_status gal_galaxy_check(const gal_galaxy *g, const double *theta)
{
    const gal_ssp *s = g->o.ssp;
    for (size_t i = 0; i < g->npar; i++)
        if (!(theta[i] >= g->par[i].lo && theta[i] <= g->par[i].hi)) {
            gal_digits d;
            gal_digits_of(&d, theta[i], g->par[i].lo, g->par[i].hi);
            return gal_fail(GAL_EDOMAIN, "%s = %s is not in %s .. %s%s%s", g->par[i].name, d.v, d.lo, d.hi,
                            *g->par[i].unit ? " " : "", g->par[i].unit);
        }
    gal_status usable = gal_model_check_age(g, theta);
    if (usable != GAL_OK)
        return usable;
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].class->check) {
            gal_status st = g->part[i].class->check(gal_component_self(g->part[i].c), theta + g->part[i].par);
            if (st != GAL_OK)
                return st;
        }
    if (g->o.clamp || g->o.compat.csp_steps)
        return GAL_OK;
    double age = gal_galaxy_age(g, theta);
    if (age > s->age[s->nage - 1]) {
        gal_digits d;
        gal_digits_of(&d, age, s->age[0], s->age[s->nage - 1]);
        return gal_fail(GAL_EDOMAIN,
                        "age = %s yr is above the last age of SSP table '%s', %s yr (clamp = true uses the last)", d.v,
                        s->name ? s->name : "", d.hi);
    }
    size_t metallicity[8], nz = gal_sfh_metallicities(&g->sfh, metallicity, 8);
    for (size_t i = 0; i < nz; i++) {
        size_t at = P_SFH + metallicity[i];
        double z = theta[at];
        if (z < s->z[0] || z > s->z[s->nz - 1]) {
            gal_digits d;
            gal_digits_of(&d, z, s->z[0], s->z[s->nz - 1]);
            return gal_fail(GAL_EDOMAIN, "%s = %s is outside SSP table '%s', %s .. %s (clamp = true uses the nearest)",
                            g->par[at].name, d.v, s->name ? s->name : "", d.lo, d.hi);
        }
    }
    return GAL_OK;
}

gal_status gal_galaxy_sfr(const gal_galaxy *g, const double *theta, const double *t, size_t n, double *psi)
{
    gal_status st = GAL_OK;
    gal_history h;
    GAL_TRY(gal_history_init(&h, &g->sfh));
    GAL_TRY(gal_history_set(&h, theta + P_SFH, gal_galaxy_age(g, theta)));
    gal_history_rate(&h, t, n, psi);
    for (size_t i = 0; i < n; i++)
        psi[i] *= t[i] < h.quench ? 1 : t[i] == h.quench ? 0.5 : 0;
out:
    gal_history_clear(&h);
    return st;
}
