#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual page: every verb, option and exit code, and no complaint of groff.
# usage: manual.sh PROGRAM HELPER SOURCE_ROOT PAGE
. "${BASH_SOURCE[0]%/*}/driver.sh"
page=$(readlink -f "$4")

test_manual_has_every_verb_option_and_exit_code()
{
    local verb option code
    sed 's/\\-/-/g' "$page" >page
    "$program" --help | awk '/^  [a-z]+  / {print $1}' >verbs
    [ "$(wc -l <verbs)" -ge 9 ] || fail 'help lists fewer than nine verbs'
    while read -r verb; do
        grep -q "^.SH \"CODESCENT ${verb^^}\"" page || fail "no section on $verb"
        for option in $("$program" "$verb" --help | grep -oE '^  --[a-z-]+'); do
            grep -q -- "^  $option " page || fail "no $option"
        done
    done <verbs
    for code in 0 1 2 3 4 130; do
        grep -q "^.B $code$" page || fail "no exit code $code"
    done
}

test_manual_is_good_roff()
{
    command -v groff >/dev/null || skip 'groff is not installed'
    groff -man -Tutf8 -ww "$page" >text 2>warnings || fail 'groff failed'
    [ ! -s warnings ] || fail "$(head -c 400 warnings)"
    grep -q 'codescent run PROBLEM' text || fail 'no text'
    grep -q -- '--method A,B,...' text || fail 'no options'
}

run_tests
