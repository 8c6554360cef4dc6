/* Accounted, 64-byte aligned memory. A 64-byte header in front of each block holds its size, so that gal_mem_live() is exact
 * and gal_realloc needs no second look-up. gal_mem_fail_after makes the n-th allocation fail: tests walk every error path. */
#include "galua/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 64

static atomic_size_t live;
static atomic_long fail_after = -1;

static bool told_to_fail(void)
{
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) < 0)
        return false;
    return atomic_fetch_sub(&fail_after, 1) == 0;
}

void gal_mem_fail_after(long n)
{
    atomic_store(&fail_after, n);
}

size_t gal_mem_live(void)
{
    return atomic_load(&live);
}

void *gal_alloc(size_t bytes)
{
    void *raw = NULL;
    if (bytes > SIZE_MAX / 2 || told_to_fail() || posix_memalign(&raw, HEAD, bytes + HEAD) != 0) {
        gal_fail(GAL_ENOMEM, "out of memory: %zu bytes asked", bytes);
        return NULL;
    }
    *(size_t *)raw = bytes;
    atomic_fetch_add_explicit(&live, bytes, memory_order_relaxed);
    return (char *)raw + HEAD;
}

void *gal_calloc(size_t n, size_t size)
{
    if (size && n > SIZE_MAX / 2 / size) {
        gal_fail(GAL_ENOMEM, "out of memory: %zu x %zu bytes asked", n, size);
        return NULL;
    }
    void *p = gal_alloc(n * size);
    if (p)
        memset(p, 0, n * size);
    return p;
}

void gal_free(void *p)
{
    if (!p)
        return;
    void *raw = (char *)p - HEAD;
    atomic_fetch_sub_explicit(&live, *(size_t *)raw, memory_order_relaxed);
    free(raw);
}

void *gal_realloc(void *p, size_t bytes)
{
    if (!p)
        return gal_alloc(bytes);
    size_t old = *(size_t *)((char *)p - HEAD);
    void *q = gal_alloc(bytes);
    if (!q)
        return NULL;
    memcpy(q, p, old < bytes ? old : bytes);
    gal_free(p);
    return q;
}

char *gal_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *p = gal_alloc(n);
    if (p)
        memcpy(p, s, n);
    return p;
}

char *gal_asprintf(const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : gal_alloc((size_t)n + 1);
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}
