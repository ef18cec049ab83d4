#!/usr/bin/env bash
# Enlarges images of 14x14 pixels to 28x28 by fixed filters and by filters that are fitted, and compares with the originals.
#   run.sh           a minute; results.csv, about.json and picture.png beside this file, arrays in results/small_to_big
#   run.sh --quick   few drawn images and two steps of fitting; all in results/small_to_big_quick
#   FSCONV=PROGRAM run.sh ...  instead of build/release/fsconv
# shellcheck source=SCRIPTDIR/../setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../setup.sh"
"$python" "$here/analyse.py" "$work" --output "$output" ${quick:+--quick}
