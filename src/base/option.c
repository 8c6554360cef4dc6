/* Values of options: copies that own their texts and vectors. */
#include "galua/option.h"

#include <string.h>

void gal_options_free(gal_option_value *v, size_t n)
{
    for (size_t i = 0; v && i < n; i++) {
        gal_free((char *)(uintptr_t)v[i].text);
        gal_free((double *)(uintptr_t)v[i].vec);
    }
    gal_free(v);
}

gal_status gal_options_copy(gal_option_value **out, const gal_option *option, const gal_option_value *from, size_t n)
{
    gal_option_value *v = GAL_NEWN(gal_option_value, n + 1);
    *out = NULL;
    if (!v)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const gal_option *o = &option[i];
        bool given = from && from[i].given;
        const char *text = given ? from[i].text : o->text;
        v[i] = (gal_option_value){.given = given, .number = given ? from[i].number : o->number};
        char *t = text ? gal_strdup(text) : NULL;
        double *vec = given && from[i].nvec ? GAL_NEWN(double, from[i].nvec) : NULL;
        v[i].text = t;
        v[i].vec = vec;
        if ((text && !t) || (given && from[i].nvec && !vec)) {
            gal_options_free(v, n);
            return GAL_ENOMEM;
        }
        if (vec) {
            memcpy(vec, from[i].vec, from[i].nvec * sizeof *vec);
            v[i].nvec = from[i].nvec;
        }
    }
    *out = v;
    return GAL_OK;
}
