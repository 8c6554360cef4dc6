/* open.c - a Lua state with everything in it: standard libraries, the core table, the loader of the Lua library, the bindings.
 *
 * Lua modules "galua" and "galua.*" come from, in this order: $GALUA_LUA, the build tree the program lies in, the installed
 * share/galua/lua, the copies compiled into the program. They are loaded under the chunk name "@galua/x.lua" wherever they
 * come from, so that error positions can be told from the user's own lines. */
#define _GNU_SOURCE
#include "lua/kit/util.h"
#include "lua/kit/core.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GAL_LUA_MODULE(name) void gal_luaopen_##name(lua_State *L);
#include "lua_modules.inc"
#undef GAL_LUA_MODULE

static const gal_lua_embed *embedded;

void gal_lua_set_embedded(const gal_lua_embed *table)
{
    embedded = table;
}

static bool holds_library(const char *dir)
{
    char path[PATH_MAX];
    return (size_t)snprintf(path, sizeof path, "%s/galua/init.lua", dir) < sizeof path && gal_file_exists(path);
}

const char *gal_lua_library(void)
{
    static _Thread_local char dir[PATH_MAX];
    /* In the tree that it was built in, and nowhere else: whoever can write above an installed program must not choose its code. The program
     * may be build/galua, build/MODE/galua, build/tests/x or build/MODE/tests/x */
    static const char *const up[] = {"..", "../..", "../../.."};
    const char *env = getenv("GALUA_LUA");
    if (env && *env) {
        snprintf(dir, sizeof dir, "%s", env);
        return dir;
    }
    char from[PATH_MAX / 2], path[PATH_MAX];
    for (int h = 0; h < (embedded ? 1 : 2);
         h++) { /* the library's own place counts in another program: a stock LuaJIT */
        if ((h == 0 ? gal_exe_dir(from, sizeof from) : gal_lib_dir(from, sizeof from)) != GAL_OK)
            continue;
        for (size_t i = 0; i < sizeof up / sizeof *up; i++) {
            snprintf(dir, sizeof dir, "%s/%s/lua", from, up[i]);
            if (realpath(dir, path) && strcmp(path, GAL_SOURCE "/lua") == 0 && holds_library(dir))
                return dir;
        }
        snprintf(dir, sizeof dir, "%s/../share/galua/lua", from);
        if (holds_library(dir))
            return dir;
    }
    snprintf(dir, sizeof dir, "%s", GAL_PREFIX "/share/galua/lua");
    if (!embedded && holds_library(dir))
        return dir;
    return "";
}

/* "galua.a.b" -> DIR/galua/a/b.lua or DIR/galua/a/b/init.lua */
static bool module_file(const char *dir, const char *name, char *path, size_t size)
{
    static const char *const tail[] = {".lua", "/init.lua"};
    for (int k = 0; k < 2; k++) {
        int n = snprintf(path, size, "%s/%s%s", dir, name, tail[k]);
        if (n < 0 || (size_t)n >= size)
            return false;
        for (char *p = path + strlen(dir) + 1; p < path + n - strlen(tail[k]); p++)
            if (*p == '.')
                *p = '/';
        if (gal_file_exists(path))
            return true;
    }
    return false;
}

static const gal_lua_embed *find_embedded(const char *name)
{
    for (const gal_lua_embed *e = embedded; e && e->name; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

static bool is_ours(const char *name)
{
    return strcmp(name, "galua") == 0 || strncmp(name, "galua.", 6) == 0;
}

int gal_lua_core_has_module(lua_State *L)
{
    const char *name = gal_lua_checkstr(L, 1), *dir = gal_lua_library();
    char path[PATH_MAX];
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, name);
    bool loaded = lua_toboolean(L, -1);
    lua_pushboolean(L, loaded || (*dir ? module_file(dir, name, path, sizeof path) : find_embedded(name) != NULL));
    return 1;
}

void gal_lua_push_module(lua_State *L, const char *name)
{
    const char *dir = gal_lua_library();
    char path[PATH_MAX], chunk[PATH_MAX + 8], *text;
    const gal_lua_embed *e = *dir ? NULL : find_embedded(name);
    size_t n;
    int st = 1;
    if (e) {
        st = luaL_loadbuffer(L, (const char *)e->data, e->size, name);
    } else if (*dir && module_file(dir, name, path, sizeof path) && gal_read_file(path, &text, &n) == GAL_OK) {
        snprintf(chunk, sizeof chunk, "@%s", path + strlen(dir) + 1);
        st = luaL_loadbuffer(L, text, n, chunk);
        gal_free(text);
    } else {
        lua_pushfstring(L, "module '%s' is not there", name);
    }
    if (st != 0)
        lua_error(L);
}

/* A package loader: returns the compiled chunk, or text that says where it looked */
static int searcher(lua_State *L)
{
    const char *name = gal_lua_checkstr(L, 1), *dir = gal_lua_library();
    char path[PATH_MAX];
    if (!is_ours(name))
        return 0;
    if (!*dir) {
        const gal_lua_embed *e = find_embedded(name);
        if (!e) {
            lua_pushfstring(L, "\n\tno module '%s' compiled into the program", name);
            return 1;
        }
        gal_lua_push_module(L, name);
        return 1;
    }
    if (!module_file(dir, name, path, sizeof path)) {
        lua_pushfstring(L, "\n\tno module '%s' in %s", name, dir);
        return 1;
    }
    gal_lua_push_module(L, name);
    return 1;
}

static void add_folder(lua_State *L, const char *dir, const char *prefix)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        char path[PATH_MAX], name[256];
        struct stat sb;
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' || (size_t)snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= sizeof path ||
            stat(path, &sb) != 0)
            continue;
        if (S_ISDIR(sb.st_mode)) {
            if ((size_t)snprintf(name, sizeof name, "%s.%s", prefix, e->d_name) < sizeof name)
                add_folder(L, path, name);
        } else if (len > 4 && strcmp(e->d_name + len - 4, ".lua") == 0) {
            if (strcmp(e->d_name, "init.lua") == 0)
                snprintf(name, sizeof name, "%s", prefix);
            else
                snprintf(name, sizeof name, "%s.%.*s", prefix, (int)len - 4, e->d_name);
            lua_pushstring(L, name);
            lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
        }
    }
    closedir(d);
}

/* modules() -> sorted array of the names of all Lua modules of the library */
int gal_lua_core_modules(lua_State *L)
{
    const char *dir = gal_lua_library();
    char path[PATH_MAX];
    lua_newtable(L);
    if (*dir) {
        snprintf(path, sizeof path, "%.*s/galua", PATH_MAX - 16, dir);
        add_folder(L, path, "galua");
    } else {
        int i = 0;
        for (const gal_lua_embed *e = embedded; e && e->name; e++) {
            lua_pushstring(L, e->name);
            lua_rawseti(L, -2, ++i);
        }
    }
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, -3);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
    return 1;
}

static void add_searcher(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "loaders");
    int n = (int)lua_objlen(L, -1);
    for (int i = n; i >= 2; i--) { /* after package.preload, before package.path */
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, searcher);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}

/* What is galua's, in a state that has the standard libraries. Leaves the table `galua` on the stack. */
static int open_ours(lua_State *L)
{
    gal_lua_core_open(L);
    add_searcher(L);
#define GAL_LUA_MODULE(name) gal_luaopen_##name(L);
#include "lua_modules.inc"
#undef GAL_LUA_MODULE
    /* default limits (512 kB of machine code) are too tight for long sessions */
    if (luaL_dostring(L,
                      "if jit then require('jit.opt').start('maxmcode=16384', 'sizemcode=256', 'maxtrace=4000') end"))
        return lua_error(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua");
    lua_call(L, 1, 1);
    return 1;
}

static int open_all(lua_State *L)
{
    luaL_openlibs(L);
    open_ours(L);
    return 0;
}

/* require "galua" of another program, such as a stock LuaJIT, that finds the library as galua.so */
GAL_API int luaopen_galua(lua_State *L);
int luaopen_galua(lua_State *L)
{
    Dl_info info;
    if (dladdr((const void *)luaopen_galua, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD); /* for ffi.C; stays open as the module does */
    if (!*gal_lua_library())
        return gal_lua_error(L, GAL_ENOTFOUND,
                             "galua: its Lua library is not beside the shared one: install it, or set GALUA_LUA");
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED"); /* ours is to be found by init.lua, not this function again */
    lua_pushnil(L);
    lua_setfield(L, -2, "galua");
    return open_ours(L);
}

lua_State *gal_lua_new(void)
{
    lua_State *L = luaL_newstate();
    if (!L) {
        gal_fail(GAL_ENOMEM, "cannot make a Lua state");
        return NULL;
    }
    lua_gc(L, LUA_GCSTOP, 0);
    lua_pushcfunction(L, open_all);
    gal_status st = gal_lua_call(L, 0, 0, "");
    lua_gc(L, LUA_GCRESTART, 0);
    if (st != GAL_OK) {
        lua_close(L);
        return NULL;
    }
    return L;
}
