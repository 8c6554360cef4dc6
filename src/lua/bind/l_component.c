/* Lua: model components, ism.two_phase{...}, agn.fritz{...}: one constructor per class of the registry. Parameters are fields, named,
 * with unit and range; options are chosen once. The same handle serves star formation histories (l_sfh.c). */
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void spec_free(void *obj)
{
    gal_lua_spec *s = obj;
    gal_sfh_clear(&s->sfh);
    gal_component_unref(s->component);
    gal_free(s->par);
    gal_free(s);
}

static gal_param *find(gal_lua_spec *s, const char *key)
{
    for (size_t i = 0; i < s->npar; i++)
        if (strcmp(s->par[i].name, key) == 0)
            return &s->par[i];
    return NULL;
}

/* An option of the component as a Lua value: pushes 1, or 0 when it was not given. */
int gal_lua_push_option(lua_State *L, const gal_option *o, const gal_option_value *v)
{
    switch (o->type) {
    case GAL_OPTION_NUMBER:
        lua_pushnumber(L, v->number);
        return 1;
    case GAL_OPTION_BOOL:
        lua_pushboolean(L, v->number != 0);
        return 1;
    case GAL_OPTION_CHOICE:
        lua_pushstring(L, o->choice[(size_t)v->number]);
        return 1;
    case GAL_OPTION_STRING:
        return v->text ? (lua_pushstring(L, v->text), 1) : 0;
    default:
        if (!v->nvec)
            return 0;
        lua_createtable(L, (int)v->nvec, 0);
        for (size_t i = 0; i < v->nvec; i++) {
            lua_pushnumber(L, v->vec[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
        return 1;
    }
}

void gal_lua_component_options(lua_State *L, const gal_component *c)
{
    const gal_component_class *k = gal_component_class_of(c);
    const gal_option_value *v = gal_component_options(c);
    lua_newtable(L);
    for (size_t i = 0; i < k->noption; i++)
        if (v[i].given && gal_lua_push_option(L, &k->option[i], &v[i]))
            lua_setfield(L, -2, k->option[i].name);
}

static int spec_get(lua_State *L, void *obj, const char *key)
{
    gal_lua_spec *s = obj;
    gal_param *p = find(s, key);
    if (p)
        return lua_pushnumber(L, p->value), 1;
    if (strcmp(key, "kind") == 0)
        return lua_pushstring(L, s->kind), 1;
    if (strcmp(key, "group") == 0)
        return lua_pushstring(L, s->group), 1;
    if (s->component) {
        const gal_component_class *k = gal_component_class_of(s->component);
        for (size_t i = 0; i < k->noption; i++)
            if (strcmp(k->option[i].name, key) == 0)
                return gal_lua_push_option(L, &k->option[i], &gal_component_options(s->component)[i])
                           ? 1
                           : (lua_pushnil(L), 1);
        return 0;
    }
    for (size_t i = 0; i < s->sfh.class->noption; i++)
        if (strcmp(s->sfh.class->option[i].name, key) == 0)
            return gal_lua_push_option(L, &s->sfh.class->option[i], &s->sfh.option[i]) ? 1 : (lua_pushnil(L), 1);
    return 0;
}

/* The value must be a number in the parameter's range. */
static double in_range(lua_State *L, const gal_lua_spec *s, const gal_param *p, double v)
{
    if (v >= p->lo && v <= p->hi)
        return v;
    gal_digits d;
    gal_digits_of(&d, v, p->lo, p->hi);
    gal_lua_error(L, GAL_EDOMAIN, "%s.%s: %s = %s is not in %s .. %s%s%s", s->group, s->kind, p->name, d.v, d.lo, d.hi,
                  *p->unit ? " " : "", p->unit);
    return v;
}

static int spec_set(lua_State *L, void *obj, const char *key)
{
    gal_lua_spec *s = obj;
    gal_param *p = find(s, key);
    if (!p)
        return 0;
    p->value = in_range(L, s, p, gal_lua_checknum(L, 3));
    return 1;
}

static void spec_list(lua_State *L, void *obj)
{
    gal_lua_spec *s = obj;
    GAL_LUA_TEXTS(L, i, s->npar, s->par[i].name);
}

static void spec_tostring(lua_State *L, void *obj)
{
    const gal_lua_spec *s = obj;
    char head[80];
    snprintf(head, sizeof head, "%s.%s", s->group, s->kind);
    gal_lua_component_text(L, head, s->component, &s->sfh, s->par, s->npar);
}

static void spec_title(void *obj, char *buf, size_t n)
{
    const gal_lua_spec *s = obj;
    snprintf(buf, n, "%s.%s", s->group, s->kind);
}

const gal_lua_class gal_lua_spec_class = {
    .name = "component",
    .doc = "A model component: its parameters are fields. Give it to galaxy{}.",
    .free = spec_free,
    .get = spec_get,
    .set = spec_set,
    .list = spec_list,
    .title = spec_title,
    .tostring = spec_tostring,
};

void gal_lua_spec_parameters(lua_State *L, gal_lua_opts *o, gal_lua_spec *s, const char *group, const char *kind,
                             const gal_param *par, size_t npar)
{
    snprintf(s->group, sizeof s->group, "%s", group);
    snprintf(s->kind, sizeof s->kind, "%s", kind);
    if (!(s->par = GAL_NEWN(gal_param, npar + 1)))
        gal_lua_fail(L);
    if (npar)
        memcpy(s->par, par, npar * sizeof *par);
    s->npar = npar;
    for (size_t i = 0; i < npar; i++) {
        gal_param *p = &s->par[i];
        if (gal_lua_opt_given(o, p->name))
            p->value = in_range(L, s, p, gal_lua_req_num(o, p->name));
    }
    gal_lua_opts_end(o);
}

void gal_lua_read_option(gal_lua_opts *o, const gal_option *k, gal_option_value *v)
{
    size_t n = 0;
    if (!(v->given = gal_lua_opt_given(o, k->name)))
        return;
    switch (k->type) {
    case GAL_OPTION_NUMBER:
        v->number = gal_lua_req_num(o, k->name);
        break;
    case GAL_OPTION_BOOL:
        v->number = gal_lua_opt_bool(o, k->name, k->number != 0);
        break;
    case GAL_OPTION_CHOICE:
        while (k->choice[n])
            n++;
        v->number = gal_lua_opt_choice(o, k->name, k->choice, n, (int)k->number);
        break;
    case GAL_OPTION_STRING:
        v->text = gal_lua_req_str(o, k->name);
        break;
    default:
        v->vec = gal_lua_opt_vec(o, k->name, &v->nvec);
    }
}

/* upvalue 1: the class */
static int make_component(lua_State *L)
{
    const gal_component_class *k = lua_touserdata(L, lua_upvalueindex(1));
    char fn[64];
    gal_lua_opts o;
    snprintf(fn, sizeof fn, "%s.%s", k->group, k->kind);
    gal_lua_opts_begin(L, &o, 1, fn);
    gal_option_value v[32] = {{0}};
    if (k->noption > sizeof v / sizeof *v)
        return gal_lua_error(L, GAL_EINVAL, "%s: too many options", fn);
    for (size_t i = 0; i < k->noption; i++)
        gal_lua_read_option(&o, &k->option[i], &v[i]);
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_spec_class, s);
    if (gal_component_create(&s->component, k, v) != GAL_OK)
        return gal_lua_fail(L);
    gal_lua_spec_parameters(L, &o, s, k->group, k->kind, k->par, k->npar);
    lua_pushvalue(L, -1);
    return 1;
}

static void add_number(char *text, size_t size, double v)
{
    size_t n = strlen(text);
    if (n < size)
        snprintf(text + n, size - n, "%g", v);
}

size_t gal_lua_columns_text(const gal_param *par, size_t npar, const gal_option *option, size_t noption, char *text,
                            size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < npar && n < size; i++) {
        const gal_param *p = &par[i];
        n += (size_t)snprintf(text + n, size - n, "@param %s %s%s%s(%g) %s; %g .. %g\n", p->name, *p->unit ? "[" : "",
                              p->unit, *p->unit ? "] " : "", p->value, p->doc, p->lo, p->hi);
    }
    for (size_t i = 0; i < noption && n < size; i++) {
        const gal_option *o = &option[i];
        char def[80] = "";
        if (o->type == GAL_OPTION_NUMBER)
            add_number(def, sizeof def, o->number);
        else if (o->type == GAL_OPTION_BOOL)
            snprintf(def, sizeof def, "%s", o->number != 0 ? "true" : "false");
        else if (o->type == GAL_OPTION_CHOICE)
            snprintf(def, sizeof def, "%s", o->choice[(size_t)o->number]);
        else if (o->text)
            snprintf(def, sizeof def, "%s", o->text);
        n += (size_t)snprintf(text + n, size - n, "@param %s %s%s%s%s%s%s%s\n", o->name, *o->unit ? "[" : "", o->unit,
                              *o->unit ? "] " : "", *def ? "(" : "", def, *def ? ") " : "", o->doc);
    }
    return n < size ? n : size - 1;
}

/* Help text: signature, the class's own words, parameters, options. */
static void class_text(const gal_component_class *k, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%s.%s{ ... } -> component\n%s\n", k->group, k->kind, k->doc);
    if (n < size)
        gal_lua_columns_text(k->par, k->npar, k->option, k->noption, text + n, size - n);
}

/* The constructor of a class, pushed. */
static void push_constructor(lua_State *L, const gal_component_class *k)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)k);
    lua_pushcclosure(L, make_component, 1);
}

gal_lua_spec *gal_lua_component_default(lua_State *L, const gal_component_class *k)
{
    push_constructor(L, k);
    lua_call(L, 0, 1);
    return gal_lua_check(L, -1, &gal_lua_spec_class);
}

void gal_luaopen_component(lua_State *L);
void gal_luaopen_component(lua_State *L)
{
    gal_lua_class_register(L, &gal_lua_spec_class);
    for (const gal_component_class *const *k = gal_component_classes(); *k; k++) {
        char text[4096];
        class_text(*k, text, sizeof text);
        gal_lua_module(L, (*k)->group, NULL, gal_component_about((*k)->group));
        push_constructor(L, *k);
        gal_lua_module_add(L, (*k)->group, (*k)->kind, text);
    }
}
