/* galua/ffi.h - what Lua's FFI sees: vectors, matrices and the leaf functions over them.
 *
 * The text of this file is given to ffi.cdef as it stands (lines starting with # and the word GAL_API are dropped), so the two
 * sides cannot drift. Only plain declarations are allowed here, and only LEAF functions: they never call Lua, never block
 * and fail by return code alone. No function here takes a Lua callback.
 *
 * Vectors are strided views of reference-counted blocks; indices are 0-based in C, 1-based in Lua. Thread safety: blocks
 * may be shared between threads (atomic counts), a gal_vec value belongs to one. */
#ifndef GAL_FFI_H
#define GAL_FFI_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_buf gal_buf;
enum { GAL_VEC_READONLY = 1 };
typedef struct gal_vec {
    double *data;
    int32_t n, stride; /* elements; element i is data[i * stride] */
    gal_buf *buf;      /* keeps data alive; one reference */
    uint32_t flags, pad;
} gal_vec;
typedef struct gal_mat {
    double *data;
    int32_t rows, cols, ld, pad; /* element (i, j) is data[i * ld + j] */
    gal_buf *buf;
    uint32_t flags, pad2;
} gal_mat;
/* Blocks: a new zeroed one of n doubles (NULL: out of memory), or a wrapper that calls release(owner) with the last
 * reference. */
GAL_API gal_buf *gal_buf_create(size_t n);
GAL_API gal_buf *gal_buf_wrap(void (*release)(void *), void *owner);
GAL_API gal_buf *gal_buf_ref(gal_buf *b);
GAL_API void gal_buf_unref(gal_buf *b); /* NULL is fine */
/* 0, or a gal_status: out of memory, or more elements than an int32_t counts */
GAL_API int gal_vec_init(gal_vec *v, double n);
GAL_API int gal_mat_init(gal_mat *m, double rows, double cols);
GAL_API void gal_vec_release(gal_vec *v);
GAL_API void gal_mat_release(gal_mat *m);
/* Element-wise operations; all operands have out->n elements. op: '+' '-' '*' '/' '^' */
GAL_API void gal_vec_binary(int op, gal_vec *out, const gal_vec *a, const gal_vec *b);
GAL_API void gal_vec_scalar(int op, gal_vec *out, const gal_vec *a, double s); /* a op s */
GAL_API void gal_scalar_vec(int op, gal_vec *out, double s, const gal_vec *a); /* s op a */
enum { GAL_FN_COPY, GAL_FN_NEG, GAL_FN_ABS, GAL_FN_SQRT, GAL_FN_EXP, GAL_FN_LOG, GAL_FN_LOG10, GAL_FN_REVERSE };
GAL_API void gal_vec_unary(int fn, gal_vec *out, const gal_vec *a);
GAL_API void gal_vec_cumsum(gal_vec *out, const gal_vec *a);
GAL_API void gal_vec_sort(gal_vec *out, const gal_vec *a); /* ascending, NaN last */
GAL_API void gal_vec_fill(gal_vec *out, double value);
GAL_API void gal_vec_space(gal_vec *out, double a, double b, int log); /* both ends exact */
/* Linear interpolation of the table (x ascending, y) at out->n abscissae; held constant outside. x->n = y->n >= 2. */
GAL_API void gal_vec_interp(gal_vec *out, const gal_vec *x, const gal_vec *y, const gal_vec *at);
/* Reductions. Sums are pairwise over fixed blocks: error grows as log n, result independent of strides. */
GAL_API double gal_vec_sum(const gal_vec *a);
GAL_API double gal_vec_dot(const gal_vec *a, const gal_vec *b);
GAL_API double gal_vec_var(const gal_vec *a);               /* with n - 1 */
GAL_API int gal_vec_extreme(const gal_vec *a, int largest); /* 0-based index; -1 when empty or all NaN */
/* First 0-based i with a[i+1] <= a[i] or a NaN; -1 when strictly ascending */
GAL_API int gal_vec_first_unordered(const gal_vec *a);
/* Garbage accounting: is it time for a full collection; and: one has just been made */
GAL_API int gal_gc_pressure(void);
GAL_API void gal_gc_settle(void);
#ifdef __cplusplus
}
#endif
#endif
