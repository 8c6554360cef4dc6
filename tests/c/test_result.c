/* Results files: what is written comes back, resumed runs are identical, old files survive failures, bad files are named.
 *
 * With an argument the program writes an example file there instead, for scripts/peers/check_arviz.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "close.h"
#include "galua/result.h"
#include "infer/sampler/ensemble_int.h"
#include "io/h5.h"

static char dir[64] = "build/test_result_XXXXXX", file[128];

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* ------------------------------------------------------------------ an ensemble with blobs and mapped values */
static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    for (size_t i = 0; i < m; i++) {
        const double *x = theta + i * t->ndim;
        lnprior[i] = x[0] < 8 || x[0] > 10.1 || x[1] < 0 || x[1] > 1 ? -INFINITY : -log(2.1);
        lnlike[i] = -0.5 * pow((x[0] - 9.7) / 0.2, 2) - 0.5 * pow((x[1] - x[0] + 9.2) / 0.3, 2);
        blob[i] = x[0] + x[1];
    }
    return GAL_OK;
}
static gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    for (size_t i = 0; i < m; i++) {
        theta[i * t->ndim] = 8 + 2.1 * u[i * t->ndim];
        theta[i * t->ndim + 1] = u[i * t->ndim + 1];
    }
    return GAL_OK;
}
static void values(void *ctx, const double *x, double *v)
{
    (void)ctx;
    v[0] = pow(10, x[0]);
    v[1] = x[1];
}
static const char *const NAMES[] = {"age", "ism.f_MC"}, *const BLOBS[] = {"Mstar"}, *const UNITS[] = {"yr", NULL},
                         *const BUNITS[] = {"Msun"};
static const double LO[] = {8, 0}, HI[] = {10.1, 1};
static const gal_target TARGET = {
    .ndim = 2, .nblob = 1, .names = NAMES, .blob_names = BLOBS, .eval = eval, .prior_transform = transform};
static const gal_result_map MAP = {2, NAMES, UNITS, values, NULL, BUNITS, LO, HI};

static gal_ensemble *ensemble(size_t steps)
{
    gal_ensemble *e;
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &TARGET,
                          &(gal_ensemble_opt){.nwalkers = 10, .seed = 0xfeedfacecafebeefu, .thin = 2}));
    ok(gal_ensemble_start_prior(e));
    if (steps > 0)
        ok(gal_sampler_run(e, &(gal_ensemble_goal){.more = steps}));
    return e;
}

static gal_fingerprint *fingerprint(const char *prior)
{
    gal_fingerprint *f;
    ok(gal_fingerprint_create(&f));
    ok(gal_fingerprint_add(f, "data", gal_hash_bytes("abc", 3), NULL));
    ok(gal_fingerprint_add(f, "prior age", gal_hash_bytes(prior, strlen(prior)), prior));
    ok(gal_fingerprint_add(f, "ssp", gal_hash_bytes("x", 1), "parsec22.h5"));
    return f;
}

static gal_result *example(const gal_ensemble *e)
{
    static const char *const BANDS[] = {"SDSS.u", "SDSS.g", "2MASS.Ks"}, *const BAND[] = {"band"},
                             *const CDB[] = {"chain", "draw", "band"};
    static const double flux[] = {0.1, 0.25, 1.5}, err[] = {0.01, 0.02, 0.1}, pivot[] = {3551, 4686, 21590};
    static const int8_t limit[] = {0, 0, 1};
    size_t nb = 3, size[] = {10, e->nstored, 3};
    double *pred = GAL_NEWN(double, size[0] * size[1] * 3);
    gal_result *r;
    gal_fingerprint *f = fingerprint("loguniform(1e8, 1.3e10)");
    for (size_t i = 0; i < size[0] * size[1] * 3; i++)
        pred[i] = flux[i % 3] * (1 + 0.01 * (double)(i % 7));
    ok(gal_result_create(&r));
    ok(gal_sampler_put(r, e, &MAP));
    ok(gal_result_coord_text(r, "band", 3, BANDS));
    ok(gal_result_put(r, "observed_data", "flux", GAL_VAR_F64, 1, BAND, &nb, flux, "mJy", "observed flux"));
    ok(gal_result_put(r, "constant_data", "error", GAL_VAR_F64, 1, BAND, &nb, err, "mJy", NULL));
    ok(gal_result_put(r, "constant_data", "limit", GAL_VAR_BOOL, 1, BAND, &nb, limit, NULL, NULL));
    ok(gal_result_put(r, "constant_data", "pivot", GAL_VAR_F64, 1, BAND, &nb, pivot, "Angstrom", NULL));
    ok(gal_result_put(r, "posterior_predictive", "flux", GAL_VAR_F64, 3, CDB, size, pred, "mJy", NULL));
    ok(gal_result_put_text(r, "galua", "script",
                           "fit{ free = { age = prior.loguniform(1e8, 1.3e10) } } -- \xc3\x85\n"));
    ok(gal_result_put_fingerprint(r, f));
    gal_fingerprint_free(f);
    gal_free(pred);
    return r;
}

static void same_var(const gal_var *a, const gal_var *b)
{
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->rank, b->rank);
    size_t n = 1, width = a->type == GAL_VAR_F64 || a->type == GAL_VAR_I64 ? 8 : 1;
    for (int i = 0; i < a->rank; i++) {
        assert_string_equal(a->dim[i], b->dim[i]);
        assert_int_equal(a->size[i], b->size[i]);
        n *= a->size[i];
    }
    assert_string_equal(a->unit ? a->unit : "-", b->unit ? b->unit : "-");
    assert_string_equal(a->about ? a->about : "-", b->about ? b->about : "-");
    if (a->type == GAL_VAR_TEXT)
        for (size_t i = 0; i < n; i++)
            assert_string_equal(((char **)a->data)[i], ((char **)b->data)[i]);
    else if (n > 0)
        assert_memory_equal(a->data, b->data, n * width);
}

static void everything_comes_back(void **state)
{
    (void)state;
    gal_ensemble *e = ensemble(60);
    gal_result *r = example(e), *s;
    ok(gal_result_write(r, file));
    ok(gal_result_read(&s, file));
    assert_int_equal(gal_result_nvars(r), gal_result_nvars(s));
    for (size_t i = 0; i < gal_result_nvars(r); i++) {
        const gal_var *v = gal_result_var_at(r, i);
        same_var(v, gal_result_var(s, v->group, v->name));
    }
    same_var(gal_result_coord(r, "band"), gal_result_coord(s, "band"));
    same_var(gal_result_coord(r, "coordinate"), gal_result_coord(s, "coordinate"));
    assert_null(gal_result_coord(s, "draw"));
    const gal_var *age, *x;
    const char *text;
    int64_t seed;
    ok(gal_result_get(s, "posterior", "age", GAL_VAR_F64, 2, &age));
    ok(gal_result_get(s, "galua", "x", GAL_VAR_F64, 3, &x));
    assert_int_equal(age->size[0], 10);
    assert_int_equal(age->size[1], 30);
    const double *c = e->c_x;
    for (size_t w = 0; w < 10; w++)
        for (size_t i = 0; i < 30; i++) {
            assert_true(((double *)age->data)[w * 30 + i] == pow(10, c[(i * 10 + w) * 2]));
            assert_true(((double *)x->data)[(w * 30 + i) * 2 + 1] == c[(i * 10 + w) * 2 + 1]);
        }
    ok(gal_result_get_i64(s, "galua", "seed", &seed));
    assert_true((uint64_t)seed == 0xfeedfacecafebeefu);
    ok(gal_result_get_text(s, "galua", "end", &text));
    assert_string_equal(text, "done");
    ok(gal_result_write(s, file)); /* and again from what was read */
    gal_result_free(r);
    ok(gal_result_read(&r, file));
    for (size_t i = 0; i < gal_result_nvars(s); i++) {
        const gal_var *v = gal_result_var_at(s, i);
        same_var(v, gal_result_var(r, v->group, v->name));
    }
    gal_result_free(r);
    gal_result_free(s);
    gal_sampler_free(e);
}

static void not_started(void **state)
{
    (void)state;
    gal_ensemble *e = ensemble(0), *back, *whole = ensemble(20);
    gal_result *r = example(e), *s;
    const char *text;
    gal_summary sum;
    ok(gal_result_write(r, file));
    ok(gal_result_read(&s, file));
    ok(gal_result_get_text(s, "galua", "end", &text));
    assert_string_equal(text, "not started");
    assert_int_equal(gal_result_summary(s, 0, &sum), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: no samples after the first 0 draws");
    ok(gal_sampler_get((gal_sampler **)&back, s, &TARGET));
    ok(gal_sampler_run(back, &(gal_ensemble_goal){.until = 20}));
    assert_memory_equal(back->c_x, whole->c_x, 10 * 10 * 2 * sizeof(double));
    gal_sampler_free(back);
    gal_sampler_free(whole);
    gal_sampler_free(e);
    gal_result_free(r);
    gal_result_free(s);
}

static void resume_from_file(void **state)
{
    (void)state;
    gal_ensemble *whole = ensemble(100), *part = ensemble(37), *again;
    gal_result *r = example(part), *s;
    ok(gal_result_write(r, file));
    gal_result_free(r);
    gal_sampler_free(part);
    ok(gal_result_read(&r, file));
    ok(gal_sampler_get((gal_sampler **)&again, r, &TARGET));
    ok(gal_sampler_run(again, &(gal_ensemble_goal){.until = 100}));
    size_t n = whole->nstored * 10;
    assert_int_equal(again->nstored, 50);
    assert_memory_equal(again->c_x, whole->c_x, n * 2 * sizeof(double));
    assert_memory_equal(again->c_lnlike, whole->c_lnlike, n * sizeof(double));
    assert_memory_equal(again->c_blob, whole->c_blob, n * sizeof(double));
    assert_memory_equal(gal_ensemble_accepted(again), gal_ensemble_accepted(whole), n * sizeof(double));
    /* both results are the same but for the clock */
    gal_result_free(r);
    r = example(again);
    s = example(whole);
    for (size_t i = 0; i < gal_result_nvars(r); i++) {
        const gal_var *v = gal_result_var_at(r, i);
        if (strcmp(v->name, "seconds") != 0 && strcmp(v->name, "state") != 0)
            same_var(v, gal_result_var(s, v->group, v->name));
    }
    gal_result_free(r);
    gal_result_free(s);
    gal_sampler_free(again);
    gal_sampler_free(whole);
}

typedef struct {
    gal_result *r;
    const char *file;
} checkpoint;

static gal_status write_checkpoint(void *ctx, const gal_sampler *s)
{
    checkpoint *c = ctx;
    gal_status st = gal_sampler_put(c->r, s, &MAP);
    return st == GAL_OK ? gal_result_write(c->r, c->file) : st;
}

/* a run that is killed in the middle of its checkpoints always leaves a whole file that can be resumed */
static void killed_run_leaves_a_file(void **state)
{
    (void)state;
    gal_ensemble *whole = ensemble(4000);
    unlink(file);
    for (int trial = 0; trial < 4; trial++) {
        pid_t pid = fork();
        if (pid == 0) {
            gal_ensemble *e = ensemble(0);
            gal_result *r = example(e);
            gal_result_free(r);
            gal_result_create(&r);
            checkpoint c = {r, file};
            gal_sampler_run(e, &(gal_ensemble_goal){.more = 1000000, .hook = write_checkpoint, .hook_ctx = &c});
            _exit(1);
        }
        struct stat sb;
        for (int i = 0; i < 20000 && stat(file, &sb) != 0; i++)
            usleep(500); /* the first checkpoint */
        usleep(20000 + 7000 * (unsigned)trial);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        gal_result *r;
        gal_ensemble *e;
        ok(gal_result_read(&r, file));
        ok(gal_sampler_get((gal_sampler **)&e, r, &TARGET));
        size_t n = e->nstored, more = n + 50 < 2000 ? n + 50 : 2000;
        assert_true(e->step > 0);
        ok(gal_sampler_run(e, &(gal_ensemble_goal){.until = 2 * more}));
        if (more > n || n <= 2000)
            assert_memory_equal(e->c_x, whole->c_x, more * 20 * sizeof(double));
        gal_sampler_free(e);
        gal_result_free(r);
        unlink(file);
    }
    char *clean = gal_asprintf("rm -f %s/*", dir); /* temporary files of the killed writers */
    assert_int_equal(system(clean), 0);
    gal_free(clean);
    gal_sampler_free(whole);
}

static void fingerprints(void **state)
{
    (void)state;
    gal_ensemble *e = ensemble(4);
    gal_result *r = example(e), *s;
    gal_fingerprint *same = fingerprint("loguniform(1e8, 1.3e10)"), *other = fingerprint("uniform(0, 1)"), *there;
    char *diff, want[400];
    ok(gal_result_write(r, file));
    ok(gal_result_read(&s, file));
    ok(gal_result_check_fingerprint(s, file, same));
    assert_int_equal(gal_result_check_fingerprint(s, file, other), GAL_EINVAL);
    snprintf(want, sizeof want,
             "%s belongs to another fit (prior age: loguniform(1e8, 1.3e10) there, uniform(0, 1) here); choose "
             "another file, or start afresh",
             file);
    assert_string_equal(gal_error_message(), want);
    ok(gal_result_get_fingerprint(s, &there));
    assert_int_equal(gal_fingerprint_size(there), 3);
    gal_hash h;
    const char *text;
    assert_string_equal(gal_fingerprint_part(there, 2, &h, &text), "ssp");
    assert_string_equal(text, "parsec22.h5");
    gal_hash x = gal_hash_bytes("x", 1);
    assert_true(h.lo == x.lo && h.hi == x.hi);
    ok(gal_fingerprint_add(same, "data", (gal_hash){1, 2}, NULL));
    ok(gal_fingerprint_add(same, "noise", (gal_hash){1, 2}, "floor 0.05"));
    char hex[33];
    gal_hash_hex(gal_hash_bytes("abc", 3), hex);
    ok(gal_fingerprint_diff(there, same, &diff));
    snprintf(want, sizeof want, "data: content %.8s there, 00000000 here; noise: only here (floor 0.05)", hex);
    assert_string_equal(diff, want);
    gal_free(diff);
    ok(gal_fingerprint_diff(there, there, &diff));
    assert_null(diff);
    gal_fingerprint_free(same);
    gal_fingerprint_free(other);
    gal_fingerprint_free(there);
    gal_result_free(r);
    gal_result_free(s);
    gal_sampler_free(e);
}

static void summary_of_a_file(void **state)
{
    (void)state;
    gal_ensemble *e = ensemble(6000);
    gal_result *r = example(e), *s;
    gal_summary sum;
    ok(gal_result_write(r, file));
    ok(gal_result_read(&s, file));
    ok(gal_result_summary(s, 300, &sum));
    assert_int_equal(sum.n, 3);
    assert_string_equal(sum.row[0].name, "age");
    assert_string_equal(sum.row[0].unit, "yr");
    assert_string_equal(sum.row[2].name, "Mstar");
    for (size_t i = 0; i < 3; i++)
        assert_true(sum.row[i].trusted && sum.row[i].tau > 2);
    assert_int_equal(sum.row[0].edge, 0);
    /* log10(age) is near 9.65 with sd 0.17, f_MC near 0.47 with sd 0.25: both inside */
    assert_true(fabs(log10(sum.row[0].median) - 9.66) < 0.05 && sum.row[0].q16 < sum.row[0].median);
    char *text = gal_summary_text(&sum);
    assert_non_null(strstr(text, "ism.f_MC"));
    gal_free(text);
    gal_summary_free(&sum);
    gal_result_free(r);
    gal_result_free(s);
    gal_sampler_free(e);
}

/* A state is megabytes: its bytes are not numbered beside them, and samples are */
static void bytes_take_their_room(void **state)
{
    (void)state;
    enum { N = 200000 };
    static unsigned char bytes[N];
    static double x[N];
    const char *const byte[] = {"state_byte"}, *const draw[] = {"draw"};
    const size_t n = N;
    gal_rng rng;
    gal_result *r, *s;
    const gal_var *v;
    gal_h5 *h;
    struct stat at;
    gal_rng_init(&rng, 1, 2, 3, 4, 5);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (unsigned char)(256 * gal_rng_uniform(&rng));
    ok(gal_result_create(&r));
    ok(gal_result_put(r, "galua", "state", GAL_VAR_BYTE, 1, byte, &n, bytes, NULL, NULL));
    ok(gal_result_put(r, "posterior", "x", GAL_VAR_F64, 1, draw, &n, x, NULL, NULL));
    ok(gal_result_write(r, file));
    assert_int_equal(stat(file, &at), 0);
    assert_true(at.st_size < 1.1 * N + 60000); /* counts of draws take a hundredth of their size when packed */
    ok(gal_result_read(&s, file));
    assert_non_null(v = gal_result_var(s, "galua", "state"));
    assert_string_equal(v->dim[0], "state_byte");
    assert_memory_equal(v->data, bytes, N);
    ok(gal_h5_open(&h, file));
    assert_true(gal_h5_is_dim(h, "galua/state_byte") && !gal_h5_is_dim(h, "posterior/draw"));
    assert_true(gal_h5_is_scale(h, "galua/state_byte") && gal_h5_is_scale(h, "posterior/draw"));
    gal_h5_close(h);
    gal_result_free(r);
    gal_result_free(s);
}

static void inconsistent_variables(void **state)
{
    (void)state;
    static const char *const CD[] = {"chain", "draw"}, *const XX[] = {"x", "x"}, *const AGE[] = {"age"};
    double v[6] = {0};
    size_t a[] = {2, 3}, b[] = {2, 2};
    gal_result *r;
    const gal_var *got;
    ok(gal_result_create(&r));
    ok(gal_result_put(r, "posterior", "age", GAL_VAR_F64, 2, CD, a, v, NULL, NULL));
    assert_int_equal(gal_result_put(r, "posterior", "tau", GAL_VAR_F64, 2, CD, b, v, NULL, NULL), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: dimension 'draw' is 2 in posterior/tau but 3 in age");
    ok(gal_result_put(r, "prior", "tau", GAL_VAR_F64, 2, CD, b, v, NULL, NULL));     /* another group */
    ok(gal_result_put(r, "posterior", "age", GAL_VAR_F64, 2, CD, b, v, NULL, NULL)); /* replaced */
    assert_int_equal(gal_result_put(r, "posterior", "draw", GAL_VAR_F64, 0, NULL, NULL, v, NULL, NULL), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: posterior/draw has the name of a dimension of age");
    assert_int_equal(gal_result_put(r, "posterior", "z", GAL_VAR_F64, 1, AGE, a, v, NULL, NULL), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: dimension 'age' of posterior/z has the name of a variable");
    assert_int_equal(gal_result_put(r, "posterior", "z", GAL_VAR_F64, 2, XX, b, v, NULL, NULL), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: posterior/z has dimension 'x' twice");
    assert_int_equal(gal_result_put_f64(r, "posterior", "a/b", 1, NULL), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "result: name 'a/b' of posterior/a/b must not be empty or hold '/'");
    assert_int_equal(gal_result_get(r, "posterior", "agee", GAL_VAR_F64, 2, &got), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "result: no 'agee' in group 'posterior', did you mean 'age'?");
    assert_int_equal(gal_result_get(r, "posterior", "age", GAL_VAR_I64, 1, &got), GAL_EFORMAT);
    assert_string_equal(gal_error_message(),
                        "result: posterior/age holds real numbers with 2 dimensions, expected integers with 1");
    gal_result_free(r);
}

static void bad_files(void **state)
{
    (void)state;
    char want[400];
    gal_result *r = NULL, *whole;
    unlink(file);
    assert_int_equal(gal_result_read(&r, file), GAL_ENOTFOUND);
    ok(gal_write_file(file, "hello", 5));
    assert_int_not_equal(gal_result_read(&r, file), GAL_OK);
    assert_non_null(strstr(gal_error_message(), file));
    gal_ensemble *e = ensemble(10);
    whole = example(e);
    ok(gal_result_write(whole, file));
    char *bytes;
    size_t n;
    ok(gal_read_file(file, &bytes, &n));
    for (size_t cut = 100; cut < n;
         cut += n / 9) { /* truncated anywhere: an error that names the file, or the whole content */
        ok(gal_write_file(file, bytes, cut));
        assert_int_not_equal(gal_result_read(&r, file), GAL_OK);
        assert_non_null(strstr(gal_error_message(), file));
        assert_null(r);
    }
    gal_free(bytes);
    /* an older file survives a failed write */
    ok(gal_result_write(whole, file));
    char nowhere[160];
    snprintf(nowhere, sizeof nowhere, "%s/no/such/folder.h5", dir);
    assert_int_not_equal(gal_result_write(whole, nowhere), GAL_OK);
    assert_non_null(strstr(gal_error_message(), nowhere));
    for (long i = 1; i < 400; i += 7) {
        gal_mem_fail_after(i);
        gal_status st = gal_result_write(whole, file);
        gal_mem_fail_after(-1);
        if (st != GAL_OK && st != GAL_ENOMEM)
            fail_msg("write, allocation %ld: %s", i, gal_error_message());
        ok(gal_result_read(&r, file));
        gal_result_free(r);
        r = NULL;
    }
    size_t before = gal_mem_live();
    for (long i = 1; i < 1200; i += 13) {
        gal_mem_fail_after(i);
        gal_status st = gal_result_read(&r, file);
        gal_mem_fail_after(-1);
        if (st != GAL_OK && st != GAL_ENOMEM)
            fail_msg("read, allocation %ld: %s", i, gal_error_message());
        if (st == GAL_OK)
            gal_result_free(r);
        r = NULL;
        assert_int_equal(gal_mem_live(), before);
    }
    /* another program's HDF5 file, and a damaged state */
    gal_result_free(whole);
    gal_sampler_free(e);
    ok(gal_result_create(&whole));
    ok(gal_result_put_text(whole, "galua", "sampler", "ensemble"));
    ok(gal_result_put_text(whole, "galua", "state", "x"));
    assert_int_equal(gal_sampler_get((gal_sampler **)&e, whole, &TARGET), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "result: galua/state holds text with 0 dimensions, expected bytes with 1");
    gal_result_free(whole);
    gal_h5 *h;
    ok(gal_h5_create(&h, file));
    ok(gal_h5_write_string(h, "note", "another program"));
    ok(gal_h5_close(h));
    assert_int_equal(gal_result_read(&r, file), GAL_EFORMAT);
    snprintf(want, sizeof want, "%s: not a results file of this program (no attribute 'galua_format')", file);
    assert_string_equal(gal_error_message(), want);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(file, sizeof file, "%s/fit.h5", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(dir);
}

int main(int argc, char **argv)
{
    if (argc > 1) { /* example file */
        gal_ensemble *e = ensemble(2000);
        gal_result *r = example(e);
        gal_status st = gal_result_write(r, argv[1]);
        if (st != GAL_OK)
            printf("%s\n", gal_error_message());
        gal_result_free(r);
        gal_sampler_free(e);
        return st == GAL_OK ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(not_started),
        cmocka_unit_test(resume_from_file),
        cmocka_unit_test(killed_run_leaves_a_file),
        cmocka_unit_test(fingerprints),
        cmocka_unit_test(summary_of_a_file),
        cmocka_unit_test(bytes_take_their_room),
        cmocka_unit_test(inconsistent_variables),
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
