/* A galaxy seen by an instrument, and its spectral indices. See galua/spectrum.h. */
#include <math.h>
#include <string.h>

#include "galua/const.h"
#include "galua/num.h"
#include "galua/spectrum.h"

enum { SPAN = 48 }; /* nodes of one line on the grid */
typedef struct {
    size_t first, count, at;
} profile;

struct gal_viewer {
    const gal_galaxy *g;
    gal_spec *spec;
    gal_spec_ws *ws;
    size_t nline, nprofile;
    double sigma_gas;           /* of the nebular component [km/s] */
    double *wave, *lum, *minus; /* [nline], [nwave] */
    profile *line;
    double *weight;
};

/* The velocity dispersion with which the lines of the galaxy lie on its grid; 0: there is no component with such an option. */
static double component_sigma(const gal_galaxy *g)
{
    for (size_t i = 0; i < gal_galaxy_ncomponent(g); i++) {
        const gal_component *c = gal_galaxy_component(g, i);
        const gal_component_class *k = gal_component_class_of(c);
        for (size_t j = 0; k->nlines && j < k->noption; j++)
            if (strcmp(k->option[j].name, "sigma") == 0) {
                const gal_option_value *v = gal_component_options(c);
                return v && v[j].given ? v[j].number : k->option[j].number;
            }
    }
    return 0;
}

static gal_status take_lines(gal_viewer *v)
{
    const gal_galaxy *g = v->g;
    size_t n = gal_galaxy_nwave(g), used = 0;
    v->nline = gal_galaxy_nlines(g);
    v->sigma_gas = component_sigma(g);
    if (!v->nline || !(v->sigma_gas > 0)) {
        v->nline = 0; /* lines that no one can take off stay in the spectrum */
        return GAL_OK;
    }
    v->wave = GAL_NEWN(double, 2 * v->nline);
    v->line = GAL_NEWN(profile, v->nline);
    v->weight = GAL_NEWN(double, v->nline *SPAN);
    if (!v->wave || !v->line || !v->weight)
        return GAL_ENOMEM;
    v->lum = v->wave + v->nline;
    for (size_t l = 0; l < v->nline; l++) {
        double w = v->wave[l] = gal_galaxy_line(g, l)->wave, s = v->sigma_gas > 1 ? v->sigma_gas : 1;
        profile *p = &v->line[l];
        p->at = used;
        p->count =
            gal_spec_line_on_grid(gal_galaxy_wave(g), n, w, w * s * 1e5 / GAL_C_CGS, &p->first, v->weight + used, SPAN);
        used += p->count;
    }
    return GAL_OK;
}

gal_status gal_viewer_create(gal_viewer **out, const gal_galaxy *g, gal_spec *spec, double library_r)
{
    gal_status st = GAL_OK;
    size_t n = gal_galaxy_nwave(g);
    const double *w = gal_galaxy_wave(g);
    gal_viewer *v = GAL_NEW(gal_viewer);
    double *fwhm = GAL_NEWN(double, n);
    *out = NULL;
    if (!v || !fwhm || !(v->minus = GAL_NEWN(double, n)))
        GAL_TRY(GAL_ENOMEM);
    v->g = g;
    v->spec = gal_spec_ref(spec);
    /* a node is the mean of its cell, and lies on straight lines: together a standard deviation of half a step */
    for (size_t k = 0; k < n; k++) {
        double step = k + 1 < n ? w[k + 1] - w[k] : w[k] - w[k - 1];
        fwhm[k] = library_r > 0 ? w[k] / library_r : 0.5 * step * 2.3548200450309493;
    }
    GAL_TRY(gal_spec_ws_create(&v->ws, spec, w, n, library_r < 0 ? NULL : fwhm));
    GAL_TRY(take_lines(v));
    *out = v;
    v = NULL;
out:
    gal_free(fwhm);
    gal_viewer_free(v);
    return st;
}

void gal_viewer_free(gal_viewer *v)
{
    if (!v)
        return;
    gal_spec_ws_free(v->ws);
    gal_spec_unref(v->spec);
    gal_free(v->wave);
    gal_free(v->line);
    gal_free(v->weight);
    gal_free(v->minus);
    gal_free(v);
}

double gal_viewer_coarse(const gal_viewer *v)
{
    return gal_spec_ws_coarse(v->ws);
}

double gal_viewer_sigma_gas(const gal_viewer *v)
{
    return v->sigma_gas;
}

/* lum less the lines on the grid, into v->minus; what the IGM leaves of them into v->lum */
static const double *without_lines(gal_viewer *v, const gal_galaxy_ws *w, const double *lum, const double *trans)
{
    const gal_galaxy *g = v->g;
    const double *seen = gal_galaxy_line_seen(w), *wave = gal_galaxy_wave(g);
    memcpy(v->minus, lum, gal_galaxy_nwave(g) * sizeof *lum);
    for (size_t l = 0; l < v->nline; l++) {
        const profile *p = &v->line[l];
        v->lum[l] = p->count ? seen[l] : 0;
        if (!p->count)
            continue;
        double *m = v->minus + p->first;
        const double *u = v->weight + p->at;
        for (size_t k = 0; k < p->count; k++)
            m[k] -= seen[l] * u[k];
        if (trans) {
            size_t k = gal_search(wave, gal_galaxy_nwave(g), v->wave[l]);
            double f = (v->wave[l] - wave[k]) / (wave[k + 1] - wave[k]);
            v->lum[l] *= trans[k] + f * (trans[k + 1] - trans[k]);
        }
    }
    return v->minus;
}

gal_status gal_viewer_flux(gal_viewer *v, const gal_galaxy_ws *w, const double *theta, size_t comp,
                           const gal_kinematics *k, double *flux)
{
    double factor, z = theta[1], opz = 1 + z;
    gal_status st = gal_galaxy_flux_factor(v->g, theta, &factor);
    if (st == GAL_OK)
        st = gal_spec_ws_set(v->ws, z, k->sigma_v, k->shift);
    if (st != GAL_OK)
        return st;
    const double *lum = gal_galaxy_lum(w, comp), *trans = gal_galaxy_transmission(w);
    bool lines = v->nline && (comp == GAL_COMP_TOTAL || strcmp(gal_galaxy_spectrum_name(v->g, comp), "nebular") == 0);
    if (lines)
        lum = without_lines(v, w, lum, trans);
    gal_spec_continuum(v->ws, lum, trans, flux);
    if (lines)
        gal_spec_lines(v->ws, v->wave, v->lum, v->nline, isnan(k->sigma_gas) ? v->sigma_gas : k->sigma_gas, flux);
    const double *lo = gal_spec_lo(v->spec), *hi = gal_spec_hi(v->spec);
    for (size_t i = 0; i < gal_spec_n(v->spec); i++)
        flux[i] *= factor * lo[i] * hi[i] / (opz * opz);
    return GAL_OK;
}

void gal_viewer_line(const gal_viewer *v, double wave, double sigma, double *out)
{
    const double *lo = gal_spec_lo(v->spec), *hi = gal_spec_hi(v->spec), one = 1;
    size_t n = gal_spec_n(v->spec);
    memset(out, 0, n * sizeof *out);
    gal_spec_lines(v->ws, &wave, &one, 1, sigma, out); /* (1+z) per A: the line is 1 in the rest frame's A */
    double opz = gal_spec_ws_opz(v->ws);
    for (size_t i = 0; i < n; i++)
        out[i] *= lo[i] * hi[i] / (GAL_C_AA * opz) * 1e26;
}

/* ------------------------------------------------------------------ indices */
gal_status gal_galaxy_index(const gal_galaxy *g, const gal_galaxy_ws *w, const gal_index *i, double sigma_v, bool lick,
                            double *work, double *out)
{
    const double *wave = gal_galaxy_wave(g), *lum = gal_galaxy_lum(w, GAL_COMP_TOTAL);
    size_t n = gal_galaxy_nwave(g), a, b;
    double lo, hi, reach;
    if (!(sigma_v >= 0 && sigma_v <= 5000))
        return gal_fail(GAL_EDOMAIN, "index: sigma_v = %g km/s is not in 0 .. 5000", sigma_v);
    if (sigma_v > 0 || lick) {
        gal_index_range(i, &lo, &hi);
        reach = 8 * (hi * sigma_v * 1e5 / GAL_C_CGS + 6);
        a = gal_search(wave, n, lo - reach);
        b = gal_search(wave, n, hi + reach) + 2;
        a = a > 2 ? a - 2 : 0;
        b = b + 2 < n ? b + 2 : n;
        for (size_t k = a; k < b; k++) {
            double s = wave[k] * sigma_v * 1e5 / GAL_C_CGS, fwhm = lick && i->air ? gal_lick_fwhm(wave[k]) : 0;
            double step = 0.5 * (k + 1 < n ? wave[k + 1] - wave[k] : 0),
                   more = fwhm * fwhm / 5.545177444479562 - step * step;
            work[k] = sqrt(s * s + (more > 0 ? more : 0));
        }
        gal_spec_smooth(wave + a, lum + a, b - a, work + a, work + n + a);
        *out = gal_index_value(i, wave + a, work + n + a, b - a);
    } else {
        *out = gal_index_value(i, wave, lum, n);
    }
    return isnan(*out) ? gal_fail(GAL_EMATH, "index '%s': the continuum is not positive", i->name) : GAL_OK;
}
