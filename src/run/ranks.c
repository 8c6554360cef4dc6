/* The ranks of a launcher (galua/ranks.h): which plugin, opening it, and whose turn a message is. */
#include "galua/ranks.h"
#include "run/mpi/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct waiting {
    int from;
    uint64_t w[GAL_RANKS_WORDS];
} waiting;

struct gal_ranks {
    const gal_mpi_plugin *mpi;
    int me, count;
    uint64_t serial;
    bool well, lost;
    waiting *early; /* of conversations to come */
    size_t nearly, room;
};

static gal_ranks *the_ranks; /* MPI knows one world per process */

/* ------------------------------------------------------------------ the launcher */
static int number_in(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? atoi(text) : 0;
}

int gal_ranks_launched(void)
{
    static const char *const size[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        if (number_in(size[i]) > 0)
            return number_in(size[i]);
    return 1;
}

/* ------------------------------------------------------------------ the plugin */
static void *open_near(const char *name)
{
    static const char *const places[] = {".", "../lib/galua", ".."};
    char exe[PATH_MAX], path[PATH_MAX + 64];
    if (gal_exe_dir(exe, sizeof exe) != GAL_OK)
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.3000s/%s/%s", exe, places[i], name);
        void *h = gal_file_exists(path) ? dlopen(path, RTLD_NOW | RTLD_GLOBAL) : NULL;
        if (h)
            return h;
    }
    return NULL;
}

/* The launcher tells which MPI it belongs to; srun may be of either. */
static void *open_plugin(void)
{
    const char *asked = getenv("GALUA_MPI");
    bool openmpi = getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK");
    if (asked && *asked)
        return dlopen(asked, RTLD_NOW | RTLD_GLOBAL);
    const char *names[] = {openmpi ? "galua-openmpi.so" : "galua-mpich.so", "galua-mpi.so"};
    void *h = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !h; i++)
        h = open_near(names[i]);
    return h;
}

static void end_with_process(int status, void *ctx)
{
    gal_ranks *r = the_ranks;
    (void)ctx;
    if (!r)
        return;
    the_ranks = NULL;
    if (r->well && r->lost) { /* with ranks missing MPI would wait for them for ever */
        fflush(NULL);
        _exit(status);
    }
    r->mpi->stop(r->well);
    gal_free(r->early);
    gal_free(r);
}

gal_status gal_ranks_open(gal_ranks **out, const char **why)
{
    static bool tried;
    static const char *reason;
    *out = the_ranks;
    *why = reason;
    if (tried || gal_ranks_launched() < 2)
        return GAL_OK;
    tried = true;
    void *h = open_plugin();
    const gal_mpi_plugin *(*get)(void) = NULL;
    if (h)
        *(void **)&get = dlsym(h, "galua_mpi_plugin");
    const gal_mpi_plugin *p = get ? get() : NULL;
    if (!p || p->abi != GAL_MPI_ABI) {
        *why = reason =
            p ? "the MPI plugin is of another version of galua (make mpi)" : "there is no MPI plugin (make mpi)";
        return GAL_OK;
    }
    gal_ranks *r = GAL_NEW(gal_ranks);
    if (!r)
        return GAL_ENOMEM;
    r->mpi = p;
    r->well = true;
    const char *bad = p->start(&r->me, &r->count);
    if (bad) {
        gal_free(r);
        return gal_fail(GAL_EIO, "MPI does not start: %s", bad);
    }
    the_ranks = r;
    on_exit(end_with_process, NULL);
    if (r->count < 2) { /* started by a launcher that this MPI does not talk to */
        *why = reason = "its MPI does not know this launcher (srun: try --mpi=pmix or --mpi=pmi2)";
        return GAL_OK;
    }
    *out = r;
    return GAL_OK;
}

int gal_ranks_me(const gal_ranks *r)
{
    return r->me;
}

int gal_ranks_count(const gal_ranks *r)
{
    return r->count;
}

/* ------------------------------------------------------------------ messages */
gal_status gal_ranks_send(gal_ranks *r, int to, const uint64_t w[GAL_RANKS_WORDS])
{
    const char *bad = r->mpi->send(to, w, GAL_RANKS_WORDS);
    return bad ? gal_fail(GAL_EIO, "no message to rank %d: %s", to, bad) : GAL_OK;
}

gal_status gal_ranks_poll(gal_ranks *r, int *from, uint64_t w[GAL_RANKS_WORDS])
{
    for (size_t i = 0; i < r->nearly; i++)
        if (r->early[i].w[1] == r->serial) {
            *from = r->early[i].from;
            memcpy(w, r->early[i].w, sizeof r->early[i].w);
            memmove(r->early + i, r->early + i + 1, (--r->nearly - i) * sizeof *r->early);
            return GAL_OK;
        }
    for (;;) {
        const char *bad = r->mpi->poll(from, w, GAL_RANKS_WORDS);
        if (bad || *from < 0) {
            *from = -1;
            return GAL_OK; /* of a rank that died: who waits for it finds out */
        }
        if (w[1] == r->serial)
            return GAL_OK;
        if (w[1] < r->serial)
            continue; /* a word too late */
        if (r->nearly == r->room) {
            waiting *more = gal_realloc(r->early, (2 * r->room + 8) * sizeof *more);
            if (!more)
                return GAL_ENOMEM;
            r->early = more;
            r->room = 2 * r->room + 8;
        }
        r->early[r->nearly].from = *from;
        memcpy(r->early[r->nearly++].w, w, sizeof r->early->w);
    }
}

uint64_t gal_ranks_begin(gal_ranks *r)
{
    r->well = false;
    return ++r->serial;
}

void gal_ranks_end(gal_ranks *r, bool lost)
{
    r->well = true;
    r->lost = r->lost || lost;
}
