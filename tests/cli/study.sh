#!/bin/bash
# SPDX-License-Identifier: MIT
# Studies in their run stores: several problems and seeds, resuming, shares, merging, and
# stores that are not what they should be.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

study='fonseca,jos1 --method mgda,linear,graddrop --starts 6 --seeds 2 --steps 40'

begin()
{
    # shellcheck disable=SC2086  # words
    good run $study --quiet "$@"
}

test_study_problems_and_seeds()
{
    begin --out a --seed 7
    has 'fonseca, seed 7' 'fonseca, seed 8' 'jos1, seed 8' 'figure  a/jos1/front.png'
    [ "$(wc -l <a/runs.csv)" = 73 ] || fail 'not 2 x 2 x 3 x 6 runs'
    [ "$(wc -l <a/methods.csv)" = 13 ] || fail 'not 2 x 2 x 3 methods'
    # one seed of it alone is the same
    good run jos1 --method mgda,linear,graddrop --starts 6 --seed 8 --steps 40 --out b
    [ "$(grep -c '^jos1,.*,8,' a/runs.csv)" = 18 ] || fail 'jos1 has not 18 runs of seed 8'
    # fonseca has more variables, hence more columns
    cut -d, -f1-14 b/runs.csv | grep '^jos1' >alone
    cut -d, -f1-14 a/runs.csv | grep '^jos1,[a-z]*,8,' >among
    cmp -s alone among || fail "$(diff alone among | head -c 400)"
    "$helper" store a/study.db | grep -q 'jos1|graddrop|8|hypervolume|' || fail 'no measure'
    refused 2 'jos1 is given twice' run jos1,jos1 --method mgda
    refused 2 "unknown problem 'jos2'*jos1" run fonseca,jos2 --method mgda
    refused 2 '--seeds' run jos1 --method mgda --seeds 0
    refused 2 'past the last seed' run jos1 --method mgda --seed 9223372036854775807 --seeds 2
}

test_study_parts_merge()
{
    begin --out whole
    begin --part 1/3 --out a
    begin --part 2/3 --out b
    begin --part 3/3 --out c
    json_is complete false b/manifest.json
    [ "$(grep -c ',unfinished,' b/runs.csv)" = 48 ] || fail 'not two thirds unfinished'
    good merge c a b --out merged
    same_study whole merged
    good merge a c --out two # the second third is done here
    same_study whole two
    good run --resume a
    same_study whole a
    good reproduce epo-descent --part 1/2 --out e
    [ ! -e e/claims.csv ] || fail 'half an experiment makes claims'
    good reproduce epo-descent --part 2/2 --out f
    good merge e f --out ef
    good reproduce epo-descent --out whole-epo
    same_study whole-epo ef
    refused 2 'e: of another study than a' merge a e --out g
    refused 2 '--part 3/2*the I-th of N' run jos1 --method mgda --part 3/2
    refused 2 'nothing/study.db: No such file' merge nothing
}

test_study_resume_refused()
{
    good run jos1 --method mgda --starts 3 --out a
    refused 2 '--starts is the study' run --resume a --starts 5
    refused 2 'begun by `codescent run`' reproduce --resume a
    refused 2 'of another study' run jos1 --method mgda --starts 4 --resume a
    refused 2 'nowhere*No such file' run --resume nowhere
    mkdir empty
    refused 2 'empty/study.db*No such file' run --resume empty
    cp -r a damaged
    printf 'no store at all, but text as long as a header of SQLite is, and longer; %0100d' 0 >damaged/study.db
    refused 2 'damaged/study.db: not a run store' run --resume damaged
    cp -r a bent # a page that is no tree any more
    printf '\0' | dd of=bent/study.db bs=1 seek=8192 conv=notrunc 2>/dev/null
    refused 2 'bent/study.db: damaged' run --resume bent
    refused 2 'bent/study.db: damaged' results bent
    cp -r a short
    truncate -s 3000 short/study.db
    refused 2 'short/study.db: damaged' run --resume short
    : >short/study.db
    refused 2 'short/study.db: not a run store' run --resume short
    "$helper" set a/study.db 'PRAGMA user_version = 99'
    refused 2 'schema 99; this program has schema 3' run --resume a
    "$helper" set a/study.db 'PRAGMA user_version = 3'
    "$helper" set a/study.db "UPDATE about SET value = '0.0.1' WHERE key = 'version'"
    refused 2 'begun by codescent 0.0.1' run --resume a
}

# A second process on the same store; and one that reads.
test_study_in_use()
{
    local pid
    "$program" run zdt1 --method mgda --starts 100000 --out a >first 2>&1 &
    pid=$!
    while [ ! -e a/study.db ] && kill -0 $pid; do sleep 0.05; done
    refused 2 'a/study.db: in use by another process' run --resume a
    kill -9 $pid
    wait $pid 2>/dev/null
}

test_study_read_only()
{
    local code=0
    chmod a+rx .
    as_reader "$program" --version >out 2>err || skip 'nobody else may run the program'
    good run jos1 --method mgda --starts 3 --out a
    chmod -R a+rX-w a
    cp -r a before
    called='run --resume a, read-only'
    as_reader "$program" run --resume a >out 2>err || code=$?
    chmod -R u+w a before
    [ $code = 2 ] || fail "exit code $code"
    one_line 'a/study.db: Permission denied'
    diff -r a before >differences || fail "$(head -c 400 differences)"
}

# A file may not grow beyond so many KiB: what was stored by then stays, and is gone on
# from when there is room.
test_study_disk_full()
{
    local code kb before
    begin --out whole
    for kb in 16 64 128; do
        rm -rf a
        code=0
        # shellcheck disable=SC2086  # words
        (ulimit -f $kb; exec "$program" run $study --quiet --out a >out 2>err) || code=$?
        called="run, files of at most $kb KiB"
        [ $code = 1 ] || fail "exit code $code: $(<err)"
        one_line 'annot be written'
        [ -e a/study.db ] || continue
        before=$("$helper" finished a/study.db)
        [ $kb -lt 128 ] || [ "$before" -gt 0 ] || fail 'nothing was stored'
        good run --resume a --quiet
        same_study whole a
    done
}

# A terminal sees how far it is; nothing of it stays, and nothing is shown with --quiet.
test_study_progress()
{
    local line
    command -v script >/dev/null || skip 'no program `script`'
    line="run zdt1 --method mgda,linear --starts 30 --jobs 2 --out"
    script -qec "'$program' $line a" /dev/null </dev/null | tr '\r' '\n' >seen
    grep -q $'^\e\\[Kruns: [0-9]* of 60, [0-9]* s left$' seen || fail "no progress: $(head -c 400 seen)"
    grep -q $'^\e\\[Kruns: 60 of 60' seen || fail 'not to the end'
    # a run that failed: its process was killed
    script -qec "'$program' $line b 2>/dev/tty & one=
        while kill -0 \$! && [ -z \"\$one\" ]; do read -r one _ </proc/\$!/task/\$!/children; done
        kill -9 \$one; wait \$!" /dev/null </dev/null |
        tr '\r' '\n' >seen
    grep -q $'^\e\\[Kruns: [0-9]* of 60, 1 failed, [0-9]* s left$' seen || fail "no failure: $(head -c 400 seen)"
    script -qec "'$program' $line c --quiet" /dev/null </dev/null >seen
    ! grep -q 'runs:' seen || fail 'progress with --quiet'
}

test_study_damaged_result()
{
    good run jos1 --method mgda --starts 3 --out a
    "$helper" set a/study.db "UPDATE run SET result = x'0102' WHERE id = 2"
    check 1 run --resume a
    one_line 'the stored result of mgda, start 2, is damaged'
    good run jos1 --method mgda --starts 3 --out b
    "$helper" set b/study.db "UPDATE run SET result = NULL, state = 'failed' WHERE id = 2"
    check 1 run --resume b
    good run --resume b --retry
    good run jos1 --method mgda --starts 3 --out c
    same_study c b
}

run_tests
