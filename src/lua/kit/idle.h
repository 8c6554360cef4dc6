/* idle.h - what is served while the prompt waits for a line: a source has descriptors and a function that is called when one of them is ready. */
#ifndef GAL_LUA_IDLE_H
#define GAL_LUA_IDLE_H
#include "galua/base.h"

#include <signal.h>

typedef struct gal_lua_idle gal_lua_idle;
struct gal_lua_idle {
    size_t (*descriptors)(void *ctx, int *fd, bool *writes, size_t most);
    double (*deadline)(void *ctx); /* [s] from now, < 0: none */
    bool (*ready)(void *ctx);      /* true: it printed something */
    void *ctx;
    gal_lua_idle *next;
};
/* The struct stays the caller's, and in the list until it is removed. Main thread only. */
GAL_API void gal_lua_idle_add(gal_lua_idle *source);
GAL_API void gal_lua_idle_remove(gal_lua_idle *source); /* one that is not there: nothing */

typedef enum gal_lua_woken { GAL_LUA_INPUT, GAL_LUA_INTERRUPTED, GAL_LUA_PRINTED } gal_lua_woken;
/* Waits until `fd` can be read, serving the sources meanwhile. Signals of `held`, which the caller has blocked, come in while it waits; `before`
 * is the mask without them. PRINTED: what the sources said stands where the prompt was. */
GAL_API gal_lua_woken gal_lua_idle_wait(int fd, const sigset_t *held, const sigset_t *before);
/* Is there a prompt that waits so? Set by the line editor. */
GAL_API bool gal_lua_idle_here(void);
GAL_API void gal_lua_idle_set_here(bool here);
#endif
