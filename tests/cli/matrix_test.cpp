// fsconv matrix: the matrix of Dumoulin & Visin as printed, and files of W read back.
// SPDX-License-Identifier: Apache-2.0
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
const std::vector<double> w_data_by_rows = {2, 3, 1, 2, 3, 1, 2, 3};
const std::vector<double> w_rows = {0, 0, 1, 1, 1, 2, 2, 2};
const std::vector<double> w_columns_start = {0, 1, 3, 4, 6, 7, 8};

void write_weight(const ScratchFolder& folder) {
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f8");
}

std::vector<double> values(const Tensor<double>& tensor) { return {tensor.begin(), tensor.end()}; }

}  // namespace

TEST_CASE("cli matrix: a seed of weights that are not drawn is refused") {
  const ScratchFolder folder;
  const Finished refused =
      run_fsconv(words("matrix --weight bilinear:2 --input-size 5 --seed 3"), folder.path());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Catch::Contains("seed") && Catch::Contains("would have no effect"));
  const Finished way = run_fsconv(words("matrix --case i6o3k3s2p1 --op conv_transpose"), folder.path());
  CHECK(way.exit_code == 2);
  CHECK_THAT(way.err, Catch::Contains("op") && Catch::Contains("would have no effect"));
}

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

TEST_CASE("cli matrix: --transpose describes, prints, writes and draws W^T") {
  const ScratchFolder folder;
  write_weight(folder);
  const std::string out =
      matrix_line(folder, std::string(line_of_w) + "T.npz --transpose --print --picture T.png").out;
  CHECK(out.starts_with("W^T  ic1oc1i6o3k3s2p1\nsize        6 x 3 (image pixels x code pixels)\n"));
  CHECK(out.ends_with("\n w1  .  .\n w2 w0  .\n  . w1  .\n  . w2 w0\n  .  . w1\n  .  . w2\n"));
  // Column o of W^T is row o of W.
  CHECK(values(read_npz(folder / "T.npz", "data").values) == w_data_by_rows);
  CHECK(values(read_npz(folder / "T.npz", "indices").values) == std::vector<double>{0, 1, 1, 2, 3, 3, 4, 5});
  CHECK(values(read_npz(folder / "T.npz", "indptr").values) == std::vector<double>{0, 2, 5, 8});
  CHECK(values(read_npz(folder / "T.npz", "shape").values) == std::vector<double>{6, 3});
  matrix_line(folder, std::string(line_of_w) + "T.h5 --transpose");
  const auto file = hdf5::File::open(folder / "T.h5");
  CHECK(values(file.read<double>("/matrix/data")) == w_data_by_rows);
  CHECK(file.string_attribute("/matrix", "comment") == "W^T of ic1oc1i6o3k3s2p1");
  matrix_line(folder, std::string(line_of_w) + "T.mtx --transpose");
  CHECK(content_of(folder / "T.mtx").find("\n6 3 8\n1 1 2\n2 1 3\n2 2 1\n") != std::string::npos);
  // W has twice as many columns as rows, and W^T stands upright.
  matrix_line(folder, "--case i40x40o20x20k3s2p1 --picture wide.svg");
  matrix_line(folder, "--case i40x40o20x20k3s2p1 --transpose --picture high.svg");
  const auto size = [&](const char* name) {
    const std::string svg = content_of(folder / name);
    const std::size_t at = svg.find("viewBox=\"0 0 ") + 13;
    std::size_t used = 0;
    const double width = std::stod(svg.substr(at), &used);
    return std::pair{width, std::stod(svg.substr(at + used))};
  };
  CHECK(size("wide.svg").first > size("wide.svg").second);
  CHECK(size("high.svg").first < size("high.svg").second);
  const auto json =
      nlohmann::json::parse(matrix_line(folder, "--case i6o3k3s2p1 --transpose --json --print").out);
  CHECK(json["transposed"] == true);
  CHECK(json["rows"] == 6);
  CHECK(json["symbolic"][1] == nlohmann::json({"w2", "w0", "0"}));
}

TEST_CASE("cli matrix: --spectrum says rank, null space and singular values, and writes them") {
  const ScratchFolder folder;
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 1, 1}), "f8");
  const std::string line = "--input-size 5 --kernel 3 --padding 1 --weight w.npy --spectrum ";
  const std::string out = matrix_line(folder, line).out;
  CHECK(
      out.find(
          "\nrank        4 of 5 rows and 5 columns, certain\n            5 for almost all weights, certain\n") !=
      std::string::npos);
  CHECK(out.find("\nmaps to 0   W: 1 dimension of images; W^T: 1 dimension of codes\n") != std::string::npos);
  CHECK(out.find("\nsigma       2.732 2 1 0.7321") != std::string::npos);
  const auto json = nlohmann::json::parse(
      matrix_line(folder, line + "--json --output W.h5:/w --null-space zeros.npy").out)["spectrum"];
  CHECK(json["rank"] == nlohmann::json({{"rank", 4}, {"certain", true}, {"log2_doubt", nullptr}}));
  CHECK(json["generic_rank"]["rank"] == 5);
  CHECK(json["null_space"] == 1);
  CHECK(json["singular_values"].size() == 5);
  CHECK(json["kept"] == 0.8);
  const auto file = hdf5::File::open(folder / "W.h5");
  CHECK(file.integer_attribute("/w", "rank") == 4);
  CHECK(file.read<double>("/w/singular_values")[1] == Approx(2));
  // What the mean of three neighbours maps to 0: 1 -1 0 1 -1, of length 1 and with either sign.
  const Tensor<double> zeros = read_array(folder / "zeros.npy").values;
  CHECK(zeros.shape() == Shape{1, 1, 5});
  for (Index at = 0; at < 5; ++at)
    CHECK(zeros[at] / zeros[0] ==
          Approx(std::vector<double>{1, -1, 0, 1, -1}[static_cast<std::size_t>(at)]).margin(1e-12));
  matrix_line(folder, "--case ic1oc3i4o2k3 --spectrum --transpose --null-space codes.npy");
  CHECK(read_array(folder / "codes.npy").values.shape() == Shape{2, 3, 2});  // W is 6 x 4
  // Of full rank there is no vector to write, and no mistake.
  for (const std::string none : {"none.npy", "none.h5:/zeros"}) {
    const Finished full = matrix_line(folder, "--case ic1oc3i4o2k3 --spectrum --null-space " + none);
    CHECK_THAT(full.err, Catch::Contains("its null space is {0}: W maps only 0 to 0"));
    CHECK(read_array(folder / none).values.shape() == Shape{0, 1, 4});
  }
}

TEST_CASE("cli matrix: a spectrum that would take minutes, or null spaces without one, are refused") {
  const ScratchFolder folder;
  for (const char* line : {"--input-size 64,64 --kernel 3 --padding 1 --spectrum --output W.npz",
                           "--input-size 4 --kernel 3 --null-space z.npy",
                           "--input-size 4 --kernel 3 --spectrum --null-space z.txt",
                           "--input-size 90,90 --kernel 3 --spectrum --null-space z.npy"}) {
    const std::vector<std::string> arguments = words(std::string("matrix ") + line);
    const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(5)});
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.error_lines() == 1);
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("cli matrix: the picture is a PNG") {
  const ScratchFolder folder;
  matrix_line(folder, "--input-size 12,12 --kernel 3 --stride 2 --padding same --picture W.png");
  const std::string png = content_of(folder / "W.png");
  CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
  CHECK(png.ends_with("IEND\xae\x42\x60\x82"));
  CHECK(folder.files() == 1);
}

TEST_CASE("cli matrix: a picture under an ending that is not drawn is refused before anything is computed") {
  for (const char* name : {"W.jpg", "W.jpeg", "W.pdf", "W.bmp", "W", "W.png.bak", "W.pngx", "png"}) {
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
