#!/bin/bash
# SPDX-License-Identifier: MIT
# Memory that is not to be had, in verbs that run no study (failing.sh).
source "$(dirname "${BASH_SOURCE[0]}")/failing.sh"

test_memory_of_texts()
{
    local what
    for what in methods problems tasks experiments indicators; do
        each list $what
        each list $what --json
    done
    each show method mgda
    each show method epo --json
    each show problem zdt1 --json
    each show task segmentation --json
    each show experiment toy2d --json
    each help run
    each check jos1
}

test_memory_of_combine()
{
    local input=in
    printf '4,1,0\n-1,1,1\n' >in
    each combine --method mgda -
    each combine --method 'cr-mogm(upgrad)' --json --repeat 2 --threads 2 -
    each combine --method epo --losses 1,2 --preference 1,2 --json -
    npy '<f4' '2, 3' 1 2 3 3 2 1 >in
    each combine --method 'gradvac(normalize=l2)' --json -
    printf '2,1\n1,3\n' >in
    each combine --method linear --gramian - --json
}

test_memory_of_replay()
{
    quick_gnuplot
    mkdir trace
    npy '<f8' '3, 2' 1 2 3 4 5 6 >trace/losses.npy
    npy '<f8' '3, 2, 2' 2 1 1 3 2 1 1 3 2 1 1 3 >trace/gramians.npy
    printf '{"about": "a test", "objectives": ["one", "two"], "steps": 3}\n' \
        >trace/about.json
    each replay trace --method mgda,linear
    each replay trace --method mgda,adaptive --json
    good replay trace --method mgda,linear --out whole
    each replay trace --method mgda,linear --out r
    each replay trace --method mgda,linear --out r --json
}

# No word is longer than 15 letters: jansson 2.14 writes past its buffer where that can't
# grow.
test_memory_of_comparisons()
{
    printf '{"machine": {"version": "1", "processor": "P", "kernels": "avx2", "threads": 1,
        "openblas": "Zen", "dpotrf64_us": 7}, "minnorm": [{"gradients": "normal", "m": 2,
        "us": 2, "us_median": 2, "us_spread": 0}], "batch": []}\n' >old.json
    sed 's/"batch"/"moonshot"/' old.json >new.json
    each bench --compare old.json --with new.json
    each bench --compare old.json --with new.json --json
}

# Results that are there.
test_memory_of_results()
{
    quick_gnuplot
    good run jos1 --method mgda,graddrop --starts 2 --seeds 3 --steps 3 --out whole
    good run jos1 --method mgda,graddrop --starts 2 --seeds 3 --steps 3 --out a --part 1/2
    good run jos1 --method mgda,graddrop --starts 2 --seeds 3 --steps 3 --out b --part 2/2
    each results whole
    each results whole --json
    each plot whole
    each plot whole --what front
    resumed=40 each merge a b --out r
    each merge a b --out r --json
}

# It takes long: the first ones.
test_memory_of_bench()
{
    local last=16
    each bench combine
    each bench minnorm --json
}

run_tests
