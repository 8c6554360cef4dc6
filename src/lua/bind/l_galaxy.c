/* Lua: the galaxy. Parameters are fields (g.age, g.sfh.tau, g.ism.f_MC); every result is computed on demand and remembered until a
 * parameter changes. What is printed or drawn is built in lua/galua/class/galaxy.lua on top of the numbers given here. */
#include "galua/const.h"
#include "galua/num.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void gal_lua_galaxy_unref(gal_lua_galaxy *m)
{
    if (--m->refs > 0)
        return;
    gal_lua_bands_free(m->bands);
    gal_tangent_free(m->tangent);
    gal_galaxy_ws_free(m->ws);
    gal_galaxy_unref(m->g);
    gal_free(m->theta);
    gal_free(m);
}

static void galaxy_free(void *obj)
{
    gal_lua_galaxy_unref(obj);
}

static gal_lua_galaxy *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_galaxy_class);
}

void gal_lua_galaxy_ready(lua_State *L, gal_lua_galaxy *m)
{
    if (gal_galaxy_check(m->g, m->theta) != GAL_OK || (!m->ws && gal_galaxy_ws_create(&m->ws, m->g) != GAL_OK))
        gal_lua_fail(L);
}

void gal_lua_galaxy_evaluate(lua_State *L, gal_lua_galaxy *m)
{
    gal_lua_galaxy_ready(L, m);
    if (gal_galaxy_eval(m->g, m->ws, m->theta) != GAL_OK)
        gal_lua_fail(L);
}

/* ------------------------------------------------------------------ parameters */
static int get(lua_State *L, void *obj, const char *key)
{
    gal_lua_galaxy *m = obj;
    bool universe = strcmp(key, "cosmo") == 0 && gal_galaxy_options(m->g)->cosmo_free;
    if (strcmp(key, "sfh") == 0 || universe || gal_galaxy_group(m->g, key))
        return gal_lua_galaxy_part(L, m, key);
    if (strcmp(key, "ssp") == 0)
        return gal_lua_push(L, &gal_lua_ssp, gal_ssp_ref((gal_ssp *)(uintptr_t)gal_galaxy_ssp(m->g))), 1;
    if (strcmp(key, "cosmology") == 0)
        return gal_lua_push(L, &gal_lua_cosmo, gal_cosmo_ref((gal_cosmo *)(uintptr_t)gal_galaxy_cosmo(m->g))), 1;
    return strchr(key, '.') ? 0 : gal_lua_galaxy_get(L, m, key);
}

static int set(lua_State *L, void *obj, const char *key)
{
    return strchr(key, '.') ? 0 : gal_lua_galaxy_set_value(L, obj, key, 3);
}

static void list(lua_State *L, void *obj)
{
    gal_lua_galaxy_names(L, obj, NULL);
    static const char *const more[] = {"sfh", "ssp", "cosmology"};
    const gal_galaxy *g = ((gal_lua_galaxy *)obj)->g;
    size_t nc = gal_galaxy_ncomponent(g);
    int n = (int)lua_objlen(L, -1);
    for (size_t i = 0; i < 3 + nc; i++) {
        lua_pushstring(L, i < 3 ? more[i] : gal_component_class_of(gal_galaxy_component(g, i - 3))->group);
        lua_rawseti(L, -2, ++n);
    }
    if (gal_galaxy_options(g)->cosmo_free) {
        lua_pushstring(L, "cosmo");
        lua_rawseti(L, -2, ++n);
    }
}

/* g:get("sfh.tau") */
static int m_get(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    size_t i;
    const char *name = gal_lua_checkstr(L, 2);
    if (!gal_lua_galaxy_get(L, m, name))
        gal_lua_checkstatus(L, gal_galaxy_find(m->g, name, &i));
    return 1;
}

static int m_params(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    lua_newtable(L);
    for (size_t i = 0; i < gal_galaxy_npar(m->g); i++) {
        const gal_param *p = gal_galaxy_par(m->g, i);
        gal_lua_push_named(L, p->name, p->unit, p->doc);
        double plo = p->plo, phi = p->phi;
        if (i == GAL_P_AGE)
            gal_galaxy_onset_range(m->g, m->theta, &plo, &phi);
        const gal_lua_number num[] = {{"value", m->theta[i]}, {"default", p->value}, {"lo", p->lo},
                                      {"hi", p->hi},          {"plo", plo},          {"phi", phi}};
        gal_lua_set_list(L, num, sizeof num / sizeof *num);
        gal_lua_set_flag(L, "log", p->log);
        gal_lua_set_flag(L, "free", p->free);
        char prior[80];
        const gal_sfh *f = gal_galaxy_sfh(m->g);
        if (i >= 3 && i < 3 + f->npar && *gal_sfh_prior(f, i - 3, prior, sizeof prior))
            gal_lua_set_text(L, "prior", prior);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int m_check(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_checkstatus(L, gal_galaxy_check(m->g, m->theta));
    lua_settop(L, 1);
    return 1;
}

/* ------------------------------------------------------------------ results */
static size_t spectrum(lua_State *L, const gal_lua_galaxy *m, int idx)
{
    size_t i = GAL_COMP_TOTAL;
    if (!lua_isnoneornil(L, idx))
        gal_lua_checkstatus(L, gal_galaxy_find_spectrum(m->g, gal_lua_checkstr(L, idx), &i));
    return i;
}

static void release_galaxy(void *g)
{
    gal_galaxy_unref(g);
}

static int m_wave(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_pushview(L, gal_galaxy_wave(m->g), gal_galaxy_nwave(m->g), 1, release_galaxy, gal_galaxy_ref(m->g));
    return 1;
}

static int m_lum(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    size_t comp = spectrum(L, m, 2);
    gal_lua_galaxy_evaluate(L, m);
    gal_lua_pushvec_copy(L, gal_galaxy_lum(m->ws, comp), gal_galaxy_nwave(m->g));
    return 1;
}

static int m_flux(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    size_t comp = spectrum(L, m, 2);
    double factor;
    gal_lua_checkstatus(L, gal_galaxy_flux_factor(m->g, m->theta, &factor));
    gal_lua_galaxy_evaluate(L, m);
    size_t n = gal_galaxy_nwave(m->g);
    double *f = gal_lua_pushvec(L, n);
    const double *l = gal_galaxy_lum(m->ws, comp), *w = gal_galaxy_wave(m->g);
    const double *t = gal_galaxy_transmission(m->ws);
    for (size_t k = 0; k < n; k++)
        f[k] = factor * w[k] * w[k] * l[k] * (t ? t[k] : 1);
    return 1;
}

static int m_derived(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_galaxy_evaluate(L, m);
    const double *d = gal_galaxy_derived(m->ws);
    size_t n = gal_galaxy_nderived(m->g);
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++)
        gal_lua_set_num(L, gal_galaxy_derived_info(m->g, i)->name, d[i]);
    return 1;
}

static int m_derived_info(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    lua_newtable(L);
    for (size_t i = 0; i < gal_galaxy_nderived(m->g); i++) {
        const gal_quantity *q = gal_galaxy_derived_info(m->g, i);
        gal_lua_push_named(L, q->name, q->unit, q->doc);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int m_spectra(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    GAL_LUA_TEXTS(L, i, gal_galaxy_nspectra(m->g), gal_galaxy_spectrum_name(m->g, i));
    return 1;
}

/* name, wave [A], luminosity before and after dust [Lsun] of every emission line */
static int m_lines(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_galaxy_evaluate(L, m);
    lua_newtable(L);
    for (size_t i = 0; i < gal_galaxy_nlines(m->g); i++) {
        const gal_line *l = gal_galaxy_line(m->g, i);
        lua_createtable(L, 0, 4);
        gal_lua_set_text(L, "name", l->name);
        gal_lua_set_num(L, "wave", l->wave);
        gal_lua_set_num(L, "intrinsic", gal_galaxy_line_lum(m->ws)[i]);
        gal_lua_set_num(L, "luminosity", gal_galaxy_line_seen(m->ws)[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int m_transmission(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_galaxy_evaluate(L, m);
    const double *t = gal_galaxy_transmission(m->ws);
    double *out = gal_lua_pushvec(L, gal_galaxy_nwave(m->g));
    for (size_t k = 0; k < gal_galaxy_nwave(m->g); k++)
        out[k] = t ? t[k] : 1;
    return 1;
}

static int m_attenuation(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    gal_lua_galaxy_evaluate(L, m);
    size_t n = gal_galaxy_nwave(m->g);
    const double *in = gal_galaxy_lum(m->ws, GAL_COMP_STELLAR), *out = gal_galaxy_lum(m->ws, GAL_COMP_EXTINCT);
    double *a = gal_lua_pushvec(L, n);
    for (size_t k = 0; k < n; k++)
        a[k] = in[k] > 0 ? -2.5 * log10(out[k] / in[k]) : 0;
    return 1;
}

static int m_sfr(lua_State *L)
{
    gal_lua_galaxy *m = self(L);
    size_t n;
    const double *t = gal_lua_checkvec(L, 2, &n);
    double *psi = gal_lua_pushvec(L, n);
    gal_lua_checkstatus(L, gal_galaxy_sfr(m->g, m->theta, t, n, psi));
    return 1;
}

static gal_lua_galaxy *push_galaxy(lua_State *L, gal_galaxy *g)
{
    gal_lua_galaxy *m = GAL_NEW(gal_lua_galaxy);
    double *theta = GAL_NEWN(double, gal_galaxy_npar(g));
    if (!m || !theta) {
        gal_free(m);
        gal_free(theta);
        gal_galaxy_unref(g);
        gal_lua_fail(L);
        return NULL;
    }
    *m = (gal_lua_galaxy){.g = g, .theta = theta, .refs = 1};
    for (size_t i = 0; i < gal_galaxy_npar(g); i++)
        theta[i] = gal_galaxy_par(g, i)->value;
    gal_lua_push(L, &gal_lua_galaxy_class, m);
    return m;
}

static int m_copy(lua_State *L)
{
    gal_lua_galaxy *m = self(L), *c = push_galaxy(L, gal_galaxy_ref(m->g));
    memcpy(c->theta, m->theta, gal_galaxy_npar(m->g) * sizeof *m->theta);
    return 1;
}

static void tostring(lua_State *L, void *obj)
{
    gal_lua_galaxy *m = obj;
    char text[500];
    const gal_ssp *s = gal_galaxy_ssp(m->g);
    char parts[200] = "";
    for (size_t i = 0; i < gal_galaxy_ncomponent(m->g); i++) {
        const gal_component_class *k = gal_component_class_of(gal_galaxy_component(m->g, i));
        size_t used = strlen(parts);
        snprintf(parts + used, sizeof parts - used, "%s%s.%s", i ? "  " : "", k->group, k->kind);
    }
    snprintf(text, sizeof text, "galaxy   z = %g   age = %.4g yr   sfh.%s   %s   ssp %s   %s", m->theta[GAL_P_REDSHIFT],
             gal_galaxy_age(m->g, m->theta), gal_galaxy_sfh(m->g)->class->name, *parts ? parts : "no dust",
             s->name ? s->name : "?", gal_cosmo_name(gal_galaxy_cosmo(m->g)));
    lua_pushstring(L, text);
    gal_lua_galaxy_remarks(L, m);
    lua_concat(L, 2);
}

static const gal_lua_row methods[] = {
    {"get", m_get, "get(name) -> number\nThe value of a parameter by its dotted name."},
    {"set", gal_lua_galaxy_set_values,
     "set(name, value) or set{ name = value, ... } -> galaxy\nSets parameters by dotted names."},
    {"params", m_params,
     "params() -> list\nEvery parameter: name, value, unit, lo, hi, default, usual prior range plo, phi, log (prior, "
     "where it "
     "is another), doc."},
    {"check", m_check,
     "check() -> galaxy\nRaises when a parameter or their combination is outside what the model covers."},
    {"wave", m_wave, "wave() -> vec [A]\nRest-frame wavelengths of the model, read-only."},
    {"lum", m_lum,
     "lum([component]) -> vec [Lsun/A]\nRest-frame luminosity of 'total' or another of spectra(): 'stellar', "
     "'extinct', 'MC' ..."},
    {"flux", m_flux, "flux([component]) -> vec [mJy]\nObserved flux density at wave * (1 + redshift)."},
    {"band_flux", gal_lua_galaxy_band_flux, "band_flux(list of filters) -> vec [mJy]\nBand fluxes in the order given."},
    {"photometry", gal_lua_galaxy_photometry,
     "photometry(filters) -> list\n"
     "A row for each filter, with fields band, pivot [A], flux [mJy], mag (AB), filter; filters(\"SDSS\", ...) or a "
     "name. "
     "Rows are made when they are looked at, by p[i], #p, ipairs(p); printed, it is a table. For numbers alone: "
     "band_flux."},
    {"gradient", gal_lua_galaxy_gradient,
     "gradient(list of filters, weights) -> table [per unit of the parameter]\nDerivatives of the sum of weight x band "
     "flux [mJy] with respect to every parameter, by name: backward through the model at the\nprice of a few "
     "evaluations; see jacobian."},
    {"jacobian", gal_lua_galaxy_jacobian,
     "jacobian(list of filters, list of names) -> matrix [mJy per unit of the parameter]\nDerivatives of the band "
     "fluxes: "
     "a row a filter, a column a parameter. Everything built in is differentiated\nexactly, the redshift of the bands "
     "included; what differences() names, functions of yours, by central differences of that\nalone: some 1e-9 of the "
     "flux over the parameter. At a kink (a metallicity at a "
     "node of the table, a share of 0) it is the derivative of one side."},
    {"differences", gal_lua_galaxy_differences,
     "differences() -> list\nComponents of which jacobian() takes differences."},
    {"derived_values", m_derived, "derived_values() -> table\nWhat derived() prints, as a plain table of numbers."},
    {"derived_info", m_derived_info, "derived_info() -> list\nName, unit and meaning of its derived quantities."},
    {"spectra", m_spectra, "spectra() -> list\nNames of the spectra it is the sum of, and of stellar, extinct, total."},
    {"lines", m_lines,
     "lines() -> list\nEmission lines of the ionised gas: name, wave [A], intrinsic and (after dust) luminosity "
     "[Lsun]."},
    {"transmission", m_transmission,
     "transmission() -> vec\nWhat the intergalactic medium lets through, at wave() * (1 + redshift)."},
    {"attenuation_curve", m_attenuation,
     "attenuation_curve() -> vec [mag]\nEffective attenuation of the stars, A(lambda) = -2.5 log10(extinct/stellar), "
     "at "
     "wave(); 0 where\nthere are no stars to be seen, infinite where nothing leaves. With ionised gas the Lyman "
     "continuum "
     "that it takes counts."},
    {"sfr", m_sfr, "sfr(t) -> vec [Msun/yr]\nStar formation rate at galaxy times t [yr]."},
    {"describe", gal_lua_galaxy_describe, "describe() -> table\nThe choices the galaxy was made with, as plain data."},
    {"remarks", gal_lua_galaxy_m_remarks,
     "remarks() -> string\nIts distance, compat, clamp and logU where they are not as by default, in words."},
    {"copy", m_copy, "copy() -> galaxy\nAn independent galaxy of the same kind and parameters."},
    {NULL, NULL, NULL},
};

static const gal_lua_field fields[] = {{"age", "[yr] time since the onset of star formation"},
                                       {"age_fraction", "the same over the age of the Universe at the redshift"},
                                       {"z_onset", "redshift at which star formation began"},
                                       {"redshift", "redshift"},
                                       {"distance", "[Mpc] luminosity distance; 0 = from the redshift"},
                                       {"sfh", "star formation history: its parameters are fields"},
                                       {"ism", "dust: its parameters are fields; so for every component"},
                                       {"ssp", "the table of stellar populations"},
                                       {"cosmology", "the cosmology"},
                                       {NULL, NULL}};

const gal_lua_class gal_lua_galaxy_class = {
    .name = "galaxy",
    .doc = "A model galaxy. Parameters are fields: g.age, g.sfh.tau, g.ism.f_MC; results are methods: g:sed(), "
           "g:derived().",
    .methods = methods,
    .fields = fields,
    .free = galaxy_free,
    .get = get,
    .set = set,
    .list = list,
    .tostring = tostring,
};

/* ------------------------------------------------------------------ galaxy{...} */
static gal_ssp *option_ssp(gal_lua_opts *o, gal_status *st)
{
    lua_State *L = o->L;
    gal_ssp *s = NULL;
    *st = GAL_OK;
    if (!gal_lua_opt_push(o, "ssp")) {
        *st = gal_ssp_shared(&s);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        *st = gal_ssp_read(&s, gal_lua_opt_str(o, "ssp", NULL));
    } else if ((s = gal_lua_test(L, -1, &gal_lua_ssp))) {
        gal_ssp_ref(s);
    } else {
        gal_lua_opt_typeerror(o, "ssp", "an ssp table or a file name", -1);
    }
    return s;
}

static gal_cosmo *option_cosmo(gal_lua_opts *o, gal_status *st)
{
    lua_State *L = o->L;
    gal_cosmo *c = NULL;
    *st = GAL_OK;
    if (!gal_lua_opt_push(o, "cosmology"))
        *st = gal_cosmo_named(&c, "Planck18");
    else if (lua_type(L, -1) == LUA_TSTRING)
        *st = gal_cosmo_named(&c, lua_tostring(L, -1));
    else if ((c = gal_lua_test(L, -1, &gal_lua_cosmo)))
        gal_cosmo_ref(c);
    else
        gal_lua_opt_typeerror(o, "cosmology", "a name or a cosmology", -1);
    return c;
}

enum { MAXPARTS = 31 };

/* Components: one option per group (ism =, agn =, ...), false for none; `components` for a list of more. They stay alive on the
 * stack. */
static size_t read_components(gal_lua_opts *o, gal_lua_spec **part, bool *dust, bool *emission)
{
    lua_State *L = o->L;
    size_t n = 0;
    for (const gal_component_class *const *k = gal_component_classes(); *k; k++) {
        const char *group = (*k)->group;
        bool first = true;
        for (const gal_component_class *const *j = gal_component_classes(); j < k; j++)
            first &= strcmp((*j)->group, group) != 0;
        if (!first || !gal_lua_opt_push(o, group))
            continue;
        gal_lua_spec *s = gal_lua_test(L, -1, &gal_lua_spec_class);
        const gal_component_class *standard = gal_component_standard(group);
        if (lua_isboolean(L, -1)) { /* true: the first of the group with its defaults */
            if (standard)
                *(standard->screen ? dust : emission) = lua_toboolean(L, -1);
            else if (lua_toboolean(L, -1) && n < MAXPARTS)
                part[n++] = gal_lua_component_default(L, *k);
        } else if (!s || !s->component || strcmp(s->group, group) != 0) {
            char want[80];
            snprintf(want, sizeof want, "a component such as %s.%s{}, or false", group, (*k)->kind);
            gal_lua_opt_typeerror(o, group, want, -1);
        } else if (n < MAXPARTS) {
            part[n++] = s;
        }
    }
    if (gal_lua_opt_push(o, "components")) {
        if (!lua_istable(L, -1))
            gal_lua_opt_typeerror(o, "components", "a list of components", -1);
        int list = lua_gettop(L), count = (int)lua_objlen(L, -1);
        luaL_checkstack(L, count + 8, "components");
        for (int i = 1; i <= count; i++) {
            lua_rawgeti(L, list, i);
            gal_lua_spec *s = gal_lua_test(L, -1, &gal_lua_spec_class);
            if (!s || !s->component || n >= MAXPARTS)
                gal_lua_error(L, GAL_EINVAL, "galaxy: components[%d] must be a component, such as xrb.fragos13{}", i);
            part[n++] = s;
        }
    }
    return n;
}

static void take_values(lua_State *L, gal_lua_galaxy *h, const gal_lua_spec *s)
{
    for (size_t i = 0; i < s->npar; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s.%s", s->group, s->par[i].name);
        gal_lua_galaxy_set(L, h, name, s->par[i].value); /* not there: a parameter of an emission that is not used */
    }
}

static int create(lua_State *L)
{
    gal_lua_opts o;
    gal_galaxy_opts m;
    gal_lua_opts_begin(L, &o, 1, "galaxy");
    gal_galaxy_defaults(&m);
    gal_lua_spec *sfh = gal_lua_opt_obj(&o, "sfh", &gal_lua_spec_class);
    if (sfh && sfh->component)
        return gal_lua_error(L, GAL_EINVAL, "galaxy: sfh must be an sfh component, such as sfh.delayed{}");
    gal_lua_spec *part[MAXPARTS];
    gal_component *list[MAXPARTS];
    m.ncomponent = read_components(&o, part, &m.dust, &m.emission);
    for (size_t i = 0; i < m.ncomponent; i++)
        list[i] = part[i]->component;
    m.component = list;
    m.compat = gal_lua_galaxy_compat(&o);
    m.clamp = gal_lua_opt_bool(&o, "clamp", false);
    m.logu = gal_lua_opt_num(&o, "logU", m.logu);
    const char *global[3] = {gal_onset_param(GAL_ONSET_AGE)->name, "redshift", "distance"};
    double value[3];
    bool given[3];
    m.onset = gal_lua_galaxy_option_onset(&o);
    m.cosmo_free = gal_lua_opt_bool(&o, "cosmology_free", false);
    global[0] = gal_onset_param(m.onset)->name;
    for (int i = 0; i < 3; i++) {
        given[i] = gal_lua_opt_given(&o, global[i]);
        value[i] = gal_lua_opt_num(&o, global[i], 0);
    }
    if (sfh) {
        m.sfh = sfh->sfh.o;
    }
    gal_lua_opt_given(&o, "ssp");
    gal_lua_opt_given(&o, "cosmology");
    gal_status st, st2 = GAL_OK;
    m.cosmo = option_cosmo(&o, &st);
    m.ssp = st == GAL_OK ? option_ssp(&o, &st2) : NULL;
    gal_galaxy *g = NULL;
    if (st == GAL_OK && (st = st2) == GAL_OK)
        st = gal_galaxy_create(&g, &m);
    gal_ssp_unref(m.ssp);
    gal_cosmo_unref(m.cosmo);
    gal_lua_checkstatus(L, st);
    gal_lua_galaxy *h = push_galaxy(L, g);
    gal_lua_opts_end(&o);
    for (int i = 0; i < 3; i++)
        if (given[i])
            gal_lua_galaxy_set(L, h, global[i], value[i]);
    if (sfh)
        take_values(L, h, sfh);
    for (size_t i = 0; i < m.ncomponent; i++)
        take_values(L, h, part[i]);
    return 1;
}

static int derived_info(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; i < GAL_NDERIVED; i++) {
        gal_lua_push_named(L, gal_derived()[i].name, gal_derived()[i].unit, gal_derived()[i].doc);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

void gal_luaopen_galaxy(lua_State *L);
void gal_luaopen_galaxy(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"derived_info", derived_info, "derived_info() -> list\nName, unit and meaning of every derived quantity."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_galaxy_class);
    gal_lua_module(L, NULL, rows, NULL);
    gal_lua_galaxy_help(L);
    lua_pushcfunction(L, create);
    gal_lua_module_add(L, NULL, "galaxy", lua_tostring(L, -2));
    lua_pop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_pushcfunction(L, gal_lua_band_filter); /* lua/galua/band_fluxes.lua takes it away from there */
    lua_setfield(L, -2, "band_filter");
    lua_pop(L, 2);
}
