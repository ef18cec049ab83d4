#!/usr/bin/env bash
# Undoes a blur and a layer's convolution by the transposed convolution, by least squares, Tikhonov and CGLS, with noise and without.
#   run.sh           a minute; results.csv, about.json and the pictures beside this file, matrices in results/deconvolution
#   run.sh --quick   a small image: 5 seconds; all in results/deconvolution_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
