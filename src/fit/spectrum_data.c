/* Observed spectra: construction, validation, hashing, files. See galua/spectrum.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "galua/const.h"
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
    s->n = n;
    s->flux = GAL_NEWN(double, n);
    s->err = GAL_NEWN(double, n);
    s->x = GAL_NEWN(double, n);
    s->used = GAL_NEWN(unsigned char, n);
    if (!s->flux || !s->err || !s->x || !s->used)
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
    gal_free(s->flux);
    gal_free(s->err);
    gal_free(s->x);
    gal_free(s->used);
    gal_free(s->line_wave);
    gal_free(s->line_sd);
    gal_free(s);
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
    return gal_hash_combine(h, gal_hash_bytes(s->line_sd, s->nline * sizeof *s->line_sd));
}

/* ------------------------------------------------------------------ units */
gal_status gal_spectrum_unit(const char *unit, double lo, double hi, double *factor)
{
    double scale = 1, exponent;
    const char *rest = unit;
    char *end;
    while (*rest == ' ')
        rest++;
    if (strncmp(rest, "10^", 3) == 0 || strncmp(rest, "10**", 4) == 0) { /* 10^-17, 10**(-17) */
        const char *p = rest + (rest[2] == '^' ? 3 : 4);
        p += *p == '(';
        exponent = strtod(p, &end);
        if (end != p) {
            scale = pow(10, exponent);
            rest = end + (*end == ')');
        }
    } else {
        double v = strtod(rest, &end);
        if (end != rest && v > 0) {
            scale = v;
            rest = end;
        }
    }
    while (*rest == ' ' || *rest == '*')
        rest++;
    double f;
    if (gal_unit_factor(rest, "mJy", &f) != GAL_OK) {
        char first[400];
        strncpy(first, gal_error_message(), sizeof first - 1);
        first[sizeof first - 1] = 0;
        if (gal_unit_factor(rest, "erg/s/cm2/A", &f) != GAL_OK)
            return gal_fail(GAL_EINVAL, "flux unit '%s' is neither a flux density per frequency nor per wavelength",
                            unit);
        f *= lo * hi / GAL_C_AA * 1e26;
    }
    *factor = f * scale;
    return GAL_OK;
}

/* ------------------------------------------------------------------ tables */
static const gal_column *any_column(const gal_table *t, const char *const *names)
{
    for (; *names; names++)
        for (size_t i = 0; i < t->ncol; i++)
            if (strcasecmp(t->col[i].name, *names) == 0 && !t->col[i].is_text)
                return &t->col[i];
    return NULL;
}

static const char *const WAVE[] = {"wave", "wavelength", "lambda", "lam", "loglam", NULL};
static const char *const FLUX[] = {"flux", "flux_density", "fluxdensity", NULL};
static const char *const ERR[] = {"err", "error", "flux_err", "flux_error", "sigma", "uncertainty", NULL};
static const char *const IVAR[] = {"ivar", NULL};
static const char *const MASK[] = {"mask", "quality", "and_mask", "flag", NULL};
static const char *const RES[] = {"R", "resolution", NULL};
static const char *const WIDTH[] = {"fwhm", NULL};
static const char *const WDISP[] = {"wdisp", NULL};

bool gal_spectrum_is(const gal_table *t)
{
    return !gal_table_column(t, "band") && any_column(t, WAVE) && any_column(t, FLUX);
}

static gal_status wave_factor(const gal_table *t, const gal_column *c, double *factor)
{
    const char *unit = *c->unit ? c->unit : gal_table_meta(t, "wave_unit");
    if (!unit || !*unit) {
        if (strcasecmp(c->name, "loglam") != 0)
            return gal_fail(GAL_EFORMAT, "%s: column '%s' has no unit: name it %s[A], or add the line '# wave_unit: A'",
                            t->path, c->name, c->name);
        unit = "A"; /* loglam of SDSS: log10 of A by definition */
    }
    if (strcasecmp(c->name, "loglam") == 0) {
        *factor = 1;
        return GAL_OK;
    }
    gal_status st = gal_unit_factor(unit, "A", factor);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s: column '%s'", t->path, c->name);
}

typedef struct {
    double *wave, *flux, *err, *mask, *res;
} arrays;

static gal_status fill(const gal_table *t, arrays *a, gal_spec_opts *o)
{
    gal_status st = GAL_OK;
    const gal_column *w = any_column(t, WAVE), *m = any_column(t, MASK), *r = any_column(t, RES),
                     *f = any_column(t, WIDTH), *d = any_column(t, WDISP);
    double k;
    bool loglam = w && strcasecmp(w->name, "loglam") == 0;
    if (!w)
        return gal_fail(GAL_ENOTFOUND, "%s: no column of wavelengths (wave, wavelength, lambda, loglam)", t->path);
    GAL_TRY(wave_factor(t, w, &k));
    for (size_t i = 0; i < t->nrow; i++) {
        a->wave[i] = loglam ? pow(10, w->num[i]) : w->num[i] * k;
        a->mask[i] = m ? (isnan(m->num[i]) || m->num[i] != 0) : 0;
        if (r || f)
            a->res[i] = r ? r->num[i] : f->num[i] * k;
        else if (d && loglam && t->nrow > 1) { /* standard deviation in pixels; 0 where SDSS has no data */
            double step = i + 1 < t->nrow ? w->num[i + 1] - w->num[i] : w->num[i] - w->num[i - 1];
            a->res[i] = a->wave[i] * (pow(10, step) - 1) * 2.3548200450309493 * fmax(d->num[i], 0.1);
        }
    }
    o->wave = a->wave;
    if (o->R == 0 && r)
        o->res = a->res;
    else if (o->R == 0 && (f || (d && loglam)))
        o->fwhm = a->res;
out:
    return st;
}

static gal_status fill_flux(const gal_table *t, const gal_spec *spec, const char *given, arrays *a)
{
    const gal_column *f = any_column(t, FLUX), *e = any_column(t, ERR), *v = any_column(t, IVAR);
    if (!f || !(e || v))
        return gal_fail(GAL_ENOTFOUND, "%s: a spectrum needs columns flux and err (or ivar)", t->path);
    const char *unit = *f->unit ? f->unit : given ? given : gal_table_meta(t, "flux_unit");
    if (!unit || !*unit)
        return gal_fail(
            GAL_EFORMAT,
            "%s: column '%s' has no unit: add the line '# flux_unit: erg/s/cm2/A' (1e-17 erg/s/cm2/A, uJy ...) or say "
            "unit = '...'",
            t->path, f->name);
    for (size_t i = 0; i < t->nrow; i++) {
        double k, ke, lo = gal_spec_lo(spec)[i], hi = gal_spec_hi(spec)[i];
        gal_status st = gal_spectrum_unit(unit, lo, hi, &k);
        if (st == GAL_OK)
            st = gal_spectrum_unit(e && *e->unit ? e->unit : unit, lo, hi, &ke);
        if (st != GAL_OK)
            return gal_fail_prefix(st, "%s", t->path);
        a->flux[i] = f->num[i] * k;
        if (!e && v->num[i] == 0)
            a->mask[i] = 1;
        a->err[i] = e ? e->num[i] * ke : 1 / sqrt(v->num[i]) * k;
    }
    return GAL_OK;
}

gal_status gal_spectrum_from_table(gal_spectrum **out, const gal_table *t, double R, int air, const char *unit)
{
    gal_status st = GAL_OK;
    gal_spec *spec = NULL;
    size_t n = t->nrow;
    arrays a = {.wave = GAL_NEWN(double, 5 * n + 1)};
    *out = NULL;
    if (!a.wave)
        return GAL_ENOMEM;
    a.flux = a.wave + n;
    a.err = a.wave + 2 * n;
    a.mask = a.wave + 3 * n;
    a.res = a.wave + 4 * n;
    const char *r = gal_table_meta(t, "R"), *in_air = gal_table_meta(t, "air");
    gal_spec_opts o = {.n = n, .R = R};
    o.air = air >= 0 ? air > 0
                     : in_air && (strcasecmp(in_air, "true") == 0 || strcasecmp(in_air, "yes") == 0 || *in_air == '1');
    if (R == 0 && r && !gal_parse_double(r, &o.R))
        GAL_THROW(GAL_EFORMAT, "%s: R '%s' is not a number", t->path, r);
    GAL_TRY(fill(t, &a, &o));
    GAL_TRY(gal_spec_create(&spec, &o));
    GAL_TRY(fill_flux(t, spec, unit, &a));
    GAL_TRY(gal_spectrum_create(out, spec, a.flux, a.err, a.mask));
out:
    gal_spec_unref(spec);
    gal_free(a.wave);
    if (st != GAL_OK && *t->path && !strstr(gal_error_message(), t->path))
        gal_fail_prefix(st, "%s", t->path);
    return st;
}

gal_status gal_spectrum_read(gal_spectrum **out, const char *path, double R, int air, const char *unit)
{
    gal_table *t;
    *out = NULL;
    gal_status st = gal_table_read(&t, path);
    if (st != GAL_OK)
        return st;
    st = gal_spectrum_from_table(out, t, R, air, unit);
    gal_table_free(t);
    return st;
}
