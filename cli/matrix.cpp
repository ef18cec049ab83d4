// fsconv matrix: builds the sparse matrix W of a convolution, describes it, writes it, draws it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_report.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/sparse_file.hpp>
#include <fsconv/io/sparsity_picture.hpp>
#include <fsconv/verify/explain.hpp>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "commands.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("op", "NAME", "which direction the sizes describe: conv (default) or conv_transpose");
  add_geometry_options(list);
  add_size_options(list);
  list.value("weight", "FILE", "the weights (.npy or file.h5:/dataset); seeded random ones otherwise")
      .value("seed", "N", "of random weights (0)")
      .value("output", "FILE", "write W: .npz (scipy.sparse.load_npz), .mtx (Matrix Market) or .h5")
      .value("picture", "FILE", "draw the sparsity pattern, coloured by tap, as PNG")
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

// A picture of W needs an ending that is drawn, and an entry to draw.
void require_picture(const std::string& path, const Geometry& geometry) {
  require_picture_ending(path);
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  if (rows == 0 || columns == 0)
    throw InvalidArgument("picture", fmt::format("W is {} x {}", rows, columns), "there is nothing to draw");
  require_writable(path);
}

// The matrix and its picture appear together: what may fail or be stopped comes before the first of them.
void write_files(const Options& options, const Geometry& geometry, const arma::sp_mat& w) {
  std::optional<AtomicFile> picture;
  if (options.has("picture")) {
    const Picture pattern = sparsity_picture(geometry);
    picture.emplace(options.text("picture"));
    write_png(*picture, pattern);
    picture->finish();
  }
  if (options.has("output")) {
    write_sparse(options.text("output"), w, print_case(geometry));
    tell("W is in {}", options.text("output"));
  }
  if (picture) {
    picture->commit();
    tell("its pattern is in {}", picture->path());
  }
}

int run(const Options& options) {
  const Direction direction = direction_of(options, Direction::conv);
  const Geometry geometry = geometry_of(options, direction);
  if (options.has("picture")) require_picture(options.text("picture"), geometry);
  Tensor<double> weight;
  if (options.has("weight")) {
    const Array file = read_named_array(options.text("weight"));
    const auto axes = static_cast<Index>(geometry.axes.size()) + 2;
    if (file.values.rank() != axes)
      throw InvalidArgument(
          "weight", "has " + counted(file.values.rank(), "axis", "axes"),
          fmt::format("the geometry needs {}: two of channels and {} of space", axes, axes - 2));
    weight = weight_from(order_of(options, direction, geometry.axes.size()), file.values);
    if (weight.shape() != geometry.weight_shape())
      throw InvalidArgument("weight",
                            fmt::format("has shape [{}] in fsconv's order", fmt::join(weight.shape(), ", ")),
                            fmt::format("the geometry needs [{}]", fmt::join(geometry.weight_shape(), ", ")));
  } else {
    Random random(options.seed());
    weight = random_reals<double>(geometry.weight_shape(), random);
  }

  // What will be refused is refused before anything is computed.
  std::vector<std::vector<std::string>> symbols;
  if (options.has("print")) symbols = symbolic_matrix(geometry);
  std::optional<Explanation> polynomials;
  if (options.has("symbolic")) polynomials = explain(geometry);
  if (options.has("output")) require_sparse_target(options.text("output"));

  const MatrixReport report = build_and_time(geometry, weight);
  if (options.has("json")) {
    nlohmann::json json(report);
    if (options.has("print")) json["symbolic"] = symbols;
    if (polynomials) json["polynomials"] = *polynomials;
    print_json(json, 2);
  } else {
    fmt::print("{}", text(report));
    print_symbolic(symbols);
    if (polynomials) fmt::print("\n{}", text(*polynomials));
  }
  std::fflush(stdout);
  catch_interrupts();  // from here on a half-written file would be left behind
  write_files(options, geometry, report.w);
  return 0;
}

}  // namespace

Command matrix_command() {
  return {.name = "matrix",
          .summary = "the sparse matrix W of a convolution: build, describe, write, draw",
          .usage = R"(  fsconv matrix --input-size N --kernel K [options]

conv(x) = W x and conv_transpose(y) = W^T y. Rows are code pixels, columns image pixels.)",
          .examples = R"(  fsconv matrix --input-size 4,4 --kernel 3 --print
  fsconv matrix --input-size 6 --kernel 3 --stride 2 --padding 1 --symbolic
  fsconv matrix --input-size 64,64 --kernel 4 --stride 2 --padding 1 --channels 16,32 --output W.npz
  fsconv matrix --input-size 12,12 --kernel 3 --stride 2 --padding same --picture W.png
)",
          .options = options,
          .run = run};
}

}  // namespace fsconv::cli
