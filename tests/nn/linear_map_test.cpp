// The matrix product of a linear layer against a form that loops over the taps.
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/linear_map.hpp>

using namespace fsconv;

namespace {

// Small integers: every product and sum is exact in any order, so equality is exact.
template <class T>
void compare_with_form(const Geometry& geometry, Index batch) {
  const Form<T>& form = form_named<T>("gather");
  const LinearMap<T> map(geometry, form);
  Random random(7);
  const auto image = random_integers<T>(geometry.image_shape(batch), 5, random);
  const auto code = random_integers<T>(geometry.code_shape(batch), 5, random);
  const auto weight = random_integers<T>(geometry.weight_shape(), 5, random);
  CHECK(map.to_code(image, weight) == conv(form, geometry, image, weight));
  CHECK(map.to_image(code, weight) == conv_transpose(form, geometry, code, weight));
  CHECK(map.weight_gradient(code, image) == weight_gradient(form, geometry, code, image));
}

}  // namespace

TEMPLATE_TEST_CASE("linear_map: the matrix product is the convolution with one window", "", float, double) {
  for (Index batch : {1, 2, 5}) {
    compare_with_form<TestType>(linear_geometry(3, {2, 5}, 4), batch);
    compare_with_form<TestType>(linear_geometry(1, {1, 1}, 1), batch);
    compare_with_form<TestType>(linear_geometry(2, {3}, 7), batch);
  }
}

TEST_CASE("linear_map: other geometries run through the form") {
  compare_with_form<double>(plan_stack(2, {5, 4}, {{3, 3, 2}}).front(), 2);
}
