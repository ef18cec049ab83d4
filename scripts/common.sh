# What scripts/quickstart and scripts/test share: where the project is, and how its packages are installed.
# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

# packages GROUP... : the names of these groups of scripts/packages
packages() {
  awk -v groups=" $* " '/^# .*:$/ { group = $2; sub(":", "", group); next } /^#/ || /^$/ { next }
                        index(groups, " " group " ") { print }' "$project/scripts/packages"
}

# install GROUP... : makes sure that the packages of these groups are there
install() {
  local wanted missing
  mapfile -t wanted < <(packages "$@")
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This system has no apt. Install what these Debian 12 packages contain, then build with cmake --preset release:" >&2
    printf '  %s\n' "${wanted[@]}" >&2
    exit 1
  fi
  mapfile -t missing < <(for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done)
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Installing needs root, and there is no sudo. As root, run:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "== installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET] : configures and builds, using ccache where it is installed, and the headers that most files
# share parsed once
build() {
  local preset=$1 target=${2:-all}
  local launcher=(-DFSCONV_PRECOMPILE_HEADERS=ON)
  if command -v ccache >/dev/null; then launcher+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  export CCACHE_SLOPPINESS=pch_defines,time_macros  # without it ccache does not keep what a precompiled header is in
  export CCACHE_BASEDIR=$project CCACHE_NOHASHDIR=1  # and not for another checkout of the same sources
  echo "== building ($preset)"
  cmake -S "$project" --preset "$preset" "${launcher[@]}" "${@:3}" >/dev/null
  cmake --build "$project/build/$preset" --target "$target" -j "$jobs"
}
