// fsconv decode: the pictures that codes become, from files, from the prior, between and around images.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/train/codes_file.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "commands.hpp"
#include "json_text.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

constexpr Index many = Index{1} << 60;

boost::program_options::options_description options() {
  OptionList list("Options");
  add_run_options(list);
  list.group("Codes: one of")
      .value("codes", "FILE", "of fsconv encode, FILE.npy, or FILE.h5:/DATASET (/mean): [N, code]")
      .value("sample", "N", "N draws of a vae's prior")
      .value("interpolate", "I,J", "the codes of two images and those on the line between them")
      .value("traverse", "D[,D...]",
             "each of these numbers of a code from -range to range, the others as they are");
  list.group("And with these")
      .value("temperature", "X", "of --sample: N(0, X^2) (1)")
      .value("steps", "N", "of --interpolate and --traverse, both ends included (9)")
      .value("range", "R", "of --traverse (3)")
      .value("image", "I", "of --traverse: around its code (the middle of a vae's prior, 0)");
  list.group("Images of --interpolate and --traverse");
  add_image_options(list);
  list.group("Files")
      .value("output", "FILE", "a grid as FILE.png, or expected pixels in 0..1 as FILE.npy or FILE.h5")
      .value("scale", "Z", "FILE.png: a pixel becomes a square of Z x Z (as suits the image)")
      .value("columns", "C", "FILE.png of --codes and --sample (about as many as rows)");
  return list;
}

// One of the four sources of codes was asked for, and of the other options only its own.
std::string source_of(const Options& options) {
  std::vector<std::string> given;
  const std::vector<std::string> sources = {"codes", "sample", "interpolate", "traverse"};
  for (const std::string& source : sources)
    if (options.has(source)) given.push_back(source);
  if (given.empty())
    throw InvalidArgument("decode", "is not told which codes",
                          "give --codes, --sample, --interpolate or --traverse");
  if (given.size() > 1)
    throw InvalidArgument(given[1], fmt::format("contradicts --{}", given[0]), "choose one");
  const std::string& source = given.front();
  const std::map<std::string, std::vector<const char*>> own = {
      {"codes", {"columns"}},
      {"sample", {"columns", "temperature", "seed"}},
      {"interpolate", {"steps", "data", "split", "binarise", "seed"}},
      {"traverse", {"steps", "range", "image", "data", "split", "binarise", "seed"}}};
  for (const char* option :
       {"columns", "temperature", "steps", "range", "image", "data", "split", "binarise", "seed"}) {
    const auto& list = own.at(source);
    const bool is_own = std::find_if(list.begin(), list.end(),
                                     [&](std::string_view one) { return one == option; }) != list.end();
    const char* const one[] = {option};
    if (!is_own) options.require_none_of(one, fmt::format("it does not belong to --{}", source));
  }
  constexpr const char* of_images[] = {"data", "split", "binarise", "seed"};
  if (source == "traverse" && !options.has("image"))
    options.require_none_of(of_images, "it belongs to the --image to traverse around");
  return source;
}

std::vector<double> numbers_up_to(Index count) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

void require_image(const char* option, Index image, const ShownImages& images) {
  const Index there = images.images.shape()[0];
  if (image < 0 || image >= there)
    throw InvalidArgument(option, fmt::format("names image {}", image),
                          fmt::format("there are {}, from 0 to {}", description(images), there - 1));
}

Decoded listed(const char* axis, const char* long_name, Tensor<float> codes) {
  std::vector<PictureAxis> axes = {{axis, numbers_up_to(codes.shape()[0]), long_name}};
  return {.axes = std::move(axes), .codes = std::move(codes), .images = {}};
}

Decoded between_images(const Options& options, Runner<float>& runner, const ShownImages& images) {
  const std::vector<Index> pair = *options.integers("interpolate");
  if (pair.size() != 2)
    throw InvalidArgument("interpolate", "names " + counted(static_cast<Index>(pair.size()), "image"),
                          "name two: I,J");
  for (const Index image : pair) require_image("interpolate", image, images);
  const Index steps = options.integer("steps", 9, 2, many);
  const Tensor<float> ends = encode(runner, images, pair).means;
  Tensor<float> codes = interpolated_codes(runner.model(), ends, steps);  // first: it knows of too many
  return {.axes = {{line_axis, equal_steps(0, 1, steps), "0 the first image, 1 the second"}},
          .codes = std::move(codes),
          .images = {},
          .between = fmt::format("{} to {}", pair[0], pair[1])};
}

Decoded around_code(const Options& options, Runner<float>& runner, const ShownImages* images) {
  const Model& model = runner.model();
  const std::vector<Index> numbers = *options.integers("traverse");
  const Index steps = options.integer("steps", 9, 2, many);
  const double range = options.number("range", 3);
  Tensor<float> middle({1, code_size(model)});
  if (images != nullptr) {
    const Index image = options.integer("image", 0, 0, many);
    require_image("image", image, *images);
    middle = encode(runner, *images, std::vector<Index>{image}).means;
  }
  Tensor<float> codes = traversed_codes(model, middle, numbers, range, steps);  // first: it knows of too many
  return {.axes = {{number_axis, std::vector<double>(numbers.begin(), numbers.end()),
                    "the number of the code that is set"},
                   {value_axis, equal_steps(-range, range, steps), "what it is set to"}},
          .codes = std::move(codes),
          .images = {}};
}

int run(const Options& options) {
  catch_interrupts();
  const RunInfo info = info_of(options, "decode");
  const std::string source = source_of(options), output = options.required_text("output");
  const Grid grid =
      grid_of(options, output_kind(output, {OutputKind::png, OutputKind::npy, OutputKind::hdf5}));
  const ImageRequest request = image_request_of(options, 0);
  const TrainedRun trained = run_of(options);
  const bool variational = trained.trained.model.heads().has_value();
  if (source == "traverse" && !options.has("image") && !variational)
    throw InvalidArgument("image", "is missing: the codes of an autoencoder have no known middle",
                          "give --image I, around whose code to traverse");
  require_output_of(options, trained, {.path = output, .kind = info.kind});
  std::optional<ShownImages> images;
  if (source == "interpolate" || options.has("image")) images = load_named_images(options, trained, request);

  // What is read is read before there are threads: HDF5 is tried in a child process, and a thread that is just
  // starting could hold, for ever, what its copy there needs.
  std::optional<Tensor<float>> codes;
  if (source == "codes") codes = read_codes(options.required_text("codes"), trained.trained.model);

  Runner<float> runner = make_runner(trained, info.threads);
  Decoded decoded = codes ? listed(code_axis, "its place among the codes", std::move(*codes))
                    : source == "sample"
                        ? listed(sample_axis, "draw of the prior",
                                 prior_codes(runner.model(), options.integer("sample", 0, 1, many),
                                             options.number("temperature", 1), options.seed()))
                    : source == "interpolate" ? between_images(options, runner, *images)
                                              : around_code(options, runner, images ? &*images : nullptr);
  decoded.images = decode(runner, decoded.codes);
  write_decoded(output, info, trained, decoded, grid, images ? &*images : nullptr);

  Shape shape;
  for (const PictureAxis& axis : decoded.axes) shape.push_back(static_cast<Index>(axis.values.size()));
  shape.insert(shape.end(), decoded.images.shape().begin() + 1, decoded.images.shape().end());
  if (options.has("json"))
    print_json(nlohmann::json{{"output", output},
                              {"shape", shape},
                              {"source", source},
                              {"run", trained.path},
                              {"epoch", trained.trained.epoch},
                              {"partial_step", trained.trained.partial_step}});
  else
    fmt::print("{}  [{}] by {}, {}\n", one_line(output), fmt::join(shape, ", "), one_line(trained.path),
               trained.epoch_text());
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command decode_command() {
  return {
      .name = "decode",
      .summary = "the images that a trained model makes of codes",
      .usage =
          "  fsconv decode RUN (--codes FILE | --sample N | --interpolate I,J | --traverse D[,D...])\n"
          "                    --output FILE\n\n"
          "Pictures are expected pixels, computed in fp32. Sample n depends on --seed and n alone, so that more samples begin with "
          "the same ones. Images are counted from 0 within their split, numbers of a code too; those of a feature "
          "map channel first, last axis fastest.\n\n"
          "The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5",
      .examples =
          "  fsconv decode results/vae.h5 --sample 64 --output results/samples.png\n"
          "  fsconv decode results/vae.h5 --sample 64 --temperature 0.7 --seed 1 --output results/samples.h5\n"
          "  fsconv decode results/vae.h5 --interpolate 0,1 --steps 9 --output results/line.png\n"
          "  fsconv decode results/vae.h5 --traverse 0,1,2,3 --steps 7 --image 0 --output results/traverse.png\n",
      .options = options,
      .run = run,
      .positional = "run"};
}

}  // namespace fsconv::cli
