// Several programs that add to one file at once: nothing is lost.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

// Runs a shell script in the folder; $FSCONV is the program.
int run_script(const ScratchFolder& folder, const std::string& script) {
  set_up_sanitizers();
  put_content(folder / "script", script);
  return std::system(
      ("cd '" + folder.path() + "' && FSCONV='" FSCONV_PROGRAM "' sh script > /dev/null").c_str());
}

}  // namespace

TEST_CASE("cli updates: six programs that write into one file at once all do") {
  const ScratchFolder folder;
  write_array(folder / "w.npy", Tensor<double>({1, 1, 1, 1}, {1}), "f8");
  for (int k = 1; k <= 6; ++k)
    write_array(folder / ("x" + std::to_string(k) + ".npy"), Tensor<double>({1, 1, 2, 2}, {1.0 * k, 2, 3, 4}),
                "f8");
  const std::string six = R"(
run() {
  children=
  for k in 1 2 3 4 5 6; do
    "$FSCONV" apply --op conv --input x$k.npy --weight w.npy --output $1:/r$k & children="$children $!"
  done
  for child in $children; do wait $child || exit 1; done
}
)";
  for (const bool exists : {false, true, true}) {
    if (exists) write_array(folder / "all.h5:/before", Tensor<double>({1}), "f8");
    CHECK(run_script(folder, six + "run all.h5\n") == 0);
    const auto file = hdf5::File::open(folder / "all.h5");
    for (int k = 1; k <= 6; ++k)
      CHECK(file.read<double>("/r" + std::to_string(k)) == Tensor<double>({1, 1, 2, 2}, {1.0 * k, 2, 3, 4}));
    CHECK(file.exists("/before") == exists);
    std::filesystem::remove(folder / "all.h5");
  }
}

TEST_CASE("cli updates: matrices and arrays, through a link and by the file's name") {
  const ScratchFolder folder;
  write_array(folder / "w.npy", Tensor<double>({1, 1, 1}, {3}), "f8");
  write_array(folder / "x.npy", Tensor<double>({1, 1, 2}, {1, 2}), "f8");
  std::filesystem::create_directory(folder / "results");
  std::filesystem::create_symlink("results/all.h5", folder / "link.h5");
  CHECK(run_script(folder, R"(
"$FSCONV" matrix --input-size 3 --kernel 1 --weight w.npy --output link.h5:/W & a=$!
"$FSCONV" matrix --input-size 4 --kernel 1 --weight w.npy --output results/all.h5:/V & b=$!
"$FSCONV" apply --op conv --input x.npy --weight w.npy --output link.h5:/y & c=$!
wait $a && wait $b && wait $c
)") == 0);
  CHECK(std::filesystem::is_symlink(folder / "link.h5"));
  const auto file = hdf5::File::open(folder / "results/all.h5");
  CHECK(file.read<double>("/W/data") == Tensor<double>({3}, {3, 3, 3}));
  CHECK(file.read<double>("/V/data") == Tensor<double>({4}, {3, 3, 3, 3}));
  CHECK(file.read<double>("/y") == Tensor<double>({1, 1, 2}, {3, 6}));
}
