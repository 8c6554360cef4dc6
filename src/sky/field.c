/* field.c - where the values of pixels come from: numbers, memory, columns of FITS files, formulas; see galua/sky.h. */
#include "galua/sky.h"
#include "io/fits.h"
#include "sky/sky_kern.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum kind { NUMBER, F32, F64, FILE_COLUMN, FORMULA, FUNCTION } kind;
enum { MAXCHILD = 8, CHUNK = 2048 };

struct gal_field {
    atomic_int refs, ranged;
    kind kind;
    size_t npix;
    double scale, lo, hi;
    const void *x; /* F32, F64 */
    void (*release)(void *);
    void *owner;
    int fd; /* FILE_COLUMN */
    gal_fits_raw raw;
    char *path;
    gal_field_formula formula;
    size_t nchild;
    gal_field *child[MAXCHILD];
    double c[MAXCHILD];
    gal_field_fn fn;
};

static gal_status make(gal_field **out, kind k, size_t npix, double scale)
{
    gal_field *f = GAL_NEW(gal_field);
    *out = f;
    if (!f)
        return GAL_ENOMEM;
    atomic_init(&f->refs, 1);
    atomic_init(&f->ranged, 0);
    f->kind = k;
    f->npix = npix;
    f->scale = scale;
    f->fd = -1;
    return GAL_OK;
}

gal_status gal_field_number(gal_field **out, double value)
{
    return make(out, NUMBER, 0, value);
}

static gal_status memory(gal_field **out, kind k, size_t npix, const void *x, double scale, void (*release)(void *),
                         void *owner)
{
    gal_status st = npix > 0 ? make(out, k, npix, scale) : gal_fail(GAL_EINVAL, "field: no pixels");
    if (st != GAL_OK)
        return st;
    (*out)->x = x;
    (*out)->release = release;
    (*out)->owner = owner;
    return GAL_OK;
}

gal_status gal_field_f32(gal_field **out, size_t npix, const float *x, double scale, void (*release)(void *),
                         void *owner)
{
    return memory(out, F32, npix, x, scale, release, owner);
}

gal_status gal_field_f64(gal_field **out, size_t npix, const double *x, double scale, void (*release)(void *),
                         void *owner)
{
    return memory(out, F64, npix, x, scale, release, owner);
}

static bool word(gal_fits *f, const char *key, const char *expected)
{
    char v[80];
    return gal_fits_has_key(f, key) && gal_fits_key_string(f, key, v, sizeof v) == GAL_OK && strcmp(v, expected) == 0;
}

gal_status gal_field_file(gal_field **out, const char *path, size_t column, size_t npix, double scale)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    gal_field *d = NULL;
    struct stat s;
    *out = NULL;
    GAL_TRY(gal_fits_open(&f, path));
    GAL_TRY(gal_fits_select_number(f, 2));
    GAL_TRY(make(&d, FILE_COLUMN, npix, scale));
    GAL_TRY(gal_fits_raw_column(f, column, &d->raw));
    if (!word(f, "ORDERING", "RING") || word(f, "INDXSCHM", "EXPLICIT") || d->raw.nrows * d->raw.repeat != npix)
        GAL_THROW(GAL_EUNSUP, "%s: not a whole RING map of %zu pixels", path, npix);
    if (!(d->path = gal_strdup(path)))
        GAL_THROW(GAL_ENOMEM, "%s: no memory", path);
    if ((d->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(d->fd, &s) != 0)
        GAL_THROW(GAL_EIO, "%s: %s", path, strerror(errno));
    if ((uint64_t)s.st_size < (uint64_t)d->raw.start + (uint64_t)d->raw.nrows * d->raw.row)
        GAL_THROW(GAL_EFORMAT, "%s: the file ends before its table does; it was cut short", path);
    *out = d;
    d = NULL;
out:
    gal_field_unref(d);
    if (f)
        gal_fits_close(f);
    return st;
}

gal_status gal_field_make(gal_field **out, gal_field_formula formula, size_t n, gal_field *const *child,
                          const double *c)
{
    static const size_t need[] = {0, 0, 3, 3, 3, 3, 3};
    *out = NULL;
    if (n < 1 || n > MAXCHILD || (need[formula] && n != need[formula]))
        return gal_fail(GAL_EINVAL, "field: a formula of %zu fields", n);
    size_t npix = 0;
    for (size_t i = 0; i < n; i++) {
        size_t m = child[i]->npix;
        if (m && npix && m != npix)
            return gal_fail(GAL_EINVAL, "field: fields of %zu and %zu pixels do not go together", npix, m);
        npix = m ? m : npix;
    }
    gal_status st = make(out, FORMULA, npix, 1);
    if (st != GAL_OK)
        return st;
    (*out)->formula = formula;
    (*out)->nchild = n;
    for (size_t i = 0; i < n; i++) {
        (*out)->child[i] = gal_field_ref(child[i]);
        (*out)->c[i] = c ? c[i] : 1;
    }
    return GAL_OK;
}

gal_status gal_field_function(gal_field **out, size_t npix, gal_field_fn fn, void *ctx, void (*destroy)(void *))
{
    gal_status st = memory(out, FUNCTION, npix, NULL, 1, destroy, ctx);
    if (st == GAL_OK)
        (*out)->fn = fn;
    return st;
}

gal_field *gal_field_ref(gal_field *f)
{
    if (f)
        atomic_fetch_add(&f->refs, 1);
    return f;
}

void gal_field_unref(gal_field *f)
{
    if (!f || atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    if (f->release)
        f->release(f->owner);
    for (size_t i = 0; i < f->nchild; i++)
        gal_field_unref(f->child[i]);
    if (f->fd >= 0)
        close(f->fd);
    gal_free(f->path);
    gal_free(f);
}

bool gal_field_is_number(const gal_field *f, double *value)
{
    if (f->kind == NUMBER && value)
        *value = f->scale;
    return f->kind == NUMBER;
}

size_t gal_field_size(const gal_field *f)
{
    return f->npix;
}

size_t gal_field_memory(const gal_field *f)
{
    size_t s = f->kind == F32 ? 4 * f->npix : f->kind == F64 ? 8 * f->npix : 0;
    for (size_t i = 0; i < f->nchild; i++)
        s += gal_field_memory(f->child[i]);
    return s;
}

/* ------------------------------------------------------------------ reading */
static gal_status read_file(const gal_field *f, size_t first, size_t n, double *out)
{
    const struct sky_kern *k = GAL_KERN_PICK(sky_kern);
    unsigned char bytes[8 * CHUNK];
    size_t width = (size_t)f->raw.bytes;
    while (n > 0) {
        size_t row = first / f->raw.repeat, at = first % f->raw.repeat, m = f->raw.repeat - at;
        size_t span = width;      /* distance of consecutive values */
        if (f->raw.repeat == 1) { /* one pixel a row: rows together */
            m = CHUNK * 8 / f->raw.row;
            m = m > 0 ? m : 1;
            span = f->raw.row;
        }
        m = m < n ? m : n;
        m = m < CHUNK ? m : CHUNK;
        off_t where = (off_t)f->raw.start + (off_t)(row * f->raw.row + f->raw.at + at * width);
        size_t want = (m - 1) * span + width, got = 0;
        while (got < want) {
            ssize_t r = pread(f->fd, bytes + got, want - got, where + (off_t)got);
            if (r < 0 && errno == EINTR)
                continue;
            if (r <= 0)
                return gal_fail(GAL_EIO, "%s: pixel %zu: %s", f->path, first,
                                r < 0 ? strerror(errno) : "the file became shorter");
            got += (size_t)r;
        }
        for (size_t i = 1; span != width && i < m; i++)
            memmove(bytes + i * width, bytes + i * span, width);
        (width == 4 ? k->swap32 : k->swap64)(m, f->scale, bytes, out);
        out += m;
        first += m;
        n -= m;
    }
    return GAL_OK;
}

static void combine(gal_field_formula f, size_t n, const double *c, double (*v)[CHUNK], size_t nchild, double *out)
{
    for (size_t k = 0; k < n; k++) {
        double a = v[0][k], s = c[0] * a;
        switch (f) {
        case GAL_FIELD_SUM:
            for (size_t i = 1; i < nchild; i++)
                s += c[i] * v[i][k];
            break;
        case GAL_FIELD_PRODUCT:
            for (size_t i = 1; i < nchild; i++)
                s *= v[i][k];
            break;
        case GAL_FIELD_COS_ATAN:
        case GAL_FIELD_SIN_ATAN: {
            double q = v[1][k], u = v[2][k], p = sqrt(q * q + u * u);
            s *= f == GAL_FIELD_COS_ATAN ? (p > 0 ? q / p : p == 0 ? 1 : NAN) : (p > 0 ? u / p : p == 0 ? 0 : NAN);
            break;
        }
        case GAL_FIELD_COS_2PSI:
            s *= v[1][k] * cos(2 * v[2][k]);
            break;
        case GAL_FIELD_SIN_2PSI:
            s *= v[1][k] * sin(2 * v[2][k]);
            break;
        default:
            s = a * v[1][k] + v[2][k] * (1 - v[1][k]);
        }
        out[k] = s;
    }
}

static gal_status read_formula(const gal_field *f, size_t first, size_t n, double *out)
{
    gal_status st = GAL_OK;
    double(*v)[CHUNK] = gal_alloc(f->nchild * sizeof *v);
    if (!v)
        return GAL_ENOMEM;
    while (n > 0 && st == GAL_OK) {
        size_t m = n < CHUNK ? n : CHUNK;
        for (size_t i = 0; i < f->nchild && st == GAL_OK; i++)
            st = gal_field_read(f->child[i], first, m, v[i]);
        if (st == GAL_OK)
            combine(f->formula, m, f->c, v, f->nchild, out);
        first += m;
        out += m;
        n -= m;
    }
    gal_free(v);
    return st;
}

gal_status gal_field_read(const gal_field *f, size_t first, size_t n, double *out)
{
    gal_status st = GAL_OK;
    if (f->npix && (first > f->npix || n > f->npix - first))
        return gal_fail(GAL_EINVAL, "field: pixels %zu .. %zu of %zu", first, first + n, f->npix);
    switch (f->kind) {
    case NUMBER:
        for (size_t k = 0; k < n; k++)
            out[k] = f->scale;
        break;
    case F32:
        GAL_KERN_PICK(sky_kern)->widen(n, f->scale, (const float *)f->x + first, out);
        break;
    case F64:
        GAL_KERN_PICK(sky_kern)->copy(n, f->scale, (const double *)f->x + first, out);
        break;
    case FILE_COLUMN:
        st = read_file(f, first, n, out);
        break;
    case FORMULA:
        st = read_formula(f, first, n, out);
        break;
    default:
        st = f->fn(f->owner, first, n, out);
    }
    return st;
}

gal_status gal_field_range(const gal_field *f, double *lo, double *hi)
{
    gal_field *w = (gal_field *)f; /* what is kept does not change the field */
    if (!atomic_load_explicit(&w->ranged, memory_order_acquire)) {
        double a = INFINITY, b = -INFINITY, x[CHUNK];
        for (size_t first = 0; first < f->npix || (f->npix == 0 && first == 0); first += CHUNK) {
            size_t n = f->npix == 0 ? 1 : f->npix - first < CHUNK ? f->npix - first : CHUNK;
            gal_status st = gal_field_read(f, first, n, x);
            if (st != GAL_OK)
                return st;
            for (size_t k = 0; k < n; k++) {
                a = x[k] < a ? x[k] : a;
                b = x[k] > b ? x[k] : b;
            }
        }
        w->lo = a; /* two threads may write the same values */
        w->hi = b;
        atomic_store_explicit(&w->ranged, 1, memory_order_release);
    }
    *lo = f->lo;
    *hi = f->hi;
    return GAL_OK;
}
