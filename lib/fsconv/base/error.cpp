// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/index.hpp>

namespace fsconv {
namespace {

// Each part may repeat what a file, an option or another program says; none may push the others out of sight.
std::string sentence(std::string_view subject, std::string_view problem, std::string_view legal = {}) {
  constexpr std::size_t longest_subject = 200, longest_part = 500;
  const std::string text =
      fmt::format("{}: {}", one_line(subject, longest_subject), one_line(problem, longest_part));
  return legal.empty() ? text : fmt::format("{}; {}", text, one_line(legal, longest_part));
}

}  // namespace

Error::Error(ExitCode code, const std::string& message)
    : std::runtime_error(printable(message)), code_(code) {}

InvalidArgument::InvalidArgument(std::string_view field, std::string_view problem, std::string_view legal)
    : Error(ExitCode::usage, sentence(field, problem, legal)), field_(field) {}

BadData::BadData(std::string_view where, std::string_view problem, std::string_view legal)
    : Error(ExitCode::bad_data, sentence(where, problem, legal)) {}

IoError::IoError(std::string_view path, std::string_view reason)
    : Error(ExitCode::io, sentence(path, reason)) {}

IoError IoError::from_errno(std::string_view path, std::string_view action) {
  const int code = errno;
  return IoError(path, fmt::format("cannot {}: {}", action, std::strerror(code)));
}

Index element_count(const Shape& shape, const char* what) {
  Index count = 1;
  for (Index extent : shape) {
    if (extent < 0) throw InvalidArgument(what, fmt::format("has a negative extent {}", extent));
    const auto product = checked_multiply(count, extent);
    if (!product) throw InvalidArgument(what, "has more elements than a 64-bit number can count");
    count = *product;
  }
  return count;
}

}  // namespace fsconv
