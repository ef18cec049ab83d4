// What a pixel behind a stack of layers sees of the image: the receptive field, its size, jump, centre and borders.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/axis.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

// Along one axis. A layer is an Axis from what it reads (`in`) to what it gives (`out`); a transposed convolution is the
// `transposed()` of its convolution (StackLayer::forward()). By the equation
//
//     up * i  =  down * o  +  dilation * k  -  pad
//
// pixel o reads a comb of positions, those of them that are multiples of `up` hold pixels, and a stack composes such
// sets. Nothing is estimated: sets are computed as sets, whatever the strides, dilations and holes.
//
// Source for strides that are whole numbers: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural
// Networks", Distill 2019, where size = 1 + sum over layers (extent - 1) * (product of the strides before it).

// In lowest terms, the denominator above 0.
struct Fraction {
  Index numerator = 0;
  Index denominator = 1;
  bool operator==(const Fraction&) const = default;
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
};
std::string text(const Fraction& fraction);  // "3", "-1/2"

// A run of neighbouring pixels, both ends included; a set is a list of such runs that neither touch nor overlap.
struct PixelRun {
  Index first;
  Index last;
  bool operator==(const PixelRun&) const = default;
};
using PixelSet = std::vector<PixelRun>;
Index count(const PixelSet& set);
Index width(const PixelSet& set);  // from its first pixel to its last: with the holes

// The least and the most over the phases.
struct PhaseRange {
  Index least = 0;
  Index most = 0;
  bool operator==(const PhaseRange&) const = default;
};

// Of a pixel that no border is near. With strides that are whole numbers every pixel has the same one, moved. With a
// fractional stride it depends on the phase, the pixel's number modulo `phases`.
struct ReceptiveField {
  // Image pixels between the fields of two neighbours (of phases-fold neighbours, divided by `phases`).
  Fraction jump;
  // The middle of the window of pixel 0, in image pixels: 0 is the middle of image pixel 0. Windows are taken whole: that
  // of a single phase may be up to one tap shorter on one side.
  Fraction centre;
  // centre - (jump-1)/2. A pixel that stands for `jump` image pixels has its middle on theirs when this is 0 (half-pixel
  // centres, align_corners=False); else the stack moves the image by so much.
  Fraction shift;
  Index phases = 1;
  // Of the image, holes included, 0 for a pixel that reads nothing; and the pixels that are read, without the holes that
  // dilation leaves. Nothing where the sets of all phases, and those of the layers before, have more than a million runs.
  std::optional<PhaseRange> width, pixels;
  bool operator==(const ReceptiveField&) const = default;
};

// Behind the first layer, behind the first two, ... One entry for each layer; nothing where the numbers do not fit 62
// bits. Throws InvalidArgument where an axis is none.
std::vector<std::optional<ReceptiveField>> receptive_fields(const std::vector<Axis>& layers);

// What the pixel really sees between the borders: a border of any layer cuts, for behind it stand zeros.
struct PixelField {
  PixelSet whole;  // as if no layer had borders; positions below 0 or behind the image are its padding
  PixelSet image;  // what is left: pixels of the image
};

// Of pixel `pixel` of what the last layer gives. Nothing where a number does not fit 62 bits, or where the sets have more
// than a million runs. Throws InvalidArgument where there is no such pixel,
// where sizes do not follow each other, or where there is no layer.
std::optional<PixelField> pixel_field(const std::vector<Axis>& layers, Index pixel);

// Of what a pixel with these fields along its axes would see, the share that is padding: 1 - image/whole, where both
// count the axes' pixels multiplied. 0 of a pixel that reads nothing anyhow.
double padding_share(const std::vector<PixelField>& axes);

}  // namespace fsconv
