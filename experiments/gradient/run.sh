#!/usr/bin/env bash
# Compares the gradient of a loss of conv(x) by differences, and by PyTorch where it is installed, with conv_transpose.
#   run.sh           10 seconds; results.csv, about.json and picture.png beside this file, arrays in results/gradient
#   run.sh --quick   three geometries, without PyTorch; all in results/gradient_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
