/* table_cells.c - what a cell means: the one place that tells numbers, truth values, words, missing and masked cells apart.
 *
 * A column of text formats is read once as a whole: numbers when every cell is one (or missing), truth values when every cell is
 * True or False, else text, whose cells are looked at again when a number is wanted. Integers that a double cannot hold, and
 * those with leading zeros (identifiers), keep their text beside the number. Thread safety: reading from several threads is fine. */
#include "table_int.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXACT 9007199254740992.0 /* 2^53: integers up to here are doubles */

/* ------------------------------------------------------------------ one cell */
static bool cell_is_empty(const char *s)
{
    static const char *const NOTHING[] = {"--",   "---", "nan", "-nan",   "+nan", "null",
                                          "none", "na",  "n/a", "masked", "...",  "\xe2\x80\xa6"};
    while (isspace((unsigned char)*s))
        s++;
    if (!*s)
        return true;
    for (size_t i = 0; i < sizeof NOTHING / sizeof NOTHING[0]; i++)
        if (strcasecmp(s, NOTHING[i]) == 0)
            return true;
    return false;
}

bool gal_parse_double(const char *s, double *out)
{
    char buf[64], *end;
    size_t n = 0;
    while (isspace((unsigned char)*s))
        s++;
    for (; *s && n + 1 < sizeof buf; s++, n++) {
        bool exponent = (*s == 'D' || *s == 'd') && n && (isdigit((unsigned char)buf[n - 1]) || buf[n - 1] == '.');
        buf[n] = exponent ? 'e' : *s;
    }
    // cppcheck-suppress uninitvar ; filled by the copy above
    while (n && isspace((unsigned char)buf[n - 1]))
        n--;
    buf[n] = 0;
    if (!n || *s || strpbrk(buf, "xX("))
        return false;
    *out = strtod(buf, &end);
    return *end == 0;
}

/* true and false as whole words of any case; letters too where the format says that the column is boolean */
static bool parse_truth(const char *s, bool letters, double *out)
{
    static const char *const YES[] = {"true", "t", "yes", "y"}, *const NO[] = {"false", "f", "no", "n"};
    for (int k = 0; k < (letters ? 4 : 1); k++) {
        bool yes = strcasecmp(s, YES[k]) == 0;
        if (!yes && strcasecmp(s, NO[k]) != 0)
            continue;
        *out = yes;
        return true;
    }
    return false;
}

/* 12, -7, +3: the digits, NULL when the cell is no integer */
static const char *digits(const char *s)
{
    s += *s == '+' || *s == '-';
    size_t n = strspn(s, "0123456789");
    return n && !s[n + strspn(s + n, " \t")] ? s : NULL;
}

static bool same(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-6 * fabs(b); /* -99.9 in single precision */
}

/* is the cell the null value that the column declares? */
static bool is_null(const char *s, const char *null)
{
    double a, b;
    return null && (strcmp(s, null) == 0 || (gal_parse_double(null, &b) && gal_parse_double(s, &a) && a == b));
}

/* a digit, perhaps behind a sign or a point: neither a word nor a way of saying nothing */
static bool digit_first(const char *s)
{
    s += *s == '+' || *s == '-';
    s += *s == '.';
    return isdigit((unsigned char)*s);
}

static gal_cell read_cell(const char *s, double *x)
{
    *x = NAN;
    if (digit_first(s)) /* most cells */
        return gal_parse_double(s, x) ? GAL_CELL_NUMBER : (*x = NAN, GAL_CELL_WORD);
    if (cell_is_empty(s))
        return GAL_CELL_MISSING;
    if (gal_parse_double(s, x))
        return isnan(*x) ? GAL_CELL_MISSING : GAL_CELL_NUMBER;
    if (parse_truth(s, false, x))
        return GAL_CELL_NUMBER;
    *x = NAN;
    return GAL_CELL_WORD;
}

/* ------------------------------------------------------------------ columns of text formats */
char **gal_text_block(char *const *cell, size_t stride, size_t n)
{
    size_t bytes = n * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        bytes += strlen(cell[i * stride]) + 1;
    char **v = gal_alloc(bytes + 1);
    if (!v)
        return NULL;
    char *p = (char *)(v + n);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(cell[i * stride]) + 1;
        memcpy(p, cell[i * stride], len);
        v[i] = p;
        p += len;
    }
    return v;
}

static gal_status column_mark(gal_column *c, size_t nrow, size_t i, gal_cell what)
{
    if (!c->mark && !(c->mark = GAL_NEWN(unsigned char, nrow + 1)))
        return GAL_ENOMEM;
    if (c->mark[i] != GAL_CELL_MASKED)
        c->mark[i] = (unsigned char)what;
    if (c->num)
        c->num[i] = NAN;
    return GAL_OK;
}

/* What a column of cells holds */
typedef struct census {
    size_t number, truth, word, first_word;
    bool integer, lossy; /* every number is an integer; a double (or %g) does not give the text back */
} census;

static census count(const coldef *def, double *num, char *const *cell, size_t stride, size_t n)
{
    census k = {.integer = true};
    for (size_t i = 0; i < n; i++) {
        const char *s = cell[i * stride];
        num[i] = NAN;
        if (is_null(s, def->null) || (def->type == CELL_BOOL && strcmp(s, "?") == 0))
            continue;
        if (!digit_first(s) && parse_truth(s, def->type == CELL_BOOL, &num[i])) {
            k.truth++;
            continue;
        }
        gal_cell what = read_cell(s, &num[i]);
        if (what == GAL_CELL_WORD && k.word++ == 0)
            k.first_word = i;
        if (what != GAL_CELL_NUMBER)
            continue;
        k.number++;
        const char *d = digits(s);
        k.integer &= d != NULL;
        k.lossy |= (d && fabs(num[i]) > EXACT) || (s[0] == '0' && isdigit((unsigned char)s[1]));
    }
    return k;
}

gal_status gal_column_from_cells(const gal_table *t, gal_column *col, const coldef *def, char *const *cell,
                                 size_t stride)
{
    char place[512];
    census k = {.word = 1};
    gal_status st = GAL_OK;
    double *num = def->type == CELL_TEXT ? NULL : GAL_NEWN(double, t->nrow + 1);
    if (def->type != CELL_TEXT && !num)
        return GAL_ENOMEM;
    if (num)
        k = count(def, num, cell, stride, t->nrow);
    /* truth values beside numbers other than 0 and 1 are words */
    bool numbers = num && !k.word && (k.truth == 0 || k.number == 0 || def->type != CELL_AUTO);
    col->type = !numbers                            ? GAL_COLUMN_TEXT
                : k.truth || def->type == CELL_BOOL ? GAL_COLUMN_BOOLEAN
                : k.integer && k.number             ? GAL_COLUMN_INTEGER
                                                    : GAL_COLUMN_REAL;
    col->is_text = !numbers;
    if (!numbers || (k.lossy && !k.truth))
        if (!(col->text = gal_text_block(cell, stride, t->nrow)))
            GAL_TRY(GAL_ENOMEM);
    if (num && !numbers && def->type != CELL_AUTO) {
        gal_table_place(t, k.first_word, place, sizeof place);
        gal_say_once("table", "%s: column '%s': '%.60s' is not a number: using the column is an error", place,
                     def->name, cell[k.first_word * stride]);
    }
    if (numbers) {
        col->num = num;
        num = NULL;
    }
    for (size_t i = 0; def->null && col->text && i < t->nrow; i++)
        if (is_null(col->text[i], def->null))
            GAL_TRY(column_mark(col, t->nrow, i, GAL_CELL_MISSING));
out:
    gal_free(num);
    return st;
}

/* Numbers of a list such as "1 2 3" or "[[1.0, null], [2, 3]]" into out (NULL: only counted); SIZE_MAX when something else is there */
static size_t list_of_numbers(const char *s, double *out)
{
    static const char SEPARATORS[] = " ,;[]()\t\r\n";
    char word[48];
    size_t n = 0;
    for (;; n++) {
        double x = NAN;
        s += strspn(s, SEPARATORS);
        size_t len = strcspn(s, SEPARATORS);
        if (len == 0)
            return n;
        if (len >= sizeof word)
            return SIZE_MAX;
        memcpy(word, s, len);
        word[len] = 0;
        if (!cell_is_empty(word) && !gal_parse_double(word, &x) && !parse_truth(word, true, &x))
            return SIZE_MAX;
        if (out)
            out[n] = x;
        s += len;
    }
}

gal_status gal_vector_from_cells(gal_table *t, const coldef *def, char *const *cell, size_t stride)
{
    enum { MOST = 1000 };
    gal_status st = GAL_OK;
    size_t width = 0, n;
    double *all = NULL, *one = NULL;
    for (size_t i = 0; i < t->nrow; i++) {
        if ((n = list_of_numbers(cell[i * stride], NULL)) == SIZE_MAX)
            return gal_table_pass_over(t, def->name, "holds lists that are not of numbers");
        if (n && width && n != width)
            return gal_table_pass_over(t, def->name, "holds arrays of variable length");
        width = n ? n : width;
    }
    if (width == 0)
        return gal_table_pass_over(t, def->name, "holds nothing");
    if (width > MOST && t->nrow != 1)
        return gal_table_pass_over(t, def->name, "holds more than 1000 numbers in each row");
    all = gal_alloc(t->nrow * width * sizeof *all);
    one = gal_alloc(t->nrow * sizeof *one);
    if (!all || !one)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < t->nrow; i++)
        if (list_of_numbers(cell[i * stride], all + i * width) == 0)
            for (size_t j = 0; j < width; j++)
                all[i * width + j] = NAN;
    if (t->nrow == 1)
        GAL_TRY(gal_table_add_vector(t, def->name, def->unit, width, all));
    for (size_t j = 0; j < width && width <= MOST; j++) {
        char name[300];
        snprintf(name, sizeof name, "%.280s_%zu", def->name, j + 1);
        if (gal_table_column(t, name)) {
            GAL_TRY(gal_table_pass_over(t, def->name, "has elements with the names of other columns"));
            break;
        }
        for (size_t i = 0; i < t->nrow; i++)
            one[i] = all[i * width + j];
        GAL_TRY(gal_table_add_num(t, name, def->unit, one));
    }
out:
    gal_free(all);
    gal_free(one);
    return st;
}

/* ------------------------------------------------------------------ reading cells */
gal_cell gal_table_cell(const gal_column *c, size_t i, double *x)
{
    double v = NAN;
    gal_cell what = c->mark ? (gal_cell)c->mark[i] : GAL_CELL_NUMBER; /* an unset mark is 0 = GAL_CELL_NUMBER */
    if (what == GAL_CELL_NUMBER && c->num) {
        v = c->num[i];
        what = isnan(v) ? GAL_CELL_MISSING : GAL_CELL_NUMBER;
    } else if (what == GAL_CELL_NUMBER)
        what = read_cell(c->text[i], &v);
    if (x)
        *x = what == GAL_CELL_NUMBER ? v : NAN;
    return what;
}

static gal_status bad_cell(const gal_table *t, const gal_column *c, size_t i, gal_status code, const char *what)
{
    char place[512], buf[GAL_CELL_TEXT];
    gal_table_place(t, i, place, sizeof place);
    return gal_fail(code, "%s: column '%s': '%.80s' is %s", place, c->name, gal_table_text(c, i, buf), what);
}

gal_status gal_table_number(const gal_table *t, const gal_column *c, size_t i, double *x, gal_cell *what)
{
    gal_cell k = gal_table_cell(c, i, x);
    if (what)
        *what = k;
    return k == GAL_CELL_WORD ? bad_cell(t, c, i, GAL_EFORMAT, "not a number") : GAL_OK;
}

gal_status gal_table_truth(const gal_table *t, const gal_column *c, size_t i, double *x)
{
    gal_cell k = gal_table_cell(c, i, x);
    if (k == GAL_CELL_NUMBER)
        *x = *x != 0;
    if (k != GAL_CELL_WORD || parse_truth(c->text[i], true, x))
        return GAL_OK;
    return bad_cell(t, c, i, GAL_EFORMAT, "neither true nor false (true, t, yes, y, 1; false, f, no, n, 0)");
}

gal_status gal_table_int64(const gal_table *t, const gal_column *c, size_t i, int64_t *x)
{
    double v;
    *x = 0;
    gal_cell what = gal_table_cell(c, i, &v);
    if (what == GAL_CELL_MISSING || what == GAL_CELL_MASKED) {
        char place[512];
        gal_table_place(t, i, place, sizeof place);
        return gal_fail(GAL_EFORMAT, "%s: column '%s': the cell is %s, an integer is expected", place, c->name,
                        what == GAL_CELL_MASKED ? "masked" : "empty");
    }
    if (c->text && digits(c->text[i])) {
        errno = 0;
        *x = strtoll(c->text[i], NULL, 10);
        return errno ? bad_cell(t, c, i, GAL_EDOMAIN, "no integer of 64 bits") : GAL_OK;
    }
    if (what == GAL_CELL_WORD || v != rint(v))
        return bad_cell(t, c, i, GAL_EFORMAT, "no integer");
    if (fabs(v) > EXACT)
        return bad_cell(t, c, i, GAL_EDOMAIN, "more than a double holds to the last digit");
    *x = (int64_t)v;
    return GAL_OK;
}

void gal_number_text(double x, char buf[GAL_CELL_TEXT])
{
    for (int places = 15; places <= 17; places++) {
        snprintf(buf, GAL_CELL_TEXT, "%.*g", places, x);
        if (isnan(x) || strtod(buf, NULL) == x)
            return;
    }
}

const char *gal_table_text(const gal_column *c, size_t i, char buf[GAL_CELL_TEXT])
{
    if (c->mark && c->mark[i])
        return "";
    if (c->text)
        return c->num && isnan(c->num[i]) ? "" : c->text[i];
    double x = c->num[i];
    if (isnan(x))
        return "";
    if (c->type == GAL_COLUMN_BOOLEAN)
        return x != 0 ? "True" : "False";
    if (x == rint(x) && fabs(x) <= EXACT)
        snprintf(buf, GAL_CELL_TEXT, "%.0f", x + 0.0);
    else
        gal_number_text(x, buf);
    return buf;
}

/* ------------------------------------------------------------------ what stands for nothing, what is masked */
gal_status gal_table_missing(gal_table *t, size_t n, const double *value)
{
    gal_status st = GAL_OK;
    for (size_t j = 0; j < t->ncol; j++) {
        gal_column *c = &t->col[j];
        for (size_t i = 0; i < t->nrow; i++) {
            double x;
            bool gone = false;
            if (gal_table_cell(c, i, &x) != GAL_CELL_NUMBER)
                continue;
            for (size_t k = 0; k < n; k++)
                gone |= same(x, value[k]);
            if (gone)
                GAL_TRY(column_mark(c, t->nrow, i, GAL_CELL_MISSING));
        }
    }
    for (size_t j = 0; j < t->nvec; j++)
        for (size_t i = 0; i < t->nrow * t->vec[j].width; i++)
            for (size_t k = 0; k < n; k++)
                if (same(t->vec[j].num[i], value[k]))
                    t->vec[j].num[i] = NAN;
out:
    return st;
}

/* "missing: -99, -9999" of the header */
static gal_status header_missing(gal_table *t)
{
    double v[16];
    size_t n = 0;
    char word[48];
    const char *s = gal_table_meta(t, "missing");
    for (; s && *s && n < sizeof v / sizeof v[0]; n++) {
        s += strspn(s, " \t,;[]{}");
        size_t len = strcspn(s, " \t,;[]{}");
        if (!len)
            break;
        snprintf(word, sizeof word, "%.*s", (int)len, s);
        if (!gal_parse_double(word, &v[n]))
            return gal_fail(GAL_EFORMAT, "%s: missing: '%s' is not a number", t->path, word);
        s += len;
    }
    return n ? gal_table_missing(t, n, v) : GAL_OK;
}

/* The column `mask` (true: the cell does not count) acts on the column of this name. */
gal_status gal_table_apply_mask(gal_table *t, const char *name, const char *mask)
{
    gal_column *c = (gal_column *)(uintptr_t)gal_table_column(t, name),
               *m = (gal_column *)(uintptr_t)gal_table_column(t, mask);
    double on;
    if (!c || !m || c == m)
        return GAL_OK;
    for (size_t i = 0; i < t->nrow; i++) {
        gal_status st = gal_table_truth(t, m, i, &on);
        if (st == GAL_OK && !(on == 0))
            st = column_mark(c, t->nrow, i, GAL_CELL_MASKED);
        if (st != GAL_OK)
            return st;
    }
    gal_table_drop(t, (size_t)(m - t->col));
    return GAL_OK;
}

gal_status gal_table_finish(gal_table *t)
{
    gal_status st = GAL_OK;
    for (size_t j = t->ncol; j-- > 0;) {
        const char *mask = t->col[j].name;
        size_t n = strlen(mask);
        char base[256];
        if (n < 6 || n >= sizeof base || strcmp(mask + n - 5, ".mask") != 0)
            continue;
        snprintf(base, sizeof base, "%.*s", (int)(n - 5), mask);
        GAL_TRY(gal_table_apply_mask(t, base, mask));
    }
    GAL_TRY(header_missing(t));
out:
    return st;
}
