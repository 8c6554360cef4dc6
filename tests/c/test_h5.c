/* The HDF5 layer: what is written is read back, files are replaced in one step, messages say what and where. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/h5.h"

#define SCRATCH "h5"
#include "scratch.h"

static gal_h5 *created(const char *name)
{
    gal_h5 *h;
    OK(gal_h5_create(&h, at(name)));
    return h;
}

static void numbers_come_back(void **state)
{
    (void)state;
    double x[24], y[24];
    float f[24];
    int64_t k[3] = {INT64_MIN, 0, INT64_MAX}, k2[3];
    int8_t b[2] = {1, -1};
    for (int i = 0; i < 24; i++)
        x[i] = 1. / (i + 1);
    x[3] = NAN;
    x[4] = -0.;
    gal_h5 *h = created("num.h5");
    const size_t shape[3] = {2, 3, 4}, three = 3, two = 2;
    OK(gal_h5_write(h, "a/b/x", GAL_H5_F64, 3, shape, x, NULL));
    OK(gal_h5_write(h, "a/z", GAL_H5_F64, 3, shape, x,
                    &(gal_h5_opt){.gzip = 4, .units = "Lsun", .about = "some numbers", .chunk = (size_t[]){1, 3, 4}}));
    OK(gal_h5_write(h, "k", GAL_H5_I64, 1, &three, k, NULL));
    OK(gal_h5_write(h, "flag", GAL_H5_I8, 1, &two, b, NULL));
    OK(gal_h5_write(h, "one", GAL_H5_F64, 0, NULL, &x[1], NULL));
    OK(gal_h5_write(h, "k", GAL_H5_I64, 1, &three, k, NULL)); /* same type and shape: overwritten */
    FAILS(gal_h5_write(h, "k", GAL_H5_I64, 1, &two, k, NULL), GAL_EFORMAT,
          "num.h5: dataset 'k': shape is 3, expected 2");
    OK(gal_h5_close(h));

    OK(gal_h5_open(&h, at("num.h5")));
    OK(gal_h5_read(h, "a/b/x", GAL_H5_F64, 3, shape, y));
    assert_memory_equal(x, y, sizeof x); /* NaN and -0 included */
    size_t any[3] = {0, 3, 0};
    void *p;
    OK(gal_h5_read_alloc(h, "/a/z", GAL_H5_F64, 3, any, &p));
    assert_memory_equal(x, p, sizeof x);
    assert_true(any[0] == 2 && any[2] == 4);
    gal_free(p);
    OK(gal_h5_read(h, "a/z", GAL_H5_F32, 3, shape, f));
    assert_true(f[2] == (float)x[2]);
    OK(gal_h5_read(h, "k", GAL_H5_I64, 1, &three, k2));
    assert_memory_equal(k, k2, sizeof k);
    OK(gal_h5_read(h, "flag", GAL_H5_F64, 1, &two, y)); /* integers may be read as numbers */
    assert_true(y[0] == 1 && y[1] == -1);
    OK(gal_h5_read(h, "one", GAL_H5_F64, 0, NULL, y));
    assert_true(y[0] == 0.5);
    gal_h5_info info;
    OK(gal_h5_describe(h, "a/b/x", &info));
    assert_true(info.type == GAL_H5_F64 && info.rank == 3 && info.dims[1] == 3 && !info.extendible);
    OK(gal_h5_describe(h, "a/b", &info));
    assert_int_equal(info.type, GAL_H5_GROUP);
    char *text;
    OK(gal_h5_attr_get_string(h, "a/z", "units", &text));
    assert_string_equal(text, "Lsun");
    gal_free(text);

    FAILS(gal_h5_read(h, "k", GAL_H5_I64, 1, &two, k2), GAL_EFORMAT, "num.h5: dataset 'k': shape is 3, expected 2");
    FAILS(gal_h5_read(h, "a/z", GAL_H5_I64, 3, shape, k2), GAL_EFORMAT,
          "num.h5: dataset 'a/z': holds float64, expected int64");
    any[0] = 5, any[1] = 0, any[2] = 0;
    FAILS(gal_h5_read_alloc(h, "a/z", GAL_H5_F64, 3, any, &p), GAL_EFORMAT,
          "num.h5: dataset 'a/z': shape is 2 x 3 x 4, expected 5 x N x N");
    any[0] = 0;
    FAILS(gal_h5_read_alloc(h, "one", GAL_H5_F64, 1, any, &p), GAL_EFORMAT,
          "num.h5: dataset 'one': shape is a scalar, expected N");
    FAILS(gal_h5_read(h, "a/b/spectrum", GAL_H5_F64, 0, NULL, y), GAL_ENOTFOUND, "num.h5: no dataset 'a/b/spectrum'");
    FAILS(gal_h5_read(h, "flags", GAL_H5_F64, 0, NULL, y), GAL_ENOTFOUND,
          "num.h5: no dataset 'flags', did you mean 'flag'?");
    FAILS(gal_h5_read(h, "a", GAL_H5_F64, 0, NULL, y), GAL_EFORMAT,
          "num.h5: 'a' is not a readable dataset (HDF5: not a dataset)");
    FAILS(gal_h5_check_finite(h, "a/b/x", x, 24), GAL_EFORMAT, "num.h5: dataset 'a/b/x': value 4 (1, 1, 4) is NaN");
    OK(gal_h5_check_finite(h, "a/b/x", x, 3));
    assert_int_equal(gal_h5_write(h, "new", GAL_H5_F64, 0, NULL, y, NULL), GAL_EIO); /* opened for reading */
    OK(gal_h5_close(h));
    assert_int_equal(gal_mem_live(), 0);
}

static void rows_grow(void **state)
{
    (void)state;
    double x[20], y[20];
    for (int i = 0; i < 20; i++)
        x[i] = i;
    gal_h5 *h = created("rows.h5");
    OK(gal_h5_write(h, "chain", GAL_H5_F64, 2, (size_t[]){0, 4}, NULL, &(gal_h5_opt){.extendible = true, .gzip = 1}));
    OK(gal_h5_append(h, "chain", GAL_H5_F64, 2, x));
    OK(gal_h5_append(h, "chain", GAL_H5_F64, 0, NULL));
    OK(gal_h5_append(h, "chain", GAL_H5_F64, 3, x + 8));
    OK(gal_h5_close(h));
    OK(gal_h5_open_rw(&h, at("rows.h5")));
    gal_h5_info info;
    OK(gal_h5_describe(h, "chain", &info));
    assert_true(info.dims[0] == 5 && info.dims[1] == 4 && info.extendible);
    OK(gal_h5_read(h, "chain", GAL_H5_F64, 2, (size_t[]){5, 4}, y));
    assert_memory_equal(x, y, sizeof x);
    OK(gal_h5_truncate(h, "chain", 3));
    OK(gal_h5_write_rows(h, "chain", GAL_H5_F64, 1, 1, x));
    OK(gal_h5_read_rows(h, "chain", GAL_H5_F64, 1, 2, y));
    assert_true(y[0] == 0 && y[3] == 3 && y[4] == 8);
    FAILS(gal_h5_read_rows(h, "chain", GAL_H5_F64, 2, 2, y), GAL_EINVAL,
          "rows.h5: dataset 'chain': rows 3 to 4 asked of 3");
    OK(gal_h5_flush(h));
    OK(gal_h5_write(h, "fixed", GAL_H5_F64, 1, (size_t[]){4}, x, NULL));
    FAILS(gal_h5_append(h, "fixed", GAL_H5_F64, 1, x), GAL_EIO,
          "rows.h5: dataset 'fixed': cannot grow from 4 to 5 rows");
    OK(gal_h5_close(h));
    assert_int_equal(gal_mem_live(), 0);
}

static void text_and_attributes(void **state)
{
    (void)state;
    const char *const words[3] = {"Halpha", "", "[O III] \xce\xbb"};
    char **got, *text;
    size_t n;
    char *big = malloc(200001); /* beyond the 64 kB that a fixed-length attribute may have */
    memset(big, 'x', 200000);
    big[200000] = '\0';
    gal_h5 *h = created("text.h5");
    OK(gal_h5_write_strings(h, "lines/name", words, 3));
    OK(gal_h5_write_string(h, "script", "return 1\n"));
    OK(gal_h5_write_string(h, "script", "return 2\n"));
    OK(gal_h5_write_strings(h, "none", NULL, 0));
    OK(gal_h5_attr_set_string(h, "/", "provenance", big));
    OK(gal_h5_attr_set_strings(h, "lines", "words", words, 3));
    OK(gal_h5_attr_set_f64(h, "lines/name", "pi", &(double){M_PI}, 1));
    OK(gal_h5_attr_set_f64(h, "lines/name", "pair", (double[]){1, 2}, 2));
    OK(gal_h5_attr_set_i64(h, "/", "version", &(int64_t){1}, 1));
    OK(gal_h5_attr_set_i64(h, "/", "version", &(int64_t){2}, 1));
    FAILS(gal_h5_attr_set_string(h, "nowhere", "a", "b"), GAL_ENOTFOUND, "text.h5: no 'nowhere' to hold attribute 'a'");
    OK(gal_h5_close(h));
    OK(gal_h5_open(&h, at("text.h5")));
    OK(gal_h5_read_strings(h, "lines/name", &got, &n));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(got[i], words[i]);
    gal_h5_free_strings(got, n);
    OK(gal_h5_read_strings(h, "none", &got, &n));
    assert_int_equal(n, 0);
    gal_h5_free_strings(got, n);
    OK(gal_h5_read_string(h, "script", &text));
    assert_string_equal(text, "return 2\n");
    gal_free(text);
    OK(gal_h5_attr_get_string(h, "/", "provenance", &text));
    assert_string_equal(text, big);
    gal_free(text);
    OK(gal_h5_attr_get_strings(h, "lines", "words", &got, &n));
    assert_true(n == 3 && strcmp(got[2], words[2]) == 0);
    gal_h5_free_strings(got, n);
    double x[2];
    int64_t k;
    OK(gal_h5_attr_get_f64(h, "lines/name", "pi", x, 1));
    assert_true(x[0] == M_PI);
    OK(gal_h5_attr_get_f64(h, "lines/name", "pair", x, 2));
    assert_true(x[1] == 2);
    OK(gal_h5_attr_get_i64(h, "/", "version", &k, 1));
    assert_int_equal(k, 2);
    assert_true(gal_h5_attr_has(h, "/", "version") && !gal_h5_attr_has(h, "/", "versions"));
    FAILS(gal_h5_attr_get_f64(h, "lines/name", "pair", x, 1), GAL_EFORMAT,
          "text.h5: attribute 'pair' of 'lines/name' has 2 values, expected 1");
    FAILS(gal_h5_attr_get_i64(h, "lines/name", "pi", &k, 1), GAL_EFORMAT,
          "text.h5: attribute 'pi' of 'lines/name' is not an integer");
    FAILS(gal_h5_attr_get_string(h, "/", "author", &text), GAL_ENOTFOUND, "text.h5: '/' has no attribute 'author'");
    FAILS(gal_h5_read_string(h, "lines/name", &text), GAL_EFORMAT,
          "text.h5: dataset 'lines/name': holds 3 strings, expected one");
    FAILS(gal_h5_read(h, "script", GAL_H5_F64, 0, NULL, x), GAL_EFORMAT,
          "text.h5: dataset 'script': holds string, expected float64");
    OK(gal_h5_close(h));
    free(big);
    assert_int_equal(gal_mem_live(), 0);
}

static void groups_list_in_creation_order(void **state)
{
    (void)state;
    gal_h5 *h = created("list.h5");
    OK(gal_h5_write_string(h, "posterior/zeta", "1"));
    OK(gal_h5_write_string(h, "posterior/alpha", "2"));
    OK(gal_h5_make_group(h, "posterior/mid/deep"));
    OK(gal_h5_make_group(h, "posterior/mid"));
    FAILS(gal_h5_make_group(h, "posterior/zeta/x"), GAL_EFORMAT, "list.h5: 'posterior/zeta' is a dataset, not a group");
    char **names;
    size_t n;
    OK(gal_h5_list(h, "posterior", &names, &n));
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "zeta");
    assert_string_equal(names[1], "alpha");
    assert_string_equal(names[2], "mid");
    gal_h5_free_strings(names, n);
    assert_true(gal_h5_has(h, "/posterior/mid/deep") && gal_h5_has(h, "/"));
    assert_false(gal_h5_has(h, "posterior/zeta/x"));
    assert_false(gal_h5_has(h, "prior/x"));
    OK(gal_h5_remove(h, "posterior/zeta"));
    assert_false(gal_h5_has(h, "posterior/zeta"));
    FAILS(gal_h5_list(h, "prior", &names, &n), GAL_ENOTFOUND, "list.h5: no group 'prior'");
    OK(gal_h5_close(h));
    assert_int_equal(gal_mem_live(), 0);
}

static void axes_are_dimension_scales(void **state)
{
    (void)state;
    gal_h5 *h = created("dims.nc");
    double x[6] = {0, 1, 2, 3, 4, 5};
    OK(gal_h5_dim(h, "posterior/chain", 1));
    OK(gal_h5_dim(h, "posterior/chain", 2)); /* it may grow */
    OK(gal_h5_write(h, "posterior/draw", GAL_H5_F64, 1, (size_t[]){3}, x, NULL));
    OK(gal_h5_make_scale(h, "posterior/draw"));
    OK(gal_h5_write(h, "posterior/age", GAL_H5_F64, 2, (size_t[]){2, 3}, x, NULL));
    OK(gal_h5_set_dims(h, "posterior/age", 2, (const char *const[]){"posterior/chain", "posterior/draw"}));
    FAILS(gal_h5_set_dims(h, "posterior/age", 1, (const char *const[]){"posterior/chain"}), GAL_EINVAL,
          "dims.nc: dataset 'posterior/age': has 2 axes, 1 dimension scales given");
    FAILS(gal_h5_set_dims(h, "posterior/draw", 1, (const char *const[]){"posterior/age"}), GAL_EINVAL,
          "dims.nc: dataset 'posterior/draw': axis 1: 'posterior/age' is not a dimension scale");
    OK(gal_h5_close(h));
    OK(gal_h5_open(&h, at("dims.nc")));
    char *text;
    OK(gal_h5_attr_get_string(h, "posterior/chain", "CLASS", &text));
    assert_string_equal(text, "DIMENSION_SCALE");
    gal_free(text);
    OK(gal_h5_attr_get_string(h, "posterior/chain", "NAME", &text));
    assert_string_equal(text, "This is a netCDF dimension but not a netCDF variable.         2");
    gal_free(text);
    OK(gal_h5_attr_get_string(h, "posterior/draw", "NAME", &text));
    assert_string_equal(text, "draw");
    gal_free(text);
    assert_true(gal_h5_attr_has(h, "posterior/age", "DIMENSION_LIST"));
    assert_true(gal_h5_attr_has(h, "posterior/draw", "REFERENCE_LIST"));
    OK(gal_h5_close(h));
}

static size_t slurp(const char *path, char **text)
{
    size_t n;
    OK(gal_read_file(path, text, &n));
    return n;
}

static void replaced_in_one_step(void **state)
{
    (void)state;
    gal_h5 *h = created("atom.h5");
    OK(gal_h5_write_string(h, "v", "old"));
    OK(gal_h5_close(h));
    char *before, *after;
    size_t n = slurp(at("atom.h5"), &before);
    h = created("atom.h5");
    OK(gal_h5_write_string(h, "v", "new"));
    OK(gal_h5_flush(h));
    assert_int_equal(slurp(at("atom.h5"), &after), n); /* not closed yet: the old content stands */
    assert_memory_equal(before, after, n);
    gal_free(after);
    gal_h5_abandon(h);
    assert_int_equal(slurp(at("atom.h5"), &after), n);
    assert_memory_equal(before, after, n);
    gal_free(after);
    h = created("atom.h5");
    OK(gal_h5_write_string(h, "v", "old"));
    OK(gal_h5_close(h));
    assert_int_equal(slurp(at("atom.h5"), &after), n); /* no time stamps: the same content has the same bytes */
    assert_memory_equal(before, after, n);
    gal_free(after);
    gal_free(before);
    char cmd[300];
    snprintf(cmd, sizeof cmd, "ls '%s' | grep -q tmp", dir);
    assert_int_not_equal(system(cmd), 0); /* no temporary file is left */
}

static void paths_that_are_no_files(void **state)
{
    (void)state;
    gal_h5 *h;
    char want[300];
    FAILS(gal_h5_open(&h, at("missing.h5")), GAL_ENOTFOUND, "missing.h5: no such file");
    assert_null(h);
    snprintf(want, sizeof want, "%s: is a folder, not a file", dir);
    assert_int_equal(gal_h5_open(&h, dir), GAL_EIO);
    assert_string_equal(gal_error_message(), want);
    assert_int_equal(gal_h5_create(&h, dir), GAL_EIO);
    assert_string_equal(gal_error_message(), want);
}

static void damaged_files(void **state)
{
    (void)state;
    gal_h5 *h;
    double x[1000];
    for (int i = 0; i < 1000; i++)
        x[i] = sin(i);
    OK(gal_write_file(at("empty.h5"), "", 0));
    FAILS(gal_h5_open(&h, at("empty.h5")), GAL_EFORMAT, "empty.h5: is empty, not an HDF5 file");
    OK(gal_write_file(at("text.txt"), "wave flux\n", 10));
    FAILS(gal_h5_open(&h, at("text.txt")), GAL_EFORMAT, "text.txt: not an HDF5 file");
    FAILS(gal_h5_create(&h, at("no/such/x.h5")), GAL_EIO, "no/such/x.h5: cannot write: No such file or directory");
    assert_false(gal_h5_is(at("text.txt")));
    assert_false(gal_h5_is(dir));

    h = created("good.h5");
    OK(gal_h5_write(h, "x", GAL_H5_F64, 1, (size_t[]){1000}, x, &(gal_h5_opt){.gzip = 1}));
    OK(gal_h5_close(h));
    assert_true(gal_h5_is(at("good.h5")));
    char *bytes;
    size_t n = slurp(at("good.h5"), &bytes);
    for (size_t cut = 8; cut < n; cut += n / 7) { /* cut anywhere: one line, no crash */
        OK(gal_write_file(at("cut.h5"), bytes, cut));
        assert_int_not_equal(gal_h5_open(&h, at("cut.h5")), GAL_OK);
        assert_null(h);
        assert_non_null(strstr(gal_error_message(), "cut.h5: cannot open (HDF5: "));
    }
    OK(gal_write_file(at("cut.h5"), bytes, n - 100));
    assert_int_equal(gal_h5_open(&h, at("cut.h5")), GAL_EIO);
    assert_non_null(strstr(gal_error_message(), "cut.h5: cannot open (HDF5: truncated file: eof = "));
    /* one flipped byte in the data: the checksum of the chunk notices */
    int caught = 0;
    for (size_t i = n / 4; i < n; i += n / 9) {
        bytes[i] ^= 0x40;
        OK(gal_write_file(at("flip.h5"), bytes, n));
        bytes[i] ^= 0x40;
        double y[1000];
        gal_status st = gal_h5_open(&h, at("flip.h5"));
        if (st == GAL_OK) {
            st = gal_h5_read(h, "x", GAL_H5_F64, 1, (size_t[]){1000}, y);
            assert_true(st != GAL_OK || memcmp(x, y, sizeof x) == 0);
            gal_h5_abandon(h);
        }
        caught += st != GAL_OK;
        assert_null(strchr(gal_error_message(), '\n'));
    }
    assert_true(caught >= 4);
    gal_free(bytes);
    if (geteuid() != 0) {
        chmod(at("good.h5"), 0);
        FAILS(gal_h5_open(&h, at("good.h5")), GAL_EIO, "good.h5: Permission denied");
    } else
        print_message("running as root: permissions are not tested\n");
    assert_int_equal(gal_mem_live(), 0);
}

static void limit_files(rlim_t bytes) /* a disk that is full beyond so many bytes */
{
    struct rlimit r;
    getrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &r);
}

static void full_disk(void **state)
{
    (void)state;
    static double x[100000], y[1000];
    gal_h5 *h;
    for (int i = 0; i < 100000; i++)
        x[i] = sin(i);
    signal(SIGXFSZ, SIG_IGN);
    h = created("chain.h5");
    OK(gal_h5_write(h, "chain", GAL_H5_F64, 1, (size_t[]){0}, NULL, &(gal_h5_opt){.extendible = true}));
    OK(gal_h5_append(h, "chain", GAL_H5_F64, 1000, x));
    OK(gal_h5_close(h));
    limit_files(50000);
    OK(gal_h5_open_rw(&h, at("chain.h5")));
    gal_status st = gal_h5_append(h, "chain", GAL_H5_F64, 99000, x + 1000);
    gal_status again = gal_h5_flush(h), end = gal_h5_close(h);
    limit_files(RLIM_INFINITY);
    assert_int_equal(st, GAL_EIO);
    assert_int_equal(again, GAL_EIO);
    FAILS(end, GAL_EIO, "chain.h5: not written: an earlier write failed");
    OK(gal_h5_open(&h, at("chain.h5"))); /* what was there before is still there */
    OK(gal_h5_read_rows(h, "chain", GAL_H5_F64, 0, 1000, y));
    assert_memory_equal(x, y, sizeof y);
    OK(gal_h5_close(h));

    h = created("new.h5");
    limit_files(50000);
    st = gal_h5_write(h, "x", GAL_H5_F64, 1, (size_t[]){100000}, x, &(gal_h5_opt){.gzip = 1});
    limit_files(RLIM_INFINITY);
    FAILS(st, GAL_EIO, "new.h5: dataset 'x': cannot write (HDF5: File too large)");
    FAILS(gal_h5_close(h), GAL_EIO, "new.h5: not written: an earlier write failed");
    assert_false(gal_file_exists(at("new.h5")));
    assert_int_equal(gal_mem_live(), 0);
}

static gal_status all_calls(void)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    char **names = NULL, *text = NULL;
    size_t n = 0, dims[1] = {0};
    void *p = NULL;
    double x[3] = {1, 2, 3};
    GAL_TRY(gal_h5_create(&h, at("mem.h5")));
    GAL_TRY(gal_h5_write(h, "g/x", GAL_H5_F64, 1, (size_t[]){3}, x, NULL));
    GAL_TRY(gal_h5_write_strings(h, "g/s", (const char *const[]){"a", "b"}, 2));
    GAL_TRY(gal_h5_attr_set_string(h, "g", "t", "text"));
    GAL_TRY(gal_h5_list(h, "g", &names, &n));
    gal_h5_free_strings(names, n);
    names = NULL;
    GAL_TRY(gal_h5_read_strings(h, "g/s", &names, &n));
    GAL_TRY(gal_h5_attr_get_string(h, "g", "t", &text));
    GAL_TRY(gal_h5_read_alloc(h, "g/x", GAL_H5_F64, 1, dims, &p));
out:
    gal_free(p);
    gal_free(text);
    gal_h5_free_strings(names, n);
    gal_h5_abandon(h);
    return st;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    gal_status st = GAL_ENOMEM;
    long n = 0;
    for (; st != GAL_OK && n < 100; n++) {
        gal_mem_fail_after(n);
        st = all_calls();
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), 0);
    }
    assert_true(n > 12 && n < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(rows_grow),
        cmocka_unit_test(text_and_attributes),
        cmocka_unit_test(groups_list_in_creation_order),
        cmocka_unit_test(axes_are_dimension_scales),
        cmocka_unit_test(replaced_in_one_step),
        cmocka_unit_test(paths_that_are_no_files),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
