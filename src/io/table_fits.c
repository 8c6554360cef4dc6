/* table_fits.c - tables in FITS: the first binary (or ASCII) table of a file, and the writer.
 *
 * Vector columns become NAME_1, NAME_2, ... The metadata keys that Galua itself uses are read back from the header. */
#include "fits.h"
#include "table_internal.h"
#include <stdio.h>
#include <string.h>

#define MAX_VECTOR 1000
static const char *const KEYS[] = {"name",     "object",      "source",    "redshift",  "distance_Mpc",
                                   "citation", "limit_sigma", "flux_unit", "convention"};

static gal_status read_text(gal_fits *f, size_t i, const char *name, gal_table *t)
{
    char **v = GAL_NEWN(char *, t->nrow + 1);
    if (!v)
        return GAL_ENOMEM;
    gal_status st = gal_fits_read_strings(f, i, t->nrow, v);
    if (st == GAL_OK) {
        for (size_t k = 0; k < t->nrow; k++)
            for (size_t n = strlen(v[k]); n && v[k][n - 1] == ' ';)
                v[k][--n] = 0;
        st = gal_table_add_text(t, name, (const char *const *)v);
        for (size_t k = 0; k < t->nrow; k++)
            gal_free(v[k]);
    }
    gal_free(v);
    return st;
}

static gal_status read_numbers(gal_fits *f, size_t i, const gal_fits_column *c, gal_table *t)
{
    gal_status st = GAL_OK;
    char name[96];
    size_t k = c->repeat;
    double *all = GAL_NEWN(double, t->nrow *k + 1), *one = GAL_NEWN(double, t->nrow + 1);
    if (!all || !one)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_read_column(f, i, GAL_FITS_F64, t->nrow * k, all));
    for (size_t j = 0; j < k; j++) {
        for (size_t r = 0; r < t->nrow; r++)
            one[r] = all[r * k + j];
        if (k == 1)
            snprintf(name, sizeof name, "%s", c->name);
        else
            snprintf(name, sizeof name, "%s_%zu", c->name, j + 1);
        GAL_TRY(gal_table_add_num(t, name, c->unit, one));
    }
out:
    gal_free(all);
    gal_free(one);
    return st;
}

gal_status gal_table_read_fits(gal_table **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    gal_table *t = NULL;
    gal_fits_column c;
    size_t nrow = 0, ncol = 0;
    char value[128];
    *out = NULL;
    GAL_TRY(gal_fits_open(&f, path));
    for (int hdu = 2; ncol == 0; hdu++) {
        if (gal_fits_select_number(f, hdu) != GAL_OK)
            GAL_THROW(GAL_EFORMAT, "%s: holds no table, only images", path);
        if (gal_fits_table_shape(f, &nrow, &ncol) != GAL_OK)
            ncol = 0;
    }
    GAL_TRY(gal_table_create(&t, nrow));
    gal_free(t->path);
    if (!(t->path = gal_strdup(path)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < ncol; i++) {
        GAL_TRY(gal_fits_column_info(f, i, &c));
        if (c.type == GAL_FITS_STR)
            GAL_TRY(read_text(f, i, c.name, t));
        else if (c.repeat >= 1 && c.repeat <= MAX_VECTOR)
            GAL_TRY(read_numbers(f, i, &c, t));
        else
            GAL_THROW(GAL_EUNSUP, "%s: column '%s' has %zu numbers in each row, 1 .. %d are supported", path, c.name,
                      c.repeat, MAX_VECTOR);
    }
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        if (gal_fits_has_key(f, KEYS[i]) && gal_fits_key_string(f, KEYS[i], value, sizeof value) == GAL_OK)
            GAL_TRY(gal_table_add_meta(t, KEYS[i], value));
out:
    gal_fits_abandon(f);
    if (st != GAL_OK) {
        gal_table_free(t);
        return st;
    }
    *out = t;
    return GAL_OK;
}

gal_status gal_table_write_fits(const gal_table *t, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    gal_fits_column *c = GAL_NEWN(gal_fits_column, t->ncol + 1);
    if (!c)
        return GAL_ENOMEM;
    for (size_t j = 0; j < t->ncol; j++) {
        const gal_column *s = &t->col[j];
        size_t width = 1;
        for (size_t i = 0; s->text && i < t->nrow; i++)
            width = strlen(s->text[i]) > width ? strlen(s->text[i]) : width;
        if (strlen(s->name) >= sizeof c[j].name || strlen(s->unit) >= sizeof c[j].unit)
            GAL_THROW(GAL_EINVAL, "%s: column name or unit '%.40s...' is too long for FITS", path, s->name);
        strcpy(c[j].name, s->name);
        strcpy(c[j].unit, s->unit);
        c[j].type = s->text ? GAL_FITS_STR : GAL_FITS_F64;
        c[j].repeat = width;
        c[j].data = s->text ? (const void *)s->text : s->num;
    }
    GAL_TRY(gal_fits_create(&f, path));
    GAL_TRY(gal_fits_write_image(f, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL));
    GAL_TRY(gal_fits_write_table(f, "TABLE", t->nrow, t->ncol, c));
    for (size_t i = 0; i < t->nmeta; i++)
        GAL_TRY(gal_fits_set_string(f, t->meta_key[i], t->meta_value[i], NULL));
out:
    gal_free(c);
    if (st != GAL_OK) {
        gal_fits_abandon(f);
        return st;
    }
    return gal_fits_close(f);
}
