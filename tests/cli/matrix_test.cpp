// fsconv matrix: the matrix of Dumoulin & Visin as printed, and files of W read back.
#include <catch2/catch.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>

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
      " w00 w01 w02   . w10 w11 w12   . w20 w21 w22   .   .   .   .   .\n"
      "   . w00 w01 w02   . w10 w11 w12   . w20 w21 w22   .   .   .   .\n"
      "   .   .   .   . w00 w01 w02   . w10 w11 w12   . w20 w21 w22   .\n"
      "   .   .   .   .   . w00 w01 w02   . w10 w11 w12   . w20 w21 w22\n";
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

TEST_CASE("cli matrix: a picture under another ending than .png is refused before anything is computed") {
  for (const char* name : {"W.jpg", "W.jpeg", "W.svg", "W.pdf", "W.gif", "W", "W.png.bak", "W.pngx", "png"}) {
    const ScratchFolder folder;
    const std::vector<std::string> arguments =
        words(std::string("matrix --input-size 2000,2000 --kernel 9 --picture ") + name);
    const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(5)});
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.find(".png") != std::string::npos);
    CHECK(finished.error_lines() == 1);
    CHECK(folder.files() == 0);
  }
  const ScratchFolder folder;
  matrix_line(folder, "--input-size 4 --kernel 3 --picture W.PNG");
  CHECK(content_of(folder / "W.PNG").starts_with("\x89PNG\r\n\x1a\n"));
}

TEST_CASE("cli matrix: a strided W is not called Toeplitz; how far its rows move is said, in JSON too") {
  const ScratchFolder folder;
  const std::string text = matrix_line(folder, "--input-size 8,8 --kernel 4 --stride 2,1 --padding 1").out;
  CHECK(text.find("block row o+1 is block row o moved right by 2") != std::string::npos);
  CHECK(text.find("axis 1, stride 1: 7 x 8 entries, Toeplitz") != std::string::npos);
  CHECK(text.find("nested Toeplitz") == std::string::npos);
  const auto json = nlohmann::json::parse(
      matrix_line(folder,
                  "--input-size 8,8 --kernel 4 --stride 2,1 --padding 1 --channels 2,4 --groups 2 --json")
          .out);
  const auto& structure = json["structure"];
  CHECK(structure["block_rows"] == 4);
  CHECK(structure["block_columns"] == 2);
  CHECK(structure["groups"] == 2);
  CHECK(structure["axes"][0]["column_step"] == 2);
  CHECK(structure["axes"][0]["toeplitz"] == false);
  CHECK(structure["axes"][1]["toeplitz"] == true);
}

TEST_CASE("cli matrix: stride 2/2 is printed as asked for, and is not stride 1") {
  const ScratchFolder folder;
  CHECK(matrix_line(folder, "--case i3o3k3s2/2p1 --print")
            .out.ends_with("\n w1  .  .\n  . w1  .\n  .  . w1\n"));
  CHECK(matrix_line(folder, "--case i3o3k3p1 --print").out.ends_with("\n w1 w2  .\n w0 w1 w2\n  . w0 w1\n"));
}

TEST_CASE("cli matrix: a W without rows or columns is described, printed and written, and not drawn") {
  const ScratchFolder folder;
  for (const auto& [name, rows, columns] :
       {std::tuple{"i0o2k3p2", 2, 0}, {"i5x4o0x2k3", 0, 20}, {"ic0oc2i3o1k3", 2, 0}}) {
    const std::string line = std::string("--case ") + name;
    const auto json = nlohmann::json::parse(matrix_line(folder, line + " --json --print --output W.npz").out);
    CHECK(json["rows"] == rows);
    CHECK(json["columns"] == columns);
    CHECK(json["nonzeros"] == 0);
    CHECK(json["symbolic"].size() == static_cast<std::size_t>(rows));
    CHECK(values(read_npz(folder / "W.npz", "shape").values) ==
          std::vector<double>{static_cast<double>(rows), static_cast<double>(columns)});
    matrix_line(folder, line + " --print --output W.mtx");
    matrix_line(folder, line + " --output W.h5");
    for (const char* refused : {" --picture W.png", " --symbolic"}) {
      const auto arguments = words("matrix " + line + refused);
      const Finished finished = run_fsconv(arguments, folder.path());
      INFO(description(arguments, finished));
      CHECK(finished.exit_code == 2);
      CHECK(finished.out.empty());
      CHECK(finished.error_lines() == 1);
    }
  }
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
