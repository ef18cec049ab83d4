// Claims that are settled by counting: how many windows fit, and how many taps reach a pixel.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/axis_rules.hpp>
#include <fsconv/verify/claim.hpp>
#include <numeric>

namespace fsconv::claim {
namespace {

// How many windows fit, counted by sliding one, which goes on where the images grow.
class SlidWindow {
 public:
  SlidWindow(const Axis& axis, Pads pads) : axis_(axis), end_(pads.end), first_(-pads.begin) {}

  Index windows_on(Index in) {                              // no less than before
    const Index last = stretched(in, axis_.up) - 1 + end_;  // the last place a tap may stand on
    for (; first_ + axis_.dilation * (axis_.taps - 1) <= last; first_ += axis_.down) ++windows_;
    return windows_;
  }

 private:
  const Axis& axis_;
  Index end_, first_, windows_ = 0;
};

Outcome check_sizes(const Axis& axis) {
  const AxisArithmetic a = arithmetic(axis);
  const Pads pads{axis.pad, a.padding_end};
  if (SlidWindow(axis, pads).windows_on(axis.in) != axis.out ||
      code_size(axis, axis.in, axis.pad, a.padding_end) != axis.out)
    return {Verdict::fails, 1,
            fmt::format("an image of {} does not come back to a code of {}", axis.in, axis.out)};
  if (!a.images.contains(axis.in))
    return {Verdict::fails, 1, fmt::format("{} is not among its own legal sizes", axis.in)};
  SlidWindow window(axis, pads);
  for (Index in = 1; in <= a.images.largest + axis.down + 1; ++in)
    if (const Index windows = window.windows_on(in); (windows == axis.out) != a.images.contains(in))
      return {Verdict::fails, 1, fmt::format("an image of {} has {} windows", in, windows)};
  // SAME pads every image so that ceil(up*n/down) windows fit, no more and no fewer.
  const SizeRange same = same_image_sizes(axis, axis.out);
  for (Index in = 1; in <= same.largest + 1; ++in) {
    const Index windows = SlidWindow(axis, pads_of(PaddingRule::same, axis, in)).windows_on(in);
    if (axis.up == 1 && (windows == axis.out) != same.contains(in))
      return {Verdict::fails, 1, fmt::format("under SAME an image of {} has {} windows", in, windows)};
  }
  const Index shared = a.images.largest - a.images.smallest + 1;
  if (axis.up == 1 && a.images.smallest > 1 && shared != axis.down)
    return {Verdict::fails, 1, fmt::format("{} sizes share a code size, not {}", shared, axis.down)};
  return {};
}

// The taps that meet pixels and not always an inserted zero: where both numbers of the stride are multiples
// of g, they are every (g / gcd(g, dilation))-th one, or none. Along them the axis is one whose stride is in
// lowest terms (proofs/smt/lowest_terms.smt2).
struct MeetingTaps {
  Index count, dilation;
};

MeetingTaps meeting_taps(const Axis& axis) {
  const Index factor = axis.stride_factor(), spread = std::gcd(factor, axis.dilation);
  MeetingTaps meeting{.count = 0, .dilation = axis.dilation / spread};
  for (Index k = 0; k < axis.taps; ++k) meeting.count += (axis.dilation * k - axis.pad) % factor == 0;
  return meeting;
}

}  // namespace

// With the zeros that a form may insert.
constexpr Index longest_interior = 10'000'000;

// The size rules against a window that is slid and counted; every size around, not only the legal ones.
Outcome shape(const Trial<double>& t) {
  for (const Axis& axis : t.geometry.axes)
    if (const Outcome outcome = check_sizes(axis); outcome.verdict != Verdict::holds) return outcome;
  return {};
}

// conv_transpose of ones by ones counts the taps that reach each pixel. On an axis long enough to have an
// interior, the counts there are equal exactly where the stride divides the taps (and shares no factor with
// the dilation). Of a stride like 4/2 that is said of its lowest terms and the taps that meet pixels.
Outcome overlap(const Trial<double>& t) {
  Outcome outcome;
  for (const Axis& given : t.geometry.axes) {
    Axis axis = given;
    axis.pad = std::max<Index>(axis.pad, 0);
    const Index first = ceil_div(std::max<Index>(axis.extent() - 1 - axis.pad, 0), axis.up);
    // Two periods of pixels behind the first one that nothing cuts.
    axis.out = 1 + ceil_div(axis.up * (first + 2 * axis.image_step() + 1) + axis.pad, axis.down);
    const Index last = floor_div(axis.down * (axis.out - 1) - axis.pad, axis.up);
    axis.in = last + 1;
    if (last - first < axis.image_step()) return {Verdict::skipped, 0, "the padding leaves no interior"};
    if (const auto size = checked_multiply(axis.in, axis.up); !size || *size > longest_interior)
      return {Verdict::skipped, 0,
              fmt::format("an axis with an interior would have {} pixels, {} apart", axis.in, axis.up)};
    const Geometry line{.axes = {axis}};
    if (const auto skipped = skip_unless_supported(t, line, {Op::conv_transpose})) return *skipped;

    Tensor<double> ones_code(line.code_shape()), ones_weight(line.weight_shape());
    std::fill(ones_code.begin(), ones_code.end(), 1.0);
    std::fill(ones_weight.begin(), ones_weight.end(), 1.0);
    const Tensor<double> counts = t.maps.conv_transpose(line, ones_code, ones_weight);
    const auto [least, most] = std::minmax_element(counts.begin() + first, counts.begin() + last + 1);
    const bool even = *least == *most;
    const MeetingTaps meeting = meeting_taps(axis);
    const Index stride = axis.image_step();
    const bool expected =
        meeting.count == 0 || (meeting.count % stride == 0 && std::gcd(meeting.dilation, stride) == 1);
    if (even != expected)
      return {
          Verdict::fails, 1,
          fmt::format("stride {} with {} taps: counts from {} to {}", axis.down, axis.taps, *least, *most)};
    const auto by_phase = overlap_by_phase(axis);
    for (Index i = first; i <= last; ++i)
      if (counts[i] != static_cast<double>(by_phase[static_cast<std::size_t>(i) % by_phase.size()]))
        return {Verdict::fails, 1, fmt::format("pixel {} is reached {} times", i, counts[i])};
  }
  return outcome;
}

}  // namespace fsconv::claim
