/* Numbers in the text files of SSP libraries, gzipped ones too: a cursor whose errors name file and line. */
#ifndef GAL_SSP_TEXT_H
#define GAL_SSP_TEXT_H
#include "galua/ssp.h"

typedef struct ssp_scan {
    const char *path, *text, *p, *end;
} ssp_scan;

/* All of a file, unpacked if it is gzipped, and a NUL; caller frees. */
gal_status ssp_read_all(const char *path, char **data, size_t *n);
/* A file of text from its beginning; *text is the caller's to free. Binary data are an error. */
gal_status ssp_scan_open(ssp_scan *s, const char *path, char **text);
void ssp_skip_space(ssp_scan *s);
void ssp_skip_comments(ssp_scan *s); /* lines that begin with # */
size_t ssp_line_of(const ssp_scan *s, const char *p);
/* A number as C or Fortran write it: 1.5E-30, 1.5D-30 and 1.5-130 (three-digit exponents lose their letter). */
bool ssp_parse(const char *p, const char **end, double *x);
gal_status ssp_number(ssp_scan *s, const char *what, double *x);
/* A number of things that follow: whole, and no more than the rest of the file has room for. */
gal_status ssp_count(ssp_scan *s, const char *what, size_t *n);
/* Numbers that the rest of the text has room for, a digit and a blank each. */
double ssp_room(const ssp_scan *s);
/* Numbers in the line at p; any white space parts them. */
size_t ssp_numbers_in_line(const char *p, const char *end);
const char *ssp_base_name(const char *path);
/* kroupa, chabrier, salpeter where a file's name has it, else "". */
const char *ssp_imf_in_name(const char *name);
/* gal_ssp_create of one metallicity, with the path before its message. */
gal_status ssp_create_one(gal_ssp **out, const char *path, size_t nage, size_t nwave);
/* The file beside `path` whose name has `to` where that of path has `from` (the last one), as it is or with .gz added or taken off; false
 * when there is none. */
bool ssp_companion(const char *path, const char *from, const char *to, char *out, size_t n);
/* GAL_EFORMAT where light of one metallicity grows with age beyond 20 Myr: that is no single population but a history. */
gal_status ssp_refuse_composite(const gal_ssp *s, const char *path);
#endif
