// Reads an archive of NumPy that holds images and labels, as Keras and others publish data sets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/dataset.hpp>
#include <optional>
#include <string>

namespace fsconv {

// FILE.npz with images named x_train (and y_train, x_test, y_test), train_images (train_labels, test_images,
// test_labels) or images (labels); nothing if it has none of these names, or one array only. Images are those
// of image_array.hpp, their axes as `format` says, labels whole numbers 0..255, [N] or [N, 1]. Labels may be missing,
// and so may test images. Notes say what was taken and what was left. BadData if a part is broken or the parts do not
// fit each other.
std::optional<Dataset> read_array_sets(const std::string& name, const std::string& path,
                                       DataFormat format = DataFormat::automatic);

}  // namespace fsconv
