// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/apply.hpp>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <functional>
#include <numeric>

namespace fsconv {
namespace {

Shape space_of(const Tensor<double>& ours) { return Shape(ours.shape().begin() + 2, ours.shape().end()); }

// A fixed filter has as many axes as it has factors, else as many as the input has behind batch and channels.
std::size_t rank_of_filter(const ApplyRequest& r) {
  if (r.filter->factors.size() > 1) return r.filter->factors.size();
  const Index axes = r.input.values.rank();
  if (axes < 3 || axes > 5)
    throw InvalidArgument("input", "has " + counted(axes, "axis", "axes"),
                          "needs 3 to 5: batch, channels and 1 to 3 of space");
  return static_cast<std::size_t>(axes - 2);
}

// The filter whose gradient is wanted.
struct WantedFilter {
  Shape taps;                  // of each axis of space
  std::optional<Shape> whole;  // in fsconv's order, where the kernel was given so
};

// The kernel has one entry for all axes of space, one for each, or those of the filter's whole shape. Together with the
// axes of the input that says how many of them are batch: one if that can be.
WantedFilter wanted_filter(const ApplyRequest& r) {
  if (r.filter) throw InvalidArgument("weight", "would have no effect", "weight_gradient has none");
  if (!r.kernel) throw InvalidArgument("kernel", "is missing", "no array says how large the filter is");
  const Index axes = r.input.values.rank(), entries = static_cast<Index>(r.kernel->size());
  Index rank = axes - 2;
  for (const Index batch : {1, 0, 2, 3, 4}) {
    const Index left = axes - 1 - batch;
    if (left < 1 || left > 3 || !dialect(r.convention).accepts_batch_axes(Direction::conv, batch)) continue;
    if (entries != left && entries != left + 2) continue;
    rank = left;
    break;
  }
  if (rank < 1 || rank > 3)
    throw InvalidArgument("input", "has " + counted(axes, "axis", "axes"),
                          "needs 3 to 5: batch, channels and 1 to 3 of space");
  WantedFilter wanted{.taps = *r.kernel, .whole = {}};
  if (entries == 1) wanted.taps.assign(static_cast<std::size_t>(rank), wanted.taps[0]);
  if (entries == rank + 2) {
    wanted.whole.emplace();
    for (const Index place :
         array_order(r.convention, Direction::conv, static_cast<std::size_t>(rank), r.settings).weight)
      wanted.whole->push_back((*r.kernel)[static_cast<std::size_t>(place)]);
    wanted.taps.assign(wanted.whole->begin() + 2, wanted.whole->end());
  }
  if (static_cast<Index>(wanted.taps.size()) != rank)
    throw InvalidArgument(
        "kernel", "has " + counted(entries, "entry", "entries"),
        fmt::format("the input has {} of space: give one for all, {}, or the filter's whole shape",
                    counted(rank, "axis", "axes"), rank));
  return wanted;
}

// How many axes of space the filter has that is read.
std::size_t rank_of_weight(const ApplyRequest& r) {
  if (r.filter) return rank_of_filter(r);
  const Index axes = r.weight.values.rank();
  if (axes < 3 || axes > 5)
    throw InvalidArgument("weight", "has " + counted(axes, "axis", "axes"),
                          "needs 3 to 5: two of channels and 1 to 3 of space");
  return static_cast<std::size_t>(axes - 2);
}

// The axes in front of channels and space. Throws InvalidArgument where the system wants another number of them.
Shape batch_of(const ApplyRequest& r, const char* what, const Tensor<double>& values, std::size_t rank) {
  const Index count = values.rank() - static_cast<Index>(rank) - 1;
  if (!dialect(r.convention).accepts_batch_axes(direction_of(r.op), count) || count < 0)
    throw InvalidArgument(
        what, "has " + counted(values.rank(), "axis", "axes"),
        fmt::format("{} reads {} with this filter: batch, channels and {} of space{}", name(r.convention),
                    rank + 2, rank,
                    count == 0 ? "; put a 1 in front, with reshape(1, ...), for a single one" : ""));
  return {values.shape().begin(), values.shape().begin() + static_cast<std::ptrdiff_t>(count)};
}

// In fsconv's order, with exactly one batch axis. A system with another number of them has the batch in front.
Tensor<double> activation_of(const std::vector<Index>& order, const Tensor<double>& theirs,
                             const Shape& batch) {
  if (batch.size() == 1) return activation_from(order, theirs);
  Shape shape{std::accumulate(batch.begin(), batch.end(), Index{1}, std::multiplies<>())};
  shape.insert(shape.end(), theirs.shape().begin() + static_cast<std::ptrdiff_t>(batch.size()),
               theirs.shape().end());
  return activation_from(order, Tensor<double>(theirs).reshaped(std::move(shape)));
}
Tensor<double> with_batch_axes(Tensor<double> values, const Shape& batch) {
  Shape shape = batch;
  shape.insert(shape.end(), values.shape().begin() + 1, values.shape().end());
  return std::move(values).reshaped(std::move(shape));
}

template <class T>
void add_bias(Tensor<T>& values, const std::optional<Array>& bias) {
  if (!bias) return;
  const Index channels = values.shape()[1];
  if (bias->values.shape() != Shape{channels})
    throw InvalidArgument("bias", "has the shape " + tuple(bias->values.shape()),
                          "give a list of one number per channel of the result: " + tuple({channels}));
  if (values.size() == 0) return;
  const Index pixels = values.size() / (values.shape()[0] * channels);
  for (Index at = 0; at < values.size(); ++at)
    values[at] += static_cast<T>(bias->values[at / pixels % channels]);
}

// The channels of the image where an array says them: the image itself, or the whole shape of the output.
std::optional<Index> image_channels_of(const ApplyRequest& r, const ArrayOrder& order,
                                       const Tensor<double>& input) {
  if (r.op != Op::conv_transpose) return input.shape()[1];
  if (!r.settings.size || r.settings.size->size() != order.image.size()) return std::nullopt;
  return (*r.settings.size)[static_cast<std::size_t>(order.image[1])];
}

// The groups that were said, or that the channels of the image and of a filter [code channels, image channels / groups,
// taps...] imply where the system does so: an image of 6 channels and filters that see 2 have 3.
Index groups_of(const ApplyRequest& r, const ArrayOrder& order, const Tensor<double>& input,
                const Shape& filter) {
  if (r.settings.groups) return *r.settings.groups;
  const Index channels = image_channels_of(r, order, input).value_or(0), seen = filter[1];
  if (channels == 0 || seen == 0 || channels % seen != 0) return 1;
  const Index groups = channels / seen;
  if (!dialect(r.convention).implies_groups()) {
    if (groups != 1 && r.op != Op::conv_transpose)
      throw InvalidArgument("input",
                            fmt::format("has {}, and the filter sees {}", counted(channels, "channel"), seen),
                            fmt::format("if there are {} groups, say --groups {}", groups, groups));
    return 1;
  }
  if (filter[0] % groups != 0)
    throw InvalidArgument(
        r.op == Op::weight_gradient ? "kernel" : "weight", "has " + counted(filter[0], "code channel"),
        fmt::format("the image's {} channels, of which a filter sees {}, are {} groups, which must "
                    "divide them",
                    channels, seen, groups));
  return groups;
}

// So many channels has the image of a filter [code channels, image channels / groups, taps...]. Arrays without elements may
// claim any number.
Index channels_seen(const Shape& filter, Index groups) {
  const auto channels = checked_multiply(filter[1], groups);
  if (!channels)
    throw InvalidArgument("groups",
                          fmt::format("are {}, and the filter sees {} channels in each", groups, filter[1]),
                          "together these are more channels than can be counted");
  return *channels;
}

void require_channels(const char* what, Index given, Index wanted) {
  if (given != wanted)
    throw InvalidArgument(what, "has " + counted(given, "channel"),
                          fmt::format("the weight and groups ask for {}", wanted));
}

// Of a filter that is given by its whole shape and found by both arrays.
void require_channels(const Shape& whole, Index image, Index code, Index groups) {
  if (whole[0] == code && channels_seen(whole, groups) == image) return;
  throw InvalidArgument(
      "kernel",
      fmt::format("names {} that {} of the image", counted(whole[0], "code channel"),
                  whole[0] == 1 ? fmt::format("sees {}", whole[1]) : fmt::format("see {} each", whole[1])),
      fmt::format("output-gradient has {} and input {}, in {}", code, image, counted(groups, "group")));
}

struct NamedArray {
  const char* name;
  const Array* array;
};

std::vector<NamedArray> arrays_of(const ApplyRequest& r) {
  std::vector<NamedArray> list{{"input", &r.input}};
  if (r.op == Op::weight_gradient)
    list.push_back({"output-gradient", &r.output_gradient});
  else if (!r.filter)
    list.push_back({"weight", &r.weight});
  if (r.bias) list.push_back({"bias", &*r.bias});
  return list;
}

// The type of the result. Throws InvalidArgument where arrays of several types are mixed and the system refuses that.
std::string result_type(const ApplyRequest& r, std::vector<std::string>& notes) {
  const std::vector<NamedArray> list = arrays_of(r);
  const auto is = [](const char* type) {
    return [=](const NamedArray& one) { return one.array->dtype == type; };
  };
  const std::string& first = list.front().array->dtype;
  const bool mixed = !std::all_of(list.begin(), list.end(), is(first.c_str()));
  std::string said;
  for (const NamedArray& one : list)
    said += fmt::format("{}{} is {}", said.empty() ? "" : ", ", one.name, one.array->dtype);
  if (mixed && !dialect(r.convention).converts_types())
    throw InvalidArgument(
        "types", said,
        fmt::format("{} computes with one type: convert the arrays to it", name(r.convention)));
  if (std::all_of(list.begin(), list.end(), is("f4"))) return "f4";
  if (mixed || first != "f8") notes.push_back(said + ": computed and written in f8");
  return "f8";
}

template <class T>
Tensor<double> computed(const ApplyRequest& r, const ArrayOrder& order, const Geometry& geometry,
                        const Tensor<double>& input, const Tensor<double>& other) {
  const Form<T>& form = form_named<T>(r.form);
  if (r.op == Op::weight_gradient)
    return cast<double>(weight_to(order, weight_gradient(form, geometry, cast<T>(other), cast<T>(input))));
  const bool transposed = r.op == Op::conv_transpose;
  Tensor<T> values = transposed ? conv_transpose(form, geometry, cast<T>(input), cast<T>(other))
                                : conv(form, geometry, cast<T>(input), cast<T>(other));
  add_bias(values, r.bias);
  Shape shape = values.shape();
  shape[1] = dialect(r.convention).result_channels(direction_of(r.op), geometry);
  if (shape != values.shape()) values = Tensor<T>(shape);  // without elements
  return cast<double>(activation_to(transposed ? order.image : order.code, values));
}

}  // namespace

ApplyResult apply(const ApplyRequest& request) {
  ApplyResult result;
  const Direction direction = direction_of(request.op);
  const bool gradient = request.op == Op::weight_gradient, transposed = request.op == Op::conv_transpose;
  WantedFilter wanted;
  if (gradient) wanted = wanted_filter(request);
  const std::size_t rank = gradient ? wanted.taps.size() : rank_of_weight(request);
  const ArrayOrder order = array_order(request.convention, direction, rank, request.settings);
  const Shape batch = batch_of(request, "input", request.input.values, rank);
  result.dtype = result_type(request, result.notes);

  const Tensor<double> input =
      activation_of(transposed ? order.code : order.image, request.input.values, batch);
  Settings settings = request.settings;
  ArraySizes sizes{.source = space_of(input),
                   .kernel = wanted.taps,
                   .batch = input.shape()[0],
                   .batch_axes = static_cast<Index>(batch.size()),
                   .filter_is_result = gradient};
  Tensor<double> other;  // the filter, or the code
  if (gradient) {
    const Shape code_batch = batch_of(request, "output-gradient", request.output_gradient.values, rank);
    other = activation_of(order.code, request.output_gradient.values, code_batch);
    sizes.image_channels = input.shape()[1];
    sizes.code_channels = other.shape()[1];
    if (wanted.whole) {
      settings.groups = groups_of(request, order, input, *wanted.whole);
      require_channels(*wanted.whole, sizes.image_channels, sizes.code_channels, *settings.groups);
    }
  } else if (request.filter) {
    sizes.image_channels = input.shape()[1];
    FilterCall call = filter_call(request.convention, direction, *request.filter, sizes, settings);
    settings = std::move(call.settings);
    result.geometry = std::move(call.geometry);
    other = filter_weight(*request.filter, result.geometry);
  } else {
    other = weight_from(order, request.weight.values);
    settings.groups = groups_of(request, order, input, other.shape());
    sizes.kernel = space_of(other);
    sizes.code_channels = other.shape()[0];
    sizes.image_channels = channels_seen(other.shape(), *settings.groups);
    require_channels("input", input.shape()[1], transposed ? sizes.code_channels : sizes.image_channels);
  }
  if (!request.filter) result.geometry = geometry_of(request.convention, direction, sizes, settings);
  if (gradient) {
    Shape code = result.geometry.code_shape();
    code.erase(code.begin(), code.begin() + 2);
    if (space_of(other) != code)
      throw InvalidArgument(
          "output-gradient", fmt::format("has {} of space", fmt::join(space_of(other), " x ")),
          fmt::format("conv of this input with this kernel has {}", fmt::join(code, " x ")));
  }
  if (std::string remark = dialect(request.convention).remark(direction, result.geometry, settings);
      !remark.empty())
    result.notes.push_back(std::move(remark));
  if (request.filter)
    if (std::string remark = filter_remark(*request.filter, direction, result.geometry); !remark.empty())
      result.notes.push_back(fmt::format("{}: {}", text(*request.filter), remark));

  result.values = result.dtype == "f4" ? computed<float>(request, order, result.geometry, input, other)
                                       : computed<double>(request, order, result.geometry, input, other);
  if (!gradient && batch.size() != 1) result.values = with_batch_axes(std::move(result.values), batch);
  // Finite numbers went in. Forms that add before they multiply overflow sooner than others.
  require_finite(
      result.values, "the result",
      request.form == "gather"
          ? "a sum has overflowed: scale the arrays"
          : "a sum has overflowed: scale the arrays, or use --form gather, which adds products alone");
  return result;
}

}  // namespace fsconv
