// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/exchange/weights_npz.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/io/zip/zip_writer.hpp>
#include <limits>

#include "made_files.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

struct Format {
  const char* file;
  void (*write)(const std::string&, const ModelState&);
};
constexpr std::array formats = {Format{"w.safetensors", write_safetensors}, Format{"w.npz", write_npz},
                                Format{"w.pt", write_torch}};

std::string safetensors(const std::string& header, const std::string& data = std::string(8, '\0')) {
  return number(header.size(), 8) + header + data;
}

}  // namespace

TEST_CASE("exchange formats: every model comes back bit for bit, its sharing kept") {
  const ScratchFolder folder;
  for (const NamedModel& each : small_models()) {
    const ModelState state = state_for(each.model);
    for (const Format& format : formats) {
      INFO(each.name << ", " << format.file);
      const std::string path = folder / format.file;
      format.write(path, state);
      const std::string first = bytes_of_file(path);
      const ModelState back = read_state(path);
      REQUIRE(back.tensors.size() == state.tensors.size());
      for (const NamedTensor& wanted : state.tensors) {
        const auto found = std::find_if(back.tensors.begin(), back.tensors.end(),
                                        [&](const NamedTensor& t) { return t.name == wanted.name; });
        REQUIRE(found != back.tensors.end());
        CHECK(found->value == wanted.value);
        // A .safetensors file has no other place for them than among its texts.
        CHECK((found->hinted.empty() ? found->aliases : found->hinted) == wanted.aliases);
        CHECK(found->transposed == wanted.transposed);
      }
      CHECK(back.metadata == state.metadata);
      CHECK(back.check.input == state.check.input);
      CHECK(back.check.code == state.check.code);
      CHECK(back.check.log_variance == state.check.log_variance);
      CHECK(back.check.output == state.check.output);
      CHECK(back.check.pixels == state.check.pixels);
      format.write(path, state);
      CHECK(bytes_of_file(path) == first);
    }
  }
  CHECK(folder.files() == formats.size());
}

TEST_CASE("safetensors: the smallest file, byte by byte") {
  const ScratchFolder folder;
  write_safetensors(folder / "w", tiny_state());
  const std::string header = R"({"__metadata__":{"format":"pt","fsconv":")" + open_seal() +
                             R"(","v":"w"},"w":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  std::string wanted = number(padded.size(), 8) + padded + number(0x3fc00000, 4) + number(0xc0000000, 4);
  close_seal(wanted);
  CHECK(bytes_of_file(folder / "w") == wanted);
}

TEST_CASE("exchange formats: a seal is broken by any changed byte, and by one that follows") {
  const ScratchFolder folder;
  for (const Format& format : formats) {
    INFO(format.file);
    const std::string path = folder / format.file;
    format.write(path, tiny_state());
    CHECK(first_unsealing_failure(path, 7) == "");
  }
  write_bytes(folder / "other", "fsconv sha256:");
  CHECK_FALSE(is_sealed(folder / "other"));
  write_bytes(folder / "empty", "");
  CHECK_FALSE(is_sealed(folder / "empty"));
}

TEST_CASE("exchange formats: time grows with the number of tensors, not with its square") {
  const ScratchFolder folder;
  // Processor time, the least of three: what else the machine does only adds to it.
  const auto seconds = [&](const std::string& path, int tensors) {
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int n = 0; n < 3; ++n) {
      const std::clock_t begin = std::clock();
      CHECK(read_state(path).tensors.size() == static_cast<std::size_t>(tensors));
      least = std::min(least, std::clock() - begin);
    }
    return static_cast<double>(std::max<std::clock_t>(least, 1));
  };
  const auto headers = [&](int tensors) {
    std::string header;
    for (int n = 0; n < tensors; ++n)
      header += (n == 0 ? "{\"" : ",\"") + std::to_string(n) +
                R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    write_bytes(folder / "many", safetensors(header + "}", ""));
    return seconds(folder / "many", tensors);
  };
  const auto archive = [&](int tensors) {
    NpzWriter npz(folder / "many.npz");
    for (int n = 0; n < tensors; ++n) npz.add(std::to_string(n), Tensor<float>({1}));
    npz.commit();
    return seconds(folder / "many.npz", tensors);
  };
  // 32 times as many take 32 times as long, or 32^2 times: the bound, 32^1.5, is as far from the one as from the other.
  CHECK(headers(32 * 500) < 181 * headers(500));
  CHECK(archive(32 * 200) < 181 * archive(200));
}

TEST_CASE("safetensors: a list of dictionaries is no header") {
  const ScratchFolder folder;
  std::string list = "{\"a\":[{}";
  for (int n = 0; n < 1000; ++n) list += ",{}";
  write_bytes(folder / "list", safetensors(list + "]}", ""));
  CHECK_THAT(refusal(folder / "list"), Catch::Contains("nested too deep"));
}

TEST_CASE("safetensors: a zero byte does not end its header") {
  const ScratchFolder folder;
  const std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  for (const char* behind : {"", "garbage}{", R"(,"foo":{"dtype":"F32"}})"}) {
    write_bytes(folder / "w", safetensors(header + std::string(1, '\0') + behind));
    CHECK_THAT(refusal(folder / "w"), Catch::Contains("zero byte"));
  }
  write_bytes(folder / "w", safetensors(header + "   "));
  CHECK(read_state(folder / "w").tensors.size() == 1);
}

TEST_CASE("safetensors: half precision, bfloat16 and double become floats") {
  const ScratchFolder folder;
  const auto read = [&](const char* dtype, const std::string& data) {
    write_bytes(folder / "w",
                safetensors(R"({"w":{"dtype":")"s + dtype + R"(","shape":[2],"data_offsets":[0,)" +
                                std::to_string(data.size()) + "]}}",
                            data));
    return read_state(folder / "w").tensors.at(0).value;
  };
  CHECK(read("F16", number(0x3e00, 2) + number(0x0001, 2)) == Tensor<float>({2}, {1.5F, 0x1p-24F}));
  CHECK(read("BF16", number(0x3fc0, 2) + number(0xc000, 2)) == Tensor<float>({2}, {1.5F, -2.0F}));
  CHECK(read("F64", number(0x3ff8000000000000, 8) + number(0x3ff0000008000000, 8)) ==
        Tensor<float>({2}, {1.5F, 1.0F}));
  CHECK_THROWS_WITH(read("F64", number(0x7fe0000000000000, 8) + number(0, 8)),
                    Catch::Contains("must fit a float"));
}

TEST_CASE("safetensors: what breaks a rule is refused by name") {
  const ScratchFolder folder;
  const std::string path = folder / "w.safetensors", entry = R"("dtype":"F32","shape":[2],"data_offsets")";
  const auto says = [&](const std::string& bytes, const char* what) {
    write_bytes(path, bytes);
    CHECK_THAT(refusal(path), Catch::Contains(what));
  };
  const auto header = [&](const std::string& text, const char* what) { says(safetensors(text), what); };
  header("{\"w\":{" + entry + ":[0,8]}}", "accepted");
  says(number(std::uint64_t{1} << 63, 8) + "{}", "header of 9223372036854775808 bytes");
  says(number(~std::uint64_t{0}, 8) + "{}", "header of");
  says(number(100'000'001, 8) + "{}", "header of");
  says(number(3, 8) + "{}", "header of 3 bytes");
  header("{\"w\":{" + entry + ":[4,12]}}", "no holes");
  header("{\"w\":{" + entry + ":[0,4]}}", "2 numbers of 4 bytes");
  header("{\"w\":{" + entry + ":[8,0]}}", "lies at 8 to 0");
  header("{\"a\":{" + entry + ":[0,8]},\"b\":{" + entry + ":[0,8]}}", "no overlaps");
  header("{\"w\":{" + entry + ":[0,8]},\"w\":{" + entry + ":[0,8]}}", "names w twice");
  header("{\"w\":{\"dtype\":\"F32\"," + entry + ":[0,8]}}", "twice");
  header("{\"w\":{" + entry + ":[0,8],\"dtype\":\"F32\"}}", "twice");
  header("{}", "8 bytes behind its header");
  header(R"({"w":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}})", "has the dtype I32");
  header(R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "another form");
  header(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", "w:");
  header(R"({"w":{"dtype":"F32","shape":[9223372036854775809],"data_offsets":[0,8]}})", "axis of");
  header(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616]}})", "another form");
  header(R"({"w":[1,2]})", "another form");
  header(R"({"w":{"a":{"b":{"c":1}}}})", "nested too deep");
  header("{\"w\":{\"shape\":[" + std::string(200, '[') + "]}}", "nested too deep");
  header(R"({"__metadata__":{"a":1},"w":{)" + entry + ":[0,8]}}", "no text under a");
  header(R"({"__metadata__":{"v":"w"},"v":{)" + entry + R"(:[0,0]},"w":{)" + entry + ":[0,8]}}", "v:");
  header(R"({"w":)", "no JSON");
  header(std::string("{\"\xff\":1}"), "no JSON");
}

TEST_CASE("exchange formats: other files are told apart by what they are") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt";
  const auto says = [&](const std::string& bytes, const char* what) {
    write_bytes(path, bytes);
    CHECK_THAT(refusal(path), Catch::Contains(what));
  };
  says("", "holds no weights");
  says("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", "before 1.6");
  says("\x93NUMPY\x01", "an array of NumPy");
  says("<!DOCTYPE html><html>", "HTML");
  NpzWriter npz(folder / "i.npz");
  npz.add("w", Tensor<std::int64_t>({1}));
  npz.commit();
  CHECK_THAT(refusal(folder / "i.npz"), Catch::Contains("of the type i8"));
  NpzWriter wide(folder / "d.npz");
  wide.add("w", Tensor<double>({1}, {1e300}));
  wide.commit();
  CHECK_THAT(refusal(folder / "d.npz"), Catch::Contains("must fit a float"));
  CHECK_THROWS_AS(read_state(folder / "none"), IoError);
}

TEST_CASE(
    "exchange formats: every truncation and 2,000 changed bytes of each are read or refused, never worse") {
  const ScratchFolder folder;
  for (const Format& format : formats) {
    const std::string path = folder / format.file;
    format.write(path, tiny_state());
    const std::string bytes = bytes_of_file(path);
    INFO(format.file << ", " << bytes.size() << " bytes");
    Random random(1);
    int refused = 0;
    for (int n = 0; n < 2000; ++n) {
      const auto at = static_cast<std::size_t>(random.integer(0, static_cast<Index>(bytes.size()) - 1));
      const char changed = static_cast<char>(bytes[at] ^ static_cast<char>(1 << random.integer(0, 7)));
      put_byte(path, at, changed);
      try {
        read_state(path);
      } catch (const BadData&) {
        ++refused;
      }
      put_byte(path, at, bytes[at]);
    }
    CHECK(bytes_of_file(path) == bytes);
    for (std::size_t length = bytes.size(); length-- > 0;) {
      std::filesystem::resize_file(path, length);
      INFO(length);
      CHECK_THROWS_AS(read_state(path), BadData);
    }
    CHECK(refused > 400);
    if (std::strcmp(format.file, "w.safetensors") != 0) CHECK(refused > 1000);  // zip archives have a CRC
  }
}
