/* The formats of SSP tables that are read: one line each, in the order in which a file is tried. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

#include "io/fits.h"

static size_t words_in_line(const char *p, const char **next)
{
    size_t n = 0;
    while (*p && *p != '\n') {
        p += strspn(p, " \t\r\f\v");
        size_t len = strcspn(p, " \t\r\n\f\v");
        n += len > 0;
        p += len;
    }
    *next = *p ? p + 1 : p;
    return n;
}

/* The first word of a text, comments and empty lines passed over; *whole: is it a whole number? NULL when it is no number. */
static const char *first_number(const ssp_head *h, bool *whole)
{
    const char *p = h->data;
    if (!h->text)
        return NULL;
    while (*p == '#' || *p == '\n' || *p == '\r') {
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    p += strspn(p, " \t");
    size_t len = strcspn(p, " \t\r\n");
    if (!len || strspn(p, "0123456789.eEdD+-") != len)
        return NULL;
    *whole = strspn(p, "0123456789") == len;
    return p;
}

static bool is_h5(const ssp_head *h) /* whose reader hands over to DSPS and dumps by what is inside */
{
    return h->n >= 8 && memcmp(h->data, "\211HDF\r\n\032\n", 8) == 0;
}

static bool is_fits(const ssp_head *h)
{
    return gal_fits_is(h->path);
}

static bool is_fsps(const ssp_head *h)
{
    return h->text && ssp_is_fsps(h->data);
}

static bool is_starburst99(const ssp_head *h)
{
    return h->text && ssp_is_starburst99(h->data);
}

static bool is_bpass(const ssp_head *h)
{
    bool whole;
    const char *p = first_number(h, &whole), *line2;
    if (!p)
        return false;
    size_t n1 = words_in_line(p, &line2), n2 = words_in_line(line2, &line2);
    return (n1 == 52 || n1 == 42) && (n2 == n1 || n2 == 0);
}

static bool is_bc03(const ssp_head *h)
{
    bool whole = false;
    return first_number(h, &whole) && whole;
}

static bool is_maraston(const ssp_head *h)
{
    bool whole;
    const char *p = first_number(h, &whole), *next;
    return p && words_in_line(p, &next) == 4;
}

static bool is_npz(const ssp_head *h)
{
    return ssp_is_npz(h->data, h->n);
}

static bool is_ised(const ssp_head *h)
{
    return !h->text && ssp_is_ised(h->data, h->n);
}

static bool is_galapy(const ssp_head *h)
{
    uint64_t first = 0;
    if (!h->text && h->n >= 8)
        memcpy(&first, h->data, 8);
    return first > 0 && first < (uint64_t)1 << 28; /* a count of wavelengths */
}

const ssp_reader ssp_readers[] = {
    {"Galua, DSPS or a script's HDF5", is_h5, ssp_read_galua, false, false},
    {"FITS", is_fits, ssp_read_fits, false, false},
    {"FSPS .out.spec", is_fsps, ssp_read_fsps, true, true},
    {"Starburst99 .spectrum1", is_starburst99, ssp_read_starburst99, true, true},
    {"BPASS spectra", is_bpass, ssp_read_bpass, true, true},
    {"BC03 .ised_ASCII", is_bc03, ssp_read_bc03, true, true},
    {"Maraston .rhb", is_maraston, ssp_read_maraston, true, true},
    {"pPXF .npz", is_npz, ssp_read_npz, false, true},
    {"BC03 .ised", is_ised, ssp_read_ised, true, true},
    {"GalaPy binary", is_galapy, ssp_read_galapy, false, false},
    {NULL, NULL, NULL, false, false},
};

bool ssp_is_beside(const char *path)
{
    static const char *const begin[] = {"starmass-", "ionizing-", "ionising-", "colours-"}, *const within[] = {
                                                                                                "color",    ".output",
                                                                                                ".input",   ".quanta",
                                                                                                "ssp_mass", "_phot_"};
    const char *name = ssp_base_name(path);
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        const char *p = strstr(name, within[i]);
        if (p && p > name && (within[i][0] != 'c' || isdigit((unsigned char)p[-1]))) /* .4color and its kind */
            return true;
    }
    return false;
}
