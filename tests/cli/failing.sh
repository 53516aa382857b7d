#!/bin/bash
# SPDX-License-Identifier: MIT
# For the tests of memory that is not to be had: each allocation of a verb fails once, our
# own, jansson's and SQLite's, also in the processes that work on runs. The program says so,
# in a line, and ends with code 1; what it leaves is not taken for a result; nothing is lost
# that was stored; the same command works afterwards.
#
# PROGRAM is codescent-failing (failing.c). All of the first 60 allocations fail, and from
# there on one in 12, further and further apart; EVERY=1 NAME.sh ...: all of them.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

export OPENBLAS_NUM_THREADS=1

# gnuplot, as far as the program sees it, in less time.
quick_gnuplot()
{
    mkdir bin
    # shellcheck disable=SC2016  # its own $2
    printf '#!/bin/sh\nprintf "%%90sIEND" "" >"${2%%.gp}.png"\n' >bin/gnuplot
    chmod +x bin/gnuplot
    PATH=$PWD/bin:$PATH
}

# All lines are the program's, and one speaks of memory.
said_memory()
{
    local line found=no
    while IFS= read -r line; do
        [[ $line == codescent:* ]] || fail "stderr: $line"
        [[ $line != *emory* ]] || found=yes
    done <err
    [ $found = yes ] || fail "stderr does not speak of memory: $(<err)"
}

# SQLite does without some of what it asks for: then all is as it would be.
same_as_ever()
{
    [ ! -s err ] || fail "code 0, and stderr: $(<err)"
    if [ -d r ]; then
        is_complete || fail 'code 0, and the manifest does not say that all is there'
    else
        cmp -s out expected || fail "code 0, and stdout: $(diff expected out | head -c 400)"
    fi
}

is_complete()
{
    [ -e r/manifest.json ] && [[ $(<r/manifest.json) == *'"complete": true'* ]]
}

# A folder that passes for whole is whole; a run that failed says so.
nothing_half()
{
    [ -e r ] || return
    ! compgen -G 'r/*.partial' >/dev/null && ! compgen -G 'r/*/*.partial' >/dev/null &&
        ! compgen -G 'r/*.new' >/dev/null || fail "left over: $(ls r r/*)"
    is_complete || return
    if [ "${where-}" = workers ]; then
        grep -qE ',(memory|failed),' r/runs.csv || fail "runs.csv has no run that failed"
    else
        diff -rq -x timing.csv -x manifest.json -x '*.png' -x '*.gp' -x 'study.db*' whole r \
            >differences || fail "complete, but $(head -c 400 differences)"
    fi
}

# What was begun can be gone on with; a folder that has no store yet can't.
goes_on()
{
    [ -e r/study.db ] || return
    local begun_by=${verb/merge/run}
    called="$begun_by --resume r, after $called"
    "$program" "$begun_by" --resume r --retry >out 2>err ||
        fail "exit code $?: $(<err)"
    same_study whole r
}

# one_fails K: the command of $verb and $arguments, with its K-th allocation failing; is
# there one?
one_fails()
{
    local code=0
    rm -rf r log
    called="$verb ${arguments[*]}, allocation $1 in ${where:-the program}"
    CODESCENT_FAIL_AT=$1 CODESCENT_FAIL_IN=${where-} CODESCENT_FAIL_LOG=log \
        "$program" "$verb" "${arguments[@]}" <"${input:-/dev/null}" >out 2>err || code=$?
    [ -s log ] || return 1
    if [ $code = 0 ] && [[ $(<log) == *libsqlite3* ]]; then
        same_as_ever
    else
        [ $code = 1 ] || { [ $code = 4 ] && is_complete; } ||
            fail "exit code $code: $(head -c 400 err)"
        said_memory
    fi
    nothing_half
    [ -z "$json" ] || [ ! -s out ] || "$helper" json out '' >document ||
        fail 'half a document'
    [ $failures -lt 5 ] || { printf 'the calls that led there:\n%s\n' "$(<log)"; exit 1; }
}

# each VERB ARGUMENT...: every allocation once, and it works afterwards.
each()
{
    local k=1 tried=0
    verb=$1
    shift
    arguments=("$@")
    [[ " $* " == *' --json '* ]] && json=yes || json=
    [ -n "${last-}" ] || "$program" "$verb" "$@" <"${input:-/dev/null}" >expected 2>err ||
        fail "$*: exit code $?"
    while one_fails $k && [ $k -lt "${last:-1000000}" ]; do
        tried=$((tried + 1))
        [ -z "${resumed-}" ] || [ $((tried % resumed)) != 0 ] || goes_on
        k=$((k + 1))
        [ -n "${EVERY-}" ] || k=$((k + (k > 60 ? k / 12 : 0)))
    done
    [ $tried -gt 0 ] || fail "$called: allocates nothing"
    echo "$verb ${arguments[*]}: $tried of $((k - 1)) allocations failed ${where+(workers)}"
    [ -n "${last-}" ] || [ ! -e r ] || { is_complete && where='' nothing_half; } ||
        fail "$called: not whole without a failure"
}
