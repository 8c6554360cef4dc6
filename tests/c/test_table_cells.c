/* Cells of tables: what is a number, missing, masked or a word, whatever the format; identifiers; columns passed over; vectors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "galua/table.h"

static gal_table *parse(const char *text, const char *path)
{
    gal_table *t;
    if (gal_table_parse(&t, text, strlen(text), path) != GAL_OK)
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

static void cell(const gal_table *t, const char *name, size_t i, gal_cell want, double value)
{
    double x, y;
    gal_cell k = gal_table_cell(col(t, name), i, &x), what;
    if (k != want || (k == GAL_CELL_NUMBER ? x != value : !isnan(x)))
        fail_msg("%s, row %zu: cell is %d (%g), not %d (%g)", name, i, k, x, want, value);
    gal_status st = gal_table_number(t, col(t, name), i, &y, &what);
    assert_int_equal(st, k == GAL_CELL_WORD ? GAL_EFORMAT : GAL_OK);
    assert_int_equal(what, k);
    assert_true(isnan(x) ? isnan(y) : x == y);
}

static void message(gal_status st, gal_status want, const char *text)
{
    assert_string_equal(st == GAL_OK ? "" : gal_error_message(), text);
    assert_int_equal(st, want);
}

/* one word makes no column of numbers unusable but in its own row */
static void words(void **state)
{
    (void)state;
    double x;
    gal_table *t = parse("id,flux,limit\na,1,0.5\nb,***,<1.0\nc,--,\nd,1.5-109,inf\n", "w.csv");
    cell(t, "flux", 0, GAL_CELL_NUMBER, 1);
    cell(t, "flux", 1, GAL_CELL_WORD, NAN);
    cell(t, "flux", 2, GAL_CELL_MISSING, NAN);
    cell(t, "flux", 3, GAL_CELL_WORD, NAN); /* Fortran's exponent of three digits without its letter */
    cell(t, "limit", 0, GAL_CELL_NUMBER, 0.5);
    cell(t, "limit", 2, GAL_CELL_MISSING, NAN);
    cell(t, "limit", 3, GAL_CELL_NUMBER, INFINITY);
    message(gal_table_number(t, col(t, "flux"), 3, &x, NULL), GAL_EFORMAT,
            "w.csv, line 5: column 'flux': '1.5-109' is not a number");
    message(gal_table_number(t, col(t, "limit"), 1, &x, NULL), GAL_EFORMAT,
            "w.csv, line 3: column 'limit': '<1.0' is not a number");
    gal_table_free(t);
    /* declared columns: the table is read, the cell is an error where it is used */
    gal_log_set_level(GAL_LOG_OFF);
    const gal_column *c;
    t = parse("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: float64}\n# - {name: b, datatype: string}\na "
              "b\n1 2\nx 3\n",
              "e.ecsv");
    message(gal_table_need_num(t, "a", &c), GAL_EFORMAT, "e.ecsv, line 8: column 'a': 'x' is not a number");
    cell(t, "a", 0, GAL_CELL_NUMBER, 1);
    cell(t, "b", 1, GAL_CELL_NUMBER, 3); /* text that is a number can be used as one */
    gal_table_free(t);
    t = parse("<VOTABLE><TABLE><FIELD name='a' "
              "datatype='int'/>\n<DATA><TABLEDATA><TR><TD>one</TD></TR></TABLEDATA></DATA></TABLE></VOTABLE>",
              "e.xml");
    message(gal_table_need_num(t, "a", &c), GAL_EFORMAT, "e.xml, line 2: column 'a': 'one' is not a number");
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

static void truth(void **state)
{
    (void)state;
    double x;
    gal_table *t = parse("mask,few,use,n\nTrue,T,yes,1\nfalse,,maybe,0\nFALSE,F,no,--\n", "t.csv");
    assert_int_equal(col(t, "mask")->type, GAL_COLUMN_BOOLEAN);
    cell(t, "mask", 0, GAL_CELL_NUMBER, 1);
    cell(t, "mask", 2, GAL_CELL_NUMBER, 0);
    const struct {
        const char *name;
        double want[3];
    } v[] = {{"mask", {1, 0, 0}}, {"few", {1, NAN, 0}}, {"n", {1, 0, NAN}}};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(gal_table_truth(t, col(t, v[k].name), i, &x), GAL_OK);
            assert_true(isnan(v[k].want[i]) ? isnan(x) : x == v[k].want[i]);
        }
    assert_int_equal(gal_table_truth(t, col(t, "use"), 0, &x), GAL_OK);
    assert_true(x == 1);
    message(gal_table_truth(t, col(t, "use"), 1, &x), GAL_EFORMAT,
            "t.csv, line 3: column 'use': 'maybe' is neither true nor false (true, t, yes, y, 1; false, f, no, n, 0)");
    gal_table_free(t);
}

/* astropy writes masked quantities as two columns */
static void masks(void **state)
{
    (void)state;
    gal_table *t =
        parse("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: band, datatype: string}\n"
              "# - {name: flux, unit: mJy, datatype: float64}\n# - {name: flux.mask, datatype: bool}\n"
              "# - {name: n, datatype: int64}\n# - {name: n.mask, datatype: bool}\n# meta: !!omap\n"
              "# - __serialized_columns__:\n#     flux:\n"
              "#       __class__: astropy.units.quantity.Quantity\n# - {redshift: 0.05}\n# schema: astropy-2.0\n"
              "band flux flux.mask n n.mask\nSDSS.g 0.5 False 1 True\nSDSS.r 999.0 True 2 False\n",
              "m.ecsv");
    assert_int_equal(t->ncol, 3);
    cell(t, "flux", 0, GAL_CELL_NUMBER, 0.5);
    cell(t, "flux", 1, GAL_CELL_MASKED, NAN);
    assert_true(isnan(col(t, "flux")->num[1]));
    cell(t, "n", 0, GAL_CELL_MASKED, NAN);
    cell(t, "n", 1, GAL_CELL_NUMBER, 2);
    assert_string_equal(gal_table_meta(t, "redshift"), "0.05");
    gal_table_free(t);
    t = parse("x,x.mask,name,name.mask,y.mask\n1,0,a,1,1\n2,1,b,0,0\n",
              "m.csv"); /* any format; no y: a column like others */
    cell(t, "x", 0, GAL_CELL_NUMBER, 1);
    cell(t, "x", 1, GAL_CELL_MASKED, NAN);
    char buf[GAL_CELL_TEXT];
    assert_string_equal(gal_table_text(col(t, "name"), 0, buf), "");
    assert_string_equal(gal_table_text(col(t, "name"), 1, buf), "b");
    cell(t, "y.mask", 0, GAL_CELL_NUMBER, 1);
    gal_table_free(t);
    gal_table *bad;
    const char *text = "x,x.mask\n1,perhaps\n";
    message(
        gal_table_parse(&bad, text, strlen(text), "m.csv"), GAL_EFORMAT,
        "m.csv, line 2: column 'x.mask': 'perhaps' is neither true nor false (true, t, yes, y, 1; false, f, no, n, 0)");
}

static void sentinels(void **state)
{
    (void)state;
    const double none[2] = {-99, -9999};
    gal_table *t = parse("id flux err word\n7 -99 1 -9999.0\n8 -9.9e1 -98 x\n-99 2 -9999 3\n", "s.dat");
    cell(t, "flux", 0, GAL_CELL_NUMBER, -99);
    assert_int_equal(gal_table_missing(t, 2, none), GAL_OK);
    cell(t, "flux", 0, GAL_CELL_MISSING, NAN);
    cell(t, "flux", 1, GAL_CELL_MISSING, NAN);
    cell(t, "flux", 2, GAL_CELL_NUMBER, 2);
    cell(t, "err", 1, GAL_CELL_NUMBER, -98);
    cell(t, "err", 2, GAL_CELL_MISSING, NAN);
    cell(t, "word", 0, GAL_CELL_MISSING, NAN);
    cell(t, "word", 1, GAL_CELL_WORD, NAN);
    cell(t, "word", 2, GAL_CELL_NUMBER, 3);
    gal_table_free(t);
    t = parse("# missing: -99, -9999\na b\n-99 1\n2 -9999\n", "s.dat"); /* said by the file */
    cell(t, "a", 0, GAL_CELL_MISSING, NAN);
    cell(t, "b", 0, GAL_CELL_NUMBER, 1);
    cell(t, "b", 1, GAL_CELL_MISSING, NAN);
    gal_table_free(t);
    gal_table *bad;
    message(gal_table_parse(&bad, "# missing: none of\na\n1\n", 23, "s.dat"), GAL_EFORMAT,
            "s.dat: missing: 'none' is not a number");
}

static void identifiers(void **state)
{
    (void)state;
    char buf[GAL_CELL_TEXT];
    int64_t n;
    gal_table *t = parse("sdss,tile,small,past,real\n1237648720693755918,00123,1,9223372036854775808,1.5\n"
                         "1237648720693755919,0123,-2,3,0.1\n-9223372036854775808,,,4,1e300\n",
                         "i.csv");
    assert_string_equal(gal_table_text(col(t, "sdss"), 0, buf), "1237648720693755918");
    assert_string_equal(gal_table_text(col(t, "sdss"), 1, buf), "1237648720693755919");
    assert_int_equal(gal_table_int64(t, col(t, "sdss"), 1, &n), GAL_OK);
    assert_true(n == 1237648720693755919);
    assert_int_equal(gal_table_int64(t, col(t, "sdss"), 2, &n), GAL_OK);
    assert_true(n == INT64_MIN);
    cell(t, "sdss", 0, GAL_CELL_NUMBER, 1237648720693755918.0);
    assert_string_equal(gal_table_text(col(t, "tile"), 0, buf), "00123");
    assert_string_equal(gal_table_text(col(t, "tile"), 1, buf), "0123");
    assert_string_equal(gal_table_text(col(t, "tile"), 2, buf), "");
    cell(t, "tile", 0, GAL_CELL_NUMBER, 123);
    assert_null(col(t, "small")->text); /* a double says it all */
    assert_string_equal(gal_table_text(col(t, "small"), 1, buf), "-2");
    assert_string_equal(gal_table_text(col(t, "small"), 2, buf), "");
    assert_string_equal(gal_table_text(col(t, "real"), 1, buf), "0.1");
    assert_string_equal(gal_table_text(col(t, "past"), 0, buf), "9223372036854775808");
    message(gal_table_int64(t, col(t, "past"), 0, &n), GAL_EDOMAIN,
            "i.csv, line 2: column 'past': '9223372036854775808' is no integer of 64 bits");
    message(gal_table_int64(t, col(t, "real"), 0, &n), GAL_EFORMAT,
            "i.csv, line 2: column 'real': '1.5' is no integer");
    message(gal_table_int64(t, col(t, "real"), 2, &n), GAL_EDOMAIN,
            "i.csv, line 4: column 'real': '1e+300' is more than a double holds to the last digit");
    message(gal_table_int64(t, col(t, "small"), 2, &n), GAL_EFORMAT,
            "i.csv, line 4: column 'small': the cell is empty, an integer is expected");
    const char *const file[] = {"build/t_id.ecsv", "build/t_id.csv", "build/t_id.fits"};
    for (int k = 0; k < 3; k++) { /* through files, as written */
        gal_table *u;
        gal_status st = k == 0   ? gal_table_write_ecsv(t, file[k])
                        : k == 1 ? gal_table_write_csv(t, file[k])
                                 : gal_table_write_fits(t, file[k]);
        if (st != GAL_OK || gal_table_read(&u, file[k]) != GAL_OK)
            fail_msg("%s", gal_error_message());
        remove(file[k]);
        assert_string_equal(gal_table_text(col(u, "sdss"), 1, buf), "1237648720693755919");
        assert_string_equal(gal_table_text(col(u, "tile"), 0, buf), "00123");
        assert_string_equal(gal_table_text(col(u, "small"), 1, buf), "-2");
        gal_table_free(u);
    }
    gal_table_free(t);
}

static void names(void **state)
{
    (void)state;
    const gal_column *c;
    static const char *const z[] = {"redshift", "zspec"};
    gal_log_set_level(GAL_LOG_OFF);
    gal_table *t = parse("REDSHIFT,Z,flux,Flux,x,x,ID\n1,2,3,4,5,6,7\n", "n.csv");
    assert_int_equal(gal_table_find_any(t, z, 2, &c), GAL_OK);
    assert_true(c && c->num[0] == 1);
    assert_null(gal_table_column(t, "redshift"));
    assert_int_equal(gal_table_find(t, "z", &c), GAL_OK); /* z and Z are two things */
    assert_null(c);
    assert_int_equal(gal_table_find(t, "Flux", &c), GAL_OK);
    assert_true(c->num[0] == 4);
    assert_int_equal(gal_table_find(t, "FLUX", &c), GAL_OK); /* which of two? */
    assert_null(c);
    assert_int_equal(t->npassed, 2);
    message(gal_table_find(t, "x", &c), GAL_EUNSUP, "n.csv: column 'x' appears twice (5 and 6)");
    message(gal_table_need_num(t, "X", &c), GAL_ENOTFOUND, "n.csv: no column 'X', did you mean 'Z'?");
    assert_int_equal(gal_table_need(t, "id", &c), GAL_OK);
    assert_true(c->num[0] == 7);
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

typedef struct heard {
    size_t n;
    char text[1024];
} heard;

static void hear(void *ctx, gal_log_level level, const char *module, const char *text)
{
    heard *h = ctx;
    assert_int_equal(level, GAL_LOG_WARN);
    assert_string_equal(module, "table");
    snprintf(h->text, sizeof h->text, "%s", text);
    h->n++;
}

/* said once in a process, however often the file is read */
static void said(void **state)
{
    (void)state;
    heard h = {0};
    gal_log_set_sink(hear, &h);
    for (int again = 0; again < 3; again++)
        gal_table_free(parse("a,b,b\n1,2,3\n", "said.csv"));
    gal_log_set_sink(NULL, NULL);
    assert_int_equal(h.n, 1);
    assert_string_equal(h.text, "said.csv: passed over: b (appears twice (2 and 3)), b (appears twice (2 and 3))");
}

static void unroll(void **state)
{
    (void)state;
    const double wave[4] = {1, 2, 3, 4}, flux[4] = {5, NAN, 7, 8}, three[3] = {0}, snr = 12;
    gal_table *t, *u;
    assert_int_equal(gal_table_create(&t, 1), GAL_OK);
    assert_int_equal(gal_table_add_vector(t, "WAVE", "nm", 4, wave), GAL_OK);
    message(gal_table_unroll(&u, t), GAL_EINVAL, ": 1 rows and 1 vectors: not a spectrum in one row");
    assert_int_equal(gal_table_add_vector(t, "FLUX", "mJy", 4, flux), GAL_OK);
    assert_int_equal(gal_table_add_vector(t, "COEF", "", 3, three), GAL_OK);
    assert_int_equal(gal_table_add_num(t, "FLUX_2", "mJy", &snr), GAL_OK); /* an element of FLUX */
    assert_int_equal(gal_table_add_num(t, "SNR", "", &snr), GAL_OK);
    assert_int_equal(gal_table_add_meta(t, "OBJECT", "M 31"), GAL_OK);
    assert_int_equal(gal_table_unroll(&u, t), GAL_OK);
    assert_int_equal(u->nrow, 4);
    assert_int_equal(u->ncol, 2);
    cell(u, "wave", 3, GAL_CELL_NUMBER, 4);
    cell(u, "flux", 1, GAL_CELL_MISSING, NAN);
    assert_string_equal(col(u, "wave")->unit, "nm");
    assert_string_equal(gal_table_meta(u, "snr"), "12");
    assert_string_equal(gal_table_meta(u, "object"), "M 31");
    assert_null(gal_table_meta(u, "FLUX_2"));
    const gal_column *c;
    message(gal_table_find(u, "coef", &c), GAL_EUNSUP, "table: column 'COEF' has 3 elements, the others have 4");
    gal_table_free(u);
    gal_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),       cmocka_unit_test(truth), cmocka_unit_test(masks), cmocka_unit_test(sentinels),
        cmocka_unit_test(identifiers), cmocka_unit_test(names), cmocka_unit_test(said),  cmocka_unit_test(unroll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
