/* SSP spectra as pPXF has them (Cappellari 2023, MNRAS 526, 3273), spectra_NAME.npz: a zip of arrays of NumPy, stored or deflated, of 4 or 8-byte
 * floats: templates [wave][age][metal] Lsun/A per Msun formed, lam [A], ages [Gyr], metals [M/H], masses [age][metal] (stars and remnants, may be
 * absent), fwhm [A] (a number or [wave]). Zsun by the name: emiles 0.019, galaxev 0.02, fsps 0.0142, xsl 0.0152. Wavelengths of E-MILES are in
 * air, those of the others too, as pPXF makes them; here vacuum. */
#include "ssp_int.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct zip {
    const char *path, *data;
    size_t size, list, count; /* the central directory */
} zip;

static size_t u16(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return b[0] | (size_t)b[1] << 8;
}

static size_t u32(const char *p)
{
    return u16(p) | u16(p + 2) << 16;
}

static gal_status zip_open(zip *z, const char *path, const char *data, size_t size)
{
    *z = (zip){.path = path, .data = data, .size = size};
    size_t least = size > 65557 ? size - 65557 : 0;
    for (size_t at = size >= 22 ? size - 22 : 0; at + 22 <= size && at >= least; at--) {
        if (memcmp(data + at, "PK\5\6", 4) == 0) {
            z->count = u16(data + at + 10);
            z->list = u32(data + at + 16);
            return GAL_OK;
        }
        if (at == 0)
            break;
    }
    return gal_fail(GAL_EFORMAT, "%s: truncated: a zip file without its list of members", path);
}

/* The bytes of member NAME.npy; caller frees. GAL_ENOTFOUND when there is none. */
static gal_status zip_member(const zip *z, const char *name, char **out, size_t *n)
{
    gal_status st = GAL_OK;
    char want[40], *bytes = NULL;
    snprintf(want, sizeof want, "%s.npy", name);
    *out = NULL;
    size_t at = z->list;
    for (size_t i = 0; i < z->count; i++) {
        if (at > z->size || z->size - at < 46 || memcmp(z->data + at, "PK\1\2", 4) != 0)
            return gal_fail(GAL_EFORMAT, "%s: damaged: member %zu of %zu is not in its list", z->path, i + 1, z->count);
        const char *e = z->data + at;
        size_t len = u16(e + 28), packed = u32(e + 20), plain = u32(e + 24), local = u32(e + 42), method = u16(e + 10);
        if (z->size - at - 46 < len)
            return gal_fail(GAL_EFORMAT, "%s: truncated inside its list of members", z->path);
        bool mine = len == strlen(want) && memcmp(e + 46, want, len) == 0;
        at += 46 + len + u16(e + 30) + u16(e + 32);
        if (!mine)
            continue;
        if (local > z->size || z->size - local < 30 || memcmp(z->data + local, "PK\3\4", 4) != 0)
            return gal_fail(GAL_EFORMAT, "%s: truncated: '%s' is not where its list says", z->path, want);
        size_t from = local + 30 + u16(z->data + local + 26) + u16(z->data + local + 28);
        if (from > z->size || packed > z->size - from || plain / 1100 > packed || (method != 0 && method != 8) ||
            (method == 0 && plain != packed))
            return gal_fail(GAL_EFORMAT, "%s: '%s' is damaged, or packed in a way that is not read (stored, deflated)",
                            z->path, want);
        if (!(bytes = gal_alloc(plain + 1)))
            return GAL_ENOMEM;
        if (method == 0)
            memcpy(bytes, z->data + from, plain);
        else {
            z_stream s = {.next_in = (unsigned char *)(uintptr_t)(z->data + from),
                          .avail_in = (unsigned)packed,
                          .next_out = (unsigned char *)bytes,
                          .avail_out = (unsigned)plain};
            if (inflateInit2(&s, -15) != Z_OK)
                GAL_TRY(GAL_ENOMEM);
            int rc = inflate(&s, Z_FINISH);
            inflateEnd(&s);
            if (rc != Z_STREAM_END || s.avail_out)
                GAL_THROW(GAL_EFORMAT, "%s: '%s' is damaged: its packed data end early", z->path, want);
        }
        bytes[plain] = '\0';
        *n = plain;
        *out = bytes;
        bytes = NULL;
        goto out;
    }
    return gal_fail(GAL_ENOTFOUND, "%s: no array '%s'", z->path, name);
out:
    gal_free(bytes);
    return st;
}

/* An array of up to three dimensions in C order. */
typedef struct npy {
    int rank;
    size_t dims[3], n;
    double *x;
} npy;

static gal_status read_header(const char *path, const char *name, const char *b, size_t n, npy *a, size_t *width,
                              const char **data, bool *columns)
{
    char text[600];
    if (n < 12 || memcmp(b, "\x93NUMPY", 6) != 0)
        return gal_fail(GAL_EFORMAT, "%s: '%s' is no array of NumPy", path, name);
    size_t two = b[6] == 1 ? 2 : 4, len = two == 2 ? u16(b + 8) : u32(b + 8);
    if (len >= sizeof text || 8 + two + len > n)
        return gal_fail(GAL_EFORMAT, "%s: '%s': its header is damaged", path, name);
    memcpy(text, b + 8 + two, len);
    text[len] = '\0';
    const char *type = strstr(text, "'<f"), *shape = strstr(text, "'shape': ("), *p;
    if (!type || (type[3] != '4' && type[3] != '8') || !shape)
        return gal_fail(GAL_EFORMAT, "%s: '%s' is not an array of little-endian floats of 4 or 8 bytes", path, name);
    *width = (size_t)(type[3] - '0');
    *columns = strstr(text, "'fortran_order': True") != NULL;
    a->rank = 0;
    a->n = 1;
    for (p = shape + 10; *p && *p != ')';) {
        char *end;
        unsigned long long d = strtoull(p, &end, 10);
        if (end == p || a->rank == 3 || d < 1 || __builtin_mul_overflow(a->n, (size_t)d, &a->n))
            return gal_fail(GAL_EFORMAT, "%s: '%s' has more than three dimensions, or none", path, name);
        a->dims[a->rank++] = (size_t)d;
        p = end + strspn(end, ", ");
    }
    *data = b + 8 + two + len;
    if (a->n > (n - (size_t)(*data - b)) / *width)
        return gal_fail(GAL_EFORMAT, "%s: '%s' is truncated", path, name);
    return GAL_OK;
}

static double element(const char *data, size_t width, size_t i)
{
    float f;
    double d;
    if (width == 4) {
        memcpy(&f, data + 4 * i, 4);
        return (double)f;
    }
    memcpy(&d, data + 8 * i, 8);
    return d;
}

static gal_status read_array(const zip *z, const char *name, npy *a)
{
    gal_status st = GAL_OK;
    char *bytes = NULL;
    const char *data;
    size_t n = 0, width;
    bool columns;
    *a = (npy){0};
    GAL_TRY(zip_member(z, name, &bytes, &n));
    GAL_TRY(read_header(z->path, name, bytes, n, a, &width, &data, &columns));
    if (!(a->x = GAL_NEWN(double, a->n)))
        GAL_TRY(GAL_ENOMEM);
    size_t d[3] = {1, 1, 1};
    for (int i = 0; i < a->rank; i++)
        d[3 - a->rank + i] = a->dims[i];
    for (size_t i = 0, k = 0; i < d[0]; i++)
        for (size_t j = 0; j < d[1]; j++)
            for (size_t l = 0; l < d[2]; l++, k++)
                a->x[k] = element(data, width, columns ? i + d[0] * (j + d[1] * l) : k);
out:
    gal_free(bytes);
    return st;
}

static double zsun_of(const char *name)
{
    return strstr(name, "galaxev") ? 0.02 : strstr(name, "fsps") ? 0.0142 : strstr(name, "xsl") ? 0.0152 : 0.019;
}

bool ssp_is_npz(const char *data, size_t n)
{
    return n > 40 && memcmp(data, "PK\3\4", 4) == 0;
}

static gal_status fill(gal_ssp *s, const char *path, const npy *a, const npy *lam, const npy *ages, const npy *metals)
{
    double zsun = zsun_of(ssp_base_name(path));
    for (size_t i = 0; i < s->nwave; i++)
        s->wave[i] = ssp_vacuum(lam->x[i]);
    for (size_t i = 0; i < s->nage; i++)
        s->age[i] = ssp_round12(ages->x[i] * 1e9);
    for (size_t i = 0; i < s->nz; i++)
        s->z[i] = ssp_round12(zsun * pow(10, metals->x[i]));
    if (!(s->age[s->nage - 1] <= 3e10))
        return gal_fail(GAL_EFORMAT, "%s: ages up to %g: Gyr are expected", path, ages->x[s->nage - 1]);
    for (size_t i = 0; i < s->nwave; i++)
        for (size_t j = 0; j < s->nage; j++)
            for (size_t k = 0; k < s->nz; k++)
                s->lum[(k * s->nage + j) * s->nwave + i] = (float)a->x[(i * s->nage + j) * s->nz + k];
    return GAL_OK;
}

/* masses and fwhm, which may be absent */
static gal_status fill_optional(gal_ssp *s, const zip *z)
{
    gal_status st = GAL_OK;
    npy m = {0}, f = {0};
    st = read_array(z, "masses", &m);
    if (st == GAL_ENOTFOUND) {
        st = GAL_OK;
        ssp_warn_no_mass(z->path, NULL);
    } else if (st == GAL_OK) {
        if (m.n != s->nage * s->nz)
            GAL_THROW(GAL_EFORMAT, "%s: 'masses' are not %zu ages x %zu metallicities", z->path, s->nage, s->nz);
        if (!(s->mass = GAL_NEWN(float, m.n)))
            GAL_TRY(GAL_ENOMEM);
        for (size_t j = 0; j < s->nage; j++)
            for (size_t k = 0; k < s->nz; k++)
                s->mass[k * s->nage + j] = (float)m.x[j * s->nz + k];
    }
    if (st == GAL_OK && (st = read_array(z, "fwhm", &f)) == GAL_OK) {
        if (f.n != 1 && f.n != s->nwave)
            GAL_THROW(GAL_EFORMAT, "%s: 'fwhm' is neither a number nor one of each wavelength", z->path);
        if (!(s->fwhm = GAL_NEWN(float, s->nwave)))
            GAL_TRY(GAL_ENOMEM);
        for (size_t i = 0; i < s->nwave; i++)
            s->fwhm[i] = (float)f.x[f.n == 1 ? 0 : i];
    } else if (st == GAL_ENOTFOUND)
        st = GAL_OK;
out:
    gal_free(m.x);
    gal_free(f.x);
    return st;
}

gal_status ssp_read_npz(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    char *data = NULL;
    size_t size;
    zip z;
    npy a = {0}, lam = {0}, ages = {0}, metals = {0};
    *out = NULL;
    GAL_TRY(ssp_read_all(path, &data, &size));
    GAL_TRY(zip_open(&z, path, data, size));
    GAL_TRY(read_array(&z, "lam", &lam));
    GAL_TRY(read_array(&z, "ages", &ages));
    GAL_TRY(read_array(&z, "metals", &metals));
    GAL_TRY(read_array(&z, "templates", &a));
    if (a.rank != 3 || a.dims[0] != lam.n || a.dims[1] != ages.n || a.dims[2] != metals.n)
        GAL_THROW(GAL_EFORMAT, "%s: 'templates' are not %zu wavelengths x %zu ages x %zu metallicities", path, lam.n,
                  ages.n, metals.n);
    if ((st = gal_ssp_create(&s, 1, metals.n, ages.n, lam.n)) != GAL_OK) {
        gal_fail_prefix(st, "%s", path);
        goto out;
    }
    GAL_TRY(fill(s, path, &a, &lam, &ages, &metals));
    GAL_TRY(fill_optional(s, &z));
    GAL_TRY(ssp_refuse_composite(s, path));
    GAL_TRY(gal_ssp_set_text(s, NULL, ssp_imf_in_name(ssp_base_name(path)),
                             "templates in the layout of pPXF (Cappellari 2023, MNRAS 526, 3273)"));
    *out = s;
    s = NULL;
out:
    gal_free(data);
    gal_free(a.x);
    gal_free(lam.x);
    gal_free(ages.x);
    gal_free(metals.x);
    gal_ssp_unref(s);
    return st;
}
