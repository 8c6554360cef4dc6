#!/bin/sh
# run_tests.sh BUILD_FOLDER [WORD ...]: every C test program and every Lua test file, or those whose file name contains one of
# the words. GALUA_RUN is put before each program, such as "valgrind -q".
# Prints one line per program and all failures; the last line is "N passed, N failed[, N skipped]". Status 1 on failure.
B=${1:-build}
[ $# -gt 0 ] && shift
words=$*
log=$(mktemp)
GALUA_CACHE=$(mktemp -d) # nothing of the user's is read or left behind
export GALUA_CACHE
trap 'rm -rf "$log" "$GALUA_CACHE"' EXIT
passed=0 failed=0 skipped=0
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-2000} # as the program does: other work on the machine must not slow the tests down
export GAL_LOG=${GAL_LOG:-error}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:quarantine_size_mb=8}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=scripts/dev/lsan.supp:print_suppressions=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# tell NAME STATUS PASSED FAILED SKIPPED: a program that died without counting is one failure
tell() {
    p=${3:-0} f=${4:-0} s=${5:-0}
    if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
        echo "FAILED $1: ended with status $2"
    fi
    if [ "$f" -ne 0 ]; then
        grep -v -e '^\[ RUN' -e '^\[       OK' -e '^\[=====' "$log" | tail -n 60
    fi
    grep '^SKIPPED ' "$log"
    printf '%-28s %4d passed %3d failed %3d skipped\n' "$1" "$p" "$f" "$s"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}
wanted() {
    [ -f "$1" ] || return 1
    [ -n "$words" ] || return 0
    for w in $words; do
        case ${1##*/} in *"$w"*) return 0 ;; esac
    done
    return 1
}
count() { sed -n "s/^\[  $1 *\] \([0-9]*\) test.*/\1/p" "$log" | tail -n 1; }

for src in tests/c/test_*.c; do
    wanted "$src" || continue
    name=$(basename "$src" .c)
    $GALUA_RUN "$B/tests/$name" >"$log" 2>&1 </dev/null
    tell "$name" $? "$(count PASSED)" "$(count FAILED)" "$(count SKIPPED)"
done
for src in tests/lua/test_*.lua; do
    wanted "$src" || continue
    $GALUA_RUN "$B/galua" --batch tests/run.lua "$src" >"$log" 2>&1 </dev/null
    status=$?
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    tell "$(basename "$src")" "$status" $(echo "$last" | sed 's/[^0-9 ]//g')
done
echo "$passed passed, $failed failed$([ $skipped -gt 0 ] && echo ", $skipped skipped")"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
