#!/bin/bash
# SPDX-License-Identifier: MIT
# What an unlucky user of `codescent run segmentation` meets: divergence, a store that has
# changed, other data.
source "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

small='segmentation(width=1, crop=8, batch=2, train=1, validation=1, test=1, size=16)'

begin()
{
    good run "$small" --steps 20 --quiet --method "$@"
}

# The last step is followed by no batch: what it did is seen on other data.
test_segmentation_diverges_in_the_last_step()
{
    check 1 run "$small" --steps 1 --method linear --optimizer 'constant(step=1e300)' --out a --quiet
    one_line 'linear: 1 of 1 runs failed; seed 0: step 1: the loss focal of the held-out data is'
    grep -q '^linear,0,failed,' a/runs.csv || fail "$(<a/runs.csv)"
    check 1 run "$small" --steps 9 --method linear,mgda --optimizer 'constant(step=1e300)' --out b --quiet
    grep -q 'mgda: 1 of 1 runs failed; seed 0: step 2: the loss focal is nan' err || fail "$(<err)"
}

test_segmentation_steps_and_parts()
{
    refused 2 '9000000000000000000 steps: a run has from 1 to 1000000' \
        run "$small" --steps 9000000000000000000 --method linear
    local part
    for part in '1/ 2' +1/2 1/2x 4294967297/4294967298 1/9999999999999 1/ /2 0/1; do
        refused 2 'wanted is I/N' run "$small" --method linear --part "$part"
    done
    refused 2 'segmentation is a learning task, which runs alone' \
        run segmentation,segmentation --method linear
    good run " $small" --steps 1 --method linear --out a --quiet
}

test_segmentation_other_data()
{
    begin linear,mgda --part 1/2 --out a
    begin linear,mgda --part 2/2 --out b
    good merge a b --out c
    "$helper" set b/study.db "UPDATE about SET value = 'f00' WHERE key = 'data'"
    refused 2 'b/study.db: begun with other data (fingerprint f00; now' run --resume b
    refused 2 'b: of other data than a' merge a b --out d
    [ ! -e d ] || fail 'a folder of it all the same'
    "$helper" set c/study.db "UPDATE about SET value = 'f00' WHERE key = 'data'"
    refused 2 'c/study.db: begun with other data' run --resume c
    good run --resume a
}

# One bit of a result, of a row's key: found. A checkpoint that has changed is as none.
test_segmentation_changed_store()
{
    local file at
    begin linear,mgda --out whole
    cp -r whole a
    "$helper" set a/study.db "UPDATE run SET result = substr(result, 1, 20) || x'01' || substr(result, 22) WHERE id = 2"
    check 1 run --resume a --quiet
    one_line 'the stored result of mgda, seed 0, is damaged'
    cp -r whole b
    "$helper" set b/study.db "UPDATE run SET state = 'waiting', checkpoint = result, result = NULL, progress = 8 WHERE id = 1"
    good run --resume b --quiet
    for file in runs marks steps units; do
        cmp -s whole/$file.csv b/$file.csv || fail "$file.csv differs"
    done
    cp -r whole c # in a table or in its index, not in both
    at=$(grep -obUa '"method":"mgda"' c/study.db | head -1)
    printf x | dd of=c/study.db bs=1 seek="${at%%:*}" conv=notrunc status=none
    refused 2 'c/study.db: damaged' results c
    refused 2 'c/study.db: damaged' run --resume c
}

run_tests
