/* The default table, read once per process and shared by every galaxy that names no other. */
#include "galua/ssp.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gal_ssp *shared;

gal_status gal_ssp_shared(gal_ssp **out)
{
    gal_status st = GAL_OK;
    pthread_mutex_lock(&lock);
    *out = NULL;
    if (!shared)
        st = gal_ssp_default(&shared);
    if (st == GAL_OK)
        *out = gal_ssp_ref(shared);
    pthread_mutex_unlock(&lock);
    return st;
}
