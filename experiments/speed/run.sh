#!/usr/bin/env bash
# Trains the tied autoencoder with fsconv and with PyTorch in turn, on one and on two threads, and prints speeds and ratios;
# writes results/DATE.csv beside this file. Needs scripts/test to have installed the packages and built build/release/fsconv,
# and a machine that does nothing else. Below six minutes.
#   run.sh             speeds
#   run.sh losses      test losses of three epochs, three seeds
#   FSCONV=PROGRAM     instead of build/release/fsconv
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fsconv=${FSCONV:-$here/../../build/release/fsconv}
if [ "${1:-speed}" = losses ]; then exec /usr/bin/python3 "$here/compare.py" losses "$fsconv"; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -O3 -std=c++20 -march=native -pthread "$here/peak.cpp" -o "$work/peak"
mkdir -p "$here/results"
/usr/bin/python3 "$here/compare.py" speed "$fsconv" "$work/peak" "$here/results/$(date +%F).csv"
