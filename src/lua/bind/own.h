/* Functions of the user's own that compiled code calls: shipped to a Lua state of each thread (lua/kit/worker.h). */
#ifndef GAL_LUA_OWN_H
#define GAL_LUA_OWN_H
#include "galua/param.h"
#include "lua/kit/util.h"
#include "lua/kit/worker.h"

/* A shipped text: `what` names it in messages, `adapter` is what lua/galua/worker.lua makes of it. gal_lua_shipped_open is the `open` of
 * classes whose self or ctx begins with one. */
typedef struct gal_lua_shipped {
    const char *text;
    size_t n;
    const char *what, *adapter;
} gal_lua_shipped;
gal_status gal_lua_shipped_open(void **local, const void *shipped);
void gal_lua_shipped_close(void *local);
/* Option `name` of o, a shipped text, and option `key`, what it does: in memory of Lua's that must be kept with the text, in a table that is left on
 * the stack. NULL: not given, and nothing is left. `how`: how one is given, for the message. */
gal_lua_shipped *gal_lua_opt_shipped(gal_lua_opts *o, const char *name, const char *key, const char *how,
                                     gal_hash *hash);

/* A definition, { shipped =, key =, group =, name =, doc =, params = { { name =, unit =, doc =, value =, [lo, hi, plo, phi, log, free] }, ... } },
 * as a class of its own begins with it. Texts that are left out are "", a range is without end, a usual range NAN. */
enum { GAL_LUA_OWN_MAX = 64 };
typedef struct gal_lua_own {
    gal_lua_shipped ship;
    char what[80];
    char *texts; /* all of them */
    const char *key, *group, *name, *doc;
    gal_hash hash; /* of the key */
    size_t npar;
    gal_param par[GAL_LUA_OWN_MAX];
} gal_lua_own;
/* Raise unless the value at idx is one with at most `most` parameters. Returns their number. */
size_t gal_lua_own_check(lua_State *L, int idx, const char *fn, size_t most);
/* Field `name` of the table at idx must be of this type: raises else, `what` says what is expected. */
void gal_lua_own_want(lua_State *L, int idx, const char *fn, const char *name, int type, const char *what);
/* Into o, whose texts are owned by it; GAL_ENOMEM, and what open says: a bad function is refused here, not in a fit. */
gal_status gal_lua_own_read(lua_State *L, int idx, gal_lua_own *o, const char *what, const char *adapter);
void gal_lua_own_clear(gal_lua_own *o);
/* shipped, key and params into the table at the top */
void gal_lua_own_describe(lua_State *L, const gal_lua_own *o);
#endif
