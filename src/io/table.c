/* table.c - tables in memory: building, look-up, conversion of text cells, choice of the format, ECSV and CSV writers.
 *
 * Numbers are doubles, NaN for an empty cell; a text column is one block: the row pointers with the characters behind them.
 * Thread safety: a table belongs to one thread; reading a finished one from several is fine. */
#include "fits.h"
#include "table_internal.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ cells */
gal_status gal_cells_push(cells *c, char *text)
{
    if (c->n == c->cap) {
        size_t cap = 2 * c->cap + 256;
        char **v = gal_realloc(c->v, cap * sizeof *v);
        if (!v)
            return GAL_ENOMEM;
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = text;
    return GAL_OK;
}

gal_status gal_cells_end_row(cells *c, size_t line)
{
    if (c->nrow == c->row_cap) {
        size_t cap = 2 * c->row_cap + 64;
        size_t *v = gal_realloc(c->line, cap * sizeof *v);
        if (!v)
            return GAL_ENOMEM;
        c->line = v;
        c->row_cap = cap;
    }
    c->line[c->nrow++] = line;
    return GAL_OK;
}

void gal_cells_free(cells *c)
{
    gal_free(c->v);
    gal_free(c->line);
    *c = (cells){0};
}

gal_status gal_coldef_set(coldef *d, const char *name, const char *unit, const char *comment)
{
    const char *in[3] = {name, unit, comment};
    char **out[3] = {&d->name, &d->unit, &d->comment};
    for (int i = 0; i < 3; i++) {
        if (!in[i])
            continue;
        char *copy = gal_strdup(in[i]);
        if (!copy)
            return GAL_ENOMEM;
        gal_free(*out[i]);
        *out[i] = copy;
    }
    return GAL_OK;
}

void gal_coldefs_free(coldef *d, size_t n)
{
    for (size_t i = 0; d && i < n; i++) {
        gal_free(d[i].name);
        gal_free(d[i].unit);
        gal_free(d[i].comment);
    }
    gal_free(d);
}

bool gal_cell_empty(const char *s)
{
    static const char *const NOTHING[] = {"--", "nan", "null", "none", "na", "n/a", "masked", "..."};
    while (isspace((unsigned char)*s))
        s++;
    if (!*s)
        return true;
    for (size_t i = 0; i < sizeof NOTHING / sizeof NOTHING[0]; i++)
        if (strcasecmp(s, NOTHING[i]) == 0)
            return true;
    return false;
}

bool gal_parse_double(const char *s, double *out)
{
    char buf[64], *end;
    size_t n = 0;
    while (isspace((unsigned char)*s))
        s++;
    for (; *s && n + 1 < sizeof buf; s++, n++) {
        bool exponent = (*s == 'D' || *s == 'd') && n && (isdigit((unsigned char)buf[n - 1]) || buf[n - 1] == '.');
        buf[n] = exponent ? 'e' : *s;
    }
    // cppcheck-suppress uninitvar ; filled by the copy above
    while (n && isspace((unsigned char)buf[n - 1]))
        n--;
    buf[n] = 0;
    if (!n || *s || strpbrk(buf, "xX"))
        return false;
    *out = strtod(buf, &end);
    return *end == 0;
}

static bool parse_bool(const char *s, double *out)
{
    bool yes = strcasecmp(s, "true") == 0;
    if (!yes && strcasecmp(s, "false") != 0)
        return false;
    *out = yes;
    return true;
}

static char **text_block(char *const *cell, size_t stride, size_t n)
{
    size_t bytes = n * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        bytes += strlen(cell[i * stride]) + 1;
    char **v = gal_alloc(bytes + 1);
    if (!v)
        return NULL;
    char *p = (char *)(v + n);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(cell[i * stride]) + 1;
        memcpy(p, cell[i * stride], len);
        v[i] = p;
        p += len;
    }
    return v;
}

static gal_status column_from_cells(const gal_table *t, gal_column *col, const coldef *def, char *const *cell,
                                    size_t stride)
{
    char place[512];
    double *num = def->type == CELL_TEXT ? NULL : GAL_NEWN(double, t->nrow);
    if (def->type != CELL_TEXT && !num)
        return GAL_ENOMEM;
    for (size_t i = 0; num && i < t->nrow; i++) {
        const char *s = cell[i * stride];
        // cppcheck-suppress nullPointerRedundantCheck ; num is given whenever the branch is taken
        num[i] = NAN;
        if (gal_cell_empty(s) || gal_parse_double(s, &num[i]) || (def->type == CELL_NUM && parse_bool(s, &num[i])))
            continue;
        gal_free(num);
        num = NULL;
        if (def->type == CELL_NUM) {
            gal_table_place(t, i, place, sizeof place);
            return gal_fail(GAL_EFORMAT, "%s: column '%s': '%s' is not a number", place, def->name, s);
        }
    }
    col->num = num;
    col->is_text = !num;
    if (!num && !(col->text = text_block(cell, stride, t->nrow)))
        return GAL_ENOMEM;
    return GAL_OK;
}

static gal_status column_labels(gal_column *c, const char *name, const char *unit, const char *comment)
{
    c->name = gal_strdup(name);
    c->unit = gal_strdup(unit ? unit : "");
    c->comment = gal_strdup(comment ? comment : "");
    return c->name && c->unit && c->comment ? GAL_OK : GAL_ENOMEM;
}

gal_status gal_table_from_cells(gal_table *t, const coldef *def, size_t ncol, const cells *c)
{
    if (ncol == 0)
        return gal_fail(GAL_EFORMAT, "%s: no columns found: is it a table?", t->path);
    for (size_t j = 0; j < ncol; j++)
        for (size_t i = 0; i < j; i++)
            if (strcmp(def[i].name, def[j].name) == 0)
                return gal_fail(GAL_EFORMAT, "%s: column '%s' appears twice (%zu and %zu)", t->path, def[j].name, i + 1,
                                j + 1);
    t->nrow = c->nrow;
    t->col = GAL_NEWN(gal_column, ncol);
    t->line = GAL_NEWN(size_t, c->nrow);
    if (!t->col || !t->line)
        return GAL_ENOMEM;
    t->ncol = ncol;
    if (c->nrow)
        memcpy(t->line, c->line, c->nrow * sizeof *c->line);
    for (size_t j = 0; j < ncol; j++) {
        gal_status st = column_labels(&t->col[j], def[j].name, def[j].unit, def[j].comment);
        if (st == GAL_OK)
            st = column_from_cells(t, &t->col[j], &def[j], c->v + j, ncol);
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ building */
gal_status gal_table_create(gal_table **out, size_t nrow)
{
    gal_table *t = GAL_NEW(gal_table);
    *out = NULL;
    if (t) {
        t->nrow = nrow;
        t->path = gal_strdup("");
        t->comments = gal_strdup("");
    }
    if (!t || !t->path || !t->comments) {
        gal_table_free(t);
        return gal_fail(GAL_ENOMEM, "table: out of memory");
    }
    *out = t;
    return GAL_OK;
}

void gal_table_free(gal_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->col && i < t->ncol; i++) {
        gal_free(t->col[i].name);
        gal_free(t->col[i].unit);
        gal_free(t->col[i].comment);
        gal_free(t->col[i].num);
        gal_free(t->col[i].text);
    }
    for (size_t i = 0; i < t->nmeta; i++) {
        gal_free(t->meta_key[i]);
        gal_free(t->meta_value[i]);
    }
    gal_free(t->meta_key);
    gal_free(t->meta_value);
    gal_free(t->col);
    gal_free(t->line);
    gal_free(t->path);
    gal_free(t->comments);
    gal_free(t);
}

static gal_status new_column(gal_table *t, const char *name, const char *unit, gal_column **out)
{
    if (!name || !*name)
        return gal_fail(GAL_EINVAL, "table column %zu has no name", t->ncol + 1);
    if (gal_table_column(t, name))
        return gal_fail(GAL_EINVAL, "table has a column '%s' already", name);
    gal_column *col = gal_realloc(t->col, (t->ncol + 1) * sizeof *col);
    if (!col)
        return GAL_ENOMEM;
    t->col = col;
    memset(&col[t->ncol], 0, sizeof *col);
    *out = &col[t->ncol++];
    return column_labels(*out, name, unit, NULL);
}

gal_status gal_table_add_num(gal_table *t, const char *name, const char *unit, const double *v)
{
    gal_column *c = NULL;
    gal_status st = new_column(t, name, unit, &c);
    if (st != GAL_OK)
        return st;
    if (!(c->num = GAL_NEWN(double, t->nrow)))
        return GAL_ENOMEM;
    if (t->nrow)
        memcpy(c->num, v, t->nrow * sizeof *v);
    return GAL_OK;
}

gal_status gal_table_add_text(gal_table *t, const char *name, const char *const *v)
{
    gal_column *c = NULL;
    gal_status st = new_column(t, name, NULL, &c);
    if (st != GAL_OK)
        return st;
    c->is_text = true;
    c->text = text_block((char *const *)v, 1, t->nrow);
    return c->text ? GAL_OK : GAL_ENOMEM;
}

gal_status gal_table_add_meta(gal_table *t, const char *key, const char *value)
{
    char **k = gal_realloc(t->meta_key, (t->nmeta + 1) * sizeof *k);
    if (k)
        t->meta_key = k;
    char **v = gal_realloc(t->meta_value, (t->nmeta + 1) * sizeof *v);
    if (v)
        t->meta_value = v;
    char *key_copy = gal_strdup(key), *value_copy = gal_strdup(value);
    if (!k || !v || !key_copy || !value_copy) {
        gal_free(key_copy);
        gal_free(value_copy);
        return GAL_ENOMEM;
    }
    k[t->nmeta] = key_copy;
    v[t->nmeta++] = value_copy;
    return GAL_OK;
}

/* ------------------------------------------------------------------ look-up */
const gal_column *gal_table_column(const gal_table *t, const char *name)
{
    for (size_t i = 0; i < t->ncol; i++)
        if (t->col[i].name && strcmp(t->col[i].name, name) == 0)
            return &t->col[i];
    return NULL;
}

const char *gal_table_meta(const gal_table *t, const char *key)
{
    for (size_t i = 0; i < t->nmeta; i++)
        if (strcasecmp(t->meta_key[i], key) == 0)
            return t->meta_value[i];
    return NULL;
}

void gal_table_place(const gal_table *t, size_t row, char *buf, size_t n)
{
    if (t->line && t->path && *t->path)
        snprintf(buf, n, "%s, line %zu", t->path, t->line[row]);
    else
        snprintf(buf, n, "%s%srow %zu", t->path ? t->path : "", t->path && *t->path ? ", " : "", row + 1);
}

static gal_status need(const gal_table *t, const char *name, const gal_column **out)
{
    if ((*out = gal_table_column(t, name)))
        return GAL_OK;
    char hint[160];
    const char **names = GAL_NEWN(const char *, t->ncol);
    if (!names)
        return GAL_ENOMEM;
    for (size_t i = 0; i < t->ncol; i++)
        names[i] = t->col[i].name;
    gal_did_you_mean(hint, sizeof hint, name, names, t->ncol);
    size_t used = 0;
    for (size_t i = 0; !gal_nearest(name, names, t->ncol) && i < t->ncol && used + 48 < sizeof hint; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%.40s", i ? ", " : "; the columns are ", names[i]);
    gal_free(names);
    return gal_fail(GAL_ENOTFOUND, "%s: no column '%s'%s", *t->path ? t->path : "table", name, hint);
}

gal_status gal_table_need_num(const gal_table *t, const char *name, const gal_column **out)
{
    gal_status st = need(t, name, out);
    if (st != GAL_OK || !(*out)->is_text)
        return st;
    double v;
    char place[512];
    for (size_t i = 0; i < t->nrow; i++) {
        const char *s = (*out)->text[i];
        if (gal_cell_empty(s) || gal_parse_double(s, &v))
            continue;
        gal_table_place(t, i, place, sizeof place);
        return gal_fail(GAL_EFORMAT, "%s: column '%s': '%s' is not a number", place, name, s);
    }
    return gal_fail(GAL_EFORMAT, "%s: column '%s' is declared as text, numbers are expected", t->path, name);
}

gal_status gal_table_need_text(const gal_table *t, const char *name, const gal_column **out)
{
    gal_status st = need(t, name, out);
    if (st == GAL_OK && !(*out)->is_text)
        return gal_fail(GAL_EFORMAT, "%s: column '%s' holds numbers, text is expected", *t->path ? t->path : "table",
                        name);
    return st;
}

/* ------------------------------------------------------------------ reading */
static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcasecmp(path + n - m, suffix) == 0;
}

/* Delimiter of a plain text table: by suffix, else by the first line that is no comment. */
static char guess_delimiter(const char *path, const char *text)
{
    if (has_suffix(path, ".csv"))
        return ',';
    if (has_suffix(path, ".tsv"))
        return '\t';
    while (*text == '#' || *text == '\n' || *text == '\r') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    size_t len = strcspn(text, "\n"), commas = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        quoted ^= text[i] == '"';
        commas += text[i] == ',' && !quoted;
    }
    return commas ? ',' : 0;
}

static gal_status parse_any(gal_table *t, char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        text += 3;
        n -= 3;
    }
    if (n >= 8 && memcmp(text, "\x89HDF\r\n\x1a\n", 8) == 0)
        return gal_fail(GAL_EFORMAT, "%s: is an HDF5 file, not a table", t->path);
    if (n >= 2 && memcmp(text, "\x1f\x8b", 2) == 0)
        return gal_fail(GAL_EFORMAT, "%s: is compressed: unpack it with gunzip", t->path);
    if (memchr(text, 0, n))
        return gal_fail(GAL_EFORMAT, "%s: holds binary data, not a text table", t->path);
    size_t blank = strspn(text, " \t\r\n");
    if (blank == n)
        return gal_fail(GAL_EFORMAT, "%s: is empty", t->path);
    if (strncmp(text, "# %ECSV", 7) == 0)
        return gal_table_parse_ecsv(t, text, n);
    if (text[blank] == '<')
        return gal_table_parse_votable(t, text + blank, n - blank);
    if (has_suffix(t->path, ".ecsv"))
        return gal_fail(GAL_EFORMAT, "%s: the first line of an ECSV file must be '# %%ECSV 1.0'", t->path);
    return gal_table_parse_ascii(t, text, n, guess_delimiter(t->path, text));
}

gal_status gal_table_parse(gal_table **out, const char *text, size_t n, const char *path)
{
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    char *copy = NULL;
    *out = NULL;
    GAL_TRY(gal_table_create(&t, 0));
    gal_free(t->path);
    t->path = gal_strdup(path ? path : "");
    copy = gal_alloc(n + 1);
    if (!t->path || !copy)
        GAL_THROW(GAL_ENOMEM, "table: out of memory for %zu bytes", n);
    memcpy(copy, text, n);
    copy[n] = 0;
    GAL_TRY(parse_any(t, copy, n));
out:
    gal_free(copy);
    if (st != GAL_OK) {
        gal_table_free(t);
        return st;
    }
    *out = t;
    return GAL_OK;
}

gal_status gal_table_read(gal_table **out, const char *path)
{
    char *text;
    size_t n;
    *out = NULL;
    if (gal_fits_is(path))
        return gal_table_read_fits(out, path);
    gal_status st = gal_read_file(path, &text, &n);
    if (st != GAL_OK)
        return st;
    st = gal_table_parse(out, text, n, path);
    gal_free(text);
    return st;
}
