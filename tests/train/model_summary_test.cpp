// A model in words and as JSON: what the words add up to, that JSON keeps everything, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/train/model_json.hpp>
#include <fsconv/train/model_summary.hpp>
#include <fsconv/train/run_model.hpp>

using namespace fsconv;
using nlohmann::json;

namespace {

const std::vector<bool> all_tied = {true, true, true}, linear_tied = {false, false, true};

template <class Change>
Model model_of(Change&& change) {
  ModelSpec spec;
  spec.image_size = {28, 28};
  spec.layers = {{.channels = 6, .kernel = 4, .stride = 2}, {.channels = 8, .kernel = 4, .stride = 2}};
  spec.latent = 5;
  spec.tied = all_tied;
  change(spec);
  return make_model(spec);
}

Model tied_autoencoder() {
  return model_of([](ModelSpec&) {});
}
Model untied_autoencoder() {
  return model_of([](ModelSpec& s) { s.tied = {}; });
}
Model variational() {
  return model_of([](ModelSpec& s) {
    s.kind = ModelKind::vae, s.likelihood = Likelihood::bernoulli, s.free_nats = 0.25, s.draws = 2;
  });
}
Model importance_weighted() {
  return model_of([](ModelSpec& s) {
    s.kind = ModelKind::vae, s.gain = true, s.draws = 5, s.bound = Bound::iwae;
    s.likelihood = Likelihood::gaussian, s.learned_variance = true;
  });
}
Model gated() {
  return model_of([](ModelSpec& s) { s.gated = true, s.residual = 1, s.activation = Activation::elu; });
}
Model rational() {
  return model_of([](ModelSpec& s) {
    s.image_size = {27, 13};
    s.layers = {{.channels = 8, .kernel = 5, .stride = {3, 2}, .padding = 2},
                {.channels = 16, .kernel = 3, .stride = 2, .dilation = 2, .groups = 4}};
    s.activation = Activation::leaky_relu;
  });
}

std::vector<Model> models() {
  return {
      tied_autoencoder(),
      untied_autoencoder(),
      variational(),
      importance_weighted(),
      gated(),
      rational(),
      model_of([](ModelSpec& s) { s.tied = {}, s.gated = true, s.residual = 2; }),
      model_of([](ModelSpec& s) { s.tied = linear_tied, s.decoder = Decoder::subpixel; }),
      model_of([](ModelSpec& s) { s.tied = linear_tied, s.decoder = Decoder::resize; }),
      model_of([](ModelSpec& s) {
        s.tied = {false, true}, s.latent = 0, s.activation = Activation::softplus;
      }),
      model_of([](ModelSpec& s) { s.image_channels = 3, s.likelihood = Likelihood::mse, s.tied = {true}; }),
      model_of([](ModelSpec& s) {
        s.kind = ModelKind::vae, s.latent = 0, s.tied = {true, true};
        s.likelihood = Likelihood::gaussian, s.variance = 0.125;
      }),
      model_of([](ModelSpec& s) {
        s.image_size = {8, 12, 9};
        s.layers = {{.channels = 1024, .kernel = 3, .stride = 2}};
        s.likelihood = Likelihood::continuous_bernoulli, s.tied = {true, true};
      }),
      model_of([](ModelSpec& s) { s.image_size = {50}, s.likelihood = Likelihood::bernoulli; }),
  };
}

// Every kind of step and term, in as few entries as there can be.
std::vector<Model> small_models() {
  const auto small = [](auto&& change) {
    return model_of([&](ModelSpec& s) {
      s.image_size = {6}, s.layers = {{.channels = 4, .kernel = 3, .stride = 2}}, s.tied = {};
      change(s);
    });
  };
  return {
      small([](ModelSpec& s) {
        s.kind = ModelKind::vae, s.tied = {true, true}, s.gain = true, s.draws = 3, s.bound = Bound::iwae;
        s.likelihood = Likelihood::gaussian, s.learned_variance = true;
      }),
      small([](ModelSpec& s) {
        s.kind = ModelKind::vae, s.free_nats = 0.5, s.activation = Activation::leaky_relu;
      }),
      small([](ModelSpec& s) { s.gated = true, s.residual = 1, s.tied = {true}; }),
      small([](ModelSpec& s) { s.decoder = Decoder::subpixel; }),
      small([](ModelSpec& s) { s.decoder = Decoder::resize; }),
  };
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Index number_in(std::string text) {
  std::erase(text, ',');
  return to_integer(text).value_or(-1);
}

const SummaryContext context{.threads = 8,
                             .activation_bytes = 3 << 20,
                             .gradient_bytes = 17 << 20,
                             .optimizer_slots = 2,
                             .keeps_best = true};

std::string summary_of(const Model& model) { return summary(model, context); }

// What is wrong with a summary of this model; nothing if all is well.
std::string complaint(const std::string& text, const Model& model) {
  const std::vector<std::string> lines = split(text, '\n');
  for (const std::string& line : lines)
    if (line.size() > 80) return "wide: " + line;

  // Numbers end where the head of their column does.
  Index rows = 0, learned = 0;
  std::size_t at = 1;
  for (; !lines[at].empty(); ++at) {
    rows +=
        lines[at].substr(0, lines[0].find('#') + 1).find_first_of("0123456789") != std::string::npos ? 1 : 0;
    if (lines[at].size() == lines[0].size()) learned += number_in(lines[at].substr(lines[at].rfind(' ') + 1));
  }
  if (rows != static_cast<Index>(model.steps.size())) return "another number of rows than steps";
  if (learned != model.parameter_count()) return "the rows add up to " + std::to_string(learned);

  for (; at < lines.size(); ++at)
    if (lines[at].starts_with("parameters")) {
      const std::string total = lines[at].substr(12, lines[at].find(' ', 12) - 12);
      return number_in(total) == model.parameter_count() ? "" : "the total is " + total;
    }
  return "no total";
}

// Wrong on purpose: every use of a parameter has numbers of its own, as if shared ones were counted at each.
Model counted_twice(Model model) {
  std::vector<bool> used(model.parameters.size());
  const auto own = [&](ParameterId& id) {
    if (used[id]) {
      model.parameters.push_back(model.parameters[id]);
      id = model.parameters.size() - 1;
    } else {
      used[id] = true;
    }
  };
  for (Step& step : model.steps)
    if (auto* affine = std::get_if<Affine>(&step)) own(affine->weight);
  return model;
}

std::string complaint_about(const json& broken) {
  try {
    model_from_json(broken, "run.h5");
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}

// Calls f(pointer) for every entry of an object or list, the inner ones included.
template <class F>
void for_each_entry(const json& entry, const json::json_pointer& at, F&& f) {
  if (entry.is_object())
    for (const auto& [key, value] : entry.items()) f(at / key), for_each_entry(value, at / key, f);
  if (entry.is_array())
    for (std::size_t i = 0; i < entry.size(); ++i) f(at / i), for_each_entry(entry[i], at / i, f);
}

json changed(json model, const char* pointer, const json& value) {
  model.at(json::json_pointer(pointer)) = value;
  return model;
}

}  // namespace

TEST_CASE("model summary: rows add up to what is learned, within 80 columns") {
  for (const Model& model : models()) {
    const std::string text = summary_of(model);
    INFO(text);
    CHECK(complaint(text, model) == "");
  }
}

TEST_CASE("model summary: a mutant that counts shared weights at every use is noticed") {
  for (const Model& model : {tied_autoencoder(), variational(), gated(), rational()}) {
    CHECK(complaint(summary_of(counted_twice(model)), model).starts_with("the rows add up to"));
    CHECK(complaint(summary_of(model) + std::string(81, '.'), model).starts_with("wide"));
  }
  const Model untied = untied_autoencoder();
  CHECK(counted_twice(untied) == untied);
}

TEST_CASE("model summary: a small model, word for word") {
  const Model model = model_of([](ModelSpec& s) { s.tied = {true, false, true}; });
  const std::string text = summary(model, {.threads = 2,
                                           .activation_bytes = 1 << 20,
                                           .gradient_bytes = 500,
                                           .optimizer_slots = 1,
                                           .keeps_best = false});
  // conv1: 6*16 + 6; conv2: 8*6*16 + 8, its own transpose 8*6*16 + 6; linear: 5*8*49 + 5.
  CHECK(text ==
        "# step                            values            weight           numbers\n"
        "1 conv 4x4 stride 2 padding 1,  1x28x28 -> 6x14x14  conv1                102\n"
        "    relu\n"
        "2 conv 4x4 stride 2 padding 1,  6x14x14 -> 8x7x7    conv2                776\n"
        "    relu\n"
        "3 linear                          8x7x7 -> 5        linear             1,965\n"
        "4 transposed linear, relu             5 -> 8x7x7    tied: linear         392\n"
        "5 transposed conv 4x4 stride 2    8x7x7 -> 6x14x14  conv2_transpose      774\n"
        "    padding 1, relu\n"
        "6 transposed conv               6x14x14 -> 1x28x28  tied: conv1            1\n"
        "\n"
        "objective   bce-grey, Bernoulli's formula on grey pixels: no likelihood\n"
        "            in nats per image\n"
        "parameters  4,010 (6,066 if nothing were shared)\n"
        "memory         2.0 MiB  activations, 1.0 MiB for each of 2 threads\n"
        "             500 bytes  gradients, of blocks of images and their sum\n"
        "              15.7 KiB  parameters\n"
        "              15.7 KiB  optimizer, 1 number per parameter\n"
        "               2.0 MiB  together, without the images\n"
        "file          31.3 KiB  of these; curves, samples and descriptions come on top\n");
}

TEST_CASE("model summary: more memory than there is, is said") {
  const Model model = rational();
  SummaryContext of_run{.threads = 3,
                        .activation_bytes = 1000,
                        .gradient_bytes = 20,
                        .packed_bytes = 7,
                        .evaluation_bytes = 4,
                        .optimizer_slots = 2,
                        .keeps_best = true};
  CHECK(memory_of(model, of_run) ==
        3031 + 4 * sizeof(float) * static_cast<std::size_t>(model.parameter_count()));
  CHECK_FALSE(contains(summary(model, of_run), "more than this machine has"));
  of_run.packed_bytes = static_cast<std::size_t>(total_bytes());
  CHECK(contains(summary(model, of_run), "together, without the images: more than this machine has"));
}

TEST_CASE("model summary: threads count where images keep them busy, and processes share a machine") {
  TrainConfig config;
  config.threads = 64;
  const Model model = model_for(config, {28, 28, 1});
  const Runner<float> runner(model, computing(config, true));
  const Runner<float> evaluator = evaluator_of(model, config);
  const auto of = [&](Index train, Index test) {
    return context_of(config, runner, evaluator, images_at_once(config, train, 0, test));
  };
  CHECK(of(1, 1).threads == 1);
  CHECK(of(1000000, 1).threads > 1);
  CHECK(of(1000000, 1).threads == of(config.batch, 1).threads);
  CHECK(of(1, 1000000).threads == 1);
  CHECK(of(1, 1000000).evaluation_bytes == of(1, 1024).evaluation_bytes);
  CHECK(of(1, 1024).evaluation_bytes > of(1, 1).evaluation_bytes);
  CHECK(of(1, 1).gradient_bytes < of(config.batch, 1).gradient_bytes);

  SummaryContext large;
  large.packed_bytes = static_cast<std::size_t>(total_bytes() / 2);
  CHECK_NOTHROW(require_machine_for(model, large, 1));
  CHECK_THROWS_AS(require_machine_for(model, large, 3), InvalidArgument);
  CHECK_THROWS_WITH(require_machine_for(model, large, 3),
                    Catch::Matchers::Contains("in each of 3 processes"));
}

TEST_CASE("model summary: geometries, shared weights and readers of earlier steps") {
  const std::string text = summary_of(rational());
  INFO(text);
  CHECK(contains(text, "conv 5x5 stride 3/2 padding 2:1,2"));
  CHECK(contains(text, "conv 3x3 stride 2 dilation 2"));
  CHECK(contains(text, "groups 4"));
  CHECK(contains(text, "leaky-relu"));
  for (const char* name : {"tied: conv1", "tied: conv2", "tied: linear"}) CHECK(contains(text, name));
  CHECK_FALSE(contains(summary_of(untied_autoencoder()), "tied"));
  CHECK_FALSE(contains(summary_of(untied_autoencoder()), "if nothing were shared"));

  const std::string words = summary_of(variational());
  CHECK(contains(words, "linear of #2, within +-8"));
  CHECK(contains(words, "#3 + exp(#4/2) *"));
  CHECK(contains(words, "tied: mean"));
  CHECK(contains(summary_of(gated()), "gate: #1 * sigmoid(#2)"));
  CHECK(contains(summary_of(gated()), "add: #3 + #5"));
  CHECK(contains(summary_of(importance_weighted()), "gain per channel"));

  // Nobody makes it, but it may be: one weight in the same direction twice.
  const Geometry same = parse_case("ic5oc5i1x1o1x1k1");
  ModelBuilder m;
  const ParameterId weight = m.weight("w", same, 1);
  const ValueId first = m.conv(m.image(5, {1, 1}), same, weight, std::nullopt, Activation::relu);
  const Model shared = m.finish(
      {Reconstruction{m.conv(first, same, weight, std::nullopt, Activation::linear), Likelihood::mse}},
      OverDraws::mean, first);
  CHECK(contains(summary_of(shared), "shared: w"));
  CHECK(complaint(summary_of(shared), shared) == "");
}

TEST_CASE("model summary: the objective says what is no likelihood and what is bounded") {
  const std::string elbo = summary_of(variational());
  CHECK(contains(elbo, "-log p(x|z), Bernoulli"));
  CHECK(contains(elbo, "+ KL(q(z|x) || N(0, 1)), at least 0.25 nats per latent number"));
  CHECK(contains(elbo, "the mean of 2 draws: the negative ELBO but for the free nats"));

  const std::string iwae = summary_of(importance_weighted());
  CHECK(contains(iwae, "variance learned"));
  CHECK(contains(iwae, "log-variance of the pixels"));
  CHECK(contains(iwae, "+ log q(z|x) - log p(z) at the sample"));
  CHECK(contains(iwae, "-log mean exp(-that) of 5 draws: the importance-weighted bound\n"));

  for (const Likelihood likelihood : {Likelihood::bce_grey, Likelihood::mse})
    for (const Bound bound : {Bound::elbo, Bound::iwae}) {
      const std::string text = summary_of(model_of(
          [&](ModelSpec& s) { s.kind = ModelKind::vae, s.likelihood = likelihood, s.bound = bound; }));
      CHECK(contains(text, std::string(name(likelihood)) + ", "));
      CHECK(contains(text, ": no likelihood\n"));
      CHECK(contains(text, "bounds nothing"));
      CHECK_FALSE(contains(text, "ELBO"));
    }
  CHECK_FALSE(contains(summary_of(tied_autoencoder()), "KL"));
  CHECK(contains(summary_of(models()[11]), "the variance 0.125"));
}

TEST_CASE("model summary: memory") {
  const std::string text = summary_of(tied_autoencoder());
  CHECK(contains(text, "  24.0 MiB  activations, 3.0 MiB for each of 8 threads\n"));
  CHECK(contains(text, "  17.0 MiB  gradients"));
  CHECK(contains(text, "best parameters\n"));
  CHECK_FALSE(contains(summary(tied_autoencoder(), {}), "best parameters"));
  CHECK(contains(summary(tied_autoencoder(), {}), "activations, of 1 thread\n"));
  CHECK_FALSE(contains(summary(tied_autoencoder(), {.optimizer_slots = 0}), "optimizer"));
}

TEST_CASE("model summary: the algorithms of the steps, the first step's first") {
  const StepAlgorithms direct{"direct", "direct", "direct"},
      tiles{"F(2,2) F(3,2)", "F(2,2) F(3,2)", "F(2,2) F(3,2)"};
  const auto said = [](const std::string& algorithm, const std::vector<StepAlgorithms>& steps) {
    SummaryContext with = context;
    with.algorithm = algorithm;
    with.algorithms = steps;
    const std::string text = summary(tied_autoencoder(), with);
    CHECK(complaint(text, tied_autoencoder()) == "");
    const std::size_t at = text.find("\nalgorithm "), end = text.find("\nobjective ");
    return at == std::string::npos ? "" : text.substr(at + 1, end - at);
  };
  CHECK(said("auto", {}) == "");
  CHECK(said("direct", {direct, {}, direct}) == "algorithm   direct\n");
  CHECK(said("auto", {direct, {}, direct}) == "algorithm   auto: direct in every step\n");
  CHECK(said("winograd2", {{"direct", "", "direct"}, tiles, direct, {}, tiles}) ==
        "algorithm   winograd2\n"
        "            #1, #3: direct\n"
        "            #2, #5: F(2,2) F(3,2)\n");
  CHECK(said("auto", {{"F(4,2)", "", "direct"}}) ==
        "algorithm   auto: conv F(4,2), weight_gradient direct in every step\n");
  CHECK(said("auto", {tiles, {"direct", "F(2,2) F(3,2)", "F(2,3)"}}) ==
        "algorithm   auto\n"
        "            #1: F(2,2) F(3,2)\n"
        "            #2: conv direct, conv_transpose F(2,2) F(3,2), weight_gradient\n"
        "            F(2,3)\n");
  // However many steps share one.
  CHECK(said("auto", std::vector<StepAlgorithms>(90, direct)).size() < 80);
  std::vector<StepAlgorithms> many(90, direct);
  many.back() = tiles;
  CHECK(said("auto", many).ends_with("            #90: F(2,2) F(3,2)\n"));
}

TEST_CASE("model summary: memory of the engine's parameters and of the evaluation") {
  SummaryContext with = context;
  with.packed_bytes = 5 << 20;
  with.evaluation_bytes = 7 << 20;
  const std::string text = summary(tied_autoencoder(), with), without = summary_of(tied_autoencoder());
  CHECK(contains(text, "   5.0 MiB  parameters as they are multiplied\n"));
  CHECK(contains(text, "   7.0 MiB  activations and parameters to evaluate with\n"));
  const auto together = [](const std::string& of) {
    const std::size_t end = of.find("  together");
    return std::stod(of.substr(of.rfind('\n', end) + 1, end));
  };
  CHECK(together(text) == Approx(together(without) + 12).margin(0.11));  // MiB of one decimal
}

TEST_CASE("model JSON: every model comes back, through text too") {
  for (const Model& model : models()) {
    const json written = to_json(model);
    CHECK(model_from_json(written, "run.h5") == model);
    CHECK(to_json(model_from_json(written, "run.h5")) == written);
    CHECK(model_from_json(json::parse(written.dump()), "run.h5") == model);
  }
}

TEST_CASE("model JSON: the format, entry by entry") {
  const json written = to_json(rational());
  CHECK(written["version"] == 1);
  CHECK(written["values"][0] ==
        json{{"id", 0}, {"source", "images"}, {"channels", 1}, {"size", {27, 13}}, {"draws", 1}});
  CHECK(written["parameters"][0]["name"] == "conv1");
  CHECK(written["parameters"][0]["shape"] == json({8, 1, 5, 5}));
  CHECK(written["steps"][0]["kind"] == "affine");
  CHECK(written["steps"][0]["weight"] == "conv1");
  CHECK(written["steps"][0]["bias"] == "conv1_bias");
  CHECK(written["steps"][0]["transposed"] == false);
  CHECK(written["steps"][0]["activation"] == json{{"name", "leaky-relu"}, {"slope", 0.01}});
  CHECK(written["steps"][0]["geometry"] == json{{"case", "ic1oc8i27x13o18x9k5s3/2p2"},
                                                {"groups", 1},
                                                {"in_channels", 1},
                                                {"out_channels", 8},
                                                {"axes",
                                                 {{{"in", 27},
                                                   {"out", 18},
                                                   {"taps", 5},
                                                   {"down", 3},
                                                   {"up", 2},
                                                   {"dilation", 1},
                                                   {"pad", 2},
                                                   {"pad_end", 1}},
                                                  {{"in", 13},
                                                   {"out", 9},
                                                   {"taps", 5},
                                                   {"down", 3},
                                                   {"up", 2},
                                                   {"dilation", 1},
                                                   {"pad", 2},
                                                   {"pad_end", 2}}}}});
  CHECK(written["steps"].back()["transposed"] == true);
  CHECK(written["steps"].back()["weight"] == "conv1");
  CHECK(written["terms"][0] == json{{"kind", "reconstruction"},
                                    {"output", 6},
                                    {"likelihood", "bce-grey"},
                                    {"variance", 1.0},
                                    {"log_variance", nullptr}});
  CHECK(written["over_draws"] == "mean");
  CHECK(written["code"] == 3);

  const json drawn = to_json(importance_weighted());
  CHECK(drawn["steps"][3]["activation"] == json{{"name", "bounded"}, {"bound", 8}});
  CHECK(drawn["steps"][4] ==
        json{{"kind", "sample"}, {"mean", 3}, {"log_variance", 4}, {"noise", 5}, {"out", 6}});
  CHECK(drawn["terms"][0]["log_variance"] == "output_log_variance");
  CHECK(drawn["terms"][1] ==
        json{{"kind", "log_ratio"}, {"sample", 6}, {"mean", 3}, {"log_variance", 4}, {"noise", 5}});
  CHECK(drawn["over_draws"] == "log_mean_exp");
}

TEST_CASE("model JSON: an entry that is missing, unknown or of another type is refused") {
  for (const Model& model : small_models()) {
    const json written = to_json(model);
    for_each_entry(written, json::json_pointer(), [&](const json::json_pointer& at) {
      INFO(at.to_string());
      const json& entry = written[at];
      if (written[at.parent_pointer()].is_object()) {
        json missing = written;
        missing[at.parent_pointer()].erase(at.back());
        CHECK(complaint_about(missing).starts_with("run.h5: "));
      }
      if (entry.is_object()) {
        json more = written;
        more[at]["surprise"] = 1;
        CHECK(contains(complaint_about(more),
                       entry.contains("slope") || entry.contains("bound") || entry.size() == 1 ? "activation"
                                                                                               : "surprise"));
      }
      const json others[] = {json::array({json::object()}), json::object({{"a", 1}}), 1.5, "7", true};
      for (const json& other : others) {
        const bool same_type = other.type() == entry.type() || (other.is_number() && entry.is_number_float());
        if (same_type) continue;
        json wrong = written;
        wrong[at] = other;
        CHECK(complaint_about(wrong).starts_with("run.h5: "));
      }
    });
  }
  CHECK_FALSE(complaint_about(json()).empty());
  CHECK_FALSE(complaint_about(json::array()).empty());
  CHECK_FALSE(complaint_about("text").empty());
}

// A reader that overlooks an entry would make the old model of the new text.
TEST_CASE("model JSON: no entry is overlooked") {
  for (const Model& model : small_models()) {
    const json written = to_json(model);
    for_each_entry(written, json::json_pointer(), [&](const json::json_pointer& at) {
      json other = written;
      json& entry = other[at];
      if (entry.is_number_integer())
        entry = entry.get<Index>() + 1;
      else if (entry.is_number())
        entry = entry.get<double>() + 1;
      else if (entry.is_boolean())
        entry = !entry.get<bool>();
      else if (entry.is_string())
        entry = entry.get<std::string>() + "x";
      else if (entry.is_array() && !entry.empty())
        entry.erase(0);
      else
        return;
      INFO(at.to_string());
      if (complaint_about(other).empty()) CHECK(to_json(model_from_json(other, "run.h5")) == other);
    });
  }
}

TEST_CASE("model JSON: ids out of range are refused") {
  const std::vector<std::string> ids = {"in",    "out",    "gate",   "other", "mean", "log_variance",
                                        "noise", "output", "sample", "code",  "id"};
  for (const Model& model : small_models()) {
    const json written = to_json(model);
    for_each_entry(written, json::json_pointer(), [&](const json::json_pointer& at) {
      const bool is_id = written[at].is_number_integer() &&
                         std::count(ids.begin(), ids.end(), at.back()) == 1 &&
                         !contains(at.to_string(), "axes");
      if (!is_id) return;
      INFO(at.to_string());
      for (const json& wrong :
           {json(model.values.size()), json(-1), json(std::uint64_t{1} << 63), json(~std::uint64_t{0})})
        CHECK_FALSE(complaint_about(changed(written, at.to_string().c_str(), wrong)).empty());
    });
  }
}

TEST_CASE("model JSON: the error names the entry") {
  const json vae = to_json(variational());
  const auto after = [&](const char* pointer, const json& value) {
    return complaint_about(changed(vae, pointer, value));
  };
  CHECK(after("/version", 2) == "run.h5: version is 2; must be an integer from 1 to 1");
  CHECK(contains(after("/steps/3/in", 99), "run.h5: steps[3].in is 99; must be an integer from 0 to 9"));
  CHECK(contains(after("/steps/0/kind", "dense"), "steps[0].kind is no step; choose affine"));
  CHECK(contains(after("/steps/0/weight", "conv7"), "steps[0].weight names no parameter"));
  CHECK(contains(after("/steps/0/activation/name", "gelu"),
                 "steps[0].activation.name is \"gelu\"; choose linear"));
  CHECK(
      contains(after("/steps/3/activation/bound", 7), "steps[3].activation has other entries or constants"));
  CHECK(contains(after("/steps/0/geometry/axes/1/down", 3), "steps[0].geometry.axes[1]"));
  CHECK(contains(after("/steps/0/geometry/case", "ic1oc6i28x28o14x14k4s2"),
                 "says something else than the axes"));
  CHECK(contains(after("/steps/0/transposed", true), "reads 1 channels"));
  CHECK(contains(after("/values/0/size", json::array()), "values[0].size"));
  CHECK(contains(after("/values/0/size", {1, 1, 1, 1}), "values[0].size"));
  CHECK(contains(after("/values/1/id", 2), "values[1].id is not its place"));
  CHECK(contains(after("/values/0/source", "noise"), "0 values of images"));
  CHECK(contains(after("/values/3/draws", 2), "a value of another shape"));
  CHECK(contains(after("/parameters/1/name", "conv1"), "parameters[1].name is the name of two"));
  CHECK(contains(after("/parameters/1/name", "../conv1"), "parameters[1].name is no name"));
  CHECK(contains(after("/parameters/0/deviation", -1), "parameters[0].deviation is -1"));
  CHECK(contains(after("/terms/1/mean", 4), "code is not the mean of its posterior"));
  CHECK(contains(after("/terms/1/free_nats", -0.5),
                 "terms[1].free_nats is -0.5; must be a number, at least 0"));
  CHECK(contains(after("/terms/0/variance", 0), "a variance must be larger than 0"));
  CHECK(contains(after("/terms/0/log_variance", "conv1"),
                 "terms[0].log_variance names a parameter of another shape"));
  CHECK(contains(after("/code", 4), "code is not the mean of its posterior"));
  CHECK(contains(after("/over_draws", "log_mean_exp"), "importance weights"));
  CHECK(contains(after("/over_draws", "median"), "over_draws is \"median\"; choose mean or log_mean_exp"));

  const json iwae = to_json(importance_weighted());
  CHECK(contains(complaint_about(changed(iwae, "/terms/1/sample", 7)),
                 "a log-ratio is of a sample that is drawn otherwise"));
}

TEST_CASE("model JSON: sizes that nothing can hold are refused before anything is allocated") {
  const json written = to_json(tied_autoencoder());
  const Index largest = Index{1} << 30;
  for (const json& wrong : {json({largest, largest}), json({largest + 1, 1}), json({0, 1}), json({-1, 28})})
    CHECK(contains(complaint_about(changed(written, "/values/0/size", wrong)), "values[0]"));
  for (const json& wrong :
       {json({largest, largest, largest, largest}), json::array({largest * 1025}), json::array({0})})
    CHECK(contains(complaint_about(changed(written, "/parameters/0/shape", wrong)), "parameters[0].shape"));
  CHECK(contains(complaint_about(changed(written, "/values/1/channels", Index{1} << 62)), "values[1]"));
  CHECK(contains(complaint_about(changed(written, "/values/1/draws", Index{1} << 62)), "values[1]"));
  CHECK(contains(complaint_about(changed(written, "/steps/0/geometry/out_channels", Index{1} << 62)),
                 "steps[0].geometry"));

  const json enlarging = to_json(models()[7]);
  for (const char* step : {"/steps/5/by", "/steps/7/by"})
    for (const json& wrong : {json(0), json(-2), json(largest), json(3)})
      CHECK_FALSE(complaint_about(changed(enlarging, step, wrong)).empty());
}
