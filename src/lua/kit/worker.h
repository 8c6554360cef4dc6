/* Lua states for functions that users ship to compiled code: one state per workspace, so threads never share one. */
#ifndef GAL_LUA_WORKER_H
#define GAL_LUA_WORKER_H
#include "galua/base.h"
typedef struct gal_worker gal_worker;
/* A fresh state with the standard libraries in which the shipped text (lua/galua/ship.lua) was made a function again and given to
 * `adapter` of lua/galua/worker.lua; its result is what gal_worker_run calls. `what` names it in messages. */
gal_status gal_worker_open(gal_worker **out, const char *what, const char *adapter, const char *shipped, size_t n);
void gal_worker_close(gal_worker *w);
/* Calls it with pointers, then a count: run(ptr..., n). GAL_EMATH with the Lua message when it raises. */
gal_status gal_worker_run(gal_worker *w, const void *const *ptr, int nptr, size_t n);
#endif
