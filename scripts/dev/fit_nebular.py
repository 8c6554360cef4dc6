#!/usr/bin/env python3
"""Fits the nebular line ratios of src/stars/nebular_lines.h. Needs numpy.

    fit_nebular.py LINES INFO ISOCHRONES > src/stars/nebular_lines.h

LINES       photoionisation grid of Byler et al. 2017 (ApJ 840, 44), no dust, Padova isochrones: luminosity per ionising photon
            of 166 lines at 11 log Z x 10 ages x 7 log U (`ZAU_ND_pdva.lines`); INFO its list of wavelengths (`emlines_info.dat`)
ISOCHRONES  table with columns isochrones, Z_iso, age_Myr, logQ_HI, logQ_HeI: ionising photons of the same isochrones

ln(L/L_Hbeta) of each line is a polynomial in u = log U + 2.5, z = log Z/Zsun (Zsun 0.019) and the hardness
x = log10(Q_HeI/Q_H) of the ionising spectrum. The hardness of the grid's own spectra is not published: it is taken from
ISOCHRONES up to 2 Myr, where stellar models agree, and solved for (one value per log Z and age) together with the
coefficients at later ages. [O III] 4363/5007 gives the electron temperature, fitted in the same way.
Hydrogen lines except Lyman alpha are not fitted: case B (Storey & Hummer 1995). Lines of neutral gas (O I, C II in the far
infrared) are left out: they come mostly from outside the H II region.
"""
import csv
import sys

import numpy as np

LINES = """1215.67 1640 1661 1666 1855 1863 1907 1910 2321 2324 2325 2327 2328 2471 2796 2803 3343 3722 3726 3729
3869 3889He 3968 4070 4078 4363 4472 4959 5007 5200 5518 5538 5755 5876 6300 6312 6363 6548 6584 6678 6716
6731 7065 7135 7323 7332 7751 9069 9532 10320 10833 12570
89915.6 105106 128138 155554 187132 334800 360140 518153 573403 883577 1218020""".split()
ORDER = [(i, j, k) for i in range(5) for j in range(5 - i) for k in range(min(3, 5 - i - j))]
XLO, XHI = -3.2, -0.3


def terms(u, z, x):
    return np.array([u**i * z**j * x**k for i, j, k in ORDER]).T


def read_grid(path, info):
    text = open(path).read().split("\n")
    wave = np.array(text[1].split(), float)
    rows = [np.array(r.split(), float) for r in text[2:] if r.strip()]
    name = [r.rstrip("\n").split(",", 1)[1].strip() for r in open(info)]
    return wave, name, np.array(rows[0::2]), np.array(rows[1::2])


def hardness(path, logz, age):
    rows = [r for r in csv.DictReader(open(path)) if r["isochrones"] == "padova07" and float(r["age_Myr"]) < 30]
    zs = sorted({float(r["Z_iso"]) for r in rows})
    value = []
    for z in zs:
        t = [(np.log10(float(r["age_Myr"])), float(r["logQ_HeI"]) - float(r["logQ_HI"])) for r in rows if float(r["Z_iso"]) == z]
        a, b = np.array(sorted(t)).T
        value.append(np.interp(np.log10(age), a, b))
    return float(np.interp(logz, np.log10(np.array(zs) / 0.019), value))


def find(wave, name, key):
    number = float(key.replace("He", ""))
    near = [i for i in range(len(wave)) if abs(wave[i] - number) < 4 + 3e-4 * number]
    if key.endswith("He"):
        near = [i for i in near if name[i].startswith("He")]
    return min(near, key=lambda i: min(abs(wave[i] - number), abs(wave[i] - number * 1.00028)))


def main():
    wave, name, head, lum = read_grid(sys.argv[1], sys.argv[2])
    hb = int(np.argmin(abs(wave - 4862.76)))
    chosen = [find(wave, name, key) for key in LINES]
    assert len(set(chosen)) == len(chosen)
    ratio = lum[:, chosen] / lum[:, [hb]]
    y = np.log(np.maximum(ratio, 1e-12))
    # weak lines do not matter: a line of 2 % of Hbeta has full weight
    weight = np.sqrt(np.clip(ratio / 0.02, 0.02, 1)) * (ratio > 1e-6)
    late = np.clip((head[:, 1] / 3e6) ** -1.2, 0.15, 1)  # about Q_H^1/2: lines shine where there are ionising photons
    weight *= late[:, None]
    u, z = head[:, 2] + 2.5, head[:, 0]
    groups = sorted({(r[0], r[1]) for r in head})
    member = {g: np.where((head[:, 0] == g[0]) & (head[:, 1] == g[1]))[0] for g in groups}
    x = np.zeros(len(head))
    for g in groups:
        x[member[g]] = np.clip(hardness(sys.argv[3], g[0], g[1] / 1e6), XLO, XHI)
    trial = np.linspace(XLO, XHI, 88)
    for _ in range(40):
        a = terms(u, z, x)
        coef = np.array([np.linalg.lstsq(a * w[:, None], v * w, rcond=None)[0] for v, w in zip(y.T, weight.T)]).T
        for g in groups:
            if g[1] <= 2e6:
                continue
            m = member[g]
            cost = [np.sum(np.minimum(np.abs((terms(u[m], z[m], np.full(len(m), t)) @ coef - y[m]) * weight[m]), 1.5) ** 2) for t in trial]
            x[m] = 0.5 * x[m] + 0.5 * trial[int(np.argmin(cost))]
    fit = terms(u, z, x) @ coef
    rms = [np.sqrt(np.sum((fit[:, i] - y[:, i]) ** 2 * weight[:, i] ** 2) / np.sum(weight[:, i] ** 2)) for i in range(len(chosen))]
    o3, o4363 = int(np.argmin(abs(wave - 5008.31))), int(np.argmin(abs(wave - 4364.29)))
    # Osterbrock & Ferland 2006, eq. 5.4, low density: (4959 + 5007)/4363 = 7.9 exp(3.29e4/T)
    lnt = np.log(3.29e4 / np.log(1.335 * lum[:, o3] / lum[:, o4363] / 7.9))
    ok = np.sqrt(np.clip(ratio[:, chosen.index(o3)], 0.01, 1))
    ct = np.linalg.lstsq(terms(u, z, x) * ok[:, None], lnt * ok, rcond=None)[0]
    rmst = np.sqrt(np.sum((terms(u, z, x) @ ct - lnt) ** 2 * ok**2) / np.sum(ok**2))
    for g in groups:
        print("logZ %5.2f age %4.1f Myr hardness %.2f (isochrones %.2f)" % (g[0], g[1] / 1e6, x[member[g]][0],
              hardness(sys.argv[3], g[0], g[1] / 1e6)), file=sys.stderr)

    print("/* Nebular line ratios: written by scripts/dev/fit_nebular.py, do not edit. ln(L/L_Hbeta) and ln T_e = sum of")
    print(" * coefficients times u^i z^j x^k, exponents in nebular_power; u = log U + 2.5, z = log Z/0.019, x = log Q_HeI/Q_H.")
    print(" * Our own fit to the photoionisation models of Byler et al. 2017 (ApJ 840, 44); rms in ln. Vacuum wavelengths [A]. */")
    print("#ifndef GAL_STARS_NEBULAR_LINES_H\n#define GAL_STARS_NEBULAR_LINES_H\n// clang-format off")
    print("enum { NEBULAR_NTERM = %d, NEBULAR_NLINE = %d };" % (len(ORDER), len(chosen)))
    print("static const double nebular_x_lo = %g, nebular_x_hi = %g;" % (XLO, XHI))
    print("static const unsigned char nebular_power[NEBULAR_NTERM][3] = {%s};" % ", ".join("{%d, %d, %d}" % p for p in ORDER))
    row = lambda c: "{" + ", ".join("%.5g" % v for v in c) + "}"
    print("/* rms %.3f */\nstatic const float nebular_te[NEBULAR_NTERM] =\n    %s;" % (rmst, row(ct)))
    print("static const struct { float wave, rms; const char *name; float c[NEBULAR_NTERM]; } nebular_line[NEBULAR_NLINE] = {")
    for n, i in enumerate(chosen):
        print('    {%.3f, %.3f, "%s",\n     %s},' % (wave[i], rms[n], " ".join(name[i].split()), row(coef[:, n])))
    print("};\n// clang-format on\n#endif")


main()
