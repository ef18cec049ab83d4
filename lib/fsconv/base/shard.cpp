// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/shard.hpp>
#include <fsconv/base/text.hpp>

namespace fsconv {

Shard parse_shard(std::string_view text) {
  const std::vector<std::string> numbers = split(text, '/');
  const auto legal = fmt::format("give I/N with 1 <= I <= N <= {}, such as 1/4", most_shards);
  if (numbers.size() != 2) throw InvalidArgument("shard", fmt::format("is '{}'", text), legal);
  const auto number = to_integer(numbers[0]), of = to_integer(numbers[1]);
  if (!number || !of || *of < 1 || *of > most_shards || *number < 1 || *number > *of)
    throw InvalidArgument("shard", fmt::format("is '{}'", text), legal);
  return {*number, *of};
}

}  // namespace fsconv
