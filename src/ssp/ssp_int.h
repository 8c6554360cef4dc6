/* Shared by the files of src/ssp: the list of optional tables and the format readers and writers. */
#ifndef GAL_SSP_INT_H
#define GAL_SSP_INT_H
#include "galua/num.h"
#include "galua/ssp.h"

/* Optional [nz][nage] tables of a gal_ssp: one list drives reading, writing, hashing and the summary. */
typedef struct ssp_optional {
    const char *name, *unit, *about;
    size_t offset;
} ssp_optional;
#define SSP_NOPTIONAL 5
extern const ssp_optional ssp_optionals[SSP_NOPTIONAL];
static inline float **ssp_optional_of(const gal_ssp *s, size_t i)
{
    return (float **)((char *)(uintptr_t)s + ssp_optionals[i].offset);
}
#endif
