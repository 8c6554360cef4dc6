#!/bin/sh
# Builds scripts/validation/samplers.c against build/libgalua.a and runs it: sh scripts/validation/samplers.sh SAMPLER TARGET SEEDS [OPTION=NUMBER ...]
# TAMIS=/path/tamis2.c in the environment compiles the prototype of the importance sampler in, as sampler `tamis`.
set -e
cd "$(dirname "$0")/../.."
[ -f build/libgalua.a ] || { echo "samplers.sh: run make first" >&2; exit 1; }
mkdir -p build/validation
LIBS=$(make -pn 2>/dev/null | sed -n 's/^PKG_LIBS := //p' | head -1)
${CC:-cc} -O2 -std=gnu11 -fopenmp -Iinclude -Isrc ${TAMIS:+-DTAMIS="\"$TAMIS\"" -w} scripts/validation/samplers.c build/libgalua.a \
  -o build/validation/samplers $LIBS -lhdf5_hl -ldl -lm
[ $# -eq 0 ] || exec build/validation/samplers "$@"
