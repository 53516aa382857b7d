#!/bin/bash
# SPDX-License-Identifier: MIT
# `codescent bench --compare`: documents written by hand, what is said of them, and bad
# ones. One table is run, to see that its own document is read again.
. "${BASH_SOURCE[0]%/*}/driver.sh"

# Two rows of a table whose ratios are of speeds, and one of times.
document()
{
    cat <<'END'
{
 "machine": {"version": "0.1.0", "processor": "P 1", "kernels": "avx2", "threads": 2,
  "openblas": "Haswell",
  "dpotrf64_us": 7.0, "dpotrf64_us_median": 7.1, "dpotrf64_us_spread": 0.02},
 "gramian": [
  {"data": "cache", "type": "float32", "m": 2, "n": 1024, "threads": 1,
   "us": 1.0, "us_median": 1.0, "us_spread": 0.01, "gb_per_s": 8.0,
   "of_read": 0.9, "of_read_median": 0.8, "of_read_spread": 0.01, "turns": 9},
  {"data": "memory", "type": "bfloat16", "m": 2, "n": 1024, "threads": 1,
   "us": 100.0, "us_median": 100.0, "us_spread": 0.01, "gb_per_s": 8.0,
   "of_read": null, "of_read_median": null, "of_read_spread": null, "turns": 9}],
 "minnorm": [
  {"gradients": "normal", "m": 3, "us": 0.5, "us_median": 0.5, "us_spread": 0,
   "of_dpotrf": 4.0, "of_dpotrf_median": 4.0, "of_dpotrf_spread": 0.2, "turns": 25}]
}
END
}

# slowed NAME FROM TO: new.json has another best turn and median.
slowed()
{
    changed "s/\"$1\": $2, \"$1_median\": [0-9.]+/\"$1\": $3, \"$1_median\": $3/"
}

# changed EXPRESSION: new.json is old.json after sed.
changed()
{
    document >old.json
    sed -E "$1" old.json >new.json
    cmp -s old.json new.json && fail "nothing changed by $1"
}

# verdict ROW_NUMBER QUANTITY VERDICT
verdict()
{
    json_is "rows[$1].quantity" "$2"
    json_is "rows[$1].verdict" "$3"
}

test_a_document_is_the_same_as_itself()
{
    document >old.json
    good bench --compare old.json --with old.json
    has 'old: codescent 0.1.0, P 1, avx2 kernels, up to 2 threads, OpenBLAS for Haswell' \
        'cache float32 m=2 threads=1' 'normal m=3' '0 slower, 0 faster, 5 the same'
    good bench --compare old.json --with old.json --json
    json_is rows# 5
    json_is slower 0
    json_is times true
}

test_a_time_that_grows_is_slower()
{
    slowed us 100.0 115.0
    check 3 bench --compare old.json --with new.json --json
    verdict 2 us slower
    json_close 'rows[2].change' 0.15
    json_is slower 1
    json_is same 4
    check 0 bench --compare new.json --with old.json --json
    verdict 2 us faster
    json_is faster 1
}

# Of speeds more is better: the other way round.
test_a_speed_that_falls_is_slower()
{
    slowed of_read 0.9 0.45
    check 3 bench --compare old.json --with new.json --json
    verdict 1 of_read slower
    json_close 'rows[1].change' 1
    check 0 bench --compare new.json --with old.json --json
    verdict 1 of_read faster
    check 3 bench gramian --compare old.json --with new.json
    has '+100.0%' slower '1 slower, 0 faster, 2 the same'
}

test_a_change_within_either_spread_is_none()
{
    slowed of_dpotrf 4.0 4.7
    good bench --compare old.json --with new.json --json
    verdict 4 of_dpotrf same
    slowed of_dpotrf 4.0 4.9
    check 3 bench --compare old.json --with new.json --json
    verdict 4 of_dpotrf slower
    # the wider spread counts, whichever side has it
    sed -i 's/"of_dpotrf_spread": 0.2/"of_dpotrf_spread": 0.3/' new.json
    good bench --compare old.json --with new.json --json
    verdict 4 of_dpotrf same
    good bench --compare new.json --with old.json --json
    verdict 4 of_dpotrf same
    slowed us 0.5 0.54 # less than a tenth, though no spread
    good bench --compare old.json --with new.json --json
    verdict 3 us same
    slowed us 0.5 0.56
    check 3 bench --compare old.json --with new.json --json
    verdict 3 us slower
}

test_a_change_of_the_best_turn_or_the_median_alone_is_none()
{
    local change
    for change in 's/"us_median": 100.0/"us_median": 900.0/' 's/"us": 100.0/"us": 50.0/'; do
        changed "$change"
        good bench --compare old.json --with new.json
        has '0 slower, 0 faster, 5 the same'
        good bench --compare new.json --with old.json
        has '0 slower, 0 faster, 5 the same'
    done
}

test_another_machine_compares_ratios_alone()
{
    local change
    for change in 's/P 1/P 2/' 's/avx2/avx512/' 's/"threads": 2/"threads": 4/'; do
        changed "$change; s/\"us(_median)?\": 100.0/\"us\1\": 900.0/g"
        good bench --compare old.json --with new.json
        has 'only ratios are compared' '0 slower, 0 faster, 2 the same'
        good bench --compare old.json --with new.json --json
        json_is times false
        json_is 'rows[0].quantity' of_read
    done
    changed 's/P 1/P 2/; s/avx2/base/; s/"threads": 2/"threads": 4/; s/Haswell/Zen/'
    good bench --compare old.json --with new.json
    has 'Another processor, another kernels, another number of threads: only' \
        'OpenBLAS is another'
}

test_what_one_side_lacks_is_named()
{
    changed 's/"m": 3/"m": 4/'
    good bench --compare old.json --with new.json
    has 'only in the old: minnorm normal m=3' 'only in the new: minnorm normal m=4'
    changed 's/"us": 0.5, "us_median": 0.5, "us_spread": 0,//'
    good bench --compare old.json --with new.json
    has 'only in the old: minnorm normal m=3 us' '0 slower, 0 faster, 4 the same'
    changed 's/minnorm/moonshot/' # a table of a later version
    good bench --compare old.json --with new.json
    has 'only in the old: minnorm' 'only in the new: moonshot'
    good bench gramian --compare old.json --with new.json --json
    json_is only_old# 0
}

# wrong EXPRESSION PATTERN: the document so changed is refused, on either side.
wrong()
{
    changed "$1"
    refused 2 "new.json: $2" bench --compare new.json --with old.json
    refused 2 "new.json: $2" bench --compare old.json --with new.json
}

test_documents_that_are_none()
{
    wrong 's/"machine"/"maschine"/' '*machine is missing'
    wrong 's/"kernels": "avx2"/"kernels": 2/' 'machine.kernels is not a text'
    wrong 's/"threads": 2/"threads": "2"/' 'machine.threads is not a whole number'
    wrong 's/"dpotrf64_us": 7.0/"dpotrf64_us": 0/' 'machine.dpotrf64_us is not a number > 0'
    wrong 's/"type": "bfloat16",//' "gramian*1*.type is missing"
    wrong 's/"m": 3/"m": 3.5/' 'minnorm*0*.m is neither'
    wrong 's/"us_median": 100.0/"us_median": -1/' 'gramian*1*.us_median is not a number > 0'
    wrong 's/"us_median": 100.0/"us_median": "x"/' 'gramian*1*.us_median is not a number > 0'
    wrong 's/"of_dpotrf_spread": 0.2/"of_dpotrf_spread": -0.2/' \
        'minnorm*0*.of_dpotrf_spread is not a number >= 0'
    wrong 's/"of_dpotrf_spread": 0.2,//' 'minnorm*0*.of_dpotrf_spread is missing'
    wrong 's/"data": "memory", "type": "bfloat16"/"data": "cache", "type": "float32"/' \
        'gramian*1* has the name of a row before it'
    wrong 's/"us_median": 100.0/"us_median": 1e-300/' 'gramian*1*.us_median is out of all range'
    wrong 's/"us_median": 100.0/"us_median": 1e300/' 'gramian*1*.us_median is out of all range'
    wrong "s/\"type\": \"bfloat16\"/\"type\": \"$(printf 'é%.0s' {1..120})\"/" 'gramian*1*.type is too long a text'
    wrong 's/"type": "bfloat16"/"type": "\\u001b[31m"/' 'gramian*1*.type holds a control character'
    wrong 's/"kernels": "avx2"/"kernels": "avx2\\n"/' 'machine.kernels holds a control character'
}

test_files_that_are_no_documents()
{
    document >old.json
    refused 2 'absent.json' bench --compare absent.json
    refused 2 'absent.json' bench --compare old.json --with absent.json
    echo '{"machine": ' >cut.json
    refused 2 'cut.json, line 2' bench --compare cut.json --with old.json
    : >empty.json
    refused 2 'empty.json, line' bench --compare empty.json --with old.json
    echo '[1, 2]' >list.json
    refused 2 'list.json: the whole is not an object' bench --compare list.json
    echo '{"machine": [], "gramian": []}' >odd.json
    refused 2 'odd.json: machine is not an object' bench --compare odd.json
    sed '/"gramian"/,/^ "minnorm"/d; /"gradients"/,$d; s/0.02},/0.02}}/' old.json >bare.json
    refused 2 'bare.json: the whole has no table' bench --compare bare.json
    sed 's/"minnorm": \[/"minnorm": {"a": [/; s/25}\]/25}]}/' old.json >shape.json
    refused 2 'shape.json: minnorm is not an array' bench --compare shape.json
    sed 's/"minnorm": \[/"minnorm": [7, /' old.json >seven.json
    refused 2 'seven.json: minnorm*0* is not an object' bench --compare seven.json
    sed 's/"minnorm"/"gramian"/' old.json >twice.json
    refused 2 'twice.json, line*duplicate' bench --compare twice.json
}

test_options_that_do_not_go_together()
{
    document >old.json
    refused 2 '--with needs --compare' bench --with old.json
    refused 2 'nothing is run' bench --compare old.json --with old.json --kernels base
    refused 2 "unknown benchmark 'minorm'*'minnorm'" bench minorm --compare old.json
    refused 2 "old.json has no table 'cone'" bench cone --compare old.json
    refused 2 "unknown instruction set 'axv2'" bench --compare old.json --kernels axv2
}

# The table that is run against its own document, which has all that the help says.
test_a_table_is_run_again()
{
    local code=0
    good bench cone --json --kernels base
    mv out old.json
    json_is machine.kernels base old.json
    [ -n "$(json machine.processor old.json)" ] || fail 'no processor'
    [ "$(json 'cone[0].turns' old.json)" -ge 9 ] || fail 'fewer than nine turns'
    called='bench --compare old.json --kernels base'
    "$program" bench --compare old.json --kernels base --json >out 2>err || code=$?
    [ $code = 0 ] || [ $code = 3 ] || fail "exit code $code: $(<err)"
    json_is only_old# 0
    json_is only_new# 0
    json_is rows# $((4 * $(json cone# old.json)))
}

run_tests
