/* votable_binary.c - the BINARY and BINARY2 streams of VOTable 1.4 (section 5.2): base64, then for each row, in BINARY2, a bit per field
 * that is set where the cell is null, and the cells, big-endian, with a count of four bytes before arrays of variable length.
 * Cells become text in the digits that give them back, so that they mean what the cells of TABLEDATA mean. Every length is compared
 * with what is left of the stream. */
#include "votable.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* In place; returns the number of bytes, SIZE_MAX when a character is none of base64 */
static size_t base64(char *text, size_t n)
{
    size_t out = 0;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        int v = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+'             ? 62
                : c == '/'             ? 63
                                       : -1;
        if (isspace(c))
            continue;
        if (c == '=')
            break;
        if (v < 0)
            return SIZE_MAX;
        bits = (bits << 6 | (uint32_t)v) & 0xffffff;
        if ((have += 6) >= 8)
            text[out++] = (char)(bits >> (have -= 8) & 0xff);
    }
    return out;
}

typedef struct text {
    char *v; /* cells, one after another, NUL-terminated */
    size_t n, cap;
} text;

static gal_status put(text *w, const char *s, size_t n)
{
    if (w->cap - w->n < n) {
        size_t cap = 2 * w->cap + n + 65536;
        char *v = gal_realloc(w->v, cap);
        if (!v)
            return GAL_ENOMEM;
        w->v = v;
        w->cap = cap;
    }
    memcpy(w->v + w->n, s, n);
    w->n += n;
    return GAL_OK;
}

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* bytes of an element; bits are packed */
static size_t size_of(const char *type)
{
    static const struct {
        const char *name;
        size_t size;
    } T[] = {{"boolean", 1}, {"unsignedByte", 1}, {"short", 2},        {"int", 4},
             {"long", 8},    {"char", 1},         {"bit", 0},          {"unicodeChar", 2},
             {"float", 4},   {"double", 8},       {"floatComplex", 8}, {"doubleComplex", 16}};
    for (size_t i = 0; i < sizeof T / sizeof T[0]; i++)
        if (strcmp(type, T[i].name) == 0)
            return T[i].size;
    return SIZE_MAX;
}

static gal_status number(text *w, const char *type, const unsigned char *p, size_t i, size_t n)
{
    char buf[48] = "";
    uint64_t bits;
    if (strcmp(type, "boolean") == 0)
        snprintf(buf, sizeof buf, "%s", strchr("TtYy1", p[i]) && p[i] ? "T" : strchr("FfNn0", p[i]) && p[i] ? "F" : "");
    else if (strcmp(type, "bit") == 0)
        snprintf(buf, sizeof buf, "%d",
                 n == 1 ? *p != 0 : p[i / 8] >> (7 - i % 8) & 1); /* astropy sets another bit of the byte */
    else if (strcmp(type, "unsignedByte") == 0)
        snprintf(buf, sizeof buf, "%d", p[i]);
    else if (strcmp(type, "short") == 0)
        snprintf(buf, sizeof buf, "%d", (int16_t)big_endian(p + 2 * i, 2));
    else if (strcmp(type, "int") == 0)
        snprintf(buf, sizeof buf, "%" PRId32, (int32_t)big_endian(p + 4 * i, 4));
    else if (strcmp(type, "long") == 0)
        snprintf(buf, sizeof buf, "%" PRId64, (int64_t)big_endian(p + 8 * i, 8));
    else if (strcmp(type, "float") == 0) {
        uint32_t b4 = (uint32_t)big_endian(p + 4 * i, 4);
        float y;
        memcpy(&y, &b4, sizeof y);
        if (!isnan(y))
            snprintf(buf, sizeof buf, "%.17g", (double)y);
    } else {
        double x;
        bits = big_endian(p + 8 * i, 8);
        memcpy(&x, &bits, sizeof x);
        if (!isnan(x))
            snprintf(buf, sizeof buf, "%.17g", x);
    }
    return put(w, *buf ? buf : "--", *buf ? strlen(buf) : 2);
}

/* n elements at p as one cell */
static gal_status cell(text *w, const votable_field *f, const unsigned char *p, size_t n, bool null)
{
    gal_status st = GAL_OK;
    bool wide = strcmp(f->type, "unicodeChar") == 0;
    if (strcmp(f->type, "char") == 0 || wide) {
        for (size_t i = 0; i < n && !null && st == GAL_OK; i++) {
            unsigned c = wide ? (unsigned)big_endian(p + 2 * i, 2) : p[i];
            const char utf8[3] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))};
            const char two[2] = {(char)(0xc0 | c >> 6), utf8[2]}, one = (char)c;
            if (c == 0)
                break;
            st = !wide || c < 0x80 ? put(w, &one, 1) : c < 0x800 ? put(w, two, 2) : put(w, utf8, 3);
        }
    } else
        for (size_t i = 0; i < n && !null && size_of(f->type) <= 8 && st == GAL_OK; i++) {
            st = i ? put(w, " ", 1) : GAL_OK;
            if (st == GAL_OK)
                st = number(w, f->type, p, i, n);
        }
    return st == GAL_OK ? put(w, "", 1) : st;
}

gal_status gal_votable_stream(gal_table *t, const votable_field *f, size_t nfield, bool nulls, char *stream,
                              size_t size, cells *c, char **keep)
{
    gal_status st = GAL_OK;
    text w = {0};
    size_t n = base64(stream, size), flags = nulls ? (nfield + 7) / 8 : 0, at = 0, nrow = 0;
    const unsigned char *p = (const unsigned char *)stream;
    *keep = NULL;
    if (n == SIZE_MAX)
        GAL_THROW(GAL_EFORMAT, "%s: the binary stream is not base64", t->path);
    while (at < n && nfield) {
        const unsigned char *row = p + at;
        if (n - at < flags)
            GAL_THROW(GAL_EFORMAT, "%s: the binary stream is cut short in row %zu", t->path, nrow + 1);
        at += flags;
        for (size_t i = 0; i < nfield; i++) {
            size_t count = f[i].count, each = size_of(f[i].type);
            if (each == SIZE_MAX)
                GAL_THROW(GAL_EFORMAT, "%s: FIELD %zu has the unknown datatype '%.40s'", t->path, i + 1, f[i].type);
            if (f[i].variable) {
                if (n - at < 4)
                    GAL_THROW(GAL_EFORMAT, "%s: the binary stream is cut short in row %zu", t->path, nrow + 1);
                count = (size_t)big_endian(p + at, 4);
                at += 4;
            }
            size_t bytes = each ? count * each : (count + 7) / 8;
            if (count > n || bytes > n - at)
                GAL_THROW(GAL_EFORMAT, "%s: the binary stream is cut short in row %zu", t->path, nrow + 1);
            GAL_TRY(cell(&w, &f[i], p + at, count, nulls && (row[i / 8] >> (7 - i % 8) & 1)));
            at += bytes;
        }
        nrow++;
        if (p + at == row) /* rows of no bytes never end */
            GAL_THROW(GAL_EFORMAT, "%s: the rows of the binary stream are empty", t->path);
    }
    char *s = w.v;
    for (size_t k = 0; k < nrow; k++) {
        for (size_t i = 0; i < nfield; i++, s += strlen(s) + 1)
            GAL_TRY(gal_cells_push(c, s));
        GAL_TRY(gal_cells_end_row(c, k + 1));
    }
    *keep = w.v;
    w.v = NULL;
out:
    gal_free(w.v);
    return st;
}
