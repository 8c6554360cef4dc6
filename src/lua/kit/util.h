/* util.h - the binding kit: everything a src/lua/l_*.c file needs to show C objects and functions to Lua.
 *
 * A binding file l_NAME.c defines  void gal_luaopen_NAME(lua_State *L)  and is picked up by the build; it registers classes
 * (gal_lua_class_register) and functions (gal_lua_module). docs/bindings.md has an annotated example.
 *
 * Rules. Errors: `return gal_lua_fail(L)` after any gal_status != GAL_OK. Lua errors jump: read ALL arguments before you
 * allocate, or hold memory in gal_lua_scratch. Anything that may run user code goes through gal_lua_call, which never
 * jumps. Handles own one reference to their C object; Lua values an object depends on are held with gal_lua_keep. */
#ifndef GAL_LUA_UTIL_H
#define GAL_LUA_UTIL_H

#include "galua/base.h"
#include "galua/ffi.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* ------------------------------------------------------------------ states (open.c) */
/* A new state with the standard libraries, the table `galua`, every binding, and the loader of the Lua library. Worker
 * threads use it too: one state per thread. NULL and the error set on failure. Close with lua_close. */
GAL_API lua_State *gal_lua_new(void);
/* Compiled-in copies of lua/: set once by the program before gal_lua_new. Ends with a NULL name. */
typedef struct gal_lua_embed {
    const char *name; /* "galua.vec" */
    const unsigned char *data;
    size_t size;
} gal_lua_embed;
GAL_API void gal_lua_set_embedded(const gal_lua_embed *table);
/* Folder that holds galua/init.lua: $GALUA_LUA, the build tree, the installed share/galua/lua; "" when embedded. */
GAL_API const char *gal_lua_library(void);

/* ------------------------------------------------------------------ errors */
/* Raise the thread-local error as an error object {code = "GAL_EIO", msg, where = "file.c:12", at = "script.lua:3"};
 * tostring gives msg alone. Never returns; write `return gal_lua_fail(L);`. */
GAL_API int gal_lua_fail(lua_State *L);
/* gal_fail + gal_lua_fail */
#define gal_lua_error(L, code, ...) (gal_fail((code), __VA_ARGS__), gal_lua_fail(L))
/* GAL_OK passes, anything else raises */
#define gal_lua_checkstatus(L, expr)                                                                                   \
    do {                                                                                                               \
        if ((expr) != GAL_OK)                                                                                          \
            return gal_lua_fail(L);                                                                                    \
    } while (0)
/* "galua.f: argument 2 must be ..., got number": idx is the stack index; for a method the
 * message counts from the first argument after the colon. */
GAL_API int gal_lua_argerror(lua_State *L, int idx, const char *expected);
/* Call the function under nargs arguments, protected. On failure the stack holds neither function nor results, the
 * thread-local error is set (GAL_EUSER, or the code of the error object; `what` in front) and its code returned. */
GAL_API gal_status gal_lua_call(lua_State *L, int nargs, int nresults, const char *what);
/* Text of the error value at the top of the stack, which stays there */
GAL_API const char *gal_lua_errtext(lua_State *L);

/* ------------------------------------------------------------------ functions and documentation */
/* doc: first line the signature "sed(g[, wave]) -> spectrum", then text. Lines "@param name [unit] (default) text" describe
 * named options: completion offers the names, help() prints them. */
typedef struct gal_lua_row {
    const char *name;
    lua_CFunction fn;
    const char *doc;
} gal_lua_row;
/* Add rows (ended by {NULL}) to the table galua.<module>, made when missing; module NULL: to `galua` itself. A row named ""
 * is what calling the table itself does: fit{...}. `doc` may be NULL. Missing fields are looked up in lua/galua/<module>.lua
 * (loaded once, on demand), then raise with the nearest name. */
GAL_API void gal_lua_module(lua_State *L, const char *module, const gal_lua_row *rows, const char *doc);
/* galua.<module>.<name> = the function at the top of the stack (popped); the module exists, or is NULL: galua.<name> */
GAL_API void gal_lua_module_add(lua_State *L, const char *module, const char *name, const char *doc);
/* Push the compiled chunk of a module of the Lua library; raises when it is not there */
GAL_API void gal_lua_push_module(lua_State *L, const char *name);
/* Document a topic or a name that is no function: gal_lua_doc(L, "priors", "...") */
GAL_API void gal_lua_doc(lua_State *L, const char *name, const char *text);

/* ------------------------------------------------------------------ handles */
typedef struct gal_lua_field {
    const char *name, *doc; /* doc: "[unit] text" */
} gal_lua_field;
typedef struct gal_lua_class {
    const char *name; /* "ssp"; help key and type name in messages */
    const char *doc;
    const gal_lua_row *methods;  /* h:name(...), {NULL}-ended, or NULL */
    const gal_lua_field *fields; /* fixed fields, {NULL}-ended, or NULL: documentation, completion, did-you-mean */
    void (*free)(void *obj);     /* drops the handle's reference */
    /* Read h.key: push one value and return 1, or return 0 (no such field). Cheap and free of side effects:
     * completion calls it. */
    int (*get)(lua_State *L, void *obj, const char *key);
    /* h.key = value (at stack index 3): return 1, or 0 (not writable). The handle is at index 1. */
    int (*set)(lua_State *L, void *obj, const char *key);
    int (*geti)(lua_State *L, void *obj, int i);   /* h[i], 1-based: push and return 1, or 0 (out of range) */
    int (*len)(lua_State *L, void *obj);           /* #h */
    void (*list)(lua_State *L, void *obj);         /* push an array of the names of fields of THIS object */
    void (*title)(void *obj, char *buf, size_t n); /* what messages call this object; NULL: name */
    void (*tostring)(lua_State *L, void *obj);     /* push one line; NULL: "ssp" and address */
    void (*show)(lua_State *L, void *obj);         /* push the text the prompt prints, several lines; NULL: tostring */
    const luaL_Reg *meta;                          /* further metamethods: __call, __add, __eq ... */
} gal_lua_class;

/* Once per state, in gal_luaopen_NAME. Methods may be added from Lua: lua/galua/class/<name>.lua returns a table. */
GAL_API void gal_lua_class_register(lua_State *L, const gal_lua_class *cls);
/* Push a handle; it takes over the reference `obj`. */
GAL_API void gal_lua_push(lua_State *L, const gal_lua_class *cls, void *obj);
/* The object at idx, raising when it is something else or closed; or NULL when it is not a `cls` */
GAL_API void *gal_lua_check(lua_State *L, int idx, const gal_lua_class *cls);
/* The objects of the first n elements of the table at idx (> 0), each as gal_lua_check gives it, in a third of the time; the table keeps them alive. */
GAL_API void gal_lua_check_list(lua_State *L, int idx, const gal_lua_class *cls, void **out, size_t n);
GAL_API void *gal_lua_test(lua_State *L, int idx, const gal_lua_class *cls);
/* Give the handle at idx another object of its class; the old one is freed. */
GAL_API void gal_lua_replace(lua_State *L, int idx, const gal_lua_class *cls, void *obj);
/* Class of any handle, or NULL; *obj may be NULL */
GAL_API const gal_lua_class *gal_lua_classof(lua_State *L, int idx, void **obj);
GAL_API void *gal_buf_owner(gal_buf *b); /* of gal_buf_wrap */
/* How many handles have been closed by hand so far: what was known of open ones holds while it stays */
GAL_API unsigned gal_lua_closed(void);
/* Keep the value at value_idx alive as long as the handle; fetch it again (pushes it, or nil). `key` names the slot. */
GAL_API void gal_lua_keep(lua_State *L, int handle_idx, int value_idx, const char *key);
GAL_API void gal_lua_kept(lua_State *L, int handle_idx, const char *key);

/* ------------------------------------------------------------------ numbers, vectors */
/* n doubles owned by the collector: pushed on the stack, alive while they stay there. Not initialised. */
GAL_API double *gal_lua_scratch(lua_State *L, size_t n);
/* The doubles of a vec or a plain table of numbers at idx. Contiguous vecs are borrowed; others are copied into scratch
 * memory that replaces the value at idx. Valid while the value stays on the stack. Raises on anything else. */
GAL_API const double *gal_lua_checkvec(lua_State *L, int idx, size_t *n);
GAL_API bool gal_lua_isvec(lua_State *L, int idx);     /* a vec, not a table */
GAL_API gal_vec *gal_lua_tovec(lua_State *L, int idx); /* the vec itself (writable through ->data), or NULL */
GAL_API gal_mat *gal_lua_tomat(lua_State *L, int idx); /* the matrix, or NULL */
/* Points of ndim coordinates for fn: a matrix of rows, or a vector for one; as gal_lua_checkvec */
GAL_API const double *gal_lua_checkpoints(lua_State *L, int idx, const char *fn, size_t ndim, size_t *m);
/* Row-major doubles of a matrix or of a table of rows; as gal_lua_checkvec */
GAL_API const double *gal_lua_checkmat(lua_State *L, int idx, size_t *rows, size_t *cols);
GAL_API double *gal_lua_pushvec(lua_State *L, size_t n); /* new, zeroed */
GAL_API double *gal_lua_pushmat(lua_State *L, size_t rows, size_t cols);
GAL_API void gal_lua_pushvec_copy(lua_State *L, const double *x, size_t n);
/* A read-only view of memory that belongs to `owner`: takes over one reference, dropped by release(owner). */
GAL_API void gal_lua_pushview(lua_State *L, const double *x, size_t n, size_t stride, void (*release)(void *),
                              void *owner);
GAL_API void gal_lua_pushmatview(lua_State *L, const double *x, size_t rows, size_t cols, size_t ld,
                                 void (*release)(void *), void *owner);
/* A new struct of Lua's FFI, all zero, in Lua's memory: pushed. Its type is galua.core[hook], left there by the Lua module; n: elements of its
 * variable array, or -1; key: an address of the caller's that stands for it. NULL: nothing is pushed, the error is set. */
GAL_API void *gal_lua_new_struct(lua_State *L, const void *key, const char *hook, const char *module, int n);
/* Push galua.core[name], left there by the Lua module, which is loaded for it. */
void gal_lua_push_hook(lua_State *L, const char *name, const char *module);
/* Fields of the table at the top of the stack */
typedef struct gal_lua_number {
    const char *key;
    double v;
} gal_lua_number;
GAL_API void gal_lua_set_num(lua_State *L, const char *key, double v);
GAL_API void gal_lua_set_text(lua_State *L, const char *key, const char *text);
GAL_API void gal_lua_set_flag(lua_State *L, const char *key, bool v);
GAL_API void gal_lua_set_list(lua_State *L, const gal_lua_number *list, size_t n);
/* Several at once: GAL_LUA_SET(L, {"lo", p->lo}, {"hi", p->hi}) */
#define GAL_LUA_SET(L, ...)                                                                                            \
    do {                                                                                                               \
        const gal_lua_number list_[] = {__VA_ARGS__};                                                                  \
        gal_lua_set_list((L), list_, sizeof list_ / sizeof *list_);                                                    \
    } while (0)
/* A list, pushed: `text`, an expression of i, for i from 0 to n - 1 */
#define GAL_LUA_TEXTS(L, i, n, text)                                                                                   \
    do {                                                                                                               \
        lua_createtable((L), (int)(n), 0);                                                                             \
        for (size_t i = 0; i < (size_t)(n); i++) {                                                                     \
            lua_pushstring((L), (text));                                                                               \
            lua_rawseti((L), -2, (int)i + 1);                                                                          \
        }                                                                                                              \
    } while (0)
/* A table with name, unit and doc, pushed; and one of a parameter, its name behind `prefix`, with value, lo, hi, plo, phi, log, free */
GAL_API void gal_lua_push_named(lua_State *L, const char *name, const char *unit, const char *doc);
struct gal_param;
GAL_API void gal_lua_push_param(lua_State *L, const char *prefix, const struct gal_param *p);
/* Values as a script writes them, what is printed can be pasted back (literal.c): a number with as few digits as read back to the same bits, a
 * text in quotes, "name = " (["a.b"] = where it is no name of Lua's) */
GAL_API void gal_lua_add_number(luaL_Buffer *b, double v);
GAL_API void gal_lua_add_quoted(luaL_Buffer *b, const char *s);
GAL_API void gal_lua_add_key(luaL_Buffer *b, const char *name);
/* Checked arguments */
GAL_API double gal_lua_checknum(lua_State *L, int idx);
GAL_API void gal_lua_checktype(lua_State *L, int idx, int type); /* LUA_TTABLE, LUA_TFUNCTION ... */
GAL_API int gal_lua_checkint(lua_State *L, int idx, int lo, int hi);
/* Text that C takes up to its end: a name, a path. A string with a zero byte in it, which C would cut there, is refused. */
GAL_API const char *gal_lua_checkstr(lua_State *L, int idx);
GAL_API const char *gal_lua_checkbytes(lua_State *L, int idx, size_t *n); /* any string */
/* Run a full collection when C memory has grown enough since the last one. Constructors call it through gal_lua_push. */
GAL_API void gal_lua_gc(lua_State *L);

/* ------------------------------------------------------------------ named options: f{ a = 1, b = "x" } */
#define GAL_LUA_MAX_OPTS 128
typedef struct gal_lua_opts {
    lua_State *L;
    int idx;        /* the table; 0 when there is none */
    const char *fn; /* for messages: "sfh.insitu" */
    int n, npos;
    const char *name[GAL_LUA_MAX_OPTS];
} gal_lua_opts;
/* The value at idx must be a table, nil or none. Readers raise "sfh.insitu: psi_max must be a number, got string". */
GAL_API void gal_lua_opts_begin(lua_State *L, gal_lua_opts *o, int idx, const char *fn);
GAL_API bool gal_lua_opt_given(gal_lua_opts *o, const char *name);
GAL_API double gal_lua_opt_num(gal_lua_opts *o, const char *name, double def);
GAL_API double gal_lua_req_num(gal_lua_opts *o, const char *name);
GAL_API double gal_lua_opt_range(gal_lua_opts *o, const char *name, double def, double lo, double hi);
GAL_API int gal_lua_opt_int(gal_lua_opts *o, const char *name, int def, int lo, int hi);
GAL_API bool gal_lua_opt_bool(gal_lua_opts *o, const char *name, bool def);
GAL_API const char *gal_lua_opt_str(gal_lua_opts *o, const char *name, const char *def); /* alive with the table */
GAL_API const char *gal_lua_req_str(gal_lua_opts *o, const char *name);
GAL_API int gal_lua_opt_choice(gal_lua_opts *o, const char *name, const char *const *choices, size_t n, int def);
/* Push the value and return true, or push nothing and return false. Type errors are the caller's: gal_lua_opt_typeerror */
GAL_API bool gal_lua_opt_push(gal_lua_opts *o, const char *name);
GAL_API bool gal_lua_opt_pushpos(gal_lua_opts *o, int i); /* positional value t[i] */
/* Push the value and return its numbers (see gal_lua_checkvec), or NULL without a push when not given */
GAL_API const double *gal_lua_opt_vec(gal_lua_opts *o, const char *name, size_t *n);
GAL_API void *gal_lua_opt_obj(gal_lua_opts *o, const char *name, const gal_lua_class *cls); /* NULL when not given */
GAL_API int gal_lua_opt_typeerror(gal_lua_opts *o, const char *name, const char *expected, int value_idx);
/* Raise on any key no reader asked for, with the nearest name; then the arguments are complete. */
GAL_API void gal_lua_opts_end(gal_lua_opts *o);

/* ------------------------------------------------------------------ session */
GAL_API uint64_t gal_lua_seed(lua_State *L); /* galua.seed() or --seed; default 1 */
GAL_API void gal_lua_set_seed(lua_State *L, uint64_t seed);

/* ------------------------------------------------------------------ Ctrl-C (intr_hook.c) */
/* Install the SIGINT handler for this state. compiled_loops: also stop JIT-compiled loops, at the price of line-mode
 * checks in compiled code. One state per process; call from the main thread. */
GAL_API void gal_lua_guard(lua_State *L, bool compiled_loops);
GAL_API void gal_lua_guard_off(lua_State *L);
GAL_API void gal_lua_guard_reset(lua_State *L); /* forget a past interrupt: before each prompt */
/* A run took the interrupt, and its caller goes on with what there is. Of SIGTERM and SIGHUP the program ends: raises, unless the caller holds
 * (it keeps what there is, then ends the program) and no run took the signal before. */
GAL_API void gal_lua_guard_taken(lua_State *L);
GAL_API void gal_lua_guard_hold(bool hold);
GAL_API void gal_lua_guard_end(
    lua_State *L); /* all is kept: a script that goes on though it was asked to end is ended a moment later */
GAL_API const char *gal_lua_guard_text(void); /* "interrupted", "ended by SIGTERM" */

#endif
