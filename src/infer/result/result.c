/* Results in memory: a list of named variables with named dimensions, checked for consistency when they are put. */
#include "result_int.h"

#include <string.h>

size_t var_count(const gal_var *v)
{
    size_t n = 1;
    for (int i = 0; i < v->rank; i++)
        n *= v->size[i];
    return n;
}

size_t var_width(gal_var_type type)
{
    static const size_t W[] = {sizeof(double), sizeof(int64_t), 1, 1, sizeof(char *)};
    return W[type];
}

void var_free(gal_var *v)
{
    if (!v)
        return;
    if (v->type == GAL_VAR_TEXT && v->data)
        for (size_t i = 0, n = var_count(v); i < n; i++)
            gal_free(((char **)v->data)[i]);
    for (int i = 0; i < GAL_VAR_MAXRANK; i++)
        gal_free(v->dim[i]);
    gal_free(v->group);
    gal_free(v->name);
    gal_free(v->unit);
    gal_free(v->about);
    gal_free(v->data);
    gal_free(v);
}

gal_var *var_new(const char *group, const char *name, gal_var_type type, int rank, const char *const *dims,
                 const size_t *sizes, const char *unit, const char *about)
{
    gal_var *v = GAL_NEW(gal_var);
    if (!v)
        return NULL;
    v->type = type;
    v->rank = rank;
    v->group = gal_strdup(group);
    v->name = gal_strdup(name);
    bool ok = v->group && v->name;
    for (int i = 0; i < rank; i++) {
        v->size[i] = sizes[i];
        ok &= (v->dim[i] = gal_strdup(dims[i])) != NULL;
    }
    if (unit && *unit)
        ok &= (v->unit = gal_strdup(unit)) != NULL;
    if (about && *about)
        ok &= (v->about = gal_strdup(about)) != NULL;
    ok &= (v->data = gal_calloc(var_count(v), var_width(type))) != NULL;
    if (ok)
        return v;
    var_free(v);
    return NULL;
}

gal_status gal_result_create(gal_result **out)
{
    *out = GAL_NEW(gal_result);
    return *out ? GAL_OK : GAL_ENOMEM;
}

void gal_result_free(gal_result *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        var_free(r->var[i]);
    for (size_t i = 0; i < r->ncoord; i++)
        var_free(r->coord[i]);
    for (size_t i = 0; i < r->nattr; i++) {
        gal_free(r->attr[i].group);
        gal_free(r->attr[i].name);
    }
    gal_free(r->attr);
    gal_free(r->var);
    gal_free(r->coord);
    gal_free(r);
}

/* ------------------------------------------------------------------ putting */
static gal_status check_name(const gal_var *v, const char *name, const char *what)
{
    if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0)
        return gal_fail(GAL_EINVAL, "result: %s '%s' of %s/%s must not be empty or hold '/'", what, name, v->group,
                        v->name);
    return GAL_OK;
}

/* Against all other variables of the group: sizes agree, names and dimensions are distinct. */
static gal_status check_var(const gal_result *r, const gal_var *v)
{
    gal_status st = check_name(v, v->group, "group");
    if (st == GAL_OK)
        st = check_name(v, v->name, "name");
    for (int i = 0; st == GAL_OK && i < v->rank; i++) {
        st = check_name(v, v->dim[i], "dimension");
        for (int j = 0; st == GAL_OK && j < i; j++)
            if (strcmp(v->dim[i], v->dim[j]) == 0)
                st = gal_fail(GAL_EINVAL, "result: %s/%s has dimension '%s' twice", v->group, v->name, v->dim[i]);
        if (st == GAL_OK && strcmp(v->dim[i], v->name) == 0)
            st = gal_fail(GAL_EINVAL, "result: %s/%s has the name of its dimension", v->group, v->name);
    }
    for (size_t k = 0; st == GAL_OK && k < r->n; k++) {
        const gal_var *o = r->var[k];
        if (strcmp(o->group, v->group) != 0 || strcmp(o->name, v->name) == 0)
            continue;
        for (int j = 0; j < o->rank; j++) {
            if (strcmp(o->dim[j], v->name) == 0)
                return gal_fail(GAL_EINVAL, "result: %s/%s has the name of a dimension of %s", v->group, v->name,
                                o->name);
            for (int i = 0; i < v->rank; i++) {
                if (strcmp(v->dim[i], o->name) == 0)
                    return gal_fail(GAL_EINVAL, "result: dimension '%s' of %s/%s has the name of a variable", v->dim[i],
                                    v->group, v->name);
                if (strcmp(v->dim[i], o->dim[j]) == 0 && v->size[i] != o->size[j])
                    return gal_fail(GAL_EINVAL, "result: dimension '%s' is %zu in %s/%s but %zu in %s", v->dim[i],
                                    v->size[i], v->group, v->name, o->size[j], o->name);
            }
        }
    }
    return st;
}

gal_status result_take(gal_result *r, gal_var *v)
{
    gal_status st = check_var(r, v);
    for (size_t i = 0; st == GAL_OK && i < r->n; i++)
        if (strcmp(r->var[i]->group, v->group) == 0 && strcmp(r->var[i]->name, v->name) == 0) {
            var_free(r->var[i]);
            r->var[i] = v;
            return GAL_OK;
        }
    if (st == GAL_OK && r->n == r->room) {
        gal_var **p = gal_realloc(r->var, (2 * r->room + 16) * sizeof *p);
        st = p ? GAL_OK : GAL_ENOMEM;
        if (p) {
            r->var = p;
            r->room = 2 * r->room + 16;
        }
    }
    if (st != GAL_OK) {
        var_free(v);
        return st;
    }
    r->var[r->n++] = v;
    return GAL_OK;
}

void result_drop_group(gal_result *r, const char *group)
{
    size_t keep = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->var[i]->group, group) == 0)
            var_free(r->var[i]);
        else
            r->var[keep++] = r->var[i];
    }
    r->n = keep;
}

gal_status result_take_coord(gal_result *r, gal_var *v)
{
    for (size_t i = 0; i < r->ncoord; i++)
        if (strcmp(r->coord[i]->name, v->name) == 0) {
            var_free(r->coord[i]);
            r->coord[i] = v;
            return GAL_OK;
        }
    gal_var **p = gal_realloc(r->coord, (r->ncoord + 1) * sizeof *p);
    if (!p) {
        var_free(v);
        return GAL_ENOMEM;
    }
    r->coord = p;
    r->coord[r->ncoord++] = v;
    return GAL_OK;
}

static gal_status fill(gal_var *v, const void *data)
{
    size_t n = var_count(v);
    if (v->type != GAL_VAR_TEXT) {
        if (n > 0)
            memcpy(v->data, data, n * var_width(v->type));
        return GAL_OK;
    }
    for (size_t i = 0; i < n; i++)
        if (!(((char **)v->data)[i] = gal_strdup(((const char *const *)data)[i])))
            return GAL_ENOMEM;
    return GAL_OK;
}

gal_status gal_result_put(gal_result *r, const char *group, const char *name, gal_var_type type, int rank,
                          const char *const *dims, const size_t *sizes, const void *data, const char *unit,
                          const char *about)
{
    if (rank < 0 || rank > GAL_VAR_MAXRANK || (type == GAL_VAR_TEXT && rank > 1))
        return gal_fail(GAL_EINVAL, "result: %s/%s has %d dimensions, at most %d", group, name, rank,
                        type == GAL_VAR_TEXT ? 1 : GAL_VAR_MAXRANK);
    gal_var *v = var_new(group, name, type, rank, dims, sizes, unit, about);
    if (!v)
        return GAL_ENOMEM;
    gal_status st = fill(v, data);
    if (st != GAL_OK) {
        var_free(v);
        return st;
    }
    return result_take(r, v);
}

gal_status gal_result_put_f64(gal_result *r, const char *group, const char *name, double value, const char *unit)
{
    return gal_result_put(r, group, name, GAL_VAR_F64, 0, NULL, NULL, &value, unit, NULL);
}

gal_status gal_result_put_i64(gal_result *r, const char *group, const char *name, int64_t value)
{
    return gal_result_put(r, group, name, GAL_VAR_I64, 0, NULL, NULL, &value, NULL, NULL);
}

gal_status gal_result_put_text(gal_result *r, const char *group, const char *name, const char *text)
{
    return gal_result_put(r, group, name, GAL_VAR_TEXT, 0, NULL, NULL, &text, NULL, NULL);
}

gal_status gal_result_attr(gal_result *r, const char *group, const char *name, double value)
{
    for (size_t i = 0; i < r->nattr; i++)
        if (strcmp(r->attr[i].group, group) == 0 && strcmp(r->attr[i].name, name) == 0) {
            r->attr[i].value = value;
            return GAL_OK;
        }
    struct result_attr *a = gal_realloc(r->attr, (r->nattr + 1) * sizeof *a);
    if (!a)
        return GAL_ENOMEM;
    r->attr = a;
    a += r->nattr;
    *a = (struct result_attr){gal_strdup(group), gal_strdup(name), value};
    r->nattr++;
    return a->group && a->name ? GAL_OK : GAL_ENOMEM;
}

static gal_status put_coord(gal_result *r, const char *dim, gal_var_type type, size_t n, const void *data,
                            const char *unit)
{
    gal_var *v = var_new("", dim, type, 1, &dim, &n, unit, NULL);
    if (!v)
        return GAL_ENOMEM;
    gal_status st = fill(v, data);
    if (st == GAL_OK)
        st = check_name(v, dim, "dimension");
    if (st != GAL_OK) {
        var_free(v);
        return st;
    }
    return result_take_coord(r, v);
}

gal_status gal_result_coord_text(gal_result *r, const char *dim, size_t n, const char *const *labels)
{
    return put_coord(r, dim, GAL_VAR_TEXT, n, labels, NULL);
}

gal_status gal_result_coord_f64(gal_result *r, const char *dim, size_t n, const double *values, const char *unit)
{
    return put_coord(r, dim, GAL_VAR_F64, n, values, unit);
}

gal_status gal_result_copy(gal_result *to, const gal_result *from, const char *prefix, const char *strip)
{
    gal_status st = GAL_OK;
    size_t skip = strlen(strip);
    char *group = NULL;
    for (size_t i = 0; i < from->n; i++) {
        const gal_var *v = from->var[i];
        if (strncmp(v->group, strip, skip) != 0)
            continue;
        if (!(group = gal_asprintf("%s%s", prefix, v->group + skip)))
            return GAL_ENOMEM;
        GAL_TRY(gal_result_put(to, group, v->name, v->type, v->rank, (const char *const *)v->dim, v->size, v->data,
                               v->unit, v->about));
        for (int k = 0; k < v->rank; k++) {
            const gal_var *c = gal_result_coord(from, v->dim[k]);
            if (c && c->size[0] == v->size[k] && !gal_result_coord(to, v->dim[k]))
                GAL_TRY(put_coord(to, v->dim[k], c->type, c->size[0], c->data, c->unit));
        }
        gal_free(group);
        group = NULL;
    }
    for (size_t i = 0; i < from->nattr; i++) {
        if (strncmp(from->attr[i].group, strip, skip) != 0)
            continue;
        if (!(group = gal_asprintf("%s%s", prefix, from->attr[i].group + skip)))
            return GAL_ENOMEM;
        GAL_TRY(gal_result_attr(to, group, from->attr[i].name, from->attr[i].value));
        gal_free(group);
        group = NULL;
    }
out:
    gal_free(group);
    return st;
}

/* ------------------------------------------------------------------ getting */
const gal_var *gal_result_var(const gal_result *r, const char *group, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->var[i]->group, group) == 0 && strcmp(r->var[i]->name, name) == 0)
            return r->var[i];
    return NULL;
}

size_t gal_result_nvars(const gal_result *r)
{
    return r->n;
}
const gal_var *gal_result_var_at(const gal_result *r, size_t i)
{
    return i < r->n ? r->var[i] : NULL;
}

const gal_var *gal_result_coord(const gal_result *r, const char *dim)
{
    for (size_t i = 0; i < r->ncoord; i++)
        if (strcmp(r->coord[i]->name, dim) == 0)
            return r->coord[i];
    return NULL;
}

gal_status gal_result_get(const gal_result *r, const char *group, const char *name, gal_var_type type, int rank,
                          const gal_var **out)
{
    static const char *const TYPE[] = {"real numbers", "integers", "flags", "bytes", "text"};
    const gal_var *v = gal_result_var(r, group, name);
    if (!v) {
        size_t n = 0;
        char hint[160] = "";
        const char **names = GAL_NEWN(const char *, r->n);
        for (size_t i = 0; names && i < r->n; i++)
            if (strcmp(r->var[i]->group, group) == 0)
                names[n++] = r->var[i]->name;
        if (names)
            gal_did_you_mean(hint, sizeof hint, name, names, n);
        gal_free(names);
        return gal_fail(GAL_ENOTFOUND, "result: no '%s' in group '%s'%s", name, group, hint);
    }
    if (v->type != type || v->rank != rank)
        return gal_fail(GAL_EFORMAT, "result: %s/%s holds %s with %d dimensions, expected %s with %d", group, name,
                        TYPE[v->type], v->rank, TYPE[type], rank);
    *out = v;
    return GAL_OK;
}

gal_status gal_result_get_f64(const gal_result *r, const char *group, const char *name, double *out)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, group, name, GAL_VAR_F64, 0, &v);
    if (st == GAL_OK)
        *out = *(const double *)v->data;
    return st;
}

gal_status gal_result_get_i64(const gal_result *r, const char *group, const char *name, int64_t *out)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, group, name, GAL_VAR_I64, 0, &v);
    if (st == GAL_OK)
        *out = *(const int64_t *)v->data;
    return st;
}

gal_status gal_result_get_text(const gal_result *r, const char *group, const char *name, const char **out)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, group, name, GAL_VAR_TEXT, 0, &v);
    if (st == GAL_OK)
        *out = *(char *const *)v->data;
    return st;
}
