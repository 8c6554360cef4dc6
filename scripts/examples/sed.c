/* A galaxy from C: its bands and its mass.  cc sed.c $(pkg-config --cflags --libs galua) -o sed */
#include <galua/galaxy.h>
#include <stdio.h>
#include <stdlib.h>

static void need(gal_status st)
{
    if (st == GAL_OK)
        return;
    fprintf(stderr, "sed: %s\n", gal_error_message()); /* one line: what, where, what to do */
    exit(1);
}

static void set(const gal_galaxy *g, double *theta, const char *name, double value)
{
    size_t i;
    need(gal_galaxy_find(g, name, &i));
    theta[i] = value;
}

int main(void)
{
    gal_galaxy_opts o;
    gal_galaxy *g;
    gal_galaxy_ws *w; /* one a thread */
    gal_filter **filter = NULL;
    gal_phot *bands;
    size_t n = 0;

    gal_galaxy_defaults(&o);
    need(gal_ssp_default(&o.ssp));
    need(gal_cosmo_named(&o.cosmo, "Planck18"));
    need(gal_sfh_find("delayed", &o.sfh.class));
    need(gal_galaxy_create(&g, &o));
    need(gal_galaxy_ws_create(&w, g));
    need(gal_filters_find("SDSS.ugriz", &filter, &n));
    need(gal_galaxy_phot_create(&bands, g, filter, n));

    double *theta = calloc(gal_galaxy_npar(g), sizeof *theta), *flux = calloc(n, sizeof *flux);
    if (!theta || !flux)
        return 1;
    for (size_t i = 0; i < gal_galaxy_npar(g); i++)
        theta[i] = gal_galaxy_par(g, i)->value;
    set(g, theta, "age", 5e9);
    set(g, theta, "redshift", 0.1);
    set(g, theta, "sfh.tau", 2e9);
    need(gal_galaxy_check(g, theta));
    need(gal_galaxy_eval(g, w, theta));
    need(gal_galaxy_photometry(g, w, bands, theta, flux));
    for (size_t i = 0; i < n; i++)
        printf("%-8s %.6g mJy\n", filter[i]->name, flux[i]);
    printf("Mstar    %.6g Msun\n", gal_galaxy_derived(w)[GAL_D_MSTAR]);

    gal_phot_free(bands);
    for (size_t i = 0; i < n; i++)
        gal_filter_unref(filter[i]);
    gal_free(filter);
    gal_galaxy_ws_free(w);
    gal_galaxy_unref(g);
    gal_ssp_unref(o.ssp);
    gal_cosmo_unref(o.cosmo);
    free(theta);
    free(flux);
    return 0;
}
