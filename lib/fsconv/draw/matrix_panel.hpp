// W or W^T as a panel of a drawing: its entries as squares, or what of a block is filled where there are too many.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::draw {

// The look of a tap: its colour by its place on the last axis, hatched in four ways where the seven colours come again, paler along
// the others. Two entries of W that are the same weight look alike; two that are not differ, up to 35 taps on the last axis.
Style tap_style(const Index3& tap, const std::array<Axis, 3>& axes);

// "w12", of a filter with so many axes; "w1,12" where an index has two digits.
std::string weight_name(const Index3& tap, std::size_t rank);

// Refuses a W without rows or columns, or with more nonzeros than are walked. InvalidArgument naming `field`.
void require_drawable_matrix(const Geometry& geometry, const char* field);

class MatrixPanel {
 public:
  // As large as fits `width` and `height`, an entry at most `largest` pixels wide. Rows are code channels and pixels, columns
  // image channels and pixels, last fastest; of the transpose the other way round. What require_drawable_matrix() refuses.
  MatrixPanel(const Geometry& geometry, Point corner, double width, double height, bool transpose = false,
              double largest = 14);

  static constexpr Index most_entries = 20'000'000;
  static constexpr Index most_marked = 5000;  // entries that are shapes of their own

  Point corner() const { return corner_; }
  void move_to(Point corner) { corner_ = corner; }  // whoever needs its size to know where it lies
  double width() const { return static_cast<double>(columns_) * side_; }
  double height() const { return static_cast<double>(rows_) * side_; }
  double side() const { return side_; }  // of an entry
  Index rows() const { return rows_; }
  Index columns() const { return columns_; }
  bool reduced() const { return block_ > 1; }
  Index block() const { return block_; }  // entries along the side of a block that is drawn as one
  std::string size_text() const;          // "9 x 36, 100 nonzeros"

  // All of it: the paper, the entries, frames around blocks of channels.
  void draw(Scene& scene, bool labelled) const;

  // Where an entry of one channel pair lies.
  Rectangle entry(Index code_pixel, Index image_pixel) const;
  // The row of a code pixel or the column of an image pixel (of the transpose the other way round).
  Rectangle line_of_code(Index code_pixel) const;
  Rectangle line_of_image(Index image_pixel) const;

 private:
  struct Entry {
    Index row, column, tap;
  };
  void for_each_entry(const auto& f) const;
  void draw_entries(Scene& scene, bool labelled) const;
  void draw_density(Scene& scene) const;
  void draw_channels(Scene& scene) const;
  Rectangle at(Index row, Index column, Index rows, Index columns) const;

  const Geometry& geometry_;
  Point corner_;
  bool transpose_;
  Index rows_, columns_, nonzeros_, block_ = 1;
  double side_;
};

}  // namespace fsconv::draw
