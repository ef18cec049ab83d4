// The polyphase view: results of one phase are a small convolution that uses every s-th tap of the filter.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/grid.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

namespace {

// One axis seen from its results: which tap each phase uses, and which phase each result has. `slides` is the axis whose
// code side is computed: a result o reads position down*o + dilation*k - pad, which holds a pixel where up divides it.
struct AxisPhases {
  std::vector<Index> phases;  // (pad - down*o) mod up of those that occur, in the order of their first result
  std::vector<Index> of_result;          // index into `phases`
  std::vector<std::vector<Index>> taps;  // of each phase, in the order of the sliding filter
};

AxisPhases phases_of(const Axis& slides) {
  AxisPhases found;
  for (Index o = 0; o < slides.out; ++o) {
    const Index residue = positive_mod(slides.pad - slides.down * o, slides.up);
    auto at = std::find(found.phases.begin(), found.phases.end(), residue);
    if (at == found.phases.end()) {
      found.phases.push_back(residue);
      std::vector<Index> taps;
      for (Index k = 0; k < slides.taps; ++k)
        if (positive_mod(slides.dilation * k - residue, slides.up) == 0) taps.push_back(k);
      found.taps.push_back(taps);
      at = found.phases.end() - 1;
    }
    found.of_result.push_back(at - found.phases.begin());
  }
  return found;
}

std::array<Axis, 3> sliding_axes(const std::array<Axis, 3>& axes, Direction direction) {
  if (direction == Direction::conv) return axes;
  return {axes[0].transposed(), axes[1].transposed(), axes[2].transposed()};
}

class PhaseView {
 public:
  explicit PhaseView(const FigurePage& page)
      : page_(page), slides_(sliding_axes(page.axes(), page.options().direction)) {
    for (std::size_t axis = 0; axis < 3; ++axis) phases_[axis] = phases_of(slides_[axis]);
  }

  Scene draw() {
    const Index count = volume(phase_counts());
    Scene scene = page_.begin(
        count == 1 ? "1 phase: one convolution"
                   : fmt::format("{0} phases: {0} small convolutions in turn", count),
        count == 1 ? fmt::format("every pixel of the {} meets the same taps", page_.side_name(page_.target()))
                   : fmt::format("a pixel of the {} meets only the taps of its own phase; the others would "
                                 "meet inserted zeros",
                                 page_.side_name(page_.target())));
    draw_filter(scene);
    draw_small_filters(scene);
    draw_results(scene);
    for_each_position(phase_counts(), [&](const Index3& phase) {
      stop_if_interrupted();
      if (page_.draws_step(number(phase))) add_frame(scene, phase);
    });
    page_.end(scene, right_, bottom_, {});
    return scene;
  }

 private:
  Index3 phase_counts() const {
    Index3 counts{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      counts[axis] = static_cast<Index>(phases_[axis].phases.size());
    return counts;
  }
  int number(const Index3& phase) const { return static_cast<int>(flatten(phase, phase_counts())); }

  // Colours come again after eight phases, then with lines over them.
  Style style_of(const Index3& phase, double opacity = 1) const {
    const int at = number(phase);
    static constexpr Hatch hatches[] = {Hatch::none, Hatch::rising, Hatch::falling, Hatch::crossed,
                                        Hatch::dotted};
    return {.fill = {Role::series, at % 8},
            .stroke = {Role::line},
            .opacity = opacity,
            .hatch = hatches[static_cast<std::size_t>(at / 8 % 5)]};
  }

  // The tap of the sliding filter as the geometry's own: conv_transpose slides it reversed.
  Index3 tap_of(const Index3& sliding) const {
    Index3 k = sliding;
    if (page_.transposed())
      for (std::size_t axis = 0; axis < 3; ++axis) k[axis] = slides_[axis].taps - 1 - sliding[axis];
    return k;
  }

  bool uses(const Index3& phase, const Index3& sliding) const {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto& taps = phases_[axis].taps[static_cast<std::size_t>(phase[axis])];
      if (std::find(taps.begin(), taps.end(), sliding[axis]) == taps.end()) return false;
    }
    return true;
  }

  // The filter as it slides, each tap in the colour of the phase that uses it; taps that several phases use, or none, stay plain.
  void draw_filter(Scene& scene) {
    const Index3 taps = tap_extents(slides_);
    const double cell = cell_size(taps[2], taps[0] * taps[1], 240, 240);
    const Grid grid({FigurePage::left, FigurePage::top}, cell,
                    {plain_positions(taps[0]), plain_positions(taps[1]), plain_positions(taps[2])});
    page_.panel_heading(scene, grid.corner(), page_.transposed() ? "the filter, reversed" : "the filter",
                        "coloured by phase", {Role::ink}, std::max(grid.width(), 150.0));
    grid.for_each([&](const Index3& sliding, Spot) {
      Rectangle square = grid.square(sliding);
      square.style = {.fill = {Role::cell}, .stroke = {Role::line}};
      Index users = 0;
      for_each_position(phase_counts(), [&](const Index3& phase) {
        if (!uses(phase, sliding)) return;
        ++users;
        square.style = style_of(phase);
      });
      if (users != 1) square.style = {.fill = {Role::cell}, .stroke = {Role::line}};
      scene.add(square, Mark{.kind = Mark::Kind::weight, .k = tap_of(sliding)},
                users == 0 ? "no pixel uses it" : "");
      if (page_.has_text())
        text_in(scene.elements, square, page_.weight_text(tap_of(sliding)),
                {users == 1 ? Role::on : Role::ink});
    });
    filter_end_ = grid.corner().x + std::max(grid.width(), 150.0);
    bottom_ = grid.corner().y + grid.height();
  }

  std::string phase_text(const Index3& phase) const {
    std::string text;
    for (std::size_t axis = 3 - page_.rank(); axis < 3; ++axis)
      text += fmt::format("{}{}", text.empty() ? "" : ",", phase[axis]);
    return "phase " + text;
  }

  // The small filters side by side, as the phases lie in the result.
  void draw_small_filters(Scene& scene) {
    const double x = filter_end_ + FigurePage::gap;
    page_.panel_heading(scene, {x, FigurePage::top}, "its parts", "one small filter per phase", {Role::ink},
                        200);
    std::array<Index, 3> longest{1, 1, 1};
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (const auto& taps : phases_[axis].taps)
        longest[axis] = std::max(longest[axis], static_cast<Index>(taps.size()));
    const Index3 counts = phase_counts();
    const double cell = cell_size(counts[2] * (longest[2] + 1),
                                  counts[0] * counts[1] * (longest[0] * longest[1] + 1), 300, 420);
    const double wide = std::max(cell * static_cast<double>(longest[2]) + 22, 70.0),
                 high = Grid({}, cell,
                             {plain_positions(longest[0]), plain_positions(longest[1]), plain_positions(1)})
                            .height() +
                        34;
    for_each_position(counts, [&](const Index3& phase) {
      const Point corner{x + wide * static_cast<double>(phase[2]),
                         FigurePage::top + 14 + high * static_cast<double>(phase[0] * counts[1] + phase[1])};
      scene.add(Label{
          .at = {corner.x, corner.y - 4}, .text = phase_text(phase), .size = 10.5, .colour = {Role::quiet}});
      const auto& a = phases_[0].taps[static_cast<std::size_t>(phase[0])];
      const auto& b = phases_[1].taps[static_cast<std::size_t>(phase[1])];
      const auto& c = phases_[2].taps[static_cast<std::size_t>(phase[2])];
      if (a.empty() || b.empty() || c.empty())
        scene.add(Label{
            .at = {corner.x, corner.y + 12}, .text = "no tap: 0", .size = 10.5, .colour = {Role::crop}});
      const auto positions = [](const std::vector<Index>& taps) {
        return plain_positions(static_cast<Index>(taps.size()));
      };
      const Grid part(corner, cell, {positions(a), positions(b), positions(c)});
      part.for_each([&](const Index3& at, Spot) {
        Rectangle square = part.square(at);
        square.style = style_of(phase);
        const Index3 k = tap_of({a[static_cast<std::size_t>(at[0])], b[static_cast<std::size_t>(at[1])],
                                 c[static_cast<std::size_t>(at[2])]});
        scene.add(square, Mark{.kind = Mark::Kind::weight, .k = k});
        if (page_.has_text()) text_in(scene.elements, square, page_.weight_text(k), {Role::on});
      });
      bottom_ = std::max(bottom_, corner.y + high - 20);
    });
    filters_end_ = std::max(x + wide * static_cast<double>(counts[2]), x + 180);
  }

  void draw_results(Scene& scene) {
    const Index3 results = page_.extents(page_.target());
    const double cell = cell_size(results[2], results[0] * results[1], 400, 400);
    const bool below = page_.rank() == 1;
    const Point corner = below ? Point{FigurePage::left, bottom_ + 70}
                               : Point{filters_end_ + FigurePage::gap, FigurePage::top};
    results_.emplace(
        corner, cell,
        std::array{plain_positions(results[0]), plain_positions(results[1]), plain_positions(results[2])});
    page_.panel_heading(scene, corner, page_.side_name(page_.target()),
                        volume(phase_counts()) == 1 ? "all of one phase" : "the phases lie interleaved",
                        {role_of(page_.target())}, std::max(results_->width(), 170.0));
    results_->for_each([&](const Index3& at, Spot) {
      Rectangle square = results_->square(at);
      square.style = style_of(phase_at(at), 0.3);
      scene.add(square, pixel_mark(page_.target(), at));
      if (page_.has_text())
        text_in(scene.elements, square, page_.pixel_text(page_.target(), at), {Role::ink});
    });
    right_ = std::max({filters_end_, corner.x + results_->width(), corner.x + 170});
    bottom_ = std::max(bottom_, corner.y + results_->height());
  }

  Index3 phase_at(const Index3& result) const {
    Index3 phase{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      phase[axis] = phases_[axis].of_result[static_cast<std::size_t>(result[axis])];
    return phase;
  }

  void add_frame(Scene& scene, const Index3& phase) {
    Frame frame;
    Index pixels = 0;
    std::optional<Index3> inside;  // the pixel with the most taps, for the sum in the caption
    std::size_t most = 0;
    results_->for_each([&](const Index3& at, Spot) {
      if (phase_at(at) != phase) return;
      ++pixels;
      Rectangle square = results_->square(at);
      square.style = style_of(phase);
      square.style.stroke = {Role::ink};
      square.style.stroke_width = 2;
      const std::vector<PixelTap> taps = page_.taps_of(page_.target(), at);
      if (!inside || taps.size() > most) {
        inside = at;
        most = taps.size();
      }
      frame.elements.push_back({square, {}, {}});
      for (const PixelTap& tap : taps)  // a mark for every product, on a dot that all of them share
        frame.elements.push_back({Circle{.centre = {square.x + square.width - 4, square.y + 4},
                                         .radius = 1.6,
                                         .style = {.fill = {Role::on}}},
                                  tap_mark(tap),
                                  {}});
      if (page_.has_text()) text_in(frame.elements, square, page_.pixel_text(page_.target(), at), {Role::on});
    });
    frame.caption = fmt::format("{}: {} pixel{}, for example {}", phase_text(phase), pixels,
                                pixels == 1 ? "" : "s", page_.sum_text(page_.target(), *inside));
    scene.frames.push_back(std::move(frame));
  }

  const FigurePage& page_;
  std::array<Axis, 3> slides_;
  std::array<AxisPhases, 3> phases_;
  std::optional<Grid> results_;
  double filter_end_ = 0, filters_end_ = 0, right_ = 0, bottom_ = 0;
};

}  // namespace

Index phase_count(const std::array<Axis, 3>& axes, Direction direction) {
  Index count = 1;
  for (const Axis& axis : sliding_axes(axes, direction))
    count *= static_cast<Index>(phases_of(axis).phases.size());
  return count;
}

Scene phase_view(const FigurePage& page) { return PhaseView(page).draw(); }

}  // namespace fsconv::draw
