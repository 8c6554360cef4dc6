/* The lines of a galaxy on its grid. See line_set.h. */
#include "fit/line_set.h"
#include "galua/const.h"
#include "galua/num.h"
#include "galua/spec.h"

/* Room for the weights of a line on the grid, as gal_spec_line_on_grid lays it: 6 sigma either side. */
static size_t room_for(const double *wave, size_t n, double line, double sigma)
{
    return gal_search(wave, n, line + 6 * sigma) - gal_search(wave, n, line - 6 * sigma) + 3;
}

/* The velocity dispersion with which the lines of the galaxy lie on its grid; 0: there is no component with such an option. */
static double component_sigma(const gal_galaxy *g)
{
    for (size_t i = 0; i < gal_galaxy_ncomponent(g); i++) {
        const gal_component *c = gal_galaxy_component(g, i);
        const gal_component_class *k = gal_component_class_of(c);
        const gal_option_value *v = gal_component_options(c);
        size_t j = (size_t)k->line_sigma;
        if (j > 0)
            return v && v[j - 1].given ? v[j - 1].number : k->option[j - 1].number;
    }
    return 0;
}

gal_status line_set_take(line_set *s, const gal_galaxy *g)
{
    size_t n = gal_galaxy_nwave(g), lines = gal_galaxy_nlines(g), used = 0;
    *s = (line_set){.sigma = component_sigma(g)};
    if (!lines || !(s->sigma > 0))
        return GAL_OK; /* lines that no one can take off stay in the spectrum */
    s->wave = GAL_NEWN(double, lines);
    s->on = GAL_NEWN(line_profile, lines);
    if (!s->wave || !s->on)
        return GAL_ENOMEM;
    const double *grid = gal_galaxy_wave(g), width = (s->sigma > 1 ? s->sigma : 1) * 1e5 / GAL_C_CGS;
    size_t room = 0;
    for (size_t l = 0; l < lines; l++) {
        s->wave[l] = gal_galaxy_line(g, l)->wave;
        room += room_for(grid, n, s->wave[l], s->wave[l] * width);
    }
    if (!(s->weight = GAL_NEWN(double, room)))
        return GAL_ENOMEM;
    s->n = lines;
    for (size_t l = 0; l < lines; l++) {
        double w = s->wave[l], sigma = w * width;
        line_profile *p = &s->on[l];
        p->at = used;
        p->count = gal_spec_line_on_grid(grid, n, w, sigma, &p->first, s->weight + used, room_for(grid, n, w, sigma));
        used += p->count;
    }
    return GAL_OK;
}

void line_set_clear(line_set *s)
{
    gal_free(s->wave);
    gal_free(s->on);
    gal_free(s->weight);
    *s = (line_set){0};
}

void line_set_subtract(const line_set *s, const gal_galaxy_ws *w, double *lum)
{
    const double *seen = gal_galaxy_line_seen(w);
    for (size_t l = 0; l < s->n; l++) {
        const line_profile *p = &s->on[l];
        double *m = lum + p->first;
        const double *u = s->weight + p->at;
        for (size_t k = 0; k < p->count; k++)
            m[k] -= seen[l] * u[k];
    }
}
