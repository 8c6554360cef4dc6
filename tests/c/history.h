/* Choices of histories for tests: a class by name, its options one by one. */
#ifndef TESTS_HISTORY_H
#define TESTS_HISTORY_H
#include <string.h>

#include "galua/sfh.h"

typedef struct choice {
    gal_sfh_opts o;
    gal_option_value value[16];
} choice;

/* One that is composed gets two parts. */
static inline choice of(const char *name)
{
    static gal_sfh_opts constant, burst;
    static const gal_sfh_part part[2] = {{"a", &constant}, {"b", &burst}};
    choice c = {0};
    assert_int_equal(gal_sfh_find(name, &c.o.class), GAL_OK);
    if (c.o.class->is & GAL_SFH_COMPOSED) {
        assert_int_equal(gal_sfh_find("constant", &constant.class), GAL_OK);
        assert_int_equal(gal_sfh_find("burst", &burst.class), GAL_OK);
        constant.burst = GAL_BURST_RECTANGLE;
        c.o.part = part;
        c.o.npart = 2;
    }
    return c;
}

/* May it have a burst on top? */
static inline bool may_burst(const gal_sfh_class *k)
{
    return !(k->is & (GAL_SFH_AT_ONCE | GAL_SFH_COMPOSED));
}

static inline gal_option_value *option(choice *c, const char *name)
{
    size_t i = 0;
    while (i < c->o.class->noption && strcmp(c->o.class->option[i].name, name) != 0)
        i++;
    assert_true(i < c->o.class->noption && i < 16);
    c->value[i].given = true;
    return &c->value[i];
}

/* c with an option that is a number, where the class has it */
static inline choice with(choice c, const char *name, double v)
{
    for (size_t i = 0; i < c.o.class->noption; i++)
        if (strcmp(c.o.class->option[i].name, name) == 0)
            option(&c, name)->number = v;
    return c;
}

static inline choice with_list(choice c, const char *name, const double *v, size_t n)
{
    gal_option_value *o = option(&c, name);
    o->vec = v;
    o->nvec = n;
    return c;
}

static inline choice with_burst(choice c, gal_sfh_burst b)
{
    c.o.burst = b;
    return c;
}

static inline choice with_metals(choice c, const char *name)
{
    if (!c.o.class->metals)
        assert_int_equal(gal_metals_find(name, &c.o.metals), GAL_OK);
    return c;
}

static inline gal_status take(gal_sfh *s, choice c)
{
    c.o.option = c.value;
    return gal_sfh_init(s, &c.o);
}

static inline bool is_binned(const gal_sfh_class *k)
{
    return k->is & GAL_SFH_HAS_MASS && !(k->is & GAL_SFH_AT_ONCE);
}
#endif
