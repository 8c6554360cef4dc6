#!/bin/sh
# extend.sh: tests/extend has a prior, a move, a sampler, a term of noise, a measured number and a set of data as one file each. In a copy of the tree, with what is compiled already, each is put where it
# would be and gets its line in the list of its kind; the program is built and tests/extend/try.lua run. Run from the top folder after a build.
set -e
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp -Rp Makefile src include lua scripts data tests "$tmp/"
mkdir "$tmp/build"
cp -Rp build/obj "$tmp/build/"
add() { # FILE OF tests/extend, ITS CONSTANT, THE NAME OF THE CONSTANT HERE, WHERE IT GOES, ITS LIST, THE LAST NAME THERE, ITS NAME
    sed "s/^static const \([a-z_]*\) $2 = /const \1 $3 = /" "tests/extend/$1" >"$tmp/src/$4"
    sed "s/^    X($6)\$/    X($6) X($7)/" "src/$5" >"$tmp/src/$5"
    if cmp -s "src/$5" "$tmp/src/$5"; then
        echo "extend.sh: src/$5 does not end with X($6)" >&2
        exit 1
    fi
    echo "  $(wc -l <"$tmp/src/$4") lines, and one in src/$5"
}
add prior_halfcauchy.c halfcauchy gal_halfcauchy_prior infer/prior/prior_halfcauchy.c infer/prior/priors.c table halfcauchy
add move_reflect.c reflect gal_reflect_move infer/sampler/move_reflect.c infer/sampler/moves.c mixture reflect
add sampler_metropolis.c metropolis_class gal_metropolis_class infer/sampler/metropolis.c infer/sampler/samplers.c smc metropolis
add noise_photon.c photon gal_photon_noise noise/noise_photon.c noise/noises.c gp photon
add measure_ratio.c ratio gal_ratio_measure fit/measure_ratio.c fit/measures.c part ratio
add data_counts.c counts gal_counts_data fit/data_counts.c fit/datas.c spectrum counts
cd "$tmp"
make -s build/galua
build/galua --batch tests/extend/try.lua >log 2>&1 || { cat log; exit 1; }
tail -n 1 log
