/* table_write.c - tables written as FITS (through cfitsio; metadata become header cards), ECSV and CSV, as a whole or one block of rows
 * after another. Reading is in table_fits_read.c, ecsv.c, table_text.c. */
#include "fits.h"
#include "table_int.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef enum table_format { FITS, ECSV, CSV } table_format;
enum { BLOCK = 1 << 20 }; /* bytes of text that are gathered before they are written */

struct gal_table_writer {
    table_format format;
    const gal_table *head; /* borrowed */
    char *path;
    size_t nrow, done;
    gal_fits *fits;
    gal_replace *file; /* text */
    int fd;
    char *text;
    size_t n, cap;
    bool no_memory;
};

/* integers whose digits a double would lose are written as text, too */
static bool as_text(const gal_column *c)
{
    return c->is_text || c->text;
}

/* ------------------------------------------------------------------ text */
static void put(gal_table_writer *w, const char *text)
{
    size_t len = strlen(text);
    if (w->no_memory)
        return;
    if (w->n + len + 1 > w->cap) {
        size_t cap = 2 * (w->n + len + 1) + 4096;
        char *v = gal_realloc(w->text, cap);
        if (!v) {
            w->no_memory = true;
            return;
        }
        w->text = v;
        w->cap = cap;
    }
    memcpy(w->text + w->n, text, len + 1);
    w->n += len;
}

static void put_number(gal_table_writer *w, double x)
{
    char buf[GAL_CELL_TEXT];
    gal_number_text(x, buf);
    put(w, isnan(x) ? "nan" : buf);
}

/* quotes when the text holds the delimiter, a quote, a newline, nothing, or could be taken for a comment */
static void put_cell(gal_table_writer *w, const char *text)
{
    char one[2] = {0};
    char delimiter = w->format == CSV ? ',' : ' ';
    bool plain = *text && *text != '#' && !strpbrk(text, "\"\n\r\t") && !strchr(text, delimiter) && *text != ' ';
    if (plain) {
        put(w, text);
        return;
    }
    put(w, "\"");
    for (; *text; text++) {
        one[0] = *text;
        put(w, *text == '"' ? "\"\"" : one);
    }
    put(w, "\"");
}

/* YAML scalar in double quotes */
static void put_yaml(gal_table_writer *w, const char *text)
{
    char one[2] = {0};
    put(w, "\"");
    for (; *text; text++) {
        one[0] = *text;
        put(w, *text == '"' ? "\\\"" : *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : one);
    }
    put(w, "\"");
}

static void put_ecsv_head(gal_table_writer *w)
{
    const gal_table *t = w->head;
    put(w, "# %ECSV 1.0\n# ---\n# datatype:\n");
    for (size_t j = 0; j < t->ncol; j++) {
        put(w, "# - {name: ");
        put_yaml(w, t->col[j].name);
        if (*t->col[j].unit) {
            put(w, ", unit: ");
            put_yaml(w, t->col[j].unit);
        }
        put(w, as_text(&t->col[j]) ? ", datatype: string" : ", datatype: float64");
        if (*t->col[j].comment) {
            put(w, ", description: ");
            put_yaml(w, t->col[j].comment);
        }
        put(w, "}\n");
    }
    if (t->nmeta)
        put(w, "# meta: !!omap\n");
    for (size_t i = 0; i < t->nmeta; i++) {
        put(w, "# - {");
        put(w, t->meta_key[i]);
        put(w, ": ");
        put_yaml(w, t->meta_value[i]);
        put(w, "}\n");
    }
    put(w, "# schema: astropy-2.0\n");
}

static void put_names(gal_table_writer *w)
{
    char label[512];
    for (size_t j = 0; j < w->head->ncol; j++) {
        const gal_column *c = &w->head->col[j];
        if (j)
            put(w, w->format == CSV ? "," : " ");
        if (w->format == CSV && *c->unit)
            snprintf(label, sizeof label, "%s [%s]", c->name, c->unit);
        else
            snprintf(label, sizeof label, "%s", c->name);
        put_cell(w, label);
    }
    put(w, "\n");
}

static gal_status flush(gal_table_writer *w)
{
    if (w->no_memory)
        return gal_fail(GAL_ENOMEM, "%s: out of memory while writing the table", w->path);
    const char *p = w->text;
    for (size_t n = w->n; n > 0;) {
        ssize_t k = write(w->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return gal_fail(GAL_EIO, "%s: cannot write: %s", w->path, strerror(errno));
        p += k;
        n -= (size_t)k;
    }
    w->n = 0;
    return GAL_OK;
}

static gal_status put_rows(gal_table_writer *w, const gal_table *t)
{
    for (size_t i = 0; i < t->nrow; i++) {
        for (size_t j = 0; j < t->ncol; j++) {
            if (j)
                put(w, w->format == CSV ? "," : " ");
            if (t->col[j].text)
                put_cell(w, t->col[j].text[i]);
            else
                put_number(w, t->col[j].num[i]);
        }
        put(w, "\n");
        if (w->n >= BLOCK || w->no_memory) {
            gal_status st = flush(w);
            if (st != GAL_OK)
                return st;
        }
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ FITS */
static gal_status begin_fits(gal_table_writer *w, const size_t *width)
{
    gal_status st = GAL_OK;
    const gal_table *t = w->head;
    gal_fits_column *c = GAL_NEWN(gal_fits_column, t->ncol + 1);
    if (!c)
        return GAL_ENOMEM;
    for (size_t j = 0; j < t->ncol; j++) {
        const gal_column *s = &t->col[j];
        if (strlen(s->name) >= sizeof c[j].name || strlen(s->unit) >= sizeof c[j].unit)
            GAL_THROW(GAL_EINVAL, "%s: column name or unit '%.40s...' is too long for FITS", w->path, s->name);
        strcpy(c[j].name, s->name);
        strcpy(c[j].unit, s->unit);
        c[j].type = as_text(s) ? GAL_FITS_STR : GAL_FITS_F64;
        c[j].repeat = as_text(s) && width && width[j] > 1 ? width[j] : 1;
    }
    GAL_TRY(gal_fits_create(&w->fits, w->path));
    GAL_TRY(gal_fits_write_image(w->fits, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL));
    GAL_TRY(gal_fits_begin_table(w->fits, "TABLE", w->nrow, t->ncol, c));
out:
    gal_free(c);
    return st;
}

static gal_status fits_rows(gal_table_writer *w, const gal_table *t)
{
    gal_status st = GAL_OK;
    for (size_t j = 0; j < t->ncol && st == GAL_OK; j++) {
        const gal_column *c = &t->col[j];
        st = gal_fits_write_elements(w->fits, j, as_text(c) ? GAL_FITS_STR : GAL_FITS_F64, w->done, t->nrow,
                                     as_text(c) ? (const void *)c->text : c->num);
    }
    return st;
}

static gal_status end_fits(gal_table_writer *w)
{
    gal_status st = gal_fits_end_table(w->fits);
    const gal_table *t = w->head;
    for (size_t i = 0; i < t->nmeta && st == GAL_OK; i++)
        st = gal_fits_set_string(w->fits, t->meta_key[i], t->meta_value[i], NULL);
    if (st == GAL_OK) {
        st = gal_fits_close(w->fits);
        w->fits = NULL;
    }
    return st;
}

/* ------------------------------------------------------------------ both */
void gal_table_writer_abandon(gal_table_writer *w)
{
    if (!w)
        return;
    gal_fits_abandon(w->fits);
    if (w->fd >= 0)
        close(w->fd);
    gal_replace_abandon(w->file);
    gal_free(w->text);
    gal_free(w->path);
    gal_free(w);
}

static gal_status open_as(gal_table_writer **out, table_format format, const char *path, const gal_table *head,
                          size_t nrow, const size_t *width)
{
    gal_status st = GAL_OK;
    gal_table_writer *w = GAL_NEW(gal_table_writer);
    *out = NULL;
    if (!w)
        return GAL_ENOMEM;
    w->fd = -1;
    w->format = format;
    w->head = head;
    w->nrow = nrow;
    if (!(w->path = gal_strdup(path)))
        GAL_TRY(GAL_ENOMEM);
    if (format == FITS) {
        GAL_TRY(begin_fits(w, width));
    } else {
        GAL_TRY(gal_replace_begin(&w->file, path, &w->fd));
        if (format == ECSV)
            put_ecsv_head(w);
        put_names(w);
    }
    *out = w;
    w = NULL;
out:
    gal_table_writer_abandon(w);
    return st;
}

gal_status gal_table_writer_open(gal_table_writer **out, const char *path, const gal_table *head, size_t nrow,
                                 const size_t *width)
{
    const char *dot = strrchr(path, '.');
    *out = NULL;
    if (dot && (strcmp(dot, ".fits") == 0 || strcmp(dot, ".fit") == 0))
        return open_as(out, FITS, path, head, nrow, width);
    if (dot && strcmp(dot, ".csv") == 0)
        return open_as(out, CSV, path, head, nrow, width);
    if (dot && strcmp(dot, ".ecsv") == 0)
        return open_as(out, ECSV, path, head, nrow, width);
    return gal_fail(GAL_EINVAL, "%s: a table is written as .fits, .ecsv or .csv", path);
}

gal_status gal_table_writer_rows(gal_table_writer *w, const gal_table *t)
{
    const gal_table *h = w->head;
    bool same = t->ncol == h->ncol;
    for (size_t j = 0; same && j < t->ncol; j++)
        same = as_text(&t->col[j]) == as_text(&h->col[j]);
    if (!same)
        return gal_fail(GAL_EINVAL, "%s: the columns of these rows are not those of the table", w->path);
    if (t->nrow > w->nrow - w->done)
        return gal_fail(GAL_EINVAL, "%s: more rows than the %zu that were announced", w->path, w->nrow);
    gal_status st = w->format == FITS ? fits_rows(w, t) : put_rows(w, t);
    w->done += t->nrow;
    return st;
}

gal_status gal_table_writer_close(gal_table_writer *w)
{
    gal_status st = GAL_OK;
    if (w->done < w->nrow)
        GAL_THROW(GAL_EINVAL, "%s: %zu rows of %zu were written", w->path, w->done, w->nrow);
    if (w->format == FITS) {
        GAL_TRY(end_fits(w));
    } else {
        GAL_TRY(flush(w));
        int fd = w->fd;
        w->fd = -1;
        if (close(fd) != 0)
            GAL_THROW(GAL_EIO, "%s: cannot write: %s", w->path, strerror(errno));
        gal_replace *file = w->file;
        w->file = NULL;
        GAL_TRY(gal_replace_commit(file));
    }
out:
    gal_table_writer_abandon(w);
    return st;
}

void gal_table_widths(const gal_table *t, size_t *width)
{
    for (size_t j = 0; j < t->ncol; j++)
        for (size_t i = 0; t->col[j].text && i < t->nrow; i++) {
            size_t n = strlen(t->col[j].text[i]);
            width[j] = n > width[j] ? n : width[j];
        }
}

static gal_status write_as(table_format format, const gal_table *t, const char *path)
{
    gal_table_writer *w = NULL;
    size_t *width = GAL_NEWN(size_t, t->ncol + 1);
    if (!width)
        return GAL_ENOMEM;
    gal_table_widths(t, width);
    gal_status st = open_as(&w, format, path, t, t->nrow, width);
    gal_free(width);
    if (st == GAL_OK && (st = gal_table_writer_rows(w, t)) == GAL_OK)
        return gal_table_writer_close(w);
    gal_table_writer_abandon(w);
    return st;
}

gal_status gal_table_write_fits(const gal_table *t, const char *path)
{
    return write_as(FITS, t, path);
}

gal_status gal_table_write_ecsv(const gal_table *t, const char *path)
{
    return write_as(ECSV, t, path);
}

gal_status gal_table_write_csv(const gal_table *t, const char *path)
{
    return write_as(CSV, t, path);
}
