// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/isa_in_force.hpp>
#include <fsconv/bench/shard_pieces.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/bench/trained_weights.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/nn/runner.hpp>
#include <numeric>

namespace fsconv::bench {
namespace {

using engine::Isa;

using engine::Algorithm;

constexpr const char *reference_form = "im2col", *engine_form = "batched";
constexpr Index batches_in_memory = 4;

constexpr double beta = 1;
constexpr float largest_bias = 0.1f;

// Initial weights, with biases that are not 0. A ReLU has no slope at 0, which is what direct sums give where the images are 0
// and the biases, too; those of tiles are rounded to one side or the other, and gradients would differ by whole terms.
Parameters<float> starting_parameters(const Model& model, std::uint64_t seed) {
  Parameters<float> parameters = initial_parameters<float>(model, seed);
  Random random(seed);
  for (Parameter<float>& parameter : parameters)
    if (std::ranges::all_of(parameter.value, [](float number) { return number == 0; })) {
      parameter.value = random_reals<float>(parameter.value.shape(), random);
      for (float& number : parameter.value) number *= largest_bias;
    }
  return parameters;
}

// A model with its data, ready for the next step.
class Training {
 public:
  Training(const TrainWorkload& workload, const Model& model, const Computing& computing,
           const Images& images, std::uint64_t seed)
      : images_(images),
        seed_(seed),
        binarise_(binarise_of(workload)),
        batch_(static_cast<std::size_t>(workload.batch)),
        weights_(starting_parameters(model, seed)),
        runner_(model, computing),
        order_(static_cast<std::size_t>(images.shape()[0])) {
    std::iota(order_.begin(), order_.end(), Index{0});
    runner_.load(weights_.parameters);
  }

  const Gradients<float>& gradient() {
    runner_.gradient(
        make_batch(images_, std::span(order_).subspan(next_, batch_), binarise_, seed_, Split::train), beta,
        weights_.gradients);
    return weights_.gradients;
  }

  void step() {
    gradient();
    weights_.update(runner_);
    next_ = (next_ + batch_) % order_.size();
  }

 private:
  Images images_;
  std::uint64_t seed_;
  Binarise binarise_;
  std::size_t batch_, next_ = 0;
  TrainedWeights weights_;
  Runner<float> runner_;
  std::vector<Index> order_;
};

// Of the same weights and the first batch, in double.
Gradients<double> right_gradients(const TrainWorkload& workload, const Model& model, const Images& images,
                                  std::uint64_t seed) {
  Parameters<double> parameters;
  for (const Parameter<float>& single : starting_parameters(model, seed))
    parameters.push_back({single.name, cast<double>(single.value)});
  std::vector<Index> order(static_cast<std::size_t>(workload.batch));
  std::iota(order.begin(), order.end(), Index{0});
  Runner<double> runner(model, {.form = reference_form, .trains = true});
  runner.load(parameters);
  Gradients<double> gradients = zeros_like(parameters);
  runner.gradient(make_batch(images, order, binarise_of(workload), seed, Split::train), beta, gradients);
  return gradients;
}

std::vector<RateRow> rows_of(const TrainBenchPlan& plan, const TrainWorkload& workload) {
  std::vector<RateRow> rows;
  for (const std::string& form : plan.forms)
    for (const Precision precision : plan.precisions) {
      std::vector<std::string> isas = {"-"};
      if (form == engine_form) {
        isas.clear();
        for (const Isa isa : isas_that_differ(precision, plan.isas)) isas.emplace_back(name(isa));
      }
      const std::vector<std::string> algorithms =
          form == engine_form ? names_in(plan.algorithms) : std::vector<std::string>{"-"};
      for (const std::string& isa : isas)
        for (const std::string& algorithm : algorithms)
          for (const int threads : plan.threads)
            rows.push_back({.workload = std::string(workload.name),
                            .form = form,
                            .isa = isa,
                            .algorithm = algorithm,
                            .precision = precision,
                            .threads = threads,
                            .count = static_cast<double>(workload.batch)});
    }
  return rows;
}

Algorithm algorithm_of(const RateRow& row) {
  return row.algorithm == "-" ? Algorithm::direct : named<Algorithm>(row.algorithm);
}

void time_rows(std::vector<RateRow>& rows, const TrainBenchPlan& plan, const TrainWorkload& workload,
               std::size_t parts_left, const SharedRounds& rounds) {
  const Shape& size = workload.spec.image_size;
  const Model model = make_model(workload.spec);
  const ImageSet data =
      generate_shapes(workload.batch * batches_in_memory, plan.seed, 0,
                      {.height = size[0], .width = size[1], .channels = workload.spec.image_channels});
  const auto training = [&](const RateRow& row) {
    const Computing computing{.form = row.form,
                              .precision = row.precision,
                              .algorithm = algorithm_of(row),
                              .threads = row.threads,
                              .trains = true};
    return std::make_unique<Training>(workload, model, computing, data.images, plan.seed);
  };
  const Gradients<double> right = right_gradients(workload, model, data.images, plan.seed);

  std::vector<std::unique_ptr<Training>> trainings;
  std::vector<Timing*> timings;
  for (RateRow& row : rows) {
    stop_if_interrupted();
    const IsaInForce in_force(row.isa == "-" ? engine::current_isa() : engine::isa_named(row.isa));
    try {
      auto made = training(row);
      const double tolerance = row.precision == Precision::bf16 ? plan.bf16_tolerance : plan.fp32_tolerance;
      const auto wrong = gradient_difference(model, made->gradient(), right, tolerance);
      row.status = wrong ? Status::refused : Status::timed;
      row.note = wrong.value_or("");
      if (wrong) continue;
      trainings.push_back(std::move(made));
      timings.push_back(&row.timing);
    } catch (const InvalidArgument& error) {
      row.status = Status::skipped;
      row.note = error.what();
    }
  }
  std::vector<Item> items;
  for (const auto& each : trainings) items.push_back({[&each](int) { each->step(); }});
  const std::vector<Timing> measured = rounds.run(std::string(workload.name), parts_left, items);
  for (std::size_t item = 0; item < measured.size(); ++item) *timings[item] = measured[item];
}

}  // namespace

Binarise binarise_of(const TrainWorkload& workload) {
  return workload.spec.likelihood == Likelihood::bernoulli ? Binarise::dynamic : Binarise::none;
}

const std::vector<TrainWorkload>& train_workloads() {
  static const std::vector<TrainWorkload> workloads = [] {
    const auto spec = [](ModelKind kind, Index channels, Index pixels, const std::vector<Index>& layers,
                         Index latent) {
      ModelSpec model{
          .kind = kind, .image_channels = channels, .image_size = {pixels, pixels}, .latent = latent};
      for (const Index each : layers) model.layers.push_back({.channels = each, .kernel = 4, .stride = 2});
      model.tied.assign(layers.size() + (latent > 0 ? 1 : 0), true);
      if (kind == ModelKind::vae) model.likelihood = Likelihood::bernoulli;
      return model;
    };
    return std::vector<TrainWorkload>{
        {"ae28", "28x28x1, channels 32 and 64, latent 32, batch 128",
         spec(ModelKind::ae, 1, 28, {32, 64}, 32), 128},
        {"ae64", "64x64x3, channels 64, 128 and 256, latent 128, batch 64",
         spec(ModelKind::ae, 3, 64, {64, 128, 256}, 128), 64},
        {"vae28", "ae28 as a variational autoencoder", spec(ModelKind::vae, 1, 28, {32, 64}, 32), 128},
        {"conv28", "28x28x1, channels 32, 64 and 16, no linear layer, batch 128",
         spec(ModelKind::ae, 1, 28, {32, 64, 16}, 0), 128}};
  }();
  return workloads;
}

std::optional<std::string> gradient_difference(const Model& model, const Gradients<float>& found,
                                               const Gradients<double>& right, double tolerance) {
  constexpr double of_one_parameter = 10;
  double all_errors = 0, all_sizes = 0;
  for (std::size_t at = 0; at < right.size(); ++at) {
    double error = 0, size = 0;
    for (Index number = 0; number < right[at].size(); ++number) {
      const double wanted = right[at][number], off = static_cast<double>(found[at][number]) - wanted;
      error += off * off;
      size += wanted * wanted;
    }
    all_errors += error;
    all_sizes += size;
    if (!(std::sqrt(error) <= of_one_parameter * tolerance * std::sqrt(size)))
      return fmt::format("the gradient of {} is off by {:.1e} of its size; {:.0e} is allowed",
                         model.parameters[at].name, std::sqrt(error / size), of_one_parameter * tolerance);
  }
  if (std::sqrt(all_errors) <= tolerance * std::sqrt(all_sizes)) return std::nullopt;
  return fmt::format("the gradient is off by {:.1e} of its size; {:.0e} is allowed",
                     std::sqrt(all_errors / all_sizes), tolerance);
}

RateReport train_bench(const TrainBenchPlan& plan) {
  if (plan.workloads.empty()) throw InvalidArgument("set", "names no model");
  if (plan.forms.empty()) throw InvalidArgument("form", "names no form");
  if (plan.algorithms.empty()) throw InvalidArgument("algorithm", "names none");
  for (const std::string& form : plan.forms) form_named<float>(form);
  const bool bf16_alone = plan.precisions == std::vector<Precision>{Precision::bf16};
  if (bf16_alone && std::find(plan.forms.begin(), plan.forms.end(), engine_form) == plan.forms.end())
    throw InvalidArgument("precision", "is bf16, which none of the forms has", "use --form batched, or fp32");

  const SharedRounds rounds(plan, 1);  // the steps use each row's threads inside
  // Fewer threads than a row states would be timed as that many.
  for (const int threads : plan.threads) run_together(threads, [](int) {});
  RateReport report{.what = "train", .unit = "images", .rows = {}};
  std::vector<Index> rows_of_pieces;
  for (const TrainWorkload& workload : plan.workloads)
    rows_of_pieces.push_back(static_cast<Index>(rows_of(plan, workload).size()));
  const ShardPieces pieces(plan.shard, rows_of_pieces);
  auto parts_left = static_cast<std::size_t>(pieces.count());
  for (std::size_t at = 0; at < plan.workloads.size(); ++at) {
    if (!pieces.takes(at)) continue;
    std::vector<RateRow> rows = rows_of(plan, plan.workloads[at]);
    time_rows(rows, plan, plan.workloads[at], parts_left--, rounds);
    report.rows.insert(report.rows.end(), rows.begin(), rows.end());
  }
  report.part = pieces.rows();
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
