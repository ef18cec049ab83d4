#!/usr/bin/env bash
# Trains small autoencoders, tied, tied with gains and untied, and looks at W of their layers after several epochs.
#   run.sh           5 minutes; results.csv, about.json and picture.png beside this file, runs in results/shared_weights
#   run.sh --quick   a few drawn images and one epoch; all in results/shared_weights_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"

# Epoch 0 is a run whose steps are so small that the weights stay what they were.
if [[ $quick ]]; then
  seeds="0" epochs="0 1"
  settings=(--data generated --train-images 500 --test-images 100 --channels "4,8" --latent 8)
else
  seeds="0 1 2" epochs="0 1 2 4 8 16 32"
  settings=(--data fashion-mnist --train-images 20000 --test-images 2000 --channels "16,32" --latent 32)
fi
declare -A options=([tied]="--tied" [gain]="--tied --gain" [untied]="--untied")
for seed in $seeds; do
  for variant in tied gain untied; do
    run=$work/$variant-$seed.h5
    for epoch in $epochs; do
      # shellcheck disable=SC2086  # several options
      case $epoch in
        0) "$fsconv" train "${settings[@]}" ${options[$variant]} --seed "$seed" --epochs 1 --learning-rate 1e-20 --output "$run" --force ;;
        1) "$fsconv" train "${settings[@]}" ${options[$variant]} --seed "$seed" --epochs 1 --output "$run" --force ;;
        *) "$fsconv" train --resume "$run" --epochs "$epoch" ;;
      esac >"$work/log.txt"
      cp "$run" "$work/$variant-$seed-epoch$epoch.h5"
    done
  done
done
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
