// Files of codes and of the pictures that they become: HDF5, NumPy's arrays, PNG.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/codes.hpp>
#include <string>
#include <vector>

namespace fsconv {

enum class OutputKind { png, npy, hdf5 };

// By its extension. InvalidArgument "output" that lists those of `legal`.
OutputKind output_kind(const std::string& path, const std::vector<OutputKind>& legal);

//   FILE.h5    /image [image], /mean and (of a variational model) /log_variance [image, code...], /label [image] where there
//              are labels, with an attribute classes (their names, a JSON list) where they have names; /factor/NAME [image]
//              where it is known what the images were drawn from; the root has write_origin()'s attributes
//   FILE.npy   the means only
// InvalidArgument "output" for another name. IoError.
void write_codes(const std::string& path, const RunInfo& info, const TrainedRun& run,
                 const ShownImages& images, const Codes<float>& codes);

// What pictures are arranged by: codes of a file or draws of the prior, by number; the way from one image's code to
// another's; or which number of a code is set, and to what.
constexpr const char *code_axis = "code", *sample_axis = "sample", *line_axis = "fraction",
                     *number_axis = "number", *value_axis = "value";

// The numbers along an axis, and what they are called.
struct PictureAxis {
  std::string name;  // of the scale in a file
  std::vector<double> values;
  std::string long_name = {};
  std::string units = "1";
};

// The picture of every combination of the axes' values, last axis fastest.
struct Decoded {
  std::vector<PictureAxis> axes;  // one or two
  Tensor<float> codes;            // [N, code...]
  Tensor<float> images;           // [N, channels, height, width]
  std::string between = {};       // of codes on a line, "I to J": its ends
};

// A grid with its labels: rows are the first of two axes; codes on a line are one row; others of one axis are cut into
// rows, by default about as many as columns.
Picture picture_of(const Decoded& decoded, const Grid& grid = {});

//   FILE.png   its picture
//   FILE.npy   the pixels, [axes..., channel, row, column]
//   FILE.h5    a scale for each axis, /images [axes..., channel, row, column], /codes [axes..., code...]
// InvalidArgument "output" for another name, IoError.
void write_decoded(const std::string& path, const RunInfo& info, const TrainedRun& run,
                   const Decoded& decoded, const Grid& grid, const ShownImages* images = nullptr);

//   FILE.png   originals, as the model is shown them, over reconstructions
//   FILE.npy   the reconstructions only, [image, channel, row, column]
//   FILE.h5    /image, /originals, /reconstructions, /label where there are labels
void write_reconstructions(const std::string& path, const RunInfo& info, const TrainedRun& run,
                           const ShownImages& images, const ImagePairs& pairs, const Grid& grid);

// What write_decoded() and write_reconstructions() wrote as HDF5. IoError; BadData for another file, one that
// contradicts itself or its digest.
Decoded read_decoded(const hdf5::File& file);
ImagePairs read_reconstructions(const hdf5::File& file);

}  // namespace fsconv
