#!/bin/sh
# check_symbols.sh LIBRARY: every exported symbol starts with gal_, but luaopen_galua, which LuaJIT looks for
bad=$(nm -D --defined-only "$1" | awk '$2 ~ /[TDBRVWi]/ && $3 !~ /^gal_/ && $3 != "luaopen_galua" && $3 !~ /^_(init|fini|edata|end|_bss_start)$/ && $3 !~ /^\.gomp_critical_user_gal_/ {print $3}')
[ -z "$bad" ] && exit 0
echo "$1 exports symbols without the prefix gal_: $(echo $bad)" >&2
exit 1
