// fsconv matrix: the matrix of Dumoulin & Visin as printed, and files of W read back.
#include <catch2/catch.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5.hpp>
#include <fsconv/io/npz.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

Finished matrix_line(const ScratchFolder& folder, const std::string& line) {
  const std::vector<std::string> arguments = words("matrix " + line);
  Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return finished;
}

// i6 o3 k3 s2 p1 with weights 1 2 3: row o has w[k] in column 2*o + k - 1, so W is
//   2 3 . . . .
//   . 1 2 3 . .
//   . . . 1 2 3
constexpr auto line_of_w = "--input-size 6 --kernel 3 --stride 2 --padding 1 --weight w.npy --output ";
const std::vector<double> w_data = {2, 3, 1, 2, 3, 1, 2, 3};
const std::vector<double> w_rows = {0, 0, 1, 1, 1, 2, 2, 2};
const std::vector<double> w_columns_start = {0, 1, 3, 4, 6, 7, 8};

void write_weight(const ScratchFolder& folder) {
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f8");
}

std::vector<double> values(const Tensor<double>& tensor) { return {tensor.begin(), tensor.end()}; }

}  // namespace

TEST_CASE("cli matrix: --print shows the 4x16 matrix of [DV16] section 4.1") {
  const ScratchFolder folder;
  const Finished finished = matrix_line(folder, "--input-size 4,4 --kernel 3 --print");
  const std::string expected =
      "w00 w01 w02   . w10 w11 w12   . w20 w21 w22   .   .   .   .   . \n"
      "  . w00 w01 w02   . w10 w11 w12   . w20 w21 w22   .   .   .   . \n"
      "  .   .   .   . w00 w01 w02   . w10 w11 w12   . w20 w21 w22   . \n"
      "  .   .   .   .   . w00 w01 w02   . w10 w11 w12   . w20 w21 w22 \n";
  CHECK(finished.out.ends_with("\n" + expected));
  CHECK(finished.out.find("4 x 16") != std::string::npos);
  CHECK(finished.out.find("36") != std::string::npos);  // nonzeros
  CHECK(finished.err.empty());
}

TEST_CASE("cli matrix: what is too large to print is refused before anything is computed") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments =
      words("matrix --input-size 300,300 --kernel 3 --print --output W.npz");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.find("print") != std::string::npos);
  CHECK(folder.files() == 0);
}

TEST_CASE("cli matrix: .npz holds scipy's compressed columns") {
  const ScratchFolder folder;
  write_weight(folder);
  matrix_line(folder, std::string(line_of_w) + "W.npz");
  CHECK(values(read_npz(folder / "W.npz", "data").values) == w_data);
  CHECK(values(read_npz(folder / "W.npz", "indices").values) == w_rows);
  CHECK(values(read_npz(folder / "W.npz", "indptr").values) == w_columns_start);
  CHECK(values(read_npz(folder / "W.npz", "shape").values) == std::vector<double>{3, 6});
}

TEST_CASE("cli matrix: .h5 holds the same arrays, beside what was there") {
  const ScratchFolder folder;
  write_weight(folder);
  write_array(folder / "W.h5:/other", Tensor<double>({2}, {7, 8}), "f8");
  matrix_line(folder, std::string(line_of_w) + "W.h5:/operators/w");
  const auto file = hdf5::File::open(folder / "W.h5");
  CHECK(values(file.read<double>("/operators/w/data")) == w_data);
  CHECK(values(file.read<double>("/operators/w/indices")) == w_rows);
  CHECK(values(file.read<double>("/operators/w/indptr")) == w_columns_start);
  CHECK(values(file.read<double>("/operators/w/shape")) == std::vector<double>{3, 6});
  CHECK(file.string_attribute("/operators/w", "format") == "csc");
  CHECK(values(file.read<double>("/other")) == std::vector<double>{7, 8});
}

TEST_CASE("cli matrix: .mtx lists row, column and value from 1 on") {
  const ScratchFolder folder;
  write_weight(folder);
  matrix_line(folder, std::string(line_of_w) + "W.mtx");
  std::istringstream text(content_of(folder / "W.mtx"));
  std::string line;
  std::getline(text, line);
  CHECK(line == "%%MatrixMarket matrix coordinate real general");
  while (text.peek() == '%') std::getline(text, line);
  std::vector<double> numbers;
  for (double number; text >> number;) numbers.push_back(number);
  CHECK(numbers ==
        std::vector<double>{3, 6, 8, 1, 1, 2, 1, 2, 3, 2, 2, 1, 2, 3, 2, 2, 4, 3, 3, 4, 1, 3, 5, 2, 3, 6, 3});
}

TEST_CASE("cli matrix: the picture is a PNG") {
  const ScratchFolder folder;
  matrix_line(folder, "--input-size 12,12 --kernel 3 --stride 2 --padding same --picture W.png");
  const std::string png = content_of(folder / "W.png");
  CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
  CHECK(png.ends_with("IEND\xae\x42\x60\x82"));
  CHECK(folder.files() == 1);
}

TEST_CASE("cli matrix: --json has the figures, and the seed decides the weights") {
  const ScratchFolder folder;
  const auto json =
      nlohmann::json::parse(matrix_line(folder, "--input-size 4,4 --kernel 3 --json --output a.npz").out);
  CHECK(json["rows"] == 4);
  CHECK(json["columns"] == 16);
  CHECK(json["nonzeros"] == 36);
  matrix_line(folder, "--input-size 4,4 --kernel 3 --output b.npz --seed 0");
  matrix_line(folder, "--input-size 4,4 --kernel 3 --output c.npz --seed 1");
  CHECK(content_of(folder / "a.npz") == content_of(folder / "b.npz"));
  CHECK(content_of(folder / "a.npz") != content_of(folder / "c.npz"));
}
