// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/receptive_field.hpp>
#include <span>

namespace fsconv {
namespace {

__extension__ typedef __int128 Wide;

// Steps from one number to the next stay far below 2^127, and what is kept fits an Index with room for a sum.
constexpr Wide largest = Wide{1} << 62;
constexpr Index most_runs = Index{1} << 20;  // of all sets that answer one question: a moment, and 16 MiB

std::optional<Fraction> lowest_terms(Wide numerator, Wide denominator) {
  Wide a = numerator < 0 ? -numerator : numerator, b = denominator;
  while (b != 0) a = std::exchange(b, a % b);
  numerator /= a;
  denominator /= a;
  if (numerator > largest || numerator < -largest || denominator > largest) return std::nullopt;
  return Fraction{static_cast<Index>(numerator), static_cast<Index>(denominator)};
}

std::optional<Fraction> times(const Fraction& a, Index numerator, Index denominator) {
  // First across: 2^62 * 2^62 would be the end of it.
  const auto left = lowest_terms(a.numerator, denominator), right = lowest_terms(numerator, a.denominator);
  return lowest_terms(Wide{left->numerator} * right->numerator, Wide{left->denominator} * right->denominator);
}

std::optional<Fraction> plus(const Fraction& a, const Fraction& b) {
  const Index common = std::gcd(a.denominator, b.denominator);
  Wide left = 0, right = 0, sum = 0, denominator = 0;
  if (__builtin_mul_overflow(Wide{a.numerator}, Wide{b.denominator / common}, &left) ||
      __builtin_mul_overflow(Wide{b.numerator}, Wide{a.denominator / common}, &right) ||
      __builtin_add_overflow(left, right, &sum) ||
      __builtin_mul_overflow(Wide{a.denominator}, Wide{b.denominator / common}, &denominator))
    return std::nullopt;
  return lowest_terms(sum, denominator);
}

// How many runs may still be made; shared by all sets of a question, so that its answer takes a second at most.
struct Budget {
  Index runs = most_runs;
  bool spend(Index more) {
    if (more > runs) return false;
    runs -= more;
    return true;
  }
};

void sort_and_join(PixelSet& set) {
  const auto earlier = [](const PixelRun& a, const PixelRun& b) { return a.first < b.first; };
  if (!std::is_sorted(set.begin(), set.end(), earlier)) std::sort(set.begin(), set.end(), earlier);
  PixelSet joined;
  for (const PixelRun& run : set)
    if (!joined.empty() && run.first <= joined.back().last + 1)
      joined.back().last = std::max(joined.back().last, run.last);
    else
      joined.push_back(run);
  set = std::move(joined);
}

// The positions down*o + dilation*k - pad of all taps of the pixels of a run, as runs that may overlap. False where
// the budget does not suffice.
bool add_positions(const Axis& axis, const PixelRun& pixels, Budget& budget, PixelSet& positions) {
  const Index begin = axis.down * pixels.first - axis.pad, end = axis.down * pixels.last - axis.pad;
  const Index number = pixels.last - pixels.first + 1, reach = axis.extent() - 1;
  const bool dense = axis.dilation == 1 || axis.taps == 1;
  const bool windows_meet = dense && (number == 1 || axis.down <= axis.taps);
  const bool combs_fill = axis.down == 1 && axis.dilation <= number;
  const auto add = [&](Index runs, const auto& run_at) {
    if (!budget.spend(runs)) return false;
    for (Index at = 0; at < runs; ++at) positions.push_back(run_at(at));
    return true;
  };
  if (windows_meet || combs_fill) return add(1, [&](Index) { return PixelRun{begin, end + reach}; });
  if (dense)  // a run for each pixel
    return add(number, [&](Index o) {
      const Index first = begin + axis.down * o;
      return PixelRun{first, first + reach};
    });
  if (axis.down == 1)  // a run for each tap
    return add(axis.taps, [&](Index k) {
      const Index first = begin + axis.dilation * k;
      return PixelRun{first, first + number - 1};
    });
  const std::optional<Index> all = checked_multiply(number, axis.taps);
  return all && add(*all, [&](Index at) {
           const Index position = begin + axis.down * (at / axis.taps) + axis.dilation * (at % axis.taps);
           return PixelRun{position, position};
         });
}

// What the pixels of a set read of the layer's input, which goes on for ever. Nothing where the budget does not suffice
// or a position does not fit.
std::optional<PixelSet> read_by(const Axis& axis, const PixelSet& pixels, Budget& budget) {
  PixelSet positions;
  for (const PixelRun& run : pixels) {
    for (const Index pixel : {run.first, run.last}) {
      const Wide position = Wide{axis.down} * pixel;
      if (position > largest || position < -largest) return std::nullopt;
    }
    if (!add_positions(axis, run, budget, positions)) return std::nullopt;
  }
  // Of a run of positions, the multiples of `up` hold pixels.
  std::erase_if(positions, [&](PixelRun& run) {
    run = {ceil_div(run.first, axis.up), floor_div(run.last, axis.up)};
    return run.first > run.last;
  });
  sort_and_join(positions);
  return positions;
}

void cut(PixelSet& set, Index size) {
  std::erase_if(set, [&](PixelRun& run) {
    run = {std::max<Index>(run.first, 0), std::min(run.last, size - 1)};
    return run.first > run.last;
  });
}

// From a pixel behind the last layer to the image. `with_borders`: pixels that a layer does not have are not followed.
std::optional<PixelSet> followed(std::span<const Axis> layers, Index pixel, bool with_borders,
                                 Budget& budget) {
  PixelSet set{{pixel, pixel}};
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (!budget.spend(1)) return std::nullopt;  // so that empty sets, too, come to an end
    std::optional<PixelSet> read = read_by(*layer, set, budget);
    if (!read) return std::nullopt;
    set = std::move(*read);
    if (with_borders) cut(set, layer->in);
  }
  return set;
}

// Where the window of pixel 0 has its middle, how far those of neighbours are apart, and after how many pixels every
// layer's equation repeats.
struct Placement {
  Fraction jump{1, 1};
  Fraction centre{0, 1};
  Index phases = 1;
};

// Behind one layer more.
std::optional<Placement> behind(const Placement& before, const Axis& layer) {
  // The middle of window 0 among this layer's pixels; `up` positions are one of them.
  const auto middle = lowest_terms(Wide{layer.extent()} - 1 - 2 * Wide{layer.pad}, 2 * Wide{layer.up});
  const auto moved = times(before.jump, middle->numerator, middle->denominator);
  const auto jump = times(before.jump, layer.down, layer.up);
  if (!moved || !jump) return std::nullopt;
  const auto centre = plus(before.centre, *moved);
  if (!centre) return std::nullopt;
  // The layer's input repeats after `before.phases` pixels and their multiples, no others: so many steps of down/up must
  // make one of these.
  const auto repeats = lowest_terms(layer.down, Wide{layer.up} * before.phases);
  if (!repeats) return std::nullopt;
  return Placement{*jump, *centre, repeats->denominator};
}

std::optional<ReceptiveField> field_behind(std::span<const Axis> layers, const Placement& placement,
                                           Budget& budget) {
  const Fraction& jump = placement.jump;
  const auto share = lowest_terms(Wide{jump.denominator} - jump.numerator, 2 * Wide{jump.denominator});
  const auto shift = share ? plus(placement.centre, *share) : std::nullopt;
  if (!shift) return std::nullopt;
  ReceptiveField field{.jump = jump,
                       .centre = placement.centre,
                       .shift = *shift,
                       .phases = placement.phases,
                       .width = {},
                       .pixels = {}};
  std::optional<PhaseRange> width_range, pixel_range;
  const auto take = [](std::optional<PhaseRange>& range, Index value) {
    if (!range) range = {value, value};
    range = {std::min(range->least, value), std::max(range->most, value)};
  };
  for (Index phase = 0; phase < field.phases; ++phase) {
    const auto set = followed(layers, phase, false, budget);
    if (!set) return field;
    take(width_range, width(*set));
    take(pixel_range, count(*set));
  }
  field.width = width_range;
  field.pixels = pixel_range;
  return field;
}

}  // namespace

std::string text(const Fraction& fraction) {
  return fraction.denominator == 1 ? fmt::format("{}", fraction.numerator)
                                   : fmt::format("{}/{}", fraction.numerator, fraction.denominator);
}

Index count(const PixelSet& set) {
  Index pixels = 0;
  for (const PixelRun& run : set) pixels += run.last - run.first + 1;
  return pixels;
}

Index width(const PixelSet& set) { return set.empty() ? 0 : set.back().last - set.front().first + 1; }

std::vector<std::optional<ReceptiveField>> receptive_fields(const std::vector<Axis>& layers) {
  for (std::size_t at = 0; at < layers.size(); ++at) check(layers[at], fmt::format("layer {}", at + 1));
  std::vector<std::optional<ReceptiveField>> fields;
  std::optional<Placement> placement = Placement{};
  Budget budget;
  for (const Axis& layer : layers) {
    placement = placement ? behind(*placement, layer) : std::nullopt;
    const auto these = std::span(layers).first(fields.size() + 1);
    fields.push_back(placement ? field_behind(these, *placement, budget) : std::nullopt);
  }
  return fields;
}

std::optional<PixelField> pixel_field(const std::vector<Axis>& layers, Index pixel) {
  if (layers.empty()) throw InvalidArgument("layers", "there are none", "give at least one");
  for (std::size_t at = 0; at < layers.size(); ++at) {
    check(layers[at], fmt::format("layer {}", at + 1));
    if (at > 0 && layers[at].in != layers[at - 1].out)
      throw InvalidArgument(fmt::format("layer {}", at + 1),
                            fmt::format("reads {} pixels, and {} come", layers[at].in, layers[at - 1].out));
  }
  if (pixel < 0 || pixel >= layers.back().out)
    throw InvalidArgument("pixel", fmt::format("is {}", pixel),
                          fmt::format("the last layer gives pixels 0 to {}", layers.back().out - 1));
  Budget budget;
  auto whole = followed(layers, pixel, false, budget), image = followed(layers, pixel, true, budget);
  if (!whole || !image) return std::nullopt;
  return PixelField{.whole = std::move(*whole), .image = std::move(*image)};
}

double padding_share(const std::vector<PixelField>& axes) {
  double seen = 1;
  for (const PixelField& field : axes) {
    if (field.whole.empty()) return 0;
    seen *= static_cast<double>(count(field.image)) / static_cast<double>(count(field.whole));
  }
  return 1 - seen;
}

}  // namespace fsconv
