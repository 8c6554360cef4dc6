/* main.c - the program `galua`: options, scripts, sub-commands, prompt.
 *
 * Exit status: 0; 1 the work failed (one line on stderr: what, where, what to do); 2 wrong usage. */
#define _GNU_SOURCE
#include "lua/kit/util.h"
#include "repl/repl.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const gal_lua_embed gal_embedded_lua[];

static const char usage_text[] = "usage: galua [options] [script.lua [args]]      no script: the prompt\n"
                                 "       galua COMMAND [args]                     galua COMMAND --help\n"
                                 "  -e CODE        run a line of Lua (repeatable)\n"
                                 "  -i             the prompt after the script or -e\n"
                                 "  --threads N    threads of parallel regions (default: all processors)\n"
                                 "  --seed N       seed of the session (default 1)\n"
                                 "  --batch        no terminal features: for jobs and pipelines\n"
                                 "  --no-init      do not run ~/.config/galua/init.lua at the prompt\n"
                                 "  --version      print the version\n"
                                 "  --help         this text\n";

typedef struct options {
    const char *code[64];
    int ncode;
    bool interactive, batch, no_init;
    int threads; /* 0: default */
    double seed; /* < 0: default */
    int first;   /* index of the script or command in argv; argc when none */
} options;

static int bad_usage(const char *fmt, const char *what)
{
    fputs("galua: ", stderr);
    fprintf(stderr, fmt, what);
    fputs(" (galua --help lists the options)\n", stderr);
    return 2;
}

/* Value of an option given as --name V or --name=V; NULL when it is another option */
static const char *option_value(const char *name, int argc, char **argv, int *i, bool *lacks)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] != '\0' && argv[*i][n] != '='))
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if (*i + 1 < argc)
        return argv[++*i];
    *lacks = true;
    return "";
}

static int parse_number(const char *option, const char *text, double lo, double hi, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (*text && !*end && *out >= lo && *out <= hi && *out == (double)(long long)*out)
        return 0;
    fprintf(stderr, "galua: %s must be a whole number in %.0f .. %.0f, got '%s'\n", option, lo, hi, text);
    return 2;
}

/* 0, or the exit status; *done: nothing is left to do */
static int parse(int argc, char **argv, options *o, bool *done)
{
    static const char *const known[] = {"--threads", "--seed", "--version", "--help", "--batch", "--no-init"};
    *o = (options){.seed = -1, .first = argc};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v;
        bool lacks = false;
        double x = 0;
        if (a[0] != '-' || strcmp(a, "-") == 0 || strcmp(a, "--") == 0) {
            o->first = strcmp(a, "--") == 0 ? i + 1 : i;
            return 0;
        }
        if (strcmp(a, "-e") == 0) {
            if (i + 1 >= argc)
                return bad_usage("option '%s' needs a value", a);
            if (o->ncode == 64)
                return bad_usage("more than 64 options '%s'", a);
            o->code[o->ncode++] = argv[++i];
        } else if (strcmp(a, "-i") == 0) {
            o->interactive = true;
        } else if (strcmp(a, "--batch") == 0) {
            o->batch = true;
        } else if (strcmp(a, "--no-init") == 0) {
            o->no_init = true;
        } else if (strcmp(a, "--version") == 0 || strcmp(a, "-v") == 0) {
            printf("Galua %s\n", GAL_VERSION);
            *done = true;
            return 0;
        } else if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) {
            o->first = -1; /* printed with the list of commands once the Lua library is there */
            return 0;
        } else if ((v = option_value("--threads", argc, argv, &i, &lacks))) {
            if (lacks)
                return bad_usage("option '%s' needs a value", a);
            if (parse_number("--threads", v, 1, 1024, &x))
                return 2;
            o->threads = (int)x;
        } else if ((v = option_value("--seed", argc, argv, &i, &lacks))) {
            if (lacks)
                return bad_usage("option '%s' needs a value", a);
            if (parse_number("--seed", v, 0, 9007199254740992.0, &x))
                return 2;
            o->seed = x;
        } else {
            char hint[128], text[256];
            gal_did_you_mean(hint, sizeof hint, a, known, sizeof known / sizeof *known);
            snprintf(text, sizeof text, "unknown option '%.60s'%s", a, hint);
            return bad_usage("%s", text);
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ running Lua */
/* pcall handler: the text of the error, with the user's line in front */
static int on_error(lua_State *L)
{
    lua_settop(L, 1);
    if (luaL_callmeta(L, 1, "__tostring")) { /* error objects, and whatever else describes itself */
        lua_pushnil(L);
        if (lua_istable(L, 1)) {
            lua_pushliteral(L, "at");
            lua_rawget(L, 1);
        }
        const char *at = lua_tostring(L, -1), *text = lua_tostring(L, 2);
        if (at)
            lua_pushfstring(L, "%s: %s", at, text ? text : "");
        else
            lua_pushvalue(L, 2);
    } else if (lua_isstring(L, 1)) {
        lua_pushvalue(L, 1);
    } else {
        lua_pushfstring(L, "the script raised a %s value", luaL_typename(L, 1));
    }
    return 1;
}

/* Runs the chunk under nargs arguments; prints the error line. Leaves nresults values on success. */
static int run_chunk(lua_State *L, int nargs, int nresults)
{
    int base = lua_gettop(L) - nargs;
    lua_pushcfunction(L, on_error);
    lua_insert(L, base);
    int st = lua_pcall(L, nargs, nresults, base);
    lua_remove(L, base);
    if (st == 0)
        return 0;
    const char *text = lua_tostring(L, -1);
    if (st == LUA_ERRERR && gal_interrupted()) /* the hook of Ctrl-C stopped on_error as well */
        text = gal_lua_guard_text();
    fflush(stdout);
    fprintf(stderr, "galua: %s\n", text ? text : "out of memory");
    lua_pop(L, 1);
    return 1;
}

static int syntax_error(lua_State *L)
{
    fprintf(stderr, "galua: %s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
    return 1;
}

static int run_code(lua_State *L, const char *code)
{
    if (luaL_loadbufferx(L, code, strlen(code), "=-e", "t") != 0)
        return syntax_error(L);
    return run_chunk(L, 0, 0);
}

/* The table arg: arg[0] the script, arg[1..] what follows, negative what came before */
static void set_arg(lua_State *L, int argc, char **argv, int script)
{
    lua_newtable(L);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

/* Modules beside the script come first, then the user's own folder, then Lua's path */
static void set_path(lua_State *L, const char *script)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME"), *slash = script ? strrchr(script, '/') : NULL;
    char dir[PATH_MAX] = ".", user[PATH_MAX] = "";
    if (slash)
        snprintf(dir, sizeof dir, "%.*s", slash == script ? 1 : (int)(slash - script), script);
    if (xdg && *xdg)
        snprintf(user, sizeof user, "%s/galua/lua/?.lua;", xdg);
    else if (home && *home)
        snprintf(user, sizeof user, "%s/.local/share/galua/lua/?.lua;", home);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s%s", dir, dir, user, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

static int run_script(lua_State *L, int argc, char **argv, int script)
{
    const char *name = strcmp(argv[script], "-") == 0 ? NULL : argv[script];
    int st = luaL_loadfilex(L, name, "t");
    if (st == LUA_ERRFILE) { /* "cannot open x" */
        fprintf(stderr, "galua: %s: %s\n", name, strerror(errno));
        return 1;
    }
    if (st != 0)
        return syntax_error(L);
    for (int i = script + 1; i < argc; i++)
        lua_pushstring(L, argv[i]);
    return run_chunk(L, argc - script - 1, 0);
}

/* require("galua.cmd").run(name, args) -> exit status */
static int run_command(lua_State *L, int argc, char **argv, int command)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua.cmd");
    if (run_chunk(L, 1, 1))
        return 1;
    lua_getfield(L, -1, "run");
    lua_pushstring(L, argv[command]);
    lua_newtable(L);
    for (int i = command + 1; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - command);
    }
    if (run_chunk(L, 2, 1))
        return 1;
    int status = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return status;
}

static int help(lua_State *L)
{
    fputs(usage_text, stdout);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua.cmd");
    if (run_chunk(L, 1, 1))
        return 1;
    lua_getfield(L, -1, "list");
    return run_chunk(L, 0, 0);
}

/* A word without .lua that is no file is a command */
static bool is_script(const char *word)
{
    size_t n = strlen(word);
    return strcmp(word, "-") == 0 || strchr(word, '/') || (n > 4 && strcmp(word + n - 4, ".lua") == 0);
}

static int open_strict(lua_State *L)
{
    luaL_loadstring(L, "require('galua.strict').install(_G)");
    return run_chunk(L, 0, 0);
}

static int work(lua_State *L, int argc, char **argv, options *o)
{
    bool has_target = o->first >= 0 && o->first < argc;
    bool script = has_target && is_script(argv[o->first]);
    set_path(L, script ? argv[o->first] : NULL);
    set_arg(L, argc, argv, has_target ? o->first : 0);
    if (open_strict(L))
        return 1;
    if (o->seed >= 0)
        gal_lua_set_seed(L, (uint64_t)o->seed);
    if (o->first < 0)
        return help(L);
    bool prompt = o->interactive || (!has_target && o->ncode == 0);
    bool terminal = isatty(STDIN_FILENO) && !o->batch;
    gal_lua_guard(L, terminal);
    for (int i = 0; i < o->ncode; i++)
        if (run_code(L, o->code[i]))
            return 1;
    int status = 0;
    if (script)
        status = run_script(L, argc, argv, o->first);
    else if (has_target)
        status = run_command(L, argc, argv, o->first);
    if (!prompt)
        return status;
    return gal_repl(L, !o->no_init && !o->batch);
}

/* Threads that wait for the next parallel region spin for some 0.1 ms, then sleep. The OpenMP library's own default, 10 ms and more, makes
 * runs on a busy machine several times slower (docs/performance.md), and it is read when the library is loaded: the program
 * starts itself again. An environment that says how to wait is obeyed. */
static void wait_politely(char **argv)
{
    char exe[PATH_MAX];
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
        return;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0 || setenv("GOMP_SPINCOUNT", "2000", 0) != 0)
        return;
    exe[n] = '\0';
    execv(exe, argv); /* when that cannot be: as it is */
}

int main(int argc, char **argv)
{
    options o;
    bool done = false;
    wait_politely(argv);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error of the write, said in one line */
    setlocale(LC_CTYPE, "");  /* readline and widths; numbers stay in the C locale */
    int status = parse(argc, argv, &o, &done);
    if (status || done)
        return status;
    if (o.threads && gal_threads_set(o.threads) != GAL_OK) {
        fprintf(stderr, "galua: %s\n", gal_error_message());
        return 2;
    }
    gal_lua_set_embedded(gal_embedded_lua);
    lua_State *L = gal_lua_new();
    if (!L) {
        fprintf(stderr, "galua: %s\n", gal_error_message());
        return 1;
    }
    status = work(L, argc, argv, &o);
    if (gal_terminated() && status == 0) { /* whatever the script made of it */
        fprintf(stderr, "galua: %s\n", gal_lua_guard_text());
        status = 1;
    }
    gal_lua_guard_off(L);
    lua_close(L);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status == 0 && errno != EPIPE)
            fprintf(stderr, "galua: cannot write the output: %s\n", strerror(errno));
        status = status ? status : 1;
    }
    return status;
}
