#!/usr/bin/env bash
# Trains the tied and the untied autoencoder and prints their test losses; needs build/release/fsconv. Two minutes on two cores.
#   run.sh [more options of fsconv train]
#   FSCONV=PROGRAM run.sh                    instead of build/release/fsconv
set -euo pipefail
cd "$(dirname "$0")/../.."
fsconv=${FSCONV:-build/release/fsconv}
mkdir -p results
for run in tied untied; do
  "$fsconv" train "--$run" --epochs 10 --seed 0 --output "results/$run.h5" --force --json "$@" | tee "results/$run.jsonl"
done
/usr/bin/python3 - results/tied.jsonl results/untied.jsonl <<'END'
import json, sys
tied, untied = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
print("test loss, nats per image\nepoch    tied  untied")
for a, b in zip(tied, untied):
    print(f"{a['epoch']:5} {a['test_loss']:7.2f} {b['test_loss']:7.2f}")
END
