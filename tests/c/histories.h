/* What the tests of histories share: made from choices, set at an age, their rate and mass, parameters at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "galua/rng.h"
#include "history.h"

static inline gal_sfh make(choice c, double *p)
{
    gal_sfh s;
    gal_status st = take(&s, c);
    if (st != GAL_OK)
        printf("%s\n", gal_error_message());
    assert_int_equal(st, GAL_OK);
    for (size_t i = 0; i < s.npar; i++)
        p[i] = s.par[i].value;
    return s;
}

static inline gal_history at_age(const gal_sfh *s, const double *p, double age)
{
    gal_history h;
    assert_int_equal(gal_history_init(&h, s), GAL_OK);
    assert_int_equal(gal_history_set(&h, p, age), GAL_OK);
    return h;
}

static inline double rate(const gal_history *h, double t)
{
    double psi;
    gal_history_rate(h, &t, 1, &psi);
    return psi;
}

static inline double mass(const gal_history *h, double t)
{
    double m;
    gal_history_mass(h, &t, 1, &m);
    return m;
}

static inline void draw(const gal_sfh *s, gal_rng *r, double *p)
{
    for (size_t i = 0; i < s->npar; i++) {
        const gal_param *q = &s->par[i];
        double u = gal_rng_uniform(r);
        p[i] = !q->free ? q->value : q->log ? q->plo * pow(q->phi / q->plo, u) : q->plo + u * (q->phi - q->plo);
    }
}
