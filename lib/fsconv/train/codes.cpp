// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/noise.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/codes.hpp>
#include <limits>

namespace fsconv {
namespace {

constexpr Index at_once = 1024;  // between looks at Ctrl-C

// Of what a user sets codes to: no decoder that was trained means anything there, and floats have room for its sums.
constexpr double largest_number = 1e6;

// The stream of samples of the prior: apart from those of images (batch.cpp).
constexpr std::uint32_t prior_stream = 0x7072696f;

const Value& code_of(const Model& model) { return model.values[model.code]; }

// Of `count` codes as the runner takes them.
Shape runner_shape(const Model& model, Index count) {
  Shape shape = code_of(model).size;
  shape.insert(shape.begin(), {count, code_of(model).channels});
  return shape;
}

// Found out before the work: codes, pixels and the bytes of a picture.
void require_room(const Model& model, const char* option, Index count) {
  constexpr Index picture_bytes = 16;  // per pixel: enlarged, and compressed
  const Index each = code_of(model).elements() * 4 + model.images().elements() * (4 + picture_bytes);
  require_memory(count, static_cast<std::size_t>(each), option);
}

void require_steps(const Model& model, Index steps, Index times) {
  if (steps < 2) throw InvalidArgument("steps", fmt::format("is {}", steps), "at least 2: both ends");
  const auto all = checked_multiply(steps, times);
  require_room(model, "steps", all.value_or(std::numeric_limits<Index>::max()));
}

}  // namespace

Shape code_shape(const Model& model) {
  const Value& code = code_of(model);
  Shape shape = {code.channels};
  if (!has_linear_code(model)) shape.insert(shape.end(), code.size.begin(), code.size.end());
  return shape;
}

Index code_size(const Model& model) { return code_of(model).elements(); }

std::vector<std::string> code_axes(const Model& model) {
  if (has_linear_code(model)) return {"latent"};
  return {"code_channel", "code_row", "code_column"};
}

Codes<float> encode(Runner<float>& runner, const ShownImages& images, std::span<const Index> order) {
  const Model& model = runner.model();
  const auto count = static_cast<Index>(order.size());
  Shape shape = code_shape(model);
  shape.insert(shape.begin(), count);
  const bool varies = model.heads().has_value();
  Codes<float> codes{Tensor<float>(shape, "codes"), varies ? Tensor<float>(shape, "codes") : Tensor<float>()};
  Progress progress("encoding", count, "images");
  for (Index first = 0; first < count; first += at_once) {
    together(runner.ranks(), stop_if_interrupted);
    const Index taken = std::min(at_once, count - first), to = first * code_size(model);
    const Codes<float> part = runner.encode(
        images.batch(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(taken))));
    std::copy(part.means.begin(), part.means.end(), codes.means.data() + to);
    if (varies)
      std::copy(part.log_variances.begin(), part.log_variances.end(), codes.log_variances.data() + to);
    progress.advance(taken);
  }
  for (const Tensor<float>* numbers : {&codes.means, &codes.log_variances})
    if (!std::all_of(numbers->begin(), numbers->end(), [](float number) { return std::isfinite(number); }))
      throw AgreedError(ExitCode::runtime,
                        "the codes of these images are not finite: the model's weights are too large");
  return codes;
}

Tensor<float> decode(Runner<float>& runner, const Tensor<float>& codes) {
  const Model& model = runner.model();
  const Index count = codes.size() / code_size(model), elements = model.images().elements();
  Shape shape = model.images().size;
  shape.insert(shape.begin(), {count, model.images().channels});
  Tensor<float> pixels(shape, "images");
  Progress progress("decoding", count, "images");
  for (Index first = 0; first < count; first += at_once) {
    stop_if_interrupted();
    const Index taken = std::min(at_once, count - first);
    const float* from = codes.data() + first * code_size(model);
    const Tensor<float> part = runner.decode(
        {runner_shape(model, taken), std::vector<float>(from, from + taken * code_size(model))});
    std::copy(part.begin(), part.end(), pixels.data() + first * elements);
    progress.advance(taken);
  }
  if (!std::all_of(pixels.begin(), pixels.end(), [](float pixel) { return std::isfinite(pixel); }))
    throw InvalidArgument("codes", "make pixels that are not finite",
                          "they are too far from those of images");
  return pixels;
}

ImagePairs reconstruct(Runner<float>& runner, const ShownImages& images, std::span<const Index> order) {
  Shape shape = images.images.shape();
  shape[0] = static_cast<Index>(order.size());
  ImagePairs pairs{Tensor<float>(shape, "images"), decode(runner, encode(runner, images, order).means),
                   images.binarise};
  fetch(images.batch(order), pairs.originals.data());
  return pairs;
}

Tensor<float> read_codes(const std::string& where, const Model& model) {
  const Location location = locate(where);
  const bool names_file = location.kind == FileKind::hdf5 && location.inside.empty();
  const std::string name = names_file ? where + ":/mean" : where;
  const Array array = read_finite_array(name);
  const Shape wanted = code_shape(model), &shape = array.values.shape();
  // A feature map of one pixel may come as a vector.
  const bool is_vector = shape.size() == 2 && shape[1] == code_size(model) && wanted.front() == shape[1];
  if (!is_vector &&
      (shape.size() != 1 + wanted.size() || !std::equal(wanted.begin(), wanted.end(), shape.begin() + 1)))
    throw BadData(name, fmt::format("has shape [{}]", fmt::join(shape, ", ")),
                  fmt::format("codes of this model are [N, {}]", fmt::join(wanted, ", ")));
  if (shape[0] == 0) throw BadData(name, "holds no codes");
  constexpr double largest = std::numeric_limits<float>::max();
  for (Index at = 0; at < array.values.size(); ++at)
    if (std::abs(array.values[at]) > largest)
      throw BadData(name, fmt::format("holds {} at {}", array.values[at], position_text(shape, at)),
                    "every value must fit a float");
  Shape all = wanted;
  all.insert(all.begin(), shape[0]);
  return cast<float>(array.values).reshaped(std::move(all));
}

Tensor<float> prior_codes(const Model& model, Index count, double temperature, std::uint64_t seed) {
  if (!model.heads())
    throw InvalidArgument(
        "sample", "needs a variational model: the codes of an autoencoder follow no known distribution",
        "use --interpolate I,J, or train with --model vae");
  if (count < 1) throw InvalidArgument("sample", fmt::format("is {}", count), "at least 1");
  if (!(temperature >= 0 && temperature <= largest_number))
    throw InvalidArgument("temperature", fmt::format("is {}", temperature), "must be 0 to 1e6");
  require_room(model, "sample", count);
  Shape shape = code_shape(model);
  shape.insert(shape.begin(), count);
  Tensor<float> codes(shape, "sample");
  for (Index at = 0; at < count; ++at)
    noise_normals(NoiseKey{seed, prior_stream}, static_cast<std::uint64_t>(at), 0,
                  codes.data() + at * code_size(model), code_size(model));
  for (float& number : codes) number *= static_cast<float>(temperature);
  return codes;
}

std::vector<double> equal_steps(double first, double last, Index steps) {
  std::vector<double> values;
  for (Index at = 0; at < steps; ++at) {
    const double t = static_cast<double>(at) / static_cast<double>(steps - 1);
    values.push_back((1 - t) * first + t * last);
  }
  return values;
}

Tensor<float> interpolated_codes(const Model& model, const Tensor<float>& two, Index steps) {
  require_steps(model, steps, 1);
  const Index size = code_size(model);
  Shape shape = code_shape(model);
  shape.insert(shape.begin(), steps);
  Tensor<float> codes(shape, "steps");
  for (Index at = 0; at < size; ++at) {
    const auto from = static_cast<double>(two[at]), to = static_cast<double>(two[size + at]);
    Index step = 0;
    for (const double value : equal_steps(from, to, steps))
      codes[step++ * size + at] = static_cast<float>(value);
  }
  return codes;
}

Tensor<float> traversed_codes(const Model& model, const Tensor<float>& middle,
                              const std::vector<Index>& numbers, double range, Index steps) {
  const Index size = code_size(model), count = static_cast<Index>(numbers.size());
  for (const Index number : numbers)
    if (number < 0 || number >= size)
      throw InvalidArgument("traverse", fmt::format("names number {}", number),
                            fmt::format("the code has the numbers 0 to {}", size - 1));
  if (!(range > 0 && range <= largest_number))
    throw InvalidArgument("range", fmt::format("is {}", range), "must be above 0 and at most 1e6");
  require_steps(model, steps, count);
  Shape shape = code_shape(model);
  shape.insert(shape.begin(), count * steps);
  Tensor<float> codes(shape, "steps");
  const std::vector<double> values = equal_steps(-range, range, steps);
  float* to = codes.data();
  for (const Index number : numbers)
    for (const double value : values) {
      std::copy_n(middle.data(), size, to);
      to[number] = static_cast<float>(value);
      to += size;
    }
  return codes;
}

}  // namespace fsconv
