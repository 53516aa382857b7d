#!/bin/bash
# SPDX-License-Identifier: MIT
# Tables over seeds: real studies, their numbers recomputed, read back as CSV and JSON;
# baselines; stores that are not what they should be.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

header='problem,measure,better,method,seeds,nonfinite,median,lower,upper,baseline,pairs,difference,p,p_holm,p_smallest,verdict'

# study FOLDER METHODS SEEDS [OPTION...]
study()
{
    local folder=$1 methods=$2 seeds=$3
    shift 3
    good run fonseca --method "$methods" --seeds "$seeds" --starts 3 --steps 20 --quiet \
        --out "$folder" "$@"
}

# change FOLDER SQL
change()
{
    "$helper" set "$1/study.db" "$2" || fail "no such change: $2"
}

# cells METHOD MEASURE COLUMN...: of the CSV table in ./out, whose methods have no commas.
cells()
{
    local method=$1 measure=$2
    shift 2
    awk -F, -v method="$method" -v measure="$measure" -v wanted="$*" '
        NR == 1 { for (k = 1; k <= NF; k++) at[$k] = k; count = split(wanted, name, " ") }
        $at["method"] == method && $at["measure"] == measure {
            for (k = 1; k <= count; k++) printf "%s%s", (k > 1 ? " " : ""), $at[name[k]]
            print "" }' out
}

# row METHOD MEASURE COLUMNS VALUES
row()
{
    local got
    # shellcheck disable=SC2086  # words
    got=$(cells "$1" "$2" $3)
    [ "$got" = "$4" ] || fail "$1, $2: $3 is $got, not $4"
}

# Median and quartiles of numbers, one a line, by their definition.
quartiles()
{
    sort -g | awk '{v[NR - 1] = $1} END {
        for (q = 1; q <= 3; q++) {
            place = q / 4 * (NR - 1); k = int(place)
            printf "%.15g\n", v[k] + (place - k) * (v[k + 1 < NR ? k + 1 : k] - v[k]) } }'
}

test_results_of_a_study()
{
    local method k wanted got
    good run fonseca,jos1 --method 'mgda,linear,linear(weights=2:1)' --seeds 8 --seed 5 \
        --starts 3 --steps 20 --quiet --out a
    good results a --csv
    [ "$(head -n 1 out)" = "$header" ] || fail "header: $(head -n 1 out)"
    [ "$(wc -l <out)" = $((1 + 2 * 8 * 3)) ] || fail 'not 2 problems x 8 measures x 3 methods'
    grep '^fonseca\|^problem' out >fonseca && mv fonseca out
    for method in mgda linear 'linear(weights=2:1)'; do
        awk -F, -v m="$method" '$1 == "fonseca" && $2 == m {print $12}' a/methods.csv >values
        [ "$(wc -l <values)" = 8 ] || fail "methods.csv has $(wc -l <values) rows of $method"
        mapfile -t wanted < <(quartiles <values)
        read -ra got < <(cells "$method" hypervolume lower median upper seeds)
        for k in 0 1 2; do
            is_close "${got[k]}" "${wanted[k]}" 1e-13 || fail "$method: ${got[k]}, not ${wanted[k]}"
        done
        [ "${got[3]}" = 8 ] || fail "$method has ${got[3]} seeds"
    done
    # every seed of mgda is better
    row mgda hypervolume 'better baseline pairs p p_holm p_smallest verdict' \
        'higher linear 8 0.0078125 0.015625 0.015625 better'
    row linear hypervolume 'baseline pairs p verdict' 'linear 0  baseline'
    row mgda front_count 'better p verdict baseline' '   '
    [ "$(awk -F, '$4 == "mgda" {printf "%s:%s ", $2, $3}' out)" = "hypervolume:higher\
 igd_plus:lower front_count: stationary_share:higher worst_stationarity:lower\
 evaluations:lower conflict_steps: failed:lower " ] || fail 'another measure is better'
    good results a --measure hypervolume,failed
    has 'fonseca, hypervolume (higher is better)' 'jos1, failed: 0 for every method and seed' \
        '8 seeds: the smallest possible p is 0.00781, 0.0156 after Holm' 'against linear'
    ! grep -q igd out || fail 'a measure that was not asked for'
    grep -qE '^mgda .* 0.0156  better$' out || fail 'mgda is not said to be better'
    good results a
    [ "$(grep -c '^[a-z0-9]*, [a-z_]*[ :]\?' out)" -ge 16 ] || fail 'not 16 tables'
    ! grep -E '.{101}' out || fail 'beyond 100 columns'
    ! grep -q ' $' out || fail 'blanks at the end of a line'
    change a "UPDATE measure SET problem = printf('%090d', 0) WHERE problem = 'jos1'"
    good results a
    ! grep -E '.{101}' out || fail 'beyond 100 columns, of a long problem'
}

# The same values in all three forms.
test_results_json()
{
    local k=0 column value problem rest
    study a mgda,linear,graddrop 6
    change a "UPDATE measure SET value = NULL WHERE name = 'igd_plus' AND method = 'mgda'"
    good results a --csv --level 0.2
    mv out table
    good results a --json --level 0.2
    json_is level 0.20000000000000001
    json_is baseline linear
    json_is runs 54
    json_is failed 0
    json_is unfinished 0
    json_is 'results#' 24
    [ "$(json 'results[0]@' | tr ' ' ,)" = "$header" ] || fail "keys: $(json 'results[0]@')"
    while IFS=, read -r -a rest; do
        k=$((k + 1))
        [ $k -gt 1 ] || continue
        for column in {0..15}; do
            value=$(json "results[$((k - 2))].$(cut -d, -f$((column + 1)) <<<"$header")")
            [ "$value" != null ] || value=
            [ "$value" = "${rest[column]:-}" ] || is_close "${rest[column]:-}" "$value" 1e-15 ||
                fail "row $k, column $column: ${rest[column]:-} and $value"
        done
    done <table
    json_is 'results[3].nonfinite' 6
    json_is 'results[3].median' null
    json_is 'results[3].verdict' worse
    good results a --level 0.2 --measure igd_plus
    has 'mgda: 6 of 6 values are not finite'
    refused 2 '--json or --csv' results a --json --csv
}

test_results_baseline()
{
    study a 'mgda,linear(weights=1:3),linear(weights=2:2.0)' 3
    good results a --csv
    row mgda hypervolume 'baseline pairs' 'linear(weights=2:2.0) 3'
    good results a --baseline mgda --measure hypervolume --csv
    row mgda hypervolume verdict baseline
    row 'linear(weights=1:3)' hypervolume 'baseline verdict' 'mgda too few seeds'
    good results a --baseline mgda --measure hypervolume
    has 'against mgda' '3 seeds: the smallest possible p is 0.25, 0.5 after Holm: too few seeds to tell'
    refused 2 "unknown baseline 'mgad'*'mgda'" results a --baseline mgad
    study b 'mgda,linear(weights=1:3)' 3
    good results b
    has 'no comparison: no method is linear at equal weights'
    ! grep -q baseline: out || fail 'a baseline all the same'
    good results b --json
    json_is baseline null
    json_is 'results[0].p' null
    json_is 'results[0].verdict' null
}

test_results_of_one_seed()
{
    study a mgda,linear 1
    good results a
    has '1 seed: the smallest possible p is 1: too few seeds to tell'
    grep -qE '^mgda .* 1  too few seeds$' out || fail 'mgda is not said to have too few seeds'
    good results a --csv
    row mgda hypervolume 'seeds pairs p verdict' '1 1 1 too few seeds'
    study b mgda 1
    good results b --measure hypervolume
    grep -qE '^mgda +1 ' out || fail 'no table of one method'
}

# What a study ends with does not depend on what ended first.
test_results_of_parts()
{
    local k
    study whole 'mgda,linear,hv-gradient' 4
    good results whole
    mv out expected
    for k in 1 2 3; do
        study part-$k 'mgda,linear,hv-gradient' 4 --part $k/3
    done
    good run --resume part-3
    good results part-3
    cmp -s out expected || fail "$(diff out expected | head -c 400)"
    same_store whole part-3
    good merge part-1 part-2 part-3 --out merged
    good results merged
    cmp -s out expected || fail "$(diff out expected | head -c 400)"
    good results merged --csv
    good reproduce epo-descent --out paper
    good results paper
    has 'fonseca(n=20), hypervolume' 'no comparison'
}

# Runs that are missing are counted and named on stderr; the tables are of the others.
test_results_of_runs_that_are_missing()
{
    study p mgda,linear 2 --part 1/2
    refused 2 'p/study.db: no method has measures yet (--resume p)' results p
    study a 'mgda,linear,hv-gradient' 2
    change a "UPDATE run SET state = 'waiting' WHERE id IN (1, 9)"
    change a "UPDATE run SET state = 'failed', message = 'too hot' WHERE id = 4"
    check 0 results a --csv
    [ "$(wc -l <out)" = 25 ] || fail 'no table'
    [ "$(wc -l <err)" = 3 ] || fail "stderr: $(<err)"
    grep -q '^codescent: a/study.db: 2 of 14 runs not finished, 1 failed (--resume a --retry)$' err ||
        fail "stderr: $(<err)"
    grep -q '^codescent: fonseca, mgda: 2 runs not finished$' err || fail "stderr: $(<err)"
    grep -q '^codescent: fonseca, linear: 1 run failed; the first: too hot$' err || fail "stderr: $(<err)"
    check 0 results a --json
    json_is unfinished 2
    json_is failed 1
    change a "UPDATE run SET state = 'waiting', identity = 'no JSON ' || id"
    check 0 results a --csv
    grep -q '^codescent: ?, ?: 14 runs not finished$' err || fail "stderr: $(<err)"
}

test_results_refused()
{
    refused 2 'results: missing DIR' results
    refused 2 'nothing/study.db: No such file' results nothing
    mkdir empty
    refused 2 'empty/study.db: No such file' results empty
    study a mgda,linear 2
    refused 2 "unknown measure 'hypervolum'*'hypervolume'" results a --measure hypervolum
    refused 2 'option --level 0' results a --level 0
    refused 2 '--level 1.5 is not below 1' results a --level 1.5
    refused 2 "unknown option 'basline'*'baseline'" results a --basline mgda
    mkdir other
    printf 'no store at all, but text as long as a header of SQLite is, and longer; %0100d' 0 >other/study.db
    refused 2 'other/study.db: not a run store' results other
    : >other/study.db
    refused 2 'other/study.db: not a run store' results other
    cp a/study.db other
    truncate -s 5000 other/study.db
    refused 2 'other/study.db: damaged' results other
    cp a/study.db other
    # every page but the first, which has the schema
    dd if=/dev/urandom of=other/study.db bs=4096 seek=1 count=$(($(stat -c %s a/study.db) / 4096 - 1)) \
        conv=notrunc status=none
    refused 2 'other/study.db: damaged' results other
    change a 'PRAGMA user_version = 1'
    refused 2 'schema 1; this program has schema 3' results a
}

# read_only FOLDER: its table in ./out, by somebody who can't change it.
read_only()
{
    local code=0
    chmod -R a+rX-w "$1"
    called="results $1, read-only"
    as_reader "$program" results "$1" --csv >out 2>err || code=$?
    chmod -R u+w "$1"
    [ $code = 0 ] || fail "exit code $code: $(<err)"
}

test_results_in_a_read_only_folder()
{
    chmod a+rx .
    as_reader "$program" --version >out 2>err || skip 'nobody else may run the program'
    study a mgda,linear 2
    good results a --csv
    mv out expected
    read_only a
    cmp -s out expected || fail 'another table'
    [ "$(ls a/study.db*)" = a/study.db ] || fail "left over: $(ls a/study.db*)"
}

# While another process has it open; and what that leaves when it is killed.
test_results_while_it_is_written()
{
    local pid
    study a mgda,linear 2
    good results a --csv
    mv out expected
    # a study of many more runs, with these measures
    "$program" run zdt1 --method mgda --starts 100000 --out b >first 2>&1 &
    pid=$!
    while [ ! -e b/study.db-wal ] && kill -0 $pid; do sleep 0.05; done
    check 2 results b
    one_line 'b/study.db: no method has measures yet'
    kill -9 $pid
    wait $pid 2>/dev/null
    [ -e b/study.db-wal ] || fail 'no log is left'
    check 2 results b
    one_line 'b/study.db: no method has measures yet'
    # here is a log, too, of changes that are not in the file
    cp -r a c
    { "$helper" killed c/study.db "UPDATE measure SET value = 7.5 WHERE method = 'mgda'"; } 2>/dev/null
    [ -s c/study.db-wal ] || fail 'no log is left'
    cp -r c d
    good results c --csv
    row mgda hypervolume 'median verdict' '7.5 too few seeds'
    chmod a+rx .
    as_reader "$program" --version >out 2>err || return
    read_only c
    row mgda hypervolume 'median verdict' '7.5 too few seeds'
    read_only d
    row mgda hypervolume 'median verdict' '7.5 too few seeds'
    [ -s d/study.db-wal ] || fail 'somebody could write'
    # a log that can't be read is not passed over
    rm d/study.db-shm
    chmod -R a+rX-w d
    as_reader "$program" results d >out 2>err && fail 'numbers without the log'
    one_line 'd/study.db: unable to open'
    chmod -R u+w d
    mv c 'a folder, 100% odd?#'
    read_only 'a folder, 100% odd?#'
    row mgda hypervolume 'median verdict' '7.5 too few seeds'
}

run_tests
