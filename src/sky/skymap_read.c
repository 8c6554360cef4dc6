/* HEALPix maps from FITS binary tables: headers in the conventions that the field's files follow (HEALPix primer; healpy, PySM, Planck
 * and WMAP products), pixels in blocks. See galua/skymap.h. One thread.
 *
 * A whole sky has 12 nside^2 values per column, any number of them a row. A partial sky has a column PIXEL (INDXSCHM = 'EXPLICIT' or
 * OBJECT = 'PARTIAL'), or covers FIRSTPIX .. LASTPIX. */
#include "galua/skymap.h"
#include "io/fits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOCK 65536

struct gal_skymap_file {
    gal_fits *f;
    char *path;
    gal_skymap_info info;
    int nfield, field[GAL_SKYMAP_MAX]; /* asked for, from 0 */
    size_t column[GAL_SKYMAP_MAX];     /* of the table, of field k of the file */
    bool iqu, explicit;
    size_t pixel_column;
    int64_t firstpix; /* of an implicit partial sky */
    double blank;     /* BAD_DATA; NaN: none */
    const char *unit; /* that the caller says; borrowed */
};

static gal_status bad(const gal_skymap_file *f, const char *text)
{
    return gal_fail(GAL_EFORMAT, "%s: %s", f->path, text);
}

/* Text of a keyword; "" when it is missing or no text. */
static void text_of(gal_skymap_file *f, const char *key, char *buf, size_t n)
{
    buf[0] = '\0';
    if (gal_fits_has_key(f->f, key) && gal_fits_key_string(f->f, key, buf, n) != GAL_OK) {
        gal_error_clear();
        buf[0] = '\0';
    }
}

static bool starts(const char *name, const char *with)
{
    return strncasecmp(name, with, strlen(with)) == 0;
}

static gal_coordsys coordinates(const char *text)
{
    if (starts(text, "G"))
        return GAL_GALACTIC;
    if (starts(text, "EQ") || starts(text, "C") || starts(text, "Q") || starts(text, "ICRS") || starts(text, "FK"))
        return GAL_EQUATORIAL;
    return starts(text, "E") ? GAL_ECLIPTIC : GAL_COORD_NONE;
}

/* First binary table, or the HDU asked for. */
static gal_status find_table(gal_skymap_file *f, int hdu)
{
    size_t rows, columns;
    if (hdu > 0) {
        gal_status st = gal_fits_select_number(f->f, hdu);
        return st == GAL_OK ? gal_fits_table_shape(f->f, &rows, &columns) : st;
    }
    for (int k = 2; k < 1000; k++) {
        gal_status st = gal_fits_select_number(f->f, k);
        if (st == GAL_ENOTFOUND)
            break;
        if (st != GAL_OK)
            return st;
        if (gal_fits_table_shape(f->f, &rows, &columns) == GAL_OK)
            return GAL_OK;
    }
    return bad(f, "holds no binary table: not a HEALPix map");
}

static gal_status read_nside(gal_skymap_file *f)
{
    gal_skymap_info *i = &f->info;
    char text[80], line[200];
    text_of(f, "PIXTYPE", text, sizeof text);
    if (*text && strcasecmp(text, "HEALPIX") != 0) {
        snprintf(line, sizeof line, "PIXTYPE is '%.60s', expected 'HEALPIX'", text);
        return bad(f, line);
    }
    if (!gal_fits_has_key(f->f, "NSIDE"))
        return bad(f, "no keyword NSIDE: not a HEALPix map");
    if (gal_fits_key_i64(f->f, "NSIDE", &i->nside) != GAL_OK)
        return bad(f, "NSIDE is not an integer");
    return GAL_OK;
}

static gal_status read_ordering(gal_skymap_file *f, int order)
{
    gal_skymap_info *i = &f->info;
    char text[80];
    text_of(f, "ORDERING", text, sizeof text);
    if (order > 0)
        i->order = (gal_ordering)(order - 1);
    else if (!*text)
        return bad(f, "no keyword ORDERING: say which when reading (RING or NESTED)");
    else if (gal_ordering_parse(&i->order, text) != GAL_OK)
        return gal_fail_prefix(GAL_EFORMAT, "%s", f->path);
    gal_status st = gal_healpix_check(i->nside, i->order);
    return st == GAL_OK ? GAL_OK : gal_fail_prefix(GAL_EFORMAT, "%s: keyword NSIDE", f->path);
}

static gal_status read_columns(gal_skymap_file *f, size_t *values)
{
    gal_status st = GAL_OK;
    gal_skymap_info *i = &f->info;
    size_t rows, columns, repeat = 0;
    char line[200];
    i->single = true;
    GAL_TRY(gal_fits_table_shape(f->f, &rows, &columns));
    for (size_t k = 0; k < columns; k++) {
        gal_fits_column c;
        GAL_TRY(gal_fits_column_info(f->f, k, &c));
        if (c.type == GAL_FITS_STR || c.repeat < 1) {
            snprintf(line, sizeof line, "column '%.60s' holds no numbers", c.name);
            return bad(f, line);
        }
        if (repeat && c.repeat != repeat) {
            snprintf(line, sizeof line, "column '%.60s' has %zu values a row, the ones before have %zu", c.name,
                     c.repeat, repeat);
            return bad(f, line);
        }
        repeat = c.repeat;
        if (c.type == GAL_FITS_I64 &&
            (strcasecmp(c.name, "PIXEL") == 0 || strcasecmp(c.name, "PIX") == 0 || strcasecmp(c.name, "INDEX") == 0)) {
            f->explicit = true;
            f->pixel_column = k;
            continue;
        }
        if (i->nfield < GAL_SKYMAP_MAX) {
            i->single = i->single && c.type == GAL_FITS_F32;
            snprintf(i->name[i->nfield], sizeof i->name[0], "%s", c.name);
            snprintf(i->unit[i->nfield], sizeof i->unit[0], "%s", c.unit);
            f->column[i->nfield++] = k;
        }
    }
    if (!i->nfield)
        return bad(f, "the table has no column of pixel values");
    if (__builtin_mul_overflow(rows, repeat, values) || *values > INT64_MAX)
        return bad(f, "more values than numbers of pixels");
out:
    return st == GAL_OK ? GAL_OK : st;
}

/* Whole or partial, and the number of pixels that this asks for against the number of values that are there. */
static gal_status read_extent(gal_skymap_file *f, size_t values)
{
    gal_skymap_info *i = &f->info;
    char scheme[80], object[80], line[240];
    int64_t all = gal_healpix_npix(i->nside), last = all - 1;
    text_of(f, "INDXSCHM", scheme, sizeof scheme);
    text_of(f, "OBJECT", object, sizeof object);
    i->npix = (int64_t)values;
    bool says_partial = strcasecmp(scheme, "EXPLICIT") == 0 || (!*scheme && strcasecmp(object, "PARTIAL") == 0);
    if (says_partial && !f->explicit)
        return bad(f, "partial sky (INDXSCHM = 'EXPLICIT') without an integer column PIXEL");
    i->partial = f->explicit;
    if (f->explicit && (!values || (int64_t)values > all)) {
        snprintf(line, sizeof line, "partial sky of %zu pixels: NSIDE = %lld has 1 to %lld", values,
                 (long long)i->nside, (long long)all);
        return bad(f, line);
    }
    if (f->explicit || (int64_t)values == all)
        return GAL_OK;
    if (gal_fits_has_key(f->f, "FIRSTPIX") && gal_fits_has_key(f->f, "LASTPIX") &&
        gal_fits_key_i64(f->f, "FIRSTPIX", &f->firstpix) == GAL_OK &&
        gal_fits_key_i64(f->f, "LASTPIX", &last) == GAL_OK && f->firstpix >= 0 && last < all && values > 0 &&
        last - f->firstpix + 1 == (int64_t)values) {
        i->partial = true;
        return GAL_OK;
    }
    gal_error_clear();
    snprintf(line, sizeof line, "%zu values a column, but NSIDE = %lld has %lld pixels", values, (long long)i->nside,
             (long long)all);
    return bad(f, line);
}

static gal_status read_polarisation(gal_skymap_file *f)
{
    gal_skymap_info *i = &f->info;
    char text[80], line[200];
    text_of(f, "POLAR", text, sizeof text);
    bool names = i->nfield >= 3 && starts(i->name[1], "Q") && starts(i->name[2], "U");
    i->iqu = i->nfield >= 3 && (names || starts(text, "T"));
    text_of(f, "POLCCONV", text, sizeof text);
    i->polcconv_given = *text != '\0';
    if (strcasecmp(text, "IAU") == 0)
        i->polcconv = GAL_IAU;
    else if (i->polcconv_given && strcasecmp(text, "COSMO") != 0) {
        snprintf(line, sizeof line, "POLCCONV is '%.60s', expected 'COSMO' or 'IAU'", text);
        return bad(f, line);
    }
    return GAL_OK;
}

static gal_status choose_fields(gal_skymap_file *f, const gal_skymap_read_opts *o)
{
    const gal_skymap_info *i = &f->info;
    f->nfield = o->fields ? o->nfield : (o->iqu < 0 ? i->iqu : o->iqu) ? 3 : 1;
    if (f->nfield < 1 || f->nfield > GAL_SKYMAP_MAX)
        return gal_fail(GAL_EINVAL, "%s: %d fields asked for: expected 1 to %d", f->path, f->nfield, GAL_SKYMAP_MAX);
    for (int k = 0; k < f->nfield; k++) {
        f->field[k] = o->fields ? o->fields[k] : k;
        if (f->field[k] < 0 || f->field[k] >= i->nfield)
            return gal_fail(GAL_EINVAL, "%s: has %d field%s, asked for field %d", f->path, i->nfield,
                            i->nfield > 1 ? "s" : "", f->field[k] + 1);
    }
    bool first = f->nfield == 3 && f->field[0] == 0 && f->field[1] == 1 && f->field[2] == 2;
    f->iqu = o->iqu < 0 ? i->iqu && first : o->iqu;
    if (f->iqu && f->nfield != 3)
        return gal_fail(GAL_EINVAL, "%s: %d fields as I, Q, U: expected 3", f->path, f->nfield);
    return GAL_OK;
}

gal_status gal_skymap_file_open(gal_skymap_file **out, const char *path, const gal_skymap_read_opts *opts)
{
    static const gal_skymap_read_opts defaults = GAL_SKYMAP_READ_DEFAULTS;
    gal_status st = GAL_OK;
    char text[80];
    size_t values = 0;
    gal_skymap_file *f = GAL_NEW(gal_skymap_file);
    *out = NULL;
    if (!opts)
        opts = &defaults;
    if (!f || !(f->path = gal_strdup(path)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_open(&f->f, path));
    GAL_TRY(find_table(f, opts->hdu));
    GAL_TRY(read_nside(f));
    GAL_TRY(read_ordering(f, opts->order));
    GAL_TRY(read_columns(f, &values));
    GAL_TRY(gal_fits_check_size(f->f));
    GAL_TRY(read_extent(f, values));
    GAL_TRY(read_polarisation(f));
    GAL_TRY(choose_fields(f, opts));
    text_of(f, "COORDSYS", text, sizeof text);
    f->info.coord = coordinates(text);
    text_of(f, "SYNTHET", text, sizeof text);
    f->info.synthetic = starts(text, "y");
    f->unit = opts->unit;
    f->blank = NAN;
    if (gal_fits_has_key(f->f, "BAD_DATA") && gal_fits_key_f64(f->f, "BAD_DATA", &f->blank) != GAL_OK)
        gal_error_clear();
    *out = f;
    f = NULL;
out:
    gal_skymap_file_close(f);
    return st;
}

const gal_skymap_info *gal_skymap_file_info(const gal_skymap_file *f)
{
    return &f->info;
}

void gal_skymap_file_close(gal_skymap_file *f)
{
    if (!f)
        return;
    gal_fits_abandon(f->f);
    gal_free(f->path);
    gal_free(f);
}

gal_status gal_skymap_inspect(gal_skymap_info *out, const char *path)
{
    gal_skymap_file *f;
    gal_status st = gal_skymap_file_open(&f, path, NULL);
    if (st == GAL_OK)
        *out = f->info;
    gal_skymap_file_close(f);
    return st;
}

static gal_status read_numbers(gal_skymap_file *f, int64_t first, int64_t n, int64_t *pixels)
{
    int64_t all = gal_healpix_npix(f->info.nside);
    if (!f->explicit) {
        for (int64_t i = 0; i < n; i++)
            pixels[i] = f->firstpix + first + i;
        return GAL_OK;
    }
    gal_status st = gal_fits_read_elements(f->f, f->pixel_column, GAL_FITS_I64, (size_t)first, (size_t)n, pixels);
    for (int64_t i = 0; st == GAL_OK && i < n; i++)
        if (pixels[i] < 0 || pixels[i] >= all)
            return gal_fail(GAL_EFORMAT, "%s: row %lld: pixel number %lld, NSIDE = %lld has 0 to %lld", f->path,
                            (long long)(first + i + 1), (long long)pixels[i], (long long)f->info.nside,
                            (long long)all - 1);
    return st;
}

/* What the file marks as bad becomes UNSEEN; the count of those that are no numbers. */
static int64_t clean(const gal_skymap_file *f, double *x, int64_t n, bool turn)
{
    int64_t nan = 0;
    for (int64_t i = 0; i < n; i++) {
        bool marked = fabs(x[i] - f->blank) <= 1e-5 * fabs(f->blank);
        if (marked || gal_skymap_bad(x[i])) {
            nan += !isfinite(x[i]);
            x[i] = GAL_UNSEEN;
        } else if (turn)
            x[i] = -x[i];
    }
    return nan;
}

static gal_status read_block(gal_skymap_file *f, int64_t first, int64_t n, double *const *out, int64_t *pixels,
                             int64_t *nan)
{
    gal_status st = GAL_OK;
    if (first < 0 || n < 0 || first > f->info.npix - n)
        return gal_fail(GAL_EINVAL, "%s: pixels %lld to %lld asked for, has %lld", f->path, (long long)first + 1,
                        (long long)(first + n), (long long)f->info.npix);
    if (pixels)
        GAL_TRY(read_numbers(f, first, n, pixels));
    for (int k = 0; k < f->nfield; k++) {
        GAL_TRY(gal_fits_read_elements(f->f, f->column[f->field[k]], GAL_FITS_F64, (size_t)first, (size_t)n, out[k]));
        *nan += clean(f, out[k], n, f->iqu && k == 2 && f->info.polcconv == GAL_IAU);
    }
out:
    return st;
}

gal_status gal_skymap_file_read(gal_skymap_file *f, int64_t first, int64_t n, double *const *out, int64_t *pixels)
{
    int64_t nan = 0;
    return read_block(f, first, n, out, pixels, &nan);
}

/* ------------------------------------------------------------------ whole maps */
typedef struct place {
    int64_t pix, at;
} place;

static int by_pixel(const void *a, const void *b)
{
    int64_t x = ((const place *)a)->pix, y = ((const place *)b)->pix;
    return (x > y) - (x < y);
}

/* Pixel numbers of a partial sky, sorted, and where in the file each stands. */
static gal_status sorted_pixels(gal_skymap_file *f, place **out)
{
    gal_status st = GAL_OK;
    int64_t n = f->info.npix, *block = gal_alloc(BLOCK * sizeof *block);
    bool sorted = true;
    *out = gal_calloc((size_t)n, sizeof **out);
    if (!block || !*out)
        GAL_TRY(GAL_ENOMEM);
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t m = n - i < BLOCK ? n - i : BLOCK;
        GAL_TRY(read_numbers(f, i, m, block));
        for (int64_t k = 0; k < m; k++) {
            (*out)[i + k] = (place){block[k], i + k};
            sorted = sorted && (i + k == 0 || (*out)[i + k - 1].pix < block[k]);
        }
    }
    if (!sorted)
        qsort(*out, (size_t)n, sizeof **out, by_pixel);
    for (int64_t i = 1; i < n; i++)
        if ((*out)[i].pix == (*out)[i - 1].pix)
            GAL_THROW(GAL_EFORMAT, "%s: pixel number %lld occurs twice (rows %lld and %lld)", f->path,
                      (long long)(*out)[i].pix, (long long)(*out)[i - 1].at + 1, (long long)(*out)[i].at + 1);
out:
    gal_free(block);
    return st;
}

static gal_status make_map(gal_skymap **out, gal_skymap_file *f, int precision, const place *at)
{
    gal_status st = GAL_OK;
    const gal_skymap_info *i = &f->info;
    int64_t *list = NULL;
    bool single = precision == 32 || (precision == 0 && i->single);
    if (at) {
        if (!(list = gal_alloc((size_t)i->npix * sizeof *list)))
            GAL_TRY(GAL_ENOMEM);
        for (int64_t k = 0; k < i->npix; k++)
            list[k] = at[k].pix;
    }
    GAL_TRY(gal_skymap_create(out, i->nside, i->order, f->nfield, single, list, i->npix));
    (*out)->iqu = f->iqu;
    (*out)->coord = i->coord;
    (*out)->synthetic = i->synthetic;
    for (int k = 0; k < f->nfield; k++) {
        snprintf((*out)->unit[k], sizeof i->unit[0], "%s", f->unit ? f->unit : i->unit[f->field[k]]);
        snprintf((*out)->name[k], sizeof i->name[0], "%s", i->name[f->field[k]]);
    }
out:
    gal_free(list);
    return st;
}

/* What a file lacks, a line each: they are read all the same. */
static void remarks(const gal_skymap *m, const gal_skymap_file *f, int64_t nan)
{
    int64_t bad = 0;
    if (nan)
        gal_log(GAL_LOG_WARN, "map", "%s: %lld values are not finite: taken as UNSEEN", f->path, (long long)nan);
    for (int k = 0; k < m->ncomp; k++)
        for (int64_t i = 0; i < m->npix; i++)
            bad += gal_skymap_bad(gal_skymap_get(m, k, i));
    if (bad > nan)
        gal_log(GAL_LOG_WARN, "map", "%s: %lld values of %lld are UNSEEN", f->path, (long long)(bad - nan),
                (long long)(m->npix * m->ncomp));
    if (!f->unit && !*m->unit[0])
        gal_log(GAL_LOG_WARN, "map", "%s: no unit (keyword TUNIT%zu): say which when reading ('uK_CMB'; '' for none)",
                f->path, f->column[f->field[0]] + 1);
}

static gal_status fill(gal_skymap *m, gal_skymap_file *f, const place *at)
{
    gal_status st = GAL_OK;
    int64_t n = m->npix, nan = 0, *where = NULL;
    double *block[GAL_SKYMAP_MAX] = {0};
    for (int k = 0; k < f->nfield; k++)
        if (!(block[k] = gal_alloc(BLOCK * sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    if (at) { /* row of the file -> place in the map */
        if (!(where = gal_alloc((size_t)n * sizeof *where)))
            GAL_TRY(GAL_ENOMEM);
        for (int64_t i = 0; i < n; i++)
            where[at[i].at] = i;
    }
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t now = n - i < BLOCK ? n - i : BLOCK;
        GAL_TRY(read_block(f, i, now, block, NULL, &nan));
        for (int k = 0; k < f->nfield; k++)
            for (int64_t j = 0; j < now; j++)
                gal_skymap_set(m, k, where ? where[i + j] : i + j, block[k][j]);
    }
    remarks(m, f, nan);
out:
    for (int k = 0; k < f->nfield; k++)
        gal_free(block[k]);
    gal_free(where);
    return st;
}

gal_status gal_skymap_read(gal_skymap **out, const char *path, const gal_skymap_read_opts *opts)
{
    gal_status st = GAL_OK;
    gal_skymap_file *f = NULL;
    gal_skymap *m = NULL;
    place *at = NULL;
    *out = NULL;
    GAL_TRY(gal_skymap_file_open(&f, path, opts));
    if (f->info.partial)
        GAL_TRY(sorted_pixels(f, &at));
    GAL_TRY(make_map(&m, f, opts ? opts->precision : 0, at));
    GAL_TRY(fill(m, f, at));
    *out = m;
    m = NULL;
out:
    gal_skymap_free(m);
    gal_skymap_file_close(f);
    gal_free(at);
    return st;
}
