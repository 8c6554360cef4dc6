/* Text tables: the formats, header detection, quoting, masked cells, round trips, and what malformed files are told. */
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

static void bad(const char *text, const char *path, gal_status code, const char *message)
{
    gal_table *t;
    size_t live = gal_mem_live();
    gal_status st = gal_table_parse(&t, text, strlen(text), path);
    if (st == GAL_OK)
        fail_msg("accepted, but '%s' was expected", message);
    assert_string_equal(gal_error_message(), message);
    assert_int_equal(st, code);
    assert_null(t);
    assert_int_equal(gal_mem_live(), live);
}

static double num(const gal_table *t, const char *name, size_t i)
{
    const gal_column *c = gal_table_column(t, name);
    if (!c || !c->num)
        fail_msg("no numeric column '%s'", name);
    return c->num[i];
}

static const char *text(const gal_table *t, const char *name, size_t i)
{
    const gal_column *c = gal_table_column(t, name);
    if (!c || !c->text)
        fail_msg("no text column '%s'", name);
    return c->text[i];
}

static void ascii(void **state)
{
    (void)state;
    gal_table *t = parse(
        "# made by hand\n# redshift = 0.5\n# id  flux   flag\n 7 1.5D+03 \"\"\n\n# between\n8 -- n\r\n9 nan \"a b\"",
        "x.dat");
    assert_int_equal(t->ncol, 3);
    assert_int_equal(t->nrow, 3);
    assert_true(num(t, "id", 2) == 9);
    assert_true(num(t, "flux", 0) == 1500);
    assert_true(isnan(num(t, "flux", 1)) && isnan(num(t, "flux", 2)));
    assert_string_equal(text(t, "flag", 0), "");
    assert_string_equal(text(t, "flag", 1), "n");
    assert_string_equal(text(t, "flag", 2), "a b");
    assert_string_equal(gal_table_meta(t, "redshift"), "0.5");
    assert_string_equal(t->comments, "made by hand\nredshift = 0.5");
    char place[64];
    gal_table_place(t, 2, place, sizeof place);
    assert_string_equal(place, "x.dat, line 8");
    gal_table_free(t);
    t = parse("band flux[mJy]\nSDSS.g 1\nSDSS.r 2\n", "x.txt");
    assert_string_equal(text(t, "band", 1), "SDSS.r");
    assert_true(num(t, "flux", 1) == 2);
    assert_string_equal(gal_table_column(t, "flux")->unit, "mJy");
    gal_table_free(t);
    t = parse("1 2\n3 4\n", "x.txt");
    assert_true(num(t, "col2", 1) == 4);
    gal_table_free(t);
    t = parse("\xef\xbb\xbf"
              "a b\n1 2\n",
              "x.txt"); /* byte order mark */
    assert_true(num(t, "a", 0) == 1);
    gal_table_free(t);
}

static void csv(void **state)
{
    (void)state;
    gal_table *t =
        parse("name,\"flux (uJy)\",note\r\nA, 1.5 ,\"said \"\"no\"\", twice\"\r\nB,,\"two\nlines\"\r\n", "x.csv");
    assert_int_equal(t->nrow, 2);
    assert_true(num(t, "flux", 0) == 1.5);
    assert_true(isnan(num(t, "flux", 1)));
    assert_string_equal(gal_table_column(t, "flux")->unit, "uJy");
    assert_string_equal(text(t, "note", 0), "said \"no\", twice");
    assert_string_equal(text(t, "note", 1), "two\nlines");
    gal_table_free(t);
    t = parse("# z: 2\na\tb\n1\t\n\t4\n", "x.tsv");
    assert_true(isnan(num(t, "b", 0)) && num(t, "b", 1) == 4 && isnan(num(t, "a", 1)));
    assert_string_equal(gal_table_meta(t, "Z"), "2");
    gal_table_free(t);
}

static void ecsv(void **state)
{
    (void)state;
    gal_table *t = parse(
        "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
        "# - {name: band, datatype: string}\n"
        "# - {name: flux, unit: mJy, datatype: float64, description: 'observed, not\n"
        "#     corrected'}\n"
        "# - name: ok\n#   datatype: bool\n"
        "# meta: !!omap\n# - {source: NGC 3898}\n# - redshift: 0.00386\n# - comments:\n#   - first\n#   - second\n"
        "# - {citation: \"A&A 609, A37: \\\"yes\\\"\"}\n"
        "# - __serialized_columns__:\n#     flux:\n#       value: 1\n# schema: astropy-2.0\n"
        "band,flux,ok\nSDSS.g,1.25,True\n\"a,b\",,False\n",
        "x.ecsv");
    assert_int_equal(t->ncol, 3);
    assert_string_equal(text(t, "band", 1), "a,b");
    assert_true(num(t, "flux", 0) == 1.25 && isnan(num(t, "flux", 1)));
    assert_true(num(t, "ok", 0) == 1 && num(t, "ok", 1) == 0);
    assert_string_equal(gal_table_column(t, "flux")->unit, "mJy");
    assert_string_equal(gal_table_column(t, "flux")->comment, "observed, not corrected");
    assert_string_equal(gal_table_meta(t, "source"), "NGC 3898");
    assert_string_equal(gal_table_meta(t, "redshift"), "0.00386");
    assert_string_equal(gal_table_meta(t, "citation"), "A&A 609, A37: \"yes\"");
    assert_null(gal_table_meta(t, "__serialized_columns__"));
    gal_table_free(t);
    t = parse("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: int64}\n# meta:\n#   k: v w\n#   long: one\n#  "
              "   two\na\n5\n",
              "x.ecsv");
    assert_string_equal(gal_table_meta(t, "k"), "v w");
    assert_string_equal(gal_table_meta(t, "long"), "one two");
    assert_true(num(t, "a", 0) == 5);
    gal_table_free(t);
}

static void votable(void **state)
{
    (void)state;
    gal_table *t = parse(
        "<?xml version='1.0'?>\n<!-- a <TR> in a comment -->\n<vot:VOTABLE xmlns:vot='x'><vot:RESOURCE><vot:TABLE>\n"
        "<vot:PARAM name=\"A &amp; B\" value='1 &lt; 2' datatype='char'/>"
        "<vot:FIELD name='id' datatype='char' arraysize='*'/>"
        "<vot:FIELD name='f' unit='mJy' datatype='double'><vot:DESCRIPTION> flux </vot:DESCRIPTION></vot:FIELD>"
        "<vot:DATA><vot:TABLEDATA>\n<vot:TR><vot:TD>x&amp;y</vot:TD><vot:TD> 1.5 </vot:TD></vot:TR>"
        "<vot:TR><vot:TD><![CDATA[a<b]]></vot:TD><vot:TD/></vot:TR></vot:TABLEDATA></vot:DATA></vot:TABLE>"
        "</vot:RESOURCE></vot:VOTABLE>",
        "x.xml");
    assert_int_equal(t->nrow, 2);
    assert_string_equal(text(t, "id", 0), "x&y");
    assert_string_equal(text(t, "id", 1), "a<b");
    assert_true(num(t, "f", 0) == 1.5 && isnan(num(t, "f", 1)));
    assert_string_equal(gal_table_column(t, "f")->unit, "mJy");
    assert_string_equal(gal_table_column(t, "f")->comment, "flux");
    assert_string_equal(gal_table_meta(t, "A & B"), "1 < 2");
    gal_table_free(t);
}

static void dustpedia(void **state)
{
    (void)state;
    const char *path = "tests/ref/photometry/dustpedia_z0.dat";
    gal_table *t;
    if (gal_table_read(&t, path) != GAL_OK)
        fail_msg("%s", gal_error_message());
    assert_string_equal(t->col[0].name, "name");
    assert_string_equal(text(t, "name", 0), "NGC3898");
    assert_true(num(t, "redshift", 0) == 0.00386);
    assert_true(num(t, "GALEX.FUV", 0) == 0.00537977803468);
    assert_true(num(t, "GALEX.FUV_err", 0) == 2.99682855102e-4);
    assert_string_equal(text(t, "Herschel.PACS.green_flag", 0), "n");
    assert_true(isnan(num(t, "Spitzer.IRAC.I3", 0)));
    assert_true(num(t, "Herschel.SPIRE.PLW", 0) == 0.867412522553);
    gal_table_free(t);
}

static void round_trip(void **state)
{
    (void)state;
    const double v[4] = {1.0 / 3, 6.02214076e23, NAN, -0.0};
    const char *const s[4] = {"plain", "", "two words", "q\"uote, #hash\nnew"};
    gal_table *t, *u;
    assert_int_equal(gal_table_create(&t, 4), GAL_OK);
    assert_int_equal(gal_table_add_num(t, "value", "mJy", v), GAL_OK);
    assert_int_equal(gal_table_add_text(t, "my text", s), GAL_OK);
    assert_int_equal(gal_table_add_meta(t, "note", "a: {b}, \"c\""), GAL_OK);
    assert_int_equal(gal_table_add_num(t, "value", "", v), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "table has a column 'value' already");
    for (int k = 0; k < 2; k++) {
        const char *path = k ? "build/t_round.csv" : "build/t_round.ecsv";
        assert_int_equal(k ? gal_table_write_csv(t, path) : gal_table_write_ecsv(t, path), GAL_OK);
        gal_status st = gal_table_read(&u, path);
        remove(path);
        if (st != GAL_OK)
            fail_msg("%s", gal_error_message());
        assert_int_equal(u->nrow, 4);
        for (size_t i = 0; i < 4; i++) {
            assert_true(isnan(v[i]) ? isnan(num(u, "value", i)) : num(u, "value", i) == v[i]);
            assert_string_equal(text(u, "my text", i), s[i]);
        }
        assert_string_equal(gal_table_column(u, "value")->unit, "mJy");
        if (!k)
            assert_string_equal(gal_table_meta(u, "note"), "a: {b}, \"c\"");
        gal_table_free(u);
    }
    gal_table_free(t);
}

static void fits(void **state)
{
    (void)state;
    const double v[3] = {1.0 / 3, -2e300, NAN};
    const char *const s[3] = {"plain", "", "two words"};
    const char *path = "build/t_table.fits";
    gal_table *t, *u;
    assert_int_equal(gal_table_create(&t, 3), GAL_OK);
    assert_int_equal(gal_table_add_text(t, "band", s), GAL_OK);
    assert_int_equal(gal_table_add_num(t, "flux", "mJy", v), GAL_OK);
    assert_int_equal(gal_table_add_meta(t, "redshift", "0.25"), GAL_OK);
    assert_int_equal(gal_table_add_meta(t, "distance_Mpc", "20"), GAL_OK);
    for (int again = 0; again < 2; again++) /* the second time over the first file */
        if (gal_table_write_fits(t, path) != GAL_OK)
            fail_msg("%s", gal_error_message());
    gal_status st = gal_table_read(&u, path);
    remove(path);
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
    assert_int_equal(u->nrow, 3);
    assert_int_equal(u->ncol, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_true(isnan(v[i]) ? isnan(num(u, "flux", i)) : num(u, "flux", i) == v[i]);
        assert_string_equal(text(u, "band", i), s[i]);
    }
    assert_string_equal(gal_table_column(u, "flux")->unit, "mJy");
    assert_string_equal(gal_table_meta(u, "redshift"), "0.25");
    assert_string_equal(gal_table_meta(u, "distance_Mpc"), "20");
    gal_table_free(u);
    gal_table_free(t);
}

static void malformed(void **state)
{
    (void)state;
    bad("", "e.txt", GAL_EFORMAT, "e.txt: is empty");
    bad("  \n\n", "e.txt", GAL_EFORMAT, "e.txt: is empty");
    bad("# only\n# words\n", "e.txt", GAL_EFORMAT, "e.txt: only comments, no data");
    bad("a b\n", "e.txt", GAL_EFORMAT, "e.txt: a header, but no data rows");
    bad("a b\n1 2\n3\n", "e.txt", GAL_EFORMAT, "e.txt, line 3: 1 cell, but 2 columns are expected");
    bad("a,b\n1,2,3\n", "e.csv", GAL_EFORMAT, "e.csv, line 2: 3 cells, but 2 columns are expected");
    bad("a a\n1 2\n", "e.txt", GAL_EFORMAT, "e.txt: column 'a' appears twice (1 and 2)");
    bad("a b\n1 \"2\n", "e.txt", GAL_EFORMAT, "e.txt, line 2: a quote is opened but never closed");
    bad("a,b\n1,\"2\"x\n", "e.csv", GAL_EFORMAT, "e.csv, line 2: text follows a closing quote");
    bad("\x1f\x8b\x08", "e.gz", GAL_EFORMAT, "e.gz: is compressed: unpack it with gunzip");
    bad("\x89HDF\r\n\x1a\n", "e.dat", GAL_EFORMAT, "e.dat: is an HDF5 file, not a table");
    bad("a b\n1 2\n", "e.ecsv", GAL_EFORMAT, "e.ecsv: the first line of an ECSV file must be '# %ECSV 1.0'");
#define HEAD "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: float64}\n# - {name: b, datatype: string}\n"
    bad(HEAD "a c\n1 2\n", "e.ecsv", GAL_EFORMAT,
        "e.ecsv, line 6: column 2 is named 'c', but the ECSV header declares 'b'");
    bad(HEAD "a\n1 2\n", "e.ecsv", GAL_EFORMAT, "e.ecsv, line 6: 1 column name, but the ECSV header declares 2");
    bad(HEAD "a b\n1 2 3\n", "e.ecsv", GAL_EFORMAT, "e.ecsv, line 7: 3 cells, but 2 columns are expected");
    bad("# %ECSV 1.0\n# ---\na b\n1 2\n", "e.ecsv", GAL_EFORMAT,
        "e.ecsv: ECSV header has no 'datatype:' list of columns");
    bad("# %ECSV 1.0\n# datatype:\n# - {name: a\na\n1\n", "e.ecsv", GAL_EFORMAT,
        "e.ecsv: ECSV header: '{' is never closed");
    bad("# %ECSV 1.0\n# datatype:\n# - {unit: m}\na\n1\n", "e.ecsv", GAL_EFORMAT, "e.ecsv: ECSV column 1 has no name");
    bad("# %ECSV 1.0\n# delimiter: ';'\n# datatype:\n# - {name: a}\na\n1\n", "e.ecsv", GAL_EFORMAT,
        "e.ecsv: ECSV delimiter ';' is neither a blank nor a comma");
    bad("<html><body></body></html>", "e.xml", GAL_EFORMAT, "e.xml: is XML, but not a VOTable");
    bad("<VOTABLE><TABLE></TABLE></VOTABLE>", "e.xml", GAL_EFORMAT, "e.xml: VOTable without a TABLEDATA element");
#define VOT "<VOTABLE><TABLE><FIELD name='a' datatype='int'/>\n<DATA>"
    bad(VOT "<BINARY2>x</BINARY2>", "e.xml", GAL_EFORMAT, "e.xml, line 2: binary data without STREAM");
    bad(VOT "<TABLEDATA>\n<TR><TD>1</TD><TD>2</TD></TR></TABLEDATA>", "e.xml", GAL_EFORMAT,
        "e.xml, line 3: row of 2 cells, but 1 FIELDs are declared");
    bad(VOT "<TABLEDATA><TR><TD>1</TD></TR>", "e.xml", GAL_EFORMAT,
        "e.xml: TABLEDATA is not closed: the file is cut short");
    bad(VOT "<TABLEDATA><TR><TD>1</TD>", "e.xml", GAL_EFORMAT,
        "e.xml: ends inside the row of line 2: the file is cut short");
    bad("<VOTABLE><FIELD datatype='int'/>", "e.xml", GAL_EFORMAT, "e.xml, line 1: FIELD 1 has no name");
    gal_table *t;
    assert_int_equal(gal_table_parse(&t, "a b\n1 \0002\n", 9, "e.dat"), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "e.dat: holds binary data, not a text table");
    assert_int_equal(gal_table_read(&t, "build/no-such-table"), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "build/no-such-table: no such file");
}

static void needed_columns(void **state)
{
    (void)state;
    gal_table *t = parse("band flux id\nSDSS.g 1 1\nSDSS.r 2o 2\n", "n.txt");
    const gal_column *c;
    assert_int_equal(gal_table_need_num(t, "fluxx", &c), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "n.txt: no column 'fluxx', did you mean 'flux'?");
    assert_int_equal(gal_table_need_num(t, "flux", &c), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "n.txt, line 3: column 'flux': '2o' is not a number");
    assert_int_equal(gal_table_need_text(t, "id", &c), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "n.txt: column 'id' holds numbers, text is expected");
    assert_int_equal(gal_table_need_text(t, "band", &c), GAL_OK);
    gal_table_free(t);
}

static void numbers(void **state)
{
    (void)state;
    double v;
    assert_true(gal_parse_double(" 1d-3 ", &v) && v == 1e-3);
    assert_true(gal_parse_double("1.D5", &v) && v == 1e5);
    assert_true(gal_parse_double("-inf", &v) && v == -INFINITY);
    assert_true(gal_parse_double("+.5", &v) && v == 0.5);
    assert_false(gal_parse_double("0x10", &v));
    assert_false(gal_parse_double("1 2", &v));
    assert_false(gal_parse_double("", &v));
    assert_false(gal_parse_double("d5", &v));
    assert_false(gal_parse_double("1e", &v));
}

/* every truncation of a good file is an error or a table, never a crash; every allocation may fail */
static void truncation_and_memory(void **state)
{
    (void)state;
    const char *const doc[] = {HEAD "a b\n1 \"x y\"\n2 z\n",
                               VOT "<TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></VOTABLE>",
                               "# a b\n1 \"q\"\n2 w\n"};
    gal_table *t;
    for (size_t d = 0; d < 3; d++) {
        size_t n = strlen(doc[d]), live = gal_mem_live();
        for (size_t k = 0; k <= n; k++) {
            if (gal_table_parse(&t, doc[d], k, "cut") == GAL_OK)
                gal_table_free(t);
            assert_int_equal(gal_mem_live(), live);
        }
        for (long k = 0; k < 60; k++) {
            gal_mem_fail_after(k);
            gal_status st = gal_table_parse(&t, doc[d], n, "mem");
            gal_mem_fail_after(-1);
            if (st == GAL_OK)
                gal_table_free(t);
            else
                assert_int_equal(st, GAL_ENOMEM);
            assert_int_equal(gal_mem_live(), live);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii),
        cmocka_unit_test(csv),
        cmocka_unit_test(ecsv),
        cmocka_unit_test(votable),
        cmocka_unit_test(dustpedia),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(fits),
        cmocka_unit_test(malformed),
        cmocka_unit_test(needed_columns),
        cmocka_unit_test(numbers),
        cmocka_unit_test(truncation_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
