// The subcommands, one per file of its name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.hpp"

namespace fsconv::cli {

Command shape_command();
Command matrix_command();
Command apply_command();
Command draw_command();
Command verify_command();
Command merge_command();
Command data_command();
Command train_command();
Command evaluate_command();
Command encode_command();
Command decode_command();
Command reconstruct_command();
Command smooth_command();
Command export_command();
Command import_command();
Command log_command();
Command report_command();
Command bench_command();
Command doctor_command();
Command tour_command();

}  // namespace fsconv::cli
