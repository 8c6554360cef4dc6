/* Accounted, 64-byte aligned memory. A 64-byte header in front of each block holds its size, so that gal_mem_live() is exact
 * and gal_realloc needs no second look-up; large blocks are linked through it, for gal_mem_own. gal_mem_fail_after makes the n-th
 * allocation fail: tests walk every error path. */
#include "galua/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define HEAD  64
#define LARGE ((size_t)1 << 18)
#define PAGE  4096

typedef struct head {
    size_t bytes;
    struct head *prev, *next; /* of the large ones */
} head;
_Static_assert(sizeof(head) <= HEAD, "a header fits in front of a block");

static head large = {0, &large, &large};
static atomic_flag guard = ATOMIC_FLAG_INIT; /* of that list; never held for long */

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

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&guard, memory_order_acquire))
        ;
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&guard, memory_order_release);
}

size_t gal_mem_own(size_t most)
{
    size_t owned = 0;
    lock();
    for (head *h = large.next; h != &large; h = h->next) {
        if (owned + h->bytes > most)
            continue;
        for (volatile char *page = (volatile char *)h; page < (volatile char *)h + h->bytes; page += PAGE)
            *page = *page; // cppcheck-suppress selfAssignment ; the write is what is wanted
        owned += h->bytes;
    }
    unlock();
    return owned;
}

void gal_mem_lean(void)
{
#ifdef __GLIBC__
    enum { BLOCK = 1 << 17 };
    mallopt(M_MMAP_THRESHOLD, BLOCK);
    mallopt(M_TRIM_THRESHOLD, BLOCK);
    malloc_trim(0);
#endif
}

void *gal_alloc(size_t bytes)
{
    void *raw = NULL;
    if (bytes > SIZE_MAX / 2 || told_to_fail() || posix_memalign(&raw, HEAD, bytes + HEAD) != 0) {
        gal_fail(GAL_ENOMEM, "out of memory: %zu bytes asked", bytes);
        return NULL;
    }
    head *h = raw;
    h->bytes = bytes;
    if (bytes >= LARGE) {
        lock();
        *h = (head){bytes, &large, large.next};
        large.next->prev = h;
        large.next = h;
        unlock();
    }
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
    head *h = (head *)((char *)p - HEAD);
    if (h->bytes >= LARGE) {
        lock();
        h->prev->next = h->next;
        h->next->prev = h->prev;
        unlock();
    }
    atomic_fetch_sub_explicit(&live, h->bytes, memory_order_relaxed);
    free(h);
}

void *gal_realloc(void *p, size_t bytes)
{
    if (!p)
        return gal_alloc(bytes);
    size_t old = ((head *)((char *)p - HEAD))->bytes;
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
