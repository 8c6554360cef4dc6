/* repl.c - read, hand the line to lua/galua/repl.lua, survive errors and Ctrl-C, again.
 *
 * The loop is here and not in Lua because an interrupt stays armed (intr_hook.c) until C clears it between two lines. */
#define _GNU_SOURCE
#include "repl/repl.h"
#include "lua/kit/util.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Plain lines, when input is no terminal */
static gal_line_result read_plain(char **line)
{
    size_t cap = 0;
    *line = NULL;
    ssize_t n = getline(line, &cap, stdin);
    if (n < 0) {
        free(*line);
        return gal_interrupted() ? GAL_LINE_INTERRUPT : GAL_LINE_EOF;
    }
    if (n > 0 && (*line)[n - 1] == '\n')
        (*line)[n - 1] = '\0';
    return GAL_LINE_OK;
}

/* Call repl.<name>(...) with the nargs values on the stack. False after printing the error line. */
static bool call(lua_State *L, int repl, const char *name, int nargs, int nresults)
{
    lua_getfield(L, repl, name);
    lua_insert(L, -1 - nargs);
    gal_status st = gal_lua_call(L, nargs, nresults, "");
    if (st == GAL_OK)
        return true;
    bool stopped = gal_interrupted() || st == GAL_EINTR;
    fflush(stdout);
    fprintf(stderr, "%s\n", stopped ? "interrupted" : gal_error_message());
    gal_lua_guard_reset(L);
    return false;
}

int gal_repl(lua_State *L, bool init)
{
    bool terminal = isatty(STDIN_FILENO);
    int failed = 0;
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua.repl");
    if (gal_lua_call(L, 1, 1, "") != GAL_OK) {
        fprintf(stderr, "galua: %s\n", gal_error_message());
        return 1;
    }
    int repl = lua_gettop(L);
    lua_pushboolean(L, terminal);
    lua_pushboolean(L, init);
    if (call(L, repl, "start", 2, 1) && terminal)
        gal_line_open(L, repl, lua_isstring(L, -1) ? lua_tostring(L, -1) : "");
    lua_settop(L, repl);

    char prompt[32] = "> ";
    for (;;) {
        char *line = NULL;
        if (gal_terminated())
            break;
        gal_lua_guard_reset(L);
        fflush(stdout);
        gal_line_result r = terminal ? gal_line_read(prompt, &line) : read_plain(&line);
        gal_lua_guard_reset(L);
        if (r == GAL_LINE_EOF) {
            if (!call(L, repl, "finish", 0, 1) || !lua_toboolean(L, -1))
                failed = 1;
            if (terminal)
                putchar('\n');
            break;
        }
        if (r == GAL_LINE_INTERRUPT) {
            call(L, repl, "cancel", 0, 0);
            snprintf(prompt, sizeof prompt, "> ");
            continue;
        }
        /* step(line) -> prompt or nil to leave, history entry or nil, success */
        lua_pushstring(L, line);
        free(line);
        if (!call(L, repl, "step", 1, 3)) {
            call(L, repl, "cancel", 0, 0);
            snprintf(prompt, sizeof prompt, "> ");
            failed = 1;
            lua_settop(L, repl);
            continue;
        }
        if (terminal && lua_isstring(L, -2))
            gal_line_add_history(lua_tostring(L, -2));
        if (!lua_toboolean(L, -1))
            failed = 1;
        bool leave = !lua_isstring(L, -3);
        if (!leave)
            snprintf(prompt, sizeof prompt, "%s", lua_tostring(L, -3));
        lua_settop(L, repl);
        if (leave)
            break;
    }
    return terminal ? 0 : failed;
}
