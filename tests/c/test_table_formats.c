/* What each format says of missing, masked, units and arrays: VOTable (null values, BINARY, BINARY2), ECSV (masks, lists), IPAC, and the
 * machine-readable tables of journals. */
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

static void bad(const char *text, const char *path, const char *message)
{
    gal_table *t;
    size_t live = gal_mem_live();
    gal_status st = gal_table_parse(&t, text, strlen(text), path);
    assert_string_equal(st == GAL_OK ? "" : gal_error_message(), message);
    assert_int_equal(gal_mem_live(), live);
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

static void unusable(const gal_table *t, const char *name, const char *why)
{
    const gal_column *c;
    char want[200];
    snprintf(want, sizeof want, "%s: column '%s' %s", t->path, name, why);
    assert_int_equal(gal_table_need_num(t, name, &c), GAL_EUNSUP);
    assert_string_equal(gal_error_message(), want);
}

#define FIELDS                                                                                                         \
    "<VOTABLE><RESOURCE><TABLE><FIELD name='id' datatype='long'/><FIELD name='f' datatype='float' unit='mJy'/>"        \
    "<FIELD name='k' datatype='int'><VALUES null='-99'/></FIELD><FIELD name='b' datatype='%s'/>"                       \
    "<FIELD name='s' arraysize='%s' datatype='%s'/><FIELD name='v' arraysize='2' datatype='double'/>"                  \
    "<FIELD name='z' datatype='floatComplex'/><DATA>"
#define END "</DATA></TABLE></RESOURCE></VOTABLE>"

static void check_votable(const gal_table *t)
{
    is(t, "id", 0, "1237648720693755918");
    is(t, "id", 1, "7");
    is(t, "f", 0, "1.5");
    is(t, "f", 1, "");
    is(t, "k", 0, "5");
    is(t, "k", 1, "");
    is(t, "s", 0, "00123");
    is(t, "s", 1, "x");
    assert_true(col(t, "b")->num[0] == 1 && col(t, "b")->num[1] == 0);
    assert_true(col(t, "v_2")->num[0] == 2 && col(t, "v_1")->num[1] == 3);
    assert_string_equal(col(t, "f")->unit, "mJy");
    unusable(t, "z", "holds complex numbers");
}

/* the streams hold the same table, as the standard says; a lone bit stands where astropy puts it */
static void votable(void **state)
{
    (void)state;
    char text[2000];
    gal_log_set_level(GAL_LOG_OFF);
    snprintf(text, sizeof text,
             FIELDS
             "<TABLEDATA><TR><TD>1237648720693755918</TD><TD>1.5</TD><TD>5</TD><TD>T</TD><TD>00123</TD><TD>1 "
             "2</TD><TD>0 0</TD></TR>"
             "<TR><TD>7</TD><TD/><TD>-99</TD><TD>false</TD><TD>x</TD><TD>3 4</TD><TD>0 0</TD></TR></TABLEDATA>" END,
             "boolean", "*", "char");
    gal_table *t = parse(text, "v.xml");
    check_votable(t);
    assert_int_equal(col(t, "b")->type, GAL_COLUMN_BOOLEAN);
    gal_table_free(t);
    static const char *const kind[2] = {"BINARY2", "BINARY"};
    /* id, f, k, b (bit), s (5 UCS-2), v, z; BINARY2 has a byte of null flags before each row: f of row 2 */
    static const char *const stream[2] = {
        "ABEtAvRBqwAOP8AAAAAAAAUIADAAMAAxADIAMz/wAAAAAAAAQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAB0R5wAD///\n"
        "+dAAB4AAAAAAAAAABACAAAAAAAAEAQAAAAAAAAAAAAAAAAAAA=",
        "ES0C9EGrAA4/wAAAAAAABQgAMAAwADEAMgAzP/AAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAd/wAAA////nQ\n"
        "AAeAAAAAAAAAAAQAgAAAAAAABAEAAAAAAAAAAAAAAAAAAA"};
    for (int i = 0; i < 2; i++) {
        char doc[3000];
        snprintf(text, sizeof text, FIELDS, "bit", "5", "unicodeChar");
        snprintf(doc, sizeof doc, "%s<%s><STREAM encoding='base64'>%s</STREAM></%s>" END, text, kind[i], stream[i],
                 kind[i]);
        t = parse(doc, "v.xml");
        assert_int_equal(t->nrow, 2);
        check_votable(t);
        gal_table_free(t);
        snprintf(doc, sizeof doc, "%s<%s><STREAM encoding='base64'>%.40s</STREAM></%s>" END, text, kind[i], stream[i],
                 kind[i]);
        bad(doc, "v.xml", "v.xml: the binary stream is cut short in row 1");
        snprintf(doc, sizeof doc, "%s<%s><STREAM encoding='base64'>A~</STREAM></%s>" END, text, kind[i], kind[i]);
        bad(doc, "v.xml", "v.xml: the binary stream is not base64");
        snprintf(doc, sizeof doc, "%s<%s><STREAM href='x.bin'/></%s>" END, text, kind[i], kind[i]);
        bad(doc, "v.xml", "v.xml, line 1: STREAM is not base64 in the file: save the table with TABLEDATA instead");
    }
    t = parse("<VOTABLE><FIELD name='n' datatype='char' arraysize='*'/><FIELD name='f' unit='&#956;Jy' "
              "datatype='double'/><DATA>"
              "<TABLEDATA><TR><TD>&#x53;&#68;SS &amp;#83; &#8491;&#x1F30C;</TD><TD>&#49;.5</TD></TR>"
              "<TR><TD>&#0; &#xd800; &#; &#x; &#9 &#1114112;</TD><TD>2</TD></TR></TABLEDATA>" END,
              "v.xml");
    is(t, "n", 0, "SDSS &#83; \xe2\x84\xab\xf0\x9f\x8c\x8c"); /* what an entity gives is not read again */
    is(t, "n", 1, "&#0; &#xd800; &#; &#x; &#9 &#1114112;");   /* none of these is a character */
    is(t, "f", 0, "1.5");
    assert_string_equal(col(t, "f")->unit, "\xce\xbcJy");
    gal_table_free(t);
    bad("<VOTABLE><FIELD name='a' arraysize='0' datatype='char'/><DATA><BINARY><STREAM "
        "encoding='base64'>AAAA</STREAM></BINARY></DATA></VOTABLE>",
        "v.xml", "v.xml: the rows of the binary stream are empty");
    gal_log_set_level(GAL_LOG_WARN);
}

/* lists in cells, masks and units that only __serialized_columns__ names */
static void ecsv(void **state)
{
    (void)state;
    gal_log_set_level(GAL_LOG_OFF);
    gal_table *t = parse(
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: flux, datatype: float64}\n# - {name: hide, datatype: bool}\n"
        "# - {name: ap, datatype: string, subtype: 'float64[2]'}\n# - {name: pz, datatype: string, subtype: "
        "'int64[null]'}\n"
        "# - {name: o, datatype: string, subtype: json}\n# - {name: c, datatype: complex128}\n# meta: !!omap\n"
        "# - __serialized_columns__:\n#     flux:\n#       __class__: astropy.units.quantity.Quantity\n"
        "#       unit: !astropy.units.Unit {unit: uJy}\n#       value: !astropy.table.SerializedColumn\n"
        "#         __class__: astropy.utils.masked.core.MaskedNDArray\n"
        "#         data: !astropy.table.SerializedColumn {name: flux}\n"
        "#         mask: !astropy.table.SerializedColumn {name: hide}\n# - {redshift: 0.5}\n# schema: astropy-2.0\n"
        "flux hide ap pz o c\n1 False [1.5,null] [1] {} (1+2j)\n2 True [3,4] [1,2] {} 2j\n",
        "s.ecsv");
    double x;
    assert_int_equal(gal_table_cell(col(t, "flux"), 0, &x), GAL_CELL_NUMBER);
    assert_int_equal(gal_table_cell(col(t, "flux"), 1, &x), GAL_CELL_MASKED);
    assert_string_equal(col(t, "flux")->unit, "uJy");
    assert_null(gal_table_column(t, "hide"));
    assert_true(col(t, "ap_1")->num[0] == 1.5 && isnan(col(t, "ap_2")->num[0]) && col(t, "ap_2")->num[1] == 4);
    unusable(t, "pz", "holds arrays of variable length");
    unusable(t, "o", "holds objects");
    unusable(t, "c", "holds complex numbers");
    assert_string_equal(gal_table_meta(t, "redshift"), "0.5");
    gal_table_free(t);
    t = parse("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: wave, unit: nm, datatype: string, subtype: 'float64[3]'}\n"
              "# - {name: flux, datatype: string, subtype: 'float64[null]'}\nwave flux\n[1,2,3] [4,5,6]\n",
              "s.ecsv");
    gal_table *u;
    assert_int_equal(gal_table_unroll(&u, t), GAL_OK);
    assert_true(u->nrow == 3 && col(u, "flux")->num[2] == 6);
    assert_string_equal(col(u, "wave")->unit, "nm");
    gal_table_free(u);
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

static const char IPAC[] =
    "\\name = 'Messier 31'\n\\float redshift = 0.01\n\\ a comment\n"
    "|   objid             | flux    | name      |n |\n|   long              | double  | char      |i |\n"
    "|                     | mJy     |           |  |\n|   null              | -99.9   | null      |  |\n"
    " 1237648720693755918   1.5       00123 a     1\n 1237648720693755919   -99.90    null       -2\n null             "
    "     2\n";

static void ipac(void **state)
{
    (void)state;
    gal_table *t = parse(IPAC, "t.tbl");
    assert_int_equal(t->ncol, 4);
    assert_int_equal(t->nrow, 3);
    is(t, "objid", 1, "1237648720693755919");
    is(t, "objid", 2, "");
    is(t, "flux", 0, "1.5");
    is(t, "flux", 1, "");
    is(t, "name", 0, "00123 a");
    is(t, "name", 1, "");
    is(t, "n", 1, "-2");
    is(t, "n", 2, "");
    assert_string_equal(col(t, "flux")->unit, "mJy");
    assert_string_equal(gal_table_meta(t, "name"), "Messier 31");
    assert_string_equal(gal_table_meta(t, "redshift"), "0.01");
    char place[64];
    gal_table_place(t, 2, place, sizeof place);
    assert_string_equal(place, "t.tbl, line 10");
    gal_table_free(t);
    bad("|a|b|\n|int|\n 1 2\n", "t.tbl", "t.tbl, line 2: 1 cells between bars, but 2 columns are named");
    bad("|a|b|\n", "t.tbl", "t.tbl: a header, but no data rows");
    gal_log_set_level(GAL_LOG_OFF);
    t = parse("|a|b   |\n|r|r   |\n 1 2x\n", "t.tbl");
    const gal_column *c;
    assert_int_equal(gal_table_need_num(t, "b", &c), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "t.tbl, line 3: column 'b': '2x' is not a number");
    gal_table_free(t);
    gal_log_set_level(GAL_LOG_WARN);
}

#define RULE "--------------------------------------------------------------------------------\n"
static const char MRT[] =
    "Title: A table\nAuthors: Nobody\n"
    "================================================================================\n"
    "Byte-by-byte Description of file: t.mrt\n" RULE "   Bytes Format Units   Label    Explanations\n" RULE
    "   1- 20 I20    ---     ID       Identifier\n"
    "  22- 27 F6.2   mJy     Flux     [-5/90]?=-99.9 Flux density,\n"
    "                                 of the source (1)\n"
    "  28- 33 F6.2   mJy   e_Flux     ? Error\n"
    "      35 A1     ---     q        Quality\n" RULE "Note (1): 3 of them.\n" RULE
    " 1237648720693755918   1.50  0.10 a\n 1237648720693755919 -99.9        b\n                   3   2.00  0.20\n";

static void mrt(void **state)
{
    (void)state;
    gal_table *t = parse(MRT, "t.mrt");
    assert_int_equal(t->ncol, 4);
    assert_int_equal(t->nrow, 3);
    is(t, "ID", 1, "1237648720693755919");
    is(t, "Flux", 0, "1.5");
    is(t, "Flux", 1, "");
    is(t, "e_Flux", 1, "");
    is(t, "e_Flux", 2, "0.2");
    is(t, "q", 1, "b");
    is(t, "q", 2, "");
    assert_string_equal(col(t, "Flux")->unit, "mJy");
    assert_string_equal(col(t, "ID")->unit, "");
    assert_string_equal(col(t, "Flux")->comment, "[-5/90]?=-99.9 Flux density,");
    gal_table_free(t);
    bad("Byte-by-byte Description of file: a\n" RULE "  1- 2 I2 --- a x\n" RULE "1\n", "t.mrt",
        "t.mrt, line 1: the byte-by-byte description is not whole");
    bad("Byte-by-byte Description of file: a\n" RULE "x\n" RULE "  9- 2 I2 --- a x\n" RULE "1\n", "t.mrt",
        "t.mrt, line 5: bytes 9 to 2");
}

/* VizieR: units and dashes below the names; semicolons; SExtractor: a comment per column */
static void ascii(void **state)
{
    (void)state;
    gal_table *t =
        parse("#RESOURCE=J/A+A/1\n#\nID\tFlux\te_Flux\tNote\n \tmJy\tmJy\t \n----\t-----\t---\t-\n007\t 1.5\t0.1\tx\n"
              "008\t     \t0.2\t \n",
              "asu.tsv");
    assert_int_equal(t->nrow, 2);
    is(t, "ID", 0, "007");
    is(t, "Flux", 0, "1.5");
    is(t, "Flux", 1, "");
    assert_string_equal(col(t, "Flux")->unit, "mJy");
    assert_string_equal(col(t, "ID")->unit, "");
    gal_table_free(t);
    t = parse("id;flux[mJy];note\n1;2.5;a,b\n2;;c\n", "x.csv");
    is(t, "flux", 0, "2.5");
    is(t, "note", 0, "a,b");
    is(t, "flux", 1, "");
    gal_table_free(t);
    t = parse("a b\n- -\n1 2\n", "rule.txt"); /* dashes alone */
    assert_int_equal(t->nrow, 1);
    gal_table_free(t);
    t = parse("a b\nx --\n1 2\n", "rule.txt"); /* no rule: a missing value */
    assert_int_equal(t->nrow, 2);
    gal_table_free(t);
    t = parse(
        "#   1 NUMBER          Running object number\n#   2 FLUX_APER       Flux vector within apertures  [count]\n"
        "#   4 FLUX_BEST       Best of them                  [mJy]\n 1 1.5 2.5 7\n 2 3.5 4.5 8\n",
        "s.cat");
    is(t, "NUMBER", 1, "2");
    is(t, "FLUX_APER", 0, "1.5");
    is(t, "FLUX_APER_2", 0, "2.5");
    is(t, "FLUX_BEST", 1, "8");
    assert_string_equal(col(t, "FLUX_BEST")->unit, "mJy");
    assert_string_equal(col(t, "FLUX_APER_2")->unit, "count");
    gal_table_free(t);
}

/* every truncation is a table or an error, every allocation may fail */
static void damaged(void **state)
{
    (void)state;
    const char *const doc[2] = {IPAC, MRT};
    gal_table *t;
    gal_log_set_level(GAL_LOG_OFF);
    for (size_t d = 0; d < 2; d++) {
        size_t n = strlen(doc[d]), live = gal_mem_live();
        for (size_t k = 0; k <= n; k++) {
            if (gal_table_parse(&t, doc[d], k, "cut") == GAL_OK)
                gal_table_free(t);
            assert_int_equal(gal_mem_live(), live);
        }
        for (long k = 0; k < 80; k++) {
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
    gal_log_set_level(GAL_LOG_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votable), cmocka_unit_test(ascii), cmocka_unit_test(ecsv),
        cmocka_unit_test(ipac),    cmocka_unit_test(mrt),   cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
