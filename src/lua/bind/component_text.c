/* Lua: histories and components as the calls that make them: ism.two_phase{ cut = "sharp", f_MC = 0.3, ... }. Choices that are not the default,
 * then every parameter, so that what is printed can be pasted back. A function of the user's cannot be printed: the word stands for it. */
#include "lua/bind/l_classes.h"

#include <string.h>

/* ------------------------------------------------------------------ what there is to print */
static void push_class(lua_State *L, const char *group, const char *kind, const gal_param *par, size_t npar,
                       const gal_option *o, size_t no)
{
    static const char *const type[] = {"number", "boolean", "text", "choice", "vector"};
    lua_createtable(L, 0, 4);
    gal_lua_set_text(L, "group", group);
    gal_lua_set_text(L, "kind", kind);
    lua_createtable(L, (int)npar, 0);
    for (size_t i = 0; i < npar; i++) {
        lua_createtable(L, 0, 4);
        gal_lua_set_text(L, "name", par[i].name);
        GAL_LUA_SET(L, {"value", par[i].value}, {"lo", par[i].lo}, {"hi", par[i].hi});
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "params");
    lua_createtable(L, (int)no, 0);
    for (size_t i = 0; i < no; i++) {
        lua_createtable(L, 0, 4);
        gal_lua_set_text(L, "name", o[i].name);
        gal_lua_set_text(L, "type", type[o[i].type]);
        gal_lua_set_num(L, "default", o[i].number);
        for (int k = 0; o[i].type == GAL_OPTION_CHOICE && o[i].choice[k]; k++) {
            lua_pushstring(L, o[i].choice[k]);
            lua_rawseti(L, -2, k + 1);
        }
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "options");
}

int gal_lua_component_classes(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_component_class *const *k = gal_component_classes(); *k; k++) {
        push_class(L, (*k)->group, (*k)->kind, (*k)->par, (*k)->npar, (*k)->option, (*k)->noption);
        lua_rawseti(L, -2, ++n);
    }
    for (const gal_sfh_class *const *k = gal_sfh_classes(); *k; k++) {
        if ((*k)->is & GAL_SFH_GIVEN)
            continue;
        push_class(L, "sfh", (*k)->name, (*k)->par, (*k)->par ? (*k)->npar : 0, (*k)->option, (*k)->noption);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* ------------------------------------------------------------------ the calls */
typedef struct call {
    lua_State *L;
    luaL_Buffer b;
    bool any;
} call;

static void key(call *c, const char *name)
{
    luaL_addstring(&c->b, c->any ? ", " : " ");
    c->any = true;
    gal_lua_add_key(&c->b, name);
}

static void text(call *c, const char *name, const char *value)
{
    key(c, name);
    gal_lua_add_quoted(&c->b, value);
}

static void parameter(call *c, const gal_param *p)
{
    key(c, p->name);
    gal_lua_add_number(&c->b, p->value);
}

/* An option, unless it is as by default */
static void option(call *c, const gal_option *o, const gal_option_value *v)
{
    switch (o->type) {
    case GAL_OPTION_NUMBER:
        if (v->number != o->number) {
            key(c, o->name);
            gal_lua_add_number(&c->b, v->number);
        }
        return;
    case GAL_OPTION_BOOL:
        if ((v->number != 0) != (o->number != 0)) {
            key(c, o->name);
            luaL_addstring(&c->b, v->number != 0 ? "true" : "false");
        }
        return;
    case GAL_OPTION_CHOICE:
        if (v->number != o->number)
            text(c, o->name, o->choice[(size_t)v->number]);
        return;
    case GAL_OPTION_STRING:
        if (v->text && (!o->text || strcmp(v->text, o->text) != 0))
            text(c, o->name, v->text);
        return;
    default:
        if (!v->nvec)
            return;
        key(c, o->name);
        for (size_t i = 0; i < v->nvec; i++) {
            luaL_addstring(&c->b, i ? ", " : "{ ");
            gal_lua_add_number(&c->b, v->vec[i]);
        }
        luaL_addstring(&c->b, " }");
    }
}

static void options(call *c, const gal_option *o, const gal_option_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        option(c, &o[i], &v[i]);
}

static void word(call *c, const char *w)
{
    luaL_addstring(&c->b, c->any ? ", " : " ");
    luaL_addstring(&c->b, w);
    c->any = true;
}

static void choices(call *c, const gal_sfh *s)
{
    const gal_sfh_class *k = s->class;
    if (s->o.custom)
        word(c, "function");
    options(c, k->option, s->option, k->noption);
    if (!k->metals && s->metals && s->metals != gal_metals_classes()[0])
        text(c, "metallicity", s->metals->name);
    if (s->o.burst)
        text(c, "burst", gal_sfh_bursts()[s->o.burst]);
}

/* "old.tau" -> "tau", where that is a parameter of the part "old"; else NULL */
static const char *of_part(const char *name, const char *part, const gal_sfh *s)
{
    size_t n = strlen(part);
    if (strncmp(name, part, n) != 0 || name[n] != '.')
        return NULL;
    for (size_t i = 0; i < s->npar; i++)
        if (strcmp(s->par[i].name, name + n + 1) == 0)
            return name + n + 1;
    return NULL;
}

/* One history of a sum, with those of the parameters that are its own: they are marked as told */
static gal_status add_part(call *c, const gal_sfh_part *part, const gal_param *par, size_t npar, bool *told)
{
    gal_sfh s;
    gal_status st = gal_sfh_init(&s, part->choices);
    if (st != GAL_OK)
        return st;
    key(c, part->name);
    luaL_addstring(&c->b, "sfh.");
    luaL_addstring(&c->b, s.class->name);
    luaL_addchar(&c->b, '{');
    c->any = false;
    choices(c, &s);
    for (size_t i = 0; i < npar; i++) {
        const char *own = of_part(par[i].name, part->name, &s);
        if (!own)
            continue;
        gal_param p = par[i];
        p.name = own;
        parameter(c, &p);
        told[i] = true;
    }
    luaL_addstring(&c->b, " }");
    c->any = true;
    gal_sfh_clear(&s);
    return GAL_OK;
}

void gal_lua_component_text(lua_State *L, const char *head, const gal_component *component, const gal_sfh *s,
                            const gal_param *par, size_t npar)
{
    call c = {.L = L};
    bool told[GAL_SFH_MAXPAR] = {false};
    gal_status st = GAL_OK;
    luaL_buffinit(L, &c.b);
    luaL_addstring(&c.b, head);
    luaL_addchar(&c.b, '{');
    if (component) {
        const gal_component_class *k = gal_component_class_of(component);
        if (strcmp(k->kind, "custom") == 0)
            word(&c, "function");
        options(&c, k->option, gal_component_options(component), k->noption);
    } else {
        choices(&c, s);
        for (size_t i = 0; i < s->o.npart && st == GAL_OK && npar <= GAL_SFH_MAXPAR; i++)
            st = add_part(&c, &s->o.part[i], par, npar, told);
    }
    for (size_t i = 0; i < npar; i++)
        if (i >= GAL_SFH_MAXPAR || !told[i])
            parameter(&c, &par[i]);
    luaL_addstring(&c.b, " }");
    luaL_pushresult(&c.b);
    if (st != GAL_OK)
        gal_lua_fail(L);
}
