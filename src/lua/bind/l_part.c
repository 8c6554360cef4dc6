/* Lua: the parameters of a galaxy, by dotted name and through its components g.sfh, g.ism, .... */
#include "lua/bind/l_classes.h"

#include <stdio.h>
#include <string.h>

int gal_lua_galaxy_get(lua_State *L, const gal_lua_galaxy *m, const char *name)
{
    for (size_t i = 0; i < gal_galaxy_npar(m->g); i++)
        if (strcmp(gal_galaxy_par(m->g, i)->name, name) == 0)
            return lua_pushnumber(L, m->theta[i]), 1;
    int k = gal_lua_galaxy_onset(name);
    return k < 0 ? 0 : (lua_pushnumber(L, gal_galaxy_onset(m->g, m->theta, (gal_onset)k)), 1);
}

/* theta[name] = v; 0 when there is no such parameter. A galaxy with clamp takes the nearest value of the range. */
int gal_lua_galaxy_set(lua_State *L, gal_lua_galaxy *m, const char *name, double v)
{
    for (size_t i = 0; i < gal_galaxy_npar(m->g); i++) {
        const gal_param *p = gal_galaxy_par(m->g, i);
        if (strcmp(p->name, name) != 0)
            continue;
        if (gal_galaxy_options(m->g)->clamp)
            v = v < p->lo ? p->lo : v > p->hi ? p->hi : v;
        if (!(v >= p->lo && v <= p->hi)) {
            gal_digits d;
            gal_digits_of(&d, v, p->lo, p->hi);
            return gal_lua_error(L, GAL_EDOMAIN, "%s = %s is not in %s .. %s%s%s", name, d.v, d.lo, d.hi,
                                 *p->unit ? " " : "", p->unit);
        }
        m->theta[i] = v;
        return 1;
    }
    int k = gal_lua_galaxy_onset(name);
    if (k < 0)
        return 0;
    if (gal_galaxy_set_onset(m->g, (gal_onset)k, v, m->theta) != GAL_OK)
        return gal_lua_fail(L);
    return 1;
}

/* the same with the value at stack index idx, of any type */
int gal_lua_galaxy_set_value(lua_State *L, gal_lua_galaxy *m, const char *name, int idx)
{
    size_t i = 0;
    while (i < gal_galaxy_npar(m->g) && strcmp(gal_galaxy_par(m->g, i)->name, name) != 0)
        i++;
    if ((i < gal_galaxy_npar(m->g) || gal_lua_galaxy_onset(name) >= 0) && lua_type(L, idx) != LUA_TNUMBER)
        return gal_lua_error(L, GAL_EINVAL, "%s must be a number, got %s", name, luaL_typename(L, idx));
    return gal_lua_galaxy_set(L, m, name, lua_tonumber(L, idx));
}

/* g.sfh, g.ism, g.agn: a view of the galaxy's parameters with that prefix */
typedef struct {
    gal_lua_galaxy *m;
    char group[32];
} part;

static void part_free(void *obj)
{
    gal_lua_galaxy_unref(((part *)obj)->m);
    gal_free(obj);
}

static const char *dotted(const part *p, const char *key, char *buf, size_t n)
{
    snprintf(buf, n, "%s.%s", p->group, key);
    return buf;
}

static const char *part_kind(const part *p)
{
    if (strcmp(p->group, "cosmo") == 0)
        return gal_cosmo_name(gal_galaxy_cosmo(p->m->g));
    const gal_component *c = gal_galaxy_group(p->m->g, p->group);
    const gal_sfh *s = gal_galaxy_sfh(p->m->g);
    for (size_t i = 0; i < s->o.npart; i++) /* "sfh.old" */
        if (!c && strcmp(p->group + strcspn(p->group, "."), "") != 0 &&
            strcmp(p->group + strcspn(p->group, ".") + 1, s->o.part[i].name) == 0)
            return s->o.part[i].choices->class->name;
    return c ? gal_component_class_of(c)->kind : s->class->name;
}

/* Are there parameters below that name: g.sfh.old? */
static bool is_group(const gal_lua_galaxy *m, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < gal_galaxy_npar(m->g); i++)
        if (strncmp(gal_galaxy_par(m->g, i)->name, name, n) == 0 && gal_galaxy_par(m->g, i)->name[n] == '.')
            return true;
    return false;
}

static int part_get(lua_State *L, void *obj, const char *key)
{
    part *p = obj;
    char name[80];
    if (strcmp(key, "kind") == 0)
        return lua_pushstring(L, part_kind(p)), 1;
    if (gal_lua_galaxy_get(L, p->m, dotted(p, key, name, sizeof name)))
        return 1;
    return is_group(p->m, name) && strlen(name) < sizeof p->group ? gal_lua_galaxy_part(L, p->m, name) : 0;
}

static int part_set(lua_State *L, void *obj, const char *key)
{
    part *p = obj;
    char name[80];
    return gal_lua_galaxy_set_value(L, p->m, dotted(p, key, name, sizeof name), 3);
}

void gal_lua_galaxy_names(lua_State *L, const gal_lua_galaxy *m, const char *group)
{
    int n = 0;
    size_t len = group ? strlen(group) : 0, told = 0;
    const char *last = "";
    lua_newtable(L);
    for (size_t i = 0; i < gal_galaxy_npar(m->g); i++) {
        const char *name = gal_galaxy_par(m->g, i)->name;
        if (group ? strncmp(name, group, len) != 0 || name[len] != '.' : strchr(name, '.') != NULL)
            continue;
        const char *own = name + (group ? len + 1 : 0);
        size_t first = strcspn(own, "."); /* of "old.tau" the part, once */
        if (first == told && strncmp(own, last, first) == 0)
            continue;
        last = own;
        told = own[first] ? first : 0;
        lua_pushlstring(L, own, first);
        lua_rawseti(L, -2, ++n);
    }
}

static void part_list(lua_State *L, void *obj)
{
    part *p = obj;
    gal_lua_galaxy_names(L, p->m, p->group);
}

/* the history of that name: "sfh", or of a part of a sum "sfh.old", which is made here */
static gal_status part_history(const part *p, gal_sfh *made, const gal_sfh **out)
{
    const gal_sfh *s = *out = gal_galaxy_sfh(p->m->g);
    const char *name = p->group + strcspn(p->group, ".");
    for (size_t i = 0; *name && i < s->o.npart; i++)
        if (strcmp(name + 1, s->o.part[i].name) == 0) {
            *out = made;
            return gal_sfh_init(made, s->o.part[i].choices);
        }
    return GAL_OK;
}

static void part_tostring(lua_State *L, void *obj)
{
    const part *p = obj;
    const gal_galaxy *g = p->m->g;
    gal_sfh made;
    const gal_sfh *s;
    size_t n = 0, len = strlen(p->group);
    gal_param *par = lua_newuserdata(L, (gal_galaxy_npar(g) + 1) * sizeof *par);
    char head[80];
    for (size_t i = 0; i < gal_galaxy_npar(g); i++)
        if (strncmp(gal_galaxy_par(g, i)->name, p->group, len) == 0 && gal_galaxy_par(g, i)->name[len] == '.') {
            par[n] = *gal_galaxy_par(g, i);
            par[n].name += len + 1;
            par[n++].value = p->m->theta[i];
        }
    snprintf(head, sizeof head, "%s.%s", p->group, part_kind(p));
    if (part_history(p, &made, &s) != GAL_OK)
        gal_lua_fail(L);
    gal_lua_component_text(L, head, gal_galaxy_group(g, p->group), s, par, n);
    if (s == &made)
        gal_sfh_clear(&made);
    lua_remove(L, -2);
}

static void part_title(void *obj, char *buf, size_t n)
{
    const part *p = obj;
    snprintf(buf, n, "%s.%s", p->group, part_kind(p));
}

static const gal_lua_class part_class = {
    .name = "galaxy component",
    .doc = "A component inside a galaxy: its parameters are fields, changing one changes the galaxy.",
    .free = part_free,
    .get = part_get,
    .set = part_set,
    .list = part_list,
    .title = part_title,
    .tostring = part_tostring,
};

int gal_lua_galaxy_part(lua_State *L, gal_lua_galaxy *m, const char *group)
{
    part *p = GAL_NEW(part);
    if (!p)
        return gal_lua_fail(L);
    p->m = m;
    m->refs++;
    snprintf(p->group, sizeof p->group, "%s", group);
    gal_lua_push(L, &part_class, p);
    return 1;
}

void gal_luaopen_part(lua_State *L);
void gal_luaopen_part(lua_State *L)
{
    gal_lua_class_register(L, &part_class);
}
