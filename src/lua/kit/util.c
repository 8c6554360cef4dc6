/* util.c - handles of the binding kit (util.h): C objects with methods, fields and documentation.
 * Not thread safe: a Lua state belongs to one thread at a time. */
#include "galua/param.h"
#include "lua/kit/registry.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct handle {
    const gal_lua_class *cls;
    const void *meta; /* its metatable: one that is given another is a handle no more */
    void *obj;        /* NULL: closed */
    void *pending;    /* closed while another handle keeps it: freed when nobody does */
    bool kept;
} handle;

const gal_lua_class *gal_lua_classof(lua_State *L, int idx, void **obj)
{
    const handle *h = lua_type(L, idx) == LUA_TUSERDATA ? lua_touserdata(L, idx) : NULL;
    if (!h || lua_objlen(L, idx) != sizeof(handle) || !lua_getmetatable(L, idx))
        return NULL;
    bool same = lua_topointer(L, -1) == h->meta; /* nobody else writes the address of their metatable where ours is */
    lua_pop(L, 1);
    if (same && obj)
        *obj = h->obj;
    return same ? h->cls : NULL;
}

void *gal_lua_test(lua_State *L, int idx, const gal_lua_class *cls)
{
    void *obj = NULL;
    return gal_lua_classof(L, idx, &obj) == cls ? obj : NULL;
}

void *gal_lua_check(lua_State *L, int idx, const gal_lua_class *cls)
{
    void *obj = NULL;
    if (gal_lua_classof(L, idx, &obj) != cls) {
        char expected[80];
        snprintf(expected, sizeof expected, "%s %s", strchr("aeio", cls->name[0]) ? "an" : "a", cls->name);
        gal_lua_argerror(L, idx, expected);
    }
    if (!obj)
        gal_lua_error(L, GAL_EINVAL, "this %s has been closed", cls->name);
    return obj;
}

void gal_lua_check_list(lua_State *L, int idx, const gal_lua_class *cls, void **out, size_t n)
{
    lua_pushlightuserdata(L, (void *)cls);
    lua_rawget(L, LUA_REGISTRYINDEX);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, idx, (int)i + 1);
        const handle *h = lua_type(L, -1) == LUA_TUSERDATA ? lua_touserdata(L, -1) : NULL;
        bool same = h && lua_objlen(L, -1) == sizeof(handle) && lua_getmetatable(L, -1);
        if (same) {
            same = lua_rawequal(L, -1, -3);
            lua_pop(L, 1);
        }
        const gal_lua_class *other = same ? cls : gal_lua_classof(L, -1, NULL);
        if (!same)
            gal_lua_error(L, GAL_EINVAL, "element %d of the list must be %s %s, got %s", (int)i + 1,
                          strchr("aeio", cls->name[0]) ? "an" : "a", cls->name,
                          other ? other->name : luaL_typename(L, -1));
        out[i] = h->obj ? h->obj : gal_lua_check(L, -1, cls); /* raises: it has been closed */
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void gal_lua_push(lua_State *L, const gal_lua_class *cls, void *obj)
{
    handle *h = lua_newuserdata(L, sizeof *h);
    *h = (handle){.cls = cls, .obj = obj};
    lua_pushlightuserdata(L, (void *)cls);
    lua_rawget(L, LUA_REGISTRYINDEX);
    h->meta = lua_topointer(L, -1);
    lua_setmetatable(L, -2);
    gal_lua_gc(L);
}

void gal_lua_replace(lua_State *L, int idx, const gal_lua_class *cls, void *obj)
{
    void *old = gal_lua_check(L, idx, cls);
    ((handle *)lua_touserdata(L, idx))->obj = obj;
    cls->free(old);
}

/* The object of a handle at idx, or of those in a table there, is borrowed from now on: close() must not free it */
static void mark_kept(lua_State *L, int idx)
{
    if (gal_lua_classof(L, idx, NULL)) {
        ((handle *)lua_touserdata(L, idx))->kept = true;
        return;
    }
    if (lua_type(L, idx) != LUA_TTABLE)
        return;
    lua_pushnil(L);
    while (lua_next(L, idx)) {
        if (gal_lua_classof(L, -1, NULL))
            ((handle *)lua_touserdata(L, -1))->kept = true;
        lua_pop(L, 1);
    }
}

void gal_lua_keep(lua_State *L, int handle_idx, int value_idx, const char *key)
{
    mark_kept(L, value_idx < 0 ? lua_gettop(L) + value_idx + 1 : value_idx);
    lua_pushvalue(L, value_idx);
    lua_pushvalue(L, handle_idx < 0 ? handle_idx - 1 : handle_idx);
    lua_getfenv(L, -1);
    lua_pushliteral(L, "\1kept"); /* a fresh userdata has the caller's environment (the globals): mark our own table */
    lua_rawget(L, -2);
    bool ours = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!ours) {
        lua_pop(L, 1);
        lua_newtable(L);
        gal_lua_set_flag(L, "\1kept", 1);
        lua_pushvalue(L, -1);
        lua_setfenv(L, -3);
    }
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, key);
    lua_pop(L, 3);
}

void gal_lua_kept(lua_State *L, int handle_idx, const char *key)
{
    lua_getfenv(L, handle_idx);
    lua_pushliteral(L, "\1kept");
    lua_rawget(L, -2);
    bool ours = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (ours)
        lua_getfield(L, -1, key);
    else
        lua_pushnil(L);
    lua_remove(L, -2);
}

static int handle_gc(lua_State *L)
{
    handle *h = lua_touserdata(L, 1);
    void *obj = h->obj ? h->obj : h->pending;
    h->obj = h->pending = NULL;
    if (obj && h->cls->free)
        h->cls->free(obj);
    return 0;
}

static atomic_uint closed;

unsigned gal_lua_closed(void)
{
    return atomic_load_explicit(&closed, memory_order_relaxed);
}

static int handle_close(lua_State *L)
{
    if (!gal_lua_classof(L, 1, NULL))
        return gal_lua_argerror(L, 1, "a handle");
    atomic_fetch_add_explicit(&closed, 1, memory_order_relaxed);
    handle *h = lua_touserdata(L, 1);
    if (!h->kept)
        return handle_gc(L);
    h->pending = h->obj ? h->obj : h->pending;
    h->obj = NULL;
    return 0;
}

static int handle_tostring(lua_State *L)
{
    void *obj = NULL;
    const gal_lua_class *cls = gal_lua_classof(L, 1, &obj);
    if (!cls)
        lua_pushliteral(L, "foreign userdata");
    else if (!obj)
        lua_pushfstring(L, "%s (closed)", cls->name);
    else if (cls->tostring)
        cls->tostring(L, obj);
    else
        lua_pushfstring(L, "%s: %p", cls->name, obj);
    return 1;
}

static int handle_show(lua_State *L)
{
    void *obj = NULL;
    const gal_lua_class *cls = gal_lua_classof(L, 1, &obj);
    if (!cls || !obj || !cls->show)
        return handle_tostring(L);
    cls->show(L, obj);
    return 1;
}

/* Raise: there is no such field. Stack: 1 handle, 2 key; `methods` and `info` are absolute indices. */
static int unknown_field(lua_State *L, const gal_lua_class *cls, void *obj, int methods, bool writing)
{
    const char *names[512], *key = lua_tostring(L, 2);
    char hint[128], title[64];
    snprintf(title, sizeof title, "%s", cls->name);
    if (cls->title)
        cls->title(obj, title, sizeof title);
    size_t n = gal_lua_registry_keys(L, methods, names, 0, 256);
    for (const gal_lua_field *f = cls->fields; f && f->name && n < 400; f++)
        names[n++] = f->name;
    if (cls->list) {
        cls->list(L, obj);
        for (int i = 1; n < 512; i++) {
            lua_rawgeti(L, -1, i);
            const char *name = lua_tostring(L, -1);
            lua_pop(L, 1); /* held by the list */
            if (!name)
                break;
            names[n++] = name;
        }
    }
    for (size_t i = 0; writing && i < n; i++)
        if (strcmp(names[i], key) == 0)
            return gal_lua_error(L, GAL_EINVAL, "%s.%s is read-only", title, key);
    gal_did_you_mean(hint, sizeof hint, key, names, n);
    return gal_lua_error(L, GAL_ENOTFOUND, "%s has no field or method '%s'%s", title, key, hint);
}

/* upvalues: 1 class, 2 methods, 3 info */
static int handle_index(lua_State *L)
{
    const gal_lua_class *cls = lua_touserdata(L, lua_upvalueindex(1));
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(2));
        if (!lua_isnil(L, -1))
            return 1;
        lua_pop(L, 1);
    }
    void *obj = gal_lua_check(L, 1, cls);
    if (lua_type(L, 2) == LUA_TNUMBER && cls->geti) {
        double i = lua_tonumber(L, 2);
        if (i == (int)i && cls->geti(L, obj, (int)i))
            return 1;
        if (cls->len) {
            cls->len(L, obj);
            return gal_lua_error(L, GAL_EINVAL, "%s: index %.10g outside 1 .. %d", cls->name, i,
                                 (int)lua_tointeger(L, -1));
        }
        return gal_lua_error(L, GAL_EINVAL, "%s: no element %.10g", cls->name, i);
    }
    if (lua_type(L, 2) != LUA_TSTRING)
        return gal_lua_error(L, GAL_EINVAL, "%s: cannot be indexed by a %s", cls->name, luaL_typename(L, 2));
    if (cls->get && cls->get(L, obj, lua_tostring(L, 2)))
        return 1;
    lua_pushliteral(L, "extended");
    lua_rawget(L, lua_upvalueindex(3));
    bool extended = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!extended) { /* methods written in Lua: lua/galua/class/<name>.lua, once */
        char name[128];
        lua_pushboolean(L, 1);
        lua_setfield(L, lua_upvalueindex(3), "extended");
        snprintf(name, sizeof name, "class.%s", cls->name);
        if (gal_lua_registry_extend(L, name)) {
            lua_pushvalue(L, lua_upvalueindex(2));
            lua_insert(L, -2);
            gal_lua_registry_merge(L, lua_gettop(L) - 1);
            lua_pop(L, 1);
            lua_pushvalue(L, 2);
            lua_rawget(L, lua_upvalueindex(2));
            if (!lua_isnil(L, -1))
                return 1;
        }
    }
    return unknown_field(L, cls, obj, lua_upvalueindex(2), false);
}

static int handle_newindex(lua_State *L)
{
    const gal_lua_class *cls = lua_touserdata(L, lua_upvalueindex(1));
    void *obj = gal_lua_check(L, 1, cls);
    if (lua_type(L, 2) != LUA_TSTRING)
        return gal_lua_error(L, GAL_EINVAL, "%s: fields are set by name, got a %s", cls->name, luaL_typename(L, 2));
    if (cls->set && cls->set(L, obj, lua_tostring(L, 2)))
        return 0;
    return unknown_field(L, cls, obj, lua_upvalueindex(2), true);
}

static int handle_len(lua_State *L)
{
    const gal_lua_class *cls = lua_touserdata(L, lua_upvalueindex(1));
    return cls->len(L, gal_lua_check(L, 1, cls));
}

/* names of the fields of one object, without touching __index: for completion */
static int handle_list(lua_State *L)
{
    void *obj = NULL;
    const gal_lua_class *cls = gal_lua_classof(L, 1, &obj);
    if (cls && obj && cls->list)
        cls->list(L, obj);
    else
        lua_newtable(L);
    return 1;
}

/* value of one field without __index (no methods, no errors): for completion */
static int handle_peek(lua_State *L)
{
    void *obj = NULL;
    const gal_lua_class *cls = gal_lua_classof(L, 1, &obj);
    if (cls && obj && cls->get && lua_type(L, 2) == LUA_TSTRING)
        return cls->get(L, obj, lua_tostring(L, 2));
    return 0;
}

static void register_methods(lua_State *L, const gal_lua_class *cls)
{
    char name[128];
    for (const gal_lua_row *m = cls->methods; m && m->name; m++) {
        snprintf(name, sizeof name, "%s:%s", cls->name, m->name);
        lua_pushcfunction(L, m->fn);
        gal_lua_registry_document(L, name, m->doc);
        lua_setfield(L, -2, m->name);
    }
    lua_getfield(L, -1, "close");
    if (lua_isnil(L, -1)) {
        lua_pushcfunction(L, handle_close);
        lua_setfield(L, -3, "close");
    }
    lua_pop(L, 1);
}

void gal_lua_class_register(lua_State *L, const gal_lua_class *cls)
{
    int top = lua_gettop(L);
    lua_newtable(L); /* top+1: metatable */
    lua_newtable(L); /* top+2: methods */
    register_methods(L, cls);
    lua_newtable(L); /* top+3: info */
    gal_lua_set_text(L, "name", cls->name);
    lua_pushvalue(L, top + 2);
    lua_setfield(L, -2, "methods");
    if (cls->doc) {
        gal_lua_set_text(L, "doc", cls->doc);
        gal_lua_doc(L, cls->name, cls->doc);
    }
    lua_newtable(L);
    for (const gal_lua_field *f = cls->fields; f && f->name; f++)
        gal_lua_set_text(L, f->name, f->doc ? f->doc : "");
    lua_setfield(L, -2, "fields");
    lua_pushcfunction(L, handle_list);
    lua_setfield(L, -2, "list");
    lua_pushcfunction(L, handle_peek);
    lua_setfield(L, -2, "peek");

    for (const luaL_Reg *m = cls->meta; m && m->name; m++) {
        lua_pushcfunction(L, m->func);
        lua_setfield(L, top + 1, m->name);
    }
    lua_pushlightuserdata(L, (void *)cls);
    lua_pushvalue(L, top + 2);
    lua_pushvalue(L, top + 3);
    lua_pushcclosure(L, handle_index, 3);
    lua_setfield(L, top + 1, "__index");
    lua_pushlightuserdata(L, (void *)cls);
    lua_pushvalue(L, top + 2);
    lua_pushcclosure(L, handle_newindex, 2);
    lua_setfield(L, top + 1, "__newindex");
    if (cls->len) {
        lua_pushlightuserdata(L, (void *)cls);
        lua_pushcclosure(L, handle_len, 1);
        lua_setfield(L, top + 1, "__len");
    }
    lua_pushcfunction(L, handle_gc);
    lua_setfield(L, top + 1, "__gc");
    lua_pushcfunction(L, handle_tostring);
    lua_setfield(L, top + 1, "__tostring");
    lua_pushcfunction(L, handle_show);
    lua_setfield(L, top + 1, "__galua_show");
    lua_pushstring(L, cls->name);
    lua_setfield(L, top + 1, "__name");
    lua_pushvalue(L, top + 3);
    lua_setfield(L, top + 1, "__galua");

    lua_pushlightuserdata(L, (void *)cls);
    lua_pushvalue(L, top + 1);
    lua_rawset(L, LUA_REGISTRYINDEX);
    gal_lua_registry_part(L, "classes");
    lua_pushvalue(L, top + 3);
    lua_setfield(L, -2, cls->name);
    lua_settop(L, top);
}

/* ------------------------------------------------------------------ fields of tables */
void gal_lua_set_num(lua_State *L, const char *key, double v)
{
    lua_pushnumber(L, v);
    lua_setfield(L, -2, key);
}

void gal_lua_set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void gal_lua_set_flag(lua_State *L, const char *key, bool v)
{
    lua_pushboolean(L, v);
    lua_setfield(L, -2, key);
}

void gal_lua_set_list(lua_State *L, const gal_lua_number *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gal_lua_set_num(L, list[i].key, list[i].v);
}

void gal_lua_push_named(lua_State *L, const char *name, const char *unit, const char *doc)
{
    lua_createtable(L, 0, 3);
    gal_lua_set_text(L, "name", name);
    gal_lua_set_text(L, "unit", unit);
    gal_lua_set_text(L, "doc", doc);
}

void gal_lua_push_param(lua_State *L, const char *prefix, const gal_param *p)
{
    gal_lua_push_named(L, lua_pushfstring(L, "%s%s", prefix, p->name), p->unit, p->doc);
    lua_remove(L, -2);
    GAL_LUA_SET(L, {"value", p->value}, {"lo", p->lo}, {"hi", p->hi}, {"plo", p->plo}, {"phi", p->phi});
    gal_lua_set_flag(L, "log", p->log);
    gal_lua_set_flag(L, "free", p->free);
}

const double *gal_lua_checkpoints(lua_State *L, int idx, const char *fn, size_t ndim, size_t *m)
{
    size_t cols;
    bool rows = gal_lua_tomat(L, idx) != NULL;
    const double *x = rows ? gal_lua_checkmat(L, idx, m, &cols) : gal_lua_checkvec(L, idx, &cols);
    if (!rows)
        *m = 1;
    if (cols != ndim)
        gal_lua_error(L, GAL_EINVAL, "%s: points have %d coordinates, expected %d", fn, (int)cols, (int)ndim);
    return x;
}
