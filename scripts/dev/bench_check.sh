#!/bin/sh
# bench_check.sh [update]: instructions of the hot paths (scripts/dev/bench_paths.lua), counted by callgrind, against scripts/dev/bench_paths.txt: a path
# that takes more than 3 % more or fewer fails. What is counted is the difference of 2 N and N repetitions. Valgrind knows no AVX-512: the kernels
# counted are those of x86-64-v3. `update` writes the file anew.
B=build
export GOMP_SPINCOUNT=2000 # or the program starts itself again to set it
file=scripts/dev/bench_paths.txt
command -v valgrind >/dev/null 2>&1 || { echo "make bench-check needs valgrind: apt-get install valgrind" >&2; exit 1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count() { # PATH N
    valgrind --tool=callgrind --callgrind-out-file="$tmp/out" "$B/galua" --batch --threads 1 scripts/dev/bench_paths.lua "$1" "$2" >"$tmp/log" 2>&1 ||
        { cat "$tmp/log" >&2; exit 1; }
    sed -n 's/^.*Collected : \([0-9]*\).*$/\1/p' "$tmp/log"
}
compiler=$(cc -dumpfullversion 2>/dev/null)
[ "$1" = update ] && echo "# instructions of one repetition of a hot path, kernels of x86-64-v3, cc $compiler: scripts/dev/bench_check.sh" >"$tmp/new"
bad=0
for row in sed:10 prompt:1000 likelihood:4 ensemble:5 nested:3; do
    path=${row%:*} n=${row#*:}
    a=$(count "$path" "$n") b=$(count "$path" $((2 * n)))
    [ -n "$a" ] && [ -n "$b" ] || exit 1
    each=$(((b - a) / n))
    if [ "$1" = update ]; then
        echo "$path $each" >>"$tmp/new"
        continue
    fi
    was=$(sed -n "s/^$path //p" "$file")
    awk -v p="$path" -v is="$each" -v was="$was" 'BEGIN { d = 100 * (is / was - 1); printf "%-12s %12d instructions, %+.1f %%\n", p, is, d
        exit d > 3 || d < -3 }' || bad=1
done
if [ "$1" = update ]; then
    mv "$tmp/new" "$file"
    cat "$file"
elif [ $bad -ne 0 ]; then
    echo "a hot path takes other than it did: mend it, or say why and run scripts/dev/bench_check.sh update" >&2
fi
exit $bad
