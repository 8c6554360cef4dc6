/* galua/ranks.h - the processes that a launcher (mpirun, mpiexec, srun) started together, and short messages between them.
 *
 * MPI is a plugin, opened at run time: galua-openmpi.so or galua-mpich.so beside the program or in PREFIX/lib/galua, made by `make`
 * when mpicc.openmpi or mpicc.mpich is there (`make mpi MPICC=mpicc` for another). One program runs with either, and without.
 * One connection per process; not thread-safe. */
#ifndef GAL_RANKS_H
#define GAL_RANKS_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
enum { GAL_RANKS_WORDS = 64 };
typedef struct gal_ranks gal_ranks;

/* What the launcher's environment says: the number of processes it started (1: none), before any MPI is opened. */
GAL_API int gal_ranks_launched(void);
/* *out = NULL, with *why a text to be shown or NULL, when this process was started alone, when no plugin is there for the launcher, or
 * when the plugin's MPI does not know the launcher and every process is alone with itself. The first call starts MPI, which ends with
 * the process: at a normal exit when all is well, else by ending all ranks. */
GAL_API gal_status gal_ranks_open(gal_ranks **out, const char **why);
GAL_API int gal_ranks_me(const gal_ranks *r);
GAL_API int gal_ranks_count(const gal_ranks *r);
/* Messages of GAL_RANKS_WORDS words arrive in the order sent between two ranks. Sending does not wait. GAL_EIO: the rank is gone. */
GAL_API gal_status gal_ranks_send(gal_ranks *r, int to, const uint64_t w[GAL_RANKS_WORDS]);
/* *from = -1: there is none now. */
GAL_API gal_status gal_ranks_poll(gal_ranks *r, int *from, uint64_t w[GAL_RANKS_WORDS]);
/* Conversations, numbered alike on all ranks as they begin: a message of another than the present one is kept until its turn. The
 * number is in w[1]. */
GAL_API uint64_t gal_ranks_begin(gal_ranks *r);
/* This process is through with its conversation: from now on its exit is no accident. lost: some ranks died, MPI cannot end in order. */
GAL_API void gal_ranks_end(gal_ranks *r, bool lost);
#ifdef __cplusplus
}
#endif
#endif
