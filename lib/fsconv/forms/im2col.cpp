// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <armadillo>
#include <fsconv/base/memory.hpp>
#include <fsconv/forms/im2col.hpp>
#include <fsconv/forms/layout.hpp>
#include <mutex>

// OpenBLAS's own, which its products call.
extern "C" void* blas_memory_alloc(int position);
extern "C" void blas_memory_free(void* buffer);

namespace fsconv::im2col {
namespace {

// The code pixels that one tap joins to the image along one axis: o = first_o + code_step*m reads
// i = first_i + image_step*m, where the steps are the stride's numbers without what they have in common.
struct Run {
  Index first_o, first_i, count;
};

Run run_of_tap(const Axis& axis, Index k) {
  const Index code_step = axis.code_step(), image_step = axis.image_step();
  // One of code_step neighbours sits on the grid, or none does: then what the stride's numbers have in common
  // does not divide dilation*k - pad, and the tap meets nothing but inserted zeros.
  for (Index o = 0; o < std::min(code_step, axis.out); ++o) {
    const Index position = axis.down * o + axis.dilation * k - axis.pad;
    if (positive_mod(position, axis.up) != 0) continue;
    const Index i = floor_div(position, axis.up);
    // m such that 0 <= i + image_step*m < in and o + code_step*m < out
    const Index first = std::max<Index>(0, ceil_div(-i, image_step));
    const Index end = std::min(ceil_div(axis.in - i, image_step), (axis.out - 1 - o) / code_step + 1);
    return {.first_o = o + code_step * first,
            .first_i = i + image_step * first,
            .count = std::max<Index>(end - first, 0)};
  }
  return {.first_o = 0, .first_i = 0, .count = 0};
}

std::vector<Run> runs(const Axis& axis) {
  std::vector<Run> list;
  for (Index k = 0; k < axis.taps; ++k) list.push_back(run_of_tap(axis, k));
  return list;
}

// The columns matrix of one image and one group is [in_per_group * taps][out]: row (ci, k), column o. This
// walks its entries together with the image pixels they stand for, a line of the last axis at a time.
class Windows {
 public:
  explicit Windows(const Geometry& geometry)
      : at_(geometry), runs_{runs(at_.axes[0]), runs(at_.axes[1]), runs(at_.axes[2])} {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      code_step_[axis] = at_.axes[axis].code_step();
      image_step_[axis] = at_.axes[axis].image_step();
    }
  }

  Index rows() const { return at_.in_per_group * volume(at_.taps); }
  Index columns() const { return volume(at_.out); }

  // line(entry, entry_step, pixel, pixel_step, count): `count` entries, the first at offset `entry` of the columns
  // matrix and entry_step apart, are the pixels from offset `pixel` of the group's image, pixel_step apart.
  template <class Line>
  void for_each_line(Line&& line) const {
    for (Index ci = 0; ci < at_.in_per_group; ++ci)
      for_each_position(at_.taps, [&](const Index3& k) {
        const Index row = ci * volume(at_.taps) + flatten(k, at_.taps);
        const Run &a = run(0, k), &b = run(1, k), &c = run(2, k);
        for (Index ma = 0; ma < a.count; ++ma)
          for (Index mb = 0; mb < b.count; ++mb) {
            const Index3 o{a.first_o + code_step_[0] * ma, b.first_o + code_step_[1] * mb, c.first_o};
            const Index3 i{a.first_i + image_step_[0] * ma, b.first_i + image_step_[1] * mb, c.first_i};
            line(row * columns() + flatten(o, at_.out), code_step_[2],
                 ci * volume(at_.in) + flatten(i, at_.in), image_step_[2], c.count);
          }
      });
  }

 private:
  const Run& run(std::size_t axis, const Index3& k) const {
    return runs_[axis][static_cast<std::size_t>(k[axis])];
  }

  Layout at_;
  std::array<std::vector<Run>, 3> runs_;
  Index3 code_step_, image_step_;
};

// Held while OpenBLAS multiplies. It takes a buffer of 128 MiB for each thread that is in it, keeps them for the next, and
// where it gets none it asks again without end. Under a limit of memory the threads go in one after the other, and the
// first one only where there is room. Throws std::bad_alloc.
class BlasTurn {
 public:
  BlasTurn() {
    if (!memory_is_limited()) return;
    static std::mutex mutex;
    static bool has_buffer = false;
    turn_ = std::unique_lock(mutex);
    if (has_buffer) return;
    require_room(std::size_t{160} << 20);
    blas_memory_free(blas_memory_alloc(0));
    has_buffer = true;
  }

 private:
  std::unique_lock<std::mutex> turn_;
};

// Armadillo stores columns first: our row-major [rows][columns] array is its matrix of `columns` x `rows`.
template <class T>
using Matrix = arma::Mat<T>;

template <class T>
Matrix<T> view(const T* memory, Index columns, Index rows) {
  // The const_cast only satisfies Armadillo's signature: callers write through views of their own results alone.
  return Matrix<T>(const_cast<T*>(memory), static_cast<arma::uword>(columns), static_cast<arma::uword>(rows),
                   false, true);
}

template <class T>
void image_to_columns(const Windows& windows, const T* image, Matrix<T>& columns) {
  columns.zeros();
  T* entries = columns.memptr();
  windows.for_each_line([&](Index entry, Index entry_step, Index pixel, Index pixel_step, Index count) {
    for (Index m = 0; m < count; ++m) entries[entry + entry_step * m] = image[pixel + pixel_step * m];
  });
}

template <class T>
void columns_to_image(const Windows& windows, const Matrix<T>& columns, T* image) {
  const T* entries = columns.memptr();
  windows.for_each_line([&](Index entry, Index entry_step, Index pixel, Index pixel_step, Index count) {
    for (Index m = 0; m < count; ++m) image[pixel + pixel_step * m] += entries[entry + entry_step * m];
  });
}

// The pieces of the arrays that one image and one group need, and the scratch matrix they share.
template <class T>
struct Pieces {
  Pieces(const Geometry& geometry, Index batch_)
      : windows(geometry),
        batch(batch_),
        groups(geometry.groups),
        rows(windows.rows()),
        pixels(windows.columns()),
        channels(geometry.out_per_group()),
        image_piece(element_count(geometry.image_shape()) / groups) {
    require_memory(rows * pixels, sizeof(T), "columns of im2col");
    columns.set_size(static_cast<arma::uword>(pixels), static_cast<arma::uword>(rows));
  }

  // f(group, image offset, code offset) for every image of the batch and every group
  template <class F>
  void for_each(F&& f) {
    for (Index piece = 0; piece < batch * groups; ++piece)
      f(piece % groups, piece * image_piece, piece * channels * pixels);
  }

  Windows windows;
  Index batch, groups, rows, pixels, channels, image_piece;
  Matrix<T> columns;
};

}  // namespace

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  Pieces<T> pieces(geometry, image.shape()[0]);
  Tensor<T> code(geometry.code_shape(pieces.batch));
  pieces.for_each([&](Index group, Index image_at, Index code_at) {
    image_to_columns(pieces.windows, image.data() + image_at, pieces.columns);
    Matrix<T> result = view(code.data() + code_at, pieces.pixels, pieces.channels);
    const BlasTurn turn;
    result = pieces.columns *
             view(weight.data() + group * pieces.channels * pieces.rows, pieces.rows, pieces.channels);
  });
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  Pieces<T> pieces(geometry, code.shape()[0]);
  Tensor<T> image(geometry.image_shape(pieces.batch));
  pieces.for_each([&](Index group, Index image_at, Index code_at) {
    {
      const BlasTurn turn;
      pieces.columns =
          view(code.data() + code_at, pieces.pixels, pieces.channels) *
          view(weight.data() + group * pieces.channels * pieces.rows, pieces.rows, pieces.channels).t();
    }
    columns_to_image(pieces.windows, pieces.columns, image.data() + image_at);
  });
  return image;
}

template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  Pieces<T> pieces(geometry, image.shape()[0]);
  Tensor<T> gradient(geometry.weight_shape());
  pieces.for_each([&](Index group, Index image_at, Index code_at) {
    image_to_columns(pieces.windows, image.data() + image_at, pieces.columns);
    Matrix<T> result =
        view(gradient.data() + group * pieces.channels * pieces.rows, pieces.rows, pieces.channels);
    const BlasTurn turn;
    result += pieces.columns.t() * view(code.data() + code_at, pieces.pixels, pieces.channels);
  });
  return gradient;
}

#define FSCONV_INSTANTIATE(T)                                                             \
  template Tensor<T> conv(const Geometry&, const Tensor<T>&, const Tensor<T>&);           \
  template Tensor<T> conv_transpose(const Geometry&, const Tensor<T>&, const Tensor<T>&); \
  template Tensor<T> weight_gradient(const Geometry&, const Tensor<T>&, const Tensor<T>&);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::im2col
