// SPDX-License-Identifier: Apache-2.0
#include <dnnl.h>
#include <flint/flint.h>
#include <fmt/core.h>
#include <png.h>
#include <unistd.h>
#include <zlib.h>

#include <Eigen/Core>
#include <armadillo>
#include <array>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/version.hpp>
#include <fstream>

extern "C" char* openblas_get_config(void);

// The build says where it comes from; a source tree without git does not know.
#ifndef FSCONV_GIT_COMMIT
#define FSCONV_GIT_COMMIT "unknown"
#endif
#ifndef FSCONV_GIT_DIRTY
#define FSCONV_GIT_DIRTY "unknown"
#endif

namespace fsconv {
namespace {

using json = nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// Names of files on the command line can be any bytes; attributes are UTF-8.
std::string utf8(const std::string& text) { return json::parse(dumped(json(text))).get<std::string>(); }

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

hdf5::Value attribute_value(const json& value) {
  if (value.is_string()) return utf8(value.get<std::string>());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return value.get<std::uint64_t>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  return dumped(value);  // true, null, lists: as JSON writes them
}

// {"a": {"b": 1}} -> config.a.b = 1
void set_flat_attributes(hdf5::File& file, const std::string& prefix, const json& object) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + utf8(key);
    if (value.is_object())
      set_flat_attributes(file, name + ".", value);
    else
      file.set_attribute("/", name, attribute_value(value));
  }
}

// The other way round: each attribute must be there and say the same, as it is written twice.
void require_flat_attributes(const hdf5::File& file, const std::string& prefix, const json& object) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + utf8(key);
    if (value.is_object())
      require_flat_attributes(file, name + ".", value);
    else if (!file.has_attribute("/", name) || file.attribute("/", name) != attribute_value(value))
      throw BadData(file.path(),
                    fmt::format("is damaged: its configuration says {} = {}, its attribute {} does not",
                                excerpt(key), excerpt(dumped(value)), excerpt(name)));
  }
}

}  // namespace

std::string git_commit() { return FSCONV_GIT_COMMIT; }
std::string git_dirty() { return FSCONV_GIT_DIRTY; }

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm local{};
  localtime_r(&time, &local);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &local);
  std::string result(text.data(), length);
  return result.insert(result.size() - 2, ":");  // +0100 -> +01:00
}

json library_versions() {
  const dnnl_version_t& onednn = *dnnl_version();
  return {{"armadillo", arma::arma_version::as_string()},
          {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"flint", FLINT_VERSION},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"hdf5", hdf5::library_version()},
          {"libpng", png_get_libpng_ver(nullptr)},
          {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                        NLOHMANN_JSON_VERSION_PATCH)},
          {"onednn", fmt::format("{}.{}.{}", onednn.major, onednn.minor, onednn.patch)},
          {"openblas", openblas_get_config()},
          {"zlib", zlibVersion()}};
}

void write_environment(hdf5::File& file, const RunInfo& info) {
  auto set = [&file](const std::string& name, const hdf5::Value& value) {
    file.set_attribute("/", name, value);
  };
  set("schema_version", schema_version);
  set("kind", info.kind);
  set("configuration", dumped(info.configuration));
  set_flat_attributes(file, "config.", info.configuration);
  set("command_line", utf8(info.command_line));
  set("seed", info.seed);
  set("git_commit", git_commit());
  set("git_dirty", git_dirty());
  set("host", host_name());
  set("cpu", cpu_model());
  set("threads", info.threads);
  set("isa", std::string(name(engine::current_isa())));
  set("version.fsconv", FSCONV_VERSION_STRING);
  const json libraries = library_versions();
  for (const auto& [library, version] : libraries.items())
    set("version." + library, version.get<std::string>());
  set("start_time", info.start_time);
  set("end_time", now());
}

void commit_sealed(hdf5::File& file, const Hashes& known) {
  seal(file, known);
  file.commit();
}

json read_configuration(const hdf5::File& file) {
  if (!file.has_attribute("/", "schema_version"))
    throw BadData(file.path(), "was not written by fsconv: it has no schema_version");
  const auto version = file.integer_attribute("/", "schema_version");
  if (version < 1 || version > newest_schema)
    throw BadData(file.path(), fmt::format("has schema_version {}", version),
                  fmt::format("this fsconv reads up to {}", newest_schema));
  const SealedReader sealed(file);
  const json configuration = parsed_json(file.string_attribute("/", "configuration"));
  if (!configuration.is_object()) throw BadData(file.path(), "its configuration is no JSON object");
  require_flat_attributes(file, "config.", configuration);
  return configuration;
}

void require_kind(const hdf5::File& file, const std::string& kind, const std::string& command) {
  const std::string held = file.has_attribute("/", "kind") ? file.string_attribute("/", "kind") : "";
  if (held != kind)
    throw BadData(file.path(),
                  held.empty() ? fmt::format("is no file of fsconv {}", command)
                               : fmt::format("is a file of fsconv {}", excerpt(held)),
                  fmt::format("give one that fsconv {} wrote", command));
}

}  // namespace fsconv
