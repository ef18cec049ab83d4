// Images beside what a model makes of them: a run's samples, reconstructions, and their picture.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/nn/binarise.hpp>

namespace fsconv {

// Images as the model is shown them and what it makes of them, both [N, C, H, W] in 0..1.
struct ImagePairs {
  Tensor<float> originals, reconstructions;
  Binarise binarise = Binarise::none;  // of the originals
};

// How a picture shows images.
struct Grid {
  Index zoom = 0;     // 0: default_zoom()
  Index columns = 0;  // 0: as suits what is shown
};
Index zoom_of(const Grid& grid, const Shape& images);  // [N, C, H, W]

// Rows of originals, each over its reconstructions; all in one row unless the grid has fewer columns.
// Labels stand left of the rows, where nothing else says which is which.
Picture picture_of(const ImagePairs& pairs, const Grid& grid = {}, bool labelled = true);

// The first `count` of them, or all where there are fewer.
ImagePairs first_of(const ImagePairs& pairs, Index count);

}  // namespace fsconv
