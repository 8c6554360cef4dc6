/* votable.c - VOTable with TABLEDATA, BINARY or BINARY2: the first table of the document. FIELD (name, unit, datatype, arraysize,
 * DESCRIPTION, VALUES null) become columns, PARAM and INFO metadata (name = value). A tolerant scanner of tags, not an XML parser:
 * name space prefixes, comments, CDATA and the five entities are understood. */
#include "votable.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct xml {
    gal_table *t;
    char *p, *end;
    size_t line;
    char name[32]; /* of the current tag, without prefix; "/X" when closing */
    char *attr;    /* its attributes, NUL-terminated; */
    bool empty;    /* "<X ... />" */
} xml;

static void count_lines(xml *x, const char *from, const char *to)
{
    for (; from < to; from++)
        x->line += *from == '\n';
}

/* "&#956;" or "&#x3bc;" at p as UTF-8, which is never longer; what stands behind it, or NULL. Zero and what Unicode does not have are none. */
static char *reference(char *p, const char *stop, char **out)
{
    char *e, *w = *out;
    bool hex = p + 2 < stop && p[2] == 'x';
    if (stop - p < 4 || p[1] != '#' || !(hex ? isxdigit((unsigned char)p[3]) : isdigit((unsigned char)p[2])))
        return NULL;
    unsigned long u = strtoul(p + 2 + hex, &e, hex ? 16 : 10);
    if (e >= stop || *e != ';' || u == 0 || u > 0x10ffff || (u >= 0xd800 && u < 0xe000))
        return NULL;
    if (u < 0x80) {
        *w++ = (char)u;
    } else {
        int more = u < 0x800 ? 1 : u < 0x10000 ? 2 : 3;
        *w++ = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | u >> 6 * more);
        while (more-- > 0)
            *w++ = (char)(0x80 | (u >> 6 * more & 0x3f));
    }
    *out = w;
    return e + 1;
}

/* In place: entities, numeric references and CDATA sections of [text, stop); NUL-terminated. */
static char *decode(char *text, char *stop)
{
    static const char *const ENT[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
    while (text < stop && isspace((unsigned char)*text))
        text++;
    while (stop > text && isspace((unsigned char)stop[-1]))
        stop--;
    char *w = text;
    for (char *p = text; p < stop;) {
        size_t k = 0;
        char *behind = *p == '&' ? reference(p, stop, &w) : NULL;
        if (behind) {
            p = behind;
            continue;
        }
        for (; *p == '&' && k < 5; k++)
            if (strncmp(p, ENT[k], strlen(ENT[k])) == 0)
                break;
        if (*p == '&' && k < 5) {
            *w++ = "<>&\"'"[k];
            p += strlen(ENT[k]);
        } else if (*p == '<' && strncmp(p, "<![CDATA[", 9) == 0) {
            char *e = strstr(p, "]]>");
            size_t len = (size_t)((e && e < stop ? e : stop) - p - 9);
            memmove(w, p + 9, len);
            w += len;
            p = e && e < stop ? e + 3 : stop;
        } else
            *w++ = *p++;
    }
    *w = 0;
    return text;
}

/* Next tag; *text is what stands before it (undecoded, [text, stop)). false at the end of the document. */
static bool next_tag(xml *x, char **text, char **stop)
{
    *text = x->p;
    for (;;) {
        char *lt = memchr(x->p, '<', (size_t)(x->end - x->p));
        if (!lt)
            return false;
        count_lines(x, x->p, lt);
        const char *close = strncmp(lt, "<!--", 4) == 0        ? "-->"
                            : strncmp(lt, "<![CDATA[", 9) == 0 ? "]]>"
                            : lt[1] == '?' || lt[1] == '!'     ? ">"
                                                               : NULL;
        char *e = close ? strstr(lt, close) : NULL;
        if (close) {
            if (!e)
                return false;
            e += strlen(close);
            count_lines(x, lt, e);
            if (lt[1] == '!' && lt[2] != '[')
                *text = e;
            x->p = e;
            continue;
        }
        *stop = lt;
        char *p = lt + 1, quote = 0;
        for (e = p; e < x->end && (quote || *e != '>'); e++)
            quote = quote ? (*e == quote ? 0 : quote) : (*e == '"' || *e == '\'' ? *e : 0);
        if (e >= x->end)
            return false;
        count_lines(x, lt, e);
        x->empty = e > p && e[-1] == '/';
        *(x->empty ? e - 1 : e) = 0;
        size_t len = strcspn(p, " \t\r\n");
        char *colon = memchr(p, ':', len);
        bool closing = *p == '/';
        snprintf(x->name, sizeof x->name, "%s%.*s", closing ? "/" : "",
                 (int)(colon ? len - (size_t)(colon + 1 - p) : len - closing), colon ? colon + 1 : p + closing);
        x->attr = p + len;
        x->p = e + 1;
        return true;
    }
}

/* Value of an attribute in buf, "" when absent. */
static const char *attribute(const xml *x, const char *name, char *buf, size_t size)
{
    size_t n = strlen(name);
    for (char *p = x->attr; *p;) {
        p += strspn(p, " \t\r\n");
        size_t len = strcspn(p, "= \t\r\n");
        char *v = p + len + strspn(p + len, " \t\r\n");
        if (*v != '=')
            break;
        v += 1 + strspn(v + 1, " \t\r\n");
        char q = *v;
        char *e = q == '"' || q == '\'' ? strchr(v + 1, q) : NULL;
        if (!e)
            break;
        if (len == n && strncmp(p, name, n) == 0) {
            snprintf(buf, size, "%.*s", (int)(e - v - 1), v + 1);
            return decode(buf, buf + strlen(buf));
        }
        p = e + 1;
    }
    return "";
}

typedef struct fields {
    coldef *def;
    votable_field *f;
    size_t n, cap;
} fields;

/* "*", "12", "2x3", "8*": the number of elements and whether it varies; 1 without arraysize */
static void array_size(const char *s, votable_field *f)
{
    f->count = 1;
    while (isdigit((unsigned char)*s)) {
        char *end;
        unsigned long n = strtoul(s, &end, 10);
        f->count = n < 1u << 24 && f->count < 1u << 24 ? f->count * n : 1u << 24;
        s = end + (*end == 'x');
    }
    f->variable = *s == '*';
}

static gal_status on_field(xml *x, fields *v)
{
    char a[256], b[128], c[64], e[64];
    if (v->n == v->cap) {
        size_t cap = 2 * v->cap + 16;
        coldef *d = gal_realloc(v->def, cap * sizeof *d);
        if (d)
            v->def = d;
        votable_field *f = gal_realloc(v->f, cap * sizeof *f);
        if (f)
            v->f = f;
        if (!d || !f)
            return GAL_ENOMEM;
        v->cap = cap;
    }
    const char *type = attribute(x, "datatype", c, sizeof c), *size = attribute(x, "arraysize", e, sizeof e);
    bool text = strcmp(type, "char") == 0 || strcmp(type, "unicodeChar") == 0, truth = strcmp(type, "boolean") == 0;
    coldef *d = &v->def[v->n];
    votable_field *f = &v->f[v->n];
    *d = (coldef){.type = text ? CELL_TEXT : truth ? CELL_BOOL : CELL_NUM};
    *f = (votable_field){0};
    snprintf(f->type, sizeof f->type, "%.15s", type);
    array_size(size, f);
    d->vector = !text && (f->variable || f->count != 1);
    d->skip = strstr(type, "Complex") ? "holds complex numbers" : NULL;
    v->n++;
    const char *name = attribute(x, "name", a, sizeof a);
    if (!*name)
        name = attribute(x, "ID", a, sizeof a);
    if (!*name)
        return gal_fail(GAL_EFORMAT, "%s, line %zu: FIELD %zu has no name", x->t->path, x->line, v->n);
    return gal_coldef_set(d, name, attribute(x, "unit", b, sizeof b), NULL);
}

static gal_status on_row(xml *x, cells *c, size_t ncol)
{
    char *text, *stop;
    size_t n = 0, line = x->line;
    while (next_tag(x, &text, &stop)) {
        if (strcmp(x->name, "TD") == 0) {
            char *cell = x->p;
            if (x->empty)
                cell = (char *)(uintptr_t) "";
            else if (!next_tag(x, &text, &stop) || strcmp(x->name, "/TD") != 0)
                return gal_fail(GAL_EFORMAT, "%s, line %zu: TD is not closed", x->t->path, x->line);
            else
                cell = decode(cell, stop);
            gal_status st = gal_cells_push(c, cell);
            if (st != GAL_OK)
                return st;
            n++;
        } else if (strcmp(x->name, "/TR") == 0) {
            if (n != ncol)
                return gal_fail(GAL_EFORMAT, "%s, line %zu: row of %zu cells, but %zu FIELDs are declared", x->t->path,
                                line, n, ncol);
            return gal_cells_end_row(c, line);
        } else
            return gal_fail(GAL_EFORMAT, "%s, line %zu: <%s> inside a table row", x->t->path, x->line, x->name);
    }
    return gal_fail(GAL_EFORMAT, "%s: ends inside the row of line %zu: the file is cut short", x->t->path, line);
}

/* VALUES null="-99" of the field */
static gal_status on_values(xml *x, coldef *d)
{
    char a[64];
    const char *null = attribute(x, "null", a, sizeof a);
    if (!*null || d->null)
        return GAL_OK;
    return (d->null = gal_strdup(null)) ? GAL_OK : GAL_ENOMEM;
}

/* <STREAM>base64</STREAM> behind <BINARY> or <BINARY2> */
static gal_status on_stream(xml *x, const fields *v, cells *c, char **keep)
{
    char *before, *stop, a[32];
    bool nulls = strcmp(x->name, "BINARY2") == 0;
    size_t line = x->line;
    if (!next_tag(x, &before, &stop) || strcmp(x->name, "STREAM") != 0)
        return gal_fail(GAL_EFORMAT, "%s, line %zu: binary data without STREAM", x->t->path, line);
    const char *encoding = attribute(x, "encoding", a, sizeof a);
    if (strcmp(encoding, "base64") != 0 || x->empty)
        return gal_fail(GAL_EUNSUP,
                        "%s, line %zu: STREAM is not base64 in the file: save the table with TABLEDATA instead",
                        x->t->path, line);
    char *from = x->p;
    if (!next_tag(x, &before, &stop) || strcmp(x->name, "/STREAM") != 0)
        return gal_fail(GAL_EFORMAT, "%s: STREAM is not closed: the file is cut short", x->t->path);
    return gal_votable_stream(x->t, v->f, v->n, nulls, from, (size_t)(stop - from), c, keep);
}

/* Tags before the data */
static gal_status on_header(xml *x, fields *v, bool *in_field, char *before, char *stop)
{
    char a[256], b[2048];
    if (strcmp(x->name, "PARAM") == 0 || strcmp(x->name, "INFO") == 0)
        return gal_table_add_meta(x->t, attribute(x, "name", a, sizeof a), attribute(x, "value", b, sizeof b));
    if (strcmp(x->name, "FIELD") == 0) {
        *in_field = !x->empty;
        return on_field(x, v);
    }
    if (strcmp(x->name, "/FIELD") == 0)
        *in_field = false;
    else if (strcmp(x->name, "/DESCRIPTION") == 0 && *in_field)
        return gal_coldef_set(&v->def[v->n - 1], NULL, NULL, decode(before, stop));
    else if (strcmp(x->name, "VALUES") == 0 && *in_field)
        return on_values(x, &v->def[v->n - 1]);
    return GAL_OK;
}

gal_status gal_table_parse_votable(gal_table *t, char *text, size_t n)
{
    gal_status st = GAL_OK;
    xml x = {.t = t, .p = text, .end = text + n, .line = 1};
    fields v = {0};
    cells c = {0};
    char *before, *stop, *keep = NULL;
    bool seen = false, data = false, complete = false, in_field = false, stream = false;
    while (!complete && next_tag(&x, &before, &stop)) {
        if (strcmp(x.name, "VOTABLE") == 0)
            seen = true;
        else if (strcmp(x.name, "TABLEDATA") == 0)
            complete = x.empty, data = true;
        else if (strcmp(x.name, "TR") == 0 && data)
            GAL_TRY(on_row(&x, &c, v.n));
        else if (strcmp(x.name, "/TABLEDATA") == 0)
            complete = true;
        else if (strcmp(x.name, "BINARY") == 0 || strcmp(x.name, "BINARY2") == 0) {
            GAL_TRY(on_stream(&x, &v, &c, &keep));
            complete = data = stream = true;
        } else if (strcmp(x.name, "FITS") == 0)
            GAL_THROW(GAL_EUNSUP, "%s, line %zu: VOTable with FITS data: save it with TABLEDATA instead", t->path,
                      x.line);
        else
            GAL_TRY(on_header(&x, &v, &in_field, before, stop));
    }
    if (!seen)
        GAL_THROW(GAL_EFORMAT, "%s: is XML, but not a VOTable", t->path);
    if (!data)
        GAL_THROW(GAL_EFORMAT, "%s: VOTable without a TABLEDATA element", t->path);
    if (!complete)
        GAL_THROW(GAL_EFORMAT, "%s: TABLEDATA is not closed: the file is cut short", t->path);
    GAL_TRY(gal_table_from_cells(t, v.def, v.n, &c));
    if (stream) { /* rows, not lines */
        gal_free(t->line);
        t->line = NULL;
    }
out:
    gal_cells_free(&c);
    gal_coldefs_free(v.def, v.n);
    gal_free(v.f);
    gal_free(keep);
    return st;
}
