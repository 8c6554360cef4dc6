/* fits_cards.c - FITS headers (FITS standard 4.0, section 4) without a library. See table_source.h. Thread safe. */
#include "galua/table.h"
#include "table_source.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 2880, CARD = 80, MOST = 200000 };

gal_status gal_cards_read(const source *s, size_t at, cards80 *out)
{
    gal_status st = GAL_OK;
    *out = (cards80){0};
    for (size_t cap = 0;;) {
        if (at > s->size || s->size - at < BLOCK)
            GAL_THROW(GAL_EFORMAT, "%s: cut short: the FITS header at byte %zu has no END", s->path, at);
        if (out->n > MOST)
            GAL_THROW(GAL_EFORMAT, "%s: the FITS header has more than %d cards", s->path, MOST);
        if (out->n + BLOCK / CARD > cap) {
            cap = 2 * cap + 4 * BLOCK / CARD;
            char *v = gal_realloc(out->v, cap * CARD);
            if (!v)
                GAL_TRY(GAL_ENOMEM);
            out->v = v;
        }
        GAL_TRY(gal_source_read(s, at, BLOCK, out->v + out->n * CARD));
        at += BLOCK;
        for (int k = 0; k < BLOCK / CARD; k++, out->n++) {
            const char *card = out->v + out->n * CARD;
            if (strncmp(card, "END     ", 8) == 0) {
                out->data = at;
                goto out;
            }
            for (int i = 0; i < 8; i++)
                if ((unsigned char)card[i] < 32 || (unsigned char)card[i] > 126)
                    GAL_THROW(GAL_EFORMAT, "%s: the FITS header holds binary data at byte %zu", s->path,
                              at - BLOCK + (size_t)(k * CARD + i));
        }
    }
out:
    if (st != GAL_OK) {
        gal_free(out->v);
        *out = (cards80){0};
    }
    return st;
}

/* the value of a card begins behind "= "; 0 when it has none */
static size_t value_at(const char *card)
{
    if (strncmp(card, "HIERARCH ", 9) == 0) {
        const char *eq = memchr(card, '=', CARD);
        return eq ? (size_t)(eq - card) + 1 : 0;
    }
    return card[8] == '=' && card[9] == ' ' ? 10 : 0;
}

const char *gal_card(const cards80 *c, const char *key)
{
    char name[9];
    snprintf(name, sizeof name, "%-8s", key);
    for (size_t i = 0; i < c->n; i++)
        if (strncmp(c->v + i * CARD, name, 8) == 0 && value_at(c->v + i * CARD))
            return c->v + i * CARD;
    return NULL;
}

/* A quoted text or a bare word at `at`; returns false when the value is empty. *quoted tells texts from the rest. */
static bool value(const char *card, size_t at, char *buf, size_t size, bool *quoted)
{
    size_t n = 0;
    while (at < CARD && card[at] == ' ')
        at++;
    *quoted = at < CARD && card[at] == '\'';
    if (*quoted) {
        for (at++; at < CARD; at++) {
            if (card[at] == '\'' && !(at + 1 < CARD && card[at + 1] == '\''))
                break;
            at += card[at] == '\'';
            if (n + 1 < size)
                buf[n++] = card[at];
        }
    } else
        for (; at < CARD && card[at] != '/'; at++)
            if (n + 1 < size)
                buf[n++] = card[at];
    while (n && (buf[n - 1] == ' ' || buf[n - 1] == 0))
        n--;
    buf[n] = 0;
    return n > 0 || *quoted;
}

/* value of card i and the CONTINUE cards behind it */
static bool whole_value(const cards80 *c, size_t i, char *buf, size_t size, bool *quoted)
{
    const char *card = c->v + i * CARD;
    size_t at = value_at(card);
    buf[0] = 0;
    if (!at || !value(card, at, buf, size, quoted))
        return false;
    for (size_t n; *quoted && (n = strlen(buf)) > 0 && buf[n - 1] == '&' && ++i < c->n;) {
        bool q;
        card = c->v + i * CARD;
        if (strncmp(card, "CONTINUE  ", 10) != 0)
            break;
        buf[n - 1] = 0;
        value(card, 10, buf + n - 1, size - n + 1, &q);
    }
    return true;
}

static bool find_value(const cards80 *c, const char *key, char *buf, size_t size, bool *quoted)
{
    const char *card = gal_card(c, key);
    return card && whole_value(c, (size_t)(card - c->v) / CARD, buf, size, quoted);
}

bool gal_card_int(const cards80 *c, const char *key, int64_t *x)
{
    char buf[CARD], *end;
    bool quoted;
    if (!find_value(c, key, buf, sizeof buf, &quoted) || quoted)
        return false;
    errno = 0;
    int64_t v = strtoll(buf, &end, 10);
    if (errno || end == buf || *end)
        return false;
    *x = v;
    return true;
}

bool gal_card_real(const cards80 *c, const char *key, double *x)
{
    char buf[CARD];
    bool quoted;
    double v;
    if (!find_value(c, key, buf, sizeof buf, &quoted) || quoted || !gal_parse_double(buf, &v))
        return false;
    *x = v;
    return true;
}

bool gal_card_true(const cards80 *c, const char *key)
{
    char buf[CARD];
    bool quoted;
    return find_value(c, key, buf, sizeof buf, &quoted) && !quoted && strcmp(buf, "T") == 0;
}

bool gal_card_text(const cards80 *c, const char *key, char *buf, size_t size)
{
    bool quoted;
    bool found = find_value(c, key, buf, size, &quoted);
    if (!found)
        buf[0] = 0;
    return found;
}

bool gal_card_pair(const cards80 *c, size_t i, char key[80], char *text, size_t size)
{
    const char *card = c->v + i * CARD;
    size_t at = value_at(card), n = 0, from = 0;
    bool quoted;
    if (!at)
        return false;
    if (strncmp(card, "HIERARCH ", 9) == 0)
        for (from = 9; from < at && card[from] == ' ';)
            from++;
    for (size_t k = from; k + 1 < at && card[k] != '=' && n + 1 < 80; k++)
        key[n++] = card[k];
    while (n && key[n - 1] == ' ')
        n--;
    key[n] = 0;
    return n > 0 && !strchr(key, ' ') && whole_value(c, i, text, size, &quoted);
}

gal_status gal_cards_data(const source *s, const cards80 *c, size_t *bytes)
{
    char key[16];
    int64_t bitpix = 0, naxis = -1, pcount = 0, gcount = 1, n = 0;
    const size_t left = s->size > c->data ? s->size - c->data : 0;
    unsigned __int128 total = 1;
    *bytes = 0;
    if (!gal_card_int(c, "BITPIX", &bitpix) || !gal_card_int(c, "NAXIS", &naxis) || naxis < 0 || naxis > 999 ||
        (bitpix != 8 && bitpix != 16 && bitpix != 32 && bitpix != 64 && bitpix != -32 && bitpix != -64))
        return gal_fail(GAL_EFORMAT, "%s: a FITS header without proper BITPIX and NAXIS", s->path);
    gal_card_int(c, "PCOUNT", &pcount);
    gal_card_int(c, "GCOUNT", &gcount);
    for (int64_t i = 1; i <= naxis; i++) {
        snprintf(key, sizeof key, "NAXIS%d", (int)i);
        if (!gal_card_int(c, key, &n) || n < 0)
            return gal_fail(GAL_EFORMAT, "%s: a FITS header without a proper %s", s->path, key);
        if (i == 1 && n == 0 && naxis > 1 && gal_card_true(c, "GROUPS"))
            continue;
        total *= (uint64_t)n;
        if (total > (unsigned __int128)1 << 62)
            total = (unsigned __int128)1 << 62; /* past any file */
    }
    if (naxis == 0)
        total = 0;
    if (pcount < 0 || gcount < 0)
        return gal_fail(GAL_EFORMAT, "%s: a FITS header with negative PCOUNT or GCOUNT", s->path);
    if (total + (uint64_t)pcount > (uint64_t)1 << 60 || gcount > 1 << 20)
        total = (unsigned __int128)1 << 62;
    else
        total = (total + (uint64_t)pcount) * (uint64_t)gcount * (uint64_t)(llabs(bitpix) / 8);
    if (total > left)
        return gal_fail(GAL_EFORMAT, "%s: cut short: a FITS header announces more data than the %zu bytes behind it",
                        s->path, left);
    *bytes = (size_t)total;
    return GAL_OK;
}
