/* What a plugin offers that brings MPI (src/run/ranks.c opens it). Texts returned are NULL when all is well. */
#ifndef GAL_MPI_PLUGIN_H
#define GAL_MPI_PLUGIN_H
#include <stdint.h>
#define GAL_MPI_ABI 1
typedef struct gal_mpi_plugin {
    int abi;
    const char *(*start)(int *rank, int *size);
    const char *(*send)(int to, const uint64_t *w, int n);
    const char *(*poll)(int *from, uint64_t *w, int n); /* *from = -1: none */
    void (*stop)(int well);                             /* well = 0: ends all ranks */
} gal_mpi_plugin;
__attribute__((visibility("default"))) const gal_mpi_plugin *galua_mpi_plugin(void);
#endif
