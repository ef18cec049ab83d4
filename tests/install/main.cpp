// Uses an installed fsconv: W of a small convolution, by hand and as the library builds it, and that its mistakes are
// exceptions here, too.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fsconv/base/error.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/version.hpp>

using namespace fsconv;

#if FSCONV_VERSION_MAJOR == 0 && FSCONV_VERSION_MINOR < 1
#error "an installed fsconv says which version it is"
#endif

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (!holds) std::printf("FAILED: %s\n", what);
  failures += holds ? 0 : 1;
}

}  // namespace

int main() {
  // i = 2 o + k - 1 with weights 2, 3, 5; the first window begins before the image.
  const Geometry geometry = parse_case("ic1oc1i6o3k3s2p1");
  Tensor<double> weight(geometry.weight_shape());
  for (int k = 0; k < 3; ++k) weight.data()[k] = k == 0 ? 2 : k == 1 ? 3 : 5;
  const double by_hand[3][6] = {{3, 5, 0, 0, 0, 0}, {0, 2, 3, 5, 0, 0}, {0, 0, 0, 2, 3, 5}};

  const arma::SpMat<double> w = matrix::build(geometry, weight);
  expect(w.n_rows == 3 && w.n_cols == 6 && w.n_nonzero == 8, "W is 3 x 6 with 8 nonzeros");
  for (arma::uword row = 0; row < 3; ++row)
    for (arma::uword column = 0; column < 6; ++column)
      expect(w(row, column) == by_hand[row][column], "an element of W");

  Tensor<double> code(geometry.code_shape(1));
  code.data()[1] = 7;  // the row of W in the middle, seven times
  for (const Form<double>& form : forms<double>()) {
    if (form.unsupported(geometry, Op::conv_transpose)) continue;
    const Tensor<double> image = conv_transpose(form, geometry, code, weight);
    for (int i = 0; i < 6; ++i) expect(image.data()[i] == 7 * by_hand[1][i], "a pixel of W^T y");
  }

  try {
    parse_case("i6o3k3s0");
    expect(false, "a stride of 0 is refused");
  } catch (const InvalidArgument& error) {
    expect(std::string(error.what()).find("stride") != std::string::npos, "the refusal names the stride");
  }
  if (failures == 0) std::printf("an installed fsconv computes W and W^T y\n");
  return failures == 0 ? 0 : 1;
}
