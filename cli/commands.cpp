// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

namespace fsconv::cli {

std::span<const Command> commands() {
  static const Command list[] = {
      shape_command(),       matrix_command(), apply_command(),    draw_command(),   verify_command(),
      data_command(),        train_command(),  evaluate_command(), encode_command(), decode_command(),
      reconstruct_command(), smooth_command(), export_command(),   import_command(), log_command(),
      report_command(),      bench_command(),  merge_command(),    doctor_command(), tour_command()};
  return list;
}

}  // namespace fsconv::cli
