/* idle.c - waiting at the prompt, with something else to serve (idle.h). */
#define _GNU_SOURCE
#include "lua/kit/idle.h"

#include <math.h>
#include <poll.h>

enum { MOST = 512 }; /* descriptors watched at once: those beyond wait */

static gal_lua_idle *sources;
static bool here;

bool gal_lua_idle_here(void)
{
    return here;
}

void gal_lua_idle_set_here(bool yes)
{
    here = yes;
}

void gal_lua_idle_add(gal_lua_idle *source)
{
    gal_lua_idle_remove(source);
    source->next = sources;
    sources = source;
}

void gal_lua_idle_remove(gal_lua_idle *source)
{
    for (gal_lua_idle **p = &sources; *p; p = &(*p)->next)
        if (*p == source) {
            *p = source->next;
            return;
        }
}

gal_lua_woken gal_lua_idle_wait(int fd, const sigset_t *held, const sigset_t *before)
{
    for (;;) {
        struct pollfd p[MOST + 1] = {{.fd = fd, .events = POLLIN}};
        int some[MOST];
        bool writes[MOST], printed = false;
        size_t n = 0;
        double wait = INFINITY;
        for (const gal_lua_idle *s = sources; s; s = s->next) {
            double t = s->deadline(s->ctx);
            n += s->descriptors(s->ctx, some + n, writes + n, MOST - n);
            wait = t < 0 ? wait : fmin(wait, t);
        }
        for (size_t i = 0; i < n; i++)
            p[i + 1] = (struct pollfd){.fd = some[i], .events = writes[i] ? POLLOUT : POLLIN};
        struct timespec t = {0};
        if (isfinite(wait)) {
            t.tv_sec = (time_t)wait;
            t.tv_nsec = (long)((wait - floor(wait)) * 1e9);
        }
        int k = gal_interrupted() ? -1 : ppoll(p, (nfds_t)n + 1, isfinite(wait) ? &t : NULL, before);
        if (gal_interrupted())
            return GAL_LUA_INTERRUPTED;
        if (k > 0 && p[0].revents)
            return GAL_LUA_INPUT;
        if (k < 0)
            continue;
        sigprocmask(SIG_SETMASK, before, NULL); /* a source may work for long */
        for (gal_lua_idle *s = sources, *next; s; s = next) {
            next = s->next; /* it may take itself out */
            printed = s->ready(s->ctx) || printed;
        }
        sigprocmask(SIG_BLOCK, held, NULL);
        if (gal_interrupted())
            return GAL_LUA_INTERRUPTED;
        if (printed)
            return GAL_LUA_PRINTED;
    }
}
