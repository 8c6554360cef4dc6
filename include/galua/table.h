/* galua/table.h - tables with units: ASCII (whitespace), CSV, ECSV 1.0, VOTable (TABLEDATA), FITS tables. */
#ifndef GAL_TABLE_H
#define GAL_TABLE_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_column_type {
    GAL_COLUMN_REAL,
    GAL_COLUMN_INTEGER,
    GAL_COLUMN_BOOLEAN,
    GAL_COLUMN_TEXT
} gal_column_type;

/* What a cell is as a number. The readers settle it, the functions below tell it: nobody else looks at nan, "--" or a mask. */
typedef enum gal_cell {
    GAL_CELL_NUMBER, /* a finite number, or inf where the file says inf; True is 1, False is 0 */
    GAL_CELL_MISSING, /* empty, --, nan, null, n/a ..., the null value of the file or the column, or gal_table_missing() */
    GAL_CELL_MASKED, /* there is a value, and a mask of the file says that it does not count */
    GAL_CELL_WORD    /* text that is no number: "***", "<1.0", "1.5-109" */
} gal_cell;

typedef struct gal_column {
    char *name;
    char *unit;    /* as written, "" when none */
    char *comment; /* description, "" when none */
    gal_column_type type;
    bool is_text; /* type is GAL_COLUMN_TEXT: there is text and no num */
    double *num;  /* [nrow], NaN for a missing or masked cell; NULL for text columns */
    char **
        text; /* [nrow], "" for an empty cell; beside num (integers) only where doubles would lose digits: 64 bits, 00123 */
    unsigned char
        *mark; /* [nrow] GAL_CELL_MISSING or GAL_CELL_MASKED, whatever num and text say; 0: none. NULL: none at all */
} gal_column;

/* Rows of vectors, of FITS and VOTable: gal_table_unroll() turns a spectrum of one such row into a table. */
typedef struct gal_vector {
    char *name, *unit, *comment;
    size_t width;
    double *num; /* [nrow][width], NaN where missing */
} gal_vector;

/* A column of the file that is not in `col`, and why: "holds arrays of variable length". */
typedef struct gal_passed {
    char *name, *why;
} gal_passed;

typedef struct gal_table {
    char *path;
    size_t ncol, nrow;
    gal_column *col;
    size_t nvec; /* vectors of a table of one row; of many rows they are the columns NAME_1, NAME_2, ... */
    gal_vector *vec;
    size_t npassed;
    gal_passed *passed;
    size_t nmeta; /* "key = value" header metadata (ECSV meta, FITS keywords, VOTable PARAM/INFO, "# key: value") */
    char **meta_key, **meta_value;
    size_t *line;   /* [nrow] line of each row in a text file (1-based), NULL when there is none */
    char *comments; /* free header comment lines, joined by newline, "" when none */
} gal_table;
/* Format from content, then suffix. Errors name the file, the row and the column. A column that cannot be used does not stop the
 * reading: it is passed over, which is logged once (warn), and an error when it is asked for by gal_table_find() or _need...(). */
GAL_API gal_status gal_table_read(gal_table **out, const char *path);
/* The table of a FITS file that stands in the extension of this number ("2"; the first behind the primary is 1) or EXTNAME, whatever its
 * case; NULL: the first table. GAL_EFORMAT names those there are; GAL_EINVAL for a file of another format. */
GAL_API gal_status gal_table_read_extension(gal_table **out, const char *path, const char *extension);
GAL_API gal_status gal_table_parse(gal_table **out, const char *text, size_t n,
                                   const char *path); /* text formats, from memory */
GAL_API void gal_table_free(gal_table *t);
/* These numbers (-99, -9999) stand for "no value" in every column: num becomes NaN, cells become GAL_CELL_MISSING. Equality is to
 * single precision. A header line "# missing: -99, -9999" (ECSV meta, FITS card MISSING) does the same on reading. */
GAL_API gal_status gal_table_missing(gal_table *t, size_t n, const double *value);

/* ---- columns by name */
GAL_API const gal_column *gal_table_column(const gal_table *t, const char *name); /* exactly so; NULL when absent */
/* As written, else whatever the case where that is one column only (names of one letter, as z and Z, only as written). *out is NULL
 * when there is none. A column that the file has and that was passed over is an error (GAL_EUNSUP) that says why. */
GAL_API gal_status gal_table_find(const gal_table *t, const char *name, const gal_column **out);
/* The first of these names that is there (in the order of `names`), number or text. */
GAL_API gal_status gal_table_find_any(const gal_table *t, const char *const *names, size_t n, const gal_column **out);
/* gal_table_find() of a column that must be there, of any kind: GAL_ENOTFOUND with the nearest name. Borrowed. */
GAL_API gal_status gal_table_need(const gal_table *t, const char *name, const gal_column **out);
/* The same, and wholly of numbers (of text): otherwise GAL_EFORMAT naming the line and the cell that is not a number. */
GAL_API gal_status gal_table_need_num(const gal_table *t, const char *name, const gal_column **out);
GAL_API gal_status gal_table_need_text(const gal_table *t, const char *name, const gal_column **out);

/* ---- cells: row i (0-based) of a column, whatever its type */
/* x: the number, NaN unless the answer is GAL_CELL_NUMBER. x may be NULL. */
GAL_API gal_cell gal_table_cell(const gal_column *c, size_t i, double *x);
/* The number, NaN when missing or masked (what, may be NULL, tells which); a word is GAL_EFORMAT:
 * "FILE, line 7: column 'flux': '2o' is not a number". */
GAL_API gal_status gal_table_number(const gal_table *t, const gal_column *c, size_t i, double *x, gal_cell *what);
/* 1 for true, t, yes, y and numbers other than 0; 0 for false, f, no, n, 0; NaN when missing or masked; other words GAL_EFORMAT */
GAL_API gal_status gal_table_truth(const gal_table *t, const gal_column *c, size_t i, double *x);
/* Integers to the last digit: GAL_EFORMAT for fractions, words and missing cells, GAL_EDOMAIN outside of 64 bits. */
GAL_API gal_status gal_table_int64(const gal_table *t, const gal_column *c, size_t i, int64_t *x);
/* The cell as written (identifiers: 00123, 1237648720693755918), "" when it is missing or masked (words such as
 * "none" of a text column stay). Numbers of binary formats and
 * reals are written with the fewest digits that give them back. `buf` may be used for the answer. */
#define GAL_CELL_TEXT 40
GAL_API const char *gal_table_text(const gal_column *c, size_t i, char buf[GAL_CELL_TEXT]);
/* "file.csv, line 7" or "row 7" for messages about row i (0-based) */
GAL_API void gal_table_place(const gal_table *t, size_t row, char *buf, size_t n);
/* A table of one row whose columns are vectors (spectra of ESO, SDSS): the table of the vectors, a row per element. The length that
 * most vectors have is taken; vectors of another length are passed over, scalars of the row become metadata (name = value).
 * GAL_EINVAL when there are no two such vectors. */
GAL_API gal_status gal_table_unroll(gal_table **out, const gal_table *t);
/* Whole string to number: D exponents, nan, inf, blanks around allowed. false when anything is left over. */
GAL_API bool gal_parse_double(const char *s, double *out);
GAL_API const char *gal_table_meta(const gal_table *t, const char *key); /* NULL when absent */
GAL_API gal_status gal_table_write_ecsv(const gal_table *t, const char *path);
GAL_API gal_status gal_table_write_csv(const gal_table *t, const char *path);
GAL_API gal_status gal_table_write_fits(const gal_table *t, const char *path);
/* The same one block of rows after another, for tables that do not fit into memory; .fits, .ecsv or .csv by the suffix. `head` gives
 * columns and metadata (its rows do not count) and must live until the end; nrow: rows there will be; width[ncol]: bytes of the longest
 * text of each column, for FITS (NULL: 1). The file is there after close, which is GAL_EINVAL when rows are missing. */
typedef struct gal_table_writer gal_table_writer;
GAL_API gal_status gal_table_writer_open(gal_table_writer **out, const char *path, const gal_table *head, size_t nrow,
                                         const size_t *width);
/* GAL_EINVAL for other columns than the head's, and for more rows than were announced. */
GAL_API gal_status gal_table_writer_rows(gal_table_writer *w, const gal_table *block);
GAL_API gal_status gal_table_writer_close(gal_table_writer *w);   /* the handle is gone either way */
GAL_API void gal_table_writer_abandon(gal_table_writer *w);       /* no file; NULL is fine */
GAL_API void gal_table_widths(const gal_table *t, size_t *width); /* raises width[ncol] to the longest texts of t */
/* Of all that a table says: columns, units, values, masks, metadata; not of where it was read from. */
GAL_API gal_hash gal_table_hash(const gal_table *t);
/* Build in memory (tests, writers): columns are copied. */
GAL_API gal_status gal_table_create(gal_table **out, size_t nrow);
GAL_API gal_status gal_table_add_num(gal_table *t, const char *name, const char *unit, const double *v);
GAL_API gal_status gal_table_add_text(gal_table *t, const char *name, const char *const *v);
GAL_API gal_status gal_table_add_vector(gal_table *t, const char *name, const char *unit, size_t width,
                                        const double *v);
/* Notes a column that is not read, and why; gal_table_say_passed() logs the list, once for each file and list in a process. */
GAL_API gal_status gal_table_pass_over(gal_table *t, const char *name, const char *why);
GAL_API void gal_table_say_passed(const gal_table *t);
GAL_API gal_status gal_table_add_meta(gal_table *t, const char *key, const char *value);

/* ---- units, in the spellings of FITS, VOUnit, CDS and astropy, with scales: "erg.s-1.cm-2.Hz-1", "erg / (s cm2 Hz)", "10nJy",
 * "1e-17 erg/s/cm^2/A", "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", "nanomaggy". Names: A Angstrom, m, pc, micron, AU; Jy, maggy
 * (AB zero point); erg J eV W Lsun; g Msun; s min h d yr a; Hz; rad deg arcmin arcsec sr; K; %; with SI prefixes. */
/* factor such that value[to] = factor * value[from]. GAL_EINVAL: an unknown unit, with the nearest; incompatible ones, naming both. */
GAL_API gal_status gal_unit_factor(const char *from, const char *to, double *factor);

/* What turns the numbers of a flux column into mJy: units per frequency, per wavelength (erg/s/cm2/A: at a wavelength), magnitudes
 * ("mag(AB)", "ABmag", "mag(ST)"; plain "mag" is refused: its zero point is not said). */
typedef struct gal_flux_unit {
    double mjy; /* mJy of the unit, of magnitude 0; per wavelength: that, over wavelength^2 [A^2] */
    bool per_wavelength, magnitude;
} gal_flux_unit;
GAL_API gal_status gal_flux_unit_parse(gal_flux_unit *out, const char *text);
/* The unit of the errors of fluxes in `flux`: "" is theirs, "mag" is fine where they are magnitudes; a mixture is GAL_EINVAL. */
GAL_API gal_status gal_flux_unit_parse_error(gal_flux_unit *out, const gal_flux_unit *flux, const char *text);
/* Flux x in mJy. wave2 [A^2]: pivot^2 of a band, lo hi of a pixel; not used per frequency and by AB magnitudes. */
GAL_API double gal_flux_mjy(const gal_flux_unit *u, double x, double wave2);
/* Its error in mJy; `mjy` is the flux in mJy, used by magnitudes: 0.4 ln 10 S err (first order) */
GAL_API double gal_flux_error_mjy(const gal_flux_unit *u, double err, double mjy, double wave2);
#ifdef __cplusplus
}
#endif
#endif
