// The digest of a file: which changes it finds, and which are nobody's business.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/sparse_file.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const std::vector<double> losses = {220.25, 215.5, 211.125};
const Tensor<float> weights({2, 3}, {1, 2, 3, 4, 5, 6});

// One dataset of every type that fsconv writes, and attributes of every object.
void write_sealed(const std::string& path) {
  auto file = hdf5::File::create(path);
  file.set_attribute("/", "schema_version", schema_version);
  file.set_attribute("/", "kind", "train");
  file.set_attribute("/", "configuration", "{}");
  file.set_attribute("/", "rate", 0.5);
  file.set_attribute("/", "seed", UINT64_MAX);
  file.write("/epoch", std::vector<std::int64_t>{1, 2, 3}, {.dimensions = {"epoch"}});
  file.write("/loss", losses, {.dimensions = {"epoch"}, .units = "nats"});
  file.create_group("/weights");
  file.write("/weights/conv", weights);
  file.set_attribute("/weights", "steps", 7);
  file.write("/bytes", std::vector<std::uint8_t>{0, 128, 255}, {.dimensions = {"byte"}});
  file.write_strings("/names", {"conv", "größer"}, {.dimensions = {"name"}});
  seal(file, {{"/weights/conv", hash_of(weights)}});
  file.commit();
}

// What is said of a file: nothing where it is whole.
std::string complaint(const std::string& path) {
  try {
    const auto file = hdf5::File::open(path);
    SealedReader(file).check_rest();
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}

struct SealedFolder : ScratchFolder {
  std::string complaint_after(const std::function<void(hdf5::File&)>& change) const {
    write_sealed(*this / "x.h5");
    auto file = hdf5::File::modify(*this / "x.h5");
    change(file);
    file.commit();
    return complaint(*this / "x.h5");
  }
};

}  // namespace

// XXH3 by libxxhash, called from Python on bytes that were put together there.
TEST_CASE("digest: a hash is XXH3 of type, shape and values") {
  CHECK(hash_of(weights) == "33d3a68cc4054169");                                   // f4 [2, 3]
  CHECK(hash_of(Tensor<std::int64_t>({2}, {1, -2})) == "27c59be3d4ad9eb2");        // i8 [2]
  CHECK(hash_of(Tensor<double>(Shape{0})) == "9f64560c3163a0e3");                  // f8 [0]
  CHECK(hash_of(Tensor<std::uint8_t>({3}, {0, 128, 255})) == "5288d8e25b738547");  // u1 [3]
  CHECK(hash_of(Tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6})) != hash_of(weights));
  CHECK(hash_of(Tensor<float>({2, 3}, {1, 2, 3, 4, 5, -6})) != hash_of(weights));
}

TEST_CASE("digest: the attribute lists datasets and attributes, scales without coordinates aside") {
  const ScratchFolder folder;
  write_sealed(folder / "x.h5");
  const auto file = hdf5::File::open(folder / "x.h5");
  const auto digest = nlohmann::json::parse(file.string_attribute("/", "digest"));
  CHECK(digest["hash"] == "xxh3_64");
  REQUIRE(digest["datasets"].size() == 5);
  CHECK(digest["datasets"]["/weights/conv"] == "33d3a68cc4054169");
  CHECK(digest["datasets"]["/bytes"] == "5288d8e25b738547");
  CHECK(digest["datasets"]["/names"] == "ff62401cd2081ce2");
  REQUIRE(digest["attributes"].size() == 3);
  CHECK(digest["attributes"]["/"].size() == 5);
  CHECK(digest["attributes"]["/"]["rate"] == "631c04472c01463b");
  CHECK(digest["attributes"]["/weights"]["steps"] == "034f732b793087a4");
  CHECK(digest["attributes"]["/loss"].size() == 1);  // units
  CHECK(complaint(folder / "x.h5").empty());
  SealedReader reader(file);
  CHECK(reader.read<float>("/weights/conv") == weights);
  CHECK(reader.read<double>("/weights/conv") == cast<double>(weights));  // hashed as it is stored
}

TEST_CASE("digest: a changed value, attribute or shape is found and named") {
  const SealedFolder folder;
  CHECK(folder.complaint_after([](hdf5::File&) {}).empty());
  const auto replaced = [&](const std::string& name, auto values) {
    return folder.complaint_after([&](hdf5::File& file) {
      file.remove(name);
      file.write(name, values);
    });
  };
  CHECK_THAT(replaced("/loss", std::vector<double>{220.25, 215.5, 211.126}),
             Contains("x.h5:/loss: is not what"));
  CHECK_THAT(replaced("/weights/conv", Tensor<float>({2, 3}, {1, 2, 3, 4, 5, -6})),
             Contains("x.h5:/weights/conv: is not what"));
  CHECK_THAT(replaced("/weights/conv", Tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6})),
             Contains("/weights/conv: is not"));
  CHECK_THAT(replaced("/weights/conv", cast<double>(weights)),
             Contains("/weights/conv: is not"));  // another type
  CHECK_THAT(replaced("/bytes", std::vector<std::uint8_t>{1, 128, 255}), Contains("/bytes: is not"));
  CHECK_THAT(folder.complaint_after([](hdf5::File& file) {
    file.remove("/names");
    file.write_strings("/names", {"conv", "größe"});
  }),
             Contains("/names: is not"));
  CHECK_THAT(folder.complaint_after([](hdf5::File& file) { file.remove("/bytes"); }),
             Contains("/bytes: is missing"));

  const auto set = [&](const std::string& object, const std::string& name, const hdf5::Value& value) {
    return folder.complaint_after([&](hdf5::File& file) { file.set_attribute(object, name, value); });
  };
  CHECK_THAT(set("/", "kind", "trail"), Contains("x.h5: its attribute kind is not what"));
  CHECK_THAT(set("/", "rate", 0.25), Contains("its attribute rate is not"));
  CHECK_THAT(set("/", "rate", "0.5"), Contains("its attribute rate is not"));
  CHECK_THAT(set("/", "seed", UINT64_MAX - 1), Contains("its attribute seed is not"));
  CHECK_THAT(set("/", "schema_version", 2), Contains("its attribute schema_version is not"));
  CHECK_THAT(set("/weights", "steps", 8), Contains("x.h5:/weights: its attribute steps is not"));
  CHECK_THAT(set("/loss", "units", "bits"), Contains("x.h5:/loss: its attribute units is not"));
}

TEST_CASE("digest: a damaged digest is found, and a lost one in files that must have it") {
  const SealedFolder folder;
  write_sealed(folder / "x.h5");
  const std::string digest = hdf5::File::open(folder / "x.h5").string_attribute("/", "digest");
  const auto with_digest = [&](const std::string& text) {
    return folder.complaint_after([&](hdf5::File& file) { file.set_attribute("/", "digest", text); });
  };
  CHECK(with_digest(digest).empty());
  std::string other = digest;
  other.replace(other.find("/bytes"), 6, "/bites");
  CHECK_THAT(with_digest(other), Contains("its attribute digest is not what"));
  other = digest;
  other.replace(other.find("/weights/conv\":\"") + 16, 1, "4");  // of 3
  CHECK_THAT(with_digest(other), Contains("its attribute digest is not what"));
  for (const char* text : {"", "{}", "[1]", "{\"all\":1}", "{\"all\":\"2d06800538d394c2\"}", "\xff"}) {
    INFO(text);
    CHECK_THAT(with_digest(text), Contains("its attribute digest is"));
  }
  const auto without = [&](const std::vector<const char*>& attributes, const hdf5::Value& version) {
    auto file = hdf5::File::create(folder / "y.h5");
    for (const char* name : attributes) file.set_attribute("/", name, "{}");
    file.set_attribute("/", "schema_version", version);
    file.commit();
    return complaint(folder / "y.h5");
  };
  CHECK_THAT(without({"kind", "configuration"}, 3), Contains("y.h5: has lost its digest"));
  CHECK_THAT(without({"kind", "configuration"}, 4), Contains("set its attribute digest to \"unchecked\""));
  CHECK(without({"kind", "configuration"}, 2).empty());
  // Others have a schema_version, too, or a digest.
  CHECK(without({}, 3).empty());
  CHECK(without({"kind"}, "1.2.3").empty());
  CHECK(without({"digest"}, 5).empty());
}

TEST_CASE("digest: whoever reads a file is given nothing else than was written, without asking for it") {
  const ScratchFolder folder;
  const auto read_after = [&](const std::function<void(hdf5::File&)>& change,
                              const std::function<void(const hdf5::File&)>& read) -> std::string {
    write_sealed(folder / "x.h5");
    {
      auto file = hdf5::File::modify(folder / "x.h5");
      change(file);
      file.commit();
    }
    try {
      read(hdf5::File::open(folder / "x.h5"));
    } catch (const BadData& error) {
      return error.what();
    }
    return "";
  };
  const auto other_values = [](hdf5::File& file) {
    file.remove("/weights/conv");
    file.write("/weights/conv", Tensor<float>({2, 3}, {1, 2, 3, 4, 5, -6}));
  };
  const auto changed = Contains("x.h5:/weights/conv: is not what fsconv wrote");
  CHECK_THAT(read_after(other_values, [](const auto& file) { file.template read<float>("/weights/conv"); }),
             changed);
  CHECK_THAT(read_after(other_values, [](const auto& file) { file.template read<double>("/weights/conv"); }),
             changed);
  CHECK_THAT(read_after(other_values, [](const auto& file) { check_dataset(file, "/weights/conv"); }),
             changed);
  CHECK(read_after(other_values, [](const auto& file) { file.template read<double>("/loss"); }).empty());
  const auto gone = [](hdf5::File& file) { file.remove("/weights/conv"); };
  const auto missing = Contains("x.h5:/weights/conv: is missing");
  CHECK_THAT(read_after(gone, [](const auto& file) { file.exists("/weights/conv"); }), missing);
  CHECK_THAT(read_after(gone, [](const auto& file) { file.members("/weights"); }), missing);
  CHECK_THAT(read_after(gone, [](const auto& file) { file.datasets(); }), missing);
  CHECK(read_after(gone, [](const auto& file) { file.exists("/weights/other"); }).empty());
  CHECK_THAT(read_after([](hdf5::File& file) { file.set_attribute("/weights", "steps", 8); },
                        [](const auto& file) { file.integer_attribute("/weights", "steps"); }),
             Contains("x.h5:/weights: its attribute steps is not"));
  CHECK_THAT(read_after([](hdf5::File& file) { file.set_attribute("/weights", "steps", 8); },
                        [](const auto& file) { file.numbers_attribute("/weights", "steps"); }),
             Contains("its attribute steps is not"));
  CHECK_THAT(read_after(
                 [](hdf5::File& file) {
                   file.remove("/names");
                   file.write_strings("/names", {"conv"});
                 },
                 [](const auto& file) { file.read_strings("/names"); }),
             Contains("x.h5:/names: is not"));
  // What is read is as it is stored, where its owner says that nobody shall look.
  CHECK(read_after(
            [&](hdf5::File& file) {
              other_values(file);
              file.set_attribute("/", "digest", "unchecked");
            },
            [](const auto& file) {
              CHECK(file.template read<float>("/weights/conv")[5] == -6);
              SealedReader(file).check_rest();
            })
            .empty());
}

TEST_CASE("digest: a matrix and an array have their own, and a new one where they are replaced") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  const auto write = [&] {
    arma::sp_mat matrix(2, 2);
    matrix(1, 0) = 0.5;
    write_sparse(path, matrix, "a case");
    write_array(path + ":/some/array", Tensor<double>({2}, {1, 2}), "f8");
  };
  const auto change = [&](const std::string& dataset, const auto& values) {
    auto file = hdf5::File::modify(path);
    const std::string digest =
        file.string_attribute(dataset.starts_with("/some") ? dataset : "/matrix", "digest");
    file.remove(dataset);
    file.write(dataset, values);
    if (dataset.starts_with("/some")) file.set_attribute(dataset, "digest", digest);
    file.commit();
  };
  write();
  CHECK(read_array(path + ":/matrix/data").values[0] == 0.5);
  CHECK(read_array(path + ":/some/array").values[1] == 2);
  change("/matrix/data", std::vector<double>{0.25});
  CHECK_THROWS_WITH(read_array(path + ":/matrix/data"),
                    Contains("x.h5:/matrix/data: is not what fsconv wrote"));
  CHECK(read_array(path + ":/matrix/indices").values.size() == 1);
  change("/some/array", std::vector<double>{1, 3});
  CHECK_THROWS_WITH(read_array(path + ":/some/array"),
                    Contains("x.h5:/some/array: is not what fsconv wrote"));
  write();
  CHECK(read_array(path + ":/matrix/data").values[0] == 0.5);
  CHECK(read_array(path + ":/some/array").values[1] == 2);
  write_array(path + ":/matrix/data", Tensor<double>({1}, {7}),
              "f8");  // which takes it out of the matrix' digest
  CHECK(read_array(path + ":/matrix/data").values[0] == 7);
  auto file = hdf5::File::modify(path);
  file.set_attribute("/matrix", "format", "csr");
  file.commit();
  CHECK_THROWS_WITH(hdf5::File::open(path).string_attribute("/matrix", "format"),
                    Contains("its attribute format is not"));
}

TEST_CASE("digest: what others add changes nothing, and files without a digest are read") {
  const SealedFolder folder;
  CHECK(folder
            .complaint_after([](hdf5::File& file) {
              file.write("/mine", std::vector<double>{1, 2, 3}, {.dimensions = {"epoch"}});  // of our scale
              file.create_group("/notes");
              file.write("/notes/x", Tensor<float>({2, 2}));
              file.write("/weights/other", Tensor<float>({2, 3}));
              file.set_attribute("/", "comment", "seen");
              file.set_attribute("/loss", "colour", 3);
              file.set_attribute("/weights/conv", "comment", "good");
            })
            .empty());
  auto file = hdf5::File::create(folder / "y.h5");
  file.set_attribute("/", "schema_version", 2);
  file.write("/weights", weights);
  file.commit();
  CHECK(complaint(folder / "y.h5").empty());
  const auto old = hdf5::File::open(folder / "y.h5");
  CHECK(SealedReader(old).read<float>("/weights") == weights);
}

TEST_CASE("digest: h5py may add to a file and check it") {
  FSCONV_NEED_PYTHON("h5py");
  const ScratchFolder folder;
  write_sealed(folder / "x.h5");
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, json
with h5py.File('x.h5', 'r+') as f:
    digest = json.loads(f.attrs['digest'])
    assert digest['datasets']['/loss'] and digest['attributes']['/']['kind']
    f['mine'] = [1.0, 2.0]
    f['weights'].create_group('by').attrs['whom'] = 'me'
    f.attrs['seen'] = True
    f['loss'].attrs['list'] = [1, 2]
)");
  CHECK(complaint(folder / "x.h5").empty());
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py
with h5py.File('x.h5', 'r+') as f:
    f['weights/conv'][1, 2] = 7
)");
  CHECK_THAT(complaint(folder / "x.h5"), Contains("x.h5:/weights/conv: is not what fsconv wrote"));
}

TEST_CASE("digest: every bit of stored numbers counts") {
  const ScratchFolder folder;
  write_sealed(folder / "x.h5");
  const std::string whole = content_of(folder / "x.h5");
  std::string pattern(3 * sizeof(double), '\0');
  std::memcpy(pattern.data(), losses.data(), pattern.size());
  const std::size_t first = whole.find(pattern);
  REQUIRE(first != std::string::npos);
  REQUIRE(whole.find(pattern, first + 1) == std::string::npos);
  for (std::size_t bit = 0; bit < 8 * pattern.size(); bit += 5) {  // every bit of a byte, by turns
    std::string damaged = whole;
    damaged[first + bit / 8] = static_cast<char>(damaged[first + bit / 8] ^ (1 << bit % 8));
    put_content(folder / "y.h5", damaged);
    INFO(bit);
    CHECK_THAT(complaint(folder / "y.h5"), Contains("y.h5:/loss: is not what"));
  }
}

TEST_CASE("digest: one dataset can be checked alone, and replaced by whoever says so") {
  const ScratchFolder folder;
  write_sealed(folder / "x.h5");
  auto changed = hdf5::File::modify(folder / "x.h5");
  changed.set_attribute("/", "kind", "changed");
  changed.remove("/weights/conv");
  changed.write("/weights/conv", Tensor<float>({2, 3}));
  changed.remove("/bytes");
  changed.write("/bytes", std::vector<std::uint8_t>{1, 2});
  forget(changed, "/bytes");
  forget(changed, "/of_nobody");
  changed.commit();
  const auto file = hdf5::File::open(folder / "x.h5");
  check_dataset(file, "/loss");
  check_dataset(file, "/of_nobody");
  check_dataset(file, "/bytes");
  CHECK_THROWS_WITH(check_dataset(file, "/weights/conv"), Contains("x.h5:/weights/conv: is not what"));
  CHECK_THROWS_AS(SealedReader(file), BadData);  // of `kind`
}

TEST_CASE("digest: texts are compared where they are read, and once") {
  const SealedFolder folder;
  write_sealed(folder / "x.h5");
  {
    const auto file = hdf5::File::open(folder / "x.h5");
    SealedReader sealed(file);
    CHECK(sealed.read_strings("/names") == std::vector<std::string>{"conv", "größer"});
    CHECK_NOTHROW(sealed.check_rest());
  }
  auto changed = hdf5::File::modify(folder / "x.h5");
  changed.remove("/names");
  changed.write_strings("/names", {"conv", "größeR"});
  changed.commit();
  const auto file = hdf5::File::open(folder / "x.h5");
  SealedReader sealed(file);
  CHECK_THROWS_WITH(sealed.read_strings("/names"), Contains("/names: is not what fsconv wrote"));
}
