/* The state of a nested sampling run as bytes: settings, counters, scale, bound. The points are in the record, which the results file
 * holds anyway. Layout: 8-byte words behind the magic number, closed by the hash of all before; byte order is the machine's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nested_int.h"

#define MAGIC 0x3253454e5f4c4147ull /* "GAL_NES2" */

typedef struct {
    unsigned char *p;
    size_t at, size; /* p NULL: only counts */
    bool reading;
} stream;

static void words(stream *s, void *v, size_t n)
{
    if (s->p && s->at + 8 * n <= s->size) {
        if (s->reading)
            memcpy(v, s->p + s->at, 8 * n);
        else
            memcpy(s->p + s->at, v, 8 * n);
    }
    s->at += 8 * n;
}

#define WORD(field)                                                                                                    \
    do {                                                                                                               \
        uint64_t w_ = (uint64_t)(field);                                                                               \
        words(s, &w_, 1);                                                                                              \
        if (s->reading)                                                                                                \
            (field) = (typeof(field))w_;                                                                               \
    } while (0)
#define REAL(field) words(s, &(field), 1)

/* What is needed before memory can be had: head[0] magic, 1 d, 2 nb, 3 live, 4 batch, 5 dead, 6 live now, 7 ellipsoids, 8 wrap */
enum { NHEAD = 9 };

static void settings(stream *s, gal_nested *e)
{
    gal_nested_opt *o = &e->o;
    WORD(o->live);
    WORD(o->replace);
    REAL(o->dlogz);
    WORD(o->sample);
    WORD(o->bound);
    WORD(o->dirs);
    WORD(o->walks);
    REAL(o->accept);
    WORD(o->slices);
    REAL(o->enlarge);
    WORD(o->bootstrap);
    WORD(o->seed);
    WORD(o->source);
    WORD(o->dynamic);
    WORD(o->batch);
    REAL(o->posterior);
    REAL(o->maxfrac);
    REAL(o->ess);
    REAL(o->lnz_err);
    WORD(e->auto_sample);
    words(s, e->auto_text, sizeof e->auto_text / 8);
    words(s, e->why, sizeof e->why / 8);
    for (size_t i = 0; e->wrap && i < e->d; i++)
        WORD(e->wrap[i]);
}

static void counters(stream *s, gal_nested *e)
{
    WORD(e->end);
    REAL(e->seconds);
    WORD(e->phase);
    WORD(e->calls);
    WORD(e->iterations);
    WORD(e->batches);
    WORD(e->want);
    REAL(e->lnx);
    REAL(e->lnz);
    REAL(e->last);
    REAL(e->mean);
    words(s, e->range, 2);
    REAL(e->lnz_total);
    WORD(e->strands);
    WORD(e->plateau);
    WORD(e->in_cube);
    REAL(e->efficiency);
    REAL(e->scale);
    WORD(e->bounded);
    WORD(e->updates);
    WORD(e->update_calls);
    REAL(e->rank_sum);
    WORD(e->ranked);
    WORD(e->chains);
    WORD(e->chains_stuck);
    REAL(e->jumps);
    WORD(e->warned);
}

static void arrays(stream *s, gal_nested *e, size_t live, size_t n)
{
    size_t d = e->d;
    words(s, e->shift, d);
    for (size_t i = 0; i < live; i++)
        WORD(e->label[i]);
    words(s, e->b.c, n * d);
    words(s, e->b.axis, n * d * d);
    words(s, e->b.inv, n * d * d);
    words(s, e->b.len, n * d);
    words(s, e->b.lnvol, n);
    words(s, e->b.cum, n);
    REAL(e->b.lntotal);
}

static void body(stream *s, gal_nested *e, size_t live, size_t n)
{
    settings(s, e);
    counters(s, e);
    arrays(s, e, live, n);
}

gal_status gal_nested_state(const gal_nested *ce, unsigned char **bytes, size_t *n)
{
    gal_nested *e = (gal_nested *)ce; /* writing streams only read it */
    uint64_t h[NHEAD] = {MAGIC, e->d, e->nb, e->o.live, e->o.batch, e->dead.n, e->live.n, e->b.n, e->wrap != NULL};
    stream s = {0};
    words(&s, h, NHEAD);
    body(&s, e, e->live.n, e->b.n);
    size_t size = s.at + sizeof(gal_hash);
    unsigned char *p = gal_alloc(size);
    if (!p)
        return GAL_ENOMEM;
    s = (stream){.p = p, .size = size - sizeof(gal_hash)};
    words(&s, h, NHEAD);
    body(&s, e, e->live.n, e->b.n);
    gal_hash sum = gal_hash_bytes(p, s.at);
    memcpy(p + s.at, &sum, sizeof sum);
    *bytes = p;
    *n = size;
    return GAL_OK;
}

static gal_status check_bytes(const gal_target *t, const unsigned char *bytes, size_t n, uint64_t h[NHEAD])
{
    gal_hash sum, kept;
    if (n < 8 * NHEAD + sizeof sum)
        return gal_fail(GAL_EFORMAT, "state of the nested sampler: %zu bytes are too few; the file is truncated", n);
    memcpy(h, bytes, 8 * NHEAD);
    if (h[0] != MAGIC)
        return gal_fail(GAL_EFORMAT,
                        "state of the nested sampler: not written by this program on this kind of machine");
    sum = gal_hash_bytes(bytes, n - sizeof sum);
    memcpy(&kept, bytes + n - sizeof kept, sizeof kept);
    if (sum.lo != kept.lo || sum.hi != kept.hi)
        return gal_fail(GAL_EFORMAT, "state of the nested sampler: its checksum does not match; the file is damaged");
    if (h[1] != t->ndim || h[2] != t->nblob)
        return gal_fail(
            GAL_EFORMAT,
            "state of the nested sampler: it has %llu parameters and %llu derived quantities, this model %zu "
            "and %zu; it belongs to another fit",
            (unsigned long long)h[1], (unsigned long long)h[2], t->ndim, t->nblob);
    return GAL_OK;
}

/* Points go where they were: deaths in their order, live ones in their slots. */
static gal_status take_points(gal_nested *e, const gal_nested_record *r, size_t dead, size_t live)
{
    gal_status st;
    points from = {r->n, r->n, r->u, r->x, r->lnprior, r->lnl, r->birth, r->blob, r->strand};
    if (r->n != dead + live || r->d != e->d || r->nb != e->nb)
        return gal_fail(GAL_EFORMAT,
                        "state of the nested sampler: %zu points are stored, %zu expected; the file is damaged", r->n,
                        dead + live);
    if ((st = points_room(&e->dead, e->d, e->nb, dead)) != GAL_OK || (st = nested_live_room(e, live)) != GAL_OK)
        return st;
    bool *seen = GAL_NEWN(bool, r->n);
    if (!seen)
        return GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < r->n; i++) {
        size_t at = (size_t)r->order[i];
        if (r->order[i] < 0 || at >= r->n || seen[at])
            st = gal_fail(GAL_EFORMAT, "state of the nested sampler: the order of its points is damaged");
        else
            points_copy(at < dead ? &e->dead : &e->live, at < dead ? at : at - dead, &from, i, e->d, e->nb);
        if (st == GAL_OK)
            seen[at] = true;
    }
    gal_free(seen);
    e->dead.n = dead;
    e->live.n = live;
    return st;
}

gal_status gal_nested_restore(gal_nested **out, const gal_target *t, const unsigned char *bytes, size_t n,
                              const gal_nested_record *r)
{
    uint64_t h[NHEAD];
    gal_nested *e = NULL;
    gal_status st = check_bytes(t, bytes, n, h);
    if (st != GAL_OK)
        return st;
    gal_nested_opt o = {.live = h[3], .batch = h[4], .sample = GAL_SAMPLE_RSLICE};
    unsigned char *wrap = GAL_NEWN(unsigned char, t->ndim);
    if (!wrap)
        return GAL_ENOMEM;
    o.wrap = h[8] ? wrap : NULL;
    GAL_TRY(gal_nested_create(&e, t, &o));
    GAL_TRY(bound_room(&e->b, e->d, h[7]));
    GAL_TRY(nested_live_room(e, h[6]));
    e->b.n = h[7];
    stream s = {.p = (unsigned char *)bytes, .at = 8 * NHEAD, .size = n - sizeof(gal_hash), .reading = true};
    body(&s, e, h[6], h[7]);
    if (s.at != s.size)
        GAL_THROW(GAL_EFORMAT, "state of the nested sampler: %zu bytes, expected %zu", n, s.at + sizeof(gal_hash));
    GAL_TRY(take_points(e, r, h[5], h[6]));
    nested_sort(e);
    *out = e;
    e = NULL;
out:
    gal_nested_free(e);
    gal_free(wrap);
    return st;
}
