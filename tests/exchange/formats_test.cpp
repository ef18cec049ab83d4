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

#include "io/scratch.hpp"
#include "states.hpp"

using namespace fsconv;
using namespace fsconv::test;
using fsconv::testing::ScratchFolder;
using namespace std::string_literals;

namespace {

struct Format {
  const char* file;
  void (*write)(const std::string&, const ModelState&);
};
constexpr std::array formats = {Format{"w.safetensors", write_safetensors}, Format{"w.npz", write_npz},
                                Format{"w.pt", write_torch}};

ModelState tiny_state() {
  ModelState state;
  state.tensors.push_back({.name = "w", .aliases = {"v"}, .value = {{1, 2}, {1.5F, -2.0F}}});
  return state;
}

std::string number(std::uint64_t value, int width) {
  std::string bytes;
  for (; width > 0; --width, value >>= 8) bytes += static_cast<char>(value & 0xff);
  return bytes;
}

std::string safetensors(const std::string& header, const std::string& data = std::string(8, '\0')) {
  return number(header.size(), 8) + header + data;
}

// A file of PyTorch with this pickle and one storage of 4 floats.
std::string torch_bytes(const ScratchFolder& folder, const std::string& pickle,
                        const std::string& storage = number(0x3f800000, 4) + number(0x40000000, 4) +
                                                     number(0x40400000, 4) + number(0x40800000, 4)) {
  const std::string path = folder / "made.pt";
  ZipWriter zip(path);
  const auto add = [&](const char* name, const std::string& text) {
    zip.add(name, std::array{std::as_bytes(std::span(text))}, 64);
  };
  add("archive/data.pkl", pickle);
  add("archive/data/0", storage);
  zip.commit();
  return bytes_of_file(path);
}

std::string text(const std::string& value) { return "X" + number(value.size(), 4) + value; }
std::string tensor(const std::string& type, const std::string& numel, const std::string& view) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n" + text("0") +
         text("cpu") + numel + "tQ" + view + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
const std::string two_by_two = "K\0(K\x02K\x02t(K\x02K\x01t"s;
std::string dictionary(const std::string& items) {
  return "\x80\x02" + ("ccollections\nOrderedDict\n)R("s) + items + "u.";
}

void put_byte(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at)).put(byte);
}

std::string refusal(const std::string& path) {
  try {
    read_state(path);
  } catch (const BadData& error) {
    return error.what();
  }
  return "accepted";
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
        CHECK(found->aliases == wanted.aliases);
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
    const std::string bytes = bytes_of_file(path);
    CHECK(is_sealed(path));
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      put_byte(path, at, static_cast<char>(bytes[at] ^ 1));
      CHECK_FALSE(is_sealed(path));
      put_byte(path, at, bytes[at]);
    }
    write_bytes(path, bytes + "\n\n");
    CHECK_FALSE(is_sealed(path));
  }
  write_bytes(folder / "other", "fsconv sha256:");
  CHECK_FALSE(is_sealed(folder / "other"));
  write_bytes(folder / "empty", "");
  CHECK_FALSE(is_sealed(folder / "empty"));
}

TEST_CASE("exchange formats: time grows with the number of tensors, not with its square") {
  const ScratchFolder folder;
  std::string header;
  for (int n = 0; n < 30'000; ++n)
    header += (n == 0 ? "{\"" : ",\"") + std::to_string(n) +
              R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  write_bytes(folder / "many", safetensors(header + "}", ""));
  const std::clock_t begin = std::clock();
  CHECK(read_state(folder / "many").tensors.size() == 30'000);
  NpzWriter npz(folder / "many.npz");
  for (int n = 0; n < 5'000; ++n) npz.add(std::to_string(n), Tensor<float>({1}));
  npz.commit();
  CHECK(read_state(folder / "many.npz").tensors.size() == 5'000);
  CHECK(std::clock() - begin < 8 * CLOCKS_PER_SEC);  // it was a minute
  std::string list = "{\"a\":[{}";
  for (int n = 0; n < 1000; ++n) list += ",{}";
  write_bytes(folder / "list", safetensors(list + "]}", ""));
  CHECK_THAT(refusal(folder / "list"), Catch::Contains("nested too deep"));
}

TEST_CASE("torch files: the smallest pickle, byte by byte, and data at multiples of 64 bytes") {
  const ScratchFolder folder;
  write_torch(folder / "w", tiny_state());
  const std::string bytes = bytes_of_file(folder / "w");
  const std::string view = "K\0(K\x01K\x02t(K\x02K\x01t"s;
  const std::string pickle = "\x80\x02"s + "ccollections\nOrderedDict\n)R(" + text("w") +
                             tensor("FloatStorage", "K\x02", view) + text("v") +
                             tensor("FloatStorage", "K\x02", view) + "u}(" + text("check") +
                             "ccollections\nOrderedDict\n)R(u" + text("fsconv") + "}(uub.";
  const auto at = bytes.find(pickle);
  REQUIRE(at != std::string::npos);
  CHECK(at % 64 == 0);
  CHECK(bytes.find(number(0x3fc00000, 4) + number(0xc0000000, 4)) % 64 == 0);
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

TEST_CASE("torch files: views, kinds of numbers and nesting") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt";
  const auto read = [&](const std::string& pickle, const std::string& storage = {}) {
    write_bytes(path, storage.empty() ? torch_bytes(folder, pickle) : torch_bytes(folder, pickle, storage));
    return read_state(path).tensors;
  };
  const std::string whole = tensor("FloatStorage", "K\x04", two_by_two);
  const std::string turned = tensor("FloatStorage", "K\x04", "K\0(K\x02K\x02t(K\x01K\x02t"s);
  const auto tensors = read(dictionary(text("a") + whole + text("b") + whole + text("c") + turned +
                                       text("d") + tensor("FloatStorage", "K\x04", "K\x01(K\x02t(K\x02t"s)));
  REQUIRE(tensors.size() == 2);
  CHECK(tensors[0].value == Tensor<float>({2, 2}, {1, 2, 3, 4}));
  CHECK(tensors[0].aliases == std::vector<std::string>{"b"});
  CHECK(tensors[0].transposed == std::vector<std::string>{"c"});
  CHECK(tensors[1].value == Tensor<float>({2}, {2, 4}));
  CHECK(read(dictionary(text("c") + turned)).at(0).value == Tensor<float>({2, 2}, {1, 3, 2, 4}));

  const std::string nested = "\x80\x02}(" + text("epoch") + "K\x03" + text("state_dict") + "}(" + text("a") +
                             "}" + text("b") + whole + "s" + "uu.";
  CHECK(read(nested).at(0).name == "a.b");
  const std::string parameter =
      "ctorch._utils\n_rebuild_parameter\n" + whole + "\x88" + "ccollections\nOrderedDict\n)R\x87R";
  CHECK(read(dictionary(text("p") + parameter)).at(0).value.size() == 4);
  CHECK(read(dictionary(text("h") + tensor("HalfStorage", "K\x02", "K\0(K\x02t(K\x01t"s)),
             number(0x3e00, 2) + number(0xc000, 2))
            .at(0)
            .value == Tensor<float>({2}, {1.5F, -2.0F}));
  CHECK(read(dictionary(text("h") + tensor("BFloat16Storage", "K\x02", "K\0(K\x02t(K\x01t"s)),
             number(0x3fc0, 2) + number(0xc000, 2))
            .at(0)
            .value == Tensor<float>({2}, {1.5F, -2.0F}));
}

TEST_CASE("torch files: nothing is run, and what is not needed is refused by name") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt";
  const auto says = [&](const std::string& pickle, const char* what) {
    INFO(what);
    write_bytes(path, torch_bytes(folder, pickle));
    CHECK_THAT(refusal(path), Catch::Contains(what));
  };
  const auto view = [&](const std::string& of, const char* what, const std::string& type = "FloatStorage",
                        const std::string& numel = "K\x04") {
    says(dictionary(text("w") + tensor(type, numel, of)), what);
  };
  const std::string head = "\x80\x02";
  says(head + "cposix\nsystem\n" + text("touch " + (folder / "hacked")) + "\x85R.",
       "at byte 2 names posix.system");
  says(head + "c__builtin__\neval\n" + text("1") + "\x85R.", "names __builtin__.eval");
  says(head + "c__main__\nNet\n)\x81.", "names __main__.Net");
  says(head + ")\x81.", "opcode 0x81");
  says(head + "(i__main__\nNet\n.", "0x69 'i'");
  says(head + "ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage");
  says("\x80\x04}.", "protocol 4");
  says(head + "}", "ends early");
  says(head + "}.}", "1 bytes follow");
  says(head + "}}.", "left over");
  says(head + "K\x01.", "something else than a dictionary");
  says(head + "}K\x01s.", "takes a value");
  says(head + "t.", "goes back to a mark");
  says(head + "h\x05.", "never kept");
  says(head + "](K\x01u.", "without a value");
  says(head + "}(K\x01u.", "without a value");
  says(head + "\x8a\x09" + std::string(9, '\1') + ".", "integer of 9 bytes");
  says(head + "X" + number(0xffffffff, 4) + "a.", "ends early");
  says(head + text("x") + "\x85Q.", "something else than a storage");
  view("K\0(K\x05t(K\x01t"s, "of a storage of 4");
  view("K\0(K\x04t(K\x02t"s, "beyond its storage");
  view("K\x01(K\x04t(K\x01t"s, "beyond its storage");
  view("K\0(K\x02K\x02t(K\x02t"s, "more sizes than strides");
  view("K\0(J\xff\xff\xff\xfft(K\x01t"s, "shape that is none");
  view("K\0(\x8a\x08"s + number(1ULL << 62, 8) + "K\x04t(K\0K\0t"s, "w");
  view("K\0(K\x02t(\x8a\x08"s + number((1ULL << 63) - 1, 8) + "t", "beyond its storage");
  view(two_by_two, "lies in a torch.LongStorage", "LongStorage", "K\x02");
  view(two_by_two, "lies in 16 bytes", "FloatStorage", "K\x05");
  view(two_by_two, "lies in 16 bytes", "DoubleStorage");
  const std::string whole = tensor("FloatStorage", "K\x04", two_by_two);
  says(dictionary(text("w") + whole + text("w") + whole), "names w twice");

  // A dictionary in itself, and one that leads to a hundred thousand million tensors.
  says(head + "}q\0("s + text("a") + "h\0u."s, "16 deep");
  std::string bomb = head + "}(" + text("t") + whole + "uq\0"s;
  for (char level = 1; level < 12; ++level) {
    bomb += "}(";
    for (char n = 'a'; n < 'k'; ++n) bomb += text(std::string(1, n)) + "h" + static_cast<char>(level - 1);
    bomb += "uq"s + level;
  }
  // What is below on the stack is taken by a tuple, so that the last one is left.
  says(head + "(" + bomb.substr(2) + "t.", "something else than a dictionary");
  says(head + "}(" + text("bomb") + "(" + bomb.substr(2) + "tq\x50" + text("x") + "h\x0bu.",
       "100000 entries");
  says(head + std::string(2'000'000, 'N') + ".", "1000000 values");
  // Many views of the same numbers are no many numbers.
  std::string views;
  for (int n = 0; n < 200; ++n)
    views +=
        text("v" + std::to_string(n)) +
        tensor("FloatStorage", "K\x04", "K\0(K\x04t(M"s + number(static_cast<std::uint64_t>(n), 2) + "t");
  CHECK_THAT((write_bytes(path, torch_bytes(folder, dictionary(views))), refusal(path)),
             Catch::Contains("storage"));
  CHECK_FALSE(std::filesystem::exists(folder / "hacked"));
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
