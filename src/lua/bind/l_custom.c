/* Lua: components of the user's own: a function of wavelength and parameters, shipped to every worker. The Lua side, with checks and
 * defaults, is lua/galua/component.lua and attenuation.lua. */
#include "lua/bind/l_classes.h"
#include "lua/kit/worker.h"
#include "galua/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAXOWN = 32, VIEWS = 14 };
static const char *const view_name[VIEWS] = {"age",   "redshift", "sfr", "mgas",      "mdust",    "zgas", "zstar",
                                             "mstar", "bol",      "qh",  "qh_clouds", "absorbed", "t_mc", "t_dd"};

typedef struct custom {
    gal_component_class class;
    char *names; /* storage of group, names, units and descriptions */
    gal_param par[MAXOWN];
    const char *spectrum[1];
    char *shipped, *key;
    size_t nshipped, nown; /* parameters of the function; an attenuation has more */
} custom;

static void destroy(void *self)
{
    custom *c = self;
    gal_free(c->names);
    gal_free(c->shipped);
    gal_free(c->key);
    gal_free(c);
}

static gal_status open_local(void **local, const void *self)
{
    const custom *c = self;
    gal_worker *w;
    char what[80];
    snprintf(what, sizeof what, "%s.%s", c->class.group, c->class.kind);
    gal_status st = gal_worker_open(&w, what, "component", c->shipped, c->nshipped);
    *local = w;
    return st;
}

static void close_local(void *local)
{
    gal_worker_close(local);
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
static const char *keep(char **at, const char *text)
{
    char *p = *at;
    size_t n = strlen(text) + 1;
    memcpy(p, text, n);
    *at += n;
    return p;
}

static const char *field(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    const char *s = lua_tostring(L, -1);
    lua_pop(L, 1); /* the table keeps it alive */
    return s ? s : "";
}

static double field_num(lua_State *L, const char *name, double def)
{
    lua_getfield(L, -1, name);
    double v = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : def;
    lua_pop(L, 1);
    return v;
}

static bool field_bool(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool v = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return v;
}

/* ------------------------------------------------------------------ definitions, from component.lua, sfh.lua, a results file or anybody */
static void want(lua_State *L, int t, const char *fn, const char *name, int type, const char *what)
{
    lua_getfield(L, t, name);
    if (lua_type(L, -1) != type)
        gal_lua_error(L, GAL_EINVAL, "%s: its definition needs %s, %s; got %s", fn, name, what, luaL_typename(L, -1));
    lua_pop(L, 1);
}

static void check_parameter(lua_State *L, const char *fn, size_t i)
{
    static const char *const TEXT[] = {"name", "unit", "doc"}, *const NUMBER[] = {"value", "lo", "hi", "plo", "phi"};
    if (!lua_istable(L, -1))
        gal_lua_error(L, GAL_EINVAL, "%s: parameter %zu of its definition must be a table, got %s", fn, i,
                      luaL_typename(L, -1));
    int t = lua_gettop(L);
    for (int k = 0; k < 3; k++)
        want(L, t, fn, TEXT[k], LUA_TSTRING, "a text of each parameter");
    want(L, t, fn, "value", LUA_TNUMBER, "a number of each parameter");
    for (int k = 0; k < 5; k++) {
        lua_getfield(L, t, NUMBER[k]);
        if (!lua_isnil(L, -1) && !(lua_type(L, -1) == LUA_TNUMBER && !isnan(lua_tonumber(L, -1))))
            gal_lua_error(L, GAL_EINVAL, "%s: %s of parameter %zu must be a number", fn, NUMBER[k], i);
        lua_pop(L, 1);
    }
}

size_t gal_lua_check_definition(lua_State *L, int idx, const char *fn, size_t most)
{
    if (!lua_istable(L, idx))
        gal_lua_argerror(L, idx, "a definition, a table");
    want(L, idx, fn, "shipped", LUA_TSTRING, "the text of its function");
    want(L, idx, fn, "key", LUA_TSTRING, "the key of its function");
    want(L, idx, fn, "params", LUA_TTABLE, "a list of parameters");
    lua_getfield(L, idx, "params");
    size_t np = lua_objlen(L, -1);
    if (np > most)
        gal_lua_error(L, GAL_EINVAL, "%s: %zu parameters, at most %zu are possible", fn, np, most);
    for (size_t i = 1; i <= np; i++) {
        lua_rawgeti(L, -1, (int)i);
        check_parameter(L, fn, i);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return np;
}

/* core.custom_component{ group, stage, doc, nown, shipped, params = { {name, unit, doc, value, lo, hi, plo, phi, log, free}, ... } }
 * -> component. The words of its errors are in Lua, which checks first. */
static int custom_component(lua_State *L)
{
    lua_settop(L, 1);
    size_t np = gal_lua_check_definition(L, 1, "component", MAXOWN), text = 0;
    want(L, 1, "component", "group", LUA_TSTRING, "the name of its group");
    want(L, 1, "component", "stage", LUA_TSTRING, "where it acts");
    want(L, 1, "component", "doc", LUA_TSTRING, "a line for help");
    want(L, 1, "component", "nown", LUA_TNUMBER, "the number of its function's parameters");
    lua_getfield(L, 1, "stage");
    bool is_screen = strcmp(lua_tostring(L, -1), "screen") == 0;
    lua_getfield(L, 1, "nown");
    if (lua_tonumber(L, -1) + (is_screen ? 4 : 0) != (double)np)
        return gal_lua_error(L, GAL_EINVAL, "component: nown = %g does not fit its %zu parameters", lua_tonumber(L, -1),
                             np);
    lua_settop(L, 1);
    lua_getfield(L, 1, "params");
    for (size_t i = 1; i <= np; i++) {
        lua_rawgeti(L, 2, (int)i);
        text += strlen(field(L, "name")) + strlen(field(L, "unit")) + strlen(field(L, "doc")) + 3;
        lua_pop(L, 1);
    }
    lua_pushvalue(L, 1);
    const char *group = field(L, "group"), *stage = field(L, "stage"), *doc = field(L, "doc");
    text += 2 * strlen(group) + strlen(doc) + 3;
    custom *c = GAL_NEW(custom);
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!c || !s || !(c->names = GAL_NEWN(char, text))) {
        gal_free(c);
        gal_free(s);
        return gal_lua_fail(L);
    }
    gal_lua_push(L, &gal_lua_spec_class, s); /* frees s */
    lua_insert(L, -2);                       /* the table on top again */
    char *at = c->names;
    c->spectrum[0] = keep(&at, group);
    c->nown = (size_t)field_num(L, "nown", 0);
    c->class = (gal_component_class){.on_nodes = GAL_NODES_ANYWHERE,
                                     .group = keep(&at, group),
                                     .kind = "custom",
                                     .doc = keep(&at, doc),
                                     .par = c->par,
                                     .npar = np,
                                     .needs = GAL_NEED_REDSHIFT | GAL_NEED_AGE | GAL_NEED_HISTORY | GAL_NEED_STARS,
                                     .destroy = destroy,
                                     .open = open_local,
                                     .close = close_local};
    if (strcmp(stage, "screen") == 0) {
        c->class.screen = screen;
        c->class.scratch = screen_scratch;
        c->class.tau_esc = 1 + (int)c->nown + 3;
        c->class.needs = 0;
    } else if (strcmp(stage, "transmit") == 0) {
        c->class.transmit = transmit;
    } else {
        c->class.spectra = c->spectrum;
        c->class.nspectra = 1;
        if (strcmp(stage, "source") == 0) {
            c->class.source = source;
        } else {
            c->class.emit = emit;
            c->class.needs |= GAL_NEED_ABSORBED | GAL_NEED_DUST;
        }
    }
    const char *shipped = field(L, "shipped"), *key = field(L, "key");
    gal_hash hash = gal_hash_bytes(key, strlen(key));
    c->nshipped = strlen(shipped);
    c->shipped = gal_strdup(shipped);
    c->key = gal_strdup(key);
    for (size_t i = 0; i < np; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        c->par[i] =
            (gal_param){keep(&at, field(L, "name")), keep(&at, field(L, "unit")),   keep(&at, field(L, "doc")),
                        field_num(L, "value", 0),    field_num(L, "lo", -INFINITY), field_num(L, "hi", INFINITY),
                        field_num(L, "plo", NAN),    field_num(L, "phi", NAN),      field_bool(L, "log"),
                        field_bool(L, "free")};
        hash = gal_hash_combine(hash, gal_hash_bytes(c->par[i].name, strlen(c->par[i].name)));
        lua_pop(L, 1);
    }
    hash = gal_hash_combine(hash, gal_hash_bytes(stage, strlen(stage)));
    void *local = NULL;
    gal_status st =
        !c->shipped || !c->key ? GAL_ENOMEM : open_local(&local, c); /* a bad function is refused here, not in a fit */
    close_local(local);
    if (st != GAL_OK) {
        destroy(c);
        return gal_lua_fail(L);
    }
    gal_lua_checkstatus(L, gal_component_adopt(&s->component, &c->class, c, hash));
    gal_lua_opts none;
    lua_newtable(L);
    gal_lua_opts_begin(L, &none, lua_gettop(L), "component");
    gal_lua_spec_parameters(L, &none, s, c->class.group, "custom", c->par, np);
    lua_settop(L, 3);
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
    gal_lua_set_text(L, "shipped", c->shipped);
    gal_lua_set_text(L, "key", c->key);
    lua_newtable(L);
    for (size_t i = 0; i < k->npar; i++) {
        const gal_param *p = &c->par[i];
        const struct {
            const char *name;
            double v;
        } num[] = {{"value", p->value}, {"lo", p->lo}, {"hi", p->hi}, {"plo", p->plo}, {"phi", p->phi}};
        const char *text[3][2] = {{"name", p->name}, {"unit", p->unit}, {"doc", p->doc}};
        lua_newtable(L);
        for (int t = 0; t < 3; t++)
            gal_lua_set_text(L, text[t][0], text[t][1]);
        for (size_t t = 0; t < sizeof num / sizeof *num; t++)
            if (isfinite(num[t].v))
                gal_lua_set_num(L, num[t].name, num[t].v);
        gal_lua_set_flag(L, "log", p->log);
        gal_lua_set_flag(L, "free", p->free);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "params");
}

static int view_names(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; i < VIEWS; i++) {
        lua_pushstring(L, view_name[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* known(group, kind): is there a component or history of that name? */
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
    return 1;
}

void gal_luaopen_custom(lua_State *L);
void gal_luaopen_custom(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"custom", custom_component,
         "custom(definition) -> component\nInternal: a component from its checked definition."},
        {"view", view_names, "view() -> list\nInternal: quantities that a component's function may look at."},
        {"known", is_known, "known(group, kind) -> boolean\nInternal: whether a description may name it."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "custom_component", rows,
                   "Components made at run time: see component.custom, attenuation.custom.");
    gal_lua_module(L, "component", NULL, "Components of your own.");
}
