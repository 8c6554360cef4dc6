/* synth.c - simple stellar populations: for each (Z, age) the sum of the spectra of an isochrone's stars.
 *
 *   L_lambda(Z, t) = sum_i w_i L_lambda(log Teff_i, log g_i, L_i; Z)     [Lsun/A per Msun formed]
 *
 * in double precision, then the nebular emission of the ionising photons of that very sum, then rounding to the float
 * table. Beside the light: surviving mass with remnants, photon rates below 911.75 and 504.26 A (of the stars), supernova rates;
 * with nebular emission also the table of line luminosities (the lines are in the spectra too). With an axis of log U the stars
 * are summed once and the gas is added at each.
 *
 * Threads: cells (Z, age) are independent and each is summed in the fixed order of its isochrone by one thread: the table is
 * the same bit for bit at any thread count. phi(m) and the progress function are called from the calling thread only. */
#include "galua/const.h"
#include "galua/num.h"
#include "stars/blanketing.h"
#include "stars/isochrone.h"
#include "stars/lines.h"
#include "stars/nebular.h"
#include "stars/stargrid.h"
#include "num/gauss.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum { NAGE = 107 };
static const double youngest = 1e5; /* yr: younger populations are those of this age */
static const double oldest = 2e10;

void gal_synth_defaults(gal_synth_opts *o)
{
    *o = (gal_synth_opts){.logu = -2.5};
    (void)gal_imf_named("kroupa", &o->imf);
}

/* Photons per s below `edge` [A] of L_lambda in Lsun/A: trapezoid, last interval cut at the edge. */
static double photons(const double *wave, const double *lum, size_t n, double edge)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < n && wave[i] < edge; i++) {
        double a = wave[i], b = wave[i + 1], la = lum[i], lb = lum[i + 1];
        if (b > edge) {
            lb = la + (lb - la) * (edge - a) / (b - a);
            b = edge;
        }
        sum += 0.5 * (la * a + lb * b) * (b - a);
    }
    return sum * GAL_LSUN * 1e-8 / (GAL_H_CGS * GAL_C_CGS);
}

typedef struct work {
    const gal_synth_opts *o;
    const gal_stargrid *g;
    const gal_tracks *tracks;
    const gal_imf_table *imf;
    const size_t *iz; /* [nz] place of each metallicity in the tracks */
    gal_ssp *s;
} work;

/* Adds the light of helium stars, which are black bodies of up to 100 kK here. At the metallicities where they lose mass fast (share: 0 at
 * Z <= 0.002, 1 at Z >= 0.008) their winds are opaque beyond the edge of He+ (Smith, Norris & Crowther 2002, MNRAS 337, 1309). Each photon
 * absorbed there is taken to come out as one between that edge and the Lyman limit (recombinations of He+), as many ionising
 * photons as before, and the rest of its energy beyond the limit. */
static void add_winds(const double *wave, size_t n, double share, double *bare, double *lum)
{
    const double edge = GAL_HEII_AA;
    double before = photons(wave, bare, n, GAL_LYMAN_AA), all = gal_trapz(wave, bare, n);
    size_t k = gal_search(wave, n, edge) + 1, m = gal_search(wave, n, GAL_LYMAN_AA) + 1;
    for (size_t i = 0; i < k; i++)
        bare[i] *= 1.0 - share;
    double hard = photons(wave, bare, n, edge), soft = photons(wave, bare, n, GAL_LYMAN_AA) - hard;
    double more = soft > 0.0 ? (before - hard) / soft : 1.0;
    for (size_t i = k; i < m; i++)
        bare[i] *= more;
    double rest = gal_trapz(wave + m, bare + m, n - m), lost = all - gal_trapz(wave, bare, n);
    for (size_t i = 0; i < n; i++)
        lum[i] += bare[i] * (i >= m && rest > 0.0 ? 1.0 + lost / rest : 1.0);
}

/* What one thread works with. */
typedef struct desk {
    double *lum; /* [3][nwave] stars; stars and gas; helium stars */
    gal_iso iso;
    gal_grid_star shine[GAL_ISO_MAX], naked[GAL_ISO_MAX]; /* of the isochrone, in its order; helium stars apart */
    gal_nebular_line *line;
} desk;

static void desk_free(desk *d)
{
    if (!d)
        return;
    gal_free(d->lum);
    gal_free(d->line);
    gal_free(d);
}

static desk *desk_new(const gal_ssp *s)
{
    desk *d = GAL_NEW(desk);
    if (!d)
        return NULL;
    d->lum = GAL_NEWN(double, 3 * s->nwave);
    d->line = GAL_NEWN(gal_nebular_line, s->nline + 1);
    if (!d->lum || !d->line) {
        desk_free(d);
        return NULL;
    }
    return d;
}

/* The light of the stars of an isochrone, in d->lum. */
static void starlight(const work *w, desk *d, double z)
{
    size_t n = w->s->nwave, nshine = 0, nnaked = 0;
    double *lum = d->lum, *bare = lum + 2 * n;
    for (size_t i = 0; i < d->iso.n; i++) {
        const gal_iso_star *x = d->iso.star + i;
        bool naked = x->phase == GAL_SSE_HEMS || x->phase == GAL_SSE_HEGB;
        if (isfinite(x->logl))
            *(naked ? d->naked + nnaked++ : d->shine + nshine++) = (gal_grid_star){x->logteff, x->logg, x->w * x->lum};
    }
    memset(lum, 0, n * sizeof *lum);
    gal_stargrid_add_all(w->g, z, d->shine, nshine, lum);
    if (nnaked == 0)
        return;
    memset(bare, 0, n * sizeof *bare);
    gal_stargrid_add_all(w->g, z, d->naked, nnaked, bare);
    add_winds(w->s->wave, n, gal_sse_metal_ramp(z), bare, lum);
}

static void cell(const work *w, size_t k, desk *d)
{
    const gal_synth_opts *o = w->o;
    gal_ssp *s = w->s;
    gal_iso *iso = &d->iso;
    gal_nebular_line *line = d->line;
    size_t n = s->nwave, ia = k % s->nage, jz = k / s->nage;
    double age = fmax(s->age[ia], youngest), z = s->z[jz], *lum = d->lum;
    gal_isochrone(iso, w->tracks, w->iz[jz], age, w->imf, o->postagb);
    starlight(w, d, z);
    double qh = photons(s->wave, lum, n, GAL_LYMAN_AA), qhei = photons(s->wave, lum, n, GAL_HEI_AA);
    size_t ngrid = s->nz * s->nage;
    for (size_t iu = 0; iu < s->nu; iu++) {
        double *sum = lum;
        if (o->nebular) {
            double u = s->logu ? s->logu[iu] : o->logu;
            if (s->nu > 1)
                sum = memcpy(lum + n, lum, n * sizeof *lum);
            gal_nebular_add(s->wave, n, qh, qhei, z, u, o->fesc, o->fdust, sum, line);
            for (size_t i = 0; i < s->nline; i++)
                s->line_lum[(iu * ngrid + k) * s->nline + i] = (float)line[i].lum;
        }
        float *out = s->lum + (iu * ngrid + k) * n;
        for (size_t i = 0; i < n; i++)
            out[i] = sum[i] > 1e-38 ? (float)sum[i] : 0.0f;
    }
    s->mass[k] = (float)iso->mass;
    s->qh[k] = (float)(qh > 0.0 ? log10(qh) : -INFINITY);
    s->qhei[k] = (float)(qhei > 0.0 ? log10(qhei) : -INFINITY);
    s->rate_cc[k] = (float)iso->rate_cc;
    s->rate_ia[k] = (float)gal_ia_rate(age, w->imf);
}

/* All cells; false when stopped by the user. */
static gal_status run(const work *w)
{
    gal_ssp *s = w->s;
    size_t ncell = s->nz * s->nage, done = 0;
    int stop = 0, nomem = 0;
    double told = gal_clock();
#pragma omp parallel num_threads(gal_threads())
    {
        desk *d = desk_new(s);
        if (!d) {
#pragma omp atomic write
            nomem = 1;
        }
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < ncell; k++) {
            int halt, broke;
#pragma omp atomic read
            halt = stop;
#pragma omp atomic read
            broke = nomem;
            if (halt || broke || !d)
                continue;
            cell(w, k, d);
            size_t now;
#pragma omp atomic capture
            now = ++done;
            if (omp_get_thread_num() == 0) {
                double clock = gal_clock();
                if (w->o->progress && clock - told > 1.0) {
                    told = clock;
                    halt = w->o->progress(w->o->ctx, (double)now / (double)ncell, "populations");
                }
                if (halt || gal_interrupted()) {
#pragma omp atomic write
                    stop = 1;
                }
            }
        }
        desk_free(d);
    }
    if (nomem)
        return gal_fail(GAL_ENOMEM, "synthesis of %zu populations: not enough memory for the threads", ncell);
    if (stop)
        return gal_fail(GAL_EINTR, "synthesis stopped after %zu of %zu populations", done, ncell);
    return GAL_OK;
}

/* ------------------------------------------------------------------ options */
static gal_status check(const gal_synth_opts *o)
{
    if (!(o->logu >= -10.0 && o->logu <= 5.0))
        return gal_fail(GAL_EDOMAIN, "synthesis: ionisation parameter log U = %g, expected -4 .. -1", o->logu);
    for (size_t i = 0; i < (o->logu_axis ? o->nlogu : 0); i++)
        if (!(o->logu_axis[i] >= -10.0 && o->logu_axis[i] <= 5.0))
            return gal_fail(GAL_EDOMAIN, "synthesis: ionisation parameter log U = %g (number %zu), expected -4 .. -1",
                            o->logu_axis[i], i + 1);
    if (o->logu_axis && o->nlogu < 1)
        return gal_fail(GAL_EINVAL, "synthesis: the axis of ionisation parameters is empty");
    if (o->logu_axis && !o->nebular)
        return gal_fail(GAL_EINVAL,
                        "synthesis: an axis of %zu ionisation parameters without nebular emission: set nebular",
                        o->nlogu);
    if (!(o->fesc >= 0.0 && o->fdust >= 0.0 && o->fesc + o->fdust <= 1.0))
        return gal_fail(GAL_EDOMAIN,
                        "synthesis: fractions of ionising photons fesc = %g, fdust = %g: each >= 0 and together <= 1",
                        o->fesc, o->fdust);
    return GAL_OK;
}

static gal_status axes(gal_ssp *s, const gal_synth_opts *o, const gal_tracks *t, size_t *iz)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i < s->nz; i++) {
        double z = o->z ? o->z[i] : t->grid[i].z;
        size_t j = 0;
        while (j < t->nz && fabs(t->grid[j].z - z) > 1e-9 * z)
            j++;
        if (j == t->nz)
            return gal_fail(GAL_EINVAL,
                            "synthesis: metallicity %g (number %zu) is not among the %zu of the tracks given", z, i + 1,
                            t->nz);
        s->z[i] = z;
        iz[i] = j;
    }
    GAL_TRY(gal_check_ascending("synthesis: metallicities", s->z, s->nz));
    for (size_t i = 0; i < s->nage; i++) {
        s->age[i] = o->age ? o->age[i] : pow(10.0, 5.0 + 5.2 * (double)i / (NAGE - 1));
        if (!(s->age[i] >= 0.0 && s->age[i] <= oldest))
            return gal_fail(GAL_EDOMAIN, "synthesis: age %g yr (number %zu) is outside 0 .. %g", s->age[i], i + 1,
                            oldest);
    }
    GAL_TRY(gal_check_ascending("synthesis: ages", s->age, s->nage));
    if (s->nu > 1) {
        memcpy(s->logu, o->logu_axis, s->nu * sizeof *s->logu);
        GAL_TRY(gal_check_ascending("synthesis: ionisation parameters", s->logu, s->nu));
    }
out:
    return st;
}

static gal_status describe(gal_ssp *s, const gal_synth_opts *o)
{
    gal_status st = GAL_OK;
    const gal_imf *f = &o->imf;
    const char *imf = f->name ? f->name : "user";
    char gas[160] = "no nebular emission";
    if (s->nu > 1)
        snprintf(gas, sizeof gas, "nebular continuum and lines, log U %g to %g (%zu), fesc %g, fdust %g", s->logu[0],
                 s->logu[s->nu - 1], s->nu, o->fesc, o->fdust);
    else if (o->nebular)
        snprintf(gas, sizeof gas, "nebular continuum and lines, log U %g, fesc %g, fdust %g", o->logu, o->fesc,
                 o->fdust);
    char *name = gal_asprintf("builtin-%s%s", imf, o->nebular ? "-nebular" : "");
    char *text = gal_asprintf(
        "Synthesised by Galua " GAL_VERSION " from published physics.\n"
        "IMF: %s, %g to %g Msun. Z %g to %g (%zu), ages %g to %g yr (%zu); %s; %s.\n"
        "Tracks: Hurley, Pols & Tout 2000 (MNRAS 315, 543), zero-age main sequence Tout et al. 1996 (MNRAS 281, 257), "
        "their winds with: mass loss of cool supergiants (log L > 5.5) x 30 for Z >= 0.008, x 1 and no LBV eruptions "
        "for Z <= 0.002; superwind of massive AGB stars advanced; red supergiants not cooler than 3800 K (4200 K at Z "
        "<= 0.002); of stars above 11 Msun without a giant branch the first 45 %% (Z <= 0.002: 85 %%) of core He "
        "burning blue; hydrogen burning above 50 Msun shorter by (M/50)^-0.19 (Schaller et al. 1992, A&AS 96, 269); "
        "stars above 20 Msun hotter by 0.05 log(M/20) (Z/0.02)^0.5 dex on the zero-age main sequence (Bressan et al. "
        "2012, "
        "MNRAS 427, 127); deaths of 1.5-3 Msun stars near the AGB boom spread; thermally pulsing AGB at most 5000 K. "
        "Tracks at Z = 1e-4, 3e-4, 0.001, 0.004, 0.01, 0.02, 0.03, interpolated in between. Z > 0.03 extrapolated from "
        "0.02 and "
        "0.03.\n"
        "Remnants: white dwarfs after HPT00, core collapse after Belczynski, Kalogera & Bulik 2002 (ApJ 572, 407). "
        "Type Ia: "
        "t^-1.1 from 40 Myr, 1.3e-3 per Msun (Maoz & Graur 2017, ApJ 848, 25), scaled by the number of 3-8 Msun "
        "stars.\n"
        "Spectra: plane-parallel LTE atmospheres with statistical line blanketing fitted to Castelli & Kurucz 2004; "
        "lines of metals over 3545-8740 A (R = 500 to 7405 A) fitted to MILES stars (Sanchez-Blazquez et al. 2006, "
        "MNRAS "
        "371, 703) and, at low weight, Bruzual & Charlot 2003; light of helium stars below 228 A degraded by their "
        "winds; "
        "black bodies outside 3000-100000 K.",
        imf, f->mlo, f->mhi, s->z[0], s->z[s->nz - 1], s->nz, s->age[0], s->age[s->nage - 1], s->nage, gas,
        o->postagb ? "post-AGB stars" : "no post-AGB stars");
    if (!name || !text)
        st = GAL_ENOMEM;
    else
        st = gal_ssp_set_text(s, name, imf, text);
    gal_free(name);
    gal_free(text);
    return st;
}

/* What the spectra resolve. Within 3545-8740 A the nodes are least-squares coefficients of spectra of 2.5 A (MILES); the lines are
 * claimed to 7405 A, where the stars end, at two steps or R = 500. Elsewhere metals are smooth within the bins of the line law. */
static void resolution(gal_ssp *s)
{
    for (size_t i = 0; i < s->nwave; i++) {
        double w = s->wave[i], step = i + 1 < s->nwave ? s->wave[i + 1] - w : w - s->wave[i - 1];
        bool lines = w >= GAL_LINES_FROM && w < GAL_LINES_TO;
        s->fwhm[i] = (float)(lines ? 2.5 : 0.5 * step * FWHM_OF_SIGMA);
        s->finest[i] = (float)fmax(2.0 * step, lines && w <= 7405.0 ? w / 500.0 : gal_blanketing_step(w));
    }
}

static gal_status name_lines(gal_ssp *s)
{
    gal_status st = GAL_OK;
    size_t n = gal_nebular_nline();
    gal_nebular_line *line = GAL_NEWN(gal_nebular_line, n);
    if (!line)
        return GAL_ENOMEM;
    GAL_TRY(gal_ssp_add_lines(s, n));
    gal_nebular_lines(0.0, 0.0, 0.0, 0.02, -2.5, line);
    for (size_t i = 0; i < n; i++) {
        s->line_wave[i] = line[i].wave;
        if (!(s->line_name[i] = gal_strdup(line[i].name)))
            GAL_TRY(GAL_ENOMEM);
    }
out:
    gal_free(line);
    return st;
}

gal_status gal_ssp_synthesise(gal_ssp **out, const gal_stargrid *g, const gal_synth_opts *opts)
{
    gal_status st = GAL_OK;
    gal_synth_opts one = *opts;
    const gal_synth_opts *o = &one;
    gal_tracks *own = NULL;
    gal_imf_table *imf = NULL;
    gal_ssp *s = NULL;
    size_t *iz = NULL;
    *out = NULL;
    GAL_TRY(check(o));
    if (o->logu_axis && o->nlogu == 1) { /* an axis of one value is none */
        one.logu = o->logu_axis[0];
        one.logu_axis = NULL;
    }
    GAL_TRY(gal_imf_table_create(&imf, &o->imf));
    const gal_tracks *t = o->tracks;
    if (!t) {
        GAL_TRY(gal_tracks_create(&own, o->z, o->nz));
        t = own;
    }
    size_t nz = o->z ? o->nz : t->nz, nw = gal_stargrid_nwave(g);
    GAL_TRY(gal_ssp_create(&s, o->logu_axis ? o->nlogu : 1, nz, o->age ? o->nage : NAGE, nw));
    size_t ncell = nz * s->nage;
    iz = GAL_NEWN(size_t, nz);
    s->mass = GAL_NEWN(float, ncell);
    s->qh = GAL_NEWN(float, ncell);
    s->qhei = GAL_NEWN(float, ncell);
    s->rate_cc = GAL_NEWN(float, ncell);
    s->rate_ia = GAL_NEWN(float, ncell);
    s->fwhm = GAL_NEWN(float, nw);
    s->finest = GAL_NEWN(float, nw);
    if (!iz || !s->mass || !s->qh || !s->qhei || !s->rate_cc || !s->rate_ia || !s->fwhm || !s->finest)
        GAL_TRY(GAL_ENOMEM);
    memcpy(s->wave, gal_stargrid_wave(g), nw * sizeof *s->wave);
    resolution(s);
    GAL_TRY(axes(s, o, t, iz));
    if (o->nebular)
        GAL_TRY(name_lines(s));
    const work w = {.o = o, .g = g, .tracks = t, .imf = imf, .iz = iz, .s = s};
    GAL_TRY(run(&w));
    GAL_TRY(describe(s, o));
    GAL_TRY(gal_ssp_finish(s));
    *out = s;
    s = NULL;
out:
    gal_free(iz);
    gal_ssp_unref(s);
    gal_imf_table_free(imf);
    gal_tracks_free(own);
    return st;
}
