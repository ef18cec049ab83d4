#include <fsconv/base/text.hpp>
#include <fsconv/bench/precision.hpp>

namespace fsconv::bench {

std::string_view name(Precision precision) {
  switch (precision) {
    case Precision::fp64:
      return "fp64";
    case Precision::fp32:
      return "fp32";
    case Precision::bf16:
      return "bf16";
  }
  return "";
}

const std::vector<Precision>& timed_precisions() {
  static const std::vector<Precision> precisions = {Precision::fp32, Precision::bf16};
  return precisions;
}

Precision precision_named(std::string_view wanted) {
  std::vector<std::string> names;
  for (const Precision precision : timed_precisions()) {
    if (wanted == name(precision)) return precision;
    names.emplace_back(name(precision));
  }
  throw InvalidArgument("precision", fmt::format("'{}' is unknown", wanted), "use " + alternatives(names));
}

}  // namespace fsconv::bench
