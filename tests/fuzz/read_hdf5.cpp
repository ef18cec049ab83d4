// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/bench/merge.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/hdf5/wire.hpp>
#include <fsconv/io/shard_files.hpp>
#include <fsconv/report/report.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/run_table.hpp>
#include <fsconv/verify/merge.hpp>

#include "readers.hpp"
#include "train/restored.hpp"

namespace fsconv::fuzz {
namespace {

constexpr std::size_t most_seen = 8;  // datasets and attributes: each is a question to another process

template <class F>
void attempt(F&& f) {
  try {
    f();
  } catch (const Error&) {
    // The next question may have an answer.
  }
}

// Whatever is read can be written, and is then read as the same.
template <class T>
void read_message(std::string_view bytes) {
  try {
    const T value = hdf5::wire::get<T>(bytes);
    std::string again;
    hdf5::wire::put(again, value);
    std::string_view rest = again;
    hdf5::wire::get<T>(rest);
    require(rest.empty(), "a message is read to its end");
  } catch (const hdf5::wire::Malformed&) {
    // As it should be.
  }
}

void read_attributes(const hdf5::File& file, const std::string& object) {
  std::vector<std::string> names;
  attempt([&] { names = file.attributes(object); });
  names.resize(std::min(names.size(), most_seen));
  for (const std::string& name : names) {
    attempt([&] { file.attribute(object, name); });
    attempt([&] { file.numbers_attribute(object, name); });
  }
}

// As fsconv merge does: the only shard of one is a whole run, too.
void merge_shard(const std::string& path, bool is_bench) {
  const std::vector<ShardFile> files = read_shard_files({path});
  if (is_bench)
    bench::merge_timings(files, path + ".merged.h5");
  else
    merge_verifications(files);
}

// As a run that is resumed.
void read_resumed(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  read_trained_model(
      file, Weights::last);  // refuses a model that is larger than the file before it gets its memory
  test::restored(file);
  read_algorithms(file);
  read_initial_weights(file);
  read_smoothing(file);
}

}  // namespace

void read_hdf5_message(Bytes bytes) {
  const std::string text = text_of(bytes);
  read_message<bool>(text);
  read_message<std::vector<std::string>>(text);
  read_message<Shape>(text);
  read_message<std::string>(text);
  read_message<std::optional<double>>(text);
  read_message<std::optional<std::uint64_t>>(text);
  read_message<hdf5::Value>(text);
  read_message<hdf5::Numbers>(text);
  read_message<hdf5::Description>(text);
  read_message<hdf5::Storage>(text);
}

void read_hdf5_bytes(Bytes bytes) {
  const hdf5::File file = hdf5::File::open(file_of(bytes, "input.h5"));
  attempt([&] { file.members("/"); });
  read_attributes(file, "/");
  std::vector<std::string> names = file.datasets();
  names.resize(std::min(names.size(), most_seen));
  for (const std::string& name : names) {
    read_attributes(file, name);
    attempt([&] { file.fill_value(name); });
    attempt([&] { file.place(name); });
    attempt([&] {
      if (file.dtype(name) == "str") file.read_strings(name);
    });
    attempt([&] {
      const Array array = hdf5::read_values(file, name);
      require(array.values.shape() == file.shape(name) || !array.notes.empty(), "an array has its shape");
    });
  }
}

void read_run_bytes(Bytes bytes) {
  const std::string path = file_of(bytes, "run.h5");
  std::string kind;
  bool is_shard = false;
  {
    const hdf5::File file = hdf5::File::open(path);
    kind = file.string_attribute("/", "kind");
    is_shard = file.has_attribute("/", "config.shard");
  }
  if (is_shard) attempt([&] { merge_shard(path, kind == "bench"); });
  if (kind == "data") {
    open_prepared(path);
    verify_prepared(path);
    return;
  }
  if (kind == "train") {
    attempt([&] { read_logged_run(path); });
    attempt([&] { read_state(path); });
    attempt([&] { read_resumed(path); });
  }
  report::report({path});  // all other kinds, and the curves of this
}

}  // namespace fsconv::fuzz
