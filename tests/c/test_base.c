/* Ground floor: errors, memory, names, files, hashing, random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "close.h"
#include "galua/base.h"
#include "galua/rng.h"

static void errors_are_one_line(void **state)
{
    (void)state;
    assert_int_equal(gal_fail(GAL_EIO, "file '%s'\nhas a line break", "a\tb"), GAL_EIO);
    assert_string_equal(gal_error_message(), "file 'a b' has a line break");
    assert_int_equal(gal_error_code(), GAL_EIO);
    assert_non_null(strstr(gal_error_where(), "test_base.c:"));
    assert_int_equal(gal_fail_prefix(GAL_EIO, "catalogue row %d", 7), GAL_EIO);
    assert_string_equal(gal_error_message(), "catalogue row 7: file 'a b' has a line break");
    gal_fail(GAL_EINVAL, "again: %s", gal_error_message()); /* the old message may be an argument */
    assert_string_equal(gal_error_message(), "again: catalogue row 7: file 'a b' has a line break");
    assert_string_equal(gal_status_name(GAL_EDOMAIN), "GAL_EDOMAIN");
    gal_error_clear();
    assert_string_equal(gal_error_message(), "");
}

static void memory_is_accounted(void **state)
{
    (void)state;
    size_t before = gal_mem_live();
    double *p = gal_calloc(100, sizeof *p);
    assert_int_equal((uintptr_t)p % 64, 0);
    assert_int_equal(gal_mem_live() - before, 800);
    p[99] = 3;
    p = gal_realloc(p, 1600);
    assert_true(p[99] == 3);
    assert_int_equal(gal_mem_live() - before, 1600);
    gal_free(p);
    assert_int_equal(gal_mem_live(), before);
    assert_null(gal_calloc(SIZE_MAX / 4, 16));
    assert_int_equal(gal_error_code(), GAL_ENOMEM);
    gal_mem_fail_after(1);
    void *a = gal_alloc(8), *b = gal_alloc(8), *c = gal_alloc(8);
    assert_true(a && !b && c);
    gal_mem_fail_after(-1);
    gal_free(a);
    gal_free(c);
    char *s = gal_asprintf("%d-%s", 4, "x");
    assert_string_equal(s, "4-x");
    gal_free(s);
}

static void nearest_names(void **state)
{
    (void)state;
    static const char *const names[] = {"sfh.psi_max", "sfh.tau_star", "ism.f_MC", "redshift", "age"};
    assert_string_equal(gal_nearest("sfh.psimax", names, 5), "sfh.psi_max");
    assert_string_equal(gal_nearest("REDSHIFT", names, 5), "redshift");
    assert_string_equal(gal_nearest("f_MC", names, 5), "ism.f_MC");
    assert_string_equal(gal_nearest("rdeshift", names, 5), "redshift"); /* a transposition is one step */
    assert_null(gal_nearest("temperature", names, 5));
    char hint[64];
    gal_did_you_mean(hint, sizeof hint, "aeg", names, 5);
    assert_string_equal(hint, ", did you mean 'age'?");
    gal_did_you_mean(hint, sizeof hint, "zzzzzz", names, 5);
    assert_string_equal(hint, "");
}

static void files(void **state)
{
    (void)state;
    char dir[] = "/tmp/galua-test-XXXXXX", path[64], *text;
    size_t n;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a", dir);
    assert_int_equal(gal_write_file(path, "hello", 5), GAL_OK);
    assert_int_equal(gal_read_file(path, &text, &n), GAL_OK);
    assert_int_equal(n, 5);
    assert_string_equal(text, "hello");
    gal_free(text);
    gal_hash h, k = gal_hash_bytes("hello", 5);
    char hex[33];
    assert_int_equal(gal_hash_file(path, &h), GAL_OK);
    assert_true(h.lo == k.lo && h.hi == k.hi);
    gal_hash_hex(h, hex);
    assert_string_equal(hex, "b5e9c1ad071b3e7fc779cfaa5e523818"); /* XXH3-128("hello") of the reference xxhsum */
    assert_int_equal(gal_read_file(dir, &text, &n), GAL_EIO);
    assert_non_null(strstr(gal_error_message(), "is a folder, not a file"));
    assert_int_equal(gal_read_file("/dev/zero", &text, &n), GAL_EIO); /* endless */
    assert_string_equal(gal_error_message(), "/dev/zero: is a device or a pipe, not a file: copy its data to a file");
    assert_null(text);
    unlink(path);
    assert_int_equal(gal_read_file(path, &text, &n), GAL_ENOTFOUND);
    assert_non_null(strstr(gal_error_message(), "/a: no such file"));
    snprintf(path, sizeof path, "%s/no/such", dir);
    assert_int_equal(gal_write_file(path, "x", 1), GAL_EIO);
    rmdir(dir);
}

/* What a killed writer has left goes with the next write; what may still be written, or is another file's, stays. */
static void abandoned_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/galua-test-XXXXXX", path[64], part[6][96];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a", dir);
    pid_t dead = fork();
    assert_true(dead >= 0);
    if (dead == 0)
        _exit(0);
    assert_int_equal(waitpid(dead, NULL, 0), dead);
    snprintf(part[0], sizeof *part, "%s.%ld.tmp", path, (long)dead);      /* goes */
    snprintf(part[1], sizeof *part, "%s.%ld.tmp", path, (long)getppid()); /* its process lives */
    snprintf(part[2], sizeof *part, "%s.%ld.tmpx", path, (long)dead);
    snprintf(part[3], sizeof *part, "%s/b.%ld.tmp", dir, (long)dead);
    snprintf(part[4], sizeof *part, "%s.%ldx.tmp", path, (long)dead);
    for (int i = 0; i < 5; i++) {
        FILE *f = fopen(part[i], "w");
        assert_non_null(f);
        fclose(f);
    }
    assert_int_equal(gal_write_file(path, "hello", 5), GAL_OK);
    assert_true(gal_file_exists(part[0])); /* young: perhaps of another machine */
    for (int i = 0; i < 5; i++)
        assert_int_equal(utime(part[i], &(struct utimbuf){time(NULL) - 7200, time(NULL) - 7200}), 0);
    assert_int_equal(gal_write_file(path, "hello", 5), GAL_OK);
    for (int i = 0; i < 5; i++) {
        assert_true(gal_file_exists(part[i]) == (i > 0));
        unlink(part[i]);
    }
    unlink(path);
    assert_int_equal(rmdir(dir), 0); /* nothing else is left */
}

static void own_memory(void **state)
{
    (void)state;
    size_t n = (size_t)1 << 20, before = gal_mem_own(SIZE_MAX);
    char *a = gal_alloc(n), *b = gal_alloc(2 * n), *c = gal_alloc(1000);
    assert_true(a && b && c);
    for (size_t i = 0; i < n; i++)
        a[i] = (char)(i * 7);
    assert_int_equal(gal_mem_own(SIZE_MAX), before + 3 * n); /* small blocks are left alone */
    assert_true(gal_mem_own(n) <= n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(a[i], (char)(i * 7));
    b = gal_realloc(b, 3 * n);
    assert_int_equal(gal_mem_own(SIZE_MAX), before + 4 * n);
    gal_free(a);
    assert_int_equal(gal_mem_own(SIZE_MAX), before + 3 * n);
    gal_free(b);
    gal_free(c);
    assert_int_equal(gal_mem_own(SIZE_MAX), before);
}

static void data_locator(void **state)
{
    (void)state;
    char dir[] = "/tmp/galua-data-XXXXXX", path[4096], want[64];
    assert_non_null(mkdtemp(dir));
    char old[4096] = "";
    if (getenv("GALUA_DATA"))
        snprintf(old, sizeof old, "%s", getenv("GALUA_DATA"));
    setenv("GALUA_DATA", dir, 1);
    assert_int_equal(gal_data_path("nothing.h5", path, sizeof path), GAL_ENOTFOUND);
    assert_non_null(strstr(gal_error_message(), "data file 'nothing.h5' not found in /tmp/galua-data-"));
    snprintf(want, sizeof want, "%s/nothing.h5", dir);
    assert_int_equal(gal_write_file(want, "", 0), GAL_OK);
    assert_int_equal(gal_data_path("nothing.h5", path, sizeof path), GAL_OK);
    assert_string_equal(path, want);
    unlink(want);
    rmdir(dir);
    if (*old)
        setenv("GALUA_DATA", old, 1);
    else
        unsetenv("GALUA_DATA");
}

/* Known answers: Random123's kat_vectors (philox 4x64, 10 rounds), and the 10000th number of the C++26 default engine. */
static void philox_known_answers(void **state)
{
    (void)state;
    static const uint64_t zero[4], key0[2], ones[4] = {~0ull, ~0ull, ~0ull, ~0ull}, key1[2] = {~0ull, ~0ull};
    static const uint64_t want0[4] = {0x16554d9eca36314cull, 0xdb20fe9d672d0fdcull, 0xd7e772cee186176bull,
                                      0x7e68b68aec7ba23bull};
    static const uint64_t want1[4] = {0x87b092c3013fe90bull, 0x438c3c67be8d0224ull, 0x9cc7d7c69cd777b6ull,
                                      0xa09caebf594f0ba0ull};
    uint64_t out[4];
    gal_philox4x64(zero, key0, out);
    assert_memory_equal(out, want0, sizeof out);
    gal_philox4x64(ones, key1, out);
    assert_memory_equal(out, want1, sizeof out);
    /* std::philox4x64: seed 20111115, counter incremented first, words in reverse order inside a block */
    uint64_t ctr[4] = {10000 / 4 - 1, 0, 0, 0}, key[2] = {20111115, 0};
    gal_philox4x64(ctr, key, out);
    assert_true(out[3] == 3409172418970261260ull);
}

static void random_numbers(void **state)
{
    (void)state;
    enum { N = 200000 };
    gal_rng r, s;
    gal_rng_init(&r, 42, 1, 2, 3, 4);
    gal_rng_init(&s, 42, 1, 2, 3, 4);
    double m = 0, v = 0, q = 0, um = 0;
    size_t count[7] = {0};
    for (int i = 0; i < N; i++) {
        double x = gal_rng_normal(&r);
        m += x / N;
        v += x * x / N;
        q += x * x * x * x / N;
    }
    for (int i = 0; i < N; i++) {
        double u = gal_rng_uniform(&s);
        assert_true(u > 0 && u < 1);
        um += u / N;
        count[gal_rng_below(&s, 7)]++;
    }
    double sd = 1 / sqrt(N); /* five standard errors */
    assert_true(fabs(m) < 5 * sd && fabs(v - 1) < 5 * sqrt(2) * sd && fabs(q - 3) < 5 * sqrt(96) * sd);
    assert_true(fabs(um - 0.5) < 5 * sd / sqrt(12));
    for (int i = 0; i < 7; i++)
        assert_true(fabs((double)count[i] - N / 7.) < 5 * sqrt(N / 7.));
    gal_rng_init(&r, 42, 1, 2, 3, 5); /* another purpose, another stream */
    gal_rng_init(&s, 42, 1, 2, 3, 4);
    assert_true(gal_rng_u64(&r) != gal_rng_u64(&s));
    size_t index[50], seen[50] = {0};
    for (size_t i = 0; i < 50; i++)
        index[i] = i;
    gal_rng_shuffle(&r, index, 50);
    for (size_t i = 0; i < 50; i++)
        seen[index[i]]++;
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(seen[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_one_line), cmocka_unit_test(memory_is_accounted),
        cmocka_unit_test(nearest_names),       cmocka_unit_test(files),
        cmocka_unit_test(abandoned_files),     cmocka_unit_test(own_memory),
        cmocka_unit_test(data_locator),        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(random_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
