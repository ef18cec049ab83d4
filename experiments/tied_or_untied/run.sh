#!/usr/bin/env bash
# Trains the tied and the untied autoencoder and prints their test losses; needs build/release/fsconv and nothing else. Two
# minutes on two cores.
#   run.sh [more options of fsconv train]
#   FSCONV=PROGRAM run.sh                    instead of build/release/fsconv
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
if [[ ${FSCONV:-} == */* ]]; then FSCONV=$(realpath "$FSCONV"); fi  # from where it was said
cd "$(dirname "$0")/../.."
fsconv=${FSCONV:-build/release/fsconv}
mkdir -p results
for run in tied untied; do
  "$fsconv" train "--$run" --epochs 10 --seed 0 --output "results/$run.h5" --force --json "$@" | tee "results/$run.jsonl"
done

# number NAME: the values of that name, one from each line of JSON
number() { sed -E "s/.*\"$1\":([-+0-9.e]+).*/\1/"; }
echo "test loss, nats per image"
echo "epoch    tied  untied"
paste <(number epoch <results/tied.jsonl) <(number test_loss <results/tied.jsonl) \
  <(number test_loss <results/untied.jsonl) | while read -r epoch tied untied; do
  LC_ALL=C printf '%5d %7.2f %7.2f\n' "$epoch" "$tied" "$untied"
done
