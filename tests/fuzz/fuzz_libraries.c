/* Readers of other people's libraries of templates and spectra: dust (Draine & Li 2007, Dale et al. 2014), tori (Fritz et al. 2006), spectra of
 * the MILES group (FITS by a process that reads it, names and the authors' table of masses by ours). */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "galua/component.h"
#include "ssp/ssp_int.h"

/* A component whose option `path` is the file, or the folder it lies in */
static void component(const char *group, const char *kind, const char *path, int folder)
{
    const gal_component_class *c;
    gal_component *made = NULL;
    gal_option_value v[16] = {0};
    char where[300];
    snprintf(where, sizeof where, "%s", path);
    if (folder)
        *strrchr(where, '/') = '\0';
    if (gal_component_find(&c, group, kind) != GAL_OK || c->noption > 16)
        return;
    for (size_t i = 0; i < c->noption; i++) {
        v[i].number = c->option[i].number;
        if (strcmp(c->option[i].name, "path") == 0)
            v[i].given = true, v[i].text = where;
    }
    if (gal_component_create(&made, c, v) == GAL_OK)
        gal_component_unref(made);
}

static void dl07(const char *path, const uint8_t *data, size_t n)
{
    (void)data, (void)n;
    component("dust", "dl07", path, 1);
}

static void dale14(const char *path, const uint8_t *data, size_t n)
{
    (void)data, (void)n;
    component("dust", "dale14", path, 0);
}

static void fritz(const char *path, const uint8_t *data, size_t n)
{
    (void)data, (void)n;
    component("agn", "fritz", path, 1);
}

#define SEEDS "tests/fuzz/seeds/miles/Eun1.30Zm0.40"
static const char YOUNG[] = SEEDS "T00.0631_iPp0.00_baseFe_linear.fits",
                  OLD[] = SEEDS "T01.0000_iPp0.00_baseFe_linear.fits";

static void miles(const char *path, const uint8_t *data, size_t n)
{
    gal_ssp *t = NULL;
    char *both[2] = {(char *)(uintptr_t)path, (char *)(uintptr_t)OLD};
    (void)data, (void)n;
    if (ssp_is_miles(path) && ssp_read_miles(&t, both, 2) == GAL_OK)
        gal_ssp_unref(t);
}

/* The table of masses beside good spectra; and its text as a name */
static void miles_mass(const char *path, const uint8_t *data, size_t n)
{
    char name[200], *all[3] = {(char *)(uintptr_t)YOUNG, (char *)(uintptr_t)OLD, (char *)(uintptr_t)path};
    gal_ssp *t = NULL;
    if (n < sizeof name && !memchr(data, '/', n) && !memchr(data, 0, n)) {
        memcpy(name, data, n);
        name[n] = '\0';
        ssp_is_miles(name);
    }
    if (ssp_read_miles(&t, all, 3) == GAL_OK)
        gal_ssp_unref(t);
}

FUZZ_TARGET(dl07, "DL07_MW3.1_00.dat", dl07)
FUZZ_TARGET(dale14, "dale.dat", dale14)
FUZZ_TARGET(fritz, "ct40al0.0be-0.50ta6.0rm60ia0.001", fritz)
FUZZ_TARGET(miles, "Eun1.30Zm0.40T00.0631_iPp0.00_baseFe_linear.fits", miles)
FUZZ_TARGET(miles_mass, "out_ssp_mass.txt", miles_mass)
