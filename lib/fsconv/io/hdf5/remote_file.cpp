// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/io/hdf5/remote_file.hpp>
#include <fsconv/io/hdf5/wire.hpp>
#include <memory>
#include <new>
#include <utility>

namespace fsconv::hdf5 {
namespace {

using wire::get;
using wire::put;

// The questions: first those with a payload of numbers, and the one that opens the file.
enum class Question : std::uint8_t { open, read_numbers, write_numbers, function };

// What the first word of an answer says: how the question went.
enum class Went : std::uint8_t { well, usage, bad_data, io, runtime, out_of_memory };

// A function of Access as a type: what it takes and gives, and how it is called with arguments from the wire.
template <auto Function>
struct Callable;
template <class Result, class... Arguments, Result (Access::*Function)(Arguments...) const>
struct Callable<Function> {
  using Given = Result;
  using Taken = std::tuple<std::decay_t<Arguments>...>;
};
template <class Result, class... Arguments, Result (Access::*Function)(Arguments...)>
struct Callable<Function> {
  using Given = Result;
  using Taken = std::tuple<std::decay_t<Arguments>...>;
};

template <auto Function>
std::string called(Access& file, std::string_view arguments) {
  using Taken = typename Callable<Function>::Taken;
  const Taken taken = [&]<std::size_t... At>(std::index_sequence<At...>) {
    return Taken{get<std::tuple_element_t<At, Taken>>(arguments)...};  // in order: these are braces
  }
  (std::make_index_sequence<std::tuple_size_v<Taken>>());
  std::string given;
  std::apply(
      [&](const auto&... argument) {
        if constexpr (std::is_void_v<typename Callable<Function>::Given>)
          (file.*Function)(argument...);
        else
          put(given, (file.*Function)(argument...));
      },
      taken);
  return given;
}

// The functions by number; one list for both sides.
template <auto... Functions>
struct FunctionList {
  template <auto Function>
  static constexpr std::uint8_t number_of() {
    std::uint8_t number = 0;
    const bool found = ((std::is_same_v<std::integral_constant<decltype(Functions), Functions>,
                                        std::integral_constant<decltype(Function), Function>> ||
                         (++number, false)) ||
                        ...);
    return found ? number : throw "is not in the list";
  }

  static std::string called_by_number(std::uint8_t number, Access& file, std::string_view arguments) {
    std::string given;
    std::uint8_t at = 0;
    static_cast<void>(((at++ == number ? (given = called<Functions>(file, arguments), true) : false) || ...));
    return given;
  }
};

using Functions =
    FunctionList<&Access::exists, &Access::is_group, &Access::members, &Access::datasets, &Access::shape,
                 &Access::dtype, &Access::fill_value, &Access::read_strings, &Access::attributes,
                 &Access::has_attribute, &Access::attribute, &Access::numbers_attribute,
                 &Access::describe_numbers, &Access::place, &Access::create_group, &Access::write_strings,
                 &Access::set_attribute, &Access::remove, &Access::close>;

// ---- in the copy

class Servant {
 public:
  ForkedServer::Answer answer(std::string_view words, std::span<const std::byte> payload) {
    try {
      ForkedServer::Answer answer = answered(words, payload);
      answer.words.insert(answer.words.begin(), static_cast<char>(Went::well));
      return answer;
    } catch (const InvalidArgument& error) {
      return failed(Went::usage, error);
    } catch (const BadData& error) {
      return failed(Went::bad_data, error);
    } catch (const IoError& error) {
      return failed(Went::io, error);
    } catch (const std::bad_alloc& error) {
      return failed(Went::out_of_memory, error);
    } catch (const std::exception& error) {
      return failed(Went::runtime, error);
    }
  }

 private:
  static ForkedServer::Answer failed(Went went, const std::exception& error) {
    return {static_cast<char>(went) + std::string(error.what())};
  }

  ForkedServer::Answer answered(std::string_view words, std::span<const std::byte> payload) {
    switch (get<Question>(words)) {
      case Question::open: {
        const auto mode = get<LocalFile::Mode>(words);
        const auto path = get<std::string>(words), opened = get<std::string>(words);
        H5Lunregister(H5L_TYPE_EXTERNAL);  // nor are those followed that a link inside leads to
        file_ = std::make_unique<LocalFile>(path, opened, mode);
        return {};
      }
      case Question::read_numbers: {
        const auto name = get<std::string>(words);
        const auto type = get<NumberType>(words);
        ForkedServer::Answer answer{{}, std::vector<std::byte>(get<std::uint64_t>(words))};
        file_->read_numbers(name, type, answer.payload);
        return answer;
      }
      case Question::write_numbers: {
        const auto name = get<std::string>(words);
        const auto type = get<NumberType>(words);
        const auto shape = get<Shape>(words);
        file_->write_numbers(name, type, payload, shape, get<Storage>(words));
        return {};
      }
      case Question::function: {
        const auto number = get<std::uint8_t>(words);
        return {Functions::called_by_number(number, *file_, words)};
      }
    }
    return {};
  }

  std::unique_ptr<LocalFile> file_;
};

// ---- here

// Beside what is always allowed, what a file of this size may have to be walked through, and numbers be decompressed and
// converted. Packed chunks are tried before they are read (whole_chunks.cpp), which takes as much again.
ServerLimits limits_for(std::size_t file, std::size_t payload) {
  constexpr double slowest = 10e6;  // bytes per second, of the slowest filter on a slow machine, used twice
  return {.seconds = 2 + static_cast<double>(file + payload) / slowest,
          .bytes = (Index{512} << 20) + static_cast<Index>(2 * file + 3 * payload)};
}

std::size_t size_of(const std::string& path) {
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  return unknown ? 0 : bytes;
}

[[noreturn]] void throw_again(Went went, const std::string& message) {
  // The error's parts: "WHERE: WHAT".
  const std::size_t colon = std::min(message.find(": "), message.size());
  const std::string where = message.substr(0, colon),
                    what = colon < message.size() ? message.substr(colon + 2) : "";
  switch (went) {
    case Went::usage:
      throw InvalidArgument(where, what);
    case Went::bad_data:
      throw BadData(where, what);
    case Went::io:
      throw IoError(where, what);
    default:
      throw Error(ExitCode::runtime, message);
  }
}

[[noreturn]] void blame(const std::string& path, const ServerEnded& ended) {
  switch (ended.how()) {
    case ServerEnded::How::crashed:
    case ServerEnded::How::
        exited:  // as a library does that has given up, and a checker of memory that has found something
      // HDF5 1.10 does not survive an allocation that fails, either.
      if (memory_is_limited())
        throw Error(ExitCode::runtime,
                    path + ": HDF5 crashes on it: it is damaged, or the memory is too small (see ulimit -v)");
      throw BadData(path, "is damaged, so badly that HDF5 crashes on it");
    case ServerEnded::How::out_of_time:
      throw BadData(path, "is damaged: HDF5 does not come to its end with it");
    default:
      throw Error(ExitCode::runtime,
                  fmt::format("{}: the process that called HDF5 for it {}", path, ended.what()));
  }
}

}  // namespace

RemoteFile::RemoteFile(std::string path, const std::string& opened, LocalFile::Mode mode)
    : path_(std::move(path)),
      file_bytes_(size_of(opened)),
      server_([servant = std::make_shared<Servant>()](std::string_view words,
                                                      std::span<const std::byte> payload) {
        return servant->answer(words, payload);
      }) {
  std::string question;
  put(question, Question::open);
  put(question, mode);
  put(question, path_);
  put(question, opened);
  ask(question);
}

std::string RemoteFile::ask(const std::string& question, std::span<const std::byte> payload,
                            std::span<std::byte> answer_payload) const {
  std::string answer;
  try {
    answer = server_.ask(question, limits_for(file_bytes_, payload.size() + answer_payload.size()), payload,
                         answer_payload);
  } catch (const ServerEnded& ended) {
    if (!ended_) ended_ = ended;
    blame(path_, *ended_);
  }
  if (answer.empty()) blame(path_, {ServerEnded::How::unknown, "gave an empty answer"});
  const auto went = static_cast<Went>(answer.front());
  answer.erase(0, 1);
  if (went == Went::out_of_memory) {
    if (memory_is_limited()) throw std::bad_alloc();
    throw BadData(path_, "is damaged: to read it takes more memory than what it stores can need");
  }
  if (went != Went::well) throw_again(went, answer);
  return answer;
}

template <auto Function, class... Arguments>
auto RemoteFile::call(const Arguments&... arguments) const {
  std::string question;
  put(question, Question::function);
  put(question, Functions::number_of<Function>());
  (put(question, arguments), ...);
  const std::string answer = ask(question);
  using Given = typename Callable<Function>::Given;
  if constexpr (!std::is_void_v<Given>) {
    std::string_view bytes = answer;
    try {
      return get<Given>(bytes);
    } catch (const wire::Malformed& malformed) {
      blame(path_, {ServerEnded::How::unknown, malformed.what()});
    }
  }
}

bool RemoteFile::exists(const std::string& name) const { return call<&Access::exists>(name); }
bool RemoteFile::is_group(const std::string& name) const { return call<&Access::is_group>(name); }
std::vector<std::string> RemoteFile::members(const std::string& group) const {
  return call<&Access::members>(group);
}
std::vector<std::string> RemoteFile::datasets() const { return call<&Access::datasets>(); }
Shape RemoteFile::shape(const std::string& name) const { return call<&Access::shape>(name); }
std::string RemoteFile::dtype(const std::string& name) const { return call<&Access::dtype>(name); }
std::optional<double> RemoteFile::fill_value(const std::string& name) const {
  return call<&Access::fill_value>(name);
}
std::vector<std::string> RemoteFile::read_strings(const std::string& name) const {
  return call<&Access::read_strings>(name);
}
std::vector<std::string> RemoteFile::attributes(const std::string& object) const {
  return call<&Access::attributes>(object);
}
bool RemoteFile::has_attribute(const std::string& object, const std::string& name) const {
  return call<&Access::has_attribute>(object, name);
}
Value RemoteFile::attribute(const std::string& object, const std::string& name) const {
  return call<&Access::attribute>(object, name);
}
Numbers RemoteFile::numbers_attribute(const std::string& object, const std::string& name) const {
  return call<&Access::numbers_attribute>(object, name);
}
Description RemoteFile::describe_numbers(const std::string& name) const {
  return call<&Access::describe_numbers>(name);
}

std::optional<std::uint64_t> RemoteFile::place(const std::string& name) const {
  return call<&Access::place>(name);
}

void RemoteFile::read_numbers(const std::string& name, NumberType type, std::span<std::byte> into) const {
  std::string question;
  put(question, Question::read_numbers);
  put(question, name);
  put(question, type);
  put(question, static_cast<std::uint64_t>(into.size()));
  ask(question, {}, into);
}

void RemoteFile::create_group(const std::string& name) { call<&Access::create_group>(name); }

void RemoteFile::write_numbers(const std::string& name, NumberType type, std::span<const std::byte> values,
                               const Shape& shape, const Storage& storage) {
  std::string question;
  put(question, Question::write_numbers);
  put(question, name);
  put(question, type);
  put(question, shape);
  put(question, storage);
  ask(question, values);
}

void RemoteFile::reserve_numbers(const std::string& name, NumberType, const Shape&, const Storage&) {
  throw InvalidArgument(path_ + ":" + name, "is written piece by piece", "only into a new file");
}
void RemoteFile::write_part(const std::string& name, NumberType type, Index, std::span<const std::byte>) {
  reserve_numbers(name, type, {}, {});
}

void RemoteFile::write_strings(const std::string& name, const std::vector<std::string>& values,
                               const Storage& storage) {
  call<&Access::write_strings>(name, values, storage);
}
void RemoteFile::set_attribute(const std::string& object, const std::string& name, const Value& value) {
  call<&Access::set_attribute>(object, name, value);
}
void RemoteFile::remove(const std::string& name) { call<&Access::remove>(name); }
void RemoteFile::close() { call<&Access::close>(); }

}  // namespace fsconv::hdf5
