/* Nearest names for "did you mean": Damerau-Levenshtein distance (optimal string alignment), case-insensitive. */
#include "galua/base.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 63

static int min2(int a, int b)
{
    return a < b ? a : b;
}

static int distance(const char *a, const char *b)
{
    int d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > NAME_MAX_LEN || m > NAME_MAX_LEN)
        return 1 << 20;
    for (int i = 0; i <= n; i++)
        d[i][0] = i;
    for (int j = 0; j <= m; j++)
        d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            d[i][j] = min2(min2(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && tolower((unsigned char)a[i - 2]) == cb)
                d[i][j] = min2(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

const char *gal_nearest(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    int best_d = 1 << 20, len = (int)strlen(name);
    for (size_t i = 0; i < n; i++) {
        int d = distance(name, names[i]), li = (int)strlen(names[i]);
        int allowed = (len > li ? len : li) / 3;
        if (d <= (allowed > 1 ? allowed : 1) && d < best_d) {
            best_d = d;
            best = names[i];
        }
    }
    /* a dotted name typed without its group */
    for (size_t i = 0; !best && len >= 2 && i < n; i++) {
        const char *dot = strrchr(names[i], '.');
        if (dot && distance(name, dot + 1) <= len / 4)
            best = names[i];
    }
    return best;
}

void gal_did_you_mean(char *buf, size_t size, const char *name, const char *const *names, size_t n)
{
    const char *best = gal_nearest(name, names, n);
    if (best)
        snprintf(buf, size, ", did you mean '%s'?", best);
    else if (size)
        buf[0] = '\0';
}
