// The options by which evaluate, encode, decode and reconstruct name a trained model and its images.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/precision.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/train/codes_file.hpp>
#include <fsconv/train/trained_run.hpp>
#include <string>

#include "command.hpp"

namespace fsconv::cli {

// run (the positional word), weights, threads
void add_run_options(OptionList& list);
// data, split, binarise and seed
void add_image_options(OptionList& list);

TrainedRun run_of(const Options& options);

// --images, 0 where it is not given.
Index image_count_of(const Options& options);

// --scale and --columns, which belong to FILE.png alone.
Grid grid_of(const Options& options, OutputKind kind);

// A line for the user where bf16 is asked for and the isa in force has no instructions for it.
void tell_if_emulated(Precision precision);

// --threads: usual_threads() (ranks.hpp) where it is not given.
int threads_of(const Options& options);

// `images`: how many, 0 for as many as the run used. The seed is --seed's, 0 where it is not given.
ImageRequest image_request_of(const Options& options, Index images);

// Those images, and on stderr what a user should know of how they were read.
// Refuses a --seed that nothing is drawn with: neither pixels nor, where the command `draws`, what it computes.
ShownImages load_named_images(const Options& options, const TrainedRun& run, const ImageRequest& request,
                              bool draws = false);

// require_output() of what these options write, whose inputs are the files that they read, as far as --output could replace
// them. Nor does a picture lie down among those that are read: InvalidArgument "output".
void require_output_of(const Options& options, const TrainedRun& run, Output output);

// What a file records of this call.
RunInfo info_of(const Options& options, const std::string& kind);

}  // namespace fsconv::cli
