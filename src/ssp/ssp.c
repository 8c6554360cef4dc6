/* SSP tables: creation, validation, reference counting, identity (hash). Formats live beside: fmt_*.c; the closed-form
 * library for tests in synthetic.c; the human summary in info.c. Units: wavelength A (vacuum), age yr, Z absolute mass
 * fraction, luminosity Lsun/A per Msun formed. A finished table is immutable: any thread may read it. */
#include "ssp_int.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LUM_TINY   FLT_MIN /* below: 0, so that no denormal ever reaches a hot loop */
#define NO_PHOTONS -99.f

gal_status gal_ssp_create(gal_ssp **out, size_t nu, size_t nz, size_t nage, size_t nwave)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    size_t nlum;
    *out = NULL;
    if (nu < 1 || nz < 1 || nage < 2 || nwave < 2)
        return gal_fail(GAL_EINVAL,
                        "SSP table of %zu logU x %zu Z x %zu ages x %zu wavelengths: needs at least 1 x 1 x 2 x 2", nu,
                        nz, nage, nwave);
    if (__builtin_mul_overflow(nu, nz, &nlum) || __builtin_mul_overflow(nlum, nage, &nlum) ||
        __builtin_mul_overflow(nlum, nwave, &nlum) || nlum > SIZE_MAX / 16)
        return gal_fail(GAL_EINVAL, "SSP table of %zu logU x %zu Z x %zu ages x %zu wavelengths: too large", nu, nz,
                        nage, nwave);
    if (!(s = GAL_NEW(gal_ssp)))
        return GAL_ENOMEM;
    s->refs = 1;
    s->nu = nu;
    s->nz = nz;
    s->nage = nage;
    s->nwave = nwave;
    if (!(s->wave = GAL_NEWN(double, nwave)) || !(s->age = GAL_NEWN(double, nage)) || !(s->z = GAL_NEWN(double, nz)) ||
        (nu > 1 && !(s->logu = GAL_NEWN(double, nu))) || !(s->lum = GAL_NEWN(float, nlum)))
        GAL_TRY(GAL_ENOMEM);
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(s);
    return st;
}

gal_status gal_ssp_add_lines(gal_ssp *s, size_t nline)
{
    if (s->nline || nline < 1 || nline > 100000)
        return gal_fail(GAL_EINVAL, "SSP table: %zu emission lines asked (1 to 100000, once)", nline);
    s->line_name = GAL_NEWN(char *, nline);
    s->line_wave = GAL_NEWN(double, nline);
    s->line_lum = GAL_NEWN(float, s->nu * s->nz * s->nage * nline);
    s->nline = nline;
    return s->line_name && s->line_wave && s->line_lum ? GAL_OK : GAL_ENOMEM;
}

static gal_status set_one(char **field, const char *text)
{
    char *copy = NULL;
    if (!text)
        return GAL_OK;
    if (!(copy = gal_strdup(text)))
        return GAL_ENOMEM;
    gal_free(*field);
    *field = copy;
    return GAL_OK;
}

gal_status gal_ssp_set_text(gal_ssp *s, const char *name, const char *imf, const char *provenance)
{
    gal_status st = GAL_OK;
    GAL_TRY(set_one(&s->name, name));
    GAL_TRY(set_one(&s->imf, imf));
    GAL_TRY(set_one(&s->provenance, provenance));
out:
    return st;
}

gal_ssp *gal_ssp_ref(gal_ssp *s)
{
    if (s)
        __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void gal_ssp_unref(gal_ssp *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; s->line_name && i < s->nline; i++)
        gal_free(s->line_name[i]);
    void *owned[] = {s->wave,     s->age,  s->z,       s->logu,       s->lum,       s->mass,
                     s->qh,       s->qhei, s->rate_cc, s->rate_ia,    s->line_name, s->line_wave,
                     s->line_lum, s->name, s->imf,     s->provenance, s->fwhm,      s->finest};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        gal_free(owned[i]);
    gal_free(s);
}

double gal_ssp_width(const gal_ssp *s, const float *column, double wave)
{
    size_t i = gal_search(s->wave, s->nwave, wave);
    double f = (wave - s->wave[i]) / (s->wave[i + 1] - s->wave[i]);
    f = fmin(1.0, fmax(0.0, f));
    return (double)column[i] + f * ((double)column[i + 1] - (double)column[i]);
}

double gal_ssp_finest(const gal_ssp *s, double wave)
{
    if (s->finest || s->fwhm)
        return gal_ssp_width(s, s->finest ? s->finest : s->fwhm, wave);
    size_t i = gal_search(s->wave, s->nwave, wave);
    return 2.0 * (s->wave[i + 1] - s->wave[i]);
}

const ssp_optional ssp_optionals[SSP_NOPTIONAL] = {
    {"mass", "Msun/Msun", "surviving stellar mass including remnants per Msun formed", offsetof(gal_ssp, mass), false},
    {"qh", "log10(1/s/Msun)", "log10 photon rate below 911.75 A per Msun formed", offsetof(gal_ssp, qh), false},
    {"qhei", "log10(1/s/Msun)", "log10 photon rate below 504.26 A per Msun formed", offsetof(gal_ssp, qhei), false},
    {"rate_cc", "1/yr/Msun", "core-collapse supernova rate per Msun formed", offsetof(gal_ssp, rate_cc), false},
    {"rate_ia", "1/yr/Msun", "type Ia supernova rate per Msun formed", offsetof(gal_ssp, rate_ia), false},
    {"fwhm", "Angstrom", "line spread that the spectra have (FWHM)", offsetof(gal_ssp, fwhm), true},
    {"finest", "Angstrom", "FWHM below which features are not real", offsetof(gal_ssp, finest), true},
};

/* ------------------------------------------------------------------ validation */
static gal_status check_axis(const char *what, const char *unit, const double *x, size_t n, double lo, double hi,
                             bool lo_open)
{
    gal_status st = gal_check_ascending(what, x, n);
    if (st != GAL_OK)
        return st;
    for (size_t k = 0; k < 2; k++) {
        size_t i = k ? n - 1 : 0;
        if (x[i] < lo || x[i] > hi || (lo_open && x[i] == lo))
            return gal_fail(GAL_EFORMAT, "%s: value %zu is %g%s%s, outside %g .. %g", what, i + 1, x[i],
                            *unit ? " " : "", unit, lo, hi);
    }
    return GAL_OK;
}

static gal_status check_lum(gal_ssp *s)
{
    size_t nspec = s->nu * s->nz * s->nage;
    for (size_t k = 0; k < nspec; k++) {
        float *l = s->lum + k * s->nwave;
        size_t ia = k % s->nage, iz = k / s->nage % s->nz;
        for (size_t i = 0; i < s->nwave; i++) {
            if (!(l[i] >= 0) || isinf(l[i]))
                return gal_fail(GAL_EFORMAT, "luminosity at Z %g, age %g yr, wavelength %g A is %s", s->z[iz],
                                s->age[ia], s->wave[i],
                                isnan(l[i])   ? "NaN"
                                : isinf(l[i]) ? "infinite"
                                              : "negative");
            if (l[i] < LUM_TINY)
                l[i] = 0; /* also turns -0 into 0 */
        }
    }
    return GAL_OK;
}

static gal_status check_widths(const gal_ssp *s, const char *name, float *x)
{
    for (size_t i = 0; x && i < s->nwave; i++)
        if (!(x[i] >= 0 && x[i] <= s->wave[i]))
            return gal_fail(GAL_EFORMAT, "%s at %g A is %g A, expected 0 up to the wavelength", name, s->wave[i],
                            (double)x[i]);
    return GAL_OK;
}

static gal_status check_optional(const gal_ssp *s, const char *name, float *x)
{
    bool log = strncmp(name, "qh", 2) == 0, mass = strcmp(name, "mass") == 0;
    for (size_t i = 0; x && i < s->nz * s->nage; i++) {
        double z = s->z[i / s->nage], age = s->age[i % s->nage];
        if (log && isinf(x[i]) && x[i] < 0)
            x[i] = NO_PHOTONS;
        if (!isfinite(x[i]))
            return gal_fail(GAL_EFORMAT, "%s at Z %g, age %g yr is %s", name, z, age, isnan(x[i]) ? "NaN" : "infinite");
        if (!log && x[i] < 0)
            return gal_fail(GAL_EFORMAT, "%s at Z %g, age %g yr is negative (%g)", name, z, age, (double)x[i]);
        if (mass && x[i] > 1.001f)
            return gal_fail(GAL_EFORMAT, "mass at Z %g, age %g yr is %g: more than was formed", z, age, (double)x[i]);
        if (!log && x[i] < LUM_TINY)
            x[i] = 0;
    }
    return GAL_OK;
}

static gal_status check_lines(gal_ssp *s)
{
    for (size_t i = 0; i < s->nline; i++) {
        if (!s->line_name[i])
            return gal_fail(GAL_EFORMAT, "emission line %zu has no name", i + 1);
        if (!(s->line_wave[i] > 0 && s->line_wave[i] < 1e12))
            return gal_fail(GAL_EFORMAT, "wavelength of emission line %zu (%s) is %g A", i + 1, s->line_name[i],
                            s->line_wave[i]);
    }
    for (size_t i = 0; i < s->nu * s->nz * s->nage * s->nline; i++) {
        float *l = &s->line_lum[i];
        size_t k = i / s->nline % (s->nz * s->nage);
        if (!(*l >= 0) || isinf(*l))
            return gal_fail(GAL_EFORMAT, "luminosity of emission line %zu (%s) at Z %g, age %g yr is %s",
                            i % s->nline + 1, s->line_name[i % s->nline], s->z[k / s->nage], s->age[k % s->nage],
                            isnan(*l)   ? "NaN"
                            : isinf(*l) ? "infinite"
                                        : "negative");
        if (*l < LUM_TINY)
            *l = 0;
    }
    return GAL_OK;
}

static gal_hash mix(gal_hash h, const void *data, size_t bytes)
{
    return gal_hash_combine(h, gal_hash_bytes(data, bytes));
}

static gal_hash hash_of(const gal_ssp *s)
{
    uint64_t shape[5] = {s->nu, s->nz, s->nage, s->nwave, s->nline};
    size_t ngrid = s->nz * s->nage;
    gal_hash h = gal_hash_bytes(shape, sizeof shape);
    h = mix(h, s->wave, s->nwave * sizeof(double));
    h = mix(h, s->age, s->nage * sizeof(double));
    h = mix(h, s->z, s->nz * sizeof(double));
    if (s->logu)
        h = mix(h, s->logu, s->nu * sizeof(double));
    h = mix(h, s->lum, s->nu * ngrid * s->nwave * sizeof(float));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++) {
        const float *x = *ssp_optional_of(s, i);
        if (x) {
            h = mix(h, ssp_optionals[i].name, strlen(ssp_optionals[i].name));
            h = mix(h, x, ssp_optional_len(s, i) * sizeof(float));
        }
    }
    for (size_t i = 0; i < s->nline; i++)
        h = mix(h, s->line_name[i], strlen(s->line_name[i]) + 1);
    if (s->nline) {
        h = mix(h, s->line_wave, s->nline * sizeof(double));
        h = mix(h, s->line_lum, s->nu * ngrid * s->nline * sizeof(float));
    }
    return h;
}

gal_status gal_ssp_finish(gal_ssp *s)
{
    gal_status st = GAL_OK;
    GAL_TRY(check_axis("wavelength axis", "A", s->wave, s->nwave, 0, 1e12, true));
    GAL_TRY(check_axis("age axis", "yr", s->age, s->nage, 0, 1e12, false));
    GAL_TRY(check_axis("metallicity axis", "", s->z, s->nz, 0, 1, false));
    if (s->nu > 1)
        GAL_TRY(check_axis("logU axis", "", s->logu, s->nu, -10, 5, false));
    GAL_TRY(check_lum(s));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        GAL_TRY((ssp_optionals[i].per_wave ? check_widths : check_optional)(s, ssp_optionals[i].name,
                                                                            *ssp_optional_of(s, i)));
    GAL_TRY(check_lines(s));
    GAL_TRY(gal_ssp_set_text(s, s->name ? NULL : "", s->imf ? NULL : "", s->provenance ? NULL : ""));
    s->hash = hash_of(s);
out:
    if (st != GAL_OK && st != GAL_ENOMEM)
        gal_fail_prefix(st, "SSP table%s%s", s->name && *s->name ? " " : "", s->name ? s->name : "");
    return st;
}
