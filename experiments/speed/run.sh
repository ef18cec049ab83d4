#!/usr/bin/env bash
# Trains tied autoencoders, plain and variational, with fsconv and with PyTorch in turn, on one and on two threads, and prints
# speeds, ratios and peak memory, the last table as README.md has it;
# writes results/DATE.csv beside this file. Needs scripts/test to have installed the packages and built build/release/fsconv,
# and a machine that does nothing else: beside other work plain PyTorch on two threads can take minutes for a run. The speeds take
# 30 to 35 minutes.
#   run.sh [speed]             speeds
#   run.sh losses              test losses of three epochs, three seeds
#   ... --models ae28,ae64,vae28 --precisions fp32,bf16 --systems fsconv,tuned,plain --rounds 5 --minutes 30    or fewer
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fsconv=${FSCONV:-$here/../../build/release/fsconv}
command=speed
if [[ ${1:-} == speed || ${1:-} == losses ]]; then command=$1; shift; fi
if [ "$command" = losses ]; then exec /usr/bin/python3 "$here/compare.py" losses --fsconv "$fsconv" "$@"; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -O3 -std=c++20 -march=native -pthread "$here/peak.cpp" -o "$work/peak"
mkdir -p "$here/results"
/usr/bin/python3 "$here/compare.py" speed --fsconv "$fsconv" --peak "$work/peak" --csv "$here/results/$(date +%F).csv" "$@"
