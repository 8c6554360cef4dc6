#!/usr/bin/env python3
"""E-MILES populations for tests/validate/emiles.lua: fetched with the package client, kept out of the repository.

    python3 scripts/validation/emiles.py build/emiles

Downloads the source package ppxf 8.2.6 (its licence forbids handing it on), takes the 150 spectra of Vazdekis et al. 2016 (MNRAS 463, 3409; Padova
2000 isochrones, unimodal IMF of slope 1.3) and writes  spectra.f4  (float32, 3401-9000 A, air, one after the other) and  spectra.txt
([M/H], age in Gyr, first wavelength, step, number of pixels; a row each). Standard library only.
"""
import array
import glob
import os
import re
import subprocess
import sys
import tarfile


def read(path):
    """First wavelength, step, flux of a one-dimensional FITS image of float32."""
    raw = open(path, "rb").read()
    cards, at = {}, 0
    while True:
        card = raw[at:at + 80].decode("ascii")
        at += 80
        if card.startswith("END"):
            break
        if card[8] == "=":
            cards[card[:8].strip()] = card[10:].split("/")[0].strip()
    at = -(-at // 2880) * 2880
    if cards["BITPIX"] != "-32":
        sys.exit("%s: float32 expected" % path)
    flux = array.array("f", raw[at:at + 4 * int(cards["NAXIS1"])])
    if sys.byteorder == "little":
        flux.byteswap()
    return float(cards["CRVAL1"]), float(cards["CDELT1"]), flux


def main(out):
    os.makedirs(out, exist_ok=True)
    if os.path.exists(out + "/spectra.txt"):
        return
    if not glob.glob(out + "/ppxf-*.tar.gz"):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", out,
                        "ppxf==8.2.6"], check=True)
    with tarfile.open(glob.glob(out + "/ppxf-*.tar.gz")[0]) as t:
        members = [m for m in t.getmembers() if re.search(r"miles_models/Eun1.30.*\.fits$", m.name) and m.isreg()]
        for m in members:
            m.name = os.path.basename(m.name)
            t.extract(m, out)
    rows = []
    with open(out + "/spectra.f4", "wb") as f:
        for m in sorted(members, key=lambda m: m.name):
            sign, mh, age = re.search(r"Z([mp])([\d.]+)T([\d.]+)_", m.name).groups()
            start, step, flux = read(out + "/" + m.name)
            lo, hi = round((3401 - start) / step), round((9000 - start) / step)
            cut = flux[lo:hi]
            rows.append("%s%s %s %.6f %.6f %d" % ("-" if sign == "m" else "+", mh, age, start + lo * step, step, len(cut)))
            if sys.byteorder == "big":
                cut.byteswap()
            cut.tofile(f)
            os.remove(out + "/" + m.name)
    with open(out + "/spectra.txt.tmp", "w") as f:
        f.write("\n".join(rows) + "\n")
    os.replace(out + "/spectra.txt.tmp", out + "/spectra.txt")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
