// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/conventions/fixed_filter.hpp>
#include <numbers>

namespace fsconv {
namespace {

constexpr Index most_taps = Index{1} << 20;  // as check(Axis) has it
constexpr Index most_lobes = 64;
constexpr double steepest = 4;
constexpr auto legal =
    "write nearest:F, bilinear:F, bicubic:F, bicubic:F:A or lanczos:F:LOBES with a factor F of at least 1, like 2 or 3/2 "
    "or 2,3 for two axes";

InvalidArgument bad(std::string_view whole, std::string_view problem, std::string_view cure = legal) {
  return InvalidArgument("weight", fmt::format("'{}' {}", whole, problem), cure);
}

std::vector<Stride> parse_factors(std::string_view whole, std::string_view list) {
  std::vector<Stride> factors;
  try {
    factors = parse_stride(list);
  } catch (const InvalidArgument&) {
    throw bad(whole, fmt::format("has no factor '{}'; a file of that name is ./{}", list, whole));
  }
  if (factors.size() > 3) throw bad(whole, "has more than 3 factors");
  for (const Stride& factor : factors) {
    if (factor.down < factor.up)
      throw bad(whole, fmt::format("shrinks by {}", text(factor)),
                "the factor enlarges; --op conv is the way back, and shrinks by it");
    if (factor.down > most_taps) throw bad(whole, "has a factor that is too large: at most 2^20");
  }
  return factors;
}

double parse_slope(std::string_view whole, std::string_view word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || !(std::abs(value) <= steepest))
    throw bad(whole, fmt::format("has no slope '{}'", word),
              "give a number from -4 to 4, like -0.5 or -0.75");
  return value;
}

// How far h reaches: it is 0 from there on.
Index radius_in_halves(const FixedFilter& filter) {
  switch (filter.kind) {
    case Interpolation::nearest:
      return 1;
    case Interpolation::bilinear:
      return 2;
    case Interpolation::bicubic:
      return 4;
    case Interpolation::lanczos:
      return 2 * filter.lobes;
  }
  return 0;
}

double sinc(double t) { return std::sin(std::numbers::pi * t) / (std::numbers::pi * t); }

// h at numerator/denominator, which is inside the radius.
double height(const FixedFilter& filter, Index numerator, Index denominator) {
  if (filter.kind == Interpolation::nearest) return 1;
  if (numerator % denominator == 0) return numerator == 0 ? 1 : 0;
  if (filter.kind == Interpolation::bilinear)
    return static_cast<double>(denominator - std::abs(numerator)) / static_cast<double>(denominator);
  const double t = std::abs(static_cast<double>(numerator) / static_cast<double>(denominator));
  if (filter.kind == Interpolation::lanczos) return sinc(t) * sinc(t / static_cast<double>(filter.lobes));
  const double a = filter.slope;
  return t < 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

// The taps of one image pixel are every `down`-th.
void normalise_phases(std::vector<double>& weights, Index down) {
  const auto step = static_cast<std::size_t>(down);
  for (std::size_t phase = 0; phase < std::min(step, weights.size()); ++phase) {
    double sum = 0;
    for (std::size_t k = phase; k < weights.size(); k += step) sum += weights[k];
    for (std::size_t k = phase; k < weights.size(); k += step) weights[k] /= sum;
  }
}

void refuse_own_words(const FixedFilter& filter, const Settings& said) {
  const std::string why =
      fmt::format("{} says it; a filter of another kind can be given as a file", text(filter));
  if (said.stride != std::vector<Stride>{{1, 1}})
    throw InvalidArgument("stride", "would have no effect", why);
  if (said.dilation != std::vector<Index>{1}) throw InvalidArgument("dilation", "would have no effect", why);
  if (said.flip) throw InvalidArgument("flip", "would have no effect", why);
  if (said.transpose_kernel) throw InvalidArgument("transpose_kernel", "would have no effect", why);
}

// The user's words in place of these. Who pads otherwise has other sizes.
Settings overlaid(Settings settings, const Settings& said) {
  if (said.padding) {
    settings.padding = said.padding;
    settings.size.reset();
    settings.output_padding.reset();
  }
  if (said.size || said.output_padding) {
    settings.size = said.size;
    settings.output_padding = said.output_padding;
  }
  return settings;
}

// The system's words for exactly this geometry; none, with the last refusal in `refusal`, where it has no such words.
std::optional<Settings> words_for(Convention convention, Direction direction, const Geometry& wanted,
                                  const ArraySizes& sizes, const Settings& said, std::string& refusal) {
  for (Settings settings : dialect(convention).candidates(wanted, direction)) {
    settings.groups = wanted.groups;
    settings.data_format = said.data_format;
    settings.consistent_padding = said.consistent_padding;
    try {
      if (geometry_of(convention, direction, sizes, settings) == wanted) return settings;
    } catch (const InvalidArgument& refused) {
      refusal = refused.what();
    }
  }
  return std::nullopt;
}

// What the border leaves of a constant 1, along one axis of the enlarged image.
struct BorderLoss {
  Index pixels = 0;  // on either side, at most
  double least = 1, most = 1;
};

BorderLoss border_loss(const AxisFilter& filter, const Axis& axis) {
  BorderLoss loss;
  // Whether the border touches this pixel at all.
  const auto touched = [&](Index i, Index depth) {
    const Index last = floor_div(axis.up * i + axis.pad, axis.down);
    const Index first = ceil_div(axis.up * i + axis.pad - axis.taps + 1, axis.down);
    if (first >= 0 && last < axis.out) return false;
    double sum = 0;
    for (Index o = std::max<Index>(first, 0); o <= std::min(last, axis.out - 1); ++o)
      sum += filter.weights[static_cast<std::size_t>(axis.up * i - axis.down * o + axis.pad)];
    if (std::abs(sum - 1) > 1e-9) {
      loss.pixels = std::max(loss.pixels, depth);
      loss.least = std::min(loss.least, sum);
      loss.most = std::max(loss.most, sum);
    }
    return true;
  };
  for (Index depth = 1; depth <= axis.in && touched(depth - 1, depth); ++depth) {
  }
  for (Index depth = 1; depth <= axis.in && touched(axis.in - depth, depth); ++depth) {
  }
  return loss;
}

}  // namespace

std::optional<FixedFilter> parse_fixed_filter(std::string_view text) {
  std::vector<std::string> words = split(text, ':');
  const auto all = all_values<Interpolation>();
  const auto kind =
      std::find_if(all.begin(), all.end(), [&](Interpolation one) { return name(one) == words[0]; });
  if (kind == all.end()) return std::nullopt;
  if (words.size() < 2) throw bad(text, "lacks its factor");
  FixedFilter filter{.kind = *kind, .factors = parse_factors(text, words[1])};
  const bool takes_one_more = *kind == Interpolation::bicubic || *kind == Interpolation::lanczos;
  if (words.size() > (takes_one_more ? 3u : 2u)) throw bad(text, "says too much");
  if (words.size() == 3 && *kind == Interpolation::bicubic) filter.slope = parse_slope(text, words[2]);
  if (words.size() == 3 && *kind == Interpolation::lanczos) {
    const auto lobes = to_integer(words[2]);
    if (!lobes || *lobes < 1 || *lobes > most_lobes)
      throw bad(text, fmt::format("has no number of lobes '{}'", words[2]), "give one from 1 to 64, like 3");
    filter.lobes = *lobes;
  }
  for (const Stride& factor : filter.factors)
    if (radius_in_halves(filter) * factor.down > most_taps)
      throw bad(text, "has more than 2^20 taps along an axis");
  return filter;
}

std::string text(const FixedFilter& filter) {
  std::vector<std::string> factors;
  for (const Stride& factor : filter.factors) factors.push_back(text(factor));
  std::string words = fmt::format("{}:{}", name(filter.kind), fmt::join(factors, ","));
  const FixedFilter plain;
  if (filter.kind == Interpolation::bicubic && filter.slope != plain.slope)
    words += fmt::format(":{}", filter.slope);
  if (filter.kind == Interpolation::lanczos && filter.lobes != plain.lobes)
    words += fmt::format(":{}", filter.lobes);
  return words;
}

AxisFilter axis_filter(const FixedFilter& filter, const Stride& factor) {
  // The tap at t = numerator/(2*down) has numerators of one parity, that of up - down, strictly inside the radius; the
  // box of nearest has its left end, too.
  const Index denominator = 2 * factor.down, reach = radius_in_halves(filter) * factor.down;
  const bool ends = filter.kind == Interpolation::nearest;
  Index first = ends ? -reach : 1 - reach;
  if (positive_mod(first - factor.up + factor.down, 2) != 0) ++first;
  AxisFilter one;
  for (Index numerator = first; numerator < reach; numerator += 2)
    one.weights.push_back(height(filter, numerator, denominator));
  if (filter.kind == Interpolation::lanczos) normalise_phases(one.weights, factor.down);
  one.axis = {.taps = static_cast<Index>(one.weights.size()),
              .down = factor.down,
              .up = factor.up,
              .pad = (factor.up - factor.down - first) / 2};
  return one;
}

Geometry filter_geometry(const FixedFilter& filter, Direction direction, const Shape& source, Index channels,
                         Index groups) {
  const std::vector<Stride> factors = one_per("weight", filter.factors, source.size());
  Geometry geometry{.axes = {}, .in_channels = channels, .out_channels = channels, .groups = groups};
  for (std::size_t at = 0; at < source.size(); ++at) {
    Axis axis = axis_filter(filter, factors[at]).axis;
    (direction == Direction::conv ? axis.in : axis.out) = source[at];
    check(axis, fmt::format("axis {}", at));
    if (direction == Direction::conv)
      axis.out = axis.up * axis.in / axis.down;
    else
      axis.in = axis.down * axis.out / axis.up;
    geometry.axes.push_back(axis);
  }
  check(geometry);
  return geometry;
}

Tensor<double> filter_weight(const FixedFilter& filter, const Geometry& geometry) {
  // Before the memory is asked for: every tap is met by every pixel, and more of them would take hours.
  constexpr Index most_filter_taps = Index{1} << 24;
  Index all = 1;
  for (const Axis& axis : geometry.axes) all = std::min(all * axis.taps, most_filter_taps + 1);
  if (all > most_filter_taps)
    throw InvalidArgument("weight", "is a filter of more than 2^24 taps", "a smaller factor, or fewer lobes");
  Tensor<double> weight(geometry.weight_shape(), "weight");  // refuses what does not fit the memory
  std::vector<double> product{1};
  for (const Stride& factor : one_per("weight", filter.factors, geometry.axes.size())) {
    std::vector<double> longer;
    const std::vector<double> taps = axis_filter(filter, factor).weights;
    for (const double before : product)
      for (const double tap : taps) longer.push_back(before * tap);
    product = std::move(longer);
  }
  const Index seen = geometry.in_per_group(), taps = static_cast<Index>(product.size());
  for (Index channel = 0; channel < geometry.out_channels; ++channel)
    std::copy(product.begin(), product.end(), weight.data() + (channel * seen + channel % seen) * taps);
  return weight;
}

FilterCall filter_call(Convention convention, Direction direction, const FixedFilter& filter,
                       ArraySizes sizes, const Settings& said) {
  refuse_own_words(filter, said);
  sizes.code_channels = sizes.image_channels;
  const bool says_sizes = said.padding || said.size || said.output_padding;
  std::vector<Index> groups{std::max<Index>(sizes.image_channels, 1), 1};
  if (said.groups) groups = {*said.groups};
  std::string refusal;
  Geometry wanted;
  for (const Index count : groups) {
    wanted = filter_geometry(filter, direction, sizes.source, sizes.image_channels, count);
    sizes.kernel = kernel_size(wanted);
    const auto words = words_for(convention, direction, wanted, sizes, said, refusal);
    if (!words) continue;
    if (!says_sizes) return {*words, wanted};
    const Settings settings = overlaid(*words, said);
    return {settings, geometry_of(convention, direction, sizes, settings)};
  }
  if (says_sizes) {
    Settings settings = overlaid(words_of(wanted), said);
    settings.data_format = said.data_format;
    settings.consistent_padding = said.consistent_padding;
    return {settings, geometry_of(convention, direction, sizes, settings)};
  }
  if (!refusal.empty()) throw InvalidArgument("weight", fmt::format("{}: {}", text(filter), refusal));
  Settings as_it_is = said;
  as_it_is.flip = false;  // reversed, these filters are the same
  throw InvalidArgument(
      "weight",
      fmt::format("{} has no padding that puts {} in its place here", name(convention), text(filter)),
      way_out(dialect(convention), wanted, direction, as_it_is));
}

std::string filter_remark(const FixedFilter& filter, Direction direction, const Geometry& geometry) {
  const std::vector<Stride> factors = one_per("weight", filter.factors, geometry.axes.size());
  if (direction == Direction::conv) {
    double sum = 1;
    const bool whole = std::all_of(factors.begin(), factors.end(), [](const Stride& f) { return f.up == 1; });
    for (const Stride& factor : factors)
      sum *= static_cast<double>(factor.down) / static_cast<double>(factor.up);
    if (sum == 1) return {};
    return fmt::format(
        "conv is the transpose of enlarging, whose weights sum to {:.6g}{}: divide by it for a mean", sum,
        whole ? "" : " on average");
  }
  BorderLoss worst;
  for (std::size_t at = 0; at < factors.size(); ++at) {
    const BorderLoss loss = border_loss(axis_filter(filter, factors[at]), geometry.axes[at]);
    worst.pixels = std::max(worst.pixels, loss.pixels);
    worst.least *= loss.least;  // corners lose along every axis
    worst.most *= loss.most;
  }
  if (worst.pixels == 0) return {};
  const std::string becomes = worst.most > 1 ? fmt::format("{:.4g} to {:.4g}", worst.least, worst.most)
                                             : fmt::format("as little as {:.4g}", worst.least);
  return fmt::format(
      "outside the input there are zeros, so that at the borders (up to {} along an axis) a constant 1 becomes {}; "
      "repeat the input's edge before and crop after for what interpolation gives",
      counted(worst.pixels, "pixel"), becomes);
}

}  // namespace fsconv
