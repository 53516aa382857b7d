#!/bin/bash
# SPDX-License-Identifier: MIT
# codescent run, replay, plot, reproduce: results, figures, the same bytes, what is refused.
. "${BASH_SOURCE[0]%/*}/driver.sh"

has_gnuplot()
{
    command -v gnuplot >/dev/null || skip 'gnuplot is not installed'
}

# A PATH with all that the tests need, and no gnuplot.
without_gnuplot()
{
    mkdir bin
    PATH=$PWD/bin
}

# same FOLDER FOLDER: all files, but for the times.
same()
{
    diff -rq -x timing.csv -x manifest.json -x '*.png' -x study.db "$1" "$2" >differences ||
        fail "$(head -c 400 differences)"
    [ ! -e "$1/study.db" ] || same_store "$1" "$2"
    "$helper" json "$1/manifest.json" -environment >first
    "$helper" json "$2/manifest.json" -environment >second
    cmp -s first second || fail "manifests: $(diff first second | head -c 400)"
}

complete()
{
    json_is complete true "$1/manifest.json"
    ! ls "$1"/*.partial >partial 2>/dev/null || fail "left over: $(cat partial)"
}

# ---- run -------------------------------------------------------------------------------

test_run_writes_a_folder_and_prints_a_table()
{
    has_gnuplot
    good run fonseca --method mgda,linear --starts 6 --preferences 4 --out results/a
    has mgda linear 'true front' 'reference point (1, 1)' 'results results/a' \
        'figure  results/a/front.png'
    complete results/a
    local file
    for file in fronts.txt front.dat true-front.dat methods.csv runs.csv timing.csv \
        front.gp front.png trajectories.png weights.png convergence.png; do
        [ -s "results/a/$file" ] || fail "no $file"
    done
    [ "$(wc -l <results/a/runs.csv)" = 11 ] || fail 'not 6 + 4 runs'
    [ "$(head -c 4 results/a/front.png | tail -c 3)" = PNG ] || fail 'no PNG'
    good run fonseca --method mgda --starts 2 --out results/a
    has 'results results/a-001'
}

test_run_json_is_one_document()
{
    good run zdt1 --method mgda,linear --starts 5 --seed 3 --json --out a
    json_is problem zdt1
    json_is results a
    json_is 'methods#' 2
    json_is 'methods[0].method' mgda
    json_is 'methods[1].runs' 5
    json_is 'methods[1].stationary' 5
    json_close 'reference[1]' 1.1
    json_close true_front_hypervolume 0.87666 1e-4
    is_close "$(json 'methods[1].worst_stationarity')" 0 1e-6 || fail 'not stationary'
    [ "$(json 'methods[1].front#')" = "$(json 'methods[1].front_count')" ] ||
        fail 'front_count is not the number of points'
}

# Three objectives: the largest Das-Dennis lattice of at most K points, 15 of 20.
test_run_preferences()
{
    good run dtlz2 --method linear --preferences 20 --json --out a
    json_is 'methods[0].runs' 15
    good run jos1 --method linear --preferences 3 --json --out b
    json_is 'methods[0].runs' 3
    # cos, sin of 15, 45 and 75 degrees, over their sum; jos1's minimiser is 2 w_2
    awk -F, 'NR > 1 {print $15, $17}' b/runs.csv >got
    head -1 b/runs.csv | grep -q 'p_1,p_2,x_1' || fail "columns: $(head -1 b/runs.csv)"
    while read -r p x; do
        is_close "$x" "$(awk -v p="$p" 'BEGIN {print 2 * (1 - p)}')" 1e-5 ||
            fail "weight $p ends at $x"
    done <got
    is_close "$(head -1 got | cut -d' ' -f1)" 0.78867513459481287 || fail "$(cat got)"
}

test_run_reference_changes_the_hypervolume()
{
    good run jos1 --method linear --starts 9 --reference 5:5 --json --out a
    json_close 'reference[0]' 5
    # 25 less the 8/3 below the front, and the strip where f_1 or f_2 is above 4
    json_close true_front_hypervolume "$(awk 'BEGIN {print 25 - 8 / 3}')" 1e-2
    refused 2 '--reference*2*objectives' run jos1 --method linear --reference 5:5:5
    refused 2 '--reference' run jos1 --method linear --reference 5:x
}

test_run_is_the_same_for_any_number_of_jobs()
{
    local jobs
    for jobs in 1 2 7; do
        good run kw2 --method mgda,linear,adaptive\(by=gradients\) --starts 8 --seed 5 \
            --jobs $jobs --out jobs-$jobs
    done
    mv jobs-1 a
    mv jobs-2 b
    same a b
    same a jobs-7
    good run kw2 --method mgda --starts 8 --seed 6 --out c
    ! diff -q <(cut -d, -f4-14 a/runs.csv | head -9) \
        <(cut -d, -f4-14 c/runs.csv | head -9) >/dev/null || fail 'another seed, the same runs'
}

test_run_step_rules()
{
    local rule
    for rule in armijo 'constant(step=0.1)' 'momentum(step=0.1, beta=0.5)' \
        'adam(step=0.05)'; do
        good run jos1 --method mgda --step-rule "$rule" --steps 2000 --starts 3 --json \
            --out a
        json_is 'methods[0].failed' 0
    done
    refused 2 "'armij'*'armijo'" run jos1 --method mgda --step-rule armij
    refused 2 'step' run jos1 --method mgda --step-rule 'constant(step=-1)'
}

# Every end is on its ray, where f_1 / f_2 = p_1 / p_2, and the figure shows the rays.
test_run_preference_rays()
{
    has_gnuplot
    good run fonseca --method epo --preferences 10 --out a
    has 'epo moves by constant(step=0.1)' '10 of 10' 'figure  a/front.png'
    [ "$(grep -c '^0 0' a/rays.dat)" = 10 ] || fail 'not ten rays'
    grep -q "'rays.dat'" a/front.gp || fail 'the figure has no rays'
    sed 1d a/runs.csv | awk -F, '
        { ratio = $13 / $14 / ($15 / $16); if (ratio < 0.97 || ratio > 1.03) exit 1 }
        END { exit NR != 10 }' || { cat a/runs.csv; fail 'an end is off its ray'; }
    good run fonseca --method 'cr-mogm(alpha=0.5, epo)' --preferences 4 --starts 1 \
        --start-kind published --out b
    [ "$(grep -c '^0 0' b/rays.dat)" = 4 ] || fail 'a wrapper is not told the preference'
    good run fonseca --method mgda --starts 2 --out c
    [ ! -e c/rays.dat ] || fail 'rays for nobody'
}

# Ten points spread by hypervolume; one set of them, whatever the number of jobs.
test_run_sets()
{
    local jobs
    for jobs in 1 3; do
        good run fonseca --method hv-gradient,mgda --points 10 --starts 4 --jobs $jobs \
            --out jobs-$jobs
    done
    same jobs-1 jobs-3
    has 'hv-gradient moves by adam(step=0.01)'
    [ "$(grep -c '^fonseca,hv-gradient,' jobs-1/runs.csv)" = 10 ] || fail 'not ten points'
    [ "$(grep -c '^fonseca,mgda,' jobs-1/runs.csv)" = 4 ] || fail 'not four runs'
    awk -F, '$2 == "hv-gradient" && ($12 < 0.29978 || $12 > 0.29979) { exit 1 }' \
        jobs-1/methods.csv || { cat jobs-1/methods.csv; fail 'the hypervolume'; }
    good run dtlz2 --method 'moo-svgd(bandwidth=0.01)' --points 6 --steps 50 --json --out a
    json_is 'methods[0].runs' 6
    json_is 'methods[0].step_rule' 'adam(step=0.01)'
    # a run whose f_1 is nowhere within the range of f_2 can be drawn, too
    good run 'dtlz2(m=2)' --method moo-svgd --points 1 --steps 20 --out one
    refused 2 '--points is for methods that move a set' run fonseca --method mgda --points 3
    refused 2 'armijo' run fonseca --method hv-gradient --step-rule armijo
    refused 2 'not of 5' run 'dtlz2(m=5)' --method hv-gradient
    refused 2 '3000 points' run fonseca --method moo-svgd --points 3000
}

test_run_optimizer_slots()
{
    good run toy2d --method 'alternation,alternation(slots=one)' \
        --optimizer 'adam(step=0.01)' --starts 2 --steps 500 --out a
    has 'alternation moves by adam(step=0.01), 2 optimizers in turn'
    [ "$(cut -d, -f17- a/methods.csv | tr '\n' ' ')" = \
        'step_rule,slots adam(step=0.01),2 adam(step=0.01),1 ' ] || fail "$(cat a/methods.csv)"
    [ "$(grep -c ',max-iterations,' a/runs.csv)" = 4 ] || fail "$(cat a/runs.csv)"
}

test_run_tolerance_missed()
{
    check 3 run zdt1 --method mgda --starts 2 --steps 3 --tolerance 1e-9 --out a
    one_line 'mgda*missed the tolerance'
    complete a
    good run zdt1 --method mgda --starts 2 --steps 3 --out b
}

test_run_methods_that_fail_in_some_runs()
{
    check 1 run kw2 --method adaptive --starts 5 --out a
    one_line 'adaptive*of 5 runs failed*objective'
}

test_run_bad_arguments()
{
    refused 2 "'fonsca'*'fonseca'" run fonsca --method mgda
    refused 2 'give --method' run fonseca
    refused 2 "'mgad'*'mgda'" run fonseca --method mgad
    refused 2 'linear*weights*3' run fonseca --method 'linear(weights=1:2:3)'
    refused 2 'empty' run fonseca --method mgda,,linear
    refused 2 '--starts' run fonseca --method mgda --starts 0
    refused 2 '--starts' run fonseca --method mgda --starts 1e3
    refused 2 '--steps' run fonseca --method mgda --steps -3
    refused 2 '--jobs' run fonseca --method mgda --jobs none
    refused 2 '--jobs*from 1 to 1024' run fonseca --method mgda --jobs 4294967297
    refused 2 '--starts*from 1 to' run zdt1 --method mgda --starts 614891469123651721
    refused 2 '--preferences' run zdt1 --method linear --preferences 6148914691236517206
    refused 2 '--seed' run fonseca --method mgda --seed 18446744073709551615
    refused 2 '--reference: entry 2 is inf' run fonseca --method mgda --reference 1:inf
    refused 2 'expected' run fonseca --method $'mgda(\nnormalize=l2)'
    refused 2 'published' run fonseca --method mgda --start-kind published --out empty
    [ ! -e empty ] || fail 'an empty folder is left'
    refused 2 '--tolerance' run fonseca --method mgda --tolerance nan
    refused 2 'format' run fonseca --method mgda --format gif
    refused 2 'start-kind' run fonseca --method mgda --start-kind odd
    [ ! -e results ] || fail "a folder all the same: $(ls results)"
}

test_run_folder_that_can_not_be_written()
{
    : >file
    refused 2 'file/a*Not a directory' run fonseca --method mgda --out file/a
    refused 2 '*' run fonseca --method mgda --out /proc/nowhere/a
    refused 2 '*' run fonseca --method mgda --out ''
}

# Files may grow to 8 kB: some writing fails, and nothing claims to be whole.
test_run_disk_full()
{
    local code=0
    called='run fonseca, files limited to 8 kB'
    (
        trap '' XFSZ
        ulimit -f 8
        "$program" run fonseca --method mgda --starts 50 --out a >out 2>err
    ) || code=$?
    [ $code = 1 ] || fail "exit code $code, not 1"
    one_line 'a/*cannot be written: *'
    json_is complete false a/manifest.json
    ! ls a/*.partial >partial 2>/dev/null || fail "left over: $(cat partial)"
}

test_run_interrupted()
{
    local code=0 pid
    called='run zdt1, interrupted'
    "$program" run zdt1 --method mgda --starts 30000 --out a >out 2>err &
    pid=$!
    while [ "$(finished a)" = 0 ] && kill -0 $pid; do sleep 0.1; done
    kill -INT $pid
    wait $pid || code=$?
    # a background job of a shell without job control ignores SIGINT
    if [ $code = 0 ]; then skip 'this shell blocks the interrupt'; fi
    [ $code = 130 ] || fail "exit code $code, not 130"
    one_line 'interrupted*a'
    json_is complete false a/manifest.json
    grep -q ',stationary,' a/runs.csv || fail 'nothing of what had finished'
}

# ---- figures ---------------------------------------------------------------------------

test_without_gnuplot_data_and_script_are_written()
{
    without_gnuplot
    local code=0
    called='run, without gnuplot'
    "$program" run fonseca --method mgda --starts 3 --out a >out 2>err || code=$?
    PATH=/usr/bin:/bin
    [ $code = 4 ] || fail "exit code $code, not 4"
    grep -q gnuplot err || fail "stderr: $(cat err)"
    one_line 'gnuplot*nor is there trajectories, weights, convergence'
    [ -s a/front.gp ] && [ -s a/front.dat ] || fail 'no data or no script'
    [ ! -e a/front.png ] || fail 'a figure all the same'
    complete a
}

# A gnuplot that takes its time: the interrupt ends the drawing, not only the runs.
test_interrupt_while_figures_are_drawn()
{
    local pid code=0
    mkdir tools
    printf '#!/bin/sh\nexec sleep 30\n' >tools/gnuplot
    chmod +x tools/gnuplot
    called='run, interrupted while it draws'
    set -m # so that the job takes SIGINT, and gnuplot with it
    PATH=$PWD/tools:$PATH "$program" run fonseca --method mgda --starts 2 --out a \
        >out 2>err &
    pid=$!
    for _ in $(seq 200); do
        [ ! -e a/front.gp ] || break
        sleep 0.05
    done
    sleep 0.2
    kill -INT -$pid
    wait $pid || code=$?
    set +m
    [ $code = 130 ] || fail "exit code $code, not 130"
    one_line 'interrupted: a has the results'
    complete a
}

# What nobody asked for by name is no failure.
test_figures_that_do_not_exist()
{
    has_gnuplot
    good run 'dtlz2(m=5)' --method mgda --starts 2 --out a
    good run fonseca --method mgda --tolerance 1e300 --starts 1 --out b
    [ -s b/front.png ] || fail 'no front'
    check 4 plot b --what weights
    one_line 'weights.dat: holds no point'
    refused 2 'front of 5 objectives' plot a --what front
    refused 2 'nowhere' plot nowhere
}

test_templates_missing()
{
    called='run, without templates'
    local code=0
    CODESCENT_PLOTS=/nowhere "$program" run fonseca --method mgda --starts 2 --out a \
        >out 2>err || code=$?
    [ $code = 4 ] || fail "exit code $code, not 4"
    one_line '/nowhere: no templates'
    complete a
}

test_plot_kinds_and_formats()
{
    local what format
    has_gnuplot
    good run fonseca --method mgda,linear --starts 4 --out a
    rm a/*.png
    for what in front trajectories weights convergence; do
        for format in png svg pdf; do
            good plot a --what $what --format $format
            has "figure  a/$what.$format"
            [ -s "a/$what.$format" ] || fail "no $what.$format"
        done
    done
    (cd a && rm front.svg && sed -i "s/'pdf'/'svg'/" front.gp && gnuplot front.gp) ||
        fail 'the script does not run by hand'
    [ -s a/front.svg ] || fail 'the script drew nothing by hand'
    good plot a
    has front.png trajectories.png weights.png convergence.png
    refused 2 "'frnt'*'front'" plot a --what frnt
    refused 2 'gif' plot a --format gif
    refused 2 'nowhere' plot nowhere
    mkdir empty
    refused 2 'empty' plot empty
}

test_plot_three_objectives()
{
    has_gnuplot
    good run dtlz2 --method mgda --starts 10 --out a
    has 'figure  a/front.png'
}

# ---- replay ----------------------------------------------------------------------------

test_replay_json()
{
    good replay "$trace" --method 'mgda,linear,alternation(pattern=2)' --json
    json_is @ methods
    json_is 'methods#' 3
    json_is 'methods[2].method' 'alternation(pattern=2)'
    json_is 'methods[0].weights#' 300
    json_is 'methods[0].weights[17]#' 3
    json_is 'methods[0].norm#' 300
    json_is 'methods[0].conflicts#' 300
    json_is 'methods[0].conflicting_pairs#' 300
    json_is 'methods[2].weights[9]' '[0.0,1.0,0.0]'
    [ "$(json 'methods[0].conflicts' | tr -d '0,[]\n')" = '' ] || fail 'mgda in conflict'
}

# One step by hand: d = J'w, |d|^2 = w'Gw, g_i.d = (Gw)_i.
test_replay_numbers()
{
    mkdir trace
    npy '<f8' '1, 2' 1 2 >trace/losses.npy
    npy '<f8' '1, 2, 2' 4 -3 -3 9 >trace/gramians.npy
    good replay trace --method 'linear,linear(weights=1:3)' --json
    json_close 'methods[0].norm[0]' "$(awk 'BEGIN {print sqrt((4 - 6 + 9) / 4)}')" 1e-5
    json_is 'methods[0].conflicts[0]' 0
    json_is 'methods[0].conflicting_pairs[0]' 1
    json_is 'methods[1].conflicts[0]' 1
    json_close 'methods[1].norm[0]' "$(awk 'BEGIN {print sqrt(4 - 18 + 81)}')" 1e-5
}

test_replay_folder()
{
    has_gnuplot
    good replay "$trace" --method mgda,adaptive --out a
    has mgda adaptive conflicts 'results a' 'figure  a/weights.png'
    complete a
    [ "$(wc -l <a/replay.csv)" = 601 ] || fail 'not 2 x 300 rows'
    good replay "$trace" --method mgda,adaptive --out b
    same a b
    good replay "$trace" --method mgda --json --out c
    json_is results c
}

test_replay_names_the_input_that_lacks()
{
    refused 2 'give --preference' replay "$trace" --method epo
    good replay "$trace" --method 'epo,every(k=4, cr-mogm(mgda)),famo' \
        --preference 1:1:2 --out a
    refused 2 'preference has 3 entries, 2 were given' replay "$trace" --method epo \
        --preference 1:1
    refused 2 'modo needs the rows*independent batches' replay "$trace" --method modo
    refused 2 'trace trace-membrane: trimmed-mean needs the rows' replay "$trace" \
        --method trimmed-mean
    refused 2 'trace trace-membrane: linear: *2 entries for 3 objectives' replay "$trace" \
        --method 'linear(weights=1:2)'
    refused 2 'lr-annealing needs the rows' replay "$trace" --method lr-annealing
    refused 2 'sdmgrad needs the rows' replay "$trace" --method 'cr-mogm(sdmgrad)'
    refused 2 'hv-gradient moves a set of points' replay "$trace" --method hv-gradient
    refused 2 'every wraps 1 method, 2 given' replay "$trace" --method 'every(mgda, mgda)'
}

test_replay_bad_traces()
{
    refused 2 'nowhere' replay nowhere --method mgda
    mkdir trace
    refused 2 'trace*losses.npy' replay trace --method mgda
    npy '<f8' '2, 2' 1 2 3 nan >trace/losses.npy
    npy '<f8' '2, 2, 2' 1 0 0 1 1 0 0 1 >trace/gramians.npy
    refused 2 'losses.npy: row 2, column 2 is NaN' replay trace --method mgda
    npy '<f8' '2, 2' 1 2 3 4 >trace/losses.npy
    npy '<f8' '2, 2, 2' 1 0 0 1 1 0 inf 1 >trace/gramians.npy
    refused 2 'gramians.npy: matrix 2, row 2, column 1' replay trace --method mgda
    npy '<f8' '2, 2, 2' 1 0 0 1 1 0 0.5 1 >trace/gramians.npy
    refused 2 'step 2*symmetric' replay trace --method mgda
    npy '<f8' '1, 2, 2' 1 0 0 1 >trace/gramians.npy
    refused 2 'trace' replay trace --method mgda
    npy '<f8' '2, 2, 2' 1 0 0 1 1 0 0 1 >trace/gramians.npy
    refused 2 'shard=2' replay trace --method 'mgda,adaptive(by=gradients, shard=2)'
    printf '{"objectives": 3}' >trace/about.json
    refused 2 'about.json' replay trace --method mgda
    printf '{"objectives": 2.0}' >trace/about.json
    refused 2 'about.json*"objectives" is not a whole number' replay trace --method mgda
    printf '{"steps": "two"}' >trace/about.json
    refused 2 'about.json*"steps" is not a whole number' replay trace --method mgda
    rm trace/about.json
    mv trace $'tr\xff'
    good replay $'tr\xff' --method mgda --out b
    complete b
}

# ---- check -----------------------------------------------------------------------------

# Its point 26 lies so near to a kink that a difference sees both sides.
test_check_beside_a_kink()
{
    good check toy2d --seed 53
    has 'f_2  agrees'
}

# ---- learning tasks --------------------------------------------------------------------

# What the terminal's tables say of each budget; alternation keeps two optimizers.
test_run_learning_json_has_both_budgets()
{
    has_gnuplot
    "$program" list tasks | grep -q segmentation || skip "built without oneDNN"
    local task='segmentation(width=2, crop=16, batch=4, train=2, validation=1, test=1, size=64)'
    good run "$task" --method mgda,alternation --steps 16 --json --quiet --out a
    json_is 'methods[0].slots' 1
    json_is 'methods[1].slots' 2
    json_is 'methods[0].held_out_at_equal_steps.step' 16
    json_is 'methods[1].held_out_at_equal_steps.step' 16
    json_is 'methods[0].held_out_at_equal_passes.step' 8
    json_is 'methods[1].held_out_at_equal_passes.step' 16
    awk -F, '$1 == "mgda" && $3 == 16 {print $7}' a/marks.csv >dice
    json_close 'methods[0].held_out_at_equal_steps.dice.median' "$(<dice)"
    json_is task_options.crop 16 a/manifest.json
    json_is task_options.beta 2 a/manifest.json
}

# ---- reproduce -------------------------------------------------------------------------

test_reproduce_toy2d()
{
    has_gnuplot
    good reproduce toy2d --out a
    has 'stuck far from the front' 'on the front, off its middle' 'figure  a/trajectories.png'
    [ "$(grep -c '^met ' out)" = 6 ] || fail 'not six outcomes are met'
    [ "$(wc -l <a/claims.csv)" = 7 ] || fail 'claims.csv'
    complete a
    good reproduce toy2d --json --out b
    json_is experiment toy2d
    json_is 'claims#' 6
    json_is 'claims[0].met' true
    same a b
    refused 2 "'toy3d'*'toy2d'" reproduce toy3d
}

test_reproduce_epo_descent()
{
    has_gnuplot
    good reproduce epo-descent --out a --jobs 3
    [ "$(grep -c '^met  ' out)" = 8 ] || fail 'not all eight rays are met'
    has 'non-uniformity below 1e-4' 'stationarity' 'figure  a/trajectories.png'
    grep -q "'rays.dat'" a/trajectories.gp || fail 'the figure has no rays'
    good reproduce epo-descent --out b
    same a b
}

run_tests
