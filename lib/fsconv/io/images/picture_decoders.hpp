// The two decoders behind picture_reader.hpp, which says what they do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/io/images/picture_reader.hpp>
#include <fsconv/io/picture.hpp>
#include <span>
#include <string>

namespace fsconv {

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& where, const DecodeOptions& options);
Picture decode_png(std::span<const std::byte> bytes, const std::string& where, const DecodeOptions& options);

// Their part of decoder_text().
std::string jpeg_decoder_text();
std::string png_decoder_text();

// BadData where a header claims more pixels than are allowed.
void check_pixels(const std::string& where, Index width, Index height, const DecodeOptions& options);

}  // namespace fsconv
