/* Spectra of a table packed to a third of what gzip makes of floats (docs/formats.md):
 *     lum = 2^(offset[wave] + (k - 1)/octave), k = 0: nothing,
 * k of 16 bits, stored as differences along age modulo 65536 (dataset lum_steps, uint16 [z][age][wave], shuffled and compressed), offset per
 * wavelength (lum_offset). Mantissas 2^(r/octave) are rounded to 20 bits, so that a table has the same bits, and hash, everywhere. */
#include "ssp_int.h"

#include <math.h>

#include "io/h5.h"

enum { CODES = 65536 };

/* value[k] for offset 0 */
static void fill_codes(float *value, int64_t octave)
{
    value[0] = 0;
    for (int64_t k = 1; k < CODES; k++) {
        double mantissa = floor(exp2((double)((k - 1) % octave) / (double)octave) * 0x1p20 + 0.5) * 0x1p-20;
        value[k] = (float)ldexp(mantissa, (int)((k - 1) / octave));
    }
}

/* lum holds the differences as numbers; age by age they become luminosities. */
static void decode(gal_ssp *s, const float *value, const float *scale, uint16_t *code)
{
    for (size_t iz = 0; iz < s->nz; iz++) {
        for (size_t i = 0; i < s->nwave; i++)
            code[i] = 0;
        for (size_t ia = 0; ia < s->nage; ia++) {
            float *l = s->lum + (iz * s->nage + ia) * s->nwave;
            for (size_t i = 0; i < s->nwave; i++) {
                code[i] = (uint16_t)(code[i] + (uint16_t)l[i]);
                l[i] = value[code[i]] * scale[i];
            }
        }
    }
}

gal_status ssp_read_packed(gal_ssp *s, gal_h5 *h)
{
    gal_status st = GAL_OK;
    int64_t octave, *offset = NULL;
    float *value = NULL, *scale = NULL;
    uint16_t *code = NULL;
    const size_t dims[3] = {s->nz, s->nage, s->nwave};
    gal_h5_info info;
    GAL_TRY(gal_h5_attr_get_i64(h, "lum_steps", "octave", &octave, 1));
    if (octave < 600 || octave > 100000) /* floats reach over 127 octaves */
        GAL_THROW(GAL_EFORMAT, "%s: dataset 'lum_steps': octave is %lld, expected 600 .. 100000", gal_h5_path(h),
                  (long long)octave);
    GAL_TRY(gal_h5_describe(h, "lum_steps", &info));
    if (info.type != GAL_H5_I64 && info.type != GAL_H5_I8)
        GAL_THROW(GAL_EFORMAT, "%s: dataset 'lum_steps': expected whole numbers of 16 bits", gal_h5_path(h));
    if (!(offset = GAL_NEWN(int64_t, s->nwave)) || !(scale = GAL_NEWN(float, s->nwave)) ||
        !(value = GAL_NEWN(float, CODES)) || !(code = GAL_NEWN(uint16_t, s->nwave)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_read(h, "lum_offset", GAL_H5_I64, 1, &s->nwave, offset));
    for (size_t i = 0; i < s->nwave; i++) {
        if (offset[i] < -200 || offset[i] > 60)
            GAL_THROW(GAL_EFORMAT, "%s: dataset 'lum_offset': value %zu is %lld, expected -200 .. 60", gal_h5_path(h),
                      i + 1, (long long)offset[i]);
        scale[i] = ldexpf(1, (int)offset[i]);
    }
    GAL_TRY(gal_h5_read(h, "lum_steps", GAL_H5_F32, 3, dims, s->lum));
    for (size_t i = 0; i < s->nz * s->nage * s->nwave; i++)
        if (!(s->lum[i] >= 0 && s->lum[i] < CODES))
            GAL_THROW(GAL_EFORMAT, "%s: dataset 'lum_steps': %g is no difference modulo 65536", gal_h5_path(h),
                      (double)s->lum[i]);
    fill_codes(value, octave);
    decode(s, value, scale, code);
out:
    gal_free(offset);
    gal_free(scale);
    gal_free(value);
    gal_free(code);
    return st;
}
