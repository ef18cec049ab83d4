#!/usr/bin/env bash
# Random filters, and decoders that are trained, smoothed and trained on: how uneven are their images of flat codes?
#   run.sh           3 minutes; results.csv, about.json and pictures beside this file, runs in results/checkerboards
#   run.sh --quick   few drawn images; all in results/checkerboards_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"

settings=(--untied --latent 0 --likelihood mse --learning-rate 2e-3)
if [[ $quick ]]; then
  settings+=(--data generated --train-images 300 --test-images 50 --channels "4,8") seeds="0" last=2
else
  settings+=(--data fashion-mnist --train-images 10000 --test-images 1000 --channels "8,16") seeds="0 1 2" last=6
fi
declare -A decoders=([taps3]="--kernel 3" [taps4]="--kernel 4" [taps5]="--kernel 5" [subpixel]="--decoder subpixel" [resize]="--decoder resize")
for seed in $seeds; do
  for decoder in taps3 taps4 taps5 subpixel resize; do
    run=$work/$decoder-$seed
    # shellcheck disable=SC2086  # several options
    "$fsconv" train "${settings[@]}" ${decoders[$decoder]} --seed "$seed" --epochs "$last" --output "$run.h5" --force
  done
  # The repair of what is trained.
  for decoder in taps3 taps4 taps5; do
    for onto in equal-sums resize; do
      "$fsconv" smooth "$work/$decoder-$seed.h5" --onto "$onto" --output "$work/$decoder-$onto-$seed.h5" --force
    done
    # A little more training of what was repaired, and as much of what was not.
    for state in "$decoder" "$decoder-equal-sums"; do
      cp "$work/$state-$seed.h5" "$work/$state-more-$seed.h5"
      "$fsconv" train --resume "$work/$state-more-$seed.h5" --epochs $((last + 1))
    done
  done
  # Equal phases at the start.
  for decoder in taps4 subpixel; do
    "$python" "$here/icnr.py" "$work/$decoder-$seed.h5" --seed "$seed" --output "$work/$decoder-icnr-$seed.npz"
    # shellcheck disable=SC2086  # several options
    "$fsconv" train "${settings[@]}" ${decoders[$decoder]} --seed "$seed" --epochs "$last" --init "$work/$decoder-icnr-$seed.npz" \
      --output "$work/$decoder-icnr-$seed.h5" --force
  done
  # Equal sums after the first epoch, then trained as long as the others.
  run=$work/evenstart-$seed
  "$fsconv" train "${settings[@]}" --kernel 4 --seed "$seed" --epochs 1 --output "$run-first.h5" --force
  "$fsconv" smooth "$run-first.h5" --output "$run.h5" --force
  "$fsconv" train --resume "$run.h5" --epochs "$last"
done
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
