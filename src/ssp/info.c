/* What is in an SSP table, for humans. */
#include "ssp_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t bytes_of(const gal_ssp *s)
{
    size_t grid = s->nz * s->nage, n = sizeof *s + 8 * (s->nwave + s->nage + s->nz + (s->logu ? s->nu : 0));
    n += 4 * s->nu * grid * (s->nwave + s->nline);
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        n += *ssp_optional_of(s, i) ? 4 * ssp_optional_len(s, i) : 0;
    return n;
}

static void write_optionals(FILE *f, const gal_ssp *s)
{
    bool any = false;
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (*ssp_optional_of(s, i)) {
            fprintf(f, "  %-10s %s [%s]\n", ssp_optionals[i].name, ssp_optionals[i].about, ssp_optionals[i].unit);
            any = true;
        }
    if (s->nline)
        fprintf(f, "  lines      %zu emission lines, %s (%g A) .. %s (%g A) [Lsun/Msun]\n", s->nline, s->line_name[0],
                s->line_wave[0], s->line_name[s->nline - 1], s->line_wave[s->nline - 1]);
    if (!any && !s->nline)
        fprintf(f, "  spectra only: no surviving mass, ionising photons, supernova rates or lines\n");
}

static void write_provenance(FILE *f, const char *text)
{
    for (const char *p = text; *p;) { /* later lines are indented below the first */
        size_t len = strcspn(p, "\n");
        fprintf(f, "  %-10s %.*s\n", p == text ? "from" : "", (int)len, p);
        p += len + (p[len] == '\n');
    }
}

gal_status gal_ssp_info_text(const gal_ssp *s, char **text)
{
    char *buf = NULL, hex[33];
    size_t n = 0;
    *text = NULL;
    FILE *f = open_memstream(&buf, &n);
    if (!f)
        return gal_fail(GAL_ENOMEM, "out of memory for a summary");
    fprintf(f, "SSP table %s: %zu Z x %zu ages x %zu wavelengths", *s->name ? s->name : "(no name)", s->nz, s->nage,
            s->nwave);
    if (s->nu > 1)
        fprintf(f, " x %zu logU", s->nu);
    fprintf(f, "\n  %-10s %g .. %g A (%zu)\n", "wavelength", s->wave[0], s->wave[s->nwave - 1], s->nwave);
    fprintf(f, "  %-10s %g .. %.4g yr (%zu)\n", "age", s->age[0], s->age[s->nage - 1], s->nage);
    fprintf(f, "  %-10s", "Z");
    for (size_t i = 0; i < s->nz; i++)
        fprintf(f, " %g", s->z[i]);
    fprintf(f, " (%zu)\n", s->nz);
    if (s->nu > 1)
        fprintf(f, "  %-10s %g .. %g (%zu)\n", "logU", s->logu[0], s->logu[s->nu - 1], s->nu);
    fprintf(f, "  %-10s %s\n", "IMF", *s->imf ? s->imf : "unknown");
    write_optionals(f, s);
    write_provenance(f, s->provenance);
    gal_hash_hex(s->hash, hex);
    fprintf(f, "  %-10s %s\n  %-10s %.1f MB\n", "hash", hex, "memory", (double)bytes_of(s) / 1e6);
    bool bad = ferror(f);
    if (fclose(f) != 0 || bad) {
        free(buf);
        return gal_fail(GAL_ENOMEM, "out of memory for a summary");
    }
    *text = gal_strdup(buf);
    free(buf);
    return *text ? GAL_OK : GAL_ENOMEM;
}
