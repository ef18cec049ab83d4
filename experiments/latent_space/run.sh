#!/usr/bin/env bash
# Trains a variational autoencoder with 2 numbers and one with 16, and looks around in their codes.
#   run.sh           3 minutes; results.csv, about.json and pictures beside this file, runs in results/latent_space
#   run.sh --quick   small models on drawn images; all in results/latent_space_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"

if [[ $quick ]]; then
  "$python" "$here/analyse.py" shapes "$work"
  settings=(--data "$work/shapes.npz" --channels "4,8" --epochs 2) seen=300
else
  settings=(--data fashion-mnist --train-images 20000 --channels "16,32" --epochs 20 --beta-warmup 2) seen=5000
fi
settings+=(--model vae --gain --schedule cosine --learning-rate 2e-3)
for numbers in 2 16; do
  run=$work/vae$numbers
  "$fsconv" train "${settings[@]}" --latent "$numbers" --output "$run.h5" --force
  "$fsconv" evaluate "$run.h5" --output "$run-eval.h5" --force
  "$fsconv" encode "$run.h5" --output "$run-codes.h5"
  "$fsconv" encode "$run.h5" --split train --images "$seen" --output "$run-train-codes.h5"
done

"$python" "$here/analyse.py" plane "$work"  # the codes of a grid
"$fsconv" decode "$work/vae2.h5" --codes "$work/plane.npy" --output "$work/plane-images.npy"
"$fsconv" decode "$work/vae16.h5" --sample 24 --output "$work/samples.npy"
"$fsconv" decode "$work/vae16.h5" --traverse "$("$python" "$here/analyse.py" units "$work")" --steps 9 --image 0 --output "$work/traverse.npy"
for pair in 0,1 2,3 4,5; do
  "$fsconv" decode "$work/vae16.h5" --interpolate "$pair" --steps 9 --output "$work/line-$pair.npy"
done
"$python" "$here/analyse.py" results "$work" --output "$output" ${quick:+--quick}
