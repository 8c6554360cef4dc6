/* SSP tables in GalaPy's binary layout (Ronconi et al. 2024, A&A 685, A161): little endian, no padding, no magic number:
 *   uint64 N_lambda, float64 lambda[N_lambda] A, uint64 N_t, float64 t[N_t] yr, uint64 N_Z, float64 Z[N_Z],
 *   uint64 N_L = N_lambda N_t N_Z, float64 L[N_Z][N_lambda][N_t] Lsun/A/Msun.
 * Age runs fastest on disk, wavelength in memory. All sizes are checked, the file must end where the layout says. */
#include "ssp_int.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the GalaPy reader and writer copy little-endian words"
#endif

typedef struct cursor {
    const char *path, *data;
    size_t size, pos;
} cursor;

static gal_status take_count(cursor *c, const char *what, size_t *n)
{
    uint64_t v;
    if (c->size - c->pos < 8)
        return gal_fail(GAL_EFORMAT, "%s: truncated: ends at byte %zu, before the number of %s", c->path, c->size,
                        what);
    memcpy(&v, c->data + c->pos, 8);
    c->pos += 8;
    *n = (size_t)v;
    if (v == 0)
        return gal_fail(GAL_EFORMAT, "%s: number of %s is 0", c->path, what);
    if (v > (c->size - c->pos) / 8)
        return gal_fail(GAL_EFORMAT, "%s: truncated: %zu %s announced at byte %zu, %zu bytes left", c->path, (size_t)v,
                        what, c->pos - 8, c->size - c->pos);
    return GAL_OK;
}

static const char *take_axis(cursor *c, size_t n)
{
    const char *p = c->data + c->pos;
    c->pos += 8 * n;
    return p;
}

gal_status ssp_read_galapy(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    char *data = NULL;
    size_t size, nw, nt, nz, nl;
    *out = NULL;
    GAL_TRY(gal_read_file(path, &data, &size));
    cursor c = {path, data, size, 0};
    GAL_TRY(take_count(&c, "wavelengths", &nw));
    const char *wave = take_axis(&c, nw);
    GAL_TRY(take_count(&c, "ages", &nt));
    const char *age = take_axis(&c, nt);
    GAL_TRY(take_count(&c, "metallicities", &nz));
    const char *z = take_axis(&c, nz);
    GAL_TRY(take_count(&c, "luminosities", &nl));
    size_t want;
    if (__builtin_mul_overflow(nw, nt, &want) || __builtin_mul_overflow(want, nz, &want) || want != nl)
        GAL_THROW(GAL_EFORMAT, "%s: %zu luminosities, expected %zu wavelengths x %zu ages x %zu metallicities", path,
                  nl, nw, nt, nz);
    const char *lum = take_axis(&c, nl);
    if (c.pos != size)
        GAL_THROW(GAL_EFORMAT, "%s: %zu bytes follow the end of the table at byte %zu", path, size - c.pos, c.pos);
    if ((st = gal_ssp_create(&s, 1, nz, nt, nw)) != GAL_OK) {
        gal_fail_prefix(st, "%s", path);
        goto out;
    }
    memcpy(s->wave, wave, 8 * nw);
    memcpy(s->age, age, 8 * nt);
    memcpy(s->z, z, 8 * nz);
    for (size_t iz = 0; iz < nz; iz++)
        for (size_t il = 0; il < nw; il++)
            for (size_t it = 0; it < nt; it++) {
                double v;
                memcpy(&v, lum + 8 * ((iz * nw + il) * nt + it), 8);
                s->lum[(iz * nt + it) * nw + il] = (float)v;
            }
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(s);
    gal_free(data);
    return st;
}

static double *put(double *p, size_t n, const double *x)
{
    uint64_t count = n;
    memcpy(p, &count, 8);
    if (x)
        memcpy(p + 1, x, 8 * n);
    return p + 1 + (x ? n : 0);
}

gal_status ssp_write_galapy(const gal_ssp *s, const char *path)
{
    gal_status st = GAL_OK;
    if (s->nu > 1)
        return gal_fail(GAL_EINVAL,
                        "%s: the GalaPy layout has no logU axis, the table has %zu logU: write .h5 or .fits", path,
                        s->nu);
    size_t nl = s->nz * s->nage * s->nwave, words = 4 + s->nwave + s->nage + s->nz + nl;
    double *data = GAL_NEWN(double, words);
    if (!data)
        return GAL_ENOMEM;
    ssp_warn_left_out(s, path, "GalaPy", true);
    double *p = put(put(put(put(data, s->nwave, s->wave), s->nage, s->age), s->nz, s->z), nl, NULL);
    for (size_t iz = 0; iz < s->nz; iz++)
        for (size_t il = 0; il < s->nwave; il++)
            for (size_t it = 0; it < s->nage; it++)
                *p++ = gal_ssp_spec(s, 0, iz, it)[il];
    st = gal_write_file(path, data, 8 * words);
    gal_free(data);
    return st;
}
