#!/usr/bin/env bash
# Convolves a signal and an image with the strides 1/2, 2/3 and 3/2, and the same with zeros inserted between their samples.
#   run.sh           10 seconds; results.csv, about.json and picture.png beside this file, arrays in results/fractional_stride
#   run.sh --quick   a drawn image and two forms instead of eight; all in results/fractional_stride_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
