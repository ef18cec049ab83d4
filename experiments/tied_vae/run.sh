#!/usr/bin/env bash
# Trains variational autoencoders that are tied, tied with gains, and untied, three seeds each, evaluates them on the same test images
# and prints the tables of README.md. Needs build/release/fsconv, python3-h5py and, for the picture, python3-matplotlib.
#   run.sh           about 40 minutes on two cores; runs and pictures go to results/tied_vae; results.csv, differences.csv and
#                    picture.png beside this file
#   run.sh --quick   a minute: small models, few drawn images, one seed; all in results/tied_vae_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
#   PRECISION=bf16 run.sh ...  multiplies in bf16: about three times as fast where the processor has AMX, slower elsewhere
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
if [[ ${FSCONV:-} == */* ]]; then FSCONV=$(realpath "$FSCONV"); fi  # from where it was said
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
fsconv=${FSCONV:-build/release/fsconv}
precision=${PRECISION:-fp32}

if [[ ${1:-} == --quick && $# -eq 1 ]]; then
  folder=results/tied_vae_quick tables=$folder seeds="0" samples=20 traversed=3
  settings=(--data generated --train-images 1000 --validation 200 --test-images 200 --channels "8,16" --latent 8 --epochs 3
            --beta-warmup 1)
elif [[ $# -eq 0 ]]; then
  folder=results/tied_vae tables=$here seeds="0 1 2" samples=1000 traversed=6
  settings=(--data fashion-mnist --validation 10000 --latent 40 --epochs 25 --beta-warmup 5)
else
  sed -n '2,7s/^# //p' "$here/run.sh" >&2
  exit 2
fi
settings+=(--precision "$precision" --model vae --schedule cosine --learning-rate 2e-3)
declare -A options=([tied]="--tied" [gain]="--tied --gain" [untied]="--untied")

mkdir -p "$folder"
for seed in $seeds; do
  for variant in tied gain untied; do
    run=$folder/$variant-$seed.h5
    echo "$variant, seed $seed"
    # shellcheck disable=SC2086  # several options
    "$fsconv" train "${settings[@]}" ${options[$variant]} --seed "$seed" --output "$run" --force
    "$fsconv" evaluate "$run" --importance-samples "$samples" --precision "$precision" --output "$folder/$variant-$seed-eval.h5" --force
  done
done

for variant in gain untied; do
  run=$folder/$variant-0.h5
  units=$(/usr/bin/python3 "$here/analyse.py" units "$folder/$variant-0-eval.h5" --count "$traversed")
  "$fsconv" decode "$run" --sample 64 --output "$folder/$variant-samples.png"
  "$fsconv" decode "$run" --traverse "$units" --output "$folder/$variant-traverse.png"
  "$fsconv" reconstruct "$run" --output "$folder/$variant-reconstruct.png"
done
/usr/bin/python3 "$here/analyse.py" tables "$folder" --output "$tables"
