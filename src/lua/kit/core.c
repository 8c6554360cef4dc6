/* core.c - package.loaded["galua.core"]: services for the Lua library (errors, names, files, terminal) and the first public
 * functions of the table `galua` (version, threads, seed, clock). */
#define _GNU_SOURCE
#include "galua/fit.h"
#include "io/h5.h"
#include "lua/kit/core.h"
#include "lua/kit/util.h"

#include <dirent.h>
#include <limits.h>
#include <luajit.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* fail(code, msg): raise an error object; code as in gal_status_name, e.g. "GAL_EINVAL" */
static int core_fail(lua_State *L)
{
    static const gal_status codes[] = {GAL_EINVAL,    GAL_ENOMEM, GAL_EIO,    GAL_EINTR, GAL_EFORMAT, GAL_EDOMAIN,
                                       GAL_ENOTFOUND, GAL_EUSER,  GAL_EUNSUP, GAL_EMATH, GAL_EBUG};
    const char *name = gal_lua_checkstr(L, 1);
    gal_status code = GAL_EUSER;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(name, gal_status_name(codes[i])) == 0)
            code = codes[i];
    size_t n;
    const char *text = gal_lua_checkbytes(L, 2, &n);
    char *line = lua_newuserdata(L, n + 1); /* whole, also where a value that it quotes has a zero byte */
    memcpy(line, text, n + 1);
    gal_printable(line, n);
    return gal_lua_error(L, code, "%s", line);
}

/* raise_last(): raise what the failed leaf function left in the thread-local error */
static int core_raise_last(lua_State *L)
{
    return gal_lua_fail(L);
}

/* did_you_mean(name, {names}) -> "" or ", did you mean 'x'?" */
static int core_did_you_mean(lua_State *L)
{
    const char *names[1024], *name = gal_lua_checkstr(L, 1);
    char hint[128];
    size_t n = 0;
    gal_lua_checktype(L, 2, LUA_TTABLE);
    for (int i = 1; n < 1024; i++) {
        lua_rawgeti(L, 2, i);
        bool text = lua_type(L, -1) == LUA_TSTRING;
        if (text)
            names[n++] = lua_tostring(L, -1);
        lua_pop(L, 1); /* the table holds it */
        if (!text)
            break;
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    lua_pushstring(L, hint);
    return 1;
}

static int core_seed(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) {
        double s = gal_lua_checknum(L, 1);
        if (!(s >= 0 && s <= 9007199254740992.0) || s != (double)(uint64_t)s)
            return gal_lua_error(L, GAL_EINVAL, "seed: must be a whole number in 0 .. 2^53, got %.10g", s);
        gal_lua_set_seed(L, (uint64_t)s);
    }
    lua_pushnumber(L, (double)gal_lua_seed(L));
    return 1;
}

static int core_threads(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        gal_lua_checkstatus(L, gal_threads_set(gal_lua_checkint(L, 1, 1, 1024)));
    lua_pushinteger(L, gal_threads());
    return 1;
}

static int core_clock(lua_State *L)
{
    lua_pushnumber(L, gal_clock());
    return 1;
}

static int core_library(lua_State *L)
{
    lua_pushstring(L, gal_lua_library());
    return 1;
}

static int core_data_path(lua_State *L)
{
    char path[PATH_MAX];
    if (gal_data_path(gal_lua_checkstr(L, 1), path, sizeof path) != GAL_OK) {
        lua_pushnil(L);
        lua_pushstring(L, gal_error_message());
        return 2;
    }
    lua_pushstring(L, path);
    return 1;
}

static int core_data_dirs(lua_State *L)
{
    char path[PATH_MAX];
    lua_newtable(L);
    for (int i = 0; gal_data_dir(i, path, sizeof path) == GAL_OK; i++) {
        lua_pushstring(L, path);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* listdir(path) -> sorted array of {name =, dir = bool, size =}; nil when it cannot be read */
static int core_listdir(lua_State *L)
{
    const char *dir = gal_lua_checkstr(L, 1);
    struct dirent **entry;
    int n = scandir(dir, &entry, NULL, alphasort);
    if (n < 0)
        return 0;
    lua_newtable(L);
    for (int i = 0, k = 0; i < n; i++) {
        char path[PATH_MAX];
        struct stat sb;
        if (entry[i]->d_name[0] != '.' &&
            (size_t)snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name) < sizeof path && stat(path, &sb) == 0) {
            lua_newtable(L);
            gal_lua_set_text(L, "name", entry[i]->d_name);
            gal_lua_set_flag(L, "dir", S_ISDIR(sb.st_mode));
            gal_lua_set_num(L, "size", (double)sb.st_size);
            lua_rawseti(L, -2, ++k);
        }
        free(entry[i]);
    }
    free(entry);
    return 1;
}

static int core_realpath(lua_State *L)
{
    char path[PATH_MAX];
    if (!realpath(gal_lua_checkstr(L, 1), path))
        return 0;
    lua_pushstring(L, path);
    return 1;
}

/* mkdirs(path): make a folder and its parents; true, or nil and the reason */
static int core_mkdirs(lua_State *L)
{
    if (gal_mkdirs(gal_lua_checkstr(L, 1)) != GAL_OK) {
        lua_pushnil(L);
        lua_pushstring(L, gal_error_message());
        return 2;
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* write_file(path, text): whole file through a temporary one; raises */
static int core_write_file(lua_State *L)
{
    size_t n;
    const char *path = gal_lua_checkstr(L, 1);
    const char *text = gal_lua_checkbytes(L, 2, &n);
    gal_lua_checkstatus(L, gal_write_file(path, text, n));
    return 0;
}

/* read_file(path) -> text; raises */
static int core_read_file(lua_State *L)
{
    size_t n;
    char *text;
    gal_lua_checkstatus(L, gal_read_file(gal_lua_checkstr(L, 1), &text, &n));
    lua_pushlstring(L, text, n);
    gal_free(text);
    return 1;
}

/* number_text(v) -> the shortest text that reads back to the same bits */
static int core_number_text(lua_State *L)
{
    char text[48];
    gal_shortest_text(text, sizeof text, gal_lua_checknum(L, 1));
    lua_pushstring(L, text);
    return 1;
}

static int core_printable(lua_State *L)
{
    size_t n;
    const char *s = gal_lua_checkbytes(L, 1, &n);
    char *p = lua_newuserdata(L, n + 1);
    memcpy(p, s, n);
    gal_printable(p, n);
    lua_pushlstring(L, p, n);
    return 1;
}

static int core_check_writable(lua_State *L)
{
    gal_replace *r;
    int fd;
    gal_lua_checkstatus(L, gal_replace_begin(&r, gal_lua_checkstr(L, 1), &fd));
    close(fd);
    gal_replace_abandon(r);
    return 0;
}

static int core_hash(lua_State *L)
{
    char hex[33];
    size_t n;
    const char *s = gal_lua_checkbytes(L, 1, &n);
    gal_hash_hex(gal_hash_bytes(s, n), hex);
    lua_pushstring(L, hex);
    return 1;
}

static int core_hash_file(lua_State *L)
{
    gal_hash h;
    char hex[33];
    gal_lua_checkstatus(L, gal_hash_file(gal_lua_checkstr(L, 1), &h));
    gal_hash_hex(h, hex);
    lua_pushstring(L, hex);
    return 1;
}

static int core_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty(gal_lua_checkint(L, 1, 0, 1 << 20)));
    return 1;
}

/* term_size() -> columns, rows (80, 24 when unknown; COLUMNS overrides) */
static int core_term_size(lua_State *L)
{
    struct winsize ws = {0};
    const char *env = getenv("COLUMNS");
    int cols = 80, rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0) {
        cols = ws.ws_col;
        rows = ws.ws_row;
    } else if (env && atoi(env) >= 20) {
        cols = atoi(env);
    }
    lua_pushinteger(L, cols);
    lua_pushinteger(L, rows);
    return 2;
}

/* rss() -> resident megabytes of this process, peak resident megabytes */
static int core_rss(lua_State *L)
{
    double value[2] = {0, 0};
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            value[0] = atof(line + 6) / 1024;
        if (strncmp(line, "VmHWM:", 6) == 0)
            value[1] = atof(line + 6) / 1024;
    }
    if (f)
        fclose(f);
    lua_pushnumber(L, value[0]);
    lua_pushnumber(L, value[1]);
    return 2;
}

/* mem_lean(): this process is one of many, see gal_mem_lean */
static int core_mem_lean(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT, 0);
    gal_mem_lean();
    return 0;
}

static int core_versions(lua_State *L)
{
    lua_newtable(L);
    gal_lua_set_text(L, "galua", GAL_VERSION);
    gal_lua_set_text(L, "luajit", LUAJIT_VERSION);
    gal_lua_set_num(L, "numerics", GAL_NUMERICS);
    gal_lua_set_num(L, "live_mb", (double)gal_mem_live() / 1048576.0);
    return 1;
}

/* default_ssp() -> "bc03-miles, kroupa, 7 Z x 196 ages x 4864 wavelengths", or nil: two attributes, not the table, for the banner */
static int core_default_ssp(lua_State *L)
{
    char path[PATH_MAX];
    gal_h5 *h = NULL;
    gal_h5_info lum;
    char *imf = NULL, *name = NULL;
    bool known = gal_data_path(GAL_SSP_DEFAULT, path, sizeof path) == GAL_OK && gal_h5_open(&h, path) == GAL_OK &&
                 gal_h5_describe(h, gal_h5_has(h, "lum") ? "lum" : "lum_steps", &lum) == GAL_OK && lum.rank >= 3 &&
                 gal_h5_attr_get_string(h, "/", "imf", &imf) == GAL_OK &&
                 gal_h5_attr_get_string(h, "/", "name", &name) == GAL_OK;
    if (known) {
        const size_t *d = lum.dims + lum.rank - 3;
        snprintf(path, sizeof path, "%.60s, %.60s, %zu Z x %zu ages x %zu wavelengths", name, imf, d[0], d[1], d[2]);
        lua_pushstring(L, path);
    }
    gal_free(imf);
    gal_free(name);
    gal_h5_close(h);
    return known;
}

/* class_name(x): "galaxy", "prior", "vec" ...; nil for plain Lua values */
static int core_class_name(lua_State *L)
{
    const gal_lua_class *cls = gal_lua_classof(L, 1, NULL);
    if (!cls && !gal_lua_isvec(L, 1))
        return 0;
    lua_pushstring(L, cls ? cls->name : "vec");
    return 1;
}

/* sleep(seconds): wakes up early when interrupted */
static int core_sleep(lua_State *L)
{
    double t = gal_lua_checknum(L, 1);
    struct timespec w = {.tv_sec = (time_t)t, .tv_nsec = (long)((t - (double)(time_t)t) * 1e9)};
    nanosleep(&w, NULL);
    return 0;
}

static int core_interrupted(lua_State *L)
{
    lua_pushboolean(L, gal_interrupted());
    return 1;
}

/* terminated() -> nil, or the name of the signal that asks the program to end */
static int core_terminated(lua_State *L)
{
    int sig = gal_terminated();
    if (sig == 0)
        lua_pushnil(L);
    else
        lua_pushstring(L, sig == SIGHUP ? "SIGHUP" : "SIGTERM");
    return 1;
}

/* hold(true): a run that is asked to end gives back what it has, and the caller ends the program; hold(false). hold(): all is kept */
static int core_hold(lua_State *L)
{
    if (lua_isnoneornil(L, 1))
        gal_lua_guard_end(L);
    else
        gal_lua_guard_hold(lua_toboolean(L, 1));
    return 0;
}

static char seed_key;

uint64_t gal_lua_seed(lua_State *L)
{
    lua_pushlightuserdata(L, &seed_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    uint64_t s = lua_isnumber(L, -1) ? (uint64_t)lua_tonumber(L, -1) : 1;
    lua_pop(L, 1);
    return s;
}

void gal_lua_set_seed(lua_State *L, uint64_t seed)
{
    lua_pushlightuserdata(L, &seed_key);
    lua_pushnumber(L, (double)seed);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

static const luaL_Reg core_functions[] = {{"has_module", gal_lua_core_has_module},
                                          {"modules", gal_lua_core_modules},
                                          {"fail", core_fail},
                                          {"raise_last", core_raise_last},
                                          {"did_you_mean", core_did_you_mean},
                                          {"library", core_library},
                                          {"data_path", core_data_path},
                                          {"data_dirs", core_data_dirs},
                                          {"listdir", core_listdir},
                                          {"realpath", core_realpath},
                                          {"mkdirs", core_mkdirs},
                                          {"write_file", core_write_file},
                                          {"read_file", core_read_file},
                                          {"check_writable", core_check_writable},
                                          {"printable", core_printable},
                                          {"number_text", core_number_text},
                                          {"hash", core_hash},
                                          {"hash_file", core_hash_file},
                                          {"isatty", core_isatty},
                                          {"term_size", core_term_size},
                                          {"rss", core_rss},
                                          {"mem_lean", core_mem_lean},
                                          {"versions", core_versions},
                                          {"default_ssp", core_default_ssp},
                                          {"class_name", core_class_name},
                                          {"interrupted", core_interrupted},
                                          {"terminated", core_terminated},
                                          {"hold", core_hold},
                                          {"sleep", core_sleep},
                                          {NULL, NULL}};

static const gal_lua_row public_rows[] = {{"threads", core_threads,
                                           "threads([n]) -> number\nThreads used by parallel regions; with n (1 .. "
                                           "1024) sets it first. Results do not depend on it."},
                                          {"seed", core_seed,
                                           "seed([n]) -> number\nSeed of the session, used by every random draw that "
                                           "names no seed of its own; with n sets it first.\n"
                                           "The same seed gives the same numbers at any thread count."},
                                          {"clock", core_clock, "clock() -> number\nMonotonic wall-clock time [s]."},
                                          {NULL, NULL, NULL}};

/* The text of galua/ffi.h for ffi.cdef, in the library itself: the two cannot differ */
__asm__(".section .rodata\n.globl gal_ffi_text\n.hidden gal_ffi_text\ngal_ffi_text:\n.incbin "
        "\"include/galua/ffi.h\"\n.byte 0\n.previous\n");
extern const char gal_ffi_text[];

void gal_lua_core_open(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "galua.core");
    for (const luaL_Reg *f = core_functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    gal_lua_set_text(L, "ffi_text", gal_ffi_text);
    lua_newtable(L);
    lua_setfield(L, -2, "galua");
    lua_pop(L, 2);
    gal_lua_module(L, NULL, public_rows, NULL);
}
