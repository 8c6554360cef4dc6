/* Spectral indices, equivalent widths and line fluxes of a galaxy. See galua/spectrum.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/line_set.h"
#include "galua/const.h"
#include "galua/num.h"
#include "galua/spectrum.h"
#include "num/gauss.h"

enum {
    FINE = 29
}; /* nodes of one line, this many standard deviations apart; the profile keeps its integral on them: */
static const double STEP = .5;

struct gal_meter {
    const gal_galaxy *g;
    line_set lines;
    const double *seen;     /* of the galaxy begun; NULL: no lines in that spectrum */
    double *cont;           /* [nwave] spectrum without lines */
    double *sigma, *smooth; /* [nwave] */
    double *x, *y, *weight; /* [nwave + FINE lines] */
};

gal_status gal_meter_create(gal_meter **out, const gal_galaxy *g)
{
    size_t n = gal_galaxy_nwave(g);
    gal_meter *m = GAL_NEW(gal_meter);
    *out = NULL;
    if (!m)
        return GAL_ENOMEM;
    m->g = g;
    gal_status st = line_set_take(&m->lines, g);
    if (st == GAL_OK && !(m->cont = GAL_NEWN(double, 6 * n + 3 * FINE * m->lines.n + 4)))
        st = GAL_ENOMEM;
    if (st != GAL_OK) {
        gal_meter_free(m);
        return st;
    }
    m->sigma = m->cont + n;
    m->smooth = m->sigma + n;
    m->x = m->smooth + n;
    m->y = m->x + n + FINE * m->lines.n;
    m->weight = m->y + n + FINE * m->lines.n;
    *out = m;
    return GAL_OK;
}

void gal_meter_free(gal_meter *m)
{
    if (!m)
        return;
    line_set_clear(&m->lines);
    gal_free(m->cont);
    gal_free(m);
}

void gal_meter_begin(gal_meter *m, const gal_galaxy_ws *w, size_t comp)
{
    bool lines = m->lines.n > 0 && gal_galaxy_spectrum_has_lines(m->g, comp);
    memcpy(m->cont, gal_galaxy_lum(w, comp), gal_galaxy_nwave(m->g) * sizeof *m->cont);
    if (lines)
        line_set_subtract(&m->lines, w, m->cont);
    m->seen = lines ? gal_galaxy_line_seen(w) : NULL;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nodes a .. b-1 of the grid, and finer ones around the lines near lo .. hi; the spectrum f there, lines on top. Returns how many. */
static size_t with_lines(gal_meter *m, const double *wave, const double *f, size_t n, double lo, double hi,
                         double sigma_gas, bool lick)
{
    size_t count = n;
    memcpy(m->x, wave, n * sizeof *wave);
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t l = 0; l < m->lines.n; l++) {
            double c = m->lines.wave[l], r = lick ? gal_lick_fwhm(c) / FWHM_OF_SIGMA : 0;
            double v = c * fmax(sigma_gas, 1) * 1e5 / GAL_C_CGS, s = sqrt(v * v + r * r),
                   reach = 0.5 * (FINE - 1) * STEP * s;
            if (!m->lines.on[l].count || !(m->seen[l] > 0) || c + reach < lo || c - reach > hi)
                continue;
            if (pass == 0) {
                for (int k = 0; k < FINE; k++) {
                    double x = c - reach + k * STEP * s;
                    if (x > wave[0] && x < wave[n - 1])
                        m->x[count++] = x;
                }
                continue;
            }
            size_t from = gal_search(m->x, count, c - reach), to = gal_search(m->x, count, c + reach) + 1, first;
            size_t on = gal_spec_line_on_grid(m->x, count, c, s, &first, m->weight, to - from + 2);
            for (size_t k = 0; k < on; k++)
                m->y[first + k] += m->seen[l] * m->weight[k];
        }
        if (pass == 1)
            break;
        qsort(m->x, count, sizeof *m->x, ascending);
        size_t kept = 1, at = 0;
        for (size_t k = 1; k < count; k++)
            if (m->x[k] > m->x[kept - 1] * (1 + 1e-13))
                m->x[kept++] = m->x[k];
        count = kept;
        for (size_t k = 0; k < count; k++) {
            while (at + 2 < n && m->x[k] > wave[at + 1])
                at++;
            m->y[k] = f[at] + (f[at + 1] - f[at]) * (m->x[k] - wave[at]) / (wave[at + 1] - wave[at]);
        }
    }
    return count;
}

gal_status gal_meter_index(gal_meter *m, const gal_index *i, const gal_kinematics *k, bool lick, double *out)
{
    const double *wave = gal_galaxy_wave(m->g), *f = m->cont;
    size_t n = gal_galaxy_nwave(m->g), a, b;
    double lo, hi, sv = k->sigma_v, sg = m->seen ? isnan(k->sigma_gas) ? m->lines.sigma : k->sigma_gas : 0;
    if (!(sv >= 0 && sv <= 5000))
        return gal_fail(GAL_EDOMAIN, "index: sigma_v = %g km/s is not in 0 .. 5000", sv);
    lick = lick && i->air; /* the breaks and Lick indices; the others are of no such system */
    gal_index_range(i, &lo, &hi);
    char what[80];
    snprintf(what, sizeof what, "index '%s'", i->name);
    gal_status st = gal_galaxy_covers(m->g, what, lo, hi);
    if (st != GAL_OK)
        return st;
    double reach = 8 * (hi * fmax(sv, sg) * 1e5 / GAL_C_CGS + 6);
    a = gal_search(wave, n, lo - reach);
    b = gal_search(wave, n, hi + reach) + 4;
    a = a > 2 ? a - 2 : 0;
    b = b < n ? b : n;
    if (sv > 0 || lick) {
        for (size_t j = a; j < b; j++) {
            double s = wave[j] * sv * 1e5 / GAL_C_CGS, fwhm = lick ? gal_lick_fwhm(wave[j]) : 0;
            double finest, own = lick ? model_fwhm(m->g, j, &finest) : 0;
            double more = (fwhm * fwhm - own * own) / 5.545177444479562;
            m->sigma[j] = sqrt(s * s + (more > 0 ? more : 0));
        }
        gal_spec_smooth(wave + a, m->cont + a, b - a, m->sigma + a, m->smooth + a);
        f = m->smooth;
    }
    const double *x = wave + a, *y = f + a;
    n = b - a;
    if (m->seen) {
        n = with_lines(m, x, y, n, lo, hi, sg, lick);
        x = m->x;
        y = m->y;
    }
    *out = gal_index_value(i, x, y, n);
    return isnan(*out) ? gal_fail(GAL_EMATH, "index '%s': the continuum is not positive", i->name) : GAL_OK;
}

/* ------------------------------------------------------------------ lines by name */
static const struct {
    const char *name, *lines;
} ALIAS[] = {{"[OII]", "[OII]3726+[OII]3729"}, {"[OII]3727", "[OII]3726+[OII]3729"},
             {"[NII]", "[NII]6548+[NII]6584"}, {"[OIII]", "[OIII]4959+[OIII]5007"},
             {"[SII]", "[SII]6716+[SII]6731"}, {"[SII]6725", "[SII]6716+[SII]6731"},
             {"Lyalpha", "Ly-alpha1215"},      {"Ly-alpha", "Ly-alpha1215"}};
enum { NALIAS = sizeof ALIAS / sizeof ALIAS[0] };

static gal_status find_one(const gal_galaxy *g, const char *name, size_t *out)
{
    size_t n = gal_galaxy_nlines(g);
    char hint[96];
    for (size_t l = 0; l < n; l++)
        if (strcmp(gal_galaxy_line(g, l)->name, name) == 0) {
            *out = l;
            return GAL_OK;
        }
    const char **names = GAL_NEWN(const char *, n + NALIAS);
    if (!names)
        return GAL_ENOMEM;
    for (size_t l = 0; l < n; l++)
        names[l] = gal_galaxy_line(g, l)->name;
    for (size_t l = 0; l < NALIAS; l++)
        names[n + l] = ALIAS[l].name;
    gal_did_you_mean(hint, sizeof hint, name, names, n + NALIAS);
    gal_free(names);
    return gal_fail(GAL_ENOTFOUND, "the model has no emission line '%s'%s (names: g:lines())", name, hint);
}

gal_status gal_galaxy_find_lines(const gal_galaxy *g, const char *name, size_t *list, size_t cap, size_t *n)
{
    char text[256];
    *n = 0;
    if (!gal_galaxy_nlines(g))
        return gal_fail(GAL_EINVAL,
                        "line '%s': the model has no emission lines: give the galaxy nebular = nebular.hii{}", name);
    if (strlen(name) >= sizeof text)
        return gal_fail(GAL_EINVAL, "line '%.40s...': the name is too long", name);
    strcpy(text, name);
    for (char *part = text, *next; part; part = next) {
        const char *all = part;
        if ((next = strchr(part, '+')))
            *next++ = 0;
        for (size_t k = 0; k < NALIAS; k++)
            if (strcmp(part, ALIAS[k].name) == 0)
                all = ALIAS[k].lines;
        if (all != part) { /* at most two lines, no alias among them */
            size_t more;
            gal_status st = gal_galaxy_find_lines(g, all, list + *n, cap - *n, &more);
            if (st != GAL_OK)
                return st;
            *n += more;
            continue;
        }
        if (*n >= cap)
            return gal_fail(GAL_EINVAL, "line '%s': a blend of more than %zu lines", name, cap);
        gal_status st = find_one(g, part, &list[*n]);
        if (st != GAL_OK)
            return st;
        ++*n;
    }
    return GAL_OK;
}

gal_status gal_galaxy_line_flux(const gal_galaxy *g, const gal_galaxy_ws *w, const double *theta, const size_t *list,
                                size_t n, double *out)
{
    double factor;
    gal_status st = gal_galaxy_flux_factor(g, theta, &factor);
    if (st != GAL_OK)
        return st;
    const double *trans = gal_galaxy_transmission(w), *seen = gal_galaxy_line_seen(w);
    *out = 0;
    for (size_t i = 0; i < n; i++)
        *out += seen[list[i]] * (trans ? gal_interp(gal_galaxy_wave(g), trans, gal_galaxy_nwave(g),
                                                    gal_galaxy_line(g, list[i])->wave, GAL_CLAMP)
                                       : 1);
    *out *= factor * GAL_C_AA * 1e-26 / (1 + theta[GAL_P_REDSHIFT]);
    return GAL_OK;
}
