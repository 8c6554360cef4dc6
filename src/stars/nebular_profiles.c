/* Profiles of emission lines on wavelength grids: Gaussians that conserve flux and centroid under the trapezoid rule. Thread-safe. */
#include "stars/nebular.h"

#include "galua/const.h"

#include <math.h>

/* Integrals over [a, b] of a unit Gaussian at c with dispersion s: of G, and of (x - c) G. */
static void gauss_moments(double a, double b, double c, double s, double *m0, double *m1)
{
    double u = (a - c) / s, v = (b - c) / s;
    *m0 = 0.5 * (erf(v * M_SQRT1_2) - erf(u * M_SQRT1_2));
    *m1 = s / sqrt(2 * M_PI) * (exp(-0.5 * u * u) - exp(-0.5 * v * v));
}

/* Projects a line on the hat functions of the grid: the trapezoid rule then returns its flux, and its centroid. */
void nebular_add_line(const double *wave, size_t n, const gal_nebular_line *line, double width, double *lum)
{
    double s = line->wave * width, lo = line->wave - 6 * s, hi = line->wave + 6 * s;
    if (lo < wave[0] || hi > wave[n - 1])
        return;
    size_t i = 0, top = n - 1;
    while (top - i > 1) { /* interval that holds lo */
        size_t mid = (i + top) / 2;
        if (wave[mid] <= lo)
            i = mid;
        else
            top = mid;
    }
    double total, first; /* the Gaussian within 6 s: normalise what is cut */
    gauss_moments(lo, hi, line->wave, s, &total, &first);
    for (; i + 1 < n && wave[i] < hi; i++) {
        double a = wave[i], b = wave[i + 1], m0, m1;
        gauss_moments(fmax(a, lo), fmin(b, hi), line->wave, s, &m0, &m1);
        double right = ((line->wave - a) * m0 + m1) / (b - a) / total, left = m0 / total - right;
        double before = i ? wave[i - 1] : a, after = i + 2 < n ? wave[i + 2] : b;
        lum[i] += line->lum * left / (0.5 * (b - before));
        lum[i + 1] += line->lum * right / (0.5 * (after - a));
    }
}

typedef struct profile { /* of one line on the nodes first .. first + count - 1 */
    size_t first, count, at;
} profile;

/* Profiles, each found by projecting a unit line on an empty grid. */
static gal_status project(profile *p, double **weight, const double *wave, size_t n, const double *wave0, size_t nline,
                          double width)
{
    double *unit = GAL_NEWN(double, n);
    for (int pass = 0; unit && pass < 2; pass++) {
        size_t used = 0;
        for (size_t k = 0; k < nline; k++) {
            gal_nebular_line l = {.wave = wave0[k], .lum = 1};
            nebular_add_line(wave, n, &l, width, unit);
            size_t i = 0, j = n;
            while (i < n && unit[i] == 0)
                i++;
            while (j > i && unit[j - 1] == 0)
                j--;
            p[k] = (profile){i, j - i, used};
            for (size_t m = i; m < j; m++) {
                if (pass)
                    (*weight)[used + m - i] = unit[m];
                unit[m] = 0;
            }
            used += j - i;
        }
        if (!pass && !(*weight = GAL_NEWN(double, used + 1)))
            break;
    }
    gal_free(unit);
    return unit && *weight ? GAL_OK : GAL_ENOMEM;
}

static void add_profiles(const profile *line, size_t nline, const double *weight, const double *power, double *lum)
{
    for (size_t l = 0; l < nline; l++) {
        const double *w = weight + line[l].at;
        for (size_t k = 0; k < line[l].count; k++)
            lum[line[l].first + k] += power[l] * w[k];
    }
}

struct gal_nebular_profiles {
    size_t nline;
    profile *line;
    double *weight;
};

void gal_nebular_profiles_free(gal_nebular_profiles *p)
{
    if (!p)
        return;
    gal_free(p->line);
    gal_free(p->weight);
    gal_free(p);
}

gal_status gal_nebular_profiles_create(gal_nebular_profiles **out, const double *wave, size_t n, const double *wave0,
                                       size_t nline, double sigma)
{
    gal_nebular_profiles *p = GAL_NEW(gal_nebular_profiles);
    gal_status st = p && (p->line = GAL_NEWN(profile, nline)) ? GAL_OK : GAL_ENOMEM;
    if (st == GAL_OK) {
        p->nline = nline;
        st = project(p->line, &p->weight, wave, n, wave0, nline, sigma * 1e5 / GAL_C_CGS);
    }
    if (st != GAL_OK) {
        gal_nebular_profiles_free(p);
        p = NULL;
    }
    *out = p;
    return st;
}

gal_status gal_nebular_profiles_pick(gal_nebular_profiles **out, const gal_nebular_profiles *p, const uint32_t *at,
                                     size_t n)
{
    gal_status st = GAL_OK;
    gal_nebular_profiles *q = *out = GAL_NEW(gal_nebular_profiles);
    size_t used = 0;
    if (!q || !(q->line = GAL_NEWN(profile, p->nline)))
        GAL_TRY(GAL_ENOMEM);
    q->nline = p->nline;
    for (size_t l = 0; l < p->nline; l++) {
        const profile *from = &p->line[l];
        size_t i = 0, j;
        while (i < n && at[i] < from->first)
            i++;
        for (j = i; j < n && at[j] < from->first + from->count; j++)
            ;
        q->line[l] = (profile){j > i ? i : 0, j - i, used};
        used += j - i;
    }
    if (!(q->weight = GAL_NEWN(double, used + 1)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t l = 0; l < p->nline; l++)
        for (size_t k = 0; k < q->line[l].count; k++)
            q->weight[q->line[l].at + k] = p->weight[p->line[l].at + at[q->line[l].first + k] - p->line[l].first];
out:
    if (st != GAL_OK) {
        gal_nebular_profiles_free(q);
        *out = NULL;
    }
    return st;
}

void gal_nebular_profiles_add(const gal_nebular_profiles *p, const double *line, double *lum)
{
    add_profiles(p->line, p->nline, p->weight, line, lum);
}

void gal_nebular_profiles_back(const gal_nebular_profiles *p, const double *glum, double *gline)
{
    for (size_t l = 0; l < p->nline; l++) {
        const double *w = p->weight + p->line[l].at, *g = glum + p->line[l].first;
        gline[l] = 0;
        for (size_t k = 0; k < p->line[l].count; k++)
            gline[l] += g[k] * w[k];
    }
}
