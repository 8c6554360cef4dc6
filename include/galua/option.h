/* galua/option.h - an option of a constructor: what is chosen once and does not vary in a fit. It feeds readers, help, descriptions, hashes. */
#ifndef GAL_OPTION_H
#define GAL_OPTION_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_option {
    const char *name, *unit, *doc;
    enum { GAL_OPTION_NUMBER, GAL_OPTION_BOOL, GAL_OPTION_STRING, GAL_OPTION_CHOICE, GAL_OPTION_VECTOR } type;
    const char *const *choice; /* GAL_OPTION_CHOICE: NULL-terminated */
    double number;             /* default of NUMBER, BOOL (0, 1), CHOICE (index) */
    const char *text;          /* default of STRING; NULL = none */
} gal_option;
typedef struct gal_option_value {
    bool given;
    double number;     /* NUMBER, BOOL, CHOICE (index) */
    const char *text;  /* STRING; borrowed */
    const double *vec; /* VECTOR; borrowed */
    size_t nvec;
} gal_option_value;

/* Own copies of n values, the defaults where none is given (from NULL: everywhere); gal_options_free frees them. */
GAL_API gal_status gal_options_copy(gal_option_value **out, const gal_option *option, const gal_option_value *from,
                                    size_t n);
GAL_API void gal_options_free(gal_option_value *v, size_t n); /* NULL is fine */
#ifdef __cplusplus
}
#endif
#endif
