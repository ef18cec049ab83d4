// The file of fsconv bench --what scale, read back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <string>
#include <vector>

namespace fsconv::bench {

// A step of training as its row says it: predicted, and measured where so many ranks took part (NaN elsewhere). Seconds, but for
// images a second and the efficiency.
struct RecordedStep {
  std::string workload, isa, algorithm, precision, limit;
  Index batch = 0, blocks = 0, ranks = 0;
  double predicted = 0, without_overlap = 0, measured = 0, measured_without_overlap = 0;
  double per_second = 0, efficiency = 0;
};

struct RecordedScale {
  double latency = 0, bandwidth = 0;  // seconds, bytes per second
  Index measured_between = 1;         // ranks that the link was measured between; 1: it was given
  Index threads = 0;                  // of a rank
  std::vector<RecordedStep> steps;    // by model, way to compute it, batch and ranks
};

// Whether a file of fsconv bench is of --what scale, and so for read_scale() and not for read_timings().
bool is_scale(const hdf5::File& file);

// IoError; BadData, naming the file and the object, if it is no such file, was changed since it was written, or it
// contradicts itself: columns of other lengths, numbers that nothing takes, or that the others do not make.
RecordedScale read_scale(const std::string& path);
RecordedScale read_scale(const hdf5::File& file);

}  // namespace fsconv::bench
