#!/bin/bash
# SPDX-License-Identifier: MIT
# Help, lists, descriptions; what is said of wrong usage; where output goes.
. "${BASH_SOURCE[0]%/*}/driver.sh"

verbs='list show combine replay run results merge plot reproduce check bench'

test_help_of_the_program()
{
    local verb code
    good --help
    has usage codescent '--version'
    for verb in $verbs; do
        grep -qE "^ +$verb " out || fail "help does not list the verb $verb"
    done
    for code in 0 1 2 3 4 130; do
        grep -qE "(^|[^0-9])$code " out || fail "help does not explain exit code $code"
    done
    cp out first
    good help
    cmp -s out first || fail 'help and --help differ'
}

test_help_of_every_verb()
{
    local verb
    for verb in $verbs; do
        good "$verb" --help
        has "usage: codescent $verb" options
        ! awk 'length > 96 {exit 1}' out || continue
        fail "help of $verb has lines beyond 96 columns"
    done
}

test_help_names_every_option()
{
    local word
    good combine --help
    has --method --losses --seed --gramian --repeat --json
    good replay --help
    has --method --out --json
    good run --help
    for word in method starts preferences steps step-rule tolerance seed jobs reference \
        out format json quiet; do
        has "--$word"
    done
    good plot --help
    has --what --format front trajectories weights convergence png svg pdf
}

test_version()
{
    good --version
    [[ $(<out) == 'codescent '[0-9]*.* ]] || fail "version: $(<out)"
}

test_nothing_at_all_is_wrong_usage()
{
    check 2
}

test_unknown_verb()
{
    refused 2 "unknown verb 'combin'*'combine'*--help" combin
    refused 2 "unknown verb 'xyzzy'" xyzzy
    refused 2 "'--versoin'" --versoin
    refused 2 '*' ''
}

test_unknown_option()
{
    local verb
    for verb in $verbs; do
        refused 2 "unknown option*surely-not*codescent $verb --help" "$verb" \
            --surely-not
    done
    refused 2 "'*metod'*'*method'*codescent combine --help" combine --metod mgda -
    refused 2 "'*metod'*'*method'" combine --metod=mgda -
    refused 2 "starst*starts*codescent run --help" run fonseca --starst 3
    refused 2 "option*-x*codescent run --help" run fonseca -x
    refused 2 "option*codescent run --help" run fonseca --s 3
}

test_option_without_value_or_with_one_too_many()
{
    refused 2 '--method*--help' combine --method
    refused 2 '--json*--help' list methods --json=yes
}

test_bench_takes_the_kernels_it_is_told()
{
    refused 2 "unknown instruction set 'axv2'" bench minnorm --kernels axv2
    good bench minnorm --kernels base --json
    grep -q '"kernels": "base"' out || fail 'bench does not name its kernels'
}

test_operands_missing_or_too_many()
{
    local verb
    for verb in list show replay run plot reproduce check; do
        refused 2 "*codescent $verb --help" "$verb"
    done
    refused 2 'left' list methods left over
    refused 2 "over" check fonseca over
    refused 2 '--help' show method
    refused 2 '--cite or --json' show method mgda --cite --json
}

test_message_stays_one_line()
{
    refused 2 'unknown' $'li\nst'
    refused 2 'unknown' list $'me\nthods'
    refused 2 'unknown' show method $'mg\nda'
    refused 2 '*' run fonseca --method $'mg\nda'
    refused 2 '*' combine --method mgda $'no\nsuch\nfile'
    refused 2 '*' run "$(printf 'x%.0s' {1..5000})"
    refused 2 '*' combine --method mgda "$(printf 'x%.0s' {1..5000})"
}

test_list_of_each_kind()
{
    local name
    good list methods
    for name in linear mgda uncertainty annealing alternation adaptive; do
        grep -q "^$name " out || fail "list methods lacks $name"
    done
    good list problems
    for name in fonseca jos1 zdt1 zdt2 zdt3 dtlz2 mop7 kw2 toy2d; do
        grep -q "^$name " out || fail "list problems lacks $name"
    done
    good list indicators
    has hypervolume igd
    good list experiments
    grep -q '^toy2d ' out || fail 'list experiments lacks toy2d'
    refused 2 "unknown*'metods'*'methods'" list metods
}

# The document names the same things as the text, in the same order.
test_list_json()
{
    local kind count
    for kind in methods problems indicators experiments; do
        good list $kind
        mv out text
        good list $kind --json
        count=$(json "$kind#")
        [ "$count" = "$(wc -l <text)" ] || fail "$kind: $count in JSON"
        json_is "$kind[0].name" "$(awk 'NR == 1 {print $1}' text)"
        [ -n "$(json "$kind[0].summary")" ] || fail "$kind: no summary"
    done
}

test_show_of_everything_listed()
{
    local kind name
    for kind in method problem experiment; do
        "$program" list ${kind}s >names
        while read -r name _; do
            good show $kind "$name"
            has "$name"
            good show $kind "$name" --json
            json_is name "$name"
        done <names
    done
}

test_show_method()
{
    good show method mgda
    has needs Gramian sideri normalize minnorm max_iter tol exact fw line-search
    good show method uncertainty
    has lr 0.001 optimizer adam sgd classification losses
    good show method mgda --json
    json_is 'options[0].name' minnorm
    json_is 'options[0].default' exact
    refused 2 "'mgad'*'mgda'" show method mgad
    refused 2 "'metod'*'method'" show metod mgda
}

test_show_problem_with_options()
{
    good show problem 'fonseca(n=20)' --json
    json_is n 20
    json_is m 2
    good show problem zdt1
    has 30
    refused 2 "'fonsca'*'fonseca'" show problem fonsca
    refused 2 'n' show problem 'fonseca(n=0)'
}

test_show_cite_is_bibtex_alone()
{
    good show method mgda --cite
    head -n 1 out | grep -q '^@' || fail "begins with $(head -n 1 out)"
    [ "$(tr -cd '{' <out | wc -c)" = "$(tr -cd '}' <out | wc -c)" ] ||
        fail 'braces do not match'
    good show problem fonseca --cite
    head -n 1 out | grep -q '^@' || fail "begins with $(head -n 1 out)"
    good show experiment toy2d --cite
    head -n 1 out | grep -q '^@' || fail "begins with $(head -n 1 out)"
}

# A method or problem without an entry says so; everything listed is asked.
test_show_cite_of_everything_listed()
{
    local kind name code
    for kind in method problem experiment; do
        "$program" list ${kind}s >names
        while read -r name _; do
            called="show $kind $name --cite" code=0
            "$program" show $kind "$name" --cite >out 2>err || code=$?
            if [ $code = 0 ]; then
                grep -q '^@' out || fail 'no BibTeX'
            else
                one_line "$name"
            fi
        done <names
    done
}

# A full disk behind stdout is an error of every verb that prints.
test_full_disk_behind_stdout()
{
    local line code
    [ -c /dev/full ] || skip 'no /dev/full'
    printf '1 0\n0 1\n' >rows
    while read -r line; do
        called=$line code=0
        # shellcheck disable=SC2086  # words
        "$program" $line >/dev/full 2>err </dev/null || code=$?
        [ $code = 1 ] || fail "exit code $code, not 1"
        one_line 'No space left'
    done <<END
--help
--version
list methods
list methods --json
show method mgda
show method mgda --json
show method mgda --cite
show problem fonseca --json
combine --method mgda rows
combine --method mgda rows --json
combine --method mgda rows --repeat 2000
combine --method mgda rows --repeat 2000 --json
replay $trace --method linear
replay $trace --method linear --json
run fonseca --starts 2 --method linear
run fonseca --starts 2 --method linear --json
check fonseca
END
}

test_closed_stdout()
{
    local code=0
    called='list methods >&-'
    "$program" list methods >&- 2>err </dev/null || code=$?
    [ $code = 1 ] || fail "exit code $code, not 1"
    one_line 'standard output'
}

test_check_of_every_problem()
{
    local name
    "$program" list problems >names
    while read -r name _; do
        good check "$name"
    done <names
    refused 2 "'zdt9'" check zdt9
    refused 2 "surprise" check 'zdt1(surprise=1)'
}

run_tests
