/* FITS tables read without a library: every kind of column, missing values, scaling, gzip; what is passed over; damaged files.
 * The files are composed here byte by byte, after the FITS standard 4.0. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "galua/table.h"

static const char FILE_NAME[] = "build/t_cells.fits";

typedef struct file {
    unsigned char v[60 * 2880];
    size_t n;
} file;

static void card(file *f, const char *text)
{
    char c[81];
    snprintf(c, sizeof c, "%-80.80s", text);
    memcpy(f->v + f->n, c, 80);
    f->n += 80;
}

static void pad(file *f, int with)
{
    while (f->n % 2880)
        f->v[f->n++] = (unsigned char)with;
}

static void integer(file *f, uint64_t x, int bytes)
{
    for (int i = bytes; i-- > 0;)
        f->v[f->n++] = (unsigned char)(x >> 8 * i);
}

static void real(file *f, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    integer(f, bits, 8);
}

static void text_cell(file *f, const char *s, size_t width)
{
    memset(f->v + f->n, 0, width);
    memcpy(f->v + f->n, s, strlen(s));
    f->n += width;
}

/* primary header, then the header of a table; fields: "NAME:FORM" and cards that are written as they are */
static void begin(file *f, const char *kind, int width, int rows, int heap, const char *const *field, int nfield)
{
    char line[96];
    f->n = 0;
    card(f, "SIMPLE  =                    T");
    card(f, "BITPIX  =                    8");
    card(f, "NAXIS   =                    0");
    card(f, "OBJECT  = 'NGC 3898'           / of the primary header");
    card(f, "END");
    pad(f, ' ');
    snprintf(line, sizeof line, "XTENSION= '%-8s'", kind);
    card(f, line);
    card(f, "BITPIX  =                    8");
    card(f, "NAXIS   =                    2");
    snprintf(line, sizeof line, "NAXIS1  = %20d", width);
    card(f, line);
    snprintf(line, sizeof line, "NAXIS2  = %20d", rows);
    card(f, line);
    snprintf(line, sizeof line, "PCOUNT  = %20d", heap);
    card(f, line);
    card(f, "GCOUNT  =                    1");
    int n = 0;
    for (int i = 0; i < nfield; i++) {
        const char *colon = strchr(field[i], ':');
        n += colon != NULL;
    }
    snprintf(line, sizeof line, "TFIELDS = %20d", n);
    card(f, line);
    for (int i = n = 0; i < nfield; i++) {
        const char *colon = strchr(field[i], ':');
        if (!colon) {
            card(f, field[i]);
            continue;
        }
        n++;
        snprintf(line, sizeof line, "TTYPE%-3d= '%.*s'", n, (int)(colon - field[i]), field[i]);
        card(f, line);
        snprintf(line, sizeof line, "TFORM%-3d= '%s'", n, colon + 1);
        card(f, line);
    }
    card(f, "END");
    pad(f, ' ');
}

static void store(const void *v, size_t n)
{
    FILE *h = fopen(FILE_NAME, "wb");
    assert_non_null(h);
    assert_int_equal(fwrite(v, 1, n, h), n);
    assert_int_equal(fclose(h), 0);
}

static gal_table *read_table(file *f)
{
    gal_table *t;
    pad(f, 0);
    store(f->v, f->n);
    if (gal_table_read(&t, FILE_NAME) != GAL_OK)
        fail_msg("%s", gal_error_message());
    return t;
}

static const gal_column *col(const gal_table *t, const char *name)
{
    const gal_column *c;
    if (gal_table_need(t, name, &c) != GAL_OK)
        fail_msg("%s", gal_error_message());
    return c;
}

static void is(const gal_table *t, const char *name, size_t row, const char *want)
{
    char buf[GAL_CELL_TEXT];
    const char *have = gal_table_text(col(t, name), row, buf);
    if (strcmp(have, want) != 0)
        fail_msg("%s, row %zu: '%s' instead of '%s'", name, row, have, want);
}

/* the columns of two rows: logical, bits, integers of all sizes, scaled, unsigned, with null values, reals, text, a vector */
static const char *const KINDS[] = {"use_phot:1L",
                                    "flags:10X",
                                    "byte:1B",
                                    "short:1I",
                                    "int:1J",
                                    "id:1K",
                                    "ubig:1K",
                                    "ushort:1I",
                                    "scaled:1I",
                                    "x:1E",
                                    "y:D",
                                    "word:6A",
                                    "vec:2E",
                                    "none:0D",
                                    "z:1C",
                                    "TZERO7  =  9223372036854775808",
                                    "TZERO8  =                32768",
                                    "TSCAL9  =                 0.25",
                                    "TZERO9  =                  10.",
                                    "TNULL3  =                  255",
                                    "TNULL4  =               -32768",
                                    "TNULL6  =                  -99",
                                    "TUNIT10 = 'mJy     '",
                                    "REDSHIFT=               0.0039",
                                    "HIERARCH distance_Mpc = '20'",
                                    "LONG    = 'one&'",
                                    "CONTINUE  ' and two'",
                                    "COMMENT   nothing = 1"};
enum { NKINDS = sizeof KINDS / sizeof KINDS[0], WIDTH = 1 + 2 + 1 + 2 + 4 + 8 + 8 + 2 + 2 + 4 + 8 + 6 + 8 + 8 };

static void all_kinds(file *f)
{
    begin(f, "BINTABLE", WIDTH, 2, 0, KINDS, NKINDS);
    f->v[f->n++] = 'T';
    integer(f, 0xa040, 2); /* 1010 0000 01 */
    integer(f, 254, 1);
    integer(f, 0x8001, 2);
    integer(f, 0xffffffff, 4);
    integer(f, 1237648720693755919ull, 8);
    integer(f, 0x7fffffffffffffffull, 8);
    integer(f, 0x7fff, 2);
    integer(f, (uint64_t)-3, 2);
    integer(f, 0x3fc00000, 4); /* 1.5 */
    real(f, 0.1);
    text_cell(f, "00123", 6);
    integer(f, 0x3f800000, 4);
    integer(f, 0x40000000, 4);
    integer(f, 0, 8);
    f->v[f->n++] = 0;
    integer(f, 0x4000, 2);
    integer(f, 255, 1);
    integer(f, 0x8000, 2);
    integer(f, 7, 4);
    integer(f, (uint64_t)-99, 8);
    integer(f, 0x8000000000000000ull, 8);
    integer(f, 0x8000, 2);
    integer(f, 4, 2);
    integer(f, 0x7fc00000, 4); /* NaN */
    real(f, -INFINITY);
    text_cell(f, "a b", 6);
    integer(f, 0, 8);
    integer(f, 0, 8);
}

static void kinds(void **state)
{
    (void)state;
    static file f;
    double x;
    gal_log_set_level(GAL_LOG_OFF);
    all_kinds(&f);
    gal_table *t = read_table(&f);
    assert_int_equal(t->nrow, 2);
    assert_int_equal(col(t, "use_phot")->type, GAL_COLUMN_BOOLEAN);
    assert_true(col(t, "use_phot")->num[0] == 1);
    assert_int_equal(gal_table_cell(col(t, "use_phot"), 1, &x), GAL_CELL_MISSING);
    static const double bit[10] = {1, 0, 1, 0, 0, 0, 0, 0, 0, 1};
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "flags_%d", i + 1);
        assert_true(col(t, name)->num[0] == bit[i]);
    }
    is(t, "byte", 0, "254");
    is(t, "byte", 1, ""); /* TNULL */
    is(t, "short", 0, "-32767");
    is(t, "short", 1, "");
    is(t, "int", 0, "-1");
    is(t, "id", 0, "1237648720693755919"); /* to the last digit */
    is(t, "id", 1, "");
    is(t, "ubig", 0, "18446744073709551615");
    is(t, "ubig", 1, "0");
    is(t, "ushort", 0, "65535");
    is(t, "ushort", 1, "0");
    assert_true(col(t, "scaled")->num[0] == 9.25 && col(t, "scaled")->num[1] == 11);
    assert_true(col(t, "x")->num[0] == 1.5 && isnan(col(t, "x")->num[1]));
    assert_string_equal(col(t, "x")->unit, "mJy");
    assert_true(col(t, "y")->num[0] == 0.1);
    assert_int_equal(gal_table_cell(col(t, "y"), 1, &x), GAL_CELL_NUMBER);
    assert_true(x == -INFINITY);
    is(t, "word", 0, "00123");
    is(t, "word", 1, "a b");
    assert_true(col(t, "vec_2")->num[0] == 2);
    const gal_column *c;
    assert_int_equal(gal_table_find(t, "z", &c), GAL_EUNSUP);
    assert_string_equal(gal_error_message(), "build/t_cells.fits: column 'z' holds complex numbers");
    assert_int_equal(gal_table_need_num(t, "none", &c), GAL_EUNSUP);
    assert_string_equal(gal_error_message(), "build/t_cells.fits: column 'none' holds nothing");
    assert_int_equal(t->npassed, 2);
    assert_string_equal(gal_table_meta(t, "redshift"), "0.0039");
    assert_string_equal(gal_table_meta(t, "distance_Mpc"), "20");
    assert_string_equal(gal_table_meta(t, "object"), "NGC 3898");
    assert_string_equal(gal_table_meta(t, "LONG"), "one and two");
    assert_null(gal_table_meta(t, "TFORM1"));
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

/* columns that nobody asks for do not stop the reading: arrays of variable length, long vectors; columns named alike */
static void others(void **state)
{
    (void)state;
    static file f;
    static const char *const FIELD[] = {"id:1J",        "pz:1PD(2)", "long:1200B", "flux:1E",
                                        "flux.mask:1L", "id:1J",     "note:QA(3)"};
    gal_log_set_level(GAL_LOG_OFF);
    begin(&f, "BINTABLE", 4 + 8 + 1200 + 4 + 1 + 4 + 16, 2, 0, FIELD, 7);
    for (int i = 0; i < 2; i++) {
        integer(&f, (uint64_t)i + 5, 4);
        integer(&f, 0, 8);
        for (int k = 0; k < 150; k++)
            integer(&f, 0, 8);
        integer(&f, 0x3fc00000, 4);
        f.v[f.n++] = i ? 'T' : 'F';
        integer(&f, 0, 4);
        integer(&f, 0, 8);
        integer(&f, 0, 8);
    }
    gal_table *t = read_table(&f);
    is(t, "id", 1, "6");
    double x;
    assert_int_equal(gal_table_cell(col(t, "flux"), 0, &x), GAL_CELL_NUMBER);
    assert_int_equal(gal_table_cell(col(t, "flux"), 1, &x), GAL_CELL_MASKED); /* astropy's mask */
    const gal_column *c;
    static const struct {
        const char *name, *why;
    } v[] = {{"pz", "holds arrays of variable length"},
             {"long", "holds 1200 numbers in each row"},
             {"note", "holds texts of variable length"}};
    for (int i = 0; i < 3; i++) {
        char want[128];
        snprintf(want, sizeof want, "build/t_cells.fits: column '%s' %s", v[i].name, v[i].why);
        assert_int_equal(gal_table_find(t, v[i].name, &c), GAL_EUNSUP);
        assert_string_equal(gal_error_message(), want);
    }
    assert_int_equal(t->npassed, 4);
    assert_string_equal(t->passed[2].why, "has the name of another column");
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

/* a spectrum in one row: vectors of fixed and of variable length, in the heap */
static void one_row(void **state)
{
    (void)state;
    static file f;
    enum { N = 1500 };
    static const char *const FIELD[] = {"WAVE:1500D", "FLUX:1PE(1500)", "MASK:1500L",
                                        "SNR:1E",     "COEF:3D",        "TUNIT1  = 'Angstrom'"};
    begin(&f, "BINTABLE", 8 * N + 8 + N + 4 + 24, 1, 4 * N, FIELD, 6);
    for (int i = 0; i < N; i++)
        real(&f, 3000 + i);
    integer(&f, N, 4);
    integer(&f, 0, 4);
    for (int i = 0; i < N; i++)
        f.v[f.n++] = i == 7 ? 'T' : 'F';
    integer(&f, 0x41400000, 4); /* 12 */
    for (int i = 0; i < 3; i++)
        real(&f, i);
    for (int i = 0; i < N; i++) { /* the heap */
        float y = (float)i;
        uint32_t bits;
        memcpy(&bits, &y, 4);
        integer(&f, bits, 4);
    }
    gal_table *t = read_table(&f), *u;
    assert_int_equal(t->nrow, 1);
    assert_int_equal(t->nvec, 4);
    if (gal_table_unroll(&u, t) != GAL_OK)
        fail_msg("%s", gal_error_message());
    assert_int_equal(u->nrow, N);
    assert_true(col(u, "wave")->num[N - 1] == 3000 + N - 1);
    assert_string_equal(col(u, "wave")->unit, "Angstrom");
    assert_true(col(u, "flux")->num[1234] == 1234);
    assert_true(col(u, "mask")->num[7] == 1 && col(u, "mask")->num[8] == 0);
    assert_string_equal(gal_table_meta(u, "SNR"), "12");
    gal_table_free(u);
    gal_table_free(t);
}

static void ascii(void **state)
{
    (void)state;
    static file f;
    static const char *const FIELD[] = {"id:I20",          "name:A6",         "flux:E12.5",   "mag:F6.3",
                                        "TBCOL1  =  1",    "TBCOL2  = 22",    "TBCOL3  = 29", "TBCOL4  = 42",
                                        "TNULL3  = '---'", "TUNIT3  = 'mJy'", "TSCAL4  = 2.0"};
    begin(&f, "TABLE", 48, 2, 0, FIELD, 11);
    memcpy(f.v + f.n, " 1237648720693755918 001 b   1.5000E-30  12345  ", 48);
    memcpy(f.v + f.n + 48, "                  -2         ---           1.5  ", 48);
    f.n += 96;
    gal_table *t = read_table(&f);
    is(t, "id", 0, "1237648720693755918");
    is(t, "name", 0, "001 b");
    is(t, "name", 1, "");
    assert_true(col(t, "flux")->num[0] == 1.5e-30 && isnan(col(t, "flux")->num[1]));
    assert_string_equal(col(t, "flux")->unit, "mJy");
    assert_true(fabs(col(t, "mag")->num[0] - 24.69) < 1e-14 &&
                col(t, "mag")->num[1] == 3); /* the point of F6.3 is implied */
    assert_null(t->line);
    gal_table_free(t);
}

static void bad(const void *v, size_t n, const char *message)
{
    gal_table *t;
    size_t live = gal_mem_live();
    store(v, n);
    if (gal_table_read(&t, FILE_NAME) == GAL_OK)
        fail_msg("accepted, but '%s' was expected", message);
    assert_string_equal(gal_error_message(), message);
    assert_int_equal(gal_mem_live(), live);
}

static void damaged(void **state)
{
    (void)state;
    static file f;
    gal_table *t;
    all_kinds(&f);
    size_t data = f.n - 2 * WIDTH;
    bad(f.v, data + WIDTH,
        "build/t_cells.fits: cut short: a FITS header announces more data than the 64 bytes behind it");
    bad(f.v, 2880, "build/t_cells.fits: holds no table and no image of one dimension");
    bad(f.v, 2879, "build/t_cells.fits: cut short: the FITS header at byte 0 has no END");
    char *rows = strstr((char *)f.v + 2880, "NAXIS2"); /* sizes that no file has: nothing is allocated for them */
    memcpy(rows, "NAXIS2  =  9223372036854775807", 30);
    bad(f.v, f.n, "build/t_cells.fits: cut short: a FITS header announces more data than the 128 bytes behind it");
    static const char *const WIDE[] = {"a:99999999999999D"}, *const LONG[] = {"a:2D"}, *const ODD[] = {"a:1Y"},
                             *const HEAP[] = {"a:1PE", "b:1PE"},
                             *const ZT[] = {"a:1D", "ZTABLE  =                    T"};
    begin(&f, "BINTABLE", 8, 1, 0, LONG, 1);
    real(&f, 1);
    pad(&f, 0);
    bad(f.v, f.n, "build/t_cells.fits: column 'a' ends at byte 16 of rows of 8 bytes");
    begin(&f, "BINTABLE", 8, 1, 0, WIDE, 1);
    real(&f, 1);
    pad(&f, 0);
    bad(f.v, f.n, "build/t_cells.fits: column 'a' ends at byte 799999999999992 of rows of 8 bytes");
    begin(&f, "BINTABLE", 8, 1, 0, ODD, 1);
    real(&f, 1);
    pad(&f, 0);
    bad(f.v, f.n, "build/t_cells.fits: column 'a': TFORM '1Y' is not understood");
    begin(&f, "BINTABLE", 8, 1, 0, ZT, 2);
    real(&f, 1);
    pad(&f, 0);
    bad(f.v, f.n, "build/t_cells.fits: holds a tile-compressed table: unpack it with funpack");
    begin(&f, "BINTABLE", 16, 1, 8, HEAP, 2);
    integer(&f, 2, 4);
    integer(&f, 0, 4);
    integer(&f, 2, 4);
    integer(&f, 4, 4); /* four bytes past the heap */
    real(&f, 1);
    pad(&f, 0);
    bad(f.v, f.n, "build/t_cells.fits: column 'b': its array lies outside of the table's data");
    /* any byte of the headers may be anything, any allocation may fail */
    all_kinds(&f);
    gal_log_set_level(GAL_LOG_OFF);
    for (uint32_t k = 0, seed = 1; k < 400; k++) {
        static file g;
        memcpy(g.v, f.v, f.n);
        for (int i = 0; i < 3; i++) {
            seed = seed * 1664525u + 1013904223u;
            g.v[(seed >> 8) % f.n] =
                seed % 3 ? (unsigned char)"0123456789' =TDKXPQA"[(seed >> 3) % 20] : (unsigned char)(seed >> 24);
        }
        store(g.v, f.n);
        size_t live = gal_mem_live();
        if (gal_table_read(&t, FILE_NAME) == GAL_OK)
            gal_table_free(t);
        assert_int_equal(gal_mem_live(), live);
    }
    store(f.v, f.n);
    for (long k = 0; k < 200; k++) {
        size_t live = gal_mem_live();
        gal_mem_fail_after(k);
        gal_status st = gal_table_read(&t, FILE_NAME);
        gal_mem_fail_after(-1);
        if (st == GAL_OK)
            gal_table_free(t);
        else
            assert_int_equal(st, GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), live);
    }
    gal_log_set_level(GAL_LOG_WARN);
    remove(FILE_NAME);
}

static void zip(const char *path, const void *v, size_t n, const char *mode)
{
    gzFile z = gzopen(path, mode);
    assert_non_null(z);
    assert_int_equal(gzwrite(z, v, (unsigned)n), n);
    assert_int_equal(gzclose(z), Z_OK);
}

/* gzip, in one or several members, of FITS and of text; damaged; only regular files */
static void packed(void **state)
{
    (void)state;
    static file f;
    gal_table *t;
    const char *path = "build/t_packed.csv.gz", *text = "id,flux\n1,2\n", *more = "3,4\n";
    gal_log_set_level(GAL_LOG_OFF);
    all_kinds(&f);
    pad(&f, 0);
    zip(path, f.v, f.n, "wb");
    assert_int_equal(gal_table_read(&t, path), GAL_OK);
    is(t, "id", 0, "1237648720693755919");
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
    zip(path, text, strlen(text), "wb");
    zip(path, more, strlen(more), "ab");
    assert_int_equal(gal_table_read(&t, path), GAL_OK);
    assert_int_equal(t->nrow, 2);
    assert_true(col(t, "flux")->num[1] == 4);
    gal_table_free(t);
    char *z;
    size_t n;
    assert_int_equal(gal_read_file(path, &z, &n), GAL_OK);
    assert_int_equal(gal_write_file(path, z, n - 9), GAL_OK);
    gal_free(z);
    assert_int_equal(gal_table_read(&t, path), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "damaged or cut short: gzip data end after"));
    remove(path);
    assert_int_equal(gal_table_read(&t, "/dev/zero"), GAL_EIO);
    assert_string_equal(gal_error_message(), "/dev/zero: is a device or a pipe, not a file: copy its data to a file");
    assert_int_equal(gal_table_read(&t, "build"), GAL_EIO);
    assert_string_equal(gal_error_message(), "build: is a folder, not a file");
    remove("build/t_pipe");
    assert_int_equal(mkfifo("build/t_pipe", 0600), 0);
    assert_int_equal(gal_table_read(&t, "build/t_pipe"), GAL_EIO); /* nobody writes: it must not wait */
    assert_string_equal(gal_error_message(),
                        "build/t_pipe: is a device or a pipe, not a file: copy its data to a file");
    remove("build/t_pipe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds), cmocka_unit_test(others),  cmocka_unit_test(one_row),
        cmocka_unit_test(ascii), cmocka_unit_test(damaged), cmocka_unit_test(packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
