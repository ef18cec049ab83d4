# What every run.sh of this folder begins with: where things are, and whether this is to be quick. Sourced, never run.
#   fsconv   the program: $FSCONV, or build/release/fsconv
#   python   Debian's, which has numpy, h5py and matplotlib (apt: python3-numpy python3-h5py python3-matplotlib)
#   here     the experiment's folder
#   quick    1 or empty
#   work     where runs and arrays go: results/NAME, or results/NAME_quick
#   output   where results.csv, about.json and the pictures go: the experiment's folder, or with --quick $work
# It ends with the first command that fails, and from the project's top folder: paths in about.json are the same for all.
# shellcheck shell=bash disable=SC2034  # used where this is sourced
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
if [[ ${FSCONV:-} == */* ]]; then FSCONV=$(realpath "$FSCONV"); fi  # from where it was said
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
fsconv=${FSCONV:-build/release/fsconv}
python=/usr/bin/python3
name=$(basename "$here")
if [[ $# -eq 0 ]]; then
  quick="" work=results/$name output=$here
elif [[ $# -eq 1 && $1 == --quick ]]; then
  quick=1 work=results/${name}_quick output=$work
else
  sed -n '2,/^[^#]/{/^# shellcheck/d;/^# SPDX-/d;s/^# \{0,1\}//p}' "$here/run.sh" >&2
  exit 2
fi
mkdir -p "$work"
# One thread of BLAS: its threads wait by spinning, which costs more than they gain where a processor is shared.
export FSCONV=$fsconv PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1
