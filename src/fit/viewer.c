/* A galaxy seen by an instrument. See galua/spectrum.h. */
#include <math.h>
#include <string.h>

#include "fit/line_set.h"
#include "galua/const.h"
#include "galua/num.h"
#include "galua/spectrum.h"
#include "num/gauss.h"

struct gal_viewer {
    const gal_galaxy *g;
    gal_spec *spec;
    gal_spec_ws *ws;
    line_set lines;
    double *lum;   /* [lines] */
    double *minus; /* [nwave] */
    double *back;  /* [nwave + pixels + lines] of derivatives */
};

double model_fwhm(const gal_galaxy *g, size_t k, double *finest)
{
    const gal_ssp *s = gal_galaxy_ssp(g);
    const double *w = gal_galaxy_wave(g);
    double step = k + 1 < gal_galaxy_nwave(g) ? w[k + 1] - w[k] : w[k] - w[k - 1], fwhm = 0.5 * step * FWHM_OF_SIGMA;
    bool inside = w[k] >= s->wave[0] && w[k] <= s->wave[s->nwave - 1];
    if (inside && s->fwhm)
        fwhm = gal_ssp_width(s, s->fwhm, w[k]);
    *finest = inside && s->finest ? gal_ssp_width(s, s->finest, w[k]) : fwhm;
    return fwhm;
}

gal_status gal_viewer_create(gal_viewer **out, const gal_galaxy *g, gal_spec *spec, double library_r)
{
    gal_status st = GAL_OK;
    size_t n = gal_galaxy_nwave(g);
    const double *w = gal_galaxy_wave(g);
    gal_viewer *v = GAL_NEW(gal_viewer);
    double *fwhm = GAL_NEWN(double, 2 * n), *finest = fwhm ? fwhm + n : NULL;
    *out = NULL;
    if (!v || !fwhm || !(v->minus = GAL_NEWN(double, n)))
        GAL_TRY(GAL_ENOMEM);
    v->g = g;
    v->spec = gal_spec_ref(spec);
    for (size_t k = 0; k < n; k++)
        if (library_r > 0)
            fwhm[k] = finest[k] = w[k] / library_r;
        else
            fwhm[k] = model_fwhm(g, k, &finest[k]);
    GAL_TRY(gal_spec_ws_create(&v->ws, spec, w, n, library_r < 0 ? NULL : fwhm, library_r < 0 ? NULL : finest));
    GAL_TRY(line_set_take(&v->lines, g));
    if (!(v->lum = GAL_NEWN(double, v->lines.n + 1)) ||
        !(v->back = GAL_NEWN(double, n + gal_spec_n(spec) + v->lines.n + 1)))
        GAL_TRY(GAL_ENOMEM);
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
    line_set_clear(&v->lines);
    gal_free(v->lum);
    gal_free(v->minus);
    gal_free(v->back);
    gal_free(v);
}

double gal_viewer_coarse(const gal_viewer *v)
{
    return gal_spec_ws_coarse(v->ws);
}

double gal_viewer_sigma_gas(const gal_viewer *v)
{
    return v->lines.sigma;
}

/* lum less the lines on the grid, into v->minus; what the IGM leaves of them into v->lum */
static const double *without_lines(gal_viewer *v, const gal_galaxy_ws *w, const double *lum, const double *trans)
{
    const double *seen = gal_galaxy_line_seen(w), *wave = gal_galaxy_wave(v->g);
    memcpy(v->minus, lum, gal_galaxy_nwave(v->g) * sizeof *lum);
    line_set_subtract(&v->lines, w, v->minus);
    for (size_t l = 0; l < v->lines.n; l++) {
        bool on = v->lines.on[l].count > 0;
        v->lum[l] =
            on ? seen[l] * (trans ? gal_interp(wave, trans, gal_galaxy_nwave(v->g), v->lines.wave[l], GAL_CLAMP) : 1)
               : 0;
    }
    return v->minus;
}

gal_status gal_viewer_flux(gal_viewer *v, const gal_galaxy_ws *w, const double *theta, size_t comp,
                           const gal_kinematics *k, double *flux)
{
    double factor, z = theta[GAL_P_REDSHIFT], opz = 1 + z;
    const double *lo = gal_spec_lo(v->spec), *hi = gal_spec_hi(v->spec);
    size_t n = gal_spec_n(v->spec);
    gal_status st = gal_galaxy_flux_factor(v->g, theta, &factor);
    if (st == GAL_OK)
        st = gal_spec_ws_set(v->ws, z, k->sigma_v, k->shift);
    if (st == GAL_OK)
        st = gal_galaxy_covers(v->g, "spectrum", lo[0] / opz, hi[n - 1] / opz);
    if (st != GAL_OK)
        return st;
    const double *lum = gal_galaxy_lum(w, comp), *trans = gal_galaxy_transmission(w);
    bool lines = v->lines.n > 0 && gal_galaxy_spectrum_has_lines(v->g, comp);
    if (lines)
        lum = without_lines(v, w, lum, trans);
    gal_spec_continuum(v->ws, lum, trans, flux);
    if (lines)
        gal_spec_lines(v->ws, v->lines.wave, v->lum, v->lines.n, isnan(k->sigma_gas) ? v->lines.sigma : k->sigma_gas,
                       flux);
    for (size_t i = 0; i < n; i++)
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

gal_status gal_viewer_back(gal_viewer *v, const gal_galaxy_ws *w, const double *theta, const gal_kinematics *k,
                           const double *gflux, double *glum, double *gtrans, double *gseen)
{
    double factor, z = theta[GAL_P_REDSHIFT], opz = 1 + z;
    const double *lo = gal_spec_lo(v->spec), *hi = gal_spec_hi(v->spec), *wave = gal_galaxy_wave(v->g);
    size_t n = gal_galaxy_nwave(v->g), np = gal_spec_n(v->spec);
    double *gy = v->back, *gpix = gy + n, *gline = gpix + np;
    gal_status st = gal_galaxy_flux_factor(v->g, theta, &factor);
    if (st == GAL_OK)
        st = gal_spec_ws_set(v->ws, z, k->sigma_v, k->shift);
    if (st != GAL_OK)
        return st;
    const double *lum = gal_galaxy_lum(w, GAL_COMP_TOTAL), *trans = gal_galaxy_transmission(w),
                 *seen = gal_galaxy_line_seen(w);
    if (v->lines.n > 0)
        lum = without_lines(v, w, lum, trans);
    for (size_t i = 0; i < np; i++)
        gpix[i] = gflux[i] * factor * lo[i] * hi[i] / (opz * opz);
    gal_spec_continuum_back(v->ws, gpix, gy);
    gal_spec_lines_back(v->ws, v->lines.wave, v->lines.n, isnan(k->sigma_gas) ? v->lines.sigma : k->sigma_gas, gpix,
                        gline);
    for (size_t i = 0; i < n; i++) {
        if (trans && gtrans)
            gtrans[i] += gy[i] * lum[i];
        gy[i] *= trans ? trans[i] : 1;
        glum[i] += gy[i];
    }
    for (size_t l = 0; l < v->lines.n; l++) {
        const line_profile *p = &v->lines.on[l];
        if (!p->count)
            continue; /* the line is in the continuum */
        for (size_t i = 0; i < p->count; i++)
            gseen[l] -= gy[p->first + i] * v->lines.weight[p->at + i];
        gseen[l] += gline[l] * (trans ? gal_interp(wave, trans, n, v->lines.wave[l], GAL_CLAMP) : 1);
        if (!trans || !gtrans)
            continue;
        size_t i = gal_search(wave, n, v->lines.wave[l]);
        double f = (v->lines.wave[l] - wave[i]) / (wave[i + 1] - wave[i]);
        gtrans[i] += gline[l] * seen[l] * (1 - f);
        gtrans[i + 1] += gline[l] * seen[l] * f;
    }
    return GAL_OK;
}
