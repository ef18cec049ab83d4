// A training run in use: its model, the images that it is shown, and what files made with them say of both.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/data/dataset.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct TrainedRun {
  std::string path;
  TrainedModel trained;
  ImageChecksums checksums = {};

  std::string epoch_text() const;  // TrainedModel's
};

// IoError, BadData.
TrainedRun open_run(const std::string& path, Weights weights);

// What computes the model of a run, its weights loaded. No algorithm: the run's own. Null: no ranks beside this one.
Runner<float> make_runner(const TrainedRun& run, int threads, Precision precision = Precision::fp32,
                          std::optional<engine::Algorithm> algorithm = {}, Communicator* ranks = nullptr);

struct ImageRequest {
  std::string data = {};  // as load_dataset() takes it; empty: the run's
  Split split = Split::test;
  Index images = 0;                       // the first so many; 0: as many as the run used, or as there are
  std::optional<Binarise> binarise = {};  // nothing: the run's
  std::uint64_t seed = 0;                 // of binarisation and draws
  int threads = 1;                        // that read pictures
};

// Images of `all` are those to train on, to validate with and to test with, in this order; they have labels where all
// of these have them, of classes with the same names (a note says where not).
struct ShownImages : ImageSet {
  std::string data, source;   // as asked for, and where they were read
  std::int64_t checksum = 0;  // CRC-32 over the shape and all pixels
  Split split = Split::test;
  Binarise binarise = Binarise::none;
  std::uint64_t seed = 0;
  std::vector<std::string> notes = {};  // what a user should know of how they were read

  // Those of the numbers `order`, as the model is shown them.
  Batch batch(std::span<const Index> order) const { return make_batch(images, order, binarise, seed, split); }
};

// Generated images are drawn from the run's seed. Throws what load_dataset() throws, with a hint where the run's own
// data is not to be had; InvalidArgument "images", "split" or "binarise" for what the data, the run or the likelihood does
// not have; a note says where the run's own data has other images by now than the run had. BadData for images of another format than the model's, naming both.
ShownImages load_images(const TrainedRun& run, const ImageRequest& request);

// The first `count` of them, or all where there are fewer.
ShownImages first_of(ShownImages images, Index count);

// "1000 test images of generated (drawn by fsconv from seed 0), binarised with seed 0"
std::string description(const ShownImages& images);

// The attributes `run`, `epoch`, of a run in the middle of the next one `partial_step`, `weights` (best or last), `model_kind`, `likelihood` and `algorithm` (the run's, where none is given) of
// the root, and for the images `data_source`, `images_checksum`, `split` and `binarise`. What write_environment() writes, too.
void write_origin(hdf5::File& file, const RunInfo& info, const TrainedRun& run,
                  std::optional<engine::Algorithm> algorithm = {});
void write_origin(hdf5::File& file, const ShownImages& images);

}  // namespace fsconv
