/* Grid of stellar spectra: 40 Teff x 6 log g x 8 metallicities of model atmospheres, and interpolation in it.
 *
 * Stored: ln(F_lambda / sigma Teff^4) [1/A], single precision. Interpolated linearly in ln Teff and log g and by a cubic of
 * continuous slope in log Z, then normalised to the luminosity of the star. Outside 3000..100000 K the nearest spectrum is scaled with the ratio of black
 * bodies; log g and Z are clamped to the grid. Solar metallicity of the atmospheres: Z = 0.02.
 * Wavelengths: 91 A .. 1 mm (vacuum), lambda/dlambda = 500 at 3000..10000 A, but every 5 A over 3545..8740 A, where the lines of
 * metals are added (lines.c); >= 300 at 912..25000 A; F ~ lambda^-4 beyond 160 um.
 * The cache holds the cube and a hash of everything that determines it; a file with another hash is rebuilt.
 * Thread safety: create/free from one thread; gal_stargrid_add from any. */
#include "galua/const.h"
#include "galua/num.h"
#include "galua/stars.h"
#include "stars/atmosphere.h"
#include "stars/blanketing.h"
#include "stars/flushzero.h"
#include "stars/lines.h"
#include "stars/stargrid.h"
#include "stars/stargrid_kern.h"

#include <math.h>
#include <string.h>

enum {
    NTEFF = GAL_LINES_NTEFF,
    NLOGG = GAL_LINES_NLOGG,
    NZ = GAL_LINES_NZ,
    NSTAR = NZ * NTEFF * NLOGG,
    NWAVE_MAX = 2560
};
/* Change this when the physics or the grid changes: old caches are then rebuilt. */
static const char grid_version[] = "galua stargrid 5";

// clang-format off
static const double grid_teff[NTEFF] = {
    3000, 3250, 3500, 3750, 4000, 4250, 4500, 4750, 5000, 5250, 5500, 5750, 6000, 6250, 6500, 6750, 7000, 7500, 8000, 8500,
    9000, 9500, 10000, 11000, 12000, 13000, 15000, 17500, 20000, 23000, 26000, 30000, 34000, 38000, 42000, 46000, 50000, 60000,
    80000, 100000};
static const double grid_logg[NLOGG] = {0, 1, 2, 3, 4, 5};
static const double grid_z[NZ] = {1e-4, 4e-4, 1e-3, 4e-3, 8e-3, 0.014, 0.02, 0.05};
static const double z_solar = 0.02;
/* Segments of the wavelength grid: from, to [A], resolving power; 0: the wavelengths of the lines */
static const double segments[][3] = {{91, 911.7, 60}, {912.3, 3000, 350}, {3000, GAL_LINES_FROM, 500}, {GAL_LINES_FROM, GAL_LINES_TO, 0},
    {GAL_LINES_TO, 10000, 500}, {10000, 25000, 300}, {25000, 1.6e6, 60}, {1.6e6, 1e7, 20}};
// clang-format on
static const double rj_wave = 1.6e6; /* A */

struct gal_stargrid {
    size_t n, lines; /* wavelengths; where those of the lines start */
    double wave[NWAVE_MAX], lnteff[NTEFF], logz[NZ];
    float quad[NWAVE_MAX], x1[NWAVE_MAX];     /* trapezoid weights; h c/(lambda k) [K] */
    float xc[2][NWAVE_MAX], sc[2][NWAVE_MAX]; /* of the kernel's edge(): the coolest and the hottest of the grid */
    float *lnf;                               /* [NZ][NTEFF][NLOGG][n] */
};

/* ------------------------------------------------------------------ creation */
static size_t fill_wave(double *wave, size_t *lines)
{
    size_t n = 0;
    for (size_t s = 0; s < sizeof segments / sizeof *segments; s++) {
        double a = segments[s][0], b = segments[s][1], r = segments[s][2];
        size_t m = r > 0 ? (size_t)ceil(log(b / a) * r) + 1 : GAL_LINES_NWAVE;
        if (n && wave[n - 1] == a)
            n--;
        if (r > 0)
            gal_logspace(a, b, m, wave + n);
        else
            gal_linspace(a, b, m, wave + (*lines = n));
        n += m;
    }
    return n;
}

static gal_stargrid *grid_new(void)
{
    gal_stargrid *g = GAL_NEW(gal_stargrid);
    if (!g)
        return NULL;
    g->n = fill_wave(g->wave, &g->lines);
    double quad[NWAVE_MAX];
    gal_trapz_weights(g->wave, g->n, quad);
    for (size_t i = 0; i < g->n; i++) {
        g->quad[i] = (float)quad[i];
        g->x1[i] = (float)(GAL_H_CGS * GAL_C_CGS / (g->wave[i] * 1e-8 * GAL_KB_CGS));
    }
    for (int i = 0; i < NTEFF; i++)
        g->lnteff[i] = log(grid_teff[i]);
    for (int i = 0; i < 2; i++)
        GAL_KERN_PICK(stargrid_kern)->edge(g->n, g->x1, (float)exp(g->lnteff[i * (NTEFF - 1)]), g->xc[i], g->sc[i]);
    for (int i = 0; i < NZ; i++)
        g->logz[i] = log10(grid_z[i]);
    g->lnf = GAL_NEWN(float, NSTAR * g->n);
    if (!g->lnf) {
        gal_stargrid_free(g);
        return NULL;
    }
    return g;
}

void gal_stargrid_free(gal_stargrid *g)
{
    if (!g)
        return;
    gal_free(g->lnf);
    gal_free(g);
}

static gal_hash grid_hash(const gal_stargrid *g)
{
    gal_hash h = gal_hash_bytes(grid_version, sizeof grid_version);
    h = gal_hash_combine(h, gal_hash_bytes(g->wave, g->n * sizeof *g->wave));
    h = gal_hash_combine(h, gal_hash_bytes(grid_teff, sizeof grid_teff));
    h = gal_hash_combine(h, gal_hash_bytes(grid_logg, sizeof grid_logg));
    h = gal_hash_combine(h, gal_hash_bytes(grid_z, sizeof grid_z));
    h = gal_hash_combine(h, gal_lines_hash());
    return gal_hash_combine(h, gal_blanketing_hash());
}

/* Everything the models of one build share, read-only in the parallel region. */
typedef struct tools {
    gal_opgrid *fine, *coarse;
    gal_rosseland *ross[NZ];
} tools;

static void tools_free(tools *t)
{
    gal_opgrid_free(t->fine);
    gal_opgrid_free(t->coarse);
    for (int i = 0; i < NZ; i++)
        gal_rosseland_free(t->ross[i]);
}

static gal_status tools_create(tools *t, const gal_stargrid *g)
{
    gal_status st = GAL_OK;
    double sub[NWAVE_MAX];
    size_t m = 0;
    for (size_t i = 0; i < g->n; i++) /* every third point, with both sides of the Lyman edge and the ends */
        if (i % 3 == 0 || i + 1 == g->n || fabs(g->wave[i] - 912) < 1)
            sub[m++] = g->wave[i];
    GAL_TRY(gal_opgrid_create(&t->fine, g->wave, g->n, true));
    GAL_TRY(gal_opgrid_create(&t->coarse, sub, m, true));
    for (int i = 0; i < NZ; i++)
        GAL_TRY(gal_rosseland_create(&t->ross[i], grid_z[i] / z_solar));
out:
    return st;
}

/* Star number k of the grid; `start` goes on from the gravity above. Where radiation keeps two gravities from differing it is the same star. */
static void star_solve(gal_stargrid *g, const tools *t, size_t k, gal_atmosphere_start *start, float *work, float *flux)
{
    size_t iz = k / (NTEFF * NLOGG), it = k / NLOGG % NTEFF, ig = k % NLOGG, tail = 0;
    float *lnf = g->lnf + k * g->n;
    if (ig + 1 < NLOGG && grid_logg[ig + 1] <= gal_atmosphere_logg_floor(grid_teff[it])) {
        memcpy(lnf, lnf + g->n, g->n * sizeof *lnf);
        return;
    }
    gal_atmosphere_solve(grid_teff[it], grid_logg[ig], grid_z[iz] / z_solar, t->ross[iz], t->coarse, t->fine, start,
                         work, flux, NULL);
    for (size_t i = 0; i < g->n; i++) {
        if (g->wave[i] <= rj_wave)
            tail = i;
        lnf[i] =
            i == tail ? (float)fmax(log(flux[i]), -87.0) : (float)(lnf[tail] - 4 * log(g->wave[i] / g->wave[tail]));
    }
}

/* The stars of one metallicity and temperature, from the highest gravity down, and their lines. */
static void column_solve(gal_stargrid *g, const tools *t, size_t column, float *work, float *flux)
{
    gal_atmosphere_start start = {.slope = 4};
    for (size_t ig = NLOGG; ig-- > 0;)
        star_solve(g, t, column * NLOGG + ig, &start, work, flux);
    for (size_t ig = 0; ig < NLOGG; ig++)
        gal_lines_add(column / NTEFF, column % NTEFF, ig, g->lnf + (column * NLOGG + ig) * g->n + g->lines);
}

static gal_status grid_build(gal_stargrid *g, gal_progress_fn progress, void *ctx)
{
    gal_status st = GAL_OK;
    tools t = {0};
    GAL_TRY(tools_create(&t, g));
    int failed = 0, stop = 0;
    long done = 0;
#pragma omp parallel num_threads(gal_threads())
    {
        unsigned fz = flush_zero_begin();
        double last = gal_clock();
        bool reporter = false;
#pragma omp master
        reporter = true;
        float *work = gal_alloc((gal_atmosphere_work(t.fine) + g->n) * sizeof *work);
        if (!work)
            __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < NZ * NTEFF; k++) {
            if (!work || __atomic_load_n(&failed, __ATOMIC_RELAXED) || __atomic_load_n(&stop, __ATOMIC_RELAXED))
                continue;
            column_solve(g, &t, k, work, work + gal_atmosphere_work(t.fine));
            long n = __atomic_add_fetch(&done, NLOGG, __ATOMIC_RELAXED);
            if (gal_interrupted())
                __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
            if (reporter && progress && gal_clock() - last > 1) {
                last = gal_clock();
                if (progress(ctx, (double)n / NSTAR, "model atmospheres"))
                    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
            }
        }
        gal_free(work);
        flush_zero_end(fz);
    }
    if (failed)
        GAL_THROW(GAL_ENOMEM, "star grid: no memory for a model atmosphere (%zu bytes per thread)",
                  gal_atmosphere_work(t.fine) * sizeof(float));
    if (stop)
        GAL_THROW(GAL_EINTR, "star grid: stopped after %ld of %d model atmospheres", done, (int)NSTAR);
out:
    tools_free(&t);
    return st;
}

/* ------------------------------------------------------------------ cache */
typedef struct cache_header {
    char magic[8];
    gal_hash what, data;
    uint64_t bytes;
} cache_header;

static const char cache_magic[8] = "GALSTAR";

static bool cache_read(gal_stargrid *g, const char *path)
{
    char *text = NULL;
    size_t n = 0, bytes = NSTAR * g->n * sizeof *g->lnf;
    cache_header h;
    bool good = false;
    if (!gal_file_exists(path) || gal_read_file(path, &text, &n) != GAL_OK) {
        gal_error_clear();
        return false;
    }
    if (n == sizeof h + bytes) {
        gal_hash want = grid_hash(g);
        memcpy(&h, text, sizeof h);
        gal_hash data = gal_hash_bytes(text + sizeof h, bytes);
        good = memcmp(h.magic, cache_magic, sizeof h.magic) == 0 && h.bytes == bytes && h.what.lo == want.lo &&
               h.what.hi == want.hi && h.data.lo == data.lo && h.data.hi == data.hi;
        if (good)
            memcpy(g->lnf, text + sizeof h, bytes);
    }
    if (!good)
        gal_log(GAL_LOG_INFO, "stars", "%s is of another version or damaged: rebuilding the star grid", path);
    gal_free(text);
    return good;
}

static gal_status cache_write(const gal_stargrid *g, const char *path)
{
    size_t bytes = NSTAR * g->n * sizeof *g->lnf;
    char *buf = gal_alloc(sizeof(cache_header) + bytes);
    if (!buf)
        return GAL_ENOMEM;
    cache_header h = {.what = grid_hash(g), .data = gal_hash_bytes(g->lnf, bytes), .bytes = bytes};
    memcpy(h.magic, cache_magic, sizeof h.magic);
    memcpy(buf, &h, sizeof h);
    memcpy(buf + sizeof h, g->lnf, bytes);
    gal_status st = gal_write_file(path, buf, sizeof h + bytes);
    gal_free(buf);
    return st;
}

gal_status gal_stargrid_create(gal_stargrid **out, const char *cache, gal_progress_fn progress, void *ctx)
{
    gal_status st = GAL_OK;
    *out = NULL;
    gal_stargrid *g = grid_new();
    if (!g)
        return GAL_ENOMEM;
    if (!cache || !cache_read(g, cache)) {
        GAL_TRY(grid_build(g, progress, ctx));
        if (cache && cache_write(g, cache) != GAL_OK) { /* the grid itself is good: go on without a cache */
            gal_log(GAL_LOG_WARN, "stars", "star grid not cached: %s", gal_error_message());
            gal_error_clear();
        }
    }
    *out = g;
    g = NULL;
out:
    gal_stargrid_free(g);
    return st;
}

/* ------------------------------------------------------------------ use */
size_t gal_stargrid_nwave(const gal_stargrid *g)
{
    return g->n;
}

const double *gal_stargrid_wave(const gal_stargrid *g)
{
    return g->wave;
}

const float *gal_stargrid_nodes(const gal_stargrid *g, size_t *lines)
{
    *lines = g->lines;
    return g->lnf;
}

/* Cell i and fraction w of v in ascending x[n], clamped. */
static size_t locate(const double *x, size_t n, double v, float *w)
{
    size_t i = gal_search(x, n, v);
    *w = (float)fmin(fmax((v - x[i]) / (x[i + 1] - x[i]), 0.0), 1.0);
    return i;
}

/* Weights of the metallicities iz - 1 .. iz + 2, clamped: a C1 cubic in log Z (straight lines make kinks of .2 mag/(.1 dex) in
 * the ultraviolet), one alone at a node. */
typedef struct mixture {
    size_t iz, used, last; /* how many weights are not 0, and the last of them */
    double w[4];
} mixture;

static mixture metallicity(const gal_stargrid *g, double z)
{
    double v = fmin(fmax(log10(fmax(z, 1e-10)), g->logz[0]), g->logz[NZ - 1]);
    mixture m = {.iz = gal_search(g->logz, NZ, v)};
    gal_cubic_weights(g->logz, m.iz, v, m.iz > 0, m.iz + 2 < NZ, m.w);
    for (size_t k = 0; k < 2; k++)
        if (fabs(v - g->logz[m.iz + k]) < 1e-6) {
            memset(m.w, 0, sizeof m.w);
            m.w[1 + k] = 1;
        }
    for (size_t k = 0; k < 4; k++)
        if (m.w[k] != 0) {
            m.used++;
            m.last = k;
        }
    return m;
}

/* f[n] proportional to the spectrum of a star; returns its integral. */
static double spectrum(const gal_stargrid *g, const struct stargrid_kern *kern, const mixture *m,
                       const gal_grid_star *s, float *f)
{
    double lnt = M_LN10 * s->logteff, inside = fmin(fmax(lnt, g->lnteff[0]), g->lnteff[NTEFF - 1]), sum = 0;
    float wt, wg;
    size_t it = locate(g->lnteff, NTEFF, inside, &wt), ig = locate(grid_logg, NLOGG, s->logg, &wg);
    for (size_t k = 0, done = 0; k < 4; k++) {
        float w = (float)m->w[k];
        if (w == 0.0f)
            continue;
        const float *p = g->lnf + (((m->iz + k - 1) * NTEFF + it) * NLOGG + ig) * g->n, *q = p + NLOGG * g->n;
        const float *const sp[4] = {p, p + g->n, q, q + g->n};
        const float c[4] = {w * (1 - wt) * (1 - wg), w * (1 - wt) * wg, w * wt * (1 - wg), w * wt * wg};
        if (m->used == 1)
            sum = kern->mix_exp(g->n, sp, c, g->quad, f);
        else
            kern->mix(g->n, sp, c, done++ > 0, f);
        if (m->used > 1 && k == m->last)
            sum = kern->exponentiate(g->n, g->quad, f);
    }
    if (lnt != inside)
        sum = kern->rescale(g->n, g->quad, g->x1, g->xc[lnt > inside], g->sc[lnt > inside], (float)exp(lnt), f);
    return sum;
}

void gal_stargrid_add_all(const gal_stargrid *g, double z, const gal_grid_star *s, size_t n, double *acc)
{
    const struct stargrid_kern *kern = GAL_KERN_PICK(stargrid_kern);
    const mixture m = metallicity(g, z);
    float f[STARGRID_GROUP * NWAVE_MAX];
    double scale[STARGRID_GROUP];
    unsigned fz = flush_zero_begin();
    for (size_t i = 0; i < n; i += STARGRID_GROUP) {
        size_t group = n - i < STARGRID_GROUP ? n - i : STARGRID_GROUP;
        for (size_t k = 0; k < group; k++)
            scale[k] = s[i + k].lum / spectrum(g, kern, &m, s + i + k, f + k * NWAVE_MAX);
        kern->add(g->n, group, scale, f, NWAVE_MAX, acc);
    }
    flush_zero_end(fz);
}

void gal_stargrid_add(const gal_stargrid *g, double z, double logteff, double logg, double lum, double weight,
                      double *acc)
{
    gal_stargrid_add_all(g, z, &(gal_grid_star){logteff, logg, weight * lum}, 1, acc);
}
