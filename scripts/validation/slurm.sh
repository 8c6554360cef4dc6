#!/bin/sh
# slurm.sh [GALUA]: catalogues under a real Slurm on one machine: slurmctld and slurmd of Debian's packages (slurmctld slurmd slurm-client,
# and openmpi-bin for srun --mpi=pmix) with a configuration of their own in a private folder, started here and ended at the end.
# An array of jobs with --part and --merge, srun with the MPI plugin, and an array job that is cancelled and started again: the tables
# must be those of one process, bit for bit. Needs root, as slurmd does. The output of a run: docs/catalogues.md.
galua=$(realpath "${1:-build/galua}")
for tool in slurmctld slurmd sbatch srun scancel; do
    command -v $tool >/dev/null 2>&1 || PATH=$PATH:/usr/sbin
    command -v $tool >/dev/null 2>&1 || { echo "slurm.sh needs $tool: apt-get install slurmctld slurmd slurm-client" >&2; exit 1; }
done
dir=$(mktemp -d) && cd "$dir" || exit 1
mkdir state spool
cpus=$(nproc)
host=$(hostname -s)
cat >slurm.conf <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
END
export SLURM_CONF=$dir/slurm.conf
slurmctld -D >ctld.out 2>&1 &
ctld=$!
sleep 2
slurmd -D >slurmd.out 2>&1 &
slurmd=$!
done_with() {
    kill $slurmd $ctld 2>/dev/null
    wait $slurmd $ctld 2>/dev/null
    cd / && rm -rf "$dir"
    exit "$1"
}
trap 'done_with 1' INT TERM
for i in $(seq 30); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo 2>&1 | sed 's/^/  /'
sinfo -h -o %T 2>/dev/null | grep -q idle || { echo "slurmd did not come up:"; tail -3 slurmctld.log slurmd.log ctld.out slurmd.out; done_with 1; }

cat >sources.lua <<'END'
local T = ssp.synthetic()
local truth = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = attenuation.calzetti{ A_V = 0.6 }, age = 4e9 }
local list = {}
for i = 1, 24 do
  truth.redshift = 0.02 + 0.01 * i
  local o = observation.new{ name = "mock" .. i, redshift = truth.redshift }
  for _, p in ipairs(truth:photometry(filters("GALEX", "SDSS", "2MASS"))) do o:add(p.band, p.flux * (1 + 0.03 * math.sin(7 * i + p.pivot)), 0.05 * p.flux) end
  list[i] = o
end
return catalogue{ data = list, model = galaxy{ ssp = T, sfh = sfh.delayed{ tau = 1e9 }, attenuation = attenuation.calzetti{} },
  free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(0.1, 1e4), ["attenuation.A_V"] = prior.uniform(0, 3) },
  sampler = sampler.ensemble{ steps = 200, walkers = 16 }, seed = 3, keep = 20 }
END
cat >content.lua <<'END'
local t = observation.catalogue(arg[1])
for _, name in ipairs(t:columns()) do
  local c = t:column(name)
  for i = 1, name == "seconds" and 0 or #c do print(name, type(c[i]) == "number" and ("%.17g"):format(c[i]) or c[i]) end
end
END
passed=0 failed=0
same() { # NAME: its table against the one of a single process
    "$galua" --batch content.lua "$1.fits" >"$1.txt" 2>&1
    if cmp -s one.txt "$1.txt"; then passed=$((passed + 1)) && echo "$1: the same bits as one process"
    else failed=$((failed + 1)) && echo "$1: differs from one process"; fi
}
"$galua" --threads 1 catalogue sources.lua --out one.h5 >one.log 2>&1
"$galua" --batch content.lua one.fits >one.txt
echo "one process: $(tail -2 one.log | head -1)"

cat >array.sh <<END
#!/bin/sh
#SBATCH --array=1-4
#SBATCH --ntasks=1
#SBATCH --output=array.%a.log
exec $galua --threads 1 catalogue sources.lua --out array.h5 --part \$SLURM_ARRAY_TASK_ID/4
END
sbatch --wait array.sh
cat array.?.log
"$galua" catalogue sources.lua --out array.h5 --merge 2>&1 | tail -2
same array

# cancelled while at work, submitted again
sed 's/array\.h5/again.h5/;s/array\.%a/again.%a/' array.sh >again.sh
id=$(sbatch --parsable again.sh)
for i in $(seq 100); do [ "$(cat again.queue/*.log 2>/dev/null | wc -c)" -gt 3000 ] && break; sleep 0.1; done
scancel "$id"
while squeue -h -j "$id" 2>/dev/null | grep -q .; do sleep 0.2; done
"$galua" catalogue sources.lua --out again.h5 --merge 2>&1 | tail -1
sbatch --wait again.sh
"$galua" catalogue sources.lua --out again.h5 --merge 2>&1 | tail -2
same again

echo "srun --mpi=pmix -n $cpus galua catalogue sources.lua --out srun.h5"
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 srun --mpi=pmix -n "$cpus" "$galua" catalogue sources.lua --out srun.h5 2>&1 | tail -3
[ -e srun.queue/claims ] && echo "srun: by locks, not by messages" && failed=$((failed + 1))
same srun
echo "$passed passed, $failed failed"
done_with "$failed"
