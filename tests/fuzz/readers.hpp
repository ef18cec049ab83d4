// What each fuzz target reads, or draws.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "target.hpp"

namespace fsconv::fuzz {

// ---- read_arrays.cpp
void read_npy_bytes(Bytes bytes);          // NumPy's .npy
void read_npz_bytes(Bytes bytes);          // a zip archive of these: its directory, every member
void read_image_array_bytes(Bytes bytes);  // images that another program saved as .npy

// ---- read_images.cpp
void read_idx_bytes(Bytes bytes);    // images and labels of IDX, plain and gzipped
void read_cifar_bytes(Bytes bytes);  // CIFAR-10 and CIFAR-100
void read_picture_bytes(
    Bytes bytes);  // JPEG and PNG, these also with right checksums, and the Exif block alone
void read_partition_bytes(Bytes bytes);  // a list of which pictures are for training

// ---- read_weights.cpp
void read_safetensors_bytes(Bytes bytes);
void read_torch_bytes(Bytes bytes);        // PyTorch's zip archive
void read_pickle_bytes(Bytes bytes);       // a pickle, with a right archive around it
void read_weights_npz_bytes(Bytes bytes);  // weights as .npz, by way of the reader that tells formats apart

// ---- read_texts.cpp
void read_case_text(Bytes bytes);          // a geometry in one word
void read_s_expression_text(Bytes bytes);  // SMT-LIB
void read_obligation_text(Bytes bytes);    // a proof obligation
void read_solver_text(Bytes bytes);        // what a solver printed
void read_config_text(Bytes bytes);        // a file of --config: lines and JSON, and its options
void read_option_text(Bytes bytes);  // one value, as every option of training and every small parser reads it
void read_any_text(Bytes bytes);     // what is quoted in messages

// ---- read_json.cpp
void read_model_json(Bytes bytes);
void read_train_config_json(Bytes bytes);

// ---- read_hdf5.cpp
void read_hdf5_message(Bytes bytes);  // what a copy of this process that HDF5 drove mad might answer
void read_hdf5_bytes(Bytes bytes);    // everything that stands in any HDF5 file
void read_run_bytes(Bytes bytes);     // fsconv's own: runs, evaluations, reports, prepared data

// ---- draw_charts.cpp
void draw_chart_numbers(Bytes bytes);  // numbers of a result, as charts of a report

}  // namespace fsconv::fuzz
