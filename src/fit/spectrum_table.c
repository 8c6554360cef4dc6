/* Spectra from tables: which columns are wavelength, flux, error, mask and resolution, their units, and what a header says of the medium
 * and the resolution. What a cell means is settled by galua/table.h. See galua/spectrum.h for names and defaults. Thread safe. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "galua/const.h"
#include "galua/spectrum.h"
#include "io/table_int.h"
#include "num/gauss.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const WAVE[] = {"wave", "wavelength", "lambda", "lam", "wl", "loglam", "awav"};
static const char *const FLUX[] = {"flux",     "flux_density", "fluxdensity", "flux_lambda", "flambda",
                                   "f_lambda", "fnu",          "f_nu",        "flux_reduced"};
static const char *const ERR[] = {"err",         "error",    "flux_err", "flux_error", "fluxerr", "fluxerror",
                                  "e_flux",      "err_flux", "flux_unc", "noise",      "unc",     "uncertainty",
                                  "err_reduced", "sigma",    "stdev",    "std"};
static const char *const VAR[] = {"var", "variance", "flux_var", "flux_variance"};
static const char *const IVAR[] = {"ivar", "flux_ivar"};
static const char *const RES[] = {"R", "resolution", "resolving_power"};
static const char *const WIDTH[] = {"fwhm", "lsf_fwhm", "fwhm_lsf"};
static const struct {
    const char *name;
    bool good; /* what is not 0 is used */
} MASK[] = {{"mask", false},    {"dq", false},     {"quality", false}, {"qual", false},      {"and_mask", false},
            {"flag", false},    {"flags", false},  {"dq_flag", false}, {"dq_flags", false},  {"dqflag", false},
            {"dqflags", false}, {"bad", false},    {"badpix", false},  {"bad_pixel", false}, {"or_mask", false},
            {"good", true},     {"goodpix", true}, {"valid", true},    {"use", true},        {"used", true}};

gal_spectrum_opts gal_spectrum_defaults(void)
{
    return (gal_spectrum_opts){.air = -1};
}

/* ------------------------------------------------------------------ what is a spectrum */
static bool has(const gal_table *t, const char *const *names, size_t n, bool with_unit)
{
    const char *unit = "";
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < t->ncol; i++)
            if (strcasecmp(t->col[i].name, names[k]) == 0 ||
                (with_unit && gal_name_is(t->col[i].name, names[k], &unit) && unit))
                return true;
        for (size_t i = 0; i < t->nvec && t->nrow == 1; i++)
            if (strcasecmp(t->vec[i].name, names[k]) == 0 ||
                (with_unit && gal_name_is(t->vec[i].name, names[k], &unit) && unit))
                return true;
    }
    return false;
}

bool gal_spectrum_has_wave(const gal_table *t)
{
    return has(t, WAVE, COUNT(WAVE), true);
}

bool gal_spectrum_is(const gal_table *t)
{
    static const char *const BAND[] = {"band"};
    return !has(t, BAND, 1, false) && has(t, WAVE, COUNT(WAVE), true) && has(t, FLUX, COUNT(FLUX), false);
}

/* ------------------------------------------------------------------ columns */
typedef struct columns {
    const gal_column *wave, *flux, *err, *var, *ivar, *mask, *res, *width, *wdisp;
    bool good, loglam;
    double wave_k;  /* to A */
    double width_k; /* to A; of km/s: to a fraction of the wavelength */
    bool width_velocity;
    gal_flux_unit unit, err_unit;
} columns;

/* The unit of variances, or of their inverse: its square root is a unit of errors. One that cannot be read is said to be taken as that of the
 * fluxes, squared. */
static gal_status variance_unit(const gal_table *t, columns *c)
{
    static const char *const SQUARE[2][2] = {{"mJy2", "mJy-2"}, {"erg2 s-2 cm-4 A-2", "erg-2 s2 cm4 A2"}};
    const gal_column *v = c->ivar ? c->ivar : c->var;
    double k;
    c->err_unit = c->unit;
    if (!*v->unit)
        return GAL_OK;
    for (int per_wavelength = 0; per_wavelength < 2; per_wavelength++)
        if (gal_unit_factor(v->unit, SQUARE[per_wavelength][c->ivar != NULL], &k) == GAL_OK && k > 0) {
            gal_status st = gal_flux_unit_parse(&c->err_unit, per_wavelength ? "erg/s/cm2/A" : "mJy");
            c->err_unit.mjy *= c->ivar ? 1 / sqrt(k) : sqrt(k);
            return st;
        }
    gal_say_once("spectrum", "%.200s: column '%s': unit '%.60s' is taken as that of the fluxes%s", t->path, v->name,
                 v->unit, c->ivar ? ", to the power -2" : ", squared");
    return GAL_OK;
}

/* A column that looks like a mask and is none is told once. */
static void other_masks(const gal_table *t, const columns *c)
{
    char list[200] = "";
    size_t len = 0;
    for (size_t k = 0; k < COUNT(MASK); k++)
        for (size_t i = 0; i < t->ncol && len + 40 < sizeof list; i++)
            if (&t->col[i] != c->mask && strcasecmp(t->col[i].name, MASK[k].name) == 0 &&
                strcasecmp(MASK[k].name, "or_mask") != 0)
                len += (size_t)snprintf(list + len, sizeof list - len, "%s'%.30s'", len ? ", " : "", t->col[i].name);
    if (len)
        gal_say_once("spectrum", "%.200s: '%s' masks; %s %s not used (mask = 'NAME' chooses)", t->path, c->mask->name,
                     list, strchr(list, ',') ? "are" : "is");
}

static gal_status find_mask(const gal_table *t, const char *wanted, columns *c)
{
    gal_status st = GAL_OK;
    if (wanted)
        GAL_TRY(gal_table_need(t, wanted, &c->mask));
    for (size_t k = 0; k < COUNT(MASK) && !(c->mask && !wanted); k++) {
        if (wanted) {
            c->good |= MASK[k].good && strcasecmp(MASK[k].name, wanted) == 0;
            continue;
        }
        GAL_TRY(gal_table_find(t, MASK[k].name, &c->mask));
        c->good = MASK[k].good;
    }
    if (c->mask)
        other_masks(t, c);
out:
    return st;
}

static gal_status wave_unit(const gal_table *t, const char *said, columns *c)
{
    const char *unit = *c->wave->unit ? c->wave->unit : *said ? said : gal_table_meta(t, "wave_unit");
    c->loglam = strcasecmp(c->wave->name, "loglam") == 0; /* of SDSS: log10 of A by definition */
    c->wave_k = 1;
    if (!unit || !*unit)
        unit = gal_table_meta(t, "CUNIT1");
    if (c->loglam)
        return GAL_OK;
    if (!unit || !*unit)
        return gal_fail(GAL_EFORMAT, "%s: column '%s' has no unit: name it %s[A], or add the line '# wave_unit: A'",
                        t->path, c->wave->name, c->wave->name);
    gal_status st = gal_unit_factor(unit, "A", &c->wave_k);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s: column '%s'", t->path, c->wave->name);
}

/* R or fwhm. A "resolution" in a unit of length is a width; a width without unit has that of the wavelengths. */
static gal_status find_resolution(const gal_table *t, columns *c)
{
    gal_status st = GAL_OK;
    static const char *const WDISP[] = {"wdisp"};
    GAL_TRY(gal_table_find_any(t, RES, COUNT(RES), &c->res));
    GAL_TRY(gal_table_find_any(t, WIDTH, COUNT(WIDTH), &c->width));
    GAL_TRY(gal_table_find_any(t, WDISP, 1, &c->wdisp));
    double k;
    if (c->res && *c->res->unit && gal_unit_factor(c->res->unit, "", &k) != GAL_OK) {
        c->width = c->res;
        c->res = NULL;
    }
    if (!c->width)
        return GAL_OK;
    if (c->res)
        gal_say_once("spectrum", "%.200s: column '%s' gives the resolution; '%s' is not used", t->path, c->res->name,
                     c->width->name);
    const char *unit = c->width->unit;
    c->width_k = c->wave_k;
    if (!*unit)
        return GAL_OK;
    if (gal_unit_factor(unit, "km/s", &k) == GAL_OK) {
        c->width_velocity = true;
        c->width_k = k / (GAL_C_CGS * 1e-5);
        return GAL_OK;
    }
    st = gal_unit_factor(unit, "A", &c->width_k);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s: column '%s'", t->path, c->width->name);
out:
    return st;
}

static gal_status find_flux(const gal_table *t, const char *given, columns *c)
{
    gal_status st = GAL_OK;
    GAL_TRY(gal_table_find_any(t, FLUX, COUNT(FLUX), &c->flux));
    GAL_TRY(gal_table_find_any(t, ERR, COUNT(ERR), &c->err));
    if (!c->err)
        GAL_TRY(gal_table_find_any(t, IVAR, COUNT(IVAR), &c->ivar));
    if (!c->err && !c->ivar)
        GAL_TRY(gal_table_find_any(t, VAR, COUNT(VAR), &c->var));
    if (!c->flux || !(c->err || c->ivar || c->var))
        GAL_THROW(GAL_ENOTFOUND, "%s: a spectrum needs columns flux and err (or ivar, var)", t->path);
    const char *unit = *c->flux->unit ? c->flux->unit : given ? given : gal_table_meta(t, "flux_unit");
    if (!unit || !*unit)
        unit = gal_table_meta(t, "BUNIT");
    if (!unit || !*unit)
        GAL_THROW(
            GAL_EFORMAT,
            "%s: column '%s' has no unit: add the line '# flux_unit: erg/s/cm2/A' (1e-17 erg/s/cm2/A, uJy ...) or say "
            "unit = '...'",
            t->path, c->flux->name);
    if ((st = gal_flux_unit_parse(&c->unit, unit)) != GAL_OK ||
        (st = gal_flux_unit_parse_error(&c->err_unit, &c->unit, c->err ? c->err->unit : "")) != GAL_OK)
        return gal_fail_prefix(st, "%s: column '%s'", t->path, c->flux->name);
    if (c->unit.magnitude)
        GAL_THROW(GAL_EINVAL, "%s: column '%s' [%s]: the pixels of a spectrum are no magnitudes", t->path,
                  c->flux->name, unit);
    if (!c->err)
        GAL_TRY(variance_unit(t, c));
out:
    return st;
}

static gal_status find_columns(const gal_table *t, const gal_spectrum_opts *o, columns *c)
{
    gal_status st = GAL_OK;
    *c = (columns){0};
    const char *unit = "";
    GAL_TRY(gal_table_find_any(t, WAVE, COUNT(WAVE), &c->wave));
    for (size_t k = 0; k < COUNT(WAVE) && !c->wave; k++)
        for (size_t i = 0; i < t->ncol && !c->wave; i++)
            if (gal_name_is(t->col[i].name, WAVE[k], &unit) && unit)
                c->wave = &t->col[i];
    if (!c->wave)
        GAL_THROW(GAL_ENOTFOUND, "%s: no column of wavelengths (wave, wavelength, lambda, loglam)", t->path);
    GAL_TRY(wave_unit(t, unit, c));
    GAL_TRY(find_flux(t, o->unit, c));
    GAL_TRY(find_mask(t, o->mask, c));
    GAL_TRY(find_resolution(t, c));
out:
    return st;
}

/* ------------------------------------------------------------------ header */
static bool word_in(const char *s, const char *const *list, size_t n)
{
    size_t len = strcspn(s, " /,");
    for (size_t k = 0; k < n; k++)
        if (strlen(list[k]) == len && strncasecmp(list[k], s, len) == 0)
            return true;
    return false;
}

/* 1 yes, 0 no, -1 something else */
static int yes(const char *s)
{
    static const char *const YES[] = {"true", "t", "yes", "1", "y"}, *const NO[] = {"false", "f", "no", "0", "n"};
    return word_in(s, YES, COUNT(YES)) ? 1 : word_in(s, NO, COUNT(NO)) ? 0 : -1;
}

/* Are the wavelengths those in air? The first that says something: air, AIRORVAC or medium, VACUUM, the column's name, CTYPE1. */
static gal_status in_air(const gal_table *t, const columns *c, bool *air)
{
    static const char *const TELLS[] = {"AIRORVAC", "medium", "wavelength_medium"}, *const AIR[] = {"air"},
                             *const VAC[] = {"vac", "vacuum"};
    const char *v = gal_table_meta(t, "air");
    *air = false;
    for (int k = 0; k < 2; k++) {
        const char *key = k ? "VACUUM" : "air";
        v = gal_table_meta(t, key);
        if (!k && (!v || !*v))
            for (size_t i = 0; i < COUNT(TELLS); i++)
                if ((v = gal_table_meta(t, TELLS[i])) && *v) {
                    *air = word_in(v, AIR, 1);
                    if (*air || word_in(v, VAC, 2))
                        return GAL_OK;
                    return gal_fail(GAL_EFORMAT, "%s: %s is '%s', it must be air or vacuum: say air = true or false",
                                    t->path, TELLS[i], v);
                }
        v = gal_table_meta(t, key);
        if (!v || !*v)
            continue;
        if (yes(v) < 0)
            return gal_fail(GAL_EFORMAT, "%s: %s is '%s', it must be true or false", t->path, key, v);
        *air = (yes(v) == 1) != (k == 1);
        return GAL_OK;
    }
    const char *name = c->wave->name, *ctype = gal_table_meta(t, "CTYPE1");
    size_t n = strlen(name);
    if (strcasecmp(name, "awav") == 0 || (n > 4 && strcasecmp(name + n - 4, "_air") == 0))
        *air = true;
    else if (!(n > 4 && strcasecmp(name + n - 4, "_vac") == 0) && ctype)
        *air = strncasecmp(ctype, "AWAV", 4) == 0;
    return GAL_OK;
}

/* R of the whole file; 0 where it has none */
static gal_status header_resolution(const gal_table *t, double *R)
{
    static const char *const KEY[] = {"R", "resolving_power", "SPEC_RES", "SPECRES"};
    const char *first = NULL;
    for (size_t i = 0; i < t->nmeta; i++) {
        const char *key = t->meta_key[i], *v = t->meta_value[i];
        bool mine = false;
        double x;
        for (size_t k = 0; k < COUNT(KEY); k++)
            mine |= strcasecmp(key, KEY[k]) == 0;
        if (!mine || !v || !*v)
            continue;
        if (!gal_parse_double(v, &x) || !(x > 0))
            return gal_fail(GAL_EFORMAT, "%s: %s '%s' is not a number above 0", t->path, key, v);
        if (first && x != *R)
            return gal_fail(GAL_EFORMAT, "%s: the resolution is given twice, %s %g and %s %g", t->path, first, *R, key,
                            x);
        first = key;
        *R = x;
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ rows */
typedef struct {
    double *wave, *flux, *err, *mask, *res;
} arrays;

static gal_status masked(const gal_table *t, const columns *c, const gal_spectrum_opts *o, size_t i, double *out)
{
    static const char *const BAD[] = {"bad", "masked", "reject", "rejected"}, *const GOOD[] = {"good", "ok",
                                                                                               "unmasked"};
    char buf[GAL_CELL_TEXT];
    double v;
    gal_status st;
    if (c->mask->is_text) {
        const char *word = gal_table_text(c->mask, i, buf);
        bool bad = word_in(word, BAD, COUNT(BAD));
        if (bad || !*word || word_in(word, GOOD, COUNT(GOOD))) { /* an empty word says nothing against the pixel */
            *out = bad;
            return GAL_OK;
        }
    }
    if (o->some_bits) {
        int64_t bits;
        if (gal_table_cell(c->mask, i, NULL) != GAL_CELL_NUMBER) {
            *out = 1;
            return GAL_OK;
        }
        if ((st = gal_table_int64(t, c->mask, i, &bits)) != GAL_OK)
            return st;
        *out = ((uint64_t)bits & o->bits) != 0;
    } else {
        if ((st = gal_table_truth(t, c->mask, i, &v)) != GAL_OK)
            return st;
        *out = isnan(v) ? !c->good : v != 0;
    }
    if (c->good)
        *out = !*out;
    return GAL_OK;
}

static gal_status resolution(const gal_table *t, const columns *c, size_t i, arrays *a)
{
    double v = NAN;
    gal_status st = GAL_OK;
    if (c->res)
        st = gal_table_number(t, c->res, i, &a->res[i], NULL);
    else if (c->width) {
        st = gal_table_number(t, c->width, i, &v, NULL);
        a->res[i] = v * c->width_k * (c->width_velocity ? a->wave[i] : 1);
    } else if (c->wdisp && t->nrow > 1) { /* standard deviation in pixels; 0 where SDSS has no data */
        size_t k = i + 1 < t->nrow ? i : i - 1;
        st = gal_table_number(t, c->wdisp, i, &v, NULL);
        a->res[i] = a->wave[i] * fabs(a->wave[k + 1] / a->wave[k] - 1) * FWHM_OF_SIGMA * fmax(v, 0.1);
    }
    return st;
}

/* Where a pixel is masked its resolution may be missing: that of a neighbour serves. */
static void fill_resolution(const arrays *a, size_t n)
{
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t k = 1; k < n; k++) {
            size_t i = pass ? n - 1 - k : k, from = pass ? i + 1 : i - 1;
            if (a->mask[i] != 0 && !(a->res[i] > 0) && a->res[from] > 0)
                a->res[i] = a->res[from];
        }
}

static gal_status fill(const gal_table *t, const columns *c, const gal_spectrum_opts *opts, arrays *a, gal_spec_opts *o)
{
    gal_status st = GAL_OK;
    char place[512];
    for (size_t i = 0; i < t->nrow; i++) {
        double w;
        GAL_TRY(gal_table_number(t, c->wave, i, &w, NULL));
        if (!isfinite(w)) {
            gal_table_place(t, i, place, sizeof place);
            GAL_THROW(GAL_EFORMAT, "%s: column '%s' has no wavelength", place, c->wave->name);
        }
        a->wave[i] = c->loglam ? pow(10, w) : w * c->wave_k;
    }
    for (size_t i = 0; i < t->nrow; i++) {
        if (c->mask)
            GAL_TRY(masked(t, c, opts, i, &a->mask[i]));
        GAL_TRY(resolution(t, c, i, a));
    }
    o->wave = a->wave;
    bool width = c->width || c->wdisp;
    if (o->R == 0 && (c->res || width))
        fill_resolution(a, t->nrow);
    if (o->R == 0 && c->res)
        o->res = a->res;
    else if (o->R == 0 && width)
        o->fwhm = a->res;
out:
    return st;
}

/* A number of a pixel; one that the file masks, or calls missing by a number that means so, masks the pixel. */
static gal_status pixel(const gal_table *t, const gal_column *c, size_t i, bool missing_masks, double *x, double *mask)
{
    gal_cell what;
    gal_status st = gal_table_number(t, c, i, x, &what);
    if (st == GAL_OK && (what == GAL_CELL_MASKED || (what == GAL_CELL_MISSING && missing_masks)))
        *mask = 1;
    return st;
}

static gal_status fill_flux(const gal_table *t, const columns *c, const gal_spec *spec, bool missing_masks, arrays *a)
{
    const gal_column *e = c->err ? c->err : c->ivar ? c->ivar : c->var;
    for (size_t i = 0; i < t->nrow; i++) {
        double x, s, wave2 = gal_spec_lo(spec)[i] * gal_spec_hi(spec)[i];
        gal_status st = pixel(t, c->flux, i, missing_masks, &x, &a->mask[i]);
        if (st == GAL_OK)
            st = pixel(t, e, i, missing_masks, &s, &a->mask[i]);
        if (st != GAL_OK)
            return st;
        if (c->ivar && s == 0)
            a->mask[i] = 1;
        a->flux[i] = gal_flux_mjy(&c->unit, x, wave2);
        s = c->ivar ? 1 / sqrt(s) : c->var ? sqrt(s) : s;
        a->err[i] = gal_flux_error_mjy(&c->err_unit, s, a->flux[i], wave2);
    }
    return GAL_OK;
}

static gal_status from_rows(gal_spectrum **out, const gal_table *t, const gal_spectrum_opts *opts)
{
    gal_status st = GAL_OK;
    gal_spec *spec = NULL;
    size_t n = t->nrow;
    columns c;
    arrays a = {.wave = GAL_NEWN(double, 5 * n + 1)};
    if (!a.wave)
        return GAL_ENOMEM;
    a.flux = a.wave + n;
    a.err = a.wave + 2 * n;
    a.mask = a.wave + 3 * n;
    a.res = a.wave + 4 * n;
    gal_spec_opts o = {.n = n, .R = opts->R};
    GAL_TRY(find_columns(t, opts, &c));
    if (opts->air >= 0)
        o.air = opts->air > 0;
    else
        GAL_TRY(in_air(t, &c, &o.air));
    if (o.R == 0)
        GAL_TRY(header_resolution(t, &o.R));
    GAL_TRY(fill(t, &c, opts, &a, &o));
    GAL_TRY(gal_spec_create(&spec, &o));
    GAL_TRY(fill_flux(t, &c, spec, opts->nmissing > 0 || gal_table_meta(t, "missing"), &a));
    st = gal_spectrum_create(out, spec, a.flux, a.err, a.mask);
    size_t left = n;
    for (size_t i = 0; i < n; i++)
        left -= a.mask[i] != 0;
    if (st != GAL_OK && left == 0 && c.mask && !opts->some_bits)
        gal_fail(st,
                 "spectrum: column '%s' masks all %zu pixels: bits = { 0 } lets one of its bits mask, mask = 'NAME' "
                 "another column",
                 c.mask->name, n);
    const char *frame = gal_table_meta(t, "SPECSYS");
    if (st == GAL_OK && frame && strncasecmp(frame, "TOPOCENT", 8) == 0)
        gal_say_once("spectrum",
                     "%.200s: SPECSYS is '%s': the wavelengths are those of the telescope, up to 30 km/s off; nothing "
                     "is corrected",
                     t->path, frame);
out:
    gal_spec_unref(spec);
    gal_free(a.wave);
    return st;
}

gal_status gal_spectrum_from_table(gal_spectrum **out, const gal_table *t, const gal_spectrum_opts *opts)
{
    const gal_spectrum_opts usual = gal_spectrum_defaults();
    gal_table *rows = NULL;
    gal_status st = GAL_OK;
    *out = NULL;
    if (t->nrow == 1 && t->nvec >= 2) /* the vectors of one row */
        GAL_TRY(gal_table_unroll(&rows, t));
    if (rows && opts && opts->nmissing)
        GAL_TRY(gal_table_missing(rows, opts->nmissing, opts->missing));
    GAL_TRY(from_rows(out, rows ? rows : t, opts ? opts : &usual));
out:
    gal_table_free(rows);
    if (st != GAL_OK && *t->path && !strstr(gal_error_message(), t->path))
        gal_fail_prefix(st, "%s", t->path);
    return st;
}

gal_status gal_spectrum_read(gal_spectrum **out, const char *path, const gal_spectrum_opts *opts)
{
    gal_table *t = NULL;
    gal_status st;
    *out = NULL;
    GAL_TRY(gal_table_read(&t, path));
    if (opts && opts->nmissing)
        GAL_TRY(gal_table_missing(t, opts->nmissing, opts->missing));
    GAL_TRY(gal_spectrum_from_table(out, t, opts));
out:
    gal_table_free(t);
    return st;
}
