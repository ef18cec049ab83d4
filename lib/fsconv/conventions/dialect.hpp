// What one system says of itself: its rules, the order of its arrays, and its code. One file per system implements it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/axis_rules.hpp>

namespace fsconv {

// Functions that refuse throw InvalidArgument naming the setting and what would be legal.
class Dialect {
 public:
  explicit Dialect(Convention convention) : convention_(convention) {}
  virtual ~Dialect() = default;

  // --- rules ---

  // What the system has no words for at all, whatever the sizes.
  virtual void check_words(Direction direction, std::size_t rank, const Settings& settings) const = 0;

  // What it pads when it is told nothing; refuses where it has no default.
  virtual Padding default_padding(Direction direction, std::size_t rank) const;
  virtual std::vector<PaddingRule> padding_rules(Direction direction, std::size_t rank) const = 0;
  // Whether strides, dilations and paddings may have entries for batch and channels, too.
  virtual bool lists_whole_arrays() const { return false; }
  // Whether a list of paddings may name all beginnings before all ends.
  virtual bool lists_beginnings_first() const { return false; }
  // Whether the whole shape of the output is said without its batch, and whether with it, of arrays with so many batch
  // axes; nothing where there are none.
  virtual bool sizes_may_lack_batch(std::optional<Index>) const { return false; }
  virtual bool sizes_may_have_batch(std::optional<Index>) const { return true; }
  // Whether the size may stand beside output_padding.
  virtual bool pads_sized_output() const { return false; }
  // The numbers of a listed padding: by default none below 0.
  virtual void check_numbers(const AxisWords& words) const;

  // One axis with both sizes and its pad. conv refuses an image on which no window fits.
  virtual Axis conv(const AxisWords& words) const;
  virtual Placed conv_transpose(const AxisWords& words) const = 0;

  // Sizes of 0, and what else only the whole geometry shows. By default an image, a code and a filter
  // have pixels and channels.
  virtual void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes& sizes,
                              const Settings& settings) const;

  // --- arrays ---

  // settings.flip is the caller's matter.
  virtual ArrayOrder order(Direction direction, std::size_t rank, const Settings& settings) const = 0;
  // Whether what is read may have this many axes in front of its channels and space.
  virtual bool accepts_batch_axes(Direction direction, Index count) const;
  // Whether arrays of several types are converted to one; else they are refused.
  virtual bool converts_types() const { return false; }
  // Whether the number of groups follows from the channels of image and filter.
  virtual bool implies_groups() const { return false; }
  // Of the result: those of its side, but for one system.
  virtual Index result_channels(Direction direction, const Geometry& geometry) const;
  // What the user should know of a legal call: one sentence, or nothing.
  virtual std::string remark(Direction direction, const Geometry& geometry, const Settings& settings) const;

  // --- words ---

  // Puts into the settings of a call how it uses the filter, as far as it has words for that.
  virtual void say(Direction, const FilterUse&, Settings&) const {}
  // What could be said for this geometry, the plainest first; each is tried.
  virtual std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const = 0;
  // The call with these settings, as code that runs when pasted; x is what is read and w the filter. Of the order of
  // arrays it says what say() puts there.
  virtual std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const = 0;
  // What stands beside such a call: where alone it runs, in a few words, or nothing.
  virtual std::string limits(Direction direction, const Geometry& geometry, const Settings& settings) const;
  // The words of a candidate that the others have not, as its code has them, defaults too: "padding='same'".
  virtual std::string own_words(const Settings& settings) const = 0;

 protected:
  [[noreturn]] void refuse(std::string_view field, std::string_view problem,
                           std::string_view legal = {}) const;

  // "groups and dilation here on a GPU only", of which the geometry has at least one; else nothing.
  static std::string gpu_only(const Geometry& geometry);

  // The refusals that many share.
  void refuse_rational_stride(Direction direction, const Settings& settings) const;
  void refuse_data_format(std::size_t rank, const Settings& settings) const;  // but for NCHW, which they have
  void refuse_jax_words(const Settings& settings) const;
  void refuse_size(const Settings& settings) const;
  void refuse_output_padding(const Settings& settings) const;
  void refuse_output_words_of_conv(Direction direction, const Settings& settings) const;

 private:
  Convention convention_;
};

const Dialect& dialect(Convention convention);

// Each in the file of its name.
const Dialect& native_dialect();
const Dialect& pytorch_dialect();
const Dialect& tensorflow_dialect();
const Dialect& keras_dialect();
const Dialect& theano_dialect();
const Dialect& onnx_dialect();
const Dialect& onnx_reference_dialect();
const Dialect& jax_dialect();

}  // namespace fsconv
