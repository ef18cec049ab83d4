// npy: bytes written by hand, NumPy as the other side, and every kind of broken file.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fstream>
#include <limits>
#include <optional>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

// A file of version 1.0 with this dictionary and these value bytes.
std::string npy_bytes(const std::string& dictionary, const std::string& values) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return bytes + dictionary + values;
}

Array parse(const std::string& bytes) {
  std::size_t position = 0;
  const ByteSource source = [&](std::span<std::byte> into) {
    REQUIRE(position + into.size() <= bytes.size());
    std::memcpy(into.data(), bytes.data() + position, into.size());
    position += into.size();
  };
  return read_npy(source, bytes.size(), "x.npy");
}

Array parse_values(const std::string& descr, const std::string& shape, const std::string& values) {
  return parse(
      npy_bytes("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n", values));
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

}  // namespace

TEST_CASE("npy: values of every type are read from hand-written bytes") {
  using namespace std::string_literals;
  auto first = [](const Array& array) { return array.values[0]; };
  CHECK(first(parse_values("<f8", "(1,)", "\0\0\0\0\0\0\xf8\x3f"s)) == 1.5);
  CHECK(first(parse_values(">f8", "(1,)", "\x3f\xf8\0\0\0\0\0\0"s)) == 1.5);
  CHECK(first(parse_values("<f4", "(1,)", "\0\0\xc0\x3f"s)) == 1.5);
  CHECK(first(parse_values(">f4", "(1,)", "\x3f\xc0\0\0"s)) == 1.5);
  CHECK(first(parse_values("<f2", "(1,)", "\x00\x3e"s)) == 1.5);
  CHECK(first(parse_values("<f2", "(1,)", "\x01\x80"s)) == -std::ldexp(1, -24));  // the smallest subnormal
  CHECK(first(parse_values("<f2", "(1,)", "\x00\xfc"s)) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(first(parse_values("<f2", "(1,)", "\x01\x7c"s))));
  CHECK(first(parse_values("|i1", "(1,)", "\xfe"s)) == -2);
  CHECK(first(parse_values("|u1", "(1,)", "\xfe"s)) == 254);
  CHECK(first(parse_values("<i2", "(1,)", "\xfe\xff"s)) == -2);
  CHECK(first(parse_values(">u2", "(1,)", "\xff\xfe"s)) == 65534);
  CHECK(first(parse_values("<i4", "(1,)", "\xfe\xff\xff\xff"s)) == -2);
  CHECK(first(parse_values("<u4", "(1,)", "\xfe\xff\xff\xff"s)) == 4294967294.0);
  CHECK(first(parse_values(">i8", "(1,)", "\xff\xff\xff\xff\xff\xff\xff\xfe"s)) == -2);
  CHECK(first(parse_values("|b1", "(1,)", "\1"s)) == 1);
  CHECK(parse_values("|b1", "(1,)", "\1"s).dtype == "b1");
  CHECK(parse_values(">f4", "(1,)", "\x3f\xc0\0\0"s).dtype == "f4");
}

TEST_CASE("npy: a type without an order of bytes, or under another name, is what NumPy takes it for") {
  using namespace std::string_literals;
  const std::string one_and_half = "\0\0\0\0\0\0\xf8\x3f"s;
  for (const char* descr : {"f8", "=f8", "|f8", "d", "<d", "float64", "float", "double"}) {
    INFO(descr);
    CHECK(parse_values(descr, "(1,)", one_and_half).values[0] == 1.5);
    CHECK(parse_values(descr, "(1,)", one_and_half).dtype == "f8");
  }
  CHECK(parse_values(">d", "(1,)", "\x3f\xf8\0\0\0\0\0\0"s).values[0] == 1.5);
  for (const char* descr : {"u1", "B", "uint8", "<u1", ">u1"})
    CHECK(parse_values(descr, "(1,)", "\xfe").values[0] == 254);
  for (const char* descr : {"i1", "b", "int8"}) CHECK(parse_values(descr, "(1,)", "\xfe").values[0] == -2);
  for (const char* descr : {"?", "|?", "b1", "bool"}) {
    INFO(descr);
    CHECK(parse_values(descr, "(2,)", "\0\1"s).values == Tensor<double>({2}, {0, 1}));
    CHECK(parse_values(descr, "(2,)", "\0\1"s).dtype == "b1");
  }
  CHECK(parse_values("e", "(1,)", "\x00\x3e"s).values[0] == 1.5);
  CHECK(parse_values("i2", "(1,)", "\xfe\xff"s).values[0] == -2);
}

TEST_CASE("npy: NumPy itself takes these types for the same") {
  FSCONV_NEED_PYTHON("numpy");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import numpy as np
names = ['?', 'bool', 'b1', 'b', 'B', 'h', 'H', 'i', 'I', 'l', 'L', 'q', 'Q', 'e', 'f', 'd', 'float', 'int', 'float16',
         'float32', 'float64', 'double', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64',
         'half', 'single', 'float_', 'byte', 'short', 'intc', 'int_', 'long', 'longlong', 'intp', 'p', 'ubyte', 'ushort', 'uintc',
         'uint', 'ulong', 'ulonglong', 'uintp', 'P',
         'f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '=f8', '|f8', '|i2', '>f4', '>?']
with open('types', 'w') as list_of_types:
    for n, name in enumerate(names):
        header = repr({'descr': name, 'fortran_order': False, 'shape': (3,)}).encode() + b'\n'
        with open(f'{n}.npy', 'wb') as f:
            f.write(b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header + np.array([0, 1, 1], name).tobytes())
        array = np.load(f'{n}.npy')
        assert list(array) == [0, 1, 1], name
        print(name, f'{array.dtype.kind}{array.dtype.itemsize}', file=list_of_types)
)");
  std::ifstream types(folder / "types");
  int read = 0;
  for (std::string name, dtype; types >> name >> dtype; ++read) {
    INFO(name);
    const Array array = read_npy(folder / (std::to_string(read) + ".npy"));
    CHECK(array.values == Tensor<double>({3}, {0, 1, 1}));
    CHECK(array.dtype == dtype);
  }
  CHECK(read == 65);
}

TEST_CASE("npy: integers are read up to 2^53 and not beyond") {
  using namespace std::string_literals;
  const double limit = std::ldexp(1, 53);
  CHECK(parse_values("<i8", "(1,)", "\0\0\0\0\0\0\x20\0"s).values[0] == limit);
  CHECK(parse_values("<u8", "(1,)", "\0\0\0\0\0\0\x20\0"s).values[0] == limit);
  CHECK(parse_values("<i8", "(1,)", "\0\0\0\0\0\0\xe0\xff"s).values[0] == -limit);
  CHECK_THROWS_AS(parse_values("<i8", "(1,)", "\1\0\0\0\0\0\x20\0"s), BadData);
  CHECK_THROWS_AS(parse_values("<u8", "(1,)", "\1\0\0\0\0\0\x20\0"s), BadData);
  CHECK_THROWS_WITH(parse_values("<i8", "(1,)", "\xff\xff\xff\xff\xff\xff\xdf\xff"s),
                    Contains("-9007199254740993") && Contains("2^53"));
  CHECK_THROWS_AS(parse_values("<i8", "(1,)", "\0\0\0\0\0\0\0\x80"s), BadData);  // the most negative number
}

TEST_CASE("npy: Fortran order is turned into C order") {
  using namespace std::string_literals;
  // 0 1 2
  // 3 4 5   by columns
  const Array array =
      parse(npy_bytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", "\0\3\1\4\2\5"s));
  CHECK(array.values == Tensor<double>({2, 3}, {0, 1, 2, 3, 4, 5}));
}

TEST_CASE("npy: bytes and booleans are read as they are, other numbers by a rule, and a check comes first") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  const auto put = [&](const std::string& descr, const char* fortran, const std::string& values) {
    put_content(path,
                npy_bytes("{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': (2, 3), }\n",
                          values));
  };
  const ByteRule tenfold{[](double value) -> std::optional<std::uint8_t> {
                           if (!(value >= 0 && value <= 5)) return std::nullopt;
                           return static_cast<std::uint8_t>(10 * value);
                         },
                         "0 to 5"};
  const auto read = [&](const std::string& descr, const char* fortran, const std::string& values) {
    put(descr, fortran, values);
    return read_npy_bytes(
        path, [](const NpyHeader&) {}, tenfold);
  };
  using Bytes = Tensor<std::uint8_t>;
  const std::string six("\x01\x02\x03\x04\x05\xff", 6), halves("\0\0\0\x38\0\x3c\0\x40\0\x42\0\x44", 12);
  CHECK(read("|u1", "False", six).values == Bytes({2, 3}, {1, 2, 3, 4, 5, 255}));
  CHECK(read("|u1", "True", six).values == Bytes({2, 3}, {1, 3, 5, 2, 4, 255}));
  const ByteArray truth = read("|b1", "False", std::string("\0\x01\x02\0\0\xff", 6));
  CHECK(truth.values == Bytes({2, 3}, {0, 1, 1, 0, 0, 1}));
  CHECK(truth.dtype == "b1");
  CHECK(read("<f2", "False", halves).values == Bytes({2, 3}, {0, 5, 10, 20, 30, 40}));
  CHECK(read("<f2", "True", halves).values == Bytes({2, 3}, {0, 10, 30, 5, 20, 40}));
  CHECK(read("|i1", "False", "\x01\x02\x03\x04\x05\x05").dtype == "i1");

  // The first number that the rule does not take, where it stands in C order.
  CHECK_THROWS_WITH(read("|i1", "False", six), Contains("holds -1 at [1, 2]") && Contains("0 to 5"));
  CHECK_THROWS_WITH(read("|i1", "True", "\x01\x02\x07\x04\x05\x06"), Contains("holds 7 at [0, 1]"));
  CHECK_THROWS_WITH(read("|i1", "True", "\x01\x02\x03\x07\x05\x06"), Contains("holds 7 at [1, 1]"));

  CHECK_THROWS_WITH(read_npy_bytes(
                        path, [](const NpyHeader& header) { throw BadData("x", header.dtype()); }, tenfold),
                    Contains("i1"));
}

TEST_CASE("npy: shapes without axes and without elements") {
  CHECK(parse_values("<f8", "()", zeros(8)).values == Tensor<double>(Shape{}));
  CHECK(parse_values("<f8", "(0, 3)", "").values == Tensor<double>(Shape{0, 3}));
  CHECK(parse(npy_bytes("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 0), }\n", "")).values.shape() ==
        Shape{3, 0});
}

TEST_CASE("npy: every broken file has an error of its own") {
  const std::string good =
      npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", zeros(16));
  REQUIRE(parse(good).values.size() == 2);
  struct Case {
    std::string bytes, message;
  };
  auto dictionary = [](const std::string& text) { return npy_bytes(text, zeros(16)); };
  auto shape = [](const std::string& text) {
    return npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': " + text + "}", zeros(16));
  };
  auto descr = [](const std::string& text) {
    return npy_bytes("{'descr': " + text + ", 'fortran_order': False, 'shape': (2,)}", zeros(16));
  };
  std::string version = good, length = good, long_header(12, '\0');
  version[6] = 4;
  length[9] = 4;  // a header of more bytes than there are
  long_header = std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12);
  const std::vector<Case> cases = {
      {"", "is empty"},
      {good.substr(0, 5), "header ends early"},
      {"PK\3\4" + good.substr(4), "is no npy array"},
      {version, "version 4.0"},
      {length, "header ends early"},
      {long_header, "states an npy header of 2147483647 bytes"},
      {good.substr(0, 40), "header ends early"},
      {good.substr(0, good.size() - 1), "ends early: 2 values of 8 bytes are stated, 15 bytes are there"},
      {good + "x", "1 byte follows the last value"},
      {descr("'|O'"), "Python objects"},
      {descr("'<c16'"), "complex"},
      {descr("'<U3'"), "texts"},
      {descr("'|S3'"), "texts"},
      {descr("'<f16'"), "'<f16' is unknown"},
      {descr("'<M8[ns]'"), "holds times"},
      {descr("'|V8'"), "void"},
      {descr("'<m8[s]'"), "holds times"},
      {descr("''"), "'' is unknown"},
      {descr("'<'"), "'<' is unknown"},
      {descr("'f'8'"), "cannot be understood"},
      {descr("'<\x1b]0;owned\x07\x1b[31m'"), "'<\\x1b]0;owned\\x07\\x1b[31m' is unknown"},
      {descr("[('a', '<f8')]"),
       "holds records of one field, 'a'; save the field you want as an array of its own"},
      {descr("[('a', '<f4'), ('b', '<i8', (2, 3))]"), "holds records of several fields: a, b;"},
      {descr("[('a', [('c', '<f4')]), (('title', 'b'), '<i8')]"), "several fields: a, title;"},
      {descr("[('\x9b"
             "31m', '<f8')]"),
       "one field, '\\x9b31m'"},
      // Lists that end too early, blanks behind them, and brackets that match nothing.
      {dictionary("{'descr': [('a','<f4')   "), "a list of fields does not end"},
      {dictionary("{'descr': [('a', '<f4' \n"), "a list of fields does not end"},
      {dictionary("{'descr': [   "), "a list of fields does not end"},
      {descr("[]"), "a list of fields is empty"},
      {descr("[)('a', '<f4')]"), "a field ends that has not begun"},
      {dictionary("{}"), "needs the keys"},
      {dictionary("hello"), "'{' is missing"},
      {dictionary("{'descr': '<f8'"), "'}' is missing"},
      {dictionary("{'descr': '<f8', 'descr': '<f8', }"), "twice"},
      {dictionary("{'other': 1}"), "'other' is no key"},
      {dictionary("{'\x1b[2J': 1}"), "'\\x1b[2J' is no key"},
      {"<!DOCTYPE html><html><body>not found</body></html>", "it is a web page (HTML)"},
      {"\x1f\x8b\x08 and so on, compressed", "it is a gzip file"},
      {"\x80\x04\x95 a pickle", "it is a pickle of Python"},
      {dictionary("{'descr': '<f8"), "does not end"},
      {descr("'Float32'"), "its type 'Float32' is unknown"},
      {descr("'Single'"), "its type 'Single' is unknown"},
      {descr("'<float32'"), "its type '<float32' is unknown"},
      {descr("'>half'"), "its type '>half' is unknown"},
      {descr("'complex64'"), "holds complex numbers"},
      {descr("'<c8'"), "holds complex numbers"},
      {descr("'F'"), "holds complex numbers"},
      {descr("'object'"), "holds Python objects"},
      {descr("'<U3'"), "holds texts"},
      {descr("'S'"), "holds texts"},
      {descr("'<M8[ns]'"), "holds times"},
      {descr("'datetime64'"), "holds times"},
      {dictionary("{'fortran_order': Maybe"), "True or False"},
      {shape("(2,)") + "", ""},
      {shape("(-2,)"), "no number that an array can have"},
      {shape("(99999999999999999999,)"), "no number that an array can have"},
      {shape("(4611686018427387904, 4)"), "which no array can have"},
      {shape("(0, 4611686018427387904, 4)"), "which no array can have"},
      {shape("(1000000000000,)"), "ends early: 1000000000000 values"},
      {shape("(2, 1.5)"), "')' is missing"},
      {shape("2"), "'(' is missing"},
      {shape("(2,)} {"), "something follows"},
      {shape("(" + std::string(80, '1').replace(1, 79, std::string(79, ',')) + ")"), "no number"},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    if (c.message.empty())
      CHECK_NOTHROW(parse(c.bytes));
    else
      CHECK_THROWS_WITH(parse(c.bytes), Contains("x.npy: ") && Contains(c.message));
    if (!c.message.empty()) CHECK_THROWS_AS(parse(c.bytes), BadData);
  }
}

TEST_CASE("npy: no prefix of a file and no changed header byte crashes or reads past the end") {
  const std::string good =
      npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", zeros(16));
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_THROWS_AS(parse(good.substr(0, length)), BadData);
  int rejected = 0;
  for (std::size_t at = 0; at + 16 < good.size(); ++at)
    for (const int change : {1, 0x20, 0x80, 0xff}) {
      std::string broken = good;
      broken[at] = static_cast<char>(broken[at] ^ change);
      try {
        parse(broken);
      } catch (const BadData&) {
        ++rejected;
      }
    }
  CHECK(rejected > 0);
}

TEST_CASE("npy: files that are not there or no files") {
  const ScratchFolder folder;
  CHECK_THROWS_WITH(read_npy(folder / "none.npy"), Contains("No such file or directory"));
  CHECK_THROWS_WITH(read_npy(folder.path()), Contains("is a directory"));
  CHECK_THROWS_WITH(read_npy("/dev/zero"), Contains("it is a device"));
  CHECK_THROWS_AS(read_npy("/dev/zero"), IoError);
}

TEST_CASE("npy: what is written is read back, bit by bit") {
  const ScratchFolder folder;
  const Tensor<double> values({2, 3},
                              {0, -0.0, 1.0 / 3, 1e300, std::numeric_limits<double>::denorm_min(), -7});
  write_npy(folder / "x.npy", values, "f8");
  CHECK(read_npy(folder / "x.npy").values == values);
  CHECK(read_npy(folder / "x.npy").dtype == "f8");
  const Tensor<float> floats({1, 1, 2}, {0.1f, -3});
  write_npy(folder / "y.npy", floats, "f4");
  CHECK(read_npy(folder / "y.npy").values == cast<double>(floats));
  CHECK(read_npy(folder / "y.npy").dtype == "f4");
  write_npy(folder / "z.npy", floats, "f8");
  CHECK(read_npy(folder / "z.npy").values == cast<double>(floats));
  CHECK(content_of(folder / "z.npy").size() == 128 + 16);  // values begin at a multiple of 64
}

TEST_CASE("npy: a value too large for f4 is rejected, an infinity is not") {
  const ScratchFolder folder;
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(write_npy(folder / "x.npy", Tensor<double>({2}, {1, 1e39}), "f4"), InvalidArgument);
  CHECK(folder.files() == 0);
  write_npy(folder / "x.npy", Tensor<double>({1}, {-infinity}), "f4");
  CHECK(read_npy(folder / "x.npy").values[0] == -infinity);
  CHECK_THROWS_WITH(write_npy(folder / "y.npy", Tensor<double>({1}), "i8"),
                    Contains("'i8' cannot be written"));
}

TEST_CASE("npy: require_finite names the first position") {
  Tensor<double> values({2, 3}, {0, 1, 2, 3, 4, 5});
  CHECK_NOTHROW(require_finite(values, "x.npy"));
  values[4] = std::numeric_limits<double>::quiet_NaN();
  values[5] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(require_finite(values, "x.npy"), Contains("x.npy: holds nan at [1, 1]"));
  values[4] = 0;
  CHECK_THROWS_WITH(require_finite(values, "x.npy"), Contains("holds inf at [1, 2]"));
}

TEST_CASE("npy: NumPy's files are read and ours are read by NumPy") {
  FSCONV_NEED_PYTHON("numpy");
  const ScratchFolder folder;
  const Tensor<double> ours({2, 1, 3}, {1, 2, 3, -4, 0.1, 1e-300});
  write_npy(folder / "ours.npy", ours, "f8");
  write_npy(folder / "scalar.npy", Tensor<double>({}, {7}), "f4");
  write_npy(folder / "line.npy", Tensor<double>({5}), "f4");
  FSCONV_CHECK_PYTHON(folder, R"(
import numpy as np
from numpy.lib import format
ours = np.load('ours.npy')
assert ours.dtype == '<f8' and (ours == [[[1, 2, 3]], [[-4, 0.1, 1e-300]]]).all(), ours
assert np.load('scalar.npy').shape == () and np.load('scalar.npy') == 7 and np.load('scalar.npy').dtype == 'f4'
assert np.load('line.npy').shape == (5,)
base = np.arange(24).reshape(2, 3, 4)
for kind in 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8'.split():
    for order in '<>':
        for layout in 'CF':
            np.save(f'{kind}_{"le" if order == "<" else "be"}_{layout}.npy', np.asarray(base, order + kind, order=layout))
np.save('b1_le_C.npy', base % 2 == 1)
for version in (1, 2, 3):
    with open(f'version{version}.npy', 'wb') as f:
        format.write_array(f, base.astype('f8'), (version, 0))
)");
  std::vector<double> counted(24);
  for (std::size_t at = 0; at < 24; ++at) counted[at] = static_cast<double>(at);
  const Tensor<double> base({2, 3, 4}, counted);
  for (const std::string kind : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
    for (const std::string order : {"_le_", "_be_"})
      for (const std::string layout : {"C", "F"}) {
        const Array array = read_array(folder / (kind + order + layout + ".npy"));
        INFO(kind << order << layout);
        CHECK(array.values == base);
        CHECK(array.dtype == kind);
      }
  for (const std::string version : {"1", "2", "3"})
    CHECK(read_npy(folder / ("version" + version + ".npy")).values == base);
  const Array booleans = read_npy(folder / "b1_le_C.npy");
  for (Index at = 0; at < 24; ++at) CHECK(booleans.values[at] == static_cast<double>(at % 2));
}
