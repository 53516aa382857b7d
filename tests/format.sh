#!/bin/bash
# SPDX-License-Identifier: MIT
# Every C file is as .clang-format says, by version 14, whose output the rules are made for.
# The public headers are laid out by hand, their comments in columns, and are not checked.
# Exit 77, "skipped", where the tool is absent.
# usage: format.sh SOURCE_ROOT
set -euo pipefail

cd "$1"
command -v clang-format-14 >/dev/null ||
    { echo "SKIPPED format: clang-format-14 is not installed"; exit 77; }
find src solvers experiments benchmarks tests examples -name '*.[ch]' -print0 |
    xargs -0 clang-format-14 --dry-run --Werror --style=file
echo "formatted"
