#!/bin/bash
# SPDX-License-Identifier: MIT
# `codescent run segmentation`: its files, studies that are shared, killed and resumed, and
# everything that can be wrong with options and data. All networks are tiny.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

grep -q 'width=0' <<<"$("$program" run 'segmentation(width=0)' 2>&1)" ||
    skip 'this program has no learning tasks'

# One word each; an epoch is 24 steps, and 6.
tiny='segmentation(width=2,crop=16,batch=2,train=3,validation=1,test=2,size=32)'
short='segmentation(width=2,crop=16,batch=8,train=3,validation=1,test=1,size=32)'

# A study of nine runs, of ten epochs each.
study="$short --method mgda,linear,alternation(unit=epoch) --seeds 3 --steps 60"
runs=9

has_gnuplot()
{
    command -v gnuplot >/dev/null || skip 'gnuplot is not installed'
}

files='conflict.dat learning.dat manifest.json marks.csv runs.csv samples-tiles.png
samples.dat spread.dat steps.csv study.db timing.csv trivial.csv units.csv weights.dat'
figures='conflict learning samples spread weights'

# rows FILE: without the head
rows()
{
    sed 1d "$1" | wc -l
}

# nothing_left: no result folder, whatever its name
nothing_left()
{
    [ ! -e results ] && [ ! -e a ] || fail "a folder all the same: $(ls -d results a 2>&1)"
}

# ---- results ---------------------------------------------------------------------------

test_segmentation_is_listed()
{
    good list tasks
    grep -q '^segmentation ' out || fail 'list tasks lacks segmentation'
    good show task segmentation
    has 'width=8' 'crop=64' 'steps 400, by adam(step=0.01)' 'hd95'
    good show task segmentation --json
    json_is name segmentation
    json_is 'options[0].name' width
    good show task segmentation --cite
    has '@article{karimi2020reducing'
}

test_segmentation_quick_writes_everything()
{
    local name
    has_gnuplot
    good run segmentation --quick --steps 4 --seeds 2 --quiet --out q
    has 'all cell' 'all membrane' 'the share of membrane everywhere' 'mgda(normalize=log)' \
        'held out, after 4 steps' 'held out, at 4 backward passes' 'medians over 2 seeds' \
        'results q' 'figure  q/samples.png'
    [ "$(ls q)" = "$(printf '%s\n' $files $(printf '%s.gp %s.png ' $(printf '%s\n' $figures |
        sed p)) | sort)" ] || fail "files: $(ls q)"
    for name in q/*; do
        [ -s "$name" ] || fail "$name is empty"
    done
    json_is complete true q/manifest.json
    json_is task 'segmentation(width=4, crop=32, batch=4, train=4, validation=2, test=2, size=128)' \
        q/manifest.json
    json_is 'methods#' 18 q/manifest.json
    [ "$(rows q/runs.csv)" = 36 ] || fail "runs.csv: $(rows q/runs.csv) runs"
    [ "$(grep -c ',finished,4,' q/runs.csv)" = 36 ] || fail 'not all have finished 4 steps'
    [ "$(rows q/marks.csv)" = 72 ] || fail "marks.csv: $(rows q/marks.csv) glances"
    [ "$(rows q/steps.csv)" = 144 ] || fail "steps.csv: $(rows q/steps.csv) steps"
    [ "$(rows q/timing.csv)" = 36 ] || fail 'timing.csv'
    [ "$(rows q/trivial.csv)" = 3 ] || fail 'trivial.csv'
    # all methods of a seed begin with the same network
    [ "$(sed 's/.*,\([01]\),/\1,/' q/units.csv | sed 1d | sort -u | wc -l)" = 2 ] || fail 'units'
    grep ',0,0,0,' q/marks.csv | sed 's/.*,0,0,0,//' | sort -u >first
    [ "$(wc -l <first)" = 1 ] || fail 'not the same network at first'
    head -n 1 q/runs.csv | grep -q '^method,seed,status,steps,backward_passes,focal,hausdorff,' ||
        fail "$(head -n 1 q/runs.csv)"
    rm q/*.png.partial 2>/dev/null && fail 'a file is not whole'
    good results q --csv
    has ',linear(weights=0.5:0.5),'
    grep ',hausdorff,lower,mgda,' out | grep -q ',linear(weights=0.5:0.5),2,.*too few seeds' ||
        fail "$(grep ',mgda,' out | head -n 3)"
    rm q/samples.png
    good plot q --what samples
    has 'figure  q/samples.png'
    [ -s q/samples.png ] || fail 'no figure'
    good plot q --what spread --format svg
    [ -s q/spread.svg ] || fail 'no figure'
}

test_segmentation_json_is_one_document()
{
    good run "$tiny" --method mgda,linear --steps 30 --seeds 2 --seed 7 --json --quiet --out a
    [ "$(json @)" = 'task steps seed seeds results trivial methods' ] || fail "keys: $(json @)"
    json_is task "$tiny"
    json_is steps 30
    json_is seed 7
    json_is seeds 2
    json_is results a
    json_is 'trivial#' 3
    json_is 'trivial[0].answer' 'all cell'
    json_is 'trivial[0].focal' null
    json_is 'trivial[0].dice' 0
    json_is 'trivial[0].hd95' null
    json_is 'methods#' 2
    [ "$(json 'methods[0]@')" = 'method finished failed slots backward_passes'\
' test held_out_at_equal_steps held_out_at_equal_passes seconds' ] || fail "keys: $(json 'methods[0]@')"
    json_is 'methods[0].backward_passes' 60
    json_is 'methods[1].backward_passes' 30
    json_is 'methods[0].finished' 2
    json_is 'methods[0].held_out_at_equal_passes.step' 0
    json_is 'methods[1].held_out_at_equal_passes.step' 30
    json_is 'methods[1].held_out_at_equal_passes.backward_passes' 30
    json_is 'methods[0].held_out_at_equal_steps.backward_passes' 60
    # medians of two seeds, from runs.csv
    awk -F, '$1 == "mgda" {sum += $8 / 2} END {printf "%.17g\n", sum}' a/runs.csv >dice
    json_close 'methods[0].test.dice.median' "$(<dice)"
    [ "$(json 'methods[0].test@')" = 'focal hausdorff dice cell_dice iou hd95 dice_half threshold' ] ||
        fail "$(json 'methods[0].test@')"
    [ "$(cut -d, -f2 a/runs.csv | sort -u | tr '\n' ' ')" = '7 8 seed ' ] || fail 'seeds'
}

# One run is the same alone and among others, whatever the number of processes.
test_segmentation_same_bytes()
{
    local jobs
    for jobs in 1 3; do
        finishes run "$tiny" --method 'mgda,linear,uncertainty,famo' --steps 26 --seeds 2 \
            --jobs $jobs --quiet --out $jobs
    done
    same_study 1 3
    cmp -s 1/samples-tiles.png 3/samples-tiles.png || fail 'samples differ'
    finishes run "$tiny" --method linear --steps 26 --seed 1 --quiet --out alone
    grep '^linear,1,' 1/steps.csv >among
    sed 1d alone/steps.csv | cmp -s - among || fail 'alone it is another'
}

# manifest_methods FOLDER: a line each
manifest_methods()
{
    local k count
    count=$(json 'methods#' "$1/manifest.json")
    for ((k = 0; k < count; k++)); do
        json "methods[$k]" "$1/manifest.json"
    done
}

# train_all TASK FOLDER OPTION...: by all methods, a step, without figures
train_all()
{
    local task=$1 folder=$2 code=0
    shift 2
    called="run $task --method all $*"
    PATH=/nowhere "$program" run "$task" --method all --steps 1 --quiet --out "$folder" "$@" \
        >out 2>err || code=$?
    [ $code = 4 ] || fail "exit code $code: $(<err)"
}

# Every method but sets and wrappers, and what needs three objectives; twice where another
# scale was published.
test_segmentation_all_methods()
{
    local name k count
    train_all "$tiny" a --scales both
    grep -q '^codescent: left out of all methods: trimmed-mean: ' err || fail "$(<err)"
    manifest_methods a >all
    ! grep ',failed,' a/runs.csv || fail 'a method has failed'
    good list methods --json
    count=$(json 'methods#')
    for ((k = 0; k < count; k++)); do
        name=$(json "methods[$k].name")
        case $name in
            hv-gradient | moo-svgd | trimmed-mean | cr-mogm | every | schedule | warmup | switch)
                ! grep "^$name" all || fail "$name is among all methods" ;;
            *) grep -q "^$name\((.*\)\?$" all || fail "all methods lack $name" ;;
        esac
    done
    sort all | uniq -d >twice
    [ ! -s twice ] || fail "twice: $(<twice)"
    grep 'output=native' all >native
    for name in 'uncertainty(output=native)' 'annealing(order=2:1, output=native)' \
        'dwa(output=native)' 'gradnorm(output=native)'; do
        grep -qxF "$name" native || fail "no $name"
    done
    ! grep -E '^(linear|mgda|alternation|adaptive|famo|graddrop|epo)' native ||
        fail 'these have no other scale'
    train_all "${tiny%)},dice=true)" b
    manifest_methods b >all
    grep -qx 'trimmed-mean' all || fail 'three objectives, and no trimmed-mean'
    grep -qx 'linear(weights=1:1:1)' all || fail 'not the list of three'
    [ "$(head -n 1 b/units.csv)" = 'method,seed,focal,hausdorff,dice_loss' ] || fail 'units'
}

# Both scales only where they are asked for, and only of what has two.
test_segmentation_scales()
{
    finishes run "$tiny" --scales both --steps 1 --quiet --out both
    manifest_methods both >both-methods
    finishes run "$tiny" --steps 1 --quiet --out one
    manifest_methods one >one-methods
    diff one-methods both-methods | grep '^>' | sed 's/^> //' >extra
    printf '%s\n' 'uncertainty(output=native)' 'annealing(order=1:2, output=native)' \
        'annealing(order=2:1, output=native)' | cmp -s - extra || fail "extra: $(<extra)"
    finishes run "$tiny" --scales both --steps 1 --quiet --out a \
        --method 'uncertainty(),dwa( output = native ),mgda,uncertainty( form = half )'
    manifest_methods a >three
    printf '%s\n' 'uncertainty()' 'uncertainty(output=native)' 'dwa( output = native )' mgda \
        'uncertainty( form = half )' 'uncertainty(form=half, output=native)' |
        cmp -s - three || fail "methods: $(<three)"
}

# ---- shares ----------------------------------------------------------------------------

test_segmentation_parts_merge()
{
    local part
    do_whole
    for part in 1 2; do
        # shellcheck disable=SC2086  # words
        finishes run $study --quiet --part $part/2 --out $part
        json_is complete false $part/manifest.json
        [ "$(grep -c ',unfinished,' $part/runs.csv)" = $((3 + part)) ] || fail 'not a half'
    done
    called='merge'
    PATH=/nowhere "$program" merge 2 1 --out merged --quiet >out 2>err || [ $? = 4 ] ||
        fail "$(<err)"
    same_study whole merged
    finishes run --resume 1 --quiet
    same_study whole 1
    # of other data: the same command, and pictures that another machine has
    "$helper" set 2/study.db "UPDATE about SET value = '0123456789abcdef' WHERE key = 'data'"
    refused 2 '2: of other data than 1' merge 1 2 --out a
    nothing_left
}

# ---- kills -----------------------------------------------------------------------------

# Until the store has a run that waits with a checkpoint, and the process is still there.
wait_for_checkpoint()
{
    local k
    for ((k = 0; k < 2000; k++)); do
        if [ -e a/study.db ] && [ "$("$helper" ask a/study.db "SELECT count(*) FROM run
            WHERE state = 'waiting' AND progress > 0")" != 0 ]; then
            kill -0 $pid || fail 'it is over'
            return
        fi
        sleep 0.01
    done
    fail 'no checkpoint'
}

waiting()
{
    "$helper" ask a/study.db "SELECT count(*) FROM run
        WHERE state = 'waiting' AND progress > 0 AND checkpoint IS NOT NULL"
}

# At random moments, mostly in the midst of a run; what `results` prints is the same, too.
test_segmentation_killed_and_resumed()
{
    local kills=${KILLS:-15} hits=0 within=0 code signal
    do_whole
    good results whole --csv
    mv out table
    while [ $hits -lt "$kills" ] && [ $failures = 0 ]; do
        start
        wait_a_moment 4
        end_it
        case $code in
            4 | 129 | 130 | 137 | 143) ;;
            *) fail "exit code $code: $(<err)" ;;
        esac
        hits=$((hits + 1))
        [ -e a/study.db ] || continue
        [ "$(waiting)" = 0 ] || within=$((within + 1))
        [ "$(finished a)" = $runs ] || [ $hits = "$kills" ] || continue
        finishes run --resume a --quiet
        called="run, after $hits kills"
        same_study whole a
        cmp -s whole/samples-tiles.png a/samples-tiles.png || fail 'samples differ'
        good results a --csv
        cmp -s out table || fail "results: $(diff out table | head -c 400)"
        rm -rf a
    done
    echo "$hits kills and interrupts, $within of them with a checkpoint left"
    [ $within -gt 1 ] || fail "only $within kills within runs"
}

# Ctrl-C: code, hint, what had finished; and the rest goes on from its last epoch.
test_segmentation_interrupted()
{
    local code=0 study="$short --method linear,mgda --steps 3000" pid
    # shellcheck disable=SC2086  # words
    PATH=/nowhere "$program" run $study --quiet --jobs 2 --out a >out 2>err &
    pid=$!
    wait_for_checkpoint
    kill -INT $pid
    wait $pid || code=$?
    [ $code = 130 ] || fail "exit code $code"
    one_line 'interrupted: go on with --resume a'
    json_is complete false a/manifest.json
    [ "$(grep -c ',unfinished,' a/runs.csv)" = 2 ] || fail "$(<a/runs.csv)"
    [ "$(waiting)" -gt 0 ] || fail 'no checkpoint is left'
}

# ---- data ------------------------------------------------------------------------------

# images FOLDER COUNT [WIDTH HEIGHT]
images()
{
    local k
    mkdir -p "$1/image" "$1/label"
    for ((k = 0; k < $2; k++)); do
        "$helper" png grey "${3:-24}" "${4:-32}" $k "$1/image/$k.png"
        "$helper" png mask "${3:-24}" "${4:-32}" $((100 + k)) "$1/label/$k.png"
    done
}

few='segmentation(width=2,crop=16,batch=2,train=2,validation=1,test=1)'

test_segmentation_reads_a_folder()
{
    images data 4
    finishes run "$few" --data data --method linear,mgda --steps 20 --quiet --out a
    json_is data data a/manifest.json
    cp -r data same
    "$helper" png grey 20 20 1 same/image/4.png # beyond what is needed
    finishes run "$few" --data same --method linear,mgda --steps 20 --quiet --out b
    cmp -s a/steps.csv b/steps.csv || fail 'the folder matters'
    [ "$(json data_fingerprint a/manifest.json)" = "$(json data_fingerprint b/manifest.json)" ] ||
        fail 'fingerprints of the same data'
    # one pixel is another: the study can't go on with it
    "$helper" png grey 24 32 77 data/image/3.png
    cp -r a before
    refused 2 'a/study.db: begun with other data (fingerprint *; now *)' run --resume a
    same_study before a
    rm -rf data
    refused 2 'data: No such file' run --resume a
    same_study before a
    finishes run --resume b
    finishes run 'segmentation(train=2,validation=1,test=1,crop=16,batch=2)' --quick \
        --data same --method linear --steps 2 --quiet --out q
    json_is data same q/manifest.json
}

# bad_data PATTERN COMMAND...: done to a good folder, it is refused, with a line that names
# the file, and before there is a result folder.
bad_data()
{
    local pattern=$1
    shift
    rm -rf data
    cp -r good data
    "$@"
    refused 2 "$pattern" run "$few" --data data --method linear --steps 2 --out a
    nothing_left
}

test_segmentation_bad_data()
{
    images good 4
    refused 2 'nowhere: No such file' run "$few" --data nowhere --method linear --out a
    refused 2 'good/image/0.png: not a folder' \
        run "$few" --data good/image/0.png --method linear --out a
    refused 2 'value has to be not empty' run "$few" --data '' --method linear --out a
    bad_data 'data/label: No such file' rm -r data/label
    bad_data 'data/image/3.png: missing; 4 images are needed, and 3 of them are there' \
        rm data/image/3.png
    bad_data 'data/label/2.png: missing; the image of that name has no mask' \
        rm data/label/2.png
    bad_data 'data/label/1.png: 24 x 28 pixels (width x height); its image has 24 x 32' \
        "$helper" png mask 24 28 1 data/label/1.png
    bad_data 'data/image/2.png: 28 x 32 pixels (width x height); the first image has 24 x 32' \
        "$helper" png grey 28 32 1 data/image/2.png
    bad_data 'data/image/1.png: *16' "$helper" png grey16 24 32 1 data/image/1.png
    bad_data 'data/image/1.png: *colour' "$helper" png rgb 24 32 1 data/image/1.png
    bad_data 'data/label/3.png: *16' "$helper" png grey16 24 32 1 data/label/3.png
    bad_data 'data/label/0.png: *colour' "$helper" png rgb 24 32 1 data/label/0.png
    bad_data 'data/image/3.png: *' truncate -s 300 data/image/3.png
    bad_data 'data/label/3.png: *' truncate -s 60 data/label/3.png
    bad_data 'data/label/3.png: *' truncate -s 0 data/label/3.png
    bad_data 'data/image/0.png: *PNG' cp "$source_root/README.md" data/image/0.png
    bad_data 'data/label/2.png: the mask is all membrane' \
        "$helper" png black 24 32 1 data/label/2.png
    bad_data 'data/label/2.png: the mask is all cell' \
        "$helper" png white 24 32 1 data/label/2.png
    bad_data 'data/image/2.png: all pixels are 255: no contrast' \
        "$helper" png white 24 32 1 data/image/2.png
    rm -r good
    images good 4 26 32
    bad_data 'data/image/0.png: 26 x 32 pixels (width x height); both have to be divisible by 4' :
    rm -r good
    images good 4 24 12
    bad_data 'crop=16 is larger than the images (12 x 24)' :
}

# ---- what is refused -------------------------------------------------------------------

# bad PATTERN ARGUMENT...: of a run of $tiny
bad()
{
    local pattern=$1
    shift
    refused 2 "$pattern" run "$tiny" --out a "$@"
    nothing_left
}

test_segmentation_bad_options()
{
    local option
    for option in starts points preferences tolerance start-kind reference; do
        bad "--$option means nothing for $tiny, a learning task" --method linear --$option 3
    done
    for option in '--data x' '--scales both' --quick; do
        # shellcheck disable=SC2086  # words
        refused 2 "${option%% *} means nothing for zdt1, which is no learning task" \
            run zdt1 --method mgda $option
    done
    bad '--scales all is not one or both' --scales all
    bad "'gif'" --format gif
    bad 'armijo searches' --step-rule armijo
    bad 'option --steps 0' --steps 0
    bad '1000001 steps: a run has from 1 to 1000000' --steps 1000001
    bad 'steps: a run has from 1 to 1000000' --steps 4611686018427387904
    bad '--steps 99999999999999999999' --steps 99999999999999999999
    bad 'past the last seed' --seed 9223372036854775807 --seeds 2
    bad '--part 0/2' --part 0/2
    bad "unknown method 'mgdo'*mgda" --method linear,mgdo
    bad 'the method mgda is given twice' --method mgda,linear,mgda
    bad 'weights has 3 entries for 2 objectives' --method 'linear(weights=1:2:3)'
    bad 'gradnorm*shard=99' --method 'gradnorm(shard=99)'
    bad 'moo-svgd moves a set' --method moo-svgd
    bad 'cr-mogm wraps 1 method, 0 given' --method cr-mogm
    bad 'trimmed-mean: option trim=1 leaves none of 2 gradients' --method trimmed-mean
    check 2 run "$tiny" --method all,mgda --out a
    grep -q 'the method mgda is given twice' err || fail "$(<err)"
    nothing_left
    for option in width=0 crop=30 size=30 train=0 batch=99 crop=256 dice=perhaps; do
        refused 2 "segmentation: *$option" run "segmentation($option)" --quick --out a
    done
    refused 2 "unknown option of segmentation 'wide'*'width'" run 'segmentation(wide=3)'
    refused 2 'segmentation is a learning task, which runs alone' \
        run segmentation,zdt1 --method mgda
    refused 2 'segmentation(width=4) is a learning task, which runs alone' \
        run 'zdt1,segmentation(width=4)' --method mgda
}

# A network that needs more than the machine has is refused before it is used.
test_segmentation_memory()
{
    check 1 run 'segmentation(width=64,crop=512,batch=256,train=16,validation=1,test=1)' \
        --method linear
    [[ $(<err) == *memory* || $(<err) == *'more than this machine has'* ]] ||
        fail "$(head -c 400 err)"
}

# A sanitizer's memory can't be limited.
test_segmentation_too_large()
{
    local code=0
    ! grep -q __asan_init "$program" || skip 'under a sanitizer'
    called='run, 4 GB of memory'
    (
        ulimit -v 4000000
        "$program" run 'segmentation(size=4096,train=10000)' --out a >out 2>err
    ) || code=$?
    [ $code = 1 ] || fail "exit code $code"
    one_line '10010 images of 4096 x 4096 pixels (width x height) are too large for the memory'
    nothing_left
}

test_segmentation_resume_refused()
{
    finishes run "$tiny" --method linear --steps 6 --quiet --out b
    cp -r b before
    refused 2 '--steps is the study' run --resume b --steps 7
    refused 2 'b/study.db: of another study' run "$tiny" --method linear --steps 7 --resume b
    refused 2 'b/study.db: of another study' run "$short" --method linear --steps 6 --resume b
    refused 2 'b/study.db: of another study' run zdt1 --method linear --steps 6 --resume b
    refused 2 'begun by `codescent run`' reproduce --resume b
    same_study before b
    finishes run zdt1 --method linear --steps 6 --starts 1 --out z
    refused 2 'z/study.db: of another study' run "$tiny" --method linear --steps 6 --resume z
    "$helper" set b/study.db "UPDATE run SET result = x'0102'"
    check 1 run --resume b
    one_line 'the stored result of linear, seed 0, is damaged'
    # counts that go beyond what there is room for
    cp before/study.db b/study.db
    "$helper" set b/study.db "UPDATE run SET result = x'ffffff7f00000000' || substr(result, 9)"
    check 1 run --resume b
    one_line 'the stored result of linear, seed 0, is damaged'
    cp before/study.db b/study.db
    finishes run --resume b
    same_study before b
}

test_segmentation_read_only()
{
    local code=0
    chmod a+rx .
    as_reader "$program" --version >out 2>err || skip 'nobody else may run the program'
    finishes run "$tiny" --method linear --steps 6 --quiet --out b
    chmod -R a+rX-w b
    cp -r b before
    as_reader "$program" run --resume b >out 2>err || code=$?
    [ $code = 2 ] || fail "exit code $code"
    one_line 'b/study.db: Permission denied'
    code=0
    mkdir closed
    chmod a+rx-w closed
    as_reader "$program" run "$tiny" --method linear --steps 6 --out closed/a >out 2>err || code=$?
    [ $code = 2 ] || fail "exit code $code"
    one_line 'closed/a: *Permission denied'
    chmod -R u+w b before closed
    diff -r b before >differences || fail "$(head -c 400 differences)"
}

# ---- runs that fail --------------------------------------------------------------------

# One line a method; the others are whole, and the table says what is missing.
test_segmentation_failed_runs()
{
    has_gnuplot
    check 1 run "$tiny" --method 'linear,uncertainty(init=-700, output=native)' --seeds 2 \
        --steps 12 --quiet --out a
    one_line 'uncertainty(init=-700, output=native): 2 of 2 runs failed; seed 0: step 1: '
    [ "$(grep -c '^linear,[01],finished' a/runs.csv)" = 2 ] || fail 'linear has not finished'
    grep '^"uncertainty' a/runs.csv | grep -q ',failed,,,,,,,,,,,"\?step 1: ' || fail "$(<a/runs.csv)"
    json_is complete true a/manifest.json
    [ -s a/spread.png ] && [ -s a/samples.png ] || fail 'no figures of the others'
    check 1 run "$tiny" --method linear --step-rule 'constant(step=1e30)' --steps 12 --out b
    one_line 'linear: 1 of 1 runs failed; seed 0: step 2: the loss focal is nan: the training diverged'
    [ ! -e b/spread.png ] || fail 'a figure of nothing'
    grep -q '^linear  *-  .*-  *[0-9.]*$' out || fail "$(grep ^linear out)"
}

run_tests
