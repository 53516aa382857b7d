#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a target of a build with -Dfuzz=true from its corpus. What it finds on its way is
# kept in WORK, or thrown away; an input that ends it is written to FINDINGS.
# usage: run.sh TARGET CORPUS FINDINGS WORK|- LIBFUZZER_OPTION...
#   run.sh build-fuzz/tests/fuzz/fuzz_csv tests/fuzz/corpus/csv . - -runs=10000
set -euo pipefail

target=$1 corpus=$2 findings=$3 work=$4
shift 4
if [ "$work" = - ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work" "$findings"
"$target" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/" "$@" "$work" "$corpus"
