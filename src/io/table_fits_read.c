/* table_fits_read.c - tables of FITS files (standard 4.0, section 7): the first binary or ASCII table, read without a library, so that
 * any file gives a table or one line of error.
 *
 * Columns: logical (T/F; a zero byte is missing), bits (one truth value each), integers of all sizes, signed and unsigned to the
 * last digit, TNULL, reals with TSCAL and TZERO, text. A vector of at most MAX_VECTOR numbers is NAME_1, NAME_2, ...; in a table of one
 * row vectors of any length, also those of variable length, are kept whole (gal_table.vec). What has no place in a table is passed over,
 * with the reason. Header cards of the table and of the primary header are metadata. Thread safe. */
#include "table_int.h"
#include "table_source.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_VECTOR = 1000, MAX_COLUMN = 5000, MAX_FIELD = 999, CHUNK = 1 << 20, NONE = -1 };

typedef struct field {
    char name[80], unit[80], null_text[72];
    char type, element; /* letter of TFORM; of the elements of P and Q */
    size_t repeat, at, bytes;
    double scale, zero;
    bool has_null, integer; /* integer: scale 1, whole zero: exact */
    int64_t null;
    uint64_t bias; /* of TZERO, modulo 2^64 */
    bool is_unsigned;
    int decimals;   /* ASCII tables: of Fw.d */
    long col, vec;  /* first column of the table, vector; NONE */
    int64_t *exact; /* [nrow] 64-bit integers */
} field;

typedef struct reader {
    const source *s;
    cards80 h;
    gal_table *t;
    size_t row_bytes, data_bytes, heap;
    field *f;
    size_t nfield;
} reader;

static size_t size_of(char type)
{
    switch (type) {
    case 'L':
    case 'B':
    case 'A':
        return 1;
    case 'I':
        return 2;
    case 'J':
    case 'E':
        return 4;
    case 'K':
    case 'D':
    case 'C':
    case 'P':
        return 8;
    case 'M':
    case 'Q':
        return 16;
    default:
        return 0;
    }
}

/* ------------------------------------------------------------------ header */
static void column_key(char key[32], const char *name, size_t i)
{
    snprintf(key, 32, "%s%zu", name, i + 1);
}

static void scaling(const cards80 *h, size_t i, field *f)
{
    char key[32];
    f->scale = 1;
    column_key(key, "TSCAL", i);
    gal_card_real(h, key, &f->scale);
    column_key(key, "TZERO", i);
    gal_card_real(h, key, &f->zero);
    column_key(key, "TNULL", i);
    f->has_null = gal_card_int(h, key, &f->null);
    char type = f->type == 'P' || f->type == 'Q' ? f->element : f->type;
    bool whole = f->scale == 1 && f->zero == rint(f->zero) && fabs(f->zero) <= 9223372036854775808.0;
    f->integer = whole && type && strchr("BIJK", type);
    /* 2^63 = unsigned 64-bit integers; else the sum stays within 64 bits for smaller types, and for K by what the sum wraps to */
    f->is_unsigned = f->zero == 9223372036854775808.0;
    f->bias = f->is_unsigned ? (uint64_t)1 << 63 : whole ? (uint64_t)(int64_t)f->zero : 0;
}

static gal_status binary_field(reader *r, size_t i, size_t *at)
{
    char key[32], form[72], *p;
    field *f = &r->f[i];
    column_key(key, "TFORM", i);
    if (!gal_card_text(&r->h, key, form, sizeof form))
        return gal_fail(GAL_EFORMAT, "%s: the FITS table has no %s", r->s->path, key);
    unsigned long long n = strtoull(form, &p, 10);
    f->repeat = p == form ? 1 : (size_t)n;
    f->type = (char)toupper((unsigned char)*p);
    f->element = *p ? (char)toupper((unsigned char)p[1]) : 0;
    size_t each = size_of(f->type);
    if ((!each && f->type != 'X') || n > (1ull << 48))
        return gal_fail(GAL_EFORMAT, "%s: column '%s': TFORM '%s' is not understood", r->s->path, f->name, form);
    f->bytes = f->type == 'X' ? (f->repeat + 7) / 8 : f->repeat * each;
    f->at = *at;
    *at += f->bytes;
    if (*at > r->row_bytes)
        return gal_fail(GAL_EFORMAT, "%s: column '%s' ends at byte %zu of rows of %zu bytes", r->s->path, f->name, *at,
                        r->row_bytes);
    if (f->type == 'A' && isdigit((unsigned char)f->element)) {
        unsigned long w = strtoul(p + 1, NULL, 10);
        f->element = w && w < f->repeat ? 'a' : 0; /* several texts in a cell */
    }
    scaling(&r->h, i, f);
    return GAL_OK;
}

static gal_status ascii_field(reader *r, size_t i)
{
    char key[32], form[72];
    int64_t at = 0;
    field *f = &r->f[i];
    column_key(key, "TFORM", i);
    unsigned width = 0, decimals = 0;
    char type = 0;
    if (!gal_card_text(&r->h, key, form, sizeof form) || sscanf(form, "%c%5u.%5u", &type, &width, &decimals) < 2)
        return gal_fail(GAL_EFORMAT, "%s: column '%s': %s '%s' is not understood", r->s->path, f->name, key, form);
    column_key(key, "TBCOL", i);
    if (!gal_card_int(&r->h, key, &at) || at < 1 || (uint64_t)at - 1 + width > r->row_bytes)
        return gal_fail(GAL_EFORMAT, "%s: column '%s': %s is not within rows of %zu bytes", r->s->path, f->name, key,
                        r->row_bytes);
    f->type = (char)toupper((unsigned char)type);
    if (!strchr("AIFED", f->type))
        return gal_fail(GAL_EFORMAT, "%s: column '%s': TFORM '%s' is not understood", r->s->path, f->name, form);
    f->at = (size_t)at - 1;
    f->bytes = width;
    f->decimals = (int)decimals;
    scaling(&r->h, i, f);
    column_key(key, "TNULL", i);
    f->has_null = gal_card_text(&r->h, key, f->null_text, sizeof f->null_text);
    return GAL_OK;
}

static gal_status fields(reader *r, bool binary)
{
    gal_status st = GAL_OK;
    int64_t n = 0;
    char key[32];
    size_t at = 0;
    if (!gal_card_int(&r->h, "TFIELDS", &n) || n < 0 || n > MAX_FIELD)
        return gal_fail(GAL_EFORMAT, "%s: the FITS table has no proper TFIELDS (0 to %d)", r->s->path, MAX_FIELD);
    r->nfield = (size_t)n;
    if (!(r->f = GAL_NEWN(field, r->nfield + 1)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < r->nfield; i++) {
        field *f = &r->f[i];
        f->col = f->vec = NONE;
        column_key(key, "TTYPE", i);
        if (!gal_card_text(&r->h, key, f->name, sizeof f->name) || !f->name[0])
            snprintf(f->name, sizeof f->name, "col%zu", i + 1);
        column_key(key, "TUNIT", i);
        gal_card_text(&r->h, key, f->unit, sizeof f->unit);
        GAL_TRY(binary ? binary_field(r, i, &at) : ascii_field(r, i));
    }
out:
    return st;
}

static bool structural(const char *key)
{
    static const char *const KEYS[] = {"SIMPLE",   "XTENSION", "BITPIX", "EXTEND",   "PCOUNT",  "GCOUNT", "TFIELDS",
                                       "CHECKSUM", "DATASUM",  "THEAP",  "LONGSTRN", "EXTNAME", "EXTVER", "DATE"};
    static const char *const NUMBERED[] = {"NAXIS", "TTYPE", "TFORM", "TUNIT", "TSCAL", "TZERO",
                                           "TNULL", "TDIM",  "TBCOL", "TDISP", "TUCD",  "TCOMM"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        if (strcmp(key, KEYS[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof NUMBERED / sizeof NUMBERED[0]; i++) {
        size_t n = strlen(NUMBERED[i]);
        if (strncmp(key, NUMBERED[i], n) == 0 && strspn(key + n, "0123456789") == strlen(key + n))
            return true;
    }
    return false;
}

static gal_status metadata(gal_table *t, const cards80 *h)
{
    char key[80], text[2048];
    for (size_t i = 0; i < h->n; i++)
        if (gal_card_pair(h, i, key, text, sizeof text) && !structural(key)) {
            gal_status st = gal_table_add_meta(t, key, text);
            if (st != GAL_OK)
                return st;
        }
    return GAL_OK;
}

/* ------------------------------------------------------------------ columns of a binary table */
static gal_status new_column(gal_table *t, const field *f, const char *name, gal_column_type type, bool *taken)
{
    *taken = gal_table_column(t, name) != NULL;
    if (*taken)
        return gal_table_pass_over(t, name, "has the name of another column");
    gal_column *v = gal_table_grow(t);
    if (!v)
        return GAL_ENOMEM;
    *v = (gal_column){.type = type, .is_text = type == GAL_COLUMN_TEXT, .name = gal_strdup(name)};
    v->unit = gal_strdup(f->unit);
    v->comment = gal_strdup("");
    if (!v->name || !v->unit || !v->comment)
        return GAL_ENOMEM;
    if (type != GAL_COLUMN_TEXT)
        return (v->num = gal_alloc((t->nrow + 1) * sizeof(double))) ? GAL_OK : GAL_ENOMEM;
    size_t each = f->bytes + 1; /* pointers, then room for the text of each row */
    if (each > SIZE_MAX / 4 / (t->nrow + 1))
        return gal_fail(GAL_ENOMEM, "%s: out of memory for column '%s'", t->path, name);
    if (!(v->text = gal_calloc(t->nrow + 1, sizeof(char *) + each)))
        return GAL_ENOMEM;
    char *room = (char *)(v->text + t->nrow);
    for (size_t i = 0; i < t->nrow; i++)
        v->text[i] = room + i * each;
    return GAL_OK;
}

static const char *useless(const gal_table *t, const field *f, char why[64])
{
    if (f->type == 'C' || f->type == 'M' || f->element == 'C' || f->element == 'M')
        return "holds complex numbers";
    if ((f->type == 'P' || f->type == 'Q') && (t->nrow != 1 || !strchr("LBIJKED", f->element ? f->element : ' ')))
        return f->element == 'A' ? "holds texts of variable length" : "holds arrays of variable length";
    if (f->repeat == 0 && f->type != 'A')
        return "holds nothing";
    if (f->type == 'A' && f->element == 'a')
        return "holds several texts in each row";
    if (f->repeat > MAX_VECTOR && f->type != 'A' && t->nrow != 1) {
        snprintf(why, 64, "holds %zu numbers in each row", f->repeat);
        return why;
    }
    if (t->ncol + (f->type == 'A' || f->repeat > MAX_VECTOR ? 1 : f->repeat) > MAX_COLUMN)
        return "comes after the 5000 columns that are read";
    return NULL;
}

/* Columns and vectors for field i */
static gal_status place(reader *r, field *f)
{
    gal_status st = GAL_OK;
    gal_table *t = r->t;
    char why[64], name[112];
    bool taken = false;
    const char *reason = useless(t, f, why);
    if (reason)
        return gal_table_pass_over(t, f->name, reason);
    gal_column_type type = f->type == 'A'                     ? GAL_COLUMN_TEXT
                           : f->type == 'L' || f->type == 'X' ? GAL_COLUMN_BOOLEAN
                           : f->integer                       ? GAL_COLUMN_INTEGER
                                                              : GAL_COLUMN_REAL;
    if (f->type == 'P' || f->type == 'Q')
        return GAL_OK; /* its length is in the data */
    size_t k = type == GAL_COLUMN_TEXT ? 1 : f->repeat;
    if (k > 1 && t->nrow == 1) {
        f->vec = (long)t->nvec;
        GAL_TRY(gal_table_add_vector(t, f->name, f->unit, k, NULL));
    }
    long first = (long)t->ncol;
    for (size_t j = 0; j < k && k <= MAX_VECTOR && !taken; j++) {
        snprintf(name, sizeof name, k == 1 ? "%s" : "%s_%zu", f->name, j + 1);
        GAL_TRY(new_column(t, f, name, type, &taken));
    }
    while (taken && t->ncol > (size_t)first)
        gal_table_drop(t, t->ncol - 1);
    if (!taken && k <= MAX_VECTOR)
        f->col = first;
    if (f->col != NONE && k == 1 && f->type == 'K' && f->integer && !(f->exact = GAL_NEWN(int64_t, t->nrow + 1)))
        st = GAL_ENOMEM;
out:
    return st;
}

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* Element j of a field at p, as a number; *whole is the integer behind it, where there is one */
static double element(const field *f, char type, const unsigned char *p, size_t j, int64_t *whole)
{
    int64_t raw;
    double x;
    switch (type) {
    case 'L':
        return p[j] == 'T' ? 1 : p[j] == 'F' ? 0 : NAN;
    case 'X':
        return p[j / 8] >> (7 - j % 8) & 1;
    case 'E': {
        uint32_t bits = (uint32_t)big_endian(p + 4 * j, 4);
        float y;
        memcpy(&y, &bits, sizeof y);
        return f->scale == 1 && f->zero == 0 ? (double)y : y * f->scale + f->zero;
    }
    case 'D': {
        uint64_t bits = big_endian(p + 8 * j, 8);
        memcpy(&x, &bits, sizeof x);
        return f->scale == 1 && f->zero == 0 ? x : x * f->scale + f->zero;
    }
    case 'B':
        raw = p[j];
        break;
    case 'I':
        raw = (int16_t)big_endian(p + 2 * j, 2);
        break;
    case 'J':
        raw = (int32_t)big_endian(p + 4 * j, 4);
        break;
    default:
        raw = (int64_t)big_endian(p + 8 * j, 8);
    }
    if (f->has_null && raw == f->null)
        return NAN;
    if (!f->integer)
        return (double)raw * f->scale + f->zero;
    *whole = (int64_t)((uint64_t)raw + f->bias);
    return f->is_unsigned && type == 'K' ? (double)(uint64_t)*whole
           : type == 'K'                 ? (double)*whole
                                         : (double)raw + f->zero;
}

static void read_row(reader *r, size_t row, const unsigned char *p)
{
    gal_table *t = r->t;
    for (size_t i = 0; i < r->nfield; i++) {
        const field *f = &r->f[i];
        const unsigned char *cell = p + f->at;
        int64_t whole = 0;
        if (f->col == NONE && f->vec == NONE)
            continue;
        if (f->type == 'A') {
            char *text = t->col[f->col].text[row];
            size_t n = 0;
            while (n < f->bytes && cell[n])
                n++;
            memcpy(text, cell, n);
            while (n && text[n - 1] == ' ')
                n--;
            text[n] = 0;
            continue;
        }
        for (size_t j = 0; j < f->repeat; j++) {
            double x = element(f, f->type, cell, j, &whole);
            if (f->col != NONE)
                t->col[(size_t)f->col + j].num[row] = x;
            if (f->vec != NONE)
                t->vec[f->vec].num[j] = x;
            if (f->exact)
                f->exact[row] = whole;
        }
    }
}

/* Integers that a double does not hold keep their digits. */
static gal_status keep_digits(gal_table *t, field *f)
{
    enum { WIDTH = 24 };
    bool lossy = false;
    if (!f->exact)
        return GAL_OK;
    gal_column *c = &t->col[f->col];
    for (size_t i = 0; i < t->nrow && !lossy; i++)
        lossy = fabs(c->num[i]) > 9007199254740992.0;
    if (!lossy)
        return GAL_OK;
    if (!(c->text = gal_alloc((t->nrow + 1) * (sizeof(char *) + WIDTH))))
        return GAL_ENOMEM;
    char *room = (char *)(c->text + t->nrow);
    for (size_t i = 0; i < t->nrow; i++) {
        c->text[i] = room + i * WIDTH;
        if (isnan(c->num[i]))
            c->text[i][0] = 0;
        else if (f->is_unsigned)
            snprintf(c->text[i], WIDTH, "%" PRIu64, (uint64_t)f->exact[i]);
        else
            snprintf(c->text[i], WIDTH, "%" PRId64, f->exact[i]);
    }
    return GAL_OK;
}

/* Arrays of variable length of a table of one row: vectors of their length. */
static gal_status variable(reader *r, const field *f, const unsigned char *row)
{
    gal_status st = GAL_OK;
    size_t half = f->type == 'P' ? 4 : 8, each = size_of(f->element);
    if ((f->type != 'P' && f->type != 'Q') || r->t->nrow != 1 || !strchr("LBIJKED", f->element ? f->element : ' ') ||
        f->repeat == 0)
        return GAL_OK;
    uint64_t n = big_endian(row + f->at, half), at = big_endian(row + f->at + half, half);
    unsigned char *cell = NULL;
    int64_t whole;
    if (at > r->data_bytes || n > r->data_bytes / each || r->heap > r->data_bytes ||
        n * each > r->data_bytes - r->heap || at > r->data_bytes - r->heap - n * each)
        return gal_fail(GAL_EFORMAT, "%s: column '%s': its array lies outside of the table's data", r->s->path,
                        f->name);
    if (n == 0)
        return gal_table_pass_over(r->t, f->name, "holds nothing");
    if (!(cell = gal_alloc((size_t)n * each)))
        return GAL_ENOMEM;
    GAL_TRY(gal_source_read(r->s, r->h.data + r->heap + (size_t)at, (size_t)n * each, cell));
    GAL_TRY(gal_table_add_vector(r->t, f->name, f->unit, (size_t)n, NULL));
    for (size_t j = 0; j < n; j++)
        r->t->vec[r->t->nvec - 1].num[j] = element(f, f->element, cell, j, &whole);
out:
    gal_free(cell);
    return st;
}

static gal_status binary_table(reader *r)
{
    gal_status st = GAL_OK;
    gal_table *t = r->t;
    size_t many = r->row_bytes && r->row_bytes < CHUNK ? CHUNK / r->row_bytes : 1;
    unsigned char *buf = gal_alloc(many * r->row_bytes + 1);
    if (!buf)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < r->nfield; i++)
        GAL_TRY(place(r, &r->f[i]));
    for (size_t row = 0; row < t->nrow && t->ncol + t->nvec + (t->nrow == 1) > 0; row += many) {
        size_t n = t->nrow - row < many ? t->nrow - row : many;
        GAL_TRY(gal_source_read(r->s, r->h.data + row * r->row_bytes, n * r->row_bytes, buf));
        for (size_t k = 0; k < n; k++)
            read_row(r, row + k, buf + k * r->row_bytes);
    }
    for (size_t i = 0; i < r->nfield; i++) {
        GAL_TRY(keep_digits(t, &r->f[i]));
        if (t->nrow == 1)
            GAL_TRY(variable(r, &r->f[i], buf));
    }
out:
    gal_free(buf);
    return st;
}

/* ------------------------------------------------------------------ ASCII tables */
static gal_status ascii_table(reader *r)
{
    gal_status st = GAL_OK;
    size_t nrow = r->t->nrow, room = 1, n = r->nfield;
    cells c = {0};
    coldef *def = GAL_NEWN(coldef, n + 1);
    char *text = NULL, *row = gal_alloc(r->row_bytes + 1), *w;
    for (size_t i = 0; i < n; i++)
        room += r->f[i].bytes + 2;
    if (!def || !row || (nrow && room > SIZE_MAX / nrow) || !(text = gal_alloc(room * nrow + 1)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++) {
        GAL_TRY(gal_coldef_set(&def[i], r->f[i].name, r->f[i].unit, NULL));
        def[i].type = r->f[i].type == 'A' ? CELL_TEXT : CELL_NUM;
        if (r->f[i].has_null && !(def[i].null = gal_strdup(r->f[i].null_text)))
            GAL_TRY(GAL_ENOMEM);
    }
    w = text;
    for (size_t k = 0; k < nrow; k++) {
        GAL_TRY(gal_source_read(r->s, r->h.data + k * r->row_bytes, r->row_bytes, row));
        for (size_t i = 0; i < n; i++) {
            const field *f = &r->f[i];
            const char *cell = row + f->at;
            size_t len = f->bytes, from = 0;
            while (len && (cell[len - 1] == ' ' || cell[len - 1] == 0))
                len--;
            while (from < len && cell[from] == ' ' && f->type != 'A')
                from++;
            GAL_TRY(gal_cells_push(&c, w));
            memcpy(w, cell + from, len -= from);
            w[len] = 0;
            size_t d = (size_t)f->decimals; /* "12345" in F8.3 is 12.345 */
            if (f->type != 'A' && f->type != 'I' && d && len > d && strspn(w, "+-0123456789") == len) {
                memmove(w + len - d + 1, w + len - d, d + 1);
                w[len - d] = '.';
                len++;
            }
            w += len + 1;
        }
        GAL_TRY(gal_cells_end_row(&c, k + 1));
    }
    GAL_TRY(gal_table_from_cells(r->t, def, n, &c));
    gal_free(r->t->line); /* rows, not lines */
    r->t->line = NULL;
    for (size_t i = 0; i < n; i++) {
        const gal_column *col = gal_table_column(r->t, r->f[i].name);
        for (size_t k = 0; col && col->num && (r->f[i].scale != 1 || r->f[i].zero != 0) && k < nrow; k++)
            col->num[k] = col->num[k] * r->f[i].scale + r->f[i].zero;
    }
out:
    gal_cells_free(&c);
    gal_coldefs_free(def, n);
    gal_free(text);
    gal_free(row);
    return st;
}

/* ------------------------------------------------------------------ file */
/* Is HDU number hdu of this header the extension that is wanted? NULL: any. Its name goes to the end of the list. */
static bool is_wanted(const reader *r, int hdu, const char *wanted, char *list, size_t n)
{
    char name[72] = "", number[16];
    size_t at = strlen(list);
    gal_card_text(&r->h, "EXTNAME", name, sizeof name);
    snprintf(number, sizeof number, "%d", hdu);
    snprintf(list + at, n - at, "%s%s%s%.40s", at ? ", " : "", number, *name ? " " : "", name);
    return !wanted || strcmp(wanted, number) == 0 || (*name && strcasecmp(wanted, name) == 0);
}

/* The header of the first table, or of the wanted extension: XTENSION and its data; *primary gets the first header. */
static gal_status first_table(reader *r, const char *wanted, cards80 *primary, bool *binary)
{
    char kind[16], list[400] = "";
    size_t at = 0, bytes;
    for (int hdu = 0;; hdu++) {
        gal_status st = hdu && at >= r->s->size ? GAL_ENOTFOUND : gal_cards_read(r->s, at, &r->h);
        if (st == GAL_ENOTFOUND || (st != GAL_OK && hdu > 0 && at + 2880 > r->s->size)) {
            if (wanted) /* another code than "no table at all" */
                gal_fail(GAL_EFORMAT, "%s: no table in an extension '%s'; tables are in: %s", r->s->path, wanted,
                         *list ? list : "none");
            return wanted ? GAL_EFORMAT : GAL_ENOTFOUND;
        }
        if (st != GAL_OK || (st = gal_cards_data(r->s, &r->h, &bytes)) != GAL_OK)
            return st;
        gal_card_text(&r->h, "XTENSION", kind, sizeof kind);
        *binary = strcmp(kind, "BINTABLE") == 0 || strcmp(kind, "A3DTABLE") == 0;
        r->data_bytes = bytes;
        if (hdu > 0 && (*binary || strcmp(kind, "TABLE") == 0) && is_wanted(r, hdu, wanted, list, sizeof list))
            return GAL_OK;
        at = r->h.data + (bytes + 2879) / 2880 * 2880;
        if (hdu == 0)
            *primary = r->h;
        else
            gal_free(r->h.v);
        r->h = (cards80){0};
    }
}

gal_status gal_table_from_fits(gal_table *t, const source *s, const char *extension)
{
    gal_status st = GAL_OK;
    reader r = {.s = s, .t = t};
    cards80 primary = {0};
    bool binary = true;
    int64_t naxis = 0, width = 0, rows = 0, heap = -1;
    st = first_table(&r, extension, &primary, &binary);
    if (st == GAL_ENOTFOUND) { /* images alone: a spectrum, if anything */
        st = gal_table_from_image(t, s);
        goto out;
    }
    GAL_TRY(st);
    gal_card_int(&r.h, "NAXIS", &naxis);
    gal_card_int(&r.h, "NAXIS1", &width);
    gal_card_int(&r.h, "NAXIS2", &rows);
    gal_card_int(&r.h, "THEAP", &heap);
    if (gal_card_true(&r.h, "ZTABLE"))
        GAL_THROW(GAL_EUNSUP, "%s: holds a tile-compressed table: unpack it with funpack", s->path);
    if (naxis != 2 || width <= 0)
        GAL_THROW(GAL_EFORMAT, "%s: the FITS table has no columns", s->path);
    r.row_bytes = (size_t)width;
    t->nrow = (size_t)rows;
    r.heap = heap >= 0 ? (size_t)heap : r.row_bytes * t->nrow;
    GAL_TRY(fields(&r, binary));
    GAL_TRY(metadata(t, &r.h));
    GAL_TRY(metadata(t, &primary));
    if (binary) {
        GAL_TRY(binary_table(&r));
        if (t->ncol + t->nvec == 0)
            GAL_THROW(GAL_EFORMAT, "%s: the FITS table has no column that can be read%s%s%s%s", s->path,
                      t->npassed ? ": '" : "", t->npassed ? t->passed[0].name : "", t->npassed ? "' " : "",
                      t->npassed ? t->passed[0].why : "");
        GAL_TRY(gal_table_finish(t));
    } else
        GAL_TRY(ascii_table(&r));
out:
    for (size_t i = 0; r.f && i < r.nfield; i++)
        gal_free(r.f[i].exact);
    gal_free(r.f);
    gal_free(r.h.v);
    gal_free(primary.v);
    return st;
}
