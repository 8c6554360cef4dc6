/* util.c - errors, documentation registry, namespaces and handles of the binding kit (util.h).
 *
 * One registry table (package.loaded["galua.registry"]) is read by help(), completion and the tests:
 *   docs    name -> text            names   function -> name (weak keys)
 *   classes name -> {name, doc, methods = {name -> function}, fields = {name -> doc}}
 * Not thread safe: a Lua state belongs to one thread at a time. */
#include "lua/util.h"

#include <stdio.h>
#include <string.h>

typedef struct handle {
    const gal_lua_class *cls;
    void *obj;
} handle;

static char registry_key, error_key; /* their addresses are the keys in the Lua registry */

/* Push registry.<part>, made on first use */
static void push_part(lua_State *L, const char *part)
{
    lua_pushlightuserdata(L, &registry_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushlightuserdata(L, &registry_key);
        lua_pushvalue(L, -2);
        lua_rawset(L, LUA_REGISTRYINDEX);
        lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
        lua_pushvalue(L, -2);
        lua_setfield(L, -2, "galua.registry");
        lua_pop(L, 1);
    }
    lua_getfield(L, -1, part);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        if (strcmp(part, "names") == 0) {
            lua_newtable(L);
            lua_pushliteral(L, "k");
            lua_setfield(L, -2, "__mode");
            lua_setmetatable(L, -2);
        }
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, part);
    }
    lua_remove(L, -2);
}

/* String keys of the table at idx, for did-you-mean; they live as long as the table */
static size_t string_keys(lua_State *L, int idx, const char **names, size_t n, size_t max)
{
    if (idx < 0 && idx > LUA_REGISTRYINDEX)
        idx = lua_gettop(L) + idx + 1;
    if (!lua_istable(L, idx))
        return n;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING && n < max)
            names[n++] = lua_tostring(L, -2);
    return n;
}

/* ------------------------------------------------------------------ errors */
static int error_tostring(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_istable(L, 1))
        lua_getfield(L, 1, "msg");
    return 1;
}

static int error_concat(lua_State *L)
{
    for (int i = 1; i <= 2; i++) {
        if (lua_istable(L, i))
            lua_getfield(L, i, "msg");
        else
            lua_pushvalue(L, i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "cannot join an error with a %s value", luaL_typename(L, i));
    }
    lua_concat(L, 2);
    return 1;
}

static void push_error_metatable(lua_State *L)
{
    lua_pushlightuserdata(L, &error_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, error_concat);
    lua_setfield(L, -2, "__concat");
    lua_pushliteral(L, "galua.error");
    lua_setfield(L, -2, "__name");
    lua_pushlightuserdata(L, &error_key);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

/* Push "script.lua:3" of the innermost line that is not Galua's own, or nil */
static void push_user_line(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && strncmp(ar.source, "@galua/", 7) != 0) {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushnil(L);
}

int gal_lua_fail(lua_State *L)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, gal_status_name(gal_error_code()));
    lua_setfield(L, -2, "code");
    lua_pushstring(L, gal_error_message());
    lua_setfield(L, -2, "msg");
    lua_pushstring(L, gal_error_where());
    lua_setfield(L, -2, "where");
    push_user_line(L);
    lua_setfield(L, -2, "at");
    push_error_metatable(L);
    lua_setmetatable(L, -2);
    return lua_error(L);
}

const char *gal_lua_errtext(lua_State *L)
{
    const char *text = NULL;
    if (lua_istable(L, -1)) {
        lua_pushliteral(L, "msg");
        lua_rawget(L, -2);
        text = lua_tostring(L, -1); /* alive through the table */
        lua_pop(L, 1);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        text = lua_tostring(L, -1);
    }
    return text ? text : "error value is neither text nor an error object";
}

static gal_status code_of_error(lua_State *L)
{
    static const gal_status codes[] = {GAL_EINVAL,    GAL_ENOMEM, GAL_EIO,    GAL_EINTR, GAL_EFORMAT, GAL_EDOMAIN,
                                       GAL_ENOTFOUND, GAL_EUSER,  GAL_EUNSUP, GAL_EMATH, GAL_EBUG};
    gal_status code = GAL_EUSER;
    if (!lua_istable(L, -1))
        return code;
    lua_pushliteral(L, "code");
    lua_rawget(L, -2);
    const char *name = lua_tostring(L, -1);
    for (size_t i = 0; name && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(name, gal_status_name(codes[i])) == 0)
            code = codes[i];
    lua_pop(L, 1);
    return code;
}

gal_status gal_lua_call(lua_State *L, int nargs, int nresults, const char *what)
{
    int st = lua_pcall(L, nargs, nresults, 0);
    if (st == 0)
        return GAL_OK;
    gal_status code = st == LUA_ERRMEM ? GAL_ENOMEM : code_of_error(L);
    if (what && *what)
        gal_fail(code, "%s: %s", what, gal_lua_errtext(L));
    else
        gal_fail(code, "%s", gal_lua_errtext(L));
    lua_pop(L, 1);
    return code;
}

/* Documented name of the running C function, "sfh.insitu" or "ssp:spectrum", else what the caller called it */
static const char *function_name(lua_State *L, lua_Debug *ar)
{
    if (!lua_getstack(L, 0, ar))
        return "?";
    lua_getinfo(L, "nf", ar);
    push_part(L, "names");
    lua_insert(L, -2);
    lua_rawget(L, -2);
    const char *name = lua_tostring(L, -1); /* a key of docs: stays alive */
    lua_pop(L, 2);
    return name ? name : ar->name ? ar->name : "?";
}

static const char *type_name(lua_State *L, int idx)
{
    const gal_lua_class *cls = gal_lua_classof(L, idx, NULL);
    if (cls)
        return cls->name;
    if (gal_lua_isvec(L, idx))
        return "vec";
    return lua_type(L, idx) == LUA_TNONE ? "nothing" : luaL_typename(L, idx);
}

int gal_lua_argerror(lua_State *L, int idx, const char *expected)
{
    lua_Debug ar;
    const char *fn = function_name(L, &ar);
    int shown = strchr(fn, ':') ? idx - 1 : idx;
    if (shown == 0)
        return gal_lua_error(L, GAL_EINVAL, "%s: call it with a colon on %s, not on %s", fn, expected,
                             type_name(L, idx));
    return gal_lua_error(L, GAL_EINVAL, "%s: argument %d must be %s, got %s", fn, shown, expected, type_name(L, idx));
}

double gal_lua_checknum(lua_State *L, int idx)
{
    if (lua_type(L, idx) != LUA_TNUMBER)
        gal_lua_argerror(L, idx, "a number");
    return lua_tonumber(L, idx);
}

int gal_lua_checkint(lua_State *L, int idx, int lo, int hi)
{
    double x = gal_lua_checknum(L, idx);
    if (!(x >= lo && x <= hi) || x != (int)x) {
        char text[80];
        lua_Debug ar;
        const char *fn = function_name(L, &ar);
        snprintf(text, sizeof text, "a whole number in %d .. %d", lo, hi);
        gal_lua_error(L, GAL_EINVAL, "%s: argument %d must be %s, got %.10g", fn, strchr(fn, ':') ? idx - 1 : idx, text,
                      x);
    }
    return (int)x;
}

const char *gal_lua_checkstr(lua_State *L, int idx)
{
    if (lua_type(L, idx) != LUA_TSTRING)
        gal_lua_argerror(L, idx, "a string");
    return lua_tostring(L, idx);
}

/* ------------------------------------------------------------------ documentation and namespaces */
void gal_lua_doc(lua_State *L, const char *name, const char *text)
{
    push_part(L, "docs");
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* The function at the top of the stack is called `name` and says `text` */
static void document(lua_State *L, const char *name, const char *text)
{
    gal_lua_doc(L, name, text);
    push_part(L, "names");
    lua_pushvalue(L, -2);
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Load galua.<name> when the Lua library has it; true when it was there. Raises what the module raises. */
static bool load_extension(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_getfield(L, -1, "has_module");
    lua_pushfstring(L, "galua.%s", name);
    lua_call(L, 1, 1);
    bool there = lua_toboolean(L, -1);
    lua_pop(L, 3);
    if (there) {
        lua_getglobal(L, "require");
        lua_pushfstring(L, "galua.%s", name);
        lua_call(L, 1, 1);
    }
    return there;
}

/* Copy the fields of the table at the top (popped, may be anything) that the table at `dst` lacks */
static void merge(lua_State *L, int dst)
{
    if (lua_istable(L, -1) && !lua_rawequal(L, -1, dst))
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            lua_rawget(L, dst);
            bool missing = lua_isnil(L, -1);
            lua_pop(L, 1);
            if (missing) {
                lua_pushvalue(L, -2);
                lua_pushvalue(L, -2);
                lua_rawset(L, dst);
            }
        }
    lua_pop(L, 1);
}

/* __index of a namespace: upvalue 1 its name, upvalue 2 whether its Lua part has been loaded */
static int module_index(lua_State *L)
{
    const char *module = lua_tostring(L, lua_upvalueindex(1));
    if (!lua_toboolean(L, lua_upvalueindex(2))) {
        lua_pushboolean(L, 1);
        lua_replace(L, lua_upvalueindex(2));
        if (load_extension(L, module)) {
            merge(L, 1);
            lua_pushvalue(L, 2);
            lua_rawget(L, 1);
            if (!lua_isnil(L, -1))
                return 1;
        }
    }
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    const char *names[512];
    char hint[128];
    size_t n = string_keys(L, 1, names, 0, 512);
    gal_did_you_mean(hint, sizeof hint, lua_tostring(L, 2), names, n);
    return gal_lua_error(L, GAL_ENOTFOUND, "%s has no '%s'%s", module, lua_tostring(L, 2), hint);
}

/* __call of a namespace drops the table itself and calls upvalue 1 */
static int module_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void push_galua(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_getfield(L, -1, "galua");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void gal_lua_module(lua_State *L, const char *module, const gal_lua_row *rows, const char *doc)
{
    int top = lua_gettop(L);
    push_galua(L);
    if (module) {
        lua_pushstring(L, module);
        lua_rawget(L, -2);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_newtable(L);
            lua_pushstring(L, module);
            lua_pushboolean(L, 0);
            lua_pushcclosure(L, module_index, 2);
            lua_setfield(L, -2, "__index");
            lua_setmetatable(L, -2);
            lua_pushstring(L, module);
            lua_pushvalue(L, -2);
            lua_rawset(L, -4);
        }
        push_part(L, "names");
        lua_pushvalue(L, -2);
        lua_pushstring(L, module);
        lua_rawset(L, -3);
        lua_pop(L, 1);
        if (doc)
            gal_lua_doc(L, module, doc);
    }
    for (; rows && rows->name; rows++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s%s", module ? module : "", module && *rows->name ? "." : "", rows->name);
        lua_pushcfunction(L, rows->fn);
        document(L, name, rows->doc);
        if (*rows->name) {
            lua_pushstring(L, rows->name);
            lua_insert(L, -2);
            lua_rawset(L, -3);
        } else {
            lua_getmetatable(L, -2);
            lua_insert(L, -2);
            lua_pushcclosure(L, module_call, 1);
            lua_setfield(L, -2, "__call");
            lua_pop(L, 1);
        }
    }
    lua_settop(L, top);
}

void gal_lua_module_add(lua_State *L, const char *module, const char *name, const char *doc)
{
    char dotted[128];
    snprintf(dotted, sizeof dotted, "%s.%s", module, name);
    document(L, dotted, doc);
    push_galua(L);
    lua_pushstring(L, module);
    lua_rawget(L, -2);
    lua_pushstring(L, name);
    lua_pushvalue(L, -4);
    lua_rawset(L, -3);
    lua_pop(L, 3);
}

/* ------------------------------------------------------------------ handles */
const gal_lua_class *gal_lua_classof(lua_State *L, int idx, void **obj)
{
    const handle *h = lua_type(L, idx) == LUA_TUSERDATA ? lua_touserdata(L, idx) : NULL;
    if (!h || lua_objlen(L, idx) != sizeof(handle) || !lua_getmetatable(L, idx))
        return NULL;
    lua_pushlightuserdata(L, (void *)h->cls);
    lua_rawget(L, LUA_REGISTRYINDEX);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
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

void gal_lua_push(lua_State *L, const gal_lua_class *cls, void *obj)
{
    handle *h = lua_newuserdata(L, sizeof *h);
    h->cls = cls;
    h->obj = obj;
    lua_pushlightuserdata(L, (void *)cls);
    lua_rawget(L, LUA_REGISTRYINDEX);
    lua_setmetatable(L, -2);
    gal_lua_gc(L);
}

void gal_lua_keep(lua_State *L, int handle_idx, int value_idx, const char *key)
{
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
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "\1kept");
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
    void *obj = h->obj;
    h->obj = NULL;
    if (obj && h->cls->free)
        h->cls->free(obj);
    return 0;
}

static int handle_close(lua_State *L)
{
    const gal_lua_class *cls = gal_lua_classof(L, 1, NULL);
    return cls ? handle_gc(L) : gal_lua_argerror(L, 1, "a handle");
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
    size_t n = string_keys(L, methods, names, 0, 256);
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
        if (load_extension(L, name)) {
            lua_pushvalue(L, lua_upvalueindex(2));
            lua_insert(L, -2);
            merge(L, lua_gettop(L) - 1);
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
        document(L, name, m->doc);
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
    lua_pushstring(L, cls->name);
    lua_setfield(L, -2, "name");
    lua_pushvalue(L, top + 2);
    lua_setfield(L, -2, "methods");
    if (cls->doc) {
        lua_pushstring(L, cls->doc);
        lua_setfield(L, -2, "doc");
        gal_lua_doc(L, cls->name, cls->doc);
    }
    lua_newtable(L);
    for (const gal_lua_field *f = cls->fields; f && f->name; f++) {
        lua_pushstring(L, f->doc ? f->doc : "");
        lua_setfield(L, -2, f->name);
    }
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
    push_part(L, "classes");
    lua_pushvalue(L, top + 3);
    lua_setfield(L, -2, cls->name);
    lua_settop(L, top);
}
