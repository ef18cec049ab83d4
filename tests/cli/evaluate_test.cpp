// fsconv evaluate: its numbers against what other files and formulas say, its file, pairs of evaluations, and refusals.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/base/noise.hpp>
#include <fsconv/nn/batch.hpp>
#include <regex>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

constexpr auto vae = "--model vae --latent 6";

double last_of(const Tensor<double>& values) { return values[values.size() - 1]; }

double mean_of(const Tensor<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("cli evaluate: the losses are those that training wrote down at the end of its last epoch") {
  const TrainedFolder folder;
  folder.train("vae.h5", std::string(vae) + " --seed 3");
  folder.train("ae.h5", "--latent 6");
  folder.train("mse.h5", "--latent 0 --likelihood mse");
  // Both add the same floats of 40 images, in another order and partly in double: 40 roundings of 2^-24 at most.
  const double tolerance = 40 * std::ldexp(1.0, -24);
  const auto of_vae = folder.json("evaluate vae.h5 --seed 3");  // training draws with the run's seed
  CHECK(-of_vae["elbo"]["mean"].get<double>() ==
        Approx(last_of(folder.read<double>("vae.h5", "/test_loss"))).epsilon(tolerance));
  CHECK(of_vae["kl"]["mean"].get<double>() ==
        Approx(last_of(folder.read<double>("vae.h5", "/test_kl"))).epsilon(tolerance));
  CHECK_FALSE(folder.json("evaluate vae.h5")["elbo"]["mean"] == of_vae["elbo"]["mean"]);  // seed 0
  for (const std::string run : {"ae.h5", "mse.h5"})
    CHECK(folder.json("evaluate " + run)["reconstruction"]["mean"].get<double>() ==
          Approx(last_of(folder.read<double>(run, "/test_loss"))).epsilon(tolerance));
}

TEST_CASE(
    "cli evaluate: L_1 is the importance weight of the first draw, L_K rises, and the file holds every "
    "image") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.run("encode vae.h5 --output codes.h5");
  folder.run("evaluate vae.h5 --output one.h5");  // its reconstruction term is that of the first draw
  folder.run("evaluate vae.h5 --importance-samples 50 --output many.h5");
  const auto mean = folder.read<double>("codes.h5", "/mean"),
             log_variance = folder.read<double>("codes.h5", "/log_variance");
  const auto one = folder.read<double>("one.h5", "/reconstruction"),
             table = folder.read<double>("many.h5", "/log_likelihood");
  REQUIRE(table.shape() == Shape{40, 3});
  CHECK(folder.read<std::int64_t>("many.h5", "/samples") == Tensor<std::int64_t>({3}, {1, 10, 50}));

  const Tensor<std::uint8_t> none({40, 1, 28, 28});
  const std::vector<Index> order = {0};
  const NoiseKey key = make_batch(none, order, Binarise::dynamic, 0, Split::test).latents;
  double worst = 0;
  for (Index image = 0; image < 40; ++image) {
    std::vector<double> noise(6);
    noise_normals(key, static_cast<std::uint64_t>(image), 0, noise.data(), 6);
    double log_ratio = 0;  // log q(z|x) - log p(z)
    for (Index at = 0; at < 6; ++at) {
      const double e = noise[static_cast<std::size_t>(at)], l = log_variance[image * 6 + at];
      const double z = mean[image * 6 + at] + std::exp(l / 2) * e;
      log_ratio += (z * z - e * e - l) / 2;
    }
    worst = std::max(worst, std::abs(table[image * 3] - (-one[image] - log_ratio)));
  }
  // z is made in float: about 6 numbers of size 8 at most, each off by 2^-22 of it, and what the decoder makes of that.
  CHECK(worst < 1e-3);

  const auto json = folder.json("evaluate vae.h5 --importance-samples 50");
  CHECK(json["log_likelihood_1"]["mean"].get<double>() < json["log_likelihood_10"]["mean"].get<double>());
  CHECK(json["log_likelihood_10"]["mean"].get<double>() < json["log_likelihood_50"]["mean"].get<double>());
  const auto kl = folder.read<double>("many.h5", "/kl"),
             reconstruction = folder.read<double>("many.h5", "/reconstruction");
  const auto elbo = folder.read<double>("many.h5", "/elbo"),
             effective = folder.read<double>("many.h5", "/effective_samples");
  const auto largest = folder.read<double>("many.h5", "/largest_weight");
  for (Index image = 0; image < 40; ++image) {
    CHECK(elbo[image] == -(reconstruction[image] + kl[image]));
    CHECK((effective[image] >= 1 && effective[image] <= 50));
    CHECK((largest[image] >= 1.0 / 50 && largest[image] <= 1));
  }
  CHECK(json["elbo"]["mean"].get<double>() == Approx(mean_of(elbo)).epsilon(1e-12));
  CHECK(json["elbo"]["bits_per_dimension"].get<double>() ==
        Approx(-mean_of(elbo) / (784 * std::log(2.0))).epsilon(1e-12));

  const hdf5::File file = hdf5::File::open(folder / "many.h5");
  CHECK(file.string_attribute("/", "kind") == "evaluate");
  CHECK(file.string_attribute("/", "run") == "vae.h5");
  CHECK(file.string_attribute("/", "is_likelihood") == "true");
  CHECK(file.number_attribute("/", "mean.elbo") == Approx(mean_of(elbo)).epsilon(1e-12));
  CHECK(file.integer_attribute("/", "active_units") == json["active_units"].get<std::int64_t>());
  for (const char* name : {"/psnr", "/ssim", "/label", "/image"}) CHECK(file.shape(name) == Shape{40});
  CHECK(file.shape("/code_variance") == Shape{6});
  CHECK(file.string_attribute("/elbo", "units") == "nats per image");
}

TEST_CASE("cli evaluate: the same bytes on one thread and on two") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  const std::string line = "evaluate vae.h5 --importance-samples 30 --json --threads ";
  CHECK(folder.run(line + "1") == folder.run(line + "2"));
  folder.run(line + "1 --output one.h5");
  folder.run(line + "2 --output two.h5");
  for (const char* name : {"/reconstruction", "/kl", "/log_likelihood", "/psnr", "/ssim", "/code_variance"})
    CHECK(folder.read<double>("one.h5", name) == folder.read<double>("two.h5", name));
}

TEST_CASE("cli evaluate: the algorithm is the run's, or the one that is asked for") {
  const TrainedFolder folder;
  folder.train("tiles.h5", "--latent 6 --algorithm winograd2");
  folder.train("direct.h5", "--latent 6 --algorithm direct");
  CHECK(folder.json("evaluate tiles.h5")["algorithm"] == "winograd2");
  CHECK(folder.run("evaluate tiles.h5").find("by winograd2") != std::string::npos);
  CHECK(folder.run("evaluate direct.h5").find("by winograd") == std::string::npos);
  const auto asked = folder.json("evaluate direct.h5 --algorithm winograd4 --output asked.h5");
  CHECK(asked["algorithm"] == "winograd4");
  CHECK(hdf5::File::open(folder / "asked.h5").string_attribute("/", "algorithm") == "winograd4");
  // Of floats: sums of some hundred products, the errors of which grow.
  const auto usual = folder.json("evaluate direct.h5");
  CHECK(usual["algorithm"] == "direct");
  CHECK(asked["reconstruction"]["mean"].get<double>() ==
        Approx(usual["reconstruction"]["mean"].get<double>()).epsilon(1e-4));
  folder.run("encode tiles.h5 --output codes.h5");
  CHECK(hdf5::File::open(folder / "codes.h5").string_attribute("/", "algorithm") == "winograd2");
  CHECK(folder.run("evaluate direct.h5 --algorithm winograd2 --threads 1 --json") ==
        folder.run("evaluate direct.h5 --algorithm winograd2 --threads 2 --json"));
}

TEST_CASE("cli evaluate: what is no likelihood is called so, and has neither bound nor bits") {
  const TrainedFolder folder;
  folder.train("grey.h5", std::string(vae) + " --likelihood bce-grey");
  folder.train("mse.h5", "--latent 6 --likelihood mse");
  for (const std::string run : {"grey.h5", "mse.h5"}) {
    const std::string text = folder.run("evaluate " + run + " --output of-" + run);
    INFO(text);
    CHECK(text.find("no likelihood") != std::string::npos);
    CHECK(text.find("bits") == std::string::npos);
    CHECK(text.find("ELBO") == std::string::npos);
    const auto json = folder.json("evaluate " + run);
    CHECK(json["is_likelihood"] == false);
    CHECK_FALSE(json.contains("elbo"));
    CHECK(json.dump().find("bits") == std::string::npos);
    const hdf5::File file = hdf5::File::open(folder / ("of-" + run));
    CHECK(file.string_attribute("/", "is_likelihood") == "false");
    CHECK_FALSE(file.exists("/elbo"));
    CHECK(file.string_attribute("/reconstruction", "long_name").find("no likelihood") != std::string::npos);
  }
  CHECK(first_unrefused(
            folder, {{"evaluate grey.h5 --importance-samples 5", 2, {"importance-samples", "no likelihood"}},
                     {"evaluate mse.h5 --importance-samples 5", 2, {"importance-samples", "autoencoder"}}}) ==
        "");
}

TEST_CASE("cli evaluate: a density says what its bits are of") {
  const TrainedFolder folder;
  folder.train("gaussian.h5", std::string(vae) + " --likelihood gaussian");
  const std::string text = folder.run("evaluate gaussian.h5");
  CHECK(text.find("log2(255) = 7.994") != std::string::npos);
}

TEST_CASE("cli evaluate: pairs of one run differ by nothing, those of two by the difference of their means",
          "[slow]") {
  const TrainedFolder folder;
  folder.train("a.h5", vae);
  folder.train("b.h5", std::string(vae) + " --learning-rate 0.003");
  const auto b = folder.json("evaluate b.h5 --importance-samples 10 --output of-b.h5");
  const auto same = folder.json("evaluate b.h5 --importance-samples 10 --against of-b.h5")["against"];
  CHECK(same["images"] == 40);
  for (const char* name :
       {"reconstruction", "kl", "elbo", "log_likelihood_1", "log_likelihood_10", "psnr", "ssim"}) {
    CHECK(same["difference"][name]["mean"] == 0.0);
    CHECK(same["difference"][name]["standard_error"] == 0.0);
  }
  const auto a = folder.json("evaluate a.h5 --importance-samples 10 --against of-b.h5");
  const auto difference = a["against"]["difference"]["elbo"];
  CHECK(difference["mean"].get<double>() ==
        Approx(a["elbo"]["mean"].get<double>() - b["elbo"]["mean"].get<double>()).epsilon(1e-9));
  CHECK(difference["standard_error"].get<double>() > 0);
  // Images differ far more from each other than the two models do on one image.
  CHECK(difference["standard_error"].get<double>() < a["elbo"]["standard_error"].get<double>());
  const std::string text = folder.run("evaluate a.h5 --against of-b.h5");
  CHECK(text.find("a.h5 minus b.h5, over 40 pairs") != std::string::npos);
  CHECK(text.find("-L_10") == std::string::npos);  // only one of the two has it
  // Found: a mean over 10 draws minus one over 1 was called a difference of the models; a run minus itself was not 0.
  CHECK(std::regex_search(
      text, std::regex("left\\s+out:\\s+means\\s+over\\s+1\\s+draw\\s+and\\s+over\\s+10\\s+draws")));
  const auto other_noise = folder.json("evaluate b.h5 --against of-b.h5")["against"]["difference"];
  for (const char* name : {"reconstruction", "elbo"}) CHECK_FALSE(other_noise.contains(name));
  for (const char* name : {"kl", "psnr"}) CHECK(other_noise[name]["mean"] == 0.0);
  CHECK(folder.run("evaluate b.h5 --importance-samples 10 --against of-b.h5").find("-0.000") ==
        std::string::npos);

  // Found: "b.h5 minus b.h5" of what is of one run.
  CHECK(std::regex_search(
      folder.run("evaluate b.h5 --algorithm winograd4 --against of-b.h5"),
      std::regex("b\\.h5\\s+\\(winograd4\\)\\s+minus\\s+b\\.h5\\s+\\(auto\\),\\s+over\\s+40\\s+pairs")));

  folder.train("grey.h5", std::string(vae) + " --likelihood bce-grey --binarise dynamic");
  const auto other_likelihood = folder.json("evaluate grey.h5 --against of-b.h5")["against"]["difference"];
  CHECK(other_likelihood.contains("psnr"));
  CHECK_FALSE(other_likelihood.contains("reconstruction"));
}

TEST_CASE("cli evaluate: evaluations of other images, splits, seeds or pixels are no pairs", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", std::string(vae) + " --validation 40");
  folder.train("grey.h5", std::string(vae) + " --likelihood gaussian");
  folder.run("evaluate vae.h5 --output earlier.h5");
  CHECK(
      first_unrefused(
          folder,
          {
              {"evaluate vae.h5 --against earlier.h5 --seed 1", 2, {"against", "earlier.h5", "seed 0", "1"}},
              {"evaluate vae.h5 --against earlier.h5 --images 39", 2, {"against", "40", "39"}},
              {"evaluate vae.h5 --against earlier.h5 --split validation",
               2,
               {"against", "split test", "validation"}},
              {"evaluate vae.h5 --against earlier.h5 --images 40 --split train",
               2,
               {"against", "split test", "train"}},
              {"evaluate grey.h5 --against earlier.h5", 2, {"against", "binarised", "grey"}},
              {"evaluate vae.h5 --against earlier.h5 --images 40 --data generated:28x28x1 --split all",
               2,
               {"split test", "all"}},
              {"evaluate vae.h5 --against vae.h5", 4, {"vae.h5", "fsconv train", "fsconv evaluate"}},
              {"evaluate vae.h5 --against missing.h5", 5, {"missing.h5"}},
          }) == "");
  folder.train("other.h5", std::string(vae) + " --seed 1");  // other generated images
  CHECK(first_unrefused(folder, {{"evaluate other.h5 --against earlier.h5", 2, {"against", "checksum"}}}) ==
        "");
}

TEST_CASE("cli evaluate: mistakes are named, and nothing is written", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.train("gaussian.h5", std::string(vae) + " --likelihood gaussian");
  put_content(folder / "text.h5", "no HDF5");
  put_content(folder / "cut.h5", folder.bytes("vae.h5").substr(0, 100'000));
  folder.run("encode vae.h5 --output codes.h5");
  CHECK(first_unrefused(
            folder,
            {
                {"evaluate", 2, {"RUN", "missing"}},
                {"evaluate vae.h5 gaussian.h5", 2, {"evaluate", "one word"}},
                {"evaluate vae.h5 --run gaussian.h5", 2, {"run", "more than once"}},
                {"evaluate missing.h5", 5, {"missing.h5"}},
                {"evaluate text.h5", 4, {"text.h5"}},
                {"evaluate cut.h5", 4, {"cut.h5"}},
                {"evaluate codes.h5", 4, {"codes.h5", "fsconv encode", "fsconv train"}},
                {"evaluate vae.h5 --split tests", 2, {"split", "tests", "validation"}},
                {"evaluate vae.h5 --split validation", 2, {"split", "vae.h5 kept no images"}},
                {"evaluate vae.h5 --images 0", 2, {"images", "0", "1"}},
                {"evaluate vae.h5 --images 1001", 2, {"images", "1001", "1000"}},
                {"evaluate vae.h5 --importance-samples -1", 2, {"importance-samples", "-1"}},
                {"evaluate vae.h5 --importance-samples 1000000000000", 2, {"importance-samples", "1000000"}},
                {"evaluate vae.h5 --weights first", 2, {"weights", "first", "best"}},
                {"evaluate vae.h5 --binarise none", 2, {"binarise", "bernoulli"}},
                {"evaluate gaussian.h5 --binarise dynamic", 2, {"binarise", "gaussian"}},
                {"evaluate vae.h5 --precision fp16", 2, {"precision", "fp16", "bf16"}},
                {"evaluate vae.h5 --algorithm fft", 2, {"algorithm", "fft", "winograd2"}},
                {"evaluate vae.h5 --threads 0", 2, {"threads", "0"}},
                {"evaluate vae.h5 --seed x", 2, {"seed", "x"}},
                {"evaluate vae.h5 --epochs 3", 2, {"--epochs", "belongs to fsconv train"}},
                {"evaluate vae.h5 --data generated:32x28x1", 4, {"32x28", "28x28", "vae.h5"}},
                {"evaluate vae.h5 --data nowhere", 5, {"nowhere"}},
                {"evaluate vae.h5 --output x.npy", 2, {"x.npy", ".h5"}},
                {"evaluate vae.h5 --output none/x.h5", 5, {"none/x.h5"}},
                {"evaluate vae.h5 --output vae.h5 --force", 2, {"output", "vae.h5", "read"}},
                {"evaluate vae.h5 --output codes.h5", 2, {"output", "codes.h5", "fsconv encode", "--force"}},
                {"evaluate vae.h5 --force", 2, {"force", "--output"}},
            }) == "");
}

TEST_CASE("cli evaluate: a run whose data has gone says so, and takes --data") {
  const TrainedFolder folder;
  // 100 images; the last tenth are the test set.
  folder.train("other.h5", vae);
  {
    hdf5::File file = hdf5::File::create(folder / "images.h5");
    Tensor<std::uint8_t> images({100, 1, 28, 28});
    for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(at * at % 251);
    file.write("/images", images);
    file.commit();
  }
  folder.run("train --data images.h5:/images --epochs 1 --channels 4,8 --latent 6 --output run.h5");
  const std::string before = folder.run("evaluate run.h5 --json");
  std::filesystem::rename(folder / "images.h5", folder / "moved.h5");
  CHECK(first_unrefused(folder, {{"evaluate run.h5", 5, {"run.h5", "images.h5", "--data"}},
                                 {"encode run.h5 --output c.h5", 5, {"run.h5", "--data"}}}) == "");
  const auto moved = folder.json("evaluate run.h5 --data moved.h5:/images");
  const auto earlier = nlohmann::json::parse(before);
  CHECK(moved["reconstruction"] == earlier["reconstruction"]);
  CHECK(moved["images_checksum"] == earlier["images_checksum"]);
  CHECK(folder.json("evaluate run.h5 --data moved.h5:/images --split all")["images"] == 100);
}

TEST_CASE("cli evaluate: a run whose data has become other data says so") {
  const TrainedFolder folder;
  const auto put_images = [&](Index factor) {
    hdf5::File file = hdf5::File::create(folder / "images.h5");
    Tensor<std::uint8_t> images({100, 1, 28, 28});
    for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(at * factor % 251);
    file.write("/images", images);
    file.commit();
  };
  put_images(3);
  folder.run(
      "train --data images.h5:/images --epochs 1 --channels 4,8 --latent 6 --validation 9 --output run.h5");
  const auto notes = [&](const std::string& command) {
    return run_fsconv(words("evaluate run.h5 " + command), folder.path()).err;
  };
  for (const char* split : {"test", "train", "validation", "all"}) {
    INFO(split);
    CHECK(notes(std::string("--split ") + split).find("are not those of") == std::string::npos);
  }
  put_images(5);
  for (const char* split : {"test", "train", "validation"}) {
    INFO(split);
    CHECK(notes(std::string("--images 5 --split ") + split)
              .find(std::string(split) + " images are not those of run.h5") != std::string::npos);
  }
  CHECK(notes("--split all").find("its train, validation and test images are not those") !=
        std::string::npos);
  CHECK(notes("--data images.h5:/images").find("are not those of") ==
        std::string::npos);  // asked for by name
}

TEST_CASE("cli evaluate: a file is only replaced where that is asked for") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.run("evaluate vae.h5 --output e.h5");
  const std::string before = folder.bytes("e.h5");
  CHECK(first_unrefused(folder,
                        {{"evaluate vae.h5 --output e.h5", 2, {"e.h5", "there already", "--force"}}}) == "");
  CHECK(folder.bytes("e.h5") == before);
  folder.run("evaluate vae.h5 --images 5 --output e.h5 --force");
  CHECK(folder.read<double>("e.h5", "/kl").size() == 5);
  folder.run("evaluate --config e.h5 --output again.h5");  // the file is the recipe of its repetition
  CHECK(folder.read<double>("again.h5", "/kl") == folder.read<double>("e.h5", "/kl"));
}

TEST_CASE("cli evaluate: a report of several says of each number what it is") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.train("mse.h5", "--likelihood mse");
  folder.run("evaluate vae.h5 --images 20 --output a.h5");
  folder.run("evaluate mse.h5 --images 20 --output b.h5");
  folder.run("report a.h5 b.h5 --output page.html");
  const std::string page = folder.bytes("page.html");
  CHECK(page.find("squared error per image") != std::string::npos);
  CHECK(page.find("nats per image") != std::string::npos);
}

TEST_CASE("cli evaluate: the best weights are those of the validation, where there were any") {
  const TrainedFolder folder;
  folder.train("vae.h5", std::string(vae) + " --validation 20");
  CHECK(folder.json("evaluate vae.h5")["weights"] == "best");
  CHECK(folder.json("evaluate vae.h5 --weights last")["weights"] == "last");
  CHECK(folder.json("evaluate vae.h5 --split validation")["images"] == 20);
  folder.train("without.h5", vae);
  CHECK(folder.json("evaluate without.h5 --weights best")["weights"] == "last");
}

TEST_CASE("cli evaluate: Ctrl-C stops it and leaves no file", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  const std::size_t files = folder.files();
  const auto line = words("evaluate vae.h5 --images 1000 --importance-samples 5000 --output x.h5");
  const Finished finished = run_fsconv(
      line, folder.path(), {.time = std::chrono::seconds(30), .interrupt_after = std::chrono::seconds(1)});
  INFO(description(line, finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.err.find("interrupted") != std::string::npos);
  CHECK(folder.files() == files);
}
