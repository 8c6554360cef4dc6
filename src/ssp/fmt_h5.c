/* SSP tables in HDF5: Galua's own layout and that of DSPS (Hearin et al. 2023, MNRAS 521, 1741). docs/formats.md describes
 * both. DSPS stores L_nu [Lsun/Hz]: L_lambda = L_nu c / lambda^2 in double precision, so that single-precision tables come
 * back bit for bit; log10(age/Gyr) and log10(Z) come back to 12 digits, the same every time. */
#include "ssp_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/const.h"
#include "io/h5.h"

#define FORMAT  "galua-ssp"
#define VERSION 1 /* written */
#define NEWEST  2 /* read: 2 may have packed spectra */

/* ------------------------------------------------------------------ Galua */
static const struct {
    const char *name, *unit, *about;
} axes[4] = {{"logu", "", "log10 ionisation parameter"},
             {"z", "", "metal mass fraction"},
             {"age", "yr", "age"},
             {"wave", "Angstrom", "wavelength in vacuum"}};

static gal_status write_axis(gal_h5 *h, size_t i, const double *x, size_t n)
{
    gal_status st = gal_h5_write(h, axes[i].name, GAL_H5_F64, 1, &n, x,
                                 &(gal_h5_opt){.units = *axes[i].unit ? axes[i].unit : NULL, .about = axes[i].about});
    return st == GAL_OK ? gal_h5_make_scale(h, axes[i].name) : st;
}

static gal_status write_values(gal_h5 *h, const char *name, const char *unit, const char *about, const float *x,
                               int rank, const size_t *dims, const char *const *scales)
{
    gal_status st =
        gal_h5_write(h, name, GAL_H5_F32, rank, dims, x, &(gal_h5_opt){.gzip = 4, .units = unit, .about = about});
    return st == GAL_OK ? gal_h5_set_dims(h, name, rank, scales) : st;
}

static gal_status write_texts(gal_h5 *h, const gal_ssp *s)
{
    gal_status st = GAL_OK;
    char hex[33];
    gal_hash_hex(s->hash, hex);
    GAL_TRY(gal_h5_attr_set_string(h, "/", "format", FORMAT));
    GAL_TRY(gal_h5_attr_set_i64(h, "/", "format_version", &(int64_t){VERSION}, 1));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "name", s->name));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "imf", s->imf));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "provenance", s->provenance));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "hash", hex));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "galua_version", GAL_VERSION));
out:
    return st;
}

gal_status ssp_write_galua(const gal_ssp *s, const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    const char *const scales[4] = {"logu", "z", "age", "wave"};
    const size_t dims[4] = {s->nu, s->nz, s->nage, s->nwave};
    const double *x[4] = {s->logu, s->z, s->age, s->wave};
    int skip = s->nu == 1;
    GAL_TRY(gal_h5_create(&h, path));
    GAL_TRY(write_texts(h, s));
    for (size_t i = (size_t)skip; i < 4; i++)
        GAL_TRY(write_axis(h, i, x[i], dims[i]));
    GAL_TRY(write_values(h, "lum", "Lsun/Angstrom/Msun", "luminosity per wavelength per Msun formed", s->lum, 4 - skip,
                         dims + skip, scales + skip));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (*ssp_optional_of(s, i)) {
            int at = ssp_optionals[i].per_wave ? 3 : 1;
            GAL_TRY(write_values(h, ssp_optionals[i].name, ssp_optionals[i].unit, ssp_optionals[i].about,
                                 *ssp_optional_of(s, i), at == 3 ? 1 : 2, dims + at, scales + at));
        }
    if (s->nline) {
        const size_t shape[4] = {s->nu, s->nz, s->nage, s->nline};
        const char *const line_scales[4] = {"logu", "z", "age", "line"};
        GAL_TRY(gal_h5_dim(h, "line", s->nline));
        GAL_TRY(gal_h5_write_strings(h, "line_name", (const char *const *)s->line_name, s->nline));
        GAL_TRY(gal_h5_set_dims(h, "line_name", 1, (const char *const[]){"line"}));
        GAL_TRY(gal_h5_write(h, "line_wave", GAL_H5_F64, 1, &s->nline, s->line_wave,
                             &(gal_h5_opt){.units = "Angstrom", .about = "wavelength of the line in vacuum"}));
        GAL_TRY(gal_h5_set_dims(h, "line_wave", 1, (const char *const[]){"line"}));
        GAL_TRY(write_values(h, "line_lum", "Lsun/Msun", "luminosity of the line per Msun formed", s->line_lum,
                             4 - skip, shape + skip, line_scales + skip));
    }
    st = gal_h5_close(h);
    h = NULL;
out:
    gal_h5_abandon(h);
    return st;
}

static gal_status axis_length(gal_h5 *h, const char *name, size_t *n)
{
    gal_h5_info info;
    gal_status st = gal_h5_describe(h, name, &info);
    if (st != GAL_OK)
        return st;
    if (info.rank != 1 || (info.type != GAL_H5_F64 && info.type != GAL_H5_F32))
        return gal_fail(GAL_EFORMAT, "%s: dataset '%s': expected a list of numbers", gal_h5_path(h), name);
    *n = info.dims[0];
    return GAL_OK;
}

static gal_status read_text(gal_h5 *h, const char *attr, char **field)
{
    if (!gal_h5_attr_has(h, "/", attr))
        return GAL_OK;
    char *text;
    gal_status st = gal_h5_attr_get_string(h, "/", attr, &text);
    if (st == GAL_OK) {
        gal_free(*field);
        *field = text;
    }
    return st;
}

static gal_status read_line_names(gal_h5 *h, const char *name, gal_ssp *s)
{
    char **names;
    size_t n;
    gal_status st = gal_h5_read_strings(h, name, &names, &n);
    if (st != GAL_OK)
        return st;
    if (n != s->nline)
        st = gal_fail(GAL_EFORMAT, "%s: dataset '%s': shape is %zu, expected %zu", gal_h5_path(h), name, n, s->nline);
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        s->line_name[i] = names[i];
        names[i] = NULL;
    }
    gal_h5_free_strings(names, n);
    return st;
}

static gal_status read_lines(gal_h5 *h, gal_ssp *s, const char *name, const char *wave, const char *lum)
{
    gal_status st = GAL_OK;
    size_t n;
    GAL_TRY(axis_length(h, wave, &n));
    GAL_TRY(gal_ssp_add_lines(s, n));
    GAL_TRY(read_line_names(h, name, s));
    GAL_TRY(gal_h5_read(h, wave, GAL_H5_F64, 1, &n, s->line_wave));
    int skip = s->nu == 1;
    const size_t dims[4] = {s->nu, s->nz, s->nage, n};
    GAL_TRY(gal_h5_read(h, lum, GAL_H5_F32, 4 - skip, dims + skip, s->line_lum));
out:
    return st;
}

static gal_status check_version(gal_h5 *h)
{
    int64_t version;
    gal_status st = gal_h5_attr_get_i64(h, "/", "format_version", &version, 1);
    if (st == GAL_OK && (version < 1 || version > NEWEST))
        st = gal_fail(GAL_EFORMAT, "%s: format version %lld, this Galua reads up to %d: take a newer one",
                      gal_h5_path(h), (long long)version, NEWEST);
    return st;
}

gal_status ssp_check_hash(const gal_ssp *s, const char *path, const char *stored)
{
    char hex[33];
    gal_hash_hex(s->hash, hex);
    if (*stored && strcmp(hex, stored) != 0)
        return gal_fail(GAL_EFORMAT,
                        "%s: content does not match its hash %s: damaged, or edited without removing the hash", path,
                        stored);
    return GAL_OK;
}

static gal_status read_own(gal_ssp **out, gal_h5 *h)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    char *hash = NULL;
    size_t n[4] = {1, 0, 0, 0};
    bool logu = gal_h5_has(h, "logu");
    GAL_TRY(check_version(h));
    for (size_t i = logu ? 0 : 1; i < 4; i++)
        GAL_TRY(axis_length(h, axes[i].name, &n[i]));
    gal_h5_info info; /* shape before memory: a damaged header must not ask for terabytes */
    bool packed = !logu && gal_h5_has(h, "lum_steps");
    const char *lum = packed ? "lum_steps" : "lum";
    GAL_TRY(gal_h5_describe(h, lum, &info));
    int rank = logu ? 4 : 3;
    bool same = info.rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = info.dims[i] == n[4 - rank + i];
    if (!same) {
        float none;
        st =
            gal_h5_read(h, lum, GAL_H5_F32, rank, n + 4 - rank, &none); /* for its message: it refuses before reading */
        goto out;
    }
    if ((st = gal_ssp_create(&s, n[0], n[1], n[2], n[3])) != GAL_OK) {
        gal_fail_prefix(st, "%s", gal_h5_path(h));
        goto out;
    }
    double *x[4] = {s->logu, s->z, s->age, s->wave};
    for (size_t i = logu ? 0 : 1; i < 4; i++)
        GAL_TRY(gal_h5_read(h, axes[i].name, GAL_H5_F64, 1, &n[i], x[i]));
    GAL_TRY(gal_h5_check_size(h, lum));
    GAL_TRY(packed ? ssp_read_packed(s, h) : gal_h5_read(h, "lum", GAL_H5_F32, rank, n + 4 - rank, s->lum));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (gal_h5_has(h, ssp_optionals[i].name)) {
            int at = ssp_optionals[i].per_wave ? 3 : 1;
            if (!(*ssp_optional_of(s, i) = GAL_NEWN(float, ssp_optional_len(s, i))))
                GAL_TRY(GAL_ENOMEM);
            GAL_TRY(gal_h5_read(h, ssp_optionals[i].name, GAL_H5_F32, at == 3 ? 1 : 2, n + at, *ssp_optional_of(s, i)));
        }
    if (gal_h5_has(h, "line_lum"))
        GAL_TRY(read_lines(h, s, "line_name", "line_wave", "line_lum"));
    GAL_TRY(read_text(h, "name", &s->name));
    GAL_TRY(read_text(h, "imf", &s->imf));
    GAL_TRY(read_text(h, "provenance", &s->provenance));
    GAL_TRY(read_text(h, "hash", &hash));
    if (hash) {
        if ((st = gal_ssp_finish(s)) != GAL_OK) {
            gal_fail_prefix(st, "%s", gal_h5_path(h));
            goto out;
        }
        GAL_TRY(ssp_check_hash(s, gal_h5_path(h), hash));
    }
    *out = s;
    s = NULL;
out:
    gal_free(hash);
    gal_ssp_unref(s);
    return st;
}

/* ------------------------------------------------------------------ DSPS */
typedef struct dsps_names {
    const char *z, *age, *wave, *flux;
} dsps_names;
static const dsps_names dsps_now = {"ssp_lgmet", "ssp_lg_age_gyr", "ssp_wave", "ssp_flux"};
static const dsps_names dsps_old = {"lgmet", "lg_age", "wave", "flux"}; /* before 0.3 */

static gal_status read_power(gal_h5 *h, const char *name, double *x, size_t n, double unit)
{
    gal_status st = gal_h5_read(h, name, GAL_H5_F64, 1, &n, x);
    if (st == GAL_OK)
        st = gal_h5_check_finite(h, name, x, n);
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        x[i] = ssp_round12(pow(10, x[i]) * unit);
    return st;
}

/* Lines in groups emlines/NAME/{line_wave, line_flux}, as diffsky wrote them in early 2026. */
static gal_status read_line_groups(gal_h5 *h, gal_ssp *s)
{
    gal_status st = GAL_OK;
    char **names = NULL, item[300];
    size_t n = 0;
    float *one = NULL;
    GAL_TRY(gal_h5_list(h, "emlines", &names, &n));
    GAL_TRY(gal_ssp_add_lines(s, n));
    if (!(one = GAL_NEWN(float, s->nz * s->nage)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++) {
        if (!(s->line_name[i] = gal_strdup(names[i])))
            GAL_TRY(GAL_ENOMEM);
        snprintf(item, sizeof item, "emlines/%.200s/line_wave", names[i]);
        GAL_TRY(gal_h5_read(h, item, GAL_H5_F64, 0, NULL, &s->line_wave[i]));
        snprintf(item, sizeof item, "emlines/%.200s/line_flux", names[i]);
        GAL_TRY(gal_h5_read(h, item, GAL_H5_F32, 2, (const size_t[]){s->nz, s->nage}, one));
        for (size_t k = 0; k < s->nz * s->nage; k++)
            s->line_lum[k * n + i] = one[k];
    }
out:
    gal_free(one);
    gal_h5_free_strings(names, n);
    return st;
}

static gal_status read_dsps(gal_ssp **out, gal_h5 *h, const dsps_names *d)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    double *flux = NULL;
    size_t n[3] = {0};
    const char *const names[3] = {d->z, d->age, d->wave};
    for (size_t i = 0; i < 3; i++)
        GAL_TRY(axis_length(h, names[i], &n[i]));
    size_t dims[3] = {n[0], n[1], n[2]};
    for (size_t i = 0; i < 3; i++)
        if (n[i] < 1)
            GAL_THROW(GAL_EFORMAT, "%s: dataset '%s': is empty", gal_h5_path(h), names[i]);
    GAL_TRY(gal_h5_read_alloc(h, d->flux, GAL_H5_F64, 3, dims, (void **)&flux));
    if ((st = gal_ssp_create(&s, 1, n[0], n[1], n[2])) != GAL_OK) {
        gal_fail_prefix(st, "%s", gal_h5_path(h));
        goto out;
    }
    GAL_TRY(read_power(h, d->z, s->z, n[0], 1));
    GAL_TRY(read_power(h, d->age, s->age, n[1], 1e9));
    GAL_TRY(gal_h5_read(h, d->wave, GAL_H5_F64, 1, &n[2], s->wave));
    for (size_t k = 0; k < n[0] * n[1]; k++)
        for (size_t i = 0; i < n[2]; i++)
            s->lum[k * n[2] + i] = (float)(flux[k * n[2] + i] * (GAL_C_AA / (s->wave[i] * s->wave[i])));
    if (gal_h5_has(h, "ssp_emline_name"))
        GAL_TRY(read_lines(h, s, "ssp_emline_name", "ssp_emline_wave", "ssp_emline_luminosity"));
    else if (gal_h5_has(h, "emlines"))
        GAL_TRY(read_line_groups(h, s));
    GAL_TRY(read_text(h, "name", &s->name));
    GAL_TRY(read_text(h, "imf", &s->imf));
    GAL_TRY(read_text(h, "provenance", &s->provenance));
    *out = s;
    s = NULL;
out:
    gal_free(flux);
    gal_ssp_unref(s);
    return st;
}

gal_status ssp_read_galua(gal_ssp **out, const char *path)
{
    gal_h5 *h = NULL;
    char *format = NULL;
    *out = NULL;
    gal_status st = gal_h5_open(&h, path);
    if (st != GAL_OK)
        return st;
    if (gal_h5_has(h, dsps_now.flux) || gal_h5_has(h, dsps_now.wave))
        st = read_dsps(out, h, &dsps_now);
    else if (gal_h5_has(h, dsps_old.flux) && gal_h5_has(h, dsps_old.z))
        st = read_dsps(out, h, &dsps_old);
    else if (ssp_is_dump(h))
        st = ssp_read_dump(out, h);
    else {
        st = read_text(h, "format", &format);
        if (st == GAL_OK && format && strcmp(format, FORMAT) == 0)
            st = read_own(out, h);
        else if (st == GAL_OK)
            st = gal_fail(GAL_EFORMAT,
                          "%s: HDF5, but neither a Galua SSP table (attribute format = \"" FORMAT
                          "\"), nor a DSPS one (dataset ssp_flux), nor a script's (datasets wave, age, Z, spectra)",
                          path);
        gal_free(format);
    }
    gal_h5_abandon(h);
    return st;
}

static gal_status dsps_can_hold(const gal_ssp *s, const char *path)
{
    if (s->nu > 1)
        return gal_fail(GAL_EINVAL, "%s: the DSPS layout has no logU axis, the table has %zu logU: write .h5 or .fits",
                        path, s->nu);
    if (s->z[0] <= 0)
        return gal_fail(GAL_EINVAL, "%s: the DSPS layout stores log10(Z), but Z starts at %g: write .h5, .dat or .fits",
                        path, s->z[0]);
    return GAL_OK;
}

gal_status ssp_write_dsps(const gal_ssp *s, const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    const size_t dims[3] = {s->nz, s->nage, s->nwave};
    size_t longest = s->nz > s->nage ? s->nz : s->nage;
    double *x = NULL, *flux = NULL;
    GAL_TRY(dsps_can_hold(s, path));
    ssp_warn_left_out(s, path, "DSPS", false);
    if (!(x = GAL_NEWN(double, longest)) || !(flux = GAL_NEWN(double, s->nz * s->nage * s->nwave)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_create(&h, path));
    for (size_t i = 0; i < s->nz; i++)
        x[i] = log10(s->z[i]);
    GAL_TRY(gal_h5_write(h, dsps_now.z, GAL_H5_F64, 1, &dims[0], x, NULL));
    for (size_t i = 0; i < s->nage; i++) {
        double age = s->age[i];
        if (age == 0) {
            age = fmin(1, s->age[1] / 10);
            gal_log(GAL_LOG_WARN, "ssp", "%s: the DSPS layout stores log10(age): age 0 is written as %g yr", path, age);
        }
        x[i] = log10(age / 1e9);
    }
    GAL_TRY(gal_h5_write(h, dsps_now.age, GAL_H5_F64, 1, &dims[1], x, NULL));
    GAL_TRY(gal_h5_write(h, dsps_now.wave, GAL_H5_F64, 1, &dims[2], s->wave, NULL));
    for (size_t k = 0; k < s->nz * s->nage; k++)
        for (size_t i = 0; i < s->nwave; i++)
            flux[k * s->nwave + i] = s->lum[k * s->nwave + i] * (s->wave[i] * s->wave[i] / GAL_C_AA);
    GAL_TRY(gal_h5_write(h, dsps_now.flux, GAL_H5_F64, 3, dims, flux, &(gal_h5_opt){.gzip = 4}));
    if (s->nline) {
        GAL_TRY(gal_h5_write_fixed_strings(h, "ssp_emline_name", (const char *const *)s->line_name, s->nline));
        GAL_TRY(gal_h5_write(h, "ssp_emline_wave", GAL_H5_F64, 1, &s->nline, s->line_wave, NULL));
        const size_t lines[3] = {s->nz, s->nage, s->nline};
        gal_free(flux);
        if (!(flux = GAL_NEWN(double, s->nz * s->nage * s->nline)))
            GAL_TRY(GAL_ENOMEM);
        for (size_t i = 0; i < s->nz * s->nage * s->nline; i++)
            flux[i] = s->line_lum[i];
        GAL_TRY(gal_h5_write(h, "ssp_emline_luminosity", GAL_H5_F64, 3, lines, flux, NULL));
    }
    GAL_TRY(gal_h5_attr_set_string(h, "/", "name", s->name));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "imf", s->imf));
    GAL_TRY(gal_h5_attr_set_string(h, "/", "provenance", s->provenance));
    st = gal_h5_close(h);
    h = NULL;
out:
    gal_h5_abandon(h);
    gal_free(x);
    gal_free(flux);
    return st;
}
