/* Fingerprints: named hashes of all that a run depends on, and what differs between two of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result_int.h"

typedef struct {
    char *part, *text; /* text "" = none */
    gal_hash hash;
} entry;

struct gal_fingerprint {
    entry *e;
    size_t n;
};

gal_status gal_fingerprint_create(gal_fingerprint **out)
{
    *out = GAL_NEW(gal_fingerprint);
    return *out ? GAL_OK : GAL_ENOMEM;
}

void gal_fingerprint_free(gal_fingerprint *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++) {
        gal_free(f->e[i].part);
        gal_free(f->e[i].text);
    }
    gal_free(f->e);
    gal_free(f);
}

static const entry *find(const gal_fingerprint *f, const char *part)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->e[i].part, part) == 0)
            return &f->e[i];
    return NULL;
}

gal_status gal_fingerprint_add(gal_fingerprint *f, const char *part, gal_hash hash, const char *text)
{
    entry *e = (entry *)find(f, part);
    char *t = gal_strdup(text ? text : "");
    if (!t)
        return GAL_ENOMEM;
    if (!e) {
        entry *p = gal_realloc(f->e, (f->n + 1) * sizeof *p);
        char *name = p ? gal_strdup(part) : NULL;
        if (p)
            f->e = p;
        if (!name) {
            gal_free(t);
            return GAL_ENOMEM;
        }
        e = &f->e[f->n++];
        *e = (entry){.part = name};
    }
    gal_free(e->text);
    e->text = t;
    e->hash = hash;
    return GAL_OK;
}

size_t gal_fingerprint_size(const gal_fingerprint *f)
{
    return f->n;
}

const char *gal_fingerprint_part(const gal_fingerprint *f, size_t i, gal_hash *hash, const char **text)
{
    if (i >= f->n)
        return NULL;
    if (hash)
        *hash = f->e[i].hash;
    if (text)
        *text = f->e[i].text;
    return f->e[i].part;
}

/* ------------------------------------------------------------------ differences */
static bool same(gal_hash a, gal_hash b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* The texts where they tell the two apart, else the beginnings of the hashes. */
static char *differing(const entry *there, const entry *here)
{
    char a[33], b[33];
    if (!here)
        // cppcheck-suppress nullPointer ; one of the two is always there
        return gal_asprintf("%s: only there%s%s%s", there->part, *there->text ? " (" : "", there->text,
                            // cppcheck-suppress nullPointer ; one of the two is always there
                            *there->text ? ")" : "");
    if (!there)
        return gal_asprintf("%s: only here%s%s%s", here->part, *here->text ? " (" : "", here->text,
                            *here->text ? ")" : "");
    if (strcmp(there->text, here->text) != 0)
        return gal_asprintf("%s: %s there, %s here", there->part, *there->text ? there->text : "(no text)",
                            *here->text ? here->text : "(no text)");
    gal_hash_hex(there->hash, a);
    gal_hash_hex(here->hash, b);
    return gal_asprintf("%s: content %.8s there, %.8s here", there->part, a, b);
}

static gal_status append(char **text, char *more)
{
    if (!more)
        return GAL_ENOMEM;
    char *joined = *text ? gal_asprintf("%s; %s", *text, more) : gal_strdup(more);
    gal_free(more);
    gal_free(*text);
    *text = joined;
    return joined ? GAL_OK : GAL_ENOMEM;
}

gal_status gal_fingerprint_diff(const gal_fingerprint *there, const gal_fingerprint *here, char **text)
{
    gal_status st = GAL_OK;
    *text = NULL;
    for (size_t i = 0; st == GAL_OK && i < there->n; i++) {
        const entry *e = find(here, there->e[i].part);
        if (!e || !same(e->hash, there->e[i].hash))
            st = append(text, differing(&there->e[i], e));
    }
    for (size_t i = 0; st == GAL_OK && i < here->n; i++)
        if (!find(there, here->e[i].part))
            st = append(text, differing(NULL, &here->e[i]));
    if (st != GAL_OK) {
        gal_free(*text);
        *text = NULL;
    }
    return st;
}

/* ------------------------------------------------------------------ in results */
gal_status gal_result_put_fingerprint(gal_result *r, const gal_fingerprint *f)
{
    gal_status st = GAL_OK;
    static const char *const DIM[] = {"fingerprint"};
    size_t n = f->n;
    const char **part = GAL_NEWN(const char *, n), **text = GAL_NEWN(const char *, n),
               **hex = GAL_NEWN(const char *, n);
    char(*digits)[33] = gal_calloc(n, sizeof *digits);
    if (!part || !text || !hex || !digits) {
        st = GAL_ENOMEM;
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        gal_hash_hex(f->e[i].hash, digits[i]);
        part[i] = f->e[i].part;
        text[i] = f->e[i].text;
        hex[i] = digits[i];
    }
    GAL_TRY(gal_result_put(r, "galua", "fingerprint_part", GAL_VAR_TEXT, 1, DIM, &n, part, NULL, NULL));
    GAL_TRY(gal_result_put(r, "galua", "fingerprint_hash", GAL_VAR_TEXT, 1, DIM, &n, hex, NULL, NULL));
    GAL_TRY(gal_result_put(r, "galua", "fingerprint_text", GAL_VAR_TEXT, 1, DIM, &n, text, NULL, NULL));
out:
    gal_free(part);
    gal_free(text);
    gal_free(hex);
    gal_free(digits);
    return st;
}

/* gal_hash_hex backwards */
static gal_status parse_hex(const char *hex, gal_hash *h)
{
    char half[17] = "";
    gal_hash out;
    char back[33];
    if (strlen(hex) == 32) {
        memcpy(half, hex, 16);
        out.hi = strtoull(half, NULL, 16);
        out.lo = strtoull(hex + 16, NULL, 16);
        gal_hash_hex(out, back);
        if (strcmp(back, hex) == 0) {
            *h = out;
            return GAL_OK;
        }
    }
    return gal_fail(GAL_EFORMAT, "result: fingerprint hash '%s' is damaged, expected 32 hexadecimal digits", hex);
}

gal_status gal_result_get_fingerprint(const gal_result *r, gal_fingerprint **out)
{
    gal_status st = GAL_OK;
    const gal_var *part, *hash, *text;
    gal_fingerprint *f = NULL;
    GAL_TRY(gal_result_get(r, "galua", "fingerprint_part", GAL_VAR_TEXT, 1, &part));
    GAL_TRY(gal_result_get(r, "galua", "fingerprint_hash", GAL_VAR_TEXT, 1, &hash));
    GAL_TRY(gal_result_get(r, "galua", "fingerprint_text", GAL_VAR_TEXT, 1, &text));
    GAL_TRY(gal_fingerprint_create(&f));
    for (size_t i = 0; i < part->size[0]; i++) {
        gal_hash h;
        GAL_TRY(parse_hex(((char **)hash->data)[i], &h));
        GAL_TRY(gal_fingerprint_add(f, ((char **)part->data)[i], h, ((char **)text->data)[i]));
    }
    *out = f;
    f = NULL;
out:
    gal_fingerprint_free(f);
    return st;
}

gal_status gal_result_check_fingerprint(const gal_result *r, const char *path, const gal_fingerprint *here)
{
    gal_fingerprint *there = NULL;
    char *diff = NULL;
    gal_status st = gal_result_get_fingerprint(r, &there);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "%s", path);
    st = gal_fingerprint_diff(there, here, &diff);
    if (st == GAL_OK && diff)
        st = gal_fail(GAL_EINVAL, "%s belongs to another fit (%s); choose another file, or start afresh", path, diff);
    gal_free(diff);
    gal_fingerprint_free(there);
    return st;
}
