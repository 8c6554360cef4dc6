/* Star formation histories: the registry of models and what they share. Formulas in galua/sfh.h; the in-situ chemistry in
 * insitu.c, the cumulative masses that need special functions in cumulative.c. */
#include "galua/sfh.h"

#include "galua/const.h"
#include "galua/num.h"
#include "sfh/sfh_internal.h"

#include <math.h>
#include <string.h>

static const char *const names[GAL_SFH_KINDS] = {"insitu", "constant", "delayed", "lognormal", "dpl", "table"};
static const char *const docs[GAL_SFH_KINDS] = {
    "in-situ galaxy: analytic gas, metal and dust evolution (Lapi+18,20; Pantoni+19)",
    "constant star formation rate",
    "delayed exponential: norm (t/tau)^k exp(-t/tau)",
    "log-normal in time (no 1/t factor): norm/sqrt(2 pi sigma^2) exp(-ln^2(t/tau)/(2 sigma^2))",
    "double power law: norm / [(t/tau)^alpha + (t/tau)^-beta] (Carnall+18)",
    "table of (t, psi), linear in between, zero outside",
};

const char *gal_sfh_name(gal_sfh_kind k)
{
    return names[k];
}

const char *gal_sfh_doc(gal_sfh_kind k)
{
    return docs[k];
}

gal_status gal_sfh_find(const char *name, gal_sfh_kind *out)
{
    for (int i = 0; i < GAL_SFH_KINDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (gal_sfh_kind)i;
            return GAL_OK;
        }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name, names, GAL_SFH_KINDS);
    return gal_fail(GAL_ENOTFOUND,
                    "unknown star formation history '%s'%s (known: insitu constant delayed lognormal dpl table)", name,
                    hint);
}

// clang-format off
/*   name          unit       doc                                                     value  lo     hi     plo   phi   log    free */
static const gal_param p_insitu[] = {
    {"psi_max",    "Msun/yr", "normalisation; also sets the outflow",                  100,  1e-4,  1e6,   1,    1e4,  true,  true},
    {"tau_star",   "yr",      "star formation (condensation) time-scale",              3e8,  1e5,   1e12,  1e6,  1e11, true,  true}};
static const gal_param p_constant[] = {
    {"psi",        "Msun/yr", "star formation rate",                                   1,    0,     1e6,   1e-3, 1e4,  true,  true}};
static const gal_param p_delayed[] = {
    {"norm",       "Msun/yr", "normalisation",                                         1,    0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "e-folding time",                                        1e9,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"k",          "",        "early slope",                                           1,    0,     20,    0,    5,    false, false}};
static const gal_param p_lognormal[] = {
    {"norm",       "Msun/yr", "normalisation",                                         100,  0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "peak time",                                             3e8,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"sigma",      "",        "width in ln t",                                         2,    0.05,  20,    0.1,  5,    false, true}};
static const gal_param p_dpl[] = {
    {"norm",       "Msun/yr", "twice the rate at t = tau",                             10,   0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "turn-over time",                                        3e9,  1e5,   1e12,  1e7,  1.4e10, true, true},
    {"alpha",      "",        "falling slope",                                         2,    0.1,   1000,  0.1,  100,  true,  true},
    {"beta",       "",        "rising slope",                                          2,    0.1,   1000,  0.1,  100,  true,  true}};
static const gal_param p_table[] = {
    {"scale",      "",        "factor on the tabulated rate",                          1,    0,     1e12,  1e-3, 1e3,  true,  true}};
static const gal_param p_quench =
    {"tau_quench", "yr",      "star formation stops at this galaxy time",              1e20, 1e5,   1e21,  1e7,  1.4e10, true, false};
static const gal_param p_empirical[] = {
    {"Mdust",      "Msun",    "dust mass",                                             1e8,  0,     1e13,  1e5,  1e10, true,  true},
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true}};
static const gal_param p_zstart =
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false};
static const struct { const gal_param *p; size_t n; } own[GAL_SFH_KINDS] = {
    {p_insitu, 2}, {p_constant, 1}, {p_delayed, 3}, {p_lognormal, 3}, {p_dpl, 4}, {p_table, 1}};
// clang-format on

static gal_status take_table(gal_sfh *s, const double *t, const double *psi, size_t n)
{
    if (n < 2 || !t || !psi)
        return gal_fail(GAL_EINVAL, "sfh.table: %zu rows, at least 2 are needed", n);
    gal_status st = gal_check_ascending("sfh.table: time", t, n);
    if (st != GAL_OK)
        return st;
    if (t[0] < 0)
        return gal_fail(GAL_EDOMAIN, "sfh.table: time starts at %g yr, before the onset at 0", t[0]);
    for (size_t i = 0; i < n; i++)
        if (!(psi[i] >= 0) || isinf(psi[i]))
            return gal_fail(GAL_EDOMAIN, "sfh.table: rate %g in row %zu must be finite and >= 0", psi[i], i + 1);
    if (!(s->t = GAL_NEWN(double, 3 * n)))
        return GAL_ENOMEM;
    s->psi = s->t + n;
    s->cum = s->t + 2 * n;
    memcpy(s->t, t, n * sizeof *t);
    memcpy(s->psi, psi, n * sizeof *psi);
    gal_cumtrapz(t, psi, n, s->cum);
    s->ntable = n;
    return GAL_OK;
}

gal_status gal_sfh_init(gal_sfh *s, gal_sfh_kind kind, bool evolving_z, const double *t, const double *psi, size_t n)
{
    *s = (gal_sfh){.kind = kind, .evolving_z = evolving_z};
    if (evolving_z && kind == GAL_SFH_INSITU)
        return gal_fail(GAL_EINVAL, "sfh.insitu: has its own metal evolution, leave 'metallicity' out");
    for (size_t i = 0; i < own[kind].n; i++)
        s->par[s->npar++] = own[kind].p[i];
    s->par[s->npar++] = p_quench;
    if (kind != GAL_SFH_INSITU) {
        s->par[s->npar++] = p_empirical[0];
        s->par[s->npar++] = p_empirical[1];
        if (evolving_z)
            s->par[s->npar++] = p_zstart;
    }
    return kind == GAL_SFH_TABLE ? take_table(s, t, psi, n) : GAL_OK;
}

void gal_sfh_clear(gal_sfh *s)
{
    gal_free(s->t);
    s->t = s->psi = s->cum = NULL;
    s->ntable = 0;
}

size_t gal_sfh_quench_index(const gal_sfh *s)
{
    return own[s->kind].n;
}

/* positions of Mdust, Z, Z_start behind tau_quench */
static size_t at_mdust(const gal_sfh *s)
{
    return own[s->kind].n + 1;
}

void gal_sfh_rate(const gal_sfh *s, const double *p, const double *t, size_t n, double *psi)
{
    switch (s->kind) {
    case GAL_SFH_INSITU:
        gal_insitu_rate(p[0], p[1], t, n, psi);
        return;
    case GAL_SFH_CONSTANT:
        for (size_t i = 0; i < n; i++)
            psi[i] = t[i] > 0 ? p[0] : 0;
        return;
    case GAL_SFH_DELAYED:
        for (size_t i = 0; i < n; i++) {
            double x = t[i] / p[1];
            psi[i] = t[i] > 0 ? p[0] * (p[2] == 1 ? x : pow(x, p[2])) * exp(-x) : 0;
        }
        return;
    case GAL_SFH_LOGNORMAL:
        for (size_t i = 0; i < n; i++) {
            double y = t[i] > 0 ? log(t[i] / p[1]) / p[2] : 0;
            psi[i] = t[i] > 0 ? p[0] / (sqrt(2 * M_PI) * p[2]) * exp(-0.5 * y * y) : 0;
        }
        return;
    case GAL_SFH_DPL:
        for (size_t i = 0; i < n; i++) {
            double l = t[i] > 0 ? log(t[i] / p[1]) : 0;
            psi[i] = t[i] > 0 ? p[0] / (exp(p[2] * l) + exp(-p[3] * l)) : 0;
        }
        return;
    case GAL_SFH_TABLE:
        for (size_t i = 0; i < n; i++)
            psi[i] = p[0] * gal_interp(s->t, s->psi, s->ntable, t[i], GAL_ZERO);
        return;
    case GAL_SFH_KINDS:
        break;
    }
}

void gal_sfh_mass(const gal_sfh *s, const double *p, const double *t, size_t n, double *mass)
{
    for (size_t i = 0; i < n; i++) {
        if (!(t[i] > 0)) {
            mass[i] = 0;
            continue;
        }
        switch (s->kind) {
        case GAL_SFH_INSITU:
            mass[i] = gal_insitu_mass(p[0], p[1], t[i]);
            break;
        case GAL_SFH_CONSTANT:
            mass[i] = p[0] * t[i];
            break;
        case GAL_SFH_DELAYED:
            mass[i] = gal_delayed_mass(p[0], p[1], p[2], t[i]);
            break;
        case GAL_SFH_LOGNORMAL:
            mass[i] = gal_lognormal_mass(p[0], p[1], p[2], t[i]);
            break;
        case GAL_SFH_DPL:
            mass[i] = gal_dpl_mass(p[0], p[1], p[2], p[3], t[i]);
            break;
        case GAL_SFH_TABLE: {
            size_t k = gal_search(s->t, s->ntable, t[i]);
            double h = fmin(t[i], s->t[s->ntable - 1]) - s->t[k];
            double slope = (s->psi[k + 1] - s->psi[k]) / (s->t[k + 1] - s->t[k]);
            mass[i] = h >= 0 ? p[0] * (s->cum[k] + h * (s->psi[k] + 0.5 * slope * h)) : 0;
            break;
        }
        case GAL_SFH_KINDS:
            break;
        }
    }
}

/* Z(t) = Z_start + (Z - Z_start) M(t)/M(age); the mass-weighted mean to t has half the growth. */
static void mapped_metallicity(const gal_sfh *s, const double *p, double age, const double *t, size_t n, double growth,
                               double *z)
{
    size_t iz = at_mdust(s) + 1;
    double total, end = fmin(age, p[gal_sfh_quench_index(s)]);
    if (!s->evolving_z) {
        for (size_t i = 0; i < n; i++)
            z[i] = p[iz];
        return;
    }
    gal_sfh_mass(s, p, &end, 1, &total);
    gal_sfh_mass(s, p, t, n, z);
    for (size_t i = 0; i < n; i++)
        z[i] = p[iz + 1] + growth * (p[iz] - p[iz + 1]) * (total > 0 ? fmin(z[i] / total, 1) : 1);
}

void gal_sfh_zgas(const gal_sfh *s, const double *p, double age, const double *t, size_t n, double *z)
{
    if (s->kind == GAL_SFH_INSITU)
        gal_insitu_zgas(p[0], p[1], t, n, z);
    else
        mapped_metallicity(s, p, age, t, n, 1, z);
}

void gal_sfh_zstar(const gal_sfh *s, const double *p, double age, const double *t, size_t n, double *z)
{
    if (s->kind == GAL_SFH_INSITU)
        gal_insitu_zstar(p[0], p[1], t, n, z);
    else
        mapped_metallicity(s, p, age, t, n, 0.5, z);
}

void gal_sfh_content_at(const gal_sfh *s, const double *p, double t, double dust_exponent, gal_sfh_content *out)
{
    double tq = p[gal_sfh_quench_index(s)], open = t < tq ? 1 : t == tq ? 0.5 : 0;
    gal_sfh_rate(s, p, &t, 1, &out->sfr);
    out->sfr *= open;
    gal_sfh_zgas(s, p, t, &t, 1, &out->zgas);
    gal_sfh_zstar(s, p, t, &t, 1, &out->zstar);
    if (s->kind == GAL_SFH_INSITU) {
        out->mgas = p[1] * out->sfr;
        out->mdust = gal_insitu_dust_to_gas(p[0], p[1], t) * out->mgas;
    } else {
        out->mdust = p[at_mdust(s)];
        out->mgas = 100 * out->mdust * pow(out->zgas / GAL_ZSUN, dust_exponent);
    }
}

double gal_sfh_mstar_galapy(const gal_sfh *s, const double *p, double age, size_t n)
{
    double tq = p[gal_sfh_quench_index(s)], mass = 0, left = 1;
    for (size_t j = 1; j < n; j++) {
        double right = pow(age, (double)j / (double)(n - 1)), mid = 0.5 * (left + right), psi;
        gal_sfh_rate(s, p, &mid, 1, &psi);
        psi *= mid < tq ? 1 : mid == tq ? 0.5 : 0;
        mass += (right - left) * (1 - 0.05 * log(1 + 2.5e-6 * (age - mid))) * psi;
        left = right;
    }
    return mass;
}
