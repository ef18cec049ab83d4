// fsconv draw: pictures of what a convolution and its transpose do, and of models.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/draw/drawing_file.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/draw/raster.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/train/trained_run.hpp>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "commands.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("of", "CASE|RUN.h5",
             "what to draw: a geometry in one word, or the model of a run; the word without a dash is this")
      .value("output", "FILE", "where the drawing goes: .svg, .png, .gif or .html")
      .value("op", "NAME", "conv_transpose (default: code to image) or conv (image to code)")
      .value("view", "NAME", "gather (default), scatter, zeros, phases, matrix or overlap")
      .value("text", "WHAT", "in the cells: symbols (default), numbers or none")
      .value("step", "N", "a still picture of step N, from 0")
      .flag("animate", "an SVG that moves (.gif and .html do without)")
      .value("seconds", "S", "for each step of what moves (0.8)")
      .value("theme", "NAME", "automatic (default: what the reader's system prefers), light or dark")
      .value("zoom", "Z", "of .png and .gif: pixels for a pixel of the page (1.5)")
      .value(
          "weight", "FILE",
          "with --text numbers: the filter of one pair of channels, or all of it in the convention's order")
      .value("input", "FILE", "with --text numbers: what the operator reads, its space alone");
  list.group("Geometry");
  add_geometry_options(list);
  add_size_options(list);
  return list;
}

// A word that is a case is one, whatever lies in the folder: ./NAME is the file.
bool names_a_file(const std::string& text) {
  const std::string lower = lower_case(text);
  if (lower.ends_with(".h5") || lower.ends_with(".hdf5")) return true;
  try {
    parse_case(text);
    return false;
  } catch (const InvalidArgument&) {
    std::error_code none;
    return std::filesystem::exists(text, none);
  }
}

// What has no effect on this kind of file.
void require_useful(const Options& options, draw::DrawingFormat format, bool animate) {
  constexpr const char* zoom[] = {"zoom"};
  constexpr const char* seconds[] = {"seconds"};
  const bool pixels = format == draw::DrawingFormat::png || format == draw::DrawingFormat::gif;
  if (!pixels) options.require_none_of(zoom, "an SVG or a page has no pixels");
  if (options.has("step") || (!animate && !draw::shows_all_steps(format)))
    options.require_none_of(seconds, "a still picture takes no time");
  constexpr const char* order[] = {"data-format"};
  if (!options.has("weight")) options.require_none_of(order, "it is the order of the axes of --weight");
}

Geometry drawn_geometry(const Options& options, Direction direction) {
  if (!options.has("of")) return geometry_of(options, direction);
  constexpr const char* again[] = {"case"};
  options.require_none_of(again, "the case says it");
  options.require_none_of(names_said_by_case(), "the case says it");
  constexpr const char* of_jax[] = {"transpose-kernel"};
  if (convention_of(options) != Convention::jax || direction != Direction::conv_transpose)
    options.require_none_of(of_jax, "it belongs to JAX's conv_transpose");
  return parse_case(options.text("of"));
}

// Of one pair of channels, as it is applied: of an array that is one, or the first pair of a whole filter.
Tensor<double> one_filter(const std::string& file, const ArrayOrder& order) {
  Tensor<double> values = read_named_array(file).values;
  if (values.rank() != static_cast<Index>(order.weight.size())) {
    if (order.flip) std::reverse(values.begin(), values.end());
    return values;
  }
  const Tensor<double> all = weight_from(order, values);
  if (const Index pairs = all.shape()[0] * all.shape()[1]; pairs > 1)
    tell("{}: of its {} pairs of channels the first is drawn", file, pairs);
  const Shape space(all.shape().begin() + 2, all.shape().end());
  return Tensor<double>(space, std::vector<double>(all.begin(), all.begin() + element_count(space)));
}

draw::Scene drawn_model(const Options& options) {
  std::vector<const char*> pointless{"op",   "view",    "text",    "weight", "input",
                                     "step", "animate", "seconds", "case"};
  for (const char* name : geometry_option_names()) pointless.push_back(name);
  options.require_none_of(pointless, "the picture of a model has none");
  const TrainedModel trained = open_run(options.text("of"), Weights::best).trained;
  return draw::model_figure(trained.as_trained(), kl_weight(trained.config));
}

struct Drawn {
  draw::Scene scene;
  Index steps = 0;
};

// `moves`: all steps are wanted. Else one: that of --step, or one beyond the middle, where most is to be seen.
Drawn drawn_figure(const Options& options, bool moves) {
  draw::FigureOptions figure;
  figure.direction = direction_of(options, Direction::conv_transpose);
  figure.view = named<draw::View>(options.text("view", "gather"));
  figure.text = named<draw::CellText>(options.text("text", "symbols"));
  figure.convention = convention_of(options);
  const Geometry geometry = drawn_geometry(options, figure.direction);
  if (figure.view == draw::View::overlap) {
    constexpr const char *of_steps[] = {"weight", "input", "step", "animate", "seconds", "flip"},
                         *of_cells[] = {"text"};
    constexpr auto why = "the view overlap counts taps: it shows no numbers of arrays and no steps";
    options.require_none_of(of_steps, why);
    if (figure.text != draw::CellText::symbols) options.require_none_of(of_cells, why);
  }
  if (figure.text != draw::CellText::numbers) {
    constexpr const char* numbers[] = {"weight", "input"};
    options.require_none_of(numbers, "only --text numbers shows them");
  }
  const std::size_t rank = geometry.axes.size();
  figure.filter = filter_use_of(options, figure.direction, rank);
  if (options.has("weight"))
    figure.weight = one_filter(options.text("weight"), order_of(options, figure.direction, rank));
  if (options.has("input")) figure.source = read_named_array(options.text("input")).values;
  const Index steps = draw::step_count(geometry, figure);
  if (options.has("step"))
    figure.step = options.integer("step", 0, 0, 1'000'000);
  else if (!moves && steps > 0)
    figure.step = steps * 4 / 7;
  return {draw::figure(geometry, figure), steps};
}

int run(const Options& options) {
  const std::string path = options.required_text("output");
  const draw::DrawingFormat format = draw::drawing_format(path, "output");
  draw::DrawingFileOptions file{.theme = named<draw::Theme>(options.text("theme", "automatic")),
                                .zoom = options.number("zoom", 1.5),
                                .animate = options.has("animate"),
                                .seconds = options.number("seconds", 0.8)};
  if (file.animate && options.has("step"))
    throw InvalidArgument("step", "is one step, and --animate shows all of them", "give one of both");
  require_useful(options, format, file.animate);
  require_output({.path = path, .inputs = files_named(options, {"of", "weight", "input"})});
  catch_interrupts();
  const Drawn drawn = options.has("of") && names_a_file(options.text("of"))
                          ? Drawn{drawn_model(options)}
                          : drawn_figure(options, file.animate || draw::shows_all_steps(format));
  if (!options.has("zoom")) file.zoom = std::min(file.zoom, draw::largest_zoom(drawn.scene));
  const std::string bytes = draw::drawing_bytes(drawn.scene, format, file);
  write_whole(path, bytes);
  if (options.has("json"))
    print_json(nlohmann::json{{"output", path},
                              {"title", drawn.scene.title},
                              {"description", drawn.scene.description},
                              {"steps", drawn.steps},
                              {"width", drawn.scene.width},
                              {"height", drawn.scene.height},
                              {"bytes", bytes.size()}});
  else
    fmt::print("{}", wrapped_text(fmt::format("{}  {}", one_line(path), drawn.scene.title), page_width(), 2));
  return 0;
}

}  // namespace

Command draw_command() {
  return {.name = "draw",
          .summary = "pictures of what a convolution and its transpose do: svg, png, gif, html",
          .usage = R"(  fsconv draw CASE -o FILE.svg|png|gif|html [options]
  fsconv draw --input-size N --kernel K -o FILE [options]
  fsconv draw RUN.h5 -o FILE [options]

Draws any geometry of up to 48 positions on an axis, padding and inserted zeros included, from the equation that `fsconv verify` proves: image and code side by side, the filter, the
line of W that is read, step by step. Views: gather, scatter, zeros (the fractional stride), phases, matrix, overlap. Of a run: its model, and which weights are shared.)",
          .examples = R"(  fsconv draw ic1oc1i6x6o3x3k4s2p1 --view zeros -o zeros.svg
  fsconv draw --convention pytorch --input-size 3,3 --kernel 3 --stride 2 --padding 1 --output-padding 1 --view scatter -o layer.gif
  fsconv draw ic1oc1i8o5k4s3/2p1 --view zeros --animate -o fractional.svg
  fsconv draw ic1oc1i9x9o4x4k3s2 --view overlap -o overlap.png
  fsconv draw ic1oc1i7x7o3x3k3s2 --op conv --text numbers -o steps.html
)",
          .options = options,
          .run = run,
          .positional = "of"};
}

}  // namespace fsconv::cli
