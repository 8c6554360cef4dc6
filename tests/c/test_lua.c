/* The binding kit, through a class made for the test: errors, options, fields, keep-alive, vectors both ways, memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "galua/base.h"
#include "lua/kit/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- a counter that owns an array */
typedef struct box {
    int refs;
    double gain;
    size_t n;
    double *x;
} box;

static int boxes_alive;

static box *box_new(double gain, size_t n)
{
    box *b = GAL_NEW(box);
    b->refs = 1;
    b->gain = gain;
    b->n = n;
    b->x = GAL_NEWN(double, n);
    for (size_t i = 0; i < n; i++)
        b->x[i] = (double)i;
    boxes_alive++;
    return b;
}

static void box_unref(void *p)
{
    box *b = p;
    if (--b->refs)
        return;
    gal_free(b->x);
    gal_free(b);
    boxes_alive--;
}

static int box_get(lua_State *L, void *obj, const char *key)
{
    box *b = obj;
    if (strcmp(key, "gain") == 0)
        return lua_pushnumber(L, b->gain), 1;
    if (strcmp(key, "x") == 0) {
        b->refs++;
        gal_lua_pushview(L, b->x, b->n, 1, box_unref, b);
        return 1;
    }
    if (strcmp(key, "dynamic") == 0)
        return lua_pushliteral(L, "yes"), 1;
    return 0;
}

static int box_set(lua_State *L, void *obj, const char *key)
{
    if (strcmp(key, "gain") != 0)
        return 0;
    ((box *)obj)->gain = gal_lua_checknum(L, 3);
    return 1;
}

static int box_geti(lua_State *L, void *obj, int i)
{
    box *b = obj;
    if (i < 1 || (size_t)i > b->n)
        return 0;
    return lua_pushnumber(L, b->x[i - 1] * b->gain), 1;
}

static int box_len(lua_State *L, void *obj)
{
    return lua_pushinteger(L, (lua_Integer)((box *)obj)->n), 1;
}

static void box_list(lua_State *L, void *obj)
{
    (void)obj;
    lua_newtable(L);
    lua_pushliteral(L, "dynamic");
    lua_rawseti(L, -2, 1);
}

static const gal_lua_class box_class;

static int box_scale(lua_State *L)
{
    box *b = gal_lua_check(L, 1, &box_class);
    size_t n;
    const double *x = gal_lua_checkvec(L, 2, &n);
    double *out = gal_lua_pushvec(L, n);
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * b->gain;
    return 1;
}

static int box_apply(lua_State *L) /* b:apply(f): f(gain), errors prefixed */
{
    box *b = gal_lua_check(L, 1, &box_class);
    lua_pushvalue(L, 2);
    lua_pushnumber(L, b->gain);
    gal_lua_checkstatus(L, gal_lua_call(L, 1, 1, "box function"));
    return 1;
}

static int box_hold(lua_State *L)
{
    gal_lua_check(L, 1, &box_class);
    if (lua_isnoneornil(L, 2)) {
        gal_lua_kept(L, 1, "held");
        return 1;
    }
    gal_lua_keep(L, 1, 2, "held");
    return 0;
}

static int box_total(lua_State *L) /* b:total(matrix) */
{
    size_t r, c;
    gal_lua_check(L, 1, &box_class);
    const double *m = gal_lua_checkmat(L, 2, &r, &c);
    double s = 0;
    for (size_t i = 0; i < r * c; i++)
        s += m[i] * (double)(i + 1);
    lua_pushnumber(L, s);
    lua_pushinteger(L, (lua_Integer)r);
    lua_pushinteger(L, (lua_Integer)c);
    return 3;
}

static const gal_lua_row box_methods[] = {{"scale", box_scale, "scale(x) -> vec\nx times gain."},
                                          {"apply", box_apply, "apply(f)\nf(gain)."},
                                          {"hold", box_hold, "hold([v])\nKeeps v."},
                                          {"total", box_total, "total(m)\nWeighted sum."},
                                          {NULL, NULL, NULL}};
static const gal_lua_field box_fields[] = {{"gain", "factor"}, {"x", "[A] the array, read-only"}, {NULL, NULL}};
static const gal_lua_class box_class = {.name = "box",
                                        .doc = "A box.",
                                        .methods = box_methods,
                                        .fields = box_fields,
                                        .free = box_unref,
                                        .get = box_get,
                                        .set = box_set,
                                        .geti = box_geti,
                                        .len = box_len,
                                        .list = box_list};

static int make_box(lua_State *L)
{
    static const char *const modes[] = {"linear", "log"};
    gal_lua_opts o;
    size_t nw;
    gal_lua_opts_begin(L, &o, 1, "box");
    double gain = gal_lua_opt_range(&o, "gain", 2, 0, 100);
    int n = gal_lua_opt_int(&o, "n", 3, 1, 1000000);
    bool on = gal_lua_opt_bool(&o, "on", true);
    const char *label = gal_lua_opt_str(&o, "label", "none");
    int mode = gal_lua_opt_choice(&o, "mode", modes, 2, 0);
    const double *w = gal_lua_opt_vec(&o, "weights", &nw);
    box *from = gal_lua_opt_obj(&o, "from", &box_class);
    gal_lua_opts_end(&o);
    if (!on || mode == 1)
        gain = -gain;
    for (size_t i = 0; i < nw; i++)
        gain += w[i];
    if (from)
        gain += from->gain;
    if (strcmp(label, "fail") == 0)
        return gal_lua_error(L, GAL_EDOMAIN, "box '%s': no such thing", label);
    gal_lua_push(L, &box_class, box_new(gain, (size_t)n));
    return 1;
}

static const gal_lua_row box_rows[] = {{"", make_box, "box{...} -> box\nMakes a box.\n@param gain (2) factor"},
                                       {NULL, NULL, NULL}};

static int setup(void **state)
{
    lua_State *L = gal_lua_new();
    if (!L) {
        fprintf(stderr, "%s\n", gal_error_message());
        return -1;
    }
    gal_lua_class_register(L, &box_class);
    gal_lua_module(L, "box", box_rows, "Boxes.");
    *state = L;
    return 0;
}

static int teardown(void **state)
{
    lua_close(*state);
    return boxes_alive; /* every reference was dropped */
}

/* Runs code that returns one value; its text (or the error text) must be `want` */
static void expect(lua_State *L, const char *code, const char *want)
{
    char text[1024];
    snprintf(text, sizeof text, "local box, vec, mat = galua.box, galua.vec, galua.mat %s", code);
    assert_int_equal(luaL_loadstring(L, text), 0);
    const char *got;
    if (lua_pcall(L, 0, 1, 0) != 0) {
        got = gal_lua_errtext(L);
    } else {
        lua_getglobal(L, "tostring");
        lua_insert(L, -2);
        lua_call(L, 1, 1);
        got = lua_tostring(L, -1);
    }
    assert_string_equal(got, want);
    lua_settop(L, 0);
}

static void test_options(void **state)
{
    lua_State *L = *state;
    expect(L, "return box{}.gain", "2");
    expect(L, "return box().gain", "2");
    expect(L, "return box{ gain = 5, on = false }.gain", "-5");
    expect(L, "return box{ mode = 'log' }.gain", "-2");
    expect(L, "return box{ weights = {1, 2} }.gain", "5");
    expect(L, "return box{ weights = vec{1, 2, 3} }.gain", "8");
    expect(L, "return box{ from = box{ gain = 7 } }.gain", "9");
    expect(L, "box{ gian = 1 }", "box: unknown option 'gian', did you mean 'gain'?");
    expect(L, "box{ zzz = 1 }", "box: unknown option 'zzz' (known: gain, n, on, label, mode, weights, from)");
    expect(L, "box{ 4 }", "box: options are given by name, found a value without one at position 1");
    expect(L, "box{ gain = '1' }", "box: gain must be a number, got string");
    expect(L, "box{ gain = 101 }", "box: gain = 101 lies outside 0 .. 100");
    expect(L, "box{ gain = 0/0 }", "box: gain = nan lies outside 0 .. 100");
    expect(L, "box{ n = 1.5 }", "box: n must be a whole number in 1 .. 1000000, got 1.5");
    expect(L, "box{ on = 1 }", "box: on must be true or false, got number");
    expect(L, "box{ label = 1 }", "box: label must be a string, got number");
    expect(L, "box{ mode = 'logg' }", "box: mode = 'logg' is not one of linear, log, did you mean 'log'?");
    expect(L, "box{ weights = 1 }", "box: weights must be a vec or a table of numbers, got number");
    expect(L, "box{ weights = {1, 'x'} }", "box: weights: element 2 must be a number, got string");
    expect(L, "box{ from = vec(2) }", "box: from must be a box, got vec");
    expect(L, "box(3)", "box: expected a table of options {name = value}, got number");
}

static void test_errors(void **state)
{
    lua_State *L = *state;
    expect(L, "local ok, e = pcall(box, { label = 'fail' }) return e.code .. ' ' .. e.msg",
           "GAL_EDOMAIN box 'fail': no such thing");
    expect(L, "local ok, e = pcall(box, { label = 'fail' }) return (e.where:gsub(':%d+$', ''))", "tests/c/test_lua.c");
    expect(L, "return box{}:apply(function(g) return g + 1 end)", "3");
    expect(L, "box{}:apply(function() error('deep', 0) end)", "box function: deep");
    expect(L, "local ok, e = pcall(function() box{}:apply(function() box{ gian = 1 } end) end) return e.code",
           "GAL_EINVAL");
    expect(L, "box{}:apply(function() error({}) end)", "box function: error value is neither text nor an error object");
    lua_pushcfunction(L, make_box);
    lua_pushliteral(L, "bad");
    assert_int_equal(gal_lua_call(L, 1, 1, ""), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "box: expected a table of options {name = value}, got string");
    assert_int_equal(lua_gettop(L), 0);
}

static void test_handles(void **state)
{
    lua_State *L = *state;
    expect(L, "local b = box{} b.gain = 4 return b.gain", "4");
    expect(L, "return box{}.dynamic", "yes");
    expect(L, "return box{}.gian", "box has no field or method 'gian', did you mean 'gain'?");
    expect(L, "return box{}.dynamc", "box has no field or method 'dynamc', did you mean 'dynamic'?");
    expect(L, "return box{}:scal()", "box has no field or method 'scal', did you mean 'scale'?");
    expect(L, "box{}.gian = 1", "box has no field or method 'gian', did you mean 'gain'?");
    expect(L, "box{}.x = 1", "box.x is read-only");
    expect(L, "box{}.scale = 1", "box.scale is read-only");
    expect(L, "return box{}[3]", "4");
    expect(L, "return #box{ n = 7 }", "7");
    expect(L, "return box{}[4]", "box: index 4 outside 1 .. 3");
    expect(L, "return box{}[true]", "box: cannot be indexed by a boolean");
    expect(L, "local b = box{} b:close() return tostring(b)", "box (closed)");
    expect(L, "local b = box{} b:close() b:close() return b.gain", "this box has been closed");
    expect(L, "return box{}.scale(vec{1})", "box:scale: call it with a colon on a box, not on vec");
    expect(L, "return box{}:scale('x')", "box:scale: argument 1 must be a vec or a table of numbers, got string");
    expect(L, "return box{}:scale(box{})", "box:scale: argument 1 must be a vec or a table of numbers, got box");
    expect(L, "local b = box{} b:hold('it') collectgarbage() return b:hold()", "it");
    expect(L, "return box{}:hold()", "nil");
    expect(L, "local a, b = box{}, box{} a:hold(1) return b:hold()", "nil");
    /* a metatable of our own making does not turn foreign userdata into handles */
    expect(L, "return pcall(debug.getmetatable(box{}).__index, io.stdout, 'gain')", "false");
}

static void test_vectors(void **state)
{
    lua_State *L = *state;
    expect(L, "return box{}:scale{1, 2, 3}", "vec(3) {2, 4, 6}");
    expect(L, "return box{}:scale(vec{1, 2, 3, 4}:slice(1, 4, 3))", "vec(2) {2, 8}");
    expect(L, "return box{}:scale{}", "vec(0) {}");
    expect(L, "return box{ n = 5 }.x", "vec(5) {0, 1, 2, 3, 4}");
    expect(L, "box{}.x[1] = 5", "vec: read-only view of a table; use v:copy() for your own");
    expect(L, "local x = box{ n = 1000 }.x collectgarbage() collectgarbage() return x:sum()", "499500");
    expect(L, "return table.concat({box{}:total{{1, 2}, {3, 4}}}, ' ')", "30 2 2");
    expect(L, "return table.concat({box{}:total(mat{{1, 2}, {3, 4}, {0, 1}})}, ' ')", "36 3 2");
    expect(L, "return box{}:total{{1, 2}, {3}}", "row 2 of a matrix has 1 numbers, row 1 has 2");
    expect(L, "return box{}:total{{1}, 2}", "row 2 of a matrix is a number, not a list of numbers");

    gal_lua_pushvec_copy(L, (const double[]){1, 2, 3}, 3);
    gal_vec *v = gal_lua_tovec(L, -1);
    assert_non_null(v);
    assert_int_equal(v->n, 3);
    assert_true(v->data[2] == 3.0);
    assert_true((uintptr_t)v->data % 64 == 0);
    double *m = gal_lua_pushmat(L, 2, 3);
    m[4] = 8;
    lua_setglobal(L, "m_from_c");
    expect(L, "return m_from_c[2][2]", "8");
    lua_pushnumber(L, 1);
    assert_null(gal_lua_tovec(L, -1));
    lua_settop(L, 0);
}

/* Everything handed to Lua comes back, also when allocations fail on the way */
static void test_memory(void **state)
{
    lua_State *L = *state;
    expect(L, "collectgarbage() collectgarbage() return 1", "1");
    size_t before = gal_mem_live();
    int alive = boxes_alive;
    expect(L, "for i = 1, 200 do local b = box{ n = 1000 } local x, y = b.x, b:scale{1, 2} b:hold(x) end return 1",
           "1");
    expect(L, "collectgarbage() collectgarbage() return 1", "1");
    assert_int_equal(boxes_alive, alive);
    assert_true(gal_mem_live() == before);
    for (long k = 0; k < 4; k++) {
        gal_mem_fail_after(k);
        luaL_loadstring(L, "return galua.vec(10)");
        int st = lua_pcall(L, 0, 1, 0);
        gal_mem_fail_after(-1);
        if (st != 0)
            assert_non_null(strstr(gal_lua_errtext(L), "out of memory"));
        else
            assert_true(k >= 1); /* a vec is one block */
        lua_settop(L, 0);
    }
    expect(L, "collectgarbage() collectgarbage() return 1", "1");
    assert_true(gal_mem_live() == before);
}

/* Two states in one process do not know each other */
static void test_states(void **state)
{
    lua_State *L = *state, *M = gal_lua_new();
    assert_non_null(M);
    lua_getglobal(M, "galua");
    lua_getfield(M, -1, "version");
    assert_string_equal(lua_tostring(M, -1), GAL_VERSION);
    assert_int_equal(luaL_dostring(M, "x = 1 return galua.vec{1, 2}:sum()"), 0);
    assert_true(lua_tonumber(M, -1) == 3.0);
    gal_lua_set_seed(M, 5);
    assert_true(gal_lua_seed(M) == 5 && gal_lua_seed(L) == 1);
    expect(L, "return rawget(_G, 'x')", "nil");
    lua_close(M);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options), cmocka_unit_test(test_errors), cmocka_unit_test(test_handles),
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_memory), cmocka_unit_test(test_states),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
