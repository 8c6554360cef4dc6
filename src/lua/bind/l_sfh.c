/* Lua: star formation histories, sfh.NAME{...}: named, unit-bearing, bounded parameters as fields; choices of the model as options. */
#include "lua/bind/l_classes.h"
#include "lua/bind/own.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAXOPTION = 32 };

/* The metallicity history that is meant when none is named: the first one that has most of the parameters given. */
static const gal_metals_class *implied(gal_lua_opts *o)
{
    const gal_metals_class *const *list = gal_metals_classes(), *best = list[0];
    size_t most = 0;
    for (size_t i = 0; list[i]; i++) {
        size_t n = 0;
        for (size_t k = 0; k < list[i]->npar; k++)
            n += gal_lua_opt_given(o, list[i]->par[k].name);
        if (n > most) {
            most = n;
            best = list[i];
        }
    }
    return best;
}

/* Metallicity history and burst, which every model can have. */
static void read_common(gal_lua_opts *o, gal_sfh_opts *m)
{
    const gal_metals_class *const *list = gal_metals_classes();
    if (!m->class->metals) {
        const char *names[MAXOPTION];
        size_t n = 0;
        for (; n < MAXOPTION && list[n]; n++)
            names[n] = list[n]->name;
        m->metals = list[gal_lua_opt_choice(o, "metallicity", names, n, 0)];
        if (!gal_lua_opt_given(o, "metallicity"))
            m->metals = implied(o);
    }
    m->by_mass = gal_lua_opt_given(o, "mass");
    m->burst = (gal_sfh_burst)gal_lua_opt_choice(o, "burst", gal_sfh_bursts(), GAL_BURSTS, 0);
    static const char *const of_burst[] = {"f_burst", "age_burst", "tau_burst"};
    for (int i = 0; m->burst == GAL_BURST_NONE && i < 3; i++)
        if (gal_lua_opt_given(o, of_burst[i]))
            gal_lua_error(o->L, GAL_EINVAL, "sfh.%s: %s needs burst = 'delta', 'rectangle' or 'exponential'",
                          m->class->name, of_burst[i]);
}

/* The component of the choices at the top of the options; its parameters are read from them. */
static int push_history(lua_State *L, gal_lua_opts *o, const gal_sfh_opts *m)
{
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_spec_class, s); /* freed with the handle from here on */
    if (gal_sfh_init(&s->sfh, m) != GAL_OK)
        return gal_lua_fail(L);
    gal_lua_spec_parameters(L, o, s, "sfh", m->class->name, s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, -1);
    return 1;
}

/* upvalue 1: the class */
static int make_sfh(lua_State *L)
{
    const gal_sfh_class *k = lua_touserdata(L, lua_upvalueindex(1));
    char fn[64];
    gal_option_value v[MAXOPTION] = {{0}};
    gal_sfh_opts m = {.class = k, .option = v};
    gal_lua_opts o;
    snprintf(fn, sizeof fn, "sfh.%s", k->name);
    gal_lua_opts_begin(L, &o, 1, fn);
    if (k->noption > MAXOPTION)
        return gal_lua_error(L, GAL_EINVAL, "%s: too many options", fn);
    for (size_t i = 0; i < k->noption; i++)
        gal_lua_read_option(&o, &k->option[i], &v[i]);
    read_common(&o, &m);
    return push_history(L, &o, &m);
}

/* ------------------------------------------------------------------ sfh.sum: histories by name */
enum { MAXPART = 16 };

static int by_name(const void *a, const void *b)
{
    return strcmp(((const gal_sfh_part *)a)->name, ((const gal_sfh_part *)b)->name);
}

/* Values of the parts are those of the sum where it does not say others. */
static void take_values(gal_sfh *s, const char *name, const gal_lua_spec *part)
{
    for (size_t k = 0; k < part->npar; k++) {
        char full[80];
        snprintf(full, sizeof full, "%s.%s", name, part->par[k].name);
        for (size_t i = 0; i < s->npar; i++)
            if (strcmp(s->par[i].name, full) == 0)
                s->par[i].value = part->par[k].value;
    }
}

/* upvalue 1: the class */
static int make_sum(lua_State *L)
{
    gal_sfh_part part[MAXPART] = {{0}};
    const gal_lua_spec *spec[MAXPART];
    gal_sfh_opts m = {.class = lua_touserdata(L, lua_upvalueindex(1)), .part = part};
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "sfh.sum");
    lua_settop(L, 1);
    for (lua_pushnil(L); o.idx && lua_next(L, 1); lua_pop(L, 1)) {
        const gal_lua_spec *p = gal_lua_test(L, -1, &gal_lua_spec_class);
        if (!p)
            continue;
        if (lua_type(L, -2) != LUA_TSTRING)
            return gal_lua_error(L, GAL_EINVAL, "sfh.sum: a history has no name: old = sfh.%s{...}", p->kind);
        const char *name = lua_tostring(L, -2);
        if (p->component)
            return gal_lua_error(L, GAL_EINVAL, "sfh.sum: %s is no history but %s.%s", name, p->group, p->kind);
        if (m.npart == MAXPART)
            return gal_lua_error(L, GAL_EINVAL, "sfh.sum: more than %d histories", MAXPART);
        part[m.npart++] = (gal_sfh_part){name, &p->sfh.o};
    }
    qsort(part, m.npart, sizeof *part, by_name); /* a table has no order */
    for (size_t i = 0; i < m.npart; i++)
        spec[i] = gal_lua_opt_obj(&o, part[i].name, &gal_lua_spec_class);
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_spec_class, s);
    gal_lua_checkstatus(L, gal_sfh_init(&s->sfh, &m));
    for (size_t i = 0; i < m.npart; i++)
        take_values(&s->sfh, part[i].name, spec[i]);
    gal_lua_spec_parameters(L, &o, s, "sfh", m.class->name, s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, -1);
    return 1;
}

/* ------------------------------------------------------------------ sfh.custom: a function of the user's */
typedef struct custom {
    gal_lua_own own;
    int refs;
} custom;

static void custom_ref(void *self)
{
    __atomic_fetch_add(&((custom *)self)->refs, 1, __ATOMIC_RELAXED);
}

static void custom_unref(void *self)
{
    custom *c = self;
    if (__atomic_fetch_sub(&c->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    gal_lua_own_clear(&c->own);
    gal_free(c);
}

static gal_status custom_rate(void *local, const double *p, const double *t, size_t n, double *psi)
{
    double age = t[n - 1]; /* the quantities that the function may look at */
    const void *ptr[4] = {t, p, &age, psi};
    return gal_worker_run(local, ptr, 4, n);
}

static const gal_sfh_custom custom_functions = {.ref = custom_ref,
                                                .unref = custom_unref,
                                                .open = gal_lua_shipped_open,
                                                .close = gal_lua_shipped_close,
                                                .rate = custom_rate};

/* core_custom({ shipped, key, params = { {name, unit, doc, value, lo, hi, plo, phi, log, free}, ... } }, options) -> component.
 * The words of its errors are in Lua, which checks first. */
static int make_custom(lua_State *L)
{
    lua_settop(L, 2);
    gal_lua_own_check(L, 1, "sfh.custom", GAL_SFH_MAXBIN);
    custom *c = GAL_NEW(custom);
    if (!c)
        return gal_lua_fail(L);
    c->refs = 1;
    if (gal_lua_own_read(L, 1, &c->own, "sfh.custom", "component") != GAL_OK) {
        custom_unref(c);
        return gal_lua_fail(L);
    }
    gal_sfh_custom f = custom_functions;
    f.self = c;
    f.par = c->own.par;
    f.npar = c->own.npar;
    f.hash = c->own.hash;
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (s)
        gal_lua_push(L, &gal_lua_spec_class, s);
    gal_sfh_opts m = {.custom = &f};
    gal_lua_opts o;
    lua_pushvalue(L, 2);
    int options = lua_gettop(L);
    gal_status st = s ? gal_sfh_find("custom", &m.class) : GAL_ENOMEM;
    if (st == GAL_OK) /* the handle owns the function before anything below may raise */
        st = gal_sfh_init(&s->sfh, &m);
    custom_unref(c);
    gal_lua_checkstatus(L, st);
    gal_lua_opts_begin(L, &o, options, "sfh.custom");
    read_common(&o, &m);
    gal_sfh chosen;
    st = gal_sfh_init(&chosen, &m);
    if (st == GAL_OK) {
        gal_sfh_clear(&s->sfh);
        s->sfh = chosen;
    }
    gal_lua_checkstatus(L, st);
    lua_pushvalue(L, options - 1); /* the handle on top */
    gal_lua_spec_parameters(L, &o, s, "sfh", "custom", s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, options - 1);
    return 1;
}

void gal_lua_sfh_describe(lua_State *L, const gal_sfh *s)
{
    const gal_sfh_class *k = s->class;
    lua_newtable(L);
    gal_lua_set_text(L, "kind", k->name);
    if (s->o.custom) {
        lua_newtable(L);
        gal_lua_own_describe(L, &((const custom *)s->o.custom->self)->own);
        lua_setfield(L, -2, "custom");
    }
    for (size_t i = 0; i < s->o.npart; i++) {
        gal_sfh part;
        if (i == 0)
            lua_createtable(L, 0, (int)s->o.npart);
        if (gal_sfh_init(&part, s->o.part[i].choices) != GAL_OK)
            gal_lua_fail(L);
        gal_lua_sfh_describe(L, &part);
        gal_sfh_clear(&part);
        lua_setfield(L, -2, s->o.part[i].name);
        if (i + 1 == s->o.npart)
            lua_setfield(L, -2, "parts");
    }
    lua_newtable(L); /* what the constructor takes */
    if (!k->metals && s->metals != gal_metals_classes()[0])
        gal_lua_set_text(L, "metallicity", s->metals->name);
    if (s->o.burst)
        gal_lua_set_text(L, "burst", gal_sfh_bursts()[s->o.burst]);
    if (s->o.by_mass) /* the model's value follows */
        gal_lua_set_num(L, "mass", 1e10);
    for (size_t i = 0; i < k->noption; i++) {
        bool off = k->option[i].type == GAL_OPTION_BOOL && s->option[i].number == k->option[i].number;
        if (!off && gal_lua_push_option(L, &k->option[i], &s->option[i]))
            lua_setfield(L, -2, k->option[i].name);
    }
    lua_setfield(L, -2, "options");
}

/* The choices of a metallicity, and the parameters of all of them. */
static void metals_text(char *text, size_t size)
{
    const gal_metals_class *const *list = gal_metals_classes();
    size_t n =
        (size_t)snprintf(text, size, "@param metallicity (%s) of gas and stars, a mass fraction: ", list[0]->name);
    for (size_t i = 0; list[i] && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s'%s': %s", i ? "; " : "", list[i]->name, list[i]->doc);
    n += (size_t)snprintf(text + n, n < size ? size - n : 0, "\n");
    for (size_t i = 0; list[i]; i++)
        for (size_t j = 0; j < list[i]->npar && n < size; j++) {
            bool told = false;
            for (size_t k = 0; k < i; k++)
                for (size_t l = 0; l < list[k]->npar; l++)
                    told = told || strcmp(list[k]->par[l].name, list[i]->par[j].name) == 0;
            if (!told)
                n += gal_lua_columns_text(&list[i]->par[j], 1, NULL, 0, text + n, size - n);
        }
}

/* Help text: signature, the class's own words, its parameters and options, what every history has. */
static void class_text(const gal_sfh_class *k, char *text, size_t size)
{
    gal_sfh s; /* the parameters of bins are made with it; a class that needs more than defaults shows what it has */
    bool made =
        !(k->is & (GAL_SFH_GIVEN | GAL_SFH_COMPOSED)) && gal_sfh_init(&s, &(gal_sfh_opts){.class = k}) == GAL_OK;
    size_t n = (size_t)snprintf(text, size, "sfh.%s{ %s } -> component\n%s\n", k->name, k->args, k->doc);
    size_t npar = made ? s.nown < 5 ? s.nown : 2 : k->npar; /* of numbered ones the first stands for all */
    n += gal_lua_columns_text(made ? s.par : k->par, npar, k->option, k->noption, text + n, size - n);
    if (made)
        gal_sfh_clear(&s);
    if (k->is & GAL_SFH_COMPOSED) {
        snprintf(text + n, size - n,
                 "@param NAME.age [yr] (1e20; a single burst: 1e8) time since its onset; that of the galaxy where it "
                 "is less\n"
                 "@param NAME.PARAMETER a parameter of the part, if it is not to be what it is there\n"
                 "@param Mdust [Msun] (1e8) dust mass, where none of the parts makes its own\n"
                 "@example sfh.sum{ old = sfh.delayed{ mass = 1e10 }, young = sfh.burst{ mass = 1e8 }, [\"young.age\"] "
                 "= 5e7 }\n");
        return;
    }
    if (!(k->is & GAL_SFH_HAS_MASS))
        n += (size_t)snprintf(text + n, size - n,
                              "@param mass [Msun] instead of the normalisation: mass of all stars formed until the "
                              "age, a parameter of its own\n");
    n += (size_t)snprintf(text + n, size - n,
                          "@param burst (none) a burst on top: 'delta', 'rectangle' or 'exponential'\n"
                          "@param f_burst (0.1) share of all stars formed that the burst formed\n"
                          "@param age_burst [yr] (1e8) time since the burst began\n"
                          "@param tau_burst [yr] (3e7) its decay time; rectangle: its duration\n"
                          "@param tau_quench [yr] (1e20) star formation stops at this galaxy time\n");
    if (k->metals)
        return;
    n += (size_t)snprintf(text + n, size - n, "@param Mdust [Msun] (1e8) dust mass\n");
    metals_text(text + n, size - n);
}

static int metallicity(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_metals_class *const *k = gal_metals_classes(); *k; k++)
        for (size_t i = 0; i < (*k)->npar; i++) {
            lua_pushstring(L, (*k)->par[i].name);
            lua_rawseti(L, -2, ++n);
        }
    return 1;
}

static int histories(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_sfh_class *const *k = gal_sfh_classes(); *k; k++) {
        gal_sfh s;
        if ((*k)->is & GAL_SFH_GIVEN || gal_sfh_init(&s, &(gal_sfh_opts){.class = *k}) != GAL_OK)
            continue;
        gal_sfh_clear(&s);
        lua_pushstring(L, (*k)->name);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

void gal_luaopen_sfh(lua_State *L);
void gal_luaopen_sfh(lua_State *L)
{
    static const gal_lua_row inner[] = {
        {"metallicity", metallicity, "metallicity() -> list\nInternal: names of the parameters of all metallicities."},
        {"histories", histories, "histories() -> list\nInternal: names of the histories that need nothing to be made."},
        {"history", make_custom,
         "history(definition, options) -> component\nInternal: a history from its checked definition; see sfh.custom."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "sfh", NULL, "Star formation histories.");
    for (const gal_sfh_class *const *k = gal_sfh_classes(); *k; k++) {
        if ((*k)->is & GAL_SFH_GIVEN)
            continue;
        char text[4096];
        class_text(*k, text, sizeof text);
        lua_pushlightuserdata(L, (void *)(uintptr_t)*k);
        lua_pushcclosure(L, (*k)->is & GAL_SFH_COMPOSED ? make_sum : make_sfh, 1);
        gal_lua_module_add(L, "sfh", (*k)->name, text);
    }
    gal_lua_module(L, "custom_component", inner, NULL);
}
