// How the summary of a model stands on a page: a table of steps, and labelled lines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/index.hpp>
#include <fsconv/nn/model_words.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

std::string with_commas(Index number);  // 136929 -> 136,929

// A label, and behind it the text in as many lines as it needs.
std::string labelled(const std::string& label, const std::string& text);

struct SummaryRow {
  std::string number, what, in, out, name;
  std::optional<Index> learned;

  std::string learned_text() const { return learned ? with_commas(*learned) : ""; }
};

// Columns as wide as their texts, and what remains for the words.
class StepTable {
 public:
  explicit StepTable(const std::vector<SummaryRow>& rows);

  std::string head() const;
  std::string text(const SummaryRow& row) const;

 private:
  std::size_t sizes() const;  // what values take: in -> out

  std::size_t number_ = 1, what_ = 4, in_ = 2, out_ = 2, name_ = 6, learned_ = 7;
};

}  // namespace fsconv
