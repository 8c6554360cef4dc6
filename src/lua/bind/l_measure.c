/* Lua: measured numbers of an observation by their classes (galua/measure.h): what lua/galua/spectrum/observation.lua makes o:measure() of. */
#include <lauxlib.h>
#include <string.h>

#include "galua/data.h"
#include "galua/measure.h"
#include "galua/obs.h"
#include "lua/bind/l_classes.h"

enum { MOST = 16 };

/* add_measure(observation, class, { value =, err =, name =, limit =, ... }) */
static int add_measure(lua_State *L)
{
    gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    const gal_measure_class *c;
    gal_lua_opts o;
    gal_option_value v[MOST] = {{0}};
    gal_lua_checkstatus(L, gal_measure_find(&c, gal_lua_checkstr(L, 2)));
    gal_lua_opts_begin(L, &o, 3, "observation:measure");
    if (c->noption > MOST)
        return gal_lua_error(L, GAL_EINVAL, "observation:measure: too many options");
    gal_measure m = {.class = c, .option = v};
    m.name = (char *)(uintptr_t)gal_lua_opt_str(&o, "name", "");
    m.value = gal_lua_req_num(&o, "value");
    m.err = gal_lua_req_num(&o, "err");
    m.limit = gal_lua_opt_bool(&o, "limit", false);
    for (size_t i = 0; i < c->noption; i++)
        gal_lua_read_option(&o, &c->option[i], &v[i]);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_obs_add_measure(obs, &m));
    return 0;
}

/* measure_data(observation): class, unit, name, value, err, limit, and the options given */
static int measure_data(lua_State *L)
{
    const gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    lua_createtable(L, (int)obs->nmeasure, 0);
    for (size_t i = 0; i < obs->nmeasure; i++) {
        const gal_measure *m = &obs->measure[i];
        lua_createtable(L, 0, 8);
        for (size_t k = 0; k < m->class->noption; k++)
            if (m->option[k].given && gal_lua_push_option(L, &m->class->option[k], &m->option[k]))
                lua_setfield(L, -2, m->class->option[k].name);
        gal_lua_set_text(L, "class", m->class->name);
        gal_lua_set_text(L, "unit", m->class->unit);
        gal_lua_set_text(L, "name", m->name);
        gal_lua_set_num(L, "value", m->value);
        gal_lua_set_num(L, "err", m->err);
        gal_lua_set_flag(L, "limit", m->limit);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static void push_class(lua_State *L, const char *name, const char *unit, const char *doc, const gal_option *option,
                       size_t n)
{
    lua_newtable(L);
    gal_lua_set_text(L, "name", name);
    gal_lua_set_text(L, "unit", unit);
    gal_lua_set_text(L, "doc", doc);
    lua_newtable(L);
    for (size_t k = 0; k < n; k++) {
        lua_newtable(L);
        gal_lua_set_text(L, "name", option[k].name);
        gal_lua_set_text(L, "doc", option[k].doc);
        lua_rawseti(L, -2, (int)k + 1);
    }
    lua_setfield(L, -2, "options");
}

/* measure_classes() -> list: name, unit, doc, options { name, doc } */
static int measure_classes(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_measure_class *const *c = gal_measure_classes(); *c; c++)
        if ((*c)->noption) {
            push_class(L, (*c)->name, (*c)->unit, (*c)->doc, (*c)->option, (*c)->noption);
            lua_rawseti(L, -2, ++n);
        }
    return 1;
}

/* ------------------------------------------------------------------ sets of data, galua/data.h */
/* add_data(observation, class, { name =, ... }) */
static int add_data(lua_State *L)
{
    gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    const gal_data_class *c;
    gal_lua_opts o;
    gal_option_value v[MOST] = {{0}};
    gal_lua_checkstatus(L, gal_data_find(&c, gal_lua_checkstr(L, 2)));
    gal_lua_opts_begin(L, &o, 3, "observation:data");
    if (c->noption > MOST)
        return gal_lua_error(L, GAL_EINVAL, "observation:data: too many options");
    const gal_data d = {.class = c, .option = v, .name = (char *)(uintptr_t)gal_lua_opt_str(&o, "name", "")};
    for (size_t i = 0; i < c->noption; i++)
        gal_lua_read_option(&o, &c->option[i], &v[i]);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_obs_add_data(obs, &d));
    return 0;
}

/* data_sets(observation): class, name, and the options given */
static int data_sets(lua_State *L)
{
    const gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    lua_createtable(L, (int)obs->ndata, 0);
    for (size_t i = 0; i < obs->ndata; i++) {
        const gal_data *d = &obs->data[i];
        lua_createtable(L, 0, 8);
        for (size_t k = 0; k < d->class->noption; k++)
            if (d->option[k].given && gal_lua_push_option(L, &d->class->option[k], &d->option[k]))
                lua_setfield(L, -2, d->class->option[k].name);
        gal_lua_set_text(L, "class", d->class->name);
        gal_lua_set_text(L, "name", d->name);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int data_classes(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_data_class *const *c = gal_data_classes(); *c; c++)
        if ((*c)->doc) {
            push_class(L, (*c)->name, "", (*c)->doc, (*c)->option, (*c)->noption);
            lua_rawseti(L, -2, ++n);
        }
    return 1;
}

void gal_luaopen_measure(lua_State *L);
void gal_luaopen_measure(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"add_measure", add_measure,
         "add_measure(observation, class, options)\nA measured number of a class: see observation.measure."},
        {"measure_data", measure_data,
         "measure_data(observation) -> list\nThe measured numbers of an observation but indices and lines."},
        {"measure_classes", measure_classes, "measure_classes() -> list\nWhat observation.measure takes."},
        {"add_data", add_data,
         "add_data(observation, class, options)\nA set of data of a class: see observation.data."},
        {"data_sets", data_sets,
         "data_sets(observation) -> list\nThe sets of data of an observation beside bands, spectra and measured "
         "numbers."},
        {"data_classes", data_classes, "data_classes() -> list\nWhat observation.data takes."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "spectrum", rows, NULL);
}
