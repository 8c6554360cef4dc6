/* Plans on disk: what a plan was made of, as it was made, so that one from there has the bits of one made anew. A file is named by the hash
 * of all that a plan follows from: the code itself and its instruction set, table, galaxy, bands, box, tolerance, points. Nothing of a file is
 * believed before its checksum, its key, its sizes and every number's range are seen to be right, and then its fluxes at some of the
 * points where the plan was checked are compared with those of the whole grid. */
#include "galua/cosmo.h"
#include "io/seal.h"
#include "model/plan_int.h"
#include "num/isa.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".plan"
#define MOST   (256u << 20) /* bytes of all plans together */
enum { SPOTS = 24, FILE_MOST = 1 << 27 };

typedef struct head {
    char magic[8];
    gal_hash key;
    uint64_t node, column, cells, stride, band; /* numbers of each */
    uint64_t checked;
    double tolerance, error, seconds;
} head;
typedef struct entry { /* a node */
    uint32_t kind, k, band, unused;
    double weight;
} entry;
static const char MAGIC[8] = {'G', 'A', 'L', 'P', 'L', 'A', 'N', '1'};

/* ------------------------------------------------------------------ keys */
static gal_hash add(gal_hash h, const void *data, size_t n)
{
    return gal_hash_combine(h, gal_hash_bytes(data, n));
}

static gal_hash galaxy_key(const gal_galaxy *g)
{
    const gal_cosmo_params *c = gal_cosmo_get(g->o.cosmo);
    const double number[] = {g->o.logu,
                             c->h0,
                             c->om0,
                             c->ol0,
                             c->tcmb,
                             c->neff,
                             c->mnu[0],
                             c->mnu[1],
                             c->mnu[2],
                             g->o.dust,
                             (double)g->o.clamp,
                             (double)g->npar,
                             (double)g->o.emission};
    gal_hash h = add(gal_hash_combine(g->o.ssp->hash, gal_sfh_hash(&g->sfh)), number, sizeof number);
    for (size_t i = 0; i < g->npart; i++)
        h = gal_hash_combine(h, gal_component_hash(g->part[i].c));
    for (size_t k = 0; k < g->npar; k++)
        h = add(h, g->par[k].name, strlen(g->par[k].name));
    return h;
}

static gal_status key_of(gal_hash *out, const gal_plan *p, const gal_plan_opts *o)
{
    const uint64_t count[] = {o->ntrain, o->ncheck, o->seed, (uint64_t)gal_isa(), p->nfilter};
    gal_status st = gal_code_hash(out);
    if (st != GAL_OK)
        return st;
    gal_hash h = gal_hash_combine(*out, galaxy_key(p->whole));
    h = add(h, count, sizeof count);
    h = add(h, &p->info.tolerance, sizeof p->info.tolerance);
    for (size_t k = 0; k < p->whole->npar; k++)
        if (k != P_DISTANCE) {
            h = add(h, &p->lo[k], sizeof p->lo[k]);
            h = add(h, &p->hi[k], sizeof p->hi[k]);
        }
    for (size_t b = 0; b < p->nfilter; b++) {
        const gal_filter *f = p->filter[b];
        h = add(h, f->wave, f->n * sizeof *f->wave);
        h = add(h, f->trans, f->n * sizeof *f->trans);
    }
    *out = h;
    return GAL_OK;
}

static bool path_of(char *buf, size_t n, const char *folder, gal_hash key)
{
    char hex[33];
    gal_hash_hex(key, hex);
    return (size_t)snprintf(buf, n, "%s/%s" SUFFIX, folder, hex) < n;
}

/* ------------------------------------------------------------------ writing */
gal_status plan_put_bytes(int fd, const void *data, size_t n)
{
    for (const char *p = data; n > 0;) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return gal_fail(GAL_EIO, "cannot write: %s", strerror(errno));
        p += k;
        n -= (size_t)k;
    }
    return GAL_OK;
}

static gal_status write_plan(int fd, const gal_plan *p, gal_hash key, const plan_nodes *l)
{
    gal_status st = GAL_OK;
    if (p->span) {
        head h = {.key = key,
                  .band = p->nfilter,
                  .checked = p->info.checked,
                  .tolerance = p->info.tolerance,
                  .error = p->info.error};
        memcpy(h.magic, MAGIC, sizeof MAGIC);
        st = plan_put_bytes(fd, &h, sizeof h);
        return st == GAL_OK ? plan_span_write(p, fd) : st;
    }
    const gal_ssp *t = p->reduced->o.ssp;
    const gal_model_grid *r = p->reduced->grid;
    size_t cells = t->nz * t->nage;
    head h = {.key = key,
              .node = l->n,
              .column = r->ncol,
              .cells = cells,
              .stride = t->nwave,
              .band = p->nfilter,
              .checked = p->info.checked,
              .tolerance = p->info.tolerance,
              .error = p->info.error};
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    GAL_TRY(plan_put_bytes(fd, &h, sizeof h));
    for (size_t i = 0; i < l->n; i++) {
        const plan_node *n = &l->node[i];
        const entry e = {.kind = (uint32_t)n->kind, .k = n->k, .band = (uint32_t)n->band, .weight = n->weight};
        GAL_TRY(plan_put_bytes(fd, &e, sizeof e));
    }
    GAL_TRY(plan_put_bytes(fd, p->error, p->nfilter * sizeof *p->error));
    GAL_TRY(plan_put_bytes(fd, r->cell_bol, 4 * cells * sizeof *r->cell_bol));
    GAL_TRY(plan_put_bytes(fd, t->lum, cells * t->nwave * sizeof *t->lum));
out:
    return st;
}

void plan_cache_put(const gal_plan *p, const gal_plan_opts *o, const plan_nodes *l)
{
    gal_status st = GAL_OK;
    char path[PATH_MAX];
    gal_replace *r = NULL;
    gal_hash key;
    int fd = -1;
    GAL_TRY(key_of(&key, p, o));
    if (!path_of(path, sizeof path, o->cache, key))
        GAL_THROW(GAL_EINVAL, "%s: too long a name", o->cache);
    GAL_TRY(gal_mkdirs(o->cache));
    GAL_TRY(gal_replace_begin(&r, path, &fd));
    GAL_TRY(write_plan(fd, p, key, l));
    GAL_TRY(gal_seal_put(gal_replace_name(r)));
    st = gal_replace_commit(r);
    r = NULL;
    if (st == GAL_OK)
        gal_cache_trim(o->cache, SUFFIX, MOST);
out:
    if (fd >= 0)
        close(fd);
    gal_replace_abandon(r);
    if (st != GAL_OK) { /* said once, not for every source of a catalogue */
        static bool said;
        gal_log(__atomic_exchange_n(&said, true, __ATOMIC_RELAXED) ? GAL_LOG_INFO : GAL_LOG_WARN, "plan",
                "the plan is not kept for later: %s", gal_error_message());
    }
}

/* ------------------------------------------------------------------ reading */
static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

/* Nodes in the order they were written, ascending, within the grid and the bands. */
static gal_status take_nodes(plan_nodes *l, const gal_plan *p, const head *h, const char *at)
{
    size_t columns = 0;
    if (!(l->node = GAL_NEWN(plan_node, h->node + 1)))
        return GAL_ENOMEM;
    l->cap = h->node + 1;
    for (; l->n < h->node; l->n++) {
        entry e;
        memcpy(&e, at + l->n * sizeof e, sizeof e);
        if (e.kind > NODE_DUST || e.k >= p->whole->grid->n || e.band >= p->nfilter || !isfinite(e.weight))
            return gal_fail(GAL_EFORMAT, "node %zu is none", l->n);
        plan_node *n = &l->node[l->n];
        *n = (plan_node){.kind = (plan_kind)e.kind, .k = e.k, .band = e.band, .weight = e.weight};
        columns += plan_has_column(n);
    }
    return columns == h->column ? GAL_OK : gal_fail(GAL_EFORMAT, "%zu columns of %zu", columns, (size_t)h->column);
}

/* The plan of a file's text; GAL_EFORMAT when it is not what it should be. */
static gal_status take(gal_plan *p, gal_hash key, const char *text, size_t n)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = p->whole->o.ssp;
    size_t cells = s->nz * s->nage;
    plan_nodes nodes = {0};
    plan_columns made = {.cells = cells};
    head h;
    if (n < sizeof h)
        return gal_fail(GAL_EFORMAT, "too short");
    memcpy(&h, text, sizeof h);
    if (memcmp(h.magic, MAGIC, sizeof MAGIC) != 0 || memcmp(&h.key, &key, sizeof key) != 0)
        return gal_fail(GAL_EFORMAT, "another plan, or none");
    if (p->span) {
        if (h.band != p->nfilter || !(h.error <= h.tolerance) || h.tolerance != p->info.tolerance)
            return gal_fail(GAL_EFORMAT, "numbers in its head are impossible");
        p->info.error = h.error;
        p->info.checked = h.checked;
        return plan_span_read(p, text + sizeof h, n - sizeof h);
    }
    if (h.node < 2 || h.node > 100000 || h.column > h.node || h.band != p->nfilter || h.cells != cells ||
        h.stride != plan_stride(h.column) || !(h.error <= h.tolerance) || h.tolerance != p->info.tolerance)
        return gal_fail(GAL_EFORMAT, "numbers in its head are impossible");
    size_t at_error = sizeof h + h.node * sizeof(entry), at_cell = at_error + h.band * sizeof(double),
           at_lum = at_cell + 4 * cells * sizeof(float), end = at_lum + cells * h.stride * sizeof(float);
    if (n != end)
        return gal_fail(GAL_EFORMAT, "%zu bytes instead of %zu", n, end);
    made.stride = h.stride;
    made.cell = GAL_NEWN(float, 4 * cells + 1);
    made.lum = GAL_NEWN(float, cells *h.stride + 1);
    if (!made.cell || !made.lum)
        GAL_TRY(GAL_ENOMEM);
    memcpy(p->error, text + at_error, h.band * sizeof *p->error);
    memcpy(made.cell, text + at_cell, 4 * cells * sizeof *made.cell);
    memcpy(made.lum, text + at_lum, cells * h.stride * sizeof *made.lum);
    if (!all_finite(made.cell, 4 * cells) || !all_finite(made.lum, cells * h.stride))
        GAL_THROW(GAL_EFORMAT, "it holds no numbers");
    GAL_TRY(take_nodes(&nodes, p, &h, text + sizeof h));
    GAL_TRY(plan_reduce(p, &nodes, &made));
    p->info.error = h.error;
    p->info.checked = h.checked;
out:
    plan_nodes_clear(&nodes);
    gal_free(made.cell);
    gal_free(made.lum);
    return st;
}

/* Does it still give the fluxes of the whole grid? */
static gal_status holds(const gal_plan *p, const gal_plan_opts *o)
{
    gal_status st = GAL_OK;
    plan_checks c = {0};
    gal_plan_ws *w = NULL;
    double *flux = GAL_NEWN(double, p->nfilter);
    gal_plan_opts few = *o;
    few.ncheck = SPOTS;
    if (!flux)
        return GAL_ENOMEM;
    GAL_TRY(plan_checks_make(&c, p, &few));
    GAL_TRY(gal_plan_ws_create(&w, p));
    for (size_t i = 0; i < c.n; i++) {
        if (!gal_plan_covers(p, c.theta + i * c.npar))
            continue;
        GAL_TRY(gal_plan_photometry(p, w, c.theta + i * c.npar, flux));
        for (size_t b = 0; b < c.nb; b++) {
            double e = fabs(flux[b] - c.flux[i * c.nb + b]), scale = c.measure[i * c.nb + b];
            if (scale > 0 &&
                !(e <= 2 * p->info.tolerance * scale)) /* one of the points may have been learnt from, and replaced */
                GAL_THROW(GAL_EFORMAT, "its error in band '%s' is %.2g", p->filter[b]->name, e / scale);
        }
    }
out:
    gal_plan_ws_free(w);
    plan_checks_clear(&c);
    gal_free(flux);
    return st;
}

/* Is there a file? GAL_EFORMAT when it is anything but a file of the size of a plan. */
static gal_status look(const char *path, bool *there)
{
    struct stat sb;
    *there = lstat(path, &sb) == 0;
    if (*there && (!S_ISREG(sb.st_mode) || sb.st_size < GAL_SEAL_BYTES || sb.st_size > FILE_MOST))
        return gal_fail(GAL_EFORMAT, "it is no file of a plan");
    return GAL_OK;
}

enum { KEPT_MOST = 4 }; /* variants of a catalogue */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    gal_plan *plan;
    gal_hash key;
} kept[KEPT_MOST];
static size_t kept_next;

gal_plan *plan_living(const gal_plan *like, const gal_plan_opts *o)
{
    gal_hash key;
    gal_plan *p = NULL;
    if (key_of(&key, like, o) != GAL_OK)
        return NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; !p && i < KEPT_MOST; i++)
        if (kept[i].plan && memcmp(&kept[i].key, &key, sizeof key) == 0)
            p = gal_plan_ref(kept[i].plan);
    pthread_mutex_unlock(&lock);
    return p;
}

void plan_keep(gal_plan *p, const gal_plan_opts *o)
{
    gal_hash key;
    if (key_of(&key, p, o) != GAL_OK)
        return;
    pthread_mutex_lock(&lock);
    size_t i = kept_next++ % KEPT_MOST;
    gal_plan *old = kept[i].plan;
    kept[i].plan = gal_plan_ref(p);
    kept[i].key = key;
    pthread_mutex_unlock(&lock);
    gal_plan_unref(old);
}

void gal_plan_forget(void)
{
    for (size_t i = 0; i < KEPT_MOST; i++) {
        pthread_mutex_lock(&lock);
        gal_plan *old = kept[i].plan;
        kept[i].plan = NULL;
        pthread_mutex_unlock(&lock);
        gal_plan_unref(old);
    }
}

gal_status plan_cache_get(gal_plan *p, const gal_plan_opts *o, bool *found)
{
    gal_status st = GAL_OK;
    char path[PATH_MAX], *text = NULL;
    gal_hash key;
    bool sealed = false, there = false;
    size_t n = 0;
    *found = false;
    GAL_TRY(key_of(&key, p, o));
    if (!path_of(path, sizeof path, o->cache, key))
        return GAL_OK;
    GAL_TRY(look(path, &there));
    if (!there)
        return GAL_OK;
    GAL_TRY(gal_seal_check(path, &sealed));
    if (!sealed)
        GAL_THROW(GAL_EFORMAT, "it has no checksum");
    GAL_TRY(gal_read_file(path, &text, &n));
    GAL_TRY(take(p, key, text, n - GAL_SEAL_BYTES));
    GAL_TRY(holds(p, o));
    gal_cache_used(path);
    *found = true;
out:
    gal_free(text);
    if (st == GAL_OK || st == GAL_ENOMEM || st == GAL_EINTR)
        return st;
    plan_reduced_clear(p);
    plan_span_clear(p);
    gal_log(GAL_LOG_WARN, "plan", "%s: not used, a plan is made anew: %s", path, gal_error_message());
    return GAL_OK;
}
