/* Observed spectra: construction, validation, hashing. See galua/spectrum.h; spectrum_table.c reads them from tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galua/spectrum.h"

static gal_status check(const gal_spectrum *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!s->used[i])
            continue;
        const char *what = !isfinite(s->flux[i]) ? "flux" : !isfinite(s->err[i]) || !(s->err[i] > 0) ? "err" : NULL;
        if (what)
            return gal_fail(GAL_EINVAL, "spectrum: pixel %zu (%.7g A): %s is %g: mask the pixel, or give a number%s",
                            i + 1, gal_spec_wave(s->spec)[i], what, *what == 'f' ? s->flux[i] : s->err[i],
                            *what == 'f' ? "" : " above 0");
    }
    return s->nused ? GAL_OK : gal_fail(GAL_EINVAL, "spectrum: all %zu pixels are masked", s->n);
}

gal_status gal_spectrum_create(gal_spectrum **out, gal_spec *spec, const double *flux, const double *err,
                               const double *mask)
{
    gal_status st = GAL_OK;
    size_t n = gal_spec_n(spec);
    gal_spectrum *s = GAL_NEW(gal_spectrum);
    *out = NULL;
    if (!s)
        return GAL_ENOMEM;
    s->spec = gal_spec_ref(spec);
    s->name = gal_strdup("");
    s->n = n;
    s->flux = GAL_NEWN(double, n);
    s->err = GAL_NEWN(double, n);
    s->x = GAL_NEWN(double, n);
    s->used = GAL_NEWN(unsigned char, n);
    if (!s->name || !s->flux || !s->err || !s->x || !s->used)
        GAL_TRY(GAL_ENOMEM);
    memcpy(s->flux, flux, n * sizeof *flux);
    memcpy(s->err, err, n * sizeof *err);
    const double *w = gal_spec_wave(spec);
    for (size_t i = 0; i < n; i++) {
        s->used[i] = !(mask && mask[i] != 0);
        s->nused += s->used[i];
        s->x[i] = n > 1 ? -1 + 2 * (w[i] - w[0]) / (w[n - 1] - w[0]) : 0;
    }
    GAL_TRY(check(s));
    *out = s;
    s = NULL;
out:
    gal_spectrum_free(s);
    return st;
}

void gal_spectrum_free(gal_spectrum *s)
{
    if (!s)
        return;
    gal_spec_unref(s->spec);
    gal_free(s->name);
    gal_free(s->flux);
    gal_free(s->err);
    gal_free(s->x);
    gal_free(s->used);
    gal_free(s->line_wave);
    gal_free(s->line_sd);
    gal_free(s);
}

gal_status gal_spectrum_set_name(gal_spectrum *s, const char *name)
{
    bool plain = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z') || !name[0];
    for (const char *c = name; *c; c++)
        plain =
            plain && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_');
    if (!plain || strlen(name) > 40)
        return gal_fail(GAL_EINVAL, "spectrum: name '%.60s': letters, digits and _, a letter first, at most 40", name);
    char *copy = gal_strdup(name);
    if (!copy)
        return GAL_ENOMEM;
    gal_free(s->name);
    s->name = copy;
    return GAL_OK;
}

gal_status gal_spectrum_set_lines(gal_spectrum *s, size_t n, const double *wave, const double *sd)
{
    if (n > GAL_LINEAR_MAX)
        return gal_fail(GAL_EINVAL, "spectrum: %zu lines with free amplitudes, at most %d", n, GAL_LINEAR_MAX);
    for (size_t i = 0; i < n; i++)
        if (!(wave[i] > 0) || isinf(wave[i]) || !(sd[i] > 0))
            return gal_fail(GAL_EINVAL, "spectrum: line %zu: wavelength %g A, sd %g: both must be positive", i + 1,
                            wave[i], sd[i]);
    double *w = GAL_NEWN(double, n + 1), *v = GAL_NEWN(double, n + 1);
    if (!w || !v) {
        gal_free(w);
        gal_free(v);
        return GAL_ENOMEM;
    }
    memcpy(w, wave, n * sizeof *w);
    memcpy(v, sd, n * sizeof *v);
    gal_free(s->line_wave);
    gal_free(s->line_sd);
    s->nline = n;
    s->line_wave = w;
    s->line_sd = v;
    return GAL_OK;
}

gal_hash gal_spectrum_hash(const gal_spectrum *s)
{
    double head[GAL_POLY_MAX + 6] = {(double)s->calib.mode, (double)s->calib.poly, s->calib.first, s->calib.order,
                                     s->library_r};
    if (s->calib.mode == GAL_CALIB_MARGINALISED)
        memcpy(head + 5, s->calib.sd, ((size_t)s->calib.order + 1) * sizeof *head);
    gal_hash h = gal_hash_combine(gal_spec_hash(s->spec), gal_hash_bytes(head, sizeof head));
    for (size_t i = 0; i < s->n; i++) {
        const double row[2] = {s->used[i] ? s->flux[i] : 0, s->used[i] ? s->err[i] : 0};
        h = gal_hash_combine(h, gal_hash_bytes(row, sizeof row));
    }
    h = gal_hash_combine(h, gal_hash_bytes(s->line_wave, s->nline * sizeof *s->line_wave));
    h = gal_hash_combine(h, gal_hash_bytes(s->line_sd, s->nline * sizeof *s->line_sd));
    return *s->name ? gal_hash_combine(h, gal_hash_bytes(s->name, strlen(s->name))) : h;
}

/* ------------------------------------------------------------------ units */
gal_status gal_spectrum_unit(const char *unit, double lo, double hi, double *factor)
{
    gal_flux_unit u;
    gal_status st = gal_flux_unit_parse(&u, unit);
    if (st != GAL_OK)
        return st;
    if (u.magnitude)
        return gal_fail(GAL_EINVAL, "flux unit '%s': the pixels of a spectrum are no magnitudes", unit);
    *factor = gal_flux_mjy(&u, 1, lo * hi);
    return GAL_OK;
}
