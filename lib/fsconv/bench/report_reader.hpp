// The file of timings, read back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <string>
#include <vector>

namespace fsconv::bench {

// An item as its row says it; what the kind of timing does not have is empty or NaN.
struct RecordedItem {
  std::string work;  // the geometry's name, or the workload's
  std::string geometry_case, op, form, isa, algorithm, tiles, precision, status, note;
  Index threads = 0;
  double median = 0, minimum = 0, spread = 0;  // seconds, seconds, 1
  double rate = 0;                             // GFLOP/s, or what is counted per second
  double fraction_of_peak = 0, times_floor = 0;
};

struct RecordedTimings {
  std::string what;       // conv, matrix, train or verify
  std::string rate_unit;  // of RecordedItem::rate: GFLOP/s, images/s or checks/s
  Index batch = 0;        // images of a call; 0: not said
  Index threads = 0;
  std::vector<RecordedItem> items;
};

// IoError; BadData, naming the file and the object, if it is no such file (those of --what scale are none), was changed since it was written, or it
// contradicts itself: columns of other lengths, numbers that nothing takes, or that the others do not make.
RecordedTimings read_timings(const std::string& path);
RecordedTimings read_timings(const hdf5::File& file);

}  // namespace fsconv::bench
