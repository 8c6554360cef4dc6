/* Sums of histories, each with its own onset, parameters and metallicity: psi(t) = sum_k psi_k(t - (age - age_k)). Parameters are those of the
 * parts, with the part's name before them, "old.tau", and the part's age: the time since its onset, that of the galaxy where it is less.
 * The populations stay apart in the stellar sum (gal_history_parts). Gas and dust are those of the parts that make them, else Mdust, one for
 * all; the gas has the metallicity of the stars that form now, weighted with the rates (gas of their own: with its mass). */
#include "galua/const.h"
#include "sfh/sfh_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAXPART = 8, NAME = 32 };
typedef struct summand {
    char name[NAME];
    gal_sfh sfh;
    size_t at; /* of its age in the parameters of the sum; its own follow, without Mdust */
} summand;
typedef struct sum {
    size_t n;
    summand part[MAXPART];
    gal_sfh_part choice[MAXPART]; /* for the choices of the sum */
    size_t dust;                  /* of Mdust; 0 = the parts make it */
    char (*names)[NAME];          /* [GAL_SFH_MAXPAR] */
} sum;

static const sum *sum_of(const gal_history *h)
{
    return h->sfh->self;
}

/* ------------------------------------------------------------------ choices */
static gal_status check_name(const gal_sfh_opts *o, size_t i)
{
    const char *name = o->part[i].name;
    bool good = isalpha((unsigned char)name[0]) && strlen(name) <= 12;
    for (const char *c = name; *c; c++)
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    if (!good)
        return gal_fail(GAL_EINVAL, "sfh.sum: the name of a part must be letters, digits and _, at most 12, got '%s'",
                        name);
    for (size_t k = 0; k < i; k++)
        if (strcmp(o->part[k].name, name) == 0)
            return gal_fail(GAL_EINVAL, "sfh.sum: two parts are called '%s'", name);
    return GAL_OK;
}

static bool has_dust(const gal_sfh *s, size_t k) /* is parameter k the dust mass? */
{
    return !s->class->metals && k == s->imetals - 1;
}

// clang-format off
static const gal_param p_age =
    {"age", "yr", "time since its onset; that of the galaxy where it is less", 1e20, 1e5, 1e21, 1e7, 1.3e10, true, false};
// clang-format on

static gal_status add_part(gal_sfh *s, sum *x, summand *p)
{
    p->at = s->npar;
    if (s->npar + p->sfh.npar + 2 > GAL_SFH_MAXPAR)
        return gal_fail(GAL_EINVAL, "sfh.sum: more than %d parameters", GAL_SFH_MAXPAR);
    gal_param age = p_age;
    if (p->sfh.class->is & GAL_SFH_AT_ONCE) { /* else it would be as old as the galaxy */
        age.value = 1e8;
        age.free = true;
    }
    gal_sfh_add(s, &age, 1);
    for (size_t k = 0; k < p->sfh.npar; k++)
        if (!has_dust(&p->sfh, k))
            gal_sfh_add(s, &p->sfh.par[k], 1);
    for (size_t k = p->at; k < s->npar; k++) {
        if (snprintf(x->names[k], NAME, "%s.%s", p->name, s->par[k].name) >= NAME)
            return gal_fail(GAL_EINVAL, "sfh.sum: the name '%s.%s' is longer than %d letters", p->name, s->par[k].name,
                            NAME - 1);
        s->par[k].name = x->names[k];
    }
    return GAL_OK;
}

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    bool makes_dust = false;
    if (o->npart < 1 || o->npart > MAXPART)
        return gal_fail(GAL_EINVAL, "sfh.sum: %zu histories, 1 .. %d are possible", o->npart, MAXPART);
    if (o->burst || o->by_mass)
        return gal_fail(GAL_EINVAL, "sfh.sum: '%s' belongs to one of its histories", o->burst ? "burst" : "mass");
    sum *x = s->self = GAL_NEW(sum);
    if (!x || !(x->names = gal_alloc(GAL_SFH_MAXPAR * sizeof *x->names)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < o->npart; i++) {
        summand *p = &x->part[i];
        GAL_TRY(check_name(o, i));
        if (o->part[i].choices->npart)
            GAL_THROW(GAL_EINVAL, "sfh.sum: '%s' is a sum itself: name its histories here", o->part[i].name);
        GAL_TRY(gal_sfh_init(&p->sfh, o->part[i].choices));
        x->n = i + 1;
        snprintf(p->name, sizeof p->name, "%s", o->part[i].name);
        x->choice[i] = (gal_sfh_part){p->name, &p->sfh.o};
        GAL_TRY(add_part(s, x, p));
        makes_dust = makes_dust || p->sfh.class->gas;
    }
    s->o.part = x->choice;
    s->o.npart = x->n;
    if (!makes_dust) {
        x->dust = s->npar;
        gal_sfh_add(s, &gal_sfh_dust, 1);
    }
out:
    return st;
}

static void destroy(void *self)
{
    sum *x = self;
    for (size_t i = 0; i < x->n; i++)
        gal_sfh_clear(&x->part[i].sfh);
    gal_free(x->names);
    gal_free(x);
}

static gal_hash hash(const gal_sfh *s)
{
    const sum *x = s->self;
    gal_hash h = gal_sfh_hash_of(s, GAL_SFH_NO_CHOICES);
    for (size_t i = 0; i < x->n; i++)
        h = gal_hash_combine(gal_hash_combine(h, gal_hash_bytes(x->part[i].name, strlen(x->part[i].name))),
                             gal_sfh_hash(&x->part[i].sfh));
    return h;
}

/* The part and its own parameter behind parameter i of the sum; NULL: its age, or none */
static const summand *part_of(const sum *x, size_t i, size_t *own)
{
    for (size_t k = 0; k < x->n; k++) {
        const summand *p = &x->part[k];
        size_t at = p->at + 1;
        for (size_t j = 0; j < p->sfh.npar; j++)
            if (!has_dust(&p->sfh, j) && at++ == i) {
                *own = j;
                return p;
            }
    }
    return NULL;
}

static const char *prior(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    size_t own;
    const summand *p = part_of(s->self, i, &own);
    return p ? gal_sfh_prior(&p->sfh, own, buf, size) : buf;
}

static size_t metallicities(const gal_sfh *s, size_t *index, size_t most)
{
    const sum *x = s->self;
    size_t n = 0;
    for (size_t i = 0; i < s->npar && n < most; i++) {
        size_t own, z[1];
        const summand *p = part_of(x, i, &own);
        if (p && gal_sfh_metallicities(&p->sfh, z, 1) && z[0] == own)
            index[n++] = i;
    }
    return n;
}

static size_t nbreak(const gal_sfh *s)
{
    const sum *x = s->self;
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        n += gal_sfh_max_breaks(&x->part[i].sfh);
    return n;
}

/* ------------------------------------------------------------------ evaluation */
static void close(gal_history *h)
{
    gal_history *part = h->local;
    for (size_t i = 0; i < sum_of(h)->n; i++)
        if (part[i].sfh)
            gal_history_clear(&part[i]);
    gal_free(part);
}

static gal_status open(gal_history *h)
{
    gal_status st = GAL_OK;
    const sum *x = sum_of(h);
    gal_history *part = h->local = GAL_NEWN(gal_history, x->n);
    if (!part)
        return GAL_ENOMEM;
    for (size_t i = 0; i < x->n; i++)
        GAL_TRY(gal_history_init(&part[i], &x->part[i].sfh));
out:
    return st;
}

static const gal_history *parts(const gal_history *h, size_t *n)
{
    *n = sum_of(h)->n;
    return h->local;
}

static gal_status set(gal_history *h)
{
    gal_status st = GAL_OK;
    const sum *x = sum_of(h);
    gal_history *part = h->local;
    for (size_t i = 0; i < x->n; i++) {
        const gal_sfh *s = &x->part[i].sfh;
        const double *from = h->p + x->part[i].at;
        double p[GAL_SFH_MAXPAR];
        for (size_t k = 0, at = 1; k < s->npar; k++)
            p[k] = has_dust(s, k) ? 0 : from[at++];
        GAL_TRY(gal_history_set(&part[i], p, fmin(from[0], h->age)));
    }
out:
    return st;
}

static double open_at(const gal_history *p, double t)
{
    return t < p->quench ? 1 : t == p->quench ? 0.5 : 0;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const gal_history *part = h->local;
    memset(psi, 0, n * sizeof *psi);
    for (size_t k = 0; k < sum_of(h)->n; k++)
        for (size_t i = 0; i < n; i++) {
            double own = t[i] - (h->age - part[k].age), r;
            gal_history_rate(&part[k], &own, 1, &r);
            psi[i] += r * open_at(&part[k], own);
        }
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    const gal_history *part = h->local;
    memset(m, 0, n * sizeof *m);
    for (size_t k = 0; k < sum_of(h)->n; k++)
        for (size_t i = 0; i < n; i++) {
            double own = fmin(t[i] - (h->age - part[k].age), part[k].quench), formed;
            gal_history_mass(&part[k], &own, 1, &formed);
            m[i] += formed;
        }
}

static void split(const gal_history *h, size_t k, const double *p, double age, double *own, double *own_age)
{
    const summand *x = &sum_of(h)->part[k];
    size_t at = x->at + 1;
    for (size_t j = 0; j < x->sfh.npar; j++)
        own[j] = has_dust(&x->sfh, j) ? 0 : p[at++];
    *own_age = h->p[x->at] < h->age ? p[x->at] : age;
}

static void join(const gal_history *h, size_t k, const double *own, double own_age, double *p, double *age)
{
    const summand *x = &sum_of(h)->part[k];
    size_t at = x->at + 1;
    for (size_t j = 0; j < x->sfh.npar; j++)
        if (!has_dust(&x->sfh, j))
            p[at++] += own[j];
    *(h->p[x->at] < h->age ? &p[x->at] : age) += own_age;
}

static size_t breaks(const gal_history *h, double *t)
{
    const gal_history *part = h->local;
    size_t n = 0;
    for (size_t k = 0; k < sum_of(h)->n; k++) {
        double onset = h->age - part[k].age;
        size_t m = gal_history_breaks(&part[k], t + n);
        for (size_t i = n; i < n + m; i++)
            t[i] += onset;
        n += m;
        t[n++] = onset; /* max_breaks of a part has one to spare */
    }
    return n;
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)m;
    const gal_history *part = h->local;
    for (size_t i = 0; i < n; i++) {
        double total = 0, metals = 0, plain = 0;
        for (size_t k = 0; k < sum_of(h)->n; k++) {
            double own = t[i] - (h->age - part[k].age), end = fmin(own, part[k].quench), formed, zk;
            gal_history_mass(&part[k], &end, 1, &formed);
            gal_history_zstar(&part[k], &own, 1, &zk);
            total += formed;
            plain += zk / (double)sum_of(h)->n;
            metals += formed * zk;
        }
        z[i] = total > 0 ? metals / total : plain; /* no stars: something that a gas mass can be made of */
    }
}

/* With the rates; where no stars form, as the stars there are */
static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    const gal_history *part = h->local;
    for (size_t i = 0; i < n; i++) {
        double total = 0, metals = 0;
        for (size_t k = 0; k < sum_of(h)->n; k++) {
            double own = t[i] - (h->age - part[k].age), psi, zk;
            gal_history_rate(&part[k], &own, 1, &psi);
            gal_history_zgas(&part[k], &own, 1, &zk);
            psi *= open_at(&part[k], own);
            total += psi;
            metals += psi * zk;
        }
        if (total > 0)
            z[i] = metals / total;
        else
            zstar(h, m, t + i, 1, z + i);
    }
}

static void gas(const gal_history *h, double open, double dust_exponent, gal_sfh_content *out)
{
    (void)open;
    const gal_history *part = h->local;
    const sum *x = sum_of(h);
    if (x->dust) {
        out->mdust = h->p[x->dust];
        out->mgas = 100 * out->mdust * pow(out->zgas / GAL_ZSUN, dust_exponent);
        return;
    }
    double metals = 0;
    out->mgas = out->mdust = 0;
    for (size_t k = 0; k < x->n; k++) {
        gal_sfh_content c;
        if (!part[k].sfh->class->gas)
            continue;
        gal_history_content(&part[k], dust_exponent, &c);
        out->mgas += c.mgas;
        out->mdust += c.mdust;
        metals += c.mgas * c.zgas;
    }
    if (out->mgas > 0)
        out->zgas = metals / out->mgas;
}

static const gal_metals_class metals = {.name = "sum", .doc = "of the parts, weighted", .zgas = zgas, .zstar = zstar};

const gal_sfh_class gal_sfh_sum = {
    .name = "sum",
    .args = "NAME = sfh.KIND{...}, NAME = sfh.KIND{...}, ...",
    .doc = "Histories that add up, each with its own parameters, metallicity and onset. Parameters have the name of "
           "the part before\n"
           "them: g.sfh.old.tau, \"sfh.old.tau\" in a fit. Values given beside the parts: [\"young.age\"] = 1e8.",
    .is = GAL_SFH_COMPOSED,
    .metals = &metals,
    .create = create,
    .destroy = destroy,
    .hash = hash,
    .prior = prior,
    .metallicities = metallicities,
    .open = open,
    .close = close,
    .set = set,
    .parts = parts,
    .rate = rate,
    .mass = mass,
    .split = split,
    .join = join,
    .nbreak = nbreak,
    .breaks = breaks,
    .gas = gas,
};
