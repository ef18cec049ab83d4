// Files of PyTorch: what is read, and what is refused because no weights need it.
// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <catch2/catch.hpp>
#include <fsconv/exchange/pickle.hpp>
#include <fsconv/exchange/torch_file.hpp>

#include "made_files.hpp"

using namespace fsconv;
using namespace fsconv::test;

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

TEST_CASE("torch files: numbers of either order of bytes, and none of another") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt";
  const auto write = [&](const std::string& type, const std::string& storage, const std::string& order) {
    write_bytes(path, torch_bytes(folder, dictionary(text("w") + tensor(type, "K\x02", "K\0(K\x02t(K\x01t"s)),
                                  storage, order));
  };
  const Tensor<float> wanted({2}, {1.5F, -2.0F});
  const std::vector<std::pair<std::string, std::string>> of_types = {
      {"FloatStorage", number(0x3fc00000, 4) + number(0xc0000000, 4)},
      {"HalfStorage", number(0x3e00, 2) + number(0xc000, 2)},
      {"BFloat16Storage", number(0x3fc0, 2) + number(0xc000, 2)},
      {"DoubleStorage", number(0x3ff8000000000000, 8) + number(0xc000000000000000, 8)}};
  for (const auto& [type, storage] : of_types) {
    INFO(type);
    write(type, storage, "little");
    CHECK(read_state(path).tensors.at(0).value == wanted);
    const std::string turned(storage.rbegin(), storage.rend());  // both numbers, the second one first
    const std::size_t half = turned.size() / 2;
    write(type, turned.substr(half) + turned.substr(0, half), "big");
    CHECK(read_state(path).tensors.at(0).value == wanted);
  }
  for (const char* order : {"middle", "littler", "bi", "big\n"}) {
    INFO(order);
    write(of_types[0].first, of_types[0].second, order);
    CHECK_THAT(refusal(path), Catch::Contains("archive/byteorder") && Catch::Contains("little or big"));
  }
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
  says(head + "}.}", "1 byte follows");
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
  std::string bomb = "}(" + text("t") + whole + "uq\0"s;
  for (char level = 1; level < 12; ++level) {
    std::string items = text("a") + bomb;
    for (char n = 'b'; n < 'k'; ++n) items += text(std::string(1, n)) + "h" + static_cast<char>(level - 1);
    bomb = "}(" + items + "uq"s + level;
  }
  says(head + bomb + ".", "100000 entries");
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

TEST_CASE("torch files: a storage has one type and one size, whatever name it is read under") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt";
  const auto says = [&](const std::string& first, const std::string& second, const char* what) {
    INFO(what);
    write_bytes(path, torch_bytes(folder, dictionary(text("a") + first + text("b") + second)));
    CHECK_THAT(refusal(path), Catch::Contains(what));
  };
  const std::string two = "K\0(K\x02t(K\x01t"s, turned = "K\0(K\x02K\x02t(K\x01K\x02t"s;
  const std::string floats = tensor("FloatStorage", "K\x04", two),
                    square = tensor("FloatStorage", "K\x04", two_by_two);
  says(floats, floats, "accepted");
  says(floats, tensor("DoubleStorage", "K\x02", two),
       "b: reads a torch.FloatStorage as a torch.DoubleStorage");
  says(floats, tensor("HalfStorage", "K\x08", two), "as a torch.HalfStorage");
  says(floats, tensor("LongStorage", "K\x02", two), "as a torch.LongStorage");
  says(tensor("HalfStorage", "K\x08", two), floats, "as a torch.FloatStorage");
  says(floats, tensor("FloatStorage", "K\x05", two), "takes 5 numbers from a storage of 4");
  says(floats, tensor("FloatStorage", "K\x02", two), "takes 2 numbers from a storage of 4");
  says(square, tensor("DoubleStorage", "K\x04", turned), "as a torch.DoubleStorage");
  says(square, tensor("FloatStorage", "K\x07", turned), "takes 7 numbers");
}

TEST_CASE("torch files: a view stays within its storage") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt", most = "\x8a\x08" + number((1ULL << 63) - 1, 8);
  const auto read = [&](const std::string& view) {
    write_bytes(path, torch_bytes(folder, dictionary(text("w") + tensor("FloatStorage", "K\x04", view))));
    return refusal(path);
  };
  using Catch::Contains;
  CHECK(read("K\x03(K\x01t(K\x01t") == "accepted");
  CHECK_THAT(read("K\x04(K\x01t(K\x01t"), Contains("beyond its storage"));
  CHECK_THAT(read("K\0(K\x02K\x02t(K\x02K\x02t"s), Contains("beyond its storage"));
  CHECK_THAT(read(most + "(K\x02t(K\x01t"), Contains("beyond its storage"));
  CHECK_THAT(read("K\x01(K\x02K\x02t(" + most + most + "t"), Contains("beyond its storage"));
  CHECK_THAT(read("J\xff\xff\xff\xff(K\x02t(K\x01t"), Contains("begins a tensor at -1"));
  CHECK_THAT(read("K\x03(K\x02t(J\xff\xff\xff\xfft"), Contains("a shape that is none"));
  // An axis of one goes nowhere, however long its step.
  CHECK(read("K\x01(K\x01K\x02t(" + most + "K\x02t") == "accepted");
  CHECK(read_state(path).tensors.at(0).value == Tensor<float>({1, 2}, {2, 4}));
  const auto ones = [](int axes) {
    std::string tuple = "(";
    for (int n = 0; n < axes; ++n) tuple += "K\x01";
    return tuple + "t";
  };
  CHECK(read("K\0"s + ones(8) + ones(8)) == "accepted");
  CHECK_THAT(read("K\0"s + ones(9) + ones(9)), Contains("gives a tensor 9 axes"));
}

TEST_CASE("torch files: a tensor without a name is refused, numbers without one are passed over") {
  const ScratchFolder folder;
  const std::string path = folder / "w.pt", whole = tensor("FloatStorage", "K\x04", two_by_two);
  const auto says = [&](const std::string& items, const char* what) {
    INFO(what);
    write_bytes(path, torch_bytes(folder, dictionary(text("w") + whole + items)));
    CHECK_THAT(refusal(path), Catch::Contains(what));
  };
  says("K\x07" + whole, "w.pt: holds a tensor under the number 7");
  says("N" + whole, "under a key that is no text");
  says("K\x07}" + text("x") + whole + "s", "under the number 7");
  says(text("o") + "}" + text("state") + "}K\0"s + whole + "ss",
       "w.pt:o.state: holds a tensor under the number 0");
  says(text("l") + "]" + whole + "a", "w.pt:l: holds a tensor in a list");
  says(text("l") + whole + "\x85", "w.pt:l: holds a tensor in a tuple");
  says(text("l") + "]}" + text("x") + "]" + whole + "asa", "w.pt:l: holds a tensor in a list");
  says(text("l") + "]K\x01\x85" + "aK\x02" + "]K\x03" + "a", "accepted");
  // A list in itself, and lists of lists that lead to one value in 10^12 ways.
  says(text("l") + "]q\1h\1a", "accepted");
  std::string many = "]q\1N" + "a"s;
  for (char level = 2; level < 14; ++level) {
    many += "]q"s + level + "(";
    for (int n = 0; n < 10; ++n) many += "h"s + static_cast<char>(level - 1);
    many += "e";
  }
  says(text("t") + "(" + many + "t", "accepted");
}

TEST_CASE("pickles: what is recalled again and again takes no more memory than a value") {
  constexpr std::size_t times = 200'000;
  const auto bytes_held = [&](const std::string& made_once, const std::string& each) {
    std::string pickle = "\x80\x02(" + made_once;
    for (std::size_t n = 0; n < times; ++n) pickle += each;
    pickle += "t.";
    const auto held = [] {
      const auto now = ::mallinfo2();
      return static_cast<double>(now.uordblks) + static_cast<double>(now.hblkhd);
    };
    const auto before = held();
    const Pickle read(std::as_bytes(std::span(pickle)), "p");
    CHECK(read.root().items.size() > times);
    return held() - before;
  };
  const std::string key(256, 'k'), axes = "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t";
  const std::string storage =
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + "K\x01tq\1";
  const std::string view = "ctorch._utils\n_rebuild_tensor_v2\nq\2("s + storage + "Q" + "K\0"s + axes + axes +
                           "\x89" + "ccollections\nOrderedDict\n)Rtq\3";
  const std::string parameter =
      "ctorch._utils\n_rebuild_parameter\nq\4h\2h\3R\x88"s + "ccollections\nOrderedDict\n)R\x87q\5";
  // A node, and a piece of the heap for at most three pointers; one pointer to it on the stack and one in the tuple.
  constexpr double most =
      (sizeof(PickleNode) + 48 + 2 * sizeof(void*)) * 1.25;  // blocks of nodes, vectors that grow
  STATIC_REQUIRE(sizeof(PickleNode) <= 64);
  CHECK(bytes_held(storage, "h\1Q") < most * times);
  CHECK(bytes_held(view, "h\2h\3R") < most * times);
  CHECK(bytes_held(view + parameter, "h\4h\5R") < most * times);
}
