// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/train/model_summary.hpp>
#include <fsconv/train/summary_layout.hpp>
#include <map>

namespace fsconv {
namespace {

// ---- Words.

std::string bytes_text(std::size_t bytes) {
  double amount = static_cast<double>(bytes);
  std::string_view unit = "bytes";
  for (const std::string_view larger : {"KiB", "MiB", "GiB", "TiB"}) {
    if (amount < 1000) break;
    amount /= 1024;
    unit = larger;
  }
  return unit == "bytes" || amount >= 100 ? fmt::format("{:.0f} {}", amount, unit)
                                          : fmt::format("{:.1f} {}", amount, unit);
}

// "2x2 pixels" on two axes.
std::string square_of(Index factor, std::size_t axes) {
  return fmt::format("{}", fmt::join(std::vector<Index>(axes, factor), "x"));
}

// ---- Steps.

// Follows the steps and remembers who used a parameter first.
class Describer {
 public:
  explicit Describer(const Model& model) : model_(model), maker_(model.values.size()) {}

  std::vector<SummaryRow> rows() {
    std::vector<SummaryRow> rows;
    for (const Step& step : model_.steps) {
      ++number_;
      SummaryRow row = std::visit(*this, step);
      row.number = std::to_string(number_);
      row.in = size_text(model_.values[inputs(step).front()]);
      row.out = size_text(model_.values[output(step)]);
      maker_[output(step)] = number_;
      rows.push_back(std::move(row));
    }
    for (ParameterId id = 0; id < model_.parameters.size(); ++id)
      if (!uses_.contains(id)) rows.push_back(without_step(id));
    return rows;
  }

  SummaryRow operator()(const Affine& step) {
    const auto first = uses_.find(step.weight);
    const Affine* shared = first == uses_.end() ? nullptr : first->second;
    const bool linear = is_linear(step.geometry);
    SummaryRow row;
    row.what = fmt::format("{}{}", step.direction == Direction::conv_transpose ? "transposed " : "",
                           linear ? "linear" : "conv");
    if (!linear && !(shared && shared->geometry == step.geometry))
      row.what += " " + geometry_words(step.geometry);
    row.what += from(step.in) + activation_words(step.activation);
    row.name = model_.parameters[step.weight].name;
    if (shared)
      row.name = fmt::format("{}: {}", shared->direction != step.direction ? "tied" : "shared", row.name);
    row.learned = learn(step.weight, &step) + (step.bias ? learn(*step.bias) : 0);
    return row;
  }
  SummaryRow operator()(const Gain& step) {
    const bool shared = uses_.contains(step.factor);
    SummaryRow row{.number = {},
                   .what = "gain per channel" + from(step.in),
                   .in = {},
                   .out = {},
                   .name = {},
                   .learned = {}};
    row.name = (shared ? "shared: " : "") + model_.parameters[step.factor].name;
    row.learned = learn(step.factor);
    return row;
  }
  SummaryRow operator()(const Shuffle& step) {
    return words(fmt::format("shuffle channels into {} pixels", square(step.factor, step.in)) +
                 from(step.in));
  }
  SummaryRow operator()(const Resize& step) {
    return words(fmt::format("resize, {} pixels for each", square(step.factor, step.in)) + from(step.in));
  }
  SummaryRow operator()(const Gate& step) {
    return words(fmt::format("gate: {} * sigmoid({})", of(step.in), of(step.gate)));
  }
  SummaryRow operator()(const Add& step) {
    return words(fmt::format("add: {} + {}", of(step.in), of(step.other)));
  }
  SummaryRow operator()(const Reparameterise& step) {
    const Index draws = model_.values[step.noise].draws;
    return words(fmt::format("sample: {} + exp({}/2) * noise", of(step.mean), of(step.log_variance)) +
                 (draws > 1 ? fmt::format(", {} draws", with_commas(draws)) : ""));
  }

 private:
  static SummaryRow words(std::string what) {
    return {.number = {}, .what = std::move(what), .in = {}, .out = {}, .name = {}, .learned = {}};
  }
  SummaryRow without_step(ParameterId id) const {
    SummaryRow row =
        words(model_.reconstruction().log_variance == id ? "log-variance of the pixels" : "read by no step");
    row.name = model_.parameters[id].name;
    row.learned = element_count(model_.parameters[id].shape);
    return row;
  }
  std::string square(Index factor, ValueId in) const {
    return square_of(factor, model_.values[in].size.size());
  }

  // The step that made a value, as its row says it.
  std::string of(ValueId value) const {
    return model_.values[value].source == Value::Source::images ? "images"
                                                                : fmt::format("#{}", maker_[value]);
  }
  // Nothing for what stands just above.
  std::string from(ValueId value) const {
    const bool is_images = model_.values[value].source == Value::Source::images;
    return maker_[value] + 1 == number_ && (!is_images || number_ == 1)
               ? ""
               : fmt::format(" of{}{}", glue, of(value));
  }
  // The numbers of a parameter at its first use.
  Index learn(ParameterId id, const Affine* user = nullptr) {
    return uses_.emplace(id, user).second ? element_count(model_.parameters[id].shape) : 0;
  }

  const Model& model_;
  std::vector<std::size_t> maker_;  // of a value: the number of its row, 0 of none
  std::map<ParameterId, const Affine*> uses_;
  std::size_t number_ = 0;
};

std::string objective(const Model& model, const SummaryContext& context) {
  std::string text;
  for (const std::string& line : objective_lines(model, context.kl_weight))
    text += labelled(text.empty() ? "objective" : "", line);
  return text;
}

// ---- What the steps are computed by.

// "direct in every step", or a line for every algorithm with the steps that have it, the first step's first.
std::string algorithms(const SummaryContext& context) {
  std::vector<std::pair<std::string, std::string>> steps_by_words;
  for (std::size_t step = 0; step < context.algorithms.size(); ++step) {
    const std::string words = algorithm_words(context.algorithms[step]);
    if (words.empty()) continue;
    const std::string number = fmt::format("#{}", step + 1);
    const auto known = std::find_if(steps_by_words.begin(), steps_by_words.end(),
                                    [&](const auto& one) { return one.first == words; });
    if (known == steps_by_words.end())
      steps_by_words.emplace_back(words, number);
    else
      known->second += ", " + number;
  }
  if (steps_by_words.empty()) return "";
  if (steps_by_words.size() == 1) {
    const std::string& words = steps_by_words.front().first;
    return labelled("algorithm", context.algorithm == words
                                     ? words
                                     : fmt::format("{}: {} in every step", context.algorithm, words));
  }
  std::string text = labelled("algorithm", context.algorithm);
  for (const auto& [words, steps] : steps_by_words) text += labelled("", fmt::format("{}: {}", steps, words));
  return text;
}

// ---- Totals.

std::string totals(const Model& model, const SummaryContext& context) {
  const Index count = model.parameter_count(), apart = count_without_sharing(model);
  std::string parameters = with_commas(count);
  if (apart != count) parameters += fmt::format(" ({} if nothing were shared)", with_commas(apart));

  const std::size_t one = static_cast<std::size_t>(count) * sizeof(float);
  const std::size_t optimizer = one * context.optimizer_slots, best = context.keeps_best ? one : 0;
  const std::size_t activations = static_cast<std::size_t>(context.threads) * context.activation_bytes;
  std::string text = labelled("parameters", parameters);
  const auto line = [&](const char* label, std::size_t bytes, const std::string& what) {
    text += labelled(label, fmt::format("{:>10}  {}", bytes_text(bytes), what));
  };
  line("memory", activations,
       context.threads == 1 ? "activations, of 1 thread"
                            : fmt::format("activations, {} for each of {} threads",
                                          bytes_text(context.activation_bytes), context.threads));
  line("", context.gradient_bytes, "gradients, of blocks of images and their sum");
  line("", one, "parameters");
  if (optimizer > 0)
    line("", optimizer,
         fmt::format("optimizer, {} per parameter",
                     counted(static_cast<Index>(context.optimizer_slots), "number")));
  if (best > 0) line("", best, "best parameters");
  if (context.packed_bytes > 0) line("", context.packed_bytes, "parameters as they are multiplied");
  if (context.evaluation_bytes > 0)
    line("", context.evaluation_bytes, "activations and parameters to evaluate with");
  const std::size_t together = memory_of(model, context);
  line("", together,
       static_cast<Index>(together) > total_bytes()
           ? "together, without the images: more than this machine has"
           : "together, without the images");
  line("file", one + optimizer + best, "of these; curves, samples and descriptions come on top");
  return text;
}

}  // namespace

std::size_t memory_of(const Model& model, const SummaryContext& context) {
  const std::size_t copies = 1 + context.optimizer_slots + (context.keeps_best ? 1 : 0);
  return static_cast<std::size_t>(context.threads) * context.activation_bytes + context.gradient_bytes +
         copies * static_cast<std::size_t>(model.parameter_count()) * sizeof(float) + context.packed_bytes +
         context.evaluation_bytes;
}

std::string summary(const Model& model, const SummaryContext& context) {
  const std::vector<SummaryRow> rows = Describer(model).rows();
  const StepTable table(rows);
  std::string text = table.head();
  for (const SummaryRow& row : rows) text += table.text(row);
  return text + "\n" + algorithms(context) + objective(model, context) + totals(model, context);
}

}  // namespace fsconv
