// In which numbers a contender multiplies.
#pragma once

#include <string_view>
#include <vector>

namespace fsconv::bench {

// Doubles and floats, summed as what they are, and BFloat16, summed as floats.
enum class Precision { fp64, fp32, bf16 };

std::string_view name(Precision precision);

// What forms are timed in: fp32 and bf16.
const std::vector<Precision>& timed_precisions();

// Of timed_precisions(). Throws InvalidArgument that lists the names.
Precision precision_named(std::string_view name);

}  // namespace fsconv::bench
