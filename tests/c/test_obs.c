/* Observations: both layouts, units, limits, flags, order, round trip, and what malformed data are told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "galua/obs.h"

static void near_rel(double a, double b, double rel)
{
    if (!(fabs(a - b) <= rel * fabs(b)))
        fail_msg("%.16g differs from %.16g", a, b);
}

#define OK(e)                                                                                                          \
    do {                                                                                                               \
        if ((e) != GAL_OK)                                                                                             \
            fail_msg("%s: %s", #e, gal_error_message());                                                               \
    } while (0)

static gal_table *table(const char *text)
{
    gal_table *t;
    OK(gal_table_parse(&t, text, strlen(text), "o.csv"));
    return t;
}

static gal_obs *obs(const char *text)
{
    gal_table *t = table(text);
    gal_obs *o;
    gal_status st = gal_obs_from_table(&o, t, NULL, NULL);
    gal_table_free(t);
    OK(st);
    return o;
}

static size_t band(const gal_obs *o, const char *name)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->filter[i]->name, name) == 0)
            return i;
    fail_msg("no band %s", name);
    return 0;
}

static void long_layout(void **state)
{
    (void)state;
    gal_obs *o = obs("# name: A 1\n# redshift: 0.5\n# distance_Mpc: 20\n# citation: Someone 2020\n"
                     "band,flux[Jy],err[mJy],limit[uJy],flag,note\n"
                     "SDSS.r,2e-3,0.1,,,\n"
                     "2mass.h,3e-3,0.2,,ignored,poor\n"
                     "SDSS.g,1e-3,0.1,,detection,first\n"
                     "WISE.W4,,,600,,\n"
                     "WISE.W3,5e-4,0.25,,limit,\n");
    const char *const order[] = {"SDSS.g", "SDSS.r", "2MASS.H", "WISE.W3", "WISE.W4"};
    assert_int_equal(o->n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(o->filter[i]->name, order[i]);
    near_rel(o->flux[0], 1, 1e-15);
    near_rel(o->err[0], 0.1, 1e-15);
    assert_string_equal(o->note[0], "first");
    assert_int_equal(o->kind[2], GAL_OBS_IGNORED);
    assert_string_equal(o->note[2], "poor");
    assert_int_equal(o->kind[3], GAL_OBS_LIMIT);
    near_rel(o->flux[3], 0.5, 1e-15);
    near_rel(o->err[3], 0.25, 1e-15);
    assert_int_equal(o->kind[4], GAL_OBS_LIMIT);
    near_rel(o->flux[4], 0.6, 1e-14);
    near_rel(o->err[4], 0.2, 1e-14); /* a 3-sigma limit */
    assert_int_equal(gal_obs_count(o, GAL_OBS_DETECTION), 2);
    assert_string_equal(o->name, "A 1");
    assert_string_equal(o->citation, "Someone 2020");
    assert_string_equal(o->path, "o.csv");
    assert_true(o->redshift == 0.5 && o->distance_mpc == 20);
    gal_obs_free(o);
    o = obs("# flux_unit: uJy\n# limit_sigma: 5\nband,flux,err,limit\nSDSS.r,7,1,\nSDSS.g,,,10\n");
    near_rel(o->flux[1], 7e-3, 1e-14);
    near_rel(o->err[0], 2e-3, 1e-14);
    assert_true(isnan(o->redshift) && isnan(o->distance_mpc));
    gal_obs_free(o);
}

static void round_trip(void **state)
{
    (void)state;
    const char *path = "build/t_obs.ecsv";
    gal_obs *o = obs("# name: B\n# redshift: "
                     "1.5\nband,flux[mJy],err[mJy],limit[mJy],flag,note\nSDSS.r,0.3333333333333333,0.1,,,\n"
                     "SDSS.g,-0.1,0.2,,,\"negative, and fine\"\nSDSS.z,,,3,,\nSDSS.i,,,,ignored,\n"),
            *p;
    OK(gal_obs_write(o, path));
    OK(gal_obs_read(&p, path));
    remove(path);
    assert_int_equal(p->n, o->n);
    for (size_t i = 0; i < o->n; i++) {
        assert_true(p->filter[i] == o->filter[i] && p->kind[i] == o->kind[i]);
        assert_string_equal(p->note[i], o->note[i]);
        if (o->kind[i] != GAL_OBS_IGNORED)
            assert_true(p->flux[i] == o->flux[i] && p->err[i] == o->err[i]);
    }
    gal_hash a = gal_obs_hash(o), b = gal_obs_hash(p);
    assert_true(a.lo == b.lo && a.hi == b.hi);
    p->flux[0] *= 1 + 1e-15;
    b = gal_obs_hash(p);
    assert_true(a.lo != b.lo);
    gal_obs_free(o);
    gal_obs_free(p);
}

/* the measured galaxy that comes with the program */
static void ngc3898(void **state)
{
    (void)state;
    gal_obs *o;
    OK(gal_obs_read(&o, "data/photometry/ngc3898.ecsv"));
    assert_string_equal(o->name, "NGC 3898");
    assert_true(o->redshift == 0.00386);
    assert_int_equal(o->n, 21);
    assert_int_equal(gal_obs_count(o, GAL_OBS_DETECTION), 17);
    assert_int_equal(gal_obs_count(o, GAL_OBS_IGNORED), 4);
    near_rel(o->flux[0], 5.37977803468, 1e-14);
    assert_string_equal(o->filter[20]->name, "Herschel.SPIRE.PLW");
    near_rel(o->flux[20], 867.412522553, 1e-14);
    assert_string_equal(o->note[band(o, "Herschel.PACS.green")], "flag n in the catalogue");
    for (size_t i = 1; i < o->n; i++)
        assert_true(o->filter[i]->pivot > o->filter[i - 1]->pivot);
    /* the wide catalogue it was taken from */
    gal_table *t;
    gal_obs *w;
    gal_obs_layout l;
    gal_obs_layout_defaults(&l);
    OK(gal_table_read(&t, "tests/ref/photometry/dustpedia_z0.dat"));
    assert_int_equal(gal_obs_from_row(&w, t, 0, &l), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "column 'GALEX.FUV' has no unit"));
    l.unit = "Jy";
    OK(gal_obs_from_row(&w, t, 0, &l));
    assert_int_equal(w->n, o->n);
    for (size_t i = 0; i < w->n; i++) {
        assert_true(w->filter[i] == o->filter[i] && w->kind[i] == o->kind[i]);
        near_rel(w->flux[i], o->flux[i], 1e-15);
        near_rel(w->err[i], o->err[i], 1e-15);
    }
    gal_obs_free(w);
    gal_table_free(t);
    gal_obs_free(o);
}

static void wide_layout(void **state)
{
    (void)state;
    gal_table *t = table(
        "id,z,SDSS.g[uJy],SDSS.g_err,SDSS.r[uJy],SDSS.r_err,SDSS.r_flag,SDSS.i[uJy],SDSS.i_err,SDSS.i_limit,m,m_err\n"
        "12,0.3,10,1,20,2,b,,,9,5,1\n"
        "13,0.4,10,-1,20,2,limit,30,3,,5,1\n");
    const char *const skip[] = {"m"};
    gal_obs_layout l;
    gal_obs *o;
    gal_obs_layout_defaults(&l);
    l.skip = skip;
    l.nskip = 1;
    OK(gal_obs_from_row(&o, t, 0, &l));
    assert_string_equal(o->name, "12");
    assert_true(o->redshift == 0.3);
    assert_int_equal(o->n, 3);
    near_rel(o->flux[0], 0.01, 1e-14);
    assert_int_equal(o->kind[1], GAL_OBS_IGNORED);
    assert_string_equal(o->note[1], "flag 'b' of the catalogue");
    assert_int_equal(o->kind[2], GAL_OBS_LIMIT);
    near_rel(o->flux[2], 9e-3, 1e-14);
    near_rel(o->err[2], 3e-3, 1e-14);
    gal_obs_free(o);
    assert_int_equal(gal_obs_from_row(&o, t, 1, &l), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "o.csv, line 3, source '13': band 'SDSS.g': err -1 is negative; if that marks limits "
                        "here, say negative_err_is_limit");
    l.negative_err_is_limit = true;
    OK(gal_obs_from_row(&o, t, 1, &l));
    assert_int_equal(o->kind[0], GAL_OBS_LIMIT);
    near_rel(o->err[0], 1e-3, 1e-14);
    assert_int_equal(o->kind[1], GAL_OBS_LIMIT);
    assert_int_equal(o->kind[2], GAL_OBS_DETECTION);
    gal_obs_free(o);
    l.nskip = 0;
    assert_int_equal(gal_obs_from_row(&o, t, 0, &l), GAL_EFORMAT);
    assert_string_equal(gal_error_message(),
                        "o.csv: column 'm' has no unit: name the column m[mJy], or add the line '# flux_unit: mJy' "
                        "(Jy, uJy, erg/s/cm2/Hz, erg/s/cm2/A, mag(AB) ...)");
    l.unit = "mJy";
    assert_int_equal(gal_obs_from_row(&o, t, 0, &l), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(),
                        "o.csv, line 2, source '12': unknown filter 'm' (a file is named with its folder or suffix)");
    const char *const bands[] = {"SDSS.g", "SDSS.u"};
    l.bands = bands;
    l.nband = 2;
    assert_int_equal(gal_obs_from_row(&o, t, 0, &l), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "o.csv: no column 'SDSS.u', did you mean 'SDSS.g'?");
    assert_int_equal(gal_obs_from_row(&o, t, 5, &l), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "o.csv: row 6 asked for, the table has 2");
    gal_table_free(t);
}

static void bad(const char *text, gal_status code, const char *message)
{
    gal_table *t = table(text);
    gal_obs *o;
    gal_status st = gal_obs_from_table(&o, t, NULL, NULL);
    gal_table_free(t);
    if (st == GAL_OK)
        fail_msg("accepted, but '%s' was expected", message);
    assert_string_equal(gal_error_message(), message);
    assert_int_equal(st, code);
    assert_null(o);
}

#define H "band,flux[mJy],err[mJy],limit[mJy],flag\n"
static void malformed(void **state)
{
    (void)state;
    bad(H "SDSS.q,1,1,,\n", GAL_ENOTFOUND, "o.csv, line 2: unknown filter 'SDSS.q': SDSS has g i r u z");
    bad(H "SDSS.g,1,1,,\nSDDS.r,1,1,,\n", GAL_ENOTFOUND,
        "o.csv, line 3: unknown filter 'SDDS.r', did you mean 'SDSS.r', 'DES.r', 'SDSS.g'? (a file is named with its "
        "folder or suffix)");
    bad(H "SDSS,1,1,,\n", GAL_EINVAL, "o.csv, line 2: 'SDSS' stands for 5 filters, a band is one: 'SDSS.u', ...");
    bad(H "my/own.dat,1,1,,\n", GAL_ENOTFOUND, "o.csv, line 2: my/own.dat: no such filter file");
    bad(H "SDSS.g,nan,1,,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': flux is missing (NaN); give a number, a limit, or flag the band 'ignored'");
    bad(H "SDSS.g,inf,1,,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': flux is infinite; give a number, a limit, or flag the band 'ignored'");
    bad(H "SDSS.g,1,0,,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': err 0 mJy must be positive; give the measured error, or flag the band "
        "'ignored'");
    bad(H "SDSS.g,1,-0.5,,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': err -0.5 mJy must be positive; give the measured error, or flag the band "
        "'ignored'");
    bad(H "SDSS.g,1,,,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': err is missing (NaN); a detection needs its 1-sigma error");
    bad(H "SDSS.g,1,1,,\nSDSS.r,1,1,,\nsdss.G,1,1,,\n", GAL_EINVAL,
        "o.csv, line 4: band 'SDSS.g' appears twice with the same flux and err: leave one out");
    bad(H "SDSS.g,,,-3,\n", GAL_EINVAL, "o.csv, line 2: band 'SDSS.g': limit -3 mJy must be a positive number");
    bad(H "SDSS.g,,-1,3,\n", GAL_EINVAL, "o.csv, line 2: band 'SDSS.g': err -1 mJy of the limit must be positive");
    bad(H "SDSS.g,1,1,3,\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': flux and limit are both given; leave one empty or set the flag");
    bad(H "SDSS.g,1,1,,maybe\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': flag 'maybe' is none of detection, limit, ignored: say what it means, flags = { "
        "['maybe'] = 'limit' }, or other_flag = 'ignored'");
    bad(H "SDSS.g,1,1,,1\n", GAL_EINVAL,
        "o.csv, line 2: band 'SDSS.g': flag '1' is none of detection, limit, ignored: say what it means, flags = { "
        "['1'] = "
        "'limit' }, or other_flag = 'ignored'");
    bad(H "SDSS.g,1,1,,ignored\n", GAL_EINVAL, "o.csv: no band is left: all are ignored");
    bad(H ",1,1,,\nSDSS.g,1,1,,\n", GAL_EINVAL, "o.csv, line 2: the band has no name");
    bad(H "SDSS.g,1x,1,,\n", GAL_EFORMAT, "o.csv, line 2: column 'flux': '1x' is not a number");
    bad("band,flux,err\nSDSS.g,1,1\n", GAL_EFORMAT,
        "o.csv: column 'flux' has no unit: name the column flux[mJy], or add the line '# flux_unit: mJy' (Jy, uJy, "
        "erg/s/cm2/Hz, erg/s/cm2/A, mag(AB) ...)");
    bad("band,flux[mjy],err\nSDSS.g,1,1\n", GAL_EINVAL,
        "o.csv: column 'flux': unknown unit 'mjy', did you mean 'mJy'?");
    bad("band,flux[um],err\nSDSS.g,1,1\n", GAL_EINVAL,
        "o.csv: column 'flux': unit 'um' (length) does not convert to 'mJy' (flux density)");
    bad("band,flux[mag],err\nSDSS.g,1,1\n", GAL_EINVAL,
        "o.csv: column 'flux': unit 'mag' does not say its zero point: write mag(AB) (Vega magnitudes are converted "
        "before)");
    bad("bands,flux[mJy],err\nSDSS.g,1,1\n", GAL_ENOTFOUND, "o.csv: no column 'band', did you mean 'bands'?");
    bad("band,flux[mJy],eror\nSDSS.g,1,1\n", GAL_ENOTFOUND, "o.csv: no column 'err', did you mean 'eror'?");
    bad("band,flux[mJy],err\n1,1,1\n", GAL_EFORMAT, "o.csv: column 'band' holds numbers, text is expected");
    bad("# redshift: high\n" H "SDSS.g,1,1,,\n", GAL_EFORMAT, "o.csv: redshift 'high' is not a number");
    bad("# redshift: -2\n" H "SDSS.g,1,1,,\n", GAL_EINVAL,
        "o.csv: observation: redshift -2 is not a redshift (-0.01 .. 1e4)");
    bad("# distance_Mpc: 0\n" H "SDSS.g,1,1,,\n", GAL_EINVAL, "o.csv: distance 0 Mpc must be positive");
    bad("# limit_sigma: -1\n" H "SDSS.g,1,1,,\n", GAL_EINVAL, "o.csv: limit_sigma -1 must be positive");
    gal_obs *o;
    assert_int_equal(gal_obs_read(&o, "build/none.ecsv"), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "build/none.ecsv: no such file");
}

/* a band may be a curve that lies beside the table */
static void band_from_file(void **state)
{
    (void)state;
    const char *curve = "1000 1\n2000 1\n", *data = "band,flux[mJy],err\nt_box.dat,1,0.1\n";
    gal_obs *o;
    OK(gal_write_file("build/t_box.dat", curve, strlen(curve)));
    OK(gal_write_file("build/t_own.csv", data, strlen(data)));
    gal_status st = gal_obs_read(&o, "build/t_own.csv");
    remove("build/t_box.dat");
    remove("build/t_own.csv");
    OK(st);
    assert_string_equal(o->filter[0]->name, "t_box");
    near_rel(o->filter[0]->mean, 1500, 1e-14);
    gal_obs_free(o);
}

static void out_of_memory(void **state)
{
    (void)state;
    gal_table *t = table("# name: A\n" H "SDSS.g,1,1,,\nSDSS.r,,,3,\n");
    gal_obs *o;
    OK(gal_obs_from_table(&o, t, NULL, NULL)); /* loads the filters */
    gal_obs_free(o);
    size_t live = gal_mem_live();
    bool finished = false;
    for (long k = 0; k < 200 && !finished; k++) {
        gal_mem_fail_after(k);
        gal_status st = gal_obs_from_table(&o, t, NULL, NULL);
        gal_mem_fail_after(-1);
        finished = st == GAL_OK;
        if (finished)
            gal_obs_free(o);
        else
            assert_int_equal(st, GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), live);
    }
    assert_true(finished);
    gal_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_layout),   cmocka_unit_test(round_trip), cmocka_unit_test(ngc3898),
        cmocka_unit_test(wide_layout),   cmocka_unit_test(malformed),  cmocka_unit_test(band_from_file),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
