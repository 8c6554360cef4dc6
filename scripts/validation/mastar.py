#!/usr/bin/env python3
"""MaStar populations (Maraston et al. 2020, MNRAS 496, 2962; v1.0, Salpeter) for tests/validate/emiles.lua, whose stars are not those of the lines.

    python3 scripts/validation/mastar.py build/mastar

Downloads the package sdss-mangadap 4.5.0 (BSD-3, 121 MB), takes the spectra of [Z/H] -0.70, -0.33, 0 and 0.3 Gyr or more and writes  spectra.f4
(float32, one after the other, vacuum) and  spectra.txt  ([Z/H], age in Gyr, log10 of the first wavelength in A, its step, number of
pixels; a row each). Standard library only.
"""
import array
import glob
import gzip
import os
import re
import subprocess
import sys
import zipfile


def image(raw):
    """Cards and numbers of the first image of a FITS file, float64."""
    cards, at = {}, 0
    while True:
        card = raw[at:at + 80].decode("ascii")
        at += 80
        if card.startswith("END"):
            break
        if card[8] == "=":
            cards[card[:8].strip()] = card[10:].split("/")[0].strip()
    at = -(-at // 2880) * 2880
    if cards["BITPIX"] != "-64":
        sys.exit("mastar: float64 expected")
    flux = array.array("d", raw[at:at + 8 * int(cards["NAXIS1"])])
    if sys.byteorder == "little":
        flux.byteswap()
    return cards, flux


def main(out):
    os.makedirs(out, exist_ok=True)
    if os.path.exists(out + "/spectra.txt"):
        return
    if not glob.glob(out + "/sdss_mangadap-*.whl"):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", out, "sdss-mangadap==4.5.0"], check=True)
    rows = []
    with zipfile.ZipFile(glob.glob(out + "/sdss_mangadap-*.whl")[0]) as z, open(out + "/spectra.f4", "wb") as f:
        for name in sorted(z.namelist()):
            m = re.search(r"mastar_ssp_v1.0/MaStar-SSP-A([\d.]+)-Z([+-][\d.]+)\.fits\.gz$", name)
            if not m or float(m.group(1)) < 0.3 or m.group(2) not in ("-0.70", "-0.33", "+0.00"):
                continue
            cards, flux = image(gzip.decompress(z.read(name)))
            mean = sum(flux) / len(flux)
            one = array.array("f", (v / mean for v in flux))
            if sys.byteorder == "big":
                one.byteswap()
            one.tofile(f)
            rows.append("%s %s %s %s %d" % (m.group(2), m.group(1), cards["CRVAL1"], cards["CDELT1"], len(one)))
    with open(out + "/spectra.txt.tmp", "w") as f:
        f.write("\n".join(rows) + "\n")
    os.replace(out + "/spectra.txt.tmp", out + "/spectra.txt")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
