// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/verify/sample.hpp>

namespace fsconv {
namespace {

Index longest_sum(const Definition& definition) {
  return std::max({definition.longest_conv_sum(), definition.longest_transposed_sum(),
                   definition.longest_gradient_sum(sampled_batch), Index{1}});
}

// Smaller integers than these would need hundreds of rounds, and 1 would never reach any probability.
constexpr Index smallest_bound = 4;

// The largest a, but for one or two, with terms * a^2 < 2^sums and a <= 2^operands.
Index largest_integer(Index terms, Significands bits) {
  const auto by_sums =
      static_cast<Index>(std::sqrt(std::ldexp(1.0, bits.sums) / static_cast<double>(terms))) - 2;
  const Index a = std::min(by_sums, (Index{1} << bits.operands) - 1);
  if (a < smallest_bound)
    throw InvalidArgument("exact",
                          fmt::format("sums of {} terms do not stay exact in {} bits", terms, bits.sums),
                          "use --method numeric or a smaller geometry");
  return a;
}

// Draws image, code and weight in this order.
template <class Draw>
Sample<double> drawn(const Subject& subject, Method method, Significands bits, Draw draw) {
  Sample<double> sample;
  sample.method = method;
  sample.bits = bits;
  sample.image = draw(subject.geometry.image_shape(sampled_batch));
  sample.code = draw(subject.geometry.code_shape(sampled_batch));
  sample.weight = draw(subject.geometry.weight_shape());
  return sample;
}

Sample<double> all_ones(const Subject& subject, Significands bits) {
  return drawn(subject, Method::exact, bits, [](const Shape& shape) {
    Tensor<double> ones(shape);
    std::fill(ones.begin(), ones.end(), 1.0);
    return ones;
  });
}

// All zero but for one pixel of the last image, the pixel of its code and the weight between them.
Sample<double> one_tap(const Subject& subject, Significands bits, const Definition::Entry& entry) {
  Sample<double> sample =
      drawn(subject, Method::exact, bits, [](const Shape& shape) { return Tensor<double>(shape); });
  sample.image[sample.image.size() / sampled_batch * (sampled_batch - 1) + entry.column] = 1;
  sample.code[sample.code.size() / sampled_batch * (sampled_batch - 1) + entry.row] = 1;
  sample.weight[entry.weight] = 1;
  return sample;
}

// The sums of the absolute products are needed where rounding is to be bounded.
template <class T, class Map>
Expected<T> expected(Method method, Index terms, const Tensor<T>& a, const Tensor<T>& b, Map map) {
  Expected<T> result{.values = map(a, b), .magnitude = {}, .terms = terms};
  if constexpr (std::is_same_v<T, double>)
    if (method == Method::numeric) result.magnitude = map(absolute(a), absolute(b));
  return result;
}

}  // namespace

Tensor<double> operand_reals(const Shape& shape, Significands bits, Random& random) {
  Tensor<double> reals = cast<double>(random_reals<float>(shape, random));
  for (double& value : reals) {
    int exponent = 0;
    const double significand = std::frexp(value, &exponent);
    value = std::ldexp(std::nearbyint(std::ldexp(significand, bits.operands)), exponent - bits.operands);
  }
  return reals;
}

std::vector<Sample<double>> number_samples(const Subject& subject, Method method, Significands bits,
                                           std::uint64_t seed, double miss_bits) {
  if (method == Method::numeric) {
    Random random(seed);
    Sample<double> reals =
        drawn(subject, method, bits, [&](const Shape& shape) { return operand_reals(shape, bits, random); });
    reals.seed = seed;
    std::vector<Sample<double>> samples;
    samples.push_back(std::move(reals));
    return samples;
  }

  const Index largest = largest_integer(longest_sum(subject.definition), bits);
  const double bits_per_round = std::log2(2 * static_cast<double>(largest) + 1) - std::log2(3.0);
  const auto rounds = static_cast<Index>(std::ceil(miss_bits / bits_per_round)) + 4;
  // Each sample holds its arrays, what the definition makes of them and, for a while, what a form does.
  const Geometry& g = subject.geometry;
  const Index elements = element_count(g.image_shape(sampled_batch)) +
                         element_count(g.code_shape(sampled_batch)) + element_count(g.weight_shape());
  require_memory(3 * rounds, sizeof(double) * static_cast<std::size_t>(elements),
                 "rounds of random integers");
  std::vector<Sample<double>> samples;
  for (double reached = 0; reached < miss_bits; reached -= samples.back().log2_miss()) {
    Random random(seed, samples.size());
    samples.push_back(drawn(subject, method, bits, [&](const Shape& shape) {
      return random_integers<double>(shape, largest, random);
    }));
    samples.back().largest = largest;
    samples.back().random = true;
  }
  samples.push_back(all_ones(subject, bits));
  const auto& entries = subject.definition.entries();
  if (!entries.empty())
    for (std::size_t at : {std::size_t{0}, entries.size() / 2, entries.size() - 1})
      samples.push_back(one_tap(subject, bits, entries[at]));
  for (std::size_t at = 1; at < samples.size(); ++at) samples[at].first = false;
  return samples;
}

std::vector<Sample<Polynomial>> symbol_samples(const Subject& subject) {
  const Index products = static_cast<Index>(subject.definition.entries().size()) * sampled_batch;
  const Index longest = longest_sum(subject.definition);
  if (static_cast<double>(products) * static_cast<double>(longest) > most_symbolic_work)
    throw InvalidArgument(
        "symbolic",
        fmt::format("{} products of symbols in sums of up to {} are too much work", products, longest),
        "use --method exact, or a smaller geometry with the same taps and strides");
  Sample<Polynomial> sample;
  sample.method = Method::symbolic;
  sample.bits = {0, 0};
  sample.image = symbols(Symbol::image, subject.geometry.image_shape(sampled_batch));
  sample.code = symbols(Symbol::code, subject.geometry.code_shape(sampled_batch));
  sample.weight = symbols(Symbol::weight, subject.geometry.weight_shape());
  std::vector<Sample<Polynomial>> samples;
  samples.push_back(std::move(sample));
  return samples;
}

template <class T>
double Sample<T>::log2_miss() const {
  return random ? std::log2(3 / (2 * static_cast<double>(largest) + 1)) : 0;
}

template <class T>
const Expected<T>& Sample<T>::conv(const Definition& definition) const {
  return conv_.get([&] {
    return expected(method, definition.longest_conv_sum(), image, weight,
                    [&](const auto& a, const auto& b) { return definition.conv(a, b); });
  });
}

template <class T>
const Expected<T>& Sample<T>::conv_transpose(const Definition& definition) const {
  return conv_transpose_.get([&] {
    return expected(method, definition.longest_transposed_sum(), code, weight,
                    [&](const auto& a, const auto& b) { return definition.conv_transpose(a, b); });
  });
}

template <class T>
const Expected<T>& Sample<T>::weight_gradient(const Definition& definition) const {
  return weight_gradient_.get([&] {
    return expected(method, definition.longest_gradient_sum(image.shape()[0]), code, image,
                    [&](const auto& a, const auto& b) { return definition.weight_gradient(a, b); });
  });
}

template class Sample<double>;
template class Sample<Polynomial>;

}  // namespace fsconv
