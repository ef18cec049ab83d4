// Bugs that were found at the limits: things that hung, filled the memory, or wrote nonsense.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/apply.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/verify.hpp>

using namespace fsconv;

TEST_CASE("regression: a W with 2^30 columns was allocated before it was refused, and took seconds") {
  CHECK_THROWS_AS(matrix::build(parse_case("i1073741824o1k1"), Tensor<double>({1, 1, 1})), InvalidArgument);
}

TEST_CASE("regression: counting nonzeros looked for the first pixel of each tap one by one") {
  const Geometry g = parse_case("i5o5000002k1000000s1/1000000p1000000");
  CHECK(nonzeros(g) == 5000000);
}

TEST_CASE("regression: trying every triple of a long axis never ended") {
  CHECK_THROWS_AS(Definition(parse_case("i1000000o1000000k3p1")), InvalidArgument);
}

TEST_CASE("regression: finite numbers whose sums overflow were written as infinity") {
  ApplyRequest request;
  request.op = Op::conv;
  request.input = {Tensor<double>({1, 1, 3}, {1e308, 1e308, 1e308}), "f8"};
  request.weight = {Tensor<double>({1, 1, 2}, {1, 1}), "f8"};
  CHECK_THROWS_AS(apply(request), BadData);
}
