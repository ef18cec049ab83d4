// One wrong bit in a file of results, wherever it is: whoever reads the file refuses it, or is given what the good one gives.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/sparse_file.hpp>
#include <fsconv/report/report.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/run_table.hpp>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "train/restored.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

namespace fs = std::filesystem;

// All that a reader gets out of a file, as bytes.
using Read = std::function<std::string(const std::string& path)>;

template <class T>
void add(std::string& to, const Tensor<T>& values) {
  to.append(reinterpret_cast<const char*>(values.data()),
            static_cast<std::size_t>(values.size()) * sizeof(T));
}

void add(std::string& to, const Parameters<float>& parameters) {
  for (const Parameter<float>& parameter : parameters) add(to, parameter.value);
}

// As `train --resume` does it.
std::string resumed(const std::string& path) {
  const auto file = hdf5::File::open(path);
  const TrainState state = test::restored(file);
  std::string all = to_json(read_train_config(file)).dump();
  add(all, state.parameters);
  if (state.best) add(all, state.best->parameters);
  for (std::size_t slot = 0; slot < state.optimizer.slots(); ++slot)
    for (const Tensor<float>& values : state.optimizer.slot(slot)) add(all, values);
  for (const EpochResult& epoch : state.history)
    all += fmt::format(" {} {} {}", epoch.epoch, epoch.train_loss, epoch.test_loss);
  return all + fmt::format(" {}", state.optimizer.steps());
}

// As `evaluate`, `encode`, `decode`, `reconstruct` and `export` do it.
std::string model_of(const std::string& path) {
  const TrainedModel trained = read_trained_model(path, Weights::best);
  std::string all = to_json(trained.config).dump() + fmt::format(" {} {}", trained.epoch, trained.is_best);
  add(all, trained.parameters);
  return all;
}

std::string logged(const std::string& path) {
  const std::vector<LoggedRun> runs = read_logged_runs({path});
  return json_of(runs, {}).dump() + csv_of(runs, {});
}

std::string reported(const std::string& path) { return report::report({path}).html; }

std::string configured(const std::string& path) { return read_configuration(hdf5::File::open(path)).dump(); }

// Every image of a prepared file, and what else it says.
std::string prepared(const std::string& path) {
  const PreparedData data = open_prepared(path);
  std::string all = data.description.recipe.dump() + data.description.decoder;
  for (const std::string& name : data.description.classes) all += name;
  for (const DataPart part : data_parts) {
    const ImageSet& set = data[part];
    std::vector<std::uint8_t> pixels(
        static_cast<std::size_t>(set.images.count() > 0 ? set.images.image_size() : 0));
    for (Index image = 0; image < set.images.count(); ++image) {
      set.images.read(image, pixels.data());
      all.append(pixels.begin(), pixels.end());
    }
    all.append(set.labels.begin(), set.labels.end());
    if (set.images.count() > 0)
      for (const std::string& name : prepared_sources(path, part)) all += name;
  }
  return all;
}

// Each dataset and attribute that the good file has, one by one: what any reader is made of.
class Everything {
 public:
  explicit Everything(const std::string& good) {
    const auto file = hdf5::File::open(good);
    datasets_ = hdf5::datasets_with_values(file);
    std::set<std::string> objects = {"/"};
    for (const std::string& name : datasets_)
      objects.insert({name, name.substr(0, std::max<std::size_t>(1, name.rfind('/')))});
    for (const std::string& object : objects)
      for (const std::string& name : file.attributes(object))
        if (name != "CLASS" && name != "NAME" && name != "DIMENSION_LIST" && name != "REFERENCE_LIST")
          attributes_.emplace_back(object, name);
  }

  std::string operator()(const std::string& path) const {
    const auto file = hdf5::File::open(path);
    std::string all;
    for (const std::string& name : datasets_) {
      if (!file.exists(name)) {
        all += "none";
      } else if (file.dtype(name) == "str") {
        for (const std::string& text : file.read_strings(name)) all += text;
      } else {
        all += fmt::format("{}", fmt::join(file.shape(name), "x"));
        add(all, file.read<double>(name));
      }
    }
    for (const auto& [object, name] : attributes_)
      if (file.has_attribute(object, name))
        std::visit([&all, &of = name](const auto& value) { all += fmt::format("{} {}\n", of, value); },
                   file.attribute(object, name));
    return all;
  }

 private:
  std::vector<std::string> datasets_;
  std::vector<std::pair<std::string, std::string>> attributes_;
};

Read arrays_at(const std::vector<std::string>& places) {
  return [places](const std::string& path) {
    std::string all;
    for (const std::string& place : places) add(all, read_array(path + ":" + place).values);
    return all;
  };
}

// A file and those who read it.
struct Subject {
  std::string name, bytes;
  std::vector<Read> readers;
};

// What an earlier fsconv recorded, with a digest as today's has it.
std::string sealed(const ScratchFolder& folder, const std::string& name) {
  const std::string path = folder / "sealed.h5";
  fs::copy_file(FSCONV_SOURCE_DIR "/tests/vectors/schema_2/" + name, path,
                fs::copy_options::overwrite_existing);
  auto file = hdf5::File::modify(path);
  file.set_attribute("/", "schema_version", hdf5::first_schema_with_digest);
  seal(file);
  file.commit();
  return path;
}

std::string prepared_file(const ScratchFolder& folder) {
  PreparedWriter writer(folder / "sealed.h5", {.kind = "", .command_line = "x", .start_time = now()},
                        {.decoder = "a decoder", .classes = {"one", "two"}}, {3, 4, 5}, {3, 1, 2});
  for (int image = 0; image < 6; ++image) {
    std::vector<std::uint8_t> pixels(60);
    for (std::size_t at = 0; at < pixels.size(); ++at)
      pixels[at] = static_cast<std::uint8_t>(7 * at) + static_cast<std::uint8_t>(image);
    writer.add(image < 3   ? DataPart::train
               : image < 4 ? DataPart::validation
                           : DataPart::test,
               pixels,
               {.name = fmt::format("{}.png", image), .sha256 = std::string(64, 'a'), .label = image % 2});
  }
  writer.commit();
  return folder / "sealed.h5";
}

std::string matrix_file(const ScratchFolder& folder) {
  const MatrixSpectrum spectrum{.rank = 2, .generic_rank = 3, .singular_values = {4, 2, 0}};
  arma::sp_mat matrix(3, 4);
  matrix(2, 0) = 1.0 / 3;
  matrix(1, 3) = -2;
  fs::remove(folder / "sealed.h5");
  write_sparse(folder / "sealed.h5", matrix, "a case", &spectrum);
  write_array(folder / "sealed.h5:/some/array", Tensor<double>({2, 3}, {1, 2, 3, 4, 5, 0.1}), "f8");
  write_array(folder / "sealed.h5:/other", Tensor<float>({2}, {1, 0.1F}), "f4");
  return folder / "sealed.h5";
}

std::vector<Subject> subjects(const ScratchFolder& folder) {
  std::vector<Subject> all;
  const auto take = [&](const std::string& name, const std::string& path, std::vector<Read> readers) {
    readers.push_back(Everything(path));
    all.push_back({name, content_of(path), std::move(readers)});
  };
  for (const std::string name : {"vae.h5", "ae.h5"})
    take(name, sealed(folder, name), {resumed, model_of, logged, reported, configured});
  for (const std::string name :
       {"evaluate.h5", "codes.h5", "verify.h5", "bench.h5", "bench_matrix.h5", "bench_verify.h5"})
    take(name, sealed(folder, name), {reported, configured});
  take("decoded.h5", sealed(folder, "decoded.h5"), {arrays_at({"/images", "/codes"})});
  take("reconstructed.h5", sealed(folder, "reconstructed.h5"),
       {arrays_at({"/originals", "/reconstructions"})});
  take("prepared", prepared_file(folder), {prepared});
  take("matrix and arrays", matrix_file(folder),
       {arrays_at({"/matrix/data", "/matrix/indices", "/matrix/indptr", "/matrix/shape",
                   "/matrix/singular_values", "/some/array", "/other"})});
  fs::remove(folder / "sealed.h5");
  return all;
}

struct Outcomes {
  int refused = 0, same = 0;
  std::vector<std::string> different, ill;  // ill: refused in another way than promised
};

// What a reader makes of a file with one other bit.
void flip(const Subject& subject, std::size_t reader, const std::string& expected, std::size_t bit,
          const std::string& path, Outcomes& outcomes) {
  std::string broken = subject.bytes;
  broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
  put_content(path, broken);
  const std::string which =
      fmt::format("{}, reader {}, bit {} of byte {}", subject.name, reader, bit % 8, bit / 8);
  try {
    if (subject.readers[reader](path) == expected)
      ++outcomes.same;
    else
      outcomes.different.push_back(which);
  } catch (const Error& error) {
    ++outcomes.refused;
    const std::string said = error.what();
    // Some bits of HDF5 say that a program is writing to the file.
    const bool is_open =
        error.code() == ExitCode::io && said.find("another program has it open") != std::string::npos;
    if ((error.code() != ExitCode::bad_data && !is_open) || !said.starts_with(path) ||
        std::count(said.begin(), said.end(), '\n') > 1 || said.size() > 400)
      outcomes.ill.push_back(which + ": " + said);
  }
}

// `next` gives bits of a file of so many, until nothing is left; all readers see each, or one of them by turns.
void flip_all(const std::vector<Subject>& all, bool every_reader,
              const std::function<std::vector<std::size_t>(const Subject&)>& bits_of, Outcomes& outcomes) {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  for (const Subject& subject : all) {
    put_content(path, subject.bytes);
    std::vector<std::string> expected;
    for (const Read& read : subject.readers) expected.push_back(read(path));
    std::size_t turn = 0;
    for (const std::size_t bit : bits_of(subject)) {
      const std::size_t whose = turn++ % subject.readers.size();
      for (std::size_t reader = 0; reader < subject.readers.size(); ++reader)
        if (every_reader || reader == whose) flip(subject, reader, expected[reader], bit, path, outcomes);
    }
  }
}

std::vector<std::size_t> some_bits(const Subject& subject, std::size_t count) {
  std::mt19937_64 random(subject.bytes.size());
  std::vector<std::size_t> bits;
  for (std::size_t at = 0; at < count; ++at) bits.push_back(random() % (8 * subject.bytes.size()));
  return bits;
}

void require_safe(const Outcomes& outcomes) {
  for (const std::string& which : outcomes.different) UNSCOPED_INFO("is read as something else: " << which);
  for (const std::string& which : outcomes.ill) UNSCOPED_INFO("is refused badly: " << which);
  CHECK(outcomes.different.empty());
  CHECK(outcomes.ill.empty());
}

}  // namespace

TEST_CASE("flipped bits: of 300 in files of every kind, none changes what a reader gets", "[slow]") {
  const ScratchFolder folder;
  Outcomes outcomes;
  flip_all(
      subjects(folder), false,
      [](const Subject& subject) { return some_bits(subject, subject.name == "vae.h5" ? 80 : 20); },
      outcomes);
  require_safe(outcomes);
  CHECK(outcomes.refused > 80);
  CHECK(outcomes.same > 5);  // bits that nothing is made of
}

TEST_CASE("flipped bits: without a digest the same test finds what a flipped bit changes") {
  const ScratchFolder folder;
  const std::string path = FSCONV_SOURCE_DIR "/tests/vectors/schema_2/vae.h5";
  const Subject unsealed{"vae.h5 of schema 2", content_of(path), {model_of, Everything(path)}};
  Outcomes outcomes;
  flip_all(
      {unsealed}, false, [](const Subject& subject) { return some_bits(subject, 60); }, outcomes);
  CHECK(outcomes.different.size() >= 5);
}

TEST_CASE("flipped bits: a bit of every 250th byte", "[slow]") {
  const ScratchFolder folder;
  Outcomes outcomes;
  flip_all(
      subjects(folder), false,
      [](const Subject& subject) {
        std::vector<std::size_t> bits;
        for (std::size_t byte = 0; byte < subject.bytes.size(); byte += 250)
          bits.push_back(8 * byte + byte / 250 % 8);
        return bits;
      },
      outcomes);
  require_safe(outcomes);
}

// For who changes how files are written or read. Run by its name.
TEST_CASE("flipped bits: a bit of every byte, for every reader", "[.every_byte]") {
  const ScratchFolder folder;
  Outcomes outcomes;
  flip_all(
      subjects(folder), true,
      [](const Subject& subject) {
        std::vector<std::size_t> bits;
        for (std::size_t byte = 0; byte < subject.bytes.size(); ++byte) bits.push_back(8 * byte + byte % 8);
        return bits;
      },
      outcomes);
  require_safe(outcomes);
  WARN(fmt::format("{} refused, {} the same", outcomes.refused, outcomes.same));
}
