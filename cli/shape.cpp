// fsconv shape: the sizes of a convolution and its transpose, and why they are what they are.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/stack.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

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
  for (const Equivalent& other : equivalents(geometry, direction)) {
    json& entry = others[std::string(name(other.convention))];
    entry = {{"exists", other.exists}, {"text", other.text}};
    if (!other.remark.empty()) entry["remark"] = other.remark;
  }
  return {{"op", direction == Direction::conv ? "conv" : "conv_transpose"},
          {"case", print_case(geometry)},
          {"image_shape", geometry.image_shape()},
          {"code_shape", geometry.code_shape()},
          {"weight_shape", geometry.weight_shape()},
          {"axes", axes},
          {"equivalents", others}};
}

void print_wrapped(const std::string& text, std::size_t hanging) {
  fmt::print("{}", wrapped_text(text, page_width(), hanging));
}

// Where the words are code, the lines can be pasted: Python goes on inside its brackets, a shell behind a backslash.
void print_equivalents(const Geometry& geometry, Direction direction) {
  for (const Equivalent& other : equivalents(geometry, direction)) {
    const std::string begin = fmt::format("  {:<11} ", name(other.convention));
    if (other.exists && other.convention == Convention::native)
      fmt::print("{}", command_text(begin, other.text, page_width(), begin.size() + 2));
    else
      print_wrapped(begin + (other.exists ? "" : "none: ") + other.text, begin.size() + 2);
    if (!other.remark.empty()) fmt::print("{:{}}# {}\n", "", begin.size(), other.remark);
  }
}

// "14 x 14 -> 28 x 28", along space.
std::string way(const Geometry& geometry, Direction direction) {
  std::vector<Index> image, code;
  for (const Axis& axis : geometry.axes) {
    image.push_back(axis.in);
    code.push_back(axis.out);
  }
  if (direction == Direction::conv_transpose) std::swap(image, code);
  return fmt::format("{} -> {}", fmt::join(image, " x "), fmt::join(code, " x "));
}

// A fractional stride enlarges as a convolution's, and shrinks as a transposed one's. Who did not say which is meant
// sees both.
void print_readings(const Options& options) {
  Settings settings = settings_of(options);
  const auto fractional = [](const Stride& stride) { return stride.up > stride.down; };
  if (options.has("op") || !std::any_of(settings.stride.begin(), settings.stride.end(), fractional)) return;
  fmt::print("\nread as conv_transpose, for which stride {} shrinks; perhaps this is meant:\n",
             options.text("stride"));
  const auto print_way = [&](const std::string& words, Direction direction) {
    try {
      const Geometry other =
          fsconv::geometry_of(convention_of(options), direction, sizes_of(options), settings);
      fmt::print("  {:<24}  {}\n", words, way(other, direction));
    } catch (const InvalidArgument&) {
      // this reading is none under the other settings
    }
  };
  print_way(fmt::format("--op conv --stride {}", options.text("stride")), Direction::conv);
  std::vector<std::string> inverse;
  for (Stride& stride : settings.stride) {
    std::swap(stride.down, stride.up);
    inverse.push_back(text(stride));
  }
  print_way(fmt::format("--stride {}", fmt::join(inverse, ",")), Direction::conv_transpose);
}

// ONNX Runtime and ONNX's own text part where the total padding is below 0, and where one of them refuses.
void print_onnx_difference(const Options& options, const Geometry& geometry, Direction direction) {
  const Convention convention = convention_of(options);
  if (convention != Convention::onnx && convention != Convention::onnx_reference) return;
  const Convention other = convention == Convention::onnx ? Convention::onnx_reference : Convention::onnx;
  const char* who = convention == Convention::onnx ? "ONNX's own formula" : "ONNX Runtime";
  std::string difference;
  try {
    const Geometry theirs = fsconv::geometry_of(other, direction, sizes_of(options), settings_of(options));
    if (theirs == geometry) return;
    std::vector<Index> pads;
    for (const Axis& axis : theirs.axes) pads.push_back(axis.pad);
    difference =
        fmt::format("has {} with {} in front of the image", way(theirs, direction), fmt::join(pads, ", "));
  } catch (const InvalidArgument& refused) {
    difference = fmt::format("refuses: {}", refused.what());
  }
  fmt::print("\n");
  print_wrapped(fmt::format("{} {} (--convention {})", who, difference, name(other)), 2);
}

void print(const Geometry& geometry, Direction direction, PaddingRule rule) {
  const bool transposed = direction == Direction::conv_transpose;
  const std::string image = space(geometry.image_shape()), code = space(geometry.code_shape());
  print_wrapped(fmt::format("{}  {} -> {}", transposed ? "conv_transpose" : "conv", transposed ? code : image,
                            transposed ? image : code),
                2);
  print_wrapped(fmt::format("weight  {}    nonzeros of W  {}", fmt::join(geometry.weight_shape(), " x "),
                            nonzeros(geometry)),
                2);
  fmt::print("case  {}\n", print_case(geometry));
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis) {
    if (axis > 0 && geometry.axes[axis] == geometry.axes[axis - 1]) {
      fmt::print("\naxis {}  the same\n", axis);
      continue;
    }
    fmt::print("\naxis {}\n", axis);
    for (const std::string& line : explain(geometry.axes[axis], rule)) print_wrapped("  " + line, 18);
  }
}

int run_stack(const Options& options) {
  std::vector<const char*> pointless{"op", "case"};  // and everything of a geometry but its size and channels
  for (const char* name : geometry_option_names())
    if (name != std::string_view("input-size") && name != std::string_view("channels"))
      pointless.push_back(name);
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
    print_json(list, 2);
    return 0;
  }
  std::string down = "down  " + space(stack.front().image_shape()),
              up = "up    " + space(stack.back().code_shape());
  for (const Geometry& layer : stack) down += " -> " + space(layer.code_shape());
  for (auto layer = stack.rbegin(); layer != stack.rend(); ++layer)
    up += " -> " + space(layer->image_shape());
  print_wrapped(down, 6);
  print_wrapped(up + "    exactly the way back: both sizes are stored", 6);
  for (std::size_t at = 0; at < stack.size(); ++at) {
    fmt::print("\nlayer {}  {}\n", at + 1, print_case(stack[at]));
    print_equivalents(stack[at], Direction::conv_transpose);
  }
  return 0;
}

int run(const Options& options) {
  if (options.has("stack")) return run_stack(options);
  const Direction direction = direction_of(options, Direction::conv_transpose);
  const Geometry geometry = geometry_of(options, direction);
  const bool in_words = !options.has("case");
  const PaddingRule rule =
      in_words ? padding_rule(convention_of(options), direction, settings_of(options)) : PaddingRule::listed;
  if (options.has("json")) {
    print_json(to_json(geometry, direction, rule), 2);
    return 0;
  }
  print(geometry, direction, rule);
  if (in_words) {
    if (const std::string said = remark(convention_of(options), direction, geometry, settings_of(options));
        !said.empty())
      print_wrapped("\n" + said, 2);
    print_readings(options);
    print_onnx_difference(options, geometry, direction);
  }
  print_wrapped("\nthe same elsewhere (x is what is read, w the filter, in the system's order)", 2);
  print_equivalents(geometry, direction);
  return 0;
}

}  // namespace

Command shape_command() {
  return {
      "shape",
      "sizes of a convolution and its transpose, and why",
      "  fsconv shape --input-size N --kernel K [options]\n"
      "  fsconv shape --stack LAYERS --input-size N [options]\n\n"
      "Says what size comes out, every size that could, the arithmetic in words, and the code that computes exactly "
      "the same in the other systems (or why there is none).",
      "  fsconv shape --input-size 14,14 --kernel 4 --stride 2 --padding 1\n"
      "  fsconv shape --convention tensorflow --input-size 7,7 --kernel 3 --stride 2 --padding same --size 14,14\n"
      "  fsconv shape --op conv --input-size 28,28 --kernel 5 --stride 2/3 --padding 2\n"
      "  fsconv shape --stack c32k4s2p1,c64k3s2p1 --input-size 29,29\n",
      options,
      run};
}

}  // namespace fsconv::cli
