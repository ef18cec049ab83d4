#!/usr/bin/env bash
# Trains the tied and the untied autoencoder and prints their test losses; needs scripts/quickstart to have run once.
set -euo pipefail
cd "$(dirname "$0")/../.."
fsconv=build/release/fsconv
mkdir -p results
"$fsconv" train --tied --epochs 10 --seed 0 --output results/tied.h5
"$fsconv" train --untied --epochs 10 --seed 0 --output results/untied.h5
for run in tied untied; do
  echo "$run test loss by epoch:"
  h5dump -d /test_loss -y -w 200 "results/$run.h5" | grep -E '^ +[0-9]'
done
