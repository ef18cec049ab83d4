#!/usr/bin/env bash
# Compares the model of docs/scale.md with steps of training that were measured: on 2 and 4 ranks of this machine, over shared memory, and on 2
# and 4 over links of chosen latency between network namespaces. Then draws the efficiency that it predicts for up to 1024 ranks. Every run
# measures the constants and the steps beside each other.
# Writes results.csv and picture.png beside this file. Needs Open MPI, and for the namespaces root, ip(8) and /dev/net/tun; a machine that
# does nothing else; a minute.
#   run.sh            everything
#   run.sh --quick    fewer rounds, into results/scale_quick: shows that all of it works and nothing else
#   FSCONV=PROGRAM FSCONV_MPI=MODULE run.sh ...    instead of build/release/fsconv and the module beside it
# SPDX-License-Identifier: Apache-2.0
# shellcheck source=experiments/setup.sh
. "$(dirname "$0")/../setup.sh"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_mpi_yield_when_idle=1  # ranks that wait leave the processor to others
rounds=11 batches=128,256,1024
[[ -n $quick ]] && rounds=3 batches=128
mpirun=(mpirun --oversubscribe --bind-to none)
measure() { # NAME ranks... : the words after NAME start it
  local file=$work/$1.json; shift
  rm -f "$file"
  "$@" "$fsconv" bench --what scale --batch "$batches" --rounds "$rounds" --json > "$file"
}
given=(--latency 1 --bandwidth 1)  # without a partner there is no link to measure, and none is needed
"$fsconv" bench --what scale --batch "$batches" --rounds "$rounds" --ranks 1 "${given[@]}" --json > "$work/one.json"
for ranks in 2 4; do measure "shared-$ranks" "${mpirun[@]}" -n "$ranks"; done

fsconv=$(realpath "$fsconv")
if [[ $(id -u) == 0 && -e /dev/net/tun ]]; then
  g++ -O2 -std=c++20 "$here/relay.cpp" -o "$work/relay"
  for link in 200:1 2000:0.125; do  # microseconds:GB/s
    coproc relay { "$work/relay" 4 "${link%:*}" "${link#*:}"; }
    relay_input=${relay[1]} relay_id=$!
    read -r _ <&"${relay[0]}"
    for ranks in 2 4; do
      hosts=$(seq -s, -f 10.77.0.%g 1 "$ranks")
      measure "link-${link/:/-}-$ranks" ip netns exec fsscale0 "${mpirun[@]}" -n "$ranks" --host "$hosts" --map-by node \
        --mca plm_rsh_agent "$(realpath "$here/agent")" --mca btl tcp,self --mca pml ob1 --mca btl_tcp_if_include tun0 \
        --mca oob_tcp_if_include tun0 -x FSCONV_MPI -x OMPI_MCA_mpi_yield_when_idle
    done
    exec {relay_input}>&-
    wait "$relay_id"
  done
fi
# The links of the picture: shared memory as it was measured above, and two by their names (docs/scale.md says where the numbers are from).
read -r latency bandwidth < <("$python" "$here/compare.py" --link "$work/shared-2.json")
while read -r name latency bandwidth; do
  "$fsconv" bench --what scale --batch 128,4096,32768 --rounds "$rounds" --latency "$latency" --bandwidth "$bandwidth" --json > "$work/predicted-$name.json"
done <<LINKS
memory $latency $bandwidth
ethernet 20 2.9
infiniband 1.5 11.5
LINKS
"$python" "$here/compare.py" "$work" "$output"
