/* vec.c - vectors and matrices: reference-counted blocks, the leaf functions behind lua/galua/vec.lua, and the C side of
 * passing them to and from Lua (FFI struct values made and recognised by two closures that vec.lua registers).
 *
 * Sums are pairwise over blocks of 128 in a fixed order: error ~ eps log2(n), the same bits for any stride. */
#include "lua/kit/util.h"

#include "galua/num.h"

#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ blocks */
struct gal_buf {
    atomic_int refs;
    void (*release)(void *);
    void *owner;
    double *data; /* of the same block, or NULL: the owner has them */
};

enum {
    FRONT = 8
}; /* doubles before the data, as aligned as the block: most vectors at the prompt are short, and one block is soon made */
_Static_assert(sizeof(gal_buf) <= FRONT * sizeof(double), "the data begin after it");

gal_buf *gal_buf_create(size_t n)
{
    double *block = n <= SIZE_MAX / 16 ? gal_calloc(FRONT + n, sizeof *block) : NULL;
    if (!block) {
        gal_fail(GAL_ENOMEM, "out of memory: a vector of %zu numbers", n);
        return NULL;
    }
    gal_buf *b = (gal_buf *)block;
    b->data = block + FRONT;
    atomic_init(&b->refs, 1);
    return b;
}

gal_buf *gal_buf_wrap(void (*release)(void *), void *owner)
{
    gal_buf *b = GAL_NEW(gal_buf);
    if (!b)
        return NULL;
    b->release = release;
    b->owner = owner;
    atomic_init(&b->refs, 1);
    return b;
}

void *gal_buf_owner(gal_buf *b)
{
    return b->owner;
}

gal_buf *gal_buf_ref(gal_buf *b)
{
    if (b)
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

void gal_buf_unref(gal_buf *b)
{
    if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (b->release)
        b->release(b->owner);
    gal_free(b);
}

int gal_vec_init(gal_vec *v, double n)
{
    memset(v, 0, sizeof *v);
    if (!(n >= 0 && n <= INT32_MAX) || n != floor(n))
        return gal_fail(GAL_EINVAL, "vec: length must be a whole number in 0 .. 2147483647, got %.10g", n);
    if (!(v->buf = gal_buf_create((size_t)n)))
        return GAL_ENOMEM;
    v->data = v->buf->data;
    v->n = (int32_t)n;
    v->stride = 1;
    return GAL_OK;
}

int gal_mat_init(gal_mat *m, double rows, double cols)
{
    memset(m, 0, sizeof *m);
    if (!(rows >= 0 && cols >= 0 && rows <= INT32_MAX && cols <= INT32_MAX) || rows != floor(rows) ||
        cols != floor(cols))
        return gal_fail(GAL_EINVAL, "mat: %.10g x %.10g is not a shape", rows, cols);
    if (!(m->buf = gal_buf_create((size_t)rows * (size_t)cols)))
        return GAL_ENOMEM;
    m->data = m->buf->data;
    m->rows = (int32_t)rows;
    m->cols = m->ld = (int32_t)cols;
    return GAL_OK;
}

void gal_vec_release(gal_vec *v)
{
    gal_buf *b = v->buf;
    v->buf = NULL;
    v->n = 0;
    gal_buf_unref(b);
}

void gal_mat_release(gal_mat *m)
{
    gal_buf *b = m->buf;
    m->buf = NULL;
    m->rows = m->cols = 0;
    gal_buf_unref(b);
}

/* ------------------------------------------------------------------ element-wise */
#define AT(v, i) ((v)->data[(ptrdiff_t)(i) * (v)->stride])
#define EACH(v)  for (int32_t i = 0; i < (v)->n; i++)

void gal_vec_binary(int op, gal_vec *out, const gal_vec *a, const gal_vec *b)
{
    switch (op) {
    case '+':
        EACH(out) AT(out, i) = AT(a, i) + AT(b, i);
        break;
    case '-':
        EACH(out) AT(out, i) = AT(a, i) - AT(b, i);
        break;
    case '*':
        EACH(out) AT(out, i) = AT(a, i) * AT(b, i);
        break;
    case '/':
        EACH(out) AT(out, i) = AT(a, i) / AT(b, i);
        break;
    default:
        EACH(out) AT(out, i) = pow(AT(a, i), AT(b, i));
    }
}

void gal_vec_scalar(int op, gal_vec *out, const gal_vec *a, double s)
{
    switch (op) {
    case '+':
        EACH(out) AT(out, i) = AT(a, i) + s;
        break;
    case '-':
        EACH(out) AT(out, i) = AT(a, i) - s;
        break;
    case '*':
        EACH(out) AT(out, i) = AT(a, i) * s;
        break;
    case '/':
        EACH(out) AT(out, i) = AT(a, i) / s;
        break;
    default:
        if (s == 2.0)
            EACH(out) AT(out, i) = AT(a, i) * AT(a, i);
        else
            EACH(out) AT(out, i) = pow(AT(a, i), s);
    }
}

void gal_scalar_vec(int op, gal_vec *out, double s, const gal_vec *a)
{
    switch (op) {
    case '-':
        EACH(out) AT(out, i) = s - AT(a, i);
        break;
    case '/':
        EACH(out) AT(out, i) = s / AT(a, i);
        break;
    case '^':
        EACH(out) AT(out, i) = pow(s, AT(a, i));
        break;
    default:
        gal_vec_scalar(op, out, a, s);
    }
}

void gal_vec_unary(int fn, gal_vec *out, const gal_vec *a)
{
    switch (fn) {
    case GAL_FN_COPY:
        EACH(out) AT(out, i) = AT(a, i);
        break;
    case GAL_FN_NEG:
        EACH(out) AT(out, i) = -AT(a, i);
        break;
    case GAL_FN_ABS:
        EACH(out) AT(out, i) = fabs(AT(a, i));
        break;
    case GAL_FN_SQRT:
        EACH(out) AT(out, i) = sqrt(AT(a, i));
        break;
    case GAL_FN_EXP:
        EACH(out) AT(out, i) = exp(AT(a, i));
        break;
    case GAL_FN_LOG:
        EACH(out) AT(out, i) = log(AT(a, i));
        break;
    case GAL_FN_LOG10:
        EACH(out) AT(out, i) = log10(AT(a, i));
        break;
    default:
        EACH(out) AT(out, i) = AT(a, a->n - 1 - i);
    }
}

void gal_vec_cumsum(gal_vec *out, const gal_vec *a)
{
    double s = 0.0, c = 0.0; /* Kahan: every partial sum is good */
    EACH(out)
    {
        double y = AT(a, i) - c, t = s + y;
        c = (t - s) - y;
        s = t;
        AT(out, i) = s;
    }
}

static int ascending_nan_last(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

void gal_vec_sort(gal_vec *out, const gal_vec *a)
{
    gal_vec_unary(GAL_FN_COPY, out, a); /* out is new, hence contiguous */
    qsort(out->data, (size_t)out->n, sizeof(double), ascending_nan_last);
}

void gal_vec_fill(gal_vec *out, double value)
{
    EACH(out) AT(out, i) = value;
}

void gal_vec_space(gal_vec *out, double a, double b, int log)
{
    if (log)
        gal_logspace(a, b, (size_t)out->n, out->data);
    else
        gal_linspace(a, b, (size_t)out->n, out->data);
}

void gal_vec_interp(gal_vec *out, const gal_vec *x, const gal_vec *y, const gal_vec *at)
{
    int32_t last = x->n - 1;
    EACH(out)
    {
        double v = AT(at, i);
        int32_t lo = 0, hi = last;
        if (isnan(v)) {
            AT(out, i) = v;
            continue;
        }
        while (hi - lo > 1) {
            int32_t mid = lo + (hi - lo) / 2;
            if (AT(x, mid) <= v)
                lo = mid;
            else
                hi = mid;
        }
        double x0 = AT(x, lo), x1 = AT(x, hi), y0 = AT(y, lo), y1 = AT(y, hi);
        AT(out, i) = v <= x0 ? y0 : v >= x1 ? y1 : y0 + (y1 - y0) * ((v - x0) / (x1 - x0));
    }
}

/* ------------------------------------------------------------------ reductions */
/* sum of f(a_i, b_i) over [i0, i0 + n), pairwise */
static double pairwise(const gal_vec *a, const gal_vec *b, double shift, int32_t i0, int32_t n)
{
    if (n > 128) {
        int32_t half = (n / 2 + 127) / 128 * 128;
        return pairwise(a, b, shift, i0, half) + pairwise(a, b, shift, i0 + half, n - half);
    }
    double s = 0.0;
    if (b)
        for (int32_t i = i0; i < i0 + n; i++)
            s += (AT(a, i) - shift) * (AT(b, i) - shift);
    else
        for (int32_t i = i0; i < i0 + n; i++)
            s += AT(a, i);
    return s;
}

double gal_vec_sum(const gal_vec *a)
{
    return pairwise(a, NULL, 0.0, 0, a->n);
}

double gal_vec_dot(const gal_vec *a, const gal_vec *b)
{
    return pairwise(a, b, 0.0, 0, a->n);
}

double gal_vec_var(const gal_vec *a)
{
    return a->n < 2 ? NAN : pairwise(a, a, gal_vec_sum(a) / a->n, 0, a->n) / (a->n - 1);
}

int gal_vec_extreme(const gal_vec *a, int largest)
{
    int best = -1;
    for (int32_t i = 0; i < a->n; i++) {
        double x = AT(a, i);
        if (!isnan(x) && (best < 0 || (largest ? x > AT(a, best) : x < AT(a, best))))
            best = i;
    }
    return best;
}

int gal_vec_first_unordered(const gal_vec *a)
{
    for (int32_t i = 0; i + 1 < a->n; i++)
        if (!(AT(a, i + 1) > AT(a, i)))
            return i;
    return -1;
}

/* ------------------------------------------------------------------ to and from Lua */
/* vec.lua and mat.lua leave ffi_new, vec_type, vec_is, mat_type, mat_is in galua.core; loading them is deferred to the first vector. */
void gal_lua_push_hook(lua_State *L, const char *name, const char *module)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_getfield(L, -1, name);
    if (lua_isnil(L, -1)) {
        lua_getglobal(L, "require");
        lua_pushstring(L, module);
        lua_call(L, 1, 0);
        lua_pop(L, 1);
        lua_getfield(L, -1, name);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* registry keys: ffi.new, the types of vectors and of matrices, whether a value is one */
static const char NEW, VEC, MAT, IS_VEC, IS_MAT;

static void push_kept(lua_State *L, const void *key, const char *hook, const char *module)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    gal_lua_push_hook(L, hook, module);
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

#define LUAJIT_TCDATA 10 /* not in lua.h */

static void *to_cdata(lua_State *L, int idx, const char *is, const char *hook)
{
    if (lua_type(L, idx) != LUAJIT_TCDATA)
        return NULL;
    if (idx < 0)
        idx = lua_gettop(L) + idx + 1;
    push_kept(L, is, hook, "galua.mat"); /* needs galua.vec */
    lua_pushvalue(L, idx);
    lua_call(L, 1, 1); /* ffi.istype: cannot fail */
    bool yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return yes ? (void *)lua_topointer(L, idx) : NULL;
}

gal_vec *gal_lua_tovec(lua_State *L, int idx)
{
    return to_cdata(L, idx, &IS_VEC, "vec_is");
}

gal_mat *gal_lua_tomat(lua_State *L, int idx)
{
    return to_cdata(L, idx, &IS_MAT, "mat_is");
}

bool gal_lua_isvec(lua_State *L, int idx)
{
    return gal_lua_tovec(L, idx) != NULL;
}

/* ffi.new is called itself: a closure around it would be interpreted, for longer than all of the rest takes. */
void *gal_lua_new_struct(lua_State *L, const void *key, const char *hook, const char *module, int n)
{
    push_kept(L, &NEW, "ffi_new", "galua.mat");
    push_kept(L, key, hook, module);
    if (n >= 0)
        lua_pushinteger(L, n);
    if (lua_pcall(L, n >= 0 ? 2 : 1, 1, 0) != 0) {
        gal_fail(GAL_ENOMEM, "%s", gal_lua_errtext(L));
        lua_pop(L, 1);
        return NULL;
    }
    return (void *)(uintptr_t)lua_topointer(L, -1);
}

static void *fresh(lua_State *L, const char *key, const char *type)
{
    return gal_lua_new_struct(L, key, type, "galua.mat", -1);
}

double *gal_lua_pushvec(lua_State *L, size_t n)
{
    gal_vec *v = fresh(L, &VEC, "vec_type");
    if (!v || gal_vec_init(v, (double)n) != GAL_OK) {
        gal_lua_fail(L);
        return NULL;
    }
    gal_lua_gc(L);
    return v->data;
}

double *gal_lua_pushmat(lua_State *L, size_t rows, size_t cols)
{
    gal_mat *m = fresh(L, &MAT, "mat_type");
    if (!m || gal_mat_init(m, (double)rows, (double)cols) != GAL_OK) {
        gal_lua_fail(L);
        return NULL;
    }
    gal_lua_gc(L);
    return m->data;
}

void gal_lua_pushvec_copy(lua_State *L, const double *x, size_t n)
{
    double *out = gal_lua_pushvec(L, n);
    if (n)
        memcpy(out, x, n * sizeof *x);
}

/* The block of a view into the struct that `fresh` made; on failure the owner is released and the error raised */
static gal_buf *wrap_or_raise(lua_State *L, const void *made, bool fits, void (*release)(void *), void *owner)
{
    gal_buf *b = NULL;
    if (made && !fits)
        gal_fail(GAL_EUNSUP, "vec: more than 2147483647 elements");
    else if (made)
        b = gal_buf_wrap(release, owner);
    if (!b) {
        release(owner);
        gal_lua_fail(L);
    }
    return b;
}

void gal_lua_pushview(lua_State *L, const double *x, size_t n, size_t stride, void (*release)(void *), void *owner)
{
    gal_vec *v = fresh(L, &VEC, "vec_type");
    gal_buf *b = wrap_or_raise(L, v, n <= INT32_MAX && stride <= INT32_MAX, release, owner);
    *v =
        (gal_vec){.data = (double *)x, .n = (int32_t)n, .stride = (int32_t)stride, .buf = b, .flags = GAL_VEC_READONLY};
    gal_lua_gc(L);
}

void gal_lua_pushmatview(lua_State *L, const double *x, size_t rows, size_t cols, size_t ld, void (*release)(void *),
                         void *owner)
{
    gal_mat *m = fresh(L, &MAT, "mat_type");
    gal_buf *b = wrap_or_raise(L, m, rows <= INT32_MAX && cols <= INT32_MAX && ld <= INT32_MAX, release, owner);
    *m = (gal_mat){.data = (double *)x,
                   .rows = (int32_t)rows,
                   .cols = (int32_t)cols,
                   .ld = (int32_t)ld,
                   .buf = b,
                   .flags = GAL_VEC_READONLY};
    gal_lua_gc(L);
}

double *gal_lua_scratch(lua_State *L, size_t n)
{
    if (n > ((size_t)1 << 27))
        gal_lua_error(L, GAL_ENOMEM, "a list of %zu numbers is too long; use a vec", n);
    return lua_newuserdata(L, (n ? n : 1) * sizeof(double));
}

const double *gal_lua_checkvec(lua_State *L, int idx, size_t *n)
{
    if (lua_istable(L, idx)) {
        size_t len = lua_objlen(L, idx);
        double *x = gal_lua_scratch(L, len);
        for (size_t i = 0; i < len; i++) {
            lua_rawgeti(L, idx, (int)i + 1);
            if (lua_type(L, -1) != LUA_TNUMBER)
                gal_lua_error(L, GAL_EINVAL, "element %zu of a list of numbers is a %s", i + 1, luaL_typename(L, -1));
            x[i] = lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
        lua_replace(L, idx);
        *n = len;
        return x;
    }
    const gal_vec *v = gal_lua_tovec(L, idx);
    if (!v) {
        gal_lua_argerror(L, idx, "a vec or a table of numbers");
        return NULL;
    }
    *n = (size_t)v->n;
    if (v->stride == 1)
        return v->data;
    double *x = gal_lua_scratch(L, *n);
    for (int32_t i = 0; i < v->n; i++)
        x[i] = AT(v, i);
    lua_replace(L, idx);
    return x;
}

const double *gal_lua_checkmat(lua_State *L, int idx, size_t *rows, size_t *cols)
{
    if (lua_istable(L, idx)) {
        double *x = NULL;
        *rows = lua_objlen(L, idx);
        *cols = 0;
        for (size_t i = 0; i < *rows; i++) {
            size_t n;
            lua_rawgeti(L, idx, (int)i + 1);
            int row = lua_gettop(L);
            if (!lua_istable(L, row) && !gal_lua_isvec(L, row))
                gal_lua_error(L, GAL_EINVAL, "row %zu of a matrix is a %s, not a list of numbers", i + 1,
                              luaL_typename(L, row));
            const double *r = gal_lua_checkvec(L, row, &n);
            if (i == 0) {
                *cols = n;
                x = gal_lua_scratch(L, *rows * n);
                lua_insert(L, row);
                row++;
            } else if (n != *cols) {
                gal_lua_error(L, GAL_EINVAL, "row %zu of a matrix has %zu numbers, row 1 has %zu", i + 1, n, *cols);
            }
            memcpy(x + i * n, r, n * sizeof *x);
            lua_remove(L, row);
        }
        if (!x)
            x = gal_lua_scratch(L, 0);
        lua_replace(L, idx);
        return x;
    }
    const gal_mat *m = gal_lua_tomat(L, idx);
    if (!m) {
        gal_lua_argerror(L, idx, "a matrix or a table of rows");
        return NULL;
    }
    *rows = (size_t)m->rows;
    *cols = (size_t)m->cols;
    if (m->ld == m->cols)
        return m->data;
    double *x = gal_lua_scratch(L, *rows * *cols);
    for (size_t i = 0; i < *rows; i++)
        memcpy(x + i * *cols, m->data + i * (size_t)m->ld, *cols * sizeof *x);
    lua_replace(L, idx);
    return x;
}
