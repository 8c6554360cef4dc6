/* table_fits.c - tables written as FITS, through cfitsio; metadata become header cards. Reading is in table_fits_read.c. */
#include "fits.h"
#include "table_int.h"
#include <stdio.h>
#include <string.h>

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
