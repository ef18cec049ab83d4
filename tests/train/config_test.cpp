// The configuration of a training run: what is refused, what follows from what, and that it survives as JSON.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/train/options.hpp>
#include <limits>
#include <set>

using namespace fsconv;
using nlohmann::json;

namespace {

// The error once `change` has been made to a good configuration; without a field where there is none.
template <class Change>
InvalidArgument error_after(Change&& change) {
  TrainConfig config;
  change(config);
  try {
    check(config);
  } catch (const InvalidArgument& error) {
    return error;
  }
  return InvalidArgument("nothing", "");
}

template <class Change>
std::string blamed(Change&& change) {
  return error_after(change).field();
}

// The option that is to blame when this text is read from a command line.
std::string blamed_in(const OptionTexts& given) {
  try {
    TrainConfig config;
    OptionTexts texts = given;
    resolve_spellings(texts);
    set_options(config, texts);
  } catch (const InvalidArgument& error) {
    return error.field();
  }
  return "nothing";
}

TrainConfig read(const OptionTexts& given) {
  TrainConfig config;
  OptionTexts texts = given;
  resolve_spellings(texts);
  set_options(config, texts);
  return config;
}

std::string complaint_about(const json& configuration) {
  try {
    config_from_json(configuration, "run.h5");
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Nothing at its default, and nothing that contradicts the rest.
TrainConfig unusual() {
  TrainConfig c;
  c.data = "images.npy";
  c.train_images = 7, c.test_images = 5, c.validation = 2;
  c.test_data = "others.npy", c.data_format = DataFormat::nhwc, c.augment = Augment{true, 2};
  c.model = ModelKind::vae;
  c.channels = {4, 8}, c.kernel = {3, 5}, c.stride = {{3, 2}, {1, 1}}, c.padding = {2, 1},
  c.dilation = {1, 2}, c.groups = {1, 4};
  c.latent = 0;
  c.activation = Activation::softplus;
  c.decoder = Decoder::resize;
  c.tie = "none";
  c.gain = false, c.gated = true, c.residual = 2;
  c.likelihood = Likelihood::gaussian;
  c.variance = std::nullopt;
  c.binarise = Binarise::none;
  c.beta = 4, c.beta_warmup = 0.5, c.free_bits = 0.1;  // 0.1: no finite binary fraction
  c.draws = 3;
  c.optimizer = OptimizerKind::sgd;
  c.momentum = 0.7;
  c.learning_rate = 0.3, c.weight_decay = 1e-5;
  c.schedule = ScheduleKind::step;
  c.step_every = 2.5, c.step_factor = 0.3, c.warmup = 1.5, c.clip_norm = 10;
  c.patience = 4;
  c.skip_nonfinite = true;
  c.epochs = 3, c.batch = 11;
  c.seed = std::numeric_limits<std::uint64_t>::max();
  c.form = "gather";
  c.algorithm = engine::Algorithm::direct;
  return c;
}

}  // namespace

TEST_CASE("config: the default and an unusual configuration are good") {
  CHECK(blamed([](TrainConfig&) {}) == "nothing");
  CHECK(blamed([](TrainConfig& c) { c = unusual(); }) == "nothing");
  CHECK(blamed([](TrainConfig& c) { c.model = ModelKind::vae; }) == "nothing");
}

TEST_CASE("config: numbers out of range are blamed on their option") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(blamed([](auto& c) { c.data = ""; }) == "data");
  CHECK(blamed([](auto& c) { c.train_images = -1; }) == "train-images");
  CHECK(blamed([](auto& c) { c.test_images = -1; }) == "test-images");
  CHECK(blamed([](auto& c) { c.validation = -1; }) == "validation");
  CHECK(blamed([](auto& c) { c.channels = {}; }) == "channels");
  CHECK(blamed([](auto& c) { c.channels = {4, 0}; }) == "channels");
  CHECK(blamed([](auto& c) { c.kernel = {0}; }) == "kernel");
  CHECK(blamed([](auto& c) { c.kernel = {}; }) == "kernel");
  CHECK(blamed([](auto& c) { c.stride = {{0, 1}}; }) == "stride");
  CHECK(blamed([](auto& c) { c.stride = {}; }) == "stride");
  CHECK(blamed([](auto& c) { c.padding = {-1}; }) == "padding");
  CHECK(blamed([](auto& c) { c.dilation = {0}; }) == "dilation");
  CHECK(blamed([](auto& c) { c.groups = {0}; }) == "groups");
  CHECK(blamed([](auto& c) { c.latent = -1; }) == "latent");
  CHECK(blamed([](auto& c) { c.latent = 0; }) == "nothing");
  CHECK(blamed([](auto& c) { c.activation = Activation::bounded; }) == "activation");
  CHECK(blamed([](auto& c) { c.residual = 17; }) == "residual");
  CHECK(blamed([](auto& c) { c.likelihood = Likelihood::gaussian, c.variance = 0.0; }) == "variance");
  CHECK(blamed([=](auto& c) { c.likelihood = Likelihood::gaussian, c.variance = infinity; }) == "variance");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.beta = -1; }) == "beta");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.beta = 0; }) == "nothing");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.beta_warmup = -1; }) == "beta-warmup");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.free_bits = -1; }) == "free-bits");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.draws = 0; }) == "draws");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.draws = 100'001; }) == "draws");
  CHECK(blamed([](auto& c) { c.optimizer = OptimizerKind::sgd, c.momentum = 1; }) == "momentum");
  CHECK(blamed([](auto& c) { c.optimizer = OptimizerKind::sgd, c.momentum = 0; }) == "nothing");
  CHECK(blamed([](auto& c) { c.learning_rate = 0; }) == "learning-rate");
  CHECK(blamed([](auto& c) { c.learning_rate = -1; }) == "learning-rate");
  CHECK(blamed([=](auto& c) { c.learning_rate = nan; }) == "learning-rate");
  CHECK(blamed([=](auto& c) { c.learning_rate = infinity; }) == "learning-rate");
  CHECK(blamed([](auto& c) { c.weight_decay = -1; }) == "weight-decay");
  CHECK(blamed([](auto& c) { c.schedule = ScheduleKind::step, c.step_every = 0; }) == "step-every");
  CHECK(blamed([](auto& c) { c.schedule = ScheduleKind::step, c.step_factor = 1.5; }) == "step-factor");
  CHECK(blamed([](auto& c) { c.schedule = ScheduleKind::step, c.step_factor = 1; }) == "nothing");
  CHECK(blamed([=](auto& c) { c.warmup = nan; }) == "warmup");
  CHECK(blamed([](auto& c) { c.clip_norm = -1; }) == "clip-norm");
  CHECK(blamed([](auto& c) { c.patience = -1; }) == "patience");
  CHECK(blamed([](auto& c) { c.epochs = 0; }) == "epochs");
  CHECK(blamed([](auto& c) { c.batch = 0; }) == "batch");
  CHECK(blamed([](auto& c) { c.batch = -5; }) == "batch");
  CHECK(blamed([](auto& c) { c.threads = 0; }) == "threads");
  CHECK(blamed([](auto& c) { c.threads = 1025; }) == "threads");
  CHECK(blamed([](auto& c) { c.form = "fft"; }) == "form");
}

TEST_CASE("config: what has no effect or contradicts the rest is blamed") {
  const auto of_vae = [](auto change) {
    CHECK(blamed([&](auto& c) { c.model = ModelKind::vae, change(c); }) == "nothing");
    return blamed(change);
  };
  CHECK(of_vae([](auto& c) { c.beta = 2; }) == "beta");
  CHECK(of_vae([](auto& c) { c.beta_warmup = 2; }) == "beta-warmup");
  CHECK(of_vae([](auto& c) { c.free_bits = 2; }) == "free-bits");
  CHECK(of_vae([](auto& c) { c.draws = 2; }) == "draws");
  CHECK(of_vae([](auto& c) { c.bound = Bound::iwae; }) == "bound");
  CHECK(blamed([](auto& c) { c.model = ModelKind::vae, c.bound = Bound::iwae, c.free_bits = 1; }) ==
        "free-bits");

  CHECK(blamed([](auto& c) { c.likelihood = Likelihood::bernoulli; }) == "nothing");
  CHECK(blamed([](auto& c) { c.likelihood = Likelihood::bernoulli, c.binarise = Binarise::none; }) ==
        "binarise");
  CHECK(blamed([](auto& c) { c.binarise = Binarise::fixed; }) == "nothing");  // bce-grey
  for (const Likelihood grey : {Likelihood::continuous_bernoulli, Likelihood::gaussian, Likelihood::mse})
    CHECK(blamed([=](auto& c) { c.likelihood = grey, c.binarise = Binarise::fixed; }) == "binarise");
  for (const Likelihood weak : {Likelihood::bce_grey, Likelihood::mse})
    CHECK(blamed([=](auto& c) { c.model = ModelKind::vae, c.likelihood = weak; }) == "nothing");
  CHECK(blamed([](auto& c) { c.variance = 2.0; }) == "variance");
  CHECK(blamed([](auto& c) { c.variance = std::nullopt; }) == "variance");
  CHECK(blamed([](auto& c) { c.variance = 2.0, c.likelihood = Likelihood::gaussian; }) == "nothing");

  CHECK(blamed([](auto& c) { c.momentum = 0.5; }) == "momentum");
  CHECK(blamed([](auto& c) { c.step_every = 5; }) == "step-every");
  CHECK(blamed([](auto& c) { c.step_factor = 0.5, c.schedule = ScheduleKind::cosine; }) == "step-factor");
  CHECK(blamed([](auto& c) { c.patience = 3; }) == "patience");
  CHECK(blamed([](auto& c) { c.patience = 3, c.validation = 10; }) == "nothing");
  CHECK(blamed([](auto& c) { c.precision = Precision::bf16; }) == "nothing");
  CHECK(blamed([](auto& c) { c.precision = Precision::bf16, c.form = "gather"; }) == "precision");
  for (const engine::Algorithm algorithm : all_values<engine::Algorithm>()) {
    CHECK(blamed([=](auto& c) { c.algorithm = algorithm; }) == "nothing");
    const bool is_engines =
        algorithm == engine::Algorithm::winograd2 || algorithm == engine::Algorithm::winograd4;
    CHECK(blamed([=](auto& c) { c.algorithm = algorithm, c.form = "gather"; }) ==
          (is_engines ? "algorithm" : "nothing"));
  }
  CHECK(blamed([](auto& c) { c.gain = true; }) == "nothing");
  CHECK(blamed([](auto& c) { c.gain = true, c.tie = "none"; }) == "gain");
}

TEST_CASE("config: an error says the value and what is legal") {
  const std::string momentum = error_after([](auto& c) { c.momentum = 0.5; }).what();
  for (const char* part : {"momentum", "0.5", "--optimizer adam", "0.9"}) CHECK(contains(momentum, part));
  const std::string draws = error_after([](auto& c) { c.draws = 0; }).what();
  for (const char* part : {"draws", "'0'", "1 to 100000"}) CHECK(contains(draws, part));
}

TEST_CASE("config: one entry per layer, or one for all") {
  TrainConfig config;
  config.channels = {8, 16, 32};
  config.kernel = {5, 3, 3};
  config.stride = {{2, 1}, {3, 2}, {1, 1}};
  config.padding = {1};
  config.groups = {1, 2, 4};
  const auto specs = layers(config);
  REQUIRE(specs.size() == 3);
  CHECK(specs[0] == LayerSpec{8, 5, 2, 1});
  CHECK(specs[1] == LayerSpec{16, 3, {3, 2}, 1, 1, 2});
  CHECK(specs[2] == LayerSpec{32, 3, 1, 1, 1, 4});
  CHECK(blamed([](auto& c) { c.channels = {1, 2, 3}, c.kernel = {3, 3}; }) == "kernel");
  CHECK(blamed([](auto& c) { c.channels = {1, 2}, c.stride = {{2, 1}, {2, 1}, {2, 1}}; }) == "channels");
  CHECK(blamed([](auto& c) { c.padding = {1, 1, 1}; }) == "channels");
  CHECK(blamed([](auto& c) { c.dilation = {1, 1, 1}; }) == "channels");
  CHECK(blamed([](auto& c) { c.groups = {1, 1, 1}; }) == "channels");
}

TEST_CASE("config: which layers are tied") {
  const auto tied = [](const std::string& tie, Decoder decoder = Decoder::transposed, Index latent = 2) {
    TrainConfig config;
    config.tie = tie, config.decoder = decoder, config.latent = latent;
    return tied_layers(config);
  };
  using Tied = std::vector<bool>;
  CHECK(tied("all") == Tied{true, true, true});
  CHECK(tied("none") == Tied{false, false, false});
  CHECK(tied("2") == Tied{false, true, false});
  CHECK(tied("linear,1") == Tied{true, false, true});
  CHECK(tied("all", Decoder::transposed, 0) == Tied{true, true});
  CHECK(tied("2", Decoder::transposed, 0) == Tied{false, true});
  for (const Decoder decoder : {Decoder::subpixel, Decoder::resize}) {
    CHECK(tied("all", decoder) == Tied{false, false, true});
    CHECK(tied("linear", decoder) == Tied{false, false, true});
    CHECK(tied("all", decoder, 0) == Tied{false, false});
    CHECK_THROWS_AS(tied("1", decoder), InvalidArgument);
    CHECK_THROWS_AS(tied("1,linear", decoder), InvalidArgument);
  }
  for (const char* list : {"", "0", "3", "-1", "1,1", "linear,linear", "1,", "first", "1,all", "1 2"}) {
    INFO(list);
    CHECK(blamed([&](auto& c) { c.tie = list; }) == "tie");
  }
  CHECK_THROWS_AS(tied("linear", Decoder::transposed, 0), InvalidArgument);
}

TEST_CASE("config: likelihood and binarise follow where they are not chosen") {
  TrainConfig config;
  CHECK(likelihood_of(config) == Likelihood::bce_grey);
  CHECK(binarise_of(config) == Binarise::none);
  config.model = ModelKind::vae;
  CHECK(likelihood_of(config) == Likelihood::bernoulli);
  CHECK(binarise_of(config) == Binarise::dynamic);
  CHECK(to_json(config)["likelihood"] == "bernoulli");
  CHECK(to_json(config)["binarise"] == "dynamic");
  config.likelihood = Likelihood::gaussian;
  CHECK(binarise_of(config) == Binarise::none);
}

TEST_CASE("config: model, optimizer and schedule are what the options say") {
  TrainConfig config = unusual();
  const ModelSpec model = model_spec(config, 3, {28, 20});
  CHECK(model.kind == ModelKind::vae);
  CHECK(model.image_channels == 3);
  CHECK(model.image_size == Shape{28, 20});
  CHECK(model.layers == layers(config));
  CHECK(model.latent == 0);
  CHECK(model.activation == Activation::softplus);
  CHECK(model.decoder == Decoder::resize);
  CHECK(model.tied == std::vector<bool>{false, false});
  CHECK((!model.gain && model.gated && model.residual == 2));
  CHECK(model.likelihood == Likelihood::gaussian);
  CHECK(model.learned_variance);
  CHECK(model.draws == 3);
  CHECK(model.bound == Bound::elbo);
  CHECK(model.free_nats == 0.1);
  config.variance = 0.25;
  CHECK(model_spec(config, 3, {28, 20}).variance == 0.25);
  CHECK_FALSE(model_spec(config, 3, {28, 20}).learned_variance);

  CHECK(optimizer_settings(config) ==
        OptimizerSettings{.kind = OptimizerKind::sgd, .momentum = 0.7, .weight_decay = 1e-5});
  const Schedule rates = schedule(config);
  CHECK(rates.kind == ScheduleKind::step);
  CHECK((rates.rate == 0.3 && rates.epochs == 3 && rates.every == 2.5 && rates.factor == 0.3 &&
         rates.warmup == 1.5));
}

TEST_CASE("config: the table has every option once, with its group and its help") {
  std::set<std::string> names;
  for (const TrainOption& option : train_options()) {
    INFO(option.name);
    CHECK(names.insert(option.name).second);
    CHECK_FALSE(option.group.empty());
    CHECK_FALSE(option.help.empty());
    CHECK((option.spells.empty() ? bool(option.read) : names.contains(option.spells)));
    CHECK(find_train_option(option.name) == &option);
  }
  CHECK(find_train_option("frob") == nullptr);
  CHECK(contains(find_train_option("learning-rate")->help, "(0.001)"));
  CHECK(contains(find_train_option("channels")->help, "(32,64)"));
  CHECK(contains(find_train_option("decoder")->help, "(transposed)"));
}

TEST_CASE("config: options are read from text") {
  const TrainConfig config = read({{"model", "vae"},
                                   {"channels", "4,8,16"},
                                   {"stride", "3/2,2,4/2"},
                                   {"padding", ""},
                                   {"variance", "learned"},
                                   {"likelihood", "gaussian"},
                                   {"gain", "true"},
                                   {"gated", "false"},
                                   {"learning-rate", "1e-2"},
                                   {"precision", "bf16"},
                                   {"algorithm", "winograd4"},
                                   {"threads", "3"},
                                   {"somebody", "else's"},
                                   {"activation", "leaky-relu"}});
  CHECK(config.model == ModelKind::vae);
  CHECK(config.channels == std::vector<Index>{4, 8, 16});
  CHECK(config.stride == std::vector<Stride>{{3, 2}, {2, 1}, {4, 2}});
  CHECK(config.padding.empty());
  CHECK_FALSE(config.variance);
  CHECK(config.likelihood == Likelihood::gaussian);
  CHECK((config.gain && !config.gated));
  CHECK(config.learning_rate == 0.01);
  CHECK(config.precision == Precision::bf16);
  CHECK(config.algorithm == engine::Algorithm::winograd4);
  CHECK(config.threads == 3);
  CHECK(config.activation == Activation::leaky_relu);

  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"model", "gan"},         {"decoder", "mirror"}, {"activation", "bounded"}, {"optimizer", "lbfgs"},
           {"schedule", "x"},        {"likelihood", "bce"}, {"binarise", "yes"},       {"bound", "elbow"},
           {"precision", "fp16"},    {"algorithm", "fft"},  {"latent", "2.5"},         {"latent", ""},
           {"latent", " 2"},         {"seed", "-1"},        {"beta", "1e400"},         {"beta", "one"},
           {"beta", "1 "},           {"channels", "4,,8"},  {"channels", ""},          {"stride", "1.5"},
           {"stride", "2/0"},        {"gain", "yes"},       {"variance", "learn"},     {"variance", "0"},
           {"momentum", "1"},        {"epochs", "0"},       {"threads", "5000"},       {"data", ""},
           {"test-data", ""},        {"augment", ""},       {"augment", "flop"},       {"augment", "shift=0"},
           {"data-format", "nchw "}, {"loss", "l1"}}) {
    INFO(name << " = " << text);
    CHECK(blamed_in({{name, text}}) == name);
  }
}

TEST_CASE("config: where images come from, and what becomes of them") {
  const TrainConfig config = read({{"test-data", "other"}, {"augment", "shift=3"}, {"data-format", "nhw"}});
  CHECK(config.test_data == "other");
  CHECK(config.augment == Augment{false, 3});
  CHECK(config.data_format == DataFormat::nhw);
  CHECK_FALSE(read({{"augment", "none"}}).augment);
  CHECK(read({}).test_data.empty());
  CHECK_FALSE(to_json(TrainConfig()).contains("test-data"));
  CHECK(to_json(TrainConfig())["augment"] == "none");
  CHECK(to_json(config)["augment"] == "shift=3");

  const auto with = [](const std::string& data, const std::string& test, DataFormat format) {
    return blamed([&](TrainConfig& c) { c.data = data, c.test_data = test, c.data_format = format; });
  };
  CHECK(with("mnist", "mnist", DataFormat::automatic) == "test-data");
  CHECK(with("mnist", "fashion-mnist", DataFormat::automatic) == "nothing");
  for (const char* data : {"mnist", "generated:64x64x3", "folder", "prepared.h5", "images.idx"})
    CHECK(with(data, "", DataFormat::nchw) == "data-format");
  for (const char* data : {"x.npy", "x.npz", "x.npz:images", "x.h5:/images"})
    CHECK(with(data, "", DataFormat::nchw) == "nothing");
  CHECK(with("mnist", "x.npy", DataFormat::nhw) == "nothing");
  for (const Augment& wrong : {Augment{}, Augment{true, -1}, Augment{false, 1001}})
    CHECK(blamed([&](TrainConfig& c) { c.augment = wrong; }) == "augment");
}

TEST_CASE("config: other spellings of an option are the option, and may not contradict it") {
  CHECK(read({{"loss", "bce"}}).likelihood == Likelihood::bce_grey);
  CHECK(read({{"loss", "gaussian"}}).likelihood == Likelihood::gaussian);
  CHECK(read({{"tied", "true"}}).tie == "all");
  CHECK(read({{"tied", "false"}}).tie == "none");
  CHECK(read({{"untied", "true"}}).tie == "none");
  CHECK(read({{"untied", "false"}}).tie == "all");
  CHECK(read({{"tied", "false"}, {"untied", "true"}}).tie == "none");
  CHECK(read({{"loss", "mse"}, {"likelihood", "mse"}}).likelihood == Likelihood::mse);
  CHECK(blamed_in({{"tied", "true"}, {"untied", "true"}}) == "untied");
  CHECK(blamed_in({{"tie", "1"}, {"untied", "true"}}) == "untied");
  CHECK(blamed_in({{"loss", "mse"}, {"likelihood", "gaussian"}}) == "loss");
  CHECK(blamed_in({{"tied", "maybe"}}) == "tied");
}

TEST_CASE("config: JSON brings every option back") {
  const json written = json::parse(to_json(unusual()).dump());
  const TrainConfig back = config_from_json(written, "test");
  CHECK(to_json(back) == written);
  CHECK(back.learning_rate == 0.3);
  CHECK(back.free_bits == 0.1);
  CHECK(back.seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(back.stride == unusual().stride);
  CHECK(back.padding == unusual().padding);
  CHECK_FALSE(back.variance);
  // Each option is there under its name, and is not at its default: one that JSON forgot would be.
  const json usual = to_json(TrainConfig());
  for (const TrainOption& option : train_options()) {
    INFO(option.name);
    const bool own = option.recorded && option.spells.empty();
    CHECK(written.contains(option.name) == own);
    if (!own || option.name == "gain" || option.name == "binarise" || option.name == "bound" ||
        option.name == "precision")
      continue;  // at their default beside the others
    CHECK((!usual.contains(option.name) || written[option.name] != usual[option.name]));
  }
  TrainConfig rest;
  rest.gain = true, rest.binarise = Binarise::fixed, rest.bound = Bound::iwae,
  rest.precision = Precision::bf16;
  CHECK(to_json(config_from_json(to_json(rest), "test")) == to_json(rest));
  CHECK_FALSE(written.contains("threads"));
}

TEST_CASE("config: a file from before an option was there has its default") {
  // What version 0.1 wrote.
  const json old = json::parse(
      R"({"batch": 128, "channels": [32, 64], "data": "fashion-mnist", "epochs": 10, "form": "batched", "kernel": [4],
          "latent": 32, "learning-rate": 0.001, "loss": "bce", "model": "ae", "padding": [], "seed": 0, "stride": [2],
          "test-images": 0, "tied": true, "train-images": 0})");
  TrainConfig meant;
  meant.algorithm = engine::Algorithm::direct;  // there was no other
  CHECK(to_json(config_from_json(old, "old.h5")) == to_json(meant));
  json untied = old;
  untied["tied"] = false, untied["loss"] = "mse", untied["precision"] = "bf16", untied["stride"] = {2, 1};
  const TrainConfig config = config_from_json(untied, "old.h5");
  CHECK(config.tie == "none");
  CHECK(config.likelihood == Likelihood::mse);
  CHECK(config.precision == Precision::bf16);
  CHECK(config.stride == std::vector<Stride>{{2, 1}, {1, 1}});
  CHECK(to_json(config_from_json(json::object(), "file")) == to_json(meant));
  for (const engine::Algorithm algorithm : all_values<engine::Algorithm>()) {
    untied["algorithm"] = name(algorithm);
    CHECK(config_from_json(untied, "new.h5").algorithm == algorithm);
  }
  // What a user does not say has the default of today.
  CHECK(read({}).algorithm == engine::Algorithm::automatic);
  json completed = old;
  complete_recorded(completed);
  CHECK(completed["algorithm"] == "direct");
  completed["algorithm"] = "auto";
  complete_recorded(completed);
  CHECK(completed["algorithm"] == "auto");
  CHECK(completed.size() == old.size() + 1);
}

TEST_CASE(
    "config: every option that is an integer takes no fraction, no text, no truth and no number out of range") {
  const TrainConfig config;
  int integers = 0;
  for (const TrainOption& option : train_options()) {
    if (!option.recorded || !option.spells.empty()) continue;
    const json value = option.write(config);
    const bool is_list = value.is_array();
    if (!value.is_number_integer() && !is_list) continue;
    ++integers;
    for (const json& wrong :
         std::vector<json>{2.5, 2.0, 1e300, "2", true, nullptr, -1, 18446744073709551615u, json::object()}) {
      const bool is_seed = option.name == "seed" && wrong == 18446744073709551615u;
      if (is_seed) continue;
      INFO(option.name << ": " << wrong.dump());
      const std::string complaint = complaint_about({{option.name, is_list ? json::array({wrong}) : wrong}});
      CHECK(contains(complaint, "run.h5"));
      CHECK(contains(complaint, option.name));
    }
  }
  CHECK(integers == 16);
}

TEST_CASE("config: JSON of something else is bad data, with the file and the entry") {
  struct Wrong {
    const char* key;
    json value;
  };
  for (const Wrong& wrong : std::vector<Wrong>{{"latent", 2.5},
                                               {"latent", 2.0},
                                               {"latent", "2"},
                                               {"latent", true},
                                               {"latent", nullptr},
                                               {"latent", -1},
                                               {"gain", 1},
                                               {"gain", "true"},
                                               {"tied", "true"},
                                               {"tied", 0},
                                               {"loss", "l1"},
                                               {"model", "gan"},
                                               {"model", 3},
                                               {"beta", "1"},
                                               {"beta", -1},
                                               {"variance", "unknown"},
                                               {"variance", "2"},
                                               {"variance", false},
                                               {"channels", "many"},
                                               {"channels", 4},
                                               {"channels", json::array()},
                                               {"channels", {4, 2.5}},
                                               {"channels", {4, {8}}},
                                               {"stride", {1.5}},
                                               {"stride", {"2/0"}},
                                               {"stride", {"2"}},
                                               {"stride", {"2.5"}},
                                               {"seed", -1},
                                               {"seed", 18446744073709551616.0},
                                               {"latent", 9223372036854775808u},
                                               {"epochs", 18446744073709551615u},
                                               {"threads", 2},
                                               {"output", "x.h5"},
                                               {"frob", 1}}) {
    INFO(wrong.key << ": " << wrong.value.dump());
    const std::string complaint = complaint_about({{wrong.key, wrong.value}});
    CHECK(contains(complaint, "run.h5"));
    CHECK(contains(complaint, wrong.key));
  }
  CHECK(contains(complaint_about(json::array()), "run.h5"));
  CHECK(contains(complaint_about({{"tied", true}, {"untied", true}}), "untied"));
}
