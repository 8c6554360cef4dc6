/* gcacct.c - the collector sees a vector as 40 bytes, not as the megabytes behind it. gal_mem counts all C memory; when it
 * has grown by 64 MB (or half of what is in use) since the last full collection, the next constructor makes one. */
#include "lua/kit/util.h"

#include <stdatomic.h>

#define STEP ((size_t)64 << 20)

static atomic_size_t limit = STEP;

int gal_gc_pressure(void)
{
    return gal_mem_live() > atomic_load_explicit(&limit, memory_order_relaxed);
}

void gal_gc_settle(void)
{
    size_t live = gal_mem_live();
    atomic_store_explicit(&limit, live + (live / 2 > STEP ? live / 2 : STEP), memory_order_relaxed);
}

void gal_lua_gc(lua_State *L)
{
    if (gal_gc_pressure()) {
        lua_gc(L, LUA_GCCOLLECT, 0);
        gal_gc_settle();
    }
}
