#!/bin/sh
# deps.sh check|install: are the packages that Galua is built from there? `check` prints the line to run when not and fails;
# `install` installs them on Debian and its relatives when it may (root, or sudo without password), and does nothing when all
# are there. `install tests` also tries what only tests use and skip without; `browser` installs what make test-browser drives.
wished="openmpi-bin libopenmpi-dev clang-format cppcheck valgrind tmux"
packages="gcc make pkg-config luajit libluajit-5.1-dev libgsl-dev libcfitsio-dev libhdf5-dev libreadline-dev libxxhash-dev zlib1g-dev
libsharp-dev libchealpix-dev
libcmocka-dev libcairo2 fonts-dejavu-core"

if [ "$1" = browser ]; then
    if command -v chromedriver >/dev/null 2>&1 && command -v chromium >/dev/null 2>&1; then exit 0; fi
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n "
    echo "installing: chromium chromium-driver"
    if $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
        chromium-driver fonts-dejavu-core >/dev/null; then exit 0; fi
    echo "galua: the installation failed; make test-browser needs chromium and chromedriver" >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null 2>&1; then # not Debian: ask for the things themselves
    lacking=
    for tool in ${CC:-cc} make pkg-config luajit; do
        command -v "${tool%% *}" >/dev/null 2>&1 || lacking="$lacking $tool"
    done
    for lib in luajit gsl hdf5 cfitsio readline libxxhash zlib libsharp chealpix cmocka; do
        pkg-config --exists "$lib" 2>/dev/null || lacking="$lacking $lib"
    done
    [ -z "$lacking" ] && exit 0
    echo "galua: not found:$lacking; install them with their development files (Debian's names: $(echo $packages))" >&2
    exit 1
fi

missing=
for p in $packages; do
    case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
    *"ok installed") ;;
    *) case $p in # another package may provide it
        gcc) command -v "${CC:-cc}" >/dev/null 2>&1 || missing="$missing $p" ;;
        pkg-config) command -v pkg-config >/dev/null 2>&1 || missing="$missing $p" ;;
        libcairo2) ls /usr/lib/*/libcairo.so.2 >/dev/null 2>&1 || missing="$missing $p" ;;
        *) missing="$missing $p" ;;
        esac ;;
    esac
done
sudo=
[ "$(id -u)" -eq 0 ] || sudo="sudo "
if [ -z "$missing" ]; then
    lacking=
    for tool in mpirun mpicc.openmpi clang-format cppcheck valgrind tmux; do command -v "$tool" >/dev/null 2>&1 || lacking=yes; done
    if [ "$2" = tests ] && [ -n "$lacking" ] && { [ -z "$sudo" ] || sudo -n true 2>/dev/null; }; then
        echo "installing for tests: $wished"
        $sudo apt-get update -qq >/dev/null 2>&1 && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $wished >/dev/null 2>&1 || echo "not installed: tests that need it are skipped"
    fi
    exit 0
fi
line="${sudo}apt-get update && ${sudo}apt-get install -y$missing"
if [ "$1" = install ] && { [ -z "$sudo" ] || sudo -n true 2>/dev/null; }; then
    echo "installing:$missing"
    $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $missing >/dev/null && exec sh "$0" "$@"
    echo "galua: the installation failed; run:  $line" >&2
    exit 1
fi
echo "galua: packages are missing; run:  $line" >&2
exit 1
