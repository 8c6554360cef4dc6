/* Observations read from tables, from the inside: shared by obs_read.c and obs_unused.c (what is passed over). */
#ifndef GAL_OBS_INT_H
#define GAL_OBS_INT_H
#include "galua/obs.h"

typedef struct obs_head { /* of a wide table; all may be NULL */
    const gal_column *id, *z, *d;
    double mpc; /* of the unit of d */
} obs_head;

gal_status obs_find_head(const gal_table *t, const gal_obs_layout *l, obs_head *h);
/* The column beside a band's, by the pattern of gal_obs_companion; NULL when it is not there. */
gal_status obs_companion(const gal_table *t, const char *band, const char *pattern, const gal_column **out);
bool obs_listed(const char *name, const char *const *list, size_t n);
/* Is column j a band to be read? */
gal_status obs_is_band(const gal_table *t, size_t j, const gal_obs_layout *l, const obs_head *h, bool *out);
/* Says once which columns are named like masks, flags or limits (of one of n bands, where there are bands) and are none of the used. */
void obs_say_flags(const gal_table *t, const gal_column *const *used, size_t nused, const char *const *bands, size_t n);
#endif
