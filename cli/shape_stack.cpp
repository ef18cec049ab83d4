// SPDX-License-Identifier: Apache-2.0
#include "shape_stack.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/shape_report.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/receptive_field.hpp>
#include <fsconv/geometry/stack.hpp>

#include "geometry_options.hpp"
#include "json_text.hpp"
#include "shape_text.hpp"

namespace fsconv::cli {
namespace {

using nlohmann::json;

// What a layer sees, along any axis: they are all alike but for their sizes.
std::vector<Axis> along(const std::vector<StackLayer>& stack, std::size_t axis = 0) {
  std::vector<Axis> axes;
  for (const StackLayer& layer : stack) axes.push_back(layer.forward().axes[axis]);
  return axes;
}

std::string range_text(const std::optional<PhaseRange>& range) {
  if (!range) return "-";
  return range->least == range->most ? fmt::format("{}", range->least)
                                     : fmt::format("{} to {}", range->least, range->most);
}

void print_fields(const std::vector<StackLayer>& stack, const std::vector<std::string>& words) {
  const auto fields = receptive_fields(along(stack));
  Table table({{"layer"},
               {"gives"},
               {"jump", Align::right},
               {"phases", Align::right},
               {"field", Align::right},
               {"pixels", Align::right},
               {"centre", Align::right},
               {"shift", Align::right}},
              page_width());
  for (std::size_t at = 0; at < stack.size(); ++at) {
    const std::string& layer = words[at];
    const std::string given = space(stack[at].forward().code_shape());
    const auto& field = fields[at];
    if (field)
      table.add({layer, given, text(field->jump), fmt::format("{}", field->phases), range_text(field->width),
                 range_text(field->pixels), text(field->centre), text(field->shift)});
    else
      table.add({layer, given, "-", "-", "-", "-", "-", "-"});
  }
  fmt::print("\n");
  print_wrapped(
      "what a pixel sees of the image along an axis, far from borders (jump: image pixels from one pixel to the next; "
      "field: from the first pixel seen to the last; pixels: those read, without holes; of both, with phases, the least to "
      "the most; centre: of pixel 0's window, taken whole where a phase reads a part of it, 0 being the middle of image "
      "pixel 0; shift: from the middle of the jump's own pixels)",
      2);
  fmt::print("{}", table.text());
}

std::string runs_text(const PixelSet& set) {
  constexpr std::size_t shown = 6;
  std::vector<std::string> runs;
  for (const PixelRun& run : set) {
    if (runs.size() == shown) {
      runs.push_back(fmt::format("... {}", set.back().last));
      break;
    }
    runs.push_back(run.first == run.last ? fmt::format("{}", run.first)
                                         : fmt::format("{} to {}", run.first, run.last));
  }
  return set.empty() ? "nothing" : fmt::format("{}", fmt::join(runs, ", "));
}

std::optional<std::vector<PixelField>> pixel_fields(const std::vector<StackLayer>& stack,
                                                    const Shape& pixel) {
  std::vector<PixelField> fields;
  for (std::size_t axis = 0; axis < pixel.size(); ++axis) {
    auto field = pixel_field(along(stack, axis), pixel[axis]);
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
  }
  return fields;
}

void print_pixel(const std::vector<StackLayer>& stack, const Shape& pixel) {
  const auto fields = pixel_fields(stack, pixel);
  fmt::print("\npixel {} of the last layer\n", fmt::join(pixel, ", "));
  if (!fields) {
    print_wrapped("  sees too much to be listed", 2);
    return;
  }
  for (std::size_t axis = 0; axis < fields->size(); ++axis) {
    const PixelField& field = (*fields)[axis];
    print_wrapped(fmt::format("  axis {}  without borders {} ({}); of the image {} ({})", axis,
                              runs_text(field.whole), counted(count(field.whole), "pixel"),
                              runs_text(field.image), counted(count(field.image), "pixel")),
                  10);
  }
  const bool sees_something = std::all_of(fields->begin(), fields->end(),
                                          [](const PixelField& field) { return count(field.whole) > 0; });
  if (sees_something)
    print_wrapped(fmt::format("  padding {:.3g} % of what it would see", 100 * padding_share(*fields)), 10);
  else
    print_wrapped("  no tap leads to it: whatever the image, it is the bias alone", 10);
}

json to_json(const PixelSet& set) {
  json runs = json::array();
  for (const PixelRun& run : set) runs.push_back({run.first, run.last});
  return runs;
}

json to_json(const std::optional<ReceptiveField>& field) {
  if (!field) return {};
  json entry = {{"jump", text(field->jump)},
                {"centre", text(field->centre)},
                {"shift", text(field->shift)},
                {"phases", field->phases}};
  for (const auto& [name, range] : {std::pair{"field", field->width}, {"pixels", field->pixels}})
    if (range) {
      entry[fmt::format("{}_least", name)] = range->least;
      entry[fmt::format("{}_most", name)] = range->most;
    }
  return entry;
}

// Without a padding the sizes of a layer are those of SAME, whichever way it goes.
std::vector<SaidPadding> said_padding(const LayerSpec& layer, std::size_t axes) {
  const SaidPadding said{.rule = layer.padding ? PaddingRule::listed : PaddingRule::same,
                         .behind = layer.padding};
  return std::vector<SaidPadding>(axes, said);
}

void print_stack_json(const std::vector<LayerSpec>& layers, const std::vector<StackLayer>& stack,
                      bool is_encoder, const std::optional<Shape>& pixel) {
  const auto fields = receptive_fields(along(stack));
  json list = json::array();
  for (std::size_t at = 0; at < stack.size(); ++at) {
    json entry = shape_json(stack[at].geometry, is_encoder ? Direction::conv_transpose : stack[at].direction,
                            said_padding(layers[at], stack[at].geometry.axes.size()));
    entry["layer"] = name(stack[at].direction);
    entry["receptive_field"] = to_json(fields[at]);
    list.push_back(std::move(entry));
  }
  if (pixel) {
    const auto seen = pixel_fields(stack, *pixel);
    json axes = json::array();
    for (const PixelField& field : seen.value_or(std::vector<PixelField>{}))
      axes.push_back({{"whole", to_json(field.whole)}, {"image", to_json(field.image)}});
    list.back()["pixel"] = {{"at", *pixel}, {"axes", axes}};
    if (seen) list.back()["pixel"]["padding_share"] = padding_share(*seen);
  }
  print_json(list, 2);
}

}  // namespace

int run_stack(const Options& options) {
  std::vector<const char*> pointless{"op", "case",
                                     "weight"};  // and all of a geometry but its size and channels
  for (const char* name : geometry_option_names())
    if (name != std::string_view("input-size") && name != std::string_view("channels"))
      pointless.push_back(name);
  options.require_none_of(pointless, "--stack says it for every layer");
  const Shape size = options.integers("input-size").value_or(Shape{28, 28});
  const auto channels = options.integers("channels").value_or(std::vector<Index>{1});
  if (channels.size() != 1)
    throw InvalidArgument("channels", "has " + counted(static_cast<Index>(channels.size()), "number"),
                          "with --stack give one: those of the image");
  const std::vector<LayerSpec> layers = parse_layers(options.text("stack"));
  const auto stack = plan_layers(channels[0], size, layers);
  std::optional<Shape> pixel = options.integers("pixel");
  if (pixel) pixel = one_per("pixel", *pixel, size.size());
  // Convolutions only: their transposes are the way back, and what a decoder is made of.
  const bool is_encoder = std::all_of(
      stack.begin(), stack.end(), [](const StackLayer& layer) { return layer.direction == Direction::conv; });
  if (pixel)  // refused before anything is printed
    for (std::size_t axis = 0; axis < size.size(); ++axis) pixel_field(along(stack, axis), (*pixel)[axis]);
  if (options.has("json")) {
    print_stack_json(layers, stack, is_encoder, pixel);
    return 0;
  }
  std::string there = (is_encoder ? "down  " : "there ") + space(stack.front().forward().image_shape()),
              back = (is_encoder ? "up    " : "back  ") + space(stack.back().forward().code_shape());
  for (const StackLayer& layer : stack) there += " -> " + space(layer.forward().code_shape());
  for (auto layer = stack.rbegin(); layer != stack.rend(); ++layer)
    back += " -> " + space(layer->forward().image_shape());
  print_wrapped(there, 6);
  print_wrapped(back + "    exactly the way back: both sizes are stored", 6);
  print_fields(stack, split(options.text("stack"), ','));
  if (pixel) print_pixel(stack, *pixel);
  for (std::size_t at = 0; at < stack.size(); ++at) {
    const Direction direction = is_encoder ? Direction::conv_transpose : stack[at].direction;
    print_wrapped(fmt::format("\nlayer {}  {}  {}{}", at + 1, print_case(stack[at].geometry), name(direction),
                              is_encoder ? ", its way back" : ""),
                  2);
    print_equivalents(stack[at].geometry, direction);
  }
  return 0;
}

}  // namespace fsconv::cli
