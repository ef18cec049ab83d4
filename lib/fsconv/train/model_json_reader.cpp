// Reads a model from JSON: model_json.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/train/model_json.hpp>
#include <limits>
#include <map>

namespace fsconv {
namespace {

using nlohmann::json;

constexpr Index any = std::numeric_limits<Index>::max();
constexpr Index largest_size = Index{1} << 30;  // as of an axis, so that no size can overflow in a step
constexpr Index largest_by = Index{1} << 20;
constexpr Index most_numbers = Index{1} << 40;

// One entry, and how to find it: what errors say.
class Entry {
 public:
  Entry(const json& entry, std::string where, std::string path)
      : json_(entry), where_(std::move(where)), path_(std::move(path)) {}

  [[noreturn]] void refuse(const std::string& problem, const std::string& legal = {}) const {
    throw BadData(where_, fmt::format("{} {}", path_.empty() ? "the model" : path_, problem), legal);
  }

  // An object of these entries and no others.
  void require_object(std::initializer_list<std::string_view> keys) const {
    if (!json_.is_object()) refuse("is no object");
    for (const std::string_view key : keys)
      if (!json_.contains(key)) refuse(fmt::format("has no {}", key));
    for (const auto& [key, value] : json_.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        refuse(fmt::format("has an unknown entry '{}'", key));
  }
  Entry operator[](const std::string& key) const {
    if (!json_.is_object()) refuse("is no object");
    const auto found = json_.find(key);
    if (found == json_.end()) refuse(fmt::format("has no {}", key));
    return {*found, where_, path_.empty() ? key : path_ + "." + key};
  }
  std::vector<Entry> list() const {
    if (!json_.is_array()) refuse("is no list");
    std::vector<Entry> entries;
    for (const json& entry : json_)
      entries.emplace_back(entry, where_, fmt::format("{}[{}]", path_, entries.size()));
    return entries;
  }

  Index integer(Index least, Index most) const {
    const bool countable = json_.is_number_integer() &&
                           !(json_.is_number_unsigned() && json_.get<std::uint64_t>() > std::uint64_t{any});
    if (!countable || json_.get<Index>() < least || json_.get<Index>() > most)
      refuse(fmt::format("is {}", shown()),
             most == any ? fmt::format("must be an integer, at least {}", least)
                         : fmt::format("must be an integer from {} to {}", least, most));
    return json_.get<Index>();
  }
  std::vector<Index> integers(Index least, Index most) const {
    std::vector<Index> numbers;
    for (const Entry& entry : list()) numbers.push_back(entry.integer(least, most));
    return numbers;
  }
  double number(double least) const {
    if (!json_.is_number() || !std::isfinite(json_.get<double>()) || json_.get<double>() < least)
      refuse(fmt::format("is {}", shown()), fmt::format("must be a number, at least {}", least));
    return json_.get<double>();
  }
  bool truth() const {
    if (!json_.is_boolean()) refuse(fmt::format("is {}", shown()), "must be true or false");
    return json_.get<bool>();
  }
  std::string text() const {
    if (!json_.is_string()) refuse(fmt::format("is {}", shown()), "must be a text");
    return json_.get<std::string>();
  }
  template <Named E>
  E choice() const {
    const std::string given = text();
    const auto legal = all_names<E>();
    if (std::find(legal.begin(), legal.end(), given) == legal.end())
      refuse(fmt::format("is {}", shown()), "choose " + alternatives(legal));
    return named<E>(given);
  }
  bool is_null() const { return json_.is_null(); }
  bool operator==(const json& other) const { return json_ == other; }

  // Calls what throws InvalidArgument.
  template <class F>
  void require(F&& f) const {
    try {
      f();
    } catch (const InvalidArgument& error) {
      refuse(fmt::format("is wrong: {}", error.what()));
    }
  }

 private:
  // Short: an entry may be anything.
  std::string shown() const {
    if (json_.is_structured()) return json_.is_array() ? "a list" : "an object";
    const std::string text = json_.dump(-1, ' ', true, json::error_handler_t::replace);
    return text.size() > 40 ? text.substr(0, 40) + "..." : text;
  }

  const json& json_;
  std::string where_, path_;
};

void require_countable(const Entry& entry, const Shape& shape) {
  entry.require([&] {
    if (element_count(shape) > most_numbers)
      throw InvalidArgument("shape", "has more numbers than any memory", "at most 2^40");
  });
}

Value value_from(const Entry& entry, std::size_t id) {
  entry.require_object({"id", "source", "channels", "size", "draws"});
  if (entry["id"].integer(0, any) != static_cast<Index>(id))
    entry["id"].refuse("is not its place in the list");
  Value value{entry["source"].choice<Value::Source>(), entry["channels"].integer(1, any),
              entry["size"].integers(1, largest_size), entry["draws"].integer(1, any)};
  if (value.size.empty() || value.size.size() > 3)
    entry["size"].refuse("has another number of axes than 1, 2 or 3");
  Shape all = value.size;
  all.insert(all.end(), {value.channels, value.draws});
  require_countable(entry, all);
  return value;
}

ParameterSpec parameter_from(const Entry& entry) {
  entry.require_object({"name", "shape", "mean", "deviation"});
  ParameterSpec spec{entry["name"].text(), entry["shape"].integers(1, any), entry["deviation"].number(0),
                     entry["mean"].number(std::numeric_limits<double>::lowest())};
  // It names a dataset.
  if (spec.name.empty() || spec.name == "." || spec.name.find('/') != std::string::npos)
    entry["name"].refuse("is no name", "it must not be empty, nor have a slash");
  require_countable(entry["shape"], spec.shape);
  return spec;
}

Axis axis_from(const Entry& entry) {
  entry.require_object({"in", "out", "taps", "down", "up", "dilation", "pad", "pad_end"});
  const auto one = [&](const char* key) { return entry[key].integer(1, largest_size); };
  const Axis axis{one("in"),
                  one("out"),
                  one("taps"),
                  one("down"),
                  one("up"),
                  one("dilation"),
                  entry["pad"].integer(-largest_size, largest_size)};
  entry.require([&] { check(axis); });
  const Index end = entry["pad_end"].integer(-any, any);
  if (end != axis.pad_end())
    entry["pad_end"].refuse(fmt::format("is {}", end), fmt::format("the axis has {}", axis.pad_end()));
  return axis;
}

Geometry geometry_from(const Entry& entry) {
  entry.require_object({"case", "groups", "in_channels", "out_channels", "axes"});
  Geometry geometry{.axes = {},
                    .in_channels = entry["in_channels"].integer(1, any),
                    .out_channels = entry["out_channels"].integer(1, any),
                    .groups = entry["groups"].integer(1, any)};
  for (const Entry& axis : entry["axes"].list()) geometry.axes.push_back(axis_from(axis));
  entry.require([&] { check(geometry); });
  if (entry["case"].text() != print_case(geometry))
    entry["case"].refuse("says something else than the axes", "they make it " + print_case(geometry));
  return geometry;
}

Activation activation_from(const Entry& entry) {
  const auto activation = entry["name"].choice<Activation>();
  const json wanted = activation_json(activation);
  if (!(entry == wanted))
    entry.refuse("has other entries or constants than this fsconv computes with", "it has " + wanted.dump());
  return activation;
}

// Ids and names are looked up in what was read before them.
class Reader {
 public:
  Reader(const json& root, const std::string& where) : root_(root, where, "") {}
  Model model();

 private:
  ValueId id(const Entry& entry) const {
    return static_cast<ValueId>(entry.integer(0, static_cast<Index>(model_.values.size()) - 1));
  }
  ParameterId parameter(const Entry& entry) const {
    const auto found = named_.find(entry.text());
    if (found == named_.end()) entry.refuse("names no parameter");
    return found->second;
  }
  std::optional<ParameterId> parameter_or_null(const Entry& entry) const {
    return entry.is_null() ? std::nullopt : std::optional(parameter(entry));
  }
  Step step(const Entry& entry) const;
  Term term(const Entry& entry) const;

  Entry root_;
  Model model_;
  std::map<std::string, ParameterId> named_;
};

Step Reader::step(const Entry& entry) const {
  const std::string kind = entry["kind"].text();
  const auto at = [&](const char* key) { return id(entry[key]); };
  const auto by = [&] { return entry["by"].integer(1, largest_by); };
  if (kind == "affine") {
    entry.require_object({"kind", "in", "out", "transposed", "weight", "bias", "activation", "geometry"});
    return Affine{at("in"),
                  at("out"),
                  geometry_from(entry["geometry"]),
                  entry["transposed"].truth() ? Direction::conv_transpose : Direction::conv,
                  parameter(entry["weight"]),
                  parameter_or_null(entry["bias"]),
                  activation_from(entry["activation"])};
  }
  if (kind == "gain") {
    entry.require_object({"kind", "in", "out", "factor"});
    return Gain{at("in"), at("out"), parameter(entry["factor"])};
  }
  if (kind == "shuffle") {
    entry.require_object({"kind", "in", "out", "by"});
    return Shuffle{at("in"), at("out"), by()};
  }
  if (kind == "resize") {
    entry.require_object({"kind", "in", "out", "by"});
    return Resize{at("in"), at("out"), by()};
  }
  if (kind == "gate") {
    entry.require_object({"kind", "in", "gate", "out"});
    return Gate{at("in"), at("gate"), at("out")};
  }
  if (kind == "add") {
    entry.require_object({"kind", "in", "other", "out"});
    return Add{at("in"), at("other"), at("out")};
  }
  if (kind == "sample") {
    entry.require_object({"kind", "mean", "log_variance", "noise", "out"});
    return Reparameterise{at("mean"), at("log_variance"), at("noise"), at("out")};
  }
  entry["kind"].refuse("is no step", "choose affine, gain, shuffle, resize, gate, add or sample");
}

Term Reader::term(const Entry& entry) const {
  const std::string kind = entry["kind"].text();
  const auto at = [&](const char* key) { return id(entry[key]); };
  if (kind == "reconstruction") {
    entry.require_object({"kind", "output", "likelihood", "variance", "log_variance"});
    const Reconstruction term{at("output"), entry["likelihood"].choice<Likelihood>(),
                              entry["variance"].number(0), parameter_or_null(entry["log_variance"])};
    if (term.log_variance && model_.parameters[*term.log_variance].shape != Shape{1})
      entry["log_variance"].refuse("names a parameter of another shape than [1]");
    return term;
  }
  if (kind == "kl") {
    entry.require_object({"kind", "mean", "log_variance", "free_nats"});
    return KlToNormal{at("mean"), at("log_variance"), entry["free_nats"].number(0)};
  }
  if (kind == "log_ratio") {
    entry.require_object({"kind", "sample", "mean", "log_variance", "noise"});
    return LogRatio{at("sample"), at("mean"), at("log_variance"), at("noise")};
  }
  entry["kind"].refuse("is no term", "choose reconstruction, kl or log_ratio");
}

Model Reader::model() {
  root_.require_object({"version", "values", "parameters", "steps", "terms", "over_draws", "code"});
  root_["version"].integer(model_json_version, model_json_version);
  for (const Entry& entry : root_["values"].list())
    model_.values.push_back(value_from(entry, model_.values.size()));
  for (const Entry& entry : root_["parameters"].list()) {
    model_.parameters.push_back(parameter_from(entry));
    if (!named_.emplace(model_.parameters.back().name, named_.size()).second)
      entry["name"].refuse("is the name of two parameters");
  }
  for (const Entry& entry : root_["steps"].list()) model_.steps.push_back(step(entry));
  model_.over_draws = root_["over_draws"].choice<OverDraws>();
  model_.code = id(root_["code"]);
  for (const Entry& entry : root_["terms"].list()) model_.terms.push_back(term(entry));
  root_.require([&] { check(model_); });
  return std::move(model_);
}

}  // namespace

Model model_from_json(const json& root, const std::string& where) { return Reader(root, where).model(); }

}  // namespace fsconv
