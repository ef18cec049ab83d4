// The exact polynomial scalar: arithmetic, symbols, derivatives, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <concepts>
#include <fsconv/symbolic/polynomial.hpp>
#include <thread>

using namespace fsconv;

namespace {

const Polynomial x0(Symbol::image, 0), x5(Symbol::image, 5), w2(Symbol::weight, 2), y7(Symbol::code, 7);

std::string words(const Polynomial& polynomial) {
  return text(polynomial, [](Symbol array, Index element) {
    return fmt::format("{}{}", "xwyv"[static_cast<int>(array)], element);
  });
}

Polynomial plus(Polynomial a, const Polynomial& b) { return a += b; }

}  // namespace

// A form that compares symbols must not compile.
static_assert(!std::equality_comparable<Polynomial>);
static_assert(!std::is_convertible_v<Polynomial, bool>);

TEST_CASE("polynomial: sums and products are those of algebra") {
  CHECK(words(Polynomial(0)) == "0");
  CHECK(words(Polynomial(7)) == "7");
  CHECK(words(w2 * x0) == "w2 x0");
  CHECK(equal(w2 * x0, x0 * w2));
  CHECK(equal((w2 * x0) * y7, w2 * (y7 * x0)));
  CHECK(equal(plus(x0, x5), plus(x5, x0)));
  CHECK(equal(w2 * plus(x0, x5), plus(w2 * x5, w2 * x0)));
  CHECK(words(w2 * plus(x0, x5)) == "w2 x0 + w2 x5");
  CHECK(words(plus(x0, x0)) == "2 x0");
  CHECK(equal(plus(x0, Polynomial(0)), x0));
  CHECK(equal(Polynomial(0) * x0, Polynomial(0)));
  CHECK(equal(Polynomial(1) * x0, x0));
  CHECK(equal(plus(x0, Polynomial(-1) * x0), Polynomial(0)));
}

TEST_CASE("polynomial: different symbols are different, also element 0 and no element at all") {
  CHECK_FALSE(equal(x0, Polynomial(1)));
  CHECK_FALSE(equal(x0, x5));
  CHECK_FALSE(equal(x0, Polynomial(Symbol::code, 0)));
  CHECK_FALSE(equal(w2 * x0, w2));
  CHECK_FALSE(equal(w2 * x0, Polynomial(Symbol::weight, 0) * Polynomial(Symbol::image, 2)));
  CHECK_FALSE(equal(plus(w2 * x0, Polynomial(Symbol::weight, 0) * Polynomial(Symbol::image, 2)),
                    plus(w2 * Polynomial(Symbol::image, 2), Polynomial(Symbol::weight, 0) * x0)));
}

TEST_CASE("polynomial: coefficients grow without bound") {
  Polynomial power(3);
  for (int doubling = 0; doubling < 7; ++doubling) power = power * power;  // 3^128
  CHECK(words(power * x0) == "11790184577738583171520872861412518665678211592275841109096961 x0");
  REQUIRE((power * x0).terms().size() == 1);
  CHECK((power * x0).terms()[0].element[0] == 0);
  CHECK((power * x0).terms()[0].element[1] == -1);
}

TEST_CASE("polynomial: a product of one array with itself is refused by name") {
  CHECK_THROWS_WITH(x0 * x5, Catch::Contains("image"));
  CHECK_THROWS_WITH(x0 * x0, Catch::Contains("image"));
  CHECK_THROWS_WITH((w2 * x0) * (w2 * y7), Catch::Contains("weight"));
  CHECK_THROWS_WITH(plus(x0, w2) * plus(y7, w2), Catch::Contains("weight"));
  CHECK_NOTHROW(x0 * Polynomial(0));
}

TEST_CASE("polynomial: a derivative is what stands beside its element") {
  const Polynomial loss = plus(plus(w2 * x0, w2 * x5 * y7), y7);
  const auto by_image = partial_derivatives(loss, Symbol::image, 6);
  CHECK(equal(by_image[0], w2));
  CHECK(equal(by_image[1], Polynomial(0)));
  CHECK(equal(by_image[5], w2 * y7));
  const auto by_weight = partial_derivatives(loss, Symbol::weight, 3);
  CHECK(equal(by_weight[2], plus(x0, x5 * y7)));
  CHECK(equal(partial_derivatives(loss, Symbol::code, 8)[7], plus(w2 * x5, Polynomial(1))));
  // A derivative no longer holds its array: it may be multiplied by it.
  CHECK(equal(by_image[0] * x0, w2 * x0));
}

TEST_CASE("polynomial: sum() is the sum in any number of parts") {
  Polynomial one_by_one;
  std::vector<Polynomial> parts;
  CHECK(equal(sum({}), Polynomial(0)));
  for (Index at = 0; at < 37; ++at) {
    parts.push_back(w2 * Polynomial(Symbol::image, at % 11));
    one_by_one += parts.back();
    CHECK(equal(sum(parts), one_by_one));
  }
  CHECK(one_by_one.term_count() == 11);
}

TEST_CASE("polynomial: copies, moves and self-assignment keep the value") {
  Polynomial a = w2 * x0;
  Polynomial b = a;
  a += x5;
  CHECK(equal(b, w2 * x0));
  Polynomial c = std::move(a);
  CHECK(equal(c, plus(w2 * x0, x5)));
  const Polynomial& alias = c;
  c = alias;
  CHECK(equal(c, plus(w2 * x0, x5)));
  c += c;
  CHECK(words(c) == "2 w2 x0 + 2 x5");
}

TEST_CASE("polynomial: threads compute side by side") {
  std::vector<std::thread> threads;
  std::vector<Polynomial> results(4);
  for (std::size_t at = 0; at < results.size(); ++at)
    threads.emplace_back([&, at] {
      for (Index k = 0; k < 200; ++k)
        results[at] += Polynomial(Symbol::weight, k) * Polynomial(Symbol::image, 3 * k);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Polynomial& result : results) CHECK(equal(result, results[0]));
  CHECK(results[0].term_count() == 200);
}
