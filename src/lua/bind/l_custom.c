/* Lua: components of the user's own: a function of wavelength and parameters, shipped to every worker. The Lua side, with checks and
 * defaults, is lua/galua/component.lua and attenuation.lua. */
#include "galua/num.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/own.h"

#include <math.h>
#include <string.h>

enum { MAXOWN = 32, VIEWS = 14 };
static const char *const view_name[VIEWS] = {"age",   "redshift", "sfr", "mgas",      "mdust",    "zgas", "zstar",
                                             "mstar", "bol",      "qh",  "qh_clouds", "absorbed", "t_mc", "t_dd"};

typedef struct custom {
    gal_lua_own own;
    gal_component_class class;
    const char *spectrum[1];
    size_t nown; /* parameters of the function; an attenuation has more */
} custom;

static void destroy(void *self)
{
    custom *c = self;
    gal_lua_own_clear(&c->own);
    gal_free(c);
}

/* out[k] = f(wave[k], p, v); finite, not negative */
static gal_status evaluate(const gal_stage *s, double *out)
{
    const custom *c = s->self;
    const gal_view *v = s->view;
    const gal_wavegrid *g = v->grid;
    double state[VIEWS] = {v->age,   v->redshift, v->sfr, v->mgas,      v->mdust,          v->zgas, v->zstar,
                           v->mstar, v->bol,      v->qh,  v->qh_clouds, v->e_mc + v->e_dd, v->t_mc, v->t_dd};
    const void *ptr[4] = {g->wave, s->p, state, out};
    gal_status st = gal_worker_run(s->local, ptr, 4, g->n);
    for (size_t k = 0; st == GAL_OK && k < g->n; k++)
        if (!(out[k] >= 0 && isfinite(out[k])))
            st = gal_fail(GAL_EMATH, "%s.%s: the function returned %g at %g A; it must be finite and not negative",
                          c->class.group, c->class.kind, out[k], g->wave[k]);
    return st;
}

static gal_status emit(const gal_stage *s)
{
    return evaluate(s, s->lum[0]);
}

static gal_status source(const gal_stage *s, gal_source *out)
{
    (void)out; /* outside clouds, through the diffuse dust as the stars */
    return evaluate(s, s->lum[0]);
}

static gal_status transmit(const gal_stage *s, double *t)
{
    gal_status st = evaluate(s, t);
    for (size_t k = 0; st == GAL_OK && k < s->view->grid->n; k++)
        if (t[k] > 1)
            return gal_fail(GAL_EMATH, "%s: the function returned the transmission %g at %g A",
                            s->view ? "transmission" : "", t[k], s->view->grid->wave[k]);
    return st;
}

/* ------------------------------------------------------------------ attenuation: the function is A(lambda)/A_V */
static size_t screen_scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return 2 * g->n + MAXOWN + 1;
}

static gal_status screen(const gal_stage *s, gal_screen *out)
{
    gal_status st = GAL_OK;
    const custom *c = s->self;
    size_t n = s->view->grid->n, np = c->class.npar;
    double *curve = s->scratch, *birth = curve + n, *kept = birth + n;
    if (kept[MAXOWN] == 0 || memcmp(kept, s->p, np * sizeof *kept) != 0) {
        kept[MAXOWN] = 0;
        GAL_TRY(evaluate(s, curve));
        for (size_t k = 0; k < n; k++)
            birth[k] = pow(s->view->grid->wave[k] / 5500, s->p[c->nown + 2]);
        memcpy(kept, s->p, np * sizeof *kept);
        kept[MAXOWN] = 1;
    }
    out->av_dd = s->p[c->nown];
    out->av_mc = s->p[c->nown + 1];
    for (size_t k = 0; k < n; k++) {
        double x = 0.4 * M_LN10 * out->av_dd * curve[k], y = 0.4 * M_LN10 * out->av_mc * birth[k];
        out->att_dd[k] = exp(-x);
        out->abs_dd[k] = -expm1(-x);
        out->att_mc[k] = exp(-y);
        out->abs_mc[k] = -expm1(-y);
    }
out:
    return st;
}

/* ------------------------------------------------------------------ making one */
static void stage_of(gal_component_class *k, const char *stage, size_t nown, const char *const *spectrum)
{
    if (strcmp(stage, "screen") == 0) {
        k->screen = screen;
        k->scratch = screen_scratch;
        k->tau_esc = 1 + (int)nown + 3;
        k->needs = 0;
    } else if (strcmp(stage, "transmit") == 0) {
        k->transmit = transmit;
    } else {
        k->spectra = spectrum;
        k->nspectra = 1;
        if (strcmp(stage, "source") == 0) {
            k->source = source;
        } else {
            k->emit = emit;
            k->needs |= GAL_NEED_ABSORBED | GAL_NEED_DUST;
        }
    }
}

/* core.custom_component{ group, stage, doc, nown, shipped, params = { {name, unit, doc, value, lo, hi, plo, phi, log, free}, ... } }
 * -> component. The words of its errors are in Lua, which checks first. */
static int custom_component(lua_State *L)
{
    lua_settop(L, 1);
    size_t np = gal_lua_own_check(L, 1, "component", MAXOWN);
    gal_lua_own_want(L, 1, "component", "group", LUA_TSTRING, "the name of its group");
    gal_lua_own_want(L, 1, "component", "stage", LUA_TSTRING, "where it acts");
    gal_lua_own_want(L, 1, "component", "doc", LUA_TSTRING, "a line for help");
    gal_lua_own_want(L, 1, "component", "nown", LUA_TNUMBER, "the number of its function's parameters");
    lua_getfield(L, 1, "stage");
    lua_getfield(L, 1, "nown");
    lua_getfield(L, 1, "group");
    const char *stage = lua_tostring(L, 2), *what = lua_pushfstring(L, "%s.custom", lua_tostring(L, 4));
    double nown = lua_tonumber(L, 3);
    if (nown + (strcmp(stage, "screen") == 0 ? 4 : 0) != (double)np)
        return gal_lua_error(L, GAL_EINVAL, "component: nown = %g does not fit its %zu parameters", nown, np);
    custom *c = GAL_NEW(custom);
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!c || !s || gal_lua_own_read(L, 1, &c->own, what, "component") != GAL_OK) {
        gal_free(s);
        if (c)
            destroy(c);
        return gal_lua_fail(L);
    }
    const gal_lua_own *o = &c->own;
    c->spectrum[0] = o->group;
    c->nown = (size_t)nown;
    c->class = (gal_component_class){.on_nodes = GAL_NODES_ANYWHERE,
                                     .group = o->group,
                                     .kind = "custom",
                                     .doc = o->doc,
                                     .par = o->par,
                                     .npar = np,
                                     .needs = GAL_NEED_REDSHIFT | GAL_NEED_AGE | GAL_NEED_HISTORY | GAL_NEED_STARS,
                                     .destroy = destroy,
                                     .open = gal_lua_shipped_open,
                                     .close = gal_lua_shipped_close};
    stage_of(&c->class, stage, c->nown, c->spectrum);
    gal_hash hash = o->hash;
    for (size_t i = 0; i < np; i++)
        hash = gal_hash_combine(hash, gal_hash_bytes(o->par[i].name, strlen(o->par[i].name)));
    hash = gal_hash_combine(hash, gal_hash_bytes(stage, strlen(stage)));
    gal_lua_push(L, &gal_lua_spec_class, s); /* frees s */
    int handle = lua_gettop(L);
    gal_lua_checkstatus(L, gal_component_adopt(&s->component, &c->class, c, hash));
    gal_lua_opts none;
    lua_newtable(L);
    gal_lua_opts_begin(L, &none, lua_gettop(L), "component");
    gal_lua_spec_parameters(L, &none, s, c->class.group, "custom", o->par, np);
    lua_settop(L, handle);
    return 1;
}

void gal_lua_custom_describe(lua_State *L, const gal_component *part)
{
    const custom *c = gal_component_self(part);
    const gal_component_class *k = &c->class;
    lua_newtable(L);
    gal_lua_set_text(L, "group", k->group);
    gal_lua_set_text(L, "stage", k->screen ? "screen" : k->transmit ? "transmit" : k->source ? "source" : "emit");
    gal_lua_set_text(L, "doc", k->doc);
    gal_lua_set_num(L, "nown", (double)c->nown);
    gal_lua_own_describe(L, &c->own);
}

static int view_names(lua_State *L)
{
    GAL_LUA_TEXTS(L, i, VIEWS, view_name[i]);
    return 1;
}

/* known(group, kind): is there a component or history of that name, and does it attenuate? */
static int is_known(lua_State *L)
{
    const gal_component_class *k = NULL;
    bool yes = false;
    if (lua_type(L, 1) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING) {
        const char *group = lua_tostring(L, 1), *kind = lua_tostring(L, 2);
        const gal_sfh_class *h = NULL;
        if (strcmp(group, "sfh") == 0)
            yes = gal_sfh_find(kind, &h) == GAL_OK && !(h->is & GAL_SFH_GIVEN);
        else
            yes = gal_component_find(&k, group, kind) == GAL_OK;
    }
    lua_pushboolean(L, yes);
    lua_pushboolean(L, yes && k && k->screen);
    return 2;
}

void gal_luaopen_custom(lua_State *L);
void gal_luaopen_custom(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"custom", custom_component,
         "custom(definition) -> component\nInternal: a component from its checked definition."},
        {"view", view_names, "view() -> list\nInternal: quantities that a component's function may look at."},
        {"known", is_known,
         "known(group, kind) -> boolean, boolean\nInternal: whether a description may name it, and whether it "
         "attenuates."},
        {"classes", gal_lua_component_classes,
         "classes() -> list\nInternal: components and histories: group, kind, params (name, value, lo, hi), options "
         "(name, "
         "type, default, choices)."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "custom_component", rows,
                   "Components made at run time: see component.custom, attenuation.custom.");
    gal_lua_module(L, "component", NULL, "Components of your own.");
}
