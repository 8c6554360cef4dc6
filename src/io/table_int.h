/* table_int.h - what the table readers share: a growing list of cells and its conversion into columns. */
#ifndef GAL_IO_TABLE_INT_H
#define GAL_IO_TABLE_INT_H
#include "galua/table.h"

typedef enum cell_type { CELL_AUTO, CELL_NUM, CELL_BOOL, CELL_TEXT } cell_type;

typedef struct coldef {
    char *name, *unit, *comment; /* owned (gal_strdup); unit and comment may be NULL */
    char *null;                  /* owned: the text or number that stands for "no value" in this column; NULL: none */
    cell_type type;
    bool vector;      /* cells are lists of numbers: "1 2 3", "[1.0, null]" */
    const char *skip; /* static: why the column is passed over; NULL: it is not */
} coldef;

/* Cells point into a buffer that outlives them. */
typedef struct cells {
    char **v;
    size_t n, cap;
    size_t *line; /* [nrow] */
    size_t nrow, row_cap;
} cells;

gal_status gal_cells_push(cells *c, char *text);
gal_status gal_cells_end_row(cells *c, size_t line);
void gal_cells_free(cells *c);

gal_status gal_coldef_set(coldef *d, const char *name, const char *unit, const char *comment);
void gal_coldefs_free(coldef *d, size_t n);

/* Columns from nrow*ncol cells, and gal_table_finish(). AUTO columns are numbers when every cell is one (or empty), truth values when
 * every cell is true or false, else text. Columns that share a name are passed over. */
gal_status gal_table_from_cells(gal_table *t, const coldef *def, size_t ncol, const cells *c);
gal_status gal_column_from_cells(const gal_table *t, gal_column *col, const coldef *def, char *const *cell,
                                 size_t stride);
/* What every reader ends with: columns NAME.mask act on NAME, the header's "missing" on all. */
gal_status gal_table_finish(gal_table *t);
gal_status gal_table_apply_mask(gal_table *t, const char *name, const char *mask);
gal_column *gal_table_grow(gal_table *t); /* a new empty column at the end; NULL without memory */
/* Lists of numbers in n cells: columns NAME_1, NAME_2, ... and in a table of one row a vector; passed over where they are of different
 * lengths or no numbers. */
gal_status gal_vector_from_cells(gal_table *t, const coldef *def, char *const *cell, size_t stride);
void gal_table_drop(gal_table *t, size_t j); /* removes column j */
/* n strings, `stride` apart, as one block: the pointers with the characters behind them */
char **gal_text_block(char *const *cell, size_t stride, size_t n);
void gal_number_text(double x, char buf[GAL_CELL_TEXT]); /* the fewest digits that give x back */
/* One warning, and the same text never again in this process (the last 64 are remembered). */
void gal_say_once(const char *module, const char *fmt, ...) GAL_PRINTF(2, 3);

/* Is the column called `stem`, or `stem` with a unit behind it (wave_nm), whatever the case? *unit: the unit, "" when the name has none,
 * NULL when what follows is unknown. */
bool gal_name_is(const char *name, const char *stem, const char **unit);

gal_status gal_table_parse_ecsv(gal_table *t, char *text, size_t n);
gal_status gal_table_parse_ascii(gal_table *t, char *text, size_t n, char delimiter); /* 0 = white space */
struct source;
/* into an empty table that has its path; extension: number or EXTNAME, NULL = the first table */
gal_status gal_table_from_fits(gal_table *t, const struct source *s, const char *extension);
gal_status gal_table_from_image(gal_table *t,
                                const struct source *s); /* the same, of a file without tables: a spectrum */
gal_status gal_table_parse_votable(gal_table *t, char *text, size_t n);
bool gal_ipac_is(const char *text, size_t n);
gal_status gal_table_parse_ipac(gal_table *t, const char *text, size_t n);
bool gal_mrt_is(const char *text, size_t n);
gal_status gal_table_parse_mrt(gal_table *t, const char *text, size_t n);

/* Records of a delimited text, unquoted in place. */
typedef struct records {
    char *p, *end;
    char delimiter; /* 0 = white space */
    size_t line;    /* of the next character, from 1 */
    size_t start;   /* line on which the last record began */
    const char *path;
    void (*comment)(void *ctx, char *text); /* each '#' line, without the '#'; may be NULL */
    void *ctx;
} records;
/* Appends the cells of the next record to c; *ncell = 0 at the end of the text. */
gal_status gal_records_next(records *r, cells *c, size_t *ncell);
#endif
