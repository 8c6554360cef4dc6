/* Populations from file to file in bounded memory: pop:stream. Columns of an HDF5 file (flat datasets by the names of parameters, as the fitters of
 * Diffmah and Diffstar and mock catalogues write them) are read, used and written a chunk at a time. The population gives what the file does
 * not have. */
#include "galua/num.h"
#include "io/h5.h"
#include "lua/bind/population.h"

#include <math.h>
#include <string.h>

enum { MAXCOLUMN = GAL_HISTORY_N + 4 + GAL_POP_DUST_N + GAL_POP_AXES + 3 };

typedef struct column {
    const char *name; /* of the parameter */
    char *at;         /* dataset, or NULL: not in the file */
    double **to;      /* the array of the chunk, rows of `row` */
    size_t row;
    double def; /* where the file has none */
} column;

typedef struct job {
    const pop_handle *p; /* what the file does not have */
    pop_handle w;        /* the chunk */
    gal_h5 *in, *out;
    column col[MAXCOLUMN];
    size_t ncol, n, chunk;
    char *sfr;
    double *x, *mass;
    bool single;
} job;

/* ------------------------------------------------------------------ columns */
static void add(job *j, const char *name, double **to, size_t row, double def)
{
    j->col[j->ncol++] = (column){.name = name, .to = to, .row = row, .def = def};
}

static void list(job *j)
{
    static const char *const dust[GAL_POP_DUST_N] = {"av", "delta", "bump", "funo", "av_young", "delta_young"};
    const pop_handle *p = j->p;
    pop_handle *w = &j->w;
    const double screen[GAL_POP_DUST_N] = {p->screen.av,   p->screen.delta, p->screen.bump,
                                           p->screen.funo, p->screen.av,    p->screen.delta};
    for (int i = 0; p->par && i < GAL_HISTORY_N; i++)
        add(j, gal_lua_pop_param(i), &w->par, (size_t)i, p->par[i]);
    add(j, "lgmet", &w->lgmet, 0, p->lgmet[0]);
    add(j, "scatter", &w->scatter, 0, p->scatter[0]);
    if (p->young)
        add(j, "lgmet_young", &w->young, 0, p->young[0]);
    add(j, "z", &w->z, 0, p->z ? p->z[0] : 0);
    for (int i = 0; (p->dust || p->dusty) && i < GAL_POP_DUST_N; i++)
        add(j, dust[i], &w->dust, (size_t)i, p->dust ? p->dust[i] : screen[i]);
    for (int i = 0; p->axis && i < GAL_POP_AXES; i++)
        if (i == 0 ? p->ssp->nu > 1 : p->ntable > 1)
            add(j, gal_lua_pop_axis_names[i], &w->axis, (size_t)i, p->axis[i]);
    for (int i = 0; p->burst && i < 3; i++)
        add(j, gal_burst_params()[i].name, &w->burst, (size_t)i, p->burst[i]);
}

static gal_status rows_of(job *j, const char *at, int rank)
{
    gal_h5_info info;
    gal_status st = gal_h5_describe(j->in, at, &info);
    if (st != GAL_OK)
        return st;
    if (info.rank != rank || (rank == 2 && info.dims[1] != j->p->nt))
        return gal_fail(GAL_EFORMAT, "%s: dataset '%s' must have %s", gal_h5_path(j->in), at,
                        rank == 1 ? "one value for each galaxy"
                                  : "a row for each galaxy and a column for each time of the population");
    if (j->n && info.dims[0] != j->n)
        return gal_fail(GAL_EFORMAT, "%s: dataset '%s' has %zu rows, others have %zu", gal_h5_path(j->in), at,
                        info.dims[0], j->n);
    j->n = info.dims[0];
    return GAL_OK;
}

/* finds the columns: by the names in `columns` (place 6 of the stack or nil), else by their own */
static gal_status find(lua_State *L, int names, job *j)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i <= j->ncol; i++) {
        const char *name = i < j->ncol ? j->col[i].name : "sfr", *at = name;
        char **to = i < j->ncol ? &j->col[i].at : &j->sfr;
        bool said = false, left = false;
        if (i == j->ncol && !j->p->sfr)
            break;
        if (names) {
            lua_getfield(L, names, name);
            if ((said = lua_type(L, -1) == LUA_TSTRING))
                at = lua_tostring(L, -1);
            left = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
            lua_pop(L, 1); /* the table keeps it alive */
        }
        if (left)
            continue;
        bool there = gal_h5_has(j->in, at);
        if (!there && !said && strcmp(name, "z") == 0 && gal_h5_has(j->in, at = "redshift"))
            there = true;
        if (!there && (said || i == j->ncol))
            GAL_THROW(GAL_ENOTFOUND, "%s: no dataset '%s' for %s", gal_h5_path(j->in), at, name);
        if (!there)
            continue;
        GAL_TRY(rows_of(j, at, i < j->ncol ? 1 : 2));
        if (!(*to = gal_strdup(at)))
            GAL_TRY(GAL_ENOMEM);
    }
    if (!j->n)
        GAL_THROW(GAL_ENOTFOUND, "%s: no dataset has a name of this population, such as '%s'", gal_h5_path(j->in),
                  j->p->sfr ? "sfr" : "logm0");
out:
    return st;
}

/* ------------------------------------------------------------------ chunks */
static bool given(const job *j, double *const *to)
{
    for (size_t i = 0; i < j->ncol; i++)
        if (j->col[i].to == to && j->col[i].at)
            return true;
    return false;
}

static gal_status open_chunk(job *j, size_t nb)
{
    const pop_handle *p = j->p;
    pop_handle *w = &j->w;
    const size_t n = j->chunk = j->chunk < j->n ? j->chunk : j->n;
    const bool own = given(j, &w->z) || p->z, dust = p->dust || given(j, &w->dust) || (own && p->dusty && !p->emission);
    w->sfr = p->sfr ? gal_alloc(n * p->nt * sizeof(double)) : NULL;
    w->par = p->par ? gal_alloc(GAL_HISTORY_N * n * sizeof(double)) : NULL;
    w->lgmet = gal_alloc(n * sizeof(double));
    w->scatter = gal_alloc(n * sizeof(double));
    w->young = p->young ? gal_alloc(n * sizeof(double)) : NULL;
    w->z = own ? gal_alloc(n * sizeof(double)) : NULL;
    w->dust = dust ? gal_alloc(GAL_POP_DUST_N * n * sizeof(double)) : NULL;
    w->axis = p->axis ? GAL_NEWN(double, GAL_POP_AXES *n) : NULL;
    w->burst = p->burst ? gal_alloc(3 * n * sizeof(double)) : NULL;
    w->flux = gal_alloc(nb * n * sizeof(double));
    j->x = gal_alloc(n * sizeof(double));
    j->mass = gal_alloc(n * sizeof(double));
    w->dusty = p->dusty && !dust;
    if ((p->sfr && !w->sfr) || (p->par && !w->par) || !w->lgmet || !w->scatter || (own && !w->z) ||
        (dust && !w->dust) || (p->axis && !w->axis) || (p->burst && !w->burst) || (p->young && !w->young) || !w->flux ||
        !j->x || !j->mass)
        return GAL_ENOMEM;
    return GAL_OK;
}

/* the range of redshifts of the whole file */
static gal_status range(job *j)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i < j->ncol; i++) {
        if (j->col[i].to != &j->w.z || !j->col[i].at)
            continue;
        j->w.zmin = INFINITY;
        for (size_t k = 0; k < j->n; k += j->chunk) {
            size_t n = j->n - k < j->chunk ? j->n - k : j->chunk;
            GAL_TRY(gal_h5_read_rows(j->in, j->col[i].at, GAL_H5_F64, k, n, j->x));
            for (size_t m = 0; m < n; m++) {
                if (!(j->x[m] >= 0 && j->x[m] < 1000))
                    GAL_THROW(GAL_EDOMAIN, "%s: redshift %g of row %zu must lie within 0 .. 1000", gal_h5_path(j->in),
                              j->x[m], k + m + 1);
                j->w.zmin = fmin(j->w.zmin, j->x[m]);
                j->w.zmax = fmax(j->w.zmax, j->x[m]);
            }
        }
    }
out:
    return st;
}

static gal_status read_chunk(job *j, size_t first)
{
    gal_status st = GAL_OK;
    const size_t n = j->w.n;
    for (size_t i = 0; i < j->ncol; i++) {
        const column *c = j->col + i;
        if (!*c->to)
            continue;
        double *to = *c->to + c->row * n;
        if (c->at)
            GAL_TRY(gal_h5_read_rows(j->in, c->at, GAL_H5_F64, first, n, to));
        for (size_t m = 0; !c->at && m < n; m++)
            to[m] = c->def;
    }
    if (j->sfr)
        GAL_TRY(gal_h5_read_rows(j->in, j->sfr, GAL_H5_F64, first, n, j->w.sfr));
out:
    return st;
}

static gal_status append(job *j, const char *name, const double *x)
{
    return gal_h5_append(j->out, name, GAL_H5_F64, j->w.n, x);
}

static gal_status do_chunk(job *j, gal_filter **f, size_t nb, double z, double tobs, size_t first)
{
    pop_handle *w = &j->w;
    gal_status st = GAL_OK;
    w->n = j->n - first < j->chunk ? j->n - first : j->chunk;
    GAL_TRY(read_chunk(j, first));
    if (!w->plan) {
        double *flux = w->flux; /* a new plan forgets it */
        w->flux = NULL;
        st = gal_lua_pop_make(w, f, nb, z, tobs);
        gal_free(w->flux);
        w->flux = flux;
        if (st != GAL_OK)
            goto out;
    } else if (w->z || w->dust) {
        GAL_TRY(gal_lua_pop_places(w));
    }
    w->related = false;
    GAL_TRY(gal_lua_pop_relate(w, w->plan));
    gal_pop_galaxies g = gal_lua_pop_galaxies(w);
    GAL_TRY(gal_pop_flux(w->plan, &g, w->flux, j->mass));
    double dim = gal_lua_pop_dimming(w, w->at_z);
    for (size_t b = 0; b < nb; b++) {
        for (size_t i = 0; i < w->n; i++)
            j->x[i] = (w->dim ? w->dim[i] : dim) - 2.5 * log10(w->flux[b * w->n + i]);
        GAL_TRY(append(j, f[b]->name, j->x));
    }
    for (size_t i = 0; i < w->n; i++)
        j->x[i] = log10(j->mass[i]);
    GAL_TRY(append(j, "logsm_formed", j->x));
out:
    return st;
}

static gal_status open_output(job *j, const char *path, gal_filter **f, size_t nb)
{
    gal_status st = GAL_OK;
    const size_t none = 0;
    GAL_TRY(gal_h5_create(&j->out, path));
    for (size_t b = 0; b <= nb; b++) {
        gal_h5_opt o = {.extendible = true, .units = b < nb ? "mag(AB)" : "log10 Msun"};
        GAL_TRY(gal_h5_write(j->out, b < nb ? f[b]->name : "logsm_formed", j->single ? GAL_H5_F32 : GAL_H5_F64, 1,
                             &none, NULL, &o));
    }
out:
    return st;
}

static void close_job(job *j)
{
    pop_handle *w = &j->w;
    for (size_t i = 0; i < j->ncol; i++)
        gal_free(j->col[i].at);
    gal_free(j->sfr);
    gal_lua_pop_forget(w); /* flux, too */
    gal_free(w->sfr);
    gal_free(w->par);
    gal_free(w->lgmet);
    gal_free(w->scatter);
    gal_free(w->z);
    gal_free(w->dust);
    gal_free(w->axis);
    gal_free(w->burst);
    gal_free(w->young);
    gal_free(j->x);
    gal_free(j->mass);
    gal_h5_abandon(j->in);
}

int gal_lua_pop_stream(lua_State *L)
{
    gal_lua_opts o;
    job j = {.n = 0};
    lua_settop(L, 6);
    const pop_handle *p = j.p = gal_lua_check(L, 1, &gal_lua_population);
    const char *from = gal_lua_checkstr(L, 2), *to = gal_lua_checkstr(L, 3);
    if (p->n != 1)
        return gal_lua_error(L, GAL_EINVAL,
                             "population.stream: a population of one galaxy is needed, which gives what the file does "
                             "not have; this has %d",
                             (int)p->n);
    if (p->merges || p->offset)
        return gal_lua_error(L, GAL_EINVAL,
                             "population.stream: galaxies of a file come a chunk at a time: merging and the scatter of "
                             "ssp_error need all of them at once");
    if (!lua_istable(L, 4) || lua_objlen(L, 4) == 0)
        return gal_lua_argerror(L, 4, "a list of filters, such as filters(\"LSST\")");
    size_t nb = lua_objlen(L, 4);
    gal_filter **f = lua_newuserdata(L, nb * sizeof *f);
    gal_lua_check_list(L, 4, &gal_lua_filter, (void **)f, nb);
    double z = lua_isnoneornil(L, 5) ? NAN : gal_lua_checknum(L, 5);
    gal_lua_opts_begin(L, &o, 6, "population.stream");
    double tobs = gal_lua_opt_num(&o, "t_obs", NAN);
    j.chunk = (size_t)gal_lua_opt_int(&o, "chunk", 100000, 1, 100000000);
    j.single = gal_lua_opt_bool(&o, "float32", false);
    int names = gal_lua_opt_push(&o, "columns") ? lua_gettop(L) : 0;
    if (names)
        gal_lua_checktype(L, names, LUA_TTABLE);
    gal_lua_opts_end(&o);
    j.w = *p;
    pop_handle *w = &j.w;
    w->par = w->sfr = w->lgmet = w->scatter = w->z = w->dust = w->axis = w->burst = w->young = w->flux = w->zs =
        w->tobss = w->dim = w->bymass = w->bytime = NULL;
    w->plan = w->power = NULL, w->eband = NULL, w->filter = NULL, w->nb = 0, w->fluxed = w->related = false;
    gal_status st = GAL_OK;
    list(&j);
    GAL_TRY(gal_h5_open(&j.in, from));
    GAL_TRY(find(L, names, &j));
    GAL_TRY(open_chunk(&j, nb));
    GAL_TRY(range(&j));
    if (w->z && (!isnan(z) || !isnan(tobs)))
        GAL_THROW(GAL_EINVAL, "population.stream: each galaxy has its own redshift: leave z and t_obs out");
    if (!w->z && !(z >= 0))
        GAL_THROW(GAL_EDOMAIN,
                  "population.stream: a redshift >= 0 is needed, as an argument or as a dataset z or redshift of %s",
                  from);
    if (!w->z && isnan(tobs))
        tobs = gal_cosmo_age(p->cosmo, z) * 1e-9;
    GAL_TRY(open_output(&j, to, f, nb));
    for (size_t k = 0; k < j.n; k += j.chunk)
        GAL_TRY(do_chunk(&j, f, nb, w->z ? 0 : z, tobs, k));
    st = gal_h5_close(j.out);
    j.out = NULL;
out:
    gal_h5_abandon(j.out);
    close_job(&j);
    if (st != GAL_OK)
        return gal_lua_fail(L);
    lua_pushnumber(L, (double)j.n);
    return 1;
}
