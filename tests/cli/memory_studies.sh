#!/bin/bash
# SPDX-License-Identifier: MIT
# Memory that is not to be had, in studies, which go on afterwards (failing.sh).
source "$(dirname "${BASH_SOURCE[0]}")/failing.sh"

# each_study VERB ARGUMENT...: in the program, then in the processes that work; resumed now
# and then.
each_study()
{
    local where resumed=40
    good "$@" --quiet --out whole
    each "$@" --quiet --jobs 1 --out r
    where=workers resumed=15
    each "$@" --quiet --jobs 1 --out r
    rm -rf whole
}

test_memory_of_runs()
{
    quick_gnuplot
    each_study run jos1 --method mgda --starts 2 --steps 5
    each_study run jos1,fonseca --seeds 2 --json --starts 2 --preferences 2 --steps 3 \
        --method 'linear,every(k=2, mgda),epo'
}

test_memory_of_sets()
{
    quick_gnuplot
    each_study run 'dtlz2(m=3)' --method hv-gradient,moo-svgd --points 3 --steps 3 \
        --reference 2:2:2
}

test_memory_of_tasks()
{
    quick_gnuplot
    [[ $("$program" list tasks) == *segmentation* ]] || skip 'built without learning tasks'
    each_study run segmentation --quick --steps 2 --method linear,mgda
}

test_memory_of_experiments()
{
    quick_gnuplot
    each_study reproduce epo-descent
}

run_tests
