/* A grid of single populations that a user's script wrote (docs/formats.md has one for python-fsps), HDF5: wave [A, vacuum], age [yr], Z (mass
 * fractions), spectra [Z][age][wave] per Msun formed with attribute units, "Lsun/Hz" or "Lsun/Angstrom", and where there are such mass [Z][age]
 * (stars and remnants); attributes imf and provenance of the root. */
#include "ssp_int.h"
#include "text.h"

#include <string.h>

#include "galua/const.h"
#include "io/h5.h"

bool ssp_is_dump(gal_h5 *h)
{
    return gal_h5_has(h, "spectra") && gal_h5_has(h, "wave") && gal_h5_has(h, "age") && gal_h5_has(h, "Z");
}

static gal_status units(gal_h5 *h, bool *per_hz)
{
    char *text = NULL;
    gal_status st = GAL_OK;
    if (gal_h5_attr_has(h, "spectra", "units"))
        GAL_TRY(gal_h5_attr_get_string(h, "spectra", "units", &text));
    if (!text || (strcmp(text, "Lsun/Hz") != 0 && strcmp(text, "Lsun/Angstrom") != 0))
        GAL_THROW(GAL_EFORMAT, "%s: dataset 'spectra': attribute units is %s%.40s%s, expected Lsun/Hz or Lsun/Angstrom",
                  gal_h5_path(h), text ? "'" : "", text ? text : "missing", text ? "'" : "");
    *per_hz = strcmp(text, "Lsun/Hz") == 0;
out:
    gal_free(text);
    return st;
}

static gal_status text_of(gal_h5 *h, const char *name, char **text)
{
    *text = NULL;
    return gal_h5_attr_has(h, "/", name) ? gal_h5_attr_get_string(h, "/", name, text) : GAL_OK;
}

gal_status ssp_read_dump(gal_ssp **out, gal_h5 *h)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    double *wave = NULL, *age = NULL, *z = NULL, *spectra = NULL;
    char *imf = NULL, *from = NULL;
    size_t n[3] = {0};
    bool per_hz = false;
    *out = NULL;
    GAL_TRY(units(h, &per_hz));
    GAL_TRY(gal_h5_read_alloc(h, "Z", GAL_H5_F64, 1, &n[0], (void **)&z));
    GAL_TRY(gal_h5_read_alloc(h, "age", GAL_H5_F64, 1, &n[1], (void **)&age));
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &n[2], (void **)&wave));
    GAL_TRY(gal_h5_read_alloc(h, "spectra", GAL_H5_F64, 3, n, (void **)&spectra));
    if ((st = gal_ssp_create(&s, 1, n[0], n[1], n[2])) != GAL_OK) {
        gal_fail_prefix(st, "%s", gal_h5_path(h));
        goto out;
    }
    memcpy(s->z, z, n[0] * sizeof *z);
    memcpy(s->age, age, n[1] * sizeof *age);
    memcpy(s->wave, wave, n[2] * sizeof *wave);
    if (!(s->age[n[1] - 1] > 1e5))
        GAL_THROW(GAL_EFORMAT, "%s: dataset 'age' goes to %g: years are expected", gal_h5_path(h), s->age[n[1] - 1]);
    for (size_t k = 0; k < n[0] * n[1]; k++)
        for (size_t i = 0; i < n[2]; i++)
            s->lum[k * n[2] + i] = (float)(spectra[k * n[2] + i] * (per_hz ? GAL_C_AA / (wave[i] * wave[i]) : 1));
    if (gal_h5_has(h, "mass")) {
        if (!(s->mass = GAL_NEWN(float, n[0] * n[1])))
            GAL_TRY(GAL_ENOMEM);
        GAL_TRY(gal_h5_read(h, "mass", GAL_H5_F32, 2, n, s->mass));
    } else
        ssp_warn_no_mass(gal_h5_path(h), "a dataset 'mass' [Z][age]");
    GAL_TRY(ssp_refuse_composite(s, gal_h5_path(h)));
    GAL_TRY(text_of(h, "imf", &imf));
    GAL_TRY(text_of(h, "provenance", &from));
    GAL_TRY(gal_ssp_set_text(s, NULL, imf, from));
    *out = s;
    s = NULL;
out:
    gal_free(wave);
    gal_free(age);
    gal_free(z);
    gal_free(spectra);
    gal_free(imf);
    gal_free(from);
    gal_ssp_unref(s);
    return st;
}
