#!/usr/bin/env python3
"""Builds data/filters.h5 and docs/filters.md: the embedded filter curves.

The curves are measured ones carried by Python packages (install: pip install astro-sedpy speclite pyphot h5py numpy), plus
top-hats over the published band edges where observing practice knows no curve (ALMA). The package versions are printed and stored.

Conventions (checked against each other): sedpy's curves are all detector signal PER PHOTON - its Spitzer MIPS, 2MASS, WISE and
Herschel files are the published per-energy responses divided by the wavelength; pyphot and SVO carry the undivided ones.
Bessell (1990) is a response per energy (Bessell & Murphy 2012, PASP 124, 140) and is stored as such, with its flag.

Thinning: outer wings that hold less than 1e-5 of the area on their side are cut, then points are dropped where the straight line between the remaining ones
stays within 1e-4 of the peak (Ramer-Douglas-Peucker with vertical distance). The change of the band mean of S_nu = lambda^p,
p = -3 .. 3, is printed; where it exceeds 2e-4 (faint leaks over a long range) cut and tolerance are finer.

usage: make_filters.py [data/filters.h5 [docs/filters.md]]    (from the top folder of the checkout)
"""
import importlib.metadata as md
import pathlib
import sys

import h5py
import numpy as np

TOL = 1e-4
BAND_MEAN = 2e-4
VERSIONS = {p: md.version(p) for p in ("astro-sedpy", "speclite", "pyphot", "h5py", "numpy")}


def package_path(package, *parts):
    root = pathlib.Path(md.distribution(package).locate_file(""))
    return root.joinpath(*parts)


def from_sedpy(stem):
    path = package_path("astro-sedpy", "sedpy", "data", "filters", stem + ".par")
    rows = []
    for line in path.read_text(errors="replace").splitlines():
        cells = line.split("#")[0].split()
        if cells and cells[0] == "KFILTER":
            cells = cells[1:]
        try:
            rows.append((float(cells[0]), float(cells[1])))
        except (IndexError, ValueError):
            continue
    return np.array(rows).T


def from_speclite(stem):
    path = package_path("speclite", "speclite", "data", "filters", stem + ".ecsv")
    unit, rows = None, []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            if "name: wavelength, unit:" in line:
                unit = line.split("unit:")[1].split(",")[0].strip()
            continue
        try:
            w, t = line.split()[:2]
            rows.append((float(w), float(t)))
        except ValueError:
            continue
    a = np.array(rows).T
    a[0] *= {"Angstrom": 1.0, "nm": 10.0, "micron": 1e4}[unit]
    return a


def from_pyphot(name):
    with h5py.File(package_path("pyphot", "pyphot", "libs", "new_filters.hd5")) as h:
        d = h["filters"][name]
        unit = d.attrs["WAVELENGTH_UNIT"].decode()
        return np.array([d["WAVELENGTH"] * {"AA": 1.0, "nm": 10.0, "um": 1e4}[unit], d["THROUGHPUT"]])


def tophat_ghz(lo, hi):
    c = 2.99792458e18
    w = np.linspace(c / (hi * 1e9), c / (lo * 1e9), 65)
    return np.array([w, np.ones_like(w)])


READ = {"sedpy": (from_sedpy, "astro-sedpy"), "speclite": (from_speclite, "speclite"), "pyphot": (from_pyphot, "pyphot")}


def catalogue():
    """(name, kind, argument, energy?, where the curve comes from)"""
    out = []

    def add(prefix, kind, pairs, note, energy=False):
        for name, arg in pairs:
            out.append((prefix + name, kind, arg, energy, note))

    same = lambda names, fmt: [(n, fmt.format(n, n.lower())) for n in names.split()]
    add("GALEX.", "sedpy", same("FUV NUV", "galex_{0}"), "GALEX team (Schiminovich)")
    add("SDSS.", "sedpy", same("u g r i z", "sdss_{0}0"), "Gunn, Doi, Eisenstein 2001; airmass 1.3")
    add("2MASS.", "sedpy", same("J H Ks", "twomass_{0}"), "Cohen et al. 2003, AJ 126, 1090; per photon")
    add("WISE.", "sedpy", same("W1 W2 W3 W4", "wise_{1}"), "Wright et al. 2010, AJ 140, 1868; per photon")
    add("Spitzer.IRAC.I", "sedpy", same("1 2 3 4", "spitzer_irac_ch{0}"), "IRSA spectral response (2016); per photon")
    add("Spitzer.MIPS.", "sedpy", [("24mu", "spitzer_mips_24"), ("70mu", "spitzer_mips_70"), ("160mu", "spitzer_mips_160")],
        "SSC spectral response, divided by wavelength: per photon")
    add("Herschel.PACS.", "sedpy", [("blue", "herschel_pacs_70"), ("green", "herschel_pacs_100"), ("red", "herschel_pacs_160")],
        "HIPE filter transmission, divided by wavelength: per photon")
    add("Herschel.SPIRE.", "sedpy", [("PSW", "herschel_spire_250"), ("PMW", "herschel_spire_350"), ("PLW", "herschel_spire_500")],
        "HIPE response, divided by wavelength: per photon")
    add("HST.ACS.WFC.", "sedpy", same("F435W F475W F555W F606W F625W F775W F814W F850LP", "acs_wfc_{1}"), "STScI throughputs (2017)")
    add("HST.WFC3.UVIS1.", "sedpy", same("F225W F275W F336W F390W F475W F555W F606W F814W", "wfc3_uvis_{1}"), "STScI system throughput, chip 1")
    add("HST.WFC3.UVIS1.", "pyphot", same("F438W F625W F775W F850LP", "HST_WFC3_{0}"), "STScI synphot")
    add("HST.WFC3.IR.", "sedpy", same("F098M F105W F110W F125W F140W F160W", "wfc3_ir_{1}"), "STScI system throughput")
    add("JWST.NIRCam.", "sedpy", same(
        "F070W F090W F115W F140M F150W F150W2 F162M F182M F200W F210M F250M F277W F300M F322W2 F335M F356W F360M F410M F430M "
        "F444W F460M F480M", "jwst_{1}"), "NIRCam team (May 2024, in flight), mean of modules A and B with OTE")
    add("JWST.NIRISS.", "sedpy", same("F090W F115W F140M F150W F158M F200W F277W F356W F380M F430M F444W F480M", "jwst_niriss_{1}"),
        "STScI")
    add("JWST.MIRI.", "sedpy", same("F560W F770W F1000W F1130W F1280W F1500W F1800W F2100W F2550W", "jwst_{1}"),
        "MIRI photon conversion efficiency TN-00072 (before flight)")
    add("LSST.", "sedpy", same("u g r i z y", "lsst_baseline_{0}"), "LSST throughputs v1.9, airmass 1.2")
    add("Euclid.", "speclite", same("VIS Y J H", "Euclid-{0}"), "Euclid consortium")
    add("DES.", "speclite", same("g r i z Y", "decamDR1-{0}"), "Abbott et al. 2018, ApJS 239, 18; airmass 1.2")
    add("DECam.", "sedpy", same("u g r i z Y", "decam_{0}"), "Wester 2014, with atmosphere")
    add("PanSTARRS.", "speclite", same("g r i z y w", "panstarrs-{0}"), "Tonry et al. 2012, ApJ 750, 99; airmass 1.2")
    add("VISTA.", "sedpy", same("Z Y J H Ks", "vista_vircam_{0}"), "ESO: filter, mirrors, detector, atmosphere")
    add("UKIRT.WFCAM.", "sedpy", same("J H K", "ukirt_wfcam_{0}"), "UKIDSS")
    add("Subaru.HSC.", "sedpy", same("g r i z y", "hsc_{0}"), "HSC team")
    add("CFHT.MegaCam.", "speclite", same("u g r i z", "cfht_megacam-{0}"), "CFHT")
    add("Swift.UVOT.", "sedpy", [("UVW1", "uvot_w1"), ("UVM2", "uvot_m2"), ("UVW2", "uvot_w2")], "UVOT team")
    add("Roman.WFI.", "sedpy", same("F062 F087 F106 F129 F146 F158 F184 F213", "roman_wfi_{1}"), "Roman project, before flight")
    add("Bessell.", "speclite", same("U B V R I", "bessell-{0}"), "Bessell 1990, PASP 102, 1181; per energy", energy=True)
    edges = {"B1": (35, 50), "B3": (84, 116), "B4": (125, 163), "B5": (158, 211), "B6": (211, 275), "B7": (275, 373),
             "B8": (385, 500), "B9": (602, 720), "B10": (787, 950)}
    for name, (lo, hi) in edges.items():
        out.append((f"ALMA.{name}", "tophat", (lo, hi), True,
                    f"top-hat in frequency {lo}-{hi} GHz, the band edges of the ALMA Technical Handbook"))
    return out


def ordered(w, t):
    i = np.argsort(w, kind="stable")
    w, t = w[i], np.clip(t[i], 0, None)
    keep = np.concatenate([[True], np.diff(w) > 0])
    return w[keep], t[keep]


def thin(w, t, tol, wing):
    tol *= t.max()
    area = np.concatenate([[0], np.cumsum(np.diff(w) * (t[1:] + t[:-1]) / 2)]) / np.trapezoid(t, w)
    a, b = np.flatnonzero(area <= wing)[-1], np.flatnonzero(area >= 1 - wing)[0]
    w, t = w[a:b + 1], t[a:b + 1].copy()
    if t[0] < tol:
        t[0] = 0
    if t[-1] < tol:
        t[-1] = 0
    keep = np.zeros(len(w), bool)
    keep[[0, -1]] = True
    stack = [(0, len(w) - 1)]
    while stack:
        i, j = stack.pop()
        if j - i < 2:
            continue
        d = np.abs(t[i + 1:j] - (t[i] + (t[j] - t[i]) * (w[i + 1:j] - w[i]) / (w[j] - w[i])))
        k = int(d.argmax())
        if d[k] > tol:
            keep[i + 1 + k] = True
            stack += [(i, i + 1 + k), (i + 1 + k, j)]
    return w[keep], t[keep]


def integral(w, t, p):
    """int T l^p dl of the piecewise-linear T"""
    x, c = np.polynomial.legendre.leggauss(6)
    h = np.diff(w)[:, None]
    l = w[:-1, None] + h * (x + 1) / 2
    return float(((t[:-1, None] + np.diff(t)[:, None] / h * (l - w[:-1, None])) * l**p * c * h / 2).sum())


def band_change(w0, t0, w1, t1):
    """largest relative change of the mean of S_nu = lambda^p over the band"""
    mean = lambda w, t, p: integral(w, t, p - 1) / integral(w, t, -1)
    return max(abs(mean(w1, t1, p) / mean(w0, t0, p) - 1) for p in range(-3, 4))


def thin_enough(w, t):
    """curves with a faint leak over a long range need a finer cut and tolerance than the rest: the shortest that will do"""
    best = None
    for wing in (1e-5, 1e-6, 1e-7, 1e-9):
        for tol in (1e-4, 5e-5, 2e-5, 1e-5):
            tw, tt = thin(w, t, tol, wing)
            if band_change(w, t, tw, tt) < BAND_MEAN:
                if best is None or len(tw) < len(best[0]):
                    best = tw, tt
                break
        if best is not None and tol == TOL:
            break
    return best


def pivot(w, t):
    return (integral(w, t, 1) / integral(w, t, -1)) ** 0.5


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/filters.h5")
    page = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "docs/filters.md")
    print("packages:", ", ".join(f"{k} {v}" for k, v in VERSIONS.items()))
    names, sources, energy, waves, trans, rows = [], [], [], [], [], []
    worst = 0.0
    for name, kind, arg, per_energy, note in catalogue():
        if kind == "tophat":
            w, t = tophat_ghz(*arg)
            tw, tt = w, t  # T = R/l is not linear: keep the nodes
            source = note
        else:
            reader, package = READ[kind]
            w, t = ordered(*reader(arg))
            tw, tt = thin_enough(w, t)
            source = f"{note}; {package} {VERSIONS[package]} {arg}"
        f0, f1 = (t / w, tt / tw) if per_energy else (t, tt)
        change = max(abs(integral(tw, f1, p - 1) / integral(tw, f1, -1) * integral(w, f0, -1) / integral(w, f0, p - 1) - 1) for p in range(-3, 4))
        worst = max(worst, change)
        piv = pivot(tw, f1)
        width = integral(tw, f1, 0) / f1.max()
        print(f"{name:26s} {len(w):6d} -> {len(tw):4d} nodes  pivot {piv:.6g} A  change {change:.1e}")
        names.append(name)
        sources.append(source)
        energy.append(per_energy)
        waves.append(tw)
        trans.append(tt)
        rows.append((name, piv, width, "energy" if per_energy else "photon", source))
    order = sorted(range(len(names)), key=lambda i: names[i])
    offset = np.cumsum([0] + [len(waves[i]) for i in order]).astype(np.int64)
    target.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(target, "w", libver=("earliest", "v108"), track_order=False) as h:
        h.attrs["format"] = "galua-filters"
        h.attrs["version"] = 1
        h.attrs["packages"] = ", ".join(f"{k} {v}" for k, v in VERSIONS.items())
        zip_ = dict(compression="gzip", compression_opts=9, shuffle=True, track_times=False)
        h.create_dataset("wave", data=np.concatenate([waves[i] for i in order]), **zip_)
        h.create_dataset("trans", data=np.concatenate([trans[i] for i in order]), **zip_)
        h.create_dataset("offset", data=offset, track_times=False)
        h.create_dataset("energy", data=np.array([energy[i] for i in order], np.int32), track_times=False)
        for key, values in (("name", names), ("source", sources)):
            b = [values[i].encode() for i in order]
            h.create_dataset(key, data=np.array(b, f"S{max(map(len, b)) + 1}"), track_times=False)
        h["wave"].attrs["unit"] = "Angstrom"
    print(f"{len(names)} filters, {offset[-1]} nodes, {target.stat().st_size} bytes, largest change of a band mean {worst:.1e}")
    write_page(page, rows)


def unit_length(x):
    return f"{x:.2f} A" if x < 1e4 else f"{x * 1e-4:.5g} um" if x < 1e7 else f"{x * 1e-7:.5g} mm"


def write_page(page, rows):
    text = [
        "# Embedded filters", "",
        f"{len(rows)} curves in `data/filters.h5`, made by `scripts/dev/make_filters.py` from packages that carry measured curves "
        f"({', '.join(f'{k} {v}' for k, v in VERSIONS.items())}).", "",
        "Pivot wavelength `sqrt(int T l dl / int T/l dl)` and width `int T dl / max T` are those of the photon response T. "
        "*Convention* says how the stored curve is to be read: `photon` = signal per photon, `energy` = signal per unit energy, "
        "divided by the wavelength when it is loaded. Curves are thinned: linear interpolation reproduces the original within 1e-4 "
        "of the peak.", "",
        "None of the packages used carries a measured curve of IRAS, Planck, SCUBA-2, VLA or ATCA bands: give them as files or top-hats. The MIRI and "
        "Roman curves and WISE W4 are from before flight (Brown et al. 2014 place W4 3 % redder).", "",
        "The names are also sets: `SDSS.ugriz`, `SDSS`, `Herschel.PACS`, `JWST.NIRCam`, `LSST.ugrizy`, `Euclid`, and patterns: `GALEX.*`, `JWST.*.F444W`.", "",
        "## Filters of your own",
        "",
        "`filter.read(file)`, or a file name wherever a band is named: text with two columns (wavelength, transmission), ECSV, VOTable (SVO), FITS, HDF5",
        "of DSPS; `filter.curve(name, wave, trans)` in Lua. Wavelengths are in the unit that the column names (`wave[um]`, `wave_nm`); `nu_GHz` and `freq[Hz]` are",
        "frequencies; without a unit they are Angstrom, and a pivot below the Lyman limit is told, for it is more often nm. `# energy`, `# Energy",
        "counter`, `# type: energy` or DetectorType = 0 mark a response per energy; else it is per photon. One file is one curve: wavelengths that turn",
        "back, or a second curve after a comment or an empty line, are an error. Of more than two columns without names a running number is passed over and",
        "the two next are taken, which is told.",
        "",
        "## The curves",
        "",
        "| name | pivot | width | convention | source |", "|---|---|---|---|---|"]
    text += [f"| `{n}` | {unit_length(p)} | {unit_length(w)} | {c} | {s} |" for n, p, w, c, s in rows]
    page.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
