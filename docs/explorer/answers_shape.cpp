// Sizes, arithmetic and words: what `fsconv shape` says.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/geometry_words.hpp>
#include <fsconv/conventions/shape_report.hpp>

#include "answers.hpp"

namespace fsconv::explorer {
namespace {

Said said_in(const json& words) {
  return [&words](std::string_view name) -> std::optional<std::string> {
    const auto found = words.find(std::string(name));
    if (found == words.end() || found->get_ref<const std::string&>().empty()) return std::nullopt;
    return found->get<std::string>();
  };
}

template <class E>
E named_in(const json& words, std::string_view name, const char* otherwise) {
  return named<E>(said_in(words)(name).value_or(otherwise));
}

Direction direction_in(const json& words) { return named_in<Direction>(words, "op", "conv_transpose"); }
Convention convention_in(const json& words) { return named_in<Convention>(words, "convention", "native"); }

}  // namespace

Request::Request(const json& words)
    : convention(convention_in(words)),
      direction(direction_in(words)),
      sizes(read_sizes(said_in(words))),
      settings(read_settings(said_in(words))),
      geometry(geometry_of(convention, direction, sizes, settings)) {}

json shape_answer(const Request& r) {
  const FilterUse use = filter_use(r.convention, r.direction, r.geometry.axes.size(), r.settings);
  const std::vector<SaidPadding> said = said_padding(r.convention, r.direction, r.geometry, r.settings);
  json lines = json::array(), readings = json::array();
  for (std::size_t axis = 0; axis < said.size(); ++axis)
    lines.push_back(explain(r.geometry.axes[axis], said[axis], {}, use.reversed));
  for (const Reading& reading : other_readings(r.convention, r.sizes, r.settings))
    readings.push_back({{"words", reading.words}, {"way", reading.way}});
  return {{"shape", shape_json(r.geometry, r.direction, said, use)},
          {"way", way(r.geometry, r.direction)},
          {"explain", lines},
          {"nonzeros", nonzeros(r.geometry)},
          {"remark", remark(r.convention, r.direction, r.geometry, r.settings)},
          {"onnx", onnx_difference(r.convention, r.direction, r.geometry, r.sizes, r.settings)},
          {"readings", readings}};
}

json words_answer(const json& words, std::size_t axes) {
  const Dialect& system = dialect(convention_in(words));
  const Direction direction = direction_in(words);
  // A system that refuses a word whatever the sizes does not have it.
  const auto has = [&](std::string_view field, const auto& say) {
    Settings settings;
    say(settings);
    try {
      system.check_words(direction, axes, settings);
    } catch (const InvalidArgument& refused) {
      return refused.field() != field;
    }
    return true;
  };
  json rules = json::array();
  for (const PaddingRule rule : system.padding_rules(direction, axes))
    rules.push_back(std::string(name(rule)));
  return {{"padding", rules},
          {"fractions", has("stride",
                            [](Settings& s) {
                              s.stride = {{2, 3}};
                            })},
          {"output-padding", has("output_padding", [](Settings& s) { s.output_padding = {0}; })},
          {"size", has("size", [](Settings& s) { s.size = {1}; })},
          {"transpose-kernel", has("transpose_kernel", [](Settings& s) { s.transpose_kernel = true; })},
          {"use-consistent-padding",
           has("use_consistent_padding", [](Settings& s) { s.consistent_padding = true; })}};
}

}  // namespace fsconv::explorer
