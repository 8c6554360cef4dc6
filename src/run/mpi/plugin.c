/* MPI for galua/ranks.h: built with mpicc into a file of its own, opened at run time. Sends are buffered here and do not wait. */
#include "plugin.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

enum { TAG = 71 };

typedef struct outgoing {
    MPI_Request request;
    struct outgoing *next;
    uint64_t w[];
} outgoing;

static outgoing *flying; /* sent, perhaps not yet taken */
static char text[MPI_MAX_ERROR_STRING + 1];

static const char *said(int code)
{
    int n = 0;
    if (code == MPI_SUCCESS)
        return NULL;
    MPI_Error_string(code, text, &n);
    return text;
}

static const char *start(int *rank, int *size)
{
    int there = 0, level;
    MPI_Initialized(&there);
    const char *bad = there ? NULL : said(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level));
    if (bad)
        return bad;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, size);
    return NULL;
}

/* forgets what has arrived */
static void reap(void)
{
    for (outgoing **at = &flying; *at;) {
        outgoing *o = *at;
        int done = 0;
        if (MPI_Test(&o->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            done = 1; /* its rank is gone */
        if (!done) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        free(o);
    }
}

static const char *send_words(int to, const uint64_t *w, int n)
{
    reap();
    outgoing *o = malloc(sizeof *o + (size_t)n * sizeof *w);
    if (!o)
        return "out of memory";
    memcpy(o->w, w, (size_t)n * sizeof *w);
    const char *bad = said(MPI_Isend(o->w, n, MPI_UINT64_T, to, TAG, MPI_COMM_WORLD, &o->request));
    if (bad) {
        free(o);
        return bad;
    }
    o->next = flying;
    flying = o;
    return NULL;
}

static const char *poll_words(int *from, uint64_t *w, int n)
{
    int there = 0;
    MPI_Status s;
    *from = -1;
    const char *bad = said(MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &there, &s));
    if (bad || !there)
        return bad;
    bad = said(MPI_Recv(w, n, MPI_UINT64_T, s.MPI_SOURCE, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    if (!bad)
        *from = s.MPI_SOURCE;
    return bad;
}

static void stop(int well)
{
    if (!well) {
        MPI_Abort(MPI_COMM_WORLD, 1);
        return;
    }
    while (flying)
        reap();
    MPI_Finalize();
}

const gal_mpi_plugin *galua_mpi_plugin(void)
{
    static const gal_mpi_plugin it = {GAL_MPI_ABI, start, send_words, poll_words, stop};
    return &it;
}
