#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/index.hpp>

namespace fsconv {
namespace {

std::string sentence(std::string_view subject, std::string_view problem, std::string_view legal) {
  return legal.empty() ? fmt::format("{}: {}", subject, problem)
                       : fmt::format("{}: {}; {}", subject, problem, legal);
}

}  // namespace

InvalidArgument::InvalidArgument(std::string_view field, std::string_view problem, std::string_view legal)
    : Error(ExitCode::usage, sentence(field, problem, legal)), field_(field) {}

BadData::BadData(std::string_view where, std::string_view problem, std::string_view legal)
    : Error(ExitCode::bad_data, sentence(where, problem, legal)) {}

IoError::IoError(std::string_view path, std::string_view reason)
    : Error(ExitCode::io, fmt::format("{}: {}", path, reason)) {}

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
