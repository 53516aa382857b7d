#!/bin/bash
# SPDX-License-Identifier: MIT
# What the tests of the program share; each sources this file, defines functions test_...
# and ends with run_tests. Every test runs in a new empty folder. The outcome is printed
# as cmocka prints it, so that tests/summary.py counts each case.
# usage of every test: NAME.sh PROGRAM HELPER SOURCE_ROOT
set -uo pipefail

# Where the tests are run under nohup or the like, signals that they send are ignored, and
# a shell can't change that.
if [ -z "${SIGNALS_ARE_AS_NEW-}" ] && env --default-signal=HUP true 2>/dev/null; then
    SIGNALS_ARE_AS_NEW=yes exec env --default-signal=HUP,INT,TERM bash "$0" "$@"
fi

program=$(readlink -f "$1") helper=$(readlink -f "$2") source_root=$(readlink -f "$3")
trace=$source_root/examples/trace-membrane
export LC_ALL=C CODESCENT_PLOTS=$source_root/plots
unset NO_COLOR
failures=0 called=

fail()
{
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    [ -z "$called" ] || printf '  after: codescent %s\n' "$called"
}

# check CODE ARGUMENT...: runs the program; what it prints is then in ./out and ./err.
# Standard input is ./in where there is one.
check()
{
    local wanted=$1 got=0
    shift
    called=$*
    if [ -f in ]; then
        "$program" "$@" <in >out 2>err || got=$?
    else
        "$program" "$@" </dev/null >out 2>err || got=$?
    fi
    [ "$got" = "$wanted" ] || fail "exit code $got, not $wanted: $(head -c 400 err)"
}

# good ARGUMENT...: exit 0, something on stdout, nothing on stderr.
good()
{
    check 0 "$@"
    [ -s out ] || fail 'nothing on stdout'
    [ ! -s err ] || fail "stderr: $(head -c 400 err)"
}

# one_line PATTERN: all of stderr is one line, of the program, that matches.
one_line()
{
    local text
    text=$(<err)
    [ "$(wc -l <err)" = 1 ] || fail "stderr has $(wc -l <err) lines: $text"
    [[ $text == codescent:* ]] || fail "stderr does not begin with codescent: $text"
    # shellcheck disable=SC2053  # a pattern
    [[ $text == *$1* ]] || fail "stderr is: $text; not: *$1*"
}

# refused CODE PATTERN ARGUMENT...: the code, one line that matches, and no result.
refused()
{
    local code=$1 pattern=$2
    shift 2
    check "$code" "$@"
    one_line "$pattern"
    [ ! -s out ] || fail "a result all the same: $(head -c 200 out)"
}

# has TEXT...: each stands on stdout.
has()
{
    local text
    for text in "$@"; do
        grep -qF -- "$text" out || fail "stdout lacks: $text"
    done
}

# json PATH [FILE]: the value there, of one whole document (helper.c).
json()
{
    "$helper" json "${2:-out}" "$1"
}

# json_is PATH TEXT [FILE]
json_is()
{
    local value
    value=$(json "$1" "${3:-out}") || fail "no JSON, or nothing at $1: $value"
    [ "$value" = "$2" ] || fail "$1 is $value, not $2"
}

# is_close NUMBER NUMBER [TOLERANCE]
is_close()
{
    awk -v a="$1" -v b="$2" -v t="${3:-1e-12}" 'BEGIN {
        number = "^[-+]?[0-9.]+(e[-+]?[0-9]+)?$"
        d = a - b; d = d < 0 ? -d : d; size = b < 0 ? -b : b
        exit !(a ~ number && b ~ number && d <= t * (size > 1 ? size : 1)) }'
}

# json_close PATH NUMBER [TOLERANCE]
json_close()
{
    local value
    value=$(json "$1") || fail "no JSON, or nothing at $1: $value"
    is_close "$value" "$2" "${3:-1e-12}" || fail "$1 is $value, not $2"
}

# same_store FOLDER FOLDER: two run stores, times apart.
same_store()
{
    "$helper" store "$1/study.db" >store-1 || fail "$1: no store"
    "$helper" store "$2/study.db" >store-2 || fail "$2: no store"
    cmp -s store-1 store-2 || fail "stores: $(diff store-1 store-2 | head -c 400)"
}

# same_study FOLDER FOLDER: the same bytes, times and pictures apart; the second store is
# one file.
same_study()
{
    local folder
    diff -rq -x timing.csv -x manifest.json -x '*.png' -x study.db "$1" "$2" >differences ||
        fail "$(head -c 400 differences)"
    for folder in "$1" "$2"; do
        "$helper" json "$folder/manifest.json" -environment >"manifest-${folder##*/}"
    done
    cmp -s "manifest-${1##*/}" "manifest-${2##*/}" || fail 'the manifests differ'
    same_store "$1" "$2"
    [ "$(ls "$2"/study.db*)" = "$2/study.db" ] || fail "left over: $(ls "$2"/study.db*)"
}

# ---- studies that are killed: a script has the arguments of `run` in $study, and in $runs
# how many runs they make

# Figures would take most of the time, and are not what this is about: without gnuplot
# what is finished ends with code 4.
finishes()
{
    local code=0
    called=$*
    PATH=/nowhere "$program" "$@" >out 2>err || code=$?
    [ $code = 4 ] || fail "exit code $code, not 4"
    one_line 'gnuplot is not installed'
}

# The whole study in ./whole, and in $span how many ms that takes.
do_whole()
{
    local begun=${EPOCHREALTIME/./}
    # shellcheck disable=SC2086  # words
    finishes run $study --quiet --jobs 2 --out whole
    span=$(((${EPOCHREALTIME/./} - begun) / 1000 + 1))
    [ "$(finished whole)" = $runs ] || fail "whole has $(finished whole) runs, not $runs"
}

finished()
{
    if [ -e "$1/study.db" ]; then "$helper" finished "$1/study.db"; else echo 0; fi
}

# Begins the study in ./a, or goes on with it, in the background: $pid.
start()
{
    if [ -e a/study.db ]; then
        PATH=/nowhere "$program" run --resume a --quiet --jobs 2 "$@" >out 2>err &
    else
        rm -rf a
        # shellcheck disable=SC2086  # words
        PATH=/nowhere "$program" run $study --quiet --jobs 2 --out a >out 2>err &
    fi
    pid=$!
}

# A random moment in what the study takes, times $1/4.
wait_a_moment()
{
    local ms=$((RANDOM * span * $1 / 4 / 32768))
    sleep $((ms / 1000)).$(printf %03d $((ms % 1000)))
}

# Ends the process by a random signal, mostly SIGKILL; its exit code in $code.
end_it()
{
    local signals=(KILL KILL KILL INT TERM HUP)
    signal=${signals[RANDOM % 6]}
    kill -$signal $pid 2>/dev/null
    code=0
    wait $pid 2>/dev/null || code=$?
}

# npy DTYPE SHAPE NUMBER...: a .npy file on stdout.
npy()
{
    "$helper" npy "$@"
}

# as_reader COMMAND...: as somebody who may not write what the test may, where there is a
# way to be one.
as_reader()
{
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

skip()
{
    printf 'SKIPPED: %s\n' "$*"
    exit 77
}

run_test()
{
    local folder status=0 name=$1
    folder=$(mktemp -d) || exit 1
    (
        cd "$folder" || exit 1
        "$name"
        [ "$failures" = 0 ]
    ) || status=$?
    chmod -R u+rwx "$folder"
    rm -rf "$folder"
    case $status in
        0) echo "[       OK ] $name" ;;
        77) echo "[  SKIPPED ] $name" ;;
        *) echo "[  FAILED  ] $name"; failed=$((failed + 1)) ;;
    esac
}

run_tests()
{
    local names name failed=0
    names=$(declare -F | awk '$3 ~ /^test_/ {print $3}')
    [ -n "${only:-}" ] && names=$only # only=test_x NAME.sh ... runs that one
    echo "[==========] Running $(wc -w <<<"$names") test(s)."
    for name in $names; do
        run_test "$name"
    done
    [ "$failed" = 0 ]
}
