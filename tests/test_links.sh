#!/bin/bash
# SPDX-License-Identifier: MIT
# libcodescent links to BLAS, LAPACK and the C library: to no GPL library, whatever else the
# program uses. A list of what is allowed, so that nothing new comes in unseen.
# usage: test_links.sh LIBRARY
set -euo pipefail

needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ -n "$needed" ] || { echo "FAILED: readelf shows nothing of $1"; exit 1; }
allowed='^(lib(openblas|lapacke|lapack|blas|cblas|m|c|pthread|asan|ubsan|tsan|gcc_s|clang_rt\..*)\.so.*|ld-linux.*)$'
if extra=$(grep -vE "$allowed" <<<"$needed"); then
    echo "FAILED: libcodescent links to $extra"
    exit 1
fi
if text=$(nm -D --undefined-only "$1" | grep -E ' (exit|abort|_exit|printf|puts|fprintf|fopen|signal)(@|$)'); then
    echo "FAILED: libcodescent calls $text"
    exit 1
fi
echo "links to: ${needed//$'\n'/ }"
