// Every false belief is shown to be false, and what refutes nothing is rejected.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/beliefs/beliefs.hpp>
#include <fstream>

using namespace fsconv;

namespace {

struct Case {
  std::string belief;
  Counterexample counterexample;
  std::vector<double> believed, actual;  // computed by hand, from the definition
};

// The smallest counterexamples.
std::vector<Case> cases() {
  return {
      {"code_size_determines_image_size",
       {{"in", 1}, {"other_in", 2}, {"taps", 1}, {"down", 2}, {"dilation", 1}, {"pad", 0}, {"pad_end", 0}},
       {1},
       {1, 0}},
      {"division_truncates",
       {{"in", 1}, {"taps", 2}, {"down", 2}, {"dilation", 1}, {"pad", 0}, {"pad_end", 0}},
       {1},
       {}},
      {"divisible_kernel_is_even",
       {{"taps", 2}, {"down", 2}, {"w0", 2}, {"w1", 1}, {"w2", 0}, {"w3", 0}},
       {1.5, 1.5, 1.5, 1.5},
       {1, 2, 1, 2}},
      // Rows 1 1 0 and 0 1 1, along a line of ones.
      {"equal_sums_are_resize",
       {{"taps_0", 2},
        {"taps_1", 3},
        {"w00", 1},
        {"w01", 1},
        {"w02", 0},
        {"w10", 0},
        {"w11", 1},
        {"w12", 1},
        {"w20", 0},
        {"w21", 0},
        {"w22", 0}},
       {.5, 1, .5, .5, 1, .5},
       {0, 1, 1, 1, 1, 0}},
      {"even_half_keeps_size", {{"in", 1}, {"taps", 2}, {"dilation", 1}}, {2}, {2, 1}},
      // w - y*(w*y - t): 1 - (1 - 0) = 0 and 1 - (1 - 1) = 1.
      {"icnr_stays_even", {{"y", 1}, {"w", 1}, {"t0", 0}, {"t1", 1}}, {.5, .5, .5, .5}, {1, 0, 1, 0}},
      {"inverse",
       {{"in", 2},
        {"out", 1},
        {"taps", 2},
        {"down", 1},
        {"dilation", 1},
        {"pad", 0},
        {"k", 0},
        {"l", 1},
        {"w_k", 1},
        {"w_l", 1}},
       {1, 10},
       {11, 11}},
      {"keras_none_is_zero", {{"out", 1}, {"taps", 3}, {"down", 2}}, {2}, {1, 2}},
      {"no_flip",
       {{"in", 2}, {"out", 1}, {"taps", 2}, {"down", 1}, {"dilation", 1}, {"pad", 0}},
       {2, 1},
       {1, 2}},
      {"output_padding_is_n_mod_s",
       {{"in", 1}, {"taps", 1}, {"down", 2}, {"dilation", 1}, {"pad", 0}, {"pad_end", 0}},
       {1, 0},
       {1}},
      {"output_padding_is_zeros",
       {{"out", 1},
        {"taps", 3},
        {"down", 2},
        {"dilation", 1},
        {"pad", 1},
        {"pad_end", 1},
        {"output_padding", 1}},
       {2, 0},
       {2, 3}},
      {"output_padding_of_the_stride",
       {{"out", 1},
        {"taps", 1},
        {"down", 1},
        {"dilation", 1},
        {"pad", 0},
        {"pad_end", 0},
        {"output_padding", 1}},
       {1},
       {1, 0}},
      {"output_shape_means_the_same",
       {{"in", 2}, {"out", 2}, {"taps", 2}, {"down", 1}, {"dilation", 1}},
       {12, 20},
       {1, 12}},
      {"overlap_ignores_dilation", {{"taps", 2}, {"down", 2}, {"dilation", 2}}, {1, 1, 1, 1}, {2, 0, 2, 0}},
      {"overlap_is_even", {{"taps", 3}, {"down", 2}}, {1.5, 1.5, 1.5, 1.5}, {2, 1, 2, 1}},
      {"right_size_is_enough",
       {{"out", 1}, {"taps", 3}, {"down", 2}, {"dilation", 1}, {"padding", 1}, {"output_padding", 1}},
       {2, 3},
       {1, 2}},
      {"same_pads_from_code",
       {{"in", 3}, {"taps", 3}, {"down", 2}, {"dilation", 1}},
       {1, 2, 13},
       {2, 13, 20}},
      {"same_pads_swapped", {{"in", 2}, {"taps", 2}, {"down", 1}, {"dilation", 1}}, {12, 20}, {1, 12}},
      {"same_returns_to_stride_times_code",
       {{"in", 1}, {"taps", 2}, {"down", 2}, {"dilation", 1}},
       {1, 2},
       {1}},
      {"stride_can_be_cancelled",
       {{"in", 2},
        {"out", 1},
        {"taps", 2},
        {"down", 1},
        {"up", 1},
        {"factor", 2},
        {"dilation", 1},
        {"pad", 0}},
       {21},
       {1}},
      {"two_layers_are_one",
       {{"in", 2},
        {"taps_1", 2},
        {"down_1", 1},
        {"dilation_1", 1},
        {"pad_1", 0},
        {"taps_2", 1},
        {"down_2", 1},
        {"dilation_2", 1},
        {"pad_2", 1}},
       {2, 21, 10},
       {0, 21, 0}},
      {"zero_insertion_ignores_dilation",
       {{"in", 3}, {"out", 1}, {"taps", 2}, {"down", 1}, {"dilation", 2}, {"pad", 0}},
       {0, 2, 0},
       {1, 0, 2}},
      {"zero_insertion_pads_p",
       {{"in", 2}, {"out", 1}, {"taps", 2}, {"down", 1}, {"dilation", 1}, {"pad", 0}},
       {2, 0},
       {1, 2}},
  };
}

std::vector<double> values(const Tensor<double>& array) { return {array.begin(), array.end()}; }

Counterexample counterexample_of(const std::string& belief) {
  for (const Case& one : cases())
    if (one.belief == belief) return one.counterexample;
  throw std::runtime_error(belief);
}

// The smallest counterexample of a belief with other values.
Counterexample changed(const std::string& belief, const Counterexample& changes) {
  Counterexample result = counterexample_of(belief);
  for (const auto& [name, value] : changes) {
    const auto found = std::find_if(result.begin(), result.end(),
                                    [&wanted = name](const auto& entry) { return entry.first == wanted; });
    REQUIRE(found != result.end());
    found->second = value;
  }
  return result;
}

std::filesystem::path belief_folder() {
  return std::filesystem::path(FSCONV_SOURCE_DIR) / "proofs" / "smt" / "beliefs";
}

}  // namespace

TEST_CASE("beliefs: the smallest counterexamples, by hand") {
  CHECK(cases().size() == demonstrated_beliefs().size());
  for (const Case& one : cases()) {
    INFO(one.belief);
    const Demonstration shown = demonstrate(one.belief, one.counterexample);
    CHECK(values(shown.believed) == one.believed);
    CHECK(values(shown.actual) == one.actual);
    CHECK(shown.believed_label != shown.true_label);
    CHECK_FALSE(shown.lesson.empty());
  }
}

TEST_CASE("beliefs: counterexamples with other hypotheses replay too") {
  // Filters longer than the image, pads that are not alike, layers that stride.
  const std::vector<std::pair<std::string, Counterexample>> others = {
      {"no_flip", changed("no_flip", {{"in", 1}})},
      {"divisible_kernel_is_even", changed("divisible_kernel_is_even", {{"taps", 4}, {"w2", 1}, {"w3", 5}})},
      {"icnr_stays_even", changed("icnr_stays_even", {{"y", 3}, {"w", 2}})},
      // Turned by a quarter: the columns differ.
      {"equal_sums_are_resize",
       changed("equal_sums_are_resize",
               {{"taps_0", 3}, {"taps_1", 2}, {"w01", 0}, {"w10", 1}, {"w12", 0}, {"w21", 1}})},
      {"zero_insertion_ignores_dilation", changed("zero_insertion_ignores_dilation", {{"in", 1}})},
      {"same_pads_swapped", changed("same_pads_swapped", {{"in", 1}})},
      {"same_pads_from_code", changed("same_pads_from_code", {{"in", 1}})},
      {"output_padding_is_zeros",
       changed("output_padding_is_zeros", {{"taps", 1}, {"pad", 0}, {"pad_end", 1}})},
      {"two_layers_are_one", changed("two_layers_are_one", {{"down_2", 3}})},
      {"output_padding_of_the_stride", changed("output_padding_of_the_stride", {{"dilation", 2}})},
      {"right_size_is_enough", changed("right_size_is_enough", {{"out", 4}, {"taps", 5}, {"padding", 2}})},
      {"inverse", changed("inverse", {{"in", 5}, {"out", 3}, {"taps", 3}, {"pad", -1}, {"w_k", -7}})},
  };
  for (const auto& [belief, counterexample] : others) {
    INFO(belief);
    const Demonstration shown = demonstrate(belief, counterexample);
    CHECK(shown.believed != shown.actual);
  }
}

TEST_CASE("beliefs: what refutes nothing is no counterexample") {
  // One for each belief: a geometry for which it happens to be right.
  const std::vector<std::pair<std::string, Counterexample>> right = {
      {"code_size_determines_image_size", {{"other_in", 1}}},
      {"division_truncates", {{"in", 2}}},
      {"divisible_kernel_is_even", {{"w0", 1}}},
      {"equal_sums_are_resize", {{"w00", 1}, {"w01", 2}, {"w02", 1}, {"w10", 1}, {"w11", 2}, {"w12", 1}}},
      {"even_half_keeps_size", {{"taps", 3}}},
      {"icnr_stays_even", {{"t0", 1}}},
      {"inverse", {{"in", 1}, {"taps", 1}, {"l", 0}}},
      {"keras_none_is_zero", {{"down", 1}}},
      {"no_flip", {{"in", 1}, {"taps", 1}}},
      {"output_padding_is_n_mod_s", {{"in", 5}, {"taps", 2}}},
      {"output_padding_is_zeros", {{"output_padding", 0}}},
      {"output_padding_of_the_stride", {{"output_padding", 0}}},
      {"output_shape_means_the_same", {{"taps", 3}}},
      {"overlap_ignores_dilation", {{"dilation", 3}}},
      {"overlap_is_even", {{"taps", 4}}},
      {"right_size_is_enough", {{"taps", 4}, {"output_padding", 0}}},
      {"same_pads_from_code", {{"in", 4}}},
      {"same_pads_swapped", {{"taps", 3}}},
      {"same_returns_to_stride_times_code", {{"in", 2}}},
      {"stride_can_be_cancelled", {{"factor", 1}}},
      {"two_layers_are_one", {{"pad_2", 0}}},
      {"zero_insertion_ignores_dilation", {{"dilation", 1}}},
      {"zero_insertion_pads_p", {{"in", 1}, {"taps", 3}, {"pad", 1}}},
  };
  CHECK(right.size() == demonstrated_beliefs().size());
  for (const auto& [belief, changes] : right) {
    INFO(belief);
    try {
      demonstrate(belief, changed(belief, changes));
      FAIL_CHECK("was accepted");
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.code() == ExitCode::claim_failed);
    }
  }
}

TEST_CASE("beliefs: a hypothesis that does not hold is named") {
  const auto rejects = [](const std::string& belief, const Counterexample& changes) {
    CHECK_THROWS_AS(demonstrate(belief, changed(belief, changes)), InvalidArgument);
  };
  rejects("code_size_determines_image_size", {{"other_in", 3}});
  rejects("output_padding_is_zeros", {{"output_padding", 2}});
  rejects("output_padding_is_zeros", {{"pad_end", 4}});
  rejects("output_padding_of_the_stride", {{"output_padding", 2}});
  rejects("divisible_kernel_is_even", {{"taps", 3}});
  rejects("divisible_kernel_is_even", {{"w1", 0}});
  rejects("divisible_kernel_is_even", {{"taps", 6}});
  rejects("equal_sums_are_resize", {{"w00", 2}});
  rejects("equal_sums_are_resize", {{"taps_1", 4}});
  rejects("icnr_stays_even", {{"w", 0}});
  rejects("overlap_is_even", {{"taps", 1}});
  rejects("overlap_ignores_dilation", {{"taps", 3}});
  rejects("right_size_is_enough", {{"output_padding", 2}});
  rejects("output_shape_means_the_same", {{"in", 4}});
  rejects("inverse", {{"k", 2}});
  rejects("inverse", {{"l", -1}});
  rejects("stride_can_be_cancelled", {{"factor", 0}});
  rejects("stride_can_be_cancelled", {{"up", 0}});
  rejects("two_layers_are_one", {{"in", 1}});
}

TEST_CASE("beliefs: unknown names, missing variables and absurd values are refused") {
  CHECK_THROWS_AS(demonstrate("earth_is_flat", counterexample_of("no_flip")), InvalidArgument);
  CHECK_THROWS_AS(demonstrate("", {}), InvalidArgument);
  for (const Case& one : cases()) {
    for (std::size_t at = 0; at < one.counterexample.size(); ++at) {
      const std::string& variable = one.counterexample[at].first;
      INFO(one.belief << " " << variable);
      Counterexample missing = one.counterexample;
      missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK_THROWS_AS(demonstrate(one.belief, missing), InvalidArgument);

      for (Index absurd : {Index{101}, Index{-101}, Index{1000000000}, Index{1} << 62, INT64_MIN, INT64_MAX})
        CHECK_THROWS_AS(demonstrate(one.belief, changed(one.belief, {{variable, absurd}})), InvalidArgument);
      // Anything smaller is shown or refused, in no time; a size of 0 is never legal.
      for (Index odd : {Index{-100}, Index{-1}, Index{0}, Index{7}, Index{100}}) {
        try {
          demonstrate(one.belief, changed(one.belief, {{variable, odd}}));
          const bool size = variable == "in" || variable == "out" || variable.starts_with("taps") ||
                            variable.starts_with("down") || variable.starts_with("dilation");
          CHECK((odd > 0 || !size));
        } catch (const Error&) {
        }
      }
    }
  }
}

TEST_CASE("beliefs: there is a file for each, and its get-value has what the replay needs") {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(belief_folder()))
    if (entry.path().extension() == ".smt2") files.push_back(entry.path().stem().string());
  std::sort(files.begin(), files.end());
  CHECK(files == demonstrated_beliefs());

  for (const Case& one : cases()) {
    INFO(one.belief);
    std::ifstream file(belief_folder() / (one.belief + ".smt2"));
    const std::string opening = "(get-value (";
    std::string line, names;
    while (std::getline(file, line))
      if (line.starts_with(opening) && line.ends_with("))"))
        names = line.substr(opening.size(), line.size() - opening.size() - 2);
    std::string expected;
    for (const auto& entry : one.counterexample) expected += (expected.empty() ? "" : " ") + entry.first;
    CHECK(names == expected);
  }
}

TEST_CASE("beliefs: stride 2/2 can be asked for, and is another operator than stride 1") {
  const Demonstration shown =
      demonstrate("stride_can_be_cancelled", counterexample_of("stride_can_be_cancelled"));
  CHECK(shown.true_label == "stride 2/2");
  CHECK(shown.setting.find("s2/2") != std::string::npos);
  CHECK_NOTHROW(demonstrate("stride_can_be_cancelled",
                            changed("stride_can_be_cancelled", {{"down", 2}, {"up", 2}, {"taps", 3}})));
}

TEST_CASE("beliefs: two axes are shown row by row") {
  const std::string shown =
      text(demonstrate("equal_sums_are_resize", counterexample_of("equal_sums_are_resize")));
  CHECK_THAT(shown, Catch::Contains("[[0.5 1 0.5] [0.5 1 0.5]]") && Catch::Contains("[[0 1 1] [1 1 0]]"));
}

TEST_CASE("beliefs: a demonstration as text") {
  CHECK(text(demonstrate("no_flip", counterexample_of("no_flip"))) ==
        "ic1oc1i2o1k2: code [1], weights [1 2]\n"
        "  believed  the filter as it is  [2 1]\n"
        "  true      conv_transpose       [1 2]\n"
        "After inserting zeros the filter must be reversed.\n");
  // No window fits: an empty array.
  CHECK_THAT(text(demonstrate("division_truncates", counterexample_of("division_truncates"))),
             Catch::Contains("0 pixels") && Catch::Contains("[]"));
}
