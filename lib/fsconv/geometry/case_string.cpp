// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/stride.hpp>
#include <map>

namespace fsconv {
namespace {

constexpr std::string_view keys[] = {"ic", "oc", "g", "i", "o", "k", "s", "d", "p"};  // longer ones first

std::string field(std::string_view key) { return fmt::format("case {}", key); }

// The text behind every key, as it stands.
std::map<std::string, std::string, std::less<>> cut(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto key =
        std::find_if(std::begin(keys), std::end(keys), [&](auto k) { return text.starts_with(k); });
    if (key == std::end(keys))
      throw InvalidArgument("case", fmt::format("cannot be read from '{}'", text),
                            "write keys g ic oc i o k s d p with numbers, like ic1oc16i28x28o14x14k4s2p1");
    text.remove_prefix(key->size());
    const std::size_t end = std::min(text.find_first_not_of("0123456789-/x"), text.size());
    if (!values.emplace(*key, text.substr(0, end)).second)
      throw InvalidArgument(field(*key), "is given twice");
    text.remove_prefix(end);
  }
  return values;
}

}  // namespace

std::string print_case(const Geometry& geometry) {
  std::vector<std::string> in, out, taps, stride, dilation, pad;
  for (const Axis& axis : geometry.axes) {
    in.push_back(fmt::format("{}", axis.in));
    out.push_back(fmt::format("{}", axis.out));
    taps.push_back(fmt::format("{}", axis.taps));
    stride.push_back(stride_text(axis));
    dilation.push_back(fmt::format("{}", axis.dilation));
    pad.push_back(fmt::format("{}", axis.pad));
  }
  std::string text;
  if (geometry.groups != 1) text += fmt::format("g{}", geometry.groups);
  text += fmt::format("ic{}oc{}i{}o{}k{}", geometry.in_channels, geometry.out_channels, fmt::join(in, "x"),
                      fmt::join(out, "x"), one_or_joined(taps, "x"));
  if (one_or_joined(stride, "x") != "1") text += "s" + one_or_joined(stride, "x");
  if (one_or_joined(dilation, "x") != "1") text += "d" + one_or_joined(dilation, "x");
  if (one_or_joined(pad, "x") != "0") text += "p" + one_or_joined(pad, "x");
  return text;
}

Geometry parse_case(std::string_view text) {
  const auto values = cut(text);
  auto numbers = [&](std::string_view key, const char* otherwise) {
    const auto found = values.find(key);
    std::string list = found == values.end() ? otherwise : found->second;
    if (list.empty()) throw InvalidArgument(field(key), "is missing");
    std::replace(list.begin(), list.end(), 'x', ',');
    return list;
  };
  auto one = [&](std::string_view key) {
    const auto list = to_integers(field(key), numbers(key, "1"));
    if (list.size() != 1) throw InvalidArgument(field(key), "has more than one number");
    return list.front();
  };

  const auto in = to_integers(field("i"), numbers("i", ""));
  const std::size_t rank = in.size();
  auto per_axis = [&](std::string_view key, const char* otherwise) {
    return one_per(field(key), to_integers(field(key), numbers(key, otherwise)), rank);
  };
  const auto out = to_integers(field("o"), numbers("o", ""));
  if (out.size() != rank)
    throw InvalidArgument(field("o"), "has " + counted(static_cast<Index>(out.size()), "number"),
                          fmt::format("i has {}", rank));
  const auto taps = per_axis("k", ""), dilation = per_axis("d", "1"), pad = per_axis("p", "0");
  const auto stride = one_per(field("s"), parse_stride(numbers("s", "1")), rank);

  Geometry geometry{.axes = {}, .in_channels = one("ic"), .out_channels = one("oc"), .groups = one("g")};
  for (std::size_t a = 0; a < rank; ++a)
    geometry.axes.push_back({.in = in[a],
                             .out = out[a],
                             .taps = taps[a],
                             .down = stride[a].down,
                             .up = stride[a].up,
                             .dilation = dilation[a],
                             .pad = pad[a]});
  check(geometry);
  return geometry;
}

}  // namespace fsconv
