/* galua/bench.h - measured limits of this machine and the time of one SED against a plain loop; used by `galua bench`. */
#ifndef GAL_BENCH_H
#define GAL_BENCH_H
#include "galua/ssp.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_bench_sed_result {
    size_t nwave, nage, nz, threads;
    double seconds; /* per SED and thread, median over repeats: age changes at every call */
    double rate;    /* SEDs per second of all threads */
    double
        plain_seconds; /* per SED, one thread: the plain loop (metallicity interpolated per element, both attenuation factors
                              per age and wavelength), same table and parameters */
    double plain_error;  /* largest relative difference of the two stellar sums */
    double bytes;        /* of the SSP table read per SED */
    double fmas;         /* multiply-adds of the stellar sum per SED */
    double read_seconds; /* time to only read the same bytes from the same places, one thread */
    double fma_seconds;  /* time of as many multiply-adds in registers, one thread */
    double
        all_seconds; /* per SED with every component on, interleaved with runs of stars plus dust in the same threads */
    double all_ratio; /* of the two: median over repeats of the ratio of neighbouring runs */
} gal_bench_sed_result;
/* Table of nwave x nage x nz; in-situ history, two-phase dust; for all_seconds also nebular.hii, synchrotron, xrb, agn.torus, igm. About
 * 1 s. */
GAL_API gal_status gal_bench_sed(size_t nwave, size_t nage, size_t nz, int threads, gal_bench_sed_result *out);
/* The same on a table of the caller's, evaluated as galaxy{} does it: on the model's own wavelengths. Ages up to 1.4 Gyr. */
GAL_API gal_status gal_bench_table(gal_ssp *s, int threads, gal_bench_sed_result *out);
#ifdef __cplusplus
}
#endif
#endif
