#!/bin/bash
# SPDX-License-Identifier: MIT
# Every source file names its licence in its first lines, and the right one for its folder.
# usage: licences.sh SOURCE_ROOT
set -euo pipefail

cd "$1"
status=0 count=0
while IFS= read -r file; do
    case $file in
        src/lab/* | src/cli/* | experiments/* | benchmarks/* | plots/*)
            wanted='GPL-3.0-or-later'
            [ "${file##*/}" != meson.build ] || wanted='(MIT|GPL-3.0-or-later)' ;;
        *) wanted=MIT ;;
    esac
    count=$((count + 1))
    head -n 2 "$file" | grep -qE "SPDX-License-Identifier: $wanted( \*/)?\$" ||
        { echo "FAILED: $file does not say SPDX-License-Identifier: $wanted"; status=1; }
done < <(find . -name 'build*' -prune -o -path ./.git -prune -o -path ./results -prune \
    -o -path ./demo -prune -o -type f \( -name '*.[ch]' -o -name '*.gp' -o -name '*.sh' \
    -o -name '*.py' -o -name meson.build -o -name meson_options.txt -o -name Makefile \
    -o -path ./quickstart -o -path ./.ci/run \) -print | sed 's|^\./||' | LC_ALL=C sort)
[ "$count" -gt 0 ] || { echo "FAILED: no file found in $1"; exit 1; }
for text in MIT GPL-3.0-or-later; do
    [ -s "LICENSES/$text.txt" ] || { echo "FAILED: LICENSES/$text.txt is missing"; status=1; }
done
[ "$status" != 0 ] || echo "$count files name their licence"
exit "$status"
