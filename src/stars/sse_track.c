/* sse_track.c - winds, and the march of one star through its phases.
 *
 * Winds (HPT00 section 7.1; Msun/yr): Reimers 1975 (eta = 0.5) from the Hertzsprung gap on; Vassiliadis & Wood 1993 on the AGB;
 * Nieuwenhuijzen & de Jager 1990 for L > 4000 Lsun, scaled with Z^1/2; Wolf-Rayet-like for small envelopes and helium stars;
 * luminous blue variables beyond the Humphreys-Davidson limit. Two changes were calibrated on published isochrones:
 *  - cool supergiants (log L > 5.5, Teff < 8000 K) lose mass 30 times faster, which strips stars above about 30 Msun to
 *    helium stars as observed; the factor falls to 1, and eruptions of luminous blue variables to 0, from Z = 0.008 to 0.002
 *    (metal-poor supergiants keep their envelopes: without this, populations of Z <= 0.002 lack light in V at 3-6 Myr);
 *  - the superwind of massive AGB stars starts earlier: the period shift -100 (M - 2.5) of Vassiliadis & Wood is +50 (M - 2.5).
 *    Not in stars whose cores go on to burn carbon (Mc,BAGB >= 2.25 Msun): theirs would lose the envelope as red supergiants.
 *
 * Mass loss on the main sequence and in the Hertzsprung gap changes the star: m0 follows the mass and the age is rescaled to
 * keep the fraction of the phase lived. Later phases keep m0, because the core no longer notices (HPT00 7.1); exceptions are
 * the helium flash, which forgets the giant branch (m0 = mt), and naked helium main-sequence stars.
 *
 * Steps: a fixed fraction of the phase (or of the time left to t_inf on giant branches), and no more than 0.4 % of the mass or
 * 5 % of the envelope. A phase ends at its nuclear age, when the envelope is gone, or when the core explodes. Thread safe. */
#include "stars/sse.h"
#include <math.h>
#include <string.h>

#define TEFF_SUN 5772.0 /* IAU 2015 B3 nominal */

double gal_sse_logteff(double lum, double rad)
{
    return log10(TEFF_SUN) + 0.25 * log10(lum) - 0.5 * log10(rad);
}

double gal_sse_metal_ramp(double z)
{
    return fmin(1.0, fmax(0.0, log(z / 0.002) / log(4.0)));
}

static double supergiant_boost(double z)
{
    return pow(30.0, gal_sse_metal_ramp(z));
}

static double wind(const gal_sse_coef *c, const gal_sse_marks *k, gal_sse_phase phase, double lum, double rad,
                   double mt, double mu)
{
    double reimers = 0.0, hot = 0.0, dm;
    if (phase >= GAL_SSE_WD)
        return 0.0;
    if (phase != GAL_SSE_MS)
        reimers = 4e-13 * 0.5 * rad * lum / mt;
    if (phase >= GAL_SSE_HEMS)
        return fmax(reimers, 1e-13 * lum * sqrt(lum));
    dm = reimers;
    if (phase == GAL_SSE_EAGB || phase == GAL_SSE_TPAGB) {
        double p0 = pow(10.0, fmin(3.3, -2.07 - 0.9 * log10(mt) + 1.94 * log10(rad)));
        double shift = (k->mc_bagb < 2.25 ? 50.0 : -100.0) * fmax(0.0, mt - 2.5);
        double vw = pow(10.0, fmin(0.0, -11.4 + 0.0125 * (p0 + shift)));
        dm = fmax(dm, fmin(vw, 1.36e-9 * lum));
    }
    if (lum > 4000.0) {
        double on = fmin(1.0, (lum - 4000.0) / 500.0);
        hot = 9.6e-15 * on * pow(rad, 0.81) * pow(lum, 1.24) * pow(mt, 0.16) * sqrt(c->z / 0.02);
        dm = fmax(dm, hot);
    }
    if (phase != GAL_SSE_MS && mu < 1.0)
        dm = fmax(dm, 1e-13 * lum * sqrt(lum) * (1.0 - mu));
    double hd = 1e-5 * rad * sqrt(lum);
    if (lum > 6e5 && hd > 1.0)
        dm += gal_sse_metal_ramp(c->z) * 0.1 * pow(hd - 1.0, 3) * (lum / 6e5 - 1.0);
    if (phase >= GAL_SSE_HG && phase <= GAL_SSE_EAGB && log10(lum) > 5.5 && gal_sse_logteff(lum, rad) < log10(8000.0))
        dm *= supergiant_boost(c->z);
    return dm;
}

/* ------------------------------------------------------------------ the march */
typedef struct march {
    const gal_sse_coef *c;
    gal_sse_marks k;
    gal_sse_state s;
    gal_sse_phase phase;
    double t, age, mt; /* Myr since birth, SSE age [Myr], current mass */
    gal_sse_track *tr;
} march;

static gal_status record(march *w)
{
    gal_sse_track *tr = w->tr;
    if (tr->n == tr->cap) {
        size_t cap = tr->cap ? 2 * tr->cap : 1024;
        gal_sse_point *p = gal_realloc(tr->pt, cap * sizeof *p);
        if (!p)
            return GAL_ENOMEM;
        tr->pt = p;
        tr->cap = cap;
    }
    gal_sse_state_at(&w->s, w->c, &w->k, w->phase, w->mt, w->age);
    tr->pt[tr->n++] = (gal_sse_point){.t = w->t,
                                      .m = w->mt,
                                      .mc = w->s.mc,
                                      .logl = log10(w->s.lum),
                                      .logte = gal_sse_logteff(w->s.lum, w->s.rad),
                                      .phase = (int)w->phase};
    return GAL_OK;
}

static void leave(march *w, gal_remnant kind, double m)
{
    w->phase = kind <= GAL_REM_ONEWD ? GAL_SSE_WD : GAL_SSE_NSBH;
    w->tr->kind = kind;
    w->tr->m_rem = w->mt = m;
    w->tr->t_end = w->t;
    w->tr->complete = true;
}

static void collapse(march *w, double mcco, bool burns_carbon)
{
    gal_remnant kind;
    if (!burns_carbon) { /* degenerate carbon ignition: nothing is left */
        leave(w, GAL_REM_NONE, 0.0);
        return;
    }
    double m = gal_collapse_mass(mcco, w->mt, &kind);
    leave(w, kind, m);
}

static void to_helium_ms(march *w, double m, double tau)
{
    if (m < gal_sse_hems_min(w->c)) {
        leave(w, GAL_REM_HEWD, m);
        return;
    }
    w->phase = GAL_SSE_HEMS;
    w->mt = m;
    gal_sse_marks_helium(&w->k, m);
    w->age = tau * w->k.t_ms;
}

/* The wind has reached the core. */
static void envelope_gone(march *w)
{
    double mc = w->s.mc;
    w->mt = mc;
    switch (w->phase) {
    case GAL_SSE_HG:
    case GAL_SSE_GB:
        if (w->k.m0 > w->c->m_hef)
            to_helium_ms(w, mc, 0.0);
        else
            leave(w, GAL_REM_HEWD, mc);
        break;
    case GAL_SSE_CHEB:
        to_helium_ms(w, mc, (w->age - w->k.t_hei) / w->k.t_he);
        break;
    case GAL_SSE_EAGB: {
        double co = w->s.mcco;
        w->phase = GAL_SSE_HEGB;
        gal_sse_marks_helium(&w->k, mc);
        w->age = fmax(w->k.t_ms, gal_sse_age_of_core(&w->k.gb, &w->k, GAL_SSE_RATE_HE, co));
        break;
    }
    default:
        leave(w, w->k.mc_bagb < 1.6 ? GAL_REM_COWD : GAL_REM_ONEWD, mc);
        break;
    }
}

/* Nuclear end of a phase. */
static void next_phase(march *w)
{
    double m = w->mt;
    switch (w->phase) {
    case GAL_SSE_MS:
        gal_sse_marks_init(&w->k, w->c, w->k.m0); /* follow_mass keeps up those of the main sequence only */
        w->phase = GAL_SSE_HG;
        break;
    case GAL_SSE_HG:
        w->phase = w->k.m0 <= w->c->m_fgb ? GAL_SSE_GB : GAL_SSE_CHEB;
        break;
    case GAL_SSE_GB:
        w->phase = GAL_SSE_CHEB;
        if (w->k.m0 <= w->c->m_hef) { /* the flash forgets the past */
            gal_sse_marks_init(&w->k, w->c, m);
            w->age = w->k.t_hei;
        }
        break;
    case GAL_SSE_CHEB:
        w->phase = GAL_SSE_EAGB;
        break;
    case GAL_SSE_EAGB:
        if (w->k.mc_sn <= w->k.mc_tp)
            collapse(w, w->k.mc_sn, w->k.mc_bagb >= 1.6);
        else
            w->phase = GAL_SSE_TPAGB;
        break;
    case GAL_SSE_TPAGB:
        collapse(w, w->k.mc_sn, w->k.mc_bagb >= 1.6);
        break;
    case GAL_SSE_HEMS:
        w->phase = GAL_SSE_HEGB;
        break;
    default:                                    /* helium giant: core at its limit */
        if (w->s.mc < GAL_MCH * (1.0 - 1e-9)) { /* what lies on the core stays below 1.6 Msun: CO white dwarf, eq. 89 */
            bool light = w->k.m0 < 1.6;
            leave(w, light ? GAL_REM_COWD : GAL_REM_ONEWD,
                  fmin(m, light ? fmax(w->s.mc, (w->s.mc + 0.31) / 1.45) : w->s.mc));
        } else {
            collapse(w, w->s.mc, w->k.m0 >= 1.6);
        }
        break;
    }
}

/* After losing mass at an age: main sequence, gap and helium main sequence become the star of the new mass. */
static void follow_mass(march *w, double before)
{
    double t_ms = w->k.t_ms, t_bgb = w->k.t_bgb;
    if (w->mt == before)
        return;
    if (w->phase == GAL_SSE_MS) {
        gal_sse_marks_ms(&w->k, w->c, w->mt);
        w->age *= w->k.t_ms / t_ms;
    } else if (w->phase == GAL_SSE_HEMS) {
        gal_sse_marks_helium(&w->k, w->mt);
        w->age *= w->k.t_ms / t_ms;
    } else if (w->phase == GAL_SSE_HG && w->k.m0 <= w->c->m_fgb) {
        gal_sse_marks fresh;
        gal_sse_marks_init(&fresh, w->c, w->mt);
        if (fresh.mc_bgb < w->s.mc) /* the core cannot shrink */
            return;
        w->k = fresh;
        w->age = fresh.t_ms + (fresh.t_bgb - fresh.t_ms) * (w->age - t_ms) / (t_bgb - t_ms);
    }
}

static double time_step(const march *w, double end)
{
    const gal_sse_marks *k = &w->k;
    switch (w->phase) {
    case GAL_SSE_MS:
        return k->t_ms / (w->mt > 9.0 ? 150.0 : 100.0);
    case GAL_SSE_HG:
        return (k->t_bgb - k->t_ms) / 60.0;
    case GAL_SSE_GB:
        return 0.03 * ((k->l_hei > k->l_x ? k->gb.tinf2 : k->gb.tinf1) - w->age);
    case GAL_SSE_CHEB:
        return k->t_he / 120.0;
    case GAL_SSE_EAGB:
        return fmax(0.03 * (k->eagb.tinf1 - w->age), (end - k->t_bagb) / 400.0);
    case GAL_SSE_TPAGB:
        return fmax(0.03 * ((w->s.mc > k->mx ? k->tpagb.tinf2 : k->tpagb.tinf1) - w->age), (end - k->t_tp) / 400.0);
    case GAL_SSE_HEMS:
        return k->t_ms / 80.0;
    default:
        return fmax(0.03 * (k->gb.tinf1 - w->age), (end - k->t_ms) / 200.0);
    }
}

/* Growth of the core into the envelope [Msun/Myr]. */
static double core_growth(const march *w)
{
    const gal_sse_marks *k = &w->k;
    switch (w->phase) {
    case GAL_SSE_HG:
        return k->mc_bgb / (k->t_bgb - k->t_ms);
    case GAL_SSE_GB:
        return k->m0 <= w->c->m_hef ? k->ah * w->s.lcore : (k->mc_hei - k->mc_bgb) / (k->t_hei - k->t_bgb);
    case GAL_SSE_CHEB:
        return (k->mc_bagb - k->mc_hei) / k->t_he;
    case GAL_SSE_TPAGB:
        return GAL_SSE_RATE_AGB * w->s.lcore;
    default:
        return 0.0;
    }
}

/* One step, ending exactly on the end of the phase if it comes first. Returns true when the phase is over. */
static bool step(march *w, bool *stripped)
{
    double end = gal_sse_phase_end(&w->k, w->phase, w->mt), left = end - w->age;
    bool enveloped = w->phase != GAL_SSE_MS && w->phase != GAL_SSE_HEMS && w->phase != GAL_SSE_HEGB;
    *stripped = enveloped && w->mt - w->s.mc <= 1e-4 * w->mt;
    if (*stripped || left <= 1e-12 * end)
        return true;
    double dt = fmin(time_step(w, end), left), before = w->mt;
    double dm = 1e6 * wind(w->c, &w->k, w->phase, w->s.lum, w->s.rad, w->mt, w->s.mu); /* Msun/Myr */
    double most = 0.004 * w->mt;
    if (enveloped)
        most = fmin(most, 0.05 * (w->mt - w->s.mc) + 1e-5 * w->mt);
    if (dm * dt > most)
        dt = most / dm;
    if (enveloped) /* approach the naked core: neither wind nor shell may overrun it */
        dt = fmin(dt, 0.5 * (w->mt - w->s.mc) / (dm + core_growth(w)));
    bool over = dt >= left * (1.0 - 1e-12);
    w->t += dt;
    w->age = over ? end : w->age + dt;
    w->mt -= dm * dt;
    follow_mass(w, before);
    if (over && w->phase != GAL_SSE_HEGB) /* rescaling moved the end with the age */
        w->age = gal_sse_phase_end(&w->k, w->phase, w->mt);
    return over;
}

gal_status gal_sse_evolve(gal_sse_track *tr, const gal_sse_coef *c, double m, double t_stop)
{
    gal_status st = GAL_OK;
    march w = {.c = c, .mt = m, .tr = tr};
    tr->m = m;
    tr->n = 0;
    tr->complete = false;
    tr->t_end = INFINITY;
    tr->kind = GAL_REM_NONE;
    tr->m_rem = tr->l_tip = 0.0;
    gal_sse_marks_init(&w.k, c, m);
    while (w.phase < GAL_SSE_WD) {
        gal_sse_phase phase = w.phase;
        GAL_TRY(record(&w));
        bool stripped = false, over = false;
        for (int i = 0; !over && i < 20000; i++) {
            over = step(&w, &stripped);
            if (!over || !stripped)
                GAL_TRY(record(&w));
            if (!(w.mt > 0.0) || !isfinite(tr->pt[tr->n - 1].logl) || !isfinite(tr->pt[tr->n - 1].logte))
                GAL_THROW(GAL_EMATH, "evolution of a star of %g Msun at Z = %g fails in phase %s at %g Myr", m, c->z,
                          gal_sse_phase_name((int)phase), w.t);
        }
        if (!over)
            GAL_THROW(GAL_EMATH, "evolution of a star of %g Msun at Z = %g does not end phase %s", m, c->z,
                      gal_sse_phase_name((int)phase));
        if (phase == GAL_SSE_EAGB || phase == GAL_SSE_TPAGB) {
            double tip = 0.0; /* brightest point: the last ones are dimmed by the thin envelope */
            for (size_t i = tr->n; i-- > 0 && tr->pt[i].phase == (int)phase;)
                tip = fmax(tip, tr->pt[i].logl);
            tr->l_tip = pow(10.0, tip);
        }
        if (w.t > t_stop)
            break;
        if (stripped)
            envelope_gone(&w);
        else
            next_phase(&w);
    }
out:
    return st;
}
