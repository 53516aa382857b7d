#!/bin/bash
# SPDX-License-Identifier: MIT
# Studies that are killed, interrupted, or lose workers, at random moments, and go on: what
# was stored stays, and in the end each is the same bytes as one that nobody touched.
# KILLS=1000 kills.sh ... kills as often (default 25, and 10 workers); what it hit is printed.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

# What looks for leaks at the end of a process is a child of it, as the workers are; if it is
# killed, the process waits for it for ever.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

study='fonseca,jos1 --method mgda,linear,graddrop,hv-gradient --starts 10 --seeds 2 --steps 60'
runs=124 # 2 problems x 2 seeds x (3 methods x 10 starts + 1 set)

# children PID: the processes that it has started.
children()
{
    cat "/proc/$1/task/$1/children" 2>/dev/null
}

# Processes that were workers end with the process that they worked for.
no_orphans()
{
    local child state
    for child in "$@"; do
        for _ in {1..100}; do
            read -r _ _ state _ 2>/dev/null <"/proc/$child/stat" || break
            [ "$state" != Z ] || break # nobody has asked how it ended
            sleep 0.02
            state=alive
        done
        [ "${state:-}" != alive ] || fail "worker $child outlives its study"
    done
}

# A study may go on for long; those of ./whole are the bytes that it has to end with.
check_whole()
{
    called="run, after $hits kills and interrupts"
    same_study whole a
    rm -rf a
}

test_study_killed_and_resumed()
{
    local kills=${KILLS:-25} hits=0 studies=0 last=0 before after workers code signal
    local nothing=0 none=0 some=0 all=0
    do_whole
    # $kills, and more where few of them came among the runs
    while [ $hits -lt "$kills" ] || { [ $some -lt 3 ] && [ $hits -lt $((10 * kills)) ]; }; do
        [ $failures = 0 ] || break
        start
        wait_a_moment 5
        workers=$(children $pid)
        before=$(finished a)
        end_it
        after=$(finished a)
        [ $after -ge $before ] && [ $after -ge $last ] ||
            fail "$last, then $before runs were stored, $after are left after SIG$signal"
        last=$after
        # shellcheck disable=SC2086  # words
        no_orphans $workers
        case $code in
            4) studies=$((studies + 1)) last=0; check_whole; continue ;;
            130) [ ! -s err ] || one_line 'interrupted' ;;
            129 | 137 | 143) ;; # before the signal was caught, or SIGKILL
            *) fail "exit code $code: $(<err)" ;;
        esac
        hits=$((hits + 1))
        # and $span follows what the machine does besides
        if [ ! -e a/study.db ]; then nothing=$((nothing + 1)) span=$((span * 5 / 4 + 1))
        elif [ "$after" = 0 ]; then none=$((none + 1)) span=$((span * 9 / 8 + 1))
        elif [ "$after" -lt $runs ]; then some=$((some + 1))
        else all=$((all + 1)) span=$((span * 7 / 8 + 1)); fi
        [ "$after" = $runs ] && [ $((RANDOM % 4)) -gt 0 ] || [ $hits -ge "$kills" ] || continue
        [ -e a/study.db ] || continue
        finishes run --resume a --quiet
        studies=$((studies + 1)) last=0
        check_whole
    done
    echo "$hits kills and interrupts: $nothing before there was a store, $none before any run" \
        "was stored, $some among the runs, $all after the last; $studies studies ended whole"
    [ $some -gt 2 ] || fail "only $some kills among the runs"
}

# A worker that is killed takes its run along, and no other; the run is done again when
# that is asked for.
test_study_workers_killed()
{
    local kills=${KILLS:-10} hits=0 studies=0 code workers worker
    do_whole
    while [ $hits -lt "$kills" ] && [ $studies -lt $((10 * kills)) ] && [ $failures = 0 ]; do
        start --retry
        studies=$((studies + 1))
        for _ in {1..3}; do
            wait_a_moment 1
            workers=$(children $pid)
            for worker in $workers; do
                ! kill -9 "$worker" 2>/dev/null || hits=$((hits + 1))
                break
            done
        done
        code=0
        wait $pid || code=$?
        case $code in
            4) check_whole ;;
            1) grep -q 'runs failed; start .*: its process was ended by signal 9 (Killed)' err ||
                fail "stderr: $(<err)" ;;
            *) fail "exit code $code: $(<err)" ;;
        esac
    done
    if [ -e a/study.db ]; then
        finishes run --resume a --retry --quiet
        check_whole
    fi
    echo "$hits workers killed"
    [ $hits -ge "$kills" ] || fail "only $hits workers killed"
}

# What a terminal or a batch system does: the signal goes to workers as well, and none of
# their runs counts as failed.
test_study_group_is_signalled()
{
    local signal code
    for signal in INT TERM HUP; do
        set -m
        "$program" run zdt1 --method mgda --starts 5000 --jobs 2 --out $signal >out 2>err &
        pid=$!
        set +m
        while [ "$(finished $signal)" = 0 ] && kill -0 $pid; do sleep 0.05; done
        kill -$signal -$pid
        code=0
        wait $pid || code=$?
        [ $code = 130 ] || fail "SIG$signal: exit code $code"
        one_line "interrupted: go on with --resume $signal"
        "$helper" store $signal/study.db >content
        ! grep -q '|failed|' content || fail "SIG$signal: a run has failed"
        json_is complete false $signal/manifest.json
    done
}

# `nohup`: SIGHUP stays ignored.
test_study_hangup_is_ignored_where_it_was()
{
    (trap '' HUP; exec "$program" run zdt1 --method mgda --starts 200 --jobs 2 --steps 50 \
        --out a >out 2>err) &
    while [ "$(finished a)" = 0 ] && kill -0 $!; do sleep 0.02; done
    kill -HUP $!
    wait $! || fail "exit code $?"
}

# Nobody reads what it prints: the results are saved all the same.
test_study_interrupted_behind_a_pipe()
{
    local code=0
    mkfifo pipe
    "$program" run zdt1 --method mgda,linear --starts 5000 --jobs 2 --seeds 2 --out a \
        >pipe 2>err &
    exec 3<pipe
    while [ "$(finished a)" = 0 ] && kill -0 $!; do sleep 0.02; done
    exec 3<&-
    kill -INT $!
    wait $! || code=$?
    [ $code = 130 ] || fail "exit code $code"
    [ "$(finished a)" -gt 0 ] || fail 'nothing is left'
    [ -s a/runs.csv ] || fail 'no results'
}

run_tests
