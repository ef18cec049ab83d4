// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/code_text.hpp>

namespace fsconv {
namespace {

// [DV16] covers integer strides, dense filters and padding that is alike on both sides.
int relation(const Axis& axis) {
  if (axis.up != 1 || axis.dilation != 1 || axis.pad < 0 || axis.out == 0) return 0;
  const Index k = axis.taps, p = axis.pad;
  if (code_size(axis, axis.in, p, p) != axis.out) return 0;
  if (axis.down == 1) {
    if (p == 0) return 8;
    if (p == k - 1) return 11;
    return k % 2 == 1 && p == k / 2 ? 10 : 9;
  }
  if ((axis.in + 2 * p - k) % axis.down != 0) return 14;
  return p == 0 ? 12 : 13;
}

// Long lists are for machines: people see the beginning.
std::string beginning(const std::vector<Index>& values) {
  constexpr std::size_t most = 12;
  if (values.size() <= most) return fmt::format("{}", fmt::join(values, ", "));
  return fmt::format("{}, ...", fmt::join(values.begin(), values.begin() + most, ", "));
}

std::string sizes_text(const SizeRange& sizes) {
  if (sizes.largest == sizes.smallest) return fmt::format("{}", sizes.smallest);
  return fmt::format("{} to {}", sizes.smallest, sizes.largest);
}

// The taps that reach the pixels of a phase: how many, the first, the last, and what they add up to.
struct PhaseTaps {
  Index count = 0, first = 0, last = 0;
  double sum = 0;
};

// By phase: those of pixel i, for the first pixel of each. Tap k reaches the pixels with up*i + pad = dilation*k modulo
// down, and then falls on a code pixel of theirs.
std::vector<PhaseTaps> taps_by_phase(const Axis& axis, std::span<const double> weights = {}) {
  std::vector<PhaseTaps> of_residue(static_cast<std::size_t>(axis.down));
  for (Index k = 0; k < axis.taps; ++k) {
    PhaseTaps& taps = of_residue[static_cast<std::size_t>(axis.dilation * k % axis.down)];
    if (taps.count++ == 0) taps.first = k;
    taps.last = k;
    if (!weights.empty()) taps.sum += weights[static_cast<std::size_t>(k)];
  }
  std::vector<PhaseTaps> phases(static_cast<std::size_t>(std::min(axis.image_step(), axis.in)));
  for (std::size_t i = 0; i < phases.size(); ++i)
    phases[i] = of_residue[static_cast<std::size_t>(
        positive_mod(axis.up * static_cast<Index>(i) + axis.pad, axis.down))];
  return phases;
}

// Whether some pixel i of the phase is reached by all its taps: tap k comes from code pixel (up*i + pad - dilation*k)/down,
// which must be there for the first tap, the one farthest behind, and for the last.
bool has_interior(const Axis& axis, Index phase, const PhaseTaps& taps) {
  if (axis.out == 0) return false;
  if (taps.count == 0) return true;
  const Index least = std::max<Index>(ceil_div(axis.dilation * taps.last - axis.pad, axis.up), 0);
  const Index most = std::min(
      floor_div(axis.down * (axis.out - 1) + axis.dilation * taps.first - axis.pad, axis.up), axis.in - 1);
  return least + positive_mod(phase - least, axis.image_step()) <= most;
}

std::vector<PhaseTaps> interior_phases(const Axis& axis, std::span<const double> weights = {}) {
  std::vector<PhaseTaps> phases = taps_by_phase(axis, weights), inside;
  for (std::size_t phase = 0; phase < phases.size(); ++phase)
    if (has_interior(axis, static_cast<Index>(phase), phases[phase])) inside.push_back(phases[phase]);
  return inside;
}

std::vector<Index> counts_of(const std::vector<PhaseTaps>& phases) {
  std::vector<Index> counts;
  for (const PhaseTaps& taps : phases) counts.push_back(taps.count);
  return counts;
}

// "interior image pixels in turn are reached by 2, 1 taps", and what that does to an even code.
std::string overlap_text(const Axis& axis, std::span<const double> weights) {
  const std::vector<PhaseTaps> phases = interior_phases(axis, weights);
  const std::vector<Index> counts = counts_of(phases);
  if (counts.empty()) return "no image pixel lies far enough inside to be reached by all its windows";
  const bool alike = all_are(counts, counts.front());
  // Of the others nothing can be said: that these are alike does not make the image even.
  if (const std::size_t all = overlap_by_phase(axis).size(); counts.size() < all && alike)
    return fmt::format(
        "{} of {} phases {} image pixels far enough inside, reached by {}; the others are near a border everywhere",
        counts.size(), all, counts.size() == 1 ? "has" : "have", counted(counts.front(), "tap"));
  const std::string reached =
      alike ? "every interior image pixel is reached by " + counted(counts.front(), "tap")
            : fmt::format("interior image pixels in turn are reached by {} taps", beginning(counts));
  if (weights.empty()) return reached + (alike ? ": even" : ": uneven, expect a checkerboard");
  double least = phases.front().sum, most = least, largest = 0;
  for (const PhaseTaps& taps : phases) {
    least = std::min(least, taps.sum);
    most = std::max(most, taps.sum);
    largest = std::max(largest, std::abs(taps.sum));
  }
  constexpr double rounding = 1e-12;
  if (most - least <= rounding * largest)
    return fmt::format("{}, which add up to {:.6g}{}: even", reached, least, alike ? "" : " each");
  return fmt::format("{}, which add up to {:.6g} to {:.6g}: uneven, expect a checkerboard", reached, least,
                     most);
}

}  // namespace

std::vector<Index> overlap_by_phase(const Axis& axis) { return counts_of(taps_by_phase(axis)); }
std::vector<Index> interior_overlap(const Axis& axis) { return counts_of(interior_phases(axis)); }

AxisArithmetic arithmetic(const Axis& axis, const SaidPadding& said) {
  const Axis transposed = axis.transposed();
  AxisArithmetic a{};
  a.natural = axis.stretched_code() - 1 + axis.extent();
  a.pad_begin = axis.pad;
  a.pad_end = axis.pad_end();
  a.zeros_between = axis.down - 1;
  a.zeros_begin = transposed.pad;
  a.zeros_end = transposed.pad_end();
  // Where nobody said it, of the paddings behind that give this code the one alike in front if it is among them, else
  // the nearest to it.
  if (said.behind)
    a.padding_end = *said.behind;
  else
    a.padding_end = axis.out == 0 ? std::min(axis.pad, a.pad_end)
                                  : std::clamp(axis.pad, a.pad_end, a.pad_end + axis.down - 1);
  a.images = is_same(said.rule) ? same_image_sizes(axis, axis.out)
                                : image_sizes(axis, axis.out, axis.pad, a.padding_end);
  // Not every system takes an image without pixels, but this one has been taken, or holds no window like the others.
  if ((axis.in == 0 || axis.out == 0) && !is_same(said.rule) &&
      empty_image_has(axis, axis.out, axis.pad, a.padding_end))
    a.images = {0, std::max<Index>(a.images.largest, 0)};
  a.relation = relation(axis);
  return a;
}

std::vector<std::string> explain(const Axis& axis, const SaidPadding& said, std::span<const double> weights,
                                 bool reversed) {
  const AxisArithmetic a = arithmetic(axis, said);
  const Index stretched = axis.stretched_image();
  std::vector<std::string> lines;
  if (const Index factor = axis.stride_factor(); factor > 1)
    lines.push_back(fmt::format(
        "stride          {} is not {}: with {} between the pixels only the taps k whose {}*k - {} is a multiple of {} "
        "meet a pixel, the others a zero",
        stride_text(axis), text(Stride{axis.down / factor, axis.up / factor}), counted(axis.up - 1, "zero"),
        axis.dilation, axis.pad, factor));
  lines.push_back(fmt::format(
      "conv            image {}{}, padded {}:{}, window {}: floor(({} {:+} {:+} {:+}) / {}) + 1 = {}{}",
      axis.in,
      axis.up == 1
          ? ""
          : fmt::format(", stretched to {} by {} between pixels", stretched, counted(axis.up - 1, "zero")),
      axis.pad, a.padding_end, axis.extent(), stretched, axis.pad, a.padding_end, -axis.extent(), axis.down,
      code_size(axis, axis.in, axis.pad, a.padding_end), axis.out == 0 ? ", so none" : ""));
  if (axis.dilation > 1)
    lines.push_back(
        fmt::format("                the filter's {} taps lie {} apart and cover {}*({}-1)+1 = {}", axis.taps,
                    axis.dilation, axis.dilation, axis.taps, axis.extent()));
  if (axis.up == 1) {
    lines.push_back(
        fmt::format("conv_transpose  {} = {}, {} {} in front and {} {} behind: {}{}",
                    axis.out == 0 ? fmt::format("0 + {}-1", axis.extent())
                                  : fmt::format("{}*({}-1) + {}", axis.down, axis.out, axis.extent()),
                    counted(a.natural, "pixel"), std::abs(a.pad_begin), a.pad_begin < 0 ? "added" : "cut",
                    std::abs(a.pad_end), a.pad_end < 0 ? "added" : "cut", axis.in,
                    a.relation > 0 ? fmt::format("  (relation {} of Dumoulin & Visin)", a.relation) : ""));
  }
  const auto zeros = [](Index count) {
    return count < 0 ? fmt::format("{} cropped", counted(-count, "pixel")) : counted(count, "zero");
  };
  lines.push_back(
      fmt::format("{}a convolution with stride {}/{}: {} between code pixels, {} before, {} behind, {}, one "
                  "result every {}: {}",
                  axis.up == 1 ? "                as " : "conv_transpose  ", axis.up, axis.down,
                  zeros(a.zeros_between), zeros(a.zeros_begin), zeros(a.zeros_end),
                  reversed ? "the filter as its array has it" : "the reversed filter",
                  axis.up == 1 ? "step" : counted(axis.up, "step"), axis.in));
  if (!a.images.empty()) {
    const std::string padding = said.rule == PaddingRule::listed
                                    ? fmt::format("padding {}:{}", axis.pad, a.padding_end)
                                    : std::string(name(said.rule));
    // Systems differ in which images without a window they take.
    const std::string which = axis.out == 0 ? fmt::format("that hold no window under {}", padding)
                                            : fmt::format("with a code of {} under {}", axis.out, padding);
    lines.push_back(fmt::format(
        "image sizes     {}: {}{}", which, sizes_text(a.images),
        a.images.smallest == a.images.largest ? "" : "  (the size must be said: conv forgets it)"));
  }
  lines.push_back("overlap         " + overlap_text(axis, weights));
  return lines;
}

}  // namespace fsconv
