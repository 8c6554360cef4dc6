#!/bin/sh
# run.sh BUILD SECONDS [TARGET...]: every fuzz target for its share of the time, two at once; then random calls of the Lua API for a third
# of it beside them. The last lines are the numbers: executions, crashes, hangs, most memory; the status tells whether all were clean.
set -u
build=$1 seconds=$2
shift 2
here=$(dirname "$0") fuzz=$build/fuzz out=$build/fuzz-out
[ $# -gt 0 ] && targets=$* || targets="$(GALUA_FUZZ=list "$fuzz") api"
n=$(echo $targets | wc -w)
share=$((seconds * 2 / (n + 3) + 1)) # the API takes four shares
mkdir -p "$out"
one() {
  t=$1
  if [ "$t" = api ]; then
    GALUA_DATA=build/data timeout -s KILL $((12 * share + 300)) "$build/galua" --batch "$here/api.lua" $((4 * share)) "$out/api.call" > "$out/api.log" 2>&1
    echo $? > "$out/api.rc"
    return
  fi
  mkdir -p "$out/$t"
  seeds=$here/seeds/$t
  [ -d "$seeds" ] || seeds=
  # little quarantine: where each input forks a reading process, what there is to copy is the time. A reading process that hangs ends after
  # 10 s of its own, on a busy machine several times that. Reports with names: GALUA_FUZZ=TARGET build/fuzz/fuzz FILE
  ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0:quarantine_size_mb=16:symbolize=0 GALUA_FUZZ=$t "$fuzz" -max_total_time=$share -timeout=90 \
    -rss_limit_mb=1000 -max_len=40000 -print_final_stats=1 -print_funcs=0 -artifact_prefix="$out/$t-" "$out/$t" $seeds > "$out/$t.log" 2>&1
  rc=$?
  [ $rc = 0 ] && rm -f "$out/$t"-* # what processes that read files left when they died
  echo $rc > "$out/$t.rc"
}
lane() {
  for t in $*; do one "$t"; done
}
a= b= la=0 lb=0
case " $targets " in *" api "*) b=api lb=4 ;; esac
for t in $targets; do
  rm -f "$out/$t.rc"
  if [ "$t" = api ]; then :
  elif [ $la -le $lb ]; then a="$a $t" la=$((la + 1))
  else b="$b $t" lb=$((lb + 1)); fi
done
lane $a &
lane $b
wait
total=0 bad=0
for t in $targets; do
  rc=$(cat "$out/$t.rc" 2>/dev/null || echo none)
  if [ "$t" = api ]; then
    tail -1 "$out/api.log"
  else
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$t.log")
    rss=$(sed -n 's/^stat::peak_rss_mb: *//p' "$out/$t.log")
    deaths=$(grep -c '^galua: reader died' "$out/$t.log")
    printf '%-14s %9s executions  %5s MB  %s reading processes died\n' "$t" "${runs:-?}" "${rss:-?}" "$deaths"
    total=$((total + ${runs:-0}))
  fi
  if [ "$rc" != 0 ]; then
    bad=$((bad + 1))
    echo "  $t ended with status $rc: $out/$t.log"
  fi
done
echo "$total executions of readers and loaders, $bad targets with a crash, hang, or more than 1000 MB"
[ $bad = 0 ]
