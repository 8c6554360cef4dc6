#!/usr/bin/env python3
"""emcee reads a chain that Galua wrote, goes on from it, and Galua goes on from emcee's file.

    python3 scripts/peers/check_emcee.py build/galua > tests/ref/emcee_check.txt

Needs emcee, h5py, numpy. Exits 1 when a check fails.
"""
import os
import subprocess
import sys
import tempfile

import emcee
import h5py
import numpy as np

from checks import check, finish

galua = os.path.abspath(sys.argv[1])
FIT = """
local t = ssp.synthetic()
local g = galaxy{ ssp = t, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
local bands = filters("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local o, flux = observation.new{ name = "mock", redshift = 0.1 }, g:band_flux(bands)
for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
local f = fit{ data = o, model = g, seed = 1, sampler = sampler.ensemble{ walkers = 32, steps = 300, thin = 1 },
  free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }
"""


def lua(code, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as s:
        s.write(FIT + code)
    run = subprocess.run([galua, s.name, *args], capture_output=True, text=True)
    os.unlink(s.name)
    if run.returncode:
        sys.exit(run.stderr)
    return run.stdout


print(f"# emcee {emcee.__version__}, h5py {h5py.__version__}, numpy {np.__version__}")
with tempfile.TemporaryDirectory() as d:
    ours, back = os.path.join(d, "ours.h5"), os.path.join(d, "theirs.h5")
    out = lua("""
f:run{ progress = false }:export(arg[1])
local x, lp, ll, blobs = f.engine:samples{}
for _, i in ipairs { 1, 4001, 9600 } do print(("%a %a %a %a"):format(x:row(i)[1], x:row(i)[2], lp[i] + ll[i], blobs:row(i)[1])) end
""", ours)
    rows = [[float.fromhex(v) for v in line.split()] for line in out.splitlines()]
    b = emcee.backends.HDFBackend(ours)
    chain, lnp, blobs = b.get_chain(flat=True), b.get_log_prob(flat=True), b.get_blobs(flat=True)
    check("emcee reads 300 steps of 32 walkers in 2 parameters", b.iteration == 300 and b.shape == (32, 2))
    check("coordinates, ln p and blobs are equal to the bit",
          all(chain[i, 0] == r[0] and chain[i, 1] == r[1] and lnp[i] == r[2] and blobs[i, 0] == r[3]
              for i, r in zip((0, 4000, 9599), rows)))
    tau = b.get_autocorr_time(tol=0)
    check(f"get_autocorr_time works: {tau[0]:.1f} {tau[1]:.1f}", bool(np.all(tau > 1) and np.all(tau < 100)))
    fraction = b.accepted / b.iteration
    check(f"acceptance fraction: {fraction.mean():.2f}", 0.1 < fraction.mean() < 0.9)

    # emcee goes on: any density with blobs of the same shape will do
    mean, cov = chain.mean(0), np.cov(chain.T)
    icov = np.linalg.inv(cov)

    def lnprob(x):
        return -0.5 * (x - mean) @ icov @ (x - mean), np.zeros(blobs.shape[1])

    last = chain[-32:]
    s = emcee.EnsembleSampler(32, 2, lnprob, backend=b)
    s.run_mcmc(None, 20)
    with h5py.File(ours) as f:
        check("emcee resumed: 320 steps, the first 300 unchanged",
              f["mcmc"].attrs["iteration"] == 320 and np.array_equal(f["mcmc/chain"][:300].reshape(-1, 2), chain)
              and np.array_equal(f["mcmc/log_prob"][:300].reshape(-1), lnp))
        moved = f["mcmc/chain"][300]
        check("from our last positions", bool(np.any(np.all(moved == last, axis=1))))

    # the reverse: a file written by emcee, with coordinates and ln p of our target
    lua("f:run{ progress = false }:export(arg[1])", ours)
    with h5py.File(ours) as f:
        x, p = f["mcmc/chain"][-1], f["mcmc/log_prob"][-1]
    t = emcee.backends.HDFBackend(back)
    t.reset(32, 2)
    t.grow(3, None)
    for _ in range(3):
        t.save_step(emcee.State(x, log_prob=p, random_state=np.random.get_state()), np.ones(32, bool))
    with h5py.File(back, "a") as f:  # rows made ahead
        f["mcmc/chain"].resize(10, axis=0)
        f["mcmc/log_prob"].resize(10, axis=0)
    out = lua("""
f:import(arg[1])
f.engine:run{ more = 5 }
print(f.engine.steps, f.engine.stored)
""", back)
    check("Galua goes on from emcee's file, whose ln p are those of its own target", out.split() == ["5", "5"])
    with h5py.File(back, "a") as f:
        f["mcmc/log_prob"][2] += 1e-3
    bad = lua("print(pcall(f.import, f, arg[1]))", back)
    check("a file of another problem is refused: " + bad.split("\t", 1)[1].strip().replace(back, "FILE"),
          "belongs to another problem" in bad)
finish()
