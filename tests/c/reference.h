/* Where a reference table lies: a short list or cut in tests/ref, else the whole in ../shared/data. */
#ifndef GAL_TEST_REFERENCE_H
#define GAL_TEST_REFERENCE_H
#include <stdio.h>

/* Path of reference NAME in buf (of size bytes), or NULL where it is in neither place. */
static inline const char *reference_path(char *buf, size_t size, const char *name)
{
    static const char *const folder[] = {"tests/ref", "../shared/data"};
    for (int i = 0; i < 2; i++) {
        snprintf(buf, size, "%s/%s", folder[i], name);
        FILE *f = fopen(buf, "r");
        if (f) {
            fclose(f);
            return buf;
        }
    }
    return NULL;
}

/* A table opened for reading behind its lines of comment, or NULL. */
static inline FILE *reference_open(const char *name)
{
    char path[512];
    FILE *f = reference_path(path, sizeof path, name) ? fopen(path, "r") : NULL;
    for (int c; f && (c = getc(f)) != EOF;) {
        if (c != '#') {
            ungetc(c, f);
            break;
        }
        while ((c = getc(f)) != EOF && c != '\n')
            ;
    }
    return f;
}

#endif
