/* table.c - tables in memory: building, and reading of any format. Cells are in table_cells.c, look-up in table_columns.c.
 *
 * Numbers are doubles, NaN for an empty cell; a text column is one block: the row pointers with the characters behind them.
 * Thread safety: a table belongs to one thread; reading a finished one from several is fine. */
#include "table_int.h"
#include "table_source.h"
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
        gal_free(d[i].null);
    }
    gal_free(d);
}

static gal_status column_labels(gal_column *c, const char *name, const char *unit, const char *comment)
{
    c->name = gal_strdup(name);
    c->unit = gal_strdup(unit ? unit : "");
    c->comment = gal_strdup(comment ? comment : "");
    return c->name && c->unit && c->comment ? GAL_OK : GAL_ENOMEM;
}

/* Which columns share their name with another: twin[j] is the first of the others, plus one; 0: none. */
typedef struct named {
    const char *name;
    size_t j;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : (x->j > y->j) - (x->j < y->j);
}

static gal_status find_twins(const coldef *def, size_t n, size_t *twin)
{
    named *v = GAL_NEWN(named, n);
    if (!v)
        return GAL_ENOMEM;
    for (size_t j = 0; j < n; j++)
        v[j] = (named){def[j].name, j};
    qsort(v, n, sizeof *v, by_name);
    for (size_t k = 1; k < n; k++)
        if (strcmp(v[k].name, v[k - 1].name) == 0) {
            twin[v[k].j] = v[k - 1].j + 1;
            if (!twin[v[k - 1].j])
                twin[v[k - 1].j] = v[k].j + 1;
        }
    gal_free(v);
    return GAL_OK;
}

gal_status gal_table_from_cells(gal_table *t, const coldef *def, size_t ncol, const cells *c)
{
    gal_status st = GAL_OK;
    size_t *twin = NULL;
    char why[80];
    if (ncol == 0)
        return gal_fail(GAL_EFORMAT, "%s: no columns found: is it a table?", t->path);
    t->nrow = c->nrow;
    t->line = GAL_NEWN(size_t, c->nrow);
    twin = GAL_NEWN(size_t, ncol);
    if (!t->line || !twin)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(find_twins(def, ncol, twin));
    if (c->nrow)
        memcpy(t->line, c->line, c->nrow * sizeof *c->line);
    for (size_t j = 0; j < ncol; j++) {
        if (twin[j]) {
            snprintf(why, sizeof why, "appears twice (%zu and %zu)", twin[j] <= j ? twin[j] : j + 1,
                     twin[j] <= j ? j + 1 : twin[j]);
            GAL_TRY(gal_table_pass_over(t, def[j].name, why));
            continue;
        }
        if (def[j].skip) {
            GAL_TRY(gal_table_pass_over(t, def[j].name, def[j].skip));
            continue;
        }
        if (def[j].vector) {
            GAL_TRY(gal_vector_from_cells(t, &def[j], c->v + j, ncol));
            continue;
        }
        gal_column *col = gal_table_grow(t);
        if (!col)
            GAL_TRY(GAL_ENOMEM);
        GAL_TRY(column_labels(col, def[j].name, def[j].unit, def[j].comment));
        GAL_TRY(gal_column_from_cells(t, col, &def[j], c->v + j, ncol));
    }
    if (t->ncol + t->nvec == 0)
        GAL_THROW(GAL_EFORMAT, "%s: column '%s' %s", t->path, t->passed[0].name, t->passed[0].why);
    st = gal_table_finish(t);
out:
    gal_free(twin);
    return st;
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

static void column_free(gal_column *c)
{
    gal_free(c->name);
    gal_free(c->unit);
    gal_free(c->comment);
    gal_free(c->num);
    gal_free(c->text);
    gal_free(c->mark);
}

void gal_table_drop(gal_table *t, size_t j)
{
    column_free(&t->col[j]);
    memmove(&t->col[j], &t->col[j + 1], (t->ncol - j - 1) * sizeof *t->col);
    t->ncol--;
}

void gal_table_free(gal_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->col && i < t->ncol; i++)
        column_free(&t->col[i]);
    for (size_t i = 0; i < t->nvec; i++) {
        gal_free(t->vec[i].name);
        gal_free(t->vec[i].unit);
        gal_free(t->vec[i].comment);
        gal_free(t->vec[i].num);
    }
    for (size_t i = 0; i < t->npassed; i++) {
        gal_free(t->passed[i].name);
        gal_free(t->passed[i].why);
    }
    gal_free(t->vec);
    gal_free(t->passed);
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

/* There is room for the next power of two above ncol, or for 8. */
gal_column *gal_table_grow(gal_table *t)
{
    size_t n = t->ncol;
    if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
        gal_column *col = gal_realloc(t->col, (n ? 2 * n : 8) * sizeof *col);
        if (!col)
            return NULL;
        t->col = col;
    }
    memset(&t->col[n], 0, sizeof *t->col);
    t->ncol++;
    return &t->col[n];
}

static gal_status new_column(gal_table *t, const char *name, const char *unit, gal_column **out)
{
    if (!name || !*name)
        return gal_fail(GAL_EINVAL, "table column %zu has no name", t->ncol + 1);
    if (gal_table_column(t, name))
        return gal_fail(GAL_EINVAL, "table has a column '%s' already", name);
    if (!(*out = gal_table_grow(t)))
        return GAL_ENOMEM;
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
    c->type = GAL_COLUMN_TEXT;
    c->text = gal_text_block((char *const *)v, 1, t->nrow);
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

/* ------------------------------------------------------------------ reading */
static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    if (n > 3 && strcasecmp(path + n - 3, ".gz") == 0)
        n -= 3;
    return n >= m && strncasecmp(path + n - m, suffix, m) == 0;
}

/* Delimiter of a plain text table: by suffix, else by the first line that is no comment. */
static char guess_delimiter(const char *path, const char *text)
{
    while (*text == '#' || *text == '\n' || *text == '\r') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    size_t len = strcspn(text, "\n"), commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        quoted ^= text[i] == '"';
        commas += text[i] == ',' && !quoted;
        semicolons += text[i] == ';' && !quoted;
        tabs += text[i] == '\t' && !quoted;
    }
    bool csv = has_suffix(path, ".csv"), tsv = has_suffix(path, ".tsv");
    if (semicolons && (csv ? !commas : !tabs && !commas)) /* spreadsheets, VizieR */
        return ';';
    return csv ? ',' : tsv ? '\t' : commas ? ',' : 0;
}

static gal_status parse_any(gal_table *t, char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        text += 3;
        n -= 3;
    }
    if (n >= 8 && memcmp(text, "\x89HDF\r\n\x1a\n", 8) == 0)
        return gal_fail(GAL_EFORMAT, "%s: is an HDF5 file, not a table", t->path);
    static const struct {
        const char *magic, *tool;
    } packed[] = {{"\x1f\x8b", "gunzip"},
                  {"BZh", "bunzip2"},
                  {"\xfd"
                   "7zXZ",
                   "unxz"},
                  {"\x28\xb5\x2f\xfd", "unzstd"},
                  {"PK\x03\x04", "unzip"}};
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++)
        if (strncmp(text, packed[i].magic, strlen(packed[i].magic)) == 0)
            return gal_fail(GAL_EFORMAT, "%s: is compressed: unpack it with %s", t->path, packed[i].tool);
    if (memchr(text, 0, n))
        return gal_fail(GAL_EFORMAT, "%s: holds binary data, not a text table", t->path);
    size_t blank = strspn(text, " \t\r\n");
    if (blank == n)
        return gal_fail(GAL_EFORMAT, "%s: is empty", t->path);
    if (strncmp(text, "# %ECSV", 7) == 0)
        return gal_table_parse_ecsv(t, text, n);
    if (text[blank] == '<')
        return gal_table_parse_votable(t, text + blank, n - blank);
    if (gal_ipac_is(text, n))
        return gal_table_parse_ipac(t, text, n);
    if (gal_mrt_is(text, n))
        return gal_table_parse_mrt(t, text, n);
    if (has_suffix(t->path, ".ecsv"))
        return gal_fail(GAL_EFORMAT, "%s: the first line of an ECSV file must be '# %%ECSV 1.0'", t->path);
    return gal_table_parse_ascii(t, text, n, guess_delimiter(t->path, text));
}

static gal_status new_table(gal_table **out, const char *path)
{
    gal_status st = gal_table_create(out, 0);
    if (st != GAL_OK)
        return st;
    gal_free((*out)->path);
    return ((*out)->path = gal_strdup(path ? path : "")) ? GAL_OK : GAL_ENOMEM;
}

/* text is changed */
static gal_status parse_text(gal_table *t, char *text, size_t n)
{
    if (!memchr(text, '\n', n)) /* lines that end in CR alone */
        for (char *p = text; (p = memchr(p, '\r', n - (size_t)(p - text)));)
            *p = '\n';
    gal_status st = parse_any(t, text, n);
    if (st == GAL_OK)
        gal_table_say_passed(t);
    return st;
}

gal_status gal_table_parse(gal_table **out, const char *text, size_t n, const char *path)
{
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    char *copy = NULL;
    *out = NULL;
    GAL_TRY(new_table(&t, path));
    if (!(copy = gal_alloc(n + 1)))
        GAL_THROW(GAL_ENOMEM, "table: out of memory for %zu bytes", n);
    memcpy(copy, text, n);
    copy[n] = 0;
    GAL_TRY(parse_text(t, copy, n));
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
    return gal_table_read_extension(out, path, NULL);
}

gal_status gal_table_read_extension(gal_table **out, const char *path, const char *extension)
{
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    char *text = NULL, head[9] = "";
    source s;
    *out = NULL;
    if ((st = gal_source_open(&s, path)) != GAL_OK)
        return st;
    size_t n = s.size;
    GAL_TRY(new_table(&t, path));
    if (n >= sizeof head)
        GAL_TRY(gal_source_read(&s, 0, sizeof head, head));
    if (memcmp(head, "SIMPLE  =", 9) == 0) {
        GAL_TRY(gal_table_from_fits(t, &s, extension));
        gal_table_say_passed(t);
    } else {
        if (extension)
            GAL_THROW(GAL_EINVAL, "%s: extension = '%s' is asked for, but this is no FITS file", path, extension);
        GAL_TRY(gal_source_all(&s, &text));
        GAL_TRY(parse_text(t, text, n));
    }
out:
    gal_source_close(&s);
    gal_free(text);
    if (st != GAL_OK) {
        gal_table_free(t);
        return st;
    }
    *out = t;
    return GAL_OK;
}
