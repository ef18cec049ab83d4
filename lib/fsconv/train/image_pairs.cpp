// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/train/image_pairs.hpp>

namespace fsconv {

Index zoom_of(const Grid& grid, const Shape& images) {
  return grid.zoom > 0 ? grid.zoom : default_zoom(images[2], images[3]);
}

Picture picture_of(const ImagePairs& pairs, const Grid& grid, bool labelled) {
  const Shape& shape = pairs.originals.shape();
  const Index columns = grid.columns > 0 ? std::min(grid.columns, shape[0]) : shape[0];
  const auto originals = wrap_images(pairs.originals, columns),
             reconstructions = wrap_images(pairs.reconstructions, columns);
  GridOptions options{.zoom = zoom_of(grid, shape)};
  std::vector<Tensor<float>> rows;
  for (std::size_t at = 0; at < originals.size(); ++at) {
    rows.push_back(originals[at]);
    rows.push_back(reconstructions[at]);
    if (!labelled) continue;
    options.row_labels.push_back(shown_as(pairs.binarise));
    options.row_labels.push_back("reconstructed");
  }
  return image_grid(rows, options);
}

ImagePairs first_of(const ImagePairs& pairs, Index count) {
  return {leading(pairs.originals, count), leading(pairs.reconstructions, count), pairs.binarise};
}

}  // namespace fsconv
