/* galua/table.h - text tables with units: ASCII (whitespace), CSV, ECSV 1.0, VOTable (TABLEDATA), FITS binary tables. */
#ifndef GAL_TABLE_H
#define GAL_TABLE_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_column {
    char *name;
    char *unit;    /* as written, "" when none */
    char *comment; /* description, "" when none */
    bool is_text;
    double *num; /* [nrow], NaN for an empty or masked cell; NULL for text columns */
    char **text; /* [nrow], "" for an empty cell; NULL for numeric columns */
} gal_column;
typedef struct gal_table {
    char *path;
    size_t ncol, nrow;
    gal_column *col;
    size_t nmeta; /* "key = value" header metadata (ECSV meta, FITS keywords, VOTable PARAM/INFO, "# key: value") */
    char **meta_key, **meta_value;
    size_t *line;   /* [nrow] line of each row in a text file (1-based), NULL when there is none */
    char *comments; /* free header comment lines, joined by newline, "" when none */
} gal_table;
/* Format from content, then suffix. Errors name the file, the row and the column. */
GAL_API gal_status gal_table_read(gal_table **out, const char *path);
GAL_API gal_status gal_table_parse(gal_table **out, const char *text, size_t n,
                                   const char *path); /* text formats, from memory */
GAL_API void gal_table_free(gal_table *t);
GAL_API const gal_column *gal_table_column(const gal_table *t, const char *name); /* NULL when absent */
/* A column that must be there and be a number (a text): otherwise GAL_ENOTFOUND with the nearest name, or GAL_EFORMAT naming
 * the line and the cell that is not a number. Borrowed. */
GAL_API gal_status gal_table_need_num(const gal_table *t, const char *name, const gal_column **out);
GAL_API gal_status gal_table_need_text(const gal_table *t, const char *name, const gal_column **out);
/* "file.csv, line 7" or "row 7" for messages about row i (0-based) */
GAL_API void gal_table_place(const gal_table *t, size_t row, char *buf, size_t n);
/* Whole string to number: D exponents, nan, inf, blanks around allowed. false when anything is left over. */
GAL_API bool gal_parse_double(const char *s, double *out);
GAL_API const char *gal_table_meta(const gal_table *t, const char *key); /* NULL when absent */
GAL_API gal_status gal_table_write_ecsv(const gal_table *t, const char *path);
GAL_API gal_status gal_table_write_csv(const gal_table *t, const char *path);
GAL_API gal_status gal_table_write_fits(const gal_table *t, const char *path);
/* Build in memory (tests, writers): columns are copied. */
GAL_API gal_status gal_table_create(gal_table **out, size_t nrow);
GAL_API gal_status gal_table_add_num(gal_table *t, const char *name, const char *unit, const double *v);
GAL_API gal_status gal_table_add_text(gal_table *t, const char *name, const char *const *v);
GAL_API gal_status gal_table_add_meta(gal_table *t, const char *key, const char *value);

/* ---- units: factor such that value[to] = factor * value[from]. Length A nm um mm cm m km pc kpc Mpc; flux density Jy mJy uJy nJy
 * W/m2/Hz erg/s/cm2/Hz; per wavelength erg/s/cm2/A W/m2/um; time s yr kyr Myr Gyr; frequency Hz .. THz; mass Msun kg g; luminosity Lsun W erg/s; angle deg arcmin arcsec rad; and
 * dimensionless "". Unknown unit: GAL_EINVAL with the nearest; incompatible units name both. */
GAL_API gal_status gal_unit_factor(const char *from, const char *to, double *factor);
#ifdef __cplusplus
}
#endif
#endif
