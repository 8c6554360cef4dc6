/* table_text.c - delimited text: white space, comma or tab; quotes; header rows; '#' comments with names and metadata.
 *
 * Names of the columns come from, in this order: a first row without a single number; the last comment line before the data
 * with as many words as there are columns ("# name redshift ..."); else comment lines "# 1 NAME text [unit]" of SExtractor; else col1,
 * col2, ... A unit may follow a name in brackets: flux[mJy] or "flux (mJy)"; behind the names a row of units and one of dashes may
 * stand, as VizieR writes them. Comment lines "# key: value" and "# key = value" are metadata. */
#include "table_int.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ records */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Quoted cell: p behind the opening quote; unescapes "" in place. Returns the place behind the closing quote, NULL if none. */
static char *unquote(records *r, char *p, char **text)
{
    char *w = p;
    *text = p;
    for (; p < r->end; p++) {
        if (*p == '"') {
            if (p + 1 < r->end && p[1] == '"') {
                *w++ = '"';
                p++;
                continue;
            }
            *w = 0;
            return p + 1;
        }
        if (*p == '\n')
            r->line++;
        *w++ = *p;
    }
    return NULL;
}

static void skip_comments(records *r)
{
    for (;;) {
        char *p = r->p;
        while (p < r->end && (is_blank(*p) || *p == '\n')) {
            r->line += *p == '\n';
            p++;
        }
        if (r->delimiter == 0 || p >= r->end || *p == '#' || r->p == p)
            r->p = p;
        else { /* leading blanks belong to the first cell of a delimited record: go back to the start of its line */
            while (p > r->p && p[-1] != '\n')
                p--;
            r->p = p;
        }
        if (p >= r->end || *r->p != '#')
            return;
        char *eol = memchr(r->p, '\n', (size_t)(r->end - r->p));
        char *stop = eol ? eol : r->end;
        char last = *stop;
        *stop = 0;
        if (r->comment)
            r->comment(r->ctx, r->p + 1);
        *stop = last;
        r->p = stop;
    }
}

/* One cell; *more tells whether the record goes on behind it. */
static gal_status next_cell(records *r, cells *c, bool *more)
{
    char *p = r->p, *text, *stop;
    if (!(r->delimiter == '\t'))
        while (p < r->end && is_blank(*p))
            p++;
    size_t line = r->line;
    if (p < r->end && *p == '"') {
        if (!(p = unquote(r, p + 1, &text)))
            return gal_fail(GAL_EFORMAT, "%s, line %zu: a quote is opened but never closed", r->path, line);
        while (p < r->end && is_blank(*p) && *p != r->delimiter)
            p++;
        if (r->delimiter ? p < r->end && *p != r->delimiter && *p != '\n' : p < r->end && p[-1] == '"' && *p != '\n')
            return gal_fail(GAL_EFORMAT, "%s, line %zu: text follows a closing quote", r->path, line);
        stop = NULL;
    } else {
        text = p;
        while (p < r->end && *p != '\n' && (r->delimiter ? *p != r->delimiter : !is_blank(*p)))
            p++;
        stop = p;
        while (stop > text && is_blank(stop[-1]))
            stop--;
    }
    char term = p < r->end ? *p : '\n';
    if (!r->delimiter && term != '\n') {
        while (p < r->end && is_blank(*p))
            p++;
        term = p < r->end && *p != '\n' ? ' ' : '\n';
    }
    if (stop)
        *stop = 0;
    *more = term != '\n';
    r->p = r->delimiter && *more ? p + 1 : p;
    if (!*more) {
        r->p = p < r->end ? p + 1 : p;
        r->line++;
    }
    return gal_cells_push(c, text);
}

gal_status gal_records_next(records *r, cells *c, size_t *ncell)
{
    *ncell = 0;
    skip_comments(r);
    r->start = r->line;
    bool more = r->p < r->end;
    while (more) {
        gal_status st = next_cell(r, c, &more);
        if (st != GAL_OK)
            return st;
        ++*ncell;
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ header */
typedef struct header {
    char **line; /* copies of the comment lines before the data */
    size_t n;
    bool failed, closed;
} header;

static void on_comment(void *ctx, char *text)
{
    header *h = ctx;
    if (h->closed || h->failed)
        return;
    char **v = gal_realloc(h->line, (h->n + 1) * sizeof *v), *copy = gal_strdup(text);
    if (v)
        h->line = v;
    if (!v || !copy) {
        gal_free(copy);
        h->failed = true;
        return;
    }
    size_t len = strlen(copy);
    while (len && isspace((unsigned char)copy[len - 1]))
        copy[--len] = 0;
    h->line[h->n++] = copy;
}

static void header_free(header *h)
{
    for (size_t i = 0; i < h->n; i++)
        gal_free(h->line[i]);
    gal_free(h->line);
}

/* "name[unit]" or "name (unit)": cuts the name, returns the unit or NULL */
static char *split_unit(char *name)
{
    size_t n = strlen(name);
    char open = n && name[n - 1] == ']' ? '[' : n && name[n - 1] == ')' ? '(' : 0;
    char *p = open ? strchr(name, open) : NULL;
    if (!p || p == name)
        return NULL;
    name[n - 1] = 0;
    *p = 0;
    for (char *e = p; e > name && isspace((unsigned char)e[-1]);)
        *--e = 0;
    return p + 1;
}

static gal_status name_columns(coldef *def, char *const *names, size_t ncol)
{
    char label[32];
    for (size_t j = 0; j < ncol; j++) {
        char *unit = split_unit(names[j]);
        snprintf(label, sizeof label, "col%zu", j + 1);
        gal_status st = gal_coldef_set(&def[j], *names[j] ? names[j] : label, unit, NULL);
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

/* "key: value" or "key = value": the length of the key and the place of the value; 0 when the line is something else */
static size_t meta_line(const char *s, const char **value)
{
    size_t k = 0;
    while (isalnum((unsigned char)s[k]) || s[k] == '_')
        k++;
    const char *v = s + k + strspn(s + k, " \t");
    if (!k || (*v != ':' && *v != '=') || !v[1])
        return 0;
    *value = v + 1 + strspn(v + 1, " \t");
    return k;
}

/* Words of a comment line; true when there are ncol of them and they can be names. */
static gal_status comment_names(const char *path, const char *text, char delimiter, coldef *def, size_t ncol,
                                bool *done)
{
    cells c = {0};
    size_t n = 0;
    char *copy = gal_strdup(text);
    if (!copy)
        return GAL_ENOMEM;
    records r = {.p = copy, .end = copy + strlen(copy), .delimiter = delimiter, .line = 1, .path = path};
    while (is_blank(*r.p))
        r.p++;
    const char *value;
    gal_status st = *r.p && *r.p != '#' && !meta_line(r.p, &value) ? gal_records_next(&r, &c, &n) : GAL_OK;
    *done = st == GAL_OK && n == ncol;
    double v;
    for (size_t i = 0; *done && i < n; i++)
        *done = !gal_parse_double(c.v[i], &v) && *c.v[i];
    if (*done)
        st = name_columns(def, c.v, ncol);
    else
        st = GAL_OK; /* a comment that cannot be cut into words is only a comment */
    gal_cells_free(&c);
    gal_free(copy);
    return st;
}

static gal_status keep_comments(gal_table *t, const header *h, size_t used)
{
    size_t bytes = 1;
    for (size_t i = 0; i < h->n; i++)
        bytes += strlen(h->line[i]) + 1;
    char *all = gal_alloc(bytes), *w = all;
    if (!all)
        return GAL_ENOMEM;
    *w = 0;
    for (size_t i = 0; i < h->n; i++) {
        if (i == used)
            continue;
        const char *s = h->line[i] + strspn(h->line[i], " \t");
        w += sprintf(w, "%s%s", w > all ? "\n" : "", s);
        const char *v;
        size_t k = meta_line(s, &v);
        if (k) {
            char key[64];
            snprintf(key, sizeof key, "%.*s", (int)k, s);
            gal_status st = gal_table_add_meta(t, key, v);
            if (st != GAL_OK) {
                gal_free(all);
                return st;
            }
        }
    }
    gal_free(t->comments);
    t->comments = all;
    return GAL_OK;
}

static bool all_words(char *const *cell, size_t n)
{
    double v;
    for (size_t i = 0; i < n; i++)
        if (gal_parse_double(cell[i], &v))
            return false;
    return true;
}

/* "# 12 MAG_AUTO  Kron-like magnitude [mag]" of SExtractor: names and units by number; a vector takes the numbers up to the next name */
static gal_status numbered_names(const header *h, coldef *def, size_t ncol, bool *done)
{
    char name[128], label[160];
    size_t last = 0;
    gal_status st = GAL_OK;
    *done = false;
    for (size_t i = 0; i < h->n && st == GAL_OK; i++) {
        int used = 0;
        unsigned k = 0;
        if (sscanf(h->line[i], " %6u %127s %n", &k, name, &used) < 2 || k <= last || k > ncol || (last == 0 && k != 1))
            continue;
        double v;
        if (gal_parse_double(name, &v))
            continue;
        for (size_t j = last + 1; last && j < k && st == GAL_OK; j++) { /* elements of the vector before */
            snprintf(label, sizeof label, "%.120s_%zu", def[last - 1].name, j - last + 1);
            st = gal_coldef_set(&def[j - 1], label, def[last - 1].unit, NULL);
        }
        char *open = strrchr(h->line[i] + used, '['), *close = open ? strchr(open, ']') : NULL;
        if (close)
            *close = 0;
        if (st == GAL_OK)
            st = gal_coldef_set(&def[k - 1], name, close ? open + 1 : NULL, NULL);
        if (close)
            *close = ']';
        last = k;
        *done = true;
    }
    return st;
}

static bool dashes(char *const *cell, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(cell[i]) < 2 ? strcmp(cell[i], "-") != 0 : strspn(cell[i], "-") != strlen(cell[i]))
            return false;
    return true;
}

/* A row of dashes behind the names, and between them perhaps one of units: no data */
static gal_status under_names(coldef *def, size_t ncol, cells *c, size_t first)
{
    size_t have = c->nrow;
    if (have == 0 || have > 2 || !dashes(c->v + first + (have - 1) * ncol, ncol))
        return GAL_OK;
    for (size_t j = 0; have == 2 && j < ncol; j++) {
        const char *unit = c->v[first + j];
        gal_status st = *unit && !def[j].unit ? gal_coldef_set(&def[j], NULL, unit, NULL) : GAL_OK;
        if (st != GAL_OK)
            return st;
    }
    c->n = first;
    c->nrow = 0;
    return GAL_OK;
}

gal_status gal_table_parse_ascii(gal_table *t, char *text, size_t n, char delimiter)
{
    gal_status st = GAL_OK;
    header h = {0};
    cells c = {0};
    coldef *def = NULL;
    size_t ncol = 0, got, used = (size_t)-1, first = 0;
    records r = {.p = text,
                 .end = text + n,
                 .delimiter = delimiter,
                 .line = 1,
                 .path = t->path,
                 .comment = on_comment,
                 .ctx = &h};
    GAL_TRY(gal_records_next(&r, &c, &ncol));
    h.closed = true;
    if (h.failed)
        GAL_TRY(GAL_ENOMEM);
    if (ncol == 0)
        GAL_THROW(GAL_EFORMAT, "%s: only comments, no data", t->path);
    if (!(def = GAL_NEWN(coldef, ncol)))
        GAL_TRY(GAL_ENOMEM);
    size_t line = r.start;
    bool named = false, word_row = all_words(c.v, ncol);
    for (size_t i = h.n; !word_row && !named && i-- > 0;) {
        GAL_TRY(comment_names(t->path, h.line[i], delimiter, def, ncol, &named));
        if (named)
            used = i;
    }
    if (word_row) {
        GAL_TRY(name_columns(def, c.v, ncol));
        first = ncol;
    } else {
        GAL_TRY(gal_cells_end_row(&c, line));
        if (!named)
            GAL_TRY(numbered_names(&h, def, ncol, &named));
        char label[32];
        for (size_t j = 0; j < ncol; j++) {
            if (def[j].name)
                continue;
            snprintf(label, sizeof label, "col%zu", j + 1);
            GAL_TRY(gal_coldef_set(&def[j], label, NULL, NULL));
        }
    }
    for (;;) {
        GAL_TRY(gal_records_next(&r, &c, &got));
        if (got == 0)
            break;
        if (got != ncol)
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu cell%s, but %zu columns are expected", t->path, r.start, got,
                      got == 1 ? "" : "s", ncol);
        GAL_TRY(gal_cells_end_row(&c, r.start));
        if (word_row && c.nrow <= 2)
            GAL_TRY(under_names(def, ncol, &c, first));
    }
    if (c.nrow == 0)
        GAL_THROW(GAL_EFORMAT, "%s: a header, but no data rows", t->path);
    cells body = c;
    body.v += first;
    GAL_TRY(keep_comments(t, &h, used)); /* "missing" is read from them */
    GAL_TRY(gal_table_from_cells(t, def, ncol, &body));
out:
    header_free(&h);
    gal_cells_free(&c);
    gal_coldefs_free(def, ncol);
    return st;
}
