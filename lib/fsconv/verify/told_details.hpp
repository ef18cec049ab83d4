// Which checks of a report say why: those that say something new.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <set>
#include <string>
#include <tuple>

namespace fsconv {

// Failures keep their details, and so do the first refutation and the first skip of each claim, form and method: thousands of equal
// ones say nothing. To be asked in the order of the report.
class ToldDetails {
 public:
  bool keeps(Index claim, Index form, Index method, bool failed, bool skipped, const std::string& detail) {
    return failed || detail.empty() || told_.insert({claim, form, method, skipped}).second;
  }

 private:
  std::set<std::tuple<Index, Index, Index, bool>> told_;
};

}  // namespace fsconv
