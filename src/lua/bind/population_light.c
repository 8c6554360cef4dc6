/* What a population shines with: tables of stars (on axes of log U and slope of the initial mass function), dust, its emission, the intergalactic
 * medium; the plans made of it. */
#include "galua/num.h"
#include "lua/bind/population.h"

#include <math.h>
#include <string.h>

const char *const gal_lua_pop_axis_names[GAL_POP_AXES] = {"logu", "slope"};

/* ------------------------------------------------------------------ options */
static gal_component *component(lua_State *L, gal_lua_opts *o, const char *name, const char *what, double **par)
{
    gal_lua_spec *s = gal_lua_opt_obj(o, name, &gal_lua_spec_class);
    if (!s)
        return NULL;
    if (!s->component)
        gal_lua_error(L, GAL_EINVAL, "population: %s must be %s", name, what);
    *par = gal_lua_scratch(L, s->npar + 1);
    for (size_t i = 0; i < s->npar; i++)
        (*par)[i] = s->par[i].value;
    return s->component;
}

static void read_tables(lua_State *L, gal_lua_opts *o, pop_handle *h)
{
    if (!gal_lua_opt_push(o, "ssp"))
        return;
    int at = lua_gettop(L);
    if (!lua_istable(L, at)) {
        h->ssp = gal_lua_check(L, at, &gal_lua_ssp);
        return;
    }
    size_t n = lua_objlen(L, at), ns;
    const double *x = gal_lua_opt_vec(o, "slopes", &ns);
    if (n < 2 || !x || ns != n)
        gal_lua_error(L, GAL_EINVAL,
                      "population: ssp is a list of %d tables: two or more, and slopes, a number for each, are needed",
                      (int)n);
    h->table = lua_newuserdata(L, n * sizeof *h->table);
    h->ntable = n, h->slopes = (double *)x; /* read from there */
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, at, (int)i + 1);
        gal_ssp *s = h->table[i] = gal_lua_check(L, -1, &gal_lua_ssp);
        lua_pop(L, 1); /* the list keeps it alive */
        const gal_ssp *f = h->table[0];
        if (s->nu != f->nu || s->nz != f->nz || s->nage != f->nage || memcmp(s->z, f->z, f->nz * sizeof *f->z) != 0 ||
            memcmp(s->age, f->age, f->nage * sizeof *f->age) != 0)
            gal_lua_error(L, GAL_EINVAL, "population: table %d of ssp has other metallicities or ages than the first",
                          (int)i + 1);
    }
    h->ssp = h->table[0];
}

void gal_lua_pop_light(lua_State *L, gal_lua_opts *o, pop_handle *h)
{
    read_tables(L, o, h);
    h->logu_scatter = gal_lua_opt_range(o, "logu_scatter", 0, 0, 10);
    h->igm = component(L, o, "igm", "igm.inoue14{} or another medium", &h->igm_par);
    h->emission = component(L, o, "emission", "dust.greybody{} or another emission of dust", &h->emission_par);
}

gal_status gal_lua_pop_own(pop_handle *p, const pop_handle *h)
{
    gal_status st = GAL_OK;
    const size_t n = h->ntable ? h->ntable : 1, ni = h->igm ? gal_component_class_of(h->igm)->npar : 0,
                 ne = h->emission ? gal_component_class_of(h->emission)->npar : 0;
    p->table = GAL_NEWN(gal_ssp *, n);
    p->slopes = GAL_NEWN(double, n);
    p->igm_par = GAL_NEWN(double, ni + 1);
    p->emission_par = GAL_NEWN(double, ne + 1);
    if (!p->table || !p->slopes || !p->igm_par || !p->emission_par)
        return GAL_ENOMEM;
    if (h->ssp) {
        for (size_t i = 0; i < n; i++)
            p->table[i] = gal_ssp_ref(h->ntable ? h->table[i] : h->ssp);
    } else {
        st = gal_ssp_shared(p->table);
    }
    if (st != GAL_OK)
        return st;
    p->ntable = n;
    p->ssp = p->table[0];
    if (h->ntable)
        memcpy(p->slopes, h->slopes, n * sizeof *p->slopes);
    if (h->igm) {
        p->igm = gal_component_ref(h->igm);
        memcpy(p->igm_par, h->igm_par, ni * sizeof *p->igm_par);
    }
    if (h->emission) {
        p->emission = gal_component_ref(h->emission);
        memcpy(p->emission_par, h->emission_par, ne * sizeof *p->emission_par);
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ plans */
double gal_lua_pop_dimming(const pop_handle *p, double z)
{
    return z > 0 ? 5 * log10(1e5 * gal_cosmo_luminosity_distance(p->cosmo, z)) - 2.5 * log10(1 + z) : 0;
}

/* redshifts of the cells between which flux is taken as linear: 1 % of 1 + z apart, at most */
static size_t redshifts(const pop_handle *p, double *red)
{
    enum { MOST = 400 };
    double lo = p->zs[0], hi = lo;
    for (size_t i = 0; i < p->n; i++) {
        lo = p->zs[i] < lo ? p->zs[i] : lo;
        hi = p->zs[i] > hi ? p->zs[i] : hi;
    }
    if (p->zmax > 0)
        lo = p->zmin, hi = p->zmax;
    size_t n = 2 + (size_t)fmin(log((1 + hi) / (1 + lo)) / 0.01, MOST - 2);
    if (!(hi > lo))
        n = 1;
    for (size_t j = 0; red && j < n; j++)
        red[j] = j == 0 ? lo : j == n - 1 ? hi : (1 + lo) * pow((1 + hi) / (1 + lo), (double)j / (double)(n - 1)) - 1;
    return n;
}

gal_status gal_lua_pop_places(pop_handle *p)
{
    p->zs = p->zs ? p->zs : gal_alloc(p->n * sizeof(double));
    p->tobss = p->tobss ? p->tobss : gal_alloc(p->n * sizeof(double));
    p->dim = p->dim ? p->dim : gal_alloc(p->n * sizeof(double));
    if (!p->zs || !p->tobss || !p->dim)
        return GAL_ENOMEM;
    for (size_t i = 0; i < p->n; i++) {
        p->zs[i] = p->z ? p->z[i] : p->at_z;
        p->tobss[i] = p->z ? gal_cosmo_age(p->cosmo, p->z[i]) * 1e-9 : p->tobs;
        p->dim[i] = i && p->zs[i] == p->zs[i - 1] ? p->dim[i - 1] : gal_lua_pop_dimming(p, p->zs[i]);
    }
    return GAL_OK;
}

gal_status gal_lua_pop_spec(const pop_handle *p, double *axes, gal_pop_spec *spec)
{
    const gal_ssp *s = p->ssp;
    gal_status st = gal_pop_axes(s, axes, axes + s->nage);
    *spec = (gal_pop_spec){.nt = p->nt,
                           .na = s->nage,
                           .nz = s->nz,
                           .t = p->t,
                           .lgage = axes,
                           .lgmet = axes + s->nage,
                           .tobs = p->tobs,
                           .z = p->at_z,
                           .lt0 = log10(p->t0),
                           .fb = p->fb,
                           .single = p->single,
                           .curve = p->curve};
    if (s->nu > 1)
        spec->axis[0] = (gal_pop_table_axis){s->nu, s->logu, p->logu_scatter};
    if (p->ntable > 1)
        spec->axis[1] = (gal_pop_table_axis){p->ntable, p->slopes, 0};
    return st;
}

gal_status gal_lua_pop_blocks(const pop_handle *p, gal_pop_light light, size_t per,
                              gal_status (*make)(const gal_pop_light *l, void *self, double *cell), void *self,
                              double *cell)
{
    gal_status st = GAL_OK;
    light.dust = p->dusty ? &p->screen : NULL;
    light.curve = p->curve;
    for (size_t u = 0; u < p->ssp->nu; u++)
        for (size_t k = 0; k < p->ntable && st == GAL_OK; k++) {
            light.ssp = p->table[k], light.iu = u;
            st = make(&light, self, cell + (u * p->ntable + k) * per);
        }
    return st;
}

static gal_status bands(const gal_pop_light *l, void *self, double *cell)
{
    const pop_handle *p = self;
    gal_pop_light light = *l;
    double *t = NULL;
    gal_status st = GAL_OK;
    if (p->igm) {
        if (!(t = gal_alloc(l->ssp->nwave * sizeof *t)))
            return GAL_ENOMEM;
        light.through = t;
        st = gal_component_transmission(p->igm, p->igm_par, l->z, l->ssp->nwave, l->ssp->wave, t);
    }
    if (st == GAL_OK)
        st = gal_pop_cells(&light, cell);
    gal_free(t);
    return st;
}

/* the emission of dust on its own wavelengths, 10 A .. 2 cm, 0.2 % apart: every band lies within */
static gal_status emission(const pop_handle *p, gal_pop_light *light, double **out)
{
    enum { N = 8400 };
    *out = NULL;
    if (!p->emission)
        return GAL_OK;
    double *wave = *out = gal_alloc(2 * (size_t)N * sizeof *wave);
    if (!wave)
        return GAL_ENOMEM;
    for (size_t i = 0; i < N; i++)
        wave[i] = 10 * exp(log(2e7) * (double)i / (N - 1));
    light->nemit = N, light->ewave = wave, light->emit = wave + N;
    return gal_component_emission(p->emission, p->emission_par, N, wave, wave + N);
}

static gal_status power_bins(const gal_pop_light *l, void *self, double *cell)
{
    return gal_pop_power_bins(l, self, cell);
}

/* what dust of each galaxy absorbs and emits in the bands, at nred redshifts */
static gal_status each_emits(pop_handle *p, gal_pop_light light, size_t nred, const double *red)
{
    const gal_ssp *s = p->ssp;
    const size_t per = GAL_POP_POWER_BINS * s->nz * s->nage;
    const double none = 0;
    double wave[GAL_POP_POWER_BINS], *axes = gal_alloc((s->nage + s->nz) * sizeof *axes),
                                     *cell = gal_alloc(per * s->nu * p->ntable * sizeof *cell);
    gal_status st = GAL_OK;
    p->eband = gal_alloc(nred * light.nb * sizeof(double));
    if (!axes || !cell || !p->eband)
        GAL_TRY(GAL_ENOMEM);
    for (size_t j = 0; j < nred; j++) {
        light.z = red[j];
        GAL_TRY(gal_pop_emission_bands(&light, p->eband + j * light.nb));
    }
    GAL_TRY(gal_lua_pop_blocks(p, (gal_pop_light){.z = 0}, per, power_bins, wave, cell));
    gal_pop_spec spec;
    GAL_TRY(gal_lua_pop_spec(p, axes, &spec));
    spec.nb = GAL_POP_POWER_BINS, spec.cell = cell, spec.nred = 1, spec.red = &none, spec.wave = wave;
    spec.rest = spec.sums = true;
    GAL_TRY(gal_pop_create(&p->power, &spec));
    p->emits = (gal_pop_emission){p->power, p->eband};
out:
    gal_free(axes);
    gal_free(cell);
    return st;
}

gal_status gal_lua_pop_make(pop_handle *p, gal_filter **f, size_t nb, double z, double tobs)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = p->ssp;
    double *cell = NULL, *axes = NULL, *red = NULL, *dust = NULL;
    const bool own = p->z || p->dust;
    size_t nred = 0, per = nb * s->nz * s->nage, cells = per * s->nu * p->ntable;
    gal_lua_pop_forget(p);
    if (!(p->filter = GAL_NEWN(gal_filter *, nb)))
        return GAL_ENOMEM;
    for (size_t b = 0; b < nb; b++)
        p->filter[b] = gal_filter_ref(f[b]);
    p->nb = nb, p->at_z = z, p->tobs = tobs;
    if (own) {
        GAL_TRY(gal_lua_pop_places(p));
        nred = redshifts(p, NULL);
    }
    cell = gal_alloc((own ? nred : 1) * cells * sizeof *cell);
    axes = gal_alloc((s->nage + s->nz + nb) * sizeof *axes);
    red = gal_alloc((nred + 1) * sizeof *red);
    if (!cell || !axes || !red)
        GAL_TRY(GAL_ENOMEM);
    if (own)
        redshifts(p, red);
    else
        red[0] = z;
    gal_pop_spec spec;
    GAL_TRY(gal_lua_pop_spec(p, axes, &spec));
    double *wave = axes + s->nage + s->nz;
    for (size_t b = 0; b < nb; b++)
        wave[b] = 1e-4 * gal_dsps_effective_wave(f[b]->n, f[b]->wave, f[b]->trans, 0);
    gal_pop_light light = {.filters = p->filter, .nb = nb, .dsps = p->dsps};
    GAL_TRY(emission(p, &light, &dust));
    if (p->dust && p->emission) {
        GAL_TRY(each_emits(p, light, nred, red));
        light.nemit = 0, light.beyond = true; /* the cells are of stars alone */
    }
    for (size_t j = 0; j < (own ? nred : 1); j++) {
        light.z = red[j];
        GAL_TRY(gal_lua_pop_blocks(p, light, per, bands, p, cell + j * cells));
    }
    spec.nb = nb, spec.cell = cell, spec.nred = nred, spec.red = red, spec.wave = p->dust || p->erring ? wave : NULL;
    GAL_TRY(gal_pop_create(&p->plan, &spec));
out:
    gal_free(cell);
    gal_free(axes);
    gal_free(red);
    gal_free(dust);
    if (st != GAL_OK)
        gal_lua_pop_forget(p);
    return st;
}

gal_status gal_lua_pop_relate(pop_handle *p, const gal_pop *plan)
{
    gal_status st = gal_lua_pop_befall(p);
    if (st != GAL_OK || !p->rule || p->related)
        return st;
    p->bymass = p->bymass ? p->bymass : gal_alloc(p->n * sizeof(double));
    p->bytime = p->bytime ? p->bytime : gal_alloc(p->n * sizeof(double));
    if (!p->bymass || !p->bytime)
        return GAL_ENOMEM;
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    st = gal_pop_mzr(plan, &g, p->relation, p->fixed, p->lgmet, p->bymass, p->bytime);
    p->related = st == GAL_OK;
    return st;
}
