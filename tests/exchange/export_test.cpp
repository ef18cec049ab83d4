// What an export may replace, and that several files are written all or none where a model has not every kind.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/exchange/export.hpp>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/io/atomic_file.hpp>

#include "made_files.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

Model model() { return with_draws(make_model(small_spec(ModelKind::vae)), 1); }

// The picture is the sum of what the code makes and of the image itself.
Model model_of_more_than_its_code() {
  const Geometry geometry{
      .axes = {{4, 2, 2, 2, 1, 1, 0}, {4, 2, 2, 2, 1, 1, 0}}, .in_channels = 1, .out_channels = 2};
  ModelBuilder m;
  const ValueId image = m.image(1, {4, 4});
  const ParameterId weight = m.weight("conv1", geometry, 1);
  const ValueId code = m.conv(image, geometry, weight, m.bias("conv1_bias", {2}), Activation::tanh);
  const ValueId made =
      m.conv_transpose(code, geometry, weight, m.bias("conv1_transpose_bias", {1}), Activation::linear);
  return m.finish({Reconstruction{.output = m.add(made, image), .likelihood = Likelihood::bce_grey}},
                  OverDraws::mean, code);
}

// What require_exports() says, or nothing.
std::string refusal_of(const std::vector<std::string>& paths, const std::string& run, bool force) {
  try {
    require_exports(paths, run, force);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("export: a check that is not finite is not written, where a file would hold it") {
  const ScratchFolder folder;
  const Model model = make_model(small_spec(ModelKind::ae));
  Parameters<float> parameters = parameters_for<float>(model);
  for (Parameter<float>& parameter : parameters)
    for (float& value : parameter.value) value *= 1e9F;  // of the code a finite number, of the pixels none
  const ModelState state = state_of(model, parameters);
  for (const char* name : {"x.npz", "x.safetensors", "x.pt"}) {
    INFO(name);
    CHECK_THROWS_WITH(
        write_exports({folder / name}, model, state, ModelPart::whole),
        Catch::Contains(name) && Catch::Contains("would hold a check whose output is not finite"));
  }
  CHECK_NOTHROW(write_exports({folder / "x.py"}, model, state, ModelPart::whole));
  CHECK(folder.files() == 1);
}

TEST_CASE("export: every kind is sealed, and the seal is broken by any changed byte") {
  const ScratchFolder folder;
  std::vector<std::string> files = {folder / "a.npz", folder / "a.safetensors", folder / "a.pt",
                                    folder / "a.py"};
  if (!onnx_writer().empty()) files.push_back(folder / "a.onnx");
  const std::vector<Exported> made = write_exports(files, model(), state_for(model()), ModelPart::whole);
  REQUIRE(made.size() == files.size());
  for (std::size_t at = 0; at < files.size(); ++at) {
    INFO(files[at]);
    CHECK(made[at].path == files[at]);
    CHECK(made[at].bytes == static_cast<Index>(bytes_of_file(files[at]).size()));
    CHECK(first_unsealing_failure(files[at], 61) == "");
    CHECK(refusal_of({files[at]}, folder / "run.h5", false) == "");
    const char last = bytes_of_file(files[at]).back();
    put_byte(files[at], static_cast<std::size_t>(made[at].bytes) - 1, static_cast<char>(last ^ 1));
    CHECK_THAT(refusal_of({files[at]}, folder / "run.h5", false), Contains("not as fsconv export wrote it"));
    CHECK(refusal_of({files[at]}, folder / "run.h5", true) == "");
  }
}

TEST_CASE("export: no file is written where the model does not have a later one's kind") {
  const ScratchFolder folder;
  const Model odd = model_of_more_than_its_code();
  const ModelState state = state_for(odd);
  CHECK_THROWS_WITH(
      write_exports({folder / "a.npz", folder / "a.pt", folder / "a.py"}, odd, state, ModelPart::whole),
      Contains("more than the code"));
  CHECK(folder.files() == 0);
  if (!onnx_writer().empty())
    CHECK_THROWS_WITH(write_exports({folder / "a.npz", folder / "a.onnx"}, odd, state, ModelPart::decoder),
                      Contains("more than the code"));
  CHECK(folder.files() == 0);
  CHECK(write_exports({folder / "a.npz", folder / "a.pt"}, odd, state, ModelPart::whole).size() == 2);
  CHECK(folder.files() == 2);
}

TEST_CASE("export: neither the run, nor a file of somebody else, nor one twice, nor a folder is replaced") {
  const ScratchFolder folder;
  const std::string run = folder / "run.pt";
  write_bytes(run, "a run");
  fs::create_symlink("run.pt", folder / "link.pt");
  fs::create_hard_link(run, folder / "hard.pt");
  write_bytes(folder / "other.npz", "an input of somebody else");
  fs::create_symlink("yet.npz", folder / "to_come.npz");
  fs::create_symlink("to_come.npz", folder / "farther.npz");
  fs::create_symlink(".", folder / "here");
  fs::create_directory(folder / "folder.pt");
  const std::size_t files = folder.files();
  for (const bool force : {false, true}) {
    INFO(force);
    for (const char* name : {"run.pt", "link.pt", "hard.pt", "./run.pt", "here/run.pt"})
      CHECK_THAT(refusal_of({folder / name}, run, force), Contains("is what is read"));
    CHECK_THAT(refusal_of({folder / "folder.pt"}, run, force), Contains("folder.pt"));
    for (const char* second : {"a.npz", "./a.npz", "here/a.npz", "folder.pt/../a.npz"}) {
      INFO(second);
      CHECK_THAT(refusal_of({folder / "a.npz", folder / "b.npz", folder / second}, run, force),
                 Contains("the same file as"));
    }
    CHECK_THAT(refusal_of({folder / "yet.npz", folder / "to_come.npz"}, run, force),
               Contains("the same file as"));
    CHECK_THAT(refusal_of({folder / "to_come.npz", folder / "farther.npz"}, run, force),
               Contains("the same file as"));
    CHECK_THAT(refusal_of({folder / "other.npz", folder / "here/other.npz"}, run, force),
               Contains("the same file as"));
    CHECK(refusal_of({folder / "a.npz", folder / "b.npz", folder / "a.pt", folder / "to_come.npz"}, run,
                     force) == "");
  }
  CHECK_THAT(refusal_of({folder / "other.npz"}, run, false), Contains("--force"));
  CHECK(refusal_of({folder / "other.npz"}, run, true) == "");
  CHECK(folder.files() == files);
  CHECK(bytes_of_file(run) == "a run");
}
