// fsconv matrix: builds the sparse matrix W of a convolution, describes it, writes it, draws it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/draw/drawing_file.hpp>
#include <fsconv/draw/matrix_figure.hpp>
#include <fsconv/draw/matrix_panel.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_report.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/sparse_file.hpp>
#include <fsconv/verify/explain.hpp>
#include <fsconv/verify/matrix_spectrum.hpp>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "commands.hpp"
#include "filter_options.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("op", "NAME", "which direction the sizes describe: conv (default) or conv_transpose");
  add_geometry_options(list);
  add_size_options(list);
  list.value(
          "weight", "FILE|FILTER",
          "the weights (.npy or file.h5:/dataset), or a fixed filter such as bilinear:2; seeded random ones "
          "otherwise")
      .value("seed", "N", "of random weights (0)")
      .flag("transpose", "W^T instead, the matrix of conv_transpose: in the text, the files and the picture")
      .value("output", "FILE", "write W: .npz (scipy.sparse.load_npz), .mtx (Matrix Market) or .h5")
      .flag(
          "spectrum",
          "also rank, null space, singular values, and how far W^T W is from I (sides of at most 8192, and rows times columns times the smaller at most 2^34); a file "
          ".h5 gets them too")
      .value(
          "null-space", "FILE",
          "with --spectrum: an orthonormal basis of the images that W maps to 0, as arrays "
          "[dimension, channels, ...] (.npy or file.h5:/dataset), none of them where that is 0 alone; with --transpose of "
          "the codes that W^T does")
      .value("picture", "FILE", "draw it, coloured by tap: .png, .svg, .gif or .html")
      .flag("print", "print W with symbolic weights w00 w01 ...")
      .flag("symbolic", "print the polynomials W x, W^T y and their gradients side by side (small cases)");
  return list;
}

void print_symbolic(std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows)
    for (auto& entry : row)
      if (entry == "0") entry = ".";
  fmt::print("{}", grid_text(rows, page_width()));
}

// The matrix and its picture appear together: what may fail or be stopped comes before the first of them.
void write_files(const Options& options, const Geometry& geometry, const MatrixReport& report,
                 const std::optional<Spectrum>& spectrum, const Tensor<double>& null_images) {
  const bool transposed = report.map == Direction::conv_transpose;
  std::optional<AtomicFile> picture;
  if (options.has("picture")) {
    const std::string& path = options.text("picture");
    const std::string bytes = draw::drawing_bytes(draw::matrix_figure(geometry, {.transpose = transposed}),
                                                  draw::drawing_format(path, "picture"), {.zoom = 1.5});
    picture.emplace(path);
    picture->write(bytes);
    picture->finish();
  }
  if (options.has("output")) {
    std::optional<MatrixSpectrum> values;
    if (spectrum) values = {spectrum->rank.rank, spectrum->generic_rank.rank, spectrum->singular_values};
    write_sparse(options.text("output"), report.w, (transposed ? "W^T of " : "") + print_case(geometry),
                 values ? &*values : nullptr);
    tell("{} is in {}", transposed ? "W^T" : "W", options.text("output"));
  }
  if (options.has("null-space")) {
    write_array(options.text("null-space"), null_images, "f8");
    if (null_images.size() > 0)
      tell("its null space is in {}", options.text("null-space"));
    else
      tell("its null space is {{0}}: {} maps only 0 to 0, and {} holds no vectors", transposed ? "W^T" : "W",
           options.text("null-space"));
  }
  if (picture) {
    picture->commit();
    tell("its picture is in {}", picture->path());
  }
}

std::string place_of(const Options& options, const std::string& option) {
  const std::string& path = options.text(option);
  return option == "output" ? sparse_place(path) : path;
}

void require_matrix_output(const Options& options, const std::string& option) {
  const std::string place = place_of(options, option);
  for (const char* other : {"output", "null-space", "picture"})
    if (option != other && options.has(other)) require_apart(option, place, other, place_of(options, other));
  require_output({.path = place, .inputs = files_named(options, {"weight"}), .option = option});
}

// What a matrix with so many rows and columns, or its null space, cannot be asked for.
void require_spectrum(const Options& options, const Geometry& geometry) {
  if (options.has("spectrum")) require_spectrum_size(geometry, "spectrum");
  if (!options.has("null-space")) return;
  if (!options.has("spectrum")) throw InvalidArgument("null-space", "is found by its rank", "add --spectrum");
  require_array_place(options.text("null-space"));
  require_null_space_size(geometry, "null-space");
  require_matrix_output(options, "null-space");
}

Tensor<double> read_weight(const Options& options, Direction direction, const Geometry& geometry) {
  if (!options.has("weight")) {
    Random random(options.seed());
    return random_reals<double>(geometry.weight_shape(), random);
  }
  const Array file = read_named_array(options.text("weight"));
  const auto axes = static_cast<Index>(geometry.axes.size()) + 2;
  if (file.values.rank() != axes)
    throw InvalidArgument(
        "weight", "has " + counted(file.values.rank(), "axis", "axes"),
        fmt::format("the geometry needs {}: two of channels and {} of space", axes, axes - 2));
  Tensor<double> weight = weight_from(order_of(options, direction, geometry.axes.size()), file.values);
  if (weight.shape() != geometry.weight_shape())
    throw InvalidArgument("weight",
                          fmt::format("has shape [{}] in fsconv's order", fmt::join(weight.shape(), ", ")),
                          fmt::format("the geometry needs [{}]", fmt::join(geometry.weight_shape(), ", ")));
  return weight;
}

int run(const Options& options) {
  const Direction direction = direction_of(options, Direction::conv);
  constexpr const char *of_random[] = {"seed"}, *of_sizes[] = {"op"};
  if (options.has("case")) options.require_none_of(of_sizes, "the case says the sizes of both sides");
  if (options.has("weight")) options.require_none_of(of_random, "the weights are those of --weight");
  const std::optional<FixedFilter> filter = filter_of(options);
  const Geometry geometry =
      filter ? filter_call_of(options, direction, *filter).geometry : geometry_of(options, direction);
  const Direction map = options.has("transpose") ? Direction::conv_transpose : Direction::conv;
  if (options.has("picture")) {
    draw::drawing_format(options.text("picture"), "picture");
    draw::require_drawable_matrix(geometry, "picture");
    require_matrix_output(options, "picture");
  }
  const Tensor<double> weight =
      filter ? filter_weight(*filter, geometry) : read_weight(options, direction, geometry);

  // What will be refused is refused before anything is computed.
  std::vector<std::vector<std::string>> symbols;
  if (options.has("print")) symbols = symbolic_matrix(geometry, map);
  std::optional<Explanation> polynomials;
  if (options.has("symbolic")) polynomials = explain(geometry, "symbolic");
  if (options.has("output")) {
    require_matrix_output(options, "output");
    require_sparse_target(options.text("output"));
  }
  require_spectrum(options, geometry);

  const MatrixReport report = build_and_time(geometry, weight, map);
  std::optional<Spectrum> spectrum;
  if (options.has("spectrum")) spectrum = spectrum_of(geometry, report.w);
  Tensor<double> null_images;
  if (options.has("null-space")) null_images = null_space(geometry, report.w, *spectrum, map);
  if (options.has("json")) {
    nlohmann::json json(report);
    if (options.has("print")) json["symbolic"] = symbols;
    if (polynomials) json["polynomials"] = *polynomials;
    if (spectrum) json["spectrum"] = *spectrum;
    print_json(json, 2);
  } else {
    fmt::print("{}", text(report));
    if (spectrum) fmt::print("{}", text(*spectrum, map));
    print_symbolic(symbols);
    if (polynomials) fmt::print("\n{}", text(*polynomials));
    const bool names_taps = options.has("print") || polynomials || options.has("picture");
    if (names_taps && !filter && filter_use_of(options, direction, geometry.axes.size()).reversed)
      fmt::print(
          "{}", wrapped_text("\nw names the taps as they are applied; the filter's array holds them reversed",
                             page_width(), 2));
  }
  std::fflush(stdout);
  catch_interrupts();  // from here on a half-written file would be left behind
  write_files(options, geometry, report, spectrum, null_images);
  return 0;
}

}  // namespace

Command matrix_command() {
  return {.name = "matrix",
          .summary = "the sparse matrix W of a convolution: build, describe, write, draw",
          .usage = R"(  fsconv matrix --input-size N --kernel K [options]

conv(x) = W x and conv_transpose(y) = W^T y. Rows of W are code pixels, columns image pixels.)",
          .examples = R"(  fsconv matrix --input-size 4,4 --kernel 3 --print
  fsconv matrix --input-size 6 --kernel 3 --stride 2 --padding 1 --symbolic
  fsconv matrix --input-size 64,64 --kernel 4 --stride 2 --padding 1 --channels 16,32 --output W.npz
  fsconv matrix --input-size 12,12 --kernel 3 --stride 2 --padding same --picture W.png
  fsconv matrix --input-size 6 --kernel 3 --stride 2 --padding 1 --transpose --print
  fsconv matrix --weight bilinear:2 --op conv_transpose --input-size 4 --print
  fsconv matrix --input-size 8,8 --kernel 4 --stride 2 --padding 1 --spectrum --null-space zeros.npy
)",
          .options = options,
          .run = run};
}

}  // namespace fsconv::cli
