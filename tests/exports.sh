#!/bin/bash
# SPDX-License-Identifier: MIT
# What libcodescent.so exports is the committed list, and that is what the headers declare.
# usage: exports.sh SOURCE_ROOT LIBRARY CC...
# To take up a change of the headers: tests/exports.sh . build/libcodescent.so cc --update
set -euo pipefail

source_root=$1 library=$2
shift 2
update=no
cc=("$@")
if [ "${cc[-1]}" = --update ]; then
    update=yes
    unset 'cc[-1]'
fi
list=$source_root/tests/exports.txt
export LC_ALL=C

declared()
{
    echo '#include <codescent/codescent.h>' |
        "${cc[@]}" -std=c11 -E -P -I "$source_root/include" -x c - | tr '\n' ' ' |
        grep -o '__visibility__("default")[^;]*;\|visibility("default")[^;]*;' |
        sed -E 's/^[^;]*\)\)\) //' | grep -oE '\bcod_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u
}

# Compilers add names of their own to a sanitized library.
exported()
{
    nm -D --defined-only "$library" | awk '{print $NF}' | sed 's/@.*//' |
        grep -vE '^(__asan|__odr_asan|__ubsan|__tsan|__gcov|__start_|__stop_)' | sort -u
}

if [ "$update" = yes ]; then
    declared >"$list"
    echo "wrote $list: $(wc -l <"$list") names"
    exit
fi
status=0
diff <(declared) "$list" >&2 ||
    { echo "FAILED: the headers (<) and tests/exports.txt (>) differ"; status=1; }
diff <(exported) "$list" >&2 ||
    { echo "FAILED: the library (<) and tests/exports.txt (>) differ"; status=1; }
! grep -v '^cod_' "$list" || { echo "FAILED: a name that does not begin with cod_"; status=1; }
[ "$status" != 0 ] || echo "$(wc -l <"$list") names exported"
exit "$status"
