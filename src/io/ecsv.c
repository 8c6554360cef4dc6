/* ecsv.c - ECSV 1.0 (astropy APE 6): a YAML header in comments, then a table delimited by blanks or commas. Writing is in table_write.c.
 *
 * Only the YAML that ECSV writers produce is understood: "datatype:" as a list of flow maps {name: a, unit: b, ...} or of block
 * maps, "meta:" as a map or an !!omap list of scalars, "delimiter:". Nested metadata is skipped,
 * but for what __serialized_columns__ says of masks and units. */
#include "table_int.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct ecsv {
    gal_table *t;
    char *yaml; /* header lines without "# ", joined by newline */
    size_t n, cap;
    bool closed, failed;
    coldef *def;
    size_t ncol;
    char delimiter;
} ecsv;

static void on_comment(void *ctx, char *text)
{
    ecsv *e = ctx;
    if (e->closed || e->failed)
        return;
    text += *text == ' ';
    size_t len = strlen(text);
    while (len && (text[len - 1] == '\r' || text[len - 1] == ' '))
        len--;
    if (e->n + len + 2 > e->cap) {
        size_t cap = 2 * (e->n + len + 2) + 1024;
        char *v = gal_realloc(e->yaml, cap);
        if (!v) {
            e->failed = true;
            return;
        }
        e->yaml = v;
        e->cap = cap;
    }
    memcpy(e->yaml + e->n, text, len);
    e->n += len;
    e->yaml[e->n++] = '\n';
    e->yaml[e->n] = 0;
}

/* ------------------------------------------------------------------ YAML scalars and flow maps */
/* One scalar that starts at p, ends before any of `stop` outside quotes; copies its value to buf. Returns the end. */
static const char *scalar(const char *p, const char *stop, char *buf, size_t size)
{
    size_t n = 0;
    p += strspn(p, " ");
    if (*p == '\'' || *p == '"') {
        char q = *p++;
        for (; *p && !(*p == q && !(q == '\'' && p[1] == q)); p++) {
            char c = *p;
            if (q == '\'' && c == '\'')
                p++;
            else if (q == '"' && c == '\\' && p[1]) {
                c = *++p;
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
            } else if (c == '\n') { /* folded line */
                p += strspn(p + 1, " \n");
                c = ' ';
            }
            if (n + 1 < size)
                buf[n++] = c;
        }
        p += *p != 0;
    } else {
        int depth = 0;
        for (; *p && (depth > 0 || !strchr(stop, *p)); p++) {
            depth += (*p == '{') + (*p == '[') - (*p == '}') - (*p == ']');
            char c = *p == '\n' ? ' ' : *p;
            if (c == ' ' && n && buf[n - 1] == ' ')
                continue;
            if (n + 1 < size)
                buf[n++] = c;
        }
        while (n && buf[n - 1] == ' ')
            n--;
    }
    buf[n] = 0;
    return p;
}

typedef gal_status (*pair_fn)(ecsv *e, const char *key, const char *value);

/* "{k: v, k: v}" at p; returns the place behind it through *end */
static gal_status flow_map(ecsv *e, const char *p, pair_fn fn, const char **end)
{
    char key[128], value[2048];
    p++;
    while (*p && *p != '}') {
        p += strspn(p, " ,\n");
        if (*p == '}')
            break;
        p = scalar(p, ":}", key, sizeof key);
        if (*p != ':')
            return gal_fail(GAL_EFORMAT, "%s: ECSV header: '%s' is not 'key: value'", e->t->path, key);
        p = scalar(p + 1, ",}", value, sizeof value);
        p += strspn(p, " \n");
        gal_status st = fn(e, key, value);
        if (st != GAL_OK)
            return st;
    }
    if (*p != '}')
        return gal_fail(GAL_EFORMAT, "%s: ECSV header: '{' is never closed", e->t->path);
    *end = p + 1;
    return GAL_OK;
}

static gal_status new_column(ecsv *e)
{
    coldef *d = gal_realloc(e->def, (e->ncol + 1) * sizeof *d);
    if (!d)
        return GAL_ENOMEM;
    e->def = d;
    d[e->ncol++] = (coldef){.type = CELL_NUM};
    return GAL_OK;
}

static gal_status column_pair(ecsv *e, const char *key, const char *value)
{
    coldef *d = &e->def[e->ncol - 1];
    if (strcmp(key, "name") == 0)
        return gal_coldef_set(d, value, NULL, NULL);
    if (strcmp(key, "unit") == 0)
        return gal_coldef_set(d, NULL, value, NULL);
    if (strcmp(key, "description") == 0)
        return gal_coldef_set(d, NULL, NULL, value);
    if (strcmp(key, "datatype") == 0)
        d->skip = strncmp(value, "complex", 7) == 0 ? "holds complex numbers" : NULL;
    if (strcmp(key, "subtype") == 0) { /* of strings: lists in JSON, "float64[3]", "int64[null]", or other objects */
        d->vector = strchr(value, '[') != NULL;
        d->skip = d->vector ? NULL : "holds objects";
    }
    if (strcmp(key, "datatype") == 0)
        d->type = strcmp(value, "string") == 0 ? CELL_TEXT : strcmp(value, "bool") == 0 ? CELL_BOOL : CELL_NUM;
    return GAL_OK;
}

static gal_status meta_pair(ecsv *e, const char *key, const char *value)
{
    if (strncmp(key, "__", 2) == 0 || *value == '{' || *value == '[')
        return GAL_OK;
    return gal_table_add_meta(e->t, key, value);
}

/* does the line belong to a block below a key at this indent? */
static bool nested(const char *line, size_t indent)
{
    size_t deeper = strspn(line, " ");
    return line[deeper] && (deeper > indent || (deeper == indent && line[deeper] == '-'));
}

/* Block "key: value" lines or a flow map, at p; lines indented deeper than `indent` continue a value. */
static gal_status entry(ecsv *e, const char *p, size_t indent, pair_fn fn, const char **end)
{
    char key[128], value[2048];
    if (*p == '{')
        return flow_map(e, p, fn, end);
    const char *q = scalar(p, ":\n", key, sizeof key);
    if (*q != ':')
        return gal_fail(GAL_EFORMAT, "%s: ECSV header: '%s' is not 'key: value'", e->t->path, key);
    q++;
    q += strspn(q, " ");
    if (*q == '\n' && nested(q + 1, indent)) { /* nested block: skipped */
        do {
            q++;
            q += strcspn(q, "\n");
        } while (*q && nested(q + 1, indent));
        *end = q;
        return GAL_OK;
    }
    *end = scalar(q, "\n", value, sizeof value);
    while (**end == '\n' && strspn(*end + 1, " ") > indent && value[0]) { /* plain scalar folded over lines */
        size_t n = strlen(value);
        const char *s = *end + 1;
        s += strspn(s, " ");
        size_t len = strcspn(s, "\n");
        snprintf(value + n, sizeof value - n, " %.*s", (int)len, s);
        *end = s + len;
    }
    return fn(e, key, value);
}

/* The lines of one section ("datatype:" or "meta:"), from p to the next line without indent or dash. */
static gal_status section(ecsv *e, const char *p, bool columns, const char **end)
{
    pair_fn fn = columns ? column_pair : meta_pair;
    gal_status st = GAL_OK;
    while (*p && st == GAL_OK) {
        size_t indent = strspn(p, " ");
        bool item = p[indent] == '-';
        if (p[indent] == '\n') {
            p += indent + 1;
            continue;
        }
        if (indent == 0 && !item)
            break;
        p += indent;
        if (item) {
            size_t skip = 1 + strspn(p + 1, " ");
            if (columns && (st = new_column(e)) != GAL_OK)
                break;
            p += skip;
            indent += skip;
        } else if (columns && e->ncol == 0)
            return gal_fail(GAL_EFORMAT, "%s: ECSV header: 'datatype' must be a list of columns", e->t->path);
        st = entry(e, p, indent, fn, &p);
        if (st == GAL_OK)
            p += strcspn(p, "\n");
        p += *p == '\n';
    }
    *end = p;
    return st;
}

static gal_status header(ecsv *e)
{
    const char *p = e->yaml;
    char value[64];
    gal_status st = GAL_OK;
    while (*p && st == GAL_OK) {
        const char *key = p;
        size_t len = strcspn(p, ":\n");
        const char *rest = p + len + (p[len] == ':');
        const char *eol = p + strcspn(p, "\n");
        p = eol + (*eol == '\n');
        rest += strspn(rest, " ");
        bool flow = *rest == '{';
        if (len == 8 && strncmp(key, "datatype", 8) == 0)
            st = section(e, p, true, &p);
        else if (len == 4 && strncmp(key, "meta", 4) == 0) {
            if (flow)
                st = flow_map(e, rest, meta_pair, &p);
            else
                st = section(e, p, false, &p);
            if (st == GAL_OK && flow) {
                p += strcspn(p, "\n");
                p += *p == '\n';
            }
        } else if (len == 9 && strncmp(key, "delimiter", 9) == 0) {
            scalar(rest, "\n", value, sizeof value);
            if (strcmp(value, ",") == 0)
                e->delimiter = ',';
            else if (strcmp(value, " ") != 0 && *value)
                st = gal_fail(GAL_EFORMAT, "%s: ECSV delimiter '%s' is neither a blank nor a comma", e->t->path, value);
        }
    }
    if (st != GAL_OK)
        return st;
    if (e->ncol == 0)
        return gal_fail(GAL_EFORMAT, "%s: ECSV header has no 'datatype:' list of columns", e->t->path);
    for (size_t j = 0; j < e->ncol; j++)
        if (!e->def[j].name)
            return gal_fail(GAL_EFORMAT, "%s: ECSV column %zu has no name", e->t->path, j + 1);
    return GAL_OK;
}

/* "KEY: ... {name: X}" of a line of __serialized_columns__: X, "" when the line is something else */
static const char *part(const char *line, const char *key, const char *inner, char *buf, size_t size)
{
    const char *eol = line + strcspn(line, "\n"), *p = line + strspn(line, " ");
    size_t n = strlen(key), m = strlen(inner);
    buf[0] = 0;
    if (strncmp(p, key, n) != 0 || p[n] != ':')
        return buf;
    for (p = memchr(p, '{', (size_t)(eol - p)); p && p < eol && strncmp(p + 1, inner, m) != 0;)
        p = memchr(p + 1, '{', (size_t)(eol - p - 1));
    if (p && p < eol && p[m + 1] == ':')
        scalar(p + m + 2, ",}\n", buf, size);
    return buf;
}

/* How astropy stored quantities and masked columns: masks by name, units that the list of columns lacks. */
static gal_status serialized(ecsv *e, bool masks)
{
    char data[256] = "", name[256], text[256];
    const char *p = e->yaml ? strstr(e->yaml, "__serialized_columns__:") : NULL;
    gal_status st = GAL_OK;
    size_t indent = 0, column = e->ncol;
    if (!p)
        return GAL_OK;
    while (p > e->yaml && p[-1] != '\n')
        p--;
    indent = strspn(p, " -");
    for (p += strcspn(p, "\n"); *p == '\n' && p[1] && strspn(p + 1, " ") > indent && st == GAL_OK;
         p += strcspn(p, "\n")) {
        p++;
        if (p[strspn(p, " ")] == '-')
            break;
        scalar(p, ":\n", name, sizeof name);
        for (size_t j = 0; j < e->ncol; j++)
            if (strcmp(e->def[j].name, name) == 0)
                column = j;
        if (*part(p, "data", "name", text, sizeof text) || *part(p, "value", "name", text, sizeof text))
            memcpy(data, text, sizeof data);
        if (masks && *part(p, "mask", "name", text, sizeof text))
            st = gal_table_apply_mask(e->t, data, text);
        if (!masks && *part(p, "unit", "unit", text, sizeof text) && column < e->ncol && !e->def[column].unit)
            st = gal_coldef_set(&e->def[column], NULL, text, NULL);
    }
    return st;
}

gal_status gal_table_parse_ecsv(gal_table *t, char *text, size_t n)
{
    gal_status st = GAL_OK;
    ecsv e = {.t = t};
    cells c = {0}, names = {0};
    size_t got;
    /* the delimiter is in the header: read the comments first, then the records */
    records r = {.p = text, .end = text + n, .line = 1, .path = t->path, .comment = on_comment, .ctx = &e};
    char *body = text;
    while (*body == '#' || *body == '\n' || *body == '\r')
        body += strcspn(body, "\n"), body += *body == '\n';
    r.end = body;
    GAL_TRY(gal_records_next(&r, &names, &got));
    if (e.failed)
        GAL_TRY(GAL_ENOMEM);
    e.closed = true;
    GAL_TRY(header(&e));
    r.end = text + n;
    r.p = body;
    r.delimiter = e.delimiter;
    GAL_TRY(gal_records_next(&r, &names, &got));
    if (got != e.ncol)
        GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu column name%s, but the ECSV header declares %zu", t->path, r.start,
                  got, got == 1 ? "" : "s", e.ncol);
    for (size_t j = 0; j < got; j++)
        if (strcmp(names.v[j], e.def[j].name) != 0)
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: column %zu is named '%s', but the ECSV header declares '%s'", t->path,
                      r.start, j + 1, names.v[j], e.def[j].name);
    for (;;) {
        GAL_TRY(gal_records_next(&r, &c, &got));
        if (got == 0)
            break;
        if (got != e.ncol)
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu cell%s, but %zu columns are expected", t->path, r.start, got,
                      got == 1 ? "" : "s", e.ncol);
        GAL_TRY(gal_cells_end_row(&c, r.start));
    }
    GAL_TRY(serialized(&e, false));
    GAL_TRY(gal_table_from_cells(t, e.def, e.ncol, &c));
    GAL_TRY(serialized(&e, true));
out:
    gal_free(e.yaml);
    gal_coldefs_free(e.def, e.ncol);
    gal_cells_free(&c);
    gal_cells_free(&names);
    return st;
}
