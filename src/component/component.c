/* Instances of components: a class, its options, the object made from them. Immutable and counted; shared by threads. */
#include "galua/component.h"

#include <stdatomic.h>
#include <string.h>

const char *const gal_cuts[] = {"ramp", "sharp", NULL};

struct gal_component {
    const gal_component_class *class;
    void *self;
    gal_option_value *option; /* [noption], own copies of texts and vectors */
    gal_hash hash;
    atomic_int refs;
};

static gal_hash hash_of(const gal_component *c)
{
    const gal_component_class *k = c->class;
    gal_hash h = gal_hash_combine(gal_hash_bytes(k->group, strlen(k->group)), gal_hash_bytes(k->kind, strlen(k->kind)));
    for (size_t i = 0; i < k->noption; i++) {
        const gal_option_value *v = &c->option[i];
        const gal_option *o = &k->option[i];
        if (i + k->nlater >= k->noption && v->number == o->number && !v->nvec &&
            (o->text ? v->text && strcmp(o->text, v->text) == 0 : !v->text))
            continue;
        h = gal_hash_combine(h, gal_hash_bytes(&v->number, sizeof v->number));
        if (v->text)
            h = gal_hash_combine(h, gal_hash_bytes(v->text, strlen(v->text)));
        if (v->nvec)
            h = gal_hash_combine(h, gal_hash_bytes(v->vec, v->nvec * sizeof *v->vec));
    }
    return h;
}

gal_status gal_component_create(gal_component **out, const gal_component_class *k, const gal_option_value *v)
{
    gal_status st = GAL_OK;
    gal_component *c = GAL_NEW(gal_component);
    *out = NULL;
    if (!c)
        return GAL_ENOMEM;
    c->class = k;
    atomic_init(&c->refs, 1);
    GAL_TRY(gal_options_copy(&c->option, k->option, v, k->noption));
    c->hash = hash_of(c);
    if (k->create)
        GAL_TRY(k->create(&c->self, c->option));
    else
        c->self = (void *)(uintptr_t)k->law;
    *out = c;
    c = NULL;
out:
    gal_component_unref(c);
    return st;
}

gal_status gal_component_adopt(gal_component **out, const gal_component_class *k, void *self, gal_hash hash)
{
    gal_component *c = GAL_NEW(gal_component);
    *out = NULL;
    if (!c || gal_options_copy(&c->option, k->option, NULL, k->noption) != GAL_OK) {
        gal_free(c);
        if (self && k->destroy)
            k->destroy(self);
        return GAL_ENOMEM;
    }
    c->class = k;
    c->self = self;
    atomic_init(&c->refs, 1);
    c->hash = gal_hash_combine(hash_of(c), hash);
    *out = c;
    return GAL_OK;
}

gal_component *gal_component_ref(gal_component *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void gal_component_unref(gal_component *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    gal_options_free(c->option, c->class->noption);
    if (c->self && c->class->destroy)
        c->class->destroy(c->self); /* last: a class made at run time may go with its object */
    gal_free(c);
}

const gal_component_class *gal_component_class_of(const gal_component *c)
{
    return c->class;
}

const void *gal_component_self(const gal_component *c)
{
    return c->self;
}

const gal_option_value *gal_component_options(const gal_component *c)
{
    return c->option;
}

gal_hash gal_component_hash(const gal_component *c)
{
    return c->hash;
}
