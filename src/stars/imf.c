/* imf.c - initial mass functions phi(m) = dN/dm and their integrals.
 *
 * Named: Salpeter 1955 (slope 2.35), Kroupa 2001 (0.3, 1.3, 2.3; breaks 0.08, 0.5 Msun), Chabrier 2003 (log-normal 0.079, 0.69
 * below 1 Msun, 2.3 above), van Dokkum 2008 (ApJ 674, 29 eq. 18 with m_c = 0.08). Default limits 0.1 .. 100 Msun.
 *
 * For synthesis phi is tabulated at 4001 log-spaced masses and taken as a power law between them: exact for power laws
 * (breaks are smeared over 0.2 % in mass), and the number and the mass of any interval follow in closed form, so the parts of
 * an isochrone add up to the whole to rounding. The table is made on one thread because a user's phi may be a Lua function;
 * reading it is thread safe. */
#include "stars/isochrone.h"
#include <math.h>

static double salpeter(double m, void *ctx)
{
    (void)ctx;
    return pow(m, -2.35);
}

static double kroupa(double m, void *ctx)
{
    (void)ctx;
    if (m < 0.08)
        return 2.0 / 0.08 * pow(m, -0.3);
    return m < 0.5 ? 2.0 * pow(m, -1.3) : pow(m, -2.3);
}

static double lognormal(double m, double mc, double sigma)
{
    double x = log10(m / mc) / sigma;
    return exp(-0.5 * x * x);
}

static double chabrier(double m, void *ctx)
{
    (void)ctx;
    return m < 1.0 ? lognormal(m, 0.079, 0.69) / m : lognormal(1.0, 0.079, 0.69) * pow(m, -2.3);
}

static double vandokkum(double m, void *ctx)
{
    (void)ctx;
    const double mc = 0.08, nc = 25.0, x = 1.3, sigma = 0.69;
    double xi = m <= nc * mc ? 0.140 * pow(0.5 * nc * mc, -x) * lognormal(m, mc, sigma) : 0.0443 * pow(m, -x);
    return xi / m;
}

gal_status gal_imf_named(const char *name, gal_imf *out)
{
    static const char *const names[] = {"kroupa", "chabrier", "salpeter", "vandokkum"};
    static double (*const phi[])(double, void *) = {kroupa, chabrier, salpeter, vandokkum};
    const size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; name && i < n; i++) {
        const char *a = names[i], *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b) {
            *out = (gal_imf){.name = names[i], .phi = phi[i], .mlo = 0.1, .mhi = 100.0};
            return GAL_OK;
        }
    }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name ? name : "", names, n);
    return gal_fail(GAL_ENOTFOUND,
                    "unknown initial mass function '%s'%s (known: kroupa, chabrier, salpeter, vandokkum)",
                    name ? name : "", hint);
}

/* ------------------------------------------------------------------ table */
static double powint(double lx, double e) /* integral of x^(e-1) from 1 to exp(lx) */
{
    double y = e * lx;
    return fabs(y) < 1e-9 ? lx * (1.0 + 0.5 * y) : expm1(y) / e;
}

/* Number and mass of cell i between masses a and b inside it. */
static void cell(const gal_imf_table *t, size_t i, double a, double b, double *number, double *mass)
{
    double p0 = t->phi[i], p1 = t->phi[i + 1], m0 = t->m[i], m1 = t->m[i + 1];
    if (p0 > 0.0 && p1 > 0.0) {
        double s = t->slope[i], pa = a > m0 ? p0 * exp(s * log(a / m0)) : p0, lx = log(b / a);
        *number = pa * a * powint(lx, s + 1.0);
        *mass = pa * a * a * powint(lx, s + 2.0);
    } else { /* phi vanishes at one end: straight line */
        double d = (p1 - p0) / (m1 - m0), pa = p0 + d * (a - m0), pb = p0 + d * (b - m0), h = b - a;
        *number = 0.5 * (pa + pb) * h;
        *mass = h / 6.0 * (a * pa + 4.0 * 0.5 * (a + b) * 0.5 * (pa + pb) + b * pb);
    }
}

void gal_imf_integrate(const gal_imf_table *t, double a, double b, double *number, double *mass)
{
    *number = *mass = 0.0;
    a = fmax(a, t->m[0]);
    b = fmin(b, t->m[t->n - 1]);
    if (!(b > a))
        return;
    size_t last = t->n - 2, i = (size_t)fmax(0.0, log(a / t->m[0]) * t->per_ln),
           j = (size_t)fmax(0.0, log(b / t->m[0]) * t->per_ln);
    i = i > last ? last : i;
    j = j > last ? last : j;
    if (i == j) {
        cell(t, i, a, b, number, mass);
        return;
    }
    double n1, m1;
    cell(t, i, a, t->m[i + 1], number, mass);
    cell(t, j, t->m[j], b, &n1, &m1);
    *number += t->cn[j] - t->cn[i + 1] + n1;
    *mass += t->cm[j] - t->cm[i + 1] + m1;
}

void gal_imf_table_free(gal_imf_table *t)
{
    if (!t)
        return;
    gal_free(t->m);
    gal_free(t);
}

gal_status gal_imf_table_create(gal_imf_table **out, const gal_imf *imf)
{
    gal_status st = GAL_OK;
    const size_t n = 4001;
    const char *name = imf->name ? imf->name : "user";
    gal_imf_table *t = NULL;
    *out = NULL;
    if (!imf->phi)
        return gal_fail(GAL_EINVAL, "initial mass function '%s' has no phi(m)", name);
    if (!(imf->mlo >= 0.08 && imf->mhi <= 100.0 && imf->mlo < imf->mhi))
        return gal_fail(GAL_EDOMAIN,
                        "initial mass function '%s': limits %g .. %g Msun must lie within 0.08 .. 100 and ascend", name,
                        imf->mlo, imf->mhi);
    t = GAL_NEW(gal_imf_table);
    if (!t || !(t->m = GAL_NEWN(double, 5 * n))) {
        st = GAL_ENOMEM;
        goto out;
    }
    t->n = n;
    t->phi = t->m + n;
    t->cn = t->phi + n;
    t->cm = t->cn + n;
    t->slope = t->cm + n;
    for (size_t i = 0; i < n; i++) {
        t->m[i] = i == n - 1 ? imf->mhi : imf->mlo * exp(log(imf->mhi / imf->mlo) * (double)i / (double)(n - 1));
        t->phi[i] = imf->phi(t->m[i], imf->ctx);
        if (!(t->phi[i] >= 0.0 && isfinite(t->phi[i])))
            GAL_THROW(GAL_EMATH, "initial mass function '%s' is %g at %g Msun; it must be finite and not negative",
                      name, t->phi[i], t->m[i]);
    }
    for (size_t i = 0; i + 1 < n; i++) {
        double dn, dm;
        t->slope[i] =
            t->phi[i] > 0.0 && t->phi[i + 1] > 0.0 ? log(t->phi[i + 1] / t->phi[i]) / log(t->m[i + 1] / t->m[i]) : 0.0;
        cell(t, i, t->m[i], t->m[i + 1], &dn, &dm);
        t->cn[i + 1] = t->cn[i] + dn;
        t->cm[i + 1] = t->cm[i] + dm;
    }
    t->per_ln = (double)(n - 1) / log(t->m[n - 1] / t->m[0]);
    double total = t->cm[n - 1];
    if (!(total > 0.0 && isfinite(total)))
        GAL_THROW(GAL_EMATH, "initial mass function '%s' holds no mass between %g and %g Msun", name, imf->mlo,
                  imf->mhi);
    for (size_t i = 0; i < n; i++) {
        t->phi[i] /= total;
        t->cn[i] /= total;
        t->cm[i] /= total;
    }
out:
    if (st != GAL_OK) {
        gal_imf_table_free(t);
        return st;
    }
    *out = t;
    return st;
}
