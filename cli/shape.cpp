// fsconv shape: the sizes of a convolution and its transpose, and why they are what they are.
#include <fmt/format.h>

#include <fsconv/geometry/arithmetic.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/equivalents.hpp>
#include <fsconv/geometry/stack.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "geometry_options.hpp"

namespace fsconv::cli {
namespace {

using nlohmann::json;

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("op", "NAME", "conv_transpose (default: code to image) or conv (image to code)");
  add_geometry_options(list);
  add_size_options(list);
  list.value(
      "stack", "LAYERS",
      "plan an autoencoder from --input-size down and back: layers like c32k4s2p1,c64k3s3/2 (channels, kernel, "
      "stride, padding, d dilation, g groups; without p, sizes divided by the stride, rounding up)");
  return list;
}

std::string space(const Shape& shape) {  // without batch: "32 x 14 x 14"
  return fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), " x "));
}

json to_json(const Geometry& geometry, Direction direction, PaddingRule rule = PaddingRule::listed) {
  json axes = json::array();
  for (const Axis& axis : geometry.axes) {
    const AxisArithmetic a = arithmetic(axis, rule);
    axes.push_back({{"image", axis.in},
                    {"code", axis.out},
                    {"taps", axis.taps},
                    {"stride", stride_text(axis)},
                    {"dilation", axis.dilation},
                    {"pad_begin", axis.pad},
                    {"pad_end", axis.pad_end()},
                    {"natural_size", a.natural},
                    {"zeros_between", a.zeros_between},
                    {"zeros_begin", a.zeros_begin},
                    {"zeros_end", a.zeros_end},
                    {"smallest_image", a.images.smallest},
                    {"largest_image", a.images.largest},
                    {"overlap", overlap_by_phase(axis)},
                    {"relation", a.relation}});
  }
  json others = json::object();
  for (const Equivalent& other : equivalents(geometry, direction))
    others[std::string(name(other.convention))] = {{"exists", other.exists}, {"text", other.text}};
  return {{"case", print_case(geometry)},
          {"image_shape", geometry.image_shape()},
          {"code_shape", geometry.code_shape()},
          {"weight_shape", geometry.weight_shape()},
          {"axes", axes},
          {"equivalents", others}};
}

void print(const Geometry& geometry, Direction direction, PaddingRule rule) {
  const bool transposed = direction == Direction::conv_transpose;
  const std::string image = space(geometry.image_shape()), code = space(geometry.code_shape());
  fmt::print("{}  {} -> {}    weight {}    nonzeros of W {}\n", transposed ? "conv_transpose" : "conv",
             transposed ? code : image, transposed ? image : code, fmt::join(geometry.weight_shape(), " x "),
             nonzeros(geometry));
  fmt::print("case  {}\n", print_case(geometry));
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis) {
    if (axis > 0 && geometry.axes[axis] == geometry.axes[axis - 1]) {
      fmt::print("\naxis {}  the same\n", axis);
      continue;
    }
    fmt::print("\naxis {}\n", axis);
    for (const std::string& line : explain(geometry.axes[axis], rule)) fmt::print("  {}\n", line);
  }
  fmt::print("\nthe same elsewhere (weights of the forward convolution, in each system's own order)\n");
  for (const Equivalent& other : equivalents(geometry, direction))
    fmt::print("  {:<11} {}{}\n", name(other.convention), other.exists ? "" : "none: ", other.text);
}

int run_stack(const Options& options) {
  constexpr const char* pointless[] = {"case",     "kernel",         "convention", "stride", "padding", "op",
                                       "dilation", "output-padding", "groups",     "size",   "flip"};
  options.require_none_of(pointless, "--stack says it for every layer");
  const Shape size = options.integers("input-size").value_or(Shape{28, 28});
  const auto channels = options.integers("channels").value_or(std::vector<Index>{1});
  if (channels.size() != 1)
    throw InvalidArgument("channels", fmt::format("has {} numbers", channels.size()),
                          "with --stack give one: those of the image");
  const auto stack = plan_stack(channels[0], size, parse_layers(options.text("stack")));
  if (options.has("json")) {
    json list = json::array();
    for (const Geometry& layer : stack) list.push_back(to_json(layer, Direction::conv_transpose));
    fmt::print("{}\n", list.dump(2));
    return 0;
  }
  fmt::print("down  {}", space(stack.front().image_shape()));
  for (const Geometry& layer : stack) fmt::print(" -> {}", space(layer.code_shape()));
  fmt::print("\nup    {}", space(stack.back().code_shape()));
  for (auto layer = stack.rbegin(); layer != stack.rend(); ++layer)
    fmt::print(" -> {}", space(layer->image_shape()));
  fmt::print("    exactly the way back: both sizes are stored\n");
  for (std::size_t at = 0; at < stack.size(); ++at) {
    fmt::print("\nlayer {}  {}\n", at + 1, print_case(stack[at]));
    for (const Equivalent& other : equivalents(stack[at], Direction::conv_transpose))
      fmt::print("  {:<11} {}{}\n", name(other.convention), other.exists ? "" : "none: ", other.text);
  }
  return 0;
}

int run(const Options& options) {
  if (options.has("stack")) return run_stack(options);
  const Direction direction = direction_of(options, Direction::conv_transpose);
  const Geometry geometry = geometry_of(options, direction);
  const PaddingRule rule = options.has("case") ? PaddingRule::listed : padding_rule_of(options, direction);
  if (options.has("json"))
    fmt::print("{}\n", to_json(geometry, direction, rule).dump(2));
  else
    print(geometry, direction, rule);
  return 0;
}

}  // namespace

Command shape_command() {
  return {"shape",
          "sizes of a convolution and its transpose, and why",
          "  fsconv shape --input-size N --kernel K [options]\n"
          "  fsconv shape --stack LAYERS --input-size N [options]\n\n"
          "Says what size comes out, every size that could, the arithmetic in words, and what to write in "
          "the other\n"
          "systems to get exactly the same (or why they cannot).",
          "  fsconv shape --input-size 14,14 --kernel 4 --stride 2 --padding 1\n"
          "  fsconv shape --convention tensorflow --input-size 7,7 --kernel 3 --stride 2 --padding same "
          "--size 14,14\n"
          "  fsconv shape --op conv --input-size 28,28 --kernel 5 --stride 2/3 --padding 2\n"
          "  fsconv shape --stack c32k4s2p1,c64k3s2p1 --input-size 29,29\n",
          options,
          run};
}

}  // namespace fsconv::cli
