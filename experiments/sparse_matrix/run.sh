#!/usr/bin/env bash
# Builds W of ic16oc32i64x64o32x32k4s2p1 with fsconv, Armadillo's batch constructor and scipy in turn, five times, and
# prints the ratios. Needs scripts/test to have installed the packages and built build/release/fsconv.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fsconv=$here/../../build/release/fsconv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -O3 -std=c++20 -DARMA_64BIT_WORD "$here/armadillo_batch.cpp" -larmadillo -o "$work/armadillo_batch"

echo "round  fsconv: build  W x  W^T y   Armadillo: build   scipy: build  W x  W^T y   (ns per nonzero)   build ratios"
for round in 1 2 3 4 5; do
  ours=$("$fsconv" matrix --case ic16oc32i64x64o32x32k4s2p1 | awk '/ns per nonzero/ { print $(NF-3) }' | xargs)
  armadillo=$("$work/armadillo_batch")
  scipy=$(/usr/bin/python3 "$here/scipy_coo.py")
  echo "$round $ours $armadillo $scipy" |
    awk '{ printf "%5d  %13s %5s %6s   %16s   %13s %5s %6s   %25.1f %.1f\n", $1, $2, $3, $4, $5, $6, $7, $8, $5/$2, $6/$2 }'
done
