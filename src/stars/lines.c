/* lines.c - lines of metals, added to the spectra of the star grid.
 *
 * The statistical law of blanketing.c has the right blanketing in bins of 40 A and no lines. What is missing is added to ln F at
 * every node of the star grid and every 5 A over 3545-8740 A,
 *
 *   c_j = sum_k a_kj P_p(k)(Teff) Q_q(k)(log g) R_r(k)(Z),        k = 1 .. 60,
 *
 * the 60 smoothest products of eigenvectors of Gaussian kernels over the nodes (widths .15 in ln Teff, half as much in it above
 * 8000 K, 2.5 in log g, 1 in log Z). The coefficients are our own fit (scripts/dev/fit_lines.py) to the 985 stars of the MILES library
 * (Sanchez-Blazquez et al. 2006, MNRAS 371, 703; parameters: Cenarro et al. 2007, MNRAS 374, 664; resolution: Falcon-Barroso et
 * al. 2011, A&A 532, A95), with populations of Bruzual & Charlot 2003 (MNRAS 344, 1000; 2016 version) at low weight, alone beyond 7405 A. The
 * continuum is not touched: target and model are brought to the same running mean (800 A) in linear flux. Metal-poor stars of the
 * library have the alpha elements of the Galaxy's, and so have the populations made of them.
 * Positive by construction; read only, thread safe. */
#include "stars/lines.h"

#include <math.h>
#include <string.h>

enum { NK = 60, NP = 12, NQ = 3, NR = 3 };
static const float step = 0.002f; /* of the coefficients */

/* The file as scripts/dev/fit_lines.py writes it: little-endian. */
typedef struct line_table {
    float p[GAL_LINES_NTEFF][NP], q[GAL_LINES_NLOGG][NQ], r[GAL_LINES_NZ][NR];
    unsigned char pick[NK][4]; /* p, q, r; 0 */
    int16_t a[NK][GAL_LINES_NWAVE];
} line_table;

__asm__(".section .rodata\n"
        ".balign 64\n"
        "galua_line_table:\n"
        ".incbin \"src/stars/line_table.bin\"\n"
        "galua_line_table_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const line_table galua_line_table __attribute__((visibility("hidden")));
extern const char galua_line_table_end __attribute__((visibility("hidden")));

void gal_lines_add(size_t iz, size_t it, size_t ig, float *lnf)
{
    const line_table *t = &galua_line_table;
    float c[GAL_LINES_NWAVE] = {0};
    for (int k = 0; k < NK; k++) {
        const unsigned char *pick = t->pick[k];
        float f = step * t->p[it][pick[0] % NP] * t->q[ig][pick[1] % NQ] * t->r[iz][pick[2] % NR];
        for (size_t j = 0; j < GAL_LINES_NWAVE; j++)
            c[j] += f * (float)t->a[k][j];
    }
    for (size_t j = 0; j < GAL_LINES_NWAVE; j++)
        lnf[j] += c[j];
}

gal_hash gal_lines_hash(void)
{
    return gal_hash_bytes(&galua_line_table, sizeof galua_line_table);
}
