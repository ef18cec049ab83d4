// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/half.hpp>
#include <fsconv/exchange/number_bytes.hpp>

namespace fsconv {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in memory");

constexpr std::size_t block_bytes = std::size_t{1} << 20;

float number_at(FloatKind kind, const std::byte* bytes) {
  if (kind == FloatKind::f64) {
    double value;
    std::memcpy(&value, bytes, sizeof value);
    return static_cast<float>(value);
  }
  std::uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  if (kind == FloatKind::f16) return static_cast<float>(half_to_double(bits));
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

}  // namespace

Tensor<float> read_floats(FloatKind kind, const Shape& shape, std::string_view where,
                          const std::function<void(std::span<std::byte>)>& read) {
  require_memory_for(where, stated_count(where, shape), sizeof(float));
  Tensor<float> values(shape);
  if (kind == FloatKind::f32) {
    read(std::as_writable_bytes(std::span(values.data(), static_cast<std::size_t>(values.size()))));
    return values;
  }
  const std::size_t each = bytes_of(kind), all = static_cast<std::size_t>(values.size());
  std::vector<std::byte> block(std::min(block_bytes, all * each));
  for (std::size_t at = 0; at < all;) {
    const std::size_t count = std::min(block.size() / each, all - at);
    read(std::span(block).first(count * each));
    for (std::size_t n = 0; n < count; ++n, ++at) {
      const float value = number_at(kind, block.data() + n * each);
      values[static_cast<Index>(at)] = value;
      if (double wide; kind == FloatKind::f64 && std::isinf(value)) {
        std::memcpy(&wide, block.data() + n * each, sizeof wide);
        if (!std::isinf(wide))
          throw BadData(where, fmt::format("holds {}", wide), "every number must fit a float");
      }
    }
  }
  return values;
}

}  // namespace fsconv
