/* table_image.c - spectra that are one-dimensional FITS images, as tables: columns wave and flux, and err, var, ivar, mask from the
 * extensions that hold as many numbers under the usual names.
 *
 * Wavelengths of pixel i (from 1), d = i - CRPIX1, step CDELT1 or CD1_1 (FITS paper III, Greisen et al. 2006, and IRAF's habits):
 *     linear             CRVAL1 + d step
 *     CTYPE1 = ...-LOG   CRVAL1 exp(d step/CRVAL1)
 *     DC-FLAG = 1        10^(CRVAL1 + d step); COEFF0, COEFF1 of SDSS DR1-7 likewise, from pixel 1
 *     MULTISPE           w1 + (i - 1) dw of the only aperture of WAT2, over 1 + its z; dispersion type 1: 10^ that
 * The unit is CUNIT1, else that of WAT1 ("units=angstroms"), else Angstrom where the axis has no WAVE type and begins above 100, which is
 * told. Header cards are metadata. Read without a library, see table_source.h. Thread safe. */
#include "table_int.h"
#include "table_source.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_PIXELS = 10000000 };
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

typedef struct image {
    cards80 h;
    size_t n, rows; /* pixels, and how many lines of them */
    int bitpix;
} image;

/* NAXIS1 pixels and the product of the other axes; false when the HDU is no image with data */
static bool shape(image *m)
{
    int64_t naxis = 0, v = 0, bitpix = 0;
    char kind[16] = "", key[16];
    if (gal_card_text(&m->h, "XTENSION", kind, sizeof kind) && strcmp(kind, "IMAGE") != 0 &&
        strcmp(kind, "IUEIMAGE") != 0)
        return false;
    if (!gal_card_int(&m->h, "NAXIS", &naxis) || naxis < 1 || naxis > 9 || !gal_card_int(&m->h, "NAXIS1", &v) ||
        v < 1 || !gal_card_int(&m->h, "BITPIX", &bitpix))
        return false;
    m->n = (size_t)v;
    m->rows = 1;
    m->bitpix = (int)bitpix;
    for (int64_t i = 2; i <= naxis; i++) {
        snprintf(key, sizeof key, "NAXIS%d", (int)i);
        if (!gal_card_int(&m->h, key, &v) || v < 1)
            return false;
        m->rows *= (size_t)v;
    }
    return true;
}

static double number(const unsigned char *p, int bitpix)
{
    uint64_t u = 0;
    size_t bytes = (size_t)abs(bitpix) / 8;
    for (size_t k = 0; k < bytes; k++)
        u = u << 8 | p[k];
    if (bitpix == -64) {
        double d;
        memcpy(&d, &u, 8);
        return d;
    }
    if (bitpix == -32) {
        uint32_t w = (uint32_t)u;
        float f;
        memcpy(&f, &w, 4);
        return f;
    }
    return bitpix == 8 ? (double)u : bitpix == 16 ? (int16_t)u : bitpix == 32 ? (int32_t)u : (double)(int64_t)u;
}

/* line `row` of the image, scaled; BLANK is NaN */
static gal_status read_row(const source *s, const image *m, size_t row, double *out)
{
    double scale = 1, zero = 0;
    int64_t blank = 0;
    bool has_blank = m->bitpix > 0 && gal_card_int(&m->h, "BLANK", &blank);
    size_t bytes = (size_t)abs(m->bitpix) / 8;
    gal_card_real(&m->h, "BSCALE", &scale);
    gal_card_real(&m->h, "BZERO", &zero);
    unsigned char *raw = gal_alloc(m->n * bytes);
    if (!raw)
        return GAL_ENOMEM;
    gal_status st = gal_source_read(s, m->h.data + row * m->n * bytes, m->n * bytes, raw);
    for (size_t i = 0; st == GAL_OK && i < m->n; i++) {
        double v = number(raw + i * bytes, m->bitpix);
        out[i] = has_blank && v == (double)blank ? NAN : zero + scale * v;
    }
    gal_free(raw);
    return st;
}

/* ------------------------------------------------------------------ wavelengths */
/* The text of IRAF's cards WATj_001, WATj_002 ..., each of 68 characters, one behind the other. */
static void iraf_text(const cards80 *h, int axis, char *buf, size_t size)
{
    char key[16], part[80];
    size_t len = 0;
    *buf = 0;
    for (int k = 1; k < 100 && len + 80 < size; k++) {
        snprintf(key, sizeof key, "WAT%d_%03d", axis, k);
        if (!gal_card_text(h, key, part, sizeof part))
            return;
        len += (size_t)snprintf(buf + len, size - len, "%-68s", part);
    }
}

typedef struct axis {
    double start, step, pixel, z; /* at pixel `pixel` */
    enum { LINEAR, LOG10, LOG } kind;
} axis;

static gal_status multispec(const source *s, const cards80 *h, axis *a)
{
    char text[2048];
    int ap, beam, kind;
    double n;
    iraf_text(h, 2, text, sizeof text);
    const char *p = strstr(text, "spec1");
    p = p ? strchr(p, '"') : NULL;
    if (!p || sscanf(p + 1, "%d %d %d %lf %lf %lf %lf", &ap, &beam, &kind, &a->start, &a->step, &n, &a->z) != 7 ||
        kind < 0 || kind > 1)
        return gal_fail(
            GAL_EUNSUP,
            "%s: a MULTISPEC spectrum whose dispersion is neither linear nor log-linear: rebin it (IRAF: dispcor)",
            s->path);
    a->pixel = 1;
    a->kind = kind == 1 ? LOG10 : LINEAR;
    return GAL_OK;
}

static gal_status find_axis(const source *s, const cards80 *h, axis *a)
{
    char ctype[72] = "";
    int64_t log_flag = 0;
    *a = (axis){.pixel = 1, .step = NAN};
    gal_card_text(h, "CTYPE1", ctype, sizeof ctype);
    if (strncasecmp(ctype, "MULTISPE", 8) == 0)
        return multispec(s, h, a);
    if (strncasecmp(ctype, "FREQ", 4) == 0 || strncasecmp(ctype, "VEL", 3) == 0 || strncasecmp(ctype, "VOPT", 4) == 0 ||
        strncasecmp(ctype, "VRAD", 4) == 0 || strncasecmp(ctype, "ENER", 4) == 0 || strncasecmp(ctype, "RA--", 4) == 0)
        return gal_fail(GAL_EUNSUP,
                        "%s: the axis of the image is '%s': wavelengths are read (CTYPE1 = WAVE, AWAV, LINEAR ...)",
                        s->path, ctype);
    if (gal_card_real(h, "COEFF0", &a->start) && gal_card_real(h, "COEFF1", &a->step)) {
        a->kind = LOG10;
        return GAL_OK;
    }
    gal_card_real(h, "CRPIX1", &a->pixel);
    if (!gal_card_real(h, "CDELT1", &a->step))
        gal_card_real(h, "CD1_1", &a->step);
    if (!gal_card_real(h, "CRVAL1", &a->start) || !(a->step != 0 && isfinite(a->step)))
        return gal_fail(GAL_EFORMAT, "%s: holds no table, only an image without wavelengths (CRVAL1, CDELT1 or CD1_1)",
                        s->path);
    const char *dash = strchr(ctype, '-');
    if (gal_card_int(h, "DC-FLAG", &log_flag) && log_flag == 1)
        a->kind = LOG10;
    else if (dash && strncasecmp(dash + strspn(dash, "-"), "LOG", 3) == 0)
        a->kind = LOG;
    return GAL_OK;
}

static gal_status add_wave(gal_table *t, const source *s, const image *m)
{
    axis a;
    char unit[72] = "", text[2048], ctype[72] = "";
    gal_status st = find_axis(s, &m->h, &a);
    double *w = st == GAL_OK ? GAL_NEWN(double, m->n) : NULL;
    if (st != GAL_OK)
        return st;
    if (!w)
        return GAL_ENOMEM;
    for (size_t i = 0; i < m->n; i++) {
        double d = (double)(i + 1) - a.pixel, x = a.start + d * a.step;
        w[i] = (a.kind == LOG10 ? pow(10, x) : a.kind == LOG ? a.start * exp(d * a.step / a.start) : x) / (1 + a.z);
    }
    gal_card_text(&m->h, "CTYPE1", ctype, sizeof ctype);
    iraf_text(&m->h, 1, text, sizeof text);
    const char *units = strstr(text, "units=");
    if (!gal_card_text(&m->h, "CUNIT1", unit, sizeof unit) || !*unit) {
        if (units)
            sscanf(units + 6, "%31[A-Za-z]", unit);
        else if (strncasecmp(ctype, "WAVE", 4) == 0 || strncasecmp(ctype, "AWAV", 4) == 0)
            snprintf(unit, sizeof unit, "%s",
                     w[0] > 1 ? "" : "m"); /* the standard's unit where the numbers can be metres */
    }
    if (!*unit && w[0] > 100) {
        snprintf(unit, sizeof unit, "A");
        if (!gal_card(&m->h, "COEFF0"))
            gal_say_once("spectrum", "%.200s: no unit of the wavelengths (CUNIT1): taken as Angstrom, from %.6g",
                         s->path, w[0]);
    }
    st = gal_table_add_num(t, "wave", unit, w);
    gal_free(w);
    return st;
}

/* ------------------------------------------------------------------ the arrays */
static const struct {
    const char *extension, *column;
} KINDS[] = {{"ERR", "err"},         {"ERRS", "err"},     {"ERROR", "err"},  {"ERRORS", "err"},      {"SIGMA", "err"},
             {"NOISE", "err"},       {"STDEV", "err"},    {"UNCERT", "err"}, {"UNCERTAINTY", "err"}, {"VAR", "var"},
             {"VARIANCE", "var"},    {"STAT", "var"},     {"IVAR", "ivar"},  {"MASK", "mask"},       {"DQ", "dq"},
             {"QUALITY", "quality"}, {"QUAL", "quality"}, {"FLAGS", "flags"}};

static gal_status add_row(gal_table *t, const source *s, const image *m, size_t row, const char *column,
                          const char *unit)
{
    if (gal_table_column(t, column))
        return GAL_OK;
    double *v = GAL_NEWN(double, m->n);
    gal_status st = v ? read_row(s, m, row, v) : GAL_ENOMEM;
    if (st == GAL_OK)
        st = gal_table_add_num(t, column, unit, v);
    gal_free(v);
    return st;
}

/* The first image: flux, and where it has more lines those that SDSS (flux, without continuum, error, mask) and IRAF's apall
 * (flux, unweighted, sky, sigma) put there. */
static gal_status add_flux(gal_table *t, const source *s, const image *m)
{
    char unit[72] = "", ctype3[72] = "", band[72] = "";
    gal_card_text(&m->h, "BUNIT", unit, sizeof unit);
    gal_card_text(&m->h, "BANDID4", band, sizeof band);
    gal_card_text(&m->h, "CTYPE3", ctype3, sizeof ctype3);
    gal_status st = add_row(t, s, m, 0, "flux", unit);
    bool sdss = gal_card(&m->h, "COEFF0") != NULL, apall = strncasecmp(band, "sigma", 5) == 0;
    if (st == GAL_OK && sdss && m->rows >= 3)
        st = add_row(t, s, m, 2, "err", "");
    if (st == GAL_OK && sdss && m->rows >= 4)
        st = add_row(t, s, m, 3, "mask", "");
    if (st == GAL_OK && !sdss && apall && m->rows == 4)
        st = add_row(t, s, m, 3, "err", "");
    return st;
}

static gal_status metadata(gal_table *t, const cards80 *h)
{
    char key[80], text[2048];
    for (size_t i = 0; i < h->n; i++)
        if (gal_card_pair(h, i, key, text, sizeof text)) {
            gal_status st = gal_table_add_meta(t, key, text);
            if (st != GAL_OK)
                return st;
        }
    return GAL_OK;
}

static gal_status take(gal_table *t, const source *s, image *m, bool *found)
{
    char name[72] = "", unit[72] = "";
    gal_status st = GAL_OK;
    gal_card_text(&m->h, "EXTNAME", name, sizeof name);
    if (!*found) {
        char band[72] = "";
        bool lines = gal_card(&m->h, "COEFF0") || (gal_card_text(&m->h, "BANDID4", band, sizeof band) && m->rows == 4);
        if (m->rows != 1 && !lines)
            return gal_fail(GAL_EFORMAT, "%s: holds no table, only an image of %zu x %zu: a spectrum has one dimension",
                            s->path, m->n, m->rows);
        if (m->n > MAX_PIXELS)
            return gal_fail(GAL_EUNSUP, "%s: holds no table, only an image of %zu pixels in a row, at most %d", s->path,
                            m->n, MAX_PIXELS);
        *found = true;
        t->nrow = m->n;
        GAL_TRY(add_wave(t, s, m));
        GAL_TRY(add_flux(t, s, m));
        return metadata(t, &m->h);
    }
    if (m->n != t->nrow || m->rows != 1)
        return GAL_OK;
    gal_card_text(&m->h, "BUNIT", unit, sizeof unit);
    for (size_t k = 0; k < COUNT(KINDS); k++)
        if (strcasecmp(KINDS[k].extension, name) == 0)
            return add_row(t, s, m, 0, KINDS[k].column, strcmp(KINDS[k].column, "err") == 0 ? unit : "");
    return *name ? gal_table_pass_over(t, name, "is an image that is neither errors nor a mask") : GAL_OK;
out:
    return st;
}

gal_status gal_table_from_image(gal_table *t, const source *s)
{
    gal_status st = GAL_OK;
    image m = {0};
    cards80 primary = {0};
    size_t at = 0, bytes;
    bool found = false;
    for (int hdu = 0; at < s->size; hdu++) {
        st = gal_cards_read(s, at, &m.h);
        if (st != GAL_OK && hdu > 0) { /* what follows the last HDU is no header */
            st = GAL_OK;
            break;
        }
        if (st != GAL_OK)
            break;
        if ((st = gal_cards_data(s, &m.h, &bytes)) == GAL_OK && bytes > 0 && shape(&m))
            st = take(t, s, &m, &found);
        at = m.h.data + (bytes + 2879) / 2880 * 2880;
        if (hdu == 0)
            primary = m.h;
        else
            gal_free(m.h.v);
        m.h = (cards80){0};
        if (st != GAL_OK)
            break;
    }
    if (st == GAL_OK && !found)
        st = gal_fail(GAL_EFORMAT, "%s: holds no table and no image of one dimension", s->path);
    if (st == GAL_OK)
        st = metadata(t, &primary);
    if (st == GAL_OK)
        st = gal_table_finish(t);
    gal_free(primary.v);
    return st;
}
