#!/bin/bash
# SPDX-License-Identifier: MIT
# Every public header compiled alone, as C and as C++, and twice in one file.
# usage: headers.sh SOURCE_ROOT CC... -- CXX...
set -euo pipefail

include=$1/include
shift
cc=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    cc+=("$1")
    shift
done
shift
cxx=("$@")
warnings=(-Wall -Wextra -Werror -pedantic -fsyntax-only -I "$include")

count=0
for path in "$include"/codescent/*.h; do
    header=codescent/${path##*/}
    text=$(printf '#include <%s>\n#include <%s>\n' "$header" "$header")
    "${cc[@]}" -std=c11 "${warnings[@]}" -Wstrict-prototypes -x c - <<<"$text" ||
        { echo "FAILED: $header as C11"; exit 1; }
    "${cxx[@]}" -std=c++11 "${warnings[@]}" -x c++ - <<<"$text" ||
        { echo "FAILED: $header as C++11"; exit 1; }
    count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "FAILED: no header found in $include"; exit 1; }
echo "$count headers, each alone, as C11 and as C++11"
