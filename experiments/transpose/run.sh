#!/usr/bin/env bash
# Compares W, read from fsconv matrix, with what fsconv apply does to unit images, unit codes and random ones.
#   run.sh           5 seconds; results.csv, about.json and picture.png beside this file, arrays in results/transpose
#   run.sh --quick   two forms instead of seven; all in results/transpose_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
