// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/beliefs/demonstration.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv {
namespace belief {

Values::Values(const Counterexample& values) : values_(values) {
  constexpr Index largest = 100;  // counterexamples are small; more is nothing to look at
  for (const auto& [name, value] : values)
    if (value < -largest || value > largest)
      throw InvalidArgument("counterexample " + name, fmt::format("is {}", value),
                            fmt::format("must be between {} and {}", -largest, largest));
}

Index Values::operator[](std::string_view name) const {
  for (const auto& [its_name, value] : values_)
    if (its_name == name) return value;
  throw InvalidArgument("counterexample", fmt::format("has no value for '{}'", name));
}

void presuppose(bool holds, std::string_view hypothesis) {
  if (!holds) throw InvalidArgument("counterexample", fmt::format("does not satisfy: {}", hypothesis));
}

Axis filter_of(const Values& v) { return {.taps = v["taps"], .down = v["down"], .dilation = v["dilation"]}; }

Axis axis_of(const Values& v) { return with(filter_of(v), v["in"], v["out"], v["pad"]); }

Axis with(Axis axis, Index in, Index out, Index pad) {
  axis.in = in;
  axis.out = out;
  axis.pad = pad;
  return axis;
}

Geometry line(const Axis& axis) {
  Geometry geometry{.axes = {axis}};
  check_filled(geometry);
  return geometry;
}

Tensor<double> array(std::vector<double> values) {
  const auto size = static_cast<Index>(values.size());
  return {{1, 1, size}, std::move(values)};
}

Tensor<double> pixels(Index count) {
  std::vector<double> values;
  double power = 1;
  for (Index at = 0; at < count; ++at, power *= 10)
    values.push_back(count <= 15 ? power : static_cast<double>(at + 1));
  return array(std::move(values));
}

Tensor<double> weights(Index taps) {
  std::vector<double> values;
  for (Index k = 1; k <= taps; ++k) values.push_back(static_cast<double>(k));
  return array(std::move(values));
}

Tensor<double> ones(Index count) {
  Tensor<double> values({1, 1, count});
  std::fill(values.begin(), values.end(), 1.0);
  return values;
}

Tensor<double> transposed(const Axis& axis) {
  return gather::conv_transpose(line(axis), pixels(axis.out), weights(axis.taps));
}

Tensor<double> convolved(const Axis& axis, Index code) {
  if (code < 1) return array({});
  return gather::conv(line(with(axis, axis.in, code, axis.pad)), pixels(axis.in), weights(axis.taps));
}

std::string numbers(const Tensor<double>& values) {
  const auto row = [](auto first, auto last) { return fmt::format("[{}]", fmt::join(first, last, " ")); };
  if (values.rank() < 4) return row(values.begin(), values.end());
  const Index columns = values.shape()[3];
  std::vector<std::string> rows;
  for (Index at = 0; at < values.size(); at += columns)
    rows.push_back(row(values.begin() + at, values.begin() + at + columns));
  return row(rows.begin(), rows.end());
}

std::string setting(const Geometry& geometry, std::string_view source, const Tensor<double>& values,
                    const Tensor<double>& weight) {
  return fmt::format("{}: {} {}, weights {}", print_case(geometry), source, numbers(values), numbers(weight));
}

std::string code_setting(const Axis& axis) {
  return setting(line(axis), "code", pixels(axis.out), weights(axis.taps));
}

std::string image_setting(const Axis& axis) {
  return setting(line(axis), "image", pixels(axis.in), weights(axis.taps));
}

std::string of_pixels(std::string_view label, Index size) {
  return fmt::format("{}: {}", label, counted(size, "pixel"));
}

}  // namespace belief

namespace {

std::vector<belief::Belief> all_beliefs() {
  std::vector<belief::Belief> all;
  for (const auto& some :
       {belief::about_the_operator(), belief::about_sizes(), belief::about_checkerboards()})
    all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace

Demonstration demonstrate(std::string_view name, const Counterexample& counterexample) {
  for (const belief::Belief& belief : all_beliefs()) {
    if (belief.name != name) continue;
    Demonstration shown = belief.show(belief::Values(counterexample));
    if (shown.believed == shown.actual)
      throw Error(ExitCode::claim_failed,
                  fmt::format("{}: the belief holds on {}: both are {}, so this is no counterexample", name,
                              shown.setting, belief::numbers(shown.actual)));
    return shown;
  }
  throw InvalidArgument("belief", fmt::format("'{}' is unknown", name),
                        instead_of(name, demonstrated_beliefs()));
}

std::vector<std::string> demonstrated_beliefs() {
  std::vector<std::string> names;
  for (const belief::Belief& belief : all_beliefs()) names.emplace_back(belief.name);
  return names;
}

std::string text(const Demonstration& shown) {
  const std::size_t width = std::max(shown.believed_label.size(), shown.true_label.size());
  return fmt::format("{}\n  believed  {:<{}}  {}\n  true      {:<{}}  {}\n{}\n", shown.setting,
                     shown.believed_label, width, belief::numbers(shown.believed), shown.true_label, width,
                     belief::numbers(shown.actual), shown.lesson);
}

}  // namespace fsconv
