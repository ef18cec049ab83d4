// What fsconv bench times, as its options name it: geometries, forms, models, instruction sets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/conv_bench.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/bench/verify_bench.hpp>
#include <fsconv/distributed/counters.hpp>
#include <string>
#include <vector>

#include "command.hpp"

namespace fsconv::cli {

// Each is a list of different entries, the usual one where its option is not given; `all` names every entry. InvalidArgument where
// an option names something else, or has nothing to say here.
std::vector<bench::NamedGeometry> geometries_of(const Options& options);  // --set, --case, --input-size ...
std::vector<Op> ops_of(const Options& options);
std::vector<bench::Contender> contenders_of(
    const Options& options);                                // --form, --mutant, and what they compute with
std::vector<Witness> witnesses_of(const Options& options);  // --form and --mutant of --what verify
std::vector<std::string> training_forms_of(const Options& options);
std::vector<bench::TrainWorkload> workloads_of(const Options& options);  // --set of training
std::vector<engine::Isa> isas_of(const Options& options);
std::vector<engine::Algorithm> algorithms_of(const Options& options);
std::vector<Precision> precisions_of(const Options& options);
std::vector<int> thread_list(const Options& options);

// Numbers from 1 to `most`; none where the option is not given.
std::vector<Index> different_numbers(const Options& options, const char* option, Index most);

// The link of a process that has nobody to send to: --latency and --bandwidth.
Link given_link(const Options& options);

}  // namespace fsconv::cli
