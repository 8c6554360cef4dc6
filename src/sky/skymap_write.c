/* HEALPix maps to FITS. See galua/skymap.h. Whole skies have 1024 pixels a row, as the field writes them; partial skies one, with a
 * column PIXEL. Written under a temporary name in blocks. One thread. */
#include "galua/skymap.h"
#include "io/fits.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 65536

struct gal_skymap_writer {
    gal_fits *f;
    gal_skymap_info info;
    float *single; /* [BLOCK] */
    double *turned;
};

static void describe_columns(const gal_skymap_info *i, gal_fits_column *c)
{
    static const char *const stokes[3] = {"TEMPERATURE", "Q_POLARISATION", "U_POLARISATION"};
    size_t npix = (size_t)i->npix, repeat = !i->partial && npix % 1024 == 0 ? 1024 : 1;
    int extra = i->partial;
    if (extra) {
        c[0] = (gal_fits_column){.type = GAL_FITS_I64, .repeat = 1};
        strcpy(c[0].name, "PIXEL");
    }
    for (int k = 0; k < i->nfield; k++) {
        gal_fits_column *o = &c[extra + k];
        *o = (gal_fits_column){.type = i->single ? GAL_FITS_F32 : GAL_FITS_F64, .repeat = repeat};
        if (i->name[k][0])
            snprintf(o->name, sizeof o->name, "%s", i->name[k]);
        else if (k < 3 && (i->iqu || i->nfield == 1))
            snprintf(o->name, sizeof o->name, "%s", stokes[k]);
        else
            snprintf(o->name, sizeof o->name, "FIELD%d", k + 1);
        snprintf(o->unit, sizeof o->unit, "%s", i->unit[k]);
    }
}

static gal_status write_header(gal_fits *f, const gal_skymap_info *i)
{
    gal_status st = GAL_OK;
    const char coord[2] = {(char)i->coord, '\0'};
    GAL_TRY(gal_fits_set_string(f, "PIXTYPE", "HEALPIX", "HEALPix pixelisation"));
    GAL_TRY(gal_fits_set_string(f, "ORDERING", i->order == GAL_NESTED ? "NESTED" : "RING", "pixel ordering"));
    GAL_TRY(gal_fits_set_i64(f, "NSIDE", i->nside, "resolution"));
    if (!i->partial) {
        GAL_TRY(gal_fits_set_i64(f, "FIRSTPIX", 0, "first pixel"));
        GAL_TRY(gal_fits_set_i64(f, "LASTPIX", gal_healpix_npix(i->nside) - 1, "last pixel"));
    }
    GAL_TRY(gal_fits_set_string(f, "INDXSCHM", i->partial ? "EXPLICIT" : "IMPLICIT", "pixels are numbered by"));
    GAL_TRY(gal_fits_set_string(f, "OBJECT", i->partial ? "PARTIAL" : "FULLSKY", "sky coverage"));
    if (i->coord != GAL_COORD_NONE)
        GAL_TRY(gal_fits_set_string(f, "COORDSYS", coord, "G galactic, E ecliptic, C equatorial"));
    GAL_TRY(gal_fits_set_f64(f, "BAD_DATA", GAL_UNSEEN, "value of bad pixels"));
    if (i->iqu) {
        GAL_TRY(gal_fits_set_string(f, "POLAR", "T", "I, Q, U"));
        GAL_TRY(gal_fits_set_string(f, "POLCCONV", i->polcconv == GAL_IAU ? "IAU" : "COSMO", "sign of U"));
    }
out:
    return st;
}

gal_status gal_skymap_writer_create(gal_skymap_writer **out, const char *path, const gal_skymap_info *info, size_t nkey,
                                    const gal_skymap_key *keys, const char *history)
{
    gal_status st = GAL_OK;
    gal_fits_column *c = NULL;
    gal_skymap_writer *w = GAL_NEW(gal_skymap_writer);
    *out = NULL;
    if (!w || !(c = GAL_NEWN(gal_fits_column, (size_t)info->nfield + 1)) ||
        !(w->single = gal_alloc(BLOCK * sizeof *w->single)) || !(w->turned = gal_alloc(BLOCK * sizeof *w->turned)))
        GAL_TRY(GAL_ENOMEM);
    w->info = *info;
    describe_columns(info, c);
    size_t rows = (size_t)info->npix / c[info->partial].repeat;
    GAL_TRY(gal_fits_create(&w->f, path));
    GAL_TRY(gal_fits_begin_table(w->f, "MAP", rows, (size_t)(info->nfield + info->partial), c));
    GAL_TRY(write_header(w->f, info));
    bool said = false;
    for (size_t k = 0; k < nkey; k++)
        said = said || strcmp(keys[k].key, "SYNTHET") == 0;
    if (info->synthetic && !said)
        GAL_TRY(gal_fits_set_string(w->f, "SYNTHET", "yes", "templates are nobody's sky"));
    for (size_t k = 0; k < nkey; k++)
        GAL_TRY(keys[k].text ? gal_fits_set_string(w->f, keys[k].key, keys[k].text, keys[k].comment)
                             : gal_fits_set_f64(w->f, keys[k].key, keys[k].number, keys[k].comment));
    if (history)
        GAL_TRY(gal_fits_add_history(w->f, history));
    *out = w;
    w = NULL;
out:
    gal_free(c);
    gal_skymap_writer_abandon(w);
    return st;
}

static gal_status put(gal_skymap_writer *w, int k, int64_t first, int64_t n, const double *x)
{
    const gal_skymap_info *i = &w->info;
    size_t column = (size_t)(k + i->partial);
    if (i->iqu && k == 2 && i->polcconv == GAL_IAU) {
        for (int64_t j = 0; j < n; j++)
            w->turned[j] = gal_skymap_bad(x[j]) ? x[j] : -x[j];
        x = w->turned;
    }
    if (!i->single)
        return gal_fits_write_elements(w->f, column, GAL_FITS_F64, (size_t)first, (size_t)n, x);
    for (int64_t j = 0; j < n; j++)
        w->single[j] = (float)x[j];
    return gal_fits_write_elements(w->f, column, GAL_FITS_F32, (size_t)first, (size_t)n, w->single);
}

gal_status gal_skymap_writer_put(gal_skymap_writer *w, int64_t first, int64_t n, const double *const *data,
                                 const int64_t *pixels)
{
    gal_status st = GAL_OK;
    if (first < 0 || n < 0 || first > w->info.npix - n || (w->info.partial && !pixels))
        return gal_fail(GAL_EINVAL, "map: pixels %lld to %lld to write of %lld%s", (long long)first + 1,
                        (long long)(first + n), (long long)w->info.npix,
                        w->info.partial && !pixels ? ", without their numbers" : "");
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t now = n - i < BLOCK ? n - i : BLOCK;
        if (w->info.partial)
            GAL_TRY(gal_fits_write_elements(w->f, 0, GAL_FITS_I64, (size_t)(first + i), (size_t)now, pixels + i));
        for (int k = 0; k < w->info.nfield; k++)
            GAL_TRY(put(w, k, first + i, now, data[k] + i));
    }
out:
    return st;
}

static void destroy(gal_skymap_writer *w)
{
    gal_free(w->single);
    gal_free(w->turned);
    gal_free(w);
}

gal_status gal_skymap_writer_close(gal_skymap_writer *w)
{
    gal_status st = gal_fits_end_table(w->f);
    if (st == GAL_OK)
        st = gal_fits_close(w->f);
    else
        gal_fits_abandon(w->f);
    destroy(w);
    return st;
}

void gal_skymap_writer_abandon(gal_skymap_writer *w)
{
    if (!w)
        return;
    gal_fits_abandon(w->f);
    destroy(w);
}

gal_status gal_skymap_write(const gal_skymap *m, const char *path, gal_polcconv polcconv, size_t nkey,
                            const gal_skymap_key *keys, const char *history)
{
    gal_status st = GAL_OK;
    gal_skymap_writer *w = NULL;
    double *block[GAL_SKYMAP_MAX] = {0};
    gal_skymap_info i = {.nside = m->nside,
                         .npix = m->npix,
                         .order = m->order,
                         .partial = m->pixels != NULL,
                         .single = m->single,
                         .iqu = m->iqu,
                         .coord = m->coord,
                         .synthetic = m->synthetic,
                         .polcconv = polcconv,
                         .nfield = m->ncomp};
    memcpy(i.unit, m->unit, sizeof i.unit);
    memcpy(i.name, m->name, sizeof i.name);
    for (int k = 0; k < m->ncomp; k++)
        if (!(block[k] = gal_alloc(BLOCK * sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_skymap_writer_create(&w, path, &i, nkey, keys, history));
    for (int64_t first = 0; first < m->npix; first += BLOCK) {
        int64_t n = m->npix - first < BLOCK ? m->npix - first : BLOCK;
        for (int k = 0; k < m->ncomp; k++)
            for (int64_t j = 0; j < n; j++)
                block[k][j] = gal_skymap_get(m, k, first + j);
        GAL_TRY(gal_skymap_writer_put(w, first, n, (const double *const *)block, m->pixels ? m->pixels + first : NULL));
    }
    st = gal_skymap_writer_close(w);
    w = NULL;
out:
    gal_skymap_writer_abandon(w);
    for (int k = 0; k < m->ncomp; k++)
        gal_free(block[k]);
    return st;
}
