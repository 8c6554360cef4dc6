/* table_fixed.c - tables whose columns are ranges of bytes: IPAC (IRSA, NED) and the machine-readable tables of the AAS journals and
 * CDS (a "Byte-by-byte Description" before the data).
 *
 * IPAC: lines "\key = value", then up to four lines of names, types, units and null values between bars; a cell is what stands below
 * its name and the bar before it. CDS: bytes, Fortran format, unit ("---": none), label, and an explanation that may begin with limits
 * "[0/90]" and "?=-99": the null value; a blank cell is missing. Thread safe. */
#include "table_int.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct layout {
    gal_table *t;
    coldef *def;
    size_t *from, *to; /* bytes of a line, to not included */
    size_t n, cap;
} layout;

static gal_status new_column(layout *l)
{
    if (l->n == l->cap) {
        size_t cap = 2 * l->cap + 32;
        coldef *d = gal_realloc(l->def, cap * sizeof *d);
        if (d)
            l->def = d;
        size_t *a = gal_realloc(l->from, cap * sizeof *a);
        if (a)
            l->from = a;
        size_t *b = gal_realloc(l->to, cap * sizeof *b);
        if (b)
            l->to = b;
        if (!d || !a || !b)
            return GAL_ENOMEM;
        l->cap = cap;
    }
    l->def[l->n++] = (coldef){.type = CELL_AUTO};
    return GAL_OK;
}

static void layout_free(layout *l)
{
    gal_coldefs_free(l->def, l->n);
    gal_free(l->from);
    gal_free(l->to);
}

static size_t line_length(const char *p, const char *end)
{
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    size_t n = (size_t)((eol ? eol : end) - p);
    return n && p[n - 1] == '\r' ? n - 1 : n;
}

static const char *next_line(const char *p, const char *end)
{
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    return eol ? eol + 1 : end;
}

/* [p, p + n) without blanks around, at most size - 1 bytes */
static char *trimmed(const char *p, size_t n, char *buf, size_t size)
{
    while (n && isspace((unsigned char)*p))
        p++, n--;
    while (n && isspace((unsigned char)p[n - 1]))
        n--;
    snprintf(buf, size, "%.*s", (int)(n < size ? n : size - 1), p);
    return buf;
}

/* ------------------------------------------------------------------ data */
static bool skipped(const char *p, size_t n)
{
    while (n && isspace((unsigned char)*p))
        p++, n--;
    return n == 0;
}

/* The lines of [p, end) cut at the layout's bytes */
static gal_status rows(layout *l, const char *p, const char *end, size_t line)
{
    gal_status st = GAL_OK;
    cells c = {0};
    char *text = NULL, *w;
    size_t nrow = 0, size = (size_t)(end - p);
    for (const char *q = p; q < end; q = next_line(q, end))
        nrow += !skipped(q, line_length(q, end));
    if (nrow == 0)
        return gal_fail(GAL_EFORMAT, "%s: a header, but no data rows", l->t->path);
    if (nrow > (4 * size + 1000000) / (l->n + 1))
        return gal_fail(GAL_EFORMAT, "%s: the rows are too short for %zu columns", l->t->path, l->n);
    size_t most = 0;
    for (size_t i = 0; i < l->n; i++)
        most = l->to[i] - l->from[i] > most ? l->to[i] - l->from[i] : most;
    if (!(text = gal_alloc(nrow * l->n + 2 * size + most + 16)))
        return GAL_ENOMEM;
    w = text;
    for (const char *q = p; q < end; q = next_line(q, end), line++) {
        size_t len = line_length(q, end), used = 0;
        if (skipped(q, len))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            size_t a = l->from[i] < len ? l->from[i] : len, b = l->to[i] < len ? l->to[i] : len;
            if ((used += b - a) > 2 * len) /* overlapping ranges */
                GAL_THROW(GAL_EFORMAT, "%s, line %zu: the columns overlap", l->t->path, line);
            GAL_TRY(gal_cells_push(&c, trimmed(q + a, b - a, w, b - a + 1)));
            w += strlen(w) + 1;
        }
        GAL_TRY(gal_cells_end_row(&c, line));
    }
    GAL_TRY(gal_table_from_cells(l->t, l->def, l->n, &c));
out:
    gal_cells_free(&c);
    gal_free(text);
    return st;
}

/* ------------------------------------------------------------------ IPAC */
bool gal_ipac_is(const char *text, size_t n)
{
    const char *end = text + n;
    while (text < end && (*text == '\\' || *text == '\r' || *text == '\n'))
        text = next_line(text, end);
    size_t len = text < end ? line_length(text, end) : 0;
    while (len && text[len - 1] == ' ')
        len--;
    return len > 2 && *text == '|' && text[len - 1] == '|';
}

static gal_status ipac_meta(layout *l, const char *p, size_t n)
{
    char key[128], value[2048];
    const char *eq = memchr(p, '=', n);
    if (!eq || isspace((unsigned char)p[1])) /* "\ comment" */
        return GAL_OK;
    trimmed(p + 1, (size_t)(eq - p) - 1, key, sizeof key);
    trimmed(eq + 1, n - (size_t)(eq - p) - 1, value, sizeof value);
    size_t len = strlen(value);
    bool quoted = len > 1 && (*value == '\'' || *value == '"') && value[len - 1] == *value;
    if (quoted)
        value[len - 1] = 0;
    const char *last = key + strlen(key); /* "\char name", "\float z": the type goes */
    while (last > key && !isspace((unsigned char)last[-1]))
        last--;
    return *last ? gal_table_add_meta(l->t, last, value + quoted) : GAL_OK;
}

/* Line k (0 names, 1 types, 2 units, 3 null values) of the header */
static gal_status ipac_header(layout *l, int k, const char *p, size_t n, size_t line)
{
    gal_status st = GAL_OK;
    char word[256];
    size_t i = 0;
    for (const char *bar = p, *next; (next = memchr(bar + 1, '|', n - (size_t)(bar - p) - 1)); bar = next, i++) {
        trimmed(bar + 1, (size_t)(next - bar) - 1, word, sizeof word);
        if (k == 0) {
            GAL_TRY(new_column(l));
            l->from[i] = (size_t)(bar - p);
            l->to[i] = (size_t)(next - p);
            GAL_TRY(gal_coldef_set(&l->def[i], *word ? word : "col", NULL, NULL));
        }
        if (i >= l->n)
            break;
        char type = (char)tolower((unsigned char)*word);
        if (k == 1) /* char, date; int, long, double, float, real and their first letters */
            l->def[i].type = type == 'c' || (type == 'd' && strncasecmp(word, "date", 4) == 0) ? CELL_TEXT : CELL_NUM;
        if (k == 2)
            GAL_TRY(gal_coldef_set(&l->def[i], NULL, word, NULL));
        if (k == 3 && *word && !(l->def[i].null = gal_strdup(word)))
            GAL_TRY(GAL_ENOMEM);
    }
    if (k > 0 && i != l->n)
        GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu cells between bars, but %zu columns are named", l->t->path, line, i,
                  l->n);
out:
    return st;
}

gal_status gal_table_parse_ipac(gal_table *t, const char *text, size_t n)
{
    gal_status st = GAL_OK;
    layout l = {.t = t};
    const char *p = text, *end = text + n;
    size_t line = 1;
    for (int k = 0; p < end && (*p == '\\' || *p == '|' || *p == '\r' || *p == '\n'); p = next_line(p, end), line++) {
        if (*p == '\\')
            GAL_TRY(ipac_meta(&l, p, line_length(p, end)));
        if (*p == '|' && k < 4)
            GAL_TRY(ipac_header(&l, k++, p, line_length(p, end), line));
    }
    GAL_TRY(rows(&l, p, end, line));
out:
    layout_free(&l);
    return st;
}

/* ------------------------------------------------------------------ machine-readable tables */
static const char TITLE[] = "Byte-by-byte Description of file";

/* The line that begins with the title, NULL when there is none in the first 64 kB */
static const char *description(const char *text, size_t n)
{
    const char *end = text + (n < 65536 ? n : 65536);
    for (const char *p = text; p < end; p = next_line(p, end))
        if ((size_t)(end - p) > sizeof TITLE && strncasecmp(p, TITLE, sizeof TITLE - 1) == 0)
            return p;
    return NULL;
}

bool gal_mrt_is(const char *text, size_t n)
{
    return description(text, n) != NULL;
}

static bool rule(const char *p, size_t n)
{
    size_t k = 0;
    while (k < n && (p[k] == '-' || p[k] == '='))
        k++;
    return k > 10 && skipped(p + k, n - k);
}

/* "[0/90]?=-99 text": the null value, "" when none is given */
static void null_value(const char *s, char *buf, size_t size)
{
    *buf = 0;
    if (*s == '[' || *s == ']') {
        size_t n = strcspn(s + 1, "[]");
        s += s[n + 1] ? n + 2 : n + 1;
    }
    while (*s == ' ')
        s++;
    if (s[0] == '?' && s[1] == '=')
        snprintf(buf, size, "%.*s", (int)strcspn(s + 2, " \t"), s + 2);
}

/* One line of the description: "  1-  4  I4  ---  ID  ?=0 text", or the continuation of an explanation */
static gal_status mrt_column(layout *l, const char *p, size_t len, size_t line)
{
    char text[512], format[16], unit[64], label[128], null[64];
    unsigned long a, b;
    int used = 0;
    trimmed(p, len, text, sizeof text);
    if (sscanf(text, "%7lu - %7lu %15s %63s %127s %n", &a, &b, format, unit, label, &used) < 5) {
        if (sscanf(text, "%7lu %15s %63s %127s %n", &a, format, unit, label, &used) < 4)
            return GAL_OK; /* an explanation goes on */
        b = a;
    }
    if (!strchr("AIFEDaifed", *format) || !isdigit((unsigned char)format[1]))
        return GAL_OK;
    if (a < 1 || b < a)
        return gal_fail(GAL_EFORMAT, "%s, line %zu: bytes %lu to %lu", l->t->path, line, a, b);
    gal_status st = new_column(l);
    if (st != GAL_OK)
        return st;
    coldef *d = &l->def[l->n - 1];
    l->from[l->n - 1] = a - 1;
    l->to[l->n - 1] = b;
    d->type = toupper((unsigned char)*format) == 'A' ? CELL_TEXT : CELL_NUM;
    null_value(text + used, null, sizeof null);
    if (*null && !(d->null = gal_strdup(null)))
        return GAL_ENOMEM;
    return gal_coldef_set(d, label, strcmp(unit, "---") == 0 ? "" : unit, text + used);
}

gal_status gal_table_parse_mrt(gal_table *t, const char *text, size_t n)
{
    gal_status st = GAL_OK;
    layout l = {.t = t};
    const char *start = description(text, n), *end = text + n, *data = NULL;
    size_t line = 1, data_line = 0, title_line = 1;
    for (const char *p = text; p < start; p = next_line(p, end))
        title_line++;
    int rules =
        0; /* two around the names of the list's columns, one behind the list; notes and more rules may follow */
    line = title_line;
    for (const char *p = start; p < end; p = next_line(p, end), line++) {
        size_t len = line_length(p, end);
        if (rule(p, len)) {
            rules++;
            data = next_line(p, end);
            data_line = line + 1;
        } else if (rules == 2)
            GAL_TRY(mrt_column(&l, p, len, line));
    }
    if (rules < 3 || l.n == 0)
        GAL_THROW(GAL_EFORMAT, "%s, line %zu: the byte-by-byte description is not whole", t->path, title_line);
    GAL_TRY(rows(&l, data, end, data_line));
out:
    layout_free(&l);
    return st;
}
