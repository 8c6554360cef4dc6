/* intr_hook.c - Ctrl-C, and the signals that ask the program to end (SIGTERM, SIGHUP): as Ctrl-C, and no next prompt. A fit at work writes
 * its last checkpoint.
 *
 * Debug hooks do not reach JIT-compiled loops. Code compiled while the profiler is on in line mode does test a flag on every
 * line; a profiler with an endless interval costs no ticks, and SIGPROF raised by hand makes compiled code leave for the
 * interpreter, where the hook raises the error. The hook stays until the next prompt: a pcall in user code cannot swallow
 * the interrupt. C kernels poll gal_interrupted(). A third Ctrl-C ends the process the default way. */
#define _GNU_SOURCE
#include "lua/kit/util.h"

#include <luajit.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
static lua_State *guarded;
static bool line_mode;
static pthread_t owner;
static volatile sig_atomic_t presses;
static bool held, taken;

static const char *ended_by(void)
{
    return gal_terminated() == SIGHUP ? "ended by SIGHUP" : gal_terminated() ? "ended by SIGTERM" : "interrupted";
}

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    gal_fail(GAL_EINTR, "%s", ended_by());
    gal_lua_fail(L);
}

static void on_sigint(int sig)
{
    if (!pthread_equal(pthread_self(), owner)) { /* a worker thread: hand it to the one that runs Lua */
        pthread_kill(owner, sig);
        return;
    }
    presses++;
    if (sig != SIGINT)
        gal_terminate_set(sig);
    gal_interrupt_set(presses);
    if (presses >= 3) {
        signal(sig, SIG_DFL);
        raise(sig);
        return;
    }
    if (guarded) {
        lua_sethook(guarded, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
        if (line_mode)
            raise(SIGPROF);
    }
}

static void no_tick(void *data, lua_State *L, int samples, int vmstate)
{
    (void)data, (void)L, (void)samples, (void)vmstate;
}

void gal_lua_guard(lua_State *L, bool compiled_loops)
{
    guarded = L;
    owner = pthread_self();
    line_mode = compiled_loops;
    if (compiled_loops)
        luaJIT_profile_start(L, "li1000000000", no_tick, NULL);
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_sigint; /* no SA_RESTART: a read at the prompt must return */
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++) {
        struct sigaction now;
        sigaction(SIGNALS[i], NULL, &now);
        if (SIGNALS[i] == SIGINT || now.sa_handler != SIG_IGN) /* nohup: what is ignored stays so */
            sigaction(SIGNALS[i], &sa, NULL);
    }
}

void gal_lua_guard_reset(lua_State *L)
{
    lua_sethook(L, NULL, 0, 0);
    presses = 0;
    gal_interrupt_set(0);
}

void gal_lua_guard_hold(bool hold)
{
    held = hold;
}

void gal_lua_guard_taken(lua_State *L)
{
    bool end = gal_terminated() != 0;
    if (end && (!held || taken)) {
        lua_sethook(L, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
        stop(L, NULL);
    }
    gal_lua_guard_reset(L);
    taken = end;
    if (end)
        gal_interrupt_set(1); /* whatever run comes next ends at once */
}

void gal_lua_guard_end(lua_State *L)
{
    if (gal_terminated())
        lua_sethook(L, stop, LUA_MASKCOUNT, 1000000);
}

const char *gal_lua_guard_text(void)
{
    return ended_by();
}

void gal_lua_guard_off(lua_State *L)
{
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
        signal(SIGNALS[i], SIG_DFL);
    if (line_mode)
        luaJIT_profile_stop(L);
    guarded = NULL;
    line_mode = false;
    gal_lua_guard_reset(L);
}
